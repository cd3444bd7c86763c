"""From groups to the published tables: edges, roles, scores, ids and the order of networks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.engine import tables
from thbscreen.engine.scoring import CONTROLLING
from thbscreen.network import groups, links, roles, wording
from thbscreen.network.edges import edge_table
from thbscreen.network.enough import enough_signs
from thbscreen.rules import ast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thbscreen.network.stage import NetworkInputs
    from thbscreen.rules import bundle

#: A network is live when a third-party hit ended at most this many days before the data's last booking.
LIVE_DAYS = 30
LINKED_BONUS, LINKED_MOST, LINKED_FREE = 0.5, 3.0, 3
#: The middle of a network larger than this is not searched for.
CUT_POINT_MEMBERS = 300
_MOST_CORE_IDS = 3
_WHO = ("group", "node", "is_connector", "is_customer")
#: So many pairs are named where a note tells what leads to another network.
LINKS_TOLD = 3


@dataclass(frozen=True, slots=True)
class Material:
    """Everything the tables are made of.

    Attributes:
        inputs: of the stage.
        scoring: of the profile.
        base: hits and roles over nodes.
        core: group, node, size_before, is_connector.
        attached: group, node, how.
        patterns: from `links.pattern_links`, hubs taken out.
        shared: from `links.attribute_pairs`.
        ties: from `motifs`.
        removed: group, hub_id.
        payments: of table PAYMENTS, those between members, with nodes for accounts.
        between: group, other, source, target, n, amount_eur; payments between halves, from `halves.part`.
    """

    inputs: NetworkInputs
    scoring: bundle.Scoring
    base: links.Base
    core: pl.DataFrame
    attached: pl.DataFrame
    patterns: pl.DataFrame
    shared: pl.DataFrame
    ties: pl.DataFrame
    removed: pl.DataFrame = field(default_factory=pl.DataFrame)
    payments: pl.DataFrame = field(default_factory=pl.DataFrame)
    between: pl.DataFrame = field(default_factory=pl.DataFrame)


def publish(m: Material) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Gives tables NETWORKS, NETWORK_MEMBERS and NETWORK_EDGES."""
    if m.core.is_empty():
        return tables.NETWORKS.empty(), tables.NETWORK_MEMBERS.empty(), tables.NETWORK_EDGES.empty()
    m, hits, typology = _qualified(m)
    if m.core.is_empty():
        return tables.NETWORKS.empty(), tables.NETWORK_MEMBERS.empty(), tables.NETWORK_EDGES.empty()
    people = _people(m)
    edges = edge_table(m, people)
    ids = _network_ids(m, hits, edges)
    found = _members(m, people, edges, hits, typology)
    networks = _networks(m, hits, edges, found, typology)
    networks = _with_links(networks.join(ids, on="group"), m, ids).sort(
        "urgent", "score", "amount_eur", "network_id", descending=[True, True, True, False]
    )
    networks = networks.with_columns(rank=pl.int_range(1, pl.len() + 1))
    return (
        tables.NETWORKS.conform(networks),
        tables.NETWORK_MEMBERS.conform(found.join(ids, on="group")),
        tables.NETWORK_EDGES.conform(edges.join(ids, on="group")),
    )


def _qualified(m: Material) -> tuple[Material, pl.DataFrame, pl.DataFrame]:
    """Keeps groups that several signs support, see `enough.enough_signs`.

    Returns:
        The material of those groups, their hits and their typologies.
    """
    hits = _group_hits(m, _people(m))
    typology = _typologies(hits)
    kept = enough_signs(m, hits)
    narrowed = replace(
        m,
        core=m.core.join(kept, on="group", how="semi").sort("group", "node"),
        attached=m.attached.join(kept, on="group", how="semi"),
        removed=m.removed.join(kept, on="group", how="semi"),
    )
    inside = hits.join(kept, on="group", how="semi").sort("group", "hit_id")
    return narrowed, inside, typology.join(kept, on="group", how="semi").sort("group")


def qualified(m: Material) -> pl.Series:
    """Gives the groups that several signs support, see `enough.enough_signs`; they need not be disjoint.

    Args:
        m: material; base, core, attached, patterns, inputs and scoring are used.
    """
    return enough_signs(m, _group_hits(m, _people(m)))["group"]


def _people(m: Material) -> pl.DataFrame:
    """Every member: group, node, is_connector, core, kind, accounts, is_customer."""
    core = m.core.select("group", "node", "is_connector", core=pl.lit(True))
    other = m.attached.select("group", "node", is_connector=pl.col("how") == "connector", core=pl.lit(False))
    every = pl.concat([core, other])
    owned = m.inputs.subjects.rename({"subject_id": "node"}).join(every, on="node", how="semi")
    owned = owned.group_by("node").agg(
        kind=pl.col("subject_kind").min(), accounts=pl.col("account_id").unique().sort()
    )
    people = every.join(owned, on="node", how="left")
    known = pl.col("kind").is_not_null() & (pl.col("kind") != "external")
    return people.with_columns(
        is_customer=known.fill_null(False),
        kind=pl.col("kind").fill_null("external"),
        accounts=pl.coalesce("accounts", pl.concat_list("node")),
    ).sort("group", "node")


def _aged(m: Material) -> pl.DataFrame:
    """Hits with `aged`: the weight, halved when the hit ended long before the last booking."""
    old = (pl.lit(m.inputs.as_of) - pl.col("ends")).dt.total_days() >= m.scoring.half_after_days
    return m.base.hits.with_columns(aged=pl.col("weight") * pl.when(old).then(0.5).otherwise(1.0))


def _group_hits(m: Material, people: pl.DataFrame) -> pl.DataFrame:
    """Hits that count in a group: on its core members, and patterns between its members.

    Where clients make up the group, as payers of one receiver abroad do, what was found on them counts, too.
    """
    aged = _aged(m).filter((pl.col("weight") >= 1) & (pl.col("family") != "mitigation"))
    inside = people.select("group", "node")
    counted = pl.concat([people.filter("core").select("group", "node"), _payers_who_make_it(m)])
    own = counted.join(aged.select("hit_id", "node"), on="node")
    between = m.patterns.select("hit_id", "source", "target").join(inside, left_on="source", right_on="node")
    between = between.join(inside, left_on=["group", "target"], right_on=["group", "node"], how="semi")
    every = pl.concat([own.select("group", "hit_id"), between.select("group", "hit_id")]).unique()
    return every.join(aged, on="hit_id").sort("group", "hit_id")


def _payers_who_make_it(m: Material) -> pl.DataFrame:
    """Clients of groups whose core alone is too small to be one: group, node."""
    small = m.core.group_by("group").len().filter(pl.col("len") < groups.MIN_MEMBERS)
    clients = m.attached.filter(pl.col("how") == "possible_client")
    return clients.join(small, on="group", how="semi").select("group", "node")


def _typologies(hits: pl.DataFrame) -> pl.DataFrame:
    """Typology per group: largest sum of weights, once per member and rule, third-party rules doubled."""
    once = hits.unique(["group", "node", "rule"], keep="first", maintain_order=True)
    once = once.with_columns(points=pl.col("weight") * pl.when("third_party").then(2).otherwise(1))
    sums = (
        once.explode("typologies")
        .drop_nulls("typologies")
        .group_by("group", "typologies")
        .agg(pl.col("points").sum())
    )
    order = {name: i for i, name in enumerate(ast.TYPOLOGIES)}
    place = pl.col("typologies").replace_strict(order, default=len(order), return_dtype=pl.Int32)
    ranked = sums.sort("group", -pl.col("points"), place, "typologies")
    first = ranked.group_by("group", maintain_order=True).agg(typology=pl.col("typologies").first())
    every = hits.select("group").unique().join(first, on="group", how="left")
    return every.with_columns(pl.col("typology").fill_null("")).sort("group")


def _network_ids(m: Material, hits: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Ids from the core: the subjects of the strongest network-family hits, or where patterns meet."""
    core = m.core.select("group", "node")
    # Possible victims come and go; whoever is in the middle stays.
    victims = m.base.roles.filter(pl.col("role") == "possible_victim").select("hit_id", "node")
    strongest = hits.filter(pl.col("family") == "network").join(core, on=["group", "node"], how="semi")
    strongest = strongest.join(victims, on=["hit_id", "node"], how="anti")
    strongest = strongest.filter(pl.col("weight") == pl.col("weight").max().over("group"))
    centres = strongest.group_by("group").agg(ids=pl.col("node").unique().sort())
    centres = centres.filter(pl.col("ids").list.len() <= _MOST_CORE_IDS)
    drawn = edges.filter(pl.col("kind") == "payment pattern")
    ends = pl.concat(
        [
            drawn.select("group", "amount_eur", node="source", other="target"),
            drawn.select("group", "amount_eur", node="target", other="source"),
        ]
    ).join(core, on=["group", "node"], how="semi")
    ends = ends.group_by("group", "node").agg(pl.col("other").n_unique(), pl.col("amount_eur").sum())
    ends = ends.sort("group", "other", "amount_eur", "node", descending=[False, True, True, False])
    meets = ends.group_by("group", maintain_order=True).agg(meets=pl.col("node").first())
    weighty = hits.filter("strong").join(core, on=["group", "node"], how="semi")
    heaviest = weighty.sort("group", -pl.col("weight"), "node").group_by("group", maintain_order=True)
    first = core.group_by("group").agg(first=pl.col("node").min())
    rows = first.join(centres, on="group", how="left").join(meets, on="group", how="left")
    rows = rows.join(heaviest.agg(heaviest=pl.col("node").first()), on="group", how="left").sort("group")
    one = pl.concat_list(pl.coalesce("meets", "heaviest", "first"))
    chosen = rows.select("group", ids=pl.coalesce("ids", one))
    return chosen.select(
        "group", network_id=pl.Series([network_id(ids) for ids in chosen["ids"].to_list()], dtype=pl.String)
    )


def network_id(core_ids: Iterable[str]) -> str:
    """Gives the id of a network from the ids of its core members, in any order.

    Example:
        >>> network_id(["B", "A"]) == network_id(["A", "B"])
        True
    """
    text = "\n".join(sorted(set(core_ids)))
    return f"NW-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _members(
    m: Material, people: pl.DataFrame, edges: pl.DataFrame, hits: pl.DataFrame, typology: pl.DataFrame
) -> pl.DataFrame:
    """Table NETWORK_MEMBERS with `group` in place of the id."""
    named = m.base.roles.join(hits.select("group", "hit_id", "aged", subject="node"), on="hit_id")
    named = named.join(people.select("group", "node"), on=["group", "node"], how="semi")
    collected = _collect(m, people, edges, hits, named)
    kinds = dict(zip(typology["group"].to_list(), typology["typology"].to_list(), strict=True))
    at = list(collected)
    readings = [roles.read(member, kinds.get(group, "")) for (group, _), member in collected.items()]
    known = m.inputs.rules
    members, text = collected.values(), {"text": pl.String()}
    against = zip(members, readings, strict=True)
    read = pl.DataFrame(
        {
            "group": [group for group, _ in at],
            "node": [node for _, node in at],
            "role": [r.role for r in readings],
            "second_role": [r.second_role for r in readings],
            "evidence_for": tables.list_column(
                [_told(roles.evidence_for(member, known)) for member in members], text
            ),
            "evidence_against": tables.list_column(
                [_told(roles.evidence_against(member, r, known)) for member, r in against], text
            ),
            "roles": tables.list_column(
                [r.shares for r in readings], {"role": pl.String(), "share": pl.Float64()}
            ),
            "received_eur": [member.received_eur for member in members],
            "sent_eur": [member.sent_eur for member in members],
        },
        schema_overrides={"group": pl.Int64, "second_role": pl.String},
    )
    own = hits.select("group", "node", "hit_id").drop_nulls("node")
    ids = (
        pl.concat([own, named.select("group", "node", "hit_id")])
        .group_by("group", "node")
        .agg(hit_ids=pl.col("hit_id").unique().sort())
    )
    out = people.join(read, on=["group", "node"]).join(ids, on=["group", "node"], how="left")
    empty = pl.lit([], dtype=pl.List(pl.String))
    return out.rename({"node": "member_id", "kind": "member_kind"}).with_columns(
        pl.col("hit_ids").fill_null(empty)
    )


def _told(sentences: Iterable[str]) -> list[tuple[str]]:
    return [(sentence,) for sentence in sentences]


def _collect(
    m: Material, people: pl.DataFrame, edges: pl.DataFrame, hits: pl.DataFrame, named: pl.DataFrame
) -> dict[tuple[int, str], roles.Member]:
    """Gathers per member what its vector and sentences are made of."""
    kinds = m.inputs.parties
    legal = set(
        kinds.filter(pl.col("kind") == "legal")["party_id"].to_list() if "kind" in kinds.columns else ()
    )
    victims = m.base.roles.filter(pl.col("role") == "possible_victim").group_by("node")
    doubted = {n: tuple(rules) for n, rules in victims.agg(pl.col("rule").unique().sort()).iter_rows()}
    out = {
        (g, n): roles.Member(
            n, connector, legal=n in legal, elsewhere=not customer, doubted=doubted.get(n, ())
        )
        for g, n, connector, customer in people.select(*_WHO).iter_rows()
    }
    per_role = (
        named.group_by("group", "node", "rule", "role")
        .agg(
            pl.col("aged").max(),
            pl.col("hit_id").n_unique(),
            pl.col("n_tx").sum(),
            pl.col("amount_eur").sum(),
            (pl.col("node") == pl.col("subject")).fill_null(False).any().alias("own"),
        )
        .sort("group", "node", "rule", "role")
    )
    shapes = _shapes(m, named)
    for g, n, rule, role, weight, n_hits, n_tx, amount, own in per_role.iter_rows():
        one = roles.Naming(rule, role, weight, n_hits, n_tx, amount, own, (g, n, rule) in shapes)
        out[g, n].namings.append(one)
    inside = people.select("group", "node")
    own_rules = hits.join(inside, on=["group", "node"], how="semi").group_by("group", "node", "rule").len()
    for g, n, rule, n_hits in own_rules.sort("group", "node", "rule").iter_rows():
        out[g, n].own_rules[rule] = n_hits
    mild = m.base.hits.filter(pl.col("family") == "mitigation").select("node", "rule").unique()
    for g, n, rule in inside.join(mild, on="node").sort("group", "node", "rule").iter_rows():
        out[g, n].mitigations.append(rule)
    paid = edges.filter(pl.col("kind") == "payment")
    for side, other in (("target", "source"), ("source", "target")):
        sums = paid.group_by("group", side).agg(
            pl.col("amount_eur").sum(), pl.col("n").sum(), pl.col(other).n_unique()
        )
        for g, n, amount, n_tx, others in sums.select("group", side, "amount_eur", "n", other).iter_rows():
            member = out[g, n]
            if side == "target":
                member.received_eur, member.n_received, member.payers = amount, n_tx, others
            else:
                member.sent_eur, member.payees = amount, others
    for g, source, target in paid.select("group", "source", "target").unique().iter_rows():
        out[g, target].firms += source in legal
    for g, source, target, n_tx in paid.select("group", "source", "target", "n").iter_rows():
        payee = out[g, target]
        collects = roles.has_payers(payee) and not payee.is_connector
        if n_tx >= roles.FEED_PAYMENTS and collects:
            out[g, source].feeds += n_tx
    for g, n in m.attached.filter(pl.col("how") == "onward").select("group", "node").iter_rows():
        out[g, n].onward = True
    _cut_points(m, edges, out)
    return out


def _shapes(m: Material, named: pl.DataFrame) -> set[tuple[int, str, str]]:
    """group, node and rule where the rule gives a controlling role over several people.

    So do rules of family network, and hits that name two others besides, employers left out.
    """
    lead = named.filter(pl.col("role").is_in(CONTROLLING)).select("group", "hit_id", "rule", "node")
    others = named.filter(pl.col("role") != "employer").select("group", "hit_id", other="node")
    met = lead.unique().join(others, on=["group", "hit_id"]).filter(pl.col("node") != pl.col("other"))
    several = met.group_by("group", "node", "rule").agg(n=pl.col("other").n_unique()).filter(pl.col("n") > 1)
    family = [r for r, info in m.inputs.rules.items() if info.family == "network"]
    known = pl.concat([
        lead.filter(pl.col("rule").is_in(family)).select("group", "node", "rule"),
        several.select("group", "node", "rule"),
    ])  # fmt: skip
    return set(known.iter_rows())


def _cut_points(m: Material, edges: pl.DataFrame, out: dict[tuple[int, str], roles.Member]) -> None:
    drawn = edges.filter(pl.col("kind") != "payment").select("group", "source", "target").unique()
    pairs: dict[int, list[tuple[str, str]]] = {}
    for group, source, target in drawn.sort("group", "source", "target").iter_rows():
        pairs.setdefault(group, []).append((source, target))
    inside: dict[int, list[str]] = {}
    for group, node in m.core.select("group", "node").iter_rows():
        inside.setdefault(group, []).append(node)
    for group, members in inside.items():
        if len(members) > CUT_POINT_MEMBERS or group not in pairs:
            continue
        for node, parts in groups.cut_points(members, pairs[group]).items():
            out[group, node].parts_without = parts


def _score(m: Material, hits: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """group, score, n_links (members that a pattern links)."""
    per_rule = hits.group_by("group", "rule").agg(pl.col("aged").max())
    plus = per_rule.group_by("group").agg(plus=pl.col("aged").sum())
    subjects = hits.filter("strong").select("group", "node").unique().drop_nulls()
    mild = _aged(m).filter(pl.col("family") == "mitigation").join(subjects, on="node")
    minus = mild.group_by("group", "rule").agg(pl.col("aged").min(), people=pl.col("node").n_unique())
    # One member's mitigating fact does not excuse twenty others: most pattern subjects must share it.
    whole = subjects.group_by("group").agg(whole=pl.len())
    minus = minus.join(whole, on="group").filter(2 * pl.col("people") >= pl.col("whole"))
    minus = minus.group_by("group").agg(minus=pl.col("aged").sum())
    drawn = edges.filter(pl.col("kind") == "payment pattern")
    ends = pl.concat([drawn.select("group", n="source"), drawn.select("group", n="target")]).unique()
    linked = ends.group_by("group").agg(linked=pl.len())
    rows = plus.join(minus, on="group", how="left").join(linked, on="group", how="left")
    linked_now = pl.col("linked").fill_null(0).cast(pl.Int64)
    bonus = ((linked_now - LINKED_FREE) * LINKED_BONUS).clip(0.0, LINKED_MOST)
    return rows.select(
        "group", score=(pl.col("plus") + pl.col("minus").fill_null(0.0) + bonus).round(2), linked=linked_now
    )


def _networks(
    m: Material, hits: pl.DataFrame, edges: pl.DataFrame, members: pl.DataFrame, typology: pl.DataFrame
) -> pl.DataFrame:
    """Table NETWORKS with `group` in place of the id, and `urgent`, without rank."""
    live = pl.col("third_party") & ((pl.lit(m.inputs.as_of) - pl.col("ends")).dt.total_days() <= LIVE_DAYS)
    strongest = hits.filter("strong").sort(
        "group", -pl.col("weight"), pl.col("family") != "network", "rule", "hit_id"
    )
    of_hits = hits.group_by("group").agg(
        rules=pl.col("rule").unique().sort(),
        hit_ids=pl.col("hit_id").unique().sort(),
        hit_tx=pl.col("tx_ids").explode().drop_nulls().unique(),
        starts=pl.col("starts").min(),
        ends=pl.col("ends").max(),
        live=live.fill_null(False).any(),
    )
    of_edges = edges.group_by("group").agg(
        amount_eur=pl.col("amount_eur").filter(pl.col("kind") == "payment").sum(),
        edge_tx=pl.col("tx_ids").explode().drop_nulls().unique(),
        e_first=pl.col("first").min(),
        e_last=pl.col("last").max(),
        n_shared=pl.col("kind").str.starts_with("shared").sum(),
    )
    of_members = members.group_by("group").agg(
        n_members=pl.len(), n_possible_victims=(pl.col("role") == "possible_victim").sum()
    )
    sizes = m.core.group_by("group").agg(pl.col("size_before").first(), n_core=pl.len())
    removed = m.removed.group_by("group").agg(hubs_removed=pl.col("hub_id").unique().sort())
    first = strongest.group_by("group", maintain_order=True).agg(
        top=pl.col("rule").first(), top_title=pl.col("title").first()
    )
    rows = of_hits
    for other in (of_edges, of_members, sizes, removed, first, typology, _score(m, hits, edges)):
        rows = rows.join(other, on="group", how="left")
    empty = pl.lit([], dtype=pl.List(pl.String))
    rows = (
        rows.with_columns(
            pl.col("amount_eur", "n_shared").fill_null(0),
            pl.col("edge_tx", "hubs_removed").fill_null(empty),
            first=pl.min_horizontal("starts", "e_first"),
            last=pl.max_horizontal("ends", "e_last"),
            n_alerts=pl.lit(0),
            urgent=pl.when("live").then("n_possible_victims").otherwise(0),
        )
        .with_columns(tx_ids=pl.col("hit_tx").list.set_union("edge_tx").list.sort())
        .sort("group")
    )
    return _worded(rows, m.scoring.max_network_nodes)


def _worded(rows: pl.DataFrame, max_nodes: int) -> pl.DataFrame:
    told = rows.select(
        "typology",
        "n_members",
        "n_possible_victims",
        "linked",
        "n_shared",
        "top",
        "top_title",
        "n_core",
        "size_before",
        n_hits=pl.col("hit_ids").list.len(),
        n_rules=pl.col("rules").list.len(),
    )
    titles, whys, breaks, notes = [], [], [], []
    for r in told.iter_rows(named=True):
        c = wording.count
        titles.append(wording.title(r["typology"]) if r["n_core"] <= max_nodes else wording.TOO_LARGE)
        breaks.append(wording.would_break(r["typology"]))
        shared = " and some by shared contact details or devices" if r["n_shared"] else ""
        whys.append(
            f"{c(r['n_members'], 'member')}, {r['linked']} of them tied by payment patterns{shared}; "
            f"{c(r['n_hits'], 'hit')} of {c(r['n_rules'], 'rule')}; "
            f"{c(r['n_possible_victims'], 'possible victim')}; strongest: {r['top']} ({r['top_title']})."
        )
        notes.append(_note(r["n_core"], r["n_members"], r["size_before"], max_nodes))
    return rows.with_columns(
        title=pl.Series(titles, dtype=pl.String),
        why=pl.Series(whys, dtype=pl.String),
        confidence=pl.lit(None, dtype=pl.String),
        confidence_why=pl.lit([], dtype=pl.List(pl.String)),
        would_break=pl.Series(breaks, dtype=pl.List(pl.String)),
        twin_tests=pl.lit([], dtype=pl.List(tables.TWIN_TEST)),
        note=pl.Series(notes, dtype=pl.String),
    )


def _with_links(networks: pl.DataFrame, m: Material, ids: pl.DataFrame) -> pl.DataFrame:
    """Says in the note to which other network payments lead, where a group was parted at a weak link."""
    both = (("group", "other"), ("other", "group"))
    ways = [m.between.select("source", "target", "n", "amount_eur", group=a, other=b) for a, b in both]
    others = ids.rename({"group": "other", "network_id": "other_id"})
    rows = pl.concat(ways).join(ids, on="group").join(others, on="other")
    rows = rows.sort("network_id", "other_id", "source", "target")
    said: dict[str, list[str]] = {}
    for (mine, other), part in rows.group_by("network_id", "other_id", maintain_order=True):
        told = [
            f"{source} to {target} ({wording.count(n, 'payment')}, {wording.money(cents)})"
            for source, target, n, cents in part.select("source", "target", "n", "amount_eur").iter_rows()
        ]
        more = f" and {wording.count(len(told) - LINKS_TOLD, 'more pair')}" if len(told) > LINKS_TOLD else ""
        said.setdefault(str(mine), []).append(
            f"linked to {other} by payments: {', '.join(told[:LINKS_TOLD])}{more}"
        )
    notes = [
        "; ".join([*([note] if note else []), *said.get(network, [])])
        for network, note in networks.select("network_id", "note").iter_rows()
    ]
    return networks.with_columns(note=pl.Series(notes, dtype=pl.String))


def _note(n_core: int, n_members: int, size_before: int, max_nodes: int) -> str:
    if n_core > max_nodes:
        return f"hub not excluded: {n_core} subjects stay together; look first for an agent or landlord"
    if size_before > max_nodes:
        return f"part of {size_before} linked subjects that were split into communities"
    if n_members > max_nodes:
        return (
            f"{n_members} members: {n_core} are tied to one another, {n_members - n_core} only hang on "
            "to them as clients, employers or connectors"
        )
    return ""

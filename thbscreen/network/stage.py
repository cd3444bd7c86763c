"""From hits and payments to suspected networks with members, roles, edges and hubs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.engine import tables
from thbscreen.engine.meetings import REACH, Meetings
from thbscreen.engine.payments import FOR_OTHERS
from thbscreen.network import groups, halves, hubs, links, motifs, payees, publish
from thbscreen.network.codes import Names, coded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from thbscreen.rules import bundle


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What the stage needs to know of a rule."""

    title: str
    family: str
    weight: int
    typologies: tuple[str, ...] = ()
    third_party: bool = False


@dataclass(frozen=True, slots=True)
class NetworkInputs:
    """What the stage reads.

    Attributes:
        hits: table HITS.
        hit_members: table HIT_MEMBERS.
        payments: table PAYMENTS, account ids as texts or, which is faster, as categories (`pl.Enum`); among
            flagged accounts and their direct counterparties.
        subjects: account_id, subject_id, subject_kind; the party of an account, or the account itself.
        parties: canonical parties; party_id is needed, other columns are used when present.
        devices: device_id, subject_id, and last (time of the last use) when known; may be empty.
        as_of: time of the last booking in the data, in UTC.
        rules: by rule id.
        conductors: conductor_id, subject_id, and last when known; who stood at the counter.
        access: access_id, subject_id; who can act on accounts of several others, and whose these are.
        paid_for: source, target and the payments; who pays for whom, from `engine.payments`.
        meetings: pairs of subjects at one machine within minutes, from `engine.meetings`.
        reach: from `engine.meetings`; accounts that deal with several flagged ones, and with whom in all.
        businesses: account_id, of whom people pay by direct debit or card.
    """

    hits: pl.DataFrame
    hit_members: pl.DataFrame
    payments: pl.DataFrame
    subjects: pl.DataFrame
    parties: pl.DataFrame
    devices: pl.DataFrame
    as_of: datetime
    rules: Mapping[str, RuleInfo]
    conductors: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"conductor_id": pl.String, "subject_id": pl.String})
    )
    access: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"access_id": pl.String, "subject_id": pl.String})
    )
    paid_for: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FOR_OTHERS))
    meetings: Meetings = field(default_factory=Meetings)
    reach: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REACH))
    businesses: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"account_id": pl.String}))


@dataclass(frozen=True, slots=True)
class NetworkTables:
    """Tables NETWORKS, NETWORK_MEMBERS, NETWORK_EDGES and HUBS; `networks.n_alerts` is 0 until counted."""

    networks: pl.DataFrame
    members: pl.DataFrame
    edges: pl.DataFrame
    hubs: pl.DataFrame


def build_networks(inputs: NetworkInputs, scoring: bundle.Scoring) -> NetworkTables:
    """Finds suspected networks; the result does not depend on the order of any input's rows.

    Args:
        inputs: see `NetworkInputs`.
        scoring: all but repeat_bonus is used.

    Returns:
        Conforming tables; all empty when nothing qualifies.

    Notes:
        A network is a group of at least three members whose distinct rules weigh `alert_weight`, come from
        `min_families` families and agree: a network pattern of weight 3 and another rule share a typology,
        or there are two third-party rules, not all of family identity. Its score is the sum, over its rules,
        of the rule's weight (halved when its latest hit ended `half_after_days` or more before `as_of`),
        less mitigating facts that most subjects of strong hits share, plus 0.5 for every member beyond the
        third that a pattern links, at most 3.

    Source:
        docs/explanation/networks.md
    """
    if inputs.as_of.tzinfo is None:
        inputs = replace(inputs, as_of=inputs.as_of.replace(tzinfo=UTC))
    base = links.base(inputs.hits, inputs.hit_members, inputs.subjects)
    values = links.attribute_values(inputs.parties, inputs.devices, inputs.conductors, inputs.access)
    w = _coded(inputs, base, values)
    raw_patterns = links.pattern_links(w.base, scoring.hub_degree)
    raw_pairs = links.payment_pairs(w.payments)
    found = hubs.find_hubs(
        w.parties, w.base.flagged, patterns=raw_patterns, pairs=raw_pairs, values=w.values, reach=w.reach,
        crowded=inputs.meetings.crowded, paid_for=w.paid_for, hub_degree=scoring.hub_degree, names=w.names,
        centres=hubs.centres(w.base, scoring),
    )  # fmt: skip
    patterns, pairs = _without(raw_patterns, found.nodes), _without(raw_pairs, found.nodes)
    large = pl.col("target").is_in(found.employers["node"].implode()) & (pl.col("role") == "employer")
    patterns = patterns.with_columns(leaf=pl.col("leaf") | large)
    flagged = w.base.flagged.join(found.nodes, on="node", how="anti")
    named = _named(patterns)
    involved = pl.concat([flagged, named]).unique().sort("node")
    shared = links.attribute_pairs(_without_values(w.values, found), involved)
    closed = w.reach.filter(pl.col("n_accounts") > scoring.hub_degree).select("node")
    closed = closed.join(flagged, on="node", how="anti")
    ties = _ties(w, pairs, flagged, involved, closed, found.nodes)
    age = (inputs.as_of, scoring.half_after_days)
    glued = links.glue(patterns, pairs, shared, ties, flagged, age=age)
    strong = pl.concat([w.base.hits.filter("strong").select("node"), named]).drop_nulls().unique()
    outer = _outside(shared, ties, involved)
    core = groups.group(glued, patterns, strong, outer, scoring.max_network_nodes)
    attach = partial(
        groups.attach, patterns=patterns, pairs=pairs, flagged=flagged, payments=w.payments,
        businesses=w.businesses, legal=_legal(w),
    )  # fmt: skip
    tell = w.names.tell
    make = partial(
        publish.Material, inputs=inputs, scoring=scoring, base=base,
        patterns=tell(patterns, "source", "target"), shared=tell(shared, "source", "target", "outer"),
        ties=tell(ties, "source", "target"),
    )  # fmt: skip
    held = pl.concat([shared.select("source", "target"), ties.select("source", "target")]).unique()
    parted = halves.part(
        core, glued, held, pairs, max_nodes=scoring.max_network_nodes, attach=attach,
        qualified=partial(_qualified, make, w.names),
    )  # fmt: skip
    material = make(
        core=tell(parted.core, "node"), attached=tell(parted.attached, "node"),
        payments=_inside(w, parted.core, parted.attached), between=tell(parted.between, "source", "target"),
        removed=_hub_contacts(parted.core, found, raw_patterns, raw_pairs, w.values, w.names),
    )  # fmt: skip
    return NetworkTables(*publish.publish(material), found.table)


def _qualified(
    make: Callable[..., publish.Material], names: Names, core: pl.DataFrame, attached: pl.DataFrame
) -> set[int]:
    """Which groups would be published."""
    asked = make(core=names.tell(core, "node"), attached=names.tell(attached, "node"))
    return set(publish.qualified(asked).to_list())


@dataclass(frozen=True, slots=True)
class _Coded:
    """What came in, with codes for nodes: `names` tells whose.

    Attributes:
        names: of the codes.
        base: from `links.base`.
        payments: table PAYMENTS, nodes for accounts.
        parties: canonical parties.
        values: from `links.attribute_values`.
        reach: how widely a subject deals: node, n_accounts (of its busiest account), total (cents).
        paid_for: who pays for whom.
        met: pairs at one machine.
        businesses: node; who is paid by direct debit or card.
    """

    names: Names
    base: links.Base
    payments: pl.DataFrame
    parties: pl.DataFrame
    values: pl.DataFrame
    reach: pl.DataFrame
    paid_for: pl.DataFrame
    met: pl.DataFrame
    businesses: pl.DataFrame


def _coded(inputs: NetworkInputs, base: links.Base, values: pl.DataFrame) -> _Coded:
    ends, node = ("source", "target"), ("node",)
    names, c = coded(
        {
            "subjects": (inputs.subjects, ("account_id", "subject_id")),
            "payments": (inputs.payments, ends),
            "parties": (inputs.parties, ("party_id",)),
            "hits": (base.hits, node),
            "roles": (base.roles, node),
            "flagged": (base.flagged, node),
            "values": (values, node),
            "reach": (inputs.reach, ("account_id",)),
            "paid_for": (inputs.paid_for, ends),
            "met": (inputs.meetings.pairs, ends),
            "businesses": (inputs.businesses, ("account_id",)),
        }
    )
    reach = links.to_node(c["reach"], "account_id", c["subjects"], "node").group_by("node")
    businesses = links.to_node(c["businesses"], "account_id", c["subjects"], "node").select("node")
    return _Coded(
        names=names,
        base=links.Base(c["hits"], c["roles"], c["flagged"]),
        payments=links.node_payments(c["payments"], c["subjects"]),
        parties=c["parties"],
        values=c["values"],
        reach=reach.agg(pl.col("n_accounts").max(), total=pl.col("amount_eur").sum()),
        paid_for=c["paid_for"],
        met=c["met"],
        businesses=businesses.unique(),
    )


def _inside(w: _Coded, core: pl.DataFrame, attached: pl.DataFrame) -> pl.DataFrame:
    """Payments between members of groups, with their names."""
    people = pl.concat([core.select("node"), attached.select("node")]).unique()
    rows = w.payments.join(people, left_on="source", right_on="node", how="semi")
    return w.names.tell(rows.join(people, left_on="target", right_on="node", how="semi"), "source", "target")


def _outside(shared: pl.DataFrame, ties: pl.DataFrame, involved: pl.DataFrame) -> pl.DataFrame:
    """Ends of links whom no hit is about and no pattern names: node."""
    ends = (shared.select(node="outer"), ties.select(node="target"), ties.select(node="source"))
    return pl.concat(ends).drop_nulls().unique().join(involved, on="node", how="anti")


def _legal(w: _Coded) -> pl.DataFrame:
    """Legal persons: node."""
    kind = pl.col("kind") == "legal" if "kind" in w.parties.columns else pl.lit(False)
    return w.parties.filter(kind).select(node="party_id").unique()


def _ties(
    w: _Coded,
    pairs: pl.DataFrame,
    flagged: pl.DataFrame,
    involved: pl.DataFrame,
    closed: pl.DataFrame,
    hubs_taken: pl.DataFrame,
) -> pl.DataFrame:
    legal = _legal(w)
    by_shape = motifs.ties(w.payments, pairs, flagged, closed=closed, legal=legal)
    paid = w.paid_for.join(hubs_taken, left_on="source", right_on="node", how="anti")
    met = motifs.meetings(w.met, flagged)
    same = _same_payees(w, pairs, flagged, closed, legal)
    return pl.concat([by_shape, met, motifs.payments_for_others(paid, involved), *same])


def _same_payees(
    w: _Coded, pairs: pl.DataFrame, flagged: pl.DataFrame, closed: pl.DataFrame, legal: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    own = w.base.hits.filter((pl.col("weight") >= 1) & (pl.col("family") != "mitigation"))
    own = own.join(flagged, on="node", how="semi")
    heavy = pl.col("strong") | (pl.col("weight") >= payees.HEAVY)
    forms, wider = (
        own.filter(kept).select("node", typology="typologies").explode("typology").drop_nulls().unique()
        for kept in (pl.col("strong"), heavy)
    )
    firms = pl.concat([legal, w.businesses]).unique()
    few = w.reach.filter(pl.col("n_accounts") <= payees.PAYEE_REACH).select("node")
    few = few.join(firms, on="node", how="anti")
    homes = w.values.filter(pl.col("attribute") == "address_hash").select("node", "value")
    shut = pl.concat([closed, firms]).unique()
    return (
        payees.same_payees(w.payments, pairs, forms, few=few, homes=homes),
        payees.main_payees(w.payments, pairs, wider, closed=shut),
    )


def _named(patterns: pl.DataFrame) -> pl.DataFrame:
    joining = patterns.filter(~pl.col("leaf"))
    return pl.concat([joining.select(node="source"), joining.select(node="target")]).unique()


def _without(frame: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    out = frame.join(nodes, left_on="source", right_on="node", how="anti")
    return out.join(nodes, left_on="target", right_on="node", how="anti")


def _without_values(values: pl.DataFrame, found: hubs.Hubs) -> pl.DataFrame:
    out = values.join(found.values, on=["attribute", "value"], how="anti")
    return out.join(found.nodes, on="node", how="anti")


def _hub_contacts(
    core: pl.DataFrame,
    found: hubs.Hubs,
    patterns: pl.DataFrame,
    pairs: pl.DataFrame,
    values: pl.DataFrame,
    names: Names,
) -> pl.DataFrame:
    """Hubs that would have tied at least two core members of a group: group, hub_id."""
    ways = [
        frame.select(hub=hub, node=node)
        for frame in (patterns, pairs)
        for hub, node in (("source", "target"), ("target", "source"))
    ]
    inside = core.select("group", "node")
    touched = [
        way.join(found.nodes, left_on="hub", right_on="node", how="semi").join(inside, on="node")
        for way in ways
    ]
    held = values.join(found.values, on=["attribute", "value"]).select(hub="hub_id", node="node")
    every = pl.concat([names.tell(pl.concat(touched), "hub"), held.join(inside, on="node")]).unique()
    counted = every.group_by("group", "hub").agg(members=pl.col("node").n_unique())
    return counted.filter(pl.col("members") > 1).select("group", hub_id="hub").sort("group", "hub_id")


def with_alert_counts(networks: pl.DataFrame, members: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    """Fills `n_alerts`: how many members are subjects of an alert.

    Args:
        networks: table NETWORKS.
        members: table NETWORK_MEMBERS.
        alerts: table ALERTS.

    Returns:
        Table NETWORKS, same rows.
    """
    alerted = members.join(alerts.select(member_id="subject_id").unique(), on="member_id", how="semi")
    counts = alerted.group_by("network_id").agg(pl.col("member_id").n_unique().alias("_n"))
    joined = networks.join(counts, on="network_id", how="left")
    return tables.NETWORKS.conform(joined.with_columns(n_alerts=pl.col("_n").fill_null(0)))

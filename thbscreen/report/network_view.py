"""What a run folder says about one network, about ways of money, and about what lies around a subject.

Facts are plain data, in the order in which people read them; `thbscreen.report.network_text` makes pages of
them. Money is whole euro cents, times are UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import polars as pl

from thbscreen.diagnostics import suggest
from thbscreen.errors import UsageError
from thbscreen.network.around import distances
from thbscreen.network.paths import Way, Ways, find_ways, published_payments
from thbscreen.report import proof as proofs
from thbscreen.report import subjects
from thbscreen.report.folder import Row, RunFolder
from thbscreen.report.text import count
from thbscreen.rules import ast

#: Direction of a payment inside a network.
FROM_VICTIMS, TO_VICTIMS = "from possible victims", "to possible victims"
AMONG_VICTIMS, AMONG_OTHERS = "among possible victims", "among others"
DIRECTIONS = (FROM_VICTIMS, TO_VICTIMS, AMONG_VICTIMS, AMONG_OTHERS)
KNOWN_ONLY = "Only payments inside published networks are known to a run folder."
#: Roles in the order in which they are shown.
ROLES = (*(role for role in ast.ROLES if role != "unknown"), "unknown")

_MEMBER = (
    "member_id", "member_kind", "accounts", "role", "second_role", "roles", "is_customer", "is_connector",
    "received_eur", "sent_eur", "evidence_for", "evidence_against", "hit_ids",
)  # fmt: skip
_NETWORK = (
    "network_id", "title", "typology", "rank", "score", "why", "note", "first", "last", "amount_eur",
    "n_members", "n_possible_victims", "n_alerts", "confidence", "confidence_why", "twin_tests",
)  # fmt: skip
_HIT = (
    "hit_id", "rule", "rule_version", "title", "family", "weight", "third_party", "subject_kind",
    "subject_id", "first", "last", "n_tx", "amount_eur", "evidence", "tx_ids",
)  # fmt: skip
_ALERT = (
    "alert_id", "rank", "subject_id", "subject_kind", "handling", "score", "urgency", "urgency_why",
    "typology", "leading_role", "second_role", "roles", "network_id", "families", "addends", "first", "last",
    "amount_eur", "innocent_explanations", "care",
)  # fmt: skip


# --- one network -------------------------------------------------------------------------------------


def find_network(run: RunFolder, wanted: str) -> Row:
    """Gives the row of a network by its id or by how its id begins.

    Args:
        run: the folder.
        wanted: with or without `NW-`, in upper or lower case.

    Raises:
        UsageError: no network, or more than one, is meant.
    """
    networks = run.table("networks")
    ids = networks["network_id"].to_list()
    start = wanted.strip().lower().removeprefix("nw-")
    found = [i for i in ids if start and i.lower().removeprefix("nw-").startswith(start)]
    exact = [i for i in found if i.lower() == f"nw-{start}"]
    if not ids:
        raise UsageError(f"{run.name} has no suspected network, so there is no '{wanted}'")
    if not found:
        close = suggest(f"NW-{start}", ids) or f"the networks are in {run.name}/networks.parquet"
        raise UsageError(f"{run.name} has no network '{wanted}'", hint=close)
    if len(exact or found) > 1:
        raise UsageError(
            f"'{wanted}' is how {len(found)} networks begin",
            hint="write more of: " + ", ".join(sorted(found)),
        )
    return networks.row(by_predicate=pl.col("network_id") == (exact or found)[0], named=True)


def network_facts(run: RunFolder, wanted: str) -> Row:
    """Gives everything published of one network; possible victims apart from the other members.

    Raises:
        UsageError: no network, or more than one, is meant.
        DataError: a table cannot be read.
    """
    network = find_network(run, wanted)
    here = pl.col("network_id") == network["network_id"]
    members = run.table("network_members").filter(here).to_dicts()
    edges = run.table("network_edges").filter(here)
    alerts = {row["subject_id"]: row for row in run.table("alerts").iter_rows(named=True)}
    apart = subjects.handled_apart(members, alerts.values())
    shown = [_member(m, alerts.get(m["member_id"])) for m in members]
    return {
        **{name: network[name] for name in _NETWORK},
        "rules": _rules(run, network["hit_ids"]),
        "others": [m for m in shown if m["member_id"] not in apart],
        "possible_victims": [m for m in shown if m["member_id"] in apart],
        "links": [_link(e) for e in edges.iter_rows(named=True)],
        "timeline": _timeline(edges, apart, str(run.zone)),
        "hubs_removed": _hubs(run, network["hubs_removed"]),
        "would_break": network["would_break"],
        "proof": _proof(run, network),
        "not_judged": subjects.not_judged(run),
    }


def _proof(run: RunFolder, network: Row) -> list[Row]:
    """Payments of each pattern in the order of time."""
    rows = run.table("network_proof").filter(pl.col("network_id") == network["network_id"])
    names = [name for name in rows.columns if name not in {"network_id", "hit_id", "rule"}]
    about = subjects.hits_by_id(run, rows["hit_id"].unique().to_list()).to_dicts()
    return [
        {name: p[name] for name in ("rule", "title", "hit_id", "passed_on_eur")}
        | {"payments": [{name: row[name] for name in names} for row in p["payments"]]}
        for p in proofs.patterns(rows.to_dicts(), about)
    ]


def _member(member: Row, alert: Row | None) -> Row:
    return {name: member[name] for name in _MEMBER} | {"alert_id": alert and alert["alert_id"]}


def _link(edge: Row) -> Row:
    names = ("kind", "n", "amount_eur", "first", "last", "why", "tx_ids")
    return {"from": edge["source"], "to": edge["target"], **{name: edge[name] for name in names}}


def _rules(run: RunFolder, hit_ids: Sequence[str]) -> list[Row]:
    rows = (
        subjects.hits_by_id(run, hit_ids)
        .group_by("rule")
        .agg(pl.col("title", "weight").first(), n_hits=pl.len())
    )
    return rows.sort("rule").to_dicts()


def _hubs(run: RunFolder, ids: Sequence[str]) -> list[Row]:
    wanted = pl.Series(list(ids), dtype=pl.String)
    return run.table("hubs").filter(pl.col("hub_id").is_in(wanted.implode())).to_dicts()


def _timeline(edges: pl.DataFrame, apart: Collection[str], zone: str) -> list[Row]:
    """Payments per local month and direction: month, direction, n, amount_eur."""
    paid = edges.filter(pl.col("kind") == "payment").select("source", "target", "times", "amounts_eur")
    paid = paid.explode("times", "amounts_eur").drop_nulls("times")
    victims = pl.Series(sorted(apart), dtype=pl.String).implode()
    out, into = pl.col("source").is_in(victims), pl.col("target").is_in(victims)
    direction = (
        pl.when(out & into).then(pl.lit(AMONG_VICTIMS)).when(out).then(pl.lit(FROM_VICTIMS))
        .when(into).then(pl.lit(TO_VICTIMS)).otherwise(pl.lit(AMONG_OTHERS))
    )  # fmt: skip
    month = pl.col("times").dt.convert_time_zone(zone).dt.strftime("%Y-%m")
    rows = paid.group_by(month=month, direction=direction.cast(pl.Enum(DIRECTIONS))).agg(
        n=pl.len().cast(pl.Int64), amount_eur=pl.col("amounts_eur").sum()
    )
    return rows.sort("month", "direction").with_columns(pl.col("direction").cast(pl.String)).to_dicts()


# --- ways of money -----------------------------------------------------------------------------------


def ways_facts(
    run: RunFolder, start: str, end: str, *, max_hops: int, within: ast.Length | None, limit: int
) -> Row:
    """Gives the first ways that money can have gone from one subject to another.

    Args:
        run: the folder.
        start: a subject or one of its accounts.
        end: another one.
        max_hops: most payments of a way.
        within: longest time from first payment to last.
        limit: most ways.

    Raises:
        UsageError: both are the same subject.
        DataError: a table cannot be read.
    """
    ends = [subjects.find(run, given) for given in (start, end)]
    if ends[0]["member_id"] == ends[1]["member_id"]:
        raise UsageError("both ends are the same subject", hint="give two different subjects or accounts")
    edges = run.table("network_edges")
    found = Ways((), more=False, complete=True)
    if all(e["networks"] for e in ends):
        found = find_ways(
            published_payments(edges, str(run.zone), within), ends[0]["member_id"], ends[1]["member_id"],
            max_hops=max_hops, limit=limit,
        )  # fmt: skip
    pairs = _pairs(edges)
    on_ways = {member for way in found.ways for member in way.members}
    return {
        "from": ends[0], "to": ends[1], "max_hops": max_hops, "within": _length(within),
        "ways": [_way(way, pairs) for way in found.ways], "more": found.more, "complete": found.complete,
        "possible_victims": sorted(on_ways & subjects.victims(run)), "note": KNOWN_ONLY,
    }  # fmt: skip


def _pairs(edges: pl.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    """Number and sum of all payments from one member to another, those of two networks once."""
    paid = edges.filter(pl.col("kind") == "payment").unique(["source", "target"], keep="first")
    rows = paid.select("source", "target", "n", "amount_eur").iter_rows()
    return {(source, target): (n, amount) for source, target, n, amount in rows}


def _length(length: ast.Length | None) -> str | None:
    return None if length is None else count(length.count, length.unit.removesuffix("s"))


def _way(way: Way, pairs: dict[tuple[str, str], tuple[int, int]]) -> Row:
    times = pl.Series([p.time for p in way.payments]).cast(pl.Datetime("us", "UTC")).to_list()
    return {
        "members": list(way.members), "departs": times[0], "arrives": times[-1], "at_most_eur": way.at_most,
        "payments": [
            {
                "tx_id": p.tx_id, "time": when, "from": p.source, "to": p.target,
                "amount_eur": p.amount or None, "network_id": p.network,
                "pair_n": pairs[p.source, p.target][0], "pair_amount_eur": pairs[p.source, p.target][1],
            }
            for p, when in zip(way.payments, times, strict=True)
        ],
    }  # fmt: skip


# --- around a subject --------------------------------------------------------------------------------


def around_facts(run: RunFolder, given: str, hops: int) -> Row:
    """Gives what was published around a subject or account; empty lists where nothing was.

    Args:
        run: the folder.
        given: a customer, an account, or another thing that rules group by.
        hops: steps along payments inside networks, 1 for direct partners.

    Raises:
        DataError: a table cannot be read.
    """
    members = run.table("network_members")
    subject = subjects.find(run, given)
    who = subject["member_id"]
    mine = members.filter(pl.col("member_id") == who)
    accounts = subjects.accounts_of(run, who)
    names = sorted({who, given, *accounts})
    alerts = subjects.alerts_of(run, who, names)
    roles = subjects.roles_in_hits(run, names)
    hits = _hits_of(run, names, roles, [a for a in alerts if a["subject_id"] == who])
    edges = run.table("network_edges")
    steps = _steps(edges, who, hops)
    victims = subjects.victims(run)
    return {
        "subject": {
            **subject, "accounts": accounts, "is_customer": _one(mine, "is_customer"),
            "handling": subjects.handling(who, victims, alerts, roles),
        },
        "alerts": [{name: a[name] for name in _ALERT} for a in alerts],
        "hits": hits,
        "networks": [_part_in(run, m) for m in mine.to_dicts()],
        **_neighbours(members, steps, victims),
        "payments": [_link(e) | {"hops": d} for e, d in _near(edges, steps, hops)],
        "shared_details": _with_others(edges, who, pattern=False),
        "patterns": _with_others(edges, who, pattern=True),
        "near_misses": run.table("near_misses").filter(pl.col("subject_id").is_in(names)).to_dicts(),
        "hub": run.table("hubs").filter(pl.col("hub_id").is_in(names)).to_dicts(),
        "hops": hops, "not_judged": subjects.not_judged(run), "note": KNOWN_ONLY,
    }  # fmt: skip


def _one(frame: pl.DataFrame, column: str) -> Any:
    return frame[column].first() if frame.height else None


def _hits_of(
    run: RunFolder, names: Collection[str], roles: dict[str, set[str]], alerts: Sequence[Row]
) -> list[Row]:
    own = run.table("hits").filter(pl.col("subject_id").is_in(sorted(names)))["hit_id"].to_list()
    counted = {hit for alert in alerts for hit in alert["hit_ids"] or ()}
    rows = subjects.hits_by_id(run, {*own, *roles, *counted}).to_dicts()
    return [
        {name: row[name] for name in _HIT} | {"roles": sorted(roles.get(row["hit_id"], ()))} for row in rows
    ]


def _part_in(run: RunFolder, member: Row) -> Row:
    network = run.table("networks").row(by_predicate=pl.col("network_id") == member["network_id"], named=True)
    names = ("network_id", "title", "rank", "score", "n_members", "first", "last")
    return {name: network[name] for name in names} | {
        name: member[name] for name in ("role", "second_role", "roles", "evidence_for", "evidence_against")
    }


def _steps(edges: pl.DataFrame, who: str, hops: int) -> dict[str, int]:
    paid = edges.filter(pl.col("kind") == "payment").select("source", "target").rows()
    return distances([*paid, *((target, source) for source, target in paid)], who, hops)


def _near(edges: pl.DataFrame, steps: dict[str, int], hops: int) -> list[tuple[Row, int]]:
    """Payments of pairs of which one side is nearer than `hops`, nearest first; each pair once."""
    paid = edges.filter(pl.col("kind") == "payment").unique(
        ["source", "target"], keep="first", maintain_order=True
    )
    rows = [
        (row, 1 + min(steps.get(row["source"], hops), steps.get(row["target"], hops)))
        for row in paid.iter_rows(named=True)
    ]
    near = [(row, distance) for row, distance in rows if distance <= hops]
    return sorted(near, key=lambda r: (r[1], r[0]["source"], r[0]["target"]))


def _neighbours(members: pl.DataFrame, steps: dict[str, int], victims: Collection[str]) -> Row:
    rows: dict[str, Row] = {}
    for m in members.filter(pl.col("member_id").is_in(sorted(steps))).iter_rows(named=True):
        if distance := steps[m["member_id"]]:
            row = {"member_id": m["member_id"], "hops": distance, "networks": []}
            rows.setdefault(m["member_id"], row)["networks"].append(
                {name: m[name] for name in ("network_id", "role", "second_role", "roles")}
            )
    ordered = sorted(rows.values(), key=lambda r: (r["hops"], r["member_id"]))
    return {
        "others": [r for r in ordered if r["member_id"] not in victims],
        "possible_victims": [r for r in ordered if r["member_id"] in victims],
    }


def _with_others(edges: pl.DataFrame, who: str, *, pattern: bool) -> list[Row]:
    """Links that are no payments: patterns of hits, or details shared with others, never their values."""
    kind = pl.col("kind") == "payment pattern"
    rows = edges.filter(kind if pattern else ~kind & (pl.col("kind") != "payment"))
    rows = rows.filter((pl.col("source") == who) | (pl.col("target") == who))
    rows = rows.unique(["source", "target", "kind", "why"], keep="first", maintain_order=True)
    out = []
    for e in rows.iter_rows(named=True):
        link = {name: e[name] for name in ("kind", "why", "network_id")}
        if pattern:
            link |= {"from": e["source"], "to": e["target"], "n": e["n"], "amount_eur": e["amount_eur"]}
            link |= {"first": e["first"], "last": e["last"]}
        else:
            link["with"] = e["target"] if e["source"] == who else e["source"]
        out.append(link)
    return out

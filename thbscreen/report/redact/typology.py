"""A case as a form for typology sharing: roles, rules, bands and months, and nobody in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from thbscreen.model import catalogue
from thbscreen.report.casefolder import CaseFiles
from thbscreen.report.drawing import VICTIM, Flow, Node, draw
from thbscreen.report.folder import Row, RunFolder
from thbscreen.report.narrative import IN_DOUBT
from thbscreen.report.redact.cells import HIDDEN, Cells, band, few, protected
from thbscreen.report.story import Story
from thbscreen.report.text import words
from thbscreen.rules import ast

NOTE = (
    "This describes a pattern of payments and no person. Names, ids, days and exact sums are left out. "
    "It is made from an alert or a suspected network that a person has still to judge."
)
_HOW = (
    "Counts below {least} are written as '{few}', and then the sum of their table is not shown either, so "
    "that nothing can be subtracted. Sums of money are bands, times are months."
)
_TYPES = frozenset(catalogue.TX_TYPES)


@dataclass(frozen=True, slots=True)
class _Case:
    """What a form is made from.

    Attributes:
        members: how many people or accounts have a role.
        flows: payments and cents by a pair of words, such as two roles.
        of_roles: whether the pairs are roles.
    """

    title: str
    typology: str
    first: datetime | None
    last: datetime | None
    hits: pl.DataFrame
    members: Counter[str]
    flows: Mapping[tuple[str, str], tuple[int, int]]
    of_roles: bool


def typology_case(
    run: RunFolder, case_id: str, name: str, apart: Collection[str], rules: Mapping[str, ast.Rule],
    least: int, evidence: pl.DataFrame,
) -> CaseFiles:  # fmt: skip
    """Makes the form of one case.

    Args:
        run: the run folder.
        case_id: of a network, an alert or a review that has a row in it.
        name: names the folder; tells nothing.
        apart: who is handled as a possible victim anywhere in the run.
        rules: rules of the run by id, for lawful readings.
        least: smallest count that is shown.
        evidence: movements of the case as in evidence.csv, of an alert or a review.
    """
    case = _network(run, case_id, apart) or _listed(run, case_id, apart, evidence)
    titles = dict(case.hits.select("rule", "title").unique().sort("rule").rows())
    counts = {rule: int((case.hits["rule"] == rule).sum()) for rule in titles}
    hits, roles = protected(counts, least), protected(_by_role(case.members), least)
    moves = {pair: n for pair, (n, _) in case.flows.items()}
    flows = protected({f"{a}\0{b}": n for (a, b), n in moves.items()}, least)
    months = _months(case, run.zone)
    story = Story(f"{name}: {case.title}")
    story.paragraph(NOTE)
    story.paragraph(_HOW.format(least=least, few=few(least)))
    story.section("What it is")
    story.bullets([f"Form: {words(case.typology) if case.typology else 'not known'}", f"Months: {months}"])
    story.section("Roles")
    story.paragraph(IN_DOUBT if VICTIM in case.members else "")
    story.bullets([*(f"{words(r)}: {n}" for r, n in roles.shown.items()), f"together: {roles.total}"])
    story.section("Who paid whom" if case.of_roles else "Movements by kind")
    story.bullets(_told(row) for row in _flow_rows(case, flows, least))
    story.section("Rules that were hit")
    story.bullets(f"{rule} ({titles[rule]}): {n} hits" for rule, n in hits.shown.items())
    story.section("What may explain this innocently")
    known = [rules[r] for r in titles if r in rules and rules[r].family != "mitigation"]
    story.bullets(dict.fromkeys(e for rule in known for e in rule.innocent_explanations))
    tables = {
        "roles": pl.DataFrame(
            [(words(r), n) for r, n in roles.shown.items()],
            {"role": pl.String, "members": pl.String}, orient="row",
        ),
        "rules": pl.DataFrame(
            [(r, titles[r], n) for r, n in hits.shown.items()],
            {"rule": pl.String, "title": pl.String, "hits": pl.String}, orient="row",
        ),
        "payments" if case.of_roles else "movements": pl.DataFrame(
            _flow_rows(case, flows, least),
            dict.fromkeys(("from", "to", "payments", "sum") if case.of_roles
                          else ("direction", "kind", "movements", "sum"), pl.String), orient="row",
        ),
    }  # fmt: skip
    return CaseFiles(name, story, tables, _drawing(case, story.title, roles, flows, least), "typology")


def _network(run: RunFolder, case_id: str, apart: Collection[str]) -> _Case | None:
    found = run.table("networks").filter(pl.col("network_id") == case_id).to_dicts()
    if not found:
        return None
    here = pl.col("network_id") == case_id
    role = {
        m: VICTIM if m in apart else r
        for m, r in run.table("network_members").filter(here).select("member_id", "role").rows()
    }
    flows: dict[tuple[str, str], tuple[int, int]] = {}
    paid = run.table("network_edges").filter(here & (pl.col("kind") == "payment"))
    for source, target, n, cents in paid.select("source", "target", "n", "amount_eur").iter_rows():
        if source in role and target in role:
            pair = role[source], role[target]
            before = flows.get(pair, (0, 0))
            flows[pair] = before[0] + (n or 0), before[1] + (cents or 0)
    row = found[0]
    return _Case(
        row["title"], row["typology"] or "", row["first"], row["last"], _hits(run, row["hit_ids"]),
        Counter(role.values()), flows, True,
    )  # fmt: skip


def _listed(run: RunFolder, case_id: str, apart: Collection[str], evidence: pl.DataFrame) -> _Case:
    """An alert or a review: roles from its hits, movements by direction and kind."""
    alert = run.table("alerts").filter(pl.col("alert_id") == case_id).to_dicts()
    review = run.table("reviews").filter(pl.col("review_id") == case_id).to_dicts()
    row: Row = (alert or review)[0]
    hits = _hits(run, row["hit_ids"] if alert else [row["hit_id"]])
    named = run.table("hit_members").filter(pl.col("hit_id").is_in(hits["hit_id"].implode()))
    own = {row["subject_id"], *(row.get("accounts") or ())}
    roles: dict[str, str] = {}
    order = {role: n for n, role in enumerate(ast.ROLES)}
    for member, role, field in named.select("member_id", "role", "field").rows():
        if member in own or field == "network_id":
            continue
        safe = member in apart or role == VICTIM or roles.get(member) == VICTIM
        before = roles.get(member, "unknown")
        roles[member] = VICTIM if safe else max(before, role, key=lambda r: order.get(r, 0))
    safe = row["handling"] == "possible victim" or row["subject_id"] in apart
    roles[row["subject_id"]] = VICTIM if safe else row.get("leading_role") or "unknown"
    flows: dict[tuple[str, str], tuple[int, int]] = {}
    for direction, kind, cents in _movements(evidence):
        pair = ("in" if direction == "credit" else "out", words(kind if kind in _TYPES else "other"))
        n, total = flows.get(pair, (0, 0))
        flows[pair] = n + 1, total + cents
    return _Case(
        "Alert on one subject" if alert else "Text to be read at once", row.get("typology") or "",
        row.get("first") or row.get("starts"), row.get("last") or row.get("ends"), hits,
        Counter(roles.values()), flows, False,
    )  # fmt: skip


def _hits(run: RunFolder, ids: Sequence[str] | None) -> pl.DataFrame:
    return run.table("hits").filter(pl.col("hit_id").is_in(list(ids or ())))


def _movements(evidence: pl.DataFrame) -> Iterable[tuple[str, str, int]]:
    if not {"direction", "tx_type", "amount_eur"} <= set(evidence.columns):
        return []
    cents = pl.col("amount_eur").str.replace(".", "", literal=True).cast(pl.Int64, strict=False).fill_null(0)
    return evidence.select("direction", "tx_type", cents).rows()


def _by_role(members: Counter[str]) -> dict[str, int]:
    return {role: members[role] for role in (*ast.ROLES[1:], "unknown") if members[role]}


def _months(case: _Case, zone: ZoneInfo) -> str:
    if case.first is None or case.last is None:
        return "not known"
    first, last = (t.astimezone(zone).strftime("%Y-%m") for t in (case.first, case.last))
    return first if first == last else f"{first} to {last}"


def _flow_rows(case: _Case, flows: Cells, least: int) -> list[tuple[str, str, str, str]]:
    """Both ends, payments and the band of the sum; of few payments no sum."""
    rows = []
    for (a, b), (n, cents) in sorted(case.flows.items()):
        told = (words(a), words(b)) if case.of_roles else (a, b)
        rows.append((*told, flows.shown[f"{a}\0{b}"], band(cents) if n >= least else HIDDEN))
    return rows


def _told(row: tuple[str, str, str, str]) -> str:
    first, second, n, total = row
    ends = f"{second}, {first}" if first in {"in", "out"} else f"{first} to {second}"
    return f"{ends}: {n} payments, {total}" if total != HIDDEN else f"{ends}: {n} payments"


def _drawing(case: _Case, title: str, roles: Cells, flows: Cells, least: int) -> str:
    """One mark per role, with how many there are."""
    column = None if case.of_roles else 1
    nodes = [
        Node(role, words(role), role, role == VICTIM, f"{n} members", column)
        for role, n in roles.shown.items()
    ]
    if not case.of_roles:
        return draw(title, nodes, [])
    arrows = []
    for (a, b), (n, cents) in sorted(case.flows.items()):
        shown = flows.shown[f"{a}\0{b}"]
        label = f"{shown}: {band(cents)}" if n >= least else shown
        arrows.append(Flow(a, b, 0, label))
    within = [
        f"payments {words(f.source)} to {words(f.source)} ({f.label})" for f in arrows if f.source == f.target
    ]
    return draw(title, nodes, [f for f in arrows if f.source != f.target], within, bands=True)

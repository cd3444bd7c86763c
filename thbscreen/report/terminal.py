"""The end of a scan on a terminal: networks, alerts, what could be judged, what to do next.

Nothing is said by colour alone, and nothing from the data can steer the terminal.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl

import thbscreen
from thbscreen.engine.readiness import unlocks
from thbscreen.io.identity_report import counterparties_line
from thbscreen.model import catalogue
from thbscreen.report.layout import columns, cut, printable
from thbscreen.report.narrative import shares
from thbscreen.report.quality_text import quality_lines
from thbscreen.report.run import Run
from thbscreen.report.summary import summary
from thbscreen.report.text import count, day, points, words

#: What a piece of text is; the caller decides how it looks.
Look = Literal["heading", "urgent", "apart", "faint", "plain"]
Paint = Callable[[str, Look], str]
Row = dict[str, Any]

#: Rows shown of each list.
TOP = 10
#: What the levels of urgency say; 3 is kept for a child or a threat.
URGENT = {
    1: "somebody else's gain or control showed in the last 30 days of the data",
    2: "as urgent 1, with three or more possible victims in one pattern",
    3: "a child or a threat",
}
#: Facts that are no columns of the input: they follow from others that are named anyway.
WORKED_OUT = tuple(catalogue.DERIVED)
#: Missing columns that are named.
MOST_MISSING = 5
NARROWEST, WIDEST = 40, 120


def unpainted(text: str, look: Look) -> str:
    """Gives the text as it is."""
    del look
    return text


def render(run: Run, *, width: int = 80, out: Path | None = None, paint: Paint = unpainted) -> str:
    """Gives the summary of a run as text, at most `width` columns wide.

    Args:
        run: what was found.
        width: columns of the terminal; used from 40 to 120.
        out: the run folder, for the advice at the end.
        paint: makes a piece of text look like something; must not change its width.
    """
    page = _Page(max(NARROWEST, min(width, WIDEST)), paint, ZoneInfo(run.pack.profile.time_zone))
    facts = summary(run)
    page.wrap(
        f"thbscreen {thbscreen.__version__} · profile {run.pack.profile.name} · "
        f"rules {run.pack.digest[:12]} · "
        + (f"data to {day(run.as_of, page.zone)}" if facts["data_until"] else "no movement was loaded"),
        "faint",
    )
    _reviews(page, run.table("reviews").head(TOP).to_dicts(), facts["reviews"])
    _judged(page, facts, run)
    _networks(page, run.table("networks").head(TOP).to_dicts(), facts["networks"])
    _alerts(page, run.table("alerts").head(TOP).to_dicts(), facts)
    _below(page, facts["below_the_line"])
    _quality(page, run)
    _next(page, facts, _missing(run), _unlocks_most(run), out)
    return "\n".join(page.lines) + "\n"


class _Page:
    """Collects lines that fit."""

    def __init__(self, width: int, paint: Paint, zone: ZoneInfo) -> None:
        self.width, self.paint, self.zone = width, paint, zone
        self.lines: list[str] = []

    def heading(self, text: str, rest: str = "") -> None:
        tail = self.paint(cut(f"  {rest}", self.width - len(text)), "faint") if rest else ""
        self.lines += ["", self.paint(text, "heading") + tail]

    def wrap(self, text: str, look: Look = "plain", indent: int = 0) -> None:
        pad = " " * indent
        rows = textwrap.wrap(printable(text), self.width, initial_indent=pad, subsequent_indent=pad)
        self.lines += [self.paint(row, look) for row in rows]

    def one(self, text: str, look: Look = "plain", indent: int = 0) -> None:
        """Adds one line, cut to the width."""
        self.lines.append(" " * indent + self.paint(cut(printable(text), self.width - indent), look))


# --- the lists ----------------------------------------------------------------------------------


def _reviews(page: _Page, rows: Sequence[Row], n: int) -> None:
    """Shows nothing where there is nothing: the heading is for the days on which somebody must read."""
    if not rows:
        return
    page.heading("TO BE READ AT ONCE", _how_many(n, len(rows)))
    page.wrap("texts that speak of a child or a threat, whatever the score; do not contact anybody", "urgent")
    for r in rows:
        victim = " · HANDLE AS POSSIBLE VICTIM" if r["handling"] == "possible victim" else ""
        page.one(f"{r['review_id']}  {r['subject_id']}  {day(r['ends'], page.zone)}{victim}", "urgent")
        page.one(f"{r['title']}: {count(r['n_tx'], 'movement')}", "plain", indent=3)


def _networks(page: _Page, rows: Sequence[Row], n: int) -> None:
    page.heading("SUSPECTED NETWORKS", _how_many(n, len(rows)))
    if not rows:
        page.one("none", indent=2)
        return
    wide = page.width >= 76
    victims = "possible victims" if wide else "victims?"
    table = [["#", "network", "members", victims, "EUR moved", "from", "to"]]
    for r in rows:
        numbers = [str(r["n_members"]), str(r["n_possible_victims"]), _whole(r["amount_eur"])]
        dates = [day(r["first"], page.zone), day(r["last"], page.zone)]
        table.append([str(r["rank"]), r["network_id"], *numbers, *dates])
    if not wide:
        table = [[*row[:5], row[6]] for row in table]
    widest = [4, 18, 7, 16, 12, 10, 10] if wide else [4, 15, 7, 8, 10, 10]
    lines = columns(table, frozenset({0, 2, 3, 4}), widest)
    page.one(lines[0], "faint")
    for line, r in zip(lines[1:], rows, strict=True):
        page.one(line)
        page.one(r["title"], "heading", indent=3)


def _alerts(page: _Page, rows: Sequence[Row], facts: Row) -> None:
    n = facts["alerts"]
    page.heading("ALERTS", _how_many(n["all"], len(rows)))
    if not rows:
        page.one("none", indent=2)
        return
    victims = [r for r in rows if r["handling"] == "possible victim"]
    subjects = [r for r in rows if r["handling"] != "possible victim"]
    if subjects:
        _alert_table(page, subjects, "subject")
    if victims:
        page.wrap("POSSIBLE VICTIMS, who are not subjects: think of their safety first", "apart")
        _alert_table(page, victims, "person")
    levels = {r["urgency"] for r in rows if r["urgency"]}
    for level in sorted(levels | ({1} if 2 in levels else set())):
        page.wrap(f"urgent {level}: {URGENT[level]}", "faint", indent=1)


def _alert_table(page: _Page, rows: Sequence[Row], who: str) -> None:
    wide = page.width >= 76
    table = [["#", who, "score", "sum", "form"]]
    for r in rows:
        table.append(
            [str(r["rank"]), r["subject_id"], points(r["score"]), score_sum(r), words(r["typology"])]
        )
    # The sum takes what the other columns leave.
    widest = [4, 24 if wide else 16, 7, 0, 24][: 5 if wide else 4]
    others = [min(most, max(len(row[i]) for row in table)) for i, most in enumerate(widest) if i != 3]
    widest[3] = max(8, page.width - sum(others) - 2 * len(others))
    lines = columns([row[: len(widest)] for row in table], frozenset({0, 2}), widest)
    page.one(lines[0], "faint")
    for line, r in zip(lines[1:], rows, strict=True):
        page.one(line)
        _reading(page, r)
        form = "" if wide else f"{words(r['typology'])}: "
        page.one(f"{form}{', '.join(r['families'] or ())} · {_why(r)}", "faint", indent=3)


def _reading(page: _Page, row: Row) -> None:
    urgent = f"urgent {row['urgency']} · " if row["urgency"] else ""
    if row["handling"] == "possible victim":
        page.one(f"{urgent}HANDLE AS POSSIBLE VICTIM · {shares(row)}", "apart", indent=3)
    else:
        page.one(f"{urgent}{shares(row)}", "urgent" if urgent else "plain", indent=3)


def score_sum(row: Row) -> str:
    """Gives the addends as they are added up: 3+2+0.25-2."""
    signs = [f"{a['points']:+.4f}".rstrip("0").rstrip(".") for a in row["addends"] or () if a["points"]]
    return "".join(signs).removeprefix("+")


def _why(row: Row) -> str:
    heaviest = [a for a in row["addends"] or () if a["points"] > 0]
    titles = list(dict.fromkeys(a["why"].partition(": ")[0] for a in heaviest))
    more = f" (+{len(titles) - 1} more)" if len(titles) > 1 else ""
    return f"{titles[0]}{more}" if titles else ""


# --- what the lists are worth ------------------------------------------------------------------------


def _judged(page: _Page, facts: Row, run: Run) -> None:
    page.heading("WHAT COULD BE JUDGED")
    ready = facts["readiness"]
    silent = ready["not judged"]
    page.wrap(
        f"rules: {ready['ready']} ready, {ready['weak']} weak, {silent} not judged"
        + (" (their silence says nothing; see readiness)" if silent else ""),
        indent=2,
    )
    for c in facts["looser_values"]:
        page.wrap(
            f"looser here: {c['rule']} {c['parameter']} {c['value']} (the rule's own: {c['default']})",
            indent=2,
        )
    if any(facts["excluded_rows"].values()):
        hidden = ", ".join(f"{name} {n:,}" for name, n in facts["excluded_rows"].items() if n)
        page.wrap(f"rows hidden by exclusions of the profile: {hidden}", indent=2)
    tx = facts["transactions"]
    where = ["rejects.csv"] * bool(tx["rejected"]) + ["quality.json"] * bool(tx["skipped"])
    page.wrap(
        f"rows: {tx['read']:,} read, {tx['loaded']:,} loaded, {tx['rejected']:,} rejected, "
        f"{tx['skipped']:,} skipped" + (f" (see {' and '.join(where)})" if where else ""),
        indent=2,
    )
    met = counterparties_line(run.quality.get("identity"))
    if met is not None:
        page.wrap(met, indent=2)
    for line in run.quality.get("statements", {}).get("summary", ()):
        page.wrap(line, indent=2)


def _below(page: _Page, below: dict[str, int]) -> None:
    if any(below.values()):
        page.heading("BELOW THE LINE")
        lacks = ", ".join(f"{n:,} for lack of {_LACKS.get(lack, lack)}" for lack, n in below.items() if n)
        page.wrap(f"{count(sum(below.values()), 'subject')} ({lacks})", indent=2)


def _quality(page: _Page, run: Run) -> None:
    checks = run.quality.get("checks")
    if checks and any(item["state"] != "not judged" for item in checks["each"]):
        page.heading("DATA QUALITY")
        for line, indent in quality_lines(checks, "quality.json"):
            page.wrap(line, indent=indent)


_LACKS = {"points": "points", "families": "a second family", "third party": "a third party's gain or control"}


def _missing(run: Run) -> list[tuple[str, int]]:
    """Columns that rules wait for and how many rules do, most wanted first."""
    silent = run.table("readiness").filter(pl.col("status") == "not judged")
    wanted = silent.select("missing").explode("missing").drop_nulls().group_by("missing").len()
    wanted = wanted.filter(~pl.col("missing").is_in(WORKED_OUT), ~pl.col("missing").str.starts_with("list "))
    return [(c, n) for c, n in wanted.sort("len", "missing", descending=[True, False]).rows()]


def _unlocks_most(run: Run) -> Row | None:
    """Gives the column that would let most rules be judged if only it were filled."""
    best: Row | None = next(iter(unlocks(run.table("readiness").to_dicts(), run.pack.rules)), None)
    return best if best is not None and best["alone"] else None


def _next(
    page: _Page, facts: Row, missing: Sequence[tuple[str, int]], best: Row | None, out: Path | None
) -> None:
    page.heading("NEXT")
    first = [*facts["top_reviews"][:1], *facts["top_networks"][:1], *facts["top_alerts"][:1]]
    place = f"{out}/" if out is not None else ""
    if first:
        page.wrap(
            f"read {place}cases/{first[0]}/narrative.txt, and in it first what may explain it innocently",
            indent=2,
        )
    if facts["alerts"]["possible_victims"]:
        page.wrap("do not call or write to possible victims; nothing here is proof", indent=2)
    if missing and facts["data_until"]:
        named = ", ".join(f"{column} ({count(n, 'rule')})" for column, n in missing[:MOST_MISSING])
        page.wrap(
            f"columns without values that rules wait for: {named}; each rule's are in "
            f"{place}readiness.parquet",
            indent=2,
        )
    if best is not None and facts["data_until"]:
        page.wrap(
            f"the column to ask for first is {best['column']}: with it alone, "
            f"{count(best['alone'], 'more rule')} could be judged",
            indent=2,
        )
    if facts["data_until"] is None:
        page.wrap("check the input: no movement was loaded, so nothing was judged", indent=2)
    elif not first:
        page.wrap("nothing crossed the line; this clears nobody of whom rules were not judged", indent=2)


def _how_many(n: int, shown: int) -> str:
    return f"{n:,}" + (f", the first {shown} shown" if n > shown else "")


def _whole(cents: int | None) -> str:
    return "?" if cents is None else f"{round(cents / 100):,}"

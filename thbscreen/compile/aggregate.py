"""Aggregate rules: rows of a bucket -> windows -> judged windows -> episodes.

Two steps, so that a rule may group by something else than the account: `rows_of` filters one bucket
and keeps only what the rule needs; `judge` works on such rows, gathered from one bucket or from all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile import compared
from thbscreen.compile import windows as kernels
from thbscreen.compile.bounds import NEAR, candidates, least_rows
from thbscreen.compile.rational import Column, any_of, compare, evaluate, whole
from thbscreen.compile.steps import NO_STEP, matched_rows, own_steps, step_rows
from thbscreen.compile.where import as_fraction, constant, length_of
from thbscreen.model.clock import DAY, Clock
from thbscreen.rules import ast

if TYPE_CHECKING:
    from thbscreen.compile.view import View

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

#: Near misses kept per rule, nearest first, ties in key order: the same for any number of buckets.
NEAREST = 200


@dataclass
class Judged:
    """Raw results of one rule: codes and integers, no strings but transaction ids.

    Attributes:
        hits: one row per hit: k0.. key codes; starts, ends, w_starts, w_ends (UTC microseconds); episodes;
            amount and tx_ids of the whole episode (the shown window is the part from w_starts to w_ends);
            first and last (of these rows); m0n/m0d/m0k.. measures as exact fractions; c0l/c0r/c0h..
            leaf lines.
        members: hit (row number in hits), role (position in rule.roles), code, n, amount.
        near: nearest miss per group: k0.., w_starts, w_ends, line, left, right, distance, tx_ids.
        steps: hit, tx_id, step (position in `steps.step_names`), of rules that prove something.
    """

    hits: pl.DataFrame
    members: pl.DataFrame
    near: pl.DataFrame
    steps: pl.DataFrame = field(default_factory=pl.DataFrame)


def period_of(window: ast.Window, days: I64) -> I64:
    """Gives the calendar step of local days: days, weeks from Monday, months; 0 for the whole period."""
    match window:
        case ast.Calendar(step="day"):
            return days
        case ast.Calendar(step="week"):
            return (days + 3) // 7
        case ast.Calendar(step="month"):
            return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        case _:
            return np.zeros(len(days), np.int64)


def _period_bounds(window: ast.Window, period: I64, clock: Clock) -> tuple[I64, I64]:
    match window:
        case ast.Calendar(step="day"):
            first, after = period, period + 1
        case ast.Calendar(step="week"):
            first, after = period * 7 - 3, period * 7 + 4
        case _:
            month = period.astype("datetime64[M]")
            first = month.astype("datetime64[D]").astype(np.int64)
            after = (month + 1).astype("datetime64[D]").astype(np.int64)
    return clock.utc(first * DAY), clock.utc(after * DAY) - 1


def _measure_values(view: View, measure: ast.Measure, rows: I64, counts: Bool) -> tuple[I64, Bool]:
    """Gives value and whether the row counts, for one measure, at some rows.

    Args:
        view: of the bucket.
        measure: not a formula.
        rows: asked.
        counts: on which of them the measure's conditions hold.
    """
    match measure.kind:
        case "count":
            return counts.astype(np.int64), counts
        case "days_active":
            return view.local_day[rows], counts
        case "months_active":
            return period_of(ast.Calendar("month"), view.local_day[rows]), counts
        case "distinct":
            code, known = view.value_codes(measure.field or "")
            return code[rows], counts & known[rows]
        case _:
            column = view.number(measure.field or "").at(rows)
            values = column.num if bool(np.all(column.den[column.known] == 1)) else column.num // column.den
            return np.where(column.known & counts, values, 0), counts & column.known


def rows_of(view: View, rule: ast.Rule, detect: ast.Aggregate) -> pl.DataFrame:
    """Filters one bucket to the rows a rule looks at, with just the columns it needs.

    Returns:
        k0.., _t, _low or _period, amount, tx_id, x0../y0.. (ids, times of matched earlier rows), v:/n: per
        measure, r0.. per role; rows with a missing first key are left out (law L5).
    """
    view.use(detect.derive)
    among = candidates(view, detect)
    rows = view.rows(detect.where) if among is None else view.rows_among(detect.where, among)
    if detect.for_each[0] == "account_id":
        if len(detect.for_each) == 1:
            rows = rows[kernels.large_groups(view.account_number[rows], least_rows(detect))]
    else:
        rows = rows[view.code(detect.for_each[0])[rows] >= 0]
    columns: dict[str, pl.Series | npt.NDArray[np.generic]] = {
        f"k{i}": view.code(key)[rows] for i, key in enumerate(detect.for_each)
    }
    columns["_t"] = view.time[rows]
    if isinstance(detect.window, ast.Rolling):
        length = length_of(detect.window.length)
        columns["_low"] = view.context.clock.before(view.time[rows], length.count, length.unit)
    else:
        columns["_period"] = period_of(detect.window, view.local_day[rows])
    if isinstance(detect.window, ast.Turns):
        columns["_period"] = period_of(ast.Calendar(detect.window.step), view.local_day[rows])
        columns["_source"] = view.code(detect.window.source)[rows]
    columns["amount"] = np.where(view.amount.known, view.amount.num, 0)[rows]
    columns["tx_id"] = view.frame["tx_id"].gather(rows)
    columns |= matched_rows(view, detect.derive, rows)
    if detect.links:
        columns["_step"] = own_steps(view, detect, rows)
    counted: dict[ast.Where, Bool] = {}
    for measure in detect.measures:
        if measure.compared is not None:
            columns |= {f"q:{measure.name}:{f}": view.code(f)[rows] for f in measure.compared.alike_by}
        elif measure.kind != "formula":
            if measure.where not in counted:
                counted[measure.where] = view.holds(measure.where, rows)
            value, counts = _measure_values(view, measure, rows, counted[measure.where])
            columns[f"v:{measure.name}"], columns[f"n:{measure.name}"] = value, counts
    for i, (path, _) in enumerate(rule.roles):
        columns[f"r{i}"] = view.code(path)[rows]
    return pl.DataFrame(columns)


class _Windows:
    """The windows of one rule over its rows."""

    def __init__(self, table: pl.DataFrame, detect: ast.Aggregate) -> None:
        self.detect = detect
        self.table = table
        keys = [table[f"k{i}"].to_numpy() for i in range(len(detect.for_each))]
        complete = np.all([k >= 0 for k in keys], axis=0) if keys else np.zeros(0, np.bool_)
        self.rows = np.flatnonzero(complete).astype(np.int64)
        self.keys = [k[self.rows] for k in keys]
        self.period = np.zeros(0, np.int64)
        self.time = table["_t"].to_numpy()[self.rows]
        group = kernels.group_ids(self.keys)
        large = kernels.large_groups(group, least_rows(detect))
        if not large.all():
            self.rows, self.time = self.rows[large], self.time[large]
            self.keys = [k[large] for k in self.keys]
            group = kernels.group_ids([group[large]])
        if isinstance(detect.window, ast.Turns):
            group = self._take_turns(group, detect.window)
        if isinstance(detect.window, ast.Rolling):
            self.low = table["_low"].to_numpy()[self.rows]
            self.frame = kernels.rolling(group, self.time, self.low)
        elif isinstance(detect.window, ast.Turns):
            self.frame = kernels.partitioned(group, self.time, self.period)
        else:
            self.period = table["_period"].to_numpy()[self.rows]
            self.frame = kernels.partitioned(group, self.time, self.period)
        self.order = self.rows[self.frame.order]

    def _take_turns(self, group: I64, window: ast.Turns) -> I64:
        """Keeps the rows of rulers; the period of a row is the number of its run."""
        share = as_fraction(constant(window.share))
        found = compared.runs_of_turns(
            group,
            self.table["_period"].to_numpy()[self.rows],
            self.table["_source"].to_numpy()[self.rows],
            self.table["amount"].to_numpy()[self.rows],
            (share.numerator, share.denominator),
        )
        kept = found >= 0
        self.rows, self.time, self.period = self.rows[kept], self.time[kept], found[kept]
        self.keys = [k[kept] for k in self.keys]
        return kernels.group_ids([group[kept]])

    def column(self, name: str) -> npt.NDArray[np.generic]:
        """Gives a table column in window order."""
        return self.table[name].to_numpy()[self.order]

    def measure(self, measure: ast.Measure, known: dict[str, Column]) -> Column:
        """Works out one measure per window."""
        if measure.kind == "formula":
            return evaluate(measure.expr, known, self.frame.size)  # type: ignore[arg-type]
        if measure.compared is not None:
            return self._compared(measure.name, measure.compared, known[measure.compared.measure])
        if measure.for_each is not None and measure.for_each != self.detect.for_each:
            return self._wider(measure)
        value, counts = self.column(f"v:{measure.name}"), self.column(f"n:{measure.name}")
        return aggregate(measure.kind, self.frame, value.astype(np.int64), counts.astype(np.bool_))

    def _compared(self, name: str, against: ast.Compared, base: Column) -> Column:
        """Compares each window with the group's own past or with its peers."""
        frame, last = self.frame, np.flatnonzero(self.frame.last)
        period = self.period[frame.order][last]
        if against.over is not None:
            found = compared.usual(frame.owner[last], period, base.num[last], against)
        else:
            alike = [self.column(f"q:{name}:{field}")[last].astype(np.int64) for field in against.alike_by]
            found = compared.peers([period, *alike], base.num[last], base.known[last], against)
        num, den = np.zeros(frame.size, np.int64), np.ones(frame.size, np.int64)
        known = np.zeros(frame.size, np.bool_)
        num[last], den[last], known[last] = found.num, found.den, found.known
        return Column(num, den, known)

    def _wider(self, measure: ast.Measure) -> Column:
        """Takes a measure over the wider group of fewer keys, in the same span of time."""
        positions = [self.detect.for_each.index(k) for k in measure.for_each or ()]
        keys = [self.table[f"k{p}"].to_numpy() for p in positions]
        rows = np.flatnonzero(np.all([k >= 0 for k in keys], axis=0))
        group = kernels.group_ids([k[rows] for k in keys])
        time = self.table["_t"].to_numpy()[rows]
        value = self.table[f"v:{measure.name}"].to_numpy()[rows].astype(np.int64)
        counts = self.table[f"n:{measure.name}"].to_numpy()[rows].astype(np.bool_)
        if isinstance(self.detect.window, ast.Rolling):
            low = self.table["_low"].to_numpy()[rows]
            frame = kernels.rolling(group, time, low)
        else:
            frame = kernels.partitioned(group, time, self.table["_period"].to_numpy()[rows])
        column = aggregate(measure.kind, frame, value[frame.order], counts[frame.order])
        # A wider window seen from a row of the rule's own group ends at the last row of the same instant.
        last = np.flatnonzero(frame.last)
        ends = last[np.searchsorted(last, np.arange(frame.size))]
        at = np.empty(self.table.height, np.int64)
        at[rows[frame.order]] = ends
        return column.take(at[self.order])


def aggregate(kind: str, frame: kernels.Frame, value: I64, counts: Bool) -> Column:
    """Works out one measure kind per window; values and counts are in window order."""
    match kind:
        case "count":
            return whole(kernels.window_count(frame, counts))
        case "sum":
            return whole(kernels.window_sum(frame, np.where(counts, value, 0)))
        case "distinct" | "days_active" | "months_active":
            return whole(kernels.window_distinct(frame, value, counts))
        case "largest" | "smallest":
            return whole(*kernels.window_extreme(frame, value, counts, largest=kind == "largest"))
        case "average":
            number = kernels.window_count(frame, counts)
            total = kernels.window_sum(frame, np.where(counts, value, 0))
            return Column(total, np.maximum(number, 1), number > 0)
        case "median":
            twice, number = kernels.window_median(frame, value, counts, np.flatnonzero(frame.last))
            return Column(twice, np.full(frame.size, 2, np.int64), number > 0)
        case _:
            msg = f"unknown measure '{kind}'"
            raise TypeError(msg)


@dataclass(frozen=True)
class Line:
    """One leaf line judged on every window."""

    left: F64
    right: F64
    holds: Bool


def judge_lines(
    lines: tuple[ast.FlagLine, ...], names: dict[str, Column], n: int
) -> tuple[list[Bool], list[Line]]:
    """Judges every line on every window.

    Returns:
        The truth of each top line, and the leaf lines in written order.
    """
    leaves: list[Line] = []

    def one(line: ast.FlagLine) -> Bool:
        match line:
            case ast.Compare():
                left, right = evaluate(line.left, names, n), evaluate(line.right, names, n)
                holds = compare(left, line.op, right)
                leaves.append(Line(left.floats(), right.floats(), holds))
                return holds
            case ast.AnyLine():
                return any_of([one(x) for x in line.lines])
            case ast.NoneLine():
                return ~any_of([one(x) for x in line.lines])

    return [one(line) for line in lines], leaves


def leaf_texts(lines: tuple[ast.FlagLine, ...]) -> list[str]:
    """Gives the author's text of every leaf line, in the order of `judge_lines`."""
    out: list[str] = []
    for line in lines:
        out.extend([line.text] if isinstance(line, ast.Compare) else leaf_texts(line.lines))
    return out


def judge(table: pl.DataFrame, rule: ast.Rule, detect: ast.Aggregate, clock: Clock) -> Judged:
    """Judges every window of the rows and gives hits, their members and near misses."""
    windows = _Windows(table, detect)
    frame = windows.frame
    known: dict[str, Column] = {}
    for measure in detect.measures:
        known[measure.name] = windows.measure(measure, known)
    tops, leaves = judge_lines(detect.flag_when, known, frame.size)
    flagged = np.flatnonzero(np.all([frame.last, *tops], axis=0))
    shown = detect.headline or detect.measures[0].name
    headline = known[shown].floats()
    spans = _episodes(frame, flagged, headline)
    if detect.repeat is not None:
        spans = repeated(spans, frame.owner, frame.time, detect.repeat, headline, clock)
    hits, members, steps = _write_hits(windows, rule, spans, known, leaves, clock)
    return Judged(hits, members, _near(windows, tops, leaves, detect, flagged), steps)


@dataclass(frozen=True)
class Spans:
    """Episodes or repeated episodes.

    Attributes:
        best: window row whose numbers are shown.
        start, end: first row and last row of the span.
        ranges: (owner, first row, row after the last) of the contributing rows.
        episodes: how many episodes the span holds.
    """

    best: I64
    start: I64
    end: I64
    ranges: tuple[I64, I64, I64]
    episodes: I64


def _episodes(frame: kernels.Frame, flagged: I64, headline: F64) -> Spans:
    """Merges overlapping flagged windows of one group (law L6)."""
    if len(flagged) == 0:
        none = np.zeros(0, np.int64)
        return Spans(none, none, none, (none, none, none), none)
    start, group = frame.start[flagged], frame.group[flagged]
    new = np.ones(len(flagged), np.bool_)
    new[1:] = (group[1:] != group[:-1]) | (start[1:] > flagged[:-1])
    number = np.cumsum(new) - 1
    order = np.lexsort((flagged, np.nan_to_num(headline[flagged], nan=-np.inf), number))
    last_of = np.flatnonzero(np.append(number[order][1:] != number[order][:-1], True))
    best = flagged[order[last_of]]
    first = np.flatnonzero(new)
    ends = flagged[np.append(first[1:] - 1, len(flagged) - 1)]
    owner = np.arange(len(best), dtype=np.int64)
    return Spans(best, start[first], ends, (owner, start[first], ends + 1), np.ones(len(best), np.int64))


def repeated(
    spans: Spans, group_of: I64, time_of: I64, repeat: ast.Repeat, headline: F64, clock: Clock
) -> Spans:
    """Keeps groups of at least so many episodes whose first rows lie within the length.

    Args:
        spans: episodes, sorted by group and first row.
        group_of: group per row, never decreasing.
        time_of: time per row.
        repeat: resolved.
        headline: per value of `spans.best`; the greatest picks what is shown.
        clock: of the profile.
    """
    if len(spans.best) == 0:
        return spans
    times = math.ceil(as_fraction(constant(repeat.times)))
    length = length_of(repeat.within)
    group, first = group_of[spans.start], time_of[spans.start]
    begin = kernels.rank_bounds(group, first, group, clock.before(first, length.count, length.unit))
    index = np.arange(len(first), dtype=np.int64)
    ok = np.flatnonzero(index - begin + 1 >= times)
    if len(ok) == 0:
        return Spans(ok, ok, ok, (ok, ok, ok), ok)
    new = np.ones(len(ok), np.bool_)
    new[1:] = begin[ok][1:] > ok[:-1]
    lead = np.flatnonzero(new)
    low, high = begin[ok][lead], ok[np.append(lead[1:] - 1, len(ok) - 1)]
    owner, episode = kernels.expand(low, high + 1)
    value = np.nan_to_num(headline[spans.best[episode]], nan=-np.inf)
    order = np.lexsort((episode, value, owner))
    last_of = np.flatnonzero(np.append(owner[order][1:] != owner[order][:-1], True))
    best = spans.best[episode[order[last_of]]]
    ranges = (owner, spans.start[episode], spans.end[episode] + 1)
    return Spans(best, spans.start[low], spans.end[high], ranges, high - low + 1)


def _write_hits(
    windows: _Windows,
    rule: ast.Rule,
    spans: Spans,
    known: dict[str, Column],
    leaves: list[Line],
    clock: Clock,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    frame, best = windows.frame, spans.best
    columns: dict[str, pl.Series | npt.NDArray[np.generic]] = {
        f"k{i}": key[frame.order][best] for i, key in enumerate(windows.keys)
    }
    columns["w_starts"], columns["w_ends"] = frame.time[frame.start[best]], frame.time[best]
    columns["starts"], columns["ends"] = frame.time[spans.start], frame.time[spans.end]
    if isinstance(windows.detect.window, ast.Calendar):
        period = windows.period[frame.order]
        columns["w_starts"], columns["w_ends"] = _period_bounds(windows.detect.window, period[best], clock)
        columns["starts"], _ = _period_bounds(windows.detect.window, period[spans.start], clock)
        _, columns["ends"] = _period_bounds(windows.detect.window, period[spans.end], clock)
    columns["episodes"] = spans.episodes
    owner_of, first, after = spans.ranges
    piece, row = kernels.expand(first, after)
    owner = owner_of[piece]
    rows = windows.order[row]
    columns |= contributions(windows.table, rows, owner, len(best))
    columns |= measure_columns([known[m.name] for m in windows.detect.measures], best)
    columns |= line_columns(leaves, best)
    members = member_rows(windows.table, rule, rows, owner)
    own = windows.table["_step"].to_numpy()[rows] if windows.detect.links else np.full(len(rows), NO_STEP)
    return pl.DataFrame(columns), members, step_rows(windows.table, rule, rows, owner, own)


def contributions(table: pl.DataFrame, rows: I64, owner: I64, n: int) -> dict[str, pl.Series]:
    """Gives, per hit, sorted ids, sum, and first and last time of its contributing rows (each row once).

    Args:
        table: has tx_id, _t, amount, and the columns of `matched_rows`; a customer table has none of them.
        rows: table rows, one per pair.
        owner: hit number, one per pair.
        n: number of hits.
    """
    if "tx_id" not in table.columns:
        return {
            "amount": pl.Series([0] * n, dtype=pl.Int64),
            "tx_ids": pl.Series([[]] * n, dtype=pl.List(pl.String)),
            "first": pl.Series([None] * n, dtype=pl.Int64),
            "last": pl.Series([None] * n, dtype=pl.Int64),
        }
    extra = [c for c in table.columns if c.startswith("x") and c[1:].isdigit()]
    times = ["_t", *(f"y{c[1:]}{end}" for c in extra for end in ("low", "high"))]
    part = table.select("tx_id", "amount", *extra, *times)[rows].with_columns(pl.Series("_hit", owner))
    part = part.unique(["_hit", "tx_id"])
    sums = part.group_by("_hit").agg(
        pl.col("amount").sum(),
        pl.min_horizontal(times).min().alias("first"),
        pl.max_horizontal(times).max().alias("last"),
    )
    ids = (
        pl.concat(
            [
                part.select("_hit", pl.col("tx_id").alias("id")),
                *(
                    part.select("_hit", pl.col(c).alias("id")).explode("id", empty_as_null=True)
                    for c in extra
                ),
            ]
        )
        .drop_nulls()
        .unique()
    )
    lists = ids.group_by("_hit").agg(pl.col("id").sort().alias("tx_ids"))
    base = pl.DataFrame({"_hit": np.arange(n, dtype=np.int64)})
    out = base.join(sums, on="_hit", how="left").join(lists, on="_hit", how="left").sort("_hit")
    empty = pl.lit([], dtype=pl.List(pl.String))
    out = out.with_columns(pl.col("amount").fill_null(0), pl.col("tx_ids").fill_null(empty))
    return {name: out[name] for name in ("amount", "tx_ids", "first", "last")}


def measure_columns(columns: list[Column], best: I64) -> dict[str, npt.NDArray[np.generic]]:
    """Gives the measures at the shown windows as exact fractions with a mask."""
    out: dict[str, npt.NDArray[np.generic]] = {}
    for i, column in enumerate(columns):
        at = column.take(best)
        out |= {f"m{i}n": at.num, f"m{i}d": at.den, f"m{i}k": at.known}
    return out


def line_columns(leaves: list[Line], best: I64) -> dict[str, npt.NDArray[np.generic]]:
    """Gives each leaf line's sides and truth at the shown windows."""
    out: dict[str, npt.NDArray[np.generic]] = {}
    for i, line in enumerate(leaves):
        out |= {f"c{i}l": line.left[best], f"c{i}r": line.right[best], f"c{i}h": line.holds[best]}
    return out


def member_rows(table: pl.DataFrame, rule: ast.Rule, rows: I64, owner: I64) -> pl.DataFrame:
    """Counts, per hit and role, who plays it in the contributing rows."""
    amount = table["amount"].to_numpy()[rows] if "amount" in table.columns else np.zeros(len(rows), np.int64)
    parts = []
    for i, _ in enumerate(rule.roles):
        parts.append(
            pl.DataFrame(
                {"hit": owner, "row": rows, "code": table[f"r{i}"].to_numpy()[rows], "amount": amount}
            )
            .filter(pl.col("code") >= 0)
            .unique(["hit", "row"])
            .group_by("hit", "code")
            .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("amount").sum())
            .select("hit", pl.lit(i, dtype=pl.Int64).alias("role"), "code", "n", "amount")
        )
    schema = {"hit": pl.Int64, "role": pl.Int64, "code": pl.Int64, "n": pl.Int64, "amount": pl.Int64}
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def _near(
    windows: _Windows, tops: list[Bool], leaves: list[Line], detect: ast.Aggregate, flagged: I64
) -> pl.DataFrame:
    """Finds, per group without a hit, the window that misses exactly one line by the least."""
    frame = windows.frame
    plain = [i for i, line in enumerate(detect.flag_when) if isinstance(line, ast.Compare)]
    failing = np.sum([~t for t in tops], axis=0) if tops else np.zeros(frame.size, np.int64)
    candidate = frame.last & (failing == 1)
    hit_group = np.zeros(int(frame.owner.max(initial=-1)) + 1, np.bool_)
    hit_group[frame.owner[flagged]] = True
    leaf_of = _leaf_positions(detect.flag_when)
    found = []
    for i in plain:
        line = leaves[leaf_of[i]]
        rows = np.flatnonzero(candidate & ~tops[i] & ~np.isnan(line.left) & (line.right != 0))
        rows = rows[~hit_group[frame.owner[rows]]]
        distance = np.abs(line.left[rows] - line.right[rows]) / np.abs(line.right[rows])
        close = distance <= float(NEAR)
        found.append((rows[close], np.full(int(close.sum()), leaf_of[i]), distance[close]))
    rows = np.concatenate([f[0] for f in found]) if found else np.zeros(0, np.int64)
    line_no = np.concatenate([f[1] for f in found]) if found else np.zeros(0, np.int64)
    distance = np.concatenate([f[2] for f in found]) if found else np.zeros(0)
    order = np.lexsort((-rows, distance, frame.owner[rows]))
    rows, line_no, distance = rows[order], line_no[order], distance[order]
    first = np.ones(len(rows), np.bool_)
    first[1:] = frame.owner[rows][1:] != frame.owner[rows][:-1]
    rows, line_no, distance = rows[first], line_no[first], distance[first]
    nearest = np.lexsort((frame.owner[rows], distance))[:NEAREST]
    rows, line_no, distance = rows[nearest], line_no[nearest], distance[nearest]
    lefts = np.array([leaves[int(k)].left[r] for k, r in zip(line_no, rows, strict=True)], np.float64)
    rights = np.array([leaves[int(k)].right[r] for k, r in zip(line_no, rows, strict=True)], np.float64)
    owner, row = kernels.expand(frame.start[rows], rows + 1)
    columns: dict[str, pl.Series | npt.NDArray[np.generic]] = {
        f"k{i}": key[frame.order][rows] for i, key in enumerate(windows.keys)
    }
    columns |= {"w_starts": frame.time[frame.start[rows]], "w_ends": frame.time[rows], "line": line_no}
    columns |= {"left": lefts, "right": rights, "distance": distance}
    columns["tx_ids"] = contributions(windows.table, windows.order[row], owner, len(rows))["tx_ids"]
    return pl.DataFrame(columns)


def _leaf_positions(lines: tuple[ast.FlagLine, ...]) -> list[int]:
    out, position = [], 0
    for line in lines:
        out.append(position)
        position += len(leaf_texts((line,)))
    return out

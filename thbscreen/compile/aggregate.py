"""Aggregate rules: rows of a bucket -> windows -> judged windows -> episodes.

Two steps, so that a rule may group by something else than the account: `rows_of` filters one bucket
and keeps only what the rule needs; `judge` works on such rows, gathered from one bucket or from all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile import compared
from thbscreen.compile import windows as kernels
from thbscreen.compile.bounds import NEAR, Bound, bounds, candidates, least_rows
from thbscreen.compile.each import Kept, written_out
from thbscreen.compile.episodes import Spans, episodes, repeated
from thbscreen.compile.found import (
    Judged,
    Line,
    Part,
    contributions,
    line_columns,
    measure_columns,
    member_rows,
)
from thbscreen.compile.order import distinct
from thbscreen.compile.pack import is_id
from thbscreen.compile.rational import Column, any_of, compare, evaluate, whole
from thbscreen.compile.rows import Later, Rows, later_columns, numbered
from thbscreen.compile.steps import NO_STEP, matched_rows, own_steps, rests_on_others, step_rows
from thbscreen.compile.where import as_fraction, constant, length_of
from thbscreen.model.clock import DAY, Clock
from thbscreen.rules import ast
from thbscreen.rules.needs import names_in

if TYPE_CHECKING:
    from thbscreen.compile.view import View

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

#: Near misses kept per rule, nearest first, ties in key order: the same for any number of buckets.
NEAREST = 200


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
            values = column.num if column.is_whole() else column.num // column.den
            return np.where(column.known & counts, values, 0), counts & column.known


def rows_of(view: View, rule: ast.Rule, detect: ast.Aggregate) -> Rows:
    """Filters one bucket to the rows a rule looks at, with just the columns it needs.

    Returns:
        k0.., _t, _low or _period, amount, v:/n: per measure, q: per field in which peers agree; later tx_id,
        r0.. per role, x0../y0.. (ids, times of matched rows); rows with a missing first key are left out (law
        L5), and accounts that cannot matter.
    """
    view.use(detect.derive)
    among = candidates(view, detect)
    rows = view.rows(detect.where) if among is None else view.rows_among(detect.where, among)
    if detect.for_each[0] == "account_id":
        if len(detect.for_each) == 1:
            rows = rows[kernels.large_groups(view.account_number[rows], least_rows(detect))]
    else:
        rows = rows[view.has_key(detect.for_each[0], rows)]
    if len(rows) == 0:
        return Rows(0, {})
    columns, texts = key_columns(view, detect.for_each, rows)
    columns["_t"] = view.time[rows]
    if isinstance(detect.window, ast.Rolling):
        length = length_of(detect.window.length)
        columns["_low"] = view.before(rows, length)
    else:
        columns["_period"] = period_of(detect.window, view.local_day[rows])
    if isinstance(detect.window, ast.Turns):
        columns["_period"] = period_of(ast.Calendar(detect.window.step), view.local_day[rows])
        columns["_source"] = view.code(detect.window.source)[rows]
    columns["amount"] = view.cents[rows]
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
    return Rows(len(rows), columns, later_of(view, rule, detect.derive, rows), texts)


def key_columns(
    view: View, keys: tuple[str, ...], rows: I64
) -> tuple[dict[str, npt.NDArray[np.generic]], dict[str, pl.Series]]:
    """Gives the codes of a rule's keys at its rows, and the texts of those without codes in the run."""
    columns: dict[str, npt.NDArray[np.generic]] = {}
    texts = {}
    for i, key in enumerate(keys):
        if is_id(key):
            columns[f"k{i}"], texts[f"k{i}"] = numbered(view.ids(key, rows))
        else:
            columns[f"k{i}"] = view.code(key)[rows]
    return columns, texts


def later_of(
    view: View,
    rule: ast.Rule,
    derive: tuple[ast.Derive, ...],
    rows: I64,
    paths: tuple[str, ...] | None = None,
) -> tuple[Later, ...]:
    """Gives how ids, roles and matched rows are looked up at rows of a rule that contribute to a hit."""
    paths = tuple(path for path, _ in rule.roles) if paths is None else paths
    names = tuple(derive)

    def code(path: str) -> I64:
        view.use(names)  # another rule may have been at work since
        return view.code(path)

    def matched(at: I64) -> dict[str, Any]:
        view.use(names)
        return dict(matched_rows(view, names, at))

    return later_columns(
        view.frame["tx_id"],
        rows,
        {f"r{i}": partial(code, path) for i, path in enumerate(paths)},
        matched if rests_on_others(names) else None,
    )


class _Windows:
    """The windows of one rule over its rows."""

    def __init__(self, table: Rows, detect: ast.Aggregate) -> None:
        self.detect = detect
        self.table = table
        keys = [table[f"k{i}"] for i in range(len(detect.for_each))]
        complete = np.all([k >= 0 for k in keys], axis=0) if keys else np.zeros(0, np.bool_)
        self.rows = np.flatnonzero(complete).astype(np.int64)
        self.keys = [k[self.rows] for k in keys]
        self.period = np.zeros(0, np.int64)
        self.time = table["_t"][self.rows]
        group = kernels.group_ids(self.keys)
        large = kernels.large_groups(group, least_rows(detect))
        if not large.all():
            self.rows, self.time = self.rows[large], self.time[large]
            self.keys = [k[large] for k in self.keys]
            group = kernels.group_ids([group[large]])
        if isinstance(detect.window, ast.Turns):
            group = self._take_turns(group, detect.window)
        if isinstance(detect.window, ast.Rolling):
            self.low = table["_low"][self.rows]
            self.frame = kernels.rolling(group, self.time, self.low)
        elif isinstance(detect.window, ast.Turns):
            self.frame = kernels.partitioned(group, self.time, self.period)
        else:
            self.period = table["_period"][self.rows]
            self.frame = kernels.partitioned(group, self.time, self.period)
        self.kept = None if detect.each is None else self._keep_each(detect.each)
        self.order = self.rows[self.frame.order]
        self.at = np.flatnonzero(self.frame.last).astype(np.int64)
        self.number = np.arange(len(self.at), dtype=np.int64)

    def _take_turns(self, group: I64, window: ast.Turns) -> I64:
        """Keeps the rows of rulers; the period of a row is the number of its run."""
        share = as_fraction(constant(window.share))
        found = compared.runs_of_turns(
            group,
            self.table["_period"][self.rows],
            self.table["_source"][self.rows],
            self.table["amount"][self.rows],
            (share.numerator, share.denominator),
        )
        kept = found >= 0
        self.rows, self.time, self.period = self.rows[kept], self.time[kept], found[kept]
        self.keys = [k[kept] for k in self.keys]
        return kernels.group_ids([group[kept]])

    def _keep_each(self, each: ast.Each) -> Kept:
        """Leaves out of each window the rows of values of which it holds too few."""
        table, order = self.table, self.rows[self.frame.order]

        def possible(frame: kernels.Frame, rows: I64, at: I64) -> Bool:
            def reached(bound: Bound) -> Bool:
                measure, here = bound.measure, order[rows]
                value, counts = table[f"v:{measure.name}"][here], table[f"n:{measure.name}"][here]
                value = np.maximum(value, 0) if measure.kind == "sum" else value
                found = aggregate(measure.kind, frame, value.astype(np.int64), counts.astype(np.bool_), at)
                return (found.num >= bound.least) & found.known

            each: Bool = np.all([np.ones(len(at), np.bool_), *map(reached, bounds(self.detect))], axis=0)
            return each

        value = np.where(table[f"n:{each.of}"], table[f"v:{each.of}"], -1)[order].astype(np.int64)
        least = max(1, math.ceil(as_fraction(constant(each.rows))))
        rolling = isinstance(self.detect.window, ast.Rolling)
        kept = written_out(self.frame, value, least, possible, rolling=rolling)
        self.frame = kept.frame
        return kept

    def column(self, name: str) -> npt.NDArray[np.generic]:
        """Gives a table column in window order."""
        column: npt.NDArray[np.generic] = self.table[name][self.order]
        return column

    def keep(self, kept: I64) -> None:
        """Goes on with some of the windows; what is measured later is measured on them alone."""
        self.at, self.number = self.at[kept], self.number[kept]

    def spans(self) -> tuple[I64, I64] | None:
        """Gives where all rows of each window that is looked at begin and end, if it leaves some out."""
        return None if self.kept is None else (self.kept.first[self.number], self.kept.last[self.number])

    def measure(self, measure: ast.Measure, known: Mapping[str, Column]) -> Column:
        """Works out one measure of every window that is still looked at."""
        if measure.kind == "formula":
            return evaluate(measure.expr, known, len(self.at))  # type: ignore[arg-type]
        if measure.compared is not None:
            return self._compared(measure.name, measure.compared, known[measure.compared.measure])
        if measure.for_each is not None and measure.for_each != self.detect.for_each:
            return self._wider(measure)
        value, counts = self.column(f"v:{measure.name}"), self.column(f"n:{measure.name}")
        return aggregate(measure.kind, self.frame, value.astype(np.int64), counts.astype(np.bool_), self.at)

    def _compared(self, name: str, against: ast.Compared, base: Column) -> Column:
        """Compares each window with the group's own past or with its peers; needs every window."""
        period = self.period[self.frame.order[self.at]]
        if against.over is not None:
            return compared.usual(self.frame.owner[self.at], period, base.num, against)
        alike = [self.column(f"q:{name}:{field}")[self.at].astype(np.int64) for field in against.alike_by]
        return compared.peers([period, *alike], base.num, base.known, against)

    def _wider(self, measure: ast.Measure) -> Column:
        """Takes a measure over the wider group of fewer keys, in the same span of time."""
        positions = [self.detect.for_each.index(k) for k in measure.for_each or ()]
        keys = [self.table[f"k{p}"] for p in positions]
        rows = np.flatnonzero(np.all([k >= 0 for k in keys], axis=0))
        group = kernels.group_ids([k[rows] for k in keys])
        time = self.table["_t"][rows]
        value = self.table[f"v:{measure.name}"][rows].astype(np.int64)
        counts = self.table[f"n:{measure.name}"][rows].astype(np.bool_)
        if isinstance(self.detect.window, ast.Rolling):
            frame = kernels.rolling(group, time, self.table["_low"][rows])
        else:
            frame = kernels.partitioned(group, time, self.table["_period"][rows])
        # A wider window seen from a row of the rule's own group ends at the last row of the same instant.
        last = np.flatnonzero(frame.last)
        at = np.empty(self.table.height, np.int64)
        at[rows[frame.order]] = last[np.searchsorted(last, np.arange(frame.size))]
        return aggregate(
            measure.kind, frame, value[frame.order], counts[frame.order], at[self.order[self.at]]
        )


def aggregate(kind: str, frame: kernels.Frame, value: I64, counts: Bool, at: I64) -> Column:
    """Works out one measure kind for the windows that end at some rows; values are in window order."""
    match kind:
        case "count":
            return whole(kernels.window_count(frame, counts, at))
        case "sum":
            return whole(kernels.window_sum(frame, np.where(counts, value, 0), at))
        case "distinct" | "days_active" | "months_active":
            return whole(kernels.window_distinct(frame, value, counts)[at])
        case "largest" | "smallest":
            return whole(*kernels.window_extreme(frame, value, counts, largest=kind == "largest")).take(at)
        case "average":
            number = kernels.window_count(frame, counts, at)
            total = kernels.window_sum(frame, np.where(counts, value, 0), at)
            return Column(total, np.maximum(number, 1), number > 0)
        case "median":
            twice, number = kernels.window_median(frame, value, counts, distinct(at))
            return Column(twice[at], np.full(len(at), 2, np.int64), number[at] > 0)
        case _:
            msg = f"unknown measure '{kind}'"
            raise TypeError(msg)


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


@dataclass
class _Lines:
    """The lines of a rule, judged one after the other on the windows that can still matter.

    A window matters while it can be a hit or a near miss: no line, or one alone and by little, has failed.
    """

    windows: _Windows
    known: dict[str, Column]
    tops: list[Bool] = field(default_factory=list)
    leaves: list[Line] = field(default_factory=list)

    def measured(self, name: str) -> None:
        """Works out a measure and what it is made of."""
        detect = self.windows.detect
        measure = next((m for m in detect.measures if m.name == name), None)
        if name in self.known or measure is None:
            return
        if measure.compared is not None:
            self.measured(measure.compared.measure)
        for part in names_in(measure.expr) if measure.expr is not None else ():
            self.measured(part)
        self.known[name] = self.windows.measure(measure, self.known)

    def judge(self, line: ast.FlagLine) -> None:
        """Judges one line."""
        for name in _named(line):
            self.measured(name)
        (top,), leaves = judge_lines((line,), self.known, len(self.windows.at))
        self.tops.append(top)
        self.leaves += leaves

    def narrow(self, line: ast.FlagLine) -> None:
        """Leaves out the windows that can neither be a hit nor a near miss any more."""
        failed = np.sum([~top for top in self.tops], axis=0)
        possible = failed == 0
        if isinstance(line, ast.Compare):
            near = ~self.tops[-1] & (failed == 1) & (_distance(self.leaves[-1]) <= NEAR)
            possible |= near
        possible |= self.tops[-1] & (failed == 1)
        if possible.all():
            return
        kept = np.flatnonzero(possible)
        self.windows.keep(kept)
        self.known = {name: column.take(kept) for name, column in self.known.items()}
        self.tops = [top[kept] for top in self.tops]
        self.leaves = [leaf.take(kept) for leaf in self.leaves]


def _named(line: ast.FlagLine) -> Iterator[str]:
    if isinstance(line, ast.Compare):
        yield from (*names_in(line.left), *names_in(line.right))
    else:
        for inner in line.lines:
            yield from _named(inner)


def _distance(line: Line) -> F64:
    """Gives by what share of the right side a window misses a line; not a number where nobody can tell."""
    right = np.where(line.right == 0, np.nan, np.abs(line.right))
    return np.abs(line.left - line.right) / right


def judge(table: Rows, rule: ast.Rule, detect: ast.Aggregate, clock: Clock) -> Judged:
    """Judges every window of the rows and gives hits, their members and near misses."""
    if table.height == 0:
        return Judged()
    windows = _Windows(table, detect)
    lines = _Lines(windows, {})
    whole_groups = any(m.compared is not None for m in detect.measures)
    for line in detect.flag_when:
        lines.judge(line)
        if not whole_groups:
            lines.narrow(line)
        if len(windows.at) == 0:
            return Judged()
    flagged = np.flatnonzero(np.all(lines.tops, axis=0))
    near = _nearest(windows, lines, flagged)
    if len(flagged) == 0 and len(near.window) == 0:
        return Judged()
    for measure in detect.measures:
        lines.measured(measure.name)
    shown = detect.headline or detect.measures[0].name
    headline = lines.known[shown].floats()
    spans = episodes(windows.frame, windows.at, flagged, headline, windows.spans())
    if detect.repeat is not None:
        frame = windows.frame
        spans = repeated(spans, frame.owner, frame.time, detect.repeat, headline, clock)
    out = _write_hits(windows, rule, spans, lines, clock) if len(spans.best) else Judged()
    out.near = _write_near(windows, near)
    return out


def _write_hits(windows: _Windows, rule: ast.Rule, spans: Spans, lines: _Lines, clock: Clock) -> Judged:
    frame, best = windows.frame, windows.at[spans.best]
    columns: dict[str, pl.Series | npt.NDArray[np.generic]] = {
        f"k{i}": windows.table.key(f"k{i}", key[frame.order[best]]) for i, key in enumerate(windows.keys)
    }
    columns["w_starts"], columns["w_ends"] = frame.time[frame.start[best]], frame.time[best]
    columns["starts"], columns["ends"] = frame.time[spans.start], frame.time[spans.end]
    if isinstance(windows.detect.window, ast.Calendar):
        period = windows.period
        of_best, of_start, of_end = (period[frame.order[at]] for at in (best, spans.start, spans.end))
        columns["w_starts"], columns["w_ends"] = _period_bounds(windows.detect.window, of_best, clock)
        columns["starts"], _ = _period_bounds(windows.detect.window, of_start, clock)
        _, columns["ends"] = _period_bounds(windows.detect.window, of_end, clock)
    columns["episodes"] = spans.episodes
    owner_of, first, after = spans.ranges
    piece, row = kernels.expand(first, after)
    owner, rows = owner_of[piece], windows.order[row]
    if windows.kept is not None:  # windows that overlap hold the same rows again
        owner, rows = np.unique(np.column_stack([owner, rows]), axis=0).T
    part = part_of(windows.table, rows, owner)
    columns |= contributions(part, len(best))
    columns |= measure_columns([lines.known[m.name] for m in windows.detect.measures], spans.best)
    columns |= line_columns(lines.leaves, spans.best)
    own = windows.table["_step"][rows] if windows.detect.links else np.full(len(rows), NO_STEP)
    return Judged(pl.DataFrame(columns), member_rows(part, rule), pl.DataFrame(), step_rows(part, rule, own))


def part_of(table: Rows, rows: I64, owner: I64) -> Part:
    """Gives contributing rows of hits: one per pair of a hit and a row."""
    none = np.zeros(len(rows), np.int64)
    amount = table["amount"][rows] if "amount" in table else none
    return Part(owner, rows, amount, table["_t"][rows], table.at(rows))


@dataclass(frozen=True)
class _Near:
    """Nearest misses: the window, the leaf line that it misses, both sides and the distance."""

    window: I64
    line: I64
    left: F64
    right: F64
    distance: F64


def _nearest(windows: _Windows, lines: _Lines, flagged: I64) -> _Near:
    """Finds, per group without a hit, the window that misses exactly one line by the least."""
    detect, owner = windows.detect, windows.frame.owner[windows.at]
    leaf_of = _leaf_positions(detect.flag_when)
    failing = np.sum([~t for t in lines.tops], axis=0) if lines.tops else np.zeros(len(owner), np.int64)
    hit_group = np.zeros(int(owner.max(initial=-1)) + 1, np.bool_)
    hit_group[owner[flagged]] = True
    candidate = (failing == 1) & ~hit_group[owner]
    found = []
    for i in (i for i, line in enumerate(detect.flag_when) if isinstance(line, ast.Compare)):
        leaf = lines.leaves[leaf_of[i]]
        at = np.flatnonzero(candidate & ~lines.tops[i])
        distance = _distance(leaf.take(at))
        at, distance = at[distance <= NEAR], distance[distance <= NEAR]
        number = np.full(len(at), leaf_of[i], np.int64)
        found.append((at, number, leaf.left[at], leaf.right[at], distance))
    none = np.zeros(0, np.int64)
    at, line = (np.concatenate([none, *(f[k] for f in found)]) for k in (0, 1))
    left, right, distance = (
        np.concatenate([none.astype(np.float64), *(f[k] for f in found)]) for k in (2, 3, 4)
    )
    order = np.lexsort((-at, distance, owner[at]))
    of_owner = owner[at][order]
    order = order[np.concatenate([of_owner[:1] == of_owner[:1], of_owner[1:] != of_owner[:-1]])]
    order = order[np.lexsort((owner[at][order], distance[order]))[:NEAREST]]
    return _Near(at[order], line[order], left[order], right[order], distance[order])


def _write_near(windows: _Windows, near: _Near) -> pl.DataFrame:
    if len(near.window) == 0:
        return pl.DataFrame()
    frame, rows = windows.frame, windows.at[near.window]
    owner, row = kernels.expand(frame.start[rows], rows + 1)
    columns: dict[str, pl.Series | npt.NDArray[np.generic]] = {
        f"k{i}": windows.table.key(f"k{i}", key[frame.order[rows]]) for i, key in enumerate(windows.keys)
    }
    columns |= {"w_starts": frame.time[frame.start[rows]], "w_ends": frame.time[rows], "line": near.line}
    columns |= {"left": near.left, "right": near.right, "distance": near.distance}
    columns["tx_ids"] = contributions(part_of(windows.table, windows.order[row], owner), len(rows))["tx_ids"]
    return pl.DataFrame(columns)


def _leaf_positions(lines: tuple[ast.FlagLine, ...]) -> list[int]:
    out, position = [], 0
    for line in lines:
        out.append(position)
        position += len(leaf_texts((line,)))
    return out

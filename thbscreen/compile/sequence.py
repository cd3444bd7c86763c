"""Sequence rules: rows of one group that follow each other in time (laws L7 and L8).

Like aggregates in two steps: `rows_of_sequence` filters one bucket, `judge_sequence` works on such rows,
gathered from one bucket or from all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile import windows as kernels
from thbscreen.compile.aggregate import judge_lines, key_columns, later_of, part_of
from thbscreen.compile.episodes import Spans, repeated
from thbscreen.compile.found import (
    Judged,
    Part,
    contributions,
    line_columns,
    measure_columns,
    member_rows,
)
from thbscreen.compile.order import numbered_by_value, rows_in_any, stable_order
from thbscreen.compile.rational import Column, whole
from thbscreen.compile.rows import Rows
from thbscreen.compile.steps import step_rows
from thbscreen.compile.where import length_of
from thbscreen.rules import ast

if TYPE_CHECKING:
    from thbscreen.compile.view import View
    from thbscreen.model.clock import Clock

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


def rows_of_sequence(view: View, rule: ast.Rule, detect: ast.Sequence) -> Rows:
    """Filters one bucket to the rows that may be a step, with just the columns the rule needs.

    Returns:
        k0.., _t, _until (latest time of a later step), amount, s0.. per step, b0:.. per step and field that
        must agree, n:, d: and h: per step field; later tx_id, r0.. per role, columns of `matched_rows`.
    """
    view.use(detect.derive)
    taken = [view.rows_among(step.where, view.rows(detect.where)) for step in detect.steps]
    rows = rows_in_any(taken, view.size)
    rows = rows[view.has_key(detect.for_each[0], rows)]
    if len(rows) == 0:
        return Rows(0, {})
    length = length_of(detect.within)
    columns, texts = key_columns(view, detect.for_each, rows)
    columns["_t"] = view.time[rows]
    columns["_until"] = view.before(rows, replace(length, count=-length.count))
    columns["amount"] = view.cents[rows]
    for i, step in enumerate(detect.steps):
        columns[f"s{i}"] = np.isin(rows, taken[i], assume_unique=True)
        for field in step.same:
            value, known = view.value_codes(field)
            columns |= {f"b:{field}": value[rows], f"c:{field}": known[rows]}
    for measure in detect.measures:
        if measure.kind == "step" and measure.field is not None:
            column = view.number(measure.field).take(rows)
            columns |= {
                f"n:{measure.field}": column.num, f"d:{measure.field}": column.den,
                f"h:{measure.field}": column.known,
            }  # fmt: skip
    paths = tuple(
        path.partition(".")[2] if _step_of(detect, path) is not None else path for path, _ in rule.roles
    )
    return Rows(len(rows), columns, later_of(view, rule, detect.derive, rows, paths), texts)


def _step_of(detect: ast.Sequence, path: str) -> int | None:
    """Gives the number of the step that a role such as `wage.cp_account_id` names."""
    head, dot, _ = path.partition(".")
    names = [step.name for step in detect.steps]
    return names.index(head) if dot and head in names else None


class _Rows:
    """Rows of a rule in order of group and time."""

    def __init__(self, table: Rows, detect: ast.Sequence) -> None:
        keys = [table[f"k{i}"] for i in range(len(detect.for_each))]
        complete = np.flatnonzero(np.all([k >= 0 for k in keys], axis=0))
        group = kernels.group_ids([k[complete] for k in keys])
        order = stable_order(group)
        self.rows = complete[order]
        self.group = group[order]
        self.keys = [k[self.rows] for k in keys]
        self.time = table["_t"][self.rows]
        self.until = table["_until"][self.rows]
        self.table = table

    def column(self, name: str) -> npt.NDArray[np.generic]:
        """Gives a column of the table in this order."""
        column: npt.NDArray[np.generic] = self.table[name][self.rows]
        return column

    def purse(self, fields: tuple[str, ...]) -> tuple[I64, Bool]:
        """Numbers rows of one group with equal known values of the fields."""
        known = np.ones(len(self.rows), np.bool_)
        parts: list[npt.NDArray[np.integer]] = [self.group]
        for field in fields:
            known &= self.column(f"c:{field}").astype(np.bool_)
            dense = numbered_by_value(self.column(f"b:{field}"))  # type: ignore[arg-type]
            parts.append(dense)
        return kernels.group_ids(parts), known


def match_steps(rows: _Rows, detect: ast.Sequence, last: int) -> I64:
    """Finds the sequences: one line per start, one column per step that must come.

    Args:
        rows: in order of group, time, tx_id.
        detect: resolved.
        last: time of the data's last movement; a step that must stay away is judged only when its
            time is over by then.
    """
    n = len(rows.rows)
    start = np.flatnonzero(rows.column("s0").astype(np.bool_))
    found = start[:, None]
    for number, step in enumerate(detect.steps[1:], start=1):
        purse, known = rows.purse(step.same)
        passes = np.flatnonzero(rows.column(f"s{number}").astype(np.bool_) & known)
        key = purse[passes] * (n + 1) + passes
        order = np.argsort(key, kind="stable")
        key, passes = key[order], passes[order]
        first, at = found[:, 0], found[:, -1]
        place = np.searchsorted(key, purse[first] * (n + 1) + at, side="right")
        next_row = passes[np.minimum(place, max(len(passes) - 1, 0))] if len(passes) else first
        there = (place < len(passes)) & known[first]
        if len(passes):
            there &= purse[next_row] == purse[first]
        there &= rows.time[next_row] <= rows.until[first]
        if step.absent:
            return found[~there & known[first] & (rows.until[first] <= last)]
        found = np.column_stack([found[there], next_row[there]])
        # a later row serves one start, the latest before it
        by_row = np.lexsort((found[:, 0], found[:, -1]))
        latest = np.append(found[by_row][1:, -1] != found[by_row][:-1, -1], True)
        found = found[np.sort(by_row[latest])] if len(found) else found
    return found


def judge_sequence(table: Rows, rule: ast.Rule, detect: ast.Sequence, clock: Clock, last: int) -> Judged:
    """Judges rows and gives hits: single sequences merged where they overlap, or repeated ones."""
    if table.height == 0:
        return Judged()
    rows = _Rows(table, detect)
    found = match_steps(rows, detect, last)
    known = _fields(rows, detect, found)
    tops, leaves = judge_lines(detect.flag_when, known, len(found))
    kept = np.flatnonzero(np.all(tops, axis=0)) if tops else np.arange(len(found))
    kept = kept[np.argsort(found[kept, 0], kind="stable")]
    ends = found[kept, -1]
    low, high = _hits(rows, detect, found[kept, 0], ends, clock)
    if len(high) == 0:
        return Judged()
    best = kept[high]
    times = whole(high - low + 1)
    absent = detect.steps[-1].absent
    until = rows.until[found[:, 0]]
    done = until if absent else rows.time[found[:, -1]]
    columns: dict[str, pl.Series | npt.NDArray[np.generic]] = {
        f"k{i}": table.key(f"k{i}", key[found[best, 0]]) for i, key in enumerate(rows.keys)
    }
    columns |= {"w_starts": rows.time[found[best, 0]], "w_ends": done[best]}
    columns |= {"starts": rows.time[found[kept[low], 0]]}
    piece, number = kernels.expand(low, high + 1)
    columns["ends"] = np.full(len(best), np.iinfo(np.int64).min, np.int64)
    np.maximum.at(columns["ends"], piece, done[kept[number]])
    columns["episodes"] = times.num
    taken = found[kept[number]]
    hit = np.repeat(piece, taken.shape[1])
    flat = rows.rows[taken.ravel()]
    part = part_of(table, flat, hit)
    columns |= contributions(part, len(best))
    shown = [times if m.kind == "times" else known[m.name].take(best) for m in detect.measures]
    columns |= measure_columns(shown, np.arange(len(best), dtype=np.int64))
    columns |= line_columns(leaves, best)
    steps = np.tile(np.arange(taken.shape[1]), len(taken))
    members = _members(part, rule, detect, steps)
    told = step_rows(part, rule, steps)
    return Judged(pl.DataFrame(columns), members, pl.DataFrame(), told)


def _fields(rows: _Rows, detect: ast.Sequence, found: I64) -> dict[str, Column]:
    """Gives the fields of steps that lines and evidence name, per sequence."""
    names = [step.name for step in detect.steps]
    out: dict[str, Column] = {}
    for measure in detect.measures:
        if measure.kind == "step":
            at = found[:, names.index(str(measure.link))]
            num, den, known = (rows.column(f"{part}:{measure.field}") for part in "ndh")
            whole_column = Column(num.astype(np.int64), den.astype(np.int64), known.astype(np.bool_))
            out[measure.name] = whole_column.take(at)
    return out


def _hits(rows: _Rows, detect: ast.Sequence, start: I64, end: I64, clock: Clock) -> tuple[I64, I64]:
    """Gives first and last sequence of each hit, as positions in the kept sequences."""
    index = np.arange(len(start), dtype=np.int64)
    owner = rows.group[start]
    if detect.repeat is not None:
        spans = Spans(index, start, end, (index, start, end + 1), np.ones(len(start), np.int64))
        spans = repeated(spans, rows.group, rows.time, detect.repeat, index.astype(np.float64), clock)
        low = np.searchsorted(start, spans.start)
        return low, low + spans.episodes - 1
    reach = np.maximum.accumulate(end) if len(end) else end
    new = np.ones(len(start), np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (start[1:] > reach[:-1])
    low = np.flatnonzero(new)
    high = np.append(low[1:] - 1, len(start) - 1)[: len(low)]
    return low, high


def _members(part: Part, rule: ast.Rule, detect: ast.Sequence, step: I64) -> pl.DataFrame:
    """Counts who plays each role; a role of a step counts the rows of that step only."""
    wanted = {number: _step_of(detect, path) for number, (path, _) in enumerate(rule.roles)}
    return member_rows(part, rule, {n: step == at for n, at in wanted.items() if at is not None})

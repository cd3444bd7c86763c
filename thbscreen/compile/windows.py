"""Vectorized window kernels over rows sorted by (group, time). Exact: integers only.

A window is a half-open range of row positions `[start[j], j + 1)` seen from its last row `j`. Starts never
decrease, so counts and sums are differences of running sums and distinct counts are linear even on
an account that holds every row. Each kernel has a slow, obvious twin in tests/oracles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from thbscreen.compile.order import distinct, numbered_by_value

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

_MISSING_LOW = np.iinfo(np.int64).min


def group_ids(keys: list[npt.NDArray[np.integer]]) -> I64:
    """Gives each row a dense group number, in the order of the key tuples.

    Args:
        keys: one array of codes per grouping key, equally long, no missing codes.
    """
    if not keys or len(keys[0]) == 0:
        return np.zeros(0, dtype=np.int64)
    combined = keys[0].astype(np.int64)
    if len(keys) == 1 and bool(np.all(combined[1:] >= combined[:-1])):
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(combined[1:] != combined[:-1])])
    for key in keys[1:]:
        combined = numbered_by_value(combined)
        width = int(key.max(initial=0)) + 1
        combined = combined * width + key
    return numbered_by_value(combined)


def large_groups(group: I64, least: int) -> Bool:
    """Tells which rows belong to a group of at least so many rows."""
    return (np.bincount(group, minlength=1) >= least)[group] if len(group) else np.zeros(0, np.bool_)


@dataclass(frozen=True)
class Frame:
    """Rows of one rule in window order.

    Attributes:
        order: positions of the source rows, sorted by (group, time, source position).
        group: dense number of the group (and period, for calendar windows) per row, never decreasing.
        owner: dense number of the group alone, never decreasing.
        time: microseconds per sorted row, not decreasing inside a group.
        start: first row of the window that ends at each row.
        last: True on the last of several rows with equal group and time, where windows are judged (L1).
    """

    order: I64
    group: I64
    owner: I64
    time: I64
    start: I64
    last: Bool

    @cached_property
    def size(self) -> int:
        """Number of rows."""
        return len(self.order)


def sort_rows(group: I64, time: I64) -> I64:
    """Gives the order of rows by (group, time), ties in source order."""
    if len(group) == 0:
        return np.zeros(0, dtype=np.int64)
    same = group[1:] == group[:-1]
    if bool(np.all((group[1:] > group[:-1]) | (same & (time[1:] >= time[:-1])))):
        return np.arange(len(group), dtype=np.int64)
    return np.lexsort((time, group)).astype(np.int64)


def _ends(group: I64, time: I64) -> Bool:
    last = np.ones(len(group), dtype=np.bool_)
    last[:-1] = (group[1:] != group[:-1]) | (time[1:] != time[:-1])
    return last


def rank_bounds(group: I64, time: I64, wanted_group: I64, bound: I64) -> I64:
    """Counts, per query, the rows before the first row of `wanted_group` later than `bound`.

    Args:
        group: sorted group numbers of the rows.
        time: times of the rows, not decreasing inside a group.
        wanted_group: group asked for, per query.
        bound: time asked for, per query.
    """
    if len(group) == 0 or len(bound) == 0:
        return np.zeros(len(bound), dtype=np.int64)
    low = min(int(time.min()), int(bound.min()))
    span = max(int(time.max()), int(bound.max())) - low + 2
    groups = max(int(group[-1]), int(wanted_group.max())) + 1
    per_block = _KEY_LIMIT // span - 2
    if groups <= per_block:
        return _search(group, time, wanted_group, bound, low, span)
    if per_block < 1:
        return _merge(group, time, wanted_group, bound)
    # Too many groups for one 64-bit key: search block by block of groups.
    out = np.empty(len(bound), dtype=np.int64)
    block = wanted_group // per_block
    for number in distinct(block):
        asked = block == number
        first, last = np.searchsorted(group, [number * per_block, (number + 1) * per_block])
        part = slice(int(first), int(last))
        base = number * per_block
        out[asked] = first + _search(
            group[part] - base, time[part], wanted_group[asked] - base, bound[asked], low, span
        )
    return out


_KEY_LIMIT = 2**62


def _search(group: I64, time: I64, wanted_group: I64, bound: I64, low: int, span: int) -> I64:
    key = group * span + (time - low + 1)
    asked = wanted_group * span + np.maximum(bound - low + 1, 0)
    return np.searchsorted(key, asked, side="right").astype(np.int64)


def _merge(group: I64, time: I64, wanted_group: I64, bound: I64) -> I64:
    """Sorts rows and queries together: needed only when times alone fill 64 bits."""
    n = len(group)
    groups = np.concatenate([group, wanted_group])
    times = np.concatenate([time, bound])
    kind = np.concatenate([np.zeros(n, np.int8), np.ones(len(bound), np.int8)])
    order = np.lexsort((kind, times, groups))
    seen = np.cumsum(order < n)
    out = np.empty(len(bound), dtype=np.int64)
    is_query = order >= n
    out[order[is_query] - n] = seen[is_query]
    return out


def rolling(group: I64, time: I64, lower: I64) -> Frame:
    """Builds windows `(lower, time]` per row.

    Args:
        group: dense group per source row.
        time: microseconds per source row.
        lower: lower bound per source row, itself outside. Inside a group a bound never moves back.
    """
    order = sort_rows(group, time)
    g, t, low = group[order], time[order], lower[order]
    start = rank_bounds(g, t, g, low)
    start = np.maximum(start, _group_starts(g))
    start = np.maximum.accumulate(start) if len(start) else start
    return Frame(order, g, g, t, start, _ends(g, t))


def _group_starts(group: I64) -> I64:
    n = len(group)
    first = np.zeros(n, dtype=np.int64)
    if n:
        change = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
        first = np.repeat(change, np.diff(np.concatenate([change, [n]])))
    return first


def partitioned(group: I64, time: I64, period: I64) -> Frame:
    """Builds one window per group and period (a calendar step, or 0 for the whole data)."""
    joint = group_ids([group, period - int(period.min(initial=0))]) if len(group) else group
    order = sort_rows(joint, time)
    g = joint[order]
    last = np.ones(len(g), dtype=np.bool_)
    last[:-1] = g[1:] != g[:-1]
    return Frame(order, g, group[order], time[order], _group_starts(g), last)


def window_sum(frame: Frame, values: I64, at: I64 | None = None) -> I64:
    """Sums values (already in window order; 0 where a row does not count) per window.

    Args:
        frame: the windows.
        values: per row.
        at: last rows of the windows that are asked for; by default every row.
    """
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    sums: I64 = total[1:] - total[frame.start] if at is None else total[at + 1] - total[frame.start[at]]
    return sums


def window_count(frame: Frame, counts: Bool, at: I64 | None = None) -> I64:
    """Counts the rows that count per window, see `window_sum`."""
    return window_sum(frame, counts.astype(np.int64), at)


def window_distinct(frame: Frame, codes: I64, counts: Bool) -> I64:
    """Counts distinct codes per window in linear time after one sort.

    A row counts in every window that ends from itself on, until the same code comes again or the
    row leaves the window: +1 there, -1 here, one running sum.

    Args:
        frame: the windows.
        codes: value per row in window order.
        counts: rows that count (code present and condition true).
    """
    n = frame.size
    rows = np.flatnonzero(counts)
    if len(rows) == 0:
        return np.zeros(n, dtype=np.int64)
    by_value = np.lexsort((rows, codes[rows], frame.group[rows]))
    sorted_rows = rows[by_value]
    again = np.full(len(rows), n, dtype=np.int64)
    same = (frame.group[sorted_rows[1:]] == frame.group[sorted_rows[:-1]]) & (
        codes[sorted_rows[1:]] == codes[sorted_rows[:-1]]
    )
    again[:-1][same] = sorted_rows[1:][same]
    left = np.searchsorted(frame.start, sorted_rows, side="right")
    until = np.minimum(again, left)
    change = np.bincount(sorted_rows, minlength=n + 1) - np.bincount(until, minlength=n + 1)
    return np.cumsum(change)[:n].astype(np.int64)


def window_extreme(frame: Frame, values: I64, counts: Bool, *, largest: bool) -> tuple[I64, Bool]:
    """Gives the largest or smallest value per window and whether there is one.

    Uses a table of powers of two, so no window costs more than two look-ups.
    """
    n = frame.size
    known = window_count(frame, counts) > 0
    if n == 0:
        return values.copy(), known
    sign = 1 if largest else -1
    level = np.where(counts, values * sign, _MISSING_LOW)
    width = np.arange(1, n + 1) - frame.start
    exponent = np.floor(np.log2(np.maximum(width, 1))).astype(np.int64)
    out = np.full(n, _MISSING_LOW, dtype=np.int64)
    for power in range(int(exponent.max()) + 1):
        rows = np.flatnonzero(exponent == power)
        step = 1 << power
        out[rows] = np.maximum(level[frame.start[rows]], level[rows + 1 - step])
        if 2 * step > n:
            continue
        level = np.concatenate([np.maximum(level[:-step], level[step:]), level[len(level) - step :]])
    return np.where(known, out * sign, 0), known


def expand(start: I64, end: I64) -> tuple[I64, I64]:
    """Lists the rows of ranges: (range number, row), in order.

    Args:
        start: first row of each range.
        end: row after the last of each range.
    """
    sizes = end - start
    owner = np.repeat(np.arange(len(start), dtype=np.int64), sizes)
    offset = np.arange(int(sizes.sum()), dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owner, np.repeat(start, sizes) + offset


def window_median(frame: Frame, values: I64, counts: Bool, rows: I64) -> tuple[I64, I64]:
    """Gives twice the median and the number of counted values, for the windows ending at `rows`.

    Works window by window in blocks of a few million cells; meant for windows that stay small.
    """
    twice = np.zeros(frame.size, dtype=np.int64)
    number = np.zeros(frame.size, dtype=np.int64)
    sizes = rows + 1 - frame.start[rows]
    block = np.cumsum(sizes) // 4_000_000
    for part in distinct(block):
        ends = rows[block == part]
        owner, row = expand(frame.start[ends], ends + 1)
        keep = counts[row]
        owner, value = owner[keep], values[row[keep]]
        order = np.lexsort((value, owner))
        owner, value = owner[order], value[order]
        n = np.bincount(owner, minlength=len(ends)).astype(np.int64)
        first = np.cumsum(n) - n
        has = np.flatnonzero(n > 0)
        low, high = first[has] + (n[has] - 1) // 2, first[has] + n[has] // 2
        twice[ends[has]] = value[low] + value[high]
        number[ends] = n
    return twice, number

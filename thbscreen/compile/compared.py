"""Measures that compare a window with others: the group's own past, and groups like it.

Both work on the last rows of windows that do not overlap, one per group and calendar step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from thbscreen.compile.rational import Column
from thbscreen.compile.where import whole_number
from thbscreen.compile.windows import group_ids
from thbscreen.rules import ast

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
_NEVER = np.iinfo(np.int64).max
#: Cells worked on at once.
_BLOCK = 4_000_000


def usual(owner: I64, period: I64, values: I64, against: ast.Compared) -> Column:
    """Gives a statistic of each group's windows before each window, quiet ones as zero (law L9).

    Args:
        owner: group per window; windows are sorted by group, then period.
        period: number of the calendar step per window.
        values: of the compared measure, per window.
        against: how many windows back, and how many are needed.
    """
    n = len(owner)
    over = whole_number(against.over) if against.over is not None else 0
    least = max(1, whole_number(against.at_least))
    num, den = np.zeros(n, np.int64), np.ones(n, np.int64)
    count = np.zeros(n, np.int64)
    if n == 0:
        return Column(num, den, count > 0)
    new = np.concatenate([[True], owner[1:] != owner[:-1]])
    first = period[np.flatnonzero(new)][np.cumsum(new) - 1]
    count = np.minimum(period - first, over)
    low = int(period.min())
    span = int(period.max()) - low + 1 + over
    key = owner * span + (period - low + over)
    step = max(1, _BLOCK // max(over, 1))
    for start in range(0, n, step):
        part = slice(start, min(n, start + step))
        wanted = key[part, None] - np.arange(1, over + 1)
        at = np.minimum(np.searchsorted(key, wanted), n - 1)
        past = np.where(key[at] == wanted, values[at], 0)
        num[part], den[part] = _statistic(past, count[part], against.statistic)
    return Column(num, den, count >= least)


def _statistic(past: I64, count: I64, kind: str) -> tuple[I64, I64]:
    """Gives the statistic of the first `count` entries of each row as numerator and denominator."""
    there = np.arange(past.shape[1]) < count[:, None]
    if kind == "average":
        return np.where(there, past, 0).sum(axis=1), np.maximum(count, 1)
    ordered = np.sort(np.where(there, past, _NEVER), axis=1)
    rows = np.arange(len(count))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, np.maximum(count - 1, 0))
    twice = np.where(count > 0, ordered[rows, low], 0) + np.where(count > 0, ordered[rows, high], 0)
    return twice, np.full(len(count), 2, np.int64)


def peers(keys: list[I64], values: I64, known: Bool, against: ast.Compared) -> Column:
    """Gives a statistic over all windows with equal keys, the judged window included.

    Args:
        keys: period and codes of the fields in which peers agree, per window; -1 where missing.
        values: of the compared measure, per window.
        known: where there is a value.
        against: how many windows are needed.
    """
    n = len(values)
    num, den, enough = np.zeros(n, np.int64), np.ones(n, np.int64), np.zeros(n, np.bool_)
    rows = np.flatnonzero(np.all([known, *(k >= 0 for k in keys[1:])], axis=0))
    if len(rows) == 0:
        return Column(num, den, enough)
    group = group_ids([keys[0][rows] - int(keys[0].min()), *(k[rows] for k in keys[1:])])
    order = np.lexsort((values[rows], group))
    ordered = values[rows][order]
    size = np.bincount(group)
    start = np.cumsum(size) - size
    enough[rows] = size[group] >= max(1, whole_number(against.at_least))
    if against.statistic == "average":
        sums = np.add.reduceat(ordered, start)
        num[rows], den[rows] = sums[group], size[group]
    else:
        middle = ordered[start + (size - 1) // 2] + ordered[start + size // 2]
        num[rows], den[rows] = middle[group], 2
    return Column(num, den, enough)


def runs_of_turns(owner: I64, period: I64, source: I64, cents: I64, share: tuple[int, int]) -> I64:
    """Numbers the runs in which sources take turns; -1 for rows that no ruler of a run has given.

    Args:
        owner: group per row, dense.
        period: number of the calendar step per row.
        source: code of who gave the row's money, -1 where missing.
        cents: per row.
        share: numerator and denominator of the least share of a step's euros that rules it.
    """
    out = np.full(len(owner), -1, np.int64)
    if len(owner) == 0:
        return out
    cell = group_ids([owner, period - int(period.min())])
    total = _sums(cell, cents)
    given = group_ids([cell, source + 1])
    sums = _sums(given, cents)
    firsts = np.unique(given, return_index=True)[1]
    # per step the known source with the most euros, ties to the smaller code
    ranked = np.lexsort((source[firsts], -sums, source[firsts] < 0, cell[firsts]))
    best = ranked[np.concatenate([[True], cell[firsts][ranked][1:] != cell[firsts][ranked][:-1]])]
    at = firsts[best]
    rules = (source[at] >= 0) & (sums[best] > 0) & (sums[best] * share[1] >= total[cell[at]] * share[0])
    at, best = at[rules], best[rules]
    run = _runs(owner[at], period[at], source[at])
    of_given = np.full(len(firsts), -1, np.int64)
    of_given[best] = run
    out[:] = of_given[given]
    return out


def _sums(key: I64, cents: I64) -> I64:
    out = np.zeros(int(key.max(initial=-1)) + 1, np.int64)
    np.add.at(out, key, cents)
    return out


def _runs(owner: I64, period: I64, ruler: I64) -> I64:
    """Numbers runs over ruled steps, which are sorted by group and period."""
    run, number = np.zeros(len(owner), np.int64), -1
    seen: set[int] = set()
    last: tuple[int, int, int] | None = None
    for i, (group, step, source) in enumerate(
        zip(owner.tolist(), period.tolist(), ruler.tolist(), strict=True)
    ):
        goes_on = last is not None and last[0] == group and last[1] == step - 1
        if not goes_on or (source in seen and last is not None and source != last[2]):
            number, seen = number + 1, set()
        seen.add(source)
        last = (group, step, source)
        run[i] = number
    return run

"""Flagged windows that overlap are one episode (law L6); some rules ask for several episodes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thbscreen.compile import windows as kernels
from thbscreen.compile.where import as_fraction, constant, length_of
from thbscreen.model.clock import Clock
from thbscreen.rules import ast

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spans:
    """Episodes or repeated episodes.

    Attributes:
        best: the window whose numbers are shown.
        start, end: first row and last row of the span.
        ranges: (owner, first row, row after the last) of the contributing rows, by owner; ranges of an owner
            may overlap.
        episodes: how many episodes the span holds.
    """

    best: I64
    start: I64
    end: I64
    ranges: tuple[I64, I64, I64]
    episodes: I64


def episodes(
    frame: kernels.Frame, row: I64, flagged: I64, headline: F64, spans: tuple[I64, I64] | None = None
) -> Spans:
    """Merges overlapping flagged windows of one group.

    Args:
        frame: windows of the rule.
        row: last row of every window that was judged, in order.
        flagged: which of them are flagged.
        headline: per judged window; the greatest picks what is shown.
        spans: per judged window, the first and the last of all rows in its time, where windows leave some of
            them out: they overlap where these do. None where a window is its rows from first to last.
    """
    if len(flagged) == 0:
        none = np.zeros(0, np.int64)
        return Spans(none, none, none, (none, none, none), none)
    at = row[flagged]
    start = frame.start[at]
    low, high = (start, at) if spans is None else (spans[0][flagged], spans[1][flagged])
    new = np.ones(len(flagged), np.bool_)
    new[1:] = (frame.owner[at[1:]] != frame.owner[at[:-1]]) | (low[1:] > high[:-1])
    number = np.cumsum(new) - 1
    order = np.lexsort((flagged, np.nan_to_num(headline[flagged], nan=-np.inf), number))
    last_of = np.flatnonzero(np.append(number[order][1:] != number[order][:-1], True))
    best = flagged[order[last_of]]
    first = np.flatnonzero(new)
    ends = at[np.append(first[1:] - 1, len(flagged) - 1)]
    early = start[np.lexsort((frame.time[start], number))][first]
    ranges = (np.arange(len(best), dtype=np.int64), early, ends + 1)
    if spans is not None:
        ranges = (number, start, at + 1)
    return Spans(best, early, ends, ranges, np.ones(len(best), np.int64))


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
    of, first_row, after = spans.ranges
    low_piece, high_piece = (np.searchsorted(of, episode, side=side) for side in ("left", "right"))
    part, piece = kernels.expand(low_piece, high_piece)
    ranges = (owner[part], first_row[piece], after[piece])
    return Spans(best, spans.start[low], spans.end[high], ranges, high - low + 1)

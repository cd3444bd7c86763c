"""Windows that keep only the rows of whoever has enough of them: `each: {of: people, rows: 3}`.

A window then holds no longer all rows between its first and its last, so windows are written out row by row.
What cannot matter goes first: rows that no window keeps, and windows too small for a hit and a near miss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thbscreen.compile import windows as kernels
from thbscreen.compile.order import distinct

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
#: Cells worked on at once.
_BLOCK = 4_000_000


@dataclass(frozen=True)
class Kept:
    """Windows written out.

    Attributes:
        frame: the rows of one window after those of another, windows in order of group and end.
        first, last: per window, the first and the last of all rows in its time, kept or not, as positions
            in the frame that was given.
    """

    frame: kernels.Frame
    first: I64
    last: I64


def ever_kept(frame: kernels.Frame, value: I64, least: int) -> I64:
    """Lists the rows that any window keeps: that lie among `least` rows of one value inside a window.

    Args:
        frame: windows over all rows.
        value: per row in window order; -1 for none.
        least: rows of a value that a window must hold.
    """
    rows = np.flatnonzero(value >= 0)
    rows = rows[np.lexsort((rows, value[rows], frame.group[rows]))]
    if len(rows) < least:
        return rows[:0]
    head, tail = rows[: len(rows) - least + 1], rows[least - 1 :]
    run = (frame.group[head] == frame.group[tail]) & (value[head] == value[tail])
    run &= frame.start[tail] <= head
    at = np.flatnonzero(run)
    change = np.zeros(len(rows) + 1, np.int64)
    change[at] += 1
    change[at + least] -= 1
    return np.sort(rows[np.cumsum(change)[:-1] > 0])


def narrowed(frame: kernels.Frame, rows: I64, *, rolling: bool) -> kernels.Frame:
    """Gives the windows over some of the rows.

    Args:
        frame: windows over all rows.
        rows: positions in it, rising.
        rolling: windows end at instants; otherwise each is a whole group and period.
    """
    group, time = frame.group[rows], frame.time[rows]
    start = np.searchsorted(rows, frame.start[rows]).astype(np.int64)
    last = np.ones(len(rows), np.bool_)
    last[:-1] = group[1:] != group[:-1]
    if rolling:
        last[:-1] |= time[1:] != time[:-1]
    return kernels.Frame(frame.order[rows], group, frame.owner[rows], time, start, last)


def written_out(
    frame: kernels.Frame,
    value: I64,
    least: int,
    wanted: Callable[[kernels.Frame, I64, I64], Bool],
    *,
    rolling: bool,
) -> Kept:
    """Writes out the windows with just the rows of values of which they hold enough.

    A rolling window ends at a row that it keeps: what ends elsewhere holds no more than an earlier one.

    Args:
        frame: windows over all rows.
        value: per row in window order; -1 for none.
        least: rows of a value that a window must hold.
        wanted: tells of windows over the rows that any window keeps (their frame, positions of these rows in
            `frame`, last rows) which can matter; what they keep is never more.
        rolling: windows end at instants; otherwise each is a whole group and period.
    """
    rows = ever_kept(frame, value, least)
    small, code = narrowed(frame, rows, rolling=rolling), value[rows]
    at = np.flatnonzero(small.last).astype(np.int64)
    at = at[wanted(small, rows, at)]
    windows, held = _kept_rows(small, code, least, at)
    if rolling:
        ends = np.zeros(len(at), np.bool_)
        ends[windows[small.time[held] == small.time[at[windows]]]] = True
        held, windows = held[ends[windows]], windows[ends[windows]]
    number, window = np.unique(windows, return_inverse=True)
    sizes = np.bincount(window, minlength=len(number)).astype(np.int64)
    after = np.cumsum(sizes)
    last = np.zeros(len(held), np.bool_)
    last[after - 1] = True
    out = kernels.Frame(
        small.order[held], window.astype(np.int64), small.owner[held], small.time[held],
        np.repeat(after - sizes, sizes), last,
    )  # fmt: skip
    judged = np.flatnonzero(frame.last)
    seen = judged[np.searchsorted(judged, rows[at[number]])]
    return Kept(out, frame.start[seen], seen)


def _kept_rows(frame: kernels.Frame, code: I64, least: int, at: I64) -> tuple[I64, I64]:
    """Lists the rows that windows keep: (number of the window in `at`, row)."""
    windows, held = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    block = np.cumsum(at + 1 - frame.start[at]) // _BLOCK
    for part in distinct(block):
        number = np.flatnonzero(block == part)
        ends = at[number]
        window, row = kernels.expand(frame.start[ends], ends + 1)
        _, which, count = np.unique(
            kernels.group_ids([window, code[row]]), return_inverse=True, return_counts=True
        )
        keep = count[which] >= least
        windows.append(number[window[keep]])
        held.append(row[keep])
    return np.concatenate(windows), np.concatenate(held)

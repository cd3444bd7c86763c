"""Stars of repeated cycles around one account, such as travel, fee and pay-out again and again.

Rows are filtered in columns first: only accounts that have a row of every leg stay. The matching of the
few rows that remain is sequential by nature (each row serves one cycle), so it walks over them.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.aggregate import judge_lines
from thbscreen.compile.found import Judged, Line, Part, contributions, line_columns, measure_columns
from thbscreen.compile.order import distinct
from thbscreen.compile.rational import Column, evaluate, whole
from thbscreen.compile.steps import STEPS, proven, step_names
from thbscreen.compile.where import length_of
from thbscreen.rules import ast

if TYPE_CHECKING:
    from thbscreen.compile.view import View

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Cycles:
    """The cycles of one account, in the order of their last row.

    Attributes:
        account: its code.
        legs: per leg, the row of each cycle.
        links: per link, its rows and their times.
        begins: time of the first row of each cycle.
    """

    account: int
    legs: dict[str, I64]
    links: dict[str, tuple[I64, I64]]
    begins: I64


@dataclass(frozen=True)
class _Window:
    """One window of whole cycles; its rows are found when asked for, as windows of busy accounts overlap.

    Attributes:
        of: all cycles of the account.
        held: numbers of the cycles inside.
        begin, end: rows are later than the one and at the latest at the other.
    """

    of: _Cycles
    held: slice
    begin: int
    end: int

    @property
    def account(self) -> int:
        """Code of the account."""
        return self.of.account

    @property
    def inside(self) -> I64:
        """Numbers of the cycles inside."""
        numbers = np.arange(self.held.start, self.held.stop)
        return numbers[self.of.begins[self.held] > self.begin]

    @property
    def start(self) -> int:
        """Time of the first row of its cycles."""
        return int(self.of.begins[self.inside].min())

    def rows(self, after: _Window | None = None) -> dict[str, I64]:
        """Gives its rows by leg or link name, sorted; after the window before it only those that are new.

        A row of the earlier window that lies in this one lies in both, for windows never begin earlier.
        """
        inside, reached = self.inside, self.begin
        if after is not None:
            inside, reached = inside[inside >= after.held.stop], max(self.begin, after.end)
        out = {name: np.sort(rows[inside]) for name, rows in self.of.legs.items()}
        for name, (rows, times) in self.of.links.items():
            first, last = np.searchsorted(times, [reached, self.end], side="right")
            out[name] = rows[first:last]
        return out


def _rows_of(episode: list[_Window]) -> dict[str, I64]:
    """Gives the rows of overlapping windows of one account by leg or link name, each once and sorted."""
    parts = [w.rows(before) for before, w in zip([None, *episode[:-1]], episode, strict=True)]
    return {name: distinct(np.concatenate([part[name] for part in parts])) for name in parts[0]}


def _every(rows: dict[str, I64]) -> I64:
    """Gives all rows of a window or episode, each once and sorted."""
    return distinct(np.concatenate(list(rows.values())))


def leg_rows(view: View, star: ast.Star) -> dict[str, Bool]:
    """Tells per leg and link which rows it takes."""
    centre = view.where(star.where)
    out = {}
    for leg in (*star.legs, *star.links):
        side = view.credit if leg.direction == "credit" else ~view.credit
        rows = centre & side & view.where(leg.where)
        if leg.member is not None:
            rows &= view.code("cp_account_id") >= 0
        out[leg.name] = rows
    return out


def _candidates(view: View, star: ast.Star, rows: dict[str, Bool]) -> I64:
    """Gives the accounts that have at least one row of every leg."""
    found = None
    for leg in star.legs:
        accounts = distinct(view.account[rows[leg.name]])
        found = accounts if found is None else np.intersect1d(found, accounts)
    return found if found is not None else np.zeros(0, np.int64)


class _Free:
    """Rows of one leg, and which of them are still free; used ones are stepped over once."""

    def __init__(self, leg: I64, used: set[int]) -> None:
        self.rows, self.used = leg.tolist(), used
        self.before = list(range(-1, len(leg) - 1))

    def latest_before(self, row: int, besides: list[int]) -> int:
        """Gives the latest free row before a row that is not one of some others; -1 for none."""
        at = bisect_left(self.rows, row) - 1
        at = self._free(at)
        while at >= 0 and self.rows[at] in besides:
            at = self._free(at - 1)
        return self.rows[at] if at >= 0 else -1

    def _free(self, at: int) -> int:
        """Gives the last position up to one whose row is free, and shortens the way there."""
        passed = []
        while at >= 0 and self.rows[at] in self.used:
            passed.append(at)
            at = self.before[at]
        for each in passed:
            self.before[each] = at
        return at


def match_cycles(legs: list[I64], time: I64, earliest: I64) -> list[tuple[int, ...]]:
    """Builds cycles: each row of the last leg takes the latest unused row of every other leg in time.

    Args:
        legs: row positions per leg, in order, the last leg last.
        time: time per row position.
        earliest: per row position, the earliest time a row of the same cycle may have.

    Returns:
        One tuple of row positions per cycle, in the order of the last leg.
    """
    used: set[int] = set()
    out: list[tuple[int, ...]] = []
    others = [_Free(leg, used) for leg in legs[:-1]]
    for closing in legs[-1].tolist():
        if closing in used:
            continue
        cycle: list[int] = []
        for leg in others:
            row = leg.latest_before(closing, cycle)
            if row < 0 or time[row] < earliest[closing]:
                break
            cycle.append(row)
        else:
            cycle.append(closing)
            used.update(cycle)
            out.append(tuple(cycle))
    return out


def _windows(view: View, star: ast.Star, rows: dict[str, Bool], account: int) -> list[_Window]:
    low, high = np.searchsorted(view.account, [account, account + 1])
    inside = np.arange(low, high)
    by_name = {name: inside[mask[low:high]] for name, mask in rows.items()}
    length, span = length_of(star.cycle_within), length_of(star.within)
    earliest = np.zeros(high, np.int64)
    last_leg = by_name[star.legs[-1].name]
    earliest[last_leg] = view.context.clock.before(view.time[last_leg], length.count, length.unit)
    cycles = match_cycles([by_name[leg.name] for leg in star.legs], view.time, earliest)
    if not cycles:
        return []
    table = np.array(cycles, np.int64)
    ends = view.time[table[:, -1]]
    of = _Cycles(
        account,
        {leg.name: table[:, position] for position, leg in enumerate(star.legs)},
        {link.name: (by_name[link.name], view.time[by_name[link.name]]) for link in star.links},
        view.time[table].min(axis=1),
    )
    # cycles that end at the same time are inside together (law L1)
    last = np.flatnonzero(np.append(ends[1:] != ends[:-1], True))
    begin = view.context.clock.before(ends[last], span.count, span.unit)
    # a cycle that ended by the begin of a window began by then, too
    first = np.searchsorted(ends, begin, side="right")
    found = [
        _Window(of, slice(int(low), int(k) + 1), int(after), int(ends[k]))
        for low, k, after in zip(first, last, begin, strict=True)
    ]
    return [window for window in found if len(window.inside)]


def _measures(view: View, star: ast.Star, windows: list[_Window]) -> dict[str, Column]:
    codes, amount = view.code("cp_account_id"), view.amount
    known: dict[str, Column] = {}
    for measure in star.measures:
        if measure.kind == "formula":
            known[measure.name] = evaluate(measure.expr, known, len(windows))  # type: ignore[arg-type]
            continue
        values = np.zeros(len(windows), np.int64)
        counts = view.where(measure.where)
        for i, window in enumerate(windows):
            if measure.kind == "count" and measure.field == "cycles":
                values[i] = len(window.inside)
                continue
            rows = window.rows()
            at = rows[measure.link] if measure.link else _every(rows)
            at = at[counts[at]]
            match measure.kind:
                case "count":
                    values[i] = len(at)
                case "distinct":
                    found = codes[at]
                    values[i] = len(np.unique(found[found >= 0]))
                case _:
                    values[i] = int(amount.num[at][amount.known[at]].sum())
        known[measure.name] = whole(values)
    return known


def _episodes(
    windows: list[_Window], flagged: Bool, headline: npt.NDArray[np.float64]
) -> list[tuple[int, int, int]]:
    """Merges flagged windows of one account that overlap: (best, first, last) window numbers."""
    out: list[tuple[int, int, int]] = []
    for i in np.flatnonzero(flagged).tolist():
        if (
            out
            and windows[out[-1][2]].account == windows[i].account
            and windows[i].start <= windows[out[-1][2]].end
        ):
            best, first, _ = out[-1]
            best = i if headline[i] >= headline[best] else best
            out[-1] = (best, first, i)
        else:
            out.append((i, i, i))
    return out


def judge_star(view: View, rule: ast.Rule, star: ast.Star) -> Judged:
    """Finds stars of cycles in one bucket."""
    rows = leg_rows(view, star)
    if not len(_candidates(view, star, rows)):
        return Judged()
    windows = [w for a in _candidates(view, star, rows).tolist() for w in _windows(view, star, rows, a)]
    known = _measures(view, star, windows)
    tops, leaves = judge_lines(star.flag_when, known, len(windows))
    flagged = np.all(tops, axis=0) if windows and tops else np.zeros(len(windows), np.bool_)
    headline = known[star.headline or star.measures[0].name].floats()
    episodes = _episodes(windows, flagged, np.nan_to_num(headline, nan=-np.inf))
    return _write(view, rule, star, windows, episodes, known, leaves) if episodes else Judged()


def _write(
    view: View,
    rule: ast.Rule,
    star: ast.Star,
    windows: list[_Window],
    episodes: list[tuple[int, int, int]],
    known: dict[str, Column],
    leaves: list[Line],
) -> Judged:
    best = np.array([b for b, _, _ in episodes], np.int64)
    shown = [windows[b] for b in best.tolist()]
    columns: dict[str, pl.Series | npt.NDArray[np.generic]] = {
        "k0": np.array([w.account for w in shown], np.int64),
        "w_starts": np.array([w.start for w in shown], np.int64),
        "w_ends": np.array([w.end for w in shown], np.int64),
        "starts": np.array([windows[f].start for _, f, _ in episodes], np.int64),
        "ends": np.array([windows[z].end for _, _, z in episodes], np.int64),
        "episodes": np.ones(len(shown), np.int64),
    }
    held = [_rows_of(windows[f : z + 1]) for _, f, z in episodes]
    every = [_every(rows) for rows in held]
    owner = np.repeat(np.arange(len(every), dtype=np.int64), [len(rows) for rows in every])
    at = np.concatenate(every)
    part = Part(owner, at, view.cents[at], view.time[at], {"tx_id": view.frame["tx_id"].gather(at)})
    columns |= contributions(part, len(shown))
    columns |= measure_columns([known[m.name] for m in star.measures], best)
    columns |= line_columns(leaves, best)
    accounts = [windows[f].account for _, f, _ in episodes]
    members, steps = _members(view, rule, star, held, accounts), _steps(view, rule, star, held)
    return Judged(pl.DataFrame(columns), members, pl.DataFrame(), steps)


def _members(
    view: View, rule: ast.Rule, star: ast.Star, held: list[dict[str, I64]], accounts: list[int]
) -> pl.DataFrame:
    role_of = {name: i for i, (name, _) in enumerate(rule.roles)}
    codes, amount = view.code("cp_account_id"), view.amount
    totals: dict[tuple[int, int, int], tuple[int, int]] = {}
    for i, episode in enumerate(held):
        legs = [
            (leg.member, episode[leg.name].tolist())
            for leg in (*star.legs, *star.links)
            if leg.member in role_of
        ]
        for name, rows in legs:
            for row in rows:
                key = (i, role_of[str(name)], int(codes[row]))
                n, cents = totals.get(key, (0, 0))
                totals[key] = (n + 1, cents + (int(amount.num[row]) if amount.known[row] else 0))
        if star.centre in role_of:
            every = _every(episode)
            cents = int(amount.num[every][amount.known[every]].sum())
            totals[(i, role_of[star.centre], accounts[i])] = (len(every), cents)
    counted = [(*key, *value) for key, value in sorted(totals.items())]
    return pl.DataFrame(
        counted,
        schema={"hit": pl.Int64, "role": pl.Int64, "code": pl.Int64, "n": pl.Int64, "amount": pl.Int64},
        orient="row",
    )


def _steps(view: View, rule: ast.Rule, star: ast.Star, held: list[dict[str, I64]]) -> pl.DataFrame:
    """Tells which leg or link each row of an episode was taken for; a row may be taken for several."""
    names = step_names(star) if proven(rule) else ()
    found = sorted(
        {
            (i, row, number)
            for i, episode in enumerate(held)
            for number, name in enumerate(names)
            for row in (episode[name].tolist() if name in episode else ())
        }
    )
    table = pl.DataFrame(found, schema=dict(zip(STEPS, (pl.Int64,) * 3, strict=True)), orient="row")
    return table.with_columns(tx_id=view.frame["tx_id"].gather(table["tx_id"]))

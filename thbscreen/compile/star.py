"""Stars of repeated cycles around one account, such as travel, fee and pay-out again and again.

Rows are filtered in columns first: only accounts that have a row of every leg stay. The matching of the
few rows that remain is sequential by nature (each row serves one cycle), so it walks over them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
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


@dataclass
class _Window:
    """One window of whole cycles: rows by leg or link name."""

    account: int
    cycles: int
    rows: dict[str, list[int]] = field(default_factory=dict)
    start: int = 0
    end: int = 0


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
    """Rows of one leg, and which of them are still free; used ones are stepped over once, not again and again."""

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
        """Gives the last position up to one whose row is free, and shortens the way there for later questions."""
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
    ends = [int(view.time[cycle[-1]]) for cycle in cycles]
    begins = [int(min(view.time[r] for r in cycle)) for cycle in cycles]
    out = []
    for k, cycle in enumerate(cycles):
        end = int(view.time[cycle[-1]])
        if k + 1 < len(cycles) and view.time[cycles[k + 1][-1]] == end:
            continue  # cycles that end at the same time are inside together (law L1)
        begin = int(view.context.clock.before(view.time[[cycle[-1]]], span.count, span.unit)[0])
        # a cycle that ended by then began by then, too
        inside_it = [n for n in range(bisect_right(ends, begin), k + 1) if begins[n] > begin]
        held = [cycles[n] for n in inside_it]
        if not held:
            continue
        window = _Window(account, len(held), end=end)
        for position, leg in enumerate(star.legs):
            window.rows[leg.name] = sorted(c[position] for c in held)
        for link in star.links:
            taken = by_name[link.name]
            times = view.time[taken]
            first, after = np.searchsorted(times, [begin, end], side="right")
            window.rows[link.name] = taken[first:after].tolist()
        window.start = min(begins[n] for n in inside_it)
        out.append(window)
    return out


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
                values[i] = window.cycles
                continue
            name = measure.link
            taken = window.rows[name] if name else sorted({r for rows in window.rows.values() for r in rows})
            at = np.asarray(taken, np.int64)
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
    pairs = sorted(
        {
            (i, r)
            for i, (_, f, z) in enumerate(episodes)
            for w in windows[f : z + 1]
            for rows in w.rows.values()
            for r in rows
        }
    )
    owner = np.array([p[0] for p in pairs], np.int64)
    at = np.array([p[1] for p in pairs], np.int64)
    part = Part(owner, at, view.cents[at], view.time[at], {"tx_id": view.frame["tx_id"].gather(at)})
    columns |= contributions(part, len(shown))
    columns |= measure_columns([known[m.name] for m in star.measures], best)
    columns |= line_columns(leaves, best)
    held = [windows[f : z + 1] for _, f, z in episodes]
    members, steps = _members(view, rule, star, held), _steps(view, rule, star, held)
    return Judged(pl.DataFrame(columns), members, pl.DataFrame(), steps)


def _members(view: View, rule: ast.Rule, star: ast.Star, held: list[list[_Window]]) -> pl.DataFrame:
    role_of = {name: i for i, (name, _) in enumerate(rule.roles)}
    codes, amount = view.code("cp_account_id"), view.amount
    totals: dict[tuple[int, int, int], tuple[int, int]] = {}
    for i, episode in enumerate(held):
        legs = [
            (leg.member, sorted({r for w in episode for r in w.rows[leg.name]}))
            for leg in (*star.legs, *star.links)
            if leg.member in role_of
        ]
        for name, rows in legs:
            for row in rows:
                key = (i, role_of[str(name)], int(codes[row]))
                n, cents = totals.get(key, (0, 0))
                totals[key] = (n + 1, cents + (int(amount.num[row]) if amount.known[row] else 0))
        if star.centre in role_of:
            every = np.array(sorted({r for w in episode for rows in w.rows.values() for r in rows}), np.int64)
            cents = int(amount.num[every][amount.known[every]].sum())
            totals[(i, role_of[star.centre], episode[0].account)] = (len(every), cents)
    counted = [(*key, *value) for key, value in sorted(totals.items())]
    return pl.DataFrame(
        counted,
        schema={"hit": pl.Int64, "role": pl.Int64, "code": pl.Int64, "n": pl.Int64, "amount": pl.Int64},
        orient="row",
    )


def _steps(view: View, rule: ast.Rule, star: ast.Star, held: list[list[_Window]]) -> pl.DataFrame:
    """Tells which leg or link each row of an episode was taken for; a row may be taken for several."""
    names = step_names(star) if proven(rule) else ()
    found = sorted(
        {
            (i, row, number)
            for i, episode in enumerate(held)
            for window in episode
            for number, name in enumerate(names)
            for row in window.rows.get(name, ())
        }
    )
    table = pl.DataFrame(found, schema=dict(zip(STEPS, (pl.Int64,) * 3, strict=True)), orient="row")
    return table.with_columns(tx_id=view.frame["tx_id"].gather(table["tx_id"]))

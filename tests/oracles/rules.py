"""A slow interpreter of whole rules: rows of plain values in, hits out, one loop per law.

It shares nothing with `thbscreen.compile`: values are Python's own, sums are exact fractions, windows are
lists of rows, and every law of the language is one short function.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from tests.oracles.clocks import EPOCH, MICRO, Zone, period
from tests.oracles.rows import Facts, World, compared, number
from tests.oracles.turns import earlier_steps, statistic, turns
from thbscreen.rules import ast


@dataclass
class Window:
    """The rows that one window holds, and what they come to."""

    key: tuple
    rows: list
    end: int
    start: int
    numbers: dict
    lines: list
    flagged: bool
    seen: set


def measured(measure, facts, rows, numbers, zone):
    """Works out one measure over the rows of a window."""
    if measure.kind == "formula":
        return number(measure.expr, numbers.get)
    rows = [r for r in rows if facts.passes(measure.where, r)]
    if measure.kind == "count":
        return Fraction(len(rows))
    if measure.kind in {"days_active", "months_active"}:
        days = {zone.wall(r["booking_ts"]).date() for r in rows}
        return Fraction(len(days if measure.kind == "days_active" else {(d.year, d.month) for d in days}))
    values = [v for r in rows if (v := facts.value(r, measure.field)) is not None]
    return _statistic(measure.kind, values)


def _statistic(kind, values):
    match kind:
        case "distinct":
            return Fraction(len(set(values)))
        case "sum":
            return Fraction(sum(values))
        case "largest":
            return max(map(Fraction, values), default=None)
        case "smallest":
            return min(map(Fraction, values), default=None)
        case "average":
            return Fraction(sum(values)) / len(values) if values else None
        case "median":
            return Fraction(median(map(Fraction, values))) if values else None


def judged(lines, numbers):
    """Gives the truth of all lines together and of every leaf line in written order."""
    leaves, truth = [], []
    for line in lines:
        if isinstance(line, ast.Compare):
            truth.append(compared(line, numbers.get))
            leaves.append(truth[-1])
            continue
        each = []
        for inner in line.lines:
            held, below = judged((inner,), numbers)
            each.append(held)
            leaves += below
        truth.append(any(each) if isinstance(line, ast.AnyLine) else not any(each))
    return all(truth), leaves


def missed_by(lines, window):
    """Gives the share of its threshold by which a window misses its one failing line, up to a quarter.

    Returns:
        (share, line, left, right), or None: more than one line fails, the one that fails is no plain line,
        a side is unknown, or the threshold is zero. Money is in euros.
    """
    failing = [line for line in lines if not judged((line,), window.numbers)[0]]
    if len(failing) != 1 or not isinstance(failing[0], ast.Compare):
        return None
    line = failing[0]
    left, right = (number(side, window.numbers.get) for side in (line.left, line.right))
    if left is None or not right:
        return None
    distance = abs(float(left) - float(right)) / abs(float(right))
    scale = 100 if ast.Unit.MONEY in {line.left.unit, line.right.unit} else 1
    return None if distance > 0.25 else (distance, line.text, float(left) / scale, float(right) / scale)


class Judge:
    """Judges one aggregate rule over a world."""

    def __init__(self, rule, world):
        self.rule, self.detect, self.world = rule, rule.detect, world
        self.facts = Facts(world, self.detect.derive)
        self.rows = [r for r in world.rows if self.facts.passes(self.detect.where, r)]
        self.rows.sort(key=lambda r: (r["booking_ts"], r["tx_id"]))

    def key(self, row, fields):
        """Gives a row's key, None where a part is missing (law L5)."""
        values = tuple(self.facts.value(row, f) for f in fields)
        return None if None in values else values

    def group(self, fields, key):
        """Gives the rows of a group in time order."""
        return [r for r in self.rows if self.key(r, fields) == key]

    def inside(self, rows, at):
        """Gives those rows of a group that lie in the window seen from an instant (law L1)."""
        window, zone = self.detect.window, self.world.zone
        if isinstance(window, ast.WholePeriod):
            return rows
        if isinstance(window, ast.Turns):
            return next(run for run in turns(window, self.facts, rows, zone) if run[-1]["booking_ts"] == at)
        if isinstance(window, ast.Calendar):
            span = period(window.step, zone.wall(at))
            return [r for r in rows if period(window.step, zone.wall(r["booking_ts"])) == span]
        length = window.length.payload
        past = [r["booking_ts"] for r in rows if r["booking_ts"] <= at]
        low = max(zone.before(t, length) for t in past)  # a bound never moves back inside a group
        return [r for r in rows if low < r["booking_ts"] <= at]

    def ends(self, rows):
        """Gives the instants at which windows of a group end."""
        if isinstance(self.detect.window, ast.Turns):
            return [
                run[-1]["booking_ts"] for run in turns(self.detect.window, self.facts, rows, self.world.zone)
            ]
        times = sorted({r["booking_ts"] for r in rows})
        if isinstance(self.detect.window, ast.Rolling):
            return times
        return [t for t in times if self.inside(rows, t)[-1]["booking_ts"] == t]

    def compared(self, against, key, part):
        """Gives what other windows come to: the group's own earlier ones (law L9), or those of its peers."""
        base = next(m for m in self.detect.measures if m.name == against.measure)
        zone, least = self.world.zone, number(against.at_least)
        if against.over is not None:
            rows, step = self.group(self.detect.for_each, key), self.detect.window.step
            first = period(step, zone.wall(rows[0]["booking_ts"]))
            before = earlier_steps(step, first, zone.wall(part[0]["booking_ts"]), int(number(against.over)))
            past = [
                measured(base, self.facts, [r for r in rows if period(step, zone.wall(r["booking_ts"])) == b],
                         {}, zone)
                for b in before
            ]  # fmt: skip
            return statistic(against.statistic, past) if past and len(past) >= least else None

        def alike(rows):
            return [self.facts.value(rows[-1], f) for f in against.alike_by]

        mine, beside = alike(part), []
        for other in {k for r in self.rows if (k := self.key(r, self.detect.for_each)) is not None}:
            rows = self.group(self.detect.for_each, other)
            if isinstance(self.detect.window, ast.Calendar):
                step = self.detect.window.step
                span = period(step, zone.wall(part[0]["booking_ts"]))
                rows = [r for r in rows if period(step, zone.wall(r["booking_ts"])) == span]
            if rows and alike(rows) == mine:
                beside.append(measured(base, self.facts, rows, {}, zone))
        return None if None in mine or len(beside) < least else statistic(against.statistic, beside)

    def kept(self, rows):
        """Leaves out of a window the rows of those of whom it holds too few."""
        each = self.detect.each
        if each is None:
            return rows
        field = next(m.field for m in self.detect.measures if m.name == each.of)
        whose = [self.facts.value(r, field) for r in rows]
        return [
            r
            for r, v in zip(rows, whose, strict=True)
            if v is not None and whose.count(v) >= number(each.rows)
        ]

    def windows(self, key):
        """Gives the windows of a group in time order; a rolling one ends at a row that it keeps."""
        rows = self.group(self.detect.for_each, key)
        for at in self.ends(rows):
            seen = self.inside(rows, at)
            part, numbers = self.kept(seen), {}
            if not part or (isinstance(self.detect.window, ast.Rolling) and part[-1]["booking_ts"] != at):
                continue
            for m in self.detect.measures:
                if m.compared is not None:
                    numbers[m.name] = self.compared(m.compared, key, part)
                    continue
                held = part
                if m.for_each is not None:
                    wide = m.for_each
                    held = self.inside(self.group(wide, key[: len(wide)]), at)
                numbers[m.name] = measured(m, self.facts, held, numbers, self.world.zone)
            flagged, lines = judged(self.detect.flag_when, numbers)
            ids = {r["tx_id"] for r in seen}
            yield Window(
                key, part, part[-1]["booking_ts"], part[0]["booking_ts"], numbers, lines, flagged, ids
            )

    def episodes(self, key):
        """Law L6: flagged windows that share a row, kept or not, are one episode."""
        out = []
        for window in self.windows(key):
            if not window.flagged:
                continue
            if out and window.seen & out[-1][-1].seen:
                out[-1].append(window)
            else:
                out.append([window])
        return out

    def repeated(self, episodes):
        """Gives runs of episodes: each alone, or, under `repeat`, those that come often enough."""
        repeat = self.detect.repeat
        if repeat is None:
            return [[e] for e in episodes]
        times, length = int(number(repeat.times)), repeat.within.payload
        firsts = [min(w.start for w in e) for e in episodes]
        runs = []
        for i, first in enumerate(firsts):
            low = self.world.zone.before(first, length)
            begin = sum(f <= low for f in firsts)
            if i - begin + 1 < times:
                continue
            if runs and begin <= runs[-1][-1]:
                runs[-1] += range(runs[-1][-1] + 1, i + 1)
            else:
                runs.append(list(range(begin, i + 1)))
        return [[episodes[i] for i in run] for run in runs]

    def hits(self):
        """Gives every hit as plain values."""
        keys = {k for r in self.rows if (k := self.key(r, self.detect.for_each)) is not None}
        return [self._hit(run) for key in sorted(keys) for run in self.repeated(self.episodes(key))]

    def near(self):
        """Gives, per group without a flagged window, the window that misses just one line by the least."""
        keys = {k for r in self.rows if (k := self.key(r, self.detect.for_each)) is not None}
        out = []
        for key in sorted(keys):
            windows = list(self.windows(key))
            if any(w.flagged for w in windows):
                continue
            missed = [(m, -i, w) for i, w in enumerate(windows) if (m := missed_by(self.detect.flag_when, w))]
            if missed:
                (distance, text, left, right), _, window = min(missed, key=lambda m: (m[0][0], m[1]))
                ids = [r["tx_id"] for r in self.facts.with_matches(window.rows)]
                times = [window.start, window.end]
                out.append(
                    {"subject": key[0], "times": times, "line": text, "sides": [left, right],
                     "distance": distance, "tx_ids": sorted(ids)}
                )  # fmt: skip
        return sorted(out, key=str)

    def _hit(self, run):
        headline = self.detect.headline or self.detect.measures[0].name

        def rank(window):
            shown = window.numbers[headline]
            return (shown is not None, shown or 0, window.end)

        best = max((w for e in run for w in e), key=rank)
        rows = {r["tx_id"]: r for e in run for w in e for r in w.rows}
        ids = {r["tx_id"] for r in self.facts.with_matches(rows.values())}
        first, last = run[0][0], run[-1][-1]
        times = [min(w.start for w in run[0]), last.end, best.start, best.end]
        if isinstance(self.detect.window, ast.Calendar):
            times = [self._bound(first, 0), self._bound(last, 1), self._bound(best, 0), self._bound(best, 1)]
        return {
            "keys": best.key,
            "times": times,
            "episodes": len(run),
            "numbers": best.numbers,
            "lines": best.lines,
            "tx_ids": sorted(ids),
            "amount": sum(r.get("amount_eur") or 0 for r in rows.values()),
            "members": self._members(rows.values()),
        }

    def _bound(self, window, side):
        zone = self.world.zone
        day = period(self.detect.window.step, zone.wall(window.end))[side]
        return zone.instant(dt.datetime(day.year, day.month, day.day)) - side

    def _members(self, rows):
        out = Counter()
        for path, _ in self.rule.roles:
            for row in rows:
                if (found := self.facts.value(row, path)) is not None:
                    out[path, found] += 1
        return dict(out)


def transaction_hits(rule, world):
    """Gives (account, ids of the row and of the rows it was matched with) for every row that passes."""
    facts = Facts(world, rule.detect.derive)
    rows = [r for r in world.rows if facts.passes(rule.detect.where, r)]
    return sorted((r["account_id"], sorted(m["tx_id"] for m in facts.with_matches([r]))) for r in rows)


def party_hits(rule, world):
    """Gives (keys, numbers) of every group of customers that a rule over customers flags."""
    detect, facts = rule.detect, Facts(world, ())
    facts.value = lambda row, path: row.get(path)
    groups = {}
    for party in world.parties.values():
        key = tuple(party.get(f) for f in detect.for_each)
        if None not in key and facts.passes(detect.where, party):
            groups.setdefault(key, []).append(party)
    out = []
    for key, rows in sorted(groups.items()):
        numbers = {}
        for m in detect.measures:
            held = rows
            if m.for_each is not None:
                wide = len(m.for_each)
                held = [
                    p for p in world.parties.values()
                    if tuple(p.get(f) for f in m.for_each) == key[:wide] and facts.passes(detect.where, p)
                ]  # fmt: skip
            numbers[m.name] = measured(m, facts, held, numbers, world.zone)
        if judged(detect.flag_when, numbers)[0]:
            out.append((key, numbers))
    return out


__all__ = ["EPOCH", "MICRO", "Facts", "Judge", "World", "Zone", "party_hits", "transaction_hits"]

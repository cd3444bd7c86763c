"""Windows that do not end at each row or step: sources that take turns. And what other windows come to."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from statistics import median

from tests.oracles.clocks import period


def turns(window, facts, rows, zone):
    """Gives runs of rows: calendar steps beside each other, each ruled by another source."""
    steps = {}
    for row in rows:
        steps.setdefault(period(window.step, zone.wall(row["booking_ts"])), []).append(row)
    runs, before, seen = [], None, []
    for step in sorted(steps):
        ruler = _ruler(window, facts, steps[step])
        beside = before is not None and before[1] == step[0]
        if ruler is None:
            before = None
            continue
        if not beside or (ruler in seen and ruler != seen[-1]):
            runs.append([])
            seen = []
        seen.append(ruler)
        runs[-1] += [r for r in steps[step] if facts.value(r, window.source) == ruler]
        before = step
    return runs


def _ruler(window, facts, rows):
    """Gives the source of most of a step's euros, if that is enough of them; ties in text order."""
    given = {}
    for row in rows:
        source = facts.value(row, window.source)
        given[source] = given.get(source, 0) + (row.get("amount_eur") or 0)
    total = sum(given.values())
    known = [s for s in given if s is not None and given[s] > 0]
    best = min(known, key=lambda s: (-given[s], s), default=None)
    if best is None or given[best] < Fraction(window.share.payload) * total:
        return None
    return best


def statistic(kind, values):
    """Gives the median or the average."""
    return Fraction(median(values)) if kind == "median" else Fraction(sum(values)) / len(values)


def earlier_steps(step, first, wall, count):
    """Lists the calendar steps before the one that holds a wall time, latest first, back to the first."""
    out, at = [], period(step, wall)
    while len(out) < count:
        at = period(step, dt.datetime.combine(at[0], dt.time()) - dt.timedelta(days=1))
        if at < first:
            break
        out.append(at)
    return out

"""Wall clocks one instant at a time, by Python's own zone database."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

EPOCH = dt.datetime(1970, 1, 1)
MICRO = dt.timedelta(microseconds=1)


class Zone:
    """Wall clocks by Python's own zone database, one instant at a time."""

    def __init__(self, name):
        self.zone = ZoneInfo(name)

    def wall(self, utc):
        """Gives the naive wall time of an instant in microseconds."""
        moment = (EPOCH + utc * MICRO).replace(tzinfo=dt.UTC)
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def instant(self, wall):
        """Gives the earliest instant at which clocks show this time or, where none does, a later one."""
        target = (wall - EPOCH) // MICRO
        offsets = {
            (wall + dt.timedelta(days=d)).replace(tzinfo=self.zone).utcoffset() // MICRO for d in (-1, 1)
        }
        exact = [target - o for o in offsets if self.wall(target - o) == wall]
        if exact:
            return min(exact)
        low, high = target - max(offsets) - 1, target - min(offsets)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.wall(middle) >= wall else (middle, high)
        return high

    def before(self, utc, length):
        """Law L2: hours and minutes are elapsed time, the rest are steps on the wall clock."""
        n = length.count
        if length.unit in {"minutes", "hours"}:
            return utc - n * {"minutes": 60, "hours": 3600}[length.unit] * 1_000_000
        wall = self.wall(utc)
        if length.unit != "months":
            return self.instant(wall - dt.timedelta(**{length.unit: n}))
        month = wall.year * 12 + wall.month - 1 - n
        first = dt.datetime(month // 12, month % 12 + 1, 1)
        after = dt.datetime((month + 1) // 12, (month + 1) % 12 + 1, 1)
        day = min(wall.day, (after - first).days)
        return self.instant(first.replace(day=day) + (wall - dt.datetime(wall.year, wall.month, wall.day)))

    def after(self, utc, length):
        """Gives the instant a length later."""
        return self.before(utc, type(length)(-length.count, length.unit))


def period(step, wall):
    """Gives the first day of the calendar step that holds a wall time, and the first day after it."""
    day = wall.date()
    match step:
        case "day":
            return day, day + dt.timedelta(days=1)
        case "week":
            monday = day - dt.timedelta(days=day.weekday())
            return monday, monday + dt.timedelta(days=7)
        case _:
            first = day.replace(day=1)
            return first, (first + dt.timedelta(days=32)).replace(day=1)

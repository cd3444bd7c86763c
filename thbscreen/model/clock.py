"""Zones: what people call a night, a day or a month, for whole columns at once.

Time is microseconds since 1970 in UTC; local time is the same number read as wall-clock time. The zone's
changes within the data are few, so a short table of them converts a column by one search.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from thbscreen.errors import UsageError

I64 = npt.NDArray[np.int64]
MICROSECONDS = {
    "minutes": 60_000_000,
    "hours": 3_600_000_000,
    "days": 86_400_000_000,
    "weeks": 604_800_000_000,
}
DAY = MICROSECONDS["days"]
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIRST_YEAR, _LAST_YEAR = 1899, 2102


@dataclass(frozen=True)
class Clock:
    """One time zone.

    Attributes:
        changes: instants (UTC microseconds) from which each offset holds, the first far in the past.
        offsets: local minus UTC, in microseconds.
    """

    zone: str
    changes: I64
    offsets: I64

    def local(self, utc: I64) -> I64:
        """Gives wall-clock microseconds for UTC microseconds."""
        return utc + self.offsets[self._stretch(utc)]

    def _stretch(self, moments: I64) -> I64:
        """Gives the position of the last change up to each moment, seeking only among those in between."""
        if len(moments) == 0:
            return np.zeros(0, np.int64)
        ends = np.array([moments.min(), moments.max()])
        first, last = np.searchsorted(self.changes, ends, side="right") - 1
        if first == last:
            return np.broadcast_to(np.int64(first), (len(moments),))
        found: I64 = first + np.searchsorted(self.changes[first + 1 : last + 1], moments, side="right")
        return found

    def utc(self, local: I64) -> I64:
        """Gives UTC microseconds for wall-clock microseconds.

        A repeated hour means its first occurrence. A skipped time means the instant
        of the change.
        """
        guess = self._stretch(local - self.offsets.max())
        out = local - self.offsets[guess]
        later = np.minimum(guess + 1, len(self.changes) - 1)
        moved = local - self.offsets[later]
        use_later = (later > guess) & (out >= self.changes[later])
        found: I64 = np.where(use_later, np.maximum(moved, self.changes[later]), out)
        return found

    def day(self, utc: I64) -> I64:
        """Gives the local day as whole days since 1970-01-01."""
        return self.local(utc) // DAY

    def month(self, utc: I64) -> I64:
        """Gives the local month as whole months since 1970-01."""
        return self.local(utc).astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)

    def before(self, utc: I64, count: int, unit: str) -> I64:
        """Gives the instant that lies a length before each instant (law L2).

        Args:
            utc: instants in UTC microseconds.
            count: how many.
            unit: minutes and hours are elapsed time; days, weeks and months are steps on the wall clock.
                A month step keeps the day of the month, or takes the month's last day.
        """
        if unit in {"minutes", "hours"}:
            return utc - count * MICROSECONDS[unit]
        local = self.local(utc)
        if unit in {"days", "weeks"}:
            return self.utc(local - count * MICROSECONDS[unit])
        stamp = local.astype("datetime64[us]")
        month = stamp.astype("datetime64[M]")
        day = (stamp.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
        clock = local - stamp.astype("datetime64[D]").astype("datetime64[us]").astype(np.int64)
        target = month - np.timedelta64(count, "M")
        last = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(np.int64) - 1
        days = target.astype("datetime64[D]").astype(np.int64) + np.minimum(day, last)
        return self.utc(days * DAY + clock)


def _offset(zone: ZoneInfo, instant: int) -> int:
    moment = (_EPOCH + dt.timedelta(microseconds=instant)).astimezone(zone)
    return int((moment.utcoffset() or dt.timedelta()) / dt.timedelta(microseconds=1))


@lru_cache(maxsize=8)
def clock(zone: str) -> Clock:
    """Builds the clock of a zone from the zone database.

    Raises:
        UsageError: when the zone is unknown.
    """
    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"unknown time zone '{zone}'"
        raise UsageError(message, hint="use a name such as Asia/Nicosia") from error
    step = 7 * DAY
    start = int((dt.datetime(_FIRST_YEAR, 1, 1, tzinfo=dt.UTC) - _EPOCH) / dt.timedelta(microseconds=1))
    stop = int((dt.datetime(_LAST_YEAR, 1, 1, tzinfo=dt.UTC) - _EPOCH) / dt.timedelta(microseconds=1))
    changes, offsets = [np.iinfo(np.int64).min // 4], [_offset(info, start)]
    known = offsets[0]
    for instant in range(start, stop, step):
        if (now := _offset(info, instant)) != known:
            low, high = instant - step, instant
            while high - low > 1_000_000:
                middle = (low + high) // 2
                low, high = (low, middle) if _offset(info, middle) == now else (middle, high)
            changes.append(high // 1_000_000 * 1_000_000)
            offsets.append(now)
            known = now
    return Clock(zone, np.array(changes, np.int64), np.array(offsets, np.int64))

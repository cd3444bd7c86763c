"""The calendar of the sample world: days, working days and times of day.

Days are whole numbers counted from 1 January 2026; moments are local seconds since its midnight
(Asia/Nicosia). Only `to_utc` knows about the time zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rng = np.random.Generator

START = date(2026, 1, 1)
DAYS = 273
DAY_SECONDS = 86_400
MONTH_STARTS: Ints = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273], dtype=np.int64)
MONTH_COUNT = 9
WEEKDAY: Ints = (np.arange(DAYS, dtype=np.int64) + START.weekday()) % 7
#: Bank holidays of Cyprus in 2026 inside the window.
HOLIDAYS = (
    date(2026, 1, 1), date(2026, 1, 6), date(2026, 2, 23), date(2026, 3, 25), date(2026, 4, 1),
    date(2026, 4, 10), date(2026, 4, 13), date(2026, 5, 1), date(2026, 6, 1), date(2026, 8, 15),
)  # fmt: skip
_SUMMER_TIME = (date(2026, 3, 29) - START).days * DAY_SECONDS + 3 * 3600


def _working() -> Flags:
    open_days = WEEKDAY < 5
    for holiday in HOLIDAYS:
        open_days[(holiday - START).days] = False
    return open_days


WORKING: Flags = _working()
_BEFORE: Ints = np.maximum.accumulate(np.where(WORKING, np.arange(DAYS), -1)).astype(np.int64)
_AFTER: Ints = np.minimum.accumulate(np.where(WORKING, np.arange(DAYS), DAYS)[::-1])[::-1].astype(np.int64)


def date_of(day: int) -> date:
    """Gives the date of a day number, which may lie outside the window."""
    return START + timedelta(days=int(day))


def working_before(day: Ints) -> Ints:
    """Moves each day to the last bank day on or before it."""
    inside = np.clip(day, 0, DAYS - 1)
    return np.where(day == inside, np.maximum(_BEFORE[inside], 1), day)


def working_after(day: Ints) -> Ints:
    """Moves each day to the first bank day on or after it."""
    inside = np.clip(day, 0, DAYS - 1)
    return np.where(day == inside, _AFTER[inside], day)


def month_of(day: Ints) -> Ints:
    """Gives the month number, 0 for January."""
    found = np.searchsorted(MONTH_STARTS, day, side="right") - 1
    return np.clip(found, 0, MONTH_COUNT - 1).astype(np.int64)


def office(rng: Rng, n: int) -> Ints:
    """Draws seconds of the day in office hours, 08:00 to 15:30."""
    return rng.integers(8 * 3600, 15 * 3600 + 1800, n, dtype=np.int64)


def daytime(rng: Rng, n: int) -> Ints:
    """Draws seconds of the day with two humps, at midday and in the evening."""
    noon = rng.random(n) < 0.45
    hour = np.where(noon, rng.normal(13.2, 1.6, n), rng.normal(19.3, 1.9, n))
    return (np.clip(hour, 6.5, 23.9) * 3600).astype(np.int64)


def late(rng: Rng, n: int) -> Ints:
    """Draws evening and night moments; seconds above one day fall into the next day."""
    hour = np.clip(rng.normal(21.8, 2.6, n), 14.0, 28.5)
    return (hour * 3600).astype(np.int64)


def at(day: Ints, second: Ints) -> Ints:
    """Joins day numbers and seconds of the day to local moments."""
    return np.asarray(day, dtype=np.int64) * DAY_SECONDS + second


def to_utc(moment: Ints) -> Ints:
    """Gives UTC microseconds since 1970 of local moments; summer time starts on 29 March 2026."""
    base = int(datetime(START.year, START.month, START.day, tzinfo=UTC).timestamp())
    offset = np.where(moment < _SUMMER_TIME, 2 * 3600, 3 * 3600)
    return (base + moment - offset) * 1_000_000

"""Clocks agree with the zone database and with date arithmetic, also in the two odd nights of a year."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.errors import UsageError
from thbscreen.model.clock import clock

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ZONES = ("Asia/Nicosia", "America/St_Johns", "Europe/Prague", "UTC")
MOMENTS = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2090, 1, 1), timezones=st.just(dt.UTC))


def _micro(moment: dt.datetime) -> int:
    return int((moment - EPOCH) / dt.timedelta(microseconds=1))


@given(MOMENTS, st.sampled_from(ZONES))
def test_local_time_equals_the_zone_database(moment, zone):
    local = int(clock(zone).local(np.array([_micro(moment)]))[0])
    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=dt.UTC)
    assert local == _micro(wall)


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_wall_clock_time_that_exists_once_goes_there_and_back(moment, zone):
    wall = moment.astimezone(ZoneInfo(zone))
    if wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset():
        return
    found = clock(zone).utc(clock(zone).local(np.array([_micro(moment)])))
    assert int(found[0]) == _micro(moment)


def _utc(zone: str, wall: str) -> str:
    local = np.array([np.datetime64(wall, "us").astype(np.int64)])
    return str(clock(zone).utc(local).astype("datetime64[us]")[0])[:16]


def test_the_repeated_hour_means_its_first_occurrence():
    assert _utc("Asia/Nicosia", "2024-10-27T03:30") == "2024-10-27T00:30"


def test_a_skipped_time_means_the_instant_of_the_change():
    assert _utc("Asia/Nicosia", "2024-03-31T03:30") == "2024-03-31T01:00"


@pytest.mark.parametrize(
    ("moment", "count", "unit", "expected"),
    [
        ("2024-03-31T09:00", 1, "days", "2024-03-30T10:00"),
        ("2024-03-31T09:00", 24, "hours", "2024-03-30T09:00"),
        ("2024-03-31T09:00", 1, "months", "2024-02-29T10:00"),
        ("2024-01-15T00:00", 12, "months", "2023-01-15T00:00"),
        ("2024-01-01T00:00", 2, "weeks", "2023-12-18T00:00"),
    ],
)
def test_days_and_months_are_steps_on_the_wall_clock_and_hours_are_elapsed(moment, count, unit, expected):
    at = np.array([np.datetime64(moment, "us").astype(np.int64)])
    found = clock("Asia/Nicosia").before(at, count, unit)
    assert str(found.astype("datetime64[us]")[0])[:16] == expected


def test_an_unknown_zone_is_refused_with_its_name():
    with pytest.raises(UsageError, match="Nowhere/Land"):
        clock("Nowhere/Land")


@given(
    st.sampled_from(["Asia/Nicosia", "Europe/London", "America/Sao_Paulo", "UTC"]),
    st.lists(st.integers(-(10**15), 4 * 10**15), max_size=12),
)
def test_seeking_among_the_changes_in_between_equals_seeking_among_all(zone, moments):
    found = clock(zone)
    times = np.array(moments, np.int64)
    every = times + found.offsets[np.searchsorted(found.changes, times, side="right") - 1]
    assert found.local(times).tolist() == every.tolist()
    one_by_one = [int(found.utc(np.array([t], np.int64))[0]) for t in moments]
    assert found.utc(times).tolist() == one_by_one

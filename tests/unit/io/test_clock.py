"""Many local times at once become UTC as each by itself does."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from thbscreen.io import clock

ZONES = ("Asia/Nicosia", "America/St_Johns", "Australia/Lord_Howe", "Africa/Monrovia", "Pacific/Apia", "UTC")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [1972, 2011])
def test_a_whole_year_of_minutes_comes_out_as_each_minute_by_itself(zone: str, year: int) -> None:
    begin = datetime(year, 1, 1)
    local = pl.datetime_range(begin, begin + timedelta(days=365), "29m", time_unit="us", eager=True)
    local = pl.concat([local, pl.Series([None], dtype=local.dtype)])
    utc, again = clock.utc_of(local, zone)
    frame = local.to_frame("t").select(
        utc=clock.to_utc(pl.col("t"), zone), again=clock.twice(pl.col("t"), zone).fill_null(value=False)
    )
    assert utc.to_list() == frame["utc"].to_list()
    told = again.fill_null(value=False).to_list() if again is not None else [False] * len(local)
    assert told == frame["again"].to_list()


def test_no_times_and_a_thousand_years_are_no_matter() -> None:
    empty = pl.Series([None, None], dtype=pl.Datetime("us"))
    assert clock.utc_of(empty, "Asia/Nicosia")[0].to_list() == [None, None]
    far = pl.Series([datetime(1600, 1, 1), datetime(2900, 1, 1)] * 6000)
    assert clock.utc_of(far, "UTC")[0].dt.replace_time_zone(None).to_list() == far.to_list()

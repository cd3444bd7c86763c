"""A second, independent opinion on windows: DuckDB counts and sums the same on the sample data."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from thbscreen.compile import windows as kernels

SAMPLE = Path(__file__).parents[2] / "sample_data" / "transactions.parquet"
HOUR = 3_600_000_000
SQL = """
    select row, count(*) over w as n, sum(cents) over w as total, count(distinct place) over w as places
    from read_parquet($file)
    window w as (
        partition by account_id order by t range between ($width - 1) preceding and current row
    )
    order by row
"""


@pytest.mark.parametrize("hours", [1, 72, 720])
def test_windows_of_every_card_and_cash_row_equal_sql(hours, tmp_path):
    table = (
        pl.read_parquet(SAMPLE)
        .filter(pl.col("tx_type").is_in(["card_purchase", "cash_withdrawal", "cash_deposit"]))
        .select(
            "account_id",
            pl.col("account_id").rank("dense").cast(pl.Int64).alias("account"),
            pl.col("booking_ts").to_physical().alias("t"),
            (pl.col("amount") * 100).cast(pl.Int64).alias("cents"),
            pl.col("location_city").fill_null("").rank("dense").cast(pl.Int64).alias("place"),
        )
        .sort("account", "t")
        .with_row_index("row")
    )
    time = table["t"].to_numpy()
    frame = kernels.rolling(table["account"].to_numpy(), time, time - hours * HOUR)
    every = np.ones(frame.size, np.bool_)
    place = table["place"].to_numpy()
    table.write_parquet(tmp_path / "rows.parquet")
    asked = {"width": hours * HOUR, "file": str(tmp_path / "rows.parquet")}
    expected = duckdb.connect().execute(SQL, asked).fetchnumpy()
    last = frame.last
    assert kernels.window_count(frame, every)[last].tolist() == expected["n"][last].tolist()
    totals = kernels.window_sum(frame, table["cents"].to_numpy())
    assert totals[last].tolist() == expected["total"].astype(np.int64)[last].tolist()
    distinct = kernels.window_distinct(frame, place, every)
    assert distinct[last].tolist() == expected["places"][last].tolist()

"""A second, independent opinion on windows: DuckDB's SQL counts, sums and ranks as the engine does.

The engine's side is rules over prepared rows, every window and not only the flagged ones; the other side is
SQL written by hand from the laws.
"""

from __future__ import annotations

import functools
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given

from tests.oracles import worlds as w
from tests.oracles.agree import numbered, part
from thbscreen.compile import aggregate
from thbscreen.compile import windows as kernels
from thbscreen.compile.pack import compile_pack
from thbscreen.compile.view import View
from thbscreen.engine.hits import Assembler
from thbscreen.engine.prepare import prepare
from thbscreen.engine.run import Runner

SAMPLE = Path(__file__).parents[2] / "sample_data" / "transactions.parquet"
HOUR = 3_600_000_000
ZONE = "Asia/Nicosia"
MEASURES = {
    "n": ("count: transactions", "count(*)"),
    "ins": ("count: transactions, where: {direction: credit}", "count(*) filter (direction = 'credit')"),
    "total": ("sum: amount_eur", "coalesce(sum(cents), 0)"),
    "places": ("distinct: location_city", "count(distinct location_city)"),
    "least": ("smallest: amount_eur", "min(cents)"),
    "most": ("largest: amount_eur", "max(cents)"),
    "mean": ("average: amount_eur", "avg(cents)"),
    "middle": ("median: amount_eur", "median(cents)"),
    "days": ("days_active: transactions", "count(distinct day)"),
}
#: Wall clocks of Nicosia go two hours before UTC in winter and three in summer. Of two instants that show the
#: same time the earlier counts; a time that clocks skip is the instant at which they skip it.
INSTANT = """
    case when shows({0} - interval 3 hour) = {0} then epoch_us({0} - interval 3 hour)
         when shows({0} - interval 2 hour) = {0} then epoch_us({0} - interval 2 hour)
         else epoch_us(date_trunc('hour', {0}) - interval 2 hour) end
"""
#: Lengths as a rule writes them, and the latest instant before the window as SQL works it out.
ROLLING = {
    "30 minutes": "t - 30 * 60000000",
    "6 hours": "t - 6 * 3600000000",
    "24 hours": "t - 24 * 3600000000",
    "1 days": INSTANT.format("(wall - interval 1 day)"),
    "2 weeks": INSTANT.format("(wall - interval 14 day)"),
    "1 months": INSTANT.format("(wall - interval 1 month)"),
}
CALENDAR = {
    "calendar day": "date_trunc('day', wall)",
    "calendar week": "date_trunc('week', wall)",
    "calendar month": "date_trunc('month', wall)",
    "whole period": "'all'",
}
#: Every row with its wall clock; made from instants, so that no text decides about a repeated hour.
ROWS = """
    create or replace temp table seen as
    select *, shows(make_timestamp(t)) as wall, shows(make_timestamp(t))::date as day from given
"""


LIST = ", ".join(f"{text} as {name}" for name, (_, text) in MEASURES.items())


def rolling_sql(low, keys):
    """Counts, for each instant of each group, what lies after the bound and not after the instant (law L1).

    A bound never moves back inside a group, as steps of months over months of unequal length would have it.
    """
    joined = " and ".join(f"r.{k} = e.{k}" for k in keys)
    known = " and ".join(f"{k} is not null" for k in keys)
    listed = ", ".join(keys)
    return f"""
        with instants as (select distinct {listed}, t, {low} as low from seen where {known}),
        ends as (
            select {listed}, t, max(low) over (
                partition by {listed} order by t range between unbounded preceding and current row
            ) as low
            from instants
        )
        select {", ".join(f"e.{k}" for k in keys)}, e.t, {LIST.replace("location_city", "r.location_city")}
        from ends e join seen r on {joined} and r.t > e.low and r.t <= e.t
        group by all order by all
    """


def ties_sql(width, keys):
    """Counts the same over elapsed time with SQL's own frames, in which rows of one instant are peers."""
    listed = ", ".join(keys)
    frame = f"(partition by {listed} order by t range between ({width} - 1) preceding and current row)"
    plain = {n: text for n, (_, text) in MEASURES.items() if n not in {"ins", "total"}}
    return f"""
        select distinct {listed}, t, {", ".join(f"{text} over {frame} as {n}" for n, text in plain.items())},
            coalesce(sum(cents) over {frame}, 0) as total,
            count(case when direction = 'credit' then 1 end) over {frame} as ins
        from seen where {" and ".join(f"{k} is not null" for k in keys)} order by all
    """


def calendar_sql(step, keys):
    """Counts what lies in each group and calendar step."""
    known = " and ".join(f"{k} is not null" for k in keys)
    listed = ", ".join(keys)
    return f"""
        select {listed}, max(t) as t, {LIST} from seen where {known}
        group by {listed}, {step} order by all
    """


KEYS = (("account_id",), ("account_id", "location_city"))


@functools.cache
def pack(window, keys):
    """Loads a rule with all measures."""
    measures = "".join(f"  {name}: {{{text}}}\n" for name, (text, _) in MEASURES.items())
    return numbered(
        [
            f"kind: aggregate\nwhere: {{}}\nfor_each: [{', '.join(keys)}]\nwindow: {window}\n"
            f"measures:\n{measures}flag_when:\n  - n >= 1"
        ]
    )


def engine_windows(window, keys, rows):
    """Gives every window of the engine, judged or not: keys, last instant, measures."""
    if not rows:
        return []
    loaded = pack(window, keys)
    compiled = compile_pack(loaded)
    source = w.source_of(loaded, rows, [], [])
    prepared = prepare(source, compiled, buckets=1)
    runner = Runner(prepared, compiled)
    rule = loaded.rules[0]
    view = View(prepared.bucket(0), runner.context)
    windows = aggregate._Windows(aggregate.rows_of(view, rule, rule.detect), rule.detect)
    names = [Assembler(prepared, compiled).dictionary(rule, k).to_list() for k in keys]
    found = {m.name: windows.measure(m, {}).floats() for m in rule.detect.measures}
    out = []
    for n, row in enumerate(windows.at):
        codes = [k[windows.frame.order][row] for k in windows.keys]
        key = tuple(name[c] for name, c in zip(names, codes, strict=True))
        numbers = {m: None if np.isnan(v[n]) else float(v[n]) for m, v in found.items()}
        out.append((*key, int(windows.frame.time[row]), numbers))
    return sorted(out, key=lambda x: x[:-1])


@functools.cache
def database():
    """Opens a database in memory whose clock is UTC."""
    found = duckdb.connect()
    found.execute("set timezone = 'UTC'")
    found.execute(f"create macro shows(u) as timezone('{ZONE}', u::timestamptz)")
    columns = "account_id text, location_city text, direction text, t bigint, cents bigint"
    found.execute(f"create temp table given ({columns})")
    return found


def sql_windows(sql, keys, rows):
    """Answers a query over rows in the form of `engine_windows`."""
    con = database()
    con.execute("delete from given")
    for r in rows:
        cents = None if r["amount_eur"] is None else round(float(r["amount_eur"]) * 100)
        row = [r["account_id"], r["location_city"], r["direction"], r["booking_ts"], cents]
        con.execute("insert into given values (?, ?, ?, ?, ?)", row)
    con.execute(ROWS)
    answer = con.execute(sql)
    columns = [d[0] for d in answer.description]
    out = []
    for values in answer.fetchall():
        row = dict(zip(columns, values, strict=True))
        numbers = {n: None if row[n] is None else float(row[n]) for n in MEASURES}
        out.append((*(row[k] for k in keys), row["t"], numbers))
    return sorted(out, key=lambda x: x[:-1])


@pytest.mark.parametrize("keys", KEYS, ids=", ".join)
@pytest.mark.parametrize("length", ROLLING)
@part(6)
@given(world=w.worlds(max_rows=20))
def test_rolling_windows_equal_sql(length, keys, world):
    rows = world[0]
    assert engine_windows(f"rolling {length}", keys, rows) == sql_windows(
        rolling_sql(ROLLING[length], keys), keys, rows
    )


@pytest.mark.parametrize(("length", "width"), [("30 minutes", HOUR // 2), ("6 hours", 6 * HOUR)])
@part(6)
@given(world=w.worlds(max_rows=20))
def test_windows_of_elapsed_time_equal_sql_frames_in_which_ties_are_peers(length, width, world):
    rows, keys = world[0], KEYS[0]
    assert engine_windows(f"rolling {length}", keys, rows) == sql_windows(ties_sql(width, keys), keys, rows)


@pytest.mark.parametrize("keys", KEYS, ids=", ".join)
@pytest.mark.parametrize("step", CALENDAR)
@part(6)
@given(world=w.worlds(max_rows=20))
def test_calendar_windows_and_the_whole_period_equal_sql(step, keys, world):
    rows = world[0]
    assert engine_windows(step, keys, rows) == sql_windows(calendar_sql(CALENDAR[step], keys), keys, rows)


SAMPLE_SQL = """
    select row, count(*) over w as n, sum(cents) over w as total, count(distinct place) over w as places,
        min(cents) over w as least, max(cents) over w as most, median(cents) over w as middle
    from read_parquet($file)
    window w as (
        partition by account_id order by t range between ($width - 1) preceding and current row
    )
    order by row
"""


@pytest.mark.parametrize("hours", [1, 72, 720])
def test_windows_of_every_card_and_cash_row_of_the_sample_equal_sql(hours, tmp_path):
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
    time, cents = table["t"].to_numpy(), table["cents"].to_numpy()
    frame = kernels.rolling(table["account"].to_numpy(), time, time - hours * HOUR)
    every, last = np.ones(frame.size, np.bool_), np.flatnonzero(frame.last)
    table.write_parquet(tmp_path / "rows.parquet")
    asked = {"width": hours * HOUR, "file": str(tmp_path / "rows.parquet")}
    expected = duckdb.connect().execute(SAMPLE_SQL, asked).fetchnumpy()
    found = {
        "n": kernels.window_count(frame, every),
        "total": kernels.window_sum(frame, cents),
        "places": kernels.window_distinct(frame, table["place"].to_numpy(), every),
        "least": kernels.window_extreme(frame, cents, every, largest=False)[0],
        "most": kernels.window_extreme(frame, cents, every, largest=True)[0],
        "middle": kernels.window_median(frame, cents, every, last)[0] / 2,
    }
    for name, values in found.items():
        assert values[last].tolist() == expected[name].astype(values.dtype)[last].tolist(), name

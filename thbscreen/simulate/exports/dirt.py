"""Damage that exports of banks show: each is done to a stated share of rows, and counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from thbscreen.simulate.clock import Flags
from thbscreen.simulate.settings import Dirt
from thbscreen.simulate.streams import shares

_LATIN = str.maketrans(
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫαβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",
    "AVGDEZITIKLMNXOPRSTYFCPOAEIIOYOIYavgdezitiklmnxoprstyfcposaeiioyoiyiy",
)


@dataclass(frozen=True, slots=True)
class Dirty:
    """Movements after damage, and how many rows each kind of damage hit."""

    rows: pl.DataFrame
    counts: dict[str, int]


def soil(rows: pl.DataFrame, dirt: Dirt, seed: int, profile: str, *, text_dates: bool) -> Dirty:
    """Does damage to movements of one bank.

    Args:
        rows: canonical movements with `value_date`; `tx_id` tells them apart.
        dirt: rates per thousand rows.
        seed: seed of the world.
        profile: form that is written.
        text_dates: whether dates are written as text, so that day and month can be swapped.

    Returns:
        rows in the same order; with dates as text also a column `swapped`, whether to swap day and month.
    """
    counts: dict[str, int] = {}

    def hit(name: str, rate: float) -> Flags:
        number = np.arange(rows.height, dtype=np.int64)
        flags: Flags = shares(seed, f"dirt/{profile}/{name}", number) < rate / 1000
        counts[name] = int(flags.sum())
        return flags

    local = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia")
    no_name = pl.Series(hit("no_name", dirt.no_name))
    masked = pl.Series(hit("masked", dirt.masked))
    script = pl.Series(hit("other_script", dirt.other_script))
    late = pl.Series(hit("late", dirt.late))
    wrong = pl.Series(hit("wrong_currency", dirt.wrong_currency))
    name = pl.col("cp_name").map_elements(lambda n: n.translate(_LATIN), return_dtype=pl.String)
    mask = pl.format(
        "{}**************{}", pl.col("cp_account_id").str.slice(0, 4), pl.col("cp_account_id").str.slice(-4)
    )
    soiled = rows.with_columns(
        pl.when(no_name).then(None).when(script).then(name).otherwise("cp_name").alias("cp_name"),
        pl.when(masked).then(mask).otherwise("cp_account_id").alias("cp_account_id"),
        pl.when(wrong).then(pl.lit("USD")).otherwise("currency").alias("currency"),
        pl.when(late)
        .then(pl.col("value_date") - pl.duration(days=2))
        .otherwise("value_date")
        .alias("value_date"),
    )
    if text_dates:
        swap = pl.Series(hit("swapped_day", dirt.swapped_day)) & (
            rows.select(local.dt.day() > 12).to_series()
        )
        counts["swapped_day"] = int(swap.sum())
        soiled = soiled.with_columns(swap.alias("swapped"))
    return Dirty(soiled, counts)


def reverse(rows: pl.DataFrame, rate: float, seed: int, profile: str) -> Dirty:
    """Adds mistaken bookings, each undone at once: a payment of another sum, and its reversal.

    Args:
        rows: canonical movements in the order of booking.
        rate: per thousand rows.
        seed: seed of the world.
        profile: form that is written.

    Returns:
        rows with a column `reversal`.
    """
    number = np.arange(rows.height, dtype=np.int64)
    hit = pl.Series(shares(seed, f"dirt/{profile}/reversal", number) < rate / 1000)
    some = rows.with_row_index("at").filter(hit & (rows["purpose_code"].fill_null("") != "SALA"))
    signed = pl.when(pl.col("direction") == "credit").then(1).otherwise(-1)
    sum_ = pl.col("amount") + pl.lit("11.17").cast(pl.Decimal(18, 2))
    mistaken = some.with_columns(
        pl.concat_str("tx_id", pl.lit("X")).alias("tx_id"),
        pl.concat_str(pl.lit("X"), pl.col("tx_id").str.slice(-12)).alias("end_to_end_id"),
        sum_.cast(pl.Decimal(18, 2)).alias("amount"),
        (pl.col("balance_after") + (signed * sum_).cast(pl.Decimal(18, 2)))
        .cast(pl.Decimal(18, 2))
        .alias("balance_after"),
    )
    undone = mistaken.with_columns(
        pl.concat_str("tx_id", pl.lit("Y")).alias("tx_id"),
        some["balance_after"].alias("balance_after"),
        pl.col("direction").replace_strict({"debit": "credit", "credit": "debit"}).alias("direction"),
    )
    parts = [
        t.with_columns(pl.lit(k, dtype=pl.Int8).alias("turn"), pl.lit(k == 2).alias("reversal"))
        for k, t in enumerate((rows.with_row_index("at"), mistaken, undone))
    ]
    out = pl.concat([p.select(parts[0].columns) for p in parts]).sort("at", "turn").drop("at", "turn")
    return Dirty(out, {"reversal": some.height})


def repeats(rows: int, rate: float, seed: int, profile: str) -> list[int]:
    """Draws the rows of a table that stand in it twice."""
    number = np.arange(rows, dtype=np.int64)
    return np.flatnonzero(shares(seed, f"dirt/{profile}/duplicate", number) < rate / 1000).tolist()


def cut_lines(text: str, head: int, rate: float, seed: int, profile: str, end: str) -> tuple[str, int]:
    """Cuts some lines of a table in the middle.

    Args:
        text: the table.
        head: lines at the beginning that stay whole.
        rate: per thousand.
        seed: seed of the world.
        profile: form that is written.
        end: end of a line.
    """
    lines = text.split(end)
    number = np.arange(len(lines), dtype=np.int64)
    hit = np.flatnonzero(shares(seed, f"dirt/{profile}/broken", number) < rate / 1000)
    done = [k for k in hit.tolist() if head <= k < len(lines) - 1]
    for k in done:
        lines[k] = lines[k][: max(len(lines[k]) // 3, 4)].replace('"', "")
    return end.join(lines), len(done)

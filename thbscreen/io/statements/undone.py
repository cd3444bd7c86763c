"""Reversals and returns: the movement that each one undoes, and what becomes of both.

A reversal or return is linked to the one movement of the same account, currency and amount in the opposite
direction that shares a reference with it, else to the only one of the ten days before. Both then get the
status reversed or returned, which is not screened, so that sums are net; both stay listed.
"""

from __future__ import annotations

import polars as pl

LINKED = "reversal or return with the movement that it undoes; neither is screened"
SHADOW = "return whose accounts are not stated; it is linked by its references, no movement is made"
ALONE = "reversal or return whose original is not in the data; it stays a movement"
DAYS = 10
REFERENCES = ("uetr", "end_to_end_id", "bank_ref")
_SAME = ("account_id", "currency", "amount")
#: Columns that linking needs.
COLUMNS = (*_SAME, "direction", "booking_ts", "tx_id", *REFERENCES)


def linked(undoing: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """Links movements that undo others.

    Args:
        undoing: `file`, `row`, `status` (reversed or returned) and `COLUMNS`.
        candidates: `file`, `row` and `COLUMNS` of movements with the same account, currency and amount.

    Returns:
        `file`, `row`, `status`, `file_of`, `row_of` and `tx_id_of` of the original, each at most once.
    """
    others = candidates.join(undoing.select("file", "row"), on=["file", "row"], how="anti")
    pairs = undoing.join(others, on=list(_SAME), how="inner", suffix="_of").filter(
        pl.col("direction") != pl.col("direction_of")
    )
    began = pl.col("booking_ts").str.slice(0, 10).str.to_date(strict=False)
    until = pl.col("booking_ts_of").str.slice(0, 10).str.to_date(strict=False)
    after = (began - until).dt.total_days()
    by_reference = [(pl.col(n) == pl.col(f"{n}_of")).fill_null(value=False) for n in REFERENCES]
    rank = pl.when(by_reference[0]).then(0).when(by_reference[1]).then(1).when(by_reference[2]).then(2)
    pairs = pairs.with_columns(after.alias("after"), rank.otherwise(3).alias("rank")).filter(
        pl.col("after") >= 0
    )
    near = pairs.filter((pl.col("rank") < 3) | (pl.col("after") <= DAYS))
    key = ["file", "row"]
    # Without a reference only a single candidate is taken.
    named = near.filter(pl.col("rank") < 3)
    bare = near.join(named.select(key), on=key, how="anti").filter(
        (pl.len().over(key) == 1) & (pl.len().over(["file_of", "row_of"]) == 1)
    )
    chosen: list[tuple[object, ...]] = []
    used: set[tuple[str, int]] = set()
    done: set[tuple[str, int]] = set()
    wanted = ["file", "row", "status", "file_of", "row_of", "tx_id_of"]
    order = ["rank", "after", "file", "row", "file_of", "row_of"]
    for pair in pl.concat([named, bare]).sort(order).select(wanted).rows():
        here, there = (pair[0], pair[1]), (pair[3], pair[4])
        if here not in done and there not in used:
            done.add(here)
            used.add(there)
            chosen.append(pair)
    text = pl.String()
    schema = dict(zip(wanted, [text, pl.Int64(), text, text, pl.Int64(), text], strict=True))
    return pl.DataFrame(chosen, schema=schema, orient="row").sort("file", "row")


def referred(returns: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """Finds the movements that returns without accounts give back, by references, amount and currency.

    Args:
        returns: `file`, `row` and `COLUMNS`, where account and direction are missing.
        candidates: `file`, `row` and `COLUMNS` of movements.

    Returns:
        `file`, `row`, `status`, `file_of`, `row_of`, `tx_id_of`; both sides of a transfer.
    """
    found = []
    rest = returns
    for name in REFERENCES:
        mine = rest.filter(pl.col(name).is_not_null())
        pairs = mine.join(candidates, on=["currency", "amount", name], how="inner", suffix="_of")
        # One payment: one debit and one credit at most. More of them are told apart by nothing.
        sides = pl.struct("file", "row", "direction_of")
        pairs = pairs.filter((pl.len().over(sides) == 1).all().over("file", "row"))
        found.append(
            pairs.select("file", "row", pl.lit("returned").alias("status"), "file_of", "row_of", "tx_id_of")
        )
        rest = rest.join(pairs.select("file", "row"), on=["file", "row"], how="anti")
    return pl.concat(found).unique(["file_of", "row_of"], keep="first", maintain_order=True)

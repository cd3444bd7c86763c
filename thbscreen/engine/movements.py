"""The movements behind networks: those that hits name, and the ledgers of members."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.engine import tables
from thbscreen.engine.prepare import Prepared


def movements(prepared: Prepared, tx_ids: pl.Series, accounts: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Gives the movements with some ids, and all movements in the ledgers of some accounts.

    Args:
        prepared: the buckets.
        tx_ids: ids; others may be among them.
        accounts: by account code, whose whole ledger is wanted.

    Returns:
        `tables.MOVEMENTS`; amounts in euro cents, missing without a rate.
    """
    if tx_ids.is_empty() and not accounts.any():
        return tables.MOVEMENTS.empty()
    names = prepared.dictionaries.get("account", pl.Series(dtype=pl.String))
    wanted = tx_ids.unique()
    parts = []
    for number in range(len(prepared.buckets)):
        frame = prepared.bucket(number)
        keep = pl.Series(accounts[frame["c:account_id"].to_numpy()]) | frame["tx_id"].is_in(wanted.implode())
        rows = frame.filter(keep)
        other = rows["c:cp_account_id"] if "c:cp_account_id" in rows.columns else None
        code = pl.Series([None] * rows.height, dtype=pl.Int64) if other is None else other.cast(pl.Int64)
        parts.append(
            rows.select(
                "tx_id",
                account_id=names.gather(rows["c:account_id"]),
                cp_account_id=names.gather(code.set(code < 0, None)),
                credit="_credit",
                time=pl.col("_t").cast(pl.Datetime("us", "UTC")),
                amount_eur="amount_eur",
            )
        )
    return tables.MOVEMENTS.conform(pl.concat([tables.MOVEMENTS.empty(), *parts]))

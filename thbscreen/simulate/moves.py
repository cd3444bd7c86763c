"""The movements of one group as payments with two sides, so that they can be changed and booked again.

One row is one movement of money: a transfer from payer to payee, or cash, a card purchase or a charge on one
account. Changing a row changes both legs, so money cannot appear or vanish between two accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from thbscreen.simulate.clock import Flags, Ints
from thbscreen.simulate.ledger import habits, transfer_kinds
from thbscreen.simulate.world import OUTSIDE, World

#: Columns of payments; `new` rows get kind, channel and device from who pays whom when they are booked.
SCHEMA = {
    "moment": pl.Int64, "payer": pl.Int64, "payee": pl.Int64, "cents": pl.Int64, "tx_type": pl.String,
    "channel": pl.String, "behind": pl.String, "purpose": pl.String, "text": pl.String, "merchant": pl.Int64,
    "machine": pl.Int64, "device": pl.Int64, "city": pl.Int64, "leg": pl.Int64, "conductor": pl.Int64,
    "camouflage": pl.Boolean, "new": pl.Boolean,
}  # fmt: skip
_EMPTY = {
    "payer": -1,
    "payee": -1,
    "merchant": -1,
    "machine": -1,
    "device": -1,
    "city": -1,
    "leg": -1,
    "conductor": -1,
}


@dataclass(frozen=True, slots=True)
class Moves:
    """Payments of one group, as a table with the columns of `SCHEMA`."""

    table: pl.DataFrame

    def ints(self, name: str) -> Ints:
        """Gives a column of whole numbers."""
        return self.table[name].to_numpy().astype(np.int64)

    def transfers(self) -> Flags:
        """Tells which rows are transfers between two accounts."""
        return (self.ints("payer") >= 0) & (self.ints("payee") >= 0)

    def changed(self, **columns: pl.Series | np.ndarray | list[str | None]) -> Moves:
        """Gives the payments with other values in some columns."""
        series = [pl.Series(name, values, dtype=SCHEMA[name]) for name, values in columns.items()]
        return Moves(self.table.with_columns(series))

    def pick(self, keep: Flags) -> Moves:
        """Gives some of the payments."""
        return Moves(self.table.filter(pl.Series(keep)))

    def plus(self, *others: Moves) -> Moves:
        """Gives these payments and others."""
        return Moves(pl.concat([self.table, *(o.table for o in others)]))


def made(n: int, **columns: object) -> Moves:
    """Makes n new payments; what is not given is missing.

    Args:
        n: how many.
        columns: columns of `SCHEMA`, as arrays, lists or single values.
    """
    data: dict[str, pl.Series] = {}
    for name, dtype in SCHEMA.items():
        value = columns.get(
            name, _EMPTY.get(name, True if name == "new" else False if name == "camouflage" else None)
        )
        if isinstance(value, (np.ndarray, list)):
            data[name] = pl.Series(name, value, dtype=dtype)
        else:
            data[name] = pl.Series(name, [value], dtype=dtype).new_from_index(0, n)
    return Moves(pl.DataFrame(data))


def read_moves(legs: pl.DataFrame) -> Moves:
    """Joins the legs of one group to payments; the payer's leg tells the channel and device."""
    paired = legs.with_row_index("row").with_columns(
        pl.when(pl.col("reference") >= 0)
        .then(pl.col("reference"))
        .otherwise(-1 - pl.col("row").cast(pl.Int32))
        .alias("pair")
    )
    first = (
        paired.sort("credit", maintain_order=True)
        .unique("pair", keep="first", maintain_order=True)
        .sort("row")
    )
    two = pl.col("other") >= 0
    table = first.with_columns(
        pl.when(~pl.col("credit")).then("account").when(two).then("other").otherwise(-1).alias("payer"),
        pl.when(pl.col("credit")).then("account").when(two).then("other").otherwise(-1).alias("payee"),
        pl.lit(False).alias("camouflage"),
        pl.lit(False).alias("new"),
    )
    return Moves(table.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()))


def book(moves: Moves, world: World, like: pl.DataFrame, group: int, source: int) -> pl.DataFrame:
    """Books payments as legs on the accounts that are kept here.

    Args:
        moves: payments of the group.
        world: facts of the accounts.
        like: a table of legs, for columns and types.
        group: number of the group.
        source: number of the process that books.
    """
    payer, payee, new = moves.ints("payer"), moves.ints("payee"), moves.table["new"].to_numpy()
    two = (payer >= 0) & (payee >= 0)
    fresh = new & two
    kind = np.array(moves.table["tx_type"].to_list(), dtype=np.object_)
    channel = np.array(moves.table["channel"].to_list(), dtype=np.object_)
    device = moves.ints("device")
    kind[fresh] = transfer_kinds(world, payer[fresh], payee[fresh])
    channel[fresh] = habits(world, payer[fresh])
    here = fresh & (payer < OUTSIDE)
    device[here] = world.device[world.holder[payer[here]]]
    device[fresh & ~here] = -1
    table = moves.table.with_columns(
        pl.Series("tx_type", kind.tolist(), dtype=pl.String),
        pl.Series("channel", channel.tolist(), dtype=pl.String),
        pl.Series("device", device),
        pl.Series("reference", np.where(two, np.arange(len(two)), -1)),
        pl.lit(group).alias("group"),
    )
    sides = []
    for credit, mine, theirs in ((False, "payer", "payee"), (True, "payee", "payer")):
        account = pl.col(mine)
        leg = table.filter((account >= 0) & (account < OUTSIDE)).with_columns(
            pl.lit(credit).alias("credit"),
            account.alias("account"),
            pl.col(theirs).alias("other"),
            pl.when((pl.col("merchant") >= 0) | (pl.col("machine") >= 0))
            .then(account)
            .otherwise(-1)
            .alias("card"),
        )
        if credit:  # the payee's bank sees neither how a transfer was ordered nor on what device
            ordered = pl.col("reference") >= 0
            leg = leg.with_columns(
                pl.when(ordered).then(None).otherwise(pl.col("channel")).alias("channel"),
                pl.when(ordered).then(-1).otherwise(pl.col("device")).alias("device"),
            )
        sides.append(leg)
    legs = pl.concat(sides)
    return legs.with_columns(
        pl.lit(source, dtype=pl.UInt64).alias("source"),
        pl.Series("serial", np.arange(legs.height, dtype=np.int32)),
    ).select([pl.col(name).cast(dtype) for name, dtype in like.schema.items()])

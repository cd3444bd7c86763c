"""Ids of rows: stable ids where the source has none, and the search for ids used twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.raw import ROW
from thbscreen.io.shape import LEG

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Columns that say where a row was found and how it is called, not what it says.
NOT_CONTENT = frozenset({"tx_id", "batch_id", "has_time", "source_file", "source_row", "_row"})


class RowIds:
    """Makes ids from content: equal rows get running numbers, the order of rows does not matter."""

    def __init__(self) -> None:
        """Starts with nothing seen."""
        self._known = pl.DataFrame(schema={"digest": pl.String, "before": pl.Int64})

    def make(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
        """Gives ids for a chunk.

        Args:
            frame: canonical rows.
            columns: content columns; missing values do not enter, so an empty extra column changes nothing.
        """
        parts = [pl.format("{}={}", pl.lit(name), pl.col(name).cast(pl.String)) for name in sorted(columns)]
        content = frame.select(pl.concat_str(parts, separator="\x1f", ignore_nulls=True).alias("c"))["c"]
        # A keyless cryptographic hash: nobody can craft a payment text that takes another payment's id.
        # There is no column kernel for one, so this is the one loop over rows, and only for rows without id.
        digests = pl.Series(
            "digest",
            [blake2b(text.encode(), digest_size=10).hexdigest() for text in content],
            dtype=pl.String,
        )
        numbered = (
            digests.to_frame()
            .with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("digest").alias("n"))
            .join(self._known, on="digest", how="left", maintain_order="left")
            .with_columns(pl.col("n") + pl.col("before").fill_null(0))
        )
        latest = numbered.group_by("digest").agg(pl.col("n").max().alias("before"))
        self._known = pl.concat([self._known, latest]).group_by("digest").agg(pl.col("before").max())
        return numbered.select(pl.format("h{}-{}", "digest", "n").alias("tx_id"))["tx_id"]


@dataclass(slots=True)
class SeenIds:
    """Remembers 64-bit hashes of ids, chunk by chunk, to find the few rows worth an exact look."""

    hashes: list[pl.Series] = field(default_factory=list)
    rows: list[pl.Series] = field(default_factory=list)

    def add(self, ids: pl.Series, rows: pl.Series) -> None:
        """Remembers one chunk."""
        self.hashes.append(ids.hash(seed=0x5EED))
        self.rows.append(rows)

    def candidates(self) -> pl.Series:
        """Gives `_row` of rows whose id's hash occurs more than once."""
        if not self.hashes:
            return pl.Series("_row", [], dtype=pl.Int64)
        hashes = pl.concat(self.hashes)
        if hashes.n_unique() == len(hashes):
            return pl.Series("_row", [], dtype=pl.Int64)
        return pl.concat(self.rows).filter(hashes.is_duplicated())


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Rows whose id occurs more than once.

    Attributes:
        same: rows that repeat an earlier row exactly; they are skipped.
        different: rows whose id stands for different contents; all of them are refused.
    """

    same: pl.DataFrame
    different: pl.DataFrame


def split_duplicates(frame: pl.DataFrame, key: Sequence[str], order: str) -> Duplicates:
    """Sorts rows with equal keys into exact repeats and contradictions.

    Args:
        frame: all rows that may share a key, with content columns.
        key: columns that should be unique.
        order: column that says which of equal rows came first.
    """
    content = [c for c in frame.columns if c not in key and c not in NOT_CONTENT and c != order]
    repeated = frame.filter(pl.struct(key).is_duplicated())
    kinds = (
        repeated.select(*key, *content).unique().filter(pl.struct(key).is_duplicated()).select(key).unique()
    )
    different = repeated.join(kinds, on=list(key), how="semi", nulls_equal=True)
    equal = repeated.join(kinds, on=list(key), how="anti", nulls_equal=True)
    same = equal.sort(order).filter(~pl.struct(key).is_first_distinct())
    return Duplicates(same, different)


def with_transfer_ids(frame: pl.DataFrame, ids: RowIds, content: Sequence[str]) -> pl.DataFrame:
    """Gives both legs of a transfer one id made from the payer's leg, with /D and /C behind it."""
    payer = frame.filter(pl.col(LEG) == 0)
    made = payer.select(ROW, ids.make(payer, content).alias("batch_id"))
    side = pl.when(pl.col(LEG) == 0).then(pl.lit("/D")).otherwise(pl.lit("/C"))
    joined = frame.drop("batch_id", strict=False).join(made, on=ROW, how="left", maintain_order="left")
    return joined.with_columns((pl.col("batch_id") + side).alias("tx_id"))

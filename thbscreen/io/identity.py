"""Ids of rows: stable ids where the source has none, and the search for ids used twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
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


#: Hashes that are put in order at once.
_AT_ONCE = 4_000_000


@dataclass(slots=True)
class SeenIds:
    """Remembers 64-bit hashes of ids, chunk by chunk, to find the few rows worth an exact look.

    Eight bytes a row are held; rows that count on from the first of their chunk need no numbers of their own.
    """

    hashes: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    rows: list[int | pl.Series] = field(default_factory=list)

    def add(self, ids: pl.Series, rows: pl.Series) -> None:
        """Remembers one chunk."""
        if not len(ids):
            return
        self.hashes.append(ids.hash(seed=0x5EED).to_numpy())
        first = int(rows[0])
        counted = pl.int_range(first, first + len(rows), dtype=pl.Int64, eager=True)
        self.rows.append(first if rows.cast(pl.Int64).equals(counted) else rows)

    def candidates(self) -> pl.Series:
        """Gives `_row` of rows whose id's hash occurs more than once, in the order of chunks."""
        parts = 1 + sum(map(len, self.hashes)) // _AT_ONCE
        twice = [self._twice(part, parts) for part in range(parts)]
        asked = pl.Series("h", np.concatenate(twice), dtype=pl.UInt64)
        found = [pl.Series("_row", [], dtype=pl.Int64)]
        for hashes, rows in zip(self.hashes, self.rows, strict=True) if len(asked) else ():
            at = pl.Series("h", hashes).is_in(asked.implode()).arg_true().cast(pl.Int64)
            if len(at):
                found.append(
                    at.rename("_row") + rows if isinstance(rows, int) else rows.gather(at).rename("_row")
                )
        return pl.concat(found)

    def _twice(self, part: int, parts: int) -> npt.NDArray[np.uint64]:
        """Gives the hashes of one part that occur more than once."""
        some = np.concatenate(
            [np.zeros(0, np.uint64), *(h if parts == 1 else h[h % parts == part] for h in self.hashes)]
        )
        some.sort()
        return np.unique(some[1:][some[1:] == some[:-1]])


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

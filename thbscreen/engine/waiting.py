"""Rows of all buckets that wait to be judged together, cut by key, in memory or in files.

A rule that groups by something else than the account sees a group only when every bucket has been read.
Its rows are cut by the first key, so that no more than a part of them is taken up at a time; where buckets
live in files, so do these rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from thbscreen.engine.codes import taken_back

#: Buckets whose rows of one rule are taken up at once, about.
BUCKETS_AT_ONCE = 4

Stored = pl.DataFrame | Path
#: The rule's position in the pack, and the part.
Place = tuple[int, int]


@dataclass(frozen=True)
class WaitingRoom:
    """Where rows wait.

    Attributes:
        parts: into how many the rows of a rule are cut.
        folder: of files, None keeps the rows in memory.
    """

    parts: int
    folder: Path | None

    def keep(self, rows: dict[int, pl.DataFrame], bucket: int, whole: frozenset[int]) -> dict[Place, Stored]:
        """Cuts the rows of a bucket and puts them away.

        Args:
            rows: by rule, see `aggregate.rows_of`; k0 is the first key.
            bucket: its number.
            whole: rules whose groups are compared with each other, and so stay together.
        """
        out: dict[Place, Stored] = {}
        for index, frame in rows.items():
            for part, piece in self._cut(frame, one=index in whole).items():
                out[index, part] = self._put(piece, f"wait-{index:04d}-{part:05d}-{bucket:05d}.arrow")
        return out

    def _cut(self, frame: pl.DataFrame, *, one: bool) -> dict[int, pl.DataFrame]:
        if one or self.parts == 1:
            return {0: frame}
        key = pl.col("k0")
        number = key.hash(0) if frame["k0"].dtype == pl.String else key
        cut = frame.with_columns(_part=number % self.parts).partition_by(
            "_part", as_dict=True, include_key=False
        )
        return {int(str(part)): piece for (part,), piece in cut.items()}

    def _put(self, piece: pl.DataFrame, name: str) -> Stored:
        if self.folder is None:
            return piece
        path = self.folder / name
        piece.write_ipc(path, compression="lz4")
        return path


def room_for(buckets: list[Stored], folder: Path | None) -> WaitingRoom:
    """Gives the room that so many buckets ask for; rows go to files when the buckets are files."""
    in_files = folder is not None and any(isinstance(b, Path) for b in buckets)
    return WaitingRoom(max(1, -(-len(buckets) // BUCKETS_AT_ONCE)), folder if in_files else None)


def taken_up(pieces: list[Stored]) -> pl.DataFrame:
    """Gives the rows of all buckets together; files are removed."""
    return pl.concat([taken_back(piece) for piece in pieces])

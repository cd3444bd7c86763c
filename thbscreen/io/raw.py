"""What every reader hands on: chunks of raw columns with row numbers, and rows it refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from thbscreen.io.files import InputFile

#: Name of the row number column in raw chunks; counts from 1 without the header.
ROW = "\x00row"
#: Why a movement without money is left out, whatever reads it.
ZERO_AMOUNT = "zero amount"


@dataclass(slots=True)
class RawChunk:
    """Rows of one file.

    Attributes:
        frame: `ROW` and the file's columns under their own names.
        read: rows read, including refused and blank ones.
        bad: row number and code of refused rows.
        blank: lines without any content.
        skipped: rows that the reader left out by rule, by reason.
        spaces: whether a cell may begin or end with a space, but with no other blank.
        bare: whether no cell begins or ends with a blank, and empty ones are missing.
    """

    frame: pl.DataFrame
    read: int
    bad: list[tuple[int, str]] = field(default_factory=list)
    blank: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    spaces: bool = False
    bare: bool = False

    def moved(self, rows: int) -> RawChunk:
        """Gives the same rows with numbers that begin later."""
        if not rows:
            return self
        frame = self.frame.with_columns(pl.col(ROW) + rows)
        return replace(self, frame=frame, bad=[(row + rows, code) for row, code in self.bad])


class RawSource(Protocol):
    """One file that can be read more than once, chunk by chunk."""

    @property
    def file(self) -> InputFile:
        """The file."""
        ...

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column names as written, with their types; text files give String."""
        ...

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[RawChunk]:
        """Reads the named columns, or all, in file order."""
        ...


def merged(chunks: Iterator[RawChunk], rows: int) -> Iterator[RawChunk]:
    """Joins small chunks until each has about `rows` rows."""
    waiting: list[RawChunk] = []
    height = 0
    for chunk in chunks:
        waiting.append(chunk)
        height += chunk.read
        if height >= rows:
            yield _join(waiting)
            waiting, height = [], 0
    if waiting:
        yield _join(waiting)


def _join(chunks: list[RawChunk]) -> RawChunk:
    if len(chunks) == 1:
        return chunks[0]
    return RawChunk(
        pl.concat([c.frame for c in chunks]),
        sum(c.read for c in chunks),
        [bad for c in chunks for bad in c.bad],
        sum(c.blank for c in chunks),
        sum((c.skipped for c in chunks), Counter()),
        all(c.spaces for c in chunks),
        all(c.bare for c in chunks),
    )

"""Text that goes on in the next row: bank exports wrap a long description into rows of its own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.codes import data_error
from thbscreen.io.raw import ROW, RawChunk
from thbscreen.io.shape import fold_header, header_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from thbscreen.io.files import InputFile
    from thbscreen.io.mapping import InputSpec
    from thbscreen.io.raw import RawSource

#: Why a row that only carries on a text is no row of its own.
GOES_ON = "text of the row above"
_PART, _GROUP = "\x00part", "\x00group"


def continued(source: RawSource, spec: InputSpec | None) -> RawSource:
    """Gives the source, with wrapped text joined where the mapping declares `continue_text`."""
    return source if spec is None or spec.continue_text is None else _Continued(source, spec.continue_text)


class _Continued:
    """A source in which a row with nothing but its text belongs to the row above."""

    def __init__(self, source: RawSource, column: str) -> None:
        """Finds the column.

        Raises:
            DataError: D043.
        """
        self._source = source
        found = [name for name in source.schema if fold_header(name) == fold_header(column)]
        if len(found) != 1:
            raise data_error(
                "D043", "continue_text names no column", file=source.file.name, column=header_text(column)
            )
        self._text = found[0]

    @property
    def file(self) -> InputFile:
        """The file."""
        return self._source.file

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column names as written, with their types."""
        return self._source.schema

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[RawChunk]:
        """Reads the named columns, or all; every column is looked at, as each tells what a row is."""
        held: pl.DataFrame | None = None
        wanted = [n for n in self.schema if columns is None or n in columns]
        for chunk in self._source.chunks(None):
            frame = chunk.frame if held is None else pl.concat([held, chunk.frame])
            parts = self._groups(frame)
            last = frame.height and parts[_GROUP].max()
            held = frame.filter(parts[_GROUP] == last) if frame.height else None
            yield self._joined(parts.filter(pl.col(_GROUP) != last), chunk, wanted)
        if held is not None:
            yield self._joined(self._groups(held), RawChunk(held, 0), wanted)

    def _groups(self, frame: pl.DataFrame) -> pl.DataFrame:
        others = [n for n in self.schema if n != self._text]
        empty = [pl.col(n).cast(pl.String).str.strip_chars().fill_null("") == "" for n in others]
        filled = pl.col(self._text).cast(pl.String).str.strip_chars().fill_null("") != ""
        part = pl.all_horizontal(empty) & filled if others else pl.lit(value=False)
        return frame.with_columns(part.alias(_PART)).with_columns(
            (~pl.col(_PART)).cast(pl.Int64).cum_sum().alias(_GROUP)
        )

    def _joined(self, frame: pl.DataFrame, chunk: RawChunk, wanted: list[str]) -> RawChunk:
        """Joins groups; a text before the first row has nothing above it and stays a row."""
        firsts = frame.filter(~pl.col(_PART) | (pl.col(_GROUP) == 0))
        joined = int(frame.height - firsts.height)
        if joined:
            texts = (
                frame.filter(pl.col(_GROUP) > 0)
                .group_by(_GROUP)
                .agg(pl.col(self._text).cast(pl.String).str.strip_chars().drop_nulls().str.join(" "))
            )
            whole = firsts.join(texts, on=_GROUP, how="left", suffix="\x00joined", maintain_order="left")
            firsts = whole.with_columns(pl.coalesce(f"{self._text}\x00joined", self._text).alias(self._text))
        skipped = chunk.skipped + Counter({GOES_ON: joined} if joined else {})
        return RawChunk(firsts.select(ROW, *wanted), chunk.read, chunk.bad, chunk.blank, skipped)

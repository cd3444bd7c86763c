"""CSV for other programs: defused text, exact numbers, a header as the reader wants it."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from thbscreen.report.export.texts import shown
from thbscreen.report.text import neutralised

_CENT = pl.lit("0.01").cast(pl.Decimal(38, 2))
UTC = "%Y-%m-%dT%H:%M:%S%.fZ"


def write_table(frame: pl.DataFrame, path: Path, *, bom: bool = False, line_end: str = "\n") -> None:
    """Writes a table whose column names may hold colons; names are not quoted.

    Text that a spreadsheet would run begins with an apostrophe, hidden characters are shown, missing values
    are empty, and empty texts are `""`.

    Args:
        frame: flat table; amounts are decimals, so that they stay numbers.
        path: file to write.
        bom: begin with a byte order mark, by which Windows programs know UTF-8.
        line_end: between rows.
    """
    with path.open("wb") as stream:
        stream.write(b"\xef\xbb\xbf" if bom else b"")
        stream.write((",".join(frame.columns) + line_end).encode())
        _shown(neutralised(frame)).write_csv(
            stream, include_header=False, quote_style="necessary", line_terminator=line_end
        )


def _shown(frame: pl.DataFrame) -> pl.DataFrame:
    """Writes the two characters that are none, U+FFFE and U+FFFF, as all exports write them."""
    odd = ["\ufffe", "\uffff"]
    text = pl.col([c for c, t in frame.schema.items() if t == pl.String])
    return frame.with_columns(text.str.replace_many(odd, [shown(c) for c in odd]))


def decimal(cents: str | pl.Expr) -> pl.Expr:
    """Gives whole cents as an exact decimal number of euros."""
    column = pl.col(cents) if isinstance(cents, str) else cents
    return column.cast(pl.Decimal(38, 2)) * _CENT


def utc(column: str) -> pl.Expr:
    """Gives a time as ISO 8601 in UTC with a final Z."""
    return pl.col(column).dt.strftime(UTC)

"""Text that is safe to show: no control characters, no reordering of letters, no formulas."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from thbscreen.network.wording import role_words
from thbscreen.report.layout import printable

#: Cells that a spreadsheet would run or swallow, also after blanks or a byte order mark.
FORMULA = r"^(?:[\t\r\n]|[\s\x{feff}]*[=+\-@|%＝＋－＠])"

#: What `thbscreen.report.layout.printable` shows.
HIDDEN = r"[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]"


def neutral(column: str) -> pl.Expr:
    """Gives a text column in which cells that a spreadsheet would run begin with an apostrophe."""
    value = pl.col(column)
    return pl.when(value.str.contains(FORMULA)).then(pl.lit("'") + value).otherwise(value).alias(column)


def neutralised(frame: pl.DataFrame) -> pl.DataFrame:
    r"""Gives the frame with text that neither a spreadsheet nor a terminal would run.

    Every text column is made `neutral`, and characters that steer, hide or reorder text are written as
    `\u{1b}`, line ends and tabs among them.
    """
    text = [c for c, t in frame.schema.items() if t == pl.String]
    frame = frame.with_columns(neutral(c) for c in text)
    return frame.with_columns(_shown(frame[c]) for c in text)


def _shown(column: pl.Series) -> pl.Series:
    odd = column.unique().drop_nulls()
    odd = odd.filter(odd.str.contains(HIDDEN))
    return column if odd.is_empty() else column.replace(odd, [printable(text) for text in odd])


def words(name: str | None) -> str:
    """Gives an internal name as words: `possible_victim` is `possible victim`, `unknown` is `not known`."""
    if not name:
        return "not known"
    return "not known" if name == "unknown" else role_words(name)


def points(value: float) -> str:
    """Gives points without needless digits: 3, 1.5, 0.1875."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def euros(cents: int | None) -> str:
    """Gives cents as `1,250.00 EUR`."""
    if cents is None:
        return "not known"
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02d} EUR"


def day(value: datetime | None, zone: ZoneInfo) -> str:
    """Gives the local date, ISO 8601."""
    return "not known" if value is None else value.astimezone(zone).date().isoformat()


def minute(value: datetime | None, zone: ZoneInfo) -> str:
    """Gives the local date and time of day, to the minute."""
    return "not known" if value is None else value.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def count(n: int, one: str, many: str | None = None) -> str:
    """Gives a number with its noun: `1 hit`, `3,000 hits`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"

"""Subjects and accounts as whole numbers: what is compared a million times is no text.

The order of the numbers is that of the texts, so that every order and every smallest member stay the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Names:
    """Texts in order, each once; the code of a text is its position."""

    known: pl.Series

    def tell(self, frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """Gives a frame with texts for the codes of some columns; missing stays missing."""
        return frame.with_columns([self.known.gather(frame[c]).alias(c) for c in columns])


def coded(frames: Mapping[str, tuple[pl.DataFrame, Sequence[str]]]) -> tuple[Names, dict[str, pl.DataFrame]]:
    """Gives frames with codes in place of the names in some columns.

    Args:
        frames: by any key, a frame and its columns of names: texts, or categories (`pl.Enum`).

    Returns:
        The names of all these columns, and the frames by key; missing stays missing.

    Notes:
        All texts are looked up at once: whoever asks for a column's codes builds the table of all names anew.
    """
    asked = [(key, c, frame[c]) for key, (frame, columns) in frames.items() for c in columns]
    texts: list[pl.Series] = []
    place = [_place(column, texts) for _, _, column in asked]
    flat = pl.concat([t.cast(pl.String).alias("name") for t in texts])
    known = flat.drop_nulls().unique().sort()
    codes = flat.cast(pl.Enum(known)).to_physical().cast(pl.UInt32)
    starts = [0]
    for text in texts:
        starts.append(starts[-1] + len(text))
    out = {key: frame for key, (frame, _) in frames.items()}
    for (key, c, column), at in zip(asked, place, strict=True):
        mine = codes.slice(starts[at], len(texts[at]))
        if isinstance(column.dtype, pl.Enum):
            mine = mine.gather(column.to_physical())
        out[key] = out[key].with_columns(mine.alias(c))
    return Names(known), out


def _place(column: pl.Series, texts: list[pl.Series]) -> int:
    """Where the texts of a column stand; categories, which both ends of payments share, stand once."""
    if isinstance(column.dtype, pl.Enum):
        column = column.dtype.categories
        for at, known in enumerate(texts):
            if len(known) == len(column) and known.equals(column):
                return at
    texts.append(column)
    return len(texts) - 1

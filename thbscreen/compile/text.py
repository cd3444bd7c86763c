"""One text pass for all lists of a run, in columns.

Every text is folded once by a table of single letters. The few texts that a table cannot fold (rare
characters, words that mix scripts) take the slow road of `model.text.fold`, so both roads give the
same. One automaton over the first words of every entry picks the rows that can match at all; whole
words are compared on those alone.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.compile.where import text_key, words_of
from thbscreen.model.text import fold, needle, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thbscreen.rules import ast, bundle

#: Ranges of characters that fold one by one: Latin, Greek and Cyrillic letters, punctuation, currency signs.
_RANGES = ((0x80, 0x24F), (0x370, 0x52F), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20A0, 0x20BF))
_COMMON = "[^\\x00-\\x7f" + "".join(f"\\x{{{a:x}}}-\\x{{{b:x}}}" for a, b in _RANGES) + "]"
_LETTERS = "[\\p{L}\\p{N}]*"
_MIXED = (
    f"[a-z]{_LETTERS}[\\x{{370}}-\\x{{52f}}]|[\\x{{370}}-\\x{{52f}}]{_LETTERS}[a-z]"
    f"|[\\x{{370}}-\\x{{3ff}}]{_LETTERS}[\\x{{400}}-\\x{{52f}}]|[\\x{{400}}-\\x{{52f}}]{_LETTERS}[\\x{{370}}-\\x{{3ff}}]"
)


@cache
def _table() -> tuple[list[str], list[str]]:
    """Gives every single character that folding changes, and what it becomes."""
    letters = [chr(n) for n in range(ord("A"), ord("Z") + 1)]
    letters += [chr(n) for first, last in _RANGES for n in range(first, last + 1)]
    pairs = [(c, fold(c)) for c in letters if fold(c) != c]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def fold_series(texts: pl.Series) -> pl.Series:
    """Folds a column of texts; equal to `model.text.fold` on every value, missing stays missing."""
    before, after = _table()
    folded = texts.str.replace_many(before, after)
    odd = (texts.str.contains(_COMMON) | folded.str.contains(_MIXED)).fill_null(value=False)
    if not odd.any():
        return folded
    slow = texts.filter(odd).unique()
    exact = pl.Series("y", [fold(t) for t in slow.to_list()], dtype=pl.String)
    return folded.zip_with(~odd, texts.replace_strict(slow, exact, default=None, return_dtype=pl.String))


def word_form(folded: pl.Series) -> pl.Series:
    """Gives the words of folded texts joined by one blank, with a blank at both ends.

    Equal to `model.text.words`; rare characters, of which the two libraries may know different
    versions, take the plain road.
    """
    out = (
        pl.select(pl.lit(folded).str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars(" ").alias("w"))
        .select(pl.lit(" ") + pl.col("w") + pl.lit(" "))
        .to_series()
    )
    odd = folded.str.contains(_COMMON).fill_null(value=False)
    if not odd.any():
        return out
    slow = folded.filter(odd).unique()
    exact = pl.Series("y", [words(t) for t in slow.to_list()], dtype=pl.String)
    return out.zip_with(~odd, folded.replace_strict(slow, exact, default=None, return_dtype=pl.String))


def _candidates(texts: pl.Series, first_words: list[str]) -> tuple[pl.Series, pl.Series]:
    """Gives the rows whose folded text holds the first word of some entry, and those texts folded.

    A text of plain ASCII folds to its lower case, so it is searched as it is, whatever its case; only
    the others are folded before the search.
    """
    plain = (texts.str.len_bytes() == texts.str.len_chars()).fill_null(value=False)
    ascii_words = [w for w in first_words if w.isascii()]
    if not first_words:
        return pl.Series("row", [], dtype=pl.UInt32), pl.Series("w", [], dtype=pl.String)
    rest = (~plain & texts.is_not_null()).arg_true()
    folded = fold_series(texts.gather(rest))
    found = folded.str.contains_any(first_words)
    rows = [rest.filter(found)]
    texts_found = [folded.filter(found)]
    if ascii_words:
        hit = texts.str.contains_any(ascii_words, ascii_case_insensitive=True) & plain
        rows.append(hit.fill_null(value=False).arg_true())
        texts_found.append(texts.gather(rows[-1]).str.to_lowercase())
    return pl.concat([r.rename("row") for r in rows]), pl.concat([t.rename("w") for t in texts_found])


class TextPass:
    """Answers which rows mention an entry of which list."""

    def __init__(self, words: Mapping[tuple[str, str], bundle.WordList]) -> None:
        """Prepares the needles of every (text field, list) pair."""
        self.needles: dict[str, dict[str, list[str]]] = {}
        for (field, name), found in sorted(words.items()):
            entries = sorted({needle(entry) for _, entry in found.entries} - {" ", "  ", ""})
            self.needles.setdefault(field, {})[name] = entries

    def columns(self, chunk: pl.DataFrame) -> list[pl.Series]:
        """Gives one Boolean column per pair over a chunk; a missing text or column mentions nothing."""
        out: list[pl.Series] = []
        for field, lists in self.needles.items():
            texts = (
                chunk[field]
                if field in chunk.columns
                else pl.Series(field, [None] * chunk.height, dtype=pl.String)
            )
            out.extend(self._field(field, texts, lists))
        return out

    def _field(self, field: str, texts: pl.Series, lists: dict[str, list[str]]) -> list[pl.Series]:
        n = len(texts)
        first_words = sorted({x.split()[0] for entries in lists.values() for x in entries})
        possible = fold_series(texts)
        may = (
            possible.str.contains_any(first_words) if first_words else pl.Series([False]).new_from_index(0, n)
        )
        rows = may.fill_null(value=False).arg_true()
        table = pl.DataFrame({"row": rows, "w": word_form(possible.gather(rows))}) if len(rows) else None
        out = []
        for name, entries in lists.items():
            key = text_key(field, name)
            if table is None or not entries:
                out.append(
                    pl.Series(key, [False]).new_from_index(0, n)
                    if n
                    else pl.Series(key, [], dtype=pl.Boolean)
                )
                continue
            hit = table.filter(pl.col("w").str.contains_any(entries))["row"]
            flags = pl.DataFrame({"row": pl.arange(0, n, eager=True)}).select(
                pl.col("row").is_in(hit.cast(pl.Int64).implode()).alias(key)
            )
            out.append(flags[key])
        return out


def with_words(table: pl.DataFrame, test: ast.Test, lists: Mapping[str, bundle.WordList]) -> pl.DataFrame:
    """Adds the column that says where the text of a test's field mentions the words of the test."""
    found = words_of(test, lists)
    if found is None:
        return table
    return table.with_columns(TextPass({(test.field, found.name): found}).columns(table))

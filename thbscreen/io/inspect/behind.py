"""Amounts with a word behind them that says which way the money went, such as `1,234.56 CR`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from thbscreen.io.inspect.facts import Column, bare
from thbscreen.io.inspect.words import direction_of, meanings

_BOTH = re.compile(r"(?P<number>[0-9](?:[0-9.,'’\s]*[0-9])?)\s*(?P<word>[^\W\d_]{1,8}\.?)?")
#: What a mapping cuts out: all up to the last digit, and all behind it.
NUMBER, WORD = "^(.*[0-9])", "([^0-9 ]+)$"


def taken_apart(columns: Sequence[Column]) -> list[Column]:
    """Gives the columns; amounts and balances, by their names, with words behind them become two each.

    A balance is given as numbers alone, and only where all its words say that the account is not overdrawn: a
    mapping has no way to say the sign of a balance by a word.
    """
    out: list[Column] = []
    for column in columns:
        out += _apart(column) or [column]
    return out


def _apart(column: Column) -> list[Column]:
    roles = {role for role, _ in meanings(bare(column.name)[0])} & {"amount", "balance_after"}
    if not roles or column.amounts is not None or column.dates or not column.values:
        return []
    found = [_BOTH.fullmatch(cell) for cell in column.cells]
    words = [m["word"] or "" if m is not None else "" for m in found]
    known = direction_of(frozenset(words) - {""})
    if known is None or any(m is None and cell for m, cell in zip(found, column.cells, strict=True)):
        return []
    numbers = [m["number"] if m is not None else "" for m in found]
    parts = [Column(column.name, numbers, regex=NUMBER), Column(column.name, words, regex=WORD)]
    if "balance_after" in roles:
        if set(known[0].values()) != {"credit"}:
            return []
        # No other word may stand behind: further down in the file one may say that it is overdrawn.
        said = "|".join(sorted(re.escape(word) for word in known[0] if word))
        return [Column(column.name, numbers, regex=rf"{NUMBER}\s*(?:{said})?$")]
    return parts


def worded_balance(column: Column) -> bool:
    """Says whether a column is a balance, by its name, and words behind its numbers call some overdrawn."""
    if column.amounts is not None or "balance_after" not in {
        role for role, _ in meanings(bare(column.name)[0])
    }:
        return False
    found = [_BOTH.fullmatch(value) for value in column.values]
    known = direction_of(frozenset(m["word"] or "" if m is not None else "?" for m in found) - {""})
    return known is not None and "debit" in known[0].values()

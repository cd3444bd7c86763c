"""Text on a terminal: what is shown of strange characters, and how cells line up. Needs no tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def printable(text: str) -> str:
    r"""Shows control, invisible and direction-changing characters as `\u{1b}`."""
    if text.isprintable():
        return text
    return "".join(f"\\u{{{ord(c):x}}}" if unicodedata.category(c) in _HIDDEN else c for c in text)


def printable_lines(text: str) -> str:
    """Gives the text with `printable` lines."""
    return "\n".join(printable(line) for line in text.split("\n"))


def cut(text: str, width: int) -> str:
    """Gives the text, shortened with an ellipsis when it is too wide."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def columns(rows: Sequence[Sequence[str]], right: frozenset[int], widest: Sequence[int]) -> list[str]:
    """Lines up the cells of a table.

    Args:
        rows: cells; every row has as many as `widest`.
        right: numbers of the columns that are aligned to the right.
        widest: most characters of each column.
    """
    shown = [[cut(printable(cell), most) for cell, most in zip(row, widest, strict=True)] for row in rows]
    widths = [max((len(row[i]) for row in shown), default=0) for i in range(len(widest))]
    lines = []
    for row in shown:
        cells = zip(row, widths, strict=True)
        lines.append(
            "  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(cells)).rstrip()
        )
    return lines

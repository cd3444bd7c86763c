"""Numbers that name nobody: small counts are hidden, sums become bands, days become months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Counts below this are hidden; the bounds of what may be asked for.
LEAST, LOWEST, HIGHEST = 5, 3, 1_000
HIDDEN = "not shown"
#: Lower ends of the bands of sums, in euro cents.
_BANDS = (0, 1_000_00, 5_000_00, 10_000_00, 50_000_00, 100_000_00, 500_000_00)


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts of one table, protected.

    Attributes:
        shown: text by row.
        total: text of their sum.
    """

    shown: dict[str, str]
    total: str


def protected(counts: Mapping[str, int], least: int = LEAST) -> Cells:
    """Hides small counts, and with them the sum from which they could be told.

    The sum is the second cell that is hidden: without it a hidden count is any number from 1 to `least` - 1,
    whatever else the table shows. A second row would not do: with a sum, two hidden counts can be told from
    each other when the sum is at the end of what is possible. Rows of 0 are left out.

    Args:
        counts: number of people, payments or hits by row. No number of one table may be the sum of
            numbers of another one of the same case.
        least: smallest count that is shown.
    """
    kept = {name: n for name, n in counts.items() if n > 0}
    small = any(n < least for n in kept.values()) or sum(kept.values()) < least
    shown = {name: few(least) if n < least else f"{n:,}" for name, n in kept.items()}
    return Cells(shown, HIDDEN if small else f"{sum(kept.values()):,}")


def few(least: int) -> str:
    """Gives what is written for a small count."""
    return f"fewer than {least}"


def band(cents: int) -> str:
    """Gives the band of a sum: `5,000 to 9,999 EUR`."""
    low = max(edge for edge in _BANDS if edge <= max(cents, 0))
    at = _BANDS.index(low)
    if at + 1 == len(_BANDS):
        return f"{low // 100:,} EUR and more"
    high = _BANDS[at + 1] // 100 - 1
    return f"under {high + 1:,} EUR" if not low else f"{low // 100:,} to {high:,} EUR"

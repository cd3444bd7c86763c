"""Shares with intervals, average precision, and chance. Plain arithmetic, no tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, TypeVar

import numpy as np

#: Standard deviations of an interval of 95 %.
Z = 1.959963984540054
#: Resamples of a bootstrap interval, and worlds below which none is made.
RESAMPLES, FEWEST_WORLDS = 2000, 3
#: Digits kept of shares, so that bytes do not hang on the last bit of a sum.
DIGITS = 6
Part = tuple[float, float]
T = TypeVar("T")


def rounded(value: float) -> float:
    """Gives a number with so many digits as are published."""
    return round(float(value), DIGITS)


def wilson(n: int, of: int) -> tuple[float, float]:
    """Gives Wilson's interval of 95 % of a share `n / of`; (0, 1) when nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    p, zz = n / of, Z * Z
    centre = (p + zz / (2 * of)) / (1 + zz / of)
    half = Z * math.sqrt(p * (1 - p) / of + zz / (4 * of * of)) / (1 + zz / of)
    return max(0.0, centre - half), min(1.0, centre + half)


def ratio(parts: Sequence[Part], seed: int = 0) -> dict[str, Any]:
    """Gives a share as it is published.

    Args:
        parts: (counted, of) for each world.
        seed: of the bootstrap.

    Returns:
        `n`, `of`, `share` (None when `of` is 0), `low` and `high` (Wilson, as if all were one world), and
        over worlds `worlds` (how many have something to count), `least`, `most` (their own shares) and
        `boot_low`, `boot_high` (bootstrap over worlds; None for fewer than three).
    """
    n, of = int(sum(p[0] for p in parts)), int(sum(p[1] for p in parts))
    low, high = wilson(n, of)
    own = [a / b for a, b in parts if b]
    between = bootstrap(parts, _pooled, seed)
    return {
        "n": n, "of": of, "share": rounded(n / of) if of else None,
        "low": rounded(low) if of else None, "high": rounded(high) if of else None,
        "worlds": len(own), "least": rounded(min(own)) if own else None,
        "most": rounded(max(own)) if own else None, **between,
    }  # fmt: skip


def widest(r: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Gives the interval that is shown: from the lower to the higher end of Wilson's and of that over worlds.

    Few groups in few worlds may agree by luck, which worlds drawn again do not show; worlds may differ more
    than groups would by chance, which Wilson's does not show.
    """
    lows = [r[k] for k in ("low", "boot_low") if r.get(k) is not None]
    highs = [r[k] for k in ("high", "boot_high") if r.get(k) is not None]
    return min(lows, default=None), max(highs, default=None)


def _pooled(parts: Sequence[Part]) -> float | None:
    of = sum(p[1] for p in parts)
    return sum(p[0] for p in parts) / of if of else None


def mean(values: Sequence[float | None], seed: int = 0) -> dict[str, Any]:
    """Gives the mean over worlds of a number, with range and bootstrap interval; None is left out."""
    known = [v for v in values if v is not None]
    between = bootstrap(known, lambda some: sum(some) / len(some) if some else None, seed)
    return {
        "mean": rounded(sum(known) / len(known)) if known else None, "worlds": len(known),
        "least": rounded(min(known)) if known else None, "most": rounded(max(known)) if known else None,
        **between,
    }  # fmt: skip


def middle(values: Sequence[float]) -> dict[str, Any]:
    """Gives median, quartiles and count of numbers."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0, "median": None, "quarter": None, "three_quarters": None}
    low, high = np.quantile(ordered, [0.25, 0.75])
    return {
        "n": len(ordered), "median": rounded(median(ordered)), "quarter": rounded(low),
        "three_quarters": rounded(high),
    }  # fmt: skip


def bootstrap(
    worlds: Sequence[T], figure: Callable[[Sequence[T]], float | None], seed: int
) -> dict[str, float | None]:
    """Gives the percentile interval of 95 % of a figure when worlds are drawn again with replacement."""
    if len(worlds) < FEWEST_WORLDS:
        return {"boot_low": None, "boot_high": None}
    rng = np.random.default_rng([seed, len(worlds)])
    draws = rng.integers(0, len(worlds), (RESAMPLES, len(worlds)))
    found = [f for draw in draws.tolist() if (f := figure([worlds[i] for i in draw])) is not None]
    if not found:
        return {"boot_low": None, "boot_high": None}
    low, high = np.quantile(found, [0.025, 0.975])
    return {"boot_low": rounded(low), "boot_high": rounded(high)}


def average_precision(right: Sequence[bool], of: int) -> float | None:
    """Gives the mean precision at the places of right entries, those never listed counting as 0.

    Args:
        right: whether each entry is right, in the order of the list.
        of: how many right ones there are in all; None is given when there are none.
    """
    if of == 0:
        return None
    total, seen = 0.0, 0
    for place, good in enumerate(right, 1):
        if good:
            seen += 1
            total += seen / place
    return total / of


def chance(a: int, of_a: int, b: int, of_b: int) -> float:
    """Gives Fisher's exact two-sided probability that two groups differ so much by chance alone."""
    n, total = of_a + of_b, a + b
    if not of_a or not of_b or not total or total == n:
        return 1.0

    def log_choose(m: int, k: int) -> float:
        return math.lgamma(m + 1) - math.lgamma(k + 1) - math.lgamma(m - k + 1)

    def weight(x: int) -> float:
        return math.exp(log_choose(of_a, x) + log_choose(of_b, total - x) - log_choose(n, total))

    here = weight(a) * (1 + 1e-7)
    every = (weight(x) for x in range(max(0, total - of_b), min(of_a, total) + 1))
    return min(1.0, sum(w for w in every if w <= here))

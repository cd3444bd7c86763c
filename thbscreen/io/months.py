"""Greek names of months, long or short, in dates: the reader of dates knows English ones alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_END = "(?:[ιί]ο[ςσυ]|[ιί]ο[υύ])"
#: What each month is called, in any case and with or without accents; whole words only.
_GREEK = (
    f"[ιί]αν(?:ου[αά]ρ{_END})?",
    f"φεβ(?:ρ(?:ου[αά]ρ{_END})?)?",
    f"μ[αά]ρ(?:τ{_END}?)?",
    f"[αά]πρ(?:[ιί]λ{_END}?)?",
    "μ[αά][ιίϊΐ](?:ο[ςσυ]|ο[υύ])?",
    f"ιο[υύ]ν{_END}?",
    f"ιο[υύ]λ{_END}?",
    "α[υύ]γ(?:ο[υύ]στ?(?:ο[ςσυ]|ο[υύ])?)?",
    f"σεπ(?:τ(?:[εέ]μβρ{_END})?)?",
    f"οκτ(?:[ωώ]βρ{_END})?",
    f"νο[εέ](?:μ(?:βρ{_END})?)?",
    f"δεκ(?:[εέ]μβρ{_END})?",
)
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORD = re.compile("[\u0370-\u03ff]")
_WHOLE = tuple(re.compile(f"(?i:{pattern})") for pattern in _GREEK)


def greek_month(word: str) -> int:
    """Gives the month that a Greek word names, from 1; 0 when it names none."""
    return next((n for n, pattern in enumerate(_WHOLE, 1) if pattern.fullmatch(word)), 0)


def in_english(written: pl.Series) -> pl.Series:
    """Gives dates with the English short name where a Greek one stands; a column without one as it is."""
    if not written.str.contains(_WORD.pattern).any():
        return written
    for pattern, name in zip(_GREEK, _ENGLISH, strict=True):
        whole = rf"(?i)(^|[^\p{{L}}])(?:{pattern})($|[^\p{{L}}])"
        written = written.str.replace(whole, f"${{1}}{name}${{2}}")
    return written

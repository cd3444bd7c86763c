"""Evidence sentences: every number in them was computed by the rule itself.

Values come as columns, one per slot of the sentence, and become text column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import polars as pl

from thbscreen.rules import ast

#: Exact numbers as numerator and denominator (positive), None where a value is not known; money is cents.
Numbers: TypeAlias = list[tuple[int, int] | None]
#: Texts and moments of UTC are series, null where not known.
Shown: TypeAlias = Numbers | pl.Series
NOT_KNOWN = "not known"
_PATTERNS = {"month": "%Y-%m", "time": "%Y-%m-%d %H:%M"}


def money(num: int, den: int) -> str:
    """Gives cents as euros: EUR 1,250.00 (half to even)."""
    cents = _half_even(num, den)
    euros, rest = divmod(abs(cents), 100)
    return f"EUR {'-' if cents < 0 else ''}{euros:,}.{rest:02}"


def percent(num: int, den: int) -> str:
    """Gives a share in whole percent: 83 % (half to even)."""
    return f"{_half_even(num * 100, den)} %"


def number(num: int, den: int) -> str:
    """Gives a whole number plainly and any other with two decimals."""
    return str(num // den) if num % den == 0 else f"{num / den:.2f}"


def texts(values: Shown, unit: ast.Unit, wanted: str, zone: str) -> list[str]:
    """Gives a column as texts.

    Args:
        values: the column; what is missing reads "not known".
        unit: what it measures, used when no format is asked for.
        wanted: the slot's format, or "text" for the unit's own.
        zone: name of people's clock, such as Asia/Nicosia.
    """
    if isinstance(values, pl.Series):
        if values.dtype == pl.Datetime:
            values = values.dt.convert_time_zone(zone).dt.strftime(_PATTERNS.get(wanted, "%Y-%m-%d"))
        return values.cast(pl.String).fill_null(NOT_KNOWN).to_list()
    by_unit = {ast.Unit.MONEY: "money", ast.Unit.SHARE: "percent"}
    style = by_unit.get(unit, "count") if wanted == "text" else wanted
    makers: dict[str, Callable[[int, int], str]] = {"money": money, "percent": percent}
    make = makers.get(style, number)
    return [NOT_KNOWN if value is None else make(*value) for value in values]


def render(
    parts: tuple[str | ast.Slot, ...],
    values: Mapping[str, Shown],
    units: Mapping[str, ast.Unit],
    zone: str,
    height: int,
) -> pl.Series:
    """Fills a rule's evidence text, one sentence for each of so many hits."""
    columns = [[part] * height if isinstance(part, str) else _slot(part, values, units, zone, height)
               for part in parts]  # fmt: skip
    return pl.Series(["".join(row) for row in zip(*columns, strict=True)], dtype=pl.String)


def _slot(
    slot: ast.Slot, values: Mapping[str, Shown], units: Mapping[str, ast.Unit], zone: str, height: int
) -> list[str]:
    if slot.name not in values:
        return [NOT_KNOWN] * height
    return texts(values[slot.name], units.get(slot.name, ast.Unit.TEXT), slot.format, zone)


def _half_even(num: int, den: int) -> int:
    whole, rest = divmod(num, den)
    return whole + (2 * rest > den or (2 * rest == den and whole % 2 == 1))

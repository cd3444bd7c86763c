"""Evidence sentences: every number in them was computed by the rule itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from thbscreen.rules import ast

Shown = Fraction | str | dt.datetime | None


def money(value: Fraction) -> str:
    """Gives cents as euros: EUR 1,250.00 (half to even)."""
    euros = (Decimal(value.numerator) / Decimal(value.denominator) / 100).quantize(
        Decimal("0.01"), rounding=ROUND_HALF_EVEN
    )
    return f"EUR {euros:,}"


def percent(value: Fraction) -> str:
    """Gives a share in whole percent: 83 % (half to even)."""
    return f"{round(value * 100)} %"


def number(value: Fraction) -> str:
    """Gives a whole number plainly and any other with two decimals."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.2f}"


def text_of(value: Shown, unit: ast.Unit, wanted: str, zone: ZoneInfo) -> str:
    """Gives one value as text.

    Args:
        value: the value; None reads "not known".
        unit: what it measures, used when no format is asked for.
        wanted: the slot's format, or "text" for the unit's own.
        zone: people's clock.
    """
    if value is None:
        return "not known"
    if isinstance(value, dt.datetime):
        pattern = {"month": "%Y-%m", "time": "%Y-%m-%d %H:%M"}.get(wanted, "%Y-%m-%d")
        return value.astimezone(zone).strftime(pattern)
    if isinstance(value, str):
        return value
    by_unit = {ast.Unit.MONEY: "money", ast.Unit.SHARE: "percent"}
    style = by_unit.get(unit, "count") if wanted == "text" else wanted
    makers: dict[str, Callable[[Fraction], str]] = {"money": money, "percent": percent}
    return makers.get(style, number)(value)


def render(
    parts: tuple[str | ast.Slot, ...],
    values: Mapping[str, Shown],
    units: Mapping[str, ast.Unit],
    zone: ZoneInfo,
) -> str:
    """Fills a rule's evidence text."""
    return "".join(
        part
        if isinstance(part, str)
        else text_of(values.get(part.name), units.get(part.name, ast.Unit.TEXT), part.format, zone)
        for part in parts
    )

"""The slow twin of evidence texts: one value after the other, in exact fractions and decimals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from thbscreen.rules import ast

Value = Fraction | str | dt.datetime | None


def _money(value: Fraction) -> str:
    cents = Decimal(round(value))
    return f"EUR {(cents / 100).quantize(Decimal('0.01'), rounding=ROUND_HALF_EVEN):,}"


def _percent(value: Fraction) -> str:
    return f"{round(value * 100)} %"


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.2f}"


def text_of(value: Value, unit: ast.Unit, wanted: str, zone: str) -> str:
    """Gives one value as text; `wanted` is the slot's format, "text" for the unit's own."""
    if value is None:
        return "not known"
    if isinstance(value, dt.datetime):
        pattern = {"month": "%Y-%m", "time": "%Y-%m-%d %H:%M"}.get(wanted, "%Y-%m-%d")
        return value.astimezone(ZoneInfo(zone)).strftime(pattern)
    if isinstance(value, str):
        return value
    by_unit = {ast.Unit.MONEY: "money", ast.Unit.SHARE: "percent"}
    style = by_unit.get(unit, "count") if wanted == "text" else wanted
    makers: dict[str, Callable[[Fraction], str]] = {"money": _money, "percent": _percent}
    return makers.get(style, _number)(value)

"""Values as they are written in rules: `5`, `80%`, `10000 EUR`, `24 hours`, `22:00-06:00`, `2024-03-31`."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from thbscreen.rules.ast import Length, LengthUnit, TimeRange, Unit, Value

_NUMBER = r"(?P<sign>-?)(?P<number>[0-9]{1,13}(?:\.[0-9]{1,6})?)"
_PLAIN = re.compile(_NUMBER + r"(?:\s*(?P<unit>%|[A-Za-z]+))?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIMES = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})", re.ASCII)

LENGTH_UNITS: dict[str, LengthUnit] = {
    "minute": "minutes", "minutes": "minutes", "hour": "hours", "hours": "hours", "day": "days",
    "days": "days", "week": "weeks", "weeks": "weeks", "month": "months", "months": "months",
}  # fmt: skip
#: Longest length that means anything here.
MAX_LENGTH_DAYS = 3700
_MINUTES = {"minutes": 1, "hours": 60, "days": 1440, "weeks": 10080, "months": 43830}

#: How a value of each unit is written.
SAMPLES: dict[Unit, str] = {
    Unit.NUMBER: "5 or 0.5",
    Unit.MONEY: "10000 EUR or 99.50 EUR",
    Unit.SHARE: "80%",
    Unit.LENGTH: "7 days, 24 hours, 10 minutes, 2 weeks or 6 months",
    Unit.DATE: "2024-03-31",
    Unit.TIME_RANGE: "22:00-06:00",
    Unit.TEXT: "any text",
    Unit.FLAG: "true or false",
    Unit.TIME: "2024-03-31",
}


def article(unit: Unit) -> str:
    """Gives the unit with its article, for messages."""
    return {Unit.MONEY: "an amount of money", Unit.TEXT: "text"}.get(unit, f"a {unit}")


class LiteralError(ValueError):
    """A value cannot be read; the message says why, without the value."""


def minutes(length: Length) -> int:
    """Gives the length in minutes, months taken as 30.4 days; for ordering lengths only."""
    return length.count * _MINUTES[length.unit]


def parse_value(text: str) -> Value:
    """Reads a value by its looks: what is nothing else is text.

    Raises:
        LiteralError: the text looks like a number with an unknown unit, or its number is too large.
    """
    text = text.strip()
    if text in {"true", "false"}:
        return Value(Unit.FLAG, text == "true", text)
    if _DATE.fullmatch(text):
        return Value(Unit.DATE, _date(text), text)
    if found := _TIMES.fullmatch(text):
        return Value(Unit.TIME_RANGE, _time_range(*found.groups()), text)
    if found := _PLAIN.fullmatch(text):
        sign = -1 if found["sign"] else 1
        return with_unit(sign * Decimal(found["number"]), found["unit"], text)
    return Value(Unit.TEXT, text, text)


def with_unit(number: Decimal, unit: str | None, text: str) -> Value:
    """Gives the value of a number and the unit written behind it.

    Raises:
        LiteralError: the unit is unknown or does not go with the number.
    """
    if unit is None:
        return Value(Unit.NUMBER, number, text)
    if unit == "%":
        return Value(Unit.SHARE, number / 100, text)
    if unit == "EUR":
        cents = number * 100
        if cents != cents.to_integral_value():
            msg = "money has at most two decimals"
            raise LiteralError(msg)
        return Value(Unit.MONEY, int(cents), text)
    if unit not in LENGTH_UNITS:
        msg = f"'{unit}' is not a unit"
        raise LiteralError(msg)
    if number != number.to_integral_value() or number < 0:
        msg = "a length is a whole number of minutes, hours, days, weeks or months"
        raise LiteralError(msg)
    length = Length(int(number), LENGTH_UNITS[unit])
    if minutes(length) > MAX_LENGTH_DAYS * 1440:
        msg = f"a length is at most {MAX_LENGTH_DAYS} days"
        raise LiteralError(msg)
    return Value(Unit.LENGTH, length, text)


def _date(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        msg = "there is no such day"
        raise LiteralError(msg) from None


def _time_range(*parts: str) -> TimeRange:
    h1, m1, h2, m2 = (int(p) for p in parts)
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if m1 > 59 or m2 > 59 or start >= 1440 or end > 1440:
        msg = "a time of day runs from 00:00 to 23:59"
        raise LiteralError(msg)
    if start == end:
        msg = "the range is empty"
        raise LiteralError(msg)
    return TimeRange(start, end)


def as_unit(text: str, unit: Unit) -> Value:
    """Reads a value that must have a certain unit; text fields take anything.

    Raises:
        LiteralError: it has another unit.
    """
    text = text.strip()
    if unit is Unit.TEXT:
        return Value(Unit.TEXT, text, text)
    value = parse_value(text)
    if value.unit is unit or {value.unit, unit} == {Unit.SHARE, Unit.NUMBER}:
        return value if value.unit is unit else Value(unit, value.payload, text)
    msg = f"it is {article(value.unit)}"
    raise LiteralError(msg)

"""Moving a value by one step, and writing values as rules spell them.

A step is the smallest change that matters: one cent, one of a count, one percentage point, one unit of a
length, one minute of a time of day, one day.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

from thbscreen.rules.ast import Length, Payload, TimeRange, Unit, Value

_POINT = Decimal("0.01")
_DAY = 1440


def written(unit: Unit, payload: Payload) -> str:
    """Gives a value as a rule or a profile would say it: `80%`, `99.50 EUR`, `24 hours`, `5`."""
    if unit is Unit.MONEY and isinstance(payload, int):
        euros, cents = divmod(abs(payload), 100)
        return f"{'-' if payload < 0 else ''}{euros}{f'.{cents:02d}' if cents else ''} EUR"
    if isinstance(payload, Decimal):
        number = payload * 100 if unit is Unit.SHARE else payload
        return format(number.normalize(), "f") + ("%" if unit is Unit.SHARE else "")
    return str(payload)


def value_of(unit: Unit, payload: Payload) -> Value:
    """Gives a value with the text that a rule would say it with."""
    return Value(unit, payload, written(unit, payload))


def stepped(value: Value, *, share: bool = False) -> list[Value]:
    """Gives a number one step down and one step up; nothing for texts and flags.

    Args:
        value: a literal.
        share: it is compared with a share, so that its step is one percentage point.
    """
    payload = value.payload
    found: list[Payload] = []
    if isinstance(payload, Length):
        found = [dataclasses.replace(payload, count=payload.count + by) for by in (-1, 1)]
        found = [p for p in found if isinstance(p, Length) and p.count > 0]
    elif isinstance(payload, TimeRange):
        found = [p for p in _ranges(payload) if p.start != p.end % _DAY]
    elif value.unit is Unit.DATE:
        day = dt.date.fromisoformat(str(payload))
        found = [(day + dt.timedelta(by)).isoformat() for by in (-1, 1)]
    elif value.unit is Unit.MONEY and isinstance(payload, int):
        found = [payload - 1, payload + 1]
    elif isinstance(payload, Decimal):
        by = _POINT if share or value.unit is Unit.SHARE else _last_place(payload)
        found = [payload - by, payload + by]
    return [value_of(value.unit, p) for p in found]


def _ranges(at: TimeRange) -> list[TimeRange]:
    starts = [TimeRange((at.start + by) % _DAY, at.end) for by in (-1, 1)]
    return starts + [TimeRange(at.start, (at.end + by - 1) % _DAY + 1) for by in (-1, 1)]


def _last_place(number: Decimal) -> Decimal:
    exponent = number.normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) and exponent < 0 else Decimal(1)

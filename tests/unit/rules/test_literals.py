"""Values mean what they look like."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.rules.ast import Length, Payload, TimeRange, Unit
from thbscreen.rules.literals import LiteralError, as_unit, parse_value


@pytest.mark.parametrize(
    ("text", "unit", "payload"),
    [
        ("5", Unit.NUMBER, Decimal(5)),
        ("0.5", Unit.NUMBER, Decimal("0.5")),
        ("-3", Unit.NUMBER, Decimal(-3)),
        ("80%", Unit.SHARE, Decimal("0.8")),
        ("12.5 %", Unit.SHARE, Decimal("0.125")),
        ("10000 EUR", Unit.MONEY, 1_000_000),
        ("99.50 EUR", Unit.MONEY, 9950),
        ("1.15 EUR", Unit.MONEY, 115),
        ("10 minutes", Unit.LENGTH, Length(10, "minutes")),
        ("24 hours", Unit.LENGTH, Length(24, "hours")),
        ("1 day", Unit.LENGTH, Length(1, "days")),
        ("2 weeks", Unit.LENGTH, Length(2, "weeks")),
        ("6 months", Unit.LENGTH, Length(6, "months")),
        ("22:00-06:00", Unit.TIME_RANGE, TimeRange(1320, 360)),
        ("2024-02-29", Unit.DATE, "2024-02-29"),
        ("true", Unit.FLAG, True),
        ("NO", Unit.TEXT, "NO"),
        ("22:00", Unit.TEXT, "22:00"),
        ("12 345", Unit.TEXT, "12 345"),
    ],
)
def test_a_value_has_its_unit(text: str, unit: Unit, payload: Payload) -> None:
    value = parse_value(text)
    assert (value.unit, value.payload) == (unit, payload)


@pytest.mark.parametrize(
    "text",
    ["1.155 EUR", "5 USD", "1.5 days", "-2 days", "9999 months", "2024-02-30", "25:00-26:00", "22:00-22:00"],
)
def test_a_value_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(LiteralError):
        parse_value(text)


def test_a_text_field_takes_digits_as_they_are() -> None:
    assert as_unit("0742", Unit.TEXT).payload == "0742"


def test_money_needs_its_currency() -> None:
    with pytest.raises(LiteralError):
        as_unit("100", Unit.MONEY)


def test_a_share_may_be_written_as_a_number() -> None:
    assert as_unit("0.6", Unit.SHARE).payload == Decimal("0.6")


@given(st.integers(0, 10**12))
def test_money_is_exact_to_the_cent(cents: int) -> None:
    assert parse_value(f"{cents // 100}.{cents % 100:02d} EUR").payload == cents


@given(st.text(max_size=20))
def test_reading_a_value_raises_nothing_else(text: str) -> None:
    try:
        parse_value(text)
    except LiteralError as error:
        assert str(error)

"""Values move by the smallest step that matters, and are written as rules spell them."""

from __future__ import annotations

import pytest

from thbscreen.rules.ast import Unit
from thbscreen.rules.literals import as_unit, parse_value
from thbscreen.rules.steps import stepped, value_of


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("3", ["2", "4"]),
        ("0", ["-1", "1"]),
        ("1.5", ["1.4", "1.6"]),
        ("80%", ["79%", "81%"]),
        ("100 EUR", ["99.99 EUR", "100.01 EUR"]),
        ("0 EUR", ["-0.01 EUR", "0.01 EUR"]),
        ("7 days", ["6 days", "8 days"]),
        ("1 hours", ["2 hours"]),
        ("2024-02-29", ["2024-02-28", "2024-03-01"]),
        ("22:00-06:00", ["21:59-06:00", "22:01-06:00", "22:00-05:59", "22:00-06:01"]),
        ("00:00-24:00", ["23:59-24:00", "00:01-24:00", "00:00-23:59", "00:00-00:01"]),
        ("true", []),
        ("cash_deposit", []),
    ],
)
def test_a_value_moves_by_one_step(text: str, beside: list[str]) -> None:
    assert [v.text for v in stepped(parse_value(text))] == beside


def test_a_number_held_against_a_share_moves_by_a_percentage_point() -> None:
    assert [v.text for v in stepped(parse_value("1"), share=True)] == ["0.99", "1.01"]


def test_a_range_that_would_become_empty_is_left_out() -> None:
    assert [v.text for v in stepped(parse_value("10:00-10:01"))] == ["09:59-10:01", "10:00-10:02"]


@pytest.mark.parametrize(
    "text", ["5", "0.25", "80%", "0.5%", "99.50 EUR", "-3 EUR", "24 hours", "22:00-06:00"]
)
def test_what_is_written_reads_as_the_same_value(text: str) -> None:
    value = parse_value(text)
    again = as_unit(value_of(value.unit, value.payload).text, value.unit)
    assert (again.unit, again.payload) == (value.unit, value.payload)


def test_a_share_is_written_in_percent() -> None:
    assert value_of(Unit.SHARE, parse_value("0.5").payload).text == "50%"

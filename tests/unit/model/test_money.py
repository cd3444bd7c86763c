"""Money is exact, and account numbers prove themselves."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.io.values import iban_holds
from thbscreen.model import iban, money

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF", "XXX"])
AMOUNTS = st.integers(-money.MAX_MINOR_UNITS, money.MAX_MINOR_UNITS)


@given(AMOUNTS, CURRENCIES)
def test_text_of_an_amount_reads_back_as_the_same_amount(minor: int, currency: str) -> None:
    assert money.to_minor(money.to_text(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.5", "EUR", 1250),
        ("1250", "JPY", 1250),
        ("1.005", "KWD", 1005),
        ("-0.01", "EUR", -1),
        ("0", "EUR", 0),
    ],
)
def test_decimals_follow_the_currency(text: str, currency: str, minor: int) -> None:
    assert money.to_minor(text, currency) == minor


@pytest.mark.parametrize(
    "text", ["1e3", "NaN", "inf", "", "1,5", "+1", " 1", "1.", ".5", "12.345", "100000000000.01"]
)
def test_what_is_not_an_exact_amount_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals") as caught:
        money.to_minor(text)
    assert not text or text not in str(caught.value)


def test_people_see_grouped_thousands() -> None:
    assert money.to_display(2_840_000) == "28,400.00 EUR"
    assert money.to_display(-5, "JPY") == "-5 JPY"


@pytest.mark.parametrize(
    "number",
    ["GB82WEST12345698765432", "DE89370400440532013000", "CY17002001280000001200527600", "NO9386011117947"],
)
def test_published_example_ibans_hold(number: str) -> None:
    assert iban.is_valid(number)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=11, max_size=30), st.data())
def test_check_digits_hold_when_computed_and_fail_when_changed(bban: str, data: st.DataObject) -> None:
    number = iban.with_check_digits("QQ", bban)
    place = data.draw(st.integers(4, len(number) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda c: c != number[place]))
    changed = number[:place] + other + number[place + 1 :]
    columns = iban_holds(pl.Series([number, changed, None])).to_list()
    assert iban.is_valid(number)
    assert columns == [True, iban.is_valid(changed), None]
    if number[place].isdigit():
        assert not iban.is_valid(changed)


@pytest.mark.parametrize("number", ["CY1700200128000000120052760", "XX", "", "cy17002001280000001200527600"])
def test_wrong_length_or_form_never_holds(number: str) -> None:
    assert not iban.is_valid(number)
    assert iban_holds(pl.Series([number])).to_list() == [False]

"""Texts of evidence: columns say what one value after the other would say."""

import datetime as dt
from fractions import Fraction
from typing import get_args

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles.evidence import text_of
from thbscreen.engine import evidence
from thbscreen.engine.hits import _scaled
from thbscreen.rules import ast
from thbscreen.rules.ast.rule import EvidenceFormat

ZONE = "Asia/Nicosia"
FORMATS = st.sampled_from([*get_args(EvidenceFormat)])
UNITS = st.sampled_from(list(ast.Unit))
PAIRS = st.tuples(st.integers(-(10**15), 10**15), st.integers(1, 10**6)) | st.tuples(
    st.integers(-2000, 2000), st.sampled_from([1, 2, 4, 8, 200])
)
MOMENTS = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))


@given(st.lists(st.none() | PAIRS, max_size=6), UNITS, FORMATS)
def test_numbers_become_the_texts_of_exact_fractions(
    values: list[tuple[int, int] | None], unit: ast.Unit, wanted: str
) -> None:
    plain = [text_of(None if v is None else Fraction(*v), unit, wanted, ZONE) for v in values]
    assert evidence.texts(values, unit, wanted, ZONE) == plain


@given(st.lists(st.none() | MOMENTS, max_size=6), FORMATS)
def test_moments_are_told_by_the_clock_of_the_people(values: list[dt.datetime | None], wanted: str) -> None:
    series = pl.Series(values, dtype=pl.Datetime("us", "UTC"))
    plain = [text_of(v, ast.Unit.TEXT, wanted, ZONE) for v in values]
    assert evidence.texts(series, ast.Unit.TEXT, wanted, ZONE) == plain


@pytest.mark.parametrize(
    ("num", "den", "told"),
    [(125_000, 1, "EUR 1,250.00"), (5, 2, "EUR 0.02"), (7, 2, "EUR 0.04"), (-50, 1, "EUR -0.50")],
)
def test_money_is_rounded_half_to_even(num: int, den: int, told: str) -> None:
    assert evidence.money(num, den) == told


def test_a_sentence_says_not_known_for_what_is_missing() -> None:
    parts = ("paid ", ast.Slot("sum", "money"), " to ", ast.Slot("who", "text"), ast.Slot("what", "text"))
    shown = {"sum": [(100, 1), None], "who": pl.Series(["A", None])}
    told = evidence.render(parts, shown, {"sum": ast.Unit.MONEY}, ZONE, 2)
    assert told.to_list() == ["paid EUR 1.00 to Anot known", "paid not known to not knownnot known"]


@given(st.lists(st.floats(allow_infinity=False, width=64) | st.none(), max_size=6))
def test_money_for_display_is_divided_and_not_multiplied(values: list[float | None]) -> None:
    plain = [None if v is None or v != v else v / 100 for v in values]  # noqa: PLR0124  # not a number
    assert _scaled(pl.Series(values, dtype=pl.Float64), 100.0).to_list() == plain

"""One-line comparisons: precedence, units, and errors at their place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thbscreen.rules.ast import BinOp, Compare, Name, Unit, Value
from thbscreen.rules.comparison import LineError, Scope, parse_line, parse_sum

NAMES = {
    "n": Unit.NUMBER,
    "days": Unit.NUMBER,
    "total": Unit.MONEY,
    "share": Unit.SHARE,
    "city": Unit.TEXT,
    "flag": Unit.FLAG,
    "length": Unit.LENGTH,
    "pay.amount_eur": Unit.MONEY,
}
SCOPE = Scope(
    lambda n: "poisoned" if n == "bad" else NAMES.get(n),
    NAMES,
    {"min": Unit.NUMBER, "limit": Unit.MONEY}.get,
    ("min", "limit"),
)


def line(text: str) -> Compare:
    found = parse_line(text, SCOPE)
    assert isinstance(found, Compare), found
    return found


def wrong(text: str) -> LineError:
    found = parse_line(text, SCOPE)
    assert isinstance(found, LineError)
    return found


def test_times_binds_before_plus() -> None:
    left = line("total + 2 * total > $limit").left
    assert isinstance(left, BinOp)
    assert left.op == "+"
    assert isinstance(left.right, BinOp)


def test_minus_joins_from_the_left() -> None:
    left = line("n - 1 - 2 > 0").left
    assert isinstance(left, BinOp)
    assert isinstance(left.left, BinOp)


def test_brackets_come_first() -> None:
    left = line("(n + 1) * 2 > 0").left
    assert isinstance(left, BinOp)
    assert left.op == "*"


def test_a_number_before_a_unit_word_is_a_length_even_if_a_measure_has_that_name() -> None:
    assert line("length >= 3 days").right.unit is Unit.LENGTH
    assert isinstance(line("days >= 3").left, Name)
    assert line("n >= 3 * days").right.unit is Unit.NUMBER


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("total / total", Unit.SHARE),
        ("n / n", Unit.SHARE),
        ("total / n", Unit.MONEY),
        ("share * total", Unit.MONEY),
        ("20% * pay.amount_eur", Unit.MONEY),
        ("total - 5 EUR", Unit.MONEY),
        ("n * share", Unit.NUMBER),
        ("1 - share", Unit.NUMBER),
        ("length / length", Unit.SHARE),
        ("-n", Unit.NUMBER),
    ],
)
def test_units_join(text: str, unit: Unit) -> None:
    found = parse_sum(text, SCOPE)
    assert not isinstance(found, LineError | None)
    assert found.unit is unit


@pytest.mark.parametrize(
    "text",
    [
        "total * total > 1",
        "total + n > 1",
        "n / total > 1",
        "total > n",
        "city > city",
        "flag == flag",
        "length > n",
    ],
)
def test_units_that_do_not_join_are_refused(text: str) -> None:
    assert wrong(text).code == "R033"


@pytest.mark.parametrize("text", ["share >= 2", "share <= 50%", "city == city", "total != $limit"])
def test_units_that_compare(text: str) -> None:
    assert line(text).text == text


@pytest.mark.parametrize(
    ("text", "code", "start"),
    [
        ("n >= $mni", "R010", 5),
        ("m >= 1", "R031", 0),
        ("n >=", "R030", 4),
        ("n", "R032", 0),
        ("n = 1", "R030", 2),
        ("n >= 1 and total > 5", "R030", 7),
        ("(n > 1", "R030", 0),
        ("n > 1)", "R030", 5),
        ("n ; 1", "R030", 2),
        ("n > 5 apples", "R030", 6),
        ("n / 0 > 1", "R024", 2),
        ("total > 1.234 EUR", "R021", 8),
    ],
)
def test_an_error_names_its_place(text: str, code: str, start: int) -> None:
    found = wrong(text)
    assert (found.code, found.start) == (code, start)


def test_a_poisoned_name_gives_no_error_of_its_own() -> None:
    assert parse_line("bad + total > 3", SCOPE) is None


def test_constants_stay_exact() -> None:
    right = line("total >= 99.95 EUR").right
    assert isinstance(right, Value)
    assert right.payload == 9995


TOKENS = [
    "n",
    "total",
    "share",
    "$min",
    "$x",
    "3",
    "5 EUR",
    "80%",
    "+",
    "-",
    "*",
    "/",
    "(",
    ")",
    ">=",
    "<",
    "==",
    ".",
    "é",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join) | st.text(max_size=25))
@settings(max_examples=200)
def test_any_text_is_a_line_or_an_error_inside_it(text: str) -> None:
    found = parse_line(text, SCOPE)
    if isinstance(found, LineError):
        assert 0 <= found.start <= len(text)
    else:
        assert isinstance(found, Compare)

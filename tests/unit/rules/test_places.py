"""A change in a bound rule is found again in its file."""

from __future__ import annotations

from tests.unit.rules.samples import CASH
from thbscreen.rules.places import RuleText

TEXT = RuleText(CASH, "a.yaml")
LINES = CASH.splitlines()


def at(*keys: str, token: str, field: str = "", line: str = "", number: int = 0) -> str | None:
    """Gives the text at the place that was found."""
    span = TEXT.find(keys, token, field=field, line=line, number=number)
    return LINES[span.line - 1][span.column - 1 : span.end_column - 1] if span else None


def test_a_parameter_lies_at_its_value() -> None:
    span = TEXT.find(("parameters", "near"), "80%")
    assert span is not None
    assert LINES[span.line - 1][span.column - 1 :].startswith("80%, min: 50%")


def test_a_test_of_a_field_lies_at_its_operator() -> None:
    assert at("where", token="below", field="amount_eur") == "below"


def test_a_comparison_lies_at_its_sign() -> None:
    assert at("flag_when", token=">", line="total > $threshold") == ">"


def test_keys_that_the_file_spells_otherwise_are_passed_over() -> None:
    assert at("window", "length", token="$window") == "$window"


def test_what_is_not_there_has_no_place() -> None:
    assert at("where", token="above", field="amount_eur") is None
    assert RuleText("just a text", "a.yaml").find(("where",), "above") is None
    assert RuleText("a: [", "a.yaml").find(("where",), "above") is None

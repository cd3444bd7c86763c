"""What loads means what it reads: contradictions, codes no row can hold, stand-ins for origin, odd words."""

from __future__ import annotations

import pytest

from tests.unit.rules.samples import CASH, lists, rule
from tests.unit.rules.test_sequences_and_shapes import MONTHS, ROLES, SHAPE, bind
from thbscreen.rules.binder import bind_text

TX = "    tx_type: cash_deposit\n"


def found(text: str) -> list[tuple[str, str]]:
    return [(d.code, str(d.help)) for d in bind_text(text, "x.yaml", lists())[1] if d.severity == "error"]


#: (part of the cash rule, what stands there instead, code)
WRONG = {
    "a count against a share": ("deposits >= $min_deposits", "deposits >= 50%", "R033"),
    "a count against a share held by a parameter": ("deposits >= $min_deposits", "deposits >= $near", "R033"),
    "a code that lost its zero": (TX, TX + "    mcc: 742\n", "R022"),
    "a range outside a list": (TX, TX + "    mcc: [5411-5499]\n", "R022"),
    "a country in small letters": (TX, TX + "    cp_country: no\n", "R022"),
    "a country of three letters": (TX, TX + "    cp_country: {is_not: NOR, missing: false}\n", "R022"),
    "words in a code": (TX, TX + "    cp_country: {mentions: [CY]}\n", "R023"),
    "there and missing": (TX, "    tx_type: {is: cash_deposit, missing: true}\n", "R024"),
    "is and is not": (TX, "    tx_type: {is: cash_deposit, is_not: cash_deposit, missing: false}\n", "R024"),
    "is and none of": (TX, TX + "    none_of: [{tx_type: cash_deposit}]\n", "R024"),
    "after its own last day": (TX, TX + "    booking_ts: {at_most: 2024-03-31, above: 2024-03-31}\n", "R024"),
    "a measure without rows": (
        "deposits: {count: transactions}",
        "deposits: {count: transactions, where: {tx_type: cash_withdrawal}}",
        "R024",
    ),
    "rows grouped by names": ("for_each: account_id", "for_each: cp_name", "R014"),
    "rows grouped by residence": ("for_each: account_id", "for_each: party.residence_country", "R014"),
    "a role played by a code": ("{account_id: possible_controller}", "{mcc: possible_controller}", "R040"),
    "bounds the wrong way round": ("value: 3, min: 2, max: 10", "value: 3, min: 10, max: 2", "R026"),
    "a text that turns round": ("title: A rule", "title: A \u202erule", "R001"),
    "a person told as trafficked": ("title: A rule", "title: Cash of a trafficked woman", "R029"),
    "people called foreigners": ("title: A rule", "title: Foreigners with cash", "R029"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_rule_that_means_something_else_than_it_reads_is_refused(name):
    old, new, code = WRONG[name]
    assert old in CASH
    assert code in [c for c, _ in found(CASH.replace(old, new, 1))]


@pytest.mark.parametrize(
    "field", ["refugee", "residence_permit", "visa_type", "home_country", "caste", "citizenships"]
)
def test_further_names_of_protected_traits_are_refused_as_such(field):
    assert [c for c, _ in found(CASH.replace(TX, TX + f"    party.{field}: x\n"))] == ["R014"]


@pytest.mark.parametrize(
    ("line", "help"),
    [
        ("deposits >= min_deposits", "'$min_deposits'"),
        ("$deposits >= 3", "write it without $"),
        ("deposits => 3", "write >= or <="),
    ],
)
def test_the_help_says_what_was_meant(line, help):
    wrong = found(CASH.replace("deposits >= $min_deposits", line, 1))
    assert any(help in text for _, text in wrong), wrong


#: (part of a shape, what stands there instead, code)
WRONG_SHAPES = {
    "the centre as its own member": ("member: payer", "member: collector", "R051"),
    "one member of two links": ("member: taker", "member: payer", "R051"),
    "a link against its direction": (
        "direction: credit, member: payer",
        "direction: credit, member: payer, where: {direction: debit}",
        "R024",
    ),
}


@pytest.mark.parametrize("name", WRONG_SHAPES)
def test_a_shape_that_contradicts_itself_is_refused(name):
    old, new, code = WRONG_SHAPES[name]
    _, findings = bind(SHAPE.replace(old, new, 1), roles=ROLES)
    assert code in [d.code for d in findings]


def test_a_place_is_a_text():
    funnel = SHAPE.replace("fan_in_forward", "funnel_by_place").replace(
        "  within:", "  place: amount_eur\n  within:"
    )
    _, findings = bind(funnel, roles=ROLES)
    assert "R040" in [d.code for d in findings]


def test_own_past_that_asks_for_more_windows_than_it_looks_at_is_never_known():
    _, findings = bind(MONTHS.replace("at_least: 3 windows", "at_least: 7 windows"))
    assert [d.code for d in findings if d.severity == "error"] == ["R024"]


@pytest.mark.parametrize("alike", ["party.residence_country"])
def test_nobody_is_likened_by_the_country_they_live_in(alike):
    _, findings = bind(MONTHS.replace("party.occupation", alike))
    assert "R014" in [d.code for d in findings]


def test_a_share_may_still_be_written_as_a_number():
    text = rule(
        "  kind: aggregate\n  where: {direction: credit}\n  for_each: account_id\n  window: rolling 7 days\n"
        "  measures:\n    a: {count: transactions}\n"
        "    b: {count: transactions, where: {tx_type: cash_deposit}}\n"
        "    part: {formula: b / a}\n  flag_when: [part >= 0.5]\n"
    )
    assert found(text) == []

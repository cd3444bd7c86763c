"""Contributing rows of a hit say which leg, link or step of the pattern they stand for."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.support import pack_of, rule_text, run_rows
from thbscreen.compile.steps import proven, step_names
from thbscreen.engine.selftest import CaseRun
from thbscreen.rules.pack import load_pack

PACK = load_pack(Path(__file__).parents[2] / "examples", "examples", drafts=True)
RULES = {rule.id: rule for rule in PACK.bound}


def steps_of(rule_id: str, case: int = 0) -> dict[str, str]:
    """The part of each transaction in an example, several joined by a plus sign."""
    found = CaseRun(PACK, RULES[rule_id], RULES[rule_id].tests[case]).found()
    told = found.steps.group_by("tx_id").agg(pl.col("step").sort().str.join("+")).sort("tx_id")
    return dict(told.iter_rows())


@pytest.mark.parametrize(
    ("rule_id", "expected"),
    [
        ("THB-TEST-101", dict.fromkeys(("T01", "T02", "T03"), "paid_in") | {"T04": "passed_on"}),
        (
            "THB-TEST-102",
            dict.fromkeys(("T01", "T02", "T03"), "wage")
            | dict.fromkeys(("T04", "T05", "T06", "T07"), "onward"),
        ),
        (
            "THB-TEST-015",
            {"T01": "client_fee", "T02": "travel", "T03": "fee", "T04": "payout", "T05": "travel",
             "T06": "fee", "T07": "payout"},
        ),
    ],
)  # fmt: skip
def test_payments_of_an_example_carry_the_names_of_legs_and_links(rule_id, expected):
    assert steps_of(rule_id) == expected


@pytest.mark.parametrize("rule_id", [f"THB-TEST-10{n}" for n in range(1, 8)])
def test_every_payment_of_a_shape_stands_for_a_link(rule_id):
    for case in RULES[rule_id].tests:
        found = CaseRun(PACK, RULES[rule_id], case).found()
        named = set(found.steps.select("hit_id", "tx_id").rows())
        assert set(found.hits.select("hit_id", "tx_ids").explode("tx_ids").rows()) == named
        assert set(found.steps["step"]) <= set(step_names(RULES[rule_id].detect))


SEQUENCE = """\
kind: sequence
for_each: account_id
within: 2 days
steps:
  - {name: wage, where: {direction: credit}}
  - {name: cash, where: {direction: debit}}
"""
FOLLOWS = """\
kind: aggregate
derive: {pay: {follows: {where: {direction: credit}, within: 2 days}}}
where: {direction: debit, pay: {missing: false}}
for_each: account_id
window: rolling 30 days
measures: {n: {count: transactions}}
flag_when: [n >= 1]
"""
ROWS = [
    {"tx_id": "T1", "account_id": "A", "booking_ts": "2024-03-01 10:00", "direction": "credit"},
    {"tx_id": "T2", "account_id": "A", "booking_ts": "2024-03-02 10:00", "direction": "debit"},
]


def told(detect: str, *, third_party: bool = True) -> dict[str, str]:
    text = rule_text(detect).replace("third_party: false", f"third_party: {str(third_party).lower()}")
    rows = [{**row, "amount_eur": "10.00", "tx_type": "other"} for row in ROWS]
    found, _ = run_rows(pack_of(text), rows)
    assert found.hits.height == 1
    return dict(found.steps.select("tx_id", "step").iter_rows())


def test_steps_of_a_sequence_and_followed_rows_have_names():
    assert told(SEQUENCE) == {"T1": "wage", "T2": "cash"}
    assert told(FOLLOWS) == {"T1": "pay"}


def test_a_rule_that_shows_no_third_party_proves_nothing_about_networks():
    assert told(SEQUENCE, third_party=False) == {}
    assert not proven(RULES["THB-TEST-001"])

"""Readiness: not judged without a needed column, weak without a sparing one, never silently clean."""

from __future__ import annotations

import polars as pl
import pytest

from tests.support import pack_of, rule_text, run_rows
from thbscreen.rules.needs import judgeable, required_columns

COUNT = """
kind: aggregate
where: {where}
for_each: account_id
window: whole period
measures:
  rows: {{count: transactions}}
flag_when:
  - rows >= 1
"""
ROW = {"account_id": "A1", "booking_ts": "2024-03-01 10:00", "amount_eur": "5", "tx_type": "card_purchase"}


def status(where: str, rows, **tables) -> tuple[str, str]:
    _, ready = run_rows(pack_of(rule_text(COUNT.format(where=where))), rows, **tables)
    row = ready.row(0, named=True)
    return row["status"], row["reason"]


def test_a_column_that_only_leaves_rows_out_makes_the_rule_weak():
    found, reason = status("{none_of: [{mcc: 5411}]}", [ROW])
    assert (found, reason) == ("weak", "no value in mcc")


def test_one_way_of_several_may_be_missing():
    assert status("{any_of: [{mcc: 5411}, {tx_type: card_purchase}]}", [ROW])[0] == "weak"
    assert status("{any_of: [{mcc: 5411}, {channel: pos}]}", [ROW])[0] == "not judged"


def test_a_column_is_measured_where_its_value_may_be_expected():
    cards = [{**ROW, "mcc": "5411"}] * 3
    transfers = [{**ROW, "tx_type": "credit_transfer", "mcc": None}] * 50
    assert status("{mcc: 5411}", cards + transfers) == ("ready", "every column it needs is there")
    rare = [{**ROW, "mcc": None}] * 9 + cards[:1]
    found, reason = status("{mcc: 5411}", rare)
    assert found == "weak"
    assert "10%" in reason


def test_a_fact_of_the_holder_without_any_holder_is_not_judged():
    assert status("{party.kind: natural}", [ROW])[0] == "not judged"
    parties = [{"account_id": "A1", "kind": "natural"}]
    assert status("{party.kind: natural}", [ROW], parties=parties)[0] == "ready"


def test_a_measure_whose_rows_could_never_pass_is_not_taken_for_zero():
    detect = """
kind: aggregate
where: {}
for_each: account_id
window: whole period
measures:
  rows: {count: transactions}
  food: {count: transactions, where: {mcc: 5411}}
flag_when:
  - food < 1
"""
    _, ready = run_rows(pack_of(rule_text(detect)), [ROW])
    assert ready["status"].to_list() == ["not judged"]


def test_a_not_judged_rule_has_no_hits():
    found, ready = run_rows(pack_of(rule_text(COUNT.format(where="{mcc: {missing: true}}"))), [ROW])
    assert ready["status"].to_list() == ["not judged"]
    assert found.hits.height == 0


WAGE = """
kind: aggregate
derive:
  minimum: {fact: minimum_wage}
where: {compare: ["amount_eur < minimum"]}
for_each: account_id
window: whole period
measures:
  rows: {count: transactions}
flag_when:
  - rows >= 1
"""


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("2024-03-01",), ("ready", "every column it needs is there")),
        (
            ("2023-12-30", "2024-01-02"),
            ("weak", "the profile has a value of minimum_wage for 50% of the days"),
        ),
        (("2023-03-01",), ("not judged", "the profile has no value for these days of minimum_wage")),
    ],
)
def test_a_rule_needs_a_fact_of_the_profile_on_the_days_of_the_data(days, expected):
    rows = [{**ROW, "booking_ts": f"{day} 10:00"} for day in days]
    _, ready = run_rows(pack_of(rule_text(WAGE)), rows)
    assert ready.select("status", "reason").row(0) == expected


def test_a_fact_that_the_profile_says_it_does_not_know_is_not_judged():
    pack = pack_of(rule_text(WAGE), facts="  minimum_wage: unknown\n")
    found, ready = run_rows(pack, [ROW])
    assert ready["status"].to_list() == ["not judged"]
    assert ready["missing"].to_list() == [["fact minimum_wage"]]
    assert found.hits.height == 0


def test_one_way_of_several_may_rest_on_a_fact_that_is_not_known():
    text = WAGE.replace("where: {compare:", "where:\n  any_of:\n    - {mcc: 5411}\n    - {compare:")
    pack = pack_of(rule_text(text), facts="  minimum_wage: unknown\n")
    _, ready = run_rows(pack, [{**ROW, "mcc": "5411"}])
    assert ready["status"].to_list() == ["weak"]


@pytest.mark.parametrize(("missing", "expected"), [(set(), True), ({"mcc"}, False), ({"channel"}, True)])
def test_needs_are_told_by_the_rule_alone(missing, expected):
    pack = pack_of(rule_text(COUNT.format(where="{mcc: 5411, channel: {is_not: pos}}")))
    assert judgeable(pack.rules[0], missing) is expected
    assert required_columns(pack.rules[0]) == ("account_id", "mcc")


def test_the_table_names_every_rule_of_the_pack_in_order():
    texts = [rule_text(COUNT.format(where="{}"), rule_id=f"THB-ML-90{i}") for i in (3, 1, 2)]
    _, ready = run_rows(pack_of(*texts), [ROW])
    assert ready["rule"].to_list() == ["THB-ML-901", "THB-ML-902", "THB-ML-903"]
    assert isinstance(ready, pl.DataFrame)

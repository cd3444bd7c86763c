"""Boundary mutants: which are made, which count as the same, and which tests notice them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support import pack_of, rule_text
from thbscreen.engine.mutants import MutantReport, mutants_of, run_mutants

DETECT = """
kind: aggregate
where:
  direction: credit
  amount_eur: {at_least: $least}
for_each: account_id
window: rolling 7 days
measures:
  rows: {count: transactions}
  total: {sum: amount_eur}
  middle: {average: amount_eur}
flag_when:
  - rows >= 3
  - total / rows >= 90%
"""
PARAMETERS = "  least: {value: 100 EUR, min: 1 EUR, max: 500 EUR, stricter: lower, means: smallest sum}\n"
TESTS = """\
tests:
  - name: exactly on every bound
    given:
      transactions:
        defaults: {account_id: A1, amount_eur: 100}
        rows:
          - {booking_ts: 2024-05-01 10:00}
          - {booking_ts: 2024-05-02 10:00}
          - {booking_ts: 2024-05-08 09:59}
    expect:
      - {account_id: A1, rows: 3}
"""
BESIDE = """\
  - name: one cent too small
    given:
      transactions:
        defaults: {account_id: A1, amount_eur: 100}
        rows:
          - {booking_ts: 2024-05-01 10:00}
          - {booking_ts: 2024-05-02 10:00}
          - {booking_ts: 2024-05-03 10:00, amount_eur: 99.99}
    expect: no hits
  - name: exactly seven days apart
    given:
      transactions:
        defaults: {account_id: A1, amount_eur: 100}
        rows:
          - {booking_ts: 2024-05-01 10:00}
          - {booking_ts: 2024-05-02 10:00}
          - {booking_ts: 2024-05-08 10:00}
    expect: no hits
"""


def rule(detect: str, *, tests: str = TESTS, listed: str = "", parameters: str = "") -> str:
    text = rule_text(detect, parameters=parameters)
    return text[: text.index("tests:\n")] + listed + tests


def simple(line: str = "rows >= 3", where: str = "amount_eur: {at_least: $least}") -> str:
    found = DETECT.replace("  - total / rows >= 90%\n", "").replace("rows >= 3", line)
    return found.replace("amount_eur: {at_least: $least}", where)


def report(**given: str) -> MutantReport:
    (found,) = run_mutants(pack_of(rule(simple(), parameters=PARAMETERS, **given)))
    return found


def texts(detect: str, parameters: str = "") -> list[str]:
    return [m.text for m in mutants_of(pack_of(rule(detect, parameters=parameters)).bound[0])]


def test_each_number_moves_both_ways_and_each_sign_becomes_its_twin() -> None:
    assert texts(simple(line="middle >= 30 EUR", where="amount_eur: {at_most: 5 EUR}")) == [
        "where amount_eur: at_most -> below",
        "where amount_eur: 5 EUR -> 5.01 EUR",
        "window.length: 7 days -> 6 days",
        "window.length: 7 days -> 8 days",
        "flag_when 'middle >= 30 EUR': >= -> >",
        "flag_when 'middle >= 30 EUR': 30 EUR -> 29.99 EUR",
        "flag_when 'middle >= 30 EUR': 30 EUR -> 30.01 EUR",
    ]


def test_more_than_three_and_at_least_four_are_one_mutant() -> None:
    found = [t for t in texts(simple(), PARAMETERS) if t.startswith("flag_when")]
    assert found == ["flag_when 'rows >= 3': >= -> >", "flag_when 'rows >= 3': 3 -> 2"]


def test_a_parameter_counts_once_however_often_it_is_used() -> None:
    found = texts(simple(line="total >= 2 * $least"), PARAMETERS)
    assert [t for t in found if t.startswith("parameters")] == [
        "parameters.least: 100 EUR -> 99.99 EUR", "parameters.least: 100 EUR -> 100.01 EUR"
    ]  # fmt: skip


def test_equality_has_no_twin() -> None:
    assert [t for t in texts(simple(line="rows == 3"), PARAMETERS) if t.startswith("flag_when")] == [
        "flag_when 'rows == 3': 3 -> 2", "flag_when 'rows == 3': 3 -> 4"
    ]  # fmt: skip


def test_equal_changes_at_two_places_have_different_texts() -> None:
    one = "any_of: [{amount_eur: {at_least: 9 EUR}}, {amount_eur: {at_least: 9 EUR}, tx_type: fee}]"
    found = texts(simple(where=one), "")
    assert len(found) == len(set(found))
    assert "where amount_eur: 9 EUR -> 8.99 EUR (place 2)" in found


def test_a_time_of_day_moves_by_a_minute() -> None:
    found = texts(simple(where="booking_ts: {time_of_day: 22:00-06:00}"))
    assert "where booking_ts: 22:00-06:00 -> 22:00-06:01" in found


def test_a_test_exactly_on_the_bounds_leaves_those_survivors_that_find_more() -> None:
    found = report()
    assert (found.total, found.killed) == (6, 3)
    assert [s.text for s in found.survivors] == [
        "parameters.least: 100 EUR -> 99.99 EUR",
        "window.length: 7 days -> 8 days",
        "flag_when 'rows >= 3': 3 -> 2",
    ]


def test_tests_beside_the_bounds_kill_what_survived() -> None:
    found = report(tests=TESTS + BESIDE)
    assert found.survivors == ()
    assert not found.failed


def test_a_survivor_fails_a_stable_rule_only() -> None:
    found = report()
    assert not found.failed
    assert replace(found, rule=replace(found.rule, status="stable")).failed


def listed(mutant: str) -> str:
    return f'mutants_that_survive:\n  - mutant: "{mutant}"\n    reason: because\n'


def test_a_survivor_with_a_reason_is_listed() -> None:
    found = report(listed=listed("flag_when 'rows >= 3': 3 -> 2"))
    assert [s.reason for s in found.survivors] == [None, None, "because"]
    assert "flag_when 'rows >= 3': 3 -> 2" not in {s.text for s in found.unlisted}
    assert found.stale == ()


@pytest.mark.parametrize("mutant", ["flag_when 'rows >= 3': >= -> >", "nothing of the kind"])
def test_a_listed_mutant_that_does_not_survive_is_a_finding_in_any_rule(mutant: str) -> None:
    found = report(listed=listed(mutant))
    assert found.stale == (mutant,)
    assert found.failed


def test_a_case_with_a_value_of_its_own_says_nothing_about_the_rule_s_value() -> None:
    found = report(tests=TESTS.replace("    given:", "    parameters: {least: 50 EUR}\n    given:"))
    assert {"parameters.least: 100 EUR -> 99.99 EUR", "parameters.least: 100 EUR -> 100.01 EUR"} <= {
        s.text for s in found.survivors
    }


def test_a_condition_that_is_answered_while_reading_is_answered_again() -> None:
    text = rule(simple(where="booking_ts: {time_of_day: 10:00-10:01}"), tests=TESTS.replace("09:59", "10:00"))
    (found,) = run_mutants(pack_of(text.replace("2024-05-08 10:00", "2024-05-07 10:00")))
    alive = {s.text for s in found.survivors}
    assert "where booking_ts: 10:00-10:01 -> 10:00-10:02" in alive
    assert found.killed


def test_only_rules_that_are_asked_for_are_run() -> None:
    assert list(run_mutants(pack_of(rule(simple(), parameters=PARAMETERS)), rule_filter="SEX")) == []

# ruff: noqa: N802  # tests are named after the laws, as the laws are written
"""Laws L2 and L7 to L9 and L12 in small cases: clocks that change, rows that follow each other, own past."""

from __future__ import annotations

import pytest

from tests.support import measures, pack_of, rule_text, run_rows

ZONES = ("Asia/Nicosia", "Europe/Nicosia")
WINDOW = """
kind: aggregate
where: {}
for_each: account_id
window: rolling %s
measures:
  rows: {count: transactions}
flag_when:
  - rows >= 1
headline: rows
"""


def row(time, **more):
    """Gives one movement of A1."""
    return {"account_id": "A1", "booking_ts": time, "amount_eur": "100", "direction": "credit", **more}


def most(window, *times, zone):
    """Gives the greatest number of rows in one window."""
    found, _ = run_rows(pack_of(rule_text(WINDOW % window), zone=zone), [row(t) for t in times])
    return max(measures(h)["rows"] for h in found.hits.to_dicts())


@pytest.mark.parametrize("zone", ZONES)
def test_L2_in_the_short_night_of_31_march_2024_a_day_holds_two_rows_and_24_hours_hold_three(zone):
    # at 03:00 clocks go to 04:00, so noon of the 31st is only 23 hours after noon of the 30th
    times = ("2024-03-30 12:00", "2024-03-30 12:30", "2024-03-31 12:00")
    assert most("1 days", *times, zone=zone) == 2
    assert most("24 hours", *times, zone=zone) == 3


@pytest.mark.parametrize("zone", ZONES)
def test_L2_in_the_long_night_of_27_october_2024_a_day_holds_three_rows_and_24_hours_hold_two(zone):
    # at 04:00 clocks go back to 03:00, so noon of the 27th is 25 hours after noon of the 26th
    times = ("2024-10-26 12:15", "2024-10-26 12:30", "2024-10-27 12:00")
    assert most("1 days", *times, zone=zone) == 3
    assert most("24 hours", *times, zone=zone) == 2


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("night", "day_after"), [("2024-03-31", "2024-04-01"), ("2024-10-27", "2024-10-28")])
def test_L2_a_day_before_a_time_that_clocks_skip_or_repeat_lies_in_that_night(zone, night, day_after):
    # on both nights clocks show no 03:30 or two of them; a day before 03:30 is after 02:59 and before 05:00
    assert most("1 days", f"{night} 02:59", f"{day_after} 03:30", zone=zone) == 1
    assert most("1 days", f"{night} 05:00", f"{day_after} 03:30", zone=zone) == 2


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("night", ["2024-03-31", "2024-10-27"])
def test_L2_a_calendar_day_is_the_local_day_however_many_hours_it_has(zone, night):
    rule = rule_text((WINDOW % "x").replace("rolling x", "calendar day"))
    times = [f"{night} 00:00", f"{night} 23:59"]
    found, _ = run_rows(pack_of(rule, zone=zone), [row(t) for t in times])
    assert [measures(h)["rows"] for h in found.hits.to_dicts()] == [2]


WAGE_THEN_CASH = """
kind: sequence
for_each: account_id
within: 24 hours
steps:
  - {name: wage, where: {direction: credit}}
  - {name: cash, where: {direction: debit}}
"""


def sequences(rule, *rows):
    """Gives the ids of each hit of a rule, in order."""
    found, _ = run_rows(pack_of(rule_text(rule)), rows)
    return sorted(h["tx_ids"] for h in found.hits.to_dicts())


def test_L7_rows_of_one_instant_follow_each_other_in_the_order_of_their_ids():
    wage = row("2024-03-01 10:00", tx_id="B")
    assert sequences(WAGE_THEN_CASH, wage, row("2024-03-01 10:00", direction="debit", tx_id="C")) == [
        ["B", "C"]
    ]
    assert sequences(WAGE_THEN_CASH, wage, row("2024-03-01 10:00", direction="debit", tx_id="A")) == []


def test_L7_a_later_row_serves_one_start_the_latest_before_it():
    rows = [
        row("2024-03-01 09:00", tx_id="W1"),
        row("2024-03-01 10:00", tx_id="W2"),
        row("2024-03-01 11:00", direction="debit", tx_id="C"),
    ]
    assert sequences(WAGE_THEN_CASH, *rows) == [["C", "W2"]]


def test_L7_the_time_between_first_and_last_step_counts_with_both_its_ends():
    wage = row("2024-03-01 09:00", tx_id="W")
    assert len(sequences(WAGE_THEN_CASH, wage, row("2024-03-02 09:00", direction="debit"))) == 1
    assert sequences(WAGE_THEN_CASH, wage, row("2024-03-02 09:00:01", direction="debit")) == []


NOTHING_BOUGHT = """
kind: sequence
for_each: account_id
within: 10 days
steps:
  - {name: wage, where: {tx_type: credit_transfer}}
  - {name: bought, where: {tx_type: card_purchase}, absent: true}
"""


def bought_nothing(*rows):
    return sequences(NOTHING_BOUGHT, row("2024-03-01 09:00", tx_type="credit_transfer", tx_id="W"), *rows)


def test_L8_a_step_that_stays_away_is_judged_once_its_time_lies_inside_the_data():
    stranger = {"account_id": "A2", "tx_type": "fee", "direction": "debit", "tx_id": "Z"}
    assert bought_nothing(row("2024-03-11 08:59", **stranger)) == []
    assert bought_nothing(row("2024-03-11 09:00", **stranger)) == [["W"]]


def test_L8_a_purchase_in_time_forbids_the_verdict_and_a_later_one_does_not():
    later = row("2024-04-01 09:00", tx_type="fee", tx_id="Z")
    in_time = row("2024-03-11 09:00", tx_type="card_purchase", direction="debit", tx_id="P")
    too_late = row("2024-03-11 09:01", tx_type="card_purchase", direction="debit", tx_id="P")
    assert bought_nothing(later, in_time) == []
    assert bought_nothing(later, too_late) == [["W"]]


USUAL = """
kind: aggregate
where: {}
for_each: account_id
window: calendar month
measures:
  month: {sum: amount_eur}
  habit: {usual: month, over: 6 windows, at_least: 3 windows, statistic: median}
flag_when:
  - month > habit
"""


def habits(*months):
    """Gives month, habit of every flagged month; each row is (month, euros)."""
    rows = [row(f"2024-{month:02d}-10 10:00", amount_eur=str(euros)) for month, euros in months]
    found, _ = run_rows(pack_of(rule_text(USUAL)), rows)
    return [(m["month"], m["habit"]) for m in map(measures, found.hits.to_dicts())]


def test_L9_quiet_months_count_as_zero_from_the_first_month_on():
    # in April the middle of 200, 300 and nothing is 200; in May the middle of 0, 200, 250 and 300 is 225
    assert habits((1, 200), (2, 300), (4, 250), (5, 2500)) == [(250, 200), (2500, 225)]


def test_L9_with_fewer_months_than_asked_there_is_no_habit_and_no_verdict():
    assert habits((1, 200), (2, 5000)) == []
    assert habits((1, 200), (3, 5000)) == []
    assert habits((1, 200), (4, 5000)) == [(5000, 0)]


def test_L9_the_month_that_is_judged_is_no_part_of_the_habit():
    assert habits((1, 100), (2, 100), (3, 100), (4, 101)) == [(101, 100)]


def test_L12_the_longest_window_is_the_look_back_that_the_data_must_have():
    rules = {
        "rolling 7 days": "7 days",
        "rolling 36 hours": "36 hours",
        "calendar month": "1 months",
        "whole period": None,
    }
    for window, expected in rules.items():
        detect = (WINDOW % "x").replace("rolling x", window)
        found = pack_of(rule_text(detect)).rules[0].look_back
        assert (None if found is None else str(found)) == expected, window
    assert str(pack_of(rule_text(WAGE_THEN_CASH)).rules[0].look_back) == "24 hours"
    repeated = WAGE_THEN_CASH + "repeat: {times: 2, within: 120 days}"
    assert str(pack_of(rule_text(repeated)).rules[0].look_back) == "120 days"
    assert str(pack_of(rule_text(USUAL)).rules[0].look_back) == "7 months"

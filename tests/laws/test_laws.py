# ruff: noqa: N802  # tests are named after the laws, as the laws are written
"""One test and more per law of the rule language, each named after its law."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import measures, pack_of, rule_text, run_rows

COUNT = """
kind: aggregate
where: {{tx_type: cash_deposit}}
for_each: account_id
window: {window}
measures:
  deposits: {{count: transactions}}
  total: {{sum: amount_eur}}
flag_when:
  - deposits >= {least}
headline: total
"""


def deposits(*times, account="A1", amount="100"):
    return [
        {
            "account_id": account,
            "booking_ts": t,
            "amount_eur": amount,
            "tx_type": "cash_deposit",
            "direction": "credit",
        }
        for t in times
    ]


def counted(window, rows, least=1, zone="Asia/Nicosia"):
    found, _ = run_rows(pack_of(rule_text(COUNT.format(window=window, least=least)), zone=zone), rows)
    return found.hits.to_dicts()


def test_L1_a_row_exactly_one_length_earlier_is_outside():
    rows = deposits("2024-03-01 10:00", "2024-03-08 10:00")
    assert counted("rolling 7 days", rows, least=2) == []
    rows = deposits("2024-03-01 10:00:00.000001", "2024-03-08 10:00")
    assert len(counted("rolling 7 days", rows, least=2)) == 1


def test_L1_rows_with_the_same_time_are_inside_together():
    rows = deposits("2024-03-01 10:00", "2024-03-01 10:00", "2024-03-01 10:00")
    hits = counted("rolling 1 hours", rows, least=3)
    assert [measures(h)["deposits"] for h in hits] == [3]


def test_L2_a_day_is_a_step_on_the_wall_clock_and_24_hours_are_elapsed_time():
    rows = deposits("2024-03-30 12:00", "2024-03-30 12:30", "2024-03-31 12:00")
    assert counted("rolling 1 days", rows, least=3) == []
    assert len(counted("rolling 1 days", rows, least=2)) == 1
    # the night of 31 March 2024 has 23 hours: 24 elapsed hours reach back to 11:00 of the day before
    assert [measures(h)["deposits"] for h in counted("rolling 24 hours", rows, least=3)] == [3]


def test_L2_a_month_step_from_the_31st_takes_the_last_day_of_the_month_before():
    assert len(counted("rolling 1 months", deposits("2024-03-01 10:00", "2024-03-31 09:00"), least=2)) == 1
    assert counted("rolling 1 months", deposits("2024-02-29 09:00", "2024-03-31 09:00"), least=2) == []


FILTER = """
kind: aggregate
where: {{{where}}}
for_each: account_id
window: whole period
measures:
  rows: {{count: transactions}}
flag_when:
  - rows >= 1
"""


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("mcc: 5411", 1),
        ("mcc: {is_not: 5411}", 2),
        ("mcc: {not_in: [5411, 5999]}", 2),
        ("none_of: [{mcc: 5411}]", 2),
        ("mcc: {missing: true}", 1),
        ("mcc: {missing: false}", 2),
        ("any_of: [{mcc: 5411}, {channel: pos}]", 1),
    ],
)
def test_L3_a_missing_value_fails_positive_tests_and_passes_negative_ones(where, expected):
    rows = [
        {"account_id": "A1", "booking_ts": "2024-03-01 10:00", "amount_eur": "5", "mcc": "5411"},
        {"account_id": "A1", "booking_ts": "2024-03-02 10:00", "amount_eur": "5", "mcc": "7011"},
        {
            "account_id": "A1",
            "booking_ts": "2024-03-03 10:00",
            "amount_eur": "5",
            "mcc": None,
            "channel": None,
        },
    ]
    found, _ = run_rows(pack_of(rule_text(FILTER.format(where=where))), rows)
    assert [measures(h)["rows"] for h in found.hits.to_dicts()] == [expected]


SHARE = """
kind: aggregate
where: {}
for_each: account_id
window: whole period
measures:
  cash: {sum: amount_eur, where: {tx_type: cash_deposit}}
  cards: {sum: amount_eur, where: {tx_type: card_purchase}}
  share: {formula: cash / cards}
flag_when:
  - share >= 50%
"""


def test_L4_division_by_zero_is_unknown_and_the_line_does_not_hold():
    pack = pack_of(rule_text(SHARE))
    found, _ = run_rows(pack, deposits("2024-03-01 10:00"))
    assert found.hits.height == 0
    purchase = {"amount_eur": "200", "tx_type": "card_purchase", "direction": "debit"}
    rows = [*deposits("2024-03-01 10:00"), {**deposits("2024-03-01 11:00")[0], **purchase}]
    found, _ = run_rows(pack, rows)
    assert [measures(h)["share"] for h in found.hits.to_dicts()] == [0.5]


PAIR = """
kind: aggregate
where: {direction: debit}
for_each: [account_id, cp_account_id]
window: whole period
measures:
  payments: {count: transactions}
flag_when:
  - payments >= 1
"""


def test_L5_groups_with_a_missing_key_are_not_formed():
    rows = [
        {
            "account_id": "A1",
            "booking_ts": "2024-03-01 10:00",
            "amount_eur": "5",
            "direction": "debit",
            "cp_account_id": c,
        }
        for c in ("X", None, None)
    ]
    found, _ = run_rows(pack_of(rule_text(PAIR)), rows)
    assert [h["keys"][1]["value"] for h in found.hits.to_dicts()] == ["X"]


def test_L6_overlapping_windows_are_one_episode_with_the_values_of_the_greatest():
    rows = deposits(*(f"2024-03-0{d} 10:00" for d in (1, 3, 5, 7, 9)))
    hits = counted("rolling 7 days", rows, least=3)
    assert len(hits) == 1
    assert measures(hits[0])["deposits"] == 4
    assert str(hits[0]["starts"])[:10] == "2024-03-01"
    assert str(hits[0]["ends"])[:10] == "2024-03-09"
    assert str(hits[0]["window_starts"])[:10] == "2024-03-03"


def test_L6_windows_that_do_not_overlap_are_two_episodes():
    rows = deposits("2024-03-01 10:00", "2024-03-02 10:00", "2024-04-01 10:00", "2024-04-02 10:00")
    assert len(counted("rolling 7 days", rows, least=2)) == 2


NIGHT = """
kind: aggregate
where: {booking_ts: {time_of_day: 22:00-06:00}}
for_each: account_id
window: calendar month
measures:
  rows: {count: transactions}
flag_when:
  - rows >= 1
"""


def test_L10_time_of_day_on_date_only_bookings_is_not_judged_with_the_reason():
    pack = pack_of(rule_text(NIGHT))
    found, ready = run_rows(pack, deposits("2024-03-01"))
    assert found.hits.height == 0
    assert ready["status"].to_list() == ["not judged"]
    assert "time of day" in ready["reason"][0]
    found, ready = run_rows(pack, deposits("2024-03-01 23:00"))
    assert ready["status"].to_list() == ["ready"]
    assert found.hits.height == 1


def test_L10_an_absent_column_is_not_judged_with_the_reason():
    _, ready = run_rows(pack_of(rule_text(FILTER.format(where="mcc: 5411"))), deposits("2024-03-01 10:00"))
    assert ready.row(0, named=True)["status"] == "not judged"
    assert ready.row(0, named=True)["missing"] == ["mcc"]


def test_L11_a_row_without_a_rate_has_no_amount():
    rows = deposits("2024-03-01 10:00") + deposits("2024-03-02 10:00", amount=None)
    hit = counted("whole period", rows)[0]
    assert measures(hit) == {"deposits": 2, "total": 100}


def test_L7_in_a_followed_row_order_is_time_then_transaction_id():
    detect = """
kind: aggregate
derive:
  pay: {follows: {where: {direction: credit}, within: 24 hours}}
where: {direction: debit, pay: {missing: false}}
for_each: account_id
window: whole period
measures:
  passed: {sum: pay.amount_eur}
flag_when:
  - passed >= 1 EUR
"""
    rows = [
        {
            "account_id": "A1",
            "booking_ts": "2024-03-01 10:00",
            "amount_eur": "10",
            "direction": "credit",
            "tx_id": "B",
        },
        {
            "account_id": "A1",
            "booking_ts": "2024-03-01 10:00",
            "amount_eur": "10",
            "direction": "debit",
            "tx_id": "A",
        },
        {
            "account_id": "A1",
            "booking_ts": "2024-03-01 10:00",
            "amount_eur": "10",
            "direction": "debit",
            "tx_id": "C",
        },
    ]
    found, _ = run_rows(pack_of(rule_text(detect)), rows)
    assert [measures(h)["passed"] for h in found.hits.to_dicts()] == [10]
    assert found.hits["tx_ids"].to_list() == [["B", "C"]]


def test_every_law_has_a_test_named_after_it():
    here = Path(__file__).parent
    found = {int(n) for p in here.glob("test_*.py") for n in re.findall(r"def test_L(\d+)_", p.read_text())}
    assert found == set(range(1, 13))

"""A rule over single movements shows the fields of the movement in its evidence."""

from __future__ import annotations

from tests.support import pack_of, rule_text, run_rows

DETECT = """
kind: transaction
derive: {pay: {follows: {where: {direction: credit}, within: 2 days}}}
where: {direction: debit}
"""
SHOWN = (
    "{booking_ts:time}: {amount_eur} to {cp_account_id}, {party.kind}, {value_date}, "
    "{account.age_days} days, after {pay.amount_eur} on {pay.booking_ts:date}"
)


def evidence_of(**debit):
    rows = [
        {"account_id": "A", "booking_ts": "2024-03-01 10:00", "amount_eur": "5"},
        {"account_id": "A", "booking_ts": "2024-03-02 10:00", "direction": "debit", **debit},
    ]
    people = [{"account_id": "A", "kind": "natural"}]
    accounts = [{"account_id": "A", "opened_date": "2024-02-29"}]
    found, _ = run_rows(pack_of(rule_text(DETECT, evidence=SHOWN)), rows, accounts, people)
    return found.hits["evidence"].to_list()


def test_text_money_dates_and_matched_rows_are_shown():
    shown = evidence_of(amount_eur="4", cp_account_id="X", value_date="2024-03-03")
    assert shown == [
        "2024-03-02 10:00: EUR 4.00 to X, natural, 2024-03-03, 2 days, after EUR 5.00 on 2024-03-01"
    ]


def test_what_a_movement_lacks_is_called_not_known():
    shown = evidence_of(amount_eur=None, cp_account_id=None, value_date=None)
    assert shown == [
        "2024-03-02 10:00: not known to not known, natural, not known, 2 days, after EUR 5.00 on 2024-03-01"
    ]

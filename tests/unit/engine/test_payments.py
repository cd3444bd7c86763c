"""Each booked payment is one payment, whichever of the two ledgers names the other side."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.support import pack_of, rule_text
from thbscreen.compile.pack import compile_pack
from thbscreen.engine.memory import from_rows
from thbscreen.engine.payments import access, businesses, link_columns, paid_for, payments
from thbscreen.engine.prepare import prepare

DETECT = """
kind: aggregate
where: {}
for_each: account_id
window: whole period
measures:
  rows: {count: transactions}
flag_when:
  - rows >= 1
"""


def row(tx: str, account: str, direction: str, other: str | None, amount: str = "10") -> dict:
    return {
        "tx_id": tx, "account_id": account, "booking_ts": "2024-03-01 10:00", "amount_eur": amount,
        "direction": direction, "tx_type": "credit_transfer", "cp_account_id": other,
    }  # fmt: skip


def paid(*rows: dict, buckets: int = 2) -> list[tuple]:
    compiled = link_columns(compile_pack(pack_of(rule_text(DETECT))))
    prepared = prepare(from_rows(list(rows), [], [], "Asia/Nicosia"), compiled, buckets=buckets)
    everybody = np.ones(len(prepared.dictionaries["account"]), np.bool_)
    found = payments(prepared, everybody)
    return found.select("source", "target", "tx_ids").rows()


BOTH = [row("D1", "A", "debit", "B"), row("C1", "B", "credit", "A")]


@pytest.mark.parametrize("buckets", [1, 2, 5])
def test_a_payment_in_two_ledgers_counts_once_from_the_payers(buckets: int):
    assert paid(*BOTH, buckets=buckets) == [("A", "B", ["D1"])]


def test_rows_of_the_receiver_count_where_the_payers_name_nobody():
    assert paid(row("D1", "A", "debit", None), row("C1", "B", "credit", "A")) == [("A", "B", ["C1"])]


def test_of_two_ledgers_the_one_that_names_the_other_more_often_counts():
    rows = [*BOTH, row("D2", "A", "debit", None, "20"), row("C2", "B", "credit", "A", "20")]
    assert paid(*rows) == [("A", "B", ["C1", "C2"])]
    assert paid(*rows, row("D3", "A", "debit", "B", "30")) == [("A", "B", ["D1", "D3"])]


def test_a_payer_of_another_bank_is_known_from_the_receivers_row():
    assert paid(row("C1", "B", "credit", "X")) == [("X", "B", ["C1"])]


def test_access_joins_only_customers_with_accounts_of_several_others():
    holders = pl.DataFrame({"account_id": ["A1", "A2", "A3", "A4"], "subject_id": ["P1", "P2", "P3", "P3"]})
    parties = pl.DataFrame(
        {
            "account_id": ["A1", "A2", "A3", "A4", "A1", "A2", "A3", "A4"],
            "party_id": ["P1", "P2", "P3", "P3", "J", "J", "P1", "P1"],
        }
    )
    assert access(parties, holders).drop("last").rows() == [("J", "J"), ("J", "P1"), ("J", "P2")]


@pytest.mark.parametrize("buckets", [1, 3])
def test_payments_for_somebody_else_are_gathered_by_payer_and_person(buckets: int):
    rows = [
        {**row(tx, account, "debit", None), "tx_type": "card_purchase", "on_behalf_of": person}
        for tx, account, person in (
            ("T1", "A", "P2"),
            ("T2", "A", "P2"),
            ("T3", "A", "P1"),
            ("T4", "B", "P2"),
        )
    ]
    rows.append({**row("T5", "A", "credit", "X"), "on_behalf_of": "P2"})
    parties = [{"account_id": "A", "party_id": "P1", "kind": "natural"}]
    compiled = link_columns(compile_pack(pack_of(rule_text(DETECT))))
    prepared = prepare(from_rows(rows, [], parties, "Asia/Nicosia"), compiled, buckets=buckets)
    found = paid_for(prepared)
    # T3 is for oneself, T5 comes in
    assert found.select("source", "target", "n", "tx_ids").rows() == [
        ("B", "P2", 1, ["T4"]), ("P1", "P2", 2, ["T1", "T2"]),
    ]  # fmt: skip
    assert found["amounts_eur"].to_list() == [[1000], [1000, 1000]]


def test_customers_and_employers_whom_no_movement_names_put_nobody_in_the_place_of_another():
    rows = [{**row("T1", "A", "debit", None), "on_behalf_of": "P5"}]
    parties = [
        {"account_id": "A", "party_id": "P3", "kind": "natural", "employer_id": "E0"},
        {"account_id": "B", "party_id": "P1", "kind": "natural", "employer_id": "P2"},
        {"account_id": "C", "party_id": "P4", "kind": "natural"},
        {"account_id": "D", "party_id": "P5", "kind": "natural"},
    ]
    keyed = DETECT.replace("for_each: account_id", "for_each: [account_id, party.employer_id]")
    compiled = link_columns(compile_pack(pack_of(rule_text(keyed))))
    prepared = prepare(from_rows(rows, [], parties, "Asia/Nicosia"), compiled)
    assert paid_for(prepared).select("source", "target").rows() == [("P3", "P5")]


def test_data_that_do_not_say_for_whom_it_was_paid_link_nobody():
    compiled = link_columns(compile_pack(pack_of(rule_text(DETECT))))
    prepared = prepare(from_rows([row("T1", "A", "debit", "B")], [], [], "Asia/Nicosia"), compiled)
    assert paid_for(prepared).is_empty()


@pytest.mark.parametrize("buckets", [1, 3])
def test_whom_people_pay_by_direct_debit_or_card_is_a_business(buckets: int):
    rows = [
        row("D1", "A", "debit", "POWER") | {"tx_type": "direct_debit"},
        row("D2", "B", "debit", "SHOP") | {"tx_type": "card_purchase"},
        row("D3", "A", "debit", "FRIEND"),
        row("C1", "B", "credit", "FIRM") | {"tx_type": "direct_debit"},
        row("D4", "A", "debit", None) | {"tx_type": "card_purchase"},
    ]
    compiled = link_columns(compile_pack(pack_of(rule_text(DETECT))))
    prepared = prepare(from_rows(rows, [], [], "Asia/Nicosia"), compiled, buckets=buckets)
    assert businesses(prepared)["account_id"].to_list() == ["POWER", "SHOP"]

"""pain.001, pacs.008 and pacs.004: orders, transfers and returns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.io.camt_build import (
    OTHER,
    OWN,
    THIRD,
    amount,
    detail,
    entry,
    message,
    opened,
    rows,
    signed,
    statement,
    tag,
)
from tests.unit.io.test_camt import PAYEE, proofs, skipped
from thbscreen.errors import DataError
from thbscreen.io.limits import Limits
from thbscreen.io.statements.overlap import AGAIN, REPLACED

UETR = "86d7da8e-6e41-4466-b9bb-9b41d5814d5a"


def order(number: str, who: str, iban: str, ref: str) -> str:
    return tag(
        "CdtTrfTxInf", tag("PmtId", tag("EndToEndId", ref)), tag("Amt", amount(number, name="InstdAmt")),
        tag("Cdtr", tag("Nm", who)), tag("CdtrAcct", tag("Id", tag("IBAN", iban))),
        tag("RmtInf", tag("Ustrd", "pay")),
    )  # fmt: skip


def pain(*orders: str, version: str = "09", day: str = "2026-05-04", total: str = "") -> str:
    when = day if version == "03" else tag("Dt", day)
    group = tag(
        "PmtInf", tag("PmtInfId", "P1"), tag("CtrlSum", total) if total else "",
        tag("PmtTpInf", tag("CtgyPurp", tag("Cd", "SALA"))), tag("ReqdExctnDt", when),
        tag("Dbtr", tag("Nm", "Example Ltd")), tag("DbtrAcct", tag("Id", tag("IBAN", OWN))),
        tag("UltmtDbtr", tag("Nm", "Behind")), *orders,
    )  # fmt: skip
    head = tag(
        "GrpHdr", tag("MsgId", "M9"), tag("NbOfTxs", str(len(orders))), tag("CtrlSum", total) if total else ""
    )
    space = f"urn:iso:std:iso:20022:tech:xsd:pain.001.001.{version}"
    return f'<Document xmlns="{space}">{tag("CstmrCdtTrfInitn", head, group)}</Document>'


def transfer(
    number: str = "12.50", payer: str = OWN, payee: str = OTHER, ref: str = "E1", uetr: str = UETR
) -> str:
    def account(name: str, iban: str) -> str:
        return tag(name, tag("Id", tag("IBAN", iban))) if iban else ""

    return tag(
        "CdtTrfTxInf", tag("PmtId", tag("EndToEndId", ref), tag("TxId", "T1"), tag("UETR", uetr)),
        amount(number, name="IntrBkSttlmAmt"), tag("IntrBkSttlmDt", "2026-05-04"),
        tag("UltmtDbtr", tag("Nm", "Behind")), tag("Dbtr", tag("Nm", "Anna Example")),
        account("DbtrAcct", payer),
        tag("DbtrAgt", tag("FinInstnId", tag("BICFI", "BANKCY2N"))), tag("Cdtr", tag("Nm", "Berta Ltd")),
        account("CdtrAcct", payee), tag("RmtInf", tag("Ustrd", "rent")),
    )  # fmt: skip


def pacs(
    *payments: str, kind: str = "008", version: str = "08", created: str = "2026-05-04T09:30:00Z"
) -> str:
    body = {"008": "FIToFICstmrCdtTrf", "004": "PmtRtr"}[kind]
    head = tag(
        "GrpHdr", tag("MsgId", f"M{kind}"), tag("CreDtTm", created), tag("NbOfTxs", str(len(payments)))
    )
    space = f"urn:iso:std:iso:20022:tech:xsd:pacs.{kind}.001.{version}"
    return f'<Document xmlns="{space}">{tag(body, head, *payments)}</Document>'


def given_back(number: str = "12.50", uetr: str = UETR, parties: bool = False) -> str:
    known = tag(
        "OrgnlTxRef", tag("Dbtr", tag("Nm", "Anna Example")), tag("DbtrAcct", tag("Id", tag("IBAN", OWN))),
        tag("Cdtr", tag("Nm", "Berta Ltd")), tag("CdtrAcct", tag("Id", tag("IBAN", OTHER))),
    ) if parties else ""  # fmt: skip
    return tag(
        "TxInf", tag("OrgnlEndToEndId", "E1"), tag("OrgnlUETR", uetr),
        amount(number, name="RtrdIntrBkSttlmAmt"),
        tag("IntrBkSttlmDt", "2026-05-06"), known,
    )  # fmt: skip


PAYMENTS = (order("10.00", "A", OTHER, "E1"), order("2.50", "B", THIRD, "E2"))


@pytest.mark.parametrize("version", ["03", "08", "09", "12"])
def test_orders_are_debits_of_the_debtor(tmp_path: Path, version: str) -> None:
    data = opened(tmp_path, a=pain(*PAYMENTS, version=version, total="12.50"))
    frame = rows(data)
    assert signed(data) == [-1000, -250]
    assert frame["cp_name"].to_list() == ["A", "B"]
    assert frame["category_purpose"].to_list() == ["SALA", "SALA"]
    assert frame["ultimate_debtor"].to_list() == ["Behind", "Behind"]
    assert (
        frame["booking_ts"].dt.convert_time_zone("Asia/Nicosia").dt.date().cast(str).to_list()
        == ["2026-05-04"] * 2
    )
    assert any("not a booking" in note for note in data.report().notes)
    assert (proofs(data)[0]["counts"], proofs(data)[0]["sums"]) == ("agree", "agree")
    assert data.parties["kind"].to_list() == ["legal"]


def test_stated_counts_and_sums_of_orders_are_compared(tmp_path: Path) -> None:
    proof = proofs(opened(tmp_path, a=pain(*PAYMENTS, total="99.00")))[0]
    assert (proof["counts"], proof["sums"]) == ("agree", "differ")


def test_orders_that_a_statement_books_one_by_one_are_left_out(tmp_path: Path) -> None:
    booked = [entry(n, "DBIT", detail("", refs=tag("EndToEndId", e), parties=PAYEE), day="2026-05-05")
              for n, e in (("10.00", "E1"), ("3.00", "E2"))]  # fmt: skip
    data = opened(tmp_path, a=pain(*PAYMENTS), b=message(statement(*booked)))
    assert sorted(signed(data)) == [-1000, -300, -250]  # the second was booked with another amount
    assert skipped(data) == {AGAIN: 1}


def test_orders_give_the_details_of_a_batch_that_a_statement_books_in_one_sum(tmp_path: Path) -> None:
    bare = entry(
        "12.50", "DBIT", batch=tag("Btch", tag("PmtInfId", "P1"), tag("NbOfTxs", "2")), day="2026-05-05"
    )
    data = opened(tmp_path, a=pain(*PAYMENTS), b=message(statement(bare)))
    assert rows(data)["cp_name"].to_list() == ["A", "B"]
    assert skipped(data) == {REPLACED: 1}


def test_a_hopeless_order_is_refused_and_the_rest_kept(tmp_path: Path) -> None:
    data = opened(tmp_path, a=pain(*PAYMENTS, order("1,5", "C", OTHER, "E3")))
    assert signed(data) == [-1000, -250]
    assert [text[:4] for text in data.report().rejects["reason"]] == ["D102"]


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_a_transfer_between_two_accounts_is_two_movements(tmp_path: Path, version: str) -> None:
    data = opened(tmp_path, a=pacs(transfer(), version=version))
    frame = rows(data)
    assert signed(data) == [-1250, 1250]
    assert frame["account_id"].to_list() == [OWN, OTHER]
    assert frame["cp_account_id"].to_list() == [OTHER, OWN]
    assert frame["batch_id"].n_unique() == 1
    assert frame["uetr"].to_list() == [UETR, UETR]
    assert str(frame["booking_ts"][0]) == "2026-05-04 09:30:00+00:00"
    assert data.accounts["account_id"].to_list() == [OWN, OTHER]


@pytest.mark.parametrize(
    ("payer", "payee", "expected"), [(OWN, "", [-1250]), ("", OTHER, [1250]), ("", "", [-1250])]
)
def test_sides_without_account_are_no_movements(
    tmp_path: Path, payer: str, payee: str, expected: list[int]
) -> None:
    data = opened(tmp_path, a=pacs(transfer(payer=payer, payee=payee)))
    assert signed(data) == expected
    assert [n for n in data.report().notes if "account" in n and "transfer" in n]


@pytest.mark.parametrize("text", [
    pain(order("10.00", "A", OTHER, "E1").replace("</Amt>", '<InstdAmt Ccy="EUR">9.00</InstdAmt></Amt>')),
    pacs(transfer().replace("<Dbtr>", '<IntrBkSttlmAmt Ccy="EUR">9.00</IntrBkSttlmAmt><Dbtr>', 1)),
    message(statement(entry("5.00").replace("<Sts>", amount("9.00") + "<Sts>"))),
])  # fmt: skip
def test_an_amount_that_is_written_twice_refuses_its_movement(text: str, tmp_path: Path) -> None:
    data = opened(tmp_path, Limits(reject_share=1.0), a=text)
    assert rows(data).height == 0
    (why,) = data.report().rejects["reason"].to_list()
    assert why == "D124: amount is written twice"


def test_a_transfer_given_twice_counts_once(tmp_path: Path) -> None:
    text = pacs(transfer())
    data = opened(tmp_path, a=text, b=text.replace("<MsgId>M008", "<MsgId>M7"))
    assert signed(data) == [-1250, 1250]


def test_transfers_that_a_statement_books_are_left_out(tmp_path: Path) -> None:
    booked = entry("12.50", "DBIT", detail("", refs=tag("UETR", UETR), parties=PAYEE))
    data = opened(tmp_path, a=pacs(transfer()), b=message(statement(booked)))
    assert sorted(zip(rows(data)["account_id"], signed(data), strict=True)) == [(OWN, -1250), (OTHER, 1250)]


@pytest.mark.parametrize("parties", [True, False])
def test_a_return_and_its_transfer_are_left_out(tmp_path: Path, parties: bool) -> None:
    other = transfer("7.00", ref="E9", uetr=UETR.replace("8", "9"))
    data = opened(tmp_path, a=pacs(transfer(), other), b=pacs(given_back(parties=parties), kind="004"))
    assert signed(data) == [-700, 700]
    assert skipped(data)["status returned"] == (4 if parties else 2)
    assert data.report().tables["transactions"].adds_up


def test_a_return_whose_transfer_is_not_there_moves_money_back(tmp_path: Path) -> None:
    data = opened(tmp_path, a=pacs(given_back(parties=True), kind="004"))
    frame = rows(data).sort("direction")
    assert frame.select("account_id", "direction").rows() == [(OWN, "credit"), (OTHER, "debit")]


def test_returns_of_another_amount_or_reference_undo_nothing(tmp_path: Path) -> None:
    wrong = (given_back("12.00"), given_back(uetr=UETR.replace("8", "9")).replace("E1", "E5"))
    data = opened(tmp_path, a=pacs(transfer()), b=pacs(*wrong, kind="004"))
    assert signed(data) == [-1250, 1250]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            pain(*PAYMENTS).replace("CstmrCdtTrfInitn", "CstmrDrctDbtInitn").replace("pain.001", "pain.008"),
            "pain.001",
        ),
        (
            pacs(transfer()).replace("FIToFICstmrCdtTrf", "FIToFIPmtStsRpt").replace("pacs.008", "pacs.002"),
            "pacs",
        ),
    ],
)
def test_other_messages_are_named_as_not_read(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(DataError, match=r"a\.xml.*error\[D031\]") as error:
        opened(tmp_path, a=text)
    assert what in str(error.value)

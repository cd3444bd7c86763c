# ruff: noqa: E501  # small messages read better in few lines
"""Statements in the habits of Swiss, Nordic, Greek and Cypriot banks, invented, read as people would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.io.camt_build import OTHER, amount, detail, entry, message, opened, rows, side, statement, tag
from thbscreen.io.statements.kinds import kind_and_channel

Q_IBAN = "CH4431999123000889012"


def structured(ref: str, kind: str = "", more: str = "") -> str:
    told = tag("Tp", tag("CdOrPrtry", kind)) if kind else ""
    return tag(
        "RmtInf",
        tag("Strd", tag("CdtrRefInf", told, tag("Ref", ref)), tag("AddtlRmtInf", more) if more else ""),
    )


def codes(domain: str = "", family: str = "", sub: str = "", own: str = "") -> str:
    known = (
        tag("Domn", tag("Cd", domain), tag("Fmly", tag("Cd", family), tag("SubFmlyCd", sub)))
        if domain
        else ""
    )
    return tag("BkTxCd", known, tag("Prtry", tag("Cd", own), tag("Issr", "BANK")) if own else "")


def read(folder: Path, *entries: str, encoding: str = "UTF-8", **more: str) -> list[dict[str, Any]]:
    text = message(statement(*entries, **more)).replace('encoding="UTF-8"', f'encoding="{encoding}"')
    data = opened(
        folder,
        a=text.encode({"UTF-8": "utf-8", "ISO-8859-7": "iso8859-7", "windows-1253": "cp1253"}[encoding]),
    )
    return [{k: v for k, v in row.items() if v is not None} for row in rows(data).to_dicts()]


def test_a_swiss_batch_of_slips_gives_each_payer_with_the_reference(tmp_path: Path) -> None:
    payer = tag("Dbtr", tag("Nm", "Pia Example")) + tag(
        "DbtrAcct", tag("Id", tag("IBAN", "CH5604835012345678009"))
    )
    to = tag("CdtrAcct", tag("Id", tag("IBAN", Q_IBAN)))
    batch = entry(
        "300.45", "CRDT",
        detail("100.45", tag("CdtDbtInd", "CRDT"), structured("210000000003139471430009017", tag("Prtry", "QRR")), parties=payer + to),
        detail("200.00", structured("123456789012345678901234567", tag("Prtry", "ISR Reference")), parties=tag("UltmtDbtr", tag("Nm", "Hans Example"))),
        batch=tag("Btch", tag("NbOfTxs", "2")), more=tag("NtryRef", Q_IBAN) + codes("PMNT", "RCDT", "VCOM", "2100"),
    )  # fmt: skip
    scor = entry("50.00", "CRDT", detail("50.00", structured("RF18539007547034", tag("Cd", "SCOR"), "rent May"), parties=side("Dbtr", "Lea Example")),
                 more=codes("PMNT", "RCDT", "AUTT"))  # fmt: skip
    fee = entry("5.00", "DBIT", more=codes("ACMT", "MDOP", "CHRG"))
    found = read(tmp_path, batch, scor, fee)
    assert [(r["direction"], r["amount"], r.get("cp_name")) for r in found] == [
        ("credit", 10045, "Pia Example"), ("credit", 20000, "Hans Example"), ("credit", 5000, "Lea Example"), ("debit", 500, None),
    ]  # fmt: skip
    assert [r.get("remittance_info") for r in found] == [
        "210000000003139471430009017", "123456789012345678901234567", "RF18539007547034 rent May", None,
    ]  # fmt: skip
    assert found[0]["cp_iban"] == "CH5604835012345678009"
    assert [r["tx_type"] for r in found] == ["credit_transfer"] * 3 + ["fee"]


def test_charges_inside_an_amount_are_no_movement_and_the_instructed_amount_is_kept(tmp_path: Path) -> None:
    charges = tag("Chrgs", tag("Rcrd", amount("5.00"), tag("CdtDbtInd", "DBIT"), tag("ChrgInclInd", "true")))
    told = tag("AmtDtls", tag("InstdAmt", amount("104.00", "CHF")), tag("TxAmt", amount("100.00")))
    (row,) = read(
        tmp_path,
        entry(
            "95.00",
            "CRDT",
            detail("95.00", told, parties=side("Dbtr", "A", OTHER)),
            more=charges + codes("PMNT", "RCDT", "XBCT"),
        ),
    )
    assert (row["amount"], row["orig_amount"], row["orig_currency"], row["tx_type"], row["cp_country"]) == (
        9500,
        10400,
        "CHF",
        "cross_border",
        "DE",
    )


def test_nordic_payments_are_priced_by_their_details_and_named_by_kid_and_own_codes(tmp_path: Path) -> None:
    def part(number: str, who: str, ref: str) -> str:
        account = tag(
            "DbtrAcct", tag("Id", tag("Othr", tag("Id", "15032080119"), tag("SchmeNm", tag("Cd", "BBAN"))))
        )
        return detail(
            "",
            tag("AmtDtls", tag("TxAmt", amount(number))),
            structured(ref, tag("Prtry", "KID")),
            parties=tag("Dbtr", tag("Nm", who)) + account,
        )

    found = read(
        tmp_path, entry("1750.00", "CRDT", part("750.00", "Kari", "0000012345678"), part("1000.00", "Ola", "17"), more=codes(own="GIRO")),
        entry("200.00", "DBIT", detail("", tag("AddtlTxInf", "*1234 REMA OSLO")), more=codes(own="VAREKJØP")),
    )  # fmt: skip
    assert [(r["amount"], r.get("cp_name"), r["tx_type"], r["remittance_info"]) for r in found] == [
        (75000, "Kari", "credit_transfer", "0000012345678"), (100000, "Ola", "credit_transfer", "17"), (20000, None, "card_purchase", "*1234 REMA OSLO"),
    ]  # fmt: skip
    assert found[0]["cp_account_id"] == "15032080119"


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-7", "windows-1253"])
def test_greek_letters_and_codes_are_read_in_every_page_that_the_file_declares(
    tmp_path: Path, encoding: str
) -> None:
    paid = entry(
        "500.00",
        "CRDT",
        detail("", parties=side("Dbtr", "ΓΕΩΡΓΙΟΥ ΆΝΝΑ", OTHER), text="ΕΝΟΙΚΙΟ ΜΑΪΟΥ"),
        more=codes(own="ΕΜΒΑΣΜΑ"),
    )
    fee = entry("2.50", "DBIT", more=codes(own="ΠΡΟΜΗΘΕΙΑ ΕΜΒΑΣΜΑΤΟΣ"))
    one, other = read(tmp_path, paid, fee, encoding=encoding)
    assert (one["cp_name"], one["remittance_info"], one["tx_type"]) == (
        "ΓΕΩΡΓΙΟΥ ΆΝΝΑ",
        "ΕΝΟΙΚΙΟ ΜΑΪΟΥ",
        "credit_transfer",
    )
    assert (other["tx_type"], other["direction"], other["amount"]) == ("fee", "debit", 250)


def test_a_batch_of_card_takings_is_split_and_its_commission_is_a_fee_out(tmp_path: Path) -> None:
    who = side("Dbtr", "CARD COMPANY LTD")
    parts = [detail("600.00", parties=who), detail("400.00", parties=who),
             detail("14.50", tag("CdtDbtInd", "DBIT"), codes("PMNT", "MCRD", "CHRG"))]  # fmt: skip
    found = read(
        tmp_path,
        entry("985.50", "CRDT", *parts, more=codes("PMNT", "MCRD", "UPCT", "JCC")),
        opening="0.00",
        closing="985.50",
    )
    assert [(r["direction"], r["amount"], r["tx_type"]) for r in found] == [
        ("credit", 60000, "other"),
        ("credit", 40000, "other"),
        ("debit", 1450, "fee"),
    ]
    assert len({r["batch_id"] for r in found}) == 1


@pytest.mark.parametrize(
    ("code", "debit", "credit"),
    [
        ("ΑΝΑΛΗΨΗ ATM", ("cash_withdrawal", "atm"), ("cash_deposit", "atm")),
        ("ΚΑΤΑΘΕΣΗ ΜΕΤΡΗΤΩΝ", ("cash_withdrawal", ""), ("cash_deposit", "")),
        ("POS_PURCHASE", ("card_purchase", "pos"), ("card_refund", "pos")),
        ("Överföring", ("credit_transfer", ""), ("credit_transfer", "")),
        ("Gebühren", ("fee", ""), ("fee", "")),
        ("SCT INST", ("instant_transfer", ""), ("instant_transfer", "")),
        ("POSTAL", ("", ""), ("", "")),
        ("ATMOS", ("", ""), ("", "")),
        ("230", ("", ""), ("", "")),
        ("", ("", ""), ("", "")),
    ],
)  # fmt: skip
def test_codes_in_words_tell_the_kind_and_others_tell_nothing(
    code: str, debit: tuple[str, str], credit: tuple[str, str]
) -> None:
    assert kind_and_channel("", "", "", code, "debit") == debit
    assert kind_and_channel("", "", "", code, "credit") == credit


def test_the_original_amount_of_one_detail_is_not_taken_for_the_whole_batch(tmp_path: Path) -> None:
    two = [detail("50.00", parties=side("Dbtr", name, OTHER), currency="USD") for name in ("A", "B")]
    (row,) = read(tmp_path, entry("92.00", "CRDT", *two))
    assert row["amount"] == 9200
    assert "orig_amount" not in row
    assert "orig_currency" not in row
    whole = tag("AmtDtls", tag("InstdAmt", amount("100.00", "USD")))
    (row,) = read(tmp_path, entry("92.00", "CRDT", *two, more=whole))
    assert (row["orig_amount"], row["orig_currency"]) == (10000, "USD")


def test_one_statement_in_two_formats_is_no_jump_of_the_balance(tmp_path: Path) -> None:
    own = "CY17002001280000001200527600"
    camt = message(statement(entry("10.00", "CRDT", ref="R1"), opening="50.00", closing="60.00", account=own))
    mt = f":20:X\n:25:{own}\n:28C:5/1\n:60F:C260503EUR50,00\n:61:2605040504C10,00NTRF//R1\n:62F:C260504EUR%s\n-\n"
    (tmp_path / "b.sta").write_text(mt % "60,00")
    data = opened(tmp_path, a=camt)
    assert data.report().statements["breaks"] == []
    assert rows(data).height == 1
    (tmp_path / "b.sta").write_text(mt % "61,00")
    assert len(opened(tmp_path, a=camt).report().statements["breaks"]) == 1

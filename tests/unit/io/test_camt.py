"""camt.052, .053 and .054: every trap that files of banks hold, one by one."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.unit.io.camt_build import (
    OTHER,
    OWN,
    THIRD,
    amount,
    balance,
    detail,
    entry,
    message,
    opened,
    rows,
    side,
    signed,
    statement,
    tag,
)
from thbscreen.errors import DataError
from thbscreen.io.dataset import Dataset
from thbscreen.io.statements.overlap import AGAIN

PAYER = side("Dbtr", "Anna Example", OTHER)
PAYEE = side("Cdtr", "Berta Beispiel", THIRD)


def one(folder: Path, *entries: str, **more: str) -> Dataset:
    return opened(folder, a=message(statement(*entries, **more)))


def first(dataset: Dataset) -> dict[str, object]:
    return rows(dataset).row(0, named=True)


def proofs(dataset: Dataset) -> list[dict[str, object]]:
    each: list[dict[str, object]] = dataset.report().statements["each"]
    return each


def skipped(dataset: Dataset) -> dict[str, int]:
    return dataset.report().skipped


# --- versions and forms -------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [f"{n:02}" for n in range(2, 15)])
@pytest.mark.parametrize("kind", ["052", "053", "054"])
def test_every_version_is_read(tmp_path: Path, kind: str, version: str) -> None:
    text = message(statement(entry("12.50", "DBIT"), kind=kind), kind=kind, version=version)
    if int(version) < 8:
        text = text.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>")
    assert signed(opened(tmp_path, a=text)) == [-1250]


def test_prefixes_of_elements_play_no_part(tmp_path: Path) -> None:
    parties = detail("", parties=PAYER, text="rent")
    plain = opened(tmp_path, a=message(statement(entry("1.00", "CRDT", parties))))
    other = tmp_path / "other"
    other.mkdir()
    dressed = opened(other, a=message(statement(entry("1.00", "CRDT", parties)), prefix="ns0"))
    assert rows(plain).equals(rows(dressed))


def test_old_and_new_forms_of_a_party_are_read(tmp_path: Path) -> None:
    old = tag("Dbtr", tag("Nm", "Anna Example"))
    bank = tag("Dbtr", tag("Agt", tag("FinInstnId", tag("Nm", "Some Bank"))))
    data = one(tmp_path, *(entry("1.00", "CRDT", detail("", parties=p)) for p in (old, PAYER, bank)))
    assert rows(data)["cp_name"].to_list() == ["Anna Example", "Anna Example", "Some Bank"]


@pytest.mark.parametrize("name", ["BIC", "BICFI"])
def test_bank_and_country_come_from_either_name_of_the_code(tmp_path: Path, name: str) -> None:
    agent = tag("RltdAgts", tag("DbtrAgt", tag("FinInstnId", tag(name, "DEUTDEFF"))))
    data = first(
        one(
            tmp_path,
            entry("1.00", "CRDT", tag("TxDtls", tag("RltdPties", tag("Dbtr", tag("Nm", "A"))), agent)),
        )
    )
    assert (data["cp_bic"], data["cp_country"]) == ("DEUTDEFF", "DE")


def test_messages_in_an_envelope_are_read(tmp_path: Path) -> None:
    inner = message(statement(entry("3.00"))).partition("\n")[2]
    text = f'<RequestPayload><h:AppHdr xmlns:h="urn:head"><h:Fr/></h:AppHdr>{inner}</RequestPayload>'
    assert signed(opened(tmp_path, a=text)) == [300]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_byte_order_marks_are_read(tmp_path: Path, encoding: str) -> None:
    text = message(statement(entry("3.00", "CRDT", detail("", parties=side("Dbtr", "Άννα"))))).partition(
        "\n"
    )[2]
    assert first(opened(tmp_path, a=text.encode(encoding)))["cp_name"] == "Άννα"


def test_a_declared_code_page_is_read(tmp_path: Path) -> None:
    text = message(statement(entry("3.00", "CRDT", detail("", parties=side("Dbtr", "Άννα")))))
    text = text.replace('encoding="UTF-8"', 'encoding="windows-1253"')
    assert first(opened(tmp_path, a=text.encode("cp1253")))["cp_name"] == "Άννα"


# --- accounts and owners ------------------------------------------------------------------------------


def test_an_account_without_iban_stands_behind_its_bank(tmp_path: Path) -> None:
    servicer = tag("Svcr", tag("FinInstnId", tag("BICFI", "BANKCY2N")))
    text = message(statement(entry("3.00"), owner=servicer))
    text = text.replace(f"<IBAN>{OWN}</IBAN>", "<Othr><Id>12 34</Id></Othr>")
    data = opened(tmp_path, a=text)
    assert first(data)["account_id"] == "BANKCY2N/1234"
    assert data.accounts.to_dicts()[0]["bic"] == "BANKCY2N"


@pytest.mark.parametrize(
    ("name", "more", "kind"),
    [
        ("Anna Example", "", "natural"),
        ("Example Trading Ltd", "", "legal"),
        ("ΠΑΡΑΔΕΙΓΜΑ Α.Ε.", "", "legal"),
        ("Anna Example", tag("Id", tag("OrgId", tag("LEI", "1"))), "legal"),
        ("Sea View GmbH", tag("Id", tag("PrvtId", tag("Othr", tag("Id", "1")))), "natural"),
    ],
)
def test_the_owner_is_a_party_and_holder(tmp_path: Path, name: str, more: str, kind: str) -> None:
    data = one(tmp_path, entry("3.00"), owner=tag("Ownr", tag("Nm", name), more))
    party = data.parties.row(0, named=True)
    assert (party["name"], party["kind"]) == (name, kind)
    assert data.account_parties.rows() == [(OWN, party["party_id"], "holder")]
    guessed = any("kind is not stated" in note for note in data.report().notes)
    assert guessed == (not more)


# --- details ------------------------------------------------------------------------------------------


def test_details_with_amounts_that_make_up_the_entry_are_its_movements(tmp_path: Path) -> None:
    parts = [
        detail("10.00", parties=side("Cdtr", "A", OTHER)),
        detail("2.50", parties=side("Cdtr", "B", THIRD)),
    ]
    data = one(tmp_path, entry("12.50", "DBIT", *parts), opening="12.50", closing="0.00")
    frame = rows(data)
    assert signed(data) == [-1000, -250]
    assert frame["cp_name"].to_list() == ["A", "B"]
    assert frame["batch_id"].n_unique() == 1
    assert frame["batch_id"].null_count() == 0
    assert proofs(data)[0]["balances"] == "closes"


def test_details_may_go_both_ways(tmp_path: Path) -> None:
    parts = [
        detail("15.00", tag("CdtDbtInd", "CRDT"), parties=PAYER),
        detail("2.50", tag("CdtDbtInd", "DBIT"), parties=PAYEE),
    ]
    data = one(tmp_path, entry("12.50", "CRDT", *parts))
    assert signed(data) == [1500, -250]
    assert rows(data)["cp_name"].to_list() == ["Anna Example", "Berta Beispiel"]


def test_amounts_of_details_may_stand_below(tmp_path: Path) -> None:
    parts = [detail("", tag("AmtDtls", tag("TxAmt", amount(n)))) for n in ("10.00", "2.50")]
    assert signed(one(tmp_path, entry("12.50", "DBIT", *parts))) == [-1000, -250]


@pytest.mark.parametrize(
    ("parts", "note"),
    [
        ([detail("", parties=PAYER), detail("", parties=PAYER)], "have no amounts"),
        ([detail("3.00", currency="CHF"), detail("3.00", currency="CHF")], "have no amounts"),
        ([detail("10.00"), detail("3.00")], "do not add up"),
    ],
)
def test_a_batch_that_its_details_do_not_make_up_is_one_movement(
    tmp_path: Path, parts: list[str], note: str
) -> None:
    data = one(tmp_path, entry("12.50", "CRDT", *parts))
    assert signed(data) == [1250]
    assert [n for n in data.report().notes if note in n]
    assert proofs(data)[0]["details"] == 2


def test_the_counterparty_of_an_unpriced_batch_is_kept_where_all_details_have_it(tmp_path: Path) -> None:
    same = [detail("", parties=PAYER, text=t) for t in ("May", "June")]
    mixed = [detail("", parties=PAYER), detail("", parties=side("Dbtr", "Carla", THIRD))]
    frame = rows(one(tmp_path, entry("1.00", "CRDT", *same), entry("2.00", "CRDT", *mixed)))
    assert frame["cp_name"].to_list() == ["Anna Example", None]
    assert frame["remittance_info"].to_list()[0] == "May June"


def test_a_batch_without_details_is_one_movement_and_noted(tmp_path: Path) -> None:
    data = one(tmp_path, entry("12.50", "DBIT", batch=tag("Btch", tag("NbOfTxs", "3"))))
    assert signed(data) == [-1250]
    assert "batch whose details are not in the message; one movement" in data.report().notes


# --- states, amounts and days -------------------------------------------------------------------------


def test_only_booked_entries_are_screened_and_balanced(tmp_path: Path) -> None:
    states = [
        entry("1.00"),
        entry("2.00", state="PDNG"),
        entry("4.00", state="INFO"),
        entry("8.00", state="FUTR"),
    ]
    data = one(tmp_path, *states, opening="0.00", closing="1.00")
    assert signed(data) == [100]
    assert skipped(data) == {
        "status pending": 2,
        "entry for information only, of no effect on the balance": 1,
    }
    assert (proofs(data)[0]["balances"], proofs(data)[0]["pending_credit"]) == ("closes", "10")


def test_zero_amounts_are_skipped_and_counted(tmp_path: Path) -> None:
    data = one(tmp_path, entry("0.00"), entry("5.00"))
    assert (signed(data), skipped(data)) == ([500], {"zero amount": 1})


def test_decimals_that_are_zero_are_no_decimals(tmp_path: Path) -> None:
    assert signed(one(tmp_path, entry("8.85000"))) == [885]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (entry("8.855"), "D103"),
        (entry("1e3"), "D102"),
        (entry("1,50"), "D102"),
        (entry("-1.00"), "D105"),
        (entry(""), "D101"),
        (entry("1.00", currency="EURO"), "D108"),
        (entry("9" * 15), "D104"),
        (entry("1.00", "CREDIT"), "D113"),
        (entry("1.00", state="DONE"), "D113"),
        (entry("1.00", day="04.05.2026"), "D109"),
        (entry("1.00", day="1899-12-31"), "D112"),
        (entry("1.00", day="2026-13-01"), "D109"),
    ],
)
def test_a_hopeless_entry_is_refused_and_the_rest_kept(tmp_path: Path, bad: str, code: str) -> None:
    data = one(tmp_path, entry("2.00"), bad, entry("4.00"), opening="0.00", closing="7.00")
    assert signed(data) == [200, 400]
    report = data.report()
    assert [text.split(":")[0] for text in report.rejects["reason"]] == [code]
    assert report.rejects["row"].to_list() == [2]
    assert (proofs(data)[0]["balances"], proofs(data)[0]["gap"]) == ("gap", "1")
    assert report.tables["transactions"].adds_up


def test_a_file_of_refused_entries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="D024"):
        one(tmp_path, entry("1,50")).report()


def test_a_day_that_the_month_does_not_have_becomes_its_last(tmp_path: Path) -> None:
    text = message(statement(entry("1.00", day="2026-02-27"))).replace(
        "<ValDt><Dt>2026-02-27", "<ValDt><Dt>2026-02-30"
    )
    data = opened(tmp_path, a=text)
    assert str(first(data)["value_date"]) == "2026-02-28"
    assert any("30 February" in note for note in data.report().notes)


@pytest.mark.parametrize(
    ("written", "utc", "timed"),
    [
        ("2026-05-04T10:30:00.123456789+02:00", "2026-05-04 08:30:00.123456+00:00", True),
        ("2026-05-04T10:30:00Z", "2026-05-04 10:30:00+00:00", True),
        ("2026-05-04T10:30:00", "2026-05-04 07:30:00+00:00", True),
        ("2026-05-04T00:00:00", "2026-05-03 21:00:00+00:00", False),
        ("2026-05-04", "2026-05-03 21:00:00+00:00", False),
        ("2026-05-03T24:00:00", "2026-05-03 21:00:00+00:00", False),
    ],
)
def test_days_and_times_in_all_forms(tmp_path: Path, written: str, utc: str, timed: bool) -> None:
    row = first(one(tmp_path, entry("1.00", day=written)))
    assert (str(row["booking_ts"]), row["has_time"]) == (utc, timed)


def test_an_entry_without_booking_day_takes_the_value_day(tmp_path: Path) -> None:
    text = message(statement(entry("1.00"))).replace("<BookgDt><Dt>2026-05-04</Dt></BookgDt>", "")
    data = opened(tmp_path, a=text)
    assert signed(data) == [100]
    assert any("value day was taken" in note for note in data.report().notes)


# --- what a movement says -----------------------------------------------------------------------------


def test_all_texts_are_joined_in_their_order(tmp_path: Path) -> None:
    info = tag(
        "RmtInf", tag("Ustrd", "one"), tag("Ustrd", "two"),
        tag("Strd", tag("CdtrRefInf", tag("Ref", "RF1")), tag("AddtlRmtInf", "three")),
    )  # fmt: skip
    text = entry("1.00", "CRDT", tag("TxDtls", info, tag("AddtlTxInf", "four")))
    text = text.replace("</Ntry>", tag("AddtlNtryInf", "five  two") + tag("AddtlNtryInf", "one") + "</Ntry>")
    assert first(one(tmp_path, text))["remittance_info"] == "one two RF1 three four five two"


def test_references_that_stand_for_none_are_missing(tmp_path: Path) -> None:
    given = tag("EndToEndId", "NOTPROVIDED") + tag("UETR", "86d7da8e-6e41-4466-b9bb-9b41d5814d5a")
    row = first(one(tmp_path, entry("1.00", "CRDT", detail("", refs=given), ref="B1")))
    assert row.get("end_to_end_id") is None
    assert (row["uetr"], row["bank_ref"]) == ("86d7da8e-6e41-4466-b9bb-9b41d5814d5a", "B1")


def test_purpose_ultimate_parties_and_instructed_amount_are_taken(tmp_path: Path) -> None:
    parties = (
        tag("UltmtDbtr", tag("Pty", tag("Nm", "Behind"))) + PAYER + tag("UltmtCdtr", tag("Nm", "Beyond"))
    )
    inner = tag("AmtDtls", tag("InstdAmt", amount("110.00", "USD"))) + tag("Purp", tag("Cd", "SALA"))
    row = first(one(tmp_path, entry("100.00", "CRDT", detail("100.00", inner, parties=parties))))
    assert (row["ultimate_debtor"], row["ultimate_creditor"]) == ("Behind", "Beyond")
    assert (row["purpose_code"], row["orig_amount"], row["orig_currency"]) == ("SALA", 11000, "USD")
    assert row["amount"] == 10000


@pytest.mark.parametrize(
    ("code", "way", "kind", "channel"),
    [
        (("PMNT", "RCDT", "ESCT"), "CRDT", "credit_transfer", None),
        (("PMNT", "RCDT", "XBCT"), "CRDT", "cross_border", None),
        (("PMNT", "IRCT", "ESCT"), "DBIT", "instant_transfer", None),
        (("PMNT", "RDDT", "ESDD"), "DBIT", "direct_debit", None),
        (("PMNT", "CCRD", "POSD"), "DBIT", "card_purchase", "pos"),
        (("PMNT", "CCRD", "POSD"), "CRDT", "card_refund", "pos"),
        (("PMNT", "CCRD", "CWDL"), "DBIT", "cash_withdrawal", "atm"),
        (("PMNT", "CNTR", "CDPT"), "CRDT", "cash_deposit", "branch"),
        (("ACMT", "MDOP", "CHRG"), "DBIT", "fee", None),
        (("ACMT", "MCOP", "INTR"), "CRDT", "interest", None),
        (("XXXX", "YYYY", "ZZZZ"), "CRDT", None, None),
    ],
)
def test_codes_tell_kind_and_channel(
    tmp_path: Path, code: tuple[str, str, str], way: str, kind: str | None, channel: str | None
) -> None:
    written = tag(
        "BkTxCd", tag("Domn", tag("Cd", code[0]), tag("Fmly", tag("Cd", code[1]), tag("SubFmlyCd", code[2])))
    )
    row = first(one(tmp_path, entry("1.00", way, more=written)))
    assert (row.get("tx_type"), row.get("channel")) == (kind, channel)


@pytest.mark.parametrize(
    ("code", "kind"), [("NTRF+166+9002", "credit_transfer"), ("NCHG", "fee"), ("544", None)]
)
def test_proprietary_codes_tell_the_kind_where_they_are_known(
    tmp_path: Path, code: str, kind: str | None
) -> None:
    written = tag("BkTxCd", tag("Prtry", tag("Cd", code)))
    assert first(one(tmp_path, entry("1.00", more=written))).get("tx_type") == kind


def test_an_iban_whose_check_digits_are_wrong_is_an_account_only(tmp_path: Path) -> None:
    wrong = "DE66261964603287767307"
    row = first(one(tmp_path, entry("1.00", "CRDT", detail("", parties=side("Dbtr", "A", wrong)))))
    assert (row["cp_account_id"], row.get("cp_iban")) == (wrong, None)


def test_charges_within_an_entry_are_noted_and_make_no_movement(tmp_path: Path) -> None:
    data = one(tmp_path, entry("10.00", "DBIT", more=tag("Chrgs", amount("1.00", name="TtlChrgsAndTaxAmt"))))
    assert signed(data) == [-1000]
    assert any("charges" in note for note in data.report().notes)


# --- reversals and returns ----------------------------------------------------------------------------


def test_a_reversal_keeps_its_own_direction_and_both_are_left_out(tmp_path: Path) -> None:
    refs = tag("EndToEndId", "E7")
    booked = entry("50.00", "CRDT", detail("", refs=refs, parties=PAYER))
    undone = entry(
        "50.00", "DBIT", detail("", refs=refs, parties=PAYER), more=tag("RvslInd", "true"), day="2026-05-05"
    )
    data = one(tmp_path, booked, undone, entry("1.00"), opening="0.00", closing="1.00")
    assert signed(data) == [100]
    assert skipped(data) == {"status reversed": 2}
    assert proofs(data)[0]["balances"] == "closes"
    assert data.report().statements["undone"] == [
        {"file": "a.xml", "row": 2, "file_of": "a.xml", "row_of": 1}
    ]


def test_a_reversal_whose_original_is_not_there_stays(tmp_path: Path) -> None:
    data = one(tmp_path, entry("50.00", "DBIT", detail("", parties=PAYER), more=tag("RvslInd", "true")))
    assert signed(data) == [-5000]
    assert first(data)["cp_name"] == "Anna Example"  # the parties are those of the original
    assert any("original is not in the data" in note for note in data.report().notes)


def test_a_return_is_linked_by_reference_and_not_by_amount_when_two_have_it(tmp_path: Path) -> None:
    sent = [
        entry("50.00", "DBIT", detail("", refs=tag("EndToEndId", e), parties=PAYEE)) for e in ("E1", "E2")
    ]
    reason = tag("RtrInf", tag("Rsn", tag("Cd", "AC04")))
    back = entry(
        "50.00", "CRDT", detail("", reason, refs=tag("EndToEndId", "E2"), parties=PAYEE), day="2026-05-06"
    )
    data = one(tmp_path, *sent, back)
    assert rows(data)["end_to_end_id"].to_list() == ["E1"]
    unnamed = tmp_path / "unnamed"
    unnamed.mkdir()
    data = one(unnamed, *sent, back.replace("<EndToEndId>E2</EndToEndId>", "<InstrId>I</InstrId>"))
    assert signed(data) == [-5000, -5000, 5000]


# --- statements and pages -----------------------------------------------------------------------------


def test_several_statements_and_accounts_of_one_file_are_kept_apart(tmp_path: Path) -> None:
    data = opened(tmp_path, a=message(
        statement(entry("1.00"), opening="0.00", closing="1.00"),
        statement(entry("2.00", "DBIT"), account=OTHER, opening="5.00", closing="3.00", number="S2"),
    ))  # fmt: skip
    assert rows(data)["account_id"].to_list() == [OWN, OTHER]
    assert [p["balances"] for p in proofs(data)] == ["closes", "closes"]


def test_pages_have_interim_balances_and_equal_entries_of_two_pages_stay_two(tmp_path: Path) -> None:
    def page(n: int) -> str:
        return tag("StmtPgntn", tag("PgNb", str(n)), tag("LastPgInd", "true" if n == 2 else "false"))

    fee = entry("5.00", "DBIT", detail("", text="fee"))
    text = message(
        statement(balance("OPBD", "10.00"), balance("ITBD", "5.00"), fee, head=page(1)),
        statement(balance("ITBD", "5.00"), balance("CLBD", "0.00"), fee, head=page(2)),
    )
    data = opened(tmp_path, a=text)
    assert signed(data) == [-500, -500]
    assert [p["balances"] for p in proofs(data)] == ["closes", "closes"]


@pytest.mark.parametrize("kind", ["OPBD", "PRCD"])
def test_either_opening_balance_will_do_and_debit_balances_are_below_zero(tmp_path: Path, kind: str) -> None:
    data = one(tmp_path, balance(kind, "-10.00"), balance("CLBD", "-7.50"), entry("2.50"))
    assert proofs(data)[0]["balances"] == "closes"


def test_entries_or_balances_in_other_currencies_prove_nothing(tmp_path: Path) -> None:
    data = opened(
        tmp_path,
        a=message(statement(entry("1.00", currency="SEK"), opening="0.00", closing="1.00")),
        b=message(
            statement(entry("1.00"), balance("OPBD", "0"), balance("CLBD", "1", currency="SEK"), number="S2")
        ),
        c=message(statement(entry("1.00"), opening="0.00", number="S3")),
    )
    assert [p["balances"] for p in proofs(data)] == [
        "not told: entries in another currency", "not told: two currencies", "not told: no closing balance"
    ]  # fmt: skip


def test_stated_counts_and_sums_are_compared(tmp_path: Path) -> None:
    summary = tag("TxsSummry", tag("TtlCdtNtries", tag("NbOfNtries", "2"), tag("Sum", "3.00")))
    right = statement(summary, entry("1.00"), entry("2.00"))
    wrong = statement(summary, entry("1.00"), number="S2")
    found = proofs(opened(tmp_path, a=message(right, wrong)))
    assert [(p["counts"], p["sums"]) for p in found] == [("agree", "agree"), ("differ", "differ")]


def test_a_missing_statement_is_named(tmp_path: Path) -> None:
    def numbered(n: int, opening: str, closing: str) -> str:
        head = tag("ElctrncSeqNb", str(n))
        day, balances = f"2026-05-0{n}", {"opening": opening, "closing": closing}
        return message(statement(entry("1.00", day=day), head=head, number=f"S{n}", day=day, **balances))

    data = opened(tmp_path, a=numbered(4, "3.00", "4.00"), b=numbered(1, "0.00", "1.00"))
    report = data.report().statements
    assert [(b["statement"], b["next_statement"], b["missing"], b["gap"]) for b in report["breaks"]] == [
        ("S1", "S4", 2, "2")
    ]
    assert "by their numbers 2 missing" in report["summary"][1]
    whole = tmp_path / "whole"
    whole.mkdir()
    data = opened(whole, a=numbered(2, "1.00", "2.00"), b=numbered(1, "0.00", "1.00"))
    assert data.report().statements["breaks"] == []


# --- files that are no such message -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            message(statement(entry("1.00")))
            .replace("camt.053.001", "camt.060.001")
            .replace("BkToCstmrStmt", "AcctRptgReq"),
            "D031",
        ),
        ("<html><body><p>Login</p></body></html>", "D030"),
        ("", "D027"),
        (message(statement(entry("1.00")))[:-40], "D027"),
        (
            message(statement(entry("1.00"))).replace(
                "<Document", "<!DOCTYPE Document [<!ENTITY x 'y'>]><Document"
            ),
            "D028",
        ),
        (message(statement(entry("1.00"))).replace("<Sts>", "<Sts>&x;"), "D027"),
        (message(statement("<a>" * 60 + "</a>" * 60, entry("1.00"))), "D029"),
        (message(statement(entry("1.00"))).replace("UTF-8", "no-such-code"), "D027"),
        (message(statement(tag("Ntry", "<a>" * 60 + "</a>" * 60))), "D029"),
    ],
)
def test_broken_and_wrong_files_are_one_error_that_shows_no_value(
    tmp_path: Path, text: str, code: str
) -> None:
    with pytest.raises(DataError) as error:
        opened(tmp_path, secret=text)
    assert f"error[{code}]" in str(error.value)
    assert OWN not in str(error.value)
    assert "secret.xml" in str(error.value)


def test_a_part_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thbscreen.io.xmltree.MAX_PART", 1 << 20)
    endless = entry("1.00", "CRDT", *[detail("", text="x" * 500)] * 4000)
    with pytest.raises(DataError, match="D029"):
        one(tmp_path, endless)


def test_packed_statements_and_utf_16_without_mark_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    text = message(statement(entry("3.00")))
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(text.encode()))
    assert signed(opened(tmp_path, b=text.replace("UTF-8", "UTF-16").encode("utf-16-le"))) == [300]
    assert skipped(opened(tmp_path)) == {AGAIN: 1}


def test_other_xml_beside_statements_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"page\.xml: error\[D026\]"):
        opened(tmp_path, a=message(statement(entry("1.00"))), page="<html><body/></html>")


def test_a_statement_without_entries_is_read(tmp_path: Path) -> None:
    data = opened(tmp_path, a=message(statement(opening="1.00", closing="1.00")))
    assert rows(data).height == 0
    assert proofs(data)[0]["balances"] == "closes"


def test_a_table_of_customers_beside_the_statements_is_taken(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(f"account_id,product\n{OWN},savings\n")
    data = opened(tmp_path, a=message(statement(entry("1.00"))))
    assert data.accounts.to_dicts() == [{"account_id": OWN, "product": "savings"}]

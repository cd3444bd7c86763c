"""CODA: movements count once, details take the place of their total, and stated sums are held against it."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.io import camt_build
from tests.unit.io.coda_build import OTHER, OWN, info, move, statement
from tests.unit.io.statement_support import read
from tests.unit.io.support import ANY_SHARE
from thbscreen.errors import DataError
from thbscreen.io.dataset import open_dataset
from thbscreen.io.files import list_inputs
from thbscreen.io.inspect.look import look
from thbscreen.io.recognise import kind_of_text, recognised
from thbscreen.io.statements.coda import BARE, BELGIAN, GOES_ON, ORPHAN, OTHERS, RECORDS, UNEQUAL
from thbscreen.io.statements.coda_text import as_iban, kind_of
from thbscreen.io.statements.octets import NOT_UTF8

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared"))
SAMPLE = SHARED / "data" / "statements" / "other" / "coda-kbc-be.txt"
CREDIT = move(1, 100_000, text="invoice 17", name="Example NV", account=OTHER, bic="KREDBEBB")
DEBIT = move(2, 40_500, debit=True, code="00402000")
BATCH = (
    move(1, 30_000, debit=True, code="10107000"),
    move(1, 10_000, debit=True, code="50107000", detail=1, account=OTHER, name="A"),
    move(1, 20_000, debit=True, code="50107000", detail=2, name="B", text="wage"),
)


def test_a_credit_and_a_debit_are_read_with_their_parties_and_the_balances_close() -> None:
    found = read(statement(CREDIT, DEBIT))
    first, second = found.values
    assert first | {"tx_id": ""} == {
        "account_id": OWN, "currency": "EUR", "booking_ts": "2026-01-05", "value_date": "2026-01-06",
        "has_time": "false", "direction": "credit", "amount": "100", "status": "booked", "tx_id": "",
        "bank_ref": "REF1", "remittance_info": "invoice 17", "tx_type": "credit_transfer",
        "cp_name": "Example NV", "cp_iban": OTHER, "cp_account_id": OTHER, "cp_bic": "KREDBEBB",
    }  # fmt: skip
    assert (second["direction"], second["amount"], second["channel"]) == ("debit", "40.5", "pos")
    (proof,) = found.proofs
    assert (proof["balances"], proof["counts"], proof["sums"]) == ("closes", "agree", "agree")
    assert found.sides[0] == {
        "account_id": OWN, "iban": OWN, "country": "BE", "currency": "EUR", "bic": "GEBABEBB",
        "institution": "",
    }  # fmt: skip


def test_details_that_are_payments_take_the_place_of_their_total() -> None:
    found = read(statement(*BATCH))
    assert [(r["amount"], r["cp_name"]) for r in found.values] == [("10", "A"), ("20", "B")]
    assert len({r["batch_id"] for r in found.values}) == 1
    (proof,) = found.proofs
    assert (proof["entries"], proof["details"], proof["balances"]) == (1, 2, "closes")


@pytest.mark.parametrize(("parts", "note"), [(BATCH[:2], UNEQUAL), (BATCH[:1], BARE)])
def test_a_total_whose_details_do_not_make_it_up_is_one_movement(parts: tuple[str, ...], note: str) -> None:
    found = read(statement(*parts))
    assert [(r["amount"], r["direction"]) for r in found.values] == [("30", "debit")]
    assert note in found.notes


def test_details_of_one_payment_such_as_its_costs_are_no_movements() -> None:
    costs = move(1, 500, debit=True, code="84137013", detail=1)
    found = read(statement(move(1, 500, debit=True, code="34137000"), costs))
    assert [(r["amount"], r["tx_type"]) for r in found.values] == [("0.5", "fee")]


def test_the_amount_before_conversion_is_taken_where_its_currency_can_have_it() -> None:
    whole = "105" + f"{1_000:015d}{11_500:015d}{'':12s}NOK".replace(" ", "0")
    for text, expected in ((whole, ("11.5", "NOK")), (whole.replace("NOK", "JPY"), ("", ""))):
        detail = move(1, 1_000, code="84150100", detail=1, text=text, structured=True)
        (row,) = read(statement(move(1, 1_000, code="34150000"), detail)).values
        assert (row.get("orig_amount", ""), row.get("orig_currency", "")) == expected


@pytest.mark.parametrize(
    ("code", "kind"), [("00402000", "card_refund"), ("00404000", "other"), ("00901000", "other")]
)
def test_money_in_under_a_code_of_money_out_is_no_purchase_and_no_cash(code: str, kind: str) -> None:
    assert read(statement(move(1, 1_000, code=code))).values[0]["tx_type"] == kind


@pytest.mark.parametrize(
    ("code", "behind", "undoes"),
    [
        ("00150000", "   3MD06", "return"), ("00150000", "   2    ", "return"), ("00505000", "", "return"),
        ("00150000", "", ""), ("00150000", "0084324630", ""), ("00150000", "   9MD06", ""),
    ],
)  # fmt: skip
def test_what_comes_back_is_a_return(code: str, behind: str, undoes: str) -> None:
    line = move(1, 1_000, code=code).split("\n")
    line[1] = line[1][:109] + f"{behind:16s}"[:16] + line[1][125:]
    assert [m.undoes for m in read(statement("\n".join(line))).movements] == [undoes]


def test_a_detail_without_its_movement_is_left_out_and_counted() -> None:
    found = read(statement(CREDIT, move(7, 5_000, code="50150000", detail=1), sums=(100_000, 0)))
    assert [r["amount"] for r in found.values] == ["100"]
    assert ORPHAN in found.notes


def test_several_statements_are_proved_each_by_itself() -> None:
    text = statement(CREDIT, more=True) + statement(DEBIT, opening=100_000, number=2)
    assert [(p["statement"], p["balances"]) for p in read(text).proofs] == [
        ("001", "closes"),
        ("002", "closes"),
    ]
    assert GOES_ON not in read(text).notes
    assert GOES_ON in read(statement(CREDIT, more=True)).notes


def test_a_balance_or_total_that_is_wrong_is_told_with_the_gap() -> None:
    (gap,) = read(statement(CREDIT, closing=90_000)).proofs
    assert (gap["balances"], gap["gap"]) == ("gap", "-10")
    (sums,) = read(statement(CREDIT, sums=(99_000, 0))).proofs
    assert (sums["balances"], sums["sums"]) == ("closes", "differ")
    found = read(statement(CREDIT, records=9))
    assert found.proofs[0]["counts"] == "differ"
    assert RECORDS in found.notes


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (move(1, 100_005), "D103"),
        (move(1, 100_000).replace("000000000100000", "00000000010000x"), "D102"),
        (move(1, 100_000).replace("060126", "069926"), "D109"),
        (move(1, 100_000).replace("0000000000100000", "7000000000100000"), "D113"),
    ],
)
def test_a_movement_that_cannot_be_read_is_refused_and_the_gap_shows(line: str, code: str) -> None:
    found = read(statement(line, DEBIT, sums=(100_000, 40_500), closing=59_500))
    assert found.refused == [(1, code)]
    assert [m.row for m in found.movements] == [2]
    assert (found.proofs[0]["balances"], found.proofs[0]["gap"]) == ("gap", "100")


def test_a_cut_file_is_refused_with_its_line_and_no_data() -> None:
    whole = statement(CREDIT, DEBIT)
    for cut in (
        whole[: len(whole) // 2],
        whole[:-100],
        whole[:-128],
        "\n".join(whole.split("\n")[:-2]) + "\n",
    ):
        with pytest.raises(DataError, match=r"row \d+: error\[D021\]") as error:
            read(cut)
        assert "Example" not in str(error.value)
        assert "128" in str(error.value.hint)


def test_a_closing_balance_of_another_account_proves_nothing() -> None:
    head, closing, rest = statement(CREDIT).partition("\n8001")
    found = read(head + closing + rest.replace(OWN, OTHER))
    assert OTHERS in found.notes
    assert found.proofs[0]["balances"] == "not told: no closing balance"


def test_a_last_record_without_its_blanks_is_read() -> None:
    assert read(statement(CREDIT)[:-70]).proofs[0]["sums"] == "agree"


@pytest.mark.parametrize("other", ["9", "3"])
def test_another_version_is_refused_by_name(other: str) -> None:
    with pytest.raises(DataError, match="D034"):
        read(statement(CREDIT, version=other))


def test_free_text_is_joined_over_its_records_without_false_blanks() -> None:
    long = "x" * 50 + " second word that is cut" + "y" * 60
    found = read(statement(move(1, 1_000, text=long) + info(1, "and more")))
    assert found.values[0]["remittance_info"] == f"{long} and more"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("101090934337558", "+++090/9343/37558+++"),
        ("102090934337558", "+++090/9343/37558+++"),
        ("100RF18539007547034", "RF18539007547034"),
        ("1131234567890123456 SHOP", "1131234567890123456 SHOP"),
    ],
)
def test_structured_references_are_written_as_people_write_them(raw: str, text: str) -> None:
    assert read(statement(move(1, 1_000, text=raw, structured=True))).values[0]["remittance_info"] == text


def test_a_longer_name_and_the_party_behind_come_from_information_records() -> None:
    name = "Federation of Examples and of Other Long Names"
    line = move(1, 1_000, name=name[:35]) + info(1, "001" + name, structured=True)
    found = read(statement(line + info(1, "009Payer Behind", structured=True)))
    assert found.values[0]["cp_name"] == name
    assert found.values[0]["ultimate_debtor"] == "Payer Behind"


def test_version_1_with_an_old_account_number_is_the_iban_of_today() -> None:
    found = read(statement(CREDIT, version="1", own="539007547034"))
    assert found.values[0]["account_id"] == OWN
    assert BELGIAN in found.notes
    assert as_iban("539-0075470-34") == OWN
    assert as_iban("539007547035") == "539007547035"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("00150000", ("credit_transfer", "")), ("00250000", ("instant_transfer", "")),
        ("00404000", ("cash_withdrawal", "atm")), ("00453000", ("cash_deposit", "atm")),
        ("00950000", ("cash_deposit", "branch")), ("00501000", ("direct_debit", "")),
        ("00437000", ("fee", "")), ("33501000", ("interest", "")), ("34101000", ("cross_border", "")),
        ("09999000", ("", "")),
    ],
)  # fmt: skip
def test_transaction_codes_tell_kind_and_channel(code: str, kind: tuple[str, str]) -> None:
    assert kind_of(code, "credit" if code[3] == "5" else "debit") == kind


@pytest.mark.parametrize(("encoding", "guessed"), [("cp1252", 2), ("utf-8", 0)])
def test_letters_of_both_code_pages_are_read(encoding: str, guessed: int) -> None:
    text = statement(move(1, 1_000, text="café", name="Société"))
    assert kind_of_text(text.encode(encoding)) == "coda"
    found = read(text.encode(encoding))
    assert (found.values[0]["cp_name"], found.values[0]["remittance_info"]) == ("Société", "café")
    assert found.notes.count(NOT_UTF8) == guessed


def test_a_camt_of_the_same_account_has_each_booking_once(tmp_path: Path) -> None:
    (tmp_path / "a.cod").write_text(statement(CREDIT, DEBIT), encoding="utf-8")
    entry = camt_build.entry("100.00", "CRDT", ref="REF1", day="2026-01-05")
    xml = camt_build.message(camt_build.statement(entry, opening="0.00", closing="100.00"))
    (tmp_path / "b.xml").write_text(xml.replace(camt_build.OWN, OWN), encoding="utf-8")
    both = open_dataset([tmp_path], None, zone="Europe/Brussels", limits=ANY_SHARE)
    assert sorted(camt_build.signed(both)) == [-4050, 10000]


def test_inspect_says_what_it_is_and_that_its_balances_close(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(statement(CREDIT, DEBIT), encoding="utf-8")
    found = look(recognised(list_inputs([path])[0])[0], "Europe/Brussels")
    assert (found.kind, found.state) == ("coda", "read")
    assert any("closes in 1" in note for note in found.notes)


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the sample is not here; THBSCREEN_SHARED names its folder")
def test_the_sample_of_another_author_has_the_sums_of_its_own_records() -> None:
    lines = SAMPLE.read_text(encoding="cp1252").splitlines()
    totals = [x for x in lines if x[:2] == "21" and x[6:10] == "0000"]
    sums = {sign: sum(int(x[32:47]) for x in totals if x[31] == sign) for sign in "01"}
    found = read(SAMPLE.read_bytes())
    assert found.total("credit") == Decimal(sums["0"]).scaleb(-3) == Decimal("12491168.59")
    assert found.total("debit") == Decimal(sums["1"]).scaleb(-3) == Decimal("3085871.60")
    (proof,) = found.proofs
    assert (proof["entries"], proof["details"], found.refused) == (len(totals), 52, [])
    assert (proof["balances"], proof["counts"], proof["sums"]) == ("closes", "agree", "agree")
    assert len(found.movements) == 67

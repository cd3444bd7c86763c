"""MT940 and MT942: each trap of the format in a file of its own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.io.statement_support import OTHER, OWN, entry, mt940, read
from thbscreen.errors import DataError
from thbscreen.io.recognise import kind_of_text
from thbscreen.io.statements import mt940 as reader
from thbscreen.io.statements.mt_entry import CLAMPED, NO_ENTRY_DAY, _entry_day, full_day
from thbscreen.io.statements.octets import NOT_UTF8
from thbscreen.io.statements.parties import BAD_IBAN


def one(line: str, *text: str, own: str = OWN) -> dict[str, str]:
    found = read(mt940(entry(line, *text), own=own))
    assert found.refused == []
    (values,) = found.values
    return values


# --- line :61: ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mark", "direction", "amount"),
    [
        ("C12,50", "credit", "12.5"), ("D12,50", "debit", "12.5"),
        ("RC12,50", "debit", "12.5"), ("RD12,50", "credit", "12.5"),
        ("CR300", "credit", "300"), ("DD212,39", "debit", "212.39"), ("CD10000,", "credit", "10000"),
        ("RCR7,00", "debit", "7"), ("RDR7,00", "credit", "7"), ("C500", "credit", "500"),
        ("D000000000025,00", "debit", "25"), ("C0,07", "credit", "0.07"),
    ],
)  # fmt: skip
def test_marks_funds_letters_and_amounts(mark: str, direction: str, amount: str) -> None:
    row = one(f"2601050105{mark}NTRFNONREF")
    assert (row["direction"], row["amount"]) == (direction, amount)


def test_a_reversal_is_counted_with_its_own_sign() -> None:
    found = read(
        mt940(
            entry("2601050105C100,NTRFNONREF"),
            entry("2601060106RC100,NTRFNONREF"),
            opening="C260101EUR5,",
            closing="C260106EUR5,",
        )
    )
    assert found.proofs[0]["balances"] == "closes"
    assert found.notes == [reader.REVERSAL]
    assert [m.undoes for m in found.movements] == ["", "reversal"]


@pytest.mark.parametrize(
    ("code", "text"), [("NRTI", "x"), ("NMSC", "109?00RETOURE"), ("NMSC", "159?00RUECK")]
)
def test_a_return_is_told_by_its_codes(code: str, text: str) -> None:
    assert [m.undoes for m in read(mt940(entry(f"2601050105C1,{code}NONREF", text))).movements] == ["return"]


@pytest.mark.parametrize(
    ("days", "booked", "value"),
    [
        ("2601020102", "2026-01-02", "2026-01-02"), ("260102", "2026-01-02", "2026-01-02"),
        ("260102    ", "2026-01-02", "2026-01-02"), ("2601021231", "2025-12-31", "2026-01-02"),
        ("2512310102", "2026-01-02", "2025-12-31"), ("9912310101", "2000-01-01", "1999-12-31"),
        ("2403010229", "2024-02-29", "2024-03-01"), ("7912310101", "2080-01-01", "2079-12-31"),
    ],
)  # fmt: skip
def test_days_without_year_lie_next_to_the_value_date(days: str, booked: str, value: str) -> None:
    row = one(f"{days}C1,NTRFNONREF")
    assert (row["booking_ts"], row["value_date"], row["has_time"]) == (booked, value, "false")


@given(st.dates(date(1981, 1, 1), date(2079, 12, 31)), st.integers(-150, 150))
def test_an_entry_day_is_found_as_the_nearest_day_of_that_month_and_day(value: date, apart: int) -> None:
    written = f"{value + timedelta(days=apart):%m%d}"
    around = [value + timedelta(days=n) for n in range(-1500, 1501)]
    nearest = min((d for d in around if f"{d:%m%d}" == written), key=lambda d: abs((d - value).days))
    notes: list[str] = []
    found = _entry_day(written, value, notes)
    if written == "0229" and found != nearest:
        assert (found, notes) == (date(found.year, 2, 28) if found else None, [CLAMPED])
    else:
        assert (found, notes) == (nearest, [])


def test_a_day_that_no_calendar_has_becomes_the_last_of_its_month() -> None:
    found = read(mt940(entry("2602300228C1,NTRFNONREF")))
    assert (found.values[0]["value_date"], found.notes) == ("2026-02-28", [CLAMPED])
    found = read(mt940(entry("2602280000C1,NTRFNONREF")))
    assert (found.values[0]["booking_ts"], found.notes) == ("2026-02-28", [NO_ENTRY_DAY])
    assert full_day("260001", []) is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2613050105C1,NTRFNONREF", "D109"), ("26AB050105C1,NTRF", "D109"), ("", "D109"),
        ("2601051305C1,NTRF", "D109"), ("2601050105X1,NTRF", "D113"), ("2601050105C12.50NTRF", "D102"),
        ("2601050105C1.234,50NTRF", "D102"), ("2601050105CNTRF", "D102"), ("2601050105C1,2,3NTRF", "D102"),
        ("2601050105C1,1234567NTRF", "D103"), ("2601050105C9999999999999999,NTRF", "D104"),
        ("2601050105C\u0661,NTRF", "D102"),
    ],
)  # fmt: skip
def test_a_hopeless_entry_is_refused_with_a_code_and_the_others_stay(line: str, code: str) -> None:
    found = read(mt940(entry(line), entry("2601050105C1,NTRFNONREF"), closing="C260105EUR1001,"))
    assert found.refused == [(1, code)]
    assert [m.row for m in found.movements] == [2]
    assert found.statements[0].entries == 2


def test_references_that_say_nothing_are_missing() -> None:
    row = one("2601050105D1,NTRFNONREF//NONREF")
    assert "bank_ref" not in row and "end_to_end_id" not in row
    row = one("2601050105D1,NTRFKREF+//B7")
    assert row["bank_ref"] == "B7" and "end_to_end_id" not in row
    assert one("2601050105D1,NTRFMY REF//B7")["end_to_end_id"] == "MY REF"
    assert "end_to_end_id" not in one("2601050105C1,NTRFMY REF//B7")
    assert "tx_type" not in one("2601050105D1,NONREF")


def test_a_line_may_have_no_type_and_supplementary_lines() -> None:
    found = read(mt940(":61:2601050105D1,NTRFNONREF\r\n/OCMT/USD1,10/\r\nSHOP 7", entry(), closing=""))
    first = found.values[0]
    assert (first["orig_currency"], first["orig_amount"], first["remittance_info"]) == (
        "USD",
        "1.10",
        "SHOP 7",
    )


@pytest.mark.parametrize(
    ("code", "text", "direction", "kind", "channel"),
    [
        ("NTRF", (), "D", "credit_transfer", ""), ("NCHK", (), "C", "cheque", ""),
        ("NCHG", (), "D", "fee", ""),
        ("NINT", (), "C", "interest", ""), ("NDDT", (), "D", "direct_debit", ""), ("NMSC", (), "D", "", ""),
        ("NGM ", (), "D", "cash_withdrawal", "atm"), ("NBA ", (), "D", "card_purchase", "pos"),
        ("NMSC", ("083?00AUSZAHLUNG",), "D", "cash_withdrawal", ""),
        ("NMSC", ("082?00EINZAHLUNG",), "C", "cash_deposit", ""),
        ("NTRF", ("168?00ECHTZEIT",), "C", "instant_transfer", ""),
        ("NMSC", ("/TRTP/SEPA OVERBOEKING/NAME/A/",), "D", "credit_transfer", ""),
        ("N654", ("BEA   NR:1 SHOP",), "D", "card_purchase", "pos"),
        ("N654", ("BEA   NR:1 SHOP",), "C", "card_refund", "pos"),
    ],
)  # fmt: skip
def test_types_become_kinds_of_movement(
    code: str, text: tuple[str, ...], direction: str, kind: str, channel: str
) -> None:
    row = one(f"2601050105{direction}1,{code}NONREF", *text)
    assert (row.get("tx_type", ""), row.get("channel", "")) == (kind, channel)


# --- field :86: -------------------------------------------------------------------------------------


def test_the_german_dialect_is_joined_across_lines_and_sub_fields() -> None:
    row = one(
        "2601050105C1,NTRFNONREF",
        "166?00GUTSCHRIFT?109075?20EREF+E-1?21KREF+K-1?22SVWZ+Miete Wohnung Janua",
        "r?23 2026 erster Stock PURP+REN?24T ABWA+Anna Example ABWE+Ben ?25Example",
        f"?30ABNANL2A?31{OTHER}?32MUSTERMANN MAX UND MUSTERMA?33NN ERIKA",
    )
    assert row["remittance_info"] == "Miete Wohnung Januar 2026 erster Stock"
    assert (row["purpose_code"], row["end_to_end_id"]) == ("RENT", "E-1")
    assert (row["ultimate_debtor"], row["ultimate_creditor"]) == ("Anna Example", "Ben Example")
    assert row["cp_name"] == "MUSTERMANN MAX UND MUSTERMANN ERIKA"
    assert row["cp_iban"] == row["cp_account_id"] == OTHER
    assert row["cp_bic"] == "ABNANL2A" and "cp_country" not in row  # the IBAN says the country


def test_a_question_mark_in_a_text_is_no_sub_field() -> None:
    row = one("2601050105C1,NTRFNONREF", "166?00X?20SVWZ+WHY?99 AND ?20 AGAIN?32NAME?")
    assert (row["remittance_info"], row["cp_name"]) == ("WHY?99 AND ?20 AGAIN", "NAME?")


def test_sub_fields_from_before_sepa_are_lines_of_their_own() -> None:
    row = one("2601050105C1,N051NONREF", "051~00X~20RECHNUNG 17~21VOM MAERZ UND VOM APRIL UN~22D MAI")
    assert row["remittance_info"] == "RECHNUNG 17 VOM MAERZ UND VOM APRIL UN D MAI"
    row = one("2601050105C1,N051NONREF", "051?00X?20" + "A" * 27 + "?21B")
    assert row["remittance_info"] == "A" * 27 + "B"


def test_national_numbers_take_the_form_of_the_own_account() -> None:
    row = one("2601050105C1,NTRFNONREF", "051?00X?3050070010?31175526300", own="51230800/0000007055")
    assert row["cp_account_id"] == "50070010/0175526300"
    assert "cp_iban" not in row


def test_an_iban_whose_check_digits_do_not_hold_is_only_a_number() -> None:
    found = read(mt940(entry("2601050105C1,NTRFNONREF", "166?00X?31NL92ABNA0417164300")))
    assert found.values[0]["cp_account_id"] == "NL92ABNA0417164300"
    assert "cp_iban" not in found.values[0]
    assert found.notes == [BAD_IBAN]


def test_the_dutch_dialect() -> None:
    row = one(
        "2601050105D1,NTRFEREF//B1",
        f"/TRTP/SEPA OVERBOEKING/IBAN/{OTHER}/BIC/ABNANL2A/NAME/J. Exam",
        "ple/REMI/Rent for Ja",
        "nuary/EREF/NOTPROVIDED/ULTD//NAME/Behind BV/PURP//CD/RENT/",
    )
    assert (row["cp_iban"], row["cp_bic"], row["cp_name"]) == (OTHER, "ABNANL2A", "J. Example")
    assert (row["remittance_info"], row["purpose_code"]) == ("Rent for January", "RENT")
    assert row["ultimate_debtor"] == "Behind BV"
    assert "end_to_end_id" not in row


def test_the_dialect_of_ing() -> None:
    row = one(
        "2601050105D1,NTRFEREF//B1",
        f"/EREF/E9//CNTP/{OTHER}/ABNANL2A/SHOP BV/AMSTERDAM//REMI/USTD//order 7/",
    )
    assert (row["cp_iban"], row["cp_name"], row["end_to_end_id"]) == (OTHER, "SHOP BV", "E9")
    assert row["remittance_info"] == "order 7"


def test_the_dialect_of_rabobank() -> None:
    text = ":86:/EREF/E 1/BENM//NAME/SOME BODY/REMI/text/ISDT/2026-01-05"
    found = read(mt940(f":61:260105D25,00N102EREF\r\n{OTHER}\r\n{text}"))
    (row,) = found.values
    assert (row["cp_iban"], row["cp_name"], row["remittance_info"]) == (OTHER, "SOME BODY", "text")
    assert row["end_to_end_id"] == "E 1"


def test_words_with_colons() -> None:
    row = one(
        "2601050105D1,N526NONREF",
        f"SEPA OVERBOEKING                 IBAN: {OTHER}",
        "BIC: ABNANL2A                    NAAM: J EXAMPLE",
        "OMSCHRIJVING: rent               KENMERK: K7",
    )
    assert (row["cp_iban"], row["cp_name"], row["remittance_info"]) == (OTHER, "J EXAMPLE", "rent")
    assert (row["tx_type"], row["end_to_end_id"]) == ("credit_transfer", "K7")


def test_free_text_is_joined_inside_words_only_where_a_line_is_full() -> None:
    row = one("2601050105D1,NMSCNONREF", "A" * 59 + " DEPO", "SIT OF CASH", "AT THE COUNTER")
    assert row["remittance_info"] == "A" * 59 + " DEPO SIT OF CASH AT THE COUNTER"
    row = one("2601050105D1,NMSCNONREF", "A" * 58 + " DEPO", "SIT")
    assert row["remittance_info"].endswith(" DEPO SIT")
    row = one("2601050105D1,NMSCNONREF", "A" * 59 + " DEPOS", "IT")
    assert row["remittance_info"].endswith(" DEPOSIT")


def test_cover_lines_and_domestic_accounts_of_old_dutch_statements() -> None:
    cover = "ABNANL2A\r\n940\r\nABNANL2A\r\n"
    text = "GIRO   428428 KPN - SHOP         BETALINGSKENM.  42", "12.34.56.789 J EXAMPLE           RENT"
    found = read(cover + mt940(*(entry("2601050105D1,N192NONREF", t) for t in text)) + cover, "mt940")
    assert [(row["cp_account_id"], row["cp_name"]) for row in found.values] == [
        ("428428", "KPN - SHOP"),
        ("123456789", "J EXAMPLE"),
    ]
    assert found.notes == []


def test_a_line_cut_in_front_of_the_amount() -> None:
    found = read(mt940(":61:2601050105CR\r\n12,50NTRFNONREF", entry()))
    assert [row["amount"] for row in found.values] == ["12.5", "12.5"]


def test_numbered_lines_of_banks_outside_the_standard() -> None:
    found = read(
        mt940(
            ":61:2601050105D1,NTRFNONREF\r\n:NS:01rent for\r\n02January\r\n15J EXAMPLE\r\n16SON\r\n17TRANSFER"
        )
    )
    (row,) = found.values
    assert (row["remittance_info"], row["cp_name"]) == ("rent for January", "J EXAMPLE SON")


def test_text_before_the_first_entry_belongs_to_the_statement_and_entries_may_have_none() -> None:
    text = mt940(":86:STATEMENT TEXT", entry(), entry("2601060106D1,NTRFNONREF", "second"))
    found = read(text.replace("-\r\n", ":86:CLOSING TEXT\r\n-\r\n"))
    assert [row.get("remittance_info") for row in found.values] == [None, "second"]


# --- messages, pages, code pages --------------------------------------------------------------------


def test_pages_are_proved_one_by_one_and_a_missing_page_is_noted() -> None:
    head = (
        ":20:X\n:25:1/2\n:28C:7/{n}\n:60{o}:C260101EUR{a},\n:61:2601050105C5,NTRF\n:62{c}:C260105EUR{b},\n-\n"
    )
    first = head.format(n=1, o="F", a=0, c="M", b=5)
    second = head.format(n=2, o="M", a=5, c="M", b=10)
    third = head.format(n=3, o="M", a=10, c="F", b=15)
    found = read(first + second + third)
    assert [p["balances"] for p in found.proofs] == ["closes"] * 3
    assert [p["statement"] for p in found.proofs] == ["7/1", "7/2", "7/3"]
    assert found.notes == []
    assert read(first + third).notes == [reader.NO_PAGE]


def test_blocks_several_messages_and_control_characters_in_one_line() -> None:
    body = "{{4:\r\n:20:X\r\n:25:{0}\r\n:28C:1\r\n:60F:C260101CHF0,\r\n"
    body += ":61:2601050105C5,NTRF\r\n:62F:C260105CHF5,\r\n-}}"
    head = "\x01{{1:F01POFICHBEAXXX0000000000}}{{2:I940XXXXXXXXXXXXN}}{{3:{{108:1}}}}"
    data = (head + body).format(1) + "{5:{CHK:0}}\x03" + (head + body).format(2) + "\x03"
    found = read(data)
    assert [m.values["account_id"] for m in found.movements] == ["1", "2"]
    assert [p["balances"] for p in found.proofs] == ["closes", "closes"]
    assert {side["bic"] for side in found.sides} == {"POFICHBE"}
    assert found.notes == []
    assert "message whose end mark -} is missing; the file may be cut" in read(data[:-20]).notes


@pytest.mark.parametrize(
    ("written", "account", "currency"),
    [
        (f"{OWN}EUR", OWN, "EUR"), (f"{OWN} USD", OWN, "USD"), ("12345678/EUR", "12345678", "EUR"),
        (OWN, OWN, ""), ("51230800/0000007055", "51230800/0000007055", ""), (f"DEUTDEFF/{OWN}", OWN, ""),
        ("nl91 abna 0417 1643 00", OTHER, ""), ("0001234567GBP", "0001234567", "GBP"),
    ],
)  # fmt: skip
def test_the_account_may_have_a_currency_behind_it(written: str, account: str, currency: str) -> None:
    text = mt940(entry(), own=written, closing="").replace(":60F:C260101EUR1000,\r\n", "")
    found = read(text, "mt940")
    if not currency:
        assert found.refused == [(1, "D101")]
        found = read(mt940(entry(), own=written))
    assert found.values[0]["account_id"] == account
    assert found.values[0]["currency"] == (currency or "EUR")


def test_code_pages_byte_order_marks_and_utf16() -> None:
    text = mt940(entry("2601050105C1,NTRFNONREF", "M\u00fcller \u00e9tat"))
    for data, notes in (
        (text.encode(), []),
        (b"\xef\xbb\xbf" + text.encode(), []),
        (text.encode("cp1252"), [NOT_UTF8]),
        (text.encode("utf-16"), []),
    ):
        found = read(data, "mt940")
        assert (found.values[0]["remittance_info"], found.notes) == ("M\u00fcller \u00e9tat", notes)
    with pytest.raises(DataError, match="D015"):
        read(text.encode("utf-16-le"), "mt940")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends_of_every_kind(end: str) -> None:
    found = read(mt940(entry("2601050105C1,NTRF", "a", "b")).replace("\r\n", end))
    assert found.values[0]["remittance_info"] == "a b"


def test_a_statement_that_a_file_holds_twice_counts_once_and_equal_entries_count_both() -> None:
    text = mt940(entry(), entry(), closing="C260105EUR1025,")
    found = read(text + text)
    assert len(found.movements) == 2
    assert len({m.values["tx_id"] for m in found.movements}) == 2
    assert found.skipped == [reader.TWICE, reader.TWICE]
    assert [statement.copy for statement in found.statements] == [False, True]
    assert found.proofs[1]["balances"].startswith("not told")


def test_a_report_within_the_day_states_counts() -> None:
    head = "\r\n".join([":20:X", f":25:{OWN}", ":28C:5", ":34F:EURD100,", ":13D:2601051200+0100"])
    lines = entry("2601050105D7,NTRFNONREF", "rent"), entry("2601050105EC9,NTRFNONREF", "to come")
    found = read("\r\n".join([head, *lines, ":90D:1EUR7,", ":90C:0EUR0,", "-", ""]))
    assert [m.kind for m in found.movements] == ["interim", "interim"]
    assert [m.values["status"] for m in found.movements] == ["booked", "pending"]
    (statement,) = found.statements
    assert (statement.declared_entries, statement.declared_debit, statement.signed) == (1, 7, -7)
    assert {reader.FLOOR, reader.INTERIM, reader.EXPECTED} <= set(found.notes)


def test_a_statement_without_currency_or_account_is_refused_entry_by_entry() -> None:
    assert read(f":20:X\n:25:{OWN}\n:28C:1\n:61:2601050105C1,NTRF\n", "mt940").refused == [(1, "D101")]
    assert read(":20:X\n:60F:C260101EUR1,\n:61:2601050105C1,NTRF\n", "mt940").refused == [(1, "D101")]


@pytest.mark.parametrize(("kind", "known"), [("940", "mt940"), ("950", "mt940"), ("942", "mt942")])
def test_the_kind_of_a_message_in_blocks_is_told_from_block_2(kind: str, known: str) -> None:
    body = mt940(entry("2601050105D7,NTRF//B1"), closing="C260105EUR993,").replace("-\r\n", "-}\r\n")
    blocks = f"{{1:F01COBADEFFAXXX0000000000}}{{2:O{kind}1200260105COBADEFFAXXX00000000002601051200N}}"
    text = f"{blocks}{{4:\r\n{body}"
    assert kind_of_text(text.encode()) == known
    found = read(text)
    assert found.proofs[0]["balances"] == "closes"
    assert [m.kind for m in found.movements] == ["interim" if kind == "942" else "booked"]


def test_messages_of_other_types_are_left_out_and_counted() -> None:
    text = "{1:F01ABNANL2AXXXX0000000000}{2:I202DEUTDEFFXXXXN}{4:\n:20:X\n:32A:260105EUR1,\n-}\n"
    found = read(
        "{1:F01ABNANL2AXXXX0000000000}{2:I940DEUTDEFFXXXXN}{4:\n" + mt940(entry())[:-3] + "-}\n" + text
    )
    assert (len(found.movements), found.skipped) == (1, [reader.OTHER_KIND])


def test_a_balance_that_cannot_be_read_proves_nothing_and_says_so() -> None:
    found = read(mt940(entry(), closing="C260105EUR1.012,50"))
    assert found.notes == [reader.NO_BALANCE]
    assert found.proofs[0]["balances"].startswith("not told")
    assert read(mt940(entry(), closing="")).notes == [reader.NO_CLOSING]


def test_entries_behind_a_closing_balance_are_a_statement_of_their_own() -> None:
    found = read(
        mt940(entry(), closing="C260105EUR1012,50").replace("-\r\n", entry("2601060106D1,NTRF") + "\r\n")
    )
    assert [(row["account_id"], row["currency"]) for row in found.values] == [(OWN, "EUR"), (OWN, "EUR")]
    first, second = found.proofs
    assert (first["balances"], second["balances"][:8]) == ("closes", "not told")


def test_a_file_without_any_statement_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"file\.sta: error\[D021\]"):
        read(":20:X\n-\n", "mt940")
    with pytest.raises(DataError, match=r"file\.sta: error\[D021\]"):
        read("A" * (1 << 21), "mt940")


def test_long_statements_are_handed_on_before_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = mt940(*[entry(f"2601050105C{n},NTRFNONREF") for n in range(1, 9)], closing="C260105EUR1036,")
    whole = read(text)
    monkeypatch.setattr(reader, "HELD", 3)
    assert [m.values for m in read(text).movements] == [m.values for m in whole.movements]
    assert read(text).total("credit") == Decimal(36)


def test_a_hyphen_that_a_line_break_left_alone_ends_a_text_and_no_message() -> None:
    first, second = (
        entry("2601050105C1,NTRFNONREF", "paid A", "-"),
        entry("2601060106C2,NTRFNONREF", "B", "-"),
    )
    found = read(mt940(first, second, closing="C260131EUR1003,"))
    assert found.refused == []
    assert [row["remittance_info"] for row in found.values] == ["paid A -", "B -"]
    assert [proof["balances"] for proof in found.proofs] == ["closes"]


@pytest.mark.parametrize("end", ["C1234,5", "C12", "C1234,50"])
def test_an_amount_at_which_the_file_ends_is_refused_since_digits_may_be_missing(end: str) -> None:
    begin = f":20:X\n:25:{OWN}\n:28C:1/1\n:60F:C260101EUR1,00\n:61:2601050105C7,00NTRFNONREF\n:61:2601060106"
    assert read(f"{begin}{end}").refused == [(2, "D102")]
    whole = read(f"{begin}{end}NTRFNONREF")
    assert (whole.refused, len(whole.movements)) == ([], 2)
    assert read(f"{begin}{end}\n-\n").refused == []

"""inspect and a load agree on Greek months, Indian groups, odd delimiters, and minus signs in two columns."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.unit.io.support import ANY_SHARE, ZONE, mapped, reasons, rows, write
from tests.unit.io.workbooks import book
from thbscreen.io.dataset import open_dataset
from thbscreen.io.files import list_inputs
from thbscreen.io.inspect.look import Look, look
from thbscreen.io.months import greek_month, in_english
from thbscreen.io.recognise import recognised
from thbscreen.io.statements.parties import own_account

OWN = "DE89370400440532013000"
MONTHS = (
    "Ιαν Ιανουάριος Ιανουαρίου ΙΑΝ", "Φεβ Φεβρ Φεβρουάριος ΦΕΒΡΟΥΑΡΙΟΥ", "Μαρ Μάρτιος Μαρτίου ΜΑΡΤΙΟΣ",
    "Απρ Απρίλιος Απριλίου ΑΠΡ", "Μάι Μαΐ Μαι Μάιος Μαΐου ΜΑΪΟΥ ΜΑΙΟΣ", "Ιουν Ιούν Ιούνιος Ιουνίου ΙΟΥΝΙΟΥ",
    "Ιουλ Ιούλιος Ιουλίου ΙΟΥΛ", "Αυγ Αύγ Αύγουστος Αυγούστου ΑΥΓΟΥΣΤΟΥ", "Σεπ Σεπτ Σεπτέμβριος Σεπτεμβρίου",
    "Οκτ Οκτώβριος Οκτωβρίου ΟΚΤ", "Νοε Νοέ Νοεμ Νοέμβριος Νοεμβρίου", "Δεκ Δεκέμβριος Δεκεμβρίου ΔΕΚ",
)  # fmt: skip


def looked(folder: Path, text: str) -> Look:
    return look(recognised(list_inputs([write(folder, "export.csv", text)])[0])[0], ZONE)


def loaded(folder: Path, draft: str) -> pl.DataFrame:
    mapping = write(folder, "draft.yaml", draft)
    return rows(open_dataset([folder / "export.csv"], mapping, zone=ZONE, limits=ANY_SHARE))


def signed(frame: pl.DataFrame) -> list[int]:
    return [a if d == "credit" else -a for a, d in frame.select("amount", "direction").iter_rows()]


@pytest.mark.parametrize(("number", "names"), list(enumerate(MONTHS, 1)))
def test_greek_months_are_known_in_every_form_and_alone(number: int, names: str) -> None:
    words = names.split()
    assert [greek_month(word) for word in words] == [number] * len(words)
    told = in_english(pl.Series([f"5 {word} 2026" for word in words]))
    days = told.str.strptime(pl.Date, "%d %b %Y", strict=False)
    assert [day.month for day in days] == [number] * len(words)
    assert greek_month(words[0] + "ξ") == 0
    assert in_english(pl.Series([f"5 {words[0]}ξ 2026"])).to_list() == [f"5 {words[0]}ξ 2026"]


@pytest.mark.parametrize("days", [("5 Ιαν 2026", "28 Μαΐ 2026"), ("05-ΙΑΝ-26", "28-ΜΑΪ-26"),
                                  ("5 Ιανουαρίου 2026", "28 Μαΐου 2026")])  # fmt: skip
def test_dates_with_greek_months_are_drafted_and_read(tmp_path: Path, days: tuple[str, str]) -> None:
    found = looked(tmp_path, f"Λογαριασμός;Ημερομηνία;Ποσό;Χ/Π;Νόμισμα\n{OWN};{days[0]};1,50;Χ;EUR\n"
                             f"{OWN};{days[1]};2,50;Π;EUR\n")  # fmt: skip
    draft = "\n".join(
        line.replace("#   booking_ts", "booking_ts")
        for line in found.draft.split("\n")
        if not line.startswith(("undecided", "# Write")) and "%y-%b-%d" not in line
    )
    frame = loaded(tmp_path, draft)
    local = frame["booking_ts"].dt.convert_time_zone(ZONE).dt.date().cast(pl.String).to_list()
    assert (local, signed(frame)) == (["2026-01-05", "2026-05-28"], [-150, 250])


def test_a_value_date_with_a_greek_month_is_read_and_another_word_refused(tmp_path: Path) -> None:
    data = mapped(
        tmp_path,
        "a,d,v,m,s\nA,5 Ιαν 2026,6 Φεβ 2026,1,in\nA,5 Ιαξ 2026,,1,in\nA,5 Ιαν 2026,6 Ιανξ 2026,1,in\n",
        "mapping: 1\ndefaults: {currency: EUR}\ncolumns:\n  account_id: {from: a}\n  amount: {from: m}\n"
        '  booking_ts: {from: d, format: "%d %b %Y"}\n  value_date: {from: v, format: "%d %B %Y"}\n'
        "  direction: {from: s, map: {in: credit}}\n",
    )
    assert rows(data)["value_date"].cast(pl.String).to_list() == ["2026-02-06"]
    assert reasons(data) == [(2, "booking_ts", "D109"), (3, "value_date", "D109")]


def test_indian_groups_are_read_and_other_groups_are_not(tmp_path: Path) -> None:
    cells = ["1,23,456.78", "12,34,56,789.00", "1,234,567.00", "999", "1,2,345", "12,3456", "123,45,678"]
    body = "".join(f'A;2026-01-05;"{cell}";in\n' for cell in cells)
    data = mapped(
        tmp_path, f"a;d;m;s\n{body}",
        'mapping: 1\ninput: {delimiter: ";", thousands: ","}\ncolumns:\n  account_id: {from: a}\n'
        "  booking_ts: {from: d}\n  amount: {from: m}\n  direction: {from: s, map: {in: credit}}\n",
    )  # fmt: skip
    assert rows(data)["amount"].to_list() == [12345678, 12345678900, 123456700, 99900]
    assert reasons(data) == [(n, "amount", "D102") for n in (5, 6, 7)]
    head = "Account;Txn Date;Withdrawal Amt;Deposit Amt;Ccy"
    found = looked(tmp_path, f"{head}\nA;13/01/2026;1,23,456.78;;INR\nA;14/01/2026;;12,34,567.00;INR\n")
    assert signed(loaded(tmp_path, found.draft)) == [-12345678, 123456700]


@pytest.mark.parametrize("mark", ["^", "~"])
def test_delimiters_of_core_systems_are_found(tmp_path: Path, mark: str) -> None:
    text = f"IBAN;Date;Amount;D/C;Currency\n{OWN};13/01/2026;12.50;D;EUR\n{OWN};14/01/2026;1500.00;C;EUR\n"
    found = looked(tmp_path, text.replace(";", mark))
    assert signed(loaded(tmp_path, found.draft)) == [-1250, 150000]


@pytest.mark.parametrize("empty", ["", "0.00"])
def test_a_debit_column_with_a_minus_throughout_is_drafted_and_read(tmp_path: Path, empty: str) -> None:
    head = "Account,Date,Debit,Credit,Currency"
    body = (
        f"A,13/01/2026,-12.50,{empty}{{}}\nA,14/01/2026,{empty},1500.00{{}}\nA,15/01/2026,-1.00,{empty}{{}}\n"
    )
    bare = looked(tmp_path, f"{head}\n{body.format(*[',EUR'] * 3)}")
    assert bare.undecided == ["sign"]  # nothing proves what the minus means
    assert "negative: debit}" in bare.draft
    balances = [f",EUR,{b}" for b in ("87.50", "1587.50", "1586.50")]
    found = looked(tmp_path, f"{head},Balance\n{body.format(*balances)}")
    assert found.undecided == []
    assert signed(loaded(tmp_path, found.draft)) == [-1250, 150000, -100]


def test_a_debit_without_its_declared_minus_is_refused(tmp_path: Path) -> None:
    mapping = (
        "mapping: 1\ncolumns:\n  account_id: {from: a}\n  booking_ts: {from: d}\n"
        "sign: {rule: debit_credit_columns, debit: {from: o}, credit: {from: i}, negative: debit}\n"
    )
    data = mapped(tmp_path, "a,d,o,i\nA,2026-01-05,-1,\nA,2026-01-05,2,\nA,2026-01-05,,-3\n", mapping)
    assert signed(rows(data)) == [-100]
    assert reasons(data) == [(2, "sign.debit", "D106"), (3, "sign.credit", "D105")]


def test_each_candidate_for_the_account_can_stand_where_it_is_printed(tmp_path: Path) -> None:
    text = f"Konto X,Date,Amount,D/C,Currency\n{OWN},13/01/2026,12.50,D,EUR\n{OWN},14/01/2026,15.00,C,EUR\n"
    found = looked(tmp_path, text)
    assert found.undecided == ["account_id"]
    lines = [line for line in found.draft.split("\n") if line.startswith("  #   account_id:")]
    assert len(lines) == 2
    for chosen in lines:
        draft = found.draft.replace(chosen, chosen.replace("#   ", ""))
        draft = "\n".join(line for line in draft.split("\n") if not line.startswith("undecided"))
        assert loaded(tmp_path, draft).height == 2


def test_a_balance_that_is_overdrawn_further_down_is_missing_not_positive(tmp_path: Path) -> None:
    text = (
        "Account,Date,Amount,D/C,Balance,Currency\nA,13/01/2026,12.50,D,87.50 Cr,EUR\n"
        "A,14/01/2026,7.50,C,95.00 Cr,EUR\n"
    )
    found = looked(tmp_path, text)
    write(tmp_path, "export.csv", text + "A,15/01/2026,115.00,D,20.00 Dr,EUR\n")
    assert loaded(tmp_path, found.draft)["balance_after"].to_list() == [8750, 9500, None]


def test_line_ends_of_cr_alone_are_said_before_a_scan_refuses_them(tmp_path: Path) -> None:
    found = looked(tmp_path, "Account,Date,Amount\rA,13/01/2026,12.50\rA,14/01/2026,7.50\r")
    assert (found.state, found.draft) == ("not read", "")
    assert "D020" in found.why


def test_a_currency_behind_bank_and_number_is_taken_off() -> None:
    assert own_account("37040044/0532013000EUR") == ("37040044/0532013000", "EUR")
    assert own_account("37040044/05320EUR13") == ("37040044/05320EUR13", "")


def test_a_balance_in_words_that_is_left_out_is_said(tmp_path: Path) -> None:
    head = "Account,Date,Amount,D/C,Balance,Currency"
    found = looked(
        tmp_path, f"{head}\nA,13/01/2026,60.00,D,40.00 Cr,EUR\nA,14/01/2026,75.00,D,35.00 Dr,EUR\n"
    )
    assert "balance_after" not in found.draft
    assert [note for note in found.notes if "overdrawn" in note and "Balance" in note]
    found = looked(tmp_path, f"{head}\nA,13/01/2026,60.00,D,40.00 Cr,EUR\nA,14/01/2026,7.00,C,47.00 Cr,EUR\n")
    assert not [note for note in found.notes if "overdrawn" in note]


def test_last_rows_in_a_year_without_movements_are_rows_and_no_footer(tmp_path: Path) -> None:
    body = "".join(f"A,{day},debit,1\n" for day in ("2026-01-05", "2026-01-06", "1900-01-01", "2100-12-31"))
    assert looked(tmp_path, f"account_id,booking_ts,direction,amount\n{body}").state == "canonical"


def test_two_encodings_in_one_file_are_said(tmp_path: Path) -> None:
    line = "A;13/01/2026;1,50;Παπαδοπούλου Άννα\n"
    content = b"Account;Date;Amount;Details\n" + line.encode() + line.encode("cp1253")
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    found = look(recognised(list_inputs([path])[0])[0], ZONE)
    assert found.encoding is not None
    assert (found.encoding.sure, "two encodings" in found.encoding.why) == (False, True)
    path.write_bytes(content.replace(line.encode(), b""))
    one = look(recognised(list_inputs([path])[0])[0], ZONE)
    assert one.encoding is not None
    assert "two encodings" not in one.encoding.why


def test_amounts_as_text_in_a_workbook_keep_their_marks_whatever_stands_below(tmp_path: Path) -> None:
    rows_of = [["Account", "Date", "Amount", "D/C", "Currency"], ["A", "13/01/2026", "1.234,56", "D", "EUR"],
               ["A", "14/01/2026", "2,50", "C", "EUR"], ["", "", 1237.06]]  # fmt: skip
    path = book(tmp_path / "export.xlsx", {"S": rows_of})
    found = look(recognised(list_inputs([path])[0])[0], ZONE)
    mapping = write(tmp_path, "draft.yaml", found.draft)
    assert signed(rows(open_dataset([path], mapping, zone=ZONE, limits=ANY_SHARE))) == [-123456, 250]


def test_a_code_page_that_the_file_names_is_not_called_assumed(tmp_path: Path) -> None:
    body = (
        "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>B<ACCTID>1</BANKACCTFROM>"
        "<BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260302<TRNAMT>-1.00<FITID>1<NAME>Άννα</STMTTRN>"
        "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )
    for head, told in (("CHARSET:1253\n", False), ("CHARSET:NONE\n", True)):
        path = tmp_path / "a.ofx"
        path.write_bytes(f"OFXHEADER:100\nDATA:OFXSGML\nENCODING:USASCII\n{head}\n{body}".encode("cp1253"))
        found = look(recognised(list_inputs([path])[0])[0], ZONE)
        assert any("no UTF-8 are read as" in note for note in found.notes) is told

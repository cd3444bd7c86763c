# ruff: noqa: E501  # tables of cases read better in few lines
"""`inspect` reads what a file proves, leaves the rest to a person, and is never wrong in silence."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.io.statement_support import entry, mt940
from tests.unit.io.support import ANY_SHARE, ZONE, write
from tests.unit.io.workbooks import book
from thbscreen.errors import DataError, ThbscreenError
from thbscreen.io.dataset import open_dataset
from thbscreen.io.files import list_inputs
from thbscreen.io.inspect.draft import write_draft
from thbscreen.io.inspect.encoding import encoding_of
from thbscreen.io.inspect.facts import quoted
from thbscreen.io.inspect.forms import date_forms, largest_parts, shape, written
from thbscreen.io.inspect.look import Look, look
from thbscreen.io.mapping_file import read_mapping
from thbscreen.io.recognise import recognised
from thbscreen.io.statements.readers import READERS

ROOT = Path(__file__).resolve().parents[3]
STATEMENTS = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared")) / "data" / "statements"


def looked(path: Path) -> Look:
    return look(recognised(list_inputs([path])[0])[0], ZONE)


def looked_at(folder: Path, content: str | bytes, name: str = "export.csv") -> Look:
    return looked(write(folder, name, content))


def loaded(folder: Path, found: Look, name: str = "export.csv") -> pl.DataFrame:
    declared = write(folder, "draft.yaml", found.draft)
    return pl.concat(open_dataset([folder / name], declared, zone=ZONE, limits=ANY_SHARE).chunks())


# --- generated habits -----------------------------------------------------------------------------------

HEADS = {
    "english": ("Account", "Date", "Amount", "Debit", "Credit", "D/C", "Currency", "Balance", "Description"),
    "greek": ("Λογαριασμός", "Ημερομηνία", "Ποσό", "Χρέωση", "Πίστωση", "Χ/Π", "Νόμισμα", "Υπόλοιπο", "Αιτιολογία"),
    "german": ("Auftragskonto", "Buchungstag", "Betrag", "Soll", "Haben", "Soll/Haben", "Währung", "Saldo",
               "Verwendungszweck"),
}  # fmt: skip
FLAGS = {"english": ("C", "D"), "greek": ("Π", "Χ"), "german": ("Haben", "Soll")}
TEXTS = {
    "english": ("RENT MAY", "coffee, cake; tea", 'so "called"', "x"),
    "greek": ("ΚΑΤΑΘΕΣΗ", "Πληρωμή ενοικίου", "Άννα", "κίνηση; νέα"),
    "german": ("Miete für Mai", "Größe", "Überweisung", "an, bei; zu"),
}
ENCODINGS = {
    "english": ("utf-8", "utf-8-sig", "utf-16", "cp1252"),
    "greek": ("utf-8", "utf-8-sig", "utf-16", "cp1253", "iso-8859-7"),
    "german": ("utf-8", "utf-16", "cp1252", "iso-8859-1", "cp1250"),
}
MARKS = ((".", ""), (",", ""), (",", "."), (".", ","), (",", " "), (".", "'"), (",", "\u00a0"))
FORMS = ("%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%Y%m%d", "%d-%b-%Y", "%Y-%m-%d %H:%M")
SIGNS = ("signed", "signed for cards", "flag", "signed and flag", "two columns")


@dataclass
class Habit:
    language: str
    encoding: str
    delimiter: str
    marks: tuple[str, str]
    form: str
    sign: str
    balance: bool
    above: int
    footer: int
    rows: list[tuple[dt.date, int, str]]

    def amount(self, cents: int) -> str:
        decimal, thousands = self.marks
        if thousands == "\u00a0" and self.encoding == "iso-8859-7":
            thousands = " "
        whole = f"{abs(cents) // 100:,}".replace(",", thousands)
        return f"{'-' if cents < 0 else ''}{whole}{decimal}{abs(cents) % 100:02d}"

    def content(self) -> bytes:
        head = HEADS[self.language]
        names = [head[0], head[1]]
        names += [head[3], head[4]] if self.sign == "two columns" else [head[2]]
        names += [head[5]] if "flag" in self.sign else []
        names += [head[6], head[8], *([head[7]] if self.balance else [])]
        out = io.StringIO()
        out.write("Some Bank of the Town\n" * self.above)
        table = csv.writer(out, delimiter=self.delimiter, lineterminator="\n")
        table.writerow(names)
        total = 100_000
        for day, cents, note in self.rows:
            total += cents
            shown = -cents if self.sign == "signed for cards" else cents
            moment = dt.datetime.combine(day, dt.time(9, 30))
            row = ["CY17002001280000001200527600", moment.strftime(self.form)]
            if self.sign == "two columns":
                row += ["", self.amount(cents)] if cents > 0 else [self.amount(-cents), ""]
            elif self.sign == "flag":
                row += [self.amount(abs(cents))]
            else:
                row += [self.amount(shown)]
            row += [FLAGS[self.language][cents < 0]] if "flag" in self.sign else []
            row += ["EUR", note, *([self.amount(total)] if self.balance else [])]
            table.writerow(row)
        out.write("Total of all\n" * self.footer)
        return out.getvalue().encode(self.encoding)


@st.composite
def habits(draw: st.DrawFn) -> Habit:
    language = draw(st.sampled_from(sorted(HEADS)))
    days = st.dates(dt.date(2019, 1, 1), dt.date(2026, 6, 30))
    cents = st.one_of(st.integers(-5_000_000, 5_000_000), st.integers(-300, 300).map(lambda n: n * 1000))
    row = st.tuples(days, cents.filter(bool), st.sampled_from(TEXTS[language]))
    marks = draw(st.sampled_from(MARKS))
    return Habit(
        language, draw(st.sampled_from(ENCODINGS[language])), draw(st.sampled_from([",", ";", "\t", "|"])), marks,
        draw(st.sampled_from(FORMS)), draw(st.sampled_from(SIGNS)), draw(st.booleans()),
        draw(st.integers(0, 2)), draw(st.integers(0, 2)), draw(st.lists(row, min_size=1, max_size=12)),
    )  # fmt: skip


def truth(habit: Habit) -> dict[str, str]:
    """Gives what a person would write for each point that may stay open."""
    head, (decimal, thousands) = HEADS[habit.language], habit.marks
    blank = {"": "none", " ": "space", "\u00a0": "space"}
    amount, balance = (quoted(h) for h in (head[2], head[7]))
    sign = {
        "signed": "{rule: signed}", "signed for cards": "{rule: signed, negative: credit}",
        "flag": "{rule: flag_column}", "signed and flag": "{rule: signed_and_flag}",
        "two columns": f"{{rule: debit_credit_columns, debit: {{from: {quoted(head[3])}}}, "
        f"credit: {{from: {quoted(head[4])}}}}}",
    }[habit.sign]  # fmt: skip
    form = "" if habit.form.startswith("%Y-%m-%d") else f", format: {quoted(habit.form)}"
    return {
        "encoding": "utf-8" if habit.encoding == "utf-8-sig" else habit.encoding, "delimiter": quoted(habit.delimiter), "final_newline": "required",
        "decimal": f"{quoted(decimal)}\n  thousands: {blank.get(thousands, quoted(thousands))}", "sign": sign,
        "booking_ts": f"{{from: {quoted(head[1])}{form}}}", "amount": f"{{from: {amount}}}",
        "direction": "" if "flag" not in habit.sign else f"{{from: {quoted(head[5])}, map: {{{FLAGS[habit.language][0]}: credit, "
        f"{FLAGS[habit.language][1]}: debit}}}}",
        "balance_after": f"{{from: {balance}}}", "remittance_info": f"{{from: {quoted(head[8])}}}",
        "account_id": f"{{from: {quoted(head[0])}}}", "currency": f"{{from: {quoted(head[6])}}}",
    }  # fmt: skip


def decided(found: Look, known: dict[str, str]) -> str:
    """Gives the draft after a person has written the truth for each open point."""
    assert found.roles is not None
    for part in [*found.inputs, *found.roles.parts()]:
        if not part.sure:
            part.value, part.sure, part.candidates = known[part.key], True, []
    return write_draft("decided", found.inputs, found.roles)


def read_back(folder: Path, habit: Habit) -> None:
    found = looked_at(folder, habit.content())
    assert found.state == "draft", found.why
    if found.undecided:
        with pytest.raises(DataError, match="D061"):
            read_mapping(write(folder, "draft.yaml", found.draft))
        found.draft = decided(found, truth(habit))
    frame = loaded(folder, found).sort("source_row")
    local = frame["booking_ts"].dt.convert_time_zone(ZONE).dt.date().to_list()
    sides = frame["direction"].to_list()
    sums = [a if side == "credit" else -a for a, side in zip(frame["amount"].to_list(), sides, strict=True)]
    got = list(zip(local, sums, frame["remittance_info"].to_list(), strict=True))
    assert got == habit.rows


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(habit=habits())
def test_a_draft_reads_the_table_back_exactly_once_what_it_leaves_open_is_decided(
    tmp_path_factory: pytest.TempPathFactory, habit: Habit
) -> None:
    read_back(tmp_path_factory.mktemp("habit"), habit)


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(habit=habits())
def test_hundreds_of_habits_are_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, habit: Habit
) -> None:
    read_back(tmp_path_factory.mktemp("habit"), habit)


def test_equal_amounts_prove_no_sign_for_their_balance_may_be_read_from_either_end(tmp_path: Path) -> None:
    rows = [(dt.date(2026, 1, 13), -100, "RENT MAY")] * 3
    habit = Habit("english", "utf-8", ",", (".", ""), "%d/%m/%Y", "signed for cards", True, 0, 0, rows)
    found = looked_at(tmp_path, habit.content())
    assert "sign" in found.undecided
    (tmp_path / "again").mkdir()
    read_back(tmp_path / "again", habit)


def test_a_table_that_proves_everything_leaves_nothing_open(tmp_path: Path) -> None:
    rows = [(dt.date(2026, 1, day), cents, "Άννα") for day, cents in ((13, 500_000), (14, -1_234), (20, -99))]
    for language in HEADS:
        habit = Habit(language, "utf-8", ";", (",", "."), "%d/%m/%Y", "signed", True, 1, 1, rows)
        found = looked_at(tmp_path, habit.content())
        assert found.undecided == []
        assert loaded(tmp_path, found)["amount"].to_list() == [500_000, 1_234, 99]


def test_a_card_export_whose_minus_is_money_in_is_known_by_its_balance(tmp_path: Path) -> None:
    rows = [(dt.date(2026, 1, day), cents, "x") for day, cents in ((13, 500_000), (14, -1_234), (20, -99))]
    habit = Habit("english", "utf-8", ",", (".", ""), "%Y-%m-%d", "signed for cards", True, 0, 0, rows)
    found = looked_at(tmp_path, habit.content())
    assert loaded(tmp_path, found)["direction"].to_list() == ["credit", "debit", "debit"]
    habit.balance = False
    assert looked_at(tmp_path, habit.content()).undecided == ["sign"]


@pytest.mark.parametrize(
    ("change", "opened"),
    [
        (("13/01", "12/01"), "booking_ts"),
        (("-12,34", "-12"), None),
        (("EUR", ""), "currency"),
        (("Account", "Thing"), "account_id"),
    ],
)
def test_what_is_not_proved_is_named(change: tuple[str, str], opened: str | None, tmp_path: Path) -> None:
    rows = [(dt.date(2026, 1, 13), 500_000, "x"), (dt.date(2026, 1, 5), -1_234, "y")]
    habit = Habit("english", "utf-8", ";", (",", "."), "%d/%m/%Y", "signed and flag", False, 0, 0, rows)
    found = looked_at(tmp_path, habit.content().replace(change[0].encode(), change[1].encode()))
    assert found.undecided == ([opened] if opened else [])


def test_amounts_that_may_be_thousands_or_decimals_are_left_open(tmp_path: Path) -> None:
    data = "Account;Date;Amount;D/C;Currency\nA1;2026-01-05;1.234;C;EUR\nA1;2026-01-06;2.000;D;EUR\n"
    found = looked_at(tmp_path, data)
    assert found.undecided == ["decimal"]
    assert '#   decimal: ".", thousands: none' in found.draft
    assert '#   decimal: ",", thousands: "."' in found.draft


def test_totals_at_the_end_of_a_long_file_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thbscreen.io.inspect.look.SAMPLE", 2_000)
    monkeypatch.setattr("thbscreen.io.inspect.look.TAIL", 400)
    head = "Account;Date;Amount;D/C;Currency\n"
    rows = "".join(f"A1;{1 + n % 28:02d}/01/2026;1,50;{'CD'[n % 2]};EUR\n" for n in range(200))
    found = looked_at(tmp_path, head + rows + "\nTotal;;300,00;;\n")
    assert found.undecided == []
    assert found.loaded is not None
    assert (found.loaded["loaded"], found.loaded["skipped"]) == (200, {"line of the footer": 2})
    unclear = looked_at(tmp_path, head + rows + "A1;;300,00;D;EUR\n")
    assert unclear.undecided == ["skip_footer"]


def test_a_cut_last_line_is_left_to_a_person(tmp_path: Path) -> None:
    data = "Account;Date;Amount;D/C;Currency\nA1;2026-01-05;1,50;C;EUR\nA1;2026-01-06;2,0"
    assert "final_newline" in looked_at(tmp_path, data).undecided


def test_rows_that_are_pending_get_that_status(tmp_path: Path) -> None:
    data = "Account,Date,Amount,D/C,Currency\nA1,Pending,1.50,C,EUR\nA1,2026-01-06,2.50,D,EUR\nA1,2026-01-07,2.50,C,EUR\n"
    found = looked_at(tmp_path, data)
    assert found.loaded is not None
    assert found.loaded["skipped"] == {"status pending": 1}


def test_payer_and_payee_make_a_file_of_transfers(tmp_path: Path) -> None:
    data = "Sender_account,Receiver_account,Date,Amount,Currency\nA1,B1,2026-01-05,1.50,EUR\n"
    found = looked_at(tmp_path, data)
    assert found.undecided == []
    assert loaded(tmp_path, found).select("account_id", "direction").rows() == [
        ("A1", "debit"),
        ("B1", "credit"),
    ]


def test_columns_about_protected_traits_do_not_enter_a_draft(tmp_path: Path) -> None:
    data = "Account,Date,Amount,D/C,Currency,Nationality\nA1,2026-01-05,1.50,C,EUR,ZZ\nA1,2026-01-05,1.50,D,EUR,ZZ\n"
    found = looked_at(tmp_path, data)
    assert "Nationality" not in found.draft
    assert any("protected trait" in note for note in found.notes)
    assert found.loaded is not None


@pytest.mark.parametrize(
    "name", ['a"b', "two\nlines", "tab\there", "x\u2028y", "back\\slash", "#: {} z", "bell\x07"]
)
def test_odd_names_of_columns_cannot_write_into_a_draft(name: str, tmp_path: Path) -> None:
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\n")
    table.writerow(["Account", f"Date {name}", f"Amount {name}", "D/C", "Currency"])
    table.writerows([["A1", "2026-01-05", "1,50", "C", "EUR"], ["A1", "2026-01-06", "2,50", "D", "EUR"]])
    found = looked_at(tmp_path, out.getvalue())
    assert set(found.undecided) == {"booking_ts", "amount"}
    with pytest.raises(DataError, match="D061"):
        read_mapping(write(tmp_path, "draft.yaml", found.draft))
    written_names = {f"Date {name}", f"Amount {name}"}
    assert found.roles is not None
    for part in found.roles.columns:
        part.sure, part.candidates = True, []
    mapping = read_mapping(write(tmp_path, "draft.yaml", write_draft("x", found.inputs, found.roles)))
    specs = mapping.sections["transactions"].columns
    assert {specs["booking_ts"].source[0], specs["amount"].source[0]} == written_names


def test_a_file_that_needs_no_mapping_gets_none(tmp_path: Path) -> None:
    data = "account_id,booking_ts,direction,amount\nA1,2026-01-05T10:00:00Z,credit,12.50\n"
    found = looked_at(tmp_path, data, "transactions.csv")
    assert (found.state, found.draft) == ("canonical", "")


def test_no_value_of_the_data_is_shown(tmp_path: Path) -> None:
    secret = "Maria Xenou", "99887766"
    data = f"Account,Date,Amount,D/C,Currency,Description,Name\n{secret[1]},2026-01-05,1.50,C,EUR,{secret[0]},{secret[0]}\n"
    told = str(looked_at(tmp_path, data).as_dict())
    assert not any(part in told for part in secret)


# --- pieces -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "page", "sure"),
    [
        ("Ημερομηνία;Ποσό", "cp1253", True), ("Άννα Παπαδοπούλου κατάθεση μετρητών", "cp1253", True),
        ("Άννα", "iso-8859-7", False), ("für", "cp1252", False), ("Größe für Überweisung und Gebühr", "cp1252", True),
        ("příjem žáků", "cp1250", False),
    ],
)  # fmt: skip
def test_an_encoding_is_sure_only_with_evidence(words: str, page: str, sure: bool) -> None:
    data = words.encode(page)
    found = encoding_of(data, frozenset(b for b in data if b > 127), is_utf8=False)
    assert found.sure == sure
    named = {found.name, *found.candidates, *found.alike}
    assert any(data.decode(name) == words for name in named)
    if sure:
        assert data.decode(found.name) == words


def test_two_code_pages_that_read_alike_are_told_apart_by_the_letters_in_which_they_differ() -> None:
    data = "Ημερομηνία;Άννα".encode("cp1253")
    found = encoding_of(data, frozenset(b for b in data if b > 127), is_utf8=False)
    assert (found.name, "iso-8859-7" in found.alike) == ("cp1253", False)


def test_dates_keep_every_reading() -> None:
    assert [f.form for f in date_forms(["05/01/2026"])] == ["%d/%m/%Y", "%m/%d/%Y"]
    assert [f.form for f in date_forms(["13/01/2026"])] == ["%d/%m/%Y"]
    assert [f.form for f in date_forms(["2019.04.19."])] == ["%Y.%m.%d."]
    assert date_forms(["30/02/2026"]) == []
    assert largest_parts(["05/01/2026", "02/11/2026"]) == (5, 11)


def test_shapes_hide_letters_and_digits() -> None:
    assert shape("Άννα 12/3") == "AAAA 99/9"
    assert shape("123456789") == "999…"


@pytest.mark.parametrize("value", ["A1234", "12-12-2019", "1 2 3 x", "", "EUR", "(5", "5 EUR EUR", "--5"])
def test_what_is_no_amount_is_none(value: str) -> None:
    assert written(value) is None


# --- workbooks ----------------------------------------------------------------------------------------------


def test_a_workbook_is_inspected_sheet_by_sheet(tmp_path: Path) -> None:
    rows = [["My bank"], ["Account", "Date", "Amount", "D/C", "Currency"], ["A1", 46000, -1.5, "D", "EUR"],
            ["A1", 46001, 1234.5, "C", "EUR"], ["Total", None, 1233]]  # fmt: skip
    book(tmp_path / "export.xlsx", {"Info": [["nothing"]], "Moves": rows}, dates={1})
    found = looked(tmp_path / "export.xlsx")
    assert found.undecided == []
    frame = loaded(tmp_path, found, "export.xlsx")
    assert frame.select("amount", "direction").rows() == [(150, "debit"), (123450, "credit")]


# --- broken files -------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    data=st.binary(max_size=300),
    name=st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.xlsx", "a.ndjson", "a.parquet"]),
)
def test_any_bytes_give_an_answer_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    try:
        looked_at(tmp_path_factory.mktemp("f"), data, name)
    except ThbscreenError as error:
        assert "error[D" in str(error)


GOOD = Habit(
    "greek", "cp1253", ";", (",", "."), "%d/%m/%Y", "signed", True, 1, 1,
    [(dt.date(2026, 1, 13), 500_000, "Άννα"), (dt.date(2026, 1, 14), -1_234, "κίνηση; νέα")],
).content()  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, len(GOOD)),
)
def test_damaged_tables_give_an_answer_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(GOOD)
    for place, byte in changes:
        data[place] = byte
    try:
        looked_at(tmp_path_factory.mktemp("f"), bytes(data[:cut]))
    except ThbscreenError as error:
        assert "error[D" in str(error)


# --- files of banks -------------------------------------------------------------------------------------------

#: What is left to a person in each file; nothing else may be, and nothing wrong may be taken.
OPEN = {
    "bunq-en-refund.csv": ["sign", "currency"],
    "dbs-sg.csv": ["names", "sign", "account_id", "currency", "booking_ts", "amount", "direction"],
    "erste-hu.csv": ["currency"],
    "gr-nbg-cp1253.csv": ["account_id", "currency"],
    "kbc-be-mastercard.csv": ["final_newline", "sign", "account_id"],
    "rabobank-nl-2018.csv": ["encoding", "sign"],
    "raiffeisen-at-cdflag-noheader.csv": [
        "names", "sign", "account_id", "currency", "booking_ts", "amount", "direction",
    ],
    "revolut-eur.csv": ["sign", "account_id"],
    "sparkasse-de-camtcsv.csv": ["sign", "booking_ts", "value_date"],
    "sparkasse-de-card.csv": ["final_newline", "sign", "booking_ts"],
    "uk-card-pending-bom.csv": ["sign", "account_id", "currency", "direction"],
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_what_stays_open_in_a_file_of_a_bank(name: str) -> None:
    path = STATEMENTS / "csv" / name
    if not path.is_file():
        pytest.skip("the files of banks are not beside the repository")
    assert looked(path).undecided == OPEN[name]


def test_a_file_of_fixed_width_is_named() -> None:
    path = STATEMENTS / "other" / "coda-kbc-be.txt"
    if not path.is_file():
        pytest.skip("the files of banks are not beside the repository")
    assert (looked(path).kind, looked(path).state) == ("coda", "read")


# --- statements ---------------------------------------------------------------------------------------------


def test_statements_say_whether_their_balances_prove_the_reading(tmp_path: Path) -> None:
    gap = mt940(entry("2601050105C1,NTRFNONREF"), closing="C260131EUR1002,")
    closes = mt940(entry("2601050105C2,NTRFNONREF"), closing="C260131EUR1002,")
    found = looked_at(tmp_path, gap + closes + mt940(entry("2601050105C3,NTRFNONREF"), closing=""), "a.sta")
    assert (found.kind, found.state, found.draft) == ("mt940", "read", "")
    assert found.notes == [
        "3 statements with 3 entries; opening, entries and closing: closes in 1, gap in 1, "
        "not told: no closing balance in 1",
        "settled by rule, 1 x: statement without a closing balance; the file may be cut",
    ]


def test_a_kind_without_a_reader_is_said_to_be_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(READERS, "mt940", raising=False)
    assert looked_at(tmp_path, ":20:x\n:25:A1\n:60F:C260101EUR10,\n:61:x\n", "a.sta").state == "not read"


def test_a_table_without_amounts_gets_no_draft(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "colour;size\nred;large\nblue;small\n")
    assert (found.state, found.draft) == ("no movements", "")


def test_a_running_balance_is_held_against_each_account_alone(tmp_path: Path) -> None:
    data = "Account,Counterparty account,Date,Amount,Currency,Balance\n"
    data += "".join(
        f"A{n % 3},B,2026-01-{13 + n // 3},{'-' * (n > 5)}1.00,EUR,{(100 * (n % 3)) + [1, 2, 1][n // 3]}.00\n"
        for n in range(9)
    )
    found = looked_at(tmp_path, data)
    assert found.roles is not None
    assert found.roles.balance == (6, 6, "debit")
    assert found.undecided == []

"""Bank exports of many habits, each read with a mapping; and files that other banks really wrote."""

# ruff: noqa: E501  # a mapping reads better in few lines
from __future__ import annotations

import csv
import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.io.support import ANY_SHARE, ZONE, mapped, reasons, rows, write
from thbscreen.errors import DataError
from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.limits import Limits
from thbscreen.io.values import Marks, money

ROOT = Path(__file__).resolve().parents[3]
STATEMENTS = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared")) / "data" / "statements"
BASE = """mapping: 1
input: {%s}
sign: {rule: signed}
defaults: {account_id: A1}
columns:
  booking_ts: {from: Day, format: "%%d.%%m.%%Y"}
  amount: {from: Sum}
  remittance_info: {from: Text}
"""


def texts(dataset: Dataset) -> list[tuple[int, str | None]]:
    return list(rows(dataset).select("amount", "remittance_info").iter_rows())


def counts(dataset: Dataset) -> dict[str, object]:
    table = dataset.report().tables["transactions"]
    assert table.adds_up
    return {"read": table.read, "loaded": table.loaded, "rejected": table.rejected, **table.skipped}


def test_lines_above_the_header_and_totals_below_are_no_rows(tmp_path: Path) -> None:
    data = "Bank of X\nfrom 1 to 2\nDay;Sum;Text\n01.02.2026;-1,50;a\n02.02.2026;2,00;b\nTotal;0,50\nend"
    habit = 'delimiter: ";", decimal: ",", header_row: 3, skip_footer: 2'
    dataset = mapped(tmp_path, data, BASE % habit)
    assert texts(dataset) == [(150, "a"), (200, "b")]
    assert counts(dataset) == {"read": 4, "loaded": 2, "rejected": 0, "line of the footer": 2}


@given(
    lines=st.lists(
        st.sampled_from(["01.02.2026;1,00;x\n", '01.02.2026;1,00;"y\nz"\n', "\n"]), min_size=1, max_size=9
    ),
    footer=st.integers(0, 4),
    block=st.integers(20, 60),
)
def test_a_footer_is_left_out_wherever_blocks_end(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], footer: int, block: int
) -> None:
    folder = tmp_path_factory.mktemp("f")
    data = "Day;Sum;Text\n" + "".join(lines) + "sum;1\n" * footer
    habit = f'delimiter: ";", decimal: ",", skip_footer: {footer}'
    dataset = mapped(folder, data, BASE % habit, Limits(reject_share=1.0, block_bytes=block))
    filled = sum(line != "\n" for line in lines)
    assert rows(dataset).height == filled
    blank = {"blank line": len(lines) - filled} if filled < len(lines) else {}
    left = {"line of the footer": footer} if footer else {}
    assert counts(dataset) == {"read": len(lines) + footer, "loaded": filled, "rejected": 0, **blank, **left}


def test_names_may_stand_for_those_in_the_header(tmp_path: Path) -> None:
    data = "Date,,Amount,\n01.02.2026,a,5.00,\n02.02.2026,b,6.00,CR\n"
    text = BASE.replace("sign: {rule: signed}\n", "")
    text += '  direction: {from: Side, map: {CR: credit, "": debit}}\n'
    dataset = mapped(tmp_path, data, text % "header_row: 1, names: [Day, Text, Sum, Side]")
    assert rows(dataset)["direction"].to_list() == ["debit", "credit"]


def test_repeated_names_get_numbers_and_the_bare_name_is_refused(tmp_path: Path) -> None:
    data = "Day,Sum,sum,Text\n01.02.2026,5.00,7.00,x\n"
    assert texts(mapped(tmp_path, data, (BASE % "kind: csv").replace("from: Sum", "from: sum#2"))) == [
        (700, "x")
    ]
    with pytest.raises(DataError, match=r"D011.*several columns match 'Sum'") as caught:
        rows(mapped(tmp_path, data, BASE % "kind: csv"))
    assert "Sum#1" in str(caught.value)


def test_text_that_goes_on_in_the_next_row_is_joined(tmp_path: Path) -> None:
    data = "Day,Sum,Text\n,,lost\n01.02.2026,5.00,a\n,,b \n,,c\n02.02.2026,6.00,\n,,d\n03.02.2026,7.00,e\n"
    for rows_at_once in (1, 2, 3, 100):
        limits = Limits(reject_share=1.0, chunk_rows=rows_at_once, block_bytes=20)
        dataset = mapped(tmp_path, data, BASE % "continue_text: text", limits)
        assert texts(dataset) == [(500, "a b c"), (600, "d"), (700, "e")]
        assert counts(dataset) == {"read": 7, "loaded": 3, "rejected": 1, "text of the row above": 3}


def test_without_the_declaration_such_rows_are_refused(tmp_path: Path) -> None:
    data = "Day,Sum,Text\n01.02.2026,5.00,a\n,,b\n"
    assert reasons(mapped(tmp_path, data, BASE % "kind: csv")) == [(2, "booking_ts", "D101")]


@pytest.mark.parametrize("block", range(20, 34))
def test_line_ends_of_three_characters_are_read_wherever_blocks_end(block: int, tmp_path: Path) -> None:
    data = '"Day","Sum","Text"\r\r\n"01.02.2026","5.00","a"\r\r\n"02.02.2026","6.00","b"\r\r\n'
    dataset = mapped(tmp_path, data, BASE % "kind: csv", Limits(block_bytes=block))
    assert texts(dataset) == [(500, "a"), (600, "b")]


AMOUNTS = {
    "£1,183.23": 118323, "+ £1,100.00": 110000, "-£5": -500, "£-5.10": -510, "5.00 £": 500, "(£5.00)": -500,
    "£5.00-": -500, "5.00£-": -500, "−£5": -500, "- 5.00": -500, "5.00": 500,
}  # fmt: skip
WRONG = ["£", "££5", "5£5", "£5£", "$5", "5,00", "1,2.00", "£ -", "--5", "(-5)"]


def read_amount(text: str) -> int | None:
    frame = pl.DataFrame({"a": [text]})
    parsed = money(frame, "a", 2, Marks(".", ",", free=True, currency_sign="£"), signed=True)
    bad = any(frame.select(f.bad.first()).item() for f in parsed.flags)
    value: int | None = frame.select(parsed.value).item()
    return None if bad else value


@pytest.mark.parametrize(("text", "cents"), AMOUNTS.items())
def test_amounts_with_a_declared_currency_sign_are_read(text: str, cents: int) -> None:
    assert read_amount(text) == cents


@pytest.mark.parametrize("text", WRONG)
def test_other_amounts_are_refused_and_never_read_as_something_else(text: str) -> None:
    assert read_amount(text) is None


@pytest.mark.parametrize("mark", ["\u00a0", "\u202f", " "])
def test_any_blank_may_stand_between_thousands(mark: str, tmp_path: Path) -> None:
    data = f"Day;Sum;Text\n01.02.2026;1{mark}234,56;x\n"
    assert texts(mapped(tmp_path, data, BASE % 'delimiter: ";", decimal: ",", thousands: space')) == [
        (123456, "x")
    ]


def test_a_currency_sign_that_could_be_part_of_a_number_is_refused(tmp_path: Path) -> None:
    for sign in ("1", ".", "a b", "toolong"):
        with pytest.raises(DataError, match="D045"):
            mapped(tmp_path, "Day,Sum,Text\n", BASE % f'currency_sign: "{sign}"')


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("27 Feb 2018", "%d %b %Y"), ("27-Feb-2018", "%d-%b-%Y"), ("180227", "%y%m%d"), ("2018.02.27.", "%Y.%m.%d."),
        ("27.02.18", "%d.%m.%y"), ("2018/02/27", "%Y/%m/%d"), ("27 February 2018", "%d %B %Y"), ("20180227", "%Y%m%d"),
    ],
)  # fmt: skip
def test_days_are_read_in_the_declared_form(written: str, form: str, tmp_path: Path) -> None:
    text = (BASE % "kind: csv").replace("%d.%m.%Y", form)
    frame = rows(mapped(tmp_path, f"Day,Sum,Text\n{written},1,x\n", text))
    assert [str(d) for d in frame["booking_ts"].dt.convert_time_zone(ZONE).dt.date()] == ["2018-02-27"]


def test_a_draft_that_leaves_something_open_does_not_load(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"map.yaml:9:12: error\[D061\].*leaves open: input.encoding, sign"
    ) as caught:
        mapped(tmp_path, "Day,Sum,Text\n", BASE % "kind: csv" + "undecided: [input.encoding, sign]\n")
    assert "remove 'undecided'" in str(caught.value)


# --- files of banks -----------------------------------------------------------------------------------

SIGNED = "sign: {rule: signed}\n"
MINE = "defaults: {account_id: A1}\n"
#: Mapping, rows that are loaded, cents in, cents out, and what becomes of other rows.
FILES: dict[str, tuple[str, int, int, int, dict[str, int]]] = {
    "bunq-en-refund.csv": (
        'input: {decimal: ","}\n' + SIGNED +
        "columns:\n  account_id: {from: Account}\n  booking_ts: {from: Date}\n  amount: {from: Amount}\n"
        "  cp_account_id: {from: Counterparty}\n  cp_name: {from: Name}\n  remittance_info: {from: Description}\n",
        7, 1586, 3968, {},
    ),
    "dbs-sg.csv": (
        "input: {names: [Date, Code, Out, In, Text, T2, T3, T4]}\n"
        "sign: {rule: debit_credit_columns, debit: {from: Out}, credit: {from: In}}\n"
        "defaults: {account_id: A1, currency: SGD}\n"
        'columns:\n  booking_ts: {from: Date, format: "%d %b %Y"}\n  remittance_info: {concat: [Text, T2, T3, T4]}\n',
        1, 0, 780, {},
    ),
    "erste-hu.csv": (
        "sign: {rule: signed_and_flag}\n"
        'columns:\n  account_id: {from: Számlaszám}\n  booking_ts: {from: Tranzakció dátuma, format: "%Y.%m.%d."}\n'
        "  amount: {from: Tranzakció összege}\n  currency: {from: Tranzakció devizaneme}\n"
        "  direction: {from: Bevétel/Kiadás, map: {inflow: credit, outflow: debit}}\n  balance_after: {from: Egyenleg}\n"
        '  value_date: {from: Értéknap, format: "%Y.%m.%d."}\n',
        2, 129000, 35000, {},
    ),
    "gr-nbg-cp1253.csv": (
        'input: {encoding: cp1253, delimiter: ";", decimal: ",", thousands: "."}\n' + SIGNED + MINE +
        'columns:\n  booking_ts: {from: Ημερομηνία, format: "%d/%m/%Y"}\n  remittance_info: {from: Αιτιολογία}\n'
        "  amount: {from: Ποσό}\n  balance_after: {from: Υπόλοιπο}\n",
        4, 52000, 46537, {},
    ),
    "kbc-be-mastercard.csv": (
        'input: {delimiter: ";", decimal: ",", final_newline: optional}\n' + SIGNED + MINE +
        'columns:\n  booking_ts: {from: Datum verrekening, format: "%d/%m/%Y"}\n  amount: {from: bedrag}\n'
        "  currency: {from: munt}\n  card_id: {from: kredietkaart}\n  remittance_info: {from: Handelaar}\n",
        3, 3577, 3304, {},
    ),
    "raiffeisen-at-cdflag-noheader.csv": (
        'input: {names: [Day, Text, Value, Sum, Side], delimiter: ";", decimal: ","}\n' + MINE +
        'columns:\n  booking_ts: {from: Day, format: "%d.%m.%Y"}\n  amount: {from: Sum}\n'
        "  direction: {from: Side, map: {O: debit, I: credit}}\n  remittance_info: {from: Text}\n"
        "checks: {max_reject_share: 0.06}\n",
        70, 187820, 631936, {"rejected": 4},
    ),
    "revolut-eur.csv": (
        SIGNED + MINE +
        "columns:\n  booking_ts: {from: Completed Date}\n  amount: {from: Amount}\n  currency: {from: Currency}\n"
        "  remittance_info: {from: Description}\n  balance_after: {from: Balance}\n"
        "  status: {from: State, map: {COMPLETED: booked, PENDING: pending}}\n",
        2, 25000, 350, {},
    ),
    "sparkasse-de-camtcsv.csv": (
        'input: {delimiter: ";", decimal: ","}\n' + SIGNED +
        'columns:\n  account_id: {from: Auftragskonto}\n  booking_ts: {from: Buchungstag, format: "%d.%m.%y"}\n'
        "  amount: {from: Betrag}\n  currency: {from: Waehrung}\n  cp_iban: {from: Kontonummer}\n"
        "  end_to_end_id: {from: Verwendungszweck, regex: '^EREF\\+(.*?)MREF\\+'}\n"
        "  remittance_info: {from: Verwendungszweck, regex: 'SVWZ\\+(.*)$'}\n",
        1, 0, 3699, {},
    ),
    "sparkasse-de-card.csv": (
        'input: {encoding: iso-8859-1, delimiter: ";", decimal: ",", final_newline: optional}\n' + SIGNED +
        'columns:\n  account_id: {from: Umsatz getätigt von}\n  booking_ts: {from: Buchungsdatum, format: "%d.%m.%y"}\n'
        "  amount: {from: Buchungsbetrag}\n  currency: {from: Buchungswährung}\n  orig_amount: {const: '5'}\n",
        1, 0, 500, {},
    ),
    "uk-card-pending-bom.csv": (
        'input: {header_row: 1, names: [Day, Text, Sum, Side], thousands: ",", currency_sign: £}\n'
        "defaults: {account_id: A1, currency: GBP}\n"
        'columns:\n  booking_ts: {from: Day, format: "%d-%b-%Y"}\n  amount: {from: Sum}\n  remittance_info: {from: Text}\n'
        "  status: {from: Day, map: {Pending: pending}, else: booked}\n"
        '  direction: {from: Side, map: {CR: credit, "": debit}}\n',
        10, 110000, 138580, {"status pending": 3},
    ),
}  # fmt: skip


def sample(name: str) -> Path:
    if not (STATEMENTS / "csv" / name).is_file():
        pytest.skip("the files of banks are not beside the repository")
    return STATEMENTS / "csv" / name


def opened(name: str, mapping: str, folder: Path, data: bytes | None = None) -> Dataset:
    declared = write(folder, "map.yaml", "mapping: 1\n" + mapping)
    path = sample(name) if data is None else write(folder, name, data)
    return open_dataset([path], declared, zone=ZONE)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_bank_is_read_with_all_its_rows_and_sums(name: str, tmp_path: Path) -> None:
    mapping, loaded, credits, debits, others = FILES[name]
    dataset = opened(name, mapping, tmp_path)
    frame = rows(dataset)
    sums = dict(frame.group_by("direction").agg(pl.col("amount").sum()).iter_rows())
    assert (frame.height, sums.get("credit", 0), sums.get("debit", 0)) == (loaded, credits, debits)
    expected = {"loaded": loaded, "rejected": 0, **others}
    found = counts(dataset)
    assert found == {"read": sum(expected.values()), **expected}


@pytest.mark.parametrize("name", FILES)
def test_as_many_lines_are_read_as_its_manifest_says(name: str, tmp_path: Path) -> None:
    sample(name)
    with (STATEMENTS / "manifest.csv").open(encoding="utf-8") as stream:
        stated = {
            row["file"]: int(row["records"]) for row in csv.DictReader(stream) if row["file"][:4] == "csv/"
        }
    read = counts(opened(name, FILES[name][0], tmp_path))["read"]
    no_header = "names: [" in FILES[name][0] and "header_row" not in FILES[name][0]
    assert read == stated[f"csv/{name}"] - (not no_header)  # its records count the header line


RABOBANK = (
    'input: {encoding: iso-8859-1, decimal: ",", final_newline: optional}\n' + SIGNED +
    "columns:\n  account_id: {from: IBAN/BBAN}\n  booking_ts: {from: Datum}\n  amount: {from: Bedrag}\n"
    "  currency: {from: Munt}\n  balance_after: {from: Saldo na trn}\n"
)  # fmt: skip


def test_a_row_that_lost_its_quote_mark_stops_the_load_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"rabobank-nl-2018.csv: row 2: error\[D018\]"):
        rows(opened("rabobank-nl-2018.csv", RABOBANK, tmp_path))


def test_with_the_quote_mark_put_back_the_file_is_read(tmp_path: Path) -> None:
    data = (
        sample("rabobank-nl-2018.csv")
        .read_bytes()
        .replace(b'\nNL77RABO0311467415"', b'\n"NL77RABO0311467415"')
    )
    dataset = opened("rabobank-nl-2018.csv", RABOBANK, tmp_path, data)
    assert rows(dataset).select("amount", "direction", "balance_after").rows() == [
        (33749, "debit", 525728), (5000, "credit", 1308453), (75000, "debit", 1233453),
    ]  # fmt: skip


def test_a_text_file_of_fixed_width_without_its_first_record_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "part.txt"
    file.write_text((f"0{'':127s}\n") * 3, encoding="utf-8")
    with pytest.raises(DataError, match=r"D005.*CODA"):
        open_dataset([file], None, zone=ZONE, limits=ANY_SHARE)

"""Mappings declare what columns mean; what they do not declare is not guessed."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.unit.io.support import HEADER, ROW, ZONE, mapped, reasons, rows, write
from thbscreen.errors import DataError
from thbscreen.io.dataset import open_dataset
from thbscreen.io.mapping_file import read_mapping

ROOT = Path(__file__).resolve().parents[3]
BASE = """mapping: 1
name: test
columns:
  account_id: {from: Konto}
  booking_ts: {from: Tag, format: "%d.%m.%Y"}
  amount: {from: Betrag}
  direction: {from: Art, map: {H: credit, S: debit}}
"""
DATA = "Konto,Tag,Betrag,Art,Text,Zusatz\nA1,05.01.2026,12.50,H,rent REF77 may,\nA1,06.01.2026,1,S,,extra\n"


def test_declared_columns_are_read(tmp_path: Path) -> None:
    frame = rows(mapped(tmp_path, DATA, BASE))
    assert frame.select("account_id", "amount", "direction", "currency", "has_time").rows() == [
        ("A1", 1250, "credit", "EUR", False),
        ("A1", 100, "debit", "EUR", False),
    ]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{const: hello}", ["hello", "hello"]),
        ("{concat: [Text, Zusatz]}", ["rent REF77 may", "extra"]),
        ('{concat: [Art, Konto], separator: "/"}', ["H/A1", "S/A1"]),
        ("{coalesce: [Zusatz, Text]}", ["rent REF77 may", "extra"]),
        ('{from: Text, regex: "(REF[0-9]+)"}', ["REF77", None]),
        ("{from: Zusatz, map: {extra: more, '': nothing}}", ["nothing", "more"]),
        ("{from: Art, map: {H: in}, else: other}", ["in", "other"]),
        ("{from: Art, map: {H: in}, else: null}", ["in", None]),
    ],
)
def test_a_column_is_built_from_others(spec: str, expected: list[str | None], tmp_path: Path) -> None:
    assert (
        rows(mapped(tmp_path, DATA, f"{BASE}  remittance_info: {spec}\n"))["remittance_info"].to_list()
        == expected
    )


def test_words_that_look_like_values_stay_words(tmp_path: Path) -> None:
    data = DATA.replace(",H,", ",NO,").replace(",S,", ",012,")
    frame = rows(mapped(tmp_path, data, BASE.replace("{H: credit, S: debit}", "{NO: credit, 012: debit}")))
    assert frame["direction"].to_list() == ["credit", "debit"]


def test_a_map_must_cover_all_values(tmp_path: Path) -> None:
    dataset = mapped(tmp_path, DATA, BASE.replace(", S: debit", ""))
    assert rows(dataset).height == 1
    assert reasons(dataset) == [(2, "direction", "D114")]


def test_defaults_fill_what_the_source_lacks(tmp_path: Path) -> None:
    text = (
        BASE
        + "  cp_name: {from: Zusatz}\ndefaults: {currency: SEK, cp_name: none, timezone: Europe/Stockholm}\n"
    )
    frame = rows(mapped(tmp_path, DATA, text))
    assert frame.select("currency", "cp_name", "amount_eur").rows() == [
        ("SEK", "none", None),
        ("SEK", "extra", None),
    ]
    assert [t.hour for t in frame["booking_ts"]] == [23, 23]


def test_a_stated_rate_gives_euros_and_is_reported(tmp_path: Path) -> None:
    text = (
        BASE + "defaults: {currency: CZK}\nrates:\n  CZK: {rate: '0.0286', on: 1993-12-31, source: assumed}\n"
    )
    dataset = mapped(tmp_path, DATA.replace("12.50", "1000.05"), text)
    assert rows(dataset)["amount_eur"].to_list() == [2860, 3]  # 28.60143 and 0.0286 euros
    assert dataset.report().rates == ("1 CZK = 0.0286 EUR on 1993-12-31 (assumed)",)


SIGNS = """mapping: 1
sign: {RULE}
columns:
  account_id: {from: a}
  booking_ts: {from: d, format: "%Y-%m-%d"}
"""


def _sign(folder: Path, rule: str, columns: str, data: str) -> tuple[list[tuple[str, int]], list[str]]:
    header = "a,d,m,f,deb,cre\n"
    body = "".join(f"A,2026-01-05,{line}\n" for line in data.split())
    dataset = mapped(folder, header + body, SIGNS.replace("{RULE}", rule) + columns)
    frame = rows(dataset)
    return list(frame.select("direction", "amount").iter_rows()), [
        f"{row}{code}" for row, _, code in reasons(dataset)
    ]


def test_signed_amounts_tell_the_direction(tmp_path: Path) -> None:
    amount = "  amount: {from: m}\n"
    loaded, refused = _sign(tmp_path, "{rule: signed}", amount, "-5,,, 7,,,")
    assert (loaded, refused) == ([("debit", 500), ("credit", 700)], [])
    loaded, _ = _sign(tmp_path, "{rule: signed, negative: credit}", amount, "-5,,, 7,,,")
    assert loaded == [("credit", 500), ("debit", 700)]


def test_a_flag_column_wants_amounts_without_sign(tmp_path: Path) -> None:
    columns = "  amount: {from: m}\n  direction: {from: f, map: {C: credit, D: debit}}\n"
    loaded, refused = _sign(tmp_path, "{rule: flag_column}", columns, "5,C,, -5,D,,")
    assert (loaded, refused) == ([("credit", 500)], ["2D105"])


def test_sign_and_flag_must_agree(tmp_path: Path) -> None:
    columns = "  amount: {from: m}\n  direction: {from: f, map: {C: credit, D: debit}}\n"
    loaded, refused = _sign(tmp_path, "{rule: signed_and_flag}", columns, "5,C,, -5,D,, -5,C,, 5,D,,")
    assert (loaded, refused) == ([("credit", 500), ("debit", 500)], ["3D106", "4D106"])


def test_exactly_one_of_two_columns_is_filled(tmp_path: Path) -> None:
    rule = "{rule: debit_credit_columns, debit: {from: deb}, credit: {from: cre}}"
    loaded, refused = _sign(tmp_path, rule, "", ",,5, ,,,7 ,,5,7 ,, ,,0,7 ,,-5,")
    assert loaded == [("debit", 500), ("credit", 700), ("credit", 700)]
    assert refused == ["3D107", "4D117", "6D105"]


def test_other_code_pages_and_separators_are_read_when_declared(tmp_path: Path) -> None:
    data = DATA.replace(",", "|").replace("rent", "Ενοίκιο")
    for encoding in ("cp1253", "iso-8859-7", "utf-16"):
        text = BASE + f'  remittance_info: {{from: Text}}\ninput: {{encoding: {encoding}, delimiter: "|"}}\n'
        frame = rows(mapped(tmp_path, data.encode(encoding), text))
        assert frame["remittance_info"][0] == "Ενοίκιο REF77 may"


def test_lines_above_the_header_and_files_without_header_are_declared(tmp_path: Path) -> None:
    above = mapped(tmp_path, "My Bank\nStatement, all\n" + DATA, BASE + "input: {header_row: 3}\n")
    assert rows(above).height == 2
    body = DATA.split("\n", 1)[1]
    named = mapped(tmp_path, body, BASE + "input: {names: [Konto, Tag, Betrag, Art, Text, Zusatz]}\n")
    assert rows(named)["source_row"].to_list() == [1, 2]


def test_quotes_can_be_plain_text_and_a_last_line_end_can_be_optional(tmp_path: Path) -> None:
    data = DATA.replace("rent", '5" pipe').rstrip("\n")
    text = BASE + "  remittance_info: {from: Text}\ninput: {quote: none, final_newline: optional}\n"
    assert rows(mapped(tmp_path, data, text))["remittance_info"][0] == '5" pipe REF77 may'


def test_gzip_is_read_when_declared(tmp_path: Path) -> None:
    text = BASE + "input: {compression: gzip}\n"
    assert rows(mapped(tmp_path, gzip.compress(DATA.encode()), text, name="export.csv.gz")).height == 2


def test_typed_columns_of_a_mapped_parquet_file_keep_their_types(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame(
        {"k": [1, 2], "t": pl.Series(["2026-01-05", "2026-07-05"]).str.to_datetime(), "m": [1.5, -2.25]}
    ).write_parquet(path)
    columns = "columns:\n  account_id: {from: k}\n  booking_ts: {from: t}\n  amount: {from: m}\n"
    text = "mapping: 1\nsign: {rule: signed}\n" + columns
    frame = rows(open_dataset([path], write(tmp_path, "m.yaml", text), zone=ZONE))
    assert frame.select("account_id", "direction", "amount").rows() == [
        ("1", "credit", 150),
        ("2", "debit", 225),
    ]


def test_a_mapping_for_transactions_leaves_canonical_side_tables_alone(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder, "export.csv", DATA)
    write(folder, "accounts.csv", "account_id,product\nA1,current\n")
    dataset = open_dataset([folder], write(tmp_path, "m.yaml", BASE), zone=ZONE)
    assert (dataset.accounts["product"].to_list(), rows(dataset).height) == (["current"], 2)


def test_max_reject_share_of_the_mapping_counts(tmp_path: Path) -> None:
    data = DATA + "A1,x,1,H,,\n"
    strict = mapped(tmp_path, data, BASE + "checks: {max_reject_share: 0.3}\n")
    with pytest.raises(DataError, match=r"1 of 3 rows.*30\.00%.*D109"):
        strict.report()
    assert mapped(tmp_path, data, BASE + "checks: {max_reject_share: 0.34}\n").report().rejected == 1


def test_canonical_files_refuse_one_bad_row_in_two_by_default(tmp_path: Path) -> None:
    write(tmp_path, "transactions.csv", HEADER + ROW + ROW.replace("N1", "N2").replace("12.50", "x"))
    with pytest.raises(DataError, match=r"1 of 2 rows of transactions were refused, more than 1\.00%"):
        open_dataset([tmp_path], None, zone=ZONE).report()


# --- the shipped mapping ------------------------------------------------------------------------

BERKA = ROOT / "sample_data" / "mappings" / "berka.yaml"


def _berka_folder() -> Path:
    shared = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared"))
    return shared / "data" / "berka"


def test_the_berka_mapping_never_reads_birth_numbers() -> None:
    mapping = read_mapping(BERKA)
    used = {
        source
        for section in mapping.sections.values()
        for _, spec in section.specs()
        for source in spec.source
    }
    assert "birth_number" not in used
    assert {"trans_id", "client_id", "disp_id"} & used >= {"trans_id", "client_id"}


@pytest.mark.skipif(not _berka_folder().is_dir(), reason="the Berka files are not on this machine")
def test_the_berka_files_load_with_the_counts_their_readme_states(tmp_path: Path) -> None:
    for name in ("trans", "account", "client", "disp"):
        with (
            gzip.open(_berka_folder() / f"{name}.asc.gz") as packed,
            (tmp_path / f"{name}.asc").open("wb") as out,
        ):
            shutil.copyfileobj(packed, out)
    dataset = open_dataset([tmp_path], BERKA, zone="Europe/Prague")
    frame = rows(dataset)
    report = dataset.report()
    assert report.tables["transactions"].adds_up
    assert report.rejected == 0
    assert (dataset.accounts.height, dataset.parties.height, dataset.account_parties.height) == (
        4500,
        5369,
        5369,
    )
    assert frame["account_id"].n_unique() == 1229
    kinds = dict(frame["tx_type"].value_counts().iter_rows())
    assert kinds["cash_deposit"] == 9759
    assert not frame["has_time"].any()
    assert frame["amount_eur"].null_count() == 0
    assert set(dataset.account_parties["role"]) == {"holder", "mandate"}
    # The bank's own balances prove amounts, decimals and directions. Rows of one day have no order and
    # the bank rounded at month ends, so the sum of all movements must come within 30 koruna of a
    # balance of the last day, on almost every account.
    signed = pl.when(pl.col("direction") == "credit").then(pl.col("amount")).otherwise(-pl.col("amount"))
    last = pl.col("booking_ts") == pl.col("booking_ts").max()
    ends = frame.group_by("account_id").agg(signed.sum().alias("end"), pl.col("balance_after").filter(last))
    near = (
        ends.explode("balance_after")
        .group_by("account_id")
        .agg((pl.col("balance_after") - pl.col("end")).abs().min().alias("gap"))
    )
    assert (near["gap"] <= 3000).mean() > 0.97

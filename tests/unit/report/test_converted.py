"""Converted folders: canonical tables that say what the files say, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.unit.io.camt_build import OTHER, OWN, detail, entry, message, side, statement
from tests.unit.io.workbooks import book
from thbscreen.cli.convert import FORMS as CLI_FORMS
from thbscreen.errors import DataError, UsageError
from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.digest import sha256_file
from thbscreen.report.converted import FORMS, convert

ZONE = "Asia/Nicosia"
SIDES = ("accounts", "parties", "account_parties")
BANK = """\
mapping: 1
name: bank
input: {kind: csv, delimiter: ";", decimal: ",", thousands: "."}
defaults: {timezone: Europe/Vienna}
rates:
  KWD: {rate: "3", on: 2026-01-31, source: test}
sign: {rule: signed}
checks: {max_reject_share: 0.5}
columns:
  account_id: {from: Account}
  booking_ts: {from: Day, formats: ["%d.%m.%Y", "%d.%m.%Y %H:%M"]}
  amount: {from: Sum}
  currency: {from: Money}
  balance_after: {from: Left}
  cp_iban: {from: Iban}
  remittance_info: {from: Words}
"""
MOVED = """\
Account;Day;Sum;Money;Left;Iban;Words
A1;05.01.2026;-1.234,56;EUR;-0,05;DE65261964603287767307;=cmd "rent"; x
A1;25.10.2026 02:30;7,125;KWD;1.000,125;DE00261964603287767307;two lines
A1;06.01.2026;500;JPY;;;
A1;06.01.2026;500;JPY;;;
A1;07.01.2026;0,00;EUR;;;nothing
A1;not a day;1,00;EUR;;;refused
""".replace('=cmd "rent"; x', '"=cmd ""rent""; x"').replace("two lines", '"two\nlines"')
CANONICAL = """\
tx_id,account_id,booking_ts,direction,amount,currency,tx_type,cp_name
N1,A1,2026-01-05T10:00:00Z,credit,12.50,EUR,,Anna
N1,A1,2026-01-05T10:00:00Z,credit,12.50,EUR,,Anna
N2,A1,2026-01-06T10:00:00Z,debit,1.00,EUR,fee,
N2,A1,2026-01-06T10:00:00Z,debit,2.00,EUR,fee,
N3,A2,2026-01-06,debit,2.00,EUR,cash_withdrawal,
"""
TRANSFERS = """\
mapping: 1
name: transfers
perspective: transfer
payer: {account_id: {from: from}}
payee: {account_id: {from: to}}
columns: {booking_ts: {from: at}, amount: {from: sum}}
"""


def everything(dataset: Dataset) -> dict[str, pl.DataFrame]:
    """Gives all tables, movements in the order of their ids, without those that are left out."""
    frame = pl.concat(dataset.chunks())
    kept = frame.filter(~pl.col("_row").is_in(dataset.drop_rows().implode())).drop("_row")
    return {"transactions": kept.sort("tx_id"), **{name: getattr(dataset, name) for name in SIDES}}


def same(inputs: list[Path], out: Path, form: str, mapping: Path | None = None) -> pl.DataFrame:
    """Converts, and sees that the folder says what the files say; gives the movements."""
    before = open_dataset(inputs, mapping, zone=ZONE)
    told = everything(before)
    done = convert(inputs, out, mapping=mapping, to=form, zone=ZONE)
    again = everything(open_dataset([out], None, zone="America/New_York"))
    for name, frame in told.items():
        assert again[name].equals(frame), name
        assert again[name].schema == frame.schema
    assert done.rows["transactions"] == told["transactions"].height
    return told["transactions"]


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder / name


def test_the_command_knows_the_forms() -> None:
    assert CLI_FORMS == FORMS


@pytest.mark.parametrize("form", FORMS)
def test_a_mapped_export_says_the_same_with_currencies_signs_zones_and_repeats(
    tmp_path: Path, form: str
) -> None:
    data, mapping = written(tmp_path, "export.csv", MOVED), written(tmp_path, "bank.yaml", BANK)
    moved = same([data], tmp_path / "out", form, mapping)
    assert moved.height == 4
    assert sorted(moved["amount"]) == [500, 500, 7125, 123456]
    assert set(moved["source_file"]) == {"export.csv"}
    assert sorted(moved["source_row"]) == [1, 2, 3, 4]
    reject = pl.read_csv(tmp_path / "out" / "rejects.csv").row(0, named=True)
    assert (reject["file"], reject["row"], reject["column"]) == ("export.csv", 6, "booking_ts")


@pytest.mark.parametrize("form", FORMS)
def test_repeats_and_contradictions_are_left_out_and_counted(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    written(folder, "transactions.csv", CANONICAL)
    written(folder, "parties.csv", "party_id,kind,declared_monthly_income_eur\nP1,natural,1500.50\n")
    written(tmp_path, "m.yaml", "")
    with pytest.raises(DataError, match="D024"):
        convert([folder], tmp_path / "out", to=form, zone=ZONE)
    assert not (tmp_path / "out").exists()
    written(
        folder,
        "transactions.csv",
        CANONICAL.replace("N2,A1,2026-01-06T10:00:00Z,debit,2.00", "N4,A1,2026-01-06T10:00:00Z,debit,2.00"),
    )
    moved = same([folder], tmp_path / "out", form)
    assert moved["tx_id"].to_list() == ["N1", "N2", "N3", "N4"]
    facts = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert facts["counts"]["rows"]["transactions"]["skipped"] == {"same row again (same id, same content)": 1}


@pytest.mark.parametrize("form", FORMS)
def test_statements_say_the_same_with_owners_batches_and_the_proof_of_reading(
    tmp_path: Path, form: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    owner = "<Ownr><Nm>Example Ltd</Nm></Ownr>"
    batch = entry("3.00", "DBIT", detail("1.00", parties=side("Cdtr", "A", OTHER)), detail("2.00", text="b"))
    paid = entry("12.50", "DBIT", detail("", parties=side("Cdtr", "Anna Example", OTHER), text="rent"))
    text = message(statement(paid, batch, entry("x"), opening="20.00", closing="4.00", owner=owner))
    written(folder, "may.xml", text)
    moved = same([folder], tmp_path / "out", form)
    assert moved["account_id"].unique().to_list() == [OWN]
    quality = json.loads((tmp_path / "out" / "quality.json").read_text())
    assert quality["statements"]["each"][0]["gap"] == "-0.5"
    assert quality["load"]["tables"]["transactions"]["rejected"] == 1


def test_transfers_workbooks_and_lines_of_json_say_the_same(tmp_path: Path) -> None:
    mapping = written(tmp_path, "map.yaml", TRANSFERS)
    rows = [["from", "to", "at", "sum"], ["A", "B", "2026-01-05", "1.50"], ["B", "A", "2026-01-06", "2"]]
    lines = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    book(tmp_path / "moves.xlsx", {"Sheet": rows})
    written(tmp_path, "moves.ndjson", "".join(json.dumps(line) + "\n" for line in lines))
    for name in ("moves.xlsx", "moves.ndjson"):
        moved = same([tmp_path / name], tmp_path / f"out-{name[6:]}", "parquet", mapping)
        assert moved.height == 4
        assert moved["batch_id"].n_unique() == 2


@pytest.mark.parametrize("form", FORMS)
def test_the_manifest_has_the_hash_of_every_file_and_equal_input_gives_equal_bytes(
    tmp_path: Path, form: str
) -> None:
    data, mapping = written(tmp_path, "export.csv", MOVED), written(tmp_path, "bank.yaml", BANK)
    for name in ("one", "two"):
        convert([data], tmp_path / name, mapping=mapping, to=form, zone=ZONE)
    facts = json.loads((tmp_path / "one" / "manifest.json").read_text())
    listed = {item["file"]: item["sha256"] for item in facts["outputs"]}
    found = {p.name for p in (tmp_path / "one").iterdir()} - {"manifest.json"}
    assert set(listed) == found >= {f"transactions.{form}", "rejects.csv", "quality.json"}
    for name, digest in listed.items():
        assert sha256_file(tmp_path / "one" / name) == digest
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert (tmp_path / "one" / name).stat().st_mode & 0o777 == 0o600
    assert facts["inputs"][0]["sha256"] == sha256_file(data)
    assert facts["mapping"]["sha256"] == sha256_file(mapping)


def test_a_folder_is_replaced_only_when_asked(tmp_path: Path) -> None:
    lines = CANONICAL.splitlines(keepends=True)
    written(tmp_path, "transactions.csv", lines[0] + lines[5])
    data = tmp_path / "transactions.csv"
    convert([data], tmp_path / "out", zone=ZONE)
    with pytest.raises(UsageError, match="exists"):
        convert([data], tmp_path / "out", zone=ZONE)
    convert([data], tmp_path / "out", zone=ZONE, to="csv", force=True)
    assert (tmp_path / "out" / "transactions.csv").is_file()


def test_text_that_csv_cannot_hold_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "account_id": ["A"],
            "booking_ts": ["2026-01-05"],
            "direction": ["debit"],
            "amount": ["1"],
            "cp_name": ["a\0b"],
        }
    )
    frame.write_parquet(tmp_path / "transactions.parquet")
    with pytest.raises(UsageError, match="NUL"):
        convert([tmp_path / "transactions.parquet"], tmp_path / "out", to="csv", zone=ZONE)
    assert [p.name for p in tmp_path.iterdir()] == ["transactions.parquet"]
    same([tmp_path / "transactions.parquet"], tmp_path / "out", "parquet")

"""A folder of statements and payments of several kinds becomes one dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.io import camt_build
from tests.unit.io.statement_support import OTHER, OWN, entry, mt940
from tests.unit.io.support import ANY_SHARE, rows, write
from tests.unit.io.test_mt103 import UETR, message
from tests.unit.io.test_ofx import ofx, transaction
from thbscreen.errors import DataError
from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.limits import Limits
from thbscreen.io.statements.folder import AGAIN

ZONE = "Asia/Nicosia"


def opened(folder: Path, limits: Limits | None = None) -> Dataset:
    return open_dataset([folder], None, zone=ZONE, limits=limits)


def test_statements_and_payments_of_every_kind_in_one_folder(tmp_path: Path) -> None:
    first = mt940(entry("2601050105C1,NTRFNONREF", "rent"), entry("2601060106D2,NTRFNONREF", "food"))
    later = mt940(entry("2601060106D2,NTRFNONREF", "food"), entry("2601070107D2,NTRFNONREF", "food"))
    write(tmp_path, "a.sta", first)
    write(tmp_path, "b.txt", later)
    write(tmp_path, "c.fin", message())
    write(tmp_path, "d.ofx", ofx(transaction(), transaction(FITID="F2", DTPOSTED="20260105093000[+2:EET]")))
    dataset = opened(tmp_path)
    frame = rows(dataset)
    report = dataset.report()
    assert (report.read, report.loaded, report.skipped) == (8, 7, {AGAIN: 1})
    assert frame["tx_id"].n_unique() == 7
    assert frame["account_id"].unique().sort().to_list() == sorted({OWN, OTHER, "123/456"})
    assert frame["has_time"].to_list().count(True) == 1
    assert frame.filter(source_file="c.fin")["amount"].to_list() == [123450, 123450]
    assert dict(dataset.accounts.select("account_id", "country").iter_rows()) == {
        OWN: "DE", OTHER: "NL", "123/456": None,
    }  # fmt: skip


def test_one_statement_in_two_files_is_no_jump_of_the_balance(tmp_path: Path) -> None:
    text = mt940(entry("2601050105C1,NTRFNONREF", "rent"), closing="C260131EUR1001,")
    write(tmp_path, "a.sta", text)
    write(tmp_path, "b.sta", text)
    report = opened(tmp_path).report()
    assert report.loaded == 1
    assert report.statements["breaks"] == []
    assert [one["repeat"] for one in report.statements["each"]] == [False, True]


def test_a_payment_that_a_statement_books_counts_once(tmp_path: Path) -> None:
    fields = f":50K:/{camt_build.OWN}\nJOHN EXAMPLE\n:59:/{camt_build.OTHER}\nANNA EXAMPLE\n"
    booked = camt_build.entry("1234.50", "DBIT", camt_build.detail("", refs=camt_build.tag("UETR", UETR)))
    write(tmp_path, "a.fin", message(fields))
    write(tmp_path, "b.xml", camt_build.message(camt_build.statement(booked)))
    frame = rows(opened(tmp_path))
    assert sorted(frame.select("account_id", "direction").rows()) == sorted(
        [(camt_build.OWN, "debit"), (camt_build.OTHER, "credit")]
    )


def test_too_many_refused_entries_stop_the_run_with_their_places_and_no_data(tmp_path: Path) -> None:
    bad = entry("2601050105C1.234,NTRF//SECRET", "SECRET")
    write(tmp_path, "a.sta", mt940(bad, bad, bad, entry()))
    with pytest.raises(DataError, match=r"a\.sta: error\[D024\]: 3 of 4 rows.*a\.sta row 1.*D102") as caught:
        opened(tmp_path).report()
    assert "SECRET" not in str(caught.value)
    dataset = opened(tmp_path, ANY_SHARE)
    assert dataset.report().rejects.select("file", "row").rows() == [("a.sta", n) for n in (1, 2, 3)]


def test_lines_in_an_undeclared_code_page_are_told_on_screen(tmp_path: Path) -> None:
    text = mt940(entry("2601050105D1,00NTRFNONREF", "ΜΕΤΑΦΟΡΑ"), own=OWN)
    (tmp_path / "a.sta").write_bytes(text.encode("cp1253"))
    told = open_dataset([tmp_path], None, zone=ZONE).report().statements["summary"]
    assert any("not UTF-8" in line and "thbscreen inspect" in line for line in told)
    (tmp_path / "a.sta").write_bytes(text.encode())
    told = open_dataset([tmp_path], None, zone=ZONE).report().statements["summary"]
    assert not any("UTF-8" in line for line in told)

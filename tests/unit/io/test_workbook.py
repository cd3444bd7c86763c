"""Workbooks are read cell by cell as what they hold, or refused with one clear error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.io.support import ANY_SHARE, ZONE, write
from tests.unit.io.workbooks import book, number, sheet
from thbscreen.errors import DataError, ThbscreenError
from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path

HABIT = """mapping: 1
input: {%s}
sign: {rule: signed}
defaults: {account_id: A1}
columns:
  booking_ts: {from: Date}
  amount: {from: Sum}
  remittance_info: {from: Text}
"""
MAP = HABIT % 'header_row: 2, skip_footer: 1, decimal: ",", thousands: "."'
ROWS: list[list[str | float | None]] = [
    ["Some bank"],
    ["Date", "Sum", "Text"],
    [46000, -1.5, "a"],
    [],
    [46001.0, 1234.56, "b"],
    ["Total", 1233.06],
]


def opened(path: Path, mapping: str = MAP, limits: Limits = ANY_SHARE) -> Dataset:
    return open_dataset([path], write(path.parent, "map.yaml", mapping), zone=ZONE, limits=limits)


def rows(dataset: Dataset) -> list[tuple[object, ...]]:
    frame = pl.concat(dataset.chunks())
    day = pl.col("booking_ts").dt.convert_time_zone(ZONE).dt.date().cast(pl.String)
    return frame.select(day, "amount", "direction", "remittance_info").rows()


def test_days_and_numbers_are_read_as_they_are_and_rows_add_up(tmp_path: Path) -> None:
    dataset = opened(book(tmp_path / "a.xlsx", {"S": ROWS}, dates={0}))
    assert rows(dataset) == [("2025-12-09", 150, "debit", "a"), ("2025-12-10", 123456, "credit", "b")]
    table = dataset.report().tables["transactions"]
    assert (table.read, table.loaded, dict(table.skipped)) == (
        4,
        2,
        {"blank line": 1, "line of the footer": 1},
    )
    assert table.adds_up


def test_a_workbook_that_counts_from_1904_gives_its_own_days(tmp_path: Path) -> None:
    dataset = opened(book(tmp_path / "a.xlsx", {"S": ROWS}, dates={0}, from_1904=True))
    assert [row[0] for row in rows(dataset)] == ["2029-12-10", "2029-12-11"]


def test_an_empty_first_column_and_row_move_nothing(tmp_path: Path) -> None:
    moved = sheet([[], *([None, *row] for row in ROWS)], dates={1})
    dataset = opened(book(tmp_path / "a.xlsx", {"S": moved}), MAP.replace("header_row: 2", "header_row: 3"))
    assert [row[1] for row in rows(dataset)] == [150, 123456]


def test_the_sheet_is_named_when_there_are_several(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", {"Info": [["x"]], "Moves": ROWS}, dates={0})
    with pytest.raises(DataError, match=r"D063.*2 sheets"):
        opened(path)
    for name in ("Moves", "2"):
        assert len(rows(opened(path, MAP.replace("input: {", f"input: {{sheet: {name}, ")))) == 2
    with pytest.raises(DataError, match="no such sheet"):
        opened(path, MAP.replace("input: {", "input: {sheet: moves, "))


def test_a_workbook_with_canonical_columns_needs_no_mapping(tmp_path: Path) -> None:
    table: list[list[str | float | None]] = [
        ["account_id", "booking_ts", "direction", "amount"], ["A1", 46000.5, "credit", 12.5],
    ]  # fmt: skip
    book(tmp_path / "transactions.xlsx", {"S": table}, dates={1})
    frame = pl.concat(open_dataset([tmp_path], None, zone=ZONE).chunks())
    assert frame.select("amount", "has_time").rows() == [(1250, True)]


def test_amounts_that_are_numbers_and_text_in_one_column_are_refused_when_marks_differ(
    tmp_path: Path,
) -> None:
    mixed = [*ROWS[:3], [46001, "1.234,56", "b"], ["Total"]]
    path = book(tmp_path / "a.xlsx", {"S": mixed}, dates={0})
    with pytest.raises(DataError, match=r"column 'Sum': error\[D064\]"):
        rows(opened(path))
    texts = [*ROWS[:2], [46001, "1.234,56", "b"], ["Total"]]
    assert rows(opened(book(tmp_path / "b.xlsx", {"S": texts}, dates={0})))[0][1] == 123456


NEVER = "<f>B9*2</f>"
HOSTILE = {
    "macros": ({"more": {"xl/vbaProject.bin": b"x"}}, "D060", "macros"),
    "links": ({"more": {"xl/externalLinks/externalLink1.xml": b"<x/>"}}, "D060", "other files"),
    "document type": (
        {"more": {"xl/other.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}},
        "D060",
        "document type",
    ),
    "bomb": ({"more": {"xl/media/image1.png": bytes(40 << 20)}}, "D007", "unpacks"),
    "merged header": ({"behind": '<mergeCells><mergeCell ref="A2:B2"/></mergeCells>'}, "D062", "merged"),
    "merged rows": ({"behind": '<mergeCells><mergeCell ref="C3:C5"/></mergeCells>'}, "D062", "merged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_and_says_why(name: str, tmp_path: Path) -> None:
    changed, code, why = HOSTILE[name]
    with pytest.raises(DataError, match=rf"a.xlsx: error\[{code}\].*{why}"):
        opened(book(tmp_path / "a.xlsx", {"S": ROWS}, dates={0}, **changed))  # type: ignore[arg-type]


def test_titles_merged_above_the_header_do_no_harm(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        {"S": ROWS},
        dates={0},
        behind='<mergeCells><mergeCell ref="A1:C1"/></mergeCells>',
    )
    assert len(rows(opened(path))) == 2


def test_a_formula_gives_its_saved_value_and_without_one_the_row_is_named(tmp_path: Path) -> None:
    cells = sheet(ROWS, {0})
    saved = number("B", 3, -1.5).replace("<v>", "<f>B9*2</f><v>")
    fine = cells.replace(number("B", 3, -1.5), saved)
    assert rows(opened(book(tmp_path / "a.xlsx", {"S": fine})))[0][1] == 150
    for n, nothing in enumerate(("", "<v></v>", "<v/>")):  # programs that write and do not calculate
        never = cells.replace(number("B", 3, -1.5), saved.replace("<v>-1.5</v>", nothing))
        assert never != cells
        with pytest.raises(DataError, match=rf"b{n}.xlsx: row 1: error\[D062\].*never worked out"):
            opened(book(tmp_path / f"b{n}.xlsx", {"S": never}))


@pytest.mark.parametrize("data", [b"", b"PK", b"hello", b"\xd0\xcf\x11\xe0" + bytes(600)])
def test_what_is_no_workbook_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a.xlsx: error\[D0(21|60)\]"):
        opened(write(tmp_path, "a.xlsx", data))


def test_a_sheet_with_more_rows_than_allowed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="D008"):
        opened(book(tmp_path / "a.xlsx", {"S": ROWS}, dates={0}), limits=Limits(rows=2))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_workbook_gives_the_same_sum_or_one_clear_error(
    tmp_path: Path, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(book(tmp_path / "whole.xlsx", {"S": ROWS}, dates={0}).read_bytes())
    for place, byte in changes:
        data[place % len(data)] = byte
    try:
        found = rows(opened(write(tmp_path, "a.xlsx", bytes(data))))
    except ThbscreenError as error:
        assert "error[D" in str(error)
        return
    assert [row[1] for row in found] == [150, 123456]


def test_without_the_library_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(DataError, match=r"D065.*not installed") as caught:
        opened(book(tmp_path / "a.xlsx", {"S": ROWS}, dates={0}))
    assert "thbscreen[xlsx]" in str(caught.value)

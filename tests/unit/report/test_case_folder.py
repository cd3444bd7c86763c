"""Case folders: workbooks that run nothing, drawings, and narratives as Markdown and pages."""

from __future__ import annotations

import csv
import datetime as dt
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from tests.unit.report.report_build import HARMLESS, NAME, finished
from thbscreen.report.casefolder import typed
from thbscreen.report.drawing import MOST_FLOWS, MOST_NODES, Flow, Node, alone, draw, network_drawing
from thbscreen.report.runfolder import write_run
from thbscreen.report.sheets import CUT, MOST_LETTERS, write_sheets
from thbscreen.report.story import Story

NETWORK = "NW-0123456789ab"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RUNS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "|x",
    "%x",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    "\ufeff=1",
]


def cells(path: Path, sheet: int = 1) -> list[dict[str, tuple[str | None, str]]]:
    """Rows of a sheet: type and content by column letter, read with another library than the writer's."""
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
        shared = "xl/sharedStrings.xml"
        texts = ElementTree.fromstring(book.read(shared)) if shared in book.namelist() else []
    words = ["".join(part.text or "" for part in item.iter(f"{MAIN}t")) for item in texts]
    assert root.findall(f".//{MAIN}f") == [], "no cell is a formula"
    out = []
    for row in root.iter(f"{MAIN}row"):
        found = {}
        for cell in row:
            value = cell.findtext(f"{MAIN}v")
            if value is None:  # an empty cell with a form
                continue
            kind = cell.get("t")
            found[re.sub(r"\d", "", cell.attrib["r"])] = (kind, words[int(value)] if kind == "s" else value)
        out.append(found)
    return out


@pytest.mark.parametrize("text", RUNS)
def test_text_that_a_spreadsheet_would_run_is_text_in_both_forms(tmp_path: Path, text: str) -> None:
    frame = pl.DataFrame({"text": [text]})
    write_sheets({"one": frame}, tmp_path / "t.xlsx")
    kind, shown = cells(tmp_path / "t.xlsx")[1]["A"]
    assert kind == "s"
    assert shown.startswith("'")


def test_a_letter_written_as_a_number_is_not_read_as_that_letter(tmp_path: Path) -> None:
    write_sheets({"one": pl.DataFrame({"t": ["_x003D_cmd", "a_x0", "\ufffe<&>"]})}, tmp_path / "t.xlsx")
    assert [row["A"][1] for row in cells(tmp_path / "t.xlsx")[1:]] == [
        "_x005F_x003D_cmd", "a_x0", "\\u{fffe}<&>",
    ]  # fmt: skip


def test_numbers_times_and_truth_keep_their_kind(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 3, 1, 16, 16, 30)
    frame = pl.DataFrame({
        "sum_eur": [-205], "n": [7], "at": [moment], "day": [moment.date()], "yes": [True],
        "amount": [Decimal("12.500")], "share": [0.25], "none": pl.Series([None], dtype=pl.String),
    })  # fmt: skip
    write_sheets({"one": frame}, tmp_path / "t.xlsx")
    row = cells(tmp_path / "t.xlsx")[1]
    assert row["A"] == (None, "-2.05"), "whole cents become euros"
    assert row["B"] == (None, "7")
    days = float(row["C"][1])
    assert dt.datetime(1899, 12, 30) + dt.timedelta(seconds=round(days * 86_400)) == moment
    assert (row["D"], row["E"], row["F"], row["G"]) == (
        (None, "46082"),
        ("b", "1"),
        (None, "12.500"),
        (None, "0.25"),
    )
    assert "H" not in row


def test_text_that_is_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    write_sheets({"one": pl.DataFrame({"t": ["x" * 40_000]})}, tmp_path / "t.xlsx")
    text = cells(tmp_path / "t.xlsx")[1]["A"][1]
    assert text.endswith(CUT)
    assert len(text) <= MOST_LETTERS


def test_the_workbook_of_a_case_holds_its_tables(tmp_path: Path) -> None:
    write_run(tmp_path, finished())
    place = tmp_path / "cases" / NETWORK
    for sheet, name in enumerate(("evidence", "members", "proof"), 1):
        with (place / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            told = list(csv.reader(stream))
        found = cells(place / "evidence.xlsx", sheet)
        assert [c[1] for c in found[0].values()] == told[0]
        assert len(found) == len(told)
    first = cells(place / "evidence.xlsx")[1]
    assert ("s", HARMLESS) in first.values()
    assert (None, "12.500") in first.values()


def test_values_of_evidence_become_amounts_and_times() -> None:
    frame = typed(
        pl.DataFrame({"amount": ["12.50"], "booking_local": ["2026-03-01 18:16:30"], "has_time": ["true"]})
    )
    assert frame.row(0) == (Decimal("12.500"), dt.datetime(2026, 3, 1, 18, 16, 30), True)


def test_drawings_hold_ids_and_no_names_and_are_well_formed(tmp_path: Path) -> None:
    write_run(tmp_path, finished())
    for case in (tmp_path / "cases").iterdir():
        text = (case / "drawing.svg").read_text(encoding="utf-8")
        ElementTree.fromstring(text)
        assert NAME not in text
        assert "P1" in text


def test_a_drawing_tells_roles_by_shape_and_by_words() -> None:
    nodes = [Node("a", "A", "possible_victim", True), Node("b", "B", "possible_controller")]
    text = draw("t", nodes, [Flow("a", "b", 12_345, "123.45 EUR (2)")])
    assert "<circle" in text
    assert "<polygon" in text
    for words in (
        "possible victim<",
        "possible controller<",
        "possible victims, not subjects",
        "123.45 EUR (2)",
    ):
        assert words in text


def test_a_large_network_is_cut_to_the_largest_sums_and_says_so() -> None:
    members = [{"member_id": f"M{n}", "role": "unknown"} for n in range(200)]
    edges = [
        {"kind": "payment", "source": f"M{n}", "target": f"M{(n * k) % 200}", "n": 1, "amount_eur": n}
        for n in range(200) for k in (3, 7, 11)
    ]  # fmt: skip
    text = network_drawing("t", members, edges)
    assert text.count('class="node') == MOST_NODES
    assert text.count('class="flow"') <= MOST_FLOWS
    assert "164 further members with smaller sums" in text
    assert text == network_drawing("t", members[::-1], edges[::-1])
    assert ">M199<" in text


def test_hostile_text_stays_text_in_every_form() -> None:
    story = Story("<script>alert(1)</script> # *x* [a](http://b)")
    story.section("<b>")
    story.paragraph("- not a list <img src=x> http://203.0.113.9 \u202egnp\ufffe")
    story.bullets(["`code` | cell", "1. one"])
    page, text = story.html(alone(draw("<g>", [], []))), story.markdown()
    assert not re.search(r"<script|<img|<b>|<g>", page)
    assert "\u202e" not in page + text
    assert "\ufffe" not in page
    assert "\n\\- not a list \\<img src=x\\> http\\://" in text
    assert "\n- \\`code\\` \\| cell\n- 1\\. one\n" in text

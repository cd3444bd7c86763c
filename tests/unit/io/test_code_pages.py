"""Statements in Greek code pages, and files that are known and not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.io.support import ZONE, rows, write
from thbscreen.errors import DataError
from thbscreen.io.dataset import open_dataset
from thbscreen.io.files import list_inputs
from thbscreen.io.inspect.look import look
from thbscreen.io.recognise import recognised

NAME = "Πληρωμή ενοικίου Παπαδοπούλου Ελένη"
MT = f"""\
:20:S1
:25:CY17002001280000001200527600
:28C:1/1
:60F:C260501EUR100,00
:61:2605040504D12,50NTRFNONREF
:86:{NAME}
:62F:C260504EUR87,50
"""


@pytest.mark.parametrize("page", ["cp1253", "iso-8859-7", "cp737"])
def test_a_declared_code_page_gives_the_words_as_they_were_written(tmp_path: Path, page: str) -> None:
    file = write(tmp_path, "s.sta", MT.encode(page))
    mapping = write(tmp_path, "page.yaml", f"mapping: 1\ninput: {{encoding: {page}}}\n")
    declared = open_dataset([file], mapping, zone=ZONE)
    assert rows(declared)["remittance_info"].to_list() == [NAME]
    assert not any("read as cp1252" in note for note in declared.report().notes)
    plain = open_dataset([file], None, zone=ZONE)
    assert rows(plain)["remittance_info"].to_list() != [NAME]
    assert any("read as cp1252" in note for note in plain.report().notes)


def test_lines_in_utf8_stay_and_bytes_outside_the_page_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "s.sta", MT.encode())
    mapping = write(tmp_path, "page.yaml", "mapping: 1\ninput: {encoding: cp1253}\n")
    assert rows(open_dataset([file], mapping, zone=ZONE))["remittance_info"].to_list() == [NAME]
    write(tmp_path, "s.sta", MT.encode("cp1253").replace(b":86:", b":86:\xd2\xff "))
    with pytest.raises(DataError, match="D016"):
        open_dataset([file], mapping, zone=ZONE)


def test_a_mapping_of_columns_means_nothing_for_statements_and_says_so(tmp_path: Path) -> None:
    file = write(tmp_path, "s.sta", MT.encode())
    mapping = write(tmp_path, "m.yaml", "mapping: 1\ncolumns:\n  account_id: {from: x}\n")
    with pytest.raises(DataError, match=r"m\.yaml:2:1.*D041"):
        open_dataset([file], mapping, zone=ZONE)


def test_inspect_tells_which_code_page_the_bytes_speak_for(tmp_path: Path) -> None:
    file = write(tmp_path, "s.sta", MT.encode("iso-8859-7"))
    found = look(recognised(list_inputs([file])[0])[0], ZONE)
    assert found.encoding is not None
    assert found.encoding.name in ("cp1253", "iso-8859-7")
    assert any("input: {encoding:" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("statement.txt", (b"0" + b" " * 127 + b"\n" + b"1" + b" " * 127 + b"\n") * 2, "CODA"),
        ("statement.pdf", b"%PDF-1.7\n", "PDF"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "XLS"),
    ],
)
def test_a_scan_names_what_a_file_is_that_is_not_read(
    tmp_path: Path, name: str, data: bytes, kind: str
) -> None:
    write(tmp_path, name, data)
    with pytest.raises(DataError, match=f"D005.*kind {kind}|kind {kind}"):
        open_dataset([tmp_path], None, zone=ZONE)

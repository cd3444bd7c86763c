# ruff: noqa: E501  # tables of cases read better in few lines
"""Small workbooks, written part by part, so that tests can break each of them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
Cell = str | float | None


def text(column: str, row: int, value: str) -> str:
    """Gives a cell of text."""
    return f'<c r="{column}{row}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def number(column: str, row: int, value: float, style: int = 0) -> str:
    """Gives a cell that is a number; style 1 is a day."""
    return f'<c r="{column}{row}" s="{style}"><v>{value!r}</v></c>'


def sheet(rows: Sequence[Sequence[Cell]], dates: Collection[int] = ()) -> str:
    """Gives the rows of a sheet; columns in `dates` hold days as numbers."""
    out = []
    for n, row in enumerate(rows, 1):
        cells = []
        for i, value in enumerate(row):
            column = chr(65 + i)
            if isinstance(value, str):
                cells.append(text(column, n, value))
            elif value is not None:
                cells.append(number(column, n, value, int(i in dates)))
        out.append(f'<row r="{n}">{"".join(cells)}</row>')
    return "".join(out)


def book(
    path: Path,
    sheets: Mapping[str, Sequence[Sequence[Cell]] | str],
    *,
    dates: Collection[int] = (),
    more: Mapping[str, bytes] | None = None,
    behind: str = "",
    from_1904: bool = False,
) -> Path:
    """Writes a workbook; `more` are other parts, `behind` stands behind the cells of each sheet."""
    made = {n: rows if isinstance(rows, str) else sheet(rows, dates) for n, rows in sheets.items()}
    numbered = list(enumerate(made.items(), 1))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_REL}"><workbookPr date1904="{int(from_1904)}"/><sheets>'
        + "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="r{i}"/>' for i, (n, _) in numbered)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{i}" Type="{_REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i, _ in numbered
        )
        + f'<Relationship Id="r99" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {_MAIN}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
        "</styleSheet>",
    }
    for i, (_, cells) in numbered:
        parts[f"xl/worksheets/sheet{i}.xml"] = (
            f"<worksheet {_MAIN}><sheetData>{cells}</sheetData>{behind}</worksheet>"
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + content)
        for name, data in (more or {}).items():
            package.writestr(name, data)
    return path

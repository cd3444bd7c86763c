"""Tables as an XLSX workbook: text is text and is never a formula, amounts are numbers, times are dates.

Written here and not by a library, as the usual ones take ten times as long for the cases of a scan.
Equal tables give equal bytes. The form is that of ECMA-376, transitional, with text inside the cells.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl

from thbscreen.report.files import flat
from thbscreen.report.text import count, neutralised

#: Rows of a sheet, and letters of a cell, that a spreadsheet holds.
MOST_ROWS, MOST_LETTERS = 1_048_576, 32_767
CUT = " [cut; whole in the CSV file]"
#: Styles of `_STYLES` by number.
_TITLE, _TEXT, _NUMBER, _MONEY, _TIME, _DAY = 1, 2, 3, 4, 5, 6
_WIDEST = 60
#: What XML cannot hold, and what a spreadsheet would read as another letter.
_NO_XML = {"\ufffe": "\\u{fffe}", "\uffff": "\\u{ffff}"}
_ESCAPE = re.compile(r"_(x[0-9A-Fa-f]{4}_)")
_ODD = re.compile(r"[&<>\ufffe\uffff]|_x")
_WHEN = (1980, 1, 1, 0, 0, 0)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PARTS = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    "<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="7"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyNumberFormat="1"/>'
    + "".join(
        f'<xf numFmtId="{form}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for form in (49, 1, 4, 164, 165)
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


def write_sheets(
    sheets: Mapping[str, pl.DataFrame], path: Path, *, neutral_already: Collection[str] = ()
) -> None:
    """Writes tables as the sheets of one workbook.

    Text that a spreadsheet would run has an apostrophe in front and hidden characters are shown, as in the
    CSV files, so that a copy saved as CSV is as safe. Whole euro cents (`*_eur`) become euros.

    Args:
        sheets: tables by the name of their sheet. Decimal columns are money; times are shown as they are.
        path: file to make.
        neutral_already: sheets whose text has its apostrophes.
    """
    parts = {
        "[Content_Types].xml": _types(len(sheets)),
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": _workbook(list(sheets)),
        "xl/_rels/workbook.xml.rels": _relations(
            {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)}
            | {"rId0": ("styles", "styles.xml")}
        ),
        "xl/styles.xml": _STYLES,
    }
    for n, (name, table) in enumerate(sheets.items(), 1):
        parts[f"xl/worksheets/sheet{n}.xml"] = _sheet(table, neutral=name in neutral_already)
    with zipfile.ZipFile(path, "w") as file:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            file.writestr(entry, text, compresslevel=4)


def _types(sheets: int) -> str:
    own = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        f'{_HEAD}<Types xmlns="{_PARTS}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{own}</Types>'
    )


def _relations(parts: Mapping[str, tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for key, (kind, target) in sorted(parts.items())
    )
    return f'{_HEAD}<Relationships xmlns="{_PARTS}/relationships">{rows}</Relationships>'


def _workbook(names: list[str]) -> str:
    rows = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, 1)
    )
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{rows}</sheets></workbook>'


def _sheet(table: pl.DataFrame, *, neutral: bool) -> str:
    """Gives one sheet: a bold first row that stays in sight, then the rows of the table."""
    left_out = max(0, table.height + 1 - MOST_ROWS)
    shown = flat(table.head(MOST_ROWS - 2) if left_out else table)
    shown = shown if neutral else neutralised(shown)
    names = [_letters(n) for n in range(shown.width)]
    first = "".join(_text_cell(f"{at}1", name, _TITLE) for at, name in zip(names, shown.columns, strict=True))
    cells = [_cells(shown[name], at) for name, at in zip(shown.columns, names, strict=True)]
    rows = [f'<row r="{n}">{"".join(row)}</row>' for n, row in enumerate(zip(*cells, strict=True), 2)]
    if left_out:
        told = f"{count(left_out + 1, 'further row')}: see the CSV file"
        rows.append(f'<row r="{MOST_ROWS}">{_text_cell(f"A{MOST_ROWS}", told, _TEXT)}</row>')
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{_width(shown[name])}" customWidth="1"/>'
        for n, name in enumerate(shown.columns, 1)
    )
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        + (f"<cols>{widths}</cols>" if widths else "")
        + f'<sheetData><row r="1">{first}</row>{"".join(rows)}</sheetData></worksheet>'
    )


def _cells(column: pl.Series, at: str) -> list[str]:
    """Gives the cells of one column as XML; an empty one is not written."""
    kind, money = column.dtype, column.name.endswith("_eur") or isinstance(column.dtype, pl.Decimal)
    if isinstance(kind, pl.Datetime | pl.Date):
        style = _TIME if isinstance(kind, pl.Datetime) else _DAY
        days = column.cast(pl.Datetime("us")).dt.epoch("us") / 86_400e6 + 25_569
        return _plain_cells(days.round(9).to_list(), at, f's="{style}"', repr)
    if kind == pl.Boolean:
        return _plain_cells(column.to_list(), at, 't="b"', lambda v: str(int(v)))
    if kind.is_integer() and money:
        return _plain_cells(column.to_list(), at, f's="{_MONEY}"', _cents)
    if kind.is_numeric():
        style = _MONEY if money else _NUMBER if kind.is_integer() else 0
        finite = column.set(~column.is_finite(), None) if kind.is_float() else column
        return _plain_cells(finite.to_list(), at, f's="{style}"', str)
    start, end = f'" s="{_TEXT}" t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
    texts = column.cast(pl.String).to_list()
    told = [text for text in texts if text is not None]
    if _ODD.search("".join(told)) or max(map(len, told), default=0) > MOST_LETTERS // 2:
        texts = [None if text is None else _xml(text) for text in texts]
    return ["" if text is None else f'<c r="{at}{n}{start}{text}{end}' for n, text in enumerate(texts, 2)]


def _plain_cells(values: list[Any], at: str, mark: str, shown: Callable[[Any], str]) -> list[str]:
    return [
        "" if value is None else f'<c r="{at}{n}" {mark}><v>{shown(value)}</v></c>'
        for n, value in enumerate(values, 2)
    ]


def _cents(value: int) -> str:
    return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"


def _xml(text: str) -> str:
    """Gives text as it stands in the XML of a cell; what is too long is cut and says so."""
    most = MOST_LETTERS // 2  # letters outside the basic plane count twice
    if len(text) > most:
        text = text[: most - len(CUT)] + CUT
    text = _ESCAPE.sub(r"_x005F_\1", text)
    for odd, shown in _NO_XML.items():
        text = text.replace(odd, shown)
    return escape(text)


def _text_cell(place: str, text: str, style: int) -> str:
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _letters(n: int) -> str:
    """Gives the name of a column: A to Z, AA, AB."""
    name = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        name = chr(65 + rest) + name
    return name


def _width(column: pl.Series) -> int:
    if isinstance(column.dtype, pl.Datetime):
        return 20
    longest = max((len(str(v)) for v in column.head(50) if v is not None), default=0)
    return min(max(longest, len(column.name)) + 2, _WIDEST)

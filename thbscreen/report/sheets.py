"""Tables as an XLSX workbook: text is text and is never a formula, amounts are numbers, times are dates.

Equal tables give equal bytes: the workbook's own times are fixed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from thbscreen.report.files import flat
from thbscreen.report.text import count, neutralised

#: Rows of a sheet, and letters of a cell, that a spreadsheet holds.
MOST_ROWS, MOST_LETTERS = 1_048_576, 32_767
CUT = " [cut; whole in the CSV file]"
_WIDEST = 60
#: What XML cannot hold.
_NO_XML = {0xFFFE: "\\u{fffe}", 0xFFFF: "\\u{ffff}"}
_MADE = dt.datetime(1980, 1, 1)
#: Nothing is taken for a formula, a number or an address because it looks like one.
_PLAIN = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
_FORMS = {
    "title": {"bold": True, "num_format": "@"}, "text": {"num_format": "@"}, "whole": {"num_format": "0"},
    "money": {"num_format": "#,##0.00"}, "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "day": {"num_format": "yyyy-mm-dd"}, "number": {}, "flag": {},
}  # fmt: skip


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
    with xlsxwriter.Workbook(str(path), {"in_memory": True, "remove_timezone": True, **_PLAIN}) as book:
        book.set_properties({"created": _MADE})
        forms = {name: book.add_format(form) for name, form in _FORMS.items()}
        for name, table in sheets.items():
            _sheet(book.add_worksheet(name), table, forms, neutral=name in neutral_already)


def _sheet(sheet: Worksheet, table: pl.DataFrame, forms: Mapping[str, Format], *, neutral: bool) -> None:
    """Writes one sheet: a bold first row that stays in sight, then the rows of the table."""
    left_out = max(0, table.height + 1 - MOST_ROWS)
    shown = flat(table.head(MOST_ROWS - 2) if left_out else table)
    shown = shown if neutral else neutralised(shown)
    sheet.freeze_panes(1, 0)
    for n, name in enumerate(shown.columns):
        sheet.set_column(n, n, _width(shown[name]))
        sheet.write_string(0, n, name, forms["title"])
        _column(sheet, n, shown[name], forms)
    if left_out:
        told = f"{count(left_out + 1, 'further row')}: see the CSV file"
        sheet.write_string(MOST_ROWS - 1, 0, told, forms["text"])


def _column(sheet: Worksheet, n: int, column: pl.Series, forms: Mapping[str, Format]) -> None:
    """Writes the cells of one column below its name; an empty one is not written."""
    name = _form(column)
    write: Any = {
        "text": sheet.write_string, "flag": sheet.write_boolean, "time": sheet.write_datetime,
        "day": sheet.write_datetime,
    }.get(name, sheet.write_number)  # fmt: skip
    if column.dtype.is_float():
        column = column.set(~column.is_finite(), None)
    cents = name == "money" and column.dtype.is_integer()
    values = (column if name != "text" else column.cast(pl.String)).to_list()
    for row, value in enumerate(values, 1):
        if value is not None:
            cell = Decimal(value).scaleb(-2) if cents else _cut(value) if name == "text" else value
            write(row, n, cell, forms[name])


def _form(column: pl.Series) -> str:
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        return "time"
    if kind == pl.Date:
        return "day"
    if kind == pl.Boolean:
        return "flag"
    if isinstance(kind, pl.Decimal) or (kind.is_numeric() and column.name.endswith("_eur")):
        return "money"
    if kind.is_integer():
        return "whole"
    return "number" if kind.is_numeric() else "text"


def _cut(text: str) -> str:
    """Gives text as a cell holds it; what is too long is cut and says so."""
    most = MOST_LETTERS // 2  # letters outside the basic plane count twice
    if len(text) > most:
        text = text[: most - len(CUT)] + CUT
    return text.translate(_NO_XML)


def _width(column: pl.Series) -> int:
    if isinstance(column.dtype, pl.Datetime):
        return 20
    longest = max((len(str(v)) for v in column.head(50) if v is not None), default=0)
    return min(max(longest, len(column.name)) + 2, _WIDEST)

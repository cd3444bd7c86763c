"""XLSX: one sheet of a workbook as columns of text.

The cells are read by `fastexcel` (the extra `xlsx`). Before it sees the file, the parts that it will read
are unpacked once and looked at here: their real size, document types, programs, links to other files,
merged cells, and formulas that were never worked out.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import polars as pl

from thbscreen.io.codes import data_error
from thbscreen.io.delimited import FOOTER, check_names, numbered_names
from thbscreen.io.files import reading
from thbscreen.io.raw import ROW, RawChunk
from thbscreen.io.values import Marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from thbscreen.errors import DataError
    from thbscreen.io.files import InputFile
    from thbscreen.io.limits import Limits
    from thbscreen.io.mapping import InputSpec

#: Most parts of a workbook, and most bytes of one part: a full sheet of text has less.
MAX_PARTS, MAX_PART_BYTES = 5_000, 4 << 30
#: Small parts may be packed well; from here on the ratio counts.
_SMALL = 16 << 20
#: Rows and columns that a sheet can have.
_MOST_ROWS, _MOST_COLUMNS = 1 << 20, 1 << 14
#: Cells, empty ones between included, from which on a sheet must be filled to one in so many.
_DENSE, _FILLED = 16 << 20, 100
_OLD = b"\xd0\xcf\x11\xe0"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SAVE = "open it where you trust it, save the values alone as .xlsx or CSV, and give that file"
_MIDNIGHT = r"^\d{4}-\d{2}-\d{2} 00:00:00$"
_MOMENT = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"


def sheet_names(file: InputFile, limits: Limits) -> list[str]:
    """Gives the names of a workbook's sheets, in their order."""
    return [name for name, _ in _Package(file, limits).sheets]


def raw_cells(file: InputFile, position: int, limits: Limits) -> tuple[list[list[str]], list[int]]:
    """Gives the cells of one sheet as text, and which columns hold numbers; nothing is skipped.

    Raises:
        DataError: as for `XlsxSource`.
    """
    package = _Package(file, limits)
    seen = package.look(package.sheets[position][1])
    table = _without_midnights(_table(file, position))
    rows = [["" if v is None else v for v in row] for row in table.iter_rows()]
    first = 0 if table.width and not seen.numbers else min(seen.first_column, 1 << 14)
    return rows, [n - first for n in sorted(seen.numbers)]


class XlsxSource:
    """One sheet of a workbook."""

    def __init__(self, file: InputFile, spec: InputSpec, limits: Limits) -> None:
        """Checks the workbook and reads the sheet.

        Raises:
            DataError: D007, D008, D009, D010, D011, D021, D060, D062, D063 or D065.
        """
        self._file = file
        self._limits = limits
        dialect = spec.dialect
        package = _Package(file, limits)
        position = _chosen(file, [name for name, _ in package.sheets], spec.sheet)
        cells = package.look(package.sheets[position][1])
        table = _table(file, position)
        header = dialect.header_row
        if not table.height or table.height < header:
            raise data_error("D010", "the sheet has no such header line", file=file.name)
        cells.check(file.name, header)
        written = dialect.names or [str(v or "").strip() for v in table.row(header - 1)]
        if len(written) > table.width:
            raise data_error("D010", "the sheet has fewer columns than 'names'", file=file.name)
        named = numbered_names(written) if dialect.numbered else list(written)
        if not dialect.numbered:
            while named and not named[-1]:
                named.pop()
        check_names(named, file.name, limits)
        body = table.slice(header)
        kept = max(0, body.height - dialect.skip_footer)
        self._left_out = body.height - kept
        self._frame = _without_midnights(body.head(kept).select(body.columns[: len(named)]))
        self._frame.columns = named
        if self._frame.height > limits.rows:
            raise data_error("D008", f"the file has more than {limits.rows} rows", file=file.name)
        first = cells.first_column
        end = cells.last_row - dialect.skip_footer  # a total below says nothing of the amounts above it
        self._numbers = {n for i, n in enumerate(named, first) if cells.numbers.get(i, end + 1) <= end}
        self._texts = {n for i, n in enumerate(named, first) if cells.texts.get(i, 0) > header}

    @property
    def file(self) -> InputFile:
        """The file."""
        return self._file

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column names as written; all String: dates as ISO 8601, numbers with a decimal point."""
        return {name: pl.String() for name in self._frame.columns}

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[RawChunk]:
        """Reads the named columns, or all, in file order; rows without any content are counted as blank."""
        wanted = [n for n in self._frame.columns if columns is None or n in columns]
        numbered = self._frame.with_row_index(ROW, 1).with_columns(pl.col(ROW).cast(pl.Int64))
        blank = pl.all_horizontal(
            pl.col(n).str.strip_chars().fill_null("") == "" for n in self._frame.columns
        )
        step = self._limits.chunk_rows
        for start in range(0, self._frame.height, step) or (0,):
            part = numbered.slice(start, step)
            filled = part.filter(~blank).select(ROW, *wanted)
            chunk = RawChunk(filled, part.height, blank=part.height - filled.height)
            if start + step >= self._frame.height and self._left_out:
                chunk.read += self._left_out
                chunk.skipped[FOOTER] += self._left_out
            yield chunk

    def marks(self, columns: Sequence[str], declared: Marks) -> Marks:
        """Gives how amounts of some columns are written: cells that are numbers have a decimal point.

        Raises:
            DataError: D064.
        """
        numbers, texts = self._numbers & set(columns), self._texts & set(columns)
        if not numbers:
            return declared
        if texts and (declared.decimal != "." or declared.thousands):
            raise data_error(
                "D064",
                "some amounts are numbers and some are text, so their marks differ",
                file=self._file.name,
                column=min(texts),
                hint="give the whole column one form, or declare no decimal and thousands mark",
            )
        return Marks(free=True, currency_sign=declared.currency_sign)


def _table(file: InputFile, position: int) -> pl.DataFrame:
    try:
        import fastexcel  # noqa: PLC0415  # an extra
    except ImportError:
        raise data_error(
            "D065",
            "XLSX is read with the library fastexcel, which is not installed",
            file=file.name,
            hint="pip install 'thbscreen[xlsx]', or save the sheet as CSV",
        ) from None
    try:
        with reading(file.name):
            book: Any = fastexcel.read_excel(str(file.path))
            sheet = book.load_sheet(position, header_row=None, skip_rows=0, dtypes="string")
            out: pl.DataFrame = sheet.to_polars()
    except fastexcel.FastExcelError:
        raise _damaged(file.name) from None
    return out


def _damaged(name: str) -> DataError:
    return data_error(
        "D021", "the workbook is damaged", file=name, hint="save it again, or export the sheet as CSV"
    )


def _chosen(file: InputFile, names: Sequence[str], wanted: str | None) -> int:
    if not names:
        raise _damaged(file.name)
    if wanted is None:
        if len(names) == 1:
            return 0
        raise data_error(
            "D063",
            f"the workbook has {len(names)} sheets",
            file=file.name,
            hint="declare one in a mapping: input: {sheet: NAME}, or its number from 1",
        )
    if wanted in names:
        return list(names).index(wanted)
    if wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise data_error(
        "D063", "the workbook has no such sheet", file=file.name, hint=f"give a name, or 1 to {len(names)}"
    )


def _without_midnights(frame: pl.DataFrame) -> pl.DataFrame:
    """Writes days as days where no cell of the column has a time of day; a sheet keeps days as midnights."""
    out = []
    for name in frame.columns:
        column = frame[name]
        moments = column.str.contains(_MOMENT)
        if moments.any() and not (moments & ~column.str.contains(_MIDNIGHT)).any():
            out.append(pl.col(name).str.replace(" 00:00:00$", ""))
    return frame.with_columns(out)


@dataclass(slots=True)
class _Cells:
    """What was seen of one sheet's cells, with columns counted from 0 and rows from 1.

    `numbers` has the first row that holds a number, `texts` the last one that holds text.
    """

    numbers: dict[int, int] = field(default_factory=dict)
    texts: dict[int, int] = field(default_factory=dict)
    empty_formulas: list[int] = field(default_factory=list)
    merged: list[tuple[int, int]] = field(default_factory=list)
    first_column: int = 1 << 20
    last_column: int = 0
    first_row: int = 1 << 30
    last_row: int = 0
    cells: int = 0

    def check_span(self, name: str, limits: Limits) -> None:
        """Refuses cells so far apart that the empty ones between them would fill the memory."""
        if not self.cells:
            return
        if self.last_row > _MOST_ROWS or self.last_column >= _MOST_COLUMNS:
            raise _damaged(name)
        rows, columns = self.last_row - self.first_row + 1, self.last_column - self.first_column + 1
        if columns > limits.columns:
            raise data_error("D009", f"the file has more than {limits.columns} columns", file=name)
        if rows * columns > max(_DENSE, self.cells * _FILLED):
            raise data_error(
                "D007",
                "a few cells lie so far apart that the sheet would be huge",
                file=name,
                hint="delete what stands far below or beside the table, and save again",
            )

    def check(self, name: str, header: int) -> None:
        """Refuses merged cells from the header line on, and formulas there that hold no value."""
        if any(last >= max(header, 1) and not (header == 0 and last == 0) for _, last in self.merged):
            raise data_error(
                "D062",
                "cells are merged in the table or its header, so it is open which rows they speak for",
                file=name,
                hint="split the merged cells, fill them, and save again",
            )
        late = [row for row in self.empty_formulas if row > header]
        if late:
            raise data_error(
                "D062",
                f"{len(late)} cells hold a formula that was never worked out",
                file=name,
                row=late[0] - header,
                hint="open the workbook in a spreadsheet, let it calculate, and save the values",
            )


class _Package:
    """The parts of a workbook, unpacked once within limits."""

    def __init__(self, file: InputFile, limits: Limits) -> None:
        self.file = file
        self.limits = limits
        with reading(file.name), file.path.open("rb") as stream:
            if stream.read(4) == _OLD:
                raise self._refused("the workbook is of the old .xls form, or needs a password")
        try:
            with reading(file.name), zipfile.ZipFile(file.path) as package:
                self._names = self._checked(package)
                self.sheets = self._sheets(package)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, UnicodeDecodeError):
            raise _damaged(file.name) from None
        except (expat.ExpatError, KeyError):
            raise _damaged(file.name) from None

    def _refused(self, why: str) -> DataError:
        return data_error("D060", why, file=self.file.name, hint=_SAVE)

    def _checked(self, package: zipfile.ZipFile) -> set[str]:
        parts = package.infolist()
        names = {part.filename for part in parts}
        if len(parts) > MAX_PARTS or len(names) < len(parts):
            raise self._refused("the workbook has too many parts, or one of them twice")
        if any("vbaproject" in n.lower() or "/macrosheets/" in n.lower() for n in names):
            raise self._refused("the workbook holds programs (macros)")
        if any("/externallinks/" in n.lower() for n in names):
            raise self._refused("the workbook takes values from other files")
        for part in parts:
            self._measured(package, part)
        return names

    def _measured(self, package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
        """Reads a part to its end, since what a package says of its sizes need not hold."""
        seen = 0
        allowed = max(_SMALL, part.compress_size * self.limits.unpack_ratio)
        head = b""
        with package.open(part) as stream:
            while piece := stream.read(1 << 20):
                seen += len(piece)
                head = head or piece[:4096]
                if seen > min(MAX_PART_BYTES, allowed, self.limits.file_bytes):
                    raise data_error(
                        "D007",
                        "the workbook unpacks to more than is allowed",
                        file=self.file.name,
                        hint=_SAVE,
                    )
        if re.search(rb"<!(DOCTYPE|ENTITY)", head) or re.search(rb"<\0!\0D|\0<\0!\0D", head):
            raise self._refused("the workbook declares a document type or entities")

    def _sheets(self, package: zipfile.ZipFile) -> list[tuple[str, str]]:
        targets: dict[str, str] = {}

        def relation(tag: str, values: dict[str, str]) -> None:
            if tag == "Relationship" and values.get("TargetMode") != "External":
                target = values.get("Target", "")
                targets[values.get("Id", "")] = target.lstrip("/") if target[:1] == "/" else f"xl/{target}"

        _parse(package.read("xl/_rels/workbook.xml.rels"), relation)
        found: list[tuple[str, str]] = []

        def sheet(tag: str, values: dict[str, str]) -> None:
            if tag == "sheet":
                link = next((v for k, v in values.items() if k.endswith(":id") or k == "id"), "")
                found.append((values.get("name", ""), targets[link]))

        _parse(package.read("xl/workbook.xml"), sheet)
        return found

    def look(self, part: str) -> _Cells:
        """Looks at the cells of one sheet: which are numbers, text, formulas without a value, merged."""
        seen = _Cells()
        try:
            with (
                reading(self.file.name),
                zipfile.ZipFile(self.file.path) as package,
                package.open(part) as stream,
            ):
                _CellReader(seen).read(stream)
        except (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, ValueError):
            raise _damaged(self.file.name) from None
        seen.check_span(self.file.name, self.limits)
        return seen


def _parse(data: bytes, started: Any) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, values: started(tag.rpartition(":")[2], values)
    parser.Parse(data, True)


class _CellReader:
    """Goes through the XML of a sheet."""

    def __init__(self, seen: _Cells) -> None:
        self.seen = seen
        self.row = self.column = 0
        self.cell_row = 0
        self.kind = ""
        self.value = self.formula = False

    def read(self, stream: Any) -> None:
        parser = self.parser = expat.ParserCreate()
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.ParseFile(stream)

    def text(self, text: str) -> None:
        """Looks at the value of a formula: programs that do not calculate write an empty one."""
        self.value |= bool(text.strip())

    def start(self, tag: str, values: dict[str, str]) -> None:
        match tag.rpartition(":")[2]:
            case "row":
                self.row = int(values.get("r", self.row + 1))
                self.column = -1
            case "c":
                place = values.get("r", "")
                self.column = _column(place) if place else self.column + 1
                self.cell_row = int(place.lstrip(_LETTERS)) if place else self.row
                self.kind = values.get("t", "n")
                self.value = self.formula = False
            case "v" | "is":
                if self.value:
                    raise ValueError("a cell with two values")  # told as damage
                if self.formula and self.kind == "n":
                    self.parser.CharacterDataHandler = self.text
                else:
                    self.value = True
            case "f":
                self.formula = True
            case "mergeCell":
                first, _, last = values.get("ref", "").partition(":")
                rows = [int(re.sub(r"\D", "", part) or 0) for part in (first, last or first)]
                self.seen.merged.append((rows[0], rows[1]))

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] != "c":
            self.parser.CharacterDataHandler = None
            return
        seen = self.seen
        seen.cells += 1
        seen.first_column, seen.last_column = (
            min(seen.first_column, self.column), max(seen.last_column, self.column),
        )  # fmt: skip
        seen.first_row, seen.last_row = min(seen.first_row, self.cell_row), max(seen.last_row, self.cell_row)
        if self.formula and not self.value:
            seen.empty_formulas.append(self.row)
        elif self.value and self.kind == "n":
            seen.numbers.setdefault(self.column, self.cell_row)
        elif self.value and self.kind not in ("d", "b", "e"):
            seen.texts[self.column] = self.row


def _column(place: str) -> int:
    """Gives the number of a cell's column from 0: `C7` is 2."""
    number = 0
    for letter in place:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - 64
    return number - 1

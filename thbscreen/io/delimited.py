"""CSV and TSV: exact row lengths, no guessing, fast for correct files.

A block whose separators and line ends add up goes straight to the column reader. Only other blocks
are looked at byte by byte, with arrays, to find the rows that do not fit; these are refused by number.
"""

from __future__ import annotations

import csv
import dataclasses
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from thbscreen.ahead import in_order
from thbscreen.errors import DataError
from thbscreen.io.blocks import bare, only_spaces, survey, text_blocks
from thbscreen.io.codes import data_error
from thbscreen.io.raw import ROW, RawChunk, merged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from thbscreen.io.files import InputFile
    from thbscreen.io.limits import Limits

_LF, _CR = 10, 13
#: A day or an amount where the names of columns should stand: the file has no header line.
_VALUE = re.compile(r"[-+(\u2212]?[0-9][-0-9.,:/'()\s]*")
#: Rows that are handed on at once; more at a time cost more for each row.
PIECE_ROWS = 100_000
#: Why a line of the footer is no row.
FOOTER = "line of the footer"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written.

    Attributes:
        encoding: declared encoding.
        delimiter: one character.
        quote: quote mark, or None when quote marks are plain text.
        header_row: line that holds the column names, counted from 1; lines above it are left out; 0 when no
            line does.
        names: column names of a file without header, or instead of those in its header.
        final_newline: whether the last line must end in a line end (a cut file lacks it).
        skip_footer: lines at the end that are no rows, such as totals.
        numbered: names that occur twice get their place among equals (`Amount#1`, `Amount#2`) and columns
            without a name that of the column (`#4`), instead of being refused.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str | None = '"'
    header_row: int = 1
    names: tuple[str, ...] = ()
    final_newline: bool = True
    skip_footer: int = 0
    numbered: bool = False


class DelimitedSource:
    """One delimited file."""

    def __init__(self, file: InputFile, dialect: Dialect, limits: Limits) -> None:
        """Reads the header.

        Raises:
            DataError: D009, D010, D011, D025 and those of `text_blocks`.
        """
        self._file = file
        self.dialect = dialect
        self.limits = limits
        self._quote = dialect.quote.encode() if dialect.quote else None
        self._sep = dialect.delimiter.encode()
        self.names, self.surplus = self._header()

    @property
    def file(self) -> InputFile:
        """The file."""
        return self._file

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column names as written; all String."""
        return {name: pl.String() for name in self.names}

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[RawChunk]:
        """Reads the named columns, or all, in file order, in pieces that stay in the processor's reach."""
        blocks = self._blocks(columns)
        yield from islice(
            blocks, 1
        )  # the first is small, and enough for those who only look at the beginning
        yield from merged(blocks, min(self.limits.chunk_rows, PIECE_ROWS))

    # --- header ---------------------------------------------------------------------------------

    def _first_block(self) -> bytes:
        return next(text_blocks(self.file, self.dialect.encoding, self._quote, self.limits))

    def _header(self) -> tuple[list[str], bool]:
        if self.dialect.names:
            names = list(self.dialect.names)
        else:
            _, record = self._split_header(self._first_block())
            try:
                text = record.decode("utf-8").rstrip("\r\n")
                names = next(
                    csv.reader(
                        [text],
                        delimiter=self.dialect.delimiter,
                        quotechar=self.dialect.quote,
                        quoting=csv.QUOTE_MINIMAL if self.dialect.quote else csv.QUOTE_NONE,
                        strict=True,
                    )
                )
            except (csv.Error, StopIteration):
                raise data_error(
                    "D010", "the file has no readable header line", file=self.file.name
                ) from None
        names = [name.strip() for name in names]
        surplus = len(names) > 1 and not names[-1]
        names = names[:-1] if surplus else names
        surplus = surplus and not self._header_alone(len(names))
        names = numbered_names(names) if self.dialect.numbered else names
        check_names(names, self.file.name, self.limits)
        self._check_separator(names)
        return names, surplus

    def _header_alone(self, width: int) -> bool:
        """Says whether only the header line ends in a separator, and the first row does not."""
        block = self._first_block()
        start = self._split_header(block)[0] if self._has_header else 0
        end = block.find(b"\n", start)
        while self._quote is not None and end >= 0 and block.count(self._quote, start, end) % 2:
            end = block.find(b"\n", end + 1)
        row = block[start : end if end >= 0 else len(block)]
        if not row.strip():
            return False
        data = np.frombuffer(row + b"\n", np.uint8)
        outside = np.ones(len(data), bool)
        if self._quote is not None:
            outside = (np.cumsum(data == self._quote[0]) & 1) == 0
        return int(np.count_nonzero((data == self._sep[0]) & outside)) == width - 1

    def _check_separator(self, names: list[str]) -> None:
        name = self.file.name
        other = next(
            (c for c in ";\t|," if c != self.dialect.delimiter and len(names) == 1 and c in names[0]), None
        )
        if other:
            raise data_error(
                "D025",
                "the header is one column with other separators inside",
                file=name,
                hint=f"declare it in a mapping: input: {{delimiter: {other!r}}}",
            )

    def _split_header(self, block: bytes) -> tuple[int, bytes]:
        """Gives the position behind the header record, and the record."""
        start = 0
        for _ in range(self.dialect.header_row - 1):
            start = block.find(b"\n", start) + 1
            if not start:
                raise data_error(
                    "D010", f"the file has no line {self.dialect.header_row}", file=self.file.name
                )
        end = block.find(b"\n", start)
        while self._quote is not None and end >= 0 and block.count(self._quote, start, end) % 2:
            end = block.find(b"\n", end + 1)
        end = len(block) if end < 0 else end + 1
        if not block[start:end].strip():
            raise data_error("D010", "the header line is empty", file=self.file.name)
        return end, block[start:end]

    # --- rows -----------------------------------------------------------------------------------

    def _blocks(self, columns: Collection[str] | None) -> Iterator[RawChunk]:
        """Reads block after block; the next ones meanwhile, whose rows get their numbers in their turn."""
        bodies = self._bodies()
        block, left_out = next(bodies)
        chunk = self._read(block, 0, columns)  # alone: some callers want no more than this
        yield _with_footer(chunk, left_out)
        done = chunk.read
        for (block, left_out), early in in_order(lambda body: (body, self._early(body[0], columns)), bodies):
            chunk = self._read(block, done, columns) if early is None else early.moved(done)
            done += chunk.read
            yield _with_footer(chunk, left_out)

    def _early(self, block: bytes, columns: Collection[str] | None) -> RawChunk | None:
        """Reads a block as if it were the first; None where it has to be told in which row it fails."""
        try:
            return self._read(block, 0, columns)
        except DataError:
            return None

    def _bodies(self) -> Iterator[tuple[bytes, int]]:
        """Gives blocks of rows without header and footer, and how many lines were left out behind each."""
        previous: bytes | None = None
        for number, whole in enumerate(
            text_blocks(self.file, self.dialect.encoding, self._quote, self.limits)
        ):
            skip = self._split_header(whole)[0] if number == 0 and self._has_header else 0
            if previous is not None:
                cut = self._footer(previous)
                yield previous[:cut], 0
                whole, skip = previous[cut:] + whole, 0  # noqa: PLW2901  # what may be the footer goes on
            previous = whole[skip:]
        block = previous or b""
        cut = self._footer(block)
        yield block[:cut], block.count(b"\n", cut) + (len(block) > cut and not block.endswith(b"\n"))

    @property
    def _has_header(self) -> bool:
        return not self.dialect.names or self.dialect.header_row > 0

    def _footer(self, block: bytes) -> int:
        """Gives where the lines begin that are the footer, if the file ends with this block."""
        cut, end = len(block), len(block) - block.endswith(b"\n")
        for _ in range(self.dialect.skip_footer):
            cut = block.rfind(b"\n", 0, max(end, 0)) + 1
            while cut and self._quote is not None and block.count(self._quote, cut) % 2:
                cut = block.rfind(b"\n", 0, cut - 1) + 1
            end = cut - 1
        return cut

    def _ended(self, block: bytes, done: int) -> bytes:
        if not block or block.endswith(b"\n"):
            return block
        if self.dialect.final_newline:
            row = done + block.count(b"\n") + 1
            raise data_error(
                "D019",
                "the last line has no line end, so it may have been cut",
                file=self.file.name,
                row=row,
                hint="export again; if the source never writes a last line end, declare "
                "input: {final_newline: optional} in a mapping",
            )
        return block + b"\n"

    def _read(self, block: bytes, done: int, columns: Collection[str] | None) -> RawChunk:
        block = self._ended(block, done)
        width = len(self.names) + self.surplus
        seen = survey(block, self._sep[0])
        lines = seen.lines
        quoted = self._quote is not None and self._quote in block
        if not quoted and seen.separators == lines * (width - 1):
            frame = self._parse(block, columns, quoted=False)
            if frame is not None and frame.height == lines:
                none = bare(seen, self._sep[0])
                spaces = none or only_spaces(block, seen, self._sep[0])
                # In one piece: a column more would have all others moved again and again.
                return RawChunk(_numbered(frame.rechunk(), done), lines, spaces=spaces, bare=none)
        return self._read_checked(block, done, columns, width)

    def _read_checked(self, block: bytes, done: int, columns: Collection[str] | None, width: int) -> RawChunk:
        data = np.frombuffer(block, np.uint8)
        outside = self._outside_quotes(data, done)
        ends = np.flatnonzero((data == _LF) & outside)
        separators = np.flatnonzero((data == self._sep[0]) & outside)
        per_row = np.diff(np.searchsorted(separators, ends), prepend=0) + 1
        lengths = np.diff(ends, prepend=-1)
        starts = ends - lengths + 1
        blank = (lengths == 1) | ((lengths == 2) & (data[starts] == _CR)) if len(ends) else np.zeros(0, bool)
        bad = (per_row != width) & ~blank
        keep = ~(bad | blank)
        kept = block if keep.all() else data[np.repeat(keep, lengths)].tobytes()
        rows = np.flatnonzero(keep) + done + 1
        quoted = self._quote is not None and self._quote in kept
        frame = self._parse(kept, columns, quoted=quoted)
        if frame is None or frame.height != len(rows):
            raise data_error("D021", "the rows cannot be told apart", file=self.file.name, row=done + 1)
        refused = [(int(i) + done + 1, "D117" if per_row[i] < width else "D118") for i in np.flatnonzero(bad)]
        numbered = frame.with_columns(pl.Series(ROW, rows, pl.Int64))
        return RawChunk(numbered, len(ends), refused, int(blank.sum()))

    def _outside_quotes(self, data: NDArray[np.uint8], done: int) -> NDArray[np.bool_]:
        if self._quote is None:
            return np.ones(len(data), bool)
        mark = data == self._quote[0]
        inside = (np.cumsum(mark, dtype=np.uint8) & 1).astype(bool)  # wraps at 256, parity stays
        places = np.flatnonzero(mark)
        opens, closes = places[0::2], places[1::2]
        fine_before = np.array([self._sep[0], _LF, self._quote[0]], np.uint8)
        fine_after = np.array([self._sep[0], _LF, _CR, self._quote[0]], np.uint8)
        wrong = opens[(opens > 0) & ~np.isin(data[np.maximum(opens - 1, 0)], fine_before)]
        late = closes[~np.isin(data[np.minimum(closes + 1, len(data) - 1)], fine_after)]
        if len(wrong) or len(late):
            first = int(min(list(wrong[:1]) + list(late[:1])))
            row = done + int(np.count_nonzero((data[:first] == _LF) & ~inside[:first])) + 1
            raise data_error(
                "D017",
                "a quote mark stands in the middle of a field",
                file=self.file.name,
                row=row,
                hint="quote marks inside a quoted field are doubled; declare input: {quote: none} "
                "if they are plain text",
            )
        return ~inside

    def _parse(self, block: bytes, columns: Collection[str] | None, *, quoted: bool) -> pl.DataFrame | None:
        """Reads rows of equal length; None when the column reader disagrees about their length."""
        width = len(self.names) + self.surplus
        schema = {str(i): pl.String for i in range(width)}
        wanted = [i for i, n in enumerate(self.names) if columns is None or n in columns] or [0]
        taken = [*wanted, width - 1] if self.surplus else wanted
        if not block:
            frame = pl.DataFrame(schema=schema)
        else:
            try:
                frame = pl.read_csv(
                    block,
                    has_header=False,
                    schema=schema,
                    separator=self.dialect.delimiter,
                    quote_char=self.dialect.quote if quoted else None,
                    columns=taken,
                )
            except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
                return None
        if self.surplus and frame[str(width - 1)].str.strip_chars().str.len_bytes().gt(0).any():
            raise data_error("D010", f"column {width} holds values and has no name", file=self.file.name)
        return frame.select(pl.col(str(i)).alias(self.names[i]) for i in wanted)


def numbered_names(names: Sequence[str]) -> list[str]:
    """Makes names differ: equal ones get their place among equals, missing ones that of the column."""
    folded = [name.casefold() for name in names]
    seen: Counter[str] = Counter()
    out = []
    for position, (name, key) in enumerate(zip(names, folded, strict=True), 1):
        seen[key] += 1
        out.append(f"{name}#{seen[key]}" if name and folded.count(key) > 1 else name or f"#{position}")
    return out


def check_names(names: Sequence[str], file: str, limits: Limits) -> None:
    """Refuses too many columns, columns without a name and names that occur twice: D009, D010, D011."""
    if len(names) > limits.columns:
        raise data_error("D009", f"the file has more than {limits.columns} columns", file=file)
    seen = set()
    for position, column in enumerate(names, 1):
        if not column:
            raise data_error("D010", f"column {position} has no name in the header line", file=file)
        if column in seen:
            shown = "(name hidden)" if any(map(_VALUE.fullmatch, names)) else _shown(column)
            raise data_error("D011", "the header holds this name twice", file=file, column=shown)
        seen.add(column)


def _numbered(frame: pl.DataFrame, done: int) -> pl.DataFrame:
    return frame.with_columns(pl.int_range(done + 1, done + 1 + pl.len(), dtype=pl.Int64).alias(ROW))


def _with_footer(chunk: RawChunk, left_out: int) -> RawChunk:
    if left_out:
        chunk.skipped[FOOTER] += left_out
    return dataclasses.replace(chunk, read=chunk.read + left_out)


def _shown(name: str) -> str:
    """Shortens a header for a message: a file without header may have data there."""
    return name if len(name) <= 40 and not any(c.isdigit() for c in name) else "(name hidden)"

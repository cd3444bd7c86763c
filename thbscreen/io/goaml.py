"""goAML reports as input: a folder of them becomes the canonical tables.

A bank reports its own clients in `my_client` sides: each gives one movement in that client's ledger. So the
reports of several banks lie side by side without counting a payment twice, and a transaction that comes in
two reports of one bank counts once. Accounts and people are put together from all reports. Nationality,
birthplace, sex and papers are not taken over; papers only tell whether two people are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.codes import data_error
from thbscreen.io.files import open_bytes
from thbscreen.io.goaml_parts import Parts
from thbscreen.io.raw import ROW, RawChunk
from thbscreen.io.xmltree import XmlReader
from thbscreen.model.catalogue import TABLES

if TYPE_CHECKING:
    from collections.abc import Collection

    from thbscreen.io.files import InputFile
    from thbscreen.io.goaml_codes import ReportCodes
    from thbscreen.io.limits import Limits
    from thbscreen.io.raw import RawSource

KIND = "goaml"
_KEYS = {"accounts": ("account_id",), "parties": ("party_id",), "account_parties": ("account_id", "party_id")}
AGAIN = "transaction that another report holds too; the first was taken"
DIFFERS = "value of an account or a person that two reports tell differently; the first was taken"
_TEXT = pl.String()


class ReportFolder:
    """All reports of one dataset, read once.

    Attributes:
        notes: what was settled by rule, counted.
    """

    def __init__(self, files: Iterable[InputFile], codes: ReportCodes, limits: Limits) -> None:
        """Reads every file.

        Args:
            files: the reports, in reading order.
            codes: meanings of the FIU's codes.
            limits: how much is read at most.

        Raises:
            DataError: D007, D023, D027 to D030.
        """
        self.notes: Counter[str] = Counter()
        self._codes = codes
        self._limits = limits
        self._files: dict[str, Parts] = {}
        seen: set[tuple[str, ...]] = set()
        for file in files:
            self._files[file.name] = self._read(file, seen)
        self._name_employers()
        self._sides = {table: self._merged(table) for table in _KEYS}
        filled: dict[str, set[str]] = {
            table: {n for rows in by_file.values() for row in rows for n, v in row.items() if v}
            for table, by_file in self._sides.items()
        }
        filled["transactions"] = {
            n for parts in self._files.values() for row in parts.movements for n, v in row.items() if v
        }
        self._columns = {
            t: [f.name for f in TABLES[t] if f.required or f.name in names] for t, names in filled.items()
        }

    def source(self, file: InputFile, table: str) -> RawSource:
        """Gives what one report says for one table."""
        parts = self._files[file.name]
        rows = parts.movements if table == "transactions" else self._sides[table].get(file.name, [])
        bad = parts.bad if table == "transactions" else []
        return _Rows(file, self._columns[table], rows, bad, self._limits.chunk_rows)

    # --- reading ----------------------------------------------------------------------------------

    def _read(self, file: InputFile, seen: set[tuple[str, ...]]) -> Parts:
        parts = Parts(self._codes)
        with open_bytes(file, self._limits) as stream:
            reader = XmlReader(stream, file.name, [("transactions", "transaction")])
            first = True
            for element in reader.parts():
                if first:
                    _check_root(reader, file)
                    first = False
                if element.name == "transaction":
                    self.notes[AGAIN] += parts.transaction(element, seen)
                elif element.name == "activity":
                    parts.activity(element)
                else:
                    parts.header(element)
                if len(parts.movements) > self._limits.rows:
                    raise data_error("D008", f"more than {self._limits.rows} rows", file=file.name)
            _check_root(reader, file)
        file.check_unchanged()
        return parts

    def _name_employers(self) -> None:
        """Replaces names of employers by the id of the entity of that name, where a report has one."""
        known: dict[str, str] = {}
        for parts in self._files.values():
            for name, identity in parts.entity_names.items():
                known.setdefault(name, identity)
        for parts in self._files.values():
            for row in parts.parties:
                name = row.pop("employer_name", "")
                if name:
                    row["employer_id"] = known.get(name) or parts.hashed("employer", name)

    def _merged(self, table: str) -> dict[str, list[dict[str, str]]]:
        """Puts rows of one key together: the first filled value of each column, in the order of files."""
        rows: dict[tuple[str, ...], dict[str, str]] = {}
        home: dict[tuple[str, ...], str] = {}
        for name, parts in self._files.items():
            for row in getattr(parts, table):
                key = tuple(row[k] for k in _KEYS[table])
                home.setdefault(key, name)
                mine = rows.setdefault(key, {})
                for column, value in row.items():
                    if value and mine.setdefault(column, value) != value:
                        self.notes[DIFFERS] += 1
        out: dict[str, list[dict[str, str]]] = {}
        for key, row in rows.items():
            out.setdefault(home[key], []).append(row)
        return out


def _check_root(reader: XmlReader, file: InputFile) -> None:
    root = reader.root
    if root is None or root.name not in {"report", "reportdata"}:
        raise data_error(
            "D030", "the root element is not that of a report", file=file.name,
            hint="reports begin with <report>, statements with <Document>; take other XML out of the folder",
        )  # fmt: skip


class _Rows:
    """Rows of one report and table as a raw source of text columns."""

    def __init__(
        self,
        file: InputFile,
        names: list[str],
        rows: list[dict[str, str]],
        bad: list[tuple[int, str]],
        chunk: int,
    ) -> None:
        self._file = file
        self._chunk = chunk
        self._bad = bad
        self._schema: dict[str, pl.DataType] = dict.fromkeys(names, _TEXT)
        columns: dict[str, list[str | None]] = {n: [row.get(n) or None for row in rows] for n in names}
        numbers = _numbers(len(rows), bad)
        self._frame = pl.DataFrame({ROW: numbers, **columns}, schema={ROW: pl.Int64, **self._schema})

    @property
    def file(self) -> InputFile:
        """The file."""
        return self._file

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Canonical columns that some row has; all String."""
        return self._schema

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[RawChunk]:
        """Gives the named columns, or all, in the order of the report."""
        wanted = [n for n in self._schema if columns is None or n in columns]
        frame = self._frame.select(ROW, *wanted)
        for start in range(0, max(frame.height, 1), self._chunk):
            part = frame.slice(start, self._chunk)
            bad = self._bad if not start else []
            yield RawChunk(part, part.height + len(bad), bad)


def _numbers(rows: int, bad: list[tuple[int, str]]) -> list[int]:
    """Numbers rows from 1, leaving out the numbers of refused ones."""
    refused = {number for number, _ in bad}
    out: list[int] = []
    number = 0
    while len(out) < rows:
        number += 1
        if number not in refused:
            out.append(number)
    return out

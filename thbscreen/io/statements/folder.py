"""A folder of statements and messages: read once, put into the canonical tables, with proof of reading."""

from __future__ import annotations

import tempfile
import weakref
from collections import Counter
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import polars as pl

from thbscreen.io.codes import data_error
from thbscreen.io.files import open_bytes
from thbscreen.io.raw import ROW, RawChunk
from thbscreen.io.statements.proof import reconciled
from thbscreen.io.statements.readers import READERS
from thbscreen.io.statements.records import Movement, Note, Refused, Side, Skipped, Statement
from thbscreen.model.catalogue import TABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from thbscreen.io.files import InputFile
    from thbscreen.io.limits import Limits
    from thbscreen.io.raw import RawSource

#: Rows kept in memory before they go to a temporary file, which is deleted with the folder.
SPILL_ROWS = 200_000
_KEYS = {"accounts": ("account_id",), "parties": ("party_id",), "account_parties": ("account_id", "party_id")}
AGAIN = "booking that another message holds too; the first was taken"
_COLUMNS = [f.name for f in TABLES["transactions"]]
_SCHEMA: dict[str, pl.DataType] = {ROW: pl.Int64(), **dict.fromkeys(_COLUMNS, pl.String())}


class StatementFolder:
    """All statements and messages of one dataset, read once.

    Attributes:
        notes: what was settled by rule, counted.
        proofs: one entry for each statement: what its balances and stated sums show.
    """

    def __init__(self, files: Iterable[InputFile], limits: Limits) -> None:
        """Reads every file.

        Args:
            files: statements and messages, in reading order.
            limits: how much is read at most.

        Raises:
            DataError: for files that cannot be read as what they are.
        """
        self.notes: Counter[str] = Counter()
        self.proofs: list[dict[str, Any]] = []
        self._limits = limits
        self._spill: Path | None = None
        self._seen: set[int] = set()
        self._read: dict[str, _File] = {}
        self._sides: dict[str, dict[tuple[str, ...], dict[str, str]]] = {table: {} for table in _KEYS}
        self._home: dict[tuple[str, tuple[str, ...]], str] = {}
        for file in files:
            self._read[file.name] = self._one(file)
        filled = set().union(*(part.filled for part in self._read.values()))
        self._columns = [f.name for f in TABLES["transactions"] if f.required or f.name in filled]

    def source(self, file: InputFile, table: str) -> RawSource:
        """Gives what one file says for one table."""
        if table == "transactions":
            return _Movements(file, self._columns, self._read[file.name])
        rows = [row for key, row in self._sides[table].items() if self._home[table, key] == file.name]
        names = {n for row in self._sides[table].values() for n, v in row.items() if v}
        wanted = [f.name for f in TABLES[table] if f.required or f.name in names]
        columns = {n: [row.get(n) or None for row in rows] for n in wanted}
        frame = pl.DataFrame(
            {ROW: range(1, len(rows) + 1), **columns},
            schema={ROW: pl.Int64, **dict.fromkeys(wanted, pl.String)},
        )
        part = _File(file.name, [frame], read=len(rows))
        return _Movements(file, wanted, part)

    # --- reading ----------------------------------------------------------------------------------

    def _one(self, file: InputFile) -> _File:
        out = _File(file.name)
        waiting: list[Movement] = []
        total = 0
        with open_bytes(file, self._limits) as stream:
            for item in READERS[file.kind](stream, file.name):
                match item:
                    case Movement():
                        out.read += 1
                        if self._again(item):
                            out.skipped[AGAIN] += 1
                            continue
                        waiting.append(item)
                        if len(waiting) >= SPILL_ROWS:
                            total += len(waiting)
                            out.frames.append(self._put_away(_frame(waiting), file.name))
                            waiting.clear()
                    case Refused():
                        out.read += 1
                        out.bad.append((item.row, item.code))
                    case Skipped():
                        out.read += 1
                        out.skipped[item.why] += 1
                    case Side():
                        self._side(item, file.name)
                    case Statement():
                        self.proofs.append({"file": file.name, **reconciled(item)})
                    case Note():
                        self.notes[item.text] += 1
                if out.read > self._limits.rows:
                    raise data_error("D008", f"more than {self._limits.rows} rows", file=file.name)
        file.check_unchanged()
        out.frames.append(_frame(waiting))
        out.filled = {
            name
            for frame in out.frames
            for name, n in (_collected(frame).select(pl.col(_COLUMNS).count()).row(0, named=True)).items()
            if n
        }
        return out

    def _again(self, movement: Movement) -> bool:
        """Says whether another message about the same booking was read before."""
        if not movement.same:
            return False
        key = hash(movement.same)
        if key in self._seen:
            return True
        self._seen.add(key)
        return False

    def _side(self, item: Side, file: str) -> None:
        key = tuple(item.values.get(name, "") for name in _KEYS[item.table])
        self._home.setdefault((item.table, key), file)
        mine = self._sides[item.table].setdefault(key, {})
        for name, value in item.values.items():
            if value:
                mine.setdefault(name, value)

    def _put_away(self, frame: pl.DataFrame, name: str) -> Path:
        if self._spill is None:
            self._spill = Path(tempfile.mkdtemp(prefix="thbscreen-"))
            weakref.finalize(self, rmtree, self._spill, ignore_errors=True)
        path = self._spill / f"{len(list(self._spill.iterdir()))}.arrow"
        frame.write_ipc(path)
        return path


class _File:
    """What was read of one file."""

    def __init__(self, name: str, frames: list[pl.DataFrame | Path] | None = None, read: int = 0) -> None:
        self.name = name
        self.frames: list[pl.DataFrame | Path] = frames or []
        self.read = read
        self.bad: list[tuple[int, str]] = []
        self.skipped: Counter[str] = Counter()
        self.filled: set[str] = set()


class _Movements:
    """Movements of one file as a raw source of text columns."""

    def __init__(self, file: InputFile, names: list[str], part: _File) -> None:
        self._file = file
        self._part = part
        self._schema: dict[str, pl.DataType] = dict.fromkeys(names, pl.String())

    @property
    def file(self) -> InputFile:
        """The file."""
        return self._file

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Canonical columns that some row has; all String."""
        return self._schema

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[RawChunk]:
        """Gives the named columns, or all, in the order of the file."""
        wanted = [n for n in self._schema if columns is None or n in columns]
        part = self._part
        counted = 0
        for i, stored in enumerate(part.frames):
            frame = _collected(stored).select(ROW, *wanted)
            last = i == len(part.frames) - 1
            read = part.read - counted if last else frame.height
            counted += read
            bad, skipped = (part.bad, part.skipped) if last else ([], Counter())
            yield RawChunk(frame, read, bad, skipped=skipped)


def _frame(movements: list[Movement]) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {ROW: [m.row for m in movements]}
    for name in _COLUMNS:
        columns[name] = [m.values.get(name) or None for m in movements]
    return pl.DataFrame(columns, schema=_SCHEMA)


def _collected(stored: pl.DataFrame | Path) -> pl.DataFrame:
    return pl.read_ipc(stored) if isinstance(stored, Path) else stored

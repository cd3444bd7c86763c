"""A folder of statements and messages: read once, put into the canonical tables, with proof of reading."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from thbscreen.io.codes import data_error
from thbscreen.io.files import open_bytes
from thbscreen.io.raw import ROW, RawChunk, merged
from thbscreen.io.recognise import CODA, MT103, MT940, MT942, OFX, PACS, PAIN
from thbscreen.io.statements import undone
from thbscreen.io.statements.octets import FALLBACK, NOT_UTF8, Declared
from thbscreen.io.statements.overlap import AGAIN, Overlaps
from thbscreen.io.statements.proof import chained, reconciled, told
from thbscreen.io.statements.readers import READERS
from thbscreen.io.statements.records import Entry, Movement, Note, Refused, Side, Skipped, Statement
from thbscreen.io.statements.spill import Spill
from thbscreen.model.catalogue import TABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from thbscreen.io.files import InputFile
    from thbscreen.io.limits import Limits
    from thbscreen.io.raw import RawSource

#: Kinds of files that may be in a code page; XML says itself what it is in.
CODE_PAGES = frozenset({CODA, MT103, MT940, MT942, OFX})
#: Rows kept in memory before they go to a temporary file, which is deleted with the folder.
SPILL_ROWS = 10_000
#: Rows that are handed on at once.
CHUNK_ROWS = 25_000
_KEYS = {"accounts": ("account_id",), "parties": ("party_id",), "account_parties": ("account_id", "party_id")}
DIFFERS = "value of an account or its owner that two statements tell differently; the first was taken"
_COLUMNS = [f.name for f in TABLES["transactions"]]
_SCHEMA: dict[str, pl.DataType] = {ROW: pl.Int64(), **dict.fromkeys(_COLUMNS, pl.String())}


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Looks for garbage in cycles a hundred times less often: parts of messages are many, and hold none."""
    before = gc.get_threshold()
    if not before[0]:
        yield
        return
    gc.set_threshold(max(before[0], 100_000), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class StatementFolder:
    """All statements and messages of one dataset, read once.

    Attributes:
        notes: what was settled by rule, counted.
        proofs: one entry for each statement: what its balances and stated sums show.
        breaks: where the balance jumps between two statements of one account.
        undone: reversals and returns: file and row, and file and row of what they undo, where it was found.
    """

    def __init__(self, files: Iterable[InputFile], limits: Limits, encoding: str = "") -> None:
        """Reads every file.

        Args:
            files: statements and messages; their order plays no part in what counts.
            limits: how much is read at most.
            encoding: code page of lines of MT messages, OFX and CODA that are no UTF-8; empty when not
                declared.

        Raises:
            DataError: for files that cannot be read as what they are.
        """
        self.notes: Counter[str] = Counter()
        self.proofs: list[dict[str, Any]] = []
        self.undone: list[dict[str, Any]] = []
        self._limits = limits
        self._encoding = "" if encoding == "utf-8" or encoding.startswith("utf-16") else encoding
        self._spill = Spill()
        self._seen: set[bytes] = set()
        self._read: dict[str, _File] = {}
        self._sides: dict[str, dict[tuple[str, ...], dict[str, str]]] = {table: {} for table in _KEYS}
        self._home: dict[tuple[str, tuple[str, ...]], str] = {}
        self._overlaps = Overlaps(self._spill)
        self._undoing: list[dict[str, Any]] = []
        kinds: dict[str, str] = {}
        with seldom_collecting():
            for number, file in enumerate(files):
                kinds[file.name] = file.kind
                self._read[file.name] = self._one(file, number)
        self._leave_out()
        self._settle_orders(kinds)
        self._link()
        self.breaks = chained({(p["file"], i): said for i, (p, said) in enumerate(self._first_time())})
        filled = set().union(*(part.filled for part in self._read.values()))
        self._columns = [f.name for f in TABLES["transactions"] if f.required or f.name in filled]

    @property
    def statements(self) -> dict[str, Any]:
        """What `quality.json` says of the statements: each by itself, and between them."""
        return {
            "summary": told(self.proofs, self.breaks) + self._assumed(),
            "each": self.proofs,
            "breaks": self.breaks,
            "undone": self.undone,
        }

    def _assumed(self) -> list[str]:
        """Says on screen that letters were guessed: names and words of rules would not be found in them."""
        n = self.notes[NOT_UTF8]
        are = "line or value is" if n == 1 else "lines or values are"
        more = f"read as {FALLBACK}; `thbscreen inspect` says in which code pages it may be written"
        return [f"{n} {are} not UTF-8 and no code page was declared: {more}"] if n else []

    def source(self, file: InputFile, table: str) -> RawSource:
        """Gives what one file says for one table."""
        if table == "transactions":
            return _Movements(file, self._columns, self._read[file.name], self._limits.chunk_rows)
        rows = [row for key, row in self._sides[table].items() if self._home[table, key] == file.name]
        names = {n for row in self._sides[table].values() for n, v in row.items() if v}
        wanted = [f.name for f in TABLES[table] if f.required or f.name in names]
        columns = {n: [row.get(n) or None for row in rows] for n in wanted}
        frame = pl.DataFrame(
            {ROW: range(1, len(rows) + 1), **columns},
            schema={ROW: pl.Int64, **dict.fromkeys(wanted, pl.String)},
        )
        part = _File(file.name, [frame], read=len(rows))
        return _Movements(file, wanted, part, self._limits.chunk_rows)

    # --- reading ----------------------------------------------------------------------------------

    def _one(self, file: InputFile, number: int) -> _File:
        out = _File(file.name)
        waiting: list[Movement] = []
        message = 0
        with open_bytes(file, self._limits) as stream:
            read: Any = stream
            if self._encoding and file.kind in CODE_PAGES:
                read = Declared(stream, file.name, self._encoding)
            for item in READERS[file.kind](read, file.name):
                match item:
                    case Movement():
                        out.read += 1
                        _plain_amount(item.values)
                        if item.same and self._again(item):
                            out.skipped[AGAIN] += 1
                            continue
                        if item.undoes:
                            self._remember(item, file.name)
                        if item.undoes and not item.values.get("account_id"):
                            out.skipped[undone.SHADOW] += 1
                            continue
                        waiting.append(item)
                        if len(waiting) >= SPILL_ROWS:
                            frame = _frame(waiting)
                            out.add(self._spill.put(frame), frame)
                            waiting.clear()
                    case Entry():
                        self._overlaps.add(number, message, item)
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
                        self._overlaps.statements[number, message] = item
                        message += 1
                    case Note():
                        self.notes[item.text] += 1
                if out.read > self._limits.rows:
                    raise data_error("D008", f"more than {self._limits.rows} rows", file=file.name)
        file.check_unchanged()
        frame = _frame(waiting)
        out.add(frame, frame)
        return out

    def _again(self, movement: Movement) -> bool:
        """Says whether another message about the same booking was read before."""
        key = blake2b(movement.same.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if key in self._seen:
            return True
        self._seen.add(key)
        return False

    def _remember(self, movement: Movement, file: str) -> None:
        """Keeps what is needed to find the original of a reversal or return."""
        if movement.values.get("status", "booked") == "booked":
            status = "reversed" if movement.undoes == "reversal" else "returned"
            row = {n: movement.values.get(n) or None for n in undone.COLUMNS}
            self._undoing.append({"file": file, "row": movement.row, "status": status, **row})

    def _side(self, item: Side, file: str) -> None:
        key = tuple(item.values.get(name, "") for name in _KEYS[item.table])
        self._home.setdefault((item.table, key), file)
        mine = self._sides[item.table].setdefault(key, {})
        for name, value in item.values.items():
            if value and mine.setdefault(name, value) != value:
                self.notes[DIFFERS] += 1

    # --- after reading ----------------------------------------------------------------------------

    def _leave_out(self) -> None:
        """Leaves out entries that another message holds too."""
        if not self._overlaps.statements:
            return
        names = list(self._read)
        for left in self._overlaps.left_out():
            self._read[names[left.file]].gone.append((left.first, left.last, left.why))
        repeats = {(names[file], message) for file, message in self._overlaps.repeats}
        counted: Counter[str] = Counter()
        for proof in self.proofs:
            here = (proof["file"], counted[proof["file"]])
            counted[proof["file"]] += 1
            proof["repeat"] = here in repeats

    def _first_time(self) -> Iterator[tuple[dict[str, Any], Statement]]:
        """Gives statements with what is known of them, without those that were given before."""
        seen: set[tuple[Any, ...]] = set()
        for proof, said in zip(self.proofs, self._overlaps.statements.values(), strict=True):
            key = (said.account_id, said.number, repr(said.opening), repr(said.closing), said.entries)
            if said.number and said.opening and key in seen:
                proof["repeat"] = True  # formats without references of entries show it by the balances
            seen.add(key)
            if not proof["repeat"]:
                yield proof, said

    def _link(self) -> None:
        """Links reversals and returns to what they undo."""
        texts = dict.fromkeys(("file", "status", *undone.COLUMNS), pl.String())
        undoing = pl.DataFrame(self._undoing, schema={"file": pl.String(), "row": pl.Int64(), **texts})
        places = [frame.with_columns(pl.lit(n).alias("file")) for n, frame in self._gone().items()]
        if places:
            undoing = undoing.join(
                pl.concat(places), left_on=["file", "row"], right_on=["file", ROW], how="anti"
            )
        if not undoing.height:
            return
        found = self._rows_like(undoing.select("currency", "amount").unique(), undone.COLUMNS)
        whole = undoing.filter(pl.col("account_id").is_not_null())
        pairs = undone.linked(whole, found)
        self._mark(pairs)
        shadows = undone.referred(undoing.filter(pl.col("account_id").is_null()), found)
        self._mark(shadows)
        pairs = pl.concat([pairs, shadows])
        alone = undoing.join(pairs, on=["file", "row"], how="anti")
        self.notes[undone.LINKED] += pairs.select("file", "row").n_unique()
        self.notes[undone.ALONE] += alone.height
        self.notes = +self.notes
        both = pl.concat(
            [pairs.select("file", "row", "file_of", "row_of"), alone.select("file", "row")], how="diagonal"
        )
        self.undone = both.sort("file", "row", "file_of", "row_of").to_dicts()

    def _settle_orders(self, kinds: dict[str, str]) -> None:
        """Leaves out orders and transfers whose booking a statement of the account holds.

        A reference is not enough, for thousands of payments may share one: account, direction, amount,
        currency and reference must be equal, and the first order meets the first booking.
        """
        orders = {n for n, kind in kinds.items() if kind in (PAIN, PACS, MT103)}
        if not orders or orders == set(kinds):
            return
        same = ["account_id", "direction", "currency", "amount"]
        asked = self._rows_like(None, (*same, "end_to_end_id", "uetr"), orders)
        booked = self._rows_like(
            asked.select(same).unique(), (*same, "end_to_end_id", "uetr"), set(kinds) - orders
        )
        for reference in ("uetr", "end_to_end_id"):
            key = [*same, reference]
            first, second = (
                frame.filter(pl.col(reference).is_not_null()).with_columns(
                    pl.int_range(pl.len()).over(key).alias("n")
                )
                for frame in (asked, booked)
            )
            met = first.join(second.select(*key, "n"), on=[*key, "n"], how="semi")
            for file, row in met.select("file", "row").iter_rows():
                self._read[file].gone.append((row, row, AGAIN))
            asked = asked.join(met.select("file", "row"), on=["file", "row"], how="anti")

    def _gone(self) -> dict[str, pl.DataFrame]:
        return {name: part.rows_gone().select(ROW).unique() for name, part in self._read.items()}

    def _rows_like(
        self, wanted: pl.DataFrame | None, columns: Collection[str], files: Collection[str] | None = None
    ) -> pl.DataFrame:
        """Gives file, row and some columns of booked movements that agree with `wanted` in its columns."""
        gone = self._gone()
        schema = {"file": pl.String(), "row": pl.Int64(), **dict.fromkeys(columns, pl.String())}
        out = [pl.DataFrame(schema=schema)]
        for name, part in self._read.items():
            for stored in part.frames if files is None or name in files else ():
                frame = _collected(stored).join(gone[name], on=ROW, how="anti", maintain_order="left")
                frame = frame.filter(pl.col("status").fill_null("booked") == "booked")
                if wanted is not None:
                    frame = frame.join(wanted, on=wanted.columns, how="semi", maintain_order="left")
                out.append(frame.select(pl.lit(name).alias("file"), pl.col(ROW).alias("row"), *columns))
        return pl.concat(out)

    def _mark(self, pairs: pl.DataFrame) -> None:
        """Notes status and original at the rows of linked movements."""
        for file, row, status, file_of, row_of, tx_id in pairs.rows():
            self._read[file].marks.append((row, status, tx_id))
            self._read[file_of].marks.append((row_of, status, None))
            self._read[file].filled |= {"status", "reversal_of"}


class _File:
    """What was read of one file.

    Attributes:
        gone: first row, last row and reason of entries that are left out.
        marks: row, status and tx_id of the original of movements that undo another, or are undone.
    """

    def __init__(self, name: str, frames: list[pl.DataFrame | Path] | None = None, read: int = 0) -> None:
        self.name = name
        self.frames: list[pl.DataFrame | Path] = frames or []
        self.read = read
        self.bad: list[tuple[int, str]] = []
        self.skipped: Counter[str] = Counter()
        self.filled: set[str] = set()
        self.gone: list[tuple[int, int, str]] = []
        self.marks: list[tuple[int, str, str | None]] = []

    def add(self, stored: pl.DataFrame | Path, frame: pl.DataFrame) -> None:
        """Takes in movements as they are stored, and which columns they fill."""
        self.frames.append(stored)
        counts = frame.select(pl.col(_COLUMNS).count()).row(0, named=True)
        self.filled |= {name for name, n in counts.items() if n}

    def rows_gone(self) -> pl.DataFrame:
        """Gives row and reason of movements that are left out."""
        ranges = pl.DataFrame(
            self.gone, schema={"first": pl.Int64, "last": pl.Int64, "why": pl.String}, orient="row"
        )
        rows = ranges.select(pl.int_ranges("first", pl.col("last") + 1).alias(ROW), "why")
        return rows.explode(ROW).select(pl.col(ROW).cast(pl.Int64), "why")

    def marked(self) -> pl.DataFrame:
        """Gives row, status and original of movements that undo another, or are undone."""
        schema = {ROW: pl.Int64, "new_status": pl.String, "original": pl.String}
        return pl.DataFrame(self.marks, schema=schema, orient="row")


class _Movements:
    """Movements of one file as a raw source of text columns."""

    def __init__(self, file: InputFile, names: list[str], part: _File, chunk_rows: int) -> None:
        self._file = file
        self._part = part
        self._rows = min(chunk_rows, CHUNK_ROWS)
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
        return merged(self._chunks(columns), self._rows)

    def _chunks(self, columns: Collection[str] | None) -> Iterator[RawChunk]:
        wanted = [n for n in self._schema if columns is None or n in columns]
        part = self._part
        gone, marked = part.rows_gone(), part.marked()
        counted = 0
        for i, stored in enumerate(part.frames):
            frame = _collected(stored).select(ROW, *wanted)
            last = i == len(part.frames) - 1
            read = part.read - counted if last else frame.height
            counted += read
            bad, skipped = (part.bad, part.skipped) if last else ([], Counter())
            if gone.height:
                left = frame.select(ROW).join(gone, on=ROW, how="inner")
                skipped = skipped + Counter(dict(left.group_by("why").len().iter_rows()))
                frame = frame.join(gone, on=ROW, how="anti", maintain_order="left")
            if marked.height and {"status", "reversal_of"} & set(wanted):
                frame = _with_marks(frame, marked)
            yield RawChunk(frame, read, bad, skipped=skipped)


def _with_marks(frame: pl.DataFrame, marked: pl.DataFrame) -> pl.DataFrame:
    joined = frame.join(marked, on=ROW, how="left", maintain_order="left")
    if "status" in frame.columns:
        joined = joined.with_columns(pl.coalesce("new_status", "status").alias("status"))
    if "reversal_of" in frame.columns:
        joined = joined.with_columns(pl.coalesce("original", "reversal_of").alias("reversal_of"))
    return joined.select(frame.columns)


def _plain_amount(values: dict[str, str]) -> None:
    """Writes 7.50 as 7.5: movements of several formats are held against each other."""
    amount = values.get("amount", "")
    if "." in amount:
        values["amount"] = amount.rstrip("0").rstrip(".")


def _frame(movements: list[Movement]) -> pl.DataFrame:
    columns: dict[str, Any] = {ROW: [m.row for m in movements]}
    named: set[str] = set().union(*(m.values for m in movements))
    empty = pl.repeat(None, len(movements), dtype=pl.String(), eager=True)
    for name in _COLUMNS:
        columns[name] = [m.values.get(name) or None for m in movements] if name in named else empty
    return pl.DataFrame(columns, schema=_SCHEMA)


def _collected(stored: pl.DataFrame | Path) -> pl.DataFrame:
    return pl.read_ipc(stored) if isinstance(stored, Path) else stored

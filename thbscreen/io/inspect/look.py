"""Looks at one file and gathers what it is, how it is written, and what a person must decide."""

from __future__ import annotations

import codecs
import gzip
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thbscreen.errors import ThbscreenError
from thbscreen.io.columnar import ParquetSource
from thbscreen.io.files import open_bytes, reading
from thbscreen.io.inspect.draft import (
    Section,
    input_parts,
    movements_section,
    side_section,
    undecided,
    write_draft,
    write_tables,
)
from thbscreen.io.inspect.encoding import Encoding, encoding_of
from thbscreen.io.inspect.facts import Column, Part, Roles, quoted
from thbscreen.io.inspect.forms import shape
from thbscreen.io.inspect.roles import column_state, find_roles
from thbscreen.io.inspect.side import column_of, find_sides
from thbscreen.io.inspect.table import Table, find_rows, find_table, footer_of
from thbscreen.io.limits import Limits
from thbscreen.io.ndjson import NdjsonSource
from thbscreen.io.raw import ROW
from thbscreen.io.recognise import MESSAGES, not_read
from thbscreen.io.statements.folder import CODE_PAGES, StatementFolder
from thbscreen.io.statements.octets import FALLBACK, NOT_UTF8
from thbscreen.io.statements.readers import READERS
from thbscreen.io.workbook import raw_cells, sheet_names
from thbscreen.model.catalogue import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thbscreen.io.dataset import LoadReport
    from thbscreen.io.files import InputFile
    from thbscreen.io.inspect.side import Side

#: How much of a text is looked at for its table; the encoding is judged on all of it.
SAMPLE = 1 << 20
#: How much of its end is looked at for lines that are no rows.
TAIL = 1 << 16
#: Most rows whose values are looked at.
ROWS = 20_000
_SHOWN = 3
_TEXT = frozenset({"", "csv", "tsv"})


@dataclass(slots=True)
class Look:
    """What was found out about one file.

    Attributes:
        file: its name.
        kind: csv, tsv, xlsx, parquet, ndjson, goaml, camt, mt940, ...; `coda`, `pdf` or `unknown` when it is
            not read.
        state: `canonical` (needs no mapping), `read` (has a reader of its own), `draft`, `no movements` or
            `not read`.
        why: for what is not read: what to do.
        encoding: what its bytes say; None for what is no text.
        table: where its table is.
        columns: name, state, share of filled cells, share readable and shapes of values of each column.
        roles: what the columns mean.
        inputs: how it is written.
        draft: the draft, or empty.
        undecided: what a person must settle.
        tables: canonical tables that it holds, as far as a draft says so.
        sections: what a draft for several files says of them.
        loaded: counts and reasons of a load with the draft, when nothing is open.
        notes: other things worth knowing.
    """

    file: str
    kind: str
    state: str
    why: str = ""
    encoding: Encoding | None = None
    table: Table | None = None
    columns: list[dict[str, Any]] = field(default_factory=list)
    roles: Roles | None = None
    inputs: list[Part] = field(default_factory=list)
    draft: str = ""
    undecided: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    loaded: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Gives it as plain data: shapes and counts, no values."""
        parts = [*self.inputs, *(self.roles.parts() if self.roles is not None else [])]
        return {
            "file": self.file, "kind": self.kind, "state": self.state, "why": self.why,
            "encoding": None if self.encoding is None else {
                "name": self.encoding.name, "sure": self.encoding.sure, "why": self.encoding.why,
                "candidates": list(self.encoding.candidates), "alike": list(self.encoding.alike),
            },
            "rows_looked_at": 0 if self.table is None else len(self.table.rows),
            "columns": self.columns,
            "parts": [
                {"key": p.key, "value": p.value, "sure": p.sure, "why": p.why, "candidates": p.candidates}
                for p in parts
            ],
            "balance": None if self.roles is None or self.roles.balance is None else {
                "steps_that_hold": self.roles.balance[0], "steps": self.roles.balance[1],
            },
            "tables": self.tables,
            "undecided": self.undecided, "loaded": self.loaded, "notes": self.notes, "draft": self.draft,
        }  # fmt: skip


def look(file: InputFile, zone: str, limits: Limits | None = None) -> Look:
    """Looks at one file.

    Args:
        file: a file, its kind recognised.
        zone: zone of times without offset, for the trial load.
        limits: how much is read at most.

    Raises:
        DataError: the file cannot be read at all.
    """
    limits = limits or Limits()
    if file.kind == "goaml":
        return Look(file.name, file.kind, "read", "read without a mapping")
    if file.kind in MESSAGES:
        return _statements(file, limits)
    if file.packed and file.path.suffix.lower() != ".gz":
        return Look(file.name, "packed", "not read", "unpack it first")
    if file.kind == "parquet":
        return _typed(file, ParquetSource(file, limits), zone, limits)
    if file.kind == "ndjson":
        return _typed(file, NdjsonSource(file, "utf-8", limits), zone, limits)
    if file.kind == "xlsx":
        return _workbook(file, zone, limits)
    return _text(file, zone, limits)


def _statements(file: InputFile, limits: Limits) -> Look:
    """Reads statements and messages, and says in how many of them the balances prove the reading."""
    if file.kind not in READERS:
        return Look(file.name, file.kind, "not read", "there is no reader for files of this kind")
    out = Look(file.name, file.kind, "read", "read without a mapping")
    if file.kind in CODE_PAGES:
        sample, present, is_utf8, _ = _bytes(file, limits)
        if present and not is_utf8:
            out.encoding = encoding_of(sample, present, is_utf8=False)
    folder = StatementFolder([file], limits)
    if out.encoding is not None and not folder.notes[NOT_UTF8]:
        out.encoding = None  # the file names its page, as OFX does
    elif out.encoding is not None:
        out.notes.append(
            f"lines that are no UTF-8 are read as {FALLBACK} unless a mapping declares another page: "
            f"mapping: 1 and input: {{encoding: {' or '.join(_pages(out.encoding))}}}"
        )
    proofs = folder.proofs
    if proofs:
        told = Counter(str(proof["balances"]) for proof in proofs)
        entries = sum(proof["entries"] for proof in proofs)
        parts = ", ".join(f"{word} in {n}" for word, n in sorted(told.items()))
        out.notes.append(
            f"{len(proofs)} statements with {entries} entries; opening, entries and closing: {parts}"
        )
    out.notes += [f"settled by rule, {n:,} x: {note}" for note, n in sorted(folder.notes.items()) if n]
    return out


# --- text ---------------------------------------------------------------------------------------------


def _text(file: InputFile, zone: str, limits: Limits) -> Look:
    sample, present, is_utf8, last = _bytes(file, limits)
    if (known := not_read(sample)) is not None:
        return Look(file.name, known[0], "not read", known[1])
    if not sample:
        return Look(file.name, file.kind or "unknown", "not read", "the file is empty")
    encoding = encoding_of(sample, present, is_utf8=is_utf8)
    whole = file.bytes <= SAMPLE and not file.packed
    text = _decoded(sample, encoding, whole=whole)
    if "\0" in text:
        return Look(file.name, "unknown", "not read", "it holds NUL characters: damaged, or no text")
    if "\n" not in text and "\r" in text:
        why = "lines end in CR alone (D020); save the file with LF or CR LF line ends"
        return Look(file.name, "csv", "not read", why, encoding)
    table = find_table(text, whole=whole)
    if table is None:
        return Look(file.name, "unknown", "not read", "no delimiter gives columns; export it as CSV",
                    encoding)  # fmt: skip
    if not whole and not file.packed:
        table.footer, table.footer_sure = footer_of(_tail(file, encoding), table)
    kind = "tsv" if table.delimiter == "\t" else "csv"
    inputs = input_parts(encoding, table, final_newline=last.rstrip(b"\0").endswith(b"\n"), kind=kind)
    if file.packed:
        inputs.append(Part("compression", "gzip", sure=True))
    return _tabular(file, kind, encoding, table, inputs, zone, limits, numbers=frozenset())


def _pages(encoding: Encoding) -> list[str]:
    return [encoding.name] if encoding.sure else list(dict.fromkeys([encoding.name, *encoding.candidates]))


def _bytes(file: InputFile, limits: Limits) -> tuple[bytes, frozenset[int], bool, bytes]:
    """Reads the file once: its beginning, its bytes from 128 on, whether all is UTF-8, and its end."""
    sample, last = b"", b""
    present: set[int] = set()
    decoder, is_utf8 = codecs.getincrementaldecoder("utf-8")("strict"), True
    ascii_bytes = bytes(range(128))
    try:
        with open_bytes(file, limits) as stream:
            while piece := stream.read(1 << 20):
                if len(sample) < SAMPLE:
                    sample += piece
                last = piece[-2:]
                present.update(piece.translate(None, ascii_bytes))
                if is_utf8:
                    try:
                        decoder.decode(piece)
                    except UnicodeDecodeError:
                        is_utf8 = False
    except (gzip.BadGzipFile, EOFError):
        return b"", frozenset(), False, b""
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return sample[:SAMPLE], frozenset(present), is_utf8, last


def _tail(file: InputFile, encoding: Encoding) -> str:
    """Gives the last whole lines of a file."""
    with reading(file.name), file.path.open("rb") as stream:
        stream.seek(-(min(file.bytes, TAIL) // 4 * 4), 2)
        data = stream.read()
    name = {"utf-16": "utf-16-le"}.get(encoding.name, encoding.name)
    return data.decode(name, "replace").partition("\n")[2]


def _decoded(sample: bytes, encoding: Encoding, *, whole: bool) -> str:
    name = "utf-8-sig" if encoding.name == "utf-8" else encoding.name
    text = sample.decode(name, "replace").removeprefix("\ufeff")
    return text if whole else text[: text.rfind("\n") + 1]


# --- what has columns already ---------------------------------------------------------------------------


def _typed(file: InputFile, source: ParquetSource | NdjsonSource, zone: str, limits: Limits) -> Look:
    chunk = next(source.chunks())
    frame = chunk.frame.drop(ROW).head(ROWS)
    names = frame.columns
    rows = [["" if v is None else str(v) for v in row] for row in frame.iter_rows()]
    table = Table(",", names=names, header_row=1, rows=rows)
    numbers = frozenset(n for n in names if frame.schema[n].is_numeric())
    return _tabular(
        file, file.kind, None, table, [Part("kind", file.kind, sure=True)], zone, limits, numbers=numbers
    )


def _workbook(file: InputFile, zone: str, limits: Limits) -> Look:
    sheets = sheet_names(file, limits)
    found: list[tuple[int, Table, frozenset[str]]] = []
    for n in range(len(sheets)):
        cells, numeric = raw_cells(file, n, limits)
        table = find_rows(cells)
        if table is not None and table.rows and table.score[0]:
            found.append((n, table, frozenset(table.names[i] for i in numeric if i < len(table.names))))
    if not found:
        return Look(file.name, "xlsx", "not read", "no sheet holds a table with a date or an amount")
    _, table, numbers = found[0]
    inputs = input_parts(None, table, final_newline=True, kind="xlsx")
    if len(sheets) > 1:
        names = [quoted(sheets[n]) for n, _, _ in found]
        sure = len(found) == 1
        inputs.append(
            Part(
                "sheet", names[0], sure, "" if sure else "several sheets hold a table", [] if sure else names
            )
        )
    return _tabular(file, "xlsx", None, table, inputs, zone, limits, numbers=numbers)


# --- tables -------------------------------------------------------------------------------------------


def _tabular(
    file: InputFile, kind: str, encoding: Encoding | None, table: Table, inputs: list[Part], zone: str,
    limits: Limits, *, numbers: frozenset[str],
) -> Look:  # fmt: skip
    out = Look(
        file.name, kind, "draft", encoding=encoding, table=table, inputs=inputs, notes=list(table.doubts)
    )
    if len(table.names) > limits.columns:
        why = f"it has more than {limits.columns} columns; export the columns that are needed"
        return Look(file.name, kind, "not read", why, encoding)
    names = _unique(table.names)
    cells = list(zip(*table.rows[:ROWS], strict=False)) or [() for _ in names]
    columns = [Column(name, list(values)) for name, values in zip(names, cells, strict=False)]
    if table.odd:
        out.notes.append(f"{table.odd} rows have another number of fields than the others")
    canonical = _canonical(table.names, kind, inputs)
    if canonical:
        out.state, out.why = "canonical", f"its columns are those of {canonical}; no mapping is needed"
        kinds = {f.name: f.kind for f in TABLES[canonical]}
        out.columns = [_told(c, "") | {"holds": kinds[c.name.strip().casefold()]} for c in columns]
        return out
    if table.header_row and (sides := find_sides(columns)):
        return _sides(file, out, columns, sides, zone, limits)
    roles = find_roles(columns, named=table.header_row > 0, numbers=bool(numbers))
    out.roles = roles
    used = {p.value: p.key if p.sure else f"{p.key}?" for p in roles.columns if p.value}
    out.columns = [
        _told(c, next((key for value, key in used.items() if f'"{c.name}"' in value), "")) for c in columns
    ]
    if any(p.key == "amount" and not p.value for p in roles.columns):
        out.state, out.roles = "no movements", None
        out.why = (
            "no column of amounts, so no table of movements; and no list of customers, accounts or holders "
            "either, by its names of columns"
            if table.rows
            else "a line of names and no rows below it: nothing tells what its columns hold"
        )
        return out
    out.notes += roles.notes
    out.undecided = undecided([*inputs, *roles.parts()])
    out.draft = write_draft(file.path.stem, inputs, roles)
    out.tables = ["transactions"]
    out.sections = [movements_section(file.path.name, inputs, roles)]
    if not out.undecided:
        out.loaded = _tried(file, out, zone, limits)
    return out


def _sides(
    file: InputFile, out: Look, columns: Sequence[Column], sides: Sequence[Side], zone: str, limits: Limits
) -> Look:
    """Drafts a list of customers, accounts or holders, and tries it beside one invented movement."""
    out.tables = [side.table for side in sides]
    out.why = "no movements: it is read as " + " and ".join(out.tables)
    out.columns = [_told(c, column_of(sides, c)) for c in columns]
    out.notes += [note for side in sides for note in side.notes]
    out.sections = [side_section(file.path.name, out.inputs, side) for side in sides]
    out.draft = write_tables(file.path.stem, out.sections)
    out.undecided = list(dict.fromkeys(key for s in out.sections for key in s.undecided))
    if not out.undecided:
        out.loaded = _tried_sides(file, out, zone, limits)
    return out


def _tried_sides(file: InputFile, found: Look, zone: str, limits: Limits) -> dict[str, Any]:
    from thbscreen.io.dataset import open_dataset  # noqa: PLC0415  # it may look at files, too

    names = ("account_id", "booking_ts", "direction", "amount")
    with tempfile.TemporaryDirectory(prefix="thbscreen-") as work:
        one = Path(work) / f"movement-{file.path.name}.csv"
        one.write_text(",".join(names) + "\nX,2026-01-01,debit,1\n", encoding="utf-8")
        lines = ("columns:", *(f"  {name}: {{from: {name}}}" for name in names))
        path = Path(work) / "draft.yaml"
        sections = [Section("transactions", one.name, lines, ()), *found.sections]
        path.write_text(write_tables("trial", sections), encoding="utf-8")
        try:
            report = open_dataset([file.path, one], path, zone=zone, limits=limits).report()
        except ThbscreenError as error:
            return {"error": str(error)}
    counts = [report.tables[table] for table in found.tables]
    skipped: Counter[str] = sum((c.skipped for c in counts), Counter())
    told = _counts(report)
    return told | {
        "read": sum(c.read for c in counts), "loaded": sum(c.loaded for c in counts),
        "rejected": sum(c.rejected for c in counts), "skipped": dict(skipped),
    }  # fmt: skip


def _unique(names: Sequence[str]) -> list[str]:
    from thbscreen.io.delimited import numbered_names  # noqa: PLC0415  # shared with the loader

    return numbered_names(names)


def _canonical(names: Sequence[str], kind: str, inputs: Sequence[Part]) -> str:
    """Gives the table whose canonical columns a file has, if it can be read without a mapping."""
    plain = all(p.sure and (p.key == "kind" or p.value in ("utf-8", '","', "tab")) for p in inputs)
    bare = {n.strip().casefold() for n in names}
    if kind not in ("csv", "tsv", "parquet", "ndjson") or not plain or len(bare) < len(names):
        return ""
    for name, fields in TABLES.items():
        known = {f.name for f in fields}
        if {f.name for f in fields if f.required} <= bare <= known:
            return name
    return ""


def _told(column: Column, role: str) -> dict[str, Any]:
    state, readable = column_state(column, role)
    shapes = [s for s, _ in Counter(map(shape, column.values[:2000])).most_common(_SHOWN)]
    return {
        "name": column.name, "column": role, "holds": state, "filled": round(column.filled, 4),
        "readable": round(readable, 4), "shapes": shapes,
    }  # fmt: skip


def _tried(file: InputFile, found: Look, zone: str, limits: Limits) -> dict[str, Any] | None:
    """Loads the file with the draft, as a scan would, and counts; nothing of it is kept."""
    from thbscreen.io.dataset import open_dataset  # noqa: PLC0415  # it may look at files, too

    with tempfile.TemporaryDirectory(prefix="thbscreen-") as work:
        path = Path(work) / "draft.yaml"
        path.write_text(found.draft, encoding="utf-8")
        try:
            dataset = open_dataset([file.path], path, zone=zone, limits=limits)
            report = dataset.report()
        except ThbscreenError as error:
            return {"error": str(error)}
    return _counts(report)


def _counts(report: LoadReport) -> dict[str, Any]:
    reasons = (
        report.rejects.group_by("column", "reason").len().sort("len", "column", "reason", descending=True)
    )
    return {
        "read": report.read, "loaded": report.loaded, "rejected": report.rejected, "skipped": report.skipped,
        "reasons": [{"column": c, "reason": r, "rows": n} for c, r, n in reasons.iter_rows()],
    }  # fmt: skip

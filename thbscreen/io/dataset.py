"""A dataset: canonical tables from files, read in chunks, with a report in which the counts add up."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.ahead import Beside, in_order
from thbscreen.io.accountbook import AccountBook
from thbscreen.io.checks.gather import READ, Gathered
from thbscreen.io.codes import ROW_CODES, data_error, reason
from thbscreen.io.columnar import ParquetSource
from thbscreen.io.contacts import with_details
from thbscreen.io.counterparties import Counterparties
from thbscreen.io.counts import FileReport, LoadReport, TableCounts
from thbscreen.io.digest import sha256_file
from thbscreen.io.files import list_inputs
from thbscreen.io.goaml import KIND as GOAML
from thbscreen.io.goaml import ReportFolder
from thbscreen.io.goaml_codes import read_codes
from thbscreen.io.identity import NOT_CONTENT, RowIds, SeenIds, split_duplicates, with_transfer_ids
from thbscreen.io.limits import Limits
from thbscreen.io.mapping_file import read_encoding, read_mapping
from thbscreen.io.plan import ALWAYS, REJECTS, TYPES, Loaded, Plan, together
from thbscreen.io.quality import Observations
from thbscreen.io.raw import ROW
from thbscreen.io.recognise import MESSAGES, recognised
from thbscreen.io.select import Selected, select_files
from thbscreen.io.shape import LEG, canonical_shape, mapped_shape
from thbscreen.io.source import lineage, open_source
from thbscreen.io.statements.folder import StatementFolder
from thbscreen.model.catalogue import TABLES
from thbscreen.model.details import Reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from thbscreen.io.files import InputFile
    from thbscreen.io.mapping import Mapping, Section
    from thbscreen.model.keys import Key

#: Unique key of each side table.
_KEYS = {
    "accounts": ("account_id",),
    "parties": ("party_id",),
    "account_parties": ("account_id", "party_id", "role"),
}
#: Rough length of a row of text.
_BYTES_PER_ROW = 100
#: Rows of messages that are handed on at once: they have more columns, and most of them hold text.
_MESSAGE_ROWS = 100_000
#: Pieces that are converted at once, besides the one that is read.
_CONVERTERS = 2
#: Gives, for one file and the rows read before it, which rows a look-up wants.
_Keep = Callable[["Plan", int], pl.Expr]
_OWN_READER = frozenset({GOAML, *MESSAGES})
#: Share of refused entries above which statements are refused. It is larger than that of tables, where wrong
#: columns or signs would show in it: in statements the balances show what is missing.
_STATEMENT_REJECTS = 0.5
_REPEAT = "same row again (same id, same content)"


@dataclass(slots=True)
class _Pass:
    """What one pass over the transactions has seen."""

    counts: TableCounts = field(default_factory=TableCounts)
    rejects: list[pl.DataFrame] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    rows: dict[str, int] = field(default_factory=dict)
    seen: SeenIds = field(default_factory=SeenIds)
    filled: Counter[str] = field(default_factory=Counter)
    height: int = 0
    observations: Observations | None = None
    counterparties: Counterparties | None = None
    gathered: Gathered | None = None
    accounts: pl.Series | None = None  # the different ones of the last chunk, where they are known
    partners: pl.Series | None = None  # the different accounts of its counterparties, where they are known


class Dataset:
    """Canonical tables of one set of files.

    Attributes:
        columns: canonical transaction columns that exist.
        accounts: accounts; empty with required columns when there is no such file.
        parties: customers.
        account_parties: who may do what with which account.
        reader: how details of customers are read.
        details: what became of the details of customers.
        book: the accounts under every number they are known by.
        side_places: file and row of each row of these three, in their order.
        checked: whether reading also gathers what the checks of quality need; `gathered` does so anyway.
    """

    def __init__(
        self,
        selected: Selected,
        mapping: Mapping | None,
        zone: str,
        limits: Limits,
        reports: ReportFolder | StatementFolder | None = None,
        reader: Reader | None = None,
        key: Key | None = None,
    ) -> None:
        """Opens every file and reads the three small tables."""
        self._reports = reports
        self.zone = zone
        self.limits = limits
        self._mapping = mapping
        self._ignored = tuple(selected.ignored)
        self._side: dict[str, TableCounts] = {}
        self._side_rejects: list[pl.DataFrame] = []
        self._side_notes: Counter[str] = Counter() if reports is None else Counter(reports.notes)
        self._side_rows: dict[str, int] = {}
        self.side_places: dict[str, pl.DataFrame] = {}
        self.checked = False
        self._files = selected.files
        self._plans = [self._plan("transactions", f) for f in selected.files["transactions"]]
        self.columns = frozenset().union(*(plan.columns for plan in self._plans))
        self.accounts = self._load_side("accounts")
        self.reader = reader or Reader()
        self.details = with_details(self._load_side("parties"), self.reader, key)
        self.parties = self.details.parties
        links = self._load_side("account_parties")
        self.book = AccountBook(self.accounts, links.clear())
        self.account_parties = self.book.side(links)
        self.book = AccountBook(self.accounts, self.account_parties)
        self._done: _Pass | None = None
        self._dropped: pl.Series | None = None
        self._digests: Beside[dict[Path, str]] | None = None
        self._coverage: dict[str, float] = {}
        self._notes: Counter[str] = Counter()

    # --- opening ----------------------------------------------------------------------------------

    def _section(self, table: str) -> Section | None:
        return self._mapping.sections.get(table) if self._mapping is not None else None

    def _plan(self, table: str, file: InputFile) -> Plan:
        section = self._section(table)
        if self._reports is not None and (table == "transactions" or file.kind in _OWN_READER):
            report = self._reports.source(file, table)
            return Plan(table, report, canonical_shape(report, table), None, self.zone)
        source = open_source(file, section, self.limits)
        if section is None or self._mapping is None:
            return Plan(table, source, canonical_shape(source, table), None, self.zone)
        return Plan(table, source, mapped_shape(source, section, self._mapping.path.name), section, self.zone)

    def _load_side(self, table: str) -> pl.DataFrame:
        fields = TABLES[table]
        counts = self._side[table] = TableCounts()
        frames: list[pl.DataFrame] = []
        for file in self._files[table]:
            plan = self._plan(table, file)
            names = plan.needed(None)
            for chunk in plan.source.chunks(plan.raw_columns(names)):
                loaded = plan.load(chunk, names)
                _count(counts, loaded)
                self._side_rejects.append(loaded.rejects)
                self._side_notes += loaded.notes
                self._side_rows[file.name] = self._side_rows.get(file.name, 0) + loaded.read
                frames.append(loaded.frame.with_columns(pl.lit(file.name).alias("source_file")))
        if not frames:
            return pl.DataFrame(schema={f.name: TYPES[f.kind] for f in fields if f.required})
        frame = self._unique_side(pl.concat(frames), table, counts)
        section = self._section(table)
        _check_share(
            table, counts, self._side_rejects, section.reject_share if section else None, self.limits
        )
        self.side_places[table] = frame.select(pl.col("source_file").cast(pl.Categorical), pl.col(ROW))
        return frame.select(f.name for f in fields if f.name in frame.columns)

    def _unique_side(self, frame: pl.DataFrame, table: str, counts: TableCounts) -> pl.DataFrame:
        numbered = frame.with_row_index("_row").with_columns(pl.col("_row").cast(pl.Int64))
        found = split_duplicates(numbered.drop(ROW), _KEYS[table], "_row")
        places = numbered.select("_row", ROW, "source_file")
        different = found.different.select("_row").join(places, on="_row").sort("_row")
        self._side_rejects.append(_rejects(different, ROW, _KEYS[table][0]))
        counts.loaded -= found.same.height + found.different.height
        counts.rejected += found.different.height
        if found.same.height:
            counts.skipped[_REPEAT] += found.same.height
        gone = pl.concat([found.same["_row"], found.different["_row"]])
        return numbered.filter(~pl.col("_row").is_in(gone.implode())).drop("_row")

    def inputs(self) -> dict[str, list[InputFile]]:
        """Gives the files by table."""
        return {table: list(files) for table, files in self._files.items()}

    def size_hint(self) -> int:
        """Gives roughly how many transactions there are, without reading them."""
        return sum(
            plan.source.rows
            if isinstance(plan.source, ParquetSource)
            else plan.source.file.bytes // _BYTES_PER_ROW
            for plan in self._plans
        )

    # --- reading ----------------------------------------------------------------------------------

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[pl.DataFrame]:
        """Reads the transactions in file order, about a million rows at a time.

        Every chunk has the always-present columns, `_row`, and those of `columns` that exist (None: all).
        Duplicates of a `tx_id` are still in the chunks; leave out `drop_rows()` afterwards.

        Raises:
            DataError: for damaged files, and D024 at the end when too many rows were refused.
        """
        state = _Pass(observations=Observations(self.zone), counterparties=Counterparties(self.parties))
        if self._digests is None:
            paths = [file.path for file in self._files["transactions"]]
            self._digests = Beside(lambda: {path: sha256_file(path) for path in paths})
        asked = columns
        if self.checked:
            state.gathered = Gathered(self.accounts["account_id"], self.size_hint())
            columns = None if columns is None else {*columns, *READ}
        for frame in self._iterate(columns, state, None):
            state.seen.add(frame["tx_id"], frame["_row"])
            state.height += frame.height
            state.filled.update(
                {c: frame.height - frame[c].null_count() for c in frame.columns if c != "_row"}
            )
            if state.observations is not None:
                state.observations.add(frame, state.accounts)
            if state.counterparties is not None:
                state.counterparties.add(frame, state.partners)
            if state.gathered is not None:
                state.gathered.add(frame)
                yield frame if asked is None else frame.select(_of(frame, asked))
            else:
                yield frame
        self._finish(state)

    def mapped(self) -> Iterator[pl.DataFrame]:
        """Reads the transactions as `chunks` does, and keeps nothing for the report."""
        yield from self._iterate(None, _Pass(), None)

    def _iterate(
        self, columns: Collection[str] | None, state: _Pass, keep: _Keep | None
    ) -> Iterator[pl.DataFrame]:
        ids = RowIds()
        offset = 0
        for plan in self._plans:
            self._settle_times(plan)
            names = plan.needed(columns)
            for loaded in self._loads(plan, names, keep(plan, offset) if keep is not None else None):
                _count(state.counts, loaded)
                state.rejects.append(loaded.rejects)
                state.notes += loaded.notes
                state.rows[plan.source.file.name] = state.rows.get(plan.source.file.name, 0) + loaded.read
                if state.counts.read > self.limits.rows:
                    raise data_error("D008", f"more than {self.limits.rows} rows", file=plan.source.file.name)
                if loaded.frame.height or not offset:
                    frame = self._finished(plan, loaded, offset, ids, columns)
                    state.accounts = None if self.book.found else loaded.accounts
                    state.partners = None if self.book.found else loaded.partners
                    yield frame
            offset += state.rows.get(plan.source.file.name, 0)
            if plan.times_are_dates:
                state.notes["file whose times are all midnight; taken as dates without time"] += 1

    def _loads(self, plan: Plan, names: list[str], keep: pl.Expr | None) -> Iterator[Loaded]:
        """Converts a file piece by piece, and gives pieces of about `limits.chunk_rows` rows."""
        waiting: list[Loaded] = []
        height = 0
        rows = min(self.limits.chunk_rows, _MESSAGE_ROWS if self._reports else self.limits.chunk_rows)
        pieces = plan.source.chunks(plan.raw_columns(names))
        for loaded in in_order(lambda chunk: plan.load(chunk, names, keep), pieces, _CONVERTERS):
            waiting.append(loaded)
            height += loaded.read
            if height >= rows:
                yield together(waiting)
                waiting, height = [], 0
        if waiting:
            yield together(waiting)

    def _finished(
        self, plan: Plan, loaded: Loaded, offset: int, ids: RowIds, columns: Collection[str] | None
    ) -> pl.DataFrame:
        """Adds ids, lineage and absent columns, and puts columns into catalogue order."""
        frame = loaded.frame
        place = pl.col(ROW) + offset
        out = frame.with_columns(
            (place * 2 + pl.col(LEG) if plan.transfer else place).alias("_row"),
            *lineage(plan.source.file.name, frame.columns),
        )
        if "tx_id" not in plan.shape.exprs:
            content = [c for c in frame.columns if c not in NOT_CONTENT and c not in (ROW, LEG)]
            if plan.transfer:
                out = with_transfer_ids(out, ids, content)
            else:
                out = out.with_columns(ids.make(frame, content))
        elif plan.transfer:
            side = pl.when(pl.col(LEG) == 0).then(pl.lit("/D")).otherwise(pl.lit("/C"))
            out = out.with_columns(pl.col("tx_id").alias("batch_id"), pl.col("tx_id") + side)
        wanted = [
            f
            for f in TABLES["transactions"]
            if f.name in self.columns and (columns is None or f.name in columns or f.name in _ALWAYS_OUT)
        ]
        out = self.book.settle(out, loaded.accounts, loaded.partners)
        return out.select(
            *(
                (pl.col(f.name) if f.name in out.columns else pl.lit(None)).cast(TYPES[f.kind]).alias(f.name)
                for f in wanted
            ),
            pl.col("_row"),
        )

    def _settle_times(self, plan: Plan) -> None:
        """Looks whether all times of a file are local midnight, which means that they are dates."""
        if plan.times_checked or "has_time" in plan.shape.exprs:
            return
        plan.times_checked = True
        if not plan.may_have_times:
            return  # declared as dates; nothing to find out
        midnight = pl.col("t").dt.convert_time_zone(plan.zone).dt.time() == pl.time()
        any_row = False
        for chunk in plan.source.chunks(plan.raw_columns(["booking_ts"])):
            # A thousand rows settle almost every file.
            for rows in (chunk.frame.head(1000), chunk.frame):
                times = plan.times(dataclasses.replace(chunk, frame=rows))
                any_row = any_row or times.height > 0
                if not times.select(midnight.all()).item():
                    return
        plan.times_are_dates = any_row

    # --- afterwards -------------------------------------------------------------------------------

    def _finish(self, state: _Pass) -> None:
        for files in self._files.values():
            for file in files:
                file.check_unchanged()
        self._done = state
        if state.height:
            self._coverage |= {c: n / state.height for c, n in state.filled.items()}
        self._notes |= state.notes  # the larger count of each; a pass over few columns sees less
        self._dropped = self._duplicates(state)
        if state.gathered is not None:
            state.gathered.settle(self._dropped)
        section = self._section("transactions")
        declared = section.reject_share if section else None
        if isinstance(self._reports, StatementFolder):
            declared = max(_STATEMENT_REJECTS, self.limits.reject_share)
        _check_share("transactions", state.counts, state.rejects, declared, self.limits)

    def _duplicates(self, state: _Pass) -> pl.Series:
        candidates = state.seen.candidates()
        empty = pl.Series("_row", [], dtype=pl.Int64)
        state.seen = SeenIds()
        if not len(candidates):
            return empty

        def candidate(plan: Plan, offset: int) -> pl.Expr:
            rows = candidates // 2 if plan.transfer else candidates
            return (pl.col(ROW) + offset).is_in(rows.unique().implode())

        keep = candidate if self.own_ids() else None  # made ids need all rows to count equal ones
        again = self._iterate(None, _Pass(), keep)
        rows = pl.concat([frame.filter(pl.col("_row").is_in(candidates.implode())) for frame in again])
        found = split_duplicates(rows, ("tx_id",), "_row")
        per_row = 2 if any(plan.transfer for plan in self._plans) else 1
        different = found.different.sort("_row").filter((pl.col("_row") // per_row).is_first_distinct())
        state.rejects.append(_rejects(different, "source_row", "tx_id"))
        state.counts.loaded -= different.height + found.same.height // per_row
        state.counts.rejected += different.height
        if found.same.height:
            state.counts.skipped[_REPEAT] += found.same.height // per_row
        return pl.concat([found.same["_row"], found.different["_row"]]).sort()

    def _complete(self) -> _Pass:
        if self._done is None:
            for _ in self.chunks(()):
                pass
        assert self._done is not None
        return self._done

    def own_ids(self) -> bool:
        """Says whether every file of movements has ids of its own."""
        return all("tx_id" in plan.shape.exprs for plan in self._plans)

    def drop_rows(self) -> pl.Series:
        """Gives `_row` of transactions to leave out: repeats, and ids that stand for different contents."""
        self._complete()
        assert self._dropped is not None
        return self._dropped

    def fetch(self, tx_ids: Collection[str]) -> pl.DataFrame:
        """Gives full canonical rows of some transactions, sorted by `_row`; unknown ids give no row."""
        wanted = pl.Series("tx_id", sorted(set(tx_ids)), dtype=pl.String)
        dropped = self.drop_rows()
        bare = pl.concat([wanted, wanted.str.replace("/[DC]$", "")]).unique()

        def asked(_plan: Plan, _offset: int) -> pl.Expr:
            return pl.col("tx_id").is_in(bare.implode())

        keep = asked if self.own_ids() else None  # made ids need all rows to count equal ones
        frames = [
            frame.filter(pl.col("tx_id").is_in(wanted.implode()) & ~pl.col("_row").is_in(dropped.implode()))
            for frame in self._iterate(None, _Pass(), keep)
        ]
        return pl.concat(frames).sort("_row")

    def report(self) -> LoadReport:
        """Gives the report of the last complete pass (makes one if there was none)."""
        state = self._complete()
        rows = self._side_rows | state.rows
        files = tuple(
            FileReport(f.name, table, self._digest(f), f.bytes, rows.get(f.name, 0))
            for table, found in self._files.items()
            for f in found
        )
        section = self._section("transactions")
        rates = section.rates.values() if section else ()
        rejects = pl.concat([pl.DataFrame(schema=REJECTS), *state.rejects, *self._side_rejects])
        duplicates = int(self._dropped.len()) if self._dropped is not None else 0
        return LoadReport(
            files,
            self._ignored,
            {"transactions": state.counts, **self._side},
            rejects.sort("file", "row", "column", nulls_last=True),
            dict(self._coverage),
            duplicates,
            dict(self._notes + self._side_notes),
            tuple(f"1 {r.currency} = {r.text} EUR on {r.on} ({r.source})" for r in rates),
            self._reports.statements if isinstance(self._reports, StatementFolder) else {},
        )

    def _digest(self, file: InputFile) -> str:
        known = self._digests.result() if self._digests is not None else {}
        return known.get(file.path) or sha256_file(file.path)

    def observations(self) -> Observations:
        """Gives what the last complete pass saw, for `thbscreen.io.quality`."""
        seen = self._complete().observations
        assert seen is not None
        return seen

    def counterparties(self) -> dict[str, int]:
        """Counts the counterparties that the last complete pass met, and those that are customers."""
        state = self._complete()
        assert state.counterparties is not None
        known = pl.concat([self.book.ids, self.observations().accounts().rename(self.book.ids.name)])
        return state.counterparties.counts(known, self.accounts, self.account_parties)

    def gathered(self) -> Gathered:
        """Gives what the checks of quality need, from the last complete pass, or from one more."""
        found = self._complete().gathered
        if found is None:
            self.checked = True
            for _ in self.chunks(()):
                pass
            found = self._complete().gathered
            assert found is not None
        return found


_ALWAYS_OUT = frozenset({*ALWAYS, "source_file", "source_row"})


def _of(frame: pl.DataFrame, asked: Collection[str]) -> list[str]:
    return [c for c in frame.columns if c in asked or c in _ALWAYS_OUT or c == "_row"]


def open_dataset(
    inputs: Sequence[Path],
    mapping: Path | None,
    *,
    zone: str,
    limits: Limits | None = None,
    home: str | None = None,
    key: Key | None = None,
) -> Dataset:
    """Opens files or folders as one dataset.

    Args:
        inputs: data files, or folders with data files.
        mapping: mapping file; without one the files have canonical names and columns. For goAML reports it
            is the filing profile of the FIU whose codes they have, for statements it may name a code page.
        zone: zone of times without offset where the mapping names none, such as `Asia/Nicosia`.
        limits: how much is read at most.
        home: country of telephone numbers without country code, where the mapping names none.
        key: of the institution, for details of customers that are to be compared with digests of others.

    Raises:
        DataError: naming file, row and column, never a value.
    """
    found, ignored = list_inputs(inputs)
    files = recognised(found)
    limits = limits or Limits()
    if any(file.kind == GOAML for file in files):
        selected = select_files(files, ignored, None)
        reports = ReportFolder(selected.files["transactions"], read_codes(mapping), limits)
        return Dataset(selected, None, zone, limits, reports, Reader(home), key)
    if any(file.kind in MESSAGES for file in files):
        selected = select_files(files, ignored, None)
        page = read_encoding(mapping) if mapping is not None else ""
        statements = StatementFolder(selected.files["transactions"], limits, page)
        return Dataset(selected, None, zone, limits, statements, Reader(home), key)
    declared = read_mapping(mapping) if mapping is not None else None
    own = dict(declared.own) if declared is not None else {}
    reader = Reader((declared.home if declared is not None else None) or home, own)
    return Dataset(select_files(files, ignored, declared), declared, zone, limits, None, reader, key)


def _count(counts: TableCounts, loaded: Loaded) -> None:
    counts.read += loaded.read
    counts.loaded += loaded.loaded
    counts.rejected += loaded.rejects.height
    counts.skipped += loaded.skipped


def _rejects(frame: pl.DataFrame, row: str, column: str) -> pl.DataFrame:
    return frame.select(
        pl.col("source_file").cast(pl.String).alias("file"),
        pl.col(row).cast(pl.Int64).alias("row"),
        pl.lit(column).alias("column"),
        pl.lit(reason("D121")).alias("reason"),
    )


def _check_share(
    table: str, counts: TableCounts, rejects: list[pl.DataFrame], declared: float | None, limits: Limits
) -> None:
    allowed = limits.reject_share if declared is None else declared
    if counts.rejected <= allowed * counts.read:
        return
    reasons = (
        pl.concat(rejects)
        .group_by("column", "reason")
        .len()
        .sort(["len", "reason"], descending=[True, False])
    )
    lines = [
        f"{count} x {f'column {column!r}: ' if column else ''}{text}"
        for column, text, count in reasons.head(10).iter_rows()
    ]
    places = pl.concat(rejects).sort("file", "row").head(3)
    where = ", ".join(f"{file} row {row}" for file, row in places.select("file", "row").iter_rows())
    files = pl.concat(rejects)["file"].unique().sort().to_list()
    raise data_error(
        "D024",
        f"{counts.rejected} of {counts.read} rows of {table} were refused, more than {allowed:.2%} "
        f"(first: {where}): " + "; ".join(lines),
        file=", ".join(files[:3]),
        hint="repair the export or mapping; checks: {max_reject_share: ...} in a mapping sets another limit",
    )


__all__ = ["ROW_CODES", "Dataset", "FileReport", "LoadReport", "TableCounts", "open_dataset"]

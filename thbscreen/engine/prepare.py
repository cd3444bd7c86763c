"""From canonical tables to prepared buckets: decoded once, matched once, coded once, sorted once.

Stage one reads the transactions chunk by chunk, runs the one text pass, answers every shared row test,
and keeps slim rows: codes, integers and Boolean columns. Free text is dropped there. Then strings get dense
codes in text order, accounts are hashed into buckets, and each bucket is sorted by
(account, time, tx_id), the one order all rules share.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.ahead import in_order
from thbscreen.compile.classes import Classifier
from thbscreen.compile.order import distinct
from thbscreen.compile.pack import CompiledPack, coded_fields, counted_fields, domain
from thbscreen.compile.text import TextPass, encode
from thbscreen.compile.where import dtype_of
from thbscreen.engine.codes import Local, mapping, merge_answers, merge_dictionaries, put_away, taken_back
from thbscreen.engine.mandates import Eras, eras_of, extra_rows, holder_eras
from thbscreen.model import catalogue
from thbscreen.model.clock import Clock, clock

#: Rows in one bucket at most, about, however much memory there is.
BUCKET_ROWS = 500_000
#: Bytes of memory per prepared row that is held, with what waits for rows of other buckets, of which a third
#: of the memory may be taken.
_HELD_BYTES = 300
#: Bytes per row of a bucket while it is judged, with those of other buckets beside it.
_JUDGED_BYTES = 4_200
_LEAST_BUCKET = 20_000
#: Movements above which an account is reported: its rows lie in one bucket, however small buckets are to be.
HOT_ROWS = 50_000
#: Chunks that are matched and coded at once.
SLIMMERS = 2
_KEY_LIMIT = 2**62
_KIND_OF = {
    f"{prefix}.{f.name}": f.kind
    for prefix, fields in (("account", catalogue.ACCOUNTS), ("party", catalogue.PARTIES))
    for f in fields
}

I64 = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.integer]
Bool = npt.NDArray[np.bool_]
T = TypeVar("T")


class Source(Protocol):
    """What preparation needs of a dataset; `thbscreen.io` gives it."""

    accounts: pl.DataFrame
    parties: pl.DataFrame
    account_parties: pl.DataFrame

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yields canonical transactions."""
        ...

    def drop_rows(self) -> pl.Series:
        """Gives the `_row` numbers to ignore, after all chunks were read."""
        ...


@dataclass(frozen=True)
class Dimensions:
    """Facts of accounts and of their primary holders, by account code.

    Attributes:
        frame: one row per account code, one per earlier or later holder of accounts that change hands, and
            one last row of missing values; columns are field paths.
        codes: for text fields used as keys, codes by account code (-1 missing), same length.
        eras: which row holds on which day, for accounts that change hands.
    """

    frame: pl.DataFrame
    codes: dict[str, I64]
    eras: Eras | None = None


@dataclass
class Prepared:
    """Everything `run_bucket` and the later stages need; holds no names and no free text.

    Attributes:
        dictionaries: per domain, the strings in text order; the position is the code.
        buckets: prepared tables, or the files that hold them.
        coverage: per transaction column and tx_type, (rows, rows with a value).
        first, last: time of the first and last movement, None without rows.
        answers: per class of rows (line) and shared row test (column), whether it holds.
        ledgers: codes of the accounts that have movements.
        hot: number of movements of each account that has more than `HOT_ROWS`, by code.
    """

    zone: str
    dictionaries: dict[str, pl.Series]
    dimensions: Dimensions
    parties: pl.DataFrame
    buckets: list[pl.DataFrame | Path]
    coverage: dict[str, dict[str, tuple[int, int]]]
    has_time: tuple[int, int]
    first: dt.datetime | None
    last: dt.datetime | None
    ledgers: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    hot: dict[int, int] = field(default_factory=dict)
    answers: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros((1, 0), np.bool_))

    @property
    def clock(self) -> Clock:
        """The clock of the profile's zone."""
        return clock(self.zone)

    def bucket(self, index: int) -> pl.DataFrame:
        """Gives one bucket's table."""
        found = self.buckets[index]
        return pl.read_ipc(found) if isinstance(found, Path) else found


def spills(rows: int, memory: int) -> bool:
    """Tells whether so many prepared rows must live in files.

    Args:
        rows: about how many there are.
        memory: bytes that a run may take.
    """
    return rows * _HELD_BYTES > memory // 3


def bucket_rows(memory: int) -> int:
    """Gives how many rows a bucket may have, about, when a run may take so many bytes of memory."""
    return max(_LEAST_BUCKET, min(BUCKET_ROWS, memory // _JUDGED_BYTES))


def stable_hash(text: str) -> int:
    """Gives a hash that no library version, process or platform changes (CRC-32 of UTF-8)."""
    return zlib.crc32(text.encode())


def _slim(chunk: pl.DataFrame, compiled: CompiledPack, classifier: Classifier, file: Path | None) -> Local:
    """Answers the row tests of one chunk and keeps codes, integers and classes of rows, or writes them."""
    known: dict[str, tuple[npt.NDArray[np.int32], pl.Series]] = {}

    def code(path: str) -> tuple[npt.NDArray[np.int32], pl.Series]:
        if path not in known:
            known[path] = encode(chunk[path].cast(pl.String))
        return known[path]

    found = classifier.classes(chunk, code)
    out = [
        chunk["_row"],
        chunk["tx_id"],
        chunk["booking_ts"].to_physical().alias("_t"),
        (chunk["direction"] == "credit").alias("_credit"),
        chunk["amount_eur"].cast(pl.Int64),
        *(chunk[c].cast(pl.Int64) for c in sorted(compiled.numbers - {"amount_eur"}) if c in chunk.columns),
        pl.Series("@class", found.number),
    ]
    values: dict[str, pl.Series] = {}
    number = compiled.test_numbers()
    for path in ("account_id", *sorted(compiled.codes)):
        if path in chunk.columns:
            tests = compiled.codes.get(path)
            if tests is None:
                codes, values[path] = code(path)
            else:  # nobody asks for the code elsewhere
                wanted = [number[t] for t in sorted(tests)]
                asked = np.logical_or.reduce(found.answers[:, wanted], axis=1)[found.number]
                column = chunk[path].cast(pl.String)
                codes, values[path] = encode(
                    pl.select(pl.when(pl.Series(asked)).then(column).otherwise(None).alias(path))[path]
                )
            out.append(pl.Series(f"c:{path}", codes))
    words = pl.DataFrame([v.cast(pl.String).implode().alias(path) for path, v in values.items()])
    beside = None if file is None else file.with_name(f"words-{file.name}")
    return Local(put_away(pl.DataFrame(out), file), put_away(words, beside), found.answers)


def _missing_columns(chunk: pl.DataFrame, compiled: CompiledPack) -> pl.DataFrame:
    """Adds absent columns as missing, so that every expression has its column."""
    kinds = {"value_date": pl.Date(), "balance_after": pl.Int64()}
    return chunk.with_columns(
        [
            pl.lit(None, dtype=kinds.get(c, pl.String())).alias(c)
            for c in sorted(compiled.fetched)
            if c not in chunk.columns
        ]
    )


class _Coverage:
    """Counts, per column and tx_type, how many rows have a value."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, tuple[int, int]]] = {}
        self.with_time = 0
        self.rows = 0

    def add(self, chunk: pl.DataFrame, columns: list[str]) -> None:
        kind = pl.col("tx_type").fill_null("") if "tx_type" in chunk.columns else pl.lit("")
        known = [c for c in columns if c in chunk.columns]
        table = (
            chunk.lazy()
            .group_by(kind.alias("_kind"))
            .agg(pl.len().alias("_n"), *(pl.col(c).is_not_null().sum().alias(f"n:{c}") for c in known))
            .collect()
        )
        for row in table.iter_rows(named=True):
            for c in known:
                total, filled = self.counts.setdefault(c, {}).get(row["_kind"], (0, 0))
                self.counts[c][row["_kind"]] = (total + row["_n"], filled + row[f"n:{c}"])
        self.rows += chunk.height
        self.with_time += int(chunk["has_time"].sum())


def _shared_ids(source: Source) -> dict[str, list[pl.Series]]:
    """Gives the ids outside the movements that share a dictionary with a column of the movements.

    They must all be there before movements get codes: a value that comes later would move those behind it.
    """
    people = [source.parties["party_id"], source.account_parties["party_id"]]
    if "employer_id" in source.parties.columns:
        people.append(source.parties["employer_id"])
    return {"account": [source.accounts["account_id"], source.account_parties["account_id"]], "party": people}


def primary_holders(account_parties: pl.DataFrame) -> pl.DataFrame:
    """Gives the primary holder per account: a `holder` before a `joint_holder`, the earliest first.

    Whoever still holds it goes before whoever did. Of several who hold it equally long, it is whoever holds
    the fewest accounts: somebody who stands beside many holders must not take their place. Then the id
    decides.

    Returns:
        account_id, party_id; one row per account.
    """
    rank = pl.col("role").replace_strict(
        {"holder": 0, "joint_holder": 1}, default=None, return_dtype=pl.Int32
    )
    since, until = (
        pl.col(c) if c in account_parties.columns else pl.lit(None, dtype=pl.Date) for c in ("since", "until")
    )
    held = account_parties.select(
        "account_id", "party_id", _rank=rank, _since=since, _ended=until.is_not_null()
    )
    held = held.drop_nulls(["account_id", "party_id", "_rank"])
    return (
        held.with_columns(_held=pl.col("account_id").n_unique().over("party_id"))
        .sort("account_id", "_rank", "_ended", "_since", "_held", "party_id", nulls_last=False)
        .unique("account_id", keep="first", maintain_order=True)
        .select("account_id", "party_id")
    )


def _dimensions(source: Source, accounts: pl.Series, paths: set[str]) -> tuple[pl.DataFrame, Eras | None]:
    base = pl.DataFrame({"account_id": accounts})
    primary = primary_holders(source.account_parties)
    held = base.join(primary, on="account_id", how="left", maintain_order="left")
    table = holder_eras(source.account_parties, primary)
    others = extra_rows(table, primary)
    eras = eras_of(table, accounts, others)
    held = pl.concat([held, others])
    account_table = source.accounts.unique("account_id", keep="first", maintain_order=True)
    party_table = source.parties.unique("party_id", keep="first", maintain_order=True)
    out = [held["party_id"]]
    for path in sorted(paths | {"party.kind"}):
        prefix, _, name = path.partition(".")
        table, key = (account_table, "account_id") if prefix == "account" else (party_table, "party_id")
        if name in table.columns and name != key:
            joined = held.join(table.select(key, name), on=key, how="left", maintain_order="left")
            out.append(joined[name].alias(path))
        elif name == key:
            out.append(held[key].alias(path))
        else:
            # absent: missing in its own type, so that tests on it still make sense
            out.append(pl.Series(path, [None] * held.height, dtype=dtype_of(_KIND_OF[path])))
    frame = pl.DataFrame(out)
    return pl.concat([frame, frame.clear(1)]), eras


def _dimension_codes(
    frame: pl.DataFrame, dictionaries: dict[str, pl.Series], needed: set[str]
) -> tuple[dict[str, I64], dict[str, pl.Series]]:
    codes: dict[str, I64] = {}
    for path in sorted(needed):
        if path not in frame.columns:
            continue
        name = domain(path)
        values = frame[path].cast(pl.String)
        full = pl.concat([dictionaries.get(name, pl.Series(dtype=pl.String)).rename("v"), values.rename("v")])
        dictionaries[name] = full.drop_nulls().unique().sort()
    for path in sorted(needed):
        if path in frame.columns:
            full = dictionaries[domain(path)]
            codes[path] = (
                frame[path]
                .cast(pl.String)
                .cast(pl.Enum(full))
                .to_physical()
                .cast(pl.Int64)
                .fill_null(-1)
                .to_numpy()
                if len(full)
                else np.full(frame.height, -1, np.int64)
            )
    return codes, dictionaries


def _order(account: I64, time: I64) -> I64:
    """Orders rows by (account, time), ties in any order: one whole-number key sorts fastest."""
    if len(account) == 0:
        return np.zeros(0, np.int64)
    span = int(time.max()) - int(time.min()) + 1
    found = distinct(account)
    if len(found) * span < _KEY_LIMIT:
        return np.argsort(np.searchsorted(found, account) * span + (time - time.min()))
    return np.lexsort((time, account)).astype(np.int64)


def sorted_rows(account: I64, time: I64, tx_ids: pl.Series) -> I64:
    """Gives row positions by (account, time, tx_id); ids are looked at only where the rest ties."""
    order = _order(account, time)
    a, t = account[order], time[order]
    ties = np.zeros(len(order), np.bool_)
    same = (a[1:] == a[:-1]) & (t[1:] == t[:-1])
    ties[1:] |= same
    ties[:-1] |= same
    if not ties.any():
        return order
    rows = order[ties]
    rank = np.zeros(len(order), np.int64)
    rank[rows] = tx_ids.gather(rows).rank("ordinal").cast(pl.Int64).to_numpy()
    return np.lexsort((rank, time, account)).astype(np.int64)


def prepare(
    source: Source,
    compiled: CompiledPack,
    *,
    buckets: int | None = None,
    spill: Path | None = None,
    rows_at_most: int = BUCKET_ROWS,
    advance: Callable[[int], None] = lambda _n: None,
) -> Prepared:
    """Reads, matches, codes, buckets and sorts every transaction.

    Args:
        source: the dataset.
        compiled: says which columns and tests are needed.
        buckets: how many; by default as many as `rows_at_most` asks for.
        spill: folder for files of rows and buckets, None keeps them in memory.
        rows_at_most: rows of one bucket, about; see `bucket_rows`.
        advance: told the number of rows after each chunk.
    """
    parts, coverage = _read(source, compiled, spill, advance)
    dropped = source.drop_rows()
    extra = _shared_ids(source)
    dictionaries = merge_dictionaries(parts, extra)
    coded = dict(dictionaries)  # customers' facts add domains of their own below
    answers, classes = merge_answers([part.answers for part in parts], len(compiled.row_tests))
    accounts = dictionaries.get("account", pl.Series(dtype=pl.String))
    dims, eras = _dimensions(source, accounts, compiled.account_fields)
    keyed = {p for p in dims.columns if p == "party_id" or p in _key_paths(compiled)}
    codes, dictionaries = _dimension_codes(dims, dictionaries, keyed)
    prepared = Prepared(
        zone=compiled.pack.profile.time_zone,
        dictionaries=dictionaries,
        dimensions=Dimensions(dims, codes, eras),
        parties=source.parties,
        buckets=[],
        coverage=coverage.counts,
        has_time=(coverage.rows, coverage.with_time),
        first=None,
        last=None,
        answers=answers,
    )
    count = buckets or max(1, -(-coverage.rows // rows_at_most))
    for number, bucket in enumerate(_bucketed(parts, coded, classes, dropped, accounts, count, spill)):
        _add_bucket(prepared, bucket, None if spill is None else spill / f"bucket-{number:05d}.arrow")
    return prepared


def _read(
    source: Source, compiled: CompiledPack, spill: Path | None, advance: Callable[[int], None]
) -> tuple[list[Local], _Coverage]:
    """Reads every chunk; while one is matched and coded, the next is read. The order stays the same."""
    local = clock(compiled.pack.profile.time_zone)
    classifier = Classifier(compiled, TextPass(compiled.words), local)
    coverage = _Coverage()
    wanted = sorted(compiled.fetched | {"tx_type"})

    def jobs() -> Iterator[Callable[[], Local]]:
        for number, chunk in enumerate(source.chunks(wanted)):
            coverage.add(chunk, wanted)
            path = None if spill is None else spill / f"rows-{number:05d}.arrow"
            yield partial(_slim, _missing_columns(chunk, compiled), compiled, classifier, path)
            advance(chunk.height)

    return list(in_order(_done, jobs(), SLIMMERS)), coverage


def _done(job: Callable[[], T]) -> T:
    return job()


def _bucketed(
    parts: list[Local],
    dictionaries: dict[str, pl.Series],
    classes: list[Numbers],
    dropped: pl.Series,
    accounts: pl.Series,
    count: int,
    spill: Path | None,
) -> Iterator[pl.DataFrame]:
    """Yields sorted buckets; chunks and pieces are given back as soon as they were used."""
    of_account = np.fromiter((stable_hash(a) % count for a in accounts), np.int32, len(accounts))

    def cut() -> Iterator[Callable[[], dict[int, pl.DataFrame]]]:
        while parts:
            yield partial(_pieces, parts.pop(0), dictionaries, classes.pop(0), dropped, of_account, count)

    pieces: list[list[pl.DataFrame | Path]] = [[] for _ in range(count)]
    for turn, found in enumerate(in_order(_done, cut(), SLIMMERS)):
        for number, piece in found.items():
            path = None if spill is None else spill / f"piece-{number:05d}-{turn:05d}.arrow"
            pieces[number].append(put_away(piece, path))

    def put_together() -> Iterator[Callable[[], pl.DataFrame]]:
        for number in range(count):
            if pieces[number]:
                yield partial(_sorted, pieces[number])
                pieces[number] = []

    yield from in_order(_done, put_together(), SLIMMERS)


def _pieces(
    part: Local,
    dictionaries: dict[str, pl.Series],
    classes: Numbers,
    dropped: pl.Series,
    of_account: npt.NDArray[np.int32],
    count: int,
) -> dict[int, pl.DataFrame]:
    """Gives one chunk its final codes and cuts it by bucket."""
    codes = mapping(part, dictionaries)
    frame = _recoded(taken_back(part.frame), codes, classes, dropped).drop("_row")
    if count == 1:
        return {0: frame}
    frame = frame.with_columns(pl.Series("_bucket", of_account[frame["c:account_id"].to_numpy()]))
    parts = frame.partition_by("_bucket", as_dict=True, include_key=False)
    return {int(str(number)): piece for (number,), piece in parts.items()}


def _sorted(pieces: list[pl.DataFrame | Path]) -> pl.DataFrame:
    frame = pl.concat([taken_back(piece) for piece in pieces])
    account, time = frame["c:account_id"].to_numpy(), frame["_t"].to_numpy()
    return frame[sorted_rows(account, time, frame["tx_id"])]


def _add_bucket(prepared: Prepared, bucket: pl.DataFrame, path: Path | None) -> None:
    """Keeps a bucket, in memory or in a file, and what is known of it."""
    if bucket.height == 0:
        return
    first, last = _moment(bucket["_t"].min()), _moment(bucket["_t"].max())
    prepared.first = first if prepared.first is None else min(prepared.first, first)
    prepared.last = last if prepared.last is None else max(prepared.last, last)
    account = bucket["c:account_id"].to_numpy().astype(np.int64)
    begins = np.flatnonzero(np.concatenate([[True], account[1:] != account[:-1]]))
    held, rows = account[begins], np.diff(np.append(begins, len(account)))
    prepared.ledgers = np.union1d(prepared.ledgers, held)
    prepared.hot |= {int(held[n]): int(rows[n]) for n in np.flatnonzero(rows > HOT_ROWS)}
    if path is None:
        prepared.buckets.append(bucket)
    else:
        bucket.write_ipc(path)
        prepared.buckets.append(path)


def _key_paths(compiled: CompiledPack) -> set[str]:
    out: set[str] = set()
    for rule in compiled.pack.rules:
        for path in (*coded_fields(rule), *counted_fields(rule)):
            out.add(path)
            if path.startswith("cp."):
                out.add("party." + path[3:])
    return out


def _moment(value: object) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(str(value)))


def _recoded(
    frame: pl.DataFrame, mapping: dict[str, I64], classes: Numbers, dropped: pl.Series
) -> pl.DataFrame:
    columns = [
        pl.Series("@class", classes[frame["@class"].to_numpy()]),
        *(
            pl.Series(f"c:{path}", codes[frame[f"c:{path}"].to_numpy()].astype(np.int32))
            for path, codes in mapping.items()
        ),
    ]
    out = frame.with_columns(columns)
    return out.filter(~pl.col("_row").is_in(dropped.implode())) if len(dropped) else out

"""One booking in several messages counts once: which entries are left out, and why.

camt.053, MT940 and CODA are the ledger; camt.054 adds details and fills gaps; camt.052 and MT942 fill gaps.
The order of files plays no part. Entries are matched by the account servicer's reference, otherwise by
account, day, amount, direction and running number, so that two equal entries of one statement stay two. Only
digests and numbers are held: about a hundred bytes for an entry, which wait in files where there are many.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from thbscreen.model.money import exponent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from thbscreen.io.statements.records import Entry, Statement
    from thbscreen.io.statements.spill import Spill

AGAIN = "booking that another message holds too; the first was taken"
REPLACED = "entry without details whose details another message gives; the details were taken"
_ORDER = {"ledger": 0, "notice": 1, "report": 2, "order": 3, "transfer": 4, "return": 5}
_SCHEMA = {
    "file": pl.Int32, "message": pl.Int32, "first": pl.Int32, "last": pl.Int32, "source": pl.Int8,
    "account": pl.UInt64, "ref": pl.UInt64, "dated": pl.UInt64, "plain": pl.UInt64, "content": pl.UInt64,
    "batch": pl.UInt64, "group": pl.UInt64, "minor": pl.Int64, "bare": pl.Boolean,
}  # fmt: skip
#: What is told of an entry before it becomes numbers.
_TOLD = {
    "file": pl.Int32, "message": pl.Int32, "first": pl.Int32, "last": pl.Int32, "source": pl.Int8,
    "account": pl.String, "direction": pl.String, "currency": pl.String, "minor": pl.Int64,
    "day": pl.String, "ref": pl.String, "content": pl.String, "batch": pl.String, "bare": pl.Boolean,
}  # fmt: skip
#: Entries that become numbers at once, and those that are held in memory at most.
_TAKEN, _HELD = 10_000, 100_000
_SEED = secrets.randbits(64)
_MESSAGE = ["file", "message"]


class Left(NamedTuple):
    """An entry that is left out: file, first and last row, and why."""

    file: int
    first: int
    last: int
    why: str


@dataclass(slots=True)
class Overlaps:
    """Collects entries of all messages and says in the end which are left out.

    Attributes:
        spill: where entries wait.
        statements: by file and running number in it.
    """

    spill: Spill
    statements: dict[tuple[int, int], Statement] = field(default_factory=dict)
    repeats: set[tuple[int, int]] = field(default_factory=set)
    _rows: list[tuple[object, ...]] = field(default_factory=list)
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _files: list[Path] = field(default_factory=list)

    def add(self, file: int, message: int, entry: Entry) -> None:
        """Takes in one entry."""
        self._rows.append((
            file, message, entry.first, entry.last, _ORDER[entry.source], entry.account, entry.direction,
            entry.currency, int(entry.amount.scaleb(exponent(entry.currency))), entry.day, entry.ref or None,
            entry.content, entry.batch or None, entry.bare,
        ))  # fmt: skip
        if len(self._rows) >= _TAKEN:
            self._put()

    def _put(self) -> None:
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(_TOLD)
        told = pl.DataFrame(
            {n: pl.Series(n, list(c), t) for (n, t), c in zip(_TOLD.items(), columns, strict=True)}
        )
        self._rows.clear()
        same = ("account", "direction", "currency", "minor")
        keys = {
            "account": _key("account"),
            "ref_": _key(*same, "ref"),
            "dated": _key(*same, "ref", "day"),
            "plain": _key(*same, "day"),
            "content": _key("content"),
            "batch": _key("account", "direction", "batch"),
            "group": _key("account", "direction", "ref"),
        }
        held = told.with_columns(key.alias(f"{name}_key") for name, key in keys.items())
        kept = [n for n in _SCHEMA if n in told.columns and f"{n}_key" not in held.columns and n != "ref"]
        self._frames.append(
            held.select(
                *kept,
                pl.col("ref__key").alias("ref"),
                *(pl.col(f"{n}_key").alias(n) for n in keys if n != "ref_"),
            ).select(pl.col(n).cast(t) for n, t in _SCHEMA.items())
        )
        if sum(frame.height for frame in self._frames) >= _HELD:
            self._files.append(self.spill.put(pl.concat(self._frames)))
            self._frames.clear()

    def _held(self) -> Iterator[pl.DataFrame]:
        """Gives what is known of the entries, in their order."""
        yield from (pl.read_ipc(path) for path in self._files)
        yield from self._frames

    def left_out(self) -> list[Left]:
        """Gives what is left out."""
        self._put()
        places = pl.concat([f.select("account", *_MESSAGE).unique() for f in self._held()]).unique()
        several = places.group_by("account").len().filter(pl.col("len") > 1)
        # Accounts of one message cannot overlap, and most files hold one for each.
        frames = [f.join(several, on="account", how="semi", maintain_order="left") for f in self._held()]
        for path in self._files:
            path.unlink()
        self._files.clear()
        self._frames.clear()
        entries = pl.concat(frames).with_row_index("i").with_columns(pl.col("i").cast(pl.Int64))
        if not entries.height:
            return []
        gone = self._repeated(entries)
        out = _left(gone, AGAIN)
        entries = entries.join(gone.select("i"), on="i", how="anti")
        gone = self._within_one_kind(entries)
        out += _left(gone, AGAIN)
        entries = entries.join(gone.select("i"), on="i", how="anti").sort("i")
        for frame, why in _between_kinds(entries):
            out += _left(frame, why)
        return sorted(out, key=lambda left: (left.file, left.first))

    # --- one kind -------------------------------------------------------------------------------------

    def _repeated(self, entries: pl.DataFrame) -> pl.DataFrame:
        """Finds whole messages that were given twice: same id, account, balances and entries."""
        whole = entries.group_by(_MESSAGE, maintain_order=True).agg(
            pl.col("content").sort().implode(), pl.col("account").first(), pl.col("source").first()
        )
        seen: set[tuple[object, ...]] = set()
        for file, message, content, account, source in whole.rows():
            said = self.statements[file, message]
            balances = tuple(b.amount if b is not None else None for b in (said.opening, said.closing))
            key = (said.number, said.page, account, source, balances, tuple(content))
            if key in seen:
                self.repeats.add((file, message))
            seen.add(key)
        schema = {n: _SCHEMA[n] for n in _MESSAGE}
        wanted = pl.DataFrame(sorted(self.repeats), schema=schema, orient="row")
        return entries.join(wanted, on=_MESSAGE, how="semi")

    def _within_one_kind(self, entries: pl.DataFrame) -> pl.DataFrame:
        """Finds entries that two messages of one kind both hold, such as those of overlapping periods."""
        key = pl.when(pl.col("dated").is_not_null()).then(pl.col("dated")).otherwise(pl.col("content"))
        numbered = entries.with_columns(key.alias("key"), pl.col("dated").is_not_null().alias("named"))
        numbered = numbered.with_columns(
            pl.int_range(pl.len()).over([*_MESSAGE, "source", "named", "key"]).alias("n")
        )
        group = ["source", "named", "key", "n"]
        several = numbered.filter(pl.len().over(group) > 1).sort("i")
        kept: dict[tuple[object, ...], list[tuple[int, int]]] = defaultdict(list)
        gone: list[int] = []
        columns = ["i", "file", "message", "source", "named", "key", "n"]
        reports = _Reports(numbered.filter(pl.col("source") == _ORDER["report"]))
        for i, file, message, source, named, key_, n in several.select(columns).iter_rows():
            before = kept[source, named, key_, n]
            here = (file, message)
            if any(not self._apart(there, here, source, reports, named=named) for there in before):
                gone.append(i)
            else:
                before.append(here)
        return entries.filter(pl.col("i").is_in(gone))

    def _apart(
        self, there: tuple[int, int], here: tuple[int, int], source: int, reports: _Reports, *, named: bool
    ) -> bool:
        """Says that two messages of one kind cannot hold the same booking."""
        one, other = self.statements[there], self.statements[here]
        if source == _ORDER["report"] and not named and not (one.period[0] or other.period[0]):
            return not reports.repeats(there, here)
        if source == _ORDER["ledger"] and (_follows(one, other) or _follows(other, one)):
            return True
        if one.number == other.number and one.number:
            return one.page != other.page
        if source == _ORDER["notice"] and not named:
            return True  # two notifications tell two things, unless a reference says that it is one
        (begin, end), (next_begin, next_end) = one.period, other.period
        if all((begin, end, next_begin, next_end)):
            return end <= next_begin or next_end <= begin
        return False


class _Reports:
    """Tells reports that repeat what earlier ones said from those that tell only what is new.

    A report without a period, such as MT942, does not say which it is. One that holds more than half of the
    entries of the smaller one of the two repeats; so an equal fee in two reports of news stays two fees.
    """

    def __init__(self, numbered: pl.DataFrame) -> None:
        self._keys: dict[tuple[int, int], frozenset[tuple[object, ...]]] = {}
        if not numbered.height:
            return
        grouped = numbered.group_by(_MESSAGE).agg(pl.struct("named", "key", "n").alias("said"))
        for file, message, said in grouped.iter_rows():
            self._keys[file, message] = frozenset((s["named"], s["key"], s["n"]) for s in said)

    def repeats(self, there: tuple[int, int], here: tuple[int, int]) -> bool:
        """Says that one of two reports repeats the other."""
        one, other = self._keys[there], self._keys[here]
        return 2 * len(one & other) > min(len(one), len(other))


def _follows(one: Statement, other: Statement) -> bool:
    """Says that both statements balance and one begins where the other ends."""
    for said in (one, other):
        if said.opening is None or said.closing is None or said.signed is None:
            return False
        if said.opening.amount + said.signed != said.closing.amount:
            return False
    assert one.closing is not None
    assert other.opening is not None
    return one.closing.amount == other.opening.amount and one.opening != other.opening


def _left(entries: pl.DataFrame, why: str) -> list[Left]:
    places = entries.select("file", "first", "last").iter_rows()
    return [Left(file, first, last, why) for file, first, last in places]


# --- kinds ------------------------------------------------------------------------------------------------


def _between_kinds(entries: pl.DataFrame) -> list[tuple[pl.DataFrame, str]]:
    """Matches ledgers, notifications and reports: one of each booking is kept, the one with details."""
    entries = entries.filter(pl.col("source") <= _ORDER["order"])
    if entries["source"].n_unique() < 2:
        return []
    gone: list[pl.DataFrame] = []
    replaced: list[pl.DataFrame] = []
    # References first; accounts in which they matched are known to use the same ones in all messages.
    pairs = _pairs(entries, "ref")
    shared = pairs.select(pl.col("account").unique())
    taken = pl.concat([pairs["i"], pairs["i_kept"]]).unique()
    _settle(entries, pairs, gone, replaced)
    rest = entries.filter(~pl.col("i").is_in(taken.implode()))
    _groups(rest, gone, replaced)
    out = pl.concat([*gone, *replaced])["i"] if gone or replaced else pl.Series("i", [], dtype=pl.Int64)
    rest = rest.filter(~pl.col("i").is_in(out.implode()))
    pairs = _pairs(rest, "plain").join(shared.with_columns(known=True), on="account", how="left")
    distinct = (
        pl.col("known").fill_null(value=False)
        & pl.col("ref").is_not_null()
        & pl.col("ref_kept").is_not_null()
    )
    _settle(rest, pairs.filter(~distinct), gone, replaced)
    return [*((frame, AGAIN) for frame in gone), *((frame, REPLACED) for frame in replaced)]


def _pairs(entries: pl.DataFrame, key: str) -> pl.DataFrame:
    """Gives entries of a kind with the entry of a stronger kind that has the same key and running number."""
    numbered = entries.filter(pl.col(key).is_not_null()).with_columns(
        pl.int_range(pl.len()).over(["source", key]).alias("n")
    )
    strongest = numbered.sort("source", "i").unique(subset=[key, "n"], keep="first", maintain_order=True)
    kept = strongest.select(key, "n", "i", "bare", "source", pl.col("ref").alias("ref_own"))
    pairs = numbered.join(kept, on=[key, "n"], how="inner", suffix="_kept")
    return pairs.filter(pl.col("i") != pl.col("i_kept")).rename({"ref_own": "ref_kept"}).sort("i")


def _settle(
    entries: pl.DataFrame, pairs: pl.DataFrame, gone: list[pl.DataFrame], replaced: list[pl.DataFrame]
) -> None:
    """Keeps one entry of each pair: the ledger's, unless it is bare and the other has details."""
    better = (
        pairs.filter(pl.col("bare_kept") & ~pl.col("bare"))
        .sort("source", "i")
        .unique(subset=["i_kept"], keep="first", maintain_order=True)
    )
    worse = pairs.join(better.select("i"), on="i", how="anti")
    gone.append(entries.join(worse.select("i"), on="i", how="semi"))
    replaced.append(entries.join(better.select(pl.col("i_kept").alias("i")), on="i", how="semi"))


def _groups(entries: pl.DataFrame, gone: list[pl.DataFrame], replaced: list[pl.DataFrame]) -> None:
    """Replaces a bare entry of the ledger by several entries of notifications that add up to it."""
    bare = entries.filter((pl.col("source") == 0) & pl.col("bare"))
    for key, source, least in (("batch", 1, 2), ("group", 1, 2), ("batch", _ORDER["order"], 1)):
        noted = entries.filter((pl.col("source") == source) & pl.col(key).is_not_null())
        sums = noted.group_by(key).agg(pl.col("minor").sum().alias("sum"), pl.len().alias("parts"))
        one = bare.filter(pl.col(key).is_not_null() & pl.col(key).is_unique())
        match = one.join(sums, on=key, how="inner")
        match = match.filter((pl.col("sum") == pl.col("minor")) & (pl.col("parts") >= least))
        replaced.append(entries.join(match.select("i"), on="i", how="semi"))
        # Reports within the day about a part of the batch are covered by the notifications as well.
        late = pl.col("source").is_in([2, _ORDER["order"]]) & (pl.col("source") != source)
        gone.append(entries.filter(late).join(match.select(key), on=key, how="semi"))


def _key(*columns: str) -> pl.Expr:
    """Gives a digest of some columns; missing where one of them is.

    Only equality matters, within this process; the seed is secret, so nobody can aim at it.
    """
    told = pl.concat_str([pl.col(c).cast(pl.String) for c in columns], separator="\x1f")
    return pl.when(told.is_not_null()).then(told.hash(_SEED))

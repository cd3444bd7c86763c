"""What the checks need of the movements, gathered chunk by chunk: counts, groups and a few places.

Nothing here keeps a value of a text: texts are counted by their length and compared by hashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from thbscreen.model.expected import EXPECTED

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Columns that are read for the checks besides those that a scan asks for.
READ = frozenset(
    {"tx_type", "channel", "value_date", "balance_after", "end_to_end_id", "mcc", "merchant_id", *EXPECTED}
)
#: Texts whose lengths are counted.
TEXTS = ("remittance_info", "cp_name")
#: What makes two movements the same, their ids aside.
CONTENT = (
    "account_id", "booking_ts", "direction", "amount", "currency", "tx_type", "cp_account_id",
    "remittance_info", "end_to_end_id", "mcc", "merchant_id", "balance_after",
)  # fmt: skip
#: Most places that are kept for one check.
PLACES = 5
#: Days that value and booking may lie apart.
APART = 28
#: Kinds of movement that only pay out, and those that only pay in.
OUT_ONLY = ("cash_withdrawal", "card_purchase", "preauth", "card_cash_advance", "fee")
IN_ONLY = ("cash_deposit", "card_refund")
#: Hashes of contents, and of payments between customers, that are kept at most; of more rows, those whose
#: hash divides evenly stand for all.
HASHES = 10_000_000
_MERGE = 2_000_000
_BALANCE_PLACES = 1000
_DAY = 86_400_000_000
#: Makes payer and payee count differently; every odd number does.
_ODD = pl.lit(0x9E3779B97F4A7C15, dtype=pl.UInt64)
_KEYS = ["account_id", "currency"]

Place = tuple[str, int]
Counted = tuple[int, int, list[Place]]


class Gathered:
    """What one pass over the movements saw.

    Attributes:
        rows: movements seen.
        counts: named numbers of rows.
        places: for a named condition, file and row of the first movements that meet it.
        columns: columns in which some movement has a value.
        judged: of how many content hashes one is kept, see `HASHES`.
    """

    def __init__(self, known: pl.Series, size: int) -> None:
        """Starts empty.

        Args:
            known: accounts of the accounts table.
            size: about how many movements there will be.
        """
        self.rows = 0
        self.counts: dict[str, int] = {}
        self.places: dict[str, list[Place]] = {}
        self.columns: frozenset[str] = frozenset()
        self.judged = 1 + size // HASHES
        self._known = known.unique().implode()
        self._files: list[str] = []
        self._accounts: list[pl.DataFrame] = []
        self._joined = False  # whether the first of them has all accounts up to it once
        self._kinds: list[pl.DataFrame] = []
        self._lengths: list[pl.DataFrame] = []
        self._hashes: list[pl.DataFrame] = []
        self._legs: list[pl.DataFrame] = []
        self._last = pl.DataFrame()
        self._steps: list[pl.DataFrame] = []
        self._breaks: dict[str, list[pl.DataFrame]] = {"forward": [], "backward": []}
        self._repeated: Counted | None = None
        self._halves: Counted | None = None

    def settle(self, gone: pl.Series) -> None:
        """Counts what rests on hashes of rows, once all were seen, and lets go of them.

        Args:
            gone: `_row` of movements that are left out anyway.
        """
        self._repeated, self._halves = self._count_repeated(gone), self._count_halves()
        self._hashes, self._legs = [], []

    def add(self, frame: pl.DataFrame) -> None:
        """Takes in one canonical chunk, all of whose rows come from one file."""
        self.columns |= {c for c in frame.columns if frame[c].null_count() < frame.height}
        if not frame.height:
            return
        self.rows += frame.height
        name = frame["source_file"][0]
        if not self._files or self._files[-1] != name:
            self._files.append(name)
        self._add_conditions(frame)
        self._add_accounts(frame)
        self._add_kinds(frame)
        for text in TEXTS:
            if text in frame.columns:
                counted = frame.select(pl.col(text).str.len_chars().alias("length")).group_by("length").len()
                self._lengths.append(counted.with_columns(pl.lit(text).alias("column")))
        self._add_hashes(frame)
        self._add_legs(frame)
        self._add_balances(frame)

    # --- conditions of one row ----------------------------------------------------------------------

    def _add_conditions(self, frame: pl.DataFrame) -> None:
        flags = frame.select(**_conditions(frame.columns))
        for name, count in flags.sum().row(0, named=True).items():
            self.counts[name] = self.counts.get(name, 0) + (count or 0)
            if count:
                self._remember(name, frame, flags[name])
        self.counts["total"] = self.counts.get("total", 0) + int(frame["amount_eur"].sum() or 0)
        self._add_extremes(frame)

    def _add_extremes(self, frame: pl.DataFrame) -> None:
        """Keeps the place of the first, the last and the largest movement."""
        times, amounts = frame["booking_ts"].to_physical(), frame["amount_eur"]
        for name, at, size in (
            ("first", times.arg_min(), -1), ("last", times.arg_max(), 1), ("largest", amounts.arg_max(), 1),
        ):  # fmt: skip
            if at is None:
                continue
            value = (amounts if name == "largest" else times)[at]
            if name not in self.places or size * value > size * self.counts[name]:
                self.counts[name] = value
                self.places[name] = [(frame["source_file"][at], frame["source_row"][at])]

    def _remember(self, name: str, frame: pl.DataFrame, mask: pl.Series) -> None:
        kept = self.places.setdefault(name, [])
        if len(kept) < PLACES:
            rows = frame["source_row"].filter(mask).head(PLACES - len(kept))
            kept += [(self._files[-1], row) for row in rows]

    # --- groups -------------------------------------------------------------------------------------

    def _add_accounts(self, frame: pl.DataFrame) -> None:
        currency = frame["currency"]
        one = currency.n_unique() == 1  # one key of text instead of two halves the time
        found = frame.group_by(_KEYS[:1] if one else _KEYS).agg(
            pl.len().cast(pl.Int64).alias("rows"),
            pl.col("booking_ts").min().alias("first"),
            pl.col("booking_ts").max().alias("last"),
            pl.lit(len(self._files) - 1).alias("file"),
            pl.col("source_row").min().alias("row"),
        )
        if one:
            found = found.with_columns(pl.lit(currency[0], dtype=pl.String).alias("currency"))
        self._accounts.append(found.select(*_KEYS, "rows", "first", "last", "file", "row"))
        if sum(part.height for part in self._accounts) > _MERGE:
            self.accounts()

    def _add_kinds(self, frame: pl.DataFrame) -> None:
        day = pl.col("booking_ts").cast(pl.Int64) // _DAY
        kinds = frame.group_by(
            *(_present(frame, c).alias(c) for c in ("tx_type", "channel")), "direction", day.alias("day")
        ).agg(
            pl.len().cast(pl.Int64).alias("rows"),
            *(
                pl.col(c).count().cast(pl.Int64).alias(f"n:{c}")
                for c in sorted(EXPECTED)
                if c in frame.columns
            ),
        )
        date = pl.col("day").cast(pl.Int32).cast(pl.Date)  # fewer groups than rows turn into months faster
        month = date.dt.year().cast(pl.Int32) * 12 + date.dt.month() - 1
        kinds = kinds.group_by("tx_type", "channel", "direction", month.alias("month")).agg(
            pl.col("rows", *(c for c in kinds.columns if c.startswith("n:"))).sum()
        )
        self._kinds.append(kinds)
        for name, mask in _by_kind(frame.columns).items():
            if len(self.places.get(name, ())) >= PLACES:
                continue
            # Only where some row meets it is every row asked.
            if kinds.select(mask.among_kinds).to_series().any():
                self._remember(name, frame, frame.select(mask.among_rows).to_series())

    def accounts(self) -> pl.DataFrame:
        """Gives one row per account and currency: rows, first, last, and its first place."""
        if len(self._accounts) == 1 and self._joined:
            return self._accounts[0]
        empty = pl.DataFrame(
            schema={
                "account_id": pl.String, "currency": pl.String, "rows": pl.Int64,
                "first": pl.Datetime("us", "UTC"), "last": pl.Datetime("us", "UTC"), "file": pl.Int32,
                "row": pl.Int64,
            }
        )  # fmt: skip
        joined = (
            pl.concat([empty, *self._accounts])
            .group_by(_KEYS, maintain_order=True)
            .agg(
                pl.col("rows").sum(), pl.col("first").min(), pl.col("last").max(),
                pl.col("file", "row").first(),
            )
            .sort("file", "row")
        )  # fmt: skip
        self._accounts, self._joined = [joined], True
        return joined

    def place(self, file: int, row: int) -> Place:
        """Gives the name of a file, told by its number, and the row."""
        return self._files[file], row

    def kinds(self) -> pl.DataFrame:
        """Gives rows, and filled columns (`n:` and name), by tx_type, channel, direction and month."""
        if not self._kinds:
            keys = {"tx_type": pl.String, "channel": pl.String, "direction": pl.String, "month": pl.Int32}
            return pl.DataFrame(schema={**keys, "rows": pl.Int64})
        return (
            pl.concat(self._kinds, how="diagonal")
            .group_by("tx_type", "channel", "direction", "month")
            .agg(pl.exclude("tx_type", "channel", "direction", "month").sum())
        )

    def lengths(self) -> dict[str, dict[int, int]]:
        """Gives, by column, how many texts have which length in characters."""
        out: dict[str, dict[int, int]] = {text: {} for text in TEXTS if text in self.columns}
        for part in self._lengths:
            for length, count, column in part.drop_nulls().iter_rows():
                out[column][length] = out[column].get(length, 0) + count
        return out

    # --- the same row, and the other leg ------------------------------------------------------------

    def _add_hashes(self, frame: pl.DataFrame) -> None:
        hashed = frame.select(c for c in CONTENT if c in frame.columns).hash_rows(seed=0x5EED)
        part = pl.DataFrame({"hash": hashed, "_row": frame["_row"], "row": frame["source_row"]})
        part = part.with_columns(pl.lit(len(self._files) - 1).cast(pl.UInt32).alias("file"))
        if self.judged > 1:
            part = part.filter(pl.col("hash") % self.judged == 0)
        self._hashes.append(part.with_columns(pl.col("row").cast(pl.UInt32)))

    def repeated(self) -> Counted:
        """Counts rows that say the same as an earlier one under another id; known once it is settled.

        Returns:
            Such rows, rows judged, and places.
        """
        assert self._repeated is not None
        return self._repeated

    def _count_repeated(self, gone: pl.Series) -> Counted:
        if not self._hashes:
            return 0, 0, []
        rows = pl.concat(self._hashes)
        if len(gone):
            rows = rows.filter(~pl.col("_row").is_in(gone.implode()))
        if rows["hash"].n_unique() == rows.height:
            return 0, rows.height, []
        again = rows.filter(~pl.col("hash").is_first_distinct())
        return (
            again.height, rows.height,
            [self.place(f, r) for f, r in again.head(PLACES).select("file", "row").iter_rows()],
        )  # fmt: skip

    def _add_legs(self, frame: pl.DataFrame) -> None:
        """Keeps movements between known accounts: who pays whom how much, as hashes."""
        if "cp_account_id" not in frame.columns:
            return
        inside = frame.select("account_id", "cp_account_id", "direction", "amount", "currency", "source_row")
        inside = inside.filter(
            pl.col("cp_account_id").is_in(self._known) & (pl.col("cp_account_id") != pl.col("account_id"))
        )
        credit = pl.col("direction") == "credit"
        own, other = pl.col("account_id").hash(seed=1), pl.col("cp_account_id").hash(seed=1)
        payer, payee = pl.when(credit).then(other).otherwise(own), pl.when(credit).then(own).otherwise(other)
        money = pl.col("amount").hash(seed=2) ^ pl.col("currency").hash(seed=3)
        legs = inside.select(
            other.alias("other"),
            (payer ^ (payee * _ODD) ^ money).alias("pair"),  # whole numbers of 64 bits that run over
            credit.alias("credit"),
            pl.lit(len(self._files) - 1).cast(pl.UInt32).alias("file"),
            pl.col("source_row").cast(pl.UInt32).alias("row"),
        )
        # both sides of a payment have one number, so they stay or go together
        self._legs.append(legs.filter(pl.col("pair") % self.judged == 0) if self.judged > 1 else legs)

    def halves(self) -> Counted:
        """Counts movements between accounts that both have movements, of which only one side is there.

        Known once it is settled.

        Payer, payee, amount and currency tell what belongs together; days do not, since they may differ.

        Returns:
            Movements without their other side, movements between such accounts, and places.
        """
        assert self._halves is not None
        return self._halves

    def _count_halves(self) -> Counted:
        if not self._legs:
            return 0, 0, []
        active = self.accounts()["account_id"].unique().hash(seed=1)
        rows = pl.concat(self._legs).filter(pl.col("other").is_in(active.implode()))
        mark = pl.col("credit").cast(pl.Int64)
        spare = (
            rows.group_by("pair")
            .agg(credits=mark.sum(), debits=(1 - mark).sum())
            .with_columns(spare=(pl.col("credits") - pl.col("debits")))
            .filter(pl.col("spare") != 0)
        )
        lonely = rows.join(spare.select("pair", "spare"), on="pair", how="inner", maintain_order="left")
        lonely = lonely.filter(pl.col("credit") == (pl.col("spare") > 0)).head(PLACES)
        places = [self.place(f, r) for f, r in lonely.select("file", "row").iter_rows()]
        return int(spare["spare"].abs().sum() or 0), rows.height, places

    # --- balances -----------------------------------------------------------------------------------

    def _add_balances(self, frame: pl.DataFrame) -> None:
        """Holds each balance against the one before it in its account, in the order of the file."""
        if "balance_after" not in frame.columns:
            return
        credit = pl.col("direction") == "credit"
        signed = pl.when(credit).then(pl.col("amount")).otherwise(-pl.col("amount"))
        rows = frame.select(
            *_KEYS, signed.alias("signed"), pl.col("balance_after").alias("balance"),
            pl.lit(len(self._files) - 1).alias("file"), pl.col("source_row").alias("row"),
        ).drop_nulls("balance")  # fmt: skip
        if not rows.height:
            return
        rows = pl.concat([self._last, rows]) if self._last.height else rows
        before = {c: pl.col(c).shift(1).over(_KEYS) for c in ("signed", "balance")}
        steps = rows.with_columns(
            forward=pl.col("balance") != before["balance"] + pl.col("signed"),
            backward=before["balance"] != pl.col("balance") + before["signed"],
        )
        self._last = rows.group_by(_KEYS, maintain_order=True).last().select(rows.columns)
        steps = steps.filter(pl.col("forward").is_not_null())
        self._steps.append(
            steps.group_by(_KEYS).agg(
                pl.len().cast(pl.Int64).alias("steps"), pl.col("forward", "backward").sum().cast(pl.Int64)
            )
        )
        for way, kept in self._breaks.items():
            if sum(part.height for part in kept) < _BALANCE_PLACES:
                kept.append(steps.filter(pl.col(way)).head(_BALANCE_PLACES).select(*_KEYS, "file", "row"))

    def balances(self) -> Counted:
        """Counts the steps of running balances that do not hold.

        An account's rows may run forwards or backwards in time; the way that holds more often counts.

        Returns:
            Steps that do not hold, steps, and places.
        """
        if not self._steps:
            return 0, 0, []
        total = pl.concat(self._steps).group_by(_KEYS).agg(pl.col("steps", "forward", "backward").sum())
        backwards = pl.col("backward") < pl.col("forward")
        total = total.with_columns(backwards=backwards, broken=pl.min_horizontal("forward", "backward"))
        places: list[pl.DataFrame] = []
        for way, mask in (("forward", ~pl.col("backwards")), ("backward", pl.col("backwards"))):
            if self._breaks[way]:
                places.append(
                    pl.concat(self._breaks[way]).join(
                        total.filter(mask), on=_KEYS, how="semi", maintain_order="left"
                    )
                )
        first = pl.concat(places).unique(maintain_order=True).sort("file", "row").head(PLACES)
        return (
            int(total["broken"].sum()), int(total["steps"].sum()),
            [self.place(f, r) for f, r in first.select("file", "row").iter_rows()],
        )  # fmt: skip


def _present(frame: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column) if column in frame.columns else pl.lit(None, dtype=pl.String)


def _conditions(columns: list[str]) -> Mapping[str, pl.Expr]:
    """Gives the conditions of one row that are counted, as far as their columns are there."""
    out = {
        "no euros": pl.col("amount_eur").is_null(),
        "cents": pl.col("amount_eur") % 100 != 0,
        "euro": pl.col("currency") == "EUR",
        "credit": pl.col("direction") == "credit",
    }
    if "cp_account_id" in columns:
        out["own account"] = pl.col("cp_account_id") == pl.col("account_id")
    if "value_date" in columns:
        apart = pl.col("value_date").cast(pl.Int64) - pl.col("booking_ts").cast(pl.Int64) // _DAY
        out["value date"] = pl.col("value_date").is_not_null()
        out["apart"] = apart.abs() > APART
    if "cp_iban" in columns:
        out["iban"] = pl.col("cp_iban").is_not_null()
        if "cp_account_id" in columns:
            looks = pl.col("cp_account_id").str.contains(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")
            out["no iban"] = pl.col("cp_iban").is_null() & looks
    return out


class _Mask(NamedTuple):
    """A condition of one row that its kind decides, and the same over counts by kind."""

    among_rows: pl.Expr
    among_kinds: pl.Expr


def wrong_way() -> pl.Expr:
    """Says whether a movement goes the other way than its kind does."""
    credit = pl.col("direction") == "credit"
    return (pl.col("tx_type").is_in(OUT_ONLY) & credit) | (pl.col("tx_type").is_in(IN_ONLY) & ~credit)


def _by_kind(columns: list[str]) -> Mapping[str, _Mask]:
    if "tx_type" not in columns:
        return {}
    out = {"wrong way": _Mask(wrong_way(), wrong_way())}
    for column, kinds in EXPECTED.items():
        if column in columns:
            belongs = pl.col("tx_type").is_in(kinds)
            out[f"empty {column}"] = _Mask(
                belongs & pl.col(column).is_null(), belongs & (pl.col(f"n:{column}") < pl.col("rows"))
            )
    return out

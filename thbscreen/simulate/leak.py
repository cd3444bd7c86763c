"""The leak test: no single column, and no small tree over all columns, may tell planned movements apart.

A world in which one value gives positives away measures nothing. When this fails the generator is mended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from thbscreen.simulate.clock import Flags, Floats, Ints
from thbscreen.simulate.tree import average_precision, grow, leaves

#: A value or threshold leaks when it reaches this many times the base rate …
LIFT = 5.0
#: … at more than this share of all planned rows …
RECALL = 0.2
#: … and one scenario alone leaks when more than this share of the rows with one value are its own.
PURITY = 0.5
#: A tree of depth 3 over all columns must stay below this average precision on accounts it has not seen.
TREE = 0.15
#: Columns that are meant to tell something, with the reason. Ordinary people have the same values too.
INTENDED: dict[str, str] = {
    "account_age": "accounts of recruited people are opened for the purpose; newcomers' are as young",
}
#: Columns of accounts.csv that hold days, some of them in few rows.
DAYS_IN_ACCOUNTS = {"opened_date": pl.Date, "closed_date": pl.Date}
_VALUES = (
    "direction",
    "currency",
    "tx_type",
    "channel",
    "cp_country",
    "purpose_code",
    "mcc",
    "merchant_country",
    "location_city",
    "location_country",
    "merchant_name",
    "cp_name",
    "remittance_info",
    "institution",
    "product",
    "branch",
    "amount",
    "cents_part",
    "tx_start",
    "tx_end",
    "account_check",
    "account_end",
    "cp_bank",
    "hour",
    "weekday",
    "day",
    "minute",
    "second",
)
_NUMBERS = (
    "amount",
    "balance_after",
    "hour",
    "day",
    "minute",
    "second",
    "mod_10",
    "mod_50",
    "mod_100",
    "digits",
    "text_length",
    "account_age",
    "pair_count",
    "rank",
    "tx_number",
    "account_number",
)
_ABSENT = (
    "channel",
    "cp_account_id",
    "cp_name",
    "ultimate_creditor",
    "purpose_code",
    "end_to_end_id",
    "remittance_info",
    "mcc",
    "location_city",
    "terminal_id",
    "card_id",
    "conductor_id",
    "device_id",
)
_PARTY_VALUES = (
    "kind",
    "age_band",
    "occupation",
    "sector_nace",
    "licence",
    "address_start",
    "party_end",
    "onboarded_hour",
)
_PARTY_NUMBERS = (
    "declared_monthly_income_eur",
    "declared_turnover",
    "declared_employees",
    "party_number",
    "rank",
)
_PARTY_ABSENT = ("phone_hash", "email_hash", "address_hash", "employer_id", "licence", "occupation")


@dataclass(frozen=True, slots=True)
class Leak:
    """One column that tells too much.

    Attributes:
        scope: `movements`, `parties`, or a scenario's id.
        column: column or derived column.
        cut: value or threshold, as text; free texts and names are not shown.
        precision: share of rows with it that are planned.
        recall: share of planned rows that have it.
        base: share of planned rows among all.
        reason: why it is meant to be so; empty for a leak.
    """

    scope: str
    column: str
    cut: str
    precision: float
    recall: float
    base: float
    reason: str = ""

    def told(self) -> str:
        """Gives one line for people."""
        why = f"; intended: {self.reason}" if self.reason else ""
        return (
            f"{self.scope}: {self.column} {self.cut}: {self.precision:.1%} of these rows are planned, "
            f"against {self.base:.2%} of all; they are {self.recall:.0%} of the planned ones{why}"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the leak test found.

    Attributes:
        leaks: columns that tell too much, without a reason.
        intended: columns that tell something and are meant to.
        tree: average precision of the tree on accounts it has not seen; None without planned rows.
        base: share of planned rows among all.
    """

    leaks: tuple[Leak, ...]
    intended: tuple[Leak, ...]
    tree: float | None
    base: float

    @property
    def passed(self) -> bool:
        """Whether nothing leaks."""
        return not self.leaks and (self.tree is None or self.tree <= TREE)


def movements_of(folder: Path) -> pl.DataFrame:
    """Reads the movements of a world with what can simply be derived from them, and which are planned.

    Columns: raw ones, derived ones, and `scenario` of the positive group that planned a row, if any.

    Raises:
        OSError: a file is missing.
    """
    rows = pl.read_parquet(folder / "data" / "transactions.parquet")
    accounts = pl.read_csv(folder / "data" / "accounts.csv", schema_overrides=DAYS_IN_ACCOUNTS)
    groups = pl.read_parquet(folder / "truth" / "groups.parquet").filter(pl.col("kind") == "positive")
    legs = pl.read_parquet(folder / "truth" / "legs.parquet").join(
        groups.select("group_id", "scenario"), on="group_id"
    )
    local = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia")
    cents = (pl.col("amount") * 100).cast(pl.Int64)
    return (
        rows.join(
            accounts.select("account_id", "institution", "product", "branch", "opened_date"),
            on="account_id",
            how="left",
        )
        .join(legs.select("tx_id", "scenario").unique("tx_id"), on="tx_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("amount").cast(pl.Float64),
            pl.col("balance_after").cast(pl.Float64),
            local.dt.hour().alias("hour"),
            local.dt.weekday().alias("weekday"),
            local.dt.day().alias("day"),
            local.dt.minute().alias("minute"),
            local.dt.second().alias("second"),
            (cents % 100).alias("cents_part"),
            (cents % 1000).alias("mod_10"),
            (cents % 5000).alias("mod_50"),
            (cents % 10_000).alias("mod_100"),
            cents.cast(pl.String).str.len_chars().alias("digits"),
            pl.col("remittance_info").str.len_chars().fill_null(0).alias("text_length"),
            (local.dt.date() - pl.col("opened_date")).dt.total_days().alias("account_age"),
            pl.when(pl.col("cp_account_id").is_not_null())
            .then(pl.len().over("account_id", "cp_account_id"))
            .alias("pair_count"),
            pl.int_range(pl.len()).alias("rank"),
            pl.col("tx_id").str.slice(0, 3).alias("tx_start"),
            pl.col("tx_id").str.slice(-1).alias("tx_end"),
            pl.col("tx_id").str.extract(r"(\d{1,15})$").cast(pl.Int64).alias("tx_number"),
            pl.col("account_id").str.slice(2, 2).alias("account_check"),
            pl.col("account_id").str.slice(-1).alias("account_end"),
            pl.col("account_id").str.slice(-9).cast(pl.Int64).alias("account_number"),
            pl.col("cp_account_id").str.slice(4, 3).alias("cp_bank"),
        )
    )


def parties_of(folder: Path) -> pl.DataFrame:
    """Reads the parties of a world with simple derived columns; members of positives have a `scenario`.

    Raises:
        OSError: a file is missing.
    """
    rows = pl.read_csv(folder / "data" / "parties.csv", infer_schema_length=None)
    groups = pl.read_parquet(folder / "truth" / "groups.parquet").filter(pl.col("kind") == "positive")
    members = pl.read_parquet(folder / "truth" / "members.parquet").join(
        groups.select("group_id"), on="group_id"
    )
    return rows.with_columns(
        pl.when(pl.col("party_id").is_in(members["party_id"].implode())).then(pl.lit("P")).alias("scenario"),
        pl.col("address_hash").str.slice(0, 1).alias("address_start"),
        pl.col("party_id").str.slice(-1).alias("party_end"),
        pl.col("party_id").str.slice(-9).cast(pl.Int64).alias("party_number"),
        pl.col("onboarding_ts").str.slice(11, 2).alias("onboarded_hour"),
        pl.int_range(pl.len()).alias("rank"),
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """The best single value or threshold of a column.

    Attributes:
        scope: `all`, or a scenario's id.
        word: the value or threshold.
        precision: share of rows with it that are planned in the scope.
        recall: share of the scope's planned rows that have it.
    """

    scope: str
    word: str
    precision: float
    recall: float


def _hits(values: pl.Series, scope: pl.Series) -> pl.DataFrame:
    """Counts planned rows by scope (`all` adds up the others) and value: scope, v, hits, total."""
    some = pl.DataFrame({"scope": scope, "v": values}).filter(pl.col("scope").is_not_null())
    each = pl.concat([some, some.with_columns(pl.lit("all").alias("scope"))])
    counted = each.group_by("scope", "v").agg(pl.len().cast(pl.Int64).alias("hits"))
    totals = each.group_by("scope").agg(pl.len().cast(pl.Int64).alias("total"))
    return counted.join(totals, on="scope")


def best_values(values: pl.Series, scope: pl.Series, least: float = RECALL) -> list[Cut]:
    """Finds in each scope the most precise value that more than a share of its planned rows hold.

    Args:
        values: one column.
        scope: scenario of each row, missing for rows that are not planned.
        least: share of planned rows.
    """
    hits = _hits(values, scope).filter(pl.col("hits") > least * pl.col("total"))
    if not hits.height:
        return []
    rows = (
        values.filter(values.is_in(hits["v"].implode(), nulls_equal=True)).to_frame("v").group_by("v").len()
    )
    found = (
        hits.join(rows, on="v", nulls_equal=True)
        .with_columns((pl.col("hits") / pl.col("len")).alias("precision"))
        .sort("precision", "hits", descending=True)
        .unique("scope", keep="first", maintain_order=True)
        .sort("scope")
    )
    return [
        Cut(r["scope"], f"= {r['v']}", r["precision"], r["hits"] / r["total"])
        for r in found.iter_rows(named=True)
    ]


def best_thresholds(values: pl.Series, scope: pl.Series, least: float = RECALL) -> list[Cut]:
    """Finds in each scope the threshold, above or below, with the greatest precision; see `best_values`."""
    known = values.is_not_null()
    numbers = values.filter(known).cast(pl.Float64)
    every = np.sort(numbers.to_numpy())
    out: list[Cut] = []
    for (name,), some in _hits(numbers, scope.filter(known)).sort("v").group_by("scope", maintain_order=True):
        at, hits = some["v"].to_numpy(), some["hits"].to_numpy()
        total = int((scope == name).sum()) if name != "all" else int(scope.is_not_null().sum())
        below = np.cumsum(hits), np.searchsorted(every, at, side="right")
        above = np.cumsum(hits[::-1])[::-1], len(every) - np.searchsorted(every, at, side="left")
        best: Cut | None = None
        for word, (found, rows) in (("<=", below), (">=", above)):
            able = np.flatnonzero(found > least * total)
            if len(able):
                k = able[np.argmax(found[able] / rows[able])]
                cut = Cut(str(name), f"{word} {at[k]:g}", float(found[k] / rows[k]), float(found[k] / total))
                best = cut if best is None or cut.precision > best.precision else best
        out += [best] if best is not None else []
    return sorted(out, key=lambda c: c.scope)


#: Columns of free text and names, whose values are not shown.
_HIDDEN = {"cp_name", "remittance_info", "merchant_name"}


#: A name belongs to one group, so that in a world with one group of a scenario it is the group's own.
_OF_ONE_GROUP = {"cp_name"}


def _cuts(
    frame: pl.DataFrame, values: tuple[str, ...], numbers: tuple[str, ...], absent: tuple[str, ...]
) -> Iterator[tuple[str, Cut]]:
    """Gives the best cuts of each column."""
    scope = frame["scenario"]
    for name in values:
        for cut in best_values(frame[name], scope):
            yield name, replace(cut, word="= a value") if name in _HIDDEN else cut
    for name in absent:
        for cut in best_values(frame[name].is_null().cast(pl.Int8), scope):
            yield name, replace(cut, word="is missing" if cut.word == "= 1" else "is there")
    for name in numbers:
        for cut in best_thresholds(frame[name], scope):
            yield name, cut


def _found(kind: str, frame: pl.DataFrame, cuts: Iterator[tuple[str, Cut]], *, pure: bool) -> list[Leak]:
    """Keeps the cuts that tell too much: of all planned rows, and of one scenario alone if `pure`."""
    shares = dict(frame.group_by("scenario").len().iter_rows())
    planned = sum(n for s, n in shares.items() if s is not None)
    out = []
    for name, cut in cuts:
        base = (planned if cut.scope == "all" else shares[cut.scope]) / frame.height
        limit = LIFT * base if cut.scope == "all" else PURITY
        alone = pure and name not in _OF_ONE_GROUP
        if cut.precision > limit and (alone or cut.scope == "all"):
            scope = kind if cut.scope == "all" else cut.scope
            out.append(Leak(scope, name, cut.word, cut.precision, cut.recall, base, INTENDED.get(name, "")))
    return out


def find_leaks(folder: Path) -> Verdict:
    """Tries every column of a world, and a tree over all of them.

    Args:
        folder: a world with clean data.

    Raises:
        OSError: a file is missing.
    """
    rows, parties = movements_of(folder), parties_of(folder)
    base = int(rows["scenario"].is_not_null().sum()) / max(rows.height, 1)
    if not base:
        return Verdict((), (), None, 0.0)
    found = _found("movements", rows, _cuts(rows, _VALUES, _NUMBERS, _ABSENT), pure=True)
    cuts = _cuts(parties, _PARTY_VALUES, _PARTY_NUMBERS, _PARTY_ABSENT)
    found += _found("parties", parties, cuts, pure=False)
    return Verdict(
        tuple(f for f in found if not f.reason),
        tuple(f for f in found if f.reason),
        tree_precision(rows),
        base,
    )


_TREE_VALUES = (
    "direction",
    "tx_type",
    "channel",
    "cp_country",
    "purpose_code",
    "mcc",
    "merchant_country",
    "location_city",
    "institution",
    "product",
    "branch",
)
_TREE_NUMBERS = (
    "amount",
    "balance_after",
    "hour",
    "weekday",
    "day",
    "minute",
    "second",
    "mod_10",
    "mod_50",
    "mod_100",
    "text_length",
    "rank",
    "tx_number",
    "account_number",
)
BINS = 32


def tree_precision(rows: pl.DataFrame) -> float:
    """Grows a tree of depth 3 on half of the accounts and gives its average precision on the other half."""
    planned = rows["scenario"].is_not_null().to_numpy()
    half = (rows["account_id"].hash(seed=1) % 2 == 0).to_numpy()
    features = np.column_stack(
        [_codes(rows[name], planned, half) for name in _TREE_VALUES]
        + [_bins(rows[name]) for name in _TREE_NUMBERS]
        + [rows[name].is_null().to_numpy().astype(np.uint8) for name in _ABSENT]
    )
    tree = grow(features[half], planned[half], depth=3, bins=BINS)
    return average_precision(leaves(tree, features[~half]), planned[~half])


def _codes(values: pl.Series, planned: Flags, half: Flags) -> Ints:
    """Numbers the values of a column by how often they are planned in one half; rare ones share a number."""
    known = values.cast(pl.String).fill_null("")
    by = (
        pl.DataFrame({"v": known.filter(pl.Series(half)), "p": planned[half]})
        .group_by("v")
        .agg(pl.len().alias("rows"), pl.col("p").mean().alias("rate"))
        .sort("rows", "v", descending=True)
        .head(BINS - 1)
        .sort("rate", "v")
        .with_row_index("code", offset=1)
    )
    joined = known.to_frame("v").join(by.select("v", "code"), on="v", how="left", maintain_order="left")
    return joined["code"].fill_null(0).to_numpy().astype(np.uint8)


def _bins(values: pl.Series) -> Ints:
    """Puts numbers into bins of about equal counts."""
    numbers: Floats = values.cast(pl.Float64).fill_null(-1).to_numpy()
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, numbers, side="right").astype(np.uint8)

"""Payments among flagged accounts and their direct counterparties, each booked payment once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.pack import CompiledPack
from thbscreen.engine import tables
from thbscreen.engine.prepare import Prepared
from thbscreen.model.lookup import distinct

#: Columns that link people and that no rule may happen to read.
LINKING = ("conductor_id", "cp_account_id", "device_id", "on_behalf_of", "terminal_id", "tx_type")
#: Ways of paying that only a business can offer.
TO_BUSINESSES = ("card_purchase", "direct_debit")
#: Table of payments for somebody else; internal.
FOR_OTHERS = {
    "source": pl.String(), "target": pl.String(), "n": pl.Int64(), "amount_eur": pl.Int64(),
    "first": pl.Datetime("us", "UTC"), "last": pl.Datetime("us", "UTC"), "tx_ids": pl.List(pl.String),
    "times": pl.List(pl.Datetime("us", "UTC")), "amounts_eur": pl.List(pl.Int64),
}  # fmt: skip
_TS = pl.Datetime("us", "UTC")


def account_codes(prepared: Prepared, accounts: pl.Series) -> npt.NDArray[np.bool_]:
    """Marks accounts by code."""
    return prepared.dictionaries["account"].is_in(accounts.implode()).to_numpy()


def payments(prepared: Prepared, flagged: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Aggregates payments with a flagged account on at least one side.

    A transfer between two accounts of this data stands in both ledgers; it is counted once. Of a pair of
    accounts, the payer's rows count, unless more rows of the receiver name the payer: exports often name the
    counterparty on one side alone.

    Args:
        prepared: the buckets.
        flagged: by account code.

    Returns:
        `tables.PAYMENTS`, accounts as categories (`pl.Enum`), which are texts that compare as numbers.
    """
    has_ledger = np.zeros(len(flagged) + 1, np.bool_)
    has_ledger[prepared.ledgers] = True
    marked = np.append(flagged, False)  # code -1 looks up the appended False
    parts = []
    for number in range(len(prepared.buckets)):
        frame = prepared.bucket(number)
        if "c:cp_account_id" not in frame.columns:
            continue
        account = frame["c:account_id"].to_numpy().astype(np.int64)
        other = frame["c:cp_account_id"].to_numpy().astype(np.int64)
        credit = frame["_credit"].to_numpy()
        keep = (other >= 0) & (other != account) & (marked[account] | marked[other])
        rows = np.flatnonzero(keep)
        parts.append(
            frame.select("tx_id", "_t", "amount_eur")[rows].with_columns(
                pl.Series("source", np.where(credit, other, account)[rows]),
                pl.Series("target", np.where(credit, account, other)[rows]),
                pl.Series("again", (credit & has_ledger[other])[rows]),
            )
        )
    if not parts:
        return tables.PAYMENTS.empty()
    return _per_pair(_once(pl.concat(parts)), prepared.dictionaries["account"])


def _per_pair(rows: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
    """Aggregates single payments per pair of accounts; rows of a pair come in order of time and id."""
    names = names.cast(pl.Enum(names))
    time = pl.col("_t").cast(pl.Datetime("us", "UTC"))
    # Rows of an account come in order of time and id, and those of a pair come from one ledger: the order of
    # pairs is all that is missing, and accounts have codes in the order of their names.
    pair = pl.col("source") * len(names) + pl.col("target")
    out = (
        rows.with_columns(pair=pair)
        .sort("pair", maintain_order=True)
        .group_by("pair", maintain_order=True)
        .agg(
            pl.col("source").first(),
            pl.col("target").first(),
            pl.len().alias("n"),
            pl.col("amount_eur").sum(),
            time.first().alias("first"),
            time.last().alias("last"),
            pl.col("tx_id").alias("tx_ids"),
            time.alias("times"),
            pl.col("amount_eur").fill_null(0).alias("amounts_eur"),
        )
    )
    ends = [names.gather(out[c]).alias(c) for c in ("source", "target")]
    rest = [(c, t) for c, t in tables.PAYMENTS.schema.items() if c not in {"source", "target"}]
    return out.select(*ends, *(pl.col(c).cast(t) for c, t in rest))


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    """Keeps, of every pair of accounts, the rows of one ledger: `again` marks rows of the receiver's."""
    if not rows["again"].any():
        return rows
    told = pl.col("again").sum().over("source", "target") * 2 > pl.len().over("source", "target")
    return rows.filter(pl.col("again") == told)


def subjects(prepared: Prepared) -> pl.DataFrame:
    """Gives the subject of every account: its primary holder, else the account itself.

    Returns:
        account_id, subject_id, subject_kind (party, account for a ledger without a known holder, external for
        an account of another bank); in account order.
    """
    names = prepared.dictionaries["account"]
    has_ledger = np.zeros(len(names), np.bool_)
    has_ledger[prepared.ledgers] = True
    holder = prepared.dimensions.frame["party_id"].head(len(names))
    return pl.DataFrame({"account_id": names, "_holder": holder, "_ledger": has_ledger}).select(
        "account_id",
        pl.coalesce("_holder", "account_id").alias("subject_id"),
        pl.when(pl.col("_holder").is_not_null())
        .then(pl.lit("party"))
        .when(pl.col("_ledger"))
        .then(pl.lit("account"))
        .otherwise(pl.lit("external"))
        .alias("subject_kind"),
    )


def link_columns(compiled: CompiledPack) -> CompiledPack:
    """Adds the columns that link people to what is prepared, whether or not a rule reads them."""
    compiled.fetched.update(LINKING)
    compiled.codes.update(dict.fromkeys(LINKING))
    return compiled


def devices(prepared: Prepared) -> pl.DataFrame:
    """Gives which device gave orders for which subject; device_id, subject_id, last; each pair once."""
    return _details(prepared, "device_id")


def conductors(prepared: Prepared) -> pl.DataFrame:
    """Gives who stood at the counter for which subject; conductor_id, subject_id, last; each pair once."""
    return _details(prepared, "conductor_id")


def paid_for(prepared: Prepared) -> pl.DataFrame:
    """Gives who pays for whom: tickets, fees, rents and top-ups that the source says are for somebody else.

    Args:
        prepared: the buckets; without the column c:on_behalf_of nobody pays for anybody.

    Returns:
        source (subject of the paying account), target (customer for whom it was paid), n, amount_eur, first,
        last, tx_ids, times, amounts_eur (cents); one row per pair, payments for oneself left out.
    """
    parts = []
    for number in range(len(prepared.buckets)):
        frame = prepared.bucket(number)
        if "c:on_behalf_of" in frame.columns:
            mine = frame.filter((pl.col("c:on_behalf_of") >= 0) & ~pl.col("_credit"))
            parts.append(mine.select("tx_id", "_t", "amount_eur", "c:account_id", "c:on_behalf_of"))
    if not parts:
        return pl.DataFrame(schema=FOR_OTHERS)
    rows = pl.concat(parts)
    time = pl.col("_t").cast(pl.Datetime("us", "UTC"))
    rows = rows.with_columns(
        source=subjects(prepared)["subject_id"].gather(rows["c:account_id"]),
        target=prepared.dictionaries["party"].gather(rows["c:on_behalf_of"]),
        amount_eur=pl.col("amount_eur").fill_null(0),
    ).filter(pl.col("source") != pl.col("target"))
    out = (
        rows.sort("source", "target", "_t", "tx_id")
        .group_by("source", "target", maintain_order=True)
        .agg(
            n=pl.len(), amount_eur=pl.col("amount_eur").sum(), first=time.first(), last=time.last(),
            tx_ids="tx_id", times=time, amounts_eur=pl.col("amount_eur"),
        )
    )  # fmt: skip
    return out.select(pl.col(c).cast(t) for c, t in FOR_OTHERS.items())


def businesses(prepared: Prepared) -> pl.DataFrame:
    """Gives whom people pay by direct debit or card, as they pay a utility or a shop: account_id."""
    names = prepared.dictionaries.get("account", pl.Series(dtype=pl.String))
    marked = np.zeros(len(names) + 1, np.bool_)
    kinds = prepared.dictionaries.get("tx_type", pl.Series(dtype=pl.String))
    wanted = np.append(kinds.is_in(TO_BUSINESSES).to_numpy(), False)  # code -1 looks up the appended False
    for number in range(len(prepared.buckets)):
        frame = prepared.bucket(number)
        if {"c:tx_type", "c:cp_account_id"} <= set(frame.columns):
            asked = wanted[frame["c:tx_type"].to_numpy()] & ~frame["_credit"].to_numpy()
            marked[frame["c:cp_account_id"].to_numpy()[asked]] = True
    return pl.DataFrame({"account_id": names.gather(np.flatnonzero(marked[:-1]))})


def access(account_parties: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
    """Gives who can act on accounts of several others: joint holders, mandates, card users, owners behind.

    Args:
        account_parties: canonical, or from `engine.mandates.in_force`; account_id and party_id are used, and
            when present since, until and last, the time of the end of a right that ended.
        holders: from `subjects`.

    Returns:
        access_id (the customer who has access), subject_id (whoever holds such an account, and the customer
        itself), last (missing while some right goes on); only customers with accounts of at least two others.
    """
    given = set(account_parties.columns)
    days = (pl.col(c) if c in given else pl.lit(None, dtype=pl.Date).alias(c) for c in ("since", "until"))
    last = pl.col("last") if "last" in given else pl.lit(None, dtype=_TS).alias("last")
    held = account_parties.select("account_id", last, *days, access_id="party_id").unique()
    pairs = held.join(holders.select("account_id", "subject_id"), on="account_id")
    # Whoever held the account before its holder did had no access to anything of theirs.
    begins = held.group_by("account_id", subject_id="access_id").agg(_begins=pl.col("since").min())
    pairs = pairs.join(begins, on=["account_id", "subject_id"], how="left")
    before = (pl.col("until") < pl.col("_begins")).fill_null(value=False)
    pairs = pairs.filter((pl.col("access_id") != pl.col("subject_id")) & ~before)
    ended = pl.when(pl.col("last").is_not_null().all()).then(pl.col("last").max())
    pairs = pairs.group_by("access_id", "subject_id").agg(last=ended)
    pairs = pairs.filter(pl.len().over("access_id") > 1)
    own = pairs.select("access_id", subject_id="access_id", last=pl.lit(None, dtype=_TS)).unique()
    return pl.concat([pairs, own]).sort("access_id", "subject_id")


def _details(prepared: Prepared, name: str) -> pl.DataFrame:
    parts = []
    column = f"c:{name}"
    for number in range(len(prepared.buckets)):
        frame = prepared.bucket(number)
        if column in frame.columns:
            seen = frame.lazy().filter(pl.col(column) >= 0).group_by("c:account_id", column)
            parts.append(seen.agg(pl.col("_t").max()).collect())
    if not parts:
        return pl.DataFrame(schema={name: pl.String, "subject_id": pl.String, "last": _TS})
    pairs = pl.concat(parts)
    subject = subjects(prepared)["subject_id"]
    return (
        pl.DataFrame(
            {
                name: prepared.dictionaries[name].gather(pairs[column]),
                "subject_id": subject.gather(pairs["c:account_id"]),
                "last": pairs["_t"].cast(_TS),
            }
        )
        .group_by(name, "subject_id")
        .agg(pl.col("last").max())
        .sort(name, "subject_id")
    )


def met_by_several(
    prepared: Prepared, edges: pl.DataFrame, flagged: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Marks the accounts that pay or are paid by at least two flagged accounts, by code.

    Args:
        prepared: the buckets.
        edges: `tables.PAYMENTS`.
        flagged: by account code.
    """
    names = pl.Enum(prepared.dictionaries["account"])
    source, target = (
        edges[c].cast(names).to_physical().to_numpy().astype(np.int64) for c in ("source", "target")
    )
    width = len(flagged)
    ways = ((source, target), (target, source))
    met = distinct(np.concatenate([a[flagged[b]] * width + b[flagged[b]] for a, b in ways])) // width
    several: npt.NDArray[np.bool_] = np.bincount(met, minlength=width) > 1
    return several

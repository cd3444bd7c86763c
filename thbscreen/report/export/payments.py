"""Each payment behind the links, once, with what the case folders tell about it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from thbscreen.report.export.texts import NAMESPACE, key
from thbscreen.report.folder import RunFolder, unchanged
from thbscreen.report.text import neutralised

#: Columns of a case's evidence.csv that are read; any may be missing.
_TOLD = ("tx_id", "account_id", "direction", "cp_account_id", "cp_iban", "remittance_info")


def payments_of(
    links: pl.DataFrame,
    members: pl.DataFrame,
    folder: RunFolder,
    network_ids: Sequence[str],
    namespace: str = NAMESPACE,
) -> pl.DataFrame:
    """Gives one row per payment, in the order of time, id, payer and payee.

    Args:
        links: from `handover`; each link of kind `payment` holds its payments as lists.
        members: table NETWORK_MEMBERS.
        folder: the run folder, for the cases' evidence.csv.
        network_ids: the networks handed over.
        namespace: part of every key.

    Returns:
        key, tx_id, source, target, source_key, target_key (members), time (UTC), amount (euro cents),
        networks (list), weight, payer_account and payee_account (missing where a member has several
        accounts and no evidence row tells which), purpose (text of the payment, where the run folder has it).

    Notes:
        Texts come as evidence.csv has them: formulas defused, hidden characters shown. Two movements with
        the same id tell nothing, since it cannot be known which of them is meant.
    """
    lists = ["tx_ids", "times", "amounts_eur"]
    paid = links.filter(pl.col("kind") == "payment")
    ends = ["source", "target", "source_key", "target_key"]
    each = paid.select(*ends, "networks", "weight", *lists).explode(lists)
    each = each.rename({"tx_ids": "tx_id", "times": "time", "amounts_eur": "amount"})
    each = each.sort("time", "tx_id", "source", "target", "amount")
    # The same id twice on one link is two payments.
    again = pl.int_range(pl.len()).over("tx_id", "source", "target")
    parts = each.select("tx_id", "source", "target", again.cast(pl.String)).rows()
    keys = [key("payment", *(part or "" for part in row), namespace=namespace) for row in parts]
    each = each.with_columns(pl.Series("key", keys, dtype=pl.String))
    told = _told(folder, network_ids)
    shown = neutralised(each.select(_tx="tx_id"))["_tx"]
    each = each.with_columns(shown).join(told, on="_tx", how="left", maintain_order="left")
    for end, name in (("source", "payer_account"), ("target", "payee_account")):
        each = _with_account(each, members, end, name)
    return each.drop("_tx")


def _told(folder: RunFolder, network_ids: Sequence[str]) -> pl.DataFrame:
    """What evidence.csv tells per movement id: _tx, payer_account, payee_account, purpose."""
    frames = []
    for name in network_ids:
        file = unchanged(folder, f"cases/{name}/evidence.csv")
        if file is not None:
            rows = pl.read_csv(file, infer_schema=False)
            missing = [pl.lit(None, dtype=pl.String).alias(c) for c in _TOLD if c not in rows.columns]
            frames.append(rows.with_columns(missing).select(_TOLD))
    empty = pl.DataFrame(schema=dict.fromkeys(_TOLD, pl.String))
    rows = pl.concat([empty, *frames]).unique().unique("tx_id", keep="none")
    debit = pl.col("direction") == "debit"
    other = pl.coalesce("cp_account_id", "cp_iban")
    return rows.select(
        pl.col("tx_id").alias("_tx"),
        pl.when(debit).then("account_id").otherwise(other).alias("payer_account"),
        pl.when(debit).then(other).otherwise("account_id").alias("payee_account"),
        pl.col("remittance_info").alias("purpose"),
    )


def _with_account(payments: pl.DataFrame, members: pl.DataFrame, end: str, name: str) -> pl.DataFrame:
    """Replaces what the evidence shows by the member's own account: its only one, or the one shown."""
    owned = members.select(member_id="member_id", account="accounts").explode("account").drop_nulls().unique()
    only = owned.unique("member_id", keep="none").select(pl.col("member_id").alias(end), only="account")
    shown = neutralised(owned.select(pl.col("account").alias(name)))[name]
    exact = owned.rename({"member_id": end, "account": "exact"}).with_columns(shown)
    exact = exact.unique([end, name], keep="none")
    joined = payments.join(only, on=end, how="left", maintain_order="left")
    joined = joined.join(exact, on=[end, name], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("only", "exact").alias(name)).drop("only", "exact")

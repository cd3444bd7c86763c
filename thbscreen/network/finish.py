"""What is known of networks only after they exist: their account codes and the hits of rules over them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.engine import tables


def account_networks(members: pl.DataFrame, accounts: pl.Series) -> tuple[npt.NDArray[np.int64], pl.Series]:
    """Gives the network code of every account and the network ids by code.

    Args:
        members: `tables.NETWORK_MEMBERS`; clients, employers and connectors count as members.
        accounts: account ids by account code.

    Returns:
        Codes by account code, -1 outside every network; ids in text order.
    """
    ids = members["network_id"].unique().sort()
    pairs = (
        members.select("network_id", pl.col("accounts").alias("account_id"))
        .explode("account_id")
        .drop_nulls()
    )
    pairs = pairs.sort("account_id", "network_id").unique("account_id", keep="first", maintain_order=True)
    known = pl.DataFrame({"account_id": accounts}).join(
        pairs, on="account_id", how="left", maintain_order="left"
    )
    if len(ids) == 0:
        return np.full(len(accounts), -1, np.int64), ids
    codes = known["network_id"].cast(pl.Enum(ids)).to_physical().cast(pl.Int64).fill_null(-1)
    return codes.to_numpy(), ids


def with_network_hits(networks: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
    """Adds the hits of rules over networks to the networks they are about.

    A rule's weight is added to the score once; ranks keep their order by the same keys.

    Args:
        networks: `tables.NETWORKS`.
        hits: `tables.HITS`; only rows with subject_kind network are used.
    """
    mine = hits.filter((pl.col("subject_kind") == "network") & (pl.col("weight") > 0))
    if mine.height == 0 or networks.height == 0:
        return networks
    once = mine.sort("rule", "hit_id").unique(["subject_id", "rule"], keep="first", maintain_order=True)
    added = (
        mine.group_by("subject_id")
        .agg(
            pl.col("rule").unique().sort().alias("_rules"),
            pl.col("hit_id").unique().sort().alias("_hits"),
            pl.col("tx_ids").explode().unique().sort().alias("_tx"),
        )
        .join(once.group_by("subject_id").agg(pl.col("weight").sum().alias("_weight")), on="subject_id")
    )
    out = networks.join(added, left_on="network_id", right_on="subject_id", how="left").with_columns(
        (pl.col("score") + pl.col("_weight").fill_null(0)).alias("score"),
        *(
            pl.when(pl.col(extra).is_not_null())
            .then(pl.concat_list(name, extra).list.unique().list.sort())
            .otherwise(pl.col(name))
            .alias(name)
            for name, extra in (("rules", "_rules"), ("hit_ids", "_hits"), ("tx_ids", "_tx"))
        ),
    )
    return tables.NETWORKS.conform(out)

"""Customers joined by shared details: one cluster per connected group of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.where import whole_number
from thbscreen.model.components import components

if TYPE_CHECKING:
    from thbscreen.compile.view import Context
    from thbscreen.rules import ast

I64 = npt.NDArray[np.int64]


def cluster_codes(context: Context, item: ast.Cluster) -> I64:
    """Gives each account the party code of its holder's cluster (the smallest code), -1 without a holder.

    Customers are the primary holders of accounts. The last entry, for no account, is -1.
    """
    codes = context.dimension_codes.get("party_id")
    if codes is None:
        return np.full(context.dimensions.height, -1, np.int64)
    limit = whole_number(item.at_most)
    left, right = [], []
    for field in item.fields:
        if field not in context.dimensions.columns:
            continue
        table = (
            pl.DataFrame({"v": context.dimensions[field].cast(pl.String), "p": codes})
            .filter(pl.col("p") >= 0)
            .drop_nulls()
            .unique()
            .with_columns(pl.col("p").min().over("v").alias("first"), pl.len().over("v").alias("n"))
            .filter(pl.col("n").is_between(2, limit))
        )
        left.append(table["first"].to_numpy().astype(np.int64))
        right.append(table["p"].to_numpy().astype(np.int64))
    none = np.zeros(0, np.int64)
    labels = components(
        int(codes.max(initial=-1)) + 1, np.concatenate([none, *left]), np.concatenate([none, *right])
    )
    return np.append(labels, -1)[codes]

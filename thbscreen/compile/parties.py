"""Aggregates over the customer table: attributes that several customers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from thbscreen.compile.pack import condition_expr, domain
from thbscreen.model import catalogue

if TYPE_CHECKING:
    from thbscreen.compile.view import Context
    from thbscreen.rules import ast

_KINDS = {f.name: f.kind for f in catalogue.PARTIES}


def party_rows(
    parties: pl.DataFrame, rule: ast.Rule, detect: ast.Aggregate, context: Context
) -> pl.DataFrame:
    """Gives the customers that pass, in the same form as rows of transactions, without times.

    Columns that the table lacks count as missing. Order: by party_id, so that nothing depends on the file.
    """
    table = parties.unique("party_id", keep="first", maintain_order=True).sort("party_id")
    table = table.with_columns(
        [pl.lit(None, dtype=pl.String).alias(n) for n in _KINDS if n not in table.columns]
    )
    lists = context.compiled.lists
    for condition in detect.where.conditions:
        table = table.filter(condition_expr(condition, lists))
    columns: dict[str, pl.Series] = {}
    for i, key in enumerate(detect.for_each):
        columns[f"k{i}"] = _codes(table, key, context)
    columns["_t"] = pl.Series([0] * table.height, dtype=pl.Int64)
    columns["_period"] = columns["_t"]
    for measure in detect.measures:
        if measure.kind == "formula":
            continue
        counts = table.select(
            pl.all_horizontal(
                [condition_expr(c, lists) for c in measure.where.conditions] or [pl.lit(value=True)]
            ).alias("n")
        )["n"]
        counts = counts.new_from_index(0, table.height) if len(counts) == 1 != table.height else counts
        if measure.kind == "count":
            columns[f"v:{measure.name}"] = counts.cast(pl.Int64)
        elif measure.kind == "distinct":
            codes = _codes(table, measure.field or "", context)
            columns[f"v:{measure.name}"] = codes
            counts = counts & (codes >= 0)
        else:
            values = table[measure.field or ""].cast(pl.Int64, strict=False)
            columns[f"v:{measure.name}"] = values.fill_null(0)
            counts = counts & values.is_not_null()
        columns[f"n:{measure.name}"] = counts
    for i, (path, _) in enumerate(rule.roles):
        columns[f"r{i}"] = _codes(table, path, context)
    rows = pl.DataFrame(columns)
    return rows.filter(pl.col("k0") >= 0)


def _codes(table: pl.DataFrame, field: str, context: Context) -> pl.Series:
    """Codes of a customer field; ids share the run's dictionary, attributes get one of their own."""
    path = field if field == "party_id" else f"party.{field}"
    dictionary = party_dictionary(table, field, context)
    values = table[field].cast(pl.String)
    known = values.is_in(dictionary.implode())
    coded = pl.select(pl.when(known).then(values).otherwise(None).alias(path))[path]
    return (
        coded.cast(pl.Enum(dictionary)).to_physical().cast(pl.Int64).fill_null(-1)
        if len(dictionary)
        else pl.Series(path, np.full(table.height, -1), dtype=pl.Int64)
    )


def party_dictionary(table: pl.DataFrame, field: str, context: Context) -> pl.Series:
    """Gives the strings behind the codes of a customer field."""
    path = field if field == "party_id" else f"party.{field}"
    base = context.dictionaries.get(domain(path), pl.Series(dtype=pl.String))
    values = table[field].cast(pl.String) if field in table.columns else pl.Series(dtype=pl.String)
    extra = values.drop_nulls().filter(~values.drop_nulls().is_in(base.implode())).unique().sort()
    return pl.concat([base.rename("v"), extra.rename("v")])

"""Aggregates over the customer table: attributes that several customers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.pack import domain
from thbscreen.compile.rational import Column, any_of, compare, evaluate, whole
from thbscreen.compile.text import with_words
from thbscreen.compile.where import dtype_of, is_time, leaf, with_clock
from thbscreen.model import catalogue
from thbscreen.rules import ast
from thbscreen.rules.needs import names_in

if TYPE_CHECKING:
    from thbscreen.compile.view import Context

_KINDS = {f.name: f.kind for f in catalogue.PARTIES}


def party_rows(
    parties: pl.DataFrame, rule: ast.Rule, detect: ast.Aggregate, context: Context
) -> pl.DataFrame:
    """Gives the customers that pass, in the same form as rows of transactions, without times.

    Columns that the table lacks count as missing. Order: by party_id, so that nothing depends on the file.
    """
    table = parties.unique("party_id", keep="first", maintain_order=True).sort("party_id")
    table = table.with_columns(
        [pl.lit(None, dtype=dtype_of(kind)).alias(n) for n, kind in _KINDS.items() if n not in table.columns]
    )
    # codes come before the filter: the hits are decoded with the dictionary of the whole table
    keep = _passes(table, detect.where, context)
    columns: dict[str, pl.Series] = {}
    for i, key in enumerate(detect.for_each):
        columns[f"k{i}"] = _codes(table, key, context)
    columns["_t"] = pl.Series([0] * table.height, dtype=pl.Int64)
    columns["_period"] = columns["_t"]
    for measure in detect.measures:
        if measure.kind == "formula":
            continue
        counts = _passes(table, measure.where, context)
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
    return pl.DataFrame(columns).filter(keep & (columns["k0"] >= 0))


def _passes(table: pl.DataFrame, where: ast.Where, context: Context) -> pl.Series:
    """Tells per customer whether all conditions hold."""
    lists = context.compiled.lists
    out = np.ones(table.height, np.bool_)
    for condition in where.conditions:
        match condition:
            case ast.AnyOf() | ast.NoneOf():
                found = any_of([_passes(table, w, context).to_numpy() for w in condition.wheres])
                out &= found if isinstance(condition, ast.AnyOf) else ~found
            case ast.Compare():
                out &= _compared(table, condition, context)
            case ast.Test():
                one = with_clock(table.select(condition.field), condition.field, context.clock)
                expr = leaf(condition, lists, money=_KINDS[condition.field] == "money")
                out &= with_words(one, condition, lists).select(expr.alias("x"))["x"].to_numpy()
    return pl.Series("n", out, dtype=pl.Boolean)


def _compared(table: pl.DataFrame, line: ast.Compare, context: Context) -> npt.NDArray[np.bool_]:
    """Judges a comparison over fields of a customer; a time against a date counts as its local day."""
    if line.left.unit is ast.Unit.TEXT:
        left, right = (pl.col(next(names_in(side))).cast(pl.String) for side in (line.left, line.right))
        equal = left == right if line.op == "==" else left != right
        return table.select(equal.fill_null(value=False).alias("x"))["x"].to_numpy()
    dated = ast.Unit.DATE in {line.left.unit, line.right.unit}
    names: dict[str, Column] = {}
    for name in (*names_in(line.left), *names_in(line.right)):
        values = table[name].to_physical().cast(pl.Int64, strict=False)
        number = values.fill_null(0).to_numpy()
        if dated and is_time(name):
            number = context.clock.day(number)
        names[name] = whole(number, values.is_not_null().to_numpy())
    left_side, right_side = (evaluate(side, names, table.height) for side in (line.left, line.right))
    return compare(left_side, line.op, right_side)


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

"""Facts of accounts and customers, and tests on them: asked once in a run, as all buckets share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.pack import is_money
from thbscreen.compile.rational import Column, whole
from thbscreen.compile.text import answered, with_words
from thbscreen.compile.where import dtype_of, leaf, with_clock
from thbscreen.model import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from thbscreen.compile.view import Context
    from thbscreen.rules import ast

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
_FIELDS = catalogue.rule_fields()
T = TypeVar("T")


def _kept(context: Context, key: object, make: Callable[[], T]) -> T:
    """Answers from the run's memory; two buckets that ask at once find the same."""
    if key not in context.shared:
        context.shared[key] = make()
    found: T = context.shared[key]
    return found


def days(context: Context, path: str) -> tuple[I64, Bool]:
    """Gives a date of customers or accounts as days since 1970-01-01, and where there is one."""

    def make() -> tuple[I64, Bool]:
        values = context.dimensions[path].cast(pl.Date, strict=False)
        number = values.to_physical().cast(pl.Int64).fill_null(0).to_numpy()
        return number, values.is_not_null().to_numpy()

    return _kept(context, ("dimension days", path), make)


def numbers(context: Context, path: str) -> Column:
    """Gives a number of customers or accounts."""

    def make() -> Column:
        values = context.dimensions[path].cast(pl.Int64, strict=False)
        return whole(values.fill_null(0).to_numpy(), values.is_not_null().to_numpy())

    return _kept(context, ("dimension numbers", path), make)


def answers_by_account(context: Context, test: ast.Test) -> Bool:
    """Gives the answer of a test on a customer's fact for every account code."""

    def make() -> Bool:
        path = test.field
        inner = "party." + path[3:] if path.startswith("cp.") else path
        dims = context.dimensions
        known = _FIELDS[path].field
        absent = pl.Series(inner, [None] * dims.height, dtype=dtype_of(known.kind))
        values = dims[inner] if inner in dims.columns else absent
        if known.kind in {"text", "enum"}:
            values = values.cast(pl.String)
        table = with_clock(values.alias(path).to_frame(), path, context.clock)
        return _answered(context, table, test, money=is_money(path))

    return _kept(context, test, make)


def answers_by_text(context: Context, test: ast.Test, texts: pl.Series, which: object) -> Bool:
    """Gives the answer of a test for every code of a dictionary; the last one is for no text.

    Args:
        context: of the run.
        test: on one field.
        texts: text of each code.
        which: keeps apart the dictionaries of derived columns of equal name.
    """

    def make() -> Bool:
        strings = texts.rename(test.field)
        table = pl.concat([strings, pl.Series(test.field, [None], dtype=pl.String)]).to_frame()
        return _answered(context, table, test, money=False)

    return _kept(context, ("by text", test, which), make)


def _answered(context: Context, table: pl.DataFrame, test: ast.Test, *, money: bool) -> Bool:
    lists = context.compiled.lists
    return answered(with_words(table, test, lists), leaf(test, lists, money=money))

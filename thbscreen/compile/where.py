"""Tests on fields as polars expressions with the meaning of law L3.

A missing value fails every positive test and passes every negative one; only `missing` asks for it.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.diagnostics import Span
from thbscreen.model import catalogue
from thbscreen.rules import ast, bundle
from thbscreen.rules.literals import minutes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thbscreen.model.clock import Clock

#: Column of naive local time that time-of-day and weekday tests read.
LOCAL = "@local"
_TIMES = frozenset(f.name for fields in catalogue.TABLES.values() for f in fields if f.kind == "time")
_TYPES: dict[str, pl.DataType] = {
    "money": pl.Int64(), "whole": pl.Int64(), "date": pl.Date(), "flag": pl.Boolean(), "share": pl.Float64(),
    "time": pl.Datetime("us", "UTC"),
}  # fmt: skip


def is_time(path: str) -> bool:
    """Tells whether a field, or the field of a matched row, is a time."""
    return path.rpartition(".")[2] in _TIMES


def dtype_of(kind: str) -> pl.DataType:
    """Gives the type of a canonical column, so that an absent one is missing in its own type."""
    return _TYPES.get(kind, pl.String())


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NEGATIVE = {"is_not": "is", "not_in": "in", "not_in_list": "in_list"}


def with_clock(table: pl.DataFrame, path: str, local: Clock) -> pl.DataFrame:
    """Adds the wall clock of a time column, for tests on the time of day, the weekday or the day."""
    if not is_time(path):
        return table
    values = table[path]
    wall = pl.Series(LOCAL, local.local(values.to_physical().fill_null(0).to_numpy())).cast(pl.Datetime("us"))
    return table.with_columns(pl.when(values.is_not_null()).then(wall).otherwise(None).alias(LOCAL))


def words_of(test: ast.Test, lists: Mapping[str, bundle.WordList]) -> bundle.WordList | None:
    """Gives the words that a test looks for; the words of an inline `mentions` as a list of their own."""
    if test.op == "mentions" and isinstance(test.operand, tuple):
        name = inline_list_name(test.operand)  # type: ignore[arg-type]
        entries = tuple(("any", str(o.payload)) for o in test.operand if isinstance(o, ast.Value))
        return bundle.WordList(name, name, "words", entries, (), (), "", (), name, Span("", 1, 1, 1))
    if test.op in {"in_list", "not_in_list", "mentions_list"}:
        found = lists[str(test.operand)]
        return found if found.kind in {"words", "hashed"} else None
    return None


def constant(expr: ast.Expr) -> ast.Value:
    """Works out an expression of literals, such as 80% * 10000 EUR.

    Raises:
        TypeError: when a parameter or a name is left in it.
    """
    match expr:
        case ast.Value():
            return expr
        case ast.BinOp():
            left, right = constant(expr.left), constant(expr.right)
            a, b = as_fraction(left), as_fraction(right)
            result = {"+": a + b, "-": a - b, "*": a * b}.get(expr.op)
            if result is None:
                result = a / b
            payload: int | Decimal = (
                int(result)
                if result.denominator == 1
                else Decimal(result.numerator) / Decimal(result.denominator)
            )
            return ast.Value(expr.unit, payload)
        case _:
            msg = f"'{expr.name}' is not a literal"
            raise TypeError(msg)


def length_of(expr: ast.Expr) -> ast.Length:
    """Gives a resolved length."""
    payload = constant(expr).payload
    if not isinstance(payload, ast.Length):
        msg = "a length such as 48 hours is needed"
        raise TypeError(msg)
    return payload


def whole_number(expr: ast.Expr) -> int:
    """Gives a resolved count, such as the 6 of `6 windows`; parts of one are rounded up."""
    return math.ceil(as_fraction(constant(expr)))


def as_fraction(value: ast.Value) -> Fraction:
    """Gives a literal as an exact number: money in cents, lengths in minutes."""
    payload = value.payload
    if isinstance(payload, ast.Length):
        return Fraction(minutes(payload))
    if isinstance(payload, bool) or not isinstance(payload, int | Decimal):
        msg = f"a {value.unit} is not a number"
        raise TypeError(msg)
    return Fraction(payload)


def text_key(field: str, list_name: str) -> str:
    """Names the membership column of a text field and a word list."""
    return f"@{field}~{list_name}"


def inline_list_name(words: tuple[ast.Expr, ...]) -> str:
    """Names the anonymous list of an inline `mentions` test by its words."""
    joined = "\0".join(str(constant(w).payload) for w in words)
    return "inline." + blake2b(joined.encode(), digest_size=6).hexdigest()


def expand_codes(entries: tuple[tuple[str, str], ...]) -> list[str]:
    """Lists the values of a code list; `3000-3299` stands for every number between, both ends included."""
    out: list[str] = []
    for _, entry in entries:
        low, dash, high = entry.partition("-")
        if dash and low.isdigit() and high.isdigit() and len(low) == len(high):
            out.extend(str(n).zfill(len(low)) for n in range(int(low), int(high) + 1))
        else:
            out.append(entry)
    return sorted(set(out))


def leaf(test: ast.Test, lists: Mapping[str, bundle.WordList], *, money: bool) -> pl.Expr:
    """Builds the expression of one test over a frame that has the field as a column.

    Args:
        test: resolved; `hit_by` is not a row test and is refused.
        lists: by name.
        money: the field holds cents, so plain numbers in the rule are euros.

    Returns:
        A Boolean expression without missing values.
    """
    if test.op == "missing":
        column = pl.col(test.field)
        return column.is_null() if test.operand is True else column.is_not_null()
    if test.op in _NEGATIVE:
        positive = ast.Test(test.field, _NEGATIVE[test.op], test.operand)  # type: ignore[arg-type]
        return ~leaf(positive, lists, money=money)
    return _positive(test, lists, money=money).fill_null(value=False)


def _positive(test: ast.Test, lists: Mapping[str, bundle.WordList], *, money: bool) -> pl.Expr:
    column, operand = pl.col(test.field), test.operand
    match test.op:
        case "is":
            return _equals(column, constant(operand), money=money)  # type: ignore[arg-type]
        case "in":
            each = [_equals(column, constant(o), money=money) for o in operand]  # type: ignore[union-attr,arg-type]
            return pl.any_horizontal(each).fill_null(value=False)
        case "in_list" | "mentions_list":
            found = lists[str(operand)]
            if found.kind in {"words", "hashed"}:
                return pl.col(text_key(test.field, found.name))
            entries = found.entries  # only codes have ranges; `10-20` in a list of values is that value
            return column.is_in(expand_codes(entries) if found.kind == "codes" else [e for _, e in entries])
        case "mentions":
            return pl.col(text_key(test.field, inline_list_name(operand)))  # type: ignore[arg-type]
        case "time_of_day":
            return _time_of_day(constant(operand))  # type: ignore[arg-type]
        case "weekday":
            wanted = [_DAYS.index(str(constant(o).payload)[:3].lower()) + 1 for o in operand]  # type: ignore[union-attr,arg-type]
            return pl.col(LOCAL).dt.weekday().is_in(wanted)
        case "at_least" | "at_most" | "above" | "below" | "multiple_of":
            return _bound(test, column, constant(operand), money=money)  # type: ignore[arg-type]
        case _:
            msg = f"'{test.op}' is not a row test"
            raise TypeError(msg)


def number_bounds(
    test: ast.Test, values: npt.NDArray[np.int64], known: npt.NDArray[np.bool_], *, money: bool
) -> npt.NDArray[np.bool_] | None:
    """Answers a test against one bound on whole numbers straight away; None for every other test.

    Means the same as `leaf` over the same numbers (a missing value fails), without a frame in between.
    """
    if test.op not in {"at_least", "at_most", "above", "below"} or isinstance(
        test.operand, str | tuple | bool
    ):
        return None
    value = constant(test.operand)
    if value.unit not in {ast.Unit.MONEY, ast.Unit.NUMBER, ast.Unit.SHARE}:
        return None
    number = _scaled(value, money=money)
    low, high = math.floor(number), math.ceil(number)
    holds: npt.NDArray[np.bool_] = {
        "at_least": lambda: values >= high,
        "at_most": lambda: values <= low,
        "above": lambda: values > low,
        "below": lambda: values < high,
    }[test.op]()
    return holds & known


def _scaled(value: ast.Value, *, money: bool) -> Fraction:
    fraction = as_fraction(value)
    return fraction * 100 if money and value.unit is ast.Unit.NUMBER else fraction


def _equals(column: pl.Expr, value: ast.Value, *, money: bool) -> pl.Expr:
    if isinstance(value.payload, bool):
        return column == value.payload
    if value.unit is ast.Unit.DATE:
        return column == dt.date.fromisoformat(str(value.payload))
    if isinstance(value.payload, str):
        return column == value.payload
    number = _scaled(value, money=money)
    return column == int(number) if number.denominator == 1 else pl.lit(value=False)


def _bound(test: ast.Test, column: pl.Expr, value: ast.Value, *, money: bool) -> pl.Expr:
    if value.unit is ast.Unit.DATE:
        day = pl.lit(dt.date.fromisoformat(str(value.payload)))
        subject = pl.col(LOCAL).dt.date() if is_time(test.field) else column
        return {"at_least": subject >= day, "at_most": subject <= day, "above": subject > day}.get(
            test.op, subject < day
        )
    number = _scaled(value, money=money)
    low, high = math.floor(number), math.ceil(number)
    match test.op:
        case "at_least":
            return column >= high
        case "at_most":
            return column <= low
        case "above":
            return column > low
        case "below":
            return column < high
        case _:
            return column % low == 0


def _time_of_day(value: ast.Value) -> pl.Expr:
    span = value.payload
    if not isinstance(span, ast.TimeRange):
        msg = "time_of_day needs a range such as 22:00-06:00"
        raise TypeError(msg)
    local = pl.col(LOCAL)
    minute = local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute().cast(pl.Int32)
    if span.start <= span.end:
        return (minute >= span.start) & (minute < span.end)
    return (minute >= span.start) | (minute < span.end)

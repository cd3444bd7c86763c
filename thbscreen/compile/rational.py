"""Exact arithmetic on columns: whole numerators over whole denominators, with a mask of known values.

Shares are compared by cross multiplication, so no rounding decides a hit. Where a product could
leave 64 bits, that one comparison falls back to floating point; amounts are bounded at the border
so that this needs windows of astronomical sums.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from thbscreen.rules import ast
from thbscreen.rules.literals import minutes

_LIMIT = 2.0**62
_SMALL = 2**40
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """A column of exact numbers.

    Attributes:
        num: numerators; money is cents.
        den: denominators, positive where known.
        known: False where the value is missing or undefined (division by zero, law L4).

    Denominators that are all equal are one number that numpy repeats without memory (see `_repeated`): sums
    of cents are neither multiplied by ones nor divided by them.
    """

    num: npt.NDArray[np.int64]
    den: npt.NDArray[np.int64]
    known: Bool

    def floats(self) -> npt.NDArray[np.float64]:
        """Gives the values for display and ordering; missing ones are NaN."""
        out = np.full(len(self.num), np.nan)
        if self.is_whole():
            np.copyto(out, self.num, where=self.known)
        else:
            np.divide(self.num, self.den, out=out, where=self.known)
        return out

    def is_whole(self) -> bool:
        """Tells whether every known value is a whole number that stands there as such."""
        shared = _one_number(self.den)
        return shared == 1 if shared is not None else bool(np.all(self.den[self.known] == 1))

    def take(self, rows: npt.NDArray[np.int64]) -> Column:
        """Gives the values at some rows."""
        return self.at(rows)

    def at(self, rows: npt.NDArray[np.int64] | slice) -> Column:
        """Gives the values at some rows, or a part of all."""
        num = self.num[rows]
        shared = _one_number(self.den)
        den = self.den[rows] if shared is None else _repeated(shared, len(num))
        return Column(num, den, self.known[rows])


def _repeated(number: int, n: int) -> npt.NDArray[np.int64]:
    """Gives a number n times without keeping it n times; nothing may be written into it."""
    return np.broadcast_to(np.int64(number), (n,))


def _one_number(den: npt.NDArray[np.int64]) -> int | None:
    """Gives the number that `_repeated` repeats; None for an array of its own."""
    return int(den[0]) if len(den) and den.strides == (0,) else None


def _times(values: npt.NDArray[np.int64], by: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Multiplies; by one number at once, by one not at all."""
    shared, own = _one_number(by), _one_number(values)
    if shared is not None and own is not None and abs(shared * own) < 2**63:
        return _repeated(shared * own, len(values))
    if shared == 1:
        return values
    return values * by


def _largest(values: npt.NDArray[np.int64]) -> int:
    """Gives the largest absolute value, 0 of none."""
    shared = _one_number(values)
    if shared is not None:
        return abs(shared)
    return max(int(values.max(initial=0)), -int(values.min(initial=0)))


def whole(values: npt.NDArray[np.int64], known: Bool | None = None) -> Column:
    """Wraps whole numbers."""
    n = len(values)
    return Column(
        values.astype(np.int64, copy=False), _repeated(1, n), np.ones(n, np.bool_) if known is None else known
    )


def constant(value: ast.Value, n: int) -> Column:
    """Gives a literal n times: money in cents, lengths in minutes, dates in days, the rest as fractions."""
    payload = value.payload
    if isinstance(payload, ast.Length):
        payload = minutes(payload)
    if value.unit is ast.Unit.DATE:
        payload = (dt.date.fromisoformat(str(payload)) - dt.date(1970, 1, 1)).days
    if isinstance(payload, bool) or not isinstance(payload, int | Decimal):
        msg = f"a {value.unit} cannot be calculated with"
        raise TypeError(msg)
    fraction = Fraction(payload)
    return Column(
        _repeated(fraction.numerator, n),
        _repeated(fraction.denominator, n),
        np.ones(n, np.bool_),
    )


def _fits(*products: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]) -> bool:
    return all(float(_largest(a)) * float(_largest(b)) < _LIMIT / 2 for a, b in products)


def _reduced(column: Column) -> Column:
    shared = np.gcd(column.num, column.den)
    shared = np.where(shared == 0, 1, shared)
    return Column(column.num // shared, column.den // shared, column.known)


def _kept_small(column: Column) -> Column:
    """Reduces fractions only when they grow: dividing is dearer than multiplying."""
    if _one_number(column.den) == 1:
        return column
    large = max(_largest(column.num), _largest(column.den)) > _SMALL
    return _reduced(column) if large else column


def _apply(op: str, a: Column, b: Column) -> Column:
    known = a.known & b.known
    if op == "/":
        known = known & (b.num != 0)
        sign = np.where(b.num < 0, -1, 1)
        b = Column(b.den * sign, np.where(b.num == 0, 1, np.abs(b.num)), known)
        op = "*"
    if op == "*":
        if not _fits((a.num, b.num), (a.den, b.den)):
            a, b = _reduced(a), _reduced(b)
        return _kept_small(Column(_times(a.num, b.num), _times(a.den, b.den), known))
    shared = _one_number(a.den), _one_number(b.den)
    if shared[0] == shared[1] if None not in shared else bool(np.all(a.den == b.den)):
        num = a.num + b.num if op == "+" else a.num - b.num
        return Column(num, a.den, known)
    if not _fits((a.num, b.den), (b.num, a.den), (a.den, b.den)):
        a, b = _reduced(a), _reduced(b)
    left, right = _times(a.num, b.den), _times(b.num, a.den)
    return _kept_small(Column(left + right if op == "+" else left - right, _times(a.den, b.den), known))


def evaluate(expr: ast.Expr, names: Mapping[str, Column], n: int) -> Column:
    """Computes an expression over named columns; parameters must have been resolved.

    Raises:
        TypeError: when a parameter is left over or a literal has no number (the binder prevents both).
    """
    match expr:
        case ast.Value():
            return constant(expr, n)
        case ast.Name():
            return names[expr.name]
        case ast.BinOp():
            return _apply(expr.op, evaluate(expr.left, names, n), evaluate(expr.right, names, n))
        case _:
            msg = f"unresolved parameter '{expr.name}'"
            raise TypeError(msg)


_COMPARE: dict[str, Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], Bool]] = {
    ">=": np.greater_equal,
    "<=": np.less_equal,
    ">": np.greater,
    "<": np.less,
    "==": np.equal,
    "!=": np.not_equal,
}


def any_of(flags: list[Bool]) -> Bool:
    """Tells per row whether any of several equally long flags holds."""
    out: Bool = np.logical_or.reduce(flags)
    return out


def compare(left: Column, op: str, right: Column) -> Bool:
    """Compares exactly; False where either side is unknown (law L4)."""
    known = left.known & right.known
    if _fits((left.num, right.den), (right.num, left.den)):
        holds = _COMPARE[op](_times(left.num, right.den), _times(right.num, left.den))  # type: ignore[arg-type]
    else:
        with np.errstate(invalid="ignore"):
            holds = _COMPARE[op](left.floats(), right.floats())
    return known & holds

"""Exact column arithmetic agrees with fractions, up to amounts that need more than 64 bits."""

from __future__ import annotations

import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.compile import rational
from thbscreen.rules import ast

N = ast.Unit.NUMBER
VALUES = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), st.integers(1, 10**4), st.booleans()), min_size=1, max_size=8
)
OPS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}


def _column(rows):
    return rational.Column(
        np.array([r[0] for r in rows], np.int64),
        np.array([r[1] for r in rows], np.int64),
        np.array([r[2] for r in rows], np.bool_),
    )


def _plain(rows):
    return [Fraction(n, d) if known else None for n, d, known in rows]


@given(VALUES, VALUES, st.sampled_from(sorted(OPS)))
def test_arithmetic_equals_fractions_and_unknown_stays_unknown(left, right, op):
    n = min(len(left), len(right))
    left, right = left[:n], right[:n]
    names = {"a": _column(left), "b": _column(right)}
    out = rational.evaluate(ast.BinOp(op, ast.Name("a", N), ast.Name("b", N), N), names, n)
    for i, (a, b) in enumerate(zip(_plain(left), _plain(right), strict=True)):
        unknown = a is None or b is None or (op == "/" and b == 0)
        assert out.known[i] != unknown
        if not unknown:
            assert Fraction(int(out.num[i]), int(out.den[i])) == OPS[op](a, b)
            assert out.den[i] > 0


@given(VALUES, VALUES, st.sampled_from(sorted(COMPARE)))
def test_comparisons_equal_fractions_and_unknown_never_holds(left, right, op):
    n = min(len(left), len(right))
    found = rational.compare(_column(left[:n]), op, _column(right[:n]))
    for i, (a, b) in enumerate(zip(_plain(left[:n]), _plain(right[:n]), strict=True)):
        assert found[i] == (a is not None and b is not None and COMPARE[op](a, b))


def test_a_share_exactly_at_the_threshold_holds_where_floats_would_miss_it():
    third = rational.Column(np.array([1]), np.array([3]), np.array([True]))
    tenth = rational.constant(ast.Value(ast.Unit.SHARE, Decimal("0.1")), 1)
    names = {"a": third, "b": tenth}
    product = rational.evaluate(ast.BinOp("*", ast.Name("a", N), ast.Name("b", N), N), names, 1)
    thirtieth = rational.Column(np.array([1]), np.array([30]), np.array([True]))
    assert rational.compare(product, ">=", thirtieth).tolist() == [True]


def test_products_beyond_64_bits_are_still_compared():
    big = rational.Column(np.array([2**61]), np.array([1]), np.array([True]))
    fine = rational.Column(np.array([2**61 - 2**50]), np.array([3]), np.array([True]))
    assert rational.compare(big, ">", fine).tolist() == [True]


def test_a_left_over_parameter_is_refused():
    with pytest.raises(TypeError, match="unresolved"):
        rational.evaluate(ast.Param("x", N), {}, 1)

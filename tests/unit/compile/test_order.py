"""Order and distinct values equal what numpy's own slow ways give."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.compile import order
from thbscreen.compile.rational import Column, compare, evaluate, whole
from thbscreen.compile.star import match_cycles
from thbscreen.rules import ast

SPREAD = st.one_of(st.integers(0, 5), st.integers(0, 70_000), st.integers(0, 2**40))
NUMBERS = st.lists(SPREAD, max_size=40).map(lambda v: np.array(v, np.int64))
SIGNED = st.lists(st.integers(-(2**45), 2**45), max_size=40).map(lambda v: np.array(v, np.int64))


@given(SIGNED)
def test_distinct_values_are_those_of_a_set(values):
    assert order.distinct(values).tolist() == sorted(set(values.tolist()))


@given(NUMBERS)
def test_the_order_by_digits_is_the_stable_order(numbers):
    assert order.stable_order(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()


@given(st.one_of(SIGNED, NUMBERS))
def test_numbers_by_value_are_positions_among_the_different_values(values):
    different = sorted(set(values.tolist()))
    assert order.numbered_by_value(values).tolist() == [different.index(v) for v in values.tolist()]


@given(st.lists(st.lists(st.integers(0, 30), unique=True), min_size=1, max_size=4))
def test_rows_in_any_list_are_their_union(lists):
    found = order.rows_in_any([np.array(sorted(each), np.int64) for each in lists], 31)
    assert found.tolist() == sorted(set().union(*lists))


FRACTION = st.tuples(st.integers(-300, 300), st.integers(1, 4), st.booleans())


def _column(rows, *, shared):
    num, den, known = (np.array([r[i] for r in rows]) for i in range(3))
    if shared:
        return whole(num.astype(np.int64), known.astype(np.bool_))
    return Column(num.astype(np.int64), den.astype(np.int64), known.astype(np.bool_))


@given(
    st.lists(st.tuples(FRACTION, FRACTION), min_size=1, max_size=8), st.booleans(), st.booleans(),
    st.sampled_from("+-*/"), st.sampled_from([">=", "<", "==", "!="]), st.integers(-50, 50),
)  # fmt: skip
def test_arithmetic_without_denominators_equals_fractions(rows, left_whole, right_whole, op, sign, limit):
    left, right = (_column([r[i] for r in rows], shared=s) for i, s in ((0, left_whole), (1, right_whole)))
    first, second = (ast.Name(name, ast.Unit.NUMBER) for name in "ab")
    formula = ast.BinOp(op, first, second, ast.Unit.NUMBER)
    found = evaluate(formula, {"a": left, "b": right}, len(rows))
    told = compare(found, sign, evaluate(ast.Value(ast.Unit.NUMBER, limit), {}, len(rows)))
    for i, ((n, d, known), (m, e, also)) in enumerate(rows):
        a, b = Fraction(n, 1 if left_whole else d), Fraction(m, 1 if right_whole else e)
        told_both = known and also and not (op == "/" and b == 0)
        assert bool(found.known[i]) == told_both
        if told_both:
            exact = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else None}[op]
            assert Fraction(int(found.num[i]), int(found.den[i])) == exact
            assert found.floats()[i] == float(found.num[i]) / float(found.den[i])
            wanted = {">=": exact >= limit, "<": exact < limit, "==": exact == limit, "!=": exact != limit}
            assert bool(told[i]) == wanted[sign]
        else:
            assert not told[i]


def test_cycles_of_a_busy_account_take_time_in_step_with_its_rows():
    def seconds(n):
        began = time.process_time()
        legs = [np.arange(n), np.arange(n, 2 * n)]
        assert len(match_cycles(legs, np.arange(2 * n), np.zeros(2 * n, np.int64))) == n
        return time.process_time() - began

    seconds(1_000)
    small, large = min(seconds(4_000) for _ in range(3)), min(seconds(16_000) for _ in range(3))
    assert large < 10 * max(small, 0.01)  # four times the rows; a square would be sixteen times

"""First-in-first-out, matched earlier rows and cycles agree with plain loops."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import windows as slow
from tests.oracles.frames import view_of
from thbscreen.compile import derive
from thbscreen.compile.star import match_cycles
from thbscreen.rules import ast, bundle

HOUR = 3_600_000_000
LENGTH = ast.Value(ast.Unit.LENGTH, ast.Length(6, "hours"))
MOVES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 20), st.booleans(), st.integers(1, 9)), max_size=30
)


@given(MOVES)
def test_forwarded_cents_equal_a_queue(moves):
    rows = sorted(moves, key=lambda m: (m[0], m[1]))
    view = view_of(
        account=[r[0] for r in rows],
        hour=[r[1] for r in rows],
        credit=[r[2] for r in rows],
        cents=[r[3] for r in rows],
    )
    column = derive.forwarded(view, ast.ForwardedWithin("f", LENGTH))
    actual = [int(v) if k else None for v, k in zip(column.num, column.known, strict=True)]
    assert actual == slow.forwarded_within([(a, h * HOUR, c, v) for a, h, c, v in rows], 6 * HOUR)


def test_a_debit_before_any_credit_eats_the_opening_balance_only():
    view = view_of(account=[0, 0, 0], hour=[0, 1, 2], credit=[False, True, False], cents=[500, 300, 100])
    assert derive.forwarded(view, ast.ForwardedWithin("f", LENGTH)).num.tolist()[1] == 100


CODES = st.one_of(st.none(), st.integers(0, 2))
ANCHORS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20), st.booleans(), CODES, CODES), max_size=30)


@given(ANCHORS, st.booleans(), st.booleans())
def test_the_followed_row_equals_a_search_backwards(anchors, use_same, use_different):
    rows = sorted(anchors, key=lambda m: (m[0], m[1]))
    view = view_of(
        account=[r[0] for r in rows],
        hour=[r[1] for r in rows],
        credit=[r[2] for r in rows],
        cents=[1] * len(rows),
        terminal_id=[r[3] for r in rows],
        location_city=[r[4] for r in rows],
    )
    item = ast.Follows(
        "f",
        ast.Where((ast.Test("direction", "is", ast.Value(ast.Unit.TEXT, "credit")),)),
        LENGTH,
        ("terminal_id",) if use_same else (),
        ("location_city",) if use_different else (),
    )
    expected = slow.follows(
        [(a, h * HOUR, x, s if use_same else "any", d if use_different else "any") for a, h, x, s, d in rows],
        6 * HOUR,
    )
    assert derive.follows(view, item).tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), max_size=25), st.integers(1, 12))
def test_cycles_equal_the_greedy_loop(rows, within):
    rows = sorted(rows, key=lambda r: r[1])
    times = np.array([r[1] for r in rows], np.int64)
    legs = [[i for i, r in enumerate(rows) if r[0] == leg] for leg in range(3)]
    fast = match_cycles([np.array(x, np.int64) for x in legs], times, times - within)
    assert fast == slow.cycles(legs, times.tolist(), within)


@given(st.lists(st.tuples(st.integers(0, 2), CODES), max_size=25))
def test_the_most_common_value_is_counted_per_account_and_ties_go_to_text_order(rows):
    rows = sorted(rows, key=lambda r: r[0])
    view = view_of(
        account=[r[0] for r in rows], hour=[0] * len(rows), credit=[True] * len(rows), cents=[1] * len(rows),
        location_city=[r[1] for r in rows],
    )  # fmt: skip
    found = derive.most_common(view, ast.MostCommon("home", "location_city", ast.Where()))
    for i, (account, _) in enumerate(rows):
        values = [v for a, v in rows if a == account and v is not None]
        expected = min(set(values), key=lambda v: (-values.count(v), v)) if values else -1
        assert found[i] == expected


@pytest.mark.parametrize(
    ("day", "expected"), [("2023-12-31", None), ("2024-01-01", 100_000), ("2026-02-01", 108_800)]
)
def test_a_fact_is_the_one_in_force_on_the_local_day(day, expected):
    span = view_of.span
    values = (
        bundle.DatedValue(ast.Value(ast.Unit.MONEY, 100_000), "2024-01-01", "2025-12-31", "s", "high"),
        bundle.DatedValue(ast.Value(ast.Unit.MONEY, 108_800), "2026-01-01", None, "s", "high"),
    )
    hours = int((dt.date.fromisoformat(day) - dt.date(1970, 1, 1)).days * 24 + 1)
    view = view_of(account=[0], hour=[hours], credit=[True], cents=[1], facts=(("minimum_wage", values),))
    column = derive.fact(view, ast.Fact("due", "minimum_wage", ast.Unit.MONEY))
    assert (int(column.num[0]) if column.known[0] else None) == expected
    assert isinstance(view.frame, pl.DataFrame)
    assert span is not None

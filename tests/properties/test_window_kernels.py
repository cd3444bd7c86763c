"""Vectorized windows agree with loops on hostile tables: ties, one row, hot accounts, missing values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import windows as slow
from thbscreen.compile import windows as fast

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.one_of(st.none(), st.integers(-5, 5))), max_size=40
)


def _arrays(rows):
    rows = sorted(rows, key=lambda r: (r[0], r[1]))
    group = np.array([r[0] for r in rows], np.int64)
    time = np.array([r[1] for r in rows], np.int64)
    value = np.array([0 if r[2] is None else r[2] for r in rows], np.int64)
    counts = np.array([r[2] is not None for r in rows], np.bool_)
    return rows, group, time, value, counts


@given(ROWS, st.integers(1, 30), st.randoms())
@pytest.mark.parametrize("kind", ["count", "sum", "distinct", "largest", "smallest", "median"])
def test_rolling_measures_equal_a_loop(kind, rows, width, random):
    random.shuffle(rows)
    ordered, group, time, value, counts = _arrays(rows)
    frame = fast.rolling(group, time, time - width)
    held = slow.window_rows(ordered, [t - width for _, t, _ in ordered])
    for j in np.flatnonzero(frame.last):
        expected = slow.measure(kind, [ordered[i][2] for i in held[j] if ordered[i][2] is not None])
        actual = _fast(kind, frame, value, counts, int(j))
        assert actual == expected


def _fast(kind, frame, value, counts, j):
    match kind:
        case "count":
            return fast.window_count(frame, counts)[j]
        case "sum":
            return fast.window_sum(frame, np.where(counts, value, 0))[j]
        case "distinct":
            return fast.window_distinct(frame, value, counts)[j]
        case "median":
            twice, n = fast.window_median(frame, value, counts, np.flatnonzero(frame.last))
            return twice[j] / 2 if n[j] else None
        case _:
            out, known = fast.window_extreme(frame, value, counts, largest=kind == "largest")
            return out[j] if known[j] else None


@given(ROWS)
def test_calendar_windows_hold_exactly_the_rows_of_group_and_period(rows):
    ordered, group, time, value, counts = _arrays(rows)
    frame = fast.partitioned(group, time, time // 10)
    sums = fast.window_sum(frame, np.where(counts, value, 0)[frame.order])
    found = {}
    for j in np.flatnonzero(frame.last):
        row = ordered[frame.order[j]]
        found[(row[0], row[1] // 10)] = sums[j]
    expected = {}
    for g, t, v in ordered:
        expected[(g, t // 10)] = expected.get((g, t // 10), 0) + (v or 0)
    assert found == expected


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_group_ids_number_key_tuples_in_order(rows):
    keys = [np.array([r[i] for r in rows], np.int64) for i in range(3)]
    ids = fast.group_ids(keys)
    order = {key: i for i, key in enumerate(sorted(set(rows)))}
    assert ids.tolist() == [order[r] for r in rows]


def test_a_row_exactly_one_length_earlier_is_outside_and_equal_times_are_inside_together():
    time = np.array([0, 7, 7], np.int64)
    frame = fast.rolling(np.zeros(3, np.int64), time, time - 7)
    counts = fast.window_count(frame, np.ones(3, np.bool_))
    assert frame.last.tolist() == [True, False, True]
    assert counts[2] == 2


def test_search_keys_that_do_not_fit_64_bits_give_the_same_bounds():
    group = np.array([0, 0, 1, 1], np.int64)
    time = np.array([-(2**61), 2**61, -(2**61), 2**61], np.int64)
    found = fast.rank_bounds(group, time, np.array([0, 1, 1], np.int64), np.array([0, 0, 2**61], np.int64))
    assert found.tolist() == [1, 3, 4]


def test_distinct_counts_stay_linear_on_one_hot_account():
    n = 300_000
    time = np.arange(n, dtype=np.int64)
    codes = np.arange(n, dtype=np.int64) % 1_000
    frame = fast.rolling(np.zeros(n, np.int64), time, time - n)
    assert fast.window_distinct(frame, codes, np.ones(n, np.bool_))[-1] == 1_000

"""Places by key and time are those of a slow search, also where a key times all time exceeds 64 bits."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from thbscreen.model.lookup import distinct, places

#: Ten years in microseconds: ten thousand keys times this do not fit into 64 bits.
TIME = st.integers(0, 315_000_000_000_000)
KEY = st.sampled_from((0, 1, 40_000, 90_000))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(KEY, TIME), max_size=12), st.lists(st.tuples(KEY, TIME), max_size=6))
def test_places_are_those_of_a_slow_search(rows, asked):
    rows.sort()
    asked += rows[:3]
    keys, t, wanted, at = (
        np.array([pair[i] for pair in pairs], np.int64) for pairs in (rows, asked) for i in (0, 1)
    )
    assert places(keys, t, wanted, at, "left").tolist() == [bisect_left(rows, a) for a in asked]
    assert places(keys, t, wanted, at, "right").tolist() == [bisect_right(rows, a) for a in asked]


@given(st.lists(st.integers(-5, 5)))
def test_distinct_numbers_come_in_order_and_once(numbers):
    assert distinct(np.array(numbers, np.int64)).tolist() == sorted(set(numbers))

"""Rows that wait for other buckets: none is lost, and no group is cut in two."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.engine.waiting import WaitingRoom, room_for, taken_up

KEYS = st.one_of(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), max_size=4),
    st.lists(st.lists(st.text("abc", max_size=2), min_size=1, max_size=6), max_size=4),
)


@given(KEYS, st.integers(1, 4), st.booleans())
def test_every_row_waits_once_and_groups_stay_whole(
    buckets: list[list[int | str]], parts: int, whole: bool
) -> None:
    room = WaitingRoom(parts, None)
    waiting = defaultdict(list)
    for number, keys in enumerate(buckets):
        frame = pl.DataFrame({"k0": keys, "row": [f"{number}-{i}" for i in range(len(keys))]})
        for place, piece in room.keep({3: frame}, number, frozenset({3} if whole else ())).items():
            waiting[place].append(piece)
    seen: dict[object, set[int]] = defaultdict(set)
    rows = []
    for (rule, part), pieces in waiting.items():
        assert rule == 3
        assert 0 <= part < (1 if whole else parts)
        for key, row in taken_up(pieces).iter_rows():
            seen[key].add(part)
            rows.append((key, row))
    given_rows = [(k, f"{n}-{i}") for n, keys in enumerate(buckets) for i, k in enumerate(keys)]
    assert sorted(rows, key=str) == sorted(given_rows, key=str)
    assert all(len(where) == 1 for where in seen.values())


def test_rows_wait_in_files_where_buckets_are_files_and_the_files_go(tmp_path: Path) -> None:
    frame = pl.DataFrame({"k0": [1, 2, 3], "tx_id": ["a", "b", "c"], "x0": [["a"], [], ["b", "c"]]})
    room = room_for([tmp_path / "bucket"] * 9, tmp_path)
    assert room == WaitingRoom(3, tmp_path)
    kept = room.keep({0: frame}, 5, frozenset())
    assert sorted(kept) == [(0, 0), (0, 1), (0, 2)]
    assert len(list(tmp_path.iterdir())) == 3
    assert taken_up(list(kept.values())).sort("k0").equals(frame)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("buckets", "parts"), [(0, 1), (1, 1), (4, 1), (5, 2)])
def test_few_buckets_wait_together(buckets: int, parts: int) -> None:
    assert room_for([pl.DataFrame()] * buckets, None) == WaitingRoom(parts, None)

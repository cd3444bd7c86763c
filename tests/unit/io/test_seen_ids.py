"""Ids used twice are found among hashes of all chunks, however these are cut into parts."""

from __future__ import annotations

from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from thbscreen.io import identity
from thbscreen.io.identity import SeenIds

CHUNKS = st.lists(st.lists(st.text("abc", min_size=1, max_size=3), max_size=8), max_size=6)


@given(CHUNKS, st.sampled_from([1, 3, 1000]), st.data())
def test_rows_whose_id_comes_again_are_named(chunks: list[list[str]], at_once: int, data: DataObject) -> None:
    kept, identity._AT_ONCE = identity._AT_ONCE, at_once
    try:
        seen, row, ids = SeenIds(), 0, {}
        for chunk in chunks:
            gap = data.draw(st.integers(0, 2))
            gaps = [gap * i for i in range(len(chunk))]  # rows that were refused leave gaps
            rows = [row + i + g for i, g in enumerate(gaps)]
            ids |= dict(zip(rows, chunk, strict=True))
            seen.add(pl.Series("tx_id", chunk, dtype=pl.String), pl.Series("_row", rows, dtype=pl.Int64))
            row = max(rows, default=row) + 1
        times = Counter(ids.values())
        assert seen.candidates().to_list() == [r for r, i in sorted(ids.items()) if times[i] > 1]
    finally:
        identity._AT_ONCE = kept


def test_nothing_seen_names_nothing() -> None:
    assert SeenIds().candidates().to_list() == []

"""Codes stand for names: their order is that of the names, and nothing is lost on the way and back."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from thbscreen.network.codes import coded

NAMES = st.lists(st.none() | st.sampled_from(["", "A", "a", "B", "é", "名", "A1", "A 1"]), max_size=8)


@settings(max_examples=40, deadline=None)
@given(NAMES, NAMES)
def test_texts_and_categories_get_the_same_codes_in_the_order_of_the_names(one, two):
    kinds = pl.Enum(sorted({name for name in two if name is not None}))
    both = {name: pl.Series(two, dtype=kinds) for name in ("y", "z")}
    frames = {
        "texts": (pl.DataFrame({"x": pl.Series(one, dtype=pl.String)}), ["x"]),
        "kinds": (pl.DataFrame(both), ["y", "z"]),
    }
    names, out = coded(frames)
    known = names.known.to_list()
    assert known == sorted({name for name in (*one, *two) if name is not None})
    place = {name: i for i, name in enumerate(known)} | {None: None}
    assert out["texts"]["x"].to_list() == [place[name] for name in one]
    assert out["kinds"]["y"].to_list() == out["kinds"]["z"].to_list() == [place[name] for name in two]
    assert names.tell(out["kinds"], "y")["y"].to_list() == two
    assert {c.dtype for frame in out.values() for c in frame.get_columns()} == {pl.UInt32()}

"""Dictionaries of values: whatever comes in how many pieces, each different value has one code, in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.engine import codes
from thbscreen.engine.codes import Dictionary, Local, mapping, merge_dictionaries, put_away

WORDS = st.lists(st.lists(st.none() | st.text("abé", max_size=2), max_size=8), max_size=8)


@pytest.fixture(autouse=True)
def few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "_AT_ONCE", 3)


@given(WORDS)
def test_a_dictionary_holds_each_different_value_once(chunks: list[list[str | None]]) -> None:
    built = Dictionary()
    for chunk in chunks:
        built.add(pl.Series(chunk, dtype=pl.String))
    assert sorted(built.whole()) == sorted({word for chunk in chunks for word in chunk if word is not None})


@pytest.mark.parametrize("in_files", [False, True])
def test_codes_of_chunks_become_places_in_one_dictionary(tmp_path: Path, in_files: bool) -> None:
    chunks = [["b", "a"], [], ["c", "a", "d", "e"], ["b"]]
    parts = []
    for number, words in enumerate(chunks):
        table = pl.DataFrame([pl.Series("account_id", words, dtype=pl.String).implode()])
        values = put_away(table, tmp_path / f"{number}.arrow" if in_files else None)
        parts.append(Local(pl.DataFrame(), values, np.zeros((1, 0), np.bool_)))
    dictionaries = merge_dictionaries(parts, {"account": [pl.Series(["z", "a"])]})
    assert dictionaries["account"].to_list() == ["a", "b", "c", "d", "e", "z"]
    found = [mapping(part, dictionaries)["account_id"].tolist() for part in parts]
    assert found == [[1, 0, -1], [-1], [2, 0, 3, 4, -1], [1, -1]]
    assert list(tmp_path.iterdir()) == []

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


@given(st.sets(st.text("abΩ\u044f'0", max_size=4)), st.data())
def test_values_are_found_where_they_stand(words: set[str], data: st.DataObject) -> None:
    full = pl.Series("v", sorted(words, key=str.encode), dtype=pl.String)
    values = data.draw(st.lists(st.sampled_from(full.to_list()), max_size=12)) if words else []
    found = codes.positions(pl.Series("x", values, dtype=pl.String), full)
    assert found.tolist() == [full.to_list().index(v) for v in values]


def test_few_values_and_many_are_found_alike() -> None:
    full = pl.Series("v", [f"{n:03d}" for n in range(100)])
    few = full.gather([7, 3, 99])
    assert len(few) * codes._FEW < len(full)
    assert codes.positions(few, full).tolist() == [7, 3, 99]
    assert codes.positions(full.reverse(), full).tolist() == list(range(99, -1, -1))

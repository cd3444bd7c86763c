"""The fuzzing command finds nothing in a few cases of each reader, and finds a fault that is put in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.fuzz import run as fuzzing
from tests.fuzz.__main__ import main
from tests.fuzz.oracles import ORACLES
from tests.fuzz.run import FAILED, fuzz
from tests.fuzz.seeds import SEEDS


@pytest.mark.parametrize("reader", [name for name in SEEDS if name != "parquet"])
def test_a_few_damaged_files_are_refused_or_have_the_sum_of_a_slow_reading(reader: str) -> None:
    found = fuzz(reader, 6, 77)
    assert found.failures == []
    assert sum(found.counts.values()) == 6


@pytest.mark.slow
def test_damaged_parquet_ends_no_process_but_the_one_that_may_end() -> None:
    found = fuzz("parquet", 60, 77)
    assert found.failures == []
    assert sum(found.counts.values()) == 60


def test_every_reader_has_an_oracle_that_is_named() -> None:
    assert set(SEEDS) == set(ORACLES)


def test_a_reader_that_loses_money_without_a_word_is_found_and_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = fuzzing.product

    def lossy(folder: Path) -> fuzzing.Read:
        found = sound(folder)
        found.totals["credit"] -= 1
        return found

    monkeypatch.setattr(fuzzing, "product", lossy)
    assert main(["--cases", "2", "--reader", "csv", "--seed", "3", "--keep", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "FAILED" in shown
    assert "the sound file" in shown


def test_an_unhandled_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise pl.exceptions.PanicException("x")

    state, why = fuzzing.judged("csv", *SEEDS["csv"][0], None)
    assert (state, why) == (fuzzing.SAME, "")
    monkeypatch.setattr(fuzzing, "product", broken)
    assert fuzzing.judged("csv", *SEEDS["csv"][0], None) == (FAILED, "unhandled PanicException")


def test_damage_is_the_same_for_the_same_seed() -> None:
    assert fuzz("mt103", 5, 9).counts == fuzz("mt103", 5, 9).counts

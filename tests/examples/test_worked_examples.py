"""Every worked example of the language's design gives its hits, on both engines and cut into buckets."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from thbscreen.engine.selftest import run_case
from thbscreen.rules.pack import check, load_pack

HERE = Path(__file__).parent
PACK = load_pack(HERE, "examples", drafts=True)
CASES = [(rule, case) for rule in PACK.bound for case in rule.tests]


@pytest.fixture(params=[("in-memory", 3), ("streaming", 1)], ids=lambda p: f"{p[0]}, {p[1]} buckets")
def way(request):
    """Chooses one of the two engines of polars for a test, and into how many buckets its rows are cut."""
    pl.Config.set_engine_affinity(request.param[0])
    yield request.param
    pl.Config.set_engine_affinity(None)


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{r.id}: {c.name}" for r, c in CASES])
def test_an_example_finds_what_it_says(rule, case, way):
    outcome = run_case(PACK, rule, case, buckets=way[1])
    assert outcome.passed, f"{way}: {outcome.message}"


@pytest.mark.slow
@pytest.mark.parametrize("buckets", [1, 2, 3, 7])
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_no_engine_and_no_number_of_buckets_changes_an_example(engine, buckets):
    with pl.Config(engine_affinity=engine):
        outcomes = [run_case(PACK, rule, case, buckets=buckets) for rule, case in CASES]
    assert [f"{o.rule} {o.case}: {o.message}" for o in outcomes if not o.passed] == []


def test_every_example_shows_both_a_hit_and_rows_that_are_none():
    for rule in PACK.bound:
        assert any(not isinstance(case.expect, str) for case in rule.tests), rule.id
        assert any(case.expect == "no hits" for case in rule.tests), rule.id


def test_the_examples_load_without_an_error():
    assert [d for d in check(HERE, "examples") if d.severity == "error"] == []


def test_no_example_hides_a_failure():
    assert not any(case.known_gap for _, case in CASES)

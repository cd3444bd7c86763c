"""Every test that is written inside a shipped rule passes, on both engines of polars and cut into buckets."""

from __future__ import annotations

import polars as pl
import pytest

from thbscreen.engine.selftest import run_case
from thbscreen.rules.pack import load_pack

PACK = load_pack(None, drafts=True)
FORMS = sorted({rule.id.rpartition("-")[0] for rule in PACK.bound})


def test_drafts_and_rules_that_are_off_are_among_them():
    run = {rule.id for rule in load_pack(None).bound}
    assert run < {rule.id for rule in PACK.bound}
    assert all(rule.tests for rule in PACK.bound)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("engine", "buckets", "every"), [("in-memory", 1, 1), ("streaming", 3, 4)])
def test_the_tests_inside_the_rules_pass(engine, buckets, every, form):
    """All on one engine; on the other, cut into buckets, those of every fourth rule, as others try it too."""
    rules = [rule for rule in PACK.bound if rule.id.startswith(f"{form}-")][::every]
    with pl.Config(engine_affinity=engine):
        results = [run_case(PACK, rule, case, buckets=buckets) for rule in rules for case in rule.tests]
    assert len(results) == sum(len(rule.tests) for rule in rules) > 0
    failed = [f"{r.rule} {r.case}: {r.message}" for r in results if not r.passed and not r.known_gap]
    assert failed == []

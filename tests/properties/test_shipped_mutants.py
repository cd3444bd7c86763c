"""No boundary of a shipped stable rule is without a test, except those that the rule lists with a reason."""

from __future__ import annotations

import pytest

from thbscreen.engine.mutants import run_mutants
from thbscreen.rules.pack import load_pack

PACK = load_pack()
STABLE = [rule.id for rule in PACK.bound if rule.status == "stable"]


@pytest.mark.slow
@pytest.mark.parametrize("rule", STABLE)
def test_a_stable_rule_leaves_no_mutant_that_it_does_not_list(rule):
    (report,) = run_mutants(PACK, rule_filter=rule)
    assert report.total
    assert [s.text for s in report.unlisted] == []
    assert report.stale == ()

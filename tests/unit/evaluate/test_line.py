"""Who crosses the line, worked out again from a run folder, is the same as the run said."""

from __future__ import annotations

import pytest

from tests.unit.report.run_folders import screened
from thbscreen.evaluate import line as lines
from thbscreen.report.folder import RunFolder


@pytest.fixture(scope="module")
def run() -> RunFolder:
    return screened("one collector")


def test_alerts_and_sums_are_those_of_the_run(run: RunFolder) -> None:
    found, line, until = lines.standings(run), lines.line_of(run), lines.until(run)
    again = {s.subject: lines.judged(s.claims, line, until, legal=s.legal) for s in found}
    assert again == {s.subject: (s.alert, round(s.score * lines.UNIT)) for s in found}
    assert any(s.alert for s in found)


def test_an_alert_is_first_raised_when_a_hit_ends_and_not_before(run: RunFolder) -> None:
    line = lines.line_of(run)
    for standing in (s for s in lines.standings(run) if s.alert):
        first = lines.first_day(standing, line)
        assert first in {c.ends for c in standing.claims}
        before = [c for c in standing.claims if c.ends < first]
        assert not lines.judged(before, line, max((c.ends for c in before), default=first), legal=False)[0]


def test_without_all_its_rules_nobody_crosses(run: RunFolder) -> None:
    line, until = lines.line_of(run), lines.until(run)
    for standing in lines.standings(run):
        assert not lines.judged((), line, until, legal=standing.legal)[0]
        left = [c for rule in standing.rules for c in standing.claims if c.rule == rule]
        assert len(left) == len(standing.claims)
        some = min(standing.rules)
        assert {c.rule for c in lines.without(standing, some)} == standing.rules - {some}

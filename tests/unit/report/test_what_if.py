"""The sum once more without a rule, or with one hit more, against scoring the changed hits again."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.engine.scoring_build import AS_OF, RULES, Case
from tests.unit.engine.test_scoring import cases
from thbscreen.engine.scoring import UNIT, Scored
from thbscreen.report import what_if
from thbscreen.report.what_if import Line, Part, Verdict
from thbscreen.rules import bundle

Row = dict[str, Any]
#: Each example is scored twice.
HALF = settings(max_examples=settings.default.max_examples // 2)
LEGAL = {"P1": False, "P2": True, "P3": False}


def line_of(case: Case) -> Line:
    n = bundle.Scoring(**case.numbers)
    return Line(
        int(n.alert_weight * UNIT), n.min_families, n.half_after_days, int(n.repeat_bonus * UNIT), AS_OF
    )


def row_of(rated: Scored, kind: str, subject: str) -> Row | None:
    for table in (rated.alerts, rated.below_line):
        for row in table.to_dicts():
            if (row["subject_kind"], row["subject_id"]) == (kind, subject):
                return row
    return None


def parts_of(case: Case, row: Row) -> list[Part]:
    """From the row and the hits behind it, as the run folder has them."""
    hits = [h for h in case.hits if h["hit_id"] in row["hit_ids"]]
    named: dict[str, list[Row]] = {}
    for m in case.members:
        named.setdefault(m["hit_id"], []).append(m)
    third = what_if.showing_third_party(hits, named, row["subject_id"], row["subject_kind"], row["accounts"])
    return what_if.parts_of(row["addends"], hits, third)


def check(found: Verdict, again: Row | None, *, legal: bool) -> None:
    """Compares with a row of the changed run; a subject without a row has no hit that adds points."""
    if again is None:
        assert (found.points, found.families, found.alert) == (0, (), False)
        return
    assert found.points / UNIT == again["score"]
    assert list(found.families) == again["families"]
    assert found.third == again["third_party"]
    is_alert = "rank" in again
    if found.alert is None:
        assert is_alert is legal
    else:
        assert found.alert is is_alert
    if not is_alert and found.alert is not None:
        assert found.lacks[0] == again["lacks"]


def on_people(case: Case) -> bool:
    """A shape of a network is seen from an account, never from a thing."""
    return all(RULES[h["rule"]][4] != "star" or h["subject_kind"] in what_if.PEOPLE for h in case.hits)


@HALF
@given(cases(), st.sampled_from(sorted(RULES)))
def test_without_a_rule_the_sum_is_what_scoring_the_other_hits_gives(case: Case, rule: str) -> None:
    assume(on_people(case))
    rated, line = case.rate(), line_of(case)
    left = deepcopy(case)
    left.hits = [h for h in case.hits if h["rule"] != rule]
    scored = left.rate()
    for row in [*rated.alerts.to_dicts(), *rated.below_line.to_dicts()]:
        parts, legal = parts_of(case, row), row["legal"]
        kind, subject = row["subject_kind"], row["subject_id"]
        is_legal = kind == "party" and LEGAL.get(subject, False)
        assert legal is is_legal
        check(what_if.judge(parts, line, legal), row, legal=is_legal)
        again = row_of(scored, kind, subject)
        check(what_if.judge(what_if.without(parts, rule), line, legal), again, legal=is_legal)


@HALF
@given(cases(), st.sampled_from(sorted(RULES)), st.sampled_from([0, 29, 30, 31, 180, 365, 3000]),
       st.sampled_from(["A1", "A3", "A4"]))  # fmt: skip
def test_with_a_hit_more_the_sum_is_what_scoring_it_gives(
    case: Case, name: str, days: int, account: str
) -> None:
    assume(on_people(case))
    kind, subject = ("party", {"A1": "P1", "A3": "P2"}[account]) if account != "A4" else ("external", "A4")
    line, is_legal = line_of(case), LEGAL.get(subject, False)
    before = row_of(case.rate(), kind, subject)
    legal = before and before["legal"]
    own = [h for h in case.hits if h["subject_id"] in {"A1": ("A1", "A2", "P1"), "A3": ("A3", "P2")}.get(
        account, (account,)
    ) and h["subject_kind"] in what_if.PEOPLE]  # fmt: skip
    parts = what_if.speaking_against(own) if before is None else parts_of(case, before)
    if before is None and any(h["family"] == "mitigation" and h not in own for h in case.hits):
        return  # facts of a thing that name the subject
    family, weight, third, _, _ = RULES[name]
    later = deepcopy(case).hit(name, account, days_ago=days)
    ends = later.hits[-1]["ends"]
    more = what_if.with_hit(parts, name, family, weight, third=third, ends=ends, line=line)
    check(what_if.judge(more, line, legal), row_of(later.rate(), kind, subject), legal=is_legal)


def test_a_hit_that_is_not_dated_is_not_aged() -> None:
    line = Line(5 * UNIT, 2, 180, UNIT, AS_OF)
    (part,) = what_if.with_hit([], "X", "flow", 3, third=False, ends=None, line=line)
    assert part.plus == 3 * UNIT


# --- by hand -----------------------------------------------------------------------------------------

LINE = Line(5 * UNIT, 2, 180, UNIT, AS_OF)


def part(rule: str, *, more: int = 0) -> Part:
    family, weight, third, _, _ = RULES[rule]
    if family == "mitigation":
        return Part(rule, family, weight, minus=-weight * UNIT)
    return Part(rule, family, weight, plus=weight * UNIT, more=more * UNIT, third=third)


def judged(*rules: str, legal: bool | None = False) -> Verdict:
    return what_if.judge([part(rule) for rule in rules], LINE, legal)


@pytest.mark.parametrize(
    ("rules", "lacks"),
    [
        (("FLOW-3", "SPEND-2"), ()),
        (("FLOW-3", "SPEND-1"), ("points",)),
        (("FLOW-3", "FLOW-2"), ("families",)),
        (("FLOW-2", "SPEND-2", "SPEND-1"), ("third party",)),
        (("FLOW-2",), ("points", "families", "third party")),
        (("STAR-3",), ("points", "families")),
        (("STAR-3", "SPEND-1"), ()),
        (("THING-2", "SPEND-1"), ("points",)),
        (("STAR-3", "SPEND-1", "MIT-2", "MIT-3"), ("points",)),
        (("MIT-2",), ("points", "families", "third party")),
        ((), ("points", "families", "third party")),
    ],
)
def test_everything_that_is_lacking_is_named(rules: tuple[str, ...], lacks: tuple[str, ...]) -> None:
    found = judged(*rules)
    assert (found.lacks, found.alert) == (lacks, not lacks)


def test_the_network_pattern_is_named_only_where_it_decides() -> None:
    assert judged("STAR-3", "SPEND-1").pattern
    assert not judged("STAR-3", "SPEND-2").pattern
    assert what_if.pattern_alone([part("STAR-3"), part("MIT-2")])
    assert not what_if.pattern_alone([part("THING-2")])
    assert not what_if.pattern_alone([part("STAR-3"), part("SPEND-1")])


@pytest.mark.parametrize(("legal", "alert"), [(None, None), (True, True), (False, False)])
def test_a_sum_without_a_third_party_depends_on_whether_the_subject_is_a_legal_person(
    legal: bool | None, alert: bool | None
) -> None:
    assert judged("FLOW-2", "SPEND-2", "SPEND-1", legal=legal).alert is alert


def test_what_speaks_against_takes_away_its_whole_weight_from_another_sum() -> None:
    addends = [
        {"rule": "SPEND-2", "family": "spend", "points": 2.0, "hit_id": "H1", "why": "w"},
        {"rule": "MIT-3", "family": "mitigation", "points": -2.0, "hit_id": "H2", "why": "cut"},
    ]
    hits = [
        {"rule": "SPEND-2", "hit_id": "H1", "weight": 2, "tx_ids": ["T1"]},
        {"rule": "MIT-3", "hit_id": "H2", "weight": -3, "tx_ids": ["T1"]},
    ]
    parts = what_if.parts_of(addends, hits, ())
    assert what_if.judge([*parts, part("FLOW-3")], LINE, legal=False).points == 2 * UNIT


@pytest.mark.parametrize(
    ("member", "counts"),
    [
        ({"role": "possible_controller", "field": "party_id", "member_id": "P1"}, True),
        ({"role": "possible_controller", "field": "first.account_id", "member_id": "A1"}, True),
        ({"role": "possible_victim", "field": "party_id", "member_id": "P1"}, False),
        ({"role": "possible_controller", "field": "device_id", "member_id": "P1"}, False),
        ({"role": "possible_controller", "field": "account_id", "member_id": "A9"}, False),
    ],
)
def test_a_hit_on_a_thing_shows_a_third_party_for_its_controlling_side(member: Row, counts: bool) -> None:
    hit = {"hit_id": "H", "third_party": True, "subject_kind": "device_id"}
    found = what_if.showing_third_party([hit], {"H": [member]}, "P1", "party", ["A1"])
    assert bool(found) is counts


def test_a_further_hit_adds_a_quarter_up_to_the_most_and_may_be_younger() -> None:
    def more(known: Part, days: int) -> Part:
        ends = AS_OF - timedelta(days=days)
        out = what_if.with_hit([known], "FLOW-3", "flow", 3, third=True, ends=ends, line=LINE)
        assert len(out) == 1
        return out[0]

    old = Part("FLOW-3", "flow", 3, plus=15_000)
    assert (more(old, 0).plus, more(old, 0).more, more(old, 0).third) == (30_000, 2_500, True)
    assert (more(old, 400).plus, more(old, 400).more) == (15_000, 2_500)
    assert more(part("FLOW-3", more=1), 0).more == 10_000


def test_a_rule_of_weight_0_adds_nothing() -> None:
    assert what_if.with_hit([], "TEXT-0", "text", 0, third=True, ends=None, line=LINE) == []

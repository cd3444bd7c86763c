"""Sequences, shapes of networks, own past, peers, looks at earlier rows: what binds, what is refused."""

from __future__ import annotations

import pytest

from tests.unit.rules.samples import HEAD, TAIL, lists
from thbscreen.rules import ast
from thbscreen.rules.binder import bind_text
from thbscreen.rules.explain import sentences
from thbscreen.rules.needs import judgeable, required_columns
from thbscreen.rules.pack import resolve

WAGE = "{name: wage, where: {direction: credit, purpose_code: SALA}}"
CASH = "{name: cash, where: {direction: debit, tx_type: cash_withdrawal}}"
SEQUENCE = f"""\
  kind: sequence
  for_each: account_id
  within: 24 hours
  steps:
    - {WAGE}
    - {CASH}
  flag_when:
    - cash.amount_eur >= 85% * wage.amount_eur
  repeat: {{times: 3, within: 120 days}}
"""
MONTHS = """\
  kind: aggregate
  where: {direction: credit}
  for_each: account_id
  window: calendar month
  measures:
    month: {sum: amount_eur}
    usual_month: {usual: month, over: 6 windows, at_least: 3 windows, statistic: median}
    peer_month: {peers: month, alike_by: party.occupation, at_least: 30 members, statistic: average}
  flag_when:
    - month > 4 * usual_month
    - month > 4 * peer_month
"""
SHAPE = """\
  kind: network
  pattern: fan_in_forward
  centre: collector
  links:
    - {name: paid_in, direction: credit, member: payer}
    - {name: passed_on, direction: debit, member: taker}
  forward_within: 48 hours
  within: 30 days
  measures:
    payers: {distinct: payer}
    came: {sum: amount_eur, where: {link: paid_in}}
    went: {sum: forwarded, where: {link: paid_in}}
  flag_when:
    - payers >= 3
    - went >= 70% * came
"""
PAST = """\
  kind: transaction
  derive:
    fresh: {first_seen: cp_account_id, over: 90 days}
    pause: {since_previous: transactions, where: {direction: debit}}
  where: {fresh: true, pause: {at_least: 30 days}}
"""
ROLES = "{collector: possible_controller, payer: possible_victim, taker: possible_controller}"


def bind(detect: str, *, roles: str = "{account_id: possible_victim}", evidence: str = "Seen."):
    text = HEAD.format(id="THB-TEST-900", family="flow", roles=roles).replace("status: test", "status: draft")
    given = "{transactions: {rows: [{account_id: A}]}}"
    cases = f"tests:\n  - {{name: a gap, known_gap: true, given: {given}, expect: [{{account_id: A}}]}}\n"
    return bind_text(
        text + "detect:\n" + detect + f'evidence: "{evidence}"\n' + TAIL + cases, "r.yaml", lists()
    )


def codes(detect: str, **named: str) -> list[str]:
    return [d.code for d in bind(detect, **named)[1] if d.severity == "error"]


@pytest.mark.parametrize(
    ("detect", "roles"),
    [
        (SEQUENCE, "{account_id: possible_victim, wage.cp_account_id: employer}"),
        (MONTHS, "{account_id: unknown}"),
        (SHAPE, ROLES),
        (PAST, "{account_id: unknown}"),
    ],
)
def test_each_new_shape_of_a_rule_binds(detect, roles):
    rule, found = bind(detect, roles=roles)
    assert rule is not None, [d.render() for d in found]


def test_a_sequence_offers_its_count_and_the_numbers_of_its_steps_to_the_evidence():
    rule, found = bind(
        SEQUENCE, evidence="{times} times {wage.amount_eur:money}, then {cash.amount_eur:money}."
    )
    assert rule is not None, [d.render() for d in found]
    assert [m.name for m in rule.detect.measures] == ["times", "cash.amount_eur", "wage.amount_eur"]


#: (part of a rule that binds, what stands there instead, the code that must come out)
WRONG = {
    "a sequence of one step": (SEQUENCE, f"    - {CASH}\n", "", "R052"),
    "a step that stays away in the middle": (SEQUENCE, WAGE, WAGE[:-1] + ", absent: true}", "R054"),
    "a first step that agrees": (SEQUENCE, WAGE, WAGE[:-1] + ", same: [cp_account_id]}", "R054"),
    "a limit between two steps": (SEQUENCE, WAGE, WAGE[:-1] + ", within: 2 hours}", "R004"),
    "a step that does not exist": (SEQUENCE, "cash.amount_eur >=", "card.amount_eur >=", "R031"),
    "a field of a step that stays away": (SEQUENCE, CASH, CASH[:-1] + ", absent: true}", "R031"),
    "a text of a step in a line": (SEQUENCE, "cash.amount_eur >=", "cash.cp_country >=", "R031"),
    "free text that must agree": (SEQUENCE, CASH, CASH[:-1] + ", same: [remittance_info]}", "R023"),
    "citizenship that must agree": (SEQUENCE, CASH, CASH[:-1] + ", same: [party.nationality]}", "R014"),
    "the count in a line": (SEQUENCE, "cash.amount_eur >= 85% * wage.amount_eur", "times >= 2", "R031"),
    "own past of an extreme": (MONTHS, "month: {sum: amount_eur}", "month: {largest: amount_eur}", "R048"),
    "own past of nothing": (MONTHS, "{usual: month,", "{usual: moon,", "R048"),
    "own past of overlapping windows": (MONTHS, "window: calendar month", "window: rolling 30 days", "R025"),
    "own past of the whole period": (MONTHS, "window: calendar month", "window: whole period", "R025"),
    "no window at least": (MONTHS, "at_least: 3 windows", "at_least: 0 windows", "R021"),
    "days where windows belong": (MONTHS, "over: 6 windows", "over: 6 days", "R021"),
    "a past without end": (MONTHS, "over: 6 windows", "over: 600 windows", "R024"),
    "a statistic nobody knows": (MONTHS, "statistic: median", "statistic: mode", "R022"),
    "peers of one nationality": (MONTHS, "alike_by: party.occupation", "alike_by: party.nationality", "R014"),
    "peers by what moves": (MONTHS, "alike_by: party.occupation", "alike_by: cp_country", "R040"),
    "peers among machines": (MONTHS, "for_each: account_id", "for_each: terminal_id", "R042"),
    "a pattern nobody knows": (SHAPE, "pattern: fan_in_forward", "pattern: fan_in", "R020"),
    "one link of two": (SHAPE, "    - {name: passed_on, direction: debit, member: taker}\n", "", "R055"),
    "links the wrong way round": (SHAPE, "paid_in, direction: credit", "paid_in, direction: debit", "R055"),
    "a key of another pattern": (SHAPE, "  within: 30 days", "  within: 30 days\n  share: 50%", "R004"),
    "a key that the pattern needs": (SHAPE, "  forward_within: 48 hours\n", "", "R003"),
    "a link that does not exist": (SHAPE, "{link: paid_in}", "{link: payed_in}", "R053"),
    "a centre without a role": (SHAPE, "centre: collector", "centre: organiser", "R051"),
    "a length of time in a comparison": (PAST, "fresh: true", "compare: pause > 3 days", "R023"),
    "a length of time that is a flag": (PAST, "pause: {at_least: 30 days}", "pause: true", "R023"),
    "a sum of times": (
        MONTHS, "  where: {direction: credit}",
        "  derive: {pause: {since_previous: transactions}}\n  where: {pause: {sum: 3}}", "R013",
    ),
    "first seen without a time": (PAST, ", over: 90 days", "", "R003"),
    "time since something else": (PAST, "since_previous: transactions", "since_previous: cycles", "R040"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_refused_with_its_code(name):
    detect, old, new, code = WRONG[name]
    assert old in detect
    roles = ROLES if detect is SHAPE else "{account_id: unknown}"
    found = codes(detect.replace(old, new), roles=roles)
    assert code in found, found


def test_a_role_that_nobody_plays_is_refused():
    assert codes(SHAPE, roles=ROLES[:-1] + ", driver: possible_facilitator}") == ["R051"]


def test_own_past_reaches_back_as_far_as_its_windows():
    rule, _ = bind(MONTHS)
    assert str(rule.look_back) == "7 months"


def test_a_sequence_reaches_back_as_far_as_its_repetition():
    rule, _ = bind(SEQUENCE)
    assert str(rule.look_back) == "120 days"


def test_a_step_that_can_never_be_seen_leaves_the_sequence_not_judged():
    rule, _ = bind(SEQUENCE)
    assert not judgeable(rule, {"purpose_code"})
    gone = SEQUENCE.replace(CASH, CASH[:-1] + ", absent: true}").replace(
        "  flag_when:\n    - cash.amount_eur >= 85% * wage.amount_eur\n", ""
    )
    rule, found = bind(gone)
    assert rule is not None, [d.render() for d in found]
    assert not judgeable(rule, {"tx_type"})


def test_peers_need_the_fact_they_agree_in():
    rule, _ = bind(MONTHS)
    assert "party.occupation" in required_columns(rule)


@pytest.mark.parametrize(("detect", "words"), [
    (SEQUENCE, ["a movement 'wage'", "then the next movement 'cash'", "at least 3 times within 120 days"]),
    (MONTHS, ["the median of month in the 6 windows before", "among all with the same party.occupation"]),
    (SHAPE, ["Looks for this shape around 'collector'", "first in first out, each euro once"]),
    (PAST, ["had no earlier movement with this cp_account_id", "the account's previous movement"]),
])  # fmt: skip
def test_a_rule_is_explained_in_plain_sentences(detect, words):
    rule, _ = bind(detect, roles=ROLES if detect is SHAPE else "{account_id: unknown}")
    told = sentences(rule, resolve(rule, None))
    for word in words:
        assert word in told


def test_a_shape_is_put_into_parts_that_other_rules_use_too():
    rule, _ = bind(SHAPE, roles=ROLES)
    assert isinstance(rule.detect, ast.Aggregate)
    assert rule.detect.for_each == ("account_id",)
    assert {d.name for d in rule.detect.derive} == {"forwarded", "payer", "taker", "collector"}

"""What is wrong with a rule is said at the place where it is wrong, once, with what to do next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.rules.samples import CASH, STAR, lists
from thbscreen.rules.ast import Unit
from thbscreen.rules.binder import bind_text

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "diagnostics"

#: Name of the case: (part of the rule, what stands there instead, codes that must come out in this order).
CASES: dict[str, tuple[str, str, list[str]]] = {
    "unclosed quote": ("{account_id: possible_controller}", "{account_id: 'possible}", ["R001"]),
    "tab as indentation": ("\n  kind: aggregate", "\n\tkind: aggregate", ["R001"]),
    "anchor": ("title: A rule", "title: &a A rule", ["R002"]),
    "alias": ("title: A rule of the tests", "title: *a", ["R002"]),
    "tag": ("title: A rule", "title: !!str A rule", ["R002"]),
    "second document": ("evidence:", "---\nevidence:", ["R002"]),
    "key missing": ("family: flow\n", "", ["R003"]),
    "care missing for a possible victim": (
        "{account_id: possible_controller}\ninnocent_explanations:\n  - A shop that banks its daily takings\n"
        "care: The holder may be a victim. Do not contact.\n",
        "{account_id: possible_victim}\ninnocent_explanations: [A shop]\n",
        ["R003"],
    ),
    "unknown key": ("weight: 2", "weight: 2\nlevl: high", ["R004"]),
    "unknown key inside": ("  headline: total", "  headlin: total", ["R004"]),
    "comma inside braces": ("means: deposits in the window", "means: deposits, all of them", ["R004"]),
    "key twice": ("weight: 2", "weight: 2\nweight: 3", ["R005"]),
    "list where a value belongs": ("title: A rule of the tests", "title: [a, b]", ["R006"]),
    "value where a mapping belongs": ("roles: {account_id: possible_controller}", "roles: none", ["R006"]),
    "empty value": ("title: A rule of the tests", "title:", ["R006"]),
    "id of another shape": ("rule: THB-CASH-003", "rule: CASH-3", ["R007"]),
    "title too long": ("title: A rule", f"title: {'very ' * 20}long", ["R007"]),
    "version is no number": ("version: 1", "version: one", ["R007"]),
    "weight out of range": ("weight: 2", "weight: 7", ["R007"]),
    "unknown family": ("family: flow", "family: flaw", ["R007"]),
    "summary begins otherwise": ("summary: Flags", "summary: Finds", ["R007"]),
    "key that is a list": ("version: 1", "version: 1\n? [a, b]\n: 1", ["R009"]),
    "unknown parameter": ("$min_deposits", "$min_deposit", ["R010"]),
    "unknown field": ("tx_type: cash_deposit\n    amount", "tx_typ: cash_deposit\n    amount", ["R011"]),
    "field no rule may use": (
        "    tx_type: cash_deposit\n",
        "    tx_type: cash_deposit\n    status: booked\n",
        ["R011"],
    ),
    "bound of a length is 0": ("min: 1 days, max: 30 days", "min: 0 days, max: 30 days", ["R024"]),
    "derived column hides the customer": (
        "  for_each: account_id",
        "  derive: {party: {most_common: location_city}}\n  for_each: account_id",
        ["R019"],
    ),
    "measure named like the amount": (
        "    deposits: {count",
        "    amount_eur: {largest: amount_eur}\n    deposits: {count",
        ["R019"],
    ),
    "two fields that must differ": (
        "  for_each: account_id",
        "  derive: {pay: {follows: {where: {direction: debit}, within: 1 days, different: [mcc, channel]}}}\n"
        "  for_each: account_id",
        ["R025"],
    ),
    "flag that must agree": (
        "  for_each: account_id",
        "  derive: {pay: {follows: {where: {direction: debit}, within: 1 days, same: [own_transfer]}}}\n"
        "  for_each: account_id",
        ["R040"],
    ),
    "largest of times": ("{count: transactions}", "{largest: booking_ts}", ["R040"]),
    "different flags": ("{count: transactions}", "{distinct: own_transfer}", ["R040"]),
    "amount in a role": ("{account_id: possible_controller}", "{amount_eur: unknown}", ["R040"]),
    "repeated less than once": (
        "  headline: total",
        "  headline: total\n  repeat: {times: 0, within: 9 days}",
        ["R024"],
    ),
    "repeated one and a half times": (
        "  headline: total",
        "  headline: total\n  repeat: {times: 1.5, within: 9 days}",
        ["R021"],
    ),
    "whole period repeated": (
        "  window: rolling $window",
        "  window: whole period\n  repeat: {times: 2, within: $window}",
        ["R025"],
    ),
    "division by zero inside the bounds": (
        "{at_least: $near * $threshold, below: $threshold}",
        "{at_least: $threshold / ($min_deposits - 3), below: $near * $threshold}",
        ["R024"],
    ),
    "multiple of what may be 0": (
        "{at_least: $near * $threshold, below: $threshold}",
        "{at_least: $near * $threshold, multiple_of: $threshold - $threshold}",
        ["R024"],
    ),
    "unknown list": (
        "    tx_type: cash_deposit\n",
        "    remittance_info: {mentions_list: keywords.sexual_service}\n",
        ["R012"],
    ),
    "unknown test": ("below: $threshold", "bellow: $threshold", ["R013"]),
    "citizenship": ("    tx_type: cash_deposit\n", "    party.citizenship: XX\n", ["R014"]),
    "grouping by birthplace": ("for_each: account_id", "for_each: [account_id, party.birthplace]", ["R014"]),
    "counting religions": ("{count: transactions}", "{distinct: party.religion}", ["R014"]),
    "name of a person": ("    tx_type: cash_deposit\n", "    party.name: Maria\n", ["R014"]),
    "name outside payee lists": ("    tx_type: cash_deposit\n", "    cp_name: Maria\n", ["R014"]),
    "measure named after sex": (
        "    deposits: {count",
        "    gender: {count: transactions}\n    deposits: {count",
        ["R014"],
    ),
    "list of another kind": ("    tx_type: cash_deposit\n", "    mcc: {in_list: keywords.rent}\n", ["R015"]),
    "unknown typology": ("[laundering]", "[loundering]", ["R016"]),
    "unknown role": ("possible_controller", "possible_controler", ["R016"]),
    "hit_by names no rule": ("    tx_type: cash_deposit\n", "    account_id: {hit_by: [SEX-1]}\n", ["R016"]),
    "unused parameter": ("window: rolling $window", "window: rolling 7 days", ["R017"]),
    "name twice": ("for_each: account_id", "for_each: [account_id, account_id]", ["R019"]),
    "unknown kind": ("kind: aggregate", "kind: agregate", ["R020"]),
    "sequence": ("kind: aggregate", "kind: sequence", ["R003", "R004", "R004", "R031", "R031", "R004"]),
    "unknown measure": ("{largest: amount_eur}", "{maximum: amount_eur}", ["R020"]),
    "own past": ("{largest: amount_eur}", "{usual: total, over: 6 windows}", ["R003", "R025"]),
    "money without unit": ("below: $threshold", "below: 10000", ["R021"]),
    "unknown unit": ("below: $threshold", "below: 10000 USD", ["R021"]),
    "no such day": ("    tx_type: cash_deposit\n", "    value_date: {above: 2024-02-30}\n", ["R021"]),
    "value outside the set": (
        "tx_type: cash_deposit\n    amount",
        "tx_type: cash_deposits\n    amount",
        ["R022"],
    ),
    "test that does not go with the field": (
        "{at_least: $near * $threshold, below",
        "{mentions: a, below",
        ["R023"],
    ),
    "free text without a list": (
        "    tx_type: cash_deposit\n",
        "    remittance_info: {mentions: [escort]}\n",
        ["R023"],
    ),
    "bounds that contradict": ("below: $threshold", "below: 100 EUR", ["R024"]),
    "window of zero": ("rolling $window", "rolling 0 days", ["R024"]),
    "lines that contradict": (
        "    - total > $threshold\n",
        "    - total > $threshold\n    - deposits < 2\n",
        ["R024"],
    ),
    "division by zero": ("{largest: amount_eur}", "{formula: total / 0}", ["R024"]),
    "no window": ("rolling $window", "sliding $window", ["R025"]),
    "default outside its bounds": ("value: 3, min: 2", "value: 1, min: 2", ["R026"]),
    "two comparisons in one line": (
        "deposits >= $min_deposits",
        "deposits >= 3 and total > $threshold",
        ["R030"],
    ),
    "line ends early": ("total > $threshold", "total >", ["R030"]),
    "single equals sign": ("deposits >= $min_deposits", "deposits = $min_deposits", ["R030"]),
    "unknown name in a line": ("deposits >= $min_deposits", "deposit >= $min_deposits", ["R031"]),
    "line without comparison": ("deposits >= $min_deposits", "deposits", ["R032"]),
    "money against share": ("total > $threshold", "total > $near", ["R033"]),
    "money plus number": ("total > $threshold", "total + deposits > $threshold", ["R033"]),
    "sum of a text": ("{sum: amount_eur}", "{sum: cp_country}", ["R040"]),
    "wider group that is none": ("{sum: amount_eur}", "{sum: amount_eur, for_each: cp_account_id}", ["R042"]),
    "headline that is no measure": ("headline: total", "headline: totl", ["R043"]),
    "line that is the same for everyone": (
        "    - total > $threshold\n",
        "    - $threshold > 1 EUR\n",
        ["R044"],
    ),
    "unknown value in the evidence": ("{deposits} cash", "{deposit} cash", ["R045"]),
    "unknown format": ("{largest:money}", "{largest:mony}", ["R046"]),
    "format that does not go": ("{deposits} cash", "{deposits:money} cash", ["R046"]),
    "stray brace": ("{deposits} cash", "{deposits cash", ["R047"]),
    "test without rows": (
        "      transactions:\n        rows: [{account_id: A1, tx_type: cash_deposit, "
        "booking_ts: 2024-03-04 10:00, amount_eur: 4500}]\n",
        "      {}\n",
        ["R060"],
    ),
    "unknown table": ("      transactions:\n        rows", "      movements:\n        rows", ["R061"]),
    "unknown column": ("amount_eur: 4500", "amount_euro: 4500", ["R062"]),
    "cell that cannot be read": ("amount_eur: 4500", "amount_eur: 4.500", ["R063"]),
    "time that does not exist": (
        "2024-03-04 10:00, amount_eur: 4500",
        "2024-03-04 25:00, amount_eur: 4500",
        ["R063"],
    ),
    "test parameter outside bounds": ("threshold: 5000 EUR", "threshold: 500 EUR", ["R064"]),
    "expected field that no hit has": ("deposits: 3, total", "deposit: 3, total", ["R065"]),
    "expectation of another shape": ("expect: no hits", "expect: nothing", ["R065"]),
    "no negative test": ("expect: no hits", "expect: [{account_id: A1}]", ["R071"]),
    "no test of a missing value": ("amount_eur: ~", "amount_eur: 1", ["R071"]),
    "extreme in a line": (
        "    - total > $threshold\n",
        "    - total > $threshold\n    - largest >= 9000 EUR\n",
        ["W104"],
    ),
    "source without a place": ("at: page 12, ", "", ["W106"]),
    "negative test without missing": (
        "    tx_type: cash_deposit\n",
        "    tx_type: {is_not: cheque}\n",
        ["W108"],
    ),
    "accusing word": ("A rule of the tests", "Deposits of a trafficker", ["R029"]),
    "several faults at once": (
        '  headline: total\nevidence: "{deposits} cash',
        '  headline: totl\nevidence: "{deposit} cash',
        ["R043", "R045"],
    ),
}

STAR_CASES: dict[str, tuple[str, str, list[str]]] = {
    "star measures a median": (
        "client_fees: {sum: amount_eur, where: {link: client_fee}}",
        "client_fees: {median: amount_eur, where: {link: client_fee}}",
        ["R040"],
    ),
    "star counts days": (
        "clients: {distinct: member, where: {link: client_fee}}",
        "clients: {days_active: transactions, where: {link: client_fee}}",
        ["R040"],
    ),
    "star counts some cycles": ("{count: cycles}", "{count: cycles, where: {link: payout}}", ["R040"]),
    "star centre without a role": ("centre: organiser", "centre: organizer", ["R051"]),
    "star role that nobody plays": (
        "client: possible_client,",
        "client: possible_client, helper: unknown,",
        ["R051"],
    ),
    "star with an unknown link": (
        "{link: client_fee}}\n    kept",
        "{link: client_fees}}\n    kept",
        ["R053"],
    ),
    "star with a single leg": (
        "    - {name: travel, direction: debit, where: {mcc: {in_list: mcc.travel}}}\n"
        "    - {name: fee, direction: debit, where: {cp_name: {mentions_list: payees.municipalities}}}\n",
        "",
        ["R052"],
    ),
    "star cycle within nothing": ("cycle_within: $cycle", "cycle_within: 0 days", ["R024"]),
}


def broken(text: str, case: tuple[str, str, list[str]]) -> str:
    old, new, _ = case
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(("name", "base"), [(n, CASH) for n in CASES] + [(n, STAR) for n in STAR_CASES])
def test_a_broken_rule_gives_the_stored_diagnostics(
    name: str, base: str, golden: Callable[[Path, str], None]
) -> None:
    case = (CASES | STAR_CASES)[name]
    rule, found = bind_text(broken(base, case), "rules/cash/THB-CASH-003.yaml", lists())
    assert [d.code for d in found] == case[2], "\n".join(d.render() for d in found)
    assert (rule is None) == any(d.severity == "error" for d in found)
    golden(GOLDEN / f"{name.replace(' ', '_')}.txt", "\n\n".join(d.render() for d in found) + "\n")


def test_the_samples_themselves_are_right() -> None:
    for text in (CASH, STAR):
        rule, found = bind_text(text, "THB.yaml", lists())
        assert [d.render() for d in found] == []
        assert rule is not None


def test_no_stored_diagnostics_are_left_over() -> None:
    wanted = {f"{name.replace(' ', '_')}.txt" for name in CASES | STAR_CASES}
    assert {p.name for p in GOLDEN.glob("*.txt")} == wanted


@pytest.mark.parametrize("name", [*CASES, *STAR_CASES])
def test_carets_stand_inside_the_line(name: str) -> None:
    base = CASH if name in CASES else STAR
    _, found = bind_text(broken(base, (CASES | STAR_CASES)[name]), "THB.yaml", lists())
    for d in found:
        assert 1 <= d.span.column < d.span.end_column
        assert d.span.column <= len(d.source_line) + 1


def test_a_name_whose_definition_failed_is_silent_afterwards() -> None:
    text = CASH.replace("min_deposits: {value: 3,", "min_deposits: {value: three,", 1)
    _, found = bind_text(text, "THB.yaml", lists())
    assert [d.code for d in found] == ["R021"]


def test_at_most_fifty_findings_per_file_are_shown() -> None:
    lines = "".join(f"    - unknown_{i} >= 1\n" for i in range(80))
    text = CASH.replace("    - total > $threshold\n", lines)
    _, found = bind_text(text, "THB.yaml", lists())
    assert len(found) == 50


def test_an_unknown_fact_is_reported_when_the_profile_is_known() -> None:
    text = CASH.replace("  where:\n", "  derive:\n    wage: {fact: minimum_wag}\n  where:\n", 1)
    _, found = bind_text(text, "THB.yaml", lists(), facts={"minimum_wage": Unit.MONEY})
    assert [(d.code, d.help) for d in found] == [("R016", "did you mean 'minimum_wage'?")]


def test_a_rule_whose_tests_expect_nothing_is_refused() -> None:
    start = CASH.index("  - name: three deposits")
    text = CASH[:start] + CASH[CASH.index("  - name: two are") :]
    _, found = bind_text(text, "THB.yaml", lists())
    assert [d.code for d in found] == ["R066"]

"""What a right rule means once it is bound."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.rules.samples import CASH, STAR, lists, rule
from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.binder import bind_text
from thbscreen.rules.pack import resolve


def bound(text: str) -> ast.Rule:
    found, diagnostics = bind_text(text, "THB.yaml", lists())
    assert found is not None, "\n".join(d.render() for d in diagnostics)
    return found


def aggregate(text: str) -> ast.Aggregate:
    detect = bound(text).detect
    assert isinstance(detect, ast.Aggregate)
    return detect


AGG = """\
  kind: aggregate
  where: {direction: credit}
  for_each: account_id
  window: rolling 7 days
  measures:
    n: {count: transactions}
  flag_when:
    - n >= 3
"""


def with_where(where: str) -> ast.Where:
    return aggregate(rule(AGG.replace("{direction: credit}", where))).where


def test_a_scalar_means_is_and_a_list_means_in() -> None:
    one, many = with_where("{direction: credit, tx_type: [cheque, fee]}").conditions
    assert one == ast.Test("direction", "is", ast.Value(Unit.TEXT, "credit", "credit"))
    assert isinstance(many, ast.Test)
    assert many.op == "in"


def test_several_tests_on_one_field_are_all_kept() -> None:
    tests = with_where("{amount_eur: {at_least: 20 EUR, at_most: 300 EUR}}").conditions
    assert [t.op for t in tests if isinstance(t, ast.Test)] == ["at_least", "at_most"]


def test_norway_and_leading_zeros_stay_text() -> None:
    country, code = with_where("{cp_country: NO, mcc: 0742}").conditions
    assert isinstance(country, ast.Test)
    assert isinstance(code, ast.Test)
    assert country.operand == ast.Value(Unit.TEXT, "NO", "NO")
    assert code.operand == ast.Value(Unit.TEXT, "0742", "0742")


def test_a_flag_is_tested_by_true_and_false() -> None:
    (test,) = with_where("{own_transfer: false}").conditions
    assert test == ast.Test("own_transfer", "is", ast.Value(Unit.FLAG, False, "false"))


def test_structure_nests() -> None:
    (any_of, none_of) = with_where(
        "{any_of: [{direction: debit}, {none_of: [{mcc: 0001}]}], none_of: [{mcc: 0002}]}"
    ).conditions
    assert isinstance(any_of, ast.AnyOf)
    assert isinstance(any_of.wheres[1].conditions[0], ast.NoneOf)
    assert isinstance(none_of, ast.NoneOf)


def test_compare_reads_fields_of_the_row_and_of_a_matched_row() -> None:
    text = rule(
        """\
  kind: transaction
  derive:
    pay: {follows: {where: {direction: credit}, within: 72 hours, different: [cp_account_id]}}
  where:
    direction: debit
    pay: {missing: false}
    compare: ["amount_eur >= $share * pay.amount_eur"]
""",
        parameters="  share: {value: 50%, min: 10%, max: 100%, stricter: lower, means: share}\n",
        evidence='"{amount_eur:money} after {pay.booking_ts:date}"',
        roles="{account_id: unknown, pay.cp_account_id: employer}",
    )
    found = bound(text)
    assert isinstance(found.detect, ast.Transaction)
    compare = found.detect.where.conditions[-1]
    assert isinstance(compare, ast.Compare)
    assert compare.left == ast.Name("amount_eur", Unit.MONEY)
    assert found.columns == ("account_id", "amount_eur", "booking_ts", "cp_account_id", "direction")
    assert found.needs_time_of_day
    assert found.look_back == ast.Length(72, "hours")


def test_weekdays_may_be_short() -> None:
    (test,) = with_where("{booking_ts: {weekday: [sat, Sunday]}}").conditions
    assert isinstance(test, ast.Test)
    assert isinstance(test.operand, tuple)
    assert [o.payload for o in test.operand if isinstance(o, ast.Value)] == ["saturday", "sunday"]


def test_hit_by_makes_a_rule_run_later() -> None:
    found = bound(
        rule(AGG.replace("{direction: credit}", "{cp_account_id: {hit_by: [THB-SEX-011, THB-MIT-001]}}"))
    )
    assert found.after == ("THB-MIT-001", "THB-SEX-011")


def test_names_are_tested_through_lists_of_payees_only() -> None:
    (test,) = with_where("{cp_name: {mentions_list: payees.municipalities}}").conditions
    assert isinstance(test, ast.Test)
    assert test.operand == "payees.municipalities"
    _, found = bind_text(
        rule(AGG.replace("{direction: credit}", "{cp_name: {mentions_list: keywords.rent}}")), "x", lists()
    )
    assert [d.code for d in found] == ["R014"]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("rolling 2 weeks", ast.Rolling(ast.Value(Unit.LENGTH, ast.Length(2, "weeks"), "2 weeks"))),
        ("calendar month", ast.Calendar("month")),
        ("calendar week", ast.Calendar("week")),
        ("whole period", ast.WholePeriod()),
    ],
)
def test_windows(window: str, expected: ast.Window) -> None:
    assert aggregate(rule(AGG.replace("rolling 7 days", window))).window == expected


@pytest.mark.parametrize(
    ("window", "time_of_day", "look_back"),
    [
        ("rolling 10 minutes", True, ast.Length(10, "minutes")),
        ("rolling 24 hours", True, ast.Length(24, "hours")),
        ("rolling 1 days", False, ast.Length(1, "days")),
        ("calendar month", False, ast.Length(1, "months")),
        ("whole period", False, None),
    ],
)
def test_short_windows_need_times_of_day(
    window: str, time_of_day: bool, look_back: ast.Length | None
) -> None:
    found = bound(rule(AGG.replace("rolling 7 days", window)))
    assert (found.needs_time_of_day, found.look_back) == (time_of_day, look_back)


def test_a_time_of_day_test_needs_times_of_day() -> None:
    found = bound(rule(AGG.replace("{direction: credit}", "{booking_ts: {time_of_day: 22:00-06:00}}")))
    assert found.needs_time_of_day


def test_measures_have_units() -> None:
    text = AGG.replace(
        "    n: {count: transactions}\n",
        """\
    kept: {formula: (total - paid) / total}
    n: {count: transactions}
    total: {sum: amount_eur}
    paid: {sum: amount_eur, where: {tx_type: fee}}
    months: {months_active: transactions}
    people: {distinct: cp_account_id}
    wider: {sum: amount_eur, for_each: account_id}
""",
    ).replace("for_each: account_id\n  window", "for_each: [account_id, cp_account_id]\n  window")
    measures = {m.name: m for m in aggregate(rule(text)).measures}
    assert {name: m.unit for name, m in measures.items()} == {
        "n": Unit.NUMBER,
        "total": Unit.MONEY,
        "paid": Unit.MONEY,
        "months": Unit.NUMBER,
        "people": Unit.NUMBER,
        "wider": Unit.MONEY,
        "kept": Unit.SHARE,
    }
    assert measures["wider"].for_each == ("account_id",)
    assert list(measures)[-1] == "kept"


def test_every_derived_kind_binds() -> None:
    text = (
        AGG.replace(
            "  where:",
            """\
  derive:
    forwarded: {forwarded_within: 48 hours}
    home: {most_common: location_city, where: {tx_type: card_purchase}}
    district: {lookup: location_city, in: places.districts}
    wage: {fact: minimum_wage}
    before:
      follows: {where: {tx_type: fee}, within: 2 days, same: [cp_account_id], different: [district]}
  where:""",
        )
        .replace("n: {count: transactions}", "n: {sum: forwarded}")
        .replace("n >= 3", "n >= 3 EUR")
    )
    kinds = [type(d).__name__ for d in aggregate(rule(text)).derive]
    assert kinds == ["ForwardedWithin", "MostCommon", "Lookup", "Fact", "Follows"]


def test_a_rule_over_customers_reads_customer_fields_plainly() -> None:
    text = rule(
        """\
  kind: aggregate
  table: parties
  where: {kind: natural, phone_hash: {missing: false, not_in_list: house_numbers}}
  for_each: phone_hash
  window: whole period
  measures:
    people: {distinct: party_id}
  flag_when:
    - people >= 3
""",
        roles="{phone_hash: possible_controller, party_id: possible_victim}",
    ).replace("- {account_id: A1}\n", "- {phone_hash: P1}\n")
    found = bound(text)
    assert found.columns == ("party.kind", "party.party_id", "party.phone_hash")
    assert found.look_back is None


def test_a_star_binds_with_its_links() -> None:
    detect = bound(STAR).detect
    assert isinstance(detect, ast.Star)
    assert [leg.name for leg in detect.legs] == ["travel", "fee", "payout"]
    assert [m.link for m in detect.measures] == [None, "payout", "client_fee", "client_fee", "payout", None]
    assert next(m for m in detect.measures if m.name == "cycles").field == "cycles"


def test_evidence_has_default_formats() -> None:
    slots = [p for p in bound(CASH).evidence if isinstance(p, ast.Slot)]
    assert [(s.name, s.format) for s in slots] == [
        ("deposits", "count"),
        ("largest", "money"),
        ("total", "money"),
        ("starts", "date"),
        ("ends", "date"),
    ]


def test_inline_tests_keep_rows_with_defaults_and_missing_values() -> None:
    case = bound(CASH).tests[0]
    ((table, rows),) = case.tables
    assert table == "transactions"
    assert dict(rows[0]) == {
        "account_id": "A1",
        "tx_type": "cash_deposit",
        "booking_ts": "2024-03-04 10:00",
        "amount_eur": "9000",
    }
    assert dict(rows[3])["amount_eur"] is None
    assert isinstance(case.expect, tuple)
    assert dict(case.expect[0])["tx_ids"] == "T01+T02+T03"


# --- resolving and digests -----------------------------------------------------------------------


def test_resolving_puts_values_in_and_leaves_no_parameter() -> None:
    found = resolve(bound(CASH), None, (("window", "12 days"), ("min_deposits", "4")))
    assert "Param(" not in repr(found.detect)
    assert found.look_back == ast.Length(12, "days")
    assert {p.name: p.value.payload for p in found.parameters}["min_deposits"] == Decimal(4)


def test_the_digest_of_a_rule_is_that_of_its_defaults_put_in() -> None:
    assert resolve(bound(CASH), None).digest == bound(CASH).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: A rule", "title: Another rule"),
        ("detect:\n", "detect: # a comment\n"),
        ("means: deposits in the window", "means: how many"),
        ('evidence: "{deposits} cash', 'evidence: "{deposits} bank'),
        ("10000 EUR, min", "10000.00 EUR, min"),
        ("value: 80%", "value: 80.0%"),
        ("- deposits >= $min_deposits", "- deposits  >=  $min_deposits"),
    ],
)
def test_texts_and_spelling_do_not_change_the_digest(old: str, new: str) -> None:
    assert old in CASH
    assert bound(CASH.replace(old, new, 1)).digest == bound(CASH).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value: 3, min", "value: 4, min"),
        ("deposits >=", "deposits >"),
        ("weight: 2", "weight: 1"),
        ("family: flow", "family: spend"),
        ("possible_controller", "unknown"),
        ("weight: 2\n", "weight: 2\nthird_party: true\n"),
        ("tx_type: cash_deposit\n    amount", "tx_type: cash_withdrawal\n    amount"),
    ],
)
def test_a_change_of_meaning_changes_the_digest(old: str, new: str) -> None:
    assert old in CASH
    assert bound(CASH.replace(old, new, 1)).digest != bound(CASH).digest


# --- scope of this version ------------------------------------------------------------------------


def test_mitigation_subtracts() -> None:
    text = rule(AGG).replace("family: flow\nweight: 2", "family: mitigation\nweight: -2")
    found = bound(text.replace("summary: Flags", "summary: Recognises"))
    assert (found.weight, found.level) == (-2, "low")
    _, wrong = bind_text(text.replace("weight: -2", "weight: 1"), "x", lists())
    assert "R007" in [d.code for d in wrong]

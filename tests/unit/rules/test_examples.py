"""One rule of each usual shape binds without any finding; a new shape gets a line here."""

from __future__ import annotations

import pytest

from tests.unit.rules.samples import lists, rule
from thbscreen.rules.ast import Unit
from thbscreen.rules.binder import bind_text


def number(name: str, value: str, low: str, high: str) -> str:
    return f"  {name}: {{value: {value}, min: {low}, max: {high}, stricter: lower, means: {name}}}\n"


#: Name: (detect block, parameters, evidence, roles).
SHAPES: dict[str, tuple[str, str, str, str]] = {
    "words in a payment text": (
        """\
  kind: transaction
  where:
    remittance_info: {mentions_list: keywords.sexual_services}
    amount_eur: {at_least: $min_amount}
    none_of:
      - {mcc: 8011}
""",
        number("min_amount", "10 EUR", "0 EUR", "100 EUR"),
        "\"{booking_ts:date}: {amount_eur:money} {direction}, text '{remittance_info}'.\"",
        "{account_id: unknown}",
    ),
    "merchant codes in a rolling window": (
        """\
  kind: aggregate
  where: {direction: debit, mcc: {in_list: mcc.dating_escort}, amount_eur: {at_most: $max}}
  for_each: account_id
  window: rolling 30 days
  measures:
    payments: {count: transactions}
    spent: {sum: amount_eur}
    days: {days_active: transactions}
  flag_when:
    - payments >= $min
    - any_of:
        - days >= 5
        - spent >= 400 EUR
  headline: payments
""",
        number("min", "8", "4", "30") + number("max", "150 EUR", "20 EUR", "500 EUR"),
        '"{payments} payments ({spent:money}) on {days} days, {starts:date} to {ends:date}."',
        "{account_id: unknown}",
    ),
    "share at night in a calendar month": (
        """\
  kind: aggregate
  where: {direction: credit, amount_eur: {below: 500 EUR}}
  for_each: account_id
  window: calendar month
  measures:
    credits: {count: transactions}
    night: {count: transactions, where: {booking_ts: {time_of_day: 22:00-06:00}}}
    senders: {distinct: cp_account_id}
    share: {formula: night / credits}
  flag_when:
    - credits >= 5
    - share >= $night_share
""",
        number("night_share", "60%", "30%", "95%"),
        '"{night} of {credits} payments ({share:percent}) came at night, from {senders} senders."',
        "{account_id: unknown}",
    ),
    "money that leaves again": (
        """\
  kind: aggregate
  derive:
    forwarded: {forwarded_within: $hold}
  where: {direction: credit}
  for_each: account_id
  window: rolling 7 days
  measures:
    received: {sum: amount_eur}
    left: {sum: forwarded}
    share: {formula: left / received}
  flag_when:
    - received >= 2000 EUR
    - share >= 80%
  headline: received
""",
        number("hold", "24 hours", "1 hours", "3 days"),
        '"Of {received:money}, {left:money} ({share:percent}) had left again."',
        "{account_id: unknown}",
    ),
    "many senders to a natural person": (
        """\
  kind: aggregate
  where: {direction: credit, amount_eur: {at_least: 20 EUR, at_most: 300 EUR}, party.kind: natural}
  for_each: account_id
  window: rolling 14 days
  measures:
    senders: {distinct: cp_account_id}
    credits: {count: transactions}
    total: {sum: amount_eur}
    each: {formula: credits / senders}
  flag_when:
    - senders >= 4
    - each <= 2
  headline: senders
""",
        "",
        '"{senders} people paid {total:money} in {credits} payments."',
        "{account_id: possible_controller}",
    ),
    "attribute shared by customers": (
        """\
  kind: aggregate
  table: parties
  where: {kind: natural, address_hash: {missing: false, not_in_list: house_numbers}}
  for_each: address_hash
  window: whole period
  measures:
    people: {distinct: party_id}
    employers: {distinct: employer_id}
  flag_when:
    - people >= 3
    - people <= 40
    - employers == 1
""",
        "",
        '"{people} customers of one employer gave the same address."',
        "{address_hash: place, party_id: possible_victim}",
    ),
    "turnover against declared income": (
        """\
  kind: aggregate
  where: {direction: credit, party.occupation: [student, domestic_worker], party.age_band: [18-24, 25-29]}
  for_each: party_id
  window: calendar month
  measures:
    received: {sum: amount_eur}
    declared: {largest: party.declared_monthly_income_eur}
    ratio: {formula: received / declared}
  flag_when:
    - received >= 1500 EUR
    - ratio >= 3
""",
        "",
        '"{received:money} in {starts:month} against a declared {declared:money}."',
        "{party_id: possible_victim}",
    ),
    "several people at one machine": (
        """\
  kind: aggregate
  where: {direction: debit, tx_type: cash_withdrawal}
  for_each: terminal_id
  window: rolling 10 minutes
  measures:
    people: {distinct: account_id}
    employers: {distinct: party.employer_id}
    drawn: {sum: amount_eur}
  flag_when:
    - people >= 4
    - employers == 1
  headline: people
""",
        "",
        '"{people} accounts drew {drawn:money} at {terminal_id} from {starts:time} to {ends:time}."',
        "{terminal_id: place, account_id: possible_victim, party.employer_id: employer}",
    ),
    "many receivers in one country": (
        """\
  kind: aggregate
  where:
    direction: debit
    amount_eur: {at_most: 500 EUR}
    cp_country: {not_in_list: countries.eea, missing: false}
  for_each: [account_id, cp_country]
  window: rolling 30 days
  measures:
    receivers: {distinct: cp_account_id}
    sent: {sum: amount_eur}
    outflow: {sum: amount_eur, for_each: account_id}
    share: {formula: sent / outflow}
  flag_when:
    - receivers >= 4
    - share >= 50%
  headline: receivers
""",
        "",
        '"{sent:money} to {receivers} people in {cp_country}."',
        "{account_id: possible_recruiter}",
    ),
    "episodes that repeat": (
        """\
  kind: aggregate
  derive:
    wage: {fact: minimum_wage}
  where: {direction: credit, purpose_code: SALA, compare: [amount_eur < 90% * wage]}
  for_each: [account_id, cp_account_id]
  window: rolling 3 days
  measures:
    paid: {sum: amount_eur}
  flag_when:
    - paid > 0 EUR
  repeat: {times: 2, within: 60 days}
""",
        "",
        '"{episodes} times less than the minimum, last {window_ends:date}."',
        "{account_id: possible_victim, cp_account_id: employer}",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_rule_of_a_usual_shape_binds(name: str) -> None:
    detect, parameters, evidence, roles = SHAPES[name]
    text = rule(detect, parameters=parameters, evidence=evidence, roles=roles)
    subject = roles[1:].partition(":")[0]
    text = text.replace("- {account_id: A1}\n", f"- {{{subject}: A1}}\n")
    found, diagnostics = bind_text(text, "THB-TEST-001.yaml", lists(), facts={"minimum_wage": Unit.MONEY})
    assert [d.render() for d in diagnostics if d.code != "W102"] == []
    assert found is not None

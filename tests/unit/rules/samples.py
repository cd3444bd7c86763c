"""Rule texts that the tests of the rule language share."""

from __future__ import annotations

from functools import cache

from thbscreen.rules import bundle
from thbscreen.rules.lists import bind_list

HEAD = """\
rule: {id}
title: A rule of the tests
version: 1
status: test
family: {family}
weight: 2
summary: Flags movements of the tests.
sources:
  - {{cite: "OSCE, Following the Money, 2019", at: page 12, kind: guidance}}
typologies: [laundering]
roles: {roles}
innocent_explanations:
  - A shop that banks its daily takings
care: The holder may be a victim. Do not contact.
"""

TAIL = """\
report: {indicator: thb.test, keywords: [cash]}
"""

CASH = (
    HEAD.format(id="THB-CASH-003", family="flow", roles="{account_id: possible_controller}")
    + """\
parameters:
  threshold: {value: 10000 EUR, min: 1000 EUR, max: 15000 EUR, stricter: neither, means: threshold}
  near: {value: 80%, min: 50%, max: 95%, stricter: lower, means: how close a deposit must be}
  min_deposits: {value: 3, min: 2, max: 10, stricter: lower, means: deposits in the window}
  window: {value: 7 days, min: 1 days, max: 30 days, stricter: higher, means: length of the window}
detect:
  kind: aggregate
  where:
    tx_type: cash_deposit
    amount_eur: {at_least: $near * $threshold, below: $threshold}
  for_each: account_id
  window: rolling $window
  measures:
    largest: {largest: amount_eur}
    deposits: {count: transactions}
    total: {sum: amount_eur}
  flag_when:
    - deposits >= $min_deposits
    - total > $threshold
  headline: total
evidence: "{deposits} cash deposits up to {largest:money}, together {total:money}, {starts:date} to {ends}."
"""
    + TAIL
    + """\
tests:
  - name: three deposits in a week make one hit
    given:
      transactions:
        defaults: {account_id: A1, tx_type: cash_deposit}
        rows:
          - {booking_ts: 2024-03-04 10:00, amount_eur: 9000}
          - {booking_ts: 2024-03-06 10:00, amount_eur: 9500}
          - {booking_ts: 2024-03-08 10:00, amount_eur: 9900}
          - {booking_ts: 2024-03-08 11:00, amount_eur: ~}
    expect:
      - {account_id: A1, deposits: 3, total: 28400, starts: 2024-03-04, tx_ids: T01+T02+T03}
  - name: two are not enough
    parameters: {threshold: 5000 EUR}
    given:
      transactions:
        rows: [{account_id: A1, tx_type: cash_deposit, booking_ts: 2024-03-04 10:00, amount_eur: 4500}]
    expect: no hits
"""
)

STAR = (
    HEAD.format(
        id="THB-MAR-001",
        family="network",
        roles="{organiser: possible_organiser, client: possible_client, recruited: possible_victim}",
    )
    + """\
parameters:
  min_cycles: {value: 2, min: 2, max: 20, stricter: lower, means: complete cycles}
  cycle: {value: 21 days, min: 3 days, max: 90 days, stricter: higher, means: time of one cycle}
  payout_min: {value: 300 EUR, min: 50 EUR, max: 1000 EUR, stricter: lower, means: smallest pay-out}
  payout_max: {value: 1500 EUR, min: 500 EUR, max: 5000 EUR, stricter: higher, means: largest pay-out}
  span: {value: 90 days, min: 30 days, max: 365 days, stricter: higher, means: time of all cycles}
detect:
  kind: network
  centre: organiser
  where: {party.kind: natural}
  legs:
    - {name: travel, direction: debit, where: {mcc: {in_list: mcc.travel}}}
    - {name: fee, direction: debit, where: {cp_name: {mentions_list: payees.municipalities}}}
    - name: payout
      direction: debit
      member: recruited
      where: {amount_eur: {at_least: $payout_min, at_most: $payout_max}, none_of: [{cp.kind: legal}]}
  cycle_within: $cycle
  links:
    - {name: client_fee, direction: credit, member: client, where: {amount_eur: {at_least: 3000 EUR}}}
  within: $span
  measures:
    cycles: {count: cycles}
    recruited: {distinct: member, where: {link: payout}}
    clients: {distinct: member, where: {link: client_fee}}
    kept: {formula: client_fees / payouts}
    client_fees: {sum: amount_eur, where: {link: client_fee}}
    payouts: {sum: amount_eur, where: {link: payout, amount_eur: {at_least: 1 EUR}}}
  flag_when:
    - cycles >= $min_cycles
    - recruited >= 2
  headline: cycles
evidence: "{cycles} cycles from {starts:date} to {ends:date}; {recruited} people received {payouts:money}."
"""
    + TAIL
    + """\
tests:
  - name: two full cycles
    given:
      parties: {defaults: {kind: natural}, rows: [{party_id: ORG, account_id: ORG}]}
      transactions:
        defaults: {account_id: ORG, direction: debit}
        rows:
          - {booking_ts: 2024-01-08 10:00, amount_eur: 180, mcc: 4511}
          - {booking_ts: 2024-01-12 10:00, amount_eur: 282, cp_name: ΔΗΜΟΣ ΛΕΥΚΑΡΩΝ}
          - {booking_ts: 2024-01-14 10:00, amount_eur: 700, cp_account_id: R1}
    expect:
      - {organiser: ORG, cycles: 2, recruited: 2, client_fees: 11000, members: K1+K2+R1+R2}
  - name: one's own wedding is a single cycle
    given:
      transactions: {rows: [{account_id: ORG, direction: debit, booking_ts: 2024-01-08, amount_eur: 180}]}
    expect: no hits
"""
)


def rule(
    detect: str, *, evidence: str = '"Seen."', parameters: str = "", roles: str = "{account_id: unknown}"
) -> str:
    """Gives a whole draft around a detect block (indented by two blanks)."""
    return (
        HEAD.format(id="THB-TEST-001", family="flow", roles=roles).replace("status: test", "status: draft")
        + (f"parameters:\n{parameters}" if parameters else "")
        + f"detect:\n{detect}evidence: {evidence}\n"
        + TAIL
        + """\
tests:
  - name: found
    given:
      transactions: {rows: [{account_id: A1, booking_ts: 2024-01-08, amount_eur: 5, cp_account_id: ~}]}
    expect:
      - {account_id: A1}
  - name: not found
    given:
      transactions: {rows: [{account_id: A1, booking_ts: 2024-01-08, amount_eur: 5}]}
    expect: no hits
"""
    )


#: Kind and, from the entries on, the text of small lists.
LIST_TEXTS = {
    "keywords.sexual_services": (
        "words",
        "{en: [escort, escorts, 'call girl*'], el: [συνοδο*], ru: [эскорт*]}\n"
        "must_match: [Эскорт-услуги]\nmust_not_match: [escorted tour]",
    ),
    "keywords.rent": (
        "words",
        "{en: [rent], el: [ενοίκιο]}\nmust_match: [ΕΝΟΙΚΙΟ]\nmust_not_match: [Parents]",
    ),
    "payees.municipalities": (
        "words",
        "{el: [δήμος], en: [municipality]}\nmust_match: [ΔΗΜΟΣ]\nmust_not_match: [Dimosthenous]",
    ),
    "mcc.dating_escort": ("codes", "['7273']\nmust_match: [7273]\nmust_not_match: [7274]"),
    "mcc.travel": ("codes", "[4511, 3000-3299]\nmust_match: [3000, 4511]\nmust_not_match: [3300]"),
    "countries.eea": ("values", "[CY, NO, IS]\nmust_match: [CY]\nmust_not_match: [GB]"),
    "house_numbers": ("values", "[HOUSE]\nmust_match: [HOUSE]\nmust_not_match: [house]"),
    "places.districts": (
        "map",
        "{limassol: [lemesos, Λεμεσός], larnaca: [larnaka]}\nmust_match: [ΛΕΜΕΣΟΣ]\nmust_not_match: [Kition]",
    ),
}


@cache
def lists() -> dict[str, bundle.WordList]:
    """Gives small lists by name."""
    out = {}
    for name, (kind, entries) in LIST_TEXTS.items():
        text = f"list: {name}\nkind: {kind}\ntitle: Test\nreviewed: 2026-01-31\n"
        text += f"sources: [{{cite: test, at: page 1, kind: expert}}]\nentries: {entries}\n"
        found, findings = bind_list(text, f"{name}.yaml")
        assert found is not None, findings.items
        out[name] = found
    return out

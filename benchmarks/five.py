"""The five windows of the hand-written SQL as rules, so that both do the same work.

Four give the same accounts as the SQL. The fifth asks more: money that is passed on counts each cent once,
first in first out, where the SQL sums whatever leaves within 48 hours of each payment.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from string import Template

_RULE = Template("""\
rule: THB-ML-$number
title: $title
version: 1
status: test
family: flow
weight: 1
third_party: false
summary: Flags an account by one of the windows that are measured beside SQL.
why: Measured beside SQL; it says nothing about anybody.
sources:
  - {cite: FC20, at: F10, kind: guidance}
typologies: [laundering]
roles: {account_id: unknown}
innocent_explanations:
  - Made data
care: Made data only.
detect:
  kind: aggregate
$detect
report:
  indicator: other
  keywords: [made data]
tests:
  - name: enough of them
    given:
      transactions:
        defaults: {account_id: A1, tx_type: cash_deposit}
        rows:
$rows
    expect:
      - {account_id: A1}
  - name: one of them
    given:
      transactions:
        defaults: {account_id: A1, tx_type: cash_deposit}
        rows:
$one
    expect: no hits
  - name: an unknown amount or payer
    given:
      transactions:
        defaults: {account_id: A1, tx_type: cash_deposit}
        rows:
$unknown
    expect: no hits
""")

#: Name of the query, as in `scan.QUERIES` -> (number, movements that it finds, what the rule detects).
RULES = {
    "cash in small parts, 10 days": (
        "901",
        (
            "{booking_ts: 2026-03-04 10:00, direction: credit, amount_eur: 2000}",
            "{booking_ts: 2026-03-04 10:00, direction: credit, amount_eur: 2000}",
        ),
        """\
  where: {direction: credit, tx_type: cash_deposit, amount_eur: {below: 10000 EUR}}
  for_each: account_id
  window: rolling 10 days
  measures:
    deposits: {count: transactions}
    total: {sum: amount_eur}
  flag_when:
    - deposits >= 2
    - total > 300 EUR
  headline: total
evidence: "{deposits} deposits, {total:money}"
""",
    ),
    "many payers, 30 days": (
        "902",
        (
            "{booking_ts: 2026-03-04 10:00, direction: credit, amount_eur: 1, cp_account_id: P0}",
            "{booking_ts: 2026-03-04 10:00, direction: credit, amount_eur: 1, cp_account_id: P1}",
            "{booking_ts: 2026-03-04 10:00, direction: credit, amount_eur: 1, cp_account_id: P2}",
            "{booking_ts: 2026-03-04 10:00, direction: credit, amount_eur: 1, cp_account_id: P3}",
            "{booking_ts: 2026-03-04 10:00, direction: credit, amount_eur: 1, cp_account_id: P4}",
        ),
        """\
  where: {direction: credit, cp_account_id: {missing: false}}
  for_each: account_id
  window: rolling 30 days
  measures:
    payers: {distinct: cp_account_id}
  flag_when:
    - payers >= 5
  headline: payers
evidence: "{payers} payers"
""",
    ),
    "passed on within 48 hours": (
        "903",
        (
            "{booking_ts: 2026-03-04 10:00, direction: credit, amount_eur: 100}",
            "{booking_ts: 2026-03-04 11:00, direction: debit, amount_eur: 90}",
        ),
        """\
  derive:
    out: {forwarded_within: 48 hours}
  where: {direction: credit, amount_eur: {at_least: 100 EUR}, compare: ["out >= 80% * amount_eur"]}
  for_each: account_id
  window: rolling 1 days
  measures:
    payments: {count: transactions}
    total: {sum: amount_eur}
  flag_when:
    - payments >= 1
  headline: total
evidence: "{payments} payments of {total:money}"
""",
    ),
    "share at night, calendar month": (
        "904",
        (
            "{booking_ts: 2026-03-04 23:00, direction: credit, amount_eur: 1}",
            "{booking_ts: 2026-03-04 23:00, direction: credit, amount_eur: 1}",
            "{booking_ts: 2026-03-04 23:00, direction: credit, amount_eur: 1}",
            "{booking_ts: 2026-03-04 23:00, direction: credit, amount_eur: 1}",
            "{booking_ts: 2026-03-04 23:00, direction: credit, amount_eur: 1}",
        ),
        """\
  where: {direction: credit}
  for_each: account_id
  window: calendar month
  measures:
    payments: {count: transactions}
    at_night: {count: transactions, where: {booking_ts: {time_of_day: "22:00-06:00"}}}
    share: {formula: at_night / payments}
  flag_when:
    - payments >= 5
    - share >= 50%
  headline: share
evidence: "{at_night} of {payments} payments"
""",
    ),
    "rent by its text, 90 days": (
        "905",
        (
            "{booking_ts: 2026-03-04 10:00, direction: debit, amount_eur: 20, remittance_info: rent for May}",
            "{booking_ts: 2026-03-04 10:00, direction: debit, amount_eur: 20, remittance_info: rent for May}",
        ),
        """\
  where: {direction: debit, remittance_info: {mentions_list: keywords.rent}}
  for_each: account_id
  window: rolling 90 days
  measures:
    rents: {count: transactions}
    total: {sum: amount_eur}
  flag_when:
    - rents >= 2
  headline: total
evidence: "{rents} rents, {total:money}"
""",
    ),
}


def write_pack(folder: Path) -> Path:
    """Writes the five rules, with the shipped lists and profile, into a new folder and gives it."""
    shipped = Path(__file__).resolve().parents[1] / "rules"
    shutil.copytree(shipped / "lists", folder / "lists")
    profile = (shipped / "profiles" / "cyprus.yaml").read_text(encoding="utf-8")
    (folder / "profiles").mkdir()
    told, _, _ = profile.partition("goaml:")  # codes of reports name indicators that these rules do not have
    (folder / "profiles" / "cyprus.yaml").write_text(told, encoding="utf-8")
    (folder / "five").mkdir()
    for title, (number, rows, detect) in RULES.items():
        lines = [f"          - {row}" for row in rows]
        unknown = (
            lines[0]
            .replace("amount_eur: ", "amount_eur: null, amount: ")
            .replace("cp_account_id: P0", "cp_account_id: null")
        )
        text = _RULE.substitute(
            number=number, title=title.capitalize(), detect=detect.rstrip("\n"), rows="\n".join(lines),
            one=lines[0], unknown=unknown,
        )  # fmt: skip
        (folder / "five" / f"THB-ML-{number}.yaml").write_text(text, encoding="utf-8")
    return folder

"""The examples of the page on errors are run: its wrong ones give the code, its right ones do not.

`EXAMPLES` says for each code where its fragments go: a text, what they replace in it, and what surrounds
them. A new code needs an example here; only codes that take several files, a date or a lock may stand in
`SHOWN_ELSEWHERE`, and then another test of the rules must name them.
"""

# ruff: noqa: E501 -- an example reads best on one line
from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.rules.samples import CASH, LIST_TEXTS, STAR, lists, rule
from tests.unit.rules.test_error_pages import SECTIONS
from thbscreen.diagnostics import Diagnostic
from thbscreen.rules.binder import bind_text
from thbscreen.rules.lists import bind_list
from thbscreen.rules.pack import check

PLAIN = rule(
    """\
  kind: aggregate
  where:
    direction: credit
  for_each: account_id
  window: rolling 7 days
  measures:
    total: {sum: amount_eur}
    deposits: {count: transactions}
  flag_when:
    - deposits >= 3
  headline: total
"""
)
WORDS = """\
list: keywords.test
kind: words
title: Test
reviewed: 2026-01-31
sources: [{cite: test, at: page 1, kind: expert}]
entries: {en: [escort]}
must_match: ['An ESCORT, at once']
must_not_match: [escorted tour]
"""
PROFILE = """\
profile: test-bank
time_zone: Asia/Nicosia
facts:
  minimum_wage:
    - {value: 1000 EUR, valid_from: 2024-01-01, valid_to: 2025-12-31, source: test, confidence: high}
    - {value: 1088 EUR, valid_from: 2026-01-01, source: test, confidence: medium}
"""
APPROVED = "approved: {by: MLCO, on: 2025-06-01, review: 2026-06-01}"
TODAY = dt.date(2026, 1, 1)

#: Codes that take several files, a lock or another day; another test shows each.
SHOWN_ELSEWHERE = {
    "R008": "the name of the file",
    "R027": "two rules that read each other",
    "R074": "a rule that reads a retired one",
    "R080": "an entry of the catalogue",
    "W130": "a rule without an entry of the catalogue",
    "P011": "a rule that reads the hits of another",
    "P014": "an exclusion that silences a rule's own test",
    **dict.fromkeys(("R067", "R090", "R091", "P017", "P018", "P019", "P020", "W131"), "a list of an institution"),
    **dict.fromkeys(("V001", "V002", "V003", "V004", "V005", "V006"), "a lock"),
    "W105": "two lists",
    "W120": "a day after the review",
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """Where the fragments of one code go.

    Attributes:
        text: a file that is right, or nearly.
        old: what stands there.
        wrong: what stands there instead and is wrong.
        right: what stands there instead and is right; None for what stood there.
    """

    text: str
    old: str
    wrong: str
    right: str | None = None


def where(wrong: str, right: str) -> Example:
    return Example(PLAIN, "    direction: credit\n", f"    {wrong}\n", f"    {right}\n")


def evidence(wrong: str, right: str) -> Example:
    return Example(PLAIN, 'evidence: "Seen."', f"evidence: {wrong}", f"evidence: {right}")


def measure(wrong: str, right: str) -> Example:
    return Example(
        PLAIN,
        "    deposits: {count",
        f"    {wrong}\n    deposits: {{count",
        f"    {right}\n    deposits: {{count",
    )


def profile(wrong: str, right: str) -> Example:
    return Example(
        PROFILE,
        "time_zone: Asia/Nicosia\n",
        f"time_zone: Asia/Nicosia\n{wrong}\n",
        f"time_zone: Asia/Nicosia\n{right}\n",
    )


def exclusion(rows: str, expires: str) -> str:
    head = "exclusions:\n  - name: payroll-bureau\n    rules: [THB-CASH-003]\n    reason: a licensed bureau\n"
    return f"{head}    where: {rows}\n    expires: {expires}"


WAGE = "{direction: credit, purpose_code: SALA}"
CASHED = "{direction: debit, tx_type: cash_withdrawal}"
STEPS = f"steps: [{{name: wage, where: {WAGE}}}, {{name: cash, where: {CASHED}}}]"
SEQUENCE = rule(f"  kind: sequence\n  for_each: account_id\n  within: 24 hours\n  {STEPS}\n")
SHAPE = rule(
    """\
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
  flag_when:
    - payers >= 3
""",
    roles="{collector: unknown, payer: unknown, taker: unknown}",
).replace("- {account_id: A1}\n", "- {collector: A1}\n")
SENTENCE = "three cash deposits"
GIVEN = "    given:\n      transactions: {rows: [{account_id: A1, booking_ts: 2024-01-08, amount_eur: 5, cp_account_id: ~}]}\n"
ROLES = "roles: {account_id: unknown}"
KEYS = "  for_each: account_id\n  window: rolling 7 days\n  measures:\n"
MONTHS = "  window: calendar month\n  measures:\n    biggest: {largest: amount_eur}\n    month: {sum: amount_eur}\n"
ALL_HIT = PLAIN.replace("expect: no hits", "expect: [{account_id: A1}]").replace(", cp_account_id: ~", "")
EXAMPLES: dict[str, Example] = {
    "R001": Example(PLAIN, ROLES, "roles: {account_id: 'unknown}", "roles: {account_id: unknown}"),
    "R002": Example(PLAIN, "title: A rule of the tests", "title: &t Cash in", "title: Cash in"),
    "R003": Example(PLAIN, "summary: Flags movements of the tests.\n", "", "summary: Flags an account that is used.\n"),
    "R004": Example(PLAIN, "weight: 2\n", "weight: 2\nlevl: 2\n"),
    "R005": Example(PLAIN, "weight: 2\n", "weight: 2\nweight: 3\n"),
    "R006": Example(PLAIN, "title: A rule of the tests", "title: [a, b]", "title: a and b"),
    "R007": Example(PLAIN, "weight: 2", "weight: 7"),
    "R009": Example(PLAIN, "weight: 2\n", "? [weight]\n: 2\n"),
    "R010": Example(CASH, "deposits >= $min_deposits", "deposits >= $min_deposit"),
    "R011": where("tx_typ: cheque", "tx_type: cheque"),
    "R012": where("mcc: {in_list: mcc.travl}", "mcc: {in_list: mcc.travel}"),
    "R013": where("amount_eur: {bellow: 5 EUR}", "amount_eur: {below: 5 EUR}"),
    "R014": where("cp_name: {mentions_list: keywords.rent}", "cp_name: {mentions_list: payees.municipalities}"),
    "R015": where("mcc: {in_list: keywords.rent}", "remittance_info: {mentions_list: keywords.rent}"),
    "R016": Example(PLAIN, ROLES, "roles: {account_id: possible_controler}", "roles: {account_id: possible_controller}"),
    "R017": Example(CASH, "rolling $window", "rolling 7 days"),
    "R018": Example(WORDS, "[escort]", "[escort*]"),
    "R019": Example(PLAIN, "for_each: account_id", "for_each: [account_id, account_id]"),
    "R020": Example(PLAIN, "kind: aggregate", "kind: agregate"),
    "R021": where("amount_eur: {below: 500}", "amount_eur: {below: 500 EUR}"),
    "R022": where("tx_type: cash_deposits", "tx_type: cash_deposit"),
    "R023": where("remittance_info: {mentions: [rent]}", "remittance_info: {mentions_list: keywords.rent}"),
    "R024": where("amount_eur: {at_least: 500 EUR, below: 100 EUR}", "amount_eur: {at_least: 100 EUR, below: 500 EUR}"),
    "R025": Example(PLAIN, "window: rolling 7 days", "window: sliding 7 days"),
    "R026": Example(CASH, "{value: 3, min: 2, max: 10,", "{value: 1, min: 2, max: 10,"),
    "R028": Example(WORDS, "[escort]}", "[escort], ru: [преждевременнейшее]}", "[escort], ru: [=преждевременнейшее]}"),
    "R029": Example(PLAIN, "title: A rule of the tests", "title: Cash of a culprit", "title: Cash just below the threshold"),
    "R030": Example(PLAIN, "    - deposits >= 3\n", "    - deposits >= 3 and total > 5000 EUR\n", "    - deposits >= 3\n    - total > 5000 EUR\n"),
    "R031": Example(PLAIN, "- deposits >= 3", "- deposit >= 3"),
    "R032": Example(PLAIN, "- deposits >= 3", "- deposits"),
    "R033": Example(CASH, "total > $threshold", "total > 80%", "total > 80% * $threshold"),
    "R040": measure("countries: {sum: cp_country}", "countries: {distinct: cp_country}"),
    "R042": Example(
        PLAIN, KEYS,
        KEYS.replace("account_id", "[account_id, cp_account_id]") + "    all: {sum: amount_eur, for_each: cp_account_id}\n",
        KEYS.replace("account_id", "[account_id, cp_account_id]") + "    all: {sum: amount_eur, for_each: account_id}\n",
    ),
    "R043": Example(PLAIN, "headline: total", "headline: totl"),
    "R044": Example(CASH, "- total > $threshold\n", "- total > $threshold\n    - $threshold > 1 EUR\n"),
    "R045": evidence('"{deposit} deposits"', '"{deposits} deposits"'),
    "R046": evidence('"{total:count} in all"', '"{total:money} in all"'),
    "R047": evidence('"{total cash"', '"{total:money} cash"'),
    "R048": Example(
        PLAIN, "  window: rolling 7 days\n  measures:\n",
        MONTHS + "    usual_month: {usual: biggest, over: 6 windows, statistic: median, at_least: 3 windows}\n",
        MONTHS + "    usual_month: {usual: month, over: 6 windows, statistic: median, at_least: 3 windows}\n",
    ),
    "R051": Example(STAR, "centre: organiser", "centre: organizer"),
    "R052": Example(
        STAR,
        "    - {name: travel, direction: debit, where: {mcc: {in_list: mcc.travel}}}\n"
        "    - {name: fee, direction: debit, where: {cp_name: {mentions_list: payees.municipalities}}}\n", "",
    ),
    "R053": Example(STAR, "{distinct: member, where: {link: payout}}", "{distinct: member, where: {link: payouts}}"),
    "R060": Example(PLAIN, GIVEN, "    given: {}\n", "    given: {transactions: {rows: [{account_id: A1, booking_ts: 2024-01-08, amount_eur: ~}]}}\n"),
    "R061": Example(PLAIN, GIVEN, "    given: {movements: {rows: []}}\n", "    given: {transactions: {rows: [{account_id: A1, booking_ts: 2024-01-08, amount_eur: ~}]}}\n"),
    "R062": Example(PLAIN, "amount_eur: 5, cp", "amount_euro: 120, cp", "amount_eur: 120, cp"),
    "R063": Example(PLAIN, "amount_eur: 5, cp", "amount_eur: 4.500, cp", "amount_eur: 4500, cp"),
    "R064": Example(CASH, "parameters: {threshold: 5000 EUR}", "parameters: {min_deposits: 1}", "parameters: {min_deposits: 2}"),
    "R065": Example(PLAIN, "expect: no hits", "expect: nothing"),
    "R066": Example(PLAIN, "expect:\n      - {account_id: A1}", "expect: no hits"),
    "P001": profile(
        f"rules: {{THB-CASH-033: {{enabled: false, reason: none, {APPROVED}}}}}",
        f"rules: {{THB-CASH-003: {{enabled: false, reason: none, {APPROVED}}}}}",
    ),
    "P002": profile(
        f"rules: {{THB-CASH-003: {{parameters: {{min_deposit: 4}}, reason: none, {APPROVED}}}}}",
        f"rules: {{THB-CASH-003: {{parameters: {{min_deposits: 4}}, reason: none, {APPROVED}}}}}",
    ),
    "P003": profile(
        f"rules: {{THB-CASH-003: {{parameters: {{min_deposits: 1}}, reason: none, {APPROVED}}}}}",
        f"rules: {{THB-CASH-003: {{parameters: {{min_deposits: 2}}, reason: none, {APPROVED}}}}}",
    ),
    "P004": profile("lists: {mcc.travl: {add: ['4722'], reason: none}}", "lists: {mcc.travel: {add: ['4722'], reason: none}}"),
    "P005": profile(
        f"rules:\n  THB-CASH-003: {{enabled: false, {APPROVED}}}",
        f"rules:\n  THB-CASH-003: {{enabled: false, reason: no cash business, {APPROVED}}}",
    ),
    "P006": profile("lists: {mcc.travel: {remove: ['9999'], reason: none}}", "lists: {keywords.rent: {remove: [rent], reason: none}}"),
    "P007": Example(PROFILE, "valid_to: 2025-12-31", "valid_to: 2026-06-01"),
    "P008": profile("scoring: {min_families: 0}", "scoring: {min_families: 2}"),
    "P009": Example(PROFILE, "time_zone: Asia/Nicosia", "time_zone: Cyprus time"),
    "P010": profile(
        f"rules: {{THB-MAR-001: {{parameters: {{payout_min: 1000 EUR, payout_max: 500 EUR}}, reason: none, {APPROVED}}}}}",
        f"rules: {{THB-MAR-001: {{parameters: {{payout_min: 300 EUR, payout_max: 500 EUR}}, reason: none, {APPROVED}}}}}",
    ),
    "P015": profile(
        "rules: {THB-CASH-003: {parameters: {min_deposits: 4}, reason: back-test}}",
        f"rules: {{THB-CASH-003: {{parameters: {{min_deposits: 4}}, reason: back-test, {APPROVED}}}}}",
    ),
    "R054": Example(
        SEQUENCE, STEPS,
        f"steps: [{{name: wage, where: {WAGE}, absent: true}}, {{name: cash, where: {CASHED}}}]",
        f"steps: [{{name: wage, where: {WAGE}}}, {{name: cash, where: {CASHED}, absent: true}}]",
    ),
    "R055": Example(SHAPE, "    - {name: passed_on, direction: debit, member: taker}\n", ""),
    "R071": Example(ALL_HIT, "status: draft", "status: test", "status: draft"),
    "R072": Example(
        CASH.replace("    expect:\n", f"    evidence: {SENTENCE}\n    expect:\n", 1), "status: test\n", "status: stable\n",
        "status: stable\nmeasured: {on: 2026-01-31, rows: 41210, hits: 3, command: thbscreen scan sample_data}\n",
    ),
    "R073": Example(
        CASH, "status: test\n", "status: retired\n",
        "status: retired\nretired: {on: 2026-01-31, reason: never told two cases apart}\n",
    ),
    "P012": profile(exclusion("{account_id: [ACC-PAYROLL-1]}", "2025-12-31"), exclusion("{account_id: [ACC-PAYROLL-1]}", "2026-12-31")),
    "P013": profile(exclusion("{}", "2026-12-31"), exclusion("{account_id: [ACC-PAYROLL-1]}", "2026-12-31")),
    "P016": profile("goaml: {indicators: {thb.tset: SM1}}", "goaml: {indicators: {thb.test: SM1}}"),
    "W101": Example(ALL_HIT, "expect: [{account_id: A1}]", "expect: [{account_id: A1}]", "expect: no hits"),
    "W102": Example(ALL_HIT, "amount_eur: 5", "amount_eur: 5", "amount_eur: ~"),
    "W110": Example(CASH, "\ntests:", "\nsuppress: [{code: W104, reason: one value per customer}]\ntests:"),
    "W106": Example(PLAIN, '{cite: "OSCE, Following the Money, 2019", at: page 12, kind: guidance}', "{cite: FATF-2018, kind: study}", "{cite: FATF-2018, at: page 31, kind: study}"),
    "W108": where("cp_country: {not_in_list: countries.eea}", "cp_country: {not_in_list: countries.eea, missing: false}"),
    "W104": Example(
        CASH, "    - total > $threshold\n", "    - total > $threshold\n    - largest >= 8000 EUR\n",
    ),
}  # fmt: skip


def findings(example: Example, text: str, folder: Path) -> list[Diagnostic]:
    """Gives the findings about one text, as the file that it is."""
    if example.text is WORDS:
        return bind_list(text, "x.yaml")[1].result()
    if example.text is not PROFILE:
        return bind_text(text, "x.yaml", lists())[1]
    put = {"cash/THB-CASH-003.yaml": CASH, "marriage/THB-MAR-001.yaml": STAR, "profiles/test.yaml": text}
    for name, (kind, entries) in LIST_TEXTS.items():
        head = f"list: {name}\nkind: {kind}\ntitle: Test\nreviewed: 2026-01-31\n"
        put[f"lists/{name.replace('.', '/')}.yaml"] = (
            f"{head}sources: [{{cite: test, at: page 1, kind: expert}}]\nentries: {entries}\n"
        )
    for name, content in put.items():
        path = folder / "rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return [d for d in check(folder / "rules", "test", today=TODAY) if not d.code.startswith("V")]


def texts(code: str) -> tuple[str, str]:
    example = EXAMPLES[code]
    assert example.old in example.text
    right = example.old if example.right is None else example.right
    return tuple(example.text.replace(example.old, new, 1) for new in (example.wrong, right))  # type: ignore[return-value]


def fragments(line: str) -> list[list[str]]:
    """Gives the code of a line of the page, each cut at its dots; single names are no fragments."""
    spans = [span for span in re.findall(r"`([^`]+)`", line) if not re.fullmatch(r"[\w.$-]+", span)]
    return [[part.strip(" ,{}") for part in span.split("…") if part.strip(" ,{}")] for span in spans]


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_wrong_example_gives_the_code_and_the_right_one_no_error(code: str, tmp_path: Path) -> None:
    wrong, right = texts(code)
    found = findings(EXAMPLES[code], wrong, tmp_path)
    assert code in {d.code for d in found}, [d.render() for d in found]
    found = findings(EXAMPLES[code], right, tmp_path)
    assert code not in {d.code for d in found}
    assert [d.render() for d in found if d.severity == "error"] == []


@pytest.mark.parametrize("code", [code for code in EXAMPLES if code in SECTIONS])
def test_the_page_shows_what_is_run(code: str) -> None:
    examples = SECTIONS[code].partition("- wrong: ")[2]
    for line, text in zip(examples.split("- right: "), texts(code), strict=True):
        for parts in fragments(line):
            for part in parts:
                assert part in text, f"`{part}` of the page is not in the example that is run"


def test_every_code_is_run_or_shown_by_another_test() -> None:
    assert set(EXAMPLES) & set(SHOWN_ELSEWHERE) == set()
    assert set(SECTIONS) - set(EXAMPLES) - set(SHOWN_ELSEWHERE) == set()


@pytest.mark.parametrize("code", SHOWN_ELSEWHERE)
def test_a_code_that_is_not_run_here_is_named_by_another_test(code: str) -> None:
    others = (p for p in Path(__file__).parents[2].rglob("test_*.py") if "error_" not in p.name)
    assert any(f'"{code}"' in (text := p.read_text(encoding="utf-8")) or f"[{code}]" in text for p in others)

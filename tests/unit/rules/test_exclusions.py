"""Exclusions hide rows, for a reason and up to a day, are counted, and may not silence a rule."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import rule_text
from tests.unit.rules.folder import APPROVED, make, override, put
from tests.unit.rules.samples import CASH
from thbscreen.compile.pack import compile_pack
from thbscreen.engine.exclusions import count_hidden, findings, load_checked, silenced
from thbscreen.engine.hits import Assembler, HitTables
from thbscreen.engine.memory import from_rows
from thbscreen.engine.prepare import prepare
from thbscreen.engine.readiness import readiness
from thbscreen.engine.run import Runner
from thbscreen.errors import ProfileError
from thbscreen.rules import bundle
from thbscreen.rules.explain import sentences
from thbscreen.rules.pack import check, load_pack
from thbscreen.screening import screen

TODAY = dt.date(2025, 1, 31)
WHERE = "{account_id: [ACC-PAYROLL-1]}"

#: A last day that is still allowed: within two years.
LAST = (dt.date.today() + dt.timedelta(days=365)).isoformat()


def exclusion(where: str = WHERE, rules: str = "THB-CASH-003", expires: str = "2025-12-31") -> str:
    return (
        "exclusions:\n"
        "  - name: payroll-bureau\n"
        f"    rules: [{rules}]\n"
        f"    where: {where}\n"
        "    reason: Licensed payroll bureau\n"
        f"    expires: {expires}\n"
    )


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path)


def shown(base: Path, today: dt.date = TODAY) -> str:
    return "\n".join(d.render() for d in check(base, "test", today=today))


# --- what an exclusion must say -------------------------------------------------------------------


def test_an_exclusion_with_rules_rows_reason_and_expiry_is_right(base: Path) -> None:
    override(base, exclusion())
    assert shown(base) == ""


def test_an_exclusion_holds_on_its_last_day_and_no_longer(base: Path) -> None:
    override(base, exclusion())
    assert shown(base, dt.date(2025, 12, 31)) == ""
    assert shown(base, dt.date(2026, 1, 1)) == (
        "rules/profiles/test.yaml:12:14: error[P012]: the exclusion 'payroll-bureau' expired on 2025-12-31\n"
        "   |\n"
        "12 |     expires: 2025-12-31\n"
        "   |              ^^^^^^^^^^\n"
        "  = help: take it out, or review it and write the new day"
    )
    with pytest.raises(ProfileError, match="P012"):
        load_pack(base, "test", today=dt.date(2026, 1, 1))


@pytest.mark.parametrize("where", ["{}", "{any_of: [{}]}", "{any_of: [{account_id: A1}, {}]}"])
def test_an_exclusion_that_hides_every_row_is_refused(base: Path, where: str) -> None:
    override(base, exclusion(where))
    assert shown(base) == (
        "rules/profiles/test.yaml:10:5: error[P013]: the exclusion 'payroll-bureau' hides every row\n"
        "   |\n"
        f"10 |     where: {where}\n"
        "   |     ^^^^^\n"
        "  = help: say which rows under where, or switch the rule off with its reason"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    reason: Licensed payroll bureau\n", "", "error[R003]: an exclusion lacks the key 'reason'"),
        ("    expires: 2025-12-31\n", "", "error[R003]: an exclusion lacks the key 'expires'"),
        ("    where: " + WHERE + "\n", "", "error[R003]: an exclusion lacks the key 'where'"),
        ("expires: 2025-12-31", "expires: never", "error[R021]: 'expires' is a day such as 2026-01-31"),
        ("[THB-CASH-003]", "[THB-CASH-033]", "error[P001]: unknown rule 'THB-CASH-033'"),
        (
            "name: payroll-bureau",
            "name: Payroll bureau",
            "error[R007]: 'Payroll bureau' is not a name for an",
        ),
        (WHERE, "{acount_id: A1}", "error[R011]: unknown field 'acount_id'"),
        (WHERE, "{party.citizenship: CY}", "error[R014]: 'party.citizenship' may not be used"),
        (WHERE, "{cp_name: Bureau Ltd}", "error[R014]: 'cp_name' may not be tested like this"),
        (
            WHERE,
            "{account_id: {hit_by: [THB-MAR-001]}}",
            "error[R023]: 'hit_by' cannot stand in an exclusion",
        ),
        (WHERE, "{mcc: {in_list: mcc.travl}}", "error[R012]: unknown list 'mcc.travl'"),
        (WHERE, "{amount_eur: {above: $threshold}}", "error[R010]: unknown parameter '$threshold'"),
        (WHERE, "{amount_eur: {above: 9 EUR, below: 5 EUR}}", "error[R024]: no row can pass"),
    ],
)
def test_an_exclusion_that_cannot_be_right_is_refused(base: Path, old: str, new: str, message: str) -> None:
    assert old in exclusion()
    override(base, exclusion().replace(old, new, 1))
    assert message in shown(base)


def test_two_exclusions_have_two_names(base: Path) -> None:
    override(base, exclusion() + exclusion().replace("exclusions:\n", ""))
    assert "error[R019]: there are two exclusions 'payroll-bureau'" in shown(base)


def test_fields_are_those_of_the_table_that_each_rule_reads(base: Path) -> None:
    put(base, "laundering/THB-ML-902.yaml", SHARED)
    override(base, exclusion("{kind: legal}", "THB-ML-902"))
    assert "error" not in shown(base)
    override(base, exclusion("{kind: legal}", "THB-ML-902, THB-CASH-003"))
    assert "error[R011]: 'kind' cannot be used by a rule over a movement" in shown(base)


# --- what it does ---------------------------------------------------------------------------------

ROWS = rule_text(
    """
kind: transaction
where: {direction: debit, amount_eur: {at_least: 100 EUR}}
""",
    rule_id="THB-ML-901",
)
SHARED = rule_text(
    """
kind: aggregate
table: parties
where: {phone_hash: {missing: false}}
for_each: phone_hash
window: whole period
measures:
  people: {distinct: party_id}
flag_when:
  - people >= 2
""",
    rule_id="THB-ML-902",
    roles="{party_id: unknown}",
)
AFTER = rule_text(
    """
kind: aggregate
derive:
  pay:
    follows:
      where: {direction: credit}
      within: 72 hours
where: {direction: debit, pay: {missing: false}}
for_each: account_id
window: rolling 7 days
measures:
  n: {count: transactions}
flag_when:
  - n >= 2
""",
    rule_id="THB-ML-903",
)
STEPS = rule_text(
    """
kind: sequence
for_each: account_id
within: 72 hours
steps:
  - {name: came, where: {direction: credit, amount_eur: {at_least: 100 EUR}}}
  - {name: left, where: {direction: debit}}
""",
    rule_id="THB-ML-904",
)
RUN = {"THB-ML-901": ROWS, "THB-ML-903": AFTER, "THB-ML-904": STEPS}


def loaded(base: Path, text: str) -> bundle.RulePack:
    override(base, text)
    return load_pack(base, "test", drafts=True, today=TODAY)


def judged(
    pack: bundle.RulePack, rows: list[dict[str, Any]], parties: list[dict[str, Any]], buckets: int = 1
) -> tuple[HitTables, Runner]:
    compiled = compile_pack(pack)
    prepared = prepare(from_rows(rows, [], parties, "Asia/Nicosia"), compiled, buckets=buckets)
    ready = readiness(prepared, compiled)
    skip = frozenset(ready.filter(pl.col("status") == "not judged")["rule"].to_list())
    runner = Runner(prepared, compiled, skip=skip)
    runner.run()
    return Assembler(prepared, compiled).assemble(runner.result), runner


movements = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(["A1", "A2", "A3"]),
            "booking_ts": st.integers(1, 20).map(lambda d: f"2024-03-{d:02d} 10:00"),
            "direction": st.sampled_from(["credit", "debit"]),
            "tx_type": st.sampled_from(["cash_deposit", "other"]),
            "amount_eur": st.sampled_from(["50", "9000", "9500", None]),
            "mcc": st.sampled_from(["4511", "7011", None]),
        }
    ),
    max_size=25,
)


def passes(row: dict[str, Any], where: str) -> bool:
    """The slow twin of the conditions below."""
    return {
        "{account_id: [A1]}": row["account_id"] == "A1",
        "{mcc: '4511'}": row["mcc"] == "4511",
        "{mcc: {is_not: '4511', missing: false}}": row["mcc"] not in {"4511", None},
        "{amount_eur: {above: 9000 EUR}}": row["amount_eur"] == "9500",
        "{any_of: [{account_id: A2}, {mcc: '7011', direction: debit}]}": row["account_id"] == "A2"
        or (row["mcc"] == "7011" and row["direction"] == "debit"),
    }[where]


CONDITIONS = (
    "{account_id: [A1]}",
    "{mcc: '4511'}",
    "{mcc: {is_not: '4511', missing: false}}",
    "{amount_eur: {above: 9000 EUR}}",
    "{any_of: [{account_id: A2}, {mcc: '7011', direction: debit}]}",
)
IDS = "THB-CASH-003, THB-ML-901, THB-ML-903, THB-ML-904"


@cache
def packs() -> dict[str, bundle.RulePack]:
    with tempfile.TemporaryDirectory() as folder:
        base = make(Path(folder))
        for name, text in RUN.items():
            put(base, f"laundering/{name}.yaml", text)
        found = {where: loaded(base, exclusion(where, IDS)) for where in CONDITIONS}
        return found | {"": loaded(base, "")}


def looked_at(rule: str, row: dict[str, Any]) -> bool:
    """Tells whether a rule looks at a row by its own conditions, `follows` aside."""
    cents = None if row["amount_eur"] is None else int(row["amount_eur"]) * 100
    if rule == "THB-CASH-003":
        return row["tx_type"] == "cash_deposit" and cents is not None and 800_000 <= cents < 1_000_000
    if rule == "THB-ML-904":
        return row["direction"] == "debit" or (cents is not None and cents >= 10_000)
    return row["direction"] == "debit" and cents is not None and cents >= 10_000


@given(rows=movements, where=st.sampled_from(CONDITIONS), buckets=st.sampled_from([1, 3]))
@settings(max_examples=15, deadline=None)
def test_a_rule_under_an_exclusion_is_the_rule_without_the_rows(
    rows: list[dict[str, Any]], where: str, buckets: int
) -> None:
    rows = [row | {"tx_id": f"T{n:02d}"} for n, row in enumerate(rows)]
    columns = ["rule", "subject_id", "starts", "ends", "tx_ids", "measures"]
    kept = [row for row in rows if not passes(row, where)]
    # a row of an account that no rule looks at keeps both runs ready in the same way
    quiet = {"account_id": "Z", "booking_ts": "2024-03-01 09:00", "tx_id": "Z1", "direction": "debit",
             "tx_type": "other", "amount_eur": "1", "mcc": None}  # fmt: skip
    got, runner = judged(packs()[where], [*rows, quiet], [], buckets)
    expected, _ = judged(packs()[""], [*kept, quiet], [])
    assert got.hits.select(columns).to_dicts() == expected.hits.select(columns).to_dicts()
    counted = {e.rule: e.rows for e in count_hidden(runner)}
    for rule in ("THB-CASH-003", "THB-ML-901", "THB-ML-904"):
        if counted[rule] is not None:
            assert counted[rule] == sum(passes(r, where) and looked_at(rule, r) for r in rows)


def test_customers_are_hidden_from_rules_over_customers_and_counted(base: Path) -> None:
    put(base, "laundering/THB-ML-902.yaml", SHARED)
    people = [
        {"party_id": f"P{n}", "account_id": f"A{n}", "phone_hash": "h", "kind": kind}
        for n, kind in enumerate(["natural", "natural", "legal"])
    ]
    rows = [{"account_id": "A0", "booking_ts": "2024-03-01 10:00", "amount_eur": "1"}]
    text = exclusion("{kind: legal}", "THB-ML-902")
    found, runner = judged(loaded(base, text), rows, people)
    assert [m["value"] for h in found.hits["measures"] for m in h] == [2.0]
    assert [(e.exclusion, e.rule, e.rows) for e in count_hidden(runner)] == [
        ("payroll-bureau", "THB-ML-902", 1)
    ]


def test_the_rows_of_a_star_are_those_of_its_legs(base: Path) -> None:
    pack = loaded(base, exclusion("{account_id: A1}", "THB-MAR-001"))
    rows = [
        {"account_id": "A1", "booking_ts": "2024-03-01 10:00", "direction": "debit", "mcc": "4511",
         "amount_eur": "180", "cp_name": "ΔΗΜΟΣ", "cp_account_id": "R1"},
        {"account_id": "A1", "booking_ts": "2024-03-02 10:00", "direction": "debit", "mcc": "5411",
         "amount_eur": "9", "cp_name": "shop", "cp_account_id": "R2"},
        {"account_id": "A2", "booking_ts": "2024-03-02 10:00", "direction": "debit", "mcc": "4511",
         "amount_eur": "180", "cp_name": "shop", "cp_account_id": "R2"},
    ]  # fmt: skip
    people = [{"account_id": a, "kind": "natural"} for a in ("A1", "A2")]
    _, runner = judged(pack, rows, people)
    assert [e.rows for e in count_hidden(runner)] == [1]


def test_a_column_that_only_an_exclusion_reads_may_be_missing(base: Path) -> None:
    rows = [
        {
            "account_id": "A1",
            "booking_ts": f"2024-03-0{d} 10:00",
            "tx_type": "cash_deposit",
            "amount_eur": "9500",
        }
        for d in (1, 2, 3)
    ]
    pack = loaded(base, exclusion("{terminal_id: T9}"))
    compiled = compile_pack(pack)
    prepared = prepare(from_rows(rows, [], [], "Asia/Nicosia"), compiled)
    ready = readiness(prepared, compiled).filter(pl.col("rule") == "THB-CASH-003")
    assert (ready["status"][0], ready["missing"][0].to_list()) == ("ready", [])
    found, runner = judged(pack, rows, [])
    assert found.hits["rule"].to_list() == ["THB-CASH-003"]
    assert [e.rows for e in count_hidden(runner)] == [0]


def test_a_rule_that_is_not_judged_has_no_count(base: Path) -> None:
    pack = loaded(base, exclusion())
    _, runner = judged(pack, [{"account_id": "A1", "booking_ts": "2024-03-01 10:00", "amount_eur": "1"}], [])
    assert [(e.rule, e.rows) for e in count_hidden(runner)] == [("THB-CASH-003", None)]


def test_an_exclusion_changes_the_digest_of_the_rule_in_force_and_of_nothing_else(base: Path) -> None:
    bare, hiding = loaded(base, ""), loaded(base, exclusion())
    assert hiding.bound[0].digest == bare.bound[0].digest
    assert hiding.rules[0].digest != bare.rules[0].digest
    assert hiding.rules[1].digest == bare.rules[1].digest


def test_an_exclusion_is_explained(base: Path) -> None:
    pack = loaded(base, exclusion())
    text = sentences(pack.bound[0], pack.rules[0], pack)
    assert (
        "Does not see rows where account_id is one of ACC-PAYROLL-1 (exclusion 'payroll-bureau' to "
        "2025-12-31), because: Licensed payroll bureau." in text
    )


# --- no silence -----------------------------------------------------------------------------------


def test_an_exclusion_that_stops_the_rules_own_test_is_refused(base: Path) -> None:
    override(base, exclusion("{tx_type: cash_deposit}"))
    expected = (
        "rules/profiles/test.yaml:8:11: error[P014]: the exclusion 'payroll-bureau' stops the rule's own "
        "test 'three deposits in a week make one hit' (THB-CASH-003)\n"
        "  |\n"
        "8 |   - name: payroll-bureau\n"
        "  |           ^^^^^^^^^^^^^^\n"
        "  = help: narrow its 'where'; to stop the rule, switch it off under 'rules' with reason and "
        "approval\n"
        "  = note: the test is in rules/cash/THB-CASH-003.yaml:38:5"
    )
    (found,) = findings(base, "test", today=TODAY)
    assert found.render() == expected
    with pytest.raises(ProfileError, match="P014"):
        load_checked(base, "test", today=TODAY)


def test_an_exclusion_by_the_institutions_own_ids_silences_nothing(base: Path) -> None:
    override(base, exclusion())
    assert findings(base, "test", today=TODAY) == []
    assert load_checked(base, "test", today=TODAY).profile.exclusions[0].name == "payroll-bureau"


def test_exclusions_that_silence_only_together_are_refused_too(base: Path) -> None:
    text = CASH.replace(
        "          - {booking_ts: 2024-03-08 11:00, amount_eur: ~}\n",
        "          - {booking_ts: 2024-03-08 11:00, amount_eur: ~}\n"
        "          - {booking_ts: 2024-03-09 11:00, amount_eur: 9100, account_id: A1}\n",
    ).replace("deposits: 3, total: 28400, starts: 2024-03-04, tx_ids: T01+T02+T03", "starts: 2024-03-04")
    put(base, "cash/THB-CASH-003.yaml", text)
    first = exclusion("{amount_eur: {is: 9900 EUR}}")
    both = first + exclusion("{amount_eur: {is: 9100 EUR}}").replace("exclusions:\n", "").replace(
        "payroll-bureau", "second"
    )
    override(base, first)
    assert findings(base, "test", today=TODAY) == []
    override(base, both)
    (found,) = findings(base, "test", today=TODAY)
    assert "the exclusion 'second' stops the rule's own test" in found.message


def test_a_tuned_value_is_not_blamed_on_an_exclusion(base: Path) -> None:
    values = f"rules: {{THB-CASH-003: {{parameters: {{min_deposits: 9}}, reason: x, {APPROVED}}}}}\n"
    override(base, values + exclusion())
    assert findings(base, "test", today=TODAY) == []
    override(base, values + exclusion("{account_id: A1}"))
    assert [d.code for d in findings(base, "test", today=TODAY)] == ["P014"]


def test_a_pack_without_exclusions_runs_no_test(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thbscreen.engine.exclusions.run_case", None)
    assert silenced(load_pack(base, "test")) == []


# --- in a run -------------------------------------------------------------------------------------


def test_a_run_tells_what_was_hidden_and_what_is_looser(base: Path, tmp_path: Path) -> None:
    values = f"rules: {{THB-CASH-003: {{parameters: {{min_deposits: 4}}, reason: back-test, {APPROVED}}}}}\n"
    override(base, values + exclusion("{account_id: B1}", expires=LAST))
    lines = ["tx_id,account_id,booking_ts,amount,currency,direction,tx_type"]
    lines += [
        f"T{n},{account},2024-03-0{n % 4 + 1}T10:00,9500.00,EUR,credit,cash_deposit"
        for n, account in enumerate(["B1"] * 5 + ["B2"] * 4)
    ]
    data = tmp_path / "transactions.csv"
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for buckets in (1, 3):
        out = tmp_path / f"out{buckets}"
        result = screen([data], out=out, rules=base, profile="test", buckets=buckets)
        assert set(result.hits["subject_id"]) == {"B2"}
        profile = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["profile"]
        assert profile["exclusions"] == [
            {
                "name": "payroll-bureau", "rule": "THB-CASH-003", "rows": 5, "expires": LAST,
                "reason": "Licensed payroll bureau",
            }
        ]  # fmt: skip
        approved = {"by": "MLCO", "on": "2024-06-01", "review": "2999-06-01"}
        assert profile["values"] == [
            {
                "rule": "THB-CASH-003", "parameter": "min_deposits", "value": "4", "default": "3",
                "effect": "looser", "reason": "back-test", "approved": approved,
            }
        ]  # fmt: skip
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        assert summary["excluded_rows"] == {"payroll-bureau": 5}
        assert summary["looser_values"] == [
            {"rule": "THB-CASH-003", "parameter": "min_deposits", "value": "4", "default": "3"}
        ]


def test_a_run_without_a_profiles_changes_says_so(base: Path, tmp_path: Path) -> None:
    data = tmp_path / "transactions.csv"
    data.write_text(
        "tx_id,account_id,booking_ts,amount,currency,direction,tx_type\n"
        "T1,A1,2024-03-01T10:00,10.00,EUR,credit,other\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    screen([data], out=out, rules=base, profile="test")
    profile = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["profile"]
    assert [profile[k] for k in ("values", "switched", "lists", "exclusions")] == [[], [], [], []]

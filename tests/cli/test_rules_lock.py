"""`thbscreen rules lock` writes meanings down; check, list, test and explain see what a profile does."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.cli.cli_build import run
from tests.unit.rules.folder import APPROVED, make, override, put
from tests.unit.rules.samples import CASH

#: A last day that is still allowed: within two years.
LAST = (dt.date.today() + dt.timedelta(days=365)).isoformat()
EXCLUSION = f"""\
exclusions:
  - {{name: bureau, rules: [THB-CASH-003], where: WHERE, reason: trust accounts, expires: {LAST}}}
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path)


def checked(base: Path) -> tuple[int, str, str]:
    shown = run("rules", "check", str(base), "--profile", "test")
    return shown.exit_code, shown.stdout, shown.stderr


def test_the_lock_is_written_and_named(base: Path) -> None:
    shown = run("rules", "lock", str(base), "--profile", "test")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.strip() == str(base / "rules.lock")
    assert shown.stderr == "10 new, changed or gone\n"
    assert run("rules", "lock", str(base), "--profile", "test").stderr == "nothing changed\n"
    assert checked(base)[0] == 0


def test_a_changed_meaning_stops_check_and_lock_with_code_3(base: Path) -> None:
    run("rules", "lock", str(base), "--profile", "test")
    put(base, "cash/THB-CASH-003.yaml", CASH.replace("value: 3, min", "value: 4, min"))
    code, out, _ = checked(base)
    assert code == 3
    assert "rules/cash/THB-CASH-003.yaml:3:10: error[V002]: the meaning of THB-CASH-003 changed but" in out
    shown = run("rules", "lock", str(base), "--profile", "test")
    assert shown.exit_code == 3
    assert "error[V002]" in shown.stderr
    assert "raise version to 2, then run: thbscreen rules lock" in shown.stderr


def test_check_and_test_refuse_an_exclusion_that_silences_a_rule(base: Path) -> None:
    override(base, EXCLUSION.replace("WHERE", "{tx_type: cash_deposit}"))
    code, out, _ = checked(base)
    assert code == 3
    assert "error[P014]: the exclusion 'bureau' stops the rule's own test" in out
    shown = run("rules", "test", str(base), "--profile", "test")
    assert shown.exit_code == 3
    assert "error[P014]" in shown.stderr


def test_list_shows_indicator_and_code(base: Path) -> None:
    override(base, "goaml:\n  indicators: {thb.test: SM-1}\n")
    shown = run("rules", "list", "--rules", str(base), "--profile", "test", "--format", "json")
    assert {(r["indicator"], r["goaml"]) for r in json.loads(shown.stdout)} == {("thb.test", "SM-1")}
    override(base, "goaml:\n  indicators: {thb.test: to be filled}\n")
    shown = run("rules", "list", "--rules", str(base), "--profile", "test", "--format", "json")
    assert {(r["indicator"], r["goaml"]) for r in json.loads(shown.stdout)} == {("thb.test", None)}


def test_explain_tells_the_change_its_approval_and_the_exclusion(base: Path) -> None:
    values = f"rules: {{THB-CASH-003: {{parameters: {{min_deposits: 4}}, reason: back-test, {APPROVED}}}}}\n"
    override(base, values + EXCLUSION.replace("WHERE", "{account_id: ACC-1}"))
    text = run("rules", "explain", "THB-CASH-003", "--rules", str(base), "--profile", "test").stdout
    assert "Set by test-bank: min_deposits 4 (default 3, so fewer hits), because: back-test." in text
    assert "Approved by MLCO on 2024-06-01, to be reviewed by 2999-06-01." in text
    assert f"Does not see rows where account_id is ACC-1 (exclusion 'bureau' to {LAST})" in text


def test_a_draft_is_tested_and_explained_but_not_in_force(base: Path) -> None:
    text = CASH.replace("THB-CASH-003", "THB-CASH-004").replace("status: test", "status: draft")
    put(base, "cash/THB-CASH-004.yaml", text)
    (base / "marriage" / "THB-MAR-001.yaml").unlink()
    listed = run("rules", "list", "--rules", str(base), "--profile", "test", "--format", "json")
    assert [r["id"] for r in json.loads(listed.stdout)] == ["THB-CASH-003"]
    assert "THB-CASH-004" in run("rules", "test", str(base), "--profile", "test").stdout
    explained = run("rules", "explain", "THB-CASH-004", "--rules", str(base), "--profile", "test")
    assert explained.exit_code == 0

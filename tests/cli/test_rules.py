"""`thbscreen rules`: check, test, list, explain."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.cli_build import ROOT, copy_profile, run
from thbscreen.diagnostics import Span
from thbscreen.engine.selftest import CaseResult

RULES = ROOT / "rules"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with one rule of its own beside the shipped lists and profile."""
    shutil.copytree(RULES / "lists", tmp_path / "lists")
    copy_profile(tmp_path)
    (tmp_path / "laundering").mkdir()
    shutil.copy(RULES / "laundering" / "THB-ML-001.yaml", tmp_path / "laundering")
    return tmp_path


def break_rule(folder: Path) -> None:
    path = folder / "laundering" / "THB-ML-001.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("\nfamily: ", "\nfamly: "), encoding="utf-8")


def test_the_shipped_rules_are_without_fault() -> None:
    shown = run("rules", "check", "--strict")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert shown.stderr == "0 errors, 0 warnings\n"


def test_a_broken_rule_is_shown_with_its_place(own: Path) -> None:
    break_rule(own)
    shown = run("rules", "check", str(own))
    assert shown.exit_code == 3
    assert "THB-ML-001.yaml:" in shown.stdout
    assert "did you mean 'family'?" in shown.stdout


def test_findings_as_json(own: Path) -> None:
    break_rule(own)
    shown = run("rules", "check", str(own), "--format", "json")
    assert shown.exit_code == 3
    assert json.loads(shown.stdout)[0]["severity"] == "error"


def test_strict_fails_on_warnings(own: Path) -> None:
    path = own / "laundering" / "THB-ML-001.yaml"
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\nstatus: \w+", "\nstatus: test", text)  # a stable rule must say where in every source
    path.write_text(re.sub(r"(- \{cite: \w+), at: [^,}]+", r"\1", text, count=1), encoding="utf-8")
    relaxed, strict = run("rules", "check", str(own)), run("rules", "check", str(own), "--strict")
    assert (relaxed.exit_code, strict.exit_code) == (0, 3)
    assert "1 warning" in relaxed.stderr


def test_a_folder_that_does_not_exist_is_wrong_use(tmp_path: Path) -> None:
    shown = run("rules", "check", str(tmp_path / "nowhere"))
    assert shown.exit_code == 2
    assert "there is no folder of rules" in shown.stderr


def test_tests_of_a_rule_are_run_and_counted() -> None:
    shown = run("rules", "test", "-k", "THB-ML-001")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("THB-ML-001  ")
    assert shown.stderr.endswith("0 failed\n")


def results(monkeypatch: pytest.MonkeyPatch, *cases: CaseResult) -> None:
    monkeypatch.setattr("thbscreen.engine.selftest.run_cases", lambda pack, *, rule_filter: list(cases))


def case(*, passed: bool, known_gap: bool = False) -> CaseResult:
    return CaseResult("THB-X-001", "a name", passed, known_gap, "one\ntwo", Span("x.yaml", 7, 5, 9))


def test_a_failing_test_is_shown_with_its_place_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    results(monkeypatch, case(passed=True), case(passed=False))
    shown = run("rules", "test")
    assert shown.exit_code == 1
    assert shown.stdout == "THB-X-001  1 of 2 passed\n  x.yaml:7:5: failed: 'a name'\n    one\n    two\n"
    assert shown.stderr == "2 tests, 1 failed\n"


def test_a_known_gap_is_shown_and_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    results(monkeypatch, case(passed=False, known_gap=True))
    shown = run("rules", "test")
    assert shown.exit_code == 0
    assert "x.yaml:7:5: known gap: 'a name'" in shown.stdout
    assert shown.stderr == "1 test, 0 failed, 1 known gap\n"


def test_a_gap_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    results(monkeypatch, case(passed=True, known_gap=True))
    assert "known gap passes now" in run("rules", "test").stdout


def test_a_filter_without_rules_is_wrong_use() -> None:
    assert run("rules", "test", "-k", "THB-NOTHING").exit_code == 2


def test_the_list_names_every_rule_and_its_columns() -> None:
    facts = json.loads(run("rules", "list", "--format", "json").stdout)
    texts = {p.stem: p.read_text(encoding="utf-8") for p in RULES.rglob("THB-*.yaml")}
    assert {f["id"] for f in facts} == {name for name, text in texts.items() if "\nstatus: draft" not in text}
    assert all({"title", "family", "weight", "status", "look_back", "columns"} <= set(f) for f in facts)


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_list_fits(width: int) -> None:
    shown = run("rules", "list", env={"COLUMNS": str(width)}).stdout.splitlines()
    assert max(map(len, shown)) <= width
    assert shown[0].startswith("id")


def test_explain_tells_a_rule_in_any_case() -> None:
    shown = run("rules", "explain", "thb-mar-001")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("THB-MAR-001, version ")


def test_explain_suggests_the_closest_rule() -> None:
    shown = run("rules", "explain", "THB-MAR-0001")
    assert shown.exit_code == 2
    assert "did you mean 'THB-MAR-001'?" in shown.stderr


def test_one_file_of_a_folder_of_rules_is_checked_alone(own: Path) -> None:
    shutil.copy(RULES / "laundering" / "THB-ML-004.yaml", own / "laundering")
    files = sorted(own.rglob("THB-*.yaml"))
    for file in files:
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("\nstatus: ", "\nstatus: x", 1), encoding="utf-8")
    ended = run("rules", "check", str(files[0]))
    assert ended.exit_code == 3
    assert files[0].name in ended.stdout
    assert files[1].name not in ended.stdout


def test_a_rule_file_outside_any_folder_of_rules_is_checked_with_the_shipped_lists(tmp_path: Path) -> None:
    lone = tmp_path / "THB-MAR-001.yaml"
    text = (RULES / "sham_marriage" / lone.name).read_text(encoding="utf-8")
    lone.write_text(text, encoding="utf-8")
    assert run("rules", "check", str(lone)).exit_code == 0
    lone.write_text(text.replace("\nweight: 3", "\nweight: 9", 1), encoding="utf-8")
    ended = run("rules", "check", str(lone))
    assert (ended.exit_code, "THB-MAR-001.yaml:" in ended.stdout) == (3, True)

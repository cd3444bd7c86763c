"""`thbscreen explain`: streams, forms, exit codes and messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.cli_build import run
from tests.unit.report.test_explain import PROFILE, Run


@pytest.fixture
def out(tmp_path: Path) -> str:
    made = Run().rules().found("THB-FLW-003", "P-1", "H1").found("THB-SPD-002", "P-1", "H2")
    made.listed("alerts", "P", "H1", "H2").near("B-1", "THB-SPD-001")
    return str(made.done(tmp_path / "out").path)


def test_explain_prints_a_page_or_json(out):
    shown = run("explain", out, "--subject", "P-1")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.startswith("P\nP-1 is an account of P.\n")
    found = run("explain", out, "--subject", "P", "--rule", "thb-flw-003", "--format", "json")
    assert (found.exit_code, found.stderr) == (0, "")
    facts = json.loads(found.stdout)
    assert facts["rule"]["rule"] == "THB-FLW-003"
    assert [h["hit_id"] for h in facts["hits"]] == ["H1"]
    assert facts["hits"][0]["first"] == "2026-03-01T09:00:00Z"
    (without,) = facts["standings"][0]["without"]
    assert (without["decisive"], without["then"]["score"]) == (True, 2.0)


@pytest.mark.parametrize("args", [["--subject", "nobody"], ["--subject", "P", "--rule", "THB-OFF-001"]])
def test_nothing_published_and_a_rule_that_is_off_are_answers_and_no_failures(out, args):
    shown = run("explain", out, *args)
    assert (shown.exit_code, shown.stderr) == (0, "")


def test_an_unknown_rule_is_wrong_use_with_the_closest_id(out):
    shown = run("explain", out, "--subject", "P", "--rule", "THB-FLW-004")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "error: out was made without a rule 'THB-FLW-004'" in shown.stderr
    assert "help: did you mean 'THB-FLW-003'?" in shown.stderr


@pytest.mark.parametrize(
    "args", [["--subject", ""], ["--subject", " "], [], ["--subject", "P", "--format", "xml"]]
)
def test_wrong_use_ends_with_2_and_prints_nothing(out, args):
    shown = run("explain", out, *args)
    assert (shown.exit_code, shown.stdout) == (2, "")


@pytest.mark.parametrize(
    ("name", "told"),
    [("nowhere", "nowhere: there is no such folder"), (".", "is not a run folder: it has no manifest.json")],
)
def test_a_folder_that_is_no_run_cannot_be_read(tmp_path, name, told):
    shown = run("explain", str(tmp_path / name), "--subject", "P")
    assert (shown.exit_code, shown.stdout) == (4, "")
    assert told in shown.stderr


def test_no_message_names_a_person(tmp_path):
    folder = Run().rules().write(tmp_path / "out", profile={**PROFILE, "scoring": {}}).path
    shown = run("explain", str(folder), "--subject", "P-MARKER")
    assert shown.exit_code == 4
    assert "does not say where the line of an alert is" in shown.stderr
    assert "P-MARKER" not in shown.stderr

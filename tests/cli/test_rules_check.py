"""`thbscreen rules check` in the forms of other programs, and with warnings set aside."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.cli_build import ROOT, copy_profile, run
from thbscreen import __version__
from thbscreen.diagnostics import Diagnostic, Span, as_github, as_sarif, relative_uri
from thbscreen.rules.codes import codes

RULES = ROOT / "rules"
REASON = "the summary of a law, whose pages have no numbers"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one rule with an error in line 7 and a suppressed warning, below the current folder."""
    folder = tmp_path / "my bank" / "rules"
    shutil.copytree(RULES / "lists", folder / "lists")
    copy_profile(folder)
    (folder / "laundering").mkdir()
    path = folder / "laundering" / "THB-ML-001.yaml"
    text = (RULES / "laundering" / "THB-ML-001.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(- \{cite: \w+), at: [^,}]+", r"\1", text, count=1)
    text = re.sub(r"\nstatus: \w+", "\nstatus: test", text)  # a stable rule must say where in every source
    text = text.replace("\ntests:", f"\nsuppress: [{{code: W106, reason: '{REASON}'}}]\ntests:", 1)
    path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


def break_rule(folder: Path) -> None:
    path = folder / "laundering" / "THB-ML-001.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("\nfamily: ", "\nfamly: "), encoding="utf-8")


def found(**changes: Any) -> Diagnostic:
    facts: dict[str, Any] = {
        "code": "R004", "message": "unknown key 'famly' in the rule", "span": Span("rules/a b.yaml", 5, 1, 6),
        "source_line": "famly: flow", "help": "did you mean 'family'?",
    }  # fmt: skip
    return Diagnostic(**(facts | changes))


# --- suppressed ----------------------------------------------------------------------------------


def test_suppressed_findings_are_counted_and_do_not_fail(own: Path) -> None:
    shown = run("rules", "check", str(own), "--strict")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert shown.stderr == "0 errors, 0 warnings, 1 suppressed\n"


def test_suppressed_findings_are_shown_on_request_with_their_reason(own: Path) -> None:
    shown = run("rules", "check", str(own), "--show-suppressed")
    assert shown.exit_code == 0
    assert "suppressed[W106]" in shown.stdout
    assert f"  = reason: {REASON}" in shown.stdout


def test_suppressed_findings_in_json_and_sarif(own: Path) -> None:
    (one,) = json.loads(run("rules", "check", str(own), "--show-suppressed", "--format", "json").stdout)
    assert (one["severity"], one["reason"]) == ("suppressed", REASON)
    log = json.loads(run("rules", "check", str(own), "--show-suppressed", "--format", "sarif").stdout)
    (result,) = log["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "inSource", "justification": REASON}]
    quiet = json.loads(run("rules", "check", str(own), "--format", "sarif").stdout)
    assert quiet["runs"][0]["results"] == []


# --- SARIF ---------------------------------------------------------------------------------------


def is_sarif(log: dict[str, Any]) -> None:
    """Holds a log against what the SARIF 2.1.0 schema requires of the parts that are used."""
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    assert "sarif-2.1.0" in log["$schema"]
    (told,) = log["runs"]
    assert set(told) == {"tool", "columnKind", "results"}
    assert told["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    driver = told["tool"]["driver"]
    assert driver["name"] == "thbscreen"
    assert driver["version"] == __version__
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert set(rule) == {"id", "shortDescription", "fullDescription", "help", "defaultConfiguration"}
        assert all(rule[k]["text"] for k in ("shortDescription", "fullDescription", "help"))
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    for result in told["results"]:
        assert {"ruleId", "ruleIndex", "level", "message", "locations"} <= set(result)
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~!$&'()*+,;=@%/-]+", uri)
        assert not uri.startswith("/")
        region = place["region"]
        assert all(isinstance(region[k], int) for k in ("startLine", "startColumn", "endColumn"))
        assert 1 <= region["startColumn"] < region["endColumn"]
        assert region["startLine"] >= 1


def test_a_broken_rule_as_sarif(own: Path) -> None:
    break_rule(own)
    shown = run("rules", "check", str(own), "--format", "sarif")
    assert shown.exit_code == 3
    log = json.loads(shown.stdout)
    is_sarif(log)
    result = next(r for r in log["runs"][0]["results"] if r["ruleId"] == "R004")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20bank/rules/laundering/THB-ML-001.yaml"
    assert place["region"]["snippet"]["text"].startswith("famly: ")
    assert result["level"] == "error"
    assert "did you mean 'family'?" in result["message"]["text"]
    assert codes()["R004"].cause in json.dumps(log["runs"][0]["tool"], ensure_ascii=False)


def test_no_findings_are_a_valid_log() -> None:
    is_sarif(as_sarif([], __version__, {}))


def test_a_code_without_a_text_stands_for_itself() -> None:
    log = as_sarif([found(code="X999"), found(severity="warning", code="W104")], __version__, {})
    is_sarif(log)
    assert [r["level"] for r in log["runs"][0]["results"]] == ["error", "warning"]


def test_columns_count_characters_and_not_bytes() -> None:
    text = "title: 'ΔΗΜΟΣ' x"
    log = as_sarif([found(span=Span("a.yaml", 1, 9, 14), source_line=text)], __version__, {})
    region = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert text[region["startColumn"] - 1 : region["endColumn"] - 1] == "ΔΗΜΟΣ"


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("rules/a.yaml", "rules/a.yaml"),
        ("my rules/a#b%.yaml", "my%20rules/a%23b%25.yaml"),
        ("κανόνες.yaml", "%CE%BA%CE%B1%CE%BD%CF%8C%CE%BD%CE%B5%CF%82.yaml"),
    ],
)
def test_names_become_relative_uris(name: str, uri: str) -> None:
    assert relative_uri(name) == uri


# --- workflow commands ---------------------------------------------------------------------------


def test_a_broken_rule_as_workflow_commands(own: Path) -> None:
    break_rule(own)
    shown = run("rules", "check", str(own), "--format", "github")
    assert shown.exit_code == 3
    line = next(line for line in shown.stdout.splitlines() if "title=R004" in line)
    assert line.startswith("::error file=my bank/rules/laundering/THB-ML-001.yaml,line=")
    assert line.endswith("::unknown key 'famly' in the rule%0Ahelp: did you mean 'family'?")


def test_one_file_is_named_from_the_current_folder_on(own: Path) -> None:
    break_rule(own)
    path = own / "laundering" / "THB-ML-001.yaml"
    inside = run("rules", "check", str(path), "--format", "github").stdout
    assert "file=my bank/rules/laundering/THB-ML-001.yaml," in inside
    lone = own.parent / path.name
    shutil.copy(path, lone)
    assert "file=my bank/THB-ML-001.yaml," in run("rules", "check", str(lone), "--format", "github").stdout


def test_workflow_commands_escape_what_would_end_them() -> None:
    told = as_github(
        found(
            span=Span("a,b:c%.yaml", 5, 1, 6),
            message="50% of\r\nall: one, two",
            help=None,
            severity="warning",
        )
    )
    assert told == (
        "::warning file=a%2Cb%3Ac%25.yaml,line=5,col=1,endColumn=6,title=R004::50%25 of%0D%0Aall: one, two"
    )


def test_a_suppressed_finding_is_a_notice() -> None:
    told = as_github(found(severity="suppressed", reason="why not"))
    assert told.startswith("::notice ")
    assert told.endswith("%0Areason: why not")

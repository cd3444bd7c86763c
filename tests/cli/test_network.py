"""`thbscreen network` and `thbscreen compare`: streams, forms, exit codes and messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.cli_build import run
from tests.unit.report.run_folders import Made

ROLES = {"V": "possible_victim", "O": "possible_organiser", "U": "unknown"}


def made() -> Made:
    return Made().network("NW-abc123", ROLES, ("V", "O", "T1", 0, 10_000), ("O", "U", "T2", 8, 4_000))


@pytest.fixture
def out(tmp_path: Path) -> str:
    return str(made().write(tmp_path / "out").path)


def facts(*args: str) -> Any:
    shown = run(*args, "--format", "json")
    assert (shown.exit_code, shown.stderr) == (0, "")
    return json.loads(shown.stdout)


def test_show_prints_a_page_or_json(out):
    shown = run("network", "show", out, "abc")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.startswith("NW-abc123: Suspected network\n")
    found = facts("network", "show", out, "abc")
    assert [m["member_id"] for m in found["possible_victims"]] == ["V"]
    assert found["links"][0]["first"] == "2026-03-09T09:00:00Z"


def test_path_prints_a_page_or_json(out):
    assert "1. at most 40.00 EUR the whole way" in run("network", "path", out, "V", "U").stdout
    (way,) = facts("network", "path", out, "V", "U")["ways"]
    assert (way["members"], way["at_most_eur"]) == (["V", "O", "U"], 4_000)


@pytest.mark.parametrize(
    ("options", "n"),
    [
        (["--within", "8 days"], 1), (["--within", "7 days"], 0), (["--within", "191 hours"], 0),
        (["--max-hops", "1"], 0), (["--limit", "1"], 1),
    ],
)  # fmt: skip
def test_bounds_reach_the_search(out, options, n):
    assert len(facts("network", "path", out, "V", "U", *options)["ways"]) == n


@pytest.mark.parametrize(("start", "end"), [("U", "V"), ("nobody", "V")])
def test_no_way_is_an_answer_and_no_failure(out, start, end):
    shown = run("network", "path", out, start, end)
    assert shown.exit_code == 0
    assert "Only payments inside published networks are known" in shown.stdout


@pytest.mark.parametrize("text", ["x", "5", "30 EUR", "30 parsecs", ""])
def test_a_length_that_cannot_be_read_is_wrong_use(out, text):
    shown = run("network", "path", out, "V", "U", "--within", text)
    assert shown.exit_code == 2
    assert 'write it like "30 days"' in shown.stderr


def test_around_prints_a_page_or_json(out):
    assert run("network", "around", out, "V").stdout.startswith("V: handle as a possible victim")
    assert [p["member_id"] for p in facts("network", "around", out, "V", "--hops", "2")["others"]] == [
        "O",
        "U",
    ]


# --- compare -----------------------------------------------------------------------------------------


@pytest.fixture
def later(tmp_path: Path) -> str:
    new = made().network("NW-def456", {"A": "unknown", "B": "unknown", "C": "unknown"})
    return str(new.write(tmp_path / "later").path)


def test_compare_prints_a_page_or_json(out, later):
    assert "NETWORKS: 1 new, 1 unchanged" in run("compare", out, later).stdout
    assert [n["kind"] for n in facts("compare", out, later)["networks"]] == ["new", "unchanged"]


def test_a_change_fails_when_asked_to(out, later):
    assert run("compare", out, later).exit_code == 0
    assert run("compare", out, out, "--fail-on-change").exit_code == 0
    assert run("compare", out, later, "--fail-on-change").exit_code == 1
    assert run("compare", out, later, "--fail-on-change", "--format", "json").exit_code == 1


# --- failures ----------------------------------------------------------------------------------------

CALLS = [
    ["network", "show", "{}", "NW-1"], ["network", "path", "{}", "A", "B"], ["network", "around", "{}", "A"],
    ["compare", "{}", "{}"],
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=lambda c: c[-2])
def test_a_folder_that_is_no_run_cannot_be_read(call, tmp_path):
    shown = run(*[part.format(tmp_path) for part in call])
    assert shown.exit_code == 4
    assert "is not a run folder: it has no manifest.json" in shown.stderr
    assert shown.stdout == ""


def test_a_run_of_another_version_is_refused(out, tmp_path):
    other = tmp_path / "other"
    made().write(other)
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 1}))
    shown = run("compare", out, str(other))
    assert shown.exit_code == 4
    assert "other has version 1 of the run folder's tables; this program reads version 2" in shown.stderr
    assert "help: scan the data again" in shown.stderr


def test_an_unknown_network_is_wrong_use_with_the_closest_id(out):
    shown = run("network", "show", out, "NW-abc124")
    assert shown.exit_code == 2
    assert "did you mean 'NW-abc123'?" in shown.stderr


def test_no_message_names_a_person(out):
    shown = run("network", "path", out, "V", "V-1")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "V-1" not in shown.stderr


def test_a_run_folder_that_somebody_changed_is_refused(tmp_path):
    made().write(tmp_path / "run")
    file = tmp_path / "run" / "network_members.parquet"
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    manifest["outputs"] = [{"file": file.name, "sha256": "0" * 64}]
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    shown = run("network", "show", str(tmp_path / "run"), "NW-abc123")
    assert shown.exit_code == 4
    assert "run/network_members.parquet is not the file that the scan wrote" in shown.stderr

"""`thbscreen rules format`, `schema` and `doc`, and what `list` and `explain` say of data and plans."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.cli_build import ROOT, run
from thbscreen.cli import rules_write
from thbscreen.cli.rules_read import needed_look_back
from thbscreen.rules.pack import load_pack

RULES = ROOT / "rules"
MIXED = "# ours\ntitle: A\nrule: THB-A-001\n"
RIGHT = "rule: THB-A-001\n# ours\ntitle: A\n"

# --- format --------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules" / "flow").mkdir(parents=True)
    (tmp_path / "rules" / "flow" / "THB-A-001.yaml").write_text(MIXED, encoding="utf-8")
    (tmp_path / "rules" / "flow" / "THB-A-002.yaml").write_text("rule: THB-A-002\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "rules"


def test_format_changes_what_is_out_of_order_and_names_it(folder: Path) -> None:
    path = folder / "flow" / "THB-A-001.yaml"
    path.chmod(0o640)
    shown = run("rules", "format", "rules")
    assert (shown.exit_code, shown.stdout) == (0, "rules/flow/THB-A-001.yaml\n")
    assert shown.stderr == "1 of 2 files changed\n"
    assert path.read_text(encoding="utf-8") == RIGHT
    assert path.stat().st_mode & 0o777 == 0o640
    assert {p.name for p in (folder / "flow").iterdir()} == {"THB-A-001.yaml", "THB-A-002.yaml"}
    again = run("rules", "format", "rules")
    assert (again.exit_code, again.stdout) == (0, "")


def test_format_check_writes_nothing_and_ends_with_1(folder: Path) -> None:
    shown = run("rules", "format", "rules", "--check")
    assert (shown.exit_code, shown.stdout) == (1, "rules/flow/THB-A-001.yaml\n")
    assert shown.stderr == "1 of 2 files to be changed\n"
    assert (folder / "flow" / "THB-A-001.yaml").read_text(encoding="utf-8") == MIXED
    assert run("rules", "format", "rules/flow/THB-A-002.yaml", "--check").exit_code == 0


def test_a_file_that_cannot_be_read_stops_everything(folder: Path) -> None:
    (folder / "flow" / "THB-A-003.yaml").write_text("rule: [\n", encoding="utf-8")
    shown = run("rules", "format", "rules")
    assert shown.exit_code == 3
    assert "rules/flow/THB-A-003.yaml:" in shown.stdout
    assert "error[R001]" in shown.stdout
    assert "nothing was changed" in shown.stderr
    assert (folder / "flow" / "THB-A-001.yaml").read_text(encoding="utf-8") == MIXED


def test_a_write_that_fails_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rules_write.os, "fsync", full)
    shown = run("rules", "format", "rules")
    assert shown.exit_code == 4
    assert "THB-A-001.yaml cannot be written (No space left on device)" in shown.stderr
    assert (folder / "flow" / "THB-A-001.yaml").read_text(encoding="utf-8") == MIXED
    assert {p.name for p in (folder / "flow").iterdir()} == {"THB-A-001.yaml", "THB-A-002.yaml"}


def test_format_of_nothing_is_wrong_use(tmp_path: Path) -> None:
    assert run("rules", "format", str(tmp_path / "nowhere")).exit_code == 2


def test_the_rules_of_an_installed_program_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "_data" / "rules"
    installed.mkdir(parents=True)
    monkeypatch.setattr("thbscreen.rules.paths.default_rules_dir", lambda: installed)
    shown = run("rules", "format")
    assert shown.exit_code == 2
    assert "name a folder of rules" in shown.stderr


def test_a_linked_file_is_written_where_it_lies(folder: Path) -> None:
    target = folder.parent / "elsewhere.yaml"
    target.write_text(MIXED, encoding="utf-8")
    link = folder / "flow" / "THB-A-004.yaml"
    link.symlink_to(target)
    assert run("rules", "format", "rules").exit_code == 0
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == RIGHT


# --- schema --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rule", "list", "profile"])
def test_the_printed_schema_is_the_committed_one(kind: str) -> None:
    shown = run("rules", "schema", "--kind", kind)
    assert shown.exit_code == 0
    written = (ROOT / "docs" / "reference" / f"{kind}-schema.json").read_text(encoding="utf-8")
    assert shown.stdout == written


def test_a_schema_knows_the_lists_of_the_folder_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "lists" / "mcc").mkdir(parents=True)
    shutil.copy(RULES / "lists" / "mcc" / "travel.yaml", tmp_path / "lists" / "mcc")
    shown = run("rules", "schema", "--rules", str(tmp_path))
    assert json.loads(shown.stdout)["definitions"]["list of codes or values"] == {"enum": ["mcc.travel"]}
    assert run("rules", "schema", "--rules", str(tmp_path / "nowhere")).exit_code == 2


# --- doc -----------------------------------------------------------------------------------------


def test_pages_appear_with_an_index_and_a_manifest_and_are_replaced_on_request(tmp_path: Path) -> None:
    out = tmp_path / "pages"
    shown = run("rules", "doc", "--out", str(out))
    assert (shown.exit_code, shown.stdout) == (0, f"{out}\n")
    rules = load_pack(drafts=True).rules
    assert {p.name for p in out.glob("*.md")} == {f"{r.id}.md" for r in rules} | {"index.md"}
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["rules"] == {r.id: {"version": r.version, "digest": r.digest} for r in rules}
    assert run("rules", "doc", "--out", str(out)).exit_code == 2
    assert run("rules", "doc", "--out", str(out), "--force").exit_code == 0


# --- list and explain ----------------------------------------------------------------------------


def batch(folder: Path, header: str, *rows: str) -> Path:
    path = folder / "transactions.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_list_says_for_each_rule_whether_a_batch_can_judge_it(tmp_path: Path) -> None:
    path = batch(
        tmp_path, "tx_id,account_id,booking_ts,direction,amount,currency,cp_account_id",
        "1,A,2024-01-01,credit,10.00,EUR,B", "2,A,2024-01-02,debit,10.00,EUR,B",
    )  # fmt: skip
    facts = json.loads(run("rules", "list", "--for", str(path), "--format", "json").stdout)
    by_id = {f["id"]: f for f in facts}
    assert {f["judged"] for f in facts} <= {"ready", "weak", "not judged"}
    assert by_id["THB-MAR-002"]["judged"] == "not judged"
    assert "cp_name" in by_id["THB-MAR-002"]["missing"]
    assert by_id["THB-MAR-002"]["reason"].startswith("no value in ")
    shown = run("rules", "list", "--for", str(path), env={"COLUMNS": "120"}).stdout
    assert "judged" in shown.splitlines()[0]
    assert "    no value in " in shown


def test_list_reads_a_batch_through_its_mapping(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("nr;konto;tag\n", encoding="utf-8")
    shown = run("rules", "list", "--for", str(path), "--mapping", str(tmp_path / "nowhere.yaml"))
    assert shown.exit_code in {2, 4}
    alone = run("rules", "list", "--mapping", str(tmp_path / "nowhere.yaml"))
    assert alone.exit_code == 2
    assert "--mapping goes with --for" in alone.stderr


def test_the_last_line_of_the_list_is_the_look_back() -> None:
    rules = load_pack().rules
    said = needed_look_back(rules)
    assert " ".join(run("rules", "list", env={"COLUMNS": "200"}).stdout.splitlines()[-1:]) == said
    longest = next(r for r in rules if r.id in said)
    assert str(longest.look_back) in said
    assert run("rules", "list", "--format", "json").stderr == said + "\n"


def test_without_windows_there_is_no_look_back() -> None:
    assert needed_look_back([]).startswith("look-back: none")


def test_explain_shows_the_plan_only_when_asked() -> None:
    plain = run("rules", "explain", "THB-MAR-002").stdout
    planned = run("rules", "explain", "THB-MAR-002", "--plan").stdout
    assert planned.startswith(plain)
    assert "\nPlan\n  scope: account" in planned
    assert "stage: 2, after THB-MIT-005, THB-MIT-006" in planned
    assert "[shared with " in planned
    assert "[its own]" in planned


def test_explain_tells_what_a_code_means() -> None:
    shown = run("rules", "explain", "r013")
    assert (shown.exit_code, shown.stdout.splitlines()[0]) == (0, "R013: An unknown test.")

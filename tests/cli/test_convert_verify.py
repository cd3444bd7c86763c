"""`thbscreen convert` and `thbscreen verify` from files to folders, to the screen and back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.cli.cli_build import run
from tests.unit.io.camt_build import OTHER, OWN, detail, entry, message, side, statement

ONLY = ("--only", "THB-MAR-001")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Statements, a scan of them, the converted tables, and a scan of those."""
    base = tmp_path_factory.mktemp("verify")
    folder = base / "data"
    folder.mkdir()
    paid = [
        entry("900.00", "DBIT", detail("", parties=side("Cdtr", f"Person {n}", OTHER), text="rent"),
              day=f"2026-05-{n:02}", ref=f"R{n}")
        for n in range(1, 9)
    ]  # fmt: skip
    text = message(statement(*paid, entry("x"), opening="8000.00", closing="800.00"))
    (folder / "may.xml").write_text(text)
    assert run("scan", str(folder), "--out", str(base / "out"), "--quiet", "--format", "csv").exit_code == 0
    shown = run("convert", str(folder), "--out", str(base / "tables"))
    assert shown.exit_code == 0
    assert shown.stdout == f"{base / 'tables'}\n"
    assert "transactions: 9 read, 8 written, 1 rejected, 0 skipped" in shown.stderr
    assert "1 statement: 1 balance" in shown.stderr
    assert OWN not in shown.stderr
    assert run("scan", str(base / "tables"), "--out", str(base / "out2"), "--quiet").exit_code == 0
    return base


def test_a_scan_of_the_converted_folder_finds_what_a_scan_of_the_files_finds(world: Path) -> None:
    tables = sorted(p.name for p in (world / "out").glob("*.parquet"))
    assert len(tables) > 10
    for name in tables:
        assert pl.read_parquet(world / "out" / name).equals(pl.read_parquet(world / "out2" / name)), name
    one, two = (json.loads((world / o / "summary.json").read_text()) for o in ("out", "out2"))
    assert one["alerts"] == two["alerts"]


def test_a_folder_that_nobody_touched_holds_and_its_work_gives_the_same_bytes(world: Path) -> None:
    for name in ("out", "tables"):
        shown = run("verify", str(world / name), str(world / "data"), "--quiet", "--complete", "--json")
        assert shown.exit_code == 0, shown.output
        facts = json.loads(shown.stdout)
        assert facts["holds"]
        assert facts["not_checked"] == []
        assert facts["inputs"] == {"may.xml": "as recorded"}
        assert set(facts["again"].values()) == {"byte for byte"}
        assert facts["files"]["listed"] == len(facts["again"])


def test_files_that_differ_are_missing_or_were_added_are_named(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(world / "out", out)
    (out / "rejects.csv").write_text("file,row,column,reason\n")
    (out / "summary.json").unlink()
    (out / "note.txt").write_text("mine")
    shown = run("verify", str(out), "--files-only")
    assert shown.exit_code == 1
    for line in ("differs: rejects.csv", "missing: summary.json", "added: note.txt", "DOES NOT HOLD"):
        assert line in shown.stdout
    assert "NOT CHECKED the work again: not asked for" in shown.stdout


def test_other_inputs_and_absent_ones_are_told_apart_and_end_the_work(world: Path, tmp_path: Path) -> None:
    (tmp_path / "may.xml").write_text("<other/>")
    changed = run("verify", str(world / "out"), str(tmp_path), "--quiet")
    assert changed.exit_code == 1
    assert "differs: may.xml" in changed.stdout
    (tmp_path / "may.xml").rename(tmp_path / "june.xml")
    absent = run("verify", str(world / "out"), str(tmp_path), "--quiet", "--json")
    assert absent.exit_code == 0
    assert json.loads(absent.stdout)["inputs"] == {"may.xml": "absent"}
    assert run("verify", str(world / "out"), str(tmp_path), "--quiet", "--complete").exit_code == 1


def test_inputs_are_found_under_their_recorded_names(
    world: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    nowhere = run("verify", str(world / "tables"), "--quiet")
    assert nowhere.exit_code == 0
    assert "NOT CHECKED the work again: no inputs were given" in nowhere.stdout
    monkeypatch.chdir(world / "data")
    assert "done again" in run("verify", str(world / "tables"), "--quiet").stdout


def test_rules_and_mappings_that_are_not_those_of_the_run_are_said_not_guessed(
    world: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(world / "out", out)
    facts = json.loads((out / "manifest.json").read_text())
    facts["rules"]["digest"] = "0" * 64
    facts["rules"]["rules"][0]["digest"] = "1" * 64
    (out / "manifest.json").write_text(json.dumps(facts))
    shown = run("verify", str(out), str(world / "data"), "--quiet", "--json")
    assert shown.exit_code == 0
    told = json.loads(shown.stdout)["not_checked"]
    assert told == [
        f"the work again: the run used others than are here: 1 of its {len(facts['rules']['rules'])} rules; "
        "name the rules and the profile of that run (--rules, --profile)"
    ]
    facts["mapping"] = {"name": "bank.yaml", "sha256": "2" * 64}
    (out / "manifest.json").write_text(json.dumps(facts))
    shown = run("verify", str(out), str(world / "data"), "--quiet", "--json")
    assert "the mapping bank.yaml was not given" in json.loads(shown.stdout)["not_checked"][0]


def test_a_result_that_the_work_does_not_give_again_differs(world: Path, tmp_path: Path) -> None:
    """A table that was changed together with its hash is found by doing the work again."""
    out = tmp_path / "tables"
    shutil.copytree(world / "tables", out)
    frame = pl.read_parquet(out / "transactions.parquet")
    frame.head(7).write_parquet(out / "transactions.parquet")
    frame.write_parquet(tmp_path / "same.parquet", compression="lz4")
    facts = json.loads((out / "manifest.json").read_text())
    from thbscreen.io.digest import sha256_file

    def sealed() -> None:
        for item in facts["outputs"]:
            item["sha256"] = sha256_file(out / item["file"])
        (out / "manifest.json").write_text(json.dumps(facts))

    sealed()
    shown = run("verify", str(out), str(world / "data"), "--quiet", "--json")
    assert shown.exit_code == 1
    assert json.loads(shown.stdout)["again"]["transactions.parquet"] == "differs"
    shutil.copy(tmp_path / "same.parquet", out / "transactions.parquet")
    sealed()
    shown = run("verify", str(out), str(world / "data"), "--quiet")
    assert shown.exit_code == 0
    assert "1 tables the same rows in other bytes" in shown.stdout


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"outputs": [{"file": "../x", "sha256": "0"}]}', '{"outputs": 1}']
)
def test_what_is_no_result_folder_cannot_be_read(tmp_path: Path, text: str) -> None:
    assert run("verify", str(tmp_path / "none")).exit_code == 4
    assert run("verify", str(tmp_path)).exit_code == 4
    (tmp_path / "manifest.json").write_text(text)
    assert run("verify", str(tmp_path)).exit_code == 4


def test_a_handover_is_checked_by_its_hashes(world: Path, tmp_path: Path) -> None:
    """Its manifest has another form; a folder with one more file than it lists does not hold."""
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "index.html").write_text("x")
    from thbscreen.io.digest import sha256_file

    listed = [{"file": "index.html", "sha256": sha256_file(folder / "index.html")}]
    facts = {"handover": {"level": "internal", "thbscreen": "0.1.0"}, "outputs": listed}
    (folder / "manifest.json").write_text(json.dumps(facts))
    shown = run("verify", str(folder))
    assert shown.exit_code == 0
    assert "case: hand-over" in shown.stdout
    (folder / "more.txt").write_text("y")
    assert run("verify", str(folder)).exit_code == 1

"""`thbscreen inspect` on the command line: drafts, readiness, exit codes, and nothing half done."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.cli.cli_build import ROOT, copy_profile, run
from tests.support import pack_of, rule_text, run_rows
from thbscreen.engine.readiness import unlocks

TABLE = (
    "Account;Date;Amount;D/C;Currency;Description\n"
    "A1;13/01/2026;1.500,00;C;EUR;Maria Xenou rent\n"
    "A1;14/01/2026;20,00;D;EUR;Maria Xenou rent\n"
)


@pytest.fixture(scope="module", name="rules")
def few_rules(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that name a folder of three rules."""
    folder = tmp_path_factory.mktemp("rules")
    shutil.copytree(ROOT / "rules" / "lists", folder / "lists")
    copy_profile(folder)
    (folder / "laundering").mkdir()
    for name in ("THB-ML-001", "THB-ML-003", "THB-ML-012"):
        shutil.copy(ROOT / "rules" / "laundering" / f"{name}.yaml", folder / "laundering")
    return ["--rules", str(folder)]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_draft_is_written_and_loads(export: Path, tmp_path: Path, rules: list[str]) -> None:
    draft = tmp_path / "map.yaml"
    done = run("inspect", str(export), "--out", str(draft), *rules)
    assert done.exit_code == 0, done.output
    assert "undecided" not in draft.read_text(encoding="utf-8")
    assert "with this draft: 2 rows read, 2 loaded, 0 rejected, 0 skipped" in done.stdout
    again = run("inspect", str(export), "--mapping", str(draft), "--json", *rules)
    facts = json.loads(again.stdout)["readiness"]
    assert set(facts["rules"]) == {"ready", "weak", "not judged"}
    best = facts["missing_columns"][0]
    assert best["waiting"] >= best["alone"] >= 0
    assert best["waiting"] > 0


def test_what_is_open_is_named_and_such_a_draft_is_refused(
    export: Path, tmp_path: Path, rules: list[str]
) -> None:
    export.write_text(TABLE.replace("13/01", "11/01").replace("14/01", "12/01"), encoding="utf-8")
    draft = tmp_path / "map.yaml"
    done = run("inspect", str(export), "--out", str(draft), *rules)
    assert done.exit_code == 0
    assert "left to you: booking_ts" in done.stdout
    assert "decide what is open" in done.stdout
    refused = run("inspect", str(export), "--mapping", str(draft), *rules)
    assert refused.exit_code == 4
    assert "D061" in refused.stderr


def test_a_draft_replaces_nothing(export: Path, tmp_path: Path, rules: list[str]) -> None:
    draft = tmp_path / "map.yaml"
    draft.write_text("mine", encoding="utf-8")
    done = run("inspect", str(export), "--out", str(draft), *rules)
    assert done.exit_code == 2
    assert draft.read_text(encoding="utf-8") == "mine"


def test_a_folder_is_looked_at_file_by_file(export: Path, rules: list[str]) -> None:
    (export.parent / "statement.pdf").write_bytes(b"%PDF-1.4\n")
    (export.parent / "more.csv").write_text(TABLE.replace(";", ","), encoding="utf-8")
    done = run("inspect", str(export.parent), *rules)
    assert done.exit_code == 0
    assert "statement.pdf: pdf, a wrong column break is a wrong finding" in done.stdout
    assert done.stdout.count("draft of a mapping:") == 2
    several = run("inspect", str(export.parent), "--out", str(export.parent / "m.yaml"), *rules)
    assert several.exit_code == 2
    assert not (export.parent / "m.yaml").exists()


def test_a_damaged_file_in_a_folder_is_named_and_the_others_are_looked_at(
    export: Path, rules: list[str]
) -> None:
    (export.parent / "a.xlsx").write_bytes(b"PK nothing")
    done = run("inspect", str(export.parent), *rules)
    assert done.exit_code == 4
    assert "a.xlsx: error[D021]: the workbook is damaged" in done.stdout
    assert "draft of a mapping:" in done.stdout


def test_values_are_not_shown(export: Path, rules: list[str]) -> None:
    for more in ((), ("--json",)):
        done = run("inspect", str(export), *more, *rules)
        assert done.exit_code == 0
        assert "Maria" not in done.output
        assert "1.500" not in done.output


def test_a_missing_file_is_one_clear_error(tmp_path: Path, rules: list[str]) -> None:
    done = run("inspect", str(tmp_path / "none.csv"), *rules)
    assert done.exit_code == 4
    assert "D001" in done.stderr


COUNT = """
kind: aggregate
where: {where}
for_each: account_id
window: whole period
measures:
  rows: {{count: transactions}}
flag_when:
  - rows >= 1
"""
ROW = {"account_id": "A1", "booking_ts": "2024-03-01 10:00", "amount_eur": "5", "tx_type": "card_purchase"}


def test_the_column_that_unlocks_most_comes_first() -> None:
    one = rule_text(COUNT.format(where="{mcc: 5411, channel: pos}"))
    pack = pack_of(one)
    _, ready = run_rows(pack, [ROW])
    found = unlocks(ready.to_dicts(), pack.rules)
    assert {f["column"]: f["alone"] for f in found} == {"mcc": 0, "channel": 0}
    assert all(f["waiting"] == 1 for f in found)
    _, ready = run_rows(pack, [{**ROW, "channel": "pos"}])
    (best,) = unlocks(ready.to_dicts(), pack.rules)
    assert (best["column"], best["alone"], best["waiting"]) == ("mcc", 1, 1)
    assert isinstance(ready, pl.DataFrame)


@pytest.mark.parametrize(("booked", "alone"), [("2024-03-01 10:00", 1), ("2024-03-01", 0)])
def test_a_column_unlocks_no_rule_that_waits_for_the_time_of_day_too(booked: str, alone: int) -> None:
    night = '{mcc: 5411, booking_ts: {time_of_day: "23:00-06:00"}}'
    pack = pack_of(rule_text(COUNT.format(where=night)))
    _, ready = run_rows(pack, [{**ROW, "booking_ts": booked}])
    (found,) = unlocks(ready.to_dicts(), pack.rules)
    assert (found["column"], found["alone"], found["waiting"]) == ("mcc", alone, 1)
    assert ("no time of day" in ready["reason"][0]) == (not alone)

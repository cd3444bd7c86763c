"""`rules coverage` tells of every indicator whether it is asked, and what stands in the way."""

from __future__ import annotations

import json

from tests.cli.cli_build import run
from thbscreen.rules.pack import load_pack


def test_the_table_counts_by_form_and_says_why_an_indicator_is_not_asked() -> None:
    shown = run("rules", "coverage", "--form", "organ_removal")
    assert shown.exit_code == 0
    head, first = shown.stdout.splitlines()[:2]
    assert head.split()[:3] == ["form", "runs", "off"]
    assert first.split() == ["organ_removal", "0", "3", "0", "0", "0", "0", "3"]
    assert "THB-ORG-001  off" in shown.stdout
    assert "one press article gives the prices" in shown.stdout


def test_a_reason_is_shown_in_full_and_no_line_is_too_wide() -> None:
    shown = run("rules", "coverage", "--form", "benefit_fraud").stdout
    assert max(map(len, shown.splitlines())) <= 100
    (entry,) = (i for i in load_pack(None, drafts=True).indicators if i.id == "THB-BEN-006")
    assert f"{entry.needs}: {entry.reason}" in " ".join(shown.split())


def test_json_has_every_indicator_once() -> None:
    rows = json.loads(run("rules", "coverage", "--format", "json").stdout)
    ids = [row["id"] for row in rows if not row["id"].startswith("MIT") and row["form"] != "mitigation"]
    # 178 of the catalogue and six of ours: THB-BEN-008 and 009, THB-CSE-017 to 019, THB-VIC-017.
    assert len(ids) == len(set(ids)) == 188
    assert {row["state"] for row in rows} <= {
        "runs", "off", "draft", "needs list", "needs column", "not expressible",
    }  # fmt: skip
    assert all(row["why"] for row in rows if row["state"] != "runs")
    waiting = {row["id"] for row in rows if row["state"] == "needs list"}
    assert waiting == {"THB-CSE-007", "THB-SEX-022", "THB-SEX-025"}


def test_an_unknown_form_is_wrong_use_and_the_known_ones_are_named() -> None:
    shown = run("rules", "coverage", "--form", "organs")
    assert shown.exit_code == 2
    assert "organ_removal" in shown.stderr


def test_on_data_each_rule_is_called_ready_weak_or_not_judged(tmp_path) -> None:
    (tmp_path / "transactions.csv").write_text(
        "account_id,booking_ts,direction,amount,currency\nA,2026-01-01 10:00,debit,5.00,EUR\n"
    )
    shown = run("rules", "coverage", "--form", "sham_marriage", "--for", str(tmp_path), "--format", "json")
    assert shown.exit_code == 0, shown.stderr
    rows = {row["id"]: row for row in json.loads(shown.stdout)}
    assert rows["THB-MAR-002"]["judged"] == "not judged"
    assert rows["THB-MAR-002"]["judged_why"].startswith("no value in ")
    assert run("rules", "coverage", "--mapping", "m.yaml").exit_code == 2


def test_markdown_is_the_page_of_the_documentation() -> None:
    text = run("rules", "coverage", "--format", "markdown").stdout
    assert text.startswith("# Coverage\n")
    assert "| **all** |" in text

"""`evaluate`, and what other commands do with a truth folder: what is printed, written, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.cli_build import run
from tests.unit.evaluate.worlds import GROUPS, MEMBERS, made, member, truth_folder
from thbscreen.evaluate.evaluation import SENTENCE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made().write(tmp_path / "out")
    truth_folder(tmp_path / "truth")
    return tmp_path


def evaluate(folder: Path, *more: str):
    told = ("--truth", str(folder / "truth"), "--out", str(folder / "e"))
    return run("evaluate", str(folder / "out"), *told, *more)


def test_the_sentence_stands_first_and_a_possible_victim_as_controlling_ends_with_1(folder: Path) -> None:
    ended = evaluate(folder)
    assert ended.exit_code == 1
    assert " ".join(ended.stdout.split()).startswith(SENTENCE)
    rows = [line.split() for line in ended.stdout.splitlines()]
    assert any(row[:8] == ["networks", "found,", "plain", "100.0", "%", "1", "of", "1"] for row in rows)
    assert "error: possible victims shown in a controlling role: 1, which must be none" in ended.stderr
    facts = json.loads((folder / "e" / "evaluation.json").read_text(encoding="utf-8"))
    assert facts["roles"]["victims_shown_as_controlling"] == 1
    assert (folder / "e" / "evaluation.md").read_text(encoding="utf-8").startswith(SENTENCE)


def test_a_world_without_such_a_finding_ends_with_0(tmp_path: Path) -> None:
    made().write(tmp_path / "out")
    other = [m for m in MEMBERS if m["party_id"] != "C"]
    truth_folder(
        tmp_path / "truth", members=[*other, member("R1", "C", "facilitator", "possible_controller")]
    )
    assert evaluate(tmp_path).exit_code == 0


def test_a_bound_that_does_not_hold_is_named(folder: Path) -> None:
    bound = {"figure": "twins.all", "at_most": 0.02, "why": "Lawful groups must stay quiet."}
    (folder / "b.json").write_text(json.dumps({"bounds": [bound]}), encoding="utf-8")
    ended = evaluate(folder, "--bounds", str(folder / "b.json"))
    assert ended.exit_code == 1
    assert "error: twins.all is outside its bound" in ended.stderr
    assert "Lawful groups must stay quiet." in ended.stdout


def test_an_earlier_result_is_replaced_only_when_asked(folder: Path) -> None:
    evaluate(folder)
    before = (folder / "e" / "manifest.json").read_bytes()
    assert evaluate(folder, "--seed", "3").exit_code == 2
    assert (folder / "e" / "manifest.json").read_bytes() == before
    assert evaluate(folder, "--force").exit_code == 1


@pytest.mark.parametrize("read", ["out", "truth"])
def test_no_folder_that_is_read_is_replaced(folder: Path, read: str) -> None:
    (folder / "truth" / "manifest.json").write_text("{}", encoding="utf-8")
    before = sorted(p.name for p in (folder / read).iterdir())
    told = ("--truth", str(folder / "truth"), "--out", str(folder / read), "--force")
    ended = run("evaluate", str(folder / "out"), *told)
    assert ended.exit_code == 2
    assert f"{read} exists and is not a result folder" in ended.stderr
    assert sorted(p.name for p in (folder / read).iterdir()) == before


def test_an_evaluation_is_no_run(folder: Path) -> None:
    evaluate(folder)
    ended = run("evaluate", str(folder / "e"), "--truth", str(folder / "truth"), "--out", str(folder / "e2"))
    assert ended.exit_code == 4
    assert "e is an evaluation, not a run folder" in ended.stderr


def test_json_on_stdout_is_the_file(folder: Path) -> None:
    ended = evaluate(folder, "--format", "json")
    assert ended.stdout == (folder / "e" / "evaluation.json").read_text(encoding="utf-8")


def test_each_run_needs_its_truth(folder: Path) -> None:
    out = str(folder / "out")
    ended = run("evaluate", out, out, "--truth", str(folder / "truth"), "--out", str(folder / "e"))
    assert ended.exit_code == 2
    assert "2 run folders and 1 truths" in ended.stderr
    assert not (folder / "e").exists()


def test_a_wrong_truth_leaves_nothing_behind(folder: Path) -> None:
    (folder / "truth" / "members.parquet").write_bytes(b"no table")
    ended = evaluate(folder)
    assert ended.exit_code == 4
    assert "truth/members.parquet: cannot be read as a Parquet file" in ended.stderr
    assert not (folder / "e").exists()


def test_a_group_without_members_is_no_truth(folder: Path) -> None:
    truth_folder(folder / "some", members=[m for m in MEMBERS if m["group_id"] != GROUPS[0]["group_id"]])
    ended = run("evaluate", str(folder / "out"), "--truth", str(folder / "some"), "--out", str(folder / "e"))
    assert ended.exit_code == 4
    assert "some/groups.parquet: row 1 is a group without a row in members.parquet" in ended.stderr
    assert not (folder / "e").exists()


def test_a_manifest_that_is_no_object_is_no_truth(folder: Path) -> None:
    (folder / "truth" / "manifest.json").write_text("[]", encoding="utf-8")
    ended = evaluate(folder)
    assert ended.exit_code == 4
    assert "truth/manifest.json: is not an object of JSON" in ended.stderr


# --- other commands ----------------------------------------------------------------------------------


def test_two_rule_sets_are_compared_by_what_was_planned(folder: Path) -> None:
    other = made()
    other.rows["alerts"] = [a for a in other.rows["alerts"] if a["subject_id"] not in {"J", "M"}]
    other.write(folder / "new")
    ended = run("compare", str(folder / "out"), str(folder / "new"), "--truth", str(folder / "truth"))
    assert ended.exit_code == 0
    shown = " ".join(ended.stdout.split())
    assert SENTENCE in shown
    assert "R3 P6 - found missed" in shown
    assert "lawful groups raised 1 0 0 1" in shown
    assert "planned 2 1 0 1" in shown
    assert "lawful groups, gone: T1 (T1)" in shown
    facts = json.loads(
        run("compare", str(folder / "out"), str(folder / "new"), "--truth", str(folder / "truth"), "--format",
            "json").stdout
    )  # fmt: skip
    assert facts["truth"]["groups"] == [
        {"group_id": "R3", "scenario": "P6", "ops": [], "before": "found", "now": "missed", "better": False}
    ]


def test_runs_over_different_data_are_not_held_against_one_truth(folder: Path) -> None:
    made().write(folder / "new", inputs=[{"name": "t", "table": "transactions", "sha256": "a" * 64}])
    ended = run("compare", str(folder / "out"), str(folder / "new"), "--truth", str(folder / "truth"))
    assert ended.exit_code == 2
    assert "the two runs read different data" in ended.stderr


def test_overlap_tells_what_rules_add_with_and_without_truth(folder: Path) -> None:
    plain = run("rules", "overlap", str(folder / "out"))
    assert plain.exit_code == 0
    assert SENTENCE not in plain.stdout
    rows = [line.split() for line in plain.stdout.splitlines()]
    assert ["THB-X", "3", "5", "5", "4", "0", "flow"] in rows
    told = run("rules", "overlap", str(folder / "out"), "--truth", str(folder / "truth"))
    rows = [line.split() for line in told.stdout.splitlines()]
    assert ["THB-X", "3", "5", "5", "4", "0", "2", "1", "1", "2", "2", "flow"] in rows
    assert "of first" in told.stdout


def test_coverage_tells_in_which_planned_groups_a_rule_fired(folder: Path) -> None:
    evaluate(folder)
    file = folder / "e" / "evaluation.json"
    facts = json.loads(file.read_text(encoding="utf-8"))
    facts["indicators"] = {"THB-MAR-001": {"P1": [3, 4], "P2": [0, 2]}}
    file.write_text(json.dumps(facts), encoding="utf-8")
    shown = run("rules", "coverage", "--form", "sham_marriage", "--measured", str(file)).stdout
    assert "fired in P1 3/4; none of 2 others" in shown
    assert "fired in unmeasured" in shown


def test_tuning_takes_who_is_confirmed_from_the_truth_and_shows_curves(tmp_path: Path) -> None:
    rows = [
        f"{a}{n},{a},2024-03-0{n}T10:00:00Z,credit,{amount},EUR,cash_deposit\n"
        for a, amount in (("A-1", "9500.00"), ("M-1", "8200.00"), ("O-1", "100.00"))
        for n in (4, 5, 6)
    ]
    data = tmp_path / "data"
    data.mkdir()
    head = "tx_id,account_id,booking_ts,direction,amount,currency,tx_type\n"
    (data / "transactions.csv").write_text(head + "".join(rows), encoding="utf-8")
    (data / "parties.csv").write_text("party_id,kind\nA,legal\nM,legal\nO,legal\n", encoding="utf-8")
    (data / "account_parties.csv").write_text(
        "account_id,party_id,role\nA-1,A,holder\nM-1,M,holder\nO-1,O,holder\n", encoding="utf-8"
    )
    (data / "accounts.csv").write_text("account_id\nA-1\nM-1\nO-1\n", encoding="utf-8")
    every = [g | {"typology": "laundering"} if g["group_id"] == "R1" else g for g in GROUPS]
    groups, members = ([r for r in t if r["group_id"] not in {"R2", "R3", "R4"}] for t in (every, MEMBERS))
    truth = truth_folder(tmp_path / "truth", groups=groups, members=members)
    ended = run(
        "rules", "tune", "THB-ML-001", "--truth", str(truth), "--data", str(data), "--curves", "--quiet"
    )
    assert ended.exit_code == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0] == SENTENCE
    told = [line for line in lines if line.startswith("  confirmed: 1 subjects in the data, ")]
    assert len(told) == 1
    assert told[0].endswith(" in the truth")
    curve = lines[next(i for i, line in enumerate(lines) if line.startswith("near:")) :]
    assert any(line.split() == ["1", "of", "1", "0", "of", "1", "1", "84%"] for line in curve)
    assert any("(in force)" in line for line in curve)
    both = run("rules", "tune", "THB-ML-001", "--truth", str(truth), "--confirmed", "x", "--data", str(data))
    assert both.exit_code == 2

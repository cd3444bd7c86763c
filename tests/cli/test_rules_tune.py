"""`thbscreen rules tune` and `rules test --mutants`: what is printed, and how they end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.cli_build import ROOT, run

RULES = ROOT / "rules"
HEAD = "tx_id,account_id,booking_ts,direction,amount,currency,tx_type\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Cash deposits of a firm on three accounts: near the threshold, and once far below it."""
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [
        f"{a}{n},{a},2024-03-0{n}T10:00:00Z,credit,{amount},EUR,cash_deposit\n"
        for a, amount in (("ACC1", "9500.00"), ("ACC2", "8200.00"), ("ACC3", "100.00"))
        for n in (4, 5, 6)
    ]
    (folder / "transactions.csv").write_text(HEAD + "".join(rows), encoding="utf-8")
    (folder / "parties.csv").write_text(
        "party_id,kind\n" + "".join(f"P{n},legal\n" for n in (1, 2, 3)), encoding="utf-8"
    )
    (folder / "account_parties.csv").write_text(
        "account_id,party_id,role\n" + "".join(f"ACC{n},P{n},holder\n" for n in (1, 2, 3)), encoding="utf-8"
    )
    (folder / "accounts.csv").write_text(
        "account_id\n" + "".join(f"ACC{n}\n" for n in (1, 2, 3)), encoding="utf-8"
    )
    (tmp_path / "yes.txt").write_text("ACC1\nSECRET\n", encoding="utf-8")
    (tmp_path / "no.txt").write_text("ACC2\n", encoding="utf-8")
    return tmp_path


def tune(folder: Path, rule: str = "THB-ML-001", *more: str):
    files = ("--confirmed", str(folder / "yes.txt"), "--cleared", str(folder / "no.txt"))
    return run("rules", "tune", rule, *files, "--data", str(folder / "data"), *more)


def test_the_best_setting_is_shown_and_ready_to_paste(data: Path) -> None:
    ended = tune(data)
    assert ended.exit_code == 0
    lines = ended.stdout.splitlines()
    assert lines[0] == "THB-ML-001, version 1: Cash deposits kept just under the threshold"
    assert "1 of 1   1 of 1    2  in force now" in ended.stdout
    assert lines[-5:] == [
        "rules:",
        "  THB-ML-001:",
        "    parameters: {near: 84%}",
        "    reason: to be filled",
        "    approved: {by: to be filled, on: to be filled, review: to be filled}",
    ]


def test_what_the_profile_changes_already_stays_in_the_proposal(data: Path) -> None:
    text = (RULES / "profiles" / "cyprus.yaml").read_text(encoding="utf-8")
    own = data / "bank.yaml"
    own.write_text(
        text + "\nrules:\n  THB-ML-001:\n    parameters: {min_deposits: 2}\n    reason: tried\n"
        "    approved: {by: MLCO, on: 2026-01-01, review: 2030-01-01}\n",
        encoding="utf-8",
    )
    before = own.read_bytes()
    ended = tune(data, "THB-ML-001", "--profile", str(own), "--quiet")
    assert "    parameters: {min_deposits: 2, near: 84%}\n" in ended.stdout
    assert own.read_bytes() == before


def test_unknown_subjects_are_named_by_their_line_and_never_by_their_id(data: Path) -> None:
    ended = tune(data)
    assert "warning: line 2 of yes.txt: not in the data, left out" in ended.stderr
    assert "SECRET" not in ended.output
    assert "ACC" not in ended.output


def test_quiet_shows_no_progress(data: Path) -> None:
    assert "reading" in tune(data).stderr
    assert "reading" not in tune(data, "THB-ML-001", "--quiet").stderr


def test_an_unknown_rule_is_wrong_use(data: Path) -> None:
    ended = tune(data, "THB-ML-0001")
    assert ended.exit_code == 2
    assert "did you mean 'THB-ML-001'?" in ended.stderr


def test_rules_over_networks_are_refused(data: Path) -> None:
    ended = tune(data, "THB-MAR-015")
    assert ended.exit_code == 2
    assert "looks at suspected networks" in ended.stderr


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("yes.txt", None, 2, "yes.txt cannot be read"),
        ("no.txt", b"\xff\xfe", 4, "no.txt is not UTF-8 text"),
        ("yes.txt", b"# nobody\n", 2, "there is no confirmed subject"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    data: Path, name: str, content: bytes | None, code: int, message: str
) -> None:
    (data / name).unlink() if content is None else (data / name).write_bytes(content)
    ended = tune(data)
    assert ended.exit_code == code
    assert message in ended.stderr


def test_tuning_needs_data(data: Path) -> None:
    files = ("--confirmed", str(data / "yes.txt"), "--cleared", str(data / "no.txt"))
    ended = run("rules", "tune", "THB-ML-001", *files)
    assert ended.exit_code == 2
    assert "--data" in ended.stderr


# --- mutants -------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with one stable rule of its own beside the shipped lists, and a profile without codes."""
    shutil.copytree(RULES / "lists", tmp_path / "rules" / "lists")
    (tmp_path / "rules" / "profiles").mkdir()
    profile = (RULES / "profiles" / "cyprus.yaml").read_text(encoding="utf-8")
    kept = profile[: profile.index("\ngoaml:")] if "\ngoaml:" in profile else profile
    (tmp_path / "rules" / "profiles" / "cyprus.yaml").write_text(kept + "\n", encoding="utf-8")
    (tmp_path / "rules" / "mitigation").mkdir()
    shutil.copy(RULES / "mitigation" / "THB-MIT-005.yaml", tmp_path / "rules" / "mitigation")
    return tmp_path / "rules"


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "mitigation" / "THB-MIT-005.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_rule_whose_survivors_are_listed_passes(own: Path) -> None:
    ended = run("rules", "test", "--mutants", str(own))
    assert ended.exit_code == 0
    assert "THB-MIT-005  1 of 2 mutants killed (stable)\n" in ended.stdout
    assert "survives as listed: 'flag_when 'payments >= 1': 1 -> 0'" in ended.stdout
    assert ended.stderr.endswith("2 mutants, 1 killed, surviving: 1 (1 listed)\n")


def test_a_survivor_that_is_not_listed_fails_with_its_place(own: Path) -> None:
    change(own, "1 -> 0", "1 -> 7")
    ended = run("rules", "test", "--mutants", str(own))
    assert ended.exit_code == 1
    line = next(
        n
        for n, text in enumerate((own / "mitigation" / "THB-MIT-005.yaml").read_text().splitlines(), 1)
        if "- payments >= 1" in text
    )
    assert (
        f"rules/mitigation/THB-MIT-005.yaml:{line}:19: survives: 'flag_when 'payments >= 1': 1 -> 0'"
        in ended.stdout
    )
    assert "listed, but no such mutant survives: 'flag_when 'payments >= 1': 1 -> 7'" in ended.stdout
    assert "THB-MIT-005; add a test at the boundary, or list the mutant" in ended.stderr


def test_without_the_option_no_mutant_is_made(own: Path) -> None:
    assert "mutants" not in run("rules", "test", str(own)).output

"""The page on lists that are kept out of the rules is followed step by step."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.cli.cli_build import copy_profile, run
from thbscreen.rules.lists import bind_list
from thbscreen.rules.paths import default_rules_dir

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "keep-a-list-out-of-the-rules.md"
TEXT = PAGE.read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("thbscreen")]
DATA = """\
tx_id,account_id,booking_ts,amount,currency,amount_eur,direction,tx_type,cp_account_id,remittance_info
T1,A1,2024-03-01T22:00:00+02:00,20.00,EUR,20.00,debit,credit_transfer,B1,for the BLUE-TEAPOT
T2,A1,2024-03-02T22:00:00+02:00,20.00,EUR,20.00,debit,credit_transfer,B1,glastra
T3,A1,2024-03-03T22:00:00+02:00,20.00,EUR,20.00,debit,credit_transfer,B1,🫖
T4,A1,2024-03-04T22:00:00+02:00,20.00,EUR,20.00,debit,credit_transfer,B1,dinner
"""


def few_rules(folder: Path) -> Path:
    """Copies the rule that the page speaks of, with the lists; all others would only take time."""
    shipped = default_rules_dir()
    shutil.copytree(shipped / "lists", folder / "lists")
    (folder / "child_sexual_exploitation").mkdir()
    name = "child_sexual_exploitation/THB-CSE-007.yaml"
    shutil.copy(shipped / name, folder / name)
    copy_profile(folder)
    return folder


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THBSCREEN_LISTS_KEY", "0123456789abcdef" * 4)
    plain = next(block for block in blocks("text") if "teapot" in block)
    (tmp_path / "words.txt").write_text(plain, encoding="utf-8")
    (tmp_path / "harmless.txt").write_text("blue china\n", encoding="utf-8")
    rules = few_rules(tmp_path / "few" / "rules")
    monkeypatch.setattr("thbscreen.rules.pack.default_rules_dir", lambda: rules)
    monkeypatch.setattr("thbscreen.rules.paths.default_rules_dir", lambda: rules)
    shipped = (rules / "profiles" / "cyprus.yaml").read_text(encoding="utf-8")
    (tmp_path / "bank.yaml").write_text(shipped + "\n" + blocks("yaml")[0], encoding="utf-8")
    data = tmp_path / "data"
    data.mkdir()
    (data / "transactions.csv").write_text(DATA, encoding="utf-8")
    (data / "accounts.csv").write_text("account_id\nA1\n", encoding="utf-8")
    (data / "account_parties.csv").write_text("account_id,party_id,role\nA1,P1,holder\n", encoding="utf-8")
    (data / "parties.csv").write_text("party_id,kind\nP1,natural\n", encoding="utf-8")
    return tmp_path


def test_the_commands_of_the_page_find_the_words_of_the_page(bank: Path) -> None:
    assert len(COMMANDS) == 3
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        shown = run(*arguments)
        assert (program, shown.exit_code) == ("thbscreen", 0), shown.stderr
        assert "W131" not in shown.output
        assert "teapot" not in shown.output
    hits = pl.read_parquet(bank / "out" / "hits.parquet")
    assert sorted(t for ids in hits["tx_ids"].to_list() for t in ids) == ["T1", "T2", "T3"]
    assert (bank / "my-lists" / "keywords" / "child_coded.yaml").stat().st_mode & 0o077 == 0
    for path in (bank / "out").rglob("*"):
        assert not path.is_file() or b"0123456789abcdef" * 4 not in path.read_bytes()


def test_without_the_key_the_rule_is_not_judged(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(*shlex.split(COMMANDS[0])[1:]).exit_code == 0
    monkeypatch.delenv("THBSCREEN_LISTS_KEY")
    assert run(*shlex.split(COMMANDS[2])[1:]).exit_code == 0
    row = pl.read_parquet(bank / "out" / "readiness.parquet").row(0, named=True)
    assert (row["rule"], row["status"]) == ("THB-CSE-007", "not judged")
    assert "THBSCREEN_LISTS_KEY is not set" in row["reason"]
    assert pl.read_parquet(bank / "out" / "hits.parquet").is_empty()


def test_the_reason_on_the_page_is_the_one_that_a_scan_gives(bank: Path) -> None:
    assert run("scan", "data", "--only", "THB-CSE-007", "--out", "out", "--quiet").exit_code == 0
    row = pl.read_parquet(bank / "out" / "readiness.parquet").row(0, named=True)
    assert row["reason"].split("; ")[0] == blocks("text")[0].strip()
    assert "list keywords.child_coded" in row["missing"]


def test_the_declaration_on_the_page_loads() -> None:
    _, findings = bind_list(blocks("yaml")[1], "x.yaml")
    assert findings.result() == []


@pytest.mark.slow
def test_processes_read_the_key_for_themselves(bank: Path) -> None:
    assert run(*shlex.split(COMMANDS[0])[1:]).exit_code == 0
    found = run(*shlex.split(COMMANDS[2])[1:], "--buckets", "2", "--workers", "2", "--quiet")
    assert found.exit_code == 0, found.stderr
    assert pl.read_parquet(bank / "out" / "hits.parquet").height == 3


def test_the_command_refuses_what_would_show_or_lose_words(bank: Path) -> None:
    command = shlex.split(COMMANDS[0])[1:]
    assert run(*command).exit_code == 0
    again = run(*command)
    assert (again.exit_code, "already there" in again.stderr) == (2, True)
    (bank / ".git").mkdir()
    kept = run(*command, "--force")
    assert (kept.exit_code, "under version control" in kept.stderr) == (2, True)
    (bank / ".git").rmdir()
    (bank / "harmless.txt").write_text("nothing\nthe blue teapot\n", encoding="utf-8")
    found = run(*command, "--force")
    assert (found.exit_code, "line 2 of the texts that must not match" in found.stderr) == (2, True)
    assert "teapot" not in found.output
    both = run(*command, "--force", "--key-file", "words.txt")
    assert (both.exit_code, "--key-env or --key-file" in both.stderr) == (2, True)
    missing = run(*[arg if arg != "words.txt" else "no.txt" for arg in command], "--force")
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (2, True)

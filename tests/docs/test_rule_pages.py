"""The pages on testing and tuning rules show what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.cli_build import ROOT, run

FOLDER = ROOT / "docs" / "how-to"


def example(page: str, name: str) -> tuple[list[str], str]:
    """Gives the words of an example's command, and what it prints according to the page."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    found = re.findall(rf"<!-- example: {name} -->\n```sh\n(.+)\n```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(found) == 1
    command, shown = found[0]
    return command.split(), shown


def test_the_page_on_tests_shows_the_mutants_as_they_are_printed() -> None:
    words, shown = example("test-a-rule.md", "mutants")
    assert words[0] == "thbscreen"
    ended = run(*words[1:])
    assert (ended.exit_code, ended.stdout) == (0, shown)


def test_the_test_on_the_page_is_one_of_the_shipped_rule() -> None:
    text = (FOLDER / "test-a-rule.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(  - name:.*?)```", text, re.DOTALL)
    assert block in (ROOT / "rules" / "account_control" / "THB-VIC-001.yaml").read_text(encoding="utf-8")


def test_the_page_on_tuning_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (FOLDER / "tune-a-rule.md").read_text(encoding="utf-8")
    for name in ("confirmed.txt", "cleared.txt"):
        (block,) = re.findall(rf"`{name}`:\n\n```text\n(.*?)```", text, re.DOTALL)
        (tmp_path / name).write_text(block, encoding="utf-8")
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(tmp_path)
    words, shown = example("tune-a-rule.md", "tune")
    assert words[0] == "thbscreen"
    ended = run(*words[1:], "--quiet")
    assert (ended.exit_code, ended.stdout) == (0, shown)

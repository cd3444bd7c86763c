"""The page of wrong rules shows word for word what a check says about them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from thbscreen.cli import main
from thbscreen.rules.paths import default_rules_dir

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "wrong-rules.md").read_text(encoding="utf-8")
RULE, PROFILE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(COMMAND,) = re.findall(r"```sh\nthbscreen (.*?)\n```", PAGE)
CASES = re.findall(
    r"^## \d+\. (.+?)\n(.*?)```diff\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    base = tmp_path / "my-rules"
    shutil.copytree(default_rules_dir() / "lists", base / "lists")
    for name, text in (("cash/THB-CASH-901.yaml", RULE), ("profiles/bank.yaml", PROFILE)):
        (base / name).parent.mkdir()
        (base / name).write_text(text, encoding="utf-8")
    return base


def check() -> str:
    return CliRunner().invoke(main, COMMAND.split()).output


def changed(text: str, diff: str) -> str:
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines()
        old = "\n".join(line[1:] for line in lines if line[0] != "+")
        new = "\n".join(line[1:] for line in lines if line[0] != "-")
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def test_the_rule_and_the_profile_that_are_changed_are_right(folder: Path) -> None:
    assert check() == "0 errors, 0 warnings\n"


def test_there_are_sixteen_and_each_is_a_heading_with_a_change_and_an_output() -> None:
    assert len(CASES) == len(re.findall(r"^## ", PAGE, re.MULTILINE)) == 16


@pytest.mark.parametrize(("title", "words", "diff", "output"), [pytest.param(*c, id=c[0]) for c in CASES])
def test_a_wrong_rule_gives_exactly_the_output_on_the_page(
    title: str, words: str, diff: str, output: str, folder: Path
) -> None:
    if "rules lock" in words:
        locked = CliRunner().invoke(main, ["rules", "lock", "my-rules", "--profile", "bank"])
        assert locked.exit_code == 0
    rule, profile = folder / "cash" / "THB-CASH-901.yaml", folder / "profiles" / "bank.yaml"
    target = profile if "the profile" in title else rule
    target.write_text(changed(target.read_text(encoding="utf-8"), diff), encoding="utf-8")
    assert check() == output

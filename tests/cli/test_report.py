"""`thbscreen report` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.browser.folders import hostile
from thbscreen.cli import main
from thbscreen.cli.report import LANGUAGES
from thbscreen.report.html import texts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile(tmp_path_factory.mktemp("cli") / "out").path


def run(*args: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["report", *map(str, args)])
    return done.exit_code, done.stdout, done.stderr


def test_the_report_is_made_in_the_folder_and_named(folder: Path) -> None:
    assert run(folder) == (0, f"{folder}/report.html\n", "")
    assert (folder / "report.html").stat().st_mode & 0o777 == 0o600
    assert run(folder)[0] == 0, "again, without --force"


def test_a_file_elsewhere_is_replaced_only_with_force(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.html"
    assert run(folder, "--out", out)[0] == 0
    before = out.read_bytes()
    code, _, said = run(folder, "--out", out, "--language", "el")
    assert code == 2
    assert "x.html exists already" in said
    assert out.read_bytes() == before
    assert run(folder, "--out", out, "--language", "el", "--force")[0] == 0
    assert 'lang="el"' in out.read_text(encoding="utf-8")


def test_a_folder_of_no_run_is_refused_with_what_to_do(tmp_path: Path) -> None:
    code, shown, said = run(tmp_path)
    assert (code, shown) == (4, "")
    assert "is not a run folder" in said
    assert "thbscreen scan" in said


def test_help_has_examples_and_exit_codes() -> None:
    code, shown, _ = run("--help")
    assert code == 0
    assert "thbscreen report out/ --language el" in shown
    assert "Exit codes:" in shown


def test_the_languages_are_those_of_the_page() -> None:
    assert LANGUAGES == texts.LANGUAGES

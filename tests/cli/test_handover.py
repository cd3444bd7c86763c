"""`thbscreen handover`: what it prints, refuses and writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.cli_build import run
from tests.unit.report.report_build import finished
from thbscreen.cli.handover import LEVELS as NAMES
from thbscreen.report.redact import LEVELS
from thbscreen.report.runfolder import write_run


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("handover") / "out"
    folder.mkdir()
    write_run(folder, finished())
    return str(folder)


def test_the_command_knows_every_level() -> None:
    assert NAMES == LEVELS


def test_a_folder_is_made_and_named(out: str, tmp_path: Path) -> None:
    done = run("handover", out, "--all", "--level", "sharing", "--out", str(tmp_path / "t"))
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / 't'}\n"
    assert "2 cases" in done.stderr
    assert (tmp_path / "t" / "index.html").is_file()


def test_pseudonyms_are_made_with_a_key_and_mapped_on_request(out: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40, encoding="utf-8")
    call = ["handover", out, "--all", "--level", "counterpart", "--out", str(tmp_path / "c")]
    done = run(*call, "--key-file", str(tmp_path / "key"), "--map", str(tmp_path / "m.csv"))
    assert done.exit_code == 0, done.output
    assert "never send it" in done.stderr
    assert (tmp_path / "m.csv").read_text(encoding="utf-8").startswith('"pseudonym","value"\n')


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--level", "internal"], "say which cases"),
        (["--level", "internal", "--all", "--case", "NW-0"], "say which cases"),
        (["--level", "counterpart", "--all"], "pseudonyms need the institution's key"),
        (["--level", "counterpart", "--all", "--key-env", "NO_SUCH_KEY"], "NO_SUCH_KEY is not set"),
        (["--level", "sharing", "--all", "--profile", "example"], "for the level internal only"),
        (["--level", "sharing", "--all", "--map", "m.csv"], "only the level counterpart"),
        (["--level", "sharing", "--case", "NW-9"], "has no case 'NW-9'"),
        (["--level", "sharing", "--all", "--at-least", "2"], "3<=x<=1000"),
    ],
)
def test_what_contradicts_itself_is_refused(out: str, tmp_path: Path, args: list[str], message: str) -> None:
    done = run("handover", out, *args, "--out", str(tmp_path / "x"))
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert not (tmp_path / "x").exists()


def test_a_folder_of_another_kind_is_never_replaced(out: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "manifest.json").write_text('{"export": "i2"}', encoding="utf-8")
    done = run("handover", out, "--all", "--level", "sharing", "--out", str(other), "--force")
    assert done.exit_code == 2
    assert "is not a hand-over" in done.stderr

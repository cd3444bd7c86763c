"""`thbscreen export`: what goes to stdout and stderr, exit codes, and no ids where they do not belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.cli_build import run
from tests.unit.report.export_build import NET, Folder, hostile, pair
from thbscreen.cli.export import FORMS
from thbscreen.report.export import FILES, FOLDERS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return pair().write(tmp_path / "out")


def test_forms_are_those_that_can_be_written() -> None:
    assert (*FILES, *FOLDERS) == FORMS


@pytest.mark.parametrize("form", FORMS)
def test_stdout_is_the_name_of_what_was_made(form: str, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "made"
    shown = run("export", str(folder), "--to", form, "--out", str(place))
    assert (shown.exit_code, shown.stdout) == (0, f"{place}\n")
    assert shown.stderr == (
        "1 network, 2 members, 2 payments, 1 other link; 1 of the members to be handled as possible victims\n"
    )
    assert place.exists()


@pytest.mark.parametrize("form", FORMS)
def test_a_run_without_networks_is_told_and_written(form: str, tmp_path: Path) -> None:
    folder, place = Folder().write(tmp_path / "out"), tmp_path / "made"
    shown = run("export", str(folder), "--to", form, "--out", str(place))
    assert shown.exit_code == 0
    assert "note: the run has no suspected network; the export is valid and empty" in shown.stderr
    assert place.exists()


def test_networks_can_be_chosen(folder: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "made")
    assert run("export", str(folder), "--to", "ftm", "--network", NET, "--out", place).exit_code == 0
    shown = run("export", str(folder), "--to", "ftm", "--network", "NW-1", "--out", place, "--force")
    assert shown.exit_code == 2
    assert f"error: there is no network 'NW-1' in this run\n  = help: this run has: {NET}" in shown.stderr


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (["--out", "{run}"], 2, "cannot lie in the run folder"),
        (["--to", "dot"], 2, "'dot' is not one of"),
        (["--out", ""], 2, "an empty name"),
        (["--out", "{run}/../gone/made"], 4, "cannot be written"),
    ],
)
def test_wrong_use_is_one_clear_message(change: list[str], code: int, told: str, folder: Path) -> None:
    options = {"--to": "gexf", "--out": str(folder.parent / "made")}
    options[change[0]] = change[1].format(run=folder)
    shown = run("export", str(folder), *(part for pair in options.items() for part in pair))
    assert shown.exit_code == code
    assert told in shown.stderr
    assert shown.stdout == ""


def test_an_existing_file_needs_force(folder: Path, tmp_path: Path) -> None:
    command = ["export", str(folder), "--to", "ftm", "--out", str(tmp_path / "made")]
    assert [run(*command).exit_code, run(*command).exit_code, run(*command, "--force").exit_code] == [0, 2, 0]


def test_no_id_of_a_person_is_printed_or_names_a_file(tmp_path: Path) -> None:
    folder = hostile().member("P1-SECRET").write(tmp_path / "out")
    for form in FORMS:
        shown = run("export", str(folder), "--to", form, "--out", str(tmp_path / f"made-{form}"))
        assert "SECRET" not in shown.stdout + shown.stderr
    names = [p.name for p in tmp_path.rglob("*")]
    assert not any("SECRET" in name for name in names)


def test_the_help_has_an_example_for_a_file_and_for_a_folder() -> None:
    text = run("export", "--help").output
    assert "thbscreen export out/ --to graphml --out networks.graphml" in text
    assert "thbscreen export out/ --to i2 --out for-i2/" in text

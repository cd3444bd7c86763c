"""An export is there whole or not at all, and never takes the place of somebody's data."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.cli_build import ROOT
from tests.unit.report.export_build import pair
from thbscreen.errors import DataError, OutputError, UsageError
from thbscreen.report import export as exports
from thbscreen.report.export import FILES, FOLDERS, export
from thbscreen.report.export.output import whole_file

EVERY = pytest.mark.parametrize("form", [*FILES, *FOLDERS])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return pair().write(tmp_path / "out")


def inside(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


@EVERY
def test_an_export_is_its_owners_alone_and_leaves_nothing_beside_it(form: str, run: Path) -> None:
    place = run.parent / "made"
    export(run, form, place)
    assert inside(run.parent) == {"out", "made"}
    assert stat.S_IMODE(place.stat().st_mode) == (0o600 if form in FILES else 0o700)
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in place.glob("*"))


@EVERY
def test_an_earlier_export_is_replaced_with_force_only(form: str, run: Path) -> None:
    place = run.parent / "made"
    export(run, form, place)
    with pytest.raises(UsageError, match="exists already"):
        export(run, form, place)
    export(run, form, place, force=True, namespace="another")
    assert inside(run.parent) == {"out", "made"}


@EVERY
@pytest.mark.parametrize("where", ["out", "out/made", "."])
def test_an_export_never_lies_in_the_run_folder_or_in_its_place(form: str, where: str, run: Path) -> None:
    before = inside(run)
    with pytest.raises(UsageError):
        export(run, form, run.parent / where, force=True)
    assert inside(run) == before


def test_another_run_folder_is_not_replaced_even_with_force(run: Path) -> None:
    other = pair().write(run.parent / "other")
    with pytest.raises(UsageError, match="is not an export"):
        export(run, "i2", other, force=True)
    assert (other / "networks.parquet").is_file()


def test_a_folder_or_a_symbolic_link_is_not_replaced_by_a_file(run: Path) -> None:
    place = run.parent / "made"
    place.symlink_to(run.parent / "elsewhere")
    with pytest.raises(UsageError, match="symbolic link"):
        export(run, "ftm", place, force=True)
    place.unlink()
    place.mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        export(run, "ftm", place, force=True)


@EVERY
def test_a_failure_while_writing_leaves_the_earlier_export(
    form: str, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = run.parent / "made"
    export(run, form, place)
    before = {p: p.read_bytes() for p in (place, *place.glob("*")) if p.is_file()}

    def breaks(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for forms in (exports.FILES, exports.FOLDERS):
        if form in forms:
            monkeypatch.setitem(forms, form, breaks)  # type: ignore[arg-type]
    with pytest.raises(OutputError, match="No space left"):
        export(run, form, place, force=True)
    assert {p: p.read_bytes() for p in (place, *place.glob("*")) if p.is_file()} == before
    assert inside(run.parent) == {"out", "made"}


def test_a_file_that_came_up_meanwhile_stays(tmp_path: Path) -> None:
    place = tmp_path / "made"
    with pytest.raises(UsageError, match="exists already"), whole_file(place, force=False) as stream:
        stream.write("mine")
        place.write_text("theirs")
    assert place.read_text() == "theirs"
    assert inside(tmp_path) == {"made"}


def test_a_missing_folder_around_the_file_is_an_output_error(run: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        export(run, "gexf", run.parent / "nowhere" / "made.gexf")


def test_a_name_that_begins_with_a_dot_is_refused(run: Path) -> None:
    with pytest.raises(UsageError, match="dot"):
        export(run, "gexf", run.parent / ".hidden")


def test_a_folder_that_no_scan_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a run folder"):
        export(tmp_path, "gexf", tmp_path.parent / "made.gexf")


def test_an_unknown_form_is_refused_with_those_that_exist(run: Path) -> None:
    with pytest.raises(UsageError, match=r"'dot'\n.*graphml, gexf, ftm, i2, neo4j"):
        export(run, "dot", run.parent / "made")


def test_a_stopped_export_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib\n"
        "from thbscreen.report.export.output import whole_file\n"
        "with whole_file(pathlib.Path(sys.argv[1]), force=False) as stream:\n"
        "    stream.write('x' * 100000); stream.flush()\n"
        "    print('writing', flush=True); time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "made")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    with child, child.stdout:
        assert child.stdout.readline() == "writing\n"
        assert inside(tmp_path) != set()
        time.sleep(0.05)
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 128 + signal.SIGTERM
    assert inside(tmp_path) == set()

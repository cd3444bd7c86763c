"""A result folder appears whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from thbscreen.errors import OutputError, UsageError
from thbscreen.io import publish
from thbscreen.io.publish import Staging


def _run(out: Path, text: str = "new", *, force: bool = False) -> None:
    with Staging(out, force=force) as staging:
        (staging.path / "cases").mkdir()
        (staging.path / "cases" / "a.txt").write_text(text)
        (staging.path / "manifest.json").write_text("{}")


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_finished_folder_is_complete_private_and_alone(tmp_path: Path) -> None:
    _run(tmp_path / "out")
    assert _names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "cases" / "a.txt").read_text() == "new"
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "out" / "cases").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "out" / "cases" / "a.txt").stat().st_mode & 0o777 == 0o600


def test_nothing_is_visible_before_the_end(tmp_path: Path) -> None:
    with Staging(tmp_path / "out", force=False):
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, pl.exceptions.PanicException])
def test_any_failure_leaves_nothing(error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error), Staging(tmp_path / "out", force=False) as staging:
        (staging.path / "half").write_text("x")
        raise error
    assert _names(tmp_path) == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        pl.exceptions.ComputeError("No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_an_output_error(error: Exception, tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="out: results cannot be written"),
        Staging(tmp_path / "out", force=False),
    ):
        raise error
    assert _names(tmp_path) == []


@pytest.mark.parametrize("broken", ["fsync", "chmod", "rename"])
def test_a_failure_of_any_last_step_keeps_the_earlier_result(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(tmp_path / "out", "old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    real = Path.rename

    def fail_on_staging(self: Path, target: Path) -> Path:
        if self.parent.name.startswith(".tmp-"):
            fail()
        return real(self, target)

    with pytest.raises(OutputError), Staging(tmp_path / "out", force=True) as staging:
        (staging.path / "manifest.json").write_text("{}")
        if broken == "fsync":
            monkeypatch.setattr(os, "fsync", fail)
        else:
            monkeypatch.setattr(Path, broken, fail_on_staging if broken == "rename" else fail)
    monkeypatch.undo()
    assert _names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "cases" / "a.txt").read_text() == "old"


def test_an_earlier_result_is_kept_without_force_and_replaced_with_it(tmp_path: Path) -> None:
    _run(tmp_path / "out", "old")
    with pytest.raises(UsageError, match="exists already"):
        _run(tmp_path / "out")
    assert (tmp_path / "out" / "cases" / "a.txt").read_text() == "old"
    _run(tmp_path / "out", force=True)
    assert (tmp_path / "out" / "cases" / "a.txt").read_text() == "new"
    assert _names(tmp_path) == ["out"]


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("x")
    with pytest.raises(UsageError, match="not a result folder"):
        _run(tmp_path / "out", force=True)
    assert _names(tmp_path / "out") == ["thesis.docx"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    _run(tmp_path / "out")
    assert "manifest.json" in _names(tmp_path / "out")


def test_links_and_files_are_no_targets(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(UsageError):
            _run(tmp_path / name, force=True)
    with pytest.raises(OutputError, match="parent folder"):
        _run(tmp_path / "no" / "out")


def test_a_second_run_is_told_at_once(tmp_path: Path) -> None:
    with Staging(tmp_path / "out", force=False), pytest.raises(OutputError, match="another run"):
        _run(tmp_path / "out")
    assert _names(tmp_path) == ["out"]


def test_leftovers_of_a_killed_run_are_cleared(tmp_path: Path) -> None:
    (tmp_path / ".tmp-out").mkdir()
    (tmp_path / ".tmp-out" / "half").write_text("x")
    (tmp_path / ".lock-out").write_text("")
    _run(tmp_path / "out")
    assert _names(tmp_path) == ["out"]


def test_scratch_files_of_a_killed_run_lie_where_the_next_run_clears_them(tmp_path: Path) -> None:
    with Staging(tmp_path / "out", force=False) as staging:
        place = staging.path.parent
    place.mkdir()
    (place / "scratch").mkdir()
    (place / "scratch" / "movements").write_text("x")
    _run(tmp_path / "out")
    assert _names(tmp_path) == ["out"]


def test_a_stop_between_the_two_renames_brings_the_earlier_result_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(tmp_path / "out", "old")
    real = Path.rename

    def stop_on_staging(self: Path, target: Path) -> Path:
        if self.parent.name.startswith(".tmp-"):
            raise KeyboardInterrupt
        return real(self, target)

    with pytest.raises(KeyboardInterrupt), Staging(tmp_path / "out", force=True) as staging:
        (staging.path / "manifest.json").write_text("{}")
        monkeypatch.setattr(Path, "rename", stop_on_staging)
    monkeypatch.undo()
    assert _names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "cases" / "a.txt").read_text() == "old"


def test_a_result_that_was_moved_away_by_a_killed_run_comes_back(tmp_path: Path) -> None:
    _run(tmp_path / "out", "old")
    (tmp_path / "out").rename(tmp_path / ".old-out")
    with pytest.raises(UsageError, match="exists already"):
        _run(tmp_path / "out")
    assert (tmp_path / "out" / "cases" / "a.txt").read_text() == "old"
    assert _names(tmp_path) == ["out"]


CHILD = """
import sys, time
from pathlib import Path
from thbscreen.io.publish import Staging
with Staging(Path(sys.argv[1]), force=False) as staging:
    (staging.path / "half").write_text("x")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(publish.__file__).parents[2],
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(number)
        assert child.wait(20) != 0
    assert _names(tmp_path) == []


def test_after_a_kill_the_next_run_succeeds(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        cwd=Path(publish.__file__).parents[2],
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        with pytest.raises(OutputError, match="another run"):
            _run(tmp_path / "out")
        child.kill()
    time.sleep(0.05)
    _run(tmp_path / "out")
    assert _names(tmp_path) == ["out"]

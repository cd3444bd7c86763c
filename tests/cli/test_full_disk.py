"""A disk without room: one message, exit code 4, and nothing half written."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from tests.cli.cli_build import child, run
from tests.unit.io.camt_build import entry, message, statement
from tests.unit.report.report_build import finished
from thbscreen.report.runfolder import write_run

#: No file may grow beyond this many bytes: what a disk without room does to a program that writes.
CODE = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from thbscreen.cli import main
main()
"""


def rows(folder: Path) -> Path:
    lines = [f"A{n % 7},2026-01-{n % 28 + 1:02},{n}.00,EUR,debit,{os.urandom(16).hex()}" for n in range(500)]
    path = folder / "transactions.csv"
    path.write_text("\n".join(["account_id,booking_ts,amount,currency,direction,cp_name", *lines, ""]))
    return path


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_conversion_leaves_nothing(tmp_path: Path, form: str) -> None:
    data = rows(tmp_path)
    done = child("convert", str(data), "--to", form, "--out", str(tmp_path / "out"), "--quiet", code=CODE)
    assert done.returncode == 4
    assert done.stdout == ""
    assert done.stderr.count("error:") == 1
    assert "out: results cannot be written" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["transactions.csv"]


def test_a_handover_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write_run(tmp_path / "run", finished())
    call = ("handover", str(tmp_path / "run"), "--all", "--level", "internal", "--out", str(tmp_path / "h"))
    done = child(*call, code=CODE)
    assert (done.returncode, done.stdout) == (4, "")
    assert "h: results cannot be written" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run"]


def test_a_full_folder_for_temporary_files_is_named_and_not_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "a.xml").write_text(message(statement(entry("1.00"), entry("2.00"))))
    monkeypatch.setattr("thbscreen.io.statements.folder.SPILL_ROWS", 1)
    monkeypatch.setattr(tempfile, "mkdtemp", full)
    done = run("convert", str(tmp_path / "a.xml"), "--out", str(tmp_path / "out"), "--quiet")
    assert done.exit_code == 4
    assert "the folder for temporary files cannot be written (No space left on device)" in done.stderr
    assert "TMPDIR" in done.stderr
    assert not (tmp_path / "out").exists()

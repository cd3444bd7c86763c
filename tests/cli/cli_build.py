"""Running the program in this process and in a child."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.unit.report.report_build import FakeRun, finished
from thbscreen.cli import main

ROOT = Path(__file__).resolve().parents[2]


def run(*args: str, **kwargs: Any) -> Result:
    return CliRunner().invoke(main, list(args), **kwargs)


def copy_profile(folder: Path) -> None:
    """Gives a folder of few rules the shipped profile, without codes for what no rule there reports."""
    text = (ROOT / "rules" / "profiles" / "cyprus.yaml").read_text(encoding="utf-8")
    (folder / "profiles").mkdir()
    (folder / "profiles" / "cyprus.yaml").write_text(text.partition("\ngoaml:")[0] + "\n", encoding="utf-8")


def child(
    *args: str, code: str | None = None, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the program, or a piece of code, in a fresh interpreter without a terminal."""
    start = ["-m", "thbscreen"] if code is None else ["-c", code]
    return subprocess.run(
        [sys.executable, *start, *args], capture_output=True, text=True, check=False, cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip


class Fake:
    """Stands for `thbscreen.screening.screen`: keeps how it was called, gives a run or raises."""

    def __init__(self, outcome: FakeRun | BaseException | None = None) -> None:
        self.outcome = outcome if outcome is not None else finished()
        self.inputs: tuple[Path, ...] = ()
        self.options: dict[str, Any] = {}

    def __call__(self, inputs: tuple[Path, ...], **options: Any) -> FakeRun:
        self.inputs, self.options = inputs, options
        progress = options["progress"]
        if progress is not None:
            progress.stage("reading", None)
            progress.advance(1200)
            progress.stage("judging", 4)
            progress.advance(4)
            progress.note("a remark")
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Fake:
        monkeypatch.setattr("thbscreen.screening.screen", self)
        monkeypatch.setattr("thbscreen.io.probe.check_parquet", lambda inputs: None)
        return self

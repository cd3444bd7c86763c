"""`thbscreen scan`: streams, options, progress, looks, and stopping."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.cli_build import ROOT, Fake, child, run
from tests.unit.engine.scoring_build import Case
from tests.unit.report.report_build import finished
from thbscreen.cli.progress import Shown
from thbscreen.cli.scan import FORMATS
from thbscreen.report import runfolder

FAKE = """
import sys
from tests.cli.cli_build import Fake
import thbscreen.screening
thbscreen.screening.screen = Fake()
import thbscreen.io.probe
thbscreen.io.probe.check_parquet = lambda inputs: None
from thbscreen.cli import main
main(sys.argv[1:])
"""


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    return Fake().install(monkeypatch)


@pytest.mark.usefixtures("fake")
def test_stdout_is_the_folder_and_nothing_else() -> None:
    shown = run("scan", "x", "--out", "out")
    assert (shown.exit_code, shown.stdout) == (0, "out\n")
    assert "SUSPECTED NETWORKS" in shown.stderr


@pytest.mark.usefixtures("fake")
def test_quiet_leaves_stderr_empty() -> None:
    assert run("scan", "x", "--out", "out", "--quiet").stderr == ""


@pytest.mark.usefixtures("fake")
def test_json_prints_the_summary() -> None:
    shown = run("scan", "x", "--out", "out", "--json", "--quiet")
    assert json.loads(shown.stdout)["alerts"] == {"all": 1, "possible_victims": 0, "subjects": 1}


def test_options_reach_the_run(fake: Fake) -> None:
    paths = ["--out", "o", "--mapping", "m", "--rules", "r", "--profile", "p", "--format", "csv,ndjson"]
    how = ["--buckets", "3", "--workers", "2", "--force", "--quiet", "--only", "X", "--only", "Y"]
    run("scan", "a", "b", *paths, *how)
    assert fake.inputs == (Path("a"), Path("b"))
    assert fake.options == {
        "out": Path("o"), "mapping": Path("m"), "rules": Path("r"), "profile": "p", "only": ("X", "Y"),
        "formats": ("csv", "ndjson"), "buckets": 3, "workers": 2, "force": True,
        "progress": None, "key": None, "memory": None,
    }  # fmt: skip


def test_defaults_leave_the_choice_to_the_run(fake: Fake) -> None:
    run("scan", "a", "--out", "o", "--quiet")
    defaults: dict[str, Any] = {"buckets": None, "workers": 1, "force": False, "formats": (), "only": ()}
    assert defaults.items() <= fake.options.items()
    assert fake.options["profile"] == "cyprus"


def test_formats_are_those_that_can_be_written() -> None:
    assert FORMATS == runfolder.FORMATS


def test_an_unknown_format_is_wrong_use(fake: Fake) -> None:
    shown = run("scan", "a", "--out", "o", "--format", "csv,xlsx")
    assert shown.exit_code == 2
    assert "'xlsx' is none of: csv, ndjson" in shown.stderr
    assert fake.options == {}


@pytest.mark.parametrize("what", ["alerts", "networks"])
@pytest.mark.usefixtures("fake")
def test_findings_fail_when_asked_to(what: str) -> None:
    assert run("scan", "x", "--out", "out", "--quiet", "--fail-on", what).exit_code == 1


def test_no_findings_do_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    Fake(finished(Case().customer("P1", "A1"))).install(monkeypatch)
    assert (
        run("scan", "x", "--out", "o", "--quiet", "--fail-on", "alerts", "--fail-on", "networks").exit_code
        == 0
    )


# --- progress and looks -------------------------------------------------------------------------------


def test_without_a_terminal_progress_is_plain_lines() -> None:
    shown = child("scan", "x", "--out", "out", code=FAKE)
    assert shown.stdout == "out\n"
    lines = shown.stderr.splitlines()
    assert re.fullmatch(r"reading  1,200  \d+\.\d s", lines[0])
    assert "a remark" in lines
    assert re.fullmatch(r"judging  4 of 4  \d+\.\d s", lines[2])
    assert "\x1b" not in shown.stderr
    assert "\r" not in shown.stderr


def on_a_terminal(columns: int = 80, **env: str) -> str:
    """What a terminal receives on stderr."""
    here, there = pty.openpty()
    full = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": str(columns), **env}
    started = subprocess.Popen(
        [sys.executable, "-c", FAKE, "scan", "x", "--out", "out"], cwd=ROOT, env=full,
        stderr=there, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(there)
    received = b""
    while select.select([here], [], [], 60)[0]:
        try:
            piece = os.read(here, 65536)
        except OSError:
            break
        if not piece:
            break
        received += piece
    os.close(here)
    started.communicate(timeout=60)
    assert started.returncode == 0
    return received.decode()


def test_on_a_terminal_there_are_colours_and_a_moving_line() -> None:
    text = on_a_terminal(NO_COLOR="")
    assert "\x1b[1mALERTS" in text
    assert "\r\x1b[Kreading" in text


def test_no_color_takes_the_colours_away() -> None:
    text = on_a_terminal(NO_COLOR="1")
    assert "ALERTS" in text
    assert re.findall(r"\x1b\[\d+m", text) == []


def test_a_narrow_terminal_is_not_overrun() -> None:
    text = on_a_terminal(60, NO_COLOR="1").replace("\r\n", "\n")
    assert max(len(re.sub(r"\r?\x1b\[K", "", line)) for line in text.splitlines()) <= 60


def test_a_stage_without_a_name_draws_nothing() -> None:
    stream = io.StringIO()
    with Shown(stream, live=False) as shown:
        shown.advance(5)
    assert stream.getvalue() == ""


def test_a_failure_takes_the_moving_line_away() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="x"), Shown(stream, live=True) as shown:
        shown.stage("reading", None)
        raise ValueError("x")
    assert stream.getvalue().endswith("\r\x1b[K")


# --- stopping -----------------------------------------------------------------------------------------

STOPPABLE = """
import sys, time
from pathlib import Path
import thbscreen.screening
from thbscreen.io.publish import Staging
def screen(inputs, *, out, force, **rest):
    with Staging(out, force=force) as staging:
        (staging.path / "half").write_text("x")
        print("ready", flush=True)
        time.sleep(60)
thbscreen.screening.screen = screen
import thbscreen.io.probe
thbscreen.io.probe.check_parquet = lambda inputs: None
from thbscreen.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_leaves_nothing(tmp_path: Path, number: signal.Signals, code: int) -> None:
    started = subprocess.Popen(
        [sys.executable, "-c", STOPPABLE, "scan", "x", "--out", str(tmp_path / "out"), "--quiet"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    time.sleep(0.1)
    started.send_signal(number)
    _, text = started.communicate(timeout=60)
    assert started.returncode == code
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in text


# --- the real thing -----------------------------------------------------------------------------------

MOVEMENTS = """tx_id,account_id,booking_ts,direction,amount,currency,cp_account_id,cp_name,remittance_info
T1,A1,2026-01-05T10:00:00,credit,100.00,EUR,X1,MARKER-NAME,MARKER-TEXT
T2,A1,2026-01-06T10:00:00,debit,40.00,EUR,X2,MARKER-NAME,MARKER-TEXT
"""


def test_a_small_file_is_screened_from_end_to_end(tmp_path: Path) -> None:
    (tmp_path / "transactions.csv").write_text(MOVEMENTS, encoding="utf-8")
    shown = child("scan", "transactions.csv", "--out", "out", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (0, "out\n")
    assert "rows: 2 read, 2 loaded, 0 rejected" in shown.stderr
    assert "MARKER" not in shown.stderr
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "out").rglob("*") if p.is_file()} == {0o600}


@pytest.fixture
def movements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small file, and the place to work from."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "transactions.csv").write_text(MOVEMENTS, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("movements")
def test_an_existing_folder_is_not_overwritten() -> None:
    assert run("scan", "transactions.csv", "--out", "out", "--quiet").exit_code == 0
    again = run("scan", "transactions.csv", "--out", "out", "--quiet")
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert run("scan", "transactions.csv", "--out", "out", "--quiet", "--force").exit_code == 0


def test_broken_input_names_no_value(movements: Path) -> None:
    (movements / "transactions.csv").write_text(MOVEMENTS.replace("100.00", "MARKER"), encoding="utf-8")
    shown = run("scan", "transactions.csv", "--out", "out")
    assert shown.exit_code == 4
    assert "MARKER" not in shown.output
    assert not (movements / "out").exists()


@pytest.mark.usefixtures("movements")
def test_missing_input_ends_with_4() -> None:
    assert run("scan", "nowhere.csv", "--out", "out", "--quiet").exit_code == 4


@pytest.mark.usefixtures("movements")
def test_a_missing_profile_is_wrong_use() -> None:
    shown = run("scan", "transactions.csv", "--out", "out", "--profile", "atlantis")
    assert shown.exit_code == 2
    assert "there is no profile 'atlantis'" in shown.stderr

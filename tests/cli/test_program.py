"""Help, versions, exit codes and messages of the whole program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from tests.cli.cli_build import ROOT, Fake, child, run
from thbscreen import errors
from thbscreen.cli import main
from thbscreen.cli.program import EXIT_CODES
from thbscreen.diagnostics import Diagnostic, Span

MARKER = "CY-MARKER-FROM-THE-DATA"
COMMANDS = [
    "", "completion", "convert", "scan", "inspect", "rules", "rules check", "rules coverage", "rules doc",
    "rules explain", "rules format", "rules hash-list", "rules list", "rules lock", "rules schema",
    "rules overlap", "rules tune", "rules test", "evaluate",
    "network", "network show", "network path", "network around", "explain", "compare", "export", "handover",
    "report", "str", "str check", "str draft", "str profile", "verify",
    "simulate", "simulate check", "simulate explain",
]  # fmt: skip


def all_commands(command: click.Command, path: str = "") -> list[str]:
    found = [path]
    if isinstance(command, click.Group):
        for name, sub in command.commands.items():
            found += all_commands(sub, f"{path} {name}".strip())
    return found


def test_the_commands_under_test_are_all_commands() -> None:
    assert sorted(all_commands(main)) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_examples_and_the_exit_codes(command: str) -> None:
    shown = run(*command.split(), "--help")
    assert shown.exit_code == 0
    assert f"thbscreen {command}".strip() in shown.output.split("Examples:")[1]
    assert re.findall(r"^ +(\d)  \w", shown.output, re.MULTILINE) == ["0", "1", "2", "3", "4", "5"]


def test_the_exit_codes_of_help_are_those_of_the_errors() -> None:
    told = {int(n) for n in re.findall(r"^  (\d) ", EXIT_CODES, re.MULTILINE)}
    classes: list[type[errors.ThbscreenError]] = [
        errors.ThbscreenError,
        *errors.ThbscreenError.__subclasses__(),
    ]
    assert {c.exit_code for c in classes} | {0, 1} == told


def test_help_appears_at_once() -> None:
    child("--help")
    took = []
    for _ in range(3):
        began = time.monotonic()
        child("--help")
        took.append(time.monotonic() - began)
    # 0.3 s is the aim on an idle machine; a busy one gets room.
    assert min(took) < 1.0


def test_the_version_names_what_results_depend_on() -> None:
    shown = run("--version")
    assert re.fullmatch(
        r"thbscreen \d+\.\d+\.\d+ \(polars [\d.]+, Python [\d.]+, rules [0-9a-f]{12}\)\n", shown.stdout
    )


@pytest.mark.parametrize("start", ["run_module('thbscreen'", "run_path('cli.py'"])
def test_all_ways_to_start_are_the_same_program(start: str) -> None:
    shown = child(
        code=f"import runpy, sys; sys.argv = ['x', 'rules', '--help']; runpy.{start}, run_name='__main__')"
    )
    assert shown.returncode == 0
    assert shown.stdout.startswith("Usage: thbscreen rules")


def test_cli_py_is_short() -> None:
    assert len((ROOT / "cli.py").read_text(encoding="utf-8").splitlines()) <= 5


@pytest.mark.parametrize(
    "args",
    [["scna"], ["scan"], ["scan", "x"], ["scan", "x", "--out", "y", "--workers", "0"], ["--nonsense"], []],
)
def test_wrong_use_ends_with_2(args: list[str]) -> None:
    shown = run(*args)
    assert shown.exit_code == 2
    assert shown.stdout == ""


# --- failures -----------------------------------------------------------------------------------------


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException, *options: str) -> tuple[int, str, str]:
    Fake(error).install(monkeypatch)
    shown = run("scan", "x", "--out", "y", "--quiet", *options)
    return shown.exit_code, shown.stdout, shown.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("wrong"), 2),
        (errors.DataError("wrong"), 4),
        (errors.OutputError("wrong"), 4),
        (errors.ThbscreenError("wrong"), 5),
    ],
)
def test_an_error_is_one_message_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    assert failing(monkeypatch, error) == (code, "", "error: wrong\n")


def test_the_hint_stands_on_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    error = errors.DataError("wrong", hint="do this")
    assert failing(monkeypatch, error)[2] == "error: wrong\n  = help: do this\n"


def test_rule_errors_are_all_shown_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    span = Span("rules/x.yaml", 3, 1, 4)
    found = [
        Diagnostic("R001", "one", span),
        Diagnostic("R002", "two", span),
        Diagnostic("W1", "3", span, severity="warning"),
    ]
    code, _, text = failing(monkeypatch, errors.RuleError(found))
    assert code == 3
    assert "rules/x.yaml:3:1: error[R001]: one" in text
    assert text.endswith("\n2 errors; nothing was run\n")


@pytest.mark.parametrize(
    "error", [ValueError(MARKER), MemoryError(MARKER), RuntimeError(MARKER), RecursionError(MARKER)]
)
def test_any_other_error_is_an_internal_fault_without_values(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    code, out, text = failing(monkeypatch, error)
    assert (code, out) == (5, "")
    assert f"error: internal fault ({type(error).__name__}); nothing was written" in text
    assert MARKER not in text
    assert "Traceback" not in text


def test_a_panic_of_the_column_library_is_an_internal_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl

    panic: BaseException = pl.exceptions.PanicException(MARKER)
    code, _, text = failing(monkeypatch, panic)
    assert code == 5
    assert MARKER not in text


def test_debug_shows_the_trace_and_warns_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, text = failing(monkeypatch, ValueError("wrong"), "--debug")
    assert code == 5
    assert text.startswith("note: the trace may hold values from the data\n")
    assert "Traceback" in text


def test_debug_may_stand_before_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    Fake(errors.DataError("wrong")).install(monkeypatch)
    shown = run("--debug", "scan", "x", "--out", "y", "--quiet")
    assert shown.exit_code == 4
    assert "Traceback" in shown.stderr


def test_debug_does_not_stay_on(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, ValueError("wrong"), "--debug")
    assert "Traceback" not in failing(monkeypatch, ValueError("wrong"))[2]


def test_messages_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = failing(monkeypatch, errors.DataError("a\x1b[31mb\u202ec"))[2]
    assert text == "error: a\\u{1b}[31mb\\u{202e}c\n"


def test_a_run_that_somebody_stops_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, text = failing(monkeypatch, KeyboardInterrupt())
    assert (code, out) == (130, "")
    assert text.strip() == "stopped; nothing was written"


# --- completion ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    shown = run("completion", shell)
    assert shown.exit_code == 0
    assert "_THBSCREEN_COMPLETE" in shown.stdout


def test_completion_knows_the_commands() -> None:
    words = {"COMP_WORDS": "thbscreen rules ", "COMP_CWORD": "2", "_THBSCREEN_COMPLETE": "bash_complete"}
    shown = child(env=words)
    assert {line.partition(",")[2] for line in shown.stdout.split()} == {
        "check", "coverage", "doc", "explain", "format", "hash-list", "list", "lock", "overlap", "schema",
        "test", "tune",
    }  # fmt: skip


def test_the_reference_page_of_commands_can_be_made(tmp_path: Path) -> None:
    text = main.get_help(click.Context(main, info_name="thbscreen"))
    assert "Examples:" in text


# --- streams that cannot be written -------------------------------------------------------------------


def shell(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a line of shell in which `thbscreen` is this program."""
    start = f'thbscreen() {{ {sys.executable} -m thbscreen "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", start + script], capture_output=True, text=True, check=False,
        cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_full_disk_behind_stdout_is_told_and_ends_with_4(tmp_path: Path) -> None:
    ended = shell("thbscreen rules list >/dev/full", tmp_path)
    assert ended.returncode == 4
    assert "the output cannot be written (No space left on device)" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_reader_that_has_gone_is_not_read_as_findings(tmp_path: Path) -> None:
    ended = shell("set -o pipefail; thbscreen rules list | true", tmp_path)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"])
def test_messages_that_nobody_can_read_do_not_change_the_exit_code(stderr: str, tmp_path: Path) -> None:
    assert shell(f"thbscreen rules check {stderr}", tmp_path).returncode == 0
    assert shell(f"thbscreen --nonsense {stderr}", tmp_path).returncode == 2


def test_a_closed_stream_is_never_the_number_of_another_file(tmp_path: Path) -> None:
    code = (
        "import os; from thbscreen.cli.program import open_streams; open_streams(); "
        "os._exit(0 if os.open(os.devnull, os.O_RDONLY) > 2 else 1)"
    )
    assert shell(f"{sys.executable} -c '{code}' >&- 2>&-", tmp_path).returncode == 0


@pytest.mark.parametrize("args", [("", "--out", "out"), ("data", "--out", "")])
def test_an_empty_path_is_not_the_current_folder(args: tuple[str, ...]) -> None:
    ended = run("scan", *args)
    assert ended.exit_code == 2
    assert "an empty name; is a variable of the shell not set?" in ended.stderr


def test_a_message_says_error_once(monkeypatch: pytest.MonkeyPatch) -> None:
    error = errors.DataError("t.csv: error[D010]: the file is empty")
    assert failing(monkeypatch, error)[2] == "t.csv: error[D010]: the file is empty\n"


def test_a_failure_after_publishing_does_not_say_that_nothing_was_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise ValueError(MARKER)

    Fake().install(monkeypatch)
    monkeypatch.setattr("thbscreen.report.terminal.render", fail)
    ended = run("scan", "x", "--out", "y")
    assert ended.exit_code == 5
    assert "internal fault (ValueError); the run folder y is complete" in ended.stderr

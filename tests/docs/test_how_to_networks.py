"""The pages on findings, networks and comparing runs: their commands run, and their output is what comes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.cli_build import run

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("explain-a-finding.md", "follow-a-network.md", "compare-two-runs.md")
PAGES = [ROOT / "docs" / "how-to" / name for name in NAMES]
BLOCK = re.compile(r"^```(sh|python|text|json)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def shown_in_order(block: str, output: str) -> str | None:
    """Gives the first line of a block that does not come in the output, after the line before it."""
    lines = [line.strip() for line in output.splitlines()]
    at = 0
    for line in block.splitlines():
        wanted = line.strip()
        if wanted in {"…", ""}:
            continue
        if wanted not in lines[at:]:
            return line
        at = lines.index(wanted, at) + 1
    return None


def test_everything_on_the_pages_happens_as_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    output = ""
    compared = 0
    for page in PAGES:
        for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if kind == "python":
                exec(compile(text, page.name, "exec"), {})
            elif kind == "sh":
                output = commands(text)
            else:
                assert shown_in_order(text, output) is None, page.name
                compared += 1
    assert compared == 10


def commands(text: str) -> str:
    """Runs the lines of a block; gives what they print."""
    out = []
    for line in text.splitlines():
        program, *words = shlex.split(line)
        assert program == "thbscreen"
        if words[:3] == ["scan", "sample_data", "--out"] and "out-now" not in words and Path("out").exists():
            continue  # a second scan of the same data takes time and says nothing new
        shown = run(*words)
        assert shown.exit_code == 0, f"{line}\n{shown.stderr}"
        out.append(shown.stdout)
    return "\n".join(out)


@pytest.mark.parametrize(
    ("block", "missing"), [("a\n…\nc", None), ("c\na", "a"), ("a\nx", "x"), ("  b\n\nc", None)]
)
def test_the_comparison_of_output_sees_what_is_missing(block: str, missing: str | None) -> None:
    assert shown_in_order(block, "a\nb\nc\n") == missing

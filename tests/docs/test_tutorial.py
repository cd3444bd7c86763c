"""The tutorial on the first rule is followed step by step, and its outputs are what the program says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial" / "first-rule.md"
#: A name to save under, or a block with what it holds.
PIECE = re.compile(r"[Ss]ave this as `([^`]+)`|^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Reader:
    """Somebody who follows the page in a folder of their own.

    Attributes:
        file: the file that was saved last; changes go there.
        said: what the last command printed.
        commands: how many commands were run.
    """

    folder: Path
    file: Path | None = None
    said: str | None = None
    commands: int = 0
    compared: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def follow(self, page: str) -> None:
        for name, kind, text in PIECE.findall(page):
            if name:
                self.file = self.folder / name
            else:
                {"yaml": self.save, "diff": self.change, "sh": self.run, "text": self.compare}[kind](text)

    def save(self, text: str) -> None:
        assert self.file is not None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(text, encoding="utf-8")

    def change(self, diff: str) -> None:
        assert self.file is not None
        lines = diff.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] != "+")
        new = "".join(line[1:] for line in lines if line[0] != "-")
        text = self.file.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, command: str) -> None:
        self.commands += 1
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip
        self.said = done.stdout

    def compare(self, shown: str) -> None:
        assert self.said is not None, "an output without a command"
        # three dots stand for anything: inside a line for a part, on a line of their own for lines
        pattern = re.escape(shown).replace("…\\\n", "(?:.*\n)*").replace("…", ".*")
        assert re.fullmatch(pattern, self.said), f"the page shows\n{shown}\nbut the program said\n{self.said}"
        self.compared += 1


def test_every_command_of_the_tutorial_runs_and_says_what_the_page_shows(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "thbscreen"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -u -m thbscreen "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "sample_data").symlink_to(ROOT / "sample_data")
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    reader = Reader(folder, environment={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)})
    page = PAGE.read_text(encoding="utf-8")
    reader.follow(page)
    assert reader.commands == reader.compared == page.count("```sh\n") == page.count("```text\n")


def test_a_reader_sees_when_the_page_shows_something_else(tmp_path: Path) -> None:
    reader = Reader(tmp_path, environment=dict(os.environ))
    reader.run("printf 'one\\ntwo\\nthree 3\\n'")
    reader.compare("one\n…\nthree …\n")
    for wrong in ("one\n", "one\n…\nthree\n", "two\n…\n"):
        try:
            reader.compare(wrong)
        except AssertionError:
            continue
        raise RuntimeError(f"not noticed: {wrong}")

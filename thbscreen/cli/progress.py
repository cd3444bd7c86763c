"""Progress on stderr: one moving line on a terminal, one plain line per stage elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

from thbscreen.report.layout import cut, printable

#: Seconds between two drawings of the moving line.
PAUSE = 0.1


class Shown:
    """Shows the course of a run; a `thbscreen.model.progress.Progress`."""

    def __init__(self, stream: TextIO, *, live: bool, width: int = 80) -> None:
        """Begins without a stage.

        Args:
            stream: where to.
            live: draw a moving line with rates.
            width: columns of the terminal.
        """
        self.stream, self.live, self.width = stream, live, width
        self.name, self.total, self.done = "", None, 0  # type: str, int | None, int
        self.began = self.drawn = time.monotonic()
        self.broken = False

    def __enter__(self) -> Shown:
        """Gives itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the last stage, or takes the moving line away after a failure."""
        if kind is None:
            self._end()
        elif self.live and self.name:
            self._write("\r\x1b[K")

    def stage(self, name: str, total: int | None) -> None:
        """Begins a stage."""
        self._end()
        self.name, self.total, self.done = printable(name), total, 0
        self.began = time.monotonic()
        self._draw()

    def advance(self, n: int) -> None:
        """Draws how far the stage is, at most ten times a second."""
        self.done += n
        if time.monotonic() - self.drawn >= PAUSE:
            self._draw()

    def note(self, text: str) -> None:
        """Prints a remark on a line of its own."""
        if self.live:
            self._write("\r\x1b[K")
        self._write(printable(text) + "\n")
        self._draw()

    def _end(self) -> None:
        if not self.name:
            return
        took = time.monotonic() - self.began
        line = cut(f"{self._text()}  {took:.1f} s", self.width - 1)
        self._write(f"\r\x1b[K{line}\n" if self.live else f"{line}\n")
        self.name = ""

    def _draw(self) -> None:
        if not self.live or not self.name:
            return
        self.drawn = time.monotonic()
        took = self.drawn - self.began
        rate = f"  {self.done / took:,.0f}/s" if self.done and took > PAUSE else ""
        self._write("\r\x1b[K" + cut(self._text() + rate, self.width - 1))

    def _text(self) -> str:
        if self.total is not None:
            return f"{self.name}  {self.done:,} of {self.total:,}"
        return f"{self.name}  {self.done:,}" if self.done else self.name

    def _write(self, text: str) -> None:
        """Writes; a run does not fail because its progress cannot be shown."""
        if self.broken:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError:
            self.broken = True

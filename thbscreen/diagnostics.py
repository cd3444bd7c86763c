"""Positions in text files and findings about them, rendered for people and for machines."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Severity = Literal["error", "warning", "suppressed"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file: lines and columns count from 1, `end_column` is exclusive."""

    file: str
    line: int
    column: int
    end_column: int

    def __str__(self) -> str:
        """Gives `file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about one place.

    Attributes:
        code: stable code such as R013, documented in docs/reference/errors.md.
        message: what is wrong, in the author's words, the token in single quotes.
        span: the place.
        source_line: the text of that line, shown above the carets.
        help: what to do next.
        note: the second place when two places disagree.
        severity: errors stop a run, warnings do not (unless asked to), suppressed ones are set aside.
        reason: why a suppressed finding was set aside, in the author's words.
    """

    code: str
    message: str
    span: Span
    source_line: str = ""
    help: str | None = None
    note: str | None = None
    severity: Severity = "error"
    reason: str | None = None

    def render(self) -> str:
        """Gives the finding as text: header, source line with carets, help and note."""
        out = [f"{self.span}: {self.severity}[{self.code}]: {self.message}"]
        if self.source_line:
            number = str(self.span.line)
            pad = " " * len(number)
            visible = self.source_line.replace("\t", " ")
            carets = "^" * max(1, min(self.span.end_column, len(visible) + 1) - self.span.column)
            out += [
                f"{pad} |",
                f"{number} | {visible}",
                f"{pad} | {' ' * (self.span.column - 1)}{carets}",
            ]
        if self.help:
            out.append(f"  = help: {self.help}")
        if self.note:
            out.append(f"  = note: {self.note}")
        if self.reason:
            out.append(f"  = reason: {self.reason}")
        return "\n".join(out)

    @property
    def whole_message(self) -> str:
        """Gives message, help, note and reason, one to a line."""
        more = (("help", self.help), ("note", self.note), ("reason", self.reason))
        return "\n".join([self.message, *(f"{name}: {text}" for name, text in more if text)])

    def as_dict(self) -> dict[str, Any]:
        """Gives the finding as plain data for JSON."""
        return asdict(self)


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Orders findings by file and position, then by code."""
    return sorted(diagnostics, key=lambda d: (d.span, d.code, d.message))


def suggest(word: str, known: Sequence[str], *, limit: int = 12) -> str | None:
    """Gives a help text: the closest known name, or the list of known names.

    Args:
        word: what was written.
        known: what would have been right.
        limit: longest list of names that is still shown.
    """
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if known and len(known) <= limit:
        return "known names: " + ", ".join(sorted(known))
    return None

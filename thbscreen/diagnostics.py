"""Positions in text files and findings about them, rendered for people and for machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: A longer line is shown in part.
LONGEST_SHOWN = 200

Severity = Literal["error", "warning", "suppressed"]


@dataclass(slots=True, order=True, unsafe_hash=True)
class Span:
    """A place in a file: lines and columns count from 1, `end_column` is exclusive.

    Nobody changes one. It is not frozen, because every value of every file has one and freezing costs time.
    """

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
            visible, at = self._part()
            carets = "^" * max(1, min(at + self.span.end_column - self.span.column, len(visible)) - at)
            out += [f"{pad} |", f"{number} | {visible}", f"{pad} | {' ' * at}{carets}"]
        if self.help:
            out.append(f"  = help: {self.help}")
        if self.note:
            out.append(f"  = note: {self.note}")
        if self.reason:
            out.append(f"  = reason: {self.reason}")
        return "\n".join(out)

    def _part(self) -> tuple[str, int]:
        """Gives the line, or the part of a long one, that is shown, and where in it the carets begin."""
        line, at = self.source_line.replace("\t", " "), self.span.column - 1
        if len(line) <= LONGEST_SHOWN:
            return line, at
        start = max(0, min(at - LONGEST_SHOWN // 3, len(line) - LONGEST_SHOWN))
        end = start + LONGEST_SHOWN
        before, after = "…" if start else "", "…" if end < len(line) else ""
        return f"{before}{line[start:end]}{after}", at - start + len(before)

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
    from difflib import get_close_matches  # noqa: PLC0415  # most runs have nothing to suggest

    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if known and len(known) <= limit:
        return "known names: " + ", ".join(sorted(known))
    return None


# --- other programs' forms ------------------------------------------------------------------------

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "suppressed": "note"}
_GITHUB_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "suppressed": "notice"}


def as_sarif(
    found: Sequence[Diagnostic], version: str, texts: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """Gives findings as a SARIF 2.1.0 log, the form in which code platforms take them.

    Args:
        found: findings; their files are relative paths.
        version: of the program.
        texts: (what it means, how to write it instead) by code; a code without texts stands for itself.
    """
    codes = sorted({d.code for d in found})
    rules = []
    for code in codes:
        cause, advice = texts.get(code, (code, ""))
        rules.append(
            {
                "id": code,
                "shortDescription": {"text": cause},
                "fullDescription": {"text": cause},
                "help": {"text": f"{cause}\n\n{advice}".strip()},
                "defaultConfiguration": {"level": "warning" if code.startswith("W") else "error"},
            }
        )
    driver = {"name": "thbscreen", "version": version, "semanticVersion": version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(d, codes.index(d.code)) for d in found],
    }
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _sarif_result(d: Diagnostic, index: int) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": d.span.line,
        "startColumn": d.span.column,
        "endColumn": max(d.span.end_column, d.span.column + 1),
    }
    if d.source_line:
        region["snippet"] = {"text": d.source_line}
    out: dict[str, Any] = {
        "ruleId": d.code,
        "ruleIndex": index,
        "level": _SARIF_LEVELS[d.severity],
        "message": {"text": d.whole_message},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": relative_uri(d.span.file)}, "region": region}}
        ],
    }
    if d.severity == "suppressed":
        out["suppressions"] = [{"kind": "inSource", "justification": d.reason or ""}]
    return out


def relative_uri(name: str) -> str:
    """Gives a relative path as a URI reference: separators stay, strange characters are encoded."""
    return PurePosixPath("/", name.lstrip("/")).as_uri().removeprefix("file:///")


def as_github(d: Diagnostic) -> str:
    """Gives a finding as a workflow command, which marks the place in a change under review."""
    facts = {
        "file": d.span.file,
        "line": str(d.span.line),
        "col": str(d.span.column),
        "endColumn": str(d.span.end_column),
        "title": d.code,
    }
    said = ",".join(f"{name}={_github_value(value)}" for name, value in facts.items())
    return f"::{_GITHUB_LEVELS[d.severity]} {said}::{_github_text(d.whole_message)}"


def _github_text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _github_value(text: str) -> str:
    return _github_text(text).replace(":", "%3A").replace(",", "%2C")

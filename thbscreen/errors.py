"""Exceptions of thbscreen; each class owns its exit code.

    ThbscreenError            5  internal fault
    ├── UsageError            2  the command line or an API call is wrong
    ├── RuleError             3  rule, list or profile files do not load (carries diagnostics)
    │   └── ProfileError      3  the profile contradicts the rules
    ├── DataError             4  input data cannot be read or trusted
    └── OutputError           4  results cannot be written

"Not judged" is a result, never an exception. Messages name file, line, row and column, and never
show a value that came from the data: values are personal data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thbscreen.diagnostics import Diagnostic


class ThbscreenError(Exception):
    """Any error that thbscreen raises on purpose."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keeps what is wrong and, as a hint, what to do next."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Gives the message and, on a second line, the hint."""
        return self.message if self.hint is None else f"{self.message}\n  = help: {self.hint}"


class UsageError(ThbscreenError):
    """The command line or an API call is wrong."""

    exit_code = 2


class RuleError(ThbscreenError):
    """Rule, list or profile files do not load; carries every diagnostic that was found."""

    exit_code = 3

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Keeps the diagnostics; the message is their text rendering."""
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n\n".join(d.render() for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[RuleError], tuple[tuple[Diagnostic, ...]]]:
        """Lets the error travel between processes."""
        return type(self), (self.diagnostics,)


class ProfileError(RuleError):
    """The profile contradicts the rules."""


class DataError(ThbscreenError):
    """Input data cannot be read or trusted."""

    exit_code = 4


class OutputError(ThbscreenError):
    """Results cannot be written."""

    exit_code = 4

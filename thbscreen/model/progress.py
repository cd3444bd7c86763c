"""How a long job tells its caller how far it is. Nothing that is told may come from the data."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the course of a run; calls come from one thread, in order."""

    def stage(self, name: str, total: int | None) -> None:
        """Begins a stage and ends the one before.

        Args:
            name: what is done now, such as "Reading".
            total: how many units of work it has, None when nobody knows yet.
        """

    def advance(self, n: int) -> None:
        """Says that `n` more units of the stage are done."""

    def note(self, text: str) -> None:
        """Gives a remark for the person who waits; never values from the data."""


class Silent:
    """Tells nobody."""

    def stage(self, name: str, total: int | None) -> None:
        """Ignores the stage."""

    def advance(self, n: int) -> None:
        """Ignores the step."""

    def note(self, text: str) -> None:
        """Ignores the remark."""

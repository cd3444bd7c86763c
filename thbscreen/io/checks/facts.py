"""What a check is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import polars as pl

    from thbscreen.io.checks.gather import Gathered, Place
    from thbscreen.io.counts import LoadReport


class Asking(Protocol):
    """What is asked of a rule: its id, its columns, and whether it needs a time of day."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it needs."""
        ...

    @property
    def needs_time_of_day(self) -> bool:
        """Whether it needs a time of day."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at.

    Attributes:
        seen: what was gathered from the movements.
        days: `day` (local) and number of rows `len`, sorted.
        timed, midnight: rows with a time of day, and those exactly at midnight, local or universal.
        priced, round: rows with an amount in euros, and those in round hundreds.
        accounts, parties, links: the side tables; without rows when there is no such file.
        places: file and row of each row of a side table, by table.
        report: counts of the load.
        own_ids: whether the source has ids.
        zone: zone of days.
        now: day of the run, or None.
    """

    seen: Gathered
    days: pl.DataFrame
    timed: int
    midnight: int
    priced: int
    round: int
    accounts: pl.DataFrame
    parties: pl.DataFrame
    links: pl.DataFrame
    places: Mapping[str, pl.DataFrame]
    report: LoadReport
    own_ids: bool
    zone: str
    now: datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found.

    Attributes:
        count, of: how many of how many.
        found: whether that is worth telling; a few may be usual.
        places: file and row of examples.
        details: days, columns or kinds that it is about; never values of people.
        columns: columns it concerns, where they are not the check's own.
    """

    count: int
    of: int
    found: bool
    places: Sequence[Place] = ()
    details: Sequence[str] = ()
    columns: tuple[str, ...] | None = None


def share(result: Result) -> float:
    """Gives the share that was found; 0 of nothing."""
    return result.count / result.of if result.of else 0.0

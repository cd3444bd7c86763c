"""Where the time of a run goes, per stage and rule. Never in a run folder, which is deterministic."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thbscreen.model.progress import Progress


@dataclass
class Spent:
    """What one rule took in all buckets.

    Attributes:
        seconds: processor time of the threads that judged it; what it was first to ask counts for it.
        rows: rows that it looked at, without those of accounts that cannot matter.
        hits: raw hits, before anything is put together.
    """

    seconds: float = 0.0
    rows: int = 0
    hits: int = 0

    def add(self, other: Spent) -> None:
        """Adds what the rule took elsewhere."""
        self.seconds += other.seconds
        self.rows += other.rows
        self.hits += other.hits


@dataclass(frozen=True)
class Stage:
    """One stage of a run: its name, processor and wall seconds, and the units of work that it told."""

    name: str
    cpu: float
    wall: float
    done: int


@dataclass
class Timing:
    """Everything that was measured in a run.

    Attributes:
        asked, made: questions about rows that rules asked of buckets, and those that had to be worked out;
            the others were answered from memory.
        hot: accounts with far more movements than others have, see `prepare.HOT_ROWS`.
    """

    stages: list[Stage] = field(default_factory=list)
    rules: dict[str, Spent] = field(default_factory=dict)
    asked: int = 0
    made: int = 0
    hot: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Gives the measures as plain data, the longest first."""
        order = sorted(self.rules.items(), key=lambda item: (-item[1].seconds, item[0]))
        return {
            "stages": [
                {
                    "stage": s.name,
                    "cpu_seconds": round(s.cpu, 3),
                    "wall_seconds": round(s.wall, 3),
                    "done": s.done,
                }
                for s in self.stages
            ],
            "rules": [
                {"rule": name, "cpu_seconds": round(s.seconds, 4), "rows": s.rows, "hits": s.hits}
                for name, s in order
            ],
            "questions": {"asked": self.asked, "worked_out": self.made},
            "hot_accounts": self.hot,
        }


class Timed:
    """Measures the stages of a run while it passes them on; a `thbscreen.model.progress.Progress`."""

    def __init__(self, inner: Progress, timing: Timing) -> None:
        """Begins before the first stage."""
        self.inner, self.timing = inner, timing
        self.name, self.done = "load the rules, open the files", 0
        self.began = self._now()

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.process_time(), time.perf_counter()

    def stage(self, name: str, total: int | None) -> None:
        """Ends the stage before and begins one."""
        self.end()
        self.name, self.done = name, 0
        self.inner.stage(name, total)

    def advance(self, n: int) -> None:
        """Counts units of work."""
        self.done += n
        self.inner.advance(n)

    def note(self, text: str) -> None:
        """Passes a remark on."""
        self.inner.note(text)

    def end(self) -> None:
        """Ends the stage at hand."""
        cpu, wall = self._now()
        self.timing.stages.append(Stage(self.name, cpu - self.began[0], wall - self.began[1], self.done))
        self.began = (cpu, wall)

"""What was read and what became of it: counts that add up, files with their digests, refused rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


@dataclass(slots=True)
class TableCounts:
    """Rows of one table: read = loaded + rejected + skipped."""

    read: int = 0
    loaded: int = 0
    rejected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def adds_up(self) -> bool:
        """True when every row that was read is accounted for."""
        return self.read == self.loaded + self.rejected + sum(self.skipped.values())


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file that was read: name, table, SHA-256, bytes and rows."""

    name: str
    table: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What was read and what became of it.

    Attributes:
        files: files in reading order.
        ignored: names of files that were left alone.
        tables: counts per canonical table, in source rows.
        rejects: refused rows of all tables: file, row, column, reason.
        coverage: share of loaded transactions with a value, per column that was read.
        duplicates: transactions that repeat or contradict another one's id.
        notes: things settled by rule, with how often.
        rates: stated exchange rates that were used.
        statements: what the balances of statements show; empty when there are none.
    """

    files: tuple[FileReport, ...]
    ignored: tuple[str, ...]
    tables: dict[str, TableCounts]
    rejects: pl.DataFrame
    coverage: dict[str, float]
    duplicates: int
    notes: dict[str, int]
    rates: tuple[str, ...]
    statements: dict[str, Any] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """Transaction rows read."""
        return self.tables["transactions"].read

    @property
    def loaded(self) -> int:
        """Transaction rows loaded."""
        return self.tables["transactions"].loaded

    @property
    def rejected(self) -> int:
        """Transaction rows refused."""
        return self.tables["transactions"].rejected

    @property
    def skipped(self) -> dict[str, int]:
        """Transaction rows left out by rule, by reason."""
        return dict(self.tables["transactions"].skipped)

    def as_dict(self) -> dict[str, Any]:
        """Gives the report as plain data without the rejected rows."""
        return {
            "files": [
                {"name": f.name, "table": f.table, "sha256": f.sha256, "bytes": f.bytes, "rows": f.rows}
                for f in self.files
            ],
            "ignored": list(self.ignored),
            "tables": {
                name: {
                    "read": c.read,
                    "loaded": c.loaded,
                    "rejected": c.rejected,
                    "skipped": dict(sorted(c.skipped.items())),
                }
                for name, c in self.tables.items()
            },
            "coverage": {k: round(v, 6) for k, v in sorted(self.coverage.items())},
            "duplicates": self.duplicates,
            "notes": dict(sorted(self.notes.items())),
            "rates": list(self.rates),
        }

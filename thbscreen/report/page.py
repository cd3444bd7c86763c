"""Pages of text for people, and the same facts as JSON for programs. Nothing in them steers a terminal."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from thbscreen.report.layout import columns, printable
from thbscreen.report.text import count, day, euros, points

NARROWEST = 60
#: Transaction ids named of one pair; JSON has all.
MOST_IDS = 6
Row = Mapping[str, Any]


class Page:
    """Collects lines.

    Attributes:
        zone: people's clock.
        lines: what was written so far.
    """

    def __init__(self, width: int, zone: ZoneInfo) -> None:
        """Begins a page of so many columns; ids are never broken, so lines with long ids may be wider."""
        self.width, self.zone = max(NARROWEST, width), zone
        self.lines: list[str] = []

    def heading(self, text: str) -> None:
        """Writes a heading after an empty line."""
        self.lines += [""] * bool(self.lines) + [printable(text)]

    def wrap(self, text: str, indent: int = 0, *, hang: int = 0) -> None:
        """Writes a paragraph; lines after the first are indented by `hang` more."""
        self.lines += textwrap.wrap(
            printable(text), self.width, initial_indent=" " * indent, subsequent_indent=" " * (indent + hang),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip

    def bullets(self, items: Iterable[str], indent: int = 2) -> None:
        """Writes a list."""
        for item in items:
            self.wrap(f"- {item}", indent, hang=2)

    def table(self, rows: Sequence[Sequence[str]], right: Iterable[int] = (), indent: int = 2) -> None:
        """Writes a table whose first row names the columns; nothing is cut."""
        widest = [max(len(printable(row[i])) for row in rows) for i in range(len(rows[0]))]
        self.lines += [" " * indent + line for line in columns(rows, frozenset(right), widest)]

    def day(self, value: datetime | None) -> str:
        """Gives the local date."""
        return day(value, self.zone)

    def span(self, row: Row) -> str:
        """Gives the local dates of `first` and `last`."""
        first, last = self.day(row["first"]), self.day(row["last"])
        return first if first == last else f"{first} to {last}"

    def text(self) -> str:
        """Gives the page."""
        return "\n".join(self.lines) + "\n"


def named_ids(ids: Sequence[str]) -> str:
    """Names the first of some ids and counts the others."""
    more = f" and {len(ids) - MOST_IDS} more" if len(ids) > MOST_IDS else ""
    return ", ".join(ids[:MOST_IDS]) + more


def payment_words(row: Row, page: Page) -> str:
    """Gives `A to B: 2 payments, 100.00 EUR, 2026-01-02 to 2026-01-05`."""
    what = f"{count(row['n'], 'payment')}, {euros(row['amount_eur'])}"
    return f"{row['from']} to {row['to']}: {what}, {page.span(row)}"


def addend_words(row: Row) -> str:
    """Gives one addend of a sum: `2: Title: weight 2 (THB-X)`."""
    return f"{points(row['points'])}: {row['why']} ({row['rule']})"


def money(cents: int | None) -> str:
    """Gives cents for a column whose heading names the currency."""
    return "not known" if cents is None else euros(cents).removesuffix(" EUR")


def json_text(facts: Any) -> str:
    """Gives facts as JSON; times as ISO 8601 in UTC, and what cannot be seen is escaped."""
    text = json.dumps(facts, ensure_ascii=False, indent=2, default=_plain)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(type(value).__name__)

"""Statements written for tests, and shortcuts to read them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from thbscreen.io.recognise import kind_of_text
from thbscreen.io.statements.proof import reconciled
from thbscreen.io.statements.readers import READERS
from thbscreen.io.statements.records import Item, Movement, Note, Refused, Side, Skipped, Statement

OWN = "DE89370400440532013000"
OTHER = "NL91ABNA0417164300"


@dataclass(slots=True)
class Read:
    """What a reader gave."""

    movements: list[Movement] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    sides: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    @property
    def values(self) -> list[dict[str, str]]:
        """Columns of the movements without the empty ones."""
        return [{k: v for k, v in m.values.items() if v} for m in self.movements]

    @property
    def proofs(self) -> list[dict[str, Any]]:
        """What the balances show."""
        return [reconciled(statement) for statement in self.statements]

    def total(self, direction: str) -> Decimal:
        """Sum of one direction."""
        amounts = [Decimal(m.values["amount"]) for m in self.movements if m.values["direction"] == direction]
        return sum(amounts, Decimal(0))


def read(data: str | bytes, kind: str = "") -> Read:
    """Reads a file as the kind that its first bytes tell."""
    octets = data.encode() if isinstance(data, str) else data
    return gathered(list(READERS[kind or kind_of_text(octets)](io.BytesIO(octets), "file.sta")))


def gathered(items: list[Item]) -> Read:
    """Sorts items by what they are."""
    out = Read()
    for item in items:
        match item:
            case Movement():
                out.movements.append(item)
            case Refused():
                out.refused.append((item.row, item.code))
            case Skipped():
                out.skipped.append(item.why)
            case Side():
                out.sides.append(item.values)
            case Note():
                out.notes.append(item.text)
            case Statement():
                out.statements.append(item)
    return out


def mt940(
    *entries: str, own: str = OWN, opening: str = "C260101EUR1000,", closing: str = "C260131EUR1,"
) -> str:
    """Writes a bare statement of fields :61: and :86:, with a closing balance unless it is empty."""
    lines = [":20:STARTUMS", f":25:{own}", ":28C:00001/001", f":60F:{opening}", *entries]
    return "\r\n".join([*lines, *([f":62F:{closing}"] if closing else []), "-", ""])


def entry(line: str = "2601050105C12,50NTRFNONREF", *text: str) -> str:
    """Writes one entry."""
    return "\r\n".join([f":61:{line}", *([f":86:{text[0]}", *text[1:]] if text else [])])

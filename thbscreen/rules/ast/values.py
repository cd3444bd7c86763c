"""Values with units, expressions over them, and the lines that compare them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal


class Unit(StrEnum):
    """What a value or an expression measures."""

    NUMBER = "number"
    MONEY = "money"
    SHARE = "share"
    LENGTH = "length"
    DATE = "date"
    TIME_RANGE = "time range"
    TEXT = "text"
    FLAG = "flag"
    TIME = "time"


LengthUnit = Literal["minutes", "hours", "days", "weeks", "months"]


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time; minutes and hours are elapsed time, the others calendar steps (law L2)."""

    count: int
    unit: LengthUnit

    def __str__(self) -> str:
        """Gives it as it is written in a rule."""
        return f"{self.count} {self.unit}"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A range of local time of day in minutes after midnight; start included, end excluded."""

    start: int
    end: int

    def __str__(self) -> str:
        """Gives HH:MM-HH:MM."""
        return f"{self.start // 60:02d}:{self.start % 60:02d}-{self.end // 60:02d}:{self.end % 60:02d}"


#: MONEY: int cents (EUR). SHARE and NUMBER: Decimal (80% is Decimal("0.8")). DATE: ISO text.
Payload = int | Decimal | Length | TimeRange | str | bool


@dataclass(frozen=True, slots=True)
class Value:
    """A literal with its unit."""

    unit: Unit
    payload: Payload
    text: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A measure (in flag_when), a row field (in compare), or a step field."""

    name: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter, `$name`; gone after `resolve`."""

    name: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class BinOp:
    """Left and right joined by + - * or /."""

    op: Literal["+", "-", "*", "/"]
    left: Expr
    right: Expr
    unit: Unit


Expr = Value | Name | Param | BinOp
CompareOp = Literal[">=", "<=", ">", "<", "==", "!="]


@dataclass(frozen=True, slots=True)
class Compare:
    """One line such as `deposits >= $min_deposits`; `text` is the author's own line."""

    left: Expr
    op: CompareOp
    right: Expr
    text: str


@dataclass(frozen=True, slots=True)
class AnyLine:
    """At least one of the lines holds."""

    lines: tuple[FlagLine, ...]


@dataclass(frozen=True, slots=True)
class NoneLine:
    """None of the lines holds."""

    lines: tuple[FlagLine, ...]


FlagLine = Compare | AnyLine | NoneLine

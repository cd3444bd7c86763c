"""What every reader of statements and messages hands on, whatever the format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(slots=True)
class Movement:
    """One movement in one account's ledger.

    Attributes:
        row: its number in the file, from 1 and rising; details of one entry and refused entries have numbers
            of their own.
        values: canonical transaction columns as text: amounts as decimal text without sign, `direction`
            debit or credit, times in ISO form, `has_time` true or false. Absent or empty is missing.
        same: what other messages about the same booking also have; empty when nothing tells.
        kind: booked, detail (of a batch whose entry is elsewhere), or interim (a report within the day).
    """

    row: int
    values: dict[str, str]
    same: str = ""
    kind: str = "booked"


@dataclass(slots=True)
class Refused:
    """One entry that cannot be read: its number and a row code such as D102."""

    row: int
    code: str


@dataclass(slots=True)
class Skipped:
    """One entry that is left out by rule, and the rule in words."""

    row: int
    why: str


@dataclass(slots=True)
class Side:
    """One row of another table: accounts, parties or account_parties."""

    table: str
    values: dict[str, str]


@dataclass(slots=True)
class Balance:
    """A balance as stated: signed amount (debit balances below zero), currency, ISO day."""

    amount: Decimal
    currency: str
    day: str = ""


@dataclass(slots=True)
class Statement:
    """What a statement says of itself, for the proof that nothing was lost.

    Attributes:
        account_id: whose statement.
        number: the statement's own number or id.
        opening: balance before its entries.
        closing: balance after its entries.
        entries: booked entries that were read, refused ones included.
        signed: sum of booked entries in the account's currency, credits above zero.
        declared_entries: number of entries that the statement states, where it does.
        declared_credit: sum of credits that the statement states.
        declared_debit: sum of debits that the statement states.
        copy: the statement calls itself a copy or a duplicate.
        days: closing balances by day, where the statement has them.
    """

    account_id: str
    number: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    entries: int = 0
    signed: Decimal | None = None
    declared_entries: int | None = None
    declared_credit: Decimal | None = None
    declared_debit: Decimal | None = None
    copy: bool = False
    days: dict[str, Balance] = field(default_factory=dict)


@dataclass(slots=True)
class Note:
    """Something that was settled by rule, such as a day that no calendar has; counted by its words."""

    text: str


Item = Movement | Refused | Skipped | Side | Statement | Note

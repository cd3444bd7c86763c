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
        undoes: `reversal` or `return` when it undoes an earlier movement; empty otherwise.
    """

    row: int
    values: dict[str, str]
    same: str = ""
    kind: str = "booked"
    undoes: str = ""


@dataclass(slots=True)
class Entry:
    """One booked entry whose movements were just handed on, for telling messages about one booking apart.

    It says more than `Movement.same`, which such movements leave empty: the folder matches entries of all
    messages by it, whatever the order of the files. The `Statement` that it belongs to comes after it.

    Attributes:
        first: row of its first movement.
        last: row of its last movement.
        source: ledger (camt.053, MT940, CODA), notice (camt.054), report (camt.052, MT942), order (pain.001),
            transfer or return (pacs).
        account: whose ledger.
        day: booking day.
        amount: amount of the whole entry.
        currency: of the amount.
        direction: debit or credit.
        ref: the account servicer's reference; empty when there is none.
        content: digest of what the message says about it.
        bare: true when the entry says nothing about its details, or their amounts do not make it up.
        batch: reference of the batch that it books or belongs to; empty when there is none.
    """

    first: int
    last: int
    source: str
    account: str
    day: str
    amount: Decimal
    currency: str
    direction: str
    ref: str = ""
    content: str = ""
    bare: bool = False
    batch: str = ""


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
        source: ledger, notice, report, order or transfer; empty for other kinds.
        sequence: running number of the statement in the account's year, where it has one.
        page: page of the statement, where it has pages.
        period: first and last moment that it covers, where it says so.
        details: details of entries that were read.
        credit: sum of booked credits, whatever their currency.
        debit: sum of booked debits.
        pending: sum of entries that are not booked yet, by direction.
        currencies: currencies of entries.
        refused: entries that cannot be read.
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
    source: str = ""
    sequence: str = ""
    page: str = ""
    period: tuple[str, str] = ("", "")
    details: int = 0
    credit: Decimal | None = None
    debit: Decimal | None = None
    pending: dict[str, Decimal] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    refused: int = 0


@dataclass(slots=True)
class Note:
    """Something that was settled by rule, such as a day that no calendar has; counted by its words."""

    text: str


Item = Movement | Entry | Refused | Skipped | Side | Statement | Note

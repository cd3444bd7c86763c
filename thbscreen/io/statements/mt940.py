"""MT940, MT950 and MT942: statements of accounts and reports within the day.

One message is one statement, or one page of it; each page has its own balances, so each is proved alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.statements.fields import End, Header, Outside, Tag, events
from thbscreen.io.statements.mt_codes import is_return, kind_of
from thbscreen.io.statements.mt_entry import CLAMPED, amount_of, balance, entry, plain
from thbscreen.io.statements.mt_entry import Entry as Line
from thbscreen.io.statements.mt_text import Details, details
from thbscreen.io.statements.parties import (
    Bookings,
    account_side,
    clean,
    counterparty,
    is_bic,
    like_iban,
    own_account,
)
from thbscreen.io.statements.records import Balance, Entry, Movement, Note, Refused, Side, Skipped, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from thbscreen.io.statements.records import Item

TAGS = frozenset(
    {"20", "21", "25", "25P", "28", "28C", "13", "13D", "34F", "60F", "60M", "61", "62F", "62M", "64", "65",
     "86", "90C", "90D", "NS", "940", "942", "950"}
)  # fmt: skip
_FIRST = frozenset({"20", "940", "942", "950"})
#: Entries of one statement that are held back until its end; longer statements are not compared as wholes.
HELD = 50_000
TWICE = "entry of a statement that the file holds twice"
AS_TEXT = "field :25: behind an entry; read as its text"
NO_CLOSING = "statement without a closing balance; the file may be cut"
NO_BALANCE = "balance that cannot be read; the statement is not proved by it"
NO_PAGE = "page whose opening balance is not the closing balance of the page before; a page may be missing"
REVERSAL = "entry with a mark of reversal (RC is money out, RD money in)"
EXPECTED = "entry that is expected and not booked (EC, ED)"
FLOOR = "report within the day that leaves out entries below a limit it states (:34F:)"
OTHER_KIND = "message of another type than the file's first"
INTERIM = "report within the day (MT942): its entries count as booked, once with those of the statement"
_COUNTED = re.compile(r"^(?:/SUM/)?/?D([0-9]{6})C([0-9]{6})D([0-9]+,[0-9]*)C([0-9]+,[0-9]*)$")
_DECLARED = re.compile(r"^([0-9]{1,5})([A-Z]{3})([0-9][0-9,]*)$")
_FLOOR = re.compile(r"^([A-Z]{3})[CD]?([0-9][0-9,]*)")
#: Fields that tell one report within the day from another, whatever its running number.
_IDENTITY = frozenset({"20", "13", "13D"})
_KINDS = frozenset({"", "940", "942", "950"})


@dataclass(slots=True)
class _Open:
    """An entry whose text may still follow."""

    row: int
    lines: list[str]
    text: list[str] = field(default_factory=list)
    numbered: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Statement:
    """A message that is being read."""

    header: Header
    account: str = ""
    bic: str = ""
    currency: str = ""
    number: str = ""
    interim: bool = False
    paged: bool = False
    last_page: bool = True
    opening: Balance | None = None
    closing: Balance | None = None
    closed: bool = False
    counts: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    entries: int = 0
    refused: int = 0
    sums: dict[str, Decimal] = field(default_factory=lambda: {"credit": Decimal(0), "debit": Decimal(0)})
    pending: dict[str, Decimal] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    digest: blake2b = field(default_factory=lambda: blake2b(digest_size=16))
    open: _Open | None = None
    held: list[Item] = field(default_factory=list)
    streaming: bool = False
    tagged: bool = False
    told: list[str] = field(default_factory=list)
    bookings: Bookings = field(default_factory=Bookings)

    def add(self, values: dict[str, str], times: int = 1) -> None:
        """Adds an entry's amount to the sum of its direction, once or less once."""
        amount, side = times * Decimal(values["amount"]), values["direction"]
        if values["status"] == "booked":
            self.sums[side] += amount
        else:
            self.pending[side] = self.pending.get(side, Decimal(0)) + amount


class _Reader:
    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name
        self._row = 0
        self._statements = 0
        self._digests: set[bytes] = set()
        self._page: dict[str, Balance] = {}
        self._sides: set[str] = set()
        self._now: _Statement | None = None

    def items(self) -> Iterator[Item]:
        for event in events(self._stream, self._name, TAGS, _FIRST):
            match event:
                case Note():
                    yield event
                case Header():
                    yield from self._finish()
                    self._now = _Statement(event, interim=event.kind == "942")
                case End():
                    yield from self._finish(cut=event.cut)
                case Tag():
                    yield from self._tag(event)
                case Outside():
                    pass
        yield from self._finish()
        if not self._statements:
            raise data_error(
                "D021", "the file holds no statement: no message with an account, a balance or an entry",
                file=self._name, hint="export the statements as MT940 again",
            )  # fmt: skip

    # --- fields -----------------------------------------------------------------------------------

    def _tag(self, tag: Tag) -> Iterator[Item]:
        now = self._now
        if now is None:
            return
        if now.header.kind not in _KINDS:
            now.tagged = True
            return
        if now.closed and tag.name in ("25", "25P", "60F", "60M", "61"):
            header = now.header
            yield from self._finish()
            now = self._now = _Statement(
                header, account=now.account, bic=now.bic, currency=now.currency, interim=now.interim
            )
        now.tagged = True
        now.digest.update(f":{tag.name}:{chr(10).join(tag.lines)}\n".encode())
        text = tag.lines[0].strip()
        if tag.name in _IDENTITY:
            now.told.append(text)
        match tag.name:
            case "25" | "25P" if now.open is not None:
                yield Note(AS_TEXT)
                now.open.text += tag.lines
            case "25" | "25P":
                now.account, currency = own_account(text)
                now.currency = now.currency or currency
                if len(tag.lines) > 1 and is_bic(tag.lines[1].strip()):
                    now.bic = tag.lines[1].strip()
            case "28" | "28C":
                now.number = text
            case "13" | "13D" | "34F":
                now.interim = True
                if (floor := _FLOOR.match(text)) is not None and tag.name == "34F":
                    now.currency = now.currency or floor[1]
                    if floor[2].strip("0,"):
                        yield Note(FLOOR)
            case "60F" | "60M" | "62F" | "62M":
                yield from self._balance(now, tag.name, text)
            case "61":
                yield from self._close_entry(now)
                self._row += 1
                now.open = _Open(self._row, tag.lines)
            case "86" | "NS" if now.open is not None and not now.closed:
                (now.open.text if tag.name == "86" else now.open.numbered).extend(tag.lines)
            case "86":
                self._counted(now, text)
            case "90C" | "90D":
                if (found := _DECLARED.match(text)) is not None:
                    self._declared(now, tag.name[-1], int(found[1]), found[3])
                    now.currency = now.currency or found[2]

    def _balance(self, now: _Statement, name: str, text: str) -> Iterator[Item]:
        notes: list[str] = []
        read = balance(text, notes)
        yield from (Note(note) for note in notes)
        if read is None:
            yield Note(NO_BALANCE)
        else:
            now.currency = read.currency if name.startswith("60") else now.currency or read.currency
        if name.startswith("60"):
            now.opening = read
            now.paged = name == "60M"
        else:
            yield from self._close_entry(now)
            now.closing, now.closed = read, True
            now.last_page = name == "62F"

    def _counted(self, now: _Statement, text: str) -> None:
        """Takes numbers and sums that a statement states in its own text."""
        if (found := _COUNTED.match(text)) is not None:
            self._declared(now, "D", int(found[1]), found[3])
            self._declared(now, "C", int(found[2]), found[4])

    @staticmethod
    def _declared(now: _Statement, side: str, count: int, amount: str) -> None:
        total = amount_of(amount)
        if isinstance(total, Decimal):
            now.counts[side] = (count, total)

    # --- entries ----------------------------------------------------------------------------------

    def _close_entry(self, now: _Statement, *, cut: bool = False) -> Iterator[Item]:
        if now.open is None:
            return
        waiting, now.open = now.open, None
        now.held += self._entry(now, waiting, cut=cut)
        if len(now.held) > HELD and now.currency and now.account:
            now.streaming = True
        if now.streaming:
            yield from self._settled(now)

    def _entry(self, now: _Statement, waiting: _Open, *, cut: bool = False) -> list[Item]:
        now.entries += 1
        read = entry(waiting.lines)
        if cut and isinstance(read, Line) and not (read.code or read.more or waiting.text):
            read = "D102"  # the file ends within or right behind the amount: digits of it may be missing
        if isinstance(read, str):
            now.refused += 1
            return [Refused(waiting.row, read)]
        found = details(waiting.text, waiting.numbered, read.more, now.account, read.code)
        values, notes = _values(now, read, found)
        now.add(values)
        out: list[Item] = [Note(note) for note in (*read.notes, *notes)]
        out += [Note(REVERSAL)] * read.reversal + [Note(EXPECTED)] * read.expected
        undoes = "reversal" if read.reversal else "return" if is_return(read.code, found.german) else ""
        kind = "interim" if now.interim else "booked"
        return [*out, Movement(waiting.row, values, kind=kind, undoes=undoes)]

    def _settled(self, now: _Statement) -> Iterator[Item]:
        """Gives held items once account and currency are known: those without either are refused."""
        for item in now.held:
            if isinstance(item, Movement):
                if not now.account or not now.currency:
                    now.add(item.values, -1)
                    now.refused += 1
                    yield Refused(item.row, "D101")
                    continue
                item.values |= {"account_id": now.account, "currency": now.currency}
                content = _content(item.values)
                item.values["tx_id"] = f"m{now.bookings.key([*_identity(now), content])}"
                now.currencies.add(now.currency)
                yield item
                if item.values["status"] == "booked":
                    yield _booked(item, content, interim=now.interim)
                continue
            yield item
        now.held.clear()

    # --- ends of messages ---------------------------------------------------------------------------

    def _finish(self, *, cut: bool = False) -> Iterator[Item]:
        """Ends a message; `cut` where the file ends before the message does."""
        now, self._now = self._now, None
        if now is None or not now.tagged:
            return
        if now.header.kind not in _KINDS:
            self._row += 1
            yield Skipped(self._row, OTHER_KIND)
            return
        yield from self._close_entry(now, cut=cut and not now.closed)
        if not (now.account or now.entries or now.opening or now.closing):
            return
        self._statements += 1
        digest = now.digest.digest()
        copy = digest in self._digests and not now.streaming
        self._digests.add(digest)
        if copy:
            for item in now.held:
                if isinstance(item, Movement | Refused):
                    yield Skipped(item.row, TWICE)
        else:
            yield from self._settled(now)
        if now.interim and now.entries:
            yield Note(INTERIM)
        yield from self._pages(now)
        if now.opening is not None and not now.closed:
            yield Note(NO_CLOSING)
        if now.account and now.account not in self._sides:
            self._sides.add(now.account)
            bic = now.bic or now.header.sender
            yield Side("accounts", account_side(now.account, currency=now.currency, bic=bic))
        yield _statement(now, copy=copy)

    def _pages(self, now: _Statement) -> Iterator[Item]:
        before = self._page.pop(now.account, None)
        if now.paged and now.opening is not None and (before is None or before.amount != now.opening.amount):
            yield Note(NO_PAGE)
        if not now.last_page and now.closing is not None:
            self._page[now.account] = now.closing


def _statement(now: _Statement, *, copy: bool) -> Statement:
    """Gives what a message says of itself; the balances of a copy would prove its entries twice."""
    debit, credit = now.counts.get("D"), now.counts.get("C")
    told = [side for side in (debit, credit) if side is not None]
    opening, closing = (None, None) if copy else (now.opening, now.closing)
    sequence, _, page = now.number.partition("/")
    return Statement(
        now.account,
        now.number,
        opening,
        closing,
        now.entries,
        now.sums["credit"] - now.sums["debit"],
        sum(count for count, _ in told) if told else None,
        credit[1] if credit is not None else None,
        debit[1] if debit is not None else None,
        copy,
        {closing.day: closing} if closing is not None and closing.day else {},
        source="report" if now.interim else "ledger",
        sequence=sequence.strip(),
        page=page.strip(),
        credit=now.sums["credit"],
        debit=now.sums["debit"],
        pending=now.pending,
        currencies=now.currencies,
        refused=now.refused,
    )


def _content(values: dict[str, str]) -> str:
    """Gives what another message about the same booking also says."""
    names = ["account_id", "value_date", "booking_ts", "direction", "amount", "currency", "bank_ref"]
    if not values.get("bank_ref"):
        names += ["end_to_end_id", "remittance_info", "cp_account_id", "cp_name"]
    return "\x1f".join(values.get(name, "") for name in names)


def _identity(now: _Statement) -> list[str]:
    """Gives what tells messages of an account apart, as far as it is known before the first entry."""
    opening = now.opening
    begins = f"{opening.amount.normalize()}{opening.day}" if opening is not None else ""
    return [now.number, begins, *(now.told if now.interim else ())]


def _booked(item: Movement, content: str, *, interim: bool) -> Entry:
    """Gives what tells that another message holds the same booking."""
    values = item.values
    return Entry(
        item.row, item.row, "report" if interim else "ledger", values["account_id"], values["booking_ts"],
        Decimal(values["amount"]), values["currency"], values["direction"], values.get("bank_ref", ""),
        content,
    )  # fmt: skip


def _values(now: _Statement, read: Line, found: Details) -> tuple[dict[str, str], list[str]]:
    """Gives canonical columns of one entry, and notes; account and currency follow at the statement's end."""
    values = {
        "booking_ts": read.booking_day,
        "has_time": "false",
        "value_date": read.value_day,
        "direction": read.direction,
        "amount": plain(read.amount),
        "status": "pending" if read.expected else "booked",
        "bank_ref": read.bank_ref,
        "remittance_info": clean(" ".join(found.text)),
        "end_to_end_id": clean(found.end_to_end),
        "purpose_code": found.purpose,
        "ultimate_debtor": clean(found.ultimate_debtor),
        "ultimate_creditor": clean(found.ultimate_creditor),
        "orig_amount": found.original[0],
        "orig_currency": found.original[1],
    }
    values["tx_type"], values["channel"] = kind_of(read.code, found.german, found.words, read.direction)
    reference = found.customer_ref or read.owner_ref
    account = found.account
    if not account and like_iban(reference):
        account, reference = reference, ""  # ASN Bank: the other account stands where the reference does
    if read.direction == "debit" and not values["end_to_end_id"] and reference != account:
        values["end_to_end_id"] = clean(
            reference
        )  # the account's owner pays, so the reference is the payer's
    return values, counterparty(values, account=account, bank=found.bank, name=found.name, own=now.account)


def read_mt940(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Reads statements (MT940, MT950) and reports within the day (MT942).

    Args:
        stream: bytes of the file.
        name: of the file, for messages.

    Yields:
        Movements, refused and skipped entries, accounts, notes and one statement for each message.

    Raises:
        DataError: D015, D016 or D021.
    """
    yield from _Reader(stream, name).items()


__all__ = ["CLAMPED", "read_mt940"]

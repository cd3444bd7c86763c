"""MT103 and MT100: one customer's payment order between banks, and its Polish national form.

A message names payer and payee. Each of them whose account is known gets a leg in that account's ledger; both
legs have one `batch_id`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.statements.fields import End, Header, Outside, Tag, events
from thbscreen.io.statements.mt_entry import amount_of, full_day, plain, reference
from thbscreen.io.statements.mt_text import flowed
from thbscreen.io.statements.parties import (
    Bookings,
    account_form,
    account_side,
    clean,
    counterparty,
    is_bic,
    is_iban,
)
from thbscreen.io.statements.records import Movement, Note, Refused, Side, Skipped, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from thbscreen.io.statements.records import Item

TAGS = frozenset(
    {"13C", "20", "21", "23B", "23E", "26T", "32A", "33B", "36", "50", "50A", "50F", "50K", "51A",
     *(f"{n}{o}" for n in range(52, 58) for o in ("", "A", "B", "C", "D")),
     "59", "59A", "59F", "70", "71A", "71F", "71G", "72", "77B", "77T"}
)  # fmt: skip
_FIRST = frozenset({"20"})
#: Full length of a line of text in these messages.
FULL = 35
_KINDS = frozenset({"", "100", "103"})
OTHER_KIND = "message of another type than the file's first"
NO_ACCOUNT = "payment whose payer's or payee's account is not named; only the other one has a leg"
SELF = "transfer from an account to itself"
_VALUE = re.compile(r"^([0-9]{6})([A-Z]{3})([0-9][0-9,]*)\s*$")
_MONEY = re.compile(r"^([A-Z]{3})([0-9][0-9,]*)\s*$")
_NRB = re.compile(r"^[0-9]{26}$")
_NUMBERED = re.compile(r"^([1-8])/(.*)$")
_ORIGIN = re.compile(r"/ROC/([^/]*)")
_PURPOSE = re.compile(r"/PURP/(?:CD/)?([A-Z]{4})\b")
_UETR = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


@dataclass(slots=True)
class _Party:
    """Payer, payee or bank: account, name, country, BIC; what the message leaves out is empty."""

    account: str = ""
    name: str = ""
    country: str = ""
    bic: str = ""


@dataclass(slots=True)
class _Message:
    header: Header
    fields: dict[str, list[str]] = field(default_factory=dict)
    twice: bool = False

    def first(self, *names: str) -> list[str]:
        """Gives the lines of the first of some fields that the message has."""
        return next((self.fields[n] for n in names if n in self.fields), [])


def read_mt103(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Reads customers' payment orders.

    Args:
        stream: bytes of the file.
        name: of the file, for messages.

    Yields:
        One or two legs for each message, refused messages, accounts and notes; a statement where the file
        states how many payments it holds.

    Raises:
        DataError: D015, D016 or D021.
    """
    reader = _Reader(name)
    for event in events(stream, name, TAGS, _FIRST):
        match event:
            case Note():
                yield event
            case Header():
                reader.now = _Message(event)
            case Tag() if reader.now is not None:
                reader.now.twice |= event.name == "32A" and "32A" in reader.now.fields
                reader.now.fields.setdefault(event.name, event.lines)
            case Outside():
                reader.outside.setdefault(event.name, event.text.strip())
            case End():
                yield from reader.message()
            case _:
                pass
    yield from reader.end()


class _Reader:
    def __init__(self, name: str) -> None:
        self.now: _Message | None = None
        self.outside: dict[str, str] = {}
        self._name = name
        self._row = 0
        self._messages = 0
        self._total = Decimal(0)
        self._sides: set[str] = set()
        self._first_payer = ""
        self._bookings = Bookings()

    def message(self) -> Iterator[Item]:
        message, self.now = self.now, None
        if message is None or not message.fields:
            return
        self._messages += 1
        if message.header.kind not in _KINDS:
            self._row += 1
            yield Skipped(self._row, OTHER_KIND)
            return
        payment = _payment(message)
        if isinstance(payment, str):
            self._row += 1
            yield Refused(self._row, payment)
            return
        values, amount = payment
        self._total += amount
        payer, payee = _payer(message), _payee(message)
        if not payer.account and not payee.account:
            self._row += 1
            yield Refused(self._row, "D101")
            return
        yield from self._legs(message, values, payer, payee)

    def _legs(
        self, message: _Message, values: dict[str, str], payer: _Party, payee: _Party
    ) -> Iterator[Item]:
        if not payer.account or not payee.account:
            yield Note(NO_ACCOUNT)
        elif payer.account == payee.account:
            yield Note(SELF)
        self._first_payer = self._first_payer or payer.account
        key = self._key(message, values, payer, payee)
        values |= _kind(payer, payee)
        # References are not unique across banks and days; the id is made from all that tells payments apart.
        values["batch_id"] = values["uetr"] or f"m{key}"
        for own, other, direction in ((payer, payee, "debit"), (payee, payer, "credit")):
            if not own.account:
                continue
            self._row += 1
            leg = values | {"account_id": own.account, "direction": direction}
            notes = counterparty(leg, account=other.account, bank=other.bic, name=other.name, own=own.account)
            if "cp_iban" not in leg and not leg.get("cp_country"):
                leg["cp_country"] = other.country
            yield from (Note(note) for note in notes)
            leg["tx_id"] = f"m{key}/{direction[0].upper()}"
            yield Movement(self._row, leg, f"{key}/{direction[0].upper()}")
            if own.account not in self._sides:
                self._sides.add(own.account)
                yield Side("accounts", account_side(own.account, bic=own.bic))

    def _key(self, message: _Message, values: dict[str, str], payer: _Party, payee: _Party) -> str:
        """Gives what copies of a payment have in common; without UETR equal ones of a file are numbered."""
        if values["uetr"]:
            return self._bookings.key(["uetr", values["uetr"]], numbered=False)
        names = ("value_date", "amount", "currency", "end_to_end_id", "remittance_info")
        parts = [_reference(message), message.header.sender, payer.account, payee.account, payee.name]
        return self._bookings.key(["mt103", *parts, *(values[n] for n in names)])

    def end(self) -> Iterator[Item]:
        if not self._messages:
            raise data_error(
                "D021", "the file holds no payment message",
                file=self._name, hint="export the messages as MT103 again",
            )  # fmt: skip
        count, total = self.outside.get("03", ""), self.outside.get("02", "")
        declared = amount_of(total)
        if count.isdecimal() and len(count) < 10:  # header of a file in the Polish national form
            yield Statement(
                self._first_payer,
                self.outside.get("01", ""),
                entries=self._messages,
                signed=-self._total,
                declared_entries=int(count),
                declared_debit=declared if isinstance(declared, Decimal) else None,
                source="transfer",
                debit=self._total,
            )


def _payment(message: _Message) -> tuple[dict[str, str], Decimal] | str:
    """Reads what both legs share, and the amount; a row code when the message cannot be read."""
    lines = message.first("32A")
    if message.twice:
        return "D124"
    found = _VALUE.match(lines[0].strip()) if lines else None
    if found is None:
        return "D102" if lines else "D101"
    amount = amount_of(found[3])
    if isinstance(amount, str):
        return amount
    day = full_day(found[1], [])
    if day is None:
        return "D109"
    values = {
        "value_date": day.isoformat(),
        "amount": plain(amount),
        "currency": found[2],
        "status": "booked",
        **_moment(message.header, day.isoformat()),
        **_texts(message),
    }
    uetr = message.header.user.get("121", "").lower()
    values["uetr"] = uetr if _UETR.match(uetr) else ""
    values["bank_ref"] = _reference(message)
    original = _MONEY.match((message.first("33B") or [""])[0].strip())
    if original is not None and isinstance(instructed := amount_of(original[2]), Decimal):
        values |= {"orig_currency": original[1], "orig_amount": plain(instructed)}
    return values, amount


def _reference(message: _Message) -> str:
    return reference((message.first("20") or [""])[0])


def _moment(header: Header, value_day: str) -> dict[str, str]:
    """Gives the input time where block 2 has one, else the value date."""
    day = full_day(header.day, []) if header.day else None
    if day is None or not re.match(r"^(?:[01][0-9]|2[0-3])[0-5][0-9]$", header.time):
        return {"booking_ts": value_day, "has_time": "false"}
    return {"booking_ts": f"{day.isoformat()}T{header.time[:2]}:{header.time[2:]}:00", "has_time": "true"}


def _texts(message: _Message) -> dict[str, str]:
    text = flowed(message.first("70"), FULL)
    more = flowed(message.first("72"), FULL)
    found, purpose = _ORIGIN.search(text), _PURPOSE.search(f"{text} {more}")
    information = re.search(r"/BNF/(.*?)(?=/[A-Z]{3,8}/|$)", more)
    parts = [text] + ([information[1].replace("//", " ")] if information is not None else [])
    return {
        "remittance_info": clean(" ".join(parts)),
        "end_to_end_id": clean(found[1]) if found is not None else "",
        "purpose_code": purpose[1] if purpose is not None else "",
    }


def _kind(payer: _Party, payee: _Party) -> dict[str, str]:
    """Tells a payment abroad from one at home by the countries of both accounts or banks."""
    here, there = (
        party.account[:2] if is_iban(party.account) else party.bic[4:6] for party in (payer, payee)
    )
    if not here or not there:
        return {"tx_type": "credit_transfer"}
    return {"tx_type": "credit_transfer" if here == there else "cross_border"}


# --- parties ------------------------------------------------------------------------------------------


def _payer(message: _Message) -> _Party:
    party = _party(message.first("50A", "50F", "50K", "50"))
    bank = _party(message.first("52A", "52D", "52"))
    if not party.account and bank.account and _NRB.match(bank.account):
        party.account = bank.account  # Polish form: the account that is debited stands in 52D
    party.account = _polish(party.account)
    party.bic = party.bic or bank.bic or message.header.sender
    return party


def _payee(message: _Message) -> _Party:
    party = _party(message.first("59", "59A", "59F"))
    bank = _party(message.first("57A", "57D", "57", "56A"))
    party.account = _polish(party.account)
    party.bic = (
        party.bic or bank.bic or ("" if message.first("57D", "57C", "57B") else message.header.receiver)
    )
    return party


def _party(lines: list[str]) -> _Party:
    """Reads a party: an account behind a slash, then a BIC, or numbered parts, or name and address."""
    out = _Party()
    rest = [line.strip() for line in lines if line.strip()]
    if rest and rest[0].startswith("/"):
        out.account = account_form(re.sub(r"^/{1,2}(?:[CD]/)?", "", rest.pop(0)))
    elif rest and _NRB.match(rest[0]):
        out.account = rest[0]
        return out
    elif rest and re.match(r"^[A-Z]{4}/[A-Z]{2}/", rest[0]):
        rest.pop(0)  # 50F with a paper's number instead of an account; papers are not read
    if rest and is_bic(rest[0]):
        out.bic = rest[0]
        return out
    numbered = [_NUMBERED.match(line) for line in rest]
    if rest and numbered[0] is not None:
        names = [found[2] for found in numbered if found is not None and found[1] == "1"]
        out.name = clean(" ".join(names))
        town = next((found[2] for found in numbered if found is not None and found[1] == "3"), "")
        out.country = town[:2] if re.match(r"^[A-Z]{2}(?:/|$)", town) else ""
    elif rest:
        out.name = clean(rest[0])
    return out


def _polish(account: str) -> str:
    """Writes a Polish account number (26 digits) as IBAN if its check digits hold."""
    if _NRB.match(account) and is_iban(f"PL{account}"):
        return f"PL{account}"
    return account

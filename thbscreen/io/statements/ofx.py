"""OFX statements of bank and card accounts: OFX 1 (SGML), OFX 2 (XML), several accounts in a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.statements.mt_entry import CLAMPED, clamped, plain
from thbscreen.io.statements.ofx_tree import Begin, Element, Whole, elements
from thbscreen.io.statements.parties import Bookings, account_form, account_side, clean, counterparty
from thbscreen.io.statements.records import Balance, Movement, Note, Refused, Side, Skipped, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from thbscreen.io.statements.records import Item

_BEGINS = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS", "LOANSTMTRS", "AMRTSTMTRS"})
_ENTRIES = frozenset({"STMTTRN", "STMTTRNP"})
_GROUPS = frozenset(
    {"OFX", "SONRS", "BANKACCTFROM", "CCACCTFROM", "BANKACCTTO", "CCACCTTO", "LEDGERBAL", "AVAILBAL", "PAYEE",
     "CURRENCY", "ORIGCURRENCY", "BANKTRANLIST", "STMTTRNRS", "CCSTMTTRNRS", "STATUS", *_BEGINS, *_ENTRIES}
)  # fmt: skip
_WHOLES = frozenset(
    {"SONRS", "CURDEF", "BANKACCTFROM", "CCACCTFROM", "LEDGERBAL", "STMTRS", "CCSTMTRS", *_ENTRIES}
)
DELETED = "entry that only takes back an earlier one (CORRECTACTION DELETE); the earlier one is not taken out"
REPLACES = "entry that replaces an earlier one (CORRECTACTION REPLACE); both count"
LEFT_OUT = "statement of investments or a loan in a file with statements of accounts; not read"
ONLY_ACCOUNTS = "file that lists accounts and holds no statement"
ODD_ZONE = "time of day whose zone cannot be read; taken as a date without time"
STAMPED = "time of day that is midnight, noon or that of the export; taken as a date without time"
OTHER_CURRENCY = "amount stated in another currency than the account's; kept in that currency"
SIGN = "type and sign of the amount disagree (CREDIT below zero, DEBIT above); the sign was taken"
_ZONED = re.compile(r"^([0-9]{8})(?:[0-9]{4}(?:[0-9]{2})?(?:\.[0-9]{1,6})?)? *\[")
_MOMENT = re.compile(
    r"^([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?(?:\.[0-9]{1,6})?)?"
    r"\s*(?:\[\s*([+-]?[0-9]{1,2})(?:[.:]([0-9]{1,2}))?(?::[^\]]*)?\])?$"
)
_AMOUNT = re.compile(r"^([+-]?)([0-9]*)(?:[.,]([0-9]*))?$")
_PRODUCTS = {"CHECKING": "current", "SAVINGS": "savings", "MONEYMRKT": "money_market",
             "CREDITLINE": "credit_line", "CD": "deposit"}  # fmt: skip
#: What a type means for money out and for money in, and the channel it tells.
_TYPES: dict[str, tuple[str, str, str]] = {
    "INT": ("interest", "interest", ""), "FEE": ("fee", "fee", ""), "SRVCHG": ("fee", "fee", ""),
    "ATM": ("cash_withdrawal", "cash_deposit", "atm"), "CASH": ("cash_withdrawal", "cash_deposit", ""),
    "POS": ("card_purchase", "card_refund", "pos"), "XFER": ("credit_transfer", "credit_transfer", ""),
    "CHECK": ("cheque", "cheque", ""), "PAYMENT": ("credit_transfer", "credit_transfer", "online"),
    "DIRECTDEP": ("credit_transfer", "credit_transfer", ""),
    "DIRECTDEBIT": ("direct_debit", "direct_debit", ""),
    "REPEATPMT": ("credit_transfer", "credit_transfer", ""), "DIV": ("other", "other", ""),
    "OTHER": ("other", "other", ""),
}  # fmt: skip
#: Bookings of the bank itself or of cash: the name is the machine's or the bank's, not a counterparty's.
_NOBODY = frozenset({"interest", "fee", "cash_withdrawal", "cash_deposit"})


@dataclass(slots=True)
class _Statement:
    account: str = ""
    own: str = ""
    currency: str = ""
    card: bool = False
    left_out: bool = False
    closing: Balance | None = None
    entries: int = 0
    signed: Decimal | None = Decimal(0)
    days: dict[str, Balance] = field(default_factory=dict)
    refused: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    pending: dict[str, Decimal] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)


def read_ofx(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Reads statements of bank and card accounts.

    Args:
        stream: bytes of the file.
        name: of the file, for messages.

    Yields:
        Movements, refused and skipped entries, accounts, notes and one statement for each account.

    Raises:
        DataError: D015, D016, D021, D028, D029, or D034 for statements of investments and loans alone.
    """
    yield from _Reader(stream, name).items()


class _Reader:
    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name
        self._row = 0
        self._statements = self._left_out = self._accounts = 0
        self._institution = ""
        self._clock = ""
        self._bookings = Bookings()
        self._now = _Statement()

    def items(self) -> Iterator[Item]:
        for event in elements(self._stream, self._name, _BEGINS, _WHOLES, _GROUPS):
            match event:
                case Note():
                    yield event
                case Begin():
                    self._begin(event.name)
                case Whole():
                    yield from self._whole(event.element)
        if self._left_out and self._statements:
            yield Note(LEFT_OUT)
        elif self._left_out:
            raise data_error(
                "D034", "the file holds statements of investments or loans, which are not read",
                file=self._name, hint="export the statements of bank and card accounts",
            )  # fmt: skip
        elif not self._statements and self._accounts:
            yield Note(ONLY_ACCOUNTS)
        elif not self._statements:
            raise data_error(
                "D021", "the file holds no statement of a bank or card account",
                file=self._name, hint="the bank may have refused the request; export the statement again",
            )  # fmt: skip

    def _begin(self, name: str) -> None:
        left_out = name not in ("STMTRS", "CCSTMTRS")
        self._left_out += left_out
        self._now = _Statement(card=name == "CCSTMTRS", left_out=left_out)

    def _whole(self, element: Element) -> Iterator[Item]:
        now = self._now
        if now.left_out and element.name in _ENTRIES:
            self._row += 1
            yield Skipped(self._row, LEFT_OUT)
            return
        match element.name:
            case "SONRS":
                self._institution = clean(element.value("FI", "ORG"))
                self._clock = element.value("DTSERVER")[8:14]
            case "CURDEF":
                now.currency = element.text.upper()
            case "BANKACCTFROM" | "CCACCTFROM":
                yield from self._account(element)
            case "LEDGERBAL":
                now.closing = _balance(element, now.currency)
                if now.closing is not None and now.closing.day:
                    now.days[now.closing.day] = now.closing
            case "STMTTRN" | "STMTTRNP":
                yield from self._entry(element)
            case _:
                self._statements += 1
                yield _statement(now)

    def _account(self, element: Element) -> Iterator[Item]:
        now = self._now
        now.account, now.own = _account_of(element), account_form(element.value("ACCTID"))
        if not now.account or now.left_out:
            return
        self._accounts += 1
        side = account_side(now.account, currency=now.currency, institution=self._institution)
        if not side["institution"]:
            side["institution"] = account_form(element.value("BANKID"))
        side["branch"] = clean(element.value("BRANCHID"))
        kind = element.value("ACCTTYPE").upper()
        side["product"] = "card" if element.name == "CCACCTFROM" else _PRODUCTS.get(kind, "")
        yield Side("accounts", side)

    # --- entries ----------------------------------------------------------------------------------

    def _entry(self, element: Element) -> Iterator[Item]:
        now = self._now
        self._row += 1
        if element.value("CORRECTACTION").upper() == "DELETE":
            yield Skipped(self._row, DELETED)
            return
        notes: list[str] = []
        read = self._read(element, notes)
        pending = element.name == "STMTTRNP" or element.value("TRNTYPE").upper() == "HOLD"
        now.entries += not pending
        if isinstance(read, str):
            now.refused += 1
            yield Refused(self._row, read)
            return
        values, amount = read
        side = values["direction"]
        sums = now.pending if pending else now.sums
        sums[side] = sums.get(side, Decimal(0)) + abs(amount)
        if pending:
            values["status"] = "pending"
        elif values["currency"] != now.currency and now.currency:
            now.signed = None
        elif now.signed is not None:
            now.signed += amount
        yield from (Note(note) for note in notes)
        key = self._key(values)
        values["tx_id"] = f"m{key}"
        now.currencies.add(values["currency"])
        yield Movement(self._row, values, key)

    def _read(self, element: Element, notes: list[str]) -> tuple[dict[str, str], Decimal] | str:
        """Reads one entry: its columns and its signed amount; a row code when it cannot be read."""
        now = self._now
        amount = _amount(element.value("TRNAMT"))
        if isinstance(amount, str):
            return amount
        when = element.value("DTPOSTED") or element.value("DTTRAN")
        moment = self._moment(when, notes) if when else None
        currency = self._currency(element, notes)
        if not when or not now.account or not currency:
            return "D101"
        if moment is None:
            return "D109"
        kind = element.value("TRNTYPE").upper()
        direction = "debit" if amount < 0 else "credit"
        if (kind, direction) in (("CREDIT", "debit"), ("DEBIT", "credit")):
            notes.append(SIGN)
        known = _TYPES.get(kind)
        tx_type = "" if known is None else known[0 if direction == "debit" else 1]
        original = element.value("ORIGCURRENCY", "CURSYM").upper()
        value_day = _day(element.value("VALUEDATE") or element.value("DTAVAIL"))
        values = {
            "account_id": now.account,
            "booking_ts": moment[0],
            "has_time": "true" if moment[1] else "false",
            "value_date": value_day,
            "direction": direction,
            "amount": plain(amount),
            "currency": currency,
            "status": "booked",
            "tx_type": tx_type,
            "channel": known[2] if known is not None else "",
            "bank_ref": clean(element.value("FITID")),
            "end_to_end_id": clean(element.value("REFNUM")),
            "orig_currency": original if re.match(r"^[A-Z]{3}$", original) else "",
        }
        if element.value("CORRECTACTION"):
            notes.append(REPLACES)
        notes += _names(element, values, now)
        return values, amount

    def _moment(self, text: str, notes: list[str]) -> tuple[str, bool] | None:
        """Reads a moment; a clock that says nothing, because every entry has it, makes it a date."""
        found = _MOMENT.match(text)
        if found is None and (zoned := _ZONED.match(text)) is not None:
            found = _MOMENT.match(zoned[1])
            notes.append(ODD_ZONE)
        day = _clamped_day(found, notes) if found is not None else None
        if found is None or day is None:
            return None
        if found[4] is None:
            return day.isoformat(), False
        clock = f"{found[4]}{found[5]}{found[6] or '00'}"
        if clock in ("000000", "120000", self._clock):
            notes.append(STAMPED)
            return day.isoformat(), False
        hours, minutes = int(found[7] or 0), _minutes(found[8])
        ahead = timedelta(hours=hours, minutes=-minutes if (found[7] or "").startswith("-") else minutes)
        if (
            int(found[4]) > 23
            or int(found[5]) > 59
            or int(found[6] or 0) > 59
            or abs(ahead) > timedelta(hours=14)
        ):
            return None
        moment = datetime(
            day.year,
            day.month,
            day.day,
            int(found[4]),
            int(found[5]),
            int(found[6] or 0),
            tzinfo=timezone(ahead),
        )
        return moment.isoformat(), True

    def _currency(self, element: Element, notes: list[str]) -> str:
        stated = element.value("CURRENCY", "CURSYM").upper()
        if stated and self._now.currency and stated != self._now.currency:
            notes.append(OTHER_CURRENCY)
        return stated or self._now.currency

    def _key(self, values: dict[str, str]) -> str:
        """Gives what other files about the same booking also say: the bank's id, which may repeat by mistake.

        Without an id, equal bookings of one file are numbered.
        """
        names = ("account_id", "booking_ts", "direction", "amount", "currency", "bank_ref", "cp_name",
                 "merchant_name", "remittance_info")  # fmt: skip
        parts = ["ofx", *(values.get(name, "") for name in names)]
        return self._bookings.key(parts, numbered=not values["bank_ref"])


def _statement(now: _Statement) -> Statement:
    return Statement(
        now.account,
        closing=now.closing,
        entries=now.entries,
        signed=now.signed,
        days=now.days,
        source="ledger",
        credit=now.sums.get("credit", Decimal(0)),
        debit=now.sums.get("debit", Decimal(0)),
        pending=now.pending,
        currencies=now.currencies,
        refused=now.refused,
    )


def _names(element: Element, values: dict[str, str], now: _Statement) -> list[str]:
    """Puts counterparty, merchant and text into a movement; gives notes."""
    name = next(
        (
            text
            for path in (("EXTDNAME",), ("NAME",), ("PAYEE", "NAME"))
            if (text := clean(element.value(*path)))
        ),
        "",
    )
    memo = clean(element.value("MEMO"))
    card = values["tx_type"] in ("card_purchase", "card_refund")
    parts = [memo] if memo else []
    if card or (now.card and name and values["tx_type"] not in _NOBODY):
        values["merchant_name"] = name
        code = element.value("SIC")
        values["mcc"] = code if re.match(r"^[0-9]{4}$", code) else ""
        name = ""
    elif values["tx_type"] in _NOBODY:
        parts = [name, *parts] if name else parts
        name = ""
    values["remittance_info"] = " ".join(parts)
    other = element.find("BANKACCTTO") or element.find("CCACCTTO")
    account = _account_of(other) if other is not None else ""
    return counterparty(values, account=account, name=name, own=now.account)


def _account_of(element: Element) -> str:
    """Gives an account: its IBAN, else the bank's code and the number."""
    bank, number = account_form(element.value("BANKID")), account_form(element.value("ACCTID"))
    if not number:
        return ""
    side = account_side(number)
    return f"{bank}/{number}" if bank and "iban" not in side else number


def _amount(text: str) -> Decimal | str:
    """Reads an amount with decimal point or comma; a row code when it is none."""
    if not text:
        return "D101"
    found = _AMOUNT.match(text.replace("\u2212", "-"))
    if found is None or not (found[2] or found[3]):
        return "D102"
    if len(found[2].lstrip("0")) > 15:
        return "D104"
    if len(found[3] or "") > 6 and (found[3] or "").strip("0"):
        return "D103"
    return Decimal(f"{found[1]}{found[2] or '0'}.{(found[3] or '0')[:6]}")


def _balance(element: Element, currency: str) -> Balance | None:
    amount = _amount(element.value("BALAMT"))
    if isinstance(amount, str) or not currency:
        return None
    return Balance(amount, currency, _day(element.value("DTASOF")))


def _day(text: str) -> str:
    found = _MOMENT.match(text)
    day = _clamped_day(found, []) if found is not None else None
    return day.isoformat() if day is not None else ""


def _clamped_day(found: re.Match[str], notes: list[str]) -> date | None:
    year = int(found[1])
    return clamped(year, int(found[2]), int(found[3]), notes) if year else None


def _minutes(text: str | None) -> int:
    """Gives minutes behind the hours of an offset: `5.5` and `5.50` are half hours, `5.30` thirty minutes."""
    if not text:
        return 0
    return {"5": 30, "50": 30, "75": 45, "25": 15}.get(text, int(text) if len(text) == 2 else 0)


__all__ = ["CLAMPED", "read_ofx"]

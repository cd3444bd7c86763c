"""Lines :61: and balances of MT940 and MT942: days without year, marks, amounts, references."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from thbscreen.io.statements.records import Balance

CLAMPED = "day that its month does not have (30 February); the last day of the month was taken"
NO_ENTRY_DAY = "entry date of zeros; the value date was taken"
_LINE = re.compile(
    r"^(?P<value>[0-9]{6})(?P<entry>[0-9]{4}| {4})? ?(?P<mark>R[CD]|E[CD]|[CD])(?P<funds>[A-Z])?[ ]?"
    r"(?P<amount>[0-9][0-9.,']*) ?(?P<code>[A-Z][A-Z0-9 ]{3})?(?P<rest>.*)$"
)
_AMOUNT = re.compile(r"^([0-9]+)(?:,([0-9]*))?$")
_BALANCE = re.compile(r"^([CD])([0-9]{6})([A-Z]{3})([0-9][0-9.,]*)\s*$")
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
#: References that only say where the reference is.
_POINTERS = re.compile(r"^(?:[KE]REF\+?|NON ?REF|NOTPROVIDED|NOREF|NONE)$")


@dataclass(slots=True)
class Entry:
    """A read line :61:.

    Attributes:
        value_day: ISO day.
        booking_day: ISO day; the value date where the line has no entry date.
        direction: debit or credit, as it changes the account: RC is money out, RD money in.
        reversal: the mark says that an earlier entry is undone.
        expected: not booked yet (EC, ED).
        amount: above zero or zero.
        code: four characters, such as NTRF.
        owner_ref: reference for the account's owner; empty when it says nothing.
        bank_ref: the bank's reference.
        more: supplementary lines.
        notes: what was settled by rule.
    """

    value_day: str
    booking_day: str
    direction: str
    reversal: bool
    expected: bool
    amount: Decimal
    code: str = ""
    owner_ref: str = ""
    bank_ref: str = ""
    more: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def entry(lines: list[str]) -> Entry | str:
    """Reads a line :61: with its supplementary lines; a row code such as D102 when it cannot be read."""
    found = _LINE.match(lines[0].rstrip())
    if found is None and len(lines) > 1 and re.match(r"^[0-9]", lines[1]):
        lines = [lines[0].rstrip() + lines[1], *lines[2:]]  # cut in front of the amount
        found = _LINE.match(lines[0].rstrip())
    if found is None:
        return _why(lines[0])
    amount = amount_of(found["amount"])
    if isinstance(amount, str):
        return amount
    notes: list[str] = []
    value = full_day(found["value"], notes)
    if value is None:
        return "D109"
    booked = _entry_day(found["entry"] or "", value, notes)
    if booked is None:
        return "D109"
    mark = found["mark"]
    code, rest = found["code"] or "", found["rest"]
    if f"{code}{rest}".startswith("NONREF"):  # the type is missing
        code, rest = "", f"{code}{rest}"
    owner, _, bank = rest.partition("//")
    return Entry(
        value.isoformat(),
        booked.isoformat(),
        "credit" if mark in ("C", "RD", "EC") else "debit",
        mark in ("RC", "RD"),
        mark in ("EC", "ED"),
        amount,
        code.strip(),
        reference(owner),
        reference(bank),
        [line for line in lines[1:] if line.strip()],
        notes,
    )


def _why(line: str) -> str:
    """Says which part of a line :61: cannot be read."""
    if not re.match(r"^[0-9]{6}", line):
        return "D109"
    mark = re.match(r"^[0-9]{6}(?:[0-9]{4}| {4})? ?(?:R[CD]|E[CD]|[CD])[A-Z]? ?", line)
    return "D113" if mark is None else "D102"


def reference(text: str) -> str:
    """Gives a reference; empty for NONREF and for those that only point to the text."""
    bare = " ".join(text.split())
    return "" if _POINTERS.match(bare.upper()) else bare


def amount_of(text: str) -> Decimal | str:
    """Reads an amount with decimal comma, which may be missing; a row code when it is none."""
    found = _AMOUNT.match(text)
    if found is None:
        return "D102"
    if len(found[1].lstrip("0")) > 15:
        return "D104"
    if len(found[2] or "") > 6:
        return "D103"
    return Decimal(f"{found[1]}.{found[2] or '0'}")


def plain(amount: Decimal) -> str:
    """Gives decimal text without sign, exponent or zeros behind; `12.50` is `12.5`."""
    text = format(abs(amount), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def balance(text: str, notes: list[str]) -> Balance | None:
    """Reads a balance such as `C100318EUR380115,77`; none when it cannot be read."""
    found = _BALANCE.match(text.strip())
    if found is None:
        return None
    amount = amount_of(found[4])
    if isinstance(amount, str):
        return None
    day = full_day(found[2], notes)
    return Balance(amount if found[1] == "C" else -amount, found[3], day.isoformat() if day else "")


# --- days -----------------------------------------------------------------------------------------


def full_day(text: str, notes: list[str]) -> date | None:
    """Reads YYMMDD; 80 to 99 lie in the last century. Days that a month does not have become its last."""
    year = int(text[:2])
    return clamped(year + (1900 if year >= 80 else 2000), int(text[2:4]), int(text[4:6]), notes)


def clamped(year: int, month: int, day: int, notes: list[str]) -> date | None:
    """Gives a day; one that its month does not have becomes the last of it, with a note."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    last = 29 if month == 2 and calendar.isleap(year) else _DAYS[month - 1]
    if day > last:
        notes.append(CLAMPED)
    return date(year, month, min(day, last))


def _entry_day(text: str, value: date, notes: list[str]) -> date | None:
    """Reads MMDD in the year that brings it nearest to the value date; blank means the value date."""
    if not text.strip():
        return value
    if text == "0000":
        notes.append(NO_ENTRY_DAY)
        return value
    best: tuple[int, date, list[str]] | None = None
    for year in (value.year, value.year - 1, value.year + 1):
        own: list[str] = []
        day = clamped(year, int(text[:2]), int(text[2:]), own)
        if day is not None and (best is None or abs((day - value).days) < best[0]):
            best = (abs((day - value).days), day, own)
    if best is None:
        return None
    notes += best[2]
    return best[1]

"""Values of statements and messages, whatever the format: amounts, days, times, countries, accounts.

Nothing here repeats a value in a message: what cannot be read is a `RefusalError` with a row code.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

from thbscreen.model import iban
from thbscreen.model.money import MAX_MINOR_UNITS, exponent

#: Notes about what was settled by rule.
CLAMPED = "day that its month does not have (such as 30 February); the month's last day was taken"
MIDNIGHT = "time of exactly midnight; taken as a date without time"
#: What stands for nothing.
NOTHING = frozenset({"NOTPROVIDED", "NONREF", "NOT PROVIDED", "NOTAVAILABLE", "N/A", "UNKNOWN"})

_AMOUNT = re.compile(r"\+?[0-9]{1,30}(?:\.[0-9]{0,20})?|\+?\.[0-9]{1,20}")
#: Almost all amounts; nothing about them needs a closer look.
_EUROS = re.compile(r"[0-9]{1,10}\.[0-9]{2}")
_NEGATIVE = re.compile(r"-[0-9.]+")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_UNITS = [Decimal(1).scaleb(-places) for places in range(5)]
_BIC = re.compile(r"[A-Z]{4}([A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?")


class RefusalError(Exception):
    """An entry that cannot be read.

    Attributes:
        code: a row code such as D102.
    """

    def __init__(self, code: str) -> None:
        """Keeps the code."""
        super().__init__(code)
        self.code = code


def amount(text: str, currency: str) -> Decimal:
    """Reads an amount without sign; `8.850` EUR is 8.85.

    Raises:
        RefusalError: D101, D102, D103, D104, D105 or D108.
    """
    if currency == "EUR" and _EUROS.fullmatch(text):
        return Decimal(text)
    if not text:
        raise RefusalError("D101")
    if not _AMOUNT.fullmatch(text):
        raise RefusalError("D105" if _NEGATIVE.fullmatch(text) else "D102")
    if not _CURRENCY.fullmatch(currency):
        raise RefusalError("D108" if currency else "D101")
    number = Decimal(text)
    minor = number.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise RefusalError("D103")
    if minor > MAX_MINOR_UNITS:
        raise RefusalError("D104")
    return number


def plain(number: Decimal, currency: str) -> str:
    """Writes an amount with the decimals of its currency."""
    return format(number.quantize(_UNITS[exponent(currency)]), "f")


@lru_cache(4096)
def day(text: str) -> tuple[str, bool]:
    """Reads a day as ISO text; a day that its month does not have becomes the month's last.

    Returns:
        The day, and whether it was moved.

    Raises:
        RefusalError: D109 or D112.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        raise RefusalError("D109")
    year, month, number = int(found[1]), int(found[2]), int(found[3])
    if not 1 <= month <= 12 or not 1 <= number <= 31:
        raise RefusalError("D109")
    if not 1900 <= year <= 2100:
        raise RefusalError("D112")
    last = calendar.monthrange(year, month)[1]
    return f"{year:04}-{month:02}-{min(number, last):02}", number > last


@lru_cache(4096)
def moment(text: str) -> tuple[str, bool, tuple[str, ...]]:
    """Reads a point in time, or a day, as ISO text with at most six decimals of a second.

    Returns:
        The time or day, whether it has a time of day, and notes.

    Raises:
        RefusalError: D109 or D112.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        written, moved = day(text)
        return written, False, (CLAMPED,) if moved else ()
    written, moved = day(found[1])
    notes = (CLAMPED,) if moved else ()
    hour, minute, second = int(found[2]), int(found[3]), int(found[4] or 0)
    fraction = (found[5] or "")[:6]
    if (hour, minute, second) == (24, 0, 0) and not fraction.strip("0"):
        written, hour = (date.fromisoformat(written) + timedelta(days=1)).isoformat(), 0
    if hour > 23 or minute > 59 or second > 60:
        raise RefusalError("D109")
    second = min(second, 59)
    if (hour, minute, second) == (0, 0, 0) and not fraction.strip("0"):
        return written, False, (*notes, MIDNIGHT)
    tail = f".{fraction}" if fraction else ""
    return f"{written}T{hour:02}:{minute:02}:{second:02}{tail}{found[6] or ''}", True, notes


def reference(text: str) -> str:
    """Gives a reference, or nothing for words that stand for none."""
    return "" if text.upper() in NOTHING else text


def country(text: str) -> str:
    """Gives an ISO 3166 country; UK is written for GB in many files; anything else is nothing."""
    if len(text) == 2 and text.isascii() and text.isalpha() and text.isupper():
        return "GB" if text == "UK" else text
    return ""


@lru_cache(4096)
def bic(text: str) -> str:
    """Gives a BIC in capital letters, or nothing when the text has not the shape of one."""
    code = "".join(text.split()).upper()
    return code if _BIC.fullmatch(code) else ""


@lru_cache(4096)
def country_of_bic(code: str) -> str:
    """Gives the country of a BIC."""
    found = _BIC.fullmatch(code)
    return country(found[1]) if found is not None else ""


@lru_cache(1 << 16)
def account_form(written: str, bank: str = "") -> tuple[str, str]:
    """Gives an account's id and its IBAN, which is empty unless its check digits hold.

    Args:
        written: IBAN or number as written.
        bank: code of the bank, which stands before a number that is no IBAN.
    """
    number = iban.normalise(written)
    if not number or number in NOTHING:
        return "", ""
    if iban.is_valid(number):
        return number, number
    return (number if iban.looks_like_iban(number) or not bank else f"{bank}/{number}"), ""


def joined(parts: list[str]) -> str:
    """Joins texts by one blank, each once, in their order."""
    if len(parts) == 1:
        return " ".join(parts[0].split())
    once = dict.fromkeys([" ".join(part.split()) for part in parts if part])
    return " ".join(filter(None, once))


def digest(*parts: str) -> str:
    """Gives twenty hexadecimal digits that stand for some texts."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def stated(text: str) -> Decimal | None:
    """Reads a sum that a message states of itself; None when there is none that can be read."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None

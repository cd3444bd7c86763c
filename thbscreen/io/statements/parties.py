"""Accounts, banks and counterparties as statements and messages write them, in canonical form."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from thbscreen.model import iban

if TYPE_CHECKING:
    from collections.abc import Iterable

BAD_IBAN = "counterparty's IBAN whose check digits do not hold; kept as an account number"
_BIC = re.compile(r"^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$")
_CURRENCY_BEHIND = re.compile(r"^(.*?)[/ ]?([A-Z]{3})$")
_MISSING = frozenset({"", "NONREF", "NOTPROVIDED", "NOREF", "NOT PROVIDED"})


def is_bic(text: str) -> bool:
    """True when the text has the form of a BIC."""
    return _BIC.match(text) is not None


@lru_cache(maxsize=1 << 14)
def is_iban(text: str) -> bool:
    """True when the text, blanks left out, is an IBAN whose check digits hold."""
    return iban.is_valid(iban.normalise(text))


@lru_cache(maxsize=1 << 14)
def like_iban(text: str) -> bool:
    """True when the text has the shape and the length of an IBAN; its check digits may be wrong."""
    bare = iban.normalise(text)
    return iban.looks_like_iban(bare) and len(bare) == iban.length_of(bare[:2])


class Bookings:
    """Gives what messages about one booking have in common; equal ones of a file are numbered."""

    def __init__(self) -> None:
        """Starts with nothing seen."""
        self._seen: Counter[bytes] = Counter()

    def key(self, parts: Iterable[str], *, numbered: bool = True) -> str:
        """Gives the key of one booking.

        Args:
            parts: what other messages about it also say.
            numbered: false where the parts hold an id of the bank, so that equal ones are the same booking.
        """
        digest = blake2b("\x1f".join(parts).encode(), digest_size=12)
        if not numbered:
            return digest.hexdigest()
        self._seen[digest.digest()] += 1
        return f"{digest.hexdigest()}-{self._seen[digest.digest()]}"


def clean(text: str) -> str:
    """Collapses blanks; placeholders such as NONREF are empty."""
    bare = " ".join(text.split())
    return "" if bare.upper() in _MISSING else bare


def account_form(text: str) -> str:
    """Gives an account number without blanks, in capitals; empty when there is none or it is all zeros."""
    bare = iban.normalise(text).strip("/")
    return "" if not bare.strip("0/") else bare


def own_account(text: str) -> tuple[str, str]:
    """Reads an account as statements name their own: `NL71RABO0123456789EUR`, `12345678/EUR`, `BLZ/number`.

    Returns:
        The account in canonical form, and the currency behind it, if any.
    """
    bare = " ".join(text.split()).upper()
    currency = ""
    behind = _CURRENCY_BEHIND.match(bare)
    if behind is not None and not is_iban(bare):
        rest = behind[1].rstrip("/ ")
        # Without a mark between, letters behind are a currency only where an IBAN or a number stands before.
        if (
            bare[len(behind[1]) : len(behind[1]) + 1] in ("/", " ")
            or is_iban(rest)
            or rest.replace("/", "").isdigit()
        ):
            bare, currency = rest, behind[2]
    bank, _, number = bare.partition("/")
    if number and is_iban(number):
        bare = number
    elif not number:
        bare = bank
    return account_form(bare), currency


def counterparty(
    values: dict[str, str], *, account: str = "", bank: str = "", name: str = "", own: str = ""
) -> list[str]:
    """Puts a counterparty into a movement: an IBAN only if it holds, else the number, with its bank.

    Args:
        values: of the movement; filled here.
        account: as written.
        bank: BIC or national bank code, as written.
        name: as written.
        own: the statement's account, whose form national numbers take.

    Returns:
        What was settled by rule.
    """
    notes: list[str] = []
    number, bank = account_form(account), account_form(bank)
    if number and is_iban(number):
        values["cp_iban"] = values["cp_account_id"] = number
    elif number and number != own:
        own_bank, _, own_number = own.partition("/")
        if bank.isdigit() and own_number.isdigit() and own_bank.isdigit() and number.isdigit():
            number = f"{bank}/{number.lstrip('0').zfill(len(own_number))}"
        values["cp_account_id"] = number
        if like_iban(number):
            notes.append(BAD_IBAN)
    if is_bic(bank):
        values["cp_bic"] = bank
        if "cp_iban" not in values:
            values["cp_country"] = bank[4:6]
    if clean(name):
        values["cp_name"] = clean(name)
    return notes


def account_side(account: str, *, currency: str = "", bic: str = "", institution: str = "") -> dict[str, str]:
    """Gives a row of accounts for a statement's own account."""
    row = {"account_id": account, "currency": currency, "bic": bic, "institution": institution}
    if is_iban(account):
        row |= {"iban": account, "country": account[:2]}
    elif bic:
        row["country"] = bic[4:6]
    return row

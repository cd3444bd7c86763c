"""Money as integer minor units: exponents of currencies, exact parsing and display."""

from __future__ import annotations

import re
from decimal import Decimal

#: Largest absolute amount in minor units; a million of them still fit into 64 bits.
MAX_MINOR_UNITS = 10**13

DEFAULT_EXPONENT = 2

#: ISO 4217 currencies whose number of decimals is not two.
EXPONENTS: dict[str, int] = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "CLF": 4, "UYW": 4,
}  # fmt: skip

_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,4})?")


def exponent(currency: str) -> int:
    """Gives the number of decimals of a currency (EUR 2, JPY 0, KWD 3).

    Args:
        currency: ISO 4217 code in capital letters; unknown codes have two decimals.
    """
    return EXPONENTS.get(currency, DEFAULT_EXPONENT)


def to_minor(text: str, currency: str = "EUR") -> int:
    """Turns decimal text into minor units without rounding: `12.5` EUR is 1250.

    Args:
        text: digits with an optional leading minus and a decimal point.
        currency: ISO 4217 code.

    Raises:
        ValueError: when the text is no such number, has more decimals than the currency, or is
            larger than `MAX_MINOR_UNITS`. The message does not repeat the text.
    """
    if not _PLAIN.fullmatch(text):
        raise ValueError("not a decimal amount")
    scaled = Decimal(text).scaleb(exponent(currency))
    minor = int(scaled)
    if minor != scaled:
        raise ValueError(f"more than {exponent(currency)} decimals")
    if abs(minor) > MAX_MINOR_UNITS:
        raise ValueError("amount too large")
    return minor


def to_text(minor: int, currency: str = "EUR") -> str:
    """Turns minor units into decimal text for files: 1250 EUR is `12.50`."""
    places = exponent(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def to_display(minor: int, currency: str = "EUR") -> str:
    """Turns minor units into text for people: 2840000 EUR is `28,400.00 EUR`."""
    whole, _, decimals = to_text(abs(minor), currency).partition(".")
    return f"{'-' if minor < 0 else ''}{int(whole):,}{'.' + decimals if decimals else ''} {currency}"

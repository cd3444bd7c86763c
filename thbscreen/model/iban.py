"""International bank account numbers: form, length and check digits (ISO 13616, mod 97)."""

from __future__ import annotations

import re

#: Length of an IBAN by country.
LENGTHS: dict[str, int] = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27,
    "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25,
    "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18,
    "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33,
    "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
    "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip

#: What an IBAN looks like once blanks are gone and letters are capital.
SHAPE = r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"

_SHAPE = re.compile(SHAPE)


def normalise(text: str) -> str:
    """Removes blanks and makes letters capital."""
    return "".join(text.split()).upper()


def looks_like_iban(text: str) -> bool:
    """True when the normalised text has the shape of an IBAN; check digits may be wrong."""
    return _SHAPE.match(text) is not None


def is_valid(text: str) -> bool:
    """True when a normalised IBAN has the right shape, length and check digits."""
    if not looks_like_iban(text) or len(text) != LENGTHS.get(text[:2], len(text)):
        return False
    digits = "".join(str(int(c, 36)) for c in text[4:] + text[:4])
    return int(digits) % 97 == 1


def with_check_digits(country: str, bban: str) -> str:
    """Gives the IBAN of a national account number by computing its check digits."""
    rest = "".join(str(int(c, 36)) for c in bban + country + "00")
    return f"{country}{98 - int(rest) % 97:02d}{bban}"

"""International bank account numbers: structure, check digits and parts (ISO 13616, mod 97).

The structures of all countries and the national check digits come from python-stdnum, which follows SWIFT's
registry. The sum mod 97 is our own, so that millions of numbers can be tested as columns; tests hold both
against each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

#: What an IBAN looks like once blanks are gone and letters are capital.
SHAPE = r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"
#: Countries whose national check digits python-stdnum knows too.
NATIONAL = frozenset({"BE", "ES", "ME", "NO"})

_SHAPE = re.compile(SHAPE)
_PART = re.compile(r"([1-9][0-9]*)!?([nac])")
_LETTERS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
_MIN_ACCOUNT = 5


@dataclass(frozen=True, slots=True)
class Structure:
    """How the account numbers of a country are built.

    Attributes:
        length: characters of the whole IBAN.
        pattern: regular expression of a whole IBAN.
        bank: first and last position (not included) of the bank code in the IBAN.
        account: the same of the account number; None where the registry does not tell it from other parts.
    """

    length: int
    pattern: str
    bank: tuple[int, int]
    account: tuple[int, int] | None


@lru_cache(maxsize=300)
def structure(country: str) -> Structure | None:
    """Gives the structure of a country's IBANs; None for countries that are not in SWIFT's registry."""
    from stdnum import numdb  # noqa: PLC0415  # read when the first number is looked at

    found = numdb.get("iban").info(country)
    bban = found[0][1].get("bban", "") if found else ""
    parts = [(int(size), kind) for size, kind in _PART.findall(bban)]
    if not parts:
        return None
    ends = list(accumulate((size for size, _ in parts), initial=4))
    pattern = f"^{country}[0-9]{{2}}" + "".join(f"{_LETTERS[kind]}{{{size}}}" for size, kind in parts) + "$"
    # The account number is the longest part behind the bank code; what else there is are branch and check.
    rest = range(1, len(parts))
    longest = max(rest, key=lambda at: (parts[at][0], at), default=None)
    account = None
    if longest is not None and parts[longest][0] >= _MIN_ACCOUNT:
        account = (ends[longest], ends[longest + 1])
    return Structure(ends[-1], pattern, (4, ends[1]), account)


def length_of(country: str) -> int | None:
    """Gives the length of a country's IBANs; None for countries that are not in the registry."""
    known = structure(country)
    return None if known is None else known.length


def normalise(text: str) -> str:
    """Removes blanks and makes letters capital."""
    return "".join(text.split()).upper()


#: What may stand between the characters of an account number: a pattern for Python and for polars.
NOISE = "[\\s.:/\u2010-\u2015\u00ad\u200b-\u200f\u2060\ufeff-]+"
_NOISE = re.compile(NOISE)


def compact(text: str) -> str:
    """Removes blanks, points, hyphens and the word IBAN in front, and makes letters capital."""
    bare = _NOISE.sub("", text).upper()
    return bare[4:] if bare.startswith("IBAN") and _SHAPE.match(bare[4:]) else bare


def looks_like_iban(text: str) -> bool:
    """True when the normalised text has the shape of an IBAN; check digits may be wrong."""
    return _SHAPE.match(text) is not None


@lru_cache(maxsize=300)
def _pattern(country: str) -> re.Pattern[str]:
    known = structure(country)
    return _SHAPE if known is None else re.compile(known.pattern)


def is_valid(text: str) -> bool:
    """True when a normalised IBAN has its country's structure and the check digits hold.

    Where python-stdnum knows them these are the national check digits too. Of countries that are not in the
    registry the international check digits are all that can be tested.
    """
    if not looks_like_iban(text) or not _pattern(text[:2]).match(text):
        return False
    digits = "".join(str(int(c, 36)) for c in text[4:] + text[:4])
    return int(digits) % 97 == 1 and (text[:2] not in NATIONAL or national_holds(text))


def national_holds(text: str) -> bool:
    """True when the national check digits inside an IBAN hold, as far as python-stdnum knows them."""
    from stdnum import iban  # noqa: PLC0415  # read when the first such number is looked at
    from stdnum.exceptions import InvalidComponent, ValidationError  # noqa: PLC0415

    try:
        iban.validate(text)
    except InvalidComponent:
        return True  # a bank that is not in the library's list may be younger than the list
    except ValidationError:
        return False
    return True


def with_check_digits(country: str, bban: str) -> str:
    """Gives the IBAN of a national account number by computing its check digits."""
    rest = "".join(str(int(c, 36)) for c in bban + country + "00")
    return f"{country}{98 - int(rest) % 97:02d}{bban}"

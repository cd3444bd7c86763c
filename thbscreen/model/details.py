"""Details that customers may share: telephone, e-mail, address, number of a paper, name.

Each has one form in which spellings are equal, and a digest of that form under a key. Two institutions that
use one key get the same digests, because form and digest are the same everywhere. What stands for "no value",
and what belongs to the institution itself, has neither.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from thbscreen.model import contact, postal
from thbscreen.model.hashed import Hasher
from thbscreen.model.people import name_key
from thbscreen.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["phone", "email", "address", "id", "name"]
KINDS: tuple[Kind, ...] = ("phone", "email", "address", "id", "name")
#: What became of a value: it has a form; it says that there is none; it is the institution's own; it cannot
#: be read, and is shown as it is written and compared with nothing.
Outcome = Literal["read", "placeholder", "own", "unreadable"]
#: Changes whenever a form changes: digests of different forms must not be taken for one another.
FORM = "1"

_NOTHING = frozenset({
    "na", "nv", "nn", "none", "null", "nil", "nan", "no", "notavailable", "notapplicable", "notknown",
    "notprovided", "notgiven", "nodata", "missing", "unknown", "unspecified", "undisclosed",
    "confidential", "withheld", "private", "tbc", "tbd", "tba", "tbn", "test", "dummy", "default",
    "empty", "noemail", "nomail", "nophone", "noaddress", "nonumber", "nofixedabode", "homeless",
    "posterestante", "generaldelivery", "notregistered", "refused", "declined", "noreply", "donotreply",
    "nomailavailable", "nonref", "αγνωστο", "αγνωστη", "αγνωστοσ", "δενυπαρχει", "δενεχει", "δενδοθηκε",
    "κενο", "ουδεν", "μηδενικο", "κανενα", "agnosto", "agnosti", "agnostos", "denyparxei", "denexei",
    "неизвестно", "нет", "несообщено", "няма", "unbekannt", "keine", "keineangabe", "kein", "inconnu",
    "aucun", "aucune", "desconocido", "ninguno", "sconosciuto", "nessuno",
})  # fmt: skip
_SEQUENCES = ("01234567890123456789", "98765432109876543210")
_FEWEST_IN_SEQUENCE = 5
_NO_MAILBOX = frozenset({
    "noreply", "no-reply", "donotreply", "do-not-reply", "none", "no", "na", "n-a", "unknown",
    "noemail", "no-email", "nomail", "no-mail", "null", "test", "xxx", "notprovided", "not-provided",
    "agnosto",
})  # fmt: skip
_FEWEST_IN_ID = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """A value in its one form.

    Attributes:
        form: what is compared; None unless the outcome is "read".
        outcome: what became of the value.
    """

    form: str | None
    outcome: Outcome


@dataclass(frozen=True)
class Reader:
    """Reads details.

    Attributes:
        country: country of telephone numbers without country code, or None.
        own: by kind, what belongs to the institution, such as its call centre, as it is written; an e-mail
            that begins with @ stands for all of its domain.
    """

    country: str | None = None
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Works the institution's own details out."""
        forms = {
            (kind, form)
            for kind in KINDS
            for text in self.own.get(kind, ())
            if (form := _form(kind, text, self.country)) is not None
        }
        object.__setattr__(self, "_own", frozenset(forms))
        domains = (t[1:] for t in self.own.get("email", ()) if t.startswith("@"))
        found = (contact.email(f"a@{d}") for d in domains)
        object.__setattr__(self, "_domains", frozenset(d.partition("@")[2] for d in found if d))

    def read(self, kind: Kind, text: str) -> Reading:
        """Reads one value."""
        if is_placeholder(text):
            return Reading(None, "placeholder")
        form = _form(kind, text, self.country)
        if form is None:
            return Reading(None, "unreadable")
        if kind == "phone" and is_placeholder(contact.national(form)):
            return Reading(None, "placeholder")
        if kind == "email" and form.partition("@")[0] in _NO_MAILBOX:
            return Reading(None, "placeholder")
        if (kind, form) in self._own or (  # type: ignore[attr-defined]  # made above
            kind == "email" and form.partition("@")[2] in self._domains  # type: ignore[attr-defined]
        ):
            return Reading(None, "own")
        return Reading(form, "read")


def is_placeholder(text: str) -> bool:
    """Says whether a text stands for no value: `n/a`, `unknown`, `0000000`, `-`, `1234567`."""
    bare = "".join(c for c in fold(text) if c.isalnum())
    if len(set(bare)) <= 1 or bare in _NOTHING:
        return True
    return len(bare) >= _FEWEST_IN_SEQUENCE and any(bare in row for row in _SEQUENCES)


def _form(kind: str, text: str, country: str | None) -> str | None:
    match kind:
        case "phone":
            return contact.phone(text, country)
        case "email":
            return contact.email(text)
        case "address":
            return postal.address(text)
        case "id":
            return paper(text)
        case _:
            return name_key(text) or None


def paper(text: str) -> str | None:
    """Gives the number of a paper in capitals and digits; None when it has no digit or is too short."""
    plain = unicodedata.normalize("NFKC", text).upper()
    bare = "".join(c for c in plain if c.isalnum())
    return bare if len(bare) >= _FEWEST_IN_ID and any(c.isdigit() for c in bare) else None


# --- digests ----------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _hasher(secret: bytes, use: str) -> Hasher:
    return Hasher(secret, f"detail.{FORM}.{use}")


def digest(secret: bytes, use: str, form: str) -> str:
    """Gives the HMAC-SHA-256 of a form as 64 hexadecimal digits; `use` keeps kinds of values apart."""
    return _hasher(secret, use).digest(form).hex()


def key_check(secret: bytes) -> str:
    """Gives sixteen digits that are equal for equal keys and tell nothing else about a key."""
    return _hasher(secret, "check").check[:16]


def salt(forms: Iterable[str]) -> bytes:
    """Makes a key from the values themselves, for a run without a key.

    It is the same for the same data in any order, and nobody can try values out who does not have them all.
    """
    state = hashlib.sha256(b"details without a key\0")
    for form in sorted(set(forms)):
        state.update(form.encode("utf-8", "surrogatepass") + b"\0")
    return state.digest()


# --- values that came as digests -----------------------------------------------------------------------

#: A digest where values in the open are expected.
DIGEST = "^[0-9A-Fa-f]{16,128}$"
#: A digest in hexadecimal digits, whose case does not count.
HEX = "^[0-9A-Fa-f]{32,128}$"
_EMPTY_TEXTS = ("", "null", "NULL", "None", "none", "n/a", "N/A", "0", "unknown", "UNKNOWN", "-")
#: What common functions make of no value; they are no detail of anybody.
WORTHLESS = frozenset(
    hashlib.new(name, text.encode()).hexdigest()
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s")
    for text in _EMPTY_TEXTS
)
NOTHING = _NOTHING
#: Shapes of details in the open, all of which must be found in a value.
OPEN: dict[Kind, tuple[str, ...]] = {
    "email": (r"^[^@\s]+@[^@\s]+\.[^@\s]+$",),
    "phone": (r"^(?:\+|00)?[0-9][0-9 ()./-]{5,20}$",),
    "address": (r"[0-9]", r"[^\W\d_]{3}", r"\s"),
}


def worthless(secret: bytes, kind: Kind) -> frozenset[str]:
    """Gives what our own digest makes of texts that stand for no value, in case somebody hashed them."""
    return frozenset(digest(secret, kind, text) for text in (*_EMPTY_TEXTS, *sorted(_NOTHING)))

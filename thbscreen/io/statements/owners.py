"""Owners of accounts as statements name them: rows of accounts, parties and account_parties."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import TYPE_CHECKING

from thbscreen.io.statements.records import Note, Side
from thbscreen.model.details import KINDS, Reader
from thbscreen.model.people import LEGAL_FORMS, name_key

if TYPE_CHECKING:
    from collections.abc import Iterator

GUESSED = "owner whose kind is not stated; a legal form in the name makes it a firm, otherwise a person"

#: Words that the names of firms hold beside legal forms; compared without accents and points.
_FORMS = LEGAL_FORMS | {
    "sp", "μον", "bank", "banken", "banque", "banca", "banco", "stiftung", "verein", "foundation",
    "association", "gesellschaft", "holding", "holdings", "university", "municipality", "ministry", "trust",
    "fund",
}  # fmt: skip
#: Columns of a party that tell one from another of the same name, the surest first.
_TELLING = ("id_number", "address", "phone", "email")


def owner_rows(account_id: str, name: str, kind: str, extra: dict[str, str]) -> Iterator[Side | Note]:
    """Gives the owner of an account and who holds it.

    Two accounts have one owner when the statements name the same paper or register, or the same name with the
    same address, telephone or e-mail. An equal name alone makes two owners, one for each account.

    Args:
        account_id: whose owner.
        name: as stated; without one nothing is given.
        kind: natural, legal, or empty when the statement does not tell.
        extra: further columns of the party.
    """
    key = folded(name)
    if not account_id or not key:
        return
    if not kind:
        yield Note(GUESSED)
        kind = "legal" if legal_form(name) else "natural"
    what, form = _told(extra)
    whose = (form,) if what == "id_number" else (name_key(name) or key, form or f"account {account_id}")
    identity = f"R{hashed('person' if kind == 'natural' else 'entity', what or 'name', *whose)}"
    yield Side("parties", {"party_id": identity, "kind": kind, "name": name, **extra})
    yield Side("account_parties", {"account_id": account_id, "party_id": identity, "role": "holder"})


def _told(extra: dict[str, str]) -> tuple[str, str]:
    """Gives the surest column that tells an owner from others, and its value in one form, or nothing."""
    reader = Reader()
    for column in _TELLING:
        written = extra.get(column, "")
        kind = next(k for k in KINDS if column.startswith(k))
        form = reader.read(kind, written).form if written else None
        if form is not None:
            return column, form
    return "", ""


def legal_form(name: str) -> bool:
    """Says whether a name holds a legal form or another word that people's names do not have."""
    words = _words(name)
    return any(w in _FORMS and (len(w) > 2 or i == len(words) - 1 > 0) for i, w in enumerate(words))


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name).casefold().replace("ς", "σ").replace(".", "")
    return re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)))


def folded(text: str) -> str:
    """Gives letters and digits only, without capitals."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def hashed(*parts: str) -> str:
    """Gives sixteen hexadecimal digits that stand for some texts."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

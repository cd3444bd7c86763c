"""Owners of accounts as statements name them: rows of accounts, parties and account_parties."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import TYPE_CHECKING

from thbscreen.io.statements.records import Note, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

GUESSED = "owner whose kind is not stated; a legal form in the name makes it a firm, otherwise a person"

#: Words that end or begin the names of firms; compared letter by letter without accents and points.
_FORMS = frozenset({
    "ltd", "limited", "plc", "llc", "llp", "lp", "inc", "incorporated", "corp", "corporation", "company",
    "gmbh", "mbh", "ug", "ag", "kg", "ohg", "gbr", "ev", "eg", "se", "sa", "sas", "sarl", "sarlu", "eurl",
    "snc", "sca", "spa", "srl", "srls", "sapa", "bv", "nv", "vof", "cv", "bvba", "sprl", "asbl", "vzw",
    "oy", "oyj", "ab", "as", "asa", "aps", "sl", "slu", "sll", "lda", "sro", "spol", "zoo", "sp", "doo",
    "dd", "ad", "ead", "eood", "ood", "kft", "zrt", "nyrt", "bt", "rt", "sia", "uab", "ou", "oue", "ike",
    "epe", "ae", "oe", "ee", "μον", "ικε", "επε", "αε", "οε", "εε", "λτδ", "ооо", "оао", "зао", "пао", "ип",
    "bank", "banken", "banque", "banca", "banco", "stiftung", "verein", "foundation", "association",
    "gesellschaft", "holding", "holdings", "university", "municipality", "ministry", "trust", "fund"
})  # fmt: skip


def owner_rows(account_id: str, name: str, kind: str, extra: dict[str, str]) -> Iterator[Side | Note]:
    """Gives the owner of an account and who holds it.

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
    # The same way in which reports make ids of people who have a name only, so that both meet.
    identity = f"R{hashed('person' if kind == 'natural' else 'entity', 'name', key, '')}"
    yield Side("parties", {"party_id": identity, "kind": kind, "name": name, **extra})
    yield Side("account_parties", {"account_id": account_id, "party_id": identity, "role": "holder"})


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

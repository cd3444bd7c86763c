"""Lists of customers, accounts and holders: recognised by their columns and a key that does not repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from thbscreen.io.inspect.facts import Column, Part, bare, quoted, source
from thbscreen.io.inspect.forms import largest_parts
from thbscreen.io.inspect.side_words import TELLING, WORDS, side_meaning
from thbscreen.io.inspect.words import folded, meanings
from thbscreen.model.catalogue import HOLDER_ROLES, TABLES, forbidden_input

#: Share of rows in which the key must be one of its own: an export may hold a few rows twice.
_UNIQUE = 0.98
#: Most words of a kind or role that are shown in a draft.
_MOST_WORDS = 12
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]{1,2})?")
#: Names of columns that no canonical column takes as it is.
_MADE = frozenset({"first_name", "last_name", "birth_date", "street", "postcode", "city"})
#: Columns that make up another one, in this order, with what stands between.
_TOGETHER = {"name": (("first_name", "last_name"), " "), "address": (("street", "postcode", "city"), ", ")}
_KEYS = {"parties": ("party_id",), "accounts": ("account_id",), "account_parties": ("account_id", "party_id")}
_CHOICES = {"kind": ("natural", "legal"), "role": HOLDER_ROLES}
_CONSTANT = {"kind": "no column says who is a person and who a firm", "role": "no column says in what role"}


@dataclass(slots=True)
class Side:
    """One table that a file holds.

    Attributes:
        table: parties, accounts or account_parties.
        columns: its canonical columns, open points among them.
        notes: things worth knowing.
    """

    table: str
    columns: list[Part]
    notes: list[str] = field(default_factory=list)


def find_sides(columns: Sequence[Column]) -> list[Side]:
    """Finds the tables of customers and accounts that a file holds; none when it may hold movements.

    Args:
        columns: of a file with a line of names.
    """
    usable = [c for c in columns if forbidden_input(c.name) is None]
    if any(
        role in ("amount", "debit", "credit", "direction") and (role == "direction" or c.amounts is not None)
        for c in usable
        for role, _ in meanings(bare(c.name)[0])
    ):
        return []
    found = {table: _claims(table, usable) for table in ("parties", "accounts", "account_parties")}
    rows = len(columns[0].cells) if columns else 0
    own = {
        table: sum(role in TELLING[table] for role in claims)
        for table, claims in found.items()
        if all(key in claims for key in _KEYS[table])
    }
    both = "account_parties" in own
    pairs = both and _pairs(found["account_parties"], rows)
    main = [t for t in ("parties", "accounts") if own.get(t) and _unique(found[t][_KEYS[t][0]], rows)]
    if not main and pairs and own.get("accounts") and _even(found["accounts"]):
        main = ["accounts"]  # a row for each holder; what it says of the account is the same in each
    main.sort(key=lambda table: own[table], reverse=True)
    if not main and not pairs:
        return []
    tables = main[:1] + (["account_parties"] if both else [])
    telling = own.get("account_parties") or own.get("accounts")
    if not main and not telling and len(usable) > len(_KEYS["account_parties"]):
        return []  # two numbers and something else: that may be anything
    left = [c.name for c in columns if c not in usable]
    notes = [f"{len(left)} column(s) about a protected trait are left out and never read"] if left else []
    return [
        Side(table, _parts(table, found[table]), _notes(table, found[table]) + notes * (n == 0))
        for n, table in enumerate(tables)
    ]


def _claims(table: str, columns: Sequence[Column]) -> dict[str, Column]:
    """Gives the first column that claims each canonical column; an IBAN alone is the account."""
    out: dict[str, Column] = {}
    for column in columns:
        role = side_meaning(table, bare(column.name)[0])
        if role and column.values:
            out.setdefault(role, column)
    if "account_id" not in out and "iban" in out and table == "accounts":
        out["account_id"] = out.pop("iban")
    return out


def _unique(column: Column, rows: int) -> bool:
    return column.filled > 0.99 and rows > 0 and len(set(column.values)) >= _UNIQUE * rows


def _even(claims: dict[str, Column]) -> bool:
    """Says whether rows of one account say the same about it."""
    keys = claims["account_id"].cells
    told = set(zip(*(column.cells for column in claims.values()), strict=True))
    return bool(all(keys)) and len(told) == len(set(keys))


def _pairs(claims: dict[str, Column], rows: int) -> bool:
    one, other = claims["account_id"].cells, claims["party_id"].cells
    return rows > 0 and len(set(zip(one, other, strict=True))) >= _UNIQUE * rows


# --- drafts ---------------------------------------------------------------------------------------------


def _parts(table: str, claims: dict[str, Column]) -> list[Part]:
    out = []
    for known in TABLES[table]:
        if known.name in _TOGETHER and known.name not in claims:
            out += _joined(known.name, claims)
            continue
        column = claims.get(known.name)
        if column is None:
            if known.required:
                values = [f"{{const: {value}}}" for value in _CHOICES.get(known.name, ())]
                out.append(Part(known.name, "", False, _CONSTANT.get(known.name, "no column is it"), values))
            continue
        if known.name in WORDS:
            out.append(_words(known.name, column))
        elif known.kind in ("date", "time"):
            out.append(_day(known.name, column))
        elif known.kind in ("money", "whole"):
            out.append(_number(known.name, column))
        else:
            out.append(Part(known.name, source(column), sure=True))
    return out


def _joined(name: str, claims: dict[str, Column]) -> list[Part]:
    roles, between = _TOGETHER[name]
    found = [claims[role].name for role in roles if role in claims]
    if len(found) < 2:
        return []
    listed = ", ".join(map(quoted, found))
    return [Part(name, f'{{concat: [{listed}], separator: "{between}"}}', sure=True)]


def _words(name: str, column: Column) -> Part:
    """Drafts a map of the bank's words; letters alone, and words that are not known, are left to a person."""
    words = sorted(set(column.values))
    known = {word: WORDS[name].get(folded(word), "") for word in words}
    if len(words) > _MOST_WORDS or (not any(known.values()) and any(c.isdigit() for w in words for c in w)):
        why = "too many words, or codes: write the map"
        example = source(column, f", map: {{CODE: {_CHOICES[name][0]}}}, else: {_CHOICES[name][-1]}")
        return Part(name, "", False, why, [example])
    told = ", ".join(f"{quoted(w)}: {known[w] or '|'.join(_CHOICES[name])}" for w in words)
    line = source(column, f", map: {{{told}}}")
    if all(known.values()):
        return Part(name, line, sure=True)
    return Part(name, line, False, "some words are not known", [line])


def _day(name: str, column: Column) -> Part:
    if not column.dates:
        return Part(name, "", True, "", [source(column, ', format: "..."')])
    lines = [source(column, f", format: {quoted(f.form)}" if f.form else "") for f in column.dates]
    if len(lines) == 1:
        return Part(name, lines[0], sure=True)
    largest = largest_parts(column.values)
    why = f"the largest first number is {largest[0]}, the largest second one {largest[1]}" if largest else ""
    return Part(name, lines[0], False, why, lines)


def _number(name: str, column: Column) -> Part:
    """Takes numbers that can be read in one way only."""
    if all(_PLAIN.fullmatch(v) for v in column.values):
        return Part(name, source(column), sure=True)
    lines = [source(column, f', decimal: "{d}", thousands: "{t}"') for d, t in ((".", ","), (",", "."))]
    return Part(name, "", False, "its marks", lines)


def _notes(table: str, claims: dict[str, Column]) -> list[str]:
    if table == "parties" and "birth_date" in claims and "age_band" not in claims:
        return [
            f"column {claims['birth_date'].name}: days of birth are not read; give age_band, such as 18-24, "
            "which only protects the young"
        ]
    return []


def column_of(sides: Sequence[Side], column: Column) -> str:
    """Gives the canonical column that a column was taken as; with a mark where that is open."""
    for side in sides:
        for part in side.columns:
            told = [part.value, *part.candidates]
            if any(quoted(column.name) in text for text in told):
                return part.key if part.sure else f"{part.key}?"
    return ""

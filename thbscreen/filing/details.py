"""What a bank knows of its clients and a scan must never see: birth date, papers, nationality, telephone.

FIUs demand it of clients; rules may not use it. So it comes in a file of its own, is read when a draft is
written, and goes nowhere but into the draft.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thbscreen.diagnostics import suggest
from thbscreen.errors import DataError
from thbscreen.filing.elements import VERSIONS, load_table

#: Beginnings of column names, and where their elements lie.
NESTED = {"phone": "t_phone", "address": "t_address", "identification": "t_person_identification"}
#: Columns that name another row: who signs for an account, who directs an entity and with which code.
LINKS = ("signatory", "director", "director_role")
_OWNERS = ("t_person_my_client", "t_entity_my_client", "t_account_my_client")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Details:
    """Values by id of a customer or account, and by column."""

    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, identity: str, prefix: str = "") -> dict[str, str]:
        """Gives the values of an id: those without a prefix, or those behind one."""
        row = self.rows.get(identity, {})
        if prefix:
            return {k.removeprefix(f"{prefix}."): v for k, v in row.items() if k.startswith(f"{prefix}.")}
        return {k: v for k, v in row.items() if "." not in k and k not in LINKS}

    def link(self, identity: str, name: str) -> str:
        """Gives the value of one of LINKS; empty when there is none."""
        return self.rows.get(identity, {}).get(name, "")


def read_details(path: Path) -> Details:
    """Reads a CSV file whose first column is `id` and whose other columns are element names.

    Columns are elements of a client, entity or account (`birthdate`, `ssn`), or of what lies in it
    (`phone.tph_number`, `address.city`, `identification.number`). `signatory` of an account and `director`
    of an entity name the row of that person; `director_role` is the FIU's code. Empty cells are left out; a
    day such as 1990-05-01 becomes the start of that day.

    Raises:
        DataError: the file cannot be read, a column is no element, or an id is there twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            table = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise DataError(f"{path.name}: cannot be read as CSV in UTF-8", hint="export it again") from None
    if not table or not table[0] or table[0][0] != "id":
        raise DataError(
            f"{path.name}: row 1: the first column must be called 'id'", hint="ids as in the data"
        )
    names = table[0]
    for name in names[1:]:
        _check_column(name, path.name)
    rows: dict[str, dict[str, str]] = {}
    for number, cells in enumerate(table[1:], 1):
        if not any(cells):
            continue
        if len(cells) != len(names):
            raise DataError(f"{path.name}: row {number}: has {len(cells)} cells, the header {len(names)}")
        if cells[0] in rows:
            raise DataError(f"{path.name}: row {number}: this id is there twice", hint="one row for each id")
        values = {n: c.strip() for n, c in zip(names[1:], cells[1:], strict=True) if c.strip()}
        rows[cells[0]] = {n: f"{v}T00:00:00" if _DAY.fullmatch(v) else v for n, v in values.items()}
    return Details(rows)


def _check_column(name: str, file: str) -> None:
    if name in LINKS:
        return
    prefix, dot, inner = name.rpartition(".")
    owners = (NESTED[prefix],) if dot and prefix in NESTED else () if dot else _OWNERS
    tables = [load_table(version) for version in VERSIONS]
    if any(t.element(o, inner) is not None for t in tables for o in owners):
        return
    known = [e for t in tables for o in owners or _OWNERS for e in t.order(o)]
    raise DataError(
        f"{file}: column '{name}' is no element of a client, entity or account",
        hint=suggest(inner, sorted(set(known))) or "beginnings: " + ", ".join(NESTED),
    )

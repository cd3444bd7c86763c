"""What stands beside tables under pseudonyms, without accounts, references and names of files in the open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from thbscreen.io.pseudonyms import Pseudonymiser
from thbscreen.model import details

if TYPE_CHECKING:
    from thbscreen.model.keys import Key

#: Keys of plain data whose values name an account, or a message by a reference of its own.
_ACCOUNTS = frozenset({"account_id"})
_REFERENCES = frozenset({"statement", "next_statement"})


@dataclass(frozen=True, slots=True)
class Under:
    """How tables are to be hidden.

    Attributes:
        key: of the institution.
        institution: keeps customer and account numbers of two institutions apart.
        keep_texts: keep the texts of payments, which may hold names and numbers.
    """

    key: Key
    institution: str = ""
    keep_texts: bool = False

    def facts(self) -> dict[str, Any]:
        """Says how, for a manifest: enough to do it again with the key, and nothing of the key itself."""
        return {
            "key_check": details.key_check(self.key.secret),
            "institution": self.institution,
            "texts_kept": self.keep_texts,
        }


def hidden_quality(facts: dict[str, Any], work: Pseudonymiser) -> dict[str, Any]:
    """Gives what quality.json says without accounts and names of files, and what became of values."""
    load = facts["load"]
    names = {name: work.file(name) for name in (*(f["name"] for f in load["files"]), *load["ignored"])}
    inner = re.compile("|".join(re.escape(n) for n in sorted(names, key=len, reverse=True)) or "(?!)")

    def told(text: str) -> str:
        """Replaces names of files, which sentences of checks hold, too."""
        return inner.sub(lambda found: names[found[0]], text)

    def shown(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {n: shown(n, item) for n, item in value.items()}
        if isinstance(value, list | tuple):
            return [shown("", item) for item in value]
        if not isinstance(value, str) or not value:
            return value
        if name in _ACCOUNTS:
            return work.account(value)
        return work.reference(value) if name in _REFERENCES else told(value)

    return {**shown("", facts), "pseudonyms": dict(sorted(work.counts.items()))}


def hidden_rejects(rejects: pl.DataFrame, work: Pseudonymiser) -> pl.DataFrame:
    """Gives refused rows without names of files."""
    names = {name: work.file(name) for name in rejects["file"].unique().drop_nulls()}
    shown = rejects.with_columns(pl.col("file").cast(pl.String).replace(names))
    return shown.sort("file", "row", "column", nulls_last=True)

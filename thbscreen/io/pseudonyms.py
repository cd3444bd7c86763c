"""Canonical tables without anybody's name, number or address, for handing over to whoever has the same key.

Everything that tells a person or an account becomes an HMAC-SHA-256 under the institution's key, made from
the same forms that a scan compares. Tables of two institutions made under one key meet in accounts, phones,
e-mails, addresses, papers and names, and a scan of them links what a scan of the open tables links.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import polars as pl

from thbscreen.io.contacts import COLUMNS, with_details
from thbscreen.model import details, iban
from thbscreen.model.details import Kind, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from thbscreen.model.keys import Key

Treatment = Literal[
    "keep", "account", "party", "row", "file", "thing", "reference", "name", "detail", "text", "drop"
]

_KEPT: dict[str, tuple[str, ...]] = {
    "transactions": (
        "booking_ts", "has_time", "value_date", "direction", "amount", "currency", "amount_eur",
        "orig_amount", "orig_currency", "status", "tx_type", "channel", "cp_country", "cp_bic",
        "purpose_code", "category_purpose", "mcc", "merchant_id", "merchant_name", "merchant_country",
        "location_city", "location_country", "terminal_id", "balance_after", "source_row",
    ),
    "accounts": (
        "bic", "institution", "country", "currency", "product", "branch", "opened_date", "closed_date",
    ),
    "parties": (
        "kind", "age_band", "residence_country", "occupation", "declared_monthly_income_eur", "sector_nace",
        "licence", "declared_turnover", "declared_employees", "incorporation_date", "onboarding_ts",
        "address_hash", "phone_hash", "email_hash", "id_hash", "name_hash",
    ),
    "account_parties": ("role", "since", "until"),
}  # fmt: skip
#: Endings of files that tell nothing but a form.
_ENDING = re.compile(
    r"\.(?:csv|tsv|txt|xml|parquet|xlsx|xlsm|ndjson|jsonl?|sta|mt[0-9]{3}|ofx|qfx|coda?|bc2)(?:\.gz)?$",
    re.IGNORECASE,
)
#: What becomes of each canonical column, by table.
TREATMENTS: dict[str, dict[str, Treatment]] = {
    table: dict.fromkeys(kept, "keep") for table, kept in _KEPT.items()
}  # fmt: skip
TREATMENTS["transactions"] |= {
    "tx_id": "row", "reversal_of": "row", "source_file": "file",
    "account_id": "account", "cp_account_id": "account", "cp_iban": "drop", "cp_name": "name",
    "ultimate_debtor": "name", "ultimate_creditor": "name", "end_to_end_id": "reference",
    "uetr": "reference", "bank_ref": "reference", "batch_id": "reference", "remittance_info": "text",
    "card_id": "thing", "device_id": "thing", "ip": "thing", "conductor_id": "party",
    "on_behalf_of": "party",
}  # fmt: skip
TREATMENTS["accounts"] |= {"account_id": "account", "iban": "drop"}
TREATMENTS["parties"] |= {
    "party_id": "party", "employer_id": "party", "name": "name", "address": "detail", "phone": "detail",
    "email": "detail", "id_number": "detail",
}  # fmt: skip
TREATMENTS["account_parties"] |= {"account_id": "account", "party_id": "party"}


@dataclass
class Pseudonymiser:
    """Treats canonical tables, or chunks of them, under one key.

    Attributes:
        key: of the institution, or of all who want their tables to meet.
        institution: keeps customer numbers, and account numbers that are no IBAN, of two institutions apart,
            since both may have a customer 1. One institution uses the same word each time.
        reader: how details are read; the country of telephone numbers, and the institution's own details.
        keep_texts: keep the texts of payments, which may hold names and numbers.
        counts: values by what became of them.
    """

    key: Key
    institution: str = ""
    reader: Reader = field(default_factory=Reader)
    keep_texts: bool = False
    counts: Counter[str] = field(default_factory=Counter)

    def account(self, written: str) -> str:
        """Gives what stands for an account in the tables."""
        return details.digest(self.key.secret, "account", self._account(written))

    def reference(self, written: str) -> str:
        """Gives what stands for a reference in the tables."""
        return details.digest(self.key.secret, "reference", written)

    def file(self, name: str) -> str:
        """Gives what stands for a file: banks write account numbers and names of customers into names."""
        ending = _ENDING.search(name)
        made = details.digest(self.key.secret, "file", f"{self.institution}\0{name}")
        return f"file-{made[:16]}{ending[0].lower() if ending else ''}"

    def table(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Gives a table without anything in the open that tells who somebody is.

        Args:
            name: transactions, accounts, parties or account_parties.
            frame: canonical; any of its columns may be missing.

        Raises:
            KeyError: a column is none of the table's; nothing unknown is let through.
        """
        how = {c: TREATMENTS[name][c] for c in frame.columns if not c.startswith("_")}
        if name == "parties":
            frame = self._parties(frame)
        if name in {"transactions", "accounts"}:
            frame = _with_country(frame, name)
        out = []
        for column in frame.columns:
            treatment = how.get(column, "keep")
            if treatment in {"drop", "detail"} or (treatment == "text" and not self.keep_texts):
                continue
            if name == "parties" and column == "name":
                continue
            out.append(self._column(frame[column], treatment))
        return pl.DataFrame(out) if out else frame.select([])

    def _column(self, column: pl.Series, treatment: Treatment) -> pl.Series:
        forms: dict[str, Callable[[str], str | None]] = {
            "account": self._account, "party": self._own, "row": self._own, "thing": str,
            "reference": str, "name": lambda v: self.reader.read("name", v).form,
        }  # fmt: skip
        if treatment == "file":
            names = {n: self.file(n) for n in column.cast(pl.String).unique().drop_nulls()}
            return column.cast(pl.String).replace(names).alias(column.name)
        if treatment not in forms:
            return column
        return self._hashed(column, treatment, forms[treatment])

    def _own(self, written: str) -> str:
        """Keeps what each institution numbers for itself apart."""
        return f"{self.institution}\0{written}"

    def _account(self, written: str) -> str:
        compact = iban.compact(written)
        return compact if iban.is_valid(compact) else f"{self.institution}\0{compact}"

    def _hashed(self, column: pl.Series, use: str, form: Callable[[str], str | None]) -> pl.Series:
        table: dict[str, str] = {}
        text = column.cast(pl.String)
        for value, n in text.value_counts(name="n").drop_nulls().iter_rows():
            found = form(value)
            if found is None:
                self.counts[f"{column.name}: no {use}, left out"] += n
                continue
            table[value] = details.digest(self.key.secret, use, found)
            self.counts[f"{column.name}: hashed"] += n
        return text.replace_strict(
            list(table), list(table.values()), default=None, return_dtype=pl.String
        ).alias(column.name)

    def _parties(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Fills the columns of digests, also of names."""
        made = with_details(frame, self.reader, self.key)
        out = made.parties
        for kind, (plain, _) in COLUMNS.items():
            counts = made.counts.get(kind, {})
            if counts.get("read"):
                self.counts[f"{plain}: hashed"] += counts["read"]
            if counts.get("digest"):
                self.counts[f"{plain}: digest already"] += counts["digest"]
            for outcome in ("unreadable", "placeholder", "own"):
                if counts.get(outcome):
                    self.counts[f"{plain}: {outcome}, left out"] += counts[outcome]
        if "name" in out.columns:
            names = self._hashed(out["name"], "name", lambda v: self.reader.read("name", v).form)
            given = [pl.col("name_hash")] if "name_hash" in out.columns else []
            out = out.with_columns(names.alias("_made")).with_columns(
                name_hash=pl.coalesce(*given, pl.col("_made"))
            ).drop("_made")  # fmt: skip
        return out


def _with_country(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Keeps what an IBAN says of its country before the IBAN goes."""
    number, country = ("cp_iban", "cp_country") if name == "transactions" else ("iban", "country")
    if number not in frame.columns:
        return frame
    given = pl.col(country) if country in frame.columns else pl.lit(None, dtype=pl.String)
    return frame.with_columns(
        pl.coalesce(given, pl.col(number).cast(pl.String).str.slice(0, 2)).alias(country)
    )


def pseudonymise(
    tables: Mapping[str, pl.DataFrame],
    key: Key,
    *,
    institution: str = "",
    reader: Reader | None = None,
    keep_texts: bool = False,
) -> tuple[dict[str, pl.DataFrame], dict[str, int]]:
    """Treats all tables at once; see `Pseudonymiser`.

    Returns:
        The tables by name, and counts by what became of values: how many were hashed, and how many were left
        out because they could not be read, stood for no value, or were the institution's own.
    """
    work = Pseudonymiser(key, institution, reader or Reader(), keep_texts)
    out = {name: work.table(name, frame) for name, frame in tables.items()}
    return out, dict(sorted(work.counts.items()))


def detail_digest(key: Key, kind: Kind, text: str, reader: Reader | None = None) -> str | None:
    """Gives the digest of one detail as tables have it; None when it cannot be read or is no value."""
    form = (reader or Reader()).read(kind, text).form
    return None if form is None else details.digest(key.secret, kind, form)

"""Tables of a run for a counterpart FIU: who is who is a pseudonym, what was done and when stays.

A column that is not named here is left out, and a cell that does not have the form of its column is withheld:
what a file holds is decided by what may be in it, never by what was found in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl

from thbscreen.model import catalogue
from thbscreen.report.cases import PERSONAL, Source
from thbscreen.report.folder import RunFolder
from thbscreen.report.redact.pseudonyms import Pseudonyms, as_shown
from thbscreen.rules import ast

WITHHELD = "withheld"
NOTE = (
    "Accounts, customers, names, references, devices, cards and machines are replaced by pseudonyms "
    "(ps-...), "
    "texts of payments and towns are withheld. "
    "The same pseudonym means the same value in every file of this "
    "folder. Ask the institution that made it for who is behind one; it holds the key."
)
#: Tables that cases are made from.
USED = (
    "hits", "hit_members", "reviews", "alerts", "below_line", "networks", "network_members", "network_edges",
    "network_proof", "readiness",
)  # fmt: skip
_IDS = (
    "alert_id", "subject_id", "network_id", "hit_id", "review_id", "member_id", "tx_id", "source", "target",
)  # fmt: skip
_LISTS = ("accounts", "hit_ids", "tx_ids", "hubs_removed")
_NUMBER, _COUNTRY, _PURPOSE = r"^-?[0-9][0-9.:TZ -]*$", "^[A-Z]{2}$", "^[A-Z]{4}$"
#: Columns of evidence that stay, with the form that a cell must have.
KEPT = {
    "booking_ts": _NUMBER, "booking_local": _NUMBER, "value_date": _NUMBER, "amount": _NUMBER,
    "amount_eur": _NUMBER, "orig_amount": _NUMBER, "balance_after": _NUMBER, "has_time": "^(true|false)$",
    "currency": "^[A-Z]{3}$", "orig_currency": "^[A-Z]{3}$", "cp_country": _COUNTRY,
    "merchant_country": _COUNTRY, "location_country": _COUNTRY, "purpose_code": _PURPOSE,
    "category_purpose": _PURPOSE, "mcc": rf"^([0-9]{{4}}|{PERSONAL})$",
    "rules": r"^[A-Z][A-Z0-9-]{2,30}(\+[A-Z][A-Z0-9-]{2,30})*$",
    **{f.name: f"^({'|'.join(f.values)})$" for f in catalogue.TRANSACTIONS if f.values},
}  # fmt: skip
#: Columns in which somebody or something is named by an id, and by a name.
NAMED_BY_ID = (
    "tx_id", "reversal_of", "account_id", "cp_account_id", "cp_iban", "cp_bic", "end_to_end_id", "uetr",
    "bank_ref", "merchant_id", "terminal_id", "card_id", "conductor_id", "on_behalf_of", "device_id", "ip",
    "batch_id",
)  # fmt: skip
NAMED = ("cp_name", "ultimate_debtor", "ultimate_creditor", "merchant_name")
#: Columns of which only is said that there was something.
TEXTS = ("remittance_info",)
#: Columns that are left out.
LEFT_OUT = ("location_city", "source_file", "source_row")
#: Words of a closed set that a rule may show in its sentence.
_WORDS = frozenset(
    {"not known", *(value for f in catalogue.TRANSACTIONS for value in f.values)}
)  # fmt: skip
_FIGURE = r"(?:EUR )?-?[0-9][0-9,.:\- ]*(?: ?%)?|not known"


class Counterpart:
    """A run folder under pseudonyms."""

    def __init__(self, run: RunFolder, pseudonyms: Pseudonyms, rules: Mapping[str, ast.Rule]) -> None:
        """Keeps what is needed; tables are made when they are asked for.

        Args:
            run: the run folder.
            pseudonyms: under the institution's key.
            rules: rules of the run by id; a sentence of another rule is told by its figures alone.
        """
        self.run, self.pseudonyms = run, pseudonyms
        self._sentences = {rule.id: _Sentence(rule.evidence) for rule in rules.values()}
        self._tables: dict[str, pl.DataFrame] = {}

    def table(self, name: str) -> pl.DataFrame:
        """Gives a table of `USED` under pseudonyms."""
        if name not in self._tables:
            frame = self.run.table(name)
            if name == "hits":
                frame = self._told(frame)
            if name == "networks":
                # A note may name those through whom a network is linked to another.
                frame = frame.with_columns(note=pl.lit(""))
            self._tables[name] = self._named(frame)
        return self._tables[name]

    @property
    def source(self) -> Source:
        """What cases are made from; holders are known of subjects that the tables name with accounts."""
        rows = [
            self.table(name).select("accounts", party_id="subject_id", kind="subject_kind")
            for name in ("alerts", "below_line")
        ]
        members = self.table("network_members")
        rows.append(members.select("accounts", party_id="member_id", kind="member_kind"))
        held = pl.concat(rows).filter(pl.col("kind") == "party").explode("accounts").drop_nulls("accounts")
        held = held.select("party_id", account_id="accounts").unique().sort("account_id", "party_id")
        return Source(self.table, held)

    def evidence(self, shown: pl.DataFrame) -> pl.DataFrame:
        """Gives movements of a case.

        Args:
            shown: rows of its evidence.csv, all text.
        """
        out = []
        for name in shown.columns:
            value = pl.col(name)
            if name in KEPT:
                fits = value.str.contains(KEPT[name])
                out.append(
                    pl.when(fits | value.is_null()).then(value).otherwise(pl.lit(WITHHELD)).alias(name)
                )
            elif name in NAMED_BY_ID:
                out.append(pl.lit(self._each(shown[name], self.pseudonyms.of)).alias(name))
            elif name in NAMED:
                out.append(pl.lit(self._each(shown[name], self._name)).alias(name))
            elif name in TEXTS:
                out.append(pl.when(value.is_not_null()).then(pl.lit(WITHHELD)).alias(name))
        return shown.select(out).sort("booking_ts", "account_id", "tx_id")

    def member(self, value: str) -> str:
        """Gives the pseudonym of an id as members.csv shows it."""
        return self.pseudonyms.of(value)

    def _name(self, value: str) -> str:
        return value if value == PERSONAL else self.pseudonyms.name(value)

    def _each(self, values: pl.Series, give: Callable[[str], str]) -> pl.Series:
        return pl.Series(
            values.name, [None if v is None else give(v) for v in values.to_list()], dtype=pl.String
        )

    def _named(self, frame: pl.DataFrame) -> pl.DataFrame:
        of = self.pseudonyms.of
        made = [self._each(as_shown(frame[c]), of) for c in _IDS if c in frame.columns]
        for name in _LISTS:
            if name in frame.columns:
                flat = as_shown(frame[name].explode(empty_as_null=False, keep_nulls=False)).to_list()
                rest = iter(flat)
                lists = [
                    None if row is None else [of(next(rest)) for _ in row] for row in frame[name].to_list()
                ]
                made.append(pl.Series(name, lists, dtype=pl.List(pl.String)))
        return frame.with_columns(made)

    def _told(self, hits: pl.DataFrame) -> pl.DataFrame:
        """Gives hits with sentences in which whoever is named has a pseudonym."""
        texts = [self._sentence(*row) for row in hits.select("rule", "evidence", "measures").iter_rows()]
        keys = pl.Series("keys", [[] for _ in texts], dtype=hits.schema["keys"])
        return hits.with_columns(pl.Series("evidence", texts, dtype=pl.String), keys)

    def _sentence(self, rule: str, text: str | None, measures: Iterable[Mapping[str, Any]] | None) -> str:
        made = self._sentences.get(rule)
        told = made.told(text or "", self._word) if made is not None else None
        if told is not None:
            return told
        figures = (f"{m['name']}: {m['text']}" for m in measures or () if m["unit"] != ast.Unit.TEXT)
        return "; ".join(figures) or "the sentence is withheld"

    def _word(self, value: str) -> str:
        if value in _WORDS:
            return value
        return self.pseudonyms.of(as_shown(pl.Series("value", [value]))[0])


class _Sentence:
    """The form of a rule's sentence: its own words, figures, and places where the data name somebody."""

    def __init__(self, parts: tuple[str | ast.Slot, ...]) -> None:
        form = (
            re.escape(part) if isinstance(part, str)
            else "(.+?)" if part.format in {"text", "list"} else f"(?:{_FIGURE})"
            for part in parts
        )  # fmt: skip
        self._form = re.compile("".join(form), re.DOTALL)

    def told(self, text: str, give: Callable[[str], str]) -> str | None:
        """Gives the sentence with `give` of each value in it; None if it has another form."""
        found = self._form.fullmatch(text)
        if found is None:
            return None
        out, at = [], 0
        for n in range(1, self._form.groups + 1):
            out += [text[at : found.start(n)], give(found.group(n))]
            at = found.end(n)
        return "".join([*out, text[at:]])

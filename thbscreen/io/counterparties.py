"""Which counterparties are customers: surely by their account, perhaps by name and something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.model import iban
from thbscreen.model.people import name_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Most different names that are compared; folding goes name by name.
MOST_NAMES = 100_000
_MASKED = re.compile(r"^[0-9A-Za-z]{0,8}[*xX\u2022.#]{2,}([0-9A-Za-z]{3,})$")
_DIGEST = re.compile("^[0-9A-Fa-f]{64}$")
_ASKED = ("cp_name", "cp_account_id", "cp_bic")


class Counterparties:
    """Collects counterparties chunk by chunk."""

    def __init__(self) -> None:
        """Starts empty."""
        self._accounts: list[pl.Series] = []
        self._named: list[pl.DataFrame] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Takes in one canonical chunk whose account numbers are settled."""
        if "cp_account_id" in frame.columns:
            self._accounts.append(frame["cp_account_id"].unique().drop_nulls())
        if "cp_name" in frame.columns:
            asked = [
                pl.col(c) if c in frame.columns else pl.lit(None, dtype=pl.String).alias(c) for c in _ASKED
            ]
            self._named.append(frame.select(asked).drop_nulls("cp_name").unique())

    def counts(
        self,
        known: pl.Series,
        accounts: pl.DataFrame,
        parties: pl.DataFrame,
        account_parties: pl.DataFrame,
    ) -> dict[str, int]:
        """Counts what is known of the counterparties.

        Args:
            known: accounts of customers.
            accounts: canonical accounts.
            parties: canonical customers.
            account_parties: who holds which account.

        Returns:
            accounts: different accounts of counterparties; of_customers: how many are a customer's;
            may_be_customers: names of other counterparties that are a customer's and come with another sign
            of that customer: a masked number that ends like an account of theirs, or their bank;
            same_name_only: names that are a customer's and come with nothing else;
            names_not_compared: names beyond the first MOST_NAMES.
        """
        empty = pl.Series("cp_account_id", [], dtype=pl.String)
        met = pl.concat([empty, *self._accounts]).unique()
        own = known.rename("cp_account_id").to_frame().unique()
        mine = met.to_frame().join(own, on="cp_account_id", how="semi")
        out = {"accounts": len(met), "of_customers": mine.height}
        return out | self._by_name(own, accounts, parties, account_parties)

    def _by_name(
        self,
        own: pl.DataFrame,
        accounts: pl.DataFrame,
        parties: pl.DataFrame,
        account_parties: pl.DataFrame,
    ) -> dict[str, int]:
        out = {"may_be_customers": 0, "same_name_only": 0, "names_not_compared": 0}
        if not self._named or not {"name", "name_hash"} & set(parties.columns):
            return out
        rows = pl.concat(self._named).unique().join(own, on="cp_account_id", how="anti")
        names = rows["cp_name"].unique().sort()
        out["names_not_compared"] = max(0, len(names) - MOST_NAMES)
        owners = _owners(parties, names.head(MOST_NAMES).to_list())
        if not owners:
            return out
        signs = _signs(accounts, account_parties, {p for found in owners.values() for p in found})
        met: dict[str, bool] = {}
        told = rows.filter(pl.col("cp_name").is_in(list(owners)))
        for name, account, bic in told.iter_rows():
            sure = any(_speaks_for(account, bic, signs.get(p, ())) for p in owners[name])
            met[name] = met.get(name, False) or sure
        out["may_be_customers"] = sum(met.values())
        out["same_name_only"] = len(met) - sum(met.values())
        return out


def _owners(parties: pl.DataFrame, names: Iterable[str]) -> dict[str, set[str]]:
    """Gives the customers of a name, by name of a counterparty."""
    by_key: dict[str, set[str]] = {}
    for column in {"name", "name_hash"} & set(parties.columns):
        for party, name in parties.select("party_id", column).drop_nulls().iter_rows():
            for key in _keys(name):
                by_key.setdefault(key, set()).add(party)
    out: dict[str, set[str]] = {}
    for name in names:
        found = {p for key in _keys(name) for p in by_key.get(key, ())}
        if found:
            out[name] = found
    return out


def _keys(name: str) -> frozenset[str]:
    """Gives what a name is compared by: its forms, or the digest itself when it came as one."""
    return frozenset({name.lower()}) if _DIGEST.match(name) else name_keys(name)


def _signs(
    accounts: pl.DataFrame, account_parties: pl.DataFrame, people: set[str]
) -> dict[str, list[tuple[str, str]]]:
    """Gives the accounts of customers with their banks."""
    held = account_parties.filter(pl.col("party_id").is_in(sorted(people))).select("party_id", "account_id")
    bank = pl.col("bic") if "bic" in accounts.columns else pl.lit(None, dtype=pl.String).alias("bic")
    rows = held.join(accounts.select("account_id", bank), on="account_id", how="left")
    out: dict[str, list[tuple[str, str]]] = {}
    for party, account, bic in rows.iter_rows():
        out.setdefault(party, []).append((account, bic or ""))
    return out


def _speaks_for(account: str | None, bic: str | None, held: Iterable[tuple[str, str]]) -> bool:
    masked = _MASKED.match(account) if account else None
    bank = _bank(account) if account else ""
    for number, own_bic in held:
        if masked is not None and iban.compact(number).endswith(masked[1].upper()):
            return True
        if bic and own_bic and bic.upper()[:8] == own_bic.upper()[:8]:
            return True
        if bank and bank == _bank(number):
            return True
    return False


def _bank(account: str) -> str:
    """Gives country and bank code of a valid IBAN; empty for other numbers."""
    if not iban.is_valid(account):
        return ""
    known = iban.structure(account[:2])
    return account[:2] + account[slice(*known.bank)] if known is not None else ""

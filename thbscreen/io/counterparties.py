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
#: Only equality of accounts matters, so their 64-bit hashes are kept and not they.
_SEED = 0xACC0
#: Accounts that are held, before those of several chunks become one list.
_MERGE = 1_000_000
_MASKED = re.compile(r"^[0-9A-Za-z]{0,8}[*xX\u2022.#]{2,}([0-9A-Za-z]{3,})$")
_DIGEST = re.compile("^[0-9A-Fa-f]{64}$")
_ASKED = ("cp_name", "cp_account_id", "cp_bic")


class Counterparties:
    """Collects counterparties chunk by chunk."""

    def __init__(self, parties: pl.DataFrame) -> None:
        """Starts empty.

        Args:
            parties: canonical customers; party_id, and name or name_hash when present.
        """
        self._parties = parties
        self._accounts: list[pl.Series] = []
        self._named: list[pl.DataFrame] = []
        self._by_key: dict[str, set[str]] | None = None
        self._owners: dict[str, set[str]] = {}
        self._compared = 0
        self._met = pl.Series("h", [], dtype=pl.UInt64)
        self._beyond = 0

    def add(self, frame: pl.DataFrame, different: pl.Series | None = None) -> None:
        """Takes in one canonical chunk whose account numbers are settled.

        Args:
            frame: the chunk.
            different: the different values of its cp_account_id, where they are known.
        """
        if "cp_account_id" in frame.columns:
            met = frame["cp_account_id"] if different is None else different
            self._accounts.append(met.drop_nulls().hash(seed=_SEED).unique())
            if sum(map(len, self._accounts)) > max(_MERGE, 2 * len(self._accounts[0])):
                self._accounts = [pl.concat(self._accounts).unique()]
        if "cp_name" not in frame.columns or not {"name", "name_hash"} & set(self._parties.columns):
            return
        names = frame["cp_name"].unique().drop_nulls()
        self._compare(names)
        asked = [pl.col(c) if c in frame.columns else pl.lit(None, dtype=pl.String).alias(c) for c in _ASKED]
        mine = names.filter(names.is_in(pl.Series(list(self._owners), dtype=pl.String).implode()))
        self._named.append(frame.filter(pl.col("cp_name").is_in(mine.implode())).select(asked).unique())

    def _compare(self, names: pl.Series) -> None:
        """Finds the customers of names that were not met before."""
        if self._by_key is None:
            self._by_key = _by_key(self._parties)
        hashes = names.hash(seed=_SEED)
        fresh = ~hashes.is_in(self._met.implode())
        self._met = pl.concat([self._met, hashes.filter(fresh)])
        for name in names.filter(fresh).sort():
            if self._compared >= MOST_NAMES:
                self._beyond += 1
                continue
            self._compared += 1
            found = {p for key in _keys(name) for p in self._by_key.get(key, ())}
            if found:
                self._owners[name] = found

    def counts(
        self, known: pl.Series, accounts: pl.DataFrame, account_parties: pl.DataFrame
    ) -> dict[str, int]:
        """Counts what is known of the counterparties.

        Args:
            known: accounts of customers.
            accounts: canonical accounts.
            account_parties: who holds which account.

        Returns:
            accounts: different accounts of counterparties; of_customers: how many are a customer's;
            may_be_customers: names of other counterparties that are a customer's and come with another sign
            of that customer: a masked number that ends like an account of theirs, or their bank;
            same_name_only: names that are a customer's and come with nothing else;
            names_not_compared: names beyond the first MOST_NAMES.
        """
        met = pl.concat([pl.Series("cp_account_id", [], dtype=pl.UInt64), *self._accounts]).unique()
        own = known.rename("cp_account_id").to_frame().unique()
        mine = int(met.is_in(own["cp_account_id"].hash(seed=_SEED).implode()).sum())
        out = {"accounts": len(met), "of_customers": mine, "may_be_customers": 0, "same_name_only": 0}
        out["names_not_compared"] = self._beyond
        if not self._owners:
            return out
        rows = pl.concat(self._named).unique().join(own, on="cp_account_id", how="anti")
        people = {p for found in self._owners.values() for p in found}
        signs = _signs(accounts, account_parties, people)
        told: dict[str, bool] = {}
        for name, account, bic in rows.iter_rows():
            sure = any(_speaks_for(account, bic, signs.get(p, ())) for p in self._owners[name])
            told[name] = told.get(name, False) or sure
        out["may_be_customers"] = sum(told.values())
        out["same_name_only"] = len(told) - sum(told.values())
        return out


def _by_key(parties: pl.DataFrame) -> dict[str, set[str]]:
    """Gives the customers of each form of a name."""
    out: dict[str, set[str]] = {}
    for column in sorted({"name", "name_hash"} & set(parties.columns)):
        for party, name in parties.select("party_id", column).drop_nulls().iter_rows():
            for key in _keys(name):
                out.setdefault(key, set()).add(party)
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

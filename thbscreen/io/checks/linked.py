"""Checks of references, uniqueness and consistency: what should be linked, counted once, and agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.checks.complete import IDLE, side_places
from thbscreen.io.checks.facts import Facts, Result
from thbscreen.io.checks.gather import PLACES
from thbscreen.io.codes import reason
from thbscreen.io.statements.proof import GAP, NOT_TOLD
from thbscreen.io.values import iban_holds
from thbscreen.model.iban import length_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: The note of `thbscreen.io.plan` about counterparties whose IBAN is none.
BAD_IBAN = "cp_iban left out because its check digits do not hold"
HOLDERS = ("holder", "joint_holder")
#: Shares from which on they are told.
HALVES, OWN, AGAIN, CURRENCY, BALANCE = 0.02, 0.001, 0.001, 0.01, 0.001
_NO_ACCOUNTS, _NO_LINKS, _NO_PARTIES = "no accounts file", "no account_parties file", "no parties file"


def _unknown(facts: Facts, known: pl.Series) -> Result:
    used = facts.seen.accounts().unique("account_id", keep="first", maintain_order=True)
    odd = used.filter(~pl.col("account_id").is_in(known.unique().implode()))
    places = [facts.seen.place(f, r) for f, r in odd.head(PLACES).select("file", "row").iter_rows()]
    return Result(odd.height, used.height, odd.height > 0, places)


def unknown_accounts(facts: Facts) -> Result | str:
    """Q301."""
    return _unknown(facts, facts.accounts["account_id"]) if facts.accounts.height else _NO_ACCOUNTS


def without_holder(facts: Facts) -> Result | str:
    """Q302."""
    if not facts.links.height:
        return _NO_LINKS
    return _unknown(facts, facts.links.filter(pl.col("role").is_in(HOLDERS))["account_id"])


def _dangling(facts: Facts, mask: pl.Series, known: pl.Series, column: str) -> Result:
    odd = mask & ~facts.links[column].is_in(known.unique().implode())
    count = int(odd.sum())
    return Result(count, int(mask.sum()), count > 0, side_places(facts, "account_parties", odd))


def unknown_holders(facts: Facts) -> Result | str:
    """Q303."""
    return _people(facts, holders=True)


def unknown_mandates(facts: Facts) -> Result | str:
    """Q304."""
    return _people(facts, holders=False)


def _people(facts: Facts, *, holders: bool) -> Result | str:
    if not facts.links.height:
        return _NO_LINKS
    if not facts.parties.height:
        return _NO_PARTIES
    mask = facts.links["role"].is_in(HOLDERS)
    mask = mask if holders else ~mask
    if not mask.any():
        return "no holders in account_parties" if holders else "no mandates in account_parties"
    return _dangling(facts, mask, facts.parties["party_id"], "party_id")


def unknown_linked_accounts(facts: Facts) -> Result | str:
    """Q305."""
    if not facts.links.height:
        return _NO_LINKS
    if not facts.accounts.height:
        return _NO_ACCOUNTS
    every = pl.Series([True]).new_from_index(0, facts.links.height)
    return _dangling(facts, every, facts.accounts["account_id"], "account_id")


def without_account(facts: Facts) -> Result | str:
    """Q306."""
    if not facts.parties.height:
        return _NO_PARTIES
    if not facts.links.height:
        return _NO_LINKS
    odd = ~facts.parties["party_id"].is_in(facts.links["party_id"].unique().implode())
    count = int(odd.sum())
    found = count > 0 and count >= IDLE * facts.parties.height
    return Result(count, facts.parties.height, found, side_places(facts, "parties", odd))


def bad_ibans(facts: Facts) -> Result | str:
    """Q307."""
    if "cp_iban" not in facts.seen.columns:
        return "column cp_iban is absent or empty"
    count = facts.report.notes.get(BAD_IBAN, 0)
    of = count + facts.seen.counts.get("iban", 0)
    if not of:
        return "no IBAN in cp_iban"
    return Result(count, of, count > 0, facts.seen.places.get("no iban", []) if count else ())


def own_ibans(facts: Facts) -> Result | str:
    """Q308."""
    if not facts.accounts.height:
        return _NO_ACCOUNTS
    ids = facts.accounts["account_id"]
    lands = ids.str.slice(0, 2)
    country = lands.is_in([c for c in lands.unique().drop_nulls().to_list() if length_of(c) is not None])
    looks = ids.str.contains(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$") & country
    written = pl.select(pl.when(looks).then(ids).alias("iban"))["iban"]
    if "iban" in facts.accounts.columns:
        written = pl.select(pl.coalesce(facts.accounts["iban"], written).alias("iban"))["iban"]
    if not written.count():
        return "no IBAN in accounts"
    odd = ~iban_holds(written).fill_null(value=True)
    count = int(odd.sum())
    return Result(count, written.count(), count > 0, side_places(facts, "accounts", odd))


def one_side(facts: Facts) -> Result | str:
    """Q309."""
    if "cp_account_id" not in facts.seen.columns:
        return "column cp_account_id is absent or empty"
    if not facts.accounts.height:
        return _NO_ACCOUNTS
    count, of, places = facts.seen.halves()
    if not of:
        return "no payment between two accounts of the data"
    return Result(count, of, count > 0 and count >= HALVES * of, places, _of_so_many(facts))


def own_account(facts: Facts) -> Result | str:
    """Q310."""
    kinds = facts.seen.kinds()
    of = int(kinds["n:cp_account_id"].sum()) if "n:cp_account_id" in kinds.columns else 0
    if not of:
        return "column cp_account_id is absent or empty"
    count = facts.seen.counts["own account"]
    found = count > 0 and count >= OWN * of
    return Result(count, of, found, facts.seen.places.get("own account", []))


# --- uniqueness -----------------------------------------------------------------------------------------


def ids_again(facts: Facts) -> Result | str:
    """Q401."""
    if not facts.own_ids:
        return "the source has no ids"
    rejects = facts.report.rejects.filter(
        (pl.col("column") == "tx_id") & (pl.col("reason") == reason("D121"))
    )
    places = [(file, row) for file, row in rejects.head(PLACES).select("file", "row").iter_rows()]
    count = facts.report.duplicates
    return Result(count, facts.seen.rows, count > 0, places)


def rows_again(facts: Facts) -> Result | str:
    """Q402."""
    count, of, places = facts.seen.repeated()
    return Result(count, of, count > 0 and count >= AGAIN * of, places, _of_so_many(facts))


def _of_so_many(facts: Facts) -> list[str]:
    """Says that few of very many rows were compared."""
    return [f"one row in {facts.seen.judged} was compared"] if facts.seen.judged > 1 else []


def files_again(facts: Facts) -> Result | str:
    """Q403."""
    by_content: dict[str, set[str]] = {}
    for file in facts.report.files:
        by_content.setdefault(file.sha256, set()).add(file.name)
    names = sorted(name for same in by_content.values() for name in sorted(same)[1:])
    of = sum(len(same) for same in by_content.values())
    return Result(len(names), of, bool(names), (), names)


def two_spellings(facts: Facts) -> Result | str:
    """Q404."""
    used = facts.seen.accounts().unique("account_id", keep="first", maintain_order=True)
    folded = used["account_id"].str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "")
    folded = folded.str.strip_chars_start("0")
    odd = used.filter(~folded.is_first_distinct() & (folded.str.len_bytes() > 0))
    places = [facts.seen.place(f, r) for f, r in odd.head(PLACES).select("file", "row").iter_rows()]
    return Result(odd.height, used.height, odd.height > 0, places)


# --- consistency ----------------------------------------------------------------------------------------


def other_currency(facts: Facts) -> Result | str:
    """Q501."""
    if "currency" not in facts.accounts.columns or not facts.accounts["currency"].count():
        return "column currency of accounts is absent or empty"
    own = facts.accounts.select("account_id", own="currency").drop_nulls()
    rows = facts.seen.accounts().join(own, on="account_id", how="inner", maintain_order="left")
    odd = rows.filter(pl.col("currency") != pl.col("own"))
    places = [facts.seen.place(f, r) for f, r in odd.head(PLACES).select("file", "row").iter_rows()]
    count, of = int(odd["rows"].sum()), int(rows["rows"].sum())
    return Result(count, of, count > 0 and count >= CURRENCY * of, places)


def balances(facts: Facts) -> Result | str:
    """Q502."""
    if "balance_after" not in facts.seen.columns:
        return "column balance_after is absent or empty"
    count, of, places = facts.seen.balances()
    if not of:
        return "no two running balances of one account"
    return Result(count, of, count > 0 and count >= BALANCE * of, places)


def statements(facts: Facts) -> Result | str:
    """Q503."""
    each: Sequence[dict[str, str]] = facts.report.statements.get("each", ())
    told = [p for p in each if not p["balances"].startswith(NOT_TOLD)]
    if not told:
        return "no statement with an opening and a closing balance"
    odd = {(p["file"], p["statement"]) for p in told if p["balances"] == GAP}
    odd |= {(b["next_file"], b["next_statement"]) for b in facts.report.statements.get("breaks", ())}
    return Result(len(odd), len(told), bool(odd), (), sorted({file for file, _ in odd}))


LINKED: dict[str, Callable[[Facts], Result | str]] = {
    "Q301": unknown_accounts, "Q302": without_holder, "Q303": unknown_holders, "Q304": unknown_mandates,
    "Q305": unknown_linked_accounts, "Q306": without_account, "Q307": bad_ibans, "Q308": own_ibans,
    "Q309": one_side, "Q310": own_account, "Q401": ids_again, "Q402": rows_again, "Q403": files_again,
    "Q404": two_spellings, "Q501": other_currency, "Q502": balances, "Q503": statements,
}  # fmt: skip

"""Who is who in a dataset, as counts for quality.json and sentences for people; never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from datetime import date

    from thbscreen.io.dataset import Dataset

_HOLDERS = ("holder", "joint_holder")


def identity_facts(dataset: Dataset, first: date | None, last: date | None) -> dict[str, Any]:
    """Counts customers, accounts, mandates, details and counterparties.

    Args:
        dataset: a dataset that has been read.
        first: first day of its movements.
        last: last day of its movements.

    Returns:
        Plain data: country_of_telephone_numbers, keyed, key_check, details (by kind, customers by what became
        of their value), customers, mandates and counterparties.
    """
    links, parties = dataset.account_parties, dataset.parties
    held = links.filter(pl.col("role").is_in(_HOLDERS))
    per_party = held.group_by("party_id").agg(n=pl.col("account_id").n_unique())
    per_account = held.group_by("account_id").agg(n=pl.col("party_id").n_unique())
    papers = 0
    if "id_hash" in parties.columns:
        told = parties.select("id_hash").drop_nulls()
        papers = told.filter(pl.col("id_hash").is_duplicated()).height
    return {
        **dataset.details.as_dict(),
        "customers": {
            "rows": parties.height,
            "with_several_accounts": per_party.filter(pl.col("n") > 1).height,
            "accounts_with_several_holders": per_account.filter(pl.col("n") > 1).height,
            "accounts_by_another_spelling_of_two": dataset.book.several,
            "with_the_paper_of_another_customer": papers,
        },
        "mandates": _mandates(links, first, last),
        "counterparties": dataset.counterparties(),
    }


def _mandates(links: pl.DataFrame, first: date | None, last: date | None) -> dict[str, int]:
    """Counts who may act on an account by whether that held while the data were made."""
    since, until = (
        pl.col(c) if c in links.columns else pl.lit(None, dtype=pl.Date) for c in ("since", "until")
    )
    rows = links.select(since.alias("since"), until.alias("until"), "role")
    before = (pl.col("until") < first).fill_null(value=False) if first else pl.lit(value=False)
    after = (pl.col("since") > last).fill_null(value=False) if last else pl.lit(value=False)
    dated = pl.col("since").is_not_null() | pl.col("until").is_not_null()
    ends = (pl.col("until") < last).fill_null(value=False) if last else pl.lit(value=False)
    turned = (pl.col("until") < pl.col("since")).fill_null(value=False)
    found = rows.select(
        rows=pl.len(),
        without_dates=(~dated).sum(),
        over_before_the_data=(before & ~turned).sum(),
        not_begun_in_the_data=(after & ~turned).sum(),
        ended_during_the_data=(ends & ~before & ~after & ~turned).sum(),
        end_before_they_begin=turned.sum(),
        of_others_than_holders=(~pl.col("role").is_in(_HOLDERS)).sum(),
    ).row(0, named=True)
    return {name: int(n or 0) for name, n in found.items()}


_NAMES = {
    "phone": "telephone numbers",
    "email": "e-mail addresses",
    "address": "addresses",
    "id": "numbers of papers",
}


def identity_findings(facts: dict[str, Any]) -> list[str]:
    """Says what somebody should look at."""
    out = []
    for kind, n in facts["details"].items():
        name = _NAMES[kind]
        if n.get("unreadable"):
            out.append(
                f"{n['unreadable']} {name} of customers cannot be read; they stay as they are and link nobody"
            )
        if n.get("digests_that_look_like_values"):
            out.append(
                f"{n['digests_that_look_like_values']} digests of {name} look like the {name} themselves; "
                "give them in the column in the open, so that spellings are compared"
            )
        if n.get("differs_from_the_digest_given"):
            out.append(
                f"{n['differs_from_the_digest_given']} digests of {name} are not those of the {name} beside "
                "them under this key; they may be made with another key"
            )
        if n.get("digests_given") and n.get("read") and not facts["keyed"]:
            out.append(f"{name} come in the open and as digests; without the key the two are not compared")
    papers = facts["customers"]["with_the_paper_of_another_customer"]
    if papers:
        out.append(f"{papers} customers have the number of a paper of another; they may be one customer each")
    if facts["mandates"]["end_before_they_begin"]:
        out.append(f"{facts['mandates']['end_before_they_begin']} rights over accounts end before they begin")
    return out


def counterparties_line(facts: dict[str, Any] | None) -> str | None:
    """Gives the line of the screen on counterparties; None when there are none."""
    n = (facts or {}).get("counterparties") or {}
    if not n.get("accounts"):
        return None
    line = f"counterparties: {n['of_customers']:,} of {n['accounts']:,} are customers"
    more = n.get("may_be_customers")
    return line + (
        f"; {more:,} more may be (same name and bank or number end; counted as nobody)" if more else ""
    )

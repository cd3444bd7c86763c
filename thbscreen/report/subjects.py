"""Who is meant by an id, which ids are the same subject's, and how the subject is handled.

Everything is read from a run folder's tables, so accounts are known of subjects that are an alert, are below
the line or are in a network.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import polars as pl

from thbscreen.report.folder import Row, RunFolder

VICTIM = "possible_victim"
_LISTED = ("alerts", "below_line")
_CASES = (("alerts", "alert_id"), ("reviews", "review_id"))


def find(run: RunFolder, given: str) -> Row:
    """Tells who is meant by an id: `member_id`, the `networks` it is in, and what was `given`.

    Args:
        run: the folder.
        given: a customer, an account, the id of an alert or of a review, or a thing that a rule groups by.

    Raises:
        DataError: a table cannot be read.
    """
    members = run.table("network_members")
    who = given if _is_subject(run, given) else _holder(run, given) or given
    networks = members.filter(pl.col("member_id") == who)["network_id"].unique().sort().to_list()
    return {"member_id": who, "given": given, "networks": networks}


def _is_subject(run: RunFolder, given: str) -> bool:
    listed = [run.table(name)["subject_id"] for name in (*_LISTED, "reviews")]
    return any((ids == given).any() for ids in (run.table("network_members")["member_id"], *listed))


def _holder(run: RunFolder, given: str) -> str | None:
    """Whose account, alert or review it is."""
    held = [run.table("network_members").rename({"member_id": "subject_id"}), *map(run.table, _LISTED)]
    named = [t.filter(pl.col("accounts").list.contains(given)) for t in held]
    named += [run.table(t).filter(pl.col(c) == given) for t, c in _CASES]
    found = [str(t["subject_id"].min()) for t in named if not t.is_empty()]
    return found[0] if found else None


def accounts_of(run: RunFolder, who: str) -> list[str]:
    """Gives the accounts that the tables name of a subject, in order."""
    tables = [run.table("network_members").rename({"member_id": "subject_id"}), *map(run.table, _LISTED)]
    lists = [t.filter(pl.col("subject_id") == who)["accounts"].to_list() for t in tables]
    return sorted({account for rows in lists for row in rows for account in row or ()})


def alerts_of(run: RunFolder, who: str, names: Collection[str]) -> list[Row]:
    """Gives alerts of the subject; of an account whose holder is not known, alerts that count its hits."""
    alerts = run.table("alerts")
    own = alerts.filter(pl.col("subject_id") == who)
    if own.is_empty():
        hits = run.table("hits").filter(pl.col("subject_id").is_in(sorted(names)))["hit_id"]
        own = alerts.filter(pl.col("hit_ids").list.eval(pl.element().is_in(hits.implode())).list.any())
    return own.to_dicts()


def hits_by_id(run: RunFolder, hit_ids: Collection[str]) -> pl.DataFrame:
    """Gives some rows of HITS."""
    wanted = pl.Series(sorted(hit_ids), dtype=pl.String)
    return run.table("hits").filter(pl.col("hit_id").is_in(wanted.implode()))


def roles_in_hits(run: RunFolder, names: Collection[str]) -> dict[str, set[str]]:
    """Gives the roles that hits give to any of the ids, by hit."""
    rows = run.table("hit_members").filter(pl.col("member_id").is_in(sorted(names)))
    roles: dict[str, set[str]] = {}
    for hit_id, role in rows.select("hit_id", "role").iter_rows():
        roles.setdefault(hit_id, set()).add(role)
    return roles


def handled_apart(members: Iterable[Row], listed: Iterable[Row]) -> set[str]:
    """Gives who is handled as a possible victim, by a network's reading or by an alert's or review's."""
    found = {m["member_id"] for m in members if m["role"] == VICTIM}
    return found | {row["subject_id"] for row in listed if row["handling"] == "possible victim"}


def victims(run: RunFolder) -> set[str]:
    """Gives everybody in the run who is handled as a possible victim."""
    listed = [*run.table("alerts").to_dicts(), *run.table("reviews").to_dicts()]
    return handled_apart(run.table("network_members").to_dicts(), listed)


def handling(
    who: str, apart: Collection[str], alerts: Sequence[Row], roles: Mapping[str, Collection[str]]
) -> str | None:
    """Tells how the subject is to be handled; None where nothing is published that needs handling.

    Args:
        who: the subject.
        apart: everybody who is handled as a possible victim.
        alerts: from `alerts_of`.
        roles: from `roles_in_hits`.
    """
    own = [a["handling"] for a in alerts if a["subject_id"] == who]
    if who in apart:
        return "possible victim"
    if own:
        return str(own[0])
    # In doubt, and nothing else is known.
    return "possible victim" if any(VICTIM in found for found in roles.values()) else None


def not_judged(run: RunFolder) -> list[str]:
    """Gives the rules that could not be judged."""
    silent: list[str] = run.table("readiness").filter(pl.col("status") == "not judged")["rule"].to_list()
    return silent

"""Who is handled as a possible victim anywhere in a run, and which accounts are whose."""

from __future__ import annotations

import json
from dataclasses import dataclass

from thbscreen.report.folder import Row, RunFolder
from thbscreen.report.html.evidence import named
from thbscreen.report.subjects import VICTIM, handled_apart

APART = "possible victim"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom the hits of an alert name besides its subject."""

    member_id: str
    role: str
    rules: list[str]
    n_hits: int
    apart: bool


@dataclass(frozen=True)
class People:
    """Who is who in a run.

    Attributes:
        apart: people and accounts that are handled as possible victims, as the run reads them; those whom
            it does not read itself, in doubt, when a hit names them as possible victims.
        accounts: accounts of a subject, as far as the run folder knows them.
        others: by alert, who is named by its hits; alerts without a case folder are missing.
    """

    apart: frozenset[str]
    accounts: dict[str, frozenset[str]]
    others: dict[str, list[Named]]


def people(run: RunFolder) -> People:
    """Reads who is who from the tables and the case folders.

    Raises:
        DataError: a table or a file cannot be read.
    """
    members, alerts = run.table("network_members"), run.table("alerts")
    apart, accounts = _read_apart(run)
    read = {*members["member_id"], *alerts["subject_id"]}
    read |= {account for subject in read for account in accounts.get(subject, ())}
    others: dict[str, list[Named]] = {}
    for alert_id in alerts["alert_id"].sort():
        rows = named(run, alert_id)
        if rows is None:
            continue
        others[alert_id] = [_named(row) for row in rows[1:]]
        safe = {row["member_id"] for row in rows if row["handling"] == APART}
        doubted = {row["member_id"] for row in rows if row["role"] == VICTIM}
        # A hit's word on somebody whom the run reads as a whole is one of those that it has weighed; an
        # account that is apart without a hit's word is held by somebody who is apart.
        apart |= (safe - doubted) | (safe - read)
    return People(frozenset(apart), {s: frozenset(a) for s, a in accounts.items()}, others)


def _read_apart(run: RunFolder) -> tuple[set[str], dict[str, set[str]]]:
    """Gives who is read or handled as a possible victim, with their accounts, and all accounts by subject."""
    members, alerts = run.table("network_members"), run.table("alerts")
    accounts: dict[str, set[str]] = {}
    for table, name in (
        (members, "member_id"),
        (alerts, "subject_id"),
        (run.table("below_line"), "subject_id"),
    ):
        for subject, own in table.select(name, "accounts").iter_rows():
            accounts.setdefault(subject, set()).update(own or ())
    apart = handled_apart(
        members.iter_rows(named=True),
        [*alerts.iter_rows(named=True), *run.table("reviews").iter_rows(named=True)],
    )
    return apart | {a for subject in apart for a in accounts.get(subject, ())}, accounts


def _named(row: Row) -> Named:
    return Named(
        row["member_id"], row["role"], list(json.loads(row["rules"] or "[]")), int(row["n_hits"] or 0),
        row["handling"] == APART,
    )  # fmt: skip

"""Who is handled as a possible victim anywhere in a run, and which accounts are whose."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from thbscreen.report.folder import Row, RunFolder
from thbscreen.report.html.evidence import named
from thbscreen.report.subjects import VICTIM
from thbscreen.report.text import neutralised

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
        apart: people and accounts that are handled as possible victims, by any reading of the run.
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
    apart: set[str] = set()
    accounts: dict[str, set[str]] = {}
    for row in members.select("member_id", "role", "accounts").iter_rows(named=True):
        accounts.setdefault(row["member_id"], set()).update(row["accounts"] or ())
        if row["role"] == VICTIM:
            apart |= {row["member_id"], *(row["accounts"] or ())}
    for listed in (alerts, run.table("reviews")):
        apart |= set(listed.filter(pl.col("handling") == APART)["subject_id"].to_list())
    others: dict[str, list[Named]] = {}
    held = _names_in_hits(run)
    for alert_id, subject, hit_ids in alerts.select("alert_id", "subject_id", "hit_ids").iter_rows():
        rows = named(run, alert_id)
        if rows is None:
            continue
        others[alert_id] = [_named(row) for row in rows[1:]]
        apart |= {row["member_id"] for row in rows if row["handling"] == APART}
        # members.csv leaves out the subject's own accounts, so they are the rest of those in the hits.
        told = {subject, *(row["member_id"] for row in rows)}
        own = {m for hit in hit_ids or () for m, shown in held.get(hit, ()) if not {m, shown} & told}
        accounts.setdefault(subject, set()).update(own)
    for subject, own in accounts.items():
        if subject in apart:
            apart |= own
    return People(frozenset(apart), {s: frozenset(a) for s, a in accounts.items()}, others)


def _named(row: Row) -> Named:
    return Named(
        row["member_id"], row["role"], list(json.loads(row["rules"] or "[]")), int(row["n_hits"] or 0),
        row["handling"] == APART,
    )  # fmt: skip


def _names_in_hits(run: RunFolder) -> dict[str, list[tuple[str, str]]]:
    """Whom hits name, each as it is and as a CSV file shows it."""
    frame = run.table("hit_members").select("hit_id", "member_id").drop_nulls().unique(maintain_order=True)
    shown = neutralised(frame.select("member_id"))["member_id"] if frame.height else frame["member_id"]
    out: dict[str, list[tuple[str, str]]] = {}
    for (hit, member), text in zip(frame.iter_rows(), shown, strict=True):
        out.setdefault(hit, []).append((member, text))
    return out


def kept_apart(found: Iterable[Row], who: People) -> tuple[list[Row], list[Row]]:
    """Splits rows with `member_id`: those to be handled as possible victims, and the others."""
    rows = list(found)
    safe = [row for row in rows if row["member_id"] in who.apart]
    return safe, [row for row in rows if row["member_id"] not in who.apart]

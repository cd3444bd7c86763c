"""The story of one group in plain words, from the truth of a written world."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.errors import UsageError
from thbscreen.simulate.operators import BY_ID
from thbscreen.simulate.truth_tables import NOTE
from thbscreen.simulate.verify import Written, read_world

_EXPECTED = {
    "alert": "a screening should raise an alert",
    "context": "a screening can see a part only: context for an analyst, not an alert by itself",
    "none": "a screening should stay quiet",
    "not_evaluable": "the data do not show it: a screening should say that it cannot judge",
}
_VISIBLE = {
    "full": "all of it is in the data",
    "one_bank": "most members keep their accounts at banks that handed nothing over",
    "cash_heavy": "most of what members pay one another is cash",
    "kyc_missing": "the files of members hold no telephone, address, e-mail, employer or device",
}


def tell_story(folder: Path, group_id: str, most: int = 60) -> list[str]:
    """Tells what a group is, who is in it, how they are tied, and what they did.

    Args:
        folder: what `thbscreen simulate` made.
        group_id: group of its truth.
        most: movements to list; 0 for all.

    Raises:
        UsageError: there is no such group.
        DataError: the folder is no world.
    """
    world = read_world(folder)
    groups = world.truth["groups"]
    found = groups.filter(pl.col("group_id") == group_id)
    if not found.height:
        ids = groups["group_id"].to_list()
        shown = ", ".join(ids[:12]) + (" …" if len(ids) > 12 else "")
        raise UsageError(
            f"no group '{group_id}' in {folder.name}", hint=f"groups are {shown or 'none at all'}"
        )
    group = found.row(0, named=True)
    return [
        *_head(group), "", *_members(world, group_id), "", *_ties(world, group_id), "",
        *_movements(world, group_id, most), "", NOTE,
    ]  # fmt: skip


def _head(group: dict[str, Any]) -> Iterator[str]:
    kind = "planned network" if group["kind"] == "positive" else "lawful look-alike"
    yield f"{group['group_id']}: {group['name']} ({kind}, scenario {group['scenario']})"
    if group["kind"] == "twin":
        yield f"It resembles {', '.join(group['twin_of'])} and is lawful."
    if group["start"] is not None:
        yield f"From {group['start']} to {group['end']}, {group['n_members']} members."
    yield f"In the data: {_VISIBLE[group['visibility']]}."
    yield f"Expected: {_EXPECTED[group['expected']]}."
    for op in group["ops"]:
        yield f"It behaves evasively ({op}, strength up to {group['strength']}): {BY_ID[op].changes}."
    for title, key in (
        ("Looks like daily life, or like its counterpart", "shared_traits"),
        ("Differs", "differs_in"),
    ):
        if group[key]:
            yield f"{title}: {'; '.join(group[key])}."


def _members(world: Written, group_id: str) -> Iterator[str]:
    mine = world.truth["members"].filter(pl.col("group_id") == group_id)
    yield "WHO"
    for (part, role, expected), some in mine.group_by("part", "role", "expected_role", maintain_order=True):
        ids = some["party_id"].unique(maintain_order=True).to_list()
        unseen = some.filter(~pl.col("visible"))["party_id"].n_unique()
        told = f"  {part} ({role}; a report may say {expected}): {', '.join(ids)}"
        yield told + (f"; {unseen} without a planned movement in the data" if unseen else "")


def _ties(world: Written, group_id: str) -> Iterator[str]:
    mine = world.truth["links"].filter(pl.col("group_id") == group_id)
    yield "TIES"
    if not mine.height:
        yield "  none between members"
    for (kind,), some in mine.group_by("kind", maintain_order=True):
        words = "pay one another" if kind == "payment" else f"share {kind}"
        yield f"  {some.height} pairs {words}"


def _movements(world: Written, group_id: str, most: int) -> Iterator[str]:
    legs = world.truth["legs"].filter(pl.col("group_id") == group_id)
    yield "MOVEMENTS"
    seen = legs.join(world.rows, on="tx_id").sort("booking_ts", "tx_id")
    hidden = legs.height - seen.height
    for (phase, kind), some in legs.group_by("phase", "leg_kind", maintain_order=True):
        total = some.join(world.rows.select("tx_id", "amount"), on="tx_id")["amount"].sum()
        yield f"  {phase}, {kind}: {some.height} legs, {total} EUR in the data"
    if hidden:
        yield f"  {hidden} legs lie on accounts that are not in the data"
    yield ""
    shown = seen if most == 0 else seen.head(most)
    local = shown["booking_ts"].dt.convert_time_zone("Asia/Nicosia").dt.strftime("%Y-%m-%d %H:%M").to_list()
    for time, row in zip(local, shown.iter_rows(named=True), strict=True):
        arrow = "<-" if row["direction"] == "credit" else "->"
        other = row["cp_account_id"] or row["merchant_id"] or row["terminal_id"] or "the bank"
        sign = " (camouflage)" if row["is_camouflage"] else ""
        yield (
            f"  {time}  {row['account_id']} {arrow} {other}  {row['amount']} EUR  {row['tx_type']}, "
            f"{row['leg_kind']}{sign}  [{row['tx_id']}]"
        )
    if shown.height < seen.height:
        yield f"  … and {seen.height - shown.height} more; --all lists them"

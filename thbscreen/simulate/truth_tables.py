"""The truth of a world, as tables beside the data: groups, members, legs, links, people and a manifest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from thbscreen.simulate.clock import DAY_SECONDS, Ints, date_of
from thbscreen.simulate.groups import Group
from thbscreen.simulate.plans import Plan, everybody
from thbscreen.simulate.settings import number_of_groups
from thbscreen.simulate.streams import shares
from thbscreen.simulate.view import View
from thbscreen.simulate.world import DOMESTIC, OUTSIDE, SEASONAL, STUDENT
from thbscreen.simulate.worlds import Made

GENERATOR = "1"
NOTE = (
    "All of this is invented. Finding these groups shows that the program works as meant; it says nothing "
    "about how many real cases it would find."
)
_WEAKER = {"alert": 0, "context": 1, "not_evaluable": 2, "none": 3}
_ORIGINS = ("greek", "cyrillic", "latin", "south asian", "other")
_LANGUAGES = ("el", "ru", "en", "hi", "other")
_DISTRICTS = (
    "Nicosia",
    "Nicosia",
    "Nicosia",
    "Limassol",
    "Limassol",
    "Larnaca",
    "Larnaca",
    "Paphos",
    "Paphos",
    "Famagusta",
    "Famagusta",
)
_JOBS = (
    "employee",
    "seasonal worker",
    "self-employed",
    "pensioner",
    "student",
    "unemployed",
    "homemaker",
    "domestic worker",
)
_BANDS = ("none", "under 600", "600-999", "1000-1499", "1500-2499", "2500 and more")


def planned_legs(made: Made) -> pl.DataFrame:
    """Gives every planned leg: number of the group, id, account, other side, moment, leg, and what shows."""
    view = made.view
    keep = [
        "group",
        "key",
        "account",
        "other",
        "credit",
        "moment",
        "cents",
        "leg",
        "camouflage",
        "text",
        "conductor",
    ]
    keep += ["tx_type", "reference"]
    shown = view.legs.filter(pl.col("group") >= 0).select(keep).with_columns(pl.lit(True).alias("visible"))
    hidden = view.hidden_legs.select(keep).with_columns(pl.lit(False).alias("visible"))
    legs = pl.concat([shown, hidden])
    key = (legs["key"].to_numpy() % np.uint64(10**18)).astype(np.int64)
    ids = pl.Series(["M"]) + pl.Series(key).cast(pl.String).str.zfill(18)
    return legs.with_columns(ids.alias("tx_id")).sort("group", "moment", "tx_id")


def _expected(plan: Plan, group: Group, seen: bool) -> str:
    """Gives what a report should say: the weaker of what the scenario and this group of it let one see."""
    word: str = plan.scenario.expected[plan.visibility]
    if plan.scenario.kind == "positive" and _WEAKER[group.expected] > _WEAKER[word]:
        word = group.expected
    if plan.scenario.kind == "positive" and not seen:
        word = "not_evaluable"
    return word


def groups_table(made: Made, legs: pl.DataFrame) -> pl.DataFrame:
    """Gives one row per planned group; see docs/reference/simulated-worlds.md for the columns."""
    spans = {
        int(g): (int(a), int(b), bool(v))
        for g, a, b, v in legs.group_by("group")
        .agg(pl.col("moment").min(), pl.col("moment").max().alias("last"), pl.col("visible").any())
        .iter_rows()
    }
    rows = []
    for plan in made.plans:
        group, (start, end, seen) = made.groups[plan.number], spans.get(plan.number, (0, 0, False))
        rows.append(
            {
                "group_id": plan.group_id,
                "kind": plan.scenario.kind,
                "scenario": plan.scenario.id,
                "name": plan.scenario.name,
                "typology": plan.scenario.typology,
                "twin_of": list(plan.scenario.twin_of),
                "ops": [op for op, _ in plan.ops],
                "strength": plan.strength,
                "visibility": plan.visibility,
                "start": date_of(start // DAY_SECONDS) if plan.number in spans else None,
                "end": date_of(end // DAY_SECONDS) if plan.number in spans else None,
                "expected": _expected(plan, group, seen),
                "network": plan.scenario.network,
                "n_members": len(everybody(group)),
                "shared_traits": list(group.shared_traits),
                "differs_in": list(group.differs_in),
                "seed_path": plan.seed_path,
            }
        )
    schema = pl.Schema(
        {
            "group_id": pl.String(),
            "kind": pl.String(),
            "scenario": pl.String(),
            "name": pl.String(),
            "typology": pl.String(),
            "twin_of": pl.List(pl.String()),
            "ops": pl.List(pl.String()),
            "strength": pl.Int64(),
            "visibility": pl.String(),
            "start": pl.Date(),
            "end": pl.Date(),
            "expected": pl.String(),
            "network": pl.Boolean(),
            "n_members": pl.Int64(),
            "shared_traits": pl.List(pl.String()),
            "differs_in": pl.List(pl.String()),
            "seed_path": pl.String(),
        }
    )
    return pl.DataFrame(rows, schema=schema)


def _accounts_by_party(view: View) -> dict[int, list[int]]:
    """Gives the accounts that each party holds or shares; joint accounts count for both."""
    out: dict[int, list[int]] = {}
    own = view.world.main
    for account, party in enumerate(view.world.holder.tolist()):
        if account >= view.world.parties or own[account] == account:
            out.setdefault(party, []).append(account)
    for account, party, role in view.world.joint:
        if role in ("joint_holder", "holder"):
            out.setdefault(party, []).append(account)
    return out


def members_table(made: Made, legs: pl.DataFrame) -> pl.DataFrame:
    """Gives one row per group, party and account."""
    view, codes = made.view, made.view.codes
    held = _accounts_by_party(view)
    spans: dict[tuple[int, int], tuple[int, int, bool]] = {
        (int(g), int(a)): (int(low), int(high), bool(seen))
        for g, a, low, high, seen in legs.group_by("group", "account")
        .agg(pl.col("moment").min(), pl.col("moment").max().alias("last"), pl.col("visible").any())
        .iter_rows()
    }
    rows = []
    for plan in made.plans:
        group = made.groups[plan.number]
        for part, parties in group.roles.items():
            role, expected = group.expected_roles[part]
            for party in np.asarray(parties).tolist():
                for account in held.get(party, []) or [-1]:
                    low, high, seen = spans.get((plan.number, account), (-1, -1, False))
                    shown = account >= 0 and bool(view.bank[account] >= 0)
                    rows.append(
                        {
                            "group_id": plan.group_id,
                            "party_id": codes.parties[party],
                            "account_id": codes.accounts[account] if shown else None,
                            "part": part,
                            "role": role,
                            "expected_role": expected,
                            "core": part in group.core,
                            "visible": seen,
                            "since": date_of(low // DAY_SECONDS) if low >= 0 else None,
                            "until": date_of(high // DAY_SECONDS) if low >= 0 else None,
                        }
                    )
    schema = pl.Schema(
        {
            "group_id": pl.String,
            "party_id": pl.String,
            "account_id": pl.String,
            "part": pl.String,
            "role": pl.String,
            "expected_role": pl.String,
            "core": pl.Boolean,
            "visible": pl.Boolean,
            "since": pl.Date,
            "until": pl.Date,
        }
    )
    return pl.DataFrame(rows, schema=schema)


def legs_table(made: Made, legs: pl.DataFrame) -> pl.DataFrame:
    """Gives one row per planned leg."""
    names = [*made.leg_names, (None, None)]
    place = np.where(legs["leg"].to_numpy() < 0, len(names) - 1, legs["leg"].to_numpy())
    ids = {p.number: p.group_id for p in made.plans}
    third = _thirds(legs)
    other = legs["tx_type"].cast(pl.String).str.replace_all("_", " ")
    return pl.DataFrame(
        {
            "group_id": [ids[g] for g in legs["group"].to_list()],
            "tx_id": legs["tx_id"],
            "phase": pl.Series([n[0] for n in names], dtype=pl.String)
            .gather(place)
            .zip_with(pl.Series(place < len(names) - 1), third),
            "leg_kind": pl.Series([n[1] for n in names], dtype=pl.String)
            .gather(place)
            .zip_with(pl.Series(place < len(names) - 1), other),
            "visible": legs["visible"],
            "is_camouflage": legs["camouflage"],
        }
    )


def _thirds(legs: pl.DataFrame) -> pl.Series:
    """Names the third of its group's time that a leg lies in, where the scenario names no phase."""
    part = (
        (pl.col("moment") - pl.col("moment").min().over("group"))
        * 3
        // (pl.col("moment").max().over("group") - pl.col("moment").min().over("group") + 1)
    )
    place = legs.select(part.cast(pl.Int64))["moment"]
    return pl.Series(["early", "middle", "late"]).gather(place)


def links_table(made: Made, legs: pl.DataFrame) -> pl.DataFrame:
    """Gives pairs of members that share a contact or device in the files, or pay one another."""
    world, codes = made.view.world, made.view.codes
    paid: dict[int, set[tuple[int, int]]] = {}
    inside = (
        legs.filter((pl.col("other") >= 0) & (pl.col("other") < OUTSIDE))
        .select("group", "account", "other")
        .unique()
    )
    for group, account, other in inside.iter_rows():
        a, b = sorted((int(world.holder[account]), int(world.holder[other])))
        paid.setdefault(group, set()).add((a, b))
    rows: list[tuple[str, str, str, str]] = []
    for plan in made.plans:
        who = everybody(made.groups[plan.number]).tolist()
        pairs = paid.get(plan.number, set())
        for a, b in combinations(who, 2):
            kinds = [k for k in ("device", "phone", "address", "email") if _same(getattr(world, k), a, b)]
            kinds += ["payment"] if (a, b) in pairs else []
            rows += [(plan.group_id, codes.parties[a], codes.parties[b], kind) for kind in kinds]
    schema = dict.fromkeys(("group_id", "a", "b", "kind"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row").sort("group_id", "a", "b", "kind")


def _same(column: Ints, a: int, b: int) -> bool:
    return bool(column[a] == column[b] and column[a] >= 0)


def people_table(view: View) -> pl.DataFrame:
    """Gives one row per natural person in the data, with facts that no data hold: for equal treatment."""
    world, keep = view.world, view.shown_parties()
    keep = keep[keep < world.people]
    origin, job, income = world.origin[keep], world.job[keep], world.income[keep] / 100
    draw = shares(view.seed, "permit", keep)
    permit = np.select(
        [
            job == DOMESTIC,
            (job == SEASONAL) & (origin > 0) & (draw < 0.5),
            (job == STUDENT) & (origin > 2),
            (origin == 0) | (draw < 0.25),
            (origin < 3) & (draw < 0.8),
            draw < 0.93,
        ],
        ["domestic work", "seasonal work", "study", "citizen", "eu", "work"],
        "protection",
    )
    band = np.searchsorted([0.01, 600, 1000, 1500, 2500], income, side="right")
    return pl.DataFrame(
        {
            "party_id": view.codes.parties.gather(keep),
            "name_origin": pl.Series(_ORIGINS).gather(origin),
            "language": pl.Series(_LANGUAGES).gather(origin),
            "district": pl.Series(_DISTRICTS).gather(world.town[keep]),
            "permit": pl.Series(permit.tolist(), dtype=pl.String),
            "income_band": pl.Series(_BANDS).gather(band),
            "job": pl.Series(_JOBS).gather(job),
        }
    ).sort("party_id")


def digest(path: Path) -> str:
    """Gives the SHA-256 of a file as hexadecimal text."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def manifest(
    made: Made, folder: Path, parties: int, accounts: int, exports: dict[str, Any]
) -> dict[str, Any]:
    """Gives the manifest of a written world: settings, counts, base rates and the hash of every file."""
    legs, settings = made.view.legs, made.settings
    positive = [p.number for p in made.plans if p.scenario.kind == "positive"]
    planned = int(legs["group"].is_in(positive).sum())
    members = {
        int(m) for p in made.plans if p.number in set(positive) for m in everybody(made.groups[p.number])
    }
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    told = asdict(settings)
    return {
        "note": NOTE,
        "generator": GENERATOR,
        "preset": settings.preset,
        "seed": settings.seed,
        "settings": told,
        "counts": {
            "people": settings.people,
            "parties": parties,
            "accounts": accounts,
            "movements": legs.height,
            "positives": number_of_groups(settings, "positive"),
            "twins": number_of_groups(settings, "twin"),
        },
        "base_rates": {
            "movements_of_positives": round(planned / max(legs.height, 1), 6),
            "parties_in_positives": round(len(members) / max(parties, 1), 6),
        },
        "exports": exports,
        "sha256": {p.relative_to(folder).as_posix(): digest(p) for p in files},
    }


def write_truth(made: Made, folder: Path) -> None:
    """Writes the tables of the truth into an existing folder; the manifest is written last, by the caller.

    Raises:
        OSError: a file cannot be written.
    """
    legs = planned_legs(made)
    tables = {
        "groups": groups_table(made, legs),
        "members": members_table(made, legs),
        "legs": legs_table(made, legs),
        "links": links_table(made, legs),
        "people": people_table(made.view),
    }
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet", compression="zstd", statistics=False)


def write_manifest(made: Made, folder: Path, exports: dict[str, Any]) -> None:
    """Writes truth/manifest.json of a world whose other files are all there.

    Raises:
        OSError: a file cannot be read or written.
    """
    view = made.view
    told = manifest(made, folder, len(view.shown_parties()), len(view.shown_accounts()), exports)
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=False) + "\n"
    (folder / "truth" / "manifest.json").write_text(text, encoding="utf-8", newline="\n")

"""Checks a written world: files, money, calendar, truth and leaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.errors import DataError
from thbscreen.simulate.clock import DAYS, HOLIDAYS, START
from thbscreen.simulate.leak import DAYS_IN_ACCOUNTS, TREE, find_leaks
from thbscreen.simulate.ledger import STATE_PAYS
from thbscreen.simulate.truth_tables import digest

#: Words that no column name or id of the data may hold.
LABELS = ("positive", "twin", "truth", "label", "victim", "ring", "gang", "controller", "scenario", "planned")
TABLES = ("groups", "members", "legs", "links", "people")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        name: what should hold.
        faults: what does not, in words; empty when it holds.
        notes: what else is worth knowing.
    """

    name: str
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A world as it lies on the disk."""

    folder: Path
    manifest: dict[str, Any]
    rows: pl.DataFrame
    accounts: pl.DataFrame
    truth: dict[str, pl.DataFrame]


def read_world(folder: Path) -> Written:
    """Reads a world.

    Raises:
        DataError: it is no world, or a file is missing or damaged.
    """
    path = folder / "truth" / "manifest.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        rows = pl.read_parquet(folder / "data" / "transactions.parquet")
        accounts = pl.read_csv(folder / "data" / "accounts.csv", schema_overrides=DAYS_IN_ACCOUNTS)
        truth = {name: pl.read_parquet(folder / "truth" / f"{name}.parquet") for name in TABLES}
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        name = Path(getattr(error, "filename", None) or path).name
        raise DataError(
            f"{folder.name}: not a world, or not whole ({name} cannot be read)",
            hint="give the folder that thbscreen simulate made",
        ) from None
    if not isinstance(told, dict) or "sha256" not in told:
        raise DataError(f"{path.name}: not the manifest of a world", hint="make the world again")
    return Written(folder, told, rows, accounts, truth)


def _hashes(world: Written) -> Check:
    faults = []
    told = world.manifest["sha256"]
    there = {p.relative_to(world.folder).as_posix() for p in world.folder.rglob("*") if p.is_file()}
    for name, wanted in told.items():
        if name not in there:
            faults.append(f"{name} is missing")
        elif digest(world.folder / name) != wanted:
            faults.append(f"{name} has changed")
    faults += [
        f"{name} is not in the manifest" for name in sorted(there - set(told) - {"truth/manifest.json"})
    ]
    return Check(f"the {len(told)} files are those that were made", tuple(faults))


def _money(world: Written) -> Check:
    """Two legs of a payment carry the same money, both are there, and balances follow from movements."""
    rows = world.rows
    faults = []
    pairs = (
        rows.filter(pl.col("end_to_end_id").is_not_null())
        # Before grouping: inside, the accounts would be held once for each payment.
        .with_columns(pl.col("cp_account_id").is_in(world.accounts["account_id"].implode()).alias("here"))
        .group_by("end_to_end_id")
        .agg(
            pl.len().alias("legs"),
            pl.col("amount").n_unique().alias("sums"),
            pl.col("direction").n_unique().alias("ways"),
            pl.col("here").any().alias("both_here"),
        )
    )
    two = pairs.filter(pl.col("legs") == 2)
    wrong = two.filter((pl.col("sums") != 1) | (pl.col("ways") != 2)).height
    lost = (
        pairs.filter(pl.col("both_here") & (pl.col("legs") != 2)).height
        + pairs.filter(pl.col("legs") > 2).height
    )
    faults += [f"{wrong} payments carry different sums on their two legs"] if wrong else []
    faults += [f"{lost} payments between accounts of the data lack a leg or have too many"] if lost else []
    signed = pl.when(pl.col("direction") == "credit").then(pl.col("amount")).otherwise(-pl.col("amount"))
    step = pl.col("balance_after") - pl.col("balance_after").shift(1).over("account_id") - signed
    gaps = rows.select(step.alias("gap")).filter(pl.col("gap") != 0).height
    faults += [f"{gaps} balances do not follow from the movement before"] if gaps else []
    bad = rows.filter((pl.col("amount") <= 0) | (pl.col("balance_after") < 0)).height
    faults += [f"{bad} rows have an amount or balance below zero"] if bad else []
    return Check(
        f"money is conserved in {two.height} payments with two legs, and balances follow", tuple(faults)
    )


def _calendar(world: Written) -> Check:
    """Movements lie in the window and in the life of their account; public payers pay on bank days."""
    day = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia").dt.date()
    rows = world.rows.select("account_id", "purpose_code", "direction", day.alias("day")).join(
        world.accounts.select("account_id", "opened_date", "closed_date"), on="account_id", how="left"
    )
    last = START + timedelta(days=DAYS - 1)
    faults = []
    for text, wrong in (
        ("outside the window", ~pl.col("day").is_between(START, last)),
        ("before the account was opened", pl.col("day") < pl.col("opened_date")),
        ("after it was closed", pl.col("day") > pl.col("closed_date")),
        ("on accounts that are not in accounts.csv", pl.col("opened_date").is_null()),
        (
            "of pensions or benefits on a day without banks",
            pl.col("purpose_code").is_in(STATE_PAYS) & (pl.col("direction") == "credit")
            & ((pl.col("day").dt.weekday() > 5) | pl.col("day").is_in(list(HOLIDAYS))),
        ),
    ):  # fmt: skip
        n = rows.filter(wrong).height
        faults += [f"{n} movements {text}"] if n else []
    return Check("movements keep to the calendar and to the life of their account", tuple(faults))


def _truth(world: Written) -> Check:
    """The truth names ids of the data, and says rightly what can be seen."""
    ids = world.rows["tx_id"].implode()
    legs, members, groups = (world.truth[k] for k in ("legs", "members", "groups"))
    faults = []
    wrong = legs.filter(pl.col("tx_id").is_in(ids) != pl.col("visible")).height
    faults += (
        [f"{wrong} planned movements are said to be visible and are not, or the reverse"] if wrong else []
    )
    double = legs["tx_id"].n_unique() != legs.height
    faults += ["a movement belongs to two groups"] if double else []
    shown = members.filter(pl.col("account_id").is_not_null())
    away = shown.filter(~pl.col("account_id").is_in(world.accounts["account_id"].implode())).height
    faults += [f"{away} accounts of members are not in the data"] if away else []
    lonely = groups.filter(~pl.col("group_id").is_in(members["group_id"].implode())).height
    faults += [f"{lonely} groups have no members"] if lonely else []
    return Check(
        f"{legs.height} planned movements of {groups.height} groups are named rightly", tuple(faults)
    )


def _labels(world: Written) -> Check:
    """No column of the data is a label, and no id holds one."""
    faults = []
    for path in sorted((world.folder / "data").rglob("*")):
        if path.suffix not in (".parquet", ".csv"):
            continue
        table = (
            pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=0)
        )
        for column in table.columns:
            if set(column.split("_")) & set(LABELS):
                faults.append(f"{path.name}: column {column} is a label")
            elif column.endswith(("_id", "_hash")):
                seen = table[column].drop_nulls().cast(pl.String).str.to_lowercase()
                if seen.str.contains_any(list(LABELS)).any():
                    faults.append(f"{path.name}: column {column} holds a label word")
    faults += [
        f"{p.name} lies among the data" for p in (world.folder / "data").rglob("*") if "truth" in p.name
    ]
    return Check("no column and no id of the data is a label", tuple(faults))


def _leaks(world: Written) -> Check:
    verdict = find_leaks(world.folder)
    faults = [leak.told() for leak in verdict.leaks]
    notes = [leak.told() for leak in verdict.intended]
    if verdict.tree is not None:
        notes.append(
            f"a tree of depth 3 reaches an average precision of {verdict.tree:.3f}; at most {TREE} may be"
        )
        if verdict.tree > TREE:
            faults.append(
                f"a tree of depth 3 reaches an average precision of {verdict.tree:.3f}, above {TREE}"
            )
    return Check(
        "no single value or threshold, and no small tree, tells planned movements apart",
        tuple(faults),
        tuple(notes),
    )


CHECKS: tuple[Callable[[Written], Check], ...] = (_hashes, _money, _calendar, _truth, _labels, _leaks)


def check_world(folder: Path) -> list[Check]:
    """Checks a world.

    Args:
        folder: what `thbscreen simulate` made.

    Raises:
        DataError: it is no world, or a file is missing or damaged.
    """
    world = read_world(folder)
    out: list[Check] = []
    for check in CHECKS:
        try:
            out.append(check(world))
        except (pl.exceptions.PolarsError, LookupError, TypeError, ValueError):
            if not out or not out[0].faults:
                raise  # the files are those that were made, so the fault is the program's
            return [*out, Check("the rest can be checked", ("not with files that were changed",))]
    return out

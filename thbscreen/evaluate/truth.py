"""Reading the truth of a made world: planned groups, their members, and what is told of people.

The truth lies in a folder of its own, never inside the data. `groups.parquet` and `members.parquet` are
needed; `legs.parquet`, `links.parquet`, `people.parquet` and `manifest.json` are read where they are there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.errors import DataError

MANIFEST = "manifest.json"
KINDS, EXPECTED = ("positive", "twin"), ("alert", "context", "none", "not_evaluable")
ROLES = ("controller", "facilitator", "possible_victim", "client", "unwitting", "lawful")
#: Planned members in these roles belong to what is to be found; the others were drawn in without knowing.
PLANNED = frozenset({"controller", "facilitator", "possible_victim", "client"})
#: What else people are told apart by; nothing of it is in the data.
TRAITS = ("name_origin", "language", "district", "permit", "income_band", "job")
_SCHEMAS: dict[str, dict[str, Any]] = {
    "groups": {
        "group_id": pl.String, "kind": pl.String, "scenario": pl.String, "name": pl.String,
        "typology": pl.String, "twin_of": pl.List(pl.String), "ops": pl.List(pl.String), "strength": pl.Int64,
        "visibility": pl.String, "start": pl.Date, "end": pl.Date, "expected": pl.String,
        "network": pl.Boolean,
    },
    "members": {
        "group_id": pl.String, "party_id": pl.String, "account_id": pl.String, "role": pl.String,
        "expected_role": pl.String, "core": pl.Boolean, "visible": pl.Boolean,
    },
    "legs": {"group_id": pl.String, "tx_id": pl.String, "visible": pl.Boolean},
    "links": {"group_id": pl.String, "a": pl.String, "b": pl.String, "kind": pl.String},
    "people": {"party_id": pl.String},
}  # fmt: skip
#: Columns that may hold nothing.
_EMPTY = {"typology", "account_id", "start", "end", "name"}
_WORDS = {
    ("groups", "kind"): KINDS, ("groups", "expected"): EXPECTED, ("members", "role"): ROLES,
}  # fmt: skip
_HINT = "docs/reference/evaluation.md says what a truth folder holds"


@dataclass(frozen=True)
class Truth:
    """What was planned.

    Attributes:
        name: of the folder.
        groups: one row per planned group.
        members: one row per group, party and account.
        legs: planned movements; None where the folder has none.
        links: what else joins members; None where the folder has none.
        people: one row per natural person with what they are told apart by; None where there is none.
        manifest: seed, settings and hashes; empty where there is none.
    """

    name: str
    groups: pl.DataFrame
    members: pl.DataFrame
    legs: pl.DataFrame | None
    links: pl.DataFrame | None
    people: pl.DataFrame | None
    manifest: dict[str, Any]

    @property
    def seed(self) -> int | None:
        """The seed of the world, where it is told."""
        seed = self.manifest.get("seed")
        return seed if isinstance(seed, int) else None

    def hashes(self) -> frozenset[str]:
        """Every SHA-256 that the manifest names."""
        return frozenset(_hashes(self.manifest))


def read_truth(path: Path) -> Truth:
    """Reads a truth folder.

    Raises:
        DataError: a needed file is missing, or a file cannot be read, lacks a column, or holds a word that is
            not known, an empty cell, a member of no group, or a group
            without members.
    """
    name = path.name or str(path)
    if not path.is_dir():
        raise DataError(f"{name}: there is no such truth folder", hint=_HINT)
    groups, members = _needed(path, "groups"), _needed(path, "members")
    if twice := groups.filter(pl.col("group_id").is_duplicated())["group_id"].to_list():
        raise DataError(f"{name}/groups.parquet: {len(twice)} rows share their group_id with another")
    known = members.join(groups.select("group_id"), on="group_id", how="semi", maintain_order="left")
    if known.height < members.height:
        row = members["group_id"].is_in(groups["group_id"].implode()).to_list().index(False) + 1
        raise DataError(f"{name}/members.parquet: row {row} names a group that groups.parquet does not have")
    if row := _first(~groups["group_id"].is_in(members["group_id"].implode())):
        raise DataError(f"{name}/groups.parquet: row {row} is a group without a row in members.parquet")
    people = _optional(path, "people")
    return Truth(
        name, groups, members, _optional(path, "legs"), _optional(path, "links"), people, _manifest(path)
    )


def decided_by(truth: Truth, typologies: Sequence[str]) -> tuple[list[str], list[str]]:
    """Gives who is rightly flagged by a rule and who is not, as if somebody had decided.

    Args:
        truth: of the data.
        typologies: forms that the rule speaks for. Members of planned groups of these forms count; where
            there is no such group, members of all planned groups.

    Returns:
        Planned members whom the data show, and members of lawful groups; each in order of their ids.
    """
    groups = truth.groups
    planned = groups.filter((pl.col("kind") == "positive") & (pl.col("expected") == "alert"))
    own = planned.filter(pl.col("typology").is_in(list(typologies)))
    wanted = own if own.height else planned
    members = truth.members
    involved = members.filter(pl.col("visible") & (pl.col("core") | pl.col("role").is_in(sorted(PLANNED))))
    right = involved.join(wanted.select("group_id"), on="group_id", how="semi")["party_id"]
    every = involved.join(groups.filter(pl.col("kind") == "positive"), on="group_id", how="semi")["party_id"]
    twins = members.join(groups.filter(pl.col("kind") == "twin"), on="group_id", how="semi")["party_id"]
    return right.unique().sort().to_list(), sorted(set(twins.to_list()) - set(every.to_list()))


def _needed(path: Path, name: str) -> pl.DataFrame:
    if not (path / f"{name}.parquet").is_file():
        raise DataError(f"{path.name}: the truth folder has no {name}.parquet", hint=_HINT)
    return _read(path, name)


def _optional(path: Path, name: str) -> pl.DataFrame | None:
    return _read(path, name) if (path / f"{name}.parquet").is_file() else None


def _read(path: Path, name: str) -> pl.DataFrame:
    place = f"{path.name}/{name}.parquet"
    try:
        frame = pl.read_parquet(path / f"{name}.parquet", hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError):
        raise DataError(f"{place}: cannot be read as a Parquet file", hint=_HINT) from None
    for column, kind in _SCHEMAS[name].items():
        if column not in frame.columns:
            raise DataError(f"{place}: the column '{column}' is missing", hint=_HINT)
        try:
            frame = frame.with_columns(pl.col(column).cast(kind))
        except pl.exceptions.PolarsError:
            raise DataError(f"{place}: the column '{column}' is not {_told(kind)}", hint=_HINT) from None
        if column not in _EMPTY and (row := _first(frame[column].is_null())):
            raise DataError(f"{place}: row {row}: '{column}' is empty", hint=_HINT)
        words = _WORDS.get((name, column))
        if words and (row := _first(~frame[column].is_in(words))):
            raise DataError(
                f"{place}: row {row}: '{column}' has a word that is not known",
                hint="known are " + ", ".join(words),
            )
    return frame


def _first(flags: pl.Series) -> int:
    """Gives the number of the first row that is true, from 1; 0 when none is."""
    return (flags.to_list().index(True) + 1) if flags.any() else 0


def _told(kind: Any) -> str:
    names = {pl.Boolean: "true or false", pl.Date: "a date", pl.Int64: "a whole number", pl.String: "text"}
    return names.get(kind, "a list of texts")


def _manifest(path: Path) -> dict[str, Any]:
    file = path / MANIFEST
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(f"{path.name}/{MANIFEST}: cannot be read as JSON", hint=_HINT) from None
    if not isinstance(found, dict):
        raise DataError(f"{path.name}/{MANIFEST}: is not an object of JSON", hint=_HINT)
    return found


def _hashes(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [h for part in value.values() for h in _hashes(part)]
    if isinstance(value, list):
        return [h for part in value for h in _hashes(part)]
    is_hash = isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")
    return [value] if is_hash else []

"""Writes an evaluation: whole, by one rename, or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.errors import DataError
from thbscreen.evaluate.evaluation import SCHEMA_VERSION
from thbscreen.evaluate.match import World
from thbscreen.evaluate.plots import plots
from thbscreen.evaluate.told import blocks, markdown
from thbscreen.io.publish import MANIFEST, Staging
from thbscreen.report import files
from thbscreen.report.files import Written

Facts = dict[str, Any]
RESULT = "evaluation.json"
_GROUPS: dict[str, Any] = {
    "world": pl.String, "group_id": pl.String, "kind": pl.String, "scenario": pl.String,
    "typology": pl.String,
    "ops": pl.List(pl.String), "strength": pl.Int64, "visibility": pl.String, "expected": pl.String,
    "network": pl.Boolean, "outcome": pl.String, "network_id": pl.String, "joined": pl.Int64,
    "visible_core": pl.Int64, "alerted": pl.Boolean, "networked": pl.Boolean, "score": pl.Float64,
    "days": pl.Float64,
}  # fmt: skip
_MEMBERS: dict[str, Any] = {
    "world": pl.String, "group_id": pl.String, "party_id": pl.String, "role": pl.String,
    "expected_role": pl.String, "core": pl.Boolean, "visible": pl.Boolean, "label": pl.String,
    "shown_role": pl.String, "alert_id": pl.String, "networks": pl.List(pl.String),
}  # fmt: skip
_ALERTS: dict[str, Any] = {
    "world": pl.String, "rank": pl.Int64, "alert_id": pl.String, "subject_id": pl.String, "label": pl.String,
    "groups": pl.List(pl.String), "twins": pl.List(pl.String), "score": pl.Float64, "typology": pl.String,
}  # fmt: skip


def write_evaluation(facts: Facts, worlds: Sequence[World], out: Path, *, force: bool = False) -> None:
    """Writes evaluation.json and .md, plots, and tables of groups, members and alerts.

    Raises:
        UsageError: the folder exists and may not be replaced.
        OutputError: it cannot be written.
    """
    with Staging(out, force=force, marker=RESULT) as staging:  # never a run or a truth, which it reads
        folder = staging.path
        (folder / "plots" / "lines").mkdir(parents=True)
        _text(folder / RESULT, as_json(facts))
        _text(folder / "evaluation.md", markdown(blocks(facts), first=facts["what_this_does_not_show"]))
        for name, drawing in plots(facts).items():
            _text(folder / "plots" / name, drawing)
        frames = {"groups": _groups(worlds), "members": _members(worlds), "alerts": _alerts(worlds)}
        for name, frame in frames.items():
            files.write_parquet(frame, folder / f"{name}.parquet")
        written = [Written(p.relative_to(folder).as_posix(), None) for p in folder.rglob("*") if p.is_file()]
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "what": "evaluation",
            "outputs": files.described(folder, written),
        }
        files.write_json(manifest, folder / MANIFEST)


def as_json(facts: Facts) -> str:
    """Gives evaluation.json; what it does not show stands first, so keys are not sorted."""
    return json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def read_evaluation(path: Path) -> Facts:
    """Reads evaluation.json, or a folder that holds one.

    Raises:
        DataError: there is none, it cannot be read, or it is of another version.
    """
    file = path / RESULT if path.is_dir() else path
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(f"{file.name} cannot be read", hint="give what thbscreen evaluate wrote") from None
    if not isinstance(facts, dict) or facts.get("schema_version") != SCHEMA_VERSION:
        raise DataError(f"{file.name} is no evaluation of version {SCHEMA_VERSION}", hint="evaluate again")
    return facts


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _groups(worlds: Sequence[World]) -> pl.DataFrame:
    names = (
        "group_id",
        "kind",
        "scenario",
        "typology",
        "ops",
        "strength",
        "visibility",
        "expected",
        "network",
    )
    rows = [
        {
            "world": w.name, **{n: g.row[n] for n in names}, "outcome": g.outcome, "network_id": g.best,
            "joined": g.joined, "visible_core": g.of, "alerted": g.alerted, "networked": g.networked,
            "score": g.score, "days": g.days,
        }
        for w in worlds for g in w.groups
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_GROUPS, orient="row")


def _members(worlds: Sequence[World]) -> pl.DataFrame:
    rows = []
    for w in worlds:
        best = {g.row["group_id"]: g.best for g in w.groups}
        rows += [
            {
                "world": w.name, "group_id": m.group, "party_id": m.party, "role": m.role,
                "expected_role": m.expected_role, "core": m.core, "visible": m.visible, "label": m.label,
                "shown_role": m.shown(best.get(m.group)),
                "alert_id": m.alert["alert_id"] if m.alert is not None else None,
                "networks": sorted(m.networks),
            }
            for m in w.members
        ]  # fmt: skip
    return pl.DataFrame(rows, schema=_MEMBERS, orient="row")


def _alerts(worlds: Sequence[World]) -> pl.DataFrame:
    rows = [{"world": w.name} | {n: a[n] for n in _ALERTS if n != "world"} for w in worlds for a in w.alerts]
    return pl.DataFrame(rows, schema=_ALERTS, orient="row")

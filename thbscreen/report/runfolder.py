"""Writes the run folder: tables, rejects, quality, summary, cases, and the manifest last."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

import thbscreen
from thbscreen.engine import tables
from thbscreen.errors import UsageError
from thbscreen.io.dataset import LoadReport
from thbscreen.io.digest import sha256_file
from thbscreen.io.publish import MANIFEST
from thbscreen.report import files
from thbscreen.report.casefolder import run_identity
from thbscreen.report.cases import write_cases
from thbscreen.report.files import Written
from thbscreen.report.folder import RunFolder
from thbscreen.report.html.write import REPORT, write_into
from thbscreen.report.run import Run
from thbscreen.report.summary import summary
from thbscreen.rules import bundle
from thbscreen.rules.explain import value_text
from thbscreen.rules.overrides import changes

#: Forms of the tables beside Parquet.
FORMATS = ("csv", "ndjson")


def write_run(folder: Path, run: Run, formats: Sequence[str] = (), *, mapping: Path | None = None) -> None:
    """Writes everything into an existing empty folder.

    Args:
        folder: where; publishing it is the caller's work.
        run: what was found.
        formats: further forms of every table: csv, ndjson.
        mapping: the mapping file that was used, for the manifest.

    Raises:
        UsageError: for a format that does not exist.
        OutputError: when something cannot be written.
    """
    check_formats(formats)
    written = [item for spec in tables.PUBLISHED for item in _write_table(run, spec, folder, formats)]
    rejects = run.load.rejects
    files.write_csv(rejects, folder / "rejects.csv")
    files.write_json({"load": run.load.as_dict(), **run.quality}, folder / "quality.json")
    files.write_json(summary(run), folder / "summary.json")
    written += [Written("rejects.csv", rejects.height), Written("quality.json"), Written("summary.json")]
    found = manifest(run, [], mapping)
    written += write_cases(run, folder, run_identity(found))
    write_into(RunFolder(folder, found, ZoneInfo(run.pack.profile.time_zone)))
    found["outputs"] = files.described(folder, [*written, Written(REPORT)])
    files.write_json(found, folder / MANIFEST)


def check_formats(formats: Sequence[str]) -> None:
    """Raises UsageError for a format that does not exist."""
    for name in formats:
        if name not in FORMATS:
            raise UsageError(f"there is no format '{name}'", hint="known formats: " + ", ".join(FORMATS))


def _write_table(run: Run, spec: tables.TableSpec, folder: Path, formats: Sequence[str]) -> list[Written]:
    frame = run.table(spec.name)
    writers = {"csv": files.write_csv, "ndjson": files.write_ndjson}
    files.write_parquet(frame, folder / f"{spec.name}.parquet")
    for name in formats:
        writers[name](frame, folder / f"{spec.name}.{name}")
    return [Written(f"{spec.name}.{end}", frame.height) for end in ("parquet", *dict.fromkeys(formats))]


def manifest(run: Run, outputs: list[dict[str, Any]], mapping: Path | None) -> dict[str, Any]:
    """Gives what is needed to make a run again and to check its files; no personal data.

    The run's start and end are here and nowhere else.
    """
    pack, load = run.pack, run.load
    return {
        "schema_version": tables.SCHEMA_VERSION,
        "versions": versions(),
        "run": {"started": utc(run.started), "ended": utc(dt.datetime.now(dt.UTC))},
        "inputs": [
            {"name": f.name, "table": f.table, "sha256": f.sha256, "bytes": f.bytes, "rows": f.rows}
            for f in load.files
        ],
        "mapping": None if mapping is None else {"name": mapping.name, "sha256": sha256_file(mapping)},
        "key_check": (run.quality.get("identity") or {}).get("key_check"),
        "data_until": utc(run.as_of) if load.loaded else None,
        "rules": _rules(pack),
        "profile": {
            "name": pack.profile.name, "digest": pack.profile.digest, "time_zone": pack.profile.time_zone,
            "scoring": scoring_numbers(pack.profile.scoring), **local_changes(run),
        },
        "counts": _counts(run),
        "outputs": outputs,
        "notes": [
            "CSV files are made for spreadsheets: lists are JSON text, cells that would run as a formula "
            "begin with an apostrophe, and hidden characters are written as \\u{...}; Parquet and NDJSON "
            "hold the exact values",
        ],
    }  # fmt: skip


def versions() -> dict[str, str]:
    """Gives the versions of everything that results may depend on."""
    return {
        "thbscreen": thbscreen.__version__,
        "polars": pl.__version__,
        "numpy": metadata.version("numpy"),
        "networkx": metadata.version("networkx"),
        "tzdata": metadata.version("tzdata"),
        "python": platform.python_version(),
    }


def scoring_numbers(scoring: bundle.Scoring) -> dict[str, str]:
    """Gives the numbers of scoring as text, since JSON has no exact decimals."""
    names = (
        "alert_weight", "min_families", "half_after_days", "repeat_bonus", "max_network_nodes", "hub_degree",
    )  # fmt: skip
    return {name: str(getattr(scoring, name)) for name in names}


def local_changes(run: Run) -> dict[str, Any]:
    """Gives what the profile changes: values, rules switched on or off, lists, exclusions; with reasons."""
    profile = run.pack.profile
    overrides = {o.rule: o for o in profile.overrides}
    switched = [o for o in profile.overrides if o.enabled is not None]
    return {
        "values": [
            {
                "rule": c.rule, "parameter": c.parameter, "value": value_text(c.value),
                "default": value_text(c.default), "effect": c.effect, **_why(overrides[c.rule]),
            }
            for c in changes(run.pack)
        ],
        "switched": [{"rule": o.rule, "enabled": o.enabled, **_why(o)} for o in switched],
        "lists": sorted({name for name, _ in (*profile.list_additions, *profile.list_removals)}),
        "exclusions": [
            {"name": e.exclusion, "rule": e.rule, "rows": e.rows, "expires": e.expires, "reason": e.reason}
            for e in run.excluded
        ],
    }  # fmt: skip


def _why(override: bundle.Override) -> dict[str, Any]:
    approved = override.approved
    return {
        "reason": override.reason,
        "approved": None if approved is None else
        {"by": approved.by, "on": approved.on, "review": approved.review},
    }  # fmt: skip


def _rules(pack: bundle.RulePack) -> dict[str, Any]:
    return {
        "digest": pack.digest,
        "rules": [
            {"id": r.id, "version": r.version, "status": r.status, "digest": r.digest} for r in pack.rules
        ],
        "lists": [{"name": item.name, "digest": item.digest} for item in pack.lists],
    }


def _counts(run: Run) -> dict[str, Any]:
    per_rule = run.table("hits").group_by("rule").len().sort("rule")
    return {
        "rows": row_counts(run.load),
        "hits_per_rule": dict(per_rule.iter_rows()),
        **{spec.name: run.table(spec.name).height for spec in tables.PUBLISHED},
    }  # fmt: skip


def row_counts(load: LoadReport) -> dict[str, Any]:
    """Gives rows read, loaded, rejected and skipped, by table."""
    return {
        name: {
            "read": c.read, "loaded": c.loaded, "rejected": c.rejected,
            "skipped": dict(sorted(c.skipped.items())),
        }
        for name, c in load.tables.items()
    }  # fmt: skip


def utc(moment: dt.datetime) -> str:
    """Gives a moment as ISO 8601 text that ends in Z."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")

"""One folder of one case that opens without the program: narrative, tables, drawing, manifest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.errors import OutputError
from thbscreen.io.publish import MANIFEST
from thbscreen.model import catalogue
from thbscreen.report import files
from thbscreen.report.drawing import alone
from thbscreen.report.files import Written
from thbscreen.report.sheets import write_sheets
from thbscreen.report.story import Story

#: Ids that can name a folder.
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
INTERNAL = "internal"
_KINDS = {f.name: f.kind for f in catalogue.TRANSACTIONS}
#: Scale of amounts in a workbook; no currency has more decimal places in ISO 4217 that banks book.
_PLACES = 3


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """What the folder of one case is made from.

    Attributes:
        id: of the case; names the folder.
        tables: by their name; each is a CSV file and a sheet. Text of `evidence` has its apostrophes already.
        drawing: SVG without colours, see `thbscreen.report.drawing`.
        workbook: name of the workbook.
    """

    id: str
    story: Story
    tables: Mapping[str, pl.DataFrame]
    drawing: str
    workbook: str = "evidence"


def write_case(
    case: CaseFiles, cases: Path, identity: Mapping[str, Any], level: str = INTERNAL
) -> list[Written]:
    """Writes `<cases>/<id>/`, the manifest last.

    Args:
        case: the case.
        cases: folder in which to make the folder of the case.
        identity: of the run, see `run_identity`; nothing that depends on the clock.
        level: of redaction.

    Returns:
        The files, by their path inside `cases`.

    Raises:
        OutputError: the id cannot name a folder.
    """
    if not SAFE.fullmatch(case.id):
        raise OutputError("a case has an id that cannot name a folder", hint="this is a bug")
    place = cases / case.id
    place.mkdir(parents=True, mode=0o700)
    written = []
    for name, table in case.tables.items():
        files.write_csv(table, place / f"{name}.csv", neutral_already=name == "evidence")
        written.append(Written(f"{name}.csv", table.height))
    sheets = {name: typed(table) if name == "evidence" else table for name, table in case.tables.items()}
    workbook = f"{case.workbook}.xlsx"
    write_sheets(sheets, place / workbook, neutral_already=["evidence"])
    texts = {
        "drawing.svg": alone(case.drawing), "narrative.txt": case.story.text(),
        "narrative.md": case.story.markdown(),
    }  # fmt: skip
    beside = sorted([*(w.path for w in written), *texts, workbook])
    texts["narrative.html"] = case.story.html(case.drawing, beside)
    for name, text in texts.items():
        (place / name).write_text(text, encoding="utf-8", newline="\n")
    written += [Written(workbook), *map(Written, texts)]
    facts = {
        "case": case.id,
        "level": level,
        "run": dict(identity),
        "outputs": files.described(place, written),
    }
    files.write_json(facts, place / MANIFEST)
    return [Written(f"{case.id}/{w.path}", w.rows) for w in (*written, Written(MANIFEST))]


def run_identity(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Gives which run a case is of, from the run's manifest: program, rules, profile, end of the data."""
    profile = manifest["profile"]
    return {
        "thbscreen": manifest["versions"]["thbscreen"], "rules": manifest["rules"]["digest"],
        "profile": {"name": profile["name"], "digest": profile["digest"]},
        "data_until": manifest["data_until"],
    }  # fmt: skip


def typed(evidence: pl.DataFrame) -> pl.DataFrame:
    """Gives movements with amounts as decimals and times as times, for a workbook."""
    out = []
    for name, held in evidence.schema.items():
        value, kind = pl.col(name), _KINDS.get(name)
        if held != pl.String:
            continue
        if kind == "money":
            out.append(value.str.to_decimal(scale=_PLACES))
        elif name == "booking_local":
            out.append(value.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False))
        elif kind == "time":
            out.append(value.str.to_datetime(files.TIME, strict=False))
        elif kind == "date":
            out.append(value.str.to_date("%Y-%m-%d", strict=False))
        elif kind == "whole":
            out.append(value.cast(pl.Int64, strict=False))
        elif kind == "flag":
            out.append(
                value.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
            )
    return evidence.with_columns(out)

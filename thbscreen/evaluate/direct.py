"""A run that was never written, read as if it were a folder: for measurements that need the tables alone."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

from thbscreen.engine import tables
from thbscreen.io.publish import MANIFEST
from thbscreen.report import files
from thbscreen.report.folder import RunFolder
from thbscreen.report.run import Run
from thbscreen.report.runfolder import manifest


def in_memory(run: Run, name: str) -> RunFolder:
    """Gives a finished run as a run folder of some name that is on no disk."""
    found = {spec.name: run.table(spec.name) for spec in tables.PUBLISHED}
    told = json.loads(json.dumps(manifest(run, [], None), default=str))
    return RunFolder(Path(name), told, ZoneInfo(run.pack.profile.time_zone), found)


def write_tables(folder: RunFolder, out: Path) -> None:
    """Writes tables and manifest alone, so that the run can be evaluated again; no report and no cases.

    Raises:
        OSError: something cannot be written.
    """
    out.mkdir(parents=True)
    for spec in tables.PUBLISHED:
        files.write_parquet(folder.table(spec.name), out / f"{spec.name}.parquet")
    files.write_json(folder.manifest, out / MANIFEST)

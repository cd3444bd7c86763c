"""Reading a run folder that a scan has written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from thbscreen.engine import tables
from thbscreen.errors import DataError
from thbscreen.io.digest import sha256_file
from thbscreen.io.publish import MANIFEST

Row = dict[str, Any]
_SPECS = {spec.name: spec for spec in tables.PUBLISHED}
_SCAN = "give the folder that thbscreen scan made with --out"


@dataclass(frozen=True)
class RunFolder:
    """A run folder.

    Attributes:
        path: where it lies.
        manifest: what is in its manifest.json.
        zone: people's clock of that run.
    """

    path: Path
    manifest: dict[str, Any]
    zone: ZoneInfo
    _tables: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.name or str(self.path)

    def table(self, name: str) -> pl.DataFrame:
        """Gives a published table, with the columns of `thbscreen.engine.tables`.

        Raises:
            DataError: the table is missing, changed since the scan, cannot be read or has other columns.
        """
        if name not in self._tables:
            self._tables[name] = self._read(_SPECS[name])
        return self._tables[name]

    def _read(self, spec: tables.TableSpec) -> pl.DataFrame:
        file = unchanged(self, f"{spec.name}.parquet") or self.path / f"{spec.name}.parquet"
        place = f"{self.name}/{file.name}"
        if not file.is_file():
            raise DataError(f"{place}: the run folder has no such table", hint=_SCAN)
        try:
            frame = pl.read_parquet(file, hive_partitioning=False)
            return frame.select(pl.col(c).cast(t) for c, t in spec.schema.items())
        except pl.exceptions.ColumnNotFoundError:
            raise DataError(f"{place}: columns of the table are missing", hint="scan again") from None
        except (pl.exceptions.PolarsError, OSError):
            raise DataError(f"{place}: the table cannot be read", hint="scan again") from None


def unchanged(folder: RunFolder, name: str) -> Path | None:
    """Gives the path of a file that the manifest lists, or nothing where it lists none of that name.

    Raises:
        DataError: the file has gone, or has another hash than the manifest says.
    """
    outputs = folder.manifest.get("outputs")
    known = {item.get("file"): item.get("sha256") for item in outputs or () if isinstance(item, dict)}
    if name not in known:
        return None
    file = folder.path / name
    if not file.is_file() or sha256_file(file) != known[name]:
        raise DataError(
            f"{folder.name}/{name} is not the file that the scan wrote",
            hint="somebody has changed it since; scan again",
        )
    return file


def open_folder(path: Path) -> RunFolder:
    """Opens a run folder.

    Raises:
        DataError: there is no such folder, it is none that a scan made, or one of another version.
    """
    name = path.name or str(path)
    if not path.is_dir():
        raise DataError(f"{name}: there is no such folder", hint=_SCAN)
    if not (path / MANIFEST).is_file():
        raise DataError(f"{name} is not a run folder: it has no {MANIFEST}", hint=_SCAN)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict):
        raise DataError(f"{name}/{MANIFEST} cannot be read", hint="scan again")
    if manifest.get("what") == "evaluation":
        raise DataError(f"{name} is an evaluation, not a run folder", hint=_SCAN)
    version = manifest.get("schema_version")
    if version != tables.SCHEMA_VERSION:
        raise DataError(
            f"{name} has version {version} of the run folder's tables; this program reads version "
            f"{tables.SCHEMA_VERSION}",
            hint="scan the data again with this program, or read the folder with the one that made it",
        )
    try:
        zone = ZoneInfo(manifest["profile"]["time_zone"])
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError, OSError):
        raise DataError(f"{name}/{MANIFEST} names no time zone", hint="scan again") from None
    return RunFolder(path, manifest, zone)

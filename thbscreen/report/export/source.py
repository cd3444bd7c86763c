"""Files of a run folder, as long as they are those that the scan wrote."""

from __future__ import annotations

from pathlib import Path

from thbscreen.errors import DataError
from thbscreen.io.digest import sha256_file
from thbscreen.report.folder import RunFolder


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

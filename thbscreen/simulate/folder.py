"""Writes a world: data that banks would hand over, and the truth beside them, never among them."""

from __future__ import annotations

from pathlib import Path

from thbscreen.io.publish import Staging
from thbscreen.simulate.exports.profiles import write_profile
from thbscreen.simulate.truth_tables import write_manifest, write_truth
from thbscreen.simulate.view import write_clean
from thbscreen.simulate.worlds import Made

#: A folder without this file is no world, and is never replaced.
MARKER = "truth/manifest.json"


def write_world(made: Made, out: Path, *, force: bool = False) -> Path:
    """Writes `out/data`, `out/truth` and, for further profiles, `out/exports`: all of it or nothing.

    Args:
        made: the world.
        out: folder to make; its parent must exist.
        force: replace an earlier world at `out`.

    Raises:
        UsageError: the folder exists and may not be replaced.
        OutputError: something cannot be written.
    """
    with Staging(out, force=force, marker=MARKER) as staging:
        for name in ("data", "truth"):
            (staging.path / name).mkdir()
        write_clean(made.view, staging.path / "data")
        exports = {}
        for name in made.settings.profiles:
            if name != "clean":
                folder = staging.path / "exports" / name
                folder.mkdir(parents=True)
                exports[name] = write_profile(made.view, made.settings, name, folder)
        write_truth(made, staging.path / "truth")
        write_manifest(made, staging.path, exports)
    return out

"""Writes a world: data that banks would hand over, and the truth beside them, never among them."""

from __future__ import annotations

from pathlib import Path

from thbscreen.io.publish import Staging
from thbscreen.simulate.exports.profiles import write_profile
from thbscreen.simulate.settings import Settings
from thbscreen.simulate.truth_tables import write_manifest, write_truth
from thbscreen.simulate.view import write_clean
from thbscreen.simulate.worlds import Made, make_world

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
        _fill(staging.path, made)
    return out


def make_folder(settings: Settings, out: Path, *, force: bool = False) -> Made:
    """Makes a world and writes it; a folder that may not be written is refused before any work.

    Args:
        settings: what the world is made from.
        out: folder to make; its parent must exist.
        force: replace an earlier world at `out`.

    Raises:
        UsageError: the folder exists and may not be replaced, or no world can have these settings.
        OutputError: something cannot be written.
    """
    with Staging(out, force=force, marker=MARKER) as staging:
        made = make_world(settings)
        _fill(staging.path, made)
    return made


def _fill(folder: Path, made: Made) -> None:
    for name in ("data", "truth"):
        (folder / name).mkdir()
    write_clean(made.view, folder / "data")
    exports = {}
    for name in made.settings.profiles:
        if name != "clean":
            place = folder / "exports" / name
            place.mkdir(parents=True)
            exports[name] = write_profile(made.view, made.settings, name, place)
    write_truth(made, folder / "truth")
    write_manifest(made, folder, exports)

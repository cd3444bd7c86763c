"""Writes the report, whole or not at all, into a run folder or elsewhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

from thbscreen.errors import OutputError, UsageError
from thbscreen.io.digest import sha256_file
from thbscreen.io.publish import MANIFEST
from thbscreen.report.export.output import whole_file
from thbscreen.report.folder import RunFolder, open_folder
from thbscreen.report.html.document import page
from thbscreen.report.html.facts import facts
from thbscreen.report.html.texts import texts

REPORT = "report.html"


def write_report(folder: Path, out: Path | None = None, *, language: str = "en", force: bool = False) -> Path:
    """Makes the report of a run folder anew.

    Args:
        folder: the run folder.
        out: file to make; by default `report.html` in the run folder, which is replaced, and whose hash in
            the manifest is renewed when its bytes have changed.
        language: of the page's own texts.
        force: replace a file at `out`.

    Returns:
        The file that was made.

    Raises:
        UsageError: there is no such language, or a file at `out` may not be replaced.
        DataError: the run folder cannot be read.
        OutputError: the file cannot be written.
    """
    words = texts(language)
    run = open_folder(folder)
    inside = out is None or out.absolute() == (folder / REPORT).absolute()
    target = folder / REPORT if out is None or inside else out
    if not inside and (target.name == MANIFEST or _within(target, folder)):
        raise UsageError(
            f"{target.name} would lie among the files of the run",
            hint="choose a place outside the run folder",
        )
    index, blocks = facts(run, beside=inside)
    with whole_file(target, force=force or inside) as stream:
        for piece in page(index, blocks, words, language):
            stream.write(piece)
    if inside:
        _renew(folder, run)
    return target


def write_into(run: RunFolder) -> None:
    """Writes `report.html` into a run folder that is being made; publishing it is the caller's work.

    Raises:
        OutputError: it cannot be written.
    """
    index, blocks = facts(run, beside=True)
    with (run.path / REPORT).open("w", encoding="utf-8", newline="") as stream:
        for piece in page(index, blocks, texts("en"), "en"):
            stream.write(piece)


def _within(target: Path, folder: Path) -> bool:
    return folder.resolve() in target.resolve().parents


def _renew(folder: Path, run: RunFolder) -> None:
    """Puts the hash of a changed report into the manifest, whole or not at all."""
    file = folder / REPORT
    entry = {"bytes": file.stat().st_size, "file": REPORT, "rows": None, "sha256": sha256_file(file)}
    outputs = [o for o in run.manifest.get("outputs") or () if o.get("file") != REPORT]
    if entry in (run.manifest.get("outputs") or ()):
        return
    manifest = run.manifest | {"outputs": sorted([*outputs, entry], key=lambda o: str(o["file"]))}
    part = folder / f".tmp-{MANIFEST}-{os.getpid()}"
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(folder / MANIFEST)
    except OSError as error:
        raise OutputError(
            f"{MANIFEST}: cannot be written ({error.strerror})",
            hint="the report is there, but the manifest still has the hash of the one before; make it again",
        ) from None
    finally:
        part.unlink(missing_ok=True)

"""Hand-over of a run's networks to the tools that analysts use: graph files, entities, import tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import thbscreen
from thbscreen.errors import UsageError
from thbscreen.io.digest import sha256_file
from thbscreen.io.publish import MANIFEST
from thbscreen.report.export.ftm import write_ftm
from thbscreen.report.export.gexf import write_gexf
from thbscreen.report.export.graphml import write_graphml
from thbscreen.report.export.handover import Handover, read_handover
from thbscreen.report.export.i2 import write_i2
from thbscreen.report.export.neo4j import write_neo4j
from thbscreen.report.export.output import check_apart, whole_file, whole_folder
from thbscreen.report.export.texts import CAUTION, HANDLE, NAMESPACE
from thbscreen.report.folder import open_folder

#: Forms that are one file, and forms that are a folder.
FILES: dict[str, Callable[[Handover, TextIO], None]] = {
    "graphml": write_graphml,
    "gexf": write_gexf,
    "ftm": write_ftm,
}
FOLDERS: dict[str, Callable[[Handover, Path], Mapping[str, int | None]]] = {
    "i2": write_i2,
    "neo4j": write_neo4j,
}
_README = f"""\
{CAUTION}

Some members have `{HANDLE.partition(".")[0].lower()}` in their row. {HANDLE}
Who passes these files on passes this on, too.

A cell that a spreadsheet would run as a formula begins with an apostrophe; hidden characters are written as
\\u{{1b}}. Exact values are in the run folder from which this was made.
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was handed over: counts, no ids."""

    networks: int
    members: int
    possible_victims: int
    payments: int
    other_links: int


def export(
    run: Path,
    form: str,
    out: Path,
    *,
    networks: Sequence[str] = (),
    namespace: str = NAMESPACE,
    force: bool = False,
) -> Exported:
    """Writes the suspected networks of a run folder for another tool.

    Args:
        run: folder that a scan made.
        form: graphml, gexf or ftm (one file); i2 or neo4j (a folder).
        out: file or folder to make; it appears whole or not at all.
        networks: ids of the networks wanted; all when empty.
        namespace: part of every id, for example the institution's name; equal names give equal ids.
        force: replace an earlier export.

    Raises:
        UsageError: form or network does not exist, or `out` may not be written.
        DataError: the run folder cannot be read.
        OutputError: when something cannot be written.
    """
    if form not in FILES and form not in FOLDERS:
        raise UsageError(f"there is no form '{form}'", hint="known forms: " + ", ".join([*FILES, *FOLDERS]))
    folder = open_folder(run)
    check_apart(out, run)
    handover = read_handover(folder, networks, namespace)
    if form in FILES:
        with whole_file(out, force=force) as stream:
            FILES[form](handover, stream)
    else:
        with whole_folder(out, force=force) as place:
            rows = FOLDERS[form](handover, place)
            (place / "README.txt").write_text(_README, encoding="utf-8", newline="\n")
            _write_manifest(handover, form, place, {**rows, "README.txt": None})
    return Exported(
        networks=handover.networks.height,
        members=handover.members.height,
        possible_victims=handover.victims,
        payments=handover.payments.height,
        other_links=int((handover.links["kind"] != "payment").sum()),
    )


def _write_manifest(handover: Handover, form: str, place: Path, rows: Mapping[str, int | None]) -> None:
    """Says what the folder is, from which run it comes, and the hash of each file."""
    facts = {
        "export": form,
        "version": thbscreen.__version__,
        "run_manifest_sha256": handover.digest,
        "namespace": handover.namespace,
        "networks": handover.networks["network_id"].to_list(),
        "outputs": [
            {"file": name, "sha256": sha256_file(place / name), "rows": n} for name, n in sorted(rows.items())
        ],
    }
    text = json.dumps(facts, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (place / MANIFEST).write_text(text, encoding="utf-8", newline="\n")

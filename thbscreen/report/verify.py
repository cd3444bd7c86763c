"""Verifying: does a result folder still hold what its manifest says, and does the work give it again?

Hashes prove that nothing changed since the manifest was written; they do not prove who wrote it. So the
manifest's own hash is told, to be held against one that was noted elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import polars as pl

from thbscreen.errors import DataError
from thbscreen.io.digest import sha256_file
from thbscreen.io.files import list_inputs
from thbscreen.io.publish import MANIFEST

if TYPE_CHECKING:
    from thbscreen.rules.bundle import WordList

#: Kinds of result folders by a key of their manifests, the first that fits.
KINDS = (
    ("convert", "converted folder"),
    ("handover", "hand-over"),
    ("export", "export"),
    ("data_until", "run folder"),
    ("case", "folder of one case"),
)
RUN, CONVERTED = "run folder", "converted folder"
#: What became of one file when the work was done again.
SAME, ROWS, DIFFERS = "byte for byte", "the same rows in other bytes", "differs"
_NOTE = "give the folder that scan, convert or handover made"


@dataclass(slots=True)
class Files:
    """Listed files of a folder held against their hashes; names inside the folder."""

    listed: int = 0
    differ: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """True when every listed file is there unchanged and nothing else is."""
        return not (self.differ or self.missing or self.extra)


@dataclass(slots=True)
class Again:
    """Files of the work done again held against those of the folder: name to SAME, ROWS or DIFFERS."""

    files: dict[str, str] = field(default_factory=dict)

    def of(self, state: str) -> list[str]:
        """Gives the names of one state."""
        return [name for name, found in self.files.items() if found == state]


@dataclass(slots=True)
class Verified:
    """What was checked, and what could not be.

    Attributes:
        kind: what the folder is.
        manifest_sha256: hash of the manifest itself.
        made_with: version of the program that made it; empty where it does not say.
        files: the folder's own files.
        inputs: recorded inputs: name to `as recorded`, `differs` or `absent`.
        again: the work done again; None when it was not.
        unchecked: sentences about what could not be checked, and why.
    """

    kind: str
    manifest_sha256: str
    made_with: str
    files: Files
    inputs: dict[str, str] = field(default_factory=dict)
    again: Again | None = None
    unchecked: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """True when nothing that was checked differs."""
        redone = self.again is None or not self.again.of(DIFFERS)
        return self.files.whole and redone and "differs" not in self.inputs.values()

    def as_dict(self) -> dict[str, Any]:
        """Gives it as plain data."""
        return {
            "kind": self.kind, "holds": self.holds, "manifest_sha256": self.manifest_sha256,
            "made_with": self.made_with,
            "files": {
                "listed": self.files.listed, "differ": self.files.differ, "missing": self.files.missing,
                "extra": self.files.extra,
            },
            "inputs": self.inputs,
            "again": None if self.again is None else self.again.files,
            "not_checked": self.unchecked,
        }  # fmt: skip


def read_manifest(folder: Path) -> dict[str, Any]:
    """Gives the manifest of a result folder.

    Raises:
        DataError: there is no such folder, it has no manifest, or the manifest cannot be read.
    """
    name = folder.name or str(folder)
    if not folder.is_dir():
        raise DataError(f"{name}: there is no such folder", hint=_NOTE)
    if not (folder / MANIFEST).is_file():
        raise DataError(f"{name} is not a result folder: it has no {MANIFEST}", hint=_NOTE)
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or _listed(facts) is None:
        raise DataError(f"{name}/{MANIFEST} cannot be read, or lists no files", hint=_NOTE)
    return facts


def checked(folder: Path, facts: Mapping[str, Any]) -> Verified:
    """Holds every file of a folder against the hash that its manifest lists.

    Raises:
        DataError: a file cannot be read.
    """
    listed = _listed(facts) or {}
    out = Files(listed=len(listed))
    for name, digest in sorted(listed.items()):
        path = folder / name
        if path.is_symlink() or not path.is_file():
            out.missing.append(name)
        elif sha256_file(path) != digest:
            out.differ.append(name)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in listed and name != MANIFEST and (path.is_symlink() or not path.is_dir()):
            out.extra.append(name)
    kind = next((told for key, told in KINDS if key in facts), "result folder")
    versions = facts.get("versions")
    made = str(versions.get("thbscreen", "")) if isinstance(versions, Mapping) else ""
    return Verified(kind, sha256_file(folder / MANIFEST), made, out)


def _listed(facts: Mapping[str, Any]) -> dict[str, str] | None:
    """Gives names and hashes; None when the list is none, or a name would leave the folder."""
    outputs = facts.get("outputs")
    if not isinstance(outputs, list):
        return None
    out: dict[str, str] = {}
    for item in outputs:
        if not isinstance(item, dict) or not all(isinstance(item.get(k), str) for k in ("file", "sha256")):
            return None
        name = PurePosixPath(item["file"])
        if name.is_absolute() or ".." in name.parts or not name.parts:
            return None
        out[item["file"]] = item["sha256"]
    return out


# --- inputs ---------------------------------------------------------------------------------------------


def recorded_inputs(facts: Mapping[str, Any]) -> dict[str, str]:
    """Gives name and hash of the inputs that a manifest records."""
    items = facts.get("inputs")
    found = [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []
    return {str(i.get("name")): str(i.get("sha256")) for i in found}


def check_inputs(
    recorded: Mapping[str, str], given: Sequence[Path], *, by_content: bool = False
) -> dict[str, str]:
    """Holds given files and folders against the recorded hashes.

    Args:
        recorded: hashes by name.
        given: files and folders.
        by_content: names are recorded as digests, so that only contents can be looked for.

    Raises:
        DataError: something given is not there or cannot be read.
    """
    found, _ = list_inputs(given)
    if by_content:
        held = {sha256_file(file.path) for file in found}
        return {name: "as recorded" if digest in held else "absent" for name, digest in recorded.items()}
    paths = {file.name: file.path for file in found}
    out = {}
    for name, digest in recorded.items():
        if name not in paths:
            out[name] = "absent"
        else:
            out[name] = "as recorded" if sha256_file(paths[name]) == digest else "differs"
    return out


def beside(recorded: Iterable[str], places: Iterable[Path]) -> list[Path]:
    """Gives the recorded inputs from the first place that holds all of them; none where none does."""
    names = list(recorded)
    for place in places:
        found = [place / name for name in names]
        if found and all(path.is_file() for path in found):
            return found
    return []


# --- keys -----------------------------------------------------------------------------------------------


def under_key(facts: Mapping[str, Any], folder: Path | None = None) -> str | None:
    """Gives what shows which key the work was done with; None when it was done without.

    Args:
        facts: the manifest.
        folder: where quality.json says it for manifests that do not.
    """
    how = facts.get("convert")
    hidden = how.get("pseudonyms") if isinstance(how, Mapping) else None
    found = hidden.get("key_check") if isinstance(hidden, Mapping) else facts.get("key_check")
    if found is None and folder is not None and not isinstance(how, Mapping):
        try:
            told = json.loads((folder / "quality.json").read_text(encoding="utf-8"))
            found = told["identity"]["key_check"]
        except (OSError, ValueError, RecursionError, KeyError, TypeError):
            found = None
    return str(found) if found else None


def locked_lists(folder: Path, lists: Iterable[WordList]) -> str:
    """Says which hashed lists were open in the run and are not here; empty when none is.

    A rule of a list that nobody could open says so in the run's table of readiness.
    """
    locked = {x.name: x.lacking for x in lists if x.lacking.startswith(f"the list {x.name} is hashed")}
    if not locked:
        return ""
    try:
        said = pl.read_parquet(folder / "readiness.parquet", columns=["reason"])["reason"].drop_nulls()
    except (pl.exceptions.PolarsError, OSError):
        return ""
    reasons = "\n".join(said.to_list())
    opened = [why for name, why in sorted(locked.items()) if f"the list {name} is hashed" not in reasons]
    return "; ".join(opened) + (" (lists_key in the profile says where the key is)" if opened else "")


# --- the work again -------------------------------------------------------------------------------------


def compared(folder: Path, again: Path) -> Again:
    """Holds files that were made again against those of the folder; manifests hold times and are left out.

    A table whose bytes differ is compared by its rows: another version of the library of tables writes other
    bytes for equal rows.
    """
    names = {
        p.relative_to(root).as_posix()
        for root in (folder, again)
        for p in root.rglob("*")
        if p.is_file() and p != root / MANIFEST
    }
    out = Again()
    for name in sorted(names):
        one, other = folder / name, again / name
        if not (one.is_file() and other.is_file()):
            out.files[name] = DIFFERS
        elif sha256_file(one) == sha256_file(other):
            out.files[name] = SAME
        else:
            out.files[name] = ROWS if name.endswith(".parquet") and _same_rows(one, other) else DIFFERS
    return out


def _same_rows(one: Path, other: Path) -> bool:
    try:
        frames = [pl.read_parquet(path, glob=False, hive_partitioning=False) for path in (one, other)]
    except (pl.exceptions.PolarsError, OSError):
        return False
    return frames[0].schema == frames[1].schema and frames[0].equals(frames[1])


#: Does the work again from inputs into a folder that does not exist yet.
Redo = Callable[[Sequence[Path], Path], None]

"""Which file belongs to which table: by canonical name, or by the mapping."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.files import reading
from thbscreen.io.recognise import HEAD_BYTES, MESSAGES, not_read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thbscreen.io.files import InputFile
    from thbscreen.io.mapping import Mapping

_SIDE_TABLES = ("accounts", "parties", "account_parties")


@dataclass(slots=True)
class Selected:
    """Files by table, and the names that were left alone."""

    files: dict[str, list[InputFile]] = field(
        default_factory=lambda: {t: [] for t in ("transactions", *_SIDE_TABLES)}
    )
    ignored: list[str] = field(default_factory=list)


def select_files(files: Sequence[InputFile], ignored: Sequence[str], mapping: Mapping | None) -> Selected:
    """Sorts files into tables.

    Raises:
        DataError: D004, D006, D026 or D048.
    """
    out = Selected(ignored=list(ignored))
    if any(f.kind == "goaml" for f in files):
        _reports(files, out)
        return out
    if any(f.kind in MESSAGES for f in files):
        _messages(files, out)
        return out
    if mapping is not None and not mapping.single:
        _by_mapping(files, mapping, out)
    else:
        _by_name(files, mapping, out)
    if not out.files["transactions"]:
        _named(files)
        raise data_error(
            "D004",
            "no transactions file was found",
            hint="name it transactions.csv (or .tsv, .parquet, .ndjson), or declare it in a mapping"
            + ("; folders inside a folder are not read: give them" if _has_folders(ignored) else ""),
        )
    _no_twins(out)
    return out


def _named(files: Sequence[InputFile]) -> None:
    """Refuses a file that is known and not read by what it is."""
    for file in files:
        with reading(file.name), file.path.open("rb") as stream:
            known = not_read(stream.read(HEAD_BYTES)) if not file.packed else None
        if known is not None:
            raise data_error(
                "D005", f"a file of the kind {known[0].upper()} is not read", file=file.name, hint=known[1]
            )


def _has_folders(ignored: Sequence[str]) -> bool:
    return any(name.endswith("/") for name in ignored)


def _reports(files: Sequence[InputFile], out: Selected) -> None:
    """Gives every report to every table; other tables beside them would name things in another way."""
    for file in files:
        if file.kind in MESSAGES:
            raise data_error(
                "D026",
                "a folder holds statements or messages, and XML files that are none",
                file=next(f.name for f in files if f.kind == "goaml"),
                hint="scan goAML reports alone, and take other XML files out of the folder",
            )
        if file.kind == "goaml":
            for table in out.files:
                out.files[table].append(file)
        elif _stem(file) in {*_SIDE_TABLES, "transactions"}:
            raise data_error(
                "D026",
                "a folder holds goAML reports and a table of its own",
                file=file.name,
                hint="scan the reports alone, and the tables alone",
            )
        else:
            out.ignored.append(file.name)


def _messages(files: Sequence[InputFile], out: Selected) -> None:
    """Gives statements and messages to every table for which there is no file of its own."""
    messages = [file for file in files if file.kind in MESSAGES]
    for file in files:
        stem = _stem(file)
        if file.kind in MESSAGES:
            continue
        if stem.startswith("transactions") and (file.kind or file.packed):
            raise data_error(
                "D026",
                "a folder holds statements or messages, and a table of movements",
                file=file.name,
                hint="scan the statements alone, and the table alone",
            )
        if stem in _SIDE_TABLES:
            out.files[stem].append(file)
        else:
            out.ignored.append(file.name)
    for table, found in out.files.items():
        if not found:
            out.files[table] = list(messages)
    _no_twins(Selected({table: out.files[table] for table in _SIDE_TABLES if out.files[table] != messages}))


def _by_name(files: Sequence[InputFile], mapping: Mapping | None, out: Selected) -> None:
    for file in files:
        stem = _stem(file)
        if stem in _SIDE_TABLES:
            out.files[stem].append(file)
        elif mapping is not None or (stem.startswith("transactions") and (file.kind or file.packed)):
            out.files["transactions"].append(file)
        else:
            out.ignored.append(file.name)


def _by_mapping(files: Sequence[InputFile], mapping: Mapping, out: Selected) -> None:
    used: set[str] = set()
    for table, section in mapping.sections.items():
        found = next((f for f in files if f.path.name == section.file), None)
        if found is None:
            raise data_error(
                "D048",
                f"the mapping's file for {table} is not among the inputs",
                file=section.file,
                hint="give the folder that holds it; file names must match exactly",
            )
        out.files[table].append(found)
        used.add(found.name)
    out.ignored += [f.name for f in files if f.name not in used]


def _no_twins(out: Selected) -> None:
    """Refuses what would count the same rows twice: one table in two formats."""
    for table, files in out.files.items():
        stems: dict[str, str] = {}
        for file in files:
            key = str(file.path.parent / _stem(file)) if table == "transactions" else table
            if key in stems:
                raise data_error(
                    "D026",
                    f"two files hold {table}: {stems[key]} and {file.name}",
                    file=file.name,
                    hint="keep one of them, or give files instead of the folder",
                )
            stems[key] = file.name


def _stem(file: InputFile) -> str:
    return Path(file.path.stem).stem if file.packed else file.path.stem

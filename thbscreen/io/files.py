"""Finding and opening local input files: names, kinds, compression, change detection."""

from __future__ import annotations

import gzip
import os
import re
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import polars as pl

from thbscreen.errors import ThbscreenError
from thbscreen.io.codes import data_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from thbscreen.io.limits import Limits

#: Kind of file by ending.
KINDS = {
    ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".ndjson": "ndjson", ".jsonl": "ndjson",
    ".xml": "goaml", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
_PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z")
_QUIET_ENDINGS = (".yaml", ".yml", ".md", ".json", ".lock")
_REMOTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/")


@dataclass(frozen=True, slots=True)
class InputFile:
    """One regular local file.

    Attributes:
        path: where it is.
        name: name shown in messages and in `source_file`.
        kind: csv, tsv, parquet, ndjson, goaml, or empty when the ending says nothing.
        packed: true for a compressed file.
        stamp: size, modification time and file number when it was found.
    """

    path: Path
    name: str
    kind: str
    packed: bool
    stamp: tuple[int, int, int]

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return self.stamp[0]

    def check_unchanged(self) -> None:
        """Raises DataError D023 when the file is no longer the one that was found."""
        if _stamp(self.path, self.name) != self.stamp:
            raise data_error(
                "D023",
                "the file changed while it was read",
                file=self.name,
                hint="copy it to a place where nothing writes to it, and run again",
            )


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turns every failure of a reader into a DataError that names the file and shows no data."""
    try:
        yield
    except ThbscreenError:
        raise
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        # The library's own text may hold cells of the file, so it is not repeated.
        raise data_error(
            "D021",
            "the file cannot be read as what its name says",
            file=name,
            hint="check that the export is complete; export or copy it again",
        ) from None
    except OSError as error:
        raise data_error(
            "D001", f"the file cannot be read ({error.strerror or 'input error'})", file=name
        ) from None
    except EOFError:
        raise data_error("D021", "the compressed file ends too early", file=name) from None


def is_remote(path: Path | str) -> bool:
    """True for addresses such as `https://...` or `s3://...`, also after a Path removed a slash."""
    return _REMOTE.match(str(path)) is not None


def list_inputs(inputs: Sequence[Path]) -> tuple[list[InputFile], list[str]]:
    """Lists the data files among files and folders (not below them), sorted by name per folder.

    Returns:
        The files, and names in folders that are not data and were left out with a remark.

    Raises:
        DataError: D001, D002, D003 for inputs that are missing, remote or not regular files.
    """
    found: list[Path] = []
    ignored: list[str] = []
    for item in inputs:
        if is_remote(item):
            raise data_error(
                "D002", "only local files and folders can be read", hint="download the file first"
            )
        with reading(item.name or str(item)):
            if item.is_dir():
                inside, left_out = _list_folder(item)
                found += inside
                ignored += left_out
            elif item.exists():
                found.append(item)
            else:
                raise data_error("D001", "no such file or folder", file=str(item))
    unique = list(dict.fromkeys(path.absolute() for path in found))
    names = [path.name for path in unique]
    files = [
        _input_file(path, path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}")
        for path in unique
    ]
    _no_file_twice(files)
    return files, ignored


def _no_file_twice(files: Sequence[InputFile]) -> None:
    """Refuses two names of one file, by a link: all its rows would count twice."""
    seen: dict[tuple[int, int], str] = {}
    for file in files:
        with reading(file.name):
            status = file.path.stat()
        other = seen.setdefault((status.st_dev, status.st_ino), file.name)
        if other != file.name:
            raise data_error(
                "D026",
                f"it is the same file as {other}, under another name",
                file=file.name,
                hint="give the file once",
            )


def _list_folder(folder: Path) -> tuple[list[Path], list[str]]:
    files: list[Path] = []
    ignored: list[str] = []
    inside = folder.resolve()
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.startswith(".") or path.name == "mappings" or path.name.endswith(_QUIET_ENDINGS):
            continue
        if path.is_dir():
            ignored.append(f"{shown_name(path.name)}/")
            continue
        if path.is_symlink() and path.exists() and not path.resolve().is_relative_to(inside):
            raise data_error(
                "D003",
                "a symbolic link that leads out of the folder",
                file=shown_name(path.name),
                hint="if the file is meant, give it itself, or copy it into the folder",
            )
        files.append(path)
    return files, ignored


def shown_name(name: str) -> str:
    r"""Gives a file name with what steers a terminal or is no text as `\u{1b}`: others chose the name."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in name)


def _input_file(path: Path, name: str) -> InputFile:
    name = shown_name(name)
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise data_error(
            "D001", "its name or that of its folder is not text", file=name, hint="rename it"
        ) from None
    packed = path.suffix.lower() in _PACKED
    ending = Path(path.stem).suffix.lower() if packed else path.suffix.lower()
    return InputFile(path, name, KINDS.get(ending, ""), packed, _stamp(path, name))


def _stamp(path: Path, name: str) -> tuple[int, int, int]:
    with reading(name):
        status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise data_error("D003", "not a regular file", file=name)
    return status.st_size, status.st_mtime_ns, status.st_ino


class _Counted:
    """Wraps an unpacking stream and stops when far more comes out than went in."""

    def __init__(self, stream: IO[bytes], name: str, allowed: int) -> None:
        self.stream = stream
        self.name = name
        self.left = allowed

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise data_error(
                "D007",
                "the file unpacks to more than is allowed",
                file=self.name,
                hint="unpack it yourself after checking where it comes from",
            )
        return data


@contextmanager
def open_bytes(file: InputFile, limits: Limits) -> Iterator[IO[bytes]]:
    """Opens a text file for reading bytes, unpacking gzip within the limits."""
    if file.bytes > limits.file_bytes:
        raise data_error("D007", f"the file is larger than {limits.file_bytes} bytes", file=file.name)
    with reading(file.name):
        descriptor = os.open(file.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb") as raw:
            if not file.packed:
                yield raw
                return
            allowed = min(limits.file_bytes, (file.bytes + 4096) * limits.unpack_ratio)
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast("IO[bytes]", _Counted(cast("IO[bytes]", unpacked), file.name, allowed))

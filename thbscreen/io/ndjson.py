"""NDJSON: one JSON object per line, every value as text."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.blocks import text_blocks
from thbscreen.io.codes import data_error
from thbscreen.io.raw import ROW, RawChunk, merged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from thbscreen.io.files import InputFile
    from thbscreen.io.limits import Limits

# A quoted text before a colon is a key: inside a value quote marks are escaped and do not match.
_KEY = re.compile(rb'"([^"\\]*)"\s*:')


class NdjsonSource:
    """One NDJSON file."""

    def __init__(self, file: InputFile, encoding: str, limits: Limits) -> None:
        """Collects the keys of all lines, so that no key of a later line is lost.

        Raises:
            DataError: D009, D010, D011 and those of `text_blocks`.
        """
        self._file = file
        self.encoding = encoding
        self.limits = limits
        self.names = self._keys()

    @property
    def file(self) -> InputFile:
        """The file."""
        return self._file

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Keys as written; all String."""
        return {name: pl.String() for name in self.names}

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[RawChunk]:
        """Reads the named keys, or all, in file order."""
        yield from merged(self._blocks(columns), self.limits.chunk_rows)

    def _text(self) -> Iterator[bytes]:
        return text_blocks(self.file, self.encoding, None, self.limits)

    def _keys(self) -> list[str]:
        counts: Counter[bytes] = Counter()
        lines = 0
        for block in self._text():
            found = _count_keys(block, list(counts))
            new_lines = block.count(b"\n") + (not block.endswith(b"\n"))
            # Keys inside a value may be data, so they are refused before any message could name them.
            if block.count(b"{") > new_lines and (row := _nested_line(block)) is not None:
                raise data_error(
                    "D021",
                    "a value is an object of its own; only plain values are read",
                    file=self.file.name,
                    row=lines + row,
                    hint="flatten the rows before export",
                )
            twice = next((key for key, n in found.items() if n > new_lines), None)
            if twice is not None:
                raise data_error("D011", "lines hold one of their keys twice", file=self.file.name)
            counts.update(found)
            lines += new_lines
            if len(counts) > self.limits.columns:
                raise data_error(
                    "D009", f"the file has more than {self.limits.columns} keys", file=self.file.name
                )
        if not counts:
            raise data_error("D010", "no line is a JSON object with keys", file=self.file.name)
        return [key.decode("utf-8") for key in counts]

    def _blocks(self, columns: Collection[str] | None) -> Iterator[RawChunk]:
        wanted = [n for n in self.names if columns is None or n in columns] or self.names[:1]
        done = 0
        for block in self._text():
            chunk = self._read(block, done, wanted)
            done += chunk.read
            yield chunk

    def _read(self, block: bytes, done: int, names: list[str]) -> RawChunk:
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        frame = _parse(block, names)
        if frame is not None and frame.height == lines:
            numbers = pl.int_range(done + 1, done + 1 + lines, dtype=pl.Int64, eager=True).alias(ROW)
            return RawChunk(frame.with_columns(numbers), lines)
        return self._read_by_line(block, done, names)

    def _read_by_line(self, block: bytes, done: int, names: list[str]) -> RawChunk:
        """Finds the lines that are not objects; runs only for blocks that do not parse whole."""
        good: list[bytes] = []
        numbers: list[int] = []
        bad: list[tuple[int, str]] = []
        blank = 0
        lines = block.split(b"\n")
        cut = bool(lines[-1])
        lines = lines if cut else lines[:-1]
        for number, line in enumerate(lines, done + 1):
            if not line.strip():
                blank += 1
            elif _is_object(line):
                good.append(line)
                numbers.append(number)
            elif cut and number == done + len(lines):
                raise data_error(
                    "D019",
                    "the last line is cut",
                    file=self.file.name,
                    row=number,
                    hint="export or copy the file again",
                )
            else:
                bad.append((number, "D119"))
        frame = (
            _parse(b"\n".join(good) + b"\n", names)
            if good
            else pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        )
        if frame is None or frame.height != len(good):
            raise data_error("D021", "the lines cannot be read", file=self.file.name, row=done + 1)
        return RawChunk(frame.with_columns(pl.Series(ROW, numbers, pl.Int64)), len(lines), bad, blank)


def _count_keys(block: bytes, known: list[bytes]) -> Counter[bytes]:
    """Counts keys; when the known ones explain every quote before a colon, nothing is searched."""
    quick = Counter({key: block.count(b'"' + key + b'":') for key in known})
    if quick.total() == block.count(b'":') and b'" :' not in block:
        return quick
    return Counter(_KEY.findall(block))


def _parse(block: bytes, names: list[str]) -> pl.DataFrame | None:
    try:
        return pl.read_ndjson(block, schema=dict.fromkeys(names, pl.String))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _nested_line(block: bytes) -> int | None:
    """Gives the number, in this block, of the first line in which a value is an object."""
    for number, line in enumerate(block.split(b"\n"), 1):
        if line.count(b"{") > 1:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue  # a broken line is refused with its own reason when it is read
            if isinstance(found, dict) and any(isinstance(v, dict) for v in found.values()):
                return number
    return None


def _no_constant(_: str) -> object:
    raise ValueError


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line, parse_constant=_no_constant), dict)
    except (ValueError, RecursionError):
        return False

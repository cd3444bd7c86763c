"""Parquet: typed columns, read by slices of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.codes import data_error
from thbscreen.io.files import reading
from thbscreen.io.raw import ROW, RawChunk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from thbscreen.io.files import InputFile
    from thbscreen.io.limits import Limits


class ParquetSource:
    """One Parquet file."""

    def __init__(self, file: InputFile, limits: Limits) -> None:
        """Reads the footer.

        Raises:
            DataError: D007, D008, D009, D021.
        """
        self._file = file
        self.limits = limits
        if file.packed:
            raise data_error(
                "D006", "a compressed Parquet file cannot be read", file=file.name, hint="unpack it"
            )
        if file.bytes > limits.file_bytes:
            raise data_error("D007", f"the file is larger than {limits.file_bytes} bytes", file=file.name)
        with reading(file.name):
            self._schema = dict(self._scan().collect_schema())
            self.rows = int(self._scan().select(pl.len()).collect().item())
        if len(self._schema) > limits.columns:
            raise data_error("D009", f"the file has more than {limits.columns} columns", file=file.name)
        if self.rows > limits.rows:
            raise data_error("D008", f"the file has more than {limits.rows} rows", file=file.name)

    @property
    def file(self) -> InputFile:
        """The file."""
        return self._file

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Columns with their types in the file."""
        return self._schema

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[RawChunk]:
        """Reads the named columns, or all, in file order."""
        wanted = [n for n in self._schema if columns is None or n in columns] or list(self._schema)[:1]
        scan = self._scan().select(wanted)
        step = self.limits.chunk_rows
        for start in range(0, self.rows, step) or (0,):
            with reading(self.file.name):
                frame = scan.slice(start, step).collect()
            numbers = pl.int_range(start + 1, start + 1 + frame.height, dtype=pl.Int64, eager=True).alias(ROW)
            yield RawChunk(frame.with_columns(numbers), frame.height)

    def _scan(self) -> pl.LazyFrame:
        # The folder's name must not add or replace columns, and a file's name is not a pattern.
        return pl.scan_parquet(self.file.path, glob=False, hive_partitioning=False)

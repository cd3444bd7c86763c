"""Opens one file as raw rows, by its kind, and says where a row was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.codes import data_error
from thbscreen.io.columnar import ParquetSource
from thbscreen.io.continued import continued
from thbscreen.io.delimited import DelimitedSource, Dialect
from thbscreen.io.mapping import InputSpec
from thbscreen.io.ndjson import NdjsonSource
from thbscreen.io.raw import ROW
from thbscreen.io.workbook import XlsxSource

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from thbscreen.io.files import InputFile
    from thbscreen.io.limits import Limits
    from thbscreen.io.mapping import Section
    from thbscreen.io.raw import RawSource


def open_source(file: InputFile, section: Section | None, limits: Limits) -> RawSource:
    """Opens a file of rows.

    Args:
        file: the file.
        section: its mapping, which may say how it is written.
        limits: how much is read at most.

    Raises:
        DataError: D005, D006, and those of its kind.
    """
    spec = section.input if section is not None else None
    kind = (spec.kind if spec is not None else None) or file.kind
    if file.packed and (spec is None or not spec.gzip or file.path.suffix.lower() != ".gz"):
        raise data_error(
            "D006",
            "compressed files are not read",
            file=file.name,
            hint="unpack it, or declare input: {compression: gzip} in a mapping",
        )
    if kind == "parquet":
        return ParquetSource(file, limits)
    if kind == "ndjson":
        return NdjsonSource(file, spec.dialect.encoding if spec is not None else "utf-8", limits)
    if kind in ("csv", "tsv"):
        dialect = spec.dialect if spec is not None else Dialect(delimiter="\t" if kind == "tsv" else ",")
        return continued(DelimitedSource(file, dialect, limits), spec)
    if kind == "xlsx":
        return continued(XlsxSource(file, spec or InputSpec(), limits), spec)
    raise data_error(
        "D005",
        "the ending does not say what the file is",
        file=file.name,
        hint="csv, tsv, parquet, ndjson and xlsx are read; declare input: {kind: csv} in a mapping",
    )


def lineage(file: str, columns: Collection[str]) -> Iterator[pl.Expr]:
    """Gives source_file and source_row: the place that a converted table names, else this file and row."""
    here = (("source_file", pl.lit(file)), ("source_row", pl.col(ROW)))
    told = all(name in columns for name, _ in here)
    known = pl.all_horizontal(pl.col(name).is_not_null() for name, _ in here) if told else pl.lit(value=False)
    for name, place in here:
        yield (pl.when(known).then(pl.col(name)).otherwise(place) if told else place).alias(name)

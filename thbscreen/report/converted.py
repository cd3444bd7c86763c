"""Converting: files of any form that a scan reads become canonical tables in a folder of their own."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.errors import UsageError
from thbscreen.io.dataset import Dataset, LoadReport, open_dataset
from thbscreen.io.digest import sha256_file
from thbscreen.io.pseudonyms import Pseudonymiser
from thbscreen.io.publish import MANIFEST, Staging
from thbscreen.io.quality import quality
from thbscreen.model.catalogue import TABLES
from thbscreen.model.money import DEFAULT_EXPONENT, EXPONENTS
from thbscreen.model.progress import Progress, Silent
from thbscreen.report import files
from thbscreen.report.files import Written
from thbscreen.report.runfolder import row_counts, utc, versions
from thbscreen.report.under_key import Under, hidden_quality, hidden_rejects

#: Forms of the tables.
FORMS = ("parquet", "csv")
#: Version of the converted folder's manifest.
VERSION = 1
#: Decimals of amounts in Parquet; no currency has more.
_SCALE = 4
_DECIMAL = pl.Decimal(18, _SCALE)
#: Whose decimals an amount has, where it is not euros.
_CURRENCY_OF = {"amount": "currency", "balance_after": "currency", "orig_amount": "orig_currency"}
_KINDS = {table: {f.name: f.kind for f in fields} for table, fields in TABLES.items()}
NOTE = (
    "CSV files hold exact values for programs: cells that a spreadsheet would run as a formula are written "
    "as they are"
)

#: What every table passes through before it is written: its name and rows in, as many rows out.
Pass = Callable[[str, pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Converted:
    """What was converted: rows by table, the report of reading, and what quality.json says."""

    rows: dict[str, int]
    load: LoadReport
    quality: dict[str, Any]


def as_it_is(_: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Passes a table on unchanged."""
    return frame


def convert(
    inputs: Sequence[Path],
    out: Path,
    *,
    mapping: Path | None = None,
    to: str = "parquet",
    zone: str,
    home: str | None = None,
    force: bool = False,
    under: Under | None = None,
    progress: Progress | None = None,
) -> Converted:
    """Writes canonical tables, rejects, quality and a manifest; whole or not at all.

    Movements are read and written piece by piece. What a scan leaves out is left out here: refused rows,
    movements that are not booked or have no money, and repeats; so a scan of the folder finds what a scan of
    the files finds.

    Args:
        inputs: files or folders, as for a scan.
        out: folder to make.
        mapping: mapping file, as for a scan.
        to: form of the tables: parquet or csv.
        zone: zone of times without offset where the mapping names none.
        home: country of telephone numbers without country code, where the mapping names none.
        force: replace an earlier result folder.
        under: the key under which everything that tells who somebody is becomes a digest; None leaves all
            as it is. Then names of files are hidden, too.
        progress: told what is going on.

    Raises:
        DataError: input cannot be read or trusted.
        UsageError: there is no such form, or `out` exists.
        OutputError: something cannot be written.
    """
    if to not in FORMS:
        raise UsageError(f"there is no form '{to}'", hint="known forms: " + ", ".join(FORMS))
    progress = progress or Silent()
    started = dt.datetime.now(dt.UTC)
    dataset = open_dataset(inputs, mapping, zone=zone, home=home, key=under.key if under else None)
    dataset.checked = True  # what the checks of quality need is gathered on the way, not in one more pass
    work = Pseudonymiser(under.key, under.institution, dataset.reader, under.keep_texts) if under else None
    through = work.table if work else as_it_is
    with Staging(out, force=force) as staging:
        progress.stage("converting", None)
        written = [_movements(dataset, staging, to, through, progress)]
        for table in ("accounts", "parties", "account_parties"):
            if dataset.inputs()[table]:
                # Digests made here would look given to a later scan, which may have a key of its own.
                known = dataset.details.read if table == "parties" else getattr(dataset, table)
                frame = through(table, known)
                written.append(_write(table, frame, staging.path, to))
        load = dataset.report()
        facts = quality(dataset, load)
        rejects = load.rejects
        if work is not None:
            facts, rejects = hidden_quality(facts, work), hidden_rejects(rejects, work)
        files.write_csv(rejects, staging.path / "rejects.csv")
        files.write_json(facts, staging.path / "quality.json")
        rows = {w.path.partition(".")[0]: w.rows or 0 for w in written}
        written += [Written("rejects.csv", load.rejects.height), Written("quality.json")]
        found = _manifest(load, mapping, to, work, started)
        found["convert"] |= {"time_zone": zone, "home_country": home}
        found["convert"] |= {"pseudonyms": under.facts()} if under else {}
        found["outputs"] = files.described(staging.path, written)
        files.write_json(found, staging.path / MANIFEST)
    return Converted(rows, load, facts)


# --- movements ------------------------------------------------------------------------------------------


def _movements(dataset: Dataset, staging: Staging, to: str, through: Pass, progress: Progress) -> Written:
    """Writes the movements; pieces wait in a folder beside until it is known which rows are repeats."""
    waiting = staging.path.parent / "pieces"
    waiting.mkdir(mode=0o700)
    form = _texts if to == "csv" else _decimals
    pieces: list[Path] = []
    for chunk in dataset.chunks():
        frame = through("transactions", chunk.drop("_row"))
        pieces.append(waiting / f"{len(pieces)}.arrow")
        form("transactions", frame).with_columns(chunk["_row"]).write_ipc(pieces[-1], compression="lz4")
        progress.advance(frame.height)
    dropped = dataset.drop_rows()
    path = staging.path / f"transactions.{to}"
    rows = (_join_csv if to == "csv" else _join_parquet)(pieces, dropped, path)
    shutil.rmtree(waiting)
    return Written(path.name, rows)


def _join_csv(pieces: Sequence[Path], dropped: pl.Series, path: Path) -> int:
    rows = 0
    with path.open("wb") as stream:
        for i, piece in enumerate(pieces):
            frame = pl.read_ipc(piece)
            frame = frame.filter(~pl.col("_row").is_in(dropped.implode())).drop("_row")
            frame.write_csv(stream, include_header=i == 0, quote_style="non_numeric", line_terminator="\n")
            rows += frame.height
            piece.unlink()
    return rows


def _join_parquet(pieces: Sequence[Path], dropped: pl.Series, path: Path) -> int:
    """Joins pieces to one file; row groups have a fixed size, so equal rows are equal bytes."""
    rows = pl.scan_ipc(list(pieces))
    if len(dropped):
        rows = rows.filter(~pl.col("_row").is_in(dropped.implode()))
    rows.drop("_row").sink_parquet(
        path, compression="zstd", compression_level=3, statistics=False, row_group_size=files.ROW_GROUP,
        maintain_order=True,
    )  # fmt: skip
    return int(pl.scan_parquet(path, glob=False, hive_partitioning=False).select(pl.len()).collect().item())


# --- forms ----------------------------------------------------------------------------------------------


def _write(table: str, frame: pl.DataFrame, folder: Path, to: str) -> Written:
    path = folder / f"{table}.{to}"
    if to == "csv":
        _texts(table, frame).write_csv(path, quote_style="non_numeric", line_terminator="\n")
    else:
        files.write_parquet(_decimals(table, frame), path)
    return Written(path.name, frame.height)


def _texts(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Gives every value as text: decimals as the currency has them, times as ISO 8601 in UTC."""
    held = [n for n, t in frame.schema.items() if t == pl.String]
    if held and frame.select(pl.any_horizontal(pl.col(held).str.contains("\0", literal=True).any())).item():
        raise UsageError(
            "a text holds a NUL character, which CSV cannot hold", hint="convert with --to parquet"
        )
    out = []
    for name, kind in _KINDS[table].items():
        if name not in frame.columns:
            continue
        if kind == "money":
            out.append(_decimal_text(frame, name).alias(name))
        elif kind == "time":
            out.append(pl.col(name).dt.strftime(files.TIME).alias(name))
        elif kind == "flag":
            out.append(pl.col(name).cast(pl.String).alias(name))
    return frame.with_columns(out)


def _decimals(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Gives amounts as decimals in units of their currency; all else as it is."""
    money = [n for n, k in _KINDS[table].items() if k == "money" and n in frame.columns]
    return frame.with_columns(
        _decimal_text(frame, name).str.to_decimal(scale=_SCALE).cast(_DECIMAL).alias(name) for name in money
    )


def _decimal_text(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Writes minor units as decimal text, exactly."""
    places: pl.Expr = pl.lit(DEFAULT_EXPONENT, dtype=pl.Int64)
    currency = _CURRENCY_OF.get(name, "")
    if currency in frame.columns:
        found = {EXPONENTS.get(c, DEFAULT_EXPONENT) for c in frame[currency].unique() if c is not None}
        if found - {DEFAULT_EXPONENT}:
            places = pl.col(currency).replace_strict(
                EXPONENTS, default=DEFAULT_EXPONENT, return_dtype=pl.Int64
            )
    value = pl.col(name)
    digits = value.abs().cast(pl.String)
    short = (places + 1 - digits.str.len_bytes().cast(pl.Int64)).clip(0)
    padded = pl.concat_str(pl.lit("00000").str.slice(0, short), digits)
    cut = padded.str.len_bytes().cast(pl.Int64) - places
    point = pl.when(places > 0).then(pl.lit(".")).otherwise(pl.lit(""))
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, padded.str.slice(0, cut), point, padded.str.slice(cut))


# --- manifest -------------------------------------------------------------------------------------------


def _manifest(
    load: LoadReport, mapping: Path | None, to: str, work: Pseudonymiser | None, started: dt.datetime
) -> dict[str, Any]:
    shown = work.file if work is not None else str
    return {
        "convert": {"version": VERSION, "to": to},
        "versions": versions(),
        "run": {"started": utc(started), "ended": utc(dt.datetime.now(dt.UTC))},
        "inputs": [
            {"name": shown(f.name), "table": f.table, "sha256": f.sha256, "bytes": f.bytes, "rows": f.rows}
            for f in load.files
        ],
        "mapping": None if mapping is None else {"name": mapping.name, "sha256": sha256_file(mapping)},
        "counts": {"rows": row_counts(load)},
        "notes": [NOTE] if to == "csv" else [],
    }

"""One case after the other: damage, read, hold against the slow reading."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from tests.fuzz import oracles
from tests.fuzz.damage import Edit, applied, edits, inside_sheet, smallest
from tests.fuzz.oracles import NoOracle, Totals
from tests.fuzz.seeds import SEEDS
from thbscreen.errors import ThbscreenError
from thbscreen.io.counts import LoadReport
from thbscreen.io.dataset import open_dataset
from thbscreen.io.limits import Limits
from thbscreen.io.probe import survives

ZONE = "Asia/Nicosia"
LIMITS = Limits(reject_share=1.0, rows=100_000)
_TABLES = frozenset({"csv", "ndjson", "parquet", "xlsx"})
#: Readers of which damage can end the process.
_APART = frozenset({"parquet"})
ENDED = "refused by the probe, since reading ends the process"
REFUSED, SAME = "refused", "sum as the slow reading has it"
STATED, UNKNOWN, FAILED = "accepted with a word", "accepted, no slow reading", "FAILED"


@dataclass
class Outcome:
    """What became of the cases of one reader."""

    oracle: str
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Read:
    """What the product made of a file."""

    totals: Totals
    report: LoadReport


_KNOWN: dict[tuple[object, str], tuple[dict[bytes, LoadReport], list[str]]] = {}


def product(folder: Path) -> Read:
    """Reads a folder as a scan does."""
    dataset = open_dataset([folder], None, zone=ZONE, limits=LIMITS)
    frame = pl.concat(list(dataset.chunks()))
    frame = frame.filter(~pl.col("_row").is_in(dataset.drop_rows().implode()))
    totals = Counter(dict(frame.group_by("direction").agg(pl.col("amount").sum()).iter_rows()))
    return Read(totals, dataset.report())


def judged(reader: str, name: str, data: bytes, sound: LoadReport | None) -> tuple[str, str]:
    """Gives what became of one file, and why it failed.

    Args:
        reader: which reader it is for.
        name: its file name.
        data: its bytes.
        sound: the report on the sound file; what is said beyond it is a word on the damage.
    """
    with tempfile.TemporaryDirectory(prefix="thbscreen-fuzz-") as work:
        path = Path(work) / name
        path.write_bytes(data)
        try:
            got = product(Path(work))
        except ThbscreenError:
            return REFUSED, ""
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # what gets through is the finding
            return FAILED, f"unhandled {type(error).__name__}"
        if not got.report.tables["transactions"].adds_up:
            return FAILED, "the counts of rows do not add up"
        try:
            expected = _expected(reader, path, data, got.report)
        except NoOracle:
            return UNKNOWN, ""
        except AssertionError as error:
            return FAILED, str(error)
    if +expected == +got.totals:
        return SAME, ""
    if reader not in _TABLES and _stated(got.report, sound):
        return STATED, ""
    return FAILED, f"sums {dict(got.totals)}, the slow reading has {dict(expected)}, and nothing is said"


def _expected(reader: str, path: Path, data: bytes, report: LoadReport) -> Totals:
    if reader not in _TABLES:
        return oracles.SUMS[reader](data)
    rejected = {row for row in report.rejects["row"].to_list() if row is not None}
    if reader == "csv":
        return oracles.read_csv(data, rejected, "\t" if path.suffix == ".tsv" else ",")
    if reader == "ndjson":
        return oracles.read_ndjson(data, rejected)
    return oracles.read_parquet(path, rejected) if reader == "parquet" else oracles.read_xlsx(data, rejected)


def _stated(report: LoadReport, sound: LoadReport | None) -> bool:
    """Says whether the report has a word on what is amiss."""
    if report.rejected or report.duplicates or report.skipped or sound is None:
        return True
    summary, before = report.statements.get("summary", []), sound.statements.get("summary", [])
    return dict(report.notes) != dict(sound.notes) or summary != before


def fuzz(
    reader: str, cases: int, seed: int, *, first: int = 0, keep: Path | None = None, inside: bool = False
) -> Outcome:
    """Damages the sound files of a reader.

    Args:
        reader: key of `SEEDS`.
        cases: how many.
        seed: each case has its own chance, made from this, the reader and its number.
        first: number of the first case.
        keep: folder for the smallest failing files.
        inside: this is the process that may end.
    """
    out = Outcome(oracles.ORACLES[reader])
    if reader in _APART and not inside:
        _apart(reader, cases, seed, first, keep, out)
        return out
    sound, faults = _sound(reader)
    if not inside or first == 0:
        out.failures += faults
    for case in range(first, first + cases):
        chance = random.Random(f"{reader} {seed} {case}")  # no secret
        name, data = chance.choice(SEEDS[reader])
        packed = reader == "xlsx" and chance.random() < 0.8
        target = _sheet_of(data) if packed else data
        changes = edits(target, chance)
        state, why = judged(reader, name, _made(data, changes, packed=packed), sound[data])
        out.counts[state] += 1
        if state == FAILED:
            out.failures.append(
                _told(reader, seed, case, why, name, data, changes, sound[data], keep, packed)
            )
    return out


def _sound(reader: str) -> tuple[dict[bytes, LoadReport], list[str]]:
    """Gives the reports on the sound files, and what is wrong with the reading of these."""
    if (product, reader) not in _KNOWN:
        reports: dict[bytes, LoadReport] = {}
        faults = []
        for name, data in SEEDS[reader]:
            with tempfile.TemporaryDirectory() as work:
                (Path(work) / name).write_bytes(data)
                reports[data] = product(Path(work)).report
            state, why = judged(reader, name, data, reports[data])
            if state != SAME:
                faults.append(f"{reader}: the sound file {name} is not read: {state} {why}")
        _KNOWN[product, reader] = reports, faults
    return _KNOWN[product, reader]


def _apart(reader: str, cases: int, seed: int, first: int, keep: Path | None, out: Outcome) -> None:
    """Runs the cases in processes that may end, and asks the product's probe about those that end one."""
    case, end = first, first + cases
    while case < end:
        command = [sys.executable, "-m", "tests.fuzz.worker", reader, str(seed), str(case), str(end - case)]
        with subprocess.Popen(
            [*command, str(keep or "")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "RUST_BACKTRACE": "0"},  # faults of the library are many here, and told slowly
        ) as worker:
            assert worker.stdout is not None
            for line in worker.stdout:
                told = json.loads(line)
                out.counts.update(told["counts"])
                out.failures += told["failures"]
                case += 1
        if case < end:  # the process ended at this case
            chance = random.Random(f"{reader} {seed} {case}")  # no secret
            name, data = chance.choice(SEEDS[reader])
            with tempfile.TemporaryDirectory() as work:
                (Path(work) / name).write_bytes(applied(data, edits(data, chance)))
                caught = not survives([Path(work) / name])
            out.counts[ENDED if caught else FAILED] += 1
            out.failures += (
                [] if caught else [f"{reader} ends the process; --seed {seed} --from {case} --cases 1"]
            )
            case += 1


def _sheet_of(data: bytes) -> bytes:
    found: list[bytes] = []
    inside_sheet(data, lambda content: found.append(content) or content)
    return found[0]


def _made(data: bytes, changes: list[Edit], *, packed: bool) -> bytes:
    if packed:
        return inside_sheet(data, lambda content: applied(content, changes))
    return applied(data, changes)


def _told(
    reader: str, seed: int, case: int, why: str, name: str, data: bytes, changes: list[Edit],
    sound: LoadReport, keep: Path | None, packed: bool,
) -> str:  # fmt: skip
    def fails(some: list[Edit]) -> bool:
        return judged(reader, name, _made(data, some, packed=packed), sound) == (FAILED, why)

    less = smallest(changes, fails)
    text = f"{why}; again: --reader {reader} --seed {seed} --from {case} --cases 1; smallest: {less}"
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        made = keep / f"{reader}-{seed}-{case}{Path(name).suffix}"
        made.write_bytes(_made(data, less, packed=packed))
        text += f"; file: {made}"
    return text

"""Times one million CSV rows through a mapping, beside polars' own read of the same file.

    python benchmarks/csv_mapping.py
    python benchmarks/csv_mapping.py --rows 1000000 --runs 15 --keep /tmp/movements.csv

All run in one process with the same threads, by turns. polars' own read is
`pl.read_csv(file, separator=";")` with its default inference: nine columns of text, nothing checked. The
second own read guesses no types (`infer_schema=False`), as our reader must not.
*mapping* is rows through our reader and a mapping: exact row lengths, formats, marks and value maps, every
value checked, IBANs proved, times in UTC. *all of reading* is what a scan does before it judges: the same,
and ids compared, quality counted, the file hashed. Prints one line of JSON; each figure is the median of
the runs, ratios those of neighbours in time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import polars as pl

Timed = tuple[float, float, int]
_NAMES = ("polars", "polars as text", "mapping", "all of reading")
MAPPING = """\
mapping: 1
name: bench
input: {kind: csv, delimiter: ";", decimal: ",", thousands: "."}
defaults: {currency: EUR, timezone: Asia/Nicosia}
columns:
  tx_id: {from: Reference}
  account_id: {from: Account}
  booking_ts: {from: Booked, format: "%d/%m/%Y %H:%M"}
  amount: {from: Amount}
  direction: {from: "D/C", map: {D: debit, C: credit}}
  tx_type: {from: Kind, map: {CSH+: cash_deposit, CSH-: cash_withdrawal, CRD: card_purchase}, else: other}
  cp_iban: {from: Partner}
  cp_name: {from: Name}
  remittance_info: {from: Details}
"""


def write(path: Path, rows: int) -> None:
    """Writes movements of an invented bank, the same for the same number of rows.

    The check digits of one account in a hundred do not hold.
    """
    make = np.random.default_rng(7)
    accounts = np.array([_iban(i) for i in range(5000)])
    cents = make.integers(100, 500_000, rows)
    minutes = make.integers(20089, 20454, rows) * 1440 + make.integers(6 * 60, 22 * 60, rows)
    booked = (pl.Series(minutes) * 60_000_000).cast(pl.Datetime("us"))
    amounts = [f"{c // 100:,}".replace(",", ".") + f",{c % 100:02}" for c in cents.tolist()]
    frame = pl.DataFrame({
        "Reference": [f"T{i:08}" for i in range(rows)],
        "Account": accounts[make.integers(0, 5000, rows)],
        "Booked": booked.dt.strftime("%d/%m/%Y %H:%M"),
        "Amount": amounts,
        "D/C": np.array(["D", "C"])[make.integers(0, 2, rows)],
        "Kind": np.array(["CSH+", "CSH-", "CRD", "TRF"])[make.integers(0, 4, rows)],
        "Partner": accounts[make.integers(0, 5000, rows)],
        "Name": np.array([f"Payer {i} of the town" for i in range(5000)])[make.integers(0, 5000, rows)],
        "Details": [f"invoice {i % 9973} thank you" for i in range(rows)],
    })  # fmt: skip
    frame.write_csv(path, separator=";")


def _iban(i: int) -> str:
    bban = f"0020012800000{i:011d}"
    check = 98 - int(f"{bban}123400") % 97  # C is 12, Y is 34
    return f"CY{check if i % 100 else (check + 1) % 97:02d}{bban}"


def timed(work: Callable[[], int]) -> Timed:
    """Gives wall seconds, CPU seconds of all threads, and what the work gives."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = work()
    return time.perf_counter() - wall, time.process_time() - cpu, rows


def main() -> None:
    """Measures by turns and prints the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--keep", type=Path, help="write the file here and keep it")
    chosen = parser.parse_args()
    from thbscreen.io.dataset import open_dataset  # noqa: PLC0415  # after the arguments are known

    with tempfile.TemporaryDirectory() as folder:
        path, mapping = chosen.keep or Path(folder) / "movements.csv", Path(folder) / "mapping.yaml"
        write(path, chosen.rows)
        mapping.write_text(MAPPING, encoding="utf-8")

        def own() -> int:
            return pl.read_csv(path, separator=";").height

        def as_text() -> int:
            return pl.read_csv(path, separator=";", infer_schema=False).height

        def mapped() -> int:
            dataset = open_dataset([path], mapping, zone="Asia/Nicosia")
            return sum(frame.height for frame in dataset.mapped())

        def ours() -> int:
            dataset = open_dataset([path], mapping, zone="Asia/Nicosia")
            rows = sum(frame.height for frame in dataset.chunks())
            dataset.report()
            return rows

        runs = [(timed(own), timed(as_text), timed(mapped), timed(ours)) for _ in range(chosen.runs)]
        size = path.stat().st_size
    assert all(one[2] == chosen.rows for run in runs for one in run)
    told = {
        name: {what: _middle(run[who][i] for run in runs) for i, what in enumerate(("wall", "cpu"))}
        for who, name in enumerate(_NAMES)
    }
    print(json.dumps({
        "rows": chosen.rows, "bytes": size, "threads": pl.thread_pool_size(), **told,
        "mapping to polars": _ratio(runs, 2, 0), "all to polars": _ratio(runs, 3, 0),
        "mapping to text": _ratio(runs, 2, 1), "all to text": _ratio(runs, 3, 1),
    }))  # fmt: skip


def _middle(numbers: Iterable[float]) -> float:
    return round(statistics.median(numbers), 2)


def _ratio(runs: list[tuple[Timed, ...]], ours: int, own: int) -> dict[str, float]:
    """Gives the median over all turns of ours to own."""
    kinds = enumerate(("wall", "cpu"))
    return {what: _middle(run[ours][i] / run[own][i] for run in runs) for i, what in kinds}


if __name__ == "__main__":
    main()

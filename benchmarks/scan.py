"""Time and memory of a scan beside reading alone, hand-written SQL, naive polars and engines of the index.

    python benchmarks/scan.py --rows 1000000 10000000 --dir /tmp/bench --all [--write]

`--all` is `--engines` and `--variants`: everything side by side in one run.
`--engines` makes an environment in `--dir` with what engines-requirements.txt names and lets those engines
judge the first 100,000 rows one after the other. `--variants` scans the smallest size again with a fifth of
all rows on one account (hot), and with long texts that are all different (wide).

Data are made once per size and kept in `--dir`. Every measurement runs in a process of its own;
wall and CPU seconds are those of the work (imports left out), memory is the peak resident size of
the process and its children together. With `--write` the table goes into docs/performance.md, and plots
of growth and of the largest size into docs/performance/. Naive polars is measured up to `--naive-most`
rows only.
Needs an installed checkout with the `dev` extra.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from thbscreen import __version__

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
#: Where plots go: CPU seconds and memory over rows, and the lines of one size beside each other.
PLOTS = PAGE.with_name("performance")
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"


# --- what is measured; runs in the child ----------------------------------------------------------


def transactions(data: Path) -> Path:
    """Gives the file of movements in a folder of data."""
    return data / "transactions.parquet"


def needed_columns(data: Path) -> list[str]:
    """Gives the columns of the file that the shipped rules read, and those that every scan reads."""
    import polars as pl  # noqa: PLC0415  # keeps the measuring process small

    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    always = {"tx_id", "account_id", "booking_ts", "direction", "amount", "currency", "amount_eur"}
    wanted = always | {column for rule in load_pack(None).rules for column in rule.columns}
    return [name for name in pl.scan_parquet(transactions(data)).collect_schema() if name in wanted]


def generate(data: Path, out: Path, rows: int, seed: int) -> Callable[[], object]:
    """Makes the data."""
    from thbscreen.simulate.bulk import make_bulk_world  # noqa: PLC0415

    return lambda: make_bulk_world(data, rows, seed)


def read_and_reduce(data: Path, out: Path, rows: int, seed: int) -> Callable[[], object]:
    """The floor: streams the needed columns and reduces each to one number."""
    import polars as pl  # noqa: PLC0415

    names = needed_columns(data)
    frame = pl.scan_parquet(transactions(data)).select(
        (pl.col(n).str.len_bytes().sum() if t == pl.String else pl.col(n).max()).alias(n)
        for n, t in pl.scan_parquet(transactions(data)).collect_schema().items()
        if n in names
    )
    return lambda: frame.collect(engine="streaming")


def read_and_keep(data: Path, out: Path, rows: int, seed: int) -> Callable[[], object]:
    """Reads the needed columns and holds them."""
    import polars as pl  # noqa: PLC0415

    names = needed_columns(data)
    return lambda: pl.scan_parquet(transactions(data)).select(names).collect(engine="streaming")


def load_rules(data: Path, out: Path, rows: int, seed: int) -> Callable[[], object]:
    """Loads the shipped rules: the part of a scan that does not grow with the data."""
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    return lambda: load_pack(tests=False)


def scan(data: Path, out: Path, rows: int, seed: int) -> Callable[[], object]:
    """The product: files to a published run folder, all shipped rules."""
    from thbscreen.screening import screen  # noqa: PLC0415

    return lambda: screen([data], out=out, force=True)


def scan_five(data: Path, out: Path, rows: int, seed: int) -> Callable[[], object]:
    """The product with the five windows of the SQL as its only rules; gives accounts that cross each line."""
    import polars as pl  # noqa: PLC0415

    from thbscreen.screening import screen  # noqa: PLC0415

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import five  # noqa: PLC0415  # beside this file

    pack = data.parent / "five-rules"
    shutil.rmtree(pack, ignore_errors=True)
    five.write_pack(pack)

    def work() -> dict[str, int]:
        hits = screen([data], out=out, force=True, rules=pack).hits
        found = dict(hits.group_by("rule").agg(pl.col("subject_id").n_unique()).iter_rows())
        return {title: found.get(f"THB-ML-{number}", 0) for title, (number, _, _) in five.RULES.items()}

    return work


#: Times are those of the wall clock, as in the rules: 30 days are as long over the change to summer time.
ROWS = """
CREATE TEMP VIEW tx AS
SELECT account_id, direction, tx_type, cp_account_id, remittance_info AS text, CAST(amount AS DOUBLE) AS eur,
       epoch_us(timezone('Asia/Nicosia', CAST(booking_ts AS TIMESTAMPTZ))) AS us,
       timezone('Asia/Nicosia', CAST(booking_ts AS TIMESTAMPTZ)) AS local
FROM read_parquet(?)
"""
DAY = 86_400_000_000
#: The words of rent that the data hold, and others of the rule's list.
RENT = "(^|[^a-z])(rent|chirie)([^a-z]|$)|ενοίκι|ενοικι|аренд"


def trailing(days: int) -> str:
    """Gives a window that ends at a row and leaves out its own first instant."""
    return f"PARTITION BY account_id ORDER BY us RANGE BETWEEN {days * DAY - 1} PRECEDING AND CURRENT ROW"


#: The windows of `five.RULES`; each query gives the number of accounts that cross its line.
QUERIES = {
    "cash in small parts, 10 days": f"""
        SELECT count(DISTINCT account_id) FROM (
            SELECT account_id, count(*) OVER w AS n, sum(eur) OVER w AS total FROM tx
            WHERE direction = 'credit' AND tx_type = 'cash_deposit' AND eur < 10000
            WINDOW w AS ({trailing(10)}))
        WHERE n >= 2 AND total > 300""",
    "many payers, 30 days": f"""
        SELECT count(DISTINCT account_id) FROM (
            SELECT account_id, count(DISTINCT cp_account_id) OVER w AS payers FROM tx
            WHERE direction = 'credit' AND cp_account_id IS NOT NULL
            WINDOW w AS ({trailing(30)}))
        WHERE payers >= 5""",
    "passed on within 48 hours": f"""
        SELECT count(DISTINCT account_id) FROM (
            SELECT account_id, direction, eur, sum(CASE direction WHEN 'debit' THEN eur ELSE 0 END) OVER (
                PARTITION BY account_id ORDER BY us RANGE BETWEEN CURRENT ROW AND {2 * DAY} FOLLOWING) AS gone
            FROM tx)
        WHERE direction = 'credit' AND eur >= 100 AND gone >= 0.8 * eur""",
    "share at night, calendar month": """
        SELECT count(DISTINCT account_id) FROM (
            SELECT account_id, date_trunc('month', local) AS month, count(*) AS n,
                   count(*) FILTER (WHERE hour(local) >= 22 OR hour(local) < 6) AS night
            FROM tx WHERE direction = 'credit' GROUP BY ALL)
        WHERE n >= 5 AND night >= 0.5 * n""",
    "rent by its text, 90 days": f"""
        SELECT count(DISTINCT account_id) FROM (
            SELECT account_id, count(*) OVER w AS n, sum(eur) OVER w AS total FROM tx
            WHERE direction = 'debit' AND regexp_matches(lower(text), '{RENT}')
            WINDOW w AS ({trailing(90)}))
        WHERE n >= 2""",
}


def duckdb_windows(data: Path, out: Path, rows: int, seed: int) -> Callable[[], object]:
    """Five window rules as hand-written SQL, accounts counted only."""
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect()
    path = str(transactions(data)).replace("'", "''")
    connection.execute(ROWS.replace("?", f"'{path}'"))  # a view takes no bound values
    return lambda: {name: connection.execute(query).fetchall()[0][0] for name, query in QUERIES.items()}


def naive_polars(data: Path, out: Path, rows: int, seed: int) -> Callable[[], object]:
    """The same five windows as one polars query per rule, written by hand; accounts counted."""
    import polars as pl  # noqa: PLC0415

    eur = pl.col("amount").cast(pl.Float64)
    text = pl.col("remittance_info").str.to_lowercase()
    spent = pl.when(pl.col("direction") == "debit").then(eur).otherwise(0)

    def work() -> dict[str, int]:
        names = [
            "account_id",
            "booking_ts",
            "direction",
            "tx_type",
            "cp_account_id",
            "remittance_info",
            "amount",
        ]
        tx = pl.read_parquet(transactions(data), columns=names).sort("account_id", "booking_ts")
        credit = pl.col("direction") == "credit"

        def trailing(frame: pl.DataFrame, days: int) -> Any:
            return frame.rolling("booking_ts", period=f"{days}d", group_by="account_id")

        cash = tx.filter(credit & (pl.col("tx_type") == "cash_deposit") & (eur < 10_000))
        paid = tx.filter(credit & pl.col("cp_account_id").is_not_null())
        rent = tx.filter(~credit & text.str.contains(RENT))
        moved = tx.rolling(
            "booking_ts", period="2d", offset="0s", closed="both", group_by="account_id"
        ).agg(spent.sum().alias("gone"))  # fmt: skip
        local = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia")
        night = (local.dt.hour() >= 22) | (local.dt.hour() < 6)
        months = tx.filter(credit).group_by("account_id", local.dt.truncate("1mo").alias("month"))
        found = [
            trailing(cash, 10).agg(n=pl.len(), total=eur.sum())
            .filter((pl.col("n") >= 2) & (pl.col("total") > 300)),
            trailing(paid, 30).agg(payers=pl.col("cp_account_id").n_unique()).filter(pl.col("payers") >= 5),
            tx.with_columns(moved["gone"]).filter(credit & (eur >= 100) & (pl.col("gone") >= 0.8 * eur)),
            months.agg(n=pl.len(), at_night=night.sum())
            .filter((pl.col("n") >= 5) & (pl.col("at_night") >= 0.5 * pl.col("n"))),
            trailing(rent, 90).agg(n=pl.len()).filter(pl.col("n") >= 2),
        ]  # fmt: skip
        return {name: f["account_id"].n_unique() for name, f in zip(QUERIES, found, strict=True)}

    return work


#: Name -> (title, work).
CASES: dict[str, tuple[str, Callable[[Path, Path, int, int], Callable[[], object]]]] = {
    "reduce": ("read and reduce", read_and_reduce),
    "keep": ("read and keep", read_and_keep),
    "rules": ("load the rules (part of the scan)", load_rules),
    "scan": ("thbscreen scan, all rules", scan),
    "five": ("thbscreen scan, 5 windows", scan_five),
    "duckdb": ("DuckDB SQL, 5 windows", duckdb_windows),
    "polars": ("naive polars, 5 windows", naive_polars),
}


def cpu_seconds() -> float:
    """Gives user and system time of this process and of its ended children."""
    return sum(os.times()[:4])


def child(case: str, data: Path, out: Path, rows: int, seed: int) -> None:
    """Does one piece of work and prints its wall and CPU seconds as JSON."""
    work = (generate if case == "generate" else CASES[case][1])(data, out, rows, seed)
    cpu, wall = cpu_seconds(), time.perf_counter()
    result = work()
    seconds = {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}
    found = result if isinstance(result, dict) else {}  # only the five windows give counts
    print("\n" + json.dumps(seconds | {"found": found}))


# --- measuring; runs in the parent, which imports nothing large ------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """Median seconds, peak resident bytes and, for the five windows, accounts found by each."""

    wall: float
    cpu: float
    peak: int
    found: dict[str, int]


def tree(pid: int) -> Iterator[int]:
    """Gives a process and everything below it."""
    yield pid
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for each in below:
        yield from tree(int(each))


def resident(pid: int) -> int:
    """Gives the resident bytes of one process, 0 when it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def watch(pid: int, done: threading.Event, peak: list[int]) -> None:
    """Keeps the largest sum of resident bytes of a process tree until told to stop."""
    while not done.wait(0.02):
        peak[0] = max(peak[0], sum(resident(each) for each in tree(pid)))


def measure(case: str, data: Path, rows: int, seed: int) -> tuple[dict[str, Any], int]:
    """Runs one piece of work in a new process; gives what it printed and the peak of its tree."""
    out = data.parent / f"{data.name}-out"
    command = [sys.executable, __file__, "--child", case, "--rows", str(rows), "--seed", str(seed)]
    process = subprocess.Popen(
        [*command, "--dir", str(data), "--out", str(out)], stdout=subprocess.PIPE, text=True
    )
    done, peak = threading.Event(), [0]
    watcher = threading.Thread(target=watch, args=(process.pid, done, peak))
    watcher.start()
    printed, _ = process.communicate()
    done.set()
    watcher.join()
    shutil.rmtree(out, ignore_errors=True)
    if process.returncode:
        raise SystemExit(f"{case} at {rows} rows ended with exit code {process.returncode}")
    return dict(json.loads(printed.strip().splitlines()[-1])), peak[0]


def median(case: str, data: Path, rows: int, seed: int, repeat: int) -> Result:
    """Measures a case several times; median seconds, largest memory."""
    runs = [measure(case, data, rows, seed) for _ in range(repeat)]
    wall, cpu = (statistics.median(seconds[kind] for seconds, _ in runs) for kind in ("wall", "cpu"))
    return Result(wall, cpu, max(peak for _, peak in runs), runs[0][0]["found"])


def prepare(folder: Path, rows: int, seed: int) -> Path:
    """Makes the data once and reads the files so that all cases find them in the system's cache."""
    data = folder / f"bulk-{rows}-{seed}"
    if not data.is_dir():
        part = folder / f"bulk-{rows}-{seed}-unfinished"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        seconds, _ = measure("generate", part, rows, seed)
        part.rename(data)
        print(f"made {rows:,} movements in {seconds['wall']:.1f} s", file=sys.stderr)
    for path in data.iterdir():
        with path.open("rb") as stream:
            while stream.read(1 << 24):
                pass
    return data


def make_variant(kind: str, data: Path) -> Path:
    """Makes a stress variant of data once: `hot`, a fifth of all rows on one account; `wide`, long texts."""
    import polars as pl  # noqa: PLC0415

    target = data.with_name(f"{data.name}-{kind}")
    if target.is_dir():
        return target
    part = data.with_name(f"{data.name}-{kind}-unfinished")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(data, part)
    rows = pl.scan_parquet(transactions(data)).with_row_index("n")
    if kind == "hot":
        first = pl.col("account_id").first()
        rows = rows.with_columns(
            pl.when(pl.col("n") % 5 == 0).then(first).otherwise("account_id").alias("account_id")
        )
    else:
        words = pl.concat_str(
            [pl.col("remittance_info").fill_null("card"), pl.col("n").hash(3).cast(pl.String)]
        )
        rows = rows.with_columns(pl.concat_str([words] * 8, separator=" ").alias("remittance_info"))
    rows.drop("n").collect().write_parquet(transactions(part))
    part.rename(target)
    return target


def variants(smallest: Path, args: argparse.Namespace) -> str:
    """Scans the stress variants beside the plain data; gives a table."""
    rows = min(args.rows)
    lines = ["| variant | wall s | CPU s | peak MiB | plain × (wall / CPU) |", "|---|--:|--:|--:|--:|"]
    plain: Result | None = None
    for kind in ("plain", "hot", "wide"):
        data = smallest if kind == "plain" else make_variant(kind, smallest)
        r = median("scan", data, rows, args.seed, args.repeat)
        plain = plain or r
        lines.append(f"| {kind} | {r.wall:.2f} | {r.cpu:.2f} | {r.peak / 2**20:,.0f} | {ratio(r, plain)} |")
        print(f"{rows:,} {kind}: {r}", file=sys.stderr)
    return "\n".join(lines)


def draw(results: dict[int, dict[str, Result]], speeds: dict[str, float]) -> None:
    """Writes the plots: growth of CPU seconds and of memory, the largest size, and the engines."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import drawn  # noqa: PLC0415  # beside this file

    PLOTS.mkdir(exist_ok=True)
    shown = ("scan", "duckdb", "keep", "reduce")

    def lines(value: Callable[[Result], float]) -> list[Any]:
        by_case = {c: [(n, value(r[c])) for n, r in sorted(results.items()) if c in r] for c in shown}
        return [drawn.Series(CASES[c][0], tuple(points)) for c, points in by_case.items() if points]

    said = "Invented movements, all shipped rules."
    name = CASES["scan"][0]
    pages = {
        "growth_cpu": drawn.growth(
            "Processor seconds by number of rows", "CPU seconds", lines(lambda r: r.cpu), said, name
        ),
        "growth_memory": drawn.growth(
            "Memory by number of rows", "MiB", lines(lambda r: r.peak / 2**20), said
        ),
    }
    rows, cases = max(results.items())
    told = f"{rows:,} movements; five windows stand for DuckDB and naive polars."
    seconds = {CASES[c][0]: r.cpu for c, r in cases.items()}
    pages["beside"] = drawn.bars("Side by side", seconds, "CPU s", told)
    if speeds:
        five = "Five row rules; engines judge one row after the other."
        pages["engines"] = drawn.bars("Rows per second of processor time", speeds, "rows", five)
    for file, page in pages.items():
        (PLOTS / f"{file}.svg").write_text(page, encoding="utf-8")


def engines(folder: Path, data: Path, rows: int = 100_000) -> tuple[str, dict[str, float]]:
    """Lets the engines of the package index judge rows in an environment of their own.

    Returns:
        A table, and rows per second of processor time by engine.
    """
    here = Path(__file__).resolve().parent
    home = folder / "engines"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        wanted = str(here / "engines-requirements.txt")
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
    command = [str(python), str(here / "engines.py"), str(transactions(data)), str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the engines ended with exit code {done.returncode}: {done.stderr}")
    found = json.loads(done.stdout)
    base = found["engines"]["polars"]["cpu"]
    lines = [
        "| engine, five row rules | rows | CPU s | rows per second | polars × |",
        "|---|--:|--:|--:|--:|",
    ]
    speeds: dict[str, float] = {}
    for name, one in found["engines"].items():
        speed = speeds[name] = found["rows"] / one["cpu"] if one["cpu"] else 0
        lines.append(
            f"| {name} | {found['rows']:,} | {one['cpu']:.3f} | {speed:,.0f} | {one['cpu'] / base:.0f} |"
        )
    return "\n".join(lines), speeds


def ratio(result: Result, base: Result | None) -> str:
    """Gives wall and CPU seconds as multiples of another line's."""
    if base is None:
        return "-"
    # The clock of CPU time ticks every hundredth of a second: on tiny data reading may take no tick at all.
    cpu = f"{result.cpu / base.cpu:.1f}" if base.cpu > 0 else "-"
    return f"{result.wall / base.wall:.1f} / {cpu}"


def table(results: dict[int, dict[str, Result]]) -> str:
    """Gives the results as a Markdown table with multiples of both ways of reading, same size and run."""
    lines = ["| movements | what | wall s | CPU s | peak MiB | reduce × (wall / CPU) | keep × (wall / CPU) |"]
    lines += ["|--:|---|--:|--:|--:|--:|--:|"]
    for rows, cases in results.items():
        for case, r in cases.items():
            ratios = " | ".join(ratio(r, cases.get(base)) for base in ("reduce", "keep"))
            seconds = f"{r.wall:.2f} | {r.cpu:.2f} | {r.peak / 2**20:,.0f}"
            lines.append(f"| {rows:,} | {CASES[case][0]} | {seconds} | {ratios} |")
    return "\n".join(lines)


def accounts(results: dict[int, dict[str, Result]]) -> str:
    """Gives the accounts that each window finds, by whoever looked for them, as a Markdown table."""
    lines = ["| movements | accounts found by | " + " | ".join(QUERIES) + " |"]
    lines += ["|--:|---|" + "--:|" * len(QUERIES)]
    for rows, cases in results.items():
        for case, r in cases.items():
            if r.found:
                counts = " | ".join(f"{r.found[q]:,}" for q in QUERIES)
                lines.append(f"| {rows:,} | {CASES[case][0]} | {counts} |")
    return "\n".join(lines)


def machine() -> str:
    """Gives what the numbers depend on; no name of the machine."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("polars", "numpy", "duckdb"))
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {platform.system()}, {python}, {packages}, thbscreen {__version__}"


def write_page(text: str) -> None:
    """Puts the table between the two markers of docs/performance.md."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="numbers of movements")
    parser.add_argument("--dir", type=Path, required=True, help="folder for data; kept between runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="runs per line; the median is shown")
    parser.add_argument(
        "--only", nargs="+", choices=list(CASES), default=list(CASES), help="lines to measure"
    )
    parser.add_argument("--all", action="store_true", help="--engines and --variants")
    parser.add_argument(
        "--naive-most", type=int, default=1_000_000, help="most rows for naive polars; it is slow on more"
    )
    parser.add_argument("--engines", action="store_true", help="measure engines of the package index, too")
    parser.add_argument("--variants", action="store_true", help="scan the stress variants, too")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measures and prints."""
    args = arguments()
    if args.child:
        child(args.child, args.dir, args.out, args.rows[0], args.seed)
        return
    results: dict[int, dict[str, Result]] = {}
    for rows in args.rows:
        data = prepare(args.dir, rows, args.seed)
        results[rows] = {}
        for case in args.only:
            if case == "polars" and rows > args.naive_most:
                continue
            results[rows][case] = median(case, data, rows, args.seed, args.repeat)
            print(f"{rows:,} {case}: {results[rows][case]}", file=sys.stderr)
    text = table(results)
    if any(r.found for cases in results.values() for r in cases.values()):
        text += "\n\n" + accounts(results)
    smallest = args.dir / f"bulk-{min(args.rows)}-{args.seed}"
    speeds: dict[str, float] = {}
    if args.variants or args.all:
        text += "\n\n" + variants(smallest, args)
    if args.engines or args.all:
        told, speeds = engines(args.dir, smallest)
        text += "\n\n" + told
    text += f"\n\nMedian of {args.repeat}; {machine()}."
    print(text)
    if args.write:
        write_page(text)
        draw(results, speeds)


if __name__ == "__main__":
    main()

"""AMLSim's own labels as a truth folder, and the scan of its files held against them.

    python -m benchmarks.amlsim_labels --amlsim FOLDER --dir /tmp/amlsim

A planted pattern that is marked as suspicious becomes a group to be found, one that is not marked becomes a
lawful group of the same look. Labels name accounts and shapes, no roles and no form of exploitation, so
everybody is taken as a facilitator whose role is not told. Two scans are held against them: with the four
rules on structure that the tests bring, and with the rules that ship.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import polars as pl

from thbscreen.evaluate.direct import in_memory
from thbscreen.evaluate.evaluation import evaluate
from thbscreen.evaluate.folder import write_evaluation
from thbscreen.evaluate.told import on_screen
from thbscreen.evaluate.told import screen as page
from thbscreen.evaluate.truth import read_truth
from thbscreen.screening import screen

ROOT = Path(__file__).resolve().parents[1]
MAPPING = ROOT / "sample_data" / "mappings" / "amlsim.yaml"
RULES = ROOT / "tests" / "end_to_end" / "amlsim_rules"
FILES = ("transactions", "accounts", "accountMapping")


def unpacked(folder: Path, out: Path) -> Path:
    """Writes the files that the mapping reads, unpacked."""
    out.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (out / f"{name}.csv").write_bytes(gzip.decompress((folder / f"{name}.csv.gz").read_bytes()))
    return out


def truth_of(folder: Path, out: Path) -> Path:
    """Writes the labels as a truth folder."""
    told = pl.read_csv(gzip.decompress((folder / "alert_accounts.csv.gz").read_bytes()), infer_schema=False)
    holder = pl.read_csv(gzip.decompress((folder / "accountMapping.csv.gz").read_bytes()), infer_schema=False)
    moved = pl.read_csv(
        gzip.decompress((folder / "alert_transactions.csv.gz").read_bytes()), infer_schema=False
    )
    times = moved.group_by("alert_id").agg(
        start=pl.col("tran_timestamp").str.head(10).min(), end=pl.col("tran_timestamp").str.head(10).max()
    )
    sar = pl.col("is_sar").str.to_lowercase() == "true"
    kind = pl.when(sar).then(pl.lit("positive")).otherwise(pl.lit("twin"))
    told = told.drop("start", "end").with_columns(kind.alias("kind"))
    groups = told.unique("alert_id").join(times, on="alert_id", how="left")
    groups = groups.sort(pl.col("alert_id").cast(pl.Int64))
    lawful, none = pl.col("kind") == "twin", pl.lit([], dtype=pl.List(pl.String))
    shape = pl.col("alert_type")
    out.mkdir(parents=True, exist_ok=True)
    groups.select(
        group_id="alert_id",
        kind="kind",
        scenario=pl.when(lawful).then(pl.format("{} unmarked", shape)).otherwise(shape),
        name=shape,
        typology=pl.when(lawful).then(None).otherwise(pl.lit("laundering")),
        twin_of=pl.when(lawful).then(pl.concat_list(shape)).otherwise(none),
        ops=none,
        strength=pl.lit(0),
        visibility=pl.lit("full"),
        start=pl.col("start").str.to_date("%Y-%m-%d"),
        end=pl.col("end").str.to_date("%Y-%m-%d"),
        expected=pl.when(lawful).then(pl.lit("none")).otherwise(pl.lit("alert")),
        network=pl.lit(True),
    ).write_parquet(out / "groups.parquet")
    members = told.join(holder, on="acct_id", how="left").unique(["alert_id", "acct_id"])
    members.sort("alert_id", "acct_id").select(
        group_id="alert_id",
        party_id=pl.coalesce("cust_id", "acct_id"),
        account_id="acct_id",
        role=pl.when(lawful).then(pl.lit("lawful")).otherwise(pl.lit("facilitator")),
        expected_role=pl.lit("neutral"),
        core=~lawful,
        visible=pl.lit(True),
    ).write_parquet(out / "members.parquet")
    return out


def main() -> None:
    """Scans twice and tells both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--amlsim", type=Path, required=True, help="folder with the packed AMLSim files")
    parser.add_argument("--dir", type=Path, required=True, help="folder for unpacked files and results")
    args = parser.parse_args()
    data = unpacked(args.amlsim, args.dir / "data")
    truth = read_truth(truth_of(args.amlsim, args.dir / "truth"))
    profile = RULES / "profiles" / "amlsim.yaml"
    of_structure = screen([data], mapping=MAPPING, rules=RULES, profile=profile)
    for name, found in (("structure", of_structure), ("shipped", screen([data], mapping=MAPPING))):
        facts, worlds = evaluate([(in_memory(found, name), truth)])
        write_evaluation(facts, worlds, args.dir / f"evaluation-{name}", force=True)
        print(f"\n== rules: {name}\n")
        print(page(on_screen(facts), 110, first=facts["what_this_does_not_show"]), end="")


if __name__ == "__main__":
    main()

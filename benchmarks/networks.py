"""Time and memory of the network stage on made-up payments with heavy-tailed degrees and planted hubs.

    python benchmarks/networks.py [--edges 100000 1000000]

Each size runs in a process of its own. An *edge* is a paying and a receiving account; movements are more.
Every fifth edge has the busiest accounts as payees, the others anybody; a payroll bureau, a landlord, a
remitter and a call-centre telephone are planted beside groups of six. The last lines say whether every
planted group was found with exactly its members, and how time grows from size to size.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from thbscreen.engine import tables
from thbscreen.engine.meetings import meetings, reach
from thbscreen.engine.payments import met_by_several, payments
from thbscreen.engine.prepare import Dimensions, Prepared
from thbscreen.network import NetworkInputs, RuleInfo, groups, hubs, links, motifs, publish, stage
from thbscreen.rules.bundle import Scoring

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)
DAY = 86_400_000_000
NOW = int(AS_OF.timestamp()) * 1_000_000
VICTIMS, ONE_CELL_IN, FLAGGED_ONE_IN = 5, 400, 4
ROWS_PER_EDGE = 2.2
RULES = {
    "PASS": RuleInfo("Takings go on to one payee", "flow", 3, ("sexual_exploitation",), True),
    "STAY": RuleInfo("Stays follow the adverts", "spend", 2, ("sexual_exploitation",), True),
    "WEAK": RuleInfo("Adverts", "spend", 1, ("sexual_exploitation",)),
}
#: Which functions make up which line of the table.
STAGES = {
    "links": [
        (links, "base"), (links, "pattern_links"), (links, "payment_pairs"), (links, "attribute_values"),
        (links, "attribute_pairs"), (links, "glue"), (links, "node_payments"), (motifs, "ties"),
        (motifs, "meetings"),
    ],
    "hubs": [(hubs, "find_hubs")],
    "groups": [(groups, "group"), (groups, "attach")],
    "roles, proof, tables": [(publish, "publish")],
}  # fmt: skip


def peak() -> float:
    """Gives the peak resident size of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Watch:
    """Adds up CPU seconds per stage, and the peak memory at its end."""

    def __init__(self) -> None:
        """Starts with nothing."""
        self.seconds: dict[str, float] = {}
        self.peaks: dict[str, float] = {}

    def of(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Gives the same function, timed."""

        def timed(*args: Any, **more: Any) -> Any:
            start = time.process_time()
            out = work(*args, **more)
            self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - start
            self.peaks[name] = peak()
            return out

        return timed


def prepared_world(edges: int, seed: int) -> tuple[Prepared, int, int]:
    """Makes movements; accounts 0 to 3 are the planted hubs, then come the planted groups, then anybody."""
    rng = np.random.default_rng(seed)
    people = edges // 5
    # Payments without a flagged side make no edge.
    edges = round(edges * ROWS_PER_EDGE)
    cells = people // ONE_CELL_IN
    source = rng.integers(4, people, edges)
    busy = 4 + (rng.random(edges) ** 4 * (people - 4)).astype(np.int64)
    # The busiest are ordinary accounts, not the planted groups, which stand first.
    busy = people - 1 - busy + 4
    target = np.where(np.arange(edges) % 5 == 0, busy, rng.integers(4, people, edges))
    members = cells * (VICTIMS + 1)
    extra = 4 + np.arange(members)
    collector = 4 + np.arange(members) // (VICTIMS + 1) * (VICTIMS + 1)
    victim = extra != collector
    source = np.concatenate([source, np.repeat(extra[victim], 3), np.tile(extra, 3)])
    target = np.concatenate([target, np.repeat(collector[victim], 3), np.repeat(np.arange(1, 4), members)])
    keep = source != target
    source, target = source[keep], target[keep]
    n = len(source)
    names = pl.Series("account", np.arange(people)).cast(pl.String).str.zfill(9)
    machine = np.where(rng.random(n) < 0.2, rng.integers(0, people // 50 + 1, n), -1)
    frame = pl.DataFrame({
        "tx_id": pl.Series(np.arange(n)).cast(pl.String), "_t": NOW - rng.integers(0, 360 * DAY, n),
        "amount_eur": rng.integers(1_000, 90_000, n), "_credit": np.zeros(n, np.bool_),
        "c:account_id": source.astype(np.int32), "c:cp_account_id": target.astype(np.int32),
        "c:terminal_id": machine.astype(np.int32),
    }).sort("c:account_id", "_t", "tx_id")  # fmt: skip
    dims = Dimensions(pl.DataFrame({"party_id": pl.Series([None] * (people + 1), dtype=pl.String)}), {})
    machines = pl.Series(np.arange(people // 50 + 1)).cast(pl.String)
    prepared = Prepared(
        zone="UTC", dictionaries={"account": names, "terminal_id": machines}, dimensions=dims,
        parties=pl.DataFrame(), buckets=[frame], coverage={}, has_time=(n, n), first=None, last=AS_OF,
        ledgers=np.arange(people),
    )  # fmt: skip
    return prepared, people, cells


def fill(frame: pl.DataFrame, spec: tables.TableSpec) -> pl.DataFrame:
    """Adds the columns of a table that do not matter here."""
    missing = [pl.lit(None, dtype=t).alias(c) for c, t in spec.schema.items() if c not in frame.columns]
    return spec.conform(frame.with_columns(missing))


def hits_of(names: pl.Series, cells: int) -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray]:
    """Weak hits of every fourth account and strong ones of the planted; hits, members, flagged."""
    people, size = len(names), VICTIMS + 1
    planted = 4 + np.arange(cells * size)
    victims = planted[(planted - 4) % size > 0]
    weak = np.arange(4, people, FLAGGED_ONE_IN)
    parts = []
    for rule, who in (("PASS", victims), ("STAY", victims), ("WEAK", weak)):
        info = RULES[rule]
        parts.append(pl.DataFrame({"subject_id": names.gather(who)}).with_columns(
            hit_id=pl.concat_str(pl.lit(rule), "subject_id"), rule=pl.lit(rule), title=pl.lit(info.title),
            family=pl.lit(info.family), weight=pl.lit(info.weight), third_party=pl.lit(info.third_party),
            typologies=pl.concat_list(pl.lit(info.typologies[0])),
        ))  # fmt: skip
    hits = pl.concat(parts).with_columns(
        subject_kind=pl.lit("account"), starts=pl.lit(AS_OF), ends=pl.lit(AS_OF),
        tx_ids=pl.lit([], dtype=pl.List(pl.String)),
    )  # fmt: skip
    middle = 4 + (victims - 4) // size * size
    roles = pl.DataFrame({"subject_id": names.gather(victims), "member_id": names.gather(middle)})
    roles = roles.with_columns(hit_id=pl.concat_str(pl.lit("PASS"), "subject_id"))
    roles = roles.with_columns(
        rule=pl.lit("PASS"), role=pl.lit("possible_controller"), field=pl.lit("cp_account_id"),
        n_tx=pl.lit(3), amount_eur=pl.lit(90_000),
    )  # fmt: skip
    flagged = np.zeros(people, np.bool_)
    flagged[weak] = flagged[planted] = True
    return fill(hits, tables.HITS), fill(roles, tables.HIT_MEMBERS), flagged


def measure(edges: int, seed: int) -> dict[str, Any]:
    """Runs the stage once and gives seconds and peak MiB per part."""
    watch = Watch()
    prepared, people, cells = prepared_world(edges, seed)
    names = prepared.dictionaries["account"]
    hits, roles, flagged = hits_of(names, cells)
    base, started, cpu = peak(), time.perf_counter(), time.process_time()
    table = watch.of("aggregate payments", payments)(prepared, flagged)
    several = watch.of("reach of counterparties", met_by_several)(prepared, table, flagged)
    wide = watch.of("reach of counterparties", reach)(prepared, several)
    met = watch.of("meetings at machines", meetings)(prepared, names, flagged, 25)
    trade = [None, "payroll_bureau", "landlord", "money_remittance"]
    telephone = np.where(
        np.arange(people) < 4 + cells * (VICTIMS + 1), "centre", np.arange(people).astype(str)
    )
    parties = pl.DataFrame({
        "party_id": names, "kind": ["legal"] * 4 + ["natural"] * (people - 4),
        "licence": pl.Series(trade + [None] * (people - 4), dtype=pl.String), "phone_hash": telephone,
    })  # fmt: skip
    inputs = NetworkInputs(
        hits=hits, hit_members=roles, payments=table, parties=parties, as_of=AS_OF, rules=RULES,
        subjects=pl.DataFrame({"account_id": names, "subject_id": names}).with_columns(
            subject_kind=pl.lit("party")
        ),
        devices=pl.DataFrame(schema={"device_id": pl.String, "subject_id": pl.String}),
        meetings=met, reach=wide,
    )  # fmt: skip
    for name, parts in STAGES.items():
        for module, function in parts:
            setattr(module, function, watch.of(name, getattr(module, function)))
    found = stage.build_networks(inputs, Scoring())
    size = VICTIMS + 1
    planted = {tuple(names.gather(range(4 + i * size, 4 + (i + 1) * size))) for i in range(cells)}
    got = found.members.group_by("network_id").agg(pl.col("member_id").sort())["member_id"].to_list()
    return {
        "edges": table.height, "movements": int(table["n"].sum()), "flagged": int(flagged.sum()),
        "base": base, "seconds": watch.seconds, "peaks": watch.peaks,
        "wall": time.perf_counter() - started, "cpu": time.process_time() - cpu, "peak": peak(),
        "planted": len(planted), "exact": len(planted & {tuple(g) for g in got}), "networks": len(got),
        "hubs": found.hubs.height,
    }  # fmt: skip


def show(rows: list[dict[str, Any]]) -> str:
    """Gives the table for people."""
    lines = ["| edges | part | CPU s | peak MiB |", "|--:|---|--:|--:|"]
    for r in rows:
        for name, seconds in r["seconds"].items():
            lines.append(f"| {r['edges']:,} | {name} | {seconds:.2f} | {r['peaks'][name]:,.0f} |")
        lines.append(
            f"| {r['edges']:,} | **all** ({r['wall']:.1f} s by the clock) | {r['cpu']:.2f} "
            f"| {r['peak']:,.0f} |"
        )
    lines.append("")
    for r in rows:
        lines.append(
            f"{r['edges']:,} edges, {r['flagged']:,} flagged: {r['exact']:,} of {r['planted']:,} planted "
            f"groups with exact members, {r['networks']:,} networks, {r['hubs']:,} hubs; "
            f"{r['base']:,.0f} MiB before the start."
        )
    for a, b in pairwise(rows):
        times = b["edges"] / a["edges"]
        lines.append(f"{times:.1f} times the edges: {b['cpu'] / a['cpu']:.1f} times the CPU time.")
    return "\n".join(lines)


def main() -> None:
    """Reads the arguments, measures each size in a process of its own, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edges", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(measure(args.child, args.seed)))
        return
    rows = []
    for edges in args.edges:
        command = [sys.executable, __file__, "--child", str(edges), "--seed", str(args.seed)]
        rows.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    print(show(rows))


if __name__ == "__main__":
    main()

"""The whole job in one call: files in, run folder out.

    result = thbscreen.screen(["data/"], out="out/")

The command line and a bank's own pipeline call the same function; it holds no rules of its own.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from thbscreen.compile.pack import CompiledPack, compile_pack
from thbscreen.engine import tables
from thbscreen.engine.at_once import reviews
from thbscreen.engine.exclusions import Excluded, count_hidden, load_checked
from thbscreen.engine.hits import Assembler, HitTables
from thbscreen.engine.hot import hot_accounts, hot_sentence
from thbscreen.engine.mandates import in_force, told_of_holder
from thbscreen.engine.meetings import meetings, reach
from thbscreen.engine.movements import movements
from thbscreen.engine.payments import (
    access,
    account_codes,
    businesses,
    conductors,
    devices,
    link_columns,
    met_by_several,
    paid_for,
    payments,
    subjects,
)
from thbscreen.engine.prepare import Prepared, bucket_rows, prepare, spills
from thbscreen.engine.readiness import readiness
from thbscreen.engine.release import release
from thbscreen.engine.run import Runner
from thbscreen.engine.scoring import rate
from thbscreen.engine.timing import Timed, Timing
from thbscreen.errors import ThbscreenError
from thbscreen.io.dataset import Dataset, LoadReport, open_dataset
from thbscreen.io.publish import Staging
from thbscreen.io.quality import quality
from thbscreen.model.progress import Progress, Silent
from thbscreen.network.findings import Basics, with_findings
from thbscreen.network.finish import account_networks, with_network_hits
from thbscreen.network.proof import faults, proof_table
from thbscreen.network.stage import (
    NetworkInputs,
    NetworkTables,
    RuleInfo,
    build_networks,
    with_alert_counts,
)
from thbscreen.report.runfolder import write_run
from thbscreen.rules.pack import home_country

if TYPE_CHECKING:
    from thbscreen.model.keys import Key
    from thbscreen.rules import bundle

PathLike = str | Path
#: MiB that a run takes at most unless it is told otherwise, and the fewest that it can do with.
MEMORY, LEAST_MEMORY = 4096, 512
#: Rows that make a process of its own worth its start.
ROWS_PER_WORKER = 1_000_000


@dataclass(frozen=True)
class ScreenResult:
    """Everything a run found; tables as in `thbscreen.engine.tables`.

    Attributes:
        out: the run folder, None when nothing was written.
        below: subjects with hits but no alert, by what they lack first.
        excluded: rows that the profile's exclusions hid, by exclusion and rule.
        dataset: gives the full canonical rows of transaction ids by `fetch`.
        timing: where the time went; never written into a run folder.
    """

    out: Path | None
    pack: bundle.RulePack
    readiness: pl.DataFrame
    hits: pl.DataFrame
    hit_members: pl.DataFrame
    near_misses: pl.DataFrame
    reviews: pl.DataFrame
    alerts: pl.DataFrame
    below: dict[str, int]
    below_line: pl.DataFrame
    networks: pl.DataFrame
    network_members: pl.DataFrame
    network_edges: pl.DataFrame
    network_proof: pl.DataFrame
    hubs: pl.DataFrame
    parties: pl.DataFrame
    load: LoadReport
    quality: dict[str, Any]
    excluded: tuple[Excluded, ...]
    as_of: dt.datetime
    started: dt.datetime
    dataset: Dataset
    timing: Timing

    def table(self, name: str) -> pl.DataFrame:
        """Gives a published table by its name."""
        found = getattr(self, name)
        if not isinstance(found, pl.DataFrame):
            msg = f"'{name}' is not a table"
            raise TypeError(msg)
        return found


def screen(
    inputs: Sequence[PathLike],
    *,
    out: PathLike | None = None,
    mapping: PathLike | None = None,
    rules: PathLike | None = None,
    profile: PathLike = "cyprus",
    buckets: int | None = None,
    workers: int = 1,
    force: bool = False,
    formats: Sequence[str] = (),
    only: Sequence[str] = (),
    progress: Progress | None = None,
    key: Key | None = None,
    memory: int | None = None,
) -> ScreenResult:
    """Screens files for the money traces of trafficking in human beings.

    Args:
        inputs: a folder or files; see docs/how-to/map-your-data.md.
        out: run folder to make; None only returns the result.
        mapping: mapping file for input that does not use canonical names.
        rules: folder of rules; by default the rules that are shipped.
        profile: name of a shipped profile, or a profile file.
        buckets: parts the accounts are split into; results do not depend on it.
        workers: processes at most, one per `ROWS_PER_WORKER` movements; results do not depend on it.
        force: replace an existing run folder.
        formats: further forms of the tables beside Parquet: csv, ndjson.
        only: rule ids to run, by default all.
        progress: told what is going on.
        key: of the institution, so that details of customers in the open meet digests made under it.
        memory: MiB to plan for: when rows would take more, they go to files, in smaller
            parts. By default `MEMORY` MiB, or half of what the machine has free if that is less. Results
            do not depend on it.

    Raises:
        RuleError: rules or the profile do not load.
        DataError: input cannot be read or trusted.
        UsageError: the call contradicts itself, or `out` exists.
        OutputError: results cannot be written.
    """
    timing = Timing()
    progress = timed = Timed(progress or Silent(), timing)
    started = dt.datetime.now(dt.UTC)
    pack = load_checked(Path(rules) if rules else None, profile, only=only, tests=False)
    compiled = link_columns(compile_pack(pack))
    dataset = open_dataset(
        [Path(i) for i in inputs], Path(mapping) if mapping else None, zone=pack.profile.time_zone,
        home=home_country(pack), key=key,
    )  # fmt: skip
    dataset.checked = True
    with ExitStack() as stack:
        staging = stack.enter_context(Staging(Path(out), force=force)) if out is not None else None
        near = str(staging.path.parent) if staging is not None else None
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".thbscreen-", dir=near)))
        prepared = _prepare(dataset, compiled, work, buckets, workers, progress, memory)
        result = _results(
            dataset, prepared, compiled, work, workers, progress, started, Path(out) if out else None
        )
        if staging is not None:
            progress.stage("writing results", None)
            write_run(staging.path, result, formats, mapping=Path(mapping) if mapping else None)
    timed.end()
    result.timing.stages = timing.stages
    return result


def _prepare(
    dataset: Dataset,
    compiled: CompiledPack,
    work: Path,
    buckets: int | None,
    workers: int,
    progress: Progress,
    memory: int | None,
) -> Prepared:
    progress.stage("reading transactions", None)
    allowed = min(MEMORY, free_memory() // 2) if memory is None else memory
    bytes_allowed = max(LEAST_MEMORY, allowed) << 20
    spill = (
        work
        if workers_for(dataset.size_hint(), workers) > 1 or spills(dataset.size_hint(), bytes_allowed)
        else None
    )
    prepared = prepare(
        dataset, compiled, buckets=buckets, spill=spill, rows_at_most=bucket_rows(bytes_allowed),
        advance=progress.advance,
    )  # fmt: skip
    release()
    return prepared


def workers_for(rows: int, asked: int) -> int:
    """Gives how many processes so many rows are worth, of those that were asked for.

    A process loads its libraries anew for every pass over the rows; on few rows that costs more than it
    saves.
    """
    return max(1, min(asked, rows // ROWS_PER_WORKER))


def free_memory() -> int:
    """Gives how many MiB the machine has free for programs; `MEMORY` twice where it does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 2 * MEMORY
    found = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return 2 * MEMORY if found is None else int(found) >> 10


def _results(
    dataset: Dataset,
    prepared: Prepared,
    compiled: CompiledPack,
    work: Path,
    workers: int,
    progress: Progress,
    started: dt.datetime,
    out: Path | None,
) -> ScreenResult:
    ready = readiness(prepared, compiled)
    skip = frozenset(ready.filter(pl.col("status") == "not judged")["rule"].to_list())
    runner = Runner(
        prepared, compiled, workers=workers_for(dataset.size_hint(), workers), folder=work, skip=skip,
        advance=progress.advance,
    )  # fmt: skip
    assembler = Assembler(prepared, compiled)
    found = _judged(runner, assembler, progress)
    progress.stage("linking networks", None)
    as_of = prepared.last or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    networks = _networks(prepared, compiled, found, as_of, dataset.account_parties)
    codes, ids = account_networks(networks.members, prepared.dictionaries["account"])
    runner.run_networks(codes)
    assembler.network_ids = ids
    found = _told(assembler, runner)
    ranked = with_network_hits(networks.networks, found.hits)
    ranked, proof = _proven(prepared, compiled, found, networks, ranked, ready)
    excluded = count_hidden(runner)
    progress.stage("scoring", None)
    holders = subjects(prepared)
    at_once = reviews(found.hits, found.members, holders, compiled.pack)
    rated = rate(
        found.hits, found.members, ready, holders, dataset.parties, compiled.pack, as_of, networks.members,
        at_once,
    )  # fmt: skip
    load = dataset.report()
    told = quality(dataset, load, started, [item.rule for item in compiled.rules]) | hot_accounts(prepared)
    told["findings"] = [*told["findings"], *hot_sentence(prepared)]
    runner.timing.hot = len(prepared.hot)
    return ScreenResult(
        out=out,
        pack=compiled.pack,
        readiness=ready,
        hits=found.hits,
        hit_members=found.members,
        near_misses=found.near,
        reviews=at_once,
        alerts=rated.alerts,
        below=rated.below,
        below_line=rated.below_line,
        networks=with_alert_counts(ranked, networks.members, rated.alerts),
        network_members=networks.members,
        network_edges=networks.edges,
        network_proof=proof,
        hubs=networks.hubs,
        parties=dataset.parties,
        load=load,
        quality=told,
        excluded=excluded,
        as_of=as_of,
        started=started,
        dataset=dataset,
        timing=runner.timing,
    )


def _judged(runner: Runner, assembler: Assembler, progress: Progress) -> HitTables:
    """Runs the rules, and then those of mitigating facts for the people whom some hit names."""
    progress.stage("judging rules", runner.passes * len(runner.prepared.buckets))
    runner.run()
    found = assembler.assemble(runner.result)
    runner.run_mitigation(assembler.named_accounts(found))
    return _told(assembler, runner)


def _told(assembler: Assembler, runner: Runner) -> HitTables:
    """Gives the hits, those on accounts that changed hands with whoever held them then."""
    found, prepared = assembler.assemble(runner.result), runner.prepared
    return replace(found, hits=told_of_holder(found.hits, prepared.dimensions.eras, prepared.zone))


def _networks(
    prepared: Prepared,
    compiled: CompiledPack,
    found: HitTables,
    as_of: dt.datetime,
    account_parties: pl.DataFrame,
) -> NetworkTables:
    holders = subjects(prepared)
    named = pl.concat([found.hits["subject_id"], found.members["member_id"]]).unique()
    flagged = holders.filter(
        pl.col("account_id").is_in(named.implode()) | pl.col("subject_id").is_in(named.implode())
    )["account_id"]
    scoring = compiled.pack.profile.scoring
    marked = account_codes(prepared, flagged)
    edges = payments(prepared, marked) if prepared.buckets else tables.PAYMENTS.empty()
    return build_networks(
        NetworkInputs(
            hits=found.hits,
            hit_members=found.members,
            payments=edges,
            subjects=holders,
            parties=prepared.parties,
            devices=devices(prepared),
            conductors=conductors(prepared),
            access=access(in_force(account_parties, prepared), holders),
            paid_for=paid_for(prepared),
            businesses=businesses(prepared),
            meetings=meetings(prepared, holders["subject_id"], marked, scoring.hub_degree),
            reach=reach(prepared, met_by_several(prepared, edges, marked)),
            as_of=as_of,
            rules=_rule_infos(compiled),
        ),
        scoring,
    )


def _rule_infos(compiled: CompiledPack) -> dict[str, RuleInfo]:
    return {
        r.rule.id: RuleInfo(r.rule.title, r.rule.family, r.rule.weight, r.rule.typologies, r.rule.third_party)
        for r in compiled.rules
    }


def _proven(
    prepared: Prepared,
    compiled: CompiledPack,
    found: HitTables,
    networks: NetworkTables,
    ranked: pl.DataFrame,
    ready: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Gives tables NETWORKS, with what its findings rest on, and NETWORK_PROOF."""
    holders = subjects(prepared)
    inside = found.hits.filter(pl.col("hit_id").is_in(ranked["hit_ids"].explode().implode()))
    members = networks.members["accounts"].explode().drop_nulls()
    moved = movements(
        prepared, inside["tx_ids"].explode().drop_nulls(), account_codes(prepared, members)
    )  # fmt: skip
    proof = proof_table(
        ranked, networks.members, inside, found.members, found.steps, moved, holders
    )  # fmt: skip
    if wrong := faults(proof):
        raise ThbscreenError("the proof of a network is wrong: " + "; ".join(wrong), hint="this is a bug")
    findings = Basics(
        members=networks.members, edges=networks.edges, hubs=networks.hubs, proof=proof, hits=found.hits,
        movements=moved, subjects=holders, parties=prepared.parties, readiness=ready,
        rules=_rule_infos(compiled),
    )  # fmt: skip
    return with_findings(ranked, findings), proof

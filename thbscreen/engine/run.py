"""Runs a compiled pack over prepared buckets, stage by stage.

`run_bucket` is the boundary: one bucket in, raw results out, no knowledge of other buckets. Rules that
group by something else than the account hand out their filtered rows; those are gathered by key and
judged by the same code. Buckets may run in this process or in spawned ones; results are the same.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import pickle
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.aggregate import judge, rows_of
from thbscreen.compile.found import Judged
from thbscreen.compile.gather import compares_groups, matters
from thbscreen.compile.pack import CompiledPack, CompiledRule, domain
from thbscreen.compile.parties import party_rows
from thbscreen.compile.rows import Rows
from thbscreen.compile.sequence import judge_sequence, rows_of_sequence
from thbscreen.compile.star import judge_star
from thbscreen.compile.transaction import judge_rows
from thbscreen.compile.view import Context, View
from thbscreen.engine.prepare import Prepared, sorted_rows
from thbscreen.engine.release import release
from thbscreen.engine.timing import Spent, Timing
from thbscreen.engine.waiting import Place, Stored, WaitingRoom, room_for, taken_up
from thbscreen.rules import ast

I64 = npt.NDArray[np.int64]
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: Buckets worked on at once inside one process.
THREADS = min(4, os.cpu_count() or 1)


@dataclass
class BucketResult:
    """What one bucket gives: judged rules, and filtered rows of rules that are judged later.

    Both are keyed by the rule's position in the pack; rows that were put away, by their place.
    """

    judged: dict[int, Judged] = field(default_factory=dict)
    rows: dict[int, pl.DataFrame] = field(default_factory=dict)
    waiting: dict[Place, Stored] = field(default_factory=dict)
    spent: dict[int, Spent] = field(default_factory=dict)
    questions: tuple[int, int] = (0, 0)


@dataclass
class RunResult:
    """Raw results of a whole run, one entry per rule position and the judged parts of all buckets."""

    parts: dict[int, list[Judged]] = field(default_factory=dict)

    def add(self, index: int, judged: Judged) -> None:
        """Adds one part, if anything is in it."""
        if judged.is_empty:
            return
        self.parts.setdefault(index, []).append(judged)


def run_bucket(frame: pl.DataFrame, context: Context, rules: Iterable[CompiledRule]) -> BucketResult:
    """Runs rules over one prepared bucket.

    Args:
        frame: sorted by (account, time, tx_id), all rows of its accounts.
        context: what is the same for all buckets.
        rules: to run; rules over the customer table are not run here.
    """
    view = View(frame, context)
    out = BucketResult()
    for item in rules:
        began = time.thread_time()
        rows, judged = _run_rule(view, item, out)
        if judged is not None and not judged.is_empty:
            out.judged[item.index] = judged
        hits = 0 if judged is None else judged.hits.height
        out.spent[item.index] = Spent(time.thread_time() - began, rows, hits)
    out.questions = (view.asked, view.made)
    return out


def _run_rule(view: View, item: CompiledRule, out: BucketResult) -> tuple[int, Judged | None]:
    """Runs one rule over a bucket; gives the rows that it looked at, and None when it is judged later."""
    detect, context = item.rule.detect, view.context
    match detect:
        case ast.Star():
            view.use(())
            return view.size, judge_star(view, item.rule, detect)
        case ast.Transaction():
            judged = judge_rows(view, item.rule, detect)
            return judged.hits.height, judged
        case ast.Aggregate():
            rows = rows_of(view, item.rule, detect)
            if item.scope == "account":
                return rows.height, judge(rows, item.rule, detect, context.clock)
        case ast.Sequence():
            rows = rows_of_sequence(view, item.rule, detect)
            if item.scope == "account":
                last = context.last
                return rows.height, judge_sequence(rows, item.rule, detect, context.clock, last)
    if rows.height:
        out.rows[item.index] = rows.frame()
    return rows.height, None


_WORKER: dict[str, Any] = {}


def _start_worker(path: str) -> None:
    _WORKER["context"], _WORKER["rules"], _WORKER["room"] = pickle.loads(Path(path).read_bytes())  # our own


def _work(numbered: tuple[int, str]) -> BucketResult:
    number, path = numbered
    rules, room = _WORKER["rules"], _WORKER["room"]
    return _put_away(run_bucket(pl.read_ipc(path), _WORKER["context"], rules), number, rules, room)


def _put_away(
    outcome: BucketResult, number: int, rules: tuple[CompiledRule, ...], room: WaitingRoom
) -> BucketResult:
    whole = frozenset(r.index for r in rules if compares_groups(r.rule.detect))
    outcome.waiting = room.keep(outcome.rows, number, whole)
    outcome.rows = {}
    return outcome


class Runner:
    """Runs the stages of a pack over prepared buckets.

    Args:
        prepared: the buckets.
        compiled: the pack.
        workers: processes; with more than one the buckets must be files.
        folder: where workers find the context, needed with more than one, and where rows wait when buckets
            are files.
        skip: rule ids that are not judged on this data.
        known: accounts hit by rules that ran before on the same data, by rule id and account code; these
            rules do not run again.
        advance: told 1 after each bucket of each stage.
    """

    def __init__(
        self,
        prepared: Prepared,
        compiled: CompiledPack,
        *,
        workers: int = 1,
        folder: Path | None = None,
        skip: frozenset[str] = frozenset(),
        known: Mapping[str, npt.NDArray[np.bool_]] | None = None,
        advance: Callable[[int], None] = lambda _n: None,
    ) -> None:
        """Keeps what all stages share."""
        self.prepared, self.compiled = prepared, compiled
        self.workers, self.folder, self.advance = workers, folder, advance
        self.known = dict(known or {})
        self.rules = tuple(r for r in compiled.rules if r.rule.id not in skip | self.known.keys())
        self.result = RunResult()
        self.timing = Timing()
        self.context = Context(
            compiled,
            prepared.clock,
            prepared.dimensions.frame,
            prepared.dimensions.codes,
            prepared.dictionaries,
            answers=prepared.answers,
            first=_micros(prepared.first),
            last=_micros(prepared.last),
            eras=prepared.dimensions.eras,
        )

    @property
    def stages(self) -> int:
        """Passes over the buckets before networks are known."""
        return max((r.stage for r in self.rules if r.scope != "network"), default=0)

    @property
    def passes(self) -> int:
        """Passes over the buckets in `run` and `run_mitigation`, for progress."""
        late = [r for r in self.rules if self._is_late(r)]
        return self.stages + any(r.scope == "account" for r in late) + any(r.scope == "regroup" for r in late)

    def run(self) -> RunResult:
        """Runs every stage but the mitigating facts and the rules over networks."""
        for stage in range(1, self.stages + 1):
            rules = tuple(
                r for r in self.rules if r.stage == stage and r.scope != "network" and not self._is_late(r)
            )
            self._stage(rules)
            self.context = replace(self.context, hit_accounts=self._hit_accounts())
        return self.result

    def _is_late(self, item: CompiledRule) -> bool:
        """Mitigating facts wait until it is known whom they concern, unless a rule reads their hits."""
        read = {a for r in self.rules for a in r.rule.after}
        return item.rule.family == "mitigation" and item.scope != "network" and item.rule.id not in read

    def run_mitigation(self, accounts: npt.NDArray[np.bool_] | None = None) -> RunResult:
        """Runs the rules of mitigating facts.

        Args:
            accounts: by account code, whose own facts are asked; None asks for everybody's. Rules that gather
                rows by another key still read every row.
        """
        rules = tuple(r for r in self.rules if self._is_late(r))
        self._stage(tuple(r for r in rules if r.scope == "account"), only=accounts)
        self._stage(tuple(r for r in rules if r.scope != "account"))
        return self.result

    def run_networks(self, networks: I64) -> RunResult:
        """Runs the rules over suspected networks.

        Args:
            networks: network code by account code, -1 outside.
        """
        rules = tuple(r for r in self.rules if r.scope == "network")
        if rules:
            self.context = replace(self.context, networks=networks)
            self._stage(rules)
        return self.result

    def _stage(self, rules: tuple[CompiledRule, ...], only: npt.NDArray[np.bool_] | None = None) -> None:
        over_rows = tuple(r for r in rules if r.scope != "parties")
        waiting: dict[Place, list[Stored]] = {}
        for outcome in self._buckets(over_rows, only) if over_rows else ():
            for index, judged in outcome.judged.items():
                self.result.add(index, judged)
            for place, rows in outcome.waiting.items():
                waiting.setdefault(place, []).append(rows)
            for index, spent in outcome.spent.items():
                self._spent(index, spent)
            self.timing.asked += outcome.questions[0]
            self.timing.made += outcome.questions[1]
            self.advance(1)
        release()
        for place in sorted(waiting):
            self._judge_gathered(place[0], waiting.pop(place))
        for item in rules:
            if item.scope == "parties" and isinstance(item.rule.detect, ast.Aggregate):
                began = time.thread_time()
                rows = party_rows(self.prepared.parties, item.rule, item.rule.detect, self.context)
                judged = judge(Rows.of(rows), item.rule, item.rule.detect, self.context.clock)
                self.result.add(item.index, judged)
                spent = Spent(time.thread_time() - began, rows.height, judged.hits.height)
                self._spent(item.index, spent)
        release()

    def _judge_gathered(self, index: int, pieces: list[Stored]) -> None:
        """Judges a rule over rows of all buckets."""
        rule, clock = self.compiled.rules[index].rule, self.context.clock
        began = time.thread_time()
        gathered = _gathered(taken_up(pieces), rule.detect)
        judged = Judged()
        if gathered.height == 0:
            pass
        elif isinstance(rule.detect, ast.Aggregate):
            judged = judge(gathered, rule, rule.detect, clock)
        elif isinstance(rule.detect, ast.Sequence):
            judged = judge_sequence(gathered, rule, rule.detect, clock, self.context.last)
        self.result.add(index, judged)
        self._spent(index, Spent(time.thread_time() - began, 0, judged.hits.height))

    def _spent(self, index: int, spent: Spent) -> None:
        self.timing.rules.setdefault(self.compiled.rules[index].rule.id, Spent()).add(spent)

    def _buckets(
        self, rules: tuple[CompiledRule, ...], only: npt.NDArray[np.bool_] | None
    ) -> Iterable[BucketResult]:
        buckets = self.prepared.buckets
        room = room_for(buckets, self.folder)

        def one(number: int) -> BucketResult:
            frame = self.prepared.bucket(number)
            if only is not None:
                frame = frame.filter(pl.Series(only[frame["c:account_id"].to_numpy()]))
            return _put_away(run_bucket(frame, self.context, rules), number, rules, room)

        paths = [str(b) for b in buckets if isinstance(b, Path)]
        if only is None and self.workers > 1 and self.folder is not None and len(paths) == len(buckets) > 0:
            yield from self._processes(paths, rules, room)
            return
        threads = min(THREADS, len(buckets))
        if threads <= 1:
            yield from map(one, range(len(buckets)))
            return
        # Threads share the buckets in memory, and the kernels let go of the interpreter while they work.
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(one, range(len(buckets)))

    def _processes(
        self, paths: list[str], rules: tuple[CompiledRule, ...], room: WaitingRoom
    ) -> Iterable[BucketResult]:
        context = Path(str(self.folder)) / "context.pickle"
        context.write_bytes(pickle.dumps((self.context, rules, room)))
        threads = os.environ.get("POLARS_MAX_THREADS")
        os.environ["POLARS_MAX_THREADS"] = "1"
        try:
            spawn = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(
                self.workers, mp_context=spawn, initializer=_start_worker, initargs=(str(context),)
            ) as pool:
                yield from pool.map(_work, enumerate(paths))
        finally:
            if threads is None:
                os.environ.pop("POLARS_MAX_THREADS", None)
            else:
                os.environ["POLARS_MAX_THREADS"] = threads

    def _hit_accounts(self) -> dict[str, npt.NDArray[np.bool_]]:
        wanted = {a for r in self.rules for a in r.rule.after}
        out = dict(self.known)
        for item in self.rules:
            if item.rule.id in wanted:
                flags = np.zeros(self.prepared.dimensions.frame.height - 1, np.bool_)
                about = _subject_domain(item.rule) == "account"
                named = [i for i, (path, _) in enumerate(item.rule.roles) if path in ast.ACCOUNTS]
                for part in self.result.parts.get(item.index, []):
                    if part.hits.height and about:
                        flags[part.hits["k0"].to_numpy()] = True
                    elif part.hits.height:  # a place, an address: the accounts that the hit names
                        members = part.members.filter(pl.col("role").is_in(named))
                        flags[members["code"].to_numpy()] = True
                out[item.rule.id] = flags
        return out


def _gathered(every: pl.DataFrame, detect: ast.Detect) -> Rows:
    """Gives the rows of all buckets, without those of groups that cannot matter, in the order of time."""
    kept = matters(Rows.of(every), detect)
    return Rows.of(_in_time(every if kept is None else every.filter(pl.Series(kept))))


def _in_time(frame: pl.DataFrame) -> pl.DataFrame:
    """Puts rows of all buckets into the order of time, then id; ids are looked at only where times tie."""
    nothing = np.zeros(frame.height, np.int64)
    return frame[sorted_rows(nothing, frame["_t"].to_numpy(), frame["tx_id"])]


def _subject_domain(rule: ast.Rule) -> str:
    detect = rule.detect
    return domain(detect.for_each[0]) if isinstance(detect, ast.Aggregate | ast.Sequence) else "account"


def _micros(moment: dt.datetime | None) -> int:
    """Gives a moment in microseconds since 1970-01-01 UTC, 0 without one."""
    return 0 if moment is None else round((moment - _EPOCH) / dt.timedelta(microseconds=1))

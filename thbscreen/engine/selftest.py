"""Runs the inline tests of rules through the same compiled plans that screen real data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.pack import CompiledPack, compile_rule
from thbscreen.diagnostics import Span
from thbscreen.engine.hits import Assembler, HitTables, keys_of
from thbscreen.engine.memory import MemorySource, from_rows
from thbscreen.engine.prepare import Prepared, prepare
from thbscreen.engine.readiness import readiness
from thbscreen.engine.run import Runner
from thbscreen.rules import ast, bundle
from thbscreen.rules.pack import resolve
from thbscreen.rules.supplied import standing_in


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Outcome of one inline test.

    Attributes:
        message: what differs, empty when it passed.
        known_gap: recorded as a gap; a failure does not count.
    """

    rule: str
    case: str
    passed: bool
    known_gap: bool
    message: str
    span: Span


def run_cases(pack: bundle.RulePack, *, rule_filter: str | None = None, buckets: int = 1) -> list[CaseResult]:
    """Runs every inline test of a pack.

    Args:
        pack: loaded rules; each case is resolved with its own parameters.
        rule_filter: only rules whose id contains this text.
        buckets: how many buckets to split each case into (results must not change).

    Returns:
        One result per case, in rule and case order.
    """
    wanted = [r for r in pack.bound if rule_filter is None or rule_filter.lower() in r.id.lower()]
    return [run_case(pack, rule, case, buckets=buckets) for rule in wanted for case in rule.tests]


def run_case(pack: bundle.RulePack, rule: ast.Rule, case: ast.Case, *, buckets: int = 1) -> CaseResult:
    """Runs one inline test."""
    message = CaseRun(pack, rule, case, buckets=buckets).message()
    return CaseResult(rule.id, case.name, not message, case.known_gap, message, case.span)


class CaseRun:
    """One inline test with its tables prepared once, for the rule and for changed versions of it.

    Args:
        pack: the rule's pack; rules whose hits it reads run beside it.
        rule: as bound; the case is resolved with its own parameters.
        case: the test.
        buckets: how many buckets to split the case into.

    Attributes:
        rule: as resolved for the case.
    """

    def __init__(self, pack: bundle.RulePack, rule: ast.Rule, case: ast.Case, *, buckets: int = 1) -> None:
        """Prepares the tables."""
        pack = replace(pack, lists=standing_in(pack.lists, case.lists))
        self.pack, self.case, self.buckets = pack, case, buckets
        self.rule = resolve(rule, pack.profile, case.parameters)
        self.tables = {name: [dict(row) for row in rows] for name, rows in case.tables}
        self.compiled = compile_rule(self.pack, self.rule)
        self.prepared = self._prepare(self.compiled)
        self.known: dict[str, npt.NDArray[np.bool_]] = {}

    def _prepare(self, compiled: CompiledPack) -> Prepared:
        source = from_rows(
            self.tables.get("transactions", []),
            self.tables.get("accounts", []),
            self.tables.get("parties", []),
            self.pack.profile.time_zone,
        )
        return prepare(source, compiled, buckets=self.buckets)

    def message(self, changed: ast.Rule | None = None) -> str:
        """Runs the test and says what differs from its expectation; empty when it passes.

        Args:
            changed: a resolved version of the rule to judge in its place.
        """
        rule = changed or self.rule
        runner = self._runner(rule)
        if self.case.expect == "not judged":
            status, _ = _readiness(runner, rule)
            return "" if status == "not judged" else f"is judged ({status}), expected not judged"
        message = _compare(rule, self.case, self._found(runner), self.pack.profile.time_zone)
        if message:
            status, reason = _readiness(runner, rule)
            if status == "not judged":
                message += f" (this data alone would not be judged: {reason})"
        return message

    def found(self, changed: ast.Rule | None = None) -> HitTables:
        """Runs the rule, or a resolved version of it, over the tables of the test and gives all hits."""
        return self._found(self._runner(changed or self.rule))

    def _runner(self, rule: ast.Rule) -> Runner:
        compiled = self.compiled if rule is self.rule else compile_rule(self.pack, rule)
        if compiled.reads_as(self.compiled):
            return Runner(self.prepared, compiled, known=self.known)
        return Runner(self._prepare(compiled), compiled)

    def _found(self, runner: Runner) -> HitTables:
        out = _run(runner, self.tables)
        if runner.prepared is self.prepared:
            hits = runner.context.hit_accounts
            self.known = {i: hits[i] for i in self.rule.after if i in hits}
        return out


def _readiness(runner: Runner, rule: ast.Rule) -> tuple[str, str]:
    ready = readiness(runner.prepared, runner.compiled)
    row = ready.row(by_predicate=pl.col("rule") == rule.id, named=True)
    return row["status"], row["reason"]


def _run(runner: Runner, tables: Mapping[str, list[dict[str, str | None]]]) -> HitTables:
    prepared, compiled = runner.prepared, runner.compiled
    runner.run()
    runner.run_mitigation()
    names: pl.Series | None = None
    given = {
        str(r["account_id"]): str(r["network_id"])
        for r in tables.get("transactions", [])
        if r.get("network_id")
    }
    if given:
        names = pl.Series("network_id", sorted(set(given.values())))
        position = {n: i for i, n in enumerate(names.to_list())}
        accounts = prepared.dictionaries["account"].to_list()
        runner.run_networks(np.array([position.get(given.get(a, ""), -1) for a in accounts], np.int64))
    return Assembler(prepared, compiled, names).assemble(runner.result, all_mitigation=True)


def _compare(rule: ast.Rule, case: ast.Case, found: HitTables, zone: str) -> str:
    hits = found.hits.filter(pl.col("rule") == rule.id).to_dicts()
    if case.expect == "no hits":
        return (
            "" if not hits else f"{len(hits)} hits, expected none: " + "; ".join(_brief(h) for h in hits[:3])
        )
    if isinstance(case.expect, str):
        return "unreadable expectation"
    if len(hits) != len(case.expect):
        return f"{len(hits)} hits, expected {len(case.expect)}" + "".join(
            f"; found {_brief(h)}" for h in hits[:3]
        )
    members = found.members
    left = list(hits)
    for wanted in case.expect:
        differences = [(_differences(rule, h, dict(wanted), members, zone), i) for i, h in enumerate(left)]
        best, at = min(differences, key=lambda d: (len(d[0]), d[1]))
        if best:
            return "; ".join(best)
        hit = left.pop(at)
        if case.evidence is not None and wanted is case.expect[0] and hit["evidence"] != case.evidence:
            return f"evidence reads '{hit['evidence']}'"
    return ""


def _brief(hit: Mapping[str, object]) -> str:
    measures = ", ".join(f"{m['name']} {m['text']}" for m in hit["measures"])  # type: ignore[attr-defined]
    return f"{hit['subject_id']} ({measures})"


def _differences(
    rule: ast.Rule, hit: Mapping[str, object], wanted: Mapping[str, str], members: pl.DataFrame, zone: str
) -> list[str]:
    actual: dict[str, object] = {str(k["field"]): k["value"] for k in hit["keys"]}  # type: ignore[attr-defined]
    actual |= {str(m["name"]): m["value"] for m in hit["measures"]}  # type: ignore[attr-defined]
    actual |= {k: hit[k] for k in ("starts", "ends", "window_starts", "window_ends", "amount_eur")}
    actual["tx_ids"] = actual["tx_id"] = "+".join(hit["tx_ids"])  # type: ignore[arg-type]
    if isinstance(rule.detect, ast.Star | ast.Aggregate) and rule.detect.centre:
        actual[rule.detect.centre] = hit["subject_id"]
    mine = members.filter(pl.col("hit_id") == hit["hit_id"], pl.col("member_id") != hit["subject_id"])
    actual["members"] = "+".join(sorted(set(mine["member_id"].to_list())))
    actual.setdefault(keys_of(rule)[0], hit["subject_id"])
    out = []
    for name, text in wanted.items():
        if name not in actual:
            out.append(f"'{name}' is not something this rule reports")
        elif not _same(actual[name], text, zone):
            out.append(f"{name} is {_shown(actual[name], zone)}, expected {text}")
    return out


def _shown(value: object, zone: str) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    return str(value)


def _same(value: object, text: str, zone: str) -> bool:
    if isinstance(value, dt.datetime):
        return _shown(value, zone).startswith(text.strip())
    if isinstance(value, float | int):
        try:
            cleaned = text.replace("EUR", "").strip()
            share = cleaned.endswith("%")
            number = Decimal(cleaned.rstrip("% ")) / (100 if share else 1)
        except InvalidOperation:
            return False
        places = (
            max(0, -int(number.as_tuple().exponent)) if isinstance(number.as_tuple().exponent, int) else 0
        )
        return abs(value - float(number)) <= 0.5 * 10**-places if places else value == float(number)
    if value is None:
        return text in {"", "null"}
    return sorted(str(value).split("+")) == sorted(text.replace(" ", "").split("+")) or str(value) == text


__all__ = ["CaseResult", "CaseRun", "MemorySource", "run_case", "run_cases"]

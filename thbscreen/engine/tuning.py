"""What other parameter values of one rule would have found, held against what people decided.

Confirmed subjects must stay flagged, cleared ones should not be. Values move inside the rule's bounds, one
parameter at a time, and in pairs where both halves help alone. Nothing is changed: the result is a proposal.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.pack import compile_rule, domain
from thbscreen.engine.hits import Assembler, keys_of
from thbscreen.engine.prepare import Source, prepare
from thbscreen.engine.readiness import readiness
from thbscreen.engine.run import Runner
from thbscreen.errors import DataError, UsageError
from thbscreen.model.progress import Progress, Silent
from thbscreen.rules import ast, bundle
from thbscreen.rules.ast import Unit, Value
from thbscreen.rules.evaluate import contradiction, number
from thbscreen.rules.pack import resolve
from thbscreen.rules.steps import value_of

#: Values between a bound and the value in force, and how many pairs of values are tried at most.
POINTS, PAIRS = 4, 100
Values = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """One subject that somebody has decided about.

    Attributes:
        line: its line in the file that names it, from 1.
    """

    identity: str
    line: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What one choice of values finds.

    Attributes:
        changes: parameters that differ from those in force.
        kept, cleared: confirmed and cleared subjects that are flagged.
        flagged: subjects of the rule that are flagged in all.
        distance: how far the values are from those in force, in shares of the allowed ranges.
    """

    changes: Values
    kept: int
    cleared: int
    flagged: int
    distance: Fraction


@dataclass(frozen=True, slots=True)
class Tuning:
    """The result for one rule.

    Attributes:
        confirmed, cleared: subjects that are in the data.
        unknown_confirmed, unknown_cleared: lines of the files whose subjects are not in the data.
        current: the values in force.
        settings: everything tried, the best first.
    """

    rule: ast.Rule
    confirmed: int
    cleared: int
    unknown_confirmed: tuple[int, ...]
    unknown_cleared: tuple[int, ...]
    current: Setting
    settings: tuple[Setting, ...]

    @property
    def better(self) -> tuple[Setting, ...]:
        """Settings that find no confirmed subject less and fewer cleared ones, or more confirmed ones."""
        now = self.current
        return tuple(
            s for s in self.settings if s.kept > now.kept or (s.kept == now.kept and s.cleared < now.cleared)
        )

    def by_value(self, parameter: str) -> list[tuple[Value, Setting]]:
        """Gives what each tried value of one parameter alone finds, the smallest value first."""
        own = next(p.value for p in self.rule.parameters if p.name == parameter)
        found = [(own, self.current)]
        found += [
            (s.changes[0][1], s)
            for s in self.settings
            if len(s.changes) == 1 and s.changes[0][0] == parameter
        ]
        return sorted(found, key=lambda pair: _size(pair[0]))


def tune(
    pack: bundle.RulePack,
    rule_id: str,
    source: Source,
    confirmed: Sequence[Decided],
    cleared: Sequence[Decided],
    *,
    progress: Progress | None = None,
) -> Tuning:
    """Tries parameter values of one rule on data.

    Args:
        pack: holds the rule and the rules whose hits it reads.
        rule_id: the rule.
        source: the dataset.
        confirmed: subjects that were rightly flagged: accounts, or whatever the rule groups by; a customer
            stands for their accounts.
        cleared: subjects that turned out harmless.
        progress: told what is going on.

    Raises:
        UsageError: the rule has no parameters, looks at networks, or somebody stands in both files.
        DataError: there are no movements, the rule cannot be judged on them, or nobody is known.
    """
    bound = next(r for r in pack.bound if r.id == rule_id)
    _tunable(bound, confirmed, cleared)
    bench = _Bench(pack, bound, source, progress or Silent())
    yes, unknown_yes = bench.known(confirmed)
    no, unknown_no = bench.known(cleared)
    if not yes and not no:
        raise DataError(
            "no confirmed and no cleared subject is in the data",
            hint=f"{rule_id} is about '{keys_of(bound)[0]}'; name those, or customers for their accounts",
        )
    if shared := [a for a in yes if any(a & b for b in no)]:
        raise UsageError(
            f"{len(shared)} confirmed subjects are also cleared", hint="take them out of one file"
        )
    judge = _Judge(bench, yes, no)
    current = judge((), Fraction(0))
    singles = [judge(((p.name, v),), d) for p in bench.rule.parameters for v, d in grid(p)]
    pairs = [judge(changes, d) for changes, d in _pairs(singles, current)]
    order = sorted([*singles, *pairs], key=_rank)
    return Tuning(bench.rule, len(yes), len(no), unknown_yes, unknown_no, current, tuple(order))


def _tunable(rule: ast.Rule, confirmed: Sequence[Decided], cleared: Sequence[Decided]) -> None:
    if not rule.parameters:
        raise UsageError(f"{rule.id} has no parameters")
    if keys_of(rule)[0] == "network_id":
        raise UsageError(f"{rule.id} looks at suspected networks, which one rule alone does not make")
    if not confirmed:
        raise UsageError(
            "there is no confirmed subject", hint="without one, the best value is to find nothing"
        )
    if not cleared:
        raise UsageError("there is no cleared subject", hint="without one, there is nothing to drop")


def _rank(setting: Setting) -> tuple[int, int, int, Fraction, int]:
    return (-setting.kept, setting.cleared, len(setting.changes), setting.distance, setting.flagged)


# --- values --------------------------------------------------------------------------------------


def grid(parameter: ast.Parameter) -> Iterator[tuple[Value, Fraction]]:
    """Gives values to try inside a parameter's bounds, without the one in force.

    Args:
        parameter: its value is the one in force.

    Yields:
        A value, and how far it is from that in force as a share of the whole range.
    """
    at, low, high = (_size(v) for v in (parameter.value, parameter.min, parameter.max))
    seen = {at}
    sizes = [low + (at - low) * Fraction(n, POINTS) for n in range(POINTS)]
    sizes += [at + (high - at) * Fraction(n, POINTS) for n in range(1, POINTS + 1)]
    for size in sizes:
        value = _value(parameter, size)
        found = _size(value)
        if found not in seen and low <= found <= high:
            seen.add(found)
            yield value, abs(found - at) / (high - low)


def _size(value: Value) -> Fraction:
    found = number(value, {})
    assert found is not None  # parameters are numbers, money, shares and lengths
    return found


def _value(parameter: ast.Parameter, size: Fraction) -> Value:
    """Gives a round value of a size: whole counts, whole euros, percentage points, whole units of time."""
    unit, payload = parameter.value.unit, parameter.value.payload
    if isinstance(payload, ast.Length):
        one = _size(Value(Unit.LENGTH, replace(payload, count=1)))
        return value_of(unit, replace(payload, count=max(1, round(size / one))))
    if unit is Unit.MONEY:
        return value_of(unit, round(size / 100) * 100)
    whole = unit is Unit.NUMBER and all(_size(v).denominator == 1 for v in (parameter.min, parameter.value))
    return value_of(unit, Decimal(round(size)) if whole else Decimal(round(size * 100)) / 100)


def _pairs(singles: Sequence[Setting], current: Setting) -> list[tuple[Values, Fraction]]:
    """Gives pairs of values that each lose no confirmed subject and each change what is flagged."""
    useful: dict[str, list[Setting]] = {}
    for setting in sorted(singles, key=_rank):
        changed = (setting.cleared, setting.flagged) != (current.cleared, current.flagged)
        if setting.kept >= current.kept and changed:
            useful.setdefault(setting.changes[0][0], []).append(setting)
    found = [
        ((*a.changes, *b.changes), a.distance + b.distance)
        for one, other in combinations(sorted(useful), 2)
        for a, b in product(useful[one], useful[other])
    ]
    return sorted(found, key=lambda pair: pair[1])[:PAIRS]


# --- running -------------------------------------------------------------------------------------


class _Bench:
    """The data, prepared once, and runs of one rule over them."""

    def __init__(self, pack: bundle.RulePack, bound: ast.Rule, source: Source, progress: Progress) -> None:
        """Prepares the data."""
        self.pack, self.bound, self.source, self.progress = pack, bound, source, progress
        self.rule = next(r for r in pack.rules if r.id == bound.id)
        self.compiled = compile_rule(self.pack, self.rule)
        progress.stage("reading transactions", None)
        self.prepared = prepare(source, self.compiled, advance=progress.advance)
        ready = readiness(self.prepared, self.compiled)
        one = ready.row(by_predicate=pl.col("rule") == bound.id, named=True)
        if not self.prepared.buckets:
            raise DataError("there are no movements in the data")
        if one["status"] == "not judged":
            raise DataError(f"{bound.id} cannot be judged on these data: {one['reason']}")
        self.known_hits: dict[str, npt.NDArray[np.bool_]] = {}
        progress.stage("trying values", None)

    def flagged(self, values: Mapping[str, Value]) -> frozenset[str]:
        """Gives the subjects that the rule flags with some values other than those in force."""
        rule = self.rule
        if values:
            overrides = tuple((n, v.text) for n, v in values.items())
            rule = resolve(self.bound, self.pack.profile, overrides)
        if contradiction(rule.detect, {}):
            return frozenset()
        compiled, prepared = compile_rule(self.pack, rule), self.prepared
        same = compiled.reads_as(self.compiled)
        if not same:
            prepared = prepare(self.source, compiled)
        runner = Runner(prepared, compiled, known=self.known_hits if same else None)
        runner.run()
        if rule.family == "mitigation":
            runner.run_mitigation()
        if same:
            self.known_hits = {i: h for i, h in runner.context.hit_accounts.items() if i != rule.id}
        self.progress.advance(1)
        found = Assembler(prepared, compiled).assemble(runner.result, all_mitigation=True).hits
        return frozenset(found.filter(pl.col("rule") == rule.id)["subject_id"].to_list())

    def known(self, decided: Sequence[Decided]) -> tuple[list[frozenset[str]], tuple[int, ...]]:
        """Gives the rule's subjects behind each known decision, and the lines of the unknown ones."""
        name = domain(keys_of(self.bound)[0])
        listed = self.prepared.dictionaries.get(name)
        if listed is None:
            listed = self.prepared.parties["party_id"] if name == "party" else pl.Series(dtype=pl.String)
        subjects = set(listed.drop_nulls().to_list())
        held: dict[str, set[str]] = {}
        if name == "account":
            dims = self.prepared.dimensions.frame["party_id"].to_list()
            for account, party in zip(self.prepared.dictionaries["account"].to_list(), dims, strict=False):
                if party is not None:
                    held.setdefault(party, set()).add(account)
        out: dict[str, frozenset[str]] = {}
        unknown = []
        for one in decided:
            if one.identity in subjects:
                out[one.identity] = frozenset({one.identity})
            elif one.identity in held:
                out[one.identity] = frozenset(held[one.identity])
            else:
                unknown.append(one.line)
        return list(out.values()), tuple(unknown)


class _Judge:
    """Holds what a setting flags against the decisions."""

    def __init__(self, bench: _Bench, yes: list[frozenset[str]], no: list[frozenset[str]]) -> None:
        """Keeps the decisions."""
        self.bench, self.yes, self.no = bench, yes, no

    def __call__(self, changes: Values, distance: Fraction) -> Setting:
        """Runs the rule with these changes."""
        flagged = self.bench.flagged(dict(changes))
        kept, cleared = (sum(bool(one & flagged) for one in ones) for ones in (self.yes, self.no))
        return Setting(changes, kept, cleared, len(flagged), distance)


def read_decided(text: str, rule_id: str) -> list[Decided]:
    """Reads subjects from a file: one id a line, or rows of a hit table as CSV.

    Args:
        text: content of the file. With a first line that names the column `subject_id`, it is CSV; where
            it also names `rule`, rows of other rules are passed over. Blank lines and lines that begin with
            `#` are passed over otherwise.
        rule_id: the rule that is tuned.

    Raises:
        DataError: a line of the CSV has other columns than its first line.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    head = next(csv.reader(lines[:1]), [])
    if "subject_id" not in head:
        found = [(line.strip(), n) for n, line in enumerate(lines, 1)]
        return [Decided(name, n) for name, n in found if name and not name.startswith("#")]
    reader = csv.DictReader(lines)
    out = []
    for row in reader:
        if None in row or None in row.values():
            raise DataError(f"line {reader.line_num} has another number of columns than the first line")
        if row.get("rule", rule_id) == rule_id and row["subject_id"]:
            out.append(Decided(row["subject_id"], reader.line_num))
    return out


__all__ = ["Decided", "Setting", "Tuning", "grid", "read_decided", "tune"]

"""The compiled pack: what all rules of a run need, found once and shared.

Equal parts are one part: equal row conditions become one Boolean column, equal lists on one text one
membership column, equal windows one start index. A rule's scope says which rows belong together,
and no rule looks outside it; that is what makes buckets exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Literal

import polars as pl

from thbscreen.compile.where import leaf, text_key, words_of
from thbscreen.model import catalogue
from thbscreen.rules import ast, bundle
from thbscreen.rules.needs import hits_read, names_in
from thbscreen.rules.pack import hidden

Scope = Literal["account", "regroup", "parties", "network"]

_FIELDS = catalogue.rule_fields()
_DERIVED_ROOTS = frozenset(catalogue.DERIVED)
#: Transaction columns with words that are matched and then dropped, never carried through windows.
_WORD_KINDS = frozenset({"mentions", "mentions_list"})


def domain(path: str) -> str:
    """Names the dictionary whose codes a text field uses; fields that hold the same ids share one."""
    root = path.rsplit(".", 1)[-1]
    if root in {"account_id", "cp_account_id"}:
        return "account"
    if root in {"party_id", "employer_id", "on_behalf_of"}:
        return "party"
    if path in _FIELDS:
        source = _FIELDS[path].source
        # a counterparty's customer is a customer: both name the same dictionary
        return path if source == "transaction" else f"{'p' if source == 'cp' else source[0]}.{root}"
    return root if root == "location_city" else path


@dataclass(frozen=True)
class CompiledRule:
    """One rule ready to run.

    Attributes:
        index: position in the pack.
        scope: account: windows inside one account's rows; regroup: rows are filtered per account, then
            gathered by another key; parties: over the customer table; network: over the rows of one
            suspected network, after linking.
        stage: 1, or one more than the stage of the rules whose hits it reads.
    """

    rule: ast.Rule
    index: int
    scope: Scope
    stage: int


@dataclass
class CompiledPack:
    """Every rule of a pack with the columns they share.

    Attributes:
        row_tests: (conditions on one transaction row, name of their Boolean column).
        words: (text field, list name) pairs that the one text pass answers.
        codes: text fields of a transaction that are needed as codes, with the row tests outside which
            nobody asks for the code (None: every row's code is needed).
        account_fields: fields of accounts and their primary holders that rules read, as paths.
        fetched: transaction columns to read from the source.
    """

    pack: bundle.RulePack
    rules: tuple[CompiledRule, ...]
    lists: dict[str, bundle.WordList]
    row_tests: dict[tuple[ast.Condition, ...], str] = field(default_factory=dict)
    words: dict[tuple[str, str], bundle.WordList] = field(default_factory=dict)
    codes: dict[str, frozenset[str] | None] = field(default_factory=dict)
    account_fields: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    def reads_as(self, other: CompiledPack) -> bool:
        """Tells whether tables prepared for the other pack serve this one: equal columns and row tests."""
        names = [f.name for f in fields(self) if f.name not in {"pack", "rules", "lists", "_numbers"}]
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def test_numbers(self) -> dict[str, int]:
        """Gives the position of each shared row test by its name."""
        if len(self._numbers) != len(self.row_tests):
            self._numbers = {name: number for number, name in enumerate(self.row_tests.values())}
        return self._numbers


def is_money(path: str) -> bool:
    """Tells whether a field holds cents."""
    known = _FIELDS.get(path)
    return known is not None and known.field.kind == "money"


def is_row_test(condition: ast.Condition) -> bool:
    """Tells whether a condition reads only text, dates and times of the transaction itself."""
    match condition:
        case ast.Test():
            known = _FIELDS.get(condition.field)
            return (
                condition.op != "hit_by"
                and known is not None
                and known.source == "transaction"
                and known.field.kind not in {"money", "whole"}
            )
        case ast.AnyOf() | ast.NoneOf():
            return all(is_row_test(c) for w in condition.wheres for c in w.conditions)
        case _:
            return False


def condition_expr(condition: ast.Condition, lists: dict[str, bundle.WordList]) -> pl.Expr:
    """Builds a row condition as one expression without missing values."""
    match condition:
        case ast.Test():
            return leaf(condition, lists, money=is_money(condition.field))
        case ast.AnyOf():
            return pl.any_horizontal([_all(w, lists) for w in condition.wheres])
        case ast.NoneOf():
            return ~pl.any_horizontal([_all(w, lists) for w in condition.wheres])
        case _:
            msg = "a comparison is not a row test"
            raise TypeError(msg)


def _all(where: ast.Where, lists: dict[str, bundle.WordList]) -> pl.Expr:
    if not where.conditions:
        return pl.lit(value=True)
    return pl.all_horizontal([condition_expr(c, lists) for c in where.conditions])


def split(where: ast.Where) -> tuple[tuple[ast.Condition, ...], tuple[ast.Condition, ...]]:
    """Parts a where into the row test (one shared column) and the rest (judged in the bucket)."""
    row = tuple(c for c in where.conditions if is_row_test(c))
    return row, tuple(c for c in where.conditions if not is_row_test(c))


def wheres_of(detect: ast.Detect) -> Iterator[ast.Where]:
    """Lists every where of a rule: its own, its measures', its derived columns' and its legs'."""
    yield detect.where
    if isinstance(detect, ast.Star):
        yield from (leg.where for leg in (*detect.legs, *detect.links))
    else:
        for item in detect.derive:
            match item:
                case ast.Follows() | ast.MostCommon() | ast.SincePrevious() | ast.RoleOf():
                    yield item.where
                case ast.PassedOn():
                    yield from (item.source, item.target)
                case _:
                    pass
    if isinstance(detect, ast.Sequence):
        yield from (step.where for step in detect.steps)
    if not isinstance(detect, ast.Transaction):
        yield from (m.where for m in detect.measures)


def tests_of(where: ast.Where) -> Iterator[ast.Test | ast.Compare]:
    """Lists the single tests and comparisons of a where, however deep."""
    for condition in where.conditions:
        match condition:
            case ast.Test() | ast.Compare():
                yield condition
            case ast.AnyOf() | ast.NoneOf():
                for inner in condition.wheres:
                    yield from tests_of(inner)


def _scope(detect: ast.Detect) -> Scope:
    match detect:
        case ast.Transaction() | ast.Star():
            return "account"
        case ast.Aggregate(table="parties"):
            return "parties"
        case ast.Aggregate() | ast.Sequence():
            if "network_id" in detect.for_each:
                return "network"
            if any(m.kind == "peers" for m in detect.measures):
                return "regroup"
            return "account" if detect.for_each[0] == "account_id" else "regroup"


def _stages(rules: tuple[ast.Rule, ...]) -> dict[str, int]:
    known = {r.id: r for r in rules}
    stage: dict[str, int] = {}

    def of(rule: ast.Rule) -> int:
        if rule.id not in stage:
            stage[rule.id] = 0  # the binder has refused cycles; this only guards the recursion
            stage[rule.id] = 1 + max((of(known[a]) for a in rule.after if a in known), default=0)
        return stage[rule.id]

    for rule in rules:
        of(rule)
    return stage


def _text(path: str) -> bool:
    known = _FIELDS.get(path)
    return known is not None and known.source == "transaction" and known.field.kind in {"text", "enum"}


class _Collector:
    """Gathers what the rules of a pack read."""

    def __init__(self, out: CompiledPack) -> None:
        self.out = out

    def where(self, where: ast.Where) -> None:
        row, rest = split(where)
        if row:
            self.out.row_tests.setdefault(row, f"@row{len(self.out.row_tests)}")
        for condition in rest:
            if isinstance(condition, ast.AnyOf | ast.NoneOf):
                for inner in condition.wheres:
                    self.where(inner)
        for test in tests_of(where):
            if isinstance(test, ast.Compare):
                for name in (*names_in(test.left), *names_in(test.right)):
                    self.field(name, as_code=False)
                continue
            self.field(test.field, as_code=test.op == "hit_by")
            self._words(test)

    def _words(self, test: ast.Test) -> None:
        known = _FIELDS.get(test.field)
        found = words_of(test, self.out.lists)
        if found is not None and known is not None and known.source == "transaction":
            self.out.words[(test.field, found.name)] = found

    def _code(self, path: str, when: str | None) -> None:
        self.out.fetched.add(path)
        before = self.out.codes.get(path, frozenset())
        self.out.codes[path] = None if when is None or before is None else before | {when}

    def field(self, path: str, *, as_code: bool, when: str | None = None) -> None:
        known = _FIELDS.get(path)
        if known is None:
            return
        if known.source == "transaction":
            self.out.fetched.add(path)
            if as_code and _text(path):
                self._code(path, when)
            if known.field.kind in {"money", "whole", "date"}:
                self.out.numbers.add(path)
        elif known.source == "derived":
            needs = {
                "account.age_days": ("account.opened_date",),
                "cp.age_days": ("account.opened_date",),
                "same_address": ("party.address_hash",),
            }
            self.out.account_fields.update(needs.get(path, ()))
            if path in {"cp.age_days", "own_transfer", "same_address"}:
                self._code("cp_account_id", None)
        else:
            if known.source == "cp":
                self._code("cp_account_id", None)
            prefix = "account" if known.source == "account" else "party"
            self.out.account_fields.add(f"{prefix}.{known.field.name}")

    def rule(self, rule: ast.Rule) -> None:
        detect = rule.detect
        if isinstance(detect, ast.Aggregate) and detect.table == "parties":
            return
        for where in wheres_of(detect):
            self.where(where)
        row, _ = split(detect.where)
        when = self.out.row_tests.get(row) if row else None
        for path in coded_fields(rule):
            self.field(path, as_code=not is_id(path) or _spells_ids(rule))
        for path in counted_fields(rule):
            self.field(path, as_code=not is_id(path) or _spells_ids(rule), when=when)
        for path in rule.columns:
            self.field(path, as_code=False)
        if any(isinstance(d, ast.Follows) for d in getattr(detect, "derive", ())):
            for path in ("cp_account_id", "location_city", "tx_id"):
                if any(c.endswith(path) for c in rule.columns):
                    self.field(path, as_code=not is_id(path) or _spells_ids(rule))

    def hidden(self, detect: ast.Detect) -> None:
        """Lets the rows that an exclusion hides be counted."""
        if not (isinstance(detect, ast.Aggregate) and detect.table == "parties"):
            for where in wheres_of(detect):
                self.where(where)


def is_id(path: str) -> bool:
    """Tells whether a field is the id of a movement, its own or that of a matched row."""
    return path.rpartition(".")[2] == "tx_id"


def _spells_ids(rule: ast.Rule) -> bool:
    """Tells whether a rule must know how ids are spelt, or tell movements of several buckets apart.

    Inside a bucket the place of a row tells movements apart, and keys read the few ids of their own rows.
    """
    detect = rule.detect
    read = [path for path, _ in rule.roles]
    for where in wheres_of(detect):
        for test in tests_of(where):
            if isinstance(test, ast.Compare):
                read += [*names_in(test.left), *names_in(test.right)]
            elif test.op != "missing":
                read.append(test.field)
    if isinstance(detect, ast.Aggregate | ast.Sequence) and _scope(detect) != "account":
        read += [m.field for m in detect.measures if m.field]
    if isinstance(detect, ast.Aggregate):
        read += [f for m in detect.measures if m.compared is not None for f in m.compared.alike_by]
        read += [detect.window.source] if isinstance(detect.window, ast.Turns) else []
    if isinstance(detect, ast.Sequence):
        read += [f for step in detect.steps for f in step.same]
    if isinstance(detect, ast.Transaction):
        read += [s.name for s in rule.evidence if isinstance(s, ast.Slot)]
    if not isinstance(detect, ast.Star):
        for derive in detect.derive:
            match derive:
                case ast.MostCommon() | ast.Lookup() | ast.FirstSeen() | ast.RoleOf():
                    read.append(derive.field)
                case ast.PassedOn():
                    read += [f for f in (derive.elsewhere, derive.same) if f]
                case _:
                    pass
    return any(is_id(path) for path in read)


def coded_fields(rule: ast.Rule) -> Iterator[str]:
    """Lists the fields of a rule whose codes any row may be asked for: keys, roles, matched fields."""
    detect = rule.detect
    yield "account_id"
    yield from (f for f, _ in rule.roles)
    for where in wheres_of(detect):
        for line in tests_of(where):
            if isinstance(line, ast.Compare) and line.left.unit is ast.Unit.TEXT:
                yield from (*names_in(line.left), *names_in(line.right))
    if isinstance(detect, ast.Star):
        yield "cp_account_id"
        return
    for derive in detect.derive:
        match derive:
            case ast.Follows():
                yield from (*derive.same, *derive.different)
            case ast.MostCommon() | ast.Lookup() | ast.FirstSeen():
                yield derive.field
            case ast.RoleOf():
                yield derive.field.rpartition(".")[2] if derive.field.startswith("paid.") else derive.field
            case ast.PassedOn():
                yield from ("cp_account_id", *(f for f in (derive.elsewhere, derive.same) if f))
            case ast.Cluster():
                yield from ("party_id", *derive.fields)
            case _:
                pass
    if isinstance(detect, ast.Sequence):
        yield from (f for step in detect.steps for f in step.same)
        yield from (path.partition(".")[2] for path, _ in rule.roles if "." in path)
    if isinstance(detect, ast.Aggregate):
        for measure in detect.measures:
            if measure.compared is not None:
                yield from measure.compared.alike_by
        if isinstance(detect.window, ast.Turns):
            yield detect.window.source
    if isinstance(detect, ast.Aggregate | ast.Sequence):
        yield from detect.for_each
    else:
        yield from (s.name for s in rule.evidence if isinstance(s, ast.Slot))


def counted_fields(rule: ast.Rule) -> Iterator[str]:
    """Lists the fields whose values a rule counts, among the rows that pass its own conditions."""
    if isinstance(rule.detect, ast.Aggregate):
        yield from (m.field for m in rule.detect.measures if m.kind == "distinct" and m.field)


def compile_pack(pack: bundle.RulePack) -> CompiledPack:
    """Compiles every enabled rule of a pack."""
    stages = _stages(pack.rules)
    rules = tuple(
        CompiledRule(rule, index, _scope(rule.detect), stages[rule.id])
        for index, rule in enumerate(pack.rules)
    )
    out = CompiledPack(pack, rules, {found.name: found for found in pack.lists})
    collector = _Collector(out)
    for rule in pack.rules:
        collector.rule(rule)
    for item in hidden(pack):
        collector.hidden(item.detect)
    out.fetched.discard("account_id")
    out.codes.pop("account_id", None)
    return out


def compile_rule(pack: bundle.RulePack, rule: ast.Rule) -> CompiledPack:
    """Compiles one rule, which need not be the pack's own version, with the rules whose hits it reads."""
    read = hits_read({r.id: r.after for r in pack.rules}, rule.after)
    rules = (rule, *(r for r in pack.rules if r.id in read))
    return compile_pack(replace(pack, rules=tuple(sorted(rules, key=lambda r: r.id))))


__all__ = [
    "CompiledPack",
    "CompiledRule",
    "coded_fields",
    "compile_pack",
    "compile_rule",
    "counted_fields",
    "domain",
    "split",
    "text_key",
]

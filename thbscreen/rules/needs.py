"""What a rule needs of the data: which columns must hold values for it to be judged (law L10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from thbscreen.rules import ast
from thbscreen.rules.evaluate import walk

if TYPE_CHECKING:
    from thbscreen.rules import bundle

_NEGATIVE = frozenset({"is_not", "not_in", "not_in_list"})
_IN_LISTS = frozenset({"in_list", "not_in_list", "mentions_list"})
#: Facts that only lower the number of flags; without them the rule is judged, but weakly.
_LENIENT = frozenset(
    {"own_transfer", "same_address", "party.licence", "party.sector_nace", "cp.licence", "cp.sector_nace"}
)


class _Needs:
    """Which parts of a rule can be judged when some columns have no value at all."""

    def __init__(self, rule: ast.Rule, missing: set[str]) -> None:
        self.missing = missing - _LENIENT
        self.lost: set[str] = set()
        for item in getattr(rule.detect, "derive", ()):
            match item:
                case ast.Follows():
                    gone = not self.where(item.where) or any(map(self.gone, (*item.same, *item.different)))
                case ast.MostCommon() | ast.Lookup() | ast.FirstSeen():
                    gone = self.gone(item.field)
                case ast.RoleOf():
                    gone = self.gone(item.field) or not self.where(item.where)
                case ast.SincePrevious():
                    gone = not self.where(item.where)
                case ast.PassedOn():
                    fields = [f for f in (item.elsewhere, item.same) if f]
                    both = self.where(item.source) and self.where(item.target)
                    gone = not both or any(map(self.gone, fields))
                case ast.Cluster():
                    # one of the details may do; without any of them nobody is joined
                    gone = all(map(self.gone, item.fields))
                case ast.Fact():
                    gone = named(item) in missing
                case _:
                    gone = False
            if gone:
                self.lost.add(item.name)

    def gone(self, path: str) -> bool:
        """Tells whether a field or derived column can have no value."""
        root, _, part = path.partition(".")
        return (
            path in self.missing
            or root in self.lost
            or (part in self.missing and root not in {"party", "cp", "account"})
        )

    def where(self, where: ast.Where) -> bool:
        """Tells whether the conditions can hold at all."""
        return all(self._condition(c) for c in where.conditions)

    def _condition(self, condition: ast.Condition) -> bool:
        match condition:
            case ast.Test():
                unread = condition.op in _IN_LISTS and list_named(str(condition.operand)) in self.missing
                return condition.op in _NEGATIVE or not (unread or self.gone(condition.field))
            case ast.AnyOf():
                return any(self.where(w) for w in condition.wheres)
            case ast.NoneOf():
                return True
            case ast.Compare():
                return not any(map(self.gone, (*names_in(condition.left), *names_in(condition.right))))

    def rule(self, rule: ast.Rule) -> bool:
        """Tells whether the rule can be judged."""
        detect = rule.detect
        if isinstance(detect, ast.Star):
            return self.where(detect.where) and all(self.where(leg.where) for leg in detect.legs)
        fields = [] if isinstance(detect, ast.Transaction) else list(detect.for_each)
        measures = () if isinstance(detect, ast.Transaction) else detect.measures
        fields += [m.field for m in measures if m.field]
        fields += [f for m in measures if m.compared for f in m.compared.alike_by]
        if isinstance(detect, ast.Aggregate) and isinstance(detect.window, ast.Turns):
            fields.append(detect.window.source)
        if isinstance(detect, ast.Sequence):
            fields += [f for step in detect.steps for f in step.same]
            if not all(self.where(step.where) for step in detect.steps):
                return False  # also what must stay away: nobody can see it stay away
        holds = self.where(detect.where) and not any(map(self.gone, fields))
        # A measure whose rows can never pass would be zero, and zero may be just what a line asks for.
        return holds and all(self.where(m.where) for m in measures)


def named(fact: ast.Fact) -> str:
    """Gives the name under which a fact of the profile stands among what is missing."""
    return f"fact {fact.fact}"


def list_named(name: str) -> str:
    """Gives the name under which a list that cannot be read stands among what is missing."""
    return f"list {name}"


def lists_read(rule: ast.Rule) -> tuple[str, ...]:
    """Lists the names of the lists that a rule's tests read."""
    tests = (part for part in walk(rule.detect) if isinstance(part, ast.Test) and part.op in _IN_LISTS)
    return tuple(sorted({str(test.operand) for test in tests}))


def unread_lists(rule: ast.Rule, lists: Mapping[str, bundle.WordList]) -> dict[str, str]:
    """Gives the lists of a rule that cannot be read, each with the reason."""
    known = (lists[name] for name in lists_read(rule) if name in lists)
    return {found.name: found.lacking for found in known if found.lacking}


def lists_needed(rule: ast.Rule, lists: Mapping[str, bundle.WordList]) -> tuple[str, ...]:
    """Gives the reasons why a rule cannot be judged on any data: lists that it needs and cannot read."""
    unread = unread_lists(rule, lists)
    return tuple(why for name, why in unread.items() if not judgeable(rule, {list_named(name)}))


def names_in(expr: ast.Expr | None) -> Iterator[str]:
    """Lists the names that an expression reads."""
    match expr:
        case ast.Name():
            yield expr.name
        case ast.BinOp():
            yield from names_in(expr.left)
            yield from names_in(expr.right)
        case _:
            return


def judgeable(rule: ast.Rule, missing: Collection[str]) -> bool:
    """Tells whether a rule can be judged on data in which some columns hold no value at all.

    A column that only serves to leave rows out (a negative test, `none_of`), or one way of several
    (`any_of`), may be missing: then the rule is judged, but weakly.

    Args:
        rule: bound or resolved.
        missing: rule field paths without any value, facts (see `named`) without one for these days, and
            lists (see `list_named`) that cannot be read.
    """
    return _Needs(rule, set(missing)).rule(rule)


def required_columns(rule: ast.Rule) -> tuple[str, ...]:
    """Lists the columns without any one of which the rule is not judged."""
    return tuple(c for c in rule.columns if not judgeable(rule, {c}))


def names_of(line: ast.Compare) -> set[str]:
    """Gives the names on both sides of a comparison."""
    return {*names_in(line.left), *names_in(line.right)}


def hits_read(after: Mapping[str, Iterable[str]], start: Iterable[str]) -> set[str]:
    """Gives some rules and all whose hits they read, directly or through others.

    Args:
        after: ids of the rules that each rule reads itself.
        start: ids to begin with.
    """
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        identity = waiting.pop()
        if identity not in found:
            found.add(identity)
            waiting += after.get(identity, ())
    return found

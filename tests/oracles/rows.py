"""What a rule may ask of one row, answered slowly: fields, customers, derived columns, tests."""

from __future__ import annotations

import datetime as dt
import operator
from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracles import derived
from tests.oracles.clocks import Zone
from thbscreen.model.entries import word_matches
from thbscreen.model.text import fold
from thbscreen.rules import ast, bundle

COMPARE = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass
class World:
    """Tables of plain values: money in cents, times in UTC microseconds, dates as dates, None missing.

    Attributes:
        rows: movements with tx_id, account_id, booking_ts, direction and any other column.
        accounts: by account id. parties: by party id. holders: party id by account id.
        hits: accounts that earlier rules hit, by rule id. networks: network by account.
    """

    pack: bundle.RulePack
    rows: list
    accounts: dict = field(default_factory=dict)
    parties: dict = field(default_factory=dict)
    holders: dict = field(default_factory=dict)
    hits: dict = field(default_factory=dict)
    networks: dict = field(default_factory=dict)

    def __post_init__(self):
        """Sorts the rows by account, time and id, the order of the ledger."""
        self.zone = Zone(self.pack.profile.time_zone)
        self.lists = {found.name: found for found in self.pack.lists}
        self.rows = sorted(self.rows, key=lambda r: (r["account_id"], r["booking_ts"], r["tx_id"]))
        times = [r["booking_ts"] for r in self.rows]
        self.first, self.last = min(times, default=0), max(times, default=0)

    def day(self, row):
        """Gives the local day of a row."""
        return self.zone.wall(row["booking_ts"]).date()


def number(expr, names=None):
    """Works out an expression; None where a part is unknown or divided by zero (law L4)."""
    match expr:
        case ast.Value():
            return Fraction(expr.payload) if isinstance(expr.payload, int | Fraction) else _literal(expr)
        case ast.Name():
            return names(expr.name)
        case ast.BinOp():
            a, b = number(expr.left, names), number(expr.right, names)
            if a is None or b is None or (expr.op == "/" and b == 0):
                return None
            return {"+": a + b, "-": a - b, "*": a * b}[expr.op] if expr.op != "/" else a / b


def _literal(value):
    match value.unit:
        case ast.Unit.DATE | ast.Unit.TIME:
            return dt.date.fromisoformat(value.payload)
        case ast.Unit.NUMBER | ast.Unit.SHARE:
            return Fraction(value.payload)
        case _:
            return value.payload


class Facts:
    """What a rule may ask of a row: its columns, its customers, its derived columns."""

    def __init__(self, world, derive):
        self.world = world
        self.derived = {}
        for item in derive:
            self.derived[item.name] = (item, derived.column(self, item))

    def value(self, row, path):
        """Gives a field of a row, None where missing."""
        head, _, tail = path.partition(".")
        if head in self.derived:
            item, values = self.derived[head]
            if isinstance(item, ast.PassedOn) and tail == "share":
                return derived.shared(self, item).get(row["tx_id"])
            found = values[row["tx_id"]]
            return found if not tail or found is None else found.get(tail)
        w, mine, theirs = self.world, row["account_id"], row.get("cp_account_id")
        match head, tail:
            case "account", "age_days":
                return self._age(row, mine)
            case "cp", "age_days":
                return self._age(row, theirs)
            case "account", _:
                return mine if tail == "account_id" else w.accounts.get(mine, {}).get(tail)
            case "party", _:
                return self._person(w.holders.get(mine), tail)
            case "cp", _:
                return self._person(w.holders.get(theirs), tail)
            case "party_id", _:
                return w.holders.get(mine)
            case "network_id", _:
                return w.networks.get(mine)
            case "own_transfer", _:
                return mine == theirs or (mine in w.holders and w.holders[mine] == w.holders.get(theirs))
            case "same_address", _:
                a = self._person(w.holders.get(mine), "address_hash")
                return a is not None and a == self._person(w.holders.get(theirs), "address_hash")
        return row.get(path)

    def _person(self, party, name):
        return None if party is None else self.world.parties.get(party, {"party_id": party}).get(name)

    def _age(self, row, account):
        opened = self.world.accounts.get(account, {}).get("opened_date")
        return None if opened is None else (self.world.day(row) - opened).days

    def with_matches(self, rows):
        """Gives rows and the other rows on which their derived columns rest, each once."""
        found = {r["tx_id"]: r for r in rows}
        for item, values in list(self.derived.values()):
            if isinstance(item, ast.Follows):
                found |= {m["tx_id"]: m for r in rows if (m := values[r["tx_id"]]) is not None}
            if isinstance(item, ast.PassedOn):
                beside = derived.moved(self, item)
                found |= {b["tx_id"]: b for a, b, _ in beside if any(a is r for r in rows)}
                found |= {a["tx_id"]: a for a, b, _ in beside if any(b is r for r in rows)}
        return found.values()

    # --- tests

    def passes(self, where, row):
        """Tells whether all conditions hold on a row."""
        return all(self._holds(c, row) for c in where.conditions)

    def _holds(self, condition, row):
        match condition:
            case ast.AnyOf():
                return any(self.passes(w, row) for w in condition.wheres)
            case ast.NoneOf():
                return not any(self.passes(w, row) for w in condition.wheres)
            case ast.Compare():
                dated = ast.Unit.DATE in {condition.left.unit, condition.right.unit}
                return compared(condition, lambda name: self._side(row, name, dated=dated))
            case ast.Test():
                return holds(condition, self.value(row, condition.field), self.world)

    def _side(self, row, name, *, dated):
        found = self.value(row, name)
        if dated and found is not None and name.endswith("_ts"):
            return self.world.zone.wall(found).date()
        return Fraction(found) if isinstance(found, int) and not isinstance(found, bool) else found


def holds(test, value, world):
    """Law L3: a missing value fails every positive test and passes every negative one."""
    op = test.op
    if op == "missing":
        return (value is None) == test.operand
    if op in {"is_not", "not_in", "not_in_list"}:
        positive = {"is_not": "is", "not_in": "in", "not_in_list": "in_list"}[op]
        return not holds(ast.Test(test.field, positive, test.operand), value, world)
    if value is None:
        return False
    if op == "hit_by":
        return any(value in world.hits.get(rule, ()) for rule in test.operand)
    if isinstance(value, derived.Since):
        return value.holds(op, test.operand.payload, world.zone)
    moment = isinstance(value, int) and test.field.endswith("_ts")
    if moment:
        wall = world.zone.wall(value)
        value = wall.date()
    match op:
        case "is" | "in":
            wanted = test.operand if op == "in" else (test.operand,)
            return any(value == number(o) for o in wanted)
        case "in_list" | "mentions_list":
            found = world.lists[test.operand]
            if found.kind == "words":
                return any(word_matches(fold(value), e) for _, e in found.entries)
            return any(_code(value, e, ranges=found.kind == "codes") for _, e in found.entries)
        case "mentions":
            return any(word_matches(fold(value), o.payload) for o in test.operand)
        case "time_of_day":
            span, minute = test.operand.payload, wall.hour * 60 + wall.minute
            inside = span.start <= minute < span.end
            return inside if span.start <= span.end else minute >= span.start or minute < span.end
        case "weekday":
            return WEEKDAYS[wall.weekday()] in {o.payload[:3].lower() for o in test.operand}
    bound = number(test.operand)
    return {
        "at_least": lambda: value >= bound,
        "at_most": lambda: value <= bound,
        "above": lambda: value > bound,
        "below": lambda: value < bound,
        "multiple_of": lambda: value % bound == 0,
    }[op]()


def _code(value, entry, *, ranges):
    low, dash, high = entry.partition("-")
    if ranges and dash and low.isdigit() and high.isdigit() and len(low) == len(high):
        return value.isdigit() and len(value) == len(low) and low <= value <= high
    return value == entry


def compared(line, names):
    """Compares both sides; False where either is unknown (law L4)."""
    a, b = number(line.left, names), number(line.right, names)
    if a is None or b is None:
        return False
    return COMPARE[line.op](a, b)

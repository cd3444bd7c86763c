"""A slow interpreter of whole rules: rows of plain values in, hits out, one loop per law.

It shares nothing with `thbscreen.compile`: values are Python's own, sums are exact fractions, windows are
lists of rows, and every law of the language is one short function.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections import Counter, deque
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median
from zoneinfo import ZoneInfo

from thbscreen.model import catalogue
from thbscreen.model.text import fold, word_matches
from thbscreen.rules import ast, bundle

EPOCH = dt.datetime(1970, 1, 1)
MICRO = dt.timedelta(microseconds=1)
DAY = 86_400_000_000
FIELDS = catalogue.rule_fields()
COMPARE = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Zone:
    """Wall clocks by Python's own zone database, one instant at a time."""

    def __init__(self, name):
        self.zone = ZoneInfo(name)

    def wall(self, utc):
        """Gives the naive wall time of an instant in microseconds."""
        moment = (EPOCH + utc * MICRO).replace(tzinfo=dt.UTC)
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def instant(self, wall):
        """Gives the earliest instant at which clocks show this time or, where none does, a later one."""
        target = (wall - EPOCH) // MICRO
        offsets = {
            (wall + dt.timedelta(days=d)).replace(tzinfo=self.zone).utcoffset() // MICRO for d in (-1, 1)
        }
        exact = [target - o for o in offsets if self.wall(target - o) == wall]
        if exact:
            return min(exact)
        low, high = target - max(offsets) - 1, target - min(offsets)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.wall(middle) >= wall else (middle, high)
        return high

    def before(self, utc, length):
        """Law L2: hours and minutes are elapsed time, the rest are steps on the wall clock."""
        n = length.count
        if length.unit in {"minutes", "hours"}:
            return utc - n * {"minutes": 60, "hours": 3600}[length.unit] * 1_000_000
        wall = self.wall(utc)
        if length.unit != "months":
            return self.instant(wall - dt.timedelta(**{length.unit: n}))
        month = wall.year * 12 + wall.month - 1 - n
        first = dt.datetime(month // 12, month % 12 + 1, 1)
        after = dt.datetime((month + 1) // 12, (month + 1) % 12 + 1, 1)
        day = min(wall.day, (after - first).days)
        return self.instant(first.replace(day=day) + (wall - dt.datetime(wall.year, wall.month, wall.day)))


@dataclass
class World:
    """Tables of plain values: money in cents, times in UTC microseconds, dates as dates, None missing.

    Attributes:
        rows: movements with tx_id, account_id, booking_ts, direction and any other column.
        accounts: by account id. parties: by party id. holders: party id by account id.
    """

    pack: bundle.RulePack
    rows: list
    accounts: dict = field(default_factory=dict)
    parties: dict = field(default_factory=dict)
    holders: dict = field(default_factory=dict)

    def __post_init__(self):
        """Sorts the rows by account, time and id, the order of the ledger."""
        self.zone = Zone(self.pack.profile.time_zone)
        self.lists = {found.name: found for found in self.pack.lists}
        self.rows = sorted(self.rows, key=lambda r: (r["account_id"], r["booking_ts"], r["tx_id"]))


# --- values --------------------------------------------------------------------------------------


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
            self.derived[item.name] = (item, self._column(item))

    def value(self, row, path):
        """Gives a field of a row, None where missing."""
        head, _, tail = path.partition(".")
        if head in self.derived:
            item, values = self.derived[head]
            found = values[row["tx_id"]]
            if isinstance(item, ast.Follows) and tail:
                return None if found is None else found.get(tail)
            return found
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
        day = self.world.zone.wall(row["booking_ts"]).date()
        return None if opened is None else (day - opened).days

    # --- derived columns

    def _column(self, item):
        rows = self.world.rows
        match item:
            case ast.ForwardedWithin():
                return self._forwarded(item)
            case ast.Follows():
                return {r["tx_id"]: self._latest(item, i) for i, r in enumerate(rows)}
            case ast.MostCommon():
                return self._most_common(item)
            case ast.Lookup():
                table = {fold(text): value for value, text in self.world.lists[item.list_name].entries}
                texts = {r["tx_id"]: self.value(r, item.field) for r in rows}
                return {k: None if v is None else table.get(fold(v)) for k, v in texts.items()}
            case ast.Fact():
                return {r["tx_id"]: self._fact(item, r) for r in rows}

    def _fact(self, item, row):
        day = self.world.zone.wall(row["booking_ts"]).date().isoformat()
        for dated in dict(self.world.pack.profile.facts)[item.fact]:
            if (dated.valid_from or "") <= day <= (dated.valid_to or "9"):
                return Fraction(dated.value.payload)
        return None

    def _forwarded(self, item):
        out, queues, length = {}, {}, item.within.payload
        back = ast.Length(-length.count, length.unit)
        for row in self.world.rows:
            cents, queue = row.get("amount_eur") or 0, queues.setdefault(row["account_id"], deque())
            if row["direction"] == "credit":
                out[row["tx_id"]] = 0 if row.get("amount_eur") is not None else None
                queue.append([row["tx_id"], self.world.zone.before(row["booking_ts"], back), cents])
                continue
            out[row["tx_id"]] = None
            while cents and queue:
                first = queue[0]
                part = min(cents, first[2])
                if part and row["booking_ts"] <= first[1]:
                    out[first[0]] += part
                first[2] -= part
                cents -= part
                if first[2] == 0:
                    queue.popleft()
        return out

    def _latest(self, item, i):
        row = self.world.rows[i]
        earliest = self.world.zone.before(row["booking_ts"], item.within.payload)
        for other in reversed(self.world.rows[:i]):
            if other["account_id"] != row["account_id"] or not self.passes(item.where, other):
                continue
            pairs = [(self.value(other, f), self.value(row, f)) for f in (*item.same, *item.different)]
            if any(a is None or b is None for a, b in pairs):
                continue
            agree = [a == b for a, b in pairs]
            if not all(agree[: len(item.same)]) or any(agree[len(item.same) :]):
                continue
            return other if other["booking_ts"] >= earliest else None
        return None

    def _most_common(self, item):
        counts = {}
        for row in self.world.rows:
            found = self.value(row, item.field)
            if found is not None and self.passes(item.where, row):
                counts.setdefault(row["account_id"], Counter())[found] += 1
        best = {a: min(c, key=lambda v: (-c[v], v)) for a, c in counts.items()}
        return {r["tx_id"]: best.get(r["account_id"]) for r in self.world.rows}

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
            return any(_code(value, e) for _, e in found.entries)
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


def _code(value, entry):
    low, dash, high = entry.partition("-")
    if dash and low.isdigit() and high.isdigit() and len(low) == len(high):
        return value.isdigit() and len(value) == len(low) and low <= value <= high
    return value == entry


def compared(line, names):
    """Compares both sides; False where either is unknown (law L4)."""
    a, b = number(line.left, names), number(line.right, names)
    if a is None or b is None:
        return False
    return COMPARE[line.op](a, b)


# --- whole rules ---------------------------------------------------------------------------------


@dataclass
class Window:
    """The rows that one window holds, and what they come to."""

    key: tuple
    rows: list
    end: int
    start: int
    numbers: dict
    lines: list
    flagged: bool


def measured(measure, facts, rows, numbers, zone):
    """Works out one measure over the rows of a window."""
    if measure.kind == "formula":
        return number(measure.expr, numbers.get)
    rows = [r for r in rows if facts.passes(measure.where, r)]
    if measure.kind == "count":
        return Fraction(len(rows))
    if measure.kind in {"days_active", "months_active"}:
        days = {zone.wall(r["booking_ts"]).date() for r in rows}
        return Fraction(len(days if measure.kind == "days_active" else {(d.year, d.month) for d in days}))
    values = [v for r in rows if (v := facts.value(r, measure.field)) is not None]
    return _statistic(measure.kind, values)


def _statistic(kind, values):
    match kind:
        case "distinct":
            return Fraction(len(set(values)))
        case "sum":
            return Fraction(sum(values))
        case "largest":
            return max(map(Fraction, values), default=None)
        case "smallest":
            return min(map(Fraction, values), default=None)
        case "average":
            return Fraction(sum(values)) / len(values) if values else None
        case "median":
            return Fraction(median(map(Fraction, values))) if values else None


def judged(lines, numbers):
    """Gives the truth of all lines together and of every leaf line in written order."""
    leaves, truth = [], []
    for line in lines:
        if isinstance(line, ast.Compare):
            truth.append(compared(line, numbers.get))
            leaves.append(truth[-1])
            continue
        each = []
        for inner in line.lines:
            held, below = judged((inner,), numbers)
            each.append(held)
            leaves += below
        truth.append(any(each) if isinstance(line, ast.AnyLine) else not any(each))
    return all(truth), leaves


def period(window, wall):
    """Gives the first day of the calendar step that holds a wall time, and the first day after it."""
    day = wall.date()
    match window.step:
        case "day":
            return day, day + dt.timedelta(days=1)
        case "week":
            monday = day - dt.timedelta(days=day.weekday())
            return monday, monday + dt.timedelta(days=7)
        case _:
            first = day.replace(day=1)
            return first, (first + dt.timedelta(days=32)).replace(day=1)


class Judge:
    """Judges one aggregate rule over a world."""

    def __init__(self, rule, world):
        self.rule, self.detect, self.world = rule, rule.detect, world
        self.facts = Facts(world, self.detect.derive)
        self.rows = [r for r in world.rows if self.facts.passes(self.detect.where, r)]
        self.rows.sort(key=lambda r: (r["booking_ts"], r["tx_id"]))

    def key(self, row, fields):
        """Gives a row's key, None where a part is missing (law L5)."""
        values = tuple(self.facts.value(row, f) for f in fields)
        return None if None in values else values

    def group(self, fields, key):
        """Gives the rows of a group in time order."""
        return [r for r in self.rows if self.key(r, fields) == key]

    def inside(self, rows, at):
        """Gives those rows of a group that lie in the window seen from an instant (law L1)."""
        window, zone = self.detect.window, self.world.zone
        if isinstance(window, ast.WholePeriod):
            return rows
        if isinstance(window, ast.Calendar):
            span = period(window, zone.wall(at))
            return [r for r in rows if period(window, zone.wall(r["booking_ts"])) == span]
        length = window.length.payload
        past = [r["booking_ts"] for r in rows if r["booking_ts"] <= at]
        low = max(zone.before(t, length) for t in past)  # a bound never moves back inside a group
        return [r for r in rows if low < r["booking_ts"] <= at]

    def windows(self, key):
        """Gives the windows of a group in time order."""
        rows = self.group(self.detect.for_each, key)
        times = sorted({r["booking_ts"] for r in rows})
        if not isinstance(self.detect.window, ast.Rolling):
            times = [t for t in times if self.inside(rows, t)[-1]["booking_ts"] == t]
        for at in times:
            part, numbers = self.inside(rows, at), {}
            for m in self.detect.measures:
                held = part
                if m.for_each is not None:
                    wide = m.for_each
                    held = self.inside(self.group(wide, key[: len(wide)]), at)
                numbers[m.name] = measured(m, self.facts, held, numbers, self.world.zone)
            flagged, lines = judged(self.detect.flag_when, numbers)
            yield Window(key, part, at, part[0]["booking_ts"], numbers, lines, flagged)

    def episodes(self, key):
        """Law L6: flagged windows that share a row are one episode."""
        out = []
        for window in self.windows(key):
            if not window.flagged:
                continue
            ids = {r["tx_id"] for r in window.rows}
            if out and ids & {r["tx_id"] for r in out[-1][-1].rows}:
                out[-1].append(window)
            else:
                out.append([window])
        return out

    def repeated(self, episodes):
        """Gives runs of episodes: each alone, or, under `repeat`, those that come often enough."""
        repeat = self.detect.repeat
        if repeat is None:
            return [[e] for e in episodes]
        times, length = int(number(repeat.times)), repeat.within.payload
        firsts = [e[0].start for e in episodes]
        runs = []
        for i, first in enumerate(firsts):
            low = self.world.zone.before(first, length)
            begin = sum(f <= low for f in firsts)
            if i - begin + 1 < times:
                continue
            if runs and begin <= runs[-1][-1]:
                runs[-1] += range(runs[-1][-1] + 1, i + 1)
            else:
                runs.append(list(range(begin, i + 1)))
        return [[episodes[i] for i in run] for run in runs]

    def hits(self):
        """Gives every hit as plain values."""
        keys = {k for r in self.rows if (k := self.key(r, self.detect.for_each)) is not None}
        return [self._hit(run) for key in sorted(keys) for run in self.repeated(self.episodes(key))]

    def _hit(self, run):
        headline = self.detect.headline or self.detect.measures[0].name

        def rank(window):
            shown = window.numbers[headline]
            return (shown is not None, shown or 0, window.end)

        best = max((w for e in run for w in e), key=rank)
        rows = {r["tx_id"]: r for e in run for w in e for r in w.rows}
        ids = set(rows)
        for item, found in self.facts.derived.values():
            if isinstance(item, ast.Follows):
                ids |= {found[i]["tx_id"] for i in rows if found[i] is not None}
        first, last = run[0][0], run[-1][-1]
        times = [first.start, last.end, best.start, best.end]
        if isinstance(self.detect.window, ast.Calendar):
            times = [self._bound(first, 0), self._bound(last, 1), self._bound(best, 0), self._bound(best, 1)]
        return {
            "keys": best.key,
            "times": times,
            "episodes": len(run),
            "numbers": best.numbers,
            "lines": best.lines,
            "tx_ids": sorted(ids),
            "amount": sum(r.get("amount_eur") or 0 for r in rows.values()),
            "members": self._members(rows.values()),
        }

    def _bound(self, window, side):
        zone = self.world.zone
        day = period(self.detect.window, zone.wall(window.end))[side]
        return zone.instant(dt.datetime(day.year, day.month, day.day)) - side

    def _members(self, rows):
        out = Counter()
        for path, _ in self.rule.roles:
            for row in rows:
                if (found := self.facts.value(row, path)) is not None:
                    out[path, found] += 1
        return dict(out)


def transaction_hits(rule, world):
    """Gives (account, transaction ids) of every row that passes a transaction rule."""
    facts = Facts(world, rule.detect.derive)
    return sorted((r["account_id"], [r["tx_id"]]) for r in world.rows if facts.passes(rule.detect.where, r))


def party_hits(rule, world):
    """Gives (keys, numbers) of every group of customers that a rule over customers flags."""
    detect, facts = rule.detect, Facts(world, ())
    facts.value = lambda row, path: row.get(path)
    groups = {}
    for party in world.parties.values():
        key = tuple(party.get(f) for f in detect.for_each)
        if None not in key and facts.passes(detect.where, party):
            groups.setdefault(key, []).append(party)
    out = []
    for key, rows in sorted(groups.items()):
        numbers = {}
        for m in detect.measures:
            held = rows
            if m.for_each is not None:
                wide = len(m.for_each)
                held = [
                    p for p in world.parties.values()
                    if tuple(p.get(f) for f in m.for_each) == key[:wide] and facts.passes(detect.where, p)
                ]  # fmt: skip
            numbers[m.name] = measured(m, facts, held, numbers, world.zone)
        if judged(detect.flag_when, numbers)[0]:
            out.append((key, numbers))
    return out

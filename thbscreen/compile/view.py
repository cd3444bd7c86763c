"""Facts about the rows of one bucket, worked out once and shared by all rules.

Rows are sorted by (account, time, tx_id). Equal questions are answered once: the memory is keyed by the
frozen parts of the rules themselves, so two rules that ask the same thing share the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile import derive as derived
from thbscreen.compile import facts
from thbscreen.compile.cluster import cluster_codes
from thbscreen.compile.eras import Eras, on_the_day
from thbscreen.compile.flow import Moved, passed_on
from thbscreen.compile.order import numbered_by_value, stable_order
from thbscreen.compile.pack import CompiledPack, domain, is_id, is_money, split
from thbscreen.compile.rational import Column, any_of, compare, evaluate, whole
from thbscreen.compile.text import answered
from thbscreen.compile.where import is_time, leaf, length_of, number_bounds, with_clock
from thbscreen.compile.windows import expand
from thbscreen.model import catalogue
from thbscreen.model.clock import Clock
from thbscreen.rules import ast
from thbscreen.rules.needs import names_in, names_of

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
#: Rows that are asked: their positions, or every row.
Rows = I64 | slice
#: A row test that more than one row in so many passes is answered row by row, a rarer one by classes.
DENSE = 12
#: Where fewer than one row in so many is asked, what is lasting for all rows is not worked out.
FEW = 6
_FIELDS = catalogue.rule_fields()
T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """What is the same for all buckets of a run.

    Attributes:
        dimensions: facts by account code, one extra last row of missing values.
        dimension_codes: codes of those facts by account code.
        dictionaries: strings by domain and code.
        hit_accounts: per rule id, which account codes it hit (for `hit_by`).
        answers: per class of rows (line) and shared row test (column), whether it holds.
        networks: network code by account code, -1 outside (for rules over networks), or None.
        first, last: time of the data's first and last movement, UTC microseconds.
        shared: answers that are the same for all buckets, by question.
        eras: which row of the dimensions holds on which day, for accounts that change hands.
    """

    compiled: CompiledPack
    clock: Clock
    dimensions: pl.DataFrame
    dimension_codes: Mapping[str, I64]
    dictionaries: Mapping[str, pl.Series]
    answers: Bool = field(default_factory=lambda: np.zeros((1, 0), np.bool_))
    hit_accounts: Mapping[str, Bool] = field(default_factory=dict)
    networks: I64 | None = None
    first: int = 0
    last: int = 0
    shared: dict[Any, Any] = field(default_factory=dict)
    eras: Eras | None = None


class View:
    """One bucket's rows with everything rules may ask of a row."""

    def __init__(self, frame: pl.DataFrame, context: Context) -> None:
        """Keeps the prepared bucket table and the run's shared facts."""
        self.frame = frame
        self.context = context
        self.size = frame.height
        self._memory: dict[Any, Any] = {}
        self._derives: dict[str, ast.Derive] = {}
        self.asked = self.made = 0

    def once(self, key: object, make: Callable[[], T]) -> T:
        """Answers from memory or works it out."""
        self.asked += 1
        if key not in self._memory:
            self.made += 1
            self._memory[key] = make()
        found: T = self._memory[key]
        return found

    # --- plain columns -------------------------------------------------------------------------

    @cached_property
    def account(self) -> I64:
        """Account code per row."""
        return self.frame["c:account_id"].to_numpy().astype(np.int64)

    @cached_property
    def holder(self) -> I64:
        """Row of the dimensions per row: the account with whoever held it on the day."""
        return on_the_day(self, self.account)

    @cached_property
    def cp_holder(self) -> I64:
        """The same for the counterparty's account; -1 where there is none."""
        return on_the_day(self, self.code("cp_account_id"))

    @cached_property
    def account_begins(self) -> I64:
        """First row of each account of the bucket, in order, and the number of rows at the end."""
        account = self.account
        new = np.flatnonzero(account[1:] != account[:-1]) + 1
        begins = np.concatenate([np.zeros(min(1, self.size), np.int64), new, [self.size]])
        return begins.astype(np.int64)

    @cached_property
    def rows_per_account(self) -> I64:
        """Number of rows of each account of the bucket, in order."""
        return np.diff(self.account_begins)

    @cached_property
    def account_number(self) -> I64:
        """Number of the account among those of the bucket, per row: 0, 1, 2... in order."""
        return np.repeat(np.arange(len(self.rows_per_account), dtype=np.int64), self.rows_per_account)

    def rows_of_accounts(self, numbers: I64) -> I64:
        """Gives all rows of some accounts, named by their numbers in the bucket, in order."""
        return expand(self.account_begins[numbers], self.account_begins[numbers + 1])[1]

    @cached_property
    def time(self) -> I64:
        """Booking time per row, UTC microseconds."""
        return self.frame["_t"].to_numpy()

    @cached_property
    def credit(self) -> Bool:
        """True where money came in."""
        return self.frame["_credit"].to_numpy()

    @cached_property
    def amount(self) -> Column:
        """Cents in euros per row; unknown without a rate."""
        return self._number_column("amount_eur")

    @cached_property
    def cents(self) -> I64:
        """Cents in euros per row, 0 without a rate."""
        return np.where(self.amount.known, self.amount.num, 0)

    @cached_property
    def local_day(self) -> I64:
        """Local day per row, days since 1970-01-01."""
        return self.context.clock.day(self.time)

    def _number_column(self, name: str) -> Column:
        values = (
            self.frame[name]
            if name in self.frame.columns
            else pl.Series(name, [None] * self.size, dtype=pl.Int64)
        )
        return whole(values.fill_null(0).to_numpy(), values.is_not_null().to_numpy())

    # --- derived columns of the rule at hand -----------------------------------------------------

    def use(self, derives: tuple[ast.Derive, ...]) -> None:
        """Makes a rule's derived columns nameable; must be called before its conditions are asked."""
        self._derives = {d.name: d for d in derives}

    def _derived(self, path: str) -> tuple[ast.Derive, str] | None:
        name, _, part = path.partition(".")
        found = self._derives.get(name)
        return None if found is None else (found, part)

    def _scope_key(self, path: str) -> object:
        """Keeps apart derived columns of equal name but different meaning."""
        found = self._derived(path)
        return None if found is None else tuple(self._derives.values())

    def follows(self, item: ast.Follows) -> I64:
        """Row of the latest earlier match per row, -1 where there is none."""
        key = ("follows", item, tuple(self._scope_key(f) for f in (*item.same, *item.different)))
        return self.once(key, lambda: derived.follows(self, item))

    def moved(self, item: ast.PassedOn) -> Moved:
        """Money that went from rows of one side to rows of the other in time."""
        key = ("moved", item, tuple(self._scope_key(f) for f in (item.same, item.elsewhere) if f))
        return self.once(key, lambda: passed_on(self, item))

    def ids(self, path: str, rows: I64) -> pl.Series:
        """Gives the ids of some movements, or of the rows that they match (missing without any)."""
        found = self._derived(path)
        if found is None or not isinstance(found[0], ast.Follows):
            return self.frame["tx_id"].gather(rows)
        matched = self.follows(found[0])[rows]
        return self.frame["tx_id"].gather(pl.Series(matched).replace(-1, None))

    def has_key(self, path: str, rows: I64) -> Bool:
        """Tells on which rows a key has a value."""
        if is_id(path):
            return self.ids(path, rows).is_not_null().to_numpy()
        return self.code(path)[rows] >= 0

    # --- codes ---------------------------------------------------------------------------------

    def code(self, path: str) -> I64:
        """Code per row of a text field, -1 where missing."""
        return self.once(("code", path, self._scope_key(path)), lambda: self._code(path))

    def _code(self, path: str) -> I64:
        found = self._derived(path)
        if found is not None:
            return self._derived_code(*found)
        if path == "network_id":
            networks = self.context.networks
            return np.full(self.size, -1, np.int64) if networks is None else networks[self.account]
        if path == "party_id" or path.startswith(("party.", "account.")):
            codes = self.context.dimension_codes.get(path)
            return np.full(self.size, -1, np.int64) if codes is None else codes[self.holder]
        if path.startswith("cp."):
            inner = "party_id" if path == "cp.party_id" else "party." + path[3:]
            codes = self.context.dimension_codes.get(inner)
            return np.full(self.size, -1, np.int64) if codes is None else codes[self.cp_holder]
        name = f"c:{path}"
        if name not in self.frame.columns:
            # no rule of the pack spells ids out: then the place of a movement in the bucket stands for its id
            return np.arange(self.size) if is_id(path) else np.full(self.size, -1, np.int64)
        return self.frame[name].to_numpy().astype(np.int64)

    def _derived_code(self, item: ast.Derive, part: str) -> I64:
        match item:
            case ast.Follows():
                rows = self.follows(item)
                return np.where(rows >= 0, self.code(part or "cp_account_id")[np.maximum(rows, 0)], -1)
            case ast.MostCommon():
                return derived.most_common(self, item)
            case ast.Lookup():
                return derived.lookup_codes(self, item)
            case ast.RoleOf():
                return np.where(self.where(item.where), self.code(item.field), -1)
            case ast.Cluster():
                shared = self.context.shared
                if item not in shared:
                    shared[item] = cluster_codes(self.context, item)
                codes: I64 = shared[item][self.holder]
                return codes
            case _:
                msg = f"'{item.name}' holds numbers, not text"
                raise TypeError(msg)

    def dictionary(self, path: str) -> pl.Series:
        """Gives the strings of a text field's codes."""
        found = self._derived(path)
        if found is not None:
            item, part = found
            match item:
                case ast.Lookup():
                    return derived.lookup_values(self.context.compiled.lists[item.list_name])
                case ast.MostCommon() | ast.RoleOf():
                    return self.dictionary(item.field)
                case ast.Cluster():
                    return self.dictionary("party_id")
                case _:
                    return self.dictionary(part)
        return self.context.dictionaries.get(domain(path), pl.Series(dtype=pl.String))

    # --- numbers -------------------------------------------------------------------------------

    def number(self, path: str) -> Column:
        """Exact number per row of a field or derived column; money is cents."""
        return self.once(("number", path, self._scope_key(path)), lambda: self._number(path))

    def _number(self, path: str) -> Column:
        found = self._derived(path)
        if found is not None:
            item, part = found
            match item:
                case ast.ForwardedWithin():
                    return derived.forwarded(self, item)
                case ast.Fact():
                    return derived.fact(self, item)
                case ast.PassedOn():
                    moved = self.moved(item)
                    return moved.share if part == "share" else moved.cents
                case ast.Follows():
                    rows = self.follows(item)
                    base = self.number(part or "amount_eur").take(np.maximum(rows, 0))
                    return Column(base.num, base.den, base.known & (rows >= 0))
                case _:
                    msg = f"'{path}' holds text, not numbers"
                    raise TypeError(msg)
        if path in {"account.age_days", "cp.age_days"}:
            opened = facts.days(self.context, "account.opened_date")
            code = self.account if path.startswith("account") else self.code("cp_account_id")
            day, known = opened
            age = self.local_day - day[code]
            return whole(np.where(known[code], age, 0), known[code])
        if path.startswith(("party.", "account.", "cp.")):
            inner = "party." + path[3:] if path.startswith("cp.") else path
            code = self.cp_holder if path.startswith("cp.") else self.holder
            values = facts.numbers(self.context, inner)
            return values.take(code)
        return whole(self.time) if path == "booking_ts" else self._number_column(path)

    def value_codes(self, path: str) -> tuple[I64, Bool]:
        """Gives per row a number that stands for the field's value in all buckets, and where there is one."""
        found = self._derived(path)
        is_text = _FIELDS[path].field.kind in {"text", "enum"} if found is None else not self._is_number(path)
        if is_text:
            code = self.code(path)
            return code, code >= 0
        column = self.number(path)
        if column.is_whole():
            return column.num, column.known
        # only dated facts have fractions, of at most eight decimals
        return column.num * (10**8 // column.den), column.known

    def identity(self, path: str) -> I64:
        """Gives rows of this bucket with equal values of a field equal numbers, -1 where missing."""

        def make() -> I64:
            code, known = self.value_codes(path)
            if int(code.min(initial=0)) >= -1 and bool(np.all(known == (code >= 0))):
                return code
            return np.where(known, numbered_by_value(code), -1)

        return self.once(("identity", path, self._scope_key(path)), make)

    def before(self, rows: I64, length: ast.Length) -> I64:
        """Gives the instant that lies a length before each of some rows; negative lengths lie ahead."""
        count, unit = length.count, length.unit
        key = ("before", count, unit)
        if len(rows) * FEW < self.size and key not in self._memory:
            return self.context.clock.before(self.time[rows], count, unit)
        every = self.once(key, lambda: self.context.clock.before(self.time, count, unit))
        return every[rows]

    # --- conditions ----------------------------------------------------------------------------

    def rows(self, where: ast.Where) -> I64:
        """Gives the rows on which all conditions hold, in order."""
        return self.once(("rows", where, self._names_of(where)), lambda: self.rows_among(where, None))

    def rows_among(self, where: ast.Where, among: I64 | None) -> I64:
        """Gives the rows of some on which all conditions hold, in order; None asks every row.

        Each condition is asked only of the rows that passed those before it.
        """
        row, rest = split(where)
        at: Rows = slice(None) if among is None else among
        if row and among is None:
            at = self._rows_of_test(self.context.compiled.row_tests[row])
        elif row and among is not None:
            at = among[self._test_at(self.context.compiled.row_tests[row], among)]
        for condition in rest:
            held = self._condition(condition, at)
            at = np.flatnonzero(held) if isinstance(at, slice) else at[held]
        return np.arange(self.size, dtype=np.int64) if isinstance(at, slice) else at

    def where(self, where: ast.Where) -> Bool:
        """Tells of every row whether all conditions hold."""
        out = np.zeros(self.size, np.bool_)
        out[self.rows(where)] = True
        return out

    def holds(self, where: ast.Where, at: Rows) -> Bool:
        """Tells of some rows, in their order, whether all conditions hold."""
        row, rest = split(where)
        n = self.size if isinstance(at, slice) else len(at)
        out = self._test_at(self.context.compiled.row_tests[row], at) if row else np.ones(n, np.bool_)
        for condition in rest:
            out = out & self._condition(condition, at)
        return out

    def _names_of(self, where: ast.Where) -> object:
        """Keeps apart equal conditions over derived columns of equal name but different meaning."""
        return tuple(self._derives.values()) if self._derives and self._reads_derived(where) else None

    def _reads_derived(self, where: ast.Where) -> bool:
        for condition in where.conditions:
            match condition:
                case ast.Test():
                    read = self._derived(condition.field) is not None
                case ast.Compare():
                    read = any(self._derived(name) is not None for name in names_of(condition))
                case _:
                    read = any(self._reads_derived(inner) for inner in condition.wheres)
            if read:
                return True
        return False

    def _answers(self, name: str) -> Bool:
        """Gives the answer of a shared row test for every class of rows."""
        return self.context.answers[:, self.context.compiled.test_numbers()[name]]

    def _test_at(self, name: str, at: Rows) -> Bool:
        return self._answers(name)[self.row_class[at]]  # type: ignore[no-any-return]

    @cached_property
    def row_class(self) -> npt.NDArray[np.integer]:
        """Class per row: rows of a class have equal answers to all shared row tests."""
        return self.frame["@class"].to_numpy()

    @cached_property
    def _by_class(self) -> tuple[I64, I64]:
        """Gives all rows in order of class, and where each class begins; the last entry is the end."""
        order = stable_order(self.row_class.astype(np.int64))
        counts = np.bincount(self.row_class, minlength=len(self.context.answers))
        return order, np.concatenate([[0], np.cumsum(counts)])

    def _rows_of_test(self, name: str) -> I64:
        return self.once(("row test", name), lambda: self._search_classes(self._answers(name)))

    def _search_classes(self, answers: Bool) -> I64:
        order, begins = self._by_class
        classes = np.flatnonzero(answers)
        total = int((begins[classes + 1] - begins[classes]).sum())
        if total * DENSE > self.size:
            return np.flatnonzero(answers[self.row_class])
        _, place = expand(begins[classes], begins[classes + 1])
        return np.sort(order[place])

    def _condition(self, condition: ast.Condition, at: Rows) -> Bool:
        match condition:
            case ast.AnyOf():
                return any_of([self.holds(w, at) for w in condition.wheres])
            case ast.NoneOf():
                return ~any_of([self.holds(w, at) for w in condition.wheres])
            case ast.Compare():
                return self._compared(condition, at)
            case ast.Test():
                return self._test(condition, at)

    def _compared(self, line: ast.Compare, at: Rows) -> Bool:
        """Judges a comparison over fields of the row; a time against a date counts as its local day."""
        if line.left.unit is ast.Unit.TEXT:
            return self._same_text(line, at)
        names = {n: self.number(n).at(at) for n in names_of(line)}
        if ast.Unit.DATE in {line.left.unit, line.right.unit}:
            for n in filter(is_time, names):
                names[n] = Column(self.context.clock.day(names[n].num), names[n].den, names[n].known)
        n_rows = self.size if isinstance(at, slice) else len(at)
        left, right = (evaluate(side, names, n_rows) for side in (line.left, line.right))
        return compare(left, line.op, right)

    def _same_text(self, line: ast.Compare, at: Rows) -> Bool:
        """Compares two text fields, whose codes may come from different dictionaries."""
        first, second = (next(names_in(side)) for side in (line.left, line.right))
        mine, other = self.code(first)[at], self.code(second)[at]
        texts = pl.DataFrame({"v": self.dictionary(first)}).with_row_index("code")
        told = pl.DataFrame({"v": self.dictionary(second)}).join(
            texts, on="v", how="left", maintain_order="left"
        )
        renamed = told["code"].cast(pl.Int64).fill_null(-1).to_numpy()
        equal: Bool = mine == np.append(renamed, -1)[other]
        known = (mine >= 0) & (other >= 0)
        return known & (equal if line.op == "==" else ~equal)

    def _test(self, test: ast.Test, at: Rows) -> Bool:
        if test.op == "hit_by":
            return self._hit_by(test, at)
        path = test.field
        if path in {"own_transfer", "same_address"}:
            return self._same_holder(test, at)
        found = self._derived(path)
        if found is not None and isinstance(found[0], ast.FirstSeen | ast.SincePrevious):
            return self._test_of_past(test, found[0], at)
        if found is not None and isinstance(found[0], ast.Follows) and not found[1]:
            matched = self.follows(found[0])[at] >= 0
            return ~matched if test.operand is True else matched
        if found is None and path.startswith(("party.", "account.", "cp.")) and not path.endswith("age_days"):
            return self._dimension_test(test, at)
        if self._is_number(path):
            return self._number_test(test, at, money=is_money(path) or found is not None)
        if is_id(path) and test.op == "missing":
            known = self.code(path)[at] >= 0
            return ~known if test.operand is True else known
        return self._by_code(test)[self.code(path)[at]]

    def _number_test(self, test: ast.Test, at: Rows, *, money: bool) -> Bool:
        path, column = test.field, self.number(test.field).at(at)
        quick = number_bounds(test, column.num, column.known, money=money) if column.is_whole() else None
        if quick is not None:
            return quick
        values = pl.Series(path, np.where(column.known, column.num, 0)).to_frame()
        masked = values.select(
            pl.when(pl.Series(column.known)).then(pl.col(path)).otherwise(None).alias(path)
        )
        masked = with_clock(masked, path, self.context.clock)
        return answered(masked, leaf(test, self.context.compiled.lists, money=money))

    def _by_code(self, test: ast.Test) -> Bool:
        """Gives the answer of a test for every code of its text field; the last one is for no text."""
        path = test.field
        return facts.answers_by_text(self.context, test, self.dictionary(path), self._scope_key(path))

    def _test_of_past(self, test: ast.Test, item: ast.FirstSeen | ast.SincePrevious, at: Rows) -> Bool:
        """Tests a flag or a length of time that a row has from the rows before it (laws L2 and L3)."""
        if isinstance(item, ast.FirstSeen):
            asked = ("first seen", item, self._scope_key(item.field))
            seen_first, seen_known = self.once(asked, lambda: derived.first_seen(self, item))
            first, known = seen_first[at], seen_known[at]
            if test.op != "missing":
                wanted = isinstance(test.operand, ast.Value) and test.operand.payload in {True, "true"}
                is_it: Bool = known & (first == wanted)
                return ~is_it if test.op == "is_not" else is_it
        else:
            row = self.once(
                ("since", item, tuple(self._derives.values())), lambda: derived.since_previous(self, item)
            )[at]
            known = row >= 0
            if test.op != "missing":
                length = length_of(test.operand)  # type: ignore[arg-type]  # the binder reads one length
                before = self.time[np.maximum(row, 0)]
                limit = self.context.clock.before(self.time[at], length.count, length.unit)
                holds: Bool = {
                    "at_least": before <= limit, "above": before < limit, "at_most": before >= limit,
                    "below": before > limit,
                }[test.op]  # fmt: skip
                return known & holds
        return ~known if test.operand is True else known

    def _is_number(self, path: str) -> bool:
        found = self._derived(path)
        if found is not None:
            item, part = found
            numbers = ast.ForwardedWithin | ast.Fact | ast.PassedOn
            return isinstance(item, numbers) or part in {"amount_eur", "booking_ts"}
        known = _FIELDS.get(path)
        return known is not None and known.field.kind in {"money", "whole"}

    def _dimension_test(self, test: ast.Test, at: Rows) -> Bool:
        code = self.cp_holder if test.field.startswith("cp.") else self.holder
        return facts.answers_by_account(self.context, test)[code[at]]

    def _same_holder(self, test: ast.Test, at: Rows) -> Bool:
        if test.op == "missing":
            return np.full(len(self.account[at]), test.operand is False)  # it is always known
        same = self.once(("same holder", test.field), lambda: self._same_on_both_sides(test.field))[at]
        wanted = test.operand.payload if isinstance(test.operand, ast.Value) else test.operand
        yes = wanted in {True, "true"}
        if test.op == "is_not":
            yes = not yes
        return same if yes else ~same

    def _same_on_both_sides(self, field: str) -> Bool:
        """Tells of every row whether account and counterparty have the holder, or address, in common."""
        codes = self.context.dimension_codes.get("party_id")
        if field == "same_address":
            codes = self.once("address codes", self._address_codes)
        other = self.code("cp_account_id")
        same = np.zeros(self.size, np.bool_)
        if codes is not None:
            mine, theirs = codes[self.holder], codes[self.cp_holder]
            same = (mine == theirs) & (mine >= 0)
        if field == "own_transfer":
            same |= self.account == other
        return same

    def _address_codes(self) -> I64:
        values = self.context.dimensions["party.address_hash"].cast(pl.String)
        return values.rank("dense").cast(pl.Int64).fill_null(-1).to_numpy()

    def _hit_by(self, test: ast.Test, at: Rows) -> Bool:
        codes = (self.account if test.field == "account_id" else self.code(test.field))[at]
        out = np.zeros(len(codes), np.bool_)
        for rule in test.operand if isinstance(test.operand, tuple) else ():
            flags = self.context.hit_accounts.get(str(rule))
            if flags is not None:
                out |= np.append(flags, False)[codes]  # -1 looks up the appended False
        return out

"""What a rule asks of one row: tests, and columns that it works out first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from thbscreen.rules.ast.values import Compare, Expr, Unit

TestOp = Literal[
    "is", "is_not", "in", "not_in", "in_list", "not_in_list", "at_least", "at_most", "above", "below",
    "mentions", "mentions_list", "time_of_day", "weekday", "multiple_of", "missing", "hit_by",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Test:
    """One test on one row field.

    Attributes:
        field: a path of `catalogue.rule_fields()`, a derived column (`pay.amount_eur`), or, under
            `table: parties`, a plain party field.
        op: the test.
        operand: is, is_not, at_least, ...: one Expr; in, not_in, mentions, weekday: a tuple of Expr;
            in_list, not_in_list, mentions_list: the list's name; time_of_day: one Expr of unit
            TIME_RANGE; missing: a bool; hit_by: a tuple of rule ids (the field's account was hit).
    """

    field: str
    op: TestOp
    operand: Expr | tuple[Expr, ...] | tuple[str, ...] | str | bool


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the wheres holds."""

    wheres: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """None of the wheres holds."""

    wheres: tuple[Where, ...]


Condition = Test | AnyOf | NoneOf | Compare


@dataclass(frozen=True, slots=True)
class Where:
    """All conditions hold; no condition means every row."""

    conditions: tuple[Condition, ...] = ()


#: Passes every row.
EVERY_ROW = Where()


@dataclass(frozen=True, slots=True)
class ForwardedWithin:
    """`{forwarded_within: 48 hours}`: money column, cents of this credit that left the account in time.

    First in, first out; each cent once; missing on debits. Only booked rows of the account count.
    """

    name: str
    within: Expr


@dataclass(frozen=True, slots=True)
class Follows:
    """`{follows: {where: .., within: 72 hours, same: [..], different: [..]}}`: the latest earlier row.

    For each row, the latest row of the same account before it (order: time, tx_id) that passes
    `where`, lies at most `within` back (both ends included), agrees in all `same` fields and differs
    in all `different` fields from this row (missing values neither agree nor differ). Gives the
    columns `<name>.amount_eur`, `<name>.cp_account_id`, `<name>.location_city`, `<name>.booking_ts`
    and `<name>.tx_id` of that row; `<name>` itself is testable only with `missing`. The matched
    rows count as contributing rows of a hit.
    """

    name: str
    where: Where
    within: Expr
    same: tuple[str, ...] = ()
    different: tuple[str, ...] = ()


#: Fields that name an account.
ACCOUNTS = ("account_id", "cp_account_id")
#: Fields of the matched row that a `follows` column offers.
FOLLOWS_FIELDS = ("amount_eur", "cp_account_id", "location_city", "booking_ts", "tx_id")


@dataclass(frozen=True, slots=True)
class MostCommon:
    """`{most_common: location_city, where: ..}`: the account's most frequent value; ties: text order."""

    name: str
    field: str
    where: Where


@dataclass(frozen=True, slots=True)
class Lookup:
    """`{lookup: location_city, in: places.districts}`: value of a folded text in a list of kind `map`."""

    name: str
    field: str
    list_name: str


@dataclass(frozen=True, slots=True)
class Fact:
    """`{fact: minimum_wage}`: the profile's dated fact in force on the booking date (money or number)."""

    name: str
    fact: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """`{first_seen: cp_account_id, over: 90 days}`: flag, no earlier row of the account has the value.

    Looks at rows of the account before this one (order: time, tx_id) and at most `over` back (both ends
    included). Missing where the field is missing, and where no such row is found and the look-back begins
    before the data do.
    """

    name: str
    field: str
    over: Expr


@dataclass(frozen=True, slots=True)
class SincePrevious:
    """`{since_previous: transactions, where: ..}`: time since the account's previous row that passes.

    The previous row is the latest before this one (order: time, tx_id). Missing where there is none.
    Tests follow law L2: `{at_least: 30 days}` asks whether the previous row lies 30 calendar days back.
    """

    name: str
    where: Where = EVERY_ROW


@dataclass(frozen=True, slots=True)
class PassedOn:
    """Cents of a row that the account moved on in time, from rows of `source` to rows of `target`.

    First in, first out over all booked rows of the account, each cent once, as for `ForwardedWithin`.
    On a credit of `source`: what rows of `target` took of it at most `within` later. On a debit of
    `target`: what it took of rows of `source` at most `within` before. With `elsewhere`, only
    where the two rows have different known values of that field. With `same`, every value of that field
    is a purse of its own, into which rows of `source` pay and from which rows of `target` take, whatever
    their directions. Missing on all other rows.

    `<name>.share` of a row of `target`: of the euros of all rows of `source` that it took from, the share
    that rows of `target` with the same counterparty took in time.
    """

    name: str
    source: Where
    target: Where
    within: Expr
    elsewhere: str | None = None
    same: str | None = None


@dataclass(frozen=True, slots=True)
class RoleOf:
    """The value of `field` on rows that pass `where`, missing on the others: who plays a role there."""

    name: str
    field: str
    where: Where


@dataclass(frozen=True, slots=True)
class Cluster:
    """Holders of accounts joined, directly or through others, by equal values of customer fields.

    Gives per row the cluster of the account's primary holder, named by its smallest party_id; a customer
    who shares nothing is a cluster of one. A value that more than `at_most` customers have joins nobody.
    """

    name: str
    fields: tuple[str, ...]
    at_most: Expr


Derive = (
    ForwardedWithin | Follows | MostCommon | Lookup | Fact | FirstSeen | SincePrevious | PassedOn | RoleOf
    | Cluster
)  # fmt: skip

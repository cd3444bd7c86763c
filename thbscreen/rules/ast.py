"""The bound rule: frozen values that mean exactly one thing. No polars here.

The binder makes them from YAML; `resolve` puts the values in force in place of parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from thbscreen.diagnostics import Span

# --- values -----------------------------------------------------------------------------------


class Unit(StrEnum):
    """What a value or an expression measures."""

    NUMBER = "number"
    MONEY = "money"
    SHARE = "share"
    LENGTH = "length"
    DATE = "date"
    TIME_RANGE = "time range"
    TEXT = "text"
    FLAG = "flag"
    TIME = "time"


LengthUnit = Literal["minutes", "hours", "days", "weeks", "months"]


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time; minutes and hours are elapsed time, the others calendar steps (law L2)."""

    count: int
    unit: LengthUnit

    def __str__(self) -> str:
        """Gives it as it is written in a rule."""
        return f"{self.count} {self.unit}"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A range of local time of day in minutes after midnight; start included, end excluded."""

    start: int
    end: int

    def __str__(self) -> str:
        """Gives HH:MM-HH:MM."""
        return f"{self.start // 60:02d}:{self.start % 60:02d}-{self.end // 60:02d}:{self.end % 60:02d}"


#: MONEY: int cents (EUR). SHARE and NUMBER: Decimal (80% is Decimal("0.8")). DATE: ISO text.
Payload = int | Decimal | Length | TimeRange | str | bool


@dataclass(frozen=True, slots=True)
class Value:
    """A literal with its unit."""

    unit: Unit
    payload: Payload
    text: str = ""


# --- comparisons -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """A measure (in flag_when), a row field (in compare), or a step field."""

    name: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter, `$name`; gone after `resolve`."""

    name: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class BinOp:
    """Left and right joined by + - * or /."""

    op: Literal["+", "-", "*", "/"]
    left: Expr
    right: Expr
    unit: Unit


Expr = Value | Name | Param | BinOp
CompareOp = Literal[">=", "<=", ">", "<", "==", "!="]


@dataclass(frozen=True, slots=True)
class Compare:
    """One line such as `deposits >= $min_deposits`; `text` is the author's own line."""

    left: Expr
    op: CompareOp
    right: Expr
    text: str


@dataclass(frozen=True, slots=True)
class AnyLine:
    """At least one of the lines holds."""

    lines: tuple[FlagLine, ...]


@dataclass(frozen=True, slots=True)
class NoneLine:
    """None of the lines holds."""

    lines: tuple[FlagLine, ...]


FlagLine = Compare | AnyLine | NoneLine

# --- where -------------------------------------------------------------------------------------

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


# --- derive ------------------------------------------------------------------------------------


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
    included). Missing where the field is missing, and on rows whose look-back begins before the data do.
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
    where: Where = Where()


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
    """Customers joined, directly or through others, by equal values of customer fields.

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

# --- measures ----------------------------------------------------------------------------------

MeasureKind = Literal[
    "count", "sum", "distinct", "largest", "smallest", "average", "median", "days_active", "months_active",
    "formula", "usual", "peers", "times", "step",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """What `usual` and `peers` compare with: a statistic of another measure's other windows.

    Attributes:
        measure: count, sum, distinct, days_active or months_active of the same rule.
        statistic: of the other windows' values.
        at_least: windows (usual) or groups, the judged one included (peers), below which nothing is known.
        over: usual: how many windows before the judged one; quiet ones count as zero from the group's
            first window on (law L9).
        alike_by: peers: customer or account fields in which the groups agree; a missing one knows nothing.
    """

    measure: str
    statistic: Literal["median", "average"]
    at_least: Expr
    over: Expr | None = None
    alike_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """One number per window.

    Attributes:
        kind: what is computed; count, days_active and months_active look at rows, not a field. In a
            sequence `times`, and `step` for `field` of the row that step `link` took.
        field: column for sum, distinct, largest, smallest, average, median; in a network rule
            `member` (distinct), and `cycles` for `{count: cycles}`.
        where: rows of the window that count; all when empty.
        for_each: a shorter list of grouping keys than the rule's: the measure is taken over all
            rows of that wider group in the same span of time (share of a total).
        link: in a network rule, the leg or link whose rows count.
        expr: for a formula over earlier measures.
        unit: of the result.
        compared: for usual and peers.
    """

    name: str
    kind: MeasureKind
    unit: Unit
    field: str | None = None
    where: Where = Where()
    for_each: tuple[str, ...] | None = None
    link: str | None = None
    expr: Expr | None = None
    compared: Compared | None = None


# --- windows -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rolling:
    """`rolling 7 days`: ends at a row, covers (end - length, end] (law L1)."""

    length: Expr


@dataclass(frozen=True, slots=True)
class Calendar:
    """`calendar day|week|month` in the profile's zone."""

    step: Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class WholePeriod:
    """`whole period`: one window over all rows of the group."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Sources taking turns: runs of calendar steps next to each other, each ruled by another source.

    A source rules a step when it gives at least `share` of the group's euros in it. A run ends where a step
    has no ruler or where its ruler ruled before in the run; one source ruling two steps in a row is one
    turn. The window of a run holds the rulers' rows in the steps that they rule.
    """

    source: str
    step: Literal["week", "month"]
    share: Expr


Window = Rolling | Calendar | WholePeriod | Turns

# --- detect ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Repeat:
    """`repeat: {times: 2, within: 60 days}`: only subjects with that many separate episodes are hits.

    Episodes count when their first rows lie within the length; the hit spans the episodes.
    """

    times: Expr
    within: Expr


@dataclass(frozen=True, slots=True)
class Transaction:
    """Each row that passes is a hit on its account."""

    where: Where
    derive: tuple[Derive, ...] = ()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Windows of rows per group.

    Attributes:
        table: transactions, or parties (then the window is the whole period).
        for_each: grouping keys; the first is the subject. Rows with a missing key form no group (L5).
        headline: measure that picks the window shown for an episode (L6); None means the first.
        pattern: of a network rule, the name of its shape; the binder has put the shape into derived
            columns, grouping keys and window, so it is judged like every other aggregate.
        centre: of a network rule, the name of the role that the first grouping key plays.
    """

    where: Where
    for_each: tuple[str, ...]
    window: Window
    measures: tuple[Measure, ...]
    flag_when: tuple[FlagLine, ...]
    derive: tuple[Derive, ...] = ()
    headline: str | None = None
    repeat: Repeat | None = None
    table: Literal["transactions", "parties"] = "transactions"
    pattern: str | None = None
    centre: str | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One kind of edge of a star, seen from the centre's ledger.

    Attributes:
        member: role of the counterparty of these rows, None when it plays none (a merchant).
    """

    name: str
    direction: Literal["credit", "debit"]
    where: Where
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Star:
    """A star of repeated cycles around a centre account.

    A cycle is one row of each leg, all different, within `cycle_within` from first to last. Rows of the
    last leg in time order each take, of every other leg as written, the latest unused row in that time,
    so each row serves one cycle. Windows of length `within` end at the last row of a cycle and hold
    whole cycles, and all rows of `links` in the same window.
    """

    centre: str
    where: Where
    legs: tuple[Leg, ...]
    links: tuple[Leg, ...]
    cycle_within: Expr
    within: Expr
    measures: tuple[Measure, ...]
    flag_when: tuple[FlagLine, ...]
    headline: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence.

    Attributes:
        same: fields in which the row agrees with the row of the first step; a missing value never agrees.
        absent: no such row may come; only the last step, and never the first.
    """

    name: str
    where: Where
    same: tuple[str, ...] = ()
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """Steps that follow each other in one group of rows (laws L7 and L8).

    Order is (time, tx_id). Each row of the first step takes, step by step, the earliest later row that
    passes and agrees, at most `within` after the first row. Of several starts that end on one row the
    latest stays. `times` is how many such sequences an episode, or a repetition, holds.

    Attributes:
        for_each: grouping keys; the first is the subject.
        flag_when: lines over `times` and fields of steps such as `wage.amount_eur`.
        repeat: counts sequences, whose first rows lie within the length.
        measures: `times` and the fields of steps that lines and evidence name.
    """

    for_each: tuple[str, ...]
    steps: tuple[Step, ...]
    within: Expr
    flag_when: tuple[FlagLine, ...] = ()
    repeat: Repeat | None = None
    derive: tuple[Derive, ...] = ()
    where: Where = Where()
    measures: tuple[Measure, ...] = ()


Detect = Transaction | Aggregate | Star | Sequence

# --- evidence, tests, rule ----------------------------------------------------------------------

EvidenceFormat = Literal["text", "money", "percent", "count", "date", "month", "time", "list"]


@dataclass(frozen=True, slots=True)
class Slot:
    """`{name:format}` in an evidence sentence."""

    name: str
    format: EvidenceFormat


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from."""

    cite: str
    at: str
    kind: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A threshold with bounds.

    Attributes:
        stricter: which way gives more hits: lower, higher or neither.
        means: what it is; reason: why this default.
    """

    name: str
    value: Value
    min: Value
    max: Value
    stricter: Literal["lower", "higher", "neither"]
    means: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One inline test.

    Attributes:
        parameters: overrides, raw text by name.
        tables: rows by table, each a mapping of column to raw text (None is missing), defaults applied.
        expect: "no hits", "not judged", or the hits as mappings of field to raw text.
        evidence: exact text of the first hit's evidence, or None.
        known_gap: recorded, does not fail.
    """

    name: str
    parameters: tuple[tuple[str, str], ...]
    tables: tuple[tuple[str, tuple[tuple[tuple[str, str | None], ...], ...]], ...]
    expect: Literal["no hits", "not judged"] | tuple[tuple[tuple[str, str], ...], ...]
    evidence: str | None
    known_gap: bool
    span: Span


FAMILIES = ("identity", "flow", "spend", "text", "network", "list", "mitigation")
ROLES = (
    "unknown", "possible_victim", "possible_controller", "possible_recruiter", "possible_organiser",
    "possible_facilitator", "employer", "possible_client", "place",
)  # fmt: skip
RULE_STATUSES = ("draft", "test", "stable", "retired")


@dataclass(frozen=True, slots=True)
class Rule:
    """One bound rule.

    Attributes:
        weight: 0 to 3; negative only in the family mitigation, where it subtracts visibly.
        third_party: the pattern shows someone else's gain or control; alerts on natural persons need one.
        roles: (field or network role name, role) in the author's order.
        evidence: text pieces and slots.
        columns: every column the rule reads, as rule field paths, sorted.
        needs_time_of_day: not judged on date-only data (law L10).
        look_back: the longest window (law L12), None for row rules.
        after: rule ids whose hits this rule reads (`hit_by`).
        digest: hash of the meaning: comments and texts excluded.
        surviving: (mutant, reason) of the boundary mutants that no test can notice.
    """

    id: str
    title: str
    version: int
    status: str
    family: str
    weight: int
    third_party: bool
    summary: str
    why: str
    sources: tuple[Source, ...]
    typologies: tuple[str, ...]
    roles: tuple[tuple[str, str], ...]
    innocent_explanations: tuple[str, ...]
    care: str
    parameters: tuple[Parameter, ...]
    detect: Detect
    evidence: tuple[str | Slot, ...]
    report_indicator: str
    report_keywords: tuple[str, ...]
    tests: tuple[Case, ...]
    columns: tuple[str, ...]
    needs_time_of_day: bool
    look_back: Length | None
    after: tuple[str, ...]
    digest: str
    span: Span
    surviving: tuple[tuple[str, str], ...] = ()

    @property
    def level(self) -> str:
        """Derived from the weight, for display."""
        return {0: "low", 1: "low", 2: "medium", 3: "high"}.get(self.weight, "low")

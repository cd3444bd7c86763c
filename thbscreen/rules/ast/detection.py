"""What a rule finds: measures over windows, sequences of rows, stars of cycles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from thbscreen.rules.ast.rows import EVERY_ROW, Derive, Where
from thbscreen.rules.ast.values import Expr, FlagLine, Unit

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
    where: Where = EVERY_ROW
    for_each: tuple[str, ...] | None = None
    link: str | None = None
    expr: Expr | None = None
    compared: Compared | None = None


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


@dataclass(frozen=True, slots=True)
class Each:
    """`each: {of: people, rows: 3}`: a window keeps the rows of those alone of whom it holds so many.

    A rolling window ends at a row that it keeps. Windows overlap where all their rows, kept or not, do.

    Attributes:
        of: a `distinct` measure without a where; its field tells whose a row is. Rows without a value go.
        rows: how many rows of one value a window must hold.
    """

    of: str
    rows: Expr


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
        links: of a network rule, the names of its links, in the order of the chain.
        each: leaves out of windows the rows of those of whom they hold too few.
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
    links: tuple[str, ...] = ()
    each: Each | None = None


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
    where: Where = EVERY_ROW
    measures: tuple[Measure, ...] = ()


Detect = Transaction | Aggregate | Star | Sequence

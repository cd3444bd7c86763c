"""What surrounds the rules: lists, the profile, and all of it together as a pack. No polars here."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from thbscreen.diagnostics import Span
    from thbscreen.model.keys import Key
    from thbscreen.rules import ast
    from thbscreen.rules.indicators import Indicator

ListKind = Literal["words", "codes", "values", "map", "hashed"]


@dataclass(frozen=True, slots=True)
class WordList:
    """A named list.

    Attributes:
        kind: words (folded whole words, `stem*` for a beginning, phrases), codes (exact; `3000-3299`
            is a range of numbers of equal length), values (exact ids), map (folded text to value), hashed
            (digests of words, as in `model.hashed`).
        entries: (language or "any", entry) pairs; for a map (value, folded text) pairs.
        must_match: texts, codes or values that some entry finds.
        must_not_match: the same that none finds.
        languages: of the texts of must_not_match, "any" where the list does not say.
        supplied_by: "institution" when the rules only say that there is such a list.
        lacking: why rules that read the list cannot be judged; empty when they can.
        words_at_most: words of the longest entry of a hashed list.
        key_check: what shows whether a key is that of a hashed list.
        key: of a hashed list, where it could be read.
    """

    name: str
    title: str
    kind: ListKind
    entries: tuple[tuple[str, str], ...]
    must_match: tuple[str, ...]
    must_not_match: tuple[str, ...]
    reviewed: str
    sources: tuple[ast.Source, ...]
    digest: str
    span: Span
    languages: tuple[str, ...] = ()
    supplied_by: str = ""
    lacking: str = ""
    words_at_most: int = 0
    key_check: str = ""
    key: Key | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class DatedValue:
    """One value of a fact and the days on which it holds (ISO dates; None is open)."""

    value: ast.Value
    valid_from: str | None
    valid_to: str | None
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Who answers for a local change, since when, and when it is to be looked at again (ISO days)."""

    by: str
    on: str
    review: str


@dataclass(frozen=True, slots=True)
class Override:
    """An institution's own parameter values for one rule.

    Attributes:
        enabled: False switches the rule off, True a draft on; None leaves it as it is.
        approved: always there when a value changes or a rule is switched.
    """

    rule: str
    parameters: tuple[tuple[str, ast.Value], ...]
    enabled: bool | None
    reason: str
    approved: Approval | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Rows that some rules do not see, for a reason and up to a day.

    Attributes:
        wheres: (rule id, condition) pairs; a row that passes the condition is hidden from the rule.
        expires: last day on which the exclusion holds (ISO day).
        source_line: the line at `span`, for findings.
    """

    name: str
    wheres: tuple[tuple[str, ast.Where], ...]
    reason: str
    expires: str
    span: Span
    source_line: str = ""


@dataclass(frozen=True, slots=True)
class Scoring:
    """Numbers of the scoring step; each profile may set them.

    Attributes:
        alert_weight: sum of weights from which a subject is an alert.
        min_families: families among its hits that an alert needs.
        half_after_days: weights halve when the hit ended this many days before the data's last day.
        repeat_bonus: most that repeats of one rule may add.
        max_network_nodes: larger groups are split into communities.
        hub_degree: an attribute value or counterparty shared by more subjects is a hub.
    """

    alert_weight: Decimal = Decimal(5)
    min_families: int = 2
    half_after_days: int = 180
    repeat_bonus: Decimal = Decimal(1)
    max_network_nodes: int = 60
    hub_degree: int = 25


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything local: zone, facts, overrides, list changes, scoring, exclusions, goAML codes.

    Attributes:
        goaml: (report indicator, code of the FIU's own list) pairs; "" where the code is still to be filled.
    """

    name: str
    time_zone: str
    facts: tuple[tuple[str, tuple[DatedValue, ...]], ...]
    overrides: tuple[Override, ...]
    list_additions: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    list_removals: tuple[tuple[str, tuple[str, ...]], ...]
    scoring: Scoring
    digest: str
    span: Span
    exclusions: tuple[Exclusion, ...] = ()
    goaml: tuple[tuple[str, str], ...] = ()

    @property
    def indicators(self) -> dict[str, str]:
        """The FIU's code by report indicator; "" where it is still to be filled."""
        return dict(self.goaml)


@dataclass(frozen=True, slots=True)
class RulePack:
    """Every rule, list and the profile, loaded and resolved together.

    Attributes:
        rules: enabled rules with all parameters replaced by the values in force, by id order.
        bound: the same rules as written (for explain).
        lists: by name, with the profile's additions and removals applied.
        digest: hash of all meanings: rules, lists, profile.
        indicators: the catalogue that comes with the rules, also of indicators that no rule asks.
    """

    rules: tuple[ast.Rule, ...]
    bound: tuple[ast.Rule, ...]
    lists: tuple[WordList, ...]
    profile: Profile
    digest: str
    indicators: tuple[Indicator, ...] = ()

"""The whole rule with its texts, sources, parameters and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from thbscreen.diagnostics import Span
from thbscreen.rules.ast.detection import Detect
from thbscreen.rules.ast.values import Length, Value

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
        lists: entries of lists that an institution supplies, by name; such a list is absent otherwise.
    """

    name: str
    parameters: tuple[tuple[str, str], ...]
    tables: tuple[tuple[str, tuple[tuple[tuple[str, str | None], ...], ...]], ...]
    expect: Literal["no hits", "not judged"] | tuple[tuple[tuple[str, str], ...], ...]
    evidence: str | None
    known_gap: bool
    span: Span
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()


#: Forms of exploitation and supporting patterns, the graver harm first.
TYPOLOGIES = (
    "child_sexual_exploitation", "sexual_exploitation", "organ_removal", "sexual_extortion",
    "labour_exploitation", "domestic_servitude", "sham_marriage", "forced_criminality", "unlawful_adoption",
    "surrogacy_exploitation", "debt_bondage", "benefit_fraud", "recruitment", "account_control", "laundering",
)  # fmt: skip
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
        at_once: a person reads each hit at once, whatever the score.
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
    at_once: bool = False

    @property
    def level(self) -> str:
        """Derived from the weight, for display."""
        return {0: "low", 1: "low", 2: "medium", 3: "high"}.get(self.weight, "low")

"""What the binder knows while it reads one rule: names, parameters, lists, findings.

One fault gives one error: a name whose own definition failed is kept as poisoned, and its later uses
are silent.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sized
from dataclasses import dataclass, field
from typing import Literal

from thbscreen.diagnostics import Span, suggest
from thbscreen.model import catalogue
from thbscreen.rules import ast, bundle
from thbscreen.rules.ast import Expr, Param, Unit, Value
from thbscreen.rules.comparison import LineError, Scope, parse_sum
from thbscreen.rules.evaluate import may_divide_by_zero
from thbscreen.rules.literals import SAMPLES, LiteralError, article, as_unit
from thbscreen.rules.yamltree import Findings, Map, Node, Scalar, Seq, token_span

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}", re.ASCII)
RULE_ID = re.compile(r"THB-[A-Z]{2,6}-[0-9]{3}", re.ASCII)

UNIT_OF_KIND: dict[str, Unit] = {
    "text": Unit.TEXT, "enum": Unit.TEXT, "money": Unit.MONEY, "time": Unit.TIME, "date": Unit.DATE,
    "flag": Unit.FLAG, "whole": Unit.NUMBER, "share": Unit.SHARE,
}  # fmt: skip

#: Columns that never lack a value once a row is loaded.
ALWAYS = frozenset({"tx_id", "account_id", "booking_ts", "has_time", "direction", "amount", "currency"})
RULE_FIELDS = catalogue.rule_fields()
PARTY_FIELDS = {f.name: f for f in catalogue.PARTIES if f.rule_input}
_ALL_FIELD_NAMES = {f.name for table in catalogue.TABLES.values() for f in table}
#: Free names of persons and firms: only lists of payees, merchants and places may test them.
NAME_FIELDS = frozenset({"cp_name", "merchant_name", "ultimate_creditor"})
NAME_LISTS = ("payees.", "merchants.", "places.")
#: Values that every hit of an aggregate or network rule has besides its measures.
HIT_TIMES = ("starts", "ends", "window_starts", "window_ends")
RESERVED = frozenset({*HIT_TIMES, "episodes", "tx_ids", "members"})


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A row field as a test sees it.

    Attributes:
        match: it names a `follows` column itself, which only `missing` may test.
        values: the closed set of an enum, empty when open.
        may_miss: a row may lack it.
    """

    path: str
    unit: Unit
    values: tuple[str, ...] = ()
    match: bool = False
    may_miss: bool = True


@dataclass(slots=True)
class Context:
    """State of one rule's binding; the attributes fill up as parts are bound.

    Attributes:
        parameters: by name; None is poisoned.
        used: names of parameters that something uses.
        derived: derived columns by name; None is poisoned.
        measures: unit by measure name; None is poisoned.
        columns: rule field paths that are read.
        after: rules whose hits are read, with the place that says so.
        broken_lists: names of lists whose own files are wrong; their uses are silent.
        bounds: places of a parameter's bounds, by parameter.
        max_items: longest list or mapping; what a rule compares with each other may not cost minutes.
        steps: steps of a sequence whose rows have fields, such as `wage.amount_eur`.
        tests: whether the rule's tests are read, and what is asked of them.
    """

    findings: Findings
    lists: Mapping[str, bundle.WordList]
    facts: Mapping[str, Unit] | None = None
    table: Literal["transactions", "parties"] = "transactions"
    parameters: dict[str, ast.Parameter | None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    derived: dict[str, FieldInfo | None] = field(default_factory=dict)
    measures: dict[str, Unit | None] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    after: dict[str, Span] = field(default_factory=dict)
    broken_lists: Collection[str] = ()
    bounds: dict[str, Span] = field(default_factory=dict)
    max_items: int = 1_000
    steps: set[str] = field(default_factory=set)
    tests: bool = True

    # --- reading nodes ---

    def scalar(self, node: Node | None, what: str) -> Scalar | None:
        """Gives a single value; anything else is R006."""
        if node is None:
            return None
        if not isinstance(node, Scalar):
            shape = "a list" if isinstance(node, Seq) else "a mapping"
            self.findings.error("R006", f"{what} must be a single value, not {shape}", node.span)
            return None
        if node.absent:
            self.findings.error("R006", f"{what} is empty", node.span)
            return None
        return node

    def text(self, parent: Map, key: str) -> str:
        """Gives the text of a key's single value, or "" when it is absent or wrong."""
        found = self.scalar(parent.get(key), f"'{key}'")
        return " ".join(found.text.split()) if found else ""

    def mapping(self, node: Node | None, what: str, allowed: Collection[str] | None = None) -> Map | None:
        """Gives a mapping and refuses keys that are not allowed (R004); other shapes are R006."""
        if node is None:
            return None
        if not isinstance(node, Map):
            self.findings.error("R006", f"{what} must be a mapping", node.span)
            return None
        if allowed is None and self.too_many(node.entries, what, node):
            return None
        if allowed is not None:
            for key, value in node:
                if key.text not in allowed:
                    hint = suggest(key.text, sorted(allowed), limit=14)
                    if isinstance(value, Scalar) and value.absent and " " in key.text:
                        hint = "a comma ends a value inside { }: put the whole text in quotes"
                    self.findings.error("R004", f"unknown key '{key.text}' in {what}", key.span, help=hint)
        return node

    def sequence(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """Gives the items of a list that has at least one; other shapes are R006."""
        if node is None:
            return ()
        if not isinstance(node, Seq):
            self.findings.error("R006", f"{what} must be a list", node.span)
            return ()
        if not node.items:
            self.findings.error("R006", f"{what} is an empty list", node.span)
        return () if self.too_many(node.items, what, node) else node.items

    def too_many(self, items: Sized, what: str, node: Node) -> bool:
        """Reports a mapping or list with more entries than anybody can review (R009)."""
        if len(items) <= self.max_items:
            return False
        self.findings.error("R009", f"{what} has more than {self.max_items} entries", node.span)
        return True

    def scalars(self, node: Node | None, what: str) -> list[Scalar]:
        """Gives the single values of a list, or of one value standing for a list of one."""
        if node is None:
            return []
        if isinstance(node, Scalar):
            one = self.scalar(node, what)
            return [one] if one else []
        found = [self.scalar(item, f"an item of {what}") for item in self.sequence(node, what)]
        return [s for s in found if s is not None]

    def require(self, node: Map, keys: Collection[str], what: str) -> None:
        """Reports the keys that are needed and not there, all at once (R003)."""
        missing = [f"'{key}'" for key in keys if node.get(key) is None]
        if missing:
            names = f"the key {missing[0]}" if len(missing) == 1 else f"the keys {', '.join(missing)}"
            self.findings.error("R003", f"{what} lacks {names}", node.span)

    def choice(self, node: Node | None, what: str, known: Collection[str], code: str = "R007") -> str | None:
        """Gives a value out of a closed set."""
        found = self.scalar(node, what)
        if found is None:
            return None
        if found.text not in known:
            hint = suggest(found.text, sorted(known), limit=14)
            self.findings.error(code, f"{what} cannot be '{found.text}'", found.span, help=hint)
            return None
        return found.text

    def new_name(self, key: Scalar, what: str, taken: Collection[str]) -> str | None:
        """Checks a name that the author gives (R007, R014, R019)."""
        if self.forbidden(key.text, key.span):
            return None
        if not NAME.fullmatch(key.text):
            hint = "names are lower-case letters, digits and _, beginning with a letter"
            self.findings.error("R007", f"'{key.text}' is not a name for {what}", key.span, help=hint)
            return None
        if key.text in taken:
            self.findings.error("R019", f"'{key.text}' already means something else here", key.span)
            return None
        return key.text

    # --- names ---

    def forbidden(self, name: str, span: Span) -> bool:
        """Reports a name that stands for a protected trait (R014) and says whether it did."""
        trait = next((t for part in name.split(".") if (t := catalogue.forbidden_input(part))), None)
        if trait is None and catalogue.names_a_person(name):
            trait = "names of persons"
        if trait is None:
            return False
        self.findings.error(
            "R014", f"'{name}' may not be used: {trait}", span, help=catalogue.FORBIDDEN_REASON
        )
        return True

    def stands_for_origin(self, path: str, span: Span) -> bool:
        """Refuses names and countries of people where rows are grouped or likened by them (R014)."""
        if path in NAME_FIELDS:
            hint = "names are tested through lists of payees, merchants and places only"
        elif path.rpartition(".")[2] == "residence_country":
            hint = "where somebody lives may be tested beside other things, and never sort people"
        else:
            return False
        self.findings.error("R014", f"'{path}' may not be used like this", span, help=hint)
        return True

    def field_names(self) -> list[str]:
        """Lists the names that a test may use here."""
        names = [*self.derived]
        names += [f"{n}.{f}" for n, i in self.derived.items() if i and i.match for f in ast.FOLLOWS_FIELDS]
        return names + list(PARTY_FIELDS if self.table == "parties" else RULE_FIELDS)

    def find_field(self, path: str) -> FieldInfo | Literal["poisoned"] | None:
        """Looks a row field up and remembers that its column is read."""
        head, _, tail = path.partition(".")
        if head in self.derived:
            info = self.derived[head]
            if info is None:
                return "poisoned"
            if not tail:
                return info
            if not info.match or tail not in ast.FOLLOWS_FIELDS:
                return None
            self.columns.add(tail)
            return FieldInfo(path, UNIT_OF_KIND[RULE_FIELDS[tail].field.kind])
        if head in self.steps and tail:
            inner = self.find_field(tail)
            return dataclasses.replace(inner, path=path) if isinstance(inner, FieldInfo) else inner
        if self.table == "parties":
            party = PARTY_FIELDS.get(path)
            if party is None:
                return None
            self.columns.add(f"party.{path}")
            return FieldInfo(path, UNIT_OF_KIND[party.kind], party.values, may_miss=not party.required)
        known = RULE_FIELDS.get(path)
        if known is None:
            return None
        self.columns.add(path)
        return FieldInfo(
            path, UNIT_OF_KIND[known.field.kind], known.field.values, may_miss=path not in ALWAYS
        )

    def field(self, name: Scalar, text: str | None = None) -> FieldInfo | None:
        """Looks a row field up; an unknown one is R011, a protected one R014."""
        path = name.text if text is None else text
        found = self.find_field(path)
        if found == "poisoned":
            return None
        if found is not None:
            return found
        if self.forbidden(path, name.span):
            return None
        if path in _ALL_FIELD_NAMES or path.partition(".")[2] in _ALL_FIELD_NAMES:
            table = "a customer" if self.table == "parties" else "a movement"
            message = f"'{path}' cannot be used by a rule over {table}"
        else:
            message = f"unknown field '{path}'"
        self.findings.error("R011", message, name.span, help=suggest(path, self.field_names()))
        return None

    def list_named(self, name: Scalar, kinds: Collection[str], test: str) -> str | None:
        """Looks a list up; unknown is R012, of the wrong kind R015."""
        if name.text not in self.lists:
            if name.text not in self.broken_lists and not self.forbidden(name.text, name.span):
                hint = suggest(name.text, sorted(self.lists))
                self.findings.error("R012", f"unknown list '{name.text}'", name.span, help=hint)
            return None
        kind = self.lists[name.text].kind
        if kind not in kinds:
            wanted = " or ".join(kinds)
            self.findings.error(
                "R015", f"{test} needs a list of kind {wanted}; '{name.text}' is of kind {kind}", name.span
            )
            return None
        return name.text

    def param_unit(self, name: str) -> Unit | Literal["poisoned"] | None:
        """Gives a parameter's unit and remembers its use."""
        if name not in self.parameters:
            return None
        self.used.add(name)
        found = self.parameters[name]
        return "poisoned" if found is None else found.value.unit

    def scope(self, *, rows: bool = False, names: bool = True) -> Scope:
        """Gives the names that a line may use: measures, or row fields, or none but parameters."""
        if not names:
            return Scope(lambda _: None, (), self.param_unit, self.parameters, "name")
        if rows:
            return Scope(
                self._row_unit, self.field_names(), self.param_unit, self.parameters, "field", "R011"
            )
        measures = [name for name, unit in self.measures.items() if unit is not None]
        measures += [f"{step}.amount_eur" for step in sorted(self.steps)]
        return Scope(self._measure_unit, measures, self.param_unit, self.parameters)

    def _row_unit(self, name: str) -> Unit | Literal["poisoned"] | None:
        found = self.find_field(name)
        if found is None or isinstance(found, str):
            return found
        return None if found.match else found.unit

    def _measure_unit(self, name: str) -> Unit | Literal["poisoned"] | None:
        step, dot, tail = name.partition(".")
        if dot and step in self.steps:
            return self._step_unit(tail)
        if name not in self.measures:
            return None
        return self.measures[name] or "poisoned"

    def _step_unit(self, field: str) -> Unit | Literal["poisoned"] | None:
        """Gives the unit of a number of a step's row; texts and times are no part of lines."""
        unit = self._row_unit(field)
        return unit if unit in {Unit.MONEY, Unit.NUMBER, Unit.SHARE, "poisoned"} else None

    # --- values ---

    def line_error(self, error: LineError, scalar: Scalar) -> None:
        """Reports what is wrong with a one-line text at its place."""
        name = scalar.text[error.start : error.start + error.length]
        span = token_span(self.findings, scalar, error.start, error.length)
        if error.code in {"R011", "R031"} and self.forbidden(name, span):
            return
        self.findings.error(error.code, error.message, span, help=error.help)

    def value(self, node: Node | None, unit: Unit, what: str) -> Expr | None:
        """Reads a value of one unit: a literal, `$name` or arithmetic over both."""
        found = self.scalar(node, what)
        if found is None:
            return None
        if unit is Unit.TEXT or ("$" not in found.text and not re.search(r"\s[*/+-]\s", found.text)):
            return self.literal(found, unit, what)
        got = parse_sum(found.text, self.scope(names=False))
        if isinstance(got, LineError):
            self.line_error(got, found)
            return None
        if got is None or self.divides_by_zero(got, found):
            return None
        if got.unit is not unit and {got.unit, unit} != {Unit.NUMBER, Unit.SHARE}:
            self.findings.error("R033", f"{what} is a {unit}, but this is a {got.unit}", found.span)
            return None
        return got

    def literal(self, found: Scalar, unit: Unit, what: str) -> Value | None:
        """Reads a literal of one unit (R021)."""
        if unit is Unit.TEXT and found.text.startswith("$"):
            hint = "parameters hold numbers, money, shares and lengths, not texts"
            self.findings.error("R021", f"{what} is a text", found.span, help=hint)
            return None
        try:
            return as_unit(found.text, unit)
        except LiteralError as error:
            hint = f"write it like {SAMPLES[unit]}"
            self.findings.error(
                "R021",
                f"'{found.text[:60]}' is not {article(unit)} for {what}: {error}",
                found.span,
                help=hint,
            )
            return None

    def divides_by_zero(self, thing: object, at: Scalar) -> bool:
        """Reports a division that some allowed value of a parameter turns into one by zero (R024)."""
        if not may_divide_by_zero(thing, self.parameters):
            return False
        hint = "choose the parameters' min and max so that what stands below the line is never 0"
        message = "this divides by zero for some value that the parameters may have"
        self.findings.error("R024", message, at.span, help=hint)
        return True

    def length(self, node: Node | None, what: str) -> Expr | None:
        """Reads a length of time that is not 0 (R024)."""
        found = self.value(node, Unit.LENGTH, what)
        if isinstance(found, Value) and isinstance(found.payload, ast.Length) and found.payload.count == 0:
            assert node is not None
            self.findings.error("R024", f"{what} is 0, so nothing can ever fall into it", node.span)
            return None
        if found is not None and not isinstance(found, Value | Param):
            assert node is not None
            self.findings.error("R025", f"{what} must be one length or one parameter", node.span)
            return None
        return found

    def defaults(self) -> dict[str, Value]:
        """Gives the default value of every parameter that is all right."""
        return {name: p.value for name, p in self.parameters.items() if p is not None}

"""The part of the JSON Schema that says what rules may test of a row: fields, tests, values, lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thbscreen.rules import bundle
from thbscreen.rules.ast import Unit
from thbscreen.rules.context import NAME_FIELDS, NAME_LISTS, PARTY_FIELDS, RULE_FIELDS, UNIT_OF_KIND
from thbscreen.rules.where import ALL_TESTS, TESTS_OF, WEEKDAYS

Schema = dict[str, Any]

#: A name that an author gives.
NAME = "^[a-z][a-z0-9_]{0,40}$"
LOOSE = "derived"
#: Where a `where` stands decides what it may name: fields of movements, fields of customers; in a star
#: also its legs; where there are derived columns or roles, any name.
VARIANTS = ("rows", "customers", "star", LOOSE)

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
#: How values are written; a parameter, and arithmetic with one, may stand for any of them.
_VALUES: dict[Unit, Schema] = {
    Unit.TEXT: _TEXT,
    Unit.NUMBER: {"type": ["number", "string"], "pattern": r"^\s*-?[0-9]+(\.[0-9]+)?\s*%?\s*$|\$|[*/+]"},
    Unit.SHARE: {"type": ["number", "string"], "pattern": r"^\s*-?[0-9]+(\.[0-9]+)?\s*%?\s*$|\$|[*/+]"},
    Unit.MONEY: {"type": "string", "pattern": r"^\s*-?[0-9]+(\.[0-9]{1,2})?\s*EUR\s*$|\$|[*/+]"},
    Unit.LENGTH: {
        "type": "string", "pattern": r"^\s*[0-9]+\s*(minutes?|hours?|days?|weeks?|months?)\s*$|\$|[*/+]",
    },
    Unit.DATE: {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$|\$"},
    Unit.TIME_RANGE: {"type": "string", "pattern": r"^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$|\$"},
    Unit.FLAG: {"type": "boolean"},
}  # fmt: skip
_DAYS = "|".join(f"{day}|{day[:3]}" for day in WEEKDAYS)
_WEEKDAY: Schema = {"type": "string", "pattern": f"^(?:{_DAYS})$"}
_RULE: Schema = {"type": "string", "pattern": "^THB-[A-Z]{2,6}-[0-9]{3}$"}


def _many(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


class Rows:
    """Writes the definitions that wheres need.

    Attributes:
        definitions: what was used so far, by name.
    """

    def __init__(self, lists: Mapping[str, bundle.WordList]) -> None:
        """Keeps the lists that rules may name."""
        self.lists = lists
        self.definitions: dict[str, Schema] = {}

    def value(self, unit: Unit) -> Schema:
        """Gives a value of a unit."""
        return self.define(f"value {unit}", _VALUES.get(unit, {}))

    def field(self) -> Schema:
        """Gives the name of a field; derived columns and roles have names of their own."""
        known = [*RULE_FIELDS, *(name for name in PARTY_FIELDS if name not in RULE_FIELDS)]
        own = {"type": "string", "pattern": r"^[a-z][a-z0-9_]{0,40}(\.[a-z_]+)?$"}
        return self.define("field", {"anyOf": [{"enum": known}, own]})

    def list_of(self, *kinds: str, begins: tuple[str, ...] = ("",)) -> Schema:
        """Gives the name of a list of certain kinds."""
        if not self.lists:
            return {"type": "string"}
        fits = [n for n, found in self.lists.items() if found.kind in kinds and n.startswith(begins)]
        if begins == ("",):
            return self.define(f"list of {' or '.join(kinds)}", {"enum": sorted(fits)})
        return {"enum": sorted(fits)}

    def where(self, variant: str) -> Schema:
        """Gives a `where` of one of `VARIANTS`."""
        name = f"where {variant}"
        me = {"$ref": f"#/definitions/{name}"}
        if name in self.definitions:
            return me
        self.definitions[name] = {}  # a where holds wheres
        fields: dict[str, Schema] = {
            "any_of": {"type": "array", "items": me, "minItems": 1},
            "none_of": {"type": "array", "items": me, "minItems": 1},
            "compare": _many({"type": "string"}),
        }
        if variant in {"star", LOOSE}:
            fields["link"] = {"type": "string", "pattern": NAME}
        known = PARTY_FIELDS if variant == "customers" else {p: f.field for p, f in RULE_FIELDS.items()}
        for path, field in known.items():
            tests = self._tests(path, UNIT_OF_KIND[field.kind], field.values)
            fields[path] = {"description": field.meaning, "allOf": [tests]}
        out: Schema = {"type": "object", "properties": fields, "additionalProperties": False}
        if variant == LOOSE:
            out["patternProperties"] = {r"^[a-z][a-z0-9_]{0,40}(\.[a-z_]+)?$": self._any_test()}
        self.definitions[name] = out
        return me

    def define(self, name: str, what: Schema) -> Schema:
        """Keeps a part under a name and gives the reference to it."""
        self.definitions.setdefault(name, what)
        return {"$ref": f"#/definitions/{name}"}

    def _tests(self, path: str, unit: Unit, values: tuple[str, ...]) -> Schema:
        if path in NAME_FIELDS:
            allowed: tuple[str, ...] = ("in_list", "not_in_list", "mentions_list", "missing")
            return self._of("names", unit, allowed, {}, NAME_LISTS, short=False)
        if path == "remittance_info":
            return self._of("free text", unit, ("mentions_list", "missing"), {}, short=False)
        if path in {"account_id", "cp_account_id"}:
            return self._of("account", unit, (*TESTS_OF[unit], "hit_by"), self.value(unit))
        if values:
            return self._of(f"one of {' '.join(values)}", unit, TESTS_OF[unit], {"enum": list(values)})
        return self._of(str(unit), unit, TESTS_OF[unit], self.value(Unit.DATE if unit is Unit.TIME else unit))

    def _of(
        self, name: str, unit: Unit, tests: tuple[str, ...], value: Schema,
        begins: tuple[str, ...] = ("",), *, short: bool = True,
    ) -> Schema:  # fmt: skip
        """Gives the tests of a field: a mapping, one value (is), or several (in)."""
        operands = {test: self._operand(test, value, begins) for test in tests}
        mapping: Schema = {
            "type": "object", "properties": operands, "additionalProperties": False, "minProperties": 1,
        }  # fmt: skip
        choices = [mapping]
        if short and "is" in tests:
            choices.append(value)
        if short and "in" in tests:
            choices.append({"type": "array", "items": value, "minItems": 1})
        return self.define(f"tests of {name}", {"anyOf": choices} if len(choices) > 1 else mapping)

    def _operand(self, test: str, value: Schema, begins: tuple[str, ...] = ("",)) -> Schema:
        match test:
            case "in" | "not_in" | "mentions":
                return _many(value)
            case "in_list" | "not_in_list":
                return self.list_of("codes", "values", begins=begins)
            case "mentions_list":
                return self.list_of("words", "hashed", begins=begins)
            case "time_of_day":
                return self.value(Unit.TIME_RANGE)
            case "weekday":
                return _many(_WEEKDAY)
            case "missing":
                return {"type": "boolean"}
            case "hit_by":
                return _many(_RULE)
            case _:
                return value

    def _any_test(self) -> Schema:
        value = self.value(Unit.TEXT)
        operands = {test: self._operand(test, value) for test in ALL_TESTS}
        mapping = {"type": "object", "properties": operands, "additionalProperties": False}
        several = {"type": "array"}
        return self.define("tests of any column", {"anyOf": [mapping, value, several]})

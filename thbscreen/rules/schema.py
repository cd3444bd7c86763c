"""The JSON Schema (draft-07) of rule, list and profile files, made from the binder's own tables.

For editors: it completes keys, fields, tests and names of lists, and marks what cannot be right. It
takes what it cannot judge, such as the names of parameters in lines; `rules check` has the last word.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from thbscreen.model import catalogue
from thbscreen.model.hashed import MAX_WORDS
from thbscreen.rules import ast, bundle
from thbscreen.rules.binder import MAX_TITLE, SOURCE_KINDS, by_name
from thbscreen.rules.cases import COLUMNS
from thbscreen.rules.detect import KINDS
from thbscreen.rules.grammar import PATTERN_MEANS, Form, Kind, forms
from thbscreen.rules.lists import FURTHER, SUPPLIERS, bind_list
from thbscreen.rules.lists import KINDS as LIST_KINDS
from thbscreen.rules.measures import FIELD_KINDS, ROW_KINDS, STATISTICS
from thbscreen.rules.schema_rows import LOOSE, NAME, Rows
from thbscreen.rules.schema_words import described

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
#: A value as editors read it; thbscreen itself takes every value for the text that it is.
TEXT: Schema = {"type": ["string", "number", "boolean"]}
ID: Schema = {"type": "string", "pattern": "^THB-[A-Z]{2,6}-[0-9]{3}$"}
DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer", "minimum": 0}


def schema(kind: Kind, lists: Iterable[bundle.WordList] = ()) -> Schema:
    """Gives the schema of one kind of file.

    Args:
        kind: what the file holds.
        lists: the lists that rules may name; without any, every name is taken.
    """
    return _Writer(lists).file(kind)


def many(one: Schema) -> Schema:
    """Gives one value, or a list of at least one."""
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def words(values: Iterable[str]) -> Schema:
    """Gives a value out of a closed set."""
    return {"enum": list(values)}


class _Writer:
    """Writes the schema of one file; parts that come often become definitions."""

    def __init__(self, lists: Iterable[bundle.WordList]) -> None:
        self.lists = by_name(lists)
        self.rows = Rows(self.lists)

    def file(self, kind: Kind) -> Schema:
        """Gives the whole schema."""
        out = self.object(forms()[kind], getattr(self, f"{kind}_keys")())
        if kind == "rule":
            out["allOf"] = [self.summary(), self.weight()]
        if kind == "list":
            out["allOf"] = [self.map_entries(), self.list_forms()]
        title = {
            "rule": "A rule of thbscreen",
            "list": "A list of thbscreen",
            "profile": "A profile of thbscreen",
        }
        head = {"$schema": DRAFT, "title": title[kind]}
        used = self.rows.definitions if kind != "list" else {}
        return head | out | ({"definitions": dict(sorted(used.items()))} if used else {})

    def object(self, form: Form, values: dict[str, Schema], group: str = "") -> Schema:
        """Gives a mapping of a form; keys without a schema of their own take anything."""
        out: Schema = {
            "type": "object",
            "properties": {key: described(values.get(key, {}), key, group) for key in form.keys},
            "additionalProperties": False,
        }
        if form.required:
            out["required"] = list(form.required)
        return out

    def named(self, value: Schema, *, least: int = 1) -> Schema:
        """Gives a mapping of the author's names."""
        out: Schema = {
            "type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": value,
        }  # fmt: skip
        return out | ({"minProperties": least} if least else {})

    def items(self, value: Schema) -> Schema:
        return {"type": "array", "items": value, "minItems": 1}

    # --- rule ---

    def rule_keys(self) -> dict[str, Schema]:
        known = self.lists.get("typologies")
        codes = [entry for _, entry in known.entries] if known else ast.TYPOLOGIES
        known_forms = forms()
        return {
            "rule": ID,
            "title": {"type": "string", "maxLength": MAX_TITLE},
            "version": {"type": "integer", "minimum": 1, "maximum": 10_000},
            "status": words(ast.RULE_STATUSES),
            "family": words(ast.FAMILIES),
            "weight": {"type": "integer", "minimum": -3, "maximum": 3},
            "third_party": FLAG,
            "at_once": FLAG,
            "summary": {"type": "string"},
            "why": {"type": "string"},
            "sources": self.sources(),
            "typologies": many(words(codes)),
            "roles": {"type": "object", "additionalProperties": words(ast.ROLES), "minProperties": 1},
            "innocent_explanations": many(TEXT),
            "care": {"type": "string"},
            "parameters": self.named(self.object(known_forms["parameter"], self.parameter_keys()), least=0),
            "detect": self.detect(),
            "evidence": {"type": "string"},
            "report": self.object(
                known_forms["report"], {"indicator": TEXT, "keywords": many(TEXT)}, "report"
            ),
            "suppress": self.suppress(),
            "tests": self.items(self.test()),
            "retired": self.object(known_forms["retired"], {"on": DAY, "reason": TEXT}, "retired"),
            "measured": self.object(
                known_forms["measured"],
                {"on": DAY, "rows": WHOLE, "hits": WHOLE, "command": TEXT},
                "measured",
            ),
            "mutants_that_survive": self.items(
                self.object(known_forms["mutant"], {"mutant": TEXT, "reason": TEXT}, "mutant")
            ),
        }  # fmt: skip

    def summary(self) -> Schema:
        return {
            "if": {"properties": {"family": {"not": {"const": "mitigation"}}}},
            "then": {"properties": {"summary": {"pattern": "^\\s*Flags"}}},
        }

    def weight(self) -> Schema:
        return {
            "if": {"properties": {"family": {"const": "mitigation"}}, "required": ["family"]},
            "then": {"properties": {"weight": {"maximum": -1}}},
            "else": {"properties": {"weight": {"minimum": 0}}},
        }

    def sources(self) -> Schema:
        keys = {"cite": TEXT, "at": TEXT, "kind": words(SOURCE_KINDS)}
        return self.items(self.object(forms()["source"], keys, "source"))

    def suppress(self) -> Schema:
        keys = {"code": {"type": "string", "pattern": "^W[0-9]{3}$"}, "reason": TEXT}
        return self.items(self.object(forms()["suppression"], keys, "suppression"))

    def parameter_keys(self) -> dict[str, Schema]:
        any_value = {
            "anyOf": [self.rows.value(u) for u in (ast.Unit.NUMBER, ast.Unit.MONEY, ast.Unit.LENGTH)]
        }
        bounds = dict.fromkeys(("value", "min", "max"), any_value)
        return bounds | {"stricter": words(("lower", "higher", "neither")), "means": TEXT, "reason": TEXT}

    def test(self) -> Schema:
        tables = {name: self.table(name, columns) for name, columns in COLUMNS.items()}
        supplied = [name for name, found in self.lists.items() if found.supplied_by]
        words_given = {"type": "object", "additionalProperties": many(TEXT), "minProperties": 1}
        tables["lists"] = words_given | ({"propertyNames": words(supplied)} if self.lists else {})
        hit = {"type": "object", "additionalProperties": TEXT}
        return self.object(
            forms()["test"],
            {
                "name": TEXT,
                "parameters": {"type": "object", "additionalProperties": TEXT},
                "given": {
                    "type": "object", "properties": tables, "additionalProperties": False, "minProperties": 1,
                },
                "expect": {"anyOf": [words(("no hits", "not judged")), self.items(hit)]},
                "evidence": {"type": "string"},
                "known_gap": FLAG,
            },
            "test",
        )  # fmt: skip

    def table(self, name: str, columns: dict[str, catalogue.Field]) -> Schema:
        cells = {
            key: {"type": [*TEXT["type"], "null"], "description": column.meaning}
            for key, column in columns.items()
        }
        row = self.rows.define(
            f"row of {name}", {"type": "object", "properties": cells, "additionalProperties": False}
        )
        return self.object(forms()["table"], {"defaults": row, "rows": self.items(row)}, "table")

    # --- detect ---

    def detect(self) -> Schema:
        choices = []
        for kind, keys in KINDS.items():
            of_kind: Schema = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
            if kind == "network":
                choices += [self.pattern(of_kind, name) for name in PATTERN_MEANS]
                continue
            form, loose = forms()[f"detect/{kind}"], {"required": ["derive"]}
            apart: list[Schema] = []
            if "table" in keys:
                customers = {"properties": {"table": {"const": "parties"}}, "required": ["table"]}
                apart.append(customers)
                choices.append(self.choice([of_kind, customers], form, "customers"))
            if "derive" in keys:
                choices.append(self.choice([of_kind, loose, *({"not": a} for a in apart)], form, LOOSE))
                apart.append(loose)
            choices.append(self.choice([of_kind, *({"not": a} for a in apart)], form, "rows"))
        return {
            "type": "object",
            "properties": {"kind": described(words(KINDS), "kind", "detect")},
            "required": ["kind"],
            "allOf": choices,
        }

    def pattern(self, of_kind: Schema, name: str) -> Schema:
        given: Schema = {"properties": {"pattern": {"const": name}}, "required": ["pattern"]}
        if name == "star":
            given = {"anyOf": [given, {"not": {"required": ["pattern"]}}]}
        form = forms()[f"detect/network/{name}"]
        return self.choice([of_kind, given], form, "star" if name == "star" else LOOSE)

    def choice(self, conditions: list[Schema], form: Form, variant: str) -> Schema:
        return {"if": {"allOf": conditions}, "then": self.object(form, self.detect_keys(variant), "detect")}

    def detect_keys(self, variant: str) -> dict[str, Schema]:
        rows, name = self.rows, {"type": "string", "pattern": NAME}
        where, length = rows.where(variant), rows.value(ast.Unit.LENGTH)
        side = words(("credit", "debit"))
        leg = rows.define(
            f"leg {variant}",
            self.object(
                forms()["leg"], {"name": name, "direction": side, "member": name, "where": where}, "leg"
            ),
        )
        step = {"name": name, "where": where, "same": many(rows.field()), "absent": FLAG}
        window = {
            "type": "string",
            "pattern": r"^(rolling\s+(\$\w+|[0-9]+\s*[a-z]+)|calendar (day|week|month)|whole\s+period)$",
        }
        hashed = [f.path for f in catalogue.rule_fields().values() if f.path.startswith("party.")]
        return {
            "kind": words(KINDS),
            "pattern": words(PATTERN_MEANS),
            "table": words(("transactions", "parties")),
            "centre": name,
            "derive": self.named(self.by_kind("derived", variant)),
            "where": where,
            "for_each": many(rows.field()),
            "window": window,
            "measures": self.named(self.by_kind("measure", variant)),
            "flag_when": self.lines(),
            "headline": name,
            "each": self.object(
                forms()["each"], {"of": name, "rows": rows.value(ast.Unit.NUMBER)}, "each"
            ),
            "repeat": self.object(
                forms()["repeat"], {"times": rows.value(ast.Unit.NUMBER), "within": length}, "repeat"
            ),
            "steps": self.items(self.object(forms()["step"], step, "step")),
            "legs": self.items(leg),
            "links": self.items(leg),
            "cycle_within": length, "within": length, "forward_within": length, "return_within": length,
            "share": rows.value(ast.Unit.SHARE),
            "at_most": rows.value(ast.Unit.NUMBER),
            "step": words(("week", "month")),
            "joined_by": many(words(path for path in hashed if path.endswith("_hash"))),
            "place": rows.field(),
        }  # fmt: skip

    def lines(self) -> Schema:
        line: Schema = {"type": "string", "pattern": "[<>=!]"}
        either = {"$ref": "#/definitions/lines"}
        grouped = {
            "type": "object", "properties": {"any_of": either, "none_of": either},
            "additionalProperties": False, "minProperties": 1,
        }  # fmt: skip
        item = {"anyOf": [line, grouped]}
        self.rows.definitions["lines"] = {"anyOf": [line, self.items(item)]}
        return either

    def by_kind(self, group: str, variant: str) -> Schema:
        """Gives a mapping whose kind is the key that it has."""
        values = self.derived_keys(variant) if group == "derived" else self.measure_keys(variant)
        known = {n.partition("/")[2]: f for n, f in forms().items() if n.startswith(f"{group}/")}
        keys = dict.fromkeys(key for form in known.values() for key in form.keys)
        out = {
            "type": "object",
            "properties": {key: described(values.get(key, {}), key, group) for key in keys},
            "anyOf": [{"required": [kind]} for kind in known],
            "allOf": [
                {
                    "if": {"required": [kind]},
                    "then": {
                        "properties": dict.fromkeys(form.keys, True),
                        "additionalProperties": False,
                        "required": list(form.required),
                    },
                }
                for kind, form in known.items()
            ],
        }
        return self.rows.define(f"{group} {variant}", out)

    def derived_keys(self, variant: str) -> dict[str, Schema]:
        rows, where = self.rows, self.rows.where(variant)
        length, fields = rows.value(ast.Unit.LENGTH), many(self.rows.field())
        follows = {"where": where, "within": length, "same": fields, "different": fields}
        return {
            "forwarded_within": length,
            "follows": self.object(forms()["follows"], follows, "derived"),
            "most_common": rows.field(),
            "where": where,
            "lookup": rows.field(),
            "in": rows.list_of("map"),
            "fact": {"type": "string"},
            "first_seen": rows.field(),
            "over": length,
            "since_previous": {"const": "transactions"},
        }

    def measure_keys(self, variant: str) -> dict[str, Schema]:
        rows, counted = self.rows, {"type": "string", "pattern": r"\b(windows?|members?)\s*$"}
        looked_at = {"count": ("transactions", "parties", "cycles")}
        out = {kind: words(looked_at.get(kind, ("transactions", "parties"))) for kind in ROW_KINDS}
        fields = {kind: rows.field() for kind in FIELD_KINDS}
        return out | fields | {
            "formula": {"type": "string"},
            "usual": {"type": "string", "pattern": NAME}, "peers": {"type": "string", "pattern": NAME},
            "over": counted, "at_least": counted, "statistic": words(STATISTICS),
            "alike_by": many(rows.field()), "where": rows.where(variant), "for_each": many(rows.field()),
        }  # fmt: skip

    # --- list and profile ---

    def list_keys(self) -> dict[str, Schema]:
        entries = many(TEXT)
        grouped = {"anyOf": [entries, {"type": "object", "additionalProperties": entries}]}
        return {
            "list": {"type": "string", "pattern": r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,2}$"},
            "title": TEXT, "kind": words(LIST_KINDS), "reviewed": DAY, "sources": self.sources(),
            "suppress": self.suppress(),
            "supplied_by": words(SUPPLIERS),
            "words_at_most": {"type": "integer", "minimum": 1, "maximum": MAX_WORDS},
            "key_check": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "entries": grouped, "must_match": grouped, "must_not_match": grouped,
        }  # fmt: skip

    def map_entries(self) -> Schema:
        return {
            "if": {"properties": {"kind": {"const": "map"}}, "required": ["kind"]},
            "then": {"properties": {"entries": {"type": "object"}}},
        }

    def list_forms(self) -> Schema:
        """Says which keys belong to a list to be supplied, to a hashed one, and to all others."""
        every = {key for keys in FURTHER.values() for key in keys}
        parts = {
            form: {"required": list(keys), "properties": dict.fromkeys(sorted(every.difference(keys)), False)}
            for form, keys in FURTHER.items()
        }
        hashed = {"properties": {"kind": {"const": "hashed"}}, "required": ["kind"]}
        other = {"if": hashed, "then": parts["hashed"], "else": parts["open"]}
        return {"if": {"required": ["supplied_by"]}, "then": parts["supplied"], "else": other}

    def profile_keys(self) -> dict[str, Schema]:
        fact = {
            "value": {"anyOf": [self.rows.value(u) for u in (ast.Unit.NUMBER, ast.Unit.MONEY)]},
            "valid_from": DAY, "valid_to": DAY, "source": TEXT, "confidence": TEXT,
        }  # fmt: skip
        override = {
            "parameters": {"type": "object", "additionalProperties": TEXT}, "enabled": FLAG, "reason": TEXT,
            "approved": self.object(forms()["approved"], {"by": TEXT, "on": DAY, "review": DAY}, "approved"),
        }  # fmt: skip
        added = {"anyOf": [many(TEXT), {"type": "object", "additionalProperties": many(TEXT)}]}
        change = {"add": added, "remove": many(TEXT), "reason": TEXT}
        names = {"propertyNames": words(self.lists)} if self.lists else {}
        exclusion = {
            "name": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,40}$"}, "rules": many(ID),
            "where": self.rows.where(LOOSE), "reason": TEXT, "expires": DAY,
        }  # fmt: skip
        codes = {"type": "object", "additionalProperties": {"type": [*TEXT["type"], "null"]}}
        return {
            "profile": TEXT,
            "time_zone": {"type": "string"},
            "facts": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [self.items(self.object(forms()["fact"], fact, "fact")), {"const": "unknown"}]
                },
            },
            "scoring": self.object(
                forms()["scoring"], {key: {"type": "number"} for key in forms()["scoring"].keys}, "scoring"
            ),
            "rules": {
                "type": "object", "propertyNames": ID,
                "additionalProperties": self.object(forms()["override"], override, "override"),
            },
            "lists": {
                "type": "object", "additionalProperties": self.object(forms()["change"], change, "change"),
            } | names,
            "lists_from": {"type": "string"},
            "lists_key": {
                "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
                "properties": {"env": {"type": "string"}, "file": {"type": "string"}},
            },
            "exclusions": self.items(self.object(forms()["exclusion"], exclusion, "exclusion")),
            "goaml": {
                "type": "object", "properties": {"indicators": codes}, "additionalProperties": False,
            },
        }  # fmt: skip


def lists_in(folder: Path) -> list[bundle.WordList]:
    """Gives the lists of a folder of rules that can be read, by name."""
    found = [
        bind_list(path.read_bytes(), path.name)[0] for path in sorted((folder / "lists").rglob("*.yaml"))
    ]
    return sorted((item for item in found if item is not None), key=lambda item: item.name)

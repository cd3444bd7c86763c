"""The JSON Schema takes every shipped file and refuses wrong keys, and it follows the binder's tables."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.unit.rules.samples import CASH, STAR
from tests.unit.rules.samples import lists as sample_lists
from thbscreen.diagnostics import Diagnostic
from thbscreen.rules.binder import KEYS, bind_text
from thbscreen.rules.detect import KINDS
from thbscreen.rules.formatter import kind_of
from thbscreen.rules.grammar import PATTERN_MEANS, forms
from thbscreen.rules.lists import FURTHER, bind_list
from thbscreen.rules.measures import MEASURE_KINDS
from thbscreen.rules.profile import read_profile
from thbscreen.rules.schema import schema
from thbscreen.rules.schema_words import KEYS_MEAN
from thbscreen.rules.yamltree import Map, Node, Scalar, Seq, load_tree

ROOT = Path(__file__).resolve().parents[3]
FILES = [p for p in sorted((ROOT / "rules").rglob("*.yaml")) if p.parent.name != "indicators"]

# --- a small validator for the keywords that are used --------------------------------------------

NOTES = {"$schema", "title", "description", "definitions"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "null": (type(None),), "boolean": (bool,),
    "number": (int, float), "integer": (int,),
}  # fmt: skip


def of_type(value: Any, name: str) -> bool:
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, TYPES[name])


def holds(value: Any, said: Any, root: dict[str, Any]) -> bool:
    return not problems(value, said, root)


def problems(value: Any, said: Any, root: dict[str, Any], at: str = "") -> list[str]:
    """Gives the places at which a value is not what a draft-07 schema says."""
    if isinstance(said, bool):
        return [] if said else [f"{at}: nothing may stand here"]
    out: list[str] = []
    for word, operand in said.items():
        if word in NOTES or (word in {"then", "else"} and "if" in said):
            continue
        found = KEYWORDS[word](value, operand, root, at, said)
        out += [found] if isinstance(found, str) and found else found or []
    return out


def says(ok: bool, at: str, what: str) -> list[str]:
    return [] if ok else [f"{at}: {what}"]


def properties(value: Any, operand: Any, root: Any, at: str, said: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [p for k, s in operand.items() if k in value for p in problems(value[k], s, root, f"{at}/{k}")]


def patterned(value: Any, operand: Any, root: Any, at: str, said: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [
        p for k, v in value.items() for o, s in operand.items() if re.search(o, k)
        for p in problems(v, s, root, f"{at}/{k}")
    ]  # fmt: skip


def additional(value: Any, operand: Any, root: Any, at: str, said: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    rest = [
        k for k in value
        if k not in said.get("properties", {})
        and not any(re.search(o, k) for o in said.get("patternProperties", {}))
    ]  # fmt: skip
    return [p for k in rest for p in problems(value[k], operand, root, f"{at}/{k}")]


def either(value: Any, operand: Any, root: Any, at: str, said: Any) -> list[str]:
    branch = said.get("then" if holds(value, operand, root) else "else", True)
    return problems(value, branch, root, at)


def text(check: Any) -> Any:
    return lambda v, o, r, at, s: says(not isinstance(v, str) or check(v, o), at, f"'{v}' against {o}")


def number(check: Any) -> Any:
    def inside(v: Any, o: Any, r: Any, at: str, s: Any) -> list[str]:
        return says(isinstance(v, bool) or not isinstance(v, int | float) or check(v, o), at, f"{v} and {o}")

    return inside


KEYWORDS: dict[str, Any] = {
    "type": lambda v, o, r, at, s: says(
        any(of_type(v, n) for n in ([o] if isinstance(o, str) else o)), at, f"is no {o}"
    ),
    "enum": lambda v, o, r, at, s: says(v in o, at, f"{v!r} is none of {o}"),
    "const": lambda v, o, r, at, s: says(v == o, at, f"{v!r} is not {o!r}"),
    "pattern": text(lambda v, o: re.search(o, v)),
    "maxLength": text(lambda v, o: len(v) <= o),
    "minimum": number(lambda v, o: v >= o),
    "maximum": number(lambda v, o: v <= o),
    "minItems": lambda v, o, r, at, s: says(not isinstance(v, list) or len(v) >= o, at, "too few"),
    "minProperties": lambda v, o, r, at, s: says(not isinstance(v, dict) or len(v) >= o, at, "too few"),
    "maxProperties": lambda v, o, r, at, s: says(not isinstance(v, dict) or len(v) <= o, at, "too many"),
    "required": lambda v, o, r, at, s: says(
        not isinstance(v, dict) or set(o) <= set(v), at, f"lacks {set(o) - set(v or ())}"
    ),
    "items": lambda v, o, r, at, s: [
        p for n, i in enumerate(v if isinstance(v, list) else []) for p in problems(i, o, r, f"{at}/{n}")
    ],
    "propertyNames": lambda v, o, r, at, s: [
        p for k in (v if isinstance(v, dict) else {}) for p in problems(k, o, r, f"{at}/{k}")
    ],
    "properties": properties,
    "patternProperties": patterned,
    "additionalProperties": additional,
    "allOf": lambda v, o, r, at, s: [p for part in o for p in problems(v, part, r, at)],
    "anyOf": lambda v, o, r, at, s: says(any(holds(v, part, r) for part in o), at, "fits none of the forms"),
    "not": lambda v, o, r, at, s: says(not holds(v, o, r), at, "is what it must not be"),
    "if": either,
    "$ref": lambda v, o, r, at, s: problems(v, r["definitions"][o.removeprefix("#/definitions/")], r, at),
}  # fmt: skip


def as_editors_read(node: Node) -> Any:
    """Gives a tree with the types of YAML 1.2, as editors take them."""
    if isinstance(node, Map):
        return {key.text: as_editors_read(value) for key, value in node}
    if isinstance(node, Seq):
        return [as_editors_read(item) for item in node.items]
    if node.quoted:
        return node.text
    plain: dict[str, Any] = {"true": True, "false": False, "": None, "~": None, "null": None}
    if node.text in plain:
        return plain[node.text]
    if re.fullmatch(r"[-+]?[0-9]+", node.text):
        return int(node.text)
    return float(node.text) if re.fullmatch(r"[-+]?[0-9]+\.[0-9]+", node.text) else node.text


def read(text: str | bytes) -> tuple[str, Any]:
    root, findings = load_tree(text, "x")
    assert root is not None
    assert not findings.failed
    return str(kind_of(root)), as_editors_read(root)


@cache
def shipped(kind: str) -> dict[str, Any]:
    bound = [bind_list(p.read_bytes(), p.name)[0] for p in (ROOT / "rules" / "lists").rglob("*.yaml")]
    return schema(kind, [found for found in bound if found is not None])  # type: ignore[arg-type]


# --- shipped files and samples -------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_shipped_file_is_valid(path: Path) -> None:
    kind, value = read(path.read_bytes())
    assert problems(value, shipped(kind), shipped(kind)) == []


@pytest.mark.parametrize("text", [CASH, STAR], ids=["aggregate", "star"])
def test_the_samples_of_the_other_tests_are_valid(text: str) -> None:
    said = schema("rule", sample_lists())
    assert problems(read(text)[1], said, said) == []


EXAMPLES = sorted((ROOT / "tests" / "examples").rglob("THB-*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_worked_examples_of_every_kind_are_valid(path: Path) -> None:
    _, value = read(path.read_bytes())
    said = schema("rule")
    assert problems(value, said, said) == []


WRONG = {
    "a key of the rule": ("\nweight: 2", "\nwieght: 2"),
    "a family": ("family: flow", "family: flows"),
    "a weight": ("weight: 2", "weight: 9"),
    "a summary": ("summary: Flags", "summary: Finds"),
    "a kind": ("kind: aggregate", "kind: agregate"),
    "a key of detect": ("for_each: account_id", "for_eech: account_id"),
    "a field": ("tx_type: cash_deposit\n    amount", "tx_typ: cash_deposit\n    amount"),
    "a value of a closed field": ("tx_type: cash_deposit\n    amount", "tx_type: cash_deposits\n    amount"),
    "a test": ("below: $threshold}", "bellow: $threshold}"),
    "a test that does not go with money": ("below: $threshold}", "mentions: $threshold}"),
    "money without a currency": ("below: $threshold}", "below: 500}"),
    "a window": ("window: rolling $window", "window: sliding 7 days"),
    "a kind of measure": ("{count: transactions}", "{counts: transactions}"),
    "what is counted": ("{count: transactions}", "{count: rows}"),
    "a key of a measure": ("{count: transactions}", "{count: transactions, were: {mcc: 1}}"),
    "a parameter's key": ("stricter: lower", "stricer: lower"),
    "a role": ("possible_controller", "controller"),
    "a typology": ("[laundering]", "[laundry]"),
    "a required key": ("\nevidence: ", "\n# evidence: "),
    "a column of a test": ("tx_type: cash_deposit}", "tx_typ: cash_deposit}"),
    "a table of a test": ("      transactions:\n        defaults", "      transaction:\n        defaults"),
    "a comparison": ("- total > $threshold", "- total above threshold"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(WRONG))
def test_what_is_wrong_is_refused(what: str) -> None:
    right, wrong = WRONG[what]
    assert right in CASH
    said = schema("rule", sample_lists())
    assert problems(read(CASH.replace(right, wrong, 1))[1], said, said) != []


def test_unknown_lists_are_refused_when_lists_are_known() -> None:
    text = STAR.replace("in_list: mcc.travel", "in_list: mcc.travl", 1)
    said = schema("rule", sample_lists())
    assert problems(read(text)[1], said, said) != []
    free = schema("rule")
    assert problems(read(text)[1], free, free) == []


def test_a_rule_with_derived_columns_may_name_them() -> None:
    derive = "derive:\n    own: {first_seen: cp_account_id, over: 90 days}\n  where:\n    own: true"
    text = CASH.replace("where:", derive, 1)
    said = schema("rule")
    assert problems(read(text)[1], said, said) == []
    assert problems(
        read(text.replace("derive:\n    own: {first_seen", "derive:\n    own: {frist_seen"))[1], said, said
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("list", "list: a.b\nkind: word\ntitle: T\nreviewed: 2026-01-01\nsources: []\nentries: [x]\n"),
        ("list", "list: a.b\nkind: map\ntitle: T\nreviewed: 2026-01-01\nentries: [x]\n"),
        ("profile", "profile: p\ntime_zone: UTC\nfact: {}\n"),
        ("profile", "profile: p\ntime_zone: UTC\nrules: {THB-ML-001: {enabled: false}}\n"),
        ("profile", "profile: p\ntime_zone: UTC\nscoring: {alert_wieght: 5}\n"),
    ],
)
def test_wrong_lists_and_profiles_are_refused(kind: str, text: str) -> None:
    assert problems(read(text)[1], shipped(kind), shipped(kind)) != []


def test_a_profile_with_everything_is_valid() -> None:
    text = """\
profile: bank
time_zone: Asia/Nicosia
facts:
  minimum_wage: [{value: 940 EUR, valid_from: 2023-01-01, source: CY-WAGE, confidence: high}]
scoring: {alert_weight: 4.5, min_families: 2}
rules:
  THB-ML-001:
    parameters: {threshold: 8000 EUR, min_deposits: 4}
    enabled: true
    reason: tuned
    approved: {by: MLCO, on: 2026-01-01, review: 2027-01-01}
lists:
  keywords.rent: {add: {el: [ενοίκιο*]}, remove: [rent], reason: case 17}
exclusions:
  - name: payroll-bureau
    rules: [THB-ML-001]
    where: {account_id: [A1]}
    reason: licensed
    expires: 2027-01-01
goaml: {indicators: {thb.sham_marriage: to be filled, thb.other: ~}}
"""
    assert problems(read(text)[1], shipped("profile"), shipped("profile")) == []


# --- the tables behind it ------------------------------------------------------------------------


def test_every_kind_pattern_and_measure_of_the_language_is_there() -> None:
    told = json.dumps(schema("rule"))
    for name in (*KEYS, *KINDS, *PATTERN_MEANS, *MEASURE_KINDS):
        assert f'"{name}"' in told, name


def test_every_key_has_words_for_the_editor() -> None:
    keys = {key for name, form in forms().items() for key in form.keys if name != "scoring"}
    plain = {
        "on", "hits", "command", "mutant", "valid_from", "valid_to", "source", "confidence", "parameters",
        "by", "review", "code", "evidence",
    }  # fmt: skip
    assert keys - plain - set(KEYS_MEAN) == set()


def test_no_words_are_left_over() -> None:
    keys = {key for form in forms().values() for key in form.keys}
    assert {name.rpartition(".")[2] for name in KEYS_MEAN} - keys == set()


def told(text: str, code: str) -> list[Diagnostic]:
    return [d for d in bind_text(text, "x", sample_lists())[1] if d.code == code]


PLACES = {
    "rule": ("\nweight: 2", "\nzzzz: 1\nweight: 2"),
    "source": (", kind: guidance", ", zzzz: 1, kind: guidance"),
    "parameter": ("{value: 10000 EUR", "{zzzz: 1, value: 10000 EUR"),
    "report": ("report: {", "report: {zzzz: 1, "),
    "test": ("  - name: three", "  - zzzz: 1\n    name: three"),
    "detect/aggregate": ("kind: aggregate", "zzzz: 1\n  kind: aggregate"),
    "measure/count": ("{count: transactions}", "{count: transactions, zzzz: 1}"),
    "suppression": ("\ntests:", "\nsuppress: [{zzzz: 1}]\ntests:"),
}


@pytest.mark.parametrize("name", sorted(PLACES))
def test_the_keys_of_a_form_are_those_that_the_binder_takes(name: str) -> None:
    right, wrong = PLACES[name]
    (one,) = told(CASH.replace(right, wrong, 1), "R004")
    if one.help is not None and one.help.startswith("known names: "):
        assert sorted(one.help.removeprefix("known names: ").split(", ")) == sorted(forms()[name].keys)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_binder_asks_for_the_keys_that_a_form_requires(kind: str) -> None:
    start, end = CASH.index("detect:\n"), CASH.index("\nevidence:")
    missing = told(f"{CASH[:start]}detect:\n  kind: {kind}{CASH[end:]}", "R003")
    named = {n for d in missing if "'detect'" in d.message for n in re.findall(r"'(\w+)'", d.message)}
    wanted = forms()["detect/network/star" if kind == "network" else f"detect/{kind}"].required
    assert named - {"detect"} == set(wanted) - {"kind"}


def test_the_binder_asks_for_the_keys_that_lists_and_profiles_require() -> None:
    lists = [d.message for d in bind_list("zzzz: 1\n", "x")[1].items if d.code == "R003"]
    assert set(re.findall(r"'(\w+)'", lists[0])) == {*forms()["list"].required, *FURTHER["open"]}
    profiles = [d.message for d in read_profile("zzzz: 1\n", "x").ctx.findings.items if d.code == "R003"]
    assert set(re.findall(r"'(\w+)'", profiles[0])) == set(forms()["profile"].required)


def test_nothing_but_known_keywords_is_used() -> None:
    def words(said: Any, inside: bool = False) -> set[str]:
        if isinstance(said, list):
            return {w for item in said for w in words(item)}
        if not isinstance(said, dict):
            return set()
        if inside:
            return {w for item in said.values() for w in words(item)}
        named = {"properties", "patternProperties", "definitions"}
        rest = {k: v for k, v in said.items() if k not in {"enum", "const", "required", "type"}}
        return set(said) | {w for k, v in rest.items() for w in words(v, k in named)}

    for kind in ("rule", "list", "profile"):
        assert words(schema(kind)) <= set(KEYWORDS) | NOTES | {"then", "else"}  # type: ignore[arg-type]


def test_a_single_value_is_read_as_editors_do() -> None:
    assert as_editors_read(Scalar("0742", load_tree("a: 1", "x")[0].span)) == 742  # type: ignore[union-attr]

"""Which keys stand where in rule, list and profile files, in the order in which they are written.

Taken from the binder's own tables; the formatter and the JSON Schema read it, so a new kind or key of
the language appears in both.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from thbscreen.rules import binder, bundle, gates, lists, profile, suppress
from thbscreen.rules.derive import DERIVE_KINDS
from thbscreen.rules.detect import KINDS
from thbscreen.rules.measures import COMPARED_KEYS, MEASURE_KINDS
from thbscreen.rules.patterns import LEG_KEYS, PATTERNS, SHAPES, pattern_keys
from thbscreen.rules.sequence import STEP_KEYS

Kind = Literal["rule", "list", "profile"]
KINDS_OF_FILE: tuple[Kind, ...] = ("rule", "list", "profile")


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of mapping.

    Attributes:
        keys: in the order of writing.
        required: keys that must be there.
        inner: how the values of keys are built: the name of a form, `[name]` for a list of it, `{name}`
            for a mapping of the author's names to it. Other values hold no mapping with keys of its own.
    """

    keys: tuple[str, ...]
    required: tuple[str, ...] = ()
    inner: Mapping[str, str] = field(default_factory=dict)


#: How the value of a key of `detect` is built, whatever the kind of rule.
_DETECT = {
    "derive": "{derived}", "measures": "{measure}", "each": "each", "repeat": "repeat", "legs": "[leg]",
    "links": "[leg]", "steps": "[step]",
}  # fmt: skip
_NOT_NEEDED = {"table", "derive", "where", "headline", "each", "repeat", "links", "pattern"}
_DERIVED = {
    "most_common": ("where",),
    "lookup": ("in",),
    "first_seen": ("over",),
    "since_previous": ("where",),
}
_MEASURE = ("where", "for_each")


def needed(kind: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Gives the keys that `detect` of a kind must have."""
    match kind:
        case "transaction":
            return ("kind", "where")
        case "sequence":
            return ("kind", "for_each", "steps", "within")
        case _:
            return tuple(key for key in keys if key not in _NOT_NEEDED)


def pattern_needed(name: str) -> tuple[str, ...]:
    """Gives the keys that `detect` of a network pattern must have."""
    if name == "star":
        return needed("network", pattern_keys("star"))
    return tuple(k for k in pattern_keys(name) if k not in {"derive", "where", "headline"})


def derived_keys(kind: str) -> tuple[str, ...]:
    """Gives the keys of a derived column of a kind."""
    return (kind, *_DERIVED.get(kind, ()))


def measure_keys(kind: str) -> tuple[str, ...]:
    """Gives the keys of a measure of a kind."""
    if kind == "formula":
        return (kind,)
    return (kind, *COMPARED_KEYS.get(kind, _MEASURE))


@cache
def forms() -> dict[str, Form]:
    """Gives every form by name; `detect`, `measure` and `derived` are chosen by `form_of`."""
    out = {
        "rule": Form(
            binder.KEYS, binder.REQUIRED,
            {
                "sources": "[source]", "parameters": "{parameter}", "detect": "detect", "report": "report",
                "tests": "[test]", "suppress": "[suppression]", "retired": "retired", "measured": "measured",
                "mutants_that_survive": "[mutant]",
            },
        ),
        "source": Form(("cite", "at", "kind"), ("cite", "kind")),
        "parameter": Form(binder.PARAMETER_KEYS, binder.PARAMETER_KEYS[:5]),
        "report": Form(("indicator", "keywords"), ("indicator", "keywords")),
        "suppression": Form(suppress.KEYS, suppress.KEYS),
        "retired": Form(gates.RETIRED_KEYS, gates.RETIRED_KEYS),
        "measured": Form(gates.MEASURED_KEYS, gates.MEASURED_KEYS),
        "mutant": Form(gates.MUTANT_KEYS, gates.MUTANT_KEYS),
        "test": Form(
            ("name", "parameters", "given", "expect", "evidence", "known_gap"),
            ("name", "given", "expect"),
            {"given": "{table}"},
        ),
        "table": Form(("defaults", "rows"), ("rows",)),
        "repeat": Form(("times", "within"), ("times", "within")),
        "each": Form(("of", "rows"), ("of", "rows")),
        "leg": Form(LEG_KEYS, ("name", "direction")),
        "step": Form(STEP_KEYS, ("name", "where")),
        "follows": Form(("where", "within", "same", "different"), ("where", "within")),
        "list": Form(
            lists.KEYS, lists.NEEDED,  # what else a list needs, its form says
            {"sources": "[source]", "suppress": "[suppression]"},
        ),
        "profile": Form(
            profile.KEYS, ("profile", "time_zone"),
            {
                "facts": "{[fact]}", "scoring": "scoring", "rules": "{override}", "lists": "{change}",
                "exclusions": "[exclusion]",
            },
        ),
        "fact": Form(("value", "valid_from", "valid_to", "source", "confidence"), ("value", "source")),
        "scoring": Form(tuple(f.name for f in dataclasses.fields(bundle.Scoring))),
        "override": Form(
            ("parameters", "enabled", "reason", "approved"), ("reason",), {"approved": "approved"}
        ),
        "approved": Form(("by", "on", "review"), ("by", "on", "review")),
        "change": Form(("add", "remove", "reason"), ("reason",)),
        "exclusion": Form(
            ("name", "rules", "where", "reason", "expires"), ("name", "rules", "where", "reason", "expires")
        ),
    }  # fmt: skip
    for kind, keys in KINDS.items():
        out[f"detect/{kind}"] = Form(keys, needed(kind, keys), _inner(keys))
    for name in PATTERNS:
        keys = pattern_keys(name)
        out[f"detect/network/{name}"] = Form(keys, pattern_needed(name), _inner(keys))
    for kind in DERIVE_KINDS:
        inner = {"follows": "follows"} if kind == "follows" else {}
        extra = ("over",) if kind == "first_seen" else ("in",) if kind == "lookup" else ()
        out[f"derived/{kind}"] = Form(derived_keys(kind), (kind, *extra), inner)
    for kind in MEASURE_KINDS:
        out[f"measure/{kind}"] = Form(measure_keys(kind), (kind, *COMPARED_KEYS.get(kind, ())))
    return out


def _inner(keys: tuple[str, ...]) -> dict[str, str]:
    return {key: _DETECT[key] for key in keys if key in _DETECT}


def form_of(name: str, values: Mapping[str, str | None]) -> Form | None:
    """Gives a form by name; where kinds have forms of their own, that of the kind a mapping is of.

    Args:
        name: as `Form.inner` says.
        values: the keys of the mapping with their single values, None for values of another shape.
    """
    known = forms()
    if name in known:
        return known[name]
    if name == "detect":
        kind = values.get("kind") or ""
        if kind == "network":
            return known.get(f"detect/network/{values.get('pattern') or 'star'}")
        return known.get(f"detect/{kind}")
    return next((known[f"{name}/{key}"] for key in values if f"{name}/{key}" in known), None)


#: What a shape of a network is, for people; the star has a text of its own.
PATTERN_MEANS = {"star": "cycles of movements around one centre", **{n: s.means for n, s in SHAPES.items()}}

"""Turns the text of one rule file into a bound rule, or into everything that is wrong with it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

from thbscreen.diagnostics import Diagnostic, suggest
from thbscreen.rules import ast, bundle, gates, lint
from thbscreen.rules.accusing import refuse_accusing
from thbscreen.rules.ast import Unit
from thbscreen.rules.cases import bind_cases, out_of_bounds
from thbscreen.rules.context import RULE_ID, Context
from thbscreen.rules.detect import bind_detect
from thbscreen.rules.evaluate import look_back, needs_time_of_day, rule_digest
from thbscreen.rules.evidence import bind_evidence
from thbscreen.rules.literals import LiteralError, parse_value
from thbscreen.rules.patterns import played_roles
from thbscreen.rules.sequence import with_evidence
from thbscreen.rules.suppress import suppress
from thbscreen.rules.yamltree import Map, Node, Scalar, load_tree

KEYS = (
    "rule", "title", "version", "status", "retired", "family", "weight", "third_party", "at_once",
    "summary", "why", "sources", "typologies", "roles", "innocent_explanations", "care", "parameters",
    "detect", "evidence", "report", "measured", "mutants_that_survive", "suppress", "tests",
)  # fmt: skip
REQUIRED = (
    "rule", "title", "version", "status", "family", "weight", "summary", "sources", "typologies", "roles",
    "innocent_explanations", "detect", "evidence", "report", "tests",
)  # fmt: skip
REQUIRED_WITHOUT_TESTS = tuple(key for key in REQUIRED if key != "tests")
SOURCE_KINDS = ("guidance", "study", "case", "law", "expert")
PARAMETER_KEYS = ("value", "min", "max", "stricter", "means", "reason")
_PARAMETER_UNITS = (Unit.NUMBER, Unit.MONEY, Unit.SHARE, Unit.LENGTH)
MAX_TITLE = 80
_TESTS = b"\ntests:\n"
_KEY = re.compile(rb"^[^ \t\r\n#-]", re.MULTILINE)
Lists = Mapping[str, bundle.WordList] | Iterable[bundle.WordList]


def by_name(lists: Lists) -> dict[str, bundle.WordList]:
    """Gives lists by name."""
    return dict(lists) if isinstance(lists, Mapping) else {found.name: found for found in lists}


def bind_text(
    text: str | bytes, file: str, lists: Lists = (), *, facts: Mapping[str, Unit] | None = None
) -> tuple[ast.Rule | None, list[Diagnostic]]:
    """Binds the text of one rule file.

    Args:
        text: content of the file.
        file: name shown in diagnostics.
        lists: the lists that the rule may name.
        facts: units of the profile's facts; None takes any fact for money.

    Returns:
        The rule (None when there is any error) and all findings, warnings included.
    """
    rule, ctx = bind_file(text, file, by_name(lists), facts)
    return rule, ctx.findings.result()


def bind_file(
    text: str | bytes,
    file: str,
    lists: Mapping[str, bundle.WordList],
    facts: Mapping[str, Unit] | None,
    broken_lists: Iterable[str] = (),
    *,
    tests: bool = True,
) -> tuple[ast.Rule | None, Context]:
    """Binds like `bind_text`; also gives the state at the end: findings, places, rules that are read.

    Args:
        text: content of the file.
        file: name shown in diagnostics.
        lists: the lists that the rule may name.
        facts: units of the profile's facts; None takes any fact for money.
        broken_lists: names of lists that are there and cannot be used.
        tests: False for a text without its tests whose whole was bound before: nothing is asked of tests.
    """
    root, findings = load_tree(text, file)
    ctx = Context(findings, lists, facts, broken_lists=frozenset(broken_lists), tests=tests)
    rule = None
    with findings.reading():
        refuse_accusing(findings, root)
        mapping = None if root is None else ctx.mapping(root, "the rule", KEYS)
        rule = None if mapping is None else _Binder(ctx, mapping).bind()
        if mapping is not None:
            suppress(ctx, mapping, complete=rule is not None and tests)
    return (None if findings.failed else rule), ctx


def without_tests(data: bytes) -> bytes | None:
    """Gives a rule file up to its tests; None where they are not its last key."""
    head, _, tail = data.partition(_TESTS)
    return head + b"\n" if tail and not _KEY.search(tail) else None


class _Binder:
    """Binds the keys of one rule in an order in which names are known before they are used."""

    def __init__(self, ctx: Context, root: Map) -> None:
        self.ctx = ctx
        self.root = root

    def error(self, code: str, message: str, node: Node | None, help: str | None = None) -> None:
        self.ctx.findings.error(code, message, (node or self.root).span, help=help)

    def bind(self) -> ast.Rule | None:
        ctx, root = self.ctx, self.root
        ctx.require(root, REQUIRED if ctx.tests else REQUIRED_WITHOUT_TESTS, "the rule")
        head = self.head()
        _parameters(ctx, root.get("parameters"))
        roles_node = ctx.mapping(root.get("roles"), "'roles'")
        clean = not ctx.findings.failed
        detect = bind_detect(ctx, root.get("detect"), roles_node)
        clean = clean and detect is not None and not ctx.findings.failed
        roles = _roles(ctx, roles_node, detect)
        role_names = tuple(name for name, _ in roles)
        evidence = bind_evidence(ctx, root.get("evidence"), detect, role_names)
        if isinstance(detect, ast.Sequence):
            detect = with_evidence(ctx, detect, evidence)
        tests = bind_cases(ctx, root.get("tests"), detect, role_names)
        care = self.care(roles)
        if clean:
            self.unused()
        report = ctx.mapping(root.get("report"), "'report'", ("indicator", "keywords"))
        if report is not None:
            ctx.require(report, ("indicator", "keywords"), "'report'")
        if detect is None or ctx.findings.failed:
            return None
        defaults = ctx.defaults()
        rule = ast.Rule(
            **head,
            roles=roles,
            innocent_explanations=self.texts("innocent_explanations"),
            care=care,
            parameters=tuple(p for p in ctx.parameters.values() if p is not None),
            detect=detect,
            evidence=evidence,
            report_indicator=ctx.text(report, "indicator") if report else "",
            report_keywords=tuple(s.text for s in ctx.scalars(report.get("keywords"), "'keywords'"))
            if report
            else (),
            tests=tests,
            columns=tuple(sorted(ctx.columns)),
            needs_time_of_day=needs_time_of_day(detect, defaults),
            look_back=look_back(detect, defaults),
            after=tuple(sorted(ctx.after)),
            digest="",
            span=root.span,
            surviving=gates.surviving(ctx, root),
        )
        rule = dataclasses.replace(rule, digest=rule_digest(rule))
        if ctx.tests:
            lint.warnings(ctx, root, rule)
            gates.check(ctx, root, rule)
        return rule

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.ctx.scalars(self.root.get(key), f"'{key}'")
        return tuple(" ".join(s.text.split()) for s in found)

    def head(self) -> dict[str, Any]:
        """Binds the keys that say what the rule is, not what it finds."""
        ctx, root = self.ctx, self.root
        name = ctx.scalar(root.get("rule"), "'rule'")
        if name is not None and not RULE_ID.fullmatch(name.text):
            self.error(
                "R007",
                f"'{name.text[:40]}' is not a rule id",
                name,
                "ids look like THB-CASH-003: THB, two to six capital letters, three digits",
            )
        title = ctx.text(root, "title")
        if len(title) > MAX_TITLE:
            self.error("R007", f"the title is longer than {MAX_TITLE} characters", root.get("title"))
        family = ctx.choice(root.get("family"), "'family'", ast.FAMILIES) or ""
        summary = ctx.text(root, "summary")
        if summary and family != "mitigation" and not summary.startswith("Flags"):
            self.error("R007", "the summary begins with 'Flags'", root.get("summary"))
        third = ctx.choice(root.get("third_party"), "'third_party'", ("true", "false"))
        at_once = ctx.choice(root.get("at_once"), "'at_once'", ("true", "false"))
        if at_once == "true" and family not in {"text", ""}:
            help = "a text is read; other signs are weighed together"
            self.error("R007", "only rules of the family text are read at once", root.get("at_once"), help)
        return {
            "id": name.text if name else "",
            "title": title,
            "version": self.whole("version", 1, 10_000),
            "status": ctx.choice(root.get("status"), "'status'", ast.RULE_STATUSES) or "",
            "family": family,
            "weight": self.weight(family),
            "third_party": third == "true",
            "at_once": at_once == "true",
            "summary": summary,
            "why": ctx.text(root, "why"),
            "sources": bind_sources(ctx, root.get("sources")),
            "typologies": self.typologies(),
        }

    def whole(self, key: str, low: int, high: int) -> int:
        found = self.ctx.scalar(self.root.get(key), f"'{key}'")
        if found is None:
            return low
        text = found.text
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 7 and low <= int(text) <= high):
            self.error("R007", f"'{key}' must be a whole number from {low} to {high}", found)
            return low
        return int(text)

    def weight(self, family: str) -> int:
        return self.whole("weight", -3, -1) if family == "mitigation" else self.whole("weight", 0, 3)

    def typologies(self) -> tuple[str, ...]:
        listed = self.ctx.lists.get("typologies")
        known = tuple(entry for _, entry in listed.entries) if listed else ast.TYPOLOGIES
        out = []
        for item in self.ctx.scalars(self.root.get("typologies"), "'typologies'"):
            if item.text in known:
                out.append(item.text)
            else:
                self.error("R016", f"unknown typology '{item.text[:40]}'", item, suggest(item.text, known))
        return tuple(out)

    def care(self, roles: tuple[tuple[str, str], ...]) -> str:
        victim = any(role == "possible_victim" for _, role in roles)
        if victim and self.root.get("care") is None:
            key = self.root.key("roles")
            self.error(
                "R003", "a rule that names a possible victim says what to mind: 'care' is missing", key,
                "add care: no contact, and the non-punishment principle",
            )  # fmt: skip
        return self.ctx.text(self.root, "care")

    def unused(self) -> None:
        node = self.root.get("parameters")
        if not isinstance(node, Map):
            return
        for key, _ in node:
            if key.text not in self.ctx.used:
                self.error("R017", f"nothing uses the parameter '{key.text}'", key, "use it or remove it")


def bind_sources(ctx: Context, node: Node | None) -> tuple[ast.Source, ...]:
    """Binds a list of `{cite, at, kind}`; a source without a place in it is warning W106."""
    out = []
    for item in ctx.sequence(node, "'sources'"):
        source = ctx.mapping(item, "a source", ("cite", "at", "kind"))
        if source is None:
            continue
        ctx.require(source, ("cite", "kind"), "a source")
        cite, at = ctx.text(source, "cite"), ctx.text(source, "at") if source.get("at") else ""
        kind = ctx.choice(source.get("kind"), "'kind'", SOURCE_KINDS) or ""
        if not at or at == "to be filled":
            ctx.findings.warn(
                "W106", "the source does not say where in it", source.span, help="add at: page or section"
            )
        out.append(ast.Source(cite, at, kind))
    return tuple(out)


def _parameters(ctx: Context, node: Node | None) -> None:
    for key, value in ctx.mapping(node, "'parameters'") or ():
        name = ctx.new_name(key, "a parameter", ctx.parameters)
        parameter = _parameter(ctx, key, value)
        ctx.parameters.setdefault(key.text, parameter if name else None)


def _parameter(ctx: Context, key: Scalar, node: Node) -> ast.Parameter | None:
    mapping = ctx.mapping(node, f"parameter '{key.text}'", PARAMETER_KEYS)
    if mapping is None:
        return None
    before = len(ctx.findings.items)
    ctx.require(mapping, PARAMETER_KEYS[:5], f"parameter '{key.text}'")
    stricter = ctx.choice(mapping.get("stricter"), "'stricter'", ("lower", "higher", "neither"))
    first = _bound(ctx, mapping, "value", None)
    unit = first.unit if first else None
    low, high = _bound(ctx, mapping, "min", unit), _bound(ctx, mapping, "max", unit)
    means = ctx.text(mapping, "means")
    reason = ctx.text(mapping, "reason") if mapping.get("reason") else ""
    if first is None or low is None or high is None or stricter is None or len(ctx.findings.items) > before:
        return None
    if (place := mapping.get("min")) is not None:
        ctx.bounds[key.text] = place.span
    side = cast("Literal['lower', 'higher', 'neither']", stricter)
    parameter = ast.Parameter(key.text, first, low, high, side, means, reason)
    outside = out_of_bounds(parameter, first)
    if outside is None:
        return parameter
    value = mapping.get("value")
    assert value is not None
    if out_of_bounds(parameter, low) is not None:
        place = mapping.get("min") or value
        message = f"the smallest allowed value {low.text} is above the largest, {high.text}"
        ctx.findings.error("R026", message, place.span, help="swap min and max")
        return None
    ctx.findings.error("R026", f"{key.text} = {first.text} is {outside}", value.span)
    return None


def _bound(ctx: Context, mapping: Map, key: str, unit: Unit | None) -> ast.Value | None:
    found = ctx.scalar(mapping.get(key), f"'{key}'")
    if found is None:
        return None
    value: ast.Value | None
    try:
        value = parse_value(found.text) if unit is None else ctx.literal(found, unit, f"'{key}'")
    except LiteralError:
        value = ast.Value(Unit.TEXT, "")
    if value is None:
        return None
    if isinstance(value.payload, ast.Length) and value.payload.count == 0:
        hint = "even the smallest value must be some time, such as 1 days"
        ctx.findings.error("R024", f"'{key}' is 0, so nothing can ever fall into it", found.span, help=hint)
        return None
    if value.unit in _PARAMETER_UNITS:
        return value
    hint = "parameters are numbers, shares (80%), money (100 EUR) and lengths (7 days)"
    ctx.findings.error("R021", f"'{found.text[:40]}' is no value of a parameter", found.span, help=hint)
    return None


def _roles(ctx: Context, node: Map | None, detect: ast.Detect | None) -> tuple[tuple[str, str], ...]:
    out = []
    if node is not None and not node.entries:
        ctx.findings.error("R006", "'roles' is empty", node.span)
    played: set[str | None] | None = None
    # a centre that the roles do not name was reported already, and its role would be reported again
    if not any(d.code == "R051" for d in ctx.findings.items):
        played = played_roles(detect)
    shaped = isinstance(detect, ast.Star) or (
        isinstance(detect, ast.Aggregate) and detect.pattern is not None
    )
    for key, value in node or ():
        role = ctx.choice(value, f"the role of '{key.text}'", ast.ROLES, "R016")
        if detect is None:
            continue
        if shaped:
            if played and key.text not in played and not ctx.forbidden(key.text, key.span):
                hint = suggest(key.text, sorted(p for p in played if p))
                ctx.findings.error("R051", f"nobody plays '{key.text}'", key.span, help=hint)
        else:
            info = ctx.field(key)
            if info is None:
                continue
            keys = getattr(detect, "for_each", ())
            an_id = info.path.endswith(("_id", "_hash")) or info.path in keys
            if info.match or info.unit is not ast.Unit.TEXT or not an_id:
                hint = "use an account, a customer or another id, or a key of for_each"
                ctx.findings.error("R040", f"'{key.text}' cannot play a role", key.span, help=hint)
                continue
        if role:
            out.append((key.text, role))
    return tuple(out)

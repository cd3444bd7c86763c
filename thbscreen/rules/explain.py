"""Says a bound rule in plain sentences, with the values in force and where they come from."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from thbscreen.model.text import fold
from thbscreen.rules import ast, bundle
from thbscreen.rules.ast import Unit
from thbscreen.rules.context import ALWAYS, RULE_FIELDS
from thbscreen.rules.evaluate import walk
from thbscreen.rules.needs import lists_needed, lists_read, required_columns
from thbscreen.rules.overrides import changes
from thbscreen.rules.patterns import SHAPES

_TESTS = {
    "is": "is", "is_not": "is not", "in": "is one of", "not_in": "is none of", "in_list": "is in the list",
    "not_in_list": "is not in the list", "at_least": "is at least", "at_most": "is at most",
    "above": "is above", "below": "is below", "mentions": "mentions one of",
    "mentions_list": "mentions a word of the list",
    "time_of_day": "is between", "weekday": "falls on", "multiple_of": "is a multiple of",
}  # fmt: skip
_OPS = {
    ">=": "is at least", "<=": "is at most", ">": "is above", "<": "is below", "==": "equals",
    "!=": "differs from",
}  # fmt: skip
_MEASURES = {
    "sum": "the sum of {}", "distinct": "the number of different values of {}", "largest": "the largest {}",
    "smallest": "the smallest {}", "average": "the average {}", "median": "the median {}",
    "step": "{}",
}  # fmt: skip


def money(cents: int) -> str:
    """Gives an amount with blanks between thousands, and cents only where there are any."""
    whole, rest = divmod(abs(cents), 100)
    text = f"{whole:,}".replace(",", " ") + (f".{rest:02d}" if rest else "")
    return f"{'-' if cents < 0 else ''}{text} EUR"


def value_text(value: ast.Value) -> str:
    """Gives a literal as people write it."""
    payload = value.payload
    if isinstance(payload, bool):
        return "true" if payload else "false"
    if value.unit is Unit.MONEY and isinstance(payload, int):
        return money(payload)
    if value.unit is Unit.SHARE and isinstance(payload, Decimal):
        return f"{format((payload * 100).normalize(), 'f')} %"
    if isinstance(payload, Decimal):
        return format(payload.normalize(), "f")
    if isinstance(payload, ast.Length) and payload.count == 1:
        return f"1 {payload.unit[:-1]}"
    return str(payload)


class _Teller:
    """Turns the parts of one rule into phrases."""

    def __init__(self, bound: ast.Rule, resolved: ast.Rule) -> None:
        self.values = {p.name: p.value for p in resolved.parameters}
        self.defaults = {p.name: p.value for p in bound.parameters}

    def expr(self, expr: ast.Expr) -> str:
        match expr:
            case ast.Value():
                return value_text(expr)
            case ast.Name():
                return expr.name
            case ast.Param():
                changed = self.values[expr.name].payload != self.defaults[expr.name].payload
                mark = ", changed here" if changed else ""
                return f"{value_text(self.values[expr.name])} [{expr.name}{mark}]"
            case ast.BinOp():
                left, right = self.expr(expr.left), self.expr(expr.right)
                if expr.op == "*" and expr.left.unit is Unit.SHARE:
                    return f"{left} of {right}"
                sign = {"*": "times", "/": "divided by", "+": "plus", "-": "minus"}[expr.op]
                return f"{left} {sign} {right}"

    def where(self, where: ast.Where) -> str:
        return " and ".join(self.condition(c) for c in where.conditions)

    def condition(self, condition: ast.Condition) -> str:
        match condition:
            case ast.Test():
                return self.test(condition)
            case ast.Compare():
                return self.line(condition)
            case ast.AnyOf():
                return "(" + ", or ".join(self.where(w) for w in condition.wheres) + ")"
            case ast.NoneOf():
                return "not (" + ", or ".join(self.where(w) for w in condition.wheres) + ")"

    def test(self, test: ast.Test) -> str:
        operand = test.operand
        if test.op == "missing":
            return f"{test.field} is missing" if operand is True else f"{test.field} is known"
        if test.op == "hit_by":
            ids = operand if isinstance(operand, tuple) else ()
            return f"{test.field} was found by {' or '.join(str(i) for i in ids)}"
        if isinstance(operand, tuple):
            said = ", ".join(o if isinstance(o, str) else self.expr(o) for o in operand)
        elif isinstance(operand, str | bool):
            said = str(operand)
        else:
            said = self.expr(operand)
        return f"{test.field} {_TESTS[test.op]} {said}"

    def line(self, line: ast.FlagLine) -> str:
        match line:
            case ast.Compare():
                return f"{self.expr(line.left)} {_OPS[line.op]} {self.expr(line.right)}"
            case ast.AnyLine():
                return "at least one of these holds: " + "; ".join(self.line(part) for part in line.lines)
            case ast.NoneLine():
                return "none of these holds: " + "; ".join(self.line(part) for part in line.lines)

    def measure(self, measure: ast.Measure) -> str:
        if measure.expr is not None:
            return f"{measure.name} = {self.expr(measure.expr)}"
        if measure.compared is not None:
            return f"{measure.name} = {self.compared(measure.kind, measure.compared)}"
        if measure.kind == "count":
            said = "the number of cycles" if measure.field == "cycles" else "the number of rows"
        elif measure.kind in {"days_active", "months_active"}:
            said = f"the number of {measure.kind.partition('_')[0]} with such rows"
        else:
            said = _MEASURES[measure.kind].format(measure.field)
        if measure.link:
            said += f" in '{measure.link}'"
        if measure.where.conditions:
            said += f", only where {self.where(measure.where)}"
        if measure.for_each is not None:
            said += f", over all rows of the same {' and '.join(measure.for_each)}"
        return f"{measure.name} = {said}"

    def compared(self, kind: str, against: ast.Compared) -> str:
        least, measure = self.expr(against.at_least), against.measure
        if kind == "usual" and against.over is not None:
            return (
                f"the {against.statistic} of {measure} in the {self.expr(against.over)} windows before, "
                f"quiet ones as zero from the first one on (not known with fewer than {least})"
            )
        return (
            f"the {against.statistic} of {measure} among all with the same {' and '.join(against.alike_by)} "
            f"in the same window (not known with fewer than {least})"
        )

    def derive(self, derive: ast.Derive) -> str:
        match derive:
            case ast.FirstSeen():
                return (
                    f"{derive.name} = whether the account had no earlier movement with this {derive.field} "
                    f"in the {self.expr(derive.over)} before (not known where the data do not reach back "
                    "so far)"
                )
            case ast.SincePrevious():
                only = f" where {self.where(derive.where)}" if derive.where.conditions else ""
                return f"{derive.name} = the time since the account's previous movement{only}"
            case ast.PassedOn():
                return self.passed_on(derive)
            case ast.RoleOf():
                only = f" of movements where {self.where(derive.where)}" if derive.where.conditions else ""
                return f"{derive.name} = the {derive.field}{only}"
            case ast.Cluster():
                return (
                    f"{derive.name} = the customers joined by the same {' or '.join(derive.fields)}, "
                    f"directly or through others, leaving out values of more than "
                    f"{self.expr(derive.at_most)} customers"
                )
            case ast.ForwardedWithin():
                return (
                    f"{derive.name} = euros of an incoming movement that left the account within "
                    f"{self.expr(derive.within)}, first in first out, each euro once"
                )
            case ast.Follows():
                ties = "".join(f", same {f}" for f in derive.same)
                ties += "".join(f", different {f}" for f in derive.different)
                return (
                    f"{derive.name} = the latest earlier movement of the account, at most "
                    f"{self.expr(derive.within)} before, where {self.where(derive.where)}{ties}"
                )
            case ast.MostCommon():
                only = f" where {self.where(derive.where)}" if derive.where.conditions else ""
                return f"{derive.name} = the account's most frequent {derive.field}{only}"
            case ast.Lookup():
                return f"{derive.name} = what the list {derive.list_name} says for {derive.field}"
            case ast.Fact():
                return f"{derive.name} = the profile's {derive.fact} on the day of booking"

    def passed_on(self, derive: ast.PassedOn) -> str:
        purse = f", for each {derive.same} by itself" if derive.same else ""
        apart = f", at another {derive.elsewhere}" if derive.elsewhere else ""
        return (
            f"{derive.name} = euros of movements where {self.where(derive.source)}, that within "
            f"{self.expr(derive.within)} went into movements where {self.where(derive.target)}{apart}, first "
            f"in first out, each euro once{purse}"
        )

    def window(self, window: ast.Window) -> str:
        match window:
            case ast.Turns():
                return (
                    f"in every run of {window.step}s, each ruled by another {window.source} with at least "
                    f"{self.expr(window.share)} of the euros"
                )
            case ast.Rolling():
                return f"in every rolling {self.expr(window.length)}"
            case ast.Calendar():
                return f"in every calendar {window.step}"
            case ast.WholePeriod():
                return "over the whole period"

    def detect(self, detect: ast.Detect) -> list[str]:
        match detect:
            case ast.Transaction():
                return [
                    *self.derived(detect.derive),
                    f"Flags each movement where {self.where(detect.where)}.",
                ]
            case ast.Aggregate():
                return self.aggregate(detect)
            case ast.Star():
                return self.star(detect)
            case ast.Sequence():
                return self.sequence(detect)

    def derived(self, derive: tuple[ast.Derive, ...]) -> list[str]:
        return [f"First works out: {'; '.join(self.derive(d) for d in derive)}."] if derive else []

    def flags(self, lines: tuple[ast.FlagLine, ...]) -> str:
        return "Flags when " + " *and* ".join(self.line(line) for line in lines) + "."

    def aggregate(self, detect: ast.Aggregate) -> list[str]:
        rows = "customers" if detect.table == "parties" else "movements"
        where = f" where {self.where(detect.where)}" if detect.where.conditions else ""
        keys = " and ".join(detect.for_each)
        measures = "; ".join(self.measure(m) for m in detect.measures)
        shape = []
        if detect.pattern is not None:
            means = SHAPES[detect.pattern].means
            shape = [f"Looks for this shape around '{detect.centre}', the centre: {means}."]
        out = [
            *shape,
            *self.derived(detect.derive),
            f"Looks at {rows}{where}.",
            f"For each {keys}, {self.window(detect.window)}, works out: {measures}.",
            *(
                [
                    f"Of '{detect.each.of}', only those with at least {self.expr(detect.each.rows)} "
                    "movements in the window count; movements of others are left out."
                ]
                if detect.each
                else []
            ),
            self.flags(detect.flag_when),
        ]
        headline = detect.headline or (detect.measures[0].name if detect.measures else "")
        if isinstance(detect.window, ast.Rolling):
            out.append(
                "Overlapping windows are reported once, with the numbers of the window "
                f"with the greatest {headline}."
            )
        if detect.repeat:
            times, within = self.expr(detect.repeat.times), self.expr(detect.repeat.within)
            out.append(f"Counts only when this happens at least {times} separate times within {within}.")
        return out

    def sequence(self, detect: ast.Sequence) -> list[str]:
        keys = " and ".join(detect.for_each)
        where = f", among movements where {self.where(detect.where)}" if detect.where.conditions else ""
        steps = [self.step(step, first=number == 0) for number, step in enumerate(detect.steps)]
        out = [
            *self.derived(detect.derive),
            f"For each {keys}{where}, looks for {', then '.join(steps)}, all within "
            f"{self.expr(detect.within)} of the first.",
        ]
        if any(step.absent for step in detect.steps):
            out.append("What stays away is judged only when its time is over before the data end.")
        if detect.flag_when:
            out.append(self.flags(detect.flag_when))
        if detect.repeat:
            times, within = self.expr(detect.repeat.times), self.expr(detect.repeat.within)
            out.append(f"Counts only when this happens at least {times} times within {within}.")
        return out

    def step(self, step: ast.Step, *, first: bool) -> str:
        ties = "".join(f" with the same {field} as the first" for field in step.same)
        if step.absent:
            return f"no movement '{step.name}' where {self.where(step.where)}{ties}"
        kind = "a movement" if first else "the next movement"
        return f"{kind} '{step.name}' where {self.where(step.where)}{ties}"

    def star(self, detect: ast.Star) -> list[str]:
        where = f" where {self.where(detect.where)}" if detect.where.conditions else ""
        out = [
            f"Looks at accounts as a possible {detect.centre}{where}.",
            f"A cycle is {', '.join(self.leg(leg) for leg in detect.legs)}, all within "
            f"{self.expr(detect.cycle_within)}; each movement serves one cycle.",
        ]
        if detect.links:
            out.append(f"Also looks at {', '.join(self.leg(leg) for leg in detect.links)}.")
        measures = "; ".join(self.measure(m) for m in detect.measures)
        out.append(f"In every {self.expr(detect.within)}, works out: {measures}.")
        return [*out, self.flags(detect.flag_when)]

    def leg(self, leg: ast.Leg) -> str:
        where = f" where {self.where(leg.where)}" if leg.where.conditions else ""
        member = f" (the other side is '{leg.member}')" if leg.member else ""
        return f"a {leg.direction} '{leg.name}'{where}{member}"


def _set_here(bound: ast.Rule, resolved: ast.Rule, pack: bundle.RulePack | None) -> list[str]:
    """Says which values differ from the rule's own, which rows it does not see, who set that and why."""
    effective = {p.name: p.value for p in resolved.parameters}
    profile = pack.profile if pack else None
    effects = {c.parameter: c.effect for c in changes(pack) if c.rule == bound.id} if pack else {}
    words = {"looser": ", so fewer hits", "stricter": ", so more hits"}
    changed = [
        f"{p.name} {value_text(effective[p.name])} "
        f"(default {value_text(p.value)}{words.get(effects.get(p.name, ''), '')})"
        for p in bound.parameters
        if effective[p.name].payload != p.value.payload
    ]
    override = next((o for o in profile.overrides if o.rule == bound.id), None) if profile else None
    out = []
    if changed:
        because = f", because: {override.reason}" if override else ""
        out.append(f"Set by {profile.name if profile else 'this run'}: {', '.join(changed)}{because}.")
        if override and (approved := override.approved):
            out.append(f"Approved by {approved.by} on {approved.on}, to be reviewed by {approved.review}.")
    for exclusion in profile.exclusions if profile else ():
        teller = _Teller(bound, resolved)
        out += [
            f"Does not see rows where {teller.where(where)} (exclusion '{exclusion.name}' to "
            f"{exclusion.expires}), because: {exclusion.reason}."
            for rule, where in exclusion.wheres
            if rule == bound.id
        ]
    return out


def _not_judged(rule: ast.Rule, pack: bundle.RulePack | None = None) -> str:
    needed = sorted({_plain_name(c) for c in required_columns(rule) if c not in ALWAYS and c != "amount_eur"})
    parts = [f"{_either(needed)} is missing from the data" if needed else "no movement is given"]
    if rule.needs_time_of_day:
        parts.append("the data give days without times")
    known = {found.name: found for found in pack.lists} if pack is not None else {}
    supplied = [name for name in lists_read(rule) if name in known and known[name].supplied_by]
    parts += [f"the {known[name].supplied_by} does not supply the list {name}" for name in supplied]
    now = "".join(f" Now {why}." for why in lists_needed(rule, known))
    return f"Not judged if {', or if '.join(parts)}.{now}"


def _plain_name(path: str) -> str:
    known = RULE_FIELDS.get(path)
    return {"own_transfer": "cp_account_id"}.get(path, path) if known else path


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _laws(rule: ast.Rule) -> list[str]:
    """Says the rules of meaning that matter for this rule."""
    out = []
    tests = [p for p in walk(rule.detect) if isinstance(p, ast.Test)]
    if any(t.op in {"is_not", "not_in", "not_in_list"} for t in tests) or any(
        isinstance(p, ast.NoneOf) for p in walk(rule.detect)
    ):
        out.append("A missing value fails a positive test and passes a negative one.")
    elif tests:
        out.append("A missing value fails a test.")
    if any(isinstance(p, ast.BinOp) and p.op == "/" for p in walk(rule.detect)):
        out.append("A division by zero or by a missing value is unknown, and its line does not hold.")
    if isinstance(rule.detect, ast.Sequence):
        out.append("A later movement serves one start, the latest before it; order is time, then tx_id.")
    if isinstance(rule.detect, ast.Aggregate | ast.Sequence):
        out.append(f"Rows without {_either(list(rule.detect.for_each))} belong to no group.")
    rolling = isinstance(rule.detect, ast.Aggregate) and isinstance(rule.detect.window, ast.Rolling)
    if rolling and getattr(rule.detect, "table", "") == "transactions":
        out.append("A rolling window ends at a movement; what lies exactly its length earlier is outside.")
    return out


def _roles(roles: Iterable[tuple[str, str]]) -> str:
    return "Roles, each a reading and not a finding: " + ", ".join(
        f"{name} as {role.replace('_', ' ')}" for name, role in roles
    )


def _rests_on(rule: ast.Rule, pack: bundle.RulePack | None) -> str:
    """Names the works a rule cites, in full where the list `sources` knows them."""
    known = {
        code: work
        for found in (pack.lists if pack is not None else ())
        if found.name == "sources"
        for work, code in found.entries
    }
    cited = [
        f"{known[fold(s.cite)]} [{s.cite}], {s.at} ({s.kind})"
        if fold(s.cite) in known
        else f"{s.cite}, {s.at} ({s.kind})"
        for s in rule.sources
    ]
    return f"Rests on: {'; '.join(cited)}."


def sentences(bound: ast.Rule, resolved: ast.Rule, pack: bundle.RulePack | None = None) -> str:
    """Explains a rule in plain sentences, one paragraph per concern.

    Args:
        bound: as written; its parameters are named in brackets behind their values.
        resolved: the same rule with the values in force.
        pack: names the profile that set them, and its reason.
    """
    teller = _Teller(bound, resolved)
    reads = [f"Runs after {', '.join(bound.after)}, whose hits it reads."] if bound.after else []
    head = f"{bound.id}, version {bound.version} ({bound.level}): {bound.title}."
    paragraphs = [
        [head],
        [" ".join(bound.why.split())] if bound.why else [],
        teller.detect(bound.detect),
        _set_here(bound, resolved, pack),
        [*reads, *_laws(bound)],
        [_not_judged(resolved, pack)],
        [_roles(bound.roles) + "."],
        ["Lawful readings to rule out first: " + "; ".join(bound.innocent_explanations) + "."],
        [f"Care: {bound.care}"] if bound.care else [],
        [f"Typologies: {', '.join(t.replace('_', ' ') for t in bound.typologies)}."],
        [_rests_on(bound, pack)],
    ]
    return "\n\n".join(" ".join(p) for p in paragraphs if p)


def teller(bound: ast.Rule, resolved: ast.Rule) -> _Teller:
    """Gives what turns single parts of a rule into phrases; see `sentences` for the arguments."""
    return _Teller(bound, resolved)

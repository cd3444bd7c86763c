"""One Markdown page for each rule, for compliance officers and auditors, and an index by form.

Everything comes from the bound rules, so a page says what runs. Pages hold no dates of their own making:
the same rules and profile give the same pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from thbscreen.model.text import fold
from thbscreen.rules import ast, bundle
from thbscreen.rules.context import ALWAYS, RULE_FIELDS
from thbscreen.rules.evaluate import walk
from thbscreen.rules.explain import teller, value_text
from thbscreen.rules.needs import judgeable

#: A blank or the end of a word beside it lets `_` begin something; inside a name it is a letter.
_SPECIAL = re.compile(r"([\\`*\[\]<>|~&$#]|(?<![^\W_])_|_(?![^\W_]))")
_LINE_START = re.compile(r"^(?:([-+=])|([0-9]{1,9})([.)]))")
INDEX = "index.md"
Rows = Iterable[Sequence[str]]


def escaped(text: str) -> str:
    """Gives a text that Markdown shows as it is, on one line; characters without a shape become U+FFFD."""
    one_line = " ".join(text.split())
    shown = "".join(c if c.isprintable() else "\ufffd" for c in one_line)
    out = _SPECIAL.sub(r"\\\1", shown)
    return _LINE_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", out)


def code(name: str) -> str:
    """Gives a name in letters of one width."""
    return f"`{name.replace('`', '')}`"


def table(head: Sequence[str], rows: Rows) -> list[str]:
    """Gives a table; cells are Markdown already."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def pages(pack: bundle.RulePack) -> dict[str, str]:
    """Gives every page by file name: one for each rule of the pack, and the index."""
    out = {f"{rule.id}.md": page(rule.id, pack) for rule in pack.rules}
    return out | {INDEX: index(pack)}


def index(pack: bundle.RulePack) -> str:
    """Gives the index: rules by form of exploitation, and the lists that they use."""
    out = [
        "# Rules", "",
        f"The rules in force with the profile {escaped(pack.profile.name)}, by the forms of exploitation "
        "that they speak for. A rule may speak for several. Each page says what a rule looks at, with which "
        "thresholds, on what grounds, and what speaks against it.", "",
    ]  # fmt: skip
    forms = list(dict.fromkeys(form for rule in pack.rules for form in rule.typologies))
    for form in sorted(forms):
        rules = [rule for rule in pack.rules if form in rule.typologies]
        out += [f"## {escaped(form.replace('_', ' ').capitalize())}", ""]
        out += table(("rule", "title", "family", "weight", "status"), map(_index_row, rules))
    used = {name: [r.id for r in pack.rules if name in _lists_of(r)] for name in (f.name for f in pack.lists)}
    out += ["## Lists", ""]
    out += table(
        ("list", "title", "kind", "entries", "reviewed", "used by"),
        (
            (
                code(found.name), escaped(found.title), found.kind, _entries(found), found.reviewed,
                ", ".join(f"[{i}]({i}.md)" for i in used[found.name]) or "no rule",
            )
            for found in pack.lists
        ),
    )  # fmt: skip
    return "\n".join(out).rstrip("\n") + "\n"


def _index_row(rule: ast.Rule) -> tuple[str, ...]:
    return (f"[{rule.id}]({rule.id}.md)", escaped(rule.title), rule.family, str(rule.weight), rule.status)


def page(rule_id: str, pack: bundle.RulePack) -> str:
    """Gives the page of one rule.

    Raises:
        KeyError: the pack has no such rule.
    """
    bound = {rule.id: rule for rule in pack.bound}[rule_id]
    rule = {rule.id: rule for rule in pack.rules}[rule_id]
    out = [f"# {rule.id}: {escaped(rule.title)}", "", *_head(rule), escaped(rule.summary), ""]
    for title, lines in (
        ("Why money moves like this", [escaped(rule.why), ""] if rule.why else []),
        ("How it finds", _how(bound, rule)),
        ("Thresholds", _thresholds(bound, rule, pack)),
        ("Rows it does not see", _exclusions(rule, pack)),
        ("Data it needs", _needs(rule)),
        ("Lists", _lists(rule, pack)),
        ("Roles", _roles(rule)),
        ("Innocent explanations", [*(f"- {escaped(text)}" for text in rule.innocent_explanations), ""]),
        ("Care", [escaped(rule.care), ""] if rule.care else []),
        ("What a hit says", _evidence(rule)),
        ("Report", _report(rule, pack)),
        ("Sources", _sources(rule, pack)),
        ("Tests", _tests(rule)),
    ):
        if lines:
            out += [f"## {title}", "", *lines]
    return "\n".join(out).rstrip("\n") + f"\n\n[All rules]({INDEX})\n"


def _head(rule: ast.Rule) -> list[str]:
    forms = ", ".join(form.replace("_", " ") for form in rule.typologies)
    facts = [
        ("status", rule.status),
        ("version", str(rule.version)),
        ("weight of one hit", f"{rule.weight} ({rule.level})"),
        ("family", rule.family),
        ("shows somebody else's gain or control", "yes" if rule.third_party else "no"),
        *([("read at once by a person, whatever the score", "yes")] if rule.at_once else []),
        ("forms of exploitation", escaped(forms)),
        ("looks back", str(rule.look_back) if rule.look_back else "no further than the data that are loaded"),
        ("hash of the meaning in force", code(rule.digest)),
    ]
    return table(("", ""), facts)


def _how(bound: ast.Rule, rule: ast.Rule) -> list[str]:
    said = [escaped(line).replace(r"\*and\*", "*and*") for line in teller(bound, rule).detect(bound.detect)]
    after = [f"It runs after {', '.join(rule.after)}, whose hits it reads."] if rule.after else []
    return [" ".join([*said, *after]), ""]


def _thresholds(bound: ast.Rule, rule: ast.Rule, pack: bundle.RulePack) -> list[str]:
    if not bound.parameters:
        return ["It has no thresholds that could be set.", ""]
    effective = {p.name: p.value for p in rule.parameters}
    override = next((o for o in pack.profile.overrides if o.rule == rule.id), None)
    given = dict(override.parameters) if override else {}
    ways = {
        "lower": "a lower value finds more",
        "higher": "a higher value finds more",
        "neither": "neither way",
    }
    rows = []
    for p in bound.parameters:
        setter = f"profile {escaped(pack.profile.name)}" if p.name in given else "the rule"
        rows.append(
            (
                code(p.name), escaped(value_text(effective[p.name])), escaped(value_text(p.value)),
                escaped(f"{value_text(p.min)} to {value_text(p.max)}"), ways[p.stricter], escaped(p.means),
                escaped(p.reason), setter,
            )
        )  # fmt: skip
    head = ("name", "in force", "default", "bounds", "direction", "meaning", "reason", "set by")
    out = table(head, rows)
    if override is not None and given:
        out += [
            f"Changed by the profile {escaped(pack.profile.name)}, because: {escaped(override.reason)}.",
            "",
        ]
        if (approved := override.approved) is not None:
            out += [
                f"Approved by {escaped(approved.by)} on {approved.on}, to be reviewed by {approved.review}.",
                "",
            ]
    return out


def _exclusions(rule: ast.Rule, pack: bundle.RulePack) -> list[str]:
    tell = teller(rule, rule)
    rows = [
        (escaped(e.name), escaped(tell.where(where)), escaped(e.reason), e.expires)
        for e in pack.profile.exclusions
        for identity, where in e.wheres
        if identity == rule.id
    ]
    return table(("exclusion", "rows", "reason", "until"), rows) if rows else []


def _needs(rule: ast.Rule) -> list[str]:
    rows = [(code(path), escaped(_meaning(path)), _without(rule, path)) for path in rule.columns]
    out = table(("column", "holds", "without it"), rows)
    if rule.needs_time_of_day:
        out += ["It is not judged on data that give days without times.", ""]
    return out


def _meaning(path: str) -> str:
    known = RULE_FIELDS.get(path)
    return known.field.meaning if known else ""


def _without(rule: ast.Rule, path: str) -> str:
    if path in ALWAYS:
        return "every movement has it"
    return "judged, but weakly" if judgeable(rule, {path}) else "not judged"


def _lists_of(rule: ast.Rule) -> list[str]:
    """Gives the names of the lists that a rule reads, in order."""
    names = set()
    for part in walk(rule.detect):
        if isinstance(part, ast.Test) and part.op in {"in_list", "not_in_list", "mentions_list"}:
            names.add(str(part.operand))
        elif isinstance(part, ast.Lookup):
            names.add(part.list_name)
    return sorted(names)


def _lists(rule: ast.Rule, pack: bundle.RulePack) -> list[str]:
    known = {found.name: found for found in pack.lists}
    rows = [
        (
            code(name), escaped(found.title), found.kind, _entries(found), found.reviewed,
            escaped("; ".join(_work(s, pack) for s in found.sources)),
        )
        for name in _lists_of(rule)
        if (found := known.get(name)) is not None
    ]  # fmt: skip
    return table(("list", "title", "kind", "entries", "reviewed", "sources"), rows) if rows else []


def _entries(found: bundle.WordList) -> str:
    return f"supplied by the {found.supplied_by}" if found.supplied_by else str(len(found.entries))


def _roles(rule: ast.Rule) -> list[str]:
    rows = [f"- {code(name)}: {escaped(role.replace('_', ' '))}" for name, role in rule.roles]
    return ["Each role is a reading and not a finding.", "", *rows, ""]


def _evidence(rule: ast.Rule) -> list[str]:
    said = [
        code("{" + part.name + "}") if isinstance(part, ast.Slot) else _inside(part) for part in rule.evidence
    ]
    return ["> " + "".join(said), ""]


def _inside(text: str) -> str:
    """Escapes a piece of a sentence and keeps the blanks at its ends."""
    head, tail = (" " * bool(edge) for edge in (text[:1].isspace(), text[-1:].isspace()))
    return head + escaped(text) + tail if text.strip() else " "


def _report(rule: ast.Rule, pack: bundle.RulePack) -> list[str]:
    fiu = pack.profile.indicators.get(rule.report_indicator)
    mapped = escaped(fiu) if fiu else "not set in this profile"
    return [
        f"- indicator: {code(rule.report_indicator)}",
        f"- code of the FIU's own list: {mapped}",
        f"- key words: {escaped(', '.join(rule.report_keywords))}",
        "",
    ]


def _work(source: ast.Source, pack: bundle.RulePack) -> str:
    """Names a work in full where the list `sources` knows it, with the place in it."""
    works = {key: work for found in pack.lists if found.name == "sources" for work, key in found.entries}
    name = works.get(fold(source.cite))
    full = f"{name} [{source.cite}]" if name else source.cite
    return f"{full}, {source.at}" if source.at else full


def _sources(rule: ast.Rule, pack: bundle.RulePack) -> list[str]:
    return [*(f"- {escaped(_work(s, pack))} ({s.kind})" for s in rule.sources), ""]


def _tests(rule: ast.Rule) -> list[str]:
    rows = []
    for case in rule.tests:
        n = len(case.expect) if isinstance(case.expect, tuple) else 0
        expected = case.expect if isinstance(case.expect, str) else f"{n} hit{'' if n == 1 else 's'}"
        rows.append((escaped(case.name), expected + (" (known gap)" if case.known_gap else "")))
    out = table(("test", "expects"), rows)
    if rule.surviving:
        out += ["Changes of a number that no test notices, each with its reason:", ""]
        out += [f"- {escaped(mutant)}: {escaped(reason)}" for mutant, reason in rule.surviving]
        out += [""]
    return out

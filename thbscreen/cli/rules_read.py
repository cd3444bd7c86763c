"""`thbscreen rules list` and `rules explain`: what the rules in force are, and what one of them does."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, profile_option, say, width_of
from thbscreen.diagnostics import suggest
from thbscreen.report.layout import columns, cut, printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thbscreen.compile.pack import CompiledPack
    from thbscreen.compile.plan import Plan
    from thbscreen.io.dataset import Dataset
    from thbscreen.rules import ast, bundle

RULES = click.option(
    "--rules", "folder", metavar="DIR", type=FilePath(), help="Folder of rules; by default those it brings."
)

DATA = click.option(
    "--for", "data", metavar="DATA", multiple=True, type=FilePath(),
    help="Folder or file of a batch: say for each rule whether it can be judged on it. "
    "May be given several times.",
)  # fmt: skip
MAPPING = click.option(
    "--mapping", metavar="FILE", type=FilePath(), help="Mapping file of the batch, for other column names."
)


@click.command(
    "list",
    epilog=epilog(
        "thbscreen rules list",
        "thbscreen rules list --format json",
        "thbscreen rules list --for data/",
        "thbscreen rules list --for export.csv --mapping mapping.yaml",
        "thbscreen rules list --rules my-rules/ --profile my-rules/profiles/bank.yaml",
    ),
)
@RULES
@profile_option
@DATA
@MAPPING
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="Form on stdout.")  # fmt: skip
@debug_option
def list_(
    folder: Path | None, profile: str, data: tuple[Path, ...], mapping: Path | None, style: str
) -> None:
    """Lists the rules in force, the columns that they need and how far back they look.

    With --for, every rule is called ready, weak or not judged on those data, and why. The last line says
    which time before the first day to be judged the data must reach back.
    """
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415  # help needs no rules

    if mapping is not None and not data:
        raise click.UsageError("--mapping goes with --for")
    pack = load_pack(folder, profile, tests=False)
    facts = [_facts(rule, pack) for rule in pack.rules]
    if data:
        judged = readiness_on(pack, data, mapping)
        facts = [fact | judged[str(fact["id"])] for fact in facts]
    if style == "json":
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        say(needed_look_back(pack.rules))
        return
    width = max(40, width_of(sys.stdout, 100))
    for line in _table(facts, width, judged=bool(data)):
        click.echo(line)
    for n, line in enumerate(_wrapped(needed_look_back(pack.rules), width)):
        click.echo(line if n == 0 else f"  {line}")


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap  # noqa: PLC0415  # only here

    return textwrap.wrap(text, width - 2)


def _table(facts: Sequence[dict[str, object]], width: int, *, judged: bool) -> list[str]:
    names = [
        "id",
        "level",
        "weight",
        "status",
        "look_back",
        *(["judged"] if judged else []),
        "family",
        "title",
    ]
    widest = [14, 6, 6, 8, 10, *([10] if judged else []), 10, width]
    table = [[name.replace("_", "-") for name in names]]
    table += [[str(f[name] if f[name] is not None else "-") for name in names] for f in facts]
    lines = columns(table, frozenset({2}), widest)
    out = [cut(lines[0], width)]
    for line, fact in zip(lines[1:], facts, strict=True):
        out.append(cut(line, width))
        if judged and fact["judged"] != "ready":
            out.append(cut(printable(f"    {fact['reason']}"), width))
        needs = fact["columns"]
        assert isinstance(needs, list)
        out.append(cut(f"    needs {', '.join(needs)}", width))
    return out


def _facts(rule: ast.Rule, pack: bundle.RulePack) -> dict[str, object]:
    return {
        "id": rule.id, "title": rule.title, "version": rule.version, "family": rule.family,
        "level": rule.level, "weight": rule.weight, "status": rule.status, "third_party": rule.third_party,
        "typologies": list(rule.typologies), "look_back": str(rule.look_back) if rule.look_back else None,
        "needs_time_of_day": rule.needs_time_of_day, "columns": list(rule.columns), "digest": rule.digest,
        "indicator": rule.report_indicator,
        "goaml": pack.profile.indicators.get(rule.report_indicator) or None,
    }  # fmt: skip


def readiness_on(
    pack: bundle.RulePack, data: Sequence[Path], mapping: Path | None
) -> dict[str, dict[str, object]]:
    """Says for every rule whether the data can judge it: judged, reason, missing columns."""
    rows, _ = readiness_rows(pack, data, mapping)
    return {
        str(row["rule"]): {"judged": row["status"], "reason": row["reason"], "missing": row["missing"]}
        for row in rows
    }


def readiness_rows(
    pack: bundle.RulePack,
    data: Sequence[Path],
    mapping: Path | None,
    *,
    look: Callable[[Dataset], None] | None = None,
) -> tuple[list[dict[str, object]], CompiledPack]:
    """Gives the rows of table READINESS for the data, and the rules that were asked about.

    Args:
        pack: rules and profile.
        data: files or folders.
        mapping: mapping file, or None.
        look: is given the dataset, read with the checks of quality, while its files are still there.
    """
    from thbscreen.compile.pack import compile_pack  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.engine.prepare import prepare, spills  # noqa: PLC0415
    from thbscreen.engine.readiness import readiness  # noqa: PLC0415
    from thbscreen.io.dataset import open_dataset  # noqa: PLC0415
    from thbscreen.rules.pack import home_country  # noqa: PLC0415

    compiled = compile_pack(pack)
    zone, home = pack.profile.time_zone, home_country(pack)
    dataset = open_dataset(list(data), mapping, zone=zone, home=home)
    dataset.checked = look is not None
    with tempfile.TemporaryDirectory(prefix=".thbscreen-") as work:
        spill = Path(work) if spills(dataset.size_hint(), 4 << 30) else None
        rows = readiness(prepare(dataset, compiled, spill=spill), compiled).to_dicts()
        if look is not None:
            look(dataset)
        return rows, compiled


def needed_look_back(rules: Sequence[ast.Rule]) -> str:
    """Says how much time before the first day to be judged must be loaded, and for which rule."""
    from thbscreen.rules import ast  # noqa: PLC0415  # help needs no rules
    from thbscreen.rules.literals import minutes  # noqa: PLC0415

    looking = [(minutes(rule.look_back), rule) for rule in rules if rule.look_back is not None]
    if not looking:
        return "look-back: none; no rule looks further back than its own row"
    longest = max(looking, key=lambda item: item[0])[1]
    whole = sum(isinstance(getattr(rule.detect, "window", None), ast.WholePeriod) for rule in rules)
    more = f"; {whole} rules look at all that is loaded" if whole > 1 else ""
    more = "; one rule looks at all that is loaded" if whole == 1 else more
    return (
        f"look-back: load {longest.look_back} before the first day to be judged ({longest.id} looks furthest "
        f"back){more}"
    )


@click.command(
    epilog=epilog(
        "thbscreen rules explain THB-MAR-001",
        "thbscreen rules explain THB-MAR-001 --profile my-rules/profiles/bank.yaml",
        "thbscreen rules explain THB-MAR-001 --plan",
        "thbscreen rules explain R013",
    )
)
@click.argument("rule_id", metavar="ID")
@RULES
@profile_option
@click.option(
    "--plan", "planned", is_flag=True, help="Also show what the engine works out, and who shares it."
)
@debug_option
def explain(rule_id: str, folder: Path | None, profile: str, planned: bool) -> None:
    """Says in plain sentences what a rule does and why, or what the code of a finding means.

    Values that a profile sets are marked, with who set and approved them. With --plan, every part that
    the engine works out is listed with the number of other rules that use the same part.
    """
    from thbscreen.rules.codes import codes  # noqa: PLC0415  # help needs no rules
    from thbscreen.rules.explain import sentences  # noqa: PLC0415
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    if code := codes().get(rule_id.upper()):
        click.echo(f"{code.code}: {code.cause}\n\nWrong: {code.wrong}\n\nRight: {code.right}")
        return
    pack = load_pack(folder, profile, drafts=True, tests=False)
    bound = {rule.id.lower(): rule for rule in pack.bound}
    resolved = {rule.id.lower(): rule for rule in pack.rules}
    key = rule_id.lower()
    if key not in resolved or key not in bound:
        help_text = suggest(rule_id.upper(), [rule.id for rule in pack.rules]) or "see rules list"
        raise click.UsageError(f"there is no rule '{rule_id}'; {help_text}")
    click.echo(printable_lines(sentences(bound[key], resolved[key], pack)))
    if planned:
        from thbscreen.compile.pack import compile_pack  # noqa: PLC0415  # tables are loaded when needed
        from thbscreen.compile.plan import plan  # noqa: PLC0415

        click.echo("\n" + printable_lines(told(plan(compile_pack(pack), resolved[key].id))))


_SCOPES = {
    "account": "inside the rows of one account",
    "regroup": "rows are picked account by account, then gathered by the rule's own key",
    "parties": "over the table of customers",
    "network": "over the rows of one suspected network, after linking",
}
_PARTS = {
    "row test": "Row tests, answered once while the rows are read:",
    "word list": "Word lists, all in one pass over each text:",
    "code": "Fields kept as codes:",
    "column": "Other columns that are read:",
    "customer fact": "Facts of accounts and customers, looked up once for each account:",
    "derived": "Derived columns, worked out on the rows in order of account and time:",
    "window": "Windows:",
}


def told(found: Plan) -> str:
    """Gives a plan as text: scope and stage, then every part with the number of other rules that have it."""
    after = f", after {', '.join(found.after)}" if found.after else ""
    out = ["Plan", f"  scope: {found.scope} ({_SCOPES[found.scope]})", f"  stage: {found.stage}{after}"]
    for kind, head in _PARTS.items():
        parts = [part for part in found.parts if part.kind == kind]
        if parts:
            out.append(f"  {head}")
        for part in parts:
            others = [rule for rule in part.rules if rule != found.rule]
            shared = (
                f"shared with {len(others)} other{'s' if len(others) != 1 else ''}" if others else "its own"
            )
            name = f"{part.name}: " if part.name else ""
            out.append(f"    - {name}{part.what} [{shared}]")
    return "\n".join(out)

"""`thbscreen rules`: check, test, list and explain rules."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, say, width_of
from thbscreen.cli.rules_check import check
from thbscreen.cli.rules_lock import lock
from thbscreen.cli.rules_tune import tune
from thbscreen.diagnostics import suggest
from thbscreen.report.layout import columns, cut, printable, printable_lines

if TYPE_CHECKING:
    from thbscreen.engine.selftest import CaseResult
    from thbscreen.rules import ast

PATH = FilePath()
PROFILE = click.option(
    "--profile", metavar="NAME|FILE", default="cyprus", show_default=True, help="Local facts and numbers."
)
RULES = click.option(
    "--rules", "folder", metavar="DIR", type=PATH, help="Folder of rules; by default those it brings."
)


@click.group(
    epilog=epilog(
        "thbscreen rules check",
        "thbscreen rules test -k THB-MAR",
        "thbscreen rules list --format json",
        "thbscreen rules explain THB-MAR-001",
    )
)
@debug_option
def rules() -> None:
    """Checks, tests, lists and explains rules."""


rules.add_command(check)
rules.add_command(lock)
rules.add_command(tune)


@rules.command(
    epilog=epilog(
        "thbscreen rules test",
        "thbscreen rules test -k THB-MAR-001",
        "thbscreen rules test my-rules/",
        "thbscreen rules test --mutants -k THB-MAR-001",
    )
)
@click.argument("path", required=False, type=PATH)
@click.option("-k", "wanted", metavar="ID", help="Only rules whose id holds this text.")
@click.option(
    "--mutants", is_flag=True, help="Also move each number by a step and see whether a test notices."
)
@PROFILE
@debug_option
def test(path: Path | None, wanted: str | None, mutants: bool, profile: str) -> None:
    """Runs the tests that are written inside the rules.

    Ends with exit code 1 when one fails. A known gap is shown and does not fail. With --mutants, a stable
    rule also fails when a changed number or comparator passes all its tests and is not listed in the rule.
    """
    from thbscreen.engine.exclusions import load_checked  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.engine.selftest import run_cases  # noqa: PLC0415

    pack = load_checked(path, profile, drafts=True)
    results = run_cases(pack, rule_filter=wanted)
    if wanted and not results:
        known = [rule.id for rule in pack.rules]
        raise click.UsageError(
            f"no rule has '{wanted}' in its id; {suggest(wanted, known) or 'see rules list'}"
        )
    for rule, cases in groupby(results, key=lambda r: r.rule):
        _show_cases(rule, list(cases))
    failed = sum(not r.passed and not r.known_gap for r in results)
    gaps = sum(not r.passed and r.known_gap for r in results)
    say(f"{_many(len(results), 'test')}, {failed} failed" + (f", {_many(gaps, 'known gap')}" if gaps else ""))
    if mutants:
        from thbscreen.cli.rules_mutants import show_mutants  # noqa: PLC0415

        failed += not show_mutants(pack, wanted, path)
    if failed:
        click.get_current_context().exit(1)


def _show_cases(rule: str, cases: list[CaseResult]) -> None:
    passed = sum(c.passed for c in cases)
    click.echo(f"{rule}  {passed} of {len(cases)} passed")
    for case in cases:
        if case.passed and not case.known_gap:
            continue
        word = "failed" if not case.known_gap else ("known gap passes now" if case.passed else "known gap")
        click.echo(printable(f"  {case.span}: {word}: '{case.case}'"))
        for line in case.message.splitlines():
            click.echo(printable(f"    {line}"))


@rules.command(
    "list",
    epilog=epilog(
        "thbscreen rules list",
        "thbscreen rules list --format json",
        "thbscreen rules list --rules my-rules/ --profile my-rules/profiles/bank.yaml",
    ),
)
@RULES
@PROFILE
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True)
@debug_option
def list_(folder: Path | None, profile: str, style: str) -> None:
    """Lists the rules in force and the columns that they need."""
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415  # help needs no rules

    pack = load_pack(folder, profile)
    found, codes = pack.rules, pack.profile.indicators
    facts = [_facts(rule) | {"goaml": codes.get(rule.report_indicator) or None} for rule in found]
    if style == "json":
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    width = max(40, width_of(sys.stdout, 100))
    names = ("id", "weight", "family", "status", "look_back", "title")
    table = [[name.replace("_", "-") for name in names]]
    table += [[str(f[name] if f[name] is not None else "-") for name in names] for f in facts]
    lines = columns(table, frozenset({1}), [14, 6, 10, 8, 10, width])
    click.echo(cut(lines[0], width))
    for line, rule in zip(lines[1:], found, strict=True):
        click.echo(cut(line, width))
        click.echo(cut(f"    needs {', '.join(rule.columns)}", width))


def _facts(rule: ast.Rule) -> dict[str, object]:
    return {
        "id": rule.id, "title": rule.title, "version": rule.version, "family": rule.family,
        "weight": rule.weight, "status": rule.status, "third_party": rule.third_party,
        "typologies": list(rule.typologies), "look_back": str(rule.look_back) if rule.look_back else None,
        "needs_time_of_day": rule.needs_time_of_day, "columns": list(rule.columns), "digest": rule.digest,
        "indicator": rule.report_indicator,
    }  # fmt: skip


@rules.command(
    epilog=epilog(
        "thbscreen rules explain THB-MAR-001",
        "thbscreen rules explain THB-MAR-001 --profile my-rules/profiles/bank.yaml",
    )
)
@click.argument("rule_id", metavar="ID")
@RULES
@PROFILE
@debug_option
def explain(rule_id: str, folder: Path | None, profile: str) -> None:
    """Says in plain sentences what a rule does and why."""
    from thbscreen.rules.explain import sentences  # noqa: PLC0415  # help needs no rules
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    pack = load_pack(folder, profile, drafts=True)
    bound = {rule.id.lower(): rule for rule in pack.bound}
    resolved = {rule.id.lower(): rule for rule in pack.rules}
    key = rule_id.lower()
    if key not in resolved or key not in bound:
        help_text = suggest(rule_id.upper(), [rule.id for rule in pack.rules]) or "see rules list"
        raise click.UsageError(f"there is no rule '{rule_id}'; {help_text}")
    click.echo(printable_lines(sentences(bound[key], resolved[key], pack)))


def _many(n: int, one: str) -> str:
    return f"{n} {one}{'' if n == 1 else 's'}"

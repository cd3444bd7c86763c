"""`thbscreen rules`: the group of commands around rules, and their tests."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, profile_option, say
from thbscreen.cli.rules_check import check
from thbscreen.cli.rules_coverage import coverage
from thbscreen.cli.rules_doc import doc
from thbscreen.cli.rules_hash import hash_list
from thbscreen.cli.rules_lock import lock
from thbscreen.cli.rules_overlap import overlap
from thbscreen.cli.rules_read import explain, list_
from thbscreen.cli.rules_tune import tune
from thbscreen.cli.rules_write import format_, schema
from thbscreen.diagnostics import suggest
from thbscreen.report.layout import printable

if TYPE_CHECKING:
    from thbscreen.engine.selftest import CaseResult

PATH = FilePath()


@click.group(
    epilog=epilog(
        "thbscreen rules check",
        "thbscreen rules test -k THB-MAR",
        "thbscreen rules list --for data/",
        "thbscreen rules explain THB-MAR-001",
        "thbscreen rules coverage",
        "thbscreen rules doc --out rule-pages/",
    )
)
@debug_option
def rules() -> None:
    """Checks, tests, lists, explains and formats rules; tells which indicators they cover."""


rules.add_command(check)
rules.add_command(coverage)
rules.add_command(doc)
rules.add_command(explain)
rules.add_command(format_)
rules.add_command(hash_list)
rules.add_command(list_)
rules.add_command(lock)
rules.add_command(schema)
rules.add_command(overlap)
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
@profile_option
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


def _many(n: int, one: str) -> str:
    return f"{n} {one}{'' if n == 1 else 's'}"

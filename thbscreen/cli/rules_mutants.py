"""`thbscreen rules test --mutants`: which boundaries of the rules no test stands at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import say
from thbscreen.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from thbscreen.engine.mutants import MutantReport, Survivor
    from thbscreen.rules.bundle import RulePack
    from thbscreen.rules.places import RuleText


def show_mutants(pack: RulePack, wanted: str | None, folder: Path | None) -> bool:
    """Prints the mutants that survive, rule by rule, and the totals.

    Args:
        pack: loaded rules.
        wanted: only rules whose id holds this text.
        folder: the folder that the rules came from; None for the shipped ones.

    Returns:
        Whether all is well: no stable rule has a survivor without a reason, and none lists a dead one.
    """
    from thbscreen.engine.mutants import run_mutants  # noqa: PLC0415  # tables are loaded when needed

    total = killed = listed = 0
    failed = []
    for report in run_mutants(pack, rule_filter=wanted):
        total, killed = total + report.total, killed + report.killed
        listed += len(report.survivors) - len(report.unlisted)
        for line in _lines(report, folder):
            click.echo(printable(line))
        if report.failed:
            failed.append(report.rule.id)
    alive = total - killed
    say(f"{total} mutants, {killed} killed, surviving: {alive}" + (f" ({listed} listed)" if listed else ""))
    if failed:
        say(
            f"not as they should be: {', '.join(failed)}; add a test at the boundary, or list the mutant",
            "error",
        )
    return not failed


def _lines(report: MutantReport, folder: Path | None) -> Iterator[str]:
    rule = report.rule
    yield f"{rule.id}  {report.killed} of {report.total} mutants killed ({rule.status})"
    if not report.survivors and not report.stale:
        return
    text = _text(rule.span.file, folder)
    for survivor in report.survivors:
        word = "survives" if survivor.reason is None else "survives as listed"
        yield f"  {_place(survivor, text) or rule.span.file}: {word}: '{survivor.text}'"
        if survivor.reason is not None:
            yield f"    {survivor.reason}"
    for stale in report.stale:
        yield f"  {rule.span}: listed, but no such mutant survives: '{stale}'"


def _place(survivor: Survivor, text: RuleText | None) -> str | None:
    at = survivor.place
    found = text and text.find(at.keys, at.token, field=at.field, line=at.line, number=at.number)
    return str(found) if found else None


def _text(file: str, folder: Path | None) -> RuleText | None:
    from thbscreen.rules.paths import default_rules_dir  # noqa: PLC0415  # help needs no rules
    from thbscreen.rules.places import RuleText  # noqa: PLC0415

    base = (folder or default_rules_dir()).resolve()
    try:
        return RuleText((base.parent / file).read_bytes(), file)
    except OSError:
        return None

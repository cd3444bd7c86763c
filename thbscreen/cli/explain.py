"""`thbscreen explain`: why a subject is where it is, why not, near misses, and what would change it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, width_of


@click.command(
    epilog=epilog(
        "thbscreen explain out/ --subject P3522141",
        "thbscreen explain out/ --subject P3522141 --rule THB-SEX-010",
        "thbscreen explain out/ --subject CY02999000020641707186750714 --format json",
    )
)
@click.argument("folder", metavar="DIR", type=FilePath())
@click.option("--subject", "subject", metavar="ID", required=True,
              help="A customer, an account, or another thing that a rule groups by.")  # fmt: skip
@click.option("--rule", "rule", metavar="RULE", help="Tell of this rule alone, also why it has no hit.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Form on stdout.")  # fmt: skip
@debug_option
def explain(folder: Path, subject: str, rule: str | None, style: str) -> None:
    """Explains a finding, or why there is none.

    DIR is a run folder that `thbscreen scan` made; nothing else is read and nothing is written. The page says
    where the subject stands and what it lacks, shows each hit with its values against the thresholds and its
    movements, near misses with their distance, and what would change the outcome. Care and innocent
    explanations come first for a possible victim.
    """
    from thbscreen.report.explain import explain_facts  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.explain_text import explain_page  # noqa: PLC0415
    from thbscreen.report.folder import open_folder  # noqa: PLC0415
    from thbscreen.report.page import json_text  # noqa: PLC0415

    run = open_folder(folder)
    facts = explain_facts(run, subject, rule)
    page = json_text(facts) if style == "json" else explain_page(facts, run.zone, width_of(sys.stdout, 100))
    click.echo(page, nl=False)

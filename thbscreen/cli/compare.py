"""`thbscreen compare`: what changed from one run folder to another."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, width_of


@click.command(
    epilog=epilog(
        "thbscreen compare out-june/ out/",
        "thbscreen compare out-june/ out/ --format json",
        "thbscreen compare expected/ out/ --fail-on-change",
    )
)
@click.argument("old", metavar="DIR1", type=FilePath())
@click.argument("new", metavar="DIR2", type=FilePath())
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--fail-on-change", is_flag=True,
              help="End with exit code 1 when networks, alerts or hits differ.")  # fmt: skip
@debug_option
def compare(old: Path, new: Path, style: str, fail_on_change: bool) -> None:
    """Tells what changed between two runs: networks, alerts and hits, and what else differs.

    DIR1 and DIR2 are run folders, the earlier one first. Networks are new, grown, shrunk, merged, split,
    gone or unchanged, with the payments that caused it. What else differs, such as data, rules or profile, is
    told so that causes show; it does not count as a change.
    """
    from thbscreen.report.compare import compare as compared  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.compare_text import compare_page  # noqa: PLC0415
    from thbscreen.report.folder import open_folder  # noqa: PLC0415
    from thbscreen.report.page import json_text  # noqa: PLC0415

    runs = open_folder(old), open_folder(new)
    facts = compared(*runs)
    page = (
        json_text(facts) if style == "json" else compare_page(facts, runs[1].zone, width_of(sys.stdout, 100))
    )
    click.echo(page, nl=False)
    if fail_on_change and facts["changed"]:
        click.get_current_context().exit(1)

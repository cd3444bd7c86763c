"""`thbscreen compare`: what changed from one run folder to another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, width_of

if TYPE_CHECKING:
    from thbscreen.report.folder import RunFolder


@click.command(
    epilog=epilog(
        "thbscreen compare out-june/ out/",
        "thbscreen compare out-june/ out/ --format json",
        "thbscreen compare expected/ out/ --fail-on-change",
        "thbscreen compare out-old-rules/ out-new-rules/ --truth world/truth",
    )
)
@click.argument("old", metavar="DIR1", type=FilePath())
@click.argument("new", metavar="DIR2", type=FilePath())
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--fail-on-change", is_flag=True,
              help="End with exit code 1 when networks, alerts or hits differ.")  # fmt: skip
@click.option("--truth", metavar="DIR", type=FilePath(),
              help="Truth folder of the data of both: which planned groups are won and lost.")  # fmt: skip
@debug_option
def compare(old: Path, new: Path, style: str, fail_on_change: bool, truth: Path | None) -> None:
    """Tells what changed between two runs: networks, alerts and hits, and what else differs.

    DIR1 and DIR2 are run folders, the earlier one first. Networks are new, grown, shrunk, merged, split,
    gone or unchanged, with the payments that caused it. What else differs, such as data, rules or profile, is
    told so that causes show; it does not count as a change.

    With --truth, two sets of rules or two profiles are held against what was planned in the same data.
    """
    from thbscreen.report.compare import compare as compared  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.compare_text import compare_page  # noqa: PLC0415
    from thbscreen.report.folder import open_folder  # noqa: PLC0415
    from thbscreen.report.page import json_text  # noqa: PLC0415

    runs = open_folder(old), open_folder(new)
    facts = compared(*runs)
    against = _against(runs, truth) if truth is not None else None
    if style == "json":
        click.echo(json_text(facts if against is None else facts | {"truth": against}), nl=False)
    else:
        width = width_of(sys.stdout, 100)
        click.echo(compare_page(facts, runs[1].zone, width), nl=False)
        if against is not None:
            click.echo(_told(against, width), nl=False)
    if fail_on_change and facts["changed"]:
        click.get_current_context().exit(1)


def _against(runs: tuple[RunFolder, RunFolder], truth: Path) -> dict[str, Any]:
    from thbscreen.evaluate.shadow import shadow  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.evaluate.truth import read_truth  # noqa: PLC0415

    return shadow(*runs, read_truth(truth))


def _told(against: dict[str, Any], width: int) -> str:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from thbscreen.evaluate.evaluation import SENTENCE  # noqa: PLC0415
    from thbscreen.evaluate.shadow import shadow_blocks  # noqa: PLC0415
    from thbscreen.report.page import Page  # noqa: PLC0415

    page = Page(width, ZoneInfo("UTC"))
    page.lines.append("")
    page.wrap(SENTENCE)
    for title, content in shadow_blocks(against):
        if title:
            page.heading(title)
        if isinstance(content, str):
            page.wrap(content, 2)
        else:
            page.table(content)
    return page.text()

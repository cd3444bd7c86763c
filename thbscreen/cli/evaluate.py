"""`thbscreen evaluate`: runs held against what was planned."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, say, width_of


@click.command(
    epilog=epilog(
        "thbscreen evaluate out/ --truth world/truth --out evaluation/",
        "thbscreen evaluate out-1/ --truth w1/truth out-2/ --truth w2/truth --out evaluation/",
        "thbscreen evaluate out/ --truth world/truth --out evaluation/ --bounds bounds.json",
    )
)
@click.argument("runs", metavar="RUN...", type=FilePath(), nargs=-1, required=True)
@click.option("--truth", "truths", metavar="DIR", type=FilePath(), multiple=True, required=True,
              help="Truth folder of a run; once for each RUN, in the same order.")  # fmt: skip
@click.option("--out", metavar="DIR", type=FilePath(), required=True, help="Folder to make.")
@click.option("--force", is_flag=True, help="Replace an earlier result in DIR.")
@click.option("--bounds", "bounds_file", metavar="FILE", type=FilePath(),
              help="JSON file of bounds; end with exit code 1 when one does not hold.")  # fmt: skip
@click.option("--cases-a-day", "per_day", metavar="N", type=click.IntRange(min=1), default=10,
              show_default=True, help="Cases that one analyst opens a day.")  # fmt: skip
@click.option("--smallest-group", "smallest", metavar="N", type=click.IntRange(min=1), default=500,
              show_default=True, help="Smallest group of people whose rates are compared.")  # fmt: skip
@click.option("--seed", metavar="N", type=click.IntRange(min=0), default=0, show_default=True,
              help="Of the draws behind the intervals over worlds.")  # fmt: skip
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Form on stdout.")  # fmt: skip
@debug_option
def evaluate(
    runs: tuple[Path, ...],
    truths: tuple[Path, ...],
    out: Path,
    force: bool,
    bounds_file: Path | None,
    per_day: int,
    smallest: int,
    seed: int,
    style: str,
) -> None:
    """Tells how much of what was planned a run found, and what it raised wrongly.

    RUN is a run folder; its data were made with a plan, which lies in a truth folder. Several runs, best
    of several seeds, are pooled. DIR gets evaluation.json, evaluation.md, plots, and tables of every group,
    member and alert.

    The numbers do not show how many real cases would be found. The exit code is 1 when somebody planned as
    a possible victim is shown in a controlling role, or a bound does not hold; the folder is written all the
    same.
    """
    if len(runs) != len(truths):
        raise click.UsageError(
            f"{len(runs)} run folders and {len(truths)} truths; give one --truth for each RUN"
        )

    from thbscreen.evaluate.bounds import read_bounds  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.evaluate.evaluation import evaluate as measured  # noqa: PLC0415
    from thbscreen.evaluate.folder import as_json, write_evaluation  # noqa: PLC0415
    from thbscreen.evaluate.told import on_screen, screen  # noqa: PLC0415
    from thbscreen.evaluate.truth import read_truth  # noqa: PLC0415
    from thbscreen.report.folder import open_folder  # noqa: PLC0415

    bounds = read_bounds(bounds_file) if bounds_file is not None else []
    pairs = [(open_folder(run), read_truth(truth)) for run, truth in zip(runs, truths, strict=True)]
    facts, worlds = measured(pairs, seed=seed, per_day=per_day, smallest=smallest, bounds=bounds)
    write_evaluation(facts, worlds, out, force=force)
    first = facts["what_this_does_not_show"]
    text = (
        as_json(facts)
        if style == "json"
        else screen(on_screen(facts), width_of(sys.stdout, 100), first=first)
    )
    click.echo(text, nl=False)
    failed = [b["figure"] for b in facts["bounds"] if b["holds"] is False]
    named = facts["roles"]["victims_shown_as_controlling"]
    for figure in failed:
        say(f"{figure} is outside its bound", "error")
    if named:
        say(f"possible victims shown in a controlling role: {named}, which must be none", "error")
    if failed or named:
        click.get_current_context().exit(1)

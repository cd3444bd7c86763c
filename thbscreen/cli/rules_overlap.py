"""`thbscreen rules overlap`: which rules fire together, and what each adds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, width_of

SHOWN = 15


@click.command(
    epilog=epilog(
        "thbscreen rules overlap out/",
        "thbscreen rules overlap out-march/ out-april/ --all",
        "thbscreen rules overlap out/ --truth world/truth --format json",
    )
)
@click.argument("runs", metavar="RUN...", type=FilePath(), nargs=-1, required=True)
@click.option("--truth", "truths", metavar="DIR", type=FilePath(), multiple=True,
              help="Truth folder of a run, where there is one; then once for each RUN.")  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Every rule and pair, not only the first.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@debug_option
def overlap(runs: tuple[Path, ...], truths: tuple[Path, ...], every: bool, style: str) -> None:
    """Tells which rules fire for the same subjects, and which alerts would be lost without each.

    Worked out from the hits of run folders, without scanning: alerts are judged again with the hits that
    are left. Networks are left as they are. With --truth it is also told what the alerts were about.
    """
    if truths and len(truths) != len(runs):
        raise click.UsageError(
            f"{len(runs)} run folders and {len(truths)} truths; give one for each RUN or none"
        )

    from thbscreen.evaluate.match import World  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.evaluate.overlap import Rules, of_runs  # noqa: PLC0415
    from thbscreen.evaluate.truth import read_truth  # noqa: PLC0415
    from thbscreen.report.folder import open_folder  # noqa: PLC0415
    from thbscreen.report.page import json_text  # noqa: PLC0415

    folders = [open_folder(run) for run in runs]
    facts: dict[str, Any] = of_runs(folders)
    if truths:
        worlds = [
            World(str(n), r, read_truth(t)) for n, (r, t) in enumerate(zip(folders, truths, strict=True), 1)
        ]
        told = {r["rule"]: r for r in Rules(worlds).facts()}
        names = ("positives", "twins", "ordinary_subjects", "right_lost_without", "wrong_lost_without")
        for row in facts["rules"]:
            row.update({n: told[row["rule"]][n] for n in names})
    click.echo(json_text(facts) if style == "json" else _page(facts, bool(truths), every), nl=False)


def _page(facts: dict[str, Any], truth: bool, every: bool) -> str:
    from zoneinfo import ZoneInfo  # noqa: PLC0415  # help needs none

    from thbscreen.evaluate.evaluation import SENTENCE  # noqa: PLC0415
    from thbscreen.report.page import Page  # noqa: PLC0415

    page = Page(width_of(sys.stdout, 100), ZoneInfo("UTC"))
    if truth:
        page.wrap(SENTENCE)
    rules = sorted(
        facts["rules"], key=lambda r: (-r["alerts_lost_without"], -r["alerts_gained_without"], r["rule"])
    )
    most = len(rules) if every else SHOWN
    page.heading(f"WHAT EACH RULE ADDS: {facts['alerts']} alerts, {len(rules)} rules with hits that count")
    head = ["rule", "weight", "hits", "subjects", "alerts lost without", "gained without"]
    head += ["groups", "lawful", "ordinary", "right lost", "wrong lost"] * truth
    page.table([[*head, "family"], *(_row(r, truth) for r in rules[:most])], right=range(1, len(head)))
    idle = [
        r for r in rules
        if not r["alerts_lost_without"] and not r["alerts_gained_without"] and r["covered_by"]
    ]  # fmt: skip
    if idle:
        page.heading("WITHOUT EFFECT HERE, AND COVERED: another rule names nine in ten of its subjects")
        page.table([["rule", "covered by"], *([r["rule"], ", ".join(r["covered_by"])] for r in idle)])
        page.wrap("A reason to look, not to switch off: other data may part them.", 2)
    pairs = facts["pairs"] if every else facts["pairs"][:SHOWN]
    if pairs:
        page.heading("FIRE TOGETHER")
        rows = [["first", "second", "both", "of first", "of second", "Jaccard"]]
        rows += [
            [p["first"], p["second"], str(p["both"]), f"{p['of_first']:.2f}", f"{p['of_second']:.2f}",
             f"{p['jaccard']:.2f}"]
            for p in pairs
        ]  # fmt: skip
        page.table(rows, right=range(2, 6))
    hidden = max(0, len(rules) - most) + len(facts["pairs"]) - len(pairs)
    if hidden:
        page.wrap(f"{hidden} further rules and pairs: see --all or --format json", 2)
    return page.text()


def _row(rule: dict[str, Any], truth: bool) -> list[str]:
    names = ["weight", "hits", "subjects", "alerts_lost_without", "alerts_gained_without"]
    names += ["positives", "twins", "ordinary_subjects", "right_lost_without", "wrong_lost_without"] * truth
    return [rule["rule"], *(str(rule[n]) for n in names), rule["family"]]

"""`thbscreen rules coverage`: which indicators of the field are asked, and why the others are not."""

from __future__ import annotations

import dataclasses
import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, profile_option, width_of
from thbscreen.cli.rules_read import DATA, MAPPING, RULES, readiness_on
from thbscreen.report.layout import columns, cut, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thbscreen.rules.coverage import Covered


@click.command(
    epilog=epilog(
        "thbscreen rules coverage",
        "thbscreen rules coverage --form sham_marriage",
        "thbscreen rules coverage --for data/ --mapping mapping.yaml",
        "thbscreen rules coverage --format json",
        "thbscreen rules coverage --measured evaluation/evaluation.json",
    )
)
@RULES
@profile_option
@click.option("--form", "form", metavar="FORM", help="Only this form, such as sham_marriage.")
@DATA
@MAPPING
@click.option("--measured", metavar="FILE", type=FilePath(),
              help="What thbscreen evaluate wrote: in which planned groups each rule fired.")  # fmt: skip
@click.option("--format", "style", type=click.Choice(["table", "json", "markdown"]), default="table",
              show_default=True, help="Form on stdout.")  # fmt: skip
@debug_option
def coverage(
    folder: Path | None,
    profile: str,
    form: str | None,
    data: tuple[Path, ...],
    mapping: Path | None,
    measured: Path | None,
    style: str,
) -> None:
    """Shows indicator by indicator whether a rule asks it, what it needs, and what stands in the way.

    An indicator runs, is off or a draft (for the reason given), needs a list or a column that is not
    there, or cannot be told from a bank's data at all. With --for, each rule is also called ready, weak or
    not judged on those data, drafts included; what is not judged is never clean. With --measured, it is told
    in which planned groups of made worlds each rule fired, which is not how many real cases it would fire in.
    """
    from thbscreen.rules.coverage import coverage as covered  # noqa: PLC0415  # help needs no rules
    from thbscreen.rules.coverage import page  # noqa: PLC0415
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    if mapping is not None and not data:
        raise click.UsageError("--mapping goes with --for")
    pack = load_pack(folder, profile, drafts=True, tests=False)
    judged = None
    if data:
        found = readiness_on(pack, data, mapping)
        judged = {rule: (str(facts["judged"]), str(facts["reason"])) for rule, facts in found.items()}
    fired = None
    if measured is not None:
        from thbscreen.evaluate.folder import read_evaluation  # noqa: PLC0415  # tables are loaded when needed

        fired = read_evaluation(measured)["indicators"]
    rows = covered(pack, judged, fired)
    if form is not None:
        known = sorted({row.form for row in rows})
        rows = [row for row in rows if row.form == form]
        if not rows:
            raise click.UsageError(f"no indicator has the form '{form}'; known are {', '.join(known)}")
    if style == "json":
        click.echo(json.dumps([dataclasses.asdict(row) for row in rows], ensure_ascii=False, indent=2))
    elif style == "markdown":
        click.echo(page(rows), nl=False)
    else:
        for line in _table(
            rows, max(40, width_of(sys.stdout, 100)), judged=bool(data), told=fired is not None
        ):
            click.echo(line)


def _table(rows: Sequence[Covered], width: int, *, judged: bool, told: bool) -> list[str]:
    from thbscreen.rules.coverage import STATES, counts, recall  # noqa: PLC0415  # help needs no rules

    by_form = counts(rows)
    head = [["form", *STATES, "all"]]
    head += [[form, *(str(n[s]) for s in STATES), str(sum(n.values()))] for form, n in by_form.items()]
    out = [cut(line, width) for line in columns(head, frozenset(range(1, 8)), [24, *[15] * 7])]
    for form in by_form:
        inside = [row for row in rows if row.form == form]
        table = [["indicator", "state", *(["judged"] if judged else []), "title"]]
        table += [[r.id, r.state, *([r.judged or "-"] if judged else []), r.title] for r in inside]
        lines = columns(table, frozenset(), [14, 15, *([10] if judged else []), width])
        out += ["", form, cut(lines[0], width)]
        for line, row in zip(lines[1:], inside, strict=True):
            out.append(cut(line, width))
            if row.judged_why and row.judged != "ready":
                out += _whole(f"{row.judged}: {row.judged_why}", width)
            if told and row.family:
                out += _whole(f"fired in {recall(row)}", width)
            if row.why:
                out += _whole(row.why, width)
            elif row.columns:
                out.append(cut(f"    needs {', '.join(row.columns)}", width))
    return out


def _whole(text: str, width: int) -> list[str]:
    """Gives a reason in full, on as many lines as it takes: half a reason would be none."""
    return textwrap.wrap(printable(text), width, initial_indent="    ", subsequent_indent="    ")

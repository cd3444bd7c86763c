"""`thbscreen scan`: files in, run folder out."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import (
    FilePath,
    Program,
    coloured,
    debug_option,
    epilog,
    key_options,
    profile_option,
    read_key,
    tell,
    width_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from thbscreen.report.terminal import Look, Paint
    from thbscreen.screening import ScreenResult

#: Forms of the tables beside Parquet; the same as `thbscreen.report.runfolder.FORMATS`.
FORMATS = ("csv", "ndjson")
PATH = FilePath()


def _formats(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    names = [name.strip() for text in value for name in text.split(",")]
    for name in names:
        if name not in FORMATS:
            raise click.BadParameter(f"'{name}' is none of: {', '.join(FORMATS)}")
    return tuple(dict.fromkeys(names))


@click.command(
    epilog=epilog(
        "thbscreen scan data/ --out out/",
        "thbscreen scan export.csv --mapping mapping.yaml --out out/",
        "thbscreen scan data/ --out out/ --only THB-MAR-001 --format csv",
        "thbscreen scan data/ --out out/ --quiet --json --fail-on networks",
        "thbscreen scan reports/ --mapping fiu.yaml --out out/",
        "thbscreen scan statements/ --out out/",
        "thbscreen scan data/ --key-file bank.key --out out/",
        "thbscreen scan data/ --out out/ --profile-run times.json",
    )
)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=PATH)
@click.option(
    "--out", metavar="DIR", required=True, type=PATH, help="Folder to make; it appears whole or not at all."
)
@click.option(
    "--mapping", metavar="FILE", type=PATH,
    help="Mapping file, for columns with other names; for goAML reports the FIU's filing profile.",
)  # fmt: skip
@click.option(
    "--rules", "rules_dir", metavar="DIR", type=PATH, help="Folder of rules; by default those it brings."
)
@profile_option
@key_options()
@click.option("--only", metavar="ID", multiple=True, help="Run this rule only; may be given several times.")
@click.option("--format", "formats", metavar="LIST", multiple=True, callback=_formats,
              help="Write the tables also as csv, ndjson or both (csv,ndjson).")  # fmt: skip
@click.option(
    "--buckets",
    metavar="N",
    type=click.IntRange(1),
    help="Parts to split the accounts into; for memory only.",
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes, at most one per million movements.",
)
@click.option(
    "--memory",
    metavar="MIB",
    type=click.IntRange(512),
    help="MiB to plan for; rows that need more go to files. By default 4096, or half of what is free.",
)
@click.option(
    "--profile-run",
    metavar="FILE",
    type=PATH,
    help="Show where time went, per stage and rule, and write it to this file as JSON; - only shows it.",
)
@click.option("--force", is_flag=True, help="Replace an earlier run folder.")
@click.option("--fail-on", type=click.Choice(["alerts", "networks"]), multiple=True,
              help="End with exit code 1 when there are any.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print summary.json instead of the folder's name.")
@click.option("--quiet", is_flag=True, help="Print nothing on stderr but errors.")
@debug_option
def scan(
    inputs: tuple[Path, ...],
    out: Path,
    mapping: Path | None,
    rules_dir: Path | None,
    profile: str,
    key_file: Path | None,
    key_env: str | None,
    only: tuple[str, ...],
    formats: tuple[str, ...],
    buckets: int | None,
    workers: int,
    memory: int | None,
    profile_run: Path | None,
    force: bool,
    fail_on: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Screens files and writes a run folder.

    INPUT is a folder or files: movements, and if there are any, accounts and customers; or goAML reports
    (.xml); or statements and messages of banks (camt, pain, pacs), with tables of accounts and customers
    beside them if there are any. The folder holds
    alerts, suspected networks, case narratives and what they rest on. The name of the
    folder that was made goes to stdout, progress and a summary go to stderr.
    """
    key = read_key(key_file, key_env)
    from thbscreen.io.probe import check_parquet  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.screening import screen  # noqa: PLC0415

    check_parquet(inputs)

    with ExitStack() as stack:
        progress = None
        if not quiet:
            from thbscreen.cli.progress import Shown  # noqa: PLC0415

            live = sys.stderr.isatty()
            progress = stack.enter_context(Shown(sys.stderr, live=live, width=width_of(sys.stderr)))
        result = screen(
            inputs, out=out, mapping=mapping, rules=rules_dir, profile=profile, buckets=buckets,
            workers=workers, force=force, formats=formats, only=only, progress=progress, key=key,
            memory=memory,
        )  # fmt: skip
    root = click.get_current_context().find_root().command
    if isinstance(root, Program):
        root.written = out
    from thbscreen.report.summary import summary  # noqa: PLC0415
    from thbscreen.report.terminal import render  # noqa: PLC0415

    if not quiet:
        page = render(result, width=width_of(sys.stderr), out=out, paint=paint(coloured(sys.stderr)))
        tell("\n" + page)
    if profile_run is not None:
        show_timing(result, profile_run)
    facts = summary(result)
    click.echo(json.dumps(facts, indent=2, sort_keys=True) if as_json else str(out))
    found = {"alerts": facts["alerts"]["all"], "networks": facts["networks"]}
    if any(found[name] for name in fail_on):
        click.get_current_context().exit(1)


def show_timing(result: ScreenResult, file: Path) -> None:
    """Shows how long stages and rules took, and writes it to a file; `-` stands for no file."""
    from thbscreen.report import timing  # noqa: PLC0415

    tell("\n" + timing.page(result.timing))
    if str(file) != "-":
        timing.write(result.timing, file)


def paint(colour: bool) -> Paint:
    """Gives the function that makes pieces of the summary look like something."""
    looks: dict[str, Callable[[str], str]] = {
        "heading": lambda text: click.style(text, bold=True),
        "urgent": lambda text: click.style(text, fg="yellow", bold=True),
        "apart": lambda text: click.style(text, fg="cyan"),
        "faint": lambda text: click.style(text, dim=True),
    }

    def painted(text: str, look: Look) -> str:
        return looks[look](text) if colour and look in looks else text

    return painted

"""`thbscreen str`: a draft report for the FIU, and checks of any report file."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, say
from thbscreen.errors import UsageError

PATH = FilePath()
#: The same as `thbscreen.filing.draft.SHAPES`.
SHAPES = ("transactions", "activity", "multi-party", "transactions-only")
DAY = click.DateTime(["%Y-%m-%d"])


class DraftGroup(click.Group):
    """`str DIR ...` is `str draft DIR ...`; a folder called check is given as ./check."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the name of the usual command in front of a folder."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["draft", *args]
        return super().parse_args(ctx, args)


@click.group(
    "str",
    cls=DraftGroup,
    epilog=epilog(
        "thbscreen str out/ --network NW-4573e543e109 --profile cyprus.yaml --out draft/",
        "thbscreen str out/ --subject P4586810 --profile example --out draft/ --shape activity",
        "thbscreen str check draft/report-NW-4573e543e109.xml --profile cyprus.yaml --xsd goAML.xsd",
    ),
)
@debug_option
def report_draft() -> None:
    """Drafts a suspicious transaction report, and checks report files.

    A draft is for a named officer to review, edit and file: nothing is sent anywhere. `str DIR ...` is short
    for `str draft DIR ...`.
    """


@report_draft.command(
    epilog=epilog(
        "thbscreen str out/ --network NW-4573e543e109 --profile cyprus.yaml --out draft/ \\",
        "    --data data/ --details clients.csv --date 2026-10-05",
        "thbscreen str out/ --network NW-4573e543e109 --profile example --out draft/ --shape multi-party",
        "thbscreen str draft out/ --subject P4586810 --profile example --out draft/ --earlier STR-2026-17",
    )
)
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--network", metavar="ID", help="Network to report; the beginning of its id is enough.")
@click.option("--subject", metavar="ID", help="Customer or account with an alert to report.")
@click.option(
    "--profile", metavar="NAME|FILE", required=True,
    help="Filing profile of the FIU: a file, or example, or cyprus (to be filled first).",
)  # fmt: skip
@click.option("--out", metavar="DIR", required=True, type=PATH, help="Folder to make, whole or not at all.")
@click.option("--shape", type=click.Choice(SHAPES), default="transactions", show_default=True,
              help="Kind of report.")  # fmt: skip
@click.option("--data", metavar="PATH", multiple=True, type=PATH,
              help="The files or folder that were scanned; names and accounts come from them.")  # fmt: skip
@click.option("--mapping", metavar="FILE", type=PATH, help="The mapping file that was used for them.")
@click.option("--details", metavar="FILE", type=PATH,
              help="CSV with birth dates, papers, telephones of clients, for the report alone.")  # fmt: skip
@click.option(
    "--rules", "rules_dir", metavar="DIR", type=PATH, help="Folder of rules, if not those it brings."
)
@click.option(
    "--date", "on", type=DAY, metavar="DAY", help="Day of the report; by default the end of the data."
)
@click.option("--action", metavar="FILE", type=PATH, help="Text file: what the institution did.")
@click.option("--earlier", metavar="REF", multiple=True, help="Number of an earlier report on these parties.")
@click.option("--fiu-ref", metavar="REF", default="", help="Reference of the FIU's request that is answered.")
@click.option("--confirmed", metavar="ID", multiple=True,
              help="Party whom an officer confirms as suspected; nobody is by default.")  # fmt: skip
@click.option(
    "--reviewed", is_flag=True, help="An officer has reviewed the text: take the mark of a draft out."
)
@click.option("--xsd", metavar="FILE", type=PATH, help="The FIU's own schema, to check the draft against.")
@click.option("--force", is_flag=True, help="Replace an earlier draft.")
@debug_option
def draft(folder: Path, out: Path, **options: Any) -> None:
    """Writes a draft report of one network or subject.

    DIR is a run folder. The draft is a folder with the report's XML, the narrative, the action, a table of
    all figures with their sources, and a checklist for the reviewer. Possible victims stand apart and are
    marked as not suspected. Data that are missing are listed, never made up. Exit code 1: the draft was
    written, and something in it would be refused.
    """
    from thbscreen.filing.command import draft_report  # noqa: PLC0415  # tables are loaded when needed

    made = draft_report(folder, out, _options(options))
    click.echo(str(out))
    for line in made.summary:
        say(line)
    if made.errors:
        click.get_current_context().exit(1)


def _options(options: dict[str, Any]) -> dict[str, Any]:
    on = options.pop("on")
    action = options.pop("action")
    if action is not None:
        try:
            text = action.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"{action.name}: cannot be read as text", hint="a text file in UTF-8") from None
    return {
        **options,
        "on": on.date() if isinstance(on, datetime) else None,
        "action": " ".join(text.split()) if action is not None else "",
    }


@report_draft.command(
    epilog=epilog("thbscreen str profile cyprus > mokas.yaml", "thbscreen str profile example")
)
@click.argument("name", metavar="NAME")
@debug_option
def profile(name: str) -> None:
    """Prints a filing profile that comes with the program, to be copied and filled.

    NAME is cyprus, whose values are to be filled, or example, which belongs to no FIU.
    """
    from thbscreen.filing.profile import SHIPPED, shipped_profiles  # noqa: PLC0415  # help needs none

    if name not in shipped_profiles():
        raise UsageError(
            f"there is no filing profile '{name}'", hint="names: " + ", ".join(shipped_profiles())
        )
    click.echo((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"), nl=False)


@report_draft.command(
    epilog=epilog(
        "thbscreen str check report.xml",
        "thbscreen str check report.xml --profile cyprus.yaml --xsd goAML.xsd",
        "thbscreen str check report.xml --used old-references.txt --attachment table.csv --today 2026-10-05",
    )
)
@click.argument("file", metavar="FILE", type=PATH)
@click.option("--profile", metavar="NAME|FILE", help="Filing profile; without it fewer checks are done.")
@click.option("--xsd", metavar="FILE", type=PATH, help="The FIU's own schema.")
@click.option("--version", "version", type=click.Choice(["4.0", "5.0"]), help="By default found in the file.")
@click.option("--used", metavar="FILE", type=PATH, help="Text file: case references of earlier reports.")
@click.option("--attachment", "attachments", metavar="FILE", multiple=True, type=PATH,
              help="File that goes with the report.")  # fmt: skip
@click.option("--today", type=DAY, metavar="DAY", help="Last day that a date may have.")
@debug_option
def check(
    file: Path,
    profile: str | None,
    xsd: Path | None,
    version: str | None,
    used: Path | None,
    attachments: tuple[Path, ...],
    today: datetime | None,
) -> None:
    """Checks a report file: structure, business rules B01 to B23, and the FIU's schema if you give it.

    FILE is any goAML report or transactions-only file. Findings go to stdout, one to a line, with the place
    and without values. Exit code 1: something would be refused. A clean file may still be refused by the
    FIU: its own rules decide.
    """
    from thbscreen.filing.command import check_report  # noqa: PLC0415  # tables are loaded when needed

    done = check_report(
        file, profile=profile, xsd=xsd, version=version, used=used, attachments=attachments,
        today=today.date() if today is not None else None,
    )  # fmt: skip
    for finding in done.findings:
        click.echo(finding.shown(file.name))
    sys.stdout.flush()
    for line in done.summary:
        say(line)
    if done.errors:
        click.get_current_context().exit(1)

"""`thbscreen network`: what a run folder says of a network, of ways of money and of a subject."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, width_of

if TYPE_CHECKING:
    from thbscreen.rules.ast import Length

FOLDER = click.argument("folder", metavar="DIR", type=FilePath())
STYLE = click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.group(
    epilog=epilog(
        "thbscreen network show out/ NW-1dc6",
        "thbscreen network path out/ P1431758 P8872393",
        "thbscreen network around out/ P3522141 --hops 2",
    )
)
@debug_option
def network() -> None:
    """Shows networks, ways of money and what lies around a subject.

    DIR is a run folder that `thbscreen scan` made. Nothing is computed anew and nothing is written.
    """


@network.command(
    epilog=epilog(
        "thbscreen network show out/ NW-1dc6123e0df0",
        "thbscreen network show out/ 1dc6",
        "thbscreen network show out/ NW-1dc6 --format json",
    )
)
@FOLDER
@click.argument("network_id", metavar="ID")
@STYLE
@debug_option
def show(folder: Path, network_id: str, style: str) -> None:
    """Shows a network: members and possible roles, flows, links, months, and what would break it.

    ID is the network's id or how it begins, as long as only one begins so. Possible victims are shown apart
    from the other members.
    """
    from thbscreen.report.folder import open_folder  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.network_text import network_page  # noqa: PLC0415
    from thbscreen.report.network_view import network_facts  # noqa: PLC0415
    from thbscreen.report.page import json_text  # noqa: PLC0415

    run = open_folder(folder)
    facts = network_facts(run, network_id)
    click.echo(json_text(facts) if style == "json" else network_page(facts, run.zone, _width()), nl=False)


def _length(_: click.Context, __: click.Parameter, value: str | None) -> Length | None:
    if value is None:
        return None
    from thbscreen.rules.ast import Length, Unit  # noqa: PLC0415  # help needs no rules
    from thbscreen.rules.literals import LiteralError, as_unit  # noqa: PLC0415

    try:
        length = as_unit(value, Unit.LENGTH).payload
    except LiteralError as error:
        raise click.BadParameter(f"'{value}': {error}; write it like \"30 days\"") from None
    if not isinstance(length, Length):
        raise click.BadParameter(f"'{value}' is no length of time; write it like \"30 days\"")
    return length


@network.command(
    epilog=epilog(
        "thbscreen network path out/ P1431758 P8872393",
        'thbscreen network path out/ P1431758 P8872393 --within "30 days" --max-hops 3',
        "thbscreen network path out/ P1431758 P8872393 --format json",
    )
)
@FOLDER
@click.argument("start", metavar="A")
@click.argument("end", metavar="B")
@click.option("--max-hops", metavar="N", type=click.IntRange(1, 12), default=6, show_default=True,
              help="Most payments of a way.")  # fmt: skip
@click.option("--within", metavar="LENGTH", callback=_length,
              help='Longest time from first payment to last, like "30 days".')  # fmt: skip
@click.option("--limit", metavar="N", type=click.IntRange(1, 1000), default=10, show_default=True,
              help="Most ways to show.")  # fmt: skip
@STYLE
@debug_option
def path(
    folder: Path, start: str, end: str, max_hops: int, within: Length | None, limit: int, style: str
) -> None:
    """Shows ways that money can have gone from A to B, through payments inside networks.

    A and B are subjects or accounts. Each payment of a way is not earlier than the one before it, nobody is
    on a way twice, and at most the smallest payment can have gone all the way. Ways come by arrival and then
    by that amount. Only payments inside published networks are known to a run folder.
    """
    from thbscreen.report.folder import open_folder  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.network_text import ways_page  # noqa: PLC0415
    from thbscreen.report.network_view import ways_facts  # noqa: PLC0415
    from thbscreen.report.page import json_text  # noqa: PLC0415

    run = open_folder(folder)
    facts = ways_facts(run, start, end, max_hops=max_hops, within=within, limit=limit)
    click.echo(json_text(facts) if style == "json" else ways_page(facts, run.zone, _width()), nl=False)


@network.command(
    epilog=epilog(
        "thbscreen network around out/ P3522141",
        "thbscreen network around out/ P3522141 --hops 2",
        "thbscreen network around out/ P3522141 --format json",
    )
)
@FOLDER
@click.argument("subject", metavar="SUBJECT")
@click.option("--hops", metavar="N", type=click.IntRange(1, 6), default=1, show_default=True,
              help="Steps along payments inside networks.")  # fmt: skip
@STYLE
@debug_option
def around(folder: Path, subject: str, hops: int, style: str) -> None:
    """Shows what was published around a subject: alert, hits, networks, payments, shared details.

    SUBJECT is a customer, an account, or another thing that a rule groups by, such as a device. Values of
    shared details are never shown.
    """
    from thbscreen.report.folder import open_folder  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.network_text import around_page  # noqa: PLC0415
    from thbscreen.report.network_view import around_facts  # noqa: PLC0415
    from thbscreen.report.page import json_text  # noqa: PLC0415

    run = open_folder(folder)
    facts = around_facts(run, subject, hops)
    click.echo(json_text(facts) if style == "json" else around_page(facts, run.zone, _width()), nl=False)


def _width() -> int:
    return width_of(sys.stdout, 100)

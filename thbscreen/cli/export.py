"""`thbscreen export`: suspected networks of a run folder, for another tool."""

from __future__ import annotations

from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, say

#: The same as `thbscreen.report.export.FILES` and `FOLDERS`.
FORMS = ("graphml", "gexf", "ftm", "i2", "neo4j")
PATH = FilePath()


@click.command(
    epilog=epilog(
        "thbscreen export out/ --to graphml --out networks.graphml",
        "thbscreen export out/ --to ftm --network NW-4573e543e109 --out networks.ftm.json",
        "thbscreen export out/ --to i2 --out for-i2/",
        "thbscreen export out/ --to neo4j --out for-neo4j/ --force",
    )
)
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--to", "form", type=click.Choice(FORMS), required=True, help="Tool or format to write for.")
@click.option(
    "--network", "networks", metavar="ID", multiple=True,
    help="Hand over this network only; may be given several times.",
)  # fmt: skip
@click.option(
    "--out", metavar="FILE|DIR", required=True, type=PATH,
    help="File to make (graphml, gexf, ftm) or folder to make (i2, neo4j).",
)  # fmt: skip
@click.option(
    "--namespace", metavar="NAME", default="thbscreen", show_default=True,
    help="Your institution; keeps its ids apart from those of others.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace an earlier export.")
@debug_option
def export(
    folder: Path, form: str, networks: tuple[str, ...], out: Path, namespace: str, force: bool
) -> None:
    """Hands suspected networks over to another tool.

    DIR is a run folder. The name of the file or folder that was made goes to stdout, what it holds goes to
    stderr. Members to be handled as possible victims are marked in every format: pass that on.
    """
    from thbscreen.report.export import export as write  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.text import count  # noqa: PLC0415

    done = write(folder, form, out, networks=networks, namespace=namespace, force=force)
    click.echo(str(out))
    if not done.networks:
        say("the run has no suspected network; the export is valid and empty", "note")
        return
    say(
        f"{count(done.networks, 'network')}, {count(done.members, 'member')}, "
        f"{count(done.payments, 'payment')}, {count(done.other_links, 'other link')}; "
        f"{done.possible_victims} of the members to be handled as possible victims"
    )

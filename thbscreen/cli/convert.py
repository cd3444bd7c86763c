"""`thbscreen convert`: canonical tables from every form that a scan reads."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, profile_option, say, width_of

#: The same as `thbscreen.report.converted.FORMS`.
FORMS = ("parquet", "csv")
PATH = FilePath()


@click.command(
    epilog=epilog(
        "thbscreen convert statements/ --out canonical/",
        "thbscreen convert export.csv --mapping bank.yaml --out canonical/ --to csv",
        "thbscreen convert reports/ --mapping fiu.yaml --out canonical/",
        "thbscreen scan canonical/ --out out/",
    )
)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=PATH)
@click.option(
    "--out", metavar="DIR", required=True, type=PATH, help="Folder to make; it appears whole or not at all."
)
@click.option(
    "--to", "form", type=click.Choice(FORMS), default="parquet", show_default=True, help="Form of the tables."
)
@click.option(
    "--mapping", metavar="FILE", type=PATH,
    help="Mapping file, for columns with other names; for goAML reports the FIU's filing profile.",
)  # fmt: skip
@profile_option
@click.option("--force", is_flag=True, help="Replace an earlier result folder.")
@click.option("--quiet", is_flag=True, help="Print nothing on stderr but errors.")
@debug_option
def convert(
    inputs: tuple[Path, ...], out: Path, form: str, mapping: Path | None, profile: str, force: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Turns files into canonical tables, with what was refused beside them.

    INPUT is a folder or files of any form that scan reads: statements and messages (camt, pacs, pain, MT940,
    MT942, MT103, OFX), workbooks, CSV, NDJSON, Parquet, goAML. The folder holds transactions, accounts,
    parties and account_parties as far as there are any, rejects.csv, quality.json with the proof of reading,
    and a manifest with the hash of each file. A scan of the folder finds what a scan of the files finds. The
    name of the folder goes to stdout, counts go to stderr.
    """
    from thbscreen.io.probe import check_parquet  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.converted import convert as run  # noqa: PLC0415
    from thbscreen.report.text import count  # noqa: PLC0415
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    check_parquet(inputs)
    zone = load_pack(profile=profile, tests=False).profile.time_zone
    with ExitStack() as stack:
        progress = None
        if not quiet:
            from thbscreen.cli.progress import Shown  # noqa: PLC0415

            live = sys.stderr.isatty()
            progress = stack.enter_context(Shown(sys.stderr, live=live, width=width_of(sys.stderr)))
        done = run(
            inputs, out, mapping=mapping, to=form, zone=zone, force=force, progress=progress
        )  # fmt: skip
    if not quiet:
        for name, c in done.load.tables.items():
            if c.read:
                skipped = sum(c.skipped.values())
                say(
                    f"{name}: {c.read:,} read, {done.rows[name]:,} written, {c.rejected:,} rejected, "
                    f"{skipped:,} skipped"
                )
        for line in done.load.statements.get("summary", ()):
            say(line)
        if done.load.rejects.height:
            say(f"{count(done.load.rejects.height, 'row')} refused: see rejects.csv", "note")
    click.echo(str(out))

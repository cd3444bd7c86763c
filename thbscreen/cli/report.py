"""`thbscreen report`: the analyst's report of a run folder, made again."""

from __future__ import annotations

from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog

#: The same as `thbscreen.report.html.texts.LANGUAGES`.
LANGUAGES = ("en", "el")
PATH = FilePath()


@click.command(
    epilog=epilog(
        "thbscreen report out/",
        "thbscreen report out/ --language el --out report-el.html",
        "thbscreen report out/ --out for-the-file.html --force",
    )
)
@click.argument("folder", metavar="DIR", type=PATH)
@click.option(
    "--out", metavar="FILE", type=PATH,
    help="File to make; by default report.html in DIR, which is replaced.",
)  # fmt: skip
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True,
    help="Language of the page's own texts; findings stay as the rules say them.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file at --out.")
@debug_option
def report(folder: Path, out: Path | None, language: str, force: bool) -> None:
    """Makes the report of a run folder: one HTML file that opens from disk.

    DIR is a run folder that `thbscreen scan` made; the scan writes report.html into it already. The page has
    the queue, a part per subject and network with drawing and evidence, readiness, data quality and what the
    run is known by. It needs no network and sends nothing. It holds personal data: keep it as you keep DIR.
    The name of the file goes to stdout.
    """
    from thbscreen.report.html.write import write_report  # noqa: PLC0415  # tables are loaded when needed

    click.echo(str(write_report(folder, out, language=language, force=force)))

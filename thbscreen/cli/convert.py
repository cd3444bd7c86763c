"""`thbscreen convert`: canonical tables from every form that a scan reads."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import (
    FilePath,
    debug_option,
    epilog,
    key_options,
    profile_option,
    read_key,
    say,
    width_of,
)
from thbscreen.errors import UsageError

if TYPE_CHECKING:
    from thbscreen.report.converted import Converted

#: The same as `thbscreen.report.converted.FORMS`.
FORMS = ("parquet", "csv")
PATH = FilePath()
KEY = (
    "Key under which accounts, customers, names, telephones, e-mails, addresses, papers and references are "
    "hashed, so that they meet hashes made elsewhere under the same key; none of them stays in the open."
)


@click.command(
    epilog=epilog(
        "thbscreen convert statements/ --out canonical/",
        "thbscreen convert export.csv --mapping bank.yaml --out canonical/ --to csv",
        "thbscreen convert reports/ --mapping fiu.yaml --out canonical/",
        "thbscreen convert data/ --key-file bank.key --institution bank-a --out hidden/",
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
@key_options(KEY)
@click.option("--institution", metavar="NAME", default="",
              help="With a key: keeps customer and account numbers of two institutions apart.")  # fmt: skip
@click.option("--keep-texts", is_flag=True, help="With a key: keep the texts of payments as they are.")
@click.option("--force", is_flag=True, help="Replace an earlier result folder.")
@click.option("--quiet", is_flag=True, help="Print nothing on stderr but errors.")
@debug_option
def convert(
    inputs: tuple[Path, ...], out: Path, form: str, mapping: Path | None, profile: str,
    key_file: Path | None, key_env: str | None, institution: str, keep_texts: bool, force: bool, quiet: bool,
) -> None:  # fmt: skip
    """Turns files into canonical tables, with what was refused beside them.

    INPUT is a folder or files of any form that scan reads: statements and messages (camt, pacs, pain, MT940,
    MT942, MT103, OFX, CODA), workbooks, CSV, NDJSON, Parquet, goAML. The folder holds transactions, accounts,
    parties and account_parties as far as there are any, rejects.csv, quality.json with the proof of reading,
    and a manifest with the hash of each file. A scan of the folder finds what a scan of the files finds. The
    name of the folder goes to stdout, counts go to stderr.

    With a key nothing in the folder tells who somebody is: accounts, customers, names, details, references
    and names of files are digests, texts of payments are left out. Rules that read names or texts are then
    not judged or find nothing.
    """
    key = read_key(key_file, key_env)
    if key is None and (institution or keep_texts):
        raise UsageError(
            "--institution and --keep-texts are for tables under a key",
            hint="name the key: --key-file FILE or --key-env NAME",
        )
    from thbscreen.io.probe import check_parquet  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.converted import convert as run  # noqa: PLC0415
    from thbscreen.report.under_key import Under  # noqa: PLC0415
    from thbscreen.rules.pack import home_country, load_pack  # noqa: PLC0415

    check_parquet(inputs)
    pack = load_pack(profile=profile, tests=False)
    with ExitStack() as stack:
        progress = None
        if not quiet:
            from thbscreen.cli.progress import Shown  # noqa: PLC0415

            live = sys.stderr.isatty()
            progress = stack.enter_context(Shown(sys.stderr, live=live, width=width_of(sys.stderr)))
        done = run(
            inputs, out, mapping=mapping, to=form, zone=pack.profile.time_zone, home=home_country(pack),
            force=force, under=Under(key, institution, keep_texts) if key else None, progress=progress,
        )  # fmt: skip
    if not quiet:
        _tell(done)
    click.echo(str(out))


def _tell(done: Converted) -> None:
    """Says on stderr what was read and written, and what became of values under a key."""
    from thbscreen.report.text import count  # noqa: PLC0415  # tables are loaded when needed

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
    if (values := done.quality.get("pseudonyms")) is not None:
        hashed = sum(n for what, n in values.items() if what.endswith(": hashed"))
        left = sum(values.values()) - hashed
        say(f"{count(hashed, 'value')} hashed, {left:,} left out; keep the key, and never send it")

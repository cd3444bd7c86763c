"""`thbscreen handover`: cases in a folder that opens without the program, at a level of redaction."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, read_key, say
from thbscreen.errors import UsageError

PATH = FilePath()
#: The same as `thbscreen.report.redact.LEVELS`.
LEVELS = ("internal", "counterpart", "sharing")


@click.command(
    epilog=epilog(
        "thbscreen handover out/ --case NW-4573e543e109 --level internal --out case/",
        "thbscreen handover out/ --case NW-4573 --level internal --profile cyprus.yaml --data data/ \\",
        "    --out case/",
        "thbscreen handover out/ --all --level counterpart --key-file bank.key --out for-fiu/",
        "thbscreen handover out/ --all --level sharing --out typologies/",
    )
)
@click.argument("folder", metavar="DIR", type=PATH)
@click.option(
    "--case", "cases", metavar="ID", multiple=True,
    help="Network, alert or review; the beginning of its id is enough. May be given several times.",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Every case that has a folder in the run folder.")
@click.option("--level", type=click.Choice(LEVELS), required=True,
              help="As it is, under pseudonyms, or as a form with nobody in it.")  # fmt: skip
@click.option("--out", metavar="DIR", required=True, type=PATH, help="Folder to make, whole or not at all.")
@click.option("--key-file", metavar="FILE", type=PATH,
              help="File with the key of the pseudonyms, 32 characters or more.")  # fmt: skip
@click.option("--key-env", metavar="NAME", help="Environment variable that holds the key, instead.")
@click.option("--map", "mapping_out", metavar="FILE", type=PATH,
              help="Also write whose the pseudonyms are, to a CSV file that stays with you.")  # fmt: skip
@click.option("--at-least", metavar="N", type=click.IntRange(3, 1000), default=5, show_default=True,
              help="Smallest count that the level sharing shows.")  # fmt: skip
@click.option("--profile", metavar="NAME|FILE",
              help="Filing profile: at level internal a draft for the FIU goes with each case.")  # fmt: skip
@click.option("--data", metavar="PATH", multiple=True, type=PATH,
              help="The files that were scanned, for the draft.")  # fmt: skip
@click.option("--mapping", metavar="FILE", type=PATH, help="The mapping file that was used for them.")
@click.option("--details", metavar="FILE", type=PATH, help="CSV with what the draft needs of clients.")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="Day of the draft.")
@click.option(
    "--rules",
    "rules_dir",
    metavar="DIR",
    type=PATH,
    help="Folder of rules, if not those it brings.",
)
@click.option("--force", is_flag=True, help="Replace an earlier hand-over.")
@debug_option
def handover(folder: Path, out: Path, cases: tuple[str, ...], every: bool, **options: Any) -> None:
    """Hands cases over in a folder that opens without this program.

    DIR is a run folder. Each case gets its narrative (text, Markdown, page), tables (CSV, XLSX), drawing and
    manifest; index.html lists them. With pseudonyms, the same person has the same one in all files under one
    key. Possible victims stand apart in every file: pass that on.
    """
    from thbscreen.report.redact.folder import Request, hand_over  # noqa: PLC0415  # tables when needed
    from thbscreen.report.text import count  # noqa: PLC0415
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    if bool(cases) == every:
        raise UsageError("say which cases", hint="--case ID, once or several times, or --all")
    level = options["level"]
    drafts = _drafts(folder, cases, options) if options["profile"] else {}
    key = read_key(options["key_file"], options["key_env"]) if level == "counterpart" else None
    request = Request(
        cases, level, key, options["mapping_out"], options["at_least"],
        {case: made.with_manifest() for case, made in drafts.items()}, options["force"],
    )  # fmt: skip
    pack = load_pack(options["rules_dir"]) if options["rules_dir"] else load_pack()
    done = hand_over(folder, out, pack, request)
    click.echo(str(out))
    say(f"{count(done.cases, 'case')}, {count(done.files, 'file')}, level {level}")
    if level == "counterpart":
        say(
            f"{count(done.pseudonyms, 'pseudonym')}; keep the key; never send it, or the map, with the folder"
        )
    gaps = sum(bool(made.errors) for made in drafts.values())
    if gaps:
        say(f"{count(gaps, 'draft')} would be refused as it is: read checklist.md in its folder", "note")


def _drafts(folder: Path, cases: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    from thbscreen.filing.command import drafts_of  # noqa: PLC0415  # tables when needed
    from thbscreen.report.folder import open_folder  # noqa: PLC0415
    from thbscreen.report.redact.folder import choose  # noqa: PLC0415

    if options["level"] != "internal":
        raise UsageError("a draft names people: for the level internal only", hint="leave --profile out")
    on = options["on"]
    day = on.date() if isinstance(on, datetime) else None
    return drafts_of(folder, choose(open_folder(folder), cases), {**options, "on": day})

"""`thbscreen rules doc`: pages about the rules in force, for compliance officers and auditors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, profile_option, say


@click.command(
    epilog=epilog(
        "thbscreen rules doc --out rule-pages/",
        "thbscreen rules doc my-rules/ --profile my-rules/profiles/bank.yaml --out rule-pages/",
        "thbscreen rules doc --out rule-pages/ --force",
    )
)
@click.argument("folder", metavar="[DIR]", required=False, type=FilePath())
@click.option("--out", metavar="DIR", required=True, type=FilePath(),
              help="Folder to make; it appears whole or not at all.")  # fmt: skip
@profile_option
@click.option("--force", is_flag=True, help="Replace earlier pages.")
@debug_option
def doc(folder: Path | None, out: Path, profile: str, force: bool) -> None:
    """Writes one Markdown page for each rule, and an index by form of exploitation.

    DIR is a folder of rules; without it, the rules that the program brings are described. A page says
    what the rule looks at, its thresholds with who set them, data, lists, sources and tests. manifest.json
    holds the versions and hashes of what is described.
    """
    from thbscreen import __version__  # noqa: PLC0415  # help needs no rules
    from thbscreen.io.publish import MANIFEST, Staging  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.rules.document import pages  # noqa: PLC0415
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    pack = load_pack(folder, profile, drafts=True)
    with Staging(out, force=force) as staging:
        for name, text in pages(pack).items():
            (staging.path / name).write_text(text, encoding="utf-8")
        facts = {
            "program": __version__,
            "profile": pack.profile.name,
            "digest": pack.digest,
            "rules": {rule.id: {"version": rule.version, "digest": rule.digest} for rule in pack.rules},
        }
        (staging.path / MANIFEST).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    click.echo(str(out))
    say(f"{len(pack.rules)} rule{'' if len(pack.rules) == 1 else 's'} described")

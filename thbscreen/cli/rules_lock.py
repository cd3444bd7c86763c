"""`thbscreen rules lock`: writes down what every rule means, so that no meaning changes unseen."""

from __future__ import annotations

from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, say


@click.command(epilog=epilog("thbscreen rules lock my-rules/", "thbscreen rules lock"))
@click.argument("folder", metavar="[DIR]", required=False, type=FilePath())
@click.option(
    "--profile", metavar="NAME|FILE", default="cyprus", show_default=True,
    help="Names the facts that rules may use; what it changes is not locked.",
)  # fmt: skip
@debug_option
def lock(folder: Path | None, profile: str) -> None:
    """Writes rules.lock: id, version and a hash of the meaning of every rule.

    DIR is a folder of rules; without it, the rules that the program brings are locked. Nothing is written
    when a meaning changed and its version did not, or when a rule is gone. Where there is a lock, `rules
    check` reports every rule that it does not know.
    """
    from thbscreen.rules.pack import write_lock  # noqa: PLC0415  # help needs no rules

    path, changed = write_lock(folder, profile)
    click.echo(str(path))
    say(f"{changed} new, changed or gone" if changed else "nothing changed")

"""The group of all commands."""

from __future__ import annotations

import platform

import click

import thbscreen
from thbscreen.cli.compare import compare
from thbscreen.cli.convert import convert
from thbscreen.cli.evaluate import evaluate
from thbscreen.cli.explain import explain
from thbscreen.cli.export import export
from thbscreen.cli.handover import handover
from thbscreen.cli.inspect import inspect
from thbscreen.cli.network import network
from thbscreen.cli.program import Program, debug_option, epilog
from thbscreen.cli.report import report
from thbscreen.cli.report_draft import report_draft
from thbscreen.cli.rules import rules
from thbscreen.cli.scan import scan
from thbscreen.cli.simulate import simulate
from thbscreen.cli.verify import verify
from thbscreen.errors import ThbscreenError


def _version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    from importlib import metadata  # noqa: PLC0415  # takes a fifth of the time that help may take

    click.echo(
        f"thbscreen {thbscreen.__version__} (polars {metadata.version('polars')}, "
        f"Python {platform.python_version()}, rules {_digest()})"
    )
    context.exit(0)


def _digest() -> str:
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415  # help needs no rules

    try:
        return load_pack(tests=False).digest[:12]
    except ThbscreenError:
        return "that do not load"


@click.group(
    cls=Program,
    epilog=epilog(
        "thbscreen scan data/ --out out/", "thbscreen rules list", "thbscreen rules explain THB-MAR-001"
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version,
    help="Show the versions of the program and of the rules it brings.",
)  # fmt: skip
@debug_option
def main() -> None:
    """Screens bank movements for signs of trafficking in human beings, offline.

    Findings are reasons to look, not proof, and name possible victims apart.
    """


@main.command(
    epilog=epilog(
        "thbscreen completion bash > ~/.local/share/bash-completion/completions/thbscreen",
        "thbscreen completion fish > ~/.config/fish/completions/thbscreen.fish",
        'eval "$(thbscreen completion zsh)"',
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@debug_option
def completion(shell: str) -> None:
    """Prints a script for completion in a shell."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415  # help needs none

    made = get_completion_class(shell)
    if made is not None:
        click.echo(made(main, {}, "thbscreen", "_THBSCREEN_COMPLETE").source())


main.add_command(scan)
main.add_command(inspect)
main.add_command(convert)
main.add_command(verify)
main.add_command(rules)
main.add_command(network)
main.add_command(explain)
main.add_command(compare)
main.add_command(evaluate)
main.add_command(export)
main.add_command(handover)
main.add_command(report)
main.add_command(report_draft)
main.add_command(simulate)

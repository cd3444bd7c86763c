"""`thbscreen rules check`: everything that is wrong with rules, for people and for other programs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, profile_option, say
from thbscreen.errors import UsageError
from thbscreen.report.layout import printable_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thbscreen.diagnostics import Diagnostic

STYLES = ("text", "json", "sarif", "github")


@click.command(
    epilog=epilog(
        "thbscreen rules check",
        "thbscreen rules check my-rules/sham_marriage/THB-MAR-001.yaml",
        "thbscreen rules check my-rules/ --profile my-rules/profiles/bank.yaml --strict",
        "thbscreen rules check my-rules/ --format json",
        "thbscreen rules check my-rules/ --format sarif > rules.sarif",
        "thbscreen rules check my-rules/ --format github",
        "thbscreen rules check my-rules/ --show-suppressed",
    )
)
@click.argument("path", required=False, type=FilePath())
@profile_option
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@click.option("--show-suppressed", "all_of_them", is_flag=True,
              help="Show also the warnings that rules set aside, with the reason.")  # fmt: skip
@click.option("--format", "style", type=click.Choice(STYLES), default="text", show_default=True,
              help="Form on stdout: for people, JSON, SARIF 2.1.0, or workflow commands.")  # fmt: skip
@debug_option
def check(path: Path | None, profile: str, strict: bool, all_of_them: bool, style: str) -> None:
    """Prints everything that is wrong with rules, lists and profile.

    PATH is a folder of rules, or one rule file; without it, the rules that the program brings are
    checked. A file inside a folder of rules is checked with the lists and rules beside it, any other
    file with the lists that the program brings.

    A rule or a list sets a warning aside with `suppress: [{code: W104, reason: why}]`. Such findings are
    counted in the last line, and do not fail.
    """
    found = _found(path, profile)
    errors, warnings, quiet = (
        sum(d.severity == word for d in found) for word in ("error", "warning", "suppressed")
    )
    shown = found if all_of_them else [d for d in found if d.severity != "suppressed"]
    if text := render(shown, style, path):
        click.echo(text)
    counts = [(errors, "error"), (warnings, "warning")]
    said = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts)
    say(said + (f", {quiet} suppressed" if quiet else ""))
    if errors or (strict and warnings):
        click.get_current_context().exit(3)


def render(found: Sequence[Diagnostic], style: str, path: Path | None) -> str:
    """Gives findings in one of the forms of `STYLES`.

    Args:
        found: findings, with the names of files as people see them.
        style: the form.
        path: what was checked; files get names that lead there from the current folder.
    """
    if style == "text":
        return printable_lines("\n\n".join(d.render() for d in found))
    if style == "json":
        return json.dumps([d.as_dict() for d in found], ensure_ascii=False, indent=2)
    from thbscreen import __version__  # noqa: PLC0415  # help needs no rules
    from thbscreen.diagnostics import as_github, as_sarif  # noqa: PLC0415
    from thbscreen.rules.codes import codes  # noqa: PLC0415

    placed = [_placed(d, path) for d in found]
    if style == "github":
        return "\n".join(as_github(d) for d in placed)
    texts = {c.code: (c.cause, f"Wrong: {c.wrong}\n\nRight: {c.right}") for c in codes().values()}
    return json.dumps(as_sarif(placed, __version__, texts), ensure_ascii=False, indent=2)


def _placed(found: Diagnostic, path: Path | None) -> Diagnostic:
    """Gives a finding whose file is named from the current folder on, if it lies there."""
    from thbscreen.rules.paths import default_rules_dir  # noqa: PLC0415  # help needs no rules

    name, here = found.span.file, Path.cwd()
    base = default_rules_dir() if path is None else path.resolve()
    if path is not None and path.is_file():
        folder = folder_of(base)
        base = base if folder is None else folder
    inside = name.partition("/")[2]
    whole = base if base.is_file() else base / inside
    if (base.is_file() or name.partition("/")[0] == base.name) and whole.is_relative_to(here):
        name = whole.relative_to(here).as_posix()
    return dataclasses.replace(found, span=dataclasses.replace(found.span, file=name))


def folder_of(file: Path) -> Path | None:
    """Gives the folder of rules around a file: the nearest one that holds profiles."""
    return next((folder for folder in file.resolve().parents if (folder / "profiles").is_dir()), None)


def _in_folder(folder: Path | None, profile: str) -> list[Diagnostic]:
    """Gives the findings about a folder; tables are loaded only when there are exclusions to try."""
    from thbscreen.diagnostics import sort_diagnostics  # noqa: PLC0415  # help needs no rules
    from thbscreen.rules.pack import checked  # noqa: PLC0415

    found, pack = checked(folder, profile)
    if pack is None:
        return found
    from thbscreen.engine.exclusions import silenced  # noqa: PLC0415

    return sort_diagnostics([*found, *silenced(pack)])


def _found(path: Path | None, profile: str) -> list[Diagnostic]:
    """Gives the findings about a folder, or those about one rule file."""
    from thbscreen.rules.binder import bind_text  # noqa: PLC0415  # help needs no rules
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    if path is None or not path.is_file():
        return _in_folder(path, profile)
    base = folder_of(path)
    if base is not None:
        name = path.resolve().relative_to(base.parent).as_posix()
        return [found for found in _in_folder(base, profile) if found.span.file == name]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read ({error.strerror})") from None
    return bind_text(data, path.name, load_pack(None, profile, tests=False).lists)[1]

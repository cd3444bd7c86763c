"""`thbscreen rules format` and `rules schema`: for those who write rules."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, say
from thbscreen.errors import OutputError, UsageError
from thbscreen.report.layout import printable, printable_lines

if TYPE_CHECKING:
    from thbscreen.diagnostics import Diagnostic
    from thbscreen.rules.grammar import Kind

KINDS = ("rule", "list", "profile")

#: Folders whose files are of another kind.
APART = ("translations", "indicators")


@click.command(
    "format",
    epilog=epilog(
        "thbscreen rules format my-rules/",
        "thbscreen rules format my-rules/laundering/THB-ML-001.yaml",
        "thbscreen rules format my-rules/ --check",
    ),
)
@click.argument("path", required=False, type=FilePath())
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; name the files to be changed, and end with exit code 1 if any.",
)
@debug_option
def format_(path: Path | None, check: bool) -> None:
    """Puts the keys of rule, list and profile files into one order.

    PATH is a folder of rules or one file; without it, the rules of a checkout. Pieces of the source move,
    and values are not written anew: comments stay beside what they speak of, quotes and line breaks stay
    as they are. The names that authors give keep their order. When a file cannot be read, no file is
    changed.
    """
    from thbscreen.rules.formatter import format_text  # noqa: PLC0415  # help needs no rules

    base = _writable(path)
    changed: list[tuple[Path, str]] = []
    found: list[Diagnostic] = []
    files = [base] if base.is_file() else _files(base)
    for file in files:
        data = _read(file)
        done = format_text(data, _shown(file))
        found += done.found
        if not done.found and done.text.encode() != data:
            changed.append((file, done.text))
    if found:
        click.echo(printable_lines("\n\n".join(d.render() for d in found)))
        say(f"{_files_said(len({d.span.file for d in found}))} cannot be put into order; nothing was changed")
        click.get_current_context().exit(3)
    for file, text in changed:
        if not check:
            _replace(file, text)
        click.echo(printable(_shown(file)))
    what = "to be changed" if check else "changed"
    say(f"{len(changed)} of {_files_said(len(files))} {what}")
    if check and changed:
        click.get_current_context().exit(1)


def _writable(path: Path | None) -> Path:
    """Gives the folder or file to format; what an installed program brings is not changed."""
    if path is None:
        from thbscreen.rules.paths import default_rules_dir  # noqa: PLC0415  # help needs no rules

        base = default_rules_dir()
        if base.parent.name == "_data":
            raise UsageError("name a folder of rules", hint="those that the program brings are not changed")
        return base
    if not path.exists():
        raise UsageError(f"there is no file or folder '{path}'")
    return path


def _files(base: Path) -> list[Path]:
    """Lists rule, list and profile files; hidden ones and those of `APART` are none."""
    out = []
    for file in sorted(base.rglob("*.yaml")):
        parts = file.relative_to(base).parts
        if file.is_file() and not any(p.startswith((".", "_")) for p in parts) and parts[0] not in APART:
            out.append(file)
    return out


def _read(file: Path) -> bytes:
    from thbscreen.rules.yamltree import MAX_BYTES  # noqa: PLC0415  # help needs no rules

    try:
        with file.open("rb") as handle:
            return handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file.name} cannot be read ({error.strerror})") from None


def _replace(file: Path, text: str) -> None:
    """Writes a file whole or not at all; its permissions stay."""
    target = file.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=".format-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(text.encode())
                out.flush()
                os.fsync(out.fileno())
            Path(name).chmod(target.stat().st_mode & 0o7777)
            Path(name).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise OutputError(f"{file.name} cannot be written ({error.strerror})") from None


def _shown(file: Path) -> str:
    whole = file.resolve()
    return whole.relative_to(Path.cwd()).as_posix() if whole.is_relative_to(Path.cwd()) else file.as_posix()


def _files_said(n: int) -> str:
    return f"{n} file{'' if n == 1 else 's'}"


@click.command(
    epilog=epilog(
        "thbscreen rules schema > rule-schema.json",
        "thbscreen rules schema --kind list > list-schema.json",
        "thbscreen rules schema --rules my-rules/ > my-rules/rule-schema.json",
    )
)
@click.option("--kind", type=click.Choice(KINDS), default="rule", show_default=True, help="Kind of file.")
@click.option(
    "--rules", "folder", metavar="DIR", type=FilePath(),
    help="Folder of rules whose lists are completed; by default those it brings.",
)  # fmt: skip
@debug_option
def schema(kind: Kind, folder: Path | None) -> None:
    """Prints a JSON Schema (draft-07) with which editors complete and mark keys, fields, tests and lists.

    docs/how-to/edit-rules.md says how to switch it on.
    """
    from thbscreen.rules.paths import default_rules_dir  # noqa: PLC0415  # help needs no rules
    from thbscreen.rules.schema import lists_in  # noqa: PLC0415
    from thbscreen.rules.schema import schema as make  # noqa: PLC0415

    if folder is not None and not folder.is_dir():
        raise UsageError(f"there is no folder of rules '{folder}'")
    lists = lists_in(folder or default_rules_dir())
    click.echo(json.dumps(make(kind, lists), ensure_ascii=False, indent=1))

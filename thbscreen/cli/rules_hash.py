"""`thbscreen rules hash-list`: makes a list of words that nobody can read in it."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import tempfile
from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, say
from thbscreen.errors import OutputError, UsageError

PATH = FilePath()


@click.command(
    "hash-list",
    epilog=epilog(
        "thbscreen rules hash-list words.txt --list keywords.child_coded "
        "--key-env THBSCREEN_LISTS_KEY --out my-lists/keywords/child_coded.yaml",
    ),
)
@click.argument("words", metavar="WORDS", type=PATH)
@click.option(
    "--list", "name", metavar="NAME", required=True, help="Name of the list, such as keywords.child_coded."
)
@click.option("--key-env", metavar="NAME", help="Environment variable that holds the key.")
@click.option("--key-file", metavar="FILE", type=PATH, help="File that holds the key.")
@click.option("--out", metavar="FILE", type=PATH, required=True, help="File to make.")
@click.option("--title", metavar="TEXT", help="Title of the list.")
@click.option("--source", metavar="TEXT", default="supplied to the institution", show_default=True,
              help="Where the words come from.")  # fmt: skip
@click.option(
    "--reviewed", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="Day of the last review; today."
)
@click.option(
    "--must-match", metavar="FILE", type=PATH, help="Texts, one a line, each of which must be found."
)
@click.option(
    "--must-not-match", metavar="FILE", type=PATH, help="Texts, one a line, none of which may be found."
)
@click.option("--force", is_flag=True, help="Replace the file.")
@debug_option
def hash_list(
    words: Path,
    name: str,
    key_env: str | None,
    key_file: Path | None,
    out: Path,
    title: str | None,
    source: str,
    reviewed: dt.datetime | None,
    must_match: Path | None,
    must_not_match: Path | None,
    force: bool,
) -> None:
    """Hashes words under a key, so that a list can be used that nobody may read.

    WORDS has one word or phrase a line; empty lines and those that begin with # do not count. Each is found
    in the spellings in which a list in the open finds it, whole words only. The key has at least 32
    characters and is not in the result. No word is ever printed; lines are named by their number.
    """
    from thbscreen.model.keys import KeyProblem, KeySource  # noqa: PLC0415
    from thbscreen.rules.hashlist import lines_of, make  # noqa: PLC0415  # help needs no rules

    if (key_env is None) == (key_file is None):
        raise click.UsageError("name one place of the key: --key-env or --key-file")
    given = [(words, "the file of words"), (must_match, "--must-match"), (must_not_match, "--must-not-match")]
    for path, what in given:
        if path is not None and _kept(path):
            raise UsageError(
                f"{what} lies in a folder under version control", hint="keep words where nothing copies them"
            )
    if out.exists() and not force:
        raise UsageError("the file to be made is already there", hint="add --force to replace it")
    try:
        key = KeySource(env=key_env or "", file=key_file).read()
    except KeyProblem as problem:
        raise UsageError(str(problem)) from None
    lines, wanted, unwanted = (
        [] if path is None else lines_of(_read(path, what), what) for path, what in given
    )
    made = make(
        name, lines, key, title=title or f"Hashed list {name}", source=source,
        reviewed=(reviewed or dt.datetime.now(dt.UTC)).date().isoformat(),
        must_match=wanted, must_not_match=unwanted,
    )  # fmt: skip
    _write(out, made.text)
    click.echo(str(out))
    say(
        f"{made.words} entries of at most {made.words_at_most} words, {made.digests} digests; "
        f"{len(wanted)} texts that must match and {len(unwanted)} that must not were tried"
    )


def _kept(path: Path) -> bool:
    """Says whether a file lies below a folder that git looks after."""
    return any((folder / ".git").exists() for folder in path.resolve().parents)


def _read(path: Path, what: str) -> bytes:
    from thbscreen.rules.yamltree import MAX_BYTES  # noqa: PLC0415  # help needs no rules

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{what} cannot be read ({error.strerror})") from None


def _write(out: Path, text: str) -> None:
    """Writes the list whole or not at all; only its owner may read it."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".list-", dir=out.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
            Path(name).replace(out)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise OutputError(f"{out.name} cannot be written ({error.strerror})") from None

"""What all commands share: exit codes, one clear message per failure, the way things look."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from thbscreen.errors import OutputError, RuleError, ThbscreenError, UsageError
from thbscreen.report.layout import printable_lines

#: Exit code of a run that somebody stopped with Ctrl-C, and when the reader of the output has gone.
STOPPED, READER_GONE = 130, 141
INTERNAL = 5
#: Failures of writing to a stream, such as a full disk behind it.
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}

EXIT_CODES = """\b
Exit codes:
  0  done
  1  findings, when asked to fail on them; a rule test failed
  2  wrong use of the command line
  3  rules or profile do not load
  4  input cannot be read or results cannot be written
  5  internal fault
"""


def epilog(*examples: str) -> str:
    """Gives the end of a command's help: examples and exit codes, lines as they are."""
    return "\n  ".join(["\b\nExamples:", *examples]) + "\n\n" + EXIT_CODES


F = TypeVar("F", bound=Callable[..., Any])


class FilePath(click.Path):
    """A path; an empty one is refused, since an unset variable would mean the current folder."""

    def __init__(self) -> None:
        """Takes any path, whether there is such a file or not; opening it tells more."""
        super().__init__(path_type=Path, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Gives the path."""
        if value == "":
            self.fail("an empty name; is a variable of the shell not set?", param, ctx)
        return super().convert(value, param, ctx)


class Program(click.Group):
    """The program: a group of commands that turns every failure into a message and an exit code."""

    debug = False
    #: The run folder, as soon as it is there.
    written: Path | None = None

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a command line and ends the process, as click's own `main` does."""
        if not kwargs.get("standalone_mode", True):
            return super().main(*args, **kwargs)
        self.debug, self.written = False, None
        open_streams()
        kwargs["prog_name"] = "thbscreen"
        kwargs["standalone_mode"] = False
        sys.exit(self._code(*args, **kwargs))

    def _code(self, *args: Any, **kwargs: Any) -> int:
        try:
            result = super().main(*args, **kwargs)
        except click.ClickException as error:
            try:
                error.show()
            except OSError:
                _drop(sys.stderr)
            return 2
        except (click.Abort, KeyboardInterrupt):
            say(f"stopped; {self._left()}")
            return STOPPED
        except ThbscreenError as error:
            self._trace()
            say(told(error))
            return error.exit_code
        except SystemExit as end:
            if end.code == 1:  # so click ends when whoever reads the output has gone
                return READER_GONE
            if isinstance(end.code, int) and end.code > 128:
                say(f"stopped; {self._left()}")
            raise
        except GeneratorExit:
            raise
        # Faults of libraries may be panics, which are no Exception; their texts may hold values.
        except BaseException as error:
            self._trace()
            if isinstance(error, OSError) and error.errno in _UNWRITABLE:
                _drop(sys.stdout)
                say(f"the output cannot be written ({error.strerror}); {self._left()}", "error")
                return OutputError.exit_code
            say(f"internal fault ({type(error).__name__}); {self._left()}", "error")
            if not self.debug:
                say(
                    "  = help: run again with --debug, and look for values from the data before passing it on"
                )
            return INTERNAL
        return result if isinstance(result, int) else 0

    def _left(self) -> str:
        return f"the run folder {self.written} is complete" if self.written else "nothing was written"

    def _trace(self) -> None:
        if self.debug:
            say("the trace may hold values from the data", "note")
            traceback.print_exc()


def told(error: ThbscreenError) -> str:
    """Gives the message of an error as it is printed."""
    if not isinstance(error, RuleError):
        # Errors with a code bring their place and the word "error" with them.
        return str(error) if "error[" in error.message else f"error: {error}"
    n = sum(d.severity == "error" for d in error.diagnostics)
    return f"{error}\n\n{n} error{'s' * (n != 1)}; nothing was run"


def say(text: str, kind: str = "") -> None:
    """Prints a message on stderr; characters that could steer the terminal are shown."""
    tell(printable_lines(f"{kind}: {text}" if kind else text) + "\n")


def tell(text: str) -> None:
    """Writes to stderr; a run does not fail because nobody can be told of it."""
    try:
        click.echo(text, err=True, nl=False, color=True)
    except OSError:
        _drop(sys.stderr)


def open_streams() -> None:
    """Opens what the caller closed, or a result file would get its number and messages would go there."""
    handle = os.open(os.devnull, os.O_RDWR)
    while handle <= 2:
        handle = os.open(os.devnull, os.O_RDWR)
    os.close(handle)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # till the end


def _drop(stream: TextIO) -> None:
    """Sends what a stream still holds to nowhere, so that the end of the process does not fail on it."""
    try:
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
    except (OSError, ValueError):
        return


def profile_option(command: F) -> F:
    """Adds `--profile`: a profile that the rules bring, or an institution's own file."""
    return click.option(
        "--profile", metavar="NAME|FILE", default="cyprus", show_default=True,
        help="Local facts and numbers: cyprus, generic-eu, fiu, example-bank, or a file of your own.",
    )(command)  # fmt: skip


def debug_option(command: F) -> F:
    """Adds `--debug`."""

    def switch(context: click.Context, _: click.Parameter, value: bool) -> None:
        root = context.find_root().command
        if value and isinstance(root, Program):
            root.debug = True

    return click.option(
        "--debug", is_flag=True, expose_value=False, is_eager=True, callback=switch,
        help="Show the trace of a failure; it may hold values from the data.",
    )(command)  # fmt: skip


#: What the key of a scan is for.
KEY_OF_DETAILS = (
    "Key under which telephones, e-mails, addresses and papers of customers are hashed, so that "
    "they meet hashes made elsewhere under the same key."
)


def key_options(text: str = KEY_OF_DETAILS) -> Callable[[F], F]:
    """Adds `--key-file` and `--key-env`: where the institution's key is, and what it is for."""

    def add(command: F) -> F:
        with_env = click.option(
            "--key-env", metavar="NAME", help="The same, from an environment variable."
        )(command)  # fmt: skip
        return click.option("--key-file", metavar="FILE", type=FilePath(), help=text)(with_env)

    return add


def read_key(file: Path | None, env: str | None) -> Any:
    """Reads the key that options name; None without one.

    Raises:
        UsageError: two places are named, or there is no good key in the one.
    """
    from thbscreen.model.keys import KeyProblem, KeySource  # noqa: PLC0415  # help needs no keys

    if file is not None and env is not None:
        raise UsageError("name one place of the key: --key-file or --key-env")
    if file is None and env is None:
        return None
    source = KeySource(env=env or "", file=file)
    try:
        key = source.read()
    except KeyProblem as problem:
        raise UsageError(
            str(problem), hint="32 characters or more; keep it where nothing copies it"
        ) from None
    if source.seen_by_others():
        say("other users of this machine may read the file of the key; take their rights away (chmod 600)",
            "warning")  # fmt: skip
    return key


def coloured(stream: TextIO) -> bool:
    """Tells whether a stream may get colours: a terminal, and nobody asked for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO, otherwise: int = 80) -> int:
    """Gives the columns of the terminal behind a stream."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    try:
        return os.get_terminal_size(stream.fileno()).columns or otherwise
    except (OSError, ValueError):
        return otherwise

"""What all commands share: exit codes, one clear message per failure, the way things look."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, TextIO, TypeVar

import click

from thbscreen.errors import RuleError, ThbscreenError
from thbscreen.report.layout import printable_lines

#: Exit code of a run that somebody stopped with Ctrl-C.
STOPPED = 130
INTERNAL = 5

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


class Program(click.Group):
    """The program: a group of commands that turns every failure into a message and an exit code."""

    debug = False

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a command line and ends the process, as click's own `main` does."""
        if not kwargs.get("standalone_mode", True):
            return super().main(*args, **kwargs)
        self.debug = False
        kwargs["prog_name"] = "thbscreen"
        kwargs["standalone_mode"] = False
        sys.exit(self._code(*args, **kwargs))

    def _code(self, *args: Any, **kwargs: Any) -> int:
        try:
            result = super().main(*args, **kwargs)
        except click.ClickException as error:
            error.show()
            return 2
        except (click.Abort, KeyboardInterrupt):
            say("stopped; nothing was written")
            return STOPPED
        except ThbscreenError as error:
            self._trace()
            say(told(error))
            return error.exit_code
        except (SystemExit, GeneratorExit):
            raise
        # Faults of libraries may be panics, which are no Exception; their texts may hold values.
        except BaseException as error:
            self._trace()
            say(f"internal fault ({type(error).__name__}); nothing was written", "error")
            if not self.debug:
                say(
                    "  = help: run again with --debug, and look for values from the data before passing it on"
                )
            return INTERNAL
        return result if isinstance(result, int) else 0

    def _trace(self) -> None:
        if self.debug:
            say("the trace may hold values from the data", "note")
            traceback.print_exc()


def told(error: ThbscreenError) -> str:
    """Gives the message of an error as it is printed."""
    if not isinstance(error, RuleError):
        return f"error: {error}"
    n = sum(d.severity == "error" for d in error.diagnostics)
    return f"{error}\n\n{n} error{'s' * (n != 1)}; nothing was run"


def say(text: str, kind: str = "") -> None:
    """Prints a message on stderr; characters that could steer the terminal are shown."""
    click.echo(printable_lines(f"{kind}: {text}" if kind else text), err=True)


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

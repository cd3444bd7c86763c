"""Where an export goes: one file or one folder, whole or not at all, never over somebody's data."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

from thbscreen.errors import OutputError, UsageError
from thbscreen.io.publish import MANIFEST, Staging

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_KINDS = {"export": "an export", "handover": "a hand-over"}


@contextlib.contextmanager
def whole_file(out: Path, *, force: bool) -> Iterator[TextIO]:
    """Opens a file that appears at `out` when the block ends without an error, readable by its owner only.

    Raises:
        UsageError: there is something at `out` already and it may not be replaced.
        OutputError: it cannot be written.
    """
    target = out.absolute()
    _free(target, force=force)
    part = target.parent / f".tmp-{target.name}-{os.getpid()}"
    try:
        part.unlink(missing_ok=True)
        with _signals_end_the_block():
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(handle, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123  # a handle
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            _publish(part, target, force=force)
    except FileExistsError:
        raise UsageError(f"{target.name} exists already", hint="use --force to replace it") from None
    except OSError as error:
        raise OutputError(
            f"{target.name}: cannot be written ({error.strerror})",
            hint="the folder around it must exist and be writable; nothing was written",
        ) from None
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(out: Path, *, force: bool, kind: str = "export") -> Iterator[Path]:
    """Gives a folder that appears at `out` when the block ends without an error; see `Staging`.

    Args:
        out: folder to make.
        force: replace an earlier folder of the same kind.
        kind: key that the manifest of such a folder has.

    Raises:
        UsageError: there is something at `out` already and it may not be replaced.
        OutputError: it cannot be written.
    """
    if (out / MANIFEST).is_file() and not _is_of(kind, out / MANIFEST):
        raise UsageError(f"{out.name} exists and is not {_KINDS[kind]}", hint="choose another folder")
    with Staging(out, force=force) as staging:
        yield staging.path


def check_apart(out: Path, run: Path) -> None:
    """Raises UsageError when an export would replace the run folder or become a part of it."""
    target, source = out.resolve(), run.resolve()
    if target == source or source in target.parents or target in source.parents:
        raise UsageError(
            "an export cannot lie in the run folder or in its place", hint="choose another place with --out"
        )


def _free(target: Path, *, force: bool) -> None:
    if not target.name or target.name.startswith("."):
        raise UsageError("the output file needs a name that does not begin with a dot")
    if target.is_symlink():
        raise UsageError(f"{target.name} is a symbolic link", hint="give the file itself")
    if target.is_dir():
        raise UsageError(f"{target.name} is a folder", hint="give the name of a file")
    if target.exists() and not force:
        raise UsageError(f"{target.name} exists already", hint="use --force to replace it")


def _publish(part: Path, target: Path, *, force: bool) -> None:
    """Gives the file its name; without `force` a file that came up meanwhile stays."""
    if not force:
        try:
            os.link(part, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            _free(target, force=False)
        else:
            return
    part.replace(target)


def _is_of(kind: str, manifest: Path) -> bool:
    try:
        facts: Any = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(facts, dict) and kind in facts


@contextlib.contextmanager
def _signals_end_the_block() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP end the block like any failure, so that nothing is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)

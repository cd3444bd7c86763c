"""Publishing a result folder: it appears whole by one rename, or not at all.

    with Staging(Path("out"), force=False) as staging:
        write_everything_into(staging.path)      # the manifest last

A lock file beside the target keeps a second run away. Files get mode 0600, folders 0700.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.errors import OutputError, UsageError

if TYPE_CHECKING:
    from types import FrameType, TracebackType

#: A folder without this file was not made by thbscreen and is never replaced.
MANIFEST = "manifest.json"
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class Staging:
    """A folder that becomes the target when the block ends without an error.

    Attributes:
        path: where to write; exists inside the block only. The folder around it is the run's own too:
            what a killed run leaves there, the next run into the same target takes away.
    """

    def __init__(self, out: Path, *, force: bool, marker: str = MANIFEST) -> None:
        """Keeps the target; nothing is touched before the block begins.

        Args:
            out: folder to publish; its parent must exist.
            force: replace an earlier result folder at `out`.
            marker: a file in it without which a folder is not an earlier result and is never replaced.
        """
        self.target = out.absolute()
        self.force = force
        self.marker = marker
        self._around = self.target.parent / f".tmp-{self.target.name}"
        self.path = self._around / "result"
        self._old = self.target.parent / f".old-{self.target.name}"
        self._lock_path = self.target.parent / f".lock-{self.target.name}"
        self._lock: int | None = None
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Staging:
        """Takes the lock, clears leftovers of a killed run, and makes the staging folder.

        Raises:
            UsageError: the target exists and may not be replaced.
            OutputError: another run holds the lock, or nothing can be written there.
        """
        if not self.target.name or self.target.name.startswith("."):
            raise UsageError("the output folder needs a name that does not begin with a dot")
        try:
            self._lock = self._take_lock()
            self._clear_leftovers()
            self._check_target()
            self._around.mkdir(mode=0o700)
            self.path.mkdir(mode=0o700)
        except OSError as error:
            self._release()
            raise OutputError(
                f"{self.target.name}: cannot be written ({error.strerror})",
                hint="the parent folder must exist and be writable",
            ) from None
        except BaseException:
            self._release()
            raise
        self._catch_signals()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Publishes after success; after any failure or signal leaves nothing behind.

        Raises:
            OutputError: when writing failed, for example because the disk is full.
        """
        try:
            if kind is None:
                try:
                    self._publish()
                except OSError as problem:
                    raise _output_error(problem, self.target.name) from None
            elif isinstance(error, OSError) or _is_full_disk(error):
                raise _output_error(error, self.target.name) from None
        finally:
            self._restore_signals()
            shutil.rmtree(self._around, ignore_errors=True)
            self._release()

    # --- lock -------------------------------------------------------------------------------------

    def _take_lock(self) -> int:
        while True:
            lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                raise OutputError(
                    f"another run is writing {self.target.name}",
                    hint="wait for it, or choose another output folder",
                ) from None
            # The last holder removes the file, so the lock counts only if the name still means this file.
            try:
                if self._lock_path.stat().st_ino == os.fstat(lock).st_ino:
                    return lock
            except FileNotFoundError:
                pass
            os.close(lock)

    def _release(self) -> None:
        if self._lock is not None:
            self._lock_path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    # --- checks -----------------------------------------------------------------------------------

    def _clear_leftovers(self) -> None:
        if self._around.is_dir() and not self._around.is_symlink():
            shutil.rmtree(self._around)
        if self._old.is_dir() and not self._old.is_symlink():
            if self.target.exists():
                shutil.rmtree(self._old)
            else:  # a run was killed between the two renames: the earlier result comes back
                self._old.rename(self.target)

    def _check_target(self) -> None:
        name = self.target.name
        if self.target.is_symlink():
            raise UsageError(f"{name} is a symbolic link", hint="give the folder itself")
        if not self.target.exists():
            return
        if not self.target.is_dir():
            raise UsageError(f"{name} exists and is not a folder", hint="choose another output folder")
        if not any(self.target.iterdir()):
            return
        if not (self.target / self.marker).is_file():
            raise UsageError(f"{name} exists and is not a result folder", hint="choose another output folder")
        if not self.force:
            raise UsageError(
                f"{name} exists already", hint="choose another folder, or use --force to replace it"
            )

    # --- publishing -------------------------------------------------------------------------------

    def _publish(self) -> None:
        _seal(self.path)
        replaced = self.target.exists() and any(self.target.iterdir())
        if replaced:
            self.target.rename(self._old)
        try:
            self.path.rename(self.target)
        except BaseException:  # a signal may come between the two renames, too
            if replaced and not self.target.exists():
                self._old.rename(self.target)
            raise
        _sync(self.target.parent)
        if replaced:
            shutil.rmtree(self._old, ignore_errors=True)

    # --- signals ----------------------------------------------------------------------------------

    def _catch_signals(self) -> None:
        """Lets SIGTERM and SIGHUP end the block like any failure; Ctrl-C does so anyway."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            self._handlers[number] = signal.signal(number, _stop)

    def _restore_signals(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave before
        self._handlers = {}


def _stop(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _seal(folder: Path) -> None:
    """Sets modes and writes everything through to the disk, folders after their files."""
    for root, folders, files in os.walk(folder, topdown=False):
        for name in files:
            path = Path(root, name)
            if not stat.S_ISREG(path.lstat().st_mode):
                raise OutputError(
                    "the result folder holds something that is not a file", hint="this is a bug"
                )
            path.chmod(0o600)
            _sync(path)
        for name in folders:
            Path(root, name).chmod(0o700)
        _sync(Path(root))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_full_disk(error: BaseException | None) -> bool:
    """True for the column library's own errors about writing, which are not OSError."""
    if not isinstance(error, (pl.exceptions.PolarsError, pl.exceptions.PanicException)):
        return False
    text = str(error)
    return any(
        part in text
        for part in ("os error 28", "No space left", "os error 27", "os error 122", "os error 30")
    )


def why_not_written(error: BaseException | None) -> str:
    """Says in words of the system why something could not be written; the column library has own errors."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error)
    full = "os error 28" in text or "No space left" in text
    return os.strerror(errno.ENOSPC) if full else "no space left or not writable"


def _output_error(error: BaseException | None, name: str) -> OutputError:
    return OutputError(
        f"{name}: results cannot be written ({why_not_written(error)})",
        hint="nothing was published; free some space",
    )

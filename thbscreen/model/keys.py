"""The key of hashed lists and details: where it comes from, and how it stays out of all that is written.

A key is never an argument of a command, never in a rule, list or profile, and in no result. What travels to
another process is only where the key comes from; it is read again there.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

#: Fewest bytes of a key. Words are few and easily guessed; only the key keeps them from being tried out.
MIN_KEY = 32
MAX_KEY = 4096
ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,100}", re.ASCII)


class KeyProblem(Exception):  # noqa: N818  # a reason, told as "not judged"
    """Why there is no key; the message says so in a clause, and shows neither key nor path."""


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a key is to be found: an environment variable, or a file."""

    env: str = ""
    file: Path | None = None

    def seen_by_others(self) -> bool:
        """Says whether other users of the machine may read the file of the key."""
        if self.file is None or os.name != "posix":
            return False
        try:
            return bool(self.file.stat().st_mode & 0o077)
        except OSError:
            return False

    def read(self) -> Key:
        """Reads the key; blanks and line ends around it do not count.

        Raises:
            KeyProblem: there is none, or it is too short or too long.
        """
        if self.file is None:
            value = os.environ.get(self.env)
            if value is None:
                raise KeyProblem(f"the environment variable {self.env} is not set")
            secret = value.encode("utf-8", "surrogateescape").strip()
        else:
            try:
                with self.file.open("rb") as file:
                    secret = file.read(MAX_KEY + 1).strip()
            except OSError as error:
                why = error.strerror or "unknown reason"
                raise KeyProblem(f"the file of the key cannot be read ({why})") from None
        if len(secret) < MIN_KEY:
            raise KeyProblem(f"the key is shorter than {MIN_KEY} characters")
        if len(secret) > MAX_KEY:
            raise KeyProblem(f"the key is longer than {MAX_KEY} characters")
        return Key(secret, self)


class Key:
    """A key in memory; it is never shown, and pickled only as its source."""

    __slots__ = ("_secret", "_source")

    def __init__(self, secret: bytes, source: KeySource | None = None) -> None:
        """Keeps the key; one without a source cannot travel to another process."""
        self._secret, self._source = secret, source

    @property
    def secret(self) -> bytes:
        """The key itself."""
        return self._secret

    def __repr__(self) -> str:
        """Shows that there is one."""
        return "Key(...)"

    def __reduce__(self) -> tuple[object, tuple[KeySource]]:
        """Lets another process read the key for itself."""
        if self._source is None:
            msg = "a key without a source does not leave its process"
            raise TypeError(msg)
        return _read_again, (self._source,)


def _read_again(source: KeySource) -> Key:
    return source.read()

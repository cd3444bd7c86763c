"""SHA-256 of files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from thbscreen.io.files import reading

if TYPE_CHECKING:
    from pathlib import Path


def sha256_file(path: Path) -> str:
    """Gives the SHA-256 of a file as lower-case hexadecimal text.

    Raises:
        DataError: D001 when the file cannot be read.
    """
    with reading(path.name), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

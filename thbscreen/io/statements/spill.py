"""Tables that wait in temporary files until they are asked for."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path
from shutil import rmtree

import polars as pl

from thbscreen.errors import OutputError
from thbscreen.io.publish import why_not_written


class Spill:
    """A folder of temporary files, made with the first of them and deleted with this object."""

    def __init__(self) -> None:
        """Starts without a folder."""
        self._folder: Path | None = None
        self._count = 0

    def put(self, frame: pl.DataFrame) -> Path:
        """Writes a table and gives its path.

        Raises:
            OutputError: there is no room for temporary files.
        """
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="thbscreen-"))
                weakref.finalize(self, rmtree, self._folder, ignore_errors=True)
            path = self._folder / f"{self._count}.arrow"
            self._count += 1
            frame.write_ipc(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise OutputError(
                f"the folder for temporary files cannot be written ({why_not_written(error)})",
                hint="free some space there, or name another folder in the environment variable TMPDIR",
            ) from None
        return path

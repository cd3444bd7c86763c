"""Reads Parquet files once in a process of its own: damage in one can end the process that reads it.

Parquet has no check of its own bytes. A few turned bits can ask the column library for more memory than there
is, which ends the whole process, whatever Python would catch. So a process that nobody needs reads first.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.files import list_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

_READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
sys.path[:0] = [sys.argv[1]]
from pathlib import Path
from thbscreen.io.columnar import ParquetSource
from thbscreen.io.files import list_inputs
from thbscreen.io.limits import Limits
from thbscreen.errors import ThbscreenError
try:
    for file in list_inputs([Path(p) for p in sys.argv[2:]])[0]:
        for chunk in ParquetSource(file, Limits()).chunks():
            pass
except ThbscreenError:
    pass  # the reader will say so itself, with its place
"""


def survives(files: Sequence[Path]) -> bool:
    """Says whether a process that reads these Parquet files lives to the end."""
    here = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", _READ, here, *map(str, files)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    return done.returncode >= 0  # below zero: ended by a signal


def check_parquet(inputs: Sequence[Path]) -> None:
    """Refuses Parquet files among the inputs that end the process that reads them.

    Raises:
        DataError: D021 for such a file, and those of `list_inputs`.
    """
    files = [file for file in list_inputs(inputs)[0] if file.kind == "parquet" and not file.packed]
    if not files or survives([file.path for file in files]):
        return
    for file in files:
        if not survives([file.path]):
            raise data_error(
                "D021",
                "the file is damaged in a way that ends the program that reads it",
                file=file.name,
                hint="check that the export is complete; export or copy it again",
            )

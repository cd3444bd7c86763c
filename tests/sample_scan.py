"""One scan of the sample data for all tests that only read its run folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

import thbscreen

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data"


def sample_scan(folders: pytest.TempPathFactory) -> Path:
    """Gives the run folder, made by the first process of tests that asks; nobody writes into it."""
    here = folders.getbasetemp()
    shared = here.parent if "PYTEST_XDIST_WORKER" in os.environ else here
    out = shared / "sample-scan"
    with (shared / "sample-scan.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.is_dir():  # outputs appear whole or not at all
            thbscreen.screen([SAMPLE], out=out)
    return out

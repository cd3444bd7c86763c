"""One scan of the sample for all tests of drafts."""

from __future__ import annotations

import pytest

import thbscreen
from tests.unit.filing.filing_build import SAMPLE, Cases


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Cases:
    work = tmp_path_factory.mktemp("filing")
    thbscreen.screen([SAMPLE], out=work / "out")
    return Cases(work / "out", work)

"""One scan of the sample for all tests of drafts."""

from __future__ import annotations

import pytest

from tests.sample_scan import sample_scan
from tests.unit.filing.filing_build import Cases


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Cases:
    return Cases(sample_scan(tmp_path_factory), tmp_path_factory.mktemp("filing"))

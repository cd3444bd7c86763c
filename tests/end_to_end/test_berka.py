"""A real bank's anonymised movements: what can be judged is judged, and nobody there becomes an alert."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import polars as pl
import pytest

from thbscreen.screening import ScreenResult, screen

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared")) / "data" / "berka"
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the Berka files are not here; they are not shipped"
)


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> ScreenResult:
    folder = tmp_path_factory.mktemp("berka")
    for name in ("trans", "account", "client", "disp"):
        (folder / f"{name}.asc").write_bytes(gzip.decompress((SHARED / f"{name}.asc.gz").read_bytes()))
    return screen([folder], mapping=ROOT / "sample_data" / "mappings" / "berka.yaml")


def test_every_movement_is_read(result):
    assert (result.load.read, result.load.loaded, result.load.rejected) == (49_102, 49_102, 0)


def test_ordinary_people_become_no_alert_and_no_network(result):
    assert result.alerts.height == 0
    assert result.networks.height == 0


def test_rules_that_need_the_hour_are_not_judged_and_say_why(result):
    ready = {r["rule"]: r for r in result.readiness.iter_rows(named=True)}
    for rule in ("THB-ML-005", "THB-SEX-012", "THB-VIC-016"):
        assert ready[rule]["status"] == "not judged"
        assert "time of day" in ready[rule]["reason"] or ready[rule]["missing"]


def test_the_page_about_this_file_shows_the_counts_of_today(result):
    page = (ROOT / "docs" / "how-to" / "screen-berka.md").read_text(encoding="utf-8")
    told = {
        status: int(n) for status, n in re.findall(r"^\| (ready|weak|not judged) \| (\d+) \|", page, re.M)
    }
    counts = result.readiness.group_by("status").agg(pl.len()).rows()
    assert told == dict(counts)
    assert f"Of {result.readiness.height} rules" in page

"""camt, pain and pacs files of other authors give the figures that their list states for each."""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.io.camt_build import rows
from thbscreen.io.dataset import open_dataset
from thbscreen.model.money import exponent

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared")) / "data" / "statements"
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the sample statements are not here; THBSCREEN_SHARED names their folder"
)


def listed() -> list[dict[str, str]]:
    if not SAMPLES.is_dir():
        return []
    with (SAMPLES / "manifest.csv").open(encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["version"].startswith(("camt", "pain", "pacs"))]


@pytest.mark.parametrize("figures", listed(), ids=lambda row: Path(row["file"]).name)
def test_a_sample_gives_its_figures(figures: dict[str, str]) -> None:
    data = open_dataset([SAMPLES / figures["file"]], None, zone="Europe/Berlin")
    frame = rows(data)
    report = data.report()
    assert figures["expect"] == "ok"
    assert report.rejected == 0
    assert report.tables["transactions"].adds_up
    each = report.statements["each"]
    assert sum(p["entries"] for p in each) == int(figures["records"])
    if figures["details"]:
        assert sum(p["details"] for p in each) == int(figures["details"])
    assert sorted({c for p in each for c in p["currencies"]}) == figures["currencies"].split()
    for side in ("credit", "debit"):
        read = sum(Decimal(p[side] or 0) + Decimal(p[f"pending_{side}"] or 0) for p in each)
        if figures[f"{side}_sum"]:
            assert read == Decimal(figures[f"{side}_sum"])
        # What is loaded for screening is the booked part, to the cent.
        booked = sum(Decimal(p[side] or 0) for p in each)
        loaded = sum(
            Decimal(minor).scaleb(-exponent(currency))
            for way, minor, currency in frame.select("direction", "amount", "currency").iter_rows()
            if way == side
        )
        assert loaded == booked
    if figures["balances_close"]:
        closed, told = (int(n) for n in figures["balances_close"].split("/"))
        assert (sum(p["balances"] == "closes" for p in each), len(each)) == (closed, told)


def test_the_samples_of_one_kind_are_read_as_one_folder(tmp_path: Path) -> None:
    for path in sorted((SAMPLES / "camt").glob("*.xml")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    data = open_dataset([tmp_path], None, zone="Europe/Berlin")
    report = data.report()
    assert report.tables["transactions"].adds_up
    assert report.read == 9
    # Two of the files hold the same statement with the same entry; parties of it are told in more detail.
    assert sorted(rows(data)["amount"].to_list()) == [885, 885, 885, 50000, 150000, 20000000, 20000000]
    assert [p["file"] for p in report.statements["each"] if p["repeat"]] == [
        "genkgo-camt053.v2.with-party-ids.xml"
    ]

"""Statements and payments that other authors collected give the figures that were counted by hand."""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.io.statement_support import Read, read
from tests.unit.io.support import ANY_SHARE
from thbscreen.io.dataset import open_dataset

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared")) / "data" / "statements"
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="sample statements are not here; THBSCREEN_SHARED names their folder"
)


def manifest() -> dict[str, dict[str, str]]:
    if not SAMPLES.is_dir():
        return {}
    with (SAMPLES / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}


MANIFEST = manifest()
STATEMENTS = sorted(name for name in MANIFEST if name.startswith(("mt940/", "ofx/")))
PAYMENTS = sorted(name for name in MANIFEST if "/mt103" in name)
#: Files that are read with a warning: row codes of refused entries, part of a note, sums of the refused.
WRONG: dict[str, tuple[list[str], str, str, str]] = {
    "mt940/wolph-sepa-snippet-broken.sta": ([], "field :25: behind an entry", "0", "0"),
    "ofx/ofxparse-fail_nice-date_missing.ofx": (
        ["D101", "D101"],
        "its month does not have",
        "200.00",
        "80.00",
    ),
    "ofx/ofxparse-fail_nice-decimal_error.ofx": (["D102"], "", "0", "0"),
}


def sample(name: str) -> Read:
    return read((SAMPLES / name).read_bytes())


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_sample_statement_gives_the_figures_of_the_manifest(name: str) -> None:
    told, found = MANIFEST[name], sample(name)
    codes, note, lost_credit, lost_debit = WRONG.get(name, ([], "", "0", "0"))
    assert len(found.movements) + len(found.refused) == int(told["records"])
    assert [code for _, code in found.refused] == codes
    # Amounts of refused entries are not loaded, so they are what the sums lack.
    assert found.total("credit") == Decimal(told["credit_sum"]) - Decimal(lost_credit)
    assert found.total("debit") == Decimal(told["debit_sum"]) - Decimal(lost_debit)
    if told["currencies"]:
        currencies = {row["currency"] for row in found.values} | {side["currency"] for side in found.sides}
        assert ";".join(sorted(currencies)) == told["currencies"]
    if told["expect"] == "warn":
        assert any(note in written for written in found.notes) if note else codes
    if told["balances_close"]:
        closing, of = map(int, told["balances_close"].split("/"))
        assert [proof["balances"] for proof in found.proofs].count("closes") == closing
        assert len(found.proofs) == of


@pytest.mark.parametrize("name", PAYMENTS)
def test_a_sample_payment_gives_both_legs_of_one_batch(name: str) -> None:
    found = sample(name)
    batches = {row["batch_id"] for row in found.values}
    assert len(batches) == int(MANIFEST[name]["records"])
    assert [row["direction"] for row in found.values] == ["debit", "credit"]
    debit, credit = found.values
    assert (debit["account_id"], debit["cp_account_id"]) == (credit["cp_account_id"], credit["account_id"])
    assert found.refused == []


@pytest.mark.parametrize("name", [*STATEMENTS, *PAYMENTS])
def test_a_sample_becomes_canonical_tables_in_which_the_counts_add_up(name: str) -> None:
    dataset = open_dataset([SAMPLES / name], None, zone="Europe/Berlin", limits=ANY_SHARE)
    report = dataset.report()
    found = sample(name)
    assert report.tables["transactions"].adds_up
    assert (report.loaded, report.rejected) == (len(found.movements), len(found.refused))
    assert dataset.accounts.height == len({side["account_id"] for side in found.sides})


def test_the_same_bookings_in_two_files_count_once() -> None:
    twins = [SAMPLES / f"mt940/wolph-asnb-nl{more}.txt" for more in ("", "-blank-entrydate")]
    report = open_dataset(twins, None, zone="Europe/Amsterdam").report()
    assert (report.read, report.loaded, sum(report.skipped.values())) == (16, 8, 8)

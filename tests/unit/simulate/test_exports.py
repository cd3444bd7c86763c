from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.simulate.exports import statements
from thbscreen.simulate.exports.profiles import BY_NAME, PROFILES, _bundle
from thbscreen.simulate.exports.tables import _sheet_rows
from thbscreen.simulate.layers import ordinary
from thbscreen.simulate.settings import PROFILES as NAMES
from thbscreen.simulate.settings import Dirt, Settings
from thbscreen.simulate.view import View, look, parties

CLEAN = Dirt().times(0)
#: Columns that every form but those in its own list must bring back unchanged.
COLUMNS = (
    "account_id", "direction", "amount", "tx_type", "channel", "cp_account_id", "cp_name", "purpose_code",
    "ultimate_creditor", "end_to_end_id", "remittance_info", "mcc", "merchant_id", "merchant_name",
    "merchant_country", "location_city", "terminal_id", "card_id", "conductor_id", "device_id", "booking_ts",
)  # fmt: skip


@pytest.fixture(scope="module")
def view() -> View:
    """Gives a world in which nothing is planned, cut down to sixty accounts."""
    lives = ordinary(6, 900, 90)
    bank = np.full(len(lives.world.holder), -1, dtype=np.int64)
    bank[::20] = 0
    seen = look(lives, bank, np.zeros(lives.world.parties, dtype=bool))
    return replace(seen, legs=seen.legs.filter(pl.col("moment") < 86_400 * 70))


@pytest.fixture(scope="module")
def rows(view: View) -> pl.DataFrame:
    made = view.transactions(view.legs)
    day = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia").dt.date()
    return made.with_columns(day.alias("value_date"))


def settings(dirt: Dirt) -> Settings:
    return Settings(seed=4, dirt=dirt, profiles=("clean",))


def load(folder: Path, mapping: Path | None) -> tuple[pl.DataFrame, Dataset]:
    dataset = open_dataset([folder], mapping, zone="Asia/Nicosia")
    frame = pl.concat(list(dataset.chunks()), how="diagonal_relaxed")
    return frame.filter(~pl.col("_row").is_in(dataset.drop_rows().implode())), dataset


def write(
    name: str, rows: pl.DataFrame, dirt: Dirt, tmp_path: Path
) -> tuple[pl.DataFrame, Dataset, dict[str, int]]:
    profile = BY_NAME[name]
    folder = tmp_path / name
    folder.mkdir()
    counts = profile.write(rows, folder / profile.file, settings(dirt))
    mapping = None
    if profile.mapping is not None:
        mapping = tmp_path / f"{name}.yaml"
        text = profile.mapping(profile.file)
        mapping.write_text(text[: text.index("  accounts:")], encoding="utf-8")
    return *load(folder, mapping), counts


def canonical(rows: pl.DataFrame, tmp_path: Path) -> pl.DataFrame:
    (tmp_path / "clean").mkdir()
    rows.write_parquet(tmp_path / "clean" / "transactions.parquet")
    return load(tmp_path / "clean", None)[0]


def test_the_profiles_are_those_of_the_command_line() -> None:
    assert [p.name for p in PROFILES] == [n for n in NAMES if n.startswith("bank_")]


@pytest.mark.parametrize("name", ["bank_a", "bank_b", "bank_c", "bank_d", "bank_e"])
def test_what_a_form_can_hold_comes_back_as_it_was(name: str, rows: pl.DataFrame, tmp_path: Path) -> None:
    clean = canonical(rows, tmp_path)
    got, dataset, counts = write(name, rows, CLEAN, tmp_path)
    assert set(counts.values()) <= {0}
    assert got.height == clean.height > 700
    report = dataset.report()
    assert report.rejected == 0
    lost = BY_NAME[name].lost
    keep = [c for c in COLUMNS if c not in lost]
    assert [c for c in keep if c not in got.columns] == []
    order = [pl.col(c) for c in keep]
    assert got.select(order).sort(keep).equals(clean.select(order).sort(keep), null_equal=True)
    if name == "bank_c":
        told = [f.filter(pl.col("end_to_end_id").is_not_null())["remittance_info"] for f in (got, clean)]
        assert told[0].drop_nulls().sort().equals(told[1].drop_nulls().sort())


@pytest.mark.parametrize("name", ["bank_a", "bank_c", "bank_d", "bank_e"])
def test_every_damaged_row_is_accounted_for(name: str, rows: pl.DataFrame, tmp_path: Path) -> None:
    clean = canonical(rows, tmp_path)
    dirt = Dirt(duplicate=20, no_name=50, masked=20, swapped_day=3, wrong_currency=5, reversal=15, broken=2)
    got, dataset, counts = write(name, rows, dirt, tmp_path)
    report = dataset.report()
    assert counts["no_name"] > 0
    assert counts["masked"] > 0
    broken = counts.get("swapped_day", 0) + counts.get("broken", 0)
    assert broken or name in ("bank_c", "bank_d")
    assert report.rejected <= broken
    assert got.height >= clean.height - broken
    assert got.height <= clean.height
    if name in ("bank_c", "bank_d"):
        assert report.skipped["status reversed"] == 2 * counts["reversal"] > 0
        assert got["amount"].sum() == clean["amount"].sum()
        assert report.statements["summary"][0].endswith("balance")
    else:
        again = sum(n for why, n in report.skipped.items() if why.startswith("same row again"))
        assert counts["duplicate"] - 3 <= again <= counts["duplicate"]


def test_a_day_with_day_and_month_in_the_wrong_order_is_refused(rows: pl.DataFrame, tmp_path: Path) -> None:
    got, dataset, counts = write("bank_a", rows, replace(CLEAN, swapped_day=12.0), tmp_path)
    assert counts["swapped_day"] > 5
    report = dataset.report()
    assert report.rejected == counts["swapped_day"]
    assert set(report.rejects["column"]) == {"booking_ts"}
    assert got.height == rows.height - counts["swapped_day"]


def test_the_bundle_of_overlapping_statements_counts_every_booking_once(
    view: View, rows: pl.DataFrame, tmp_path: Path
) -> None:
    legs = view.legs.with_columns(pl.col("moment") + 86_400 * 100)  # so that both periods have bookings
    moved = replace(view, legs=legs)
    told = _bundle(moved, replace(settings(CLEAN), banks=1), tmp_path)
    got, dataset = load(tmp_path, None)
    assert told["damage"]["overlap"] > 0
    assert dataset.report().read == rows.height + told["damage"]["overlap"]
    assert got.height == rows.height
    assert parties(view).height >= dataset.parties.height > 0


def test_an_export_has_the_same_bytes_every_time(rows: pl.DataFrame, tmp_path: Path) -> None:
    few = rows.head(400)
    for profile in PROFILES:
        for k in (0, 1):
            profile.write(few, tmp_path / f"{k}-{profile.file}", settings(Dirt()))
        first, second = ((tmp_path / f"{k}-{profile.file}").read_bytes() for k in (0, 1))
        assert first == second, profile.name


def test_signs_of_xml_are_written_out() -> None:
    made = _sheet_rows(pl.DataFrame({"a": ["<b>&"], "b": [None]}, schema={"a": pl.String, "b": pl.String}))
    assert (
        made[0] == '<row><c t="inlineStr"><is><t xml:space="preserve">&lt;b&gt;&amp;</t></is></c><c/></row>'
    )


def test_a_statement_field_has_lines_of_65_letters_and_subfields_of_27(rows: pl.DataFrame) -> None:
    long = rows.head(1).with_columns(
        pl.lit("word " * 30).alias("remittance_info"), pl.lit(False).alias("reversal"),
        pl.lit("E1").alias("end_to_end_id"),
    )  # fmt: skip
    text = statements.mt940_entries(long)["entry"][0]
    lines = text.split("\r\n")[1:-1]
    assert max(len(line) for line in lines) <= 65 + len(":86:")
    assert len(lines) <= 6

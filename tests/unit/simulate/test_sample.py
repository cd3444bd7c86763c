from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from thbscreen.model import catalogue
from thbscreen.simulate.export import iban
from thbscreen.simulate.sample import Sample, main, make_sample, write_sample

ROOT = Path(__file__).resolve().parents[3]
DATA, TRUTH = ROOT / "sample_data", ROOT / "tests" / "expected" / "sample_data"
POSITIVES = 3
LABEL_WORDS = (
    "positive",
    "twin",
    "truth",
    "label",
    "victim",
    "ring",
    "gang",
    "controller",
    "scenario",
    "group",
)


@pytest.fixture(scope="module")
def small() -> Sample:
    return make_sample(seed=5, people=1000, firms=90)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(small: Sample, tmp_path: Path) -> None:
    write_sample(small, tmp_path / "a", tmp_path / "ta")
    write_sample(make_sample(seed=5, people=1000, firms=90), tmp_path / "b", tmp_path / "tb")
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    assert _bytes(tmp_path / "ta") == _bytes(tmp_path / "tb")


def test_another_seed_gives_other_movements(small: Sample) -> None:
    other = make_sample(seed=6, people=1000, firms=90)
    assert other.tables.transactions["tx_id"].to_list() != small.tables.transactions["tx_id"].to_list()


def test_both_legs_of_a_payment_between_customers_carry_the_same_money(small: Sample) -> None:
    t = small.tables.transactions.filter(pl.col("end_to_end_id").is_not_null())
    pairs = t.group_by("end_to_end_id").agg(
        pl.len(),
        pl.col("amount").n_unique().alias("amounts"),
        pl.col("direction").n_unique().alias("directions"),
        pl.col("account_id").sort().alias("mine"),
        pl.col("cp_account_id").sort().alias("theirs"),
    )
    both = pairs.filter(pl.col("len") == 2)
    assert both.height > 1000
    assert pairs["len"].max() == 2
    assert both.filter((pl.col("amounts") != 1) | (pl.col("directions") != 2)).is_empty()
    assert both.filter(pl.col("mine") != pl.col("theirs")).is_empty()


def test_a_payment_to_a_customer_always_shows_on_that_customers_account(small: Sample) -> None:
    t = small.tables.transactions
    inside = t.filter(pl.col("cp_account_id").is_in(small.tables.accounts["account_id"].implode()))
    counted = inside.group_by("end_to_end_id").len()
    assert set(counted["len"]) == {2}


def test_every_amount_is_above_zero_and_no_balance_is_below_zero(small: Sample) -> None:
    t = small.tables.transactions
    assert t.filter(pl.col("amount") <= 0).is_empty()
    assert t.filter(pl.col("balance_after") < 0).is_empty()


def test_balances_follow_from_the_movements(small: Sample) -> None:
    signed = pl.when(pl.col("direction") == "credit").then(pl.col("amount")).otherwise(-pl.col("amount"))
    step = small.tables.transactions.select(
        (pl.col("balance_after") - pl.col("balance_after").shift(1).over("account_id") - signed).alias("gap")
    )
    assert set(step["gap"].drop_nulls().cast(pl.Float64)) == {0.0}


def test_tables_use_only_canonical_columns_and_values(small: Sample) -> None:
    for table in ("transactions", "accounts", "parties", "account_parties"):
        known = {f.name: f for f in catalogue.TABLES[table]}  # type: ignore[index]
        frame: pl.DataFrame = getattr(small.tables, table)
        assert set(frame.columns) <= set(known)
        for name, f in known.items():
            if f.values and name in frame.columns:
                assert set(frame[name].drop_nulls()) <= set(f.values), name


def test_no_account_moves_before_it_is_opened(small: Sample) -> None:
    t = small.tables.transactions.join(small.tables.accounts, on="account_id")
    day = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia").dt.date()
    assert t.filter(day < pl.col("opened_date")).is_empty()
    assert t.filter(day > pl.col("closed_date")).is_empty()


def test_ids_of_accounts_have_right_check_digits_and_an_invented_bank(small: Sample) -> None:
    for account in small.tables.accounts["account_id"].head(50):
        assert account == iban("CY", account[4:])
        assert account[4:7] == "999"


def test_no_column_name_or_id_carries_a_label(small: Sample) -> None:
    for table in ("transactions", "accounts", "parties", "account_parties"):
        frame: pl.DataFrame = getattr(small.tables, table)
        assert not [c for c in frame.columns if any(w in c.split("_") for w in LABEL_WORDS)]
        for column in (c for c in frame.columns if c.endswith(("_id", "_hash"))):
            seen = frame[column].drop_nulls().str.to_lowercase()
            assert not seen.str.contains_any(list(LABEL_WORDS)).any(), column


def test_no_single_simple_value_separates_planned_movements(small: Sample) -> None:
    t = small.tables.transactions
    planned = (small.tables.group >= 0) & (small.tables.group < POSITIVES)
    base = float(planned.mean())
    local = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia")
    cents = (pl.col("amount") * 100).cast(pl.Int64)
    simple = t.select(
        local.dt.hour().alias("hour"),
        local.dt.weekday().alias("weekday"),
        local.dt.day().alias("day"),
        local.dt.second().alias("second"),
        (cents % 1000).alias("mod_10"),
        (cents % 5000).alias("mod_50"),
        pl.col("tx_id").str.slice(0, 3).alias("tx_prefix"),
        pl.col("tx_id").str.slice(-1).alias("tx_end"),
        pl.col("remittance_info").str.len_chars().fill_null(0).alias("text_length"),
        (pl.int_range(pl.len()) * 10 // pl.len()).alias("rank"),
        pl.col("channel"),
        pl.col("tx_type"),
        pl.col("location_city"),
    ).with_columns(pl.Series("planned", planned))
    for column in simple.columns[:-1]:
        by = simple.group_by(column).agg(pl.col("planned").mean().alias("precision"), pl.col("planned").sum())
        worst = by.filter(pl.col("planned") > 0.2 * planned.sum())
        assert worst.filter(pl.col("precision") > 5 * base).is_empty(), (column, worst)


def test_no_part_of_an_account_id_separates_planned_accounts(small: Sample) -> None:
    groups = small.truth["groups"][:POSITIVES]
    members = [a for g in groups for m in g["members"] for a in m["account_ids"]]
    accounts = small.tables.accounts.select(
        pl.col("account_id").is_in(members).alias("planned"),
        pl.col("account_id").str.slice(2, 1).alias("check"),
        pl.col("account_id").str.slice(4, 8).alias("branch_code"),
        pl.col("account_id").str.slice(-1).alias("end"),
    )
    base = float(accounts["planned"].cast(pl.Float64).sum()) / accounts.height
    for column in accounts.columns[1:]:
        by = accounts.group_by(column).agg(
            pl.col("planned").mean().alias("precision"), pl.col("planned").sum()
        )
        assert by.filter(
            (pl.col("planned") > 0.2 * len(members)) & (pl.col("precision") > 5 * base)
        ).is_empty()


def test_planned_people_are_found_at_any_place_of_the_files(small: Sample) -> None:
    ids = small.tables.parties["party_id"].to_list()
    members = {m["party_id"] for g in small.truth["groups"] for m in g["members"]}
    places = np.sort([ids.index(m) for m in members]) / len(ids)
    even = (np.arange(len(places)) + 0.5) / len(places)
    assert np.abs(places - even).max() < 0.2


def test_each_positive_has_a_twin_and_all_members_are_customers(small: Sample) -> None:
    kinds = [g["kind"] for g in small.truth["groups"]]
    assert kinds.count("positive") == POSITIVES
    assert kinds.count("twin") >= POSITIVES
    known = set(small.tables.parties["party_id"])
    assert all(m["party_id"] in known for g in small.truth["groups"] for m in g["members"])


def test_nobody_belongs_to_two_groups(small: Sample) -> None:
    members = [m["party_id"] for g in small.truth["groups"] for m in g["members"]]
    assert len(members) == len(set(members))


def test_the_truth_may_not_lie_beside_the_data(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--truth", str(tmp_path / "truth")])
    assert not list(tmp_path.iterdir())


def test_a_world_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        make_sample(seed=1, people=120, firms=20)


def test_the_full_world_is_made_in_ten_seconds_and_equals_the_committed_files(tmp_path: Path) -> None:
    begun = time.process_time()
    main(["--out", str(tmp_path / "data"), "--truth", str(tmp_path / "truth")])
    assert time.process_time() - begun < 20  # two cores
    made = pl.read_parquet(tmp_path / "data" / "transactions.parquet")
    assert made.equals(pl.read_parquet(DATA / "transactions.parquet"))
    for name in ("accounts.csv", "parties.csv", "account_parties.csv"):
        assert (tmp_path / "data" / name).read_bytes() == (DATA / name).read_bytes()
    assert (tmp_path / "truth" / "truth.json").read_bytes() == (TRUTH / "truth.json").read_bytes()


def test_the_committed_files_are_small_and_hold_no_truth() -> None:
    assert (DATA / "transactions.parquet").stat().st_size < 6_000_000
    assert sum(p.stat().st_size for p in DATA.glob("*.csv")) < 1_000_000
    assert not [p for p in DATA.rglob("*") if "truth" in p.name or "expected" in p.name]
    assert 1900 <= pl.read_csv(DATA / "parties.csv").height <= 2100
    rows = pl.scan_parquet(DATA / "transactions.parquet").select(pl.len()).collect().item()
    assert 130_000 <= rows <= 190_000

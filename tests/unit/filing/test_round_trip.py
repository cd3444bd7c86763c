"""A scan of goAML reports finds what a scan of the same movements as tables finds."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

import thbscreen
from tests.sample_scan import SAMPLE
from tests.unit.filing.filing_build import Cases
from thbscreen.filing.case import FilingCase, paired
from thbscreen.filing.details import Details, read_details
from thbscreen.filing.profile import SHIPPED, read_profile
from thbscreen.filing.sides import SideBuilder
from thbscreen.filing.writer import ReportWriter
from thbscreen.io.dataset import open_dataset
from thbscreen.screening import ScreenResult

PROFILE = SHIPPED / "example.yaml"
#: Of the ledgers beside the networks, every so manieth travels; 1 is the whole sample, which takes minutes.
EVERY = int(os.environ.get("THBSCREEN_TRIP_EVERY", "5"))


@dataclass
class Trip:
    """Both scans, and where the files lie."""

    tables: ScreenResult
    reports: ScreenResult
    folder: Path


def write_tables(folder: Path, rows: pl.DataFrame) -> None:
    """Writes some movements with the accounts and customers that belong to them."""
    folder.mkdir(parents=True)
    rows.write_parquet(folder / "transactions.parquet")
    held = pl.read_csv(SAMPLE / "account_parties.csv", infer_schema=False)
    held = held.filter(pl.col("account_id").is_in(rows["account_id"].unique().implode()))
    held.write_csv(folder / "account_parties.csv")
    accounts = pl.read_csv(SAMPLE / "accounts.csv", infer_schema=False)
    accounts.filter(pl.col("account_id").is_in(held["account_id"].implode())).write_csv(
        folder / "accounts.csv"
    )
    parties = pl.read_csv(SAMPLE / "parties.csv", infer_schema=False)
    wanted = pl.concat([held["party_id"], parties["employer_id"]]).drop_nulls()
    parties.filter(pl.col("party_id").is_in(wanted.implode())).write_csv(folder / "parties.csv")


def made_up(digest: str) -> str:
    """Gives nine digits that are equal for equal digests."""
    return f"{int(digest, 16) % 10**9:09d}"


def unique_details(folder: Path, path: Path) -> Details:
    """Makes up papers that tell people apart, and telephones and addresses that are shared as in the data."""
    columns = [
        "id",
        "ssn",
        "birthdate",
        "nationality1",
        "phone.tph_number",
        "address.address",
        "address.city",
        "address.country_code",
        "email",
        "incorporation_number",
    ]
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, columns, restval="")
        table.writeheader()
        for row in pl.read_csv(folder / "parties.csv", infer_schema=False).iter_rows(named=True):
            shared = {
                "phone.tph_number": f"+4915{made_up(row['phone_hash'])}",
                "address.address": f"Example Street {made_up(row['address_hash'])}",
                "address.city": "Nicosia", "address.country_code": "CY",
                "email": f"{row['email_hash']}@example.org" if row["email_hash"] else "",
            }  # fmt: skip
            own = (
                {"ssn": row["party_id"], "birthdate": "1980-01-01", "nationality1": "CY"}
                if row["kind"] == "natural"
                else {"incorporation_number": row["party_id"]}
            )
            table.writerow({"id": row["party_id"], **shared, **own})
    return read_details(path)


def write_reports(
    folder: Path, tables: Path, details: Details, like: FilingCase, per_file: int = 1000
) -> int:
    """Writes all movements of some tables as reports; gives the number of payments."""
    data = open_dataset([tables], None, zone="Asia/Nicosia")
    customers = {r["party_id"]: r for r in data.parties.iter_rows(named=True)}
    accounts = {r["account_id"]: r for r in data.accounts.iter_rows(named=True)}
    holders = {
        r["account_id"]: ((r["party_id"], r["role"]),)
        for r in data.account_parties.iter_rows(named=True)
        if r["role"] == "holder"
    }
    for r in data.account_parties.iter_rows(named=True):
        if r["role"] != "holder":
            holders[r["account_id"]] = (*holders.get(r["account_id"], ()), (r["party_id"], r["role"]))
    moves = paired(pl.concat(list(data.chunks())).to_dicts(), set(accounts))
    case = FilingCase(**{
        **like.__dict__, "movements": tuple(moves), "customers": customers, "accounts": accounts,
        "holders": holders, "details": details, "complete": True,
    })  # fmt: skip
    profile = read_profile(PROFILE)
    builder, writer = SideBuilder(case, profile), ReportWriter(profile)
    folder.mkdir()
    for start in range(0, len(moves), per_file):
        made = [builder.transaction(m) for m in moves[start : start + per_file]]
        header = {"rentity_id": "9001", "report_date": "2026-10-05T00:00:00", "currency_code_local": "EUR"}
        data_bytes = writer.document("report", "report", {**header, "transaction": made})
        (folder / f"report-{start:06}.xml").write_bytes(data_bytes)
    return len(moves)


def travel(cases: Cases, folder: Path, rows: pl.DataFrame, per_file: int = 1000) -> Trip:
    write_tables(folder / "tables", rows)
    details = unique_details(folder / "tables", folder / "details.csv")
    like = cases.network(cases.network_ids()[-1], "unnamed-5.0.1")
    count = write_reports(folder / "reports", folder / "tables", details, like, per_file)
    assert 0 < count < rows.height  # payments between two clients are one transaction
    tables = thbscreen.screen([folder / "tables"])
    reports = thbscreen.screen([folder / "reports"], mapping=PROFILE)
    return Trip(tables, reports, folder)


def networks(run: ScreenResult) -> list[tuple[str, int, list[str]]]:
    """Gives title, money moved and accounts of each network; ids of people differ by design."""
    accounts = run.network_members.with_columns(
        a=pl.when(pl.col("accounts").list.len() > 0).then("accounts").otherwise(pl.concat_list("member_id"))
    )
    grouped = accounts.group_by("network_id").agg(pl.col("a").explode().sort())
    rows = run.networks.join(grouped, on="network_id").select("title", "amount_eur", "a").rows()
    return sorted(rows)


def patterns(run: ScreenResult) -> list[tuple[str, list[str], int, str]]:
    """Gives title, rules, possible victims and what a network rests on."""
    rows = run.networks.select("title", pl.col("rules").list.sort(), "n_possible_victims", "confidence")
    return sorted(rows.rows())


def alerts(run: ScreenResult) -> list[tuple[list[str], float, str, list[str]]]:
    """Gives accounts, score, handling and families of each alert."""
    rows = run.alerts.select(pl.col("accounts").list.sort(), "score", "handling", "families")
    return sorted(rows.rows())


def ledgers(cases: Cases, every: int | None = None) -> pl.DataFrame:
    """Gives the ledgers of all members of networks, and the other side of their payments.

    Args:
        cases: of the sample.
        every: take every so manieth of all other ledgers, too.
    """
    members = cases.run.table("network_members")
    rows = pl.read_parquet(SAMPLE / "transactions.parquet")
    more = rows["account_id"].unique().sort().gather_every(every) if every else pl.Series([], dtype=pl.String)
    ids = pl.concat([members["accounts"].explode(), members["member_id"], more])
    wanted = ids.drop_nulls().unique().implode()
    return rows.filter(pl.col("account_id").is_in(wanted) | pl.col("cp_account_id").is_in(wanted))


@pytest.fixture(scope="module")
def trip(cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> Trip:
    return travel(cases, tmp_path_factory.mktemp("trip"), ledgers(cases))


def test_the_same_networks_are_found(trip: Trip, cases: Cases) -> None:
    assert networks(trip.reports) == networks(trip.tables)
    assert sorted(trip.reports.networks["title"]) == sorted(cases.run.table("networks")["title"])


@pytest.mark.slow
def test_the_profile_of_an_fiu_finds_the_same_in_reports_as_in_tables(trip: Trip) -> None:
    tables = thbscreen.screen([trip.folder / "tables"], profile="fiu")
    reports = thbscreen.screen([trip.folder / "reports"], mapping=PROFILE, profile="fiu")
    assert networks(reports) == networks(tables)
    assert patterns(reports) == patterns(tables)
    assert alerts(reports) == alerts(tables)
    assert len(networks(reports)) == 3


def test_rules_that_both_can_judge_hit_the_same_subjects(trip: Trip) -> None:
    status = trip.reports.readiness.select("rule", "status").join(
        trip.tables.readiness.select("rule", theirs="status"), on="rule"
    )
    same = status.filter(pl.col("status") == pl.col("theirs"))["rule"]
    assert len(same) >= 0.95 * status.height
    for frame in ("hits", "near_misses"):
        ours, theirs = (
            getattr(run, frame)
            .filter(pl.col("rule").is_in(same.implode()))
            .group_by("rule")
            .len()
            .sort("rule")
            for run in (trip.reports, trip.tables)
        )
        assert ours.equals(theirs), frame
    columns = ["rule", "n_tx", "amount_eur", "evidence"]
    by_account = pl.col("subject_id").str.starts_with("CY")
    ours, theirs = (
        run.hits.filter(by_account).select("subject_id", *columns).sort("subject_id", *columns)
        for run in (trip.reports, trip.tables)
    )
    assert ours.height > 0
    assert ours.equals(theirs)


def test_every_ledger_row_comes_back_with_its_values(trip: Trip) -> None:
    columns = [
        "account_id",
        "booking_ts",
        "direction",
        "amount",
        "currency",
        "tx_type",
        "channel",
        "cp_account_id",
        "cp_country",
        "remittance_info",
        "merchant_name",
        "mcc",
        "terminal_id",
        "device_id",
        "card_id",
        "balance_after",
        "purpose_code",
        "end_to_end_id",
        "location_city",
        "location_country",
    ]
    frames = [
        pl.concat(list(run.dataset.chunks())).select(columns).sort(columns)
        for run in (trip.reports, trip.tables)
    ]
    assert frames[0].height == frames[1].height > 4000
    # A fee is paid to the bank itself, whose country a report must name and a ledger does not.
    fee = pl.col("tx_type") == "fee"
    frames = [f.with_columns(cp_country=pl.when(~fee).then("cp_country")) for f in frames]
    for column in columns:
        assert frames[0][column].equals(frames[1][column]), column


def test_the_same_transaction_in_a_second_report_counts_once(trip: Trip) -> None:
    first = sorted((trip.folder / "reports").iterdir())[0]
    (trip.folder / "twice").mkdir()
    for name in ("a.xml", "b.xml"):
        (trip.folder / "twice" / name).write_bytes(first.read_bytes())
    once = open_dataset([first], PROFILE, zone="Asia/Nicosia").report()
    both = open_dataset([trip.folder / "twice"], PROFILE, zone="Asia/Nicosia").report()
    assert both.loaded == once.loaded
    assert both.notes["transaction that another report holds too; the first was taken"] == 1000


@pytest.mark.slow
def test_reports_of_a_whole_bank_give_its_networks_and_alerts(cases: Cases, tmp_path: Path) -> None:
    trip = travel(cases, tmp_path, ledgers(cases, EVERY), per_file=5000)
    assert trip.reports.dataset.report().loaded > 40_000
    assert networks(trip.reports) == networks(trip.tables)
    assert patterns(trip.reports) == patterns(trip.tables)
    assert alerts(trip.reports) == alerts(trip.tables)
    # With every ledger the networks are those of the sample to the cent; what is left out shifts sums.
    whole = sorted(cases.run.table("networks").select("title", "amount_eur").rows())
    kept = [n[:2] for n in networks(trip.reports)]
    assert kept == whole if EVERY == 1 else [n[0] for n in kept] == [n[0] for n in whole]

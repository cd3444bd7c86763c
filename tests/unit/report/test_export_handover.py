"""What is handed over: members and payments once, the careful reading, and nothing that was changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.unit.report.export_build import NET, ONCE, OTHER, Folder, pair
from thbscreen.errors import DataError, UsageError
from thbscreen.report.export.handover import Handover, read_handover
from thbscreen.report.folder import open_folder


def read(made: Folder, tmp_path: Path, *networks: str, **options: Any) -> Handover:
    return read_handover(open_folder(made.write(tmp_path / "out")), networks, **options)


def two_networks() -> Folder:
    """A pair that stands in two networks with the same payment, read in two ways."""
    made = pair().network(OTHER).member("P3", network_id=OTHER)
    made.member("P2", "possible_victim", OTHER).member("P1", "possible_client", OTHER)
    made.edges.append(dict(made.edges[0], network_id=OTHER))
    return made


def member(handover: Handover, member_id: str) -> dict[str, Any]:
    return handover.members.row(by_predicate=pl.col("member_id") == member_id, named=True)


def test_each_payment_is_one_row_in_the_order_of_time(tmp_path: Path) -> None:
    rows = read(pair(), tmp_path).payments
    assert rows.select("tx_id", "source", "target", "amount").rows() == [
        ("T1", "P1", "P2", 1250),
        ("T2", "P1", "P2", 5),
    ]
    assert rows["key"].n_unique() == 2


def test_a_payment_in_two_networks_is_handed_over_once(tmp_path: Path) -> None:
    handover = read(two_networks(), tmp_path)
    assert handover.payments["tx_id"].to_list() == ["T1", "T2"]
    assert handover.payments["networks"].to_list() == [[NET, OTHER]] * 2
    assert member(handover, "P2")["received"] == 1255


def test_who_is_a_possible_victim_in_one_network_is_handled_so_in_all(tmp_path: Path) -> None:
    handover = read(two_networks(), tmp_path)
    both = member(handover, "P2")
    assert (both["handling"], both["role"]) == ("possible victim", "possible victim")
    assert both["in_networks"] == f"{NET}: possible controller; {OTHER}: possible victim"
    assert handover.memberships.height == 5
    assert handover.members.height == 3


def test_an_alert_that_is_handled_as_a_possible_victim_is_so_here_too(tmp_path: Path) -> None:
    made = pair()
    made.alerts = [{"rank": 1, "alert_id": "AL-1", "subject_id": "P2", "handling": "possible victim"}]
    assert member(read(made, tmp_path), "P2")["handling"] == "possible victim"


def test_other_members_are_subjects_or_just_named(tmp_path: Path) -> None:
    made = pair().member("P3")
    made.alerts = [{"rank": 1, "alert_id": "AL-1", "subject_id": "P2", "handling": "subject"}]
    handover = read(made, tmp_path)
    assert member(handover, "P2")["handling"] == "subject"
    assert member(handover, "P3")["handling"] == "named in a network"


def test_only_the_networks_asked_for_are_handed_over(tmp_path: Path) -> None:
    handover = read(two_networks(), tmp_path, OTHER)
    assert handover.networks["network_id"].to_list() == [OTHER]
    assert handover.members["member_id"].to_list() == ["P1", "P2", "P3"]
    assert handover.payments["networks"].to_list() == [[OTHER]] * 2
    assert handover.links["kind"].to_list() == ["payment"]


def test_an_unknown_network_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"'NW-x' in this run\n.*{NET}"):
        read(pair(), tmp_path, "NW-x")


def test_keys_are_the_same_in_every_run_and_differ_by_institution(tmp_path: Path) -> None:
    keys = [
        read(pair(), tmp_path / name, namespace=namespace).members["key"].to_list()
        for name, namespace in (("a", "one"), ("b", "one"), ("c", "two"))
    ]
    assert keys[0] == keys[1]
    assert not set(keys[0]) & set(keys[2])


def test_the_same_id_twice_on_one_link_is_two_payments(tmp_path: Path) -> None:
    made = Folder().network().member("P1").member("P2").pay("P1", "P2", ("T", ONCE, 1), ("T", ONCE, 1))
    rows = read(made, tmp_path).payments
    assert (rows.height, rows["key"].n_unique()) == (2, 2)


def test_a_link_that_lacks_payments_is_refused(tmp_path: Path) -> None:
    made = pair()
    made.edges[0]["n"] = 3
    with pytest.raises(DataError, match="each payment"):
        read(made, tmp_path)


@pytest.mark.parametrize("name", ["networks", "network_members", "network_edges", "alerts"])
def test_a_table_that_somebody_changed_is_refused(name: str, tmp_path: Path) -> None:
    folder = pair().write(tmp_path / "out")
    table = folder / f"{name}.parquet"
    table.write_bytes(table.read_bytes() + b" ")
    with pytest.raises(DataError, match=f"{name}.parquet is not the file that the scan wrote"):
        read_handover(open_folder(folder))


# --- what the evidence tells ------------------------------------------------------------------------


def evidence(*rows: dict[str, Any]) -> dict[str, pl.DataFrame]:
    blank = dict.fromkeys(("tx_id", "account_id", "direction", "cp_account_id", "remittance_info"), "")
    return {NET: pl.DataFrame([blank | row for row in rows])}


def several_accounts() -> Folder:
    made = Folder().network().member("P1", accounts=["A1", "=A2"]).member("P2", accounts=["B1"])
    return made.pay("P1", "P2", ("T1", ONCE, 1))


def only_payment(handover: Handover) -> tuple[Any, ...]:
    return handover.payments.select("payer_account", "payee_account", "purpose").row(0)


def test_the_only_account_of_a_member_is_the_one_that_paid(tmp_path: Path) -> None:
    assert only_payment(read(several_accounts(), tmp_path)) == (None, "B1", None)


@pytest.mark.parametrize(
    "row",
    [
        {"account_id": "=A2", "direction": "debit", "cp_account_id": "B1"},
        {"account_id": "B1", "direction": "credit", "cp_account_id": "=A2"},
    ],
    ids=["the payer's row", "the payee's row"],
)
def test_the_evidence_tells_which_account_paid_and_for_what(row: dict[str, Any], tmp_path: Path) -> None:
    made = several_accounts()
    made.evidence = evidence({"tx_id": "T1", "remittance_info": "rent"} | row)
    assert only_payment(read(made, tmp_path)) == ("=A2", "B1", "rent")


def test_two_rows_with_one_id_tell_nothing(tmp_path: Path) -> None:
    made = several_accounts()
    row = {"tx_id": "T1", "account_id": "A1", "direction": "debit"}
    made.evidence = evidence(row | {"remittance_info": "a"}, row | {"remittance_info": "b"})
    assert only_payment(read(made, tmp_path)) == (None, "B1", None)


def test_an_account_that_is_not_the_members_own_is_not_taken(tmp_path: Path) -> None:
    made = several_accounts()
    made.evidence = evidence({"tx_id": "T1", "account_id": "Z9", "direction": "debit"})
    assert only_payment(read(made, tmp_path))[0] is None


def test_evidence_that_the_manifest_does_not_list_is_not_read(tmp_path: Path) -> None:
    folder = several_accounts().write(tmp_path / "out")
    (folder / "cases" / NET).mkdir(parents=True)
    (folder / "cases" / NET / "evidence.csv").write_text("tx_id,remittance_info\nT1,planted\n")
    assert only_payment(read_handover(open_folder(folder)))[2] is None


def test_a_hundred_thousand_payments_are_read_in_a_few_seconds(tmp_path: Path) -> None:
    made = Folder().network()
    for number in range(100):
        made.member(f"P{number}")
    every = [(f"T{n}", ONCE + timedelta(minutes=n), n) for n in range(10_000)]
    for number in range(10):
        made.pay(f"P{number}", f"P{number + 1}", *every)
    handover = read(made, tmp_path)
    assert handover.payments.height == 100_000
    assert handover.payments["key"].n_unique() == 100_000

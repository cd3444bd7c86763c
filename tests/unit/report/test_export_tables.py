"""The tables for i2 and Neo4j: unique ids, ends that exist, exact amounts, and cells that run nowhere."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.report.export_build import HOSTILE, NET, ONCE, OTHER, Folder, hostile, pair
from thbscreen.io.digest import sha256_file
from thbscreen.report.export import export
from thbscreen.report.export.neo4j import load_script

Row = dict[str, str]
FORMS = pytest.mark.parametrize("form", ["i2", "neo4j"])
TABLES = {"i2": ("entities.csv", "links.csv"), "neo4j": ("nodes.csv", "relationships.csv")}
RUNS = re.compile(r"[\t\r\n]|[\s\ufeff]*[=+\-@|%]")


def written(made: Folder, form: str, place: Path) -> Path:
    out = place / "made"
    export(made.write(place / "out"), form, out)
    return out


def rows(folder: Path, name: str) -> list[Row]:
    encoding = "utf-8-sig" if name in TABLES["i2"] else "utf-8"
    with (folder / name).open(encoding=encoding, newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def both(made: Folder, form: str, place: Path) -> tuple[list[Row], list[Row]]:
    folder = written(made, form, place)
    first, second = (rows(folder, name) for name in TABLES[form])
    return first, second


def full() -> Folder:
    """Hostile members, and a pair in two networks with every kind of link."""
    made = hostile().network(OTHER)
    made.member("P1", "possible_victim").member("P2", accounts=["A1", "A2"])
    made.member("P1", "possible_client", OTHER).member("A9", member_kind="account", accounts=["A9"])
    made.pay("P1", "P2", ("T1", ONCE, 1250), ("T2", ONCE.replace(month=5), 10**11 + 1))
    made.share("P1", "P2").share("P1", "A9", "payment pattern", first=ONCE, last=ONCE, amount_eur=9)
    return made


# --- both -------------------------------------------------------------------------------------------


@FORMS
def test_no_cell_of_text_runs_in_a_spreadsheet(form: str, tmp_path: Path) -> None:
    for table in both(full(), form, tmp_path):
        for row in table:
            assert [v for v in row.values() if RUNS.match(v)] == []
            assert all(v.isprintable() for v in row.values())


@FORMS
def test_every_member_and_payment_is_a_row_of_its_own(form: str, tmp_path: Path) -> None:
    first, second = both(full(), form, tmp_path)
    ids = [r.get("entity_id") or r["key:ID"] for r in first]
    keys = [r.get("link_id") or r["key"] for r in second]
    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)
    members = [r for r in first if r["member_id"]]
    assert len(members) == len(HOSTILE) + 3
    paid = [r for r in second if (r.get("type") or r[":TYPE"]) in {"payment", "PAID"}]
    assert len(paid) == len(HOSTILE) + 2


@FORMS
def test_both_ends_of_every_link_exist(form: str, tmp_path: Path) -> None:
    first, second = both(full(), form, tmp_path)
    ids = {r.get("entity_id") or r["key:ID"] for r in first}
    ends = {r[c] for r in second for c in ("end1", "end2", ":START_ID", ":END_ID") if c in r}
    assert ends <= ids


@FORMS
def test_possible_victims_carry_the_warning(form: str, tmp_path: Path) -> None:
    first, _ = both(pair(), form, tmp_path)
    victim, other = (next(r for r in first if r["member_id"] == name) for name in ("P1", "P2"))
    assert victim["label"] == "P1 [handle as possible victim]"
    assert (victim["handling"], other["handling"]) == ("possible victim", "named in a network")
    assert victim["note"].startswith("HANDLE AS POSSIBLE VICTIM")
    assert other["note"] == ""
    assert (victim["role"], victim["second_role"]) == ("possible victim", "not known")


@FORMS
def test_the_folder_says_what_it_is_and_holds_no_other_file(form: str, tmp_path: Path) -> None:
    folder = written(pair(), form, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["export"], manifest["networks"]) == (form, [NET])
    assert manifest["run_manifest_sha256"] == sha256_file(tmp_path / "out" / "manifest.json")
    listed = {o["file"]: o for o in manifest["outputs"]}
    assert {p.name for p in folder.iterdir()} == {*listed, "manifest.json"}
    assert all(sha256_file(folder / name) == o["sha256"] for name, o in listed.items())
    assert listed[TABLES[form][1]]["rows"] == len(rows(folder, TABLES[form][1]))
    assert "HANDLE AS POSSIBLE VICTIM" in (folder / "README.txt").read_text()


@FORMS
def test_equal_runs_give_equal_bytes(form: str, tmp_path: Path) -> None:
    turned = full()
    turned.members.reverse()
    turned.edges.reverse()
    one, two = written(full(), form, tmp_path / "a"), written(turned, form, tmp_path / "b")
    assert [(one / n).read_bytes() for n in TABLES[form]] == [(two / n).read_bytes() for n in TABLES[form]]


@FORMS
def test_an_empty_run_gives_tables_with_a_header_and_no_rows(form: str, tmp_path: Path) -> None:
    folder = written(Folder(), form, tmp_path)
    for name in TABLES[form]:
        assert rows(folder, name) == []
        assert (folder / name).read_text("utf-8-sig").count("\n") == 1


# --- i2 -----------------------------------------------------------------------------------------------


def test_i2_files_begin_with_a_byte_order_mark_and_have_windows_line_ends(tmp_path: Path) -> None:
    folder = written(pair(), "i2", tmp_path)
    for name in TABLES["i2"]:
        text = (folder / name).read_bytes()
        assert text.startswith(b"\xef\xbb\xbf")
        assert text.count(b"\n") == text.count(b"\r\n") > 1


def test_i2_links_have_a_direction_for_payments_alone(tmp_path: Path) -> None:
    _, links = both(full(), "i2", tmp_path)
    assert {(r["type"], r["direction"]) for r in links} == {
        ("payment", "end 1 to end 2"),
        ("shared device", "none"),
        ("payment pattern", "none"),
    }


def test_i2_amounts_are_exact_numbers_and_patterns_have_none(tmp_path: Path) -> None:
    _, links = both(full(), "i2", tmp_path)
    amounts = {r["tx_id"]: r["amount"] for r in links if r["type"] == "payment"}
    assert (amounts["T1"], amounts["T2"]) == ("12.50", "1000000000.01")
    cents = sum(n + 1 for n in range(len(HOSTILE))) + 1250 + 10**11 + 1
    assert sum(map(Decimal, amounts.values())) == Decimal(cents) / 100
    assert {r["amount"] for r in links if r["type"] != "payment"} == {""}
    assert {r["currency"] for r in links if r["amount"]} == {"EUR"}


def test_i2_dates_are_on_peoples_clock(tmp_path: Path) -> None:
    midnight = datetime(2026, 7, 9, 21, tzinfo=UTC)
    made = Folder().network().member("P1").member("P2").pay("P1", "P2", ("T", midnight, 1))
    _, (link,) = both(made, "i2", tmp_path)
    assert (link["date"], link["time"], link["zone"]) == ("2026-07-10", "00:00:00", "Asia/Nicosia")
    assert link["utc"] == "2026-07-09T21:00:00Z"


def test_i2_links_name_both_ends_as_the_entities_do(tmp_path: Path) -> None:
    entities, links = both(full(), "i2", tmp_path)
    named = {r["entity_id"]: (r["label"], r["type"]) for r in entities}
    for link in links:
        for end in ("end1", "end2"):
            assert (link[f"{end}_label"], link[f"{end}_type"]) == named[link[end]]
    assert {kind for _, kind in named.values()} == {"Customer", "Account", "Outside account"}


# --- Neo4j --------------------------------------------------------------------------------------------


def header(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text().split("\n", 1)[0].split(",")


def test_neo4j_headers_are_those_of_the_import_tool(tmp_path: Path) -> None:
    folder = written(full(), "neo4j", tmp_path)
    nodes, relationships = (header(folder, name) for name in TABLES["neo4j"])
    assert nodes[:2] == ["key:ID", ":LABEL"]
    assert relationships[:3] == [":START_ID", ":END_ID", ":TYPE"]
    kinds = {c.partition(":")[2] for c in (*nodes[2:], *relationships[3:])}
    assert kinds == {"", "int", "long", "double", "boolean", "datetime", "date"}
    assert len(set(nodes)) == len(nodes)
    assert len(set(relationships)) == len(relationships)


def test_neo4j_amounts_are_whole_cents_and_text(tmp_path: Path) -> None:
    _, found = both(full(), "neo4j", tmp_path)
    paid = {r["tx_id"]: r for r in found if r[":TYPE"] == "PAID"}
    assert (paid["T2"]["amount_cents:long"], paid["T2"]["amount_eur"]) == ("100000000001", "1000000000.01")
    assert (paid["T1"]["time:datetime"], paid["T1"]["local_date:date"]) == (
        "2026-03-16T18:07:10Z",
        "2026-03-16",
    )


def test_neo4j_members_belong_to_their_networks_with_a_role_in_each(tmp_path: Path) -> None:
    nodes, found = both(full(), "neo4j", tmp_path)
    named = {r["key:ID"]: r["member_id"] or r["network_id"] for r in nodes}
    inside = {
        (named[r[":START_ID"]], named[r[":END_ID"]]): r["role"] for r in found if r[":TYPE"] == "IN_NETWORK"
    }
    assert inside["P1", NET] == "possible_victim"
    assert inside["P1", OTHER] == "possible_client"
    assert len(inside) == len(HOSTILE) + 4
    assert {r[":LABEL"] for r in nodes} == {
        "Member;Customer", "Member;Account", "Member;OutsideAccount", "Network",
    }  # fmt: skip


def test_neo4j_cells_hold_no_backslash_that_load_csv_would_take_for_an_escape(tmp_path: Path) -> None:
    folder = written(full(), "neo4j", tmp_path)
    for name in TABLES["neo4j"]:
        assert '\\"' not in (folder / name).read_text()
        assert not [v for row in rows(folder, name) for v in row.values() if v.endswith("\\")]


def test_the_load_script_sets_every_column_of_both_tables_and_no_other(tmp_path: Path) -> None:
    folder = written(full(), "neo4j", tmp_path)
    script = (folder / "load.cypher").read_text()
    assert script == load_script()
    for name in TABLES["neo4j"]:
        parts = [s for s in script.split(";\n") if f"file:///{name}" in s]
        used = {column for s in parts for column in re.findall(r"row\.`([^`]+)`", s)} | {
            column for s in parts for column in re.findall(r"row\.(\w+)", s)
        }
        assert used == set(header(folder, name))


def test_the_load_script_turns_each_column_into_its_type() -> None:
    script = load_script()
    assert "r.time = datetime(row.`time:datetime`)" in script
    assert "r.amount_cents = toInteger(row.`amount_cents:long`)" in script
    assert "r.local_date = date(row.`local_date:date`)" in script
    assert "x.is_customer = toBoolean(row.`is_customer:boolean`)" in script
    assert "MERGE (a)-[r:PAID {key: row.key}]->(b)" in script

"""Two runs compared: which network became which, by which payments, and what else differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.report.run_folders import COLLECTOR, LATER, Made, Paid, account_of, cell, few_rows, screened
from thbscreen.report.compare import compare
from thbscreen.report.compare_text import compare_page

Row = dict[str, Any]
ZONE = ZoneInfo("Asia/Nicosia")


def kinds(facts: Row) -> list[str]:
    return [n["kind"] for n in facts["networks"]]


def page(facts: Row) -> str:
    return compare_page(facts, ZONE, 200)


# --- real screenings ---------------------------------------------------------------------------------


def test_two_runs_of_the_same_data_compare_equal():
    facts = compare(screened("cell"), screened("cell again"))
    assert not facts["changed"]
    assert kinds(facts) == ["unchanged"]
    assert facts["other"]["differ"] == []
    assert "nothing changed" in page(facts)


def test_a_network_grows_by_a_member_and_the_payments_that_link_it():
    facts = compare(screened("one member fewer"), screened("cell"))
    (found,) = facts["networks"]
    assert found["kind"] == "grown"
    assert LATER in {p["member_id"] for p in found["added"]}
    (paid,) = [p for p in found["new_payments"] if (p["from"], p["to"]) == (LATER, COLLECTOR)]
    rows = cell()["transactions"]
    booked = rows.filter(
        rows["account_id"] == account_of(LATER),
        rows["cp_account_id"] == account_of(COLLECTOR),
        rows["direction"] == "debit",
    )
    assert set(paid["tx_ids"]) == set(booked["tx_id"])
    assert paid["amount_eur"] == booked["amount"].sum() * 100
    assert facts["other"]["differ"] == ["data"]
    assert "Only the data differ." in page(facts)


def test_the_same_the_other_way_round_is_a_network_that_shrinks():
    (found,) = compare(screened("cell"), screened("one member fewer"))["networks"]
    assert found["kind"] == "shrunk"
    assert LATER in {p["member_id"] for p in found["left"]}
    assert (LATER, COLLECTOR) in {(p["from"], p["to"]) for p in found["lost_payments"]}
    assert found["new_payments"] == []


def test_two_networks_merge_by_payments_to_one_collector():
    (found,) = compare(screened("two cells"), screened("one collector"))["networks"]
    assert (found["kind"], len(found["before"]), len(found["now"])) == ("merged", 2, 1)
    pairs = {(p["from"], p["to"]) for p in found["new_payments"]}
    assert (f"{LATER}x", COLLECTOR) in pairs
    assert not {(LATER, COLLECTOR)} & pairs, "who paid before is no reason"


def test_one_network_splits_and_loses_the_payments_that_held_it_together():
    (found,) = compare(screened("one collector"), screened("two cells"))["networks"]
    assert (found["kind"], len(found["before"]), len(found["now"])) == ("split", 1, 2)
    assert (f"{LATER}x", COLLECTOR) in {(p["from"], p["to"]) for p in found["lost_payments"]}


def test_a_network_is_new_and_the_other_stays_what_it_is():
    facts = compare(screened("cell"), screened("two cells"))
    assert kinds(facts) == ["new", "unchanged"]
    assert f"{COLLECTOR}x" in {p["member_id"] for p in facts["networks"][0]["added"]}
    assert len(facts["alerts"]["new"]) == 6


def test_a_network_is_gone():
    assert kinds(compare(screened("two cells"), screened("cell"))) == ["gone", "unchanged"]


def test_a_run_without_any_finding_compares():
    none = screened("few rows")
    assert none.table("alerts").is_empty()
    assert kinds(compare(none, screened("cell"))) == ["new"]
    assert kinds(compare(screened("cell"), none)) == ["gone"]
    facts = compare(none, none)
    assert (facts["changed"], facts["networks"]) == (False, [])
    assert "NETWORKS: none in either run" in page(facts)
    assert few_rows()["transactions"].height == 20


# --- hand-made: networks -----------------------------------------------------------------------------

TRIO = {"A": "unknown", "B": "unknown", "C": "unknown"}
PAID: tuple[Paid, ...] = (("A", "B", "T1", 0, 100), ("B", "C", "T2", 1, 90))


def two(tmp_path: Path, old: Made, new: Made, **manifest: Any) -> Row:
    return compare(old.write(tmp_path / "old"), new.write(tmp_path / "new", **manifest))


@pytest.mark.parametrize(
    ("new_id", "members", "kind"),
    [
        ("NW-1", "ABC", ["unchanged"]),
        ("NW-1", "AXYZ", ["grown"]),  # the id alone
        ("NW-2", "BCX", ["grown"]),  # two of three
        ("NW-2", "ABC", ["same members"]),
        ("NW-2", "AXY", ["new", "gone"]),  # one member in common is nothing
        ("NW-2", "BCDEFGH", ["grown"]),  # two of the smaller one's three
    ],
)
def test_networks_belong_together_by_id_or_by_enough_common_members(tmp_path, new_id, members, kind):
    old = Made().network("NW-1", TRIO)
    new = Made().network(new_id, dict.fromkeys(members, "unknown"))
    assert kinds(two(tmp_path, old, new)) == kind


def test_large_networks_need_more_than_two_common_members(tmp_path):
    old = Made().network("NW-1", dict.fromkeys("ABCDEF", "unknown"))
    new = Made().network("NW-2", dict.fromkeys("ABUVWX", "unknown"))
    assert kinds(two(tmp_path, old, new)) == ["new", "gone"]


def test_connectors_make_no_two_networks_one(tmp_path):
    old = Made().network("NW-1", TRIO, connectors=("B", "C"))
    new = Made().network("NW-2", {**TRIO, "D": "unknown"}, connectors=("B", "C"))
    assert kinds(two(tmp_path, old, new)) == ["new", "gone"]


def test_networks_that_merge_and_split_at_once_are_one_change(tmp_path):
    old = (
        Made()
        .network("NW-1", dict.fromkeys("ABCD", "unknown"))
        .network("NW-2", dict.fromkeys("EFGH", "unknown"))
    )
    new = (
        Made()
        .network("NW-3", dict.fromkeys("ABEF", "unknown"))
        .network("NW-4", dict.fromkeys("CDGH", "unknown"))
    )
    assert kinds(two(tmp_path, old, new)) == ["merged and split"]


def test_payments_count_as_new_where_no_network_of_the_first_run_has_them(tmp_path):
    old = (
        Made()
        .network("NW-1", {**TRIO, "E": "unknown"}, *PAID)
        .network("NW-8", dict.fromkeys("DAUVWX", "unknown"), ("D", "A", "T7", 2, 5))
    )
    later = (("D", "A", "T7", 2, 5), ("D", "A", "T8", 40, 7), ("A", "B", "T9", 41, 3))
    new = Made().network("NW-1", {**TRIO, "E": "unknown", "D": "unknown"}, *PAID, *later)
    found = next(n for n in two(tmp_path, old, new)["networks"] if n["kind"] == "grown")
    (paid,) = found["new_payments"]
    assert (paid["from"], paid["to"], paid["tx_ids"], paid["amount_eur"]) == ("D", "A", ["T8"], 7)
    assert paid["n_after_other_run"] == 1
    assert found["further_payments"] == {"n": 1, "amount_eur": 3}
    assert found["added"][0]["in_other_run"] == "NW-8"


def test_a_member_who_joins_without_a_new_payment_is_told_to(tmp_path):
    old = Made().network("NW-1", TRIO, *PAID)
    new = Made().network("NW-1", {**TRIO, "D": "possible_victim"}, *PAID, shared=(("A", "D"),))
    facts = two(tmp_path, old, new)
    (found,) = facts["networks"]
    assert (found["new_payments"], [x["why"] for x in found["new_links"]]) == (
        [],
        ["same telephone (hashed)"],
    )
    text = page(facts)
    assert "no payment is new" in text
    assert "joined, possible victims, who are not subjects (1)" in text


def test_who_is_handled_as_a_possible_victim_joins_apart_from_the_others(tmp_path):
    old = Made().network("NW-1", TRIO)
    new = (
        Made()
        .network("NW-1", {**TRIO, "D": "unknown", "E": "unknown"})
        .alert("D", handling="possible victim")
    )
    text = page(two(tmp_path, old, new))
    others, apart = text.split("joined, possible victims, who are not subjects (1)")
    assert "- E: not known 100%" in others
    assert "- D: not known 100%" in apart.split("ALERTS")[0]


def test_unchanged_networks_take_one_line(tmp_path):
    made = [Made().network("NW-1", TRIO).network("NW-2", dict.fromkeys("XYZ", "unknown")) for _ in range(2)]
    assert "  UNCHANGED  NW-1, NW-2\n" in page(two(tmp_path, *made))


def test_another_role_or_payment_among_the_same_members_is_a_change(tmp_path):
    old = Made().network("NW-1", TRIO, *PAID)
    new = Made().network("NW-1", {**TRIO, "C": "possible_victim"}, *PAID)
    facts = two(tmp_path, old, new)
    assert facts["changed"]
    assert facts["networks"][0]["other_roles"] == [
        {"member_id": "C", "before": "unknown", "now": "possible_victim"}
    ]
    assert "C: not known -> possible victim" in page(facts)


# --- hand-made: alerts and hits ----------------------------------------------------------------------


def test_alerts_are_new_gone_or_changed_but_not_by_rank(tmp_path):
    old = Made().alert("P1").alert("P2").alert("P3").alert("P4")
    new = Made().alert("P5").alert("P3").alert("P2", score=7).alert("P4", handling="possible victim")
    facts = two(tmp_path, old, new)
    alerts = facts["alerts"]
    assert [a["subject_id"] for a in alerts["new"]] == ["P5"]
    assert [a["subject_id"] for a in alerts["gone"]] == ["P1"]
    assert [a["subject_id"] for a in alerts["changed"]] == ["P2", "P4"]
    assert alerts["changed"][0]["addends"] == [{"rule": "THB-X", "before": 5.0, "now": 7.0}]
    assert alerts["unchanged"] == 1
    text = page(facts)
    apart = text[text.index("changed, possible victims, who are not subjects (1)") :]
    assert "customer P4: handling subject -> possible victim" in apart
    assert "P2" not in apart


def hits(facts: Row) -> Row:
    (row,) = facts["hits"]
    return {k: row[k] for k in ("before", "now", "new", "gone", "changed", "unchanged")}


def counted(before: int, now: int, **more: int) -> Row:
    return {"before": before, "now": now, "new": 0, "gone": 0, "changed": 0, "unchanged": 0} | more


def test_a_hit_that_moves_its_window_is_one_hit_that_changed(tmp_path):
    old = Made().hit("H1", "A").hit("H2", "B")
    new = Made().hit("H3", "A", day=3).hit("H2", "B")
    assert hits(two(tmp_path, old, new)) == counted(2, 2, changed=1, unchanged=1)


def test_a_hit_of_another_time_or_subject_is_new(tmp_path):
    old = Made().hit("H1", "A")
    new = Made().hit("H3", "A", day=6).hit("H4", "B")
    facts = two(tmp_path, old, new)
    assert hits(facts) == counted(1, 2, new=2, gone=1)
    assert (facts["hits"][0]["new_ids"], facts["hits"][0]["gone_ids"]) == (["H3", "H4"], ["H1"])


def test_a_hit_with_another_id_and_the_same_content_did_not_change(tmp_path):
    old, new = Made().hit("H1", "A", tx_ids=["T"]), Made().hit("H2", "A", tx_ids=["T"], rule_version=2)
    facts = two(tmp_path, old, new)
    assert hits(facts) == counted(1, 1, unchanged=1)
    assert not facts["changed"]


# --- what else differs -------------------------------------------------------------------------------


def rule(name: str, version: int = 1, digest: str = "d", status: str = "stable") -> Row:
    return {"id": name, "version": version, "digest": digest, "status": status}


def with_rules(*rules: Row, lists: dict[str, str] | None = None) -> Row:
    named = [{"name": n, "digest": d} for n, d in (lists or {}).items()]
    return {"digest": "other", "rules": list(rules), "lists": named}


def test_rules_that_differ_are_named_with_version_meaning_and_thresholds(tmp_path):
    old = Made().hit("H1", "A", parameters=[{"name": "min_amount", "value": "100 EUR"}])
    old.manifest["rules"] = with_rules(rule("THB-X"), rule("THB-GONE"), lists={"words": "a"})
    new = Made().hit("H1", "A", parameters=[{"name": "min_amount", "value": "50 EUR"}])
    changed = with_rules(rule("THB-X", 2, "e"), rule("THB-NEW"), lists={"words": "b"})
    facts = two(tmp_path, old, new, rules=changed)
    assert facts["other"]["differ"] == ["rules"]
    assert not facts["changed"], "what else differs is no change of what was found"
    text = page(facts)
    assert "What was found did not change. Only the rules differ." in text
    assert "rule THB-X: version 1 -> 2, meaning, min_amount 100 EUR -> 50 EUR" in text
    assert "rules added: THB-NEW" in text
    assert "rules no longer run: THB-GONE" in text
    assert "lists: words" in text


def test_profile_and_program_that_differ_are_named(tmp_path):
    value = {"rule": "THB-X", "parameter": "min_amount", "value": "50 EUR", "default": "100 EUR"}
    profile = {"name": "bank", "digest": "e", "time_zone": "Asia/Nicosia", "values": [value]}
    facts = two(tmp_path, Made(), Made(), profile=profile, versions={"thbscreen": "0.2.0"})
    assert facts["other"]["differ"] == ["profile", "program"]
    text = page(facts)
    assert "profile: name cyprus -> bank" in text
    assert "profile: THB-X min_amount none -> 50 EUR" in text
    assert "program: thbscreen 0.1.0 -> 0.2.0" in text
    assert "this comparison cannot tell" in text


def test_another_period_of_data_and_a_rule_that_falls_silent_are_named(tmp_path):
    old = Made().add("readiness", rule="THB-X", status="ready")
    new = Made().add("readiness", rule="THB-X", status="not judged")
    inputs = [{"table": "transactions", "sha256": "s"}]
    text = page(two(tmp_path, old, new, inputs=inputs, data_until="2026-06-30T00:00:00Z"))
    assert "data to 2026-03-31 -> 2026-06-30" in text
    assert "readiness of THB-X ready -> not judged" in text


def test_the_order_of_the_input_files_is_no_difference(tmp_path):
    files = [{"table": "accounts", "sha256": "a"}, {"table": "transactions", "sha256": "b"}]
    old, new = Made(manifest={"inputs": files}), Made(manifest={"inputs": files[::-1]})
    assert two(tmp_path, old, new)["other"]["differ"] == []


def test_every_list_of_a_page_says_how_many_it_leaves_out(tmp_path):
    new = Made().network("NW-1", {f"M{n:02d}": "unknown" for n in range(40)})
    assert "and 28 more: see --format json" in page(two(tmp_path, Made(), new))


def test_no_page_shows_what_could_steer_a_terminal(tmp_path):
    odd = "M\x1b[31m\u202e"
    facts = two(tmp_path, Made(), Made().network("NW-1", {**TRIO, odd: "unknown"}, (odd, "A", odd, 1, 5)))
    text = page(facts)
    assert "\x1b" not in text
    assert "M\\u{1b}[31m\\u{202e}" in text

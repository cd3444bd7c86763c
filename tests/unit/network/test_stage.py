from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.unit.network.build import AS_OF, RULES, World, cell, gang, ring
from thbscreen.engine import tables
from thbscreen.network import NetworkTables, build_networks, with_alert_counts
from thbscreen.rules.ast import ROLES
from thbscreen.rules.bundle import Scoring


def members_of(t: NetworkTables) -> list[set[str]]:
    return [set(g["member_id"]) for _, g in t.members.group_by("network_id", maintain_order=True)]


def role_of(t: NetworkTables, member: str) -> str:
    return str(t.members.filter(pl.col("member_id") == member)["role"].item())


def test_a_ring_is_found_with_organiser_possible_victims_and_clients() -> None:
    t = ring().run()
    row = t.networks.row(0, named=True)
    assert (row["title"], row["n_members"], row["n_possible_victims"]) == (
        "Suspected sham-marriage ring",
        8,
        3,
    )
    assert [role_of(t, m) for m in ("C-O", "C-S0", "C-K0", "R")] == [
        "possible_organiser", "possible_victim", "possible_client", "possible_recruiter",
    ]  # fmt: skip


def test_a_cell_is_found_with_the_payee_as_possible_controller() -> None:
    t = cell().run()
    assert t.networks["title"].to_list() == ["Suspected sexual-exploitation cell"]
    assert role_of(t, "C-X") == "possible_controller"
    assert t.networks["n_possible_victims"].item() == 3


def test_a_gang_master_scheme_is_found_with_its_employer_attached() -> None:
    t = gang().run()
    assert t.networks["title"].to_list() == ["Suspected gang-master scheme"]
    assert (role_of(t, "C-G"), role_of(t, "C-E"), role_of(t, "C-W1")) == (
        "possible_controller", "employer", "possible_victim",
    )  # fmt: skip


def test_no_hits_give_four_empty_tables() -> None:
    t = World().run()
    assert [len(x) for x in (t.networks, t.members, t.edges, t.hubs)] == [0, 0, 0, 0]
    assert dict(t.networks.schema) == tables.NETWORKS.schema


def test_tables_conform_to_the_published_schemas() -> None:
    t = gang(cell(ring())).run()
    for frame, spec in (
        (t.networks, tables.NETWORKS), (t.members, tables.NETWORK_MEMBERS), (t.edges, tables.NETWORK_EDGES),
        (t.hubs, tables.HUBS),
    ):  # fmt: skip
        assert_frame_equal(frame, spec.conform(frame))


def many_kinds() -> World:
    """A world with rows of every kind."""
    world = gang(cell(ring(), victims=5))
    world.customer("F1", phone_hash="p").customer("F2", phone_hash="p").hit("THB-SEX-001", "F1")
    return world.hit("THB-SEX-001", "F2")


@cache
def in_order() -> NetworkTables:
    return many_kinds().run()


@given(st.integers(0, 10_000))
def test_row_order_of_any_input_changes_nothing(seed: int) -> None:
    world, first = many_kinds(), in_order()
    rng = random.Random(seed)
    for rows in (world.hits, world.hit_members, world.payments, world.subjects, world.parties, world.devices):
        rng.shuffle(rows)
    second = world.run()
    for name in ("networks", "members", "edges", "hubs"):
        assert_frame_equal(getattr(first, name), getattr(second, name))


def two_cells() -> World:
    return cell(cell(tag="a"), tag="b")


def everyone(world: World) -> list[str]:
    return [s["account_id"] for s in world.subjects]


def glue_by_party(licence: str | None = None, **columns: str) -> Callable[[World], None]:
    def add(world: World) -> None:
        people = everyone(world)
        world.customer("HUB", kind="legal", **({"licence": licence} if licence else {}), **columns)
        for a in people:
            world.pay("HUB", a, 90_000, 90_000, 90_000).pay(a, "HUB", 40_000, 40_000)

    return add


def unlisted_landlord(world: World) -> None:
    for a in everyone(world):
        world.pay(a, "LANDLORD", 40_000, 40_000, 40_000)


def flagged_payroll_bureau(world: World) -> None:
    glue_by_party("Payroll Bureau")(world)
    world.hit("THB-LAB-004", "HUB", {a: "possible_victim" for a in everyone(world) if a != "HUB"})


def flagged_landlord(world: World) -> None:
    people = everyone(world)
    world.customer("LORD").hit("THB-SEX-001", "LORD")
    for a in people:
        world.pay(a, "LORD", 40_000, 40_000, 40_000)


def call_centre_phone(world: World) -> None:
    for p in world.parties:
        p["phone_hash"] = "callcentre"
    for i in range(25):
        world.customer(f"N{i}", phone_hash="callcentre")


def licensed_agents_phone(world: World) -> None:
    for p in world.parties:
        p["phone_hash"] = "agent"
    world.customer("AG", kind="legal", licence="legal_services", phone_hash="agent")


def shared_hostel_address(world: World) -> None:
    for p in world.parties:
        p["address_hash"] = "hostel"


def common_employer(world: World) -> None:
    people = everyone(world)
    world.customer("EMP", kind="legal")
    for hit in list(world.hits):
        world.hit_members.append({
            "hit_id": hit["hit_id"], "rule": hit["rule"], "role": "employer", "field": "party.employer_id",
            "member_id": "C-EMP", "n_tx": 3, "amount_eur": 300_000,
        })  # fmt: skip
    for a in people:
        world.pay("EMP", a, 100_000, 100_000)


@pytest.mark.parametrize(
    "add",
    [
        glue_by_party("payroll_bureau"), glue_by_party(sector_nace="35.11"),
        glue_by_party("money_remittance"),
        glue_by_party(sector_nace="84.11"), unlisted_landlord, flagged_landlord, flagged_payroll_bureau,
        call_centre_phone, licensed_agents_phone, shared_hostel_address, common_employer,
    ],
    ids=[
        "payroll bureau", "utility", "remitter", "public body", "landlord", "flagged landlord",
        "flagged payroll bureau", "call-centre phone", "agent's phone", "hostel address", "employer",
    ],
)  # fmt: skip
def test_what_serves_strangers_never_glues_two_cells(add: Callable[[World], None]) -> None:
    world = two_cells()
    add(world)
    found = members_of(world.run())
    core_a, core_b = ({f"C-X{t}", *(f"C-V{t}{i}" for i in range(3))} for t in "ab")
    assert len(found) == 2
    assert all(not (core_a & part and core_b & part) for part in found)


def test_a_counterparty_of_more_flagged_subjects_than_the_limit_is_listed_as_hub() -> None:
    world = World()
    for i in range(26):
        world.customer(f"A{i}").hit("THB-SEX-001", f"A{i}").pay(f"A{i}", "SHOP", 100)
    hubs = world.run().hubs
    assert hubs.select("kind", "hub_id", "n_subjects").rows() == [("counterparty", "SHOP", 26)]
    assert world.run(Scoring(hub_degree=26)).hubs.is_empty()


def test_a_collector_of_many_is_no_hub_as_long_as_patterns_tie_it_to_one_in_four() -> None:
    world = cell(victims=10)
    for i in range(30):
        world.customer(f"A{i}").hit("THB-SEX-001", f"A{i}").pay(f"A{i}", "X", 10_000, 10_000)
    t = world.run()
    assert t.networks["n_members"].to_list() == [11]
    assert t.hubs.is_empty()


def test_hubs_never_show_the_attribute_value() -> None:
    world = two_cells()
    call_centre_phone(world)
    hubs = world.run().hubs
    assert hubs["kind"].to_list() == ["shared telephone"]
    assert "callcentre" not in str(hubs.to_dicts())


def test_a_plain_payment_from_a_flagged_stranger_does_not_join() -> None:
    world = cell().customer("Z").hit("THB-SEX-001", "Z").pay("Z", "X", 1).pay("Z", "V0", 1)
    assert "C-Z" not in members_of(world.run())[0]


def test_repeated_plain_payments_alone_do_not_join_either() -> None:
    world = cell().customer("Z").hit("THB-SEX-001", "Z").pay("Z", "X", *[5_000] * 9, days_ago=0)
    assert "C-Z" not in members_of(world.run())[0]


def test_a_cent_in_a_pattern_makes_no_member() -> None:
    world = cell()
    world.customer("Z").hit(
        "THB-SEX-012", "V0", {"Z": "possible_controller", "X": "possible_controller"}, amounts={"Z": 1}
    )
    assert "C-Z" not in members_of(world.run())[0]


def test_cents_to_several_members_make_no_connector() -> None:
    world = cell().pay("Z", "V0", 1, 1).pay("Z", "V1", 1, 1).pay("Z", "V2", 1, 1)
    assert "Z" not in members_of(world.run())[0]


def test_an_unflagged_account_that_moves_money_with_two_flagged_members_is_a_connector() -> None:
    t = cell().pay("V0", "Q", 9_000, 9_000).pay("V1", "Q", 9_000, 9_000).run()
    row = t.members.filter(pl.col("member_id") == "Q").row(0, named=True)
    assert (row["is_connector"], row["role"], row["member_kind"]) == (True, "unknown", "external")


def test_whom_people_pay_by_direct_debit_or_card_is_no_connector() -> None:
    world = cell().pay("V0", "POWER", 5_000, 5_000).pay("V1", "POWER", 5_000, 5_000)
    assert "POWER" in set(world.run().members["member_id"])
    world.businesses.append({"account_id": "POWER"})
    assert "POWER" not in set(world.run().members["member_id"])


@pytest.mark.parametrize(
    ("cents", "days", "member"),
    [
        ((60_000, 60_000, 60_000), (90, 60, 30), False), ((60_000, 90_000, 70_000), (90, 60, 30), True),
        ((60_000, 60_000, 60_000), (30, 29, 28), True),
    ],
    ids=["even and monthly", "uneven", "day after day"],
)  # fmt: skip
def test_behind_a_collector_stands_whom_it_pays_on_to_and_not_its_landlord(
    cents: tuple[int, ...], days: tuple[int, ...], member: bool
) -> None:
    world = cell(victims=4).pay_on("X", "BEHIND", *zip(days, cents, strict=True))
    assert ("BEHIND" in set(world.run().members["member_id"])) is member


@pytest.mark.parametrize(("firms", "member"), [(1, True), (2, False)])
def test_whom_firms_pay_is_no_collector_and_nobody_stands_behind(firms: int, member: bool) -> None:
    world = cell(victims=4).pay_on("X", "BEHIND", (90, 60_000), (60, 90_000), (30, 70_000))
    for party in world.parties:
        if party["party_id"] in {f"C-V{n}" for n in range(firms)}:
            party["kind"] = "legal"
    assert ("BEHIND" in set(world.run().members["member_id"])) is member


def test_an_unflagged_account_that_moves_money_with_one_member_is_no_connector() -> None:
    t = cell().pay("V0", "Q", 9_000, 9_000, 9_000).pay("V1", "Q", 9_000).run()
    assert "Q" not in members_of(t)[0]


def test_an_account_that_serves_flagged_subjects_elsewhere_is_no_connector() -> None:
    world = cell().pay("V0", "Q", 9_000, 9_000).pay("V1", "Q", 9_000, 9_000)
    world.customer("Z").hit("THB-SEX-001", "Z").pay("Z", "Q", 9_000, 9_000)
    assert "Q" not in members_of(world.run())[0]


def test_different_shared_details_with_two_flagged_subjects_make_an_unflagged_holder_join_them() -> None:
    world = World().customer("A", phone_hash="p").customer("B").customer("P", phone_hash="p")
    world.devices += [{"device_id": "d", "subject_id": s} for s in ("C-B", "C-P")]
    world.hit("THB-LAB-004", "A", own="possible_victim").hit("THB-LAB-003", "A").hit("THB-SEX-001", "B")
    t = world.run()
    assert members_of(t) == [{"C-A", "C-B", "C-P"}]
    assert t.members.filter("is_connector")["member_id"].to_list() == ["C-P"]


def test_an_unflagged_relative_on_the_same_telephone_is_left_alone() -> None:
    world = World()
    for a in ("A", "B", "C", "P"):
        world.customer(a, phone_hash="p")
    world.hit("THB-LAB-004", "A", own="possible_victim").hit("THB-LAB-003", "A")
    world.hit("THB-SEX-001", "B").hit("THB-SEX-001", "C")
    assert members_of(world.run()) == [{"C-A", "C-B", "C-C"}]


def test_an_address_and_repeated_payments_together_group_two_flagged_subjects() -> None:
    world = cell()
    next(p for p in world.parties if p["party_id"] == "C-V0")["address_hash"] = "a"
    world.customer("Z", address_hash="a").hit("THB-SEX-001", "Z")
    assert "C-Z" not in members_of(world.run())[0]
    world.pay("Z", "V0", 5_000, 5_000)
    assert "C-Z" in members_of(world.run())[0]


def test_two_people_and_a_third_party_hit_are_no_network() -> None:
    assert cell(victims=1).run().networks.is_empty()


def test_three_flagged_subjects_without_a_third_party_hit_are_no_network() -> None:
    # Heavy and wide enough without one: weight 5 over two families.
    world = World()
    for a, rule in (("A", "THB-SEX-001"), ("B", "THB-MAR-002"), ("C", "THB-LAB-006")):
        world.customer(a, phone_hash="p").hit(rule, a)
    assert world.run().networks.is_empty()


def test_a_worker_a_relative_and_the_employer_are_no_network() -> None:
    assert gang(workers=1).run().networks.is_empty()


def test_a_client_of_two_rings_does_not_join_them() -> None:
    world = ring(ring(tag="a"), tag="b")
    for h in world.hits:
        world.hit_members.append({
            "hit_id": h["hit_id"], "rule": h["rule"], "role": "possible_client", "field": "member",
            "member_id": "BOTH", "n_tx": 3, "amount_eur": 500_000,
        })  # fmt: skip
    found = members_of(world.run())
    assert len(found) == 2
    assert all("BOTH" in part for part in found)


def test_a_giant_group_is_split_into_communities_along_its_weak_joint() -> None:
    world = ring(ring(tag="a", spouses=20), tag="b", spouses=20)
    world.hit("THB-SEX-012", "Sa0", {"Sb0": "possible_controller"})
    assert len(members_of(world.run(Scoring(max_network_nodes=60)))) == 1
    t = world.run(Scoring(max_network_nodes=30))
    assert len(members_of(t)) == 2
    assert t.networks["note"].str.contains("split into communities").all()


def test_a_group_that_does_not_split_is_reported_as_hub_not_excluded() -> None:
    t = cell(victims=80).run()
    assert t.networks["n_members"].to_list() == [81]
    assert t.networks["note"].item().startswith("hub not excluded")


def test_cards_at_one_machine_tie_the_holders_but_the_machine_is_no_member() -> None:
    world = World().customer("A").customer("B").customer("C")
    world.hit(
        "THB-LAB-004", "ATM1", dict.fromkeys("ABC", "possible_victim"), kind="terminal", field="account_id"
    ).hit("THB-LAB-003", "A")
    assert members_of(world.run()) == [{"C-A", "C-B", "C-C"}]


def test_a_machine_of_more_people_than_the_limit_ties_nobody() -> None:
    world = World()
    names = [f"A{i}" for i in range(26)]
    for a in names:
        world.customer(a)
    world.hit(
        "THB-LAB-004", "ATM1", dict.fromkeys(names, "possible_victim"), kind="terminal", field="account_id"
    ).hit("THB-LAB-003", "A0")
    assert world.run().networks.is_empty()
    assert len(members_of(world.run(Scoring(hub_degree=26)))) == 1


def test_places_and_terminals_named_by_a_hit_are_no_members() -> None:
    world = cell()
    world.hit("THB-SEX-012", "V0", {"LIMASSOL": "place"}, field="location_city")
    world.hit("THB-SEX-012", "V0", {"T9": "possible_controller"}, field="terminal_id")
    assert members_of(world.run()) == [{"C-X", "C-V0", "C-V1", "C-V2"}]


def test_payment_edges_keep_each_time_and_amount_and_merge_accounts_of_one_party() -> None:
    world = cell().customer("V0b", "C-V0").pay("V0b", "X", 7_000, days_ago=90)
    edge = world.run().edges.filter(
        (pl.col("source") == "C-V0") & (pl.col("target") == "C-X") & (pl.col("kind") == "payment")
    ).row(0, named=True)  # fmt: skip
    assert edge["amounts_eur"] == [7_000, 50_000, 60_000, 40_000]
    assert edge["times"] == sorted(edge["times"])
    assert (edge["n"], edge["amount_eur"], len(edge["tx_ids"])) == (4, 157_000, 4)


def test_links_lose_half_their_weight_in_180_days() -> None:
    world = cell().pay("V0", "V1", 10_000, days_ago=180)
    edge = world.run().edges.filter((pl.col("target") == "C-V1") & (pl.col("source") == "C-V0"))
    assert edge["weight"].to_list() == [0.15]


def test_shared_detail_edges_never_show_the_value() -> None:
    world = cell()
    for p in world.parties:
        p["phone_hash"] = "secret"
    t = world.run()
    shared = t.edges.filter(pl.col("kind") == "shared telephone")
    assert shared["why"].unique().to_list() == ["same telephone (hashed)"]
    assert "secret" not in str(t)


def test_received_and_sent_count_only_payments_within_the_network() -> None:
    world = cell().pay("V0", "ELSEWHERE", 99_999)
    row = world.run().members.filter(pl.col("member_id") == "C-V0").row(0, named=True)
    assert (row["received_eur"], row["sent_eur"]) == (3_000, 150_000)


def test_the_id_survives_a_further_victim_and_a_further_client() -> None:
    assert cell().run().networks["network_id"].item() == cell(victims=6).run().networks["network_id"].item()
    assert ring().run().networks["network_id"].item() == ring(spouses=9).run().networks["network_id"].item()


def test_the_score_is_the_sum_of_distinct_rules_and_half_a_point_per_further_linked_member() -> None:
    world = cell(victims=4).hit("THB-SEX-001", "X").hit("THB-SEX-001", "V0")
    assert world.run().networks["score"].item() == 3 + 2 + 1 + 2 * 0.5


def test_an_old_hit_counts_half() -> None:
    old = cell()
    for h in old.hits:
        h["ends"] = AS_OF.replace(year=2025)
    assert old.run().networks["score"].item() == 1.5 + 1 + 0.5


def test_a_mitigating_fact_of_most_pattern_subjects_subtracts_and_is_shown() -> None:
    world = gang()
    before = world.run().networks["score"].item()
    world.hit("THB-MIT-001", "W0")
    assert world.run().networks["score"].item() == before
    world.hit("THB-MIT-001", "W1")
    t = world.run()
    assert t.networks["score"].item() == before - 2
    against = t.members.filter(pl.col("member_id") == "C-W1")["evidence_against"].item()
    assert against[0] == "Mitigating: THB-MIT-001 (Social insurance in proportion)."


def test_more_possible_victims_of_a_live_pattern_rank_before_a_higher_score() -> None:
    world = gang(cell(ring(spouses=3), victims=4), workers=5).hit("THB-SEX-001", "O")
    t = world.run()
    assert t.networks["typology"].to_list() == ["labour_exploitation", "sexual_exploitation", "sham_marriage"]
    assert t.networks["rank"].to_list() == [1, 2, 3]
    keys = list(zip(t.networks["score"], t.networks["network_id"], strict=True))
    assert all(a != b for a, b in pairwise(keys))


def test_every_role_is_of_the_closed_set_and_no_text_accuses() -> None:
    t = gang(cell(ring())).run()
    assert set(t.members["role"]) | set(t.members["second_role"].drop_nulls()) <= set(ROLES)
    text = str(t.networks.to_dicts() + t.members.to_dicts() + t.edges.to_dicts()).lower()
    for word in (
        "offender",
        "criminal ",
        "illegal",
        "guilty",
        "mule",
        "perpetrator",
        "trafficker",
        "suspects",
    ):
        assert word not in text


def test_evidence_sentences_carry_no_ids_of_subjects() -> None:
    t = gang(cell(ring(tag="ring"), tag="cell"), tag="gang").run()
    ids = set(t.members["member_id"]) | {a for row in t.members["accounts"] for a in row}
    for column in ("evidence_for", "evidence_against"):
        words = {w.strip(".,()") for lines in t.members[column] for line in lines for w in line.split()}
        assert not words & ids


def test_an_unrelated_account_changes_nothing_about_a_network() -> None:
    alone = cell().run()
    world = cell().customer("N").pay("N", "M", 100, 200).hit("THB-SEX-001", "N")
    assert_frame_equal(world.run().members, alone.members)


def test_titles_of_hits_are_used_when_a_rule_is_not_described() -> None:
    inputs = replace(cell().inputs(), rules={})
    t = build_networks(inputs, Scoring(alert_weight=Decimal(5)))
    assert RULES["THB-SEX-012"].title in t.networks["why"].item()


def test_alerts_are_counted_per_network() -> None:
    t = cell().run()
    alerts = tables.ALERTS.empty()
    row = dict.fromkeys(alerts.columns) | {"subject_id": "C-V0"}
    alerts = pl.DataFrame([row], schema=alerts.schema)
    assert with_alert_counts(t.networks, t.members, alerts)["n_alerts"].to_list() == [1]


def test_a_time_without_a_zone_is_taken_as_utc() -> None:
    inputs = cell().inputs()
    naive = build_networks(replace(inputs, as_of=AS_OF.replace(tzinfo=None)), Scoring())
    assert_frame_equal(naive.networks, cell().run().networks)


def with_employer(world: World, field: str) -> World:
    for hit in list(world.hits):
        world.hit_members.append({
            "hit_id": hit["hit_id"], "rule": hit["rule"], "role": "employer", "field": field,
            "member_id": "EMP", "n_tx": 3, "amount_eur": 300_000,
        })  # fmt: skip
    return world


def test_an_employer_whose_own_payments_make_the_pattern_joins_two_payees_of_its_workers() -> None:
    assert len(members_of(with_employer(two_cells(), "pay.cp_account_id").run())) == 1
    assert len(members_of(with_employer(two_cells(), "party.employer_id").run())) == 2


def test_an_employer_on_file_does_not_become_the_middle_of_a_hit_on_a_machine() -> None:
    world = World()
    for machine, names in (("M1", ["B", "C", "D"]), ("M2", ["E", "F", "G"])):
        for a in names:
            world.customer(a)
        roles = dict.fromkeys(names, "possible_victim")
        world.hit("THB-LAB-004", machine, roles, kind="terminal_id", field="account_id")
        world.hit("THB-LAB-003", names[0])
    # "EMP" sorts behind the customers' ids, "AAA" before them.
    for row in with_employer(world, "party.employer_id").hit_members:
        row["member_id"] = "AAA" if row["member_id"] == "EMP" else row["member_id"]
    assert len(members_of(world.run())) == 2


def test_a_pattern_keyed_by_the_payee_ties_the_payers_to_it() -> None:
    world = World()
    for a in "ABC":
        world.customer(a)
    world.hit("THB-LAB-004", "SINK", dict.fromkeys("ABC", "possible_victim"), field="account_id")
    hit = world.hits[-1]["hit_id"]
    world.hit_members.append({
        "hit_id": hit, "rule": "THB-LAB-004", "role": "possible_controller", "field": "cp_account_id",
        "member_id": "SINK", "n_tx": 9, "amount_eur": 300_000,
    })  # fmt: skip
    t = world.hit("THB-LAB-003", "A").run()
    assert members_of(t) == [{"SINK", "C-A", "C-B", "C-C"}]
    assert role_of(t, "SINK") == "possible_controller"


@pytest.mark.parametrize(("others", "role"), [(0, "unknown"), (1, "unknown"), (2, "possible_controller")])
def test_one_rule_names_a_controller_when_it_sees_several_people(others: int, role: str) -> None:
    world = gang().customer("X", phone_hash="p")
    next(p for p in world.parties if p["party_id"] == "C-W0")["phone_hash"] = "p"
    workers = {f"W{i}": "possible_victim" for i in range(others)}
    world.hit("THB-SEX-012", "X", {"E": "employer", **workers}, own="possible_controller")
    assert role_of(world.run(), "C-X") == role

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from thbscreen.rules.accusing import accusing_words
from thbscreen.rules.ast import TYPOLOGIES
from thbscreen.simulate import texts, trade
from thbscreen.simulate.catalogue import SCENARIOS, VISIBILITIES, Scenario, select
from thbscreen.simulate.clock import DAY_SECONDS, DAYS, Ints
from thbscreen.simulate.groups import Group
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.more_life import MORE_LIFE
from thbscreen.simulate.sample import _LIFE
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import OUTSIDE, World, add_public_bodies, build_world

TIMES = 3
POSITIVES = [s for s in SCENARIOS if s.kind == "positive"]
TWINS = [s for s in SCENARIOS if s.kind == "twin"]
LABELS = (
    "positive",
    "twin",
    "truth",
    "label",
    "victim",
    "gang",
    "controller",
    "scenario",
    "offender",
    "planned",
)


class Played:
    """Groups of each scenario in one world of 6,000 people, with no ordinary movements but wages."""

    def __init__(self, seed: int, people: int = 6000, times: int = TIMES) -> None:
        root = np.random.SeedSequence(seed)
        streams = iter([np.random.default_rng(s) for s in root.spawn(8 + 2 * times * len(SCENARIOS))])
        self.world = build_world(next(streams), people, people // 11)
        add_public_bodies(self.world, next(streams))
        self.plan = [s for s in SCENARIOS for _ in range(times)]
        self.groups: list[Group] = []
        self.used: list[int] = []
        for scenario in self.plan:
            before = len(self.world.taken)
            self.groups.append(scenario.cast(self.world, next(streams)))
            self.used.append(len(self.world.taken) - before)
        money = next(streams)
        trade.settle_firms(self.world, money)
        self.ledger = Ledger(self.world)
        self.pays: Pays = trade.wages(self.world, self.ledger, money)
        for number, (scenario, group) in enumerate(zip(self.plan, self.groups, strict=True)):
            self.ledger.group = number
            scenario.play(self.world, self.ledger, next(streams), group, self.pays)
        self.columns = self.ledger.columns()

    def legs(self, number: int) -> dict[str, NDArray[Any]]:
        mine = self.columns["group"] == number
        return {name: values[mine] for name, values in self.columns.items()}

    def of(self, scenario: str) -> list[int]:
        return [k for k, s in enumerate(self.plan) if s.id == scenario]

    def accounts(self, number: int, part: str) -> Ints:
        return self.world.main[self.groups[number].roles[part]]


@pytest.fixture(scope="module")
def played() -> Played:
    return Played(3)


def _paid(legs: dict[str, NDArray[Any]], payer: Ints, payee: Ints) -> int:
    to = ~legs["credit"] & np.isin(legs["account"], payer) & np.isin(legs["other"], payee)
    return int(legs["cents"][to].sum())


def _got(legs: dict[str, NDArray[Any]], account: Ints) -> int:
    return int(legs["cents"][legs["credit"] & np.isin(legs["account"], account)].sum())


# --- what the catalogue states -------------------------------------------------------------------


def test_all_eleven_forms_and_twenty_two_twins_are_there() -> None:
    ids = [s.id for s in SCENARIOS]
    assert len(ids) == len(set(ids))
    assert {i.rstrip("ab") for i in ids if i[0] == "P"} == {f"P{k}" for k in range(1, 12)}
    assert {i for i in ids if i[0] == "T"} == {f"T{k}" for k in range(1, 23)}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.id)
def test_each_entry_is_complete(scenario: Scenario) -> None:
    assert set(scenario.expected) == set(VISIBILITIES)
    if scenario.kind == "positive":
        assert scenario.typology in TYPOLOGIES
        assert scenario.twin_of == ()
        assert scenario.expected["full"] == "alert"
    else:
        assert scenario.typology is None
        assert "alert" not in scenario.expected.values()
        assert set(scenario.twin_of) <= {s.id for s in POSITIVES}


def test_each_form_has_a_twin_beside_it() -> None:
    mirrored = {of for s in TWINS for of in s.twin_of}
    assert {s.id for s in POSITIVES} - mirrored == {"P11"}  # a mix of P2 and P3, whose twins are its own


def test_scenarios_are_chosen_by_id_number_or_kind() -> None:
    assert [s.id for s in select(["P10"])] == ["P10a", "P10b"]
    assert [s.id for s in select(["T9", "P2"])] == ["P2", "T9"]
    assert len(select(["T"])) == 22
    with pytest.raises(ValueError, match="no scenario 'P12'"):
        select(["P12"])


# --- casting -------------------------------------------------------------------------------------


def test_each_can_be_cast_three_times_in_a_world_of_six_thousand_and_takes_no_more_than_it_says(
    played: Played,
) -> None:
    assert len(played.groups) == TIMES * len(SCENARIOS)
    for scenario, group, used in zip(played.plan, played.groups, played.used, strict=True):
        assert used <= scenario.people_needed
        assert (group.scenario, group.kind) == (scenario.id, scenario.kind)


def test_nobody_is_in_two_groups_and_all_members_exist(played: Played) -> None:
    members = np.concatenate([p for g in played.groups for p in g.roles.values()])
    assert len(members) == len(np.unique(members))
    assert members.max() < played.world.parties
    assert set(members.tolist()) <= played.world.taken


def test_a_world_that_is_too_small_says_so() -> None:
    with pytest.raises(ValueError, match="too small"):
        Played(1, people=250, times=2)


def test_sizes_and_dates_differ_from_cast_to_cast_and_from_seed_to_seed(played: Played) -> None:
    def shape(p: Played, number: int) -> tuple[int, ...]:
        legs = p.legs(number)
        days = legs["moment"] // DAY_SECONDS
        members = sum(len(x) for x in p.groups[number].roles.values())
        return (members, len(days), int(days.min()), int(legs["cents"].sum()))

    other = Played(4, people=2200, times=1)
    for scenario in SCENARIOS:
        mine = {shape(played, k) for k in played.of(scenario.id)}
        assert len(mine) > 1, scenario.id
        assert shape(other, other.of(scenario.id)[0]) not in mine, scenario.id


def test_the_same_seed_gives_the_same_movements() -> None:
    first, second = (Played(9, people=2200, times=1).columns for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_some_patterns_are_cut_off_by_the_window_and_some_lie_inside_it(played: Played) -> None:
    spans = []
    for k, scenario in enumerate(played.plan):
        if scenario.kind == "positive":
            day = played.legs(k)["moment"] // DAY_SECONDS
            spans.append((int(day.min()), int(day.max())))
    assert sum(low <= 12 for low, _ in spans) >= 3
    assert sum(high >= DAYS - 12 for _, high in spans) >= 3
    assert sum(low > 12 and high < DAYS - 12 for low, high in spans) >= 3


def test_people_who_may_be_victims_are_never_expected_as_anything_else(played: Played) -> None:
    for group in played.groups:
        for part, (role, shown) in group.expected_roles.items():
            assert part in group.roles
            assert (role == "possible_victim") == (shown == "possible_victim")
            assert (group.kind == "twin") == (role == "lawful")


# --- money ---------------------------------------------------------------------------------------


def test_every_group_moves_money_and_every_leg_says_what_it_is(played: Played) -> None:
    names = played.ledger.leg_names
    assert (played.columns["leg"][played.columns["group"] < 0] == -1).all()
    for k, scenario in enumerate(played.plan):
        legs = played.legs(k)
        assert len(legs["leg"]) >= 4, scenario.id
        assert legs["leg"].min() >= 0
        kinds = {names[i] for i in np.unique(legs["leg"]).tolist()}
        several = scenario.kind == "positive" and played.groups[k].expected == "alert"
        assert len(kinds) >= (2 if several else 1), (scenario.id, kinds)


def test_every_member_of_the_core_takes_part_in_most_groups(played: Played) -> None:
    for k, scenario in enumerate(played.plan):
        group, legs = played.groups[k], played.legs(k)
        if scenario.kind == "twin" or group.expected == "not_evaluable":
            continue
        core = np.concatenate([played.accounts(k, part) for part in group.core])
        seen = np.isin(core, legs["account"]) | np.isin(core, played.world.main[played.pays.person])
        assert seen.mean() >= 0.4, (scenario.id, k)


def test_both_legs_of_a_transfer_carry_the_same_money(played: Played) -> None:
    c = played.columns
    two = (c["reference"] >= 0) & (c["group"] >= 0)
    inside = two & (c["other"] < OUTSIDE)
    order = np.lexsort((c["credit"], c["reference"]))
    order = order[inside[order]]
    debit, credit = order[0::2], order[1::2]
    assert len(order) % 2 == 0
    assert np.array_equal(c["reference"][debit], c["reference"][credit])
    assert not c["credit"][debit].any()
    assert c["credit"][credit].all()
    assert np.array_equal(c["cents"][debit], c["cents"][credit])
    assert np.array_equal(c["account"][debit], c["other"][credit])
    single = two & ~inside
    assert len(np.unique(c["reference"][single])) == int(single.sum())


def test_no_movement_lies_outside_the_window_or_the_life_of_its_account(played: Played) -> None:
    c, world = played.columns, played.world
    planned = c["group"] >= 0
    day = c["moment"][planned] // DAY_SECONDS
    who = world.holder[c["account"][planned]]
    assert day.min() >= 0
    assert day.max() < DAYS
    assert c["cents"][planned].min() >= 1
    assert (day >= world.opened[who]).all()
    assert (day < world.left[who]).all()


# --- words ---------------------------------------------------------------------------------------


def test_no_text_or_name_in_the_data_says_who_is_who(played: Played) -> None:
    seen = {str(t).lower() for t in played.columns["text"] if t is not None}
    seen |= {t.lower() for pool in texts.POOLS.values() for t in pool}
    seen |= {t.lower() for written in played.world.outside_names for t in written}
    assert not [t for t in seen if any(word in t for word in LABELS)]
    assert not {t for t in played.world.licence if t} & set(LABELS)


def test_each_group_says_what_it_shares_and_what_tells_it_apart_in_plain_words(played: Played) -> None:
    for group in played.groups:
        assert len(set(group.shared_traits)) >= (3 if group.kind == "twin" else 2), group.scenario
        assert len(set(group.differs_in)) >= (3 if group.kind == "twin" else 2), group.scenario
        for told in (*group.shared_traits, *group.differs_in):
            assert not accusing_words(told), told
    assert not [s.name for s in SCENARIOS if accusing_words(s.name)]


# --- what the data show of the difference --------------------------------------------------------


def test_money_of_a_cell_ends_with_others_and_that_of_an_independent_person_does_not(played: Played) -> None:
    for k in played.of("P2"):
        legs, account = played.legs(k), played.accounts(k, "account")
        passed = _paid(legs, account, played.accounts(k, "collector"))
        assert passed > 0.45 * _got(legs, account)
    for k in played.of("T9"):
        legs, mine = played.legs(k), played.accounts(k, "self_employed")
        out = ~legs["credit"] & np.isin(legs["account"], mine) & (legs["other"] >= 0)
        for payee in np.unique(legs["other"][out]).tolist():
            assert _paid(legs, mine, np.array([payee])) < 0.4 * _got(legs, mine)


def test_wages_leave_the_workers_of_a_gang_and_stay_with_those_in_a_staff_house(played: Played) -> None:
    def shares(scenario: str, part: str) -> list[float]:
        out = []
        for k in played.of(scenario):
            workers = played.groups[k].roles["worker"]
            wages = int(played.pays.of(workers).cents.sum())
            legs = played.legs(k)
            to_one = _paid(legs, played.accounts(k, "worker"), played.accounts(k, part))
            out.append(to_one / max(wages, 1))
        return out

    assert max(shares("P3", "sink")) > 0.3
    assert max(shares("T4", "landlord")) <= 0.25


def test_a_savings_circle_gives_out_what_is_paid_in_and_each_receives_once(played: Played) -> None:
    for k in played.of("T7"):
        legs, member = played.legs(k), played.accounts(k, "member")
        inside = legs["credit"] & np.isin(legs["other"], member)
        taker, turns = np.unique(legs["account"][inside], return_counts=True)
        assert len(np.unique(legs["cents"][inside])) == 1
        assert turns.max() <= len(member) - 1
        assert len(taker) == min(len(member), 9)


def test_one_who_sends_for_the_flat_mates_sends_each_sum_on_as_it_came(played: Played) -> None:
    for k in played.of("T8"):
        legs, sender = played.legs(k), played.accounts(k, "sender")
        came = np.sort(legs["cents"][legs["credit"] & np.isin(legs["account"], sender)])
        gone = legs["cents"][~legs["credit"] & np.isin(legs["account"], sender)].tolist()
        for cents in came.tolist():
            assert cents in gone
        assert sum(gone) >= int(came.sum())


def test_a_landlord_gets_the_same_sum_from_each_tenant_and_a_rotation_gets_sums_that_differ(
    played: Played,
) -> None:
    rent = played.ledger.leg_names.index(("let", "rent"))
    forward = played.ledger.leg_names.index(("turn", "forward"))
    for k in played.of("T12"):
        legs = played.legs(k)
        let = (legs["leg"] == rent) & ~legs["credit"]
        for tenant in np.unique(legs["account"][let]).tolist():
            assert len(np.unique(legs["cents"][let & (legs["account"] == tenant)])) == 1
    for k in played.of("P9"):
        legs = played.legs(k)
        fed = (legs["leg"] == forward) & ~legs["credit"]
        assert len(np.unique(legs["cents"][fed])) > 0.5 * fed.sum()


def test_cash_of_a_funnel_comes_in_in_three_districts_by_other_hands(played: Played) -> None:
    for k in played.of("P4"):
        legs, funnel = played.legs(k), played.accounts(k, "funnel")
        put = legs["credit"] & (legs["tx_type"] == "cash_deposit") & np.isin(legs["account"], funnel)
        assert len(np.unique(legs["city"][put])) >= 2
        stood = legs["conductor"][put & (legs["channel"] == "branch")]
        assert len(np.unique(stood)) >= 2
        assert not np.isin(stood, played.groups[k].roles["funnel"]).any()


def test_a_shelter_gives_residents_more_than_they_give_back(played: Played) -> None:
    for k in played.of("T15"):
        legs, house = played.legs(k), played.accounts(k, "shelter")
        resident = played.accounts(k, "resident")
        assert _paid(legs, house, resident) > _paid(legs, resident, house)


def test_domestic_work_paid_in_cash_alone_is_not_evaluable_and_no_worker_is_a_customer() -> None:
    rng = np.random.default_rng(2)
    world = build_world(rng, 1500, 120)
    add_public_bodies(world, rng)
    scenario = select(["P6"])[0]
    groups = [scenario.cast(world, rng) for _ in range(14)]
    unseen = [g for g in groups if g.expected == "not_evaluable"]
    assert unseen
    assert len(unseen) < len(groups)
    assert all((len(g.roles["worker"]) == 0) == (g.expected == "not_evaluable") for g in groups)


# --- ordinary life does the same -----------------------------------------------------------------


@pytest.fixture(scope="module")
def ordinary() -> tuple[World, dict[str, NDArray[Any]]]:
    streams = iter([np.random.default_rng(s) for s in np.random.SeedSequence(6).spawn(60)])
    world = build_world(next(streams), 1500, 120)
    add_public_bodies(world, next(streams))
    trade.settle_firms(world, next(streams))
    ledger = Ledger(world)
    trade.wages(world, ledger, next(streams))
    for process in (*_LIFE, *MORE_LIFE):
        process(world, ledger, next(streams))
    return world, ledger.columns()


def test_what_groups_use_ordinary_people_use_as_well(
    played: Played, ordinary: tuple[World, dict[str, NDArray[Any]]]
) -> None:
    world, life = ordinary
    planned = {name: values[played.columns["group"] >= 0] for name, values in played.columns.items()}

    def kinds(c: dict[str, NDArray[Any]], w: World) -> set[tuple[str, str, str]]:
        trades = w.merchants.trade
        shop = np.where(c["merchant"] >= 0, trades[np.maximum(c["merchant"], 0)], -1)
        found = zip(c["tx_type"].tolist(), c["channel"].tolist(), shop.tolist(), strict=True)
        return {(str(a), str(b), str(t)) for a, b, t in found}

    allowed = {
        ("cheque", "branch", "-1"),
        ("cheque", "None", "-1"),
    }  # allowances of people who wait for asylum
    assert kinds(planned, played.world) - kinds(life, world) <= allowed
    assert set(planned["purpose"].tolist()) <= set(life["purpose"].tolist())


def test_most_texts_of_groups_are_also_written_by_ordinary_people(
    played: Played, ordinary: tuple[World, dict[str, NDArray[Any]]]
) -> None:
    def folded(values: NDArray[Any]) -> list[str]:
        return ["".join(c for c in str(t).lower() if c.isalpha()) for t in values.tolist() if t is not None]

    own = np.isin(played.columns["group"], [k for k, s in enumerate(played.plan) if s.kind == "positive"])
    told, known = folded(played.columns["text"][own]), set(folded(ordinary[1]["text"]))
    assert np.mean([t in known for t in told]) > 0.97
    empty = [t is None for t in played.columns["text"][own & (played.columns["reference"] >= 0)].tolist()]
    usual = [t is None for t in ordinary[1]["text"][ordinary[1]["reference"] >= 0].tolist()]
    assert np.mean(empty) < 4 * np.mean(usual)


@pytest.mark.parametrize("process", MORE_LIFE, ids=lambda p: p.__name__)
def test_each_further_process_of_ordinary_life_books_sound_movements(
    process: Callable[[World, Ledger, np.random.Generator], None],
) -> None:
    rng = np.random.default_rng(8)
    world = build_world(rng, 500, 50)
    add_public_bodies(world, rng)
    world.taken.update(range(0, 40))
    ledger = Ledger(world)
    process(world, ledger, rng)
    c = ledger.columns()
    assert len(c["cents"]) > 0
    assert c["cents"].min() >= 1
    assert (c["group"] == -1).all()
    assert c["moment"].min() >= 0
    assert c["moment"].max() < DAYS * DAY_SECONDS

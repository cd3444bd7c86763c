"""The table of evasive operators: what each changes, whom it takes in, and how it is put on a group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from thbscreen.simulate import evasion
from thbscreen.simulate.clock import Flags, Ints, Rng
from thbscreen.simulate.evasion import Scene
from thbscreen.simulate.groups import Group, Role, solo
from thbscreen.simulate.layers import LivingWorld
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.moves import Moves, book, read_moves
from thbscreen.simulate.streams import number_of, stream

Change = Callable[[Moves, Scene], Moves]
Facts = Callable[[LivingWorld, Rng, Ints, int], None]


@dataclass(frozen=True, slots=True)
class Operator:
    """One way in which a group behaves so that it is harder to see.

    Attributes:
        id: A1 to A15.
        name: two or three words.
        changes: what can be measured in the data, by strength.
        holds: what stays the same whatever the strength.
        legs: changes payments; None when only facts change.
        facts: changes facts of members when they are cast; None when only payments change.
        helpers: how many parties join the group for it, by strength from 0 to 3.
    """

    id: str
    name: str
    changes: str
    holds: str
    legs: Change | None = None
    facts: Facts | None = None
    helpers: tuple[int, int, int, int] = (0, 0, 0, 0)


def _members(world: LivingWorld, who: Ints) -> Ints:
    return who[who < world.people]


def _new_contacts(world: LivingWorld, rng: Rng, who: Ints, strength: int) -> None:
    """A9: gives members telephones, e-mail and address keys of their own, and other spellings of names."""
    share = evasion.BUDGET[strength]
    for column in (world.phone, world.email, world.address, world.device):
        if column is world.device and strength < 3:
            continue
        some = who[rng.random(len(who)) < share]
        column[some] = int(column.max()) + 1 + np.arange(len(some))
    for party in _members(world, who[rng.random(len(who)) < share]).tolist():
        words = world.variants[party][0].split(" ")
        turned = " ".join(words[::-1])
        world.variants[party] = (
            world.variants[party][0],
            turned,
            turned.replace("i", "y"),
            *world.variants[party][1:],
        )


def _older_accounts(world: LivingWorld, rng: Rng, who: Ints, strength: int) -> None:
    """A10: opens young accounts half a year to a year and a half before they are used."""
    young = who[(world.opened[who] > -180) & (rng.random(len(who)) < evasion.BUDGET[strength])]
    world.opened[young] = -rng.integers(180, 540, len(young))


OPERATORS: tuple[Operator, ...] = (
    Operator(
        "A1",
        "other times",
        "payments move by up to 6, 24 or 72 hours; money passed on waits up to 2, 5 or 10 days",
        "who pays whom, and every sum",
        evasion.other_times,
    ),
    Operator(
        "A2",
        "parts and bundles",
        "sums are paid in 2, 3 or 4 parts on following days; from strength 2, payments "
        "of one pair in one week are joined",
        "what each pair moves in all",
        evasion.other_parts,
    ),
    Operator(
        "A3",
        "blurred sums",
        "sums move by up to 5, 10 or 15 percent and off round numbers",
        "what each pair moves in all, where it pays more than once",
        evasion.other_sums,
    ),
    Operator(
        "A4",
        "extra hop",
        "35, 65 or all percent of payments between members pass through the accounts of 1, 2 "
        "or 3 others, who keep nothing",
        "what payer and payee pay and get",
        evasion.extra_hops,
        helpers=(0, 1, 2, 3),
    ),
    Operator(
        "A5",
        "collectors in turn",
        "2, 3 or 5 accounts take the place of the one that collects, month by month",
        "what all collectors together get and pay",
        evasion.more_collectors,
        helpers=(0, 2, 3, 5),
    ),
    Operator(
        "A6",
        "everyday rows",
        "18, 36 or 54 card purchases per quiet account; from strength 2 monthly credits like pay",
        "all other payments",
        evasion.more_life,
    ),
    Operator(
        "A7",
        "other channels",
        "a quarter, half or two thirds of payments between members become cash, half of it "
        "paid in again; at strength 3 some become purchases of coins",
        "nobody gets more than was taken out",
        evasion.other_channels,
    ),
    Operator(
        "A8",
        "other words",
        "35, 65 or all percent of texts become those of friends; from strength 2 look-alike "
        "letters and invisible signs, at 3 pictures",
        "all payments",
        evasion.other_words,
    ),
    Operator(
        "A9",
        "own contacts",
        "35, 65 or all percent of members have contacts that nobody shares, and names "
        "written in other order; at strength 3 devices too",
        "all payments",
        facts=_new_contacts,
    ),
    Operator(
        "A10",
        "older accounts",
        "35, 65 or all percent of young accounts are opened 180 to 540 days before use",
        "all payments",
        facts=_older_accounts,
    ),
    Operator(
        "A11",
        "many banks",
        "members are spread over all banks of the data; at strength 2 and 3 a sixth or a "
        "third of their accounts is at banks that hand nothing over",
        "all payments",
    ),
    Operator(
        "A12",
        "paid and returned",
        "15, 30 or 50 percent as many payments again between members, each returned in full within five days",
        "net sums",
        evasion.reversals,
    ),
    Operator(
        "A13",
        "under round sums",
        "sums at or above a round number are paid just below it, the rest two days later",
        "what each pair moves in all",
        evasion.under_round_sums,
    ),
    Operator(
        "A14",
        "unasked payments",
        "8, 20 or 50 payments of a cent to some euros, a few like a rent, go to strangers",
        "all other payments; strangers do nothing",
        evasion.unasked,
    ),
    Operator(
        "A15",
        "crowded hub",
        "members pay tiny sums into a hub that gets 1,000, 10,000 or 30,000 tiny payments",
        "all other payments",
        evasion.into_the_crowd,
    ),
)
BY_ID = {op.id: op for op in OPERATORS}


def prepare(world: LivingWorld, rng: Rng, group: Group, ops: tuple[tuple[str, int], ...]) -> Group:
    """Changes facts of members and takes helpers into a group, as its operators need.

    Raises:
        ValueError: too few people are left.
    """
    who = np.unique(np.concatenate([np.asarray(p, dtype=np.int64) for p in group.roles.values()]))
    roles, expected = dict(group.roles), dict(group.expected_roles)
    for op, strength in ops:
        need = BY_ID[op].helpers[strength]
        if need:
            settled = solo(world) & (world.opened < -100) & (world.income > 60_000)
            part = f"helper_{op.lower()}"
            roles[part] = world.take(rng, settled, need)
            word: tuple[Role, str] = ("facilitator", "possible_facilitator")
            expected[part] = word
            if op == "A5":
                lead = _lead(group, who)
                same = roles[part][rng.random(need) < 0.7]
                world.phone[same] = world.phone[lead]
        change = BY_ID[op].facts
        if change is not None:
            change(world, rng, who, strength)
    return replace(group, roles=roles, expected_roles=expected)


def _lead(group: Group, who: Ints) -> int:
    """Gives somebody of the group who is no possible victim."""
    for part, (role, _) in group.expected_roles.items():
        if role in ("controller", "facilitator") and len(group.roles[part]):
            return int(group.roles[part][0])
    return int(who[0])


def strangers_of(world: LivingWorld, rng: Rng, n: int = 60) -> Ints:
    """Draws accounts of ordinary people who have no part in any group."""
    free: Flags = solo(world) & (world.opened < 0) & ~world.quiet
    free[np.fromiter(world.taken, dtype=np.int64, count=len(world.taken))] = False
    able = np.flatnonzero(free)
    drawn: Ints = world.main[rng.choice(able, min(n, len(able)), replace=False)]
    return drawn


def hub_of(world: LivingWorld, seed: int) -> int:
    """Gives the account of the firm that a crowd pays into (A15)."""
    free = [p for p in range(world.people, world.parties) if p not in world.taken]
    return int(world.main[free[number_of("hub", seed) % len(free)]])


def behave(
    frame: pl.DataFrame,
    world: LivingWorld,
    ledger: Ledger,
    group: Group,
    number: int,
    seed: int,
    ops: tuple[tuple[str, int], ...],
    cash_heavy: bool,
) -> pl.DataFrame:
    """Gives the legs of a group after its operators, in the order of their numbers.

    Args:
        frame: legs as the scenario booked them.
        world: facts of accounts.
        ledger: names of legs are added here.
        group: the group with its helpers.
        number: number of the group.
        seed: seed of the world.
        ops: operators with strengths.
        cash_heavy: whether most of what members pay one another is cash.
    """
    if not frame.height or not (ops or cash_heavy):
        return frame
    helped = [p for p in group.roles if p.startswith("helper_")]
    core = [np.asarray(p, dtype=np.int64) for part, p in group.roles.items() if part not in helped]
    accounts = np.unique(world.main[np.concatenate(core)])
    moves = read_moves(frame)
    for op, strength in ops:
        change = BY_ID[op].legs
        if change is None:
            continue
        rng = stream(seed, "operator", group.group_id, op)
        world.begin(f"operator/{group.group_id}/{op}")
        helpers = world.main[group.roles.get(f"helper_{op.lower()}", np.zeros(0, dtype=np.int64))]
        if op == "A15":
            helpers = np.array([hub_of(world, seed)], dtype=np.int64)
        strangers = strangers_of(world, rng) if op == "A14" else np.zeros(0, dtype=np.int64)
        leg = ledger.leg_number("evasion", BY_ID[op].name)
        moves = change(moves, Scene(world, rng, strength, accounts, helpers, strangers, leg))
    if cash_heavy:
        rng = stream(seed, "operator", group.group_id, "cash")
        nobody = np.zeros(0, dtype=np.int64)
        leg = ledger.leg_number("evasion", "cash")
        moves = evasion.in_cash(moves, Scene(world, rng, 3, accounts, nobody, nobody, leg))
    return book(moves, world, frame, number, number_of("operators", group.group_id))

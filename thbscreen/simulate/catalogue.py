"""All planned groups that a world may hold: 11 forms of exploitation and 22 lawful twins of them.

A scenario is a pair: `cast` takes people who already live in the world and gives them parts, before anything
happens; `play` books what they do, after ordinary life has been booked. Both may be called any number of
times in one world; each call draws its own size and dates. Movements carry the number of the group and of
the leg (`Ledger.mark`: phase and kind of leg), so that operators can change them and the truth can name them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from thbscreen.simulate.clock import Rng
from thbscreen.simulate.groups import Expected, Group
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.scenarios import (
    benefits,
    controlled,
    domestic,
    evenings,
    exploitation,
    funnel,
    labour,
    marriage,
    online,
    rotation,
)
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import World

Cast = Callable[[World, Rng], Group]
Play = Callable[[World, Ledger, Rng, Group, Pays], None]
VISIBILITIES = ("full", "one_bank", "cash_heavy", "kyc_missing")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario that can be cast many times.

    Attributes:
        id: P1 to P11 or T1 to T22; a letter after the number tells two directions of one form apart.
        name: plain words, as the truth names it.
        typology: the rule pack's word for the form; None for twins.
        kind: positive or twin.
        twin_of: positives whose look a twin shares; empty for positives.
        expected: what a report should say, by visibility: alert, context, none or not_evaluable. A group
            whose own `expected` is weaker (it was played in cash, say) wins over the word for `full`.
        network: a suspected network is expected, not one subject.
        cast: takes people and gives them parts.
        play: books what they do.
        people_needed: how many parties one call takes at most.
    """

    id: str
    name: str
    typology: str | None
    kind: Literal["positive", "twin"]
    twin_of: tuple[str, ...]
    expected: Mapping[str, Expected]
    network: bool
    cast: Cast
    play: Play
    people_needed: int


def _seen(
    full: Expected, one_bank: Expected, cash_heavy: Expected, kyc_missing: Expected
) -> Mapping[str, Expected]:
    return MappingProxyType(dict(zip(VISIBILITIES, (full, one_bank, cash_heavy, kyc_missing), strict=True)))


_QUIET = _seen("none", "none", "none", "none")


def _positive(
    id: str,
    name: str,
    typology: str,
    cast: Cast,
    play: Play,
    need: int,
    seen: Mapping[str, Expected],
    network: bool = True,
) -> Scenario:
    return Scenario(id, name, typology, "positive", (), seen, network, cast, play, need)


def _twin(
    id: str,
    name: str,
    of: tuple[str, ...],
    cast: Cast,
    play: Play,
    need: int,
    seen: Mapping[str, Expected] = _QUIET,
) -> Scenario:
    return Scenario(id, name, None, "twin", of, seen, False, cast, play, need)


_RING = _seen("alert", "context", "context", "alert")
_FILE = _seen("alert", "context", "context", "context")
_HOME = _seen("alert", "context", "not_evaluable", "context")
_OTHER = _seen("context", "context", "none", "context")
SCENARIOS: tuple[Scenario, ...] = (
    _positive("P1", "sham marriage ring", "sham_marriage", marriage.cast_ring, marriage.play_ring, 40, _RING),
    _positive(
        "P2",
        "sexual exploitation cell",
        "sexual_exploitation",
        exploitation.cast_cell,
        exploitation.play_cell,
        11,
        _RING,
    ),
    _positive(
        "P3", "labour gang master", "labour_exploitation", labour.cast_gang, labour.play_gang, 29, _RING
    ),
    _positive("P4", "funnel accounts", "laundering", funnel.cast_funnel, funnel.play_funnel, 9, _RING),
    _positive(
        "P5",
        "accounts run by another hand",
        "account_control",
        controlled.cast_herd,
        controlled.play_herd,
        17,
        _FILE,
    ),
    _positive(
        "P6",
        "domestic servitude",
        "domestic_servitude",
        domestic.cast_servitude,
        domestic.play_servitude,
        3,
        _HOME,
        False,
    ),
    _positive(
        "P7", "forced begging", "forced_criminality", funnel.cast_begging, funnel.play_begging, 8, _RING
    ),
    _positive(
        "P8",
        "benefits drawn in other names",
        "benefit_fraud",
        benefits.cast_claims,
        benefits.play_claims,
        13,
        _FILE,
    ),
    _positive(
        "P9", "rotation to one account", "account_control", rotation.cast_relay, rotation.play_relay, 9, _RING
    ),
    _positive(
        "P10a",
        "payments for online exploitation",
        "child_sexual_exploitation",
        online.cast_payers,
        online.play_payers,
        6,
        _RING,
    ),
    _positive(
        "P10b",
        "sums extorted from the young",
        "sexual_extortion",
        online.cast_extortion,
        online.play_extortion,
        10,
        _RING,
        False,
    ),
    _positive(
        "P11",
        "labour house also used by a cell",
        "labour_exploitation",
        rotation.cast_mixed,
        rotation.play_mixed,
        40,
        _RING,
    ),
    _twin("T1", "wedding planner", ("P1",), marriage.cast_planner, marriage.play_planner, 17),
    _twin("T2", "genuine couple whose families pay", ("P1",), marriage.cast_couple, marriage.play_couple, 2),
    _twin(
        "T3",
        "immigration lawyer or translation office",
        ("P1",),
        marriage.cast_lawyer,
        marriage.play_lawyer,
        14,
    ),
    _twin("T4", "seasonal staff in a staff house", ("P3",), labour.cast_hotel, labour.play_hotel, 24),
    _twin(
        "T5",
        "hostel, student hall or house of flats",
        ("P3", "P5"),
        labour.cast_hostel,
        labour.play_hostel,
        21,
    ),
    _twin(
        "T6",
        "payroll bureau, cleaning, care or staffing firm",
        ("P3",),
        labour.cast_bureau,
        labour.play_bureau,
        28,
    ),
    _twin("T7", "savings circle", ("P3", "P9"), funnel.cast_circle, funnel.play_circle, 12),
    _twin("T8", "one sends for the flat-mates", ("P2", "P4"), evenings.cast_sender, evenings.play_sender, 8),
    _twin(
        "T9",
        "independent sex worker or massage therapist",
        ("P2",),
        exploitation.cast_independent,
        exploitation.play_independent,
        2,
    ),
    _twin(
        "T10",
        "musician, driver or representative on tour",
        ("P2", "P4"),
        exploitation.cast_traveller,
        exploitation.play_traveller,
        5,
    ),
    _twin("T11", "event organiser", ("P2",), evenings.cast_event, evenings.play_event, 6),
    _twin(
        "T12", "private landlord and tenants", ("P9", "P3"), labour.cast_landlord, labour.play_landlord, 12
    ),
    _twin("T13", "parent, guardian or carer", ("P5", "P8"), controlled.cast_carer, controlled.play_carer, 5),
    _twin(
        "T14",
        "reception day or first day at a firm",
        ("P5",),
        controlled.cast_reception,
        controlled.play_reception,
        19,
    ),
    _twin(
        "T15",
        "charity, church or shelter",
        ("P1", "P2", "P3", "P4", "P5", "P6"),
        benefits.cast_shelter,
        benefits.play_shelter,
        20,
    ),
    _twin(
        "T16",
        "market trader, kiosk, taxi or car wash",
        ("P4", "P7"),
        funnel.cast_trader,
        funnel.play_trader,
        3,
    ),
    _twin(
        "T17",
        "deceived payer or gambler",
        ("P10a", "P10b", "P2"),
        online.cast_deceived,
        online.play_deceived,
        1,
    ),
    _twin(
        "T18",
        "hired account of another crime",
        ("P5",),
        controlled.cast_hired,
        controlled.play_hired,
        1,
        _OTHER,
    ),
    _twin(
        "T19",
        "remote worker, seafarer or long-stay guest",
        ("P2",),
        evenings.cast_passing,
        evenings.play_passing,
        1,
    ),
    _twin("T20", "domestic worker paid as agreed", ("P6",), domestic.cast_paid, domestic.play_paid, 2),
    _twin("T21", "family firm", ("P3", "P8"), benefits.cast_family_firm, benefits.play_family_firm, 8),
    _twin(
        "T22",
        "parents by clinic or adoption within the law",
        (),
        marriage.cast_family_law,
        marriage.play_family_law,
        2,
    ),
)


def select(words: Iterable[str]) -> tuple[Scenario, ...]:
    """Gives the scenarios named by ids; `P10` names P10a and P10b, `P` all positives and `T` all twins.

    Raises:
        ValueError: a word names no scenario; the message says which words exist.
    """
    wanted = [word.strip() for word in words]
    for word in wanted:
        if not any(_named(s.id, word) for s in SCENARIOS):
            raise ValueError(f"no scenario {word!r}; there are {', '.join(s.id for s in SCENARIOS)}")
    return tuple(s for s in SCENARIOS if any(_named(s.id, word) for word in wanted))


def _named(id: str, word: str) -> bool:
    return word in (id, id[0], id.rstrip("abcdefgh"))

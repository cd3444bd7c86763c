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

from thbscreen.simulate import positives, twins
from thbscreen.simulate.clock import Rng
from thbscreen.simulate.groups import Expected, Group
from thbscreen.simulate.ledger import Ledger
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
    id: str, name: str, typology: str, cast: Cast, play: Play, need: int, seen: Mapping[str, Expected],
    network: bool = True,
) -> Scenario:  # fmt: skip
    return Scenario(id, name, typology, "positive", (), seen, network, cast, play, need)


def _twin(
    id: str, name: str, of: tuple[str, ...], cast: Cast, play: Play, need: int,
    seen: Mapping[str, Expected] = _QUIET,
) -> Scenario:  # fmt: skip
    return Scenario(id, name, None, "twin", of, seen, False, cast, play, need)


_RING = _seen("alert", "context", "context", "alert")
SCENARIOS: tuple[Scenario, ...] = (
    _positive(
        "P1", "sham marriage ring", "sham_marriage", positives.cast_ring, positives.play_ring, 17, _RING
    ),
    _positive(
        "P2",
        "sexual exploitation cell",
        "sexual_exploitation",
        positives.cast_cell,
        positives.play_cell,
        7,
        _RING,
    ),
    _positive(
        "P3", "labour gang master", "labour_exploitation", positives.cast_gang, positives.play_gang, 18, _RING
    ),
    _twin("T1", "wedding planner", ("P1",), twins.cast_planner, twins.play_planner, 14),
    _twin("T2", "genuine couple", ("P1",), twins.cast_couples, twins.play_couples, 4),
    _twin("T4", "hotel staff in season", ("P3",), twins.cast_hotel, twins.play_hotel, 17),
    _twin("T5", "student flat", ("P3", "P5"), twins.cast_students, twins.play_students, 4),
    _twin("T6", "payroll bureau", ("P3",), twins.cast_bureau, twins.play_bureau, 24),
    _twin("T7", "savings circle", ("P3", "P9"), twins.cast_circle, twins.play_circle, 8),
    _twin("T9", "independent worker", ("P2",), twins.cast_independent, twins.play_independent, 1),
    _twin("T16", "market trader", ("P4", "P7"), twins.cast_trader, twins.play_trader, 1),
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

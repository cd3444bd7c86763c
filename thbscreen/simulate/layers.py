"""Lives in layers: everybody lives first; each layer of planned groups then takes over the lives it needs.

A layer casts groups, which changes facts of some parties. Those parties live again, in streams of the layer's
own, and whatever they had to do with others is replaced; nobody else's movements change. So a world without
its last layer holds the same rows for everybody whom that layer did not touch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import polars as pl

from thbscreen.model import catalogue as columns
from thbscreen.simulate import life, society, trade
from thbscreen.simulate.clock import DAY_SECONDS, DAYS, Flags, Ints, Rng
from thbscreen.simulate.close_pairs import close_pairs
from thbscreen.simulate.ledger import COLUMNS, Ledger
from thbscreen.simulate.more_life import MORE_LIFE
from thbscreen.simulate.streams import Keys, keyed, number_of, shares, stream
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import FOREIGN, OUTSIDE, World, add_public_bodies, build_world

Process = Callable[[World, Ledger, Rng], None]
#: Processes of ordinary life in which people deal with others; wages come before them.
SHARED: tuple[Process, ...] = (
    life.incomes,
    life.homes,
    life.friends,
    life.families_abroad,
    life.partners,
    life.travel,
    trade.house_help,
    trade.commerce,
    society.town_halls,
    society.online_adverts,
    society.clubs,
    society.circles,
    society.short_stays,
    society.two_homes,
    society.bank_fees,
    *MORE_LIFE,
    close_pairs,
)
#: Processes in which everybody acts alone, so that only those who live again need to be drawn.
ALONE: tuple[Process, ...] = (life.shopping, life.cash)
#: Countries where people of a world have families, friends and business.
FAR = (*FOREIGN, "TH", "CO", "RU", "NG", "PK", "BD", "MD", "TR", "US", "IT", "GE", "CM")
_ENUMS = {"tx_type": pl.Enum(columns.TX_TYPES), "channel": pl.Enum(columns.CHANNELS)}
_SMALL = {
    "account": pl.Int32,
    "other": pl.Int32,
    "merchant": pl.Int32,
    "machine": pl.Int32,
    "card": pl.Int32,
    "device": pl.Int32,
    "city": pl.Int8,
    "group": pl.Int32,
    "leg": pl.Int16,
    "conductor": pl.Int32,
    "reference": pl.Int32,
}


@dataclass(slots=True)
class LivingWorld(World):
    """A world that remembers who was met in which process, so that people meet the same others again."""

    process: str = ""
    foreign: tuple[str, ...] = FAR
    call: int = 0
    pools: dict[tuple[str, int, str], Ints] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    number_cache: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def begin(self, process: str) -> None:
        """Says which process runs now."""
        self.process, self.call = process, 0

    def outside(self, written: list[tuple[str, ...]], country: list[str]) -> Ints:
        """Adds accounts at other banks; see `World.outside`."""
        self.call += 1
        first = number_of(self.process, self.call) >> 8
        self.numbers += range(first, first + len(written))
        return World.outside(self, written, country)

    def strangers(self, rng: Rng, n: int, abroad: float = 0.0) -> Ints:
        """Gives private people who bank elsewhere: in a process that ran before, the same ones."""
        return self._again("private", n, lambda: World.strangers(self, rng, n, abroad))

    def other_firms(self, rng: Rng, n: int, abroad: float = 0.0) -> Ints:
        """Gives firms that bank elsewhere: in a process that ran before, the same ones."""
        return self._again("firms", n, lambda: World.other_firms(self, rng, n, abroad))

    def _again(self, kind: str, n: int, make: Callable[[], Ints]) -> Ints:
        key = (self.process, self.call, kind)
        known = self.pools.get(key)
        if known is not None and len(known) == n:
            self.call += 1
            return known
        made = make()
        self.pools.setdefault(key, made)
        return made

    def marks(self, entity: Ints) -> Ints:
        """Gives a number for each entity that stays the same whatever else is in the world."""
        if len(self.number_cache) != len(self.numbers):
            self.number_cache = np.array(self.numbers, dtype=np.uint64).astype(np.int64)
        out = np.asarray(entity, dtype=np.int64).copy()
        away = out >= OUTSIDE
        out[away] = self.number_cache[out[away] - OUTSIDE] % 1_000_003
        return out

    def take(self, rng: Rng, among: Flags, n: int) -> Ints:
        """Takes parties into a group; a firm that is taken loses what is on file about its trade."""
        drawn = World.take(self, rng, among, n)
        for party in drawn[drawn >= self.people].tolist():
            self.licence[party] = None
            self.staff[party] = 0
        return drawn

    def copy(self) -> LivingWorld:
        """Gives a world of its own with the same facts."""
        given: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            copies = isinstance(value, (np.ndarray, list, dict, set))
            given[f.name] = value.copy() if copies else value
        return LivingWorld(**given)


def frame_of(ledger: Ledger, source: str) -> pl.DataFrame:
    """Takes what was booked since the last call out of a ledger.

    Columns: those of the ledger, in small types, plus `source` (number of the process) and `serial` (place in
    that process), which together name a movement for good.
    """
    drained = ledger.drain()
    data: dict[str, pl.Series] = {}
    for name, (dtype, _) in COLUMNS.items():
        values = drained[name]
        if dtype is np.object_:
            series = pl.Series(name, values.tolist(), dtype=pl.String)
            data[name] = series.cast(_ENUMS[name]) if name in _ENUMS else series
        else:
            data[name] = pl.Series(name, values)
            if name in _SMALL:
                data[name] = data[name].cast(_SMALL[name])
    n = len(drained["moment"])
    return pl.DataFrame(data).with_columns(
        pl.lit(number_of(source), dtype=pl.UInt64).alias("source"),
        pl.Series("serial", np.arange(n, dtype=np.int32)),
        pl.lit(False).alias("camouflage"),
    )


@dataclass(slots=True)
class Lives:
    """A world and all that was booked in it so far.

    Attributes:
        world: facts of people, firms and accounts.
        daily: movements of ordinary life.
        planned: movements of planned groups.
        leg_names: (phase, kind of leg) by number in column `leg`.
        seed: seed of the world.
    """

    world: LivingWorld
    daily: list[pl.DataFrame]
    planned: list[pl.DataFrame]
    leg_names: list[tuple[str, str]]
    seed: int


def ordinary(seed: int, people: int, firms: int, processes: Sequence[Process] = SHARED) -> Lives:
    """Makes a world in which everybody just lives; no group is planned.

    Args:
        seed: seed of the world.
        people: natural persons.
        firms: legal persons.
        processes: shared processes of ordinary life; leaving one out changes no movement of another.
    """
    world = build_world(stream(seed, "people"), people, firms, people / 1840, LivingWorld)
    assert isinstance(world, LivingWorld)
    world.begin("public")
    add_public_bodies(world, stream(seed, "public"))
    trade.settle_firms(world, stream(seed, "firms"))
    frames, _ = _live(world, seed, "life", processes, None)
    return Lives(world, frames, [], [], seed)


def _live(
    world: LivingWorld, seed: int, layer: str, processes: Sequence[Process], touched: Flags | None
) -> tuple[list[pl.DataFrame], Pays]:
    """Runs ordinary life and gives its movements, only those of touched parties if given, and wages."""
    ledger, frames = Ledger(world), []
    world.begin("wages")
    pays = trade.wages(world, ledger, stream(seed, layer, "wages"))
    frames.append(_kept(frame_of(ledger, f"{layer}/wages"), world, touched))
    for process in processes:
        world.begin(process.__name__)
        process(world, ledger, stream(seed, layer, process.__name__))
        frames.append(_kept(frame_of(ledger, f"{layer}/{process.__name__}"), world, touched))
    quiet, cards, cash = world.quiet, world.card_rate, world.cash_rate
    if touched is not None:
        world.quiet = quiet | ~touched
        world.card_rate, world.cash_rate = np.where(touched, cards, 0.0), np.where(touched, cash, 0.0)
    for process in ALONE:
        world.begin(process.__name__)
        process(world, ledger, stream(seed, layer, process.__name__))
        frames.append(_kept(frame_of(ledger, f"{layer}/{process.__name__}"), world, touched))
    world.quiet, world.card_rate, world.cash_rate = quiet, cards, cash
    return frames, pays


def _sides(frame: pl.DataFrame, world: World, touched: Flags) -> Flags:
    """Tells which movements lie on an account of a touched party or have one on the other side."""
    mine = world.holder[frame["account"].to_numpy()]
    other = frame["other"].to_numpy()
    inside = (other >= 0) & (other < OUTSIDE)
    there = world.holder[np.where(inside, other, 0)]
    out: Flags = touched[mine] | (inside & touched[there])
    return out


def _kept(frame: pl.DataFrame, world: World, touched: Flags | None) -> pl.DataFrame:
    return frame if touched is None else frame.filter(pl.Series(_sides(frame, world, touched)))


_FACTS = (
    "job",
    "age",
    "household",
    "address",
    "phone",
    "email",
    "device",
    "town",
    "income",
    "employer",
    "card_rate",
    "cash_rate",
    "opened",
    "left",
    "quiet",
    "unpaid",
    "housed",
    "staff",
    "social_share",
    "deduct_share",
    "wage_payer",
    "main",
)


def _changed(before: World, after: World) -> Flags:
    """Tells which parties have a part in a new group, or facts that differ."""
    touched = np.zeros(after.parties, dtype=bool)
    touched[np.fromiter(after.taken - before.taken, dtype=np.int64, count=-1)] = True
    for name in _FACTS:
        touched |= getattr(before, name) != getattr(after, name)
    for name in ("licence", "nace"):
        old, new = getattr(before, name), getattr(after, name)
        touched[[k for k in range(after.parties) if old[k] != new[k]]] = True
    added = after.holder[len(before.holder) :]
    touched[added] = True
    return touched


def _refile(world: World, seed: int, layer: str, firms: Ints) -> None:
    """Declares staff and turnover of firms that were cast anew."""
    size = np.bincount(world.employer[world.employer >= 0], minlength=world.parties)[firms]
    told = np.maximum(np.round(size * (0.85 + 0.35 * shares(seed, f"{layer}/staff", firms))), 1)
    world.staff[firms] = np.where(world.staff[firms] > 0, world.staff[firms], told.astype(np.int64))
    scale = 2.6 + 2.4 * shares(seed, f"{layer}/turnover", firms)
    world.turnover[firms] = np.round(np.maximum(size, 1) * 1700 * scale * 12).astype(np.int64) * 100


Book = Callable[[LivingWorld, Ledger, Pays], list[pl.DataFrame]]


def take_over(lives: Lives, layer: str, cast: Callable[[LivingWorld], None], play: Book) -> Lives:
    """Adds a layer of planned groups to a world.

    Args:
        lives: the world so far; it is not changed.
        layer: name of the layer; its streams are named after it.
        cast: changes facts of a world.
        play: books planned movements and gives them, group by group; gets the wages of this layer.
    """
    before, world = lives.world, lives.world.copy()
    world.begin(f"{layer}/cast")
    cast(world)
    touched = _changed(before, world)
    firms = np.flatnonzero(touched & (np.arange(world.parties) >= world.people))
    _refile(world, lives.seed, layer, firms)
    owned = list(world.joint)
    frames, pays = _live(world, lives.seed, layer, SHARED, touched)
    fresh = world.joint[len(owned) :]
    world.joint = [j for j in owned if j[2] != "beneficial_owner" or not touched[[j[0], j[1]]].any()]
    world.joint += [j for j in fresh if touched[[j[0], j[1]]].any()]
    kept = [f.filter(pl.Series(~_sides(f, world, touched))) for f in lives.daily]
    ledger = Ledger(world)
    ledger.leg_names = list(lives.leg_names)
    planned = [alive(f, world) for f in [*lives.planned, *play(world, ledger, pays)]]
    return Lives(world, kept + frames, planned, ledger.leg_names, lives.seed)


def alive(frame: pl.DataFrame, world: World) -> pl.DataFrame:
    """Leaves out payments that an account on either side could not make, because it was not open then."""
    day = frame["moment"].to_numpy() // DAY_SECONDS
    out = (day >= 0) & (day < DAYS)
    for name in ("account", "other"):
        entity = frame[name].to_numpy()
        inside = (entity >= 0) & (entity < OUTSIDE)
        who = world.holder[np.where(inside, entity, 0)]
        out &= ~inside | ((day >= world.opened[who]) & (day < world.left[who]))
    return frame.filter(pl.Series(out))


def row_keys(frame: pl.DataFrame, seed: int, name: str, serial: str = "serial") -> Keys:
    """Gives a number for each movement that depends on nothing but its process and its place there."""
    return keyed(seed, name, frame["source"].to_numpy(), frame[serial].to_numpy())

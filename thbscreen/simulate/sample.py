"""Makes the sample world: `python -m thbscreen.simulate.sample --out sample_data --truth DIR --seed 20241`.

One random stream per process, spawned from the seed, so that the same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thbscreen.simulate import life, positives, society, trade, twins
from thbscreen.simulate.clock import Rng
from thbscreen.simulate.export import Ids, Tables, export
from thbscreen.simulate.groups import Group
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.truth import expected_findings, truth
from thbscreen.simulate.world import World, add_public_bodies, build_world

PEOPLE, FIRMS, SEED = 1840, 160, 20241
_Cast = Callable[[World, Rng], Group]
_Play = Callable[[World, Ledger, Rng, Group, trade.Pays], None]
_SCENARIOS: tuple[tuple[_Cast, _Play], ...] = (
    (positives.cast_ring, positives.play_ring),
    (positives.cast_cell, positives.play_cell),
    (positives.cast_gang, positives.play_gang),
    (twins.cast_planner, twins.play_planner),
    (twins.cast_couples, twins.play_couples),
    (twins.cast_bureau, twins.play_bureau),
    (twins.cast_hotel, twins.play_hotel),
    (twins.cast_therapist, twins.play_therapist),
    (twins.cast_students, twins.play_students),
    (twins.cast_independent, twins.play_independent),
    (twins.cast_trader, twins.play_trader),
    (twins.cast_circle, twins.play_circle),
)
_LIFE: tuple[Callable[[World, Ledger, Rng], None], ...] = (
    life.shopping,
    life.incomes,
    life.homes,
    life.friends,
    life.families_abroad,
    life.partners,
    life.travel,
    life.cash,
    trade.house_help,
    trade.commerce,
    society.town_halls,
    society.online_adverts,
    society.clubs,
    society.circles,
    society.short_stays,
    society.two_homes,
    society.bank_fees,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A finished world: tables, truth, and first expectations."""

    tables: Tables
    ids: Ids
    truth: dict[str, Any]
    expected: dict[str, Any]


def make_sample(seed: int = SEED, people: int = PEOPLE, firms: int = FIRMS) -> Sample:
    """Makes a sample world.

    Args:
        seed: the same seed and sizes give the same tables.
        people: natural persons, at least 900 so that all groups can be cast.
        firms: legal persons.

    Raises:
        ValueError: the world is too small for the planned groups.
    """
    if people < 900:
        raise ValueError(f"the world is too small: {people} people")
    count = 4 + len(_LIFE) + 2 * len(_SCENARIOS)
    streams = iter([np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(count)])
    world = build_world(next(streams), people, firms)
    add_public_bodies(world, next(streams))
    groups = [cast(world, next(streams)) for cast, _ in _SCENARIOS]
    money = next(streams)
    trade.settle_firms(world, money)
    ledger = Ledger(world)
    pays = trade.wages(world, ledger, money)
    for process in _LIFE:
        process(world, ledger, next(streams))
    for number, (group, (_, play)) in enumerate(zip(groups, _SCENARIOS, strict=True)):
        ledger.group = number
        play(world, ledger, next(streams), group, pays)
    tables, ids = export(world, ledger, next(streams))
    told = truth(world, tables, ids, groups, seed)
    return Sample(tables, ids, told, expected_findings(told))


def write_sample(sample: Sample, out: Path, told: Path) -> None:
    """Writes data to one folder and truth to another.

    Raises:
        OSError: a folder or file cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    told.mkdir(parents=True, exist_ok=True)
    tables = sample.tables
    tables.transactions.write_parquet(
        out / "transactions.parquet", compression="zstd", compression_level=19, statistics=False
    )
    tables.accounts.write_csv(out / "accounts.csv")
    tables.parties.write_csv(out / "parties.csv")
    tables.account_parties.write_csv(out / "account_parties.csv")
    for name, value in (("truth.json", sample.truth), ("expected_findings.json", sample.expected)):
        text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
        (told / name).write_text(text, encoding="utf-8", newline="\n")


def main(argv: list[str] | None = None) -> None:
    """Runs the command line of this module."""
    parser = argparse.ArgumentParser(description="Makes the invented sample world.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the four tables")
    parser.add_argument(
        "--truth", type=Path, required=True, help="folder for the truth; must not be the data folder"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(argv)
    if given.truth.resolve().is_relative_to(given.out.resolve()):
        parser.error("the truth must not lie in the data folder")
    write_sample(make_sample(given.seed), given.out, given.truth)


if __name__ == "__main__":
    main()

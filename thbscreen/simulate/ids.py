"""Ids of a world: of accounts, parties, cards, devices and payments; they say nothing about any plan.

Each id follows from the seed and from what it names, so that nothing else in a world can change it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from thbscreen.simulate.clock import Flags, Ints
from thbscreen.simulate.export import iban
from thbscreen.simulate.layers import LivingWorld
from thbscreen.simulate.streams import Keys, distinct, keyed, number_of, shares

#: Codes of the banks A to E whose accounts are in the data, and of other banks in Cyprus; all unassigned.
BANKS = ("990", "991", "992", "993", "994")
_ELSEWHERE = ("995", "996", "997", "998")
_BANK_SHARES = (0.36, 0.24, 0.18, 0.12, 0.10)
HIDDEN = -1


@dataclass(frozen=True, slots=True)
class Codes:
    """Ids by number: accounts here and elsewhere, parties, cards, devices, merchants and terminals."""

    accounts: pl.Series
    elsewhere: pl.Series
    parties: pl.Series
    cards: pl.Series
    devices: pl.Series
    merchants: pl.Series
    terminals: pl.Series
    salt: int


def banks_of(world: LivingWorld, seed: int, banks: int) -> Ints:
    """Gives the bank of each account, by number from 0: people keep all their accounts at one bank."""
    edges = np.cumsum(_BANK_SHARES[:banks]) / sum(_BANK_SHARES[:banks])
    drawn = shares(seed, "bank", np.arange(world.parties, dtype=np.int64))
    found = np.minimum(np.searchsorted(edges, drawn, side="right"), banks - 1)
    out: Ints = found[world.holder].astype(np.int64)
    return out


def _ibans(land: list[str], bank: list[str], branch: list[int], number: list[int]) -> pl.Series:
    made = [
        iban("CY", f"{b}{r:05d}{n:016d}") if c == "CY" else iban(c, f"ZZZZ{n:016d}")
        for c, b, r, n in zip(land, bank, branch, number, strict=True)
    ]
    return pl.Series(made, dtype=pl.String)


def _numbered(prefix: str, numbers: Ints, digits: int) -> pl.Series:
    padded = pl.Series(numbers).cast(pl.String).str.zfill(digits)
    return (pl.Series([prefix]) + padded).rename("")


def make_codes(world: LivingWorld, bank: Ints, seed: int) -> Codes:
    """Gives everything its id.

    Args:
        world: what is to be named.
        bank: bank of each account here; `HIDDEN` for accounts that no delivered bank keeps.
        seed: seed of the world.
    """
    n, parties = len(world.holder), world.parties
    number = distinct(seed, "account", n, 10**15)
    code = [
        BANKS[b] if b >= 0 else _ELSEWHERE[k % 4] for k, b in zip(number.tolist(), bank.tolist(), strict=True)
    ]
    branch = (1 + number // 13 % 40).tolist()
    marks = np.array(world.numbers, dtype=np.uint64).astype(np.int64)
    away = (keyed(seed, "elsewhere", marks) % np.uint64(10**15)).astype(np.int64)
    _apart(away)
    places = len(world.merchants.names)
    machines = len(world.machines.town)
    pos = _numbered("POS", distinct(seed, "pos", places, 10**7), 7)
    atm = _numbered("ATM", distinct(seed, "atm", machines, 10**6), 6)
    return Codes(
        accounts=_ibans(["CY"] * n, code, branch, number.tolist()),
        elsewhere=_ibans(
            world.outside_country,
            [_ELSEWHERE[k] for k in (away // 7 % 4).tolist()],
            (1 + away // 11 % 40).tolist(),
            away.tolist(),
        ),
        parties=_numbered("P", distinct(seed, "party", parties, 10**10), 10),
        cards=_numbered("CRD", distinct(seed, "card", n, 10**10), 10),
        devices=_numbered("DEV", distinct(seed, "device", int(world.device.max()) + 1, 10**10), 10),
        merchants=_numbered("MER", distinct(seed, "merchant", places, 10**8), 8),
        terminals=pl.concat([pos, atm]),
        salt=number_of("salt", seed),
    )


def _apart(numbers: Ints) -> None:
    """Moves numbers that occur twice by one until all differ."""
    while True:
        _, first = np.unique(numbers, return_index=True)
        if len(first) == len(numbers):
            return
        again: Flags = np.ones(len(numbers), dtype=bool)
        again[first] = False
        numbers[again] += 1


def numbers_of(keys: Keys, digits: int) -> pl.Series:
    """Writes keys as whole numbers with a fixed count of digits."""
    return pl.Series((keys % np.uint64(10**digits)).astype(np.int64)).cast(pl.String).str.zfill(digits)

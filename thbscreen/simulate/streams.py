"""Randomness by name: a stream for each process, and a number for each row, that nothing else can shift."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from thbscreen.simulate.clock import Ints, Rng

Keys = NDArray[np.uint64]


def number_of(*names: str | int) -> int:
    """Gives a 64-bit number of a name; the same name always gives the same number."""
    return int.from_bytes(hashlib.sha256("/".join(str(n) for n in names).encode()).digest()[:8], "little")


def stream(seed: int, *names: str | int) -> Rng:
    """Gives the stream of one process: a child of the seed that is told by its name, not by its turn.

    Args:
        seed: seed of the world.
        names: name of the process, such as ("life", "friends").
    """
    digest = hashlib.sha256("/".join(str(n) for n in names).encode()).digest()
    words = tuple(int.from_bytes(digest[k : k + 4], "little") for k in range(0, 16, 4))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=words))


def keyed(seed: int, name: str, *parts: Ints | Keys) -> Keys:
    """Gives an even 64-bit number for each row of whole numbers; equal rows give equal numbers.

    Args:
        seed: seed of the world.
        name: what the numbers are for.
        parts: columns that tell the rows apart.
    """
    out = np.full(len(parts[0]), number_of(name, seed), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            out = _mixed(out ^ _mixed(part.astype(np.uint64)))
    return out


def _mixed(x: Keys) -> Keys:
    """Spreads whole numbers over 64 bits (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def distinct(seed: int, name: str, count: int, limit: int) -> Ints:
    """Gives `count` different numbers below a limit; the first ones do not depend on how many there are.

    A number that is drawn twice is drawn anew for the later of the two.
    """
    if count * 4 > limit:
        raise ValueError(f"{count} different numbers below {limit} cannot be drawn quickly")
    place = np.arange(count, dtype=np.int64)
    out = (keyed(seed, name, place) % np.uint64(limit)).astype(np.int64)
    turn = 0
    while True:
        _, first = np.unique(out, return_index=True)
        again = np.setdiff1d(place, first)
        if not len(again):
            return out
        turn += 1
        out[again] = (keyed(seed, f"{name}/{turn}", again) % np.uint64(limit)).astype(np.int64)


def shares(seed: int, name: str, *parts: Ints) -> NDArray[np.float64]:
    """Gives an even number in [0, 1) for each row of whole numbers."""
    return (keyed(seed, name, *parts) >> np.uint64(11)).astype(np.float64) / float(1 << 53)

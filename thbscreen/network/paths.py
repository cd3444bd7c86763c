"""Ways that money can have gone: chains of payments, each not earlier than the one before it.

A *way* is a sequence of different members. Many chains of payments may follow one way; the chain that is
shown arrives earliest, then can have carried most, then was under way for the shortest time.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from thbscreen.model.clock import clock
from thbscreen.network.around import distances

if TYPE_CHECKING:
    from thbscreen.rules.ast import Length

#: Beginnings of ways that are looked at before the search gives up; what it has found by then is exact.
MOST_STEPS = 100_000
_EVER = -(2**62)
_WIDE = 2**62


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment between two members.

    Attributes:
        time: microseconds since 1970 in UTC.
        amount: euro cents; 0 where the amount in euros is not known.
        since: earliest first payment of a chain that ends with this one, in the unit of `time`.
        network: a network that publishes it.
    """

    tx_id: str
    source: str
    target: str
    time: int
    amount: int
    since: int = _EVER
    network: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One way with the chain of payments that is shown for it.

    Attributes:
        members: from the first payer to the last payee, each once.
        payments: one per step.
    """

    members: tuple[str, ...]
    payments: tuple[Payment, ...]

    @property
    def at_most(self) -> int | None:
        """Most that can have travelled the whole way, in cents; None when an amount is not known."""
        return min(p.amount for p in self.payments) or None


@dataclass(frozen=True, slots=True)
class Ways:
    """What a search found.

    Attributes:
        ways: by arrival, then by the amount that can have travelled (largest first), then fewer payments,
            then members.
        more: there are further ways beyond the limit.
        complete: the search was not cut short; what it gives is exact in any case.
    """

    ways: tuple[Way, ...]
    more: bool
    complete: bool


def published_payments(edges: pl.DataFrame, zone: str, within: Length | None = None) -> list[Payment]:
    """Gives the payments inside published networks.

    Args:
        edges: table NETWORK_EDGES.
        zone: people's clock, for lengths in days, weeks and months (law L2).
        within: longest time from the first payment of a chain to its last.
    """
    rows = edges.filter(pl.col("kind") == "payment").select(
        "source", "target", "tx_ids", "times", "amounts_eur", "network_id"
    )
    rows = rows.explode("tx_ids", "times", "amounts_eur").drop_nulls("tx_ids")
    times = rows["times"].dt.epoch("us")
    since = np.full(len(times), _EVER, np.int64)
    if within is not None and len(times):
        since = clock(zone).before(times.to_numpy().astype(np.int64), within.count, within.unit)
    columns = rows.select("tx_ids", "source", "target").get_columns()
    values = zip(*columns, times, rows["amounts_eur"], since.tolist(), rows["network_id"], strict=True)
    return [Payment(*value) for value in values]


def find_ways(
    payments: Iterable[Payment], start: str, end: str, *, max_hops: int, limit: int, steps: int = MOST_STEPS
) -> Ways:
    """Finds the first ways from one member to another.

    Args:
        payments: in any order; one that stands in two networks counts once.
        start: who pays first.
        end: who is paid last; another than `start`.
        max_hops: most payments of a chain.
        limit: most ways.
        steps: beginnings of ways to look at; keeps the work bounded on dense data.

    Notes:
        Backwards from `end`, earliest arrivals are worked out for each member, time and number of payments
        left. They never promise too much, so that the search, always continuing the beginning with the best
        promise, meets the ways in their order and need not list all chains.

    Source:
        Dibbelt et al. 2018, "Connection Scan Algorithm", for the backward profiles; Hart, Nilsson and Raphael
        1968 for the search by promises.
    """
    search = _Search(_legs(payments, start, end, max_hops), start, end, max_hops)
    found: list[Way] = []
    complete = True
    for way in search.run(steps):
        if way is None:
            complete = False
        elif len(found) < limit:
            found.append(way)
        else:
            return Ways(tuple(found), more=True, complete=True)
    return Ways(tuple(found), more=False, complete=complete)


@dataclass(slots=True)
class _Leg:
    """All payments of a pair, by time and id."""

    payments: list[Payment]
    times: list[int] = field(init=False)
    largest: int = field(init=False)

    def __post_init__(self) -> None:
        self.payments.sort(key=lambda p: (p.time, p.tx_id))
        self.times = [p.time for p in self.payments]
        self.largest = max(p.amount for p in self.payments)


_Legs = Mapping[str, Mapping[str, _Leg]]


def _legs(payments: Iterable[Payment], start: str, end: str, max_hops: int) -> _Legs:
    """Payments by payer and payee, those alone that lie on a way that is short enough."""
    once: dict[tuple[str, str, str], Payment] = {}
    for p in payments:
        key = (p.source, p.target, p.tx_id)
        # What comes back to the start or leaves the end is on no way.
        if p.target in {p.source, start} or p.source == end:
            continue
        if key not in once or p.network < once[key].network:
            once[key] = p
    pairs = {(p.source, p.target) for p in once.values()}
    there = distances(pairs, start)
    back = distances([(target, source) for source, target in pairs], end)
    legs: dict[str, dict[str, list[Payment]]] = {}
    for p in once.values():
        if there.get(p.source, max_hops) + 1 + back.get(p.target, max_hops) <= max_hops:
            legs.setdefault(p.source, {}).setdefault(p.target, []).append(p)
    return {
        source: {target: _Leg(found) for target, found in sorted(targets.items())}
        for source, targets in legs.items()
    }


@dataclass(slots=True)
class _Profile:
    """When money that leaves a member at some time or later can arrive: times, and the earliest arrival."""

    times: list[int]
    arrivals: list[tuple[int, int]]

    def arrival(self, time: int) -> tuple[int, int] | None:
        """Gives the earliest (arrival, earliest allowed first payment) of money that is here at a time."""
        at = bisect_left(self.times, time)
        return self.arrivals[at] if at < len(self.times) else None


#: What a beginning promises: arrival, minus the amount, number of payments, members.
_Promise = tuple[int, int, int, tuple[str, ...]]
#: First payment and arrival of a chain: later first payments and earlier arrivals are better.
_Label = tuple[int, int]
_Beginning = tuple[_Promise, list[_Label], int]


class _Search:
    def __init__(self, legs: _Legs, start: str, end: str, max_hops: int) -> None:
        self.legs, self.start, self.end, self.max_hops = legs, start, end, max_hops
        self.profiles: list[dict[str, _Profile]] = [{}, *_profiles(legs, end, max_hops)]
        self.widths: list[dict[str, int]] = [{end: _WIDE}, *_widths(legs, end, max_hops)]

    def run(self, steps: int) -> Iterator[Way | None]:
        """Gives the ways in their order; None at the end when it gave up."""
        heap: list[_Beginning] = []
        self._extend(heap, (self.start,), None, _WIDE)
        while heap:
            (_, _, _, members), labels, width = heapq.heappop(heap)
            if members[-1] == self.end:
                yield self._way(members)
                continue
            steps -= 1
            if steps < 0:
                yield None
                return
            self._extend(heap, members, labels, width)

    def _extend(
        self,
        heap: list[_Beginning],
        members: tuple[str, ...],
        labels: list[_Label] | None,
        width: int,
    ) -> None:
        left = self.max_hops - len(members)
        for target, leg in self.legs.get(members[-1], {}).items():
            if target in members:
                continue
            path, carried = (*members, target), min(width, leg.largest)
            reached = _reached(leg, labels)
            if target == self.end:
                arrivals = [arrival for _, arrival in reached]
                if arrivals:
                    way = self._way(path)
                    heapq.heappush(heap, ((min(arrivals), -_amount(way), len(path) - 1, path), [], 0))
                continue
            promise = self._promise(path, reached, carried, left)
            if promise is not None:
                heapq.heappush(heap, (promise, reached, carried))

    def _promise(
        self, path: tuple[str, ...], labels: Sequence[_Label], width: int, left: int
    ) -> _Promise | None:
        at = path[-1]
        profile = self.profiles[left].get(at)
        if profile is None:
            return None
        best = [
            found[0]
            for first, arrival in labels
            if (found := profile.arrival(arrival)) is not None and found[1] <= first
        ]
        if not best:
            return None
        least = next(h for h in range(1, left + 1) if at in self.widths[h])
        return min(best), -min(width, self.widths[left][at]), len(path) - 1 + least, path

    def _way(self, members: tuple[str, ...]) -> Way:
        """The chain that is shown for a way that can be gone."""
        legs = [self.legs[a][b] for a, b in pairwise(members)]
        labels: list[_Label] | None = None
        for leg in legs:
            labels = _reached(leg, labels)
        arrival = min(arrival for _, arrival in labels or ())
        since = min(p.since for p in legs[-1].payments if p.time == arrival)
        inside = [[p for p in leg.payments if since <= p.time <= arrival] for leg in legs]
        amounts = sorted({p.amount for leg in inside for p in leg})
        low, high = 0, len(amounts) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if _chain(inside, amounts[middle]) else (low, middle - 1)
        return Way(members, tuple(_chain(inside, amounts[low]) or ()))


def _amount(way: Way) -> int:
    return min(p.amount for p in way.payments)


def _reached(leg: _Leg, labels: Sequence[_Label] | None) -> list[_Label]:
    """First payments and arrivals after one more payment; None stands for a chain that begins here."""
    if labels is None:
        return [(p.time, p.time) for p in leg.payments if p.since <= p.time]
    latest: dict[int, int] = {}
    for first, arrival in labels:
        at = bisect_left(leg.times, arrival)
        if at < len(leg.times) and leg.payments[at].since <= first:
            time = leg.times[at]
            latest[time] = max(first, latest.get(time, first))
    return [(first, time) for time, first in latest.items()]


def _chain(legs: Sequence[Sequence[Payment]], least: int) -> list[Payment] | None:
    """The chain that leaves latest, of payments of at least some amount; None when there is none."""
    chain: list[Payment] = []
    before = _WIDE
    for leg in reversed(legs):
        large = [p for p in leg if p.amount >= least and p.time <= before]
        if not large:
            return None
        before = max(p.time for p in large)
        chain.append(min((p for p in large if p.time == before), key=lambda p: p.tx_id))
    return chain[::-1]


def _profiles(legs: _Legs, end: str, max_hops: int) -> Iterator[dict[str, _Profile]]:
    """For 1, 2, … payments left: the profile of every member from which the end can be reached."""
    before: dict[str, _Profile] = {}
    for _ in range(max_hops):
        now: dict[str, _Profile] = {}
        for source, targets in legs.items():
            reached: dict[int, tuple[int, int]] = {}
            for target, leg in targets.items():
                for p in leg.payments:
                    found = (p.time, p.since) if target == end else None
                    if target in before:
                        found = before[target].arrival(p.time)
                    if found is not None:
                        reached[p.time] = min(found, reached.get(p.time, found))
            if reached:
                now[source] = _suffix(reached)
        yield now
        before = now


def _suffix(reached: Mapping[int, tuple[int, int]]) -> _Profile:
    times = sorted(reached)
    arrivals = [reached[t] for t in times]
    for i in range(len(times) - 2, -1, -1):
        arrivals[i] = min(arrivals[i], arrivals[i + 1])
    return _Profile(times, arrivals)


def _widths(legs: _Legs, end: str, max_hops: int) -> Iterator[dict[str, int]]:
    """For 1, 2, … payments left: the most that any chain could carry from a member to the end."""
    before = {end: _WIDE}
    for _ in range(max_hops):
        now = {end: _WIDE}
        for source, targets in legs.items():
            widest = [min(leg.largest, before[t]) for t, leg in targets.items() if t in before]
            if widest:
                now[source] = max(widest)
        yield now
        before = now

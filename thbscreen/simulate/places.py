"""Towns, shops, hotels, airlines and cash machines of the sample world, all invented but the towns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thbscreen.simulate.clock import Flags, Floats, Ints, Rng

#: Town, weight among customers. The bank has no machine in the district of Kyrenia.
TOWNS: tuple[tuple[str, float], ...] = (
    ("Nicosia", 0.20),
    ("Strovolos", 0.09),
    ("Lakatamia", 0.05),
    ("Limassol", 0.22),
    ("Germasogeia", 0.06),
    ("Larnaca", 0.13),
    ("Aradippou", 0.05),
    ("Paphos", 0.10),
    ("Peyia", 0.03),
    ("Paralimni", 0.05),
    ("Ayia Napa", 0.02),
)
TOWN_NAMES: tuple[str, ...] = tuple(name for name, _ in TOWNS)
TOWN_SHARES: Floats = np.array([w for _, w in TOWNS]) / sum(w for _, w in TOWNS)
ONLINE = len(TOWNS)
#: Towns of five districts that are far apart from one another.
DISTRICT_SEATS: Ints = np.array([0, 3, 5, 7, 9], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of merchant: code, how many, median price in euros, spread, share of everyday rows."""

    key: str
    mcc: str
    count: int
    price: float
    sigma: float
    share: float
    name: str
    online: bool = False
    night: bool = False
    codes: tuple[str, ...] = ()


TRADES: tuple[Trade, ...] = (
    Trade("grocery", "5411", 44, 31, 0.7, 25, "Supermarket"),
    Trade("corner", "5499", 26, 9, 0.6, 9, "Mini Market"),
    Trade("bakery", "5462", 20, 7, 0.5, 8, "Bakery"),
    Trade("restaurant", "5812", 40, 34, 0.6, 9, "Tavern"),
    Trade("fastfood", "5814", 26, 12, 0.5, 9, "Grill"),
    Trade("pharmacy", "5912", 26, 17, 0.6, 5, "Pharmacy"),
    Trade("fuel", "5541", 24, 38, 0.4, 9, "Petrol Station"),
    Trade("bar", "5813", 18, 26, 0.6, 3, "Bar", night=True),
    Trade("taxi", "4121", 11, 13, 0.4, 2, "Taxi", night=True),
    Trade("clothes", "5651", 18, 42, 0.6, 4, "Clothing"),
    Trade("electronics", "5732", 8, 95, 0.8, 1, "Electronics"),
    Trade("hair", "7230", 14, 24, 0.4, 2, "Hair and Beauty"),
    Trade("cosmetics", "5977", 6, 28, 0.5, 1, "Cosmetics"),
    Trade("doctor", "8011", 10, 50, 0.3, 1, "Medical Centre"),
    Trade("parking", "7523", 7, 3, 0.3, 2, "Parking"),
    Trade("gifts", "5947", 6, 22, 0.6, 1, "Gifts"),
    Trade("topup", "4814", 4, 11, 0.4, 3, "Mobile Top-up", online=True),
    Trade("digital", "5818", 8, 11, 0.6, 5, "Digital Store", online=True),
    Trade("betting", "7995", 4, 25, 0.8, 1, "Bets", online=True, night=True),
    Trade("crypto", "6051", 2, 90, 0.8, 0.3, "Coin Exchange", online=True),
    Trade(
        "airline",
        "4511",
        5,
        118,
        0.55,
        0,
        "Airways",
        online=True,
        codes=("4511", "4511", "3048", "3102", "4511"),
    ),
    Trade("travel", "4722", 7, 140, 0.5, 0, "Travel Agency"),
    Trade("hotel", "7011", 33, 78, 0.4, 0, "Hotel"),
    Trade("carhire", "7512", 6, 120, 0.4, 0, "Car Hire"),
    Trade("vans", "7513", 5, 210, 0.3, 0, "Van Hire"),
    Trade("dating", "7273", 4, 24, 0.5, 0, "Meet Online", online=True, night=True),
    Trade("adverts", "7311", 6, 28, 0.7, 0, "Classifieds", online=True),
)
TRADE_INDEX = {t.key: i for i, t in enumerate(TRADES)}
EVERYDAY: Floats = np.array([t.share for t in TRADES]) / sum(t.share for t in TRADES)
_WORDS = (
    "Almyra",
    "Kalamos",
    "Zefyros",
    "Anemos",
    "Karavi",
    "Elato",
    "Myrtia",
    "Rodia",
    "Avlaki",
    "Faros",
    "Notia",
)


@dataclass(slots=True)
class Merchants:
    """All merchants, grouped by trade and then by town, with the slices of each group."""

    names: list[str]
    mcc: list[str]
    country: list[str]
    town: Ints
    trade: Ints
    low: Ints
    high: Ints

    def choose(self, rng: Rng, trade: Ints, town: Ints) -> Ints:
        """Draws one merchant of each trade, in the town if there is one, else anywhere."""
        low, high = self.low[trade, town], self.high[trade, town]
        none = low == high
        low = np.where(none, self.low[trade, 0], low)
        high = np.where(none, self.high[trade, ONLINE], high)
        return (low + rng.random(len(trade)) * (high - low)).astype(np.int64)


def build_merchants(rng: Rng, scale: float = 1.0) -> Merchants:
    """Makes the merchants, `scale` times as many of each trade as the sample world has."""
    names: list[str] = []
    mcc: list[str] = []
    country: list[str] = []
    towns: list[NDArray[np.int64]] = []
    trades: list[NDArray[np.int64]] = []
    for index, trade in enumerate(TRADES):
        count = max(round(trade.count * scale), 1)
        place = np.sort(rng.choice(len(TOWNS), count, p=TOWN_SHARES)).astype(np.int64)
        if trade.online:
            place = np.full(count, ONLINE, dtype=np.int64)
        for k in range(count):
            word = _WORDS[int(rng.integers(len(_WORDS)))]
            names.append(f"{word} {trade.name} {k + 1}".upper() if k % 3 else f"{word} {trade.name} {k + 1}")
            mcc.append(trade.codes[k % len(trade.codes)] if trade.codes else trade.mcc)
            country.append("CY" if not trade.online else str(rng.choice(["CY", "IE", "NL", "GB", "LT"])))
        towns.append(place)
        trades.append(np.full(count, index, dtype=np.int64))
    town, kind = np.concatenate(towns), np.concatenate(trades)
    key = kind * (ONLINE + 1) + town
    groups = np.arange(len(TRADES) * (ONLINE + 1), dtype=np.int64)
    low = np.searchsorted(key, groups, side="left").reshape(len(TRADES), ONLINE + 1).astype(np.int64)
    high = np.searchsorted(key, groups, side="right").reshape(len(TRADES), ONLINE + 1).astype(np.int64)
    return Merchants(names, mcc, country, town, kind, low, high)


@dataclass(slots=True)
class Machines:
    """Cash machines, grouped by town."""

    town: Ints
    low: Ints
    high: Ints

    def choose(self, rng: Rng, town: Ints) -> Ints:
        """Draws one machine in each town."""
        return (self.low[town] + rng.random(len(town)) * (self.high[town] - self.low[town])).astype(np.int64)


def build_machines(rng: Rng, count: int = 64) -> Machines:
    """Makes the cash machines, at least two in every town."""
    towns = np.arange(len(TOWNS), dtype=np.int64)
    extra = rng.choice(len(TOWNS), count - 2 * len(TOWNS), p=TOWN_SHARES).astype(np.int64)
    town = np.sort(np.concatenate([towns, towns, extra]))
    low = np.searchsorted(town, towns, side="left").astype(np.int64)
    high = np.searchsorted(town, towns, side="right").astype(np.int64)
    return Machines(town, low, high)


def prices(rng: Rng, trade: Ints, factor: Floats) -> Ints:
    """Draws card amounts in cents, many of them ending in 0, 50, 90, 95 or 99 cents."""
    median = np.array([t.price for t in TRADES])[trade]
    sigma = np.array([t.sigma for t in TRADES])[trade]
    euros = median * factor * np.exp(rng.normal(0, 1, len(trade)) * sigma)
    cents = np.maximum(np.round(euros * 100), 80).astype(np.int64)
    tail = rng.choice(np.array([0, 50, 90, 95, 99], dtype=np.int64), len(trade))
    neat: Flags = rng.random(len(trade)) < 0.55
    priced: Ints = np.where(neat, np.maximum(cents // 100, 1) * 100 + tail, cents)
    return priced


def round_sums(rng: Rng, low: int, high: int, n: int, step: int = 10) -> Ints:
    """Draws sums in cents between low and high euros, multiples of `step` euros."""
    drawn: Ints = rng.integers(low // step, high // step + 1, n, dtype=np.int64) * step * 100
    return drawn

"""The people, firms and accounts of one bank, before anything happens.

Persons come first in all arrays, firms after them; ids are given only at export, shuffled.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from thbscreen.simulate import names
from thbscreen.simulate.clock import DAYS, Flags, Floats, Ints, Rng
from thbscreen.simulate.places import (
    TOWN_SHARES,
    Machines,
    Merchants,
    build_machines,
    build_merchants,
)

EMPLOYEE, SEASONAL, SELF_EMPLOYED, PENSIONER, STUDENT, BENEFIT, HOME, DOMESTIC, FIRM = range(9)
JOB_WORDS = (
    "employee",
    "seasonal worker",
    "self-employed",
    "pensioner",
    "student",
    "unemployed",
    "homemaker",
    "domestic worker",
    "",
)
#: Entity numbers from here on are accounts at other banks.
OUTSIDE = 1_000_000
FOREIGN = (
    "GR",
    "GB",
    "RO",
    "BG",
    "PL",
    "LV",
    "PT",
    "IN",
    "NP",
    "LK",
    "PH",
    "VN",
    "EG",
    "LB",
    "IL",
    "UA",
    "DE",
)
_NACE = (
    "55.10",
    "56.10",
    "47.11",
    "41.20",
    "81.21",
    "49.41",
    "69.20",
    "62.01",
    "10.71",
    "01.13",
    "45.20",
    "78.20",
    "96.02",
    "82.30",
)
TOWN_HALLS = (
    ("ΔΗΜΟΣ ΑΡΑΔΙΠΠΟΥ", "Municipality of Aradippou", "DIMOS ARADIPPOU"),
    ("ΔΗΜΟΣ ΛΕΥΚΩΣΙΑΣ", "Nicosia Municipality", "Municipality of Nicosia"),
    ("ΔΗΜΟΣ ΛΕΜΕΣΟΥ", "Limassol Municipality", "Municipality of Limassol"),
    ("ΔΗΜΟΣ ΛΑΡΝΑΚΑΣ", "Larnaca Municipality", "Municipality of Larnaca"),
    ("ΔΗΜΟΣ ΠΑΦΟΥ", "Paphos Municipality", "Municipality of Paphos"),
    ("ΔΗΜΟΣ ΠΑΡΑΛΙΜΝΙΟΥ", "Paralimni Municipality", "Municipality of Paralimni"),
)
_PUBLIC: dict[str, tuple[str, ...]] = {
    "social": ("ΥΠΗΡΕΣΙΕΣ ΚΟΙΝΩΝΙΚΩΝ ΑΣΦΑΛΙΣΕΩΝ", "Social Insurance Services", "SOCIAL INSURANCE FUND"),
    "tax": ("ΤΜΗΜΑ ΦΟΡΟΛΟΓΙΑΣ", "Tax Department", "TAX DEPARTMENT VAT"),
    "welfare": ("ΥΦΥΠΟΥΡΓΕΙΟ ΚΟΙΝΩΝΙΚΗΣ ΠΡΟΝΟΙΑΣ", "Welfare Benefits Service"),
    "pensions": ("ΤΑΜΕΙΟ ΣΥΝΤΑΞΕΩΝ", "Pension Fund"),
    "power": ("ΑΡΧΗ ΗΛΕΚΤΡΙΣΜΟΥ ΚΥΠΡΟΥ", "Electricity Authority"),
    "water": ("ΣΥΜΒΟΥΛΙΟ ΥΔΑΤΟΠΡΟΜΗΘΕΙΑΣ", "Water Board"),
    "telecom_a": ("Cytel Telecommunications", "CYTEL TELECOM"),
    "telecom_b": ("Primetel Mobile Telecom", "PRIMO TELECOM"),
    "acquirer": ("Card Acquiring Services",),
    "agent_a": ("Kypros Remittance Agent", "KYPROS REMITTANCE AGENT"),
    "agent_b": ("Global Money Transfer Agent",),
    "agent_c": ("Evros Remittance Services",),
}


@dataclass(slots=True)
class World:
    """Arrays by party (persons, then firms), by account, and the accounts at other banks."""

    people: int
    parties: int
    variants: list[tuple[str, ...]]
    job: Ints
    age: Ints
    household: Ints
    family: Flags
    address: Ints
    phone: Ints
    email: Ints
    device: Ints
    town: Ints
    income: Ints
    employer: Ints
    card_rate: Floats
    cash_rate: Floats
    opened: Ints
    left: Ints
    quiet: Flags
    unpaid: Flags
    housed: Flags
    nace: list[str | None]
    licence: list[str | None]
    staff: Ints
    turnover: Ints
    social_share: Floats
    deduct_share: Floats
    wage_payer: Ints
    main: Ints
    holder: Ints
    product: list[str]
    joint: list[tuple[int, int, str]]
    merchants: Merchants
    machines: Machines
    outside_names: list[tuple[str, ...]] = field(default_factory=list)
    outside_country: list[str] = field(default_factory=list)
    public: dict[str, int] = field(default_factory=dict)
    halls: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    taken: set[int] = field(default_factory=set)
    scale: float = 1.0
    foreign: tuple[str, ...] = FOREIGN
    origin: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    land_cache: NDArray[np.object_] = field(default_factory=lambda: np.array(["CY"], dtype=np.object_))

    def many(self, n: int) -> int:
        """Gives how many of something a world of this size has, when the sample world has n of it."""
        return max(round(n * self.scale), 1)

    def lands(self) -> NDArray[np.object_]:
        """Gives the country of each account at another bank, and Cyprus at the end for accounts here."""
        if len(self.land_cache) != len(self.outside_country) + 1:
            self.land_cache = np.array([*self.outside_country, "CY"], dtype=np.object_)
        return self.land_cache

    def marks(self, entity: Ints) -> Ints:
        """Gives a number for each entity that stays the same whatever else is in the world."""
        return entity

    def outside(self, written: list[tuple[str, ...]], country: list[str]) -> Ints:
        """Adds accounts at other banks and gives their entity numbers."""
        first = OUTSIDE + len(self.outside_names)
        self.outside_names += written
        self.outside_country += country
        return np.arange(first, first + len(written), dtype=np.int64)

    def strangers(self, rng: Rng, n: int, abroad: float = 0.0) -> Ints:
        """Adds n private people who bank elsewhere, a share of them abroad."""
        land = [
            "CY" if u >= abroad else self.foreign[int(u * 7919) % len(self.foreign)]
            for u in rng.random(n).tolist()
        ]
        return self.outside(names.strangers(rng, n), land)

    def other_firms(self, rng: Rng, n: int, abroad: float = 0.0) -> Ints:
        """Adds n firms that bank elsewhere."""
        land = [
            "CY" if u >= abroad else self.foreign[int(u * 7919) % len(self.foreign)]
            for u in rng.random(n).tolist()
        ]
        return self.outside(names.firms(rng, n), land)

    def take(self, rng: Rng, among: Flags, n: int) -> Ints:
        """Draws n parties that no scenario has taken yet, and marks them as taken.

        Raises:
            ValueError: fewer than n are left.
        """
        free = np.flatnonzero(among)
        free = free[~np.isin(free, np.fromiter(self.taken, dtype=np.int64, count=len(self.taken)))]
        if len(free) < n:
            raise ValueError(f"the world is too small: {n} parties wanted, {len(free)} left")
        drawn = np.sort(rng.choice(free, n, replace=False)).astype(np.int64)
        self.taken.update(drawn.tolist())
        return drawn

    def move_in(self, who: Ints, address: int, town: int) -> None:
        """Gives all of `who` one dwelling of their own."""
        home = int(self.household.max()) + 1
        self.household[who], self.address[who], self.town[who] = home, address, town
        self.family[who] = False

    def new_address(self) -> int:
        """Gives an address number that nobody has."""
        return int(self.address.max()) + 1


def _households(rng: Rng, people: int) -> tuple[Ints, Ints, Flags]:
    sizes = rng.choice(np.arange(1, 6), people, p=[0.34, 0.30, 0.15, 0.14, 0.07])
    home = np.repeat(np.arange(people), sizes)[:people].astype(np.int64)
    first = np.searchsorted(home, home, side="left")
    place = (np.arange(people) - first).astype(np.int64)
    size = np.bincount(home, minlength=people)[home]
    family = (rng.random(people)[home] < 0.76) & (size > 1)
    return home, place, family


def _jobs(rng: Rng, place: Ints, family: Flags) -> tuple[Ints, Ints]:
    n = len(place)
    single = rng.choice(
        [EMPLOYEE, SEASONAL, STUDENT, PENSIONER, DOMESTIC, BENEFIT, SELF_EMPLOYED],
        n,
        p=[0.50, 0.14, 0.09, 0.12, 0.06, 0.04, 0.05],
    )
    adult = rng.choice(
        [EMPLOYEE, SELF_EMPLOYED, PENSIONER, BENEFIT, HOME], n, p=[0.68, 0.08, 0.13, 0.04, 0.07]
    )
    young = rng.choice([STUDENT, EMPLOYEE, HOME], n, p=[0.5, 0.4, 0.1])
    shared = rng.choice([EMPLOYEE, SEASONAL, STUDENT], n, p=[0.45, 0.3, 0.25])
    job = np.where(family, np.where(place < 2, adult, young), np.where(place > 0, shared, single)).astype(
        np.int64
    )
    age = rng.choice(np.arange(2, 5), n, p=[0.4, 0.35, 0.25])
    age = np.where((job == PENSIONER), rng.choice([4, 5], n, p=[0.2, 0.8]), age)
    age = np.where((job == STUDENT) | (family & (place >= 2)), 0, age)
    age = np.where(np.isin(job, [SEASONAL, DOMESTIC]), rng.choice([0, 1, 2], n, p=[0.3, 0.5, 0.2]), age)
    return job, age.astype(np.int64)


def _incomes(rng: Rng, job: Ints) -> Ints:
    """Gives monthly net income in cents by job."""
    n = len(job)
    net = np.maximum(rng.lognormal(np.log(1480), 0.36, n), 963)
    net = np.where(rng.random(n) < 0.05, rng.uniform(480, 820, n), net)
    table = {
        SEASONAL: np.round(rng.uniform(963, 1240, n)),
        SELF_EMPLOYED: rng.uniform(900, 2400, n),
        PENSIONER: np.round(rng.uniform(420, 1350, n)),
        STUDENT: np.round(rng.uniform(30, 90, n)) * 10,
        BENEFIT: np.round(rng.uniform(480, 640, n)),
        HOME: np.zeros(n),
        DOMESTIC: np.round(rng.uniform(309, 322, n)),
    }
    for code, values in table.items():
        net = np.where(job == code, values, net)
    return np.round(net * 100).astype(np.int64)


def _openings(rng: Rng, job: Ints) -> tuple[Ints, Ints]:
    n = len(job)
    old = rng.integers(-3600, -200, n)
    opened = np.where(rng.random(n) < 0.12, rng.integers(-200, 0, n), old)
    opened = np.where(rng.random(n) < 0.06, rng.integers(0, 215, n), opened)
    arrives = (job == SEASONAL) & (rng.random(n) < 0.7)
    opened = np.where(arrives, np.round(rng.integers(45, 150, n) / 7) * 7 + rng.integers(0, 2, n), opened)
    left = np.full(n, DAYS)
    short = (opened > 20) & (rng.random(n) < 0.18)
    left = np.where(short, np.minimum(opened + rng.integers(25, 110, n), DAYS), left)
    return opened.astype(np.int64), left.astype(np.int64)


def _contacts(rng: Rng, people: int, firms: int, home: Ints, family: Flags) -> tuple[Ints, Ints, Ints, Ints]:
    """Draws address, telephone, e-mail and device numbers; some are shared inside a household."""
    n = people + firms
    own = np.arange(n, dtype=np.int64)
    lead = np.searchsorted(home, home, side="left").astype(np.int64)
    phone, email, device = own.copy(), own.copy(), own.copy()
    for column, share in ((phone, 0.10), (device, 0.16), (email, 0.06)):
        mixed = (rng.random(people) < share) & family
        column[:people] = np.where(mixed, lead, own[:people])
    email[rng.random(n) < 0.14] = -1
    return np.concatenate([home, own[people:]]), phone, email, device


def _names(
    rng: Rng, people: int, firms: int, home: Ints, family: Flags
) -> tuple[list[tuple[str, ...]], Ints]:
    origin = rng.choice(len(names.ORIGIN_SHARES), people, p=names.ORIGIN_SHARES)
    written: list[tuple[str, ...]] = []
    lead = np.searchsorted(home, home, side="left")
    surnames: dict[int, names.Pair] = {}
    for i in range(people):
        head = int(lead[i]) if family[i] else i
        surnames.setdefault(head, names.family_name(rng, int(origin[head])))
        written.append(names.person(rng, int(origin[head]), surnames[head]))
    origin = np.where(family, origin[lead], origin)
    return written + names.firms(rng, firms), origin.astype(np.int64)


def _employers(rng: Rng, job: Ints, people: int, firms: int) -> Ints:
    weights = rng.pareto(1.3, firms) + 0.35
    weights = np.minimum(weights, 5)
    chosen = people + rng.choice(firms, people, p=weights / weights.sum())
    hospitality = people + rng.integers(0, max(firms // 8, 3), people)
    here = rng.random(people) < 0.66
    employer = np.where((job == EMPLOYEE) & here, chosen, -1)
    return np.where((job == SEASONAL), hospitality, employer).astype(np.int64)


def build_world(rng: Rng, people: int, firms: int, scale: float = 1.0, kind: type[World] = World) -> World:
    """Makes the population of the bank.

    Args:
        rng: source of randomness of this step only.
        people: natural persons.
        firms: legal persons.
        scale: how many times as many merchants, machines and payees elsewhere as the sample world has.
        kind: class of the world to make.
    """
    total = people + firms
    home, place, family = _households(rng, people)
    job, age = _jobs(rng, place, family)
    opened, left = _openings(rng, job)
    address, phone, email, device = _contacts(rng, people, firms, home, family)
    town = rng.choice(len(TOWN_SHARES), people, p=TOWN_SHARES)[home].astype(np.int64)
    variants, origin = _names(rng, people, firms, home, family)
    nace: list[str | None] = [None] * people
    nace += [
        _NACE[k % 2] if k < max(firms // 8, 3) else _NACE[int(rng.integers(2, len(_NACE)))]
        for k in range(firms)
    ]

    def extend(values: Ints, tail: Ints) -> Ints:
        return np.concatenate([values, tail]).astype(np.int64)

    spouse = family & (place == 1) & (rng.random(people) < 0.10)
    lead = np.searchsorted(home, home, side="left")
    main = np.arange(total, dtype=np.int64)
    main[:people] = np.where(spouse, lead, main[:people])
    firm_zero = np.zeros(firms, dtype=np.int64)
    return kind(
        people=people,
        parties=total,
        variants=variants,
        job=extend(job, firm_zero + FIRM),
        age=extend(age, firm_zero - 1),
        household=extend(home, np.arange(firms) + people),
        family=np.concatenate([family, np.zeros(firms, bool)]),
        address=address,
        phone=phone,
        email=email,
        device=device,
        town=extend(town, rng.choice(len(TOWN_SHARES), firms, p=TOWN_SHARES)),
        income=extend(_incomes(rng, job), firm_zero),
        employer=extend(_employers(rng, job, people, firms), firm_zero - 1),
        card_rate=np.concatenate([rng.gamma(1.6, 1.2, people), rng.gamma(2.0, 1.0, firms)]),
        cash_rate=np.concatenate([rng.gamma(2.0, 0.48, people), np.zeros(firms)]),
        opened=extend(opened, rng.integers(-4000, -150, firms)),
        left=extend(left, firm_zero + DAYS),
        quiet=np.zeros(total, bool),
        unpaid=np.zeros(total, bool),
        housed=np.zeros(total, bool),
        nace=nace,
        licence=[None] * total,
        staff=np.zeros(total, dtype=np.int64),
        turnover=np.zeros(total, dtype=np.int64),
        social_share=np.ones(total),
        deduct_share=np.full(total, 0.006),
        wage_payer=main.copy(),
        main=main,
        holder=np.arange(total, dtype=np.int64),
        product=["current"] * people + ["business"] * firms,
        joint=[(int(lead[i]), i, "joint_holder") for i in np.flatnonzero(spouse).tolist()],
        merchants=build_merchants(rng, scale),
        machines=build_machines(rng, max(round(64 * scale), 30)),
        scale=scale,
        origin=origin,
    )


def add_public_bodies(world: World, rng: Rng) -> None:
    """Adds town halls, utilities, tax and social insurance, and money transfer agents as outside payees."""
    for key, written in _PUBLIC.items():
        world.public[key] = int(world.outside([written], ["CY"])[0])
    world.halls = world.outside(list(TOWN_HALLS), ["CY"] * len(TOWN_HALLS))
    savers = np.flatnonzero(
        (rng.random(world.people) < 0.08) & (world.main[: world.people] == np.arange(world.people))
    )
    for person in savers.tolist():
        world.holder = np.append(world.holder, person)
        world.product.append("savings")

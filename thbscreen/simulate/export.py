"""Gives the world its ids and turns it into the canonical tables: what one bank sees, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thbscreen.simulate import texts
from thbscreen.simulate.clock import DAY_SECONDS, DAYS, Floats, Ints, Rng, date_of, to_utc
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.places import TOWN_NAMES, round_sums
from thbscreen.simulate.world import JOB_WORDS, OUTSIDE, World

_AGES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
_BANK = "999"
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids by number: accounts here, accounts elsewhere, parties."""

    accounts: list[str]
    outside: list[str]
    parties: list[str]
    salt: int


@dataclass(frozen=True, slots=True)
class Tables:
    """The four canonical tables, and the planned group of each movement in file order (-1 for none)."""

    transactions: pl.DataFrame
    accounts: pl.DataFrame
    parties: pl.DataFrame
    account_parties: pl.DataFrame
    group: Ints
    account: Ints
    month: Ints


def iban(country: str, body: str) -> str:
    """Puts the right check digits (ISO 7064 mod 97-10) before a bank and account number."""
    digits = "".join(str(int(c, 36)) for c in body + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{body}"


def make_ids(world: World, rng: Rng) -> Ids:
    """Draws ids that say nothing about who someone is in the plan."""
    numbers = rng.choice(10**8, len(world.holder), replace=False)
    branch = rng.integers(1, 30, len(world.holder))
    accounts = [
        iban("CY", f"{_BANK}{b:05d}{rng.integers(10**7):08d}{n:08d}")
        for b, n in zip(branch, numbers, strict=True)
    ]
    others = rng.choice(10**8, len(world.outside_names), replace=False)
    elsewhere = [
        iban("CY", f"99{rng.integers(5, 9)}{b % 40:05d}{n:016d}")
        if land == "CY"
        else iban(land, f"ZZZZ{n:016d}")
        for land, n, b in zip(world.outside_country, others.tolist(), others.tolist(), strict=True)
    ]
    parties = [f"P{n:07d}" for n in rng.choice(10**7, world.parties, replace=False)]
    return Ids(accounts, elsewhere, parties, int(rng.integers(2**31)))


def used_accounts(world: World) -> NDArray[np.bool_]:
    """Tells which accounts exist: partners who share an account have none of their own."""
    own = np.arange(world.parties)
    return np.concatenate([world.main == own, np.ones(len(world.holder) - world.parties, dtype=bool)])


def _look_up(values: Sequence[str | None], index: Ints) -> pl.Series:
    positions = pl.Series(np.where(index < 0, len(values), index))
    return pl.Series([*values, None], dtype=pl.String).gather(positions)


def _first_money(world: World, columns: Columns, rng: Rng) -> tuple[Columns, Floats]:
    """Adds a first deposit to accounts opened in the window, and gives opening balances in cents."""
    order = np.lexsort((~columns["credit"], columns["moment"], columns["account"]))
    account = columns["account"][order]
    signed = np.where(columns["credit"], columns["cents"], -columns["cents"])[order]
    n = len(world.holder)
    start = np.searchsorted(account, np.arange(n))
    running = np.cumsum(signed)
    base = np.concatenate([[0], running])[start]
    lowest = np.zeros(n, dtype=np.int64)
    np.minimum.at(lowest, account, running - base[account])
    first = np.full(n, DAYS * DAY_SECONDS, dtype=np.int64)
    np.minimum.at(first, columns["account"], columns["moment"])
    cushion = (rng.lognormal(5.2, 1.3, n) * 100).astype(np.int64)
    new = (world.opened[world.holder] >= 0) & (first < DAYS * DAY_SECONDS) & used_accounts(world)
    opening = np.where(new, 0, -lowest + cushion)
    need = np.flatnonzero(new & ((lowest < 0) | (rng.random(n) < 0.3)))
    cents = (-lowest[need] // 1000 + 1) * 1000 + round_sums(rng, 0, 50, len(need))
    moment = np.maximum(
        world.opened[world.holder[need]] * DAY_SECONDS, first[need] - rng.integers(600, 9000, len(need))
    )
    extra = Ledger(world)
    counter = rng.random(len(need)) < 0.5
    machine = world.machines.choose(rng, world.town[world.holder[need]])
    extra.cash(moment[counter], need[counter], machine[counter], cents[counter], True)
    own = world.outside(
        [world.variants[world.holder[a]] for a in need[~counter].tolist()], ["CY"] * int((~counter).sum())
    )
    extra.pay(
        moment[~counter],
        own,
        need[~counter],
        cents[~counter],
        text=texts.draw(rng, len(own), "own", empty=0.3),
    )
    added = extra.columns()
    if len(added["moment"]) != len(need):
        raise AssertionError("a first deposit was lost")
    added["reference"] = np.where(
        added["reference"] >= 0, added["reference"] + columns["reference"].max() + 1, -1
    )
    return {k: np.concatenate([v, added[k]]) for k, v in columns.items()}, opening.astype(np.float64)


def _names(world: World, account: Ints, other: Ints) -> pl.Series:
    """Gives the counterparty's name as this payer or payee writes it."""
    written = [world.variants[h] for h in world.holder.tolist()] + world.outside_names
    sizes = np.array([len(w) for w in written], dtype=np.int64)
    offset = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    flat = [text for w in written for text in w]
    entity = np.where(other < OUTSIDE, other, other - OUTSIDE + len(world.holder))
    index = offset[entity] + (account * 31 + other * 17) % sizes[entity]
    return _look_up(flat, np.where(other < 0, -1, index))


def _codes(rng: Rng, prefix: str, count: int, digits: int) -> list[str]:
    return [f"{prefix}{n:0{digits}d}" for n in rng.permutation(10**digits)[:count]]


def _balances(columns: Columns, opening: Floats) -> Ints:
    """Gives the balance after each movement, in cents; movements are in file order."""
    order = np.argsort(columns["account"], kind="stable")
    account = columns["account"][order]
    running = np.cumsum(np.where(columns["credit"], columns["cents"], -columns["cents"])[order])
    base = np.concatenate([[0], running])[np.searchsorted(account, account)]
    out = np.empty(len(order), dtype=np.int64)
    out[order] = running - base + opening.astype(np.int64)[account]
    return out


def _money(cents: Ints, valid: NDArray[np.bool_] | None = None) -> pl.Series:
    hundred = pl.Series([100]).cast(pl.Decimal(18, 2))  # a division keeps the scale, so both need two places
    money = (pl.Series(cents).cast(pl.Decimal(28, 2)) / hundred).cast(pl.Decimal(18, 2))
    return money if valid is None else money.set(pl.Series(~valid), None)


def _transactions(
    world: World, columns: Columns, ids: Ids, opening: Floats, rng: Rng
) -> tuple[pl.DataFrame, Columns]:
    n = len(columns["moment"])
    order = np.lexsort((rng.permutation(n), ~columns["credit"], columns["moment"]))
    columns = {k: v[order] for k, v in columns.items()}
    account, other, merchant, machine = (columns[k] for k in ("account", "other", "merchant", "machine"))
    entity = np.where(other < OUTSIDE, other, other - OUTSIDE + len(world.holder))
    everyone = ids.accounts + ids.outside
    places = len(world.merchants.names)
    terminals = _codes(rng, "POS", places, 6) + _codes(rng, "ATM", len(world.machines.town), 4)
    at_terminal = np.where(machine >= 0, machine + places, np.where(columns["city"] >= 0, merchant, -1))
    references = rng.permutation(int(columns["reference"].max()) + 1)
    city = columns["city"]
    unnamed = rng.random(n) < 0.01
    land = ["CY"] * len(world.holder) + world.outside_country
    moment = pl.Series(to_utc(columns["moment"])).cast(pl.Datetime("us", "UTC"))
    frame = pl.DataFrame(
        {
            "tx_id": [f"M{k:07d}" for k in rng.permutation(n)],
            "account_id": _look_up(ids.accounts, account),
            "booking_ts": moment,
            "direction": _look_up(["debit", "credit"], columns["credit"].astype(np.int64)),
            "amount": _money(columns["cents"]),
            "currency": pl.repeat("EUR", n, dtype=pl.String, eager=True),
            "tx_type": pl.Series(columns["tx_type"].tolist(), dtype=pl.String),
            "channel": pl.Series(columns["channel"].tolist(), dtype=pl.String),
            "cp_account_id": _look_up(everyone, np.where(other < 0, -1, entity)),
            "cp_name": _names(world, account, np.where(unnamed, -1, other)),
            "cp_country": _look_up(land, np.where(other < 0, -1, entity)),
            "ultimate_creditor": pl.Series(columns["behind"].tolist(), dtype=pl.String),
            "purpose_code": pl.Series(columns["purpose"].tolist(), dtype=pl.String),
            "end_to_end_id": _look_up([f"E{k:07d}" for k in references], columns["reference"]),
            "remittance_info": pl.Series(columns["text"].tolist(), dtype=pl.String),
            "mcc": _look_up(world.merchants.mcc, merchant),
            "merchant_id": _look_up(_codes(rng, "MER", places, 6), merchant),
            "merchant_name": _look_up(world.merchants.names, merchant),
            "merchant_country": _look_up(world.merchants.country, merchant),
            "location_city": _look_up(TOWN_NAMES, city),
            "location_country": _look_up(["CY"], np.where(city >= 0, 0, -1)),
            "terminal_id": _look_up(terminals, at_terminal),
            "card_id": _look_up(_codes(rng, "CRD", len(world.holder), 6), columns["card"]),
            "device_id": _look_up(_codes(rng, "DEV", world.parties, 6), columns["device"]),
            "balance_after": _money(_balances(columns, opening)),
        }
    )
    return frame, columns


def _accounts(world: World, ids: Ids, rng: Rng) -> pl.DataFrame:
    keep = np.flatnonzero(used_accounts(world))
    who = world.holder[keep]
    closed = (world.left[who] < DAYS) & (rng.random(len(who)) < 0.6)
    opened = [date_of(d) for d in world.opened[who]]
    return pl.DataFrame(
        {
            "account_id": [ids.accounts[a] for a in keep],
            "institution": [_BANK] * len(keep),
            "country": ["CY"] * len(keep),
            "currency": ["EUR"] * len(keep),
            "product": [world.product[a] for a in keep],
            "branch": [TOWN_NAMES[t] for t in world.town[who]],
            "opened_date": opened,
            "closed_date": pl.Series(
                [
                    date_of(int(d) + 6) if c and d + 6 < DAYS else None
                    for d, c in zip(world.left[who], closed, strict=True)
                ],
                dtype=pl.Date,
            ),
        }
    ).sort("account_id")


def _hashes(ids: Ids, kind: str, numbers: Ints) -> list[str | None]:
    return [
        None if n < 0 else hashlib.sha256(f"{kind}:{ids.salt}:{n}".encode()).hexdigest()[:16]
        for n in numbers.tolist()
    ]


def _parties(world: World, ids: Ids, rng: Rng) -> pl.DataFrame:
    n = world.parties
    firm = np.arange(n) >= world.people
    since = to_utc(world.opened * DAY_SECONDS + rng.integers(8 * 3600, 14 * 3600, n))
    employer = np.where(rng.random(n) < 0.07, -1, world.employer)
    return pl.DataFrame(
        {
            "party_id": ids.parties,
            "kind": _look_up(["natural", "legal"], firm.astype(np.int64)),
            "name": [v[0] for v in world.variants],
            "age_band": _look_up(_AGES, world.age),
            "residence_country": ["CY"] * n,
            "address_hash": _hashes(ids, "address", world.address),
            "phone_hash": _hashes(ids, "phone", world.phone),
            "email_hash": _hashes(ids, "email", world.email),
            "occupation": _look_up([*JOB_WORDS[:-1], None], world.job),
            "employer_id": _look_up(ids.parties, employer),
            "declared_monthly_income_eur": _money(np.round(world.income, -3), (world.income > 0) & ~firm),
            "sector_nace": pl.Series(world.nace, dtype=pl.String),
            "licence": pl.Series(world.licence, dtype=pl.String),
            "declared_turnover": _money(world.turnover, firm),
            "declared_employees": pl.Series(world.staff).set(pl.Series(~firm), None),
            "incorporation_date": pl.Series(
                [date_of(int(d) - 20) if f else None for d, f in zip(world.opened, firm, strict=True)],
                dtype=pl.Date,
            ),
            "onboarding_ts": pl.Series(since)
            .cast(pl.Datetime("us", "UTC"))
            .dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    ).sort("party_id")


def _links(world: World, ids: Ids) -> pl.DataFrame:
    keep = np.flatnonzero(used_accounts(world)).tolist()
    rows = [(a, int(world.holder[a]), "holder") for a in keep] + world.joint
    return pl.DataFrame(
        {
            "account_id": [ids.accounts[a] for a, _, _ in rows],
            "party_id": [ids.parties[p] for _, p, _ in rows],
            "role": [role for _, _, role in rows],
            "since": [date_of(int(world.opened[world.holder[a]])) for a, _, _ in rows],
        }
    ).sort("account_id", "role", "party_id")


def export(world: World, ledger: Ledger, rng: Rng) -> tuple[Tables, Ids]:
    """Makes the canonical tables of a finished world.

    Grain: transactions one row per leg, in the order of booking; the others one row per account,
    party, and link. Amounts are euros with two decimals.
    """
    columns, opening = _first_money(world, ledger.columns(), rng)
    ids = make_ids(world, rng)
    frame, placed = _transactions(world, columns, ids, opening, rng)
    tables = Tables(
        frame,
        _accounts(world, ids, rng),
        _parties(world, ids, rng),
        _links(world, ids),
        placed["group"],
        placed["account"],
        placed["moment"] // (30 * DAY_SECONDS),
    )
    return tables, ids

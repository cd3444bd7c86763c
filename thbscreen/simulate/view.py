"""What the delivered banks see: balances, ids and the four canonical tables of a finished world."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from thbscreen.simulate import texts
from thbscreen.simulate.clock import DAY_SECONDS, DAYS, Flags, Ints, date_of, to_utc
from thbscreen.simulate.export import used_accounts
from thbscreen.simulate.ids import BANKS, Codes, make_codes, numbers_of
from thbscreen.simulate.layers import Lives, LivingWorld, frame_of, row_keys
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.places import TOWN_NAMES
from thbscreen.simulate.streams import shares, stream
from thbscreen.simulate.world import JOB_WORDS, OUTSIDE

_AGES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
CHUNK = 250_000


@dataclass(frozen=True, slots=True)
class View:
    """A finished world as its banks see it.

    Attributes:
        world: facts of people and accounts.
        legs: movements on delivered accounts, in order of booking, with `balance` in cents and `key`.
        hidden_legs: planned movements that no delivered bank sees, with `key`.
        bank: bank of each account by number; -1 for accounts of no delivered bank.
        silent: parties whose files hold no contacts.
        codes: ids.
        seed: seed of the world.
    """

    world: LivingWorld
    legs: pl.DataFrame
    hidden_legs: pl.DataFrame
    bank: Ints
    silent: Flags
    codes: Codes
    seed: int

    def transactions(self, legs: pl.DataFrame) -> pl.DataFrame:
        """Gives some of the movements as rows of the canonical table."""
        return _rows(self, legs)

    def shown_accounts(self) -> Ints:
        """Gives the numbers of accounts in the data."""
        return np.flatnonzero(used_accounts(self.world) & (self.bank >= 0)).astype(np.int64)

    def shown_parties(self) -> Ints:
        """Gives the numbers of parties in the data: all who hold, or may use, an account in them."""
        keep = np.zeros(self.world.parties, dtype=bool)
        keep[self.world.holder[self.shown_accounts()]] = True
        shown = self.bank[self.world.main] >= 0
        for _, party, _ in self.world.joint:
            keep[party] |= bool(shown[party])
        return np.flatnonzero(keep).astype(np.int64)


def _first_money(world: LivingWorld, legs: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, Ints, Ints]:
    """Adds a first deposit to accounts opened in the window.

    Gives the deposits, their cents by account, and opening balances in cents by account.
    """
    n = len(world.holder)
    every = np.arange(n, dtype=np.int64)
    account = legs["account"].to_numpy()
    lowest = np.zeros(n, dtype=np.int64)
    least = legs.group_by("account").agg(pl.col("running").min(), pl.col("moment").min())
    first = np.full(n, DAYS * DAY_SECONDS, dtype=np.int64)
    first[least["account"].to_numpy()] = least["moment"].to_numpy()
    lowest[least["account"].to_numpy()] = np.minimum(least["running"].to_numpy(), 0)
    cushion = (np.exp(5.2 + 1.3 * _normal(seed, "cushion", every)) * 100).astype(np.int64)
    new = (world.opened[world.holder] >= 0) & (first < DAYS * DAY_SECONDS) & used_accounts(world)
    opening = np.where(new, 0, -lowest + cushion)
    need = np.flatnonzero(new & ((lowest < 0) | (shares(seed, "first", every) < 0.3)))
    extra = (10 * shares(seed, "first/extra", need) * 6 // 10).astype(np.int64) * 1000
    cents = (-lowest[need] // 1000 + 1) * 1000 + extra
    before = 600 + (8400 * shares(seed, "first/time", need)).astype(np.int64)
    moment = np.maximum(world.opened[world.holder[need]] * DAY_SECONDS, first[need] - before)
    ledger = Ledger(world)
    world.begin("first")
    counter = shares(seed, "first/way", need) < 0.5
    low = world.machines.low[world.town[world.holder[need]]]
    high = world.machines.high[world.town[world.holder[need]]]
    machine = low + (shares(seed, "first/machine", need) * (high - low)).astype(np.int64)
    ledger.cash(moment[counter], need[counter], machine[counter], cents[counter], True)
    cash = frame_of(ledger, "first/cash")
    mine = need[~counter]
    names = [world.variants[world.holder[a]] for a in mine.tolist()]
    away = _own_elsewhere(world, names, mine)
    told = texts.draw(stream(seed, "first"), n, "own", empty=0.3)[mine]
    ledger.pay(moment[~counter], away, mine, cents[~counter], text=told)
    rows = pl.concat([cash, frame_of(ledger, "first/transfer")])
    rows = rows.with_columns(pl.col("account").alias("serial"), pl.col("account").alias("reference"))
    rows = rows.with_columns(
        pl.when(pl.col("machine") >= 0).then(-1).otherwise("reference").alias("reference")
    )
    if rows.height != len(need):
        raise AssertionError("a first deposit was lost")
    paid = np.zeros(n, dtype=np.int64)
    paid[need] = cents
    assert len(account) == legs.height
    return rows, paid, opening


def _own_elsewhere(world: LivingWorld, names: list[tuple[str, ...]], accounts: Ints) -> Ints:
    """Adds the accounts that people have at other banks, numbered by their accounts here."""
    at = len(world.numbers)
    made = world.outside(names, ["CY"] * len(names))
    world.numbers[at:] = [9_000_000_000_000_000 + a for a in accounts.tolist()]
    return made


def _normal(seed: int, name: str, numbers: Ints) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Gives a normal number for each whole number (Box and Muller)."""
    a, b = shares(seed, f"{name}/a", numbers), shares(seed, f"{name}/b", numbers)
    out: np.ndarray[tuple[int], np.dtype[np.float64]] = np.sqrt(-2 * np.log(1 - a)) * np.cos(2 * np.pi * b)
    return out


def look(lives: Lives, bank: Ints, silent: Flags) -> View:
    """Finishes a world: first deposits, balances, order and ids.

    Args:
        lives: world and movements; its tables of ordinary life are emptied, to save memory.
        bank: bank of each account, -1 for accounts of no delivered bank.
        silent: parties whose files hold no contacts.
    """
    world, seed = lives.world, lives.seed
    legs = pl.concat([*lives.daily, *lives.planned])
    lives.daily.clear()
    signed = pl.when(pl.col("credit")).then(pl.col("cents")).otherwise(-pl.col("cents"))
    legs = (
        legs.with_columns(pl.Series("key", row_keys(legs, seed, "tx")))
        .sort("account", "moment", ~pl.col("credit"), "key")
        .with_columns(signed.cum_sum().over("account").alias("running"))
    )
    first, paid, opening = _first_money(world, legs, seed)
    first = first.with_columns(
        pl.Series("key", row_keys(first, seed, "tx")), pl.lit(0, dtype=pl.Int64).alias("running")
    )
    legs = pl.concat([legs, first])
    base = pl.Series(opening + paid)
    legs = legs.with_columns((pl.col("running") + base.gather(legs["account"])).alias("balance")).drop(
        "running"
    )
    legs = legs.sort("moment", ~pl.col("credit"), "key")
    shown = pl.Series(bank >= 0).gather(legs["account"])
    hidden = legs.filter(~shown & (pl.col("group") >= 0))
    return View(world, legs.filter(shown), hidden, bank, silent, make_codes(world, bank, seed), seed)


def _names(view: View, account: Ints, other: Ints) -> pl.Series:
    """Gives the counterparty's name as this payer or payee writes it."""
    world = view.world
    written = [world.variants[h] for h in world.holder.tolist()] + world.outside_names
    sizes = np.array([len(w) for w in written], dtype=np.int64)
    offset = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    flat = pl.Series([text for w in written for text in w], dtype=pl.String)
    entity = np.where(other < OUTSIDE, other, other - OUTSIDE + len(world.holder))
    index = offset[entity] + (account * 31 + world.marks(np.maximum(other, 0)) * 17) % sizes[entity]
    return _pick(flat, np.where(other < 0, -1, index))


def _pick(values: pl.Series, index: Ints) -> pl.Series:
    """Looks values up by number; missing where the number is below 0."""
    return values.gather(pl.Series(np.where(index < 0, 0, index)).set(pl.Series(index < 0), None))


def money(cents: pl.Series) -> pl.Series:
    """Gives euros with two decimals."""
    hundred = pl.Series([100]).cast(pl.Decimal(18, 2))  # a division keeps the scale, so both need two places
    return (cents.cast(pl.Decimal(28, 2)) / hundred).cast(pl.Decimal(18, 2))


def _rows(view: View, legs: pl.DataFrame) -> pl.DataFrame:
    world, codes, seed, n = view.world, view.codes, view.seed, legs.height
    account, other = (legs[k].to_numpy().astype(np.int64) for k in ("account", "other"))
    merchant, machine, city = (legs[k].to_numpy().astype(np.int64) for k in ("merchant", "machine", "city"))
    entity = np.where(other < OUTSIDE, other, other - OUTSIDE + len(world.holder))
    everyone = pl.concat([codes.accounts, codes.elsewhere])
    land = pl.Series(["CY"] * len(world.holder) + world.outside_country, dtype=pl.String)
    at = np.where(machine >= 0, machine + len(world.merchants.names), np.where(city >= 0, merchant, -1))
    device = np.where(view.silent[world.holder[account]], -1, legs["device"].to_numpy())
    reference = legs["reference"].to_numpy()
    payment = numbers_of(row_keys(legs, seed, "payment", "reference"), 16)
    unnamed = shares(seed, "unnamed", legs["key"].to_numpy().view(np.int64)) < 0.01
    conductor = legs["conductor"].to_numpy().astype(np.int64)
    stood = numbers_of(
        np.asarray(world.marks(np.maximum(conductor, 0)) * 7919 + view.seed % 7919).astype(np.uint64), 10
    )
    missing = pl.Series([None], dtype=pl.String).new_from_index(0, n)
    return pl.DataFrame(
        {
            "tx_id": pl.Series(["M"]) + numbers_of(legs["key"].to_numpy(), 18),
            "account_id": codes.accounts.gather(account),
            "booking_ts": pl.Series(to_utc(legs["moment"].to_numpy())).cast(pl.Datetime("us", "UTC")),
            "direction": pl.Series(["debit", "credit"]).gather(legs["credit"].cast(pl.UInt32)),
            "amount": money(legs["cents"]),
            "currency": pl.Series(["EUR"], dtype=pl.String).new_from_index(0, n),
            "tx_type": legs["tx_type"].cast(pl.String),
            "channel": legs["channel"].cast(pl.String),
            "cp_account_id": _pick(everyone, np.where(other < 0, -1, entity)),
            "cp_name": _names(view, account, np.where(unnamed, -1, other)),
            "cp_country": _pick(land, np.where(other < 0, -1, entity)),
            "ultimate_creditor": legs["behind"],
            "purpose_code": legs["purpose"],
            "end_to_end_id": (pl.Series(["E"]) + payment).zip_with(pl.Series(reference >= 0), missing),
            "remittance_info": legs["text"],
            "mcc": _pick(pl.Series(world.merchants.mcc), merchant),
            "merchant_id": _pick(codes.merchants, merchant),
            "merchant_name": _pick(pl.Series(world.merchants.names), merchant),
            "merchant_country": _pick(pl.Series(world.merchants.country), merchant),
            "location_city": _pick(pl.Series(TOWN_NAMES), city),
            "location_country": _pick(pl.Series(["CY"]), np.where(city >= 0, 0, -1)),
            "terminal_id": _pick(codes.terminals, at),
            "card_id": _pick(codes.cards, legs["card"].to_numpy().astype(np.int64)),
            "conductor_id": (pl.Series(["K"]) + stood).zip_with(pl.Series(conductor >= 0), missing),
            "device_id": _pick(codes.devices, device.astype(np.int64)),
            "balance_after": money(legs["balance"]),
        }
    )


def accounts(view: View) -> pl.DataFrame:
    """Gives one row per delivered account."""
    world, keep = view.world, view.shown_accounts()
    who = world.holder[keep]
    closed = (world.left[who] < DAYS) & (shares(view.seed, "closed", keep) < 0.6)
    gone = [
        date_of(int(d) + 6) if c and d + 6 < DAYS else None
        for d, c in zip(world.left[who], closed, strict=True)
    ]
    return pl.DataFrame(
        {
            "account_id": view.codes.accounts.gather(keep),
            "institution": [BANKS[b] for b in view.bank[keep]],
            "country": ["CY"] * len(keep),
            "currency": ["EUR"] * len(keep),
            "product": [world.product[a] for a in keep],
            "branch": [TOWN_NAMES[t] for t in world.town[who]],
            "opened_date": [date_of(d) for d in world.opened[who]],
            "closed_date": pl.Series(gone, dtype=pl.Date),
        }
    ).sort("account_id")


def _hashes(view: View, kind: str, numbers: Ints) -> pl.Series:
    salt = view.codes.salt
    made = [
        None if n < 0 else hashlib.sha256(f"{kind}:{salt}:{n}".encode()).hexdigest()[:16]
        for n in numbers.tolist()
    ]
    return pl.Series(made, dtype=pl.String)


def parties(view: View) -> pl.DataFrame:
    """Gives one row per party that holds or may use a delivered account."""
    world, keep = view.world, view.shown_parties()
    firm, silent = keep >= world.people, view.silent[keep]
    hours = (8 + 6 * shares(view.seed, "onboarded", keep)) * 3600
    since = to_utc(world.opened[keep] * DAY_SECONDS + hours.astype(np.int64))
    unknown = silent | (shares(view.seed, "no employer", keep) < 0.07)
    shown = np.zeros(world.parties, dtype=bool)
    shown[keep] = True
    boss = world.employer[keep]
    boss = np.where(unknown | (boss < 0) | ~shown[np.maximum(boss, 0)], -1, boss)
    jobs = pl.Series([*JOB_WORDS[:-1], None], dtype=pl.String)
    income = money(pl.Series(np.round(world.income[keep], -3))).set(
        pl.Series((world.income[keep] <= 0) | firm), None
    )
    begun = [date_of(int(d) - 20) if f else None for d, f in zip(world.opened[keep], firm, strict=True)]
    contacts = {
        f"{name}_hash": _hashes(view, name, np.where(silent, -1, getattr(world, name)[keep]))
        for name in ("address", "phone", "email")
    }
    return pl.DataFrame(
        {
            "party_id": view.codes.parties.gather(keep),
            "kind": pl.Series(["natural", "legal"]).gather(pl.Series(firm.astype(np.int64))),
            "name": [world.variants[p][0] for p in keep.tolist()],
            "age_band": _pick(pl.Series(_AGES), world.age[keep]),
            "residence_country": ["CY"] * len(keep),
            **contacts,
            "occupation": jobs.gather(world.job[keep]).set(pl.Series(silent), None),
            "employer_id": _pick(view.codes.parties, boss),
            "declared_monthly_income_eur": income,
            "sector_nace": pl.Series([world.nace[p] for p in keep.tolist()], dtype=pl.String),
            "licence": pl.Series([world.licence[p] for p in keep.tolist()], dtype=pl.String),
            "declared_turnover": money(pl.Series(world.turnover[keep])).set(pl.Series(~firm), None),
            "declared_employees": pl.Series(world.staff[keep]).set(pl.Series(~firm), None),
            "incorporation_date": pl.Series(begun, dtype=pl.Date),
            "onboarding_ts": pl.Series(since)
            .cast(pl.Datetime("us", "UTC"))
            .dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    ).sort("party_id")


def links(view: View) -> pl.DataFrame:
    """Gives one row per delivered account and party that holds or may use it."""
    world = view.world
    keep = view.shown_accounts()
    shown = np.zeros(len(world.holder), dtype=bool)
    shown[keep] = True
    rows = [(a, int(world.holder[a]), "holder") for a in keep.tolist()]
    rows += [(a, p, role) for a, p, role in world.joint if shown[a]]
    known = set(view.shown_parties().tolist())
    rows = [r for r in rows if r[1] in known]
    account, party = (np.array([r[k] for r in rows], dtype=np.int64) for k in (0, 1))
    return pl.DataFrame(
        {
            "account_id": view.codes.accounts.gather(account),
            "party_id": view.codes.parties.gather(party),
            "role": [r[2] for r in rows],
            "since": [date_of(int(d)) for d in world.opened[world.holder[account]]],
        }
    ).sort("account_id", "role", "party_id")


def write_clean(view: View, folder: Path) -> None:
    """Writes the four canonical tables into an existing folder; movements in parts, with bounded memory.

    Raises:
        OSError: a file cannot be written.
    """
    schema = view.transactions(view.legs.head(1)).schema

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        for first in range(0, view.legs.height, CHUNK):
            yield view.transactions(view.legs.slice(first, CHUNK))

    register_io_source(source, schema=schema).sink_parquet(
        folder / "transactions.parquet", compression="zstd", compression_level=3, row_group_size=CHUNK,
        maintain_order=True, statistics=False,
    )  # fmt: skip
    accounts(view).write_csv(folder / "accounts.csv")
    parties(view).write_csv(folder / "parties.csv")
    links(view).write_csv(folder / "account_parties.csv")

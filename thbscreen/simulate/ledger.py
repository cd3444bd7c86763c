"""Collects movements: every payment between two customers gives two legs, debit and credit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thbscreen.simulate.clock import DAY_SECONDS, DAYS, Flags, Floats, Ints, Rng, at
from thbscreen.simulate.places import ONLINE, prices
from thbscreen.simulate.texts import Texts
from thbscreen.simulate.world import OUTSIDE, World

#: Column, dtype and default of a movement; -1 and None are missing.
COLUMNS: dict[str, tuple[Any, Any]] = {
    "moment": (np.int64, 0),
    "account": (np.int64, 0),
    "credit": (np.bool_, False),
    "cents": (np.int64, 0),
    "tx_type": (np.object_, None),
    "channel": (np.object_, None),
    "other": (np.int64, -1),
    "behind": (np.object_, None),
    "purpose": (np.object_, None),
    "reference": (np.int64, -1),
    "text": (np.object_, None),
    "merchant": (np.int64, -1),
    "machine": (np.int64, -1),
    "card": (np.int64, -1),
    "device": (np.int64, -1),
    "city": (np.int64, -1),
    "group": (np.int64, -1),
    "leg": (np.int16, -1),
    "conductor": (np.int64, -1),
}
Scalar = int | str | None
#: ISO 20022 purposes of what the state pays, on bank days and by its own sums: pensions and benefits.
STATE_PAYS = ("PENS", "SSBE")


class Ledger:
    """All movements of the world, in the order in which they were made up.

    Attributes:
        world: people and accounts.
        group: number of the planned group whose movements are booked now, -1 for ordinary life.
        leg_names: (phase, kind of leg) by the number in column `leg`.
    """

    def __init__(self, world: World) -> None:
        """Starts an empty ledger of a world."""
        self.world = world
        self.group = -1
        self.leg_names: list[tuple[str, str]] = []
        self._leg = -1
        self._parts: list[dict[str, NDArray[Any]]] = []
        self._references = 0

    def columns(self) -> dict[str, NDArray[Any]]:
        """Gives all movements as one array per column."""
        return {name: np.concatenate([p[name] for p in self._parts]) for name in COLUMNS}

    def drain(self) -> dict[str, NDArray[Any]]:
        """Gives all movements booked since the last call and forgets them; references start anew."""
        if not self._parts:
            return {name: np.zeros(0, dtype=dtype) for name, (dtype, _) in COLUMNS.items()}
        out = self.columns()
        self._parts, self._references = [], 0
        return out

    def mark(self, phase: str, kind: str) -> None:
        """Says what the planned movements booked from now on are, until the next mark."""
        self._leg = self.leg_number(phase, kind)

    def leg_number(self, phase: str, kind: str) -> int:
        """Gives the number of a kind of leg, a new one if there is none yet."""
        pair = (phase, kind)
        if pair not in self.leg_names:
            self.leg_names.append(pair)
        return self.leg_names.index(pair)

    def _put(self, n: int, keep: Flags | None = None, **given: Any) -> None:
        part: dict[str, NDArray[Any]] = {}
        stated = {"group": self.group, "leg": self._leg if self.group >= 0 else -1}
        for name, (dtype, default) in COLUMNS.items():
            value = given.get(name, stated.get(name, default))
            full = np.broadcast_to(np.asarray(value, dtype=dtype), (n,))
            part[name] = full if keep is None else full[keep]
        self._parts.append(part)

    def _alive(self, moment: Ints, account: Ints) -> Flags:
        """Tells which moments lie in the window and in the life of the account (others always live)."""
        inside = account < OUTSIDE
        who = self.world.holder[np.where(inside, account, 0)]
        day = moment // DAY_SECONDS
        alive = (day >= self.world.opened[who]) & (day < self.world.left[who])
        return (moment >= 0) & (moment < DAYS * DAY_SECONDS) & (alive | ~inside)

    def pay(
        self,
        moment: Ints,
        payer: Ints | int,
        payee: Ints | int,
        cents: Ints | int,
        *,
        text: Texts | str | None = None,
        purpose: Scalar = None,
        channel: Scalar = "online",
        tx_type: Scalar = None,
        behind: Texts | str | None = None,
        device: Ints | None = None,
    ) -> None:
        """Books transfers; the legs on accounts of this bank only.

        Args:
            moment: local seconds.
            payer: entity that pays: an account here or at another bank.
            payee: entity that receives.
            cents: amount, at least one cent.
            text: remittance text.
            purpose: ISO 20022 purpose code.
            channel: how the payer ordered it; people use the same of online and mobile for everything.
            tx_type: kind; by default told from where the other account is kept.
            behind: ultimate creditor as written.
            device: device that orders; the payer's own by default.
        """
        n = len(moment)
        src, dst = (np.broadcast_to(np.asarray(x, dtype=np.int64), (n,)) for x in (payer, payee))
        money = np.broadcast_to(np.asarray(cents, dtype=np.int64), (n,))
        live = self._alive(moment, src) & self._alive(moment, dst) & (money > 0) & (src != dst)
        texts = np.broadcast_to(np.asarray(text, dtype=np.object_), (n,))
        names = np.broadcast_to(np.asarray(behind, dtype=np.object_), (n,))
        reference = np.arange(self._references, self._references + n)
        self._references += n
        here = src < OUTSIDE
        own = self.world.device[self.world.holder[np.where(here, src, 0)]]
        remote = channel in ("online", "mobile")
        machine = np.where(here & remote, own, -1) if device is None else device
        ordered = habits(self.world, src) if remote else channel
        kind = transfer_kinds(self.world, src, dst) if tx_type is None else tx_type
        for credit, side, other, where in ((False, src, dst, here), (True, dst, src, dst < OUTSIDE)):
            self._put(
                n,
                live & where,
                moment=moment,
                account=side,
                credit=credit,
                cents=money,
                tx_type=kind,
                channel=None if credit else ordered,
                other=other,
                behind=names,
                purpose=purpose,
                reference=reference,
                text=texts,
                device=-1 if credit else machine,
            )

    def buy(
        self, moment: Ints, account: Ints | int, merchant: Ints, cents: Ints, refund: bool = False
    ) -> None:
        """Books card purchases, or refunds of them."""
        n = len(moment)
        side = np.broadcast_to(np.asarray(account, dtype=np.int64), (n,))
        town = self.world.merchants.town[merchant]
        self._put(
            n,
            self._alive(moment, side),
            moment=moment,
            account=side,
            credit=refund,
            cents=cents,
            tx_type="card_refund" if refund else "card_purchase",
            channel=np.where(town == ONLINE, "ecom", "pos").astype(np.object_),
            merchant=merchant,
            card=side,
            city=np.where(town == ONLINE, -1, town),
        )

    def shop(
        self, rng: Rng, moment: Ints, account: Ints | int, trade: Ints, town: Ints, factor: Floats
    ) -> None:
        """Books card purchases of given trades at merchants in or near a town, with usual prices."""
        merchant = self.world.merchants.choose(rng, trade, town)
        self.buy(moment, account, merchant, prices(rng, trade, factor))

    def cash(
        self, moment: Ints, account: Ints | int, machine: Ints, cents: Ints, paid_in: bool = False
    ) -> None:
        """Books cash taken from, or paid in at, machines."""
        n = len(moment)
        side = np.broadcast_to(np.asarray(account, dtype=np.int64), (n,))
        self._put(
            n,
            self._alive(moment, side) & (cents > 0),
            moment=moment,
            account=side,
            credit=paid_in,
            cents=cents,
            tx_type="cash_deposit" if paid_in else "cash_withdrawal",
            channel="atm",
            machine=machine,
            card=side,
            city=self.world.machines.town[machine],
        )

    def counter(
        self,
        moment: Ints,
        account: Ints | int,
        town: Ints,
        cents: Ints,
        conductor: Ints | int,
        *,
        paid_in: bool = True,
        text: Texts | str | None = None,
    ) -> None:
        """Books cash paid in (or out) over the counter of a branch, by whoever stood there.

        Args:
            moment: local seconds.
            account: account that the cash goes to or comes from.
            town: town of the branch.
            cents: amount, at least one cent.
            conductor: entity that stood at the counter: a party here, or somebody who banks elsewhere.
            paid_in: false for cash paid out.
            text: what the clerk wrote.
        """
        n = len(moment)
        side = np.broadcast_to(np.asarray(account, dtype=np.int64), (n,))
        self._put(
            n,
            self._alive(moment, side) & (cents > 0),
            moment=moment,
            account=side,
            credit=paid_in,
            cents=cents,
            tx_type="cash_deposit" if paid_in else "cash_withdrawal",
            channel="branch",
            text=text,
            city=town,
            conductor=conductor,
        )

    def fee(self, moment: Ints, account: Ints, cents: Ints, text: str) -> None:
        """Books charges of the bank."""
        self._put(
            len(moment),
            self._alive(moment, account),
            moment=moment,
            account=account,
            cents=cents,
            tx_type="fee",
            text=text,
        )


def habits(world: World, payer: Ints) -> Texts:
    """Gives the channel of each payer: private people keep to one, whatever they pay; firms order online."""
    return np.where((payer < world.people) & (payer * 7 % 5 < 3), "mobile", "online").astype(np.object_)


def transfer_kinds(world: World, payer: Ints, payee: Ints) -> Texts:
    """Gives the kind of each transfer, which follows from where both accounts are kept."""
    land = world.lands()
    abroad = np.zeros(len(payer), dtype=bool)
    for side in (payer, payee):
        abroad |= land[np.where(side >= OUTSIDE, side - OUTSIDE, len(land) - 1)] != "CY"
    quick = (world.marks(payer) * 31 + world.marks(payee) * 17) % 10 < 4
    out = np.where(abroad, "cross_border", np.where(quick, "instant_transfer", "credit_transfer"))
    return out.astype(np.object_)


def days_between(rng: Rng, start: Ints, end: Ints, weekend: float = 1.35) -> Ints:
    """Draws one day in each [start, end), weekends (Friday to Sunday) more often; -1 when there is none."""
    weights = np.where((np.arange(DAYS) + 3) % 7 >= 4, weekend, 1.0)
    total = np.concatenate([[0.0], np.cumsum(weights)])
    low, high = np.clip(start, 0, DAYS), np.clip(end, 0, DAYS)
    point = total[low] + rng.random(len(low)) * (total[high] - total[low])
    day = np.minimum(np.searchsorted(total, point, side="right") - 1, high - 1)
    return np.where(high > low, day, -1).astype(np.int64)


def moments(day: Ints, second: Ints) -> Ints:
    """Joins days and seconds; a missing day stays outside the window."""
    return np.where(day >= 0, at(day, second), -1)

"""Evasive operators as pure functions on the payments of a group; each changes things that can be measured.

Every function takes payments and gives new ones. Both legs of a payment always carry the same money, so an
operator can move, split, delay or reroute money, but can neither make nor lose any between two accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from thbscreen.simulate import texts
from thbscreen.simulate.clock import DAY_SECONDS, DAYS, MONTH_STARTS, Flags, Ints, Rng, at, daytime, month_of
from thbscreen.simulate.ledger import STATE_PAYS, days_between
from thbscreen.simulate.moves import Moves, made
from thbscreen.simulate.places import TRADE_INDEX, prices
from thbscreen.simulate.streams import shares
from thbscreen.simulate.world import OUTSIDE, World

#: Share of the payments in question that may change, by strength.
BUDGET = (0.0, 0.35, 0.65, 1.0)
#: Sums in cents that rules of banks like to ask about; none is taken from a rule of this program.
ROUND_SUMS: Ints = np.array([100, 200, 250, 500, 1000, 2000, 3000, 5000, 10_000], dtype=np.int64) * 100
_TAKEN_OUT = 60_000


@dataclass(frozen=True, slots=True)
class Scene:
    """What an operator may use.

    Attributes:
        world: facts of accounts.
        rng: randomness of this operator on this group.
        strength: 1 to 3.
        accounts: accounts of the group's members.
        helpers: accounts that were taken into the group for this operator.
        strangers: accounts of ordinary people.
        leg: number of the kind of leg that new payments get.
    """

    world: World
    rng: Rng
    strength: int
    accounts: Ints
    helpers: Ints
    strangers: Ints
    leg: int

    def drawn(self, among: Flags, budget: float | None = None) -> Flags:
        """Draws some of the rows that are in question: as many as the budget of the strength allows."""
        share = BUDGET[self.strength] if budget is None else budget
        chosen: Flags = among & (self.rng.random(len(among)) < share)
        return chosen

    def inside(self, moves: Moves) -> Flags:
        """Tells which rows are transfers between two members."""
        sides = [np.isin(moves.ints(name), self.accounts) for name in ("payer", "payee")]
        return moves.transfers() & sides[0] & sides[1]

    def possible(self, moves: Moves, moment: Ints) -> Flags:
        """Tells which payments could be made at other moments: in the window and while both accounts live."""
        day = moment // DAY_SECONDS
        out: Flags = (day >= 0) & (day < DAYS)
        for name in ("payer", "payee"):
            side = moves.ints(name)
            here = (side >= 0) & (side < OUTSIDE)
            who = self.world.holder[np.where(here, side, 0)]
            out &= ~here | ((day >= self.world.opened[who]) & (day < self.world.left[who]))
        return out


def at_once(moves: Moves) -> Flags:
    """Tells which rows are transfers or cash: what a group can order at another time."""
    return moves.transfers() | (moves.ints("machine") >= 0)


def other_times(moves: Moves, s: Scene) -> Moves:
    """A1: moves payments by hours to days; what a member passes on waits for longer."""
    n, moment = moves.table.height, moves.ints("moment")
    chosen = s.drawn(at_once(moves), 1.0)
    waits = np.isin(moves.ints("payer"), s.accounts)
    hours = s.rng.uniform(-1, 1, n) * (6, 24, 72)[s.strength - 1]
    days = s.rng.uniform(0.2, 1, n) * (2, 5, 10)[s.strength - 1]
    later = moment + (np.where(waits, days * 24, hours) * 3600).astype(np.int64)
    can = chosen & s.possible(moves, later)
    return moves.changed(moment=np.where(can, later, moment))


def other_parts(moves: Moves, s: Scene) -> Moves:
    """A2: pays sums in two to four parts on following days; from strength 2, joins those of one week."""
    cents = moves.ints("cents")
    chosen = s.drawn(moves.transfers() & (cents >= 4000))
    rest, whole = moves.pick(~chosen), moves.pick(chosen)
    parts = 1 + s.strength
    base = whole.ints("cents") // parts // 500 * 500
    pieces = []
    for k in range(parts):
        moment = whole.ints("moment") + k * (DAY_SECONDS + s.rng.integers(-30_000, 30_000, len(base)))
        share = base if k < parts - 1 else whole.ints("cents") - base * (parts - 1)
        moment = np.where(s.possible(whole, moment), moment, whole.ints("moment") + k * 60)
        pieces.append(whole.changed(moment=moment, cents=share))
    return (_joined(rest) if s.strength > 1 else rest).plus(*pieces)


def _joined(moves: Moves) -> Moves:
    """Joins transfers of one pair in one week to one payment at the time of the last."""
    two = moves.transfers()
    week = pl.Series("week", moves.ints("moment") // (7 * DAY_SECONDS))
    table = moves.pick(two).table.with_columns(week.filter(pl.Series(two)))
    one = (
        table.sort("moment")
        .group_by("payer", "payee", "week", maintain_order=True)
        .agg(pl.col("cents").sum(), pl.all().exclude("cents", "payer", "payee", "week").last())
    )
    return moves.pick(~two).plus(Moves(one.select(moves.table.columns)))


def other_sums(moves: Moves, s: Scene) -> Moves:
    """A3: moves sums by up to 5, 10 or 15 percent and off round numbers; what a pair moves in all stays."""
    cents, n = moves.ints("cents"), moves.table.height
    pair = moves.ints("payer") * 4_000_003 + moves.ints("payee")
    chosen = s.drawn(moves.transfers() & (cents >= 500), 1.0)
    width = (0.05, 0.10, 0.15)[s.strength - 1]
    wanted = (cents * (1 + s.rng.uniform(-width, width, n))).astype(np.int64)
    wanted = np.where(chosen, np.maximum(wanted, 100), cents)
    _, index = np.unique(pair, return_inverse=True)
    count = np.bincount(index, weights=chosen)
    gap = np.bincount(index, weights=np.where(chosen, cents - wanted, 0)).astype(np.int64)
    spread = np.where(
        chosen & (count[index] > 1), gap[index] // np.maximum(count[index], 1).astype(np.int64), 0
    )
    made_up = wanted + spread
    left = np.bincount(index, weights=np.where(chosen, cents - made_up, 0)).astype(np.int64)
    last = np.full(len(count), -1, dtype=np.int64)
    rows = np.flatnonzero(chosen & (count[index] > 1))
    last[index[rows]] = rows
    made_up[last[last >= 0]] += left[last >= 0]
    low = made_up < 100
    keep = ~np.isin(index, np.unique(index[low]))  # a pair that cannot be balanced stays as it was
    return moves.changed(cents=np.where(keep, made_up, cents))


def extra_hops(moves: Moves, s: Scene) -> Moves:
    """A4: sends payments between members over one to three other accounts, which pass all on in a day."""
    if not len(s.helpers):
        return moves
    chosen = s.drawn(s.inside(moves) & ~np.isin(moves.ints("payer"), s.helpers))
    over = s.helpers[s.rng.integers(0, len(s.helpers), moves.table.height)]
    lag = s.rng.integers(2 * 3600, 26 * 3600, moves.table.height)
    chosen &= (over != moves.ints("payer")) & (over != moves.ints("payee"))
    chosen &= s.possible(moves, moves.ints("moment") + lag)
    first = moves.pick(chosen).changed(payee=over[chosen])
    n = int(chosen.sum())
    second = made(
        n,
        moment=(moves.ints("moment") + lag)[chosen],
        payer=over[chosen],
        payee=moves.ints("payee")[chosen],
        cents=moves.ints("cents")[chosen],
        text=texts.chat(s.rng, n).tolist(),
        leg=s.leg,
    )
    return moves.pick(~chosen).plus(_fresh(first), second)


def _fresh(moves: Moves) -> Moves:
    """Marks payments whose sides changed, so that kind, channel and device are told anew."""
    return moves.changed(new=np.ones(moves.table.height, dtype=bool))


def collector_of(moves: Moves, accounts: Ints) -> int:
    """Gives the member who takes in most from other members; -1 when none does."""
    sides = [np.isin(moves.ints(name), accounts) for name in ("payer", "payee")]
    inside = moves.transfers() & sides[0] & sides[1]
    if not inside.any():
        return -1
    payee, cents = moves.ints("payee")[inside], moves.ints("cents")[inside]
    who, index = np.unique(payee, return_inverse=True)
    return int(who[np.argmax(np.bincount(index, weights=cents))])


def more_collectors(moves: Moves, s: Scene) -> Moves:
    """A5: lets two to five accounts take turns, month by month, in place of the one that collects."""
    sink = collector_of(moves, s.accounts)
    if sink < 0 or not len(s.helpers):
        return moves
    month = month_of(moves.ints("moment") // DAY_SECONDS)
    turn = month % (len(s.helpers) + 1)
    chosen = s.drawn(np.ones(9, dtype=bool))[month] & (turn > 0) & moves.transfers()
    other = s.helpers[np.maximum(turn - 1, 0)]
    columns = {}
    for name in ("payer", "payee"):
        side = moves.ints(name)
        columns[name] = np.where(chosen & (side == sink), other, side)
    new = (
        moves.table["new"].to_numpy()
        | (columns["payer"] != moves.ints("payer"))
        | (columns["payee"] != moves.ints("payee"))
    )
    same = columns["payer"] == columns["payee"]
    moved = moves.changed(
        **{k: np.where(same, moves.ints(k), v) for k, v in columns.items()}, new=new & ~same
    )
    can = s.possible(moved, moved.ints("moment"))
    return moved.pick(can).plus(moves.pick(~can))


def more_life(moves: Moves, s: Scene) -> Moves:
    """A6: adds shopping to members who have little of it, and from strength 2 pay-like credits."""
    who = np.unique(s.accounts[s.world.quiet[s.world.holder[s.accounts]]])
    who = who if len(who) else s.accounts[:1]
    account = np.repeat(who, s.strength * 18)
    holder = s.world.holder[account]
    low, high = np.maximum(s.world.opened[holder], 0), np.minimum(s.world.left[holder], DAYS)
    day = days_between(s.rng, low, high)
    keys = [
        TRADE_INDEX[k] for k in ("grocery", "corner", "bakery", "fastfood", "pharmacy", "digital", "topup")
    ]
    trade = s.rng.choice(np.array(keys), len(account))
    merchant = s.world.merchants.choose(s.rng, trade, s.world.town[holder])
    town = s.world.merchants.town[merchant]
    online = town == s.world.merchants.town.max()
    bought = made(
        len(account),
        moment=at(np.maximum(day, 0), daytime(s.rng, len(account))),
        payer=account,
        cents=prices(s.rng, trade, np.full(len(account), 0.7)),
        tx_type="card_purchase",
        channel=np.where(online, "ecom", "pos").tolist(),
        merchant=merchant,
        city=np.where(online, -1, town),
        leg=s.leg,
        camouflage=True,
        new=False,
    )
    bought = bought.pick((day >= 0) & s.possible(bought, bought.ints("moment")))
    return moves.plus(bought, _pay_like(s, who)) if s.strength > 1 else moves.plus(bought)


def _pay_like(s: Scene, who: Ints) -> Moves:
    """Makes monthly credits from a firm elsewhere to some members."""
    some = who[s.rng.random(len(who)) < 0.3 * (s.strength - 1)]
    firm = int(s.world.other_firms(s.rng, 1)[0])
    account = np.repeat(some, 9)
    month = np.tile(np.arange(9, dtype=np.int64), len(some))
    cents = np.repeat(s.rng.integers(62_000, 118_000, len(some)), 9)
    paid = made(
        len(account),
        moment=at(MONTH_STARTS[1:][month] - 2, np.full(len(account), 10 * 3600)),
        payer=firm,
        payee=account,
        cents=cents,
        text=texts.draw(s.rng, len(account), "salary", month=month).tolist(),
        purpose="SALA",
        leg=s.leg,
        camouflage=True,
    )
    return paid.pick(s.possible(paid, paid.ints("moment")))


def other_channels(moves: Moves, s: Scene) -> Moves:
    """A7: turns transfers between members into cash taken out, half of it paid in again, or into coins."""
    cents = moves.ints("cents")
    chosen = s.drawn(s.inside(moves) & (cents >= 2000), BUDGET[s.strength] * 0.7)
    bought = chosen & (s.strength == 3) & (s.rng.random(len(chosen)) < 0.25)
    cash = chosen & ~bought
    some = moves.pick(cash)
    notes = np.minimum(some.ints("cents") // 1000 * 1000, _TAKEN_OUT * (1 + s.strength))
    out = _at_machine(s, some.ints("moment"), some.ints("payer"), notes, False)
    back = s.rng.random(len(notes)) < 0.5
    later = some.ints("moment") + s.rng.integers(3600, 3 * DAY_SECONDS, len(notes))
    paid_in = _at_machine(s, later[back], some.ints("payee")[back], notes[back], True)
    trade = np.full(int(bought.sum()), TRADE_INDEX["crypto"])
    merchant = s.world.merchants.choose(s.rng, trade, np.zeros(len(trade), dtype=np.int64))
    coins = made(
        len(trade),
        moment=moves.ints("moment")[bought],
        payer=moves.ints("payer")[bought],
        cents=cents[bought],
        tx_type="card_purchase",
        channel="ecom",
        merchant=merchant,
        leg=s.leg,
        new=False,
    )
    return moves.pick(~chosen).plus(*(m.pick(s.possible(m, m.ints("moment"))) for m in (out, paid_in, coins)))


def _at_machine(s: Scene, moment: Ints, account: Ints, cents: Ints, paid_in: bool) -> Moves:
    town = s.world.town[s.world.holder[account]]
    machine = s.world.machines.choose(s.rng, town)
    return made(
        len(account),
        moment=moment,
        payee=account if paid_in else -1,
        payer=-1 if paid_in else account,
        cents=cents,
        tx_type="cash_deposit" if paid_in else "cash_withdrawal",
        channel="atm",
        machine=machine,
        city=town,
        leg=s.leg,
        new=False,
    )


_LOOK_ALIKES = str.maketrans("AaBEeHIiKMNOoPpTXxycs", "ΑаΒЕеΗІіΚΜΝОоРрТХхусѕ")
_SIGNS = ("🙂", "👍", "❤️", "🏠", "✈️", "💶")


def other_words(moves: Moves, s: Scene) -> Moves:
    """A8: replaces texts: by those of friends, by look-alike letters and invisible signs, or by pictures."""
    old = moves.table["text"].to_list()
    chosen = s.drawn(np.array([t is not None for t in old], dtype=bool))
    chat = texts.chat(s.rng, len(old), 0.0, 0.4).tolist()
    way = s.rng.random(len(old))
    out: list[str | None] = []
    for k, text in enumerate(old):
        if text is None or not chosen[k]:
            out.append(text)
        elif s.strength == 1 or way[k] < 0.4:
            out.append(chat[k])
        elif s.strength == 2 or way[k] < 0.75:
            out.append("\u200b".join(text.translate(_LOOK_ALIKES).partition(" ")))
        else:
            out.append(_SIGNS[int(way[k] * 997) % len(_SIGNS)])
    return moves.changed(text=out)


def reversals(moves: Moves, s: Scene) -> Moves:
    """A12: pays and gets back: adds payments between members that are returned in full within days."""
    n = moves.table.height
    chosen = s.drawn(s.inside(moves), (0.15, 0.3, 0.5)[s.strength - 1])
    some = moves.pick(chosen)
    there = some.ints("moment") - s.rng.integers(2, 9, n)[chosen] * 3600
    back = there + s.rng.integers(DAY_SECONDS // 2, 5 * DAY_SECONDS, n)[chosen]
    given = some.changed(moment=there, leg=np.full(len(there), s.leg))
    returned = _fresh(
        some.changed(
            moment=back, payer=some.ints("payee"), payee=some.ints("payer"), leg=np.full(len(back), s.leg)
        )
    )
    can = s.possible(given, there) & s.possible(returned, back)
    return moves.plus(given.pick(can), returned.pick(can))


def under_round_sums(moves: Moves, s: Scene) -> Moves:
    """A13: stays under round sums: what is at or above one is paid below it, the rest two days later.

    What the state pays stays as it is.
    """
    cents, n = moves.ints("cents"), moves.table.height
    step = ROUND_SUMS[np.maximum(np.searchsorted(ROUND_SUMS, cents, side="right") - 1, 0)]
    ours = moves.transfers() & ~moves.table["purpose"].is_in(STATE_PAYS).fill_null(value=False).to_numpy()
    chosen = s.drawn(ours & (cents >= step) & (cents < step * 2))
    below = np.where(chosen, step - 100 * s.rng.integers(1, 10, n), cents)
    rest = (cents - below)[chosen]
    later = moves.ints("moment")[chosen] + 2 * DAY_SECONDS + s.rng.integers(0, 30_000, len(rest))
    some = moves.pick(chosen)
    later = np.where(s.possible(some, later), later, some.ints("moment") + 60)
    return moves.changed(cents=below).plus(some.changed(moment=later, cents=rest))


def unasked(moves: Moves, s: Scene) -> Moves:
    """A14: pays strangers unasked: a cent with a text, a small gift, a rent to the wrong account."""
    n = (8, 20, 50)[s.strength - 1]
    payer, payee = s.rng.choice(s.accounts, n), s.rng.choice(s.strangers, n)
    cents = s.rng.choice(np.array([1, 1, 100, 500, 1500, 38_000], dtype=np.int64), n)
    day = s.rng.integers(0, DAYS, n)
    pool = [texts.draw(s.rng, n, name).tolist() for name in ("visits", "forward", "rent")]
    label = [pool[k][j] for j, k in enumerate(s.rng.integers(0, 3, n).tolist())]
    sent = made(
        n,
        moment=at(day, daytime(s.rng, n)),
        payer=payer,
        payee=payee,
        cents=cents,
        text=label,
        leg=s.leg,
        camouflage=True,
    )
    return moves.plus(sent.pick(s.possible(sent, sent.ints("moment")) & (payer != payee)))


def into_the_crowd(moves: Moves, s: Scene) -> Moves:
    """A15: pays tiny sums into a hub that thousands of others pay into as well; see `flood`."""
    account = np.repeat(s.accounts, 2)
    day = s.rng.integers(0, DAYS, len(account))
    cents = s.rng.integers(100, 900, len(account))
    paid = made(
        len(account),
        moment=at(day, daytime(s.rng, len(account))),
        payer=account,
        payee=np.full(len(account), s.helpers[0]),
        cents=cents,
        leg=s.leg,
        camouflage=True,
    )
    return moves.plus(paid.pick(s.possible(paid, paid.ints("moment")) & (account != s.helpers[0])))


def in_cash(moves: Moves, s: Scene) -> Moves:
    """Turns most transfers between members into cash, as `cash_heavy` groups do from the start."""
    cents = moves.ints("cents")
    chosen = s.drawn(s.inside(moves) & (cents >= 2000), 0.75)
    some = moves.pick(chosen)
    notes = np.minimum(some.ints("cents") // 1000 * 1000, _TAKEN_OUT * 2)
    out = _at_machine(s, some.ints("moment"), some.ints("payer"), notes, False)
    return moves.pick(~chosen).plus(out)


def flood(world: World, seed: int, hub: int, strength: int, payers: Ints) -> Moves:
    """A15: makes thousands of tiny payments of ordinary people into one hub.

    Args:
        world: facts of accounts.
        seed: seed of the world.
        hub: account that all pay into.
        strength: 1,000, 10,000 or 30,000 payments.
        payers: accounts of people.
    """
    n = (1000, 10_000, 30_000)[strength - 1]
    number = np.arange(n, dtype=np.int64)
    payer = payers[(shares(seed, "flood/payer", number) * len(payers)).astype(np.int64)]
    day = (shares(seed, "flood/day", number) * DAYS).astype(np.int64)
    second = ((8 + 14 * shares(seed, "flood/time", number)) * 3600).astype(np.int64)
    cents = 100 + (shares(seed, "flood/cents", number) * 900).astype(np.int64)
    who = world.holder[payer]
    alive = (day >= world.opened[who]) & (day < world.left[who]) & (payer != hub)
    return made(n, moment=at(day, second), payer=payer, payee=hub, cents=cents).pick(alive)

"""P1: people are brought in to marry on paper, and somebody arranges it. T1, T2, T3 and T22 beside it."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate.clock import DAYS, Ints, Rng, working_after
from thbscreen.simulate.groups import Group, firms, one
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.places import round_sums
from thbscreen.simulate.scenarios.kit import (
    Stage,
    alone,
    arrive,
    cast_twin,
    chance,
    count,
    crowd,
    earning,
    every,
    house,
    months,
    office,
    out_of_work,
    pair,
    same,
    some_customers,
    spell,
    spread,
    subdue,
    sums,
    take_busy,
)
from thbscreen.simulate.society import wedding_fees
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import World


def cast_ring(world: World, rng: Rng) -> Group:
    """Casts who arranges marriages on paper, helpers, spouses who come for it, and clients."""
    start, end = spell(rng, 170, 330)
    cases = count(rng, 6, 20)
    fee_day = working_after(np.sort(rng.integers(start + 20, min(end, DAYS - 3), cases)))
    organiser = take_busy(world, rng, count(rng, 1, 2))
    helper = take_busy(world, rng, count(rng, 0, 2))
    firm = world.take(rng, firms(world), int(chance(rng, 0.5)))
    world.joint += [(int(f), int(organiser[0]), "signatory") for f in firm]
    spouse = world.take(rng, alone(world), max(round(cases * rng.uniform(0.45, 0.9)), 3))
    case = rng.permutation(cases)[: len(spouse)].astype(np.int64)
    subdue(world, rng, spouse, 0.25)
    out_of_work(world, spouse)
    arrive(world, spouse, fee_day[case] - rng.integers(2, 25, len(spouse)))
    world.left[spouse] = np.minimum(fee_day[case] + rng.integers(20, 150, len(spouse)), DAYS)
    flat = spouse[rng.random(len(spouse)) < 0.5]
    if len(flat):
        house(world, rng, flat, count(rng, 1, 2))
    same(rng, world.phone, spouse, int(world.phone[(helper if len(helper) else organiser)[0]]), 0.3)
    client = world.take(rng, earning(world), round(cases * rng.uniform(0.2, 0.5)))
    return Group(
        "",
        "positive",
        "P1",
        "alert",
        {"organiser": organiser, "helper": helper, "cover_firm": firm, "client": client, "spouse": spouse},
        {
            "organiser": ("controller", "possible_organiser"),
            "helper": ("facilitator", "possible_facilitator"),
            "cover_firm": ("facilitator", "possible_facilitator"),
            "client": ("client", "possible_client"),
            "spouse": ("possible_victim", "possible_victim"),
        },
        core=("organiser", "helper", "spouse"),
        shared_traits=("fees at town halls", "air tickets", "sums of 500 to 1,500 euros to new accounts"),
        differs_in=(
            "one private person stands behind fees, tickets and pay of many unrelated newcomers",
            "most of what clients pay is kept",
        ),
        numbers={
            "spell": pair(start, end),
            "fee_day": fee_day,
            "case": case,
            "recruiter": world.strangers(rng, count(rng, 1, 3), 1.0),
            "away": world.strangers(rng, cases, 0.8),
            "landlord": world.strangers(rng, 1),
            "office": world.other_firms(rng, 2),
            "hall": rng.choice(world.halls, 1),
        },
    )


def play_ring(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books ticket, fee, papers, pay, second trip and the end of the marriage; many legs are missing."""
    s = Stage(world, ledger, rng)
    fee_day, numbers = group.numbers["fee_day"], group.numbers
    n = len(fee_day)
    lead = s.account(group.roles["organiser"])
    hands = np.concatenate([lead, lead, s.account(group.roles["helper"])])
    payer = rng.choice(hands, n)
    s.mark("recruit", "ticket")
    seen = rng.random(n) < 0.72
    fly = fee_day - rng.integers(3, 16, n)
    key = "airline" if chance(rng, 0.8) else "travel"
    s.shop(fly[seen], payer[seen], key)
    s.mark("recruit", "head_money")
    told = rng.random(n) < 0.55
    s.pay(
        fly[told] + rng.integers(-3, 6, int(told.sum())),
        rng.choice(hands, n)[told],
        rng.choice(numbers["recruiter"], n)[told],
        sums(rng, 180, 400, n)[told],
        "forward",
        empty=0.5,
    )
    _fees(s, group, payer)
    _rewards(s, group, lead, payer)
    _clients(s, group, lead)
    _household(s, group, hands)
    s.mark("second_trip", "ticket")
    again = (rng.random(n) < 0.6) & seen
    s.shop(fee_day[again] + rng.integers(150, 245, int(again.sum())), payer[again], key)
    s.mark("end", "divorce_papers")
    s.pay(
        working_after(fee_day[again] + rng.integers(155, 250, int(again.sum()))),
        payer[again],
        int(numbers["office"][0]),
        sums(rng, 250, 600, n, 50)[again],
        "legal",
        clock=office,
    )


def _fees(s: Stage, group: Group, payer: Ints) -> None:
    """Books fees at the town hall: some paid by the couples themselves, some in cash."""
    rng, fee_day = s.rng, group.numbers["fee_day"]
    n, draw = len(fee_day), rng.random(len(fee_day))
    hall = np.where(rng.random(n) < 0.7, one(group.numbers["hall"]), rng.choice(s.world.halls, n))
    clients = s.account(group.roles["client"])
    own = np.where(np.arange(n) < len(clients), np.resize(clients, n) if len(clients) else -1, -1)
    from_couple = (draw > 0.6) & (own >= 0)
    shown = (draw < 0.62) | from_couple
    s.mark("wedding", "fee")
    s.pay(
        fee_day[shown],
        np.where(from_couple, own, payer)[shown],
        hall[shown],
        wedding_fees(rng, n)[shown],
        "wedding_fee",
        clock=office,
    )
    s.mark("wedding", "papers")
    papers = rng.random(n) < 0.45
    s.pay(
        working_after(fee_day - rng.integers(1, 9, n))[papers],
        payer[papers],
        int(group.numbers["office"][1]),
        sums(rng, 40, 180, n)[papers],
        "papers",
        clock=office,
    )
    s.mark("wedding", "witness")
    known = s.account(group.roles["spouse"])[: max(n // 3, 1)]
    stand = rng.random(n) < 0.3
    s.chat(fee_day[stand] + 1, payer[stand], rng.choice(known, n)[stand], sums(rng, 50, 120, n)[stand])


def _rewards(s: Stage, group: Group, lead: Ints, payer: Ints) -> None:
    """Books the pay of spouses: to the new account, to one abroad, or in cash that leaves no leg."""
    rng, fee_day = s.rng, group.numbers["fee_day"]
    n, here = len(fee_day), np.full(len(fee_day), -1)
    here[group.numbers["case"]] = s.account(group.roles["spouse"])
    day = fee_day + rng.integers(0, 10, n)
    cents = sums(rng, 500, 1500, n, 50)
    in_cash = rng.random(n) < 0.22
    giver = np.where(rng.random(n) < 0.8, rng.choice(lead, n), payer)
    s.mark("reward", "pay")
    payee = np.where(here >= 0, here, group.numbers["away"])
    by_transfer = ~in_cash & ((here >= 0) | (rng.random(n) < 0.5))
    s.pay(day[by_transfer], giver[by_transfer], payee[by_transfer], cents[by_transfer], "gift", empty=0.4)
    s.mark("reward", "cash_drawn")
    s.cash(day[in_cash], giver[in_cash], np.minimum(cents[in_cash] // 2000 * 2000, 100_000))
    s.mark("reward", "cash_out")
    drawn = by_transfer & (here >= 0)
    for share, lag in ((0.5, 1), (0.38, 3)):
        keep = drawn & (rng.random(n) < 0.85)
        money = np.minimum((cents * share // 2000 * 2000).astype(np.int64), 80_000)
        s.cash(day[keep] + lag + rng.integers(0, 2, int(keep.sum())), here[keep], money[keep])


def _clients(s: Stage, group: Group, lead: Ints) -> None:
    """Books what clients pay: here or from abroad, in parts, to a person or the firm; or in cash."""
    rng, fee_day = s.rng, group.numbers["fee_day"]
    n = len(fee_day)
    own = s.account(group.roles["client"])
    source = np.concatenate([own, s.world.strangers(rng, n, 0.7)])[:n]
    price = round_sums(rng, 5000, 10_000, n, 100)
    sink = np.concatenate([lead, s.account(group.roles["cover_firm"])])
    way = rng.random(n)
    for case in range(n):
        parts = count(rng, 1, 3)
        day = fee_day[case] - np.sort(rng.integers(-12, 70, parts))
        cents = np.full(parts, price[case] // parts // 1000 * 1000)
        if way[case] < 0.58:
            s.mark("recruit", "client_money")
            s.pay(day, int(source[case]), int(rng.choice(sink)), cents, "agreed")
        elif way[case] < 0.76:
            s.mark("recruit", "client_cash")
            bits = np.repeat(tens_of(cents), 3) // 3 // 1000 * 1000
            s.cash(
                np.repeat(day, 3) + rng.integers(0, 6, parts * 3), int(rng.choice(lead)), bits, paid_in=True
            )


def tens_of(cents: Ints) -> Ints:
    """Gives the half of each sum that is paid in; the rest is spent as it came."""
    return (cents // 2).astype(np.int64)


def _household(s: Stage, group: Group, hands: Ints) -> None:
    """Books the flat, help for the helpers, and what the firm pays its owner."""
    rng, (start, end) = s.rng, group.numbers["spell"].tolist()
    s.mark("wedding", "flat")
    s.rent(
        start,
        end,
        int(rng.choice(hands)),
        one(group.numbers["landlord"]),
        int(round_sums(rng, 380, 620, 1)[0]),
    )
    lead = int(s.account(group.roles["organiser"])[0])
    for helper in s.account(group.roles["helper"]).tolist():
        s.mark("quiet", "share")
        day = every(rng, start + 15, end, 26, 8)
        s.pay(day, lead, helper, sums(rng, 300, 1100, len(day), 50), "forward", empty=0.5)
    for firm in s.account(group.roles["cover_firm"]).tolist():
        s.mark("quiet", "drawings")
        month = every(rng, start + 20, end, 30, 4)
        s.pay(month, firm, lead, sums(rng, 900, 3200, len(month), 50), "own", clock=office)


def cast_planner(world: World, rng: Rng) -> Group:
    """Casts a wedding planner with a registered trade, couples, and artists who return."""
    firm, couple = world.take(rng, firms(world), 1), world.take(rng, earning(world), count(rng, 5, 12))
    artist = world.take(rng, earning(world), count(rng, 2, 4))
    world.licence[one(firm)], world.nace[one(firm)] = "wedding_trade", "96.09"
    return cast_twin(
        "T1",
        {"planner": firm, "couple": couple, "artist": artist},
        (
            "many fees at one town hall",
            "air tickets",
            "large sums from several couples",
            "modest sums to private people around each wedding",
        ),
        (
            "registered trade on file",
            "venues, caterers, contributions and value added tax are paid",
            "couples pay before their own event; the same artists return; nobody newly arrived is paid",
        ),
        abroad=world.strangers(rng, count(rng, 6, 18), 1.0),
        venue=world.other_firms(rng, count(rng, 4, 8)),
        hall=rng.choice(world.halls, 1),
        spell=pair(*spell(rng, 150, 330)),
    )


def play_planner(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the weddings of a season."""
    s = Stage(world, ledger, rng)
    firm = int(world.main[one(group.roles["planner"])])
    couple = np.concatenate([world.main[group.roles["couple"]], group.numbers["abroad"]])
    n, (start, end) = len(couple), group.numbers["spell"].tolist()
    day = working_after(np.sort(rng.integers(max(start, 20), max(end, start + 40), n)))
    price = round_sums(rng, 2500, 9500, n, 100)
    s.mark("before", "couple_money")
    for before, share in ((count(rng, 30, 80), 0.4), (8, 0.6)):
        s.pay(day - before + rng.integers(-5, 6, n), couple, firm, (price * share).astype(np.int64), "couple")
    s.mark("event", "fee")
    hall = np.where(rng.random(n) < 0.7, one(group.numbers["hall"]), rng.choice(world.halls, n))
    shown = rng.random(n) < 0.8
    s.pay(
        (day - rng.integers(0, 9, n))[shown],
        firm,
        hall[shown],
        wedding_fees(rng, n)[shown],
        "wedding_fee",
        clock=office,
    )
    s.mark("event", "supplier")
    for share in (0.38, 0.2):
        cents = (price * share * rng.uniform(0.8, 1.2, n)).astype(np.int64)
        when = working_after(day + rng.integers(-3, 8, n))
        s.pay(when, firm, rng.choice(group.numbers["venue"], n), cents, "supplier", clock=office)
    s.mark("event", "ticket")
    fly = day[rng.random(n) < 0.5]
    s.shop(fly - rng.integers(4, 20, len(fly)), firm, "airline", 1.4, clock=office)
    s.mark("event", "artist")
    artist = rng.choice(world.main[group.roles["artist"]], n)
    s.pay(day + rng.integers(1, 5, n), firm, artist, round_sums(rng, 250, 900, n, 50), "stage")


def cast_couple(world: World, rng: Rng) -> Group:
    """Casts a couple who really marry; one has just come to the country."""
    first, second = world.take(rng, earning(world) & ~world.family, 1), world.take(rng, alone(world), 1)
    day = working_after(rng.integers(25, DAYS - 20, 1))
    arrive(world, second, day - rng.integers(4, 20, 1))
    world.move_in(np.concatenate([first, second]), world.new_address(), int(world.town[one(first)]))
    world.family[np.concatenate([first, second])] = True
    return cast_twin(
        "T2",
        {"first": first, "second": second},
        (
            "large sums from abroad",
            "ticket and fee within three weeks",
            "about 1,000 euros to a new account days after the fee",
            "words for papers and weddings",
        ),
        (
            "one fee only, paid by the couple",
            "gifts of guests; caterer",
            "shared home and household money both ways for months afterwards",
        ),
        day=day,
        family=world.strangers(rng, count(rng, 2, 4), 1.0),
        caterer=world.other_firms(rng, 1),
        guests=crowd(world, rng, count(rng, 10, 45), 0.45, 0.2),
        landlord=world.strangers(rng, 1),
    )


def play_couple(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books one wedding and the life after it."""
    s, day = Stage(world, ledger, rng), one(group.numbers["day"])
    first, second = (int(world.main[one(group.roles[k])]) for k in ("first", "second"))
    family, guests = group.numbers["family"], group.numbers["guests"]
    s.mark("before", "family_money")
    n = len(family)
    s.pay(day - rng.integers(5, 40, n), family, first, round_sums(rng, 1000, 6000, n, 100), "support")
    s.mark("before", "ticket")
    s.shop(np.array([day - count(rng, 8, 21)]), first, "airline", 1.3)
    s.mark("before", "papers")
    s.pay(np.array([day - 6]), first, int(world.other_firms(rng, 1)[0]), sums(rng, 60, 160, 1), "papers")
    s.mark("event", "fee")
    s.pay(
        np.array([day]),
        first,
        int(rng.choice(world.halls)),
        wedding_fees(rng, 1),
        "wedding_fee",
        clock=office,
    )
    s.mark("event", "gift")
    n = len(guests)
    s.pay(day + rng.integers(-3, 9, n), guests, first, round_sums(rng, 50, 250, n, 50), "gift")
    s.pay(np.array([day + count(rng, 1, 5)]), first, second, round_sums(rng, 700, 1300, 1, 50), "gift")
    s.mark("event", "supplier")
    s.pay(
        np.array([day + 3]),
        first,
        one(group.numbers["caterer"]),
        round_sums(rng, 2000, 5200, 1, 100),
        "supplier",
    )
    s.mark("after", "household")
    s.monthly(day, DAYS, second, first, int(round_sums(rng, 200, 450, 1, 50)[0]), "spouse", day=5)
    s.monthly(day, DAYS, first, second, int(round_sums(rng, 100, 300, 1, 50)[0]), "spouse", day=11)
    s.rent(day, DAYS, second, one(group.numbers["landlord"]), int(round_sums(rng, 500, 800, 1)[0]))
    s.mark("after", "shopping")
    for key, step in (("grocery", 6), ("electronics", 45), ("restaurant", 11)):
        s.shop(every(rng, day + 2, DAYS, step, 2), second, key)


def cast_lawyer(world: World, rng: Rng) -> Group:
    """Casts a law or translation office that settles fees for many clients."""
    firm = world.take(rng, firms(world), 1)
    client = world.take(rng, earning(world), count(rng, 5, 12))
    world.licence[one(firm)], world.nace[one(firm)] = "law_office", "69.10"
    return cast_twin(
        "T3",
        {"office": firm, "client": client},
        (
            "fees at town halls and public offices for many people",
            "sums of some thousand euros from clients, some abroad",
            "words for papers, visas and lawyers",
        ),
        (
            "an office with a licence, value added tax and staff",
            "no tickets and no pay to newcomers",
            "fees are charged to each client at cost",
        ),
        abroad=world.strangers(rng, count(rng, 8, 20), 0.8),
        migration=world.outside([("Migration Department", "ΤΜΗΜΑ ΜΕΤΑΝΑΣΤΕΥΣΗΣ")], ["CY"]),
        interpreter=world.take(rng, earning(world), 1),
        spell=pair(*spell(rng, 200, 340)),
    )


def play_lawyer(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books fees of clients, public charges paid for them, and interpreters."""
    s = Stage(world, ledger, rng)
    firm = int(world.main[one(group.roles["office"])])
    clients = np.concatenate([world.main[group.roles["client"]], group.numbers["abroad"]])
    n, (start, end) = len(clients), group.numbers["spell"].tolist()
    day = working_after(spread(rng, start, end, n, 1.0))
    s.mark("work", "client_money")
    price = round_sums(rng, 400, 3500, n, 50)
    for part in range(2):
        lag = part * rng.integers(15, 70, n)
        s.pay(np.where(day >= 0, day + lag, -1), clients, firm, price // 2, "legal", empty=0.2)
    s.mark("work", "public_fee")
    paid = day[(rng.random(n) < 0.7) & (day >= 0)]
    where = np.where(
        rng.random(len(paid)) < 0.45, rng.choice(world.halls, len(paid)), one(group.numbers["migration"])
    )
    s.pay(
        working_after(paid + rng.integers(1, 25, len(paid))),
        firm,
        where,
        wedding_fees(rng, len(paid)),
        "papers",
        clock=office,
    )
    s.mark("work", "interpreter")
    month = months(start, end)
    s.monthly(
        start,
        end,
        firm,
        int(world.main[one(group.numbers["interpreter"])]),
        int(round_sums(rng, 200, 700, 1)[0]),
        "invoice",
        day=20,
    )
    s.pay(
        working_after(every(rng, start, end, 25, 4)),
        firm,
        int(world.public["tax"]),
        15_000 + 1000 * len(month),
        "tax",
        clock=office,
    )


def cast_family_law(world: World, rng: Rng) -> Group:
    """Casts a couple who become parents with the help of a clinic or an agency, within the law."""
    first = world.take(rng, earning(world) & (world.income > 120_000), 1)
    helper = world.take(rng, alone(world), 1)
    return cast_twin(
        "T22",
        {"parent": first, "helping_person": helper},
        (
            "large sums to an agency and a clinic",
            "several tickets bought for another person",
            "modest monthly sums to one private person with no tie on file",
        ),
        (
            "one case only, paid by the people who want a child",
            "clinic, lawyer and court are paid by the payer",
            "whoever gets the monthly sum lives an ordinary life from it",
        ),
        clinic=world.other_firms(rng, 2, 0.5),
        lawyer=world.other_firms(rng, 1),
        family=some_customers(world, rng, 2),
        spell=pair(*spell(rng, 180, 300)),
    )


def play_family_law(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books stages of the treatment, the lawyer, tickets, and expenses of the helping person."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    payer, helper = (int(world.main[one(group.roles[k])]) for k in ("parent", "helping_person"))
    s.mark("stages", "clinic")
    day = working_after(every(rng, start, end, count(rng, 35, 60), 6))
    s.pay(
        day,
        payer,
        rng.choice(group.numbers["clinic"], len(day)),
        round_sums(rng, 1500, 7000, len(day), 100),
        "clinic",
        empty=0.1,
        clock=office,
    )
    s.mark("stages", "lawyer")
    s.pay(
        working_after(every(rng, start, end, 80, 10)),
        payer,
        one(group.numbers["lawyer"]),
        65_000,
        "legal",
        clock=office,
    )
    s.mark("stages", "expenses")
    s.monthly(start, end, payer, helper, int(round_sums(rng, 350, 800, 1, 50)[0]), "support", day=2)
    s.mark("stages", "ticket")
    s.shop(every(rng, start, end, 50, 9), payer, "airline", 1.6)
    s.mark("stages", "family_money")
    day = every(rng, start, end, 70, 9)
    s.pay(
        day,
        rng.choice(group.numbers["family"], len(day)),
        payer,
        round_sums(rng, 1000, 5000, len(day), 500),
        "support",
    )
    s.shop(every(rng, start, end, 20, 4), payer, "doctor", 1.5, clock=office)

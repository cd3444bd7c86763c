"""The forms of networks that the rules are for, planted as a bank would see them; invented people."""

from __future__ import annotations

import datetime as dt
from random import Random

from tests.end_to_end.lawful_lives import at, household
from tests.end_to_end.look_alikes import earner, got, paid
from tests.end_to_end.small_world import World

HALF = range(1, 7)
DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)


def ticket(w: World, payer: str, when: dt.datetime, sum_: float, traveller: str) -> None:
    """Adds an air ticket that is bought for somebody."""
    w.row(
        payer, when, sum_, "debit", "card_purchase", channel="ecom", mcc="4511", merchant_name="AIRLINE",
        merchant_country="HU", card_id=f"card of {payer}", on_behalf_of=traveller,
    )  # fmt: skip


def fee(w: World, payer: str, when: dt.datetime, sum_: float, town: str, text: str) -> None:
    """Adds a fee at a town hall."""
    name = f"Municipality of {town}"
    w.row(
        payer, when, sum_, "debit", "credit_transfer", channel="online", cp_name=name, cp_account_id=name,
        cp_country="CY", remittance_info=text,
    )  # fmt: skip


def adverts(w: World, who: str, step: int) -> None:
    """Adds adverts for months."""
    for day in range(0, 150, step):
        w.row(
            who, dt.datetime(2025, 1, 3, 13) + day * DAY, 15 + day % 30, "debit", "card_purchase",
            channel="ecom", mcc="7311", merchant_name="ESCORT ADS CYPRUS", merchant_country="NL",
            card_id=f"card of {who}",
        )  # fmt: skip


def ring(w: World, rng: Random) -> set[str]:
    """Ten marriages: two instalments, a ticket, a fee and a small sum each; now and then a recruiter."""
    organiser = w.customer("organiser", "ring", declared_monthly_income_eur="1200", occupation="driver")
    recruiter = w.customer("recruiter", "ring")
    household(w, organiser, "Larnaca", HALF)
    people = {organiser, recruiter}
    for case in range(10):
        day = dt.datetime(2025, 1, 8, 11) + 15 * case * DAY
        spouse = w.customer(f"spouse{case}", "ring", opened=(day - 2 * DAY).date().isoformat())
        client = w.customer(f"client{case}", "ring")
        half = round(rng.uniform(2500, 5000), 2)
        w.pay(client, organiser, day - 3 * DAY, half)
        w.pay(client, organiser, day + 9 * DAY, half)
        ticket(w, organiser, day + HOUR, round(rng.uniform(40, 350), 2), spouse)
        fee(w, organiser, day + 4 * DAY, 281.92, "Aradippou", "civil marriage special procedure")
        w.pay(organiser, spouse, day + 6 * DAY, round(rng.uniform(500, 1500), 2))
        w.cash(spouse, day + 6 * DAY + 4 * HOUR, 480, "Larnaca")
        if case % 3 == 0:
            w.pay(organiser, recruiter, day + 7 * DAY, 300)
        people |= {spouse, client}
    return people


def cell(w: World, rng: Random) -> set[str]:
    """Five people are paid at night; most of it goes to one account the next morning, and on to another."""
    collector = w.customer("collector", "cell", declared_monthly_income_eur="600")
    behind = w.customer("behind", "cell")
    for number in range(5):
        own = {"phone_hash": "phone of collector"} if number < 2 else {}
        name = w.customer(f"taken{number}", "cell", opened="2024-12-10", **own)
        for day in range(150):
            if rng.random() > 0.75:
                continue
            sums = [rng.randrange(50, 300, 10) for _ in range(rng.randint(1, 3))]
            for sum_ in sums:
                hour = rng.choice((20, 21, 22, 23, 24, 25, 26, 14, 16))
                when = dt.datetime(2025, 1, 2) + day * DAY + hour * HOUR + rng.randint(0, 59) * MINUTE
                text = rng.choice(("massage", "", "escort", "thanks", ""))
                got(w, name, when, sum_, f"buyer{rng.randint(0, 70)}", text)
            share = round(sum(sums) * rng.uniform(0.7, 0.95), 2)
            w.pay(name, collector, dt.datetime(2025, 1, 3, 9, number) + day * DAY, share)
        for week in range(21):
            w.pay(collector, name, dt.datetime(2025, 1, 5, 12, number) + 7 * week * DAY, rng.choice((30, 40)))
    adverts(w, collector, 2)
    for month in HALF:
        for flat in range(3):
            paid(w, collector, at(month, 2 + flat), 650, f"landlord of flat {flat}", purpose_code="RENT")
        for day in (8, 15, 22):
            w.pay(collector, behind, at(month, day, 22), round(rng.uniform(3000, 6000), 2))
    return {collector, behind, *(f"taken{i}" for i in range(5))}


def gang(w: World, rng: Random) -> set[str]:
    """Twelve workers of one employer live in one house; most of their pay goes on to one account."""
    firm = w.customer(
        "firm", "gang", kind="legal", sector_nace="01.13", age_band="", declared_employees=14
    )  # fmt: skip
    sink = w.customer("sink", "gang", declared_monthly_income_eur="1000", occupation="driver")
    for month in HALF:
        got(w, firm, at(month, 3), 20000, "Wholesale Ltd", "invoice")
        # Even and monthly, like the rent that it is: a landlord is nobody's boss.
        paid(w, sink, at(month, 1), 700, "landlord of the house", "house")
        w.card(sink, at(month, 13), 320, "5411", "Limassol")
    for number in range(12):
        name = w.customer(
            f"worker{number}", "gang", opened="2024-11-20", employer_id=firm, address_hash="house",
            declared_monthly_income_eur="1000",
            phone_hash="phone of sink" if number < 4 else f"phone of worker{number}",
        )  # fmt: skip
        for month in HALF:
            pay = round(rng.uniform(900, 1100), 2)
            w.pay(firm, name, at(month, 25, 9, number), pay, remittance_info="salary", purpose_code="SALA")
            later = rng.randint(0, 30) * HOUR + 2 * number * MINUTE
            w.pay(name, sink, at(month, 25, 18) + later, round(pay * rng.uniform(0.6, 0.95), 2))
            w.cash(name, at(month, 25, 10, 15 + number), 40, "Limassol")
            for day in (3, 10, 17, 24):
                w.pay(sink, name, at(month, day, 12, number), rng.choice((15, 20, 25)))
    return {firm, sink, *(f"worker{i}" for i in range(12))}


def herd(w: World, rng: Random) -> set[str]:
    """Eight young accounts of two batches, run from two devices; wages go on to one account at once."""
    sink = w.customer("herdsman", "herd", declared_monthly_income_eur="800")
    for number in range(8):
        first = 1 if number < 4 else 3
        name = w.customer(
            f"young{number}", "herd", opened=f"2025-0{first}-10", branch="Paphos",
            phone_hash=f"phone of batch {first}", address_hash=f"address of batch {first}",
        )  # fmt: skip
        for month in range(first, 7):
            pay = round(rng.uniform(800, 1000), 2)
            got(
                w, name, at(month, 26, 9), pay, f"employer of {name}", "Salary", tx_type="credit_transfer",
                purpose_code="SALA",
            )  # fmt: skip
            when = at(month, 26, 14) + rng.randint(1, 180) * MINUTE
            device = f"device of batch {number % 2}"
            share = round(pay * rng.uniform(0.75, 0.95), 2)
            paid(w, name, when, share, sink, cp_account_id=sink, device_id=device)
            got(w, sink, when, share, name, cp_account_id=name)
            for day in (2, 9, 16, 23):
                w.pay(sink, name, at(month, day, 11), 15)
    return {sink, *(f"young{i}" for i in range(8))}


def abuse_online(w: World, rng: Random) -> set[str]:
    """Five people who do not know each other send small sums to one person far away, in the evening."""
    payers = {earner(w, f"payer{i}", "abuse online", "clerk", 1500, "Nicosia") for i in range(5)}
    for name in sorted(payers):
        for week in range(20):
            for time in range(rng.randint(2, 4)):
                when = dt.datetime(2025, 1, 6, rng.randint(19, 23), rng.randint(0, 59))
                paid(
                    w, name, when + (7 * week + 2 * time) * DAY, rng.choice((15, 20, 30, 40, 60)), "far away",
                    tx_type="remittance", channel="mobile", cp_country="PH",
                )  # fmt: skip
    return {*payers, "of far away"}


FORMS = (ring, cell, gang, herd, abuse_online)


def plant(world: World) -> dict[str, set[str]]:
    """Plants every form and gives its members by its name."""
    rng = Random(3)
    return {form.__name__: form(world, rng) for form in FORMS}

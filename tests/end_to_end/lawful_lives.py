"""Lawful lives as they are led in Cyprus, written down as a bank would see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from tests.end_to_end.small_world import World

YEAR = 2025
SEASON = range(5, 11)
#: Tourists' cards at the kiosk: countries in which they were issued.
CARDS = ("GB", "DE", "PL", "IL", "SE", "FR", "AT", "NL", "RO", "LB")


def at(month: int, day: int, hour: int = 10, minute: int = 0) -> dt.datetime:
    """Gives a local time of the year."""
    return dt.datetime(YEAR, month, day, hour, minute)


def days(months: range | tuple[int, ...], step: int = 7, hour: int = 18) -> Iterator[dt.datetime]:
    """Gives every so many days of some months."""
    day = dt.datetime(YEAR, 1, 2, hour)
    while day.year == YEAR:
        if day.month in months:
            yield day
        day += dt.timedelta(days=step)


ALL = range(1, 13)


def household(world: World, name: str, town: str, months: range | tuple[int, ...] = ALL) -> None:
    """Food every week, a pharmacy, fuel and a telephone bill: what an ordinary account pays for."""
    late = sum(map(ord, name)) * 37 % 360
    for number, start in enumerate(days(months, hour=13)):
        # everybody goes shopping at an hour of their own, and not in the same one each week
        day = start + dt.timedelta(minutes=(late + 53 * number) % 360)
        world.card(name, day, 42.35 + number % 7, "5411", town)
        if number % 4 == 1:
            world.card(name, day.replace(hour=11), 14.20, "5912", town)
            world.card(name, day.replace(hour=12), 38.00, "5541", town)
            bill = {"cp_name": "Electricity Authority of Cyprus", "cp_account_id": "EAC", "cp_country": "CY"}
            world.row(name, day.replace(hour=3), 55.10, "debit", "direct_debit", purpose_code="ELEC", **bill)


# --- the lives ------------------------------------------------------------------------------------


def hotel_in_season(world: World) -> None:
    """Twelve workers of a hotel: wages from May to October, staff rooms, tips in cash, money sent home."""
    hotel = world.customer(
        "hotel",
        "hotel in season",
        kind="legal",
        sector_nace="55.10",
        age_band="",
        licence="hotel",
        declared_employees=14,
        declared_turnover="900000",
    )
    for day in days(SEASON, 1, 23):
        world.row(
            hotel,
            day,
            4300 + day.day * 10,
            "credit",
            "credit_transfer",
            cp_name="Card acquirer",
            cp_account_id="acquirer",
            cp_country="CY",
        )
    for month in range(5, 12):
        for payee, sum_ in (("Social Insurance Services", 3900), ("Tax Department", 1500)):
            world.row(
                hotel,
                at(month, 28),
                sum_,
                "debit",
                "credit_transfer",
                cp_name=payee,
                cp_account_id=payee,
                cp_country="CY",
            )
    for number in range(12):
        name = world.customer(
            f"season{number:02d}",
            "hotel in season",
            opened=f"2025-04-{14 + number % 3}",
            branch="Ayia Napa",
            address_hash="staff house of the hotel",
            occupation="hotel worker",
            employer_id="hotel",
            declared_monthly_income_eur="1150",
        )
        for month in SEASON:
            world.pay(
                hotel,
                name,
                at(month, 30),
                1120 + 13 * number,
                purpose_code="SALA",
                remittance_info=f"Wages {month:02d}/{YEAR}",
            )
            follow = at(month, 30) + dt.timedelta(days=2)
            world.row(
                name,
                follow,
                350 + 10 * number,
                "debit",
                "cross_border",
                channel="mobile",
                cp_name=f"Mother {number}",
                cp_account_id=f"abroad{number}",
                cp_country=("RO", "BG", "NP", "EG")[number % 4],
                remittance_info="family support",
            )
            world.cash(name, follow + dt.timedelta(days=1, minutes=43 * number), 200, "Ayia Napa")
        for week, day in enumerate(days(SEASON, 7, 13)):
            world.cash(
                name,
                day + dt.timedelta(minutes=31 * ((number + week) % 12)),
                60 + 10 * ((week + number) % 5),
                "Ayia Napa",
                "credit",
            )
        household(world, name, "Ayia Napa", tuple(SEASON))


def monthly_remitters(world: World) -> None:
    """Twenty workers who send money home after every pay-day; two sisters send to the same mother."""
    for number in range(20):
        town = ("Nicosia", "Limassol", "Larnaca", "Paphos")[number % 4]
        domestic = number < 6
        name = world.customer(
            f"remitter{number:02d}",
            "monthly remitter",
            branch=town,
            occupation="domestic worker" if domestic else "cook",
            declared_monthly_income_eur="400" if domestic else "1200",
        )
        boss = world.customer(
            f"boss{number:02d}",
            "monthly remitter",
            branch=town,
            occupation="clerk",
            declared_monthly_income_eur="3000",
        )
        household(world, boss, town)
        mother = "mother of two sisters" if number in {6, 7} else f"mother of {name}"
        country = ("PH", "LK", "IN", "NP", "VN")[number % 5] if number not in {6, 7} else "PH"
        for month in ALL:
            wage = 340 if domestic else 1180
            world.pay(boss, name, at(month, 27), wage, purpose_code="SALA", remittance_info="salary")
            world.row(
                name,
                at(month, 28, 20),
                wage * 0.6,
                "debit",
                "remittance" if number % 3 else "cross_border",
                channel="mobile",
                cp_name=mother,
                cp_account_id=mother,
                cp_country=country,
                remittance_info="for school fees and medicine" if number % 4 == 0 else "family",
            )
            world.cash(name, at(month, 28, 21) + dt.timedelta(minutes=17 * number), 60, town)
        household(world, name, town)


def commuters(world: World) -> None:
    """Waiters who live in Larnaca and work in Nicosia: cash paid in at work, spent at home the same day."""
    firm = world.customer(
        "restaurant",
        "commuter",
        kind="legal",
        sector_nace="56.11",
        age_band="",
        declared_employees=9,
        declared_turnover="400000",
        branch="Nicosia",
    )
    for day in days(ALL, 1, 23):
        world.row(
            firm,
            day,
            900 + day.day,
            "credit",
            "credit_transfer",
            cp_name="Card acquirer",
            cp_account_id="acquirer",
            cp_country="CY",
        )
    for month in ALL:
        world.row(
            firm,
            at(month, 28),
            1300,
            "debit",
            "credit_transfer",
            cp_country="CY",
            cp_name="Social Insurance Services",
            cp_account_id="Social Insurance Services",
        )
    for number in range(5):
        name = world.customer(
            f"commuter{number}",
            "commuter",
            occupation="waiter",
            employer_id="restaurant",
            declared_monthly_income_eur="1150",
        )
        for month in ALL:
            world.pay(
                firm, name, at(month, 28), 1130 + 20 * number, purpose_code="SALA", remittance_info="Salary"
            )
            world.row(
                name,
                at(month, 2),
                450,
                "debit",
                "credit_transfer",
                purpose_code="RENT",
                cp_country="CY",
                cp_name="Landlady",
                cp_account_id=f"landlady{number}",
                remittance_info="rent",
            )
        for week, start in enumerate(days(ALL, 7, 16)):
            day = start + dt.timedelta(minutes=19 * number)
            # tips of the week go in beside the restaurant; the shopping is done at home an hour later
            world.cash(name, day, 80 + 10 * (week % 4), "Nicosia", "credit")
            world.card(
                name, day.replace(hour=18, minute=20 + 7 * number), 75 + 10 * (week % 4), "5411", "Larnaca"
            )
            world.card(name, day.replace(hour=7, minute=10 + 9 * number), 4.50, "5812", "Larnaca")
            world.card(name, day.replace(hour=8, minute=5 + 9 * number), 3.20, "5814", "Nicosia")
            world.card(name, day + dt.timedelta(days=2), 31, "5541", "Limassol" if week % 3 else "Larnaca")


def weddings(world: World) -> None:
    """A registered planner with foreign couples, and a couple of the island with gifts of many guests."""
    planner = world.customer(
        "planner",
        "wedding",
        licence="wedding_trade",
        occupation="wedding planner",
        branch="Paphos",
        declared_monthly_income_eur="2500",
    )
    agency = world.customer(
        "agency",
        "wedding",
        kind="legal",
        sector_nace="96.99",
        age_band="",
        branch="Paphos",
        licence="wedding_trade",
        declared_employees=2,
        declared_turnover="150000",
    )
    household(world, planner, "Paphos")
    for number, day in enumerate(days(SEASON, 6, 11)):
        for firm in (planner, agency):
            couple = f"couple {firm} {number}"
            world.row(
                firm,
                day,
                2600 + 50 * (number % 9),
                "credit",
                "cross_border",
                cp_name=couple,
                cp_account_id=couple,
                cp_country=("GB", "IL", "LB", "DE", "IE")[number % 5],
                remittance_info="wedding package",
            )
            later = day + dt.timedelta(days=9)
            world.row(
                firm,
                later,
                281.92 if number % 3 else 128.15,
                "debit",
                "credit_transfer",
                cp_name="Municipality of Paphos",
                cp_account_id="Municipality of Paphos",
                cp_country="CY",
                remittance_info="civil marriage special procedure",
            )
            for trade, sum_ in (("Florist Paphos Ltd", 300), ("Harbour Hotel Ltd", 1100)):
                world.row(
                    firm,
                    later,
                    sum_,
                    "debit",
                    "credit_transfer",
                    cp_name=trade,
                    cp_account_id=trade,
                    cp_country="CY",
                    remittance_info=couple,
                )
    bride = world.customer("bride", "wedding", occupation="teacher", declared_monthly_income_eur="1900")
    groom = world.customer(
        "groom",
        "wedding",
        occupation="engineer",
        address_hash="address of bride",
        declared_monthly_income_eur="2300",
    )
    for name, wage in ((bride, 1900), (groom, 2300)):
        household(world, name, "Larnaca")
        for month in ALL:
            world.row(
                name,
                at(month, 26),
                wage,
                "credit",
                "credit_transfer",
                purpose_code="SALA",
                cp_name="Employer Ltd",
                cp_account_id=f"employer of {name}",
                cp_country="CY",
            )
    world.row(
        groom,
        at(6, 3),
        128.15,
        "debit",
        "credit_transfer",
        cp_name="Larnaca Municipality",
        cp_country="CY",
        cp_account_id="Larnaca Municipality",
        remittance_info="civil wedding",
    )
    world.row(
        groom,
        at(6, 10),
        6400,
        "debit",
        "credit_transfer",
        cp_name="Wedding Hall Ltd",
        cp_country="CY",
        cp_account_id="hall",
        remittance_info="wedding reception",
    )
    world.card(groom, at(6, 11), 780, "4511", "Larnaca")
    for number in range(40):
        # gifts come by telephone in the week of the wedding, some with good wishes, most without a word
        texts = {"remittance_info": "Na zisete! Wedding gift"} if number % 3 == 0 else {}
        guest = f"guest {number}"
        world.row(
            (bride, groom)[number % 2],
            at(6, 5 + number % 10, 12),
            (50, 100, 70, 150)[number % 4],
            "credit",
            "instant_transfer",
            channel="mobile",
            cp_name=guest,
            cp_account_id=guest,
            cp_country="CY",
            purpose_code="GIFT" if number % 2 else "",
            **texts,
        )


def small_shops(world: World) -> None:
    """A kiosk and a registered host by the sea: small foreign cards and guests, most of them in season."""
    kiosk = world.customer(
        "kiosk",
        "tourists' cards",
        kind="legal",
        sector_nace="47.11",
        age_band="",
        branch="Ayia Napa",
        declared_employees=1,
        declared_turnover="160000",
    )
    trader = world.customer(
        "trader",
        "tourists' cards",
        occupation="self employed",
        branch="Ayia Napa",
        licence="street_trade",
        declared_monthly_income_eur="1800",
    )
    host = world.customer(
        "host",
        "tourists' cards",
        occupation="self employed",
        licence="accommodation",
        branch="Protaras",
        declared_monthly_income_eur="1500",
    )
    for owner, town in ((trader, "Ayia Napa"), (host, "Protaras")):
        household(world, owner, town)
    for number, day in enumerate(days(ALL, 1, 22)):
        sales = 9 if day.month in SEASON else 1
        for sale in range(sales):
            for shop in (kiosk, trader):
                serial = number * 9 + sale
                when = day.replace(hour=9 + sale, minute=serial % 60)
                world.row(
                    shop,
                    when,
                    4 + serial % 23 + 0.5,
                    "credit",
                    "card_purchase",
                    channel="pos",
                    cp_account_id=f"card {serial % 4001}",
                    cp_country=CARDS[serial % 10],
                    terminal_id=f"reader {shop}",
                    location_city="Ayia Napa",
                    location_country="CY",
                )
        if number % 3 == 0:
            for shop in (kiosk, trader):
                world.row(
                    shop,
                    day.replace(hour=23),
                    25.0 * sales,
                    "debit",
                    "credit_transfer",
                    cp_country="CY",
                    cp_name="Wholesale Ltd",
                    cp_account_id="wholesale",
                    remittance_info="invoice",
                )
    for number, day in enumerate(days(SEASON, 5, 12)):
        guest = f"visitor {number}"
        world.row(
            host,
            day,
            90 + 15 * (number % 6),
            "credit",
            "cross_border",
            cp_name=guest,
            cp_account_id=guest,
            cp_country=CARDS[number % 10],
            remittance_info="room, three nights",
        )


def asylum_seekers(world: World) -> None:
    """People who wait for asylum: shared flats, cheques and cash, part of the rent paid to the landlord."""
    landlord = world.customer(
        "landlord",
        "asylum support",
        age_band="55-64",
        occupation="retired",
        declared_monthly_income_eur="1400",
    )
    household(world, landlord, "Larnaca")
    for month in ALL:
        world.row(
            landlord,
            at(month, 3),
            950,
            "credit",
            "credit_transfer",
            purpose_code="PENS",
            cp_country="CY",
            cp_name="Pension fund",
            cp_account_id="pensions",
        )
    for number in range(9):
        first = 1 + number // 2
        name = world.customer(
            f"seeker{number}",
            "asylum support",
            opened=f"2025-{first:02d}-{10 + number}",
            branch="Larnaca",
            address_hash=f"flat {number // 5}",
            occupation="none",
        )
        for month in range(first, 13):
            world.row(
                name,
                at(month, 12),
                261,
                "credit",
                "cheque",
                channel="branch",
                cp_country="CY",
                cp_name="Welfare services",
                cp_account_id="welfare",
                purpose_code="SSBE",
                remittance_info="living allowance",
            )
            world.row(
                landlord,
                at(month, 5),
                100,
                "credit",
                "credit_transfer",
                cp_country="CY",
                cp_name="Welfare services",
                cp_account_id="welfare",
                purpose_code="SSBE",
                ultimate_creditor=name,
                remittance_info="rent allowance",
            )
            world.cash(name, at(month, 13, 9, 5 * number) + dt.timedelta(minutes=40 * number), 150, "Larnaca")
            world.cash(
                name, at(month, 19, 12, 5 * number) + dt.timedelta(minutes=40 * number), 100, "Larnaca"
            )
            if number in {0, 5}:
                # one of each flat pays the landlord what the others give in cash
                world.cash(name, at(month, 1, 10), 260, "Larnaca", "credit")
                world.pay(name, landlord, at(month, 2), 255, remittance_info="rent", purpose_code="RENT")


def control(world: World) -> None:
    """What must be found in the same world: one private payer of many couples' fees, who is no planner."""
    payer = world.customer("payer", "control", occupation="driver", declared_monthly_income_eur="1000")
    for number in range(8):
        when = at(3, 3) + dt.timedelta(days=6 * number)
        world.row(
            payer,
            when,
            281.92,
            "debit",
            "credit_transfer",
            cp_name="Municipality of Aradippou",
            cp_account_id="Municipality of Aradippou",
            cp_country="CY",
            remittance_info="civil marriage special procedure",
        )
    household(world, payer, "Larnaca")


LIVES = (hotel_in_season, monthly_remitters, commuters, weddings, small_shops, asylum_seekers)


def world() -> World:
    """Gives the whole small world."""
    out = World()
    for life in (*LIVES, control):
        life(out)
    return out

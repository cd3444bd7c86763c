"""Lawful lives that look like what the rules seek, as a bank would see them; invented people, half a year."""

from __future__ import annotations

import datetime as dt

from tests.end_to_end.lawful_lives import at, days, household
from tests.end_to_end.small_world import World

HALF = range(1, 7)
SPRING = range(3, 7)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def got(
    w: World, who: str, when: dt.datetime, sum_: float, payer: str, text: str = "", **more: object
) -> None:
    """Adds money that comes by telephone from somebody at another bank."""
    side = {"channel": "mobile", "cp_name": payer, "cp_account_id": f"of {payer}", "cp_country": "CY", **more}
    w.row(
        who, when, sum_, "credit", str(side.pop("tx_type", "instant_transfer")), remittance_info=text, **side
    )


def paid(
    w: World, who: str, when: dt.datetime, sum_: float, payee: str, text: str = "", **more: object
) -> None:
    """Adds money that goes to somebody at another bank."""
    side = {"channel": "online", "cp_name": payee, "cp_account_id": f"of {payee}", "cp_country": "CY", **more}
    w.row(who, when, sum_, "debit", str(side.pop("tx_type", "credit_transfer")), remittance_info=text, **side)


def home(
    w: World, who: str, when: dt.datetime, sum_: float, to: str, country: str, text: str = "family"
) -> None:
    """Adds money sent home through a remitter."""
    paid(w, who, when, sum_, to, text, tx_type="remittance", channel="mobile", cp_country=country)


def earner(w: World, name: str, life: str, job: str, wage: float, town: str, **file: object) -> str:
    """Adds somebody with a wage or pension and an ordinary household."""
    w.customer(name, life, occupation=job, declared_monthly_income_eur=f"{wage:.0f}", **file)
    household(w, name, town, HALF)
    for m in HALF:
        got(
            w, name, at(m, 26), wage, f"employer of {name}", "Salary",
            tx_type="credit_transfer", purpose_code="SALA",
        )  # fmt: skip
    return name


def rent(w: World, who: str, month: int, sum_: float, landlord: str) -> None:
    """Adds a rent with its purpose."""
    paid(w, who, at(month, 28, 19), sum_, landlord, "rent", purpose_code="RENT")


# --- the lives ------------------------------------------------------------------------------------


def wedding(w: World) -> None:
    """A couple with 64 guests who give by telephone, most of them in the night of the wedding."""
    bride = earner(w, "bride", "wedding gifts", "nurse", 1500, "Nicosia")
    groom = earner(w, "groom", "wedding gifts", "clerk", 1600, "Nicosia", address_hash="address of bride")
    paid(w, bride, at(4, 2), 281.92, "Municipality of Strovolos", "civil wedding")
    paid(w, bride, at(4, 8), 5200, "Dream Hall Ltd", "reception")
    for day, sum_, mcc in ((20, 1450, "4511"), (22, 380, "7011"), (25, 410, "7011")):
        w.card(bride, at(4, day), sum_, mcc, "Nicosia")
    texts = ("", "", "Congratulations", "love you both", "για τους νεόνυμφους")
    for i in range(64):
        when = at(4, 5, 20) + 6 * i * MINUTE if i < 40 else at(4, 7) + 11 * (i - 40) * HOUR
        got(
            w,
            groom if i % 3 == 0 else bride,
            when,
            (50, 100, 100, 150, 200)[i % 5],
            f"guest {i}",
            texts[i % 5],
        )


def students(w: World) -> None:
    """Six students in one house: parents abroad pay, one pays the rent and collects from the others."""
    mates = [
        w.customer(
            f"student{i}", "student house", occupation="student", age_band="18-24",
            opened=f"2025-01-{2 + i % 3:02d}", address_hash="student house",
            declared_monthly_income_eur="400",
        )
        for i in range(6)
    ]  # fmt: skip
    for i, name in enumerate(mates):
        for day in days(HALF, 9, 14):
            w.card(name, day + 13 * i * MINUTE, 21 + i, "5411", "Nicosia")
        for m in HALF:
            country = ("GR", "NP", "IN", "NG", "CM", "BD")[i]
            got(
                w, name, at(m, 3), 650, f"parents {i}", "for studies and rent",
                tx_type="cross_border", cp_country=country,
            )  # fmt: skip
            if i:
                text = "rent" if i % 2 else ""
                w.pay(name, mates[0], at(m, 4, 12, i), 260, remittance_info=text)
                w.pay(name, mates[0], at(m, 20, 12, i), 30 + i, remittance_info="bills")
    for m in HALF:
        rent(w, mates[0], m, 1560, "landlady of the house")
        paid(w, mates[0], at(m, 22), 190, "Electricity Authority of Cyprus", "bill", purpose_code="ELEC")


def farm(w: World) -> None:
    """Seasonal workers of a lawful farm: one house, one bus, and the machine of the village after payday."""
    boss = w.customer(
        "farm", "seasonal farm", kind="legal", sector_nace="01.13", age_band="", declared_employees=9,
        declared_turnover="350000",
    )  # fmt: skip
    bus = earner(w, "bus", "seasonal farm", "driver", 1200, "Paralimni", licence="passenger_transport")
    for day in days(SPRING, 7, 9):
        got(w, boss, day, 9600, "Fruit Wholesale Ltd", "invoice", tx_type="credit_transfer")
    for m in SPRING:
        paid(w, boss, at(m, 28), 1900, "Social Insurance Services", "contributions")
        paid(w, boss, at(m, 28), 350, "Tax Department", "PAYE")
    for i in range(9):
        name = w.customer(
            f"picker{i}", "seasonal farm", opened=f"2025-02-{24 + i % 3}", address_hash="farm house",
            employer_id="farm", occupation="farm worker", declared_monthly_income_eur="1000",
        )  # fmt: skip
        for m in SPRING:
            w.pay(boss, name, at(m, 28, 9), 1010 + 5.5 * (i % 2), purpose_code="SALA", remittance_info="wage")
            # everybody queues at the one machine of the village, in another order each month
            w.cash(name, at(m, 28, 18) + 2 * ((i * (m + 1) + m) % 9) * MINUTE, 300, "Paralimni")
            home(w, name, at(m, 28, 20, i), 420, f"mother of {name}", ("NP", "IN", "EG")[i % 3])
            w.pay(name, bus, at(m, 5, 8, i), 60, remittance_info="bus")
        for day in days(SPRING, 7, 17):
            w.card(name, day + 2 * i * MINUTE, 31 + i, "5411", "Paralimni")


def parish(w: World) -> None:
    """A treasurer: wardens in turn pay the plate in at several machines, the faithful pay by telephone."""
    name = earner(w, "treasurer", "parish", "pensioner", 950, "Limassol", age_band="65+")
    for k, day in enumerate(days(HALF, 7, 11)):
        w.cash(name, day, 200 + 10 * (k % 3), "Limassol", "credit")
        w.transactions[-1] |= {"conductor_id": f"warden {k % 6}", "terminal_id": f"machine {k % 4}"}
        for i, text in enumerate(("", "for the feast", "δωρεά", "candles")):
            got(w, name, day + (1 + i) * HOUR, (20, 50, 100, 60)[i], f"parishioner {(k * 3 + i) % 40}", text)
    for i in range(30):
        got(w, name, at(5, 12, 9, i), 85, f"pilgrim {i}", "pilgrimage")
    paid(w, name, at(5, 14), 2500, "Pilgrim Travel Ltd", "pilgrimage")
    for m in HALF:
        paid(w, name, at(m, 27), 1700, "Holy Church of Saint George", "collection")


def carer(w: World) -> None:
    """A carer who lives with an old man, is paid in cash, and sends most of it to her mother."""
    boss = earner(w, "old man", "domestic carer", "pensioner", 1400, "Larnaca", age_band="65+")
    name = w.customer(
        "carer", "domestic carer", occupation="domestic worker", address_hash="address of old man",
        employer_id="old man", opened="2025-01-10", declared_monthly_income_eur="460",
    )  # fmt: skip
    for m in HALF:
        w.cash(boss, at(m, 27), 350, "Larnaca")
        w.cash(name, at(m, 27, 16), 250, "Larnaca", "credit")
        w.cash(name, at(m, 12, 16), 150, "Larnaca", "credit")
        home(w, name, at(m, 27, 19), 200, "mother of carer", "LK", "medicine, school")
        home(w, name, at(m, 12, 19), 140, "mother of carer", "LK", "medicine, school")
        w.card(name, at(m, 11), 10, "4814", "Larnaca")
    for m in (2, 3, 4):
        paid(w, name, at(m, 3), 50, "Island Domestic Agency Ltd", "placement fee")


def host(w: World) -> None:
    """A registered host of short lets: three rented flats, a platform, and guests who pay directly."""
    name = earner(w, "host", "short lets", "accountant", 1900, "Paphos", licence="accommodation")
    for k, day in enumerate(days(HALF, 2, 12)):
        text, country = ("", "2 nights", "deposit flat")[k % 3], ("GB", "DE", "SE", "CY")[k % 4]
        got(
            w, name, day, 120 + 40 * (k % 5), f"tourist {k}", text, tx_type="cross_border", cp_country=country
        )
        if k % 2:
            got(
                w,
                name,
                day + HOUR,
                160 + 17 * (k % 9),
                "Airbnb Payments",
                "payout",
                tx_type="credit_transfer",
            )
        if k % 4 == 0:
            paid(w, name, day, 45, f"cleaner {k % 2}", "cleaning")
    for m in HALF:
        for i in range(3):
            rent(w, name, m, 520, f"owner of flat {i}")
            paid(w, name, at(m, 9), 62, "Electricity Authority of Cyprus", f"meter {i}", purpose_code="ELEC")


def salon(w: World) -> None:
    """A hairdresser who rents a chair: clients pay in the evening, by telephone and in cash."""
    name = earner(w, "stylist", "hair salon", "hairdresser", 900, "Limassol")
    for k, day in enumerate(days(HALF, 1, 19)):
        for i in range(2):
            text = ("", "hair", "color", "thank you ❤")[(k + i) % 4]
            got(w, name, day + i * HOUR, 50 + 10 * ((k + i) % 6), f"client {(k * 2 + i) % 150}", text)
        if k % 6 == 0:
            w.cash(name, day.replace(hour=21, minute=10), 160, "Limassol", "credit")
    for m in HALF:
        rent(w, name, m, 300, "owner of the chair")
        rent(w, name, m, 550, "landlord of stylist")
        w.card(name, at(m, 11), 95, "5977", "Limassol")
        w.card(name, at(m, 18), 60, "7298", "Limassol")


def coach(w: World) -> None:
    """A football coach: fees of 28 parents each month, pitches, snacks, pupils paid as referees."""
    name = earner(w, "coach", "football coach", "teacher", 1800, "Larnaca")
    for m in HALF:
        for i in range(28):
            text = ("fees", "football", "", "Andreas U10", "for the boys")[i % 5]
            got(w, name, at(m, 1 + i % 6, 18, i), 60, f"parent {i}", text)
        paid(w, name, at(m, 9), 1240, "Pitch Hire Ltd", "pitch")
        for day, sum_, mcc in ((10, 180, "5941"), (12, 92, "5814"), (13, 55, "5641"), (14, 60, "7994")):
            w.card(name, at(m, day), sum_, mcc, "Larnaca")
    w.card(name, at(6, 2), 310, "7011", "Larnaca")
    for i in range(4):
        pupil = w.customer(f"pupil{i}", "football coach", age_band="under 18", occupation="pupil")
        for m in HALF:
            w.pay(name, pupil, at(m, 25, 17), 20, remittance_info="referee little league")
            w.card(pupil, at(m, 27), 18, "5814", "Larnaca")


def charity(w: World) -> None:
    """Six volunteers of a church who each send a little to the same nun at a school far away."""
    for i in range(6):
        name = earner(w, f"volunteer{i}", "church charity", "pensioner", 1000, "Nicosia", age_band="65+")
        for m in HALF:
            for day in (5, 19):
                home(
                    w,
                    name,
                    at(m, day + i % 3, 20, i),
                    25 + 5 * (i % 2),
                    "Sister Maria",
                    "PH",
                    "school, children",
                )
    w.card("volunteer0", at(2, 4), 890, "4511", "Nicosia")


def refugees(w: World) -> None:
    """A family that has just come: one flat, one telephone, one purse, pocket money, and money sent home."""
    names = [
        w.customer(
            f"refugee{i}", "refugee family", opened="2025-01-03", address_hash="family flat",
            phone_hash="family phone", occupation="cook", declared_monthly_income_eur="600",
        )
        for i in range(5)
    ]  # fmt: skip
    for i, name in enumerate(names):
        for m in HALF:
            kind = {"tx_type": "credit_transfer", "purpose_code": "SALA" if i % 2 else "SSBE"}
            got(w, name, at(m, 27), 500 + 30 * i, f"payer of {name}", "allowance", **kind)
            if i:
                w.pay(name, names[0], at(m, 28, 14, i), 480 + 28 * i, remittance_info="home")
                for day in (4, 11, 18, 25):
                    w.pay(names[0], name, at(m, day, 9, i), 10)
        w.card(name, at(6, 10), 25, "5411", "Larnaca")
    for m in HALF:
        rent(w, names[0], m, 900, "landlord of the family")
        home(w, names[0], at(m, 28, 20), 700, "uncle", "TR", "for grandparents")
        w.cash(names[0], at(m, 28, 21), 400, "Larnaca")
    for row in w.transactions:
        if row["account_id"] in names and row.get("device_id"):
            row["device_id"] = "telephone of the family"


LIVES = (wedding, students, farm, parish, carer, host, salon, coach, charity, refugees)


def world() -> World:
    """Gives the whole small world."""
    out = World()
    for life in LIVES:
        life(out)
    return out

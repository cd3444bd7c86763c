"""Words of the network stage: titles, role names, what would break a reading, number formats."""

from __future__ import annotations

from thbscreen.model.money import to_display

#: Harm first: the order decides between typologies with equal sums.
TYPOLOGIES = (
    "sexual_exploitation", "labour_exploitation", "domestic_servitude", "sham_marriage",
    "forced_criminality", "debt_bondage", "recruitment", "account_control", "laundering",
)  # fmt: skip

_TITLES = {
    "sexual_exploitation": "Suspected sexual-exploitation cell",
    "labour_exploitation": "Suspected gang-master scheme",
    "sham_marriage": "Suspected sham-marriage ring",
    "account_control": "Suspected account-control group",
    "laundering": "Suspected laundering group",
}

_BREAKS = {
    "sexual_exploitation": (
        "Each person keeps the takings, pays the own rent and spends on own needs; nobody collects.",
        "The common payee is the main tenant of a shared flat and gets equal sums like a lease.",
        "The payments are shared tips, market sales or treatments of people who work for themselves.",
        "Adverts, lodging and travel are paid by each person from the own account.",
    ),
    "labour_exploitation": (
        "Social insurance is paid for the workers in proportion to their number and pay.",
        "What goes on to the common payee is rent: equal monthly sums within the lawful share of pay.",
        "The common payee is a remittance agent, a union, a canteen or a savings club whose turn rotates.",
        "The payer is a licensed payroll or staffing business that pays each worker's own account in full.",
        "The workers spend freely from their own accounts in different places and at different times.",
    ),
    "sham_marriage": (
        "The person in the middle holds a wedding-trade, travel or legal licence and is paid a usual fee.",
        "Couples pay the municipality, tickets and stay themselves, and share daily spending afterwards.",
        "The sums sent on match outlays one to one: ticket, fee and flat, with no margin kept.",
        "Relatives of a real couple pay for one wedding, not for several.",
    ),
    "account_control": (
        "The accounts were opened on an induction or reception day; money then goes to different payees.",
        "One person cares for relatives and has a registered mandate for their accounts.",
        "The members live in one hall or household and share a device, but each spends for own needs.",
        "The common payee is a savings club: every member is paid out once, in turn.",
    ),
    "laundering": (
        "Money is passed on one to one for a known purpose, such as a shared bill, purchase or family event.",
        "The place and time of deposits follow the holder's trade, such as sales rounds or shop takings.",
        "Invoices and declared turnover explain the sums.",
        "The members are a family or a business group with an open reason to move money among themselves.",
    ),
    "domestic_servitude": (
        "The worker has own free spending, full pay on the own account and days off that show in card use.",
        "Deductions are lodging and food within the lawful share of pay.",
        "Social insurance is paid for the worker.",
    ),
    "debt_bondage": (
        "Repayments are equal, end when the loan is paid, and leave enough for living.",
        "The lender is a licensed institution, a relative or an employer with a written advance.",
    ),
    "recruitment": (
        "The agency is licensed and the employer, not the worker, pays its fee.",
        "Tickets are bought by a relative or for one's own visitors.",
    ),
    "forced_criminality": (
        "Benefits and credits reach the people they are meant for, who spend them themselves.",
        "A social worker or relative acts under a registered mandate.",
    ),
}  # fmt: skip

_BREAKS_ANY = (
    "The members are a household, a club or a team of colleagues and each one gains from the payments.",
    "A licence, mandate or contract on file explains why money of several people meets in one place.",
)


def title(typology: str) -> str:
    """Gives the heading of a suspected network."""
    return _TITLES.get(typology, "Suspected network")


def would_break(typology: str) -> list[str]:
    """Gives the innocent readings to test first, as full sentences."""
    return list(_BREAKS.get(typology, _BREAKS_ANY))


def role_words(role: str) -> str:
    """Gives a role as words: `possible_victim` becomes `possible victim`."""
    return role.replace("_", " ")


def money(cents: int) -> str:
    """Gives euro cents as text, such as `1,250.00 EUR`."""
    return to_display(cents)


def percent(share: float) -> str:
    """Gives a share as whole per cent."""
    return f"{round(share * 100)}%"


def count(n: int, one: str, many: str | None = None) -> str:
    """Gives a number with its noun: `1 hit`, `3 hits`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"

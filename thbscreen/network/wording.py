"""Words of the network stage: titles, role names, what would break a reading, number formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thbscreen.model.money import to_display

if TYPE_CHECKING:
    from collections.abc import Iterable

_TITLES = {
    "sexual_exploitation": "Suspected sexual-exploitation cell",
    "labour_exploitation": "Suspected gang-master scheme",
    "sham_marriage": "Suspected sham-marriage ring",
    "account_control": "Suspected account-control group",
    "laundering": "Suspected laundering group",
    "benefit_fraud": "Suspected use of other people's benefits",
    "domestic_servitude": "Suspected domestic servitude",
    "forced_criminality": "Suspected forced criminality",
    "sexual_extortion": "Suspected collection of extorted sums",
    "child_sexual_exploitation": "Suspected payments for the online abuse of children",
}

#: Tests of lawful readings that the data can answer, with what speaks for the reading.
_TESTS = {
    "social_insurance": "Social insurance is paid for the workers in proportion to their number and pay.",
    "own_spending": "The people named as possible victims live an ordinary life from their own accounts.",
    "even_sums": "The common payee gets equal monthly sums, like rent, that leave the payer most of it.",
    "one_to_one": "Who stands in the middle forwards each sum as it came, like an agent, and keeps nothing.",
    "licence": "A licence or trade on file explains why money of several people meets in one place.",
}

_TESTS_OF = {
    "sexual_exploitation": ("own_spending", "even_sums", "one_to_one", "licence"),
    "labour_exploitation": ("social_insurance", "own_spending", "even_sums", "one_to_one", "licence"),
    "domestic_servitude": ("social_insurance", "own_spending", "even_sums", "licence"),
    "sham_marriage": ("one_to_one", "licence"),
    "account_control": ("own_spending", "even_sums", "one_to_one", "licence"),
    "debt_bondage": ("own_spending", "even_sums", "licence"),
    "recruitment": ("one_to_one", "licence"),
    "forced_criminality": ("own_spending", "one_to_one", "licence"),
    "laundering": ("one_to_one", "licence"),
    "benefit_fraud": ("own_spending", "even_sums", "licence"),
}

#: What the data cannot answer and people have to ask.
_OPEN = {
    "sexual_exploitation": (
        "The payments are shared tips, market sales or treatments of people who work for themselves.",
        "Adverts, lodging and travel are paid by each person from the own account.",
    ),
    "labour_exploitation": (
        "The common payee is a union, a canteen or a savings club whose turn rotates.",
        "The workers spend freely from their own accounts in different places and at different times.",
    ),
    "sham_marriage": (
        "Couples pay the municipality, tickets and stay themselves, and share daily spending afterwards.",
        "Relatives of a real couple pay for one wedding, not for several.",
    ),
    "account_control": (
        "The accounts were opened on an induction or reception day; money then goes to different payees.",
        "One person cares for relatives and has a registered mandate for their accounts.",
        "The common payee is a savings club: every member is paid out once, in turn.",
    ),
    "laundering": (
        "The place and time of deposits follow the holder's trade, such as sales rounds or shop takings.",
        "Invoices and declared turnover explain the sums.",
        "The members are a family or a business group with an open reason to move money among themselves.",
    ),
    "domestic_servitude": (
        "The worker has full pay on the own account and days off that show in card use.",
    ),
    "debt_bondage": (
        "Repayments end when the loan is paid, and leave enough for living.",
        "The lender is a licensed institution, a relative or an employer with a written advance.",
    ),
    "recruitment": (
        "The employer, not the worker, pays the agency's fee.",
        "Tickets are bought by a relative or for one's own visitors.",
    ),
    "forced_criminality": (
        "Benefits and credits reach the people they are meant for, who spend them themselves.",
        "A social worker or relative acts under a registered mandate.",
    ),
}  # fmt: skip

_OPEN_ANY = (
    "The members are a household, a club or a team of colleagues and each one gains from the payments.",
)


#: Heading of a group that stays too large after communities were sought: no ring is claimed.
TOO_LARGE = "Linked subjects, hub not excluded"


def title(typology: str) -> str:
    """Gives the heading of a suspected network."""
    return _TITLES.get(typology, "Suspected network")


def twin_tests(typology: str) -> tuple[str, ...]:
    """Gives the tests of lawful readings that the data may answer, in their order."""
    return _TESTS_OF.get(typology, ("own_spending", "one_to_one", "licence"))


def question(test: str) -> str:
    """Gives what would be true under the lawful reading, as a full sentence."""
    return _TESTS[test]


def would_break(typology: str, answers: Iterable[tuple[str, str, str]] = ()) -> list[str]:
    """Gives what would break a reading, as full sentences: what was tested, then what people have to ask.

    Args:
        typology: of the network.
        answers: test, result and finding of what was tested; tests without an answer are only named.
    """
    told = {test: f" Tested: {result}. {finding}" for test, result, finding in answers}
    tested = [_TESTS[test] + told.get(test, "") for test in twin_tests(typology)]
    return [*tested, *(f"{text} To be asked." for text in _OPEN.get(typology, _OPEN_ANY))]


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

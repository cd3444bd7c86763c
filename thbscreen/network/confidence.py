"""How much a suspected network rests on: strong, moderate or weak, with the reasons in words.

It is a count of reasons that anybody can repeat, never a probability.

Source: docs/explanation/networks.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from thbscreen.network import wording
from thbscreen.network.twins import FOUND, NOT_FOUND, UNCHECKED, Answer

STRONG, MODERATE, WEAK = "strong", "moderate", "weak"
MANY_RULES, MANY_FAMILIES, AGREEING = 3, 3, 2


@dataclass(frozen=True, slots=True)
class Basis:
    """What is counted of one network.

    Attributes:
        agreeing: rules about a third party's gain or control that speak for the network's typology.
        n_patterns, n_followed: from `proof.followed`.
        named_twice: members (connectors left out) that more than one hit names, of `n_members`.
        judged, silent: rules for the typology that were judged, and that could not be.
        excused: rules of mitigating facts on members with strong hits, beyond those of the tests.
        hub_left: a hub was not excluded.
    """

    n_rules: int
    n_families: int
    agreeing: int
    n_patterns: int
    n_followed: int
    passed_on_eur: int
    paid_eur: int
    named_twice: int
    n_members: int
    judged: int
    silent: int
    excused: tuple[str, ...] = ()
    hub_left: bool = False


def weigh(basis: Basis, answers: Sequence[Answer]) -> tuple[str, list[str]]:
    """Gives the level and its reasons.

    Notes:
        One point each for: three rules of three families; two agreeing third-party rules; a pattern whose
        listed payments show where its money came from; at least half of the members named by more than one
        hit. One point less for each lawful reading that was found, for a mitigating fact, and for a hub that
        was not excluded. Weak up to one point or with two lawful readings found; strong from three
        points on, when no lawful reading was found, at most half of the tests and at most half of the rules
        for this form went unanswered; moderate between.
    """
    c = wording.count
    reasons: list[tuple[bool, str]] = [
        (
            basis.n_rules >= MANY_RULES and basis.n_families >= MANY_FAMILIES,
            f"{c(basis.n_rules, 'rule')} of {c(basis.n_families, 'family', 'families')} hit its members",
        ),
        (
            basis.agreeing >= AGREEING,
            f"{c(basis.agreeing, 'rule')} about somebody else's gain or control speak for this form",
        ),
        (
            basis.n_followed > 0,
            f"in {basis.n_followed} of {c(basis.n_patterns, 'pattern')} the listed payments show where the "
            f"money came from ({wording.money(basis.passed_on_eur)} of {wording.money(basis.paid_eur)} paid "
            "out had come in before)" if basis.n_followed
            else "no pattern's listed payments show where its money came from",
        ),
        (
            2 * basis.named_twice >= basis.n_members > 0,
            f"more than one hit names {basis.named_twice} of {c(basis.n_members, 'member')}",
        ),
    ]  # fmt: skip
    found = [a for a in answers if a.result == FOUND]
    unchecked = [a for a in answers if a.result == UNCHECKED]
    points = sum(holds for holds, _ in reasons) - len(found) - len(basis.excused) - basis.hub_left
    # Silence must not make a network look well founded.
    open_ends = 2 * len(unchecked) > len(answers) or basis.silent > basis.judged
    level = MODERATE
    if points <= 1 or len(found) > 1:
        level = WEAK
    elif points >= 3 and not found and not open_ends:
        level = STRONG
    told = [f"{'Speaks for it' if holds else 'Little'}: {text}." for holds, text in reasons]
    told += [f"Speaks against it: {wording.question(a.test)} {a.finding}" for a in found]
    told += [
        f"Speaks against it: mitigating fact {rule} on members with strong hits." for rule in basis.excused
    ]
    if basis.hub_left:
        told.append("Speaks against it: a hub was not excluded.")
    told.append(_open(answers, basis))
    return level, told


def _open(answers: Sequence[Answer], basis: Basis) -> str:
    n = {result: sum(a.result == result for a in answers) for result in (FOUND, NOT_FOUND, UNCHECKED)}
    tests = wording.count(len(answers), "lawful reading")
    silent = wording.count(basis.judged + basis.silent, "rule")
    return (
        f"Tested: {tests}, {n[FOUND]} found, {n[NOT_FOUND]} not found, {n[UNCHECKED]} not to be checked; "
        f"{basis.silent} of {silent} for this form could not be judged."
    )

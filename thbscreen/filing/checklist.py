"""The narrative checklist N01 to N26: what a good narrative has, looked for in a text.

The checks read the text and the case alone, not the way in which the text was made, so an edited text can be
checked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from thbscreen.filing.case import ROLE_WORDS, FilingCase, Party, local_day
from thbscreen.filing.latin import is_plain, latin
from thbscreen.filing.narrative import (
    CONFIDENTIAL,
    DRAFT,
    NOT_TOLD,
    OFFENCE,
    VAGUE,
    Narrative,
    Options,
    case_countries,
    write_narrative,
)  # fmt: skip
from thbscreen.filing.profile import FilingProfile
from thbscreen.rules.accusing import accusing_words

_NUMBER = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}|\d{4}-\d\d-\d\d|\d[\d,]*(?:\.\d+)?")
_AMOUNT = re.compile(r"\d[\d,]*\.\d\d\b")
_OPINION = re.compile(r"\b(?:obviously|clearly guilty|no doubt|undoubtedly|certainly|of course)\b", re.I)
_TO_CUSTOMER = re.compile(
    r"\b(?:dear (?:sir|madam|customer)|your account|please contact us|we regret)\b", re.I
)
_BLAME = re.compile(
    r"\b(?:complicit|accomplices?|launder\w*|willing\w*|suspected of|mules?|is a subject)\b", re.I
)
_GROUND = re.compile(
    r"\b(?:nationality|citizenship|ethnic\w*|religio\w*|gender|female|male|foreign national)\b", re.I
)
_SEE = re.compile(r"\bsee (?:the )?attach\w*", re.I)


@dataclass(frozen=True, slots=True)
class NarrativeCheck:
    """One item: whether it holds for a text, and why not."""

    id: str
    text: str
    passed: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What an item looks at."""

    reason: str
    action: str
    case: FilingCase
    profile: FilingProfile
    options: Options
    left_out: tuple[str, ...]

    def tidy(self, text: str) -> str:
        return latin(text) if self.profile.text.ascii_only else text

    def line_of(self, identity: str) -> str:
        """Gives the line of the parties' list that names a party."""
        shown = re.escape(_shown(identity, self.profile))
        parties = _part(self.reason, "WHO", "WHAT")
        lines = re.split(r"\n|(?<=\.) (?=- )", parties)
        return next((x for x in lines if re.search(rf"(?:- |, |: ){shown}(?![A-Za-z0-9])", x)), "")


def check_narrative(
    case: FilingCase,
    profile: FilingProfile,
    narrative: Narrative,
    options: Options,
    only: Collection[str] = (),
) -> Iterator[NarrativeCheck]:
    """Checks the texts of a report.

    Args:
        case: the facts.
        profile: key words, letters and limits.
        narrative: the texts; they may have been edited.
        options: what the officer added.
        only: ids of the items that are wanted; none means all.
    """
    subject = _Subject(narrative.reason, narrative.action, case, profile, options, narrative.left_out)
    for identity, (text, check) in ITEMS.items():
        if only and identity not in only:
            continue
        faults = list(check(subject))
        yield NarrativeCheck(identity, text, not faults, "; ".join(faults[:3]))


def _part(text: str, start: str, end: str) -> str:
    """Gives what stands between two labels."""
    _, _, behind = text.partition(start)
    return behind.partition(end)[0]


def _shown(identity: str, profile: FilingProfile) -> str:
    masked = profile.text.mask_accounts and len(identity) > 8
    return f"...{identity[-4:]}" if masked else identity


# --- items --------------------------------------------------------------------------------------------


def _n01(s: _Subject) -> Iterator[str]:
    for token in (*s.profile.key_words, OFFENCE):
        if s.tidy(token) not in s.reason[:300]:
            yield f"'{token}' is not in the first 300 characters"


def _n02(s: _Subject) -> Iterator[str]:
    for number, party in enumerate(s.case.parties, 1):
        line = s.line_of(party.id)
        if not line:
            yield f"party {number} is not told"
        elif ROLE_WORDS[party.role] not in line:
            yield f"party {number} has no role word, or another one"
        elif "institution" not in line:
            yield f"party {number}: its relation to the bank is not told"


def _n03(s: _Subject) -> Iterator[str]:
    if not _has_count(s.reason, len(s.case.movements), "movement"):
        yield "the number of movements is not told"
    for currency, total in _totals(s.case).items():
        if f"{total:,.2f} {currency}" not in s.reason:
            yield f"the total in {currency} is not told"


def _n04(s: _Subject) -> Iterator[str]:
    if not s.case.movements:
        return
    for moment in (s.case.movements[0].time, s.case.movements[-1].time):
        if local_day(moment, s.profile.zone).isoformat() not in s.reason:
            yield "the first or last date is not told"
    if "before the data end" not in s.reason:
        yield "how long ago it was is not told"


def _n05(s: _Subject) -> Iterator[str]:
    found = re.search(r"Countries of both sides: ([A-Z, -]+)\.", s.reason)
    told = set(found[1].split(", ")) if found else set()
    if told != case_countries(s.case, s.profile):
        yield "the countries are not those of the data"


def _n06(s: _Subject) -> Iterator[str]:
    rules = {h["rule"] for h in s.case.hits}
    for rule in sorted(rules):
        place = s.reason.find(f"({rule})")
        if place < 0:
            yield f"{rule} is not told"
        elif not re.search(r"\d", s.reason[place + len(rule) + 2 : place + 700]):
            yield f"{rule} is told without a figure"
    if "Lawful readings" not in s.reason and (s.case.tests or s.case.explanations):
        yield "lawful readings are not weighed"


def _n07(s: _Subject) -> Iterator[str]:
    flows = re.findall(r"- (\d{4}-\d\d-\d\d)[^\n]*? paid ", _part(s.reason, "HOW", "NOT KNOWN"))
    if any(later < earlier for earlier, later in pairwise(flows)):
        yield "the flows are not in the order of time"
    if s.case.links and not flows:
        yield "no flow of money is told"


def _n08(s: _Subject) -> Iterator[str]:
    marks = [f"Case {s.case.id}:", "WHO", "HOW", "CLOSE"]
    places = [s.reason.find(mark) for mark in marks]
    if min(places) < 0 or places != sorted(places):
        yield "opening, body and close are not all there in this order"
    close = s.reason[places[-1] :] if places[-1] >= 0 else ""
    if "Action taken" not in close or "With this report" not in close:
        yield "the close lacks what was done or what comes with the report"
    if s.profile.contact and s.tidy(s.profile.contact) not in close:
        yield "the close lacks whom to contact"


def _n09(s: _Subject) -> Iterator[str]:
    if not s.action.strip():
        yield "the action is empty"
    if s.tidy(NOT_TOLD) not in s.reason + s.action:
        yield "that the customer was not told is not stated"


def _n10(s: _Subject) -> Iterator[str]:
    text = f"{s.reason}\n{s.action}"
    yield from (f"'{word}' accuses" for _, word in accusing_words(text))
    yield from (f"'{word}' is an opinion" for word in _OPINION.findall(text))
    if "observed" not in s.reason.casefold():
        yield "nothing is called observed"


def _n11(s: _Subject) -> Iterator[str]:
    for found in VAGUE.finditer(s.reason):
        near = s.reason[max(0, found.start() - 60) : found.end() + 60]
        if not re.search(r"\d", near):
            yield f"'{found[0]}' stands without a number"


def _n12(s: _Subject) -> Iterator[str]:
    if s.tidy(CONFIDENTIAL) not in s.reason:
        yield "the line on confidentiality is missing"
    yield from (f"'{word}' speaks to the customer" for word in _TO_CUSTOMER.findall(s.reason + s.action))


def _n13(s: _Subject) -> Iterator[str]:
    for party in s.case.victims:
        line = s.line_of(party.id)
        yield from (f"'{w}' about a possible victim" for w in _BLAME.findall(line))
        yield from (f"'{w}' about a possible victim" for _, w in accusing_words(line))
    yield from (f"'{word}' is given as a ground" for word in _GROUND.findall(s.reason))
    apart = s.reason.find("POSSIBLE VICTIMS, APART FROM SUBJECTS")
    for party in s.case.victims:
        line = s.line_of(party.id)
        if line and s.reason.find(line) < apart:
            yield "a possible victim stands among the subjects"


def _n14(s: _Subject) -> Iterator[str]:
    known = known_numbers(s.case, s.profile, s.options)
    for token in numbers_of(s.reason):
        if token not in known:
            yield f"'{token}' is not in the data"


def _n15(s: _Subject) -> Iterator[str]:
    if "\t" in s.reason or "|" in s.reason:
        yield "it holds a table"
    rows = [len(_AMOUNT.findall(line)) > 0 and len(line) < 60 for line in s.reason.split("\n")]
    run = longest = 0
    for row in rows:
        run = run + 1 if row else 0
        longest = max(longest, run)
    if longest > 12:
        yield "it holds a list of movements"


def _n16(s: _Subject) -> Iterator[str]:
    if _SEE.search(s.reason) or len(s.reason) < 400:
        yield "it points at attachments instead of telling"


def _n17(s: _Subject) -> Iterator[str]:
    element = s.profile.table.element("report", "reason")
    _, most = s.profile.length("report", element) if element is not None else (0, None)
    if most is not None and len(s.reason) > most * (1 - s.profile.text.reserve):
        yield f"it has {len(s.reason):,} characters; {most:,} less the reserve are allowed"
    if s.reason and s.reason.rstrip()[-1] not in ".)":
        yield "it ends in the middle of a sentence"
    if s.left_out and "Left out for length" not in s.reason and "rest is in the case file" not in s.reason:
        yield "what was left out is not told"


def _n18(s: _Subject) -> Iterator[str]:
    rules = s.profile.text
    for name, text in (("reason", s.reason), ("action", s.action)):
        if not is_plain(text, ascii_only=rules.ascii_only, line_breaks=rules.line_breaks):
            yield f"the {name} holds characters that the FIU does not take"


def _n19(s: _Subject) -> Iterator[str]:
    for number, reference in enumerate(s.options.earlier, 1):
        if reference not in s.reason:
            yield f"earlier report {number} is not named"


def _n20(s: _Subject) -> Iterator[str]:
    for number, party in enumerate(s.case.parties, 1):
        if party.name and not party.name.isascii() and latin(party.name) not in s.reason:
            yield f"party {number}: the Latin form of the name is missing"
        elif party.name and s.tidy(party.name) not in s.reason:
            yield f"party {number}: the name is missing"


def _n21(s: _Subject) -> Iterator[str]:
    if not s.profile.text.mask_accounts:
        return
    numbers = {a for p in s.case.parties for a in (*p.accounts, p.id) if len(a) > 8}
    if any(number in s.reason for number in numbers):
        yield "an account number is told in full"


def _n22(s: _Subject) -> Iterator[str]:
    if s.profile.legal_basis and s.tidy(s.profile.legal_basis) not in s.reason:
        yield "the legal basis is missing"


def _n23(s: _Subject) -> Iterator[str]:
    if (s.tidy(DRAFT) in s.reason) == s.options.reviewed:
        yield "the mark of a machine-made draft does not fit the review"


def _n24(s: _Subject) -> Iterator[str]:
    again = [write_narrative(s.case, s.profile, s.options).reason for _ in range(2)]
    if again[0] != again[1]:
        yield "the same input gives two texts"


def _n25(s: _Subject) -> Iterator[str]:
    if s.case.urgency and not re.search(r"URGENT: \S", s.reason[:700]):
        yield "why it is urgent is not on top"


def _n26(s: _Subject) -> Iterator[str]:
    text = s.reason
    for party in s.case.parties:
        text = text.replace(party.name, "") if party.name else text
    letters = [c for c in text if c.isalpha()]
    if letters and sum(not c.isascii() for c in letters) > 0.02 * len(letters):
        yield "it is not in one language"


ITEMS: dict[str, tuple[str, Callable[[_Subject], Iterable[str]]]] = {
    "N01": ("the first sentence names the suspected offence and the FIU's key words", _n01),
    "N02": ("who: every party with id, role and relation to the bank", _n02),
    "N03": ("what: number of movements and total with currency", _n03),
    "N04": ("when: first and last date, key dates, how long ago", _n04),
    "N05": ("where: the countries of both sides", _n05),
    "N06": ("why: every rule that fired as an observed fact with figures; lawful readings weighed", _n06),
    "N07": ("how: flows of money in the order of time", _n07),
    "N08": ("opening, body and close with action, what comes along, contact", _n08),
    "N09": ("the action is told in its own element, and that no customer was told", _n09),
    "N10": ("facts apart from readings; nobody is accused", _n10),
    "N11": ("no vague quantity without a number", _n11),
    "N12": ("no tipping-off: confidential, nothing addressed to the customer", _n12),
    "N13": ("possible victims apart, not blamed, no trait as a ground", _n13),
    "N14": ("every number and date is in the data", _n14),
    "N15": ("no table of movements in the text", _n15),
    "N16": ("never only a pointer to attachments", _n16),
    "N17": ("shorter than the limit with a reserve; what is left out is told", _n17),
    "N18": ("only characters that the FIU takes", _n18),
    "N19": ("earlier reports are named", _n19),
    "N20": ("names as in the data and in Latin letters", _n20),
    "N21": ("account numbers shortened where the profile says so", _n21),
    "N22": ("the legal basis, where the profile has one", _n22),
    "N23": ("marked as machine-made until an officer has reviewed it", _n23),
    "N24": ("the same input gives the same text", _n24),
    "N25": ("urgency on top, with the fact behind it", _n25),
    "N26": ("one language", _n26),
}


# --- looking figures up ---------------------------------------------------------------------------------


def numbers_of(text: str) -> list[str]:
    """Gives every number, date and account number of a text, in order."""
    return [n.rstrip(",") for n in _NUMBER.findall(text)]


def known_numbers(case: FilingCase, profile: FilingProfile, options: Options) -> set[str]:
    """Gives every number that the case's data hold or that follows from them by counting and adding."""
    known: set[str] = set()
    texts: list[object] = [case.id, case.title, case.urgency, *case.tests, *case.explanations]
    for hit in (*case.hits, *case.against):
        texts += [hit["evidence"], hit["title"], hit["rule"], hit["subject_id"]]
    for party in case.parties:
        texts += [party.id, party.name, *party.accounts, *party.why, party.facts.get("occupation")]
        texts += [n[-4:] for n in (party.id, *party.accounts)]
        income = party.facts.get("declared_monthly_income_eur")
        if isinstance(income, int):
            known.add(f"{Decimal(income) / 100:,.2f}")
        known |= _party_numbers(case, party)
    texts += [profile.legal_basis, profile.contact, *profile.key_words, *options.earlier, options.action]
    texts += [case.accounts[a].get("branch") for p in case.parties for a in p.accounts if a in case.accounts]
    for m in case.movements:
        texts += [m.id, m.row.get("location_city"), local_day(m.time, profile.zone).isoformat()]
        known.add(f"{m.amount:,.2f}")
    until = local_day(case.until, profile.zone)
    texts.append(until.isoformat())
    if case.movements:
        known.add(f"{max((until - local_day(case.movements[-1].time, profile.zone)).days, 0):,}")
    known |= {f"{v:,.2f}" for v in _totals(case).values()} | _counts(case)
    known |= {str(n) for n in options.parts}
    for text in texts:
        found = numbers_of(str(text or ""))
        known |= {*found, *(n[-4:] for n in found if len(n) > 12 and profile.text.mask_accounts)}
    return known


def _party_numbers(case: FilingCase, party: Party) -> set[str]:
    out: set[str] = set()
    for mine in (0, 1):
        links = [link for link in case.links if link[mine] == party.id]
        out |= {
            f"{Decimal(sum(link[5] for link in links)) / 100:,.2f}",
            f"{sum(link[4] for link in links):,}",
        }
        out.add(f"{len({link[1 - mine] for link in links}):,}")
    return out


def _counts(case: FilingCase) -> set[str]:
    """Counts of things, and sums by kind, place and pair."""
    out = {len(case.movements), len(case.parties), len(case.not_judged), case.left_out, len(case.links)}
    out |= {sum(not p.name for p in case.parties)}
    sums: dict[tuple[str, str], Decimal] = {}
    kinds: dict[str, int] = {}
    places: dict[str, int] = {}
    for m in case.movements:
        kind, place = str(m.row.get("tx_type") or "other"), str(m.row.get("location_city"))
        sums[kind, m.currency] = sums.get((kind, m.currency), Decimal(0)) + m.amount
        kinds[kind] = kinds.get(kind, 0) + 1
        places[place] = places.get(place, 0) + 1
    per_rule: dict[str, int] = {}
    for hit in case.hits:
        per_rule[hit["rule"]] = per_rule.get(hit["rule"], 0) + 1
    out |= {*kinds.values(), *places.values(), *(n - k for n in per_rule.values() for k in (1, 2))}
    out |= {len(case.tests or case.explanations) + len(case.against), *per_rule.values()}
    out |= {*(len(case.links) - k for k in (3, 10, 40)), *(link[4] for link in case.links)}
    shown = {f"{n:,}" for n in out if n >= 0} | {f"{v:,.2f}" for v in sums.values()}
    return shown | {f"{Decimal(link[5]) / 100:,.2f}" for link in case.links}


def _totals(case: FilingCase) -> dict[str, Decimal]:
    out: dict[str, Decimal] = {}
    for m in case.movements:
        out[m.currency] = out.get(m.currency, Decimal(0)) + m.amount
    return out


def _has_count(text: str, n: int, noun: str) -> bool:
    return re.search(rf"(?<![\d,]){n:,} {noun}s?\b", text) is not None

"""The text of a report: who, what, when, where, why and how, from facts of the case alone.

Every figure goes through `Figures`, which notes where it comes from; the table is written beside the draft.
When a text is longer than the FIU takes, whole parts are left out in a fixed order, and it says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from thbscreen.filing.case import ROLE_WORDS, UNCLEAR, FilingCase, Party, local_day
from thbscreen.filing.latin import latin, plain
from thbscreen.filing.profile import FilingProfile

CONFIDENTIAL = (
    "Confidential: nobody named here may learn that this report was written or that the matter was assessed."
)
DRAFT = "Machine-made draft; not yet reviewed by an officer."
NOT_TOLD = "No customer has been told of the assessment or of this report."
OFFENCE = "Suspicion of trafficking in human beings"
_FORMS = {
    "labour_exploitation": "labour exploitation", "sexual_exploitation": "sexual exploitation",
    "sham_marriage": "exploitation by sham marriage", "account_control": "control of other people's accounts",
    "recruitment": "recruitment", "laundering": "handling of the proceeds",
}  # fmt: skip
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b")
#: Words of quantity that say nothing without a number.
VAGUE = re.compile(
    r"\b(?:large|huge|several|many|numerous|recent(?:ly)?|significant|substantial|frequent)\b", re.IGNORECASE
)
#: What goes first when a text is too long; each level leaves out one thing more.
PARTS = (
    "further places", "further lawful readings", "further findings of a rule", "smaller flows",
    "grounds of each reading", "flows behind the third", "facts on file and accounts of the parties",
    "sums of each party", "sentences of findings (their counts stay)", "sentences of lawful readings",
    "one line for each party (parties of one role share a line)", "kinds of movement behind the third",
    "key dates, places and channels", "titles of rules behind the fifth (their numbers stay)",
)  # fmt: skip
LEVELS = len(PARTS) + 1
(
    _PLACES, _READINGS, _FINDINGS, _FLOWS, _GROUNDS, _MORE_FLOWS, _ON_FILE, _SUMS, _SENTENCES,
    _READING_TEXTS, _PARTY_LINES, _KINDS, _KEYS, _TITLES,
) = range(len(PARTS))  # fmt: skip


@dataclass
class Figures:
    """Every figure that a text uses, with what it is and where it comes from."""

    rows: dict[tuple[str, str, str], None] = field(default_factory=dict)

    def note(self, shown: str, what: str, source: str) -> str:
        """Keeps a figure and gives it back as it is shown."""
        self.rows[shown, what, source] = None
        return shown

    def number(self, value: int, what: str, source: str) -> str:
        """Gives a count."""
        return self.note(f"{value:,}", what, source)

    def money(self, value: Decimal, currency: str, what: str, source: str) -> str:
        """Gives an amount."""
        return self.note(f"{value:,.2f} {currency}", what, source)

    def day(self, value: date, what: str, source: str) -> str:
        """Gives a day, ISO 8601."""
        return self.note(value.isoformat(), what, source)


@dataclass(frozen=True, slots=True)
class Options:
    """What the officer adds.

    Attributes:
        action: what the institution did, in the officer's words; empty writes the standing sentence.
        earlier: numbers of earlier reports on the same parties.
        reviewed: an officer has read the draft, so that it is no longer marked as machine-made.
        parts: (this one, all) when the case needs more than one file.
        shown: movements that the files hold.
    """

    action: str = ""
    earlier: tuple[str, ...] = ()
    reviewed: bool = False
    parts: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Narrative:
    """A finished text.

    Attributes:
        reason: for the element `reason`.
        action: for the element `action`.
        left_out: what did not fit.
        long: the text with nothing left out, for the case file.
        figures: (figure, what, source) of everything that was counted.
    """

    reason: str
    action: str
    left_out: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]
    long: str


def write_narrative(case: FilingCase, profile: FilingProfile, options: Options) -> Narrative:
    """Writes the texts of a report.

    Args:
        case: the facts.
        profile: letters, longest length, key words and legal basis.
        options: what the officer adds.
    """
    element = profile.table.element("report", "reason")
    _, longest = profile.length("report", element) if element is not None else (0, None)
    room = int((longest or 8000) * (1 - profile.text.reserve))
    long = ""
    for level in range(LEVELS):
        figures = Figures()
        writer = _Writer(case, profile, options, level, figures)
        text = writer.whole()
        long = long or text
        if len(text) <= room or level == LEVELS - 1:
            break
    left_out = PARTS[:level]
    if len(text) > room:
        text = _to_sentence(text, room)
        left_out = (*left_out, "the end of the body, behind the last whole sentence that fits")
    action = _clean(options.action or _action(), profile)
    return Narrative(text, action, left_out, tuple(figures.rows), long)


def _action() -> str:
    return (
        "The institution screened booked movements and wrote this report. Other measures are not recorded in "
        f"the case file. {NOT_TOLD}"
    )


def _clean(text: str, profile: FilingProfile) -> str:
    shown = plain(text, line_breaks=profile.text.line_breaks)
    return latin(shown) if profile.text.ascii_only else shown


def _to_sentence(text: str, most: int) -> str:
    """Cuts the body behind the last whole sentence that fits, says so, and keeps the close."""
    note = " The text was longer than the report may hold; the rest is in the case file."
    place = text.rfind("CLOSE")
    body, end = text[:place].rstrip(), text[place:]
    cut = body[: max(0, most - len(note) - len(end) - 2)]
    gap = "\n\n" if "\n" in text else " "
    ends = [found.end() for found in re.finditer(r"\.(?=\s)", cut)]
    return f"{cut[: ends[-1] if ends else 0]}{note}{gap}{end}"


class _Writer:
    """Writes one text at one level of detail."""

    def __init__(
        self, case: FilingCase, profile: FilingProfile, options: Options, level: int, figures: Figures
    ) -> None:
        self.case = case
        self.profile = profile
        self.options = options
        self.level = level
        self.f = figures

    def whole(self) -> str:
        sections: list[tuple[str, Callable[[], Iterable[str]]]] = [
            ("SUMMARY", self.opening),
            ("WHO", self.who),
            ("POSSIBLE VICTIMS, APART FROM SUBJECTS", self.victims),
            ("WHAT", self.what),
            ("WHEN", self.when),
            ("WHERE", self.where),
            ("WHY", self.why),
            ("HOW", self.how),
            ("NOT KNOWN", self.not_known),
            ("CLOSE", self.close),
        ]
        blocks = []
        for title, part in sections:
            lines = [line for line in part() if line]
            if title == "SUMMARY":
                blocks.append("\n".join(lines))
            elif lines:
                blocks.append("\n".join([f"{title}", *lines]))
        joined = "\n\n".join(blocks)
        if not self.profile.text.line_breaks:
            joined = " ".join(
                f"{block.partition(chr(10))[0]}: {block.partition(chr(10))[2]}" if n else block
                for n, block in enumerate(blocks)
            )
        return _clean(joined, self.profile)

    def without(self, part: int) -> bool:
        """Tells whether a part is left out at this level."""
        return self.level > part

    # --- helpers ----------------------------------------------------------------------------------

    def account(self, number: str) -> str:
        if self.profile.text.mask_accounts and len(number) > 8:
            return f"...{number[-4:]}"
        return number

    def day(self, moment: object, what: str, source: str) -> str:
        return self.f.day(local_day(moment, self.profile.zone), what, source)  # type: ignore[arg-type]

    def cents(self, cents: int, what: str, source: str) -> str:
        return self.f.money(Decimal(cents) / 100, "EUR", what, source)

    def count(self, n: int, noun: str, what: str, source: str) -> str:
        many = f"{noun[:-1]}ies" if noun.endswith("y") and not noun.endswith("ay") else f"{noun}s"
        return f"{self.f.number(n, what, source)} {noun if n == 1 else many}"

    def form(self) -> str:
        known = [_FORMS[t] for t in self.case.typologies if t in _FORMS]
        return known[0] if known else ""

    def totals(self) -> list[tuple[str, Decimal]]:
        out: dict[str, Decimal] = {}
        for m in self.case.movements:
            out[m.currency] = out.get(m.currency, Decimal(0)) + m.amount
        return sorted(out.items())

    def total(self) -> str:
        source = "sum of the case's movements"
        return " and ".join(self.f.money(v, c, "total", source) for c, v in self.totals()) or "no amount"

    def number_of(self, n: int) -> str:
        return self.f.number(n, "lawful readings", "networks.would_break, rules.innocent_explanations")

    # --- parts ------------------------------------------------------------------------------------

    def opening(self) -> Iterable[str]:
        case = self.case
        words = "; ".join(self.profile.key_words)
        form = self.form()
        offence = f"{OFFENCE}{f' for {form}' if form else ''}"
        moves = self.count(len(case.movements), "movement", "movements of the case", "transactions")
        parties = self.count(len(case.parties), "party", "parties of the case", "parties")
        first = f"{words}: {offence}" if words else offence
        yield f"{first}; {moves} of {parties}, {self.total()} in all."
        if case.urgency:
            yield f"URGENT: {self.noted(case.urgency, 'alerts.urgency_why')}."
        yield f"Case {case.id}: {case.title}."
        if self.profile.legal_basis:
            yield f"Legal basis: {self.profile.legal_basis}."
        if self.options.earlier:
            yield f"Earlier reports on the same parties: {', '.join(self.options.earlier)}."
        if not self.without(_KEYS):
            yield (
                "What is told as observed is taken from booked movements. What is read from them is called "
                "possible; nothing here says that anybody has done wrong."
            )
        if self.options.parts[1] > 1:
            this, parts = self.options.parts
            yield (
                f"This case is filed in {self.f.number(parts, 'files of the case', 'limits.transactions')} "
                f"files, each with its own movements; this is number {self.f.number(this, 'file', 'split')}."
            )

    def noted(self, text: str, source: str) -> str:
        """Gives a sentence of the run folder; its figures are noted as they stand."""
        if self.profile.text.mask_accounts:
            text = _IBAN.sub(lambda found: self.account(found[0]), text)
        self.f.note(text, "sentence of the run folder", source)
        return text.rstrip(".")

    def who(self) -> Iterable[str]:
        if not self.case.others:
            yield "Nobody is named here but the people below."
        yield from self.parties(self.case.others)

    def victims(self) -> Iterable[str]:
        if not self.case.victims:
            return
        yield (
            "These people are not subjects of this report. They may have acted under somebody else's "
            "control, and should not be contacted through telephones or addresses that others may hold."
        )
        yield from self.parties(self.case.victims)

    def parties(self, chosen: Sequence[Party]) -> Iterable[str]:
        if not self.without(_PARTY_LINES):
            yield from map(self.party, chosen)
            return
        shared: dict[tuple[str, str], list[str]] = {}
        for party in chosen:
            name = f" {self.shown_name(party.name)}" if party.name else ""
            key = (ROLE_WORDS[party.role], _bank(party))
            shared.setdefault(key, []).append(f"{self.account(party.id)}{name}")
        for (role, bank), people in shared.items():
            yield f"- {role}; {bank}: {', '.join(people)}."

    def party(self, party: Party) -> str:
        name = f", {self.shown_name(party.name)}" if party.name else ""
        text = f"- {self.account(party.id)}{name}: {ROLE_WORDS[party.role]}; {_bank(party)}"
        if not self.without(_ON_FILE):
            accounts = [a for a in party.accounts if a != party.id]
            text += f", account {', '.join(map(self.account, accounts))}" if accounts else ""
            occupation = party.facts.get("occupation")
            text += f"; occupation on file: {occupation}" if occupation else ""
            income = party.facts.get("declared_monthly_income_eur")
            if isinstance(income, int) and income > 0:
                stated = self.cents(income, "declared monthly income", f"parties {party.id}")
                text += f"; income on file: {stated} a month"
        if not self.without(_SUMS):
            text += self.relations(party)
        if not self.without(_GROUNDS) and party.why and party.role != UNCLEAR:
            text += f". Read so because: {self.noted(party.why[0], f'network_members {party.id}')}"
        return text + "."

    def relations(self, party: Party) -> str:
        out = []
        for verb, mine in (("paid", 0), ("was paid by", 1)):
            links = [link for link in self.case.links if link[mine] == party.id]
            if links:
                source = f"links of {party.id}"
                total = self.cents(sum(link[5] for link in links), f"{verb} parties", source)
                n = self.count(sum(link[4] for link in links), "payment", f"{verb} parties", source)
                who = self.count(len({link[1 - mine] for link in links}), "other party", "parties", source)
                out.append(f"{verb} {who} {total} in {n}")
        return f"; {' and '.join(out)}" if out else ""

    def shown_name(self, name: str) -> str:
        other = latin(name)
        if name.isascii() or other == name:
            return name
        return other if self.profile.text.ascii_only else f"{name} ({other})"

    def what(self) -> Iterable[str]:
        kinds = Counter(str(m.row.get("tx_type") or "other") for m in self.case.movements)
        moves = self.count(len(self.case.movements), "movement", "movements", "transactions")
        yield f"{moves}, {self.total()}:"
        most = 3 if self.without(_KINDS) else len(kinds)
        for kind, n in sorted(kinds.items(), key=lambda k: (-k[1], k[0]))[:most]:
            mine = [m for m in self.case.movements if str(m.row.get("tx_type") or "other") == kind]
            sums: dict[str, Decimal] = {}
            for m in mine:
                sums[m.currency] = sums.get(m.currency, Decimal(0)) + m.amount
            source = f"movements of kind {kind}"
            total = " and ".join(self.f.money(v, c, "sum", source) for c, v in sorted(sums.items()))
            yield f"- {kind.replace('_', ' ')}: {self.count(n, 'movement', 'number', source)}, {total}"
        channels = sorted({str(m.row["channel"]) for m in self.case.movements if m.row.get("channel")})
        if channels and not self.without(_KEYS):
            yield f"Channels: {', '.join(channels)}."

    def when(self) -> Iterable[str]:
        moves = self.case.movements
        if not moves:
            return
        first = self.day(moves[0].time, "first movement", "transactions")
        last = self.day(moves[-1].time, "last movement", "transactions")
        until = self.day(self.case.until, "end of the data", "manifest.data_until")
        days = (
            local_day(self.case.until, self.profile.zone) - local_day(moves[-1].time, self.profile.zone)
        ).days
        ago = self.count(max(days, 0), "day", "from the last movement to the end of the data", "transactions")
        yield (
            f"First movement {first}, last movement {last}; the last one is {ago} before the data end "
            f"({until})."
        )
        top = sorted(moves, key=lambda m: (-m.amount, m.time, m.id))[: 0 if self.without(_KEYS) else 3]
        for m in sorted(top, key=lambda m: (m.time, m.id)):
            on = self.day(m.time, "date of a key movement", f"transactions {m.id}")
            amount = self.f.money(m.amount, m.currency, "key movement", f"transactions {m.id}")
            yield f"- {on}: {amount} ({m.id})"

    def where(self) -> Iterable[str]:
        countries = case_countries(self.case, self.profile)
        places = Counter(
            str(m.row["location_city"]) for m in self.case.movements if m.row.get("location_city")
        )
        branches = sorted({
            str(self.case.accounts[a].get("branch")) for p in self.case.parties for a in p.accounts
            if a in self.case.accounts and self.case.accounts[a].get("branch")
        })  # fmt: skip
        most = 3 if self.without(_PLACES) else 12
        if countries:
            yield f"Countries of both sides: {', '.join(sorted(countries))}."
        if places and not self.without(_KEYS):
            top = sorted(places.items(), key=lambda p: (-p[1], p[0]))[:most]
            shown = ", ".join(f"{p} ({self.f.number(n, 'movements there', f'place {p}')})" for p, n in top)
            yield f"Places of machines, counters and cards: {shown}."
        if branches and not self.without(_KEYS):
            yield f"Branches of the accounts: {', '.join(branches[:most])}."

    def why(self) -> Iterable[str]:
        by_rule: dict[str, list[dict[str, object]]] = {}
        for hit in self.case.hits:
            by_rule.setdefault(hit["rule"], []).append(hit)
        rules = sorted(by_rule, key=lambda r: (-int(str(by_rule[r][0]["weight"])), r))
        most = 5 if self.without(_TITLES) else len(rules)
        for rule in rules[:most]:
            hits = by_rule[rule]
            per = 1 if self.without(_FINDINGS) else 2
            if self.without(_SENTENCES):
                n = self.count(len(hits), "finding", "findings of the rule", f"hits of {rule}")
                yield f"- Observed ({rule}): {hits[0]['title']}: {n}."
                continue
            yield f"- Observed ({rule}): {hits[0]['title']}."
            for hit in hits[:per]:
                said = self.noted(str(hit["evidence"]), f"hits {hit['hit_id']}")
                who = _IBAN.sub(lambda found: self.account(found[0]), str(hit["subject_id"]))
                yield f"  At {who}: {said}."
            if len(hits) > per:
                more = self.count(
                    len(hits) - per, "further finding", "findings of the rule", f"hits of {rule}"
                )
                yield f"  {more} of this kind."
        if rules[most:]:
            further = "; ".join(
                f"({r}) {self.f.number(len(by_rule[r]), 'findings of the rule', f'hits of {r}')}"
                for r in rules[most:]
            )
            yield f"- Observed by further rules, each with its number of findings: {further}."
        yield from self.weighed()

    def weighed(self) -> Iterable[str]:
        expected = [p for p in self.case.parties if p.facts.get("declared_monthly_income_eur")]
        if expected and not self.without(_ON_FILE):
            yield (
                "Compared with the expected profile: occupation and income on file stand beside each party "
                "above; the sums observed are to be read against them."
            )
        most = 3 if self.without(_READINGS) else 8
        if self.without(_READING_TEXTS):
            n = len(self.case.tests or self.case.explanations) + len(self.case.against)
            yield f"Lawful readings weighed: {self.number_of(n)}; they are in the case file."
            return
        if self.case.tests:
            yield "Lawful readings were weighed:"
            for test in self.case.tests[:most]:
                yield f"- {self.noted(test, 'networks.would_break')}."
        elif self.case.explanations:
            yield "Lawful readings to be weighed:"
            sober = [e for e in self.case.explanations if not VAGUE.search(e)]
            for text in sober[:most]:
                yield f"- {self.noted(text, 'rules.innocent_explanations')}."
        for hit in self.case.against[:most]:
            said = self.noted(str(hit["evidence"]), f"hits {hit['hit_id']}")
            yield f"- Speaks against it: {said}."

    def how(self) -> Iterable[str]:
        most = 3 if self.without(_MORE_FLOWS) else 10 if self.without(_FLOWS) else 40
        links = sorted(self.case.links, key=lambda link: (-link[5], link[0], link[1]))[:most]
        links.sort(key=lambda link: (link[2], link[0], link[1]))
        for payer, payee, first, last, n, cents in links:
            source = f"payments {payer} to {payee}"
            span = self.day(first, "first payment", source)
            if last != first:
                span += f" to {self.day(last, 'last payment', source)}"
            total = self.cents(cents, "sum", source)
            times = self.count(n, "payment", "number", source)
            yield f"- {span}: {self.account(payer)} paid {self.account(payee)} {total} in {times}."
        if len(self.case.links) > len(links):
            more = self.count(len(self.case.links) - len(links), "further flow", "flows not told", "links")
            yield f"{more} between the parties, smaller than these, are in the transactions."

    def not_known(self) -> Iterable[str]:
        yield (
            "Who gave the orders, who held cards, telephones and papers, and whether anybody acted freely "
            "cannot be seen in movements of money."
        )
        unnamed = sum(not p.name for p in self.case.parties)
        if unnamed:
            n = self.count(unnamed, "party", "parties without a name", "parties")
            yield f"Names of {n} are not in the data."
        if self.case.not_judged:
            n = self.count(len(self.case.not_judged), "rule", "rules not judged", "readiness")
            yield f"{n} could not be judged for lack of data; their silence says nothing."
        if self.case.left_out:
            n = self.count(self.case.left_out, "movement", "not readable", "evidence")
            yield f"{n} could not be read."
        if self.level:
            kinds = "; ".join(PARTS[: self.level]) if self.level < 5 else "sentences and sums in detail"
            yield f"Left out for length, and to be found in the case file: {kinds}."

    def close(self) -> Iterable[str]:
        yield f"Action taken: {(self.options.action or _action()).rstrip('.')}."
        if self.options.action:
            yield NOT_TOLD
        yield "With this report: the movements and the table of figures; the case file holds the rest."
        if self.profile.contact:
            yield f"Contact: {self.profile.contact}."
        yield CONFIDENTIAL
        if not self.options.reviewed:
            yield DRAFT


def _bank(party: Party) -> str:
    if party.customer:
        return "customer of this institution"
    return "account or person outside this institution"


def case_countries(case: FilingCase, profile: FilingProfile) -> set[str]:
    """Gives the countries of both sides of the case's movements, as the data name them."""
    columns: Sequence[str] = ("cp_country", "merchant_country", "location_country")
    found = {str(m.row[c]) for m in case.movements for c in columns if m.row.get(c)}
    return found | {profile.country} if profile.country else found

"""The narrative checklist N01 to N26, item by item: the text made here passes, a spoiled one does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.filing.filing_build import ON, Cases, profile
from thbscreen.filing.case import VICTIM, FilingCase, Party, local_day, read_case
from thbscreen.filing.checklist import ITEMS, check_narrative, numbers_of
from thbscreen.filing.draft import Request, make_draft
from thbscreen.filing.latin import latin
from thbscreen.filing.narrative import CONFIDENTIAL, DRAFT, NOT_TOLD, Narrative, Options, write_narrative
from thbscreen.filing.profile import FilingProfile
from thbscreen.rules.accusing import accusing_words

OPTIONS = Options(earlier=("STR-2026-17",))


def changed(own: FilingProfile, **values: Any) -> FilingProfile:
    return type(own)(**{**{name: getattr(own, name) for name in own.__slots__}, **values})


@pytest.fixture(scope="module", params=[0, 1, 2])
def case(cases: Cases, request: pytest.FixtureRequest) -> FilingCase:
    return cases.network(cases.network_ids()[request.param], "unnamed-5.0.1")


@pytest.fixture(scope="module")
def own() -> FilingProfile:
    return profile("unnamed-5.0.1")


@pytest.fixture(scope="module")
def text(case: FilingCase, own: FilingProfile) -> Narrative:
    return write_narrative(case, own, OPTIONS)


def failed(
    case: FilingCase, own: FilingProfile, text: Narrative, options: Options = OPTIONS, *only: str
) -> set[str]:
    return {c.id for c in check_narrative(case, own, text, options, only) if not c.passed}


def test_there_are_26_items() -> None:
    assert list(ITEMS) == [f"N{n:02d}" for n in range(1, 27)]


@pytest.mark.parametrize("name", ["unnamed-5.0.1", "emirates-5.0.2", "indonesia-4.0.2"])
def test_every_narrative_made_from_the_sample_passes_every_item(case: FilingCase, name: str) -> None:
    rules = profile(name)
    text = write_narrative(case, rules, OPTIONS)
    notes = [(c.id, c.note) for c in check_narrative(case, rules, text, OPTIONS) if not c.passed]
    assert notes == []


def test_the_narrative_of_a_subject_passes_every_item(cases: Cases, own: FilingProfile) -> None:
    for subject in cases.run.table("alerts")["subject_id"].to_list()[:3]:
        alone = read_case(cases.run, cases.pack, subject=subject)
        assert failed(alone, own, write_narrative(alone, own, OPTIONS)) == set()


def sub(pattern: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        out = re.sub(pattern, new, text, count=1, flags=re.DOTALL)
        assert out != text, pattern
        return out

    return change


def everywhere(pattern: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, new, text)


#: Item -> ways to spoil the reason so that this item fails.
SPOILED: dict[str, list[Callable[[str], str]]] = {
    "N01": [
        sub("TRAFFICKING-TEST-TOKEN", "TRAFFICKING-TEST"),
        sub("trafficking in human beings", "something"),
    ],
    "N02": [sub(r"- (P\d+)", "- P0000000"), sub(": (possible victim|possible controller)", ": person")],
    "N03": [
        everywhere(r"[\d,]+ movements", "movements"),
        everywhere(r"(EUR) in all|(?<=\d)\.\d\d EUR", "much"),
    ],
    "N04": [sub(r"before the data end", "back")],
    "N05": [sub("Countries of both sides: ", "Countries of both sides: XX, ")],
    "N06": [sub(r"\((THB-[A-Z]+-\d+)\)", "(a rule)"), sub("Lawful readings", "Readings")],
    "N07": [sub(r"\nHOW\n- (\d{4})", r"\nHOW\n- 2999")],
    "N08": [sub("\nCLOSE\n", "\n"), sub("With this report", "Also"), sub("Contact: [^.]*\\.", "")],
    "N10": [sub("WHO", "WHO\nThey are traffickers."), sub("WHO", "WHO\nObviously.")],
    "N11": [
        sub(
            "NOT KNOWN\n",
            "NOT KNOWN\nThere were several, and they were large, as everybody who has ever "
            "looked at such accounts for a while would say at once.\n",
        )
    ],
    "N12": [sub("Confidential: ", "Note: "), sub("WHO", "Dear customer\nWHO")],
    "N13": [
        sub(": possible victim;", ": possible victim, complicit;"),
        sub("WHO", "Her nationality is known.\nWHO"),
    ],
    "N14": [sub(r"(\d)\.\d\d EUR", r"\1.77 EUR"), sub(r"(\d{4}-\d\d)-\d\d", r"\1-44")],
    "N15": [sub("WHO", "WHO\na\tb"), sub("WHO", "WHO\n" + "- 2026-01-01 1.00\n" * 20)],
    "N16": [sub("WHO", "WHO\nFor all of this see attached.")],
    "N17": [sub("$", " x" * 9000), lambda text: text[:-3] + "ar"],
    "N18": [sub("WHO", "WHO\u200b"), sub("WHO", "WHO\x07")],
    "N19": [sub("STR-2026-17", "STR-2026-18")],
    "N22": [sub("Law of the tests, section 27", "some law")],
    "N23": [sub(re.escape(DRAFT), "")],
    "N26": [sub("WHO", "WHO\n" + "Αυτό το κείμενο είναι γραμμένο σε άλλη γλώσσα από το υπόλοιπο. " * 4)],
}


@pytest.mark.parametrize(
    ("item", "number"), [(i, n) for i, ways in SPOILED.items() for n in range(len(ways))]
)
def test_an_item_fails_for_a_text_spoiled_in_it(
    case: FilingCase, own: FilingProfile, text: Narrative, item: str, number: int
) -> None:
    spoiled = replace(text, reason=SPOILED[item][number](text.reason))
    assert failed(case, own, spoiled, OPTIONS, item) == {item}


def test_n04_a_date_that_is_not_first_or_last_is_noticed(
    case: FilingCase, own: FilingProfile, text: Narrative
) -> None:
    last = local_day(case.movements[-1].time, own.zone).isoformat()
    assert "N04" in failed(
        case, own, replace(text, reason=text.reason.replace(last, "2026-01-01")), OPTIONS, "N04"
    )


def test_n09_the_action_is_told_and_says_that_nobody_was_told(
    case: FilingCase, own: FilingProfile, text: Narrative
) -> None:
    assert NOT_TOLD in text.action
    assert "N09" in failed(case, own, replace(text, action=""), OPTIONS, "N09")
    silent = replace(text, action="Nothing.", reason=text.reason.replace(NOT_TOLD, ""))
    assert "N09" in failed(case, own, silent, OPTIONS, "N09")
    told = write_narrative(case, own, replace(OPTIONS, action="The file was passed to the officer."))
    assert told.action == "The file was passed to the officer."
    assert NOT_TOLD in told.reason


def test_n20_a_name_in_another_script_has_its_latin_form(
    case: FilingCase, own: FilingProfile, text: Narrative
) -> None:
    named = [p for p in case.parties if p.name and not p.name.isascii()]
    assert all(latin(p.name) in text.reason for p in named)
    party = Party("P-1", VICTIM, "", True, (), "natural", "Γιώργος Παπαδόπουλος")
    more = FilingCase(**{**case.__dict__, "parties": (*case.parties, party)})
    made = write_narrative(more, own, OPTIONS)
    assert "Γιώργος Παπαδόπουλος (Giorgos Papadopoulos)" in made.reason
    assert "N20" in failed(
        more, own, replace(made, reason=made.reason.replace("Giorgos", "George")), OPTIONS, "N20"
    )


def test_n21_account_numbers_are_shortened_when_the_profile_says_so(
    case: FilingCase, own: FilingProfile
) -> None:
    masked = changed(own, text=replace(own.text, mask_accounts=True))
    text = write_narrative(case, masked, OPTIONS)
    assert not re.search(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b", text.reason + text.long)
    assert failed(case, masked, text) == set()
    number = next(a for p in case.parties for a in p.accounts)
    assert "N21" in failed(
        case, masked, replace(text, reason=f"{text.reason}\nAccount {number}."), OPTIONS, "N21"
    )


def test_n23_the_mark_goes_once_an_officer_has_reviewed(case: FilingCase, own: FilingProfile) -> None:
    reviewed = replace(OPTIONS, reviewed=True)
    text = write_narrative(case, own, reviewed)
    assert DRAFT not in text.reason
    assert failed(case, own, text, reviewed) == set()
    assert "N23" in failed(case, own, text, OPTIONS, "N23")


def test_n24_the_same_input_gives_the_same_text(case: FilingCase, own: FilingProfile) -> None:
    assert write_narrative(case, own, OPTIONS) == write_narrative(case, own, OPTIONS)


def test_n25_urgency_stands_on_top(case: FilingCase, own: FilingProfile) -> None:
    urgent = FilingCase(**{**case.__dict__, "urgency": "movement within 30 days of the end of the data"})
    text = write_narrative(urgent, own, OPTIONS)
    assert "URGENT: movement within 30 days" in text.reason[:400]
    assert "N25" in failed(
        urgent, own, replace(text, reason=text.reason.replace("URGENT", "Note")), OPTIONS, "N25"
    )


# --- figures ------------------------------------------------------------------------------------------


def test_every_number_of_every_text_is_found_in_the_evidence(cases: Cases, case: FilingCase) -> None:
    """An independent look: tables of the run folder and movements, not the code that wrote the text."""
    own = profile("unnamed-5.0.1")
    made = write_narrative(case, own, OPTIONS)
    known: set[str] = set(numbers_of(f"{case.id} {own.legal_basis} {own.key_words} STR-2026-17"))
    for table in ("networks", "network_members", "hits", "alerts"):
        for row in cases.run.table(table).iter_rows(named=True):
            known |= set(numbers_of(str([v for k, v in row.items() if k not in {"tx_ids"}])))
    moves = [(local_day(m.time, own.zone).isoformat(), m.id, f"{m.amount:,.2f}") for m in case.movements]
    known |= {n for row in moves for cell in row for n in numbers_of(cell)}
    counted = figures_by_hand(case)
    strange = [n for n in numbers_of(made.long) if n not in known and n not in counted]
    assert strange == []
    assert len(numbers_of(made.long)) > 100


def figures_by_hand(case: FilingCase) -> set[str]:
    """Adds up and counts what a reader could: by kind, place, pair of parties, and in all."""
    out: set[str] = set()
    owner = {a: p.id for p in case.parties for a in (*p.accounts, p.id)}
    groups: dict[object, list[Any]] = {}
    for m in case.movements:
        ends = (owner.get(m.payer), owner.get(m.payee))
        keys: list[object] = ["all", ("kind", m.row.get("tx_type")), ("place", m.row.get("location_city"))]
        if None not in ends and ends[0] != ends[1]:
            keys += [("pair", *ends), ("from", ends[0]), ("to", ends[1])]
        for key in keys:
            groups.setdefault(key, []).append(m)
    for members in groups.values():
        out |= {f"{len(members):,}", f"{sum(m.amount for m in members):,.2f}"}
    pairs = [k for k in groups if isinstance(k, tuple) and k[0] == "pair"]
    for party in case.parties:
        out |= {str(sum(k[1] == party.id for k in pairs)), str(sum(k[2] == party.id for k in pairs))}
        income = party.facts.get("declared_monthly_income_eur")
        out |= {f"{income / 100:,.2f}"} if income else set()
    rules = [h["rule"] for h in case.hits]
    out |= {str(rules.count(r) - 2) for r in rules} | {str(len(pairs) - 40), str(len(case.parties))}
    out |= {str(sum(not p.name for p in case.parties))}
    zone = profile("unnamed-5.0.1").zone
    until = local_day(case.until, zone)
    return out | {
        str((until - local_day(case.movements[-1].time, zone)).days),
        *numbers_of(until.isoformat()),
    }


def test_every_figure_of_the_table_stands_in_the_text(
    case: FilingCase, own: FilingProfile, text: Narrative
) -> None:
    assert text.figures
    assert [f for f, _, _ in text.figures if f.rstrip(".") not in text.reason] == []


def test_no_text_of_a_draft_accuses(case: FilingCase, own: FilingProfile) -> None:
    draft = make_draft(case, own, Request(shape="activity", on=ON, options=OPTIONS))
    for name in ("narrative.txt", "action.txt", "checklist.md", "figures.csv"):
        assert accusing_words(draft.files[name].decode()) == []


def test_a_text_that_is_too_long_loses_whole_parts_and_says_so(case: FilingCase, own: FilingProfile) -> None:
    for most in (30000, 8000, 5000, 4000):
        tight = changed(
            own, schema=replace(own.schema, lengths={**own.schema.lengths, "report.reason": (0, most)})
        )
        text = write_narrative(case, tight, OPTIONS)
        assert len(text.reason) <= most * 0.95
        assert CONFIDENTIAL in text.reason
        assert failed(case, tight, text) == set()
        assert bool(text.left_out) == (len(text.long) > most * 0.95)


@pytest.mark.parametrize("most", [3000, 2500])
def test_a_cut_keeps_who_what_and_when_and_the_checklist_says_what_is_missing(
    case: FilingCase, own: FilingProfile, most: int
) -> None:
    tight = changed(own, schema=replace(own.schema, lengths={"report.reason": (0, most)}))
    draft = make_draft(case, tight, Request(shape="activity", on=ON, options=OPTIONS))
    lacking = {c.id for c in draft.checks if not c.passed}
    assert lacking.isdisjoint({"N01", "N02", "N03", "N04", "N09", "N12", "N13", "N14", "N17"})
    told = draft.files["checklist.md"].decode()
    assert "Left out of the narrative for length: " in told
    assert "behind the last whole sentence that fits" in told or lacking == set()
    assert {f"- [ ] {item}:" in told for item in lacking} <= {True}
    assert draft.files["narrative-long.txt"].decode().rstrip("\n") == draft.narrative.long


def test_even_a_hopeless_limit_keeps_the_opening_and_the_close(case: FilingCase, own: FilingProfile) -> None:
    tight = changed(own, schema=replace(own.schema, lengths={"report.reason": (0, 1500)}))
    text = write_narrative(case, tight, OPTIONS)
    assert len(text.reason) <= 1500 * 0.95
    assert text.reason.startswith("TRAFFICKING-TEST-TOKEN")
    assert CONFIDENTIAL in text.reason
    assert "N02" in failed(case, tight, text)

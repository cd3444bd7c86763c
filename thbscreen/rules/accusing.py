"""Words that accuse: no text that people read may hold them (R029).

A finding is a reason to look. Whoever stands in it may be a victim, so nobody is called the doer of a
crime, and nobody's being a victim is told as a fact. What a list looks for in payments, what tests feed
in and the titles of works are no texts of ours and are left alone.

Source: docs/explanation/victims.md
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from thbscreen.model.text import fold
from thbscreen.rules.yamltree import Findings, Map, Node, Scalar, Seq, token_span

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Keys whose values are data, words to look for, or quotations.
NOT_OURS = frozenset(
    {"sources", "source", "cite", "given", "entries", "must_match", "must_not_match", "add", "remove"}
)
#: Set phrases of the law that hold such a word and accuse nobody.
_TERMS = r"(?! (?:code|law|procedure|proceedings|justice|court)\b)"
_ENGLISH = (
    r"suspects?|offenders?|prostitutes?|illegal(?:ly)?|guilty|mules?|perpetrators?|traffickers?|culprits?"
    r"|pimps?|crooks?|fraudsters?|smugglers?|launderers?|wrongdoers?|villains?|hookers?|whores?"
    r"|slaves?|abusers?|exploiters?|dirty money|(?:from|of|by|with) a victim|proves trafficking"
    r"|trafficked (?:wom[ae]n|m[ae]n|girls?|boys?|persons?|people|child(?:ren)?)|brothel (?:owner|keeper)s?"
    r"|(?:asian|african|foreign|roma) (?:wom[ae]n|m[ae]n|girls?)|foreigners?"
)
#: Beginnings of words in the languages of translations, folded: Greek, Romanian, French, Spanish, Russian.
_BEGINNINGS = (
    "εγκληματι", "δραστησ", "δραστεσ", "ενοχοσ", "ενοχοι", "πορνη", "πορνεσ", "ιεροδουλ", "διακινητ",
    "σωματεμπορ", "μαστροπ", "υποπτοσ", "υποπτοι", "υποπτη", "infractor", "traficant", "trafiquant",
    "proxenet", "proxeneta", "prostituat", "vinovat", "coupable", "delincuente", "culpable", "преступник",
    "проститут", "сутенер", "виновн", "подозреваем",
)  # fmt: skip
ACCUSING = re.compile(
    rf"\b(?:{_ENGLISH}|criminals?{_TERMS}|(?:{'|'.join(_BEGINNINGS)})\w*"
    # a victim as a fact; `may be the victim` and offices such as `the victim support` are none
    r"|(?<!\bbe )(?<!\bas )(?:the|these|those|their|his|her) victims?\b"
    r"(?! (?:support|assistance|identification|protection|referral)))\b",
    re.IGNORECASE,
)


#: One of these is in every text of plain letters in which `ACCUSING` finds something; they are found faster.
_SIGNS = (
    "suspect", "offender", "prostitute", "illegal", "guilty", "mule", "perpetrator", "trafficker", "culprit",
    "pimp", "crook", "fraudster", "smuggler", "launderer", "wrongdoer", "villain", "hooker", "whore", "slave",
    "abuser", "exploiter", "dirty money", "victim", "proves trafficking", "trafficked", "brothel", "asian",
    "african", "foreign", "roma", "criminal", *(word for word in _BEGINNINGS if word.isascii()),
)  # fmt: skip


def accusing_words(text: str) -> list[tuple[int, str]]:
    """Gives every accusing word of a text with its position, however its letters are disguised."""
    return list(_found(text))


@lru_cache(maxsize=1 << 14)  # a pack says the same keys and names of columns over and over
def _found(text: str) -> tuple[tuple[int, str], ...]:
    plain = text.replace("_", " ")
    if plain.isascii():
        small = plain.lower()
        if not any(sign in small for sign in _SIGNS):
            return ()
        return tuple((found.start(), found.group()) for found in ACCUSING.finditer(plain))
    folded = fold(plain)
    same = len(folded) == len(text)
    return tuple(
        (found.start() if same else 0, text[found.start() : found.end()] if same else found.group())
        for found in ACCUSING.finditer(folded)
    )


def refuse_accusing(findings: Findings, root: Node | None) -> None:
    """Reports every accusing word in the texts and names of a rule, list or profile."""
    for scalar in _texts(root):
        for start, word in accusing_words(scalar.text):
            at = token_span(findings, scalar, start, len(word))
            findings.error(
                "R029", f"'{word}' accuses somebody", at,
                help="say what the money does; whoever is found may be a victim",
            )  # fmt: skip


def _texts(node: Node | None) -> Iterator[Scalar]:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, Scalar):
            yield here
        elif isinstance(here, Seq):
            waiting.extend(reversed(here.items))
        elif isinstance(here, Map):
            for key, value in reversed(here.entries):
                if key.text not in NOT_OURS:
                    waiting.append(value)
                waiting.append(key)

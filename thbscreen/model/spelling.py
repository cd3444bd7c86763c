"""How a word of a list may be spelled in a payment text: in Latin letters, with digits, or damaged.

Texts in Greek or Cyrillic letters are never turned into Latin ones, because many different words would
fall together. Instead the word of the list is written out, once, in every usual spelling.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import combinations

from thbscreen.model.text import fold

#: Most spellings in other letters that one word may have.
MAX_SPELLINGS = 2_000
#: Fewest letters of a spelling in other letters, for words that do not stand in a phrase.
MIN_SPELLED = 4
#: Fewest letters of a word that may be damaged or written with digits.
MIN_LETTERS = 6
#: Fewest letters that stand side by side in a damaged word.
MIN_RUN = 4
#: What a bank writes for a letter that it cannot write, and the sign for it in a spelling.
DAMAGE = "?.\ufffd"
LOST = "?"

#: Usual Latin spellings of folded Greek letters and pairs of letters.
GREEK: dict[str, tuple[str, ...]] = {
    "α": ("a",), "β": ("v", "b"), "γ": ("g", "gh", "y"), "δ": ("d", "dh"), "ε": ("e",), "ζ": ("z",),
    "η": ("i", "h", "n"), "θ": ("th", "8", "9"), "ι": ("i",), "κ": ("k",), "λ": ("l",), "μ": ("m",),
    "ν": ("n",), "ξ": ("x", "ks", "3"), "ο": ("o",), "π": ("p",), "ρ": ("r",), "σ": ("s",), "τ": ("t",),
    "υ": ("y", "u", "i"), "φ": ("f", "ph"), "χ": ("x", "h", "ch", "kh"), "ψ": ("ps", "4"),
    "ω": ("o", "w"),
    "αι": ("e",), "ει": ("i",), "οι": ("i",), "ου": ("u", "oy"), "αυ": ("av", "af"), "ευ": ("ev", "ef"),
    "μπ": ("b", "mb"), "ντ": ("d", "nd"), "γκ": ("g", "ng"), "γγ": ("ng", "g"), "τζ": ("j", "dz"),
}  # fmt: skip

#: Usual Latin spellings of Cyrillic letters (small, with their marks) and pairs of letters.
CYRILLIC: dict[str, tuple[str, ...]] = {
    "а": ("a",), "б": ("b",), "в": ("v", "w"), "г": ("g", "h"), "ґ": ("g",), "д": ("d",),
    "е": ("e", "ye", "ie"), "ё": ("e", "yo", "io", "jo"), "є": ("e", "ye", "ie", "je"),
    "ж": ("zh", "j", "z"), "з": ("z",), "и": ("i", "y"), "і": ("i",), "ї": ("i", "yi", "ji"),
    "й": ("y", "i", "j"), "ј": ("j",), "к": ("k",), "л": ("l",), "м": ("m",), "н": ("n",), "о": ("o",),
    "п": ("p",), "р": ("r",), "с": ("s",), "т": ("t",), "у": ("u",), "ў": ("u", "w"), "ф": ("f",),
    "х": ("kh", "h", "x"), "ц": ("ts", "c", "tz"), "ч": ("ch", "c", "4"), "ш": ("sh", "s", "6"),
    "щ": ("shch", "sch", "sht"), "ъ": ("a", "u", ""), "ы": ("y", "i"), "ь": ("",), "э": ("e",),
    "ю": ("yu", "ju", "iu"), "я": ("ya", "ja", "ia"),
    "ий": ("y", "i"), "ый": ("y",), "ия": ("ia", "ya"), "ьо": ("yo", "io"),
}  # fmt: skip

#: Digits that stand for the Latin letter they resemble.
DIGITS: tuple[tuple[str, str], ...] = (
    ("o", "0"), ("i", "1"), ("l", "1"), ("e", "3"), ("a", "4"), ("s", "5"),
)  # fmt: skip

_TABLE = GREEK | CYRILLIC


class ManySpellingsError(ValueError):
    """A word has more spellings than anybody can review."""


def _letters(word: str) -> list[str]:
    """Gives the letters of a native word as keys of the tables: Greek folded, Cyrillic with its marks."""
    composed = unicodedata.normalize("NFKC", word).lower()
    keys = []
    for c in composed:
        folded = fold(c)
        if folded:  # an invisible character or a loose mark is no letter
            keys.append(c if c in CYRILLIC else folded)
    return keys if "".join(fold(c) for c in keys) == fold(word) else list(fold(word))


def is_native(word: str) -> bool:
    """Says whether a word is written in Greek or Cyrillic letters that have Latin spellings."""
    letters = [c for c in _letters(word) if not c.isdigit()]
    return bool(letters) and all(c in _TABLE for c in letters)


@lru_cache(maxsize=20_000)
def latin(word: str) -> frozenset[str]:
    """Gives the usual Latin spellings of a word in Greek or Cyrillic letters; none for other words.

    Every letter has its own few spellings (`GREEK`, `CYRILLIC`), and each may come beside each.

    Raises:
        ManySpellingsError: there are more than `MAX_SPELLINGS`.
    """
    if not is_native(word):
        return frozenset()
    letters = _letters(word)
    ends: list[set[str]] = [set() for _ in letters] + [{""}]
    for at in reversed(range(len(letters))):
        here = ends[at]
        for size in (1, 2):
            unit = "".join(letters[at : at + size])
            if at + size <= len(letters):
                spelled = _TABLE.get(unit, () if size > 1 else (unit,))
                here.update(one + rest for one in spelled for rest in ends[at + size])
        if len(here) > MAX_SPELLINGS:
            raise ManySpellingsError(word)
    return frozenset(ends[0])


@lru_cache(maxsize=20_000)
def with_digits(word: str) -> frozenset[str]:
    """Gives the spellings of a Latin word in which `DIGITS` stand for letters.

    A digit stands for one letter, for the same letter wherever it comes, or all digits stand for all their
    letters. Words of fewer than `MIN_LETTERS` have no such spellings.
    """
    folded = fold(word)
    if len(folded) < MIN_LETTERS or not (folded.isascii() and folded.isalpha()):
        return frozenset()
    out = {folded.replace(letter, digit) for letter, digit in DIGITS}
    every = folded
    for letter, digit in DIGITS:
        out |= {folded[:at] + digit + folded[at + 1 :] for at, c in enumerate(folded) if c == letter}
        every = every.replace(letter, digit) if letter != "l" else every
    return frozenset(out | {every}) - {folded}


@lru_cache(maxsize=20_000)
def damaged(word: str) -> frozenset[str]:
    """Gives what is left of a Latin word when a bank could not write some letters (`LOST` for each).

    Any letters outside ASCII may be lost. A word has no damaged spelling when it has fewer than
    `MIN_LETTERS`, when more than a third of it would be lost, or when nowhere `MIN_RUN` letters stand side
    by side.
    """
    letters = [c for c in unicodedata.normalize("NFKC", word).lower() if fold(c)]
    plain = [fold(c) for c in letters]
    if len(letters) < MIN_LETTERS or not all(c.isascii() for c in plain):
        return frozenset()
    risky = [at for at, c in enumerate(letters) if not c.isascii()]
    out = set()
    for count in range(1, min(len(risky), len(letters) // 3) + 1):
        for lost in combinations(risky, count):
            left = "".join(LOST if at in lost else c for at, c in enumerate(plain))
            if max(map(len, left.split(LOST))) >= MIN_RUN:
                out.add(left)
        if len(out) > MAX_SPELLINGS:
            raise ManySpellingsError(word)
    return frozenset(out)

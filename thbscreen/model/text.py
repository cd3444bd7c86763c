"""Folding of free text, so that a word is found however it was typed.

The same folding is applied to list entries and to texts. The tables are constants: the polars twin
in `thbscreen.compile.text` is built from them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Code point ranges (both ends included) that vanish besides all marks (M*) and format characters (Cf):
#: the default-ignorable code points of other categories.
REMOVED_RANGES: tuple[tuple[int, int], ...] = (
    (0x115F, 0x1160),
    (0x2065, 0x2065),
    (0x3164, 0x3164),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)

#: Letters that compatibility decomposition and lower-casing leave apart, and what they become.
LETTERS: dict[str, str] = {
    "ς": "σ", "đ": "d", "ð": "d", "ı": "i", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe",
    "þ": "th", "ħ": "h", "ŧ": "t", "ŋ": "n", "ĸ": "k", "ƒ": "f", "ə": "e",
    "\u1c80": "в", "\u1c81": "д", "\u1c82": "о", "\u1c83": "с", "\u1c84": "т", "\u1c85": "т",
    "\u1c86": "ъ", "\u1c87": "ѣ", "\u1c88": "\ua64b",
}  # fmt: skip

#: Letters that look alike in print, small or capital: one row per shape (Latin, Greek, Cyrillic).
LOOKALIKES: tuple[tuple[str, str, str], ...] = (
    ("a", "α", "а"), ("b", "β", "в"), ("c", "", "с"), ("e", "ε", "е"), ("h", "η", "н"), ("i", "ι", "і"),
    ("j", "", "ј"), ("k", "κ", "к"), ("m", "μ", "м"), ("n", "ν", ""), ("o", "ο", "о"), ("p", "ρ", "р"),
    ("s", "", "ѕ"), ("t", "τ", "т"), ("x", "χ", "х"), ("y", "υ", "у"), ("z", "ζ", ""), ("d", "", "ԁ"),
    ("q", "", "ԛ"), ("w", "", "ԝ"), ("", "γ", "г"), ("", "π", "п"), ("", "φ", "ф"), ("", "λ", "л"),
)  # fmt: skip

#: Ranges of the three scripts whose letters are mixed to disguise a word, after folding.
SCRIPTS: tuple[tuple[str, str], ...] = (("a", "z"), ("\u0370", "\u03ff"), ("\u0400", "\u052f"))

_REMOVED = re.compile("[" + "".join(f"{chr(a)}-{chr(b)}" for a, b in REMOVED_RANGES) + "]")
_LETTER_TABLE = str.maketrans(LETTERS)
_WORD = re.compile(r"[^\W_]+")
_LATIN, _GREEK, _CYRILLIC = (f"[{a}-{b}]" for a, b in SCRIPTS)
#: True of a folded text in which some word may mix scripts; only those texts need lookalike folding.
MIXED_PATTERN = r"[a-z][^\W_]*[\u0370-\u052f]|[\u0370-\u052f][^\W_]*[a-z]|" + "|".join(
    rf"{one}[^\W_]*{two}" for one, two in ((_GREEK, _CYRILLIC), (_CYRILLIC, _GREEK))
)
_MIXED = re.compile(MIXED_PATTERN)
_TO_SCRIPT: tuple[dict[str, str], ...] = tuple(
    {row[other]: row[script] for row in LOOKALIKES for other in range(3) if row[script] and row[other]}
    for script in range(3)
)


def _script(letter: str) -> int | None:
    for number, (first, last) in enumerate(SCRIPTS):
        if first <= letter <= last:
            return number
    return None


def unmix(word: str) -> str:
    """Writes a word that mixes Latin, Greek and Cyrillic letters in one script, as far as shapes allow.

    The script is the one that leaves the fewest foreign letters; ties go to the script with the most
    letters in the word. Words of one script come back unchanged.
    """
    scripts = [_script(c) for c in word]
    present = {s for s in scripts if s is not None}
    if len(present) < 2:
        return word

    def cost(target: int) -> tuple[int, int, int]:
        foreign = sum(
            s is not None and s != target and c not in _TO_SCRIPT[target]
            for c, s in zip(word, scripts, strict=True)
        )
        return foreign, -scripts.count(target), target

    table = _TO_SCRIPT[min(present, key=cost)]
    return "".join(table.get(c, c) for c in word)


def fold(text: str) -> str:
    """Gives the text without accents, case, invisible characters and borrowed lookalike letters.

    Steps: compatibility decomposition (NFKD); marks, format characters and default-ignorable
    characters removed; lower case; the letters of `LETTERS`; and inside words that mix scripts,
    `unmix`. Folding twice changes nothing.
    """
    return _fold_letter(text) if len(text) == 1 else _fold(text)


def _fold(text: str) -> str:
    text = unicodedata.normalize("NFKD", text)
    if not text.isascii():
        text = _REMOVED.sub("", text)
        text = "".join(c for c in text if unicodedata.category(c) not in _VANISHING)
        # lower-casing can bring a mark (capital I with dot), which vanishes like the others
        text = "".join(c for c in text.lower() if unicodedata.category(c) not in _VANISHING)
        text = text.translate(_LETTER_TABLE)
        if _MIXED.search(text):
            text = _WORD.sub(lambda found: unmix(found.group()), text)
        return text
    return text.lower()


_VANISHING = frozenset({"Mn", "Mc", "Me", "Cf"})
#: Words are spelled letter by letter, and there are few letters.
_fold_letter = lru_cache(maxsize=5_000)(_fold)


def words(folded: str) -> str:
    """Gives the words of a folded text, each between two blanks of its own: " a  b ".

    A word is a run of letters and digits. A text without words gives two blanks.
    """
    return f" {'  '.join(_WORD.findall(folded))} "

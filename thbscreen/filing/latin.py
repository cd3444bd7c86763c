"""Letters that an FIU's texts may hold: plain Latin ones where it asks for them, and nothing invisible.

Greek follows ELOT 743, the transcription of Greek passports (ISO 843 type 2). Cyrillic follows the table of
ICAO 9303. The original stays in the structured fields where the version has one for it.
"""

from __future__ import annotations

import re
import unicodedata

#: Pairs that are read together; the marks of the second letter decide.
_GREEK_PAIRS = {
    "ου": "ou", "γγ": "ng", "γξ": "nx", "γχ": "nch",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k",
    "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t",
    "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i",
    "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "ie", "ы": "y",
    "ь": "", "э": "e", "ю": "iu", "я": "ia", "і": "i", "ї": "i", "є": "ie", "ґ": "g", "ђ": "dj", "ј": "j",
}  # fmt: skip
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h",
}  # fmt: skip
_SIGNS = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-",
    "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "€": "EUR", "£": "GBP", "•": "-", "·": "-",
    "×": "x", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "№": "No.",
}  # fmt: skip
#: Soft hyphens, zero width and direction marks: legal, invisible, and able to reorder what is read.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_VOICED = set("αεηιουωβγδζλμνρ")


def plain(text: str, *, line_breaks: bool = True) -> str:
    """Gives the text without control and invisible characters and without tabs.

    Args:
        text: any text.
        line_breaks: keep line ends; otherwise each becomes a blank.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub("", _HIDDEN.sub("", text.replace("\t", " ").replace("\u2028", "\n")))
    if not line_breaks:
        text = " ".join(text.split())
    return text


def is_plain(text: str, *, ascii_only: bool, line_breaks: bool) -> bool:
    """Tells whether a text holds allowed characters only."""
    return (
        plain(text, line_breaks=True) == text
        and (line_breaks or "\n" not in text)
        and (not ascii_only or text.isascii())
    )


def latin(text: str) -> str:
    """Gives the text in ASCII letters; what has no Latin form is taken out."""
    out: list[str] = []
    letters = unicodedata.normalize("NFC", text)
    position = 0
    while position < len(letters):
        used, made = _at(letters, position)
        out.append(made)
        position += used
    return "".join(out)


def _at(text: str, position: int) -> tuple[int, str]:
    """Gives how many characters are read at a place, and what they become."""
    letter = text[position]
    if letter.isascii():
        return 1, letter
    if letter in _SIGNS:
        return 1, _SIGNS[letter]
    base, low = _bare(letter)
    if low in _GREEK:
        return _greek(text, position)
    low_letter = letter.lower()
    if low_letter in _CYRILLIC:
        return 1, _cased(_CYRILLIC[low_letter], letter, text[position + 1 : position + 2])
    if low in _LATIN:
        return 1, _cased(_LATIN[low], letter, text[position + 1 : position + 2])
    return 1, base if base.isascii() else ""


def _bare(letter: str) -> tuple[str, str]:
    base = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    return base, base.lower()


def _greek(text: str, position: int) -> tuple[int, str]:
    letter = text[position]
    low = _bare(letter)[1]
    following = text[position + 1 : position + 2]
    second = _bare(following)[1] if following else ""
    # An accent on the first letter or two dots on the second one part the pair.
    parted = "\u0301" in unicodedata.normalize("NFD", letter) or "\u0308" in unicodedata.normalize(
        "NFD", following
    )
    after = text[position + 2 : position + 3]
    pair = low + second
    if pair in _GREEK_PAIRS and not (pair == "ου" and parted):
        return 2, _cased(_GREEK_PAIRS[pair], letter, following)
    if second == "υ" and low in "αεη" and not parted:
        voiced = _bare(after)[1] in _VOICED if after else False
        return 2, _cased(_GREEK[low] + ("v" if voiced else "f"), letter, following)
    if pair == "μπ":
        inside = position > 0 and text[position - 1].isalpha() and after.isalpha()
        return 2, _cased("mp" if inside else "b", letter, following)
    return 1, _cased(_GREEK[low], letter, following)


def _cased(made: str, letter: str, following: str) -> str:
    if not letter.isupper():
        return made
    return made.upper() if not following or following.isupper() else made.capitalize()

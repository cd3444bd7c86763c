"""Names of customers and counterparties in one form, so that one of two spellings finds the other.

A name in Greek or Cyrillic letters has the Latin spellings of the standards that passports and registers
follow, and two names are alike when they share one. This only says that two names may be of one party. It is
never read for where a name comes from, and an equal name alone never makes two customers one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from thbscreen.model.text import fold

#: Abbreviations of legal forms, folded; left out at the end of a name.
LEGAL_FORMS = frozenset({
    "ltd", "limited", "plc", "llc", "llp", "lp", "inc", "incorporated", "corp", "corporation", "company",
    "co", "gmbh", "mbh", "ug", "ag", "kg", "ohg", "gbr", "ev", "eg", "se", "sa", "sas", "sarl", "sarlu",
    "eurl", "snc", "sca", "spa", "srl", "srls", "sapa", "bv", "nv", "vof", "cv", "bvba", "sprl", "asbl",
    "vzw", "oy", "oyj", "ab", "as", "asa", "aps", "sl", "slu", "sll", "lda", "sro", "spol", "zoo", "doo",
    "dd", "ad", "ead", "eood", "ood", "kft", "zrt", "nyrt", "bt", "rt", "sia", "uab", "ou", "oue", "ike",
    "epe", "ae", "oe", "ee", "μον", "ικε", "επε", "αε", "οε", "εε", "λτδ", "ооо", "оао", "зао", "пао", "ип",
})  # fmt: skip
_TITLES = frozenset({
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "mme", "mlle", "sr", "sra", "sig", "κ",
    "κα", "κος", "κυρ", "κυριοσ", "κυρια", "δρ", "κοσ", "γ", "г", "гн", "гжа", "kyrios", "kyria",
})  # fmt: skip
_NOBODY = frozenset({
    "unknown", "none", "null", "na", "nn", "various", "anonymous", "not provided", "notprovided", "nonref",
    "αγνωστοσ", "αγνωστη", "διαφοροι", "неизвестно", "unbekannt", "inconnu", "cash", "customer", "client",
})  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_INITIALS = re.compile(r"(?<=\b\w)\.(?=\w\b)")
_CYRILLIC_WORD = re.compile(r"[\u0400-\u052f]+")
_VANISHING = frozenset({"Mn", "Me", "Cf"})
_GREEK = re.compile(r"[\u0370-\u03ff]")

_ELOT = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k",
    "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "τ": "t", "υ": "y",
    "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o", "ου": "ou", "γγ": "ng", "γξ": "nx", "γχ": "nch",
}  # fmt: skip
#: Greek standards: letters and pairs, and whether αυ, ευ, ηυ are spoken (av, af) or written (au).
_GREEK_TABLES: tuple[tuple[dict[str, str], bool], ...] = (
    (_ELOT | {"^μπ": "b"}, True),  # ELOT 743, which is ISO 843 type 2
    (_ELOT | {"γγ": "gg", "γξ": "gx", "γχ": "gch"}, False),  # ISO 843 type 1, its marks taken away
    (  # what passports and registers wrote before ELOT 743
        _ELOT | {"χ": "h", "μπ": "mb", "^μπ": "b", "^ντ": "d", "^γκ": "g", "γχ": "nh", "^γι": "yi",
                 "^γε": "ye", "^γυ": "yi"}, True,
    ),
)  # fmt: skip
_VOICELESS = "θκξπστφχψ"

_ICAO = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "ie", "ж": "zh",
    "з": "z", "и": "i", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o",
    "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch",
    "ш": "sh", "щ": "shch", "ъ": "ie", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia", "ј": "j",
    "љ": "lj", "њ": "nj", "ћ": "c", "ђ": "d", "џ": "dz", "ѓ": "g", "ќ": "k", "ѕ": "dz",
}  # fmt: skip
_YOTED = {"є": "ie", "^є": "ye", "^ю": "yu", "^я": "ya", "^ї": "yi", "^й": "y"}
#: Cyrillic standards, the one of machine-readable passports first.
_CYRILLIC_TABLES: tuple[dict[str, str], ...] = (
    _ICAO,  # ICAO 9303
    _ICAO | {  # ISO 9, its marks taken away
        "є": "e", "ж": "z", "й": "j", "х": "h", "ц": "c", "ч": "c", "ш": "s", "щ": "s", "ъ": "", "ю": "u",
        "я": "a", "љ": "l", "њ": "n", "џ": "d",
    },
    _ICAO | {"й": "y", "ю": "yu", "я": "ya", "ъ": "", "ё": "yo", "є": "ye", "ї": "yi"},  # BGN/PCGN
    _ICAO | {"х": "h", "щ": "sht", "ъ": "a", "ь": "y", "ю": "yu", "я": "ya", "й": "y"},  # Bulgarian law
    _ICAO | _YOTED | {"г": "h", "зг": "zgh", "и": "y"},  # Ukrainian resolution 55 of 2010
)  # fmt: skip


def _spelled(word: str, table: dict[str, str]) -> str:
    """Writes a word letter by letter, pairs before single letters; `^` marks its beginning."""
    out, at = [], 0
    while at < len(word):
        for size in (2, 1):
            unit = word[at : at + size]
            found = table.get(f"^{unit}") if at == 0 else None
            found = table.get(unit) if found is None else found
            if found is not None and len(unit) == size:
                out.append(found)
                at += size
                break
        else:
            out.append(word[at])
            at += 1
    return "".join(out)


def _greek(word: str, standard: int) -> str:
    table, spoken = _GREEK_TABLES[standard]
    if spoken:
        word = re.sub(rf"(?<=[αεη])υ(?=[{_VOICELESS}]|$)", "φ", word)
        word = re.sub(r"(?<=[αεη])υ", "β", word)
    else:
        word = re.sub(r"(?<=[αεη])υ", "u", word)
    return _spelled(word, table)


@lru_cache(maxsize=200_000)
def _latin(word: str, standard: int) -> str:
    """Writes one word of a lower-case text in plain Latin letters by one of the standards."""
    if word.isascii():
        return word
    if _CYRILLIC_WORD.fullmatch(word):
        return fold(_spelled(word, _CYRILLIC_TABLES[min(standard, len(_CYRILLIC_TABLES) - 1)]))
    folded = fold(word)
    if _CYRILLIC_WORD.fullmatch(folded):
        return _spelled(folded, _CYRILLIC_TABLES[min(standard, len(_CYRILLIC_TABLES) - 1)])
    if _GREEK.search(folded):
        return fold(_greek(folded, min(standard, len(_GREEK_TABLES) - 1)))
    if folded.isascii():
        return folded
    from anyascii import anyascii  # noqa: PLC0415  # its tables are read when a name needs them

    return anyascii(folded).lower()


def latin(word: str) -> str:
    """Gives a word in plain small Latin letters: ELOT 743 for Greek, ICAO 9303 for Cyrillic letters.

    Words in other scripts are spelled as the library anyascii spells them.
    """
    return _latin(unicodedata.normalize("NFKC", word).lower(), 0)


def _folded(word: str) -> str:
    return word if word.isascii() else _folded_once(word)


_folded_once = lru_cache(maxsize=100_000)(fold)


def _words(text: str) -> list[str]:
    plain = text.lower()
    if not text.isascii():
        # A combining mark or an invisible character must not end a word.
        plain = unicodedata.normalize("NFKC", text).lower()
        plain = "".join(c for c in plain if c.isalnum() or unicodedata.category(c) not in _VANISHING)
        plain = plain.replace("\u2019", "")
    if "." in plain:
        plain = _INITIALS.sub("", plain)
    words = _WORD.findall(plain.replace("'", ""))
    if " ".join(_folded(w) for w in words) in _NOBODY:
        return []
    kept = [w for w in words if _folded(w) not in _TITLES] or words
    while len(kept) > 1 and _folded(kept[-1]) in LEGAL_FORMS:
        kept.pop()
    return kept if any(c.isalpha() for w in kept for c in w) else []


def name_key(text: str) -> str:
    """Gives the one form of a name under which it is hashed; empty when there is no name in the text.

    Case, accents, points, titles, legal forms at the end and the order of words do not count. Greek is
    spelled by ELOT 743, Cyrillic by ICAO 9303.
    """
    return " ".join(sorted(filter(None, (latin(w) for w in _words(text)))))


def name_keys(text: str) -> frozenset[str]:
    """Gives the forms of a name under all standards; names that share one may be of one party."""
    words = _words(text)
    if all(w.isascii() for w in words):
        return frozenset({" ".join(sorted(words))}) if words else frozenset()
    out = set()
    for standard in range(max(len(_CYRILLIC_TABLES), len(_GREEK_TABLES))):
        spelled = sorted(filter(None, (_latin(w, standard) for w in words)))
        out.add(" ".join(spelled))
    return frozenset(out - {""})

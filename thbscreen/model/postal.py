"""Postal addresses in one form, so that spellings do not keep one door apart, and flats stay apart.

No library of addresses is used: those that are good hold a model of gigabytes, and the small ones know the
form of one country. What is told apart here is what doors need: every number stays, and a number that is a
flat, floor, entrance or box is marked as such before the order of the parts is given up.
"""

from __future__ import annotations

import re
import unicodedata

from thbscreen.model.people import latin

_NUMBER_WORDS = frozenset({"no", "nr", "num", "number", "ar", "arith", "arithmos", "#"})
#: Words that only say that a street is a street; written or left out as people like.
_STREET = frozenset({
    "street", "str", "st", "odos", "od", "strasse", "rue", "via", "calle", "ulica", "ul", "ulitsa", "utca",
    "strada", "sokak", "sok", "road", "rd", "no", "nr", "num", "number", "arithmos", "ar", "arith",
    "house", "dom", "building", "bldg", "ktirio", "polykatoikia", "pol",
})  # fmt: skip
#: Words of one kind of place, and the word that stands for all of them.
_KINDS = {
    word: kind
    for kind, words in {
        "avenue": "avenue ave av leoforos leof leoforou avenida prospekt prosp bulevard boulevard blvd bul",
        "square": "square sq plateia plat platia platz place plaza piata ploshchad",
        "lane": "lane ln parodos par",
        "saint": "saint agios agia agiou agias agioi agion ag ayios ayia ayiou ayias",
        "archbishop": "archbishop archiepiskopou arch archiepiskopos arhiepiskopou",
        "nicosia": "nicosia lefkosia lefkosa nikosia leykosia",
        "limassol": "limassol lemesos lemesou lemessos",
        "larnaca": "larnaca larnaka larnacas larnakas",
        "paphos": "paphos pafos pafou baf",
        "famagusta": "famagusta ammochostos ammohostos",
        "athens": "athens athina athinai athinon",
        "thessaloniki": "thessaloniki salonica thessalonikis",
        "piraeus": "piraeus peiraias pireas peiraiotis",
    }.items()
    for word in words.split()
}
_TOWNS = frozenset(
    {"nicosia", "limassol", "larnaca", "paphos", "famagusta", "athens", "thessaloniki", "piraeus"}
)
#: Names of countries, for the end of an address.
_COUNTRIES = frozenset({
    "cyprus", "kypros", "kyproy", "cy", "greece", "ellada", "ellas", "hellas", "gr", "el", "bulgaria", "bg",
    "balgariia", "romania", "ro", "deutschland", "germany", "de", "uk", "gb", "russia", "rossiia", "ru",
})  # fmt: skip
#: What may stand before the number of a part of a building, and what the part is.
_PARTS = {
    word: part
    for part, words in {
        "flat": "flat apartment apartments apt appt diamerisma diam diamer unit suite ste office grafeio "
        "graf room rm domatio kvartira kv top tur wohnung door app appartement",
        "floor": "floor fl orofos or orof level etage stock etazh",
        "block": "block blk entrance eisodos eis vchod vhod skala bl scara kat korpus",
        "box": "box pobox tth thyrida thyrides postfach postbox",
    }.items()
    for word in words.split()
}
_HOUSE = re.compile(r"^\d+[a-z]?$")
_TOKEN = re.compile(r"\d+[a-z]?\u00ba?(?:[/-]\d+[a-z]?)*|#|,|;|[^\W\d_]+\d*[a-z]?")
#: Written for "ground floor"; the Greek words stand alone.
_GROUND = frozenset({"ground", "isogeio", "isogeion", "isog", "erdgeschoss", "parterre"})
_POBOX = re.compile(
    r"\b(?:p\.?\s*o\.?\s*box|post\s*office\s*box|τ\.?\s*[θκ]\.?|t\.?\s*th\.?)(?=[\s:.,]|\d|$)"
)
_ORDINAL = re.compile(r"(\d+)(?:\s?(?:ος|ου|ης|ας|ού|ής)|η|ο|st|nd|rd|th|os|is|ou|us)(?!\w)")
_MARK = "\u00ba"
_LETTER_BEHIND = re.compile(r"\b(\d+)\s*[-/]?\s*([a-z])(?!\w)")
_SPLIT_POSTCODE = re.compile(r"\b(\d{3})\s(\d{2})\b")
#: Ways to spell one sound in Latin letters, longer ones first; a street has no standard.
_SOUNDS = (
    ("ou", "u"), ("oy", "u"), ("kh", "h"), ("ch", "h"), ("ph", "f"), ("gh", "g"), ("dh", "d"), ("ks", "x"),
    ("mp", "b"), ("nt", "d"), ("nd", "d"), ("gk", "g"), ("ng", "g"), ("gg", "g"), ("eu", "ef"), ("au", "af"),
    ("ev", "ef"), ("av", "af"), ("ei", "i"), ("oi", "i"), ("ai", "i"), ("e", "i"), ("y", "i"), ("j", "i"),
    ("b", "v"), ("w", "o"), ("c", "k"), ("q", "k"),
)  # fmt: skip
_ROMAN = re.compile(r"^[ivx]+$")
_LONGEST = 400


def address(text: str) -> str | None:
    """Gives the form of an address in which spellings of one door are equal.

    Words are spelled in Latin letters; words such as street, Odos or Str. and the country at the end go;
    avenue, square and lane stay, each under one word. Flats, floors, entrances and boxes become `flat=12`.
    The order of the parts does not count, every number does.

    Returns:
        None when it is no address of a door: without a number, or with nothing but a town beside it.
    """
    if len(text) > _LONGEST:
        return None
    tokens = _tokens(text)
    while len(tokens) > 1 and tokens[-1] in _COUNTRIES:
        tokens.pop()
    out = _marked([t for t in tokens if t != "cy" or len(tokens) < 2])
    out = [_sound(t) for t in out]
    numbered = any(c.isdigit() for token in out for c in token)
    named = [t for t in out if t not in _TOWNS and not any(c.isdigit() for c in t)]
    boxed = any(t.startswith("box=") for t in out)
    if not numbered or not (named or boxed):
        return None
    return " ".join(sorted(out))


def _tokens(text: str) -> list[str]:
    """Gives words in Latin letters, numbers with their letter, ordinals with a mark, and commas."""
    plain = _ORDINAL.sub(rf"\1{_MARK}", unicodedata.normalize("NFC", text).lower())
    plain = unicodedata.normalize("NFKC", plain.replace(_MARK, "\x00")).replace("\x00", _MARK)
    plain = _POBOX.sub(" pobox ", plain)
    plain = re.sub(r"[^\W\d_\u00ba]+", lambda found: latin(found.group()), plain)
    plain = _SPLIT_POSTCODE.sub(r"\1\2", plain)
    plain = _LETTER_BEHIND.sub(r"\1\2", plain)
    return _TOKEN.findall(plain.replace("'", "").replace("\u2019", ""))


def _marked(tokens: list[str]) -> list[str]:
    """Gives the tokens without words that only say street, with parts of a building marked."""
    out: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        part = "flat" if token == "#" else _PARTS.get(token)
        if part is not None:
            at = _part(part, tokens, at, out)
        elif token in _GROUND and (at == len(tokens) or _PARTS.get(tokens[at]) != "floor"):
            out.append("floor=0")
        elif token not in _STREET:
            out.append(token)
    return [t.replace(_MARK, "") for t in out if t not in {",", ";"}]


def _part(part: str, tokens: list[str], at: int, out: list[str]) -> int:
    """Adds a part of a building with its number, which stands before it or behind; gives where to go on."""
    before = out[-1] if out else ""
    if before.endswith(_MARK) or before in _GROUND:
        out[-1] = f"{part}={'0' if before in _GROUND else before}"
        return at
    behind = at
    while behind < len(tokens) and tokens[behind] in _NUMBER_WORDS:
        behind += 1
    value = tokens[behind] if behind < len(tokens) else ""
    if any(c.isdigit() for c in value) or value in _GROUND or (len(value) == 1 and value.isalpha()):
        out.append(f"{part}={'0' if value in _GROUND else value}")
        return behind + 1
    if part == "floor" and _HOUSE.match(before):
        out[-1] = f"{part}={before}"
    else:
        out.append(part)
    return at


def _sound(word: str) -> str:
    """Gives a word in one spelling of its sounds; kinds, towns and parts of buildings stay as they are."""
    word = _KINDS.get(word, word)
    if "=" in word or word in _KINDS or any(c.isdigit() for c in word) or _ROMAN.match(word):
        return word
    for written, sound in _SOUNDS:
        word = word.replace(written, sound)
    return re.sub(r"(.)\1+", r"\1", word)

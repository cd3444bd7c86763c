"""Which encoding a file has, told from its bytes; small files carry little evidence, and that is said."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from thbscreen.io.inspect.words import SPELLED

_NUMBERS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)
#: Code pages that a mapping may declare, the likelier of two that read alike first.
PAGES = (
    "cp1253", "cp1252", "cp1250", "cp1251", "iso-8859-7", "iso-8859-1", "iso-8859-2", "iso-8859-15",
    *(f"iso-8859-{n}" for n in _NUMBERS if n not in {1, 2, 7, 15}),
    "cp1254", "cp1257", "cp1255", "cp1256", "cp1258", "cp737", "cp850", "cp852", "cp437", "cp866", "cp869",
    "cp775", "cp858", "cp860", "cp861", "cp862", "cp863", "cp864", "cp865", "cp874", "cp720",
    "mac-roman", "mac-greek", "mac-cyrillic", "mac-turkish", "koi8-r", "koi8-u",
)  # fmt: skip
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WORD = re.compile(rb"[0-9A-Za-z\x80-\xff]*[\x80-\xff][0-9A-Za-z\x80-\xff]*")
_IN_NUMBER = re.compile(r"\d[^\W\d_]\d")
_COMMON = {"GREEK": set("αοιετσνηυρπκλμως"), "CYRILLIC": set("оеаинтсрвлкмдпуя")}
_MARKS = set("£€§°«»–—‘’“”…·")
#: Share of words by which the best reading must be better than the next one.
_MARGIN = 0.15
_WORDS = 3


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the bytes say.

    Attributes:
        name: the likeliest encoding, in the form that a mapping takes.
        sure: whether nothing else fits; another encoding that reads the file alike does not matter.
        candidates: what else may be, the likelier first, when unsure.
        alike: encodings that give the very same text.
        why: for people.
    """

    name: str
    sure: bool
    why: str
    candidates: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


def encoding_of(sample: bytes, present: frozenset[int], *, is_utf8: bool) -> Encoding:
    """Tells the encoding.

    Args:
        sample: the beginning of the file, whole lines.
        present: bytes from 128 on that occur anywhere in the file.
        is_utf8: whether the whole file is well-formed UTF-8.
    """
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return Encoding(name, sure=True, why="a byte order mark says so")
    if (wide := _wide(sample)) is not None:
        return wide
    if not present:
        return Encoding("utf-8", sure=True, why="only ASCII characters, which all encodings share")
    words = list(dict.fromkeys(_WORD.findall(sample)))[:3000]
    if is_utf8:
        good = _score([w.decode("utf-8", "replace") for w in words])[0]
        if good >= 0.6 or len(words) >= 20:
            return Encoding("utf-8", sure=True, why="well-formed UTF-8 with characters outside ASCII")
    ranked = _ranked(sample, words, present)
    if is_utf8:
        others = tuple(group[0] for _, _, group in ranked[:3])
        return Encoding(
            "utf-8", sure=False, why="UTF-8 fits, and so may others", candidates=("utf-8", *others)
        )
    best = _best(ranked, len(words))
    mixed = sum(map(_is_utf8, words))
    if not mixed:
        return best
    why = f"{mixed} of {len(words)} words with letters outside ASCII are UTF-8, the others not: two encodings"
    return Encoding(best.name, sure=False, why=why, candidates=best.candidates or (best.name,))


def _is_utf8(word: bytes) -> bool:
    """Says whether a word is letters in UTF-8, which one in a page of single bytes is hardly ever."""
    try:
        text = word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len([c for c in text if c.isalpha() and not c.isascii()]) > 1


def _best(ranked: list[tuple[float, int, tuple[str, ...]]], words: int) -> Encoding:
    if not ranked:
        return Encoding("utf-8", sure=False, why="no known encoding reads the whole file")
    share, hits, group = ranked[0]
    if hits:
        rivals = [g for s, h, g in ranked[1:] if h >= hits and s >= share - _MARGIN]
    else:
        rivals = [g for s, _, g in ranked[1:] if s >= share - _MARGIN]
    alike = group[1:]
    if not rivals and (hits or (share >= 0.9 and words >= _WORDS)):
        why = "names of columns are words in it" if hits else "its words are words in no other"
        return Encoding(group[0], sure=True, why=why, alike=alike)
    why = f"too little to tell: {words} words with letters outside ASCII"
    return Encoding(group[0], False, why, (group[0], *(g[0] for g in rivals[:4])), alike)


def _wide(sample: bytes) -> Encoding | None:
    """Knows UTF-16 without a mark by its many zero bytes."""
    if len(sample) < 8 or sample.count(0) < len(sample) // 4:
        return None
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    name = "utf-16-le" if odd > even else "utf-16-be"
    try:
        sample[: len(sample) // 2 * 2].decode(name)
    except UnicodeDecodeError:
        return None
    return Encoding(name, sure=True, why="every second byte is zero")


def _ranked(
    sample: bytes, words: list[bytes], present: frozenset[int]
) -> list[tuple[float, int, tuple[str, ...]]]:
    """Gives share of likely words, known names and pages that read alike, the best first."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for page in PAGES:
        try:
            key = tuple(bytes([b]).decode(page) for b in sorted(present))
        except UnicodeDecodeError:
            continue
        groups.setdefault(key, []).append(page)
    out = []
    head = sample[:20_000]
    for pages in groups.values():
        share, common = _score([w.decode(pages[0], "replace") for w in words])
        cells = re.split(r"[;,\t|\"\r\n]+", head.decode(pages[0], "replace"))
        hits = len({c.strip().casefold() for c in cells} & SPELLED)
        rare = 0.8 if pages[0].startswith("mac-") else 1.0
        out.append((share * common * rare, hits, tuple(pages)))
    order = {page: n for n, page in enumerate(PAGES)}
    return sorted(out, key=lambda item: (-item[1], -item[0], order[item[2][0]]))


def _score(words: list[str]) -> tuple[float, float]:
    """Gives the share of likely words, and how usual the letters of their script are, each from 0 to 1."""
    if not words:
        return 0.0, 1.0
    good = 0
    usual = letters = 0
    for word in words:
        script = _script(word)
        good += script is not None
        if script in _COMMON:
            bare = [unicodedata.normalize("NFKD", c)[0] for c in word.lower() if c.isalpha()]
            letters += len(bare)
            usual += sum(c in _COMMON[script] for c in bare)
    return good / len(words), (usual / letters if letters else 1.0)


def _script(word: str) -> str | None:
    """Gives the script of a likely word; None when letters of two scripts, signs or cases are mixed."""
    if _IN_NUMBER.search(word):
        return None  # no letter stands between digits; a blank that keeps them together does
    bare = re.sub(r"[\d\s]", "", word)
    if not bare or bare in _MARKS:
        return "MARK"
    text = bare.lstrip("«“‘£€").rstrip("»”’…€°")
    parts = re.split("[’·]", text)
    if not all(p.isalpha() for p in parts):
        return None
    scripts = {unicodedata.name(c, "?").partition(" ")[0] for c in "".join(parts)}
    if len(scripts) > 1 or not scripts <= {"LATIN", "GREEK", "CYRILLIC"} or set(text) & set("ªºƒˆ"):
        return None
    if "LATIN" in scripts and 2 * sum(c.isascii() for c in text) < len(text):
        return None  # letters with marks do not come in strings; those of another script read so do
    if not all(p in (p.lower(), p.upper(), p.capitalize(), p.title()) for p in parts):
        return None
    if any("ς" in p[:-1] or p.startswith("ς") for p in parts):
        return None
    return scripts.pop()

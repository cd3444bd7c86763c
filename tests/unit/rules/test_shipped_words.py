"""The shipped words are found however people and banks write them, and harmless texts beside them are not."""

from __future__ import annotations

import unicodedata
from functools import cache

import pytest

from thbscreen.rules.lists import bind_list, cross_warnings
from thbscreen.rules.paths import default_rules_dir
from thbscreen.rules.words import finding, matching

#: Language, list, a text that has one of its words, and a harmless text that comes close.
LANGUAGES = (
    ("English", "keywords.marriage", "certificate of freedom", "freedom of speech"),
    ("English", "keywords.sexual_services", "massage", "massager for the neck"),
    ("English", "keywords.debt", "placement fee", "entrance fee"),
    ("Greek", "keywords.marriage", "πολιτικός γάμος", "δώρο γάμου"),
    ("Greek", "keywords.rent", "ενοίκιο", "δανεικό"),
    ("Greek", "keywords.debt", "χρέος", "χρέωση"),
    ("Greek", "payees.municipalities", "δήμος Λεμεσού", "Δήμος Γεωργίου"),
    ("Greeklish", "keywords.marriage", "politikos gamos", "politikos syntaktis"),
    ("Greeklish", "keywords.debt", "xreos", "xreosi"),
    ("Greeklish", "payees.municipalities", "dimos lemesou", "Dimos Ioannou"),
    ("Russian", "keywords.marriage", "фиктивный брак", "подарок на свадьбу"),
    ("Russian", "keywords.debt", "возврат долга", "долгая дорога"),
    ("Ukrainian", "keywords.marriage", "фіктивний шлюб", "весільна сукня"),
    ("Ukrainian", "keywords.debt", "повернення боргу", "повернення товару"),
    ("Romanised Cyrillic", "keywords.marriage", "fiktivnyi brak", "brak oplaty za czynsz"),
    ("Romanian", "keywords.marriage", "căsătorie fictivă", "Mire Popescu"),
    ("Romanian", "keywords.wages_deduction", "reținere din salariu", "salariu mai"),
    ("Bulgarian", "keywords.marriage", "фиктивен брак", "сватбена торта"),
    ("Bulgarian", "keywords.debt", "дълг", "дълго пътуване"),
    ("Latvian", "keywords.marriage", "fiktīvas laulības", "kāzu dāvana"),
    ("Latvian", "keywords.debt", "parāds", "parāde"),
    ("Portuguese", "keywords.marriage", "casamento por conveniência", "presente de casamento"),
    ("Portuguese", "keywords.debt", "dívida", "dividendo"),
    ("Spanish", "keywords.marriage", "certificado de soltería", "certificado de notas"),
    ("Spanish", "keywords.sexual_services", "chica de compañía", "periódico diario"),
    ("Hindi, Urdu, Punjabi", "keywords.marriage", "farzi shaadi", "shaadi ka tohfa"),
    ("Hindi, Urdu, Punjabi", "keywords.debt", "udhaar wapas", "agent"),
    ("Nepali", "keywords.debt", "rin tirne", "rin"),
    ("Bengali", "keywords.marriage", "kagojer biye", "biye bari"),
    ("Bengali", "keywords.debt", "dena shodh", "che rin dena bor"),
    ("Vietnamese", "keywords.marriage", "kết hôn giả", "hôn nhân"),
    ("Vietnamese", "keywords.debt", "trả nợ", "NO 45"),
    ("Turkish", "keywords.marriage", "oturum izni", "izin ücreti"),
    ("Turkish", "keywords.sexual_services", "konsomatris", "bayan kuaför"),
    ("French", "keywords.marriage", "titre de séjour", "billet de séjour"),
    ("French", "keywords.rent", "loyer", "Boyer and Sons"),
    ("Filipino", "keywords.debt", "bayad utang", "bayad kuryente"),
    ("Filipino", "keywords.wages_deduction", "kaltas sa sahod", "sahod Mayo"),
)
LOOKALIKE = {
    "a": "а",
    "e": "е",
    "o": "ο",
    "α": "a",
    "ο": "o",
    "ε": "e",
    "а": "a",
    "о": "o",
    "е": "e",
    "і": "i",
}


@cache
def shipped():
    out = {}
    for path in sorted((default_rules_dir() / "lists").rglob("*.yaml")):
        found, findings = bind_list(path.read_bytes(), path.name)
        assert found is not None, findings.items
        out[found.name] = found
    return out


def without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def with_lookalike(text: str) -> str:
    """Borrows one letter of another script, inside the longest word, as somebody who hides a word does."""
    word = max(text.split(), key=len)
    at = next((i for i, c in enumerate(word) if i and c in LOOKALIKE), None)
    if at is None:
        return text
    return text.replace(word, word[:at] + LOOKALIKE[word[at]] + word[at + 1 :])


WAYS = {
    "as written": lambda t: t,
    "in capitals": lambda t: t.upper(),
    "in capitals without accents": lambda t: without_accents(t).upper(),
    "without accents": without_accents,
    "with loose accents": lambda t: unicodedata.normalize("NFD", t),
    "with a zero-width character": lambda t: t[:2] + "\u200b" + t[2:],
    "with a soft hyphen": lambda t: t[:-2] + "\u00ad" + t[-2:],
    "with a strange accent": lambda t: t[:1] + "\u0308" + t[1:],
    "in full-width letters": lambda t: "".join(chr(ord(c) + 0xFEE0) if "a" <= c <= "z" else c for c in t),
    "with a borrowed letter": with_lookalike,
    "inside a text": lambda t: f"REF/12-{t}, 03.2026",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("language", "name", "text", "harmless"), LANGUAGES)
def test_a_word_is_found_however_it_is_typed(
    language: str, name: str, text: str, harmless: str, way: str
) -> None:
    found = shipped()[name]
    assert matching(found.entries, WAYS[way](text)) is not None, language
    assert matching(found.entries, WAYS[way](harmless)) is None, language


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keywords.marriage", "drept de ședere"),
        ("keywords.marriage", "drept de şedere"),
        ("keywords.marriage", "NİKÂH İŞLEMİ"),
        ("keywords.marriage", "nikah ıslemi"),
        ("keywords.marriage", "KẾT HÔN GIẢ"),
        ("keywords.marriage", "C?S?TORIE FICTIV?"),
        ("keywords.marriage", "certid?o de casamento"),
        ("keywords.marriage", "fikt.vas laul.bas"),
        ("keywords.marriage", "πoλιτικός γάμoς"),
        ("keywords.marriage", "polιtikos gamos"),
        ("keywords.sexual_services", "m4ss4ge"),
        ("keywords.sexual_services", "ΜΑΣΆΖ"),
        ("keywords.sexual_services_harmless", "fysio8erapeia"),
        ("payees.municipalities", "ΔΗΜΟΣ LARNAKAS"),
        ("payees.municipal_dues", "e3odiko"),
    ],
)
def test_other_ways_of_writing_are_found_too(name: str, text: str) -> None:
    assert matching(shipped()[name].entries, text) is not None


#: Everyday meanings: surnames, cars, shops, fees, and words of other languages.
HARMLESS = (
    "Ford Escortt", "security escorted transfer", "massager", "J McBride", "dog groomer", "Mire Popescu",
    "Dimos Ioannou", "MALL PLAZA", "diario deportivo", "no 45", "Luong Restaurant", "em", "che", "rin", "bor",
    "dena", "is", "Kira Petrova", "brak", "overtime 1 час", "2 ώρες εργασίας", "extra hour", "cp 12",
    "donation to the church", "services", "payment link", "thesis papers printing", "acte notariale",
    "insurance agent", "estate agent commission", "film release", "deposit release", "our wedding in Cyprus",
    "wedding gift", "mama", "madam", "girl guides", "trolley airport", "Borg and Sons", "Nayem Hossain",
    "Naema Said", "Dalga Beach", "Intimissimi", "Yesu Church",
)  # fmt: skip


#: Lists of everyday words: what is harmless, and pretexts, which count only where they come again and again.
EVERYDAY = ("keywords.sexual_services_harmless", "keywords.support_pretexts")


@pytest.mark.parametrize("text", HARMLESS)
def test_no_list_of_key_words_finds_an_everyday_text(text: str) -> None:
    found = {name: matching(x.entries, text) for name, x in shipped().items() if name.startswith("keywords.")}
    assert {name: entry for name, entry in found.items() if entry and name not in EVERYDAY} == {}


def test_every_shipped_list_shows_what_it_finds_and_what_it_leaves_alone() -> None:
    for found in shipped().values():
        if found.supplied_by:
            assert not found.entries, found.name
            continue
        assert found.must_match, found.name
        assert found.must_not_match, found.name
        assert all(finding(found.kind, found.entries, text) for text in found.must_match)
        assert not any(finding(found.kind, found.entries, text) for text in found.must_not_match)


def test_no_shipped_word_finds_a_harmless_text_of_another_language() -> None:
    assert cross_warnings(shipped().values()) == []


def test_no_shipped_entry_is_already_found_by_another_spelling_of_its_list() -> None:
    found = shipped()["payees.municipalities"]
    native = [pair for pair in found.entries if pair[0] == "el"]
    assert [e for g, e in found.entries if g == "greeklish" and matching(native, e)] == []

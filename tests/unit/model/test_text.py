"""A word is found however it was typed, and no other word is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thbscreen.model import text as module
from thbscreen.model.entries import forms, patterns, word_matches
from thbscreen.model.spelling import MAX_SPELLINGS, ManySpellingsError, damaged, latin, with_digits
from thbscreen.model.text import fold, unmix, words

LETTERS = st.characters(categories=("L", "M", "N", "P", "Z", "Cf"), max_codepoint=0x2FFF)
TEXTS = st.text(LETTERS, max_size=20) | st.text(
    st.sampled_from("abcopxyαβοπρςσабвсорху\u0301\u200d ßłıİ-1"), max_size=20
)


@pytest.mark.parametrize(
    "disguised",
    [
        "passport",
        "PASSPORT",
        "pаsspоrt",  # Cyrillic а and о
        "passpοrt",  # Greek ο
        "pass\u200bport",
        "pass\u00adport",
        "pass\u200eport",
        "pass\ufe0fport",
        "pass\U000e0041port",
        "ｐａｓｓｐｏｒｔ",
        "𝐩𝐚𝐬𝐬𝐩𝐨𝐫𝐭",
        "pássport",
        "pa\u0301ssport",
        "РASSPORT",  # Cyrillic Р
    ],
)
def test_a_disguised_word_is_found(disguised: str) -> None:
    assert word_matches(fold(f"lost my {disguised} today"), "passport")


@pytest.mark.parametrize("written", ["οδός", "ΟΔΌΣ", "οδοσ", "ΟΔΟΣ", "Οδός"])
def test_greek_accents_case_and_final_sigma_do_not_matter(written: str) -> None:
    assert fold(written) == "οδοσ"


@pytest.mark.parametrize(
    ("written", "folded"),
    [("đuro", "duro"), ("ISTANBUL İ ı", "istanbul i i"), ("Łódź", "lodz"), ("Køb", "kob"),
     ("Straße", "strasse"),
     ("STRAẞE", "strasse"),
     ("ﬁne", "fine"), ("ёлка", "елка")],
)  # fmt: skip
def test_letters_without_decomposition_fold_too(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_words_of_one_script_keep_their_letters() -> None:
    assert fold("καφενείο сервис cafe") == "καφενειο сервис cafe"


def test_a_greek_word_with_a_borrowed_letter_becomes_greek_again() -> None:
    assert fold("καφενείo") == "καφενειο"  # Latin o at the end
    assert unmix("cумма") == "сумма"


@given(TEXTS)
@settings(max_examples=300)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(
    TEXTS, st.integers(0, 20), st.sampled_from("\u200b\u200d\u00ad\u200e\ufeff\u2060\u034f\u115f\U000e0001")
)
def test_an_invisible_character_never_changes_the_fold(text: str, at: int, invisible: str) -> None:
    # between a letter and its mark it can change which letter the mark belongs to, but marks vanish too
    assert fold(text[:at] + invisible + text[at:]) == fold(text)


@given(TEXTS)
def test_no_mark_and_no_format_character_is_left(text: str) -> None:
    assert all(unicodedata.category(c)[0] != "M" and unicodedata.category(c) != "Cf" for c in fold(text))


def test_the_pattern_of_mixed_scripts_finds_every_word_that_folding_would_change() -> None:
    import re

    pattern = re.compile(module.MIXED_PATTERN)
    for word in ("pаy", "уp", "αa", "aα1", "1aб", "βb", "хχ"):
        assert pattern.search(word)
    for word in ("pay", "сумма", "αβγ", "a б", "a-б"):
        assert not pattern.search(word)


@pytest.mark.parametrize(
    ("text", "entry", "found"),
    [
        ("Эскорт-услуги", "эскорт*", True),
        ("ΣΥΝΟΔΌΣ 2 ΏΡΕΣ", "συνοδο*", True),
        ("Ford Escortt spare part", "escort", False),
        ("escorted tour", "escort", False),
        ("escorted tour", "escort*", True),
        ("two escorts", "escort", False),
        ("call  girls", "call girl*", True),
        ("call the girl", "call girl*", False),
        ("call_girl", "call girl", True),
        ("recall girl", "call girl", False),
        ("rent/april", "rent", True),
        ("current", "rent", False),
        ("", "rent", False),
    ],
)
def test_words_match_as_wholes_stems_and_phrases(text: str, entry: str, found: bool) -> None:
    assert word_matches(fold(text), entry) is found


@pytest.mark.parametrize(
    ("entry", "spelled"),
    [
        ("γάμος", "gamos, ghamos, yamos"),
        ("νύφη", "nifi, nyfi, nufi, nyfh, nyphn"),
        ("δημαρχείο", "dimarxeio, dimarcheio, dhmarxeio, dimarhio, dhimarkhio"),
        ("μισθός", "misthos, mis8os, mis9os"),
        ("ξενοδοχείο", "xenodoxeio, ksenodohio, 3enodoxeio"),
        ("ψυχολόγος", "psixologos, 4yxologos, psychologos"),
        ("μπαρ", "mpar"),
        ("ντύσιμο", "ntisimo, dysimo"),
        ("ευρέσεως", "evreseos, eureseos, efrese\u200bos"),
        ("αυλή", "avli, afli, auli, aylh"),
        ("γκαρσόνι", "gkarsoni, garsoni"),
        ("оренда", "orenda"),
        ("жених", "zhenikh, jenih, zenix"),
        ("частушка", "chastushka, 4astu6ka"),
        ("щука", "shchuka, schuka, shtuka"),
        ("дълг", "dalg, dulg"),
        ("подъезд", "podezd, podaezd"),
        ("наречена", "narechena, nareciena"),
        ("весілля", "vesillia, vesillya"),
        ("жильё", "zhile, zhilyo, zhil'yo, zhil yo, jil-e"),
        ("мой чай", "moy chai, MOI 4AJ"),
    ],
)
def test_a_native_word_is_found_in_its_usual_latin_spellings(entry: str, spelled: str) -> None:
    for text in (entry.upper(), *spelled.split(", ")):
        assert word_matches(fold(f"a {text} b"), entry), text


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("gam", "γάμος"),
        ("gamosis", "γάμος"),
        ("ahk", "αηκ"),  # three letters
        ("bar", "μπαρ"),
        ("gamos", "=γάμος"),
        ("γάμος", "gamos"),  # never from Latin to native
        ("borg", "=борг"),
        ("m4ss4ge", "=massage"),
        ("c?s?torie", "=căsătorie"),
        ("g?mos", "γάμος"),
    ],
)
def test_other_spellings_are_not_found(text: str, entry: str) -> None:
    assert not word_matches(fold(text), entry)


def test_a_short_native_word_is_found_in_latin_letters_inside_a_phrase() -> None:
    assert word_matches(fold("mia mpira"), "μια μπίρα")
    assert word_matches(fold("ok μπίρα ok bira"), "μια μπίρα") is False


@pytest.mark.parametrize(
    ("word", "left"),
    [
        ("căsătorie", {"c?satorie", "cas?torie", "c?s?torie"}),
        ("dívida", {"d?vida"}),
        ("straßen", {"stra?en"}),
        ("nhà", set()),  # too short
        ("éêèaaa", {"?eeaaa", "e?eaaa", "??eaaa"}),  # not three: half of it would be lost
        ("γάμους", set()),  # nothing would be left of Greek
        ("massage", set()),
        ("abéabc", set()),  # never four letters side by side
    ],
)
def test_what_is_left_of_a_damaged_word(word: str, left: set[str]) -> None:
    assert damaged(word) == left


@pytest.mark.parametrize("mark", ["?", ".", "�", "？"])
def test_a_damaged_letter_is_found_whatever_stands_for_it(mark: str) -> None:
    assert word_matches(fold(f"plat{mark} c{mark}s{mark}torie fictiv{mark}"), "căsătorie fictivă") is (
        mark != "."
    )
    assert word_matches(fold(f"comisi{mark}n agencia"), "comisión agencia")


@pytest.mark.parametrize(
    ("text", "entry", "found"),
    [
        ("D.Vida", "dívida", False),  # an initial with a name
        ("D?Vida", "dívida", True),
        ("rent?", "rent", True),
        ("rent?ers", "rent", True),
        ("deb?", "debt", False),
        ("comis??n", "comisión", False),
        ("comisi ? n", "comisión", False),
    ],
)
def test_a_mark_is_only_read_as_a_letter_where_one_was_lost(text: str, entry: str, found: bool) -> None:
    assert word_matches(fold(text), entry) is found


def test_a_text_without_marks_beside_letters_has_one_form() -> None:
    assert forms("a ? bc. 12") == (["a", "bc", "12"], ["a", "bc?", "12"])
    assert forms("a ? b") == (["a", "b"], [])
    assert forms("d.vida e?a") == (["d", "vida", "e", "a"], ["", "e?a"])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("escort", True),
        ("esc0rt", True),
        ("e5cort", True),
        ("35c0rt", True),
        ("3sc0rt", False),
        ("es<ort", False),
    ],
)
def test_digits_stand_for_one_letter_for_one_kind_or_for_all(typed: str, found: bool) -> None:
    assert word_matches(fold(typed), "escort") is found
    assert with_digits("rent") == frozenset()
    assert word_matches("m4ssage", "massage")
    assert word_matches("m4ss4ge", "massage")
    assert not word_matches("m4ss4g3", "massage")


def test_a_word_with_too_many_spellings_is_refused_and_not_cut() -> None:
    assert len(latin("регистрация")) < MAX_SPELLINGS
    with pytest.raises(ManySpellingsError):
        patterns("преждевременнейшее")
    assert len(patterns("=преждевременнейшее")) == 1


@given(st.text(st.sampled_from("αβγδζηθικμνξουψωςάέ"), min_size=1, max_size=5))
def test_latin_spellings_are_latin_letters_and_digits(word: str) -> None:
    spelled = latin(word)
    assert spelled
    assert all(w.isascii() and w.isalnum() and fold(w) == w for w in spelled)


def test_an_entry_without_letters_matches_nothing() -> None:
    assert not word_matches(fold("a * b"), "*")


def test_every_word_stands_between_two_blanks_of_its_own() -> None:
    assert words("a,b  c") == " a  b  c "
    assert words("") == "  "


def test_no_letter_of_the_tables_folds_further() -> None:
    for letter in module.LETTERS.values():
        assert fold(letter) == letter
    for row in module.LOOKALIKES:
        assert all(fold(c) == c for c in row if c)


def test_each_letter_has_one_lookalike_per_script() -> None:
    for script in range(3):
        letters = [row[script] for row in module.LOOKALIKES if row[script]]
        assert len(letters) == len(set(letters))

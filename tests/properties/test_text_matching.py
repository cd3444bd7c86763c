"""The vectorised search over all lists finds what a letter-by-letter reading of each text finds."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.series.string import StringNameSpace

from tests.oracles import text as slow
from thbscreen.compile import text as module
from thbscreen.compile.text import TextPass
from thbscreen.diagnostics import Span
from thbscreen.model.entries import marked, patterns, readable, word_matches
from thbscreen.model.spelling import damaged, latin, with_digits
from thbscreen.model.text import fold
from thbscreen.rules import bundle
from thbscreen.rules.words import matching

ENTRIES = (
    "escort", "massage*", "call girl*", "=escort", "for papers", "debt", "γάμος", "λευκός γάμος", "ενοίκιο",
    "χρέος", "θέση εργασίας", "ψυχή", "φυσιοθεραπ*", "δήμος Λευκωσίας", "ευρώ", "μπ", "αγγελίες", "=γεσυ",
    "борг", "=борг", "жильё", "фиктивный брак", "фізіотерап*", "компаньонк*", "щит", "наём", "посвідка",
    "за паспорт", "căsătorie fictivă", "dívida", "kết hôn giả", "maaş kesintisi", "uzturēšanās atļauja",
    "straße*", "ş", "rin", "ок", "γ2", "1a", "e\u0301te\u0301", "хлеб-соль", "пьяный", "o'neil", "mаssage",
)  # fmt: skip
JOIN = st.sampled_from([" ", "-", "  ", "/", ". ", "? ", "'", "_", ""])


def _spellings(entry):
    """Lists, word by word, what may stand for an entry in a text, right spellings first."""
    for pattern in patterns(entry):
        yield [sorted(spelled) for spelled in pattern.words]


def _disguised(draw, word):
    """Types a word as people and banks do: capitals, accents, invisible letters, lookalikes, damage."""
    change = draw(st.integers(0, 9))
    at = draw(st.integers(0, max(0, len(word) - 1)))
    if change == 1:
        return word.upper()
    if change == 2:
        return word[:at] + draw(st.sampled_from("\u200b\u00ad\u0301\u2060")) + word[at:]
    if change == 3:
        return word.translate(str.maketrans("aeopcx", "аеорсх"))
    if change == 4:
        return word.replace("?", draw(st.sampled_from(["?", ".", "\ufffd"])))
    if change == 5:
        return word[:at] + draw(st.sampled_from("?.x1aα ")) + word[at + 1 :]
    if change == 6:
        return word + draw(st.sampled_from("saςя.?1"))
    return word


@st.composite
def texts(draw, entries):
    """Texts of the words of some entries, right, disguised or wrong."""
    out = []
    for _ in range(draw(st.integers(0, 3))):
        entry = draw(st.sampled_from(entries))
        ways = [*_spellings(entry), [[w] for w in entry.strip("=*").split()]]
        for choices in draw(st.sampled_from(ways)):
            out.append(_disguised(draw, draw(st.sampled_from(choices))))
            out.append(draw(JOIN))
        out.append(draw(st.sampled_from(["", " ", " x ", " 12 ", "D."])))
    return "".join(out)


WORLD = st.lists(st.sampled_from(ENTRIES), min_size=1, max_size=5, unique=True).flatmap(
    lambda entries: st.tuples(st.just(entries), st.lists(texts(entries) | st.none(), min_size=1, max_size=12))
)


def listed(name, entries):
    pairs = tuple(("any", e) for e in entries)
    return bundle.WordList(name, "t", "words", pairs, (), (), "", (), "d", Span("t", 1, 1, 2))


def passed(texts_, lists):
    found = TextPass({("remittance_info", one.name): one for one in lists})
    columns = found.columns(pl.DataFrame({"remittance_info": pl.Series(texts_, dtype=pl.String)}))
    return {c.name.partition("~")[2]: c.to_list() for c in columns}


@given(WORLD)
@settings(max_examples=100)
def test_the_search_finds_what_reading_letter_by_letter_finds(world):
    entries, said = world
    expected = {e: [t is not None and slow.mentions(e, t) for t in said] for e in entries}
    assert passed(said, [listed(e, [e]) for e in entries]) == expected
    for e in entries:
        assert [t is not None and word_matches(fold(t), e) for t in said] == expected[e]


@given(WORLD)
def test_the_entry_that_is_named_is_the_first_one_that_the_text_mentions(world):
    entries, said = world
    pairs = [("any", e) for e in entries]
    for t in said:
        first = next((e for e in entries if t is not None and slow.mentions(e, t)), None)
        assert matching(pairs, t or "") == first


@given(WORLD, st.integers(1, 4))
def test_one_search_over_many_lists_equals_a_search_for_each(world, parts):
    entries, said = world
    lists = [listed(f"l{i}", entries[i::parts]) for i in range(parts) if entries[i::parts]]
    together = passed(said, lists)
    assert together == {k: v for one in lists for k, v in passed(said, [one]).items()}


CHARACTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text(
    st.sampled_from("?.\ufffd aάßñ1я\u0301\u200b!-_"), max_size=8
)


@given(st.lists(CHARACTERS, max_size=6))
@example(["0:.0"])
def test_a_damaged_text_reads_alike_in_columns_and_one_by_one(said):
    folded = pl.Series("t", [fold(t) for t in said], dtype=pl.String)
    expected = ["".join(f" {readable(run) or '!'} " for run in marked(t)) or "  " for t in folded]
    got = ["".join(f" {w} " for w in t.split()) or "  " for t in module.marked_form(folded)]
    assert got == expected


@pytest.mark.parametrize("entry", [e for e in ENTRIES if not e.startswith("=")])
def test_every_spelling_of_a_word_is_found(entry):
    for choices in _spellings(entry):
        for number, options in enumerate(choices):
            said = [
                " ".join(options[k] if i == number else others[0] for i, others in enumerate(choices))
                for k in range(len(options))
            ]
            assert all(slow.mentions(entry, t) for t in said)
            assert all(passed(said, [listed("l", [entry])])["l"])


@pytest.mark.parametrize("count", [1, 4, 40])
def test_the_texts_of_a_chunk_are_searched_once_however_many_lists_there_are(count, monkeypatch):
    searched = []
    for name in ("contains_any", "replace_many", "contains", "extract_many", "find_many"):
        original = getattr(StringNameSpace, name)

        def counting(self, *args, _original=original, **keywords):
            searched.append(self._s.len())
            return _original(self, *args, **keywords)

        monkeypatch.setattr(StringNameSpace, name, counting)
    lists = [listed(f"l{i}", (*ENTRIES[: 1 + i % 7], f"word{i}")) for i in range(count)]
    found = TextPass({(f, one.name): one for one in lists for f in ("remittance_info", "cp_name")})
    words = [w and f"{w} {n}" for n in range(100) for w in ("nothing", "debt", None, "γάμος", "x")]
    chunk = pl.DataFrame(dict.fromkeys(found.asked, words))
    assert len(found.columns(chunk)) == 2 * count
    plain = 3 * 100  # what is not ASCII is folded by itself
    assert [n for n in searched if n >= plain] == [plain, plain]  # each field once


def test_a_text_that_comes_often_is_looked_at_once(monkeypatch):
    searched = []
    original = StringNameSpace.contains_any

    def counting(self, *args, **keywords):
        searched.append(self._s.len())
        return original(self, *args, **keywords)

    monkeypatch.setattr(StringNameSpace, "contains_any", counting)
    found = TextPass({("cp_name", "l"): listed("l", ENTRIES[:3])})
    found.columns(pl.DataFrame({"cp_name": ["nothing", "debt 12", None, "γάμος", "x"] * 100}))
    assert 0 < max(searched) <= 4


def test_a_word_has_few_spellings_and_no_other_word_among_them():
    assert latin("γάμος") == {"gamos", "ghamos", "yamos"}
    assert latin("escort") == latin("wедро") == frozenset()
    assert with_digits("rent") == frozenset()
    assert damaged("dívida") == {"d?vida"}
    assert damaged("cưới") == frozenset()

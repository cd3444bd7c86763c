"""One text pass for all lists of a run, in columns.

Every text is folded once by a table of single letters. The few texts that a table cannot fold (rare
characters, words that mix scripts) take the slow road of `model.text.fold`, so both roads give the
same. One automaton over all lists goes once over all texts of a chunk and picks those that can match at
all; only their words are compared, by joins, with every spelling of every entry.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.hashed import HashedList
from thbscreen.compile.order import distinct
from thbscreen.compile.where import text_key, words_of
from thbscreen.model.entries import Pattern, marked, patterns
from thbscreen.model.spelling import LOST
from thbscreen.model.text import fold, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from thbscreen.rules import ast, bundle

#: Ranges of characters that fold one by one: Latin, Greek and Cyrillic letters, punctuation, currency signs.
_RANGES = ((0x80, 0x24F), (0x370, 0x52F), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20A0, 0x20BF))
_COMMON = "[^\\x00-\\x7f" + "".join(f"\\x{{{a:x}}}-\\x{{{b:x}}}" for a, b in _RANGES) + "]"
_IN_WORD = "\\p{L}\\p{N}"
_MARKS = "?.\\x{fffd}"
_HAS_MARK = f"[{_IN_WORD}][{_MARKS}]|[{_MARKS}][{_IN_WORD}]"
#: A word of digits alone, in a text whose words have a blank of their own on both sides.
_NUMBER = " [0-9]+ "
#: Texts that are looked at to see whether they come often.
_SAMPLE = 5_000
I64 = npt.NDArray[np.int64]
_LETTERS = "[\\p{L}\\p{N}]*"
_MIXED = (
    f"[a-z]{_LETTERS}[\\x{{370}}-\\x{{52f}}]|[\\x{{370}}-\\x{{52f}}]{_LETTERS}[a-z]"
    f"|[\\x{{370}}-\\x{{3ff}}]{_LETTERS}[\\x{{400}}-\\x{{52f}}]|[\\x{{400}}-\\x{{52f}}]{_LETTERS}[\\x{{370}}-\\x{{3ff}}]"
)


@cache
def _table() -> tuple[list[str], list[str]]:
    """Gives every single character that folding changes, and what it becomes."""
    letters = [chr(n) for n in range(ord("A"), ord("Z") + 1)]
    letters += [chr(n) for first, last in _RANGES for n in range(first, last + 1)]
    pairs = [(c, fold(c)) for c in letters if fold(c) != c]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def fold_series(texts: pl.Series) -> pl.Series:
    """Folds a column of texts; equal to `model.text.fold` on every value, missing stays missing."""
    before, after = _table()
    folded = texts.str.replace_many(before, after)
    odd = (texts.str.contains(_COMMON) | folded.str.contains(_MIXED)).fill_null(value=False)
    if not odd.any():
        return folded
    slow = texts.filter(odd).unique()
    exact = pl.Series("y", [fold(t) for t in slow.to_list()], dtype=pl.String)
    return folded.zip_with(~odd, texts.replace_strict(slow, exact, default=None, return_dtype=pl.String))


def word_form(folded: pl.Series) -> pl.Series:
    """Gives the words of folded texts, each between two blanks of its own.

    Equal to `model.text.words`; rare characters, of which the two libraries may know different
    versions, take the plain road.
    """
    return _spaced(folded, f"[^{_IN_WORD}]+", words)


def marked_form(folded: pl.Series) -> pl.Series:
    """Gives the second form of `model.entries.forms` in the same way; `!` is a word that is none."""
    spaced = _spaced(folded, f"[^{_IN_WORD}{_MARKS}]+", lambda text: f" {'  '.join(marked(text))} ")
    for pattern, instead in ((f" [{_MARKS}]+ ", ""), (r" [^ ]\.[^ ]* ", " ! "), (f"[{_MARKS}]", LOST)):
        spaced = spaced.str.replace_all(pattern, instead)
    return spaced


def _spaced(folded: pl.Series, between: str, plain_road: Callable[[str], str]) -> pl.Series:
    out = _joined(folded, between)
    odd = folded.str.contains(_COMMON).fill_null(value=False)
    if not odd.any():
        return out
    slow = folded.filter(odd).unique()
    exact = pl.Series("y", [plain_road(t) for t in slow.to_list()], dtype=pl.String)
    return out.zip_with(~odd, folded.replace_strict(slow, exact, default=None, return_dtype=pl.String))


def _joined(folded: pl.Series, between: str) -> pl.Series:
    inner = pl.lit(folded).str.replace_all(between, "  ").str.strip_chars(" ")
    return pl.select(w=pl.concat_str(pl.lit(" "), inner, pl.lit(" "))).to_series()


def search(texts: pl.Series, looked_for: list[str]) -> pl.Series:
    """Says which texts hold any of the strings: one automaton, one pass."""
    return texts.str.contains_any(looked_for)


@dataclass(frozen=True)
class Program:
    """What a set of lists of words looks for.

    Attributes:
        needles: strings of which every matching text holds one.
        seconds: the same again; of a phrase another word.
        spelled: every spelling of every word with the blank before it and, unless it is a beginning, the
            one after it; longest first.
        signs: what stands for each of them in a rewritten text.
        lists: per list, the signs and rows of signs of which a rewritten text that mentions it holds one.
        numbers: some word that is looked for, or a beginning of one, has no letter.
    """

    needles: list[str]
    seconds: list[str]
    spelled: list[str]
    signs: list[str]
    lists: list[list[str]]
    numbers: bool

    @classmethod
    def of(cls, lists: Iterable[tuple[tuple[str, str], ...]]) -> Program:
        """Compiles the entries of lists; a list is known by its position."""
        wanted = [dict.fromkeys(p for _, entry in entries for p in patterns(entry)) for entries in lists]
        every = dict.fromkeys(p for found in wanted for p in found)
        uses = Counter(spellings for p in every for spellings in p.words)
        means: dict[str, set[_Word]] = {}
        for pattern in every:
            for word in _words(pattern):
                for spelling in word[0]:
                    means.setdefault(f" {spelling}" + " " * (not word[1]), set()).add(word)
        for spelling, meant in means.items():  # a word means what its beginnings mean
            meant.update(*(means.get(spelling[:end], ()) for end in range(2, len(spelling))))
        signs: dict[frozenset[_Word], str] = {}
        spelled = sorted(means, key=lambda one: (-len(one), one))
        sign_of = [signs.setdefault(frozenset(means[one]), f"\x01{len(signs)}\x02") for one in spelled]
        meaning: dict[_Word, list[str]] = {}
        for group, sign in signs.items():
            for word in group:
                meaning.setdefault(word, []).append(sign)
        needles = [_needles(p, uses) for p in every]
        return cls(
            _shortest({one for found, _ in needles for one in found}),
            _shortest({one for _, found in needles for one in found}),
            spelled,
            [f" {sign}" + " " * one.endswith(" ") for one, sign in zip(spelled, sign_of, strict=True)],
            [
                ["  ".join(row) for p in found for row in product(*(meaning[w] for w in _words(p)))]
                for found in wanted
            ],
            any(one.strip().isdigit() for one in spelled),
        )

    def rewrite(self, spaced: pl.Series) -> pl.Series:
        """Puts in the place of every word that is looked for the sign of what it means."""
        return spaced.str.replace_many(self.spelled, self.signs, leftmost=True)


#: A word of a pattern: its spellings, and whether it is only a beginning.
_Word = tuple[frozenset[str], bool]


def _words(pattern: Pattern) -> list[_Word]:
    last = len(pattern.words) - 1
    return [(one, pattern.stem and place == last) for place, one in enumerate(pattern.words)]


def _needles(pattern: Pattern, uses: Mapping[frozenset[str], int]) -> tuple[set[str], set[str]]:
    """Gives two sets of strings; every text with the pattern holds one of each.

    Each set is a piece of every spelling of one word. Words of four letters that many patterns share come
    first: "municipality" says more than the name of a town. A single word gives the same set twice.
    """
    found = []
    for spellings in pattern.words:
        pieces = {max(one.split(LOST), key=len) for one in spellings}
        shortest = min(map(len, pieces))
        found.append(((min(shortest, 4), uses[spellings], shortest), sorted(pieces)))
    found.sort(reverse=True)
    return set(found[0][1]), set(found[min(1, len(found) - 1)][1])


def _shortest(needles: set[str]) -> list[str]:
    """Leaves out every string that holds another one."""
    sizes = sorted(set(map(len, needles)))

    def holds_another(one: str) -> bool:
        smaller = (size for size in sizes if size < len(one))
        return any(one[at : at + size] in needles for size in smaller for at in range(len(one) - size + 1))

    return sorted(one for one in needles if not holds_another(one))


@lru_cache(maxsize=64)
def _program(lists: tuple[tuple[tuple[str, str], ...], ...]) -> Program:
    return Program.of(lists)


class TextPass:
    """Answers which rows mention an entry of which list."""

    def __init__(self, words: Mapping[tuple[str, str], bundle.WordList]) -> None:
        """Prepares the lists that each text field is asked for, by (field, list)."""
        named = {name: found for (_, name), found in sorted(words.items())}
        self.hashed = {name: HashedList(found) for name, found in named.items() if found.kind == "hashed"}
        self.asked: dict[str, list[str]] = {}
        for field, name in sorted(words):
            self.asked.setdefault(field, []).append(name)
        #: The lists of each field, in order, and what they look for.
        self.names = {f: [n for n in names if n not in self.hashed] for f, names in self.asked.items()}
        self.programs = {
            f: _program(tuple(named[n].entries for n in names)) for f, names in self.names.items()
        }

    def columns(self, chunk: pl.DataFrame) -> list[pl.Series]:
        """Gives one Boolean column per pair over a chunk; a missing text or column mentions nothing."""
        out = []
        for (field, name), rows in self.found(chunk).items():
            flags = np.zeros(chunk.height, np.bool_)
            flags[rows] = True
            out.append(pl.Series(text_key(field, name), flags))
        return out

    def found(self, chunk: pl.DataFrame) -> dict[tuple[str, str], I64]:
        """Gives, per text field and list, the rows of a chunk whose text mentions an entry of the list."""
        out: dict[tuple[str, str], I64] = {}
        for field, names in self.asked.items():
            if field not in chunk.columns:
                out |= {(field, name): np.zeros(0, np.int64) for name in names}
                continue
            texts = chunk[field].cast(pl.String)
            by_name = dict(zip(self.names[field], self._mentioned(field, texts), strict=True))
            for name in names:
                if name in self.hashed:
                    by_name[name] = _true(self.hashed[name].mentioned_in(texts))
                out[field, name] = by_name[name]
        return out

    def _mentioned(self, field: str, texts: pl.Series) -> list[I64]:
        """Gives the rows that mention each list of a field; a text that comes often is looked at once."""
        program = self.programs[field]
        if not program.needles:
            return [np.zeros(0, np.int64)] * len(program.lists)
        if not _repeats(texts):
            return _lists_of(program, _possible(program, texts))
        codes, values = encode(texts)
        found = _lists_of(program, _possible(program, values))
        return [_rows_with(codes, values, rows) for rows in found]


def _rows_with(codes: npt.NDArray[np.int32], values: pl.Series, wanted: I64) -> I64:
    flags = np.zeros(len(values) + 1, np.bool_)
    flags[wanted] = True
    return np.flatnonzero(flags[codes])


def _true(flags: pl.Series) -> I64:
    return flags.arg_true().cast(pl.Int64).to_numpy()


def _some(texts: pl.Series) -> pl.Series:
    return texts.gather_every(max(1, len(texts) // _SAMPLE))


def _unnumbered(spaced: pl.Series) -> pl.Series:
    return spaced.str.replace_all(_NUMBER, " 0 ")


def _repeats(texts: pl.Series) -> bool:
    """Says whether texts seem to come often enough to be looked at once each, by some spread over all."""
    some = _some(texts)
    return some.n_unique() * 2 < len(some)


def encode(column: pl.Series) -> tuple[npt.NDArray[np.int32], pl.Series]:
    """Gives codes in order of appearance (-1 missing) and the value of each code."""
    if column.null_count() == len(column):
        return np.full(len(column), -1, np.int32), pl.Series(column.name, [], dtype=pl.String)
    coded = column.cast(pl.Categorical(pl.Categories.random()))
    found = coded.drop_nulls().unique()
    table = pl.DataFrame({"code": found.to_physical(), "value": found.cast(pl.String)}).sort("code")
    return coded.to_physical().cast(pl.Int32).fill_null(-1).to_numpy(), table["value"]


def _possible(program: Program, texts: pl.Series) -> pl.DataFrame:
    """Gives the texts that can mention anything: row, words; a text in two forms has two rows.

    Plain ASCII folds to its lower case, so only other texts take the longer ways.
    """
    plain = texts.str.len_bytes() == texts.str.len_chars()
    places = [plain.fill_null(value=False).arg_true(), (~plain).fill_null(value=False).arg_true()]
    ascii_texts = texts.gather(places[0])
    likely = ascii_texts.str.contains_any(program.needles, ascii_case_insensitive=True).arg_true()
    places[0] = places[0].gather(likely)
    folded = pl.concat([ascii_texts.gather(likely).str.to_lowercase(), fold_series(texts.gather(places[1]))])
    found = search(folded, program.needles).arg_true()
    found = found.filter(search(folded.gather(found), program.seconds))
    simple = found < len(places[0])
    rows, folded = pl.concat(places).gather(found), folded.gather(found)
    marks = folded.str.contains(_HAS_MARK)
    spaced = (
        _joined(folded.filter(simple), "[^a-z0-9]+"),
        word_form(folded.filter(~simple)),
        marked_form(folded.filter(marks)),
    )
    return pl.DataFrame(
        {
            "row": pl.concat([rows.filter(simple), rows.filter(~simple), rows.filter(marks)]),
            "words": pl.concat([s.rename("w") for s in spaced]),
        }
    )


def _lists_of(program: Program, possible: pl.DataFrame) -> list[I64]:
    """Gives the rows of texts that mention each list."""
    rows = possible["row"].cast(pl.Int64).to_numpy()
    spaced, codes = possible["words"], None
    if not program.numbers and _repeats(_unnumbered(_some(spaced))):
        # no list looks for a number, so every number may be one: then few texts are left
        codes, spaced = encode(_unnumbered(spaced))
    signs = program.rewrite(spaced)
    out = []
    for looked_for in program.lists:
        hit = (
            _true(signs.str.contains_any(looked_for)) if looked_for and len(signs) else np.zeros(0, np.int64)
        )
        out.append(distinct(rows[hit if codes is None else _rows_with(codes, spaced, hit)]))
    return out


def with_words(table: pl.DataFrame, test: ast.Test, lists: Mapping[str, bundle.WordList]) -> pl.DataFrame:
    """Adds the column that says where the text of a test's field mentions the words of the test."""
    found = words_of(test, lists)
    if found is None:
        return table
    return table.with_columns(TextPass({(test.field, found.name): found}).columns(table))


def answered(table: pl.DataFrame, expr: pl.Expr) -> npt.NDArray[np.bool_]:
    """Gives the answers of a test for the rows of a table."""
    return table.select(expr.alias("x"))["x"].to_numpy()

"""The same money under other names and in other languages: does a scan raise the same people?

    python -m benchmarks.permuted --data sample_data --dir /tmp/permuted [--seed 1]

Writes a copy of canonical data in which every private name is another one, from another script, and every
payment text is one in another language that the same lists find: a text that no list finds becomes an
everyday text that no list finds. Ids, amounts, times, places, merchants and payees on lists stay. Both are
scanned and what they raise is compared. Texts for which no list has an equal in another language stay, and
are counted.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.neutral_texts import phrases
from thbscreen.compile.text import TextPass
from thbscreen.rules import bundle
from thbscreen.rules.pack import load_pack
from thbscreen.screening import ScreenResult, screen

#: Tables that must stay as they are, and columns of them that show texts or names to people.
RAISED = ("alerts", "networks", "network_members", "reviews", "hits", "near_misses")
SHOWN = {"evidence", "why", "evidence_for", "evidence_against", "keys"}
_GIVEN = (
    "Ελένη Νίκος Μάριος", "Олена Тарас Дарина", "Nguyễn Thị Lan", "Joy Grace Emeka", "محمد فاطمة سارة",
    "राम सीता मीना",
    "王芳 李娜 张伟", "Ioana Mihai Vlad", "Ayşe Mehmet Elif", "Siobhán Liam Aoife", "গোলাম রেহানা নাসরিন",
    "თამარ გიორგი ნინო",
)  # fmt: skip
_FAMILY = (
    "Παπαδάκη Ιωάννου Χρίστου", "Шевченко Бондар Коваль", "Trần Phạm Hoàng", "Okafor Adeyemi Bello",
    "العلي حسن خوري",
    "थापा गुरुङ राई", "陈 刘 黄", "Popescu Ionescu Radu", "Yılmaz Demir Kaya", "Murphy O'Brien Byrne",
    "হোসেন আক্তার রহমান",
    "ბერიძე კაპანაძე დოლიძე",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Permuted:
    """What was changed.

    Attributes:
        names, texts: different names and texts that became others.
        kept: different texts that a list finds and for which there is no equal in another language.
    """

    names: int
    texts: int
    kept: int


def matched(texts: Sequence[str], lists: Iterable[bundle.WordList], column: str) -> list[frozenset[str]]:
    """Gives the lists that find each text."""
    search = TextPass({(column, one.name): one for one in lists})
    found: list[set[str]] = [set() for _ in texts]
    for hit in search.columns(pl.DataFrame({column: list(texts)}, schema={column: pl.String})):
        name = hit.name.partition("~")[2]
        for place in hit.arg_true().to_list():
            found[place].add(name)
    return [frozenset(f) for f in found]


def other_names(
    names: Sequence[str], lists: Sequence[bundle.WordList], rng: np.random.Generator
) -> dict[str, str]:
    """Gives another name for each that no list of payees finds; equal names get equal ones."""
    free = [n for n, on in zip(names, matched(names, lists, "cp_name"), strict=True) if not on]
    given, family = (" ".join(words).split() for words in (_GIVEN, _FAMILY))
    pool = [f"{g} {m} {f}" for g, m, f in product(given, given, family)]
    pool = [p for p, on in zip(pool, matched(pool, lists, "cp_name"), strict=True) if not on]
    if len(free) > len(pool):
        pool += [f"{name} {n}" for n in range(2, len(free) // len(pool) + 2) for name in pool]
    drawn = rng.permutation(len(pool))[: len(free)]
    return {name: pool[i] for name, i in zip(free, drawn.tolist(), strict=True)}


def other_texts(
    texts: Sequence[str], lists: Sequence[bundle.WordList], rng: np.random.Generator
) -> tuple[dict[str, str], int]:
    """Gives another text for each, found by the same lists; and how many there are none for.

    Different texts stay different: a number that is theirs stands at the end.
    """
    said = [f"{text} {n}" for language in phrases().values() for n, text in enumerate(language)]
    said += [entry for one in lists for _, entry in one.entries] + [
        m for one in lists for m in one.must_match
    ]
    said = sorted({t.replace("*", "").lstrip("=") for t in said})
    by_lists: dict[frozenset[str], list[str]] = {}
    for text, on in zip(said, matched(said, lists, "remittance_info"), strict=True):
        by_lists.setdefault(on, []).append(text)
    out: dict[str, str] = {}
    kept = 0
    before = matched(texts, lists, "remittance_info")
    for number, (text, on) in enumerate(zip(texts, before, strict=True), 1):
        choice = by_lists.get(on)
        if choice is None:
            kept += 1
        else:
            out[text] = f"{choice[int(rng.integers(len(choice)))]} {number}"
    after = matched(list(out.values()), lists, "remittance_info")
    wanted = dict(zip(texts, before, strict=True))
    wrong = [text for text, on in zip(out, after, strict=True) if on != wanted[text]]
    for text in wrong:  # the number made another match of it
        del out[text]
    return out, kept + len(wrong)


def permute(data: Path, out: Path, seed: int = 1) -> Permuted:
    """Writes a copy of canonical data with other names and languages."""
    pack = load_pack(None, tests=False)
    lists = [one for one in pack.lists if one.kind == "words" and one.entries]
    rng = np.random.default_rng(seed)
    rows = pl.read_parquet(data / "transactions.parquet")
    parties = pl.read_csv(data / "parties.csv", infer_schema=False)
    private = parties.filter(pl.col("kind") == "natural")["name"].drop_nulls()
    columns = [c for c in ("cp_name", "ultimate_creditor", "ultimate_debtor") if c in rows.columns]
    named = pl.concat([private, *(rows[c].drop_nulls() for c in columns)]).unique().sort().to_list()
    names = other_names(named, lists, rng)
    said = rows["remittance_info"].drop_nulls().unique().sort().to_list()
    texts, kept = other_texts(said, lists, rng)
    out.mkdir(parents=True)
    changed = [pl.col(c).replace(names) for c in columns]
    rows.with_columns(*changed, pl.col("remittance_info").replace(texts)).write_parquet(
        out / "transactions.parquet"
    )
    of_people = pl.when(pl.col("kind") == "natural").then(pl.col("name").replace(names)).otherwise("name")
    parties.with_columns(of_people.alias("name")).write_csv(out / "parties.csv")
    for name in ("accounts.csv", "account_parties.csv"):
        shutil.copyfile(data / name, out / name)
    return Permuted(len(names), len(texts), kept)


def differences(one: ScreenResult, other: ScreenResult) -> dict[str, int]:
    """Gives how many rows of each table stand on one side only, texts for people left out."""
    out = {}
    for name in RAISED:
        a, b = (r.table(name) for r in (one, other))
        columns = [c for c in a.columns if c not in SHOWN]
        sides = [{str(row) for row in f.select(columns).iter_rows()} for f in (a, b)]
        out[name] = len(sides[0] ^ sides[1])
    return out


def main() -> None:
    """Permutes, scans both and tells what differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of canonical data")
    parser.add_argument("--dir", type=Path, required=True, help="folder to make for the copy")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    told = permute(args.data, args.dir, args.seed)
    print(f"{told.names:,} names and {told.texts:,} texts became others; {told.kept:,} texts stay")
    found = differences(screen([args.data]), screen([args.dir]))
    for name, n in found.items():
        print(f"{name}: {n} rows differ")


if __name__ == "__main__":
    main()

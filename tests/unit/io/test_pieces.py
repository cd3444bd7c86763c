"""Reading in pieces: blanks around cells, words of value maps, and work on pieces ahead of their turn."""

from __future__ import annotations

import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.io.support import mapped, rows
from thbscreen.ahead import Beside, in_order
from thbscreen.errors import DataError
from thbscreen.io.blocks import bare, only_spaces, survey
from thbscreen.io.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

MAPPING = """\
mapping: 1
name: pieces
input: {kind: csv, delimiter: "%s"}
defaults: {account_id: A1, currency: EUR, direction: debit, booking_ts: "2024-03-05"}
columns:
  tx_id: {from: Id}
  amount: {from: Amount}
  cp_name: {from: Name}
  remittance_info: {from: Text}
"""
#: Every blank of Unicode that ends no line.
BLANKS = [c for c in map(chr, range(0x3001)) if c.isspace() and c not in "\n\r\x1c\x1d\x1e\x1f"]


@pytest.mark.parametrize(("separator", "end"), [(";", "\n"), ("\t", "\r\n")])
def test_blanks_around_a_cell_go_whatever_they_are(separator: str, end: str, tmp_path: Path) -> None:
    """Also where all other cells of the block are bare, and the short way could be taken."""
    mapping = MAPPING % separator.replace("\t", "\\t")
    for blank in BLANKS:
        if blank == separator:
            continue
        cells = [["1", "5.00", "Ann Lee", f"a b{blank}"], ["2", "6.00", f"{blank}Bob", "c"]]
        lines = [separator.join(row) for row in [["Id", "Amount", "Name", "Text"], *cells]]
        read = rows(mapped(tmp_path, end.join([*lines, ""]), mapping))
        assert read["cp_name"].to_list() == ["Ann Lee", "Bob"], f"U+{ord(blank):04X}"
        assert read["remittance_info"].to_list() == ["a b", "c"], f"U+{ord(blank):04X}"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"a;b c\n", True), (b"a; b\r\n", True), ("é;ü\n".encode(), True), (b"a;\tb\n", False),
        (b"a\r;b\n", False), (b"a;b\x0b\n", False), ("a;\u00a0b\n".encode(), False),
        ("a;b\u3000\n".encode(), False), ("a;b\u2003\n".encode(), False), ("a;b\u1680\n".encode(), False),
    ],
)  # fmt: skip
def test_a_block_with_other_blanks_than_spaces_is_not_taken_for_one_without(
    block: bytes, expected: bool
) -> None:
    assert only_spaces(block, survey(block, ord(";")), ord(";")) is expected


def test_a_block_longer_than_one_look_is_counted_whole() -> None:
    block = b"ab;cd\n" * 100_000
    assert survey(block, ord(";")) == (100_000, 100_000, 100_000, True, False)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*"ab ;\t\n\r\x0b", "é", "\u00a0"]), min_size=1, max_size=14),
    st.integers(-8, 8),
)
def test_a_survey_tells_what_looking_at_each_cell_tells(letters: list[str], place: int) -> None:
    """The letters lie anywhere around the place where two looks meet."""
    block = (b"x" * ((1 << 17) + place)) + "".join(letters).encode() + b"y\n"
    seen = survey(block, ord(";"))
    cells = block.decode().replace("\n", ";").split(";")[:-1]
    assert seen.lines == block.count(b"\n")
    assert seen.separators == block.count(b";")
    assert seen.steering == sum(octet < 32 for octet in block)
    assert seen.ascii == block.isascii()
    assert seen.edges == any(cell.startswith(" ") or cell.endswith(" ") for cell in cells)
    if bare(seen, ord(";")):
        assert [cell.strip() for cell in cells] == cells


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["a", " a", "a ", "", "é", "\ta", "a\xa0"]), min_size=3, max_size=12))
def test_cells_are_trimmed_alike_whatever_stands_in_other_cells(texts: list[str]) -> None:
    """Row by row a block may be bare; among others it may not."""
    with TemporaryDirectory() as folder:
        lines = [f"{i},5.00,{text},t" for i, text in enumerate(texts)]
        dataset = mapped(Path(folder), "\n".join(["Id,Amount,Name,Text", *lines, ""]), MAPPING % ",")
        assert rows(dataset)["cp_name"].to_list() == [text.strip() or None for text in texts]


def test_a_failure_in_a_later_block_names_its_row(tmp_path: Path) -> None:
    """Blocks are read ahead as if each were the first."""
    lines = [f"{i};5.00;n;t" for i in range(1, 3001)]
    for wrong, code in (('a"b', "D017"), ("n;n", "D118")):
        lines[2500] = f"2501;5.00;{wrong};t" + ('"' if code == "D017" else "")
        text = "\n".join(["Id;Amount;Name;Text", *lines, ""])
        limits = Limits(block_bytes=4000, record_bytes=2000, chunk_rows=500)
        if code == "D017":
            with pytest.raises(DataError, match="row 2501"):
                rows(mapped(tmp_path, text, MAPPING % ";", limits))
        else:
            dataset = mapped(tmp_path, text, MAPPING % ";", limits)
            assert rows(dataset)["source_row"].to_list() == [n for n in range(1, 3001) if n != 2501]
            assert dataset.report().rejects["row"].to_list() == [2501]


def test_a_failure_to_fetch_comes_after_the_results_of_the_pieces_before() -> None:
    def pieces() -> Iterator[int]:
        yield from range(5)
        raise ValueError("torn")

    found = in_order(lambda n: n, pieces(), 2)
    assert [next(found) for _ in range(5)] == list(range(5))
    with pytest.raises(ValueError, match="torn"):
        next(found)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("other", [False, True])
def test_few_and_many_words_of_a_value_map_are_told_alike(many: bool, other: bool, tmp_path: Path) -> None:
    """A few words are compared one by one, many are looked up."""
    words = {"A": "fee", "B": "interest", "": "other"} | {f"X{i}": "other" for i in range(9 * many)}
    table = ", ".join(f'"{word}": {told}' for word, told in words.items())
    column = f"  tx_type: {{from: Kind, map: {{{table}}}{', else: card_purchase' if other else ''}}}\n"
    kinds = ["A", "B", "", "C", "B"] * 20
    text = "Id,Amount,Name,Text,Kind\n" + "".join(f"{i},5.00,n,t,{kind}\n" for i, kind in enumerate(kinds))
    dataset = mapped(tmp_path, text, MAPPING % "," + column)
    told = {"A": "fee", "B": "interest", "": "other", "C": "card_purchase"}
    expected = [told[kind] for kind in kinds if other or kind != "C"]
    assert rows(dataset)["tx_type"].to_list() == expected
    assert dataset.report().rejects["column"].to_list() == ([] if other else ["tx_type"] * 20)


def test_results_come_in_order_and_a_failure_in_its_place() -> None:
    def half(n: int) -> int:
        if n % 2:
            raise ValueError(n)
        return n // 2

    assert list(in_order(half, range(0, 100, 2))) == list(range(50))
    found = in_order(half, [0, 2, 4, 5, 6])
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="5"):
        next(found)


def test_who_leaves_early_leaves_no_thread_behind() -> None:
    closed: list[int] = []

    def pieces() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(1)

    source = pieces()
    found = in_order(lambda n: n, source)
    assert next(found) == 0
    found.close()
    source.close()
    assert closed == [1]
    assert not [t for t in threading.enumerate() if t.name.startswith("thbscreen-read")]


def test_work_beside_gives_its_result_or_its_failure() -> None:
    def fails() -> int:
        raise DataError("lost")

    assert Beside(lambda: 7).result() == 7
    with pytest.raises(DataError, match="lost"):
        Beside(fails).result()


def test_accounts_of_the_movements_are_those_of_rows_that_are_loaded(tmp_path: Path) -> None:
    """The account of a refused row is none of the data, though its piece held it."""
    text = "Id,Amount,Name,Text,Account\n1,5.00,n,t,A1\n2,5.00,n,t,A2\n3,x,n,t,A3\n4,5.00,n,t,A1\n"
    mapping = (MAPPING % ",").replace("account_id: A1, ", "") + "  account_id: {from: Account}\n"
    dataset = mapped(tmp_path, text, mapping)
    assert rows(dataset)["account_id"].to_list() == ["A1", "A2", "A1"]
    assert sorted(dataset.observations().accounts()) == ["A1", "A2"]
    whole = mapped(tmp_path, text.replace("3,x", "3,7.00"), mapping)
    assert pl.concat(whole.chunks()).height == 4
    assert sorted(whole.observations().accounts()) == ["A1", "A2", "A3"]

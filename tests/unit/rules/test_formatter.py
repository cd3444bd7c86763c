"""Keys come into the order of writing; comments, values and meaning stay."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thbscreen.rules import ast, bundle
from thbscreen.rules.binder import KEYS, bind_text
from thbscreen.rules.formatter import format_text, kind_of
from thbscreen.rules.grammar import form_of
from thbscreen.rules.lists import bind_list
from thbscreen.rules.yamltree import Map, Node, Scalar, Seq, load_tree

ROOT = Path(__file__).resolve().parents[3]
FILES = [p for p in sorted((ROOT / "rules").rglob("*.yaml")) if p.parent.name != "indicators"]
RULES = [p for p in FILES if p.name.startswith("THB-")]


def formatted(text: str) -> str:
    done = format_text(text.encode(), "x.yaml")
    assert done.found == ()
    return done.text


@cache
def tree(path: Path) -> Map:
    root, _ = load_tree(path.read_bytes(), path.name)
    assert isinstance(root, Map)
    return root


# --- files as they are ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_shipped_files_are_in_the_order_of_writing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text, "run: thbscreen rules format"


# --- shuffled files ------------------------------------------------------------------------------


class Shuffled:
    """Writes a tree with keys in random order, in braces or in lines, with comments above and behind keys."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0
        self.above: dict[str, str] = {}

    def scalar(self, value: Scalar, *, flow: bool) -> str:
        plain = not value.quoted and "\n" not in value.text
        if plain and not (flow and re.search(r"[\[\]{},]", value.text)):
            return value.text
        return json.dumps(value.text, ensure_ascii=False)

    def key(self, key: Scalar) -> str:
        return json.dumps(key.text, ensure_ascii=False) if key.quoted else key.text

    def flow(self, node: Node, form: str) -> str:
        if isinstance(node, Scalar):
            return self.scalar(node, flow=True)
        if isinstance(node, Seq):
            return "[" + ", ".join(self.flow(item, form[1:-1]) for item in node.items) + "]"
        inside = [f"{self.key(k)}: {self.flow(v, f)}" for k, v, f in self.entries(node, form)]
        return "{" + ", ".join(inside) + "}"

    def entries(self, node: Map, form: str) -> list[tuple[Scalar, Node, str]]:
        """Shuffles the keys of mappings that have an order; names of the author stay as they are."""
        if form.startswith("{"):
            return [(key, value, form[1:-1]) for key, value in node]
        values = {k.text: v.text if isinstance(v, Scalar) else None for k, v in node}
        known = form_of(form, values) if form and form[0] != "[" else None
        if known is None:
            return [(key, value, "") for key, value in node]
        out = [(key, value, known.inner.get(key.text, "")) for key, value in node]
        self.random.shuffle(out)
        return out

    def block(self, node: Node, indent: int, form: str) -> list[str]:
        pad = " " * indent
        if isinstance(node, Seq) and node.items:
            out = []
            for item in node.items:
                if isinstance(item, Map) and item.entries and self.random.random() < 0.7:
                    lines = self.block(item, indent + 2, form[1:-1])
                    at = next(n for n, line in enumerate(lines) if not line.lstrip().startswith("#"))
                    lines[at] = pad + "- " + lines[at][indent + 2 :]
                    for line in lines[
                        :at
                    ]:  # what stands above a dash belongs to the item, not to its first key
                        self.above.pop(line.strip())
                    out += [pad + line.lstrip() for line in lines[:at]] + lines[at:]
                else:
                    out.append(f"{pad}- {self.flow(item, form[1:-1])}")
            return out
        assert isinstance(node, Map)
        out = []
        for key, value, inner in self.entries(node, form):
            name = self.key(key)
            if self.random.random() < 0.2:
                self.number += 1
                self.above[f"# above {self.number}"] = name
                out.append(f"{pad}# above {self.number}")
            behind = f"  # behind {name}" if self.random.random() < 0.2 else ""
            deep = isinstance(value, Seq | Map) and (
                getattr(value, "items", ()) or getattr(value, "entries", ())
            )
            if deep and self.random.random() < 0.8:
                out += [f"{pad}{name}:{behind}", *self.block(value, indent + 2, inner)]
            elif isinstance(value, Scalar):
                out.append(f"{pad}{name}: {self.scalar(value, flow=False)}{behind}".rstrip())
            else:
                out.append(f"{pad}{name}: {self.flow(value, inner)}{behind}")
        return out


def ordered_mappings(node: Node, form: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Gives, for every mapping with a form, the order of writing and the keys as they stand."""
    if isinstance(node, Seq):
        for item in node.items:
            yield from ordered_mappings(item, form[1:-1] if form.startswith("[") else "")
    elif isinstance(node, Map) and form.startswith("{"):
        for _, value in node:
            yield from ordered_mappings(value, form[1:-1])
    elif isinstance(node, Map) and form and form[0] != "[":
        values = {k.text: v.text if isinstance(v, Scalar) else None for k, v in node}
        known = form_of(form, values)
        if known is not None:
            yield known.keys, list(values)
            for key, value in node:
                yield from ordered_mappings(value, known.inner.get(key.text, ""))


def next_key(lines: list[str], at: int) -> str:
    line = next(line for line in lines[at + 1 :] if not line.lstrip().startswith("#"))
    return re.sub(r"^ *(- )*", "", line).partition(":")[0]


def no_places(rule: ast.Rule | bundle.WordList | None) -> str:
    return re.sub(r"Span\([^)]*\)", "", repr(rule))


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 10**9))
def test_shuffled_files_come_into_order_and_mean_the_same(path: Path, seed: int) -> None:
    shuffled = Shuffled(seed)
    text = "\n".join(shuffled.block(tree(path), 0, kind_of(tree(path)) or "")) + "\n"
    out = formatted(text)
    root, findings = load_tree(out, path.name)
    assert not findings.failed
    assert root is not None
    kind = kind_of(root)
    assert kind is not None
    for wanted, found in ordered_mappings(root, kind):
        known = [key for key in wanted if key in found]
        assert found[: len(known)] == known
    assert sorted(re.findall(r"#.*", out)) == sorted(re.findall(r"#.*", text))
    lines = out.splitlines()
    for comment, key in shuffled.above.items():
        at = next(n for n, line in enumerate(lines) if line.strip() == comment)
        assert next_key(lines, at) == key
    for line in lines:
        if "  # behind " in line:
            assert re.sub(r"^ *(- )*", "", line).startswith(line.partition("# behind ")[2])
    assert formatted(out) == out
    old = path.read_text(encoding="utf-8")
    if kind == "list":
        assert no_places(bind_list(out, "x")[0]) == no_places(bind_list(old, "x")[0])


@pytest.mark.parametrize("path", RULES[::4], ids=lambda p: p.stem)  # the test above draws from all files
def test_a_rule_is_bound_alike_after_shuffling_and_ordering(path: Path) -> None:
    text = "\n".join(Shuffled(7).block(tree(path), 0, kind_of(tree(path)) or "")) + "\n"
    before, wrong = bind_text(path.read_bytes(), "x", SHIPPED)
    after, also_wrong = bind_text(formatted(text), "x", SHIPPED)
    assert before is not None
    assert [d.code for d in wrong] == [d.code for d in also_wrong]
    assert no_places(after) == no_places(before)


def shipped_lists() -> list[bundle.WordList]:
    bound = [bind_list(p.read_bytes(), p.name)[0] for p in (ROOT / "rules" / "lists").rglob("*.yaml")]
    return [found for found in bound if found is not None]


SHIPPED = shipped_lists()

# --- by hand -------------------------------------------------------------------------------------


def test_a_comment_above_moves_with_its_key_and_one_behind_stays_on_its_line() -> None:
    text = "# why this number\nversion: 1  # raised last year\nrule: THB-A-001\n# end\n"
    assert formatted(text) == "rule: THB-A-001\n# why this number\nversion: 1  # raised last year\n# end\n"


def test_what_stands_above_a_blank_line_at_the_top_belongs_to_the_file() -> None:
    text = "# our own rule\n\nversion: 1\nrule: THB-A-001\n"
    assert formatted(text) == "# our own rule\n\nrule: THB-A-001\nversion: 1\n"


def test_a_comment_that_stands_deeper_ends_the_entry_above_it() -> None:
    text = "detect:\n  kind: transaction\n  # nothing more\n# the id\nrule: THB-A-001\n"
    assert formatted(text) == "# the id\nrule: THB-A-001\ndetect:\n  kind: transaction\n  # nothing more\n"


def test_blank_lines_part_places_and_not_keys() -> None:
    text = "version: 1\n\nrule: THB-A-001\ntitle: A\n"
    assert formatted(text) == "rule: THB-A-001\n\ntitle: A\nversion: 1\n"


def test_the_first_key_of_an_item_takes_the_dash_and_its_comment_goes_above() -> None:
    text = "rule: THB-A-001\nsources:\n  - kind: law\n    # the act itself\n    cite: Law 60(I)/2014\n"
    assert formatted(text) == (
        "rule: THB-A-001\nsources:\n  # the act itself\n  - cite: Law 60(I)/2014\n    kind: law\n"
    )


def test_keys_in_braces_move_and_blanks_and_line_ends_stay() -> None:
    text = "rule: THB-A-001\nsources:\n- { kind: law,   cite: \"a, b\",\n    at: 'it''s' }\n"
    assert (
        formatted(text) == "rule: THB-A-001\nsources:\n- { cite: \"a, b\",   at: 'it''s',\n    kind: law }\n"
    )


def test_braces_with_a_comment_inside_stay_as_they_are() -> None:
    text = "rule: THB-A-001\nsources:\n- {kind: law,  # national\n   cite: a}\n"
    assert formatted(text) == text


def test_folded_and_quoted_texts_are_not_written_anew() -> None:
    text = "why: >-\n  one\n  two # no comment\n\n  three\nrule: THB-A-001\nsummary: 'a\n  b'\n"
    out = formatted(text)
    assert out == "rule: THB-A-001\nsummary: 'a\n  b'\nwhy: >-\n  one\n  two # no comment\n\n  three\n"


def test_kept_line_ends_of_a_block_stay_with_it() -> None:
    text = "why: |+\n  one\n\n\nrule: THB-A-001\n"
    assert formatted(text) == "rule: THB-A-001\nwhy: |+\n  one\n\n\n"


def test_names_and_tests_on_rows_keep_the_authors_order() -> None:
    text = (
        "rule: THB-A-001\ndetect:\n  where:\n    tx_type: fee\n"
        "    amount_eur: {below: 5 EUR, at_least: 1 EUR}\n"
        "  measures: {z: {count: transactions}, a: {where: {mcc: 1}, sum: amount_eur}}\n  kind: aggregate\n"
    )
    assert formatted(text) == (
        "rule: THB-A-001\ndetect:\n  kind: aggregate\n  where:\n    tx_type: fee\n"
        "    amount_eur: {below: 5 EUR, at_least: 1 EUR}\n"
        "  measures: {z: {count: transactions}, a: {sum: amount_eur, where: {mcc: 1}}}\n"
    )


def test_unknown_keys_come_last() -> None:
    assert formatted("zzz: 1\ntitle: A\nrule: X\naaa: 2\n") == "rule: X\ntitle: A\nzzz: 1\naaa: 2\n"


def test_line_ends_of_windows_and_a_missing_last_one_are_no_trouble() -> None:
    assert formatted("title: A\r\nrule: X\r\n") == "rule: X\r\ntitle: A\r\n"
    assert formatted("title: A\nrule: X") == "rule: X\ntitle: A\n"


@pytest.mark.parametrize(
    "text", ["a: [", "rule: &x A\n", "- rule\n", "nothing: here\n", "", "rule: a\nrule: b\n"]
)
def test_what_cannot_be_read_is_refused_and_left_alone(text: str) -> None:
    done = format_text(text.encode(), "x.yaml")
    assert [d.severity for d in done.found] == ["error"]
    assert done.text == text


def test_a_key_with_a_question_mark_is_no_trouble() -> None:
    assert formatted("title: A\n? rule\n: X\n") == "? rule\n: X\ntitle: A\n"


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(RULES[:3]), st.integers(0, 400), st.text("{}[]:#-\n '\"|>&*?", max_size=3))
def test_a_damaged_file_is_refused_or_means_what_it_meant(path: Path, at: int, added: str) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)[:60]
    broken = "".join(lines)
    broken = broken[: at * 3] + added + broken[at * 3 :]
    done = format_text(broken.encode(), "x.yaml")
    if done.found:
        assert done.text == broken
    else:
        assert formatted(done.text) == done.text


def test_the_order_of_a_rule_is_the_binders() -> None:
    text = "".join(f"{key}: x\n" for key in reversed(KEYS))
    assert formatted(text) == "".join(f"{key}: x\n" for key in KEYS)

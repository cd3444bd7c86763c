"""The strict loader: text stays text, tricks are refused, and nothing but findings comes out."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.rules.samples import CASH, STAR, lists
from thbscreen.rules.binder import bind_text
from thbscreen.rules.lists import bind_list
from thbscreen.rules.profile import read_profile
from thbscreen.rules.yamltree import MAX_DEPTH, Map, Scalar, Seq, load_tree


def codes(data: bytes | str) -> list[str]:
    return [d.code for d in load_tree(data, "x.yaml")[1].result()]


def value(text: str) -> Scalar:
    root, _ = load_tree(f"a: {text}\n", "x.yaml")
    assert isinstance(root, Map)
    found = root.get("a")
    assert isinstance(found, Scalar)
    return found


@pytest.mark.parametrize(
    "text",
    ["NO", "no", "off", "0742", "012", "22:00", "22:00-06:00", "1_000", "1e3", ".nan", "2023-01-31", "="],
)
def test_a_plain_value_stays_the_text_it_is(text: str) -> None:
    assert value(text).text == text
    assert not value(text).quoted


@pytest.mark.parametrize("text", ["", "~", "null"])
def test_an_empty_value_is_absent_only_without_quotes(text: str) -> None:
    assert value(text).absent
    assert not value(f'"{text}"').absent


def test_positions_count_from_one_and_end_after_the_token() -> None:
    root, _ = load_tree("a:\n  - bc\n  - 'de'\n", "x.yaml")
    assert isinstance(root, Map)
    items = root.get("a")
    assert isinstance(items, Seq)
    assert [(i.span.line, i.span.column, i.span.end_column) for i in items.items] == [(2, 5, 7), (3, 5, 9)]


def test_a_byte_order_mark_moves_no_column() -> None:
    root, findings = load_tree(b"\xef\xbb\xbfa: b", "x.yaml")
    assert not findings.items
    assert root is not None
    assert root.span.column == 1


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1",
        "a: *x",
        "a: !!str 1",
        "a: !local 1",
        "a: 1\n---\nb: 2",
        "%YAML 1.1\n---\na: 1",
        "&x {a: 1}",
        "- &x [*x]",
    ],
)
def test_features_that_hide_meaning_are_refused(text: str) -> None:
    assert codes(text) == ["R002"]


def test_a_merge_key_is_a_plain_key() -> None:
    root, _ = load_tree("<<: a", "x.yaml")
    assert isinstance(root, Map)
    assert root.entries[0][0].text == "<<"


def test_a_key_that_is_given_twice_names_both_lines() -> None:
    _, findings = load_tree("a: 1\nb: 2\na: 3\n", "x.yaml")
    (found,) = findings.result()
    assert (found.code, found.span.line, found.help) == ("R005", 3, "first given on line 1; keep one")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# only a comment",
        b"~",
        b"a: \xff",
        b"a: \x00",
        "a: 1".encode("utf-16"),
        b"a: [1",
        b"a: 'x",
        b"{" * 500,
        b"%YAML " + b"9" * 6000 + b".1\n---\na: 1",
        b'a: "\\UFFFFFFFF"',
        b"x" * (1024 * 1024 + 1),
    ],
)
def test_an_unusable_file_gives_one_finding(data: bytes) -> None:
    assert len(codes(data)) == 1


def test_deep_nesting_is_refused_at_once() -> None:
    assert codes("[" * 100_000) == ["R009"]
    assert codes("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)) == []


def test_too_many_values_are_refused() -> None:
    assert codes("[" + "a," * 60_000 + "]") == ["R009"]


def test_a_huge_number_is_only_text() -> None:
    assert value("9" * 5000).text == "9" * 5000


def test_an_unclosed_quote_is_shown_where_it_opens() -> None:
    _, findings = load_tree("a: 1\nb: 'open\nc: 3\n", "x.yaml")
    assert [(d.span.line, d.span.column) for d in findings.result()] == [(2, 4)]


def test_bidirectional_characters_are_not_shown() -> None:
    _, findings = load_tree("a: 1\na: \u202e2\n", "x.yaml")
    assert "\u202e" not in findings.result()[0].render()


PUNCTUATION = "ab:-{}[]\"'#&*!|>%@,?~$\n\t 0\u2028é"


@given(st.text(st.sampled_from(PUNCTUATION), max_size=40) | st.binary(max_size=40) | st.text(max_size=30))
@example("? a\n: [*b]")
@settings(max_examples=150)
def test_no_input_makes_a_loader_raise(data: str | bytes) -> None:
    for found in (
        bind_text(data, "x.yaml", lists())[1],
        bind_list(data, "x.yaml")[1].result(),
        read_profile(data, "x.yaml").ctx.findings.result(),
    ):
        assert found
        assert all(d.span.line >= 1 and d.span.column >= 1 for d in found)
        assert all(d.render() for d in found)


@pytest.mark.parametrize("text", [CASH, STAR])
def test_every_prefix_of_a_rule_gives_a_rule_or_findings(text: str) -> None:
    for end in range(0, len(text), 7):
        rule, found = bind_text(text[:end], "x.yaml", lists())
        assert rule is not None or any(d.severity == "error" for d in found)


@given(st.sampled_from([CASH, STAR]), st.data())
@settings(max_examples=60)
def test_any_edit_of_one_character_gives_a_rule_or_findings(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.sampled_from(["", *PUNCTUATION, "$", "(", "9", "ς", "\x00", "\ud800"]))
    rule, found = bind_text(text[:at] + put + text[at + 1 :], "x.yaml", lists())
    assert rule is not None or any(d.severity == "error" for d in found)

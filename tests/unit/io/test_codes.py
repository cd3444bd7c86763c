"""Error codes and their page are the same list, and strict YAML refuses what it must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.io.codes import FILE_CODES, ROW_CODES
from thbscreen.io.mapping_file import COLUMN_KEYS, INPUT_KEYS, SECTION_KEYS, SIDE_KEYS, SIGN_RULES
from thbscreen.model.strictyaml import Block, Listing, Scalar, StrictYamlError, load

DOCS = Path(__file__).resolve().parents[3] / "docs" / "reference"


def test_every_code_is_documented_once_and_every_documented_code_exists() -> None:
    written = re.findall(
        r"^\| (D\d{3}) \| .+ \| .+ \|$", (DOCS / "input-errors.md").read_text(), re.MULTILINE
    )
    assert written == sorted(FILE_CODES | ROW_CODES)


def test_every_code_is_used_in_the_code() -> None:
    folder = Path(__file__).resolve().parents[3] / "thbscreen" / "io"
    text = "".join(p.read_text() for p in folder.rglob("*.py") if p.name != "codes.py")
    assert [code for code in FILE_CODES | ROW_CODES if f'"{code}"' not in text] == []


@pytest.mark.parametrize("key", sorted({*INPUT_KEYS, *COLUMN_KEYS, *SECTION_KEYS, *SIDE_KEYS, *SIGN_RULES}))
def test_every_key_of_a_mapping_is_documented(key: str) -> None:
    assert f"`{key}" in (DOCS / "mapping.md").read_text()


def test_yaml_values_stay_text() -> None:
    node = load(b"a: NO\nb: 012\nc: 12:30\nd: [1e3, .nan, 2026-01-31]\ne:\n")
    assert isinstance(node, Block)
    assert [v.text for _, v in node.entries if isinstance(v, Scalar)] == ["NO", "012", "12:30", ""]
    values = node.get("d")
    assert isinstance(values, Listing)
    assert [v.text for v in values.items if isinstance(v, Scalar)] == ["1e3", ".nan", "2026-01-31"]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2\n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !!str 1\n",
        "---\na: 1\n---\nb: 2\n",
        "[1]: 2\n",
        "",
        "a: \t1\n\tb",
        "? {a: b}\n: c\n",
        "[" * 1000,
        "\0",
    ],
)
def test_yaml_that_hides_meaning_is_refused(text: str) -> None:
    with pytest.raises(StrictYamlError):
        load(text.encode())


@given(st.one_of(st.binary(max_size=80), st.text("ab:-[]{}&*!|>'\"#%@`, \n\t?", max_size=60).map(str.encode)))
def test_any_bytes_are_a_node_or_a_strict_yaml_error(data: bytes) -> None:
    try:
        node = load(data)
    except StrictYamlError as error:
        assert error.line >= 1
        return
    assert isinstance(node, (Scalar, Listing, Block))

"""The reference of the rule language names every part of the language, and its examples bind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.unit.rules.samples import HEAD, TAIL, lists
from thbscreen.rules import ast
from thbscreen.rules.binder import KEYS, bind_text
from thbscreen.rules.derive import DERIVE_KINDS
from thbscreen.rules.detect import KINDS
from thbscreen.rules.evidence import FORMATS
from thbscreen.rules.measures import MEASURE_KINDS, STATISTICS
from thbscreen.rules.patterns import PATTERNS, SHAPES
from thbscreen.rules.where import ALL_TESTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "rule-language.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"`([^`\n]+)`|```yaml\n(.*?)```", PAGE, re.DOTALL)
WORDS = set(re.findall(r"[a-z_]+", " ".join(word + block for word, block in QUOTED)))
DETECTS = [block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "detect:" in block]


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("keys of a rule", KEYS),
        ("kinds", [k for k in KINDS if k != "transaction"]),
        ("tests of a field", ALL_TESTS),
        ("derived columns", DERIVE_KINDS),
        ("measures", MEASURE_KINDS),
        ("statistics", STATISTICS),
        ("patterns", PATTERNS),
        ("keys of patterns", sorted({k for shape in SHAPES.values() for k in shape.keys})),
        ("formats of evidence", FORMATS),
        ("statuses", ast.RULE_STATUSES),
        ("families", ast.FAMILIES),
    ],
)
def test_the_page_names_everything(what, names):
    assert [name for name in names if name not in WORDS] == [], what


@pytest.mark.parametrize("block", DETECTS, ids=[re.search(r"(?:pattern|kind): (\w+)", b)[1] for b in DETECTS])
def test_an_example_of_the_page_binds(block):
    roles = re.search(r"^roles: (.*)$", block, re.MULTILINE)
    who = roles[1] if roles else "{account_id: possible_victim}"
    parameters = {
        "near": "80%, min: 50%, max: 95%", "threshold": "10000 EUR, min: 1000 EUR, max: 15000 EUR",
        "min_deposits": "3, min: 2, max: 10",
    }  # fmt: skip
    head = HEAD.format(id="THB-TEST-900", family="flow", roles=who).replace("status: test", "status: draft")
    used = [name for name in parameters if f"${name}" in block]
    listed = "".join(f"  {n}: {{value: {parameters[n]}, stricter: neither, means: {n}}}\n" for n in used)
    text = head + (f"parameters:\n{listed}" if listed else "") + block[block.index("detect:") :]
    rows = "{transactions: {rows: [{account_id: A}]}}"
    tests = f"tests:\n  - {{name: a gap, known_gap: true, given: {rows}, expect: [{{tx_ids: T01}}]}}\n"
    rule, found = bind_text(text + "evidence: Seen.\n" + TAIL + tests, "example.yaml", lists())
    assert rule is not None, "\n".join(d.render() for d in found)


@pytest.mark.parametrize("number", range(1, 13))
def test_every_law_of_the_page_has_a_test_of_its_name(number):
    assert f"- **L{number}**" in PAGE
    laws = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests" / "laws").glob("test_*.py"))
    assert re.search(rf"def test_L{number}_", laws)


def test_every_yaml_block_of_the_page_is_yaml():
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        assert yaml.safe_load(block)

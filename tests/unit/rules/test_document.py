"""Pages about rules say what runs, whole and as plain text whatever the texts hold."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.rules import ast, bundle
from thbscreen.rules.document import INDEX, escaped, page, pages
from thbscreen.rules.pack import load_pack, resolve

ROOT = Path(__file__).resolve().parents[3]
RULE = "THB-ML-001"
HOSTILE = "x | y <b>*a* _b_ `c` [d](e) &amp; $1$\n# head \u202e end"


@cache
def shipped() -> bundle.RulePack:
    return load_pack(ROOT / "rules", drafts=True)


def changed(**texts: object) -> bundle.RulePack:
    pack = shipped()
    bound = tuple(dataclasses.replace(r, **texts) if r.id == RULE else r for r in pack.bound)  # type: ignore[arg-type]
    rules = tuple(resolve(r, pack.profile) for r in bound)
    return dataclasses.replace(pack, bound=bound, rules=rules)


def rule() -> ast.Rule:
    return next(r for r in shipped().rules if r.id == RULE)


def test_every_rule_has_its_page_and_the_index_leads_to_each() -> None:
    made = pages(shipped())
    ids = {r.id for r in shipped().rules}
    assert set(made) == {f"{i}.md" for i in ids} | {INDEX}
    assert set(re.findall(r"\]\((THB-[A-Z]+-\d+)\.md\)", made[INDEX])) == ids


def test_a_page_has_its_parts_and_the_rules_own_words() -> None:
    text = page(RULE, shipped())
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    wanted = {
        "How it finds", "Thresholds", "Data it needs", "Roles", "Innocent explanations", "What a hit says",
        "Report", "Sources", "Tests",
    }  # fmt: skip
    assert wanted <= set(heads)
    for said in (rule().summary, *rule().innocent_explanations, *(c.name for c in rule().tests)):
        assert escaped(said) in text
    for parameter in rule().parameters:
        assert f"| `{parameter.name}` | " in text
    for column in rule().columns:
        assert f"| `{column}` | " in text


def test_a_changed_value_tells_who_set_and_approved_it() -> None:
    pack = shipped()
    first = next(p for p in rule().parameters if p.value.payload != p.max.payload)
    override = bundle.Override(
        RULE, ((first.name, first.max),), None, "case 17 | back-test",
        bundle.Approval("MLCO", "2026-01-01", "2027-01-01"),
    )  # fmt: skip
    profile = dataclasses.replace(pack.profile, name="bank", overrides=(override,))
    rules = tuple(resolve(r, profile) for r in pack.bound)
    text = page(RULE, dataclasses.replace(pack, profile=profile, rules=rules))
    row = next(line for line in text.splitlines() if line.startswith(f"| `{first.name}` |"))
    assert row.endswith("| profile bank |")
    assert "because: case 17 \\| back-test." in text
    assert "Approved by MLCO on 2026-01-01, to be reviewed by 2027-01-01." in text


def test_the_fius_code_stands_beside_the_indicator() -> None:
    pack = shipped()
    profile = dataclasses.replace(pack.profile, goaml=((rule().report_indicator, "CY*42"),))
    assert "own list: CY\\*42\n" in page(RULE, dataclasses.replace(pack, profile=profile))
    profile = dataclasses.replace(pack.profile, goaml=())
    assert "own list: not set in this profile" in page(RULE, dataclasses.replace(pack, profile=profile))


def test_what_happens_without_a_column_is_what_the_engine_does() -> None:
    text = page("THB-ML-004", shipped())
    assert "| `location_city` | town of the card, machine or counter | not judged |" in text
    assert "| `location_country` | country of the card, machine or counter | judged, but weakly |" in text


def test_texts_that_look_like_markdown_stay_texts() -> None:
    pack = changed(
        title=HOSTILE, summary=HOSTILE, why=HOSTILE, care=HOSTILE, innocent_explanations=(HOSTILE,),
        report_keywords=(HOSTILE,), sources=(ast.Source(HOSTILE, HOSTILE, "law"),),
    )  # fmt: skip
    text = page(RULE, pack)
    assert not re.search(r"(?<!\\)<b>|(?<!\\)\[d|(?<!\\)`c|\u202e|^# head", text, re.MULTILINE)
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(re.search(r"(?<!\\)\|$", line) for line in tables)
    assert "[THB-ML-001]" in pages(pack)[INDEX]


def shown(text: str) -> str:
    """Takes the backslashes away that stand before signs, as a reader of Markdown does."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


@given(st.text(max_size=40))
def test_escaping_loses_nothing_that_can_be_seen(text: str) -> None:
    plain = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
    assert shown(escaped(text)) == plain
    assert "\n" not in escaped(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1. one", "1\\. one"),
        ("- x", "\\- x"),
        ("amount_eur", "amount_eur"),
        ("_x_", "\\_x\\_"),
        ("a|b", "a\\|b"),
    ],
)
def test_only_what_would_mean_something_is_escaped(text: str, said: str) -> None:
    assert escaped(text) == said


def test_the_same_rules_give_the_same_pages() -> None:
    assert pages(shipped()) == pages(load_pack(ROOT / "rules", drafts=True))

"""The plan of a rule: every part that it needs, and every rule that has an equal part."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from thbscreen.compile.pack import CompiledPack, compile_pack
from thbscreen.compile.plan import KINDS, plan
from thbscreen.rules.pack import load_pack

ROOT = Path(__file__).resolve().parents[3]


@cache
def compiled() -> CompiledPack:
    return compile_pack(load_pack(ROOT / "rules", drafts=True))


def test_parts_come_by_kind_and_name_the_rule_itself() -> None:
    found = plan(compiled(), "THB-MAR-002")
    kinds = [KINDS.index(part.kind) for part in found.parts]
    assert kinds == sorted(kinds)
    assert all("THB-MAR-002" in part.rules for part in found.parts)
    assert (found.scope, found.stage, found.after) == ("account", 2, ("THB-MIT-005", "THB-MIT-006"))


def test_row_tests_carry_the_names_of_the_shared_columns() -> None:
    names = set(compiled().row_tests.values())
    for item in compiled().rules:
        found = [p.name for p in plan(compiled(), item.rule.id).parts if p.kind == "row test"]
        assert set(found) <= names


def test_sharing_is_mutual() -> None:
    plans = {item.rule.id: plan(compiled(), item.rule.id) for item in compiled().rules[:8]}
    for rule, found in plans.items():
        for part in found.parts:
            for other in set(part.rules) & set(plans):
                same = [
                    p
                    for p in plans[other].parts
                    if (p.kind, p.name, p.rules) == (part.kind, part.name, part.rules)
                ]
                assert any(rule in p.rules for p in same)


def test_all_plans_together_hold_every_part_of_the_pack() -> None:
    parts = [p for item in compiled().rules for p in plan(compiled(), item.rule.id).parts]
    assert {p.name for p in parts if p.kind == "row test"} == set(compiled().row_tests.values())
    assert {p.what for p in parts if p.kind == "code"} == set(compiled().codes)
    assert {p.what for p in parts if p.kind == "customer fact"} == compiled().account_fields
    assert {p.what for p in parts if p.kind == "word list"} == {
        f"{f} against {n}" for f, n in compiled().words
    }


def test_an_unknown_rule_has_no_plan() -> None:
    with pytest.raises(KeyError):
        plan(compiled(), "THB-X-999")

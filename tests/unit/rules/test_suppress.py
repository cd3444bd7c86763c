"""Warnings are set aside one by one, each with a reason, and never without effect."""

from __future__ import annotations

import pytest

from tests.unit.rules.samples import CASH, lists
from thbscreen.diagnostics import Diagnostic, Span
from thbscreen.rules.binder import bind_text
from thbscreen.rules.codes import codes, warning_codes
from thbscreen.rules.lists import bind_list
from thbscreen.rules.suppress import suppress_between
from thbscreen.rules.yamltree import Findings

#: The sample rule with a source that does not say where in it, which is W106.
VAGUE = CASH.replace(", at: page 12", "")


def found(text: str) -> list[Diagnostic]:
    return bind_text(text, "x.yaml", lists())[1]


def with_suppression(text: str, items: str) -> str:
    return text.replace("\ntests:", f"\nsuppress: {items}\ntests:", 1)


def test_without_a_suppression_the_warning_is_a_warning() -> None:
    assert [(d.code, d.severity) for d in found(VAGUE)] == [("W106", "warning")]


def test_a_suppressed_warning_stays_with_its_place_and_gets_its_reason() -> None:
    (before,) = found(VAGUE)
    (after,) = found(with_suppression(VAGUE, '[{code: W106, reason: "a leaflet without pages"}]'))
    assert (after.severity, after.reason) == ("suppressed", "a leaflet without pages")
    assert (after.code, after.span, after.message) == (before.code, before.span, before.message)
    assert "suppressed[W106]" in after.render()
    assert "= reason: a leaflet without pages" in after.render()


def test_the_meaning_of_a_rule_does_not_depend_on_suppressions() -> None:
    plain, _ = bind_text(VAGUE, "x.yaml", lists())
    quiet, _ = bind_text(with_suppression(VAGUE, "[{code: W106, reason: a leaflet}]"), "x.yaml", lists())
    assert plain is not None
    assert quiet is not None
    assert plain.digest == quiet.digest


def test_a_suppression_of_nothing_is_a_warning_itself() -> None:
    (one,) = found(with_suppression(CASH, "[{code: W104, reason: why not}]"))
    assert (one.code, one.severity) == ("W110", "warning")
    assert one.span.column == len("suppress: [{code: ") + 1


@pytest.mark.parametrize("code", ["R013", "P001", "V002", "W110", "W999", "w106", "anything"])
def test_only_known_warnings_can_be_suppressed(code: str) -> None:
    one = next(
        d for d in found(with_suppression(VAGUE, f"[{{code: {code}, reason: why}}]")) if d.code == "R016"
    )
    assert f"'{code}'" in one.message
    assert one.help


@pytest.mark.parametrize("item", ["{code: W106}", '{code: W106, reason: ""}', "{code: W106, reason: ~}"])
def test_a_suppression_without_a_reason_is_an_error_and_does_nothing(item: str) -> None:
    severities = {d.code: d.severity for d in found(with_suppression(VAGUE, f"[{item}]"))}
    assert severities["W106"] == "warning"
    assert "error" in severities.values()


def test_a_code_is_suppressed_once() -> None:
    items = "[{code: W106, reason: one}, {code: W106, reason: two}]"
    assert [d.code for d in found(with_suppression(VAGUE, items)) if d.severity == "error"] == ["R019"]


def test_a_broken_rule_is_not_told_that_its_suppressions_do_nothing() -> None:
    broken = with_suppression(CASH, "[{code: W101, reason: why}]").replace(
        "kind: aggregate", "kind: agregate"
    )
    assert "W110" not in {d.code for d in found(broken)}


LIST = """\
list: keywords.rent
kind: words
title: Words for rent
reviewed: 2026-01-31
sources:
  - {cite: Word review, kind: expert}
SUPPRESS
entries: {en: [rent]}
must_match: [Rent May]
must_not_match: [parents]
"""


def test_lists_know_suppressions_too() -> None:
    text = LIST.replace("SUPPRESS", "suppress:\n  - {code: W106, reason: reviewed by a native speaker}")
    bound, findings = bind_list(text, "rent.yaml")
    assert bound is not None
    assert [(d.code, d.severity) for d in findings.result()] == [("W106", "suppressed")]


def test_what_two_lists_find_together_is_suppressed_in_the_file_that_it_stands_in() -> None:
    quiet, loud = Findings("a.yaml"), Findings("b.yaml")
    quiet.later["W105"] = ("a town", Span("a.yaml", 3, 1, 5))
    loud.later["W105"] = ("nothing of the kind", Span("b.yaml", 4, 1, 5))
    between = [
        Diagnostic("W105", "m", Span(file, 1, 1, 2), severity="warning") for file in ("a.yaml", "c.yaml")
    ]
    out = suppress_between(between, [quiet, loud])
    assert [(d.severity, d.reason) for d in out] == [("suppressed", "a town"), ("warning", None)]
    assert quiet.items == []
    assert [(d.code, d.span.line) for d in loud.items] == [("W110", 4)]


def test_the_program_knows_the_text_of_every_code() -> None:
    assert {"R001", "P001", "W101", "W110"} <= set(codes())
    assert all(c.cause and c.wrong and c.right for c in codes().values())
    assert set(warning_codes()) == {code for code in codes() if code[0] == "W"}

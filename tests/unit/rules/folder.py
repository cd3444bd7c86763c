"""A small folder of rules, lists and one profile, for tests of what stands between files."""

from __future__ import annotations

from pathlib import Path

from tests.unit.rules.samples import CASH, LIST_TEXTS, STAR

PROFILE = """\
profile: test-bank
time_zone: Asia/Nicosia
facts:
  minimum_wage:
    - {value: 1000 EUR, valid_from: 2024-01-01, valid_to: 2025-12-31, source: test, confidence: high}
    - {value: 1088 EUR, valid_from: 2026-01-01, source: test, confidence: medium}
"""


#: What every change of a value or of a rule's switch must carry.
APPROVED = "approved: {by: MLCO, on: 2024-06-01, review: 2999-06-01}"


def make(folder: Path) -> Path:
    """Writes two rules, their lists and the profile `test` below a folder; gives the folder of rules."""
    rules = folder / "rules"
    put(rules, "cash/THB-CASH-003.yaml", CASH)
    put(rules, "marriage/THB-MAR-001.yaml", STAR)
    put(rules, "profiles/test.yaml", PROFILE)
    for name, (kind, entries) in LIST_TEXTS.items():
        text = f"list: {name}\nkind: {kind}\ntitle: Test\nreviewed: 2026-01-31\n"
        text += f"sources: [{{cite: test, at: page 1, kind: expert}}]\nentries: {entries}\n"
        put(rules, f"lists/{name.replace('.', '/')}.yaml", text)
    return rules


def put(rules: Path, name: str, text: str) -> None:
    """Writes a file below a folder."""
    path = rules / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def override(base: Path, text: str) -> None:
    """Adds keys to the profile `test`."""
    put(base, "profiles/test.yaml", PROFILE + text)

"""Small helpers for tests: a pack from rule texts, and a run over rows of text."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from thbscreen.compile.pack import compile_pack
from thbscreen.engine.hits import Assembler, HitTables
from thbscreen.engine.memory import from_rows
from thbscreen.engine.prepare import prepare
from thbscreen.engine.readiness import readiness
from thbscreen.engine.run import Runner
from thbscreen.rules.pack import load_pack

PROFILE = """\
profile: test
time_zone: {zone}
facts:
{facts}"""
FACTS = """\
  minimum_wage:
    - {value: 1000 EUR, valid_from: 2024-01-01, valid_to: 2025-12-31, source: test, confidence: high}
    - {value: 1088 EUR, valid_from: 2026-01-01, source: test, confidence: high}
"""

HEAD = """\
rule: {id}
title: A rule of the tests
version: 1
status: draft
family: flow
weight: 1
third_party: false
summary: Flags rows of the tests.
sources:
  - {{cite: test, at: p. 1, kind: expert}}
typologies: [laundering]
roles: {roles}
innocent_explanations:
  - It is a test
"""

TAIL = """\
report: {indicator: test, keywords: [test]}
tests:
  - name: one hit, recorded as a gap because each law brings rows of its own
    known_gap: true
    given:
      transactions:
        rows:
          - {booking_ts: 2020-01-01 10:00, account_id: Z, amount_eur: 0.01, direction: debit, tx_type: fee}
    expect:
      - {tx_ids: T01}
"""


def rule_text(detect: str, *, rule_id: str = "THB-ML-901", roles: str = "{account_id: unknown}",
              parameters: str = "", evidence: str = "Seen.") -> str:  # fmt: skip
    """Gives a whole rule file around a detect block (given without indentation)."""
    block = "".join(f"  {line}\n" for line in detect.strip("\n").splitlines())
    return (
        HEAD.format(id=rule_id, roles=roles)
        + (f"parameters:\n{parameters}" if parameters else "")
        + f'detect:\n{block}evidence: "{evidence}"\n'
        + TAIL
    )


def pack_of(*texts: str, zone: str = "Asia/Nicosia", lists: dict[str, str] | None = None, facts: str = FACTS):
    """Loads rule texts as a pack of their own; lists are texts by file name."""
    with tempfile.TemporaryDirectory(prefix="thbscreen-test-") as place:
        root = Path(place)
        (root / "lists").mkdir()
        (root / "profiles").mkdir()
        shipped = Path(__file__).parent.parent / "rules" / "lists" / "typologies.yaml"
        (root / "lists" / "typologies.yaml").write_text(shipped.read_text())
        for name, text in (lists or {}).items():
            path = root / "lists" / f"{name.replace('.', '/')}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for number, text in enumerate(texts):
            folder = root / "laundering"
            folder.mkdir(exist_ok=True)
            (folder / f"{text.split()[1]}.yaml").write_text(text)
            del number
        profile = root / "profiles" / "test.yaml"
        profile.write_text(PROFILE.format(zone=zone, facts=facts))
        return load_pack(root, profile, drafts=True)


def run_rows(
    pack, transactions, accounts=(), parties=(), *, buckets: int = 1
) -> tuple[HitTables, pl.DataFrame]:
    """Runs a pack over rows of text and gives the hit tables and the readiness table."""
    compiled = compile_pack(pack)
    source = from_rows(list(transactions), list(accounts), list(parties), pack.profile.time_zone)
    prepared = prepare(source, compiled, buckets=buckets)
    ready = readiness(prepared, compiled)
    skip = frozenset(ready.filter(pl.col("status") == "not judged")["rule"].to_list())
    runner = Runner(prepared, compiled, skip=skip)
    return Assembler(prepared, compiled).assemble(runner.run()), ready


def measures(hit) -> dict[str, float]:
    """Gives a hit's measures by name."""
    return {m["name"]: m["value"] for m in hit["measures"]}

"""`thbscreen scan` of a folder of statements, from the files to the run folder and the screen."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.cli_build import run
from tests.unit.io.camt_build import OTHER, OWN, detail, entry, message, side, statement


def test_a_folder_of_statements_is_scanned_and_says_what_does_not_balance(tmp_path: Path) -> None:
    folder = tmp_path / "statements"
    folder.mkdir()
    paid = entry("12.50", "DBIT", detail("", parties=side("Cdtr", "Anna Example", OTHER), text="rent"))
    (folder / "may.xml").write_text(message(statement(paid, opening="20.00", closing="7.50")))
    later = {"number": "S2", "day": "2026-06-01", "opening": "7.50", "closing": "9.00"}
    (folder / "june.xml").write_text(message(statement(entry("1.00", day="2026-06-01"), **later)))
    out = tmp_path / "out"
    shown = run("scan", str(folder), "--out", str(out), "--only", "THB-MAR-001")
    assert shown.exit_code == 0
    assert "2 statements: 1 balance, 1 has a gap of 0.5 EUR" in " ".join(shown.stderr.split())
    assert OWN not in shown.stderr
    quality = json.loads((out / "quality.json").read_text())
    assert "2 statements: 1 balance, 1 has a gap of 0.5 EUR" in quality["findings"]
    each = {p["file"]: p for p in quality["statements"]["each"]}
    assert each["june.xml"]["gap"] == "0.5"
    assert each["may.xml"]["balances"] == "closes"
    assert quality["load"]["tables"]["transactions"] == {"loaded": 2, "read": 2, "rejected": 0, "skipped": {}}

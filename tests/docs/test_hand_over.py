"""The pages on exports: every command runs, and the tables name what the files hold."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.cli_build import run
from tests.unit.report.export_build import ONCE, pair
from thbscreen.report.export import export, neo4j
from thbscreen.report.export.graph import EDGE_ATTRIBUTES, NODE_ATTRIBUTES

DOCS = Path(__file__).resolve().parents[2] / "docs"
HOW_TO = (DOCS / "how-to" / "hand-over-to-other-tools.md").read_text(encoding="utf-8")
REFERENCE = (DOCS / "reference" / "exports.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", HOW_TO, re.DOTALL) for line in block.splitlines()
]


def section(name: str) -> set[str]:
    """Gives what stands in backticks in one section of the reference."""
    text = REFERENCE.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"`([^`\n]+)`", text))


def test_the_commands_of_the_page_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pair()
    for row in (*made.networks, *made.members, *made.edges):
        row["network_id"] = "NW-4573e543e109"
    made.write(tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) == 6
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        shown = run(*arguments)
        assert (program, shown.exit_code) == ("thbscreen", 0), shown.stderr


def test_every_attribute_of_the_graph_files_is_explained() -> None:
    assert {*NODE_ATTRIBUTES, *EDGE_ATTRIBUTES, "label", "weight"} <= section("graphml and gexf")


def test_every_column_of_the_tables_is_explained(tmp_path: Path) -> None:
    made = pair().share("P1", "P2", "payment pattern", first=ONCE, last=ONCE)
    folder = made.write(tmp_path / "out")
    export(folder, "i2", tmp_path / "i2")
    for name in ("entities.csv", "links.csv"):
        columns = (tmp_path / "i2" / name).read_text("utf-8-sig").split("\n", 1)[0].strip().split(",")
        left = set(columns) - section("i2")
        assert left <= {"end2_label", "end2_type"}, name
    wanted = {c.partition(":")[0] for columns in neo4j.RELATIONSHIPS.values() for c in columns}
    assert wanted | set(neo4j.RELATIONSHIPS) <= section("neo4j")


def test_every_schema_and_property_of_the_entities_is_explained(tmp_path: Path) -> None:
    made = pair()
    export(made.write(tmp_path / "out"), "ftm", tmp_path / "made")
    found = [json.loads(line) for line in (tmp_path / "made").read_text("utf-8").splitlines()]
    used = {e["schema"] for e in found} | {name for e in found for name in e["properties"]}
    assert used <= section("ftm")

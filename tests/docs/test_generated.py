"""Reference pages that are made from code are current."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from thbscreen.engine import tables

ROOT = Path(__file__).resolve().parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = load()


@pytest.mark.parametrize("name", sorted(GENERATE.PAGES))
def test_a_generated_page_is_current(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert written == GENERATE.PAGES[name](), "run: python docs/generate.py"


def test_no_page_is_about_a_rule_that_is_gone() -> None:
    assert GENERATE.left_over() == [], "run: python docs/generate.py"


def test_every_published_column_has_a_meaning() -> None:
    columns = [(spec.name, column) for spec in tables.PUBLISHED for column in spec.schema]
    assert [c for c in columns if c not in GENERATE.SPECIAL and c[1] not in GENERATE.MEANINGS] == []


def test_no_meaning_is_left_over() -> None:
    columns = {(spec.name, column) for spec in tables.PUBLISHED for column in spec.schema}
    assert set(GENERATE.MEANINGS) <= {column for _, column in columns}
    assert set(GENERATE.SPECIAL) <= columns


def test_a_stale_page_is_named_and_not_rewritten_by_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(GENERATE, "ROOT", tmp_path)
    monkeypatch.setattr(GENERATE, "PAGES", {"columns.md": GENERATE.columns})
    (tmp_path / "columns.md").write_text("old", encoding="utf-8")
    assert GENERATE.main(["--check"]) == 1
    assert "columns.md" in capsys.readouterr().err
    assert (tmp_path / "columns.md").read_text(encoding="utf-8") == "old"

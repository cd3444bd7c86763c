"""README and documentation hold together: links, exit codes, words, and nothing private."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import thbscreen
from thbscreen import errors
from thbscreen.cli.program import READER_GONE, STOPPED
from thbscreen.io.mapping_file import read_mapping
from thbscreen.rules.accusing import accusing_words

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])

#: Words that a page may quote although they accuse, with the reason.
REFUSED = frozenset(
    {
        "suspect",
        "offender",
        "criminal",
        "prostitute",
        "illegal",
        "guilty",
        "mule",
        "perpetrator",
        "trafficker",
    }
)
QUOTED: dict[str, tuple[frozenset[str], str]] = {
    "docs/explanation/victims.md": (REFUSED, "says which words are never used"),
    "docs/glossary.md": (REFUSED, "says which words are never used"),
    "docs/reference/errors.md": (frozenset({"culprit"}), "shows what R029 refuses"),
    "docs/reference/wrong-rules.md": (frozenset({"trafficker"}), "shows what R029 refuses"),
}
#: Pages made from rules: R029 refuses such words in the rules' texts, and titles of works are quotations.
FROM_RULES = "docs/rules/"


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def links(text: str) -> Iterator[str]:
    without_code = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", without_code)


def anchors(path: Path) -> set[str]:
    """Gives the anchors that headings make: lower case, no punctuation, blanks as hyphens."""
    heads = re.findall(r"^#+ +(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in links(page.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", [p for p in PAGES if not label(p).startswith(FROM_RULES)], ids=label)
def test_no_page_calls_a_person_guilty(page: Path) -> None:
    quoted, _ = QUOTED.get(label(page), (frozenset(), ""))
    found = {word.lower() for _, word in accusing_words(page.read_text(encoding="utf-8"))}
    assert found - quoted == set()
    assert quoted - found == set(), "nothing is left over in the list of quotations"


def test_every_page_of_the_docs_is_reached_from_the_index() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = (link.partition("#")[0] for link in links(page.read_text(encoding="utf-8")))
        waiting += [(page.parent / t).resolve() for t in targets if t and not re.match(r"[a-z]+:", t)]
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} <= seen


def test_pages_that_the_code_points_to_exist() -> None:
    sources = [*(ROOT / "thbscreen").rglob("*.py"), *(ROOT / "rules").rglob("*.yaml")]
    named = {n for path in sources for n in re.findall(r"docs/[\w/-]+\.md", path.read_text(encoding="utf-8"))}
    assert named
    assert sorted(name for name in named if not (ROOT / name).is_file()) == []


def mappings_in_docs() -> list[str]:
    text = (ROOT / "docs" / "how-to" / "map-your-data.md").read_text(encoding="utf-8")
    return [
        block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if block.startswith("mapping:")
    ]


@pytest.mark.parametrize("text", mappings_in_docs(), ids=["one file", "several files"])
def test_a_mapping_in_the_docs_loads(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_mapping(path).sections["transactions"].columns


def exit_codes_in_docs() -> set[int]:
    text = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    return {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}


def error_classes(base: type[errors.ThbscreenError]) -> Iterator[type[errors.ThbscreenError]]:
    yield base
    for sub in base.__subclasses__():
        yield from error_classes(sub)


def test_every_exit_code_is_documented() -> None:
    signals = {128 + signal.SIGHUP, 128 + signal.SIGTERM}
    used = (
        {0, 1, STOPPED, READER_GONE}
        | signals
        | {cls.exit_code for cls in error_classes(errors.ThbscreenError)}
    )
    assert exit_codes_in_docs() == used


def test_the_change_log_knows_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {thbscreen.__version__}" in text


def readme_command(name: str) -> str:
    """Gives the line of README that follows a marker such as `<!-- command: tests -->`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"<!-- command: {name} -->\n```(?:sh|bash)\n(.+)\n```", text)
    assert len(found) == 1, f"README has {len(found)} commands marked {name}"
    return str(found[0])


@pytest.mark.parametrize("name", ["scan", "tests"])
def test_a_readme_command_is_one_line_and_sets_itself_up(name: str) -> None:
    command = readme_command(name)
    assert "python3 -m venv" in command
    assert "pip install" in command


def test_the_readme_scans_the_sample_data() -> None:
    assert "thbscreen scan sample_data --out " in readme_command("scan")


def test_the_readme_tests_install_only_hashed_versions() -> None:
    command = readme_command("tests")
    assert "--require-hashes -r requirements-dev.lock" in command
    assert command.endswith("/pytest -n auto --dist loadfile")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "<!-- command: tests -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")

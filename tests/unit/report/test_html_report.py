"""The report as a file: whole, repeatable, closed to the outside, and careful with possible victims."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browser.folders import CLOSING, IMAGE, SCRIPT, hostile, movement
from tests.unit.report.report_build import finished
from tests.unit.report.run_folders import Made
from thbscreen.engine import scoring
from thbscreen.errors import DataError, UsageError
from thbscreen.model import catalogue
from thbscreen.network import links, twins, wording
from thbscreen.report import files
from thbscreen.report.folder import RunFolder, open_folder
from thbscreen.report.html import document, evidence, facts, people, texts, write
from thbscreen.report.html.pool import shown
from thbscreen.report.runfolder import write_run
from thbscreen.rules import ast
from thbscreen.rules.accusing import accusing_words

HERE = Path(document.__file__).parent
BLOCK = re.compile(r'<script type="application/json" id="([^"]*)">(.*?)</script>', re.DOTALL)
USED = re.compile(
    r'(?<![\w.])(?:t|section|button|count)\(\s*(?:[^()"`]*, )?"([a-z_]+(?:\.[\w/\[\]?]+)*)"'
    r'|"((?:case|network|steps|queue|readiness|quality|run|near)\.[a-z_]+)"'
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return hostile(tmp_path_factory.mktemp("html") / "hostile")


@pytest.fixture(scope="module")
def page(folder: RunFolder) -> str:
    return write.write_report(folder.path).read_text(encoding="utf-8")


def blocks(page: str) -> dict[str, Any]:
    return {html.unescape(name): json.loads(text) for name, text in BLOCK.findall(page)}


# --- the file ------------------------------------------------------------------------------------------


def test_a_scan_writes_the_report_and_the_command_makes_the_same_bytes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_run(out, finished())
    first = (out / "report.html").read_bytes()
    manifest = (out / "manifest.json").read_bytes()
    assert write.write_report(out) == out / "report.html"
    assert (out / "report.html").read_bytes() == first
    assert (out / "manifest.json").read_bytes() == manifest


def test_the_order_of_rows_in_the_tables_changes_nothing(
    tmp_path: Path, folder: RunFolder, page: str
) -> None:
    other = hostile(tmp_path / "hostile")
    for table in other.path.glob("*.parquet"):
        pl.read_parquet(table).reverse().write_parquet(table)
    assert write.write_report(other.path).read_text(encoding="utf-8") == page


def test_a_report_in_another_language_renews_its_hash_in_the_manifest(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_run(out, finished())
    write.write_report(out, language="el")
    text = (out / "report.html").read_bytes()
    outputs = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    (entry,) = [o for o in outputs if o["file"] == "report.html"]
    assert (entry["sha256"], entry["bytes"]) == (hashlib.sha256(text).hexdigest(), len(text))
    assert [o["file"] for o in outputs] == sorted(o["file"] for o in outputs)
    assert '<html lang="el">' in text.decode()
    assert {p.name for p in out.iterdir() if p.name.startswith(".")} == set()
    assert open_folder(out).manifest["outputs"] == outputs


def test_a_report_elsewhere_touches_nothing_in_the_run_folder(tmp_path: Path, folder: RunFolder) -> None:
    before = {p: p.read_bytes() for p in folder.path.rglob("*") if p.is_file()}
    out = write.write_report(folder.path, tmp_path / "mine.html")
    assert out.stat().st_mode & 0o777 == 0o600
    assert blocks(out.read_text(encoding="utf-8"))["index"]["beside"] is False
    assert {p: p.read_bytes() for p in folder.path.rglob("*") if p.is_file()} == before
    with pytest.raises(UsageError, match="exists already"):
        write.write_report(folder.path, out)
    write.write_report(folder.path, out, force=True)


@pytest.mark.parametrize("name", ["manifest.json", "hits.parquet", "cases/x.html"])
def test_a_report_never_lands_on_the_files_of_the_run(folder: RunFolder, name: str) -> None:
    with pytest.raises(UsageError, match="among the files of the run"):
        write.write_report(folder.path, folder.path / name, force=True)


@pytest.mark.parametrize("broken", ["quality.json", "summary.json", "cases/AL-P1/evidence.csv"])
def test_a_broken_file_is_named_and_no_report_is_made(tmp_path: Path, broken: str) -> None:
    run = hostile(tmp_path / "run")
    (run.path / broken).write_bytes(b'"\xff\xfe')
    with pytest.raises(DataError, match=re.escape(f"run/{broken}")):
        write.write_report(run.path)
    assert not (run.path / "report.html").exists()


def test_an_empty_run_has_a_report_too(tmp_path: Path) -> None:
    run = Made().write(tmp_path / "run")
    found = blocks(write.write_report(run.path).read_text(encoding="utf-8"))
    assert found["index"]["alerts"] == found["index"]["networks"] == []
    assert found["index"]["quality"] is None


def test_the_time_of_the_run_is_left_out(tmp_path: Path) -> None:
    made = [
        write.write_report(Made().write(tmp_path / day, run={"started": day, "ended": day}).path).read_bytes()
        for day in ("2026-01-01", "2027-02-02")
    ]
    assert made[0] == made[1]


# --- closed to the outside -------------------------------------------------------------------------------


def test_the_policy_allows_exactly_the_scripts_and_styles_of_the_page(page: str) -> None:
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])  # type: ignore[index]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert set(rules) == {
        "default-src", "script-src", "style-src", "base-uri", "form-action", "require-trusted-types-for",
        "trusted-types",
    }  # fmt: skip
    for name, pattern in (
        ("script-src", r"<script>(.*?)</script>"),
        ("style-src", r"<style[^>]*>(.*?)</style>"),
    ):
        inside = re.findall(pattern, page, re.DOTALL)
        made = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inside]
        assert rules[name].split() == [f"'sha256-{digest}'" for digest in made]
        assert len(made) == 3


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    outside = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(
        r"\b(?:src|href|srcset|poster|action)\s*=|url\(|@import|<(?:link|img|iframe|object|base)\b", outside
    )
    own = "".join(f.read_text(encoding="utf-8") for f in (HERE / "assets").iterdir())
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|XMLHttp", own
    )
    assert not re.search(r"url\(|@import|https?:", own.replace("http://www.w3.org/2000/svg", ""))


def test_hostile_texts_cannot_end_the_element_that_holds_them(page: str) -> None:
    for text in (SCRIPT, IMAGE, CLOSING, "\u202e", "\u0007"):
        assert text not in page
    told = json.dumps(blocks(page), ensure_ascii=False)
    for text in (SCRIPT, CLOSING):
        assert json.dumps(text)[1:-1] in told
    assert "\\\\u{202e}" in told


@given(
    st.recursive(
        st.text() | st.floats() | st.integers() | st.booleans() | st.none(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from("ab"), x),
    )
)
def test_any_data_come_back_from_the_page_as_they_may_be_shown(data: Any) -> None:
    held = document._held('a"b', data)
    ((_, text),) = BLOCK.findall(held)
    assert held.count("<") == 2
    assert json.loads(text) == shown(data)


def test_the_libraries_are_those_that_were_written_down() -> None:
    table = (HERE / "vendor" / "VENDORED.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([^`]+)` \| [a-z]+ \| [\d.]+ \| MIT \| `([0-9a-f]{64})` \|$", table, re.MULTILINE
    )
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (HERE / "vendor").iterdir()}
    found.pop("VENDORED.md")
    assert dict(rows) == found


def test_the_page_carries_the_licences_of_its_libraries(page: str) -> None:
    held = blocks(page)["licences"]
    assert set(held) == {"Cytoscape.js", "uPlot"}
    assert all("Permission is hereby granted" in text for text in held.values())


# --- texts -----------------------------------------------------------------------------------------------


def test_every_text_that_the_page_asks_for_is_there_and_every_one_is_used() -> None:
    source = "".join((HERE / "assets" / name).read_text(encoding="utf-8") for name in document.OWN)
    asked = {a or b for a, b in USED.findall(source)}
    known = texts.texts("en")
    missing = {key for key in asked if key not in known and f"{key}.one" not in known}
    assert missing == set()
    made = re.compile(r"(word|tx|kind|help|lead|tab|said|count|status|unit)\.|noscript$")
    assert {
        key for key in known if key not in asked and f'"{key}"' not in source and not made.match(key)
    } == set()


def test_every_language_has_only_known_keys_with_the_same_places() -> None:
    english = json.loads((HERE / "translations/en.json").read_text(encoding="utf-8"))
    for language in texts.LANGUAGES:
        held = json.loads((HERE / f"translations/{language}.json").read_text(encoding="utf-8"))
        free = re.compile(r"(said|word)\.")
        assert {key for key in held if key not in english and not free.match(key)} == set()
        for key in held.keys() & english.keys():
            assert sorted(re.findall(r"\{\w+\}", held[key])) == sorted(
                re.findall(r"\{\w+\}", english[key])
            ), key


#: Names of closed lists that the page shows as words.
WORDS = (
    *ast.FAMILIES, *ast.ROLES, *ast.TYPOLOGIES, *catalogue.TX_TYPES, *catalogue.TABLES, *scoring.LACKS,
    *(kind for kind, _, _ in links.ATTRIBUTES.values()), *wording._TESTS, twins.FOUND, twins.NOT_FOUND,
    twins.UNCHECKED, "strong", "moderate", "weak", "credit", "debit", "payment", "payment pattern",
)  # fmt: skip


@pytest.mark.parametrize("language", [name for name in texts.LANGUAGES if name != "en"])
def test_a_language_has_every_text_and_every_word_that_the_page_shows(language: str) -> None:
    english, held = texts._read("en"), texts._read(language)
    wanted = {*english, *(f"word.{name}" for name in WORDS), *(f"said.{name}" for name in facts.SAID)}
    assert wanted - held.keys() == set()
    letters = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")
    assert {key for key, text in held.items() if not letters.search(text)} == {"kind.other"}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_text_of_the_page_accuses_anybody(language: str) -> None:
    assert {
        key: accusing_words(text) for key, text in texts.texts(language).items() if accusing_words(text)
    } == {}


def test_an_unknown_language_is_refused_with_the_known_ones(folder: RunFolder) -> None:
    with pytest.raises(UsageError, match="no language 'xx'") as refused:
        write.write_report(folder.path, language="xx")
    assert "en, el" in str(refused.value)


# --- possible victims --------------------------------------------------------------------------------------


def test_whoever_is_read_as_a_possible_victim_anywhere_is_no_subject(tmp_path: Path) -> None:
    made = Made().network(
        "NW-1", {"P1": "possible_controller", "P2": "possible_victim"}, ("P2", "P1", "T", 1, 5)
    )
    made.alert("P1").alert("P2").alert("P3", handling="possible victim")
    index, _ = facts.facts(made.write(tmp_path / "run"), beside=True)
    assert {a["subject_id"]: a["apart"] for a in index["alerts"]} == {"P1": False, "P2": True, "P3": True}


def test_accounts_of_possible_victims_are_kept_apart_in_every_case(folder: RunFolder) -> None:
    who = people.people(folder)
    assert {"V1", "V2", "V1-1", "V2-1"} <= who.apart
    assert CLOSING in who.apart  # whom a movement that is read at once speaks to
    assert {"P1", "A1", IMAGE} & who.apart == set()
    (_, case), *_ = [b for b in facts.facts(folder, beside=True)[1] if b[0] == "AL-P1"]
    assert {row[0]: row[4] for row in case["named"]} == {IMAGE: False, "V1-1": True}


def test_a_single_hit_makes_no_possible_victim_of_whom_the_run_reads_otherwise(tmp_path: Path) -> None:
    made = Made().network("NW-1", {"P1": "possible_controller", "V1": "possible_victim"})
    made.alert("P1", accounts=["A1"]).alert("V1", handling="possible victim", accounts=["B1"])
    run = made.write(tmp_path / "run")
    rows = [
        ("V1", "possible_victim", "possible victim"),
        # A shared telephone names the one in charge among the workers; the network has weighed that.
        ("P1", "possible_victim", "possible victim"), ("A1", "possible_victim", "possible victim"),
        ("A1", "possible_controller", "possible victim"), ("X9", "possible_victim", "possible victim"),
        # Named in another role, and held by somebody who is apart.
        ("J1", "possible_controller", "possible victim"),
    ]  # fmt: skip
    named = [
        {"member_id": who, "role": role, "rules": ["THB-X"], "n_hits": 1, "handling": handling}
        for who, role, handling in rows
    ]
    place = run.path / "cases" / "AL-V1"
    place.mkdir(parents=True)
    files.write_csv(pl.DataFrame(named), place / "members.csv")
    assert people.people(run).apart == {"V1", "B1", "X9", "J1", "V1-1"}
    index, blocks = facts.facts(run, beside=True)
    assert {a["subject_id"]: a["apart"] for a in index["alerts"]} == {"P1": False, "V1": True}
    (network,) = [facts for name, facts in blocks if name == "NW-1"]
    assert {m["id"]: m["apart"] for m in network["members"]} == {"P1": False, "V1": True}


def test_without_a_case_folder_nobody_is_named_but_counted(tmp_path: Path) -> None:
    made = Made().hit("H", "A1").alert("P1", hit_ids=["H"])
    for n, role in enumerate(("possible_victim", "possible_client", "possible_client")):
        made.add("hit_members", hit_id="H", rule="THB-X", role=role, field="account_id", member_id=f"B{n}")
    ((_, case),) = facts.facts(made.write(tmp_path / "run"), beside=True)[1]
    assert case["named"] is None
    assert case["named_roles"] == [("possible_client", 2), ("possible_victim", 1)]
    assert "B1" not in json.dumps(case)


def test_near_misses_of_own_accounts_belong_to_the_subject(folder: RunFolder) -> None:
    (_, case), *_ = [b for b in facts.facts(folder, beside=True)[1] if b[0] == "AL-P1"]
    assert "A1" in case["accounts"]
    assert [(n[0], n[1], n[5], n[6]) for n in case["near"]] == [("THB-Y", "A1", 0.5, 0.6)]


# --- movements ------------------------------------------------------------------------------------------


def test_the_shown_movements_count_for_most_rules_and_are_in_the_order_of_time(folder: RunFolder) -> None:
    rows = [movement(n) for n in range(70)]
    found = evidence.movements(folder, "AL-P1")
    assert found is not None
    best = sorted(rows, key=lambda r: (-r["rules"].count("+"), -float(r["amount_eur"]), rows.index(r)))
    wanted = sorted((r["tx_id"] for r in best[: evidence.MOST_ROWS]), key=lambda t: int(t[1:]))
    at = found.columns.index("tx_id")
    assert [row[at] for row in found.rows] == wanted
    assert found.all == 70


@given(st.lists(st.tuples(st.integers(0, 90), st.booleans(), st.integers(0, 10**7)), min_size=1, max_size=30))
def test_weeks_add_up_to_all_movements(tmp_path_factory: pytest.TempPathFactory, moved: Any) -> None:
    place = tmp_path_factory.mktemp("weeks")
    rows = [
        movement(day, direction="credit" if into else "debit", amount_eur=f"{cents // 100}.{cents % 100:02}")
        for day, into, cents in moved
    ]
    run = Made().write(place / "run")
    (run.path / "cases/NW-1").mkdir(parents=True)
    files.write_csv(pl.DataFrame(rows), run.path / "cases/NW-1/evidence.csv")
    found = evidence.movements(run, "NW-1")
    assert found is not None
    assert sum(w[1] for w in found.weeks) == sum(c for _, into, c in moved if into)
    assert sum(w[2] for w in found.weeks) == sum(c for _, into, c in moved if not into)
    assert all((w[0] + 3) % 7 == 0 for w in found.weeks), "weeks begin on Monday"
    assert [w[0] for w in found.weeks] == sorted({w[0] for w in found.weeks})


@pytest.mark.parametrize("name", ["../AL-P1", "..", "a/b", "AL-P1\x00", ""])
def test_an_id_that_leads_elsewhere_has_no_folder(folder: RunFolder, name: str) -> None:
    assert evidence.movements(folder, name) is None

"""Whatever bytes a rule, list or profile file holds, what comes out is a meaning or errors with places.

Two loops share one judgement: a short one in every run, and a longer one marked slow, which
`THBSCREEN_FUZZ=10 pytest -m slow tests/properties/test_loader.py` makes ten times as long. To try every
prefix of every shipped file, which takes an hour: `THBSCREEN_PREFIXES=all pytest -m slow tests/properties`.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.unit.rules.samples import CASH, LIST_TEXTS, STAR, lists
from thbscreen.diagnostics import Diagnostic
from thbscreen.model import strictyaml
from thbscreen.rules.binder import bind_text
from thbscreen.rules.lists import bind_list
from thbscreen.rules.pack import check
from thbscreen.rules.paths import default_rules_dir
from thbscreen.rules.profile import read_profile
from thbscreen.rules.yamltree import MAX_FINDINGS, load_tree

#: How much longer than in CI the slow loops are.
FUZZ = int(os.environ.get("THBSCREEN_FUZZ", "1"))
BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
SMALL_LIST = """\
list: keywords.rent
kind: words
title: Rent
reviewed: 2026-01-31
sources: [{cite: test, at: page 1, kind: expert}]
entries: {en: [rent, 'rental*', monthly rent], el: [ενοίκιο, 'μίσθωμα*']}
must_match: [Rent for May]
must_not_match: [brent oil]
"""
PROFILE = """\
profile: test-bank
time_zone: Asia/Nicosia
facts:
  minimum_wage:
    - {value: 1000 EUR, valid_from: 2024-01-01, valid_to: 2025-12-31, source: test, confidence: high}
    - {value: 1088 EUR, valid_from: 2026-01-01, source: test, confidence: medium}
"""
Result = tuple[bool, list[Diagnostic]]


def read_rule(data: bytes | str) -> Result:
    rule, found = bind_text(data, "x.yaml", lists())
    return rule is not None, found


def read_list(data: bytes | str) -> Result:
    found, findings = bind_list(data, "x.yaml")
    return found is not None, findings.result()


def read_profile_file(data: bytes | str) -> Result:
    read = read_profile(data, "x.yaml")
    return not read.ctx.findings.failed, read.ctx.findings.result()


READERS: dict[str, Callable[[bytes | str], Result]] = {
    "rule": read_rule,
    "list": read_list,
    "profile": read_profile_file,
}


def judge(kind: str, data: bytes | str) -> list[Diagnostic]:
    """Reads a file and demands a meaning or an error, every place inside the file, and a rendering."""
    right, found = READERS[kind](data)
    assert right != any(d.severity == "error" for d in found), [d.render() for d in found]
    inside(found, data)
    return found


def inside(found: list[Diagnostic], data: bytes | str) -> None:
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    lines = BREAK.split(text.removeprefix("\ufeff"))
    assert len(found) <= MAX_FINDINGS
    for d in found:
        assert 1 <= d.span.line <= len(lines), d
        line = lines[d.span.line - 1]
        assert 1 <= d.span.column <= len(line) + 1, d
        assert d.span.column < d.span.end_column <= len(line) + 2, d
        shown = d.render()
        assert d.code in shown
        assert len(shown) < 2_000
        assert all(c.isprintable() or c in "\n\t" for c in shown)
        assert d.as_dict()["code"] == d.code


# --- prefixes ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    name: str
    kind: str
    data: bytes


def shipped() -> list[File]:
    base = default_rules_dir()
    out = []
    for path in sorted(base.rglob("*.yaml")):
        name = path.relative_to(base).as_posix()
        kind = {"lists": "list", "profiles": "profile"}.get(name.partition("/")[0], "rule")
        if not name.startswith(("translations/", ".", "_")) and "/" in name:
            out.append(File(name, kind, path.read_bytes()))
    return out


def prefixes(files: list[File], how_many: int, phase: int = 0) -> Iterator[tuple[File, int]]:
    """Gives so many places to cut at, spread evenly over the bytes of all files."""
    step = max(1, sum(len(f.data) for f in files) // how_many)
    at = phase % step
    for file in files:
        while at < len(file.data):
            yield file, at
            at += step
        at -= len(file.data)


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the first parser's word for what is wrong, which is faster; other tests compare both parsers."""
    monkeypatch.setattr(strictyaml, "_READ_TWICE", 0)


@pytest.mark.parametrize(
    ("kind", "text"), [("rule", CASH), ("rule", STAR), ("list", SMALL_LIST), ("profile", PROFILE)]
)
def test_prefixes_of_a_small_file_give_a_meaning_or_errors_inside_it(kind: str, text: str) -> None:
    data = text.encode()
    for end in range(0, len(data), 3 if len(data) < 1_000 else 37):
        judge(kind, data[:end])
    assert not [d for d in judge(kind, data) if d.severity == "error"]


@pytest.mark.usefixtures("once")
def test_prefixes_of_all_shipped_files_give_a_meaning_or_errors_inside_them() -> None:
    for file, end in prefixes(shipped(), 250, phase=13):
        judge(file.kind, file.data[:end])


@pytest.mark.slow
@pytest.mark.usefixtures("once")
def test_many_prefixes_of_all_shipped_files_give_a_meaning_or_errors_inside_them() -> None:
    files = shipped()
    everything = os.environ.get("THBSCREEN_PREFIXES") == "all"
    for file, end in prefixes(files, sum(len(f.data) for f in files) if everything else 1_200 * FUZZ):
        judge(file.kind, file.data[:end])


# --- edits ---------------------------------------------------------------------------------------

PIECES = [
    *"ab:-{}[]\"'#&*!|>%@,?~$\n\t 0`\\=()+<", "\x00", "\x1b", "\x85", "\u2028", "\ufeff", "\u202e", "\u200f",
    "\ud800", "\ue000", "ς", "😀", "\r", "\r\n", "- ", "? ", ": ", "---\n", "...\n", "<<: ", "!!str ", "&a ",
    "*a ", "|\n", ">-\n", "''", '"', "\\x41", "%YAML 1.1\n", "$window", " >= ", "9" * 40, "{a: {b: {c: [",
]  # fmt: skip


def edit(text: str, r: random.Random) -> str | bytes:
    """Makes one random change to a text, as a slip of the hand, an editor or a broken copy would."""
    at, chars = r.randrange(len(text) + 1), text
    lines = text.splitlines(keepends=True)
    i, j = r.randrange(len(lines)), r.randrange(len(lines))
    match r.randrange(12):
        case 0 | 1 | 2:
            return chars[:at] + r.choice(PIECES) + chars[at:]
        case 3 | 4:
            return chars[:at] + r.choice(PIECES) + chars[at + 1 :]
        case 5:
            return chars[:at] + chars[at + r.choice([1, 1, 1, 2, 5, 40]) :]
        case 6:
            lines[i], lines[j] = lines[j], lines[i]
        case 7:
            lines.insert(i, lines[j])
        case 8:
            del lines[i : i + r.choice([1, 1, 2, 5])]
        case 9:
            lines[i] = r.choice([" ", "  ", "\t", "- ", "# "]) + lines[i]
        case 10:
            lines[i] = lines[i].lstrip() or "\n"
        case _:
            return damaged(text, at, r)
    return "".join(lines)


def damaged(text: str, at: int, r: random.Random) -> str | bytes:
    data = text.encode("utf-8", "surrogatepass")
    return r.choice(
        [
            text.replace("\n", "\r\n"),
            text.replace("\n", "\r"),
            text.encode("utf-16", "surrogatepass"),
            text.encode("cp1253", "replace"),
            b"\xef\xbb\xbf" + data,
            data[:at] + bytes([r.randrange(256)]) + data[at:],
            data[: at // 2] + data[at:],
        ]
    )


def edited(text: str, r: random.Random) -> str | bytes:
    for _ in range(r.choice([1, 1, 1, 2, 3])):
        found = edit(text, r)
        if isinstance(found, bytes) or not found:
            return found
        text = found
    return text


def try_edits(kind: str, text: str, seed: str, how_many: int) -> None:
    for n in range(how_many):
        r = random.Random(f"{seed} {n}")
        changed = edited(text, r)
        try:
            judge(kind, changed)
        except Exception as error:
            error.add_note(f"edit {n} of {seed}: {changed!r}")
            raise


@pytest.mark.parametrize(
    ("name", "kind", "text", "how_many"),
    [
        ("cash", "rule", CASH, 80),
        ("star", "rule", STAR, 60),
        ("list", "list", SMALL_LIST, 150),
        ("profile", "profile", PROFILE, 150),
    ],
)
def test_random_edits_give_a_meaning_or_errors_inside_the_file(
    name: str, kind: str, text: str, how_many: int
) -> None:
    try_edits(kind, text, name, how_many)


@pytest.mark.slow
def test_random_edits_of_shipped_files_give_a_meaning_or_errors_inside_them() -> None:
    files = shipped()
    for file in files:
        try_edits(file.kind, file.data.decode(), file.name, 400 * FUZZ // len(files) + 1)


@pytest.mark.slow
def test_two_thousand_random_edits_of_small_files_give_a_meaning_or_errors_inside_them() -> None:
    for kind, text in (("rule", CASH), ("rule", STAR), ("list", SMALL_LIST), ("profile", PROFILE)):
        try_edits(kind, text, f"many {kind}", 500 * FUZZ)


# --- folders -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    base = tmp_path / "rules"
    put = {"cash/THB-CASH-003.yaml": CASH, "marriage/THB-MAR-001.yaml": STAR, "profiles/test.yaml": PROFILE}
    for name, (kind, entries) in LIST_TEXTS.items():
        head = f"list: {name}\nkind: {kind}\ntitle: Test\nreviewed: 2026-01-31\n"
        source = "sources: [{cite: test, at: page 1, kind: expert}]\n"
        put[f"lists/{name.replace('.', '/')}.yaml"] = f"{head}{source}entries: {entries}\n"
    put["profiles/test.yaml"] += """\
rules:
  THB-CASH-003:
    parameters: {min_deposits: 5, window: 10 days}
    reason: back-test of last year
    approved: {by: risk committee, on: 2026-01-15, review: 2027-01-15}
lists:
  mcc.travel:
    add: ['4722']
    reason: code of an agency
scoring: {alert_weight: 4.5, min_families: 2}
"""
    for name, text in put.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return base


def check_damaged(folder: Path, rounds: range) -> None:
    """Damages a rule, a list and the profile of a folder at once and checks it, round after round."""
    whole = {p: p.read_text(encoding="utf-8") for p in folder.rglob("*.yaml")}
    groups = [[p for p in sorted(whole) if part in p.parts] for part in ("lists", "profiles")]
    groups.append([p for p in sorted(whole) if p.name.startswith("THB")])
    for n in rounds:
        r = random.Random(f"folder {n}")
        damaged: dict[str, bytes] = {}
        for path in (r.choice(group) for group in groups):
            found = edited(whole[path], r)
            data = found if isinstance(found, bytes) else found.encode("utf-8", "surrogatepass")
            path.write_bytes(data)
            damaged[f"rules/{path.relative_to(folder).as_posix()}"] = data
        by_file: dict[str, list[Diagnostic]] = {}
        for d in check(folder, "test", today=dt.date(2026, 2, 1)):
            by_file.setdefault(d.span.file, []).append(d)
        for name, found_here in by_file.items():
            path = folder.parent / name
            inside(found_here, path.read_bytes() if path.is_file() else b"")
        for name in damaged:
            path = folder.parent / name
            path.write_text(whole[path], encoding="utf-8")


def test_a_folder_with_a_damaged_rule_list_and_profile_gives_errors_inside_its_files(folder: Path) -> None:
    assert not [d.render() for d in check(folder, "test", today=dt.date(2026, 2, 1)) if d.severity == "error"]
    check_damaged(folder, range(30))


@pytest.mark.slow
def test_many_damaged_folders_give_errors_inside_their_files(folder: Path) -> None:
    check_damaged(folder, range(1_000, 1_000 + 60 * FUZZ))


# --- both parsers --------------------------------------------------------------------------------


def tree_of(text: str) -> str:
    root, findings = load_tree(text, "x.yaml")
    return repr((root, [(d.code, d.message, d.span) for d in findings.result()]))


@pytest.mark.parametrize("text", [CASH, STAR, SMALL_LIST, PROFILE], ids=["cash", "star", "list", "profile"])
def test_both_yaml_parsers_give_the_same_tree_and_the_same_errors(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(yaml, "CSafeLoader"):
        pytest.skip("this machine has one parser only")
    changed = [edited(text, random.Random(f"both {n}")) for n in range(25)]
    changed = [c for c in changed if isinstance(c, str)]
    fast = [tree_of(c) for c in changed]
    monkeypatch.setattr(strictyaml, "_FAST", None)
    slow = [tree_of(c) for c in changed]
    assert fast == slow


# --- hostile files -------------------------------------------------------------------------------

BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)
MIB = 1024 * 1024
HOSTILE: dict[str, bytes | str] = {
    "aliases that multiply": BOMB,
    "lists ten thousand deep": "[" * 10_000,
    "mappings ten thousand deep": "{a: " * 10_000,
    "blocks ten thousand deep": "".join(" " * n + "a:\n" for n in range(600)),
    "dashes ten thousand deep": "- " * 10_000,
    "question marks": "? " * 10_000,
    "two megabytes": "a" * (2 * MIB),
    "one long word": "a: " + "b" * (MIB - 10),
    "one long key": "b" * (MIB - 10) + ": a",
    "one long quote that is never closed": "a: '" + "b c " * (MIB // 4 - 10),
    "one long comment": "# " + "b" * (MIB - 10),
    "blank lines": "\n" * (MIB - 10),
    "line feeds in a quote": 'a: "' + "\n" * (MIB - 10) + '"',
    "a hundred thousand keys": "".join(f"key{n}: 1\n" for n in range(100_000))[: MIB - 1],
    "twenty thousand keys": "".join(f"key{n}: 1\n" for n in range(20_000)),
    "one key twenty thousand times": "weight: 2\n" * 20_000,
    "tabs": "\t" * 100_000,
    "a tab before each key": CASH.replace("\n", "\n\t"),
    "no utf-8": CASH.encode().replace(b"title", b"\xff\xfe"),
    "zero bytes": b"\x00" * 1000,
    "percent signs": "%" * 100_000,
    "colons": ":" * 100_000,
    "colons and blanks": ": " * 100_000,
    "commas in a list": "[" + "," * 100_000,
    "quotes": "'" * 100_001,
    "escapes": 'a: "' + "\\n" * 200_000 + '"',
    "half surrogates": "a: \ud800" * 1000,
    "marks of byte order": "\ufeff" * 10_000,
}  # fmt: skip


def many(line: Callable[[int], str], how_many: int) -> str:
    return "".join(line(n) for n in range(how_many))


def inflated() -> Iterator[tuple[str, str, str]]:
    """Gives files that are right or nearly right and have far too much of one thing."""
    rows = many(lambda n: f"          - {{account_id: A{n}, tx_type: cash_deposit}}\n", 10_000)
    yield "rule", "rows of a test", CASH.replace("        rows:\n", "        rows:\n" + rows, 1)
    measures = many(lambda n: f"    m{n}: {{formula: m{n + 1} + 1}}\n", 10_000)
    yield "rule", "formulas", CASH.replace("  measures:\n", "  measures:\n" + measures, 1)
    few = (
        many(lambda n: f"    m{n}: {{formula: m{n + 1} + 1}}\n", 990)
        .replace("m990 ", "total ")
        .replace("+ 1}", "+ 1 EUR}")
    )
    yield "rule", "formulas that wait for each other", CASH.replace("  measures:\n", "  measures:\n" + few, 1)
    counts = many(lambda n: f"    m{n}: {{count: transactions}}\n", 10_000)
    yield "rule", "measures", CASH.replace("  measures:\n", "  measures:\n" + counts, 1)
    flags = many(lambda n: f"    - total > {n} EUR\n", 20_000)
    yield "rule", "lines", CASH.replace("  flag_when:\n", "  flag_when:\n" + flags, 1)
    wrong = many(lambda n: f"    - totals{n} > {n} EUR\n", 20_000)
    yield "rule", "wrong lines", CASH.replace("  flag_when:\n", "  flag_when:\n" + wrong, 1)
    fields = many(lambda n: f"    tx_typ{n}: fee\n", 20_000)
    yield "rule", "wrong fields", CASH.replace("  where:\n", "  where:\n" + fields, 1)
    parameters = many(lambda n: f"  p{n}: {{value: 1, min: 1, max: 2, stricter: lower, means: x}}\n", 3_000)
    yield "rule", "parameters", CASH.replace("parameters:\n", "parameters:\n" + parameters, 1)
    wheres = "    any_of:\n" + many(lambda n: f"      - {{mcc: '{n}'}}\n", 10_000)
    yield "rule", "alternatives", CASH.replace("  where:\n", "  where:\n" + wheres, 1)
    derived = many(lambda n: f"    d{n}: {{most_common: mcc}}\n", 8_000)
    yield "rule", "derived columns", CASH.replace("  where:\n", f"  derive:\n{derived}  where:\n", 1)
    yield "rule", "slots", CASH.replace("{deposits} cash", "{deposits} cash " + "{total:money} " * 50_000)
    yield "rule", "brackets", CASH.replace("total > $", "(" * 100_000 + "total > $")
    yield "rule", "sources", CASH.replace("sources:\n", "sources:\n" + "  - {cite: a, kind: law}\n" * 9_000)
    words = ", ".join(f"word{n}" for n in range(20_000))
    yield "list", "words", SMALL_LIST.replace("[rent,", f"[rent, {words},")
    yield "list", "same words", SMALL_LIST.replace("[rent,", "[rent, " + "rent, " * 40_000)
    examples = SMALL_LIST.replace("[Rent for May]", f"[{', '.join(f'rent {n}' for n in range(15_000))}]")
    yield "list", "words and examples", examples.replace("[rent,", f"[{words},").replace("mustnot", "")
    yield "profile", "facts", PROFILE + many(lambda n: f"  f{n}: [{{value: 1 EUR, source: x}}]\n", 9_000)
    yield "profile", "numbers", PROFILE + "scoring: {" + many(lambda n: f"a{n}: 1, ", 20_000) + "}"


#: The largest of these files takes 2 s on an idle core; what grows with the square of it takes minutes.
MOST = 6.0
#: What `plain_work` takes on an idle core.
PLAIN = 0.08


def plain_work() -> float:
    """Gives the seconds of a fixed piece of work: how fast this core is just now."""
    before = time.process_time()
    yaml.load("a: [b, c, {d: e}]\n" * 300, Loader=yaml.SafeLoader)
    return time.process_time() - before


def quickly(kind: str, data: bytes | str) -> list[Diagnostic]:
    """Judges a file; the limit is in seconds of an idle core, and one slow moment is not held against it."""
    slowness = max(1.0, plain_work() / PLAIN)
    before = time.process_time()
    found = judge(kind, data)
    took = time.process_time() - before
    slowness = max(slowness, plain_work() / PLAIN)
    assert took < MOST * slowness, (
        f"{took:.1f} s of work, on a core {slowness:.1f} times as slow as an idle one"
    )
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_soon_with_an_error_inside_it(name: str) -> None:
    found = quickly("rule", HOSTILE[name])
    assert any(d.severity == "error" for d in found)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["list", "profile"])
def test_hostile_lists_and_profiles_are_refused_soon_too(kind: str) -> None:
    for data in HOSTILE.values():
        assert any(d.severity == "error" for d in quickly(kind, data))


@pytest.mark.parametrize(("kind", "name", "text"), [pytest.param(*f, id=f[1]) for f in inflated()])
def test_a_file_with_far_too_much_of_one_thing_is_read_or_refused_soon(
    kind: str, name: str, text: str
) -> None:
    quickly(kind, text)

"""`rules.lock`: the meaning of every rule and list, so that none changes without being seen.

One line for each rule (id, version, digest, seal) and each list (name, a hyphen, digest). The digest is that
of `evaluate.rule_digest`, taken before any profile: comments, titles, texts, the order of keys and the
spelling of a value do not count.

The seal is a hash of the whole file and of the program's version. A file that still has its seal was read
with its tests when the lock was written, so a scan need not read them again; they are four fifths of a rule.
A file without its seal is no error: it is read as a whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from thbscreen import __version__
from thbscreen.diagnostics import Diagnostic, Span
from thbscreen.errors import OutputError
from thbscreen.rules.context import RULE_ID
from thbscreen.rules.yamltree import MAX_BYTES, Findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thbscreen.rules import ast

NAME = "rules.lock"
HEAD = """\
# Made by `thbscreen rules lock`; do not edit. Rules: id, version, digest, seal. Lists: name, -, digest.
"""
RUN_LOCK = "run: thbscreen rules lock"
_LINE = re.compile(r"(\S+)  ([1-9][0-9]{0,4}|-)  ([0-9a-f]{64})(?:  ([0-9a-f]{16}))?", re.ASCII)
_VERSION = re.compile(r"version: *(\S+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule as it is locked; two entries are the same when they mean the same."""

    version: int
    digest: str
    seal: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """The entry as it stands in the file, behind the id."""
        return "  ".join(part for part in (str(self.version), self.digest, self.seal) if part)


@dataclass(frozen=True, slots=True)
class Lock:
    """Rules by id, digests of lists by name, and the line on which each stands in the file."""

    rules: Mapping[str, Entry]
    lists: Mapping[str, str]
    lines: Mapping[str, int] = field(default_factory=dict)

    def text(self) -> str:
        """Gives the content of the file, ordered, so that a change of one rule is a change of one line."""
        rows = [f"{identity}  {entry.text}" for identity, entry in sorted(self.rules.items())]
        rows += [f"{name}  -  {digest}" for name, digest in sorted(self.lists.items())]
        return HEAD + "\n".join(rows) + "\n"


def seal(data: bytes) -> str:
    """Gives the seal of a rule file that this version of the program has read as a whole."""
    return hashlib.sha256(f"thbscreen {__version__}\n".encode() + data).hexdigest()[:16]


def seals(base: Path) -> set[str]:
    """Gives the seals of a folder's lock, none where there is no lock that can be read."""
    found, _ = read(base)
    return set() if found is None else {entry.seal for entry in found.rules.values() if entry.seal}


def read(base: Path) -> tuple[Lock | None, Findings]:
    """Reads the lock of a folder of rules; None when there is none to go by. Lines that are none are V005."""
    path = base / NAME
    findings = Findings(f"{base.resolve().name}/{NAME}")
    if not path.exists():
        return None, findings
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        findings.error("V005", f"the lock cannot be read: {why}", Span(findings.file, 1, 1, 2))
        return Lock({}, {}), findings
    findings.lines = text.splitlines()
    merging = next((n for n, line in enumerate(findings.lines, 1) if line.startswith("<<<<<<<")), None)
    if merging is not None:
        hint = f"take the lines of either side and leave out the marks, then {RUN_LOCK}"
        span = Span(findings.file, merging, 1, 8)
        findings.error("V005", "the lock holds both sides of a merge", span, help=hint)
        return None, findings
    rules: dict[str, Entry] = {}
    lists: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(findings.lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        name, version = (found[1], found[2]) if found else ("", "")
        is_rule = RULE_ID.fullmatch(name) is not None
        if found is None or is_rule == (version == "-") or name in lines:
            hint = f"take the line out, or put back the last {NAME} that was right, then {RUN_LOCK}"
            twice = found is not None and is_rule != (version == "-")
            what = "stands twice in the lock" if twice else "is no line of a lock"
            span = Span(findings.file, number, 1, len(line) + 1)
            findings.error("V005", f"'{line[:60]}' {what}", span, help=hint)
            continue
        lines[name] = number
        if is_rule:
            rules[name] = Entry(int(version), found[3], found[4] or "")
        else:
            lists[name] = found[3]
    return Lock(rules, lists, lines), findings


def compare(
    base: Path,
    rules: Mapping[str, ast.Rule | None],
    places: Mapping[str, Findings],
    now: Lock,
    *,
    accept: bool = False,
) -> list[Diagnostic]:
    """Holds rules and lists against the lock of their folder; without a lock there is nothing to say.

    Args:
        base: folder of rules.
        rules: by id; None when a rule does not load, and then nothing is said about it.
        places: the findings of each rule's file, whose lines show the place.
        now: what the lock would say now.
        accept: leave out what a new lock settles: rules, versions and lists that it does not know.
    """
    before, findings = read(base)
    found = list(findings.items)
    if before is None:
        return found
    for identity, entry in now.rules.items():
        rule = rules[identity]
        if rule is not None:
            found += _rule(rule, entry, before.rules.get(identity), places[identity], accept=accept)
    gone = [(i, f"the rule {i}", "a retired rule stays, so that no id ever means something else")
            for i in before.rules if i not in rules]  # fmt: skip
    gone += [(i, f"the list '{i}'", RUN_LOCK) for i in before.lists if i not in now.lists and not accept]
    for name, what, hint in gone:
        number = before.lines[name]
        span = Span(findings.file, number, 1, len(name) + 1)
        message = f"the lock names {what}, which is gone"
        found.append(Diagnostic("V003", message, span, findings.line(number), hint))
    if not accept:
        found += _lists(before, now, findings)
    return found


def _rule(
    rule: ast.Rule, now: Entry, before: Entry | None, file: Findings, *, accept: bool
) -> list[Diagnostic]:
    span = _version_span(rule, file)
    line = file.line(span.line)
    if before is not None and now.version < before.version:
        message = f"the version of {rule.id} went down from {before.version} to {now.version}"
        hint = f"versions only rise: write {before.version}, or {before.version + 1} for a change of meaning"
        return [Diagnostic("V004", message, span, line, hint)]
    if before is not None and now.version == before.version and now.digest != before.digest:
        message = f"the meaning of {rule.id} changed but version is still {now.version}"
        return [
            Diagnostic("V002", message, span, line, f"raise version to {now.version + 1}, then {RUN_LOCK}")
        ]
    if now != before and not accept:
        what = f"the rule {rule.id}" if before is None else f"version {now.version} of {rule.id}"
        return [Diagnostic("V001", f"the lock does not know {what}", span, line, RUN_LOCK)]
    return []


def _version_span(rule: ast.Rule, file: Findings) -> Span:
    for number, line in enumerate(file.lines, 1):
        if found := _VERSION.match(line):
            return Span(rule.span.file, number, found.start(1) + 1, found.end(1) + 1)
    return rule.span


def _lists(before: Lock, now: Lock, findings: Findings) -> list[Diagnostic]:
    out = []
    for name, digest in now.lists.items():
        number = before.lines.get(name, 1)
        span = Span(findings.file, number, 1, len(name) + 1 if name in before.lists else 2)
        if name not in before.lists:
            out.append(Diagnostic("V001", f"the lock does not know the list '{name}'", span, "", RUN_LOCK))
        elif before.lists[name] != digest:
            message = f"the entries of the list '{name}' changed"
            hint = f"if that is meant, {RUN_LOCK}"
            out.append(Diagnostic("V006", message, span, findings.line(number), hint))
    return out


def write(base: Path, now: Lock) -> tuple[Path, int]:
    """Writes the lock whole or not at all.

    Returns:
        The file, and how many rules and lists were new, changed or gone.

    Raises:
        OutputError: it cannot be written.
    """
    before, _ = read(base)
    old = before if before is not None else Lock({}, {})
    changed = sum(
        mine.get(name) != theirs.get(name)
        for mine, theirs in ((now.rules, old.rules), (now.lists, old.lists))
        for name in {*mine, *theirs}
    )
    path = base / NAME
    try:
        handle, temporary = tempfile.mkstemp(prefix=".rules-", dir=base)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(now.text())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise OutputError(f"{NAME} cannot be written ({error.strerror})") from None
    return path, changed

"""Lists that an institution supplies: a folder that its profile names, and the key of the hashed ones.

Rules can only say that there is such a list. Until it is supplied, and while a hashed one cannot be read,
rules that need it are not judged; they are never clean.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from thbscreen.diagnostics import Diagnostic, Span
from thbscreen.model.hashed import Hasher, spelled, words_in
from thbscreen.model.keys import ENV_NAME, Key, KeyProblem, KeySource
from thbscreen.rules.evaluate import digest
from thbscreen.rules.lists import NO_KEY, bind_list
from thbscreen.rules.yamltree import MAX_BYTES, Findings, Map, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from thbscreen.rules import bundle
    from thbscreen.rules.context import Context
    from thbscreen.rules.profile import ProfileFile

Lists = dict[str, "bundle.WordList | None"]
#: Key of the lists that tests give: no secret, since the words stand beside it.
TEST_KEY = Key(b"the words of a test are no secret")


@dataclass(slots=True)
class Supplied:
    """The lists in force.

    Attributes:
        lists: those of the rules, with those of the institution in the place of, or beside, them; None for
            a list that does not load.
        findings: what is wrong with the institution's files, one by one.
    """

    lists: Lists
    findings: list[Findings] = field(default_factory=list)


def supply(own: Mapping[str, bundle.WordList | None], read: ProfileFile, profile: Path) -> Supplied:
    """Puts the lists that a profile names beside those of the rules, and looks for the key.

    Args:
        own: lists of the rules by name.
        read: the profile; what is wrong with its keys `lists_from` and `lists_key` is added to its findings.
        profile: its file; the paths in it begin at its folder.
    """
    out = Supplied(dict(own))
    ctx, root = read.ctx, read.root
    if root is None:
        return out
    with ctx.findings.reading():
        folder = _folder(ctx, root, profile.parent)
        source = _source(ctx, root, profile.parent)
        for path in () if folder is None else _files(folder):
            name, found, findings = _one(folder, path)  # type: ignore[arg-type]
            out.findings.append(findings)
            before = own.get(name)
            if found is not None and (problem := _unfit(found, before)):
                findings.error("P018", problem, found.span)
                found = None
            by = before.supplied_by if before is not None else ""
            out.lists[name] = found and dataclasses.replace(found, supplied_by=by)
        key = _Keys(source)
        for name, found in out.lists.items():
            if found is not None and found.kind == "hashed" and found.entries:
                out.lists[name] = opened = key.open(found)
                if opened.lacking:
                    where = next((f for f in out.findings if f.file == found.span.file), ctx.findings)
                    where.warn("W131", opened.lacking, found.span, help=_HELP)
    return out


_HELP = "rules that need the list are not judged; see docs/how-to/keep-a-list-out-of-the-rules.md"


# --- the folder -----------------------------------------------------------------------------------


def _folder(ctx: Context, root: Map, base: Path) -> Path | None:
    given = ctx.scalar(root.get("lists_from"), "'lists_from'")
    if given is None:
        return None
    folder = base / given.text
    try:
        there = folder.is_dir()
    except (OSError, ValueError):
        there = False
    if not there:
        hint = "name a folder, beginning at the folder of the profile"
        ctx.findings.error("P017", f"there is no folder '{given.text[:60]}'", given.span, help=hint)
    return folder if there else None


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        if path.suffix in {".yaml", ".yml"} and not hidden and path.is_file():
            yield path


def _one(folder: Path, path: Path) -> tuple[str, bundle.WordList | None, Findings]:
    inside = path.relative_to(folder)
    expected = ".".join(inside.with_suffix("").parts)
    shown = (Path(folder.resolve().name) / inside).as_posix()
    findings = Findings(shown)
    start = Span(shown, 1, 1, 2)
    if path.suffix == ".yml":
        findings.error("R001", "the file's name must end in .yaml", start)
        return expected, None, findings
    if not path.resolve().is_relative_to(folder.resolve()):
        findings.error("R001", "the file lies outside the folder of lists", start)
        return expected, None, findings
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        findings.error("R001", f"the file cannot be read: {error.strerror or 'unknown reason'}", start)
        return expected, None, findings
    found, findings = bind_list(data, shown)
    if found is not None and found.name != expected:
        findings.error("R008", f"this file must hold the list '{expected}'", found.span)
        found = None
    return expected, found, findings


def _unfit(found: bundle.WordList, before: bundle.WordList | None) -> str | None:
    """Says why a list of the institution cannot stand where it stands."""
    name = found.name
    if found.supplied_by:
        return f"the list '{name}' has no entries here either"
    if before is None:
        return None
    if not before.supplied_by:
        return f"the rules bring the list '{name}' themselves"
    if before.kind != found.kind:
        return f"the rules need '{name}' as a list of kind {before.kind}, not of kind {found.kind}"
    return None


# --- the key --------------------------------------------------------------------------------------


def _source(ctx: Context, root: Map, base: Path) -> KeySource | None:
    """Reads where the key is; exactly one of `env` and `file` (P019)."""
    node = root.get("lists_key")
    if node is None:
        return None
    places = [(key.text, value) for key, value in node] if isinstance(node, Map) else []
    if len(places) == 1 and isinstance(places[0][1], Scalar) and places[0][1].text.strip():
        place, text = places[0][0], places[0][1].text
        if place == "env" and ENV_NAME.fullmatch(text):
            return KeySource(env=text)
        if place == "file" and "\0" not in text:
            return KeySource(file=base / text)
    # somebody may have written the key itself here, so the line is not shown
    hint = "write lists_key: {env: NAME} or lists_key: {file: PATH}; the key itself never stands here"
    found = Diagnostic("P019", "'lists_key' does not say where the key is", node.span, "", hint)
    ctx.findings.items.append(found)
    return None


class _Keys:
    """Opens hashed lists with the key of a profile, which is read once."""

    def __init__(self, source: KeySource | None) -> None:
        self.key: Key | None = None
        self.problem = ""
        if source is not None:
            try:
                self.key = source.read()
            except KeyProblem as problem:
                self.problem = str(problem)
        self.named = source is not None

    def open(self, found: bundle.WordList) -> bundle.WordList:
        """Gives the list with its key, or with the reason why it cannot be read."""
        if not self.named:
            return dataclasses.replace(found, lacking=NO_KEY.format(found.name))
        if self.key is None:
            return dataclasses.replace(found, lacking=f"the list {found.name} is hashed and {self.problem}")
        if not Hasher(self.key.secret, found.name).fits(found.key_check):
            return dataclasses.replace(
                found, lacking=f"the list {found.name} is hashed and was made under another key"
            )
        return dataclasses.replace(found, key=self.key, lacking="")


# --- lists of tests -------------------------------------------------------------------------------


def standing_in(
    lists: Iterable[bundle.WordList], given: Iterable[tuple[str, tuple[str, ...]]]
) -> tuple[bundle.WordList, ...]:
    """Gives the lists of a test: what an institution supplies is there only if the test says so.

    So a test means the same everywhere, and never depends on words that nobody may read.
    """
    entries = dict(given)
    return tuple(_stand_in(found, entries.get(found.name)) if found.supplied_by else found for found in lists)


def _stand_in(found: bundle.WordList, words: tuple[str, ...] | None) -> bundle.WordList:
    if words is None:
        reason = f"the list {found.name} is to be supplied by the {found.supplied_by}"
        return dataclasses.replace(found, entries=(), key=None, lacking=reason)
    pairs, most, key = tuple(("any", word) for word in words), 0, None
    if found.kind == "hashed":
        hasher, key = Hasher(TEST_KEY.secret, found.name), TEST_KEY
        phrases = sorted({phrase for word in words for phrase in spelled(word)})
        pairs = tuple(("any", hasher.digest(phrase).hex()) for phrase in phrases)
        most = words_in(phrases)
    same = digest((found.name, found.kind, pairs))
    changed = dataclasses.replace(found, entries=pairs, digest=same, lacking="")
    return dataclasses.replace(changed, words_at_most=most, key=key)

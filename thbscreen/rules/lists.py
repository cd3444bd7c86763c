"""Loads named lists: words, codes, values and maps."""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING, cast

from thbscreen.diagnostics import Diagnostic
from thbscreen.model.hashed import DIGEST_LENGTH, MAX_WORDS
from thbscreen.model.text import fold
from thbscreen.rules import bundle
from thbscreen.rules.accusing import refuse_accusing
from thbscreen.rules.binder import bind_sources
from thbscreen.rules.context import Context
from thbscreen.rules.evaluate import digest
from thbscreen.rules.suppress import suppress
from thbscreen.rules.words import finding, good_entry, matching
from thbscreen.rules.yamltree import MAX_LOOKED_FOR, MAX_NODES, Findings, Map, Node, Scalar, Seq, load_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from thbscreen.diagnostics import Span
    from thbscreen.rules import ast

KEYS = (
    "list", "title", "kind", "supplied_by", "reviewed", "sources", "suppress", "words_at_most", "key_check",
    "entries", "must_match", "must_not_match",
)  # fmt: skip
#: What every list has; what else one needs is in `FURTHER`.
NEEDED = ("list", "title", "kind", "reviewed", "sources")
#: Keys that a list needs besides, and that no other list has: in the open, hashed, or to be supplied.
FURTHER = {
    "open": ("entries", "must_match", "must_not_match"),
    "hashed": ("words_at_most", "key_check", "entries"),
    "supplied": ("supplied_by",),
}
KINDS = ("words", "codes", "values", "map", "hashed")
#: Who may supply a list that the rules only name.
SUPPLIERS = ("institution",)
LIST_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,2}", re.ASCII)
_RANGE = re.compile(r"([0-9]+)-([0-9]+)", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_LENGTH}}}", re.ASCII)
MAX_RANGE = 10_000
#: Entries times examples; each pair is tried.
MAX_TRIALS = 300_000


def bind_list(text: str | bytes, file: str) -> tuple[bundle.WordList | None, Findings]:
    """Binds one list file; a list that fails its own must_match or must_not_match is R018."""
    root, findings = load_tree(text, file)
    found = None
    with findings.reading():
        refuse_accusing(findings, root)
        found = _bind(Context(findings, {}, max_items=MAX_NODES), root)
    return (None if findings.failed else found), findings


def _bind(ctx: Context, root: Node | None) -> bundle.WordList | None:
    findings = ctx.findings
    mapping = ctx.mapping(root, "the list", KEYS)
    if mapping is None:
        return None
    form = _form(ctx, mapping)
    ctx.require(mapping, (*NEEDED, *FURTHER[form]), "the list")
    name = ctx.scalar(mapping.get("list"), "'list'")
    if name is not None and not ctx.forbidden(name.text, name.span) and not LIST_NAME.fullmatch(name.text):
        findings.error(
            "R007", f"'{name.text[:40]}' is not the name of a list", name.span, help="write group.name"
        )
    kind = ctx.choice(mapping.get("kind"), "'kind'", KINDS, "R020")
    reviewed = ctx.scalar(mapping.get("reviewed"), "'reviewed'")
    if reviewed is not None and not _DAY.fullmatch(reviewed.text):
        findings.error("R021", "'reviewed' is a day such as 2026-01-31", reviewed.span)
    sources = bind_sources(ctx, mapping.get("sources"))
    if form == "supplied" or kind == "hashed":
        return _closed(ctx, mapping, form, name, kind, reviewed, sources)
    before = len(findings.items)
    pairs = list(_entries(ctx, mapping.get("entries"), kind)) if kind else []
    whole = len(findings.items) == before
    wanted, unwanted = (_examples(ctx, mapping.get(k), f"'{k}'") for k in ("must_match", "must_not_match"))
    entries = tuple((group, fold(e.text) if kind == "map" else e.text) for group, e in pairs)
    if kind and whole:
        _own_examples(ctx, kind, entries, [s for _, s in wanted], [s for _, s in unwanted])
    suppress(ctx, mapping, complete=not findings.failed)
    if findings.failed or name is None or kind is None or reviewed is None:
        return None
    return bundle.WordList(
        name.text, ctx.text(mapping, "title"), cast("bundle.ListKind", kind), entries,
        tuple(s.text for _, s in wanted), tuple(s.text for _, s in unwanted), reviewed.text, sources,
        list_digest(name.text, kind, entries), mapping.span, tuple(language for language, _ in unwanted),
    )  # fmt: skip


def _form(ctx: Context, mapping: Map) -> str:
    """Tells which of `FURTHER` a list is, and refuses keys that lists of its form do not have (R091)."""
    kind = mapping.get("kind")
    supplied = mapping.get("supplied_by") is not None
    form = "hashed" if isinstance(kind, Scalar) and kind.text == "hashed" else "open"
    form = "supplied" if supplied else form
    why = {
        "open": "belongs to a hashed list",
        "hashed": "would show words of a hashed list; they are tried when it is made",
        "supplied": "does not belong to a list that is to be supplied",
    }
    for key in dict.fromkeys(key for keys in FURTHER.values() for key in keys):
        if (at := mapping.key(key)) is not None and key not in FURTHER[form]:
            hint = "the institution's own file holds the entries" if supplied else None
            ctx.findings.error("R091", f"'{key}' {why[form]}", at.span, help=hint)
    return form


def _closed(
    ctx: Context,
    mapping: Map,
    form: str,
    name: Scalar | None,
    kind: str | None,
    reviewed: Scalar | None,
    sources: tuple[ast.Source, ...],
) -> bundle.WordList | None:
    """Binds a list whose words are not in it: it is hashed, or an institution is to supply it."""
    findings = ctx.findings
    by = ctx.choice(mapping.get("supplied_by"), "'supplied_by'", SUPPLIERS)
    if by is not None and kind == "map":
        span = mapping.get("kind").span  # type: ignore[union-attr]
        findings.error("R091", "a map cannot be supplied", span, help="write a list of words or values")
    entries = _digests(ctx, mapping) if form == "hashed" else ()
    most, check = (ctx.scalar(mapping.get(key), f"'{key}'") for key in ("words_at_most", "key_check"))
    if most is not None and not (most.text.isdecimal() and 1 <= int(most.text[:4]) <= MAX_WORDS):
        findings.error("R090", f"'words_at_most' is a whole number from 1 to {MAX_WORDS}", most.span)
    if check is not None and not _DIGEST.fullmatch(check.text):
        _unshown(findings, "'key_check' is no digest", check.span)
    suppress(ctx, mapping, complete=not findings.failed)
    if findings.failed or name is None or kind is None or reviewed is None:
        return None
    words = int(most.text) if most is not None else 0
    checked = check.text if check is not None else ""
    return bundle.WordList(
        name.text, ctx.text(mapping, "title"), cast("bundle.ListKind", kind), entries, (), (), reviewed.text,
        sources, list_digest(name.text, kind, (*entries, ("check", checked), ("words", str(words)))),
        mapping.span, supplied_by=by or "", words_at_most=words, key_check=checked,
        lacking=f"the list {name.text} is to be supplied by the {by}" if by else NO_KEY.format(name.text),
    )  # fmt: skip


#: Why rules that read a hashed list are not judged when the profile says nothing about a key.
NO_KEY = "the list {} is hashed and the profile names no lists_key"


def _digests(ctx: Context, mapping: Map) -> tuple[tuple[str, str], ...]:
    out: dict[str, None] = {}
    for item in ctx.scalars(mapping.get("entries"), "'entries'"):
        if not _DIGEST.fullmatch(item.text):
            _unshown(ctx.findings, "an entry of a hashed list is no digest", item.span)
        out[item.text] = None
    return tuple(("any", text) for text in out)


def _unshown(findings: Findings, message: str, span: Span) -> None:
    """Reports what is wrong with a hashed list without its line: that could show a word."""
    hint = "make the list with: thbscreen rules hash-list"
    found = Diagnostic("R090", message, span, "", hint)
    if found not in findings.items and len(findings.items) < MAX_LOOKED_FOR:
        findings.items.append(found)


def list_digest(name: str, kind: str, entries: Iterable[tuple[str, str]]) -> str:
    """Gives the hash of a list's meaning; the order of entries does not count."""
    return digest((name, kind, tuple(sorted(entries))))


def _entries(ctx: Context, node: Node | None, kind: str) -> Iterator[tuple[str, Scalar]]:
    if kind == "map" and isinstance(node, Seq):
        ctx.findings.error("R006", "the entries of a map are 'value: [texts]'", node.span)
        return
    if isinstance(node, Map):
        if not node.entries:
            ctx.findings.error("R024", "the list is empty", node.span)
        groups = [(key.text, value) for key, value in node]
    else:
        groups = [("any", node)] if node is not None else []
    seen: dict[str, Scalar] = {}
    for group, value in groups:
        for item in ctx.scalars(value, "'entries'"):
            if not _entry(ctx, item, kind):
                continue
            same = fold(item.text) if kind in {"words", "map"} else item.text
            if kind == "map" and same in seen:
                first = seen[same].span.line
                ctx.findings.error(
                    "R005", f"'{item.text}' is given twice", item.span, help=f"first on line {first}"
                )
                continue
            seen[same] = item
            yield group, item


def _entry(ctx: Context, item: Scalar, kind: str) -> bool:
    """Checks one entry for what could never match or would match everything."""
    if kind == "words":
        return good_entry(ctx.findings, item)
    if kind == "codes" and (found := _RANGE.fullmatch(item.text)):
        low, high = found.groups()
        if len(low) != len(high) or len(low) > 9 or not 0 <= int(high) - int(low) < MAX_RANGE:
            hint = "write 3000-3299: equal length, the smaller number first"
            ctx.findings.error("R021", f"'{item.text}' is no range of codes", item.span, help=hint)
            return False
    return True


def _examples(ctx: Context, node: Node | None, what: str) -> list[tuple[str, Scalar]]:
    """Gives (language or "any", text): a list of texts, or lists of texts by language."""
    groups = [(key.text, value) for key, value in node] if isinstance(node, Map) else [("any", node)]
    if isinstance(node, Map) and not groups:
        ctx.findings.error("R006", f"{what} is empty", node.span)
    return [(language, item) for language, value in groups for item in ctx.scalars(value, what)]


def _own_examples(
    ctx: Context,
    kind: str,
    entries: tuple[tuple[str, str], ...],
    wanted: list[Scalar],
    unwanted: list[Scalar],
) -> None:
    if len(entries) * (len(wanted) + len(unwanted)) > MAX_TRIALS:
        at = (*wanted, *unwanted)[0]
        hint = "keep the examples that show something; some dozens are enough"
        ctx.findings.error("R009", "the list has too many examples for its length", at.span, help=hint)
        return
    for item in wanted:
        if finding(kind, entries, item.text) is None:
            ctx.findings.error("R018", f"no entry matches '{item.text[:80]}', which must match", item.span)
    for item in unwanted:
        entry = finding(kind, entries, item.text)
        if entry is not None:
            message = f"the entry '{entry}' matches '{item.text[:80]}', which must not match"
            ctx.findings.error("R018", message, item.span)


def cross_warnings(lists: Iterable[bundle.WordList]) -> list[Diagnostic]:
    """Warns of entries that find what another list of the family calls harmless in another language (W105).

    Lists are a family when their names begin alike, as in `keywords.rent` and `keywords.debt`. Harmless
    texts without a language are left out, and texts that the list also finds in their own language.
    """
    words = [found for found in lists if found.kind == "words"]
    out = []
    for found, other in permutations(words, 2):
        if found.name.partition(".")[0] != other.name.partition(".")[0]:
            continue
        for language, text in zip(other.languages, other.must_not_match, strict=False):
            foreign = [(g, e) for g, e in found.entries if g not in {language, "any"}]
            entry = matching(foreign, text) if language != "any" else None
            if entry is None or matching([pair for pair in found.entries if pair not in foreign], text):
                continue
            group = next(g for g, e in foreign if e == entry)
            message = f"the entry '{entry}' ({group}) matches '{text[:80]}' ({language})"
            help_ = f"write '={entry.rstrip('*')}' to find it only as written, or put it into a phrase"
            note = f"{other.name} calls that text harmless"
            out.append(Diagnostic("W105", message, found.span, "", help_, note, severity="warning"))
    return out

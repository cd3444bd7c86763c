"""The structural check: a report against the element table of its version and a filing profile.

It needs no schema file. What it accepts may still be refused by the FIU's own schema, since code lists and
limits are the FIU's; give that schema with `--xsd`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from thbscreen.filing.elements import Element, ElementTable, Group, content_pattern, load_table, token
from thbscreen.filing.findings import Finding
from thbscreen.filing.profile import FilingProfile
from thbscreen.io.xmltree import XmlElement

_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_INT = re.compile(r"[+-]?\d{1,10}")
_FORMS = {
    "date": "a date and time such as 2026-03-31T09:05:00",
    "decimal": "a number with a decimal point, such as 1250.00",
    "int": "a whole number in its limits",
    "flag": "true or false",
    "one": "1 (or no element at all)",
}
_CODES = {"country": re.compile(r"[A-Z]{2}|-"), "currency": re.compile(r"[A-Z]{3}|-")}
EARLIEST = datetime(1753, 1, 1)


def version_of(root: XmlElement) -> str:
    """Guesses the version of a report from elements that only 5.0 has."""
    new = {"schema_version", "report_date", "reporting_user_code", "prev_rejected_ref_number"}
    inner = {
        "transaction_is_suspicious", "transaction_type_code", "transaction_address", "from_is_suspected",
        "to_is_suspected", "is_suspected", "conductor_is_suspected", "institution_country", "account_type",
    }  # fmt: skip
    if any(c.name in new for c in root.children) or any(e.name in inner for e in root.descendants()):
        return "5.0"
    return "4.0" if root.find("submission_date") is not None else "5.0"


def check_structure(root: XmlElement, profile: FilingProfile | None, version: str) -> list[Finding]:
    """Compares a report with the element table.

    Args:
        root: the whole document.
        profile: what the FIU demands beyond the table; None checks the table alone.
        version: `4.0` or `5.0`.
    """
    return list(_Checker(load_table(version), profile).root(root))


def unordered(owner: Group, names: list[str]) -> int | None:
    """Gives the number of the first child that stands behind one it must come before, or None."""
    rank: dict[str, int] = {}
    for number, element in enumerate(owner.elements()):
        rank.setdefault(element.name, number)
    known = [(i, rank[n]) for i, n in enumerate(names) if n in rank]
    for (_, before), (index, after) in pairwise(known):
        if after < before:
            return index
    return None


class _Checker:
    def __init__(self, table: ElementTable, profile: FilingProfile | None) -> None:
        self.table = table
        self.profile = profile

    def root(self, root: XmlElement) -> Iterator[Finding]:
        inside = "report" if root.name == "report" else "reportdata"
        if root.name == "report" and root.find("transactions") is not None:
            inside = "reportdata"  # some FIUs call the root of a transactions-only file so
        if root.name not in {"report", "reportdata"} or root.attributes:
            strange = sorted(a for a in root.attributes if not a.startswith("xsi:") and a != "xmlns:xsi")
            if root.name not in {"report", "reportdata"}:
                yield self._find("S09", root, root.name, "the root element is report (or reportdata)")
                return
            if strange:
                yield self._find("S09", root, root.name, f"a report has no '{strange[0]}'")
        yield from self.inside(root, inside, root.name)

    def inside(self, here: XmlElement, owner: str, path: str) -> Iterator[Finding]:
        group = self.table.types[owner]
        names = [c.name for c in here.children]
        if here.text.strip():
            yield self._find("S05", here, path, "text between elements")
        if not content_pattern(group).fullmatch("".join(map(token, names))):
            yield from self._why(here, group, names, path)
        elif self.profile is not None:
            yield from self._demands(here, owner, set(names), path)
        known = {e.name: e for e in group.elements()}
        for child in here.children:
            element = known.get(child.name)
            if element is None:
                continue
            where = f"{path}/{child.name}"
            if child.attributes:
                yield self._find("S09", child, where, f"has the attribute '{next(iter(child.attributes))}'")
            if self.profile is not None and f"{owner}.{child.name}" in self.profile.schema.off:
                yield self._find("S10", child, where, "the profile has switched this element off")
            if element.kind == "type":
                yield from self.inside(child, element.of, where)
            else:
                yield from self.value(child, owner, element, where)

    def _demands(self, here: XmlElement, owner: str, names: set[str], path: str) -> Iterator[Finding]:
        assert self.profile is not None
        for needed in sorted(self.profile.schema.require):
            kind, _, name = needed.rpartition(".")
            if kind == owner and not names & set(name.split("|")):
                yield self._find("S03", here, f"{path}/{name.replace('|', ' or ')}", "the profile demands it")

    # --- why children do not fit ------------------------------------------------------------------

    def _why(self, here: XmlElement, group: Group, names: list[str], path: str) -> Iterator[Finding]:
        known = {e.name for e in group.elements()}
        strangers = [c for c in here.children if c.name not in known]
        for child in strangers:
            yield self._find("S01", child, f"{path}/{child.name}", "no element of this type")
        late = unordered(group, names)
        if late is not None and not strangers:
            child = here.children[late]
            text = f"stands behind '{names[late - 1]}', but must come before it"
            yield self._find("S02", child, f"{path}/{child.name}", text)
        missing = list(_missing(group, set(names)))
        for text in missing:
            yield self._find("S03", here, f"{path}/{text}", "is missing")
        if not strangers and late is None and not missing:
            text = "an element comes too often, or two branches of a choice are there"
            yield self._find("S04", here, path, f"{text}: {_crowded(group, names)}")

    # --- values -----------------------------------------------------------------------------------

    def value(self, child: XmlElement, owner: str, element: Element, path: str) -> Iterator[Finding]:
        if child.children:
            yield self._find("S01", child.children[0], path, "holds elements, but takes a value only")
            return
        text = child.text
        if element.kind == "text":
            yield from self._text(child, owner, element, path)
        elif element.kind in {"code", "country", "currency"}:
            yield from self._code(child, element, path)
        elif not _fits(text.strip(), element):
            yield self._find("S05", child, path, f"is not {_FORMS[element.kind]}")

    def _text(self, child: XmlElement, owner: str, element: Element, path: str) -> Iterator[Finding]:
        low, high = element.low or 0, element.high
        if self.profile is not None:
            low, high = self.profile.length(owner, element)
            pattern = self.profile.schema.patterns.get(f"{owner}.{element.name}")
            if pattern is not None and not pattern.fullmatch(child.text):
                yield self._find("S08", child, path, "does not fit the profile's pattern")
        size = len(child.text)
        if size < low or (high is not None and size > high):
            yield self._find("S06", child, path, f"has {size:,} characters, allowed are {low} to {high:,}")

    def _code(self, child: XmlElement, element: Element, path: str) -> Iterator[Finding]:
        text = child.text
        name = {"country": "country_type", "currency": "currency_type"}.get(element.kind, element.of)
        known = self.profile.code_lists.get(name) if self.profile is not None else None
        if known is not None:
            wrong = text not in known
        elif element.kind in _CODES:
            wrong = not _CODES[element.kind].fullmatch(text)
        elif element.of == "submission_type":
            wrong = text not in {"E", "M", "-"}
        else:
            wrong = not text or text != text.strip() or any(c.isspace() and c != " " for c in text)
        if wrong:
            yield self._find("S07", child, path, f"is no code of the list '{name}'")

    def _find(self, code: str, at: XmlElement, path: str, message: str) -> Finding:
        return Finding(at.line, at.column, code, "error", path, message)


def _fits(text: str, element: Element) -> bool:
    if element.kind == "date":
        return is_time(text)
    if element.kind == "decimal":
        if _DECIMAL.fullmatch(text) is None or abs(float(text)) > 7.9e15:
            return False
        return element.low is None or float(text) >= element.low
    if element.kind == "int":
        if not _INT.fullmatch(text):
            return False
        low, high = element.low, element.high
        return (low is None or int(text) >= low) and (high is None or int(text) <= high)
    if element.kind == "flag":
        return text in {"true", "false", "1", "0"}
    return text == "1"


def is_time(text: str) -> bool:
    """Tells whether a text is a date and time as a report writes it."""
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    try:
        return datetime.fromisoformat(found[1]) >= EARLIEST
    except ValueError:
        return False


def _missing(group: Group, present: set[str]) -> Iterator[str]:
    """Names what a group needs and does not have; optional groups need something once they are begun."""
    for item in group.items:
        if isinstance(item, Element):
            if item.least and item.name not in present:
                yield item.name
            continue
        names = {e.name for e in item.elements()}
        begun = bool(names & present)
        if item.kind == "choice":
            if not begun and item.least:
                yield " or ".join(dict.fromkeys(e.name for e in item.elements() if e.least))
            elif begun:
                for part in item.items:
                    if isinstance(part, Group) and {e.name for e in part.elements()} & present:
                        yield from _missing(part, present)
        elif begun or item.least:
            yield from _missing(item, present)


def _crowded(group: Group, names: list[str]) -> str:
    """Names the elements that are most likely too many."""
    twice = [
        e.name
        for e in group.elements()
        if e.most is not None and names.count(e.name) > e.most
    ]  # fmt: skip
    for item in group.items:
        if isinstance(item, Group) and item.kind == "choice":
            found = [e.name for e in item.elements() if e.name in names]
            if len(set(found)) > 1:
                twice += found
    return ", ".join(dict.fromkeys(twice)) or ", ".join(dict.fromkeys(names))

"""Validation against the FIU's own schema, which the user downloads from the FIU's portal.

The schema is foreign input: no network, no entities, no includes from elsewhere. Schemas are written for
another regular expression engine than the standard's, so a few spots are read as they are meant; each such
change is told. The file itself is left as it is.
"""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thbscreen.errors import DataError, UsageError
from thbscreen.filing.findings import Finding, ordered
from thbscreen.io.xmltree import whole_tree

_XS = "{http://www.w3.org/2001/XMLSchema}"
_VC = "{http://www.w3.org/2007/XMLSchema-versioning}"
MAX_BYTES = 20 << 20
#: Texts of a schema's error messages that may hold values of the report.
_QUOTED = re.compile(r"'[^']*'")
_HYPHEN = re.compile(r"\[([^\]\\]*[a-zA-Z0-9])-([+.*@])([^\]]*)\]")


@dataclass(frozen=True)
class Schema:
    """A schema that is ready to validate with.

    Attributes:
        name: of its file.
        changes: what was read otherwise than it is written.
        engine: `lxml`, or `xmlschema` for assertions of XSD 1.1.
    """

    name: str
    changes: tuple[str, ...]
    engine: str
    _compiled: Any

    def check(self, data: bytes) -> list[Finding]:
        """Gives what the schema says against a report; messages hold no values of it.

        Raises:
            DataError: the report is no well-formed XML.
        """
        whole_tree(io.BytesIO(data), "report")  # refuses document types before any other parser sees them
        if self.engine == "xmlschema":
            return ordered(self._with_xmlschema(data))
        etree = _lxml()
        document = etree.fromstring(data, _parser(etree))
        if self._compiled.validate(document):
            return []
        log = self._compiled.error_log
        return ordered(Finding(e.line, 1, "X01", "error", _path(e.path), _told(e.message)) for e in log)

    def _with_xmlschema(self, data: bytes) -> list[Finding]:
        return [
            Finding(
                0, 0, "X01", "error", str(e.path or ""), _told(str(e.reason or "does not fit the schema"))
            )
            for e in self._compiled.iter_errors(io.BytesIO(data))
        ]


def read_schema(path: Path) -> Schema:
    """Reads a schema file.

    Raises:
        DataError: the file cannot be read or is no schema.
        UsageError: the library that is needed is not installed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror})", hint="check the path") from None
    if len(data) > MAX_BYTES:
        raise DataError(
            f"{path.name}: is larger than a schema of a report", hint="give the FIU's own .xsd file"
        )
    etree = _lxml()
    try:
        whole_tree(io.BytesIO(data), path.name)
        root = etree.fromstring(data, _parser(etree))
    except etree.XMLSyntaxError as error:
        raise DataError(f"{path.name}:{error.lineno or 1}: is no well-formed XML") from None
    if root.tag != f"{_XS}schema":
        raise DataError(f"{path.name}: is no XML schema", hint="download the .xsd from the FIU's portal")
    if _has(root, "import", "include", "redefine", "override"):
        raise DataError(
            f"{path.name}: takes in other files", hint="goAML schemas are one file; look where it comes from"
        )
    changes = tuple(_as_meant(root))
    if _has(root, "assert", "assertion"):
        return Schema(path.name, changes, "xmlschema", _assertions(path.name, etree.tostring(root)))
    try:
        return Schema(path.name, changes, "lxml", etree.XMLSchema(root))
    except etree.XMLSchemaParseError:
        raise DataError(f"{path.name}: the schema does not compile", hint="download it again") from None


def _has(root: Any, *names: str) -> bool:
    return next(root.iter(*(f"{_XS}{name}" for name in names)), None) is not None


def _lxml() -> Any:
    try:
        return importlib.import_module("lxml.etree")
    except ImportError:
        raise UsageError(
            "checking against a schema needs lxml, which is not installed",
            hint="pip install 'thbscreen[goaml]'; without --xsd the other checks run",
        ) from None


def _parser(etree: Any) -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _assertions(name: str, data: bytes) -> Any:
    """Compiles a schema with assertions of XSD 1.1, which lxml cannot read."""
    try:
        library = importlib.import_module("xmlschema")
    except ImportError:
        raise UsageError(
            f"{name} uses assertions of XSD 1.1, which need the library xmlschema",
            hint="pip install xmlschema; or leave --xsd out, and upload the draft for validation at the FIU",
        ) from None
    return library.XMLSchema11(data.decode("utf-8"), allow="none")


def _as_meant(root: Any) -> Sequence[str]:
    """Changes what standard engines read otherwise than the FIU's server, and tells how often."""
    dropped = [a for a in root.attrib if a.startswith(_VC)]
    for attribute in dropped:
        del root.attrib[attribute]
    anchors = hyphens = 0
    for pattern in root.iter(f"{_XS}pattern"):
        value = pattern.get("value", "")
        bare = value.removeprefix("^")
        if bare.endswith("$") and not bare.endswith("\\$"):
            bare = bare[:-1]
        anchors += bare != value
        meant = _HYPHEN.sub(r"[\1\2\3-]", bare)
        hyphens += meant != bare
        pattern.set("value", meant)
    told = [f"{len(dropped)} version attributes were left out"] if dropped else []
    told += [f"{anchors} patterns were read without ^ and $"] if anchors else []
    told += [f"{hyphens} patterns were read with the hyphen as a sign of its own"] if hyphens else []
    return told


def _path(path: str | None) -> str:
    return re.sub(r"\[\d+\]", "", path or "").removeprefix("/")


def _told(message: str) -> str:
    """Shortens a message of the engine: names of elements stay, values of the report go."""
    text = message
    if "[facet 'enumeration']" in text or "The value" in text or "is not a valid value" in text:
        facet = re.search(r"\[facet '(\w+)'\]", text)
        limit = re.search(r"length of '(\d+)'.*?'(\d+)'", text)
        if facet and limit:
            return f"breaks the {facet[1]} of the schema ({limit[1]} characters; limit {limit[2]})"
        return (
            f"breaks the {facet[1]} of the schema" if facet else "is not in the form that the schema asks for"
        )
    element = re.match(r"Element '([A-Za-z0-9_]+)'", text)
    expected = re.search(r"Expected is (?:one of )?\( ([^)]*) \)", text)
    if "not expected" in text:
        wanted = f"; expected: {_first(expected[1])}" if expected else ""
        return f"is not expected here{wanted}"
    if "Missing child" in text:
        return f"lacks an element{'; expected: ' + _first(expected[1]) if expected else ''}"
    return "does not fit the schema" if element else _QUOTED.sub("'...'", text)[:200]


def _first(names: str) -> str:
    parts = [part.strip() for part in names.split(",")]
    return ", ".join(parts[:6]) + (" and others" if len(parts) > 6 else "")

"""Filing profiles: everything that one FIU, or one reporting entity, decides about a report.

A profile is strict YAML. What only the FIU's own portal can tell is marked `to be filled` in the shipped
profile; a draft is not written before it is filled. No code of a real FIU is part of the program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from thbscreen.diagnostics import Diagnostic, Span, suggest
from thbscreen.errors import DataError, ProfileError, UsageError
from thbscreen.filing.elements import VERSIONS, Element, ElementTable, load_table
from thbscreen.model.strictyaml import Block, Listing, Node, Scalar, StrictYamlError, load

SHIPPED = Path(__file__).parent / "profiles"
#: What a value says that only the FIU's own portal can tell.
TO_BE_FILLED = "to be filled"
PORTAL = (
    "ask the FIU's portal: the help menu, the schema that can be downloaded there and its lookup lists; "
    "copy the profile, fill the key and give the copy with --profile"
)
Severity = Literal["error", "warning", "off"]
#: Movements by the form of value, as `funds_codes` names it.
FUNDS = ("cash", "transfer", "card", "remittance", "cheque", "crypto", "other")
CHANNELS = ("branch", "atm", "online", "mobile", "pos", "ecom", "msb", "other")


@dataclass(frozen=True, slots=True)
class TextRules:
    """How free texts of a report must look.

    Attributes:
        ascii_only: letters are written in Latin ones, everything else is taken out.
        line_breaks: whether texts may hold line ends.
        language: language of the narrative; `en` is written.
        reserve: share of the longest text that is left free.
        mask_accounts: the narrative shows the last four characters of account numbers only.
    """

    ascii_only: bool = False
    line_breaks: bool = True
    language: str = "en"
    reserve: float = 0.05
    mask_accounts: bool = False


@dataclass(frozen=True, slots=True)
class SchemaRules:
    """What this FIU demands beyond what all compared schemas of the version demand.

    Attributes:
        require: `type.element` that must be there, or `type.element|other` of which one must be.
        off: `type.element` that must not be there.
        lengths: least and most characters of `type.element`.
        patterns: pattern of `type.element`; the whole text must match.
    """

    require: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    lengths: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    patterns: Mapping[str, re.Pattern[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilingProfile:
    """One filing profile; the keys are explained in docs/how-to/draft-a-report.md."""

    name: str
    fiu: str
    version: str
    zone: ZoneInfo
    rentity_id: str
    currency: str
    country: str
    report_codes: Mapping[str, str]
    indicators: Mapping[str, str]
    transmode_codes: Mapping[str, str]
    funds_codes: Mapping[str, str]
    date_element: str
    institution: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    location: Mapping[str, str] = field(default_factory=dict)
    key_words: tuple[str, ...] = ()
    legal_basis: str = ""
    contact: str = ""
    transaction_type_codes: Mapping[str, str] = field(default_factory=dict)
    account_types: Mapping[str, str] = field(default_factory=dict)
    account_status: Mapping[str, str] = field(default_factory=dict)
    signatory_roles: Mapping[str, str] = field(default_factory=dict)
    party_roles: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    text: TextRules = field(default_factory=TextRules)
    names_ascii: bool = False
    transactions_root: str = "reportdata"
    possible_victims: str = "party"
    limits: Mapping[str, int] = field(default_factory=dict)
    schema: SchemaRules = field(default_factory=SchemaRules)
    code_lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    predicate_offences: tuple[str, ...] = ()
    checks: Mapping[str, Severity] = field(default_factory=dict)

    @property
    def table(self) -> ElementTable:
        """The element table of the profile's version."""
        return load_table(self.version)

    def length(self, owner: str, element: Element) -> tuple[int, int | None]:
        """Gives the least and most characters of a text element."""
        low, high = element.low or 0, element.high
        own = self.schema.lengths.get(f"{owner}.{element.name}")
        return own if own is not None else (low, high)


# --- reading ------------------------------------------------------------------------------------------

_MAPS = (
    "report_codes", "indicators", "transmode_codes", "funds_codes", "institution", "header", "location",
    "transaction_type_codes", "account_types", "account_status", "signatory_roles", "party_roles", "unknown",
    "constants", "limits", "checks",
)  # fmt: skip
_PLAIN = (
    "filing_profile", "fiu", "version", "time_zone", "rentity_id", "currency", "country", "date_element",
    "legal_basis", "contact", "transactions_root", "possible_victims", "names_ascii",
)  # fmt: skip
_LISTS = ("key_words", "predicate_offences")
_TEXT = ("ascii_only", "line_breaks", "language", "reserve", "mask_accounts")
_SCHEMA = ("require", "off", "lengths", "patterns")
KEYS = (*_PLAIN, *_MAPS, *_LISTS, "text", "schema", "code_lists")
_NEEDED = (
    "filing_profile", "fiu", "version", "time_zone", "rentity_id", "currency", "country", "report_codes",
    "indicators", "transmode_codes", "funds_codes",
)  # fmt: skip
_ALLOWED: dict[str, tuple[str, ...]] = {
    "version": VERSIONS,
    "date_element": ("submission_date", "report_date"),
    "transactions_root": ("reportdata", "report"),
    "possible_victims": ("party", "narrative"),
    "names_ascii": ("true", "false"),
}
_INSIDE: dict[str, tuple[str, ...]] = {
    "report_codes": ("transactions", "activity"),
    "institution": ("name", "code", "swift", "branch"),
    "header": ("schema_version", "rentity_branch", "reporting_user_code"),
    "location": ("address_type", "address", "city", "zip", "country_code", "state"),
    "transmode_codes": CHANNELS,
    "funds_codes": FUNDS,
    "unknown": ("text", "country"),
    "limits": ("transactions", "attachments", "file_bytes", "attachment_bytes", "late_days"),
    "account_status": ("open", "closed"),
    "party_roles": ("payer", "payee"),
}


def shipped_profiles() -> list[str]:
    """Gives the names of the profiles that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def find_profile(wanted: str) -> Path:
    """Gives the file of a shipped profile or the file itself.

    Raises:
        UsageError: there is neither.
    """
    path = Path(wanted)
    if path.suffix in {".yaml", ".yml"} or path.is_file():
        return path
    if wanted in shipped_profiles():
        return SHIPPED / f"{wanted}.yaml"
    raise UsageError(
        f"there is no filing profile '{wanted}'",
        hint=suggest(wanted, shipped_profiles()) or "give a file that ends in .yaml",
    )


def read_profile(wanted: str | Path, *, drafting: bool = True) -> FilingProfile:
    """Reads a filing profile.

    Args:
        wanted: name of a shipped profile, or a file.
        drafting: keys that are still to be filled are errors; otherwise they are left out.

    Raises:
        ProfileError: every fault with its place, F001 to F005.
        UsageError: there is no such profile.
        DataError: the file cannot be read.
    """
    path = find_profile(str(wanted))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror})", hint="check the path") from None
    return _Reader(path.name, data, drafting=drafting).read()


class _Reader:
    """Turns the nodes of a profile into a FilingProfile, collecting every fault."""

    def __init__(self, name: str, data: bytes, *, drafting: bool) -> None:
        self.name = name
        self.data = data
        self.lines = data.decode("utf-8", "replace").splitlines()
        self.drafting = drafting
        self.found: list[Diagnostic] = []
        self.nodes: dict[str, Node] = {}

    def read(self) -> FilingProfile:
        try:
            root = load(self.data)
        except StrictYamlError as error:
            self._say("F001", str(error), getattr(error, "line", 1), getattr(error, "column", 1))
            raise ProfileError(self.found) from None
        if not isinstance(root, Block):
            self._say("F001", "a filing profile is a mapping of keys", 1, 1)
            raise ProfileError(self.found)
        for key, node in root.entries:
            if key.text not in KEYS:
                self._at("F002", f"unknown key '{key.text}'", key, suggest(key.text, KEYS))
            self.nodes[key.text] = node
        for key_name in _NEEDED:
            if key_name not in self.nodes:
                self._say("F004", f"the key '{key_name}' is missing", 1, 1, PORTAL)
        values = self._values()
        if self.found:
            raise ProfileError(sorted(self.found, key=lambda d: (d.span.line, d.span.column, d.code)))
        return values

    # --- pieces -----------------------------------------------------------------------------------

    def _values(self) -> FilingProfile:
        maps = {name: self._map(name) for name in _MAPS}
        plain = {name: self._plain(name) for name in _PLAIN}
        version = plain["version"] if plain["version"] in VERSIONS else VERSIONS[-1]
        table = load_table(version)
        default_date = "submission_date" if version == "4.0" else "report_date"
        for path in maps["constants"]:
            self._element(table, path, self.nodes["constants"])
        checks: dict[str, Severity] = {}
        for name, value in maps["checks"].items():
            if value in {"error", "warning", "off"}:
                checks[name] = value  # type: ignore[assignment]  # one of the three, as just seen
            else:
                self._at("F003", f"'{value}' is no severity", self.nodes["checks"], "error, warning or off")
        return FilingProfile(
            name=plain["filing_profile"], fiu=plain["fiu"], version=version,
            zone=self._zone(plain["time_zone"]),
            rentity_id=plain["rentity_id"], currency=plain["currency"], country=plain["country"],
            date_element=plain["date_element"] or default_date, legal_basis=plain["legal_basis"],
            contact=plain["contact"], transactions_root=plain["transactions_root"] or "reportdata",
            possible_victims=plain["possible_victims"] or "party",
            names_ascii=plain["names_ascii"] == "true",
            key_words=self._list("key_words"), predicate_offences=self._list("predicate_offences"),
            text=self._text(), schema=self._schema(table), code_lists=self._code_lists(), checks=checks,
            limits=self._numbers(maps["limits"]),
            **{name: maps[name] for name in _MAPS if name not in {"limits", "checks"}},
        )  # fmt: skip

    def _plain(self, name: str) -> str:
        node = self.nodes.get(name)
        if node is None:
            return ""
        text = self._scalar(name, node)
        allowed = _ALLOWED.get(name)
        if text and allowed and text not in allowed:
            self._at("F003", f"'{text}' is not allowed for '{name}'", node, "one of: " + ", ".join(allowed))
        return text

    def _scalar(self, name: str, node: Node) -> str:
        """Gives the text of a value; `to be filled` is a fault when a draft is wanted."""
        if not isinstance(node, Scalar):
            self._at("F003", f"'{name}' holds one text", node)
            return ""
        text = node.text.strip()
        if text.casefold() == TO_BE_FILLED:
            if self.drafting:
                self._at("F004", f"the key '{name}' is still to be filled", node, PORTAL)
            return ""
        return text

    def _map(self, name: str) -> dict[str, str]:
        node = self.nodes.get(name)
        if node is None:
            return {}
        if isinstance(node, Scalar) and node.text.strip().casefold() == TO_BE_FILLED:
            self._scalar(name, node)
            return {}
        if not isinstance(node, Block):
            self._at("F003", f"'{name}' holds keys and values", node)
            return {}
        out = {}
        known = _INSIDE.get(name)
        for key, value in node.entries:
            if known and key.text not in known:
                self._at("F002", f"unknown key '{key.text}' in '{name}'", key, suggest(key.text, known))
            text = self._scalar(f"{name}.{key.text}", value)
            if text:
                out[key.text] = text
        return out

    def _list(self, name: str) -> tuple[str, ...]:
        node = self.nodes.get(name)
        if node is None:
            return ()
        if isinstance(node, Listing):
            return tuple(filter(None, (self._scalar(name, item) for item in node.items)))
        text = self._scalar(name, node)
        return (text,) if text else ()

    def _text(self) -> TextRules:
        node = self.nodes.get("text")
        values = self._block("text", node, _TEXT)
        flags = {}
        for name in ("ascii_only", "line_breaks", "mask_accounts"):
            if values.get(name):
                if values[name] not in {"true", "false"}:
                    self._at(
                        "F003", f"'{values[name]}' is not true or false", node or Scalar("", False, 1, 1)
                    )
                flags[name] = values[name] == "true"
        language = values.get("language", "en") or "en"
        if language != "en":
            self._at(
                "F003", f"narratives are written in English, not in '{language}'",
                node or Scalar("", False, 1, 1), "write 'en', and have the draft translated by a person",
            )  # fmt: skip
        try:
            reserve = float(values.get("reserve") or 0.05)
        except ValueError:
            reserve = -1
        if not 0 <= reserve < 0.5:
            self._at("F003", "the reserve is a share from 0 to 0.5", node or Scalar("", False, 1, 1))
        return TextRules(language=language, reserve=max(reserve, 0), **flags)

    def _schema(self, table: ElementTable) -> SchemaRules:
        node = self.nodes.get("schema")
        if node is None:
            return SchemaRules()
        if not isinstance(node, Block):
            self._at("F003", "'schema' holds require, off, lengths and patterns", node)
            return SchemaRules()
        parts: dict[str, Any] = {}
        for key, value in node.entries:
            if key.text not in _SCHEMA:
                self._at("F002", f"unknown key '{key.text}' in 'schema'", key, suggest(key.text, _SCHEMA))
            elif key.text in {"require", "off"}:
                items = value.items if isinstance(value, Listing) else ()
                names = [self._scalar(key.text, item) for item in items]
                for name, item in zip(names, items, strict=True):
                    owner, _, elements = name.rpartition(".")
                    for element in elements.split("|"):
                        self._element(table, f"{owner}.{element}", item)
                parts[key.text] = frozenset(names)
            elif isinstance(value, Block):
                parts[key.text] = {}
                for path, rule in value.entries:
                    self._element(table, path.text, path)
                    made = self._rule(key.text, rule)
                    if made is not None:
                        parts[key.text][path.text] = made
        return SchemaRules(**parts)

    def _rule(self, key: str, node: Node) -> tuple[int, int] | re.Pattern[str] | None:
        text = self._scalar(key, node)
        if key == "lengths":
            found = re.fullmatch(r"(\d+)-(\d+)", text)
            if found:
                return int(found[1]), int(found[2])
            self._at("F003", f"'{text}' is not a length such as 1-50", node)
            return None
        try:
            return re.compile(text)
        except re.error:
            self._at("F003", "the pattern is not understood", node)
            return None

    def _code_lists(self) -> dict[str, frozenset[str]]:
        node = self.nodes.get("code_lists")
        out: dict[str, frozenset[str]] = {}
        if isinstance(node, Block):
            for key, value in node.entries:
                if isinstance(value, Listing):
                    out[key.text] = frozenset(self._scalar(key.text, item) for item in value.items)
        return out

    def _numbers(self, values: Mapping[str, str]) -> dict[str, int]:
        out = {}
        for name, text in values.items():
            if text.isdigit() and int(text) > 0:
                out[name] = int(text)
            else:
                self._at("F003", f"'{text}' is not a whole number for '{name}'", self.nodes["limits"])
        return out

    def _zone(self, name: str) -> ZoneInfo:
        try:
            return ZoneInfo(name or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._at("F003", f"'{name}' is no time zone", self.nodes["time_zone"], "such as Asia/Nicosia")
            return ZoneInfo("UTC")

    def _block(self, name: str, node: Node | None, known: Sequence[str]) -> dict[str, str]:
        if node is None:
            return {}
        if not isinstance(node, Block):
            self._at("F003", f"'{name}' holds keys and values", node)
            return {}
        for key, _ in node.entries:
            if key.text not in known:
                self._at("F002", f"unknown key '{key.text}' in '{name}'", key, suggest(key.text, known))
        return {key.text: self._scalar(f"{name}.{key.text}", value) for key, value in node.entries}

    def _element(self, table: ElementTable, path: str, node: Node) -> None:
        if table.at(path) is None:
            owner, _, name = path.rpartition(".")
            names = table.order(owner) if owner in table.types else sorted(table.types)
            self._at(
                "F005", f"version {table.version} has no element '{path}'", node,
                suggest(name if owner in table.types else owner or path, names),
            )  # fmt: skip

    # --- faults -----------------------------------------------------------------------------------

    def _at(self, code: str, message: str, node: Node, hint: str | None = None) -> None:
        width = len(node.text) + 2 * node.quoted if isinstance(node, Scalar) else 1
        self._say(code, message, node.line, node.column, hint, width)

    def _say(
        self, code: str, message: str, line: int, column: int, hint: str | None = None, width: int = 1
    ) -> None:
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        span = Span(self.name, line, column, column + max(width, 1))
        self.found.append(Diagnostic(code, message, span, source, help=hint))

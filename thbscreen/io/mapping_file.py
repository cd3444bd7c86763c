"""Reads mapping files strictly: unknown keys, columns and values are errors with a suggestion."""

from __future__ import annotations

import re
import zoneinfo
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

import polars as pl

from thbscreen.diagnostics import suggest
from thbscreen.io.blocks import known_encoding
from thbscreen.io.codes import data_error
from thbscreen.io.delimited import Dialect
from thbscreen.io.files import reading
from thbscreen.io.mapping import ColumnSpec, InputSpec, Mapping, Rate, Section
from thbscreen.io.values import Format
from thbscreen.model.catalogue import FORBIDDEN_REASON, TABLES, forbidden_input
from thbscreen.model.contact import known_country
from thbscreen.model.strictyaml import Block, Listing, Node, Scalar, StrictYamlError, load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from thbscreen.errors import DataError

TABLE_NAMES = ("transactions", "accounts", "parties", "account_parties")
TOP_KEYS = (
    "mapping",
    "name",
    "tables",
    "input",
    "perspective",
    "defaults",
    "columns",
    "payer",
    "payee",
    "sign",
    "checks",
    "rates",
    "identity",
    "undecided",
)
SECTION_KEYS = (
    "file",
    "input",
    "perspective",
    "defaults",
    "columns",
    "payer",
    "payee",
    "sign",
    "checks",
    "rates",
)
INPUT_KEYS = (
    "kind",
    "encoding",
    "delimiter",
    "quote",
    "header_row",
    "skip_footer",
    "names",
    "continue_text",
    "sheet",
    "final_newline",
    "compression",
    "decimal",
    "thousands",
    "currency_sign",
)
COLUMN_KEYS = (
    "from",
    "const",
    "concat",
    "coalesce",
    "separator",
    "regex",
    "map",
    "else",
    "format",
    "formats",
    "decimal",
    "thousands",
    "currency_sign",
)
SIDE_KEYS = ("account_id", "name", "iban", "country", "bic")
SIGN_RULES = ("signed", "flag_column", "debit_credit_columns", "signed_and_flag")
#: Columns that the loader fills itself.
OWN_COLUMNS = frozenset({"source_file", "source_row"})
_DIRECTIVES = re.compile(r"%(?:\.f|.)")
_KNOWN_DIRECTIVES = ("%d", "%m", "%Y", "%y", "%H", "%M", "%S", "%.f", "%b", "%B", "%p", "%I", "%z", "%%")


def read_mapping(path: Path) -> Mapping:
    """Reads one mapping file.

    Raises:
        DataError: D001, D014, D040 to D042, D044 to D047, naming file, line and column.
    """
    return _Reader(path).mapping(_loaded(path))


def read_encoding(path: Path) -> str:
    """Reads a mapping file for statements, of which only `input: {encoding: ...}` means anything.

    Raises:
        DataError: as `read_mapping`; D041 for everything else that a mapping of columns may say.
    """
    return _Reader(path).encoding_alone(_loaded(path))


def _loaded(path: Path) -> Node:
    with reading(path.name):
        data = path.read_bytes()
    try:
        return load(data)
    except StrictYamlError as error:
        place = f"{path.name}:{error.line}:{error.column}"
        raise data_error("D040", error.message, file=place) from None


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path

    # --- errors and plain values ------------------------------------------------------------------

    def error(self, code: str, message: str, node: Node, hint: str | None = None) -> DataError:
        return data_error(code, message, file=f"{self.path.name}:{node.line}:{node.column}", hint=hint)

    def wrong(self, message: str, node: Node, hint: str | None = None) -> NoReturn:
        raise self.error("D045", message, node, hint)

    def block(self, node: Node, what: str, keys: Sequence[str] | None = None) -> Block:
        if not isinstance(node, Block):
            self.wrong(f"'{what}' must hold keys and values", node)
        for key, _ in node.entries:
            if keys is not None and key.text not in keys:
                raise self.error(
                    "D041", f"unknown key '{key.text}' under '{what}'", key, suggest(key.text, keys)
                )
        return node

    def text(self, node: Node, what: str) -> str:
        if not isinstance(node, Scalar):
            self.wrong(f"'{what}' must be one text", node)
        return node.text

    def choice(self, node: Node, what: str, known: Sequence[str]) -> Any:
        value = self.text(node, what)
        if value not in known:
            self.wrong(f"'{value}' is not a value of '{what}'", node, suggest(value, known))
        return value

    def texts(self, node: Node, what: str) -> tuple[str, ...]:
        if not isinstance(node, Listing) or not node.items:
            self.wrong(f"'{what}' must be a list", node)
        return tuple(self.text(item, what) for item in node.items)

    # --- structure --------------------------------------------------------------------------------

    def mapping(self, root: Node) -> Mapping:
        top = self.block(root, "mapping file", TOP_KEYS)
        version = top.get("mapping")
        if version is None or self.text(version, "mapping") != "1":
            self.wrong("the file must begin with 'mapping: 1'", version or top)
        self.decided(top)
        name_node = top.get("name")
        name = self.text(name_node, "name") if name_node else self.path.stem
        home, own = self.identity(top.get("identity"))
        tables = top.get("tables")
        if tables is None:
            section = self.section("transactions", top)
            return Mapping(name, self.path, {"transactions": section}, single=True, home=home, own=own)
        inside = self.block(tables, "tables", TABLE_NAMES)
        for key, _ in top.entries:
            if key.text not in (
                "mapping",
                "name",
                "tables",
                "input",
                "defaults",
                "rates",
                "checks",
                "identity",
            ):
                raise self.error("D041", f"'{key.text}' belongs into a table when there are 'tables'", key)
        sections = {
            key.text: self.section(key.text, self.block(node, key.text, SECTION_KEYS), top)
            for key, node in inside.entries
        }
        if "transactions" not in sections:
            raise self.error("D044", "'tables' has no 'transactions'", tables)
        return Mapping(name, self.path, sections, single=False, home=home, own=own)

    def identity(self, node: Node | None) -> tuple[str | None, dict[str, tuple[str, ...]]]:
        """Gives the country of telephone numbers and the institution's own details."""
        if node is None:
            return None, {}
        block = self.block(node, "identity", ("home_country", "own"))
        home, own = block.get("home_country"), block.get("own")
        country = self.text(home, "home_country") if home is not None else None
        if home is not None and (country is None or not known_country(country)):
            self.wrong("'home_country' is an ISO code of two capital letters, such as CY", home)
        kinds = self.block(own, "own", ("phone", "email", "address")) if own is not None else None
        found = {key.text: self.texts(value, key.text) for key, value in kinds.entries} if kinds else {}
        return country, found

    def encoding_alone(self, root: Node) -> str:
        top = self.block(root, "mapping file", TOP_KEYS)
        version = top.get("mapping")
        if version is None or self.text(version, "mapping") != "1":
            self.wrong("the file must begin with 'mapping: 1'", version or top)
        inside = top.get("input")
        keys = [key for key, _ in top.entries if key.text not in ("mapping", "name", "input")]
        if inside is not None:
            keys += [
                key for key, _ in self.block(inside, "input", INPUT_KEYS).entries if key.text != "encoding"
            ]
        if keys:
            raise self.error(
                "D041", f"'{keys[0].text}' means nothing for statements and messages", keys[0],
                "they have columns of their own; only input: {encoding: ...} can be declared",
            )  # fmt: skip
        return self.input(inside).dialect.encoding if inside is not None else ""

    def decided(self, top: Block) -> None:
        """Refuses a draft in which a person has not yet settled what `inspect` left open."""
        node = top.get("undecided")
        if node is not None:
            points = ", ".join(self.texts(node, "undecided"))
            raise self.error(
                "D061",
                f"this draft still leaves open: {points}",
                node,
                "the comments beside them name the candidates; write the right one, then remove 'undecided'",
            )

    def section(self, table: str, node: Block, top: Block | None = None) -> Section:
        def part(key: str) -> Node | None:
            own = node.get(key)
            return own if own is not None or top is None else top.get(key)

        file_node = node.get("file")
        if top is not None and file_node is None:
            raise self.error("D044", f"'{table}' names no 'file'", node)
        source = self.input(part("input"))
        defaults, zone = self.defaults(part("defaults"), table)
        sign = self.sign(node.get("sign"))
        perspective = node.get("perspective")
        out = Section(
            table,
            self.text(file_node, "file") if file_node else None,
            source,
            self.choice(perspective, "perspective", ("leg", "transfer")) if perspective else "leg",
            self.columns(node.get("columns"), table),
            self.side(node.get("payer"), "payer"),
            self.side(node.get("payee"), "payee"),
            defaults,
            zone,
            sign["rule"],
            sign["negative"],
            sign["debit"],
            sign["credit"],
            self.reject_share(part("checks")),
            self.rates(part("rates")),
        )
        self.complete(out, node)
        return out

    def complete(self, section: Section, node: Block) -> None:
        """Checks that required columns have a source and that nothing has two."""
        given = set(section.columns) | set(section.defaults)
        needed = {f.name for f in TABLES[section.table] if f.required}
        if section.table != "transactions":
            if section.perspective == "transfer" or section.payer or section.payee:
                self.wrong("only transactions have payers and payees", node)
        elif section.perspective == "transfer":
            needed -= {"account_id", "direction"}
            clash = given & {
                "account_id",
                "direction",
                "batch_id",
                "cp_account_id",
                "cp_name",
                "cp_iban",
                "cp_country",
                "cp_bic",
            }
            if clash:
                self.wrong(f"'{min(clash)}' follows from payer and payee in the transfer perspective", node)
            if "account_id" not in section.payer or "account_id" not in section.payee:
                raise self.error(
                    "D044", "the transfer perspective needs payer.account_id and payee.account_id", node
                )
        elif section.payer or section.payee:
            self.wrong("payer and payee belong to 'perspective: transfer'", node)
        if section.sign == "debit_credit_columns":
            needed -= {"amount", "direction"}
            if section.debit is None or section.credit is None:
                raise self.error(
                    "D044", "the sign rule debit_credit_columns needs 'debit' and 'credit'", node
                )
        elif section.sign == "signed":
            needed -= {"direction"}
        for name in sorted(needed - given):
            raise self.error("D044", f"required column '{name}' of {section.table} is not mapped", node)

    # --- parts ------------------------------------------------------------------------------------

    def input(self, node: Node | None) -> InputSpec:
        if node is None:
            return InputSpec()
        block = self.block(node, "input", INPUT_KEYS)
        raw = {key.text: value for key, value in block.entries}
        kind = (
            self.choice(raw["kind"], "kind", ("csv", "tsv", "parquet", "ndjson", "xlsx"))
            if "kind" in raw
            else None
        )
        encoding = self.text(raw["encoding"], "encoding").lower() if "encoding" in raw else "utf-8"
        if not known_encoding(encoding):
            self.wrong(
                "this encoding is not known", raw["encoding"], "for example utf-8, utf-16, cp1253, iso-8859-7"
            )
        quote = self.text(raw["quote"], "quote") if "quote" in raw else '"'
        row = (
            self.count(raw["header_row"], "header_row", 1) if "header_row" in raw else int("names" not in raw)
        )
        footer = self.count(raw["skip_footer"], "skip_footer", 0) if "skip_footer" in raw else 0
        ending = (
            self.choice(raw["final_newline"], "final_newline", ("required", "optional"))
            if ("final_newline" in raw)
            else "required"
        )
        packed = (
            self.choice(raw["compression"], "compression", ("none", "gzip"))
            if "compression" in raw
            else "none"
        )
        dialect = Dialect(
            encoding,
            self.mark(raw.get("delimiter"), "delimiter") or ("\t" if kind == "tsv" else ","),
            None if quote == "none" else self.mark(raw.get("quote"), "quote") or '"',
            row,
            self.texts(raw["names"], "names") if "names" in raw else (),
            ending == "required",
            footer,
            numbered=True,
        )
        decimal, thousands = self.marks(raw, node)
        return InputSpec(
            kind,
            dialect,
            packed == "gzip",
            decimal or ".",
            thousands or "",
            self.currency_sign(raw) or "",
            self.text(raw["sheet"], "sheet") if "sheet" in raw else None,
            self.text(raw["continue_text"], "continue_text") if "continue_text" in raw else None,
        )

    def count(self, node: Node, what: str, least: int) -> int:
        value = self.text(node, what)
        if not re.fullmatch(r"[0-9]{1,4}", value) or int(value) < least:
            self.wrong(f"'{what}' is a number of lines from {least}", node)
        return int(value)

    def currency_sign(self, raw: dict[str, Node]) -> str | None:
        if "currency_sign" not in raw:
            return None
        value = self.text(raw["currency_sign"], "currency_sign").strip()
        if not value or len(value) > 5 or any(c.isdigit() or c in "+-.,'()" or c.isspace() for c in value):
            self.wrong(
                "'currency_sign' is what stands beside amounts, such as £ or EUR", raw["currency_sign"]
            )
        return value

    def mark(self, node: Node | None, what: str) -> str | None:
        if node is None:
            return None
        value = self.text(node, what)
        value = {"tab": "\t", "\\t": "\t"}.get(value, value)
        if len(value) != 1 or not value.isascii() or value in "\r\n":
            self.wrong(f"'{what}' is one character (or tab)", node)
        return value

    def marks(self, raw: dict[str, Node], node: Node) -> tuple[str | None, str | None]:
        decimal = self.choice(raw["decimal"], "decimal", (".", ",")) if "decimal" in raw else None
        thousands = None
        if "thousands" in raw:
            value = self.text(raw["thousands"], "thousands")
            thousands = {"space": " ", "none": ""}.get(value, value)
            if thousands not in ("", " ", ".", ",", "'"):
                self.wrong("'thousands' is one of . , ' space none", raw["thousands"])
        if thousands and thousands == (decimal or "."):
            self.wrong("decimal and thousands mark are the same", node)
        return decimal, thousands

    def defaults(self, node: Node | None, table: str) -> tuple[dict[str, str], str | None]:
        if node is None:
            return {}, None
        known = [f.name for f in TABLES[table]]
        everywhere = {f.name for fields in TABLES.values() for f in fields}
        out: dict[str, str] = {}
        zone = None
        for key, value in self.block(node, "defaults").entries:
            if key.text == "timezone":
                zone = self.text(value, "timezone")
                if not _known_zone(zone):
                    self.wrong("this time zone is not known", value, "for example Asia/Nicosia")
            elif key.text in known:
                out[key.text] = self.text(value, key.text)
            elif key.text not in everywhere:
                self.unknown_column(key, known)
        return out, zone

    def unknown_column(self, key: Scalar, known: Sequence[str]) -> NoReturn:
        self.allowed(key.text, key)
        raise self.error("D042", f"unknown column '{key.text}'", key, suggest(key.text, known))

    def allowed(self, name: str, node: Node) -> None:
        trait = forbidden_input(name)
        if trait is not None:
            raise self.error("D014", f"column '{name}' ({trait}) is not read", node, FORBIDDEN_REASON)

    def columns(self, node: Node | None, table: str) -> dict[str, ColumnSpec]:
        if node is None:
            return {}
        known = [f.name for f in TABLES[table] if f.name not in OWN_COLUMNS]
        out: dict[str, ColumnSpec] = {}
        for key, value in self.block(node, "columns").entries:
            if key.text not in known:
                self.unknown_column(key, known)
            out[key.text] = self.column(value, key.text)
        return out

    def side(self, node: Node | None, what: str) -> dict[str, ColumnSpec]:
        if node is None:
            return {}
        block = self.block(node, what, SIDE_KEYS)
        return {key.text: self.column(value, f"{what}.{key.text}") for key, value in block.entries}

    def column(self, node: Node, what: str) -> ColumnSpec:
        block = self.block(node, what, COLUMN_KEYS)
        raw = {key.text: value for key, value in block.entries}
        origins = [k for k in ("from", "const", "concat", "coalesce") if k in raw]
        if len(origins) != 1:
            self.wrong(f"'{what}' needs exactly one of from, const, concat, coalesce", node)
        how: Any = origins[0]
        source = (
            self.texts(raw[how], how)
            if how in ("concat", "coalesce")
            else (self.text(raw[how], how),)
            if how == "from"
            else ()
        )
        for name in source:
            self.allowed(name, raw[how])
        if "else" in raw and "map" not in raw:
            self.wrong("'else' belongs to a 'map'", raw["else"])
        decimal, thousands = self.marks(raw, node)
        return ColumnSpec(
            how,
            source,
            self.text(raw["const"], "const") if how == "const" else None,
            self.text(raw["separator"], "separator") if "separator" in raw else " ",
            self.regex(raw["regex"]) if "regex" in raw else None,
            self.values(raw["map"]) if "map" in raw else (),
            (self.nullable(raw["else"]),) if "else" in raw else None,
            self.formats(raw, node),
            decimal,
            thousands,
            node.line,
            self.currency_sign(raw),
        )

    def nullable(self, node: Node) -> str | None:
        return None if isinstance(node, Scalar) and node.is_null else self.text(node, "value")

    def values(self, node: Node) -> tuple[tuple[str, str | None], ...]:
        entries = self.block(node, "map").entries
        if not entries:
            self.wrong("'map' is empty", node)
        return tuple((key.text.strip(), self.nullable(value)) for key, value in entries)

    def regex(self, node: Node) -> str:
        pattern = self.text(node, "regex")
        try:
            pl.DataFrame({"t": [""]}).select(pl.col("t").str.extract(pattern, 1))
            groups = len(re.findall(r"(?<!\\)\((?!\?)", pattern))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            raise self.error("D047", "the regular expression is not understood", node) from None
        if groups != 1 or len(pattern) > 500:
            raise self.error(
                "D047", "a regular expression has exactly one group and at most 500 characters", node
            )
        return pattern

    def formats(self, raw: dict[str, Node], node: Node) -> tuple[Format, ...]:
        if "format" in raw and "formats" in raw:
            self.wrong("'format' or 'formats', not both", node)
        nodes: Sequence[Node] = ()
        if "format" in raw:
            nodes = (raw["format"],)
        elif "formats" in raw:
            self.texts(raw["formats"], "formats")
            listing = raw["formats"]
            nodes = listing.items if isinstance(listing, Listing) else ()
        return tuple(self.format(item) for item in nodes)

    def format(self, node: Node) -> Format:
        text = self.text(node, "format")
        used = _DIRECTIVES.findall(text)
        for directive in used:
            if directive not in _KNOWN_DIRECTIVES:
                raise self.error(
                    "D046",
                    f"'{directive}' is not a date directive",
                    node,
                    "known: " + " ".join(_KNOWN_DIRECTIVES),
                )
        if not {"%d"} <= set(used) or not set(used) & {"%m", "%b", "%B"} or not set(used) & {"%Y", "%y"}:
            raise self.error("D046", "a date format needs day, month and year", node)
        timed = bool(set(used) & {"%H", "%I"})
        if timed and "%M" not in used:
            raise self.error("D046", "a time of day needs minutes (%M)", node)
        return Format(text, timed, "%z" in used)

    def sign(self, node: Node | None) -> dict[str, Any]:
        out: dict[str, Any] = {"rule": "flag_column", "negative": "debit", "debit": None, "credit": None}
        if node is None:
            return out
        block = self.block(node, "sign", ("rule", "negative", "debit", "credit"))
        for key, value in block.entries:
            if key.text == "rule":
                out["rule"] = self.choice(value, "rule", SIGN_RULES)
            elif key.text == "negative":
                out["negative"] = self.choice(value, "negative", ("debit", "credit"))
            else:
                out[key.text] = self.column(value, f"sign.{key.text}")
        if out["rule"] == "debit_credit_columns" and "negative" not in {key.text for key, _ in block.entries}:
            out["negative"] = ""
        return out

    def reject_share(self, node: Node | None) -> float | None:
        if node is None:
            return None
        value = self.block(node, "checks", ("max_reject_share",)).get("max_reject_share")
        if value is None:
            return None
        if not re.fullmatch(r"0(\.[0-9]{1,6})?|1(\.0+)?", self.text(value, "max_reject_share")):
            self.wrong("'max_reject_share' is a number from 0 to 1", value)
        return float(self.text(value, "max_reject_share"))

    def rates(self, node: Node | None) -> dict[str, Rate]:
        if node is None:
            return {}
        out = {}
        for key, value in self.block(node, "rates").entries:
            if not re.fullmatch(r"[A-Z]{3}", key.text) or key.text == "EUR":
                self.wrong("a rate belongs to a currency code of three capital letters other than EUR", key)
            raw = {k.text: v for k, v in self.block(value, key.text, ("rate", "on", "source")).entries}
            if set(raw) != {"rate", "on", "source"}:
                self.wrong("a rate states 'rate', 'on' and 'source'", value)
            text = self.text(raw["rate"], "rate")
            if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,10})?", text) or Fraction(text) == 0:
                self.wrong("'rate' is a decimal number above zero: euros per unit", raw["rate"])
            on = self.text(raw["on"], "on")
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", on):
                self.wrong("'on' is a date such as 2026-01-31", raw["on"])
            out[key.text] = Rate(key.text, Fraction(text), text, on, self.text(raw["source"], "source"))
        return out


def _known_zone(name: str) -> bool:
    """Says whether a time zone is known; usual names are looked up alone, as listing all of them is slow."""
    if re.fullmatch("[A-Z][a-z]+/[A-Z][A-Za-z_]+", name):
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
            return False
        return True
    return name in zoneinfo.available_timezones()

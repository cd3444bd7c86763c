"""The draft of a mapping: what is sure stands as YAML, what is not as a comment with its candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from thbscreen.io.delimited import numbered_names
from thbscreen.io.inspect.facts import Part, Roles, quoted
from thbscreen.io.inspect.words import folded

if TYPE_CHECKING:
    from thbscreen.io.inspect.encoding import Encoding
    from thbscreen.io.inspect.side import Side
    from thbscreen.io.inspect.table import Table

_WIDTH = 110


def input_parts(encoding: Encoding | None, table: Table, *, final_newline: bool, kind: str) -> list[Part]:
    """Gives the lines of `input` that say how the file is written."""
    out = [Part("kind", kind, sure=True)]
    if encoding is not None:
        out.append(Part("encoding", encoding.name, encoding.sure, encoding.why, list(encoding.candidates)))
    if kind != "xlsx":
        delimiter = {"\t": "tab"}.get(table.delimiter, quoted(table.delimiter))
        choices = [{"\t": "tab"}.get(d, quoted(d)) for d in table.candidates]
        why = "more than one delimiter gives columns" if choices else ""
        out.append(Part("delimiter", delimiter, not choices, why, choices))
        if table.quote is None:
            out.append(Part("quote", "none", sure=True))
        if not final_newline:
            out.append(
                Part("final_newline", "optional", False,
                     "the last line has no end: either the source never writes one, or the file was cut",
                     ["optional"])
            )  # fmt: skip
    unnamed = bool(table.header_row and "" in table.names)
    if table.header_row > 1 or unnamed:
        out.append(Part("header_row", str(table.header_row), sure=True))
    if unnamed:
        table.names = [n or f"c{i}" for i, n in enumerate(table.names, 1)]
        named = ", ".join(map(quoted, numbered_names(table.names)))
        out.append(Part("names", f"[{named}]", True, "a column with values has no name"))
    if not table.header_row:
        if table.above:
            out.append(Part("header_row", str(table.above), sure=True))
        names = ", ".join(map(quoted, table.names))
        out.append(
            Part(
                "names",
                f"[{names}]",
                False,
                "the file has no line of names; name its columns",
                [f"[{names}]"],
            )
        )
    if table.footer:
        why = "" if table.footer_sure else "the last lines have no date: totals, or movements of another kind"
        choices = [] if table.footer_sure else [str(table.footer), "0"]
        out.append(Part("skip_footer", str(table.footer), table.footer_sure, why, choices))
    return out


def undecided(parts: Sequence[Part]) -> list[str]:
    """Gives the keys that a person must settle."""
    return list(dict.fromkeys(part.key for part in parts if not part.sure))


@dataclass(frozen=True, slots=True)
class Section:
    """What a draft says about one table.

    Attributes:
        table: canonical table.
        file: name of the file that holds it.
        lines: what stands in its section.
        undecided: keys that a person must settle.
    """

    table: str
    file: str
    lines: tuple[str, ...]
    undecided: tuple[str, ...]


def movements_section(file: str, inputs: Sequence[Part], roles: Roles) -> Section:
    """Gives what a draft says about a table of movements."""
    out = _block("input", [*inputs, *roles.input])
    if roles.perspective.value != "leg" or not roles.perspective.sure:
        out += _line(roles.perspective, "")
    for side, value in roles.sides.items():
        out.append(f"{side}:\n  account_id: {value}")
    out += _line(roles.sign, "") if roles.sign.value or not roles.sign.sure else []
    out += _block("defaults", roles.defaults)
    out += _block("columns", roles.columns)
    return Section("transactions", file, tuple(out), tuple(undecided([*inputs, *roles.parts()])))


def side_section(file: str, inputs: Sequence[Part], side: Side) -> Section:
    """Gives what a draft says about a table of customers, accounts or holders."""
    out = [*_block("input", inputs), *_block("columns", side.columns)]
    return Section(side.table, file, tuple(out), tuple(undecided([*inputs, *side.columns])))


def write_draft(name: str, inputs: Sequence[Part], roles: Roles) -> str:
    """Gives the draft for one table of movements; with open points no loader takes it."""
    section = movements_section("", inputs, roles)
    return _whole(name, list(section.lines), section.undecided)


def write_tables(name: str, sections: Sequence[Section]) -> str:
    """Gives one draft for several tables; without movements it is left open, and no loader takes it."""
    lines = ["tables:"]
    open_points = [] if any(s.table == "transactions" for s in sections) else ["transactions"]
    if open_points:
        lines.append("  # the table of movements belongs here: transactions: {file: ..., columns: ...}")
    for section in sections:
        lines += [f"  {section.table}:", f"    file: {quoted(section.file)}"]
        lines += ["    " + line for text in section.lines for line in text.split("\n")]
        open_points += [f"{section.table}.{key}" for key in section.undecided]
    return _whole(name, lines, open_points)


def _whole(name: str, lines: Sequence[str], open_points: Sequence[str]) -> str:
    out = ["# Draft made by `thbscreen inspect`: read every line before you trust it.", "mapping: 1"]
    out.append(f"name: {quoted(folded(name).replace(' ', '-') or 'draft')}")
    out += lines
    if open_points:
        out.append("# Write each of these where its comment stands, then remove this line:")
        out.append(f"undecided: [{', '.join(map(quoted, open_points))}]")
    return "\n".join(out) + "\n"


def _block(key: str, parts: Sequence[Part]) -> list[str]:
    if not parts:
        return []
    lines = [line for part in parts for line in _line(part, "  ")]
    empty = all(line.lstrip().startswith("#") for line in lines)
    return [f"# {key}:" if empty else f"{key}:", *lines]


def _line(part: Part, indent: str) -> list[str]:
    told = f"  # {part.why}" if part.why else ""
    if part.sure and part.value:
        line = f"{indent}{part.key}: {part.value}"
        return [line + told] if len(line + told) <= _WIDTH else [f"{indent}#{told.lstrip(' #')}", line]
    if part.sure:  # nothing that must be settled: a suggestion
        return [f"{indent}# {part.key}: {value}" for value in part.candidates]
    out = [f"{indent}# UNSURE {part.key}: {part.why or 'choose one'}"]
    return out + [f"{indent}#   {part.key}: {value}" for value in part.candidates]

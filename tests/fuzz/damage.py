"""Damages of bytes, and the search for the smallest change that still shows a fault."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

#: Pieces that mean something in one of the formats.
TOKENS = [
    b"0",
    b"9",
    b"-",
    b",",
    b".",
    b";",
    b"\t",
    b'"',
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"<",
    b">",
    b"&",
    b"&#0;",
    b"&amp;",
    b"</",
    b"/>",
    b"<!DOCTYPE a>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<?",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"true",
    b"1e9",
    b"NaN",
    b"-1",
    b"9223372036854775808",
    b"99999999999999999999",
    b"0.001",
    b"credit",
    b"debit",
    b"EUR",
    b"JPY",
    b"KWD",
    b"CRDT",
    b"DBIT",
    b"BOOK",
    b"PDNG",
    b":61:",
    b":62F:",
    b":86:",
    b":20:",
    b"-}",
    b"<STMTTRN>",
    b"</STMTTRN>",
    b"<TRNAMT>",
    b"PAR1",
    b"PK\x03\x04",
    "\u2212".encode(),
    "\u0660".encode(),
    b"\xa0",
    b"1900",
    b"2100",
    b"0000",
    b"\x1b[2J",
]


_WORDS = (
    b"0",
    b"-5.00",
    b"1.005",
    b"00012.30",
    b"1,5",
    b"1e2",
    b" 7 ",
    b"99999999999999",
    b"CRDT",
    b"DBIT",
    b"credit",
    b"debit",
    b"BOOK",
    b"PDNG",
    b"EUR",
    b"USD",
    b"JPY",
    b"2026-02-30",
    b"1900-01-01",
    b"x" * 300,
    b"&#48;",
    b"&lt;",
)


@dataclass(frozen=True)
class Edit:
    """Takes `cut` bytes at a place away and puts others there."""

    at: int
    cut: int
    put: bytes

    def on(self, data: bytes) -> bytes:
        """Gives the data with the edit."""
        at = min(self.at, len(data))
        return data[:at] + self.put + data[at + self.cut :]


#: Smallest parts that mean something: an element with its text, or a line.
_PARTS = re.compile(rb"<([A-Za-z][\w:.]*)[^<>]*>[^<>]*</\1>|[^\n<>]*\n")


def edits(data: bytes, chance: random.Random) -> list[Edit]:
    """Draws one to six edits; half of the time of whole parts and texts, so that the form stays sound."""
    draw = _edit if chance.random() < 0.5 else _formed
    return [draw(data, chance) for _ in range(chance.choice((1, 1, 1, 2, 3, 6)))]


def _formed(data: bytes, chance: random.Random) -> Edit:
    """Draws an edit of a whole part: away, twice, another one's place, or other digits in its text."""
    parts = list(_PARTS.finditer(data))
    if not parts:
        return _edit(data, chance)
    one, other = chance.choice(parts), chance.choice(parts)
    size = one.end() - one.start()
    match chance.randrange(5):
        case 0:
            return Edit(one.start(), size, b"")
        case 1:
            return Edit(one.end(), 0, one.group())
        case 2:
            return Edit(one.start(), size, other.group())
        case 3:
            words = [m for m in re.finditer(rb"[^<>,\"\n]+", one.group()) if m.start()]
            word = chance.choice(words) if words else None
            if word is None:
                return _edit(data, chance)
            put = chance.choice([*_WORDS, bytes(reversed(word.group()))])
            return Edit(one.start() + word.start(), len(word.group()), put)
        case _:
            digits = [i for i in range(one.start(), one.end()) if 48 <= data[i] <= 57]
            if not digits:
                return _edit(data, chance)
            return Edit(chance.choice(digits), 1, chance.choice(b"0123456789.-").to_bytes(1, "big"))


def _edit(data: bytes, chance: random.Random) -> Edit:
    at = chance.randrange(len(data))
    size = chance.choice((1, 1, 2, 5, 20, 200))
    match chance.randrange(8):
        case 0:
            return Edit(at, 1, bytes([data[at] ^ 1 << chance.randrange(8)]))
        case 1:
            return Edit(at, 1, bytes([chance.randrange(256)]))
        case 2:
            return Edit(at, size, b"")
        case 3:
            return Edit(at, 0, data[at : at + size])
        case 4:
            return Edit(at, chance.choice((0, 1, size)), chance.choice(TOKENS))
        case 5:
            return Edit(at, len(data), b"")
        case 6:
            other = chance.randrange(len(data))
            return Edit(at, size, data[other : other + size])
        case _:
            digits = [i for i in range(at, min(at + 400, len(data))) if 48 <= data[i] <= 57]
            return Edit(digits[0] if digits else at, 1, chance.choice(b"0123456789").to_bytes(1, "big"))


def applied(data: bytes, changes: list[Edit]) -> bytes:
    """Gives the data with edits, one after the other."""
    for change in changes:
        data = change.on(data)
    return data


def inside_sheet(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Changes the sheet inside a workbook, and packs it as if it were sound."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, change(content) if part.filename.endswith("sheet1.xml") else content)
    return out.getvalue()


def smallest(changes: list[Edit], fails: Callable[[list[Edit]], bool], most: int = 200) -> list[Edit]:
    """Leaves edits out, and shortens them, as long as the fault stays."""
    tried = 0
    going = True
    while going and tried < most:
        going = False
        for i, change in enumerate(changes):
            less = [changes[:i] + changes[i + 1 :]] if len(changes) > 1 else []
            if change.cut > 1:
                less.append([*changes[:i], Edit(change.at, change.cut // 2, change.put), *changes[i + 1 :]])
            if len(change.put) > 1:
                half = change.put[: len(change.put) // 2]
                less.append([*changes[:i], Edit(change.at, change.cut, half), *changes[i + 1 :]])
            for smaller in less:
                tried += 1
                if fails(smaller):
                    changes, going = smaller, True
                    break
            if going:
                break
    return changes

"""Fields of SWIFT messages: in blocks {1:}{2:}{3:}{4:} or bare, several messages in a file, in file order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.statements.octets import NOT_UTF8, byte_lines, decoded
from thbscreen.io.statements.records import Note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

UNENDED = "message whose end mark -} is missing; the file may be cut"
OUTSIDE = "line outside of any message; left out"
#: Lines of one field; more are no field.
MAX_LINES = 4000
_BLOCK = re.compile(r"\{([125]):([^{}]*)\}")
#: Lines around messages that say nothing more: a bank's address, a type, the rest of a block.
_COVER = re.compile(r"^(?:[A-Z]{6}[A-Z0-9]{2,6}|[0-9]{3}|\{.*|\}.*)$")
#: Fields that begin no message: a hyphen before them is the end of a text that was cut, not of the message.
_GOES_ON = re.compile(r"^:(?:61|86|62[FM]|NS):")
_BLOCK_3 = re.compile(r"\{3:((?:\{[^{}]*\}|[^{}])*)\}")
_IN_BLOCK = re.compile(r"\{([A-Za-z0-9]{3}):([^{}]*)\}")
_OUTPUT = re.compile(r"^O[0-9]{3}([0-9]{4})([0-9]{6})([A-Z0-9]{12})[0-9]{10}([0-9]{6})([0-9]{4})")
_INPUT = re.compile(r"^I[0-9]{3}([A-Za-z0-9]{12})")


@dataclass(slots=True)
class Header:
    """What the blocks around a message say.

    Attributes:
        kind: three digits, such as 103; empty for a bare message.
        sender: bank that sent it.
        receiver: bank that got it.
        day: input date as YYMMDD, where the message has one.
        time: input time as HHMM.
        user: fields of block 3, such as 121 for the UETR.
    """

    kind: str = ""
    sender: str = ""
    receiver: str = ""
    day: str = ""
    time: str = ""
    user: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Tag:
    """One field: its tag without colons, its lines as written, the line of the file where it begins."""

    name: str
    lines: list[str]
    line: int


@dataclass(slots=True)
class End:
    """The end of a message.

    Attributes:
        cut: the file ends here without the mark of an end that its messages may have.
    """

    cut: bool = False


@dataclass(slots=True)
class Outside:
    """A tagged line before the blocks of a message, as some national dialects have them."""

    name: str
    text: str


Event = Header | Tag | End | Outside | Note


def events(stream: IO[bytes], name: str, tags: frozenset[str], first: frozenset[str]) -> Iterator[Event]:
    """Reads headers, fields and ends of messages.

    Args:
        stream: bytes of the file.
        name: of the file, for messages.
        tags: tags that begin a field; anything else belongs to the text above it.
        first: tags that begin a new message where there are no blocks.

    Raises:
        DataError: for bytes that are no text.
    """
    state = _State(name, tags, first)
    for number, octets in enumerate(byte_lines(stream, name), 1):
        text, other = decoded(octets)
        if other:
            yield Note(NOT_UTF8)
        yield from state.line(text, number)
    yield from state.end()


class _State:
    def __init__(self, file: str, tags: frozenset[str], first: frozenset[str]) -> None:
        self._file = file
        names = "|".join(sorted(tags, key=len, reverse=True))
        self._tag = re.compile(rf"^:({names}):(.*)$")
        self._outside = re.compile(r"^:([0-9]{2}):(.*)$")
        self._first = first
        self._open: Tag | None = None
        self._inside = False
        self._blocks = False
        self._begun = False
        self._head = ""
        self._national = False
        self._dash = False  # whether the line before was a hyphen alone; what follows tells what it is

    def line(self, text: str, number: int) -> Iterator[Event]:
        if self._dash:
            self._dash = False
            if self._open is not None and _GOES_ON.match(text):
                self._open.lines.append("-")
            else:
                yield from self._close(ended=True)
        if "{1:" in text or "{4:" in text or text.startswith("-}"):
            yield from self._marks(text, number)
            return
        if self._head and text.startswith("{"):
            self._head += text
            return
        if text.rstrip() == "-":
            self._dash = True
            return
        found = self._tag.match(text.rstrip() if text.startswith(":") else text)
        if found is not None:
            if found[1] in self._first and self._inside and self._begun and not self._blocks:
                yield from self._close()
            if not self._inside:
                self._inside = True
                yield Header()
            yield from self._flush()
            self._begun = True
            self._open = Tag(found[1], [self._tag.sub(r"\2", text, count=1)], number)
        elif self._open is not None:
            self._open.lines.append(text)
            if len(self._open.lines) > MAX_LINES:
                raise data_error("D021", "a field is too long for a message", file=f"{self._file}:{number}")
        elif (outside := self._outside.match(text)) is not None and not self._inside:
            self._national = True
            yield Outside(outside[1], outside[2])
        elif text.strip() and not self._inside and not self._national and not _COVER.match(text.strip()):
            yield Note(OUTSIDE)

    def _marks(self, text: str, number: int) -> Iterator[Event]:
        """Reads a line with block marks; a message may end and the next begin in one line."""
        _, end, after = text.partition("-}") if text.startswith("-}") else ("", "", text)
        if end:
            yield from self._close(ended=True)
        at = after.find("{1:")
        at = after.find("{4:") if at < 0 else at
        if at < 0:
            return
        if self._inside:
            yield from self._close()
        head, body, rest = after[at:].partition("{4:")
        self._head += head
        if body:
            yield _header(self._head)
            self._head = ""
            self._inside, self._blocks, self._begun = True, True, False
        if rest.strip():
            yield from self.line(rest, number)

    def _flush(self) -> Iterator[Event]:
        if self._open is not None:
            yield self._open
            self._open = None

    def _close(self, *, ended: bool = False, last: bool = False) -> Iterator[Event]:
        yield from self._flush()
        if self._inside:
            if self._blocks and not ended:
                yield Note(UNENDED)
            yield End(cut=last and not ended)
        self._inside = self._begun = self._blocks = False

    def end(self) -> Iterator[Event]:
        yield from self._close(ended=self._dash, last=True)


def _header(text: str) -> Header:
    out = Header()
    for number, value in _BLOCK.findall(text):
        if number == "1" and re.match(r"^[FAL][0-9]{2}[A-Za-z0-9]{8}", value):
            out.sender = _bank(value[3:15])
        elif number == "2":
            out.kind = value[1:4] if re.match(r"^[IO][0-9]{3}", value) else ""
            if (found := _OUTPUT.match(value)) is not None:
                out.time, out.day = found[1], found[2]
                out.receiver, out.sender = out.sender, _bank(found[3])
            elif (found := _INPUT.match(value)) is not None:
                out.receiver = _bank(found[1])
    if (block := _BLOCK_3.search(text)) is not None:
        out.user = dict(_IN_BLOCK.findall(block[1]))
    return out


def _bank(terminal: str) -> str:
    """Gives the BIC in a terminal address, whose ninth character is the terminal's; empty when it is none."""
    code, branch = terminal[:8].upper(), terminal[9:12].upper()
    bic = code if branch in ("", "XXX") else code + branch
    return bic if re.match(r"^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$", bic) else ""

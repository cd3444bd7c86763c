"""Text files as blocks of whole records in UTF-8, whatever their size, encoding or packing."""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from thbscreen.io.codes import data_error
from thbscreen.io.files import open_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from numpy.typing import NDArray

    from thbscreen.io.files import InputFile
    from thbscreen.io.limits import Limits

_ENCODINGS = re.compile(
    r"utf-8|utf-16(-le|-be)?|ascii|cp(125[0-8]|437|720|737|775|85[0258]|86[0-9]|874)|iso-8859-([1-9]|1[0-6])"
    r"|mac-(roman|greek|cyrillic|turkish)|koi8-[ru]"
)
#: Bytes of the first piece, which holds the header; bytes before the end of a piece that are looked at.
_FIRST, _LOOK = 1 << 20, 1 << 16
#: Bytes that are looked at at once; bytes below the space; with what blanks beyond ASCII begin in UTF-8.
_REACH, _SPACE = 1 << 17, 0x20
_LEAD = (b"\xc2", b"\xe1", b"\xe2", b"\xe3")
_DECLARE = "declare it in a mapping: input: {encoding: ...}, for example cp1253, iso-8859-7 or utf-16"


def known_encoding(name: str) -> bool:
    """True for encodings that a mapping may declare."""
    return _ENCODINGS.fullmatch(name) is not None


def text_blocks(file: InputFile, encoding: str, quote: bytes | None, limits: Limits) -> Iterator[bytes]:
    """Gives the file as UTF-8 blocks that end behind a whole record.

    The last block may lack its final line end; the caller decides what that means.

    Args:
        file: the file.
        encoding: declared encoding.
        quote: quote mark inside which line ends do not count, or None.
        limits: block and record sizes.

    Raises:
        DataError: D006, D010, D015, D016, D018, D020 or D007.
    """
    buffer = b""
    given = 0
    first = True

    def before() -> int:
        """Counts the line ends of all blocks that were given; asked for only where something is wrong."""
        again = text_blocks(file, encoding, quote, limits)
        return sum(count(block, 10) for block in islice(again, given))

    with open_bytes(file, limits) as stream:
        lines = encoding == "utf-8" and not file.packed
        pieces = (_line_pieces if lines else _pieces)(stream, limits.block_bytes)
        for piece in _whole_line_ends(_utf8(pieces, encoding, file.name)):
            buffer += _checked(piece, file.name, first=first)
            first = False
            end = _record_end(buffer, quote)
            if end:
                block = buffer[:end]  # no copy where the piece ends behind a record
                yield _valid(block, file.name, encoding, before)
                given += 1
                buffer = buffer[end:]
            elif len(buffer) > limits.record_bytes + limits.block_bytes:
                raise _unclosed(file.name, buffer, quote, before())
    if first:
        raise data_error("D010", "the file is empty", file=file.name)
    if buffer:
        if quote is not None and buffer.count(quote) % 2:
            raise _unclosed(file.name, buffer, quote, before())
        yield _valid(buffer, file.name, encoding, before)


def _pieces(stream: object, size: int) -> Iterator[bytes]:
    while piece := stream.read(size):  # type: ignore[attr-defined]  # any binary stream
        yield piece


def count(data: bytes, octet: int) -> int:
    """Counts how often a byte occurs."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == octet))


class Survey(NamedTuple):
    """What a block of rows holds.

    Attributes:
        lines: line ends.
        separators: separators of cells.
        steering: characters below the space.
        ascii: whether all characters are ASCII.
        edges: whether a space stands at an edge: beside a separator or a line end, or first.
    """

    lines: int
    separators: int
    steering: int
    ascii: bool
    edges: bool


def survey(block: bytes, separator: int) -> Survey:
    """Looks in one go over the block, by pieces that stay in the processor's reach."""
    octets = np.frombuffer(block, np.uint8)
    room, other, third = (np.empty(_REACH + 1, bool) for _ in range(3))
    lines = separators = steering = most = 0
    edges = block.startswith(b" ")
    for start in range(0, len(octets), _REACH):
        part = octets[start : start + _REACH]
        size = len(part)
        most = max(most, int(part.max()))
        steering += int(np.count_nonzero(np.less(part, _SPACE, out=room[:size])))
        seen = octets[start : start + _REACH + 1]  # one more, for what stands beside the last one
        ends = np.equal(seen, 10, out=room[: len(seen)])
        lines += int(np.count_nonzero(ends[:size]))
        between = np.equal(seen, separator, out=other[: len(seen)])
        separators += int(np.count_nonzero(between[:size]))
        if not edges:
            bounds = np.logical_or(ends, between, out=ends)
            spaces = np.equal(seen, _SPACE, out=between)
            edges = _meet(bounds, spaces, third) or _meet(spaces, bounds, third)
    return Survey(lines, separators, steering, most < 128, edges)


def _meet(first: NDArray[np.bool_], then: NDArray[np.bool_], room: NDArray[np.bool_]) -> bool:
    """Says whether one of the first stands right before one of the others."""
    return bool(np.logical_and(first[:-1], then[1:], out=room[: len(first) - 1]).any())


def bare(seen: Survey, separator: int) -> bool:
    """Says that no cell of a block without quotes begins or ends with a blank."""
    known = seen.lines + (seen.separators if separator < _SPACE else 0)
    return seen.ascii and not seen.edges and seen.steering == known


def only_spaces(block: bytes, seen: Survey, separator: int) -> bool:
    """Says that no cell can begin or end with a blank other than the space.

    Args:
        block: rows in UTF-8.
        seen: its survey.
        separator: what stands between cells.
    """
    known = seen.lines + (seen.separators if separator < _SPACE else 0)
    if seen.steering != known and b"\r" in block:
        returns = count(block, 13)
        if block.count(b"\r\n") != returns:
            return False
        known += returns
    if seen.steering != known:
        return False
    return seen.ascii or not any(octet in block for octet in _LEAD)


def _line_pieces(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Gives pieces that end behind a line end where there is one, so none is copied; the first is small."""
    begin, want = 0, min(size, _FIRST)
    while True:
        look = min(want, _LOOK)
        stream.seek(begin + want - look)
        end = stream.read(look).rfind(b"\n")
        stream.seek(begin)
        piece = stream.read(want - look + end + 1 if end >= 0 else want)
        if not piece:
            return
        yield piece
        begin, want = begin + len(piece), size


def _whole_line_ends(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Keeps CR at the end of a piece for the next one, so that no line end is torn apart."""
    held = b""
    for piece in pieces:
        data = held + piece if held else piece
        held = data[len(data.rstrip(b"\r")) :] if data.endswith(b"\r") else b""
        out = data[: len(data) - len(held)] if held else data
        if out:
            yield out
    if held:
        yield held


def _utf8(pieces: Iterator[bytes], encoding: str, name: str) -> Iterator[bytes]:
    first = True
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("strict")
    for piece in pieces:
        data = piece
        if first and decoder is None and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise data_error("D016", "the file looks like UTF-16", file=name, hint=_DECLARE)
        if decoder is not None:
            try:
                data = decoder.decode(data).encode("utf-8")
            except UnicodeDecodeError:
                raise data_error("D016", f"the bytes are not {encoding}", file=name, hint=_DECLARE) from None
        yield data.removeprefix(codecs.BOM_UTF8) if first else data
        first = False
    if decoder is not None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise data_error("D019", "the file ends inside a character", file=name) from None


def _checked(piece: bytes, name: str, *, first: bool) -> bytes:
    if first and piece.startswith(b"\x1f\x8b"):
        raise data_error(
            "D006",
            "the file is compressed",
            file=name,
            hint="unpack it, or declare input: {compression: gzip} in a mapping",
        )
    if b"\0" in piece:
        raise data_error(
            "D015",
            "the file holds NUL characters",
            file=name,
            hint="it may be UTF-16 (" + _DECLARE + ") or damaged",
        )
    if first and b"\n" not in piece and b"\r" in piece:
        raise data_error(
            "D020", "lines end in CR alone", file=name, hint="save the file with LF or CR LF line ends"
        )
    doubled = b"\r" in piece and b"\r\r\n" in piece
    return piece.replace(b"\r\r\n", b"\n") if doubled else piece


def _record_end(buffer: bytes, quote: bytes | None) -> int:
    """Gives the position behind the last line end outside quotes, 0 if there is none."""
    cut = buffer.rfind(b"\n")
    if quote is None or cut < 0 or quote not in buffer:  # looking is much cheaper than counting
        return cut + 1
    quotes = buffer.count(quote, 0, cut)
    while cut >= 0 and quotes % 2:
        earlier = buffer.rfind(b"\n", 0, cut)
        quotes -= buffer.count(quote, max(earlier, 0), cut)
        cut = earlier
    return cut + 1


def _valid(block: bytes, name: str, encoding: str, before: Callable[[], int]) -> bytes:
    if encoding == "utf-8" and not block.isascii():
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as error:
            row = before() + block.count(b"\n", 0, error.start)
            raise data_error(
                "D016", "the text is not UTF-8", file=name, row=row or None, hint=_DECLARE
            ) from None
    return block


def _unclosed(name: str, buffer: bytes, quote: bytes | None, rows_done: int) -> Exception:
    """Builds the error for a quote that never ends; the row is the first one that cannot be closed."""
    row = rows_done
    if quote is not None:
        depth = 0
        for line in buffer.split(b"\n"):
            depth += line.count(quote)
            if depth % 2:
                break
            row += 1
    return data_error(
        "D018",
        "a quote mark is opened and never closed",
        file=name,
        row=row or None,
        hint="repair the row, or declare input: {quote: none} if quote marks are plain text",
    )

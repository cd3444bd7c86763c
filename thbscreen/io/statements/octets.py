"""Bytes of statements become text: byte order marks, code pages line by line, control characters."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from thbscreen.io.codes import data_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

PIECE = 1 << 18
#: A line or a value longer than this is none of a statement.
MAX_LINE = 1 << 20
FALLBACK = "cp1252"
NOT_UTF8 = f"line or value that is not UTF-8; read as {FALLBACK}"
_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def utf8_pieces(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """Gives the bytes of a stream without byte order mark; UTF-16 with such a mark becomes UTF-8.

    Raises:
        DataError: D015 for NUL characters, D016 for broken UTF-16.
    """
    piece = stream.read(PIECE)
    decoder: codecs.IncrementalDecoder | None = None
    for mark, encoding in _UTF16:
        if piece.startswith(mark):
            piece, decoder = piece[len(mark) :], codecs.getincrementaldecoder(encoding)()
    piece = piece.removeprefix(codecs.BOM_UTF8)
    while True:
        last = not piece
        if decoder is not None:
            try:
                piece = decoder.decode(piece, last).encode("utf-8")
            except UnicodeError:
                raise data_error(
                    "D016", "the file is not the UTF-16 that its first bytes tell", file=name
                ) from None
        if b"\0" in piece:
            raise data_error(
                "D015", "the file holds NUL characters", file=name,
                hint="it is damaged, or UTF-16 without a byte order mark; save it as UTF-8",
            )  # fmt: skip
        if piece:
            yield piece
        if last:
            return
        piece = stream.read(PIECE)


def decoded(octets: bytes, declared: str = "") -> tuple[str, bool]:
    """Decodes a line or a value: UTF-8 if it is, else as declared; control characters go, tabs are blanks.

    Args:
        octets: the bytes.
        declared: code page that the file names, if it does.

    Returns:
        The text, and whether the code page was taken without being declared.
    """
    try:
        text, other = octets.decode("utf-8"), False
    except UnicodeDecodeError:
        other = not declared
        try:
            text = octets.decode(declared or FALLBACK)
        except UnicodeDecodeError:
            text, other = octets.decode("latin-1"), True
    return _CONTROL.sub("", text).replace("\t", " "), other


class Declared:
    """A stream whose lines are UTF-8 or in a declared code page, given as UTF-8."""

    def __init__(self, stream: IO[bytes], name: str, encoding: str) -> None:
        """Keeps the stream; nothing is read before it is asked for."""
        self._stream, self._name, self._encoding = stream, name, encoding
        self._rest, self._ended = b"", False

    def read(self, size: int = -1) -> bytes:
        """Gives whole lines of about `size` bytes; nothing at the end.

        Raises:
            DataError: D016 for bytes that the code page does not have.
        """
        while not self._ended:
            piece = self._stream.read(size)
            self._ended = not piece
            whole = self._rest + piece
            cut = len(whole) if self._ended else whole.rfind(b"\n") + 1
            lines, self._rest = whole[:cut], whole[cut:]
            if lines:
                return (
                    lines if lines.isascii() else b"".join(map(self._line, lines.splitlines(keepends=True)))
                )
            if len(self._rest) > MAX_LINE:
                raise data_error("D021", "a line is too long for a statement", file=self._name)
        return b""

    def _line(self, line: bytes) -> bytes:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            try:
                return line.decode(self._encoding).encode("utf-8")
            except UnicodeDecodeError:
                raise data_error(
                    "D016", f"the bytes are not {self._encoding}", file=self._name,
                    hint="declare the code page that the file was written in: input: {encoding: ...}",
                ) from None  # fmt: skip
        return line


def byte_lines(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """Gives lines without their ends, which are LF, CR LF, CR CR LF or CR.

    Raises:
        DataError: D015, D016, or D021 for a line that is too long.
    """
    rest = b""
    for piece in utf8_pieces(stream, name):
        whole = rest + piece
        # A CR at the very end may belong to a LF that was not read yet.
        held = b""
        while whole.endswith(b"\r"):
            whole, held = whole[:-1], held + b"\r"
        whole = whole.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = whole.split(b"\n")
        rest += held
        yield from lines
        if len(rest) > MAX_LINE:
            raise data_error("D021", "a line is too long for a statement", file=name)
    if rest:
        yield from rest.replace(b"\r", b"\n").rstrip(b"\n").split(b"\n")

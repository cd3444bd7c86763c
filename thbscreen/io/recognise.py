"""What a file is, told from its first bytes: messages and statements share endings such as .xml and .txt."""

from __future__ import annotations

import codecs
import dataclasses
import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

from thbscreen.io.files import reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thbscreen.io.files import InputFile

#: How much of a file is looked at.
HEAD_BYTES = 1 << 16
#: Endings that several kinds of file have; the first bytes decide.
SHARED_ENDINGS = frozenset(
    {"", ".xml", ".txt", ".sta", ".fin", ".swi", ".mt", ".940", ".942", ".103", ".mt940", ".mt942", ".mt103",
     ".950", ".pla", ".cod", ".coda", ".ofx", ".qfx", ".qbo", ".out", ".dat"}
)  # fmt: skip
#: Kinds whose files are statements or payment messages, by what they are told by.
CAMT, PAIN, PACS, MT940, MT942, MT103, OFX = "camt", "pain", "pacs", "mt940", "mt942", "mt103", "ofx"
CODA = "coda"
MESSAGES = frozenset({CAMT, PAIN, PACS, MT940, MT942, MT103, OFX, CODA})

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)([^<>]*)>")
_MESSAGE = re.compile(r"\b(camt|pain|pacs)\.\d{3}\.\d{3}\.\d{2}\b")
#: First elements of messages whose name space says nothing.
_BODIES = (("BkToCstmr", CAMT), ("CstmrCdtTrfInitn", PAIN), ("FIToFICstmrCdtTrf", PACS))
#: Record 0 of CODA: zeros, day, bank, application 05, mark of a duplicate.
_CODA = re.compile(r"\s*0{5}[0-9]{6}[0-9 ]{3}05[ D]")
_TAG = re.compile(r"^:(\d{2}[A-Z]?):", re.MULTILINE)


def recognised(files: Iterable[InputFile]) -> list[InputFile]:
    """Gives the files with the kind that their first bytes tell, where the ending leaves it open."""
    return [
        dataclasses.replace(file, kind=kind_of(file)) if _ending(file) in SHARED_ENDINGS else file
        for file in files
    ]


def kind_of(file: InputFile) -> str:
    """Tells the kind of a file from its first bytes; what the ending says where they tell nothing.

    Raises:
        DataError: D001.
    """
    with reading(file.name), file.path.open("rb") as stream:
        if file.packed:
            with gzip.GzipFile(fileobj=stream) as unpacked:
                head = unpacked.read(HEAD_BYTES)
        else:
            head = stream.read(HEAD_BYTES)
    return kind_of_text(head) or file.kind


def not_read(sample: bytes) -> tuple[str, str] | None:
    """Knows files that are not read, by their first bytes, and says what to do with them."""
    if sample.startswith(b"%PDF"):
        return "pdf", "a wrong column break is a wrong finding: ask the bank for camt.053, MT940 or CSV"
    if sample.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls", "the old .xls form or a workbook with a password: save it as .xlsx without one"
    if sample.startswith(b"PK"):
        return "packed", "a packed file: give it the ending .xlsx if it is a workbook, or unpack it"
    if sample.startswith(b"\x1f\x8b"):
        return "packed", "give it the ending .gz"
    lines = sample[:4096].replace(b"\r", b"").split(b"\n")[:-1]
    if len(lines) > 1 and lines[0][:1] == b"0" and {len(line) for line in lines} == {128}:
        return (
            "coda",
            "Belgian CODA whose first line is not its record 0: ask the bank for the whole file, or camt.053",
        )
    if sample.lstrip()[:1] == b"<":
        return "xml", "XML of a kind that is not known"
    return None


def _ending(file: InputFile) -> str | None:
    """Gives the ending that tells the kind; None for packed files of other kinds than gzip."""
    if not file.packed:
        return file.path.suffix.lower()
    return Path(file.path.stem).suffix.lower() or None if file.path.suffix.lower() == ".gz" else None


def kind_of_text(head: bytes) -> str:
    """Tells the kind of a file from its first bytes; empty when they tell nothing."""
    text = _text(head).removeprefix("ï»¿")
    if _CODA.match(text):
        return CODA
    begin = text.lstrip()[:9].upper()
    if begin == "OFXHEADER" or "<?OFX" in text or re.search(r"<OFX>", text):
        return OFX
    if text.lstrip().startswith("<"):
        return _xml_kind(text)
    return _mt_kind(text)


def _text(head: bytes) -> str:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return head[len(bom) :].decode(encoding, "replace")
    for encoding, sign in (("utf-16-le", b"<\0"), ("utf-16-be", b"\0<")):
        if head.startswith(sign):
            return head.decode(encoding, "replace")
    return head.decode("latin-1")


def _xml_kind(text: str) -> str:
    bare = re.sub(r"<!--.*?-->|<\?.*?\?>", "", text, flags=re.DOTALL)
    root = _ROOT.search(bare)
    if root is None:
        return ""
    if root[1] in {"report", "reportdata"}:
        return "goaml"
    named = _MESSAGE.search(bare)
    if named is not None:
        return named[1]
    return next((kind for body, kind in _BODIES if f"<{body}" in bare or f":{body}" in bare), "")


def _mt_kind(text: str) -> str:
    if (block := re.search(r"\{2:[IO](\d{3})", text)) is not None:
        return {"100": MT103, "103": MT103, "940": MT940, "950": MT940, "942": MT942}.get(block[1], "")
    tags = {found[1] for found in _TAG.finditer(text.replace("\r\n", "\n").replace("\r", "\n"))}
    if "32A" in tags and tags & {"50", "50A", "50F", "50K", "59", "59A", "59F"}:
        return MT103
    if "34F" in tags or "13D" in tags:
        return MT942
    return MT940 if {"25", "61"} <= tags or tags & {"60F", "60M"} else ""

"""Limits that keep a hostile or mistaken file from taking the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read at most.

    Attributes:
        rows: rows of one table.
        file_bytes: size of one file, unpacked size for compressed text.
        columns: columns of one file.
        record_bytes: length of one text record; longer ones mean a quote that is never closed.
        unpack_ratio: unpacked size divided by compressed size.
        chunk_rows: rows per chunk handed on.
        block_bytes: bytes of text read at once.
        reject_share: share of rejected rows above which a table is refused.
    """

    rows: int = 500_000_000
    file_bytes: int = 1 << 38
    columns: int = 2000
    record_bytes: int = 4 << 20
    unpack_ratio: int = 200
    chunk_rows: int = 500_000
    block_bytes: int = 16 << 20
    reject_share: float = 0.01

"""Which reader reads which kind of file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO

from thbscreen.io.recognise import CAMT, CODA, MT103, MT940, MT942, OFX, PACS, PAIN
from thbscreen.io.statements import camt, pacs, pain
from thbscreen.io.statements.coda import read_coda
from thbscreen.io.statements.mt103 import read_mt103
from thbscreen.io.statements.mt940 import read_mt940
from thbscreen.io.statements.ofx import read_ofx
from thbscreen.io.statements.records import Item

#: Reads one file: its bytes, its name for messages; yields what is in it, in file order.
Reader = Callable[[IO[bytes], str], Iterator[Item]]
READERS: dict[str, Reader] = {
    CAMT: camt.read, PAIN: pain.read, PACS: pacs.read, OFX: read_ofx, CODA: read_coda,
    MT103: read_mt103, MT940: read_mt940, MT942: read_mt940,
}  # fmt: skip

"""Times the reading of a large camt.053 statement, and measures the memory that it takes.

    python benchmarks/statements.py --entries 50000
    python benchmarks/statements.py --entries 350000 --keep /tmp/large.xml

Prints one line of JSON: bytes, entries, seconds and peak resident memory of the process that reads.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>BENCH</MsgId><CreDtTm>2026-01-31T18:00:00+02:00</CreDtTm></GrpHdr>
<Stmt><Id>BENCH-1</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-01-31T18:00:00+02:00</CreDtTm>
<Acct><Id><IBAN>CY17002001280000001200527600</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>Example Ltd</Nm></Ownr></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-01-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-01-31</Dt></Dt></Bal>
"""
ENTRY = """<Ntry><NtryRef>{n}</NtryRef><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-{day:02}</Dt></BookgDt><ValDt><Dt>2026-01-{day:02}</Dt></ValDt>
<AcctSvcrRef>R{n}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly>
</Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E2E-{n}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt>
<RltdPties><Dbtr><Pty><Nm>Payer {who}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>
</RltdPties><RmtInf><Ustrd>Invoice {n} of the month, thank you</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
"""
TAIL = "</Stmt></BkToCstmrStmt></Document>\n"
IBANS = ("DE65261964603287767307", "DE74157667219201256428", "NL26VAYB8060476890")


def write(path: Path, entries: int) -> None:
    """Writes one statement whose balances close."""
    cents = [100 + i * 37 % 90_000 for i in range(entries)]
    closing = sum(c if i % 3 else -c for i, c in enumerate(cents))
    if closing < 0:
        raise ValueError("choose another number of entries")
    with path.open("w", encoding="utf-8") as out:
        out.write(HEAD.format(closing=Decimal(closing).scaleb(-2)))
        for i, c in enumerate(cents):
            out.write(
                ENTRY.format(
                    n=i, amount=Decimal(c).scaleb(-2), side="CRDT" if i % 3 else "DBIT", day=i % 28 + 1,
                    who=i % 997, iban=IBANS[i % 3],
                )
            )  # fmt: skip
        out.write(TAIL)


def read(path: Path) -> None:
    """Reads the file as a scan does, and prints what it took."""
    from thbscreen.io.dataset import open_dataset  # noqa: PLC0415  # only the reading process needs it

    begin = time.perf_counter()
    dataset = open_dataset([path], None, zone="Asia/Nicosia")
    opened, peak_opened = time.perf_counter() - begin, _peak()
    rows = sum(frame.height for frame in dataset.chunks())
    seconds = time.perf_counter() - begin
    print(
        json.dumps({
            "bytes": path.stat().st_size, "rows": rows, "seconds_to_open": round(opened, 2),
            "seconds": round(seconds, 2), "seconds_of_cpu": round(time.process_time(), 2),
            "peak_mb_to_open": peak_opened, "peak_mb": _peak(),
            "summary": dataset.report().statements["summary"],
        })
    )  # fmt: skip


def _peak() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Writes a file and reads it in a process of its own, so that memory is that of reading alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=50_000)
    parser.add_argument("--keep", type=Path, help="write the file here and keep it")
    parser.add_argument("--read", type=Path, help="read this file only")
    chosen = parser.parse_args()
    if chosen.read is not None:
        read(chosen.read)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.keep or Path(folder) / "statement.xml"
        write(path, chosen.entries)
        subprocess.run([sys.executable, __file__, "--read", str(path)], check=True)


if __name__ == "__main__":
    main()

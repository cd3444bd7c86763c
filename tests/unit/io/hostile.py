"""Hostile and broken files, each made by a function in a folder: the list that the product is held to."""

from __future__ import annotations

import gzip
import io
import os
import random
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl

from tests.unit.io.camt_build import entry, message, statement
from tests.unit.io.coda_build import move
from tests.unit.io.coda_build import statement as coda
from tests.unit.io.support import HEADER

#: A name and an account number that stand in the data and must never stand in a message.
NAME, ACCOUNT = "Xanthippe", "CY99SECRET77"
LINE = f"{NAME},{ACCOUNT},2026-01-05,credit,1.00,EUR\n"
TX = "transactions.csv"
Make = Callable[[Path], None]


def put(name: str, content: str | bytes | Callable[[], bytes]) -> Make:
    """Makes a case of one file; what takes long to make is given by a function."""

    def make(folder: Path) -> None:
        data = content() if callable(content) else content
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())

    return make


def rows(*lines: str) -> str:
    """Gives a table of movements."""
    return HEADER + "".join(lines)


def many(n: int) -> str:
    """Gives a sound table of n movements."""
    return rows(*(LINE.replace(NAME, f"N{i}") for i in range(n)))


def parquet(**columns: object) -> Make:
    """Makes a Parquet file; columns take the place of sound ones or come besides."""
    base: dict[str, object] = {
        "tx_id": [f"N{i}" for i in range(3)], "account_id": [ACCOUNT] * 3, "booking_ts": ["2026-01-05"] * 3,
        "direction": ["credit"] * 3, "amount": ["1.00"] * 3,
    }  # fmt: skip

    def make(folder: Path) -> None:
        pl.DataFrame(base | columns).write_parquet(folder / "transactions.parquet")

    return make


def whole_parquet(n: int = 400) -> bytes:
    """Gives a sound Parquet file."""
    stream = io.BytesIO()
    frame = pl.DataFrame({
        "tx_id": [f"N{i}" for i in range(n)], "account_id": [f"{ACCOUNT}{i % 7}" for i in range(n)],
        "booking_ts": ["2026-01-05"] * n, "direction": ["credit"] * n,
        "amount": [f"{i}.50" for i in range(n)],
    })  # fmt: skip
    frame.write_parquet(stream)
    return stream.getvalue()


def damaged_parquet(seed: int) -> Make:
    """Makes a Parquet file in whose footer bits are turned."""

    def make(folder: Path) -> None:
        data = bytearray(whole_parquet())
        chance = random.Random(seed)
        size = int.from_bytes(data[-8:-4], "little")
        for _ in range(20):
            at = len(data) - 8 - chance.randrange(size)
            data[at] ^= 1 << chance.randrange(8)
        (folder / "transactions.parquet").write_bytes(bytes(data))

    return make


def same_name_twice(folder: Path) -> None:
    """Makes a Parquet file with two columns of one name, by changing its footer."""
    parquet(tx_xx=["a"] * 3)(folder)
    path = folder / "transactions.parquet"
    path.write_bytes(path.read_bytes().replace(b"tx_xx", b"tx_id"))


DOCTYPE = '<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY a "{}">{}]><Document xmlns='
BOMB = "".join(f'<!ENTITY {c} "{f"&{p};" * 10}">' for p, c in zip("abcdefgh", "bcdefghi", strict=True))
CAMT = message(statement(entry("12.50"), opening="0.00", closing="12.50"))


def typed(doctype: str, body: str = CAMT) -> str:
    """Puts a document type before a message."""
    return (
        f'<?xml version="1.0"?>{doctype}' + body.partition("?>")[2]
        if body.startswith("<?")
        else doctype + body
    )


def workbook(extra: dict[str, bytes], sheet: bytes | None = None) -> bytes:
    """Gives a workbook made by hand, with more parts."""
    cells = "".join(
        f"<row r='{r}'>" + "".join(
            f"<c r='{letter}{r}' t='inlineStr'><is><t>{value}</t></is></c>"
            for letter, value in zip("ABCDEF", line.split(","), strict=True)
        ) + "</row>"
        for r, line in enumerate((HEADER.strip(), LINE.strip()), 1)
    )  # fmt: skip
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": b"<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'>"
        b"<Default Extension='xml' ContentType='application/xml'/><Default Extension='rels' "
        b"ContentType='application/vnd.openxmlformats-package.relationships+xml'/><Override PartName="
        b"'/xl/workbook.xml' ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet."
        b"main+xml'/><Override PartName='/xl/worksheets/sheet1.xml' ContentType='application/vnd."
        b"openxmlformats-officedocument.spreadsheetml.worksheet+xml'/></Types>",
        "_rels/.rels": b"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
        b"<Relationship Id='r1' Type='" + office + b"/officeDocument' "
        b"Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": b"<workbook xmlns='" + main + b"' xmlns:r='" + office + b"'><sheets>"
        b"<sheet name='transactions' sheetId='1' r:id='r1'/></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": b"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/"
        b"relationships'><Relationship Id='r1' Type='" + office + b"/worksheet' "
        b"Target='worksheets/sheet1.xml'/></Relationships>",
        "xl/worksheets/sheet1.xml": sheet or sheet_of(cells),
    }  # fmt: skip
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in (parts | extra).items():
            packed.writestr(name, data)
    return stream.getvalue()


def sheet_of(rows_of: str, before: str = "") -> bytes:
    """Gives a sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}">{before}<sheetData>{rows_of}</sheetData></worksheet>'.encode()


def linked(target: str, name: str = TX) -> Make:
    """Makes a symbolic link."""

    def make(folder: Path) -> None:
        (folder / name).symlink_to(target)

    return make


def same_file_twice(folder: Path) -> None:
    """Makes a table and a link to it."""
    put(TX, many(3))(folder)
    linked(TX, "transactions_2.csv")(folder)


def hard_linked(folder: Path) -> None:
    """Makes a table with two names."""
    put(TX, many(3))(folder)
    os.link(folder / TX, folder / "transactions_2.csv")


def hive(folder: Path) -> None:
    """Makes a folder that looks like partitions: the values of keys stand in names of folders."""
    inside = folder / "amount=5" / "account_id=evil"
    inside.mkdir(parents=True)
    parquet()(inside)


def beside_hive(folder: Path) -> None:
    """Makes a table beside folders that look like partitions."""
    hive(folder)
    put(TX, many(3))(folder)


def folder_as_file(folder: Path) -> None:
    """Makes a folder with the name of a table."""
    (folder / TX).mkdir()


def long_name(folder: Path) -> None:
    """Makes a file deep down, whose path is as long as the system lets it be."""
    put("transactions" + "x" * 239 + ".csv", rows(LINE) + "short,row\n" * 9)(folder)


def odd_name(name: bytes) -> Make:
    """Makes a broken file with a name of these bytes."""

    def make(folder: Path) -> None:
        with open(os.fsencode(folder) + b"/" + name, "wb") as stream:  # noqa: PTH123  # bytes on purpose
            stream.write(HEADER.encode() + b"cut")

    return make


def bound_socket(folder: Path) -> None:
    """Makes a socket with the name of a table."""
    here = Path.cwd()
    os.chdir(folder)  # the names of sockets may have a hundred characters
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(TX)
    finally:
        os.chdir(here)


def columns(n: int) -> str:
    """Gives a table with n columns."""
    return ",".join(f"c{i}" for i in range(n)) + "\n" + ",".join("1" * n) + "\n"


def zip_bomb() -> bytes:
    """Gives a workbook whose sheet unpacks to far more than it is."""
    return workbook({}, b"<worksheet>" + b" " * 400_000_000)


def gzip_bomb() -> bytes:
    """Gives a packed statement with far more blanks than anything else."""
    return gzip.compress(CAMT.encode().replace(b"<Ntry>", b" " * 80_000_000 + b"<Ntry>"))


MOVEMENT = (
    f'{{"tx_id":"a","account_id":"{ACCOUNT}","booking_ts":"2026-01-05","direction":"credit","amount":"1.00"'
)
#: What is made, and the code of the error of a scan (None: it loads). `inspect` must end in any clear way.
HOSTILE: dict[str, tuple[Make, str | None]] = {
    # --- XML
    "document type": (put("a.xml", typed("<!DOCTYPE Document>")), "D028"),
    "document type from elsewhere": (
        put("a.xml", typed('<!DOCTYPE Document SYSTEM "http://h.example/x">')),
        "D028",
    ),
    "entity that reads a file": (
        put("a.xml", typed('<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>')),
        "D028",
    ),
    "entity bomb": (put("a.xml", typed(f'<!DOCTYPE Document [<!ENTITY a "ha">{BOMB}]>')), "D028"),
    "entity bomb in a goAML report": (
        put("a.xml", f'<!DOCTYPE report [<!ENTITY a "ha">{BOMB}]><report>&i;</report>'),
        "D028",
    ),
    "entity bomb in OFX": (
        put(
            "a.ofx",
            f'<?xml version="1.0"?><!DOCTYPE OFX [<!ENTITY a "ha">{BOMB}]><?OFX OFXHEADER="200"?>'
            "<OFX>&i;</OFX>",
        ),
        "D028",
    ),
    "elements a hundred thousand deep": (
        put("a.xml", CAMT.replace("<Ntry>", "<Ntry>" + "<x>" * 100_000)),
        "D029",
    ),
    "goAML elements a hundred thousand deep": (put("a.xml", "<report>" + "<x>" * 100_000), "D029"),
    "OFX elements a hundred thousand deep": (
        put("a.ofx", "OFXHEADER:100\n\n<OFX>" + "<X>" * 100_000),
        "D029",
    ),
    "cut XML": (put("a.xml", CAMT[: len(CAMT) // 2]), "D027"),
    "control character in XML": (put("a.xml", CAMT.replace("12.50", "12\x01.50", 1)), "D027"),
    "element with a hundred thousand attributes": (
        put("a.xml", CAMT.replace("<Ntry>", "<Ntry " + " ".join(f'a{i}="1"' for i in range(100_000)) + ">")),
        None,
    ),
    "text of sixty million bytes in XML": (
        put("a.xml", lambda: CAMT.encode().replace(b"<Ntry>", b"<Ntry><x>" + b"a" * 60_000_000 + b"</x>")),
        "D029",
    ),
    "one field of nine million bytes in MT940": (
        put("a.sta", b":20:X\n:25:1/2\n:28C:1\n:60F:C260101EUR1,00\n:86:" + b"a" * 9_000_000),
        "D021",
    ),
    "cut MT940": (put("a.sta", ":20:X\n:25:1/2\n:28C:1\n:60F:C260101EUR1,00\n:61:2601050105C1,"), "D024"),
    "cut CODA": (put("a.cod", coda(move(1, 12_500))[:-200]), "D021"),
    "header with a canonical name twice": (
        put("transactions.csv", "account_id,booking_ts,direction,amount,amount\nA,2026-01-05,debit,1,1\n"),
        "D011",
    ),
    "encoding that XML does not name": (
        put("a.xml", CAMT.replace('<?xml version="1.0"?>', "").encode() + b"\xff\xfe"),
        "D027",
    ),
    # --- Parquet
    "cut Parquet": (put("transactions.parquet", whole_parquet()[:-30]), "D021"),
    "Parquet without its beginning": (put("transactions.parquet", whole_parquet()[30:]), "D021"),
    "Parquet of its magic bytes alone": (put("transactions.parquet", b"PAR1PAR1"), "D021"),
    "Parquet with turned bits in its footer": (damaged_parquet(1), "D021"),
    "nested Parquet column": (parquet(remittance_info=[["a"], ["b"], None]), "D022"),
    "Parquet column of records": (parquet(amount=[{"a": 1}] * 3), "D022"),
    "Parquet column of bytes": (parquet(remittance_info=[b"\xff\x00"] * 3), "D022"),
    "Parquet column of durations": (parquet(amount=pl.Series([1, 2, 3]).cast(pl.Duration("us"))), "D022"),
    "Parquet with ten thousand columns": (parquet(**{f"c{i}": [1, 2, 3] for i in range(10_000)}), "D009"),
    "Parquet without columns": (
        lambda folder: pl.DataFrame().write_parquet(folder / "transactions.parquet"),
        "D0",
    ),
    "Parquet column twice": (same_name_twice, "D021"),
    "Parquet amounts that are no numbers": (parquet(amount=[float("nan"), float("inf"), 1.0]), "D024"),
    "Parquet amounts of 2^63": (parquet(amount=[2**63 - 1, -(2**63), 1]), "D024"),
    # --- text
    "empty file": (put(TX, ""), "D010"),
    "byte order mark alone": (put(TX, b"\xef\xbb\xbf"), "D010"),
    "UTF-16 mark alone": (put(TX, b"\xff\xfe"), "D016"),
    "one line end": (put(TX, "\n"), "D010"),
    "NUL bytes": (put(TX, rows(LINE.replace("1.00", "1.\x0000"))), "D015"),
    "nothing but NUL": (put(TX, b"\0" * 4096), "D015"),
    "cut CSV": (put(TX, rows(LINE, LINE[:25])), "D019"),
    "two encodings in one file": (
        put(
            TX,
            (rows(LINE) + LINE.replace(NAME, "Άννα")).encode() + LINE.replace(NAME, "Άννα").encode("cp1253"),
        ),
        "D016",
    ),
    "control characters": (
        put(TX, rows(*(LINE.replace(NAME, f"N{i}\x1b[2J\x07\x7f") for i in range(3)))),
        None,
    ),
    "amounts of 2^63": (
        put(TX, rows(LINE.replace("1.00", str(2**63)), LINE.replace("1.00", str(-(2**63))))),
        "D024",
    ),
    "an amount of ten thousand digits": (put(TX, rows(LINE.replace("1.00", "9" * 10_000))), "D024"),
    "years 1900 and 2100": (
        put(TX, rows(LINE.replace("2026", "1900"), LINE.replace("2026", "2100").replace(NAME, "N2"))),
        None,
    ),
    "years 1899 and 2101": (
        put(TX, rows(LINE.replace("2026", "1899"), LINE.replace("2026", "2101").replace(NAME, "N2"))),
        "D024",
    ),
    "year 0 and 30 February": (
        put(TX, rows(LINE.replace("2026", "0000"), LINE.replace("01-05", "02-30"))),
        "D024",
    ),
    "one row": (put(TX, rows(LINE)), None),
    "no row": (put(TX, HEADER), None),
    "ten thousand columns": (put(TX, columns(10_000)), "D009"),
    "one line of six million bytes": (put(TX, rows('"' + NAME * 700_000)), "D018"),
    "header of six million bytes": (put(TX, "a" * 6_000_000), "D010"),
    "a record of lists in NDJSON": (put("transactions.ndjson", f'["{NAME}"]\n'), "D010"),
    "deep NDJSON": (
        put("transactions.ndjson", MOVEMENT + ',"remittance_info":' + "[" * 100_000 + "]" * 100_000 + "}\n"),
        "D0",
    ),
    "NDJSON with ten thousand keys": (
        put("transactions.ndjson", MOVEMENT + "".join(f',"k{i}":1' for i in range(10_000)) + "}\n"),
        "D009",
    ),
    "NDJSON of huge numbers": (
        put("transactions.ndjson", MOVEMENT.replace('"1.00"', "1e400") + "}\n"),
        "D021",
    ),
    "NDJSON that is no number": (put("transactions.ndjson", MOVEMENT.replace('"1.00"', "NaN") + "}\n"), "D0"),
    # --- packed
    "gzip bomb": (put("transactions.csv.gz", lambda: gzip.compress(b"a" * 50_000_000)), "D006"),
    "cut gzip of a statement": (put("a.xml.gz", gzip.compress(CAMT.encode() * 50)[:-30]), "D021"),
    "gzip bomb of a statement": (
        put("a.xml.gz", gzip_bomb),
        "D007",
    ),
    # --- workbooks
    "workbook that is a bomb": (put("transactions.xlsx", zip_bomb), "D007"),
    "workbook with macros": (
        put("transactions.xlsm", workbook({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})),
        "D060",
    ),
    "workbook with a link outside": (
        put("transactions.xlsx", workbook({"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})),
        "D060",
    ),
    "workbook with a document type": (
        put(
            "transactions.xlsx",
            workbook({}, b'<!DOCTYPE worksheet [<!ENTITY a "b">]><worksheet><sheetData/></worksheet>'),
        ),
        "D060",
    ),
    "workbook that is no zip": (put("transactions.xlsx", b"PK\x03\x04 and then nothing"), "D021"),
    "workbook with a part out of its folder": (
        put("transactions.xlsx", workbook({"../../etc/evil": b"x"})),
        None,
    ),
    "workbook with one cell in the last corner": (
        put(
            "transactions.xlsx",
            workbook({}, sheet_of('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
        ),
        "D0",
    ),
    "workbook with a cell beyond the last": (
        put(
            "transactions.xlsx",
            workbook({}, sheet_of('<row r="99999999"><c r="ZZZZZZ99999999"><v>1</v></c></row>')),
        ),
        "D0",
    ),
    "workbook with two values in one cell": (
        put("transactions.xlsx", workbook({}, sheet_of('<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>'))),
        "D021",
    ),
    "workbook that claims a huge sheet": (
        put("transactions.xlsx", workbook({}, sheet_of("", '<dimension ref="A1:XFD1048576"/>'))),
        "D0",
    ),
    # --- folders, links, names
    "empty folder": (lambda _: None, "D004"),
    "folder that looks like partitions": (hive, "D004"),
    "table beside partitions": (beside_hive, None),
    "folder with the name of a table": (folder_as_file, "D004"),
    "link to nothing": (linked("nowhere"), "D001"),
    "link to itself": (linked(TX), "D001"),
    "link to a device": (linked("/dev/zero"), "D003"),
    "link to a folder": (linked("/etc"), "D004"),
    "link out of the folder": (linked("/etc/hostname"), "D003"),
    "link to another name of the same table": (same_file_twice, "D026"),
    "second name of the same table": (hard_linked, "D026"),
    "pipe": (lambda folder: os.mkfifo(folder / TX), "D003"),
    "socket": (bound_socket, "D003"),
    "very long name": (long_name, "D024"),
    "name with a line end": (odd_name(b"transactions\n\x1b[31mred.csv"), "D019"),
    "name that is no text": (odd_name(b"transactions\xff\xfe.csv"), "D001"),
}

#: Cases that take more than a moment.
HEAVY = {"text of sixty million bytes in XML", "workbook with one cell in the last corner"}

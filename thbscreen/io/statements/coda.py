"""CODA: coded statements of Belgian banks, versions 1 and 2, in lines of 128 characters.

Statements run from record 0 to record 9. Only movements with the detail number 0 are booked; details say what
a globalised movement is made of, and take its place where they are payments of their own and add up to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from thbscreen.io.codes import data_error
from thbscreen.io.statements import coda_text
from thbscreen.io.statements.mt940 import NO_BALANCE, NO_CLOSING
from thbscreen.io.statements.mt_entry import full_day, plain
from thbscreen.io.statements.octets import NOT_UTF8, byte_lines, decoded
from thbscreen.io.statements.owners import owner_rows
from thbscreen.io.statements.parties import Bookings, account_form, account_side, clean, counterparty, is_bic
from thbscreen.io.statements.records import Balance, Entry, Movement, Note, Refused, Side, Statement
from thbscreen.io.statements.values import RefusalError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import IO

    from thbscreen.io.statements.records import Item

WIDTH = 128
#: Where the sums of record 9 end; behind them some programs cut off the blanks.
TOTALS_END = 52
UNEQUAL = "globalised movement whose details do not add up to it; one movement"
BARE = "globalised movement whose details are not in the file; one movement"
ORPHAN = "detail of a movement that is not in the file; left out"
BELGIAN = "Belgian account number of twelve digits; written as its IBAN"
NO_DAY = "entry date or value date of zeros; the other one was taken"
RECORDS = "statement whose number of records is not the one that it states"
GOES_ON = "the file says that another statement follows, and ends; it may be cut"
DUPLICATE = "statement that calls itself a duplicate"
OTHERS = "closing balance of another account than the statement's; the statement is not proved by it"
FREE = "message of the bank (record 4); not read"
_HINT = (
    "export or fetch the file again, as the bank gives it: lines of 128 characters from record 0 to record 9"
)
_SIGNS = {"0": "credit", "1": "debit"}
#: First digits of a transaction code: totals that have details of their own, and such details.
_TOTALS, _PARTS = frozenset("12"), frozenset("567")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(slots=True)
class _Move:
    """Records 21 to 23 of one movement or detail, and the information behind it."""

    line: str
    second: str = ""
    third: str = ""
    infos: list[list[str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The communication, joined as it stands."""
        return self.line[62:115] + self.second[10:63] + self.third[82:125]


@dataclass(slots=True)
class _Open:
    """A statement that is being read."""

    header: str
    account: str = ""
    written: str = ""
    currency: str = ""
    number: str = ""
    holder: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    closed: bool = False
    records: int = 0
    entries: int = 0
    refused: int = 0
    details: int = 0
    sums: dict[str, Decimal] = field(default_factory=lambda: {"credit": Decimal(0), "debit": Decimal(0)})
    group: list[_Move] = field(default_factory=list)
    bookings: Bookings = field(default_factory=Bookings)


class _Reader:
    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name
        self._now: _Open | None = None
        self._at = self._row = self._statements = 0

        self._goes_on = False
        self._sides: set[str] = set()

    def items(self) -> Iterator[Item]:
        for number, octets in enumerate(byte_lines(self._stream, self._name), 1):
            self._at = number
            line, other = decoded(octets)
            if not line.strip():
                continue
            if other:
                yield Note(NOT_UTF8)
            line = line.ljust(WIDTH) if line[0] == "9" and len(line) >= TOTALS_END else line
            if len(line.rstrip()) > WIDTH or len(line) < WIDTH:
                self._damaged(
                    f"the line has {len(line)} characters and not {WIDTH}; the file is cut or was changed"
                )
            yield from self._record(line[:WIDTH])
        if self._now is not None or not self._statements:
            self._damaged("the file ends within a statement: record 9 is missing")
        if self._goes_on:
            yield Note(GOES_ON)

    def _damaged(self, why: str) -> NoReturn:
        raise data_error("D021", why, file=self._name, row=self._at or None, hint=_HINT)

    # --- records ----------------------------------------------------------------------------------

    def _record(self, line: str) -> Iterator[Item]:
        sort, now = line[0], self._now
        if sort == "0":
            if now is not None:
                self._damaged("record 0 within a statement: record 9 of the one before is missing")
            if line[127] not in "12":
                raise data_error(
                    "D034", "CODA of another version than 1 and 2", file=self._name, row=self._at,
                    hint="ask the bank for CODA 2 or camt.053",
                )  # fmt: skip
            self._now, self._goes_on = _Open(line), False
            return
        if now is None:
            self._damaged("a record outside of a statement: record 0 is missing")
        if sort == "1":
            yield from self._begin(now, line)
            return
        if not now.account:
            self._damaged("a record in front of record 1, which names the account")
        if now.closed and sort not in "49":
            self._damaged("a record behind the closing balance")
        now.records += sort in "1238"
        match sort:
            case "2":
                yield from self._movement(now, line)
            case "3":
                self._information(now, line)
            case "4":
                yield Note(FREE)
            case "8":
                yield from self._group(now)
                yield from self._end(now, line)
            case "9":
                yield from self._group(now)
                yield from self._finish(now, line)
            case _:
                self._damaged("a record of a kind that CODA does not have")

    def _begin(self, now: _Open, line: str) -> Iterator[Item]:
        if now.account:
            self._damaged("a second record 1 in one statement")
        now.records = 1
        match line[1]:
            case "0" | " ":
                number, currency = line[5:17], line[18:21]
            case "1" | "3":
                number, currency = line[5:39], line[39:42]
            case "2":
                number, currency = line[5:36], line[39:42]
            case _:
                self._damaged("record 1 with an account of unknown form")
        now.written = account_form(number)
        now.account = account_form(coda_text.as_iban(number))
        now.currency = currency
        if not now.account or not re.fullmatch("[A-Z]{3}", currency):
            self._damaged("record 1 names no account or no currency")
        if now.account != now.written:
            yield Note(BELGIAN)
        now.number = line[125:128].strip()
        now.holder = clean(line[64:90])
        now.opening = yield from self._balance(now, line[42], line[43:58], line[58:64])
        if now.header[16] == "D":
            yield Note(DUPLICATE)

    @staticmethod
    def _balance(now: _Open, sign: str, written: str, day: str) -> Generator[Item, None, Balance | None]:
        notes: list[str] = []
        try:
            number, dated = coda_text.money(written, now.currency), _day(day, notes) or ""
        except RefusalError:
            sign = ""
        if sign not in _SIGNS:
            yield Note(NO_BALANCE)
            return None
        return Balance(number if sign == "0" else -number, now.currency, dated)

    def _end(self, now: _Open, line: str) -> Iterator[Item]:
        account = account_form(line[4:41])
        now.closed = True
        if account and now.written not in account:
            yield Note(OTHERS)
        else:
            now.closing = yield from self._balance(now, line[41], line[42:57], line[57:63])

    def _finish(self, now: _Open, line: str) -> Iterator[Item]:
        stated = line[16:22].strip()
        off = int(stated) - now.records if _DIGITS.fullmatch(stated) else None
        if off:
            yield Note(RECORDS)
        if now.closing is None and not now.closed:
            yield Note(NO_CLOSING)
        if now.account not in self._sides:
            self._sides.add(now.account)
            bic = now.header[60:71].strip()
            bic = bic if is_bic(bic) else ""
            yield Side("accounts", account_side(now.account, currency=now.currency, bic=bic))
            yield from owner_rows(now.account, now.holder, "", {})
        debit, credit = (_total(line[22:37], now.currency), _total(line[37:52], now.currency))
        closing = now.closing
        yield Statement(
            now.account, now.number, now.opening, closing, now.entries,
            now.sums["credit"] - now.sums["debit"],
            # records are stated, not entries: one record off is one entry off
            None if off is None else now.entries + off, credit, debit, now.header[16] == "D",
            {closing.day: closing} if closing is not None and closing.day else {},
            source="ledger", sequence=now.number, details=now.details, credit=now.sums["credit"],
            debit=now.sums["debit"], currencies={now.currency} if now.entries else set(), refused=now.refused,
        )  # fmt: skip
        self._statements += 1
        self._goes_on = line[127] == "1"
        self._now = None

    # --- movements ----------------------------------------------------------------------------------

    def _movement(self, now: _Open, line: str) -> Iterator[Item]:
        last = now.group[-1] if now.group else None
        match line[1]:
            case "1":
                if not (_DIGITS.fullmatch(line[2:10])):
                    self._damaged("a movement without its running number")
                if line[6:10] == "0000":
                    yield from self._group(now)
                    now.group = [_Move(line)]
                elif last is not None and last.line[2:6] == line[2:6]:
                    now.group.append(_Move(line))
                else:
                    yield from self._group(now)
                    yield Note(ORPHAN)
                    now.group = [_Move(line)]  # keeps what belongs to it from the movement before
            case "2" | "3" if last is not None and last.line[2:10] == line[2:10]:
                if (last.second if line[1] == "2" else last.third) or last.infos:
                    self._damaged("a part of a movement that is written twice or in another order")
                if line[1] == "2":
                    last.second = line
                else:
                    last.third = line
            case "2" | "3":
                self._damaged("a part of a movement that is not in front of it")
            case _:
                self._damaged("a record of a kind that CODA does not have")

    def _information(self, now: _Open, line: str) -> None:
        if not now.group:
            self._damaged("information on a movement that is not in front of it")
        infos = now.group[-1].infos
        match line[1]:
            case "1" if now.group[-1].line[2:6] == line[2:6]:
                infos.append([line])
            case "2" | "3" if infos and infos[-1][0][2:10] == line[2:10] and infos[-1][-1][1] < line[1]:
                infos[-1].append(line)
            case _:
                self._damaged("information on a movement that is not in front of it")

    def _group(self, now: _Open) -> Iterator[Item]:
        """Gives the movements of one booked entry."""
        group, now.group = now.group, []
        if not group or group[0].line[6:10] != "0000":
            return
        total = group[0]
        now.entries += 1
        now.details += len(group) - 1
        notes: list[str] = []
        try:
            base = _values(now, total, notes)
        except RefusalError as refusal:
            self._row += 1
            now.refused += 1
            yield Refused(self._row, refusal.code)
            return
        number = Decimal(base["amount"])
        now.sums[base["direction"]] += number
        rows, parts, bare = [base], [total], False
        if total.line[53] in _TOTALS:
            found = self._parts(now, group[1:], base, number, notes)
            bare = found is None
            if found is not None:
                rows, parts = found
        elif (first := next((m for m in group[1:] if m.text.startswith("105")), None)) is not None:
            base["orig_amount"], base["orig_currency"] = coda_text.original(first.text, now.currency)
        yield from (Note(note) for note in notes)
        content = _content(base)
        opening = now.opening
        begins = f"{opening.amount.normalize()}{opening.day}" if opening is not None else ""
        place = now.bookings.key([now.number, begins, content])
        first_row = self._row + 1
        for i, (row, part) in enumerate(zip(rows, parts, strict=True), 1):
            self._row += 1
            row["tx_id"] = f"c{place}-{i}"
            if len(rows) > 1:
                row["batch_id"] = f"c{place}"
            back = coda_text.is_return(
                part.line[53:61], part.second[109:117] if now.header[127] == "2" else ""
            )
            yield Movement(self._row, row, undoes="return" if back else "")
        yield Entry(
            first_row, self._row, "ledger", now.account, base["booking_ts"], number, now.currency,
            base["direction"], base["bank_ref"], content, bare or not (rows[0].get("cp_name") or
            rows[0].get("cp_account_id")),
        )  # fmt: skip

    @staticmethod
    def _parts(
        now: _Open, details: list[_Move], base: dict[str, str], number: Decimal, notes: list[str]
    ) -> tuple[list[dict[str, str]], list[_Move]] | None:
        """Gives the payments that make up a total; None where they are not there or do not add up."""
        parts = [m for m in details if m.line[53] in _PARTS]
        if not parts:
            notes.append(BARE)
            return None
        own: list[str] = []
        try:
            rows = [_values(now, part, own) for part in parts]
        except RefusalError:
            notes.append(UNEQUAL)
            return None
        left = number
        for row in rows:
            left -= (
                Decimal(row["amount"]) if row["direction"] == base["direction"] else -Decimal(row["amount"])
            )
        if left or not number:
            notes.append(UNEQUAL)
            return None
        notes += own
        kept = [(r, p) for r, p in zip(rows, parts, strict=True) if Decimal(r["amount"])]
        return [r for r, _ in kept], [p for _, p in kept]


# --- values -----------------------------------------------------------------------------------------


def _total(written: str, currency: str) -> Decimal | None:
    try:
        return coda_text.money(written, currency)
    except RefusalError:
        return None


def _day(written: str, notes: list[str]) -> str | None:
    """Reads DDMMYY as ISO text; 80 to 99 lie in the last century; None for zeros."""
    if not written.strip("0 "):
        return None
    if not re.fullmatch(r"[0-9]{6}", written):
        raise RefusalError("D109")
    day = full_day(written[4:] + written[2:4] + written[:2], notes)
    if day is None:
        raise RefusalError("D109")
    return day.isoformat()


def _values(now: _Open, move: _Move, notes: list[str]) -> dict[str, str]:
    """Gives canonical columns of one movement or detail; raises RefusalError."""
    line, second, third, code = move.line, move.second, move.third, move.line[53:61]
    number = coda_text.money(line[32:47], now.currency)
    if line[31] not in _SIGNS:
        raise RefusalError("D113")
    booked, value = _day(line[115:121], notes), _day(line[47:53], notes)
    if booked is None and value is None:
        raise RefusalError("D109")
    if booked is None or value is None:
        notes.append(NO_DAY)
    said = coda_text.Said()
    said.take(move.text, structured=line[61] == "1")
    for info in move.infos:
        raw = info[0][40:113] + "".join(more[10 : 115 if more[1] == "2" else 100] for more in info[1:])
        said.inform(raw, structured=info[0][39] == "1")
    direction = _SIGNS[line[31]]
    values = {
        "account_id": now.account, "currency": now.currency, "booking_ts": booked or value or "",
        "has_time": "false", "value_date": value or booked or "", "direction": direction,
        "amount": plain(number), "status": "booked", "bank_ref": clean(line[10:31]),
        "remittance_info": clean(" ".join(dict.fromkeys(said.text))), "ultimate_debtor": said.ultimate_debtor,
        "ultimate_creditor": said.ultimate_creditor,
    }  # fmt: skip
    values["tx_type"], values["channel"] = coda_text.kind_of(code, direction)
    if now.header[127] == "2":
        values["category_purpose"], values["purpose_code"] = _word(second[117:121]), _word(second[121:125])
    reference = clean(second[63:98])  # version 1 does not say whose it is
    if reference.strip("0") and (now.header[127] == "2" or direction == "debit"):
        values["end_to_end_id"] = reference
    name = clean(third[47:82])
    if said.name.startswith(name):
        name = said.name  # record 23 holds its first 35 characters
    number_of = third[10:44].strip().split("  ")[0]  # what stands apart behind it is the bank's own
    account = coda_text.as_iban(number_of)
    if account != number_of:
        notes.append(BELGIAN)
    bank = second[98:109].strip()
    if account_form(account) == now.account:
        account = ""
    notes += counterparty(values, account=account, bank=bank, name=name, own=now.account)
    return values


def _word(text: str) -> str:
    return text if re.fullmatch("[A-Z]{4}", text) else ""


def _content(values: dict[str, str]) -> str:
    """Gives what another message about the same booking also says."""
    names = ["account_id", "value_date", "booking_ts", "direction", "amount", "currency", "bank_ref"]
    if not values.get("bank_ref"):
        names += ["end_to_end_id", "remittance_info", "cp_account_id", "cp_name"]
    return "\x1f".join(values.get(name, "") for name in names)


def read_coda(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Reads the statements of a CODA file.

    Args:
        stream: bytes of the file.
        name: of the file, for messages.

    Yields:
        Movements, entries, refused entries, accounts and their holders, notes and one statement each.

    Raises:
        DataError: D015, D016, D021 with the line, or D034.
    """
    yield from _Reader(stream, name).items()

"""camt.052, camt.053 and camt.054 of all versions: reports, statements and notifications of a bank.

Read by local names with the few alternatives that versions differ by. See docs/how-to/read-statements.md for
what is taken from where, and what is settled by rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import IO, TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.raw import ZERO_AMOUNT
from thbscreen.io.statements import nodes, values
from thbscreen.io.statements.entries import details_of
from thbscreen.io.statements.nodes import ENVELOPES, code, node, node_at, text, text_at
from thbscreen.io.statements.owners import owner_rows
from thbscreen.io.statements.records import (
    Balance,
    Entry,
    Item,
    Movement,
    Note,
    Refused,
    Side,
    Skipped,
    Statement,
)
from thbscreen.io.statements.values import RefusalError
from thbscreen.io.xmltree import MessageStream

if TYPE_CHECKING:
    from thbscreen.io.xmltree import Node

#: The element of a message, and what its statements are to the ledger.
BODIES = {
    "BkToCstmrStmt": "ledger",
    "BkToCstmrAcctRpt": "report",
    "BkToCstmrDbtCdtNtfctn": "notice",
    "BkToCstmrStmtV02": "ledger",
    "BkToCstmrAcctRptV02": "report",
    "BkToCstmrDbtCdtNtfctnV02": "notice",
}
_STATEMENTS = frozenset({"Stmt", "Rpt", "Ntfctn"})
DIRECTIONS = {"CRDT": "credit", "DBIT": "debit"}
#: Booked, not yet booked, and of no effect on the balance.
_STATES = {"": "booked", "BOOK": "booked", "PDNG": "pending", "FUTR": "pending", "INFO": "information"}
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_PRODUCTS = {"CACC": "current", "TRAN": "current", "SVGS": "savings", "LOAN": "loan", "CARD": "card"}

INFORMATION = "entry for information only, of no effect on the balance"
NO_DAY = "entry without booking day; the value day was taken"
UNDATED = "entry without any day; the day of its statement was taken"
CHARGES = "charges stated within an entry; they are part of it or an entry of their own, no movement is made"


def read(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Reads one file.

    Args:
        stream: its bytes.
        name: of the file, for messages.

    Raises:
        DataError: D027, D028, D029 or D031.
    """
    source = ""
    ledger: _Ledger | None = None
    row = 0
    containers = {*ENVELOPES, *BODIES, *_STATEMENTS}
    for part, content in MessageStream(stream, name, containers).parts():
        mark, bare = part[0], part[1:]
        if mark == "<" and bare in BODIES:
            source = BODIES[bare]
        elif mark == "<" and bare in _STATEMENTS and source:
            ledger = _Ledger(source, row)
        elif mark == ">" and bare in _STATEMENTS and ledger is not None:
            yield from ledger.end()
            row, ledger = ledger.row, None
        elif ledger is not None and isinstance(content, dict):
            yield from ledger.entry(content) if part == "Ntry" else ledger.header(part, content)
        elif ledger is not None and isinstance(content, str):
            ledger.said[part] = content
    if not source:
        raise data_error("D031", "the message is none of camt.052, camt.053 and camt.054", file=name)


class _Ledger:
    """One statement, report or notification."""

    def __init__(self, source: str, row: int) -> None:
        self.source = source
        self.row = row
        self.said: dict[str, str] = {}
        self.account = self.owner = self.currency = ""
        self.page = self.identity = ""
        self.period = ("", "")
        self.balances: list[tuple[str, Balance]] = []
        self.declared: Node = {}
        self.entries = self.details = self.refused = self.number = 0
        self.sums = {"credit": Decimal(0), "debit": Decimal(0)}
        self.pending = {"credit": Decimal(0), "debit": Decimal(0)}
        self.currencies: set[str] = set()
        self.foreign = False

    # --- the head of a statement --------------------------------------------------------------------

    def header(self, part: str, content: Node) -> Iterator[Item]:
        """Takes in what stands before the entries."""
        if part == "Acct":
            yield from self._account(content)
        elif part == "Bal":
            self._balance(content)
        elif part == "TxsSummry":
            self.declared = content
        elif part == "FrToDt":
            self.period = (
                text(content, "FrDtTm") or text(content, "FrDt"),
                text(content, "ToDtTm") or text(content, "ToDt"),
            )
        elif part.endswith("Pgntn"):
            self.page = text(content, "PgNb")

    def _account(self, content: Node) -> Iterator[Item]:
        servicer = node_at(content, "Svcr", "FinInstnId")
        bank = nodes.bank_code(servicer)
        self.account, iban = nodes.account_of(content, bank)
        self.currency = text(content, "Ccy")
        if not self.account:
            return
        name = text(servicer, "Nm")
        yield Side("accounts", {
            "account_id": self.account,
            "iban": iban,
            "bic": bank,
            "institution": bank or name,
            "country": iban[:2] or values.country_of_bic(bank)
            or values.country(text_at(servicer, "PstlAdr", "Ctry")),
            "currency": self.currency,
            "product": _PRODUCTS.get(text_at(content, "Tp", "Cd"), ""),
        })  # fmt: skip
        owner = node(content, "Ownr")
        self.owner = text_at(owner, "Pty", "Nm") or text(owner, "Nm")
        residence = text_at(owner, "Pty", "PstlAdr", "Ctry") or text_at(owner, "PstlAdr", "Ctry")
        extra = {"residence_country": values.country(residence), **nodes.owner_facts(owner)}
        yield from owner_rows(self.account, self.owner, nodes.owner_kind(owner), extra)

    def _balance(self, content: Node) -> None:
        kind = text_at(content, "Tp", "CdOrPrtry", "Cd") or text_at(content, "Tp", "Cd")
        written, currency = nodes.money(content)
        side = DIRECTIONS.get(code(content, "CdtDbtInd"))
        try:
            number = values.amount(written, currency)
            stated = text_at(content, "Dt", "Dt") or text_at(content, "Dt", "DtTm")
            on = values.moment(stated)[0][:10] if stated else ""
        except RefusalError:
            return  # a balance that cannot be read proves nothing; the statement says so
        if side is not None:
            self.balances.append((kind, Balance(number if side == "credit" else -number, currency, on)))

    # --- entries ------------------------------------------------------------------------------------

    def entry(self, content: Node) -> Iterator[Item]:
        """Reads one entry: its movements, or why there is none."""
        self.entries += 1
        self.number += 1
        try:
            yield from self._entry(content)
        except RefusalError as refusal:
            self.refused += 1
            self.row += 1
            yield Refused(self.row, refusal.code)

    def _entry(self, content: Node) -> Iterator[Item]:
        written, currency = nodes.one_money(content)
        currency = currency or self.currency
        number = values.amount(written, currency)
        direction = DIRECTIONS.get(code(content, "CdtDbtInd"))
        state = _STATES.get(code(content, "Sts"))
        if direction is None or state is None:
            raise RefusalError("D113")
        if not self.account:
            raise RefusalError("D101")
        notes: list[str] = []
        base = self._base(content, notes)
        if state == "information" or not number:
            self.row += 1
            yield Skipped(self.row, INFORMATION if number else ZERO_AMOUNT)
            return
        base |= {"direction": direction, "currency": currency}
        if state == "pending":
            base["status"] = state
        found = details_of(content, base, number, self.account, self.owner)
        for note in [*notes, *found.notes]:
            yield Note(note)
        self.details += found.n_details
        self.currencies.add(currency)
        yield from self._movements(content, base, number, found.rows, found.undoes, found.batch, found.bare)

    def _movements(
        self, content: Node, base: dict[str, str], number: Decimal, rows: list[dict[str, str]],
        undoes: list[str], batch: str, bare: bool,
    ) -> Iterator[Item]:  # fmt: skip
        own = [text(content, "AcctSvcrRef"), text(content, "NtryRef"), *rows[0].values()]
        said = values.digest(*own, *(t for row in rows[1:] for t in row.values()))
        place = values.digest(self._identity(), str(self.number), said)
        first = self.row + 1
        for i, (row, mark) in enumerate(zip(rows, undoes, strict=True)):
            self.row += 1
            if len(rows) > 1:
                row["batch_id"] = f"b{place}"
            row["tx_id"] = f"s{place}-{i + 1}"
            kind = "interim" if self.source == "report" else "booked"
            yield Movement(self.row, row, kind=kind, undoes=mark)
        direction = base["direction"]
        if base.get("status"):
            self.pending[direction] += number
            return
        self.sums[direction] += number
        refs = node_at(content, "NtryDtls", "TxDtls", "Refs") if len(rows) == 1 else {}
        ref = values.reference(text(content, "AcctSvcrRef") or text(refs, "AcctSvcrRef"))
        yield Entry(
            first, self.row, self.source, self.account, base["booking_ts"][:10], number, base["currency"],
            direction, ref, said, bare, batch,
        )  # fmt: skip

    def _identity(self) -> str:
        """Gives what tells statements of an account apart whatever their ids; a repeat has the same."""
        if not self.identity:
            balances = (f"{kind}={b.amount.normalize()}" for kind, b in self.balances)
            self.identity = values.digest(self.said.get("Id", ""), self.page, self._sequence(), *balances)
        return self.identity

    def _sequence(self) -> str:
        return self.said.get("LglSeqNb", "") or self.said.get("ElctrncSeqNb", "")

    def _base(self, content: Node, notes: list[str]) -> dict[str, str]:
        """Gives what all movements of an entry share: account and days."""
        base = {"account_id": self.account, "has_time": "false"}
        value = node(content, "ValDt")
        valued = text(value, "Dt") or text(value, "DtTm")
        if valued:
            base["value_date"], _, said = values.moment(valued)
            base["value_date"] = base["value_date"][:10]
            notes += [note for note in said if note != values.MIDNIGHT]
        booked = node(content, "BookgDt")
        on = text(booked, "DtTm") or text(booked, "Dt")
        if not on:
            on = valued or self.said.get("CreDtTm", "")[:10]
            notes.append(NO_DAY if valued else UNDATED)
        if not on:
            raise RefusalError("D101")
        base["booking_ts"], timed, said = values.moment(on)
        base["has_time"] = "true" if timed else "false"
        notes += said
        if "Chrgs" in content:
            notes.append(CHARGES)
        return base

    # --- the end of a statement -----------------------------------------------------------------------

    def end(self) -> Iterator[Item]:
        """Gives what the statement says of itself."""
        summary = self.declared
        opening, closing = self._two_balances()
        known = closing or opening
        foreign = known is not None and bool(self.currencies - {known.currency})
        yield Statement(
            self.account,
            self.said.get("Id", ""),
            opening,
            closing,
            self.entries,
            None if foreign else self.sums["credit"] - self.sums["debit"],
            _declared(summary),
            values.stated(text_at(summary, "TtlCdtNtries", "Sum")),
            values.stated(text_at(summary, "TtlDbtNtries", "Sum")),
            self.said.get("CpyDplctInd", "") in {"COPY", "DUPL", "CODU"},
            {b.day: b for kind, b in self.balances if kind == "CLBD" and b.day},
            self.source,
            self._sequence(),
            self.page,
            self.period,
            self.details,
            self.sums["credit"],
            self.sums["debit"],
            {side: number for side, number in self.pending.items() if number},
            self.currencies,
            self.refused,
        )

    def _two_balances(self) -> tuple[Balance | None, Balance | None]:
        """Chooses opening and closing; pages and reports within the day have interim balances instead."""
        stated = self.balances
        if self.currency and any(b.currency == self.currency for _, b in stated):
            kinds = {kind for kind, b in stated if b.currency == self.currency}
            stated = [(k, b) for k, b in stated if b.currency == self.currency or k not in kinds]
        opening = next((b for want in _OPENING for kind, b in stated if kind == want), None)
        closing = next((b for want in _CLOSING for kind, b in reversed(stated) if kind == want), None)
        between = [b for kind, b in stated if kind == "ITBD"]
        if closing is None and between:
            closing = between.pop()
        if opening is None and between:
            opening = between[0]
        return opening, closing


def _whole(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) <= 15 else None


def _declared(summary: Node) -> int | None:
    """Gives the number of entries that a statement states, as one or as two numbers."""
    total = _whole(text_at(summary, "TtlNtries", "NbOfNtries"))
    credit = _whole(text_at(summary, "TtlCdtNtries", "NbOfNtries"))
    debit = _whole(text_at(summary, "TtlDbtNtries", "NbOfNtries"))
    if total is None and not (credit is None and debit is None):
        total = (credit or 0) + (debit or 0)
    return total

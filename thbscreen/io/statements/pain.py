"""pain.001 of all versions: orders of customers, each payment the debit leg of the debtor's account.

An order is no booking: it is noted, its day is the one that was asked for, and where a statement of the
account holds the booking the order is left out, or gives the details of a batch that it books in one sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import IO, TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.raw import ZERO_AMOUNT
from thbscreen.io.statements import nodes, values
from thbscreen.io.statements.messages import ORDER_SUMS, Totals, payment_values
from thbscreen.io.statements.nodes import ENVELOPES, Party, node, node_at, text, text_at
from thbscreen.io.statements.owners import owner_rows
from thbscreen.io.statements.records import Entry, Item, Movement, Note, Refused, Side, Skipped
from thbscreen.io.statements.values import RefusalError, plain, reference
from thbscreen.io.xmltree import MessageStream

if TYPE_CHECKING:
    from thbscreen.io.xmltree import Node

BODIES = frozenset({"CstmrCdtTrfInitn", "pain.001.001.02"})
ORDER = "order for a payment, not a booking; its day is the one that was asked for"
#: The requested day may be written as a plain day, or below `Dt` or `DtTm`.
_DAY = "ReqdExctnDt"


def read(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Reads one file.

    Args:
        stream: its bytes.
        name: of the file, for messages.

    Raises:
        DataError: D027, D028, D029 or D031.
    """
    totals = Totals("order")
    group: _Group | None = None
    inside = False
    for part, content in MessageStream(stream, name, {*ENVELOPES, *BODIES, "PmtInf"}).parts():
        if part[:1] == "<":
            inside = inside or part[1:] in BODIES
            group = _Group(totals) if part == "<PmtInf" and inside else group
        elif part == ">PmtInf" and group is not None:
            yield from group.end()
            group = None
        elif group is not None and part == "CdtTrfTxInf" and isinstance(content, dict):
            yield from group.payment(content)
        elif group is not None and isinstance(content, (dict, str)):
            group.header(part, content)
        elif part == "GrpHdr" and isinstance(content, dict):
            totals.header(content)
    if not inside:
        raise data_error("D031", "the message is no pain.001", file=name)
    yield totals.statement()


class _Group:
    """One `PmtInf`: payments of one account on one day."""

    def __init__(self, totals: Totals) -> None:
        self.totals = totals
        self.said: Node = {}
        self.first = totals.row + 1
        self.sum = Decimal(0)
        self.currencies: set[str] = set()
        self.contents: list[str] = []
        self.payer: Party | None = None

    def header(self, part: str, content: Node | str) -> None:
        """Takes in what all payments share."""
        self.said[part] = content
        self.payer = None

    def _payer(self) -> Party:
        if self.payer is None:
            said = self.said
            self.payer = Party(node(said, "Dbtr"), node(said, "DbtrAcct"), node(said, "DbtrAgt"))
        return self.payer

    def _day(self) -> str:
        return text(self.said, _DAY) or text_at(self.said, _DAY, "DtTm") or text_at(self.said, _DAY, "Dt")

    def payment(self, content: Node) -> Iterator[Item]:
        """Reads one payment."""
        self.totals.entries += 1
        self.totals.row += 1
        row = self.totals.row
        try:
            yield from self._payment(content, row)
        except RefusalError as refusal:
            self.totals.refused += 1
            yield Refused(row, refusal.code)

    def _payment(self, content: Node, row: int) -> Iterator[Item]:
        if len(nodes.nodes(content, "Amt")) > 1:
            raise RefusalError("D124")
        written, currency = nodes.one_money(node(content, "Amt"), "InstdAmt")
        if not written:  # an amount of one currency to be paid as its equivalent in another
            written, currency = nodes.one_money(node_at(content, "Amt", "EqvtAmt"))
        number = values.amount(written, currency)
        if not number:
            yield Skipped(row, ZERO_AMOUNT)
            return
        payer = self._payer()
        on = self._day()
        if not on or not payer.account:
            raise RefusalError("D101")
        booked, timed, notes = values.moment(on)
        out = {
            "account_id": payer.account,
            "booking_ts": booked,
            "has_time": "true" if timed else "false",
            "direction": "debit",
            "amount": plain(number, currency),
            "currency": currency,
            **payment_values(content, self.said),
            "ultimate_debtor": nodes.behind(content, "UltmtDbtr") or nodes.behind(self.said, "UltmtDbtr"),
            **nodes.counterparty(
                Party(node(content, "Cdtr"), node(content, "CdtrAcct"), node(content, "CdtrAgt"))
            ),
        }
        said = values.digest(*out.values())
        group = reference(text(self.said, "PmtInfId"))
        place = values.digest(self.totals.number, group, str(row - self.first), said)
        out["batch_id"] = f"b{values.digest(self.totals.number, group, payer.account)}"
        out["tx_id"] = f"s{place}"
        self.sum += number
        self.currencies.add(currency)
        self.contents.append(said)
        self.totals.take(number, currency)
        for note in [*notes, ORDER]:
            yield Note(note)
        yield Movement(row, out)

    def end(self) -> Iterator[Item]:
        """Gives the owner of the account, and the group as one entry that a statement may book in one sum."""
        payer = self._payer()
        debtor = node(self.said, "Dbtr")
        country = values.country(text_at(debtor, "PstlAdr", "Ctry"))
        extra = {"residence_country": country, **nodes.owner_facts(debtor)}
        if payer.account:
            yield Side("accounts", {
                "account_id": payer.account, "iban": payer.iban, "bic": payer.bic, "institution": payer.bic,
                "country": payer.iban[:2] or values.country_of_bic(payer.bic),
                "currency": text_at(self.said, "DbtrAcct", "Ccy"),
            })  # fmt: skip
        yield from owner_rows(payer.account, payer.name, nodes.owner_kind(debtor), extra)
        stated = values.stated(text(self.said, "CtrlSum"))
        if stated is not None and self.contents and len(self.currencies) == 1 and stated != self.sum:
            yield Note(ORDER_SUMS)
        if len(self.currencies) != 1 or not self.contents:
            return
        day = values.moment(self._day())[0][:10]
        yield Entry(
            self.first, self.totals.row, "order", payer.account, day, self.sum, next(iter(self.currencies)),
            "debit", content=values.digest(*self.contents), batch=reference(text(self.said, "PmtInfId")),
        )  # fmt: skip

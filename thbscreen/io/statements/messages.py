"""What orders and payments between banks share: their counts and sums, and the values of one payment."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from thbscreen.io.statements import nodes, values
from thbscreen.io.statements.nodes import node, remittance, text, text_at
from thbscreen.io.statements.records import Statement
from thbscreen.io.statements.values import joined, reference

if TYPE_CHECKING:
    from thbscreen.io.xmltree import Node

ORDER_SUMS = "group of payments whose stated sum is not that of its payments"


class Totals:
    """Counts and sums of one message, for the proof that nothing was lost.

    Attributes:
        row: number of the last movement.
        number: the message's own id.
    """

    def __init__(self, source: str) -> None:
        """Starts at nothing; `source` is order or transfer."""
        self.source = source
        self.row = self.entries = self.refused = 0
        self.sum = Decimal(0)
        self.currencies: set[str] = set()
        self.head: Node = {}

    @property
    def number(self) -> str:
        """The message's own id."""
        return text(self.head, "MsgId")

    def header(self, content: Node) -> None:
        """Takes in the head of the message."""
        self.head = content

    def take(self, number: Decimal, currency: str) -> None:
        """Counts a payment in."""
        self.sum += number
        self.currencies.add(currency)

    def statement(self) -> Statement:
        """Gives what the message says of itself beside what was read."""
        stated = text(self.head, "CtrlSum") or nodes.money(self.head, "TtlIntrBkSttlmAmt")[0]
        stated = stated or nodes.money(self.head, "TtlRtrdIntrBkSttlmAmt")[0]
        written = text(self.head, "NbOfTxs")
        return Statement(
            "",
            self.number,
            entries=self.entries,
            declared_entries=int(written) if written.isascii() and written.isdigit() else None,
            declared_debit=values.stated(stated),
            source=self.source,
            debit=self.sum,
            currencies=self.currencies,
            refused=self.refused,
        )


def payment_values(payment: Node, group: Node) -> dict[str, str]:
    """Gives what a payment says beside its parties, amount and day.

    Args:
        payment: `CdtTrfTxInf`.
        group: what all payments of a group share; empty where there are no groups.
    """
    ids, kind = node(payment, "PmtId"), node(payment, "PmtTpInf") or node(group, "PmtTpInf")
    levels = [text(part, "Cd") for part in nodes.nodes(kind, "SvcLvl")]
    instrument = text_at(kind, "LclInstrm", "Cd") or text_at(kind, "LclInstrm", "Prtry")
    instant = instrument in {"INST", "SCTINST"} or "INST" in levels
    return {
        "tx_type": "instant_transfer" if instant else "credit_transfer",
        "purpose_code": text_at(payment, "Purp", "Cd") or text_at(payment, "Purp", "Prtry"),
        "category_purpose": text_at(kind, "CtgyPurp", "Cd") or text_at(kind, "CtgyPurp", "Prtry"),
        "end_to_end_id": reference(text(ids, "EndToEndId")),
        "uetr": text(ids, "UETR"),
        "bank_ref": reference(text(ids, "TxId") or text(ids, "InstrId")),
        "remittance_info": joined(payment_texts(payment)),
        "ultimate_creditor": nodes.behind(payment, "UltmtCdtr"),
    }


def payment_texts(payment: Node) -> list[str]:
    """Gives all texts of a payment."""
    return remittance(node(payment, "RmtInf"))

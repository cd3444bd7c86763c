"""pacs.008 and pacs.004 of all versions: transfers between banks, and transfers given back.

A transfer is the payer's debit and the payee's credit, with one `batch_id`, where both accounts are stated;
one of them where one is. What a return gives back goes the other way, and is linked to the transfer by its
references.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.raw import ZERO_AMOUNT
from thbscreen.io.statements import nodes, values
from thbscreen.io.statements.messages import Totals, payment_texts, payment_values
from thbscreen.io.statements.nodes import ENVELOPES, Party, node, text, text_at
from thbscreen.io.statements.owners import folded, hashed, owner_rows
from thbscreen.io.statements.records import Entry, Item, Movement, Note, Refused, Side, Skipped
from thbscreen.io.statements.values import RefusalError, joined, plain, reference
from thbscreen.io.xmltree import MessageStream

if TYPE_CHECKING:
    from decimal import Decimal

    from thbscreen.io.xmltree import Node

_TRANSFERS = frozenset({"FIToFICstmrCdtTrf"})
_RETURNS = frozenset({"PmtRtr"})
NO_ACCOUNT = "transfer without any account; bank and name of the payer stand for it"
ONE_SIDE = "transfer with one account; only its side is a movement"


def read(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Reads one file.

    Args:
        stream: its bytes.
        name: of the file, for messages.

    Raises:
        DataError: D027, D028, D029 or D031.
    """
    totals = Totals("transfer")
    reader: _Payments | None = None
    for part, content in MessageStream(stream, name, {*ENVELOPES, *_TRANSFERS, *_RETURNS}).parts():
        if part[:1] == "<" and part[1:] in _TRANSFERS | _RETURNS:
            reader = _Payments(totals, back=part[1:] in _RETURNS)
        elif reader is None or not isinstance(content, dict):
            continue
        elif part == "GrpHdr":
            totals.header(content)
        elif part == ("TxInf" if reader.back else "CdtTrfTxInf"):
            yield from reader.payment(content)
    if reader is None:
        raise data_error("D031", "the message is neither pacs.008 nor pacs.004", file=name)
    yield totals.statement()


class _Payments:
    """The payments of one message."""

    def __init__(self, totals: Totals, *, back: bool) -> None:
        self.totals = totals
        self.back = back

    def payment(self, content: Node) -> Iterator[Item]:
        """Reads one payment."""
        self.totals.entries += 1
        try:
            yield from self._payment(content)
        except RefusalError as refusal:
            self.totals.refused += 1
            self.totals.row += 1
            yield Refused(self.totals.row, refusal.code)

    def _payment(self, content: Node) -> Iterator[Item]:
        head = self.totals.head
        name = "RtrdIntrBkSttlmAmt" if self.back else "IntrBkSttlmAmt"
        written, currency = nodes.one_money(content, name)
        number = values.amount(written, currency)
        if not number:
            self.totals.row += 1
            yield Skipped(self.totals.row, ZERO_AMOUNT)
            return
        base, notes = self._base(content, head)
        base |= {"amount": plain(number, currency), "currency": currency}
        base |= self._returned(content) if self.back else self._sent(content, currency)
        # A return tells the parties of the transfer that it gives back.
        said = node(content, "OrgnlTxRef") if self.back else content
        payer = Party(node(said, "Dbtr"), node(said, "DbtrAcct"), node(said, "DbtrAgt"))
        payee = Party(node(said, "Cdtr"), node(said, "CdtrAcct"), node(said, "CdtrAgt"))
        self.totals.take(number, currency)
        for note in notes:
            yield Note(note)
        if not self.back:
            yield from self._owner(payer, node(said, "Dbtr"))
            yield from self._owner(payee, node(said, "Cdtr"))
        yield from self._legs(base, payer, payee, number)

    def _base(self, content: Node, head: Node) -> tuple[dict[str, str], list[str]]:
        settled = text(content, "IntrBkSttlmDt") or text(head, "IntrBkSttlmDt")
        accepted = text(content, "AccptncDtTm") or text(head, "CreDtTm")
        if not settled and not accepted:
            raise RefusalError("D101")
        notes: list[str] = []
        base = {"has_time": "false"}
        if settled:
            written, moved = values.day(settled)
            base |= {"value_date": written, "booking_ts": written}
            notes += [values.CLAMPED] if moved else []
        if accepted and (not settled or accepted[:10] == settled[:10]):
            base["booking_ts"], timed, said = values.moment(accepted)
            base["has_time"] = "true" if timed else "false"
            notes += said
        return base, notes

    def _sent(self, content: Node, currency: str) -> dict[str, str]:
        out = payment_values(content, self.totals.head)
        out["ultimate_debtor"] = nodes.behind(content, "UltmtDbtr")
        written, other = nodes.money(content, "InstdAmt")
        if written and other and other != currency:
            original = values.amount(written, other)
            if original:
                out |= {"orig_amount": plain(original, other), "orig_currency": other}
        return out

    def _returned(self, content: Node) -> dict[str, str]:
        reason = [*nodes.texts(node(content, "RtrRsnInf"), "AddtlInf")]
        return {
            "tx_type": "credit_transfer",
            "end_to_end_id": reference(text(content, "OrgnlEndToEndId")),
            "uetr": text(content, "OrgnlUETR"),
            "bank_ref": reference(text(content, "OrgnlTxId")),
            "remittance_info": joined([*payment_texts(node(content, "OrgnlTxRef")), *reason]),
        }

    def _legs(self, base: dict[str, str], payer: Party, payee: Party, number: Decimal) -> Iterator[Item]:
        """Gives the sides whose accounts are stated; with a return money goes from the payee to the payer."""
        sides = [(payer, payee, "debit"), (payee, payer, "credit")]
        if self.back:
            sides = [(payee, payer, "debit"), (payer, payee, "credit")]
        known = [side for side in sides if side[0].account]
        if not known and self.back:
            self.totals.row += 1
            yield Movement(self.totals.row, base, undoes="return")
            return
        if not known:
            if not payer.bic and not payer.name:
                raise RefusalError("D101")
            payer.account = f"{payer.bic or 'bank'}/N{hashed('payer', payer.bic, folded(payer.name))}"
            known = sides[:1]
            yield Note(NO_ACCOUNT)
        elif len(known) == 1:
            yield Note(ONE_SIDE)
        said = values.digest(*base.values(), payer.account, payee.account, payer.name, payee.name)
        place = values.digest(self.totals.number, str(self.totals.entries), said)
        first = self.totals.row + 1
        for mine, other, direction in known:
            self.totals.row += 1
            row = {**base, "account_id": mine.account, "direction": direction, **nodes.counterparty(other)}
            row["tx_id"] = f"s{place}/{direction[0].upper()}"
            if len(known) == 2:
                row["batch_id"] = f"b{place}"
            yield Movement(self.totals.row, row, undoes="return" if self.back else "")
        ref = base.get("uetr") or base.get("bank_ref", "")
        source = "return" if self.back else "transfer"
        both = f"{payer.account}/{payee.account}"
        day = base["booking_ts"][:10]
        yield Entry(first, self.totals.row, source, both, day, number, base["currency"], "debit", ref, said)

    def _owner(self, party: Party, who: Node) -> Iterator[Item]:
        if not party.account:
            return
        yield Side("accounts", {
            "account_id": party.account, "iban": party.iban, "bic": party.bic, "institution": party.bic,
            "country": party.iban[:2] or values.country_of_bic(party.bic),
        })  # fmt: skip
        country = values.country(text_at(who, "PstlAdr", "Ctry"))
        extra = {"residence_country": country, **nodes.owner_facts(who)}
        yield from owner_rows(party.account, party.name, nodes.owner_kind(who), extra)

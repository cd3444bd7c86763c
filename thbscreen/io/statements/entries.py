"""The details of one camt entry: whose money it is, and whether their amounts make up the entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from thbscreen.io.statements import values
from thbscreen.io.statements.kinds import kind_and_channel
from thbscreen.io.statements.nodes import (
    Party,
    behind,
    code,
    counterparty,
    money,
    node,
    node_at,
    nodes,
    remittance,
    text,
    text_at,
    texts,
)
from thbscreen.io.statements.values import RefusalError, joined, plain, reference

if TYPE_CHECKING:
    from thbscreen.io.xmltree import Node

Row = dict[str, str]
_DIRECTIONS = {"CRDT": "credit", "DBIT": "debit"}
#: Texts of a batch that is one movement are joined up to here.
MOST_TEXTS = 40

UNRESOLVED = "batch whose details are not in the message; one movement"
UNPRICED = "batch whose details have no amounts in its currency; one movement"
UNEQUAL = "batch whose details do not add up to it; one movement"
OTHER_AMOUNT = "detail whose amount is not that of its entry; the entry's was taken"
EMPTY_DETAIL = "detail of a batch with amount zero; left out"
REVERSALS = "reversal"
RETURNS = "return"
#: Sub-families of bookings that take back a transfer or a direct debit.
_BACK = frozenset({"RRTN", "RPCR", "UPDD", "PRDD", "RCDD"})
_PARTIES = {"credit": ("Dbtr", "DbtrAcct", "DbtrAgt"), "debit": ("Cdtr", "CdtrAcct", "CdtrAgt")}


@dataclass(slots=True)
class Details:
    """The movements of one entry.

    Attributes:
        rows: values of its movements; one or more.
        n_details: details that the message has.
        undoes: reversal, return or empty, for each movement.
        batch: reference of the batch; empty when there is none.
        bare: true when a message with details should replace it.
        notes: what was settled by rule.
    """

    rows: list[Row]
    n_details: int
    undoes: list[str] = field(default_factory=list)
    batch: str = ""
    bare: bool = False
    notes: list[str] = field(default_factory=list)


def details_of(entry: Node, base: Row, number: Decimal, account: str, owner: str) -> Details:
    """Reads the details of an entry.

    Args:
        entry: the entry.
        base: what its movements share, with direction and currency.
        number: the entry's amount.
        account: whose ledger.
        owner: the account's owner, as stated.

    Raises:
        RefusalError: for a value that cannot be read.
    """
    parts = list(nodes(entry, "NtryDtls"))
    details = [d for part in parts for d in nodes(part, "TxDtls")]
    batches = [b for part in parts for b in nodes(part, "Btch")]
    reader = _Reader(entry, base, account, owner)
    batch = next((r for b in batches if (r := text(b, "PmtInfId") or text(b, "MsgId"))), "")
    if not batch and details:
        batch = text_at(details[0], "Refs", "PmtInfId")
    out = Details([], len(details), batch=reference(batch))
    if len(details) <= 1:
        row, undoes = reader.row(details[0] if details else {}, base["direction"], out.notes, number)
        row["amount"] = plain(number, base["currency"])
        out.rows, out.undoes = [row], [undoes]
        counts = [text(b, "NbOfTxs") for b in batches]
        stated = max((int(n) for n in counts if n.isascii() and n.isdigit() and len(n) < 16), default=0)
        if stated > 1:
            out.notes.append(UNRESOLVED)
        out.bare = stated > 1 or not (row.get("cp_name") or row.get("cp_account_id"))
        return out
    amounts = _amounts(details, base, number, out.notes)
    if amounts is None:
        row, undoes = reader.together(details, number)
        out.rows, out.undoes, out.bare = [row], [undoes], True
        return out
    for detail, (direction, part) in zip(details, amounts, strict=True):
        if part:
            row, undoes = reader.row(detail, direction, out.notes)
            row["amount"] = plain(part, base["currency"])
            out.rows.append(row)
            out.undoes.append(undoes)
    return out


def _amounts(
    details: list[Node], base: Row, number: Decimal, notes: list[str]
) -> list[tuple[str, Decimal]] | None:
    """Gives direction and amount of each detail when they make up the entry; None and a note otherwise."""
    currency, direction = base["currency"], base["direction"]
    found: list[tuple[str, Decimal]] = []
    for detail in details:
        written = _in_currency(detail, currency)
        if written is None:
            notes.append(UNPRICED)
            return None
        try:
            found.append(
                (_DIRECTIONS.get(code(detail, "CdtDbtInd"), direction), values.amount(written, currency))
            )
        except RefusalError:
            notes.append(UNPRICED)
            return None
    if any(not part for _, part in found):
        notes.append(EMPTY_DETAIL)
    own = sum((part if side == direction else -part for side, part in found), Decimal(0))
    if own == number and own:
        return found
    if sum(part for _, part in found) == number:
        return [(direction, part) for _, part in found]
    notes.append(UNEQUAL)
    return None


def _in_currency(detail: Node, currency: str) -> str | None:
    """Gives a detail's amount in the currency of its entry."""
    written, own = money(detail)
    if written and (own or currency) == currency:
        return written
    for kind in ("TxAmt", "CntrValAmt", "InstdAmt"):
        written, own = money(node_at(detail, "AmtDtls", kind))
        if written and own == currency:
            return written
    return None


class _Reader:
    """Reads details of one entry."""

    def __init__(self, entry: Node, base: Row, account: str, owner: str) -> None:
        self.entry = entry
        self.base = base
        self.account = account
        self.owner = "".join(owner.split()).casefold()
        self._reversal = text(entry, "RvslInd").lower() in {"true", "1"}

    def _undoes(self, detail: Node) -> str:
        """Says whether a detail undoes an earlier movement, and how."""
        if self._reversal:
            return REVERSALS
        back = "RtrInf" in detail or any(
            text_at(here, "BkTxCd", "Domn", "Fmly", "SubFmlyCd") in _BACK for here in (detail, self.entry)
        )
        return RETURNS if back else ""

    def row(
        self, detail: Node, direction: str, notes: list[str], number: Decimal | None = None
    ) -> tuple[Row, str]:
        """Gives the values of one detail without its amount, and whether it undoes an earlier movement."""
        entry, undoes = self.entry, self._undoes(detail)
        refs = node(detail, "Refs")
        row = dict(self.base)
        row["direction"] = direction
        row["tx_type"], row["channel"] = self._kind(detail, direction)
        if "RltdPties" in detail or "RltdAgts" in detail:
            row |= self._other(node(detail, "RltdPties"), node(detail, "RltdAgts"), direction, undoes)
        if "Purp" in detail:
            row["purpose_code"] = text_at(detail, "Purp", "Cd") or text_at(detail, "Purp", "Prtry")
        row["end_to_end_id"] = reference(text(refs, "EndToEndId"))
        row["uetr"] = text(refs, "UETR")
        row["bank_ref"] = reference(
            text(refs, "AcctSvcrRef") or text(entry, "AcctSvcrRef") or text(refs, "TxId")
        )
        row["remittance_info"] = joined(self._said(detail) + self._about())
        if "CardTx" in detail or "CardTx" in entry:
            self._card(node(detail, "CardTx") or node(entry, "CardTx"), row)
        self._original(detail, row, notes, number)
        return row, undoes

    def together(self, details: list[Node], number: Decimal) -> tuple[Row, str]:
        """Gives a batch as one movement; a counterparty only where all details have the same one."""
        read = [self.row(d, self.base["direction"], []) for d in details[:MOST_TEXTS]]
        rows, marks = [row for row, _ in read], {undoes for _, undoes in read}
        out = {n: v for n, v in rows[0].items() if all(r.get(n, "") == v for r in rows)}
        if len(details) > MOST_TEXTS:
            out = {n: v for n, v in out.items() if n in self.base or n in {"tx_type", "channel"}}
        for name in ("orig_amount", "orig_currency"):  # one detail's is not the batch's
            out.pop(name, None)
        self._original({}, out, [], None)
        said = [words for detail in details[:MOST_TEXTS] for words in self._said(detail)]
        out["remittance_info"] = joined(said + self._about())
        out["amount"] = plain(number, self.base["currency"])
        return out, marks.pop() if len(marks) == 1 else ""

    @staticmethod
    def _said(detail: Node) -> list[str]:
        said = remittance(node(detail, "RmtInf")) + texts(detail, "AddtlTxInf")
        return said + texts(node(detail, "RtrInf"), "AddtlInf") if "RtrInf" in detail else said

    def _about(self) -> list[str]:
        return texts(self.entry, "AddtlNtryInf")

    # --- parts of a detail --------------------------------------------------------------------------

    def _kind(self, detail: Node, direction: str) -> tuple[str, str]:
        for holder in (detail, self.entry):
            here = node(holder, "BkTxCd")
            if not here:
                continue
            domain = node(here, "Domn")
            family = node(domain, "Fmly")
            found = kind_and_channel(
                text(domain, "Cd"), text(family, "Cd"), text(family, "SubFmlyCd"),
                text_at(here, "Prtry", "Cd"), direction,
            )  # fmt: skip
            if found != ("", ""):
                return found
        return "", ""

    def _other(self, parties: Node, agents: Node, direction: str, undoes: str) -> Row:
        """Gives the counterparty: the side that the money came from or went to.

        The message of a reversal, and often of a return, keeps the parties of the original, whose direction
        was the opposite one.
        """
        opposite = "debit" if direction == "credit" else "credit"
        first, second = (opposite, direction) if undoes == REVERSALS else (direction, opposite)
        other = self._party(parties, agents, first)
        if not other.known or self._own(other):
            turned = self._party(parties, agents, second)
            if (self._own(other) or undoes) and turned.known and not self._own(turned):
                other = turned
        row = counterparty(other) if not self._own(other) else {}
        row["ultimate_debtor"] = behind(parties, "UltmtDbtr")
        row["ultimate_creditor"] = behind(parties, "UltmtCdtr")
        if not (row.get("cp_name") or row.get("cp_account_id")) and not undoes:
            # slips and references tell only who stands behind; nobody else is known then
            name = row["ultimate_debtor" if direction == "credit" else "ultimate_creditor"]
            row["cp_name"] = "" if "".join(name.split()).casefold() == self.owner else name
        return row

    def _party(self, parties: Node, agents: Node, direction: str) -> Party:
        who, account, agent = _PARTIES[direction]
        return Party(node(parties, who), node(parties, account), node(agents, agent))

    def _own(self, party: Party) -> bool:
        if party.account:
            return party.account == self.account
        return bool(self.owner) and "".join(party.name.split()).casefold() == self.owner

    @staticmethod
    def _card(card: Node, row: Row) -> None:
        inner = node_at(card, "Tx", "Indv") or node_at(card, "Tx", "Aggtd") or node(card, "Tx")
        row["terminal_id"] = text_at(card, "POI", "Id", "Id") or text_at(card, "POI", "Id")
        mcc = text(inner, "MrchntCtgyCd") or text(card, "MrchntCtgyCd")
        row["mcc"] = mcc if len(mcc) == 4 and mcc.isdigit() else ""

    def _original(self, detail: Node, row: Row, notes: list[str], number: Decimal | None) -> None:
        """Takes the instructed amount where it is not the booked one."""
        currency = self.base["currency"]
        found = money(detail)
        if number is not None and found[0] and (found[1] or currency) == currency:
            try:
                if values.amount(found[0], currency) != number:
                    notes.append(OTHER_AMOUNT)
            except RefusalError:
                notes.append(OTHER_AMOUNT)
        for holder in (detail, self.entry):
            amounts = node(holder, "AmtDtls")
            stated = [money(node(amounts, kind)) for kind in ("InstdAmt", "TxAmt")] if amounts else []
            if holder is detail:
                stated.append(found)
            for written, other in stated:
                if not written or not other or other == currency:
                    continue
                try:
                    original = values.amount(written, other)
                except RefusalError:
                    continue
                if original:
                    row["orig_amount"], row["orig_currency"] = plain(original, other), other
                    return

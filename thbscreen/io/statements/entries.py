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
    nodes,
    remittance,
    text,
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
    details = [d for part in nodes(entry, "NtryDtls") for d in nodes(part, "TxDtls")]
    batches = [b for part in nodes(entry, "NtryDtls") for b in nodes(part, "Btch")]
    reader = _Reader(entry, base, account, owner)
    batch = next((r for b in batches if (r := text(b, "PmtInfId") or text(b, "MsgId"))), "")
    if not batch and details:
        batch = text(details[0], "Refs", "PmtInfId")
    out = Details([], len(details), batch=reference(batch))
    if len(details) <= 1:
        row = reader.row(details[0] if details else {}, out.notes, number)
        row["amount"] = plain(number, base["currency"])
        out.rows = [row]
        out.undoes = [reader.undoes(details[0] if details else {})]
        stated = max(
            (int(n) for b in batches if (n := text(b, "NbOfTxs")).isdigit() and n.isascii()), default=0
        )
        if stated > 1:
            out.notes.append(UNRESOLVED)
        out.bare = stated > 1 or not (row.get("cp_name") or row.get("cp_account_id"))
    else:
        parts = _amounts(details, base, number, out.notes)
        if parts is None:
            out.rows = [reader.together(details, number)]
            marks = {reader.undoes(d) for d in details}
            out.undoes = [marks.pop() if len(marks) == 1 else ""]
            out.bare = True
        else:
            paired = [(d, *p) for d, p in zip(details, parts, strict=True) if p[1]]
            out.rows = [reader.priced(*pair, out.notes) for pair in paired]
            out.undoes = [reader.undoes(d) for d, _, _ in paired]
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
        written, own = money(node(detail, "AmtDtls", kind))
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

    def undoes(self, detail: Node) -> str:
        """Says whether a detail undoes an earlier movement, and how."""
        if self._reversal:
            return REVERSALS
        codes = (node(here, "BkTxCd", "Domn", "Fmly") for here in (detail, self.entry))
        back = "RtrInf" in detail or any(text(c, "SubFmlyCd") in _BACK for c in codes)
        return RETURNS if back else ""

    def row(self, detail: Node, notes: list[str], number: Decimal | None = None) -> Row:
        """Gives the values of one detail, without its amount."""
        entry = self.entry
        refs = node(detail, "Refs")
        row = dict(self.base)
        row["tx_type"], row["channel"] = self._kind(detail)
        row |= self._other(node(detail, "RltdPties"), node(detail, "RltdAgts"), self.undoes(detail))
        row["purpose_code"] = text(detail, "Purp", "Cd") or text(detail, "Purp", "Prtry")
        row["end_to_end_id"] = reference(text(refs, "EndToEndId"))
        row["uetr"] = text(refs, "UETR")
        row["bank_ref"] = reference(
            text(refs, "AcctSvcrRef") or text(entry, "AcctSvcrRef") or text(refs, "TxId")
        )
        row["remittance_info"] = joined(self._said(detail) + self._about())
        self._card(detail, row)
        self._original(detail, row, notes, number)
        return row

    def priced(self, detail: Node, direction: str, part: Decimal, notes: list[str]) -> Row:
        """Gives one detail of a batch whose amounts make up the entry."""
        row = self.row(detail, notes)
        row["amount"], row["direction"] = plain(part, self.base["currency"]), direction
        return row

    def together(self, details: list[Node], number: Decimal) -> Row:
        """Gives a batch as one movement; a counterparty only where all details have the same one."""
        rows = [self.row(d, []) for d in details[:MOST_TEXTS]]
        out = {n: v for n, v in rows[0].items() if all(r.get(n, "") == v for r in rows)}
        if len(details) > MOST_TEXTS:
            out = {n: v for n, v in out.items() if n in self.base or n in {"tx_type", "channel"}}
        if not (out.get("orig_amount") and out.get("orig_currency")):
            out.pop("orig_amount", None)
            out.pop("orig_currency", None)
        out["remittance_info"] = joined(
            [t for d in details[:MOST_TEXTS] for t in self._said(d)] + self._about()
        )
        out["amount"] = plain(number, self.base["currency"])
        return out

    @staticmethod
    def _said(detail: Node) -> list[str]:
        info = remittance(node(detail, "RmtInf"))
        return [*info, *texts(detail, "AddtlTxInf"), *texts(node(detail, "RtrInf"), "AddtlInf")]

    def _about(self) -> list[str]:
        return texts(self.entry, "AddtlNtryInf")

    # --- parts of a detail --------------------------------------------------------------------------

    def _kind(self, detail: Node) -> tuple[str, str]:
        for here in (node(detail, "BkTxCd"), node(self.entry, "BkTxCd")):
            domain = node(here, "Domn")
            family = node(domain, "Fmly")
            found = kind_and_channel(
                text(domain, "Cd"), text(family, "Cd"), text(family, "SubFmlyCd"), text(here, "Prtry", "Cd"),
                self.base["direction"],
            )  # fmt: skip
            if found != ("", ""):
                return found
        return "", ""

    def _other(self, parties: Node, agents: Node, undoes: str) -> Row:
        """Gives the counterparty: the side that the money came from or went to.

        The message of a reversal, and often of a return, keeps the parties of the original, whose direction
        was the opposite one.
        """
        if not parties and not agents:
            return {}
        direction = self.base["direction"]
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
        return row

    def _party(self, parties: Node, agents: Node, direction: str) -> Party:
        who, account, agent = _PARTIES[direction]
        return Party(node(parties, who), node(parties, account), node(agents, agent))

    def _own(self, party: Party) -> bool:
        if party.account:
            return party.account == self.account
        return bool(self.owner) and "".join(party.name.split()).casefold() == self.owner

    def _card(self, detail: Node, row: Row) -> None:
        for card in (node(detail, "CardTx"), node(self.entry, "CardTx")):
            if not card:
                continue
            inner = node(card, "Tx", "Indv") or node(card, "Tx", "Aggtd") or node(card, "Tx")
            row["terminal_id"] = text(card, "POI", "Id", "Id") or text(card, "POI", "Id")
            mcc = text(inner, "MrchntCtgyCd") or text(card, "MrchntCtgyCd")
            row["mcc"] = mcc if len(mcc) == 4 and mcc.isdigit() else ""
            return

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
            stated = [money(node(holder, "AmtDtls", kind)) for kind in ("InstdAmt", "TxAmt")]
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

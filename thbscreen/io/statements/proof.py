"""The proof of reading: what a statement's balances and stated sums show about what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thbscreen.io.statements.records import Statement


def reconciled(statement: Statement) -> dict[str, Any]:
    """Holds a statement's entries against its balances: opening + signed entries = closing.

    Returns:
        `statement` (its own number), `account_id`, `currency`, `entries`, `balances` (closes, gap, or not
        told: which balance is missing or in another currency), `gap` (closing minus what it should be, as
        decimal text; empty unless there is one), `counts` (agree, differ, not told) and `copy`.
    """
    opening, closing, signed = statement.opening, statement.closing, statement.signed
    balances, gap = "not told", ""
    if opening is not None and closing is not None and signed is not None:
        if opening.currency == closing.currency:
            left = closing.amount - opening.amount - signed
            balances, gap = ("gap", format(left, "f")) if left else ("closes", "")
        else:
            balances = "not told: two currencies"
    counts = "not told"
    if statement.declared_entries is not None:
        counts = "agree" if statement.declared_entries == statement.entries else "differ"
    known = closing or opening
    return {
        "statement": statement.number,
        "account_id": statement.account_id,
        "currency": known.currency if known is not None else "",
        "entries": statement.entries,
        "balances": balances,
        "gap": gap,
        "counts": counts,
        "copy": statement.copy,
    }

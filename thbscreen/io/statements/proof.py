"""The proof of reading: what a statement's balances and stated sums show about what was read."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from thbscreen.io.statements.records import Statement

CLOSES, GAP, NOT_TOLD = "closes", "gap", "not told"
#: Messages that have no balances by their nature.
_WITHOUT = frozenset({"notice", "order", "transfer"})


def reconciled(statement: Statement) -> dict[str, Any]:
    """Holds a statement's entries against its balances: opening + signed entries = closing.

    Returns:
        `statement` (its own number), `account_id`, `currency`, `entries`, `details`, `refused`, sums of
        booked entries `credit` and `debit` and of those not booked yet, `currencies`, `balances` (closes,
        gap, or not told: which balance is missing or in another currency), `gap` (closing minus what it
        should be, as decimal text; empty unless there is one), `counts` and `sums` that the statement states
        (agree, differ, not told), `copy`, and the `source`.
    """
    opening, closing, signed = statement.opening, statement.closing, statement.signed
    balances, gap = NOT_TOLD, ""
    if opening is None or closing is None:
        missing = "opening and closing" if opening is closing else "opening" if opening is None else "closing"
        balances = f"not told: no {missing} balance"
    elif opening.currency != closing.currency:
        balances = "not told: two currencies"
    elif signed is None:
        balances = "not told: entries in another currency"
    else:
        left = closing.amount - opening.amount - signed
        balances, gap = (GAP, _text(left)) if left else (CLOSES, "")
    known = closing or opening
    return {
        "statement": statement.number,
        "account_id": statement.account_id,
        "currency": known.currency if known is not None else "",
        "currencies": sorted(statement.currencies),
        "entries": statement.entries,
        "details": statement.details,
        "refused": statement.refused,
        "credit": _text(statement.credit),
        "debit": _text(statement.debit),
        "pending_credit": _text(statement.pending.get("credit")),
        "pending_debit": _text(statement.pending.get("debit")),
        "balances": balances,
        "gap": gap,
        "counts": _agree([(statement.declared_entries, statement.entries)]),
        "sums": _agree(
            [(statement.declared_credit, statement.credit), (statement.declared_debit, statement.debit)]
        ),
        "copy": statement.copy,
        "source": statement.source,
    }


def _agree(pairs: Sequence[tuple[Any, Any]]) -> str:
    told = [(stated, read) for stated, read in pairs if stated is not None and read is not None]
    return NOT_TOLD if not told else "agree" if all(s == r for s, r in told) else "differ"


def _text(number: Decimal | None) -> str:
    if number is None:
        return ""
    written = format(number, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


# --- between statements -----------------------------------------------------------------------------------


def chained(statements: Mapping[tuple[str, int], Statement]) -> list[dict[str, Any]]:
    """Holds each ledger statement of an account against the one before it.

    The next opening should be the last closing, and the running number one more.

    Args:
        statements: by file and running number in it, without repeats.

    Returns:
        One entry for each break: `account_id`, `file` and `statement` before, `next_file` and
        `next_statement`, `missing` (how many statements by their numbers; None when these do not tell) and
        `gap` (next opening minus last closing, as decimal text; empty when they are equal).
    """
    by_account: dict[tuple[str, str], list[tuple[tuple[Any, ...], str, Statement]]] = defaultdict(list)
    for (file, number), said in statements.items():
        if said.source not in {"", "ledger"} or said.opening is None or said.closing is None:
            continue
        if said.opening.currency != said.closing.currency:
            continue
        order = (
            said.closing.day or said.opening.day, said.opening.day, _sequence(said) or 0,
            _sequence(said, page=True) or 0, file, number,
        )  # fmt: skip
        by_account[said.account_id, said.closing.currency].append((order, file, said))
    out: list[dict[str, Any]] = []
    for (account, _), found in sorted(by_account.items()):
        found.sort(key=lambda item: item[0])
        out += _breaks(account, [(file, said) for _, file, said in found])
    return out


def _breaks(account: str, found: list[tuple[str, Statement]]) -> Iterable[dict[str, Any]]:
    for (file, one), (next_file, other) in pairwise(found):
        assert one.closing is not None
        assert other.opening is not None
        gap = other.opening.amount - one.closing.amount
        if not gap or _same_balances(one, other):
            continue  # the same statement in another format
        before, after = _sequence(one), _sequence(other)
        missing = after - before - 1 if before is not None and after is not None else None
        yield {
            "account_id": account,
            "file": file,
            "statement": one.number,
            "next_file": next_file,
            "next_statement": other.number,
            "missing": missing if missing is not None and missing > 0 else None,
            "gap": _text(gap),
        }


def _same_balances(one: Statement, other: Statement) -> bool:
    """Says whether two statements tell of one period; formats differ in the day of an opening balance."""
    assert one.opening is not None
    assert other.opening is not None
    return one.opening.amount == other.opening.amount and one.closing == other.closing


def _sequence(said: Statement, *, page: bool = False) -> int | None:
    written = said.page if page else said.sequence
    return int(written) if written.isascii() and written.isdigit() and len(written) <= 18 else None


# --- for people -------------------------------------------------------------------------------------------


def told(proofs: Sequence[Mapping[str, Any]], breaks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Says in sentences what the balances show; sums and counts, no names or accounts."""
    held = [p for p in proofs if p["source"] not in _WITHOUT]
    out = _balance_line(held) if held else []
    others = len(proofs) - len(held)
    if others:
        out.append(f"{others} message{'s' * (others != 1)} of kinds that have no balances")
    if breaks:
        missing = sum(b["missing"] or 0 for b in breaks)
        stated = f"; by their numbers {missing} missing" if missing else ""
        out.append(
            f"between statements of one account the balance jumps {len(breaks)} "
            f"time{'s' * (len(breaks) != 1)}{stated}"
        )
    differ = sum("differ" in (p["counts"], p["sums"]) for p in proofs)
    if differ:
        out.append(
            f"{differ} statement{'s' * (differ != 1)} {'state' if differ != 1 else 'states'} other counts or "
            "sums than were read"
        )
    return out


def _balance_line(proofs: Sequence[Mapping[str, Any]]) -> list[str]:
    n = len(proofs)
    closes = sum(p["balances"] == CLOSES for p in proofs)
    gaps = [p for p in proofs if p["balances"] == GAP]
    parts = [f"{closes} balance"]
    if gaps:
        sizes = ", ".join(f"{p['gap']} {p['currency']}" for p in gaps[:3])
        more = f" and {len(gaps) - 3} more" if len(gaps) > 3 else ""
        parts.append(f"{len(gaps)} {'has a gap' if len(gaps) == 1 else 'have gaps'} of {sizes}{more}")
    if n - closes - len(gaps):
        parts.append(f"{n - closes - len(gaps)} without balances to hold entries against")
    return [f"{n} statement{'s' * (n != 1)}: {', '.join(parts)}"]

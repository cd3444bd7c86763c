"""Accounts that hold far more movements than others: named in the run folder, counted elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thbscreen.engine.prepare import HOT_ROWS

if TYPE_CHECKING:
    from thbscreen.engine.prepare import Prepared

#: Accounts that are named, those with the most movements first.
NAMED = 100


def hot_accounts(prepared: Prepared) -> dict[str, Any]:
    """Gives what quality.json says of them; nothing when there is none.

    Returns:
        hot_accounts: limit (movements), number (of accounts), accounts (the largest `NAMED`: account_id and
        movements).
    """
    if not prepared.hot:
        return {}
    order = sorted(prepared.hot.items(), key=lambda item: (-item[1], item[0]))[:NAMED]
    ids = prepared.dictionaries["account"]
    named = [{"account_id": ids[code], "movements": rows} for code, rows in order]
    return {"hot_accounts": {"limit": HOT_ROWS, "number": len(prepared.hot), "accounts": named}}


def hot_sentence(prepared: Prepared) -> list[str]:
    """Gives the sentence about them for the findings of quality.json, without ids."""
    if not prepared.hot:
        return []
    number = len(prepared.hot)
    who = "1 account has" if number == 1 else f"{number:,} accounts have"
    most = max(prepared.hot.values())
    return [
        f"{who} more than {HOT_ROWS:,} movements, the largest {most:,}; judged like all others, "
        "but all movements of an account lie in one part, so memory follows the largest"
    ]

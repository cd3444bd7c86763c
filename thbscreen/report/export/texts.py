"""Ids and texts that every export shares: stable keys, text that XML allows, lists as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from thbscreen.report.layout import printable

#: Part of every key, unless the caller names the institution.
NAMESPACE = "thbscreen"

_JSON = json.JSONEncoder(separators=(",", ":"))

CAUTION = (
    "This is a draft for a person to check. It tells what movements of money show and decides nothing about "
    "anybody. Roles are readings of payments. It is confidential: the people it concerns must not learn "
    "of it."
)
HANDLE = (
    "HANDLE AS POSSIBLE VICTIM. Do not contact this person about the finding: the telephone may be in "
    "somebody else's hand. Keep this person out of the list of subjects of a report."
)


def key(kind: str, *parts: str, namespace: str = NAMESPACE) -> str:
    """Gives a stable id made of small letters, digits and one hyphen, for example `m-3f0c…`.

    Args:
        kind: what is named: member, account, link, payment, network; its first letter leads.
        parts: what makes the thing one thing; equal parts give equal keys in every export and run.
        namespace: keeps the ids of two institutions apart.
    """
    text = _JSON.encode([namespace, kind, *parts])
    return f"{kind[0]}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def shown(text: str) -> str:
    r"""Gives text that XML 1.0 may hold and that shows all of itself.

    Control, invisible and direction-changing characters, and the two characters U+FFFE and U+FFFF, are
    written as `\u{1b}`. All else stays.
    """
    if text.isprintable():
        return text
    text = printable(text)
    return text.replace("\ufffe", "\\u{fffe}").replace("\uffff", "\\u{ffff}")


def listed(values: Sequence[Any]) -> str:
    r"""Gives a list as JSON text; what cannot be seen is escaped as JSON does it, `\u001b`."""
    text = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
    return text if text.isprintable() else json.dumps(list(values), separators=(",", ":"))


def shortened(text: str, most: int) -> str:
    """Gives the text, cut to `most` characters with an ellipsis as the last."""
    return text if len(text) <= most else text[: most - 1] + "…"

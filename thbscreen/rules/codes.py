"""What each code of a finding means: cause, wrong and right, as docs/reference/errors.md says it.

The texts lie in `codes.json`, which docs/generate.py makes from that page, so that an installed program
can tell them too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Code:
    """One code: `cause` in one or two sentences, and an example of what is wrong and what is right."""

    code: str
    cause: str
    wrong: str
    right: str


@cache
def codes() -> dict[str, Code]:
    """Gives every code of findings about rules, lists and profiles, in order."""
    text = (resources.files("thbscreen") / "rules" / "codes.json").read_text(encoding="utf-8")
    return {code: Code(code, **facts) for code, facts in json.loads(text).items()}


def warning_codes() -> tuple[str, ...]:
    """Gives the codes of warnings."""
    return tuple(code for code in codes() if code.startswith("W"))

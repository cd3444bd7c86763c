"""The page's own texts, by language. What rules and data say stays in the language of the run."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from thbscreen.errors import UsageError

#: Languages of the page; texts that a language lacks are shown in English.
LANGUAGES = ("en", "el")


def texts(language: str) -> dict[str, str]:
    """Gives all texts of a language by key.

    Raises:
        UsageError: there is no such language.
    """
    if language not in LANGUAGES:
        raise UsageError(
            f"there is no language '{language}'", hint="known languages: " + ", ".join(LANGUAGES)
        )
    return _read("en") | _read(language)


@cache
def _read(language: str) -> dict[str, str]:
    file = resources.files("thbscreen.report.html").joinpath("translations", f"{language}.json")
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return found

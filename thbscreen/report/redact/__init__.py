"""Levels of redaction: a case as it is, under keyed pseudonyms, or as a form without anybody in it."""

from __future__ import annotations

INTERNAL, COUNTERPART, SHARING = "internal", "counterpart", "sharing"
LEVELS = (INTERNAL, COUNTERPART, SHARING)

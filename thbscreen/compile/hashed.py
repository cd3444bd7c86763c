"""Which texts of a column hold an entry of a hashed list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from thbscreen.model.hashed import Hasher, phrases

if TYPE_CHECKING:
    from thbscreen.rules import bundle

#: Phrases whose answer is kept from one chunk to the next, so that common words are hashed once.
_KEPT = 500_000


class HashedList:
    """A hashed list ready to search with; one whose key is not there finds nothing, and is not judged."""

    def __init__(self, found: bundle.WordList) -> None:
        """Prepares the digests of a list."""
        self.at_most = found.words_at_most
        self.hasher = None if found.key is None else Hasher(found.key.secret, found.name)
        self.digests = frozenset(bytes.fromhex(entry) for _, entry in found.entries)
        self.known: dict[str, bool] = {}

    def mentioned_in(self, texts: pl.Series) -> pl.Series:
        """Says which texts hold an entry; a missing text holds none."""
        if self.hasher is None or not self.digests:
            return pl.Series(np.zeros(len(texts), np.bool_))
        found = [text for text in texts.drop_nulls().unique().to_list() if self._holds(text)]
        return texts.is_in(pl.Series(found, dtype=pl.String).implode()).fill_null(value=False)

    def _holds(self, text: str) -> bool:
        return self.hasher is not None and any(
            self._is_entry(phrase, self.hasher) for phrase in phrases(text, self.at_most)
        )

    def _is_entry(self, phrase: str, hasher: Hasher) -> bool:
        known = self.known.get(phrase)
        if known is None:
            if len(self.known) >= _KEPT:
                self.known = {}
            known = self.known[phrase] = hasher.digest(phrase) in self.digests
        return known

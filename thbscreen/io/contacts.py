"""Telephone, e-mail, address and paper of customers: read once, compared as digests.

A value in the open gets its digest here; a digest that came with the data is compared as it is. Nothing is
lost: what cannot be read stays in its column to be shown, has no digest, links nobody, and is counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from thbscreen.model import details
from thbscreen.model.details import Kind, Reader

if TYPE_CHECKING:
    from thbscreen.model.keys import Key

#: Kinds that customers are compared by, with the column in the open and the column of digests.
COLUMNS: dict[Kind, tuple[str, str]] = {
    "phone": ("phone", "phone_hash"),
    "email": ("email", "email_hash"),
    "address": ("address", "address_hash"),
    "id": ("id_number", "id_hash"),
}


@dataclass(slots=True)
class Details:
    """Customers with digests, and what became of their details.

    Attributes:
        parties: canonical parties; columns of digests are filled.
        read: canonical parties as they were read, without the digests that are made here.
        counts: by kind, customers by what became of their value.
        keyed: whether a key of the institution was used.
        key_check: shows whether two runs used one key.
        country: country of telephone numbers without country code.
    """

    parties: pl.DataFrame
    read: pl.DataFrame
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    keyed: bool = False
    key_check: str | None = None
    country: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Gives plain data without any value."""
        return {
            "country_of_telephone_numbers": self.country,
            "keyed": self.keyed,
            "key_check": self.key_check,
            "details": self.counts,
        }


def with_details(parties: pl.DataFrame, reader: Reader, key: Key | None) -> Details:
    """Fills the columns of digests.

    Args:
        parties: canonical parties; columns of `COLUMNS` are used when present.
        reader: how values are read.
        key: the institution's; without one the digests are good for this data only.
    """
    out = Details(parties, parties, keyed=key is not None, country=reader.country)
    if key is not None:
        out.key_check = details.key_check(key.secret)
    for kind, (plain, hashed) in COLUMNS.items():
        if plain in out.parties.columns or hashed in out.parties.columns:
            _one_kind(out, kind, reader, key)
    return out


def _one_kind(out: Details, kind: Kind, reader: Reader, key: Key | None) -> None:
    plain, hashed = COLUMNS[kind]
    counts = out.counts[kind] = {}
    frame = out.parties
    given = pl.Series("given", [None] * frame.height, dtype=pl.String)
    if hashed in frame.columns:
        given = _given(frame[hashed], kind, key, counts)
    made = pl.Series("made", [None] * frame.height, dtype=pl.String)
    if plain in frame.columns:
        made = _made(frame[plain], kind, reader, key, counts)
        both = given.is_not_null() & made.is_not_null()
        counts["differs_from_the_digest_given"] = int((both & (given != made)).sum())
    value = pl.select(pl.coalesce(given, made).alias(hashed))[hashed]
    shared = value.drop_nulls().value_counts(name="n").filter(pl.col("n") > 1)
    counts["values_of_several_customers"] = shared.height
    counts["most_customers_of_one_value"] = max(shared["n"].to_list(), default=0)
    out.parties = frame.with_columns(value)


def _given(column: pl.Series, kind: Kind, key: Key | None, counts: dict[str, int]) -> pl.Series:
    """Gives the digests that came with the data, without those that stand for no value."""
    bare = pl.col("given").str.strip_chars()
    is_hex = bare.str.contains(details.HEX)
    small = pl.when(is_hex).then(bare.str.to_lowercase()).otherwise(bare)
    letters = bare.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "")
    useless = set(details.WORTHLESS)
    if key is not None:
        useless |= details.worthless(key.secret, kind)
    nothing = (
        small.is_in(sorted(useless)) | letters.is_in(sorted(details.NOTHING)) | letters.str.contains("^0*$")
    )
    shapes = details.OPEN.get(kind, ())
    looks = pl.all_horizontal(bare.str.contains(s) for s in shapes) if shapes else pl.lit(value=False)
    table = column.alias("given").to_frame().select(
        small=small, nothing=nothing.fill_null(value=False), looks=(looks & ~is_hex).fill_null(value=False)
    )  # fmt: skip
    counts["digests_given"] = int(column.is_not_null().sum())
    counts["digests_of_no_value"] = int(table["nothing"].sum())
    counts["digests_that_look_like_values"] = int((table["looks"] & ~table["nothing"]).sum())
    return table.select(pl.when(~pl.col("nothing")).then("small").alias("given"))["given"]


def _made(
    column: pl.Series, kind: Kind, reader: Reader, key: Key | None, counts: dict[str, int]
) -> pl.Series:
    """Reads values in the open and gives their digests; equal texts are read once.

    A value that is plainly a digest, as reports under pseudonyms have them, is compared as it is.
    """
    every = column.drop_nulls().unique()
    ready = every.str.contains(details.DIGEST) & every.str.contains("[A-Fa-f]") & pl.Series([kind != "id"])
    texts = every.filter(~ready).to_list()
    readings = {text: reader.read(kind, text) for text in texts}
    forms = {r.form for r in readings.values() if r.form is not None}
    secret = key.secret if key is not None else details.salt(forms)
    digests = {form: details.digest(secret, kind, form) for form in sorted(forms)}
    known = column.value_counts(name="n").drop_nulls()
    outcomes: Counter[str] = Counter()
    for text, n in known.iter_rows():
        outcomes[readings[text].outcome if text in readings else "digest"] += n
    counts["values_given"] = outcomes.total()
    for outcome in ("read", "placeholder", "own", "unreadable", "digest"):
        counts[outcome] = outcomes[outcome]
    table = {text: digests[r.form] for text, r in readings.items() if r.form is not None}
    table |= {text: text.lower() for text in every.filter(ready)}
    return column.replace_strict(
        list(table), list(table.values()), default=None, return_dtype=pl.String
    ).alias("made")

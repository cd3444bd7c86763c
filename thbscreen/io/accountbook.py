"""The accounts of this data under every number they are known by, so that a counterparty is recognised.

An account may be an IBAN in one file and a national number in another, with blanks, hyphens or its bank in
front. Every spelling that can only mean one account of this data is replaced by the id under which the
account table has it. What could mean two accounts, or an account of another bank, is left as it is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.values import iban_holds
from thbscreen.model import iban

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Fewest digits of a number that means an account without its bank.
MIN_DIGITS = 6
_SEED = 0xACC0
_SLASH = re.compile(r"^\s*([A-Za-z0-9]{2,11})\s*/\s*([0-9][0-9 .-]*)\s*$")


class AccountBook:
    """Looks numbers up.

    Attributes:
        ids: ids of the accounts of this data.
        several: numbers that could mean more than one account and are therefore not looked up.
    """

    def __init__(self, accounts: pl.DataFrame, account_parties: pl.DataFrame) -> None:
        """Keeps every spelling of every account.

        Args:
            accounts: canonical; account_id and, when present, iban and bic.
            account_parties: canonical; account_id.
        """
        columns = [c for c in ("account_id", "iban", "bic") if c in accounts.columns]
        rows = accounts.select(columns).unique("account_id", keep="first", maintain_order=True)
        held = account_parties.select("account_id").unique().join(rows, on="account_id", how="anti")
        self.ids = pl.concat([rows["account_id"], held["account_id"]]).drop_nulls().unique().sort()
        bics: list[str | None] = []
        pairs: list[tuple[str, str]] = []
        self._local = False
        for row in (*rows.iter_rows(named=True), *held.iter_rows(named=True)):
            account = row["account_id"]
            pairs += ((key, account) for key in _keys(account, row.get("iban")))
            self._local |= not iban.is_valid(account)
            bics.append(row["bic"].upper()[:8] if row.get("bic") else None)
        known = pl.DataFrame(pairs, schema={"key": pl.String, "meant": pl.String}, orient="row").unique()
        alone = known.filter(pl.col("key").is_unique())
        self.several = known["key"].n_unique() - alone.height
        # The id of one account must not lead to another.
        own = pl.col("key").is_in(self.ids.implode())
        self._known = alone.filter(~own | (pl.col("key") == pl.col("meant")))
        everybody = pl.concat([rows["account_id"], held["account_id"]])
        self._banks = pl.DataFrame({"meant": everybody, "_bank": pl.Series(bics, dtype=pl.String)})
        self._seen = pl.Series("h", [], dtype=pl.UInt64)
        self._found = pl.DataFrame(
            schema={"v": pl.String, "meant": pl.String, "bare": pl.Boolean, "_bank": pl.String}
        )

    def look_up(self, written: pl.DataFrame, column: str, bank: str | None = None) -> pl.DataFrame:
        """Gives the values of a column that mean an account of this data under another spelling.

        Args:
            written: numbers of accounts in any spelling.
            column: where they are.
            bank: column of their banks (BIC). A bare number is an account of this data only if its bank is
                that account's, or is not told.

        Returns:
            The column, `bank` when given, and `meant`; one row per value.
        """
        keys = [column] if bank is None else [column, bank]
        values = written.select(pl.col(column).alias("v")).unique().drop_nulls()
        values = values.join(self.ids.alias("v").to_frame(), on="v", how="anti")
        found = self._meant(self._worth_a_look(values))
        if not found.height:
            return written.select(keys).clear().with_columns(meant=pl.lit(None, dtype=pl.String))
        rows = written.select(keys).join(found, left_on=column, right_on="v").unique()
        if bank is None:
            return rows.select(column, "meant")
        rows = rows.join(self._banks, on="meant", how="left")
        same = pl.col("_bank") == pl.col(bank).str.to_uppercase().str.slice(0, 8)
        sure = ~pl.col("bare") | pl.col(bank).is_null() | same.fill_null(value=False)
        return rows.filter(sure).select(column, bank, "meant")

    def _worth_a_look(self, values: pl.DataFrame) -> pl.DataFrame:
        """Leaves out IBANs that no account has: most counterparties of most files are such."""
        if self._local:
            return values
        whole = pl.col("v").str.contains(iban.SHAPE)
        known = values.join(self._known.select(v="key"), on="v", how="semi")
        return pl.concat([values.filter(~whole), known]).unique()

    def _meant(self, values: pl.DataFrame) -> pl.DataFrame:
        """Gives v, meant and whether v is a bare number without its bank."""
        bare = pl.col("v").str.replace_all(iban.NOISE, "").str.to_uppercase()
        named = bare.str.starts_with("IBAN") & bare.str.slice(4).str.contains(iban.SHAPE)
        slashed = pl.col("v").str.extract_groups(_SLASH.pattern)
        frame = values.with_columns(c=pl.when(named).then(bare.str.slice(4)).otherwise(bare), s=slashed)
        shaped = pl.col("c").str.contains(iban.SHAPE)
        frame = frame.with_columns(shaped=shaped)
        with_bank = pl.concat_str(
            pl.col("s").struct[0].str.to_uppercase(), pl.lit("/"), _stripped(pl.col("s").struct[1])
        )
        digits = pl.when(pl.col("c").str.contains("^[0-9]+$") & pl.col("s").struct[0].is_null())
        number = _stripped(pl.col("c"))
        keys: dict[str, pl.Expr] = {
            "k1": pl.col("c"),
            "k4": with_bank,
            "k5": digits.then(pl.when(number.str.len_bytes() >= MIN_DIGITS).then(number)),
        }
        if self._local:
            keys |= {"k2": pl.when("shaped").then(pl.col("c").str.slice(4)), "k3": _by_parts(frame)}
        frame = frame.with_columns(**keys)
        found = [
            frame.select("v", "c", "shaped", key=k).drop_nulls("key").join(self._known, on="key")
            for k in sorted(keys)
        ]
        out = pl.concat(found).unique("v", keep="first", maintain_order=True)
        told = ~pl.col("shaped") | iban_holds(out["c"])
        return out.filter(told).select("v", "meant", bare=~pl.col("shaped"))

    @property
    def found(self) -> bool:
        """Whether another spelling of a known account was met so far."""
        return self._found.height > 0

    def settle(
        self, frame: pl.DataFrame, accounts: pl.Series | None = None, partners: pl.Series | None = None
    ) -> pl.DataFrame:
        """Replaces other spellings of known accounts in account_id and cp_account_id of movements.

        A counterparty whose number means nothing here may still have an IBAN (cp_iban) that does.

        Args:
            frame: movements.
            accounts: the different values of account_id, where they are known.
            partners: those of cp_account_id, where they are known and as they stand in cp_iban.
        """
        out = self._settled(frame, "account_id", None, accounts)
        if "cp_account_id" not in out.columns:
            return out
        bank = "cp_bic" if "cp_bic" in out.columns else None
        out = self._settled(out, "cp_account_id", bank, partners)
        if "cp_iban" not in out.columns or (partners is not None and not self.found):
            return out
        other = out.select("cp_account_id", "cp_iban").filter(
            pl.col("cp_iban").is_not_null() & pl.col("cp_account_id").ne_missing(pl.col("cp_iban"))
        )
        if not other.height:
            return out
        # An IBAN that is itself the id of an account, or that means one.
        ids = self.ids.alias("cp_iban").to_frame().with_columns(meant="cp_iban")
        by_iban = pl.concat([self.look_up(other, "cp_iban"), ids])
        unknown = other.unique().join(
            self.ids.alias("cp_account_id").to_frame(), on="cp_account_id", how="anti"
        )
        table = unknown.join(by_iban, on="cp_iban")
        if not table.height:
            return out
        keys = ["cp_account_id", "cp_iban"]
        joined = out.join(table, on=keys, how="left", maintain_order="left", nulls_equal=True)
        return joined.with_columns(cp_account_id=pl.coalesce("meant", "cp_account_id")).drop("meant")

    def side(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Replaces other spellings in account_id of a table beside the movements."""
        return self._settled(frame, "account_id", None)

    def _settled(
        self, frame: pl.DataFrame, column: str, bank: str | None, different: pl.Series | None = None
    ) -> pl.DataFrame:
        self._look(frame[column] if different is None else different)
        if not self._found.height:
            return frame
        joined = frame.join(self._found.rename({"v": column}), on=column, how="left", maintain_order="left")
        sure = pl.lit(value=True)
        if bank is not None:
            same = pl.col("_bank") == pl.col(bank).str.to_uppercase().str.slice(0, 8)
            sure = ~pl.col("bare") | pl.col(bank).is_null() | same.fill_null(value=False)
        meant = pl.when(pl.col("meant").is_not_null() & sure).then("meant").otherwise(column)
        return joined.with_columns(meant.alias(column)).drop("meant", "bare", "_bank")

    def _look(self, column: pl.Series) -> None:
        """Looks values up that were not met before; their hashes are remembered, not they."""
        hashes = column.hash(seed=_SEED)
        met = hashes.unique()
        fresh = met.filter(~met.is_in(self._seen.implode()))
        if not len(fresh):
            return
        self._seen = pl.concat([self._seen, fresh])
        values = column.filter(hashes.is_in(fresh.implode())).unique().drop_nulls()
        unknown = values.alias("v").to_frame().join(self.ids.alias("v").to_frame(), on="v", how="anti")
        found = self._meant(self._worth_a_look(unknown)).join(self._banks, on="meant", how="left")
        self._found = pl.concat([self._found, found])


def _stripped(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all("[^0-9A-Za-z]", "").str.strip_chars_start("0")


def _by_parts(frame: pl.DataFrame) -> pl.Expr:
    """Gives bank code and number of IBANs whose parts are known, as `bank/number`."""
    country = pl.col("c").str.slice(0, 2)
    out: pl.Expr = pl.lit(None, dtype=pl.String)
    for name in frame.filter("shaped").select(country.unique())["c"].to_list():
        known = iban.structure(name)
        if known is None or known.account is None:
            continue
        (a, b), (x, y) = known.bank, known.account
        number = _stripped(pl.col("c").str.slice(x, y - x))
        parts = pl.concat_str(pl.col("c").str.slice(a, b - a), pl.lit("/"), number)
        out = pl.when(country == name).then(parts).otherwise(out)
    return pl.when("shaped").then(out)


def _keys(account: str, number: str | None) -> Iterator[str]:
    """Gives the spellings under which an account of this data is found."""
    for written in filter(None, (account, number)):
        compact = iban.compact(written)
        yield compact
        if iban.is_valid(compact):
            yield compact[4:]
            yield from _parts(compact)
        elif (found := _SLASH.match(written)) is not None:
            digits = _digits(found[2])
            yield f"{found[1].upper()}/{digits}"
            if len(digits) >= MIN_DIGITS:
                yield digits
        elif compact.isdigit() and len(_digits(compact)) >= MIN_DIGITS:
            yield _digits(compact)


def _parts(number: str) -> Iterator[str]:
    """Gives bank code with number, and the number alone, of a valid IBAN whose parts are known."""
    known = iban.structure(number[:2])
    if known is None or known.account is None:
        return
    bank = number[slice(*known.bank)]
    digits = _digits(number[slice(*known.account)])
    if digits.isdigit():
        yield f"{bank}/{digits}"
        if len(digits) >= MIN_DIGITS:
            yield digits


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isalnum()).lstrip("0")

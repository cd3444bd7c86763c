"""Which column means what and whose view a row is; open points stay open."""

from __future__ import annotations

from collections.abc import Sequence

from thbscreen.io.inspect.amounts import Amounts, find_amounts, settle_marks, settle_sign
from thbscreen.io.inspect.behind import taken_apart, worded_balance
from thbscreen.io.inspect.facts import Column, Finder, Part, Roles, bare, quoted, source
from thbscreen.io.inspect.forms import date_forms, largest_parts, time_form, written
from thbscreen.io.inspect.words import BOOKED, CLOCKS, FEES, OWN_ACCOUNT, PENDING, folded, meanings
from thbscreen.model.catalogue import CHANNELS
from thbscreen.model.iban import length_of

ISO_DAY = "%Y-%m-%d"
#: Columns whose values are shown in a draft: few words of the bank, never of a customer.
_WORDS = ("tx_type", "status", "channel")
_MOST_WORDS = 12
_AMOUNTS = ("amount", "debit", "credit", "balance_after", "orig_amount")


def find_roles(columns: Sequence[Column], *, named: bool, numbers: bool = False) -> Roles:
    """Finds out what the columns mean.

    Args:
        columns: the columns of the table.
        named: whether the file has a header line.
        numbers: whether amounts are numbers already (a workbook), so that marks do not matter.
    """
    finder = Finder(taken_apart(columns), named=named, numbers=numbers)
    taken: set[str] = set()
    _dates(finder, taken)
    amount = find_amounts(finder, taken)
    settle_marks(finder, amount)
    _account(finder, taken)
    _perspective(finder, taken)
    settle_sign(finder, amount, taken)
    _currency(finder, amount)
    _others(finder, taken)
    _remarks(finder)
    return finder.out


def _remarks(finder: Finder) -> None:
    """Notes what a draft does not show: fees beside amounts, and times of unknown zone."""
    for column in finder.columns:
        if finder.out.balance is None and worded_balance(column):
            finder.out.notes.append(
                f"column {column.name}: words call some balances overdrawn, and no mapping reads them; the "
                "draft leaves it out, so nothing is proved by a running balance"
            )
        if folded(column.name) in FEES and any(c in "123456789" for v in column.values for c in v):
            finder.out.notes.append(f"column {column.name} holds fees, which the draft leaves out")
        if (
            column.dates
            and column.dates[0].timed
            and not any(v.endswith("Z") or "+" in v for v in column.values)
        ):
            finder.out.notes.append(
                f"times in {column.name} have no zone and are taken as the profile's; else declare "
                "defaults: {timezone: ...}"
            )


# --- dates --------------------------------------------------------------------------------------------


def _dated(role: str, column: Column, *, sure: bool, why: str) -> Part:
    forms = [f", format: {quoted(f.form)}" if f.form else "" for f in column.dates]
    candidates = [source(column, form) for form in forms]
    if len(forms) == 1:
        return Part(role, candidates[0], sure, why, [] if sure else candidates)
    plain = [v for v in column.values if v != column.pending]
    parts = largest_parts(plain)
    told = f"the largest first number is {parts[0]}, the largest second one {parts[1]}" if parts else ""
    return Part(role, candidates[0], False, "; ".join(t for t in (why, told) if t), candidates)


def _dates(finder: Finder, taken: set[str]) -> Column | None:
    dated = [c for c in finder.columns if c.dates and not _only_digits(c, finder)]
    column, found = finder.pick("booking_ts", "date")
    sure = finder.named and column is not None
    if not found:
        found = [c for c in dated if not any(r == "value_date" for r, _ in meanings(c.name))] or dated
        column = found[0] if len(found) == 1 else None
        sure = False
    if not found:
        finder.out.columns.append(
            Part(
                "booking_ts", "", False, "no column could be read as a date; its form may be a month in words"
            )
        )
        return None
    if column is not None:
        part = _dated("booking_ts", column, sure=sure, why="" if sure else finder.unnamed)
    else:
        many = [p for c in found for p in _dated("booking_ts", c, sure=False, why="").candidates]
        part = Part("booking_ts", many[0], False, "several columns may be the day of booking", many)
    taken.update(c.name for c in found)
    finder.out.columns.append(_with_clock(finder, column, part, taken) if column is not None else part)
    chosen = column or found[0]
    if chosen.pending:
        finder.out.columns.append(
            Part(
                "status", source(chosen, f", map: {{{quoted(chosen.pending)}: pending}}, else: booked"), sure
            )
        )
        taken.add("status")
    value, _ = finder.pick("value_date", "date")
    if value is not None and value.name not in taken:
        part = _dated("value_date", value, sure=finder.named, why="")
        if part.value != "":
            finder.out.columns.append(part)
        taken.add(value.name)
    return chosen


def _with_clock(finder: Finder, column: Column, part: Part, taken: set[str]) -> Part:
    """Joins the day with the time of day where a column of its own has it."""
    clocks = [c for c in finder.columns if folded(c.name) in CLOCKS and c is not column and c.filled == 1.0]
    form = time_form(clocks[0].values) if len(clocks) == 1 else ""
    if not form or column.pending or any(f.timed for f in column.dates):
        return part
    taken.add(clocks[0].name)
    both = f"{{concat: [{quoted(column.name)}, {quoted(clocks[0].name)}], format: "
    finder.out.notes.append(
        f"times in {clocks[0].name} have no zone and are taken as the profile's; else declare "
        "defaults: {timezone: ...}"
    )
    candidates = [f"{both}{quoted(f'{f.form or ISO_DAY} {form}')}}}" for f in column.dates]
    return Part(part.key, candidates[0], part.sure, part.why, [] if part.sure else candidates)


def _only_digits(column: Column, finder: Finder) -> bool:
    """Says whether a column of mere digits is a date by chance only."""
    return all(v.isdigit() for v in column.values) and not any(
        role in ("booking_ts", "value_date") for role, _ in meanings(column.name)
    )


# --- account, view, currency --------------------------------------------------------------------------


def _account(finder: Finder, taken: set[str]) -> None:
    column, found = finder.pick("account_id", "text")
    out = finder.out
    if column is not None and finder.named:
        why = _not_own(finder, column)
        out.columns.insert(
            0, Part("account_id", source(column), not why, why, [source(column)] if why else [])
        )
        taken.add(column.name)
    elif found and finder.named:
        many = [source(c) for c in found]
        out.columns.insert(0, Part("account_id", many[0], False, "several columns may be it", many))
    elif not {"payer", "payee"} <= set(finder.claims):
        ibans = [source(c) for c in finder.columns if _ibans(c)]
        why = "no column says whose movements these are; write the account's number"
        if ibans:  # a column is named where columns are, so that either line can stand where it is printed
            constant = '{const: "NUMBER OF THE ACCOUNT"}'
            out.columns.insert(0, Part("account_id", "", False, why, [*ibans, constant]))
        else:
            out.defaults.append(Part("account_id", "", False, why, ['"NUMBER OF THE ACCOUNT"']))


def _not_own(finder: Finder, column: Column) -> str:
    """Says why a column may not be the account whose movements these are; empty when it is."""
    if not any(r == "account_id" and o for r, o in meanings(column.name)):
        return finder.unnamed
    if column.filled < 1.0:
        return "some rows have none"
    one = len(set(column.values)) == 1 and len(column.values) > 1
    others = finder.claims.get("cp_account_id") or finder.claims.get("cp_name")
    if one or others or folded(column.name) in OWN_ACCOUNT:
        return ""
    return "it may be the counterparty's account: no other column is, and it is not the same in all rows"


def _ibans(column: Column) -> bool:
    bare = [v.replace(" ", "") for v in column.values]
    return bool(bare) and all(len(v) == length_of(v[:2]) for v in bare)


def _perspective(finder: Finder, taken: set[str]) -> None:
    payer, payee = (finder.claims.get(side) for side in ("payer", "payee"))
    if not payer or not payee:
        return
    out = finder.out
    out.sides = {"payer": source(payer[0][0]), "payee": source(payee[0][0])}
    taken.update((payer[0][0].name, payee[0][0].name))
    owner = "account_id" in finder.claims or "direction" in finder.claims
    out.perspective = Part(
        "perspective", "transfer", finder.named and not owner,
        "the file names payer and payee" + (", and also an account or a direction" if owner else ""),
        ["transfer", "leg"] if owner or not finder.named else [],
    )  # fmt: skip


def _currency(finder: Finder, found: Amounts) -> None:
    column, several = finder.pick("currency", "text")
    out = finder.out
    good = [c for c in several if c.filled == 1.0 and all(len(v) == 3 and v.isupper() for v in c.values)]
    if column is not None and column in good and finder.named:
        out.columns.append(Part("currency", source(column), sure=True))
        return
    amount = found.amount or found.debit
    stated = bare(amount.name)[1] if amount is not None else ""
    if good:
        out.columns.append(
            Part("currency", source(good[0]), False, "several columns may be it", [source(c) for c in good])
        )
    elif stated:
        out.defaults.append(Part("currency", stated, sure=finder.named))
    else:
        out.defaults.append(Part("currency", "", False, "no column names the currency", ["EUR"]))


# --- the rest -----------------------------------------------------------------------------------------

_OTHERS = (
    "cp_account_id", "cp_name", "cp_bic", "remittance_info", "tx_id", "end_to_end_id", "mcc", "card_id",
    "orig_amount", "orig_currency", "tx_type", "status", "channel", "merchant_name", "merchant_id",
    "merchant_country", "terminal_id", "location_city", "location_country", "cp_country", "purpose_code",
    "uetr", "bank_ref", "device_id", "ip", "conductor_id", "batch_id", "ultimate_debtor", "ultimate_creditor",
)  # fmt: skip


def _others(finder: Finder, taken: set[str]) -> None:
    """Adds columns that are not needed: those that only one column claims; others are only named."""
    out = finder.out
    if not finder.named:
        return
    for role in _OTHERS:
        if role in taken:
            continue
        found = [
            c for c, outright in finder.claims.get(role, []) if outright and c.values and c.name not in taken
        ]
        if len(found) != 1:
            continue
        column = found[0]
        if role in _WORDS:
            _word_column(out, role, column)
        elif role in ("orig_amount", "tx_id"):
            out.columns.append(Part(role, "", True, "", [source(column)]))
        else:
            out.columns.append(Part(role, source(column), sure=True))
        taken.add(column.name)


def _word_column(out: Roles, role: str, column: Column) -> None:
    """Adds a column of the bank's own words: a map is drafted, and only known words are mapped."""
    words = sorted(set(column.values))
    if len(words) > _MOST_WORDS or any(sum(c.isdigit() for c in w) > 2 for w in words):
        return
    if role == "status":
        known = {
            w: "booked" if w.casefold() in BOOKED else "pending" if w.casefold() in PENDING else ""
            for w in words
        }
        told = ", ".join(f"{quoted(w)}: {s or 'booked|pending|reversed|returned'}" for w, s in known.items())
        sure = all(known.values())
        out.columns.append(
            Part(role, source(column, f", map: {{{told}}}"), sure, "" if sure else "some words are not known",
                 [] if sure else [source(column, f", map: {{{told}}}")])
        )  # fmt: skip
        return
    if role == "channel":
        plain = {w: w.casefold() if w.casefold() in CHANNELS else "" for w in words}
        if all(plain.values()):
            same = all(w == known for w, known in plain.items())
            told = ", ".join(f"{quoted(w)}: {known}" for w, known in plain.items())
            out.columns.append(Part(role, source(column, "" if same else f", map: {{{told}}}"), sure=True))
            return
        told = ", ".join(f"{quoted(w)}: {known or '|'.join(CHANNELS)}" for w, known in plain.items())
        out.columns.append(Part(role, "", True, "", [source(column, f", map: {{{told}}}")]))
        return
    told = ", ".join(f"{quoted(w)}: cash_deposit|card_purchase|credit_transfer|..." for w in words)
    out.columns.append(Part(role, "", True, "", [source(column, f", map: {{{told}}}, else: other")]))


def column_state(column: Column, role: str) -> tuple[str, float]:
    """Gives what a column's values are, and the share of filled cells that can be read as what it is."""
    column = taken_apart([column])[0]
    if role in _AMOUNTS or (not role and column.amounts is not None and not column.dates):
        good = sum(written(v) is not None for v in column.values)
        return "amount", good / len(column.values) if column.values else 1.0
    if role in ("booking_ts", "value_date") or (not role and column.dates):
        good = sum(bool(date_forms([v])) or v == column.pending for v in column.values)
        return "date", good / len(column.values) if column.values else 1.0
    return ("text" if column.values else "empty"), 1.0

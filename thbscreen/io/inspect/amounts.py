"""Amounts: which columns, which marks, which way the money went, and what a running balance proves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from thbscreen.io.inspect.facts import MOST, Column, Finder, Part, quoted, source
from thbscreen.io.inspect.forms import Marks, marks_of, read, written
from thbscreen.io.inspect.words import direction_of, meanings

#: Share of steps in which a running balance must hold to prove the sign.
_HOLDS = 0.95


@dataclass(slots=True)
class Amounts:
    """Columns of amounts: the one or its candidates, two sides, the balance; and their marks."""

    amount: Column | None = None
    candidates: list[Column] = field(default_factory=list)
    debit: Column | None = None
    credit: Column | None = None
    balance: Column | None = None
    marks: Marks | None = None


def find_amounts(finder: Finder, taken: set[str]) -> Amounts:
    """Finds the columns of amounts; those that are used are added to `taken`."""
    out = Amounts()
    out.amount, out.candidates = finder.pick("amount", "amount")
    out.debit, _ = finder.pick("debit", "amount")
    out.credit, _ = finder.pick("credit", "amount")
    if finder.claims.get("debit") and finder.claims.get("credit"):
        # one of the two may be empty in a short file
        out.debit = out.debit or next((c for c, _ in finder.claims["debit"] if not c.values), None)
        out.credit = out.credit or next((c for c, _ in finder.claims["credit"] if not c.values), None)
    if out.debit is None or out.credit is None:
        out.debit = out.credit = None
    out.balance, _ = finder.pick("balance_after", "amount")
    if not out.candidates and out.debit is None:
        out.candidates = [
            c
            for c in finder.columns
            if c.amounts is not None
            and c is not out.balance
            and not meanings(c.name)
            and not c.dates
            and any("." in v or "," in v for v in c.values)
        ]
    used = [*out.candidates, *(c for c in (out.debit, out.credit, out.balance) if c is not None)]
    taken.update(c.name for c in used)
    return out


def settle_marks(finder: Finder, found: Amounts) -> None:
    """Settles decimal mark, thousands mark and currency sign over all columns of amounts."""
    used = [c for c in (*found.candidates, found.debit, found.credit, found.balance) if c is not None]
    filled = [c for c in used if c.amounts]
    if not filled:
        return
    beside = sorted({w.beside for c in filled for w in c.amounts or [] if w.beside})
    out = finder.out
    if len(beside) == 1:
        out.input.append(Part("currency_sign", quoted(beside[0]), sure=True))
    elif beside:
        out.input.append(
            Part("currency_sign", "", False, "several signs stand beside amounts",
                 [quoted(b) for b in beside])
        )  # fmt: skip
    if finder.numbers:
        found.marks = plain = Marks(".", "")
        # Cells that are numbers need no marks; a sheet may hold amounts as text beside them.
        filled = [c for c in filled if any(read(w.number, plain) is None for w in c.amounts or [])]
        if not filled:
            return
    readings, fractions = marks_of([[w.number for w in c.amounts or []] for c in filled])
    if not readings:
        out.input.append(
            Part("decimal", "", False, "no marks read all amounts; columns may differ from each other",
                 ['"."', '","'])
        )  # fmt: skip
        return
    found.marks = readings[0]
    if len(readings) > 1:
        # with two decimals in every currency that counts cents, three behind a mark are thousands, mostly
        told = [_told(m) for m in readings]
        out.input.append(
            Part(
                "decimal",
                "",
                False,
                "each amount may be read in more than one way, a thousand times apart",
                told,
            )
        )
        return
    if readings[0].decimal != ".":
        out.input.append(Part("decimal", quoted(readings[0].decimal), sure=True))
    if readings[0].thousands:
        mark = {" ": "space"}.get(readings[0].thousands, quoted(readings[0].thousands))
        out.input.append(Part("thousands", mark, sure=True))
    if not fractions:
        out.notes.append("no amount has a decimal part; if the file counts in cents, do not load it as it is")


def _told(marks: Marks) -> str:
    thousands = {"": "none", " ": "space"}.get(marks.thousands, f'"{marks.thousands}"')
    return f'"{marks.decimal}", thousands: {thousands}'


# --- sign ---------------------------------------------------------------------------------------------


def _flag(finder: Finder) -> tuple[Column | None, dict[str, str], bool]:
    """Gives the column of debit and credit words, its value map, and whether words and name are plain."""
    named = [c for c, _ in finder.claims.get("direction", [])]
    sure_name = [c for c, outright in finder.claims.get("direction", []) if outright]
    for column in [*named, *(c for c in finder.columns if c not in named)]:
        values = frozenset(column.values)
        if not 1 <= len(values) <= 4 or column.dates or column.amounts:
            continue
        if column.filled < 1.0 or direction_of(values) is None:
            _likely_flag(finder, column)
            continue
        known = direction_of(values)
        assert known is not None
        mapped, words = known
        both = len(set(mapped.values())) == 2
        if column in sure_name or column in named or both:
            says = column in named or any(r == "tx_type" for r, _ in meanings(column.name))
            behind = bool(column.regex) and both  # behind the amounts they can mean nothing else
            plain = finder.named and (
                behind or (column in sure_name and (both or words)) or (both and words and says)
            )
            return column, mapped, plain
    return None, {}, False


def _likely_flag(finder: Finder, column: Column) -> None:
    """Notes a column that almost says which way money went: some rows have another word, or none."""
    counts = Counter(column.values)
    best = max(
        (
            pair
            for size in (2, 1)
            for pair in combinations(sorted(counts), size)
            if direction_of(frozenset(pair))
        ),
        key=lambda pair: sum(counts[v] for v in pair),
        default=None,
    )
    if best is None:
        return
    known = direction_of(frozenset(best))
    assert known is not None
    mapped = known[0]
    empty = len(column.cells) - len(column.values)
    other = len(column.values) - sum(counts[v] for v in best)
    if empty and len(set(mapped.values())) == 1:
        mapped[""] = "debit" if "credit" in mapped.values() else "credit"
    elif sum(counts[v] for v in best) < MOST * len(column.cells):
        return
    told = ", ".join(f"{quoted(k)}: {v}" for k, v in mapped.items())
    finder.likely.append(source(column, f", map: {{{told}}}"))
    if other:
        finder.out.notes.append(f"column {column.name}: {other} rows have another word than the pair")


def settle_sign(finder: Finder, found: Amounts, taken: set[str]) -> None:
    """Settles how direction is written, and adds the columns of amount, direction and balance."""
    out = finder.out
    if out.perspective.value == "transfer":
        _amount_part(finder, found)
        out.sign = Part("sign", "", sure=True)
        return
    flag, mapped, plain = _flag(finder)
    if flag is not None:
        taken.add(flag.name)
    if found.debit is not None and found.credit is not None and not found.candidates:
        _two_columns(finder, found)
        return
    _amount_part(finder, found)
    if found.debit is not None and found.candidates:
        other = source(found.credit or found.debit)
        both = f"{{rule: debit_credit_columns, debit: {source(found.debit)}, credit: {other}}}"
        out.sign = Part("sign", "{rule: signed}", False, "there are columns for debit and credit besides",
                        ["{rule: signed}", both])  # fmt: skip
        return
    column = found.amount or (found.candidates[0] if found.candidates else None)
    if column is None or not column.amounts:
        out.sign = Part("sign", "", False, "no column of amounts was found")
        return
    negative = any(w.negative for w in column.amounts)
    mapping = ", ".join(f"{quoted(k)}: {v}" for k, v in mapped.items())
    if flag is not None:
        part = Part("direction", source(flag, f", map: {{{mapping}}}"), plain)
        if not plain:
            part.why, part.candidates = "the words or the name are not plain", [part.value]
        out.columns.append(part)
    if negative:
        _signed(finder, found, column, (flag, mapped))
    elif flag is not None:
        out.sign = Part("sign", "{rule: flag_column}", plain, "", [] if plain else ["{rule: flag_column}"])
    else:
        out.sign = Part(
            "sign", "", False, "no amount is negative and no column says which way the money went",
            [] if finder.likely else ["{rule: signed}", "{rule: signed, negative: credit}"],
        )  # fmt: skip
        if finder.likely:
            out.sign.value, out.sign.candidates = "{rule: flag_column}", ["{rule: flag_column}"]
        why = "write which column says it, and what its words mean"
        out.columns.append(
            Part(
                "direction",
                "",
                False,
                why,
                finder.likely or ["{from: COLUMN, map: {IN: credit, OUT: debit}}"],
            )
        )
    _prove(finder, found, column, flag, mapped)


def _amount_part(finder: Finder, found: Amounts) -> None:
    many = [source(c) for c in found.candidates]
    sure = found.amount is not None and finder.named
    if not many:
        finder.out.columns.append(Part("amount", "", False, "no column of amounts was found"))
    elif sure:
        finder.out.columns.append(Part("amount", many[0], sure=True))
    else:
        finder.out.columns.append(Part("amount", many[0], False, finder.unnamed, many))
    if found.balance is not None:
        finder.out.columns.append(Part("balance_after", source(found.balance), finder.named))


def _two_columns(finder: Finder, found: Amounts) -> None:
    assert found.debit is not None
    assert found.credit is not None
    out = finder.out
    value = f"{{rule: debit_credit_columns, debit: {source(found.debit)}, credit: {source(found.credit)}}}"
    filled = [(bool(_number(d, found)), bool(_number(c, found)))
              for d, c in zip(found.debit.cells, found.credit.cells, strict=True)]  # fmt: skip
    once = sum(d != c for d, c in filled)
    minus = any(w.negative for c in (found.debit, found.credit) for w in c.amounts or [])
    below = _all_below(found)
    if below:
        value = f"{value[:-1]}, negative: {below}}}"
    sure = finder.named and once == len(filled) and not minus
    why = (
        ""
        if sure
        else f"{once} of {len(filled)} rows have exactly one of the two" + "; some are negative" * minus
    )
    out.sign = Part("sign", value, sure, why, [] if sure else [value])
    if found.balance is not None:
        out.columns.append(Part("balance_after", source(found.balance), finder.named))
        moves = [_number(c, found) - _number(d, found)
                 for d, c in zip(found.debit.cells, found.credit.cells, strict=True)]  # fmt: skip
        proof = _proof(finder, moves, [_signed_number(v, found) for v in found.balance.cells])
        out.balance = (*proof[:2], "")
        if below and finder.named and once == len(filled) and _proves(proof, "debit"):
            told = f"the running balance proves it in {proof[0]} of {proof[1]} steps"
            out.sign = Part("sign", value, sure=True, why=told)
        if _proves(proof, "credit"):
            sides = f"debit: {source(found.credit)}, credit: {source(found.debit)}"
            turned = f"{{rule: debit_credit_columns, {sides}}}"
            out.sign = Part("sign", value, False, _opposite(proof), [value, turned])


def _all_below(found: Amounts) -> str:
    """Tells which one of the two columns has a minus before every amount; empty when it is not just one."""
    signs = {
        side: {w.negative for c in column.cells if _number(c, found) and (w := written(c)) is not None}
        for side, column in (("debit", found.debit), ("credit", found.credit))
        if column is not None
    }
    with_minus = [side for side, seen in signs.items() if True in seen]
    return with_minus[0] if len(with_minus) == 1 and False not in signs[with_minus[0]] else ""


def _number(text: str, found: Amounts) -> int:
    taken = written(text) if text else None
    value = read(taken.number, found.marks) if taken is not None and found.marks is not None else None
    return value[0] * 10 ** (4 - value[1]) if value is not None and value[1] <= 4 else 0


def _signed_number(text: str, found: Amounts) -> int | None:
    taken = written(text) if text else None
    if taken is None:
        return None
    return -_number(text, found) if taken.negative else _number(text, found)


def _signed(
    finder: Finder, found: Amounts, column: Column, flagged: tuple[Column | None, dict[str, str]]
) -> None:
    """Settles the meaning of a minus: by a column that says it, by the running balance, or not at all."""
    out = finder.out
    flag, mapped = flagged
    if flag is not None:
        pairs = {(w.negative, mapped[f]) for c, f in zip(column.cells, flag.cells, strict=True)
                 if c and f and (w := written(c)) is not None and _number(c, found)}  # fmt: skip
        agree = pairs <= {(True, "debit"), (False, "credit")} and any(negative for negative, _ in pairs)
        why = "" if agree else "sign and flag do not go together in every row"
        choices = ["{rule: signed_and_flag}", "{rule: signed}", "{rule: signed, negative: credit}"]
        out.sign = Part(
            "sign", choices[0], agree and finder.named, why, [] if agree and finder.named else choices
        )
        return
    out.sign = Part(
        "sign", "{rule: signed}", False, "nothing proves what a minus means; mostly it is money out",
        ["{rule: signed}", "{rule: signed, negative: credit}"],
    )  # fmt: skip


def _prove(
    finder: Finder, found: Amounts, column: Column, flag: Column | None, mapped: dict[str, str]
) -> None:
    """Holds the running balance against the amounts; where it holds, it proves the meaning of the sign."""
    out = finder.out
    if found.balance is None or found.marks is None:
        return
    balances = [_signed_number(v, found) for v in found.balance.cells]
    plain = [_signed_number(v, found) or 0 for v in column.cells]
    if flag is not None:
        plain = [
            abs(m) if mapped.get(f) == "credit" else -abs(m) for m, f in zip(plain, flag.cells, strict=True)
        ]
    proof = _proof(finder, plain, balances)
    out.balance = proof[:3]
    held, steps, word, _ = proof
    if flag is not None and _proves(proof, "credit"):
        turned = {"credit": "debit", "debit": "credit"}
        words = [mapped, {k: turned[v] for k, v in mapped.items()}]
        told = [", ".join(f"{quoted(k)}: {v}" for k, v in w.items()) for w in words]
        both = [source(flag, f", map: {{{t}}}") for t in told]
        out.columns = [p for p in out.columns if p.key != "direction"]
        out.columns.append(Part("direction", both[0], False, _opposite(proof), both))
    if flag is None and out.sign.value == "{rule: signed}" and finder.named and _proves(proof, word):
        value = "{rule: signed}" if word == "debit" else "{rule: signed, negative: credit}"
        out.sign = Part(
            "sign", value, sure=True, why=f"the running balance proves it in {held} of {steps} steps"
        )


def _proof(
    finder: Finder, moves: Sequence[int], balances: Sequence[int | None]
) -> tuple[int, int, str, bool]:
    """Gives steps that hold, steps, what a minus then means, and whether the other meaning holds, too.

    Equal amounts hold both ways: rising from the top, and falling from the bottom. That proves nothing.
    """
    tried = [
        (*_steps(finder, [s * m for m in moves], balances), word)
        for s, word in ((1, "debit"), (-1, "credit"))
    ]
    both = all(held >= steps * _HOLDS for held, steps, _ in tried)
    return (*max(tried, key=lambda item: item[0]), both)


def _proves(proof: tuple[int, int, str, bool], word: str) -> bool:
    """Says whether a running balance proves that a minus means `word`."""
    held, steps, best, both = proof
    return best == word and steps > 1 and held >= steps * _HOLDS and not both


def _opposite(proof: tuple[int, int, str, bool]) -> str:
    held, steps, _, _ = proof
    return f"the running balance holds in {held} of {steps} steps, but only if the words mean the opposite"


def _steps(finder: Finder, moves: Sequence[int], balances: Sequence[int | None]) -> tuple[int, int]:
    """Gives how many steps of a running balance hold, in either order, and how many there are.

    A file of several accounts has a balance for each.
    """
    owner = next(
        (c for c, outright in finder.claims.get("account_id", []) if outright and c.filled == 1.0), None
    )
    keys = owner.cells if owner is not None else [""] * len(moves)
    ledgers: dict[str, list[tuple[int, int]]] = {}
    for key, move, balance in zip(keys, moves, balances, strict=True):
        if balance is not None:
            ledgers.setdefault(key, []).append((move, balance))
    down = up = steps = 0
    for ledger in ledgers.values():
        for (m1, b1), (m2, b2) in pairwise(ledger):
            down += b2 - b1 == m2
            up += b1 - b2 == m1
            steps += 1
    return max(down, up), steps

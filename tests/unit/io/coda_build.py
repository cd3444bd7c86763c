"""CODA statements written for tests."""

from __future__ import annotations

OWN = "BE68539007547034"
OTHER = "BE71096123456769"


def move(
    number: int, thousandths: int, *, debit: bool = False, code: str = "00150000", detail: int = 0,
    text: str = "", structured: bool = False, name: str = "", account: str = "", bic: str = "",
) -> str:  # fmt: skip
    """Writes records 21, 22 and 23 of a movement, or of a detail of it."""
    place = f"{number:04d}{detail:04d}"
    text = f"{text:149s}"
    return (
        f"21{place}{f'REF{number}':21s}{int(debit)}{thousandths:015d}060126{code}{int(structured)}{text[:53]}"
        "05012600101 0\n"
        f"22{place}{text[53:106]}{'':35s}{bic:11s}{'':16s}1 0\n"
        f"23{place}{account:34s}{'EUR' if account else '':3s}{name:35s}{text[106:149]}0 0\n"
    )


def info(number: int, text: str, *, structured: bool = False) -> str:
    """Writes a record 31."""
    return f"31{number:04d}0001{'REF':21s}00150000{int(structured)}{text:73s}{'':12s}0 0\n"


def statement(
    *moves: str, opening: int = 0, closing: int | None = None, sums: tuple[int, int] | None = None,
    records: int | None = None, number: int = 1, own: str = OWN, version: str = "2", more: bool = False,
) -> str:  # fmt: skip
    """Writes a statement from record 0 to record 9; balances and sums are right unless they are given."""
    lines = "".join(moves).splitlines()
    booked = [x for x in lines if x[:2] == "21" and x[6:10] == "0000" and x[32:47].isdigit()]
    credit = sum(int(x[32:47]) for x in booked if x[31] == "0")
    debit = sum(int(x[32:47]) for x in booked if x[31] == "1")
    credit, debit = sums or (credit, debit)
    after = opening + sum(int(x[32:47]) * (1 if x[31] == "0" else -1) for x in booked)
    closing = after if closing is None else closing
    account = f"{own:12s} EUR0BE{'':18s}" if version == "1" else f"{own:34s}EUR"
    form = "0" if version == "1" else "2"
    out = [
        f"0000006012630005{'':18s}{'HOLDER':26s}GEBABEBB{'':59s}{version}",
        f"1{form}001{account}0{opening:015d}040126{'Holder':26s}{'current account':35s}{number:03d}",
        *lines,
        f"8001{account}{int(closing < 0)}{abs(closing):015d}060126{'':64s}0",
        f"9{'':15s}{len(lines) + 2 if records is None else records:06d}{debit:015d}{credit:015d}"
        f"{'':75s}{1 if more else 2}",
    ]
    assert {len(line) for line in out} == {128}
    return "\n".join(out) + "\n"

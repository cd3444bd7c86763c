"""CODA: what the codes and communications of a movement say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from thbscreen.io.statements.mt_codes import NOTHING, Kind
from thbscreen.io.statements.mt_entry import plain
from thbscreen.io.statements.parties import clean, is_iban
from thbscreen.io.statements.values import RefusalError, amount

_TRANSFER: Kind = ("credit_transfer", "")
_INSTANT: Kind = ("instant_transfer", "")
_CHEQUE: Kind = ("cheque", "")
_DEBIT: Kind = ("direct_debit", "")
_OTHER: Kind = ("other", "")
_POS: Kind = ("card_purchase", "pos")
_FEE: Kind = ("fee", "")
_CASH_OUT: Kind = ("cash_withdrawal", "branch")
_CASH_IN: Kind = ("cash_deposit", "branch")

#: Families of transaction codes: operations that tell, `*` for any other.
_FAMILIES: dict[str, dict[str, Kind]] = {
    "01": {"*": _TRANSFER},
    "02": {"*": _INSTANT},
    "03": {"*": _CHEQUE},
    # 50, 55 and 68 are takings of a merchant: nobody's transfer
    "04": {
        "02": _POS, "06": _POS, "07": ("card_purchase", ""), "08": _POS, "03": _OTHER,
        "04": ("cash_withdrawal", "atm"), "53": ("cash_deposit", "atm"),
        "05": ("wallet_load", ""), "09": ("wallet_load", ""), "50": _OTHER, "55": _OTHER, "68": _OTHER,
    },
    "05": {"*": _DEBIT},
    "07": {"*": _OTHER},
    "09": {"01": _CASH_OUT, "13": _CASH_OUT, "50": _CASH_IN, "52": _CASH_IN, "58": _CASH_IN,
           "*": ("", "branch")},
    "11": {"*": _OTHER},
    "13": {"*": ("loan", "")},
    "35": {"01": ("interest", ""), "50": ("interest", "")},
    "41": {"*": ("cross_border", "")},
    "43": {"*": _CHEQUE},
    "47": {"*": _OTHER},
    "80": {"*": _FEE},
}  # fmt: skip
_AGAINST = {
    ("card_purchase", "credit"): "card_refund", ("cash_withdrawal", "credit"): "other",
    ("cash_deposit", "debit"): "other",
}  # fmt: skip
#: Operations that say the same in every family: costs, and costs given back.
_COSTS = frozenset({"37", "87"})
#: Family and operation of what comes back: unpaid and reimbursed direct debits, transfers not carried out.
_BACK = frozenset({"0503", "0505", "0554", "0154"})
_BELGIAN = re.compile(r"[0-9]{12}")
_RETURN = re.compile(r" {3}[1-5](?:[A-Z]{2}[A-Z0-9]{2}| {4})")
_ORIGINAL = re.compile(r"105([0-9]{15})([0-9]{15})[0-9]{12}([A-Z]{3})")


def kind_of(code: str, direction: str) -> Kind:
    """Tells kind of movement and channel; empty where unknown.

    Args:
        code: the eight digits of a transaction code.
        direction: debit or credit; what goes against its code is a correction.
    """
    family, operation = code[1:3], code[3:5]
    if operation in _COSTS:
        return _FEE
    known = _FAMILIES.get(family, {})
    kind, channel = known.get(operation) or known.get("*") or NOTHING
    return _AGAINST.get((kind, direction), kind), channel


def is_return(code: str, behind_bic: str) -> bool:
    """Says whether a movement gives back an earlier one.

    Args:
        code: the transaction code.
        behind_bic: record 22 from there on: three blanks, type of return and its reason, where it has them.
            Statements from before the euro payments area have references of the bank in that place.
    """
    return code[1:5] in _BACK or _RETURN.match(behind_bic) is not None


def as_iban(number: str) -> str:
    """Gives a Belgian number of twelve digits as its IBAN where its check digits hold, else as it is."""
    bare = re.sub(r"[\s./-]", "", number)
    if not _BELGIAN.fullmatch(bare) or int(bare[:10]) == 0:
        return number
    if (int(bare[:10]) % 97 or 97) != int(bare[10:]):
        return number
    made = f"BE{98 - int(bare + '111400') % 97:02d}{bare}"
    return made if is_iban(made) else number


@dataclass(slots=True)
class Said:
    """What the communications of one movement say.

    Attributes:
        text: parts of the free text.
        name: the counterparty's, where it is longer than that of record 23.
        ultimate_debtor: the party behind the payer.
        ultimate_creditor: the party behind the payee.
    """

    text: list[str] = field(default_factory=list)
    name: str = ""
    ultimate_debtor: str = ""
    ultimate_creditor: str = ""

    def take(self, raw: str, *, structured: bool) -> None:
        """Takes in the communication of records 21 to 23, joined as it stands."""
        text = _structured(raw) if structured else clean(raw)
        if text:
            self.text.append(text)

    def inform(self, raw: str, *, structured: bool) -> None:
        """Takes in the communication of records 31 to 33, joined as it stands."""
        sort = raw[:3] if structured else ""
        match sort:
            case "001":
                self.name = clean(raw[3:73])
            case "008":
                self.ultimate_creditor = clean(raw[3:73])
            case "009":
                self.ultimate_debtor = clean(raw[3:73])
            case "004" | "005":  # banks between
                pass
            case "002":
                self.take(raw[3:], structured=False)
            case _:
                self.take(raw, structured=False)


def _structured(raw: str) -> str:
    sort, digits = raw[:3], raw[3:15]
    if sort in {"101", "102"} and _BELGIAN.fullmatch(digits):
        rest = clean(raw[15:])
        return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++" + (f" {rest}" if rest else "")
    if sort == "127" and clean(raw[82:144]):
        return clean(raw[82:144])  # direct debit: behind day, kind, creditor and mandate
    return clean(raw[3:] if sort == "100" else raw)


def original(raw: str, currency: str) -> tuple[str, str]:
    """Gives the amount before conversion of a detail of type 105 as decimal text, and its currency."""
    found = _ORIGINAL.match(raw)
    if found is None or found[3] == currency or not int(found[2]):
        return "", ""
    try:
        return plain(money(found[2], found[3])), found[3]
    except RefusalError:
        return "", ""


def money(written: str, currency: str) -> Decimal:
    """Reads thousandths.

    Raises:
        RefusalError: D102 for what is no number, D103 for what is not whole in the currency's units, D104.
    """
    if not re.fullmatch(r"[0-9]{15}", written):
        raise RefusalError("D102")
    return amount(f"{int(written[:12])}.{written[12:]}", currency)

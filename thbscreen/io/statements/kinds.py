# ruff: noqa: E501  # lists of words
"""What the codes of bank transactions say about the kind of movement and its channel."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Family and sub-family of the domain PMNT, the sub-family `*` for any other; kind for a debit, kind for a
#: credit, channel. Families: issued and received credit transfers, instant ones, direct debits, cards, cash.
_TRANSFER = ("credit_transfer", "credit_transfer", "")
_FAMILIES: dict[str, dict[str, tuple[str, str, str]]] = {
    "RCDT": {"XBCT": ("cross_border", "cross_border", ""), "*": _TRANSFER},
    "ICDT": {"XBCT": ("cross_border", "cross_border", ""), "*": _TRANSFER},
    "RRCT": {"*": ("instant_transfer", "instant_transfer", "")},
    "IRCT": {"*": ("instant_transfer", "instant_transfer", "")},
    "RDDT": {"*": ("direct_debit", "direct_debit", "")},
    "IDDT": {"*": ("direct_debit", "direct_debit", "")},
    "RCHQ": {"*": ("cheque", "cheque", "")},
    "ICHQ": {"*": ("cheque", "cheque", "")},
    "LBOX": {"*": ("cheque", "cheque", "")},
    "CCRD": {
        "CWDL": ("cash_withdrawal", "cash_withdrawal", "atm"),
        "XBCW": ("cash_withdrawal", "cash_withdrawal", "atm"),
        "CDPT": ("cash_deposit", "cash_deposit", "atm"),
        "POSC": ("card_purchase", "card_refund", "pos"),
        "POSD": ("card_purchase", "card_refund", "pos"),
        "POSP": ("card_purchase", "card_refund", "pos"),
        "XBCP": ("card_purchase", "card_refund", ""),
        "*": ("card_purchase", "card_refund", ""),
    },
    # takings of a merchant by card: nobody's transfer; charges have sub-families of their own
    "MCRD": {"*": ("other", "other", "")},
    "CNTR": {
        "CDPT": ("cash_deposit", "cash_deposit", "branch"),
        "FCDP": ("cash_deposit", "cash_deposit", "branch"),
        "BCDP": ("cash_deposit", "cash_deposit", "branch"),
        "CWDL": ("cash_withdrawal", "cash_withdrawal", "branch"),
        "FCWD": ("cash_withdrawal", "cash_withdrawal", "branch"),
        "BCWD": ("cash_withdrawal", "cash_withdrawal", "branch"),
        "CHKD": ("cheque", "cheque", "branch"),
        "*": ("", "", "branch"),
    },
}
#: Sub-families that say the same in every family.
_EVERYWHERE = {
    "CHRG": "fee", "FEES": "fee", "COMM": "fee", "COMI": "fee", "COMT": "fee", "INTR": "interest",
}  # fmt: skip
_LOANS = frozenset({"FTLN", "NTLN", "CSLN", "MGLN", "SYDN", "LNDS"})
#: Four letters that SWIFT statements use, also found as proprietary codes.
_SWIFT = {
    "NTRF": "credit_transfer", "NCHK": "cheque", "NCHG": "fee", "NCOM": "fee", "NINT": "interest",
    "NDDT": "direct_debit", "NSTO": "credit_transfer", "NLDP": "loan",
}  # fmt: skip
#: Three digits of German business codes: kind for a debit, for a credit, channel.
_GERMAN: dict[str, tuple[str, str, str]] = {
    "004": ("direct_debit", "direct_debit", ""), "005": ("direct_debit", "direct_debit", ""),
    "104": ("direct_debit", "direct_debit", ""), "105": ("direct_debit", "direct_debit", ""),
    "106": ("card_purchase", "card_refund", "pos"), "107": ("direct_debit", "direct_debit", ""),
    "082": ("cash_deposit", "cash_deposit", ""), "083": ("cash_withdrawal", "cash_withdrawal", ""),
    "116": _TRANSFER, "117": _TRANSFER, "152": _TRANSFER, "153": _TRANSFER, "166": _TRANSFER,
    "168": ("instant_transfer", "instant_transfer", ""), "118": ("instant_transfer", "instant_transfer", ""),
    "201": ("cross_border", "cross_border", ""), "202": ("cross_border", "cross_border", ""),
    "805": ("fee", "fee", ""), "808": ("fee", "fee", ""), "814": ("interest", "interest", ""),
}  # fmt: skip
#: Words of banks' own codes: kind for a debit, for a credit, channel, and how such codes begin, without marks.
_WORDS: tuple[tuple[tuple[str, str, str], tuple[str, ...]], ...] = (
    (("fee", "fee", ""), (
        "FEE", "CHARGE", "COMMISSION", "ΠΡΟΜΗΘ", "ΕΞΟΔΑ", "ΧΡΕΩΣΗ ΠΡΟΜ", "GEBUHR", "SPESEN", "GEBYR", "AVGIFT",
        "PALVELUMAKSU", "FRAIS",
    )),
    (("interest", "interest", ""), ("INTEREST", "ΤΟΚΟΙ", "ΤΟΚΟΣ", "ZINS", "RENTE", "RANTA", "KORKO", "INTERETS")),
    (("cash_withdrawal", "cash_deposit", "atm"), (
        "ATM", "ΑΤΜ", "CASH WITHDRAWAL ATM", "ΑΝΑΛΗΨΗ ATM", "ΑΝΑΛΗΨΗ ΑΤΜ", "BANCOMAT", "BANKOMAT", "MINIBANK",
        "KONTANTUTTAK", "KONTANTUTTAG", "OTTO",
    )),
    (("cash_withdrawal", "cash_deposit", ""), (
        "CASH WITHDRAWAL", "WITHDRAWAL", "ΑΝΑΛΗΨ", "CASH DEPOSIT", "CASH", "ΚΑΤΑΘΕΣΗ ΜΕΤΡ", "ΜΕΤΡΗΤ", "UTTAK",
        "INNSKUDD", "INSATTNING", "BARAUSZAHLUNG", "BAREINZAHLUNG",
    )),
    (("card_purchase", "card_refund", "pos"), (
        "POS", "CARD PURCHASE", "PURCHASE", "DEBIT CARD", "ΑΓΟΡΑ", "VAREKJ", "KORTKJ", "KORTKOP", "VISA", "MASTERCARD",
        "KARTENZAHLUNG", "KORTTIOSTO",
    )),
    (("direct_debit", "direct_debit", ""), (
        "DIRECT DEBIT", "SDD", "ΠΑΓΙΑ", "ΑΜΕΣΗ ΧΡΕΩΣΗ", "AVTALEGIRO", "AUTOGIRO", "LASTSCHRIFT", "SUORAVELOITUS",
    )),
    (("loan", "loan", ""), ("LOAN", "ΔΑΝΕΙ", "LAN ", "DARLEHEN")),
    (("cheque", "cheque", ""), ("CHEQUE", "CHQ", "ΕΠΙΤΑΓ")),
    (("instant_transfer", "instant_transfer", ""), ("INSTANT", "SCT INST", "ΑΜΕΣΗ ΜΕΤΑΦΟΡΑ", "SWISH", "VIPPS", "IRIS")),
    (("credit_transfer", "credit_transfer", ""), (
        "TRANSFER", "SCT", "CREDIT TRANSFER", "INWARD", "OUTWARD", "STANDING ORDER", "ΕΜΒΑΣΜΑ", "ΜΕΤΑΦΟΡΑ", "ΠΛΗΡΩΜΗ",
        "OVERFORING", "OVERFØRING", "GIRO", "BANKGIRO", "PLUSGIRO", "UBERWEISUNG", "GUTSCHRIFT", "TILISIIRTO", "VIREMENT",
    )),
)  # fmt: skip
_PROPRIETARY = re.compile(r"(?P<swift>N[A-Z]{3})(?:\+(?P<german>[0-9]{3}).*)?|(?P<alone>[0-9]{3})\+.*")


@lru_cache(4096)
def kind_and_channel(domain: str, family: str, sub: str, proprietary: str, direction: str) -> tuple[str, str]:
    """Gives `tx_type` and `channel`; empty where the codes say nothing.

    Args:
        domain: such as PMNT.
        family: such as RCDT.
        sub: sub-family such as ESCT.
        proprietary: the bank's own code, looked at where the others say nothing.
        direction: debit or credit.
    """
    if sub in _EVERYWHERE:
        return _EVERYWHERE[sub], ""
    if domain == "LDAS" and family in _LOANS:
        return "loan", ""
    if domain in {"", "PMNT"} and family in _FAMILIES:
        known = _FAMILIES[family]
        debit, credit, channel = known.get(sub) or known["*"]
        return (debit if direction == "debit" else credit), channel
    return _own_code(proprietary, direction)


def _own_code(code: str, direction: str) -> tuple[str, str]:
    found = _PROPRIETARY.fullmatch(code)
    if found is None:
        return _in_words(code, direction)
    german = _GERMAN.get(found["german"] or found["alone"] or "")
    if german is not None:
        return german[0 if direction == "debit" else 1], german[2]
    return _SWIFT.get(found["swift"] or "", ""), ""


def _in_words(code: str, direction: str) -> tuple[str, str]:
    """Reads a code that is a word: the longest beginning that is known tells."""
    upper = unicodedata.normalize("NFKD", code.upper()).replace("_", " ").replace("-", " ")
    bare = "".join(c for c in upper if not unicodedata.combining(c))
    best, found = 0, ("", "")
    for (debit, credit, channel), words in _WORDS:
        longest = max((len(w) for w in words if _begins(bare, w)), default=0)
        if longest > best:
            best, found = longest, (debit if direction == "debit" else credit, channel)
    return found


def _begins(bare: str, word: str) -> bool:
    """Says whether a code begins with a word; short ones must stand alone."""
    if not bare.startswith(word):
        return False
    return len(word) > 5 or len(bare) == len(word) or not bare[len(word)].isalpha()

"""What type codes of statements mean: SWIFT's own, those of Dutch banks, German ones, words."""

from __future__ import annotations

#: Kind of movement and channel; both may be empty.
Kind = tuple[str, str]
NOTHING: Kind = ("", "")
_TRANSFER: Kind = ("credit_transfer", "")
_DEBIT: Kind = ("direct_debit", "")
_CHEQUE: Kind = ("cheque", "")
_FEE: Kind = ("fee", "")
_INTEREST: Kind = ("interest", "")
_CARD: Kind = ("card_purchase", "")
_POS: Kind = ("card_purchase", "pos")
_ATM: Kind = ("cash_withdrawal", "atm")
_CASH_OUT: Kind = ("cash_withdrawal", "")
_CASH_IN: Kind = ("cash_deposit", "")
_INSTANT: Kind = ("instant_transfer", "")
_ONLINE: Kind = ("credit_transfer", "online")
_LOAN: Kind = ("loan", "")

#: Letters behind N, S or F in line :61:.
_LETTERS: dict[str, Kind] = {
    "TRF": _TRANSFER, "STO": _TRANSFER, "DDT": _DEBIT, "CHK": _CHEQUE, "CLR": _CHEQUE, "TCK": _CHEQUE,
    "CHG": _FEE, "COM": _FEE, "BRF": _FEE, "INT": _INTEREST, "LDP": _LOAN,
    # Dutch banks
    "OV": _TRANSFER, "OVB": _TRANSFER, "IOB": _TRANSFER, "GT": _ONLINE, "ID": _ONLINE, "IDB": _ONLINE,
    "VZ": _TRANSFER, "GM": _ATM, "GEA": _ATM, "BA": _POS, "BEA": _POS, "IC": _DEBIT, "INC": _DEBIT,
    "ST": _CASH_IN, "CHQ": _CHEQUE, "CHP": ("wallet_load", ""), "RNT": _INTEREST, "KST": _FEE, "KTN": _FEE,
    "BTL": ("cross_border", ""),
}  # fmt: skip

_GERMAN: dict[Kind, tuple[int, ...]] = {
    _CHEQUE: (1, 2, 3, 11, 70, 101, 102, 103, 111, 112, 122, 170),
    _DEBIT: (4, 5, 6, 9, 71, 84, 104, 105, 107, 108, 109, 171, 174, 181, 182, 184, 192, 195, 196, 197),
    _TRANSFER: (
        8, 13, 15, 20, 51, 52, 53, 54, 56, 59, 67, 87, 88, 116, 117, 119, 152, 153, 154, 155, 156, 159,
        166, 167, 169, 191, 194,
    ),
    _ONLINE: (177,),
    _INSTANT: (118, 157, 160, 161, 168),
    _CARD: (106,),
    _CASH_IN: (82,),
    _CASH_OUT: (83,),
    _FEE: (808, 809, 810),
    _INTEREST: (814,),
}  # fmt: skip
_BY_GERMAN = {f"{code:03d}": kind for kind, codes in _GERMAN.items() for code in codes}

#: Money that comes back: returned debits, transfers and items.
_RETURNS = frozenset({"009", "059", "108", "109", "159", "181", "184"})

#: Words that begin the text of Dutch statements, and the value of /TRTP/.
_WORDS: tuple[tuple[str, Kind], ...] = (
    ("SEPA OVERBOEKING", _TRANSFER), ("SEPA INCASSO", _DEBIT), ("SEPA ACCEPTGIRO", _TRANSFER),
    ("SEPA IDEAL", _ONLINE), ("IDEAL", _ONLINE), ("SEPA PERIODIEKE OVERB", _TRANSFER), ("BEA ", _POS),
    ("GEA ", _ATM),
    ("SEPA CREDIT TRANSFER", _TRANSFER), ("SEPA DIRECT DEBIT", _DEBIT),
)  # fmt: skip


def kind_of(code: str, german: str, words: str, direction: str) -> Kind:
    """Tells what a movement is: from the German transaction code, else the letters of :61:, else words.

    Args:
        code: four characters of line :61:, such as NTRF.
        german: three digits at the beginning of field :86:, or empty.
        words: beginning of the text, or the type that the text names.
        direction: debit or credit.

    Returns:
        `tx_type` and `channel`, empty where nothing tells.
    """
    found = _BY_GERMAN.get(german) or _LETTERS.get(code[1:].strip()) or NOTHING
    if found is NOTHING:
        upper = words.upper()
        found = next((kind for begin, kind in _WORDS if upper.startswith(begin)), NOTHING)
    # What pays out when money leaves is a payment in, or a refund, when money comes.
    turned = {"cash_withdrawal": "cash_deposit", "card_purchase": "card_refund"}
    back = {"cash_deposit": "cash_withdrawal", "card_refund": "card_purchase"}
    kind, channel = found
    return (turned if direction == "credit" else back).get(kind, kind), channel


def is_return(code: str, german: str) -> bool:
    """True when a movement gives back an earlier one, as its codes say."""
    return code[1:].strip() == "RTI" or german in _RETURNS

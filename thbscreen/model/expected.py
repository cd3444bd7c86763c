"""On which kinds of movement a column belongs; elsewhere its absence says nothing."""

from __future__ import annotations

CARD = ("card_purchase", "card_refund", "preauth", "card_cash_advance")
CASH = ("cash_deposit", "cash_withdrawal")
TRANSFER = ("credit_transfer", "instant_transfer", "cross_border", "direct_debit", "remittance")
_CARD_OR_CASH = (*CARD, *CASH)
#: Column to the kinds of movement on which it belongs.
EXPECTED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("mcc", "merchant_id", "merchant_name", "merchant_country", "card_id"), CARD),
    **dict.fromkeys(("location_city", "location_country", "terminal_id"), _CARD_OR_CASH),
    **dict.fromkeys(("cp_account_id", "cp_iban", "cp_name", "cp_country", "remittance_info"), TRANSFER),
    "conductor_id": CASH,
}

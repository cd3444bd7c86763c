"""The field catalogue: every column that exists, what it means, and what may never be one.

One row of `transactions` is one movement on one account (a leg), seen from `account_id`.
Rules name transaction fields plainly (`amount_eur`), the account's as `account.product`, its primary
holder's as `party.kind`, and those of a counterparty that is itself a customer as `cp.kind`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["text", "enum", "money", "time", "date", "flag", "whole", "share"]
Table = Literal["transactions", "accounts", "parties", "account_parties"]

TX_TYPES = (
    "cash_deposit", "cash_withdrawal", "credit_transfer", "instant_transfer", "cross_border",
    "direct_debit", "card_purchase", "card_refund", "preauth", "card_cash_advance", "wallet_load",
    "remittance", "cheque", "crypto", "loan", "fee", "interest", "other",
)  # fmt: skip
CHANNELS = ("branch", "atm", "online", "mobile", "pos", "ecom", "msb")
STATUSES = ("booked", "pending", "reversed", "returned")
HOLDER_ROLES = ("holder", "joint_holder", "signatory", "mandate", "card_user", "beneficial_owner")


@dataclass(frozen=True, slots=True)
class Field:
    """One column of one canonical table.

    Attributes:
        name: canonical name.
        table: canonical table.
        kind: money is integer minor units inside the engine and decimal units in files;
            time is UTC microseconds inside.
        meaning: what a value says, for people.
        required: a file without it is refused.
        values: the closed set of an enum.
        rule_input: rules may test it (lineage columns and free names of persons may not be tested).
    """

    name: str
    table: Table
    kind: Kind
    meaning: str
    required: bool = False
    values: tuple[str, ...] = ()
    rule_input: bool = True


def _f(
    table: Table, name: str, kind: Kind, meaning: str, *, req: bool = False,
    values: tuple[str, ...] = (), rule: bool = True,
) -> Field:  # fmt: skip
    return Field(name, table, kind, meaning, req, values, rule)


_T: Table = "transactions"
TRANSACTIONS: tuple[Field, ...] = (
    _f(_T, "tx_id", "text", "unique id of the movement in the source"),
    _f(_T, "account_id", "text", "account whose ledger this is", req=True),
    _f(_T, "booking_ts", "time", "booking time; local midnight when only a date is known", req=True),
    _f(_T, "has_time", "flag", "false when the source gives a date without a time of day", rule=False),
    _f(_T, "value_date", "date", "value date"),
    _f(
        _T, "direction", "enum", "credit or debit, seen from account_id", req=True, values=("credit", "debit")
    ),
    _f(_T, "amount", "money", "booked amount in `currency`, always positive", req=True, rule=False),
    _f(_T, "currency", "text", "ISO 4217 code of `amount`"),
    _f(_T, "amount_eur", "money", "booked amount in euros; missing when no rate is given"),
    _f(_T, "orig_amount", "money", "instructed amount before conversion", rule=False),
    _f(_T, "orig_currency", "text", "ISO 4217 code of `orig_amount`"),
    _f(_T, "status", "enum", "only booked rows are screened", values=STATUSES, rule=False),
    _f(_T, "reversal_of", "text", "tx_id of the row that this one undoes", rule=False),
    _f(_T, "tx_type", "enum", "kind of movement", values=TX_TYPES),
    _f(_T, "channel", "enum", "how it was ordered", values=CHANNELS),
    _f(_T, "cp_account_id", "text", "counterparty account in the same form as account_id"),
    _f(_T, "cp_iban", "text", "counterparty IBAN, only if its check digits hold"),
    _f(_T, "cp_name", "text", "counterparty as received; only payee lists may test it"),
    _f(_T, "cp_country", "text", "country of the counterparty's account, ISO 3166 alpha-2"),
    _f(_T, "cp_bic", "text", "bank of the counterparty"),
    _f(_T, "ultimate_debtor", "text", "party behind the payer, as written", rule=False),
    _f(_T, "ultimate_creditor", "text", "party behind the payee, as written; may only be counted"),
    _f(_T, "purpose_code", "text", "ISO 20022 external purpose code, such as SALA or RENT"),
    _f(_T, "category_purpose", "text", "ISO 20022 category purpose code"),
    _f(_T, "end_to_end_id", "text", "reference given by the payer"),
    _f(_T, "uetr", "text", "unique end-to-end transaction reference", rule=False),
    _f(_T, "bank_ref", "text", "reference given by the bank", rule=False),
    _f(_T, "remittance_info", "text", "free text of the payment, parts joined by one blank"),
    _f(_T, "mcc", "text", "merchant category code (ISO 18245), four digits"),
    _f(_T, "merchant_id", "text", "merchant as identified by the card scheme"),
    _f(_T, "merchant_name", "text", "merchant as printed; only merchant lists may test it"),
    _f(_T, "merchant_country", "text", "country of the merchant, ISO 3166 alpha-2"),
    _f(_T, "location_city", "text", "town of the card, machine or counter"),
    _f(_T, "location_country", "text", "country of the card, machine or counter"),
    _f(_T, "terminal_id", "text", "cash machine or card terminal"),
    _f(_T, "card_id", "text", "card, pseudonymous"),
    _f(_T, "conductor_id", "text", "who stood at the counter, pseudonymous"),
    _f(
        _T, "on_behalf_of", "text", "customer for whom it was paid, such as a passenger or tenant; a party_id"
    ),
    _f(_T, "device_id", "text", "device that gave the order, pseudonymous"),
    _f(_T, "ip", "text", "network address of the order, pseudonymous"),
    _f(_T, "balance_after", "money", "signed balance after the movement"),
    _f(_T, "batch_id", "text", "groups the details of one booked batch", rule=False),
    _f(_T, "source_file", "text", "file the row came from", rule=False),
    _f(_T, "source_row", "whole", "row in that file, counted from 1 without the header", rule=False),
)

_A: Table = "accounts"
ACCOUNTS: tuple[Field, ...] = (
    _f(_A, "account_id", "text", "account", req=True),
    _f(_A, "iban", "text", "IBAN", rule=False),
    _f(_A, "bic", "text", "bank", rule=False),
    _f(_A, "institution", "text", "bank's name or code"),
    _f(_A, "country", "text", "country where the account is kept"),
    _f(_A, "currency", "text", "ISO 4217 code"),
    _f(_A, "product", "text", "product, such as current or savings"),
    _f(_A, "branch", "text", "branch that keeps the account"),
    _f(_A, "opened_date", "date", "day of opening"),
    _f(_A, "closed_date", "date", "day of closing"),
)

_P: Table = "parties"
PARTIES: tuple[Field, ...] = (
    _f(_P, "party_id", "text", "customer", req=True),
    _f(_P, "kind", "enum", "natural or legal person", req=True, values=("natural", "legal")),
    _f(_P, "name", "text", "name; shown to analysts, never an input of a rule", rule=False),
    _f(_P, "age_band", "text", "age band such as 18-24; only to protect the young"),
    _f(_P, "residence_country", "text", "country of residence, ISO 3166 alpha-2"),
    _f(_P, "address", "text", "postal address in the open; address_hash is made from it", rule=False),
    _f(_P, "phone", "text", "telephone number in the open; phone_hash is made from it", rule=False),
    _f(_P, "email", "text", "e-mail address in the open; email_hash is made from it", rule=False),
    _f(_P, "id_number", "text", "number of a paper or tax number; id_hash is made from it", rule=False),
    _f(_P, "address_hash", "text", "hash of the normalised address"),
    _f(_P, "phone_hash", "text", "hash of the normalised telephone number"),
    _f(_P, "email_hash", "text", "hash of the normalised e-mail address"),
    _f(
        _P,
        "id_hash",
        "text",
        "hash of the number of a paper; shows one customer with two numbers",
        rule=False,
    ),
    _f(_P, "name_hash", "text", "hash of the folded name; never an input of a rule", rule=False),
    _f(_P, "occupation", "text", "occupation on file"),
    _f(_P, "employer_id", "text", "employer on file"),
    _f(_P, "declared_monthly_income_eur", "money", "declared monthly income in euros"),
    _f(_P, "sector_nace", "text", "sector of a legal person (NACE code)"),
    _f(_P, "licence", "text", "licence or registered trade on file, such as wedding_trade or payroll_bureau"),
    _f(_P, "declared_turnover", "money", "declared yearly turnover in euros"),
    _f(_P, "declared_employees", "whole", "declared number of employees"),
    _f(_P, "incorporation_date", "date", "day of incorporation"),
    _f(_P, "onboarding_ts", "time", "time of onboarding"),
)

_AP: Table = "account_parties"
ACCOUNT_PARTIES: tuple[Field, ...] = (
    _f(_AP, "account_id", "text", "account", req=True),
    _f(_AP, "party_id", "text", "customer", req=True),
    _f(_AP, "role", "enum", "what the customer may do with the account", req=True, values=HOLDER_ROLES),
    _f(_AP, "since", "date", "first day"),
    _f(_AP, "until", "date", "last day"),
)

TABLES: dict[str, tuple[Field, ...]] = {
    "transactions": TRANSACTIONS,
    "accounts": ACCOUNTS,
    "parties": PARTIES,
    "account_parties": ACCOUNT_PARTIES,
}

#: Row facts that the engine derives at preparation; rules may test them like columns.
DERIVED: dict[str, Field] = {
    "party_id": _f(_T, "party_id", "text", "primary holder of the account"),
    "account.age_days": _f(_A, "age_days", "whole", "whole days from opening to booking"),
    "cp.age_days": _f(
        _A, "age_days", "whole", "whole days from the opening of the counterparty's account to booking"
    ),
    "own_transfer": _f(_T, "own_transfer", "flag", "both sides have the same primary holder"),
    "same_address": _f(_T, "same_address", "flag", "both holders have the same address hash"),
    "network_id": _f(
        _T, "network_id", "text", "suspected network of the account; rules that group by it run after linking"
    ),
}


@dataclass(frozen=True, slots=True)
class RuleField:
    """A field as a rule names it: `mcc`, `account.product`, `party.kind`, `cp.kind`."""

    path: str
    source: Literal["transaction", "account", "party", "cp", "derived"]
    field: Field


def rule_fields() -> dict[str, RuleField]:
    """Gives every name that a rule over transactions may use, by path.

    `cp.X` is the primary holder's X of a counterparty that is a customer here, and missing for
    all others.
    """
    out = {f.name: RuleField(f.name, "transaction", f) for f in TRANSACTIONS if f.rule_input}
    out |= {
        f"account.{f.name}": RuleField(f"account.{f.name}", "account", f) for f in ACCOUNTS if f.rule_input
    }
    out |= {f"party.{f.name}": RuleField(f"party.{f.name}", "party", f) for f in PARTIES if f.rule_input}
    out |= {f"cp.{f.name}": RuleField(f"cp.{f.name}", "cp", f) for f in PARTIES if f.rule_input}
    out |= {path: RuleField(path, "derived", f) for path, f in DERIVED.items()}
    return out


_FORBIDDEN: dict[str, tuple[str, ...]] = {
    "citizenship": (
        "citizenship", "citizenships", "nationality", "nationalities", "citizen", "passport_country",
        "home_country", "country_of_origin", "origin_country",
        "id_document_country", "document_country", "ιθαγενεια",
        "υπηκοοτητα", "εθνικοτητα", "staatsangehoerigkeit", "nationalite", "cetatenie", "гражданство",
    ),
    "birthplace": (
        "birthplace", "birth_place", "place_of_birth", "country_of_birth", "birth_country", "born_in",
        "τοπος_γεννησης", "χωρα_γεννησης", "место_рождения",
    ),
    "ethnicity": (
        "ethnicity", "ethnic_origin", "ethnic_group", "race", "caste", "tribe", "skin_colour", "skin_color",
        "φυλη", "национальность",
    ),
    "religion": ("religion", "faith", "denomination", "church_tax", "θρησκεια", "θρησκευμα", "религия"),
    "sex": ("sex", "gender", "φυλο", "geschlecht", "sexe", "пол"),
    "language of the customer": ("language", "mother_tongue", "preferred_language", "γλωσσα"),
    "asylum status": (
        "asylum_status", "asylum", "refugee", "refugee_status", "migration_status", "immigration_status",
        "residence_permit", "visa", "visa_type",
    ),
}  # fmt: skip


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.rsplit(".", 1)[-1]).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c)).replace("ς", "σ")
    return "_".join("".join(c if c.isalnum() else " " for c in text).split())


_FORBIDDEN_PLAIN = {trait: [f"_{_plain(word)}_" for word in words] for trait, words in _FORBIDDEN.items()}


@lru_cache(maxsize=10_000)
def forbidden_input(name: str) -> str | None:
    """Names the protected trait that a column name stands for, or None.

    Compares folded whole names and their ends and beginnings, so `customer_gender` and
    `Gender Code` are found, and `essex_branch` is not.

    Source: docs/explanation/what-we-never-use.md
    """
    plain = f"_{_plain(name)}_"
    for trait, words in _FORBIDDEN_PLAIN.items():
        if any(word in plain for word in words):
            return trait
    return None


_PERSON_NAMES = frozenset(
    _plain(word)
    for word in (
        "name", "first_name", "firstname", "given_name", "forename", "middle_name", "last_name", "lastname",
        "surname", "family_name", "maiden_name", "birth_name", "full_name", "fullname", "patronymic",
        "ονομα", "επωνυμο", "имя", "фамилия", "отчество",
    )
)  # fmt: skip


def names_a_person(name: str) -> bool:
    """Says whether a field is the name of a person, which files may hold to be shown and no rule may test."""
    return _plain(name) in _PERSON_NAMES


FORBIDDEN_REASON = (
    "thbscreen never looks at citizenship, birthplace, ethnicity, religion, sex, language, asylum status "
    "or names as a proxy for them: such a rule would flag people for who they "
    "are, not for what the money does"
)

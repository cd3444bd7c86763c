"""One report taken apart: transactions become movements, and what they name becomes accounts and people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING

from thbscreen.model import iban
from thbscreen.model.people import name_key

if TYPE_CHECKING:
    from thbscreen.io.goaml_codes import ReportCodes
    from thbscreen.io.xmltree import XmlElement

#: Begins a comment whose facts no element holds: `facts: kind=card_purchase; mcc=5411`.
FACTS = "facts: "
_MOVEMENT_FACTS = {
    "kind": "tx_type", "mcc": "mcc", "merchant": "merchant_id",
    "merchant_country": "merchant_country", "location_country": "location_country", "terminal": "terminal_id",
    "card": "card_id", "conductor": "conductor_id", "purpose": "purpose_code",
    "category_purpose": "category_purpose", "reference": "end_to_end_id",
    "ultimate_creditor": "ultimate_creditor", "ultimate_debtor": "ultimate_debtor",
}  # fmt: skip
_SIDE_FACTS = {"device": "device_id", "ip": "ip", "balance": "balance_after"}
_PARTY_FACTS = {
    "income": "declared_monthly_income_eur", "licence": "licence", "turnover": "declared_turnover",
    "employees": "declared_employees", "age_band": "age_band", "onboarded": "onboarding_ts",
    "sector": "sector_nace",
}  # fmt: skip
_CARDS = {"card_purchase", "card_refund", "preauth", "card_cash_advance"}
_BANDS = ((18, "under 18"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"))
_PLACEHOLDERS = {"1753-01-01", "1800-01-01", "1900-01-01", "2100-12-31", "9999-12-31"}
_UNKNOWN = {"", "-", "UNKNOWN", "N/A", "NA"}
_SIDES = {"payer": ("t_from_my_client", "t_from", "from"), "payee": ("t_to_my_client", "t_to", "to")}
Row = dict[str, str]


class End:
    """One end of a payment: whose it is, and what is known of it."""

    def __init__(
        self, account: str, name: str, country: str, bic: str, kind: str, client: bool, bank: str
    ) -> None:
        """Keeps what the report says."""
        self.account = account
        self.name = name
        self.country = country
        self.bic = bic
        self.kind = kind
        self.client = client
        self.bank = bank


class Parts:
    """The rows that one report gives.

    Attributes:
        movements: rows of transactions.
        accounts: rows of accounts; an account may come several times.
        parties: rows of parties, likewise; `employer_name` is replaced by an id later.
        account_parties: who holds which account.
        entity_names: folded names of entities with their ids.
        bad: (number, code) of transactions that cannot be read as movements.
    """

    def __init__(self, codes: ReportCodes) -> None:
        """Starts with nothing."""
        self.movements: list[Row] = []
        self.accounts: list[Row] = []
        self.parties: list[Row] = []
        self.account_parties: list[Row] = []
        self.entity_names: dict[str, str] = {}
        self.bad: list[tuple[int, str]] = []
        self._codes = codes
        self._entity = ""
        self._currency = ""
        self._until = date.max

    def header(self, element: XmlElement) -> None:
        """Takes what transactions need of the header."""
        text = element.text.strip()
        if element.name == "rentity_id":
            self._entity = text
        elif element.name == "currency_code_local":
            self._currency = text
        elif element.name in {"submission_date", "report_date"}:
            self._until = _day(text) or self._until

    def activity(self, element: XmlElement) -> None:
        """Takes accounts and people of an activity; it tells no movements."""
        for party in element.descendants():
            if party.name == "report_party":
                for child in party.children:
                    self._subject(child, strict=child.name.endswith("_my_client"))

    # --- transactions -------------------------------------------------------------------------------

    def transaction(self, element: XmlElement, seen: set[tuple[str, ...]]) -> int:
        """Takes one transaction.

        Args:
            element: the transaction.
            seen: transactions that were taken already; this one is added.

        Returns:
            1 when another report holds the same transaction, so that nothing was taken, otherwise 0.
        """
        ends = self._ends(element)
        number = element.value("transactionnumber")
        if ends is None:
            self.bad.append((len(self.movements) + len(self.bad) + 1, "D123"))
            return 0
        payer, payee = ends
        reporter = self._entity or payer.bank or payee.bank
        key = (
            reporter, number, element.value("date_transaction"), element.value("amount_local"), payer.account,
            payee.account,
        )  # fmt: skip
        if number and key in seen:
            return 1
        seen.add(key)
        facts = facts_of(element.value("comments"))
        base = self._base(element, facts, payer, payee)
        own = [e for e in ("payer", "payee") if (payer if e == "payer" else payee).client]
        own = own or [e for e in ("payer", "payee") if (payer if e == "payer" else payee).account]
        for end in own:
            mine, other = (payer, payee) if end == "payer" else (payee, payer)
            self.movements.append(self._leg(base, facts, end, mine, other, f"{reporter}/{number}"))
        if not own:
            self.bad.append((len(self.movements) + len(self.bad) + 1, "D101"))
        return 0

    def _ends(self, element: XmlElement) -> tuple[End, End] | None:
        found: dict[str, End] = {}
        for end, (strict, lenient, prefix) in _SIDES.items():
            side = element.find(strict) or element.find(lenient)
            if side is not None:
                found[end] = self._side(side, prefix, client=side.name == strict)
        involved = element.find("involved_parties")
        for party in involved.all("party") if involved is not None else []:
            means = self._codes.ends.get(party.value("role"), "")
            if not means or means in found:
                return None
            found[means] = self._involved(party)
        if len(found) != 2:
            return None
        return found["payer"], found["payee"]

    def _side(self, side: XmlElement, prefix: str, *, client: bool) -> End:
        country = side.value(f"{prefix}_country")
        for kind in ("account", "person", "entity"):
            inner = side.find(f"{prefix}_{kind}")
            if inner is not None:
                return self._end(inner, kind, country, client=client)
        return End("", "", country, "", "", client, "")

    def _involved(self, party: XmlElement) -> End:
        for kind in ("account", "person", "entity"):
            for name, client in ((f"{kind}_my_client", True), (kind, False)):
                inner = party.find(name)
                if inner is not None:
                    return self._end(inner, kind, party.value("country"), client=client)
        return End("", "", party.value("country"), "", "", False, "")

    def _end(self, inner: XmlElement, kind: str, country: str, *, client: bool) -> End:
        if kind == "account":
            number, bank = self._account(inner, strict=client)
            name = self._text(inner.value("account_name")) or self._text(inner.value("t_entity", "name"))
            return End(number, name, country, inner.value("swift"), kind, client, bank)
        if client:
            self._party(inner, kind)
        name = _name(inner) if kind == "person" else inner.value("name")
        return End("", self._text(name), country, "", kind, client, "")

    def _base(self, element: XmlElement, facts: Row, payer: End, payee: End) -> Row:
        codes = self._codes
        said = "" if facts.get("no_text") else element.value("transaction_description")
        row = {
            "booking_ts": element.value("date_transaction"),
            "value_date": element.value("value_date")[:10],
            "amount": element.value("amount_local"),
            "currency": self._currency or "EUR",
            "channel": codes.channels.get(element.value("transmode_code"), ""),
            "tx_type": codes.kinds.get(element.value("transaction_type_code"), "")
            or self._kind(element, payer, payee),
            "remittance_info": said,
            "bank_ref": element.value("internal_ref_number"),
            "location_city": self._text(element.value("transaction_location")),
            "location_country": _country(element.value("transaction_address", "country_code")),
        }
        foreign = next((e for e in element.descendants() if e.name.endswith("foreign_currency")), None)
        if foreign is not None:
            row["orig_amount"] = foreign.value("foreign_amount")
            row["orig_currency"] = foreign.value("foreign_currency_code")
        row |= {column: facts[label] for label, column in _MOVEMENT_FACTS.items() if facts.get(label)}
        return row

    def _kind(self, element: XmlElement, payer: End, payee: End) -> str:
        """Tells the kind of movement from the form of value and from who stands on which side."""
        names = {"from_funds_code", "to_funds_code", "funds_code"}
        funds = {self._codes.funds.get(e.text.strip(), "") for e in element.descendants() if e.name in names}
        if "cash" in funds:
            return "cash_deposit" if payee.account else "cash_withdrawal"
        if "card" in funds:
            return "card_purchase" if payer.account else "card_refund"
        for name in ("remittance", "cheque", "crypto"):
            if name in funds:
                return name
        if payer.account and payee.account:
            countries = {_country(payer.country), _country(payee.country)} - {""}
            return "cross_border" if len(countries) > 1 else "credit_transfer"
        return ""

    def _leg(self, base: Row, facts: Row, end: str, mine: End, other: End, number: str) -> Row:
        row = {
            **base,
            "tx_id": f"{number}/{'D' if end == 'payer' else 'C'}",
            "account_id": mine.account,
            "direction": "debit" if end == "payer" else "credit",
            "cp_account_id": other.account,
            "cp_country": _country(other.country),
            "cp_bic": other.bic,
        }
        cards = row["tx_type"] in _CARDS or bool(row.get("mcc"))
        row["merchant_name" if other.kind == "entity" and cards else "cp_name"] = other.name
        if not other.account and (cards or other.kind == "person"):
            row["cp_country"] = ""  # of the machine or shop, which has columns of its own
            row.setdefault("location_country", "")
        if facts:
            row["channel"] = facts.get(f"{end}_channel", "")
        row |= {
            column: facts[f"{end}_{label}"]
            for label, column in _SIDE_FACTS.items()
            if facts.get(f"{end}_{label}")
        }
        if end == "payee" and facts.get("payee_time"):
            row["booking_ts"] = facts["payee_time"]
        return row

    # --- accounts and people ------------------------------------------------------------------------

    def _subject(self, element: XmlElement, *, strict: bool) -> None:
        kind = element.name.removesuffix("_my_client")
        if kind == "account":
            self._account(element, strict=strict)
        elif kind in {"person", "entity"}:
            self._party(element, kind)

    def _account(self, element: XmlElement, *, strict: bool) -> tuple[str, str]:
        """Takes an account; gives its id and the bank's code."""
        written, number = iban.normalise(element.value("account")), iban.normalise(element.value("iban"))
        bank = element.value("swift") or self._text(element.value("institution_code"))
        if iban.is_valid(number):
            identity = number
        elif iban.looks_like_iban(written) or not bank:
            identity = written
        else:
            identity = f"{bank}/{written}"
        if not written:
            return "", bank
        if not strict:
            return identity, bank
        valid = iban.is_valid(identity)
        self.accounts.append({
            "account_id": identity,
            "iban": identity if valid else "",
            "bic": element.value("swift"),
            "institution": bank,
            "country": _country(element.value("institution_country")) or (identity[:2] if valid else ""),
            "currency": element.value("currency_code"),
            "product": self._codes.products.get(
                element.value("personal_account_type") or element.value("account_type"), ""
            ),
            "branch": self._text(element.value("branch")),
            "opened_date": element.value("opened")[:10],
            "closed_date": element.value("closed")[:10],
        })  # fmt: skip
        self._holders(element, identity)
        return identity, bank

    def _holders(self, element: XmlElement, account: str) -> None:
        entity = element.find("t_entity")
        if entity is not None:
            self._hold(account, self._party(entity, "entity", account), "holder")
        people = [*element.all("signatory")]
        related = element.find("related_persons")
        people += related.all("account_related_person") if related is not None else []
        for number, signatory in enumerate(people):
            person = signatory.find("t_person")
            if person is None:
                continue
            primary = signatory.find("is_primary") is not None or (not number and len(people) == 1)
            role = self._codes.roles.get(signatory.value("role"), "")
            fallback = "holder" if primary and entity is None else "signatory"
            self._hold(account, self._party(person, "person", account), role or fallback)

    def _hold(self, account: str, party: str, role: str) -> None:
        self.account_parties.append({"account_id": account, "party_id": party, "role": role})

    def _party(self, element: XmlElement, kind: str, account: str = "") -> str:
        """Takes a person or entity, and the account where it stands in one; gives the id."""
        identity = self._identity(element, kind, account)
        facts = facts_of(element.value("comments"))
        address = element.find("addresses", "address") or element.find("address")
        lines = address.children if address is not None else []
        where = {c.name: c.text.strip() for c in lines if c.name in _ADDRESS and c.text.strip()}
        phone = element.find("phones", "phone")
        row = {
            "party_id": identity,
            "kind": "natural" if kind == "person" else "legal",
            "name": _name(element) if kind == "person" else element.value("name"),
            "address": _address(where),
            "phone": _telephone(phone) if phone is not None else "",
            "email": element.value("email") or element.value("emails", "email"),
        }  # fmt: skip
        if kind == "person":
            row["age_band"] = self._age_band(element.value("birthdate"))
            row["residence_country"] = _country(element.value("residence"))
            row["occupation"] = self._text(element.value("occupation"))
            row["employer_name"] = _folded(element.value("employer_name"))
        else:
            row["sector_nace"] = self._text(element.value("business"))
            row["residence_country"] = _country(element.value("incorporation_country_code"))
            row["incorporation_date"] = element.value("incorporation_date")[:10]
            self.entity_names.setdefault(_folded(row["name"]), identity)
        row |= {column: facts[label] for label, column in _PARTY_FACTS.items() if facts.get(label)}
        self.parties.append(row)
        return identity

    def _identity(self, element: XmlElement, kind: str, account: str = "") -> str:
        """Makes an id that is the same for the same person at every bank, and tells nothing by itself.

        A name with a day of birth or the number of a register makes one person of two; a name alone does not,
        so the holder of an account of whom nothing else is told is somebody else than one of another account.
        """
        names = (
            ("ssn", "id_number", "tax_number") if kind == "person" else ("incorporation_number", "tax_number")
        )
        for name in names:
            value = element.value(name)
            if value not in _UNKNOWN:
                return f"R{self.hashed(kind, name, _folded(value))}"
        paper = element.find("identification") or element.find("identifications", "identification")
        if paper is not None and paper.value("number") not in _UNKNOWN:
            parts = (paper.value("issue_country"), _folded(paper.value("number")))
            return f"R{self.hashed(kind, 'paper', *parts)}"
        if element.value("passport_number") not in _UNKNOWN:
            parts = (element.value("passport_country"), _folded(element.value("passport_number")))
            return f"R{self.hashed(kind, 'paper', *parts)}"
        name = _name(element) if kind == "person" else element.value("name")
        born = element.value("birthdate")[:10]
        if not born or born in _PLACEHOLDERS:
            born = f"account {account}" if account else ""
        return f"R{self.hashed(kind, 'name', name_key(name) or _folded(name), born)}"

    def hashed(self, *parts: str) -> str:
        """Gives sixteen hexadecimal digits that stand for some texts."""
        return blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()

    def _age_band(self, text: str) -> str:
        born = _day(text)
        if born is None or born.isoformat() in _PLACEHOLDERS or self._until == date.max or born > self._until:
            return ""
        years = self._until.year - born.year - ((self._until.month, self._until.day) < (born.month, born.day))
        return next((band for limit, band in _BANDS if years < limit), "65+")

    def _text(self, value: str) -> str:
        text = value.strip()
        return "" if text.upper() in _UNKNOWN or text == self._codes.unknown else text


_PARTING = re.compile("[%;=\x00-\x1f]")
_ESCAPED = re.compile("%([0-9A-F]{2})")
_ADDRESS = {"address", "house_number", "apartment_number", "city", "zip"}


def facts_of(comment: str) -> Row:
    """Takes a comment of facts apart; any other comment gives none."""
    if not comment.startswith(FACTS):
        return {}
    pairs = [part.partition("=") for part in comment.removeprefix(FACTS).split(";")]
    return {n.strip(): _unescaped(v.strip()) for n, _, v in pairs if n.strip() and v.strip()}


def facts_comment(facts: Iterable[tuple[str, str]]) -> str:
    """Gives the comment that `facts_of` takes apart; signs that part facts become such as `%3B`."""
    made = [f"{label}={_PARTING.sub(_escape, value)}" for label, value in facts if value]
    return FACTS + "; ".join(made) if made else ""


def _escape(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _name(element: XmlElement) -> str:
    """Gives a person's name: as in the papers where the report has it, otherwise first and last."""
    whole = element.value("full_name_frn")
    return whole or " ".join(
        filter(None, (element.value(n) for n in ("first_name", "middle_name", "last_name")))
    )


def _address(parts: Row) -> str:
    """Gives an address as one text: street, numbers, flat, postcode and town."""
    flat = parts.get("apartment_number")
    street = " ".join(filter(None, (parts.get("address"), parts.get("house_number"))))
    town = " ".join(filter(None, (parts.get("zip"), parts.get("city"))))
    return ", ".join(filter(None, (street, f"flat {flat}" if flat else "", town)))


def _telephone(element: XmlElement) -> str:
    """Gives a telephone number with the code of its country where the report tells it apart."""
    code = element.value("tph_country_prefix").strip().lstrip("+").removeprefix("00")
    number = element.value("tph_number").strip()
    if not code or not number or number.startswith(("+", "00")):
        return number
    return f"+{code} {number}"


def _folded(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _country(text: str) -> str:
    return text if len(text) == 2 and text.isalpha() and text.isupper() else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None

"""The elements of accounts, persons, entities and the two sides of a payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from thbscreen.filing.case import CONTROLLER, VICTIM, FilingCase, Movement, Party
from thbscreen.filing.latin import latin, plain
from thbscreen.filing.profile import FilingProfile
from thbscreen.filing.writer import Shared, Tree
from thbscreen.io.goaml_parts import facts_comment
from thbscreen.model import iban

#: Columns of a movement that no element holds, by the name that the comment gives them.
FACT_COLUMNS = {
    "tx_type": "kind", "mcc": "mcc", "merchant_id": "merchant",
    "merchant_country": "merchant_country", "location_country": "location_country", "terminal_id": "terminal",
    "card_id": "card", "conductor_id": "conductor", "purpose_code": "purpose",
    "category_purpose": "category_purpose", "end_to_end_id": "reference",
    "ultimate_creditor": "ultimate_creditor", "ultimate_debtor": "ultimate_debtor",
}  # fmt: skip
#: Columns of a customer that no element holds, by the name that the comment gives them.
PARTY_COLUMNS = {
    "declared_monthly_income_eur": "income", "licence": "licence", "declared_turnover": "turnover",
    "declared_employees": "employees", "age_band": "age_band", "onboarding_ts": "onboarded",
    "sector_nace": "sector",
}  # fmt: skip
_CENTS = {"declared_monthly_income_eur", "declared_turnover"}
#: Columns that each ledger has for itself.
SIDE_COLUMNS = {"channel": "channel", "device_id": "device", "ip": "ip", "balance_after": "balance"}
_FUNDS = {
    "cash_deposit": "cash", "cash_withdrawal": "cash", "card_purchase": "card", "card_refund": "card",
    "preauth": "card", "card_cash_advance": "card", "remittance": "remittance", "cheque": "cheque",
    "crypto": "crypto", "credit_transfer": "transfer", "instant_transfer": "transfer",
    "cross_border": "transfer", "direct_debit": "transfer", "wallet_load": "transfer",
}  # fmt: skip
_KINDS = {
    "cash_deposit": "cash paid in", "cash_withdrawal": "cash drawn", "card_purchase": "card purchase",
    "card_refund": "refund to a card", "remittance": "remittance", "credit_transfer": "credit transfer",
    "instant_transfer": "instant credit transfer", "cross_border": "cross-border credit transfer",
    "direct_debit": "direct debit", "fee": "fee", "interest": "interest", "cheque": "cheque",
}  # fmt: skip
#: Digits of the bank's number in an IBAN, by country; others have four.
_BANK_DIGITS = {
    "AT": 5, "BE": 3, "BG": 4, "CH": 5, "CY": 3, "CZ": 4, "DE": 8, "DK": 4, "EE": 2, "ES": 4, "FI": 3,
    "FR": 5, "GB": 4, "GR": 3, "HR": 7, "HU": 3, "IE": 4, "LT": 5, "LU": 3, "LV": 4, "MT": 4, "NL": 4,
    "NO": 4, "PL": 8, "PT": 4, "RO": 4, "SE": 3, "SI": 5, "SK": 4,
}  # fmt: skip


def moment(value: datetime, profile: FilingProfile) -> str:
    """Gives a time as a report has it: local, without zone and fraction."""
    return value.astimezone(profile.zone).strftime("%Y-%m-%dT%H:%M:%S")


def start_of(day: date) -> str:
    """Gives the start of a day."""
    return f"{day.isoformat()}T00:00:00"


class SideBuilder:
    """Builds the parties of movements for one profile.

    Attributes:
        notes: things that a reviewer should look at, once each.
    """

    def __init__(self, case: FilingCase, profile: FilingProfile) -> None:
        """Keeps what is looked up all the time."""
        self.case = case
        self.profile = profile
        self.notes: dict[str, None] = {}
        self._accounts: dict[tuple[str, bool], Shared] = {}
        self._roles = {a: p for p in case.parties for a in (*p.accounts, p.id)}

    # --- texts ------------------------------------------------------------------------------------

    def text(self, value: object) -> str:
        """Gives a free text in the letters that the FIU takes."""
        rules = self.profile.text
        shown = plain(str(value or ""), line_breaks=rules.line_breaks)
        return latin(shown) if rules.ascii_only else shown

    def name(self, value: object) -> str:
        """Gives a name in the letters that the FIU takes for names."""
        shown = plain(str(value or ""), line_breaks=False).strip()
        return latin(shown).strip() if self.profile.names_ascii or self.profile.text.ascii_only else shown

    # --- persons and entities ---------------------------------------------------------------------

    def person(self, identity: str, *, strict: bool) -> dict[str, Any]:
        """Gives a natural customer; strict ones get everything that is known."""
        facts = self.case.customers.get(identity, {})
        details = self.case.details.of(identity)
        first, last = self._names(str(facts.get("name") or ""))
        tree: dict[str, Any] = {"first_name": first, "last_name": last}
        original = str(facts.get("name") or "")
        if original and not original.isascii() and self.name(original) != original:
            tree["full_name_frn" if self.profile.version != "4.0" else "alias"] = original
        if strict:
            tree["residence"] = facts.get("residence_country")
            tree["occupation"] = self.text(facts.get("occupation"))
            employer = self.case.customers.get(str(facts.get("employer_id")), {})
            tree["employer_name"] = self.text(employer.get("name"))
            tree["comments"] = _party_facts(facts)
            tree |= self._nested(identity)
        tree |= {k: self._detail("t_person_my_client", k, v) for k, v in details.items()}
        return self._known("t_person_my_client" if strict else "t_person", tree)

    def entity(self, identity: str, *, strict: bool) -> dict[str, Any]:
        """Gives a legal customer."""
        facts = self.case.customers.get(identity, {})
        details = self.case.details.of(identity)
        tree: dict[str, Any] = {"name": self.name(facts.get("name"))}
        if strict:
            tree["business"] = self.text(facts.get("sector_nace"))
            tree["comments"] = _party_facts(facts)
            tree["incorporation_country_code"] = facts.get("residence_country")
            founded = facts.get("incorporation_date")
            tree["incorporation_date"] = start_of(founded) if isinstance(founded, date) else None
            tree |= self._nested(identity)
            tree.pop("identification", None)
            tree["director_id"] = self._director(identity)
        tree |= {k: self._detail("t_entity_my_client", k, v) for k, v in details.items()}
        return self._known("t_entity_my_client" if strict else "t_entity", tree)

    def _director(self, identity: str) -> list[dict[str, Any]]:
        stated = self.case.details.link(identity, "director")
        if not stated:
            return []
        role = self.case.details.link(identity, "director_role")
        return [{**self.person(stated, strict=False), "role": role}]

    def _nested(self, identity: str) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        phone, address, paper = (
            self.case.details.of(identity, p) for p in ("phone", "address", "identification")
        )
        if phone:
            tree["phones"] = {"phone": [self._known("t_phone", phone)]}
        if address:
            shown = {k: self.text(v) if k in {"address", "city", "town"} else v for k, v in address.items()}
            tree["addresses"] = {"address": [self._known("t_address", shown)]}
        if paper:
            tree["identification"] = [self._known("t_person_identification", paper)]
        return tree

    def _detail(self, owner: str, element: str, value: str) -> str:
        found = self.profile.table.element(owner, element)
        names = {"first_name", "last_name", "middle_name", "name", "commercial_name", "alias"}
        if found is None or found.kind != "text":
            return value
        return self.name(value) if element in names else self.text(value)

    def _names(self, whole: str) -> tuple[str, str]:
        """Parts a name at its last blank."""
        first, _, last = self.name(whole).rpartition(" ")
        if whole and not first:
            self.notes["A name of one word was written as the last name; look at it."] = None
        elif whole:
            self.notes["Names were parted at their last blank; look at them."] = None
        return first, last

    def _known(self, owner: str, tree: Mapping[str, Any]) -> dict[str, Any]:
        """Leaves out elements that no type of this name has in this version."""
        kept = {k: v for k, v in tree.items() if self.profile.table.element(owner, k) is not None}
        for path, value in self.profile.constants.items():
            kind, _, name = path.rpartition(".")
            if kind == owner and not kept.get(name):
                kept[name] = value
        return kept

    # --- accounts -----------------------------------------------------------------------------------

    def account(self, number: str, *, strict: bool, name: str = "", bic: str = "") -> dict[str, Any]:
        """Gives an account: of a client with everything, of somebody else with what the payment says."""
        own = self.case.accounts.get(number)
        if own is None:
            return self.foreign(number, name, bic)
        if (number, strict) not in self._accounts:
            self._accounts[number, strict] = Shared(self._own(number, own, strict=strict))
        return self._accounts[number, strict]

    def _own(self, number: str, own: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
        holders = self.case.holders.get(number, ())
        first = holders[0][0] if holders else ""
        facts = self.case.customers.get(first, {})
        bank = self.profile.institution
        details = self.case.details.of(number)
        closed, opened = own.get("closed_date"), own.get("opened_date")
        status = self.profile.account_status.get("closed" if closed else "open")
        kinds = self.profile.account_types
        tree: dict[str, Any] = {
            "institution_name": bank.get("name"),
            **({"swift": bank["swift"]} if "swift" in bank else {"institution_code": bank.get("code")}),
            "branch": self.text(own.get("branch") or bank.get("branch")),
            "account": number,
            "currency_code": own.get("currency"),
            "account_name": self.name(facts.get("name")),
            "iban": number if iban.is_valid(number) else None,
            "client_number": first,
            "personal_account_type": kinds.get(str(own.get("product"))) or kinds.get("default"),
            "opened": start_of(opened) if isinstance(opened, date) else None,
            "closed": start_of(closed) if isinstance(closed, date) else None,
            "status_code": status,
        }
        if facts.get("kind") == "legal":
            tree["t_entity"] = self.entity(first, strict=strict)
        tree["signatory"] = self._signatories(number, strict=strict)
        tree |= details
        return self._known("t_account_my_client" if strict else "t_account", tree)

    def _signatories(self, number: str, *, strict: bool) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        owner = "signatory" if strict else "signatory.account"
        for identity, held in self.case.holders.get(number, ()):
            if self.case.customers.get(identity, {}).get("kind") == "legal":
                continue
            person = self.person(identity, strict=strict)
            out.append({"t_person": person, "role": self.profile.signatory_roles.get(held)})
        stated = self.case.details.link(number, "signatory")
        if stated and not out:
            role = self.profile.signatory_roles.get("signatory")
            out.append({"t_person": self.person(stated, strict=strict), "role": role})
        for n, signatory in enumerate(out):
            if not n:
                signatory["is_primary"] = "1"
        return [self._known(owner, s) for s in out]

    def foreign(self, number: str, name: str, bic: str) -> dict[str, Any]:
        """Gives an account of another bank."""
        valid = iban.is_valid(number)
        country = number[:2]
        digits = _BANK_DIGITS.get(country, 4)
        place = 5 if country in {"IT", "SM"} else 4
        code = f"{country}{number[place : place + digits]}" if valid else self.profile.unknown.get("text")
        tree: dict[str, Any] = {
            "institution_name": self.profile.unknown.get("text"),
            **({"swift": bic} if bic else {"institution_code": code}),
            "account": number,
            "account_name": self.name(name) or self.profile.unknown.get("text"),
            "iban": number if valid else None,
        }
        if self.profile.unknown.get("text"):
            self.notes["The name of another bank is not in the data; its number in the IBAN is given."] = None
        return self._known("t_account", tree)

    # --- one side of a payment ----------------------------------------------------------------------

    def side(self, movement: Movement, end: str) -> tuple[bool, str, dict[str, Any], str]:
        """Gives one end of a payment.

        Args:
            movement: the payment.
            end: payer or payee.

        Returns:
            Whether it is a client, the kind (account, person or entity), its elements, and the country.
        """
        number = movement.payer if end == "payer" else movement.payee
        row = movement.row
        own = end in movement.own and (number in self.case.accounts or not self.case.complete)
        if number and own:
            country = str(self.case.accounts.get(number, {}).get("country") or self.profile.country)
            if number not in self.case.accounts:
                return True, "account", self._bare(number), country
            return True, "account", self.account(number, strict=True), country
        if number:
            country = str(row.get("cp_country") or (number[:2] if iban.is_valid(number) else ""))
            bic = str(row.get("cp_bic") or "")
            tree = self.account(number, strict=False, name=str(row.get("cp_name") or ""), bic=bic)
            return False, "account", tree, self._country(country)
        return (False, *self._without_account(row))

    def _bare(self, number: str) -> dict[str, Any]:
        """Gives a client's account of which only the number is known; the gaps are told by the checks."""
        bank = self.profile.institution
        tree = {
            "institution_name": bank.get("name"), "account": number,
            **({"swift": bank["swift"]} if "swift" in bank else {"institution_code": bank.get("code")}),
            "branch": bank.get("branch"), "iban": number if iban.is_valid(number) else None,
        }  # fmt: skip
        return self._known("t_account_my_client", tree)

    def _without_account(self, row: Mapping[str, Any]) -> tuple[str, dict[str, Any], str]:
        kind = row.get("tx_type")
        country = str(
            row.get("merchant_country") or row.get("location_country") or row.get("cp_country") or ""
        )
        if kind in {"cash_deposit", "cash_withdrawal"}:
            self.notes["Who handed in or took cash is not known; the profile's words stand for the name."] = (
                None
            )
            unknown = self.profile.unknown.get("text")
            tree = self._known("t_person", {"first_name": unknown, "last_name": unknown})
            return "person", tree, self._country(country or self.profile.country)
        name = row.get("merchant_name") or row.get("cp_name")
        if kind in {"fee", "interest"} and not name:
            name, country = self.profile.institution.get("name"), self.profile.country
        shown = self.name(name) or str(self.profile.unknown.get("text") or "")
        return "entity", self._known("t_entity", {"name": shown}), self._country(country)

    def _country(self, code: str) -> str:
        if len(code) == 2 and code.isalpha():
            return code.upper()
        return str(self.profile.unknown.get("country") or "")

    # --- movements ------------------------------------------------------------------------------------

    def transaction(self, movement: Movement, *, multi_party: bool = False) -> dict[str, Any]:
        """Gives one transaction element."""
        row = movement.row
        kind = str(row.get("tx_type") or "other")
        channel = str(row.get("channel") or "other")
        modes = self.profile.transmode_codes
        said = self.text(row.get("remittance_info")) or self.text(_KINDS.get(kind, "movement of money"))
        local, foreign = self._amounts(movement)
        tree: dict[str, Any] = {
            "transactionnumber": movement.id,
            "transaction_location": self.text(row.get("location_city")) or "-",
            "transaction_description": said,
            "date_transaction": moment(movement.time, self.profile),
            "transaction_type_code": self.profile.transaction_type_codes.get(kind),
            "transmode_code": modes.get(channel) or modes.get("other"),
            "amount_local": local,
            "comments": self.text(self._facts(movement)),
        }
        if row.get("bank_ref"):
            tree["internal_ref_number"] = self.text(row["bank_ref"])
        if multi_party:
            parties = [self._party(movement, end, foreign) for end in ("payer", "payee")]
            tree["involved_parties"] = {"party": parties}
        else:
            for end, prefix in (("payer", "from"), ("payee", "to")):
                name, side = self._bi_party(movement, end, prefix, foreign)
                tree[name] = side
        return self._known("transaction", tree)

    def _amounts(self, movement: Movement) -> tuple[str, dict[str, str] | None]:
        """Gives the amount in the report's currency and, where it differs, the foreign one."""
        row = movement.row
        if movement.currency == self.profile.currency:
            return f"{movement.amount:.2f}", None
        euros = row.get("amount_eur")
        if self.profile.currency != "EUR" or not isinstance(euros, int) or not movement.amount:
            self.notes[
                f"Amounts in {movement.currency} have no rate; amount_local holds them as they are."
            ] = None
            return f"{movement.amount:.2f}", None
        rate = euros / 100 / float(movement.amount)
        foreign = {
            "foreign_currency_code": movement.currency, "foreign_amount": f"{movement.amount:.2f}",
            "foreign_exchange_rate": f"{rate:.6f}",
        }  # fmt: skip
        return f"{euros / 100:.2f}", foreign

    def _bi_party(
        self, movement: Movement, end: str, prefix: str, foreign: Mapping[str, str] | None
    ) -> tuple[str, dict[str, Any]]:
        client, kind, tree, country = self.side(movement, end)
        side: dict[str, Any] = {
            f"{prefix}_funds_code": self._funds(movement),
            f"{prefix}_foreign_currency": foreign,
            f"{prefix}_is_suspected": self._flag(movement.payer if end == "payer" else movement.payee),
            f"{prefix}_{kind}": tree,
            f"{prefix}_country": country,
        }
        name = f"t_{prefix}_my_client" if client else f"t_{prefix}"
        return name, self._known(name, side)

    def _party(self, movement: Movement, end: str, foreign: Mapping[str, str] | None) -> dict[str, Any]:
        client, kind, tree, country = self.side(movement, end)
        number = movement.payer if end == "payer" else movement.payee
        party = self._roles.get(number)
        return self._known("t_party", {
            "role": self.profile.party_roles.get(end),
            f"{kind}_my_client" if client else kind: tree,
            "funds_code": self._funds(movement), "foreign_currency": foreign, "country": country,
            "is_suspected": self._flag(number),
            "reason": self.text(reason_of(party)) if party is not None else None,
        })  # fmt: skip

    def _funds(self, movement: Movement) -> str | None:
        codes = self.profile.funds_codes
        return codes.get(_FUNDS.get(str(movement.row.get("tx_type")), "other")) or codes.get("other")

    def _flag(self, number: str) -> str | None:
        """Says false for possible victims; for everybody else the flag is left out."""
        party = self._roles.get(number)
        return "false" if party is not None and party.role == VICTIM else None

    def _facts(self, movement: Movement) -> str:
        """Gives what no element holds, as one comment that a reader can take apart again."""
        found = [(label, movement.row.get(column)) for column, label in FACT_COLUMNS.items()]
        if not movement.row.get("remittance_info"):
            found.append(("no_text", "1"))  # the description then says the kind of movement only
        sides: list[tuple[str, Mapping[str, Any]]] = []
        first = "payer" if movement.row["direction"] == "debit" else "payee"
        sides.append((first, movement.row))
        if movement.other is not None:
            sides.append(("payee" if first == "payer" else "payer", movement.other))
            found.append(("payee_time", moment(movement.other["booking_ts"], self.profile)))
        for end, row in sides:
            for column, label in SIDE_COLUMNS.items():
                value = row.get(column)
                if column == "balance_after" and isinstance(value, int):
                    value = f"{value / 100:.2f}"
                found.append((f"{end}_{label}", value))
        return facts_comment((label, str(value)) for label, value in found if value is not None)


def _party_facts(facts: Mapping[str, Any]) -> str:
    """Gives what a customer's row holds and no element does, as one comment that a reader can take apart."""
    found = []
    for column, label in PARTY_COLUMNS.items():
        value = facts.get(column)
        if value in (None, ""):
            continue
        shown = f"{value / 100:.2f}" if column in _CENTS and isinstance(value, int) else str(value)
        if isinstance(value, datetime):
            shown = value.strftime("%Y-%m-%dT%H:%M:%SZ")
        found.append((label, shown))
    return facts_comment(found)


def reason_of(party: Party) -> str:
    """Gives the sentence of one party: how it is read, and that this is no verdict."""
    if party.role == VICTIM:
        return (
            "May be a victim and is not a subject of this report. The payments may have been made under "
            "somebody else's control."
        )
    if party.role == CONTROLLER:
        return (
            "Read from payments alone as possible controller or as somebody who gains; "
            "not confirmed by a person."
        )
    return "Named by the payments; the role is not known."


def report_party(builder: SideBuilder, party: Party) -> Tree:
    """Gives one party of an activity report."""
    profile = builder.profile
    tree: dict[str, Any] = {}
    if party.name and party.kind == "natural":
        tree["person"] = builder.person(party.id, strict=False)
    elif party.name and party.kind == "legal":
        tree["entity"] = builder.entity(party.id, strict=False)
    else:
        number = party.accounts[0] if party.accounts else party.id
        own = number in builder.case.accounts
        tree["account"] = builder.account(number, strict=False) if own else builder.foreign(number, "", "")
    tree["is_suspected"] = "false" if party.role == VICTIM else None
    tree["reason"] = builder.text(reason_of(party))
    table = profile.table
    return {k: v for k, v in tree.items() if table.element("report_party_type", k) is not None}

"""Looking into parts of ISO 20022 messages: by local names, and by all names that a field has had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thbscreen.io.statements import values

if TYPE_CHECKING:
    from thbscreen.io.xmltree import Node

#: Elements around a message, which are walked through.
ENVELOPES = frozenset(
    {"Document", "Envelope", "Body", "DataPDU", "Payload", "RequestPayload", "BusMsgEnvlp", "BizMsgEnvlp",
     "Xchg", "Message", "Saa", "Msg"}
)  # fmt: skip
_EMPTY: Node = {}


def node(here: Node, name: str) -> Node:
    """Gives the first part of a name; an empty one when there is none."""
    found = here.get(name)
    if found.__class__ is dict:
        return found
    if found.__class__ is list and found[0].__class__ is dict:
        return found[0]
    return _EMPTY


def node_at(here: Node, *path: str) -> Node:
    """Gives the first part on a path of names; an empty one when there is none."""
    for name in path:
        here = node(here, name)
    return here


def nodes(here: Node, name: str) -> list[Node]:
    """Gives all parts of a name."""
    found = here.get(name)
    if found.__class__ is dict:
        return [found]
    return [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []


def text(here: Node, name: str) -> str:
    """Gives the text of the first element of a name; empty when there is none."""
    found = here.get(name)
    if found.__class__ is str:
        return found
    if found.__class__ is list and found[0].__class__ is str:
        return found[0]
    return ""


def text_at(here: Node, *path: str) -> str:
    """Gives the text of the first element on a path; empty when there is none."""
    for name in path[:-1]:
        here = node(here, name)
    return text(here, path[-1])


def texts(here: Node, name: str) -> list[str]:
    """Gives the texts of all elements of a name."""
    found = here.get(name)
    if found is None:
        return []
    if found.__class__ is str:
        return [found]
    return [part for part in found if isinstance(part, str)] if isinstance(found, list) else []


def money(here: Node, name: str = "Amt") -> tuple[str, str]:
    """Gives text and currency of the first amount of a name; empty when there is none."""
    return text(here, name), here.get(f"{name}@", "")


def one_money(here: Node, name: str = "Amt") -> tuple[str, str]:
    """Gives text and currency of the amount of a name, of which there may be one only.

    Raises:
        RefusalError: D124.
    """
    if len(texts(here, name)) > 1:
        raise values.RefusalError("D124")
    return money(here, name)


def code(here: Node, name: str) -> str:
    """Gives what `Sts` or `CdtDbtInd`, once plain text and later with `Cd` or `Prtry` below, says."""
    return text(here, name) or text_at(here, name, "Cd") or text_at(here, name, "Prtry")


# --- parties and accounts ---------------------------------------------------------------------------


class Party:
    """One side of a payment: who, which account, which bank."""

    __slots__ = ("_institution", "_who", "account", "bic", "iban", "name")

    def __init__(self, party: Node, account: Node, agent: Node) -> None:
        """Reads the three parts; any of them may be empty."""
        who = node(party, "Pty") or node_at(party, "Agt", "FinInstnId") or party
        self._who, self._institution = who, node(agent, "FinInstnId")
        self.name = text(who, "Nm")
        self.bic = bank_code(self._institution)
        self.account, self.iban = account_of(account, self.bic) if account else ("", "")

    @property
    def agent(self) -> str:
        """Name of the bank."""
        return text(self._institution, "Nm")

    @property
    def country(self) -> str:
        """Country of the account, otherwise of the bank, otherwise of an address."""
        return (
            self.iban[:2]
            or values.country_of_bic(self.bic)
            or values.country(text_at(self._who, "PstlAdr", "Ctry"))
            or values.country(text_at(self._institution, "PstlAdr", "Ctry"))
        )

    @property
    def known(self) -> bool:
        """True when a name or an account is stated."""
        return bool(self.name or self.account)


def bank_code(institution: Node) -> str:
    """Gives the BIC of a bank, under its old or its new name."""
    return values.bic(text(institution, "BICFI") or text(institution, "BIC")) if institution else ""


def account_of(account: Node, bank: str = "") -> tuple[str, str]:
    """Gives an account's id and, if its check digits hold, its IBAN."""
    number = (
        text_at(account, "Id", "IBAN")
        or text_at(account, "Id", "Othr", "Id")
        or text_at(account, "Id", "BBAN")
    )
    if not number:  # an account may be known by a telephone number or an address only
        number = text_at(account, "Prxy", "Id")
        bank = ""
    return values.account_form(number, bank)


def behind(parties: Node, name: str) -> str:
    """Gives the name of an ultimate party."""
    party = node(parties, name)
    return text_at(party, "Pty", "Nm") or text(party, "Nm")


def counterparty(other: Party) -> dict[str, str]:
    """Gives the columns of a counterparty; a bank's name stands for nobody but the bank itself."""
    return {
        "cp_account_id": other.account,
        "cp_iban": other.iban,
        "cp_name": other.name,
        "cp_country": other.country,
        "cp_bic": other.bic,
    }


def owner_kind(party: Node) -> str:
    """Gives natural or legal where the identification tells; empty otherwise."""
    who = node(party, "Pty") or party
    if "PrvtId" in node(who, "Id"):
        return "natural"
    return "legal" if "OrgId" in node(who, "Id") else ""


def owner_facts(party: Node) -> dict[str, str]:
    """Gives what tells an owner from others: number of a paper or register, address, telephone, e-mail."""
    who = node(party, "Pty") or party
    known = node(who, "Id")
    one, firm = node(known, "PrvtId"), node(known, "OrgId")
    numbers = (text_at(one, "Othr", "Id"), text(firm, "LEI"), text_at(firm, "Othr", "Id"))
    place, contact = node(who, "PstlAdr"), node(who, "CtctDtls")
    room = text(place, "Room") or text(place, "UnitNb")
    street = " ".join(filter(None, (text(place, "StrtNm"), text(place, "BldgNb"))))
    floor, box = text(place, "Flr"), text(place, "PstBx")
    parts = (
        street, f"flat {room}" if room else "", f"floor {floor}" if floor else "",
        f"PO box {box}" if box else "",
        " ".join(filter(None, (text(place, "PstCd"), text(place, "TwnNm")))), *texts(place, "AdrLine"),
    )  # fmt: skip
    return {
        "id_number": next(filter(None, numbers), ""),
        "address": ", ".join(filter(None, parts)),
        "phone": text(contact, "MobNb") or text(contact, "PhneNb"),
        "email": text(contact, "EmailAdr"),
    }


def remittance(info: Node) -> list[str]:
    """Gives all texts of remittance information, in their order."""
    out = texts(info, "Ustrd")
    for part in nodes(info, "Strd"):
        out += [text(document, "Nb") for document in nodes(part, "RfrdDocInf")]
        out.append(text_at(part, "CdtrRefInf", "Ref") or text_at(part, "CdtrRefInf", "CdtrRef"))
        out += texts(part, "AddtlRmtInf")
    return out

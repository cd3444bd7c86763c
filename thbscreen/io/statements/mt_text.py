"""Field :86: of MT940 and MT942: the dialects of German, Dutch and other banks, and free text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from thbscreen.io.statements.parties import clean, is_iban, like_iban

#: Full length of a line; what is as long goes on in the next line without a blank.
FULL = 65
#: The same for a sub-field.
FULL_PART = 27
_GERMAN = re.compile(r"^([0-9]{3})?([^\w\s/:,.\-+()'\"])(?:00|10|20|30|32|60)")
_SUBFIELDS = frozenset({"00", "10", *map(str, range(20, 40)), *map(str, range(60, 80))})
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|PURP|IBAN|BIC)\+")
_SLASHED = (
    "TRTP|IBAN|BIC|NAME|REMI|EREF|BENM|ORDP|CNTP|ISDT|PURP|MARF|CSID|ULTB|ULTD|ULTC|CREF|PREF|NRTX|OCMT|EXCH"
    "|CHGS|CHGS1|CHGS2|RTRN|SVCL|ADDR|ID|TRCD|INIT|ACCW|BUSP|REFE|INFO|CITY|INST|OURID|SUBD|SUM"
)
_SLASH = re.compile(rf"/({_SLASHED})/")
_SLASH_BEGIN = re.compile(rf"^ ?/({_SLASHED})/")
_COLON = re.compile(r"\b(IBAN|BIC|NAAM|NAME|OMSCHRIJVING|KENMERK|MACHTIGING|INCASSANT): ?")
_NATIONAL = re.compile(r"^([0-9]{10}) +(?=\S)")
_DOMESTIC = re.compile(r"^(?:GIRO +([0-9]{1,9})|([0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{3})) +(\S+(?: \S+)*)")
_NUMBERED = re.compile(r"^([0-9]{2})(.*)$")
_ORIGINAL = re.compile(r"/OCMT/([A-Z]{3})([0-9]+(?:,[0-9]*)?)/?")


@dataclass(slots=True)
class Details:
    """What the text of one entry says.

    Attributes:
        german: the three digits before the first sub-field.
        words: what the bank calls the booking.
        account: of the counterparty, as written.
        bank: BIC or national code of the counterparty's bank, as written.
        name: of the counterparty, as written.
        text: parts of the free text, in order.
        end_to_end: reference given by the payer.
        customer_ref: reference of the account's owner.
        purpose: purpose code.
        ultimate_debtor: the party behind the payer.
        ultimate_creditor: the party behind the payee.
        original: amount before conversion and its currency, both as text.
    """

    german: str = ""
    words: str = ""
    account: str = ""
    bank: str = ""
    name: str = ""
    text: list[str] = field(default_factory=list)
    end_to_end: str = ""
    customer_ref: str = ""
    purpose: str = ""
    ultimate_debtor: str = ""
    ultimate_creditor: str = ""
    original: tuple[str, str] = ("", "")


def flowed(lines: list[str], full: int = FULL) -> str:
    """Joins lines: without a blank where the line above is full, so cut inside a word, else with one."""
    out = ""
    for i, line in enumerate(lines):
        out += line
        if i + 1 < len(lines) and len(line) < full:
            out += " "
    return out


def details(lines: list[str], numbered: list[str], more: list[str], own: str, code: str) -> Details:
    """Reads what belongs to one entry.

    Args:
        lines: of field :86:.
        numbered: lines of field :NS:.
        more: supplementary lines of :61:.
        own: the statement's account.
        code: the type of :61:, such as NTRF.
    """
    out = Details()
    joined = "".join(lines)
    german = _GERMAN.match(joined)
    if german is not None:
        _german(joined, german, own, out)
    elif _SLASH_BEGIN.match(joined) and len(_SLASH.findall(joined)) > 1:
        _slashed(joined, out)
    elif lines:
        _free(lines, own, code, out)
    if numbered:
        _numbered(numbered, out)
    _supplement(more, out)
    return out


# --- German -----------------------------------------------------------------------------------------


def _german(joined: str, found: re.Match[str], own: str, out: Details) -> None:
    out.german = found[1] or ""
    parts = _subfields(joined[len(out.german) :], found[2])
    out.words = clean(parts.get("00", ""))
    lines = [parts[c] for c in sorted(parts) if "20" <= c <= "29" or "60" <= c <= "63"]
    text = "".join(lines)
    # SEPA text runs on from sub-field to sub-field; before SEPA each was a line of its own.
    _sepa(text if _SEPA.search(text) else flowed(lines, FULL_PART), out)
    out.text += [clean(parts[c]) for c in sorted(parts) if c > "63" and clean(parts[c])]
    second = parts.get("38", "")
    out.account = second if is_iban(second) else parts.get("31", "") or out.account
    own_number = own.rpartition("/")[2].lstrip("0")
    if found[2] == ">" and out.account.strip().lstrip("0") in ("", own_number):
        out.account = parts.get("10", "")  # Triodos: 10 is the other account, 31 its own
    out.bank = parts.get("30", "") or out.bank
    out.name = parts.get("32", "") + parts.get("33", "")
    if not out.text and out.words:
        out.text.append(out.words)


def _subfields(text: str, mark: str) -> dict[str, str]:
    """Splits at the mark and two digits; a code that does not exist or came before is text."""
    parts: dict[str, str] = {}
    code = ""
    for piece in text.split(mark)[1:]:
        if piece[:2] in _SUBFIELDS and piece[:2] not in parts:
            code = piece[:2]
            parts[code] = piece[2:]
        elif code:
            parts[code] += mark + piece
    return parts


def _sepa(text: str, out: Details) -> None:
    """Reads text with EREF+, SVWZ+ and the like; without any, all of it is free text."""
    marks = list(_SEPA.finditer(text))
    begin = clean(text[: marks[0].start()] if marks else text)
    if begin:
        out.text.append(begin)
    for i, mark in enumerate(marks):
        end = marks[i + 1].start() if i + 1 < len(marks) else len(text)
        value = clean(text[mark.end() : end])
        match mark[1]:
            case "EREF":
                out.end_to_end = out.end_to_end or value
            case "KREF":
                out.customer_ref = out.customer_ref or value
            case "SVWZ" if value:
                out.text.append(value)
            case "ABWA":
                out.ultimate_debtor = value
            case "ABWE":
                out.ultimate_creditor = value
            case "PURP":
                out.purpose = value[:4]
            case "IBAN":
                out.account = out.account or value
            case "BIC":
                out.bank = out.bank or value


# --- Dutch ------------------------------------------------------------------------------------------


def _slashed(joined: str, out: Details) -> None:
    marks = list(_SLASH.finditer(joined))
    party = ""
    for i, mark in enumerate(marks):
        end = marks[i + 1].start() if i + 1 < len(marks) else len(joined)
        name, raw = mark[1], joined[mark.end() : end]
        value = clean(raw.strip("/"))
        if name in ("BENM", "ORDP", "ULTB", "ULTD", "ULTC", "CNTP", "INIT"):
            party = name
        _slashed_one(name, value, raw, party, out)


def _slashed_one(name: str, value: str, raw: str, party: str, out: Details) -> None:
    match name:
        case "CNTP":
            pieces = [clean(piece) for piece in raw.split("/")]
            pieces += [""] * (3 - len(pieces))
            out.account, out.bank, out.name = pieces[:3]
        case "NAME" | "ULTD" | "ULTC" | "ULTB" if value:
            if party in ("ULTD", "ULTC", "ULTB"):
                behind = "ultimate_debtor" if party == "ULTD" else "ultimate_creditor"
                setattr(out, behind, value)
            elif party != "INIT":
                out.name = out.name or value
        case "IBAN":
            out.account = out.account or value
        case "BIC":
            out.bank = out.bank or value
        case "TRTP":
            out.words = value
        case "EREF":
            out.end_to_end = value
        case "PREF" | "CREF":
            out.customer_ref = out.customer_ref or value
        case "PURP":
            found = re.search(r"\b([A-Z]{4})$", value)
            out.purpose = found[1] if found is not None else ""
        case "REMI" | "INFO" if value:
            out.text.append(clean(re.sub(r"^(?:USTD|STRD)/+", "", value)))
        case "OCMT":
            _original(f"/OCMT/{value}/", out)


# --- free text ----------------------------------------------------------------------------------------


def _free(lines: list[str], own: str, code: str, out: Details) -> None:
    first, _, behind = lines[0].strip().partition(" ")
    if like_iban(first) and first != own:
        out.account = first
        if len(lines) > 1:
            out.name = behind
            lines = lines[1:]
        else:
            lines = [behind]
    text = flowed(lines)
    marks = list(_COLON.finditer(text))
    if sum(mark[1] in ("IBAN", "NAAM", "NAME") for mark in marks) > 1:
        out.words = clean(text[: marks[0].start()])
        for i, mark in enumerate(marks):
            end = marks[i + 1].start() if i + 1 < len(marks) else len(text)
            _colon(mark[1], clean(text[mark.end() : end]), out)
        return
    national = _NATIONAL.match(text)
    if national is not None and code[1:].strip() and len(code) <= 3 and own.isdigit():
        out.account = out.account or national[1]  # ING and Postbank: the other account stands in front
        text = text[national.end() :]
    domestic = _DOMESTIC.match(text)
    if domestic is not None:  # ABN AMRO before SEPA: account and name in front
        out.account = out.account or (domestic[1] or domestic[2].replace(".", ""))
        out.name = out.name or domestic[3][:32]
    out.words = clean(text[:24])
    if clean(text):
        out.text.append(clean(text))


def _colon(name: str, value: str, out: Details) -> None:
    match name:
        case "IBAN":
            out.account = value
        case "BIC":
            out.bank = value
        case "NAAM" | "NAME":
            out.name = value
        case "KENMERK":
            out.end_to_end = value
        case "OMSCHRIJVING" if value:
            out.text.append(value)


def _numbered(lines: list[str], out: Details) -> None:
    """Reads :NS: lines: 01 to 14 text, 15 and 16 the counterparty's name, 17 what the bank calls it."""
    for line in lines:
        found = _NUMBERED.match(line)
        number, value = (found[1], clean(found[2])) if found is not None else ("01", clean(line))
        if not value:
            continue
        if number <= "14":
            out.text.append(value)
        elif number in ("15", "16"):
            out.name = clean(f"{out.name} {value}")
        elif number == "17":
            out.words = out.words or value


def _supplement(lines: list[str], out: Details) -> None:
    """Reads supplementary lines of :61:: an account, an amount before conversion, a name, or more text."""
    before: list[str] = []
    for line in lines:
        bare = clean(line)
        account = bare.replace(" ", "")
        if like_iban(account) or re.match(r"^P[0-9]{9}$", account):
            out.account = out.account or account.removeprefix("P" if account[1:].isdigit() else "")
        elif bare.startswith(("/OCMT/", "/CHGS/", "/EXCH/")):
            _original(bare, out)
        elif bare and bare != clean(out.name) and not any(bare in text for text in out.text):
            before.append(bare)
    out.text[:0] = before


def _original(text: str, out: Details) -> None:
    if (found := _ORIGINAL.search(text)) is not None:
        out.original = (found[2].replace(",", ".").rstrip("."), found[1])

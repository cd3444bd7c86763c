"""Business checks B01 to B23: what FIUs refuse although the schema lets it pass.

Every check has a name and can be switched by the profile: error, warning (the default) or off. A check that
needs a profile, a list or a date that was not given says nothing; `not_checked` names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from thbscreen.filing.findings import Finding
from thbscreen.filing.profile import FilingProfile
from thbscreen.io.xmltree import XmlElement
from thbscreen.model import iban

_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: Dates that stand for "not known" at one FIU and are faults at another.
PLACEHOLDERS = {"1753-01-01", "1800-01-01", "1900-01-01", "2100-12-31", "9999-12-31"}
_SIDES = ("t_from_my_client", "t_from", "t_to_my_client", "t_to")
_Found = Iterator[tuple[XmlElement, str]]


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may look at beside the report.

    Attributes:
        profile: of the FIU; None leaves the checks out that need it.
        today: last day that a date may have; None takes the report's own date.
        used: case references of earlier reports.
        attachments: files that go with the report.
    """

    profile: FilingProfile | None = None
    today: date | None = None
    used: frozenset[str] = field(default_factory=frozenset)
    attachments: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class BusinessCheck:
    """One check: its id, what it asks, how it is done, and whether this context can answer it."""

    id: str
    title: str
    run: Callable[[XmlElement, Context], _Found]
    ready: Callable[[Context], bool] = lambda _: True


def check_business(
    root: XmlElement, profile: FilingProfile | None, context: Context | None = None
) -> list[Finding]:
    """Runs all checks that are not switched off and can be done.

    Args:
        root: the whole report; a transactions-only file gets the checks of transactions alone.
        profile: of the FIU.
        context: further material; by default the report and the profile alone.
    """
    context = context or Context(profile)
    out: list[Finding] = []
    whole = root.name == "report" and root.find("transactions") is None
    for check in CHECKS:
        severity = profile.checks.get(check.id, "warning") if profile is not None else "warning"
        if severity == "off" or not check.ready(context) or (not whole and check.id in HEADER_CHECKS):
            continue
        for element, message in check.run(root, context):
            path = element.name if element is root else f"{root.name}/.../{element.name}"
            out.append(Finding(element.line, element.column, check.id, severity, path, message))
    return out


def not_checked(context: Context) -> list[BusinessCheck]:
    """Gives the checks that say nothing in this context, for lack of what they need."""
    off = {c for c, s in (context.profile.checks if context.profile else {}).items() if s == "off"}
    return [c for c in CHECKS if c.id in off or not c.ready(context)]


def transactions(root: XmlElement) -> list[XmlElement]:
    """Gives the transactions of a report or a transactions-only file."""
    inside = root.find("transactions")
    return (inside if inside is not None else root).all("transaction")


def day_of(element: XmlElement, name: str) -> date | None:
    """Gives the day of a date element, or None."""
    try:
        return date.fromisoformat(element.value(name)[:10])
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _report_day(root: XmlElement) -> date | None:
    return day_of(root, "report_date") or day_of(root, "submission_date")


def _accounts(root: XmlElement, *, strict: bool = False) -> Iterator[XmlElement]:
    """Gives the elements of accounts; strict ones are those of clients."""
    for element in root.descendants():
        if element.name == "account_my_client":
            yield element
        elif element.name in (_SIDES[::2] if strict else _SIDES):
            yield from (c for c in element.children if c.name in {"from_account", "to_account"})
        elif not strict and element.name == "account" and element.children:
            yield element


def _client_persons(root: XmlElement) -> Iterator[XmlElement]:
    for account in _accounts(root, strict=True):
        yield from (s.find("t_person") or s for s in account.all("signatory") if s.find("t_person"))
    for element in root.descendants():
        if element.name in {"t_from_my_client", "t_to_my_client"}:
            yield from (c for c in element.children if c.name in {"from_person", "to_person"})
        elif element.name == "person_my_client":
            yield element


def _profiled(context: Context) -> bool:
    return context.profile is not None


def _of(context: Context) -> FilingProfile:
    assert context.profile is not None
    return context.profile


# --- the report ---------------------------------------------------------------------------------------


def _b01(root: XmlElement, context: Context) -> _Found:
    found = [e for e in root.descendants() if e.name == "indicator"]
    if not any(e.text.strip() not in {"", "-"} for e in found):
        yield root, "has no indicator"
    known = context.profile.code_lists.get("report_indicator_type") if context.profile else None
    for element in found:
        if known is not None and element.text not in known:
            yield element, "is not in the FIU's current list of indicators"


def _b02(root: XmlElement, context: Context) -> _Found:
    named = {e.text.strip() for e in root.descendants() if e.name == "indicator"}
    if not named & set(_of(context).predicate_offences):
        yield root, "no indicator names the offence behind the suspicion"


def _b03(root: XmlElement, _: Context) -> _Found:
    for name in ("reason", "action"):
        if not root.value(name):
            yield root, f"the element '{name}' is missing or empty"


def _b04(root: XmlElement, context: Context) -> _Found:
    reference = root.value("entity_reference")
    if not reference:
        yield root, "has no case reference (entity_reference)"
    elif reference in context.used:
        yield root.find("entity_reference") or root, "was used for an earlier report"


def _b05(root: XmlElement, context: Context) -> _Found:
    if root.value("currency_code_local") != _of(context).currency:
        yield root.find("currency_code_local") or root, "is not the FIU's currency"


def _b06(root: XmlElement, context: Context) -> _Found:
    codes, code = _of(context).report_codes, root.value("report_code")
    has = bool(root.all("transaction"))
    if code == codes.get("transactions") != codes.get("activity") and not has:
        yield root.find("report_code") or root, "is the code of a report with transactions; there are none"
    if code == codes.get("activity") != codes.get("transactions") and has:
        yield root.find("report_code") or root, "is the code of a report without transactions; there are some"


def _b07(root: XmlElement, _: Context) -> _Found:
    if root.all("transaction") and not any(e.name.endswith("_my_client") for e in root.descendants()):
        yield root, "no side of any transaction is a client of the reporting entity"


def _b08(root: XmlElement, _: Context) -> _Found:
    for transaction in transactions(root):
        names = [c.name for c in transaction.children]
        multi = "involved_parties" in names
        sides = [names.count(a) + names.count(b) for a, b in (_SIDES[:2], _SIDES[2:])]
        if multi and any(sides):
            yield transaction, "mixes two sides with involved parties"
        elif not multi and sides != [1, 1]:
            yield transaction, "needs exactly one side that pays and one that is paid"
        elif multi:
            roles = [p.value("role") for p in transaction.find("involved_parties").all("party")]  # type: ignore[union-attr]
            if len(roles) < 2:
                yield transaction, "has fewer than two involved parties"


def _b09(root: XmlElement, _: Context) -> _Found:
    seen: set[str] = set()
    for transaction in transactions(root):
        number = transaction.value("transactionnumber")
        if number in seen:
            yield transaction.find("transactionnumber") or transaction, "is there twice"
        seen.add(number)


def _b10(root: XmlElement, context: Context) -> _Found:
    report = _report_day(root)
    days = [d for d in (report, context.today) if d is not None]
    if report is not None and context.today is not None and report > context.today:
        yield root.find("report_date") or root.find("submission_date") or root, "lies in the future"
    for transaction in transactions(root) if days else ():
        for name in ("date_transaction", "date_posting"):
            on = day_of(transaction, name)
            if on is not None and on > min(days):
                yield transaction.find(name) or transaction, "lies behind the date of the report or of today"


def _b11(root: XmlElement, _: Context) -> _Found:
    for transaction in transactions(root):
        amount = _number(transaction.value("amount_local"))
        if amount is not None and amount <= 0:
            yield transaction.find("amount_local") or transaction, "is not above zero"


def _b12(root: XmlElement, context: Context) -> _Found:
    codes = _of(context).funds_codes
    for transaction in transactions(root):
        sides = [s for s in transaction.children if s.name in _SIDES]
        funds = {c.text for s in sides for c in s.children if c.name.endswith("funds_code")}
        kinds = [
            c.name.rpartition("_")[2] for s in sides for c in s.children
            if c.name.endswith(("_account", "_person", "_entity"))
        ]  # fmt: skip
        only = codes.get("transfer") not in {codes.get("cash"), codes.get("card"), codes.get("other")}
        if only and funds == {codes.get("transfer")} and "account" not in kinds:
            yield transaction, "is a transfer without an account on either side"
        if codes.get("cash") in funds and kinds.count("account") == 2:
            yield (
                transaction,
                "is cash with an account on both sides and nobody who hands it over or takes it",
            )


def _b13(root: XmlElement, _: Context) -> _Found:
    for account in _accounts(root, strict=True):
        people = [
            *account.all("signatory"),
            *(account.find("related_persons") or account).all("account_related_person"),
        ]
        if not people:
            yield account, "a client's account has no signatory"
        elif not any(p.find("is_primary") is not None for p in people):
            yield account, "a client's account has no primary signatory"


def _b14(root: XmlElement, context: Context) -> _Found:
    codes = _of(context).account_status
    for account in _accounts(root, strict=True):
        status = account.value("status_code")
        if status and status == codes.get("closed") and not account.value("closed"):
            yield account, "is closed without a closing date"
        if status and status == codes.get("open") != codes.get("closed") and account.value("closed"):
            yield account, "has a closing date and the status of an open account"


def _b15(root: XmlElement, context: Context) -> _Found:
    last = context.today or _report_day(root)
    for person in _client_persons(root):
        for name in ("birthdate", "nationality1"):
            if person.value(name) in {"", "-"}:
                yield person, f"a client's '{name}' is not known"
        born = day_of(person, "birthdate")
        if born is not None and (born.isoformat() in PLACEHOLDERS or (last is not None and born >= last)):
            yield person.find("birthdate") or person, "is a placeholder or lies in the future"


def _b16(root: XmlElement, _: Context) -> _Found:
    for person in _client_persons(root):
        papers = [
            *person.all("identification"),
            *(person.find("identifications") or person).all("identification"),
        ]
        for paper in {id(p): p for p in papers}.values():
            for name in ("type", "number", "issue_date", "expiry_date", "issue_country"):
                if paper.value(name) in {"", "-"}:
                    yield paper, f"an identity document without '{name}'"
        if person.value("passport_number") and not person.value("passport_country"):
            yield person, "a passport without its country"


def _b17(root: XmlElement, _: Context) -> _Found:
    for account in _accounts(root):
        number, bic = iban.normalise(account.value("iban")), account.value("swift")
        if number and not iban.is_valid(number):
            yield account.find("iban") or account, "is no IBAN: country, length or check digits are wrong"
        if bic and not _BIC.fullmatch(bic):
            yield account.find("swift") or account, "is not written like a BIC"
        elif bic and number and bic[4:6] != number[:2]:
            yield account.find("swift") or account, "names another country than the IBAN"
        written = iban.normalise(account.value("account"))
        if number and iban.looks_like_iban(written) and written != number:
            yield account.find("account") or account, "is another IBAN than the element 'iban'"


def _b18(root: XmlElement, context: Context) -> _Found:
    local_code = root.value("currency_code_local") or (context.profile.currency if context.profile else "")
    for transaction in transactions(root):
        local = _number(transaction.value("amount_local"))
        blocks = [e for e in transaction.descendants() if e.name.endswith("foreign_currency")]
        for block in blocks:
            amount, rate = (_number(block.value(n)) for n in ("foreign_amount", "foreign_exchange_rate"))
            if amount is None or rate is None or local is None:
                continue
            if abs(amount * rate - local) > max(Decimal("0.02"), local * Decimal("0.005")):
                yield block, "foreign amount times rate is not the local amount"
        own = {
            a.value("currency_code") for a in _accounts(transaction, strict=True) if a.value("currency_code")
        }
        if local_code and own and local_code not in own and not blocks:
            yield transaction, "no client account is in the local currency, and no foreign amount is given"


def _b19(root: XmlElement, context: Context) -> _Found:
    n, most = len(transactions(root)), _of(context).limits["transactions"]
    if n > most:
        yield root, f"holds {n:,} transactions; the FIU takes {most:,}"


def _b20(root: XmlElement, context: Context) -> _Found:
    limits = context.profile.limits if context.profile else {}
    sizes = [path.stat().st_size for path in context.attachments]
    if "attachments" in limits and len(sizes) > limits["attachments"]:
        yield root, f"has {len(sizes)} attachments; the FIU takes {limits['attachments']}"
    for number, (path, size) in enumerate(zip(context.attachments, sizes, strict=True), 1):
        if not _FILE_NAME.fullmatch(path.name):
            yield (
                root,
                f"attachment {number} needs a short name of plain Latin letters, digits, '-', '_' and '.'",
            )
        if "attachment_bytes" in limits and size > limits["attachment_bytes"]:
            yield root, f"attachment {number} is larger than the FIU takes"
    if "file_bytes" in limits and sum(sizes) > limits["file_bytes"]:
        yield root, "the attachments together are larger than the FIU takes"


def _b21(root: XmlElement, _: Context) -> _Found:
    if root.value("report_code").upper().startswith("AIF") and not root.value("fiu_ref_number"):
        yield root, "answers a request of the FIU, and has no reference of it (fiu_ref_number)"


def _b22(root: XmlElement, _: Context) -> _Found:
    for party in (e for e in root.descendants() if e.name == "report_party"):
        if not party.value("reason"):
            yield party, "has no reason of its own"


def _b23(root: XmlElement, context: Context) -> _Found:
    on, most = _report_day(root), _of(context).limits["late_days"]
    days = [d for d in (day_of(t, "date_transaction") for t in transactions(root)) if d is not None]
    if on is not None and days and (on - max(days)).days > most:
        yield root, f"the last transaction lies more than {most} days before the report"


def _limit(name: str) -> Callable[[Context], bool]:
    return lambda context: context.profile is not None and name in context.profile.limits


CHECKS: tuple[BusinessCheck, ...] = (
    BusinessCheck("B01", "at least one indicator, from the current list", _b01),
    BusinessCheck(
        "B02", "the offence behind the suspicion is named", _b02,
        lambda c: c.profile is not None and bool(c.profile.predicate_offences),
    ),
    BusinessCheck("B03", "reason and action are there", _b03),
    BusinessCheck("B04", "a case reference is there and was not used before", _b04),
    BusinessCheck("B05", "the local currency is the FIU's", _b05, _profiled),
    BusinessCheck("B06", "the report code fits the shape", _b06, _profiled),
    BusinessCheck("B07", "a transaction report has a client on some side", _b07),
    BusinessCheck("B08", "one side pays and one is paid, or parties are involved", _b08),
    BusinessCheck("B09", "transaction numbers are unique in the report", _b09),
    BusinessCheck("B10", "no date lies in the future or behind the report", _b10),
    BusinessCheck("B11", "amounts are above zero", _b11),
    BusinessCheck("B12", "transfers have accounts, cash has a person", _b12, _profiled),
    BusinessCheck("B13", "a client's account has signatories, one of them primary", _b13),
    BusinessCheck("B14", "closed accounts have a closing date", _b14, _profiled),
    BusinessCheck("B15", "birth date and nationality of clients are known", _b15),
    BusinessCheck("B16", "identity documents are complete", _b16),
    BusinessCheck("B17", "IBAN and BIC are well formed and fit each other", _b17),
    BusinessCheck("B18", "foreign amounts are given and fit the local ones", _b18),
    BusinessCheck("B19", "no more transactions than the FIU takes", _b19, _limit("transactions")),
    BusinessCheck("B20", "attachments fit in number, size and name", _b20, lambda c: bool(c.attachments)),
    BusinessCheck("B21", "an answer to the FIU names its request", _b21),
    BusinessCheck("B22", "every party of an activity has a reason", _b22),
    BusinessCheck("B23", "the report is not late", _b23, _limit("late_days")),
)  # fmt: skip
#: Checks that look at what a transactions-only file does not have.
HEADER_CHECKS = frozenset({"B01", "B02", "B03", "B04", "B05", "B06", "B07", "B21", "B23"})

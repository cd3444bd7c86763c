"""Telephone numbers and e-mail addresses in one form each, so that spellings do not keep two apart."""

from __future__ import annotations

import re
import unicodedata

#: Providers that deliver `name+tag@` to `name@`, as they say themselves.
TAGGED = frozenset({
    "gmail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "mac.com",
    "proton.me", "protonmail.com", "pm.me", "fastmail.com",
})  # fmt: skip
#: Providers for which points in the name do not count.
DOTLESS = frozenset({"gmail.com"})
#: Names of one provider that lead to the same mailbox.
SAME = {"googlemail.com": "gmail.com"}
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DISPLAY = re.compile(r"<([^<>]+)>\s*$")
_LONGEST, _LONGEST_PHONE = 320, 250


def phone(text: str, country: str | None) -> str | None:
    """Gives a telephone number as E.164, with `;ext=` and the extension behind it where there is one.

    Args:
        text: as written.
        country: ISO code of the country of numbers without country code; None reads only numbers that begin
            with + or 00.

    Returns:
        None when no number of possible length for its country can be read.
    """
    import phonenumbers as pn  # noqa: PLC0415  # its tables are read when there are numbers

    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) > _LONGEST_PHONE:
        return None
    if country is None and plain.lstrip("( ").startswith("00"):
        plain = "+" + plain.lstrip("( ")[2:]
    try:
        number = pn.parse(plain, country)
    except pn.NumberParseException:
        return None
    if pn.is_possible_number_with_reason(number) != pn.ValidationResult.IS_POSSIBLE:
        return None
    written = pn.format_number(number, pn.PhoneNumberFormat.E164)
    return f"{written};ext={number.extension}" if number.extension else written


def known_country(code: str) -> bool:
    """Says whether a text is the ISO code of a country that has telephone numbers."""
    import phonenumbers as pn  # noqa: PLC0415  # as above

    return code in pn.SUPPORTED_REGIONS


def national(number: str) -> str:
    """Gives the digits of a number from `phone` without the code of its country."""
    import phonenumbers as pn  # noqa: PLC0415  # as above

    return pn.national_significant_number(pn.parse(number.partition(";")[0], None))


def email(text: str) -> str | None:
    """Gives an e-mail address in small letters, its domain as on the wire, without what a provider ignores.

    The local part is compared without case: the standard lets a provider tell case apart, none in use does.
    Tags (`+tag`) go only where the provider says that it ignores them, and points only at Gmail; elsewhere
    they may well be another mailbox. International domains become their ASCII form (IDNA 2008).

    Returns:
        None when the text is not one address.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) > _LONGEST:
        return None
    if found := _DISPLAY.search(plain):
        plain = found[1].strip()
    plain = plain.removeprefix("mailto:").removeprefix("MAILTO:").lower()
    local, at, domain = plain.rpartition("@")
    if not at or not _LOCAL.fullmatch(local):
        return None
    ascii_domain = _domain(domain.rstrip("."))
    if ascii_domain is None:
        return None
    ascii_domain = SAME.get(ascii_domain, ascii_domain)
    if ascii_domain in TAGGED:
        local = local.partition("+")[0]
    if ascii_domain in DOTLESS:
        local = local.replace(".", "")
    return f"{local}@{ascii_domain}" if local else None


def _domain(domain: str) -> str | None:
    import idna  # noqa: PLC0415  # its tables are read when there are addresses

    try:
        out = idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
    return out if "." in out else None

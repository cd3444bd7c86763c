"""What an FIU's codes mean, read from a filing profile, for scanning reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thbscreen.io.codes import data_error
from thbscreen.io.files import reading
from thbscreen.model.catalogue import CHANNELS, HOLDER_ROLES, TX_TYPES
from thbscreen.model.strictyaml import Block, Scalar, StrictYamlError, load

_FUNDS = ("cash", "transfer", "card", "remittance", "cheque", "crypto")


@dataclass(frozen=True, slots=True)
class ReportCodes:
    """Meanings by code; a code that stands for two things means nothing.

    Attributes:
        channels: of `transmode_code`.
        funds: of `from_funds_code` and its like: cash, transfer, card, remittance, cheque, crypto.
        kinds: of `transaction_type_code`, as `tx_type`.
        products: of `personal_account_type`.
        roles: of a signatory.
        ends: of a party in a multi-party transaction: payer or payee.
        unknown: text that stands for a missing name.
    """

    channels: Mapping[str, str] = field(default_factory=dict)
    funds: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    unknown: str = ""


def read_codes(path: Path | None) -> ReportCodes:
    """Reads the codes of a filing profile; without one nothing is known.

    Raises:
        DataError: D001, D040 or D041, naming file and line.
    """
    if path is None:
        return ReportCodes()
    with reading(path.name):
        data = path.read_bytes()
    try:
        root = load(data)
    except StrictYamlError as error:
        raise data_error("D040", error.message, file=f"{path.name}:{error.line}:{error.column}") from None
    if not isinstance(root, Block) or root.get("filing_profile") is None:
        raise data_error(
            "D041", "reports are read with a filing profile, not with a mapping of columns", file=path.name,
            hint="give the filing profile of the FIU whose codes the reports have, or no mapping",
        )  # fmt: skip
    return ReportCodes(
        channels=_meanings(root, "transmode_codes", CHANNELS),
        funds=_meanings(root, "funds_codes", _FUNDS),
        kinds=_meanings(root, "transaction_type_codes", TX_TYPES),
        products=_meanings(root, "account_types", None),
        roles=_meanings(root, "signatory_roles", HOLDER_ROLES),
        ends=_meanings(root, "party_roles", ("payer", "payee")),
        unknown=_unknown(root),
    )


def _meanings(root: Block, key: str, known: tuple[str, ...] | None) -> dict[str, str]:
    """Turns a map from meanings to codes round."""
    block = root.get(key)
    if not isinstance(block, Block):
        return {}
    pairs = [
        (value.text.strip(), name.text)
        for name, value in block.entries
        if isinstance(value, Scalar) and (known is None or name.text in known) and name.text != "default"
    ]
    counts = Counter(code for code, _ in pairs)
    return {
        code: meaning
        for code, meaning in pairs
        if counts[code] == 1 and code not in {"", "-", "to be filled"}
    }


def _unknown(root: Block) -> str:
    block = root.get("unknown")
    found = block.get("text") if isinstance(block, Block) else None
    return found.text.strip() if isinstance(found, Scalar) else ""

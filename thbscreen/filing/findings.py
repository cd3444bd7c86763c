"""What a check of a report says: a code, a place, and no value from the report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

#: Faults of structure, found with the element tables; the page docs/reference/report-checks.md explains them.
STRUCTURE: dict[str, str] = {
    "S01": "element that the type does not have",
    "S02": "elements in another order than the schema's",
    "S03": "mandatory element missing",
    "S04": "element too often, or two branches of a choice",
    "S05": "value not in the form of its kind",
    "S06": "text shorter or longer than allowed",
    "S07": "code that is not in the profile's list, or not written like a code",
    "S08": "text that does not fit the profile's pattern",
    "S09": "namespace, attribute or wrapper that no report has",
    "S10": "element that the profile has switched off",
}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding about a report file.

    Attributes:
        line: of the element, from 1; 0 for the report as a whole.
        column: of the element, from 1.
        code: S01.. for structure, B01.. for business checks, X01 for the FIU's own schema.
        severity: errors mean that the file would be refused; warnings are worth a look.
        path: names of the elements that lead there.
        message: what is wrong; never a value from the report.
    """

    line: int
    column: int
    code: str
    severity: Severity
    path: str
    message: str

    def shown(self, file: str) -> str:
        """Gives the finding as one line that begins with the place."""
        place = f"{file}:{self.line}:{self.column}" if self.line else file
        return f"{place}: {self.severity}[{self.code}]: {self.path}: {self.message}"


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Gives findings once each, by place and code."""
    return sorted(set(findings))

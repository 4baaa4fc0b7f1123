"""What a check or a reader has to tell: one finding, one place, one remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
_WORST_FIRST = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Finding:
    """One thing found in one place.

    `row` is the line of the file as an editor counts it, so the header is line 1.
    """

    severity: Severity
    rule: str
    message: str
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    remedy: str = ""

    def sentence(self) -> str:
        """The finding as a person reads it: place, what is wrong, what to do."""
        place = ", ".join(
            part
            for part in (
                self.file,
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column}" if self.column else "",
            )
            if part
        )
        value = f" (value {self.value!r})" if self.value else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}: {self.message}{value}.{remedy}" if place else f"{self.message}.{remedy}"

    def as_dict(self) -> dict:
        return asdict(self)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors before warnings before notes; within each by file, row and rule."""
    return sorted(
        findings,
        key=lambda f: (_WORST_FIRST[f.severity], f.file, f.row if f.row is not None else 0, f.rule),
    )

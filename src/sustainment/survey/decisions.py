"""The declared decisions: what becomes of each defect that may be found, and why.

They stand in `study.yml` under `survey: decisions:`, one line each, so that a reader can count
them. A decision names a rule and may be narrowed to an item, a value or a respondent; `then` says
what is done. A defect without a decision is never touched: the check calls it an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sustainment.errors import UserError
from sustainment.survey.model import MISSING_KINDS
from sustainment.survey.values import REPAIRABLE, UNREADABLE

_DROPS = (
    "test-record",
    "not-consenting",
    "empty-session",
    "not-in-frame",
    "partial-without-outcome",
)
_KEEPS = ("keep first", "keep last", "keep first complete", "keep last complete")

#: rule -> what may be decided for it
CHOICES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_DROPS, ("drop",)),
    "duplicate-submission": _KEEPS,
    **dict.fromkeys(REPAIRABLE, ("repair",)),
    **dict.fromkeys(UNREADABLE, MISSING_KINDS),
    "impossible-value": ("keep", *MISSING_KINDS),
    "letters-lost": ("keep",),
    "answered-though-not-asked": ("not asked",),
    "asked-but-blank": ("keep",),
    "partial-with-outcome": ("keep",),
    "complete-mismatch": ("keep",),
    "frame-disagrees": ("keep",),
    "column-extra": ("keep",),
    "column-missing": ("keep",),
    "routing-unread": ("keep",),
    "identifier-kept": ("keep",),
}
_KNOWN_KEYS = {"rule", "item", "value", "id", "column", "matches", "then", "why"}


@dataclass(frozen=True)
class Decision:
    """One line of `survey: decisions:`. Empty fields match everything."""

    rule: str
    then: str
    item: str = ""
    value: str | None = None
    id: str = ""
    column: str = ""
    matches: str = ""
    why: str = ""

    def covers(self, item: str, value: str, respondent: str) -> bool:
        """Whether the decision was made for this item, value and respondent."""
        return (
            self.item in ("", item) and self.value in (None, value) and self.id in ("", respondent)
        )


class Decisions:
    """All decisions of a study, asked by rule. The first that covers a defect holds."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.all = [
            _decision(entry, i) for i, entry in enumerate(settings.get("decisions") or [], 1)
        ]

    def for_rule(self, rule: str) -> list[Decision]:
        return [decision for decision in self.all if decision.rule == rule]

    def first(
        self, rule: str, item: str = "", value: str = "", respondent: str = ""
    ) -> Decision | None:
        """The decision for one defect, or None."""
        for decision in self.for_rule(rule):
            if decision.covers(item, value, respondent):
                return decision
        return None


def _decision(entry: Any, number: int) -> Decision:
    place = f"data/study.yml, survey: decisions, entry {number}"
    if not isinstance(entry, Mapping) or not {"rule", "then"} <= entry.keys():
        raise UserError(f"{place}: a decision needs `rule` and `then`.")
    if unknown := sorted({str(key) for key in entry} - _KNOWN_KEYS):
        raise UserError(
            f"{place}: {unknown[0]!r} is not known. Known: {', '.join(sorted(_KNOWN_KEYS))}."
        )
    rule, then = str(entry["rule"]), str(entry["then"])
    if rule not in CHOICES:
        near = get_close_matches(rule, CHOICES, n=1)
        raise UserError(
            f"{place}: there is no rule {rule!r}.{f' Did you mean {near[0]!r}?' if near else ''}"
        )
    if then not in CHOICES[rule]:
        raise UserError(
            f"{place}: {rule} can be decided as {', '.join(CHOICES[rule])}; not as {then!r}."
        )
    values = {key: str(value) for key, value in entry.items() if value is not None}
    return Decision(**values)

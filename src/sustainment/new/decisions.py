"""What the check would ask to decide, decided in the most careful way, each with its count.

Nothing is dropped or repaired in silence: every line says why, and a person may strike it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sustainment.survey.examine import CELL_RULES, Defect, Examination
from sustainment.survey.model import RawSurvey
from sustainment.survey.values import REPAIRABLE, UNREADABLE
from sustainment.survey.vendors.consent import propose_drops


def draft_decisions(raw: RawSurvey, settings: Mapping[str, Any]) -> list[dict[str, str]]:
    """`survey: decisions:` for one survey; `settings` is the rest of that block."""
    decisions = [
        {**proposal.decision(), "why": f"{proposal.why}; {_times(len(proposal.lines), 'record')}"}
        for proposal in propose_drops(raw, settings.get("rows"))
    ]
    for _ in range(3):  # a repair may show the next defect of the same cell
        more = list(_undecided(Examination(raw, {**settings, "decisions": decisions})))
        if not more:
            break
        decisions.extend(more)
    return decisions


def _undecided(examined: Examination) -> Iterator[dict[str, str]]:
    repeated = examined.dropped["duplicate-submission"]
    if len(repeated) and not examined.decisions.for_rule("duplicate-submission"):
        why = f"guess: the first complete record counts; {_times(len(repeated), 'record')}"
        yield {"rule": "duplicate-submission", "then": "keep first complete", "why": why}
    found = [d for rule in CELL_RULES for d in examined.cell_defects(rule)] + list(
        examined.answered_unasked()
    )
    open_ = [defect for defect in found if defect.decision is None]
    for rule in dict.fromkeys(defect.rule for defect in open_):
        defects = [defect for defect in open_ if defect.rule == rule]
        if rule in REPAIRABLE:
            why = f"changes no answer; {_times(_cells(defects), 'cell')}"
            yield {"rule": rule, "then": "repair", "why": why}
            continue
        for item in dict.fromkeys(defect.item for defect in defects):
            own = [defect for defect in defects if defect.item == item]
            values = ", ".join(repr(d.before[:20]) for d in own[:4]) + (
                ", …" if len(own) > 4 else ""
            )
            then, why = _careful(rule)
            yield {
                "rule": rule,
                "item": item,
                "then": then,
                "why": f"{why}: {values}; {_times(_cells(own), 'cell')}",
            }
    for rule, names in _columns(examined).items():
        for name in names:
            if examined.decisions.first(rule, name) is None:
                yield {
                    "rule": rule,
                    "item": name,
                    "then": "keep",
                    "why": "guess: nothing is lost by it",
                }


def _careful(rule: str) -> tuple[str, str]:
    if rule == "answered-though-not-asked":
        return "not asked", "guess: the question was hidden when the form was sent"
    if rule in {"impossible-value", "letters-lost"}:
        return "keep", "guess: kept as it stands. Look at it"
    assert rule in UNREADABLE
    return "no answer", "guess: cannot be read as an answer"


def _columns(examined: Examination) -> dict[str, list[str]]:
    raw = examined.raw
    extra = [n for n in raw.table if n not in examined.items and n not in examined.markers]
    absent = [n for n, item in raw.codebook.items() if item.type != "note" and n not in raw.table]
    unread = [n for n, item in examined.items.items() if item.routing in examined.unread_routing]
    return {"column-extra": extra, "column-missing": absent, "routing-unread": unread}


def _cells(defects: list[Defect]) -> int:
    return sum(len(defect.rows) for defect in defects)


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"

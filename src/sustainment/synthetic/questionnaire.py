"""The questionnaire as its file says it: `data/questionnaire.yml`, items in the order asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sustainment.errors import UserError
from sustainment.study import load_yaml

FILE = "data/questionnaire.yml"
TYPES = ("single", "multi", "number", "text")
NOT_APPLICABLE = "Not applicable"


@dataclass(frozen=True)
class Question:
    """One item: wording, answers and routing, as the person who is asked meets it."""

    id: str
    wording: str
    type: str
    options: dict[str, str]
    section: str
    scale: str = ""
    routing: str = ""
    required: bool = False
    low: int | None = None
    high: int | None = None
    decimals: bool = False  # a number that need not be whole

    @property
    def answers(self) -> list[str]:
        """The codes that are answers: "Not applicable" is an option, but no answer."""
        return [code for code, label in self.options.items() if label != NOT_APPLICABLE]

    @property
    def not_applicable(self) -> str:
        """The code of the option "Not applicable"; "" if the item has none."""
        return next((c for c, label in self.options.items() if label == NOT_APPLICABLE), "")


@dataclass(frozen=True)
class Questionnaire:
    """All items with what an export needs to name them."""

    title: str
    note: str
    form: str
    record: str
    identifier: str
    outcome: dict[str, str]
    missing: dict[str, str]  # code -> kind of missing
    items: dict[str, Question]

    def missing_code(self, kind: str) -> str:
        """The code for a kind of missing, such as "no answer"."""
        return next(code for code, name in self.missing.items() if name == kind)


def read_questionnaire(path: Path | str) -> Questionnaire:
    """Read the questionnaire. Raises UserError naming the item and what to do."""
    sheet = load_yaml(Path(path))
    try:
        items = {
            entry["id"]: _question(entry, section["title"], sheet["scales"])
            for section in sheet["sections"]
            for entry in section["items"]
        }
        count = sum(len(section["items"]) for section in sheet["sections"])
        questionnaire = Questionnaire(
            title=sheet["title"],
            note=" ".join(sheet["note"].split()),
            form=sheet["form"],
            record=sheet["record"],
            identifier=sheet["identifier"],
            outcome=sheet["outcome"],
            missing=sheet["missing_codes"],
            items=items,
        )
    except (KeyError, TypeError) as error:
        raise UserError(f"{FILE}: {error} is missing or not as expected. Add it.") from None
    if count != len(items):
        raise UserError(f"{FILE}: an item id is used twice. Ids must be unique.")
    if questionnaire.outcome["item"] not in items:
        raise UserError(f"{FILE}: the outcome {questionnaire.outcome['item']!r} is not an item.")
    return questionnaire


def _question(entry: Mapping[str, Any], section: str, scales: Mapping[str, Any]) -> Question:
    scale = entry.get("scale", "")
    if scale and scale not in scales:
        raise UserError(
            f"{FILE}, {entry['id']}: there is no scale {scale!r}. Define it, or correct it."
        )
    if entry["type"] not in TYPES:
        raise UserError(
            f"{FILE}, {entry['id']}: unknown type {entry['type']!r}. Known: {', '.join(TYPES)}."
        )
    options = dict(scales[scale]) if scale else dict(entry.get("options", {}))
    if entry["type"] in ("single", "multi") and len(options) < 2:
        raise UserError(f"{FILE}, {entry['id']}: a choice needs at least two options.")
    return Question(
        id=entry["id"],
        wording=entry["wording"],
        type=entry["type"],
        options=options,
        section=section,
        scale=scale,
        routing=entry.get("routing", ""),
        required=bool(entry.get("required", False)),
        low=entry.get("low"),
        high=entry.get("high"),
        decimals=bool(entry.get("decimals", False)),
    )

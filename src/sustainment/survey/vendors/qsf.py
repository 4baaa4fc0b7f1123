"""Read a Qualtrics survey file (.qsf): wordings, options with their recoded values, grids."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

from sustainment.errors import UserError
from sustainment.survey.model import Item, ItemType
from sustainment.survey.vendors.scales import scale_order
from sustainment.survey.vendors.sheet import tidy


def read_qsf(path: Path) -> dict[str, Item]:
    """Items by export name ("Q5", or "Q6_1" for a row of a grid) of all closed questions.

    Codes are the recoded values where the survey has them, else the choice's own number; the order is
    that of the survey. Raises UserError when the file is no survey.
    """
    try:
        survey = json.loads(path.read_text(encoding="utf-8-sig"))
        elements = survey["SurveyElements"]
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"{path.name} is not a Qualtrics survey file. Export it from Tools, Import/Export, Export Survey."
        ) from None
    items: dict[str, Item] = {}
    for element in elements:
        question = element.get("Payload")
        if element.get("Element") == "SQ" and isinstance(question, dict):
            for item in _question(question):
                items[item.id] = item
    return items


def _question(question: dict[str, Any]) -> list[Item]:
    name = question.get("DataExportTag") or question.get("QuestionID", "")
    wording = plain(question.get("QuestionText", ""))
    choices = question.get("Choices") or {}
    if question.get("QuestionType") == "Matrix":
        options = _options(question.get("Answers") or {}, question, "AnswerOrder")
        kind = _kind(options)
        rows = _ordered(choices, question.get("ChoiceOrder"))
        return [
            Item(
                f"{name}_{key}",
                f"{wording} - {plain(choice.get('Display', ''))}",
                kind,
                options,
                section=wording,
            )
            for key, choice in rows
        ]
    if not choices or question.get("QuestionType") not in {"MC", "DD"}:
        return [Item(name, wording, "text")]
    options = _options(choices, question, "ChoiceOrder")
    if question.get("Selector", "").startswith(("MA", "MS")):
        return [
            Item(f"{name}_{code}", wording, "multi", {"0": "not ticked", "1": label}, set=name)
            for code, label in options.items()
        ]
    return [Item(name, wording, _kind(options), options)]


def _options(choices: dict, question: dict[str, Any], order: str) -> dict[str, str]:
    recoded = question.get("RecodeValues") or {}
    return {
        str(recoded.get(key, key)): plain(choice.get("Display", ""))
        for key, choice in _ordered(choices, question.get(order))
    }


def _ordered(choices: Any, order: list | None) -> list[tuple[str, dict]]:
    if isinstance(choices, list):  # Qualtrics writes a list when the keys are 0, 1, 2 …
        choices = {str(i): choice for i, choice in enumerate(choices)}
    keys = [str(key) for key in order or choices]
    return [(key, choices[key]) for key in keys if key in choices]


def _kind(options: dict[str, str]) -> ItemType:
    labels = list(options.values())
    return (
        "likert" if len(labels) > 2 and scale_order(labels) in (labels, labels[::-1]) else "single"
    )


def plain(text: str) -> str:
    """Question text without HTML tags and entities, on one line."""
    return tidy(html.unescape(re.sub(r"<[^>]+>", " ", text)))

"""The invented survey as REDCap would export it: raw codes, and the 18 columns of its dictionary.

Layout of the two files: as in exports that real projects made public.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from sustainment.streams import rng
from sustainment.synthetic.parameters import Parameters
from sustainment.synthetic.questionnaire import Question, Questionnaire

DICTIONARY_COLUMNS = [
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
]
NOT_COMPLETED = "[not completed]"
DATE_FIELD = "filled_on"


def export(
    persons: pd.DataFrame, form: pd.DataFrame, parameters: Parameters, seed: int
) -> pd.DataFrame:
    """The rows of those who answered, in the order they came in, all cells text.

    `form` has the rows of `persons`. Record ids count from 1, as REDCap gives them.
    """
    asked = parameters.questionnaire
    answered = persons["answered"].to_numpy()
    moments = _moments(parameters, seed, int(answered.sum()))
    order = np.argsort(moments, kind="stable")
    rows = np.flatnonzero(answered)[order]
    stamps = np.datetime_as_string(moments[order])
    table = form.iloc[rows].reset_index(drop=True)
    table.insert(0, asked.record, (np.arange(len(table)) + 1).astype(str))
    table.insert(1, asked.identifier, persons["person"].to_numpy()[rows])
    table.insert(2, f"{asked.form}_timestamp", np.char.replace(stamps, "T", " "))
    table.insert(3, "is_synthetic", "1")
    table.insert(4, DATE_FIELD, stamps.astype("U10"))
    table[f"{asked.form}_complete"] = "2"
    return table.astype(object)


def dictionary(parameters: Parameters) -> pd.DataFrame:
    """The data dictionary of the form, one row a field, 18 columns, all cells text."""
    asked = parameters.questionnaire
    calendar = parameters["calendar"]
    rows = [
        _field(asked, asked.record, "text", "Record"),
        _field(asked, "intro", "descriptive", f"{asked.title}. {asked.note}"),
        _field(
            asked,
            "is_synthetic",
            "yesno",
            "Invented answers",
            annotation="@HIDDEN-SURVEY @DEFAULT='1'",
        ),
        _field(
            asked,
            DATE_FIELD,
            "text",
            "Date",
            validation=("date_ymd", calendar["first_day"], calendar["last_day"]),
        ),
    ]
    section = ""
    for number, item in enumerate(asked.items.values(), start=1):
        header = item.section if item.section != section else ""
        section = item.section
        rows.append(_item_field(asked, item, header, number))
    return pd.DataFrame(rows, columns=DICTIONARY_COLUMNS)


def write(table: pd.DataFrame, path: Path) -> Path:
    """Write a table of text as UTF-8 with line feeds: the same bytes on every machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    return path


def _moments(parameters: Parameters, seed: int, size: int) -> np.ndarray:
    """When each form was sent: early after the invitation, in working hours."""
    calendar = parameters["calendar"]
    first = np.datetime64(calendar["first_day"], "D")
    span = int((np.datetime64(calendar["last_day"], "D") - first) / np.timedelta64(1, "D"))
    draw = rng(seed, "calendar")
    days = np.minimum(draw.exponential(calendar["days_to_answer"], size).astype(int), span)
    seconds = draw.integers(8 * 3600, 17 * 3600, size)
    return (first + days).astype("datetime64[s]") + seconds.astype("timedelta64[s]")


def _field(
    asked: Questionnaire,
    name: str,
    kind: str,
    label: str,
    *,
    header: str = "",
    choices: str = "",
    validation: tuple[object, object, object] = ("", "", ""),
    branching: str = "",
    required: bool = False,
    number: int | str = "",
    annotation: str = "",
) -> list[str]:
    cells = [name, asked.form, header, kind, label, choices, "", *map(str, validation)]
    return [*cells, "", branching, "y" if required else "", "", str(number), "", "", annotation]


def _item_field(asked: Questionnaire, item: Question, header: str, number: int) -> list[str]:
    kind = {"single": "radio", "multi": "checkbox", "number": "text", "text": "notes"}[item.type]
    if item.scale == "yesno":
        kind = "yesno"
    choices = " | ".join(f"{code}, {label}" for code, label in item.options.items())
    number_kind = "number" if item.decimals else "integer"
    validation = (number_kind, item.low, item.high) if item.type == "number" else ("", "", "")
    return _field(
        asked,
        item.id,
        kind,
        item.wording,
        header=header,
        choices="" if kind == "yesno" else choices,
        validation=validation,
        branching=item.routing,
        required=item.required,
        number=number,
    )

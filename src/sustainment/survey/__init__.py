"""Survey exports: reading any kind, cleaning by declared rules, a log of every change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sustainment.survey.model import BOOKKEEPING, MISSING_KINDS, Item, RawSurvey, Survey

__all__ = [
    "BOOKKEEPING",
    "MISSING_KINDS",
    "Item",
    "RawSurvey",
    "Survey",
    "open_survey",
    "read_frame",
]


def open_survey(root: Path, study: Mapping[str, Any]) -> Survey:
    """Read and clean the survey of a study folder; `study` is its study.yml.

    Raises UserError when a file cannot be read or a defect has no decision.
    """
    from sustainment.survey.clean import clean
    from sustainment.survey.read import read_survey

    entry = study["inputs"]["survey"]
    dictionary = root / "data" / entry["dictionary"] if entry.get("dictionary") else None
    raw = read_survey(root / "data" / entry["file"], dictionary, entry.get("kind"))
    return clean(raw, study.get("survey") or {}, read_frame(root, study))


def read_frame(root: Path, study: Mapping[str, Any]) -> pd.DataFrame | None:
    """The population, a row a person, all text, indexed by person; None when there is no list."""
    from sustainment.survey.tabular import Unreadable, read_table

    entry = (study.get("inputs") or {}).get("population")
    if not entry:
        return None
    cells = read_table(root / "data" / entry["file"]).cells
    person = entry.get("index") or cells.columns[0]
    if person not in cells:
        raise Unreadable.because(
            "frame-id", f"The list of the population has no column {person!r}", Path(entry["file"]).name,
            1, remedy="Name its column of ids in data/study.yml (inputs: population: index).",
        )  # fmt: skip
    return cells.set_index(person)

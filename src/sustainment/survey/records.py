"""Which records leave the data: a small function a rule, each seeing what the ones before it left.

A function takes the survey and a mask of the records still there, and gives a mask of those it
takes out. Except for strangers and repeated persons, nothing is taken out without a decision.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sustainment.survey.model import BOOKKEEPING
from sustainment.survey.values import unticked

if TYPE_CHECKING:
    from sustainment.survey.examine import Examination


def test_record(survey: Examination, left: np.ndarray) -> np.ndarray:
    """Records whose column matches the pattern of a decision."""
    mask = np.zeros_like(left)
    for decision in survey.decisions.for_rule("test-record"):
        if (decision.column or survey.id_column) not in survey.table:
            continue
        search = re.compile(decision.matches).search
        texts = survey.table[decision.column or survey.id_column].to_numpy(dtype=object)
        mask |= np.array([search(text) is not None for text in texts], dtype=bool)
    return mask


def not_consenting(survey: Examination, left: np.ndarray) -> np.ndarray:
    """Records with the answer that a decision calls a refusal of consent."""
    mask = np.zeros_like(left)
    for decision in survey.decisions.for_rule("not-consenting"):
        if decision.item not in survey.table:
            continue
        column = survey.column(decision.item)
        mask |= column.rows([cell.plain == (decision.value or "") for cell in column.cells])
    return mask


def empty_session(survey: Examination, left: np.ndarray) -> np.ndarray:
    """Records without any answer: nothing written, nothing chosen, no box ticked."""
    if not survey.decisions.for_rule("empty-session"):
        return np.zeros_like(left)
    empty = np.ones_like(left)
    mark = (survey.settings.get("mark") or {}).get("column")
    given = {survey.id_column, survey.settings.get("record"), mark}  # not by the respondent
    for name, item in survey.items.items():
        if name in given or item.section == BOOKKEEPING or item.type == "note":
            continue
        column = survey.column(name)
        empty &= column.rows(
            [
                cell.blank or bool(cell.missing) or unticked(item, cell.plain)
                for cell in column.cells
            ]
        )
    return empty


def not_in_frame(survey: Examination, left: np.ndarray) -> np.ndarray:
    """Records of somebody who is not in the list of the population."""
    if survey.frame is None:
        return np.zeros_like(left)
    column, known = survey.column(survey.id_column), {*survey.frame.index, ""}
    return column.rows([cell.plain not in known for cell in column.cells])


def partial_without_outcome(survey: Examination, left: np.ndarray) -> np.ndarray:
    """Unfinished records that broke off before the outcome, where that was decided."""
    outcome = (survey.settings.get("outcome") or {}).get("item")
    if outcome not in survey.items or not survey.decisions.for_rule("partial-without-outcome"):
        return np.zeros_like(left)
    return ~survey.submitted & survey.column(outcome).blank


def duplicate_submission(survey: Examination, left: np.ndarray) -> np.ndarray:
    """Of several records of one person all but the one that the decision keeps."""
    persons = survey.persons[left]
    repeated = persons.duplicated(keep=False) & (persons != "")
    mask = np.zeros_like(left)
    if not repeated.any():
        return mask
    then = getattr(survey.decisions.first("duplicate-submission"), "then", "keep first")
    order = _order_of_submission(survey) * (-1 if "last" in then else 1)
    where = np.flatnonzero(left)[repeated.to_numpy()]
    table = pd.DataFrame({"person": persons[repeated].to_numpy(), "row": where})
    table["unfinished"] = ~survey.complete[where] if "complete" in then else False
    table["order"] = order[where]
    table = table.sort_values(["unfinished", "order"], kind="stable")
    mask[table["row"][table["person"].duplicated()]] = True
    return mask


def _order_of_submission(survey: Examination) -> np.ndarray:
    """The place of every record in time; in the file, where no time stamp tells."""
    place = np.arange(len(survey.table))
    name = survey.settings.get("time")
    if name not in survey.items:
        return place
    column = survey.column(name)
    never = datetime.max
    times = np.array([cell.value or never for cell in column.cells], dtype="datetime64[us]")
    rank = np.empty_like(place)
    rank[np.lexsort((place, times[column.positions]))] = place
    return rank


#: The rules in the order in which they are asked.
DROP_RULES: dict[str, Callable[[Examination, np.ndarray], np.ndarray]] = {
    "test-record": test_record,
    "not-consenting": not_consenting,
    "empty-session": empty_session,
    "not-in-frame": not_in_frame,
    "partial-without-outcome": partial_without_outcome,
    "duplicate-submission": duplicate_submission,
}

"""The faults of real exports, planted on purpose, and the list of where they are.

`plant` takes a clean export and returns the damaged one with a log. Each fault falls on a row that
has no other, so that a check can be judged fault by fault. The list of faults is data.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.streams import rng
from sustainment.synthetic.parameters import FILE, Parameters
from sustainment.synthetic.redcap import DATE_FIELD, NOT_COMPLETED

ORDER = "order of arrival"  # a working column: seconds, or a moment in between
LOG_COLUMNS = ["record", "identifier", "column", "rule", "before", "after"]
_SWEDISH = set("åäöÅÄÖ")
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass
class _Export:
    """The rows as they are being damaged."""

    table: pd.DataFrame
    parameters: Parameters
    draw: np.random.Generator
    silent: list[tuple[str, pd.Series]]  # who did not answer, with the form they would have sent
    touched: set[int] = field(default_factory=set)
    log: list[dict] = field(default_factory=list)

    @property
    def form(self) -> str:
        return self.parameters.questionnaire.form

    @property
    def identifier(self) -> str:
        return self.parameters.questionnaire.identifier

    def pick(self, fits: Callable[[pd.Series], bool]) -> int:
        """A row without a fault that fits, by chance; any such row if none fits."""
        free = [row for row in self.table.index if row not in self.touched]
        candidates = [row for row in free if fits(self.table.loc[row])] or free
        row = int(self.draw.choice(candidates))
        self.touched.add(row)
        return row

    def note(self, row: int, column: str, rule: str, before: str, after: str) -> None:
        self.log.append(
            {"index": row, "column": column, "rule": rule, "before": before, "after": after}
        )

    def add(self, cells: pd.Series) -> int:
        row = int(self.table.index.max()) + 1
        self.table.loc[row] = cells
        self.touched.add(row)
        return row


def plant(
    export: pd.DataFrame,
    persons: pd.DataFrame,
    form: pd.DataFrame,
    parameters: Parameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Damage an export as `defects:` says. Returns the export and the log (a row a fault).

    Log columns: record, identifier, column ("" for a whole row), rule, before, after.
    """
    answered = persons["answered"].to_numpy()
    silent = [(persons["person"].iloc[row], form.iloc[row]) for row in np.flatnonzero(~answered)]
    table = export.copy()
    stamp = pd.to_datetime(table[f"{parameters.questionnaire.form}_timestamp"])
    table[ORDER] = (stamp - stamp.min()).dt.total_seconds()
    work = _Export(table, parameters, rng(seed, "defects"), silent)
    for defect in parameters["defects"]["list"]:
        for _ in range(defect["rows"]):
            (_CELLS if defect["do"] in _CELLS else _ROWS)[defect["do"]](work, defect)
    return _in_order(work)


def _in_order(work: _Export) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows as they arrived, numbered again; a test record keeps its name and stands first."""
    record = work.parameters.questionnaire.record
    table = work.table.sort_values(ORDER, kind="stable")
    named = table[record].str.startswith("TEST")
    table.loc[~named, record] = (np.arange((~named).sum()) + 1).astype(str)
    log = pd.DataFrame(work.log)
    log["record"] = table[record].reindex(log["index"]).to_numpy()
    log["identifier"] = table[work.identifier].reindex(log["index"]).to_numpy()
    return table.drop(columns=ORDER).reset_index(drop=True), log[LOG_COLUMNS]


def _cell(change: Callable[[_Export, Mapping[str, Any], str], str]) -> Callable[..., None]:
    """A fault of one cell: pick a row, change the cell, note it."""

    def apply(work: _Export, defect: Mapping[str, Any]) -> None:
        column = defect["item"]
        row = work.pick(lambda cells: _fits(cells[column], defect))
        before = work.table.at[row, column]
        if defect.get("fallback") and not _SWEDISH & set(before):
            before = defect["fallback"]
        after = change(work, defect, before)
        work.table.at[row, column] = after
        work.note(row, column, defect["rule"], before, after)

    return apply


def _fits(cell: str, defect: Mapping[str, Any]) -> bool:
    where = defect.get("where", "answered")
    if where == "empty":
        return cell == ""
    if where == "1 to 9":
        return len(cell) == 1 and cell != "0"
    if where == "10 or more":
        return len(cell) > 1 and not cell.startswith("-")
    if where == "Swedish letters":
        return bool(_SWEDISH & set(cell))
    return cell != "" and not cell.startswith("-")


def _other_option(work: _Export, defect: Mapping[str, Any], before: str) -> str:
    options = work.parameters.questionnaire.items[defect["item"]].answers
    return options[(options.index(before) + 1) % len(options)] if before in options else options[0]


_CELLS: dict[str, Callable[..., None]] = {
    "space_after": _cell(lambda work, defect, cell: cell + " "),
    "no_break_space_before": _cell(lambda work, defect, cell: "\u00a0" + cell),
    "full_width": _cell(lambda work, defect, cell: cell.translate(_FULL_WIDTH)),
    "decimal_comma": _cell(lambda work, defect, cell: cell + ",5"),
    "put": _cell(lambda work, defect, cell: defect["value"]),
    "other_option": _cell(_other_option),
    "double_encode": _cell(lambda work, defect, cell: cell.encode("utf-8").decode("latin-1")),
    "decompose": _cell(lambda work, defect, cell: unicodedata.normalize("NFD", cell)),
}


def _break_off(work: _Export, defect: Mapping[str, Any]) -> None:
    """A respondent stops half-way, after the outcome: everything from `item` on is empty."""
    row = work.pick(lambda cells: cells[defect["item"]] != "")
    work.table.loc[row] = _unfinished(work, work.table.loc[row], defect["item"])
    work.note(row, "", defect["rule"], "complete", f"nothing from {defect['item']} on")


def _add_break_off(work: _Export, defect: Mapping[str, Any]) -> None:
    """A person counted as silent began, and stopped before the outcome."""
    row = work.add(_unfinished(work, _silent_form(work), defect["item"]))
    work.note(row, "", defect["rule"], "", f"nothing from {defect['item']} on")


def _repeat_soon(work: _Export, defect: Mapping[str, Any]) -> None:
    """The same form sent twice within minutes."""
    row = work.pick(lambda cells: True)
    again = work.add(_later(work, work.table.loc[row], minutes=defect["minutes"]))
    work.note(again, "", defect["rule"], "", "the same answers again")


def _repeat_later(work: _Export, defect: Mapping[str, Any]) -> None:
    """The same person answers again some days later, and one answer differs."""
    column = defect["item"]
    row = work.pick(lambda cells: _fits(cells[column], defect))
    cells = _later(work, work.table.loc[row], minutes=defect["days"] * 24 * 60)
    cells[column] = _other_option(work, defect, cells[column])
    again = work.add(cells)
    work.note(again, "", defect["rule"], "", f"again, with another answer to {column}")


def _add_stranger(work: _Export, defect: Mapping[str, Any]) -> None:
    """A form under an id that nobody in the frame has."""
    known = set(work.table[work.identifier]) | {person for person, _ in work.silent}
    cells = _silent_form(work)
    while cells[work.identifier] in known:
        cells[work.identifier] = f"INV-{work.draw.integers(1000, 10000)}"
    row = work.add(cells)
    work.note(row, work.identifier, defect["rule"], "", cells[work.identifier])


def _add_test(work: _Export, defect: Mapping[str, Any]) -> None:
    """The record somebody made to try the form, left in the export."""
    cells = _silent_form(work)
    cells[work.parameters.questionnaire.record] = "TEST01"
    cells[work.identifier] = "TEST"
    cells[ORDER] = -1.0
    row = work.add(cells)
    work.note(row, "", defect["rule"], "", "TEST01")


_ROWS: dict[str, Callable[..., None]] = {
    "break_off": _break_off,
    "add_break_off": _add_break_off,
    "repeat_soon": _repeat_soon,
    "repeat_later": _repeat_later,
    "add_stranger": _add_stranger,
    "add_test": _add_test,
}


def _silent_form(work: _Export) -> pd.Series:
    """A row made of the form that a silent person would have sent."""
    if not work.silent:
        raise UserError(f"{FILE}, defects: more rows to add than silent persons. Plant fewer.")
    person, form = work.silent.pop(int(work.draw.integers(len(work.silent))))
    cells = work.table.loc[work.pick(lambda row: True)].copy()
    cells[form.index] = form
    cells[work.identifier] = person
    cells[ORDER] += 60.0
    return cells


def _unfinished(work: _Export, cells: pd.Series, first_empty: str) -> pd.Series:
    cells = cells.copy()
    names = list(work.table.columns)
    for name in names[names.index(first_empty) : names.index(f"{work.form}_complete")]:
        cells[name] = "0" if "___" in name else ""
    cells[f"{work.form}_timestamp"] = NOT_COMPLETED
    cells[f"{work.form}_complete"] = "0"
    return cells


def _later(work: _Export, cells: pd.Series, minutes: int) -> pd.Series:
    cells = cells.copy()
    stamp = f"{work.form}_timestamp"
    moment = np.datetime64(cells[stamp].replace(" ", "T"), "s") + np.timedelta64(minutes, "m")
    cells[stamp] = str(moment).replace("T", " ")
    cells[DATE_FIELD] = str(moment)[:10]
    cells[ORDER] += minutes * 60
    return cells

"""From the raw export to the answers of the respondents: by declared decisions, each one logged.

`clean` drops test records, duplicates, people without consent or outside the frame; trims and
normalises what a decision allows; gives every answer its type and every missing answer its kind.
A blank that the routing explains is "not asked", any other blank is "no answer".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.survey.examine import CELL_RULES, Defect, Examination
from sustainment.survey.model import MISSING_KINDS, Item, RawSurvey, Survey
from sustainment.survey.values import UNREADABLE, typed_series

_LOG = ["rule", "item", "respondent", "before", "after", "note"]
_KINDS = ["", *MISSING_KINDS]


def clean(raw: RawSurvey, settings: Mapping[str, Any], frame: pd.DataFrame | None = None) -> Survey:
    """Clean a survey by the study's settings (`survey:` in study.yml).

    `frame` is the population, a row a person, indexed by the id that `settings["id"]` names in the
    export. Raises UserError when a defect has no decision: nothing is repaired in silence.
    """
    examined = Examination(raw, settings, frame)
    defects = _decided_defects(examined)
    log = _changes(examined, defects)
    dropped = _dropped(examined)
    index = pd.Index(examined.persons[examined.kept], name=examined.id_column)
    answers, missing, codebook = {}, {}, {}
    for name, item in examined.items.items():
        if item.identifier and name != examined.id_column:
            log.append({"rule": "identifier", "item": name, "note": "left out: it identifies a person"})  # fmt: skip
            continue
        codebook[name] = item
        if item.type == "note" or name == examined.id_column:
            continue
        kinds, lost = _missing_kinds(examined, name, item, defects.get(name, []))
        answers[name] = typed_series(examined.column(name), lost, examined.table.index)
        missing[name] = pd.Categorical.from_codes(kinds, categories=_KINDS)
    _none_ticked(examined, answers, missing, log)
    for name, series in answers.items():
        answers[name] = series[examined.kept].set_axis(index)
        missing[name] = pd.Series(missing[name][examined.kept], index=index, name=name)
    for name in examined.raw.columns_without_item:
        note = "left out: the codebook does not describe it"
        log.append({"rule": "column-extra", "item": name, "note": note})
    return Survey(
        answers=pd.DataFrame(answers, index=index),
        missing=pd.DataFrame(missing, index=index),
        codebook=codebook,
        log=pd.DataFrame(log, columns=_LOG, dtype=object).fillna("").astype("str"),
        dropped=dropped,
        raw=raw,
    )


def _decided_defects(examined: Examination) -> dict[str, list[Defect]]:
    """Every defect of the kept records by column; raises UserError when one has no decision."""
    found = [defect for rule in CELL_RULES for defect in examined.cell_defects(rule)]
    found += examined.answered_unasked()
    found += examined.frame_disagreements()
    absent = [f"no column {name!r} ({setting})" for setting, name in examined.named_but_absent]
    open_questions = absent + [_place(examined, d) for d in found if not _settled(d, examined)]
    repeated = examined.dropped["duplicate-submission"]
    strangers = examined.dropped["not-in-frame"]
    for rule, rows in (("duplicate-submission", repeated), ("not-in-frame", strangers)):
        if len(rows) and not examined.decisions.for_rule(rule):
            open_questions.append(f"{rule} at row {examined.table.index[rows[0]]}")
    nameless = np.flatnonzero(examined.kept & (examined.persons == "").to_numpy())
    open_questions += [f"no id in row {examined.table.index[row]}" for row in nameless]
    if open_questions:
        more = f" and {len(open_questions) - 3} more" if len(open_questions) > 3 else ""
        raise UserError(
            f"{examined.raw.file}: {'; '.join(open_questions[:3])}{more}. Run `sustainment check` to see "
            "all, then correct the file at its source or decide in data/study.yml (survey: decisions)."
        )
    by_column: dict[str, list[Defect]] = {}
    for defect in found:
        by_column.setdefault(defect.item, []).append(defect)
    return by_column


def _settled(defect: Defect, examined: Examination) -> bool:
    """A decision covers the defect, or it has none to make: a value in a column nobody analyses."""
    return defect.decision is not None or defect.rule == "frame-disagrees"


def _place(examined: Examination, defect: Defect) -> str:
    line = examined.table.index[defect.rows[0]]
    return f"{defect.rule} at row {line}, column {defect.item} (value {defect.before!r})"


def _missing_kinds(
    examined: Examination, name: str, item: Item, defects: list[Defect]
) -> tuple[np.ndarray, np.ndarray]:
    """Codes into `_KINDS` for every record, and a mask of the values that must not stay."""
    column, asked = examined.column(name), examined.asked(name)
    kinds = np.array([_KINDS.index(cell.missing) for cell in column.cells] or [0], dtype="int8")
    kinds = kinds[column.positions] if len(column.cells) else np.zeros(len(examined.table), "int8")
    no_answer, not_asked = _KINDS.index("no answer"), _KINDS.index("not asked")
    blank = np.zeros(len(kinds), bool) if "" in item.options else column.blank
    kinds[blank] = not_asked if item.type == "calc" else no_answer
    if item.type == "multi":
        kinds[~asked] = not_asked
    else:
        kinds[blank & ~asked] = not_asked
    for defect in defects:
        if defect.rule == "answered-though-not-asked":
            kinds[defect.rows] = not_asked
        elif defect.rule in UNREADABLE and defect.decision and defect.decision.then != "keep":
            kinds[defect.rows] = _KINDS.index(defect.decision.then)
    for marker, kind in examined.markers.items():
        if item.set and examined.raw.codebook[marker].set == item.set:
            kinds[_ticked(examined, marker) & asked] = _KINDS.index(kind)
    return kinds, kinds > 0


def _ticked(examined: Examination, name: str) -> np.ndarray:
    column = examined.column(name)
    ticked = list(examined.raw.codebook[name].options)[-1]
    return column.rows([cell.plain == ticked for cell in column.cells])


def _none_ticked(
    examined: Examination, answers: dict[str, pd.Series], missing: dict, log: list[dict]
) -> None:
    """A tick question without any tick was not answered, unless the settings say it was.

    An export writes the same 0 for a box passed over and for a page never reached.
    """
    then = examined.settings.get("none_ticked", "no answer")
    if then == "answered":
        return
    sets: dict[str, list[str]] = {}
    for name in answers:
        if examined.items[name].set:
            sets.setdefault(examined.items[name].set, []).append(name)
    for question, names in sets.items():
        open_ = np.all([missing[name].codes == 0 for name in names], axis=0)
        ticked = np.any([answers[name].fillna(False).to_numpy(bool) for name in names], axis=0)
        empty = open_ & ~ticked
        for name in names:
            codes = np.where(empty, _KINDS.index(then), missing[name].codes)
            missing[name] = pd.Categorical.from_codes(codes, categories=_KINDS)
            answers[name] = answers[name].mask(empty)
        for person in examined.persons[empty & examined.kept]:
            log.append(
                {"rule": "none-ticked", "item": question, "respondent": person,
                 "note": f"asked, no box ticked: {then}"}
            )  # fmt: skip


def _changes(examined: Examination, defects: Mapping[str, list[Defect]]) -> list[dict]:
    """A log line for each cell that a decision changed or kept, and for each record noted."""
    lines = []
    persons = examined.persons.to_numpy(dtype=object)  # one look-up a line of the log, of many
    for defect in (defect for group in defects.values() for defect in group):
        decision = defect.decision
        why = ": ".join(p for p in ((decision.then, decision.why) if decision else ("kept", defect.detail)) if p)  # fmt: skip
        for row in defect.rows:
            lines.append(
                {"rule": defect.rule, "item": defect.item, "respondent": persons[row],
                 "before": defect.before, "after": defect.after, "note": why}
            )  # fmt: skip
    lines.sort(key=lambda line: (line["rule"], line["item"], line["respondent"]))
    return lines + list(_noted_records(examined))


def _noted_records(examined: Examination) -> Iterator[dict]:
    """Records kept although something about them is unusual."""
    unfinished = examined.kept & ~examined.submitted
    for rule, mask, note in (
        ("complete-mismatch", unfinished & examined.answered_all, "kept: every question asked is answered"),
        ("partial-with-outcome", unfinished & ~examined.answered_all, "kept: broke off after the outcome"),
    ):  # fmt: skip
        for person in examined.persons[mask]:
            yield {"rule": rule, "item": "", "respondent": person, "note": note}


def _dropped(examined: Examination) -> pd.DataFrame:
    """The records left out: line of the file, id, and the rule."""
    parts = [(rows, rule) for rule, rows in examined.dropped.items()]
    persons = examined.persons.to_numpy(dtype=object)
    lines = [
        {"row": int(examined.table.index[row]), "id": persons[row], "reason": rule}
        for rows, rule in parts
        for row in rows
    ]
    lines += [{"row": int(line), "id": "", "reason": "not selected"} for line in examined.unselected.index]  # fmt: skip
    frame = pd.DataFrame(lines, columns=["row", "id", "reason"])
    return frame.sort_values("row", ignore_index=True)

"""Looks at a raw survey as a whole: who is who, who was asked what, and every defect in it.

Both the check and the cleaning ask an `Examination`, so they cannot disagree: the check reports
its defects, the cleaning applies the declared decisions to the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.survey.decisions import Decision, Decisions
from sustainment.survey.model import BOOKKEEPING, Item, RawSurvey
from sustainment.survey.records import DROP_RULES
from sustainment.survey.redcap import tick_column
from sustainment.survey.routing import Condition, UnknownRouting, evaluate, fields_of, parse_routing
from sustainment.survey.values import (
    LOST,
    REPAIRABLE,
    UNREADABLE,
    Column,
    read_column,
    unticked,
    with_missing,
)

#: Rules about single cells, in the order in which they are reported.
CELL_RULES = (*UNREADABLE, *LOST, *REPAIRABLE)
#: `survey: id: line` names respondents by the line of the file, for exports without any id.
LINE = "line"
_CLOSED = ("single", "likert", "number")


@dataclass(frozen=True)
class Defect:
    """One kind of defect with one text in one column; `rows` are positions in the raw table.

    `after` is the text once the decision is applied; `decision` is None when nobody decided.
    """

    rule: str
    item: str
    rows: np.ndarray
    before: str = ""
    after: str = ""
    decision: Decision | None = None
    detail: str = ""


class Examination:
    """A raw survey under the study's settings; `frame` is the population indexed by person."""

    def __init__(
        self, raw: RawSurvey, settings: Mapping[str, Any], frame: pd.DataFrame | None = None
    ) -> None:
        self.settings = settings
        self.frame = frame
        self.decisions = Decisions(settings)
        self.table, self.unselected = _selected(raw, settings.get("rows") or {})
        self.raw = raw
        self._columns: dict[str, Column] = {}
        described = {name: with_missing(item, settings) for name, item in raw.codebook.items()}
        if "identifiers" in settings:  # the study's own list replaces what the reader marked
            named = set(settings["identifiers"] or ())
            described = {
                name: replace(item, identifier=name in named) for name, item in described.items()
            }
        present = {name: item for name, item in described.items() if name in self.table}
        self.markers = _markers(present, settings)
        self.items = {
            name: item
            for name, item in present.items()
            if name not in self.markers and not (item.set and item.section == BOOKKEEPING)
        }
        self.id_column = settings.get("id") or self.table.columns[0]
        if self.id_column == LINE and LINE not in self.table:
            self.table = self.table.assign(**{LINE: self.table.index.astype("str")})
        if self.id_column not in self.table:
            raise UserError(
                f"{raw.file} has no column {self.id_column!r}, which data/study.yml names as the "
                "respondent's id (survey: id). Correct the name, or export the column."
            )

    def column(self, name: str) -> Column:
        """A column of the table, read by its item; as text where no item describes it."""
        if name not in self._columns:
            item = self.items.get(name) or Item(name, "", "text")
            self._columns[name] = read_column(self.table[name], item)
        return self._columns[name]

    @property
    def named_but_absent(self) -> list[tuple[str, str]]:
        """(setting, column) for every column that the settings name and the file does not have."""
        named = [(key, self.settings.get(key)) for key in ("record", "time")]
        for block, key in (("complete", "column"), ("outcome", "item")):
            named.append((f"{block}: {key}", (self.settings.get(block) or {}).get(key)))
        for decision in (d for d in self.decisions.all if d.rule not in ("column-missing",)):
            named += [
                (f"decisions: {decision.rule}", name) for name in (decision.item, decision.column)
            ]
        return [(setting, name) for setting, name in named if name and name not in self.table]

    # Persons and records -----------------------------------------------------------------------

    @cached_property
    def persons(self) -> pd.Series:
        """The respondent id of every record, as text without stray spaces."""
        positions, texts = self.column(self.id_column).plain
        return pd.Series(texts, dtype="str").take(positions).set_axis(self.table.index)

    @cached_property
    def submitted(self) -> np.ndarray:
        """Records that the program calls complete (all of them when no column says so)."""
        rule = self.settings.get("complete") or {}
        if rule.get("column") not in self.table:
            return np.ones(len(self.table), dtype=bool)
        positions, texts = self.column(rule["column"]).plain
        wanted = rule.get("value")
        flags = [text == str(wanted) if wanted is not None else text != "" for text in texts]
        return np.array(flags, dtype=bool)[positions]

    @cached_property
    def answered_all(self) -> np.ndarray:
        """Records without a blank in any closed item that was asked."""
        full = np.ones(len(self.table), dtype=bool)
        for name, item in self.items.items():
            if item.type in _CLOSED and item.section != BOOKKEEPING:
                full &= ~(self.column(name).blank & self.asked(name))
        return full

    @cached_property
    def complete(self) -> np.ndarray:
        return self.submitted | self.answered_all

    @cached_property
    def dropped(self) -> dict[str, np.ndarray]:
        """For each of `DROP_RULES`, the positions of the records it takes out.

        Strangers to the frame and repeated persons are found without a decision too: cleaning
        then stops, for it may neither keep nor drop them.
        """
        left = np.ones(len(self.table), dtype=bool)
        taken = {}
        for rule, find in DROP_RULES.items():
            mask = find(self, left) & left
            taken[rule] = np.flatnonzero(mask)
            left &= ~mask
        return taken

    @cached_property
    def kept(self) -> np.ndarray:
        """A mask of the records that stay."""
        mask = np.ones(len(self.table), dtype=bool)
        for rows in self.dropped.values():
            mask[rows] = False
        return mask

    # Routing -----------------------------------------------------------------------------------

    def asked(self, name: str) -> np.ndarray:
        """The records whose routing led to the item; all, when its condition cannot be read."""
        routing = self.items[name].routing
        if not routing or routing in self.unread_routing:
            return np.ones(len(self.table), dtype=bool)
        return self._routes[routing]

    @cached_property
    def _conditions(self) -> tuple[dict[str, Condition], dict[str, str]]:
        """Conditions by their text, and for those that cannot be read why not."""
        read, unread = {}, {}
        for routing in {item.routing for item in self.items.values() if item.routing}:
            try:
                condition = parse_routing(routing)
                for field, code in fields_of(condition):
                    self._routed_by(field, code)
                read[routing] = condition
            except UnknownRouting as error:
                unread[routing] = str(error)
        return read, unread

    @property
    def unread_routing(self) -> dict[str, str]:
        """{condition: why it cannot be read}."""
        return self._conditions[1]

    @cached_property
    def _routes(self) -> dict[str, np.ndarray]:
        def column(field: str, code: str) -> tuple[np.ndarray, list[str]]:
            return self.column(self._routed_by(field, code)).plain

        return {text: evaluate(tree, column) for text, tree in self._conditions[0].items()}

    def _routed_by(self, field: str, code: str) -> str:
        """The column that a condition means by [field] or [field(code)]."""
        if not code and field in self.table:
            return field
        for name, item in self.raw.codebook.items():
            ticks = item.set == field and name in self.table
            if code and ticks and name in (tick_column(field, code), f"{field}_{code}"):
                return name
        raise UnknownRouting(f"The condition names {field}{f'({code})' if code else ''}, which is no column.")  # fmt: skip

    # Defects -----------------------------------------------------------------------------------

    def cell_defects(self, rule: str) -> Iterator[Defect]:
        """Cells of kept records with a defect of this rule, a `Defect` for each distinct text."""
        for name, item in self.items.items():
            column = self.column(name)
            if flagged := column.defective.get(rule):
                yield from self._by_text(rule, item, column, flagged, self.kept)

    def answered_unasked(self) -> Iterator[Defect]:
        """Answers, ticks and codes for missing where the routing did not lead."""
        for name, item in self.items.items():
            if item.routing and item.routing not in self.unread_routing:
                column = self.column(name)
                unasked = ~self.asked(name)
                flagged = [
                    i
                    for i, cell in enumerate(column.cells)
                    if not cell.blank
                    and cell.missing != "not asked"
                    and not unticked(item, cell.plain)
                ]
                if unasked.any() and flagged:
                    yield from self._by_text(
                        "answered-though-not-asked", item, column, flagged, unasked
                    )

    def asked_but_blank(self) -> Iterator[Defect]:
        """Closed items left blank in a complete record, though asked; boxes without 0 or 1."""
        for name, item in self.items.items():
            box = item.type == "multi" and "" not in item.options
            if (item.type in _CLOSED or box) and item.section != BOOKKEEPING:
                rows = np.flatnonzero(
                    self.column(name).blank & self.asked(name) & self.complete & self.kept
                )
                if len(rows):
                    yield Defect("asked-but-blank", name, rows)

    def frame_disagreements(self) -> Iterator[Defect]:
        """Answers that differ from what the frame says of the person."""
        same = (self.settings.get("frame") or {}).get("same") or {}
        if self.frame is None:
            return
        for name, variable in same.items():
            if name not in self.items or variable not in self.frame:
                raise UserError(
                    f"data/study.yml, survey: frame: same: {name}: {variable} needs an item and a "
                    "column of the frame with these names."
                )
            known = self.persons.map(self.frame[variable][~self.frame.index.duplicated()])
            positions, texts = self.column(name).plain
            said = pd.Series(texts, dtype="str").take(positions).set_axis(self.table.index)
            differ = known.notna() & (said != "") & (said != known.astype("str"))
            for row in np.flatnonzero(differ.to_numpy() & self.kept):
                yield self._decided(
                    Defect("frame-disagrees", name, np.array([row]), said.iloc[row],
                           said.iloc[row], detail=f"the frame says {known.iloc[row]}")
                )  # fmt: skip

    def _by_text(
        self, rule: str, item: Item, column: Column, flagged: list[int], among: np.ndarray
    ) -> Iterator[Defect]:
        """A defect for each flagged text that a kept record among these holds."""
        mask = np.isin(column.positions, flagged) & among & self.kept
        rows = np.flatnonzero(mask)
        order = np.argsort(column.positions[rows], kind="stable")
        rows = rows[order]
        cuts = np.flatnonzero(np.diff(column.positions[rows])) + 1
        for part in np.split(rows, cuts) if len(rows) else ():
            cell = column.cells[column.positions[part[0]]]
            after = "" if rule in (*UNREADABLE, "answered-though-not-asked") else cell.plain
            whole = Defect(rule, item.id, part, cell.text, after)
            narrowed = any(decision.id for decision in self.decisions.for_rule(rule))
            for rows_at_once in part[:, None] if narrowed else (part,):
                yield self._decided(Defect(rule, item.id, rows_at_once, whole.before, whole.after))

    def _decided(self, defect: Defect) -> Defect:
        """The defect with the decision that covers it."""
        person = str(self.persons.iloc[defect.rows[0]])
        decision = self.decisions.first(defect.rule, defect.item, defect.before, person)
        after = defect.before if decision and decision.then == "keep" else defect.after
        return Defect(defect.rule, defect.item, defect.rows, defect.before, after, decision, defect.detail)  # fmt: skip


def _selected(raw: RawSurvey, rows: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The records that `rows: {column: value}` selects, and the others.

    Repeated events and instruments give a person several rows; which of them is the survey is for
    the study to say. Raises UserError when it does not.
    """
    table = raw.table
    for name in ("redcap_event_name", "redcap_repeat_instrument"):
        if name in table and name not in rows and table[name].nunique() > 1:
            found = ", ".join(repr(value) for value in table[name].unique()[:4])
            raise UserError(
                f"{raw.file}: {name} has several values ({found}, …), so a person has several rows. Say "
                f"which are the survey in data/study.yml, for example `survey: rows: {{{name}: …}}`."
            )
    mask = np.ones(len(table), dtype=bool)
    for name, value in rows.items():
        if name not in table:
            raise UserError(f"data/study.yml, survey: rows: {raw.file} has no column {name!r}.")
        mask &= (table[name] == str(value if value is not None else "")).to_numpy()
    return table[mask], table[~mask]


def _markers(items: Mapping[str, Item], settings: Mapping[str, Any]) -> dict[str, str]:
    """{column: kind} of tick boxes that stand for a missing answer to their whole question."""
    codes = {str(code): kind for code, kind in (settings.get("missing_codes") or {}).items()}
    labels = {str(k).casefold(): v for k, v in (settings.get("missing_labels") or {}).items()}
    found = {}
    for name, item in items.items():
        if item.type == "multi" and item.set and item.options:
            label = list(item.options.values())[-1]
            beyond = codes.get(label) if item.section == BOOKKEEPING else None
            if kind := beyond or labels.get(label.casefold()):
                found[name] = kind
    return found

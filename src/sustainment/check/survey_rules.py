"""The rules for the survey's export: its shape, its records, its cells, its routing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sustainment.check.material import Material
from sustainment.check.rules import Hit, hits_of, rule
from sustainment.findings import Finding
from sustainment.survey.decisions import Decision
from sustainment.survey.examine import Examination
from sustainment.survey.model import Item

DECIDE = "Correct it at its source, or decide in data/study.yml (survey: decisions)."


# Reading -------------------------------------------------------------------------------------


@rule("unreadable", "error", "The file cannot be read")
def unreadable(material: Material) -> Iterator[Finding]:
    """Files that are missing, empty, broken, or of another kind than study.yml says."""
    material.open_all()
    yield from material.unreadable


@rule("reader-notes", "note", "The reader tells")
def reader_notes(material: Material) -> Iterator[Finding]:
    """What the readers guessed or left out: encoding, separators, rows without content."""
    if material.raw is not None:
        yield from material.raw.notes
    if material.population is not None:
        yield from material.population.notes


@rule("column-missing", "error", "The codebook describes a column that the file does not have",
      "Export all fields, or decide in data/study.yml (survey: decisions).")  # fmt: skip
def column_missing(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is None:
        return
    for name, item in survey.raw.codebook.items():
        if item.type != "note" and name not in survey.raw.table:
            yield _column(survey, "column-missing", name)


@rule("column-extra", "error", "The file has a column that the codebook does not describe",
      "Use the dictionary of the same project, or decide in data/study.yml (survey: decisions).")  # fmt: skip
def column_extra(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is None:
        return
    for name in survey.raw.table.columns:
        known = name in survey.items or name in survey.markers
        if not known:
            yield _column(survey, "column-extra", name)


@rule("settings-column", "error", "The settings name a column that the file does not have",
      "Correct its name in data/study.yml (survey:), or export the column.")  # fmt: skip
def settings_column(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is not None:
        for setting, name in survey.named_but_absent:
            yield Hit(survey.raw.file, 1, name, detail=setting)


@rule("missing-label", "warning", "A code that is a missing answer in items of this scale is an answer here",
      "Write the label as in the other items, or as survey: missing_labels has it.")  # fmt: skip
def missing_label(material: Material) -> Iterator[Hit]:
    """One misspelt "Not applicable" would make of its code the strongest agreement of a scale."""
    if (survey := material.survey) is None:
        return
    labels = {
        str(label).casefold() for label in material.block("survey").get("missing_labels") or {}
    }
    found = [
        (item, code)
        for item in survey.raw.codebook.values()
        for code, label in item.options.items()
        if label.strip().casefold() in labels
    ]
    scales = {_without(item, code) for item, code in found if item.type != "multi"}
    for name, item in survey.items.items():
        for code, label in item.options.items():
            if label.strip().casefold() not in labels and _without(item, code) in scales:
                yield Hit(survey.raw.file, 1, name, f"{code}, {label}")
    if labels and not found:
        yield Hit(
            material.name, None, "survey: missing_labels", detail="no option has such a label"
        )


@rule("routing-unread", "error", "The condition for asking cannot be read, so everybody counts as asked",
      "Write it with comparisons, and, or, parentheses, or decide in data/study.yml.")  # fmt: skip
def routing_unread(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is None:
        return
    for name, item in survey.items.items():
        if reason := survey.unread_routing.get(item.routing):
            yield _column(survey, "routing-unread", name, item.routing, reason.rstrip("."))


# Records -------------------------------------------------------------------------------------


@rule("test-record", "warning", "The record was entered as a test")
def test_record(material: Material) -> Iterator[Hit]:
    yield from _dropped(material, "test-record")


@rule("not-consenting", "warning", "The person did not consent")
def not_consenting(material: Material) -> Iterator[Hit]:
    yield from _dropped(material, "not-consenting")


@rule("empty-session", "warning", "Nothing was answered in the record")
def empty_session(material: Material) -> Iterator[Hit]:
    yield from _dropped(material, "empty-session")


@rule("not-in-frame", "error", "The id is not in the list of the population", DECIDE)
def not_in_frame(material: Material) -> Iterator[Hit]:
    yield from _dropped(material, "not-in-frame")


@rule("partial-without-outcome", "warning", "The record breaks off before the outcome")
def partial_without_outcome(material: Material) -> Iterator[Hit]:
    yield from _dropped(material, "partial-without-outcome")


@rule("duplicate-submission", "error", "The same person answered more than once", DECIDE)
def duplicate_submission(material: Material) -> Iterator[Hit]:
    yield from _dropped(material, "duplicate-submission")


@rule("id-missing", "error", "The record has no respondent id", "Enter the id at the source.")
def id_missing(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is None:
        return
    for row in np.flatnonzero((survey.persons == "").to_numpy() & survey.kept):
        yield Hit(survey.raw.file, int(survey.table.index[row]), survey.id_column)


@rule("record-count", "error", "The file has another number of records than study.yml says",
      "Export all records again, or correct survey: records.")  # fmt: skip
def record_count(material: Material) -> Iterator[Hit]:
    expected = material.block("survey").get("records")
    if (
        material.raw is not None
        and expected is not None
        and len(material.raw.table) != int(expected)
    ):
        detail = f"{len(material.raw.table)} records, not {expected}"
        yield Hit(material.raw.file, None, detail=detail)


@rule("record-repeated", "error", "Two rows have the same record number",
      "Look which of them belongs here; a program never writes a record twice.")  # fmt: skip
def record_repeated(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is None:
        return
    name = material.block("survey").get("record", "")
    if name and name in survey.table and not material.block("survey").get("rows"):
        numbers = survey.table[name]
        for line in numbers.index[numbers.duplicated() & (numbers != "")]:
            yield Hit(survey.raw.file, int(line), name, numbers[line])


@rule("complete-mismatch", "warning", "Everything asked is answered, yet the record is not marked complete",
      DECIDE)  # fmt: skip
def complete_mismatch(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is not None:
        mask = survey.kept & ~survey.submitted & survey.answered_all
        column = (material.block("survey").get("complete") or {}).get("column", "")
        yield from _records(survey, "complete-mismatch", mask, column)


@rule("partial-with-outcome", "warning", "The record breaks off after the outcome", DECIDE)
def partial_with_outcome(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is not None:
        mask = survey.kept & ~survey.submitted & ~survey.answered_all
        column = (material.block("survey").get("complete") or {}).get("column", "")
        yield from _records(survey, "partial-with-outcome", mask, column)


# Cells ---------------------------------------------------------------------------------------


@rule("unknown-code", "error", "The answer is none of the item's codes", DECIDE)
def unknown_code(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "unknown-code")


@rule("text-in-number", "error", "The answer is no number", DECIDE)
def text_in_number(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "text-in-number")


@rule("impossible-value", "error", "The answer lies outside the item's limits", DECIDE)
def impossible_value(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "impossible-value")


@rule("impossible-date", "error", "The answer is no date of the calendar, or no time", DECIDE)
def impossible_date(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "impossible-date")


@rule("stray-spaces", "error", "The answer has spaces before or after it", DECIDE)
def stray_spaces(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "stray-spaces")


@rule("full-width-digit", "error", "The answer is written with unusual digits or signs", DECIDE)
def full_width_digit(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "full-width-digit")


@rule("decimal-comma", "error", "The number is written with a decimal comma", DECIDE)
def decimal_comma(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "decimal-comma")


@rule("double-encoded", "error", "Letters were encoded twice (Ã¥ for å)", DECIDE)
def double_encoded(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "double-encoded")


@rule("decomposed-letters", "error", "A letter and its accent are written apart", DECIDE)
def decomposed_letters(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "decomposed-letters")


@rule(
    "letters-lost",
    "error",
    "A sign stands where a letter was lost (� or a control character)",
    DECIDE,
)
def letters_lost(material: Material) -> Iterator[Hit]:
    yield from _cells(material, "letters-lost")


# Routing -------------------------------------------------------------------------------------


@rule("answered-though-not-asked", "error", "The question was answered, though its condition was not met",
      DECIDE)  # fmt: skip
def answered_though_not_asked(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is not None:
        yield from hits_of(survey, survey.answered_unasked())


@rule("asked-but-blank", "note", "A question was asked and left blank in a complete record")
def asked_but_blank(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is not None:
        yield from hits_of(survey, survey.asked_but_blank())


# Helpers -------------------------------------------------------------------------------------


def _without(item: Item, code: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A code and the options beside it: the same for all items of one scale."""
    return code, tuple(pair for pair in item.options.items() if pair[0] != code)


def _cells(material: Material, rule_id: str) -> Iterator[Hit]:
    if (survey := material.survey) is not None:
        yield from hits_of(survey, survey.cell_defects(rule_id))


def _dropped(material: Material, rule_id: str) -> Iterator[Hit]:
    """Records that leave the data by this rule."""
    if (survey := material.survey) is None:
        return
    decision = survey.decisions.first(rule_id) or next(
        iter(survey.decisions.for_rule(rule_id)), None
    )
    for row in survey.dropped[rule_id]:
        yield Hit(
            survey.raw.file, int(survey.table.index[row]), survey.id_column,
            survey.persons.iloc[row], handled=_said(decision),
        )  # fmt: skip


def _records(survey: Examination, rule_id: str, mask: np.ndarray, column: str) -> Iterator[Hit]:
    """Records that stay although something about them is unusual."""
    for row in np.flatnonzero(mask):
        person = str(survey.persons.iloc[row])
        decision = survey.decisions.first(rule_id, respondent=person)
        yield Hit(
            survey.raw.file, int(survey.table.index[row]), column, handled=_said(decision), harmless=True
        )  # fmt: skip


def _column(
    survey: Examination, rule_id: str, column: str, value: str = "", detail: str = ""
) -> Hit:
    decision = survey.decisions.first(rule_id, column, value)
    return Hit(survey.raw.file, 1, column, value, detail, _said(decision), harmless=True)


def _said(decision: Decision | None) -> str:
    if decision is None:
        return ""
    return decision.then + (f" ({decision.why})" if decision.why else "")

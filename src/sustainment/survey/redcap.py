"""REDCap: the raw-code CSV of any project, with its data dictionary of eighteen columns.

The dictionary gives the items; tick boxes become one item each ("b10___3"); the columns REDCap adds
itself (events, repeats, time stamps, "form complete") become bookkeeping items. Nothing here
depends on what a project asks.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.survey.labels import as_written
from sustainment.survey.model import BOOKKEEPING, MISSING_KINDS, Item, ItemType, RawSurvey
from sustainment.survey.source import Source
from sustainment.survey.tabular import Table, Unreadable

KIND = "redcap"

# The eighteen columns as the downloaded dictionary and as the interface for programs name them.
COLUMNS = {
    "Variable / Field Name": "field_name",
    "Form Name": "form_name",
    "Section Header": "section_header",
    "Field Type": "field_type",
    "Field Label": "field_label",
    "Choices, Calculations, OR Slider Labels": "select_choices_or_calculations",
    "Field Note": "field_note",
    "Text Validation Type OR Show Slider Number": "text_validation_type_or_show_slider_number",
    "Text Validation Min": "text_validation_min",
    "Text Validation Max": "text_validation_max",
    "Identifier?": "identifier",
    "Branching Logic (Show field only if...)": "branching_logic",
    "Required Field?": "required_field",
    "Custom Alignment": "custom_alignment",
    "Question Number (surveys only)": "question_number",
    "Matrix Group Name": "matrix_group_name",
    "Matrix Ranking?": "matrix_ranking",
    "Field Annotation": "field_annotation",
}
_NEEDED = ("field_name", "form_name", "field_type", "field_label", "select_choices_or_calculations")
_TYPES: dict[str, ItemType] = {
    "radio": "single", "dropdown": "single", "yesno": "single", "truefalse": "single",
    "checkbox": "multi", "calc": "calc", "slider": "number", "descriptive": "note",
}  # fmt: skip
_WRITTEN = ("text", "notes", "file", "sql", "signature")
_FIXED = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
_COMPLETE = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
_OTHER_VALIDATION = (
    r"|email|phone.*|.*postal.*|.*zip.*|ssn|vmrn|mrn_.*|alpha_only|time.*|signature|autocomplete|url|"
    r"[a-z_]*letters[a-z_]*"
)
_OWN_COLUMN = re.compile(r"redcap_[a-z_]+|.+_(complete|timestamp|return_code)")
# How `redcap_dictionary_from_workbook` notes codes for missing answers: MISSING: 999=no answer | …
_MISSING_NOTE = re.compile(r"\bMISSING:\s*([^\n]*)")


def recognise(source: Source) -> str:
    """Why the file is a REDCap export, or ""."""
    if not source.text_like:
        return ""
    if source.dictionary is not None:
        if source.dictionary.suffix.lower() != ".csv":
            return ""
        names = {COLUMNS.get(name, name) for name in source.dictionary_table.header}
        return "its dictionary has REDCap's columns" if set(_NEEDED) <= names else ""
    header = source.table.header
    if any(name.startswith(("redcap_event_", "redcap_repeat_")) for name in header):
        return "it has columns that REDCap adds (redcap_…)"
    for name in header:
        if name.endswith("_complete") and set(source.table.cells[name]) <= {"", "0", "1", "2"}:
            return f"the column {name} holds REDCap's 0, 1, 2 for a form's state"
    return ""


def read(source: Source) -> RawSurvey:
    """Read an export of raw codes. Raises Unreadable when the dictionary belongs to another one."""
    table = source.table
    notes = list(table.notes)
    if source.dictionary is None:
        fields = pd.DataFrame(columns=list(COLUMNS.values()), dtype="str")
        notes.append(
            Finding(
                "warning", "no-dictionary", "Without a dictionary every answer is read as text", table.file,
                remedy="Download the data dictionary from REDCap and name it in data/study.yml.",
            )
        )  # fmt: skip
    elif source.dictionary.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise UserError(
            f"{source.dictionary.name} is a workbook, not the CSV that REDCap gives. Convert it first: "
            f"`python -m sustainment.survey.workbook {source.dictionary.name} dictionary.csv`."
        )
    else:
        fields, more = read_dictionary(source.dictionary_table)
        notes += source.dictionary_table.notes + more
        _same_project(fields, table, source.dictionary.name)
    name = source.dictionary.name if source.dictionary else ""
    codebook, more = as_written(_codebook(fields, table, notes, name), table.cells, source.name)
    return RawSurvey(table.cells, codebook, KIND, "", source.name, [*notes, *more])


def read_dictionary(dictionary: Table) -> tuple[pd.DataFrame, list[Finding]]:
    """The dictionary with REDCap's short column names, and what is odd in it."""
    fields = dictionary.cells.rename(columns=COLUMNS)
    if missing := [name for name in _NEEDED if name not in fields]:
        raise Unreadable.because(
            "dictionary-columns", f"The dictionary lacks columns of REDCap's: {', '.join(missing)}",
            dictionary.file, 1, remedy="Download it again from Project Setup, Data Dictionary.",
        )  # fmt: skip
    notes = [
        Finding("warning", "dictionary-columns", message, dictionary.file, 1, name)
        for names, message in (
            ([long for long, short in COLUMNS.items() if short not in fields], "The dictionary lacks a column of REDCap's"),
            ([name for name in fields if name not in COLUMNS.values()], "The dictionary has a column that is not REDCap's"),
        )
        for name in names
    ]  # fmt: skip
    for name in COLUMNS.values():
        if name not in fields:
            fields[name] = ""
    if (fields["matrix_ranking"] == "NA").all():  # a table that R wrote: NA where empty
        kept = ["field_name", "field_label"]
        fields = fields.where((fields != "NA") | fields.columns.isin(kept), "")
    repeated = fields["field_name"].str.strip().duplicated() & (fields["field_name"] != "")
    if repeated.any():
        line = int(fields.index[repeated][0])
        raise Unreadable.because(
            "dictionary-repeated", "The dictionary describes a field twice", dictionary.file, line,
            fields.at[line, "field_name"], "Keep one of the two rows.",
        )  # fmt: skip
    for line in fields.index[fields["field_name"].str.strip() == ""]:
        notes.append(
            Finding("warning", "dictionary-nameless", "A row of the dictionary names no field and was left out",
                    dictionary.file, int(line), "Variable / Field Name")
        )  # fmt: skip
    return fields[fields["field_name"].str.strip() != ""], notes


def parse_choices(text: str) -> tuple[dict[str, str], list[str]]:
    """{code: label} of "1, Yes | 2, No, not yet", and the codes given twice.

    The first comma ends the code; a label may hold commas, and stays exactly as written.
    """
    options: dict[str, str] = {}
    repeated = []
    for part in re.split(r"\||\n", text):
        code, _, label = part.partition(",")
        code = code.strip()
        if not part.strip():
            continue
        if code in options:
            repeated.append(code)
        options[code] = label.strip() or code
    return options, repeated


def tick_column(field: str, code: str) -> str:
    """The column of a tick box: REDCap turns a minus into an underscore ("b10____99")."""
    return f"{field}___{re.sub(r'[^0-9a-z_]', '_', code.lower())}"


def _same_project(fields: pd.DataFrame, table: Table, dictionary: str) -> None:
    """Stop when the dictionary describes another export, or the export holds labels."""
    columns = {name.split("___")[0].casefold() for name in table.header}
    asked = fields[fields["field_type"] != "descriptive"]
    found = asked["field_name"].str.casefold().isin(columns)
    if found.mean() > 0.5 or not len(asked):
        return
    labels = set(fields["field_label"].str.strip())
    if sum(name.strip() in labels for name in table.header) > len(table.header) / 2:
        raise Unreadable.because(
            "labels-exported", "The export holds labels in place of names and codes", table.file, 1,
            remedy="Export it from REDCap as CSV (raw data).",
        )  # fmt: skip
    raise Unreadable.because(
        "dictionary-of-another", f"{dictionary} describes another export: {found.sum()} of its {len(asked)} fields are here",
        table.file, 1, remedy="Download data and dictionary from the same project.",
    )  # fmt: skip


def _codebook(
    fields: pd.DataFrame, table: Table, notes: list[Finding], dictionary: str
) -> dict[str, Item]:
    """Items in the order of the dictionary, then the columns that REDCap adds."""
    actual = {name.casefold(): name for name in table.header}
    lists = Counter(fields["select_choices_or_calculations"])
    codebook: dict[str, Item] = {}
    section, form = "", ""
    for line, row in zip(fields.index, fields.to_dict("records"), strict=True):
        section = row["section_header"].strip() or (section if row["form_name"] == form else "")
        form = row["form_name"]
        items, problems = _items(row, section or form, lists)
        notes += [
            Finding("warning", rule, message, dictionary, int(line), row["field_name"], value)
            for rule, message, value in problems
        ]
        for item in items:
            name = actual.get(item.id.casefold(), item.id)
            if name != item.id:
                notes.append(
                    Finding("note", "column-case", f"The dictionary writes {item.id!r}", table.file, 1, name)
                )  # fmt: skip
                item = replace(item, id=name)
            codebook[name] = item
    forms = set(fields["form_name"])
    ticks = set(fields["field_name"][fields["field_type"] == "checkbox"])
    for name in table.header:
        own = None if name in codebook else _own_item(name, forms, ticks)
        if own is not None:
            codebook[name] = own
    return codebook


def _items(
    row: dict[str, str], section: str, lists: Counter
) -> tuple[list[Item], list[tuple[str, str, str]]]:
    """The item of a dictionary row (one an option for tick boxes), and (rule, message, value)."""
    field, kind = row["field_name"].strip(), row["field_type"].strip()
    validation = row["text_validation_type_or_show_slider_number"].strip()
    options, repeated = _FIXED.get(kind, {}), list[str]()
    if kind in ("radio", "dropdown", "checkbox"):
        options, repeated = parse_choices(row["select_choices_or_calculations"])
    problems = [("options-repeated", "An option's code is given twice", code) for code in repeated]
    item_type: ItemType = _TYPES.get(kind, "text")
    if kind not in (*_TYPES, *_WRITTEN):
        problems.append(
            ("type-unknown", "A field type that is not REDCap's was read as text", kind)
        )
    written = ""
    if kind == "text":
        item_type, written = _validated(validation)
        if item_type == "text" and not re.fullmatch(_OTHER_VALIDATION, validation):
            problems.append(("validation-unknown", "A validation that is not known was not checked", validation))  # fmt: skip
    if row["identifier"].strip().lower() not in ("", "y"):
        problems.append(("identifier-unclear", "Only y marks an identifier", row["identifier"]))
    shared = lists[row["select_choices_or_calculations"]] >= 3
    if item_type == "single" and len(options) > 3 and (row["matrix_group_name"].strip() or shared):
        item_type = "likert"  # a list of options that three items share is a scale
    limits = []
    for column in ("text_validation_min", "text_validation_max"):
        limit = _limit(row[column], item_type)
        if row[column].strip() and limit is None and item_type in ("number", "date"):
            problems.append(("limit-unread", "A limit that is no number or date is not checked", row[column]))  # fmt: skip
        limits.append(limit)
    common: dict[str, Any] = {
        "wording": row["field_label"].strip(),
        "section": section,
        "routing": row["branching_logic"].strip(),
        "identifier": row["identifier"].strip().lower() == "y",
        "required": row["required_field"].strip().lower() == "y",
        "missing": _missing_codes(row["field_annotation"]),
    }
    if kind == "checkbox":
        return [
            Item(
                id=tick_column(field, code), type="multi", set=field,
                options={"0": "not ticked", "1": label}, **common,
            )
            for code, label in options.items()
        ], problems  # fmt: skip
    item = Item(
        id=field, type=item_type, options=options, low=limits[0], high=limits[1], format=written, **common
    )  # fmt: skip
    return [item], problems


def _validated(validation: str) -> tuple[ItemType, str]:
    """Type and format of a text field; REDCap exports every date with the year first."""
    if validation in ("integer", "int"):
        return "number", "integer"
    if validation in ("number", "float") or re.fullmatch(r"number_[1-4]dp", validation):
        return "number", ""
    if validation.startswith("number") and validation.endswith("comma_decimal"):
        return "number", "decimal comma"
    if validation.startswith("date"):
        return "date", ""
    return "text", "time" if validation.startswith("time") else ""


def _limit(text: str, item_type: ItemType) -> float | None:
    """A limit as a number; of a date, its day number (`date.toordinal`)."""
    try:
        if item_type == "date":
            return float(date.fromisoformat(text.strip()[:10]).toordinal())
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _missing_codes(annotation: str) -> dict[str, str]:
    match = _MISSING_NOTE.search(annotation)
    pairs = (part.split("=", 1) for part in match[1].split("|") if "=" in part) if match else ()
    codes = {code.strip(): kind.strip() for code, kind in pairs}
    return {code: kind for code, kind in codes.items() if kind in MISSING_KINDS}


def _own_item(name: str, forms: set[str], ticks: set[str]) -> Item | None:
    """The item of a column that no row of the dictionary describes but REDCap writes."""
    field, separator, code = name.partition("___")
    if separator and (field in ticks or not forms):
        # A box beyond the choices stands for one of the project's missing data codes.
        code = f"-{code[1:]}" if code.startswith("_") else code
        section = BOOKKEEPING if field in ticks else ""
        return Item(name, "", "multi", {"0": "not ticked", "1": code}, section=section, set=field)
    if not _OWN_COLUMN.fullmatch(name):
        return None if forms else Item(name, name, "text")
    form, _, what = name.rpartition("_")
    if forms and not name.startswith("redcap_") and name.removesuffix("_return_code") == name and form not in forms:  # fmt: skip
        return None
    if what == "complete":
        return Item(name, "Form complete?", "single", dict(_COMPLETE), section=BOOKKEEPING)
    if what == "timestamp":
        missing = {"[not completed]": "no answer"}
        return Item(name, "Time of submission", "date", missing=missing, section=BOOKKEEPING)
    if name == "redcap_repeat_instance":
        return Item(name, name, "number", format="integer", section=BOOKKEEPING)
    return Item(name, name, "text", section=BOOKKEEPING)

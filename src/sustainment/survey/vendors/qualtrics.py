"""Read Qualtrics exports: CSV or TSV, with three header rows (name, wording, ImportId) or two.

Recoded values and choice texts are both read as they stand. A `.qsf` file (the survey itself) or a
codebook table beside it gives the labels, the order of options and the routing's presence.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pandas as pd

from sustainment.errors import UserError
from sustainment.survey.model import BOOKKEEPING, Item, RawSurvey
from sustainment.survey.source import Source
from sustainment.survey.vendors.codebook import read_codebook
from sustainment.survey.vendors.guess import add_ticks, guess_item, share_options, tick_options
from sustainment.survey.vendors.identifiers import finish
from sustainment.survey.vendors.plain import items_from
from sustainment.survey.vendors.qsf import read_qsf
from sustainment.survey.vendors.sheet import Sheet, first_rows, open_sheet, table_from, tidy

KIND = "qualtrics"
SEEN_UNANSWERED = {"-99": "no answer"}  # the export option "seen but unanswered questions as -99"

_OWN = {
    "StartDate", "EndDate", "Status", "Progress", "Duration (in seconds)", "Finished", "RecordedDate",
    "ResponseId", "ResponseID", "ResponseSet", "DistributionChannel", "UserLanguage", "Name",
    "IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "EmailAddress",
    "ExternalReference", "ExternalDataReference", "LocationLatitude", "LocationLongitude",
    "LocationAccuracy", "Q_RecaptchaScore", "Q_RelevantIDDuplicate", "Q_BallotBoxStuffing",
}  # fmt: skip
_PERSONAL = re.compile(r"IPAddress|Recipient.*|EmailAddress|External.*Reference|Location.*|Name")
_TIMING = re.compile(
    r".*_(First Click|Last Click|Page Submit|Click Count)|.*_DO(_.*)?|.*_(Browser|Version|Operating System|Resolution)|Q_[A-Z]\w+"
)
_DATES = ("StartDate", "EndDate", "RecordedDate")
_TELLING = {
    "RecordedDate",
    "Duration (in seconds)",
    "DistributionChannel",
    "UserLanguage",
    "ResponseId",
}
_LEGACY = ("ResponseID", "ResponseSet")


def recognise(source: Source) -> str:
    """Why the file is a Qualtrics export, or ""."""
    rows = first_rows(source)
    if len(rows) > 2 and any('"ImportId"' in cell for cell in rows[2]):
        return 'its third row holds {"ImportId": …}'
    if len(rows) > 1 and set(_LEGACY) <= set(rows[1]) and rows[0][0] == "V1":
        return "its columns are called V1, V2, … and its second row ResponseID, ResponseSet, …"
    own = [name for name in rows[0] if name in _OWN] if rows else []
    if len(own) >= 3 and _TELLING & set(own) and {"Progress", "Finished", *_DATES} & set(own):
        return f"its columns are those of Qualtrics ({', '.join(own[:3])} …)"
    return ""


def read(source: Source) -> RawSurvey:
    """Read names, wordings and answers. Raises UserError when the header rows do not fit."""
    sheet = open_sheet(source.path)
    header_rows, legacy = _header_rows(sheet)
    wordings = [_plain(cell) for cell in sheet.rows[1]] if header_rows > 1 else sheet.header()
    names = sheet.header()
    if legacy:  # V1 … V10 are Qualtrics' own: the second row names them
        names = [
            wording if re.fullmatch(r"V\d+", name) else name
            for name, wording in zip(names, wordings, strict=True)
        ]
    imports = (
        [_import_id(cell) for cell in sheet.rows[2]] if header_rows == 3 else [""] * len(names)
    )
    table = table_from(sheet, names, header_rows)
    described = {name: (w, i) for name, w, i in zip(names, wordings, imports, strict=True) if name}
    items = _items(table, described)
    if source.dictionary is not None:
        items = _labelled(items, table, source, sheet)
    shape = {1: "one header row", 2: "two header rows", 3: "three header rows"}[header_rows]
    return finish(
        RawSurvey(table, items, KIND, f"{recognise(source)}; {shape}", source.name, sheet.notes)
    )


def _header_rows(sheet: Sheet) -> tuple[int, bool]:
    if len(sheet.rows) > 2 and any('"ImportId"' in cell for cell in sheet.rows[2]):
        return 3, False
    if len(sheet.rows) > 1 and set(_LEGACY) <= {tidy(cell) for cell in sheet.rows[1]}:
        return 2, True
    header = sheet.header()
    if not _OWN & set(header):
        raise UserError(
            f"{sheet.file}: the header rows are not those of Qualtrics (names, questions, ImportId). "
            f"Export again as CSV, and do not remove header rows."
        )
    if len(sheet.rows) < 2:
        return 1, False
    return (2 if _names_columns(header, sheet.header(1)) else 1), False


def _names_columns(header: list[str], second: list[str]) -> bool:
    """Whether the second row still belongs to the header ("Start Date" under StartDate)."""
    under = {name: cell for name, cell in zip(header, second, strict=True) if name in _OWN and cell}
    words = [re.sub(r"\W", "", text).casefold() for pair in under.items() for text in pair]
    dates = [under[name] for name in _DATES if name in under]  # in whatever language
    return words[::2] != [] and (
        any(name == cell for name, cell in zip(words[::2], words[1::2], strict=True))
        or (bool(dates) and not any(re.search(r"\d", date) for date in dates))
        or ("ResponseId" in under and not dates and not under["ResponseId"].startswith("R_"))
    )


def _import_id(cell: str) -> str:
    try:
        found = json.loads(cell)
    except json.JSONDecodeError:
        return ""
    if not isinstance(found, dict):
        return ""  # a number is JSON, too
    return "_".join(str(found[key]) for key in ("ImportId", "choiceId") if key in found)


def _items(table: pd.DataFrame, described: dict[str, tuple[str, str]]) -> dict[str, Item]:
    items: dict[str, Item] = {}
    ticks = _tick_sets(table, described)
    for name in list(table.columns):
        wording, _ = described.get(name, ("", ""))
        if name in _OWN or _TIMING.fullmatch(name):
            item = guess_item(name, wording, table[name], section=BOOKKEEPING)
            kind = "text" if item.type in {"single", "likert"} else item.type
            personal = bool(_PERSONAL.fullmatch(name))
            items[name] = replace(item, type=kind, options={}, identifier=personal)
        elif name in ticks:
            question, label = ticks[name]
            code = next((value for value in table[name].unique() if value), "1")
            items[name] = Item(
                name, question, "multi", tick_options(table[name], code, label), dict(SEEN_UNANSWERED),
                set=name.rsplit("_", 1)[0],
            )  # fmt: skip
        elif name.endswith("_TEXT"):
            items[name] = Item(name, wording, "text")
        elif not add_ticks(table, items, name, wording, ","):
            answered = table[name][table[name] != "-99"]
            missing = SEEN_UNANSWERED if (table[name] == "-99").any() else {}
            stem, _, row = wording.partition(" - ")
            grid = re.fullmatch(r".+_\d+", name) is not None and bool(row)
            item = guess_item(name, wording, answered, section=stem if grid else "", codes=True)
            items[name] = replace(item, missing=item.missing | missing)
    share_options(items, table)
    return items


def _tick_sets(
    table: pd.DataFrame, described: dict[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Columns Q5_1, Q5_2 … that each hold one answer or nothing: {column: (question, option)}."""
    groups: dict[str, list[str]] = {}
    for name in table.columns:
        stem, _, number = name.rpartition("_")
        if stem and number.isdigit() and name not in _OWN:
            groups.setdefault(stem, []).append(name)
    found: dict[str, tuple[str, str]] = {}
    for names in groups.values():
        filled = [set(table[name].unique()) - {"", "-99", "0"} for name in names]
        if len(names) < 2 or any(len(values) > 1 for values in filled) or not any(filled):
            continue
        answers = set().union(*filled)
        named = any(
            described[name][0].endswith(value)
            for name, values in zip(names, filled, strict=True)
            for value in values
        )
        if len(answers) == 1 and answers != {"1"} and not named:
            continue  # a grid in which everybody gave the same answer
        for name in names:
            question, _, label = described[name][0].rpartition(" - ")
            found[name] = (question.removesuffix(" - Selected Choice"), label or described[name][0])
    return found


def _labelled(
    items: dict[str, Item], table: pd.DataFrame, source: Source, sheet: Sheet
) -> dict[str, Item]:
    """The items with labels from the survey's .qsf file or from a codebook table."""
    assert source.dictionary is not None
    if source.dictionary.suffix.lower() == ".qsf":
        from_survey = read_qsf(source.dictionary)
    else:
        asked = [name for name, item in items.items() if item.section != BOOKKEEPING]
        from_survey = items_from(table[asked], read_codebook(source.dictionary), sheet)
    labelled = dict(items)
    for name, item in from_survey.items():
        if name in items and items[name].type != "multi":
            seen = set(table[name].unique()) - {""}
            as_text = seen and not seen & set(item.options) and seen <= set(item.options.values())
            options = {label: label for label in item.options.values()} if as_text else item.options
            labelled[name] = replace(
                item, options=options, missing={**items[name].missing, **item.missing}
            )
        elif name in items and item.options:
            labelled[name] = replace(items[name], wording=item.wording)
    return labelled


def _plain(cell: str) -> str:
    return tidy(re.sub(r"<[^>]+>", " ", cell))

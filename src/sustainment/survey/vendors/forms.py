"""Read Microsoft Forms (workbook) and Google Forms (CSV, TSV, workbook).

Both put whole questions in the header and labels in the cells. Microsoft joins a multiple choice by
";" with one at the end, Google by ", " (an option may hold a comma itself: then only answers that
occur often become ticks). Points and feedback of a quiz are bookkeeping.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sustainment.survey.model import BOOKKEEPING, Item, RawSurvey
from sustainment.survey.source import Source
from sustainment.survey.vendors.guess import add_ticks, guess_item, share_options, short_ids
from sustainment.survey.vendors.identifiers import finish
from sustainment.survey.vendors.sheet import first_rows, open_sheet, table_from, tidy

KIND = "forms"

# Microsoft's first columns in the languages most often met; the position counts, not the language.
_ID = {"id"}
_START = {
    "start time",
    "starttid",
    "startzeit",
    "heure de début",
    "hora de inicio",
    "hora de início",
    "starttidspunkt",
    "begintijd",
}
_END = {
    "completion time",
    "slutförandetid",
    "sluttid",
    "tidpunkt för slutförande",
    "fertigstellungszeit",
    "heure de fin",
    "hora de finalización",
    "hora de conclusão",
    "fullføringstidspunkt",
    "tijd van voltooien",
}
_MAIL = {
    "email",
    "e-mail",
    "e-post",
    "e-mail-adresse",
    "adresse de messagerie",
    "correo electrónico",
}
_NAME = {"name", "namn", "nom", "nombre", "nome", "navn", "naam"}
_CHANGED = {"last modified time", "tid för senaste ändring", "senast ändrad"}
_STAMP = {
    "timestamp",
    "tidstämpel",
    "zeitstempel",
    "horodateur",
    "marca temporal",
    "carimbo de data/hora",
    "tidsstempel",
    "tijdstempel",
    "informazioni cronologiche",
}
_GOOGLE_MAIL = {
    "email address",
    "username",
    "e-postadress",
    "e-mail-adresse",
    "adresse e-mail",
    "dirección de correo electrónico",
}
_QUIZ = re.compile(
    r"(points|feedback|poäng) ?[-–] .*|total points|quiz feedback|score|.*\[(score|feedback)\]",
    re.I,
)


def recognise(source: Source) -> str:
    """Why the file comes from Microsoft or Google Forms, or ""."""
    rows = first_rows(source, 3)
    if not rows:
        return ""
    program, reason = _program([cell.casefold() for cell in rows[0]])
    if program == "google" and source.dictionary is not None:
        return ""  # a table with a time stamp and a codebook of its own
    return reason


def _program(header: list[str]) -> tuple[str, str]:
    if len(header) > 3 and header[0] in _ID and header[1] in _START and header[2] in _END:
        return (
            "microsoft",
            "it begins with Microsoft Forms' columns (ID, start time, completion time)",
        )
    if len(header) > 1 and header[0] in _STAMP:
        return "google", "it begins with the time stamp of Google Forms"
    return "", ""


def read(source: Source) -> RawSurvey:
    """Read wordings from the header and options from the cells; joined answers become ticks."""
    sheet = open_sheet(source.path)
    wordings = sheet.header()
    program, _ = _program([wording.casefold() for wording in wordings])
    google = program == "google"
    own = [_own(i, wording, google) for i, wording in enumerate(wordings)]
    asked = iter(short_ids([w for w, mine in zip(wordings, own, strict=True) if not mine and w]))
    names, stems = [], {}
    for wording, mine in zip(wordings, own, strict=True):
        name, stem = (mine, "") if mine or not wording else next(asked)
        names.append(name)
        stems[name] = (stem, wording, bool(mine))
    table = table_from(sheet, names, 1)
    items: dict[str, Item] = {}
    # Google joins by ", " in its spreadsheet, and by ";" in the file that it offers for download
    separators = (";", ", ") if google else (";",)
    for name in list(table.columns):
        stem, wording, mine = stems.get(name, ("", name, False))
        if mine:
            item = guess_item(name, wording, table[name], section=BOOKKEEPING)
            kind = item.type if item.type in {"date", "number"} else "text"
            personal = name in {"email", "name"}
            items[name] = replace(item, type=kind, options={}, identifier=personal)
        elif not any(add_ticks(table, items, name, wording, mark) for mark in separators):
            items[name] = guess_item(name, wording, table[name], section=stem)
    share_options(items, table)
    sheet.note("note", "short-ids", "The header holds questions; columns were given short names")
    why = recognise(source) or "it was said to come from a form"
    return finish(RawSurvey(table, items, KIND, why, source.name, sheet.notes))


def _own(position: int, wording: str, google: bool) -> str:
    """A short name for a column that the program adds itself; "" for a question."""
    text = tidy(wording).casefold()
    if google:
        if position == 0:
            return "timestamp"
        if position <= 2 and text in _GOOGLE_MAIL:
            return "email"
    else:
        for name, words in (("id", _ID), ("start_time", _START), ("completion_time", _END), ("email", _MAIL), ("name", _NAME), ("last_modified", _CHANGED)):  # fmt: skip
            if position <= 6 and text in words:
                return name
    if _QUIZ.fullmatch(text):
        return f"quiz_{position + 1}"
    return ""

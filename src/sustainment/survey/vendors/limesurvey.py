"""Read LimeSurvey responses (CSV, XLSX), with or without the survey structure (.lss).

Headings may be codes ("Q1[SQ001]"), codes with text ("Q1[SQ001]. Wording") or text alone; answers codes
or labels. "N/A" means that a question was not shown; an empty `submitdate` that somebody broke off.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.survey.model import BOOKKEEPING, Item, ItemType, RawSurvey
from sustainment.survey.source import Source
from sustainment.survey.vendors.codebook import read_codebook
from sustainment.survey.vendors.guess import guess_item, share_options
from sustainment.survey.vendors.identifiers import finish
from sustainment.survey.vendors.lss import Question, read_lss, routing
from sustainment.survey.vendors.plain import items_from
from sustainment.survey.vendors.scales import scale_order
from sustainment.survey.vendors.sheet import Sheet, first_rows, open_sheet, table_from, tidy

KIND = "limesurvey"
NOT_SHOWN = {"N/A": "not asked"}
_OWN = {
    "id": "response id|svars-?id|antwort ?id", "submitdate": "date submitted|datum ifyllt|inskickat datum",
    "lastpage": "last page|sista sidan", "startlanguage": "start language|startspråk",
    "seed": "seed", "token": "access code|token", "startdate": "date started|startdatum",
    "datestamp": "date last action|senaste åtgärd", "ipaddr": "ip address|ip-adress", "refurl": "referrer url",
}  # fmt: skip
_PERSONAL = {"token", "ipaddr", "refurl"}
_TIMING = re.compile(
    r"interviewtime|groupTime\d+|.*Time$|.*_?[Tt]iming.*|Total time|Group time.*|Question time.*"
)
_CODE = re.compile(r"([A-Za-z]\w*)(?:\[([^\]]*)\])?(?:\[([^\]]*)\])?")
_YES = ("Yes", "Ja", "Oui", "Sí", "Sim", "Sì", "Y")
_NO = ("No", "Nej", "Nein", "Non", "Não", "Nee", "N")
_TICKED = {"", "N/A", *_YES, *_NO}
_TICKS = "MP"  # multiple choice, with or without comments
_FIXED = {
    "Y": {"Y": "Yes", "N": "No"}, "G": {"F": "Female", "M": "Male"},
    "C": {"Y": "Yes", "U": "Uncertain", "N": "No"}, "E": {"I": "Increase", "S": "Same", "D": "Decrease"},
    "A": {str(i): str(i) for i in range(1, 6)}, "5": {str(i): str(i) for i in range(1, 6)},
    "B": {str(i): str(i) for i in range(1, 11)},
}  # fmt: skip


def recognise(source: Source) -> str:
    """Why the file holds LimeSurvey responses, or ""."""
    rows = first_rows(source, 2)
    if not rows:
        return ""
    own = {_own(cell) for cell in rows[0]}
    if {"id", "submitdate", "lastpage", "startlanguage"} <= own:
        return "it has LimeSurvey's columns (id, submitdate, lastpage, startlanguage)"
    if {"id", "submitdate"} <= own and any(_CODE.fullmatch(c) and "[" in c for c in rows[0]):
        return "it has LimeSurvey's id and submitdate, and columns such as Q1[SQ001]"
    return ""


def _own(header: str) -> str:
    """The name of a column that LimeSurvey adds itself, in whatever heading; "" for a question."""
    code, _, text = header.partition(". ")
    for name, words in _OWN.items():
        if header == name or (code == name and text) or re.fullmatch(words, header, re.I):
            return name
    return ""


def read(source: Source) -> RawSurvey:
    """Read responses; wordings, options and routing come from the .lss file if one is given."""
    sheet = open_sheet(source.path)
    names, wordings = _names(sheet)
    table = table_from(sheet, names, 1)
    texts = {name: wording for name, wording in zip(names, wordings, strict=True) if name}
    asked = [name for name in table.columns if name not in _OWN and not _TIMING.fullmatch(name)]
    if source.dictionary is not None and source.dictionary.suffix.lower() == ".lss":
        items = _from_structure(table, asked, read_lss(source.dictionary), source, sheet)
    elif source.dictionary is not None:
        items = items_from(table[asked], read_codebook(source.dictionary), sheet)
    else:
        items = _guessed(table, asked, texts)
    ordered = {}
    for name in table.columns:
        if name in items:
            ordered[name] = items[name]
        elif name not in asked:
            item = guess_item(name, texts.get(name, name), table[name], section=BOOKKEEPING)
            kind = item.type if item.type in {"date", "number"} else "text"
            ordered[name] = replace(item, type=kind, options={}, identifier=name in _PERSONAL)
    why = recognise(source) or "its kind was given"
    return finish(RawSurvey(table, ordered, KIND, why, source.name, sheet.notes))


def _names(sheet: Sheet) -> tuple[list[str], list[str]]:
    """A name and a wording for each column, whatever the headings of the export were."""
    header = sheet.header()
    own = [_own(cell) for cell in header]
    if "id" not in own:
        raise UserError(
            f"{sheet.file}: no column `id` (Response ID). Export the responses from LimeSurvey again, "
            f"with question codes as headings."
        )
    asked = [cell for cell, mine in zip(header, own, strict=True) if not mine]
    coded = sum(
        bool(_CODE.match(c)) and bool(re.match(r"\w+(\[[^\]]*\]){0,2}(\. |$)", c)) for c in asked
    )
    by_code = coded > 0.8 * len(asked)
    names, wordings, number = [], [], 0
    for cell, mine in zip(header, own, strict=True):
        code, _, text = cell.partition(". ")
        if mine:
            names.append(mine)
        elif by_code or _TIMING.fullmatch(cell):
            names.append(code)
        else:
            number += 1
            names.append(f"q{number}")
        wordings.append(tidy(text or cell))
    if not by_code and asked:
        sheet.note("note", "short-ids", "The headings are texts; columns were given short names")
    return names, wordings


def _from_structure(
    table: pd.DataFrame,
    asked: list[str],
    questions: dict[str, Question],
    source: Source,
    sheet: Sheet,
) -> dict[str, Item]:
    items: dict[str, Item] = {}
    structure = source.dictionary.name if source.dictionary else "The survey structure"
    for name in asked:
        found = _CODE.fullmatch(name)
        question = questions.get(found[1]) if found else None
        if found and question is not None:
            items[name] = _item(name, question, found[2] or "", found[3] or "", table[name], sheet)
    if len(items) < len(asked) / 2:
        raise UserError(
            f"{structure} describes {len(items)} of the {len(asked)} questions in {source.name}: "
            f"it is another survey, or the headings are not question codes. Export with codes as headings."
        )
    for name in asked:
        if name not in items:
            sheet.note(
                "warning",
                "no-codebook-entry",
                "The survey structure does not describe it",
                column=name,
            )
    return items


def _item(
    name: str, question: Question, part: str, second: str, column: pd.Series, sheet: Sheet
) -> Item:
    condition = routing(question.relevance)
    if condition is None:
        sheet.note("warning", "routing-kept-out", f"The relevance {question.relevance!r} is not translated; N/A cells show who was not asked", column=name)  # fmt: skip
    row = question.parts.get(part, part)
    wording = f"{question.wording} [{row}]" if part and row else question.wording
    if second:
        wording = f"{wording} [{question.columns.get(second, second)}]"
    common: dict[str, Any] = {
        "section": question.section, "routing": condition or "", "required": question.required,
        "missing": dict(NOT_SHOWN),
    }  # fmt: skip
    seen = set(column.unique()) - {"", "N/A"}
    if part in {"other", "comment"} or part.endswith("comment"):
        return Item(name, wording, "text", **common)
    if question.type in _TICKS:
        ticked = "Y" if seen <= {"Y"} else next(iter(sorted(seen - {"No", "N"})), "Y")
        no = next((value for value in ("No", "N", "0") if value in seen), "")
        return Item(
            name,
            question.wording,
            "multi",
            {no: "not ticked", ticked: row},
            set=question.code,
            **common,
        )
    options = question.options or _FIXED.get(question.type, {})
    if question.other and not part:
        options = {**options, "-oth-": "Other"}
    if options:
        if seen and not seen & set(options) and seen <= {*options.values(), "Other"}:
            options = {label: label for label in options.values()}  # answers exported as labels
        labels = list(options.values())
        likert = question.type in "AB5" or scale_order(labels) in (labels, labels[::-1])
        return Item(
            name, wording, "likert" if likert and len(labels) > 2 else "single", options, **common
        )
    kinds: dict[str, ItemType] = {
        "N": "number",
        "K": "number",
        ":": "number",
        "D": "date",
        "X": "note",
        "*": "calc",
    }
    kind: ItemType = kinds.get(question.type, "text")
    guess = guess_item(name, "", column[~column.isin(["N/A"])])
    if kind in {"number", "calc", "date"} and guess.type != kind and seen:
        kind = "text"
    return Item(name, wording, kind, format=guess.format if kind == guess.type else "", **common)


def _guessed(table: pd.DataFrame, asked: list[str], texts: dict[str, str]) -> dict[str, Item]:
    """Items without a structure file: Q1[SQ001] columns of Y or nothing are ticks of Q1."""
    parts = {name: _part(name, texts[name]) for name in asked}
    groups: dict[str, list[str]] = {}
    for name, (question, part) in parts.items():
        if part:
            groups.setdefault(question, []).append(name)
    ticks = {
        name
        for names in groups.values()
        if len(names) > 1 and all(set(table[n].unique()) <= _TICKED for n in names)
        for name in names
    }
    items: dict[str, Item] = {}
    for name in asked:
        question, part = parts[name]
        if name in ticks:
            seen = set(table[name].unique())
            no = next((value for value in _NO if value in seen), "")
            yes = next((value for value in _YES if value in seen), "Y")
            options = {no: "not ticked", yes: part}
            items[name] = Item(name, texts[name], "multi", options, dict(NOT_SHOWN), set=question)
            continue
        answered = table[name][table[name] != "N/A"]
        missing = dict(NOT_SHOWN) if (table[name] == "N/A").any() else {}
        guess = guess_item(
            name, texts[name], answered, section=question if part else "", codes=True
        )
        items[name] = replace(guess, missing=guess.missing | missing)
    share_options(items, table)
    return items


def _part(name: str, text: str) -> tuple[str, str]:
    """(question, part) of Q1[SQ001], or of a heading "Wording [part]"; part is "" where there is none."""
    code = _CODE.fullmatch(name)
    words = re.fullmatch(r"(.+?)\s*\[([^\[\]]+)\]", text)
    if code and code[2]:
        special = code[2] == "other" or code[2].endswith("comment")
        return code[1], "" if special else (words[2] if words else code[2])
    if words and not re.fullmatch(r"other|comment|annat|kommentar", words[2], re.I):
        return words[1], words[2]
    return name, ""

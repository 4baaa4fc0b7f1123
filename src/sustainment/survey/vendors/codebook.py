"""Read a codebook that people keep as a table: a row an item, a row an option, or a key file.

Three shapes are known. *A row an item*: a column of names, others for wording, options
("1=Yes; 2=No", "{1, Yes} {2, No}", "1, Yes | 2, No") and missing codes. *A row an option*: name,
code, label. *A key file*: no header, two columns, where "Q1","wording" opens a question and
"1","label" is an option of the question above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.survey.vendors.guess import missing_kind
from sustainment.survey.vendors.sheet import Sheet, open_sheet, tidy

_HEADERS = {
    "name": r"variable( ?/ ?field)? ?name|variable|var|item( ?id)?|column|field( ?name)?|name|id|variabel|variabelnamn|kolumn",
    "wording": r"wording|question( text)?|survey question|label|variable label|description|item text|fråga|frågetext|etikett|beskrivning",
    "options": r"coding|codes|options?|choices?.*|values?|value labels?|response (options|categories)|levels|svarsalternativ|koder|värden",
    "missing": r"missing.*|user.?missing|bortfall.*|saknade.*",
    "type": r"type|field type|data ?type|format|measure|level of measurement|typ|mätnivå",
    "code": r"code|value|kod|värde",
    "label": r"label|value label|option|text|etikett|svar|svarsalternativ",
    "section": r"section|survey section|form|block|part|avsnitt|del",
    "set": r"set|multi.*set|question ?group",
    "routing": r"routing|branching( logic)?.*|filter|condition|relevance|asked if|villkor",
    "low": r"min(imum)?|low(est)?|lower",
    "high": r"max(imum)?|high(est)?|upper",
    "identifier": r"identif.*|personal|pii|sensitive",
}
_OPEN = {
    "",
    "none",
    "n/a",
    "na",
    "-",
    "open",
    "free text",
    "fritext",
    "text",
}  # no options, in words
_QUESTION_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z_]\w*(\[\w+\])?")


@dataclass
class Entry:
    """One line of a codebook, before it meets the data."""

    name: str
    wording: str = ""
    options: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    type: str = ""
    section: str = ""
    question: str = ""  # the question to which several columns belong
    set: str = ""
    routing: str = ""
    low: float | None = None
    high: float | None = None
    identifier: bool = False


@dataclass
class Codebook:
    """All entries by name, in the file's order; `shape` says how the table was understood."""

    entries: dict[str, Entry]
    shape: str
    file: str
    notes: list[Finding] = field(default_factory=list)


def read_codebook(path: Path | str) -> Codebook:
    """Read a codebook table. Raises UserError when its shape is none of the three known."""
    sheet = open_sheet(path, codebook=True)
    if is_key_file(sheet):
        return _key_file(sheet)
    row, columns = _find_header(sheet)
    if "code" in columns and "label" in columns:
        return _option_rows(sheet, row, columns)
    return _item_rows(sheet, row, columns)


def is_key_file(sheet: Sheet) -> bool:
    """Two columns, questions and options mixed: names such as Q1 followed by whole numbers."""
    if len(sheet.rows[0]) != 2 or len(sheet.rows) < 3:
        return False
    first = [row[0].strip() for row in sheet.rows if row[0].strip()]
    numbers = sum(cell.lstrip("-").isdigit() for cell in first)
    names = sum(bool(_QUESTION_NAME.fullmatch(cell)) for cell in first)
    return names >= 1 and numbers >= 1 and names + numbers == len(first)


def _key_file(sheet: Sheet) -> Codebook:
    entries: dict[str, Entry] = {}
    current: Entry | None = None
    for line, (first, second) in zip(sheet.lines, sheet.rows, strict=True):
        key, text = first.strip(), second.strip()
        if key.lstrip("-").isdigit():
            if current is None:
                raise UserError(f"{sheet.file}, row {line}: an option stands before any question.")
            current.options[key] = text
        elif key:
            if key in entries:
                raise UserError(f"{sheet.file}, row {line}: the question {key} is described twice.")
            current = entries[key] = Entry(key, text)
    return Codebook(
        entries, "a key file: questions and options in the same two columns", sheet.file
    )


def _find_header(sheet: Sheet) -> tuple[int, dict[str, int]]:
    """The header row within the first ten, and which column holds what."""
    for number in range(min(10, len(sheet.rows))):
        columns = _match_header(sheet.header(number))
        if "name" in columns and len(columns) >= 2:
            return number, columns
    raise UserError(
        f"{sheet.file} is not a codebook this program knows: no column is called variable, item or "
        f"name. Give it a header with `item`, `wording`, `options` and `missing`."
    )


def _match_header(header: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    lowered = [re.sub(r"\{.*", "", cell).strip().casefold() for cell in header]
    names = [i for i, cell in enumerate(lowered) if re.fullmatch(_HEADERS["name"], cell)]
    if names:
        columns["name"] = names[0]
    # code and label columns mean a row an option only when no column holds whole option lists
    whole = any(re.fullmatch(_HEADERS["options"], cell) and cell != "value" for cell in lowered)
    for field_name, pattern in _HEADERS.items():
        if field_name in {"code", "label"} and whole:
            continue
        for i, cell in enumerate(lowered):
            if i not in columns.values() and re.fullmatch(pattern, cell):
                columns.setdefault(field_name, i)
        if field_name == "wording" and not whole and "label" in lowered:
            label = lowered.index("label")
            if columns.get("wording") == label and any(
                c in {"code", "value", "kod"} for c in lowered
            ):
                columns.pop("wording")  # "label" belongs to the code beside it
    if not whole and "options" in columns and "label" in columns:
        columns["code"] = columns.pop("options")
    return columns


def _item_rows(sheet: Sheet, row: int, columns: Mapping[str, int]) -> Codebook:
    kinds = (
        parse_missing_header(sheet.rows[row][columns["missing"]]) if "missing" in columns else {}
    )
    header = sheet.header(row)
    question_column = next(
        (i for i, cell in enumerate(header) if re.search(r"\bquestion\b|fråga", cell, re.I)), None
    )
    label_column = next(
        (i for i, c in enumerate(header) if c.casefold() in {"label", "etikett"}), None
    )
    entries: dict[str, Entry] = {}
    section = question = ""
    for line, cells in zip(sheet.lines[row + 1 :], sheet.rows[row + 1 :], strict=True):

        def cell(what: str, cells: list[str] = cells) -> str:
            return cells[columns[what]].strip() if what in columns else ""

        name = cell("name")
        if not name:
            filled = [text for text in cells if text.strip()]
            if len(filled) == 1:
                section, question = tidy(filled[0]), ""
            continue
        if "section" in columns and cell("section"):
            section = tidy(cell("section"))
        if question_column is not None and cells[question_column].strip():
            question = tidy(cells[question_column])
        if name in entries:
            raise UserError(f"{sheet.file}, row {line}: the item {name} is described twice.")
        label = tidy(cells[label_column]) if label_column is not None else ""
        options = parse_options(cell("options"))
        for label in codeless(cell("options")):
            sheet.note(
                "warning", "option-without-code", "An option has no code; answers with it are unknown codes",
                row=line, column=name, value=label, remedy="Write its code into the codebook.",
            )  # fmt: skip
        words = cell("options").casefold()
        if words not in _OPEN and not options and re.search(r"[=|;{/]", words):
            sheet.note(
                "warning", "options-unread", "The options cannot be read, so the answers' own words are taken",
                row=line, column=name, value=cell("options")[:60], remedy="Write them as 1=Yes; 2=No.",
            )  # fmt: skip
        entries[name] = Entry(
            name,
            wording=label or tidy(cell("wording")) or question,
            options=options,
            missing=parse_missing(cell("missing"), kinds),
            type=cell("type").casefold(),
            section=section,
            question=question if label else "",
            set=cell("set"),
            routing=cell("routing"),
            low=_number(cell("low")),
            high=_number(cell("high")),
            identifier=cell("identifier").casefold() in {"y", "yes", "1", "x", "true", "ja", "j"},
        )
    return Codebook(entries, "a codebook with a row an item", sheet.file, sheet.notes)


def _option_rows(sheet: Sheet, row: int, columns: Mapping[str, int]) -> Codebook:
    entries: dict[str, Entry] = {}
    current = ""
    for cells in sheet.rows[row + 1 :]:
        name = cells[columns["name"]].strip() or current  # names may stand on the first option only
        if not name:
            continue
        current = name
        entry = entries.setdefault(name, Entry(name))
        if "wording" in columns and not entry.wording:
            entry.wording = tidy(cells[columns["wording"]])
        code, label = cells[columns["code"]].strip(), tidy(cells[columns["label"]])
        if code and "missing" in columns and cells[columns["missing"]].strip():
            entry.missing[code] = missing_kind(label or cells[columns["missing"]])
        elif code:
            entry.options[code] = label
        if "type" in columns and not entry.type:
            entry.type = cells[columns["type"]].strip().casefold()
    return Codebook(entries, "a codebook with a row an option", sheet.file)


def parse_options(text: str) -> dict[str, str]:
    """Options in one cell as {code: label}; {} when the cell lists none.

    Reads "{1, Yes} {2, No}", "1, Yes | 2, No", and "1 = Yes; 2 = No" (also with ":" or ")" and on
    lines of their own). Labels may hold commas.
    """
    text = text.strip()
    if text.casefold() in _OPEN:
        return {}
    if "{" in text:
        parts = re.findall(r"\{([^{}]*)\}", text)
        splitter = r"\s*([^,=]+?)\s*[,=]\s*(.*)"
    elif "|" in text:
        parts, splitter = text.split("|"), r"\s*([^,=]+?)\s*[,=]\s*(.*)"
    else:
        mark = r"-?\d+|[A-Za-z]{1,2}\d{0,4}"
        word = r"[^\s=:;,]{1,40}(?=\s*=)"  # "nurse=Nurse": a whole word is a code before "=" alone
        parts = re.split(rf"\s*[;\n]\s*|\s*,\s*(?=(?:{mark})\s*[=:]|{word})", text)
        splitter = rf"({mark}|{word})\s*[=:)]\s*(.*)"
    parts = [part for part in parts if part.strip()]
    options: dict[str, str] = {}
    for part in parts:
        found = re.fullmatch(splitter, part.strip(), re.DOTALL)
        if not found and "{" in text:
            continue  # an option that lost its code; `codeless` names it
        if not found:
            return {}
        options[found[1].strip()] = tidy(found[2])
    return options


def codeless(text: str) -> list[str]:
    """Options in braces that lost their code ("{76-99%}"): the code that they had is unknown."""
    return [part for part in re.findall(r"\{([^{}]*)\}", text) if not re.search(r"[,=]", part)]


def parse_missing_header(header: str) -> dict[str, str]:
    """Kinds of the missing codes when the header defines them ("{999, Missing} {888, Branching}")."""
    if "{" not in header:
        return {}
    defined = parse_options(header[header.index("{") :])
    return {code: missing_kind(label) for code, label in defined.items()}


def parse_missing(text: str, kinds: Mapping[str, str]) -> dict[str, str]:
    """Missing codes of one cell ("999, 888", "777 = removed", "None") as {code: kind}."""
    if "=" in text or "{" in text:
        return {code: missing_kind(label) for code, label in parse_options(text).items()}
    codes = [part for part in re.split(r"[,;\s]+", text.strip()) if re.fullmatch(r"-?\w+", part)]
    codes = [code for code in codes if re.search(r"\d", code) or code in kinds]
    return {code: kinds.get(code, "no answer") for code in codes}


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None

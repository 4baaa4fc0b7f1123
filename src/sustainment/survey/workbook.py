"""Turns a data dictionary kept in a workbook into REDCap's eighteen columns.

Such workbooks are made by hand: options as "{0, No} {1, Yes}", headings between the variables, a
question in merged cells over its variables, codes for missing answers explained in a column's
header. One command, and what could not be read is named:

    python -m sustainment.survey.workbook data_dictionary.xlsx dictionary.csv
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.survey.redcap import COLUMNS as REDCAP_COLUMNS

#: What the words of such dictionaries mean; a word not here must be given by the caller.
KINDS = {
    "missing": "no answer",
    "no answer": "no answer",
    "branching": "not asked",
    "skipped": "not asked",
    "not asked": "not asked",
    "refused": "refused",
    "don't know": "refused",
    "not applicable": "not applicable",
    "removed": "removed",
}
_HEADERS = {
    "variable": r"variable|field",
    "options": r"coding|codes|choices|values?\b|value labels|options",
    "label": r"label|description",
    "question": r"question",
    "missing": r"missing",
    "section": r"section",
}
_BRACES = re.compile(r"\{([^{}]*)\}")
_RECODE = re.compile(
    r"_(condensed|combined|comb|range|remove_?DK(NA)?|V\d|count\w*)(?=_|$)", re.IGNORECASE
)


@dataclass(frozen=True)
class _Row:
    """A variable of the workbook, with the line of the sheet it stands on."""

    line: int
    variable: str
    label: str
    question: str
    options: str
    missing: str
    section: str


def redcap_dictionary_from_workbook(
    workbook: Path | str, out: Path | str, kinds: Mapping[str, str] = KINDS
) -> list[Finding]:
    """Write a workbook's dictionary as a REDCap dictionary to `out`; tell what was odd in it.

    The first sheet with a column of variables is taken. `kinds` says which kind of missing a word
    of the workbook means. Raises UserError when there is no such sheet, or a word is not known.
    """
    path = Path(workbook)
    cells, merged = _sheet(path)
    columns = _columns(cells[0], path)
    rows = _rows(cells, merged, columns)
    codes = _missing_words(
        str(cells[0][columns["missing"]]) if "missing" in columns else "", kinds, path
    )
    findings: list[Finding] = []
    written = []
    section = ""
    names = {row.variable.casefold(): row.variable for row in rows}
    for row in rows:
        options = _options(row, path, findings)
        _note_recode(row, names, path, findings)
        missing = [code for code in re.findall(r"-?\d+", row.missing) if code in codes]
        annotation = " | ".join(f"{code}={codes[code]}" for code in missing)
        wording = ": ".join(dict.fromkeys(part for part in (row.question, row.label) if part))
        written.append(
            {
                "Variable / Field Name": row.variable,
                "Form Name": "survey",
                "Section Header": row.section if row.section != section else "",
                "Field Type": "radio" if options else "text",
                "Field Label": wording,
                "Choices, Calculations, OR Slider Labels": " | ".join(
                    f"{c}, {t}" for c, t in options
                ),
                "Field Annotation": f"MISSING: {annotation}" if annotation else "",
            }
        )
        section = row.section
    with Path(out).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(REDCAP_COLUMNS), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(written)
    return findings


def _sheet(path: Path) -> tuple[list[list], list[tuple]]:
    """Cells of the first sheet that names variables, and its merged ranges."""
    try:
        book = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError):
        raise UserError(
            f"{path.name} is not a workbook that can be opened (XLSX, XLS, ODS)."
        ) from None
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        cells = sheet.to_python(skip_empty_area=False)
        if cells and any(re.search(_HEADERS["variable"], str(c), re.IGNORECASE) for c in cells[0]):
            return cells, sheet.merged_cell_ranges or []
    raise UserError(
        f"{path.name}: no sheet has a column of variables in its first row. Name one column "
        "'Variable name' and one 'Coding'."
    )


def _columns(header: list, path: Path) -> dict[str, int]:
    """Which column holds what, by the words in the header; each column is used once."""
    found: dict[str, int] = {}
    for what, pattern in _HEADERS.items():
        for position, cell in enumerate(header):
            free = position not in found.values()
            if free and re.search(pattern, str(cell).split("{")[0], re.IGNORECASE):
                if what == "options" and re.search("missing", str(cell), re.IGNORECASE):
                    continue
                if what == "section" or what not in found:
                    found[what] = position
                    break
    if "options" not in found:
        raise UserError(f"{path.name}: no column of codes in the first row. Name it 'Coding'.")
    return found


def _rows(cells: list[list], merged: list[tuple], columns: Mapping[str, int]) -> list[_Row]:
    """The variables; headings between them become their section, merged questions are repeated."""
    above = {}
    for (top, left), (bottom, _) in merged:
        if left == columns.get("question"):
            above.update(dict.fromkeys(range(top, bottom + 1), top))
    rows, section = [], ""
    for line, row in enumerate(cells[1:], start=1):

        def text(what: str, line: int = line) -> str:
            if what not in columns:
                return ""
            source = above.get(line, line) if what == "question" else line
            value = cells[source][columns[what]]
            value = int(value) if isinstance(value, float) and value.is_integer() else value
            return re.sub(r"\s+", " ", str(value)).strip()

        if text("variable"):
            rows.append(
                _Row(line + 1, text("variable"), text("label"), text("question"), text("options"),
                     text("missing"), section)
            )  # fmt: skip
        elif filled := [str(cell).strip() for cell in row if str(cell).strip()]:
            section = filled[0]
    return rows


def _options(row: _Row, path: Path, findings: list[Finding]) -> list[tuple[str, str]]:
    """(code, label) of "{0, No} {1, Yes}"; a brace without a code is named, never guessed."""
    if row.options.lower() in ("", "none"):
        return []
    options = []
    for inside in _BRACES.findall(row.options):
        code, comma, label = inside.partition(",")
        if not comma or not code.strip():
            findings.append(
                Finding("warning", "option-without-code", "An option has no code and was left out", path.name,
                        row.line, row.variable, inside.strip(), "Write it as {code, label}.")
            )  # fmt: skip
            continue
        options.append((code.strip(), label.strip().replace("|", "/")))
    outside = _BRACES.sub("", row.options).strip(" ,;")
    if outside:
        findings.append(
            Finding("warning", "option-outside-braces", "Text outside the braces was left out", path.name,
                    row.line, row.variable, outside, "Write every option as {code, label}.")
        )  # fmt: skip
    return options


def _note_recode(row: _Row, names: Mapping[str, str], path: Path, findings: list[Finding]) -> None:
    """A column computed from another is no second answer."""
    starts = [row.variable[: m.start()].casefold() for m in _RECODE.finditer(row.variable)]
    parent = next((names[start] for start in reversed(starts) if start in names), "")
    if parent:
        findings.append(
            Finding("note", "derived-column", f"The column looks like a recode of {parent}", path.name,
                    row.line, row.variable, remedy="Analyse one of the two, not both.")
        )  # fmt: skip


def _missing_words(header: str, kinds: Mapping[str, str], path: Path) -> dict[str, str]:
    """{code: kind} of a header like "Missing values {999, Missing} {888, Branching}"."""
    codes = {}
    for inside in _BRACES.findall(header):
        code, _, word = inside.partition(",")
        if word.strip().lower() not in kinds:
            raise UserError(
                f"{path.name}, row 1: it is not known which kind of missing {word.strip()!r} is. Known "
                f"words: {', '.join(kinds)}."
            )
        codes[code.strip()] = kinds[word.strip().lower()]
    return codes


def main(arguments: list[str]) -> int:
    """Convert and print the findings; 2 when it could not be done."""
    if len(arguments) != 2:
        print(
            "Usage: python -m sustainment.survey.workbook WORKBOOK DICTIONARY.csv", file=sys.stderr
        )
        return 2
    try:
        findings = redcap_dictionary_from_workbook(arguments[0], arguments[1])
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    for finding in findings:
        print(f"{finding.severity}: {finding.sentence()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

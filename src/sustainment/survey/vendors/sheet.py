"""Open a text table or a workbook as rows of text, with the line on which each row starts.

For exports with several header rows, and for workbooks: which sheet, merged cells, protection. No
cell is changed: a number in a workbook becomes the shortest text that means the same number.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding, Severity
from sustainment.ods import merged_ranges
from sustainment.survey.source import Source
from sustainment.survey.tabular import find_separator, raw_rows, read_text

WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
TEXTS = {".csv", ".tsv", ".tab", ".txt"}

_OLE = b"\xd0\xcf\x11\xe0"  # old .xls, and every encrypted .xlsx
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream that holds the workbook then
_CODEBOOK_SHEET = re.compile(r"code ?book|kodbok|dictionar|variab|\bkey\b|nyckel|labels", re.I)


@dataclass(frozen=True)
class Sheet:
    """A file as rows of text cells, all of one width.

    `lines` says on which line of the file (or row of the workbook) each row starts, counted from 1.
    `merged` holds ranges ((row, column), (row, column)) counted from 0, end included.
    """

    path: Path
    rows: list[list[str]]
    lines: list[int]
    name: str = ""
    encoding: str = ""
    merged: tuple = ()
    notes: list[Finding] = field(default_factory=list)

    @property
    def file(self) -> str:
        return self.path.name

    def header(self, row: int = 0) -> list[str]:
        """One header row, without the blanks and non-breaking spaces around the names."""
        return [tidy(cell) for cell in self.rows[row]] if row < len(self.rows) else []

    def note(self, severity: Severity, rule: str, message: str, **place: Any) -> None:
        self.notes.append(Finding(severity, rule, message, file=self.file, **place))


def tidy(text: str) -> str:
    """Text on one line, without doubled, leading, trailing or non-breaking spaces."""
    return " ".join(text.replace("\ufeff", "").split())


def open_sheet(path: Path | str, codebook: bool = False) -> Sheet:
    """Open a CSV, TSV, XLSX, XLS or ODS file.

    Of a workbook with two filled sheets, one of them called codebook or the like, the other is
    opened; `codebook` opens the one so called.

    Raises UserError when the file is missing, empty, protected, of an unknown kind, of mixed
    encodings, or when its rows do not fit its header.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"There is no file {path.name} in {path.parent.name or '.'}/.")
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        sheet = _open_workbook(path, codebook)
    elif suffix in TEXTS:
        sheet = _open_text(path)
    else:
        raise UserError(
            f"{path.name}: a file ending in {suffix or 'nothing'} is not a table this program reads. "
            f"Export the survey as CSV, TSV, XLSX, ODS or SPSS (.sav)."
        )
    return _square(sheet)


@lru_cache(maxsize=4)
def _first_rows(path: Path, stamp: tuple, count: int) -> tuple[tuple[str, ...], ...]:
    if path.suffix.lower() in WORKBOOKS:
        return tuple(tuple(row) for row in open_sheet(path).rows[:count])
    text, _, _ = read_text(path)
    separator = find_separator(text, path.name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = islice((row for row in reader if row), count)
    return tuple(tuple(row) for row in rows)


def first_rows(source: Source, count: int = 6) -> tuple[tuple[str, ...], ...]:
    """The first rows of a table, tidied, to recognise its kind by; () when it is no table."""
    if source.suffix not in WORKBOOKS | TEXTS:
        return ()
    file = source.path.stat()
    rows = _first_rows(source.path, (file.st_mtime_ns, file.st_size), count)
    return tuple(tuple(tidy(cell) for cell in row) for row in rows)


def _open_text(path: Path) -> Sheet:
    _, encoding, notes = read_text(path)
    records = raw_rows(path)
    rows, lines = [cells for _, cells in records], [line for line, _ in records]
    return Sheet(path, rows, lines, encoding=encoding, notes=notes)


def _open_workbook(path: Path, codebook: bool = False) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook

    protected = (
        f"{path.name} is protected by a password. Open it, save a copy without password, "
        f"and use the copy."
    )
    with path.open("rb") as file:
        if file.read(4) == _OLE and path.suffix.lower() in {".xlsx", ".xlsm", ".xlsb"}:
            if _ENCRYPTED in file.read():
                raise UserError(protected)
            raise UserError(
                f"{path.name} is no {path.suffix.lower()} file: inside it is the older kind of workbook, or "
                f"damaged. Rename it to .xls, or open it and save it as .xlsx."
            )
    try:
        book = CalamineWorkbook.from_path(str(path))
        tables = {name: book.get_sheet_by_name(name) for name in book.sheet_names}
        filled = {name: table for name, table in tables.items() if table.height and table.width}
    except CalamineError as error:
        if "assword" in str(error) or "ncrypt" in str(error):
            raise UserError(protected) from None
        raise UserError(
            f"{path.name} cannot be read as a workbook ({error}). Open it, save it again, and try anew."
        ) from None
    name = _choose_sheet(path, list(filled), codebook)
    table = filled[name]
    values = table.to_python(skip_empty_area=False)
    rows, lines = [], []
    for number, value_row in enumerate(values, start=1):
        row = [cell_text(value) for value in value_row]
        if any(row):
            rows.append(row)
            lines.append(number)
    return Sheet(path, rows, lines, name=name, merged=_merged(path, table))


def _merged(path: Path, table: Any) -> tuple:
    if path.suffix.lower() == ".ods":
        return merged_ranges(path, table.name)
    return tuple(table.merged_cell_ranges or ()) if path.suffix.lower() != ".xlsb" else ()


def _choose_sheet(path: Path, names: list[str], codebook: bool) -> str:
    if not names:
        raise UserError(f"{path.name} has no sheet with anything in it. Export the survey again.")
    keys = [name for name in names if _CODEBOOK_SHEET.search(name)]
    wanted = keys if codebook and keys else [name for name in names if name not in keys]
    if len(names) == 1 or len(wanted) == 1:
        return wanted[0] if wanted else names[0]
    raise UserError(
        f"{path.name} has {len(names)} filled sheets ({', '.join(names)}), and it does not say which "
        f"holds the answers. Save the sheet with the answers as a file of its own."
    )


def has_codebook_sheet(path: Path) -> bool:
    """Whether a workbook holds, beside the answers, a sheet called codebook or the like."""
    if path.suffix.lower() not in WORKBOOKS:
        return False
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        names = CalamineWorkbook.from_path(str(path)).sheet_names
    except CalamineError:
        return False
    keys = [name for name in names if _CODEBOOK_SHEET.search(name)]
    return len(keys) == 1 and len(names) > 1


def cell_text(value: object) -> str:
    """A workbook's cell as text: 1.0 becomes 1, dates become ISO, TRUE and FALSE stay words."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    return str(value)


def _square(sheet: Sheet) -> Sheet:
    """Give every row the header's width; stop where a row holds more than the header names."""
    if not sheet.rows:
        raise UserError(f"{sheet.file} is empty. Export the survey again.")
    rows = sheet.rows
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise UserError(f"{sheet.file} is empty. Export the survey again.")
    width = len(rows[0])
    short = 0
    for index, row in enumerate(rows):
        if len(row) > width:
            if any(cell.strip() for cell in row[width:]):
                raise UserError(
                    f"{sheet.file}, row {sheet.lines[index]}: {len(row)} cells where the header names "
                    f"{width} columns. Look for a stray separator or quotation mark in that row."
                )
            del row[width:]
        elif len(row) < width:
            short += 1
            row.extend([""] * (width - len(row)))
    if short:
        sheet.note(
            "warning" if short < len(rows) / 2 else "note",
            "short-row",
            f"{short} rows have fewer cells than the header; the missing ones were read as empty",
        )
    return replace(sheet, rows=rows, lines=sheet.lines[: len(rows)])


def refuse_merged(sheet: Sheet, header_rows: int) -> None:
    """Stop when cells among the answers are merged: which of them holds the answer is not known."""
    for (top, left), (bottom, _) in sheet.merged:
        if bottom >= header_rows:
            raise UserError(
                f"{sheet.file}, row {top + 1}, column {left + 1}: cells among the answers are merged. "
                f"Unmerge them in the workbook (select all, Unmerge cells), check the values, save."
            )


def table_from(sheet: Sheet, names: Iterable[str], header_rows: int) -> pd.DataFrame:
    """The answers as a table of text; its index is the line of the file.

    Raises UserError when two columns share a name. A nameless column without content is left out;
    one with content is called column_N, and both are noted.
    """
    refuse_merged(sheet, header_rows)
    body = sheet.rows[header_rows:]
    columns = list(zip(*body, strict=True)) if body else [()] * len(sheet.rows[0])
    table: dict[str, pd.Series] = {}
    index = pd.Index(sheet.lines[header_rows:], name="line")
    for position, (name, cells) in enumerate(zip(names, columns, strict=True), start=1):
        if not name:
            if not any(cells):
                sheet.note(
                    "note", "empty-column", f"Column {position} is nameless and empty: left out"
                )
                continue
            name = f"column_{position}"
            sheet.note("warning", "nameless-column", f"Column {position} has no name", column=name)
        if name in table:
            first = list(table).index(name) + 1
            raise UserError(
                f"{sheet.file}, header: columns {first} and {position} are both called {name!r}. "
                f"Rename one of them in the survey program and export again."
            )
        table[name] = pd.array(cells, dtype="str")
    return pd.DataFrame(table, index=index)

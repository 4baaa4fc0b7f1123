"""Open a text table or a workbook as rows of text, with the line on which each row starts.

Everything a vendor's reader needs to know about the file is settled here and said once: encoding,
separator, the sheet of a workbook, merged cells, protection. No cell is changed: a number in a
workbook becomes the shortest text that means the same number.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding

WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
TEXTS = {".csv", ".tsv", ".tab", ".txt"}
SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OLE = b"\xd0\xcf\x11\xe0"  # old .xls, and every encrypted .xlsx
_CODEBOOK_SHEET = re.compile(r"code ?book|kodbok|dictionar|variab|\bkey\b|nyckel|labels", re.I)

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # a cell may hold a whole interview


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
    separator: str = ""
    merged: tuple = ()
    notes: list[Finding] = field(default_factory=list)

    @property
    def file(self) -> str:
        return self.path.name

    def header(self, row: int = 0) -> list[str]:
        """One header row, without the blanks and non-breaking spaces around the names."""
        return [tidy(cell) for cell in self.rows[row]] if row < len(self.rows) else []

    def note(self, severity: str, rule: str, message: str, **place) -> None:
        self.notes.append(Finding(severity, rule, message, file=self.file, **place))


def tidy(text: str) -> str:
    """Text on one line, without doubled, leading, trailing or non-breaking spaces."""
    return " ".join(text.replace("\ufeff", "").split())


def open_sheet(path: Path | str) -> Sheet:
    """Open a CSV, TSV, XLSX, XLS or ODS file.

    Raises UserError when the file is missing, empty, protected, of an unknown kind, of mixed
    encodings, or when its rows do not fit its header.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"There is no file {path.name} in {path.parent.name or '.'}/.")
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        sheet = _open_workbook(path)
    elif suffix in TEXTS:
        sheet = _open_text(path)
    else:
        raise UserError(
            f"{path.name}: a file ending in {suffix or 'nothing'} is not a table this program reads. "
            f"Export the survey as CSV, TSV, XLSX, ODS or SPSS (.sav)."
        )
    return _square(sheet)


def decode(path: Path) -> tuple[str, str]:
    """The text of a file and the encoding it was read in: BOM, UTF-8, UTF-16, else Windows-1252.

    Raises UserError when some lines are UTF-8 and others Windows-1252: no single reading of such a
    file keeps every letter.
    """
    data = path.read_bytes()
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name), name
    if data[1:200:2].count(0) > 50 or data[0:200:2].count(0) > 50:
        name = "utf-16-le" if data[1:200:2].count(0) > 50 else "utf-16-be"
        return data.decode(name), name
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        bad = data.count(b"\n", 0, error.start) + 1
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.isascii() and _is_utf8(line):
            raise UserError(
                f"{path.name} mixes two encodings: line {number} is UTF-8, line {bad} is not. "
                f"Export it again, or save it whole as UTF-8."
            )
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        raise UserError(
            f"{path.name}, line {bad}: the letters are neither UTF-8 nor Windows-1252. "
            f"Export it again as UTF-8."
        ) from None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _open_text(path: Path) -> Sheet:
    text, encoding = decode(path)
    if not text.strip():
        raise UserError(f"{path.name} is empty. Export the survey again.")
    separator, quoting = find_separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)
    rows, lines, start = [], [], 1
    for row in reader:
        if row:  # an empty line between records is no record
            rows.append(row)
            lines.append(start)
        start = reader.line_num + 1
    if rows:
        rows[0][0] = rows[0][0].lstrip("\ufeff")
    sheet = Sheet(path, rows, lines, encoding=encoding, separator=separator)
    if encoding == "cp1252":
        sheet.note("note", "encoding", "Read as Windows-1252, because it is not UTF-8")
    return sheet


def find_separator(text: str) -> tuple[str, int]:
    """The separator with which the records of a text table have one width, and csv's quoting.

    Commas are not counted: a header may hold whole paragraphs. Among separators that give more than
    one column, the one with the most even records wins, then the one with more columns. A tab table
    is also tried without quotation marks, because spreadsheets export tabs unquoted.
    """
    best, best_score = (",", csv.QUOTE_MINIMAL), (-1.0, 0, 0)
    for separator in SEPARATOR_NAMES:
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            if quoting == csv.QUOTE_NONE and separator != "\t":
                continue
            sample = io.StringIO(text[:400_000], newline="")
            reader = csv.reader(sample, delimiter=separator, quoting=quoting)
            widths = [len(row) for _, row in zip(range(200), reader) if row]
            if len(text) > 400_000 and reader.line_num and len(widths) > 1 and len(widths) < 200:
                widths.pop()  # the sample ends inside a record
            if not widths or widths[0] < 2:
                continue
            even = sum(width == widths[0] for width in widths) / len(widths)
            score = (round(even, 2), len(widths) if separator == "\t" else 0, widths[0])
            if score > best_score:
                best, best_score = (separator, quoting), score
    return best


def _open_workbook(path: Path) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook

    protected = (
        f"{path.name} is protected by a password. Open it, save a copy without password, "
        f"and use the copy."
    )
    with path.open("rb") as file:
        if file.read(4) == _OLE and path.suffix.lower() in {".xlsx", ".xlsm", ".xlsb"}:
            raise UserError(protected)
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
    name = _choose_sheet(path, list(filled))
    table = filled[name]
    values = table.to_python(skip_empty_area=False)
    rows, lines = [], []
    for number, value_row in enumerate(values, start=1):
        row = [cell_text(value) for value in value_row]
        if any(row):
            rows.append(row)
            lines.append(number)
    try:
        merged = tuple(table.merged_cell_ranges or ())
    except (CalamineError, AttributeError):
        merged = ()  # ODS: the library does not tell
    return Sheet(path, rows, lines, name=name, merged=merged)


def _choose_sheet(path: Path, names: list[str]) -> str:
    if not names:
        raise UserError(f"{path.name} has no sheet with anything in it. Export the survey again.")
    data = [name for name in names if not _CODEBOOK_SHEET.search(name)]
    if len(names) == 1 or len(data) == 1:
        return data[0] if len(data) == 1 else names[0]
    raise UserError(
        f"{path.name} has {len(names)} filled sheets ({', '.join(names)}), and it does not say which "
        f"holds the answers. Save the sheet with the answers as a file of its own."
    )


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
    columns = list(zip(*body)) if body else [()] * len(sheet.rows[0])
    table: dict[str, pd.Series] = {}
    index = pd.Index(sheet.lines[header_rows:], name="line")
    for position, (name, cells) in enumerate(zip(names, columns), start=1):
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

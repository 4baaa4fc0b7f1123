"""A spreadsheet or delimited file as rows of text, exactly as a person sees the cells.

CSV and TSV in the encodings and separators that programs and Swedish Excel write; XLSX, XLS and
ODS through python-calamine. Nothing is interpreted: "1.0" stored as a number comes as "1".
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass, field
from pathlib import Path

import python_calamine

from sustainment.errors import UserError
from sustainment.interviews.offsets import BOM, decode
from sustainment.ods import merged_ranges

BOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
TEXTS = (".csv", ".tsv", ".tab", ".txt")


@dataclass(frozen=True)
class Grid:
    """Cells as text, all rows equally long; `sheet` is "" for a delimited file."""

    file: str
    rows: list[list[str]]
    sheet: str = ""
    how: str = ""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # row, col to row, col

    def line(self, row: int) -> int:
        """The row as an editor counts it."""
        return row + 1


def read_grid(path: str | Path, sheet: str | None = None) -> Grid:
    """Read the first sheet (or the named one) of a workbook, or a delimited file.

    Raises UserError for a protected or broken workbook, an unknown sheet, an empty file.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path.name}: no such file. Check the name in study.yml.")
    grid = _workbook(path, sheet) if path.suffix.lower() in BOOKS else _delimited(path)
    if not any(any(row) for row in grid.rows):
        raise UserError(f"{path.name} is empty. Export it again.")
    width = max(len(row) for row in grid.rows)
    for row in grid.rows:
        row += [""] * (width - len(row))
    return grid


def _workbook(path: Path, sheet: str | None) -> Grid:
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            raise UserError(
                f"{path.name} has no sheet {sheet!r}; its sheets are: {', '.join(names)}."
            )
        page = book.get_sheet_by_name(sheet or names[0])
        rows = [
            [cell_text(value) for value in row] for row in page.to_python(skip_empty_area=False)
        ]
        ods = path.suffix.lower() == ".ods"
        ranges = merged_ranges(path, page.name) if ods else page.merged_cell_ranges or []
        merged = [(*first, *last) for first, last in ranges]
    except python_calamine.PasswordError as problem:
        raise UserError(
            f"{path.name} is protected with a password. Save a copy without one."
        ) from problem
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as problem:
        raise UserError(
            f"{path.name} cannot be read as a workbook ({problem}). Save it again as XLSX or CSV."
        ) from problem
    how = f"sheet {sheet or names[0]!r}" + (f" of {len(names)}" if len(names) > 1 else "")
    return Grid(path.name, rows, sheet or names[0], how, merged)


def cell_text(value) -> str:
    """A cell as text: whole numbers without a decimal point, dates as ISO."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, (dt.date, dt.datetime, dt.time)):
        return value.isoformat()
    return "" if value is None else str(value)


def _delimited(path: Path) -> Grid:
    text, encoding = decode(path.read_bytes())
    text = text.removeprefix(BOM)
    separator = _separator(text)
    csv.field_size_limit(10_000_000)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as problem:
        raise UserError(
            f"{path.name} is not a table that can be read ({problem}). Export it again."
        ) from problem
    names = {",": "commas", ";": "semicolons", "\t": "tabs"}
    return Grid(path.name, [list(row) for row in rows], "", f"{names[separator]}, {encoding}")


def _separator(text: str) -> str:
    """The separator that gives most records one width: headers may hold any of the others."""
    head = text[:200_000]
    best = (-1.0, 0, ",")
    for rank, separator in enumerate((",", ";", "\t")):
        try:
            widths = [
                len(r) for r in csv.reader(io.StringIO(head, newline=""), delimiter=separator)
            ]
        except csv.Error:
            continue
        widths = widths[:-1] if len(text) > len(head) else widths
        common = max(set(widths), key=lambda w: (widths.count(w), w), default=0)
        if common > 1:
            best = max(best, (widths.count(common) / len(widths), -rank, separator))
    return best[2]

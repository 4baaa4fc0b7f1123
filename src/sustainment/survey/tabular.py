"""Reads a text table (CSV, TSV) without changing a cell, and says what it took the file for.

Encoding, separator and line ends are found and reported, never repaired in silence. All cells come
as text, "" where empty; "None" and "NA" stay what they are. The index is the line of the file on
which a record starts, also when a quoted cell holds line breaks. Two parsers give the same table:
Python's csv module for files a person could read, Arrow's for large ones.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from sustainment.errors import UserError
from sustainment.findings import Finding

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
Quoting = Literal[0, 3]  # as csv.QUOTE_MINIMAL and csv.QUOTE_NONE
_LARGE = 5_000_000  # bytes; from here on Arrow parses
_CHUNK = 50_000  # records turned into columns at a time, which bounds the memory
_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)  # what pandas calls "str"

csv.field_size_limit(100_000_000)  # a cell may hold a whole open answer; the default is 131,072


class Unreadable(UserError):
    """A file that cannot be read as a table. `finding` names the place and the remedy."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence())
        self.finding = finding

    @classmethod
    def because(
        cls,
        rule: str,
        message: str,
        file: str,
        row: int | None = None,
        value: str = "",
        remedy: str = "",
    ) -> Unreadable:
        """The error with its finding made on the spot."""
        return cls(Finding("error", rule, message, file, row, value=value, remedy=remedy))


@dataclass
class Table:
    """A table as it stands in the file: `cells` is text, indexed by line of the file."""

    cells: pd.DataFrame
    separator: str
    encoding: str
    file: str
    notes: list[Finding] = field(default_factory=list)

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return list(self.cells.columns)


def read_table(path: Path) -> Table:
    """Read a text table with one header row.

    Raises Unreadable for an empty file, a file that is no text, an unclosed quotation mark, rows
    with too many or too few cells, and two columns of one name.
    """
    text, encoding, notes = read_text(path)
    separator = find_separator(text, path.name)
    if separator != ",":
        notes.append(
            Finding(
                "note", "separator", f"Cells are separated by {SEPARATORS[separator]}", path.name
            )
        )
    quoting = _quoting(text, separator)
    if quoting == csv.QUOTE_NONE:
        notes.append(
            Finding("note", "quotation-marks", "Quotation marks were read as text", path.name)
        )
    header_lines, header = _header(text, separator, quoting, path.name)
    cells = None
    if len(text) > _LARGE and quoting != csv.QUOTE_NONE:
        cells = _parse_large(text, separator, header, header_lines)
    if cells is None:
        cells = _parse(text, separator, quoting, header, path.name)
    cells, more = _without_empty(cells, path.name)
    return Table(cells, separator, encoding, path.name, notes + more)


def raw_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Every record as (line of the file, cells), for exports that have several header rows."""
    text, _, _ = read_text(path)
    separator = find_separator(text, path.name)
    return list(_records(text, separator, _quoting(text, separator), path.name))


def read_text(path: Path) -> tuple[str, str, list[Finding]]:
    """A file's text, the name of its encoding, and what is worth telling about it."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Unreadable.because(
            "file-missing",
            "The file is missing",
            path.name,
            remedy="Put it there, or correct its name.",
        ) from None
    name = path.name
    text, encoding = _decode(raw, name)
    notes = []
    if encoding == "UTF-8 with byte order mark":
        notes.append(Finding("note", "encoding", "The file begins with a byte order mark", name))
    elif encoding != "UTF-8":
        notes.append(
            Finding(
                "warning",
                "encoding",
                f"The file is not UTF-8; it was read as {encoding}",
                name,
                remedy="Look at its letters beyond a–z, or export it again as UTF-8.",
            )
        )
    if not text.strip():
        raise Unreadable.because("file-empty", "The file is empty", name, remedy="Export it again.")
    if "\x00" in text:
        raise Unreadable.because(
            "not-text",
            "The file holds bytes that are no text",
            name,
            text.count("\n", 0, text.index("\x00")) + 1,
            remedy="Export it as CSV, UTF-8.",
        )
    if "\r" in text and "\n" not in text:
        notes.append(Finding("note", "line-ends", "Lines end in bare carriage returns", name))
    return text, encoding, notes


def _decode(raw: bytes, name: str) -> tuple[str, str]:
    if raw.startswith(b"\xef\xbb\xbf"):
        encodings = [("utf-8-sig", "UTF-8 with byte order mark")]
    elif raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = [("utf-16", "UTF-16")]
    elif raw[1:400:2].count(0) > len(raw[1:400:2]) / 2:
        encodings = [("utf-16-le", "UTF-16 without byte order mark")]
    elif raw[0:400:2].count(0) > len(raw[0:400:2]) / 2:
        encodings = [("utf-16-be", "UTF-16 without byte order mark")]
    else:
        encodings = [("utf-8", "UTF-8"), ("cp1252", "Windows-1252")]
    for codec, encoding in encodings:
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError as error:
            problem = error
            if codec == "utf-8" and _mostly_utf8(raw):
                break  # a damaged UTF-8 file, not one in another encoding
            continue
        return text, encoding
    line = raw.count(b"\n", 0, problem.start) + 1
    raise Unreadable.because(
        "encoding",
        f"A byte is not valid {encodings[0][1].split(' ')[0]}",
        name,
        line,
        value=f"0x{raw[problem.start]:02x}",
        remedy="Export the file again as UTF-8.",
    )


def _mostly_utf8(raw: bytes) -> bool:
    """Whether letters beyond ASCII that are right UTF-8 outnumber those that are not."""
    text = raw.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    return sum(len(part) for part in text if ord(part) > 127) - wrong > wrong


def find_separator(text: str, name: str) -> str:
    """The separator with which the first records have as many cells as the header.

    Counting characters would fail where a header holds whole sentences. Raises Unreadable when two
    separators fit equally well.
    """
    sample = text if len(text) <= 200_000 else text[: text.rindex("\n", 0, 200_000) + 1 or 200_000]
    fits: dict[str, tuple[bool, float, int]] = {}
    for separator in SEPARATORS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
        widths = [len(record) for record in islice(reader, 200) if record]
        if widths and widths[0] > 1:
            same = sum(width == widths[0] for width in widths) / len(widths)
            fits[separator] = (same >= 0.9, same if same < 0.9 else 1.0, widths[0])
    if not fits:
        return ","
    best = max(fits.values())
    winners = [separator for separator, fit in fits.items() if fit == best]
    if len(winners) > 1:
        names = " and ".join(SEPARATORS[w] for w in winners)
        raise Unreadable.because(
            "separator",
            f"Both {names} could separate the cells",
            name,
            1,
            remedy="Export the file with tabs or with every cell in quotation marks.",
        )
    return winners[0]


def _quoting(text: str, separator: str) -> Quoting:
    """Tab-separated files of some programs quote nothing: a quotation mark is then a letter."""
    if separator != "\t" or '"' not in text:
        return 0
    try:
        list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True))
    except csv.Error:
        return 3
    return 0


def _records(
    text: str, separator: str, quoting: Quoting, name: str
) -> Iterator[tuple[int, list[str]]]:
    """(line on which it starts, cells) of every record that is not a blank line."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, strict=True
    )
    start = 1
    try:
        for record in reader:
            if record:
                yield start, record
            start = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable.because(
            "quotation-marks",
            f"A quotation mark opens or closes a cell wrongly ({error})",
            name,
            start,
            remedy="Export the file again, or double the quotation marks inside the cell.",
        ) from None


def _header(text: str, separator: str, quoting: Quoting, name: str) -> tuple[int, list[str]]:
    """How many lines the header takes, and the names in it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)
    header = next(record for record in reader if record)
    repeated = sorted({column for column in header if column and header.count(column) > 1})
    if repeated:
        raise Unreadable.because(
            "columns-repeated",
            "Several columns have the same name",
            name,
            1,
            ", ".join(repeated),
            remedy="Give every column a name of its own, in the program that wrote the file.",
        )
    return reader.line_num, header


def _parse(
    text: str, separator: str, quoting: Quoting, header: list[str], name: str
) -> pd.DataFrame:
    """The table by Python's csv module, a chunk of records at a time."""
    records = _records(text, separator, quoting, name)
    next(records)  # the header
    width, lines, chunks, ragged = len(header), [], [], []
    while chunk := list(islice(records, _CHUNK)):
        for _, cells in chunk:
            if len(cells) > width and not any(cells[width:]):
                del cells[width:]  # separators at the end of the line, with nothing between them
        ragged += [(line, len(cells)) for line, cells in chunk if len(cells) != width]
        if ragged:
            continue
        lines += [line for line, _ in chunk]
        columns = zip(*(cells for _, cells in chunk), strict=True)
        chunks.append([pa.array(column, pa.large_string()) for column in columns])
    if ragged:
        line, found = ragged[0]
        more = f"; so have {len(ragged) - 1} more rows" if len(ragged) > 1 else ""
        raise Unreadable.because(
            "row-width",
            f"The row has {found} cells, the header {width}{more}",
            name,
            line,
            remedy="Look for a separator or a line break inside a cell without quotation marks.",
        )
    arrays = [pa.chunked_array(parts, pa.large_string()) for parts in zip(*chunks, strict=True)]
    arrays = arrays or [pa.chunked_array([], pa.large_string())] * width
    return _frame(arrays, header, np.array(lines, dtype="int64"))


def _parse_large(
    text: str, separator: str, header: list[str], header_lines: int
) -> pd.DataFrame | None:
    """The same table by Arrow, or None when the file needs the careful parser.

    Arrow does not tell line numbers; they follow from the line breaks inside cells, and the sum
    must come out at the number of lines in the file.
    """
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text.encode()),
            pa.csv.ReadOptions(
                column_names=[str(i) for i in range(len(header))], skip_rows=header_lines
            ),
            pa.csv.ParseOptions(delimiter=separator, newlines_in_values='"' in text),
            pa.csv.ConvertOptions(
                column_types={str(i): pa.large_string() for i in range(len(header))},
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    breaks = np.zeros(table.num_rows, dtype="int64")
    if '"' in text:
        for column in table.columns:
            breaks += pc.count_substring(column, "\n").to_numpy()
    lines = header_lines + 1 + np.arange(table.num_rows) + np.cumsum(breaks) - breaks
    in_file = text.count("\n") + (not text.endswith("\n"))
    if not len(lines) or lines[-1] + breaks[-1] != in_file:
        return None
    return _frame(table.columns, header, lines)


def _frame(arrays: list[pa.ChunkedArray], header: list[str], lines: np.ndarray) -> pd.DataFrame:
    columns = [pd.Series(pd.array(array, dtype=_TEXT), index=lines) for array in arrays]
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=lines)
    frame.columns = pd.Index(header, dtype=object)
    frame.index.name = "line"
    return frame


def _without_empty(cells: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[Finding]]:
    """The table without rows and nameless columns that hold nothing at all; each is noted."""
    notes = []
    nothing = np.ones(len(cells), dtype=bool)
    for position in range(cells.shape[1]):
        nothing &= (cells.iloc[:, position] == "").to_numpy()
        if not nothing.any():
            break
    if nothing.any():
        line = int(cells.index[nothing][0])
        notes.append(
            Finding(
                "note",
                "row-empty",
                f"{nothing.sum()} rows without any content were left out",
                name,
                line,
            )
        )
        cells = cells[~nothing]
    nameless = [i for i, column in enumerate(cells.columns) if not column.strip()]
    empty = [i for i in nameless if (cells.iloc[:, i] == "").all()]
    full = [i for i in nameless if i not in empty]
    if len(full) > 1:
        raise Unreadable.because(
            "column-nameless",
            f"{len(full)} columns with content have no name",
            name,
            1,
            remedy="Name them in the program that wrote the file.",
        )
    if empty:
        notes.append(
            Finding(
                "note", "column-nameless", "Empty columns without a name were left out", name, 1
            )
        )
        cells = cells.iloc[:, [i for i in range(cells.shape[1]) if i not in empty]]
    if full:
        notes.append(
            Finding("warning", "column-nameless", "A column with content has no name", name, 1)
        )
    return cells, notes

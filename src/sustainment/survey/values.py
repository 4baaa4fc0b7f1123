"""From a cell's text to an answer: what it says, why it says nothing, what is wrong with it.

`read_cell` does one cell, in the order a careful person would: spaces, odd digits, codes for
missing, then the item's type. `read_column` does it once for every distinct text of a column.
Nothing is decided here: a defect is named, and the declared decisions say what becomes of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sustainment.survey.model import Item

#: Defects that leave the answer readable: `repair` may be decided for them.
REPAIRABLE = (
    "stray-spaces",
    "full-width-digit",
    "decimal-comma",
    "double-encoded",
    "decomposed-letters",
)
#: Defects after which the answer is unknown, or not to be believed.
UNREADABLE = ("unknown-code", "text-in-number", "impossible-value", "impossible-date")
#: A letter was lost before the file came here (� or a control character); nothing brings it back.
LOST = ("letters-lost",)

_CODED = ("single", "likert", "multi", "number", "date", "calc")
#: What may surround an answer without being part of it.
SPACES = " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2007\u202f\u2009\u200a\u200b\u2060\u3000\ufeff"
_NO_LETTER = re.compile("[\ufffd\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f]")
_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
)
_SLASHED = re.compile(
    r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
)
_TIME = re.compile(r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?|[0-5]?[0-9]:[0-5][0-9]")


@dataclass(slots=True)  # not frozen: a million of them are made for a large file
class Cell:
    """One distinct text of a column: the answer, or the kind of missing, and its defects.

    `plain` is the text after trimming and normalising; a blank cell has value None and missing ""
    (whether it was asked for is not the cell's to know).
    """

    text: str
    plain: str
    value: Any = None
    missing: str = ""
    defects: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        return not self.plain


@dataclass
class Column:
    """A column read by its item: `cells[positions[i]]` is the cell of record i."""

    item: Item
    positions: np.ndarray
    cells: list[Cell]

    def rows(self, flags: list[bool]) -> np.ndarray:
        """A mask of records from a flag for every distinct cell."""
        return np.array(flags, dtype=bool)[self.positions]

    @cached_property
    def defective(self) -> dict[str, list[int]]:
        """{rule: cells with that defect}, looked up once for all rules."""
        found: dict[str, list[int]] = {}
        for position, cell in enumerate(self.cells):
            for rule in cell.defects:
                found.setdefault(rule, []).append(position)
        return found

    @property
    def blank(self) -> np.ndarray:
        return self.rows([cell.blank for cell in self.cells])

    @property
    def plain(self) -> tuple[np.ndarray, list[str]]:
        """(positions, distinct texts), as the routing compares them."""
        return self.positions, [cell.plain for cell in self.cells]


def unticked(item: Item, plain: str) -> bool:
    """Whether the text is the one with which an export says "box not ticked"."""
    return item.type == "multi" and plain in (list(item.options)[:-1] or ["0"])


def with_missing(item: Item, settings: Mapping[str, Any]) -> Item:
    """The item with the study's own codes and labels for missing answers.

    `missing_codes` {code: kind} hold in every item unless the item gives the code a label;
    `missing_labels` {label: kind} take an option of that label out of the answers.
    """
    labels = {str(k).casefold(): v for k, v in (settings.get("missing_labels") or {}).items()}
    by_label = {
        code: labels[label.strip().casefold()]
        for code, label in item.options.items()
        if label.strip().casefold() in labels and item.type != "multi"
    }
    codes = {str(code): kind for code, kind in (settings.get("missing_codes") or {}).items()}
    codes = {code: kind for code, kind in codes.items() if code not in item.options}
    options = {code: label for code, label in item.options.items() if code not in by_label}
    return replace(item, options=options, missing={**codes, **item.missing, **by_label})


def read_column(texts: pd.Series, item: Item) -> Column:
    """Read every distinct text of a column once. `texts` holds str, "" for an empty cell."""
    positions, found = pd.factorize(texts)
    distinct = found.to_numpy(dtype=object)
    smallest = np.min_scalar_type(max(len(distinct), 1))
    return Column(item, positions.astype(smallest), [read_cell(text, item) for text in distinct])


def read_cell(text: str, item: Item) -> Cell:
    """Read one cell as the item's answer; every defect is named, none is decided."""
    if not text and "" not in item.options:  # some exports leave an unticked box blank
        return Cell(text, "")
    plain, defects = _normalised(text, item)
    if not plain and "" not in item.options:
        return Cell(text, plain, defects=defects)
    if plain in item.missing:
        return Cell(text, plain, missing=item.missing[plain], defects=defects)
    value, defect = _typed(plain, item)
    return Cell(text, plain, value, defects=(*defects, defect) if defect else defects)


def _normalised(text: str, item: Item) -> tuple[str, tuple[str, ...]]:
    """The text a person would have meant to write, and what had to be changed for it."""
    defects = []
    plain = text.strip(SPACES)
    if plain != text:
        defects.append("stray-spaces")
    if _NO_LETTER.search(plain):
        defects.append("letters-lost")
    if plain.isascii():
        return plain, tuple(defects)
    if (once := _encoded_once(plain)) != plain:
        defects.append("double-encoded")
        plain = once
    coded = item.type in _CODED and plain not in item.options
    normal = unicodedata.normalize("NFKC" if coded else "NFC", plain)
    if normal != plain:
        defects.append("full-width-digit" if coded else "decomposed-letters")
        plain = normal.strip(SPACES)
    return plain, tuple(defects)


def _encoded_once(text: str) -> str:
    """Undo "å" having become "Ã¥": UTF-8 that was once read as Windows-1252."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _typed(plain: str, item: Item) -> tuple[Any, str]:
    """(answer, defect): exactly one says something, but a number out of range has both."""
    if item.type in ("single", "likert"):
        if not item.options or plain in item.options:
            return plain, ""
        return None, "unknown-code"
    if item.type == "multi":
        codes = list(item.options) or ["0", "1"]
        return (plain == codes[-1], "") if plain in codes else (None, "unknown-code")
    if item.type in ("number", "calc"):
        return _number(plain, item)
    if item.type == "date":
        return _date(plain, item)
    if item.format == "time" and not _TIME.fullmatch(plain):
        return None, "impossible-date"
    return plain, ""


def _number(plain: str, item: Item) -> tuple[float | None, str]:
    comma = bool(_COMMA.fullmatch(plain))
    if not comma and not _NUMBER.fullmatch(plain):
        return None, "text-in-number"
    declared = item.format == "decimal comma"
    if comma and not declared and _THOUSANDS.fullmatch(plain):
        return None, "text-in-number"  # 1,234 may be a thousand, or a little more than one
    value = float(plain.replace(",", "."))
    if not np.isfinite(value):
        return None, "impossible-value"
    low = item.low is not None and value < item.low
    high = item.high is not None and value > item.high
    if low or high or (item.format == "integer" and value != int(value)):
        return value, "impossible-value"
    return value, "decimal-comma" if comma and not declared else ""


def _date(plain: str, item: Item) -> tuple[datetime | None, str]:
    """A date without time zone. Years first, unless the item's format says day or month first."""
    try:
        if item.format in ("day first", "month first"):
            match = _SLASHED.fullmatch(plain)
            if not match:
                return None, "impossible-date"
            first, second, year, hour, minute, instant = (int(p or 0) for p in match.groups())
            day, month = (first, second) if item.format == "day first" else (second, first)
            value = datetime(year, month, day, hour, minute, instant)
        elif _ISO.fullmatch(plain):
            value = datetime.fromisoformat(plain)
        else:
            return None, "impossible-date"
    except ValueError:
        return None, "impossible-date"
    day_number = value.toordinal()
    if (item.low is not None and day_number < item.low) or (
        item.high is not None and day_number > item.high
    ):
        return value, "impossible-value"
    return value, ""


def typed_series(column: Column, drop: np.ndarray, index: pd.Index) -> pd.Series:
    """The column's answers in their type, NA where `drop` or where the cell says nothing.

    Codes are ordered categories in the order of the options, numbers Int64 or Float64, ticks
    boolean, dates datetime64, everything else text.
    """
    item, cells = column.item, column.cells
    keep = column.rows([cell.value is not None for cell in cells]) & ~drop
    if item.type in ("single", "likert"):
        codes = list(item.options) or sorted({cell.plain for cell in cells if cell.value})
        place = {code: i for i, code in enumerate(codes)}
        found = np.array([place.get(cell.value, -1) for cell in cells] or [-1])[column.positions]
        found = np.where(keep, found, -1)
        values: Any = pd.Categorical.from_codes(found, categories=codes, ordered=True)
    elif item.type in ("number", "calc"):
        whole = item.format == "integer"
        numbers = np.array([0.0 if cell.value is None else cell.value for cell in cells] or [0.0])
        if whole and np.array_equal(numbers, numbers.round()):
            values = pd.arrays.IntegerArray(numbers.astype("int64")[column.positions], ~keep)
        else:
            values = pd.arrays.FloatingArray(numbers[column.positions], ~keep)
    elif item.type == "multi":
        ticks = np.array([cell.value is True for cell in cells] or [False])
        values = pd.arrays.BooleanArray(ticks[column.positions], ~keep)
    elif item.type == "date":
        dates = pd.to_datetime(pd.Series([cell.value for cell in cells], dtype="datetime64[us]"))
        values = dates.to_numpy()[column.positions] if len(cells) else dates.to_numpy()
        values = np.where(keep, values, np.datetime64("NaT"))
    else:
        texts = pd.Series([cell.value for cell in cells] or [None], dtype="str")
        values = texts.take(column.positions).where(keep).array
    return pd.Series(values, index=index, name=item.id)

"""Merged cells of an OpenDocument sheet, which the library that reads the cells does not tell.

A merged cell holds its value in its first place alone: read as it stands, the others look empty.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

Range = tuple[tuple[int, int], tuple[int, int]]

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_SPANNED = re.compile(rb'number-(rows|columns)-spanned="([2-9]|[1-9]\d+)"')
_CELLS = {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}


def merged_ranges(path: Path, sheet: str) -> tuple[Range, ...]:
    """((row, column), (row, column)) of each merged range of a sheet, from 0, the end included."""
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read("content.xml")
        if not _SPANNED.search(content):
            return ()  # the usual case, found without building the tree
        root = ElementTree.fromstring(content, forbid_dtd=True)
    except (OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError, DefusedXmlException):
        return ()  # the reader of the cells says what is wrong with the file
    for table in root.iter(f"{_TABLE}table"):
        if table.get(f"{_TABLE}name") == sheet:
            return tuple(_ranges(table))
    return ()


def _ranges(table) -> list[Range]:
    found: list[Range] = []
    top = 0
    for row in table.iter(f"{_TABLE}table-row"):
        left = 0
        for cell in row:
            if cell.tag not in _CELLS:
                continue
            rows, columns = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")  # fmt: skip
            if rows > 1 or columns > 1:
                found.append(((top, left), (top + rows - 1, left + columns - 1)))
            left += _count(cell, "number-columns-repeated")
        top += _count(row, "number-rows-repeated")
    return found


def _count(element, attribute: str) -> int:
    return int(element.get(f"{_TABLE}{attribute}", "1"))

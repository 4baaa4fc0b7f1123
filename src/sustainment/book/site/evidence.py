"""What a value rests on, as far as a page shows it: registered cells of tables and figures, excerpts.

The ledger leads from each value to them. A number of persons rests on the table or figure that
registers a cell with the same number of the same people; a value of the joint display also on the
excerpts that stand beside it in its row; anything else on what its own cell shows, or the next one.
The last step, to rows and segments, is `sustainment trace`, on the machine that holds the data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

INTERVIEWS = ("interviews", "scripts", "segments", "passages", "codings")
MOST = 3  # links of one sort in a row of the ledger


class Shown(NamedTuple):
    """A table, figure or excerpt of a page: its address there, and what it registers."""

    docname: str
    cell: int
    sort: str  # table, figure or excerpt
    id: str
    cells: tuple[tuple[int, str], ...] = ()  # (persons, who is counted)


def shown_on(folder: Path, docname: str) -> list[Shown]:
    """The tables, figures and excerpts of an executed page, in its order."""
    path = folder / f"{docname}.ipynb"
    if not path.exists():
        return []
    found = []
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
        if "remove-cell" in (cell.get("metadata") or {}).get("tags", ()):
            continue
        for output in cell.get("outputs") or ():
            item = (output.get("metadata") or {}).get("sustainment") or {}
            if item.get("type") in ("table", "figure", "excerpt"):
                cells = tuple(
                    (c["count"], str(c.get("population"))) for c in item.get("cells") or ()
                )
                found.append(Shown(docname, number, item["type"], item["id"], cells))
    return found


def evidence(
    record: Mapping[str, Any],
    shown: Iterable[Shown],
    excerpts_of: Mapping[str, Iterable[str]],
    places: Mapping[str, Shown],
) -> list[Shown]:
    """What one value rests on.

    shown: what the value's own page shows. excerpts_of: key → excerpts beside it in the joint
    display. places: where each excerpt of the book is shown.
    """
    shown = list(shown)
    tables = [item for item in shown if item.sort != "excerpt"]
    same = [item for item in tables if _registers(item, record)]
    found = same[:MOST] or _nearest(tables, record.get("cell"))
    beside = [places[id] for id in excerpts_of.get(record["key"], ()) if id in places]
    if not beside and str(record.get("population", "")).partition(":")[0] in INTERVIEWS:
        beside = [item for item in shown if item.sort == "excerpt"]
    return [*found, *beside[:MOST]]


def _registers(item: Shown, record: Mapping[str, Any]) -> bool:
    """Whether a table registers a cell with this number of the same people."""
    number = record.get("count")
    if number is None:
        value = record.get("value")
        number = value if isinstance(value, int) and not isinstance(value, bool) else None
    whom = _base(record.get("population"))
    return number is not None and any(n == number and _base(p) == whom for n, p in item.cells)


def _base(population: Any) -> str:
    """Respondents are those of the population who answered: a table of all holds their cells."""
    base = str(population or "").partition(":")[0].strip()
    return "population" if base in ("respondents", "silent") else base


def _nearest(tables: list[Shown], cell: int | None) -> list[Shown]:
    """What the value's own cell shows, or the next one; on a page that ends before, the last."""
    if not tables:
        return []
    if cell is None:
        return tables[-1:]
    return [next((item for item in tables if item.cell >= cell), tables[-1])]

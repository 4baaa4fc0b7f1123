"""Draft the mapping of a spreadsheet from its headers and cells, and say why."""

from __future__ import annotations

import re
from pathlib import Path

from sustainment.errors import UserError
from sustainment.interviews.grid import Grid, read_grid
from sustainment.interviews.sheets import MARKS, NO_MARKS

_ROLES = {
    "document": r"document( name)?|doc|interview(ee)?|participant|respondent|informant|transcript|media title|file( ?name)?|source|case|pid|person|deltagare|intervju",
    "quotation": r"quot(e|es|ation|ation content)|excerpt( copy)?|content|segment|passage|text|response|answer|comment text|extract|citat|meaning unit|coded text",
    "coder": r"coder|coded by|rater|analyst|user|excerpt creator|annotator|kodare",
    "note": r"note|notes|memo|comment|comments|remark|anteckning",
    "codes": r"(primary |secondary |sub-?|parent )?(code|codes|tag|tags|theme|themes|kod|koder|label|category|coded? ?name)s?[ _.-]*\d*",
}
_SEPARATORS = ("\n", ";", "|")


def guess_mapping(path: str | Path, sheet: str | None = None) -> dict:
    """A mapping for `sheets.read_sheets` with the extra key `why`.

    Raises UserError where no quotation column or no code column can be told.
    """
    grid = read_grid(path, sheet)
    head = next(k for k, row in enumerate(grid.rows) if sum(bool(c.strip()) for c in row) > 1)
    names = [name.strip() for name in grid.rows[head]]
    columns = [[row[k].strip() for row in grid.rows[head + 1 :]] for k in range(len(names))]
    mapping: dict = {"layout": "", "file": Path(path).name}
    if sheet:
        mapping["sheet"] = sheet
    if head:
        mapping["header"] = head + 1
    roles = _roles(names)
    marked = [k for k, cells in enumerate(columns) if names[k] and _is_marks(cells) and k not in roles.values()]  # fmt: skip
    longest = max(range(len(names)), key=lambda k: _typical_length(columns[k]))
    quotation = roles.get("quotation", longest)
    if _typical_length(columns[longest]) > 4 * _typical_length(columns[quotation]):
        quotation = longest
    mapping |= {role: names[k] for role, k in roles.items() if role != "quotation" and k != quotation}  # fmt: skip
    mapping["quotation"] = names[quotation] or quotation + 1  # a column without a name
    if len(marked) >= 2:
        mapping |= {"layout": "matrix", "codes": [names[k] for k in marked]}
        why = f"{len(marked)} columns hold only marks or nothing, so each is a code"
    else:
        codes = [k for k, n in enumerate(names) if _fits("codes", n) and k != quotation and n not in _taken(mapping)]  # fmt: skip
        if not codes:
            raise UserError(
                f"{grid.file}: no column can be told to hold codes. Name them under "
                "interviews: mapping: codes: in study.yml."
            )
        mapping |= {"layout": "quotations", "codes": [names[k] for k in codes]}
        found = [s for s in _SEPARATORS if any(s in cell for k in codes for cell in columns[k])]
        if found:
            mapping["separator"] = found
        why = f"{', '.join(repr(names[k]) for k in codes)} hold codes by their names"
    mapping["why"] = (
        f"read as a {mapping['layout']}: {why}; "
        f"{names[quotation] or f'column {quotation + 1}'!r} holds the quotations"
    )
    return mapping


def _taken(mapping: dict) -> set[str]:
    return {mapping[role] for role in ("document", "coder", "note") if role in mapping}


def _roles(names: list[str]) -> dict[str, int]:
    roles: dict[str, int] = {}
    for role in ("document", "quotation", "coder", "note"):
        for k, name in enumerate(names):
            if _fits(role, name) and k not in roles.values():
                roles[role] = k
                break
    return roles


def _fits(role: str, name: str) -> bool:
    return re.fullmatch(_ROLES[role], name.replace("_", " ").casefold()) is not None


def _is_marks(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell not in NO_MARKS]
    if not filled:
        # a code nobody used is still a code if its cells say "no"
        return any(cells)
    # a totals row below the marks holds a number of its own
    numbers = [cell for cell in filled if cell not in MARKS]
    return len(numbers) <= 1 and all(cell.isdigit() for cell in numbers) and filled[-1:] >= numbers


def _typical_length(cells: list[str]) -> float:
    filled = [len(cell) for cell in cells if cell]
    return sum(filled) / len(filled) if filled else 0.0


def describe(grid: Grid) -> str:
    """How a grid was read, for a report."""
    return f"{grid.file}: {len(grid.rows)} rows, {grid.how}"

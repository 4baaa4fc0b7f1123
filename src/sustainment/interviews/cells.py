"""What the code cells of one row say: a code, several in one cell, a place in a tree, or a mark."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sustainment.findings import Finding
from sustainment.interviews.grid import Grid
from sustainment.interviews.tree import SEPARATOR

MARKS = frozenset({"1", "x", "X", "✓", "✔", "✗", "TRUE", "True", "true", "yes", "Yes", "YES", "y", "Y", "j", "J", "ja", "Ja"})  # fmt: skip
NO_MARKS = frozenset({"", "0", "FALSE", "False", "false", "no", "No", "NO", "n", "N", "nej", "Nej", "-"})  # fmt: skip
Reader = Callable[[int, list[str]], tuple[list[str], list[Finding]]]


def reader(
    grid: Grid, names: list[str], columns: dict, mapping: dict, known: Collection[str] = ()
) -> Reader:
    """How the cells of this sheet are read: (number of the row, its cells) → (codes, findings).

    `known`: names of codes, so that one with the separator in its name stays whole.
    """
    if mapping.get("layout") == "matrix":
        return lambda at, row: _matrix(grid, names, columns, mapping, row, grid.line(at))
    separator = mapping.get("separator")
    separators = [separator] if isinstance(separator, str) else separator or []
    single = {*known, *_single(grid, columns)}
    if mapping.get("levels"):
        return _levels(grid, columns, separators, single)

    def codes_of(at: int, row: list[str]) -> tuple[list[str], list[Finding]]:
        codes = [c for k in columns["codes"] for c in parted(row[k], separators, single)]
        codes = list(dict.fromkeys(codes))
        return codes, _counted(grid, columns, row, at, codes)

    return codes_of


def parted(cell: str, separators: Sequence[str], known: Collection[str] = ()) -> list[str]:
    """The codes in one cell; where several parts together are a known code, they stay together."""
    codes = [cell.strip()]
    for separator in separators:
        codes = [code for whole in codes for code in _split(whole, separator, known)]
    return [code for code in codes if code]


def _split(cell: str, separator: str, known: Collection[str]) -> list[str]:
    parts, codes = cell.split(separator), []
    while parts:
        runs = (separator.join(parts[:end]).strip() for end in range(len(parts), 1, -1))
        code = next((run for run in runs if run in known), parts[0].strip())
        codes.append(code)
        parts = parts[code.count(separator) + 1 :]
    return codes


def lists_codes(cells: Sequence[str], numbers: Sequence[str] | None, plural: bool) -> bool:
    """Whether commas part the codes in these cells rather than stand in the names of codes.

    `numbers`: how many codes the program says each cell holds, where it does. Without it, parts
    that stand in other cells too speak for a list; a header in the plural needs fewer of them.
    """
    if numbers is not None:
        pairs = [(c, int(n)) for c, n in zip(cells, numbers, strict=True) if n.isdigit() and int(n) > 1]  # fmt: skip
        return bool(pairs) and sum(len(c.split(",")) >= n for c, n in pairs) >= 0.9 * len(pairs)
    holding: dict[str, int] = {}
    for cell in set(cells):
        for part in {part.strip() for part in cell.split(",")}:
            holding[part] = holding.get(part, 0) + 1
    parts = {part.strip() for cell in cells if "," in cell for part in cell.split(",")} - {""}
    again = sum(holding[part] > 1 for part in parts)
    return bool(parts) and again >= (0.3 if plural else 0.7) * len(parts)


def _single(grid: Grid, columns: dict) -> set[str]:
    """Cells that hold one code, by the sheet's own count."""
    if "count" not in columns:
        return set()
    return {row[k].strip() for row in grid.rows for k in columns["codes"] if row[columns["count"]].strip() == "1"}  # fmt: skip


def _counted(grid: Grid, columns: dict, row: list[str], at: int, codes: list[str]) -> list[Finding]:
    said = row[columns["count"]].strip() if "count" in columns else ""
    if not said.isdigit() or int(said) == len(codes):
        return []
    message = f"the sheet counts {said} code(s) here, and {len(codes)} were read"
    remedy = "Put the codebook beside it, or give codes names without the separator."
    line = grid.line(at)
    return [Finding("warning", "number-of-codes", message, grid.file, line, remedy=remedy)]


def _levels(grid: Grid, columns: dict, separators: Sequence[str], known: Collection[str]) -> Reader:
    """Columns from theme to code as one path; a theme written once holds for the rows below it."""
    above = [""] * len(columns["codes"])

    def codes_of(at: int, row: list[str]) -> tuple[list[str], list[Finding]]:
        cells = [row[k].strip() for k in columns["codes"]]
        own = [depth for depth, cell in enumerate(cells) if cell]
        found: list[Finding] = []
        for depth in range(own[0] if own else 0):
            cells[depth] = above[depth]
        if own and own[0] and any(cells[: own[0]]):
            message = "the row names no theme; the last one above it was taken"
            found = [Finding("note", "theme-above", message, grid.file, grid.line(at))]
        if not own:
            return [], []
        above[:] = cells
        upper = [cell for cell in cells[: own[-1]] if cell]
        lowest = parted(cells[own[-1]], separators, known)
        return [SEPARATOR.join([*upper, code]) for code in lowest], found

    return codes_of


def _matrix(
    grid: Grid, names: list[str], columns: dict, mapping: dict, row: list[str], line: int
) -> tuple[list[str], list[Finding]]:
    marks = {str(mark) for mark in mapping["marks"]} if mapping.get("marks") else MARKS
    codes, notes = [], []
    for at in columns["codes"]:
        cell = row[at].strip()
        if cell in marks:
            codes.append(code_name(names[at]))
        elif cell not in NO_MARKS:
            message = f"{cell!r} is no mark the mapping knows"
            remedy = "Add it under marks:, or correct the cell; it is not counted."
            notes.append(
                Finding("error", "unknown-mark", message, grid.file, line, names[at], cell, remedy)
            )
    return codes, notes


def code_name(header: str) -> str:
    """A code from its column's header; Dedoose writes "Code: Name Applied"."""
    name = header.removeprefix("Code: ")
    return name.removesuffix(" Applied") if name != header else header

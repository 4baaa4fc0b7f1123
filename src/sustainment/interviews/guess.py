"""Draft the mapping of coding sheets from their headers, cells and names, and say why.

One sheet, a workbook with several, or a folder of files: what looks like coding is taken, what a
name calls primary, secondary or coder 2 is that coder's, and a sheet that only repeats rows of
another is left out. The draft belongs into study.yml, where a person reads it.
"""

from __future__ import annotations

import re
from pathlib import Path

import python_calamine

from sustainment.errors import UserError
from sustainment.interviews.grid import BOOKS, TEXTS, read_grid
from sustainment.interviews.sheets import MARKS, NO_MARKS

_ROLES = {
    "document": r"document( name)?|doc|interview(ee)?|participant|respondent|informant|transcript|"
    r"media title|file( ?name)?|source|case|pid|person|deltagare|intervju|"
    r"(response|respondent|participant|interview|case|record|subject|person) ?(id|nr|no|number)",
    "quotation": r"quot(e|es|ation|ation content)|excerpt( copy)?|content|segment|passage|text|"
    r"response|answer|comment text|extract|citat|meaning unit|coded text",
    "coder": r"coder|coded by|created by|rater|analyst|user|excerpt creator|annotator|kodare",
    "note": r"note|notes|memo|comment|comments|remark|anteckning",
    "codes": r"(primary |secondary |sub-?|parent )?"
    r"(code|codes|tag|tags|theme|themes|kod|koder|label|category|coded? ?name)s?[ .-]*\d*",
}
_CODER = re.compile(
    r"[\s_(\[,-]*\b(primary|secondary|first coder|second coder|(?:coder|rater)[ _-]?\w+)\b[)\]]*",
    re.IGNORECASE,
)
_NO_CODING = re.compile(r"code ?book|code ?list|legend|read ?me|summary|count", re.IGNORECASE)
_WEIGHT = re.compile(r"^Code: .* (Range|Weight)$")  # Dedoose writes them beside each code
_SEPARATORS = ("\n", ";", "|")


def guess_mapping(path: str | Path, sheet: str | None = None) -> dict:
    """A mapping for `sheets.read_sheets` with the extra key `why`.

    Raises UserError where no quotation column or no code column can be told.
    """
    path = Path(path)
    tables = [(path, sheet)] if sheet else _tables(path)
    if len(tables) == 1 and not path.is_dir():
        return _one(*tables[0])
    found, problems = [], []
    for file, name in tables:
        if _NO_CODING.search(name or file.stem):
            continue
        try:
            found.append((file, name, _one(file, name)))
        except UserError as problem:
            problems.append(str(problem))
    found = _without_repeats(found)
    if not found:
        raise UserError(problems[0] if problems else f"{path.name} holds no sheet with coding.")
    return _together(found, len(tables))


def _tables(path: Path) -> list[tuple[Path, str | None]]:
    """(file, sheet) of everything that may hold coding."""
    files = [path]
    if path.is_dir():
        tables_only = [
            s for s in BOOKS + TEXTS if s != ".txt"
        ]  # a .txt in a folder is a transcript
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in tables_only and f.name[:2] != "~$")  # fmt: skip
    tables: list[tuple[Path, str | None]] = []
    for file in files:
        names: list[str | None] = [None]
        if file.suffix.lower() in BOOKS:
            read_grid(file)  # says plainly what is wrong with a broken workbook
            names = list(python_calamine.CalamineWorkbook.from_path(str(file)).sheet_names)
        tables += [(file, name if len(names) > 1 else None) for name in names]
    return tables


def _one(path: Path, sheet: str | None) -> dict:
    grid = read_grid(path, sheet)
    head = next((k for k, row in enumerate(grid.rows) if sum(bool(c.strip()) for c in row) > 1), 0)
    names = [name.strip() for name in grid.rows[head]]
    columns = [[row[k].strip() for row in grid.rows[head + 1 :]] for k in range(len(names))]
    mapping: dict = {"layout": "", "file": path.name}
    if sheet:
        mapping["sheet"] = sheet
    if head:
        mapping["header"] = head + 1
    roles = _roles(names)
    quotation = _quotation(names, columns, roles)
    for role, k in roles.items():
        if role != "quotation" and k != quotation:
            mapping[role] = names[k]
    mapping["quotation"] = names[quotation] or quotation + 1  # a column without a name
    taken = {quotation, *(k for role, k in roles.items() if role != "quotation")}
    marked = [
        k
        for k, cells in enumerate(columns)
        if names[k] and k not in taken and not _WEIGHT.search(names[k]) and _is_marks(cells)
    ]
    coded = [k for k, name in enumerate(names) if k not in taken and _fits("codes", name)]
    if len(marked) >= 2 and not coded:
        mapping |= {"layout": "matrix", "codes": [names[k] for k in marked]}
        why = f"{len(marked)} columns hold only marks or nothing, so each is a code"
    elif coded:
        mapping |= {"layout": "quotations", "codes": [names[k] for k in coded]}
        found = [s for s in _SEPARATORS if any(s in cell for k in coded for cell in columns[k])]
        if found:
            mapping["separator"] = found
        why = f"{', '.join(repr(names[k]) for k in coded)} hold codes by their names"
    else:
        raise UserError(
            f"{grid.file}{f', sheet {sheet!r}' if sheet else ''}: no column can be told to hold "
            "codes. Name them under interviews: mapping: codes: in study.yml."
        )
    said = names[quotation][:60] or f"column {quotation + 1}"
    mapping["why"] = f"read as a {mapping['layout']}: {why}; {said!r} holds the quotations"
    return mapping


def _roles(names: list[str]) -> dict[str, int]:
    roles: dict[str, int] = {}
    for role in ("document", "quotation", "coder", "note"):
        for k, name in enumerate(names):
            if _fits(role, name) and k not in roles.values():
                roles[role] = k
                break
    # a bare "id" may count quotations: it names the interview only if no other column does
    if "document" not in roles:
        bare = [k for k, name in enumerate(names) if name.casefold() in ("id", "nr", "no", "#")]
        if bare:
            roles["document"] = bare[0]
    return roles


def _quotation(names: list[str], columns: list[list[str]], roles: dict[str, int]) -> int:
    """The column of that name, unless another one holds far longer texts."""
    taken = [roles[role] for role in ("document", "coder", "note") if role in roles]
    free = [k for k, name in enumerate(names) if not _fits("codes", name) and k not in taken]
    free = free or [0]
    longest = max(free, key=lambda k: _typical_length(columns[k]))
    named = roles.get("quotation", longest)
    much_longer = _typical_length(columns[longest]) > 4 * _typical_length(columns[named])
    return longest if much_longer else named


def _fits(role: str, name: str) -> bool:
    # "ResponseId" and "response_id" are read as "response id"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").casefold().strip()
    return bool(words) and re.fullmatch(_ROLES[role], words) is not None


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


def _without_repeats(found: list[tuple[Path, str | None, dict]]) -> list:
    """Leave out sheets whose rows all stand in another sheet of the same coder and question."""
    from sustainment.interviews.sheets import rows_of

    held = []
    for file, name, mapping in found:
        rows, _ = rows_of(read_grid(file, name), mapping)
        cells = set(zip(rows["document"], rows["quotation"], rows["code"], strict=True))
        held.append(((_coder(file, name), mapping["quotation"]), cells))
    kept = []
    for k, (key, cells) in enumerate(held):
        larger = [
            m
            for m, (other, more) in enumerate(held)
            if other == key and m != k and cells <= more and (cells < more or m < k)
        ]
        if not larger and cells:
            kept.append(found[k])
    return kept


def _coder(file: Path, sheet: str | None) -> str:
    mark = _CODER.search(sheet or file.stem)
    return mark[1].strip().lower() if mark else ""


def _together(found: list[tuple[Path, str | None, dict]], of: int) -> dict:
    """One mapping for several sheets: what the first says, and where the others differ."""
    first = {k: v for k, v in found[0][2].items() if k not in ("file", "sheet", "why")}
    files = []
    for file, sheet, mapping in found:
        entry: dict = {"file": file.name}
        if sheet:
            entry["sheet"] = sheet
        if coder := _coder(file, sheet):
            entry["coder"] = coder
        own = {k: v for k, v in mapping.items() if k not in ("file", "sheet", "why")}
        entry |= {k: v for k, v in own.items() if first.get(k) != v and k != "coder"}
        files.append(entry)
    coders = sorted({entry["coder"] for entry in files if "coder" in entry})
    why = f"{len(files)} of {of} sheets hold coding; the first is {found[0][2]['why']}"
    if coders:
        why += f"; the names tell the coders {', '.join(coders)}"
    return {**first, "files": files, "why": why}

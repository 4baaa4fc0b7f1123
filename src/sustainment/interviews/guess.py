"""Draft the mapping of coding sheets from their headers, cells and names, and say why.

One sheet, a workbook with several, or a folder of files: what looks like coding is taken, what a
name calls primary, secondary or coder 2 is that coder's, and a sheet that only repeats rows of
another is left out. The draft belongs into study.yml, where a person reads it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import python_calamine

from sustainment.errors import UserError
from sustainment.interviews.cells import MARKS, NO_MARKS, lists_codes
from sustainment.interviews.grid import BOOKS, TEXTS, read_grid
from sustainment.interviews.headers import fits, level, words

_CODER = re.compile(
    r"[\s_(\[,-]*\b(primary|secondary|first coder|second coder|(?:coder|rater)[ _-]?\w+)\b[)\]]*",
    re.IGNORECASE,
)
_NO_CODING = re.compile(r"code ?book|code ?list|legend|read ?me|summary|count", re.IGNORECASE)
_WEIGHT = re.compile(r"^Code: .* (Range|Weight)$")  # Dedoose writes them beside each code
_SEPARATORS = ("\n", ";", "|")


def guess_mapping(
    path: str | Path,
    sheet: str | None = None,
    tables: Sequence[tuple[Path, str | None]] | None = None,
) -> dict:
    """A mapping for `sheets.read_sheets` with the extra key `why`.

    tables : (file, sheet) to look at; by default all of the workbook or folder, and those one
        folder below only where the folder itself holds no coding. Raises UserError where no quotation column or no code column can be told.
    """
    path = Path(path)
    tables = tables or ([(path, sheet)] if sheet else _tables(path))
    if len(tables) == 1 and not path.is_dir():
        return _one(*tables[0])
    found, problems, left_out = [], [], []
    for file, name in tables:
        try:
            if _NO_CODING.search(name or file.stem):
                raise UserError(f"{file.name} holds no sheet with coding.")
            found.append((file, name, _one(file, name)))
        except UserError as problem:
            problems.append(str(problem))
            left_out.append((file, name))
    # where a sheet has the words, one of marks alone is a summary of it
    worded = [entry for entry in found if entry[2]["quotation"] != ""]
    kept = _without_repeats(worded or found)
    if not kept and path.is_dir() and (below := _tables_below(path)):
        return guess_mapping(path, tables=below)
    if not kept:
        raise UserError(problems[0] if problems else f"{path.name} holds no sheet with coding.")
    left_out += [entry[:2] for entry in found if entry not in kept]
    return _together(path if path.is_dir() else path.parent, kept, left_out)


def _tables(path: Path) -> list[tuple[Path, str | None]]:
    """(file, sheet) of everything in a folder or workbook that may hold coding."""
    files = [path]
    if path.is_dir():
        # a .txt in a folder is a transcript
        suffixes = [suffix for suffix in BOOKS + TEXTS if suffix != ".txt"]
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in suffixes and f.name[:2] != "~$")  # fmt: skip
    tables: list[tuple[Path, str | None]] = []
    for file in files:
        names: list[str | None] = [None]
        if file.suffix.lower() in BOOKS:
            read_grid(file)  # says plainly what is wrong with a broken workbook
            names = list(python_calamine.CalamineWorkbook.from_path(str(file)).sheet_names)
        tables += [(file, name if len(names) > 1 else None) for name in names]
    return tables


def _tables_below(folder: Path) -> list[tuple[Path, str | None]]:
    return [
        table for place in sorted(folder.iterdir()) if place.is_dir() for table in _tables(place)
    ]


def _one(path: Path, sheet: str | None) -> dict:
    grid = read_grid(path, sheet)
    where = f"{grid.file}{f', sheet {sheet!r}' if sheet else ''}"
    head = next((k for k, row in enumerate(grid.rows) if sum(bool(c.strip()) for c in row) > 1), 0)
    names = [name.strip() for name in grid.rows[head]]
    columns = [[row[k].strip() for row in grid.rows[head + 1 :]] for k in range(len(names))]
    if is_codebook(names):
        raise UserError(
            f"{where} is a codebook: it says what codes mean, and holds no coded passage. Name the table "
            "of coded quotations, and put the codebook beside it in one folder."
        )
    mapping: dict = {"layout": "", "file": path.name}
    if sheet:
        mapping["sheet"] = sheet
    if head:
        mapping["header"] = head + 1
    roles = _roles(names)
    marked = _marked(where, names, columns, roles)
    coded = [k for k, name in enumerate(names) if fits("codes", name) and k not in roles.values()]
    quotation = None if _without_words(names, columns, roles, marked, coded) else _quotation(names, columns, roles)  # fmt: skip
    if quotation is None and "document" not in roles:
        roles["document"] = next(
            k for k in range(len(names)) if k not in marked and any(columns[k])
        )
    for role, k in roles.items():
        if role != "quotation" and k != quotation:
            mapping[role] = names[k] or k + 1
    # a column without a name, by its number; "" where the sheet has no words
    mapping["quotation"] = "" if quotation is None else names[quotation] or quotation + 1
    coded = [k for k in coded if k != quotation]
    marked = [k for k in marked if k != quotation]
    if len(marked) >= 2 and not coded:
        mapping |= {"layout": "matrix", "codes": [names[k] for k in marked]}
        why = f"{len(marked)} columns hold only marks or nothing, so each is a code"
    elif coded:
        own, why = _code_columns(names, columns, coded)
        mapping |= {"layout": "quotations", **own}
    else:
        raise UserError(
            f"{where}: no column can be told to hold codes. Call the columns 'Code 1', 'Code 2' and so on, "
            "or mark the codes with x under a column each. In a project that exists, name them under "
            "interviews: mapping: codes: in study.yml."
        )
    said = "no column" if quotation is None else repr(names[quotation][:60] or f"column {quotation + 1}")  # fmt: skip
    mapping["why"] = f"read as {mapping['layout']}: {why}; {said} holds the quotations"
    return mapping


def is_codebook(names: list[str]) -> bool:
    """Codes with what they mean, and neither words of an interview nor its name."""
    has = {role: any(fits(role, name) for name in names) for role in ("codes", "definition", "quotation", "document")}  # fmt: skip
    named = has["codes"] or any(words(name) in ("name", "path") for name in names)
    return named and has["definition"] and not has["quotation"] and not has["document"]


def _marked(where: str, names: list[str], columns: list[list[str]], roles: dict) -> list[int]:
    """Columns with marks. Raises UserError where numbers show that codes were counted, not given."""
    free = [k for k, name in enumerate(names) if name and k not in roles.values()]
    free = [k for k in free if not _WEIGHT.search(names[k])]
    marked = [k for k in free if _is_marks(columns[k])]
    counted = [k for k in free if k not in marked and _is_counts(columns[k])]
    if (
        len(counted) > len(marked)
        and len(counted) >= 2
        and not any(fits("codes", n) for n in names)
    ):
        raise UserError(
            f"{where} holds how often codes were given, not which passage each was given to. Name the "
            "table of coded quotations."
        )
    return marked


def _is_counts(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(cell.isdigit() for cell in filled)


def _without_words(names, columns, roles: dict, marked: list[int], coded: list[int]) -> bool:
    """Whether a sheet of marks has nothing but labels (of an interview, a group) beside them."""
    if "quotation" in roles or coded or len(marked) < 2:
        return False
    free = [k for k in range(len(names)) if k not in marked and k not in roles.values()]
    labels = [columns[k] for k in free if any(columns[k])]
    short = all(len(cell.split()) <= 3 for cells in labels for cell in cells)
    if "document" in roles or not labels:
        return short and "document" in roles
    return short and all(labels[0]) and len(set(labels[0])) == len(labels[0])


def _code_columns(names, columns, coded: list[int]) -> tuple[dict, str]:
    """Which columns hold codes, whether they are levels of a tree, and what parts codes in a cell."""
    own: dict = {"codes": [names[k] for k in coded]}
    why = f"{', '.join(repr(names[k]) for k in coded)} hold codes by their names"
    ranked = [k for n in range(4) for k in coded if level(names[k]) == n]
    if _is_tree(names, columns, ranked) and len(ranked) == len(coded):
        own = {"levels": [names[k] for k in ranked]}
        why = f"{' > '.join(names[k] for k in ranked)} are levels of one tree"
    count = next((k for k, name in enumerate(names) if fits("count", name)), None)
    found = [s for s in _SEPARATORS if any(s in cell for k in coded for cell in columns[k])]
    lowest = ranked[-1] if "levels" in own else coded[0]
    plural = words(names[lowest]).endswith(("s", "koder", "teman", "kategorier"))
    numbers = columns[count] if count is not None and len(coded) == 1 else None
    if not found and lists_codes(columns[lowest], numbers, plural):
        found = [","]
    if found:
        own["separator"] = found
    if numbers is not None:
        own["count"] = names[count]
    return own, why


def _is_tree(names, columns, ranked: list[int]) -> bool:
    """Each a level of its own, and (nearly) every code under one theme only."""
    if len(ranked) < 2 or len({level(names[k]) for k in ranked}) < len(ranked):
        return False
    for upper, lower in pairwise(ranked):
        theme = ""
        above: dict[str, set[str]] = {}
        for over, under in zip(columns[upper], columns[lower], strict=True):
            theme = over or theme
            if under:
                above.setdefault(under, set()).add(theme)
        if sum(len(themes) > 1 for themes in above.values()) > 0.1 * len(above):
            return False
    return True


def _roles(names: list[str]) -> dict[str, int]:
    roles: dict[str, int] = {}
    for role in ("document", "quotation", "coder", "note"):
        for k, name in enumerate(names):
            if fits(role, name) and k not in roles.values():
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
    free = [k for k, name in enumerate(names) if not fits("codes", name) and k not in taken]
    free = free or [0]
    longest = max(free, key=lambda k: _typical_length(columns[k]))
    named = roles.get("quotation", longest)
    much_longer = _typical_length(columns[longest]) > 4 * _typical_length(columns[named])
    return longest if much_longer else named


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


def _together(folder: Path, found: list[tuple[Path, str | None, dict]], left_out: list) -> dict:
    """One mapping for several sheets: what the first says, and where the others differ."""
    first = {k: v for k, v in found[0][2].items() if k not in ("file", "sheet", "why")}
    files = []
    for file, sheet, mapping in found:
        entry: dict = {"file": file.relative_to(folder).as_posix()}
        if sheet:
            entry["sheet"] = sheet
        own = {k: v for k, v in mapping.items() if k not in ("file", "sheet", "why")}
        entry |= {k: v for k, v in own.items() if first.get(k) != v and k != "coder"}
        entry |= {k: None for k in first if k not in own and k != "coder"}
        if own.get("coder") != first.get("coder"):
            entry["coder_column"] = own.get("coder")
        if coder := _coder(file, sheet):
            entry["coder"] = coder
        files.append(entry)
    coders = sorted({entry["coder"] for entry in files if entry.get("coder")})
    why = f"{len(files)} of {len(files) + len(left_out)} sheets hold coding; the first is {found[0][2]['why']}"
    if coders:
        why += f"; the names tell the coders {', '.join(coders)}"
    mapping = {**first, "files": files}
    if book := _codebook_beside(folder, found, left_out):
        mapping["codebook"] = book
        why += f"; the codebook is {book['file']}"
    if left_out:
        said = [sheet or file.name for file, sheet in left_out]
        why += f"; not read as coding: {', '.join(said[:8])}{', …' if len(said) > 8 else ''}"
    return {**mapping, "why": why}


def _codebook_beside(folder: Path, found: list, left_out: list) -> dict | None:
    """A table of codes and their meanings, if it has every code that the sheets use."""
    from sustainment.interviews.codebook import codebook_rows
    from sustainment.interviews.sheets import rows_of

    if any(mapping.get("levels") for _, _, mapping in found):
        return None
    for file, sheet in left_out:
        try:
            names = {row["name"] for row in codebook_rows(file, sheet)}
        except UserError:
            continue
        rows = [rows_of(read_grid(f, s), mapping, names)[0] for f, s, mapping in found]
        used = {code for table in rows for code in table["code"]} - {""}
        if used and used <= names:
            entry = {"file": file.relative_to(folder).as_posix()}
            return entry | ({"sheet": sheet} if sheet else {})
    return None

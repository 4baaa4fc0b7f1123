"""Read coding kept in spreadsheets, by a mapping that says which column is what.

Two layouts: *quotations* (a row a quotation, codes in one or more columns) and *matrix* (a row a
quotation, a column a code, marks in the cells). Two coders may stand in two files. The mapping
lives in study.yml (`interviews: mapping:`); `guess.guess_mapping` drafts it.

Keys: layout, file (several: files: [{file, sheet, coder: name}], each with keys of its own where it
differs, null for none; a column of coders that only one file has is coder_column), sheet, header (its
line), document, quotation ("" where the sheet holds codes without the words), codes (columns) or levels
(columns from theme to code), separator (within a cell), count (how many codes a cell holds), coder (a
column), note, id (of a quotation), part (which question is quoted; by default the header of the
quotations), marks, transpose, codebook (a file, or {file, sheet}), transcripts (a folder of .txt, .md or
.docx files named as the documents).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.interviews import cells, codebook, quotations
from sustainment.interviews.cells import code_name
from sustainment.interviews.grid import Grid, read_grid
from sustainment.interviews.model import Interviews, assemble, table
from sustainment.interviews.transcripts import named_alike, read_transcript, transcript_files

COLUMNS = ["document", "quotation", "code", "coder", "note", "line", "part", "number"]
_WHY = {
    "quotations": "a spreadsheet with a quotation in each row, by the mapping",
    "matrix": "a spreadsheet with marks under its codes, by the mapping",
}


def read_sheets(path: str | Path, mapping: dict | None = None) -> Interviews:
    """Read coded quotations from a workbook or delimited file.

    `path` is the file, or the folder that `files:` of the mapping lie in. Without a mapping the
    layout is guessed and the guess reported. Raises UserError for a column that is not there.
    """
    from sustainment.interviews.guess import guess_mapping

    path = Path(path)
    notes: list[Finding] = []
    if not mapping or not ({"layout", "files"} & set(mapping)):
        guess = guess_mapping(path, sheet=(mapping or {}).get("sheet"))
        notes.append(Finding("note", "mapping-guessed", guess.pop("why"), file=path.name))
        mapping = {**guess, **(mapping or {})}
    tables = []
    book = codebook.declared(path, mapping)
    known = {row["name"] for row in book}
    for file, own in _files(path, mapping):
        grid = read_grid(file, own.get("sheet"))
        rows, told = rows_of(grid, own, known)
        told = [*_encoding(grid), *told]
        if not own.get("coder") and own.get("coder_name"):
            rows["coder"] = own["coder_name"]
        tables.append(rows)
        notes += told
    rows = pd.concat(tables, ignore_index=True)
    if rows.empty:
        raise UserError(f"{path.name} holds no row with a quotation or a code. Export it again.")
    coders = {name: f"coder {n}" for n, name in enumerate(dict.fromkeys(c for c in rows["coder"] if c), 1)}  # fmt: skip
    rows["coder"] = [coders.get(name, "") for name in rows["coder"]]
    codes, ids, told = codebook.codes_of(rows, mapping, book, path.name)
    notes += told
    rows["code"] = [ids.get(code, "") for code in rows["code"]]
    texts, matched = _transcripts(path, mapping, set(rows["document"]))
    notes += matched
    documents, placed, other, told = quotations.locate(rows, texts, path.name)
    marked = [n for n in notes if n.rule in ("unknown-mark", "column-without-name")]
    return assemble(
        kind="sheets",
        why=_WHY["matrix" if mapping["layout"] == "matrix" else "quotations"],
        file=path.name,
        documents=documents,
        codes=codes,
        rows=placed,
        coders=table("coders", [{"coder": c, "name": n} for n, c in coders.items()]),
        other=pd.concat([other, _marks(marked)], ignore_index=True),
        notes=[*notes, *told],
    )


def _encoding(grid: Grid) -> list[Finding]:
    notes = []
    if grid.how.endswith(("cp1252", "utf-16")):
        message = f"the file was read with {grid.how}"
        notes.append(Finding("note", "encoding", message, file=grid.file))
    if any("\ufffd" in cell for row in grid.rows for cell in row):
        message = "the file holds characters that cannot be read"
        remedy = "Save it again as UTF-8."
        notes.append(Finding("warning", "encoding-damaged", message, grid.file, remedy=remedy))
    return notes


def _files(path: Path, mapping: dict) -> list[tuple[Path, dict]]:
    if not mapping.get("files"):
        return [(path, mapping)]
    folder = path if path.is_dir() else path.parent
    out = []
    for entry in mapping["files"]:
        entry = {"file": entry} if isinstance(entry, str) else dict(entry)
        name = entry.pop("file")
        coder = entry.pop("coder", "")  # here a name; in the mapping itself a column
        own = {**mapping, **entry, "coder_name": coder}
        own["coder"] = entry.get("coder_column", mapping.get("coder"))
        out.append((folder / name, own))
    return out


def rows_of(
    grid: Grid, mapping: dict, known: Collection[str] = ()
) -> tuple[pd.DataFrame, list[Finding]]:
    """One sheet → a row for each quotation and code ("" where none), and findings.

    `known`: names of codes of a codebook.
    """
    if mapping.get("transpose"):
        turned = [list(column) for column in zip(*grid.rows, strict=True)]
        grid = Grid(grid.file, turned, grid.sheet, grid.how)
    head = int(mapping.get("header") or 1) - 1
    names = [name.strip() for name in grid.rows[head]]
    columns = _columns(grid, names, mapping)
    notes = _headless(grid, names, columns, head)
    read = cells.reader(grid, names, columns, mapping, known)
    out: list[dict] = []
    seen: dict[tuple, list] = {}
    previous, silent = "", 0
    wordless = "quotation" not in columns
    part = str(mapping.get("part") or ("" if wordless else names[columns["quotation"]]))
    for at, row in enumerate(grid.rows[head + 1 :], head + 1):
        if not any(cell.strip() for cell in row):
            continue
        line = grid.line(at)
        document, previous = _document(grid, columns, row, at, previous)
        base = {
            "document": document,
            "line": line,
            "part": part,
        }
        for role in ("quotation", "coder", "note"):
            base[role] = row[columns[role]].strip() if role in columns else ""
        codes, told = read(at, row)
        coded = any(row[at].strip() for at in columns["codes"])
        if not base["quotation"] and not coded and not (wordless and document):
            silent += 1
            continue
        if not base["quotation"] and not wordless:
            notes.append(_without_quotation(grid, names, columns, row, line, out))
            continue
        notes += told
        base["number"] = _number(columns, mapping, row, (document, base["quotation"]), seen)
        if "document" in columns and not document:
            notes.append(_finding(grid, "error", "no-document", "the row names no interview", line))
        out += [{**base, "code": code} for code in codes or [""]]
    if silent:
        message = f"{silent} row(s) hold neither a quotation nor a code and were passed over"
        notes.append(_finding(grid, "note", "silent-rows", message, None))
    if "document" not in columns:
        notes.append(_one_document(grid))
    return pd.DataFrame(out, columns=COLUMNS), notes


def _number(columns: dict, mapping: dict, row: list[str], same: tuple, seen: dict) -> int:
    """Which of several equal quotations of a document this is: 0, or 1 for the second, …

    Rows with an id of their own, and rows of a matrix, are quotations of their own; otherwise
    the same words again are the same quotation with another code.
    """
    earlier = seen.setdefault(same, [])
    own = row[columns["id"]] if "id" in columns else len(earlier)
    if "id" not in columns and "quotation" in columns and mapping.get("layout") != "matrix":
        return 0
    if own not in earlier:
        earlier.append(own)
    return earlier.index(own)


def _columns(grid: Grid, names: list[str], mapping: dict) -> dict:
    """Column name → position; a name that is not there, or there twice, stops the reading."""
    found: dict = {}
    for role in ("document", "quotation", "coder", "note", "id", "count"):
        if (name := mapping.get(role)) not in (None, ""):
            found[role] = _position(grid, names, name, role)
    if mapping.get("quotation") is None:
        raise UserError(f"{grid.file}: the mapping names no quotation column. Add `quotation:`.")
    wanted = mapping.get("levels") or mapping.get("codes") or []
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if not wanted:
        raise UserError(f"{grid.file}: the mapping names no code columns. Add `codes:`.")
    found["codes"] = [_position(grid, names, name, "codes") for name in wanted]
    return found


def _position(grid: Grid, names: list[str], name, role: str) -> int:
    if isinstance(name, int) and str(name) not in names and 1 <= name <= len(names):
        return name - 1  # a column without a name, by its number
    at = [k for k, other in enumerate(names) if other == str(name).strip()]
    if len(at) == 1:
        return at[0]
    if not at:
        shown = ", ".join(repr(n[:40]) for n in names if n)
        raise UserError(
            f"{grid.file} has no column {name!r} (mapping, {role}); its columns are: {shown}."
        )
    raise UserError(
        f"{grid.file} has {len(at)} columns called {name!r} (mapping, {role}). Give each a name "
        "of its own."
    )


def _document(grid: Grid, columns: dict, row, number: int, previous: str) -> tuple[str, str]:
    if "document" not in columns:
        return Path(grid.file).stem, ""
    own = row[columns["document"]].strip()
    if not own and _is_merged(grid, number, columns["document"]):
        own = previous  # a merged cell holds its value in its first row only
    return own, own or previous


def _is_merged(grid: Grid, row: int, column: int) -> bool:
    return any(a < row <= c and b <= column <= d for a, b, c, d in grid.merged)


def _headless(grid: Grid, names: list[str], columns: dict, head: int) -> list[Finding]:
    used = {at for role in columns.values() for at in (role if isinstance(role, list) else [role])}
    return [
        Finding(
            "error",
            "column-without-name",
            f"column {at + 1} has no name, so this cell was not read",
            file=grid.file,
            row=grid.line(number),
            column=f"column {at + 1}",
            value=row[at].strip(),
            remedy="Give the column a name, or clear the cell.",
        )
        for number, row in enumerate(grid.rows[head + 1 :], head + 1)
        for at, name in enumerate(names)
        if not name and at not in used and row[at].strip()
    ]


def _without_quotation(grid, names, columns, row, line, out) -> Finding:
    if _is_total(columns, row, out, names):
        return _finding(
            grid, "note", "total-row", "the row holds the columns' totals and was left out", line
        )
    filled = sum(bool(row[at].strip()) for at in columns["codes"])
    message = f"the row has {filled} filled code cell(s) but no quotation; it was left out"
    return _finding(
        grid,
        "warning",
        "row-without-quotation",
        message,
        line,
        "Write the quotation, or delete the row.",
    )


def _is_total(columns: dict, row: list[str], out: list[dict], names: list[str]) -> bool:
    cells = [row[at].strip() for at in columns["codes"]]
    if not out or not any(cells) or not all(cell.isdigit() or not cell for cell in cells):
        return False
    counts = pd.Series([r["code"] for r in out]).value_counts()
    sums = [int(counts.get(code_name(names[at]), 0)) for at in columns["codes"]]
    return [int(cell or 0) for cell in cells] == sums


def _one_document(grid: Grid) -> Finding:
    message = (
        "no column says which interview a quotation is from: all rows are one document, so "
        "nothing can be counted by interview"
    )
    remedy = "Name the column under document:, or link the quotations by their text."
    return _finding(grid, "warning", "no-document-column", message, None, remedy)


def _finding(grid: Grid, severity, rule, message, line, remedy="") -> Finding:
    return Finding(severity, rule, message, file=grid.file, row=line, remedy=remedy)


def _transcripts(path: Path, mapping: dict, documents: set[str]):
    """Interview → its text (None where no folder is named), and how files were matched."""
    if not mapping.get("transcripts"):
        return None, []
    folder = (path if path.is_dir() else path.parent) / mapping["transcripts"]
    if not folder.is_dir():
        raise UserError(f"{folder.name}: no such folder of transcripts (mapping, transcripts).")
    files = transcript_files(folder)
    names = named_alike(documents, files)
    texts = {names.get(name, name): read_transcript(file) for name, file in files.items()}
    if all(name == document for name, document in names.items()):
        return texts, []
    message = f"{len(names)} transcript(s) were matched to interviews by the number in their names"
    remedy = "Call each file like its interview, where a number means somebody else."
    return texts, [Finding("note", "transcripts-by-number", message, path.name, remedy=remedy)]


def _marks(notes: list[Finding]) -> pd.DataFrame:
    rows = [{"kind": "mark", "where": f"row {n.row}, {n.column}", "text": n.value, "why": n.rule.replace("-", " ")} for n in notes]  # fmt: skip
    return table("other", rows)

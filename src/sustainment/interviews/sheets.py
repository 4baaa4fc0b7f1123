"""Read coding kept in spreadsheets, by a mapping that says which column is what.

Two layouts: *quotations* (a row a quotation, codes in one or more columns) and *matrix* (a row a
quotation, a column a code, marks in the cells). Two coders may stand in two files. The mapping
lives in study.yml (`interviews: mapping:`); `guess.guess_mapping` drafts it.

Keys: layout, file (several: files: [{file, sheet, coder: name}], each with keys of its own where
it differs), sheet, header (its line), document, quotation, codes (columns), separator (within a
cell), coder (a column), note, id (of a quotation), part (which question is quoted; by default the
header of the quotations), marks, transpose, codebook (a file), transcripts (a folder of .txt, .md or
.docx files named as the documents).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.interviews import quotations
from sustainment.interviews.grid import Grid, read_grid
from sustainment.interviews.model import Interviews, assemble, table
from sustainment.interviews.transcripts import read_transcript, transcript_files
from sustainment.interviews.tree import code_table

MARKS = frozenset({"1", "x", "X", "✓", "✔", "✗", "TRUE", "True", "true", "yes", "Yes", "YES", "y", "Y", "j", "J", "ja", "Ja"})  # fmt: skip
NO_MARKS = frozenset({"", "0", "FALSE", "False", "false", "no", "No", "NO", "n", "N", "nej", "Nej", "-"})  # fmt: skip
COLUMNS = ["document", "quotation", "code", "coder", "note", "line", "part", "number"]


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
    for file, own in _files(path, mapping):
        grid = read_grid(file, own.get("sheet"))
        rows, told = rows_of(grid, own)
        told = [*_encoding(grid), *told]
        if not own.get("coder") and own.get("coder_name"):
            rows["coder"] = own["coder_name"]
        tables.append(rows)
        notes += told
    rows = pd.concat(tables, ignore_index=True)
    coders = {name: f"coder {n}" for n, name in enumerate(dict.fromkeys(c for c in rows["coder"] if c), 1)}  # fmt: skip
    rows["coder"] = rows["coder"].map(coders).fillna("")
    codes, ids, told = _codes(rows, mapping, path)
    notes += told
    rows["code"] = rows["code"].map(ids).fillna("")
    documents, placed, other, told = quotations.locate(rows, _transcripts(path, mapping), path.name)
    marked = [n for n in notes if n.rule in ("unknown-mark", "column-without-name")]
    return assemble(
        kind="sheets",
        why=f"a spreadsheet read as a {mapping['layout']} by the mapping",
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
        out.append((folder / name, {**mapping, **entry, "coder_name": coder}))
    return out


def rows_of(grid: Grid, mapping: dict) -> tuple[pd.DataFrame, list[Finding]]:
    """One sheet → a row for each quotation and code ("" where none), and findings."""
    if mapping.get("transpose"):
        turned = [list(column) for column in zip(*grid.rows, strict=True)]
        grid = Grid(grid.file, turned, grid.sheet, grid.how)
    head = int(mapping.get("header", 1)) - 1
    names = [name.strip() for name in grid.rows[head]]
    columns = _columns(grid, names, mapping)
    notes = _headless(grid, names, columns, head)
    read = _matrix if mapping.get("layout") == "matrix" else _quotations
    out: list[dict] = []
    seen: dict[tuple, list] = {}
    previous, silent = "", 0
    part = str(mapping.get("part") or names[columns["quotation"]])
    for at, row in enumerate(grid.rows[head + 1 :], head + 1):
        if not any(cell.strip() for cell in row):
            continue
        line = grid.line(at)
        document, previous = _document(grid, columns, row, at, previous)
        base = {
            "document": document,
            "quotation": row[columns["quotation"]].strip() if "quotation" in columns else "",
            "coder": row[columns["coder"]].strip() if "coder" in columns else "",
            "note": row[columns["note"]].strip() if "note" in columns else "",
            "line": line,
            "part": part,
        }
        codes, told = read(grid, names, columns, mapping, row, line)
        if not base["quotation"] and not any(row[at].strip() for at in columns["codes"]):
            silent += 1
            continue
        if not base["quotation"]:
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
    if "id" not in columns and mapping.get("layout") != "matrix":
        return 0
    if own not in earlier:
        earlier.append(own)
    return earlier.index(own)


def _columns(grid: Grid, names: list[str], mapping: dict) -> dict:
    """Column name → position; a name that is not there, or there twice, stops the reading."""
    found: dict = {}
    for role in ("document", "quotation", "coder", "note", "id"):
        if (name := mapping.get(role)) is not None:
            found[role] = _position(grid, names, name, role)
    if "quotation" not in found:
        raise UserError(f"{grid.file}: the mapping names no quotation column. Add `quotation:`.")
    wanted = mapping.get("codes") or []
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


def _quotations(grid: Grid, names, columns, mapping, row, line) -> tuple[list[str], list]:
    separator = mapping.get("separator")
    separators = [separator] if isinstance(separator, str) else separator or []
    codes = []
    for at in columns["codes"]:
        cells = [row[at]]
        for part in separators:
            cells = [piece for cell in cells for piece in cell.split(part)]
        codes += [cell.strip() for cell in cells if cell.strip()]
    return list(dict.fromkeys(codes)), []


def _matrix(grid: Grid, names, columns, mapping, row, line) -> tuple[list[str], list]:
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


def _codes(rows: pd.DataFrame, mapping: dict, path: Path):
    """The codebook: the given one, with codes of the sheet that it lacks added and named."""
    raw, notes = [], []
    if mapping.get("codebook"):
        folder = path if path.is_dir() else path.parent
        raw = codebook_rows(folder / mapping["codebook"])
    known = {row["key"] for row in raw}
    used = [code for code in dict.fromkeys(rows["code"]) if code]
    if mapping.get("layout") == "matrix":
        named = mapping["codes"] if isinstance(mapping["codes"], list) else [mapping["codes"]]
        used = list(dict.fromkeys([*(code_name(str(n).strip()) for n in named), *used]))
    for code in used:
        if code not in known:
            raw.append({"key": code, "name": code, "parent": None, "description": ""})
            if known:
                notes.append(
                    Finding(
                        "error",
                        "code-not-in-the-codebook",
                        f"code {code!r} is used but not in {mapping['codebook']}",
                        file=path.name,
                        value=code,
                        remedy="Add it to the codebook, or correct its spelling.",
                    )
                )
    codes, ids, told = code_table(raw, path.name)
    return codes, ids, [*notes, *told, *_spellings(used, path.name)]


def _spellings(used: list[str], file: str) -> list[Finding]:
    seen: dict[str, str] = {}
    notes = []
    for code in used:
        folded = " ".join(code.casefold().split())
        if folded in seen:
            message = f"{code!r} and {seen[folded]!r} are counted as two codes"
            remedy = "If they are one, spell them alike."
            notes.append(
                Finding("warning", "code-spelling", message, file=file, value=code, remedy=remedy)
            )
        seen.setdefault(folded, code)
    return notes


def codebook_rows(path: Path, sheet: str | None = None) -> list[dict]:
    """A codebook kept as a table: tag|name|path|code, and description|definition."""
    grid = read_grid(path, sheet)
    names = [name.strip().casefold() for name in grid.rows[0]]
    at = next((names.index(n) for n in ("tag", "path", "code", "name", "kod") if n in names), None)
    if at is None:
        raise UserError(f"{path.name} has no column called tag, path, code or name.")
    words = next((names.index(n) for n in ("description", "definition", "memo") if n in names), None)  # fmt: skip
    parent = names.index("parent") if "parent" in names else None
    return [
        {
            "key": row[at].strip(),
            "name": row[at].strip(),
            "parent": (row[parent].strip() or None) if parent is not None else None,
            "description": row[words] if words is not None else "",
        }
        for row in grid.rows[1:]
        if row[at].strip()
    ]


def _transcripts(path: Path, mapping: dict) -> dict[str, str] | None:
    if not mapping.get("transcripts"):
        return None
    folder = (path if path.is_dir() else path.parent) / mapping["transcripts"]
    if not folder.is_dir():
        raise UserError(f"{folder.name}: no such folder of transcripts (mapping, transcripts).")
    return {name: read_transcript(file) for name, file in transcript_files(folder).items()}


def _marks(notes: list[Finding]) -> pd.DataFrame:
    rows = [{"kind": "mark", "where": f"row {n.row}, {n.column}", "text": n.value, "why": n.rule.replace("-", " ")} for n in notes]  # fmt: skip
    return table("other", rows)

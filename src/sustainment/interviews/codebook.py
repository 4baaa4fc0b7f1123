"""The codebook of coding sheets: a table of codes beside them, and the codes they use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.interviews.cells import code_name
from sustainment.interviews.grid import read_grid
from sustainment.interviews.tree import SEPARATOR, code_table

_NAMES = ("tag", "path", "code", "codes", "name", "code name", "kod", "código", "kode")
_WORDS = ("description", "definition", "memo", "meaning", "comment", "beskrivning", "descripción")


def declared(path: Path, mapping: Mapping) -> list[dict]:
    """The rows of the codebook that the mapping names: a file, or {file, sheet}; none without it."""
    named = mapping.get("codebook")
    if not named:
        return []
    named = {"file": named} if isinstance(named, str) else named
    folder = path if path.is_dir() else path.parent
    return codebook_rows(folder / named["file"], named.get("sheet"))


def codes_of(rows: pd.DataFrame, mapping: dict, raw: list[dict], file: str):
    """The given codebook, with codes of the sheets that it lacks added and named."""
    notes: list[Finding] = []
    known = {row["key"] for row in raw}
    used = [code for code in dict.fromkeys(rows["code"]) if code]
    if mapping.get("levels"):
        raw, used = [*raw, *_tree(used, known)], []
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
                        f"code {code!r} is used but not in the codebook",
                        file=file,
                        value=code,
                        remedy="Add it to the codebook, or correct its spelling.",
                    )
                )
    codes, ids, told = code_table(raw, file)
    return codes, ids, [*notes, *told, *_spellings(used, file)]


def _tree(used: list[str], known: set[str]) -> list[dict]:
    """Paths "theme > code" as a tree; what nothing was coded with is a folder."""
    raw: dict[str, dict] = {}
    for path in used:
        parts = path.split(SEPARATOR)
        for depth in range(1, len(parts) + 1):
            key = SEPARATOR.join(parts[:depth])
            parent = SEPARATOR.join(parts[: depth - 1]) or None
            row = {"key": key, "name": parts[depth - 1], "parent": parent, "codable": False}
            raw.setdefault(key, row)
        raw[path]["codable"] = True
    return [row for key, row in raw.items() if key not in known]


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
    at = next((names.index(n) for n in _NAMES if n in names), None)
    if at is None:
        raise UserError(f"{path.name} has no column called tag, path, code or name.")
    words = next((names.index(n) for n in _WORDS if n in names), None)
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

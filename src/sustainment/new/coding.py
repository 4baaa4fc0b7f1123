"""Open coded material for a new project: any kind, with a drafted mapping for spreadsheets."""

from __future__ import annotations

from pathlib import Path

from sustainment.errors import UserError
from sustainment.interviews.guess import guess_mapping
from sustainment.interviews.model import Interviews
from sustainment.interviews.read import read_interviews, recognise

_SHEETS = {".csv", ".tsv", ".xlsx", ".xls", ".ods"}


def open_coding(path: Path) -> tuple[Interviews, dict | None]:
    """The interviews, and for spreadsheets the mapping that study.yml will hold.

    A folder of spreadsheets with the same code columns is read as one file a coder. Raises UserError
    when the sheets differ: which of them is the study's coding is for a person to say.
    """
    if path.is_dir() and not recognise(path):
        mapping = _folder_mapping(path)
        return read_interviews(path, mapping=mapping), mapping
    fits = recognise(path)
    if list(fits) == ["sheets"]:
        mapping = {key: value for key, value in guess_mapping(path).items() if key != "why"}
        read = read_interviews(path)
        if read.kind == "sheets":
            return read_interviews(path, mapping=mapping), mapping
        return read, None
    return read_interviews(path), None


def _folder_mapping(path: Path) -> dict:
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _SHEETS)
    if not files:
        raise UserError(
            f"{path.name} holds no coding project and no spreadsheet. Name the file itself."
        )
    mappings = [guess_mapping(file) for file in files]
    if any(mapping["codes"] != mappings[0]["codes"] for mapping in mappings[1:]):
        raise UserError(
            f"{path.name} holds {len(files)} spreadsheets with different codes ({files[0].name}, "
            f"{files[1].name}, …). Name one of them, or join them into one."
        )
    shared = {k: v for k, v in mappings[0].items() if k not in {"why", "file"}}
    return {**shared, "files": [{"file": file.name, "coder": file.stem} for file in files]}

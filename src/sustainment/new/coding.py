"""Open coded material for a new project: any kind, with a drafted mapping for spreadsheets."""

from __future__ import annotations

from pathlib import Path

from sustainment.interviews.guess import guess_mapping
from sustainment.interviews.model import Interviews
from sustainment.interviews.read import read_interviews
from sustainment.interviews.transcripts import guess_folder


def open_coding(path: Path) -> tuple[Interviews, dict | None]:
    """The interviews, and for spreadsheets the mapping that study.yml will hold.

    Raises UserError when the material is of no known kind, or of more than one.
    """
    read = read_interviews(path)
    if not any(note.rule == "mapping-guessed" for note in read.notes):
        return read, None
    mapping = {key: value for key, value in guess_mapping(path).items() if key != "why"}
    documents = set(read.documents["document"])
    if "document" in mapping and (folder := guess_folder(path, documents)):
        mapping["transcripts"] = folder
    return read_interviews(path, mapping=mapping), mapping

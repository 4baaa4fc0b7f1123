"""Open coded material for a new project: any kind, with a drafted mapping for spreadsheets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sustainment.interviews.guess import guess_mapping
from sustainment.interviews.model import Interviews
from sustainment.interviews.read import read_interviews
from sustainment.interviews.transcripts import guess_folder

MOST_LOST = 0.05  # of the quotations; transcripts that were edited since would lose more


def open_coding(path: Path, kind: str | None = None) -> tuple[Interviews, dict | None]:
    """The interviews, and for spreadsheets the mapping that study.yml will hold.

    Transcripts beside the sheets are used where (nearly) all quotations stand in them; otherwise the
    quotations stay whole and `why` says so. Raises UserError when the material is of no known kind, or
    of more than one.
    """
    read = read_interviews(path, kind)
    if not any(note.rule == "mapping-guessed" for note in read.notes):
        return read, None
    mapping = {key: value for key, value in guess_mapping(path).items() if key != "why"}
    documents = set(read.documents["document"])
    folder = guess_folder(path, documents) if "document" in mapping else ""
    if not folder:
        return read_interviews(path, kind, mapping=mapping), mapping
    placed = read_interviews(path, kind, mapping=mapping | {"transcripts": folder})
    lost = sum(note.rule == "quotation-not-found" for note in placed.notes)
    uncoded = (read.other["kind"] == "uncoded selection").sum()
    quotations = read.segments["segment"].nunique() + uncoded
    if lost <= MOST_LOST * quotations:
        return placed, mapping | {"transcripts": folder}
    why = (
        f"{read.why}; the transcripts in {folder} are not used, because {lost} of {quotations} quotations "
        "do not stand in them (name the folder under mapping: transcripts: to see which)"
    )
    return replace(read_interviews(path, kind, mapping=mapping), why=why), mapping

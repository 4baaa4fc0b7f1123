"""Transcripts beside coding sheets: text files, Markdown, or Word documents, one an interview.

A transcript belongs to the interview that is called like its file ("P01.docx" to P01).
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from sustainment.errors import UserError
from sustainment.interviews.offsets import BOM, decode

SUFFIXES = (".txt", ".md", ".docx")
_MOST = 50_000_000  # bytes of XML; a transcript has a hundredth of it
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def transcript_files(folder: Path) -> dict[str, Path]:
    """Interview → its file, of one folder; of two files for one interview the text comes first."""
    found: dict[str, Path] = {}
    for suffix in SUFFIXES:
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.suffix.lower() == suffix and file.name[:1] not in ".~":
                found.setdefault(file.stem, file)
    return found


def read_transcript(file: Path) -> str:
    """The text of one transcript. Raises UserError when it is none."""
    if file.suffix.lower() != ".docx":
        return decode(file.read_bytes())[0].removeprefix(BOM)
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo("word/document.xml").file_size > _MOST:
                raise UserError(f"{file.name} is too large for a transcript. Save it as text.")
            root = ElementTree.fromstring(archive.read("word/document.xml"), forbid_dtd=True)
    except (
        zipfile.BadZipFile,
        KeyError,
        RuntimeError,
        ElementTree.ParseError,
        DefusedXmlException,
    ):
        raise UserError(
            f"{file.name} cannot be read as a Word document (is it protected?). Save it as text."
        ) from None
    return "\n".join(_paragraph(paragraph) for paragraph in root.iter(f"{_W}p"))


def _paragraph(paragraph) -> str:
    marks = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n"}
    return "".join(
        (part.text or "") if part.tag == f"{_W}t" else marks.get(part.tag, "")
        for part in paragraph.iter()
    )


def guess_folder(path: Path, documents: set[str]) -> str:
    """The folder (relative to that of the sheets) whose files are called like interviews; "" if none."""
    folder = path if path.is_dir() else path.parent
    if not path.is_dir():
        return ""  # one file was handed in, and nothing beside it
    places = [folder, *sorted(place for place in folder.iterdir() if place.is_dir())]
    fits = {place: len(documents & set(transcript_files(place))) for place in places}
    best = max(places, key=lambda place: fits[place])
    if not fits[best] or fits[best] < len(documents) / 2:
        return ""
    return best.relative_to(folder).as_posix()

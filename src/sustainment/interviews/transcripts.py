"""Transcripts beside coding sheets: text files, Markdown, or Word documents, one an interview.

A transcript belongs to the interview that is called like its file ("P01.docx" to P01); where none is,
to the one with the same number in its name ("1.md" to "Interview P1").
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Collection
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


def named_alike(documents: Collection[str], files: Collection[str]) -> dict[str, str]:
    """File → interview, both by name: the same name, else the same single number where no other has it."""
    same = {name: name for name in files if name in documents}
    if same:
        return same
    numbered = [_by_number(names) for names in (files, documents)]
    return {numbered[0][n]: numbered[1][n] for n in numbered[0] if n in numbered[1]}


def _by_number(names: Collection[str]) -> dict[int, str]:
    found = [(int(runs[0]), name) for name in names if len(runs := re.findall(r"\d+", name)) == 1]
    seen = Counter(number for number, _ in found)
    return {number: name for number, name in found if seen[number] == 1}


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
    """The folder (relative to that of the sheets) whose files belong to interviews; "" if none."""
    folder = path if path.is_dir() else path.parent
    if not path.is_dir():
        return ""  # one file was handed in, and nothing beside it
    places = [folder, *sorted(place for place in folder.iterdir() if place.is_dir())]
    fits = {place: len(named_alike(documents, transcript_files(place))) for place in places}
    best = max(places, key=lambda place: fits[place])
    if not fits[best] or fits[best] < len(documents) / 2:
        return ""
    return best.relative_to(folder).as_posix()

"""Open a coding project from elsewhere without trusting it.

A `.qdpx` is a ZIP from a stranger: its size, the number of its members, their compression and
their paths are bounded before anything is read; XML is read with entities switched off; and the
folder its author worked in (`basePath`, `absolute://` paths) is never shown.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from sustainment.errors import UserError

MEMBERS, BYTES, RATIO = 20_000, 2_000_000_000, 200
XML_BYTES = 500_000_000
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass
class Project:
    """An opened project: the root element of its `.qde`, and its source files by name."""

    file: str
    root: Element
    qde: str
    sources: dict[str, str] = field(default_factory=dict)  # lower-case name → member
    zip_file: Path | None = None
    folder: Path = Path()

    def read(self, reference: str) -> bytes | None:
        """The bytes behind "internal://name.txt" (or a bare name); None if not in the project.

        Only the last part of a path is used, so a reference cannot leave the project.
        """
        name = posixpath.basename(reference.replace("\\", "/")).lower()
        member = self.sources.get(name)
        if member is None:
            return None
        if self.zip_file is None:
            return (self.folder / member).read_bytes()
        try:
            with zipfile.ZipFile(self.zip_file) as archive:
                return archive.read(member)
        except _BROKEN as problem:
            raise _broken(self.file, problem) from problem


def open_project(path: str | Path) -> Project:
    """Open a `.qdpx`, an unzipped folder, or a single `.qde` (its sources beside it)."""
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path.name}: no such file. Check the name in study.yml.")
    if path.is_dir():
        return _from_folder(path, path)
    if zipfile.is_zipfile(path):
        return _from_zip(path)
    if path.suffix.lower() == ".qdpx":
        raise UserError(f"{path.name} is not a ZIP archive. Export the project again.")
    return _from_folder(path.parent, path)


def _from_zip(path: Path) -> Project:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            _bounded(members, path.name)
            qde = _only_qde([m.filename for m in members], path.name)
            root = parse_xml(archive.read(qde), f"{path.name}, {qde}")
    except _BROKEN as problem:
        raise _broken(path.name, problem) from problem
    sources = {posixpath.basename(m.filename).lower(): m.filename for m in members}
    return Project(path.name, root, qde, sources, zip_file=path)


def _broken(file: str, problem: Exception) -> UserError:
    return UserError(
        f"{file}: the archive is broken or has a password ({problem}). Export it again."
    )


def _bounded(members: list[zipfile.ZipInfo], file: str) -> None:
    if len(members) > MEMBERS:
        raise UserError(f"{file} holds {len(members):,} files; at most {MEMBERS:,} are opened.")
    size = sum(m.file_size for m in members)
    if size > BYTES:
        raise UserError(f"{file} unpacks to {size:,} bytes; at most {BYTES:,} are opened.")
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if member.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise UserError(f"{file} holds a member that points outside it. It was not opened.")
        if member.file_size > 1_000_000 and member.file_size > RATIO * member.compress_size:
            raise UserError(f"{file} holds a member packed beyond belief. It was not opened.")


def _from_folder(folder: Path, named: Path) -> Project:
    if named.is_dir():
        top = [p.name for p in folder.iterdir() if p.is_file()]
        qde = _only_qde(top, folder.name)
    else:
        qde = named.name
    root = parse_xml((folder / qde).read_bytes(), qde)
    sources = {}
    for place in [folder, *(p for p in folder.iterdir() if p.name.lower() == "sources")]:
        if place.is_dir():
            for file in sorted(place.iterdir()):
                if file.is_file() and not file.is_symlink():
                    sources[file.name.lower()] = str(file.relative_to(folder))
    return Project(named.name, root, qde, sources, folder=folder)


def _only_qde(names: list[str], file: str) -> str:
    # "project.qde" is the standard's name; ATLAS.ti and others write their own
    found = [n for n in names if n.lower().endswith(".qde") and "__MACOSX" not in n]
    top = [n for n in found if "/" not in n] or found
    if len(top) == 1:
        return top[0]
    if not top:
        raise UserError(f"{file} holds no .qde file. Is it a REFI-QDA project?")
    raise UserError(f"{file} holds {len(top)} .qde files; one was expected. Keep the right one.")


def parse_xml(raw: bytes, file: str) -> Element:
    """XML bytes as an element tree, entities and DTDs refused; `file` names them in errors."""
    if len(raw) > XML_BYTES:
        raise UserError(f"{file} is {len(raw):,} bytes of XML; at most {XML_BYTES:,} are read.")
    try:
        return ElementTree.fromstring(raw.lstrip(b"\r\n\t "), forbid_dtd=True)
    except ElementTree.ParseError as problem:
        line, column = problem.position
        raise UserError(
            f"{file} is broken XML at line {line}, column {column}. Export the project again."
        ) from problem
    except DefusedXmlException as problem:
        raise UserError(
            f"{file} declares entities or a document type, which no coding program writes. "
            "It was not read."
        ) from problem
    except (ValueError, LookupError) as problem:
        raise UserError(f"{file} is not XML that can be read ({problem}).") from problem


def local(element: Element) -> str:
    """The element's name without its namespace: versions and vendors differ in the latter."""
    return element.tag.rsplit("}", 1)[-1]


def children(element: Element | None, *names: str) -> list[Element]:
    """Child elements of these local names, in document order."""
    if element is None:
        return []
    return [child for child in element if local(child) in names]


def child(element: Element | None, name: str) -> Element | None:
    found = children(element, name)
    return found[0] if found else None


def words(element: Element | None, name: str) -> str:
    """The text of the first child of this name, "" if there is none."""
    found = child(element, name)
    return "" if found is None else "".join(found.itertext())

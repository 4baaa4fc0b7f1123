"""What is collected of a REFI-QDA project while it is read, and how its references resolve."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding, Severity
from sustainment.interviews import offsets
from sustainment.interviews.archive import Project, child, children, words
from sustainment.interviews.model import table

SOURCES = ("TextSource", "PDFSource", "PictureSource", "AudioSource", "VideoSource")


@dataclass
class Reading:
    """What has been collected of one project while it is read."""

    project: Project
    origin: str = ""
    codes: dict[str, str] = field(default_factory=dict)  # guid → code id
    coders: dict[str, str] = field(default_factory=dict)  # guid → coder id
    sources: dict[str, str] = field(default_factory=dict)  # guid → document id
    about: dict[str, str] = field(default_factory=dict)  # guid → what a memo is about
    documents: list[dict] = field(default_factory=list)
    rows: list[dict] = field(default_factory=list)
    memos: list[dict] = field(default_factory=list)
    other: list[dict] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    note_texts: dict[str, tuple[str, str]] = field(default_factory=dict)  # guid → text, coder
    used_notes: set[str] = field(default_factory=set)

    def tell(self, severity: Severity, rule: str, message: str, remedy: str = "", value: str = ""):
        file = self.project.file
        self.notes.append(Finding(severity, rule, message, file=file, value=value, remedy=remedy))


def key(guid: str | None) -> str:
    """A GUID as it is compared: programs differ in case and braces."""
    return (guid or "").strip().strip("{}").upper()


DEEPEST = 100  # codes under codes; a codebook has five levels, a file made to harm has thousands


def codes_of(element: Element | None, parent: str | None = None, depth: int = 1):
    """Yield the nested codes of a codebook as rows for `tree.code_table`, parents first.

    Raises UserError below `DEEPEST` levels.
    """
    for code in children(element, "Code"):
        if depth > DEEPEST:
            raise UserError(
                f"The codebook nests codes deeper than {DEEPEST} levels. It was not read."
            )
        yield {
            "key": key(code.get("guid")),
            "name": code.get("name", "").strip(),
            "parent": parent,
            "description": words(code, "Description"),
            # a parent may be codable (MAXQDA, NVivo) or a folder: only the file can say
            "codable": code.get("isCodable", "true").lower() in ("true", "1"),
        }
        yield from codes_of(code, key(code.get("guid")), depth + 1)


def read_coders(reading: Reading):
    names: dict[str, str] = {}
    for user in children(child(reading.project.root, "Users"), "User"):
        names[key(user.get("guid"))] = user.get("name", "").strip()
        reading.coders[key(user.get("guid"))] = f"coder {len(names)}"
    for guid, name in names.items():
        if not name:
            reading.tell(
                "warning",
                "coder-without-name",
                f"{reading.coders[guid]} has no name",
                remedy="Give every user a name in the program, or say in study.yml who it is.",
            )

    def finished() -> pd.DataFrame:
        for guid, coder in reading.coders.items():
            if guid not in names:
                names[guid] = ""
                reading.tell(
                    "warning",
                    "coder-without-name",
                    f"{coder} coded, but is not in the file's list of users",
                )
        rows = [{"coder": c, "name": names[g]} for g, c in reading.coders.items()]
        return table("coders", rows)

    return finished


def coder_of(reading: Reading, *elements: Element) -> str:
    """The coder id behind the first `creatingUser` of these elements; "" if none says."""
    for element in elements:
        if guid := key(element.get("creatingUser")):
            if guid not in reading.coders:
                reading.coders[guid] = f"coder {len(reading.coders) + 1}"
            return reading.coders[guid]
    return ""


def coded_with(reading: Reading, element: Element) -> list[str]:
    """Code ids an element refers to; an unknown key is kept, so that it can be named."""
    guids = [key(reference.get("targetGUID")) for reference in children(element, "CodeRef")]
    return [reading.codes.get(guid, guid or "(no code)") for guid in guids]


def noted(reading: Reading, *elements: Element) -> list[tuple[str, str]]:
    """Notes that these elements refer to: (text, coder)."""
    found = []
    for element in elements:
        for reference in children(element, "NoteRef"):
            guid = key(reference.get("targetGUID"))
            if guid in reading.note_texts:
                reading.used_notes.add(guid)
                found.append(reading.note_texts[guid])
    return found


def text_of(reading: Reading, source: Element) -> tuple[str | None, str]:
    """A source's plain text as stored and why it is missing: (text or None, reason)."""
    inline = child(source, "PlainTextContent")
    if inline is not None:
        return "".join(inline.itertext()), ""
    reference = source.get("plainTextPath", "")
    if not reference:
        rich = posixpath.splitext(source.get("richTextPath", ""))[1]
        return None, f"only a formatted text ({rich})" if rich else "no text"
    raw = reading.project.read(reference)
    if raw is None:
        return None, "its file is not in the project"
    text, encoding = offsets.decode(raw)
    if encoding != "utf-8":
        reading.tell("note", "encoding", f"a text was read as {encoding}, not UTF-8")
    if "\ufffd" in text:
        reading.tell("warning", "encoding-damaged", "a text holds characters that cannot be read")
    return text, ""

"""Small coding projects for the tests of `interviews`, written by hand."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd

from sustainment.interviews.model import Interviews, assemble, table
from sustainment.interviews.tree import code_table

NAMESPACE = "urn:QDA-XML:project:1.0"


def guid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def coding(code: int, user: int | None = 1, inside: str = "") -> str:
    by = f' creatingUser="{guid(user)}"' if user else ""
    return f'<Coding guid="{guid(9000)}"{by}><CodeRef targetGUID="{guid(code)}"/>{inside}</Coding>'


def selection(start, end, codings: str, name: str = "", number: int = 800, more: str = "") -> str:
    return (
        f'<PlainTextSelection guid="{guid(number)}" name="{name}" startPosition="{start}" '
        f'endPosition="{end}">{more}{codings}</PlainTextSelection>'
    )


def source(number: int, name: str, inside: str = "", text: str | None = None) -> str:
    path = "" if text is not None else f' plainTextPath="internal://{guid(number)}.txt"'
    content = "" if text is None else f"<PlainTextContent>{text}</PlainTextContent>"
    return f'<TextSource guid="{guid(number)}" name="{name}"{path}>{content}{inside}</TextSource>'


USERS = f'<User guid="{guid(1)}" name="Anna"/><User guid="{guid(2)}" name="Bo"/>'
CODES = (
    f'<Code guid="{guid(10)}" name="Theme" isCodable="false">'
    f'<Code guid="{guid(11)}" name="time" isCodable="true"/>'
    f'<Code guid="{guid(12)}" name="money" isCodable="true"/></Code>'
)


def project_xml(
    sources: str, codes: str = CODES, users: str = USERS, more: str = "", attributes: str = ""
) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<Project xmlns="{NAMESPACE}" name="p" '
        f"{attributes}><Users>{users}</Users><CodeBook><Codes>{codes}</Codes></CodeBook>"
        f"<Sources>{sources}</Sources>{more}</Project>"
    )


def write_qdpx(path: Path, xml: str | bytes, texts: dict[int, str | bytes], **names) -> Path:
    """A .qdpx; `names`: qde (member name of the project), folder (of the sources)."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(names.get("qde", "project.qde"), xml)
        for number, text in texts.items():
            raw = text.encode() if isinstance(text, str) else text
            archive.writestr(f"{names.get('folder', 'sources')}/{guid(number)}.txt", raw)
    return path


def interviews(
    texts: dict[str, str], rows: list[tuple], codes: list[tuple], coders: int = 2
) -> Interviews:
    """`rows`: (document, start, end, code, coder); `codes`: (name, parent or None[, codable])."""
    raw = [
        {"key": c[0], "name": c[0], "parent": c[1], "codable": c[2] if len(c) > 2 else True}
        for c in codes
    ]
    columns = ["document", "start", "end", "code", "coder"]
    return assemble(
        kind="test",
        why="made by a test",
        file="test",
        documents=table(
            "documents", [{"document": d, "name": d, "text": t} for d, t in texts.items()]
        ),
        codes=code_table(raw)[0],
        rows=pd.DataFrame(rows, columns=columns).assign(note="", snippet=pd.NA),
        coders=table("coders", [{"coder": f"coder {n}", "name": ""} for n in range(1, coders + 1)]),
    )


def rules(notes) -> set[str]:
    return {note.rule for note in notes}

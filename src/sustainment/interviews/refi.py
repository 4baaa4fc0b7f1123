"""Read a REFI-QDA project (`.qdpx`, its unzipped folder, or a single `.qde`).

REFI-QDA 1.5 is what MAXQDA, NVivo, ATLAS.ti, Quirkos, f4 and QualCoder export, each in a way of
its own; elements are matched by local name, and what had to be guessed is reported. Source of the
format: [@refi2019].
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.interviews import offsets
from sustainment.interviews.archive import (
    child,
    children,
    local,
    open_project,
    parse_xml,
    words,
)
from sustainment.interviews.model import Interviews, assemble, table
from sustainment.interviews.refi_cases import read_cases, read_sets
from sustainment.interviews.refi_reading import (
    SOURCES,
    Reading,
    coded_with,
    coder_of,
    codes_of,
    key,
    noted,
    read_coders,
    text_of,
)
from sustainment.interviews.tree import code_table, unique_ids

SELECTIONS = (
    "PlainTextSelection",
    "TranscriptSelection",
    "PDFSelection",
    "PictureSelection",
    "AudioSelection",
    "VideoSelection",
)


def read_refi(path: str | Path) -> Interviews:
    """Read a REFI-QDA project into `Interviews`.

    Raises UserError for a broken archive or XML; everything smaller stands in `notes`.
    """
    project = open_project(path)
    root = project.root
    if local(root) != "Project":
        raise UserError(
            f"{project.file}: the root of {project.qde} is {local(root)!r}, not Project. "
            "A codebook alone (.qdc) holds no interviews; export the project."
        )
    reading = Reading(project, origin=root.get("origin", "").split(",")[0].strip())
    _container(reading)
    coders = read_coders(reading)
    raw_codes = list(codes_of(child(child(root, "CodeBook"), "Codes")))
    codes, reading.codes, notes = code_table(raw_codes, project.file)
    reading.notes += notes
    reading.about |= {guid: f"code: {code}" for guid, code in reading.codes.items()}
    _notes(reading)
    _code_memos(reading)
    _sources(reading)
    cases = read_cases(reading)
    read_sets(reading, cases)
    _linked_and_loose_notes(reading)
    if description := words(root, "Description").strip():
        reading.memos.append({"about": "project", "text": description, "coder": ""})
    memos = [{"memo": f"memo {n}", **memo} for n, memo in enumerate(reading.memos, 1)]
    return assemble(
        kind="refi-qda",
        why="a .qde file whose root element is a REFI-QDA Project"
        + (f", written by {reading.origin}" if reading.origin else ""),
        file=project.file,
        documents=table("documents", reading.documents),
        codes=codes,
        rows=pd.DataFrame(
            reading.rows,
            columns=["document", "start", "end", "code", "coder", "note", "snippet"],
        ),
        coders=coders(),
        cases=table("cases", cases),
        memos=table("memos", memos),
        other=table("other", reading.other),
        notes=reading.notes,
    )


def read_codebook(path: str | Path) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a REFI-QDA codebook (`.qdc`) → (codes table, findings)."""
    path = Path(path)
    root = parse_xml(path.read_bytes(), path.name)
    if local(root) != "CodeBook":
        raise UserError(f"{path.name}: the root is {local(root)!r}, not CodeBook. Is it a .qdc?")
    codes, _, notes = code_table(list(codes_of(child(root, "Codes"))), path.name)
    return codes, notes


def _container(reading: Reading) -> None:
    project = reading.project
    if posixpath.basename(project.qde) != "project.qde":
        reading.tell("note", "qde-name", f"the project file is called {project.qde!r}")
    if project.root.get("basePath"):
        reading.tell(
            "warning",
            "base-path",
            "the file names a folder of its author's computer; it was not read and is not shown",
            remedy="Remove basePath before you share the file.",
        )


def _notes(reading: Reading) -> None:
    for note in children(child(reading.project.root, "Notes"), "Note"):
        raw = text_of(reading, note)[0]
        parts = [note.get("name", "").strip(), words(note, "Description").strip()]
        parts.append(offsets.Text.of(raw).text.strip() if raw is not None else "")
        text = "\n".join(dict.fromkeys(part for part in parts if part))
        reading.note_texts[key(note.get("guid"))] = (text, coder_of(reading, note))
        name = note.get("name", "").strip() or "(a note)"
        for selection in children(note, *SELECTIONS):
            _elsewhere(reading, selection, name)
        for coding in children(note, "Coding"):
            _put_elsewhere(reading, "note", name, "", text, coding, note)


def _code_memos(reading: Reading) -> None:
    for code in reading.project.root.iter():
        if local(code) == "Code":
            for text, coder in noted(reading, code):
                about = reading.about.get(key(code.get("guid")), "project")
                reading.memos.append({"about": about, "text": text, "coder": coder})


def _sources(reading: Reading) -> None:
    root = reading.project.root
    tops = children(child(root, "Sources"), *SOURCES)
    parts = [(top, part) for top in tops for part in (top, *children(top, "Representation", "Transcript"))]  # fmt: skip
    named = []
    for top, part in parts:
        # the text of a PDF stands for the PDF: one document, one name
        if local(part) != "Representation":
            full = _file_name(part)
            path = full if part is top else f"{_plain_name(top)} > {full}"
            named.append((key(part.get("guid")), _plain_name(part), path))
    reading.sources = unique_ids(named)
    for top, part in parts:
        if local(part) == "Representation":
            reading.sources[key(part.get("guid"))] = reading.sources[key(top.get("guid"))]
    reading.about |= {guid: f"document: {name}" for guid, name in reading.sources.items()}
    for top, part in parts:
        _source(reading, top, part)
    _answers_as_sources(reading)
    unknown = sum(not row["coder"] for row in reading.rows)
    if unknown:
        reading.tell("warning", "coder-unknown", f"{unknown:,} coding(s) do not say who made them")


def _answers_as_sources(reading: Reading) -> None:
    texts = [d["text"] for d in reading.documents if not pd.isna(d["text"])]
    short = sum(len(text) < 400 for text in texts)
    if len(texts) >= 40 and short > 0.8 * len(texts):
        reading.tell(
            "note",
            "answers-as-sources",
            f"{short} of {len(texts)} documents are a line or two, as when every survey answer "
            "is a document",
            remedy="`combine.regroup` joins them by a pattern in their names.",
        )


def _file_name(source: Element) -> str:
    # a name may be a path, and a path may name a person
    given = source.get("name", "") or source.get("plainTextPath", "") or source.get("path", "")
    return posixpath.basename(given.replace("\\", "/").rstrip("/")).strip()


def _plain_name(source: Element) -> str:
    name = _file_name(source)
    stem, extension = posixpath.splitext(name)
    return stem if stem and extension[1:].isalnum() and len(extension) <= 5 else name


def _source(reading: Reading, top: Element, source: Element) -> None:
    document = reading.sources[key(source.get("guid"))]
    _about_source(reading, source, document)
    is_text = local(source) in ("TextSource", "Representation", "Transcript")
    if not is_text:
        for selection in children(source, *SELECTIONS):
            _elsewhere(reading, selection, document)
        return
    raw, reason = text_of(reading, source)
    if raw is None:
        reading.tell(
            "warning",
            "source-missing",
            f"the text of {document!r} cannot be read: {reason}",
            remedy="Export the project with its sources; its segments cannot be verified.",
        )
    name = _file_name(top if local(source) == "Representation" else source)
    text = None if raw is None else offsets.Text.of(raw)
    row = {"document": document, "name": name, "text": pd.NA if text is None else text.text}
    reading.documents.append(row)
    _selections(reading, source, document, text)


def _about_source(reading: Reading, source: Element, document: str) -> None:
    texts = [(words(source, "Description").strip(), coder_of(reading, source))]
    for text, coder in [*texts, *noted(reading, source)]:
        if text:
            about = f"document: {document}"
            reading.memos.append({"about": about, "text": text, "coder": coder})
    for coding in children(source, "Coding"):
        _put_elsewhere(reading, "whole document", document, "", "", coding, source)


def _selections(reading: Reading, source: Element, document: str, text) -> None:
    points = {key(p.get("guid")): p.get("position") for p in children(source, "SyncPoint")}
    found = []
    for selection in children(source, *SELECTIONS):
        if local(selection) not in ("PlainTextSelection", "TranscriptSelection"):
            _elsewhere(reading, selection, document)
            continue
        first, last = selection.get("startPosition"), selection.get("endPosition")
        if first is None and selection.get("fromSyncPoint"):
            first = points.get(key(selection.get("fromSyncPoint")))
            last = points.get(key(selection.get("toSyncPoint")))
        try:
            found.append((selection, int(first or ""), int(last or "")))
        except ValueError:
            reading.tell("error", "position", f"a selection of {document!r} has no usable position")
            _elsewhere(reading, selection, document)
    if not found:
        return
    previews = [selection.get("name", "") for selection, _, _ in found]
    start, end = [a for _, a, _ in found], [b for _, _, b in found]
    snippets: Sequence = previews
    if text is not None:
        start, end, snippets = _located(reading, document, text, start, end, previews)
    for (selection, _, _), a, b, snippet in zip(found, start, end, snippets, strict=True):
        said = snippet if text is None else text.text[max(a, 0) : max(b, 0)]
        _selection(reading, selection, document, (int(a), int(b)), snippet, said)


def _located(reading: Reading, document: str, text, start, end, previews):
    """Positions as code points; a preview is kept only where it shows that a slice is wrong."""
    atlas = "ATLAS" in reading.origin.upper()
    way, first, final, agrees = offsets.choose(text, start, end, previews, line_end_is_one=atlas)
    if way != offsets.Counting() and (text.edges(way) != text.edges(offsets.Counting())).any():
        reading.tell(
            "note",
            "counting",
            f"positions in {document!r} count {way.sentence()}: "
            f"{agrees.sum()} of {len(previews)} previews agree so",
        )
    flat = offsets.squeeze(text.text)
    wrong = [
        preview
        if not agreed and len(preview) >= 15 and offsets.squeeze(preview).rstrip("….") in flat
        else pd.NA
        for agreed, preview in zip(agrees, previews, strict=True)
    ]
    return first, final, wrong


def _selection(reading, selection, document: str, span: tuple[int, int], snippet, said) -> None:
    start, end = span
    segment = f"{document}:{start}-{end}"
    reading.about[key(selection.get("guid"))] = f"segment: {segment}"
    codings = children(selection, "Coding")
    own = [(words(selection, "Description").strip(), coder_of(reading, selection))]
    for text, coder in [*own, *noted(reading, selection)]:
        if text:
            about = f"segment: {segment}"
            reading.memos.append({"about": about, "text": text, "coder": coder})
    if not codings:
        reading.other.append(
            {
                "kind": "uncoded selection",
                "document": document,
                "where": f"{start}-{end}",
                "text": said,
                "coder": coder_of(reading, selection),
                "why": "selected but not coded",
            }
        )
    for coding in codings:
        reading.about[key(coding.get("guid"))] = f"segment: {segment}"
        note = "\n".join(text for text, _ in noted(reading, coding))
        for code in coded_with(reading, coding):
            reading.rows.append(
                {
                    "document": document,
                    "start": start,
                    "end": end,
                    "code": code,
                    "coder": coder_of(reading, coding, selection),
                    "note": note,
                    "snippet": snippet,
                }
            )


_PLACE = ("page", "begin", "end", "firstX", "firstY", "secondX", "secondY")


def _elsewhere(reading: Reading, selection: Element, document: str) -> None:
    where = ", ".join(f"{name} {selection.get(name)}" for name in _PLACE if selection.get(name))
    inside = words(child(selection, "Representation"), "PlainTextContent")
    text = inside.strip() or selection.get("name", "")
    kind = local(selection).removesuffix("Selection").lower()
    reading.about[key(selection.get("guid"))] = f"document: {document}"
    if description := words(selection, "Description").strip():
        about = f"document: {document}"
        coder = coder_of(reading, selection)
        reading.memos.append({"about": about, "text": description, "coder": coder})
    codings = children(selection, "Coding")
    if not codings:
        _put_elsewhere(reading, kind, document, where, text, None, selection)
    for coding in codings:
        _put_elsewhere(reading, kind, document, where, text, coding, selection)


def _put_elsewhere(reading, kind, document, where, text, coding, owner) -> None:
    codes = [""] if coding is None else coded_with(reading, coding)
    why = {"whole document": "the code stands on the document, not on a passage"}
    for code in codes:
        reading.other.append(
            {
                "kind": kind,
                "document": document,
                "where": where,
                "text": text,
                "code": code,
                "coder": coder_of(reading, *[e for e in (coding, owner) if e is not None]),
                "why": why.get(kind, "no position in a text") if code else "selected but not coded",
            }
        )


def _linked_and_loose_notes(reading: Reading) -> None:
    unread = len(children(child(reading.project.root, "Graphs"), "Graph"))
    for link in children(child(reading.project.root, "Links"), "Link"):
        ends = key(link.get("originGUID")), key(link.get("targetGUID"))
        joined = [(a, b) for a, b in (ends, ends[::-1]) if a in reading.note_texts]
        for note, target in joined:
            if target in reading.about:
                text, coder = reading.note_texts[note]
                reading.used_notes.add(note)
                about = reading.about[target]
                reading.memos.append({"about": about, "text": text, "coder": coder})
        unread += not joined
    for guid, (text, coder) in reading.note_texts.items():
        if guid not in reading.used_notes and text:
            reading.memos.append({"about": "project", "text": text, "coder": coder})
    if unread:
        reading.tell(
            "note", "not-read", f"{unread} drawing(s) or link(s) between codes or passages"
        )
    elsewhere = Counter(row["kind"] for row in reading.other)
    for kind, n in sorted(elsewhere.items()):
        reading.tell("note", "elsewhere", f"{n:,} row(s) of kind {kind!r} stand in `other`")

"""Read a Taguette project (SQLite export) or its highlights table (CSV, XLSX).

Taguette keeps a document as HTML and a highlight as UTF-8 byte offsets in that HTML's text with
tags skipped; both are turned into plain text and code points, and every slice is compared with
the snippet that Taguette stored. Its tables hold no coder: only the log does, and an export
rewrites the log to one user. Agreement therefore needs one project for each coder
(`combine.combine`). Source of the format: Taguette 1.5.2.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.interviews.database import Database
from sustainment.interviews.model import Interviews, assemble, table
from sustainment.interviews.offsets import Counting, Text, squeeze, to_points
from sustainment.interviews.tree import code_table, unique_ids

NEEDED = {"documents", "highlights", "tags", "highlight_tags"}
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)


def read_taguette(path: str | Path, mapping: dict | None = None) -> Interviews:
    """Read a Taguette SQLite file. `mapping`: project (name or id, if there are several)."""
    mapping = mapping or {}
    with Database(path) as database:
        database.need(NEEDED, "a Taguette project")
        project = _project(database, mapping.get("project"))
        documents, texts = _documents(database, project)
        tags = database.rows("tags", where=f"project_id = {project}", order="id")
        parents = "parent_id" in database.columns("tags")
        raw = [
            {
                "key": tag["id"],
                "name": tag["path"],
                "parent": tag["parent_id"] if parents else None,
                "description": tag["description"],
            }
            for tag in tags
        ]
        codes, code_ids, notes = code_table(raw, database.file)
        coders, coder_of, told = _coders(database, project)
        rows, uncoded, differing = _highlights(database, texts, code_ids, coder_of)
        memos = _memos(database, project, documents)
    return assemble(
        kind="taguette",
        why="an SQLite file with Taguette's tables (documents, highlights, tags)",
        file=Path(path).name,
        documents=table("documents", list(documents.values())),
        codes=codes,
        rows=rows,
        coders=table("coders", coders),
        memos=table("memos", memos),
        other=table("other", uncoded),
        notes=[*notes, *told, *differing],
    )


class _Plain(HTMLParser):
    """HTML → characters and the UTF-8 width Taguette gives each (0 for line ends we add)."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.widths: list[np.ndarray] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        self.widths.append(np.diff(Text(data, np.zeros(0, bool), False).edges(Counting("utf8"))))

    def _block(self, tag: str) -> None:
        # paragraphs written without a line end between them must not run together
        if tag in _BLOCKS and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
            self.widths.append(np.zeros(1, dtype=np.int64))

    def handle_starttag(self, tag: str, attrs) -> None:
        self._block(tag)

    def handle_endtag(self, tag: str) -> None:
        self._block(tag)


def plain_text(html: str) -> tuple[str, np.ndarray]:
    """The readable text of Taguette's HTML and the byte position of each character's edge."""
    parser = _Plain()
    parser.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
    parser.close()
    widths = np.concatenate([np.zeros(0, np.int64), *parser.widths])
    return "".join(parser.parts), np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)


def _project(database: Database, wanted) -> int:
    projects = database.rows("projects", order="id") if database.has("projects") else []
    found = [p for p in projects if wanted in (None, p["id"], str(p["id"]), p["name"])]
    if len(found) == 1:
        return int(found[0]["id"])
    names = ", ".join(f"{p['name']!r} ({p['id']})" for p in projects)
    raise UserError(
        f"{database.file} holds {len(projects)} Taguette projects: {names}. "
        "Name one under interviews: mapping: project: in study.yml."
    )


def _documents(database: Database, project: int) -> tuple[dict, dict]:
    found = database.rows("documents", where=f"project_id = {project}", order="id")
    ids = unique_ids([(d["id"], d["name"], d.get("filename") or d["name"]) for d in found])
    texts = {d["id"]: (ids[d["id"]], *plain_text(d["contents"] or "")) for d in found}
    rows = {
        d["id"]: {"document": ids[d["id"]], "name": d["name"], "text": texts[d["id"]][1]}
        for d in found
    }
    return rows, texts


def _coders(database: Database, project: int):
    """Who made each highlight, if the log still knows."""
    log = []
    if database.has("commands"):
        log = database.rows("commands", where=f"project_id = {project}", order="id")
    made, notes = {}, []
    for command in log:
        try:
            payload = dict(json.loads(command["payload"] or "{}"))
        except (ValueError, TypeError):
            message = f"entry {command['id']} of the log is damaged; who made it is not known"
            notes.append(Finding("warning", "log-damaged", message, file=database.file))
            continue
        if payload.get("type") == "highlight_add" and "highlight_id" in payload:
            made[payload["highlight_id"]] = command["user_login"]
    logins = list(dict.fromkeys(made.values()))
    if len(logins) < 2:
        message = (
            "coder identity is lost: Taguette's tables hold no coder, and its export writes one "
            "user into the whole log"
        )
        remedy = "For two coders export one project each and combine them."
        note = Finding("warning", "coder-lost", message, file=database.file, remedy=remedy)
        return [], {}, [*notes, note]
    names = {login: f"coder {n}" for n, login in enumerate(logins, 1)}
    coders = [{"coder": names[login], "name": login} for login in logins]
    return coders, {h: names[login] for h, login in made.items()}, notes


def _highlights(database: Database, texts: dict, code_ids: dict, coder_of: dict):
    tags: dict[int, list] = {}
    for link in database.rows("highlight_tags", order="highlight_id, tag_id"):
        tags.setdefault(link["highlight_id"], []).append(link["tag_id"])
    rows, other, notes = [], [], []
    for highlight in database.rows("highlights", order="document_id, start_offset, id"):
        if highlight["document_id"] not in texts:
            continue  # of another project in the same database
        document, text, edges = texts[highlight["document_id"]]
        start, end, exact = to_points(edges, [highlight["start_offset"]], [highlight["end_offset"]])
        snippet = plain_text(highlight["snippet"] or "")[0].strip()
        if not exact[0] and 0 <= start[0] <= end[0] <= len(text):
            notes.append(_split(database.file, document, int(start[0])))
        same = squeeze(snippet) == squeeze(text[max(start[0], 0) : max(end[0], 0)])
        place = {"document": document, "coder": coder_of.get(highlight["id"], "")}
        for tag in tags.get(highlight["id"], []):
            rows.append(
                {
                    **place,
                    "start": int(start[0]),
                    "end": int(end[0]),
                    "code": code_ids.get(tag, f"tag {tag}"),
                    "note": "",
                    "snippet": pd.NA if same or not snippet else snippet,
                }
            )
        if highlight["id"] not in tags:
            where = f"{start[0]}-{end[0]}"
            why = "highlighted but not tagged"
            other.append(
                {"kind": "uncoded selection", **place, "where": where, "text": snippet, "why": why}
            )
    columns = ["document", "start", "end", "code", "coder", "note", "snippet"]
    return pd.DataFrame(rows, columns=columns), other, notes


def _split(file: str, document: str, start: int) -> Finding:
    message = (
        f"a highlight of {document!r} begins or ends inside a character, near character {start}; "
        "the whole character was taken"
    )
    return Finding("warning", "inside-character", message, file=file)


def _memos(database: Database, project: int, documents: dict) -> list[dict]:
    memos = []
    for row in database.rows("projects", where=f"id = {project}"):
        memos.append({"about": "project", "text": row.get("description") or ""})
    for row in database.rows("documents", where=f"project_id = {project}", order="id"):
        about = f"document: {documents[row['id']]['document']}"
        memos.append({"about": about, "text": row.get("description") or ""})
    return [
        {"memo": f"memo {n}", **memo, "coder": ""}
        for n, memo in enumerate([m for m in memos if m["text"].strip()], 1)
    ]

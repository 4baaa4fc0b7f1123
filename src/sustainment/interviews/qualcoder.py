"""Read a QualCoder project: a folder `name.qda` with the SQLite file `data.qda`, versions 1 to 17.

Offsets have an exclusive end; `owner` is the coder. A passage marked by hand is counted by the
editor, in UTF-16 units with a line end as one; one marked by search or moved by keys is counted
in characters as stored. Both stand in one table, so the stored words decide for each coding.
Tables and columns that came later (sub-codes, importance) are used where present. Source of the
format: QualCoder's database schema, version 17, and its module `code_text`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sustainment.findings import Finding
from sustainment.interviews.database import Database
from sustainment.interviews.model import Interviews, assemble, table
from sustainment.interviews.offsets import Counting, Text, candidates, squeeze, to_points
from sustainment.interviews.tree import code_table, unique_ids

NEEDED = {"source", "code_name", "code_cat", "code_text"}


def read_qualcoder(path: str | Path, mapping: dict | None = None) -> Interviews:
    """Read a QualCoder project folder, or its `data.qda` alone."""
    path = Path(path)
    file = path / "data.qda" if path.is_dir() else path
    with Database(file) as database:
        database.need(NEEDED, "a QualCoder project")
        versions = database.rows("project")
        version = str(versions[0].get("databaseversion", "?")) if versions else "?"
        codes, code_ids, notes = code_table(_codes(database), path.name)
        documents, texts, ids = _documents(database)
        coders = _coders(database)
        placers = {fid: Placer.of(text) for fid, text in texts.items()}
        rows, told, usual = _rows(database, placers, ids, code_ids, coders, path.name)
        noted = {fid: (placers[fid], way) for fid, way in usual.items()}
        return assemble(
            kind="qualcoder",
            why=f"an SQLite file with QualCoder's tables, database version {version}",
            file=path.name,
            documents=table("documents", documents),
            codes=codes,
            rows=rows,
            coders=table("coders", [{"coder": c, "name": n} for n, c in coders.items()]),
            cases=table("cases", _cases(database, ids)),
            memos=table("memos", _memos(database, ids, noted, coders)),
            other=table("other", _other(database, ids, code_ids, coders)),
            notes=[*notes, *told],
        )


def _codes(database: Database) -> list[dict]:
    """Categories are folders; a code lies in a category or, since sub-codes, under a code."""
    categories = [
        {
            "key": ("cat", row["catid"]),
            "name": row["name"],
            "parent": ("cat", row["supercatid"]) if row["supercatid"] is not None else None,
            "description": row["memo"],
            "codable": False,
        }
        for row in database.rows("code_cat", order="catid")
    ]
    codes = []
    for row in database.rows("code_name", order="cid"):
        parent = ("cat", row["catid"]) if row["catid"] is not None else None
        if row.get("supercid") is not None:
            parent = ("code", row["supercid"])
        key = ("code", row["cid"])
        codes.append(
            {"key": key, "name": row["name"], "parent": parent, "description": row["memo"]}
        )
    return [*categories, *codes]


def _documents(database: Database) -> tuple[list[dict], dict, dict]:
    sources = database.rows("source", order="id")
    ids = unique_ids([(s["id"], s["name"], s["name"]) for s in sources])
    texts = {s["id"]: Text.of(s["fulltext"]) for s in sources if _is_text(s)}
    rows = [
        {"document": ids[s["id"]], "name": s["name"], "text": texts[s["id"]].text}
        for s in sources
        if s["id"] in texts
    ]
    return rows, texts, ids


def _is_text(source: dict) -> bool:
    """Pictures and recordings have no text, or an empty one after an import."""
    # "/images/a.png" inside the project, "images:/home/…/a.png" linked
    kind = re.split(r"[/:]", str(source["mediapath"] or "").lower().lstrip("/"))[0]
    is_media = kind in ("images", "audio", "video")
    return source["fulltext"] is not None and not (is_media and not source["fulltext"])


def _coders(database: Database) -> dict[str, str]:
    owners: dict[str, None] = {}
    for name in ("code_text", "code_image", "code_av"):
        for row in database.rows(name):
            owners.setdefault(row["owner"] or "")
    return {owner: f"coder {n}" for n, owner in enumerate(sorted(filter(None, owners)), 1)}


@dataclass(frozen=True)
class Placer:
    """Positions in one document → code points, by each way of counting that differs for it."""

    text: str
    ways: Mapping[Counting, np.ndarray]  # the likeliest first

    @classmethod
    def of(cls, text: Text) -> Placer:
        found = candidates(text)
        # a stored byte-order mark is a character of the stored text, whoever counts
        ways = [way for way in found if way.bom == text.bom] or found
        return cls(text.text, {way: text.edges(way) for way in ways})

    def place(self, way: Counting, start: int, end: int) -> tuple[int, int]:
        first, final, _ = to_points(self.ways[way], [start], [end])
        return int(first[0]), int(final[0])

    def told(self, start: int, end: int, words: str) -> Counting | None:
        """The way under which the slice is what the program stored; None when none is."""
        if not words.strip():
            return None
        for same in (str, squeeze):
            for way in self.ways:
                first, final = self.place(way, start, end)
                if same(self.text[max(first, 0) : max(final, 0)]) == same(words):
                    return way
        return None


def _rows(database: Database, placers, ids, code_ids, coders, file):
    """The codings, findings, and the way of counting of each document that most of them show."""
    coded = database.rows("code_text", order="fid, pos0, pos1, ctid")
    for row in coded:  # no position is a place outside the text, which is named later
        row |= {name: -1 for name in ("pos0", "pos1") if row[name] is None}
    told = [
        placers[row["fid"]].told(row["pos0"], row["pos1"], _words(row["seltext"]))
        if row["fid"] in placers
        else None
        for row in coded
    ]
    usual = _usual(placers, [(row["fid"], way) for row, way in zip(coded, told, strict=True)])
    rows = []
    for row, way in zip(coded, told, strict=True):
        start, end, snippet = row["pos0"], row["pos1"], row["seltext"]
        if row["fid"] in placers:
            start, end = placers[row["fid"]].place(way or usual[row["fid"]], start, end)
        rows.append(
            {
                "document": ids.get(row["fid"], f"file {row['fid']}"),
                "start": start,
                "end": end,
                "code": code_ids.get(("code", row["cid"]), f"code {row['cid']}"),
                "coder": coders.get(row["owner"] or "", ""),
                "note": row["memo"] or "",
                "snippet": pd.NA if way or snippet is None else _words(snippet),
            }
        )
    notes = [*_unnamed(coded, file), *_emoji(coded, told, ids, file)]
    columns = ["document", "start", "end", "code", "coder", "note", "snippet"]
    return pd.DataFrame(rows, columns=columns), notes, usual


def _words(stored: str | None) -> str:
    """A coding's words; the editor gives a paragraph's end and a line's end signs of their own."""
    return Text.of((stored or "").replace("\u2029", "\n").replace("\u2028", "\n")).text


def _usual(placers, told) -> dict[int, Counting]:
    """For each document the way of counting that most of its codings show, else the likeliest."""
    seen: dict[int, Counter[Counting]] = {fid: Counter() for fid in placers}
    for fid, way in told:
        if way is not None:
            seen[fid][way] += 1
    return {
        fid: max(placer.ways, key=lambda way: seen[fid][way]) for fid, placer in placers.items()
    }


def _unnamed(coded: list[dict], file: str) -> list[Finding]:
    unnamed = sum(not row["owner"] for row in coded)
    message = f"{unnamed:,} coding(s) do not say who made them"
    return [Finding("warning", "coder-without-name", message, file=file)] if unnamed else []


def _emoji(coded: list[dict], told: list, ids: dict, file: str) -> list[Finding]:
    """Which documents count a sign outside the basic plane (an emoji) as two."""
    two = Counter(
        ids.get(row["fid"], "")
        for row, way in zip(coded, told, strict=True)
        if way is not None and way.unit == "utf16"
    )
    return [
        Finding(
            "note",
            "emoji-counted-twice",
            f"{n:,} coding(s) of {document!r} count an emoji as two characters; their stored words "
            "say so, and they were read that way",
            file=file,
        )
        for document, n in two.items()
    ]


def _cases(database: Database, ids: dict) -> list[dict]:
    kinds = {row["name"]: row.get("valuetype", "") for row in database.rows("attribute_type")}
    values: dict[tuple, dict] = {}
    for row in database.rows("attribute"):
        value = row["value"]
        if kinds.get(row["name"]) == "numeric" and value not in (None, ""):
            value = _number(value)
        name = f"{row['name']} (variable)" if row["name"] in ("case", "name", "document") else row["name"]  # fmt: skip
        values.setdefault((row["attr_type"], row["id"]), {})[name] = value
    held: dict[int, list[str]] = {}
    for row in database.rows("case_text", order="caseid, fid"):
        names = held.setdefault(row["caseid"], [])
        if ids.get(row["fid"], "") not in names:
            names.append(ids.get(row["fid"], ""))
    by_document = {ids[key]: found for (kind, key), found in values.items() if kind == "file" and key in ids}  # fmt: skip
    rows, seen = [], set()
    for case in database.rows("cases", order="caseid"):
        own = values.get(("case", case["caseid"]), {})
        for document in held.get(case["caseid"], [""]):
            seen.add(document)
            extra = {**by_document.get(document, {}), **own}
            rows.append({"case": case["name"], "name": case["name"], "document": document, **extra})
    for document, found in by_document.items():
        if document not in seen:
            rows.append({"case": document, "name": document, "document": document, **found})
    return rows


def _number(value: str):
    try:
        return float(str(value).replace(",", "."))
    except ValueError:
        return value


def _memos(database: Database, ids, noted, coders) -> list[dict]:
    found: list[tuple] = [("project", row.get("memo"), "") for row in database.rows("project")]
    for row in database.rows("source", order="id"):
        found.append((f"document: {ids[row['id']]}", row["memo"], row.get("owner")))
    for row in database.rows("cases", order="caseid"):
        found.append((f"case: {row['name']}", row["memo"], row.get("owner")))
    for row in database.rows("annotation", order="anid"):
        start, end = row["pos0"], row["pos1"]
        if row["fid"] in noted:
            placer, way = noted[row["fid"]]
            start, end = placer.place(way, start, end)
        about = f"segment: {ids.get(row['fid'], '')}:{start}-{end}"
        found.append((about, row["memo"], row["owner"]))
    for row in database.rows("journal", order="jid"):
        text = f"{row['name']}\n{row['jentry'] or ''}".strip()
        found.append(("project", text, row["owner"]))
    return [
        {"memo": f"memo {n}", "about": about, "text": text, "coder": coders.get(owner or "", "")}
        for n, (about, text, owner) in enumerate([f for f in found if (f[1] or "").strip()], 1)
    ]


def _other(database: Database, ids, code_ids, coders) -> list[dict]:
    places = {
        "code_image": ("picture", "id", ("x1", "y1", "width", "height")),
        "code_av": ("recording", "id", ("pos0", "pos1")),
    }
    return [
        {
            "kind": kind,
            "document": ids.get(row[key], ""),
            "where": ", ".join(f"{name} {row[name]}" for name in place if name in row),
            "text": row["memo"] or "",
            "code": code_ids.get(("code", row["cid"]), ""),
            "coder": coders.get(row["owner"] or "", ""),
            "why": "no position in a text",
        }
        for name, (kind, key, place) in places.items()
        for row in database.rows(name)
    ]

"""Read a QualCoder project: a folder `name.qda` with the SQLite file `data.qda`, versions 8 to 17.

Offsets are Python string positions with an exclusive end; `owner` is the coder. Tables and
columns that came later (sub-codes, importance) are used where present. Source of the format:
QualCoder's database schema, version 17.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sustainment.findings import Finding
from sustainment.interviews.database import Database
from sustainment.interviews.model import Interviews, assemble, table
from sustainment.interviews.offsets import Counting, Text, to_points
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
        rows, told = _rows(database, texts, ids, code_ids, coders, path.name)
        return assemble(
            kind="qualcoder",
            why=f"an SQLite file with QualCoder's tables, database version {version}",
            file=path.name,
            documents=table("documents", documents),
            codes=codes,
            rows=rows,
            coders=table("coders", [{"coder": c, "name": n} for n, c in coders.items()]),
            cases=table("cases", _cases(database, ids)),
            memos=table("memos", _memos(database, ids, code_ids, coders)),
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
    texts = {s["id"]: Text.of(s["fulltext"]) for s in sources if s["fulltext"] is not None}
    rows = [
        {"document": ids[s["id"]], "name": s["name"], "text": texts[s["id"]].text}
        for s in sources
        if s["id"] in texts
    ]
    return rows, texts, ids


def _coders(database: Database) -> dict[str, str]:
    owners: dict[str, None] = {}
    for name in ("code_text", "code_image", "code_av"):
        for row in database.rows(name):
            owners.setdefault(row["owner"] or "")
    return {owner: f"coder {n}" for n, owner in enumerate(sorted(filter(None, owners)), 1)}


def _rows(database: Database, texts, ids, code_ids, coders, file) -> tuple[pd.DataFrame, list]:
    coded = database.rows("code_text", order="fid, pos0, pos1, ctid")
    rows, notes = [], []
    edges = {fid: text.edges(Counting(bom=text.bom)) for fid, text in texts.items()}
    unnamed = 0
    for row in coded:
        start, end = row["pos0"], row["pos1"]
        if row["fid"] in edges:
            # the stored text may have line ends of two characters, or a byte-order mark
            first, final, _ = to_points(edges[row["fid"]], [start], [end])
            start, end = int(first[0]), int(final[0])
        unnamed += not row["owner"]
        rows.append(
            {
                "document": ids.get(row["fid"], f"file {row['fid']}"),
                "start": start,
                "end": end,
                "code": code_ids.get(("code", row["cid"]), f"code {row['cid']}"),
                "coder": coders.get(row["owner"] or "", ""),
                "note": row["memo"] or "",
                "snippet": pd.NA if row["seltext"] is None else Text.of(row["seltext"]).text,
            }
        )
    if unnamed:
        message = f"{unnamed:,} coding(s) do not say who made them"
        notes.append(Finding("warning", "coder-without-name", message, file=file))
    columns = ["document", "start", "end", "code", "coder", "note", "snippet"]
    return pd.DataFrame(rows, columns=columns), notes


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


def _memos(database: Database, ids, code_ids, coders) -> list[dict]:
    found: list[tuple] = [("project", row.get("memo"), "") for row in database.rows("project")]
    for row in database.rows("source", order="id"):
        found.append((f"document: {ids[row['id']]}", row["memo"], row.get("owner")))
    for row in database.rows("cases", order="caseid"):
        found.append((f"case: {row['name']}", row["memo"], row.get("owner")))
    for row in database.rows("annotation", order="anid"):
        about = f"segment: {ids.get(row['fid'], '')}:{row['pos0']}-{row['pos1']}"
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

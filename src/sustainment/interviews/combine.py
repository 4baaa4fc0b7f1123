"""Several projects about the same interviews as one: a project for each coder, or parts of one.

Taguette forgets who coded what, and many teams code in copies of one project; this joins the
copies again, and refuses where the texts differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from sustainment.errors import UserError
from sustainment.interviews.model import Interviews, assemble, segment_ids, table


def combine(projects: Mapping[str, Interviews]) -> Interviews:
    """Join projects that one coder each made: coder's name → project.

    Documents are matched by name and must have the same text; codes are matched by their path.
    Every coding of a project becomes that coder's. Raises UserError where a text differs.
    """
    documents = _same_texts(projects)
    codes = _same_codes(projects)
    coders, rows, other, memos, notes = [], [], [], [], []
    for number, (name, project) in enumerate(projects.items(), 1):
        coder = f"coder {number}"
        coders.append({"coder": coder, "name": name})
        ids = dict(zip(project.codes["code"], project.codes["path"], strict=True))
        ids = {code: codes["of"][path] for code, path in ids.items()}
        own = project.segments.assign(coder=coder, snippet=pd.NA)
        own["code"] = own["code"].map(ids)
        rows.append(own)
        extra = project.other.assign(coder=coder)
        extra["code"] = extra["code"].map(ids).fillna(extra["code"])
        other.append(extra)
        memos.append(project.memos.assign(coder=coder))
        notes += [note for note in project.notes if note.rule != "coder-lost"]
    first = next(iter(projects.values()))
    return assemble(
        kind=first.kind,
        why=f"{len(projects)} projects joined, one for each coder",
        file=", ".join(dict.fromkeys(project.file for project in projects.values())),
        documents=documents,
        codes=codes["table"],
        rows=pd.concat(rows, ignore_index=True),
        coders=table("coders", coders),
        cases=pd.concat([p.cases for p in projects.values()]).drop_duplicates(),
        memos=pd.concat(memos, ignore_index=True),
        other=pd.concat(other, ignore_index=True),
        notes=notes,
    )


def _same_texts(projects: Mapping[str, Interviews]) -> pd.DataFrame:
    texts: dict[str, tuple[str, object]] = {}
    for name, project in projects.items():
        for row in project.documents.itertuples():
            if row.document in texts:
                other, text = texts[row.document]
                same = (pd.isna(text) and pd.isna(row.text)) or text == row.text
                if not same:
                    raise UserError(
                        f"The text of {row.document!r} differs between the projects of {other} "
                        f"and {name}, so their passages cannot be compared. Export both again "
                        "from the same text."
                    )
            texts.setdefault(row.document, (name, row.text))
    rows = [{"document": d, "name": d, "text": text} for d, (_, text) in texts.items()]
    return table("documents", rows)


def _same_codes(projects: Mapping[str, Interviews]) -> dict:
    """One codebook, and the id in it of each path."""
    from sustainment.interviews.tree import code_table

    raw: dict[str, dict] = {}
    for project in projects.values():
        paths = dict(zip(project.codes["code"], project.codes["path"], strict=True))
        for row in project.codes.itertuples():
            known = raw.setdefault(row.path, {"key": row.path, "name": row.name, "codable": False})
            known["parent"] = paths.get(row.parent)
            known["codable"] = known["codable"] or bool(row.codable)
            known["row"] = known.get("row", row)
    codes, ids, _ = code_table(list(raw.values()))
    for column in ("description", "include", "exclude", "example"):
        codes[column] = [getattr(entry["row"], column) for entry in raw.values()]
    return {"table": codes, "of": ids}


def regroup(interviews: Interviews, pattern: str) -> Interviews:
    """Join documents that belong together, e.g. one source for each survey answer.

    pattern : a regular expression for document names with a group `case`, e.g.
        r"(?P<case>\\d+) - .*". Texts are joined by an empty line, in the project's order;
        documents that do not match stay as they are.
    """
    matcher = re.compile(pattern)
    if "case" not in matcher.groupindex:
        raise UserError(f"The pattern {pattern!r} has no group (?P<case>…).")
    moved: dict[str, tuple[str, int]] = {}
    texts: dict[str, str] = {}
    for row in interviews.documents.itertuples():
        match = matcher.fullmatch(row.document)
        target = match["case"] if match else row.document
        text = "" if pd.isna(row.text) else row.text
        before = texts[target] + "\n\n" if target in texts else ""
        moved[row.document] = (target, len(before))
        texts[target] = before + text
    rows = interviews.segments.assign(snippet=interviews.segments["text"])
    shift = rows["document"].map({name: by for name, (_, by) in moved.items()})
    rows = rows.assign(start=rows["start"] + shift, end=rows["end"] + shift)
    rows["document"] = rows["document"].map({name: to for name, (to, _) in moved.items()})
    rows["segment"] = segment_ids(rows)
    targets = {name: to for name, (to, _) in moved.items()}
    cases = interviews.cases.assign(document=interviews.cases["document"].replace(targets))
    return assemble(
        kind=interviews.kind,
        why=f"{interviews.why}; {len(moved)} documents joined to {len(texts)}",
        file=interviews.file,
        documents=table(
            "documents", [{"document": d, "name": d, "text": t} for d, t in texts.items()]
        ),
        codes=interviews.codes,
        rows=rows,
        coders=interviews.coders,
        cases=cases.drop_duplicates(),
        memos=interviews.memos,
        other=interviews.other.assign(document=interviews.other["document"].replace(targets)),
        notes=interviews.notes,
    )

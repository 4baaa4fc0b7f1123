"""Coded interviews as plain pandas tables: what every reader gives and every method takes.

A *segment* is a stretch of text with a code given by a coder. Offsets count Unicode code
points from 0, the end is exclusive, and `text == document text[start:end]` was verified when
the file was read. Readers (`refi`, `taguette`, `qualcoder`, `sheets`) collect what they find
and hand it to `assemble`, which verifies every slice in one way for all of them. What does not
belong in the tables (a code on a picture, a segment outside its text) stands in `other` and is
named in `notes`: nothing is lost and nothing is repaired in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from sustainment.findings import Finding, Severity

COLUMNS = {
    "documents": ["document", "name", "text"],
    "codes": [
        "code",
        "name",
        "parent",
        "description",
        "include",
        "exclude",
        "example",
        "codable",
        "path",
    ],
    "segments": [
        "segment",
        "document",
        "start",
        "end",
        "text",
        "code",
        "coder",
        "note",
        "verified",
    ],
    "coders": ["coder", "name"],
    "cases": ["case", "name", "document"],
    "memos": ["memo", "about", "text", "coder"],
    "other": ["kind", "document", "where", "text", "code", "coder", "why"],
}


def table(name: str, rows: Sequence[dict] = ()) -> pd.DataFrame:
    """Rows as a table with the columns of `COLUMNS[name]`, further columns after them."""
    if not rows:
        return pd.DataFrame(columns=COLUMNS[name], dtype="object")
    frame = pd.DataFrame(list(rows))
    extra = [column for column in frame.columns if column not in COLUMNS[name]]
    return frame.reindex(columns=[*COLUMNS[name], *extra])


@dataclass(frozen=True)
class Interviews:
    """One coding project.

    Attributes
    ----------
    documents : document (id: the name, made unique), name, text (NA where the file is missing).
    codes : code (id: the name where unique in the codebook, else the path), name, parent
        (id or ""), description, include, exclude, example, codable (bool), path ("A > B > C").
    segments : a row per selection and coding. `segment` is "document:start-end", shared by all
        codings of one selection; `verified` is False where the source's own snippet differs
        from the slice, or where there is no text to compare with.
    coders : coder ("coder 1", ...; "" on segments of unknown coder), name as in the file.
    cases : a row per case and document; further columns are variables.
    memos : about is "project", "code: …", "document: …", "segment: …" or "case: …".
    other : codings without a place in a text, uncoded, empty or outside selections, and why.
    kind, why, file : which reader, how the file was recognised, its name (never its folder).
    notes : what was found, guessed and lost.
    provenance, settings : of the study ("synthetic" or "observed", the `interviews:` block);
        empty when a file is read outside a study.
    """

    documents: pd.DataFrame
    codes: pd.DataFrame
    segments: pd.DataFrame
    coders: pd.DataFrame
    cases: pd.DataFrame
    memos: pd.DataFrame
    kind: str
    why: str
    file: str
    notes: list[Finding] = field(default_factory=list)
    other: pd.DataFrame = field(default_factory=lambda: table("other"))
    provenance: str = ""
    settings: dict = field(default_factory=dict)

    def report(self) -> pd.DataFrame:
        """What was found, guessed and lost: a row a fact, for the analyst to read.

        Findings may quote a few words of an interview, so the table is not for publication.
        """
        found = [
            ("found", name, f"{len(getattr(self, name)):,}")
            for name in ("documents", "codes", "segments", "coders", "cases", "memos", "other")
        ]
        kind_of = {"note": "guessed", "warning": "lost", "error": "lost"}
        told = [(kind_of[n.severity], n.rule, n.sentence()) for n in self.notes]
        return pd.DataFrame([*found, *told], columns=["what", "which", "says"])


def settings_of(interviews: Interviews) -> dict:
    """The `interviews:` block of study.yml: the object's own, else the open study's, else {}."""
    from sustainment.study import current_study

    study = current_study()
    return interviews.settings or (study.settings.get("interviews") or {} if study else {})


def assemble(
    *,
    kind: str,
    why: str,
    file: str,
    documents: pd.DataFrame,
    codes: pd.DataFrame,
    rows: pd.DataFrame,
    coders: pd.DataFrame,
    cases: pd.DataFrame | None = None,
    memos: pd.DataFrame | None = None,
    other: pd.DataFrame | None = None,
    notes: Sequence[Finding] = (),
) -> Interviews:
    """Verify raw codings against codebook and texts, and give one `Interviews`.

    `rows` holds document, start, end, code, coder, note, snippet (what the source says the
    text is, NA if it does not say). Rows that cannot stand move to `other` with the reason.
    """
    documents = documents.astype({"text": "str"})  # also where every text is missing
    segments, moved, found = verify(documents, codes, rows, file)
    parts = [part for part in (other, moved) if part is not None and len(part)]
    return Interviews(
        documents=documents.reset_index(drop=True),
        codes=codes.reset_index(drop=True),
        segments=segments,
        coders=coders.reset_index(drop=True),
        cases=table("cases") if cases is None else cases.reset_index(drop=True),
        memos=table("memos") if memos is None else memos.reset_index(drop=True),
        kind=kind,
        why=why,
        file=file,
        notes=[*notes, *found],
        other=_filled(parts) if parts else table("other"),
    )


def _filled(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    # as objects: a column that nothing was written into is one of numbers, and takes no ""
    joined = pd.concat([part.astype("object") for part in parts], ignore_index=True)
    return joined.fillna("")


def verify(
    documents: pd.DataFrame, codes: pd.DataFrame, rows: pd.DataFrame, file: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """Re-slice every coding. Gives (segments, rows moved to `other`, findings)."""
    rows = rows.reset_index(drop=True)
    texts = dict(zip(documents["document"], documents["text"], strict=True))
    missing = {name for name, text in texts.items() if pd.isna(text)}
    lengths = {name: len(text) for name, text in texts.items() if name not in missing}
    length = rows["document"].map(lengths).astype("float64")
    start, end = rows["start"].astype("int64"), rows["end"].astype("int64")
    no_text = rows["document"].isin(missing)
    why = pd.Series("", index=rows.index, dtype="str")
    why[end == start] = "empty segment"
    why[(start < 0) | (end < start) | (~no_text & (end > length))] = "outside the text"
    why[~rows["document"].isin(texts)] = "document not in the project"
    why[~rows["code"].isin(codes["code"])] = "code not in the codebook"
    again = rows.duplicated(["document", "start", "end", "code", "coder"])
    why[(why == "") & again] = "same coding twice"

    kept = rows.assign(start=start, end=end)[why == ""].copy()
    snippet = kept["snippet"].astype("object")
    # without a text to slice, the source's own snippet is all there is
    sliced = [
        ("" if pd.isna(said) else said) if document in missing else texts[document][a:b]
        for document, a, b, said in zip(
            kept["document"], kept["start"], kept["end"], snippet, strict=True
        )
    ]
    kept["text"] = pd.Series(sliced, index=kept.index, dtype="str")
    differs = snippet.notna() & (snippet != kept["text"])
    kept["verified"] = ~differs & ~kept["document"].isin(missing)
    kept["segment"] = segment_ids(kept)
    findings = [*_named(rows, why, file), *_differing(kept[differs], file)]
    moved = _moved(rows, why)
    return kept.reindex(columns=COLUMNS["segments"]).reset_index(drop=True), moved, findings


def segment_ids(rows: pd.DataFrame) -> pd.Series:
    """`document:start-end` for each row: the same selection has the same id in every export."""
    return (
        rows["document"].astype("str")
        + ":"
        + rows["start"].astype("str")
        + "-"
        + rows["end"].astype("str")
    )


_REMEDY: dict[str, tuple[Severity, str]] = {
    "empty segment": ("warning", "Code at least one character, or delete it in the program."),
    "outside the text": ("error", "Export again: the text has changed since it was coded."),
    "document not in the project": ("error", "Export again with all documents."),
    "code not in the codebook": ("error", "Export again with the codebook."),
    "same coding twice": ("note", "Counted once."),
}


_MOST = 20  # findings of one sort; more are one finding with their number


def _named(rows: pd.DataFrame, why: pd.Series, file: str) -> list[Finding]:
    found = []
    for reason, (severity, remedy) in _REMEDY.items():
        own = rows[why == reason]
        shown = own.head(1) if reason == "same coding twice" and len(own) > _MOST else own
        more = f", and {len(own) - 1:,} more" if len(shown) < len(own) else ""
        found += [
            Finding(
                severity,
                reason.replace(" ", "-"),
                f"{reason}: characters {row.start} to {row.end} of {row.document!r}, code "
                f"{row.code!r}{more}",
                file=file,
                remedy=remedy,
            )
            for row in shown.itertuples()
        ]
    return found


def _differing(kept: pd.DataFrame, file: str) -> list[Finding]:
    return [
        Finding(
            "error",
            "text-differs",
            f"characters {row.start} to {row.end} of {row.document!r} are not the text that "
            f"the program says was coded with {row.code!r}",
            file=file,
            value=str(row.snippet)[:40],
            remedy="The offsets have shifted: export again, or recode this passage.",
        )
        for row in kept.itertuples()
    ]


def _moved(rows: pd.DataFrame, why: pd.Series) -> pd.DataFrame:
    out = rows[(why != "") & (why != "same coding twice")]
    return pd.DataFrame(
        {
            "kind": "text",
            "document": out["document"],
            "where": out["start"].astype("str") + "-" + out["end"].astype("str"),
            "text": out["snippet"].fillna("") if len(out) else out["snippet"],
            "code": out["code"],
            "coder": out["coder"],
            "why": why[out.index],
        }
    ).reset_index(drop=True)

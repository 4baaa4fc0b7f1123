"""From quotations without positions to segments: what spreadsheets and highlight tables hold.

With transcripts at hand each quotation is looked up in its interview. Without them the
quotations themselves, one after another, stand for the interview: positions then show the
order of the sheet and coverage is a share of the quoted text, and `notes` says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from sustainment.findings import Finding
from sustainment.interviews.offsets import Text, squeeze

BETWEEN = "\n\n"
SURE = 12  # letters; fewer may stand anywhere by chance


def locate(
    quotations: pd.DataFrame, transcripts: Mapping[str, str] | None = None, file: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[Finding]]:
    """Give every quotation a place.

    Parameters
    ----------
    quotations : [document, quotation, code ("" = read but not coded), coder, note, line, part
        (which question), number (0, or how often the same words came before as a quotation of their own)].
    transcripts : document → text.

    Returns
    -------
    documents [document, name, text]; rows for `model.assemble`; rows of `other`; findings. The
    same quotation in the same document is one selection, whoever coded it and however its
    white space differs.
    """
    quotations = quotations.assign(
        quotation=[Text.of(q).text.strip("\n") for q in quotations["quotation"]],
        squeezed=[squeeze(q) for q in quotations["quotation"]],
    )
    if len(quotations) and not quotations["quotation"].any():
        texts, places, notes = _without_words(quotations, file)
    elif transcripts:
        texts, places, notes = _in_transcripts(quotations, transcripts, file)
    else:
        texts, places, notes = _one_after_another(quotations, file)
    key = pd.MultiIndex.from_frame(quotations[["document", "part", "squeezed", "number"]])
    spans = [places.get(k) for k in key]
    found = [span is not None for span in spans]
    rows = quotations[found].assign(
        start=[s for s in spans if s is not None],
        snippet=pd.NA,
    )
    rows["end"] = [s[1] for s in rows["start"]]
    rows["start"] = [s[0] for s in rows["start"]]
    uncoded = rows[rows["code"] == ""]
    other = pd.concat(
        [
            _other(uncoded, "uncoded selection", "read but not coded"),
            _other(quotations[[not f for f in found]], "quotation", "not found in its transcript"),
        ],
        ignore_index=True,
    )
    documents = pd.DataFrame(
        [{"document": name, "name": name, "text": text} for name, text in texts.items()],
        columns=["document", "name", "text"],
    )
    rows = rows.loc[
        rows["code"] != "", ["document", "start", "end", "code", "coder", "note", "snippet"]
    ]
    return documents, rows.reset_index(drop=True), other, notes


def _one_after_another(quotations: pd.DataFrame, file: str):
    texts: dict[str, str] = {}
    places = {}
    parts: dict[str, list[str]] = {}
    length: dict[str, int] = {}
    for row in quotations.itertuples():
        key = (row.document, row.part, row.squeezed, row.number)
        if key in places:
            continue
        start = length.get(row.document, 0)
        start += len(BETWEEN) if start else 0
        parts.setdefault(row.document, []).append(row.quotation)
        length[row.document] = start + len(row.quotation)
        places[key] = (start, start + len(row.quotation))
    texts = {document: BETWEEN.join(quotes) for document, quotes in parts.items()}
    note = Finding(
        "note",
        "no-transcripts",
        "there are no transcripts: each interview is its quotations one after another, so "
        "positions show the order of the sheet and coverage is a share of the quoted text",
        file=file,
        remedy="Name the folder of transcripts under interviews: mapping: transcripts:.",
    )
    return texts, places, [note]


def _without_words(quotations: pd.DataFrame, file: str):
    """Codes without the words they were given to: a passage has its place in the order, and no text."""
    places: dict[tuple, tuple[int, int]] = {}
    passages: dict[str, int] = {}
    for row in quotations.itertuples():
        key = (row.document, row.part, row.squeezed, row.number)
        if key not in places:
            at = passages.setdefault(row.document, 0)
            places[key] = (at, at + 1)
            passages[row.document] += 1
    note = Finding(
        "note",
        "no-words",
        "the sheet holds codes without the words they were given to, so passages can be counted, and "
        "neither read nor measured",
        file=file,
        remedy="If the words stand in a column, name it under interviews: mapping: quotation:.",
    )
    return dict.fromkeys(passages, pd.NA), places, [note]


def _in_transcripts(quotations: pd.DataFrame, transcripts: Mapping[str, str], file: str):
    texts = {name: Text.of(text).text for name, text in transcripts.items()}
    places, notes, missing, loose = {}, [], [], []
    letters: dict[str, tuple[str, list[int]]] = {}
    for row in quotations.drop_duplicates(["document", "part", "squeezed", "number"]).itertuples():
        spans = spans_of(row.quotation, texts.get(row.document, ""))
        if not spans and row.document in texts:
            if row.document not in letters:
                letters[row.document] = _letters(texts[row.document])
            spans = _loose_spans(row.quotation, *letters[row.document])
            loose += [row] if spans else []
        if row.number >= len(spans):
            missing.append(row)
            continue
        places[row.document, row.part, row.squeezed, row.number] = spans[row.number]
        if len(spans) > 1 and not row.number:
            notes.append(
                Finding(
                    "warning",
                    "quotation-twice",
                    f"the quotation stands {len(spans)} times in {row.document!r}; the first "
                    "place was taken",
                    file=file,
                    row=row.line,
                    value=row.quotation[:40],
                )
            )
    if loose:
        message = (
            f"{len(loose)} quotation(s) stand in the transcript with other signs or capitals than in the "
            "sheet; the transcript's words were taken"
        )
        first = loose[0]
        notes.append(Finding("note", "quotation-loosely", message, file, first.line, value=first.quotation[:40]))  # fmt: skip
    for row in missing:
        what = "has no transcript" if row.document not in texts else "does not hold it"
        notes.append(
            Finding(
                "error",
                "quotation-not-found",
                f"the quotation has no place: {row.document!r} {what}",
                file=file,
                row=row.line,
                value=row.quotation[:40],
                remedy="Correct the quotation or the document's name; it is not counted.",
            )
        )
    return texts, places, notes


def spans_of(quotation: str, text: str) -> list[tuple[int, int]]:
    """Where a quotation stands in a text, white space aside."""
    words = quotation.split()
    if not words:
        return []
    at = text.find(quotation)
    if at >= 0 and text.count(quotation) == 1:
        return [(at, at + len(quotation))]
    pattern = r"\s+".join(re.escape(word) for word in words)
    return [match.span() for match in re.finditer(pattern, text)]


def _letters(text: str) -> tuple[str, list[int]]:
    """Letters and digits alone, and where each stands: typographic signs differ between copies."""
    at = [k for k, sign in enumerate(text) if sign.isalnum()]
    return "".join(text[k].lower()[:1] for k in at), at


def _loose_spans(quotation: str, letters: str, at: list[int]) -> list[tuple[int, int]]:
    words = _letters(quotation)[0]
    spans, found = [], letters.find(words) if len(words) >= SURE else -1
    while found >= 0:
        spans.append((at[found], at[found + len(words) - 1] + 1))
        found = letters.find(words, found + 1)
    return spans


def _other(rows: pd.DataFrame, kind: str, why: str) -> pd.DataFrame:
    where = (
        rows["start"].astype("str") + "-" + rows["end"].astype("str")
        if "start" in rows
        else "row " + rows["line"].astype("str")
    )
    return pd.DataFrame(
        {
            "kind": kind,
            "document": rows["document"],
            "where": where,
            "text": rows["quotation"],
            "code": rows["code"],
            "coder": rows["coder"],
            "why": why,
        }
    ).drop_duplicates()

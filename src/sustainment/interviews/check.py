"""What is wrong or thin in a coding project, said plainly before anything is counted.

`check_interviews` adds to what the reader found: one coder, no overlap between coders, an
interview without segments, a theme without codes, overlapping segments, an unknown level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding, Severity, worst_first
from sustainment.interviews.agreement import shared_documents
from sustainment.interviews.arrange import SEVERAL, arrange, values_of
from sustainment.interviews.cooccurrence import overlapping_pairs
from sustainment.interviews.model import Interviews, settings_of


def check_interviews(
    interviews: Interviews,
    dimensions: Mapping[str, str] | None = None,
    values: Mapping[str, Sequence[str]] | None = None,
) -> list[Finding]:
    """All findings of a coding project, the reader's included, worst first.

    dimensions : as for `arrange`. values : the values a dimension may take, by default the codes
    of its branch.
    """
    if dimensions is None:
        dimensions = settings_of(interviews).get("dimensions") or {}
    try:
        segments = arrange(interviews, dimensions)
    except UserError as problem:
        dimension = Finding("error", "dimension-unknown", str(problem), file=interviews.file)
        return worst_first([*interviews.notes, dimension])
    found = [
        *interviews.notes,
        *_coders(interviews),
        *_silent_documents(interviews),
        *_empty_themes(interviews, segments, dimensions),
        *_folders(interviews),
        *_overlapping(interviews),
        *_dimension_values(interviews, segments, dimensions, values or {}),
        *_only_dimensions(interviews, segments),
    ]
    return worst_first(found)


def _finding(interviews: Interviews, severity: Severity, rule: str, message: str, remedy: str = ""):
    return Finding(severity, rule, message, file=interviews.file, remedy=remedy)


def _coders(interviews: Interviews) -> list[Finding]:
    names = set(interviews.segments["coder"]) - {""}
    if len(names) < 2:
        message = "one coder made all codings" if names else "the codings do not say who made them"
        remedy = "Agreement between coders cannot be shown; the chapter leaves it out."
        return [_finding(interviews, "note", "one-coder", message, remedy)]
    try:
        coders, documents = shared_documents(interviews)
    except UserError as problem:
        return [_finding(interviews, "warning", "no-overlap", str(problem).rstrip("."))]
    worked = interviews.segments.loc[interviews.segments["coder"].isin(coders), "document"]
    if len(documents) < worked.nunique():
        message = (
            f"{coders[0]} and {coders[1]} share {len(documents)} of {worked.nunique()} interviews"
        )
        remedy = "Agreement is about the shared ones only."
        return [_finding(interviews, "note", "partly-double-coded", message, remedy)]
    return []


def _silent_documents(interviews: Interviews) -> list[Finding]:
    coded = {*interviews.segments["document"], *interviews.other["document"]}
    return [
        _finding(
            interviews,
            "warning",
            "interview-without-segments",
            f"nothing is coded in {document!r}",
            "Figures and counts leave it out; is its coding missing?",
        )
        for document in interviews.documents["document"]
        if document not in coded
    ]


def _empty_themes(interviews, segments, dimensions) -> list[Finding]:
    codes = interviews.codes
    parents = set(codes["parent"])
    folders = codes[~codes["codable"].astype(bool) & ~codes["code"].isin(parents)]
    empty = [
        _finding(
            interviews,
            "warning",
            "theme-without-codes",
            f"{path!r} is a theme or folder without any code",
            "Give it a code, or take it out of the codebook.",
        )
        for path in folders["path"]
    ]
    tops = codes.loc[codes["parent"] == "", "code"]
    unused = set(tops) - set(segments["theme"]) - set(dimensions.values()) - set(folders["code"])
    return empty + [
        _finding(interviews, "note", "theme-unused", f"no passage is coded under {top!r}")
        for top in tops
        if top in unused
    ]


def _folders(interviews: Interviews) -> list[Finding]:
    folders = interviews.codes.loc[~interviews.codes["codable"].astype(bool), "code"]
    used = interviews.segments.loc[interviews.segments["code"].isin(folders), "code"]
    return [
        _finding(
            interviews,
            "warning",
            "folder-coded",
            f"{n} passage(s) are coded with {code!r}, which the codebook calls a folder",
            "Code them with one of its codes, or make it a code.",
        )
        for code, n in used.value_counts().items()
    ]


def _overlapping(interviews: Interviews) -> list[Finding]:
    rows = interviews.segments
    group = rows.groupby(["document", "coder", "code"], sort=False).ngroup()
    rows = rows.assign(group=group).sort_values(["group", "start", "end"], ignore_index=True)
    arrays = (rows[name].to_numpy() for name in ("group", "start", "end"))
    found = []
    for i, j in overlapping_pairs(*arrays):
        for first, second in zip(rows.iloc[i].itertuples(), rows.iloc[j].itertuples(), strict=True):
            found.append(
                _finding(
                    interviews,
                    "note",
                    "overlapping-segments",
                    f"{first.coder or 'a coder'} gave {first.code!r} to overlapping passages of "
                    f"{first.document!r}: {first.start}-{first.end} and {second.start}-{second.end}",
                    "Coverage counts their characters once, frequency counts two passages.",
                )
            )
    return found


def _dimension_values(interviews, segments, dimensions, values) -> list[Finding]:
    found = []
    for column, branch in dimensions.items():
        allowed = list(values.get(column, values_of(interviews, branch)))
        odd = segments[~segments[column].isin(allowed)].drop_duplicates(["segment", "coder"])
        for row in odd.itertuples():
            value = getattr(row, column)
            severity: Severity
            if value == "":
                severity, what = "note", f"has no {column}"
            elif SEVERAL in value:
                severity, what = "warning", f"has more than one {column}: {value}"
            else:
                severity, what = "error", f"has the unknown {column} {value!r}"
            found.append(
                _finding(
                    interviews,
                    severity,
                    f"unknown-{column}" if value else f"no-{column}",
                    f"characters {row.start} to {row.end} of {row.document!r} by "
                    f"{row.coder or 'a coder'}: the passage {what}",
                    f"Known: {', '.join(allowed)}. Figures by {column} leave it out.",
                )
            )
    return found


def _only_dimensions(interviews: Interviews, segments: pd.DataFrame) -> list[Finding]:
    pairs = interviews.segments[["segment", "document", "start", "end", "coder"]].drop_duplicates()
    known = set(zip(segments["segment"], segments["coder"], strict=True))
    alone = np.array([(s, c) not in known for s, c in zip(pairs["segment"], pairs["coder"], strict=True)], bool)  # fmt: skip
    return [
        _finding(
            interviews,
            "warning",
            "dimension-without-code",
            f"characters {row.start} to {row.end} of {row.document!r} by {row.coder or 'a coder'} "
            "have a level or the like, but no code of a theme",
            "Code the passage, or delete the mark.",
        )
        for row in pairs[alone].itertuples()
    ]

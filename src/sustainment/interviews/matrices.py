"""What is coded where, as tables: presence, frequency, coverage, positions, phases.

A number here is a property of the coded record, not of the people: an empty cell means "not
raised, or not coded". All functions take arranged segments (`arrange.arrange`) and count a
passage once, whoever coded it; pass one coder's segments to count one coder's work.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.interviews.arrange import themes_of
from sustainment.interviews.model import Interviews


def frequency(
    interviews: Interviews,
    segments: pd.DataFrame,
    by: str = "code",
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Distinct passages in each interview: documents × codes (int64).

    by : "code", "subtheme", "theme" or a dimension. `columns` fixes which columns appear and in
    which order (default: those in use; for codes and themes, all of the codebook). Interviews
    without any segment keep a row of zeros.
    """
    once = segments.loc[segments[by] != "", ["document", "start", "end", by]].drop_duplicates()
    counts = pd.crosstab(once["document"], once[by])
    counts = counts.reindex(
        index=interviews.documents["document"],
        columns=_columns(interviews, segments, by, columns),
        fill_value=0,
    )
    return counts.rename_axis(index="document", columns=by).astype("int64")


def presence(
    interviews: Interviews,
    segments: pd.DataFrame,
    by: str = "code",
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Whether a code occurs in an interview: documents × codes (bool)."""
    return frequency(interviews, segments, by, columns) > 0


def coverage(
    interviews: Interviews,
    segments: pd.DataFrame,
    by: str = "code",
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Share of an interview's characters under each code (0 to 1): documents × codes.

    Overlapping passages of one code count once. NA where the interview's text is missing.
    """
    rows = merged_spans(segments[segments[by] != ""], ["document", by])
    rows["length"] = rows["end"] - rows["start"]
    covered = rows.pivot_table(
        index="document", columns=by, values="length", aggfunc="sum", observed=True
    )
    covered = covered.reindex(
        index=interviews.documents["document"],
        columns=_columns(interviews, segments, by, columns),
    )
    lengths = text_lengths(interviews)
    return covered.fillna(0).div(lengths, axis=0).rename_axis(index="document", columns=by)


def text_lengths(interviews: Interviews) -> pd.Series:
    """Characters of each interview (float64; NaN where the text is missing or empty)."""
    texts = interviews.documents.set_index("document")["text"]
    return texts.str.len().astype("float64").replace(0.0, np.nan).rename("characters")


def merged_spans(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Spans of each group with overlaps merged: [*keys, start, end], disjoint in a group."""
    rows = rows[[*keys, "start", "end"]].drop_duplicates()
    rows = rows.sort_values([*keys, "start", "end"], ignore_index=True)
    group = rows.groupby(keys, sort=False, observed=True).ngroup().to_numpy()
    if not len(rows):
        return rows
    # each group lives in a stretch of numbers of its own, so one running maximum serves all
    apart = group * (int(rows["end"].max()) + 1)
    reached = np.maximum.accumulate(rows["end"].to_numpy() + apart)
    begins = np.ones(len(rows), bool)
    begins[1:] = (rows["start"].to_numpy()[1:] + apart[1:] > reached[:-1]) | (
        group[1:] != group[:-1]
    )
    out = rows[begins].copy()
    last = np.append(np.flatnonzero(begins)[1:] - 1, len(rows) - 1)
    out["end"] = (reached - apart)[last]
    return out.reset_index(drop=True)


def _columns(interviews, segments, by, columns) -> list[str]:
    if columns is not None:
        return list(columns)
    used = set(segments[by]) - {""}
    if by in ("code", "subtheme", "theme"):
        order = themes_of(interviews, segments.attrs.get("dimensions"), outside="")
        if by == "code":
            order = order[order["codable"] | order["code"].isin(used)]
        return [name for name in order[by].drop_duplicates() if name]
    order = [code for code in interviews.codes["code"] if code in used]
    return order + sorted(used - set(order))


def reach(
    interviews: Interviews,
    segments: pd.DataFrame,
    by: str = "code",
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """For each code: interviews it occurs in, of how many; passages; mean coverage.

    Returns [by, interviews, of, passages, coverage], in the codebook's order.
    """
    counts = frequency(interviews, segments, by, columns)
    out = pd.DataFrame(
        {
            "interviews": (counts > 0).sum(),
            "of": len(counts),
            "passages": counts.sum(),
            "coverage": coverage(interviews, segments, by, columns).mean(),
        }
    )
    return out.reset_index(names=by)


def codebook_table(
    interviews: Interviews, segments: pd.DataFrame, required: Sequence[str] = ()
) -> pd.DataFrame:
    """The codebook with its use: definition, boundaries, example, interviews, coverage.

    Raises UserError naming the code and field where one of `required` is empty.
    """
    tree = themes_of(interviews, segments.attrs.get("dimensions"), outside="")
    tree = tree[tree["codable"]]
    for column in required:
        empty = tree.loc[tree[column].fillna("").str.strip() == "", "code"]
        if len(empty):
            raise UserError(
                f"{interviews.file}: the codebook has no {column} for {', '.join(empty)}. "
                "Write it in the coding program, or in the codebook file."
            )
    out = tree.merge(reach(interviews, segments), on="code", how="left")
    columns = ["theme", "subtheme", "code", "description", "include", "exclude", "example"]
    return out[[*columns, "interviews", "of", "passages", "coverage"]].reset_index(drop=True)


def codeline(interviews: Interviews, segments: pd.DataFrame, by: str = "theme") -> pd.DataFrame:
    """Where along each text the codes lie: [document, by, start, end] as shares 0 to 1, no text."""
    rows = merged_spans(segments[segments[by] != ""], ["document", by])
    lengths = rows["document"].map(text_lengths(interviews))
    rows["start"], rows["end"] = rows["start"] / lengths, rows["end"] / lengths
    return rows.dropna(subset=["start"]).reset_index(drop=True)


def over_phases(
    segments: pd.DataFrame,
    by: str = "theme",
    phase: str = "phase",
    phases: Sequence[str] | None = None,
) -> pd.DataFrame:
    """How codes run over phases: [by, phase, interviews, passages], absent pairs as zeros.

    phases : their order; segments of any other phase (none, or two at once) are left out.
    """
    phases = list(phases) if phases is not None else sorted(set(segments[phase]) - {""})
    rows = segments[segments[phase].isin(phases) & (segments[by] != "")]
    once = rows[["document", "start", "end", by, phase]].drop_duplicates()
    grouped = once.groupby([by, phase], sort=False)
    out = pd.DataFrame({"interviews": grouped["document"].nunique(), "passages": grouped.size()})
    every = pd.MultiIndex.from_product([once[by].drop_duplicates(), phases], names=[by, phase])
    return out.reindex(every, fill_value=0).astype("int64").reset_index()


def by_position(
    interviews: Interviews,
    segments: pd.DataFrame,
    names: Sequence[str] = ("beginning", "middle", "end"),
) -> pd.Series:
    """The stretch of its interview in which each segment begins, for studies without phases."""
    share = segments["start"] / segments["document"].map(text_lengths(interviews))
    which = np.floor(share.clip(0, 1 - 1e-12) * len(names))
    return which.map(dict(enumerate(names))).fillna("").rename("phase")


def most_and_darkest(over: pd.DataFrame, least: int = 5) -> str:
    """In which phase a theme is spoken of most, and in which it leans furthest to hindering, in words.

    over: phases × (hinders, both, helps), numbers of passages. A phase with fewer than `least` passages
    leans nowhere: one voice would decide. With fewer than two others there is nothing to compare.
    """
    total = over.sum(axis=1)
    most = str(total.idxmax()).lower()
    lean = ((over["helps"] - over["hinders"]) / total)[total >= least]
    if len(lean) < 2:
        return f"spoken of most in the phase “{most}”"
    darkest = str(lean.idxmin()).lower()
    if darkest == most:
        return f"spoken of most, and leans furthest to hindering, in the phase “{most}”"
    return f"spoken of most in the phase “{most}”, and leans furthest to hindering in “{darkest}”"

"""Two coders side by side: which units they share, what each said, where they part.

Only documents that both coders worked in are compared. Coefficients live in `inference`; here
are the tables they take. What counts as one unit is a choice that changes every coefficient:
*passages* (selections matched by overlap; text nobody marked does not count) or *sentences*
(all text counts, also what both left alone).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from sustainment.errors import CannotSay, UserError
from sustainment.interviews.arrange import SEVERAL
from sustainment.interviews.cooccurrence import overlapping_pairs
from sustainment.interviews.model import Interviews

_SENTENCE = re.compile(r"[^\s].*?(?:[.!?…]+(?=[\s\"'”’)]|$)[\"'”’)]*|$)", re.MULTILINE)


def shared_documents(
    interviews: Interviews, coders: Sequence[str] | None = None
) -> tuple[tuple[str, str], list[str]]:
    """The two coders to compare and the documents both worked in.

    Without `coders`, the two with most shared documents. A document that a coder read and left
    without codes counts as worked in only where the file says so (an uncoded selection).
    Raises CannotSay for one coder or no shared document, UserError for an unknown coder.
    """
    worked = interviews.segments[["document", "coder"]]
    seen = interviews.other.loc[
        interviews.other["kind"] == "uncoded selection", ["document", "coder"]
    ]
    worked = pd.concat([worked, seen]).drop_duplicates()
    by_coder = worked[worked["coder"] != ""].groupby("coder")["document"].agg(set).to_dict()
    names = sorted(by_coder)
    if coders is None:
        if len(names) < 2:
            raise CannotSay(
                f"{interviews.file}: only {len(names)} coder is named in the codings, so there "
                "is no agreement to speak of. Leave the agreement part out, or add the second "
                "coder's file."
            )
        pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
        coders = max(pairs, key=lambda pair: len(by_coder[pair[0]] & by_coder[pair[1]]))
    unknown = [coder for coder in coders if coder not in by_coder]
    if unknown or len(coders) != 2:
        raise UserError(
            f"{interviews.file}: two coders out of {', '.join(names)} are needed, not "
            f"{', '.join(map(str, coders))}."
        )
    both = by_coder[coders[0]] & by_coder[coders[1]]
    if not both:
        raise CannotSay(
            f"{interviews.file}: {coders[0]} and {coders[1]} worked in no common interview, so "
            "their codings cannot be compared."
        )
    order = interviews.documents["document"]
    return (coders[0], coders[1]), [document for document in order if document in both]


def units(
    interviews: Interviews,
    segments: pd.DataFrame,
    coders: Sequence[str] | None = None,
    by: str = "code",
    min_overlap: float = 0.5,
    one_sided: bool | None = None,
) -> pd.DataFrame:
    """Passages of two coders, matched one to one by overlap.

    min_overlap : share of the characters in either passage that must be in both (0 to 1); 0
        matches passages that share one character. Best matches are made first.
    one_sided : whether a passage of one coder alone is a unit. By default yes where coders
        chose their passages (to mark nothing is a judgement), no for sheets, whose quotations
        are given: there a blank row mostly means that it was not double-coded.

    Returns
    -------
    DataFrame [unit, document, start_a, end_a, start_b, end_b, overlap, a, b]: `a` and `b` are
    frozensets of what each coder gave (`by`: code, theme, level, …), empty where that coder
    marked nothing there; positions are NA there (Int64). `attrs["coders"]` names a and b,
    `attrs["one_sided"]` says how many passages of one coder alone there are, kept or not.
    """
    coders, documents = shared_documents(interviews, coders)
    rows = segments[segments["document"].isin(documents) & segments["coder"].isin(coders)]
    said = _sets(rows, by)
    a = said[said["coder"] == coders[0]].reset_index(drop=True)
    b = said[said["coder"] == coders[1]].reset_index(drop=True)
    pairs = _matched(a, b, min_overlap)
    table = pd.concat(
        [
            _joined(a, b, pairs),
            _alone(a.drop(pairs["i"]), "a", "b"),
            _alone(b.drop(pairs["j"]), "b", "a"),
        ],
        ignore_index=True,
    )
    alone = table["overlap"] == 0
    if one_sided is False or (one_sided is None and interviews.kind == "sheets"):
        table = table[~alone]
    place = table["start_a"].fillna(table["start_b"])
    table = table.iloc[np.lexsort((place, table["document"]))].reset_index(drop=True)
    table.insert(0, "unit", [f"unit {n}" for n in range(1, len(table) + 1)])
    positions = ["start_a", "end_a", "start_b", "end_b"]
    table = table.astype(dict.fromkeys(positions, "Int64"))
    table.attrs |= {"coders": coders, "one_sided": int(alone.sum())}
    return table[["unit", "document", *positions, "overlap", "a", "b"]]


def _sets(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Each coder's passages with the set of values given: [document, coder, start, end, value]."""
    place = ["document", "coder", "start", "end"]
    passages = rows[place].drop_duplicates().sort_values(place, ignore_index=True)
    given: dict[tuple, set] = {}
    valued = _one_value_a_row(rows, by)
    for *key, value in valued[[*place, "value"]].itertuples(index=False, name=None):
        given.setdefault(tuple(key), set()).add(value)
    keys = passages.itertuples(index=False, name=None)
    return passages.assign(value=[frozenset(given.get(key, ())) for key in keys])


def _matched(a: pd.DataFrame, b: pd.DataFrame, min_overlap: float) -> pd.DataFrame:
    """Best overlaps first, each passage used once: [i, j, overlap], indices into a and b."""
    both = pd.concat([a.assign(side=0, at=a.index), b.assign(side=1, at=b.index)])
    both["group"] = pd.factorize(both["document"])[0]
    both = both.sort_values(["group", "start", "end", "side"], ignore_index=True)
    start, end, side, at = (both[name].to_numpy() for name in ("start", "end", "side", "at"))
    found = []
    for i, j in overlapping_pairs(both["group"].to_numpy(), start, end):
        across = side[i] != side[j]
        i, j = i[across], j[across]
        shared = np.minimum(end[i], end[j]) - np.maximum(start[i], start[j])
        either = np.maximum(end[i], end[j]) - np.minimum(start[i], start[j])
        one = np.where(side[i] == 0, at[i], at[j])
        two = np.where(side[i] == 0, at[j], at[i])
        found.append(pd.DataFrame({"i": one, "j": two, "overlap": shared / either}))
    columns = {"i": "int64", "j": "int64", "overlap": "float64"}
    pairs = pd.concat(found) if found else pd.DataFrame(columns=list(columns)).astype(columns)
    pairs = pairs[pairs["overlap"] >= min_overlap]
    pairs = pairs.sort_values(["overlap", "i", "j"], ascending=[False, True, True])
    used_i, used_j, kept = set(), set(), []
    for i, j, overlap in pairs.itertuples(index=False):
        if i not in used_i and j not in used_j:
            used_i.add(i)
            used_j.add(j)
            kept.append((i, j, overlap))
    return pd.DataFrame(kept, columns=list(columns)).astype(columns)


def _joined(a: pd.DataFrame, b: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    left = a.loc[pairs["i"]].reset_index(drop=True)
    right = b.loc[pairs["j"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "document": left["document"],
            "start_a": left["start"].astype("Int64"),
            "end_a": left["end"].astype("Int64"),
            "start_b": right["start"].astype("Int64"),
            "end_b": right["end"].astype("Int64"),
            "overlap": pairs["overlap"],
            "a": left["value"],
            "b": right["value"],
        }
    )


def _alone(rows: pd.DataFrame, own: str, others: str) -> pd.DataFrame:
    missing = pd.array([pd.NA] * len(rows), dtype="Int64")
    return pd.DataFrame(
        {
            "document": rows["document"].to_numpy(),
            f"start_{own}": rows["start"].astype("Int64").array,
            f"end_{own}": rows["end"].astype("Int64").array,
            f"start_{others}": missing,
            f"end_{others}": missing,
            "overlap": 0.0,
            own: rows["value"].to_numpy(),
            others: [frozenset()] * len(rows),
        }
    )


def sentence_units(
    interviews: Interviews,
    segments: pd.DataFrame,
    coders: Sequence[str] | None = None,
    by: str = "code",
    share: float = 0.5,
) -> pd.DataFrame:
    """Every sentence of the shared interviews and what each coder gave it: [unit, document,
    start, end, a, b].

    A coder's code counts for a sentence when it covers at least `share` of the sentence, or
    the sentence holds at least `share` of the passage. Line ends end sentences.
    """
    coders, documents = shared_documents(interviews, coders)
    texts = interviews.documents.set_index("document")["text"]
    table = pd.DataFrame(
        [
            (document, match.start(), match.end())
            for document in documents
            if not pd.isna(texts[document])
            for match in _SENTENCE.finditer(texts[document])
        ],
        columns=["document", "start", "end"],
    )
    for name, coder in zip("ab", coders, strict=True):
        own = (segments["coder"] == coder) & segments["document"].isin(documents)
        table[name] = _said(table, segments[own], by, share)
    table.insert(0, "unit", [f"unit {n}" for n in range(1, len(table) + 1)])
    table.attrs["coders"] = coders
    return table


def _said(sentences: pd.DataFrame, rows: pd.DataFrame, by: str, share: float) -> list[frozenset]:
    rows = _one_value_a_row(rows, by)
    both = pd.concat(
        [
            sentences[["document", "start", "end"]].assign(at=sentences.index, value=-1),
            rows[["document", "start", "end"]].assign(at=-1, value=np.arange(len(rows))),
        ]
    )
    both["group"] = pd.factorize(both["document"])[0]
    both = both.sort_values(["group", "start", "end"], ignore_index=True)
    start, end, at, value = (both[name].to_numpy() for name in ("start", "end", "at", "value"))
    values = rows["value"].to_numpy()
    said: dict[int, set] = {}
    for i, j in overlapping_pairs(both["group"].to_numpy(), start, end):
        across = (at[i] >= 0) != (at[j] >= 0)
        i, j = i[across], j[across]
        shared = np.minimum(end[i], end[j]) - np.maximum(start[i], start[j])
        shorter = np.minimum(end[i] - start[i], end[j] - start[j])
        i, j = i[shared >= share * shorter], j[shared >= share * shorter]
        # one of each pair is a sentence (value -1), the other a passage (at -1)
        for sentence, passage in zip(np.maximum(at[i], at[j]), np.maximum(value[i], value[j]), strict=True):  # fmt: skip
            said.setdefault(int(sentence), set()).add(values[passage])
    nothing: frozenset = frozenset()
    return [frozenset(said[k]) if k in said else nothing for k in range(len(sentences))]


def _one_value_a_row(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Rows with `value`; a dimension that a coder gave twice becomes two rows."""
    rows = rows.assign(value=rows[by].where(rows[by] != ""))
    if by not in ("code", "theme", "subtheme"):
        rows = rows.assign(value=rows["value"].str.split(SEVERAL)).explode("value")
    return rows.dropna(subset=["value"])


def yes_no(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """Units × coders for one code: whether each coder gave it (bool); index (document, unit)."""
    coders = table.attrs["coders"]
    columns = {coder: [value in said for said in table[n]] for coder, n in zip(coders, "ab", strict=True)}  # fmt: skip
    index = pd.MultiIndex.from_frame(table[["document", "unit"]])
    return pd.DataFrame(columns, index=index)


def nominal(table: pd.DataFrame) -> pd.DataFrame:
    """Units × coders with one label each; index (document, unit).

    Only units on which both coders gave exactly one value; `attrs["left_out"]` says how many
    were not. For one label with "nothing" as a value of its own use `yes_no`, for sets `a`, `b`.
    """
    coders = table.attrs["coders"]
    single = (table["a"].map(len) == 1) & (table["b"].map(len) == 1)
    kept = table[single]
    columns = {coder: [next(iter(s)) for s in kept[n]] for coder, n in zip(coders, "ab", strict=True)}  # fmt: skip
    out = pd.DataFrame(columns, index=pd.MultiIndex.from_frame(kept[["document", "unit"]]))
    out.attrs["left_out"] = int((~single).sum())
    return out


def disagreements(table: pd.DataFrame) -> pd.DataFrame:
    """The units to talk about: the units table with `what` and without full agreement.

    what: "only coder 1", "only coder 2", "different codes", "one says more".
    """
    coders = table.attrs["coders"]

    def name(a: frozenset, b: frozenset) -> str:
        if a == b:
            return ""
        if not a or not b:
            return f"only {coders[0] if a else coders[1]}"
        return "one says more" if a < b or b < a else "different codes"

    what = [name(a, b) for a, b in zip(table["a"], table["b"], strict=True)]
    out = table.assign(what=what)
    return out[out["what"] != ""].reset_index(drop=True)

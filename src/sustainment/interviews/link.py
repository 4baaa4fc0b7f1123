"""Which interview is which respondent: four ways, none of them silent.

By id (a case variable, or the document's name), by a pattern in file names, by declared row
position, or because a coded passage stands inside an open answer. Every function gives a
`Links`: the pairs, and what stayed without a partner on either side.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.interviews.model import Interviews, assemble, table
from sustainment.interviews.offsets import squeeze


@dataclass(frozen=True)
class Links:
    """pairs [document (or segment), respondent]; what did not link; and what to say about it."""

    pairs: pd.DataFrame
    unlinked: list[str]
    respondents_without: list
    notes: list[Finding]


def by_id(interviews: Interviews, respondents: Sequence, variable: str | None = None) -> Links:
    """Link by a case variable that holds respondent ids, or by the documents' names."""
    documents = interviews.documents["document"]
    if variable is None:
        keys = dict(zip(documents, documents, strict=True))
    elif variable not in interviews.cases:
        raise UserError(
            f"{interviews.file}: the cases have no variable {variable!r}; they have: "
            f"{', '.join(interviews.cases.columns[3:]) or 'none'}."
        )
    else:
        cases = interviews.cases[interviews.cases["document"] != ""]
        keys = dict(zip(cases["document"], cases[variable], strict=True))
    return _link(interviews.file, {d: _plain(keys.get(d)) for d in documents}, respondents)


def by_pattern(interviews: Interviews, respondents: Sequence, pattern: str) -> Links:
    """Link by a pattern in document names with a group `id`, e.g. r"interview_(?P<id>\\d+)"."""
    matcher = re.compile(pattern)
    if "id" not in matcher.groupindex:
        raise UserError(f"The pattern {pattern!r} has no group (?P<id>…).")
    found = {d: matcher.search(d) for d in interviews.documents["document"]}
    return _link(interviews.file, {d: m["id"] if m else "" for d, m in found.items()}, respondents)


def by_row(interviews: Interviews, respondents: Sequence) -> Links:
    """Link the n-th interview to the n-th respondent, where study.yml declares it.

    Raises UserError unless there are as many of one as of the other: a shifted row would link
    everybody to somebody else.
    """
    documents = interviews.documents["document"].tolist()
    if len(documents) != len(respondents):
        raise UserError(
            f"{interviews.file} holds {len(documents)} interviews, the survey {len(respondents)} "
            "respondents: they cannot be linked by row. Link them by id."
        )
    pairs = pd.DataFrame({"document": documents, "respondent": list(respondents)})
    return Links(pairs, [], [], [])


def by_text(interviews: Interviews, answers: pd.Series, min_length: int = 12) -> Links:
    """Link coded passages to open answers that contain them, white space and case aside.

    answers : respondent → answer. Passages shorter than `min_length` characters, and passages
    that several answers contain, are linked only if one answer *is* the passage, or if the other
    passages of their document all stand in that person's answers. Pairs are [segment, respondent].
    """
    texts = {r: squeeze(str(a)).casefold() for r, a in answers.items() if pd.notna(a) and str(a).strip()}  # fmt: skip
    whole = "\x00".join(texts.values())
    names = list(texts)
    ends = pd.Series([len(t) + 1 for t in texts.values()]).cumsum().to_numpy()
    passages = interviews.segments.drop_duplicates("segment")
    sure, holding = {}, {}
    for segment, text in zip(passages["segment"], passages["text"], strict=True):
        # an editor that puts a long answer into quotation marks does not change whose it is
        words = squeeze(str(text)).casefold().strip('"“” ')
        holders = {names[k] for k in _holding(whole, words, ends)} if words else set()
        exact = [name for name in holders if texts[name] == words]
        holding[segment] = (holders, exact)
        if len(holders) == 1 and len(words) >= min_length:
            sure[segment] = next(iter(holders))
    linked, notes = _with_their_document(interviews.file, sure, holding, passages)
    linked |= {s: e[0] for s, (_, e) in holding.items() if len(e) == 1 and s not in linked}
    pairs = [(s, linked[s]) for s in passages["segment"] if s in linked]
    unlinked = [s for s in passages["segment"] if s not in linked]
    people = {respondent for _, respondent in pairs}
    notes += _told(interviews.file, unlinked, "passage")
    if several := sum(
        len(exact or holders) > 1 for holders, exact in map(holding.__getitem__, unlinked)
    ):
        message = f"{several} passage(s) stand in several answers and were not linked"
        notes.append(Finding("warning", "link-ambiguous", message, file=interviews.file))
    table_ = pd.DataFrame(pairs, columns=["segment", "respondent"])
    return Links(table_, unlinked, [name for name in names if name not in people], notes)


def _with_their_document(file: str, sure: dict, holding: dict, passages: pd.DataFrame):
    """The sure links, and more: of a document whose sure passages (two or more) are one person's, also
    those that stand in this person's answers and in others'."""
    document = dict(zip(passages["segment"], passages["document"], strict=True))
    people: dict[str, list] = {}
    for segment, respondent in sure.items():
        people.setdefault(document[segment], []).append(respondent)
    whose = {d: found[0] for d, found in people.items() if len(found) > 1 and len(set(found)) == 1}
    more = {
        segment: whose[document[segment]]
        for segment, (holders, _) in holding.items()
        if segment not in sure and whose.get(document[segment]) in holders
    }
    message = (
        f"{len(more)} passage(s) too short or too common to tell whose they are were linked as the "
        "other passages of their document"
    )
    notes = [Finding("note", "linked-with-document", message, file=file)] if more else []
    return sure | more, notes


def _holding(whole: str, words: str, ends) -> set[int]:
    found, at = set(), whole.find(words)
    while at >= 0:
        found.add(int((ends > at).argmax()))
        at = whole.find(words, at + 1)
    return found


def regrouped(interviews: Interviews, links: Links) -> Interviews:
    """Coded open answers as documents by respondent, once their passages are linked by text.

    Passages without a respondent move to `other`.
    """
    to = dict(zip(links.pairs["segment"], links.pairs["respondent"].astype("str"), strict=True))
    rows = interviews.segments.assign(respondent=interviews.segments["segment"].map(to))
    texts: dict[str, str] = {}
    places: dict[str, tuple[str, int]] = {}
    for row in rows.dropna(subset=["respondent"]).drop_duplicates("segment").itertuples():
        before = texts[row.respondent] + "\n\n" if row.respondent in texts else ""
        places[row.segment] = (row.respondent, len(before))
        texts[row.respondent] = before + row.text
    linked = rows[rows["respondent"].notna()]
    start = linked["segment"].map({s: at for s, (_, at) in places.items()})
    linked = linked.assign(
        document=linked["respondent"],
        snippet=linked["text"],
        end=start + linked["end"] - linked["start"],
        start=start,
    )
    loose = rows[rows["respondent"].isna()]
    other = loose.assign(kind="passage", where=loose["segment"], why="linked to no respondent")
    documents = [{"document": r, "name": r, "text": text} for r, text in texts.items()]
    return replace(
        assemble(
            kind=interviews.kind,
            why=f"{interviews.why}; passages linked to respondents by their text",
            file=interviews.file,
            documents=table("documents", documents),
            codes=interviews.codes,
            rows=linked,
            coders=interviews.coders,
            memos=interviews.memos,
            other=pd.concat(
                [interviews.other, other.reindex(columns=interviews.other.columns)],
                ignore_index=True,
            ),
            notes=[*interviews.notes, *links.notes],
        ),
        provenance=interviews.provenance,
        settings=interviews.settings,
    )


def _plain(value) -> str:
    """An id as text: 7, 7.0 and " 7 " are one person."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _link(file: str, keys: dict[str, str], respondents: Sequence) -> Links:
    known = {_plain(respondent): respondent for respondent in respondents}
    pairs = [(d, known[key]) for d, key in keys.items() if key in known]
    linked = {_plain(respondent) for _, respondent in pairs}
    unlinked = [d for d, key in keys.items() if key not in known]
    table_ = pd.DataFrame(pairs, columns=["document", "respondent"])
    twice = {r: n for r, n in Counter(table_["respondent"]).items() if n > 1}
    notes = _told(file, unlinked, "interview")
    for respondent, n in twice.items():
        message = f"{n} interviews link to one respondent ({respondent!r})"
        notes.append(Finding("warning", "link-twice", message, file=file))
    without = [respondent for key, respondent in known.items() if key not in linked]
    return Links(table_, unlinked, without, notes)


def _told(file: str, unlinked: list[str], what: str) -> list[Finding]:
    return [
        Finding(
            "warning",
            "not-linked",
            f"the {what} {name!r} links to no respondent",
            file=file,
            remedy="It stays in the interviews' part and out of joint tables.",
        )
        for name in unlinked
    ]

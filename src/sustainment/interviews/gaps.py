"""What the coded material lacks, said plainly in the chapter, and left out of what it would falsify.

`complete` gives the interviews without those in which nothing is coded, of which nobody can tell
whether nothing was said or nothing was looked for. `show_gaps` prints a sentence for each thing that
the material lacks, and nothing where it lacks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from sustainment.findings import Finding
from sustainment.interviews.check import check_interviews
from sustainment.interviews.model import Interviews, settings_of
from sustainment.report import in_notebook

TITLE = "What this material lacks"


@dataclass(frozen=True)
class _Words:
    """How findings are counted and named: of observed interviews neither number nor name is told."""

    found: Sequence[Finding]
    named: bool

    def several(self, one: str, many: str) -> str:
        n = len(self.found)
        return f"{n:,} {one if n == 1 else many}" if self.named else f"at least one {one}"

    def names(self) -> str:
        """What the findings put in quotation marks: a document, a theme."""
        quoted = [f.message.partition("'")[2].rpartition("'")[0] for f in self.found]
        return f" ({', '.join(dict.fromkeys(quoted))})" if self.named else ""

    def message(self, otherwise: str) -> str:
        return self.found[0].message if self.named else otherwise


# rule of a finding → one sentence for all findings of that rule
SENTENCES: Mapping[str, Callable[[_Words], str]] = {
    "one-coder": lambda w: (
        f"{w.message('one coder made all codings')}. Whether another would have coded alike cannot be "
        "known, so agreement between coders is left out."
    ),
    "no-overlap": lambda w: (
        "no two coders worked in a common interview. Their codings cannot be compared, so agreement "
        "between coders is left out."
    ),
    "partly-double-coded": lambda w: (
        f"{w.message('the coders share a part of the interviews')}. Agreement is about the shared "
        "ones only."
    ),
    "coder-lost": lambda w: (
        "the file does not say who made which coding, so agreement between coders is left out."
    ),
    "interview-without-segments": lambda w: (
        f"nothing is coded in {w.several('interview', 'interviews')}{w.names()}. Nobody can tell "
        "whether nothing was said or nothing was looked for: figures and counts leave it out."
    ),
    "theme-without-codes": lambda w: (
        f"{w.several('theme has', 'themes have')} no code{w.names()}. Nothing can be coded there, so "
        "figures leave it out."
    ),
    "theme-unused": lambda w: (
        f"{w.several('theme has', 'themes have')} no passage{w.names()}: figures leave it out."
    ),
    "overlapping-segments": lambda w: (
        f"{w.several('pair', 'pairs')} of passages overlap with the same code by the same coder. "
        "Shares of text count their characters once; numbers of passages count two."
    ),
    "empty-segment": lambda w: (
        f"{w.several('coding holds', 'codings hold')} no character: figures and counts leave it out."
    ),
    "outside-the-text": lambda w: (
        f"{w.several('coding lies', 'codings lie')} outside the text: figures and counts leave it out."
    ),
    "text-differs": lambda w: (
        f"{w.several('coding does', 'codings do')} not stand where the file says; the words there are "
        "others."
    ),
}
PARTS = {
    "coders": ("one-coder", "no-overlap", "partly-double-coded", "coder-lost"),
    "passages": (
        "interview-without-segments",
        "overlapping-segments",
        "empty-segment",
        "outside-the-text",
        "text-differs",
    ),
    "themes": ("theme-without-codes", "theme-unused"),
}


def gaps(
    interviews: Interviews,
    *parts: str,
    coder: str = "",
    values: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    """A sentence for each sort of thing that the material lacks; none where it lacks nothing.

    parts: which sorts a chapter is about: coders, passages, themes, or the name of a dimension; by
    default all. coder: the one whose codings a chapter shows. values: the values that a dimension may
    take, by default the codes of its branch.
    """
    dimensions = settings_of(interviews).get("dimensions") or {}
    parts = parts or (*PARTS, *dimensions)
    rules = [rule for part in parts for rule in PARTS.get(part, ())]
    rules += [
        f"{what}-{part}" for part in parts if part in dimensions for what in ("unknown", "no")
    ]
    found: dict[str, list[Finding]] = {}
    for finding in check_interviews(interviews, values=values):
        found.setdefault(finding.rule, []).append(finding)
    named = interviews.provenance != "observed"
    said = [_sentence(rule, _Words(found[rule], named)) for rule in rules if rule in found]
    if "passages" in parts and coder:
        said += _only_some(interviews, coder, named)
    return [sentence[0].upper() + sentence[1:] for sentence in said]


def _only_some(interviews: Interviews, coder: str, named: bool) -> list[str]:
    """What is said where a coder worked in some of the coded interviews alone."""
    all_of_them, own = _coded(interviews, ""), _coded(interviews, coder)
    if not own or own >= all_of_them:
        return []
    how_many = f"{len(own)} of {len(all_of_them)}" if named else "a part of the"
    return [f"{coder} worked in {how_many} coded interviews: what is shown is about those."]


def _sentence(rule: str, words: _Words) -> str:
    if rule in SENTENCES:
        return SENTENCES[rule](words)
    what, _, dimension = rule.partition("-")
    one, many = ("coding has", "codings have")
    lacks = f"no {dimension}" if what == "no" else f"an unknown {dimension}, or more than one"
    return f"{words.several(one, many)} {lacks}: figures by {dimension} leave it out."


def complete(interviews: Interviews, coder: str = "") -> Interviews:
    """The interviews in which something is coded, by this coder where one is named.

    The same object where that is all of them, or none.
    """
    kept = interviews.documents["document"].isin(_coded(interviews, coder))
    if kept.all() or not kept.any():
        return interviews
    inside = set(interviews.documents.loc[kept, "document"])
    return replace(
        interviews,
        documents=interviews.documents[kept].reset_index(drop=True),
        cases=interviews.cases[interviews.cases["document"].isin(inside)].reset_index(drop=True),
    )


def _coded(interviews: Interviews, coder: str) -> set[str]:
    parts = (interviews.segments, interviews.other)
    return {
        document
        for part in parts
        for document in part.loc[(part["coder"] == coder) | (coder == ""), "document"]
    }


def to_html(said: Sequence[str], kind: str) -> str:
    """The sentences as a note with the mark of their kind; "" where there are none."""
    if not said:
        return ""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in said)
    return (
        f'<div class="admonition warning gaps"><p class="admonition-title">{TITLE} '
        f'<span class="kind kind-{kind}">{kind}</span></p><ul>{items}</ul></div>'
    )


def show_gaps(
    interviews: Interviews,
    *parts: str,
    coder: str = "",
    values: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Display what the material lacks, of these parts; nothing where it lacks nothing."""
    said = gaps(interviews, *parts, coder=coder, values=values)
    if not said or not in_notebook():
        return
    from IPython.display import display

    kind = "observed" if interviews.provenance == "observed" else "invented"
    display(
        {"text/html": to_html(said, kind), "text/plain": "\n".join(said)},
        raw=True,
        metadata={"sustainment": {"type": "gaps", "kind": kind, "said": said}},
    )

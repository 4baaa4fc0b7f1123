"""Two scripted coders who read the same passages and do not quite agree.

The scripts say how a passage is meant. Each coder follows the script except for stated shares of
the passages, where the coder departs in exactly one way: misses the passage, shifts a boundary,
chooses a sibling code, or reads level or valence otherwise. No passage has departures of two
coders, so the true disagreement is known: it is the sum of the shares. That makes agreement
coefficients checkable, which they never are in life.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sustainment.errors import UserError
from sustainment.streams import rng
from sustainment.synthetic.scripts import SPEAKER, Passage, Script, code_list, dimension

KINDS = ("miss", "shift", "sibling", "level", "valence")


def code_by_coders(
    scripts: list[Script], book: dict[str, Any]
) -> tuple[dict[str, list[Passage]], pd.DataFrame]:
    """What each coder codes, and the record of who departed where and how.

    Returns ({coder: passages}, DataFrame[script, start, end, coder, kind]); the record is for
    tests and for the chapter that opens the envelope, and never part of the project.
    """
    passages = [passage for script in scripts for passage in script.passages]
    plan = plan_departures(passages, book)
    texts = {script.name: script.text for script in scripts}
    values = {
        name.lower(): [code["name"] for code in dimension(book, name)["codes"]]
        for name in ("Level", "Valence")
    }
    seed = book["coders"]["seed"]
    places = _places(passages)
    coded: dict[str, list[Passage]] = {coder: [] for coder in book["coders"]["names"]}
    for number, passage in enumerate(passages):
        who, kind = plan.get(number, ("", ""))
        # a stream for each passage: a change in one script moves nothing in the others
        draw = rng(seed, f"coders: how {places[number]}")
        for coder, list_ in coded.items():
            if coder != who:
                list_.append(passage)
            elif kind == "shift":
                words = book["coders"]["shift_words"]
                list_.append(shift(passage, texts[passage.script], words, draw))
            elif kind == "sibling":
                list_.append(sibling(passage, code_list(book), draw))
            elif kind in values:
                others = [v for v in values[kind] if v != getattr(passage, kind)]
                change: dict[str, Any] = {kind: str(draw.choice(others))}
                list_.append(replace(passage, **change))
    record = pd.DataFrame(
        [
            (passages[n].script, passages[n].start, passages[n].end, coder, kind)
            for n, (coder, kind) in sorted(plan.items())
        ],
        columns=["script", "start", "end", "coder", "kind"],
    )
    return coded, record


def plan_departures(passages: list[Passage], book: dict[str, Any]) -> dict[int, tuple[str, str]]:
    """Number of the passage → (coder, kind), the stated shares met to the nearest passage."""
    groups = code_list(book)["group"]
    with_siblings = {code for code in groups.index if (groups == groups[code]).sum() > 1}
    seed = book["coders"]["seed"]
    lots = [rng(seed, f"coders: where {place}").random() for place in _places(passages)]
    order = sorted(range(len(passages)), key=lots.__getitem__)
    plan: dict[int, tuple[str, str]] = {}
    for coder, shares in book["coders"]["departures"].items():
        for kind in KINDS:
            fits = [
                n
                for n in order
                if n not in plan and (kind != "sibling" or passages[n].codes[0] in with_siblings)
            ]
            wanted = round(shares[kind] * len(passages))
            if wanted > len(fits):
                raise UserError(
                    f"data/scripts/codebook.yml: the shares under `departures` add up to more than "
                    f"the passages can hold ({coder}, {kind}). Lower them."
                )
            plan.update(dict.fromkeys(fits[:wanted], (coder, kind)))
    return plan


def _places(passages: list[Passage]) -> list[str]:
    """Script and number within the script, for each passage."""
    counts: Counter[str] = Counter()
    names = []
    for passage in passages:
        counts[passage.script] += 1
        names.append(f"{passage.script} {counts[passage.script]}")
    return names


def shift(passage: Passage, text: str, words: list[int], draw: np.random.Generator) -> Passage:
    """Move one boundary by a few words within the turn; at least half of the passage stays."""
    line_start = text.rfind("\n", 0, passage.start) + 1
    line_end = text.find("\n", passage.end)
    line = text[line_start:line_end]
    spoken = SPEAKER.match(line)
    first = line_start + (spoken.end() if spoken else 0)
    spans = [
        (first + match.start(), first + match.end())
        for match in re.finditer(r"\S+", text[first:line_end])
    ]
    starts = [a for a, _ in spans]
    ends = [b for _, b in spans]
    # a mark may open inside a word ("—and"): then count from the word it stands in
    here = max(i for i, a in enumerate(starts) if a <= passage.start)
    there = min(i for i, b in enumerate(ends) if b >= passage.end)
    moves = [sign * n for n in range(words[0], words[1] + 1) for sign in (-1, 1)]
    options = [
        (starts[here + m], passage.end) for m in moves if 0 <= here + m <= (here + there + 1) // 2
    ] + [
        (passage.start, ends[there + m])
        for m in moves
        if (here + there) // 2 <= there + m < len(ends)
    ]
    if not options:
        raise UserError(
            f"data/scripts/{passage.script}.txt: no boundary of the passage "
            f"{text[passage.start : passage.end][:40]!r} can be shifted. Make the passage longer."
        )
    start, end = options[int(draw.integers(len(options)))]
    return replace(passage, start=start, end=end)


def sibling(passage: Passage, codes: pd.DataFrame, draw: np.random.Generator) -> Passage:
    """The same passage with another code of the same sub-theme in place of its first."""
    group = codes.loc[passage.codes[0], "group"]
    others = [code for code in codes.index[codes["group"] == group] if code not in passage.codes]
    return replace(passage, codes=(str(draw.choice(others)), *passage.codes[1:]))

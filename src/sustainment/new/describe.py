"""The tables that the chapters of a new project show: plain counts, with everybody accounted for.

Each function takes a cleaned `Survey` and returns a DataFrame of persons, so that a chapter can show it
as it is. Labels come from the codebook; nothing is computed from answers that are not there.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from sustainment.survey.model import BOOKKEEPING, MISSING_KINDS, Item, Survey

NO_ANSWER = "no answer"
FEWEST = 10  # respondents of a real study whose answers are counted at all
CUT = " ..."  # plain dots: what is shown must be found in the questionnaire, character by character


def cut(text: str, width: int) -> str:
    """Text on one line, cut at a word where it is longer than `width` characters."""
    return textwrap.shorten(" ".join(str(text).split()), width, placeholder=CUT)


def short(item: Item, width: int = 90) -> str:
    """An item's wording for a table: the row of a grid alone, and at most `width` characters."""
    row = re.search(r"\[([^\[\]]+)\]\s*$", item.wording)
    words = row[1] if row else item.wording or item.id
    return cut(words, width) or item.id


def told_apart(labels: Sequence[str], names: Sequence[str]) -> list[str]:
    """Labels of rows, each of its own: "Other" of three questions gets its item's name behind it.

    The audit knows a row by its words, and so does a reader; parts joined by "·" are words of the
    questionnaire one by one.
    """
    counts = Counter(label.casefold() for label in labels)
    return [
        f"{label} · {name}" if counts[label.casefold()] > 1 else label
        for label, name in zip(labels, names, strict=True)
    ]


def can_be_counted(provenance: str, kept: int) -> bool:
    """Whether anything counted of real respondents can be hidden: of a handful, nothing can."""
    return provenance != "observed" or kept >= FEWEST


def records(survey: Survey) -> pd.DataFrame:
    """What became of the records: left out by reason, and kept.

    The number of rows in the file is not among them: with it, and with those kept, anybody could work
    out how few were left out.
    """
    left_out = survey.dropped["reason"].value_counts()
    rows = [(f"left out: {reason}", int(count)) for reason, count in left_out.items()]
    rows.append(("respondents kept", len(survey.answers)))
    return pd.DataFrame(rows, columns=["records", "number"])


def changes(survey: Survey) -> pd.DataFrame:
    """How many cells or items each rule touched: the log in short."""
    counts = survey.log["rule"].value_counts(sort=False)
    table = counts.rename_axis("rule").reset_index(name="entries")
    return table.sort_values("rule", ignore_index=True)


def asked_items(survey: Survey) -> list[Item]:
    """Questions in the codebook that were put to people, tick boxes included."""
    return [
        item
        for name, item in survey.codebook.items()
        if name in survey.answers
        and item.section != BOOKKEEPING
        and item.type not in {"note", "calc"}
    ]


def gaps(survey: Survey, most: int = 15) -> pd.DataFrame:
    """The questions most often left open by those asked: answered, and each kind of missing, in persons.

    The boxes of a multi-select question are one line. Questions that nobody answered are left out:
    they were not put to anybody here.
    """
    rows: list[dict[str, Any]] = []
    seen: dict[str, None] = {}  # in the order in which they were asked
    for item in asked_items(survey):
        key = item.set or item.id
        if key in seen:
            continue
        seen[key] = None
        counts = survey.missing[item.id].astype(str).value_counts()
        words = cut(item.wording, 90) if item.set else short(item)
        row = {"question": words or key, "answered": int(counts.get("", 0))}
        rows.append(row | {kind: int(counts.get(kind, 0)) for kind in MISSING_KINDS})
    table = pd.DataFrame(rows, columns=["question", "answered", *MISSING_KINDS])
    table["question"] = told_apart(table["question"].tolist(), list(seen))
    table = table[table["answered"] > 0]
    unused = [kind for kind in MISSING_KINDS if not table[kind].any()]
    # whom the routing passed by has not left anything open
    left_open = table[[kind for kind in MISSING_KINDS if kind != "not asked"]].sum(axis=1)
    order = left_open.sort_values(ascending=False, kind="stable").index[:most]
    return table.drop(columns=unused).loc[order].reset_index(drop=True)


def tally(survey: Survey, name: str) -> pd.DataFrame:
    """Persons by answer to one closed question, then those without an answer, by kind."""
    item = survey.codebook[name]
    counts = survey.answers[name].astype(str).value_counts()
    gaps_ = survey.missing[name].astype(str).value_counts()
    kinds = [kind for kind in MISSING_KINDS if gaps_.get(kind, 0)]
    # an option may itself be called "no answer"
    labels = told_apart(
        [*item.options.values(), *kinds], [*item.options, *("missing" for _ in kinds)]
    )
    persons = [counts.get(code, 0) for code in item.options] + [gaps_[kind] for kind in kinds]
    return pd.DataFrame({"answer": labels, "persons": [int(count) for count in persons]})


def block(survey: Survey, names: Sequence[str], codes: Sequence[str]) -> pd.DataFrame:
    """Statements × labels of one scale in persons; everybody without an answer stands last."""
    labels = survey.codebook[names[0]].options
    rows = {}
    for name in names:
        counts = survey.answers[name].astype(str).value_counts()
        row = {labels.get(code, code): int(counts.get(code, 0)) for code in codes}
        row[NO_ANSWER] = len(survey.answers) - sum(row.values())
        key = short(survey.codebook[name])
        rows[key if key not in rows else f"{key} ({name})"] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def ticks(survey: Survey, question: str) -> pd.DataFrame:
    """Persons who ticked each box of a multi-select question, most ticked first."""
    items = [item for item in survey.set_items(question) if item.id in survey.answers]
    labels = without_common_start([list(item.options.values())[-1] for item in items])
    persons = [int(survey.answers[item.id].fillna(False).sum()) for item in items]
    names = [item.id for item in items]
    table = pd.DataFrame({"option": told_apart(labels, names), "persons": persons})
    return table.sort_values("persons", ascending=False, kind="stable", ignore_index=True)


def without_common_start(labels: list[str]) -> list[str]:
    """Labels without the words that all of them begin with ("Workforce - Nursing": "Nursing")."""
    words = [label.split() for label in labels]
    same = 0
    while all(len(own) > same + 1 and own[same] == words[0][same] for own in words):
        same += 1
    rest = [" ".join(own[same:]).strip(" -:") for own in words]
    return rest if len(labels) > 2 and same and all(rest) else labels


def numbers(survey: Survey, names: Sequence[str]) -> pd.DataFrame:
    """Answered, lower quartile, median and upper quartile; no extremes, which are single persons."""
    rows = []
    for name in names:
        values = survey.answers[name].dropna().astype(float)
        quartiles = values.quantile([0.25, 0.5, 0.75]) if len(values) else [float("nan")] * 3
        rows.append((short(survey.codebook[name]), len(values), *(float(q) for q in quartiles)))
    columns = ["question", "answered", "lower quartile", "median", "upper quartile"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(question=told_apart(table["question"].tolist(), names))


def outcome(survey: Survey, settings: dict[str, Any], size: int) -> tuple[int, int, int]:
    """(yes, no, silent) of the study's outcome among `size` persons; no answer counts as silent."""
    said = survey.answers[settings["item"]]
    yes = int(said.astype(str).isin([str(code) for code in settings["yes"]]).sum())
    answered = int(said.notna().sum())
    return yes, answered - yes, max(size, len(said)) - answered


def by_group(survey: Survey, settings: dict[str, Any], group: str) -> pd.DataFrame:
    """The outcome in each group: who said yes, who did not, and who answered at all.

    All three, since two of them tell the third, which may be about too few.

    How many belong to the group is left out: beside the question's own table it would tell too much.
    """
    yes_codes = [str(code) for code in settings["yes"]]
    said = survey.answers[settings["item"]]
    labels = survey.codebook[group].options
    rows = []
    names = [str(code) for code in labels]
    labels = dict(zip(names, told_apart(list(labels.values()), names), strict=True))
    for code in survey.answers[group].cat.categories:
        own = said[(survey.answers[group] == code).fillna(False)]
        if len(own):
            yes = int(own.astype(str).isin(yes_codes).sum())
            answered = int(own.notna().sum())
            rows.append((labels.get(code, code), yes, answered - yes, answered))
    return pd.DataFrame(rows, columns=["group", "yes", "no", "answered"])

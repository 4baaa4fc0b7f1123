"""Which items the chapters of a new project show: a first choice, which `study.yml` may change."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from sustainment.new.describe import NO_ANSWER
from sustainment.survey.model import BOOKKEEPING, Item, RawSurvey
from sustainment.survey.vendors.consent import consent_items
from sustainment.survey.vendors.identifiers import respondent_column
from sustainment.survey.vendors.scales import beside_the_scale, between_the_poles, scale_order

MOST_SHOWN = 12  # items in one figure, and closed questions that a first draft lists


def closed_items(raw: RawSurvey) -> list[Item]:
    """Questions with options that were put to people: no ticks, ids, consent or bookkeeping."""
    consent = {item.id for item in consent_items(raw)}
    own = respondent_column(raw)
    return [
        item
        for item in raw.codebook.values()
        if item.type in {"single", "likert"}
        and item.section != BOOKKEEPING
        and not item.identifier
        and item.id not in consent
        and item.id != own
        and 2 <= len(item.options) <= 12
        and raw.table[item.id][raw.table[item.id] != ""].nunique() > 1
    ]


def ascending(item: Item) -> list[str]:
    """Codes of a scale from least to most, whatever the order of the questionnaire."""
    labels = list(item.options.values())
    order = scale_order(labels)
    if order and len(set(labels)) == len(labels):
        by_label = {label: code for code, label in item.options.items()}
        return [by_label[label] for label in order]
    return list(item.options)


def steps(item: Item) -> list[str]:
    """Codes of the steps of a scale, from least to most, without "I don't know" and the like."""
    return [code for code in ascending(item) if not beside_the_scale(item.options[code])]


def contents(draft: Any, raw: RawSurvey) -> None:
    """Add to the draft (`Draft`) which items the chapters show: blocks of one scale, closed questions, ticks, numbers, words."""
    labels = {str(label).casefold() for label in draft.get("survey.missing_labels", {})}
    items = closed_items(raw)
    blocks: dict[tuple, list[str]] = {}
    for item in items:
        steps = set(item.options.values())
        if (
            item.type == "likert"
            and len(steps) == len(item.options) >= 3
            and NO_ANSWER not in steps
        ):
            blocks.setdefault((item.section, frozenset(item.options.items())), []).append(item.id)
    scales = [_block(raw, names[:MOST_SHOWN], labels) for names in blocks.values()]
    draft.add("report.scales", scales, "items that share a section and a scale, from least to most")
    in_blocks = {name for block in scales for name in block["items"]}
    choices = [item.id for item in items if item.id not in in_blocks][:MOST_SHOWN]
    draft.add(
        "report.choices", choices, f"the first closed questions, at most {MOST_SHOWN}; add others"
    )
    ticks = list(
        dict.fromkeys(
            item.set for item in raw.codebook.values() if item.type == "multi" and item.set
        )
    )
    draft.add("report.ticks", ticks[:MOST_SHOWN], "questions with several answers")
    own = draft["survey.id"]
    numbers = [
        item.id for item in raw.codebook.values()
        if item.type == "number" and item.section != BOOKKEEPING and not item.identifier and item.id != own
        and not _counts_records(raw.table[item.id])
    ]  # fmt: skip
    draft.add("report.numbers", numbers[:MOST_SHOWN], "answers that are amounts")
    group = _group(draft, raw, items)
    if group:
        draft.add(
            "report.group",
            group,
            "few options, each with enough people. Name the comparison planned beforehand",
        )


def _counts_records(cells: pd.Series) -> bool:
    """Whether a column only numbers the records: whole, filled, never twice, in order."""
    if len(cells) < 20 or not cells.is_unique or not cells.str.fullmatch(r"\d{1,15}").all():
        return False
    return bool(cells.astype("int64").is_monotonic_increasing)


def _block(raw: RawSurvey, names: list[str], missing: set[str]) -> dict[str, Any]:
    item = raw.codebook[names[0]]
    codes = [code for code in steps(item) if item.options[code].casefold() not in missing]
    half = len(codes) // 2
    neutral = [i for i, code in enumerate(codes) if between_the_poles(item.options[code])]
    if (
        len(neutral) == 1 and 0 < neutral[0] < len(codes) - 1
    ):  # not every step need have been chosen
        half, middle = neutral[0], [codes[neutral[0]]]
    else:
        middle = [codes[half]] if len(codes) % 2 else []
    block = {
        "title": item.section or item.wording,
        "items": names,
        "low": codes[:half],
        "middle": middle,
        "high": codes[half + len(middle) :],
    }
    aside = [
        code
        for code, label in item.options.items()
        if code not in codes and label.casefold() not in missing
    ]
    return block | ({"aside": aside} if aside else {})


def _group(draft: Any, raw: RawSurvey, items: list[Item]) -> str:
    outcome = (draft.get("survey.outcome") or {}).get("item")
    grids = Counter(
        (item.section, frozenset(item.options.items())) for item in items if item.section
    )
    for item in items:
        if grids[item.section, frozenset(item.options.items())] > 1:
            continue  # a row of a grid is one answer of several, not what somebody is
        counts = raw.table[item.id].isin(list(item.options)) & (raw.table[item.id] != "")
        sizes = raw.table[item.id][counts].value_counts()
        if (
            item.id != outcome
            and item.type == "single"
            and 2 <= len(sizes) <= 6
            and sizes.min() >= 5
        ):
            return item.id
    return ""

"""Exports that hold labels, or TRUE and FALSE, where the dictionary speaks of codes.

Programs offer both kinds of export, and R writes a 0/1 question as FALSE and TRUE. Read as codes such
columns would be unknown from the first row to the last. Their options become what stands in the
cells; conditions that compare with the codes of such a column can no longer be answered, and go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from sustainment.findings import Finding
from sustainment.survey.model import Item

_LOGICAL = {"true": "1", "false": "0"}


def as_written(
    codebook: Mapping[str, Item], table: pd.DataFrame, file: str
) -> tuple[dict[str, Item], list[Finding]]:
    """The codebook with the options as the cells have them, and a finding for each change."""
    changed: dict[str, Item] = {}
    for name, item in codebook.items():
        if name in table and item.options and item.type in {"single", "likert", "multi"}:
            options = _options(item, {str(cell).strip() for cell in table[name].unique()})
            if options != item.options:
                changed[name] = replace(item, options=options)
    if not changed:
        return dict(codebook), []
    notes = [
        Finding("note", "labels-for-codes", "The cells hold labels where the codebook has codes; read as labels", file, column=name)
        for name in changed
    ]  # fmt: skip
    asked_by = re.compile("|".join(rf"\[{re.escape(name)}(\([^)]*\))?\]" for name in changed))
    for name, item in codebook.items():
        if asked_by.search(item.routing):
            changed[name] = replace(changed.get(name, item), routing="")
            message = "Its condition compares with codes that this export does not hold, so it was set aside"  # fmt: skip
            remedy = "Export raw codes to keep `not asked` apart from `no answer`."
            notes.append(Finding("warning", "routing-kept-out", message, file, column=name, remedy=remedy))  # fmt: skip
    return {**codebook, **changed}, notes


def _options(item: Item, cells: set[str]) -> dict[str, str]:
    seen = cells - {""} - set(item.missing)
    if not seen or seen & set(item.options):
        return item.options
    labels = list(item.options.values())
    if seen <= set(labels) and len(set(labels)) == len(labels):
        return {label: label for label in labels}
    spelled = {cell.casefold(): cell for cell in seen}
    if set(item.options) == {"0", "1"} and set(spelled) <= set(_LOGICAL):
        style = str.upper if next(iter(seen)).isupper() else str.capitalize
        words = {code: spelled.get(word) or style(word) for word, code in _LOGICAL.items()}
        return {words[code]: label for code, label in item.options.items()}
    return item.options

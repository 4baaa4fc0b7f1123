"""Every choice we might have made: all combinations, their estimates, and their spread.

Choices are named beforehand. The curve shows estimates, not p-values; what counts is how far
they spread and whether a sentence would flip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from sustainment.errors import CannotSay, UserError


class Spread(NamedTuple):
    """Where the estimates of a multiverse lie, and on which side of a line.

    `above` counts those on or above the line, `below` those under it, `of` all with a value;
    `flips` is true when both sides occur; `undefined` counts choices without a value.
    """

    low: float
    median: float
    high: float
    above: int
    below: int
    of: int
    flips: bool
    undefined: int


def specifications(choices: Mapping[str, Sequence]) -> pd.DataFrame:
    """All combinations, a row each, a column a choice; the last choice moves fastest.

    Source: steegen2016multiverse.
    """
    if not choices or any(len(options) == 0 for options in choices.values()):
        raise UserError("Every choice needs at least one option.")
    for name, options in choices.items():
        if len({repr(option) for option in options}) < len(options):
            raise UserError(f"The choice {name!r} lists an option twice.")
    rows = list(product(*choices.values()))
    return pd.DataFrame(rows, columns=list(choices)).astype(object)


def specification_table(
    choices: Mapping[str, Sequence], estimate: Callable[..., float | Mapping[str, float]]
) -> pd.DataFrame:
    """`estimate(**choice)` for every combination, lowest first: the specification curve.

    `estimate` returns a number, or a mapping with "estimate" and further columns ("low", …). A
    combination that raises `UserError` keeps its row: estimate NaN, the sentence in `note`.
    Source: simonsohn2020specification.
    """
    grid = specifications(choices)
    results = [_tried(estimate, row) for row in grid.to_dict("records")]
    table = pd.concat([grid, pd.DataFrame(results)], axis=1)
    table = table.sort_values("estimate", kind="stable", na_position="last")
    return table.reset_index(drop=True)


def _tried(estimate: Callable, choice: dict) -> dict:
    try:
        result = estimate(**choice)
    except UserError as problem:
        return {"estimate": np.nan, "note": str(problem)}
    values = dict(result) if isinstance(result, Mapping) else {"estimate": result}
    if "estimate" not in values:
        raise UserError("The estimate of a specification needs a value named 'estimate'.")
    return {**values, "note": ""}


def spread(estimates: object, line: float) -> Spread:
    """Range and median of the estimates, and how many lie on each side of `line`."""
    values = pd.to_numeric(pd.Series(estimates)).to_numpy(dtype=float)
    known = values[~np.isnan(values)]
    if not len(known):
        raise CannotSay("No specification gave an estimate, so there is no spread.")
    above = int((known >= line).sum())
    return Spread(
        float(known.min()),
        float(np.median(known)),
        float(known.max()),
        above,
        len(known) - above,
        len(known),
        0 < above < len(known),
        len(values) - len(known),
    )

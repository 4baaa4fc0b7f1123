"""Weights that make those who answered look like the group: raking, and what it costs.

Rake on at most two margins known for everybody, categories with five or more answers, and show
weighted and unweighted side by side. Weights mend only what the margins explain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import numbers


class Raked(NamedTuple):
    """`weights`: one a person, same index as the answers; they sum to the group.

    `iterations`: rounds over all margins; `gap`: largest distance from a margin, in persons
    (above 0 only if weights were trimmed).
    """

    weights: pd.Series
    iterations: int
    gap: float


def rake(
    answered: pd.DataFrame,
    margins: Mapping[str, Mapping[object, float]],
    base: pd.Series | None = None,
    trim: tuple[float, float] | None = None,
    tolerance: float = 1e-10,
    most_iterations: int = 10_000,
) -> Raked:
    """Weights by iterative proportional fitting.

    answered: a row a respondent, a column a margin. margins: for each column the persons of the
    whole group by category. base: weights to start from (1). trim: lowest and highest weight
    allowed, as multiples of the mean, applied after fitting; decide it beforehand. One margin
    is post-stratification. Source: deming1940least, kish1965survey.
    """
    if not margins or answered.empty:
        raise UserError("Raking needs respondents and at least one margin.")
    codes, targets = zip(*(_margin(answered, name, wanted) for name, wanted in margins.items()), strict=True)  # fmt: skip
    total = _same_total(margins, targets)
    weights = _start(answered, base)
    rounds, gap = 0, np.inf
    while gap > tolerance * total and rounds < most_iterations:
        rounds += 1
        for code, target in zip(codes, targets, strict=True):
            weights *= (target / np.bincount(code, weights, len(target)))[code]
        gap = _gap(weights, codes, targets)
    if not gap <= tolerance * total:  # also true when a weight has run to zero over zero
        raise CannotSay(
            "The margins cannot all be met by those who answered: some combination of "
            "categories has no respondent. Merge categories or drop a margin."
        )
    if trim is not None:
        weights = _trimmed(weights, trim, total)
        gap = _gap(weights, codes, targets)
    return Raked(pd.Series(weights, index=answered.index, name="weight"), rounds, float(gap))


def _margin(
    answered: pd.DataFrame, name: str, wanted: Mapping[object, float]
) -> tuple[np.ndarray, np.ndarray]:
    if name not in answered.columns:
        raise UserError(f"The answers have no column {name!r} to rake on.")
    values = answered[name].astype("category")  # each category is looked at once
    if values.isna().any():
        raise UserError(
            f"{name!r} is missing for {int(values.isna().sum())} respondents. Fill it from the frame."
        )
    categories = [category for category, persons in wanted.items() if persons > 0]
    if (
        any(persons < 0 or not np.isfinite(persons) for persons in wanted.values())
        or not categories
    ):
        raise UserError(f"The margin {name!r} must give the number of persons for each category.")
    present = set(values.cat.remove_unused_categories().cat.categories)
    outside = present.difference(categories)
    if outside:
        raise UserError(
            f"Respondents have {name} = {min(map(str, outside))!r}, which its margin says nobody has."
        )
    empty = [category for category in categories if category not in present]
    if empty:
        raise CannotSay(
            f"Nobody with {name} = {empty[0]!r} answered, so no weight can stand for them. "
            "Merge the category with another."
        )
    number = {category: i for i, category in enumerate(categories)}
    codes = np.array([number.get(category, -1) for category in values.cat.categories])
    # as an array: numpy asks a Series for attributes, and pandas then looks them up among all names
    return codes[values.cat.codes.to_numpy()], np.array([float(wanted[c]) for c in categories])


def _same_total(margins: Mapping, targets: tuple[np.ndarray, ...]) -> float:
    totals = [target.sum() for target in targets]
    if max(totals) - min(totals) > 1e-6 * max(totals):
        said = ", ".join(f"{name} {total:g}" for name, total in zip(margins, totals, strict=True))
        raise UserError(f"The margins count different groups ({said}). They must have one total.")
    return float(totals[0])


def _start(answered: pd.DataFrame, base: pd.Series | None) -> np.ndarray:
    if base is None:
        return np.ones(len(answered))
    weights = np.array(base, dtype=float)
    if weights.shape != (len(answered),) or not np.isfinite(weights).all() or (weights <= 0).any():
        raise UserError("base needs one weight above 0 for every respondent.")
    return weights


def _gap(weights: np.ndarray, codes: tuple, targets: tuple) -> float:
    return max(
        float(np.abs(np.bincount(code, weights, len(target)) - target).max())
        for code, target in zip(codes, targets, strict=True)
    )


def _trimmed(weights: np.ndarray, trim: tuple[float, float], total: float) -> np.ndarray:
    low, high = trim
    if not 0 <= low < 1 < high:
        raise UserError(f"trim holds a share below and one above the mean weight 1, not {trim!r}.")
    mean = total / len(weights)
    clipped = np.clip(weights, low * mean, high * mean)
    return clipped * total / clipped.sum()


def kish_deff(weights: object) -> float:
    """How many times the variance grows by unequal weights: n sum(w^2) / sum(w)^2.

    Source: kish1965survey.
    """
    values = _weights(weights)
    return float(len(values) * (values**2).sum() / values.sum() ** 2)


def effective_size(weights: object) -> float:
    """How many equally weighted persons the weighted ones are worth."""
    return len(_weights(weights)) / kish_deff(weights)


def weighted_share(yes: object, weights: object) -> float:
    """Weighted share of yes (0/1 or boolean, none missing)."""
    values, said = _weights(weights), numbers(pd.Series(yes).astype("Float64"), "yes")
    if len(said) != len(values) or not np.isin(said, (0, 1)).all():
        raise UserError("yes must be 0 or 1 for everyone who has a weight.")
    return float(said @ values / values.sum())


def _weights(weights: object) -> np.ndarray:
    values = np.asarray(weights, dtype=float)
    if values.ndim != 1 or not len(values):
        raise CannotSay("Nobody has a weight.")
    if not np.isfinite(values).all() or (values < 0).any() or values.sum() == 0:
        raise UserError("Weights must be numbers from 0 on, not all of them 0.")
    return values

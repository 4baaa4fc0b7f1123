"""Reliability of a scale of three or more items named in advance: alpha and omega.

Only for items that reflect one trait. Barriers are causes, not reflections: no alpha on them.
Only persons who answered every item count; the result says how many did.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import tail, whole


class Reliability(NamedTuple):
    """A coefficient with limits, the number of items, and of persons who answered all."""

    value: float
    low: float
    high: float
    items: int
    n: int


class Omega(NamedTuple):
    """McDonald's omega with limits (NaN unless asked for) and the one-factor loadings.

    `loadings` are standardised; `heywood` warns that an item has next to no variance of its
    own, so that the one-factor model does not fit.
    """

    value: float
    low: float
    high: float
    loadings: pd.Series
    heywood: bool
    n: int


def cronbach_alpha(items: pd.DataFrame, confidence: float = 0.95) -> Reliability:
    """Cronbach's alpha of the sum of the items, with Feldt's interval.

    items: numbers, a row a person, a column an item, reversed items already turned. May be
    negative; the limits assume normal answers. Source: cronbach1951coefficient,
    feldt1987statistical.
    """
    answers, _ = _complete(items)
    n, k = answers.shape
    covariance = np.cov(answers, rowvar=False)
    value = k / (k - 1) * (1 - np.trace(covariance) / covariance.sum())
    alpha = tail(confidence)
    above, below = f_distribution.ppf([1 - alpha, alpha], n - 1, (n - 1) * (k - 1))
    return Reliability(
        float(value), float(1 - (1 - value) * above), float(1 - (1 - value) * below), k, n
    )


def mcdonald_omega(
    items: pd.DataFrame,
    rng: np.random.Generator | None = None,
    repeats: int = 1000,
    confidence: float = 0.95,
) -> Omega:
    """Omega of the sum of the items from one factor fitted by maximum likelihood.

    With `rng`, percentile limits from drawing persons with replacement (draws in which an item
    does not vary are left out). Source: mcdonald1999test.
    """
    answers, names = _complete(items)
    covariance = np.cov(answers, rowvar=False)
    loadings, unique = _one_factor(covariance[None])
    value = float(_omega(loadings, unique)[0])
    spread = np.sqrt(np.diag(covariance))
    low = high = math.nan
    if rng is not None:
        drawn = _omega(*_one_factor(_bootstrap_covariances(answers, rng, repeats), 1e-6))
        alpha = tail(confidence)
        low, high = (float(q) for q in np.quantile(drawn, [alpha, 1 - alpha]))
    return Omega(
        value,
        low,
        high,
        pd.Series(loadings[0] / spread, index=names, name="loading"),
        bool((unique[0] / spread**2 < 0.005).any()),
        len(answers),
    )


def _complete(items: pd.DataFrame) -> tuple[np.ndarray, list]:
    table = pd.DataFrame(items)
    if table.shape[1] < 3:
        raise UserError(f"A scale needs at least three items; there are {table.shape[1]}.")
    try:
        answers = table.dropna().to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise UserError("The items must be numbers. Turn answers into scores first.") from None
    if len(answers) < 3:
        raise CannotSay(
            f"Only {len(answers)} persons answered every item, too few for a reliability."
        )
    constant = np.ptp(answers, axis=0) == 0
    if constant.any():
        name = table.columns[constant.argmax()]
        raise CannotSay(f"Everybody gave the same answer to {name!r}. Leave the item out.")
    if np.ptp(answers.sum(axis=1)) == 0:
        raise CannotSay("Everybody has the same sum, so the scale tells nobody apart.")
    return answers, list(table.columns)


def _bootstrap_covariances(
    answers: np.ndarray, rng: np.random.Generator, repeats: int
) -> np.ndarray:
    repeats = whole(repeats, "the number of bootstrap draws", low=1)
    n = len(answers)
    drawn = answers[rng.integers(0, n, (repeats, n))]
    drawn = drawn - drawn.mean(axis=1, keepdims=True)
    covariances = drawn.transpose(0, 2, 1) @ drawn / (n - 1)
    varied = np.diagonal(covariances, axis1=1, axis2=2).min(axis=1) > 0
    return covariances[varied]


def _omega(loadings: np.ndarray, unique: np.ndarray) -> np.ndarray:
    common = loadings.sum(axis=1) ** 2
    return common / (common + unique.sum(axis=1))


def _one_factor(
    covariances: np.ndarray, tolerance: float = 1e-10, most: int = 5000
) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and unique variances (repeats, items) of one factor, by EM for many at once.

    statsmodels fits one matrix in 10 ms; the bootstrap needs a thousand, so all run together.
    """
    spread = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    correlations = covariances / (spread[:, :, None] * spread[:, None, :])
    # The first principal component is close by, and fixes the sign.
    values, vectors = np.linalg.eigh(correlations)
    loadings = vectors[:, :, -1] * np.sqrt(values[:, -1:]) * 0.9
    loadings *= np.where(loadings.sum(axis=1, keepdims=True) < 0, -1, 1)
    unique = np.maximum(1 - loadings**2, 0.05)
    for _ in range(most):
        weight = loadings / unique
        weight /= 1 + (loadings * weight).sum(axis=1, keepdims=True)
        shared = (correlations @ weight[:, :, None])[:, :, 0]
        variance = 1 - (weight * loadings).sum(axis=1) + (weight * shared).sum(axis=1)
        updated = shared / variance[:, None]
        change = np.abs(updated - loadings).max()
        loadings, unique = updated, np.maximum(1 - updated * shared, 1e-6)
        if change < tolerance:
            break
    return loadings * spread, unique * spread**2

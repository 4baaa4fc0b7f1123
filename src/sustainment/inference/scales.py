"""Reliability of a scale of three or more items named in advance: alpha and omega.

Only for items that reflect one trait. Barriers are causes, not reflections: no alpha on them.
Only persons who answered every item count; the result says how many did.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import f as f_distribution

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import tail, whole

LEAST_UNIQUE = 0.005  # share of an item's variance that must stay its own, as in R's factanal


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
    loadings, unique = _one_factor(covariance)
    spread = np.sqrt(np.diag(covariance))
    low = high = math.nan
    if rng is not None:
        drawn = [
            _omega(*_one_factor(draw)) for draw in _bootstrap_covariances(answers, rng, repeats)
        ]
        alpha = tail(confidence)
        low, high = (float(q) for q in np.quantile(drawn, [alpha, 1 - alpha]))
    return Omega(
        _omega(loadings, unique),
        low,
        high,
        pd.Series(loadings / spread, index=names, name="loading"),
        bool((unique / spread**2 < LEAST_UNIQUE * (1 + 1e-6)).any()),
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


def _omega(loadings: np.ndarray, unique: np.ndarray) -> float:
    common = loadings.sum() ** 2
    return float(common / (common + unique.sum()))


def _one_factor(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and unique variances of one factor by maximum likelihood, as R's factanal.

    The likelihood is a function of the unique shares alone, kept at or above `LEAST_UNIQUE`:
    where the model does not fit, one of them runs to nothing.
    """
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)

    def factor(unique: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        root = np.sqrt(unique)
        values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
        return values, root * vectors[:, -1] * math.sqrt(max(values[-1] - 1, 0))

    def misfit(unique: np.ndarray) -> tuple[float, np.ndarray]:
        values, loadings = factor(unique)
        rest = np.maximum(values[:-1], 1e-300)
        gap = np.outer(loadings, loadings) + np.diag(unique) - correlation
        return float((rest - np.log(rest) - 1).sum()), np.diag(gap) / unique**2

    inverse = np.linalg.pinv(correlation, hermitian=True)
    start = np.clip(0.5 / np.maximum(np.diag(inverse), 0.5), LEAST_UNIQUE, 1)
    fit = minimize(
        misfit, start, jac=True, method="L-BFGS-B", bounds=[(LEAST_UNIQUE, 1)] * len(start),
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 2000},
    )  # fmt: skip
    loadings = factor(fit.x)[1]
    loadings *= -1 if loadings.sum() < 0 else 1
    return loadings * spread, fit.x * spread**2

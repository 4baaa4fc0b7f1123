"""How far groups differ: Cliff's delta, Cramér's V, a linear trend, and an exact 2 x 2 test.

Answers on a scale are compared by order, not by means; every effect comes with its interval,
and the convention behind it is named.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, hypergeom, ncx2, t

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import contingency, filled, numbers, tail


class CliffDelta(NamedTuple):
    """P(first is higher) - P(second is higher), with limits; `disjoint`: limits approximate."""

    delta: float
    low: float
    high: float
    disjoint: bool

    @property
    def superiority(self) -> float:
        """Chance that one of the first group is higher, ties counted half."""
        return (self.delta + 1) / 2


class CramersV(NamedTuple):
    """Association of a two-way table, 0 to 1, with limits and Pearson's chi-square."""

    v: float
    low: float
    high: float
    chi2: float
    df: int
    n: int


class LinearByLinear(NamedTuple):
    """M squared with 1 degree of freedom, its p, and the correlation of the scores."""

    statistic: float
    p: float
    r: float


def cliff_delta(first: object, second: object, confidence: float = 0.95) -> CliffDelta:
    """Cliff's delta by sorting (n log n), with the asymmetric t interval.

    Unbiased variance, at least (1 - d^2) / (mn - 1), and Student's t with m + n - 2 degrees
    of freedom. Groups that do not overlap have no estimable variance: d is then treated as
    one pair short of 1 and `disjoint` says so. Source: feng2004cliff, cliff1993dominance.
    """
    a, b = numbers(first, "the first group"), numbers(second, "the second group")
    if min(len(a), len(b)) < 2:
        raise CannotSay(
            "Each group needs at least two answers for an interval. Show the answers instead."
        )
    if len(np.unique(np.concatenate([a, b]))) == 1:
        raise CannotSay("All answers are the same, so the groups cannot be told apart or alike.")
    above_a, above_b = _dominance(a, b), -_dominance(b, a)
    m, n = len(a), len(b)
    delta = float(above_a.mean())
    disjoint = abs(delta) == 1
    centre = delta * (m * n - 1) / (m * n) if disjoint else delta
    variance = _dominance_variance(a, b, above_a, above_b, centre)
    low, high = _dominance_limits(centre, variance, t.ppf(1 - tail(confidence), m + n - 2))
    if disjoint:
        low, high = (low, 1.0) if delta > 0 else (-1.0, high)
    return CliffDelta(delta, low, high, disjoint)


def _dominance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """For each of a: share of b below it minus share of b above it."""
    ordered = np.sort(b)
    below = np.searchsorted(ordered, a, side="left")
    above = len(b) - np.searchsorted(ordered, a, side="right")
    return (below - above) / len(b)


def _dominance_variance(
    a: np.ndarray, b: np.ndarray, above_a: np.ndarray, above_b: np.ndarray, d: float
) -> float:
    m, n = len(a), len(b)
    ordered = np.sort(b)
    below = float(np.searchsorted(ordered, a, side="left").sum())
    above = m * n - float(np.searchsorted(ordered, a, side="right").sum())
    pairs = below * (1 - d) ** 2 + above * (1 + d) ** 2 + (m * n - below - above) * d**2
    unbiased = n**2 * ((above_a - d) ** 2).sum() + m**2 * ((above_b - d) ** 2).sum() - pairs
    unbiased /= m * n * (m - 1) * (n - 1)
    # The unbiased estimate can fall to zero or below it: Cliff's floor keeps a width.
    return max(float(unbiased), (1 - d**2) / (m * n - 1))


def _dominance_limits(d: float, variance: float, z: float) -> tuple[float, float]:
    half = z * math.sqrt(variance) * math.sqrt((1 - d**2) ** 2 + z**2 * variance)
    scale = 1 - d**2 + z**2 * variance
    return float((d - d**3 - half) / scale), float((d - d**3 + half) / scale)


def cramers_v(
    table: object,
    confidence: float = 0.95,
    bias_corrected: bool = False,
    convention: Literal["noncentral", "adjusted"] = "noncentral",
) -> CramersV:
    """Cramér's V of a table of counts; empty rows and columns change nothing.

    Limits invert the noncentral chi-square. Two conventions are in use: "noncentral" divides
    its parameter by n(k - 1), so the lower limit reaches 0; "adjusted" adds the degrees of
    freedom first. `bias_corrected` changes the point only. Source: smithson2003confidence,
    bergsma2013bias.
    """
    if convention not in ("noncentral", "adjusted"):
        raise UserError(f"convention is 'noncentral' or 'adjusted', not {convention!r}.")
    counts = filled(table)
    n, (rows, columns) = counts.sum(), counts.shape
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    statistic = float(((counts - expected) ** 2 / expected).sum())
    df, smaller = (rows - 1) * (columns - 1), min(rows, columns) - 1
    v = math.sqrt(statistic / (n * smaller))
    if bias_corrected:
        v = _bias_corrected_v(statistic, n, rows, columns)
    added = df if convention == "adjusted" else 0
    low, high = (
        min(math.sqrt((ncp + added) / (n * smaller)), 1.0)
        for ncp in _noncentrality(statistic, df, tail(confidence))
    )
    return CramersV(v, low, high, statistic, df, int(n))


def _bias_corrected_v(statistic: float, n: float, rows: int, columns: int) -> float:
    excess = max(0.0, statistic / n - (rows - 1) * (columns - 1) / (n - 1))
    shrunk = min(side - (side - 1) ** 2 / (n - 1) for side in (rows, columns))
    return math.sqrt(excess / (shrunk - 1)) if shrunk > 1 else math.nan


def _noncentrality(statistic: float, df: int, alpha: float) -> tuple[float, float]:
    """Noncentrality at which the statistic is the upper and the lower alpha quantile."""

    def solve(probability: float) -> float:
        if chi2.cdf(statistic, df) <= probability:
            return 0.0
        top = statistic + df + 10.0
        while ncx2.cdf(statistic, df, top) > probability:
            top *= 2
        return brentq(
            lambda ncp: ncx2.cdf(statistic, df, ncp) - probability, 1e-12, top, xtol=1e-12
        )

    return solve(1 - alpha), solve(alpha)


def linear_by_linear(
    table: object, row_scores: object = None, column_scores: object = None
) -> LinearByLinear:
    """Test of a linear trend in a table whose rows and columns are ordered.

    Scores default to 0, 1, 2, …; (n - 1) r^2 has one degree of freedom. With two rows it is
    the trend test of Cochran and Armitage (n - 1 in place of n). Source: agresti2007categorical.
    """
    counts = contingency(table)
    rows = _scores(row_scores, counts.shape[0], "row")
    columns = _scores(column_scores, counts.shape[1], "column")
    filled(counts)
    n = counts.sum()
    x = rows - (counts.sum(axis=1) @ rows) / n
    y = columns - (counts.sum(axis=0) @ columns) / n
    spread = (counts.sum(axis=1) @ x**2) * (counts.sum(axis=0) @ y**2)
    if spread <= 0:
        raise CannotSay("All filled rows, or all filled columns, have the same score: no trend.")
    r = float(x @ counts @ y / math.sqrt(spread))
    statistic = (n - 1) * r**2
    return LinearByLinear(float(statistic), float(chi2.sf(statistic, 1)), r)


def _scores(scores: object, length: int, name: str) -> np.ndarray:
    array = np.arange(length, dtype=float) if scores is None else np.asarray(scores, dtype=float)
    if array.shape != (length,):
        raise UserError(
            f"The table has {length} {name}s, but {array.size} {name} scores are given."
        )
    return array


def fisher_mid_p(table: object) -> float:
    """Two-sided mid-p of Fisher's exact test for a 2 x 2 table.

    Convention: tables less probable than the observed count whole, those equally probable
    (the observed among them) half. Source: lancaster1961significance.
    """
    counts = contingency(table)
    if counts.shape != (2, 2):
        raise UserError("Fisher's mid-p is for two groups and two answers.")
    filled(counts)
    first_row, first_column, n = int(counts[0].sum()), int(counts[:, 0].sum()), int(counts.sum())
    possible = np.arange(max(0, first_row + first_column - n), min(first_row, first_column) + 1)
    chance = hypergeom.pmf(possible, n, first_row, first_column)
    observed = chance[int(counts[0, 0]) - possible[0]]
    equal = np.isclose(chance, observed, rtol=1e-7, atol=0)
    return float(chance[(chance < observed) & ~equal].sum() + chance[equal].sum() / 2)

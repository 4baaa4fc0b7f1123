"""Intervals for one share when x of n who answered, of a group of N persons, said yes.

Three questions, three targets: the N persons without any assumption (`manski_bounds`), the N
persons if silence is chance (`hypergeometric_interval`, `wilson_fpc`), and people like these
(`wilson`, `mid_p`, `clopper_pearson`), of whom those who answered are taken as a random draw: the
N as well as who of them kept silent. `interval_table` gives every x at once for simulations.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, get_args

import numpy as np
from scipy.special import betaincc
from scipy.stats import hypergeom
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import answers, somebody, tail, whole

Method = Literal["bounds", "hypergeometric", "wilson-fpc", "wilson", "mid-p", "clopper-pearson"]


class CountInterval(NamedTuple):
    """From `low` to `high` persons, of `of` persons."""

    low: int
    high: int
    of: int

    @property
    def low_share(self) -> float:
        return self.low / self.of if self.of else float("nan")

    @property
    def high_share(self) -> float:
        return self.high / self.of if self.of else float("nan")


class Interval(NamedTuple):
    """From `low` to `high`, as shares between 0 and 1."""

    low: float
    high: float


class Difference(NamedTuple):
    """A difference of two shares (first minus second) with its limits."""

    estimate: float
    low: float
    high: float


def target(method: Method, N: int) -> str:
    """What the interval is about, to be printed beside it."""
    return {
        "bounds": f"the {N}, without assumption",
        "hypergeometric": f"the {N}, if silence is chance",
        "wilson-fpc": f"the {N}, if silence is chance",
    }.get(method, "people like these, if those who answered are a random draw of them")


def manski_bounds(x: int, n: int, N: int) -> CountInterval:
    """Persons of the N who would say yes if all silent said no, or all said yes.

    Nothing is assumed; nobody answering gives 0 to N. Source: manski1990nonparametric.
    """
    x, n, N = answers(x, n, N)
    return CountInterval(x, x + N - n, N)


def hypergeometric_interval(x: int, n: int, N: int, confidence: float = 0.95) -> CountInterval:
    """Exact interval for the number of the N who would say yes, if silence is chance.

    A count belongs to it when neither "x or more" nor "x or fewer" is rarer than half of
    1 - confidence, so it covers at least `confidence` of the time. Always inside the bounds.
    Source: wright1991exact.
    """
    x, n, N = answers(x, n, N)
    low = int(_fewest(np.array([x]), n, N, tail(confidence))[0])
    # Who said no is counted by the same rule, so the upper limit mirrors the lower.
    high = N - int(_fewest(np.array([n - x]), n, N, tail(confidence))[0])
    return CountInterval(low, high, N)


@lru_cache(maxsize=512)
def hypergeometric_table(n: int, N: int, confidence: float = 0.95) -> np.ndarray:
    """`hypergeometric_interval` for every x: integer array (n + 1, 2), row x = [low, high].

    Cached and read-only: index it with an array of simulated x.
    """
    _, n, N = answers(0, n, N)
    low = _fewest(np.arange(n + 1), n, N, tail(confidence))
    return _frozen(np.column_stack([low, N - low[::-1]]))


def _fewest(x: np.ndarray, n: int, N: int, alpha: float) -> np.ndarray:
    """Smallest count of yes among the N for which "x or more of n" is not too rare."""
    low, high = x.astype(np.int64), x.astype(np.int64) + N - n
    while (low < high).any():  # bisection: the tail grows with the count
        middle = (low + high) // 2
        # A count whose tail is as rare as allowed, not rarer, belongs: whatever the last digits say.
        plausible = hypergeom.sf(x - 1, N, middle, n) > alpha * (1 - 1e-9)
        low, high = np.where(plausible, low, middle + 1), np.where(plausible, middle, high)
    return low


def wilson(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for people like these. Source: wilson1927probable."""
    x, n, _ = answers(x, n)
    somebody(n)
    low, high = proportion_confint(x, n, alpha=2 * tail(confidence), method="wilson")
    return Interval(float(low), float(high))


def wilson_fpc(x: int, n: int, N: int, confidence: float = 0.95) -> Interval:
    """Wilson's interval for the share of the N, if silence is chance: approximate.

    The sample counts as n(N-1)/(N-n) persons; all answering gives width 0. Cut at the bounds,
    outside which no share is possible. Its coverage falls below the nominal one when few are
    silent, so `hypergeometric_interval` comes first. Source: wilson1927probable.
    """
    x, n, N = answers(x, n, N)
    somebody(n)
    low, high = _wilson_fpc(np.array([x]), n, N, tail(confidence))
    return Interval(float(low[0]), float(high[0]))


def _wilson_fpc(x: np.ndarray, n: int, N: int, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    if n == N:
        return x / N, x / N
    nominal = n * (N - 1) / (N - n)
    low, high = proportion_confint(x / n * nominal, nominal, alpha=2 * alpha, method="wilson")
    return np.maximum(low, x / N), np.minimum(high, (x + N - n) / N)


def mid_p(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Exact binomial interval with half of the observed probability (mid-p).

    Source: newcombe1998single (method 6), berry1995midp.
    """
    x, n, _ = answers(x, n)
    somebody(n)
    upper = _mid_p_upper(np.array([x, n - x]), n, tail(confidence))
    return Interval(float(1 - upper[1]), float(upper[0]))


def _mid_p_upper(x: np.ndarray, n: int, alpha: float) -> np.ndarray:
    """Share at which P(fewer than x) + P(x) / 2 has fallen to alpha, by bisection."""
    low, high = x / n, np.ones(len(x))
    inner = np.clip(x, 1, n - 1 if n > 1 else 1)  # keeps the beta function's arguments positive
    for _ in range(60):
        p = (low + high) / 2
        below = np.where(x == 0, 0.0, betaincc(inner, n - inner + 1, p))
        upto = np.where(x == n, 1.0, np.where(x == 0, (1 - p) ** n, betaincc(x + 1, n - inner, p)))
        rare = (below + upto) / 2 < alpha
        low, high = np.where(rare, low, p), np.where(rare, p, high)
    return np.where(x == n, 1.0, high)


def clopper_pearson(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Exact binomial interval, never below its coverage and so often wide.

    Source: brown2001interval.
    """
    x, n, _ = answers(x, n)
    somebody(n)
    low, high = proportion_confint(x, n, alpha=2 * tail(confidence), method="beta")
    return Interval(float(low), float(high))


def newcombe(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Difference:
    """Difference of two independent shares with Newcombe's hybrid score interval.

    Source: newcombe1998difference (method 10).
    """
    x1, n1, _ = answers(x1, n1)
    x2, n2, _ = answers(x2, n2)
    if not n1 or not n2:
        raise CannotSay("One of the two groups is empty, so nothing can be compared.")
    low, high = confint_proportions_2indep(
        x1, n1, x2, n2, method="newcomb", alpha=2 * tail(confidence)
    )
    return Difference(x1 / n1 - x2 / n2, float(low), float(high))


@lru_cache(maxsize=512)
def interval_table(method: Method, n: int, N: int, confidence: float = 0.95) -> np.ndarray:
    """Any interval of this module for every x, in persons of N: float array (n + 1, 2).

    Cached and read-only. Shares for people like these are multiplied by N, so that all
    methods can be drawn and judged on one scale.
    """
    n, N = whole(n, "the number who answered", high=N), whole(N, "the size of the group")
    alpha, x = tail(confidence), np.arange(n + 1)
    if method not in get_args(Method):
        raise UserError(
            f"There is no interval {method!r}. Use one of {', '.join(get_args(Method))}."
        )
    if method == "bounds":
        return _frozen(np.column_stack([x, x + N - n]).astype(float))
    if method == "hypergeometric":
        return _frozen(hypergeometric_table(n, N, confidence).astype(float))
    somebody(n)
    if method == "wilson-fpc":
        return _frozen(N * np.column_stack(_wilson_fpc(x, n, N, alpha)))
    if method == "mid-p":
        upper = _mid_p_upper(x, n, alpha)
        return _frozen(N * np.column_stack([1 - upper[::-1], upper]))
    name = {"wilson": "wilson", "clopper-pearson": "beta"}[method]
    return _frozen(N * np.column_stack(proportion_confint(x, n, alpha=2 * alpha, method=name)))


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)  # a cached array must not be changed by one of its readers
    return array

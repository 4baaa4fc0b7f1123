"""What the silent may have answered: from no assumption to an assumption, and back.

`pattern_mixture` moves the log-odds of the silent away from those who answered;
`tipping_point` says how many silent persons it takes to turn a sentence; `coverage` computes
exactly how often an interval is right when silence depends on the answer.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, gammaln, logit

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import answers, fraction, somebody, whole


class TippingPoint(NamedTuple):
    """When the share of the N falls below a threshold.

    It does only if at most `at_most` of the `silent` said yes. `at_most` is -1 when it never
    can and equals `silent` when it always does; `settled` says that either is the case.
    `delta` is the log-odds shift of the silent at which the expected share meets the
    threshold (infinite when no shift does).
    """

    silent: int
    at_most: int
    settled: bool
    delta: float


def delta_adjusted(x: int, n: int, N: int, delta: float | np.ndarray = 0.0):
    """Expected persons of the N who would say yes if the silent's log-odds differ by `delta`.

    delta 0 means that the silent are like those who answered; minus and plus infinity give the
    bounds. A scalar gives a float, an array an array. If all (or none) of those who answered
    said yes, every finite delta leaves the silent the same. Source: little1993pattern.
    """
    x, n, N = answers(x, n, N)
    somebody(n)
    delta = np.asarray(delta, dtype=float)
    if x in (0, n) and np.isinf(delta).any():
        raise UserError("An infinite shift of a share of 0 or 1 is undefined. Use the bounds.")
    persons = x + (N - n) * expit(logit(x / n) + delta)
    return float(persons) if persons.ndim == 0 else persons


def pattern_mixture(x: int, n: int, N: int, deltas: np.ndarray | None = None) -> pd.DataFrame:
    """`delta_adjusted` along a scale: columns delta, silent_share, persons, share.

    By default from -2 to 2 in steps of 0.1. Source: little1993pattern.
    """
    deltas = np.round(np.arange(-20, 21) / 10, 1) if deltas is None else np.asarray(deltas, float)
    persons = delta_adjusted(x, n, N, deltas)
    silent = expit(logit(x / n) + deltas) if n < N else np.full(len(deltas), np.nan)
    return pd.DataFrame(
        {"delta": deltas, "silent_share": silent, "persons": persons, "share": persons / N}
    )


def tipping_point(x: int, n: int, N: int, threshold: float) -> TippingPoint:
    """How few of the silent must have said yes for the share of the N to be below `threshold`.

    33 yes among 50 answers of 66 and a threshold of 0.6: at most 6 of the 16 silent.
    """
    x, n, N = answers(x, n, N)
    if not 0 < threshold <= 1:
        raise UserError(f"The threshold is a share between 0 and 1, not {threshold!r}.")
    if N == 0:
        raise CannotSay("The group is empty, so it has no share.")
    silent = N - n
    # Below the threshold means fewer than threshold * N persons: strictly, and in exact arithmetic.
    at_most = min(math.ceil(fraction(threshold) * N) - 1 - x, silent)
    at_most = max(at_most, -1)
    return TippingPoint(
        silent, at_most, at_most in (-1, silent), _tipping_delta(x, n, N, threshold)
    )


def _tipping_delta(x: int, n: int, N: int, threshold: float) -> float:
    silent = N - n
    if silent == 0 or x in (0, n):
        return math.nan
    needed = (threshold * N - x) / silent
    if not 0 < needed < 1:
        return -math.inf if needed <= 0 else math.inf
    return float(logit(needed) - logit(x / n))


def compatible_pairs(N: int, low: float, high: float) -> pd.DataFrame:
    """All (answered, yes) pairs of a group of N whose share lies in [low, high].

    Columns n, x, fewest, most (the bounds, in persons) and majority: "certain" when more than
    half of the N is shown whatever the silent did, "impossible" when half or fewer is, else
    "cannot be told". Arithmetic only; limits are met exactly, as decimal numbers.
    """
    N = whole(N, "the size of the group", low=1)
    _small_enough(N)
    if not 0 <= low <= high <= 1:
        raise UserError(
            f"The range {low!r} to {high!r} is not a range of shares. Use 0 <= low <= high <= 1."
        )
    least, most = fraction(low), fraction(high)
    pairs = [
        (n, x)
        for n in range(1, N + 1)
        for x in range(math.ceil(least * n), math.floor(most * n) + 1)
    ]
    table = pd.DataFrame(pairs, columns=["n", "x"], dtype="int64")
    table["fewest"] = table["x"]
    table["most"] = table["x"] + N - table["n"]
    table["majority"] = np.select(
        [2 * table["fewest"] > N, 2 * table["most"] <= N],
        ["certain", "impossible"],
        "cannot be told",
    )
    return table


def answer_probabilities(n: int, N: int, odds: float = 1.0) -> np.ndarray:
    """Probability of x yes among n answers for every true count: array (N + 1, n + 1).

    `odds` is how many times higher the odds of answering are for those who would say yes;
    1 is silence by chance (hypergeometric), else Fisher's noncentral hypergeometric.
    Source: fog2008sampling.
    """
    _, n, N = answers(0, n, N)
    _small_enough(N)
    if not 0 < odds < math.inf:
        raise UserError(f"odds must be above 0 and finite, not {odds!r}.")
    M, x = np.arange(N + 1)[:, None], np.arange(n + 1)[None, :]
    possible = (x <= M) & (n - x <= N - M)
    with np.errstate(invalid="ignore"):
        log_ways = _log_choose(M, x) + _log_choose(N - M, n - x) + x * math.log(odds)
    log_ways = np.where(possible, log_ways, -np.inf)
    weights = np.exp(log_ways - log_ways.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def coverage(table: np.ndarray, n: int, N: int, odds: float = 1.0) -> np.ndarray:
    """Exact probability that the interval holds the true count, for every count 0 to N.

    `table`: array (n + 1, 2) in persons, from `interval_table`; `odds` as in
    `answer_probabilities`. Source: morris2019simulation (performance), by enumeration.
    """
    table = np.asarray(table, dtype=float)
    if table.shape != (n + 1, 2):
        raise UserError(
            f"The table of intervals needs {n + 1} rows of two limits, not {table.shape}."
        )
    true = np.arange(N + 1)[:, None]
    # Limits that are shares times N carry rounding: a limit at 33 must count as holding 33.
    held = (table[:, 0] - 1e-9 <= true) & (true <= table[:, 1] + 1e-9)
    return (answer_probabilities(n, N, odds) * held).sum(axis=1)


def _small_enough(N: int) -> None:
    if N > 5000:  # everything is enumerated: N x n cells
        raise UserError(f"A group of {N} is too large to enumerate. Simulate, or use at most 5000.")


def _log_choose(total: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    chosen = np.clip(chosen, 0, total)
    return gammaln(total + 1) - gammaln(chosen + 1) - gammaln(total - chosen + 1)

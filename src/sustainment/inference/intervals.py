"""Turnbull's survival curve for events known only to lie between two times.

"Some time between two and three years after training" is what people remember. The curve may
fall only inside a few innermost intervals, and how it falls within one cannot be known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sustainment.errors import CannotSay, UserError

# Order of marks at the same time: an exact event opens and closes before (t, …] opens.
_EXACT_OPENS, _CLOSES, _OPENS_AFTER = 0, 1, 2


@dataclass(frozen=True)
class Turnbull:
    """`intervals`: left, right, mass, survival_after, a row an innermost interval (left, right].

    left == right is an exact time; right = inf holds those never seen to stop. `iterations`
    says how long the estimate took; `n` counts persons.
    """

    intervals: pd.DataFrame
    iterations: int
    n: int

    def at(self, time: float) -> tuple[float, float]:
        """Lowest and highest survival at `time` that the estimate allows; equal outside intervals."""
        left, right, mass = (self.intervals[c].to_numpy() for c in ("left", "right", "mass"))
        after = right > time
        return float(mass[after & (left >= time)].sum()), float(mass[after].sum())

    def median(self) -> tuple[float, float]:
        """The interval in which survival falls to one half; (last left, inf) if not reached."""
        reached = np.flatnonzero(self.intervals["survival_after"].to_numpy() <= 0.5 + 1e-9)
        row = self.intervals.iloc[reached[0]]
        return float(row["left"]), float(row["right"])


def turnbull(
    left: object, right: object, tolerance: float = 1e-10, most_iterations: int = 50_000
) -> Turnbull:
    """Nonparametric maximum likelihood from intervals (left, right], by self-consistency (EM).

    left == right: exactly then. right missing or inf: not stopped when last heard of at left.
    left missing: 0. Same persons with the same interval are counted together, so years cost
    little. Source: turnbull1976empirical.
    """
    lower, upper = _bounds(left, right)
    pairs, weights = np.unique(np.column_stack([lower, upper]), axis=0, return_counts=True)
    inner = _innermost(pairs)
    held = _held(pairs, inner)
    mass, iterations = _self_consistent(held, len(inner), weights, tolerance, most_iterations)
    table = pd.DataFrame({"left": inner[:, 0], "right": inner[:, 1], "mass": mass})
    table["survival_after"] = np.maximum(1 - table["mass"].cumsum(), 0.0)
    return Turnbull(table, iterations, len(lower))


def _bounds(left: object, right: object) -> tuple[np.ndarray, np.ndarray]:
    try:
        lower, upper = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    except (TypeError, ValueError):
        raise UserError("left and right must be numbers, or missing.") from None
    if lower.shape != upper.shape or lower.ndim != 1:
        raise UserError("left and right must be two columns of the same length.")
    if not len(lower):
        raise CannotSay("Nobody was followed, so there is no curve.")
    lower, upper = np.where(np.isnan(lower), 0.0, lower), np.where(np.isnan(upper), np.inf, upper)
    wrong = np.flatnonzero((lower > upper) | (lower < 0) | np.isinf(lower))
    if len(wrong):
        i = wrong[0]
        raise UserError(
            f"Person {i + 1} stopped between {lower[i]:g} and {upper[i]:g}, which is no interval. "
            "Give left <= right, both from 0 on."
        )
    if np.isinf(upper).all():
        raise CannotSay(
            "Nobody stopped in the time seen, so no curve falls. Report who was followed."
        )
    return lower, upper


def _innermost(pairs: np.ndarray) -> np.ndarray:
    """Intervals that begin with an observed left end directly followed by a right end."""
    lower, upper = pairs.T
    exact = lower == upper
    time = np.concatenate([lower, upper])
    rank = np.concatenate(
        [np.where(exact, _EXACT_OPENS, _OPENS_AFTER), np.full(len(upper), _CLOSES)]
    )
    order = np.lexsort((rank, time))
    time, closes = time[order], rank[order] == _CLOSES
    starts = np.flatnonzero(~closes[:-1] & closes[1:])
    return np.column_stack([time[starts], time[starts + 1]])


def _held(pairs: np.ndarray, inner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which innermost intervals can hold whose event: from `first` up to, not including, `stop`.

    They lie in order and apart, so those inside one person's interval follow each other; no table
    of persons by intervals is needed.
    """
    lower, upper = pairs.T
    left, right = inner.T
    first = np.searchsorted(left, lower, side="left")
    at = np.minimum(first, len(left) - 1)
    # (t, …] does not hold the exact time t.
    first = first + ((lower < upper) & (left[at] == lower) & (right[at] == lower))
    return first, np.searchsorted(right, upper, side="right")


def _self_consistent(
    held: tuple[np.ndarray, np.ndarray],
    intervals: int,
    weights: np.ndarray,
    tolerance: float,
    most: int,
) -> tuple[np.ndarray, int]:
    first, stop = held
    share = weights / weights.sum()
    mass = np.full(intervals, 1 / intervals)
    for iteration in range(1, most + 1):
        total = np.concatenate([[0.0], mass.cumsum()])
        pull = share / (total[stop] - total[first])
        ends = np.bincount(first, pull, intervals + 1) - np.bincount(stop, pull, intervals + 1)
        updated = mass * np.maximum(ends.cumsum()[:intervals], 0.0)
        change = np.abs(updated - mass).max()
        mass = updated / updated.sum()
        if change < tolerance:
            return mass, iteration
    if math.isfinite(change) and change < 1e-6:
        return mass, most
    raise UserError("Turnbull's estimate did not settle. Check the intervals for mistakes.")

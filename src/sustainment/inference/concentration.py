"""Who carries most of a total: the share of the busiest, Lorenz's curve, and what is not known.

Counts of families per clinician are skewed, so a mean misleads; "k persons hold half" does not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import numbers, whole
from sustainment.inference.counts import CountInterval


def busiest_share(counts: object, k: int) -> float:
    """Share of the total held by the k persons with the most; ties change nothing."""
    values = _amounts(counts)
    k = whole(k, "the number of busiest persons", low=1, high=len(values))
    largest = np.partition(values, len(values) - k)[len(values) - k :]
    return float(largest.sum() / values.sum())


def fewest_holding(counts: object, share: float = 0.5) -> int:
    """Smallest number of persons who together hold at least `share` of the total."""
    values = np.sort(_amounts(counts))[::-1]
    if not 0 < share <= 1:
        raise UserError(f"share lies above 0 and at most at 1, not at {share!r}.")
    held = np.cumsum(values)
    # A hair below the line counts as on it: 0.1 * 3 is not 0.3 in floating point.
    return int(np.searchsorted(held, share * held[-1] * (1 - 1e-12)) + 1)


def lorenz(counts: object) -> pd.DataFrame:
    """Lorenz's curve from (0, 0) to (1, 1): columns people and total, as shares, least first.

    Source: lorenz1905methods.
    """
    values = np.sort(_amounts(counts))
    return pd.DataFrame(
        {
            "people": np.arange(len(values) + 1) / len(values),
            "total": np.concatenate([[0.0], np.cumsum(values) / values.sum()]),
        }
    )


def total_bounds(total: int, n: int, N: int, most_per_person: int) -> CountInterval:
    """Total of the N when n of them reported `total` and a silent person has 0 to `most_per_person`.

    `most_per_person` is an assumption and has to be said. `of` is the highest total the
    assumption allows. Source: manski1990nonparametric.
    """
    N = whole(N, "the size of the group")
    n = whole(n, "the number who answered", high=N)
    most = whole(most_per_person, "the plausible maximum per person")
    total = whole(total, "the reported total")
    if n == 0 and total:
        raise UserError("Nobody answered, so the reported total must be 0. Check the counts.")
    high = total + (N - n) * most
    return CountInterval(total, high, max(N * most, high))


def _amounts(counts: object) -> np.ndarray:
    values = numbers(counts, "the counts")
    if len(values) == 0:
        raise CannotSay("Nobody answered, so there is no total to share.")
    if (values < 0).any():
        raise UserError("A count is below zero. Check the data.")
    if values.sum() == 0:
        raise CannotSay("Everybody has zero, so there is no total to share.")
    return values

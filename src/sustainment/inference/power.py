"""What a comparison of two small groups can find: exact power, and exaggeration.

Every possible pair of counts is enumerated, so nothing is approximate but Boschloo's p. Power
belongs before the data; with a fixed group say what could have been found, never the "observed
power".
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

import numpy as np
from scipy.stats import binom, hypergeom

from sustainment.errors import UserError
from sustainment.inference.checks import whole

Test = Literal["fisher", "mid-p", "boschloo"]


class Exaggeration(NamedTuple):
    """What significant results look like when the truth is small.

    `power`: chance of significance; `exaggeration`: mean size of significant differences over
    the true one; `wrong_sign`: share of significant results that point the wrong way.
    """

    power: float
    exaggeration: float
    wrong_sign: float


@lru_cache(maxsize=64)
def p_values(n1: int, n2: int, test: Test = "fisher") -> np.ndarray:
    """Two-sided p for every (yes of n1, yes of n2): array (n1 + 1, n2 + 1), cached, read-only.

    "fisher" and "mid-p" as in `effects.fisher_mid_p`; "boschloo" orders tables by Fisher's
    two-sided p and takes the largest chance over the common share, searched on a grid.
    Source: lancaster1961significance, boschloo1970raised.
    """
    n1, n2 = whole(n1, "the size of the first group", 1), whole(n2, "the size of the second", 1)
    if test not in get_args(Test):
        raise UserError(f"There is no test {test!r}. Use fisher, mid-p or boschloo.")
    table = _fisher(n1, n2, mid=test == "mid-p")
    if test == "boschloo":
        table = _boschloo(table, n1, n2)
    table.setflags(write=False)
    return table


def _fisher(n1: int, n2: int, mid: bool) -> np.ndarray:
    p = np.empty((n1 + 1, n2 + 1))
    for yes in range(n1 + n2 + 1):  # all tables with this many yes compare with each other
        first = np.arange(max(0, yes - n2), min(n1, yes) + 1)
        chance = hypergeom.pmf(first, n1 + n2, yes, n1)
        rarer = chance[None, :] < chance[:, None] * (1 - 1e-7)
        equal = np.abs(chance[None, :] / chance[:, None] - 1) <= 1e-7
        p[first, yes - first] = (chance * (rarer + equal * (0.5 if mid else 1))).sum(axis=1)
    return np.minimum(p, 1.0)


def _boschloo(fisher: np.ndarray, n1: int, n2: int) -> np.ndarray:
    order = np.argsort(fisher, axis=None, kind="stable")
    ranked = fisher.ravel()[order]
    # Tables whose Fisher p is equal but for rounding enter together.
    last = np.searchsorted(ranked, ranked * (1 + 1e-9), side="right") - 1
    largest = np.zeros(fisher.size)
    for share in np.linspace(0.0005, 0.9995, 2000):
        chance = np.outer(
            binom.pmf(np.arange(n1 + 1), n1, share), binom.pmf(np.arange(n2 + 1), n2, share)
        )
        largest = np.maximum(largest, chance.ravel()[order].cumsum()[last])
    p = np.empty(fisher.size)
    p[order] = np.minimum(largest, 1.0)
    return p.reshape(fisher.shape)


def power_two_proportions(
    p1: float, p2: float, n1: int, n2: int, alpha: float = 0.05, test: Test = "fisher"
) -> float:
    """Exact chance that the test gives p <= alpha when the shares are p1 and p2."""
    return float((_chances(p1, p2, n1, n2) * (p_values(n1, n2, test) <= alpha)).sum())


def exaggeration(
    p1: float, p2: float, n1: int, n2: int, alpha: float = 0.05, test: Test = "fisher"
) -> Exaggeration:
    """Power, exaggeration and wrong sign of the significant differences p1 - p2, exactly.

    Ratios are NaN when nothing can be significant or the true difference is 0.
    Source: gelman2014beyond.
    """
    chance = _chances(p1, p2, n1, n2) * (p_values(n1, n2, test) <= alpha)
    power = float(chance.sum())
    if power == 0 or p1 == p2:
        return Exaggeration(power, math.nan, math.nan)
    observed = np.arange(n1 + 1)[:, None] / n1 - np.arange(n2 + 1)[None, :] / n2
    size = float((chance * np.abs(observed)).sum() / power / abs(p1 - p2))
    wrong = float(chance[np.sign(observed) == -np.sign(p1 - p2)].sum() / power)
    return Exaggeration(power, size, wrong)


def _chances(p1: float, p2: float, n1: int, n2: int) -> np.ndarray:
    for share in (p1, p2):
        if not 0 <= share <= 1:
            raise UserError(f"A true share lies between 0 and 1, not at {share!r}.")
    first, second = np.arange(n1 + 1), np.arange(n2 + 1)
    return np.outer(binom.pmf(first, n1, p1), binom.pmf(second, n2, p2))

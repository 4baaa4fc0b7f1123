"""Simulated small studies whose truth is known, reported by aims, data, estimands, methods, performance.

Each task draws `runs` studies and returns a row a study. `simulate` cuts the runs into batches of
fixed size, each with a random stream of its own, so that a seed gives the same numbers with one
worker or with many. What can be enumerated (coverage, power) is not simulated: see `silence`, `power`.
Reporting follows morris2019simulation.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd

from sustainment.inference.checks import whole
from sustainment.inference.intervals import turnbull
from sustainment.inference.logistic import firth_coefficients
from sustainment.inference.power import p_values
from sustainment.inference.survival import kaplan_meier
from sustainment.streams import rng

BATCH = 50
Task = Callable[..., pd.DataFrame]


def simulate(
    task: Task, runs: int, seed: int, *, workers: int = 1, label: str = "", **settings: Any
) -> pd.DataFrame:
    """`runs` simulated studies by `task(rng, runs, **settings)`, a row each, in order.

    label: names the random stream (default: the task's name). workers: processes that share the
    batches; the numbers do not depend on it. Raises UserError for runs or workers below 1.
    """
    runs, workers = whole(runs, "the number of runs", low=1), whole(workers, "workers", low=1)
    label = label or task.__name__
    sizes = [min(BATCH, runs - start) for start in range(0, runs, BATCH)]
    one = partial(_batch, task, seed, label, settings)
    if workers == 1 or len(sizes) == 1:
        parts = [one(number, size) for number, size in enumerate(sizes)]
    else:
        # spawned, not forked: a notebook's kernel has threads, which a fork would leave half alive
        with ProcessPoolExecutor(min(workers, len(sizes)), get_context("spawn")) as pool:
            parts = list(pool.map(one, range(len(sizes)), sizes))
    return pd.concat(parts, ignore_index=True)


def _batch(
    task: Task, seed: int, label: str, settings: dict[str, Any], number: int, size: int
) -> pd.DataFrame:
    return task(rng(seed, f"simulation/{label}/{number}"), size, **settings)


def standard_error(values: object) -> float:
    """Monte Carlo standard error of the mean of simulated values; NaN values are left out.

    Source: morris2019simulation.
    """
    known = pd.to_numeric(pd.Series(values)).dropna().astype(float)
    return float(known.std(ddof=1) / math.sqrt(len(known))) if len(known) > 1 else math.nan


def fish_subgroups(
    draw: np.random.Generator,
    runs: int,
    *,
    n: int = 50,
    share: float = 2 / 3,
    subgroups: int = 20,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Nothing is so: `n` persons say yes with probability `share`, whatever group they are in.

    Each is cut by `subgroups` traits that have nothing to do with the answer, held by a fifth to
    a half of the persons; each cut is tested by the mid-p. Columns smallest_p, found (any p below
    alpha), found_corrected (any below alpha / subgroups).
    """
    rows = []
    for _ in range(runs):
        yes = draw.random(n) < share
        held = draw.random((subgroups, n)) < draw.uniform(0.2, 0.5, (subgroups, 1))
        p = min(_trait_p(yes, trait) for trait in held)
        rows.append((p, p < alpha, p < alpha / subgroups))
    return pd.DataFrame(rows, columns=["smallest_p", "found", "found_corrected"])


def _trait_p(yes: np.ndarray, trait: np.ndarray) -> float:
    size, n = int(trait.sum()), len(yes)
    if size in (0, n):
        return 1.0
    return float(p_values(size, n - size, "mid-p")[(yes & trait).sum(), (yes & ~trait).sum()])


def separate(
    draw: np.random.Generator,
    runs: int,
    *,
    n: int = 50,
    prevalence: float = 0.2,
    log_odds: float = 1.2,
    share: float = 2 / 3,
) -> pd.DataFrame:
    """One yes/no trait, held by `prevalence` of `n` persons, that shifts the log-odds of yes.

    share: of yes without the trait. Columns separated (an empty cell, so that maximum likelihood
    has no finite answer), likelihood (its estimate, else NaN), firth. Source: firth1993bias,
    heinze2002solution.
    """
    base = math.log(share / (1 - share))
    rows = []
    for _ in range(runs):
        trait = np.zeros(n)
        trait[: round(prevalence * n)] = 1
        yes = (draw.random(n) < 1 / (1 + np.exp(-base - log_odds * trait))).astype(float)
        cells = [((yes == y) & (trait == x)).sum() for y in (1, 0) for x in (1, 0)]
        separated = min(cells) == 0
        a, b, c, d = cells
        ordinary = math.nan if separated else math.log(a * d / (b * c))
        # One answer for everybody leaves nothing to compare, for Firth too.
        one_answer = a + b in (0, n)
        penalised = math.nan if one_answer else float(firth_coefficients(trait[:, None], yes)[1])
        rows.append((separated, ordinary, penalised))
    return pd.DataFrame(rows, columns=["separated", "likelihood", "firth"])


def weibull_survival(time: float, shape: float, scale: float) -> float:
    """The true share still at it after `time` months."""
    return math.exp(-((time / scale) ** shape))


def remember_years(
    draw: np.random.Generator,
    runs: int,
    *,
    n: int = 50,
    shape: float = 1.2,
    scale: float = 89.0,
    since: Sequence[int] = (60, 42, 24),
    at: float = 24,
) -> pd.DataFrame:
    """Persons stop by a Weibull law; those who stopped say how many whole years ago.

    since: months from training to survey, a cohort each. Survival at `at` months by four methods:
    exact (Kaplan-Meier on months nobody would remember), face_value (stopped exactly so many years
    ago), midpoint (half a year earlier), and Turnbull's lowest and highest. Source:
    kaplan1958nonparametric, turnbull1976empirical.
    """
    follow_up = np.array([since[i % len(since)] for i in range(n)], dtype=float)
    rows = []
    for _ in range(runs):
        stop = scale * draw.weibull(shape, n)
        event = stop <= follow_up
        ago = np.floor((follow_up - np.minimum(stop, follow_up)) / 12)
        latest = np.where(event, follow_up - 12 * ago, follow_up)
        earliest = np.where(event, np.maximum(latest - 12, 0), follow_up)
        times = {
            "exact": np.minimum(stop, follow_up),
            "face_value": latest,
            "midpoint": np.where(event, (earliest + latest) / 2, follow_up),
        }
        found = {name: _survival_at(time, event, at) for name, time in times.items()}
        low, high = _turnbull_at(earliest, latest, event, at)
        rows.append(found | {"turnbull_low": low, "turnbull_high": high})
    return pd.DataFrame(rows)


def _turnbull_at(
    earliest: np.ndarray, latest: np.ndarray, event: np.ndarray, at: float
) -> tuple[float, float]:
    if not event.any():
        return 1.0, 1.0
    # five digits are plenty beside the noise of a simulated study
    return turnbull(earliest, np.where(event, latest, np.inf), tolerance=1e-6).at(at)


def _survival_at(time: np.ndarray, event: np.ndarray, at: float) -> float:
    """Kaplan-Meier at one time; 1 when nobody had stopped by then."""
    if not event.any():
        return 1.0
    return float(kaplan_meier(time, event).at([at])["survival"].iloc[0])


def inflate_zeros(
    draw: np.random.Generator,
    runs: int,
    *,
    n: int = 50,
    mean: float = 5.0,
    dispersion: float = 1.0,
    extra_zeros: float = 0.0,
) -> pd.DataFrame:
    """Counts of families: negative binomial, with a share `extra_zeros` who never had any.

    Columns negative_binomial (its estimated mean), converged (the zero-inflated fit says so),
    unusable (its zero part sits on the boundary or has no standard error below 5 log-odds), extra (its
    share of extra zeros). mean: of those without extra zeros; variance mean + dispersion × mean².
    """
    from statsmodels.discrete.count_model import ZeroInflatedNegativeBinomialP
    from statsmodels.discrete.discrete_model import NegativeBinomial

    rows = []
    for _ in range(runs):
        counts = draw.negative_binomial(1 / dispersion, 1 / (1 + dispersion * mean), n)
        counts[draw.random(n) < extra_zeros] = 0
        constant = np.ones((n, 1))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # the fits complain; what they say is counted below
            plain = NegativeBinomial(counts, constant).fit(disp=0)
            inflated = ZeroInflatedNegativeBinomialP(counts, constant).fit(disp=0, maxiter=300)
        logit, error = float(inflated.params[0]), float(inflated.bse[0])
        rows.append(
            {
                "negative_binomial": float(np.exp(plain.params[0])),
                "converged": bool(inflated.mle_retvals["converged"]),
                "unusable": not (abs(logit) < 5 and error < 5),
                "extra": 1 / (1 + math.exp(-min(max(logit, -700), 700))),
            }
        )
    return pd.DataFrame(rows)

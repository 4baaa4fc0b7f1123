"""Logistic regression for few persons: Firth's penalty, and a check for separation first.

When a covariate sorts yes from no completely, maximum likelihood has no answer and software
prints a huge number. `separation` finds that beforehand; `firth` has an answer either way.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import brentq, linprog
from scipy.special import expit
from scipy.stats import chi2

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import tail

Separation = Literal["none", "quasi-complete", "complete"]


class FirthFit(NamedTuple):
    """Coefficients with profile limits; `table` is indexed by term, "(intercept)" first.

    Columns: coefficient, low, high, se, p (log-odds, penalised likelihood ratio), odds_ratio,
    odds_low, odds_high. `loglik` and `null_loglik` are penalised; `events` counts the yes.
    """

    table: pd.DataFrame
    loglik: float
    null_loglik: float
    n: int
    events: int


def separation(X: pd.DataFrame, y: pd.Series) -> Separation:
    """Whether some combination of the columns of X sorts y = 1 from y = 0.

    "complete": every person is sorted; "quasi-complete": some lie on the line, none on the
    wrong side. Found by linear programming. Source: konis2007linear, albert1984existence.
    """
    design, outcome, _ = _design(X, y)
    # Push the persons to their side of a line, none to the wrong one, by bounded weights.
    sided = np.where(outcome[:, None] == 1, design, -design)
    scale = np.abs(sided).max(axis=0)
    result = linprog(
        -(sided / scale).sum(axis=0),
        A_ub=-sided / scale,
        b_ub=np.zeros(len(sided)),
        bounds=[(-1, 1)] * sided.shape[1],
        method="highs",
    )
    if -result.fun < 1e-6 * len(sided):  # the solver's own tolerance, for everybody
        return "none"
    return "complete" if _completely_separated(sided / scale) else "quasi-complete"


def _completely_separated(sided: np.ndarray) -> bool:
    """Is there a line that keeps every person a margin of at least 1 on the right side?"""
    terms = sided.shape[1]
    result = linprog(
        np.zeros(terms),
        A_ub=-sided,
        b_ub=-np.ones(len(sided)),
        bounds=[(None, None)] * terms,
        method="highs",
    )
    return result.status == 0


def maximum_likelihood(X: pd.DataFrame, y: pd.Series, confidence: float = 0.95) -> pd.DataFrame:
    """Ordinary logistic regression with Wald limits, or a `UserError` when it has no answer.

    Columns as in `FirthFit.table`. Kept for comparison with `firth`.
    """
    design, outcome, names = _design(X, y)
    found = separation(X, y)
    if found != "none":
        raise CannotSay(
            f"The answers are separated ({found}): a covariate sorts yes from no, so maximum "
            "likelihood has no finite answer. Use firth() or leave the covariate out."
        )
    fit = sm.Logit(outcome, design).fit(disp=0)
    limits = fit.conf_int(alpha=2 * tail(confidence))
    return _table(names, fit.params, limits[:, 0], limits[:, 1], fit.bse, fit.pvalues)


def firth(X: pd.DataFrame, y: pd.Series, confidence: float = 0.95) -> FirthFit:
    """Logistic regression with Firth's penalty and profile penalised-likelihood limits.

    X: numeric columns without intercept (categories as 0/1), one row a person; y: 0/1 or
    boolean, same index. Rows with a missing value are refused, not dropped. Finite under
    separation; with numbers that separate completely the likelihood may have several ridges, and
    limits follow those found from the estimate outwards. Source: firth1993bias, heinze2002solution.
    """
    design, outcome, names = _design(X, y)
    drop = chi2.ppf(1 - 2 * tail(confidence), 1) / 2
    fits = [_profiled(design, outcome, j, drop) for j in range(len(names))]
    table = _table(names, *(np.array(column) for column in zip(*fits, strict=True)))
    basis, turn = np.linalg.qr(design)
    shift = np.log(np.abs(np.diag(turn))).sum()  # the penalty of the design as it was given
    nothing = np.arange(len(names)) == 0  # qr keeps the intercept as the first direction
    return FirthFit(
        table,
        float(_maximise(basis, outcome)[0] + shift),
        float(_maximise(basis, outcome, free=nothing)[0] + shift),
        len(outcome),
        int(outcome.sum()),
    )


def _profiled(
    design: np.ndarray, outcome: np.ndarray, j: int, drop: float
) -> tuple[float, float, float, float, float]:
    """Coefficient j, its limits, standard error and p.

    Works in orthonormal directions of which the last belongs to j alone: years around 2015 are
    then as easy as 0 and 1.
    """
    others = np.delete(np.arange(design.shape[1]), j)
    basis, turn = np.linalg.qr(design[:, [*others, j]])
    scale = turn[-1, -1]
    loglik, beta, information = _maximise(basis, outcome)
    se = math.sqrt(np.linalg.inv(information)[-1, -1])
    free = np.arange(len(beta)) < len(beta) - 1
    without = _maximise(basis, outcome, np.where(free, beta, 0.0), free)[0]
    limits = sorted(
        _profile_limit(basis, outcome, beta, loglik, drop, side * se) / scale for side in (-1, 1)
    )
    p = chi2.sf(max(2 * (loglik - without), 0.0), 1)
    return beta[-1] / scale, limits[0], limits[1], se / abs(scale), float(p)


def firth_coefficients(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Only the coefficients of `firth`, intercept first: for simulations.

    X: (n, k) without intercept; y: (n,) of 0 and 1. Inputs are trusted, not checked.
    """
    X = np.asarray(X, dtype=float)
    basis, turn = np.linalg.qr(np.column_stack([np.ones(len(X)), X]))
    return np.linalg.solve(turn, _maximise(basis, np.asarray(y, dtype=float))[1])


def _design(X: pd.DataFrame, y: pd.Series) -> tuple[np.ndarray, np.ndarray, list[str]]:
    X = pd.DataFrame(X)
    y = pd.Series(y)
    if len(X) != len(y):
        raise UserError(f"X has {len(X)} persons and y {len(y)}. Use the same rows for both.")
    if X.isna().to_numpy().any() or y.isna().any():
        raise UserError("A value is missing. Decide first who is analysed, then drop the rows.")
    try:
        design = np.column_stack([np.ones(len(X)), X.to_numpy(dtype=float)])
        outcome = y.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise UserError("X and y must be numbers. Turn categories into 0/1 columns.") from None
    if not np.isin(outcome, (0, 1)).all():
        raise UserError("y must be 0 or 1 (yes). Code the outcome first.")
    if outcome.min(initial=1) == outcome.max(initial=0) or len(np.unique(outcome)) < 2:
        raise CannotSay("Everybody gave the same answer, so nothing can explain a difference.")
    names = ["(intercept)", *map(str, X.columns)]
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise CannotSay(
            "A column of X is constant or repeats others, so its effect cannot be told. Leave it out."
        )
    return design, outcome, names


def _penalised(design: np.ndarray, outcome: np.ndarray, beta: np.ndarray):
    """Penalised log-likelihood, modified score and information at beta."""
    linear = design @ beta
    share = expit(linear)
    weight = share * (1 - share)
    information = (design * weight[:, None]).T @ design
    sign, log_determinant = np.linalg.slogdet(information)
    if sign <= 0 or not np.isfinite(log_determinant):
        return -math.inf, None, information
    leverage = weight * np.einsum("ij,ij->i", design @ np.linalg.inv(information), design)
    loglik = (outcome * linear - np.logaddexp(0, linear)).sum() + log_determinant / 2
    score = design.T @ (outcome - share + leverage * (0.5 - share))
    return loglik, score, information


def _maximise(
    design: np.ndarray,
    outcome: np.ndarray,
    start: np.ndarray | None = None,
    free: np.ndarray | None = None,
) -> tuple[float, np.ndarray, np.ndarray]:
    """Fisher's, then Newton's steps with halving over the `free` coefficients; the others stay at `start`."""
    beta = np.zeros(design.shape[1]) if start is None else start.copy()
    free = np.ones(len(beta), dtype=bool) if free is None else free
    loglik, score, information = _penalised(design, outcome, beta)
    if not np.isfinite(loglik):  # a start far out: begin again near the middle
        beta[free] = 0.0
        loglik, score, information = _penalised(design, outcome, beta)
    for steps in range(200):
        if score is None:
            break
        # Fisher's steps are cheap, but on a flat ridge, as separation leaves one, they swing from
        # side to side for ever; Newton's then end in a few.
        curvature = information if steps < 15 else _bend(design, outcome, beta, information)
        step = np.zeros_like(beta)
        try:
            step[free] = np.linalg.solve(curvature[np.ix_(free, free)], score[free])
        except np.linalg.LinAlgError:  # so far out that nobody's answer is in doubt
            score = None
            break
        # How much there is still to gain: the same in any unit a covariate is measured in.
        if score @ step < 1e-16:
            return loglik, beta, information
        step *= min(1.0, 5 / np.abs(design @ step).max())  # a longer step leaves sense behind
        for _ in range(60):
            trial = _penalised(design, outcome, beta + step)
            if trial[0] >= loglik - 1e-12 * abs(loglik):
                break
            step /= 2
        else:
            break
        beta, (loglik, score, information) = beta + step, trial
    if score is None or score @ step > 1e-6:
        raise CannotSay(
            "The regression did not settle: too few persons for these covariates, or one with "
            "extreme values. Leave one out."
        )
    return loglik, beta, information


def _bend(
    design: np.ndarray, outcome: np.ndarray, beta: np.ndarray, information: np.ndarray
) -> np.ndarray:
    """How the penalised likelihood curves at beta; the information where it does not curve down."""
    shifts = 1e-4 * np.eye(len(beta))
    above = [_penalised(design, outcome, beta + shift)[1] for shift in shifts]
    below = [_penalised(design, outcome, beta - shift)[1] for shift in shifts]
    if any(score is None for score in above + below):
        return information
    curvature = (np.array(below) - np.array(above)) / 2e-4
    curvature = (curvature + curvature.T) / 2
    return curvature if np.linalg.eigvalsh(curvature)[0] > 0 else information


def _profile_limit(
    basis: np.ndarray, outcome: np.ndarray, beta: np.ndarray, peak: float, drop: float, step: float
) -> float:
    """Where the penalised profile likelihood of the last direction lies `drop` below its peak."""
    level = peak - drop
    free = np.arange(len(beta)) < len(beta) - 1
    way = beta

    def gap(value: float) -> float:
        # The others may have two peaks: one near the whole fit's, one on the way so far.
        nonlocal way
        tried = [
            _maximise(basis, outcome, np.where(free, start, value), free) for start in (beta, way)
        ]
        loglik, way, _ = max(tried, key=lambda fit: fit[0])
        if loglik > peak + 1e-6:
            raise CannotSay(
                "The penalised likelihood has more than one peak: too few persons for these "
                "covariates. Leave one out."
            )
        return loglik - level

    inside, outside = beta[-1], beta[-1] + 2 * step
    for _ in range(60):
        if gap(outside) < 0:
            return brentq(gap, inside, outside, xtol=1e-10, rtol=1e-12)
        inside, outside = outside, beta[-1] + 1.6 * (outside - beta[-1])
    return math.copysign(math.inf, step)


def _table(names, coefficient, low, high, se, p) -> pd.DataFrame:
    table = pd.DataFrame(
        {"coefficient": coefficient, "low": low, "high": high, "se": se, "p": p},
        index=pd.Index(names, name="term"),
    )
    with np.errstate(over="ignore"):  # in an odd unit a ratio may truly be too large to write
        return _with_ratios(table)


def _with_ratios(table: pd.DataFrame) -> pd.DataFrame:
    for name, source in (("odds_ratio", "coefficient"), ("odds_low", "low"), ("odds_high", "high")):
        table[name] = np.exp(table[source])
    return table

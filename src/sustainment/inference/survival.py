"""Time until people stop: Kaplan-Meier, restricted mean, Cox, log-rank.

Time runs from the end of training (or any stated start) in the unit the caller chose; an event
is stopping, everybody else is censored when last heard of. Times remembered only as "between"
belong in `intervals.turnbull`.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight, survdiff
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import tail, whole


class Estimate(NamedTuple):
    """An estimate with standard error and limits, in the unit of time."""

    estimate: float
    se: float
    low: float
    high: float


class Quantile(NamedTuple):
    """A time with limits; NaN means that it was not reached."""

    estimate: float
    low: float
    high: float


class LogRank(NamedTuple):
    """Log-rank statistic, its asymptotic p, and the permutation p (NaN if none was asked)."""

    statistic: float
    p: float
    permutation_p: float


@dataclass(frozen=True)
class KaplanMeier:
    """A survival curve: `table` has a row an event time, up to `last`, the last time seen.

    Columns: time, at_risk, events, survival, se (Greenwood), low, high (log-log band, NaN
    where survival is 0).
    """

    table: pd.DataFrame
    last: float
    n: int
    times: np.ndarray  # sorted, of everybody

    def at(self, times: object) -> pd.DataFrame:
        """Curve at given times: time, at_risk, survival, low, high; NaN after the last one seen."""
        times = np.atleast_1d(np.asarray(times, dtype=float))
        at = np.searchsorted(self.table["time"].to_numpy(), times, side="right")
        columns = {"survival": 1.0, "low": 1.0, "high": 1.0}
        values = {
            name: np.concatenate([[start], self.table[name].to_numpy()])[at]
            for name, start in columns.items()
        }
        ended = self.table["survival"].iloc[-1] == 0
        if not ended:  # nobody was followed that long, so nothing is known
            values = {name: np.where(times > self.last, np.nan, v) for name, v in values.items()}
        at_risk = self.n - np.searchsorted(self.times, times, side="left")
        return pd.DataFrame({"time": times, "at_risk": at_risk, **values})

    def median(self, convention: Literal["midpoint", "strict"] = "midpoint") -> Quantile:
        """Time by which half have stopped, with limits from the log-log band.

        Two conventions when the curve is flat at exactly one half: "midpoint" of the flat
        part (as R), or "strict", its end (as statsmodels). Source: brookmeyer1982median.
        """
        if convention not in ("midpoint", "strict"):
            raise UserError(f"convention is 'midpoint' or 'strict', not {convention!r}.")
        return Quantile(*(self._crossing(c, convention) for c in ("survival", "low", "high")))

    def _crossing(self, column: str, convention: str) -> float:
        level, time = self.table[column].to_numpy(), self.table["time"].to_numpy()
        # A band that has become undefined (survival 0) lies below every level.
        level = np.where(np.isnan(level), 0.0 if column == "low" else np.nan, level)
        below = np.flatnonzero(level < 0.5 - 1e-12)
        flat = np.flatnonzero(np.abs(level - 0.5) <= 1e-12)
        if convention == "midpoint" and len(flat):
            end = time[below[0]] if len(below) else self.last
            return float((time[flat[0]] + end) / 2)
        return float(time[below[0]]) if len(below) else math.nan


def kaplan_meier(time: object, event: object, confidence: float = 0.95) -> KaplanMeier:
    """Kaplan-Meier curve with Greenwood's variance and a log-log band.

    `time`: above 0, numbers; `event`: 1 or True = stopped; same length, none missing. One
    event is enough, none is a `UserError`. Source: kaplan1958nonparametric.
    """
    times, events = _times(time, event)
    curve = SurvfuncRight(times, events)
    survival, se = np.asarray(curve.surv_prob), np.asarray(curve.surv_prob_se)
    z = norm.ppf(1 - tail(confidence))
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = z * se / (survival * np.log(survival))
        low, high = survival ** np.exp(-shift), survival ** np.exp(shift)
    defined = (survival > 0) & (survival < 1)
    table = pd.DataFrame(
        {
            "time": np.asarray(curve.surv_times, dtype=float),
            "at_risk": np.asarray(curve.n_risk).astype(int),
            "events": np.asarray(curve.n_events).astype(int),
            "survival": survival,
            "se": np.where(survival > 0, se, np.nan),
            "low": np.where(defined, low, np.nan),
            "high": np.where(defined, high, np.nan),
        }
    )
    table = table[table["events"] > 0].reset_index(drop=True)
    return KaplanMeier(table, float(times.max()), len(times), np.sort(times))


def rmst(curve: KaplanMeier, horizon: float, confidence: float = 0.95) -> Estimate:
    """Restricted mean: average time kept up to `horizon`, the area under the curve.

    The horizon may not lie beyond the last time seen, unless everybody had stopped. Without an
    event before it there is nothing to estimate the limits from: NaN.
    Source: royston2013restricted.
    """
    table = curve.table
    if horizon <= 0:
        raise UserError("The horizon must be above 0.")
    if horizon > curve.last and table["survival"].iloc[-1] > 0:
        raise UserError(
            f"The horizon {horizon:g} lies beyond the last time seen, {curve.last:g}. "
            "Choose one that somebody was followed to."
        )
    within = table[table["time"] < horizon]
    starts = np.concatenate([[0.0], within["time"]])
    widths = np.diff(np.append(starts, horizon))
    areas = widths * np.concatenate([[1.0], within["survival"]])
    ahead = np.cumsum(areas[::-1])[::-1][1:]  # area still to come after each event
    at_risk, events = within["at_risk"].to_numpy(float), within["events"].to_numpy(float)
    left = at_risk - events
    weight = np.divide(events, at_risk * left, out=np.zeros_like(left), where=left > 0)
    estimate, se = float(areas.sum()), float(math.sqrt((ahead**2 * weight).sum()))
    if se == 0:  # nobody stopped before the horizon: nothing to estimate the spread from
        return Estimate(estimate, math.nan, math.nan, math.nan)
    half = norm.ppf(1 - tail(confidence)) * se
    low, high = max(estimate - half, 0.0), min(estimate + half, float(horizon))
    return Estimate(estimate, se, float(low), float(high))


def cox(time: object, event: object, X: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Cox regression with Efron's handling of ties (as R, unlike statsmodels' default).

    Columns coefficient, se, hazard_ratio, low, high (limits of the ratio), p; index = term.
    A covariate for which one side never stops first has no finite ratio: `UserError`.
    Source: cox1972regression, efron1977efficiency.
    """
    times, events = _times(time, event)
    X = pd.DataFrame(X)
    design = X.to_numpy(dtype=float)
    if len(design) != len(times) or np.isnan(design).any():
        raise UserError("X needs a row for every person and no missing value.")
    if np.linalg.matrix_rank(design - design.mean(axis=0)) < design.shape[1]:
        raise CannotSay("A column of X is constant or repeats others. Leave it out.")
    for j, name in enumerate(X.columns):
        if _monotone(times, events, design[:, j]):
            raise CannotSay(
                f"Whoever stops is always at the same end of {name!r}, so its hazard ratio has no "
                "finite value. Show the curves instead."
            )
    fit = _fit_cox(times, events, design)
    half = norm.ppf(1 - tail(confidence)) * fit.bse
    return pd.DataFrame(
        {
            "coefficient": fit.params,
            "se": fit.bse,
            "hazard_ratio": np.exp(fit.params),
            "low": np.exp(fit.params - half),
            "high": np.exp(fit.params + half),
            "p": fit.pvalues,
        },
        index=pd.Index(X.columns, name="term"),
    )


def _fit_cox(times: np.ndarray, events: np.ndarray, design: np.ndarray):
    # A combination of covariates can separate too: the search then does not end, or the
    # standard error explodes.
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        with contextlib.suppress(ConvergenceWarning, np.linalg.LinAlgError):
            fit = PHReg(times, design, status=events, ties="efron").fit(disp=0)
            if (fit.bse * design.std(axis=0) <= 20).all():
                return fit
    raise CannotSay("The covariates together sort who stops first. Leave one of them out.")


def _monotone(times: np.ndarray, events: np.ndarray, values: np.ndarray) -> bool:
    """Does everyone who stops hold the highest (or always the lowest) value still at risk?"""
    order = np.argsort(-times, kind="stable")
    time, stopped, value = times[order], events[order] == 1, values[order]
    last_of_tie = np.searchsorted(-time, -time, side="right") - 1
    highest = np.maximum.accumulate(value)[last_of_tie]
    lowest = np.minimum.accumulate(value)[last_of_tie]
    return bool(
        (value[stopped] == highest[stopped]).all() or (value[stopped] == lowest[stopped]).all()
    )


def log_rank(
    time: object,
    event: object,
    group: object,
    permutations: int = 0,
    rng: np.random.Generator | None = None,
) -> LogRank:
    """Log-rank comparison of groups; with few persons use the permutation p.

    `permutations` > 0 needs `rng`; the p counts the observed arrangement too. Source:
    mantel1966evaluation; scores for the permutation: peto1972asymptotically.
    """
    times, events = _times(time, event)
    labels, names = pd.factorize(pd.Series(group), use_na_sentinel=True)
    if len(labels) != len(times) or (labels < 0).any():
        raise UserError("Every person needs a group. Say who belongs where.")
    if len(names) < 2:
        raise CannotSay("There is only one group, so nothing can be compared.")
    try:
        statistic, p = survdiff(times, events, labels)
    except np.linalg.LinAlgError:
        statistic = p = math.nan
    if not math.isfinite(statistic):
        raise CannotSay(
            "Whenever someone stopped, only one group was left or all stopped together, so the "
            "groups cannot be compared."
        )
    permutation_p = math.nan
    if permutations:
        if rng is None:
            raise UserError("A permutation needs a seeded generator: pass rng.")
        permutation_p = _permuted(_scores(times, events), labels, permutations, rng)
    return LogRank(float(statistic), float(p), permutation_p)


def _scores(times: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Event minus pooled cumulative hazard: a group's sum is its observed minus expected."""
    curve = SurvfuncRight(times, events)
    hazard = np.cumsum(np.asarray(curve.n_events) / np.asarray(curve.n_risk))
    at = np.searchsorted(curve.surv_times, times, side="right")
    return events - np.concatenate([[0.0], hazard])[at]


def _permuted(
    scores: np.ndarray, labels: np.ndarray, permutations: int, rng: np.random.Generator
) -> float:
    repeats = whole(permutations, "the number of permutations", low=1)
    sizes = np.bincount(labels)

    def spread(order: np.ndarray) -> float:
        return float((np.bincount(labels, weights=scores[order]) ** 2 / sizes).sum())

    observed = spread(np.arange(len(scores)))
    as_far = sum(
        spread(rng.permutation(len(scores))) >= observed * (1 - 1e-12) for _ in range(repeats)
    )
    return (as_far + 1) / (repeats + 1)


def _times(time: object, event: object) -> tuple[np.ndarray, np.ndarray]:
    try:
        times, events = np.asarray(time, dtype=float), np.asarray(event, dtype=float)
    except (TypeError, ValueError):
        raise UserError("time and event must be numbers, none of them missing.") from None
    if times.shape != events.shape or times.ndim != 1:
        raise UserError("time and event must be two columns of the same length.")
    if not len(times):
        raise CannotSay("Nobody was followed, so there is no curve.")
    if not np.isfinite(times).all() or not np.isin(events, (0, 1)).all():
        raise UserError("time must be a number and event 0 or 1 for everybody, none missing.")
    if (times <= 0).any():
        raise UserError(
            "A time is 0 or below. Persons who never started do not belong at time 0: count them "
            "apart first."
        )
    if not events.any():
        raise CannotSay(
            "Nobody stopped in the time seen, so no curve falls. Report who was followed."
        )
    return times, events

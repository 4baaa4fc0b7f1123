"""How alike coders label: percent, Cohen's kappa, Krippendorff's alpha, Gwet's AC1.

`ratings` is a table, a row a unit (a passage, a sentence), a column a coder, missing where a
coder did not code. A coefficient that has no value (nobody overlapped, everything got the same
code) comes as NaN with its reason in `note`, never as 1. Units inside one interview are not
independent: for limits use `bootstrap_agreement`, which draws whole interviews.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, NamedTuple

import krippendorff
import numpy as np
import pandas as pd
from scipy.stats import norm, t
from statsmodels.stats.inter_rater import cohens_kappa

from sustainment.errors import UserError
from sustainment.inference.checks import tail, whole

Level = Literal["nominal", "ordinal", "interval", "ratio", "masi"]
Coefficient = Literal["percent", "kappa", "alpha", "ac1"]

ALL_AGREE = "Every unit shows the same agreement, so no limits can be estimated from their spread."
NO_OVERLAP = "No unit was coded by two coders, so agreement is undefined."
ONE_CODE = "Every unit got the same code, so agreement beyond chance is undefined."


class Agreement(NamedTuple):
    """A coefficient, its standard error and limits (NaN if none), and what it rests on.

    `units`: units with two or more codes; `note`: why the value is NaN, or what to mind.
    """

    value: float
    se: float
    low: float
    high: float
    units: int
    note: str


def percent_agreement(ratings: pd.DataFrame) -> Agreement:
    """Share of agreeing pairs of coders, averaged over units. Not corrected for chance."""
    codes, _ = _coded(ratings)
    return _plain(_percent(codes), codes)


def cohen_kappa(ratings: pd.DataFrame, confidence: float = 0.95) -> Agreement:
    """Cohen's kappa of two coders with the large-sample limits of statsmodels.

    With very skewed codes it can be near 0 although nearly all units agree: show it beside
    percent and AC1. Source: cohen1960coefficient, feinstein1990high.
    """
    codes, labels = _coded(ratings)
    if codes.shape[1] != 2:
        raise UserError(f"Cohen's kappa is for two coders, not {codes.shape[1]}. Use alpha or AC1.")
    value = _kappa(codes, len(labels))
    if math.isnan(value):
        return _plain(value, codes)
    table = _confusion(codes, len(labels))
    used = (table.sum(axis=0) + table.sum(axis=1)) > 0
    with np.errstate(invalid="ignore", divide="ignore"):  # a spread of 0 is said below
        se = float(cohens_kappa(table[np.ix_(used, used)]).std_kappa)
    if not se > 1e-9:
        return _plain(value, codes, ALL_AGREE)
    half = norm.ppf(1 - tail(confidence)) * se
    low, high = max(float(value - half), -1.0), min(float(value + half), 1.0)
    return Agreement(value, se, low, high, int(table.sum()), "")


def gwet_ac1(
    ratings: pd.DataFrame, confidence: float = 0.95, categories: Sequence | None = None
) -> Agreement:
    """Gwet's AC1 for any number of coders, with missing codes, and t limits over units.

    `categories`: all codes a coder could have given, if some were never used; their number
    enters the chance agreement. Source: gwet2008computing, gwet2014handbook.
    """
    codes, labels = _coded(ratings, categories)
    value, contributions = _ac1(codes, len(labels))
    if math.isnan(value):
        return _plain(value, codes)
    n = len(contributions)
    if n < 2:
        return _plain(value, codes, "One unit has no spread, so there are no limits.")
    se = math.sqrt(((contributions - value) ** 2).sum() / (n * (n - 1)))
    if se < 1e-9:
        return _plain(value, codes, ALL_AGREE)
    half = t.ppf(1 - tail(confidence), n - 1) * se
    low, high = max(float(value - half), -1.0), min(float(value + half), 1.0)
    return Agreement(value, se, low, high, _overlap(codes), "")


def krippendorff_alpha(
    ratings: pd.DataFrame, level: Level = "nominal", order: Sequence | None = None
) -> Agreement:
    """Krippendorff's alpha for any number of coders, with missing codes.

    level: "nominal"; "ordinal" (needs numbers, ordered categories or `order`); "interval" and
    "ratio" (numbers); "masi" (each cell a set of codes). Source: hayes2007answering; for sets
    passonneau2006measuring.
    """
    codes, labels = _coded(ratings, order, level)
    metric = _metric(level, labels)
    return _plain(_alpha(codes, labels, metric), codes)


def masi_distance(first: set | frozenset, second: set | frozenset) -> float:
    """Distance of two sets of codes, 0 (equal) to 1 (nothing shared): 1 - Jaccard x monotonicity.

    Monotonicity is 2/3 when one set holds the other, 1/3 when they only overlap. Two empty sets
    are equal. Source: passonneau2006measuring.
    """
    first, second = frozenset(first), frozenset(second)
    if first == second:
        return 0.0
    shared = first & second
    if not shared:
        return 1.0
    monotonicity = 2 / 3 if shared in (first, second) else 1 / 3
    return 1 - len(shared) / len(first | second) * monotonicity


def bootstrap_agreement(
    coefficient: Coefficient,
    ratings: pd.DataFrame,
    interviews: object,
    rng: np.random.Generator,
    repeats: int = 1000,
    confidence: float = 0.95,
    level: Level = "nominal",
    order: Sequence | None = None,
) -> Agreement:
    """A coefficient with percentile limits from drawing whole interviews with replacement.

    `interviews`: the interview of each unit, or the name of an index level of `ratings`.
    Draws in which the coefficient is undefined are left out and counted in `note`; with one
    interview there are no limits. Source: hayes2007answering (bootstrap), field2007bootstrapping
    (clusters).
    """
    codes, labels = _coded(ratings, order, level if coefficient == "alpha" else "nominal")
    calculate = _calculator(coefficient, level, labels, codes.shape[1])
    value = calculate(codes)
    if math.isnan(value):
        return _plain(value, codes)
    groups = _groups(ratings, interviews)
    if len(groups) < 2:
        return _plain(value, codes, "All units come from one interview, so there are no limits.")
    repeats = whole(repeats, "the number of bootstrap draws", low=1)
    drawn = np.array(
        [
            calculate(codes[np.concatenate([groups[g] for g in picked])])
            for picked in rng.integers(0, len(groups), (repeats, len(groups)))
        ]
    )
    defined = drawn[~np.isnan(drawn)]
    if len(defined) < 2 or np.ptp(defined) < 1e-9:
        return _plain(value, codes, ALL_AGREE)
    alpha = tail(confidence)
    low, high = np.quantile(defined, [alpha, 1 - alpha])
    return Agreement(
        value,
        float(defined.std(ddof=1)),
        float(low),
        float(high),
        _overlap(codes),
        _caveat(len(groups), repeats - len(defined), repeats),
    )


def _caveat(interviews: int, undefined: int, repeats: int) -> str:
    notes = []
    if undefined:
        notes.append(f"Undefined in {undefined} of {repeats} draws, which are left out.")
    if interviews < 20:
        notes.append(f"Limits from {interviews} interviews are rough and often too narrow.")
    return " ".join(notes)


def _calculator(
    coefficient: Coefficient, level: Level, labels: list, coders: int
) -> Callable[[np.ndarray], float]:
    if coefficient == "percent":
        return _percent
    if coefficient == "kappa":
        if coders != 2:
            raise UserError(f"Cohen's kappa is for two coders, not {coders}. Use alpha or AC1.")
        return partial(_kappa, categories=len(labels))
    if coefficient == "ac1":
        return lambda codes: _ac1(codes, len(labels))[0]
    if coefficient == "alpha":
        return partial(_alpha, labels=labels, metric=_metric(level, labels))
    raise UserError(f"There is no coefficient {coefficient!r}: percent, kappa, alpha or ac1.")


def _groups(ratings: pd.DataFrame, interviews: object) -> list[np.ndarray]:
    if isinstance(interviews, str):
        if interviews not in ratings.index.names:
            raise UserError(
                f"The ratings have no index level {interviews!r} to draw interviews from."
            )
        interviews = ratings.index.get_level_values(interviews)
    number, _ = pd.factorize(np.asarray(interviews, dtype=object))
    if len(number) != len(ratings) or (number < 0).any():
        raise UserError("Every unit needs the interview it comes from.")
    return [np.flatnonzero(number == g) for g in range(number.max() + 1)]


# From a table of labels to a table of numbers --------------------------------------------------


def _coded(
    ratings: pd.DataFrame, order: Sequence | None = None, level: Level = "nominal"
) -> tuple[np.ndarray, list]:
    """Ratings as whole numbers (units, coders), -1 where missing, and the labels they stand for."""
    ratings = pd.DataFrame(ratings)
    if ratings.shape[1] < 2:
        raise UserError("Agreement needs at least two coders, each a column.")
    cells = [_label(value) for value in ratings.to_numpy(dtype=object).ravel()]
    given = {value for value in cells if value is not None}
    labels = _ordered(given, ratings, order, level)
    unknown = given.difference(labels)
    if unknown:
        raise UserError(f"The code {min(map(str, unknown))!r} is not among the codes you listed.")
    number = {label: i for i, label in enumerate(labels)} | {None: -1}
    return np.array([number[value] for value in cells], dtype=int).reshape(ratings.shape), labels


def _label(value: object) -> object:
    if isinstance(value, set | frozenset):
        return frozenset(value)
    if isinstance(value, list | tuple | dict | np.ndarray):
        raise UserError("A cell of the ratings holds a list. Use one code, or a set of codes.")
    return None if pd.isna(value) else value  # type: ignore[call-overload]


def _ordered(given: set, ratings: pd.DataFrame, order: Sequence | None, level: Level) -> list:
    if order is not None:
        return list(dict.fromkeys(order))
    if level == "masi":
        if not all(isinstance(value, frozenset) for value in given):
            raise UserError("For level 'masi' every cell must be a set of codes (or missing).")
        return sorted(given, key=lambda codes: sorted(map(str, codes)))
    if level == "nominal":
        return sorted(given, key=str)
    dtypes = list(ratings.dtypes)
    if isinstance(dtypes[0], pd.CategoricalDtype) and dtypes[0].ordered and len(set(dtypes)) == 1:
        return list(dtypes[0].categories)
    try:
        return sorted(given, key=float)
    except (TypeError, ValueError):
        raise UserError(
            f"For level {level!r} the codes need an order: use numbers or ordered categories, or "
            "pass order=[lowest, …, highest]."
        ) from None


def _metric(level: Level, labels: list):
    """What the krippendorff package takes as level; sets get their matrix of distances."""
    if level == "masi":
        distances = np.array([[masi_distance(a, b) for b in labels] for a in labels])
        return lambda v1, v2, i1, i2, n_v, dtype: distances[i1, i2].astype(dtype)
    if level not in ("nominal", "ordinal", "interval", "ratio"):
        raise UserError(f"There is no level {level!r}: nominal, ordinal, interval, ratio or masi.")
    if level in ("interval", "ratio") and not all(
        isinstance(v, int | float | np.number) for v in labels
    ):
        raise UserError(f"For level {level!r} the codes must be numbers.")
    return level


# The coefficients, from numbers; NaN where undefined ----------------------------------------------


def _counts(codes: np.ndarray, categories: int) -> np.ndarray:
    """How many coders gave which code to a unit: (units, categories)."""
    unit, coder = np.nonzero(codes >= 0)
    cells = unit * categories + codes[unit, coder]
    return np.bincount(cells, minlength=len(codes) * categories).reshape(len(codes), categories)


def _overlap(codes: np.ndarray) -> int:
    return int(((codes >= 0).sum(axis=1) >= 2).sum())


def _why_undefined(codes: np.ndarray) -> str:
    return ONE_CODE if _overlap(codes) else NO_OVERLAP


def _plain(value: float, codes: np.ndarray, caveat: str = "") -> Agreement:
    """A coefficient without limits; if it is undefined the note says why."""
    note = _why_undefined(codes) if math.isnan(value) else caveat
    return Agreement(float(value), math.nan, math.nan, math.nan, _overlap(codes), note)


def _pair_agreement(counts: np.ndarray) -> np.ndarray:
    """Share of agreeing pairs per unit; NaN for a unit with fewer than two codes."""
    coded = counts.sum(axis=1)
    pairs = np.where(coded >= 2, coded * (coded - 1), np.nan)
    return (counts * (counts - 1)).sum(axis=1) / pairs


def _percent(codes: np.ndarray) -> float:
    agreement = _pair_agreement(_counts(codes, max(int(codes.max(initial=0)) + 1, 1)))
    agreement = agreement[~np.isnan(agreement)]
    return float(agreement.mean()) if len(agreement) else math.nan


def _confusion(codes: np.ndarray, categories: int) -> np.ndarray:
    both = codes[(codes >= 0).all(axis=1)]
    cells = both[:, 0] * categories + both[:, 1]
    return np.bincount(cells, minlength=categories**2).reshape(categories, categories)


def _kappa(codes: np.ndarray, categories: int) -> float:
    table = _confusion(codes, categories)
    n = table.sum()
    if n == 0:
        return math.nan
    chance = float(table.sum(axis=0) @ table.sum(axis=1)) / n**2
    return math.nan if chance == 1 else float((np.trace(table) / n - chance) / (1 - chance))


def _ac1(codes: np.ndarray, categories: int) -> tuple[float, np.ndarray]:
    """AC1 and each unit's contribution, whose spread gives the standard error."""
    counts = _counts(codes, categories)
    counts = counts[counts.sum(axis=1) > 0]
    coded = counts.sum(axis=1)
    paired = coded >= 2
    if not paired.any() or (counts.sum(axis=0) > 0).sum() < 2:
        return math.nan, np.empty(0)
    share = (counts / coded[:, None]).mean(axis=0)
    chance = float((share * (1 - share)).sum() / (categories - 1))
    agreement = _pair_agreement(counts)
    value = (float(agreement[paired].mean()) - chance) / (1 - chance)
    own = np.where(paired, len(counts) / paired.sum() * (agreement - chance) / (1 - chance), 0.0)
    own_chance = (counts @ (1 - share)) / coded / (categories - 1)
    return value, own - 2 * (1 - value) * (own_chance - chance) / (1 - chance)


def _alpha(codes: np.ndarray, labels: list, metric) -> float:
    counts = _counts(codes, max(len(labels), 1))
    counts = counts[counts.sum(axis=1) >= 2]
    if (counts.sum(axis=0) > 0).sum() < 2:
        return math.nan
    domain = (
        np.arange(len(labels)) if metric in ("nominal", "ordinal") or callable(metric) else labels
    )
    return float(
        krippendorff.alpha(value_counts=counts, value_domain=domain, level_of_measurement=metric)
    )

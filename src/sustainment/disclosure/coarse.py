"""What is printed of a curve: a specification curve as range and median, survival in steps.

Each dot of a specification curve and each step of a survival curve belongs to a few known persons.
So under observed data the first is printed as its two ends and its middle, the second rounded and only
while enough persons are still at risk.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from sustainment.disclosure.rules import CELL, Rules
from sustainment.errors import UserError

AT_RISK = ("at_risk", "at risk")
EVENTS = ("events", "censored", "se")
TIME = ("time", "months", "years")


def round_share(share: float, base: int) -> float:
    """A share between 0 and 1 to the nearest `base` percentage points, ties to the higher."""
    return math.floor(share * 100 / base + 0.5) * base / 100


def curve_range(estimates: Iterable[float], base: int) -> pd.DataFrame:
    """Ends and median of a specification curve of shares: DataFrame[of the ways, share], three rows.

    base: percentage points to which they are rounded, the ends outwards, so that the range holds all of
    the curve and neither end is one way's own number. Source: simonsohn2020specification.
    """
    shares = pd.Series(list(estimates), dtype=float).dropna()
    if shares.empty or not shares.between(0, 1).all():
        raise UserError(
            "A specification curve of shares between 0 and 1 is needed; none was given."
        )
    # 0.15 * 100 is a little more than 15: an end on a step must stay there
    low = math.floor(round(shares.min() * 100 / base, 9)) * base / 100
    high = math.ceil(round(shares.max() * 100 / base, 9)) * base / 100
    middle = round_share(float(shares.median()), base)
    return pd.DataFrame(
        {"of the ways": ["lowest", "in the middle", "highest"], "share": [low, middle, high]}
    )


def survival_steps(curve: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """The part of a survival table that may be printed: time and shares, no numbers of persons.

    curve: a row a time, with a column `at_risk`, as `KaplanMeier.table` or `.at()`. Shares are rounded
    to `rules.base` percentage points; rows with fewer than `rules.denominator` at risk are left out.
    Numbers at risk and of events are dropped, since one step is one person.
    Raises UserError when nobody says how many are at risk.
    """
    risk = [c for c in curve.columns if str(c) in AT_RISK]
    if not risk:
        raise UserError(
            "A survival table needs a column at_risk, so that it can be stopped in time."
        )
    kept = curve[curve[risk[0]] >= rules.denominator].drop(columns=risk)
    kept = kept.drop(columns=[c for c in kept.columns if str(c) in EVENTS]).reset_index(drop=True)
    for column in kept.columns:
        if pd.api.types.is_float_dtype(kept[column]) and str(column) not in TIME:
            kept[column] = [s if pd.isna(s) else round_share(s, rules.base) for s in kept[column]]
    return kept


def ranges_only(frame: pd.DataFrame, base: int) -> pd.DataFrame:
    """A table over ways to count as it may be printed: three named shares rounded, more as their range.

    Where several columns hold shares, the last one is the estimate. Every other number is withheld:
    what two ways differ by is one person's answer.
    """
    numbers = [c for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c])]
    shares = [
        c
        for c in numbers
        if pd.api.types.is_float_dtype(frame[c]) and frame[c].dropna().between(0, 1).all()
    ]
    if shares and len(frame) > 3:
        return curve_range(frame[shares[-1]], base)
    shown = {c: CELL for c in numbers if c not in shares}
    shown |= {c: [s if pd.isna(s) else round_share(s, base) for s in frame[c]] for c in shares}
    return frame.assign(**shown)

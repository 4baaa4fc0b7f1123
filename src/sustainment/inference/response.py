"""Who answered: outcome rates by AAPOR's definitions, and respondents against the silent.

Outcome rates need a decision before the data: what is partial, and who is not eligible.
Respondents and silent are compared by standardised differences, never by a test: with a whole
group nothing was drawn, and a test of balance is no proof of none.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import whole


class OutcomeRates(NamedTuple):
    """AAPOR's rates as shares; NaN where nobody stands in the denominator.

    rr1 to rr6: response (even numbers count partial answers as answers; 1-2 treat unknown
    eligibility as eligible, 3-4 a share `e` of it, 5-6 none); coop1: complete of all
    reached; ref1: refused; con1: reached, both of all who may be eligible.
    """

    rr1: float
    rr2: float
    rr3: float
    rr4: float
    rr5: float
    rr6: float
    coop1: float
    ref1: float
    con1: float


def aapor(
    complete: int,
    partial: int = 0,
    refusal: int = 0,
    non_contact: int = 0,
    other: int = 0,
    unknown: int = 0,
    e: float = 1.0,
) -> OutcomeRates:
    """Response, cooperation, refusal and contact rates from final dispositions (persons).

    `unknown`: persons whose eligibility is unknown; `e`: the share of them taken as eligible.
    Persons known not to be eligible are left out beforehand. Source: aapor2023standard.
    """
    parts = dict(zip(("complete", "partial", "refusal", "non_contact", "other", "unknown"),
                     (complete, partial, refusal, non_contact, other, unknown), strict=True))  # fmt: skip
    i, p, r, nc, o, u = (whole(count, f"the number of {name}") for name, count in parts.items())
    if not 0 <= e <= 1:
        raise UserError(f"e is a share of the unknown, between 0 and 1, not {e!r}.")
    if i + p + r + nc + o + u == 0:
        raise CannotSay("Nobody was asked, so there is no response rate. Check the frame.")
    known, reached = i + p + r + nc + o, i + p + r + o
    return OutcomeRates(
        rr1=_share(i, known + u),
        rr2=_share(i + p, known + u),
        rr3=_share(i, known + e * u),
        rr4=_share(i + p, known + e * u),
        rr5=_share(i, known),
        rr6=_share(i + p, known),
        coop1=_share(i, reached),
        ref1=_share(r, known + u),
        con1=_share(reached, known + u),
    )


def _share(part: float, whole_group: float) -> float:
    return part / whole_group if whole_group else math.nan


def standardised_difference(first: pd.Series, second: pd.Series) -> float:
    """How far two groups lie apart on one variable, in standard deviations; NaN if undefined.

    Numbers: difference of means (first minus second) over the root of the mean variance.
    Anything else, booleans included: the multivariate distance of the shares, without sign.
    Missing values are left out. Undefined when no group varies but they differ, or a group is
    empty. Source: austin2009balance (numbers, two categories), yang2012unified (several).
    """
    first, second = pd.Series(first).dropna(), pd.Series(second).dropna()
    if first.empty or second.empty:
        return math.nan
    if _is_number(first) and _is_number(second):
        return _distance_of_means(first.to_numpy(float), second.to_numpy(float))
    return _distance_of_shares(first, second)


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _distance_of_means(first: np.ndarray, second: np.ndarray) -> float:
    gap = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2:
        return math.nan  # one person has no spread
    spread = math.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    if spread == 0:
        return 0.0 if gap == 0 else math.nan
    return gap / spread


def _distance_of_shares(first: pd.Series, second: pd.Series) -> float:
    shares = pd.concat(
        [first.astype(object).value_counts(normalize=True),
         second.astype(object).value_counts(normalize=True)], axis=1,
    ).fillna(0.0).to_numpy(float)  # fmt: skip
    p, q = shares.T
    gap = p - q
    spread = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    # The pseudo-inverse over all categories equals dropping any one of them, so that the
    # order of labels cannot matter.
    inverse = np.linalg.pinv(spread, rcond=1e-10, hermitian=True)
    if not np.allclose(spread @ inverse @ gap, gap, atol=1e-8):
        return math.nan  # the groups share no category: endlessly far apart
    return math.sqrt(max(float(gap @ inverse @ gap), 0.0))


def standardised_differences(frame: pd.DataFrame, answered: pd.Series) -> pd.DataFrame:
    """`standardised_difference` of those who answered against the silent, for every column.

    `frame`: one row a person; `answered`: boolean, same index. Returns one row a column:
    variable, kind ("number" or "category"), answered and silent (persons known), difference,
    and note (why it is undefined, else "").
    """
    answered = pd.Series(answered)
    if not answered.index.equals(frame.index):
        raise UserError("`answered` must have the same index as the frame, in the same order.")
    if answered.isna().any():
        raise UserError("`answered` is missing for some persons. Say yes or no for everybody.")
    answered = answered.astype(bool)
    if answered.all() or not answered.any():
        who = "Everybody answered" if answered.all() else "Nobody answered"
        raise CannotSay(f"{who}, so there are no two groups to compare.")
    return pd.DataFrame([_compare(name, frame[name], answered) for name in frame.columns])


def _compare(name: str, values: pd.Series, answered: pd.Series) -> dict:
    first, second = values[answered].dropna(), values[~answered].dropna()
    difference = standardised_difference(first, second)
    note = ""
    if first.empty or second.empty:
        note = "not known for anyone in one of the groups"
    elif math.isnan(difference):
        note = "the groups do not overlap or do not vary"
    return {
        "variable": name,
        "kind": "number" if _is_number(values) else "category",
        "answered": len(first),
        "silent": len(second),
        "difference": difference,
        "note": note,
    }

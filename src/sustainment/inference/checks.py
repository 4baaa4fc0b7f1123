"""Checks shared by the methods: a wrong input becomes a sentence, never a wrong number."""

from __future__ import annotations

import operator
from fractions import Fraction

import numpy as np
import pandas as pd

from sustainment.errors import CannotSay, UserError


def whole(value: object, name: str, low: int = 0, high: int | None = None) -> int:
    """`value` as a Python int between `low` and `high`, or a `UserError` that names it."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        if not (isinstance(value, float | np.floating) and float(value).is_integer()):
            raise UserError(
                f"{name} must be a whole number of persons, not {value!r}. Pass a count."
            ) from None
        number = int(value)
    if number < low:
        raise UserError(f"{name} is {number}, but cannot be below {low}. Check the counts.")
    if high is not None and number > high:
        raise UserError(f"{name} is {number}, but cannot be above {high}. Check the counts.")
    return number


def answers(x: object, n: object, N: object | None = None) -> tuple[int, int, int]:
    """Check 0 <= x <= n <= N (N = n when it is not given)."""
    total = whole(n if N is None else N, "the size of the group")
    answered = whole(n, "the number who answered", high=total)
    yes = whole(x, "the number who said yes", high=answered)
    return yes, answered, total


def somebody(n: int) -> None:
    """Refuse a share of nobody."""
    if n == 0:
        raise CannotSay("Nobody answered, so there is no share to estimate; the bounds still hold.")


def tail(confidence: float) -> float:
    """Half of what lies outside the interval; `confidence` strictly between 0 and 1."""
    if not 0 < confidence < 1:
        raise UserError(
            f"confidence must lie between 0 and 1, not {confidence!r}. Use 0.95 for 95 %."
        )
    return (1 - confidence) / 2


def fraction(value: float) -> Fraction:
    """The decimal number a person typed, exactly: 0.6 of 65 is 39, not 38.99999."""
    return Fraction(str(float(value)))


def numbers(values: object, name: str) -> np.ndarray:
    """One-dimensional float array without missing values; ordered categories become ranks."""
    series = pd.Series(values)  # type: ignore[call-overload]
    if isinstance(series.dtype, pd.CategoricalDtype):
        if not series.cat.ordered:
            raise UserError(
                f"{name} has categories without an order. Give an ordered category or numbers."
            )
        series = series.cat.codes.where(series.notna())
    try:
        array = series.dropna().to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise UserError(f"{name} holds values that are not numbers. Code them first.") from None
    return array[~np.isnan(array)]


def contingency(table: object) -> np.ndarray:
    """A two-way table of counts, rows and columns without any person dropped."""
    array = np.asarray(table, dtype=float)
    if array.ndim != 2:
        raise UserError("A two-way table is needed: rows by columns of counts.")
    if np.isnan(array).any() or (array < 0).any() or (array != np.floor(array)).any():
        raise UserError("The table must hold counts of persons: whole numbers, none missing.")
    return array


def filled(table: object) -> np.ndarray:
    """The table without empty rows and columns; at least two of each must remain."""
    array = contingency(table)
    array = array[array.sum(axis=1) > 0][:, array.sum(axis=0) > 0]
    if min(array.shape, default=0) < 2:
        raise CannotSay(
            "Only one group or one answer is filled, so nothing can be compared. "
            "Show the counts instead."
        )
    return array

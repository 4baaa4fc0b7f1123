"""Saturation by base, run and threshold, over one order of interviews or many.

How many codes did the first interviews give (base), and how many new ones the next few (run)?
When new / base is at most the threshold, the codes count as saturated. One order is accidental,
so `saturation_orders` looks at many. It tells about codes found, not about truth, and reflexive
thematic analysis does not ask for it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from sustainment.errors import CannotSay, UserError
from sustainment.inference.checks import whole

_MOST_CELLS = 10_000_000  # orders are worked through in pieces that fit in memory


class Saturation(NamedTuple):
    """Saturation in one order of interviews.

    `after`: interviews before the first quiet run (NaN if none); `last`: last interview of that
    run, so a report says "after + run"; `base_codes`: codes in the base; `late_codes`: codes
    first heard after `last`, which reopen the question; `degenerate`: a single new code already
    exceeds a threshold above 0, so that it means "no new code"; `curve`: interview, new, total,
    and for every run begun after that interview run_new and ratio.
    """

    after: float
    last: float
    base_codes: int
    late_codes: int
    degenerate: bool
    curve: pd.DataFrame


class SaturationOrders(NamedTuple):
    """Saturation over many orders.

    `after`: one value an order (NaN: not reached); `reached`: share of orders that reach it;
    `median`, `low`, `high`: of all orders, with "not reached" counted as later than any (inf),
    limits at 5 and 95 %; `degenerate`: share of orders with a degenerate threshold; `curve`:
    interviews, median, low, high of the codes found so far.
    """

    after: np.ndarray
    reached: float
    median: float
    low: float
    high: float
    degenerate: float
    curve: pd.DataFrame


def saturation(
    presence: pd.DataFrame, base: int = 4, run: int = 2, threshold: float = 0.05, step: int = 1
) -> Saturation:
    """Base, run and threshold in the given order of interviews.

    `presence`: a row an interview in the order they were held, a column a code, true where it
    occurs. `step` 1 lets a run begin after every interview; `step=run` takes runs one after
    another. Source: guest2020simple.
    """
    found = _presence(presence)
    _check(found, base, run, threshold, step)
    first = np.where(found.any(axis=0), found.argmax(axis=0), len(found))
    new = np.bincount(first, minlength=len(found) + 1)[None, : len(found)]
    after, base_codes = _first_quiet(new, base, run, threshold, step)
    stop, total = after[0], new[0].cumsum()
    heard = total[int(stop) + run - 1] if not math.isnan(stop) else total[-1]
    return Saturation(
        float(stop),
        float(stop) + run,
        int(base_codes[0]),
        int(total[-1] - heard),
        bool(_degenerate(base_codes, threshold)[0]),
        _curve(new[0], base, run, step),
    )


def saturation_orders(
    presence: pd.DataFrame,
    rng: np.random.Generator,
    base: int = 4,
    run: int = 2,
    threshold: float = 0.05,
    orders: int = 1000,
    step: int = 1,
) -> SaturationOrders:
    """`saturation` in many random orders of the same interviews. Source: guest2020simple."""
    found = _presence(presence)
    _check(found, base, run, threshold, step)
    orders = whole(orders, "the number of orders", low=1)
    new = _new_codes(found, orders, rng)
    after, base_codes = _first_quiet(new, base, run, threshold, step)
    late = np.sort(np.where(np.isnan(after), np.inf, after))
    low, median, high = np.quantile(late, [0.05, 0.5, 0.95], method="inverted_cdf")
    total = new.cumsum(axis=1)
    band = np.quantile(total, [0.05, 0.5, 0.95], axis=0, method="inverted_cdf")
    curve = pd.DataFrame(
        {
            "interviews": np.arange(1, len(found) + 1),
            "median": band[1].astype(int),
            "low": band[0].astype(int),
            "high": band[2].astype(int),
        }
    )
    return SaturationOrders(
        after,
        float((~np.isnan(after)).mean()),
        float(median),
        float(low),
        float(high),
        float(_degenerate(base_codes, threshold).mean()),
        curve,
    )


def _presence(presence: pd.DataFrame) -> np.ndarray:
    table = pd.DataFrame(presence)
    if table.isna().to_numpy().any():
        raise UserError("Presence is missing for some interview and code. Say true or false.")
    found = table.to_numpy(dtype=bool)
    if not found.any():
        raise CannotSay("No interview has any code, so there is nothing to saturate.")
    return found


def _check(found: np.ndarray, base: int, run: int, threshold: float, step: int) -> None:
    base, run = whole(base, "the base", low=1), whole(run, "the run", low=1)
    whole(step, "the step", low=1)
    if not 0 <= threshold < 1:
        raise UserError(f"The threshold is a share from 0 to below 1, not {threshold!r}.")
    if len(found) < base + run:
        raise UserError(
            f"A base of {base} and a run of {run} need {base + run} interviews; there are "
            f"{len(found)}. Choose a smaller base or run."
        )


def _new_codes(found: np.ndarray, orders: int, rng: np.random.Generator) -> np.ndarray:
    """Codes first heard at each position, for every order: (orders, interviews)."""
    interviews, codes = found.shape
    piece = max(1, _MOST_CELLS // (interviews * codes))
    new = np.empty((orders, interviews), dtype=int)
    for start in range(0, orders, piece):
        size = min(piece, orders - start)
        place = rng.permuted(np.tile(np.arange(interviews), (size, 1)), axis=1)
        heard = np.where(found.T[None], place[:, None, :], interviews)
        first = heard.min(axis=2) + (interviews + 1) * np.arange(size)[:, None]
        counts = np.bincount(first.ravel(), minlength=size * (interviews + 1))
        new[start : start + size] = counts.reshape(size, interviews + 1)[:, :interviews]
    return new


def _first_quiet(
    new: np.ndarray, base: int, run: int, threshold: float, step: int
) -> tuple[np.ndarray, np.ndarray]:
    """Interviews before the first quiet run of each order (NaN if none), and the base's codes."""
    total = np.concatenate([np.zeros((len(new), 1), dtype=int), new.cumsum(axis=1)], axis=1)
    begins = np.arange(base, new.shape[1] - run + 1, step)
    in_run = total[:, begins + run] - total[:, begins]
    base_codes = total[:, base]
    # A base without codes cannot measure anything as few.
    quiet = (in_run <= threshold * base_codes[:, None] + 1e-9) & (base_codes[:, None] > 0)
    after = np.where(quiet.any(axis=1), begins[quiet.argmax(axis=1)].astype(float), np.nan)
    return after, base_codes


def _degenerate(base_codes: np.ndarray, threshold: float) -> np.ndarray:
    return (threshold > 0) & (base_codes * threshold < 1 - 1e-9)


def _curve(new: np.ndarray, base: int, run: int, step: int) -> pd.DataFrame:
    total = new.cumsum()
    curve = pd.DataFrame({"interview": np.arange(1, len(new) + 1), "new": new, "total": total})
    begins = np.arange(base, len(new) - run + 1, step)
    in_run = pd.Series(total[begins + run - 1] - total[begins - 1], index=begins - 1)
    curve["run_new"] = in_run.reindex(curve.index).astype("Int64")
    base_codes = total[base - 1]
    curve["ratio"] = curve["run_new"].astype(float) / base_codes if base_codes else np.nan
    return curve

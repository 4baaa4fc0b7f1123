"""Shares of a total held by the busiest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sustainment.errors import UserError
from sustainment.inference.concentration import (
    busiest_share,
    fewest_holding,
    lorenz,
    total_bounds,
)

unhurried = settings(deadline=None)  # a busy machine is no failure

FAMILIES = [0, 0, 1, 2, 3, 5, 9, 20]
some_counts = st.lists(st.integers(0, 30), min_size=1, max_size=40).filter(sum)


def test_the_two_busiest_of_eight_treated_29_of_40():
    # R 4.2.2: sum(sort(v, TRUE)[1:2]) / sum(v)
    assert busiest_share(FAMILIES, 2) == 0.725
    assert fewest_holding(FAMILIES) == 1
    assert fewest_holding(FAMILIES, 0.51) == 2
    assert fewest_holding(FAMILIES, 1) == 6


def test_lorenz_and_its_area_agree_with_ginis_coefficient_by_hand():
    # Gini by mean absolute difference: sum |a - b| / (2 n^2 mean)
    curve = lorenz(FAMILIES)
    area = np.trapezoid(curve["total"], curve["people"])
    values = np.array(FAMILIES)
    gini = np.abs(np.subtract.outer(values, values)).sum() / (2 * 8**2 * values.mean())
    assert 1 - 2 * area == pytest.approx(gini)


@unhurried
@given(some_counts, st.randoms())
def test_row_order_changes_nothing_and_more_persons_hold_more(counts, random):
    shuffled = random.sample(counts, len(counts))
    shares = [busiest_share(counts, k) for k in range(1, len(counts) + 1)]
    assert shares == [busiest_share(shuffled, k) for k in range(1, len(counts) + 1)]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    k = fewest_holding(counts, 0.5)
    assert shares[k - 1] >= 0.5 - 1e-9 and (k == 1 or shares[k - 2] < 0.5)


def test_an_equal_share_meets_its_line_exactly():
    assert fewest_holding([0.1] * 10, 0.3) == 3


def test_missing_counts_are_left_out():
    assert busiest_share([1, None, 3], 1) == 0.75


def test_a_total_is_bounded_by_what_the_silent_may_have_done():
    assert total_bounds(120, 50, 66, 10) == (120, 280, 660)
    assert total_bounds(120, 66, 66, 10)[:2] == (120, 120)
    assert total_bounds(0, 0, 66, 10)[:2] == (0, 660)


@pytest.mark.parametrize(
    ("counts", "text"),
    [([], "Nobody answered"), ([None, None], "Nobody answered"), ([0, 0], "Everybody has zero"),
     ([3, -1], "below zero"), (["a"], "not numbers")],
)  # fmt: skip
def test_no_total_is_a_sentence(counts, text):
    for method in (lambda c: busiest_share(c, 1), lorenz, fewest_holding):
        with pytest.raises(UserError, match=text):
            method(counts)


def test_more_busy_persons_than_there_are_is_refused():
    with pytest.raises(UserError, match="busiest persons is 9"):
        busiest_share(FAMILIES, 9)
    with pytest.raises(UserError, match="share"):
        fewest_holding(FAMILIES, 50)
    with pytest.raises(UserError, match="reported total must be 0"):
        total_bounds(5, 0, 66, 10)

"""Saturation by base, run and threshold: by hand, by definition, and over orders."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sustainment.errors import UserError
from sustainment.inference.saturation import saturation, saturation_orders

unhurried = settings(deadline=None)  # a busy machine is no failure


def heard_first(*new):
    """Presence of codes of which new[i] are heard first, and only, in interview i."""
    codes = [i for i, n in enumerate(new) for _ in range(n)]
    return pd.DataFrame(np.arange(len(new))[:, None] == np.array(codes)[None, :])


# Definition of guest2020simple, worked by hand: the first four interviews give 37 codes.
# Runs of two: 5-6 give 7 (19 %), 6-7 give 4 (11 %), 7-8 give 3 (8 %), 8-9 give 2 (5.4 %),
# 9-10 give 1 (2.7 %), 10-11 give 0.
TWELVE = heard_first(16, 9, 7, 5, 4, 3, 1, 2, 0, 1, 0, 2)


def test_the_worked_example_stops_at_eight_and_two():
    result = saturation(TWELVE, base=4, run=2, threshold=0.05)
    assert (result.base_codes, result.after, result.last) == (37, 8, 10)
    assert result.late_codes == 2
    assert not result.degenerate
    ratios = result.curve.set_index("interview")["ratio"]
    assert ratios[4] == pytest.approx(7 / 37)
    assert ratios[7] == pytest.approx(2 / 37)
    assert ratios[8] == pytest.approx(1 / 37)
    assert ratios[[1, 2, 3, 11, 12]].isna().all()
    assert result.curve["total"].iloc[-1] == 50


def test_no_new_code_at_all_is_asked_by_a_threshold_of_zero():
    assert np.isnan(saturation(TWELVE, run=3, threshold=0).after)
    quiet = heard_first(5, 1, 0, 2, 0, 0, 0, 3)
    result = saturation(quiet, base=4, run=2, threshold=0)
    assert (result.after, result.late_codes) == (4, 3)


def test_longer_runs_come_later():
    # Runs of three: 5-7 8, 6-8 6, 7-9 3, 8-10 3, 9-11 1 of 37.
    assert saturation(TWELVE, run=3).after == 8
    assert np.isnan(saturation(TWELVE, run=4).after)  # 9-12 give 3 of 37


def test_runs_may_follow_one_another_instead_of_sliding():
    # From four on: 5-6 7, 7-8 3, 9-10 1 of 37.
    stepped = saturation(TWELVE, step=2)
    assert stepped.after == 8
    assert stepped.curve["ratio"].notna().sum() == 4
    odd = heard_first(10, 5, 3, 2, 2, 0, 0, 5, 0, 0)
    assert saturation(odd, step=1).after == 5
    assert saturation(odd, step=2).after == 8


def test_a_threshold_below_one_code_is_called_degenerate():
    # Ten codes: one new one is 10 %, so 5 % asks the same as 0 %.
    ten = heard_first(4, 3, 2, 1, 0, 1, 0, 0)
    result = saturation(ten)
    assert result.base_codes == 10 and result.degenerate
    assert result.after == saturation(ten, threshold=0).after == 6
    assert not saturation(ten, threshold=0).degenerate
    assert not saturation(ten, threshold=0.1).degenerate


def test_five_percent_of_twenty_codes_is_met_by_one_despite_floating_point():
    result = saturation(heard_first(10, 5, 3, 2, 1, 0, 0), run=2)
    assert (result.base_codes, result.after, result.degenerate) == (20, 4, False)


def test_base_and_run_may_take_all_interviews_there_are():
    six = TWELVE.iloc[:6]
    assert np.isnan(saturation(six).after)
    assert saturation(six, threshold=0.2).after == 4
    assert len(saturation_orders(six, np.random.default_rng(1), orders=9).curve) == 6


def test_codes_never_heard_change_nothing():
    padded = TWELVE.assign(never=False)
    assert saturation(padded)[:5] == saturation(TWELVE)[:5]


def test_many_orders_agree_with_all_orders_tried_one_by_one():
    rng = np.random.default_rng(4)
    presence = pd.DataFrame(rng.random((5, 8)) < 0.4)
    every = [
        saturation(presence.iloc[list(order)], base=2, run=2, threshold=0.2).after
        for order in permutations(range(5))
    ]
    found = saturation_orders(presence, rng, base=2, run=2, threshold=0.2, orders=20_000)
    assert found.reached == pytest.approx(np.mean(~np.isnan(every)), abs=0.02)
    for stop in (2, 3):
        assert np.mean(found.after == stop) == pytest.approx(
            np.mean(np.equal(every, stop)), abs=0.02
        )


def test_orders_repeat_for_a_seed_and_their_curve_ends_with_all_codes():
    once, again = (saturation_orders(TWELVE, np.random.default_rng(1), orders=300) for _ in "ab")
    assert np.array_equal(once.after, again.after, equal_nan=True)
    assert once.curve.iloc[-1].tolist() == [12, 50, 50, 50]
    assert (once.curve["low"] <= once.curve["high"]).all()


def test_not_reached_counts_as_later_than_any():
    never = saturation_orders(heard_first(*[5] * 8), np.random.default_rng(1), orders=50)
    assert (never.reached, never.median, never.high) == (0, np.inf, np.inf)
    assert np.isnan(never.after).all()


@unhurried
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter_when_all_interviews_say_the_same(seed):
    same = pd.DataFrame(np.ones((7, 4), dtype=bool))
    found = saturation_orders(same, np.random.default_rng(seed), orders=5)
    assert (found.after == 4).all()
    assert found.degenerate == 1


def test_large_tables_are_worked_in_pieces_with_the_same_result(monkeypatch):
    whole = saturation_orders(TWELVE, np.random.default_rng(2), orders=100)
    monkeypatch.setattr("sustainment.inference.saturation._MOST_CELLS", 12 * 50 * 7)
    pieces = saturation_orders(TWELVE, np.random.default_rng(2), orders=100)
    assert np.array_equal(whole.after, pieces.after, equal_nan=True)


@pytest.mark.parametrize(
    ("presence", "settings", "text"),
    [
        (TWELVE.iloc[:5], {}, "need 6 interviews; there are 5"),
        (TWELVE & False, {}, "No interview has any code"),
        (TWELVE.iloc[:0], {}, "No interview has any code"),
        (TWELVE.astype(object).where(TWELVE, None), {}, "missing"),
        (TWELVE, {"threshold": 5}, "share from 0"),
        (TWELVE, {"base": 0}, "the base is 0"),
        (TWELVE, {"run": 0}, "the run is 0"),
    ],
)
def test_what_cannot_saturate_is_a_sentence(presence, settings, text):
    with pytest.raises(UserError, match=text):
        saturation(presence, **settings)
    with pytest.raises(UserError, match=text):
        saturation_orders(presence, np.random.default_rng(1), **settings)


def test_a_base_without_codes_is_never_saturated():
    result = saturation(heard_first(0, 0, 0, 0, 0, 0, 1))
    assert np.isnan(result.after) and result.curve["ratio"].isna().all()

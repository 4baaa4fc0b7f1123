"""Turnbull's curve against R's survfit with interval2, and against known truth."""

import tracemalloc

import numpy as np
import pytest

from sustainment.errors import UserError
from sustainment.inference.intervals import turnbull
from sustainment.inference.survival import kaplan_meier

# Months to cosmetic deterioration, radiotherapy only (finkelstein1985semiparametric, the 46
# women of the worked example in klein2003survival, section 5.2); "45-" had not yet.
COSMESIS = """45- 6-10 0-7 46- 46- 7-16 17- 7-14 37-44 0-8 4-11 15- 11-15 22- 46- 46- 25-37 46-
26-40 46- 27-34 36-44 46- 36-48 37- 40- 17-25 46- 11-18 38- 5-12 37- 0-5 18- 24- 36- 5-11 19-35
17-25 24- 32- 33- 19-26 37- 34- 36-"""


def cosmesis():
    pairs = [pair.split("-") for pair in COSMESIS.split()]
    return [float(a) for a, _ in pairs], [float(b or "nan") for _, b in pairs]


def test_the_breast_cosmesis_example_agrees_with_r_and_the_textbook():
    # R 4.2.2, survival: survfit(Surv(left, right, type = "interval2") ~ 1). R stops earlier than
    # the maximum, so four decimals; klein2003survival prints the same to three.
    curve = turnbull(*cosmesis())
    found = [curve.at(month) for month in (4, 5, 7, 8, 12, 25, 34, 40)]
    expected = [1, 0.9536620, 0.9202687, 0.8316232, 0.7608774, 0.6682287, 0.5864171, 0.4658578]
    assert [low for low, _ in found] == pytest.approx(expected, abs=4e-4)
    assert [high for _, high in found] == pytest.approx(expected, abs=4e-4)
    assert curve.median() == (38, 40)


def test_the_estimate_is_the_maximum_not_merely_where_r_stopped():
    # At the maximum every interval's mean share of the likelihood is at most 1.
    left, right = map(np.array, cosmesis())
    right = np.where(np.isnan(right), np.inf, right)
    curve = turnbull(left, right)
    inner = curve.intervals
    holds = (inner["left"].to_numpy() >= left[:, None]) & (
        inner["right"].to_numpy() <= right[:, None]
    )
    gradient = (holds / (holds @ inner["mass"].to_numpy())[:, None]).mean(axis=0)
    assert gradient.max() == pytest.approx(1, abs=1e-6)


def test_a_mix_of_exact_left_and_right_censored_agrees_with_r():
    # R 4.2.2: Surv(c(1, 2, 2, NA, 5), c(3, NA, 4, 2, 5), type = "interval2")
    curve = turnbull([1, 2, 2, np.nan, 5], [3, np.nan, 4, 2, 5])
    after = [curve.at(t)[0] for t in (2, 3, 5)]
    assert after == pytest.approx([0.7235920725, 0.2763953507, 0], abs=3e-5)


def test_inside_an_innermost_interval_only_bounds_are_known():
    low, high = turnbull(*cosmesis()).at(24.5)
    assert (low, high) == pytest.approx((0.668, 0.761), abs=5e-4)


def test_exact_and_right_censored_times_give_kaplan_meier():
    times, events = [1, 2, 3, 3, 4, 5, 6], [1, 0, 1, 1, 0, 1, 0]
    right = [t if e else np.inf for t, e in zip(times, events, strict=True)]
    curve, known = turnbull(times, right), kaplan_meier(times, events)
    for t in (1, 2, 3, 4, 5):
        assert curve.at(t)[0] == pytest.approx(known.at(t)["survival"].iloc[0], abs=1e-6)


def test_an_interval_after_a_time_does_not_hold_that_time():
    # Two persons: one stopped at 2, one after 2 and up to 4.
    curve = turnbull([2, 2], [2, 4])
    assert curve.intervals["mass"].tolist() == pytest.approx([0.5, 0.5])
    assert curve.intervals[["left", "right"]].to_numpy().tolist() == [[2, 2], [2, 4]]
    assert curve.median() == (2, 2)


def test_row_order_changes_nothing_and_mass_sums_to_one():
    left, right = map(np.array, cosmesis())
    order = np.random.default_rng(1).permutation(len(left))
    once, again = turnbull(left, right).intervals, turnbull(left[order], right[order]).intervals
    assert again.to_numpy() == pytest.approx(once.to_numpy())
    assert once["mass"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("left", "right", "text"),
    [
        ([], [], "Nobody was followed"),
        ([1, 2], [np.nan, np.inf], "Nobody stopped"),
        ([1, 5], [2, 3], "Person 2 stopped between 5 and 3"),
        ([-1], [3], "no interval"),
        ([1], [2, 3], "same length"),
        (["a"], [2], "must be numbers"),
    ],
)
def test_intervals_without_a_curve_are_a_sentence(left, right, text):
    with pytest.raises(UserError, match=text):
        turnbull(left, right)


def test_a_curve_that_does_not_settle_is_said():
    with pytest.raises(UserError, match="did not settle"):
        turnbull(*cosmesis(), most_iterations=2)


def remembered(rng, n):
    """Weibull stopping times known only to the year, censored at a survey date."""
    true, seen = rng.weibull(1.3, n) * 4, rng.uniform(2, 9, n)
    stopped = true < np.floor(seen)
    left = np.where(stopped, np.floor(true), np.floor(seen))
    return left, np.where(stopped, np.floor(true) + 1, np.inf)


def test_the_truth_is_recovered_from_years_remembered():
    rng = np.random.default_rng(8)
    found = np.mean([turnbull(*remembered(rng, 60)).at(3)[0] for _ in range(300)])
    assert found == pytest.approx(np.exp(-((3 / 4) ** 1.3)), abs=0.02)


def test_ten_thousand_different_times_need_no_table_of_persons_by_intervals():
    rng = np.random.default_rng(10)
    time_, seen = rng.weibull(1.3, 10_000) * 4, rng.uniform(2, 9, 10_000)
    right = np.where(time_ < seen, time_, np.inf)
    tracemalloc.start()
    curve = turnbull(np.minimum(time_, seen), right, tolerance=1e-6)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6  # 10,000 by 10,000 cells would be 100 MB as truth values alone
    known = kaplan_meier(np.minimum(time_, seen), time_ < seen)
    for t in (1, 2, 3):
        assert curve.at(t)[1] == pytest.approx(known.at(t)["survival"].iloc[0], abs=1e-3)

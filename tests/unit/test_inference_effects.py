"""Effects between groups, against R packages and published examples."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from sustainment.errors import UserError
from sustainment.inference.effects import (
    cliff_delta,
    cramers_v,
    fisher_mid_p,
    linear_by_linear,
)

unhurried = settings(deadline=None)  # a busy machine is no failure

TREATMENT, CONTROL = [10, 10, 20, 20, 20, 30, 30, 30, 40, 50], [10, 20, 30, 40, 40, 50]
HAIR_BY_EYE = [[68, 20, 15, 5], [119, 84, 54, 29], [26, 17, 14, 14], [7, 94, 10, 16]]
some_answers = st.lists(st.integers(1, 5), min_size=2, max_size=30)


def test_cliffs_delta_agrees_with_effsize():
    # R 4.2.2, effsize 0.8.1: cliff.delta(treatment, control), the example of Hogarty and
    # Kromrey (1999) in its tests: -0.25, -0.7265846 to 0.3890062.
    result = cliff_delta(TREATMENT, CONTROL)
    assert result[:3] == pytest.approx((-0.25, -0.7265845888899, 0.3890061901987), abs=1e-9)
    assert result.superiority == 0.375


def test_cliffs_delta_of_many_ties_agrees_with_effsize(iris_widths):
    # R 4.2.2, effsize 0.8.1: cliff.delta(iris$Sepal.Width[1:50], iris$Sepal.Width[51:100])
    result = cliff_delta(*iris_widths)
    assert result[:3] == pytest.approx((0.8496, 0.71280584973727, 0.92412379566537), abs=1e-9)


@pytest.fixture
def iris_widths():
    """Sepal widths in mm of R's iris, setosa and versicolor, as value counts."""
    setosa = {23: 1, 29: 1, 30: 6, 31: 4, 32: 5, 33: 2, 34: 9, 35: 6, 36: 3, 37: 3, 38: 4, 39: 2,
              40: 1, 41: 1, 42: 1, 44: 1}  # fmt: skip
    versicolor = {20: 1, 22: 2, 23: 3, 24: 3, 25: 4, 26: 3, 27: 5, 28: 6, 29: 7, 30: 8, 31: 3,
                  32: 3, 33: 1, 34: 1}  # fmt: skip
    return [np.repeat(list(c), list(c.values())) for c in (setosa, versicolor)]


@unhurried
@given(some_answers, some_answers)
def test_cliffs_delta_is_the_dominance_matrix_without_building_it(first, second):
    if len({*first, *second}) == 1:
        return
    matrix = np.sign(np.subtract.outer(first, second))
    result, mirrored = cliff_delta(first, second), cliff_delta(second, first)
    assert result.delta == pytest.approx(matrix.mean())
    assert -1 <= result.low <= result.delta <= result.high <= 1
    assert mirrored[:3] == pytest.approx((-result.delta, -result.high, -result.low), abs=1e-9)
    assert cliff_delta(sorted(first), sorted(second)) == pytest.approx(result)
    # Only the order of the answers counts, not the numbers given to them.
    assert cliff_delta(np.exp(first), np.exp(second)) == pytest.approx(result)


def test_groups_that_do_not_overlap_keep_a_width_and_say_so():
    # effsize also treats the difference as one pair short of 1 and calls its limits approximate
    # (0.434 to 1); ours keep the floor of the variance and are wider.
    result = cliff_delta([5, 6, 7, 8], [1, 2, 3])
    assert (result.delta, result.high, result.disjoint) == (1, 1, True)
    assert 0 < result.low < 0.434
    # By hand: d = 11/12 in place of 1, variance (1 - d^2) / 11, Student's t of 5 degrees 2.570582.
    d, variance, z = 11 / 12, (1 - (11 / 12) ** 2) / 11, 2.570582
    half = z * variance**0.5 * ((1 - d**2) ** 2 + z**2 * variance) ** 0.5
    assert result.low == pytest.approx((d - d**3 - half) / (1 - d**2 + z**2 * variance), abs=1e-6)


def test_an_ordered_category_is_compared_by_its_order():
    scale = pd.CategoricalDtype(["no", "a little", "much"], ordered=True)
    first = pd.Series(["no", "much", "much", None], dtype=scale)
    second = pd.Series(["no", "no", "a little"], dtype=scale)
    assert cliff_delta(first, second).delta == pytest.approx(
        cliff_delta([0, 2, 2], [0, 0, 1]).delta
    )
    with pytest.raises(UserError, match="without an order"):
        cliff_delta(first.cat.as_unordered(), second)


def test_all_ties_or_one_person_are_sentences():
    with pytest.raises(UserError, match="All answers are the same"):
        cliff_delta([3, 3, 3], [3, 3])
    with pytest.raises(UserError, match="at least two answers"):
        cliff_delta([3, 4], [5])
    with pytest.raises(UserError, match="not numbers"):
        cliff_delta(["a", "b"], [1, 2])


def test_cliffs_delta_of_a_million_answers_takes_no_matrix():
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 7, (2, 500_000))
    tracemalloc.start()
    assert abs(cliff_delta(first, second).delta) < 0.01
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200e6  # all pairs would be 250,000 times as many cells


def test_cramers_v_agrees_with_desctools():
    # R 4.2.2, CramerV of DescTools: apply(HairEyeColor, 1:2, sum); limits solved to 1e-12 by
    # uniroot on pchisq(ncp =), since DescTools stops at 1e-5 (0.223525 to 0.317986).
    result = cramers_v(HAIR_BY_EYE)
    assert (result.v, result.low, result.high) == pytest.approx(
        (0.279044623343, 0.223527016369, 0.317988102938), abs=1e-9
    )
    assert (result.chi2, result.df, result.n) == (pytest.approx(138.289841626), 9, 592)
    adjusted = cramers_v(HAIR_BY_EYE, convention="adjusted")
    assert (adjusted.low, adjusted.high) == pytest.approx((0.234587, 0.325857), abs=1e-5)
    assert cramers_v(HAIR_BY_EYE, bias_corrected=True).v == pytest.approx(0.270483152912, abs=1e-9)


@unhurried
@given(st.permutations(range(4)), st.permutations(range(4)))
def test_the_order_of_rows_and_empty_categories_change_nothing_in_v(rows, columns):
    table = np.array(HAIR_BY_EYE)
    padded = np.pad(table[np.ix_(rows, columns)], ((0, 1), (1, 0)))
    assert cramers_v(padded) == pytest.approx(cramers_v(table), abs=1e-9)


def test_v_of_an_unrelated_and_of_a_perfect_table():
    assert cramers_v([[10, 10], [10, 10]])[:2] == (0, 0)
    assert cramers_v([[10, 0], [0, 10]]).v == pytest.approx(1)
    assert cramers_v([[10, 0], [0, 10]]).high == 1


def test_a_trend_agrees_with_coin_and_the_textbook():
    # agresti2007categorical, section 2.5.2 (alcohol and malformation, midpoint scores):
    # M2 = 6.57, p = .010; further digits from R 4.2.2, coin 1.4-2, lbl_test.
    table = [[17066, 48], [14464, 38], [788, 5], [126, 1], [37, 1]]
    result = linear_by_linear(table, row_scores=[0, 0.5, 1.5, 4, 7])
    assert result[:2] == pytest.approx((6.5699322459913, 0.0103715899166), abs=1e-9)


def test_a_trend_in_a_square_table_agrees_with_coin():
    # R 4.2.2, coin 1.4-2: statistic(lbl_test(job satisfaction by income, agresti2007categorical))^2
    table = [[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]]
    assert linear_by_linear(table)[:2] == pytest.approx((2.98298812069, 0.0841437947064), abs=1e-9)


def test_two_rows_and_columns_are_pearsons_chi_square_of_n_minus_1():
    table = np.array([[12, 8], [5, 15]])
    pearson = chi2_contingency(table, correction=False).statistic
    assert linear_by_linear(table).statistic == pytest.approx(pearson * 39 / 40)


def test_reversing_the_order_turns_the_sign_of_the_trend_only():
    table = np.array(HAIR_BY_EYE)
    forward, back = linear_by_linear(table), linear_by_linear(table[::-1])
    assert forward.r == pytest.approx(-back.r)
    assert forward.p == pytest.approx(back.p)


@pytest.mark.parametrize(
    ("table", "expected"),
    # R 4.2.2, with dhyper: sum(d[d < observed]) + sum(d[d == observed]) / 2. The first is
    # Fisher's (1935) convictions of twins.
    [
        ([[2, 15], [10, 3]], 0.000311874138119),
        ([[3, 1], [1, 3]], 0.257142857143),
        ([[7, 0], [12, 5]], 0.199275362319),
    ],
)
def test_fishers_mid_p_agrees_with_r(table, expected):
    assert fisher_mid_p(table) == pytest.approx(expected, abs=1e-12)
    assert fisher_mid_p(np.transpose(table)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ([[10, 5], [0, 0]], "Only one group or one answer"),
        ([[10, 0], [5, 0]], "Only one group or one answer"),
        ([[0, 0], [0, 0]], "Only one group or one answer"),
        ([[1.5, 2], [3, 4]], "whole numbers"),
        ([[-1, 2], [3, 4]], "whole numbers"),
        ([1, 2], "two-way table"),
    ],
)
def test_a_table_that_compares_nothing_is_a_sentence(table, text):
    for method in (cramers_v, linear_by_linear, fisher_mid_p):
        with pytest.raises(UserError, match=text):
            method(table)


def test_scores_that_do_not_fit_or_do_not_differ_are_refused():
    with pytest.raises(UserError, match="2 row scores"):
        linear_by_linear(HAIR_BY_EYE, row_scores=[1, 2])
    with pytest.raises(UserError, match="same score"):
        linear_by_linear(HAIR_BY_EYE, row_scores=[1, 1, 1, 1])
    with pytest.raises(UserError, match="two groups and two answers"):
        fisher_mid_p(HAIR_BY_EYE)
    with pytest.raises(UserError, match="convention"):
        cramers_v(HAIR_BY_EYE, convention="wald")


def test_cliffs_interval_covers_a_known_difference():
    rng = np.random.default_rng(7)
    answers = np.arange(1, 6)
    p, q = np.array([0.1, 0.2, 0.3, 0.25, 0.15]), np.array([0.2, 0.3, 0.25, 0.15, 0.1])
    true = p @ np.sign(np.subtract.outer(answers, answers)) @ q
    held = 0
    for _ in range(4000):
        result = cliff_delta(rng.choice(answers, 25, p=p), rng.choice(answers, 25, p=q))
        held += result.low <= true <= result.high
    assert held / 4000 == pytest.approx(0.95, abs=0.02)

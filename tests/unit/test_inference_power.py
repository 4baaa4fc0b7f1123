"""Exact power of small comparisons, against R."""

import math

import numpy as np
import pytest
from scipy.stats import fisher_exact

from sustainment.errors import UserError
from sustainment.inference.effects import fisher_mid_p
from sustainment.inference.power import exaggeration, p_values, power_two_proportions


@pytest.mark.parametrize(
    ("p2", "expected"), [(0.8, 0.5103762699), (0.85, 0.675578891), (0.9, 0.8325731271)]
)
def test_power_of_fishers_test_agrees_with_enumeration_in_r(p2, expected):
    # R 4.2.2: P[a, b] <- fisher.test(matrix(c(a, 25 - a, b, 25 - b), 2))$p.value
    #   sum(outer(dbinom(0:25, 25, .5), dbinom(0:25, 25, p2)) * (P <= .05))
    assert power_two_proportions(0.5, p2, 25, 25) == pytest.approx(expected, abs=1e-9)


def test_significant_small_differences_are_exaggerated_as_in_r():
    # R 4.2.2, the same P: power, mean |d| / .1 and share with the wrong sign for .6 v .7
    expected = (0.06975311922, 3.56913704388, 0.02132080293)
    assert exaggeration(0.6, 0.7, 25, 25) == pytest.approx(expected, abs=1e-9)
    assert exaggeration(0.7, 0.6, 25, 25) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("n1", "n2"), [(5, 7), (12, 12), (1, 9)])
def test_the_table_of_p_values_is_scipys_and_the_single_mid_p(n1, n2):
    fisher, mid = p_values(n1, n2), p_values(n1, n2, "mid-p")
    for a in range(n1 + 1):
        for b in range(n2 + 1):
            table = [[a, n1 - a], [b, n2 - b]]
            assert fisher[a, b] == pytest.approx(fisher_exact(table).pvalue, abs=1e-9)
            if 0 < a + b < n1 + n2:
                assert mid[a, b] == pytest.approx(fisher_mid_p(table), abs=1e-9)


def test_boschloo_of_the_convictions_of_twins_agrees_with_exact():
    # R's Exact, exact.test(method = "boschloo"), on Fisher's twins (10/13 v 2/17): 0.00026. More
    # digits, and two other tables, from R 4.2.2: the largest sum(outer(dbinom(0:13, 13, p),
    # dbinom(0:17, 17, p))[F <= F[a, b]]) with F from fisher.test, by optimize to 1e-14.
    boschloo = p_values(13, 17, "boschloo")
    found = [boschloo[10, 2], boschloo[7, 3], boschloo[11, 9]]
    assert found == pytest.approx([0.000259677488, 0.036644753658, 0.077625696679], abs=1e-6)
    assert p_values(13, 17)[10, 2] == pytest.approx(0.000536724119143, abs=1e-12)


def test_boschloo_is_never_less_powerful_than_fisher_and_keeps_its_level():
    fisher, boschloo = p_values(25, 25), p_values(25, 25, "boschloo")
    assert (boschloo <= fisher + 1e-9).all()
    assert (power_two_proportions(0.5, 0.8, 25, 25, test="boschloo")
            > power_two_proportions(0.5, 0.8, 25, 25))  # fmt: skip
    level = max(
        power_two_proportions(p, p, 25, 25, test="boschloo") for p in np.linspace(0, 1, 201)
    )
    assert level <= 0.05 + 1e-6


def test_swapping_groups_or_answers_changes_nothing():
    assert p_values(8, 5) == pytest.approx(p_values(5, 8).T)
    assert p_values(8, 5) == pytest.approx(p_values(8, 5)[::-1, ::-1])
    assert power_two_proportions(0.2, 0.7, 8, 5) == pytest.approx(
        power_two_proportions(0.3, 0.8, 5, 8)
    )


def test_simulated_power_meets_the_exact_one():
    rng = np.random.default_rng(12)
    a, b = rng.binomial(25, 0.5, 40_000), rng.binomial(25, 0.8, 40_000)
    assert (p_values(25, 25)[a, b] <= 0.05).mean() == pytest.approx(0.5104, abs=0.01)


def test_nothing_to_find_is_undefined_not_a_ratio():
    assert math.isnan(exaggeration(0.6, 0.6, 25, 25).exaggeration)
    assert exaggeration(0.6, 0.7, 2, 2)[0] == 0
    assert math.isnan(exaggeration(0.6, 0.7, 2, 2).wrong_sign)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: power_two_proportions(50, 0.8, 25, 25), "between 0 and 1"),
        (lambda: power_two_proportions(0.5, 0.8, 0, 25), "first group is 0"),
        (lambda: p_values(5, 5, "chi"), "no test 'chi'"),
    ],
)
def test_what_has_no_power_is_a_sentence(call, text):
    with pytest.raises(UserError, match=text):
        call()

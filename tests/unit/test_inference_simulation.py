"""Simulated studies recover what was put in, and fail where theory says they fail."""

import math

import numpy as np
import pytest
from scipy.stats import binom, weibull_min

from sustainment.errors import UserError
from sustainment.inference import simulation
from sustainment.inference.simulation import (
    fish_subgroups,
    inflate_zeros,
    remember_years,
    separate,
    simulate,
    standard_error,
    weibull_survival,
)


def test_a_seed_gives_the_same_studies_and_another_seed_others():
    first = simulate(fish_subgroups, 30, 5)
    assert first.equals(simulate(fish_subgroups, 30, 5))
    assert not first.equals(simulate(fish_subgroups, 30, 6))


def test_more_runs_keep_the_earlier_ones():
    few, many = simulate(separate, simulation.BATCH, 5), simulate(separate, 3 * simulation.BATCH, 5)
    assert many.iloc[: simulation.BATCH].equals(few)
    assert len(many) == 3 * simulation.BATCH


def test_labels_draw_apart():
    assert not simulate(separate, 20, 5, label="a").equals(simulate(separate, 20, 5, label="b"))


def test_separation_comes_as_often_as_enumeration_says():
    # Independent binomials: 10 with the trait, 40 without; separated when a cell is empty.
    p_trait = 1 / (1 + math.exp(-math.log(2) - 1.2))
    one_sided = [binom.pmf(0, n, p) + binom.pmf(n, n, p) for n, p in ((10, p_trait), (40, 2 / 3))]
    exact = 1 - (1 - one_sided[0]) * (1 - one_sided[1])
    found = simulate(separate, 1000, 7)
    assert found["separated"].mean() == pytest.approx(
        exact, abs=4 * standard_error(found["separated"])
    )
    assert found.loc[found["separated"], "likelihood"].isna().all()
    assert np.isfinite(found["firth"]).all() and found["firth"].abs().max() < 6


def test_nothing_is_found_twenty_times_more_often_than_promised():
    found = simulate(fish_subgroups, 600, 7)
    # twenty independent tests at exactly 5 %: 0.64; mid-p of a few sizes comes close to it
    assert 0.5 < found["found"].mean() < 0.72
    assert found["found_corrected"].mean() < 0.08
    assert simulate(fish_subgroups, 300, 7, subgroups=1)["found"].mean() < 0.09


def test_the_true_curve_is_the_weibull_of_scipy():
    assert weibull_survival(24, 1.2, 89) == pytest.approx(weibull_min.sf(24, 1.2, scale=89))


def test_known_months_and_turnbull_are_right_on_average_and_face_value_is_not():
    found = simulate(remember_years, 150, 7, n=200)
    truth = weibull_survival(24, 1.2, 89.0)
    assert found["exact"].mean() == pytest.approx(truth, abs=4 * standard_error(found["exact"]))
    middle = (found["turnbull_low"] + found["turnbull_high"]) / 2
    assert middle.mean() == pytest.approx(truth, abs=4 * standard_error(middle))
    assert found["face_value"].mean() > truth + 4 * standard_error(found["face_value"])
    assert (found["turnbull_low"] <= found["turnbull_high"]).all()


def test_nobody_stopping_is_a_flat_curve_and_no_error():
    found = simulate(remember_years, 3, 7, scale=1e9)
    assert (found == 1).all().all()


def test_the_negative_binomial_mean_is_right_and_hidden_zeros_cannot_be_pinned_down():
    found = simulate(inflate_zeros, 60, 7)
    assert found["negative_binomial"].mean() == pytest.approx(
        5, abs=4 * standard_error(found["negative_binomial"])
    )
    assert found["converged"].mean() > 0.8 and found["unusable"].mean() > 0.25


@pytest.mark.parametrize("wrong", [{"runs": 0}, {"runs": 2.5}, {"workers": 0}])
def test_impossible_numbers_of_runs_and_workers_are_sentences(wrong):
    settings = {"runs": 5, "workers": 1} | wrong
    with pytest.raises(UserError):
        simulate(separate, settings["runs"], 1, workers=settings["workers"])


def test_a_standard_error_needs_two_values():
    assert math.isnan(standard_error([1.0, math.nan]))
    assert standard_error([1, 3]) == pytest.approx(1.0)

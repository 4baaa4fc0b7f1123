"""What the silent may have answered, and what silence does to an interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom, nchypergeom_fisher

from sustainment.errors import UserError
from sustainment.inference.counts import interval_table, manski_bounds
from sustainment.inference.silence import (
    answer_probabilities,
    compatible_pairs,
    coverage,
    delta_adjusted,
    pattern_mixture,
    tipping_point,
)

unhurried = settings(deadline=None)  # a busy machine is no failure


def test_no_shift_copies_the_share_of_those_who_answered_to_the_silent():
    assert delta_adjusted(33, 50, 66, 0) == pytest.approx(66 * 33 / 50)


def test_an_odds_ratio_of_two_by_hand():
    # 33:17 are the odds of yes; twice that for the silent is 66:17, so 33 + 16 * 66 / 83.
    assert delta_adjusted(33, 50, 66, np.log(2)) == pytest.approx(33 + 16 * 66 / 83, abs=1e-9)


def test_endless_shifts_are_the_bounds():
    low, high, _ = manski_bounds(33, 50, 66)
    shifts = np.array([-np.inf, np.inf])
    assert delta_adjusted(33, 50, 66, shifts) == pytest.approx([low, high])
    with pytest.raises(UserError, match="Use the bounds"):
        delta_adjusted(50, 50, 66, -np.inf)


@unhurried
@given(st.integers(1, 49), st.floats(-5, 5))
def test_the_pattern_mixture_stays_in_the_bounds_and_mirrors(x, delta):
    persons = delta_adjusted(x, 50, 66, delta)
    assert x <= persons <= x + 16
    assert persons == pytest.approx(66 - delta_adjusted(50 - x, 50, 66, -delta))


def test_the_scale_of_shifts_is_a_table_that_rises():
    table = pattern_mixture(33, 50, 66)
    assert list(table.columns) == ["delta", "silent_share", "persons", "share"]
    assert (table["delta"].iloc[0], table["delta"].iloc[-1], len(table)) == (-2, 2, 41)
    assert table["persons"].is_monotonic_increasing
    assert (33 + 16 * table["silent_share"]).to_numpy() == pytest.approx(
        table["persons"].to_numpy()
    )
    nobody_silent = pattern_mixture(44, 66, 66)
    assert nobody_silent["persons"].eq(44).all() and nobody_silent["silent_share"].isna().all()


def test_the_share_is_below_60_percent_only_if_at_most_6_of_the_16_said_yes():
    point = tipping_point(33, 50, 66, 0.6)
    assert (point.silent, point.at_most, point.settled) == (16, 6, False)
    # The expected share meets the threshold at the reported shift.
    assert delta_adjusted(33, 50, 66, point.delta) == pytest.approx(0.6 * 66)


@unhurried
@given(st.integers(0, 66), st.data(), st.integers(1, 100))
def test_the_tipping_point_agrees_with_trying_every_silent_person(n, data, percent):
    x = data.draw(st.integers(0, n))
    point = tipping_point(x, n, 66, percent / 100)
    below = [silent for silent in range(66 - n + 1) if 100 * (x + silent) < percent * 66]
    assert point.at_most == max(below, default=-1)
    assert point.settled == (len(below) in (0, 66 - n + 1))


def test_a_threshold_is_met_exactly_not_by_floating_point():
    # 0.6 of 65 is 39: 39 persons are not below it, 38 are; 0.1 + 0.2 style rounding must not tip it.
    assert tipping_point(33, 50, 65, 0.6).at_most == 5
    assert tipping_point(30, 50, 100, 0.29).settled


def test_a_majority_needs_47_answers_to_be_shown_and_56_to_be_sure():
    # Arithmetic of "about two of three" read as 60 to 73 %.
    pairs = compatible_pairs(66, 0.60, 0.73)
    assert pairs.loc[pairs["majority"] == "certain", "n"].min() == 47
    assert pairs.loc[pairs["majority"] != "certain", "n"].max() == 55
    assert not pairs["majority"].eq("impossible").any()
    assert pairs.loc[pairs["n"] == 66, "x"].agg(["min", "max"]).tolist() == [40, 48]


@pytest.mark.parametrize(
    ("low", "high", "first", "sure"), [(0.62, 0.71, 48, 54), (0.64, 0.69, 50, 52)]
)
def test_the_lines_move_with_the_meaning_of_about(low, high, first, sure):
    pairs = compatible_pairs(66, low, high)
    majority = pairs["majority"] == "certain"
    assert pairs.loc[majority, "n"].min() == first
    assert all(majority[pairs["n"] >= sure])
    assert not all(majority[pairs["n"] == sure - 1])


def test_a_share_below_half_can_rule_a_majority_out():
    pairs = compatible_pairs(10, 0.0, 0.5).set_index(["n", "x"])["majority"]
    assert pairs[(8, 3)] == "impossible"
    assert pairs[(8, 4)] == "cannot be told"


@pytest.mark.parametrize(("low", "high"), [(0.7, 0.6), (-0.1, 0.5), (0.5, 1.2)])
def test_a_range_that_is_none_is_refused(low, high):
    with pytest.raises(UserError, match="not a range of shares"):
        compatible_pairs(66, low, high)


def test_chances_of_answers_are_the_textbook_distributions():
    x = np.arange(51)
    by_chance, by_answer = answer_probabilities(50, 66), answer_probabilities(50, 66, 2.0)
    for M in (0, 10, 44, 66):
        assert by_chance[M] == pytest.approx(hypergeom.pmf(x, 66, M, 50), abs=1e-12)
    for M in (10, 44):
        assert by_answer[M] == pytest.approx(nchypergeom_fisher.pmf(x, 66, M, 50, 2.0), abs=1e-9)


@pytest.mark.parametrize(
    ("odds", "expected"),
    [(1, 0.987257422606), (1.5, 0.962556763467), (2, 0.901790833928), (4, 0.539110317763)],
)
def test_silence_that_depends_on_the_answer_breaks_the_chance_interval(odds, expected):
    # R 4.2.2: x <- 28:44; w <- choose(44, x) * choose(22, 50 - x) * odds^x; w <- w / sum(w)
    #   sum(w[covered]), with limits from phyper as in test_inference_counts.py
    table = interval_table("hypergeometric", 50, 66)
    assert coverage(table, 50, 66, odds)[44] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("odds", [0.25, 1, 4])
def test_bounds_cover_always_whatever_the_reason_for_silence(odds):
    table = interval_table("bounds", 50, 66)
    assert coverage(table, 50, 66, odds) == pytest.approx(np.ones(67))


def test_simulated_coverage_meets_the_exact_one():
    rng = np.random.default_rng(20240601)
    table, repeats = interval_table("hypergeometric", 50, 66), 20_000
    x = rng.hypergeometric(44, 22, 50, repeats)
    held = ((table[x, 0] <= 44) & (table[x, 1] >= 44)).mean()
    exact = coverage(table, 50, 66)[44]
    assert held == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / repeats))


def test_nobody_answering_is_a_sentence():
    with pytest.raises(UserError, match="Nobody answered"):
        delta_adjusted(0, 0, 66, 0)
    assert tipping_point(0, 0, 66, 0.6).at_most == 39


@pytest.mark.parametrize("threshold", [0, -1, 60])
def test_a_threshold_in_percent_is_refused(threshold):
    with pytest.raises(UserError, match="between 0 and 1"):
        tipping_point(33, 50, 66, threshold)


def test_a_table_for_another_sample_is_refused():
    with pytest.raises(UserError, match="51 rows"):
        coverage(interval_table("bounds", 40, 66), 50, 66)
    with pytest.raises(UserError, match="odds"):
        answer_probabilities(50, 66, 0)


def test_a_group_too_large_to_enumerate_is_refused_before_memory_runs_out():
    for attempt in (
        lambda: answer_probabilities(9000, 10_000),
        lambda: compatible_pairs(10_000, 0, 1),
    ):
        with pytest.raises(UserError, match="too large to enumerate"):
            attempt()


def test_an_empty_group_has_no_tipping_point():
    with pytest.raises(UserError, match="group is empty"):
        tipping_point(0, 0, 0, 0.6)

"""One share of a closed group: every interval against R or a published table."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sustainment.errors import UserError
from sustainment.inference.counts import (
    clopper_pearson,
    hypergeometric_interval,
    hypergeometric_table,
    interval_table,
    manski_bounds,
    mid_p,
    newcombe,
    target,
    wilson,
    wilson_fpc,
)
from sustainment.inference.silence import coverage

unhurried = settings(deadline=None)  # a busy machine is no failure

METHODS = ["bounds", "hypergeometric", "wilson-fpc", "wilson", "mid-p", "clopper-pearson"]


@st.composite
def counts(draw, least=1, most=80):
    """x of n who answered, of a group of N."""
    N = draw(st.integers(least, most))
    n = draw(st.integers(least, N))
    return draw(st.integers(0, n)), n, N


@pytest.mark.parametrize(
    ("x", "n", "N", "low", "high"),
    # R 4.2.2: M <- x:(N - n + x)
    #   ok <- phyper(x - 1, M, N - M, n, lower = FALSE) > .025 & phyper(x, M, N - M, n) > .025
    #   range(M[ok])
    [
        (33, 50, 66, 39, 48),
        (0, 50, 66, 0, 2),
        (50, 50, 66, 64, 66),
        (10, 20, 66, 21, 45),
        (30, 45, 66, 38, 49),
        (66, 100, 1000, 564, 747),
        (660, 1000, 100_000, 62986, 68920),
    ],
)
def test_the_exact_count_interval_agrees_with_r(x, n, N, low, high):
    assert hypergeometric_interval(x, n, N) == (low, high, N)


def test_the_exact_interval_covers_at_least_95_percent_for_every_sample_and_every_truth():
    lowest = [coverage(hypergeometric_table(n, 66), n, 66).min() for n in range(67)]
    assert min(lowest) >= 0.95


@pytest.mark.parametrize("confidence", ["0.5", "0.8", "0.9", "0.95"])
def test_a_count_exactly_as_rare_as_allowed_belongs_to_the_interval(confidence):
    # By definition, in whole numbers: wright1991exact. One yes of three from a group of 12 of whom
    # one would say so has probability 3/12, the very half of 0.5; floating point may fall either way.
    limit = (1 - Fraction(confidence)) / 2
    ties = 0
    for N, n in [(12, 3), (20, 1), (20, 5), (20, 19), (40, 1), (40, 2), (40, 30)]:
        for x in range(n + 1):
            tails = {M: _tails(x, n, N, M) for M in range(x, N - n + x + 1)}
            ties += sum(limit in pair for pair in tails.values())
            belong = [M for M, pair in tails.items() if min(pair) >= limit]
            found = hypergeometric_interval(x, n, N, float(confidence))
            assert found == (min(belong), max(belong), N)
    assert ties > 0


def _tails(x, n, N, M):
    """Exact chance of x or more, and of x or fewer, among n of the N of whom M would say yes."""
    chance = [
        Fraction(math.comb(M, k) * math.comb(N - M, n - k), math.comb(N, n)) for k in range(n + 1)
    ]
    return sum(chance[x:]), sum(chance[: x + 1])


def test_the_enumeration_of_coverage_sees_an_interval_one_person_too_tight():
    tight = hypergeometric_table(50, 66).astype(float) + [1, -1]
    assert coverage(tight, 50, 66).min() < 0.95


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.9, 0.99])
def test_the_exact_interval_keeps_other_levels_too(confidence):
    for n in (1, 20, 50, 65):
        table = hypergeometric_table(n, 66, confidence)
        assert coverage(table, n, 66).min() >= confidence


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    # R 4.2.2: prop.test(x, n, correct = FALSE)$conf.int
    [(33, 50, 0.521538260502, 0.775630507775), (81, 263, 0.255288519878, 0.366209576983)],
)
def test_wilson_agrees_with_r(x, n, low, high):
    assert wilson(x, n) == pytest.approx((low, high), abs=1e-9)


def test_wilson_agrees_with_the_published_table():
    # newcombe1998single, table I, method 3 (four decimals)
    for x, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        assert wilson(x, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_for_a_finite_group_agrees_with_r():
    # R 4.2.2: m <- 50 * 65 / 16; Wilson's formula with p = .66 and m in place of n
    assert wilson_fpc(33, 50, 66) == pytest.approx((0.592424871465, 0.721635679072), abs=1e-9)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    # R 4.2.2: uniroot of pbinom(x - 1, n, p) + dbinom(x, n, p) / 2 - .025 and its mirror, 1e-14.
    # The first four round to newcombe1998single, table I, method 6.
    [
        (81, 263, 0.254402104946, 0.365773474258),
        (15, 148, 0.0600636026655, 0.1581217330506),
        (0, 20, 0.0, 0.139108340668),
        (1, 29, 0.00172477011471, 0.15853738368147),
        (33, 50, 0.521205668174, 0.780732768369),
    ],
)
def test_mid_p_agrees_with_r_and_the_published_table(x, n, low, high):
    assert mid_p(x, n) == pytest.approx((low, high), abs=1e-9)


def test_clopper_pearson_agrees_with_the_published_table():
    # newcombe1998single, table I, method 5
    assert clopper_pearson(81, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert clopper_pearson(0, 20) == pytest.approx((0.0, 0.1684), abs=5e-5)


def test_newcombe_agrees_with_the_published_example():
    # newcombe1998difference, table II (a): 56/70 and 48/80, method 10: 0.0524 to 0.3339.
    # R 4.2.2, Wilson limits from prop.test combined by hand, gives the further digits.
    assert newcombe(56, 70, 48, 80) == pytest.approx(
        (0.2, 0.0524314724024, 0.3338726540369), abs=1e-9
    )


def test_bounds_are_33_to_49_when_16_of_66_are_silent():
    bounds = manski_bounds(33, 50, 66)
    assert bounds == (33, 49, 66)
    assert (bounds.low_share, bounds.high_share) == pytest.approx((0.5, 0.742424), abs=1e-6)


@unhurried
@given(counts())
def test_yes_and_no_mirror_each_other(case):
    x, n, N = case
    for method in METHODS:
        table = interval_table(method, n, N)
        assert table[x] == pytest.approx(N - table[n - x][::-1], abs=1e-8)


@unhurried
@given(counts())
def test_the_bounds_contain_every_interval_about_the_group(case):
    x, n, N = case
    bounds = manski_bounds(x, n, N)
    for method in ("hypergeometric", "wilson-fpc"):
        low, high = interval_table(method, n, N)[x]
        assert bounds.low - 1e-9 <= low <= high <= bounds.high + 1e-9


@unhurried
@given(counts())
def test_when_all_answer_nothing_is_uncertain_about_the_group(case):
    x, _, N = case
    assert manski_bounds(x, N, N) == (x, x, N)
    assert hypergeometric_interval(x, N, N) == (x, x, N)
    assert wilson_fpc(x, N, N) == (x / N, x / N)


@unhurried
@given(counts(least=2))
def test_limits_never_fall_when_one_more_says_yes(case):
    _, n, N = case
    for method in METHODS:
        assert (np.diff(interval_table(method, n, N), axis=0) >= -1e-9).all()


@unhurried
@given(counts())
def test_a_row_of_the_table_is_the_single_interval(case):
    x, n, N = case
    assert tuple(hypergeometric_table(n, N)[x]) == hypergeometric_interval(x, n, N)[:2]
    singles = {"wilson-fpc": wilson_fpc(x, n, N), "wilson": wilson(x, n), "mid-p": mid_p(x, n)}
    for method, interval in singles.items():
        assert interval_table(method, n, N)[x] / N == pytest.approx(interval, abs=1e-9)


def test_a_table_cannot_be_changed_by_its_reader():
    with pytest.raises(ValueError, match="read-only"):
        hypergeometric_table(50, 66)[0, 0] = 1


def test_nobody_answering_leaves_the_bounds_and_refuses_a_share():
    assert manski_bounds(0, 0, 66) == (0, 66, 66)
    assert hypergeometric_interval(0, 0, 66) == (0, 66, 66)
    for attempt in (
        lambda: wilson(0, 0),
        lambda: mid_p(0, 0),
        lambda: clopper_pearson(0, 0),
        lambda: wilson_fpc(0, 0, 66),
        lambda: interval_table("wilson", 0, 66),
    ):
        with pytest.raises(UserError, match="Nobody answered"):
            attempt()
    with pytest.raises(UserError, match="One of the two groups is empty"):
        newcombe(3, 5, 0, 0)


def test_everyone_or_nobody_saying_yes_gives_limits_inside_the_group():
    for method in METHODS:
        table = interval_table(method, 50, 66)
        assert table[0][0] == pytest.approx(0, abs=1e-9)
        assert table[50][1] == pytest.approx(66, abs=1e-9)
        assert np.isfinite(table).all()


@pytest.mark.parametrize(
    ("x", "n", "N"), [(51, 50, 66), (-1, 50, 66), (33, 67, 66), (33.5, 50, 66), ("33", 50, 66)]
)
def test_impossible_counts_are_refused_with_a_sentence(x, n, N):
    for method in (manski_bounds, hypergeometric_interval, wilson_fpc):
        with pytest.raises(UserError, match="the "):
            method(x, n, N)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_in_percent_is_refused(confidence):
    with pytest.raises(UserError, match=r"Use 0\.95"):
        hypergeometric_interval(33, 50, 66, confidence)


def test_an_unknown_method_is_refused_and_the_known_are_named():
    with pytest.raises(UserError, match="wilson-fpc"):
        interval_table("wald", 50, 66)


def test_each_interval_names_its_target():
    assert target("bounds", 66) == "the 66, without assumption"
    assert target("hypergeometric", 66) == "the 66, if silence is chance"
    # Whoever answered stands for people like these: the group is taken as drawn, and silence too.
    assert (
        target("wilson", 66) == "people like these, if those who answered are a random draw of them"
    )


def test_a_million_persons_take_no_longer_than_a_moment():
    low, high, _ = hypergeometric_interval(500_000, 757_000, 1_000_000)
    # Normal approximation with the finite population correction, by hand: +- 529 persons.
    p, n, N = 500 / 757, 757_000, 1_000_000
    half = 1.959964 * math.sqrt(p * (1 - p) / n * (N - n) / (N - 1)) * N
    assert (high - low) / 2 == pytest.approx(half, rel=0.01)


@unhurried
@given(counts(), counts())
def test_newcombe_mirrors_with_the_answers_and_with_the_groups(first, second):
    (x1, n1, _), (x2, n2, _) = first, second
    there = newcombe(x1, n1, x2, n2)
    turned = pytest.approx((-there.estimate, -there.high, -there.low), abs=1e-9)
    assert newcombe(n1 - x1, n1, n2 - x2, n2) == turned
    assert newcombe(x2, n2, x1, n1) == turned
    assert -1 <= there.low <= there.estimate <= there.high <= 1

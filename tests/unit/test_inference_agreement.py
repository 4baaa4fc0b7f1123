"""Agreement coefficients against published worked examples, and undefined said as undefined."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sustainment.errors import UserError
from sustainment.inference.agreement import (
    bootstrap_agreement,
    cohen_kappa,
    gwet_ac1,
    krippendorff_alpha,
    masi_distance,
    percent_agreement,
)

unhurried = settings(deadline=None)  # a busy machine is no failure

NA = np.nan


@pytest.fixture
def four_coders():
    """Krippendorff's 4 coders by 12 units (hayes2007answering and gwet2014handbook use it too)."""
    rows = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3],
        [NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA],
    ]
    return pd.DataFrame(rows, index=list("ABCD")).T


def two_coders(*rows):
    """Units of two coders from a table of counts."""
    pairs = [(i, j) for i, row in enumerate(rows) for j, n in enumerate(row) for _ in range(n)]
    return pd.DataFrame(pairs, columns=["a", "b"])


SKEWED = two_coders([130, 56], [9, 5])


@pytest.mark.parametrize(
    ("level", "expected"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_of_four_coders_and_twelve_units_is_the_published_one(four_coders, level, expected):
    result = krippendorff_alpha(four_coders, level)
    assert result.value == pytest.approx(expected, abs=5e-4)
    assert (result.units, result.note) == (11, "")


def test_nominal_alpha_agrees_with_irrcac_to_its_digits(four_coders):
    # R 4.2.2, irrCAC 1.0: krippen.alpha.raw(cac.raw4raters): 0.74342
    assert krippendorff_alpha(four_coders).value == pytest.approx(0.74342, abs=5e-6)


def test_ac1_and_its_standard_error_are_gwets_worked_example(four_coders):
    # R 4.2.2, irrCAC 1.0: gwet.ac1.raw(cac.raw4raters): 0.77544, se 0.14295, 0.461 to 1;
    # the data of gwet2014handbook, page 120. Percent agreement 0.81818.
    result = gwet_ac1(four_coders)
    assert (result.value, result.se) == pytest.approx((0.77544, 0.14295), abs=5e-6)
    assert (result.low, result.high) == pytest.approx((0.461, 1), abs=5e-4)
    assert percent_agreement(four_coders).value == pytest.approx(9 / 11)


def test_kappa_collapses_and_ac1_does_not_when_one_code_is_rare():
    # R 4.2.2, irrCAC 1.0, on the tables 130/56/9/5 and 118/5/2/0:
    #   kappa2.table: 0.02196810111, se 0.05208326494; -0.02339181287
    #   gwet.ac1.table: 0.5325842697, se 0.06121439897 with n, here n - 1; 0.9407763376
    kappa, ac1 = cohen_kappa(SKEWED), gwet_ac1(SKEWED)
    assert (kappa.value, kappa.se) == pytest.approx((0.02196810111, 0.05208326494), abs=1e-9)
    assert ac1.value == pytest.approx(0.5325842697, abs=1e-9)
    assert ac1.se == pytest.approx(0.06121439897 * math.sqrt(200 / 199), abs=1e-9)
    assert percent_agreement(SKEWED).value == 0.675
    rare = two_coders([118, 5], [2, 0])
    assert cohen_kappa(rare).value == pytest.approx(-0.02339181287, abs=1e-9)
    assert gwet_ac1(rare).value == pytest.approx(0.9407763376, abs=1e-9)


def test_three_codes_agree_with_the_published_vignette():
    # Vignette of irrCAC, cont3x3abstractors: kappa 0.7964094, se 0.05891072; AC1 0.8493305;
    # alpha 0.7972585
    ratings = two_coders([13, 0, 0], [0, 20, 7], [0, 4, 56])
    kappa = cohen_kappa(ratings)
    assert (kappa.value, kappa.se) == pytest.approx((0.7964094, 0.05891072), abs=5e-8)
    assert gwet_ac1(ratings).value == pytest.approx(0.8493305, abs=5e-8)
    assert krippendorff_alpha(ratings).value == pytest.approx(0.7972585, abs=5e-8)


def test_masi_is_two_thirds_for_a_part_and_eight_ninths_for_an_overlap():
    # passonneau2006measuring, as in nltk's documentation of masi_distance
    assert masi_distance({1, 2}, {1}) == pytest.approx(2 / 3)
    assert masi_distance({1, 2}, {2, 3}) == pytest.approx(8 / 9)
    assert masi_distance({1, 2, 3, 4}, {1, 2}) == pytest.approx(2 / 3)
    assert (masi_distance({1}, {1}), masi_distance({1}, {2})) == (0, 1)
    assert (masi_distance(set(), set()), masi_distance(set(), {1})) == (0, 1)


def test_alpha_of_sets_is_the_formula_by_hand():
    # Three units, two coders: {x} {x,y} | {x} {x} | {y} {y}. Observed disagreement: 2/3 over
    # three units is 2/9. Expected, over ordered pairs of the six values x, xy, x, x, y, y:
    # x-xy 3 pairs at 2/3, xy-y 2 pairs at 2/3, x-y 6 pairs at 1, so 2 * (2 + 4/3 + 6) / 30.
    ratings = pd.DataFrame({"a": [{"x"}, {"x"}, {"y"}], "b": [{"x", "y"}, {"x"}, {"y"}]})
    expected = 1 - (2 / 9) / (2 * (2 + 4 / 3 + 6) / 30)
    assert krippendorff_alpha(ratings, "masi").value == pytest.approx(expected)


def test_sets_of_one_code_are_nominal():
    singles = SKEWED.map(lambda code: frozenset({code}))
    assert krippendorff_alpha(singles, "masi").value == pytest.approx(
        krippendorff_alpha(SKEWED).value
    )


def test_words_need_an_order_for_ordinal_alpha(four_coders):
    words = dict(enumerate(["very low", "low", "mid", "high", "very high"], start=1))
    named = four_coders.map(words.get)
    with pytest.raises(UserError, match="need an order"):
        krippendorff_alpha(named, "ordinal")
    ordered = krippendorff_alpha(named, "ordinal", order=list(words.values()))
    assert ordered.value == pytest.approx(0.815, abs=5e-4)
    scale = pd.CategoricalDtype(list(words.values()), ordered=True)
    assert krippendorff_alpha(named.astype(scale), "ordinal").value == ordered.value


labelled = st.lists(
    st.tuples(*[st.sampled_from(["a", "b", "c", None])] * 3), min_size=3, max_size=25
).map(lambda rows: pd.DataFrame(rows, columns=["A", "B", "C"], dtype=object))


@unhurried
@given(labelled, st.randoms())
def test_row_order_coder_order_names_and_unused_codes_change_nothing(ratings, random):
    rows = random.sample(range(len(ratings)), len(ratings))
    other = ratings.iloc[rows, random.sample(range(3), 3)]
    other = other.map({"a": "z", "b": "q", "c": "m"}.get).astype(
        pd.CategoricalDtype(list("mnopqz"))
    )
    for coefficient in (percent_agreement, gwet_ac1, krippendorff_alpha):
        assert coefficient(other)[:4] == pytest.approx(
            coefficient(ratings)[:4], abs=1e-9, nan_ok=True
        )


@unhurried
@given(labelled)
def test_agreement_is_at_most_1_and_never_1_when_undefined(ratings):
    used = {v for row in ratings.to_numpy() if sum(x is not None for x in row) > 1 for v in row}
    for coefficient in (percent_agreement, gwet_ac1, krippendorff_alpha):
        result = coefficient(ratings)
        assert math.isnan(result.value) or result.value <= 1 + 1e-12
        if math.isnan(result.value):
            assert result.note
        if result.note:
            assert math.isnan(result.low)
    if not used - {None}:
        assert math.isnan(krippendorff_alpha(ratings).value)


def test_one_code_everywhere_is_undefined_and_says_why():
    same = pd.DataFrame({"a": [True] * 9, "b": [True] * 9})
    for coefficient in (cohen_kappa, gwet_ac1, krippendorff_alpha):
        result = coefficient(same)
        assert math.isnan(result.value)
        assert "same code" in result.note
    assert percent_agreement(same).value == 1  # the plain share is not corrected for chance
    rng = np.random.default_rng(1)
    for name in ("kappa", "alpha", "ac1"):
        assert "same code" in bootstrap_agreement(name, same, range(9), rng).note


def test_perfect_agreement_has_a_value_but_no_limits_of_width_zero():
    perfect = pd.DataFrame({"a": list("xxyyx"), "b": list("xxyyx")})
    for coefficient in (cohen_kappa, gwet_ac1):
        result = coefficient(perfect)
        assert result.value == 1 and math.isnan(result.low)
        assert "no limits" in result.note
    drawn = bootstrap_agreement("percent", perfect, range(5), np.random.default_rng(1), 50)
    assert drawn.value == 1 and math.isnan(drawn.high) and "no limits" in drawn.note


def test_no_overlap_is_undefined_and_says_why():
    apart = pd.DataFrame({"a": ["x", "y", None, None], "b": [None, None, "x", "y"]})
    for coefficient in (percent_agreement, cohen_kappa, gwet_ac1, krippendorff_alpha):
        result = coefficient(apart)
        assert math.isnan(result.value) and result.units == 0
        assert "No unit was coded by two coders" in result.note
    assert "two coders" in percent_agreement(pd.DataFrame({"a": [], "b": []})).note


def test_codes_never_used_count_for_ac1_only_if_named():
    more = gwet_ac1(SKEWED, categories=[0, 1, 2])
    # Gwet's chance agreement divides by the number of codes less one.
    share = np.array([(186 + 139) / 400, (14 + 61) / 400])
    chance = (share * (1 - share)).sum() / 2
    assert more.value == pytest.approx((0.675 - chance) / (1 - chance))
    with pytest.raises(UserError, match="'1' is not among"):
        gwet_ac1(SKEWED, categories=[0, 2])


def interview_of(ratings, k=12):
    return np.arange(len(ratings)) % k


def test_the_bootstrap_draws_interviews_not_units():
    # All units of an interview alike: drawing units would pretend to have ten times the data.
    codes = np.random.default_rng(3).integers(0, 2, (24, 2))
    few, many = pd.DataFrame(codes), pd.DataFrame(np.repeat(codes, 10, axis=0))
    rng = np.random.default_rng
    once = bootstrap_agreement("percent", few, range(24), rng(1))
    again = bootstrap_agreement("percent", many, np.repeat(np.arange(24), 10), rng(1))
    assert again[:4] == pytest.approx(once[:4])
    pretended = bootstrap_agreement("percent", many, range(240), rng(1))
    assert pretended.high - pretended.low < (once.high - once.low) / 2


@pytest.mark.parametrize("coefficient", ["percent", "kappa", "alpha", "ac1"])
def test_the_bootstrap_keeps_the_value_and_repeats_for_a_seed(coefficient):
    plain = {
        "percent": percent_agreement, "kappa": cohen_kappa,
        "alpha": krippendorff_alpha, "ac1": gwet_ac1,
    }[coefficient](SKEWED)  # fmt: skip
    draws = [
        bootstrap_agreement(
            coefficient, SKEWED, interview_of(SKEWED), np.random.default_rng(4), 200
        )
        for _ in range(2)
    ]
    assert draws[0] == draws[1]
    assert draws[0].value == pytest.approx(plain.value)
    assert draws[0].low < plain.value < draws[0].high
    assert "12 interviews" in draws[0].note


def test_interviews_may_be_named_as_a_level_of_the_index():
    index = pd.MultiIndex.from_arrays(
        [interview_of(SKEWED), range(200)], names=["document", "unit"]
    )
    named = bootstrap_agreement(
        "ac1", SKEWED.set_axis(index), "document", np.random.default_rng(2), 50
    )
    given_ = bootstrap_agreement("ac1", SKEWED, interview_of(SKEWED), np.random.default_rng(2), 50)
    assert named == given_


def test_one_interview_gives_the_value_without_limits():
    result = bootstrap_agreement("alpha", SKEWED, ["i1"] * 200, np.random.default_rng(1))
    assert math.isnan(result.low) and "one interview" in result.note


def test_draws_without_a_value_are_counted_not_hidden():
    ratings = pd.DataFrame({"a": list("xxxxyy"), "b": list("xxxxyx")})
    result = bootstrap_agreement("kappa", ratings, range(6), np.random.default_rng(1), 200)
    assert result.low < result.value and result.note.startswith("Undefined in ")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda r: cohen_kappa(r.assign(c=1)), "two coders, not 3"),
        (lambda r: percent_agreement(r[["a"]]), "at least two coders"),
        (lambda r: percent_agreement(pd.DataFrame({"a": [["x"]], "b": [["x"]]})), "holds a list"),
        (lambda r: krippendorff_alpha(r, "masi"), "must be a set"),
        (lambda r: krippendorff_alpha(r, "alphabetical"), "no level"),
        (lambda r: krippendorff_alpha(r.astype(str), "interval", order=["0", "1"]), "must be numbers"),
        (lambda r: bootstrap_agreement("pi", r, r.index, np.random.default_rng(1)), "no coefficient"),
        (lambda r: bootstrap_agreement("ac1", r, "interview", np.random.default_rng(1)), "no index level"),
        (lambda r: bootstrap_agreement("ac1", r, [1, 2], np.random.default_rng(1)), "Every unit needs"),
        (lambda r: bootstrap_agreement("kappa", r.assign(c=1), r.index, np.random.default_rng(1)), "not 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_a_sentence(call, text):
    with pytest.raises(UserError, match=text):
        call(SKEWED)


def test_the_truth_is_recovered_when_a_coder_errs_at_a_known_rate():
    # Both coders label a balanced code and each errs on 10 %: agreement .82, so kappa .64.
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 2, 20_000)
    ratings = pd.DataFrame({c: np.where(rng.random(20_000) < 0.1, 1 - truth, truth) for c in "ab"})
    for coefficient in (cohen_kappa, krippendorff_alpha, gwet_ac1):
        assert coefficient(ratings).value == pytest.approx(0.64, abs=0.02)

"""Alpha and omega against R's psych and factanal."""

import numpy as np
import pandas as pd
import pytest

from sustainment.errors import UserError
from sustainment.inference.scales import cronbach_alpha, mcdonald_omega

# R's `attitude` (chatterjee1977regression): 30 departments by 7 items.
ATTITUDE = """
43 51 30 39 61 92 45 63 64 51 54 63 73 47 71 70 68 69 76 86 48 61 63 45 47 54 84 35 81 78 56 66
71 83 47 43 55 49 44 54 49 34 58 67 42 56 66 68 35 71 75 50 55 70 66 41 72 82 72 67 71 83 31 67
61 45 47 62 80 41 64 53 53 58 58 67 34 67 60 47 39 59 74 41 69 62 57 42 55 63 25 68 83 83 45 59
77 35 77 77 54 72 79 77 46 81 90 50 72 60 54 36 74 85 64 69 79 79 63 65 60 65 75 55 80 60 65 70
46 57 75 85 46 50 58 68 54 64 78 52 50 40 33 34 43 64 33 64 61 52 62 66 80 41 53 66 52 50 63 80
37 40 37 42 58 50 57 49 63 54 42 48 66 75 33 66 77 66 63 88 76 72 78 75 58 74 80 78 49 48 57 44
45 51 83 38 85 85 71 71 77 74 55 82 82 39 59 64 78 39
"""
NAMES = ["rating", "complaints", "privileges", "learning", "raises", "critical", "advance"]


@pytest.fixture(scope="module")
def attitude():
    values = np.array(ATTITUDE.split(), dtype=float).reshape(30, 7)
    return pd.DataFrame(values, columns=NAMES)


def test_alpha_and_feldts_limits_agree_with_psych(attitude):
    # R 4.2.2, psych 2.2.9: alpha(attitude): raw_alpha 0.8431427696, Feldt 0.74 to 0.92;
    # limits to full digits from qf: 1 - (1 - a) * qf(c(.975, .025), 29, 29 * 6)
    result = cronbach_alpha(attitude)
    assert result[:3] == pytest.approx((0.8431427696, 0.7393756856, 0.9157730722), abs=1e-9)
    assert (result.items, result.n) == (7, 30)


def test_omega_agrees_with_factanal(attitude):
    # R 4.2.2: f <- factanal(attitude, 1); l <- f$loadings * sd; u <- f$uniquenesses * sd^2
    #   sum(l)^2 / (sum(l)^2 + sum(u)); standardised items: 0.8405444905
    result = mcdonald_omega(attitude)
    assert result.value == pytest.approx(0.8563267937, abs=1e-8)
    assert result.loadings.tolist() == pytest.approx(
        [0.852477363, 0.9022410804, 0.5927055587, 0.7306966685, 0.7649943302, 0.2460927701,
         0.3778453026], abs=1e-6,
    )  # fmt: skip
    standard = (attitude - attitude.mean()) / attitude.std()
    assert mcdonald_omega(standard).value == pytest.approx(0.8405444905, abs=1e-8)
    assert np.isnan(result.low) and not result.heywood


def test_a_model_that_does_not_fit_ends_at_its_bound_as_factanals_does(attitude):
    # R 4.2.2: factanal(attitude[1:12, c("rating", "complaints", "advance")], 1), its default bound
    # .005 on uniquenesses; omega of the sum as above. One item keeps nothing of its own.
    result = mcdonald_omega(attitude.loc[:11, ["rating", "complaints", "advance"]])
    assert result.heywood
    assert result.value == pytest.approx(0.8449504288, abs=1e-6)
    assert result.loadings.tolist() == pytest.approx(
        [0.9974983466, 0.7652919325, 0.2351684237], abs=1e-6
    )


def test_equal_loadings_make_alpha_and_omega_agree():
    rng = np.random.default_rng(2)
    trait = rng.normal(size=(20_000, 1))
    items = pd.DataFrame(0.7 * trait + np.sqrt(0.51) * rng.normal(size=(20_000, 4)))
    # True reliability of the sum: (4 * .7)^2 / ((4 * .7)^2 + 4 * .51)
    true = 2.8**2 / (2.8**2 + 4 * 0.51)
    assert cronbach_alpha(items).value == pytest.approx(true, abs=0.01)
    assert mcdonald_omega(items).value == pytest.approx(true, abs=0.01)


def test_limits_widen_for_50_persons_as_the_textbook_says():
    # A value of .75 from 4 items and 50 persons: about .61 to .85 (R: 1 - .25 * qf(...)).
    rng = np.random.default_rng(2)
    found = []
    for _ in range(400):
        items = rng.normal(size=(50, 1)) * 0.655 + rng.normal(size=(50, 4)) * np.sqrt(1 - 0.429)
        low, high = cronbach_alpha(pd.DataFrame(items))[1:3]
        found.append(low <= 0.75 <= high)
    assert np.mean(found) == pytest.approx(0.95, abs=0.03)


def test_omegas_bootstrap_repeats_for_a_seed_and_holds_the_value(attitude):
    once, again = (mcdonald_omega(attitude, np.random.default_rng(1), 200) for _ in "ab")
    assert (once.low, once.high) == (again.low, again.high)
    assert 0.6 < once.low < once.value < once.high < 1


def test_neither_row_order_nor_item_order_matters(attitude):
    other = attitude.sample(frac=1, random_state=1)[NAMES[::-1]]
    assert cronbach_alpha(other)[:3] == pytest.approx(cronbach_alpha(attitude)[:3])
    assert mcdonald_omega(other).value == pytest.approx(mcdonald_omega(attitude).value, abs=1e-8)


def test_only_persons_who_answered_every_item_count(attitude):
    holed = attitude.copy()
    holed.iloc[3, 2] = np.nan
    assert cronbach_alpha(holed).n == 29
    assert cronbach_alpha(holed)[:3] == cronbach_alpha(attitude.drop(index=3))[:3]


def test_an_item_that_is_the_trait_itself_is_flagged():
    rng = np.random.default_rng(3)
    trait = rng.normal(size=(60, 1))
    items = np.hstack([trait, trait * 0.5 + rng.normal(size=(60, 3))])
    assert mcdonald_omega(pd.DataFrame(items)).heywood


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ({"a": [1, 2, 3], "b": [3, 2, 1]}, "at least three items"),
        ({"a": [1, 2], "b": [3, 2], "c": [1, 1]}, "Only 2 persons"),
        ({"a": [None] * 4, "b": [1.0, 2, 3, 4], "c": [1, 2, 3, 4]}, "Only 0 persons"),
        ({"a": [1, 2, 3], "b": [2, 2, 2], "c": [3, 1, 2]}, "same answer to 'b'"),
        ({"a": [1, 2, 3], "b": [3, 2, 1], "c": [1, 1, 1]}, "same answer to 'c'"),
        ({"a": [1, 2, 3], "b": [3, 2, 1], "c": [2, 1, 2], "d": [-2, -1, -2]}, "same sum"),
        ({"a": list("xyz"), "b": [1, 2, 3], "c": [1, 2, 3]}, "must be numbers"),
    ],
)
def test_a_scale_that_is_none_is_a_sentence(items, text):
    for method in (cronbach_alpha, mcdonald_omega):
        with pytest.raises(UserError, match=text):
            method(pd.DataFrame(items))

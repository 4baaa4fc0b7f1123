"""Kaplan-Meier, restricted mean, Cox and log-rank against R's survival package."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from sustainment.errors import UserError
from sustainment.inference.survival import cox, kaplan_meier, log_rank, rmst

# R 4.2.2, survival: lung (loprinzi1994prospective), "time+ or time, age, sex" of 228 patients;
# "+" was alive when last seen (status 1), sex 1 male, 2 female.
LUNG = """
306,74,1 455,68,1 1010+,56,1 210,57,1 883,60,1 1022+,74,1 310,68,2 361,71,2 218,53,1 166,61,1
170,57,1 654,68,2 728,68,2 71,60,1 567,57,1 144,67,1 613,70,1 707,63,1 61,56,2 88,57,1 301,67,1
81,49,2 624,50,1 371,58,1 394,72,1 520,70,2 574,60,1 118,70,1 390,53,1 12,74,1 473,69,2 26,73,1
533,48,1 107,60,2 53,61,1 122,62,2 814,65,1 965+,66,2 93,74,1 731,64,2 460,70,1 153,73,2 433,59,2
145,60,2 583,68,1 95,76,2 303,74,1 519,63,1 643,74,1 765,50,2 735,72,2 189,63,1 53,68,1 246,58,1
689,59,1 65,62,1 5,65,2 132,57,1 687,58,2 345,64,2 444,75,2 223,48,1 175,73,1 60,65,2 163,69,1
65,68,1 208,67,2 821+,64,2 428,68,1 230,67,1 840+,63,1 305,48,2 11,74,1 132,40,1 226,53,2 426,71,2
705,51,2 363,56,2 11,81,1 176,73,1 791,59,1 95,55,1 196+,42,1 167,44,2 806+,44,1 284,71,1 641,62,2
147,61,1 740+,44,2 163,72,1 655,63,1 239,70,1 88,66,1 245,57,2 588+,69,2 30,72,1 179,69,1 310,71,1
477,64,1 166,70,2 559+,58,2 450,69,2 364,56,1 107,63,1 177,59,1 156,66,1 529+,54,2 11,67,1
429,55,1 351,75,2 15,69,1 181,44,1 283,80,1 201,75,2 524,54,2 13,76,1 212,49,1 524,68,1 288,66,1
363,80,1 442,75,1 199,60,2 550,69,2 54,72,1 558,70,1 207,66,1 92,50,1 60,64,1 551+,77,2 543+,48,2
293,59,2 202,53,1 353,47,1 511+,55,2 267,67,1 511+,74,2 371,58,2 387,56,1 457,54,1 337,56,1
201,73,2 404+,74,1 222,76,1 62,65,2 458+,57,1 356+,53,2 353,71,1 163,54,1 31,82,1 340,59,2
229,70,1 444+,60,1 315+,62,2 182,53,2 156,55,1 329,69,1 364+,68,2 291,62,1 179,63,1 376+,56,2
384+,62,2 268,44,2 292+,69,1 142,63,1 413+,64,1 266+,57,2 194,60,2 320,46,1 181,61,1 285,65,1
301+,61,1 348,58,2 197,56,1 382+,43,2 303+,53,1 296+,59,2 180,56,1 186,55,2 145,53,2 269+,74,2
300+,60,1 284+,39,1 350,66,2 272+,65,2 292+,51,2 332+,45,2 285,72,2 259+,58,1 110,64,1 286,53,1
270,72,1 81,52,1 131,50,1 225+,64,1 269,71,1 225+,70,1 243+,63,2 279+,64,1 276+,52,2 135,60,1
79,64,2 59,73,1 240+,63,2 202+,50,2 235+,63,2 105,62,1 224+,55,2 239,50,2 237+,69,1 173+,59,2
252+,60,2 221+,67,1 185+,69,1 92+,64,2 13,65,1 222+,65,1 192+,41,2 183,76,1 211+,70,2 175+,57,2
197+,67,1 203+,71,2 116,76,1 188+,77,1 191+,39,1 105+,75,2 174+,66,1 177+,58,2
"""


@pytest.fixture(scope="module")
def lung():
    rows = [person.split(",") for person in LUNG.split()]
    table = pd.DataFrame(rows, columns=["time", "age", "sex"])
    event = ~table["time"].str.endswith("+")
    return table.assign(time=table["time"].str.rstrip("+")).astype(float).assign(event=event)


def test_the_curve_and_its_band_agree_with_r(lung):
    # survfit(Surv(time, status) ~ 1, lung, conf.type = "log-log"), times 100, 365, 730
    found = kaplan_meier(lung["time"], lung["event"]).at([100, 365, 730])
    expected = [
        [196, 0.8639689676, 0.81222231975, 0.9023101805],
        [65, 0.4092416245, 0.33871426909, 0.4783807676],
        [13, 0.1156930983, 0.06763215149, 0.1778251997],
    ]
    assert found[["at_risk", "survival", "low", "high"]].to_numpy() == pytest.approx(
        np.array(expected), abs=1e-9
    )


def test_the_median_and_its_log_log_limits_agree_with_r(lung):
    curve = kaplan_meier(lung["time"], lung["event"])
    assert curve.median() == (310, 284, 361)
    assert curve.median("strict") == (310, 284, 361)


def test_the_two_conventions_of_the_median_differ_on_a_flat_half():
    # R 4.2.2 gives 2.5 (1 to NA); statsmodels 0.15 gives 3.
    curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])
    assert curve.median() == pytest.approx((2.5, 1, np.nan), nan_ok=True)
    assert curve.median("strict")[0] == 3
    with pytest.raises(UserError, match="'midpoint' or 'strict'"):
        curve.median("mean")


def test_the_restricted_mean_agrees_with_r(lung):
    # print(survfit(...), rmean = 365): 263.2218665, se 7.798859086
    curve = kaplan_meier(lung["time"], lung["event"])
    assert rmst(curve, 365)[:2] == pytest.approx((263.221866482, 7.798859086), abs=1e-8)
    # The mean of 1, 2, 3, 4 when all are seen to stop; R: 2.5, se 0.5590169944.
    complete = rmst(kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]), 4)
    assert complete[:2] == pytest.approx((2.5, 0.5590169944), abs=1e-9)


def test_no_event_before_the_horizon_leaves_the_limits_undefined_not_zero():
    estimate, *rest = rmst(kaplan_meier([5, 6, 7], [1, 0, 1]), 3)
    assert estimate == 3 and np.isnan(rest).all()


def test_cox_breaks_ties_as_r_does(lung):
    # coxph(Surv(time, status) ~ age + sex, lung, ties = "efron"); breslow would give 0.01701
    table = cox(lung["time"], lung["event"], lung[["age", "sex"]])
    assert table["coefficient"].tolist() == pytest.approx([0.01704533185, -0.51321851711], abs=1e-8)
    assert table["se"].tolist() == pytest.approx([0.009223273477, 0.167457962356], abs=1e-8)
    limits = np.log(table[["low", "high"]].to_numpy())
    assert limits == pytest.approx(
        np.array([[-0.001031951989, 0.03512261568], [-0.84143009225, -0.18500694197]]), abs=1e-8
    )
    assert table["p"].tolist() == pytest.approx([0.06459101213, 0.002178445047], abs=1e-7)


def test_log_rank_agrees_with_r(lung):
    # survdiff(Surv(time, status) ~ sex, lung)$chisq
    assert log_rank(lung["time"], lung["event"], lung["sex"]).statistic == pytest.approx(
        10.32674195
    )


def test_the_permutation_p_meets_the_enumeration_of_all_arrangements():
    time, event = np.array([1, 2, 3, 4, 5, 6, 7, 8.0]), np.array([1, 1, 0, 1, 1, 1, 0, 1])
    # By hand: each person scores event - sum of d / at risk up to then.
    hazard = np.cumsum([1 / 8, 1 / 7, 0, 1 / 5, 1 / 4, 1 / 3, 0, 1])
    scores = event - hazard
    sums = [abs(scores[list(chosen)].sum()) for chosen in combinations(range(8), 4)]
    observed = abs(scores[:4].sum())
    exact = np.mean([total >= observed - 1e-12 for total in sums])
    rng = np.random.default_rng(5)
    found = log_rank(time, event, list("aaaabbbb"), permutations=5000, rng=rng).permutation_p
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 5000) + 1e-3)


def test_row_order_and_group_names_change_nothing(lung):
    shuffled = lung.sample(frac=1, random_state=2)
    once, again = (kaplan_meier(d["time"], d["event"]).table for d in (lung, shuffled))
    pd.testing.assert_frame_equal(once, again)
    renamed = shuffled["sex"].map({1.0: "z", 2.0: "a"})
    assert log_rank(shuffled["time"], shuffled["event"], renamed).statistic == pytest.approx(
        log_rank(lung["time"], lung["event"], lung["sex"]).statistic
    )


def test_beyond_the_last_time_seen_nothing_is_known():
    curve = kaplan_meier([1, 2, 3, 5], [1, 0, 1, 0])
    assert curve.at(5)["survival"].notna().all()
    assert curve.at(6)[["survival", "low", "high"]].isna().all(axis=None)
    with pytest.raises(UserError, match="beyond the last time seen, 5"):
        rmst(curve, 6)
    with pytest.raises(UserError, match="above 0"):
        rmst(curve, 0)


def test_a_single_event_has_a_curve_and_no_median_reached():
    curve = kaplan_meier([1, 2, 3, 4, 5], [0, 0, 1, 0, 0])
    assert curve.table["survival"].tolist() == pytest.approx([2 / 3])
    assert np.isnan(curve.median().estimate) and np.isnan(curve.median().high)


def test_all_stopping_at_once_leaves_the_band_undefined_not_zero():
    curve = kaplan_meier([2, 2, 2], [1, 1, 1])
    assert curve.table[["low", "high"]].isna().all(axis=None)
    assert curve.at(1)["survival"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("time", "event", "text"),
    [
        ([], [], "Nobody was followed"),
        ([1, 2], [0, 0], "Nobody stopped"),
        ([0, 2], [1, 1], "never started"),
        ([1, np.nan], [1, 1], "none missing"),
        ([1, 2], [1, 2], "0 or 1"),
        ([1, 2, 3], [1, 1], "same length"),
        (["x", "y"], [1, 1], "must be numbers"),
    ],
)
def test_times_without_a_curve_are_a_sentence(time, event, text):
    with pytest.raises(UserError, match=text):
        kaplan_meier(time, event)


def test_a_hazard_ratio_without_a_finite_value_is_a_sentence():
    group = pd.DataFrame({"trained twice": [1, 1, 0, 0]})
    with pytest.raises(UserError, match="trained twice"):
        cox([1, 2, 3, 4], [1, 1, 1, 1], group)
    with pytest.raises(UserError, match="trained twice"):  # a single event decides nothing
        cox([1, 2, 3, 4], [0, 1, 0, 0], group)
    with pytest.raises(UserError, match="constant or repeats"):
        cox([1, 2, 3, 4], [1, 1, 1, 1], pd.DataFrame({"a": [1, 1, 1, 1]}))
    with pytest.raises(UserError, match="row for every person"):
        cox([1, 2, 3, 4], [1, 1, 1, 1], pd.DataFrame({"a": [1, 0, 1, None]}))


def test_covariates_that_separate_only_together_are_caught():
    # Who stops next is always the one with the highest a + b still at risk; neither column alone.
    X = pd.DataFrame({"a": [6, 1, 5, 0, 3, 0.0], "b": [1, 5.5, 0.5, 4.5, 0, 1.0]})
    with pytest.raises(UserError, match="together sort"):
        cox([1, 2, 3, 4, 5, 6], [1] * 6, X)


def test_one_group_or_a_missing_group_is_a_sentence():
    with pytest.raises(UserError, match="only one group"):
        log_rank([1, 2], [1, 1], ["a", "a"])
    with pytest.raises(UserError, match="needs a group"):
        log_rank([1, 2], [1, 1], ["a", None])
    for time, event, group in (([2, 2, 2], [1, 1, 1], "aab"), ([1, 2, 3], [0, 0, 1], "aab")):
        with pytest.raises(UserError, match="all stopped together"):
            log_rank(time, event, list(group))
    with pytest.raises(UserError, match="pass rng"):
        log_rank([1, 2], [1, 1], ["a", "b"], permutations=9)


def test_the_log_log_band_covers_a_known_survival():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(1000):
        time, censor = rng.weibull(1.3, 50) * 4 + 1e-9, rng.uniform(1, 8, 50)
        row = kaplan_meier(np.minimum(time, censor), time <= censor).at(2).iloc[0]
        held += row["low"] <= np.exp(-((2 / 4) ** 1.3)) <= row["high"]
    assert held / 1000 == pytest.approx(0.95, abs=0.025)

"""Raking against R's survey package, and impossible margins said."""

import numpy as np
import pandas as pd
import pytest

from sustainment.errors import UserError
from sustainment.inference.weighting import effective_size, kish_deff, rake, weighted_share

# The 183 schools of apiclus1 in R's survey package by type and school-wide target.
SCHOOLS = {("E", "No"): 12, ("E", "Yes"): 132, ("H", "No"): 3, ("H", "Yes"): 11, ("M", "No"): 8,
           ("M", "Yes"): 17}  # fmt: skip
MARGINS = {"type": {"E": 4421, "H": 755, "M": 1018}, "target": {"No": 1072, "Yes": 5122}}


@pytest.fixture
def schools():
    rows = [cell for cell, n in SCHOOLS.items() for _ in range(n)]
    return pd.DataFrame(rows, columns=["type", "target"])


def test_raked_weights_agree_with_survey_rake(schools):
    # R 4.2.2, survey 4.1: rake(dclus1, list(~stype, ~sch.wide), …, control = list(maxit = 100,
    # epsilon = 1e-12)); tapply(weights, cells, mean)
    raked = rake(schools, MARGINS)
    cells = raked.weights.groupby([schools["type"], schools["target"]]).mean()
    expected = [39.8392362471, 29.8706754927, 67.1255292412, 50.3294011160, 49.0690721639,
                36.7910248641]  # fmt: skip
    assert cells.tolist() == pytest.approx(expected, abs=1e-6)
    assert kish_deff(raked.weights) == pytest.approx(1.0516566956, abs=1e-8)
    assert effective_size(raked.weights) == pytest.approx(183 / 1.0516566956)
    assert raked.gap < 1e-6


def test_one_margin_is_post_stratification_by_hand(schools):
    raked = rake(schools, {"type": MARGINS["type"]})
    assert raked.weights[schools["type"] == "H"].tolist() == pytest.approx([755 / 14] * 14)
    assert raked.iterations == 1


def test_margins_are_met_whatever_the_order_of_rows_margins_and_unused_categories(schools):
    raked = rake(schools, MARGINS)
    other = schools.sample(frac=1, random_state=1)
    other["type"] = pd.Categorical(other["type"], categories=["M", "x", "E", "H"])
    turned = {"target": MARGINS["target"], "type": {**MARGINS["type"], "x": 0}}
    again = rake(other, turned).weights.reindex(schools.index)
    assert again.tolist() == pytest.approx(raked.weights.tolist(), abs=1e-6)
    assert raked.weights.sum() == pytest.approx(6194)


def test_starting_weights_keep_their_ratio_within_a_cell(schools):
    base = pd.Series(np.where(np.arange(183) % 2, 1.0, 3.0))
    weights = rake(schools, MARGINS, base=base).weights
    inside = weights[(schools["type"] == "E") & (schools["target"] == "Yes")]
    assert inside.max() / inside.min() == pytest.approx(3)


def test_trimming_keeps_the_total_and_admits_the_gap(schools):
    raked = rake(schools, MARGINS, trim=(0.5, 1.5))
    mean = 6194 / 183
    assert raked.weights.sum() == pytest.approx(6194)
    assert raked.weights.max() < 67 and raked.weights.max() < 1.6 * mean
    assert raked.gap > 1


def test_trimmed_weights_by_hand():
    # Weights 9 and nine times 1/9, mean 1. Cut to 0.5 and 3 they sum to 7.5, so times 4/3.
    answered = pd.DataFrame({"group": ["a"] + ["b"] * 9})
    margins = {"group": {"a": 9, "b": 1}}
    trimmed = rake(answered, margins, trim=(0.5, 3)).weights
    assert trimmed.tolist() == pytest.approx([4] + [2 / 3] * 9)
    only_above = rake(answered, margins, trim=(0, 3)).weights
    assert only_above.tolist() == pytest.approx([7.5] + [10 / 36] * 9)


def test_kish_and_the_weighted_share_by_hand():
    assert kish_deff([1, 1, 1, 1]) == 1
    assert kish_deff([1, 0]) == 2  # a weight of 0 is allowed: the person counts for nothing
    assert kish_deff([1, 3]) == pytest.approx(2 * 10 / 16)
    assert weighted_share([True, False], [1, 3]) == 0.25


@pytest.mark.parametrize(
    ("margins", "text"),
    [
        ({"type": {"E": 4421, "H": 755, "M": 1018}, "target": {"No": 1, "Yes": 2}}, "one total"),
        ({"type": {"E": 4421, "H": 755, "M": 1018, "K": 5}}, "'K' answered, so no weight"),
        ({"type": {"E": 4421, "H": 755}}, "type = 'M', which its margin says nobody has"),
        ({"type": {"E": -1, "H": 755, "M": 5}}, "number of persons"),
        ({"size": {"a": 1}}, "no column 'size'"),
        ({}, "at least one margin"),
    ],
)
def test_impossible_margins_are_a_sentence(schools, margins, text):
    with pytest.raises(UserError, match=text):
        rake(schools, margins)


def test_margins_that_contradict_an_empty_cell_are_a_sentence():
    # All of b said yes, so nobody is left for "5 of b" and "9 yes in all".
    answered = pd.DataFrame({"group": list("aaabb"), "said": ["no", "no", "yes", "yes", "yes"]})
    with pytest.raises(UserError, match="cannot all be met"):
        rake(answered, {"group": {"a": 5, "b": 15}, "said": {"no": 10, "yes": 10}})


def test_missing_values_and_bad_weights_are_sentences(schools):
    with pytest.raises(UserError, match="missing for 1 respondents"):
        rake(schools.assign(type=schools["type"].mask(schools.index == 0)), MARGINS)
    with pytest.raises(UserError, match="base needs"):
        rake(schools, MARGINS, base=pd.Series([0.0] * 183))
    with pytest.raises(UserError, match="trim"):
        rake(schools, MARGINS, trim=(2, 3))
    with pytest.raises(UserError, match="Nobody has a weight"):
        kish_deff([])
    with pytest.raises(UserError, match="not all of them 0"):
        kish_deff([0, 0])
    with pytest.raises(UserError, match="0 or 1"):
        weighted_share([1, None], [1, 1])


def test_weights_mend_silence_that_a_margin_explains_and_only_that():
    rng = np.random.default_rng(5)
    group = rng.integers(0, 2, 50_000)
    yes = rng.random(50_000) < np.where(group, 0.8, 0.4)
    answers = rng.random(50_000) < np.where(group, 0.9, 0.3)
    frame = pd.DataFrame({"group": group[answers]})
    weights = rake(frame, {"group": {0: (group == 0).sum(), 1: (group == 1).sum()}}).weights
    assert yes[answers].mean() > yes.mean() + 0.05
    assert weighted_share(yes[answers], weights) == pytest.approx(yes.mean(), abs=0.01)

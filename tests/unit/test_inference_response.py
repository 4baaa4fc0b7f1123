"""Outcome rates by definition, and respondents against the silent."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sustainment.errors import UserError
from sustainment.inference.response import (
    aapor,
    standardised_difference,
    standardised_differences,
)

unhurried = settings(deadline=None)  # a busy machine is no failure


def test_outcome_rates_follow_the_definitions():
    # aapor2023standard, formulas worked by hand for I=650 P=50 R=150 NC=100 O=30 U=20:
    # known 980, all 1000, reached 880. RR1 65 % and REF1 15 % are also the worked example
    # of the response rate calculator at statscalculators.com.
    rates = aapor(650, 50, 150, 100, 30, 20, e=0.5)
    assert rates.rr1 == pytest.approx(650 / 1000)
    assert rates.rr2 == pytest.approx(700 / 1000)
    assert rates.rr3 == pytest.approx(650 / 990)
    assert rates.rr4 == pytest.approx(700 / 990)
    assert rates.rr5 == pytest.approx(650 / 980)
    assert rates.rr6 == pytest.approx(700 / 980)
    assert rates.coop1 == pytest.approx(650 / 880)
    assert rates.ref1 == pytest.approx(150 / 1000)
    assert rates.con1 == pytest.approx(880 / 1000)


def test_with_named_persons_and_no_unknown_eligibility_rr1_is_rr5():
    rates = aapor(47, partial=3, refusal=2, non_contact=14)
    assert rates.rr1 == rates.rr3 == rates.rr5 == 47 / 66


def test_equal_dispositions_do_not_cancel_and_unknown_may_count_for_nothing():
    rates = aapor(10, 10, 10, 10, 10, 10, e=0)
    assert rates.rr1 == pytest.approx(1 / 6)
    assert rates.rr3 == rates.rr5 == pytest.approx(1 / 5)


def test_nobody_reached_leaves_cooperation_undefined_not_zero():
    rates = aapor(0, non_contact=66)
    assert (rates.rr1, rates.con1) == (0, 0)
    assert math.isnan(rates.coop1)


def test_impossible_dispositions_are_refused():
    with pytest.raises(UserError, match="Nobody was asked"):
        aapor(0)
    with pytest.raises(UserError, match="number of refusal"):
        aapor(10, refusal=-1)
    with pytest.raises(UserError, match="e is a share"):
        aapor(10, unknown=5, e=50)


SETOSA = [3.5, 3.0, 3.2, 3.1, 3.6, 3.9, 3.4, 3.4, 2.9, 3.1]
VERSICOLOR = [3.2, 3.2, 3.1, 2.3, 2.8, 2.8, 3.3, 2.4, 2.9, 2.7]


def test_a_difference_of_means_by_the_formula_in_r():
    # R 4.2.2: x <- iris$Sepal.Width[1:10]; y <- iris$Sepal.Width[51:60]
    #   (mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2)
    first, second = pd.Series(SETOSA), pd.Series(VERSICOLOR)
    assert standardised_difference(first, second) == pytest.approx(1.35786947967, abs=1e-9)
    assert standardised_difference(second, first) == pytest.approx(-1.35786947967, abs=1e-9)


def people(**counts):
    return pd.Series([label for label, count in counts.items() for _ in range(count)])


def test_a_difference_of_three_categories_by_the_formula_in_r():
    # R 4.2.2, yang2012unified: T, C shares without the first category,
    #   S <- (diag(T) - T %o% T + diag(C) - C %o% C) / 2; sqrt(t(T - C) %*% solve(S) %*% (T - C))
    first, second = people(a=20, b=15, c=15), people(a=4, b=6, c=6)
    assert standardised_difference(first, second) == pytest.approx(0.3244428423, abs=1e-9)


def test_two_categories_are_the_difference_of_shares():
    # austin2009balance: |p - q| / sqrt((p(1 - p) + q(1 - q)) / 2)
    expected = abs(0.4 - 0.25) / math.sqrt((0.4 * 0.6 + 0.25 * 0.75) / 2)
    assert standardised_difference(people(a=20, b=30), people(a=4, b=12)) == pytest.approx(expected)
    yes = pd.Series([True] * 20 + [False] * 30), pd.Series([True] * 4 + [False] * 12)
    assert standardised_difference(*yes) == pytest.approx(expected)


@unhurried
@given(st.lists(st.sampled_from("abcd"), min_size=3), st.lists(st.sampled_from("abcd"), min_size=3))
def test_neither_row_order_nor_names_nor_unused_categories_matter(first, second):
    given_order = standardised_difference(pd.Series(first), pd.Series(second))
    renamed = [
        str.translate("".join(v), str.maketrans("abcd", "wzyx"))[::-1] for v in (first, second)
    ]
    other = [pd.Series(pd.Categorical(list(v), categories=list("zyxwvut"))) for v in renamed]
    assert standardised_difference(*other) == pytest.approx(given_order, abs=1e-7, nan_ok=True)


def test_groups_without_a_common_category_are_undefined_not_a_number():
    assert math.isnan(standardised_difference(people(a=5), people(b=5)))
    assert standardised_difference(people(a=5), people(a=9)) == 0
    assert math.isnan(standardised_difference(pd.Series([1.0, 1.0]), pd.Series([2.0, 2.0])))
    assert math.isnan(standardised_difference(pd.Series([], dtype=float), pd.Series([2.0])))


def frame():
    return pd.DataFrame(
        {
            "cohort": pd.Categorical(["1", "1", "2", "2", "3", "3"], categories=list("1234")),
            "years": [1.0, 2, 3, 4, 5, np.nan],
            "unit": ["a", "a", "a", "b", "b", "b"],
            "role": [None, None, None, "x", "y", "x"],
        },
        index=pd.Index([f"r{i}" for i in range(6)]),
    )


def test_every_column_is_compared_and_what_is_undefined_is_said():
    answered = pd.Series([True, True, True, False, False, False], index=frame().index)
    table = standardised_differences(frame(), answered).set_index("variable")
    assert table["kind"].to_dict() == {
        "cohort": "category", "years": "number", "unit": "category", "role": "category"
    }  # fmt: skip
    assert table.loc["years", ["answered", "silent"]].tolist() == [3, 2]
    assert table.loc["unit", "note"] == "the groups do not overlap or do not vary"
    assert table.loc["role", "note"] == "not known for anyone in one of the groups"
    assert table.loc["years", "note"] == "" and table.loc["years", "difference"] < 0


def test_one_group_is_a_sentence():
    for everybody, text in ((True, "Everybody answered"), (False, "Nobody answered")):
        with pytest.raises(UserError, match=text):
            standardised_differences(frame(), pd.Series(everybody, index=frame().index))
    with pytest.raises(UserError, match="same index"):
        standardised_differences(frame(), pd.Series([True] * 6))
    unknown = pd.Series([True, None, False] * 2, index=frame().index, dtype="boolean")
    with pytest.raises(UserError, match="missing for some persons"):
        standardised_differences(frame(), unknown)

"""All combinations of named choices, and how far they spread."""

import numpy as np
import pandas as pd
import pytest

from sustainment.errors import UserError
from sustainment.inference.multiverse import specification_table, specifications, spread

CHOICES = {
    "definition": ["now", "12 months"],
    "denominator": ["answered", "all"],
    "partials": [0, 3],
}


def share(definition, denominator, partials):
    yes = {"now": 33, "12 months": 38}[definition]
    return yes / (66 if denominator == "all" else 50 + partials)


def test_every_combination_stands_once():
    grid = specifications(CHOICES)
    assert grid.shape == (8, 3)
    assert not grid.duplicated().any()
    assert grid.iloc[1].tolist() == ["now", "answered", 3]


def test_the_curve_runs_from_the_lowest_to_the_highest_estimate():
    table = specification_table(CHOICES, share)
    assert table["estimate"].is_monotonic_increasing
    assert (table["estimate"].min(), table["estimate"].max()) == (33 / 66, 38 / 50)
    row = table[(table["definition"] == "now") & (table["denominator"] == "answered")]
    assert sorted(row["estimate"]) == [33 / 53, 33 / 50]


def test_an_impossible_combination_keeps_its_row_and_its_sentence():
    def strict(definition, denominator, partials):
        if partials and denominator == "all":
            raise UserError("Partials are in all already.")
        return {"estimate": share(definition, denominator, partials), "low": 0.1}

    table = specification_table(CHOICES, strict)
    assert len(table) == 8 and table["estimate"].isna().sum() == 2
    assert table["note"].iloc[-1] == "Partials are in all already."
    assert list(table.columns) == [*CHOICES, "estimate", "low", "note"]
    assert spread(table["estimate"], 0.6).undefined == 2


def test_spread_by_hand_and_the_flip_of_a_sentence():
    result = spread([0.5, 0.55, 0.6, 0.7, np.nan], line=0.6)
    assert result == (0.5, pytest.approx(0.575), 0.7, 2, 2, 4, True, 1)
    assert not spread([0.7, 0.8], 0.6).flips
    assert not spread([0.1, 0.2], 0.6).flips


def test_the_order_of_options_changes_no_estimate():
    turned = {name: options[::-1] for name, options in CHOICES.items()}
    once, again = (specification_table(c, share)["estimate"] for c in (CHOICES, turned))
    pd.testing.assert_series_equal(once, again)


@pytest.mark.parametrize(
    ("choices", "text"), [({}, "at least one option"), ({"a": []}, "at least one option"),
                          ({"a": [1, 1]}, "lists an option twice")],
)  # fmt: skip
def test_choices_that_are_none_are_a_sentence(choices, text):
    with pytest.raises(UserError, match=text):
        specifications(choices)


def test_no_estimate_at_all_is_a_sentence():
    with pytest.raises(UserError, match="no spread"):
        spread([np.nan], 0.6)
    with pytest.raises(UserError, match="named 'estimate'"):
        specification_table({"a": [1]}, lambda a: {"value": a})

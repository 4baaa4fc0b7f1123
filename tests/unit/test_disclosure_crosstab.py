"""One table with margins: hiding only what is small, hiding jointly, and crowds of people."""

import pandas as pd

from sustainment.disclosure.crosstab import (
    TOTAL,
    Crosstab,
    answers_within,
    crowds,
    merge_neighbours,
)

PEOPLE = pd.DataFrame(
    {
        "place": ["a"] * 9 + ["b"] * 13 + ["c"] * 25,
        "answer": ["no"] * 3 + ["yes"] * 6 + ["no"] * 4 + ["yes"] * 9 + ["no"] * 7 + ["yes"] * 18,
    }
)
TABLE = Crosstab.of(PEOPLE["place"], PEOPLE["answer"])


def test_hiding_only_small_cells_lets_totals_give_them_away():
    left = TABLE.left_open(TABLE.small(5))
    assert len(left) == 2 and (left["low"] == left["high"]).all()
    assert set(left["low"]) == {3, 4}


def test_hiding_jointly_leaves_every_hidden_number_its_width():
    hidden = TABLE.protected(5)
    assert (TABLE.small(5) & ~hidden).sum().sum() == 0
    left = TABLE.left_open(hidden)
    assert ((left["high"] - left["low"]) >= 5).all()
    assert not hidden.loc[TOTAL, TOTAL]


def test_a_printed_table_shows_a_mark_and_never_the_hidden_number():
    shown = TABLE.printed(TABLE.small(5))
    assert shown.loc["a", "no"] == "withheld" and shown.loc["a", "yes"] == "6"


def test_crowds_and_the_answers_in_them():
    people = pd.DataFrame({"a": [1, 1, 1, 2], "b": [1, 1, 2, 2], "said": ["x", "y", "x", "x"]})
    assert crowds(people, ["a"]).tolist() == [3, 3, 3, 1]
    assert crowds(people, ["a", "b"]).tolist() == [2, 2, 1, 1]
    assert answers_within(people, ["a", "b"], "said").tolist() == [2, 2, 1, 1]


def test_ordered_categories_are_merged_until_none_is_small():
    counts = pd.Series({"none": 3, "1–2": 15, "3–4": 16, "5–9": 9, "10 or more": 3})
    merged = merge_neighbours(counts, 5)
    assert merged.to_dict() == {"none to 1–2": 18, "3–4": 16, "5–9 to 10 or more": 12}
    assert merge_neighbours(merged, 5).to_dict() == merged.to_dict()


def test_a_missing_trait_is_a_trait_of_its_own():
    people = pd.DataFrame({"a": ["x", None, None]})
    assert crowds(people, ["a"]).tolist() == [1, 2, 2]

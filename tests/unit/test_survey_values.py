"""A cell becomes an answer, a kind of missing, or a named defect, and nothing is guessed."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest

from sustainment.survey.model import Item
from sustainment.survey.values import read_cell, read_column, typed_series, with_missing

CHOICE = Item("a", "", "single", {"1": "yes", "2": "no"}, {"-99": "no answer"})
COUNT = Item("n", "", "number", low=0, high=60, format="integer")
NUMBER = Item("x", "", "number")
COMMA = Item("x", "", "number", format="decimal comma")
DAY = Item("d", "", "date")
TEXT = Item("o", "", "text", missing={"-99": "no answer"})
TICK = Item("t___1", "", "multi", {"0": "not ticked", "1": "yes"}, set="t")


@pytest.mark.parametrize(
    ("item", "text", "value", "missing", "defects"),
    [
        (CHOICE, "1", "1", "", ()),
        (CHOICE, "", None, "", ()),
        (CHOICE, "-99", None, "no answer", ()),
        (CHOICE, "3", None, "", ("unknown-code",)),
        (CHOICE, "1.0", None, "", ("unknown-code",)),
        (CHOICE, "yes", None, "", ("unknown-code",)),
        (CHOICE, "1 ", "1", "", ("stray-spaces",)),
        (CHOICE, "\xa01", "1", "", ("stray-spaces",)),
        (CHOICE, "１", "1", "", ("full-width-digit",)),
        (CHOICE, " ", None, "", ("stray-spaces",)),
        (COUNT, "7", 7, "", ()),
        (COUNT, "240", 240, "", ("impossible-value",)),
        (COUNT, "-1", -1, "", ("impossible-value",)),
        (COUNT, "7.5", 7.5, "", ("impossible-value",)),
        (COUNT, "four", None, "", ("text-in-number",)),
        (COUNT, "４", 4, "", ("full-width-digit",)),
        (COUNT, "٤", None, "", ("text-in-number",)),
        (NUMBER, "7,5", 7.5, "", ("decimal-comma",)),
        (NUMBER, "1,234", None, "", ("text-in-number",)),
        (NUMBER, "0,125", 0.125, "", ("decimal-comma",)),
        (NUMBER, "1 234", None, "", ("text-in-number",)),
        (NUMBER, "nan", None, "", ("text-in-number",)),
        (NUMBER, "1e999", None, "", ("impossible-value",)),
        (NUMBER, "-.5", -0.5, "", ()),
        (COMMA, "1,234", 1.234, "", ()),
        (DAY, "2000-02-29", datetime(2000, 2, 29), "", ()),
        (DAY, "2000-02-07 10:15:00", datetime(2000, 2, 7, 10, 15), "", ()),
        (DAY, "2000-02-31", None, "", ("impossible-date",)),
        (DAY, "31/12/2000", None, "", ("impossible-date",)),
        (TEXT, "None", "None", "", ()),
        (TEXT, "=1+1", "=1+1", "", ()),
        (TEXT, "<b>x</b>", "<b>x</b>", "", ()),
        (TEXT, "fÃ¶rskola", "förskola", "", ("double-encoded",)),
        (TEXT, "fo\u0308rskola", "förskola", "", ("decomposed-letters",)),
        (TEXT, "f\ufffdrskola", "f\ufffdrskola", "", ("letters-lost",)),
        (TEXT, "Ärende i Ängelholm", "Ärende i Ängelholm", "", ()),
        (TICK, "1", True, "", ()),
        (TICK, "0", False, "", ()),
        (TICK, "yes", None, "", ("unknown-code",)),
    ],
)
def test_a_cell_is_read_by_its_item(item, text, value, missing, defects):
    cell = read_cell(text, item)
    assert (cell.value, cell.missing, cell.defects) == (value, missing, defects)


def test_day_and_month_first_are_read_only_where_the_item_says_so():
    european = Item("d", "", "date", format="day first")
    american = Item("d", "", "date", format="month first")
    assert read_cell("6/7/2021", european).value == datetime(2021, 7, 6)
    assert read_cell("6/7/2021 17:35:10", american).value == datetime(2021, 6, 7, 17, 35, 10)
    assert read_cell("6/30/2021", european).defects == ("impossible-date",)


def test_a_date_outside_its_limits_is_impossible():
    item = Item(
        "d", "", "date", low=date(2000, 1, 17).toordinal(), high=date(2000, 3, 31).toordinal()
    )
    assert read_cell("2000-03-31", item).defects == ()
    assert read_cell("2000-04-01", item).defects == ("impossible-value",)


def test_the_studys_missing_codes_hold_unless_the_item_gives_them_a_label():
    settings = {
        "missing_codes": {"-99": "no answer", "9": "refused"},
        "missing_labels": {"n/a": "not applicable"},
    }
    item = with_missing(Item("a", "", "single", {"1": "yes", "8": "N/A", "9": "nine"}), settings)
    assert item.missing == {"-99": "no answer", "8": "not applicable"}
    assert item.options == {"1": "yes", "9": "nine"}
    assert with_missing(COUNT, settings).missing == {"-99": "no answer", "9": "refused"}


def test_an_unknown_kind_of_missing_is_refused():
    with pytest.raises(ValueError, match="not a kind of missing"):
        Item("a", "", "text", missing={"9": "lost"})


@pytest.mark.parametrize(
    ("item", "texts", "dtype", "expected"),
    [
        (COUNT, ["3", "", "5"], "Int64", [3, pd.NA, 5]),
        (NUMBER, ["3", "", "2.5"], "Float64", [3.0, pd.NA, 2.5]),
        (TICK, ["1", "", "0"], "boolean", [True, pd.NA, False]),
        (TEXT, ["x", "", "y"], "str", ["x", None, "y"]),
    ],
)
def test_columns_get_their_type_and_na_where_nothing_is_said(item, texts, dtype, expected):
    index = pd.Index([2, 3, 4])
    column = read_column(pd.Series(texts, index=index, dtype="str"), item)
    series = typed_series(column, column.blank, index)
    pd.testing.assert_series_equal(series, pd.Series(expected, index, dtype=dtype, name=item.id))


def test_codes_become_ordered_categories_in_the_order_of_the_options():
    item = Item("a", "", "likert", {"5": "yes", "1": "no", "3": "so"})
    texts = pd.Series(["1", "5", "3"], dtype="str")
    column = read_column(texts, item)
    series = typed_series(column, column.blank, texts.index)
    assert list(series.cat.categories) == ["5", "1", "3"]
    assert series.cat.ordered
    assert series.tolist() == ["1", "5", "3"]

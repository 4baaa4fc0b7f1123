"""Reported values: plain types, half-up rounding, words with stated limits, cells on record."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sustainment import report as r
from sustainment.errors import UserError
from sustainment.tables import register_cells, to_csv, to_html


def test_numpy_scalars_become_plain_numbers():
    assert type(r.to_plain("a.b", np.int64(42))) is int
    assert type(r.to_plain("a.b", np.float64(0.5))) is float
    assert type(r.to_plain("a.b", np.bool_(True))) is bool


@pytest.mark.parametrize("value", [None, [1], pd.Series([1]), pd.NA, float("nan")])
def test_a_value_that_is_no_number_word_or_truth_is_refused(value):
    with pytest.raises(UserError, match=r"a.b"):
        r.to_plain("a.b", value)


@pytest.mark.parametrize(
    ("value", "fmt", "text"),
    [
        (0.0625, ".0%", "6 %"),
        (6.25, ".1f", "6.3"),  # Python's own format gives 6.2
        (0.125, ".2f", "0.13"),
        (2.5, "d", "3"),
        (-0.4, ".0f", "0"),
        (-1.5, ".1f", "−1.5"),
        (1234567, ",d", "1,234,567"),
        (0.665, ".0%", "67 %"),
        ("few", None, "few"),
        (True, None, "yes"),
    ],
)
def test_ties_are_rounded_half_up(value, fmt, text):
    assert r.format_value(value, fmt) == text


def test_a_share_in_a_title_reads_as_the_same_share_in_prose():
    assert r.as_percent(np.float64(0.665)) == r.format_value(0.665, ".0%") == "67 %"


@pytest.mark.parametrize(
    ("share", "word"),
    [
        (0, "none"),
        (1 / 66, "few"),
        (0.001, "few"),
        (0.15, "few"),
        (0.16, "some"),
        (0.5, "about half"),
        (0.66, "about two of three"),
        (0.73, "about two of three"),
        (0.74, "most"),
        (0.999, "almost all"),
        (1, "all"),
    ],
)
def test_words_for_shares_keep_their_limits(share, word):
    assert r.quantity_word(share) == word


def test_every_share_has_a_word():
    assert all(r.quantity_word(k / 1000) for k in range(1001))


def test_data_without_an_open_study_has_no_kind(monkeypatch):
    monkeypatch.setattr(r, "current_study", lambda: None)
    with pytest.raises(UserError, match="open_study"):
        r.report("a.b", 1, kind="data")


def test_an_unknown_kind_is_refused():
    with pytest.raises(UserError, match="Unknown kind"):
        r.report("a.b", 1, kind="real")


def test_table_html_has_a_caption_with_its_kind_and_escapes_labels():
    frame = pd.DataFrame({"<b>item</b>": ["<script>"], "n": [3]})
    markup = to_html(frame, "tbl-x", "Answers & more", "invented")
    assert "<script>" not in markup
    assert "<b>item</b>" not in markup
    assert '<table id="tbl-x"' in markup
    assert "kind-invented" in markup
    assert "Answers &amp; more" in markup


def test_two_renderings_of_a_table_are_the_same_bytes():
    frame = pd.DataFrame({"item": ["a"], "n": [3]})
    assert to_html(frame, "tbl-x", "c", "derived") == to_html(frame, "tbl-x", "c", "derived")


def test_csv_names_its_kind_first_and_holds_no_formula():
    text = to_csv(pd.DataFrame({"item": ["=HYPERLINK(1)", "+1"], "n": [-3, 4]}), "invented")
    assert text.splitlines() == ["kind,item,n", "invented,'=HYPERLINK(1),-3", "invented,'+1,4"]


def test_cells_that_count_persons_are_on_record_with_their_row():
    frame = pd.DataFrame({"organisation": ["A", "B"], "n": [3, 4]})
    cells = register_cells(frame, "tbl-x", "invented", "respondents", ["n"])
    assert [(c["row"], c["count"]) for c in cells] == [("A", 3), ("B", 4)]
    with pytest.raises(UserError, match="no column 'm'"):
        register_cells(frame, "tbl-x", "invented", "respondents", ["m"])

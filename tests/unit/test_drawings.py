"""Drawings keep counts apart that a reader could run together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sustainment.drawings import diverging_bars, new_figure

COUNTS = pd.DataFrame(
    {"No": [10, 20], "Yes": [36, 26], "not asked": [1, 0], "no answer": [3, 4]}, index=["a", "b"]
)


def bars_with_counts(counts: pd.DataFrame):
    fig, ax = new_figure()
    diverging_bars(
        ax,
        counts,
        negative=["No"],
        neutral=None,
        positive=["Yes"],
        aside=["not asked", "no answer"],
    )
    fig.canvas.draw()
    words = {text.get_text(): text.get_window_extent() for text in ax.texts}
    return ax, words


def test_two_counts_that_stand_aside_are_not_read_as_one_number():
    _, words = bars_with_counts(COUNTS)
    assert words["1"].x1 < words["3"].x0 - words["1"].width


def test_nobody_is_no_bar_and_no_number():
    ax, words = bars_with_counts(COUNTS)
    assert "0" not in words
    assert all(bar.get_width() > 0 for bar in ax.patches)


@pytest.mark.parametrize("column", ["not asked", "no answer"])
def test_a_withheld_count_leaves_the_other_column_in_its_place(column):
    gap = COUNTS.astype(float)
    gap[column] = np.nan
    ax, words = bars_with_counts(gap)
    assert np.isfinite(ax.get_xlim()).all()
    assert ("1" in words) == (column == "no answer")

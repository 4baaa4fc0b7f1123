"""A figure given as a function sees only the numbers that may leave."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sustainment.figures import drawable
from sustainment.new import drawing

TWIN = pd.DataFrame({"question": ["a", "b"], "answered": [60, 64], "no answer": [6, 2]})


def test_a_withheld_number_is_missing_in_what_is_drawn():
    safe = TWIN.astype(object)
    safe.loc[1, ["answered", "no answer"]] = "withheld"
    seen = drawable(safe, TWIN)
    assert seen["answered"].tolist()[0] == 60 and np.isnan(seen["answered"].tolist()[1])
    rest = drawing.with_rest(seen, 66)
    assert rest["withheld"].tolist() == [0, 66] and rest["no answer"].tolist() == [6, 0]


def test_rounded_numbers_are_drawn_as_they_are_printed():
    twin = pd.DataFrame({"theme": ["x"], "passages": [73]})
    safe = pd.DataFrame({"theme": ["x"], "passages": ["about 75"]})
    assert drawable(safe, twin)["passages"].tolist() == [75]


def test_nothing_is_drawn_when_nothing_may_be_printed_or_the_shape_changed():
    assert drawable(TWIN.assign(answered="withheld", **{"no answer": "withheld"}), TWIN) is None
    assert drawable(pd.DataFrame({"Withheld": ["…"]}), TWIN) is None


@pytest.mark.parametrize("missing", [False, True])
def test_every_figure_of_a_new_project_can_be_drawn_with_and_without_gaps(missing):
    gap = np.nan if missing else 3.0
    outcome = pd.DataFrame({"answer": ["yes", "no", "no answer"], "persons": [40, 23, gap]})
    scale = pd.DataFrame(
        {"statement": ["s", "t"], "No": [10, 20], "Yes": [50, gap], "no answer": [6, 46 - 3]}
    )
    groups = pd.DataFrame(
        {"group": ["g", "h"], "share": [0.5, gap / 10], "from": [0.4, 0.2], "to": [0.6, 0.4]}
    )
    figures = [
        drawing.gap_bars(TWIN.assign(answered=[60, gap]), 66),
        drawing.outcome_bar(outcome, 66),
        drawing.scale_bars(scale, ["No"], [], ["Yes"], 66),
        drawing.group_points(groups),
        drawing.theme_bars(pd.DataFrame({"theme": ["x"], "passages": [gap]}), "passages"),
    ]
    for figure in figures:
        figure.canvas.draw()
    texts = [t.get_text() for t in figures[1].axes[0].texts]
    assert ("withheld" in texts) == missing

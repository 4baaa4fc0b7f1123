"""The design diagram says only what study.yml says, and names what is wrong in it."""

from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

from sustainment.design import design_diagram, design_graph, design_table
from sustainment.errors import UserError

DESIGN = {
    "steps": [
        {"id": "a", "text": "survey", "strand": "quantitative", "status": "published"},
        {"id": "b", "text": "joint display", "strand": "both", "status": "assumed"},
    ],
    "links": {"one": [["a", "b"]], "circle": [["a", "b"], ["b", "a"]], "lost": [["a", "z"]]},
}


def test_a_step_names_what_it_follows():
    table = design_table(DESIGN, "one")
    assert table["follows"].tolist() == ["–", "survey"]


@pytest.mark.parametrize(
    ("variant", "word"), [("circle", "circle"), ("lost", "'z'"), ("two", "no variant")]
)
def test_a_design_that_cannot_be_drawn_is_named(variant, word):
    with pytest.raises(UserError, match=word):
        design_graph(DESIGN, variant)


def test_what_is_assumed_is_drawn_dashed():
    fig = design_diagram(DESIGN, "one")
    lines = {
        t.get_text(): t.get_bbox_patch().get_linestyle() for t in fig.axes[0].texts if t.get_text()
    }
    plt.close(fig)
    assert lines["survey"] in ("-", "solid")
    assert lines["joint display"] in ("--", "dashed")

"""The design of a mixed-methods study as data: a table of its steps and a diagram.

Both come from the `design:` block of study.yml, where every step says whether it is published or
assumed. Solid boxes are published, dashed ones assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import pandas as pd
from matplotlib.figure import Figure

from sustainment.errors import UserError
from sustainment.figures import INK, new_figure, wrap

# Counting on the left, listening on the right, what belongs to both in the middle.
_COLUMN = {"quantitative": 0.0, "both": 1.0, "qualitative": 2.0}


def design_table(design: Mapping[str, Any], variant: str) -> pd.DataFrame:
    """One row a step: step, strand, status, and the steps it follows in this variant."""
    graph = design_graph(design, variant)
    text = {step["id"]: step["text"] for step in design["steps"]}
    rows = [
        {
            "step": step["text"],
            "strand": step["strand"],
            "status": step["status"],
            "follows": "; ".join(text[p] for p in sorted(graph.predecessors(step["id"]))) or "–",
        }
        for step in design["steps"]
    ]
    return pd.DataFrame(rows)


def design_graph(design: Mapping[str, Any], variant: str) -> nx.DiGraph:
    """Steps and links of one variant; raises UserError for an unknown step or a circle."""
    if variant not in design["links"]:
        raise UserError(
            f"data/study.yml: the design has no variant {variant!r}. Known: {', '.join(design['links'])}."
        )
    graph = nx.DiGraph()
    graph.add_nodes_from(step["id"] for step in design["steps"])
    for start, end in design["links"][variant]:
        for step in (start, end):
            if step not in graph:
                raise UserError(
                    f"data/study.yml: the {variant} design links {step!r}, which is no step. Add it under "
                    f"`design: steps:` or correct the link."
                )
        graph.add_edge(start, end)
    if not nx.is_directed_acyclic_graph(graph):
        circle = " → ".join(a for a, _ in nx.find_cycle(graph))
        raise UserError(f"data/study.yml: the {variant} design runs in a circle: {circle}.")
    return graph


def design_diagram(design: Mapping[str, Any], variant: str) -> Figure:
    """The design from top to bottom, legible on a phone; solid is published, dashed is assumed."""
    graph = design_graph(design, variant)
    layer: dict[str, int] = {}
    for step in nx.topological_sort(graph):
        layer[step] = max((layer[p] + 1 for p in graph.predecessors(step)), default=0)
    spot = {s["id"]: (_COLUMN[s["strand"]], -layer[s["id"]]) for s in design["steps"]}
    fig, ax = new_figure(0.8 * (max(layer.values()) + 1) + 0.3)
    boxes = {}
    for step in design["steps"]:
        published = step["status"] == "published"
        text = ax.text(
            *spot[step["id"]],
            wrap(step["text"], 21 if step["strand"] == "both" else 18),
            ha="center",
            va="center",
            fontsize=10,
            bbox={
                "boxstyle": "round,pad=0.35",
                "facecolor": "white",
                "edgecolor": INK,
                "linewidth": 1.6 if published else 1.1,
                "linestyle": "-" if published else "--",
            },
        )
        boxes[step["id"]] = text.get_bbox_patch()
    for start, end in graph.edges:
        ends = {"patchA": boxes[start], "patchB": boxes[end], "shrinkA": 0, "shrinkB": 1}
        look = {"arrowstyle": "-|>", "color": INK, "linewidth": 1}
        ax.annotate("", spot[end], spot[start], arrowprops={**look, **ends})
    ax.set(xlim=(-0.6, 2.6), ylim=(-max(layer.values()) - 0.5, 0.5))
    ax.axis("off")
    return fig

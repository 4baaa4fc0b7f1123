"""Figures as the page shows them: finding, alt text, table twin and the mark of their kind.

`show_figure` gives a figure its finding as title, an alt text that begins with the finding, a table
with the same numbers, and the mark of its kind. The drawings themselves are in `sustainment.drawings`;
their names are here as well, so that a chapter needs one import.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sustainment.drawings import (
    BLUE,
    GREEN,
    GREY,
    INK,
    KIND_COLOURS,
    PALE,
    PALETTE,
    PURPLE,
    VERMILION,
    array_figure,
    bounds_bar,
    diverging_bars,
    dot_array,
    dot_legend,
    forest,
    new_figure,
    range_strip,
    valence_bars,
    wrap,
)
from sustainment.errors import UserError
from sustainment.instead import refuse_no_number
from sustainment.report import in_notebook, resolve_kind
from sustainment.tables import check_id, protect_frame, protect_text, register_cells, to_html

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "KIND_COLOURS",
    "PALE",
    "PALETTE",
    "PURPLE",
    "VERMILION",
    "array_figure",
    "bounds_bar",
    "diverging_bars",
    "dot_array",
    "dot_legend",
    "forest",
    "new_figure",
    "plt",
    "range_strip",
    "show_figure",
    "valence_bars",
    "wrap",
]


def show_figure(
    fig: Figure | Callable[[pd.DataFrame], Figure],
    *,
    id: str,
    title: str,
    alt: str,
    twin: pd.DataFrame,
    caption: str = "",
    kind: str = "data",
    counts: Sequence[str] = (),
    population: str = "",
    formats: Mapping[str, str] | None = None,
) -> None:
    """Show a figure with its finding, alt text, table twin and mark; closes the figure.

    title: the finding as a sentence. alt: begins with the finding. twin: the same numbers as a table;
    its columns named in `counts` count persons. Under `observed`, a figure with a number that must be
    protected is withheld and its protected table is shown in its place; one given as a function
    that draws it from the twin is drawn from what may be printed, with NaN for the rest.
    """
    kind = resolve_kind(kind)
    check_id(id, "fig-")
    if not alt.strip() or not title.strip():
        raise UserError(
            f"Figure {id}: it needs a title and an alt text that begins with the finding."
        )
    refuse_no_number("This figure", title, alt, caption)
    safe = protect_frame(twin, id, kind, population, counts)
    withheld = not safe.equals(twin)
    if not isinstance(fig, Figure):
        printable = drawable(safe, twin)
        fig = fig(twin if printable is None else printable)
        partly = withheld and printable is not None
        withheld = withheld and printable is None
    else:
        partly = False
    counts = [c for c in counts if c in safe.columns]  # protection may merge columns
    title, alt, caption = (protect_text(text, kind) for text in (title, alt, caption))
    if partly:
        caption = f"{caption} What is withheld to protect persons is not drawn.".strip()
    cells = register_cells(safe, id, kind, population, counts)
    if kind == "invented":
        mark_invented(fig)
    if in_notebook():
        _display_figure(
            fig, id, title, alt, safe, caption, kind, population, cells, formats, withheld
        )
    plt.close(fig)


def drawable(safe: pd.DataFrame, twin: pd.DataFrame) -> pd.DataFrame | None:
    """The protected twin with NaN for what is withheld; None when nothing is left to draw."""
    if list(safe.columns) != list(twin.columns) or len(safe) != len(twin):
        return None
    numbers = [c for c in twin.columns if pd.api.types.is_numeric_dtype(twin[c])]
    out = safe.copy()
    for column in numbers:
        rounded = safe[column].astype(str).str.removeprefix("about ")
        out[column] = pd.to_numeric(rounded, errors="coerce")
    return None if numbers and out[numbers].isna().all(axis=None) else out


def _display_figure(
    fig, id, title, alt, twin, caption, kind, population, cells, formats, withheld
) -> None:
    from IPython.display import display

    metadata = {
        "sustainment": {
            "type": "figure",
            "id": id,
            "title": title,
            "caption": caption,
            "kind": kind,
            "population": population,
            "cells": cells,
            "withheld": withheld,
        }
    }
    if not withheld:
        image = {"alt": alt, "id": id, "kind": kind, "title": title, "caption": caption}
        display(
            {"image/png": to_png(fig), "text/plain": alt},
            raw=True,
            metadata=metadata | {"image/png": image},
        )
    table_id = "tbl-" + id.removeprefix("fig-") + "-twin"
    spoken = {column: str(column).replace("_", " ") for column in twin.columns}
    formats = {spoken.get(column, column): fmt for column, fmt in (formats or {}).items()}
    table = to_html(
        twin.rename(columns=spoken), table_id, f"{title}: the same numbers", kind, formats
    )
    words = escape(caption)
    if withheld:
        words = (
            "This figure is withheld: it would show a number small enough to point at a person. "
            + words
        )
    display(
        {
            "text/html": f'<div class="figure-words kind-{kind}" id="{id}-words">'
            f'<p class="figure-caption"><span class="kind kind-{kind}">{kind}</span> '
            f"<strong>{escape(title)}.</strong> {words}</p>"
            f'<details class="figure-twin"><summary>The figure as a table</summary>{table}</details></div>',
            "text/plain": f"{title}. {caption}",
        },
        raw=True,
        metadata={"sustainment": {"type": "figure-words", "id": id}}
        | (metadata if withheld else {}),
    )


def to_png(fig: Figure, colours: int = 64) -> bytes:
    """The figure as PNG bytes without date or version, in few colours: a third of the weight."""
    from PIL import Image

    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", pil_kwargs={"compress_level": 0})  # packed once, below
    image = Image.open(buffer).convert("RGB").quantize(colors=colours, dither=Image.Dither.NONE)
    out = io.BytesIO()
    image.save(out, format="png", optimize=True)
    return out.getvalue()


def mark_invented(fig: Figure) -> None:
    """Diagonal hairlines and the word INVENTED inside every plot area: a crop keeps the mark."""
    for ax in fig.axes:
        if ax.get_label() in ("<colorbar>", "legend") or not ax.get_visible():
            continue
        for offset in np.arange(-1, 1, 0.125):
            line = Line2D(
                [offset, offset + 1], [0, 1], transform=ax.transAxes, marker="", linestyle="-"
            )
            line.set(color=KIND_COLOURS["invented"], alpha=0.10, linewidth=0.6, zorder=0)
            ax.add_artist(line)
        # Drawings without an axis line are full to the edge: their mark stands just above them.
        y = 0.01 if ax.axison else 1.01
        ax.text(
            0.99,
            y,
            "INVENTED",
            transform=ax.transAxes,
            ha="right",
            va="bottom",
            fontsize=8,
            fontweight="bold",
            color=KIND_COLOURS["invented"],
            zorder=10,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )

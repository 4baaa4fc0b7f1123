"""Figures of the book: one palette, one drawing for people who did not answer, marks of kind.

`show_figure` gives a figure its finding as title, an alt text that begins with the finding, a table
with the same numbers, and the mark of its kind. The drawing functions take an Axes and return it.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sustainment.errors import UserError
from sustainment.report import in_notebook, resolve_kind
from sustainment.tables import check_id, protect_frame, protect_text, register_cells, to_html

# Okabe and Ito's colours: at least 3:1 on white and on the dark page, apart in all three common
# kinds of colour blindness. Always used with a marker, a pattern or a word as well.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
PALETTE = (BLUE, VERMILION, GREEN, PURPLE)
INK, GREY, PALE = "#222222", "#6B6B6B", "#D9D9D9"
KIND_COLOURS = {
    "published": "#0B5A8A",
    "derived": "#1F6F50",
    "elsewhere": "#7A3E6B",
    "invented": "#8A3B00",
    "observed": INK,
}

plt.rcParams.update(
    {
        # legible at 360 pixels: the page shows a figure 4.5 inches wide at most
        "figure.figsize": (4.5, 3.2),
        "figure.constrained_layout.use": True,
        "savefig.dpi": 200,
        "figure.facecolor": "white",
        "axes.facecolor": "white",
        "font.size": 11,
        "axes.titlesize": 12,
        "axes.titlelocation": "left",
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.labelsize": 10,
        "ytick.labelsize": 10,
        "legend.fontsize": 10,
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "lines.markersize": 5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": mpl.cycler(color=PALETTE, linestyle=["-", "--", "-.", ":"]),
        "svg.hashsalt": "sustainment",
    }
)


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
    table = to_html(twin, table_id, f"{title}: the same numbers", kind, formats)
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
    fig.savefig(buffer, format="png", metadata={"Software": None})
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


def wrap(text: str, width: int = 18) -> str:
    """A label broken for a narrow page; figures grow downward, never wider."""
    return "\n".join(textwrap.wrap(str(text), width)) or str(text)


def new_figure(height: float = 3.2, rows: int = 1, **kwargs: Any) -> tuple[Figure, Any]:
    """A figure of the book's width (4.5 in); returns (figure, axes)."""
    return plt.subplots(rows, 1, figsize=(4.5, height), **kwargs)


def dot_array(
    ax: Axes, yes: int, silent: int, no: int, *, columns: int = 11, title: str = ""
) -> Axes:
    """One dot a person in blocks: yes, did not answer, no. Positions mean nothing.

    Blocks, never scattered: both bounds are then the edges of the middle block.
    """
    total = yes + silent + no
    rows = -(-total // columns)
    spots = [(i % columns, rows - 1 - i // columns) for i in range(total)]
    blocks = (
        (spots[:yes], {"facecolor": BLUE, "edgecolor": BLUE, "linestyle": "-"}),
        (spots[yes : yes + silent], {"facecolor": "white", "edgecolor": GREY, "linestyle": ":"}),
        (spots[yes + silent :], {"facecolor": "white", "edgecolor": VERMILION, "linestyle": "-"}),
    )
    for block, look in blocks:
        for x, y in block:
            ax.add_patch(plt.Circle((x, y), 0.36, linewidth=1.5, zorder=3, **look))
    ax.set(xlim=(-0.6, columns - 0.4), ylim=(-0.6, rows - 0.4), aspect="equal")
    ax.axis("off")
    if title:
        ax.set_title(title)
    return ax


def dot_legend(ax: Axes, yes: int, silent: int, no: int, words: Sequence[str] = ()) -> Axes:
    """The three blocks in words with their counts, below a dot array."""
    words = words or ("said yes", "did not answer", "said no")
    ax.set_label("legend")
    styles = ((BLUE, BLUE, "-"), ("white", GREY, ":"), ("white", VERMILION, "-"))
    ax.axis("off")
    for x, (face, edge, line), count, word in zip(
        (0.02, 0.36, 0.74), styles, (yes, silent, no), words, strict=True
    ):
        ax.scatter([x], [0.5], s=60, facecolor=face, edgecolor=edge, linestyle=line, linewidth=1.5)
        ax.text(x + 0.035, 0.5, f"{count} {word}", va="center", fontsize=10)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return ax


def bounds_bar(
    ax: Axes,
    low: int,
    high: int,
    total: int,
    *,
    assumed: Sequence[tuple[str, float, float]] = (),
    noun: str = "",
) -> Axes:
    """The dot array unrolled: sure yes, silent, sure no on one line of `total` persons.

    assumed: (assumption, low, high) intervals that hang below, each narrower for what it assumes.
    No mark in the middle of the bounds: without an assumption there is no best guess.
    """
    height = 0.6
    ax.barh(0, low, height, color=BLUE)
    ax.barh(
        0, high - low, height, left=low, color="white", edgecolor=GREY, hatch="....", linewidth=1
    )
    ax.barh(0, total - high, height, left=high, color="white", edgecolor=VERMILION, linewidth=1)
    for x, word, align in ((low, f"at least {low}", "right"), (high, f"at most {high}", "left")):
        ax.annotate(
            word,
            (x, 0.32),
            xytext=(0, 3),
            textcoords="offset points",
            ha=align,
            va="bottom",
            fontsize=10,
        )
    for i, (assumption, lower, upper) in enumerate(assumed, start=1):
        y = -0.25 - 0.8 * i
        ax.plot(
            [lower, upper],
            [y, y],
            color=INK,
            linewidth=3,
            alpha=0.75,
            linestyle="-",
            solid_capstyle="round",
        )
        ax.text(0, y + 0.22, assumption, fontsize=9, color=INK, va="bottom")
    bottom = -0.6 - 0.8 * len(assumed)
    ax.set(xlim=(0, total), ylim=(bottom, 0.95), yticks=[], xticks=_ticks(total))
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(f"persons of {total}" if not noun else f"{noun} of {total}")
    return ax


def array_figure(
    yes: int,
    silent: int,
    no: int,
    *,
    words: Sequence[str] = (),
    assumed: Sequence[tuple[str, float, float]] = (),
) -> Figure:
    """The carrying drawing of the book: dots in blocks, their words, and the bounds bar below."""
    total = yes + silent + no
    rows = -(-total // 11)
    heights = (0.36 * rows, 0.35, 0.9 + 0.35 * len(assumed))
    fig, axes = plt.subplots(
        3, 1, figsize=(4.5, sum(heights) + 0.4), gridspec_kw={"height_ratios": heights}
    )
    dot_array(axes[0], yes, silent, no)
    dot_legend(axes[1], yes, silent, no, words)
    bounds_bar(axes[2], yes, yes + silent, total, assumed=assumed)
    return fig


def diverging_bars(
    ax: Axes,
    counts: pd.DataFrame,
    *,
    negative: Sequence[str],
    neutral: str | None,
    positive: Sequence[str],
    aside: Sequence[str] = (),
) -> Axes:
    """Answers of several items as bars around a centre, with counts; `aside` stands apart right.

    counts: items × answers, numbers of persons. The neutral answer is split over the centre; missing
    and not applicable stand aside and do not move the centre.
    """
    blues = ["#9CC9E6", BLUE] if len(positive) == 2 else [BLUE] * len(positive)
    reds = [VERMILION, "#F3B98F"] if len(negative) == 2 else [VERMILION] * len(negative)
    middle = counts[neutral] if neutral else 0 * counts.iloc[:, 0]
    right_edge = float((counts[list(positive)].sum(axis=1) + middle / 2).max()) + 1
    y = np.arange(len(counts))[::-1]
    left = -(counts[list(negative)].sum(axis=1) + middle / 2).to_numpy(float)
    order = [*negative, *([neutral] if neutral else []), *positive]
    colours = [*reds, *([PALE] if neutral else []), *blues]
    for answer, colour in zip(order, colours, strict=True):
        width = counts[answer].to_numpy(float)
        ax.barh(y, width, 0.72, left=left, color=colour, edgecolor="white", label=answer)
        _label_bars(ax, y, left, width, colour)
        left = left + width
    start = np.full(len(counts), right_edge)
    for i, answer in enumerate(aside):
        width = counts[answer].to_numpy(float)
        ax.barh(
            y,
            width,
            0.72,
            left=start,
            color="white",
            edgecolor=GREY,
            hatch=("////", "....", "xx")[i % 3],
            linewidth=0.8,
            label=answer,
        )
        _label_bars(ax, y, start, width, "white")
        start = start + width
    ax.axvline(0, color=INK, linewidth=0.8, linestyle="-")
    ax.set(yticks=y, yticklabels=[wrap(i, 22) for i in counts.index], xticks=[])
    ax.spines[["left", "bottom"]].set_visible(False)
    return ax


def _label_bars(ax: Axes, y, left, width, colour: str) -> None:
    dark = colour in (BLUE, VERMILION)
    for yy, x, w in zip(y, left, width, strict=True):
        if w >= 1:
            ax.text(
                x + w / 2,
                yy,
                f"{w:.0f}",
                ha="center",
                va="center",
                fontsize=8,
                color="white" if dark else INK,
                bbox=None
                if colour != "white"
                else {"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )


def forest(ax: Axes, rows: pd.DataFrame, *, label: str, estimate: str, low: str, high: str) -> Axes:
    """Estimates with intervals, one row each; a row without an interval is an open mark."""
    y = np.arange(len(rows))[::-1]
    for yy, (_, row) in zip(y, rows.iterrows(), strict=True):
        bare = pd.isna(row[low])
        if not bare:
            ax.plot([row[low], row[high]], [yy, yy], color=BLUE, linestyle="-", marker="")
        ax.plot(
            row[estimate],
            yy,
            marker="o" if not bare else "D",
            color=BLUE,
            linestyle="",
            markerfacecolor=BLUE if not bare else "white",
        )
    ax.set(yticks=y, yticklabels=[wrap(t, 20) for t in rows[label]])
    return ax


def valence_bars(ax: Axes, table: pd.DataFrame, *, hinders: str, both: str, helps: str) -> Axes:
    """Passages by row (a phase, a level): hinders to the left, helps to the right, both across.

    table: rows × valences, numbers of passages. Counts stand in the bars.
    """
    y = np.arange(len(table))[::-1]
    middle = table[both].to_numpy(float)
    left = -middle / 2 - table[hinders].to_numpy(float)
    for valence, colour in ((hinders, VERMILION), (both, PALE), (helps, BLUE)):
        width = table[valence].to_numpy(float)
        ax.barh(y, width, 0.66, left=left, color=colour, edgecolor="white", label=valence)
        _label_bars(ax, y, left, width, colour)
        left = left + width
    ax.axvline(0, color=INK, linewidth=0.8, linestyle="-")
    ax.set(yticks=y, yticklabels=[wrap(t, 14) for t in table.index], xticks=[])
    ax.set_ylim(-0.85, len(table) - 0.55)  # room under the last bar for the mark of its kind
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.4, 1.0), handlelength=1.0)
    return ax


def range_strip(ax: Axes, low: float, high: float, default: float, *, label: str = "") -> Axes:
    """The range of a number over every choice named beforehand, with the book's own choice marked."""
    ax.plot(
        [low, high],
        [0, 0],
        color=GREY,
        linewidth=6,
        alpha=0.5,
        solid_capstyle="butt",
        linestyle="-",
    )
    ax.plot([default], [0], marker="|", markersize=16, markeredgewidth=3, color=INK, linestyle="")
    ax.set(yticks=[], ylim=(-1, 1), xlabel=label)
    ax.spines["left"].set_visible(False)
    return ax


def _ticks(total: int) -> list[int]:
    step = max(1, round(total / 6 / 5) * 5) if total >= 30 else max(1, total // 4)
    ticks = list(range(0, total, step))
    if ticks and total - ticks[-1] < step * 0.6:
        ticks.pop()
    return [*ticks, total]

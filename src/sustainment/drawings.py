"""The drawings of the book: people in blocks, bounds, answers around a centre, estimates in rows.

Each takes an Axes (or numbers) and returns it (or a Figure). The palette and the style stand here too,
so that every drawing shares them; `sustainment.figures` shows a drawing with its words and its mark.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
        "savefig.dpi": 300,  # 4.5 inches on screen, 11 cm on paper
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
        "axes.prop_cycle": cycler(color=PALETTE, linestyle=["-", "--", "-.", ":"]),
        "svg.hashsalt": "sustainment",
    }
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
    ends = [(low, f"at least {low}", "right"), (high, f"at most {high}", "left")]
    if low == high:  # nobody was silent: two words in one place would run into each other
        ends = [(low, f"exactly {low}", "left" if low < total / 2 else "right")]
    for x, word, align in ends:
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
        ax.text(0, y + 0.22, assumption, fontsize=10, color=INK, va="bottom")
    bottom = -0.6 - 0.8 * len(assumed) if assumed else -0.85  # room for the mark of its kind
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
        _label_bars(ax, y, left, width, colour, float(counts.sum(axis=1).max()) / 40)
        left = left + width
    for i, answer in enumerate(aside):
        width = np.nan_to_num(counts[answer].to_numpy(float))  # NaN: withheld, not drawn
        some = width > 0
        ax.barh(
            y[some],
            width[some],
            0.72,
            left=right_edge,
            color="white",
            edgecolor=GREY,
            hatch=("////", "....", "xx")[i % 3],
            linewidth=0.8,
            label=answer,
        )
        for yy, w in zip(y[some], width[some], strict=True):
            ax.text(right_edge + w + 0.5, yy, f"{w:.0f}", va="center", fontsize=9)
        right_edge += max(width.max(), 2) + 4  # a column for each: two counts never touch
    ax.axvline(0, color=INK, linewidth=0.8, linestyle="-", zorder=0)  # behind the counts
    ax.set(yticks=y, yticklabels=[wrap(i, 22) for i in counts.index], xticks=[])
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    return ax


def _label_bars(ax: Axes, y, left, width, colour: str, room: float) -> None:
    """Counts in the bars; a bar narrower than `room` has none, and the table twin has it."""
    ink = "white" if colour in (BLUE, VERMILION) else INK
    for yy, x, w in zip(y, left, width, strict=True):
        if w >= max(room, 1):
            ax.text(x + w / 2, yy, f"{w:.0f}", ha="center", va="center", fontsize=9, color=ink)


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
        _label_bars(ax, y, left, width, colour, float(table.sum(axis=1).max()) / 40)
        left = left + width
    ax.axvline(0, color=INK, linewidth=0.8, linestyle="-", zorder=0)  # behind the counts
    ax.set(yticks=y, yticklabels=[wrap(t, 14) for t in table.index], xticks=[])
    ax.tick_params(axis="y", length=0)
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

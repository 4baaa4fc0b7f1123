"""The figures of a new project, each drawn from its table alone.

A number that may not be printed is missing (NaN) in the table; it is then not drawn, and what is left of
everybody stands as "withheld". So a figure of a real study shows exactly what its table shows.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from sustainment import figures
from sustainment.figures import BLUE, GREEN, GREY, INK, PALE, PURPLE, VERMILION

WITHHELD = "withheld"
_COLOURS = (BLUE, PALE, VERMILION, GREEN, PURPLE, GREY)


def with_rest(table: pd.DataFrame, total: int) -> pd.DataFrame:
    """The counts with 0 where a number is withheld, and what is missing to `total` as a column."""
    counts = table.select_dtypes("number").astype(float)
    hidden = counts.isna().any(axis=1)
    filled = counts.fillna(0)
    if hidden.any():
        filled[WITHHELD] = (total - filled.sum(axis=1)).where(hidden, 0).clip(lower=0)
    return filled


def drawable(labels: Sequence[str], what: str = "line") -> list[str]:
    """Labels without letters that the figures' font lacks; "line 3" where nothing would be left.

    The table under the figure has the words themselves, in the fonts of the reader's machine.
    """
    known = get_font(findfont(FontProperties())).get_charmap()
    cut = ["".join(c for c in label if c.isspace() or ord(c) in known) for label in labels]
    lost = [
        sum(c.isalnum() for c in a) < 0.7 * sum(c.isalnum() for c in b)
        for a, b in zip(cut, labels, strict=True)
    ]
    return [
        f"{what} {number}" if gone or not words.strip() else words.strip()
        for number, (words, gone) in enumerate(zip(cut, lost, strict=True), start=1)
    ]


def in_legend(labels: Sequence[str], width: int = 38) -> list[str]:
    """Labels cut to what a legend has room for, where they stay different."""
    cut = [textwrap.shorten(label, width, placeholder=" ...") for label in labels]
    return cut if len(set(cut)) == len(set(labels)) else list(labels)


def nothing_to_draw() -> Figure:
    """An empty figure that says why it is empty."""
    fig, ax = figures.new_figure(0.8)
    ax.axis("off")
    ax.text(0, 0.5, "Every number of this figure is withheld.", va="center", color=INK)
    return fig


def gap_bars(table: pd.DataFrame, total: int, most: int = 12) -> Figure:
    """A bar a question: answered, then each kind of missing. table: question and counts."""
    rows = table.head(most)
    counts = with_rest(rows, total)
    fig, ax = figures.new_figure(0.42 * len(rows) + 1.0)
    places = list(range(len(rows)))[::-1]
    left = pd.Series(0.0, index=counts.index)
    for column, colour in zip(counts, _COLOURS, strict=False):
        hatch = "////" if column == WITHHELD else ""
        look = (
            {"color": "white", "edgecolor": GREY, "hatch": hatch}
            if hatch
            else {"color": colour, "edgecolor": "white"}
        )
        ax.barh(places, counts[column], left=left, label=column, **look)
        left = left + counts[column]
    labels = [
        textwrap.shorten(words, 56, placeholder=" ...") for words in drawable(rows["question"])
    ]
    ax.set(yticks=places, xlabel="respondents", xlim=(0, total))
    ax.set_yticklabels([figures.wrap(words, 26) for words in labels], fontsize=8)
    ax.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.3, 1.0), fontsize=8)
    return fig


def outcome_bar(table: pd.DataFrame, total: int) -> Figure:
    """Bounds of the outcome; table: answer (yes, no, no answer) and persons."""
    persons = table.set_index("answer")["persons"]
    fig, ax = figures.new_figure(1.9)
    if not persons.isna().any():
        low = int(persons["yes"])
        figures.bounds_bar(ax, low, low + int(persons["no answer"]), total)
        return fig
    counts = with_rest(persons.to_frame().T, total).iloc[0]
    left = 0.0
    looks = {
        "yes": {"color": BLUE}, "no answer": {"color": "white", "hatch": "....", "edgecolor": GREY},
        WITHHELD: {"color": PALE, "hatch": "////", "edgecolor": GREY}, "no": {"color": "white", "edgecolor": VERMILION},
    }  # fmt: skip
    for answer, look in looks.items():
        width = float(counts.get(answer, 0))
        if width:
            ax.barh(0, width, 0.6, left=left, **look)
            ax.text(left + width / 2, 0.38, answer, ha="center", va="bottom", fontsize=9, color=INK)
        left += width
    ax.set(xlim=(0, total), ylim=(-0.6, 0.95), yticks=[], xlabel=f"persons of {total}")
    ax.spines["left"].set_visible(False)
    return fig


def scale_bars(
    table: pd.DataFrame, low: Sequence[str], middle: Sequence[str], high: Sequence[str], total: int
) -> Figure:
    """Statements around a centre line; table: statement, the labels of the scale, no answer."""
    counts = with_rest(table, total).set_axis(drawable(table["statement"]))
    names = dict(zip(counts.columns, in_legend(drawable(counts.columns, "answer")), strict=True))
    counts = counts.rename(columns=names)
    low, middle, high = ([names[step] for step in part] for part in (low, middle, high))
    aside = [column for column in counts if column not in {*low, *middle, *high}]
    in_pairs = max(map(len, counts.columns)) <= 24
    rows = -(-len(counts.columns) // 2) if in_pairs else len(counts.columns)  # of the legend
    fig, ax = figures.new_figure(0.75 * len(counts) + 0.7 + 0.25 * max(rows, 3))
    neutral = middle[0] if middle else None
    figures.diverging_bars(
        ax, counts, negative=list(low), neutral=neutral, positive=list(high), aside=aside
    )
    ax.legend(
        ncols=2 if in_pairs else 1,
        loc="lower center",
        bbox_to_anchor=(0.2, 1.0),
        fontsize=8,
        handlelength=1.2,
    )
    return fig


def group_points(table: pd.DataFrame) -> Figure:
    """The share in each group with its interval; table: group, share, from, to."""
    rows = table.dropna(subset=["share"])
    if rows.empty:
        return nothing_to_draw()
    rows = rows.assign(group=drawable(rows["group"]))
    fig, ax = figures.new_figure(0.5 * len(rows) + 1.0)
    figures.forest(ax, rows, label="group", estimate="share", low="from", high="to")
    ax.set(xlim=(0, 1), xlabel="share with the outcome")
    return fig


def theme_bars(table: pd.DataFrame, unit: str, most: int = 20) -> Figure:
    """A bar a theme; table: theme and the column `unit`."""
    rows = table.dropna(subset=[unit]).head(most)
    if rows.empty:
        return nothing_to_draw()
    places = list(range(len(rows)))[::-1]
    fig, ax = figures.new_figure(0.34 * len(rows) + 0.9)
    ax.barh(places, rows[unit], color=BLUE)
    ax.set(yticks=places, xlabel=unit)
    ax.set_yticklabels([figures.wrap(name, 24) for name in drawable(rows["theme"])], fontsize=9)
    return fig

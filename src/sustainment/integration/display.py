"""Joint displays: counts and talk side by side, as tables and as one figure.

Types after guetterman2015integrating: side by side by construct, and a visual display with chart,
gist of the talk and fit in one drawing that reads on a phone.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sustainment.figures import BLUE, GREY, INK, PALE, VERMILION, plt, wrap
from sustainment.integration.model import Construct, Integration

CANNOT = "cannot be judged"  # a row whose question nobody answered
# A sign besides the word and the colour, so that the fit survives a black-and-white print.
FIT_LOOK = {
    "confirmation": ("=", BLUE),
    "expansion": ("+", "#1F6F50"),
    "discordance": ("≠", VERMILION),
    "silence": ("…", GREY),
    CANNOT: ("?", GREY),
}


def fit_of(construct: Construct, evidence: pd.DataFrame | None) -> str:
    """The agreed fit; it cannot be judged where nobody answered a question that the row rests on."""
    if evidence is None:
        return construct.agreed
    unanswered = any(evidence.loc[key, "of"] == 0 for key in construct.survey)
    return CANNOT if unanswered else construct.agreed


def fit_table(integration: Integration, evidence: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a construct: fit by each rater, whether they differ, what was agreed and why, planted.

    With the evidence (as for `side_by_side`), a row that nobody answered cannot be judged.
    """
    rows = []
    for construct in integration.constructs:
        judged = {rater: given["fit"] for rater, given in construct.fit.items()}
        rows.append(
            {"construct": construct.name, "level": construct.level}
            | judged
            | {
                "raters differ": len(set(judged.values())) > 1,
                "agreed": fit_of(construct, evidence),
                "why": construct.why,
                "planted": construct.planted,
            }
        )
    return pd.DataFrame(rows)


def argued(integration: Integration, evidence: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a construct: what each rater saw and why, and what was kept after talking and why."""
    return pd.DataFrame(
        [
            {"question": c.name}
            | {rater: f"{given['fit']} · {given['reason']}" for rater, given in c.fit.items()}
            | {"kept": f"{fit_of(c, evidence)} · {c.why}"}
            for c in integration.constructs
        ]
    )


def counts_in_words(construct: Construct, evidence: pd.DataFrame) -> str:
    """The survey's side of a row, with every count and its denominator; says so when there is none."""
    if not construct.survey:
        return construct.survey_says or "no question asks about it"
    found = [evidence.loc[key] for key in construct.survey]
    return "; ".join(in_words(row) for row in found)


def in_words(row: pd.Series) -> str:
    """One count with its denominator; where nobody answered, that."""
    if not row["of"]:
        return f"nobody answered whether they {row['words']}"
    return f"{row['count']} of {row['of']} {row['words']}"


def side_by_side(integration: Integration, evidence: pd.DataFrame) -> pd.DataFrame:
    """The joint display as a table. evidence: index key; columns count, of, words."""
    return pd.DataFrame(
        [
            {
                "question": c.name,
                "theme": c.subtheme or c.theme,
                "the counts": counts_in_words(c, evidence),
                "the talk": " · ".join(filter(None, [c.talk_says, ", ".join(c.excerpts)])),
                "fit": fit_of(c, evidence) + (" (planted)" if c.planted else ""),
                "what follows from both": c.follows,
            }
            for c in integration.constructs
        ]
    )


LINE = 0.215  # inches that a line of text takes
WIDE = 50  # characters in such a line; the figure is as wide as a phone


def visual_display(integration: Integration, evidence: pd.DataFrame) -> Figure:
    """Chart, gist and fit in one figure: a block for each construct, from top to bottom.

    As tall as its words need: no text is smaller than 10.5 points, so that it reads on a phone.
    """
    blocks = [block_of(construct, evidence) for construct in integration.constructs]
    heights = [height for _, height in blocks]
    fig, axes = plt.subplots(
        len(blocks),
        1,
        figsize=(4.5, LINE * (sum(heights) + 1.6 * len(blocks))),
        height_ratios=heights,
        squeeze=False,
    )
    for ax, construct, (pieces, height) in zip(
        axes[:, 0], integration.constructs, blocks, strict=True
    ):
        ax.set_title(wrap(construct.name, 34), fontsize=12.5, fontweight="bold", pad=4)
        for y, share, text, look in pieces:
            if share is None:
                ax.text(0, y, text, va="top", **look)
            else:
                ax.barh(y + 0.3, 1, 0.5, color=PALE)
                ax.barh(y + 0.3, share, 0.5, color=BLUE)
        ax.axhline(height, color=INK, linewidth=0.5, linestyle="-")
        ax.set(xlim=(0, 1), ylim=(height, 0))
        ax.axis("off")
    return fig


def block_of(construct: Construct, evidence: pd.DataFrame) -> tuple[list[tuple], float]:
    """The pieces of one block as (line from the top, share of a bar or None, text, look); its height."""
    fit = fit_of(construct, evidence)
    sign, colour = FIT_LOOK[fit]
    pieces: list[tuple] = []
    y = 0.2

    def add(text: str, after: float = 0.25, **look: Any) -> None:
        nonlocal y
        pieces.append((y, None, text, {"fontsize": 10.5} | look))
        y += text.count("\n") + 1 + after

    for bar in [evidence.loc[key] for key in construct.survey][:2]:
        add(wrap(in_words(bar), WIDE), after=0.1)
        pieces.append((y, bar["count"] / bar["of"] if bar["of"] else 0, "", {}))
        y += 0.85
    if not construct.survey:
        add("the counts are silent: no question asks", color=GREY)
    add(wrap("talk: " + construct.talk_says, WIDE), style="italic")
    kept = f"{sign}  {fit}" + ("  (planted)" if construct.planted else "")
    add(kept, fontsize=11.5, fontweight="bold", color=colour)
    return pieces, y + 0.15

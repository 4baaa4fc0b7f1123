"""Joint displays: counts and talk side by side, as tables and as one figure.

Types after guetterman2015integrating: side by side by construct, and a visual display with chart,
gist of the talk and fit in one drawing that reads on a phone.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from sustainment.figures import BLUE, GREY, INK, PALE, VERMILION, plt, wrap
from sustainment.integration.model import Construct, Integration

# A sign besides the word and the colour, so that the fit survives a black-and-white print.
FIT_LOOK = {
    "confirmation": ("=", BLUE),
    "expansion": ("+", "#1F6F50"),
    "discordance": ("≠", VERMILION),
    "silence": ("…", GREY),
}


def fit_table(integration: Integration) -> pd.DataFrame:
    """One row a construct: fit by each rater, whether they differ, what was agreed and why, planted."""
    rows = []
    for construct in integration.constructs:
        judged = {rater: given["fit"] for rater, given in construct.fit.items()}
        rows.append(
            {"construct": construct.name, "level": construct.level}
            | judged
            | {
                "raters differ": len(set(judged.values())) > 1,
                "agreed": construct.agreed,
                "why": construct.why,
                "planted": construct.planted,
            }
        )
    return pd.DataFrame(rows)


def counts_in_words(construct: Construct, evidence: pd.DataFrame) -> str:
    """The survey's side of a row, with every count and its denominator; says so when there is none."""
    if not construct.survey:
        return construct.survey_says or "no question asks about it"
    found = [evidence.loc[key] for key in construct.survey]
    return "; ".join(f"{r['count']} of {r['of']} {r['words']}" for r in found)


def side_by_side(integration: Integration, evidence: pd.DataFrame) -> pd.DataFrame:
    """The joint display as a table. evidence: index key; columns count, of, words."""
    return pd.DataFrame(
        [
            {
                "construct": c.name,
                "theme": c.subtheme or c.theme,
                "the counts": counts_in_words(c, evidence),
                "the talk": c.talk_says,
                "excerpts": ", ".join(c.excerpts),
                "fit": c.agreed + (" (planted)" if c.planted else ""),
                "what follows from both": c.follows,
            }
            for c in integration.constructs
        ]
    )


def visual_display(integration: Integration, evidence: pd.DataFrame) -> Figure:
    """Chart, gist and fit in one figure: a block for each construct, from top to bottom."""
    constructs = integration.constructs
    fig, axes = plt.subplots(len(constructs), 1, figsize=(4.5, 1.75 * len(constructs)))
    for ax, construct in zip(axes, constructs, strict=True):
        sign, colour = FIT_LOOK[construct.agreed]
        bars = [evidence.loc[key] for key in construct.survey][:2]
        ax.set_title(construct.name, fontsize=11, fontweight="bold", pad=4)
        for i, bar in enumerate(bars):
            share = bar["count"] / bar["of"] if bar["of"] else 0
            y = 0.82 - 0.26 * i
            ax.barh(y, 0.3, 0.15, color=PALE)
            ax.barh(y, 0.3 * share, 0.15, color=BLUE)
            ax.text(
                0.32,
                y,
                wrap(f"{bar['count']} of {bar['of']} {bar['words']}", 44),
                fontsize=8,
                va="center",
            )
        if not bars:
            ax.text(
                0,
                0.7,
                "the counts are silent: no question asks",
                fontsize=9,
                color=GREY,
                va="center",
            )
        ax.text(
            0,
            0.32,
            wrap("talk: " + construct.talk_says, 62),
            fontsize=8.5,
            va="center",
            style="italic",
        )
        ax.text(
            0,
            0.03,
            f"{sign}  {construct.agreed}" + ("  (planted)" if construct.planted else ""),
            fontsize=10,
            fontweight="bold",
            color=colour,
            va="center",
        )
        ax.axhline(-0.1, color=INK, linewidth=0.5, linestyle="-")
        ax.set(xlim=(0, 1), ylim=(-0.12, 1.0))
        ax.axis("off")
    return fig

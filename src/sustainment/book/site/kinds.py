"""The kinds of numbers, as every page names them: one word and one shape each."""

from __future__ import annotations

MARKS = {
    "published": "■",
    "derived": "▲",
    "elsewhere": "◆",
    "invented": "⬡",
    "observed": "●",
}

# What a reader is told when only the mark is there.
MEANINGS = {
    "published": "stands in a publication about the study",
    "derived": "follows by arithmetic from published numbers",
    "elsewhere": "comes from another study, named beside it",
    "invented": "comes from made-up data and says nothing about the study",
    "observed": "comes from the data of this study",
}


def kinds_of_page(provenance: str) -> list[str]:
    """The four kinds a page can show; observed data take the place of the invented ones."""
    own = "observed" if provenance == "observed" else "invented"
    return ["published", "derived", "elsewhere", own]

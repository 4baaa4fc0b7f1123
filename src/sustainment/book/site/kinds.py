"""The kinds of numbers, as every page names them: one word and one shape each.

The directive {kinds} lists the four that this book shows, with what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from docutils.parsers.rst import Directive

if TYPE_CHECKING:
    from sphinx.application import Sphinx

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


class KindsList(Directive):
    def run(self) -> list[nodes.Node]:
        config = self.state.document.settings.env.config
        items = "".join(
            f'<li><span class="sign sign-{kind} is-here">{kind}</span> <span>{MEANINGS[kind]}</span></li>'
            for kind in kinds_of_page(config.sustainment_provenance)
        )
        return [nodes.raw("", f'<ul class="kinds-list">{items}</ul>', format="html")]


def setup(app: Sphinx) -> None:
    app.add_directive("kinds", KindsList)

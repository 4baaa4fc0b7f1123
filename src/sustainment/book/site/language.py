"""Words and pages in another language than English, marked so that a screen reader speaks them right.

The role {sv} marks words in Swedish; `lang: sv` in a page's front matter marks the whole page, and its
numbers then name their kinds in Swedish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import start_of_file
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx

KIND_WORDS = {
    "sv": {
        "published": "publicerat",
        "derived": "härlett",
        "elsewhere": "från annat håll",
        "invented": "påhittat",
        "observed": "observerat",
    }
}


def kind_word(kind: str, language: str) -> str:
    """The kind's name in the page's language."""
    return KIND_WORDS.get(language, {}).get(kind, kind)


class foreign(nodes.inline):
    """Words in another language than the page's."""


def swedish(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Any,
    options: Any = None,
    content: Any = (),
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    return [foreign(rawtext, text, language="sv")], []


class MarkPages(SphinxPostTransform):
    """Put the language of a page on all of its text."""

    default_priority = 30
    formats = ("html",)

    def run(self, **options: Any) -> None:
        files = [(file["docname"], file) for file in self.document.findall(start_of_file)]
        for docname, page in files or [(self.env.docname, self.document)]:
            language = self.env.metadata[docname].get("lang")
            if language:
                page.insert(0, nodes.raw("", f'<div lang="{language}">', format="html"))
                page.append(nodes.raw("", "</div>", format="html"))


def _open(translator: Any, node: foreign) -> None:
    translator.body.append(translator.starttag(node, "span", "", lang=node["language"]))


def _close(translator: Any, node: foreign) -> None:
    translator.body.append("</span>")


def setup(app: Sphinx) -> None:
    app.add_node(foreign, html=(_open, _close))
    app.add_role("sv", swedish)
    app.add_post_transform(MarkPages)

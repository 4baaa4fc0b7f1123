"""Languages: the role {sv} for words in Swedish, and `lang: sv` in a page's front matter.

Both are marked, so that a screen reader speaks them as Swedish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


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


def _open(translator: Any, node: foreign) -> None:
    translator.body.append(translator.starttag(node, "span", "", lang=node["language"]))


def _close(translator: Any, node: foreign) -> None:
    translator.body.append("</span>")


def page_language(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: Any
) -> None:
    """A page may be in another language than the book."""
    own = app.env.metadata.get(pagename, {}).get("lang")
    if own:
        context["language"] = own


def setup(app: Sphinx) -> None:
    app.add_node(foreign, html=(_open, _close))
    app.add_role("sv", swedish)
    app.connect("html-page-context", page_language)

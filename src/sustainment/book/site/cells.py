"""A table cell that names a chapter, such as "survey/silent", becomes a link with the chapter's title.

Chapters write the name, which is short, stable and right in a download; a reader of the page needs the
title and the way there.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from docutils import nodes
    from sphinx.application import Sphinx

_CELL = re.compile(r"(<(t[dh])\b[^>]*>)([a-z]+/[a-z0-9-]+)(</\2>)")


def name_chapters(markup: str, link: Callable[[str], str]) -> str:
    """Replace the text of each cell that is nothing but a chapter's name; `link` may give it back."""
    return _CELL.sub(lambda cell: f"{cell[1]}{link(cell[3])}{cell[4]}", markup)


def link_cells(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Do so on every page, once it is HTML."""

    def link(name: str) -> str:
        target = f"notebooks/{name}"
        if target not in app.env.titles:
            return name
        address = app.builder.get_relative_uri(pagename, target)
        return f'<a href="{escape(address)}">{escape(app.env.titles[target].astext())}</a>'

    if doctree is not None or app.builder.name == "singlehtml":
        context["body"] = name_chapters(context.get("body", ""), link)


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", link_cells, priority=700)

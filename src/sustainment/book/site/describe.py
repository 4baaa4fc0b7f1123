"""What search engines and link previews are told about a page: only what its author wrote.

Automatic descriptions would be cut from the page's text, invented numbers included. So the
description is the one in the front matter (`myst: html_meta: description`), and a page of the
contents without one is a warning.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

DESCRIPTION = re.compile(r'<meta content="([^"]*)" name="description"')
PREVIEW = "_static/preview.png"
# Pages that no author wrote still say what they are for.
OWN_PAGES = {
    "search": "Find words in this book: in its chapters, its glossary and its appendices.",
    "404": "There is no page at this address; from here search and the contents lead back to the book.",
}
PREVIEW_ALT = "The title of the book, and rows of small empty circles."


def add_preview(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Open Graph tags from the page's own title and description."""
    context["page_description"] = ""  # the theme's is the first words of the page
    if pagename in OWN_PAGES:
        context["metatags"] = f'<meta content="{OWN_PAGES[pagename]}" name="description" />\n'
    if doctree is None:
        return
    found = DESCRIPTION.search(context.get("metatags") or "")
    if found is None:
        if pagename in app.env.toctree_includes.get(app.config.root_doc, ()):
            logger.warning("no description: give the front matter one", location=pagename)
        return
    title = app.env.titles[pagename].astext()
    tags = {
        "og:type": "article",
        "og:site_name": app.config.html_title,
        "og:title": title,
        "og:description": found.group(1),
        "og:image:alt": PREVIEW_ALT,
    }
    if app.config.html_baseurl:
        base = app.config.html_baseurl.rstrip("/") + "/"
        tags |= {"og:url": base + app.builder.get_target_uri(pagename), "og:image": base + PREVIEW}
    lines = [
        f'<meta property="{name}" content="{text if name == "og:description" else escape(text)}" />'
        for name, text in tags.items()
    ]
    context["metatags"] = (context.get("metatags") or "") + "\n".join(lines) + "\n"


def add_sitemap(app: Sphinx) -> None:
    """A sitemap needs absolute addresses, so there is one once the book's address is known."""
    if app.config.html_baseurl:
        app.config.html_baseurl = app.config.html_baseurl.rstrip("/") + "/"
        app.setup_extension("sphinx_sitemap")
        app.config.sitemap_url_scheme = "{link}"
        app.config.sitemap_excludes = ["search.html", "404.html"]


def setup(app: Sphinx) -> None:
    add_sitemap(app)
    app.connect("html-page-context", add_preview, priority=600)

"""Repairs of markup that the libraries write and that assistive techniques cannot use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

REPAIRS = {
    # the works cited are a list; docutils gives its entries a role that no list may hold
    ' role="doc-biblioentry"': ' role="listitem"',
}


def repair(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    for wrong, right in REPAIRS.items():
        if context.get("body"):
            context["body"] = context["body"].replace(wrong, right)


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", repair)

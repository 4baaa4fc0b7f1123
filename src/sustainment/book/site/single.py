"""The whole book as one page, from which the PDF is printed.

sphinx-design registers some of its nodes for the builder `html` alone. As soon as another
extension registers one under `singlehtml`, Sphinx no longer falls back from the one to the other
and stops with "unknown node type"; so both are given the same handlers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def share_handlers(app: Sphinx) -> None:
    handlers = app.registry.translation_handlers
    handlers["singlehtml"] = {**handlers.get("html", {}), **handlers.get("singlehtml", {})}


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", share_handlers)

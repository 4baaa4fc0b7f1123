"""The directive {shown-in}: a figure of a chapter, shown again on another page.

```{shown-in} start/two-of-three fig-worlds``` takes image, title and alternative text from the
chapter, so that the page cannot show another figure than the chapter does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

MORE = "How this is made, and the same numbers as a table"


class pending_figure(nodes.General, nodes.Element):
    """Stands where the figure will be shown, until its chapter has been read."""


class ShownIn(Directive):
    required_arguments = 2  # chapter and figure id

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        env.metadata[env.docname]["shows_values"] = True
        chapter, figure = self.arguments
        node = pending_figure(docname=f"notebooks/{chapter}", figure=figure)
        node.source, node.line = self.state_machine.get_source_and_line(self.lineno)
        return [node]


def find_figure(env: BuildEnvironment, docname: str, figure: str) -> nodes.image | None:
    """The figure's image as the chapter shows it."""
    if docname not in env.all_docs:
        return None
    for image in env.get_doctree(docname).findall(nodes.image):
        if image.get("figure") == figure:
            return image
    return None


class ShowFigures(SphinxPostTransform):
    """Put the figures in their places, each with its title and a link to its chapter."""

    default_priority = 7

    def run(self, **options: Any) -> None:
        for node in list(self.document.findall(pending_figure)):
            image = find_figure(self.env, node["docname"], node["figure"])
            if image is None:
                logger.warning(
                    "%s shows no figure %r", node["docname"], node["figure"], location=node
                )
                node.parent.remove(node)
            else:
                node.replace_self(self.figure(node, image.deepcopy()))

    def figure(self, node: pending_figure, image: nodes.image) -> nodes.Element:
        image.attributes.pop("figure")  # its address is the chapter's
        kind = image["kind"]
        mark = nodes.inline("", kind, classes=["kind", f"kind-{kind}"])
        title = nodes.strong("", f"{image['figure_title']}.")
        caption = nodes.paragraph("", "", mark, nodes.Text(" "), title, classes=["figure-caption"])
        address = self.app.builder.get_relative_uri(self.env.docname, node["docname"])
        target = f"{address.partition('#')[0]}#{node['figure']}"
        more = nodes.reference("", MORE, internal=True, refuri=target)
        link = nodes.paragraph("", "", more, classes=["figure-more"])
        return nodes.container("", caption, image, link, classes=["book-figure", "shown-again"])


def setup(app: Sphinx) -> None:
    app.add_node(pending_figure)
    app.add_directive("shown-in", ShownIn)
    app.add_post_transform(ShowFigures)

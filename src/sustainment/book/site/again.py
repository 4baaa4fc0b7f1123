"""The directive {shown-in}: a figure of a chapter, shown again on another page.

```{shown-in} start/two-of-three fig-worlds``` takes image, title and alternative text from the
executed chapter, so that the page cannot show another figure than the chapter does.
"""

from __future__ import annotations

import hashlib
import json
import os
from binascii import a2b_base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

PNG = "image/png"


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


def find_figure(env: BuildEnvironment, docname: str, figure: str) -> tuple[bytes, dict] | None:
    """The image and its words (title, alt, kind), from the executed chapter."""
    path = Path(env.mystnb_config.output_folder, f"{docname}.ipynb")
    if not path.exists():
        return None
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            words = output.get("metadata", {}).get(PNG, {})
            if words.get("id") == figure:
                return a2b_base64("".join(output["data"][PNG])), words
    return None


class ShowFigures(SphinxPostTransform):
    """Put the figures in their places, each with its title and a link to its chapter."""

    default_priority = 7

    def run(self, **options: Any) -> None:
        for node in list(self.document.findall(pending_figure)):
            found = find_figure(self.env, node["docname"], node["figure"])
            if found is None:
                logger.warning(
                    "%s shows no figure %r", node["docname"], node["figure"], location=node
                )
                node.parent.remove(node)
                continue
            node.replace_self(self.figure(node, *found))

    def figure(self, node: pending_figure, png: bytes, words: dict[str, str]) -> nodes.Element:
        builder = self.app.builder
        # MyST-NB names an image by its content; the chapter's own page has put it there.
        image_path = Path(
            builder.outdir, builder.imagedir, hashlib.sha256(png).hexdigest() + ".png"
        )
        image_path.parent.mkdir(parents=True, exist_ok=True)
        image_path.write_bytes(png)
        page = Path(builder.outdir, self.env.docname).parent
        uri = Path(os.path.relpath(image_path, page)).as_posix()
        image = nodes.image(uri=uri, alt=words["alt"], candidates={"*": uri})
        image["classes"] += ["figure-image", "dark-light"]
        kind = words.get("kind", "")
        mark = nodes.inline("", kind, classes=["kind", f"kind-{kind}"])
        title = nodes.strong("", f"{words['title']}.")
        address = builder.get_relative_uri(self.env.docname, node["docname"])
        more = nodes.reference(
            "", "How this is made, and the same numbers as a table", internal=True,
            refuri=f"{address}#{node['figure']}",
        )  # fmt: skip
        caption = nodes.paragraph("", "", mark, nodes.Text(" "), title, classes=["figure-caption"])
        link = nodes.paragraph("", "", more, classes=["figure-more"])
        return nodes.container("", caption, image, link, classes=["book-figure", "shown-again"])


def setup(app: Sphinx) -> None:
    app.add_node(pending_figure)
    app.add_directive("shown-in", ShownIn)
    app.add_post_transform(ShowFigures)

"""The line above each chapter: where the reader is, how long it takes, and which kinds of numbers
stand on the page. It is written from the chapter's front matter (`sustainment:`)."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import start_of_file
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from sustainment.book.site.kinds import MARKS, kinds_of_page

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

PARTS = {
    "before": "Before you believe a number",
    "counting": "Counting: the survey, rehearsed",
    "listening": "Listening: the interviews, rehearsed",
    "together": "Bringing it together",
    "lab": "Open the envelope",
    "yours": "Your turn",
}


def header_of(env: BuildEnvironment, docname: str) -> dict[str, Any]:
    """The `sustainment:` block of a page's front matter; empty when there is none."""
    header = env.metadata[docname].get("sustainment") or {}
    return json.loads(header) if isinstance(header, str) else dict(header)


def chapters_in_order(env: BuildEnvironment) -> list[str]:
    """Pages that belong to a part, in the order of the contents."""
    pages = [env.config.root_doc]
    for page in pages:  # grows while it is read
        pages.extend(p for p in env.toctree_includes.get(page, ()) if p not in pages)
    return [page for page in pages if header_of(env, page).get("part")]


class PlaceLines(SphinxPostTransform):
    """Set the line above the title of every chapter."""

    default_priority = 20

    def run(self, **options: Any) -> None:
        chapters = chapters_in_order(self.env)
        for docname, page in self.pages():
            section = page.next_node(nodes.section)
            if docname in chapters and section is not None:
                section.insert(0, self.line(docname, chapters))

    def pages(self) -> list[tuple[str, nodes.Element]]:
        """The page, or every page of a book of one page."""
        files = [(file["docname"], file) for file in self.document.findall(start_of_file)]
        return files or [(self.env.docname, self.document)]

    def part(self, name: str) -> str:
        """The part's title; with a real study's data nothing is a rehearsal."""
        title = PARTS.get(name, name)
        observed = self.config.sustainment_provenance == "observed"
        return title.removesuffix(", rehearsed") if observed else title

    def line(self, docname: str, chapters: list[str]) -> nodes.raw:
        header = header_of(self.env, docname)
        where = [
            escape(self.part(header["part"])),
            f"chapter {chapters.index(docname) + 1} of {len(chapters)}",
        ]
        if header.get("minutes"):
            where.append(f"{header['minutes']} minutes")
        before = [self.link(docname, str(name)) for name in header.get("builds_on") or ()]
        if before:
            where.append("builds on " + ", ".join(before))
        items = "".join(f"<li>{item}</li>" for item in where)
        shown = header.get("kinds") or []
        # A page without numbers has no kinds to tell.
        kinds = marks(shown, self.config.sustainment_provenance) if shown else ""
        markup = (
            f'<div class="place"><ul class="place-where" aria-label="Your place in the book">{items}</ul>'
            f"{kinds}</div>"
        )
        return nodes.raw("", markup, format="html")

    def link(self, docname: str, name: str) -> str:
        target = f"notebooks/{name}"
        if target not in self.env.titles:
            logger.warning("builds_on names %r, which is no chapter", name, location=docname)
            return escape(name)
        address = self.app.builder.get_relative_uri(self.env.docname, target)
        title = self.env.titles[target].astext()
        return f'<a href="{escape(address)}">{escape(title)}</a>'


def marks(shown: list[str], provenance: str) -> str:
    """The four marks, those on this page filled."""
    items = []
    for kind in kinds_of_page(provenance):
        here = kind in shown or (kind == "observed" and "invented" in shown)
        state = "is-here" if here else "is-absent"
        spoken = "" if here else '<span class="visually-hidden">not </span>'
        items.append(f'<li class="sign sign-{kind} {state}">{spoken}{kind}</li>')
    return (
        '<ul class="place-signs" aria-label="Kinds of numbers on this page">'
        + "".join(items)
        + "</ul>"
    )


def check_header(app: Sphinx, env: BuildEnvironment) -> None:
    """Front matter that the place line cannot use is a warning with the page's name."""
    for docname in env.found_docs:
        header = header_of(env, docname)
        if header.get("part") and header["part"] not in PARTS:
            logger.warning(
                "part %r is none of %s", header["part"], ", ".join(PARTS), location=docname
            )
        for kind in header.get("kinds") or ():
            if kind not in MARKS:
                logger.warning("kind %r is none of %s", kind, ", ".join(MARKS), location=docname)


def setup(app: Sphinx) -> None:
    app.connect("env-check-consistency", check_header)
    app.add_post_transform(PlaceLines)

"""How a notebook's figures and tables come onto the page.

`show_figure` and `show_table` put title, alternative text and id into the metadata of an output; no
cell metadata is needed, so a chapter that the runner executed and one that Jupyter Book executed give
the same page. The class is found through the entry point `myst_nb.renderers` and chosen by
`nb_render_plugin: sustainment`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Renderer(NbElementRenderer):
    """MyST-NB's renderer, with alternative text for figures and headers for tables."""

    def render_image(self, data: MimeData) -> list[nodes.Element]:
        images = super().render_image(data)
        words = data.output_metadata.get(data.mime_type, {})
        for image in images:
            image["classes"] += ["figure-image", "dark-light"]  # dark-light: the theme's "leave it"
            if words.get("alt"):
                image["alt"] = words["alt"]
            if words.get("id"):
                image["figure"] = words["id"]
                image["kind"] = words.get("kind", "")
        return images

    def render_text_html(self, data: MimeData) -> list[nodes.Element]:
        if "<table" in data.string:
            data.content = improve_tables(data.string, f"{data.cell_index}-{data.output_index}")
        raws = super().render_text_html(data)
        about = data.output_metadata.get("sustainment", {})
        if about.get("type") == "figure-words":
            raws[0]["words_of"] = about["id"]
        return raws


def improve_tables(markup: str, place: str) -> str:
    """Tables that a screen reader can walk and a phone can scroll.

    Header cells get a scope, empty header cells become plain cells, and each table stands in a region
    that scrolls sideways, is reachable by keyboard and is named by the table's caption.
    """
    soup = BeautifulSoup(markup, "html.parser")
    for number, table in enumerate(soup.find_all("table"), start=1):
        _name_headers(table)
        table.attrs.pop("border", None)
        label = _label(table) or f"Table {place}-{number}"
        region = soup.new_tag(
            "div", attrs={"class": "table-scroll", "role": "region", "tabindex": "0"}
        )
        region["aria-label"] = label
        table.wrap(region)
    return str(soup)


def _name_headers(table: Tag) -> None:
    for cell in table.find_all("th"):
        if not cell.get_text(strip=True):
            cell.name = "td"
        else:
            cell["scope"] = "col" if cell.find_parent("thead") else "row"


def _label(table: Tag) -> str:
    """The caption without the mark of its kind."""
    caption = table.find("caption")
    if caption is None:
        return ""
    mark = caption.find(class_="kind")
    spoken = caption.get_text(" ", strip=True)
    return spoken.removeprefix(mark.get_text(strip=True)).strip() if mark else spoken


class book_figure(nodes.General, nodes.Element):
    """An image with its words: title, caption and the same numbers as a table."""


class JoinFigures(SphinxPostTransform):
    """Put an image and the words that follow it into one <figure> with a stable address."""

    default_priority = 6  # after MyST-NB has chosen what to show of each output

    def run(self, **options: Any) -> None:
        for image in list(self.document.findall(nodes.image)):
            if "figure" not in image:
                continue
            parent = image.parent
            after = parent.index(image) + 1
            words = parent[after] if after < len(parent) else None
            figure = book_figure(ids=[image["figure"]], kind=image["kind"])
            image.replace_self(figure)
            figure += image
            if isinstance(words, nodes.raw) and words.get("words_of") == image["figure"]:
                parent.remove(words)
                figure += words


def _open(translator: Any, node: book_figure) -> None:
    classes = "book-figure" + (f" kind-figure-{node['kind']}" if node["kind"] else "")
    translator.body.append(translator.starttag(node, "figure", CLASS=classes))


def _close(translator: Any, node: book_figure) -> None:
    translator.body.append("</figure>\n")


def setup(app: Sphinx) -> None:
    app.add_node(book_figure, html=(_open, _close))
    app.add_post_transform(JoinFigures)

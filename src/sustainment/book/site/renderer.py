"""How a notebook's figures and tables come onto the page.

`show_figure` and `show_table` put title, alternative text and id into the metadata of an output; no
cell metadata is needed, so a chapter that the runner executed and one that Jupyter Book executed give
the same page. The class is found through the entry point `myst_nb.renderers` and chosen by
`nb_render_plugin: sustainment`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup, Tag
from bs4.element import AttributeValueList
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx


STYLER = ("data", "col_heading", "row_heading", "index_name", "blank")  # and level0, row0, col0
DIGITS = "0123456789"
LONG = 48  # characters; such a cell gets room, and the table scrolls on a phone
WORDED = 30  # characters; a column with such a cell holds sentences rather than words


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
                image["figure_title"] = words.get("title", "")
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
        _align_headers(table)
        _stack(table)
        _free_caption(soup, table)
        table.attrs.pop("border", None)
        label = _label(table) or f"Table {place}-{number}"
        region = soup.new_tag(
            "div", attrs={"class": "table-scroll", "role": "region", "tabindex": "0"}
        )
        region["aria-label"] = label
        table.wrap(region)
    return str(soup)


def classes_of(element: Tag) -> list[str]:
    return element.get_attribute_list("class") if element.has_attr("class") else []


def _name_headers(table: Tag) -> None:
    body = table.find("tbody")
    for row in body.find_all("tr") if body else ():
        first = row.find(["th", "td"])
        if first and first.name == "td" and "num" not in classes_of(first):
            first.name = "th"  # the words of a row are its header
    for cell in table.find_all(["th", "td"]):
        kept = [name for name in classes_of(cell) if name not in STYLER and name[-1] not in DIGITS]
        cell.attrs.pop("class", None)
        cell.attrs.pop("id", None)  # Styler's: long, and nothing points at them
        if len(cell.get_text()) > LONG:
            kept.append("long")
        if kept:
            cell["class"] = AttributeValueList(kept)
    for cell in table.find_all("th"):
        if not cell.get_text(strip=True):
            cell.name = "td"
        else:
            cell["scope"] = "col" if cell.find_parent("thead") else "row"


def _align_headers(table: Tag) -> None:
    """The name of a column of numbers stands above them, at the right."""
    names = table.select("thead tr:last-child > *")
    columns = zip(*(row.find_all(["th", "td"]) for row in table.select("tbody tr")), strict=False)
    for name, cells in zip(names, columns, strict=False):
        if all("num" in classes_of(cell) for cell in cells):
            name["class"] = AttributeValueList([*classes_of(name), "num"])


def _stack(table: Tag) -> None:
    """A table of sentences: on a phone each row becomes a block, each cell with its column's name.

    Roles are written out, since a table that is laid out as blocks may lose them.
    """
    heads = [cell.get_text(" ", strip=True) for cell in table.select("thead tr:last-child > *")]
    rows = [row.find_all(["th", "td"]) for row in table.select("tbody tr")]
    beside = list(zip(*rows, strict=False))[1:]  # the first column names the row
    worded = [any(len(cell.get_text()) > WORDED for cell in column) for column in beside]
    if len(heads) < 3 or sum(worded) < 2:
        return
    table["class"] = AttributeValueList([*classes_of(table), "stacks"])
    table["role"] = "table"
    for part in table.find_all(["thead", "tbody"]):
        part["role"] = "rowgroup"
    for row in table.find_all("tr"):
        row["role"] = "row"
    for cell in table.select("thead th"):
        cell["role"] = "columnheader"
    for cells in rows:
        for head, cell in zip(heads, cells, strict=False):
            cell["role"] = "rowheader" if cell.name == "th" else "cell"
            if cell.name == "td":
                cell["data-label"] = head


def _free_caption(soup: BeautifulSoup, table: Tag) -> None:
    """Wrap the caption's words, so that they stay in view when a wide table is scrolled."""
    caption = table.find("caption")
    if caption is not None and caption.contents:
        words = soup.new_tag("span", attrs={"class": "caption-words"})
        words.extend(list(caption.contents))
        caption.append(words)


def _label(table: Tag) -> str:
    """The caption without the mark of its kind."""
    caption = table.find("caption")
    if caption is None:
        return ""
    mark = caption.find(class_="kind")
    spoken = caption.get_text(" ", strip=True)
    return spoken.removeprefix(mark.get_text(strip=True)).strip() if mark else spoken


class CodeBehind(SphinxPostTransform):
    """Folded code stands below what it made: meaning first, then how."""

    default_priority = 200  # right after MyST-NB has folded it
    formats = ("html",)

    def run(self, **options: Any) -> None:
        for fold in list(self.document.findall(HideCodeCellNode)):
            cell = fold.parent
            has_output = len(cell) > 1
            if "tag_parameters" in cell["classes"]:
                fold["summary"] = "What you can change (code)"
            elif has_output:
                fold["summary"] = "The code behind this"
            else:
                fold["summary"] = "The code that prepares this"
            before = _cell_before(cell)
            if (
                not has_output
                and before is not None
                and before[0].get("summary") == fold["summary"]
            ):
                before[0].extend(fold.children)  # one fold for what stands in a row
                cell.parent.remove(cell)
            elif has_output and cell.index(fold) == 0 and cell.get("hide_mode") == "input":
                cell.remove(fold)
                cell.append(fold)


def _cell_before(cell: nodes.Element) -> nodes.Element | None:
    """The cell right before this one, if it is nothing but folded code."""
    place = cell.parent.index(cell)
    before = cell.parent[place - 1] if place else None
    if isinstance(before, nodes.container) and len(before) == 1:
        return before if isinstance(before[0], HideCodeCellNode) else None
    return None


def _open_fold(translator: Any, node: HideCodeCellNode) -> None:
    translator.body.append(f'<details class="fold"><summary>{node["summary"]}</summary>\n')


def _close_fold(translator: Any, node: HideCodeCellNode) -> None:
    translator.body.append("</details>\n")


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
            parent[parent.index(image)] = figure  # replace_self would hand it the image's classes
            if isinstance(words, nodes.raw) and words.get("words_of") == image["figure"]:
                parent.remove(words)
                title, rest = split_words(words.astext())
                figure += [nodes.raw("", title, format="html"), image]
                figure += nodes.raw("", rest, format="html")
            else:
                figure += image


def split_words(markup: str) -> tuple[str, str]:
    """The words of a figure: title and caption, which stand above the image, and what stands below."""
    soup = BeautifulSoup(markup, "html.parser")
    caption = soup.find(class_="figure-caption")
    if caption is None:
        return "", markup
    caption.extract().name = "figcaption"
    return str(caption), str(soup)


def _open(translator: Any, node: book_figure) -> None:
    classes = "book-figure" + (f" kind-figure-{node['kind']}" if node["kind"] else "")
    translator.body.append(translator.starttag(node, "figure", CLASS=classes))


def _close(translator: Any, node: book_figure) -> None:
    translator.body.append("</figure>\n")


def setup(app: Sphinx) -> None:
    app.add_node(book_figure, html=(_open, _close))
    app.add_node(HideCodeCellNode, override=True, html=(_open_fold, _close_fold))
    app.add_post_transform(JoinFigures)
    app.add_post_transform(CodeBehind)

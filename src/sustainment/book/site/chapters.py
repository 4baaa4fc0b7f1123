"""A page whose front matter names a kernel is a notebook.

MyST-NB wants a further line for that, `file_format: mystnb`. It is added while a page is read, in
place of the empty line after the front matter, so that line numbers in warnings stay right.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FRONT_MATTER = re.compile(r"\A---\n(?P<yaml>.*?\n)---\n(?P<blank>\n?)", re.DOTALL)


def as_notebook(text: str) -> str:
    """The page's text with the line that makes it a notebook, if its front matter has a kernelspec."""
    front = FRONT_MATTER.match(text)
    if front is None or not re.search(r"^kernelspec:", front["yaml"], re.MULTILINE):
        return text
    if re.search(r"^(file_format|jupytext):", front["yaml"], re.MULTILINE):
        return text
    return f"---\nfile_format: mystnb\n{front['yaml']}---\n" + text[front.end() :]


def read(app: Sphinx, docname: str, source: list[str]) -> None:
    if app.env.doc2path(docname).endswith(".md"):
        source[0] = as_notebook(source[0])


def setup(app: Sphinx) -> None:
    app.connect("source-read", read)

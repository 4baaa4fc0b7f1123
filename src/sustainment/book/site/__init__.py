"""The Sphinx side of the book: what a page looks like, beyond the theme.

One extension made of small modules, each with its own `setup`:

- `renderer`: figures and tables of a notebook, with title, caption and alternative text
- `numbers`: the role {num}, a reported value with the mark of its kind
- `again`: a chapter's figure, shown on another page
- `kinds`: the four kinds of numbers, and the directive {kinds} that lists them
- `place`: the line above each chapter that says where the reader is
- `cells`: a chapter named in a table's cell becomes a link with its title
- `chapters`: pages with a kernel are notebooks
- `claims`: the directive {claim}, what may be said of a statement of the article
- `banner`: the sentence on every page that the data are invented
- `links`: launch and edit links to tracked files, downloads as clean notebooks (prose: `download`)
- `maths`: formulas as MathML, made at build time
- `ledger`: one page with every value, and links from each number to it
- `language`: the role {sv} for words in Swedish
- `describe`: descriptions, preview picture, sitemap
- `access`: repairs of markup that a screen reader cannot use
- `weight`: leaves out styles and scripts that a page does not use
- `single`: the whole book on one page, for print
- `writing`: pages are written by several processes at once
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sustainment.book.site import (
    access,
    again,
    banner,
    cells,
    chapters,
    claims,
    describe,
    kinds,
    language,
    ledger,
    links,
    maths,
    numbers,
    place,
    renderer,
    single,
    weight,
    writing,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx


PARTS = (
    access,
    again,
    banner,
    cells,
    chapters,
    claims,
    describe,
    kinds,
    language,
    ledger,
    links,
    maths,
    numbers,
    place,
    renderer,
    single,
    weight,
    writing,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all parts. A build may run in parallel: nothing here keeps state outside `env`."""
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""The ledger: one page with every value of the book, and a way from each number to where it is made.

{num} links the first mention of a value on a page to its row in the ledger; the row links to the cell
that computed it, to the tables, figures and excerpts it rests on and to the pages that print it, and says
what was expected and how far it moves over the editions. All of it is read from the executed notebooks; nothing is typed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive
from myst_nb.ext.glue.crossref import read_glue_cache
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from sustainment.book.site.evidence import Shown, evidence, shown_on
from sustainment.book.site.kinds import MARKS
from sustainment.errors import UserError
from sustainment.learn.sphinx import study_root

if TYPE_CHECKING:
    from myst_nb.sphinx_ import SphinxEnvType
    from sphinx.application import Sphinx

PAGE = "pages/ledger"


class pending_ledger(nodes.General, nodes.Element):
    """Stands where the ledger will be, until all chapters are read."""


class LedgerDirective(Directive):
    """```{ledger}```: every value of the book."""

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        env.metadata[env.docname]["shows_values"] = True
        return [pending_ledger()]


def anchor(key: str) -> str:
    """The address of a value's row: v- and the key without what an id cannot hold."""
    return "v-" + re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")


def executed(env: SphinxEnvType, docname: str) -> list[dict[str, Any]]:
    """The values of one page as {cell, key, value, text, kind, …}, in the order they were reported."""
    folder = env.mystnb_config.output_folder
    sources = cell_sources(Path(folder) / f"{docname}.ipynb")
    found = []
    for key, output in read_glue_cache(folder, docname).items():
        record = output.get("metadata", {}).get("sustainment", {})
        if record.get("type") == "value" and not record.get("cited_from"):
            found.append({"cell": cell_of(key, sources), **record})
    return found


def cell_sources(path: Path) -> dict[int, str]:
    """The code of a page's cells by the position of the cell that a link can lead to.

    MyST-NB has taken reported values out of them. A cell that the page does not show works with what
    the one shown before it made: its code counts with that one, so that its values lead there.
    """
    if not path.exists():
        return {}
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources: dict[int, str] = {}
    before: int | None = None
    for position, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        if "remove-cell" not in cell["metadata"].get("tags", ()):
            sources[position], before = source, position
        elif before is not None:
            sources[before] += "\n" + source
    return sources


def cell_of(key: str, sources: Mapping[int, str]) -> int | None:
    """The cell that reports `key`: it names the key, or the beginning of it in an f-string."""
    for position, source in sources.items():
        if f'"{key}"' in source:
            return position
    for position, source in sources.items():
        beginnings = re.findall(r'f"([^"{]+)\{', source)
        if any(key.startswith(beginning) for beginning in beginnings):
            return position
    return None


def rows(app: Sphinx) -> list[dict[str, Any]]:
    """Every value of the book with where it is computed, where it is shown, and what was expected."""
    env: Any = app.env  # and what MyST-NB keeps in it
    root = study_root(app.srcdir)
    shown: dict[str, list[str]] = {}
    for docname, data in env.metadata.items():
        for key in data.get("values_shown", ()):
            shown.setdefault(key, []).append(docname)
    ranges = _editions(root)
    with_values = getattr(env, "nb_metadata", {})
    docnames = [name for name in env.collect_relations() if name in with_values]  # as they are read
    on = {d: shown_on(Path(env.mystnb_config.output_folder), d) for d in docnames}
    places = {item.id: item for items in on.values() for item in items if item.sort == "excerpt"}
    beside = _excerpts_of(root)
    out = []
    for docname in docnames:
        expected = _expected(root, docname)
        for record in executed(env, docname):
            key = record["key"]
            out.append(
                record
                | {
                    "docname": docname,
                    "rests_on": evidence(record, on[docname], beside, places),
                    "shown": shown.get(key, []),
                    "expected": expected.get(key, ""),
                    "range": ranges.get(key, ""),
                }
            )
    return out


def ledger_html(app: Sphinx, docname: str) -> str:
    """The table of the ledger; a row has an address of its own."""
    env, builder = app.env, app.builder

    def link(target: str, cell: int | None = None) -> str:
        uri = builder.get_relative_uri(docname, target) + ("" if cell is None else f"#cell-{cell}")
        title = env.titles[target].astext() if target in env.titles else target
        return f'<a href="{escape(uri)}">{escape(title)}</a>'

    def address(item: Shown) -> str:
        uri = builder.get_relative_uri(docname, item.docname).partition("#")[0]
        return f'<a href="{escape(uri)}#{escape(item.id)}">{item.sort} {escape(item.id)}</a>'

    body = []
    for row in rows(app):
        kind = row["kind"] if row["kind"] in MARKS else "derived"
        about = "; ".join(str(row[name]) for name in ("population", "target") if row.get(name))
        body.append(
            f'<tr id="{anchor(row["key"])}"><th scope="row"><code>{escape(row["key"])}</code></th>'
            f'<td><span class="kind kind-{kind}">{kind}</span></td><td>{escape(row["text"])}</td>'
            f"<td>{escape(about)}</td><td>{link(row['docname'], row['cell'])}</td>"
            f"<td>{', '.join(map(address, row['rests_on'])) or 'no table'}</td>"
            f"<td>{', '.join(link(p) for p in row['shown']) or 'not printed'}</td>"
            f"<td>{escape(str(row['expected']))}</td><td>{escape(str(row['range']))}</td></tr>"
        )
    head = "".join(
        f'<th scope="col">{word}</th>'
        for word in (
            "value",
            "kind",
            "text",
            "about whom",
            "computed in",
            "rests on",
            "shown in",
            "expected",
            "over editions",
        )
    )
    return (
        '<div class="table-scroll" role="region" tabindex="0" aria-label="Ledger of all values">'
        f'<table id="tbl-ledger" class="ledger"><caption>Every value of this book</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _excerpts_of(root: Path) -> dict[str, tuple[str, ...]]:
    """For each value of the joint display, the excerpts that stand beside it in its row."""
    from sustainment.integration.model import read_integration
    from sustainment.study import input_paths, load_settings

    settings = load_settings(root)
    for name, entry in (settings.get("inputs") or {}).items():
        if entry.get("reader") == "integration":
            try:
                rows = read_integration(input_paths(root, settings, name)[0]).constructs
            except UserError:
                return {}  # the chapter that reads it stops the build and says why
            return {key: row.excerpts for row in rows for key in row.survey}
    return {}


def _expected(root: Path, docname: str) -> dict[str, str]:
    path = root / "results" / f"{docname.removeprefix('notebooks/')}.json"
    if not path.exists():
        return {}
    values = json.loads(path.read_text(encoding="utf-8"))["values"]
    return {key: record.get("text", "") for key, record in values.items()}


def _editions(root: Path) -> dict[str, str]:
    """How far each number moves over the editions that were computed, as "from to"."""
    path = root / "results" / "editions.json"
    if not path.exists():
        return {}
    found: dict[str, list[float]] = {}
    for values in json.loads(path.read_text(encoding="utf-8")).values():
        for key, value in values.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(key, []).append(value)
    return {k: f"{min(v):g} to {max(v):g}" for k, v in found.items() if min(v) != max(v)}


class ResolveLedger(SphinxPostTransform):
    default_priority = 6

    def run(self, **options: Any) -> None:
        for node in list(self.document.findall(pending_ledger)):
            markup = ledger_html(self.app, self.env.docname)
            node.replace_self(nodes.raw("", markup, format="html"))


class CellAddresses(SphinxTransform):
    """Every code cell can be linked to: the ledger points at the cell that made a value."""

    default_priority = 1  # before folded cells are joined: the address moves along with the code

    def apply(self, **options: Any) -> None:
        for node in self.document.findall(nodes.container):
            if "cell" in node.get("classes", ()) and "cell_index" in node:
                code = next(
                    (n for n in node.children if "cell_input" in n.get("classes", ())), node
                )
                code["ids"] = [f"cell-{node['cell_index']}", *code["ids"]]


def setup(app: Sphinx) -> None:
    app.add_node(pending_ledger)
    app.add_directive("ledger", LedgerDirective)
    app.add_post_transform(ResolveLedger)
    app.add_transform(CellAddresses)

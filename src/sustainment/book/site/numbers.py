"""The role {num}: a reported value, printed with the mark of its kind.

{num}`survey.n_respondents` prints the text that a chapter reported under that key. It looks in the
page's own values first, then in those of the other chapters. A key that nobody reports is a warning,
which stops a build that allows none.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from myst_nb.ext.glue.crossref import read_glue_cache
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from sustainment.book.site import ledger
from sustainment.book.site.kinds import MARKS
from sustainment.book.site.language import kind_word

if TYPE_CHECKING:
    from myst_nb.sphinx_ import SphinxEnvType
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

PLAIN = "text/plain"
UNBROKEN = 12  # characters that a number may have and still stay on one line


class pending_number(nodes.Inline, nodes.Element):
    """Stands where a value will be printed, until all chapters are read."""


class Number(NamedTuple):
    text: str
    kind: str


def role(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Any,
    options: Any = None,
    content: Any = (),
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    env = inliner.document.settings.env
    env.metadata[env.docname]["shows_values"] = True
    keys = env.metadata[env.docname].setdefault("values_shown", [])
    if text.strip() not in keys:
        keys.append(text.strip())
    # The page is kept with the node: in a book of one page, all of it has one name.
    node = pending_number(rawtext, key=text.strip(), docname=env.docname)
    node.source, node.line = inliner.reporter.get_source_and_line(lineno)
    return [node], []


def values_of(env: SphinxEnvType, docname: str) -> dict[str, Number]:
    """The values that one page reported, by key."""
    values = {}
    for key, output in read_glue_cache(env.mystnb_config.output_folder, docname).items():
        kind = output.get("metadata", {}).get("scrapbook", {}).get("kind")
        if kind and PLAIN in output["data"]:
            values[key] = Number(output["data"][PLAIN], kind)
    return values


def find_number(env: SphinxEnvType, docname: str, key: str) -> Number | None:
    """The value `key` as `docname` reports it, else as the first chapter that does."""
    own = values_of(env, docname)
    if key in own:
        return own[key]
    for other in _keys_to_chapters(env).get(key, ()):
        return values_of(env, other)[key]
    return None


def _keys_to_chapters(env: SphinxEnvType) -> dict[str, list[str]]:
    chapters: dict[str, list[str]] = {}
    for docname, data in sorted(getattr(env, "nb_metadata", {}).items()):
        for key in data.get("glue", ()):
            chapters.setdefault(key, []).append(docname)
    return chapters


def marked(text: str, kind: str, language: str = "en") -> nodes.inline:
    """A value with the mark of its kind: a shape to see, a word to hear and to copy."""
    classes = ["kind", f"kind-{kind}"]
    spoken = nodes.inline("", f"[{kind_word(kind, language)}] ", classes=["visually-hidden"])
    if text[:1].isdigit() and len(text) <= UNBROKEN:
        text = text.replace(" ", "\N{NO-BREAK SPACE}")  # "60 %" must not part at a line's end
    return nodes.inline("", "", spoken, nodes.Text(text), classes=classes)


class ResolveNumbers(SphinxPostTransform):
    """Put the values in their places, once every chapter has been read."""

    default_priority = 4

    def run(self, **options: Any) -> None:
        linked: set[tuple[str, str]] = set()
        for node in list(self.document.findall(pending_number)):
            number = find_number(self.env, node["docname"], node["key"])
            if number is None:
                logger.warning(
                    "No chapter reports the value %r. Report it, or correct the key.",
                    node["key"],
                    location=node,
                )
                node.replace_self(nodes.inline("", f"[no value {node['key']}]"))
            elif number.kind not in MARKS:
                logger.warning("Unknown kind %r of %r", number.kind, node["key"], location=node)
                node.replace_self(nodes.Text(number.text))
            else:
                language = self.env.metadata[node["docname"]].get("lang", "en")
                mark = marked(number.text, number.kind, language)
                first = (node["docname"], node["key"]) not in linked
                linked.add((node["docname"], node["key"]))
                node.replace_self(self.to_ledger(mark, node["key"]) if first else mark)

    def to_ledger(self, mark: nodes.inline, key: str) -> nodes.Node:
        """The first mention of a value on a page leads to its row in the ledger."""
        if ledger.PAGE not in self.env.found_docs or self.app.builder.name != "html":
            return mark
        uri = self.app.builder.get_relative_uri(self.env.docname, ledger.PAGE)
        link = nodes.reference("", "", mark, internal=True, refuri=f"{uri}#{ledger.anchor(key)}")
        link["classes"].append("to-ledger")
        return link


def pages_with_values(app: Sphinx, env: Any) -> list[str]:
    """Pages to write again: a value or a figure may come from a chapter that has changed since.

    While all chapters show what they showed at the last build, that is none of them.
    """
    before = getattr(env, "sustainment_outputs", "")
    env.sustainment_outputs = outputs_digest(Path(env.mystnb_config.output_folder))
    if before == env.sustainment_outputs:
        return []
    return [docname for docname, data in env.metadata.items() if data.get("shows_values")]


def outputs_digest(folder: Path) -> str:
    """One digest of what all executed chapters show; their prose is left out."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        shown = [cell.get("outputs") for cell in cells if cell["cell_type"] == "code"]
        digest.update(f"{path.relative_to(folder)}{json.dumps(shown)}".encode())
    return digest.hexdigest()


def setup(app: Sphinx) -> None:
    app.add_node(pending_number)
    app.add_role("num", role)
    app.add_post_transform(ResolveNumbers)
    app.connect("env-updated", pages_with_values)

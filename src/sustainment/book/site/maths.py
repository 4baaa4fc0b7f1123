"""Formulas become MathML while the book is built, so that no page asks another host for a script.

math-core refuses an unknown command or an open brace; the build then stops with a warning that
names the place, instead of printing half a formula.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


def mathml(tex: str, *, block: bool, location: Any = None) -> str:
    """MathML of a TeX formula; a warning and the TeX itself where it cannot be read."""
    converter = LatexToMathML()
    try:
        return converter.convert_with_local_state(tex, displaystyle=block)
    except LatexError as error:
        logger.warning("This formula cannot be read: %s (%s)", tex, error, location=location)
        return f"<code>{nodes.Text(tex).astext()}</code>"


def _inline(translator: Any, node: nodes.math) -> None:
    formula = mathml(node.astext(), block=False, location=node)
    translator.body.append(f'<span class="math">{formula}</span>')
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    # A long formula scrolls sideways on a phone, so it must be reachable by keyboard.
    number = get_node_equation_number(translator, node) if node.get("number") else ""
    label = f"Formula {number}".strip()
    attributes = {"CLASS": "math", "role": "group", "tabindex": "0", "aria-label": label}
    translator.body.append(translator.starttag(node, "div", **attributes))
    if number:
        translator.body.append(f'<span class="eqno">({number})</span>')
    translator.body.append(mathml(node.astext(), block=True, location=node) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))

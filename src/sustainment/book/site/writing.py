"""Pages are written by several processes at once, where the runner asks for it.

Jupyter Book has no option for it. Reading stays in one process: the order in which pages are read
decides the order of numbers and indexes, and so the bytes of the book.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sustainment.book.pages import WRITERS

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def allow_several(app: Sphinx, env: BuildEnvironment) -> None:
    """After reading, before writing; Sphinx itself asks each extension whether it may be so."""
    app.parallel = max(int(os.environ.get(WRITERS, "1")), 1)


def setup(app: Sphinx) -> None:
    app.connect("env-check-consistency", allow_several)

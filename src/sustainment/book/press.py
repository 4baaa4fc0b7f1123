"""The process that makes pages: its imports are done while the chapters are still being executed.

Started by `pages.Press`; reads one line of JSON {"folder", "arguments"} and becomes `jupyter-book` with
them. Where no line comes the runner is gone or had no use for it, and it ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys

# What Jupyter Book and Sphinx import only when a build begins.
LATE = (
    "jupyter_book.config",
    "jupyter_book.sphinx",
    "sphinx.application",
    "sphinx.builders.html",
    "sphinx.environment.adapters.toctree",
    "sphinx.search.en",
    "myst_nb.sphinx_",
    "sphinx_book_theme",
    "sphinx_external_toc",
    "sphinx_design",
    "sphinxcontrib.bibtex",
    "sustainment.book.site",
    "sustainment.learn.sphinx",
)


def main() -> None:
    from jupyter_book.cli.main import main as jupyter_book

    for name in LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.set_threshold(300_000, 1000, 1000)  # hundreds of pages of small objects, and then the end
    gc.freeze()  # what is imported stays: it need not be looked at again, nor copied by writers
    line = sys.stdin.readline()
    if not line:
        return
    order = json.loads(line)
    os.chdir(order["folder"])
    sys.argv = ["jupyter-book", *order["arguments"]]
    jupyter_book()

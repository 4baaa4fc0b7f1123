"""Which kernels a build uses: ordinary ones, or on Linux ones forked with the imports done.

`SUSTAINMENT_FORK=0` or `sustainment build --no-fork` asks for ordinary ones.
"""

from __future__ import annotations

import ast
import contextlib
import os
import sys

from sustainment.book.chapters import Book

NAME = "sustainment-warm"  # the entry point of provision.py in pyproject.toml
SWITCH = "SUSTAINMENT_FORK"
MODULES = "SUSTAINMENT_WARM_MODULES"
NOT_PRELOADED = {"__future__", "sys", "os"}


def can_fork() -> bool:
    """Whether forked kernels are wanted and possible here."""
    from importlib.metadata import entry_points

    return (
        sys.platform == "linux"
        and hasattr(os, "pidfd_open")
        and os.environ.get(SWITCH, "1") != "0"
        and any(entry_points(group="jupyter_client.kernel_provisioners", name=NAME))
    )


def fork_environment(book: Book) -> dict[str, str]:
    """What makes a worker use forked kernels; {} where they cannot work."""
    if not can_fork():
        return {}
    return {"JUPYTER_DEFAULT_PROVISIONER_NAME": NAME, MODULES: ",".join(imports_of(book))}


def imports_of(book: Book) -> list[str]:
    """Modules that the book's chapters import, in the order in which they first do."""
    found: dict[str, None] = {}
    for chapter in book.chapters.values():
        for cell in chapter.cells:
            with contextlib.suppress(SyntaxError):
                for node in ast.parse(cell.source).body:
                    if isinstance(node, ast.Import):
                        found |= {alias.name: None for alias in node.names}
                    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                        found[node.module] = None
    return [name for name in found if name not in NOT_PRELOADED]

"""Which kernels a build uses: ordinary ones, or on Linux ones forked with the imports done.

`SUSTAINMENT_FORK=0` or `sustainment build --no-fork` asks for ordinary ones.
"""

from __future__ import annotations

import ast
import contextlib
import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from sustainment.book.chapters import Book

if TYPE_CHECKING:
    from sustainment.book.provision import Warm

NAME = "sustainment-warm"  # the entry point of provision.py in pyproject.toml
SWITCH = "SUSTAINMENT_FORK"
MODULES = "SUSTAINMENT_WARM_MODULES"
PLACE = "SUSTAINMENT_WARM_PLACE"  # the socket of the runner's warm process
# One computing thread a kernel: two chapters run at once, and forked kernels need it.
KERNEL_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
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


class Kernels:
    """The kernels of one build: the first chapter that asks starts the process they are forked from."""

    def __init__(self, book: Book, fork: bool) -> None:
        self.book = book
        self.fork = fork
        self.warm: Warm | None = None

    @cached_property
    def environment(self) -> dict[str, str]:
        """What a worker needs; {} for ordinary kernels."""
        wanted = fork_environment(self.book) if self.fork else {}
        if wanted:
            from sustainment.book.provision import Warm

            place = self.book.build_folder / ".warm"
            # Where the socket's path is too long, each worker starts a process of its own.
            with contextlib.suppress(OSError):
                self.warm = Warm(place, wanted[MODULES])
                wanted[PLACE] = str(place)
        return wanted

    def __enter__(self) -> Kernels:
        return self

    def __exit__(self, *error: object) -> None:
        if self.warm:
            self.warm.stop()


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

"""The process that kernels are forked from: its imports are done before the first chapter asks.

Started by `provision.py` as `python -m sustainment.book.warm SOCKET LIFE MODULES DEATH`. Workers connect to
the socket and write one request a line; it forks a kernel for each and answers with the kernel's pid
and a handle on it (pidfd). A worker's kernels end with its connection, and everything ends when the
pipe LIFE is closed. Linux only. Every line with a comment here prevents a failure that was seen: lost figures, orphans,
tables cut differently, kernels that share their random numbers.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import select
import selectors
import signal
import socket
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
# What the package itself imports only when it is first needed, nearly always in a chapter's first cells.
LATE = (
    "pandas.io.formats.style",
    "pandas.io.formats.csvs",
    "pyarrow.pandas_compat",
    "sustainment.survey.read",
    "sustainment.interviews.read",
)


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def preload(modules: list[str]) -> None:
    """Import what chapters import; a module that is missing is the chapter's matter."""
    sys.path[:] = [entry for entry in sys.path if entry]  # the kernel adds its own folder
    for name in ["ipykernel.kernelapp", "matplotlib_inline.backend_inline", *modules, *LATE]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    with contextlib.suppress(Exception):
        practise()
    if "pandas" in sys.modules:
        import pandas as pd

        # pandas took this process for a terminal and would cut tables at its width.
        pd.set_option("display.max_columns", 20)


def practise() -> None:
    """Draw one figure and write one table, for nobody: fonts, image formats, templates and readers
    are loaded then. Only with what chapters import themselves: the book's style of figures would
    else be in a chapter that never asked for it."""
    if "sustainment.figures" in sys.modules:
        from sustainment.figures import plt, to_png

        fig, ax = plt.subplots(layout="constrained")
        ax.plot([0, 1])
        ax.text(0, 0, "words", fontweight="bold")
        to_png(fig)
        plt.close(fig)
    if "sustainment.tables" in sys.modules:
        import pandas as pd

        from sustainment.tables import to_html

        to_html(pd.DataFrame({"words": ["a"], "number": [1]}), "tbl-none", "", "")
    if "sustainment.survey.read" in sys.modules:
        from sustainment.survey.read import kinds

        kinds()


def serve(listener: socket.socket, life: int) -> None:
    """Fork a kernel for each request of each worker, until the process that started this one is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended kernels leave no zombies
    warm = os.getpid()
    lines = selectors.DefaultSelector()
    lines.register(listener, selectors.EVENT_READ, [])
    lines.register(life, selectors.EVENT_READ, [])
    while True:
        for key, _ in lines.select():
            caller: Any = key.fileobj  # the listener, a worker's socket, or the pipe
            if caller == life:
                return  # and the kernels with it: each dies with its parent
            if caller is listener:
                worker, _ = listener.accept()
                lines.register(worker, selectors.EVENT_READ, [])
                continue
            request = next_request(caller)
            kernels = [kernel for kernel in key.data if not has_ended(kernel)]
            if request is None:
                lines.unregister(caller)
                caller.close()
                end(kernels)
                continue
            pid = os.fork()
            if pid == 0:
                for other in list(lines.get_map().values()):
                    os.close(other.fd)
                become_kernel(request, warm)
            kernels.append(os.pidfd_open(pid))
            lines.modify(caller, selectors.EVENT_READ, kernels)
            # a worker that ended meanwhile is noticed when its line is read next
            with contextlib.suppress(BrokenPipeError):
                socket.send_fds(caller, [f"{pid}\n".encode()], [kernels[-1]])


def next_request(worker: socket.socket) -> dict[str, Any] | None:
    """One line of JSON; None when the worker is gone."""
    line = b""
    while not line.endswith(b"\n"):
        piece = worker.recv(65536)
        if not piece:
            return None
        line += piece
    return json.loads(line)


def has_ended(kernel: int) -> bool:
    """Whether the kernel behind this handle is gone; its handle is closed then."""
    ended = bool(select.select([kernel], [], [], 0)[0])
    if ended:
        os.close(kernel)
    return ended


def end(kernels: list[int]) -> None:
    """Kill what a worker left behind: it may have been killed itself."""
    for kernel in kernels:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(kernel, signal.SIGKILL)
        os.close(kernel)


def become_kernel(request: dict[str, Any], warm: int) -> None:
    """Turn the forked process into a kernel like any other; never returns."""
    die_with_parent()  # the flag is not inherited
    if os.getppid() != warm:
        os._exit(1)
    os.setsid()  # the worker interrupts and ends a kernel's whole group
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    random.seed()
    if "numpy" in sys.modules:
        import numpy as np

        np.random.seed()
    arguments = request["argv"]
    # Read from the environment when the module was imported, that is: in the wrong process.
    arguments.append(f"--IPKernelApp.parent_handle={warm}")
    # Matplotlib was imported before the kernel could register its way of showing figures.
    arguments.append("--IPKernelApp.exec_lines=%matplotlib inline")
    sys.argv = ["ipykernel_launcher", *arguments]
    from ipykernel import kernelapp

    try:
        kernelapp.launch_new_instance(argv=arguments)
    finally:
        os._exit(0)


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    life = int(sys.argv[2])
    if sys.argv[4] == "die":
        die_with_parent()
    preload([name for name in sys.argv[3].split(",") if name])
    # A fork copies one thread only: with others, a lock might stay closed for ever.
    if len(os.listdir("/proc/self/task")) != 1:
        sys.exit(3)
    # Everything so far stays: a collection in a kernel need not look at it, nor copy its pages.
    gc.collect()
    gc.freeze()
    serve(listener, life)


if __name__ == "__main__":
    main()

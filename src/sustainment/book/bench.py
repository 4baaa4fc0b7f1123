"""`make bench`: how long builds take, as ratios; measured in one run, alternating, medians.

Seconds depend on the machine and on what else it does; ratios of alternating measurements much less.
Nothing here is a test: a slow machine breaks nothing. The result is `_build/bench.json`.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sustainment.book.chapters import load_book
from sustainment.book.kernels import SWITCH
from sustainment.book.scale import SIZES
from sustainment.book.values import read_json, write_json
from sustainment.errors import UserError

# Jupyter Book cannot be run with `-m`, and its script may not be on the path.
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
PARTS = ("builds", "edits", "sweep", "scale")
NOT_COPIED = shutil.ignore_patterns("_build", ".git", ".venv", "dist", "*.ipynb", "__pycache__")
SWEEP_RUNS = 100
Row = dict[str, Any]


def bench(
    folder: Path | str = ".",
    parts: Iterable[str] = PARTS,
    repeats: int = 3,
    tell: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Measure, print a table, and write `_build/bench.json`; what was measured before is kept."""
    book = load_book(folder).folder
    wanted = list(parts)
    for part in wanted:
        if part not in PARTS:
            raise UserError(f"There is no part {part!r}. Known: {', '.join(PARTS)}.")
    path = book / "_build" / "bench.json"
    result = read_json(path) or {}
    result["machine"] = machine()
    measures = {"builds": builds, "edits": edits, "sweep": sweeps, "scale": scales}
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        for part in wanted:
            copy = shutil.copytree(book, Path(home) / part, ignore=NOT_COPIED)
            rows = measures[part](copy, repeats)
            result[part] = rows
            tell(f"\n{part}\n{table(rows)}")
            write_json(path, result)
    return result


def machine() -> Row:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "Python": platform.python_version(),
    }


def table(rows: list[Row]) -> str:
    """Rows of a part as text, with the columns of the first row."""
    names = list(rows[0])
    lines = [names, *([str(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


# Running and watching --------------------------------------------------------------------------


def run(command: list[str], **environment: str) -> float:
    """Seconds of a command that must succeed."""
    start = time.perf_counter()
    finish(started(command, **environment), command)
    return time.perf_counter() - start


def memory(command: list[str], **environment: str) -> float:
    """Peak memory of the command's whole process tree in MB.

    Looking costs a tenth of a core, more for many processes than for one: never while time is taken.
    """
    process = started(command, **environment)
    peak = [0.0]
    watcher = threading.Thread(target=watch, args=(process, peak), daemon=True)
    watcher.start()
    finish(process, command)
    watcher.join()
    return peak[0]


def started(command: list[str], **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str], command: list[str]) -> None:
    said = process.communicate()[0]
    if process.returncode:
        raise UserError(f"`{' '.join(command[-4:])}` failed while it was measured:\n{said[-2000:]}")


def watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], memory_of_tree(process.pid))
        time.sleep(0.2)


def memory_of_tree(root: int) -> float:
    """Memory of a process and all below it in MB, shared pages shared out; 0 where /proc is missing."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    tree = {root}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in tree} - tree
        tree |= more
        grown = bool(more)
    return sum(proportional_memory(pid) for pid in tree)


def proportional_memory(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def sustainment(*words: str) -> list[str]:
    return [sys.executable, "-m", "sustainment.cli", *words]


def medians(
    seconds: Mapping[str, list[float]], peaks: Mapping[str, float], against: str
) -> list[Row]:
    """One row a way: median seconds, its share of another way's, peak memory, and all runs."""
    base = statistics.median(seconds[against])
    return [
        {
            "what": name,
            "seconds": round(statistics.median(runs), 2),
            "ratio": round(statistics.median(runs) / base, 2),
            "peak_mb": round(peaks[name]) if name in peaks else "",
            "runs": [round(s, 2) for s in runs],
        }
        for name, runs in seconds.items()
    ]


# What is measured ------------------------------------------------------------------------------


def builds(book: Path, repeats: int) -> list[Row]:
    """Cold builds of the whole book, three ways in turn; ratios against plain Jupyter Book."""
    run(sustainment("accept", str(book), "--yes"))  # the plain way reads reviewed values
    ways = {
        "jupyter-book build, executing": (
            [sys.executable, "-c", JUPYTER_BOOK, "build", "-W", "-n", "--keep-going", str(book)],
            {},
        ),
        "sustainment build, ordinary kernels": (sustainment("build", str(book)), {SWITCH: "0"}),
        "sustainment build, forked kernels": (sustainment("build", str(book)), {}),
    }
    measured: dict[str, list[float]] = {name: [] for name in ways}
    peaks: dict[str, float] = {}
    for turn in range(repeats + 1):
        for name, (command, environment) in ways.items():
            shutil.rmtree(book / "_build", ignore_errors=True)
            if turn < repeats:
                measured[name].append(run(command, **environment))
            else:
                peaks[name] = memory(command, **environment)
    return medians(measured, peaks, "jupyter-book build, executing")


def edits(book: Path, repeats: int) -> list[Row]:
    """Builds after a change, against a cold one."""
    chapter = next(iter(load_book(book).chapters.values())).path
    cold = run(sustainment("build", str(book)))
    measured: dict[str, list[float]] = {"cold build": [cold]}

    def changed(old: str, new: str) -> float:
        text = chapter.read_text(encoding="utf-8")
        chapter.write_text(text.replace(old, new, 1), encoding="utf-8")
        return run(sustainment("build", str(book)))

    for number in range(repeats):
        steps: dict[str, Callable[[], float]] = {
            "nothing changed": lambda: run(sustainment("build", str(book))),
            "status": lambda: run(sustainment("status", str(book))),
            "prose of one chapter": partial(
                changed, "\n## ", f"\nMore words, {'x' * number}.\n\n## "
            ),
            "code of one chapter": lambda: changed("\nstudy = ", "\n# again\nstudy = "),
        }
        for name, step in steps.items():
            measured.setdefault(name, []).append(step())
    return medians(measured, {}, "cold build")


def sweeps(book: Path, repeats: int) -> list[Row]:
    """A sweep of a chapter that only computes, against the same computation and a kernel each."""
    shutil.rmtree(book / "notebooks")
    (book / "notebooks").mkdir()
    (book / "notebooks/burn.md").write_text(BURN, encoding="utf-8")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters: [file: notebooks/burn]\n"
    )
    (book / "editions.yml").write_text(
        "parameters: {point: {type: int, default: 0, low: 0, high: 100000}}\n", encoding="utf-8"
    )
    grid = f"point=1:{SWEEP_RUNS}:1"
    ways = {
        "bare kernels": [sys.executable, "-c", BARE, str(book)],
        "sweep": sustainment("sweep", "burn", "--grid", grid, "--folder", str(book)),
    }
    measured: dict[str, list[float]] = {name: [] for name in ways}
    peaks: dict[str, float] = {}
    for turn in range(repeats + 1):
        for name, command in ways.items():
            shutil.rmtree(book / "_build", ignore_errors=True)
            if turn < repeats:
                measured[name].append(run(command))
            else:
                peaks[name] = memory(command)
    return medians(measured, peaks, "bare kernels")


BURN = """---
kernelspec: {name: python3, display_name: Python 3}
---
# Burn

```{code-cell} ipython3
:tags: [parameters]
point: int = 0  # the run
```

```{code-cell} ipython3
import time
import numpy as np
from sustainment.report import report
end = time.process_time() + 0.3
while time.process_time() < end:
    np.linalg.svd(np.random.default_rng(point).normal(size=(40, 40)))
report("burn.point", point, kind="derived")
```
"""

# The same kernels and cells in the same pool, without papermill, files, checks or tables.
BARE = f"""
import sys
from concurrent.futures import ProcessPoolExecutor
from sustainment.book.build import default_jobs
from sustainment.book.chapters import load_book
from sustainment.book.execute import local_pool
from sustainment.book.kernels import fork_environment
import sustainment.book.bench as bench
if __name__ == "__main__":
    book = load_book(sys.argv[1])
    kernels = fork_environment(book)
    cells = [cell.source for chapter in book.chapters.values() for cell in chapter.cells]
    with local_pool(default_jobs()) as pool:
        list(pool.map(bench.bare_kernel, [(kernels, cells)] * {SWEEP_RUNS}))
"""


def bare_kernel(job: tuple[Mapping[str, str], list[str]]) -> None:
    """Start a kernel, run the cells, stop it."""
    from jupyter_client.manager import start_new_kernel

    os.environ.update(
        {**job[0], "OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
    )
    manager, client = start_new_kernel(kernel_name="python3")
    for cell in job[1]:
        client.execute_interactive(cell, output_hook=lambda _message: None)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def scales(book: Path, repeats: int) -> list[Row]:
    """Each strand at growing sizes: seconds, peak memory, and seconds a row against the size before."""
    rows: list[Row] = []
    for strand, sizes in SIZES.items():
        before: float | None = None
        for size in sizes:
            runs = []
            for _ in range(repeats if size < 10**6 else 1):
                done = subprocess.run(
                    [sys.executable, "-m", "sustainment.book.scale", strand, str(size), str(book)],
                    capture_output=True, text=True, check=True,
                )  # fmt: skip
                runs.append(json.loads(done.stdout.splitlines()[-1]))
            seconds = statistics.median(r["seconds"] for r in runs)
            each = seconds / runs[0]["rows"]
            rows.append(
                {
                    "strand": strand,
                    "rows": runs[0]["rows"],
                    "seconds": round(seconds, 2),
                    "peak_mb": max(r["peak_mb"] for r in runs),
                    "per_row_against_before": round(each / before, 2) if before else "",
                }
            )
            before = each
    return rows

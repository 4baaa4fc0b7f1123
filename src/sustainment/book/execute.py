"""Execute chapters: papermill in a pool of processes, in dependency order.

A job writes under a temporary name and renames, so an interrupted run leaves nothing that could be
taken for finished. Jobs go through `concurrent.futures.Executor`: the local process pool here, a
Dask cluster's executor in `sweep.py`. Every job is importable and may run twice.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import active_children, get_context
from pathlib import Path
from traceback import format_exc
from typing import Any

from sustainment.book.chapters import Book
from sustainment.book.kernels import KERNEL_ENVIRONMENT
from sustainment.book.parameters import Scalar
from sustainment.book.values import (
    read_sentences,
    read_shown,
    read_values,
    write_json,
    write_text,
)
from sustainment.errors import UserError
from sustainment.study import STUDY_VARIABLE, VALUES_VARIABLE

CELL_TIMEOUT = 600  # seconds a cell may take before it is interrupted and named
NOT_STARTED = ("Kernel died before replying", "Kernel didn't respond")  # jupyter_client's words


@dataclass(frozen=True)
class Job:
    """One execution of one chapter; `out` is the path of the results without an ending."""

    chapter: str
    source: str
    out: str
    study: str
    values_folder: str
    edition: str
    parameters: Mapping[str, Scalar]
    inject: Mapping[str, Scalar]  # those that differ from what is written in the chapter
    data_digest: str = ""
    lines: tuple[int, ...] = ()  # where the chapter's code cells stand in its file
    environment: Mapping[str, str] = field(default_factory=dict)
    keep_notebook: bool = True


@dataclass(frozen=True)
class Failure:
    """Why a chapter stopped: one sentence with chapter, cell and line, and the traceback."""

    chapter: str
    sentence: str
    traceback: str = ""


@dataclass(frozen=True)
class Outcome:
    chapter: str
    seconds: float
    failure: Failure | None = None


def run_chapter(job: Job) -> Outcome:
    """Execute one chapter and write its notebook and its values. Runs in a worker process."""
    start = time.perf_counter()
    try:
        with environment(job):
            failure = execute(job)
    except UserError as error:
        failure = Failure(job.chapter, str(error))
    except OSError as error:
        failure = Failure(
            job.chapter,
            f"The results of {job.chapter} cannot be written: {error.strerror} ({error.filename}).",
        )
    except Exception as error:
        # One chapter that cannot even be read must not take the others down.
        failure = Failure(job.chapter, f"notebooks/{job.chapter}.md: {error}", format_exc())
    return Outcome(job.chapter, time.perf_counter() - start, failure)


@contextmanager
def environment(job: Job) -> Iterator[None]:
    """What the kernel must find in its environment; put back afterwards, workers are used again."""
    wanted = {
        **KERNEL_ENVIRONMENT,
        STUDY_VARIABLE: job.study,
        VALUES_VARIABLE: job.values_folder,
        # A profile in somebody's home could change what a chapter does.
        "IPYTHONDIR": str(Path(job.study) / "_build" / "ipython"),
        **job.environment,
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def execute(job: Job) -> Failure | None:
    import jupytext
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    out = Path(job.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    unread = out.with_name(f".{out.name}.{os.getpid()}.in.ipynb")
    part = out.with_name(f".{out.name}.{os.getpid()}.part.ipynb")
    try:
        notebook = stable(jupytext.read(job.source))
        nbformat.write(notebook, unread)
        run_notebook(job, unread, part)
        executed = stable(nbformat.read(part, as_version=4))
        stopped = unfinished_cell(executed)
        if stopped:
            return Failure(
                job.chapter,
                f"{where(job, stopped)} ended the run before its end (exit?).",
            )
        write_results(job, executed)
    except papermill.PapermillExecutionError as error:
        return describe(job, error)
    except (DeadKernelError, CellTimeoutError) as error:
        reached = nbformat.read(part, as_version=4) if part.exists() else None
        stopped = unfinished_cell(reached) if reached else 0
        reason = (
            f"took more than {CELL_TIMEOUT} s"
            if isinstance(error, CellTimeoutError)
            else "lost its kernel, which died or was killed (out of memory?)"
        )
        return Failure(job.chapter, f"{where(job, stopped or 1)} {reason}. Build again.")
    finally:
        unread.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
    return None


def run_notebook(job: Job, unread: Path, part: Path) -> None:
    """Run papermill; once more where no kernel came up, which happens to a machine that is busy.

    Ports are chosen before the kernel takes them, and another process may be quicker.
    """
    for attempt in (1, 2):
        try:
            papermill_once(job, unread, part)
            return
        except RuntimeError as error:
            if not str(error).startswith(NOT_STARTED):
                raise
            if attempt == 2:
                raise UserError(
                    f"notebooks/{job.chapter}.md: its kernel did not start, twice ({error}). "
                    "Is memory or the disk full? Does `python -m ipykernel --version` answer?"
                ) from error


def papermill_once(job: Job, unread: Path, part: Path) -> None:
    import papermill

    papermill.execute_notebook(
        str(unread),
        str(part),
        parameters=dict(job.inject) or None,
        cwd=str(Path(job.source).parent),
        kernel_name="python3",
        language="python",  # chapters do not repeat it; papermill insists when it inserts values
        progress_bar=False,
        request_save_on_cell_execute=False,  # it would be written twice a cell; the end is enough
        autosave_cell_every=0,
        execution_timeout=CELL_TIMEOUT,
        shutdown_kernel="immediate",
        extra_arguments=["--log-level=40"],
    )


def where(job: Job, number: int) -> str:
    line = f" (line {job.lines[number - 1]})" if 0 < number <= len(job.lines) else ""
    return f"notebooks/{job.chapter}.md, code cell {number}{line}"


def write_results(job: Job, executed: Any) -> None:
    """The notebook first, then the values: both whole, or not at all."""
    import nbformat

    content = {
        "chapter": job.chapter,
        "edition": job.edition,
        "parameters": dict(job.parameters),
        "data_digest": job.data_digest,
        "values": read_values(executed, job.chapter),
        "shown": read_shown(executed),
    }
    if sentences := read_sentences(executed):
        content["instead"] = sentences
    out = Path(job.out)
    if job.keep_notebook:
        write_text(out.with_name(f"{out.name}.ipynb"), nbformat.writes(executed) + "\n")
    write_json(out.with_name(f"{out.name}.values.json"), content)


def stable(notebook: Any) -> Any:
    """The notebook without what differs between two equal runs: ids, times, paths, addresses."""
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"c{number:03d}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell["outputs"] = [stable_output(output) for output in joined(cell.outputs)]
    return notebook


def joined(outputs: list[Any]) -> list[Any]:
    """Pieces of one printed text come as they arrive; join them again."""
    whole: list[Any] = []
    for output in outputs:
        last = whole[-1] if whole else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last["text"] += output.text
        else:
            whole.append(output)
    return whole


def stable_output(output: Any) -> Any:
    """A text such as `<Styler at 0x7f…>` holds an address of memory; drop it where HTML is shown."""
    data = output.get("data") or {}
    if "text/html" in data and re.search(r"\bat 0x[0-9a-f]+>", str(data.get("text/plain", ""))):
        del data["text/plain"]
    return output


def code_cells_of(notebook: Any) -> list[Any]:
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and "injected-parameters" not in cell.metadata.get("tags", [])
        and "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]


def unfinished_cell(notebook: Any) -> int:
    """Number of the first code cell that did not come to its end; 0 when all did.

    papermill takes `sys.exit()` for a happy end.
    """
    for number, cell in enumerate(code_cells_of(notebook), start=1):
        stopped = any(output.output_type == "error" for output in cell.outputs)
        if stopped or (cell.source.strip() and cell.execution_count is None):
            return number
    return 0


def describe(job: Job, error: Any) -> Failure:
    """A cell that raised: for a UserError its sentence, for anything else the traceback."""
    # Execution counts include the cell that papermill inserted.
    place = where(job, (error.exec_count or 1) - bool(job.inject))
    traceback = "\n".join(error.traceback)
    if error.ename == "UserError":
        return Failure(job.chapter, f"{place}: {error.evalue}", traceback)
    return Failure(job.chapter, f"{place} stopped with {error.ename}: {error.evalue}", traceback)


# The pool --------------------------------------------------------------------------------------


def worker_setup(runner: int) -> None:
    """A worker ends with its runner, whatever happens to it, and its kernels end with the worker."""
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
        if os.getppid() != runner:
            os._exit(1)
        return

    def watch() -> None:
        while os.getppid() == runner:
            time.sleep(1)
        os._exit(1)

    if hasattr(os, "getppid") and sys.platform != "win32":
        threading.Thread(target=watch, daemon=True).start()


def local_pool(workers: int) -> ProcessPoolExecutor:
    # Spawned, not forked: the runner shows progress from a thread, and locks must not be inherited.
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=worker_setup, initargs=(os.getpid(),)
    )


def run_in_order(
    book: Book,
    names: list[str],
    make_job: Callable[[str], Job | None],
    workers: int,
    tell: Callable[[str, str, Outcome | None], None],
    seconds: Mapping[str, float],
) -> list[Outcome]:
    """Execute chapters as soon as those they need are done; a failure stops only its dependents.

    make_job is asked when a chapter's turn has come, and returns None when it is fresh after all.
    tell(event, chapter, outcome) hears "start", "fresh", "done", "failed" and "left out".
    seconds: what chapters took last time. Those that others wait for start first, then the long ones,
    so that no processor is idle at the end.
    """
    outcomes: list[Outcome] = []
    bad: set[str] = set()
    sorter = book.sorter(names)
    sorter.prepare()
    running: dict[Future[Outcome], Job] = {}
    ready: list[Job] = []
    pool: Executor | None = None
    second_try: set[str] = set()

    def finish(name: str, event: str, outcome: Outcome | None = None) -> None:
        if outcome:
            outcomes.append(outcome)
        if event in ("failed", "left out"):
            bad.add(name)
        tell(event, name, outcome)
        sorter.done(name)

    try:
        while sorter.is_active():
            for name in sorter.get_ready():
                if bad & set(book.chapters[name].needs):
                    finish(name, "left out")
                elif job := make_job(name):
                    ready.append(job)
                else:
                    finish(name, "fresh")
            ready.sort(key=lambda job: (-book.waiting[job.chapter], -seconds.get(job.chapter, 0.0)))
            while ready and len(running) < workers:
                pool = pool or local_pool(workers)
                job = ready.pop(0)
                tell("start", job.chapter, None)
                running[pool.submit(run_chapter, job)] = job
            if not running:
                continue
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            broken: list[Job] = []
            for future in done:
                job = running.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    broken.append(job)
                    continue
                finish(job.chapter, "failed" if outcome.failure else "done", outcome)
            if broken:
                # A killed worker breaks the whole pool: everything unfinished runs once more.
                broken += running.values()
                running.clear()
                pool = local_pool(workers)
                for job in broken:
                    if job.chapter in second_try:
                        gone = Failure(job.chapter, f"{job.chapter}: its process was killed twice.")
                        finish(job.chapter, "failed", Outcome(job.chapter, 0.0, gone))
                    else:
                        second_try.add(job.chapter)
                        running[pool.submit(run_chapter, job)] = job
    except BaseException:
        for child in active_children():
            child.kill()
        raise
    finally:
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)
    return outcomes

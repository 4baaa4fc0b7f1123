"""`sustainment sweep`: one chapter over a grid of parameters, as one table.

Each run keeps its values in a file of its own, named by everything that they depend on. So a sweep
that was stopped goes on where it was, and a changed chapter runs anew. Failures are kept apart and
tried again next time. Runs go through `concurrent.futures.Executor`: this machine's processes, or with
an address those of a Dask cluster that sees the same folder and has the package installed.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sustainment.book import freshness
from sustainment.book.build import default_jobs, execute_stale, hold_lock, job_for
from sustainment.book.execute import Failure, Job, Outcome, local_pool, run_chapter
from sustainment.book.kernels import fork_environment
from sustainment.book.parameters import Parameter, Scalar, read_text
from sustainment.book.plan import Plan, make_plan
from sustainment.book.progress import Teller
from sustainment.book.values import read_json, write_json
from sustainment.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

MOST_RUNS = 1_000_000
TRIES = 2  # of a run whose process was killed


@dataclass(frozen=True)
class Sweep:
    """The result: the table's path, how many runs it holds, how many were there, which failed."""

    table: Path
    runs: int
    reused: int
    failures: tuple[Failure, ...]


def sweep(
    chapter: str,
    grid: Sequence[str],
    folder: Path | str = ".",
    edition: str = "default",
    jobs: int | None = None,
    scheduler: str = "",
    fork: bool = True,
    quiet: bool = False,
) -> Sweep:
    """Run a chapter over all combinations of a grid.

    grid: `name=a,b,c` or `name=low:high:step`, checked like every parameter. Writes
    `_build/sweep/<chapter>.parquet`, a row a run in the order of the grid: its parameters, then its
    values by key. Raises UserError for a grid that cannot be run.
    """
    plan = make_plan(folder, edition)
    if plan.book.settings["provenance"] == "observed":
        raise UserError(
            "A sweep of a real study's data would print numbers that no plan protects. Name the "
            "parameters as editions in editions.yml, and run `sustainment protect`."
        )
    name = plan.book.find(chapter)
    axes = read_grid(plan, name, grid)
    told = Teller(quiet=quiet)
    home = plan.book.build_folder / "sweep" / name
    with hold_lock(plan.book.build_folder, told), told:
        needed = [need for need in plan.book.with_needs([name]) if need != name]
        execute_stale(plan, needed, jobs or default_jobs(), False, told, fork)
        points = list(grid_points(plan, name, axes, home))
        kernels = fork_environment(plan.book) if fork else {}
        left = [(run, values) for run, values in points if not is_done(home, run)]
        told.line(f"{len(points)} runs of {name}; {len(points) - len(left)} are there already.")
        make = partial(point_job, plan, name, home, kernels)
        workers = jobs or default_jobs()
        with executor_for(scheduler, workers) as (new_executor, window):
            run_all((make(*point) for point in left), new_executor, window, home, told, len(left))
        failures = [found for run, _ in points if (found := read_failure(home, name, run))]
        table = home.with_suffix(".parquet")
        rows = collect_rows(home, points)
        rows.to_parquet(table, index=False)
    return Sweep(table, len(rows), len(points) - len(left), tuple(failures))


# The grid --------------------------------------------------------------------------------------


def read_grid(plan: Plan, chapter: str, grid: Sequence[str]) -> dict[str, list[Scalar]]:
    """The values of each swept parameter. Raises UserError when the chapter does not have it."""
    own = {name: plan.editions.parameters[name] for name in plan.values[chapter]}
    axes: dict[str, list[Scalar]] = {}
    for entry in grid:
        name, mark, text = (part.strip() for part in entry.partition("="))
        if not mark or not text:
            raise UserError(f"--grid {entry}: write name=a,b,c or name=low:high:step.")
        if name in axes:
            raise UserError(f"--grid {entry}: {name!r} is given twice.")
        axes[name] = read_axis(name, text, own)
        for need in plan.book.with_needs([chapter]):
            if need != chapter and name in plan.values[need]:
                raise UserError(
                    f"{chapter} needs {need}, whose values depend on {name!r} too, and a sweep runs one "
                    f"chapter. Build an edition for each value of {name!r} instead."
                )
    if not axes:
        raise UserError("A sweep needs at least one --grid name=a,b,c.")
    size = math.prod(len(values) for values in axes.values())
    if size > MOST_RUNS:
        raise UserError(f"The grid has {size:,} combinations; at most {MOST_RUNS:,} are run.")
    return axes


def read_axis(name: str, text: str, own: Mapping[str, Parameter]) -> list[Scalar]:
    pieces = text.split(",")
    if ":" in text and name in own and own[name].type in ("int", "float"):
        pieces = list(steps(name, text))
    values = [read_text(name, piece.strip(), own) for piece in pieces]
    if len(set(values)) != len(values):
        raise UserError(f"--grid {name}={text}: a value is given twice.")
    return values


def steps(name: str, text: str) -> Iterator[str]:
    """low:high:step in decimal arithmetic, so that 0.1:0.5:0.1 ends with 0.5."""
    try:
        low, high, step = (Decimal(part) for part in text.split(":"))
    except (ValueError, InvalidOperation):
        raise UserError(f"--grid {name}={text}: write name=low:high:step.") from None
    if step <= 0 or high < low or (high - low) / step > MOST_RUNS:
        raise UserError(f"--grid {name}={text}: the steps do not lead from low to high.")
    while low <= high:
        yield str(low)
        low += step


def grid_points(
    plan: Plan, chapter: str, axes: Mapping[str, list[Scalar]], home: Path
) -> Iterator[tuple[str, dict[str, Scalar]]]:
    """(name of the run, all parameters) for each combination; the name holds all it depends on."""
    base = plan.values[chapter]
    parts = freshness.chapter_parts(
        plan.book,
        plan.book.chapters[chapter],
        {},
        plan.run_folder,
        freshness.common_parts(plan.book),
    )
    common = json.dumps(parts, sort_keys=True)
    for combination in itertools.product(*axes.values()):
        values = {**base, **dict(zip(axes, combination, strict=True))}
        yield freshness.digest(f"{common}{json.dumps(values)}".encode()), values


def point_job(
    plan: Plan,
    chapter: str,
    home: Path,
    kernels: Mapping[str, str],
    run: str,
    values: Mapping[str, Scalar],
) -> Job:
    return replace(job_for(plan, chapter, values, home / run, kernels), keep_notebook=False)


# Files of a run --------------------------------------------------------------------------------


def is_done(home: Path, run: str) -> bool:
    """Whether a run's values are there and whole; a damaged file counts as not run."""
    stored = read_json(home / f"{run}.values.json")
    return stored is not None and isinstance(stored.get("values"), dict)


def failure_file(home: Path, run: str) -> Path:
    return home / "failures" / f"{run}.json"


def read_failure(home: Path, chapter: str, run: str) -> Failure | None:
    stored = read_json(failure_file(home, run))
    return Failure(chapter, stored["sentence"], stored["traceback"]) if stored else None


def keep(home: Path, job: Job, outcome: Outcome) -> None:
    run = Path(job.out).name
    failure_file(home, run).unlink(missing_ok=True)
    if outcome.failure:
        content = {
            "parameters": dict(job.parameters),
            "sentence": outcome.failure.sentence,
            "traceback": outcome.failure.traceback,
        }
        write_json(failure_file(home, run), content)


def collect_rows(home: Path, points: Sequence[tuple[str, Mapping[str, Scalar]]]) -> pd.DataFrame:
    """One row a run that succeeded: parameters, then values by key."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for run, parameters in points:
        stored = read_json(home / f"{run}.values.json")
        if stored:
            values = {key: record["value"] for key, record in stored["values"].items()}
            rows.append({**parameters, **values})
    return pd.DataFrame(rows)


# Running ---------------------------------------------------------------------------------------


@contextmanager
def executor_for(scheduler: str, workers: int) -> Iterator[tuple[Callable[[], Executor], int]]:
    """(a way to make an executor, how many runs to have under way) for this machine or a cluster."""
    if not scheduler:
        yield partial(local_pool, workers), 2 * workers
        return
    try:
        from distributed import Client
    except ImportError:
        raise UserError(
            "A cluster needs the package distributed: pip install 'sustainment[cluster]'."
        ) from None
    try:
        client = Client(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(f"No Dask scheduler answers at {scheduler} ({error}).") from None
    with client:
        threads = sum(worker["nthreads"] for worker in client.scheduler_info()["workers"].values())
        # A worker that dies gives its runs to the others, this many times.
        yield partial(client.get_executor, retries=TRIES, pure=False), 2 * max(threads, 2)


def run_all(
    jobs: Iterator[Job],
    new_executor: Callable[[], Executor],
    window: int,
    home: Path,
    told: Teller,
    total: int,
) -> None:
    """Run all jobs with a bounded number under way, so that memory does not grow with the grid."""
    executor = new_executor()
    under_way: dict[Future[Outcome], Job] = {}
    again: list[Job] = []
    tries: dict[str, int] = {}
    finished = failed = 0
    try:
        while True:
            while len(under_way) < window:
                job = again.pop() if again else next(jobs, None)
                if job is None:
                    break
                under_way[executor.submit(run_chapter, job)] = job
            if not under_way:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            broken = False
            for future in done:
                job = under_way.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    broken = True
                    tries[job.out] = tries.get(job.out, 0) + 1
                    if tries[job.out] < TRIES:
                        again.append(job)
                        continue
                    gone = Failure(
                        job.chapter, f"{job.chapter}: its process was killed {TRIES} times."
                    )
                    outcome = Outcome(job.chapter, 0.0, gone)
                except Exception as error:  # a cluster that gave up on it
                    outcome = Outcome(job.chapter, 0.0, Failure(job.chapter, str(error)))
                keep(home, job, outcome)
                finished += 1
                failed += outcome.failure is not None
                if finished == total or finished % max(total // 20, 1) == 0:
                    told.line(f"{finished} of {total} runs, {failed} failed")
            if broken:
                again += under_way.values()
                under_way.clear()
                executor.shutdown(wait=False)
                executor = new_executor()
    finally:
        for future in under_way:
            future.cancel()
        executor.shutdown(wait=True)

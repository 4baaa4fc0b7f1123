"""`sustainment build`: check, execute what is not fresh, stage, make pages, publish.

Everything generated lies in `_build/`: executed notebooks and values in `run/<edition>/`, the staged
book in `stage/<edition>/`, what Sphinx remembers in `site/<edition>/`, the pages in `html/` (default
edition) or `editions/<edition>/html/`. A lock lets one build at a time work in a folder; the system
gives it back when its holder dies.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sustainment.book import freshness
from sustainment.book.parameters import Scalar
from sustainment.book.plan import Plan, make_plan
from sustainment.book.progress import Teller
from sustainment.book.values import read_json, write_json
from sustainment.errors import UserError

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
if TYPE_CHECKING:
    from sustainment.book.execute import Failure, Job, Outcome
    from sustainment.book.pages import Press


def build(
    folder: Path | str = ".",
    edition: str = "default",
    params: Sequence[str] = (),
    only: Sequence[str] = (),
    open_: bool = False,
    jobs: int | None = None,
    force: bool = False,
    fork: bool = True,
    quiet: bool = False,
) -> Path:
    """Build the book; returns the first page. Raises UserError with one sentence a problem.

    only: chapters to execute (with those they need), shown as a small book of their own.
    force: execute everything, whether fresh or not. fork: use forked kernels where that is possible.
    """
    from sustainment.book.pages import Press

    begin = time.perf_counter()
    plan = make_plan(folder, edition, params)
    names = plan.book.with_needs(only) if only else plan.book.order
    first = (plan.book.build_folder / "only" / "html" if only else plan.html) / "index.html"
    told = Teller(quiet=quiet)
    with hold_lock(plan.book.build_folder, told):
        if not only and not force and freshness.unchanged(plan):
            told.line(f"Nothing has changed since the last build: {short(first)}")
        else:
            with told, Press(plan.book.folder, plan.run_folder) as press:
                execute_stale(plan, names, jobs or default_jobs(), force, told, fork)
                check_release(plan, part=bool(only))
                make_pages(plan, names if only else None, press, told)
            told.line(closing_table(told, time.perf_counter() - begin))
            told.line(f"The book is in {short(first)}")
    if open_:
        webbrowser.open(first.as_uri())
    return first


def default_jobs() -> int:
    """One chapter a core and one more, because a chapter waits a fifth of its time for its kernel to
    come and go; at most five, because each takes some 250 MB."""
    return min(os.cpu_count() or 1, 4) + 1


def short(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


@contextlib.contextmanager
def hold_lock(build_folder: Path, told: Teller) -> Iterator[None]:
    """Only one build at a time works in a folder; the second one says that it waits."""
    from filelock import FileLock, Timeout

    try:
        build_folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(build_folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            told.line("Another build of this book is running; this one waits for it.")
            lock.acquire()
    except OSError as error:
        raise UserError(
            f"{build_folder} cannot be written ({error.strerror}). Build in a copy of the folder that "
            f"you may write to."
        ) from None
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The build stopped: {error.strerror} ({error.filename or build_folder}). Make room or give "
            f"write access, then build again; what is finished is kept."
        ) from None
    finally:
        lock.release()


# Execution ---------------------------------------------------------------------------------------


def execute_stale(
    plan: Plan, names: list[str], jobs: int, force: bool, told: Teller, fork: bool = True
) -> None:
    """Execute the chapters that are not fresh. Raises UserError when one fails."""
    from sustainment.book.execute import run_in_order
    from sustainment.book.kernels import Kernels
    from sustainment.book.values import collect, what_answers_do_not_say

    book, run = plan.book, plan.run_folder
    sweep_leftovers(run)
    common = freshness.common_parts(book)
    memory = book.build_folder / "record" / "large-files.json"
    remembered: dict[str, Any] = read_json(memory) or {}
    parts: dict[str, dict[str, str]] = {}

    def make_job(name: str) -> Job | None:
        values = plan.values[name]
        parts[name] = freshness.chapter_parts(
            book, book.chapters[name], values, run, common, remembered
        )
        state = freshness.state_of(run, name, parts[name])
        if state.fresh and not force:
            return None
        if "damaged" in state.why:
            told.line(f"{name}: {state.why}; it is computed again.")
        # Without its record a chapter counts as never executed, whatever happens now.
        freshness.record_file(run, name).unlink(missing_ok=True)
        return job_for(plan, name, values, run / name, kernels.environment)

    def tell(event: str, name: str, outcome: Outcome | None) -> None:
        if event == "start":
            told.start(name)
            return
        if event == "done":
            freshness.write_record(run, name, parts[name])
        told.end(name, event, outcome.seconds if outcome else 0.0)

    # The imports of the whole book, done once, pay from the third chapter on.
    stale = [not state.fresh for state in freshness.states(book, plan.values, run).values()]
    with Kernels(book, fork and (force or sum(stale) > 2)) as kernels:
        outcomes = run_in_order(book, names, make_job, jobs, tell, last_seconds(plan))
    if remembered:
        write_json(memory, remembered)
    write_status(plan, told)
    failures = [outcome.failure for outcome in outcomes if outcome.failure]
    if failures:
        raise UserError("\n\n".join(failure_text(failure) for failure in failures))
    collect(book, run)
    for line in what_answers_do_not_say(run, names):
        told.line(line)


def job_for(
    plan: Plan, name: str, values: Mapping[str, Scalar], out: Path, kernels: Mapping[str, str]
) -> Job:
    """One execution of a chapter; only what differs from the chapter's own text is inserted."""
    from sustainment.book.execute import Job

    chapter = plan.book.chapters[name]
    defaults = plan.editions.parameters
    return Job(
        chapter=name,
        source=str(chapter.path),
        out=str(out),
        study=str(plan.book.folder),
        values_folder=str(plan.run_folder),
        edition=plan.label,
        parameters=dict(values),
        inject={n: v for n, v in values.items() if v != defaults[n].default},
        data_digest=plan.data_digest,
        lines=tuple(cell.line for cell in chapter.cells),
        environment=dict(kernels),
    )


def failure_text(failure: Failure) -> str:
    """Chapter, cell and sentence; below it the traceback, unless the sentence was meant for people."""
    traceback = _COLOUR.sub("", failure.traceback)
    if not traceback or "UserError" in traceback.splitlines()[-1]:
        return failure.sentence
    return f"{failure.sentence}\n{traceback}"


def sweep_leftovers(run_folder: Path) -> None:
    """Take away what a killed run left: temporary names, never results."""
    if run_folder.exists():
        for path in run_folder.rglob(".*"):
            if path.is_file() and (path.suffix == ".part" or path.name.endswith(".ipynb")):
                path.unlink()


def status_file(plan: Plan) -> Path:
    return plan.book.build_folder / "status.json"


def last_seconds(plan: Plan) -> dict[str, float]:
    """What each chapter took when it last ran; {} for what never did."""
    known = (read_json(status_file(plan)) or {}).get(plan.label)
    return known if isinstance(known, dict) else {}


def write_status(plan: Plan, told: Teller) -> None:
    """Times of the last execution: here, never in pages, which must not differ between runs."""
    path = status_file(plan)
    status = read_json(path) or {}
    before = last_seconds(plan)
    ran = {name: round(s, 2) for name, word, s in told.rows if word == "done"}
    status[plan.label] = {**before, **ran}
    write_json(path, status)


def check_release(plan: Plan, part: bool) -> None:
    """Numbers of a real study leave the run folder only when the audit of all of them passes.

    Called once before anything that is published or kept is written: pages, a receipt.
    """
    if plan.book.settings["provenance"] != "observed":
        return
    if part:
        raise UserError(
            "The chapter is executed. Pages of single chapters are not made from a real study's data: "
            "the audit looks at all of them together. Run `sustainment build`."
        )
    from sustainment.disclosure.audit import require_audit

    require_audit(plan.book.folder, plan.edition, plan.run_folder)


# Pages -------------------------------------------------------------------------------------------


def make_pages(plan: Plan, only: list[str] | None, press: Press, told: Teller) -> None:
    """Stage the book, run Jupyter Book on it, publish the pages, and remember from what."""
    from sustainment.book.pages import publish
    from sustainment.book.stage import stage

    book = plan.book
    edition = plan.editions.edition(plan.edition)
    if only is not None:
        staged, site = book.build_folder / "stage" / "only", book.build_folder / "site" / "only"
        target = book.build_folder / "only" / "html"
    else:
        staged, site, target = plan.staged, book.build_folder / "site" / plan.label, plan.html
    told.start("pages")
    record: dict[str, str] = {}
    whole = True
    if only is None:
        before = read_json(plan.record) or {}
        plan.record.unlink(missing_ok=True)
        record["made from"] = freshness.folder_digest(book.folder)
        record["structure"] = freshness.structure_digest(plan)
        whole = before.get("structure") != record["structure"]
    stage(book, plan.run_folder, staged, edition, plan.changed, only)
    pages = press.make(staged, site, whole, strict=only is None)
    publish(pages, target)
    if only is None:
        write_json(plan.record, record | {"outputs": freshness.outputs_digest(plan)})
    told.end("pages")


def closing_table(told: Teller, seconds: float) -> str:
    executed = sum(word == "done" for name, word, _ in told.rows if name != "pages")
    return f"\n{told.table()}\n{executed} chapters executed; {seconds:.1f} s in all."


def clean(folder: Path | str = ".") -> None:
    """Take away everything generated."""
    shutil.rmtree(Path(folder) / "_build", ignore_errors=True)

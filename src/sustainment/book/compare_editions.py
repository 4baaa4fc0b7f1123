"""The values of the other editions, beside those of the default one: `results/editions.json`.

Exercises use them to say "right for another edition", the ledger to say how far a number moves. Only
chapters that an edition can change are executed, and only values that differ are kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sustainment.book.build import (
    check_release,
    default_jobs,
    execute_stale,
    hold_lock,
)
from sustainment.book.chapters import Book
from sustainment.book.plan import Plan, make_plan
from sustainment.book.progress import Teller
from sustainment.book.values import read_json, values_file, write_json
from sustainment.errors import UserError

FILE = Path("results") / "editions.json"


def accept_editions(folder: Path | str = ".", jobs: int | None = None) -> bool:
    """Execute what the editions change, and write their values; True when the file changed."""
    default = make_plan(folder)
    found = {}
    for edition in default.editions.editions:
        if edition != "default":
            found[edition] = values_that_differ(default, make_plan(folder, edition), jobs)
    path = default.book.folder / FILE
    if read_json(path) == found:
        return False
    write_json(path, found)
    return True


def values_that_differ(default: Plan, plan: Plan, jobs: int | None = None) -> dict[str, Any]:
    """{key: value} of one edition where it differs from the default one, which must be built."""
    changed, needed = chapters_to_run(default, plan)
    told = Teller()
    with hold_lock(plan.book.build_folder, told), told:
        execute_stale(plan, needed, jobs or default_jobs(), False, told)
        check_release(plan, part=False)
    out = {}
    for chapter in changed:
        here = read_json(values_file(plan.run_folder, chapter))
        there = read_json(values_file(default.run_folder, chapter))
        if here is None or there is None:
            raise UserError(f"The values of {chapter} are missing or damaged. Build, then accept.")
        for key, record in here["values"].items():
            if record["value"] != there["values"].get(key, {}).get("value"):
                out[key] = record["value"]
    return dict(sorted(out.items()))


def chapters_to_run(default: Plan, plan: Plan) -> tuple[list[str], list[str]]:
    """Chapters an edition changes (their own parameters, or those they need), and all they need."""
    book = plan.book
    changed: set[str] = set()
    for name in book.order:  # what a chapter needs comes before it
        if plan.values[name] != default.values.get(name) or changed & set(
            book.chapters[name].needs
        ):
            changed.add(name)
    needed = set(changed)
    for name in reversed(book.order):
        if name in needed:
            needed |= set(book.chapters[name].needs)
    return _in_order(book, changed), _in_order(book, needed)


def _in_order(book: Book, names: set[str]) -> list[str]:
    return [name for name in book.order if name in names]

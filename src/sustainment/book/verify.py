"""`sustainment verify` and `accept`: does the book give the reviewed values again?

`results/<chapter>.json` holds the values of the default edition, reviewed like code. `verify` executes
everything anew in a folder of its own and compares; `accept` shows what would change in `results/`
and writes it. A float may differ by one in a million, because machines round differently; other
limits stand, each with its reason, in `results/tolerances.yml`:

    - {pattern: 'multiverse\\..*', relative: 1e-4, reason: an optimiser stops within this distance}
"""

from __future__ import annotations

import hashlib
import math
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sustainment.book import freshness
from sustainment.book.build import (
    check_release,
    default_jobs,
    execute_stale,
    hold_lock,
)
from sustainment.book.chapters import Book
from sustainment.book.plan import Plan, make_plan
from sustainment.book.progress import Teller
from sustainment.book.values import read_json, values_file, write_json, write_text
from sustainment.errors import UserError
from sustainment.study import load_yaml

RELATIVE = 1e-6
RESULTS = "results"
COMPARED = ("text", "kind", "population", "count", "of", "target")


@dataclass(frozen=True)
class Difference:
    """One value that is not what was reviewed; `what` says how, with its size."""

    chapter: str
    key: str
    what: str

    def sentence(self) -> str:
        return (
            f"{self.chapter}: {self.key} {self.what}"
            if self.key
            else f"{self.chapter}: {self.what}"
        )


@dataclass(frozen=True)
class Comparison:
    compared: int
    differences: tuple[Difference, ...]

    @property
    def sentence(self) -> str:
        keys = {(d.chapter, d.key) for d in self.differences if d.key}
        return f"{self.compared - len(keys)} of {self.compared} values match"


Tolerances = list[tuple[re.Pattern[str], float]]


def load_tolerances(folder: Path) -> Tolerances:
    path = folder / RESULTS / "tolerances.yml"
    read = (load_yaml(path) or []) if path.exists() else []
    for entry in read:
        if not {"pattern", "relative", "reason"} <= set(entry):
            raise UserError(
                f"{RESULTS}/tolerances.yml: {entry} lacks a pattern, a limit or a reason."
            )
    return [(re.compile(entry["pattern"]), float(entry["relative"])) for entry in read]


def compare_run(book: Book, run_folder: Path) -> Comparison:
    """This run's values against the reviewed ones, chapter by chapter."""
    tolerances = load_tolerances(book.folder)
    compared, found = 0, []
    for chapter in book.chapters:
        now = (read_json(values_file(run_folder, chapter)) or {}).get("values", {})
        path = book.folder / RESULTS / f"{chapter}.json"
        reviewed = read_json(path)
        if reviewed is None or not isinstance(reviewed.get("values"), dict):
            what = f"{RESULTS}/{chapter}.json is {'damaged' if path.exists() else 'missing'}"
            found.append(Difference(chapter, "", what))
            reviewed = {"values": {}}
        compared += len({*now, *reviewed["values"]})
        found += differences(chapter, reviewed["values"], now, tolerances)
    return Comparison(compared, tuple(found))


def differences(
    chapter: str,
    reviewed: Mapping[str, Mapping[str, Any]],
    now: Mapping[str, Mapping[str, Any]],
    tolerances: Tolerances,
) -> Iterator[Difference]:
    for key in sorted({*reviewed, *now}):
        if key not in now:
            yield Difference(chapter, key, f"is gone; it was {reviewed[key]['text']}")
        elif key not in reviewed:
            yield Difference(chapter, key, f"is new: {now[key]['text']}")
        elif what := change(reviewed[key], now[key], limit_for(key, tolerances)):
            yield Difference(chapter, key, what)


def limit_for(key: str, tolerances: Tolerances) -> float:
    return next((limit for pattern, limit in tolerances if pattern.fullmatch(key)), RELATIVE)


def change(before: Mapping[str, Any], now: Mapping[str, Any], relative: float) -> str:
    """How a value changed, in words; "" when it did not, within its tolerance."""
    old, new = before["value"], now["value"]
    numbers = [type(v) in (int, float) for v in (old, new)]
    if all(numbers) and float in (type(old), type(new)):
        if not math.isclose(old, new, rel_tol=relative, abs_tol=1e-12):
            size = f"{new - old:+.4g}"
            return f"changed from {before['text']} to {now['text']} ({size}; {old!r} to {new!r})"
        compared: tuple[str, ...] = COMPARED[1:]  # a digit of the text may round the other way
    elif old != new or type(old) is not type(new):
        return f"changed from {before['text']} to {now['text']}"
    else:
        compared = COMPARED
    for name in compared:
        if before.get(name) != now.get(name):
            return f"has another {name}: {now.get(name)!r} instead of {before.get(name)!r}"
    return ""


def wrong_checksums(folder: Path) -> list[str]:
    """Files of data/ that are not what `data/SHA256SUMS` says."""
    path = folder / "data" / "SHA256SUMS"
    wrong = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        expected, _, name = line.partition("  ")
        file = folder / "data" / name.lstrip("*")
        if not file.is_file():
            wrong.append(f"data/{name} is missing")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != expected:
            wrong.append(f"data/{name} differs from data/SHA256SUMS")
    return wrong


# Commands ----------------------------------------------------------------------------------------


def verify(folder: Path | str = ".", jobs: int | None = None, quiet: bool = False) -> Comparison:
    """Execute everything from a clean state, compare, and write the receipt."""
    plan = replace(make_plan(folder), name="verify")
    told = Teller(quiet=quiet)
    begin = time.perf_counter()
    with hold_lock(plan.book.build_folder, told), told:
        shutil.rmtree(plan.run_folder, ignore_errors=True)
        execute_stale(plan, plan.book.order, jobs or default_jobs(), True, told)
        check_release(plan, part=False)
    comparison = compare_run(plan.book, plan.run_folder)
    receipt = make_receipt(plan, comparison, time.perf_counter() - begin)
    write_json(plan.book.build_folder / "receipt.json", receipt)
    write_text(plan.book.build_folder / "receipt.md", receipt_text(receipt))
    return comparison


def run_for_review(folder: Path | str = ".", jobs: int | None = None) -> tuple[Plan, Comparison]:
    """What `accept` would change: the default edition, brought up to date, against results/."""
    plan = make_plan(folder)
    told = Teller()
    with hold_lock(plan.book.build_folder, told), told:
        execute_stale(plan, plan.book.order, jobs or default_jobs(), False, told)
    return plan, compare_run(plan.book, plan.run_folder)


def accept(plan: Plan) -> list[Path]:
    """Write the values of the run that was reviewed into results/; returns the files that changed."""
    book, written = plan.book, []
    if book.settings.get("provenance") == "observed":
        from sustainment.disclosure.gate import require_passed_audit

        require_passed_audit(book.folder)
    for chapter in book.chapters:
        content = read_json(values_file(plan.run_folder, chapter))
        if content is None:
            raise UserError(f"The values of {chapter} are missing or damaged. Build, then accept.")
        path = book.folder / RESULTS / f"{chapter}.json"
        if read_json(path) != content:
            write_json(path, content)
            written.append(path)
    keep = {book.folder / RESULTS / f"{chapter}.json" for chapter in book.chapters}
    for path in sorted((book.folder / RESULTS).glob("*/*.json")):
        if path not in keep:
            path.unlink()
            written.append(path)
    return written


# The receipt -------------------------------------------------------------------------------------


def make_receipt(plan: Plan, comparison: Comparison, seconds: float) -> dict[str, Any]:
    book = plan.book
    lock = freshness.lock_file(book)
    return {
        "book": book.config.get("title", ""),
        "result": comparison.sentence,
        "differences": [difference.sentence() for difference in comparison.differences],
        "data checksums": checksums_said(book),
        "data": "invented" if book.settings["provenance"] == "synthetic" else "a real study's",
        "data digest": plan.data_digest,
        "code digest": freshness.digest(repr(sorted(freshness.package_parts().items())).encode()),
        "lock digest": freshness.file_digest(lock) if lock else "none",
        "commit": commit(book.folder),
        "Python": platform.python_version(),
        "packages": versions(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "cores": os.cpu_count(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
    }


def checksums_said(book: Book) -> str | list[str]:
    """Which raw files are not as recorded; of a real study only how many: names can name persons."""
    wrong = wrong_checksums(book.folder)
    if wrong and book.settings["provenance"] == "observed":
        return f"{len(wrong)} files are not as recorded"
    return wrong or "all as recorded"


def versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("numpy", "scipy", "pandas", "statsmodels", "papermill", "jupyter-book"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def commit(folder: Path) -> str:
    """The commit and whether files differ from it; "no history" outside a repository."""

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *words], cwd=folder, capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    head = git("rev-parse", "HEAD")
    if not head:
        return "no history"
    return f"{head}, with changes" if git("status", "--porcelain") else head


def receipt_text(receipt: Mapping[str, Any]) -> str:
    """The receipt as one page of Markdown."""
    lines = [f"# Receipt of a rerun: {receipt['book']}", "", f"**{receipt['result']}.**", ""]
    lines += [f"- {difference}" for difference in receipt["differences"]]
    lines += [""] if receipt["differences"] else []
    lines += ["| | |", "| --- | --- |"]
    for name, value in receipt.items():
        if name in ("book", "result", "differences"):
            continue
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items())
        elif isinstance(value, list):
            value = "; ".join(value)
        lines.append(f"| {name} | {value} |")
    return "\n".join(lines) + "\n"

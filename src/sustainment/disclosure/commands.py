"""`sustainment protect` and `sustainment audit` on the command line."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from sustainment.errors import UserError

commands = typer.Typer()

StudyFolder = Annotated[Path, typer.Argument(help="The study folder.")]


@commands.command()
def protect(
    folder: StudyFolder = Path("."),
    edition: Annotated[
        list[str] | None, typer.Option("--edition", "-e", help="Just this edition; repeatable.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Chapters at a time.")
    ] = None,
) -> None:
    """Collect every number here, publishing nothing, and write the plan data/suppression.yml."""
    path, lines = run_protect(folder, edition, jobs)
    for line in lines:
        typer.echo(line)
    typer.echo(f"The plan is in {path}. Review it; it names places, never values.")


@commands.command()
def audit(folder: StudyFolder = Path(".")) -> None:
    """Work out, from everything that would be published, what it gives away."""
    from sustainment.disclosure.audit import audit_study
    from sustainment.study import find_root

    begin = time.perf_counter()
    findings = audit_study(find_root(folder))
    for finding in findings:
        typer.echo(f"{finding.severity}: {finding.sentence()}  [{finding.rule}]")
    typer.echo(f"{len(findings)} findings. The audit took {time.perf_counter() - begin:.1f} s.")
    if findings:
        raise typer.Exit(1)


def run_protect(
    folder: Path, editions: list[str] | None = None, jobs: int | None = None, quiet: bool = False
) -> tuple[Path, list[str]]:
    """Collect all editions and write the plan; returns its path and what it hides, in lines."""
    from sustainment.book.parameters import load_editions
    from sustainment.disclosure.plan import make_plan, write_plan
    from sustainment.disclosure.register import read_run
    from sustainment.disclosure.rules import read_rules
    from sustainment.study import find_root, load_settings

    root = find_root(folder)
    names = editions or list(load_editions(root).editions)
    registers = [read_run(collect(root, name, jobs, quiet), name) for name in names]
    chapters = sorted({p for name in names for p in chapters_of(root, name)})
    begin = time.perf_counter()
    plan = make_plan(root, registers, read_rules(load_settings(root)), chapters)
    took = f"The plan was worked out in {time.perf_counter() - begin:.1f} s."
    return write_plan(root, plan), [*summary(plan), took]


def collect(root: Path, edition: str, jobs: int | None = None, quiet: bool = False) -> Path:
    """Run all chapters of an edition into _build/collect; returns that folder. Nothing is published."""
    from sustainment.book import build
    from sustainment.book.progress import Teller
    from sustainment.disclosure.gate import COLLECT_VARIABLE, COLLECTED

    if os.environ.get(COLLECT_VARIABLE):
        raise UserError(f"{COLLECT_VARIABLE} is set already: unset it, `protect` sets it itself.")

    @dataclass(frozen=True)
    class Collecting(build.Plan):
        @property
        def run_folder(self) -> Path:
            return self.book.folder / COLLECTED / self.edition

    made = build.make_plan(root, edition)
    plan = Collecting(made.book, made.editions, made.edition, made.given, made.values)
    # What an edition does not change is the same as in the default one: only the rest is executed.
    start = plan.run_folder.with_name("default")
    if start.is_dir() and not plan.run_folder.exists():
        shutil.copytree(start, plan.run_folder)
    os.environ[COLLECT_VARIABLE] = "1"
    told = Teller(quiet=quiet)
    try:
        with build.hold_lock(plan.book.build_folder, told), told:
            build.execute_stale(plan, plan.book.order, jobs or build.default_jobs(), False, told)
    finally:
        del os.environ[COLLECT_VARIABLE]
    return plan.run_folder


def chapters_of(root: Path, edition: str) -> list[str]:
    from sustainment.disclosure.gate import COLLECTED

    folder = root / COLLECTED / edition
    return [
        p.relative_to(folder).with_suffix("").as_posix()
        for p in folder.rglob("*.ipynb")
        if not p.name.startswith(".")
    ]


def summary(plan: dict[str, Any]) -> list[str]:
    """What each chapter loses, a line a chapter, and a further one for each edition that differs."""
    lines = []
    for name, entry in plan["chapters"].items():
        tables = entry.get("tables", {}).values()
        merged = sum("merge_rows" in t or "merge_columns" in t for t in tables)
        for edition, part in {"": entry, **entry.get("editions", {})}.items():
            cells = sum(len(t.get("hidden", ())) for t in part.get("tables", {}).values())
            where = f"{name}, edition {edition}" if edition else name
            words = [f"{len(part.get('hidden', ()))} values and {cells} cells withheld"]
            words += [f"{merged} tables with merged categories"] if merged and not edition else []
            if cells or part.get("hidden") or (merged and not edition):
                lines.append(f"{where}: {', '.join(words)}")
    return lines

"""The runner's commands on the command line; the work is in the modules they import when called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()

BookFolder = Annotated[Path, typer.Argument(help="The book folder.")]
EditionName = Annotated[str, typer.Option("--edition", "-e", help="An edition of editions.yml.")]
Parameters = Annotated[
    list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="Set a parameter; repeatable.")
]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Chapters at a time.")]


@commands.command()
def build(
    folder: BookFolder = Path("."),
    edition: EditionName = "default",
    parameters: Parameters = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CHAPTER", help="Just this chapter; repeatable.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show the book in the browser.")] = False,
    jobs: Jobs = None,
    force: Annotated[bool, typer.Option("--force", help="Execute fresh chapters too.")] = False,
    fork: Annotated[
        bool, typer.Option(help="Fork kernels from a process with the imports done (Linux).")
    ] = True,
) -> None:
    """Execute what is not fresh and make the pages."""
    from sustainment.book.build import build as run

    run(folder, edition, parameters or (), only or (), open_, jobs, force, fork)


@commands.command()
def status(
    folder: BookFolder = Path("."), edition: EditionName = "default", parameters: Parameters = None
) -> None:
    """Say of each chapter whether it is fresh, or what changed. Changes nothing."""
    from sustainment.book.freshness import states
    from sustainment.book.plan import make_plan

    plan = make_plan(folder, edition, parameters or ())
    found = states(plan.book, plan.values, plan.run_folder)
    width = max(map(len, found), default=0)
    for name, state in found.items():
        typer.echo(f"{name:<{width}}  {'fresh' if state.fresh else state.why}")
    fresh = sum(state.fresh for state in found.values())
    typer.echo(f"{fresh} of {len(found)} chapters are fresh.")


@commands.command()
def lint(folder: BookFolder = Path(".")) -> None:
    """Find typed numbers, unreported words, undescribed figures and other slips in chapters."""
    from sustainment.book.lint import lint as run

    findings = run(folder)
    for finding in findings:
        typer.echo(f"{finding.severity}: {finding.sentence()}  [{finding.rule}]")
    errors = sum(finding.severity == "error" for finding in findings)
    typer.echo(f"{len(findings)} findings, {errors} of them errors.")
    if errors:
        raise typer.Exit(1)


@commands.command()
def verify(folder: BookFolder = Path("."), jobs: Jobs = None) -> None:
    """Execute everything anew and compare each value with results/; writes a receipt."""
    from sustainment.book.verify import verify as run
    from sustainment.book.verify import wrong_checksums

    comparison = run(folder, jobs)
    wrong = wrong_checksums(folder)
    for line in [*wrong, *(difference.sentence() for difference in comparison.differences)]:
        typer.echo(line)
    typer.echo(f"{comparison.sentence}. Receipt: _build/receipt.md and _build/receipt.json")
    if wrong or comparison.differences:
        raise typer.Exit(1)


@commands.command()
def accept(
    folder: BookFolder = Path("."),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: the review is done.")] = False,
    jobs: Jobs = None,
) -> None:
    """Show what would change in results/, and after your review change it."""
    from sustainment.book.verify import accept as write
    from sustainment.book.verify import run_for_review

    plan, comparison = run_for_review(folder, jobs)
    for difference in comparison.differences:
        typer.echo(difference.sentence())
    typer.echo(f"{comparison.sentence}.")
    if comparison.differences and not (yes or typer.confirm("Take these values into results/?")):
        raise typer.Exit(1)
    written = write(plan)
    from sustainment.book.compare_editions import accept_editions

    changed = len(written) + accept_editions(folder, jobs)
    typer.echo(f"{changed} files of results/ changed. Commit them with the reason.")


@commands.command()
def trace(
    key: Annotated[str, typer.Argument(help="A reported value, such as survey.n_respondents.")],
    folder: BookFolder = Path("."),
    edition: EditionName = "default",
) -> None:
    """Print the cells, rows and segments behind a value. Prints raw ids: not for publication."""
    from sustainment.book.trace import trace as run

    for line in run(folder, key, edition):
        typer.echo(line)


@commands.command()
def pdf(folder: BookFolder = Path("."), edition: EditionName = "default") -> None:
    """Print the whole book to _build/book.pdf (needs chromium)."""
    from sustainment.book.pdf import make_pdf

    typer.echo(f"The PDF is in {make_pdf(folder, edition)}")


@commands.command()
def lighthouse(
    pages: Annotated[
        list[str] | None, typer.Argument(help="Words in the addresses of pages; none means all.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="The book folder.")] = Path("."),
) -> None:
    """Judge every built page as a phone meets it; reports in _build/ (needs node, npx, chromium)."""
    from sustainment.book.lighthouse import audit_site
    from sustainment.book.lighthouse import summary as told

    scores = audit_site(folder / "_build" / "html", folder / "_build", pages or (), typer.echo)
    typer.echo(f"{told(scores)} Report: _build/lighthouse.md and _build/lighthouse.json")
    if not all(score.passed for score in scores):
        raise typer.Exit(1)


@commands.command()
def pictures(
    pages: Annotated[
        list[str] | None,
        typer.Argument(help="Words in addresses; none means home and six chapters."),
    ] = None,
    folder: Annotated[Path, typer.Option(help="The book folder.")] = Path("."),
) -> None:
    """Photograph built pages, narrow and wide, light and dark, into _build/pictures."""
    from sustainment.book.pictures import take_pictures

    taken = take_pictures(folder / "_build" / "html", folder / "_build" / "pictures", pages or ())
    typer.echo(f"{len(taken)} pictures in {taken[0].parent}")


@commands.command()
def sweep(
    chapter: Annotated[str, typer.Argument(help="The chapter to run, such as survey/silent.")],
    grid: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUES", help="a,b,c or low:high:step")
    ] = None,
    folder: Annotated[Path, typer.Option(help="The book folder.")] = Path("."),
    edition: EditionName = "default",
    jobs: Jobs = None,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler.")] = "",
    fork: Annotated[bool, typer.Option(help="Fork kernels (Linux).")] = True,
) -> None:
    """Run a chapter over a grid of parameters; one Parquet table out. Goes on where it stopped."""
    from sustainment.book.sweep import sweep as run

    done = run(chapter, grid or (), folder, edition, jobs, scheduler, fork)
    for failure in done.failures:
        typer.echo(f"failed: {failure.sentence}")
    typer.echo(f"{done.runs} runs ({done.reused} kept from before) in {done.table}")
    if done.failures:
        typer.echo(f"{len(done.failures)} runs failed; the same command tries them again.")
        raise typer.Exit(1)


@commands.command()
def archive(
    folder: BookFolder = Path("."),
    out: Annotated[Path | None, typer.Option(help="Another place for the zip.")] = None,
) -> None:
    """Write everything needed to rebuild the book as one zip, described by RO-Crate."""
    from sustainment.book.archive import archive as run

    typer.echo(f"The archive is {run(folder, out)}")


@commands.command()
def bench(
    folder: BookFolder = Path("."),
    part: Annotated[
        list[str] | None, typer.Option(help="builds, edits, sweep or scale; repeatable.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each; medians count.")] = 3,
) -> None:
    """Measure builds, edits, sweeps and growth; ratios in _build/bench.json."""
    from sustainment.book.bench import PARTS
    from sustainment.book.bench import bench as run

    run(folder, part or PARTS, repeats, typer.echo)

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
) -> None:
    """Execute what is not fresh and make the pages."""
    from sustainment.book.build import build as run

    run(folder, edition, parameters or (), only or (), open_, jobs, force)


@commands.command()
def status(
    folder: BookFolder = Path("."), edition: EditionName = "default", parameters: Parameters = None
) -> None:
    """Say of each chapter whether it is fresh, or what changed. Changes nothing."""
    from sustainment.book.build import make_plan
    from sustainment.book.freshness import states

    plan = make_plan(folder, edition, parameters or ())
    found = states(plan.book, plan.values, plan.run_folder)
    width = max(map(len, found), default=0)
    for name, state in found.items():
        typer.echo(f"{name:<{width}}  {'fresh' if state.fresh else state.why}")
    fresh = sum(state.fresh for state in found.values())
    typer.echo(f"{fresh} of {len(found)} chapters are fresh.")
